/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features - the table of features: one row of features.def is one column of a model.
 *
 * The enum, the printed reference (`yagura features`) and the digest that a model file
 * carries all come from the same table. Pure data.
 */
#ifndef YG_FEATURE_FEATURES_H
#define YG_FEATURE_FEATURES_H

#include "base/buf.h"
#include "base/hash.h"

enum yg_feature {
#define YG_FEATURE(group, id, name, type, unit, window, doc) YG_X_##id,
#include "feature/features.def"
#undef YG_FEATURE
    YG_FEATURE_COUNT
};

enum yg_feature_group {
    YG_G_FIXED,
    YG_G_FLOW,
    YG_G_PACKET,
    YG_G_CONTEXT,
    YG_G_HISTORY,
    YG_G_COUNT
};
enum yg_feature_type { YG_FT_COUNT, YG_FT_RATIO, YG_FT_FLAG, YG_FT_TIME, YG_FT_CATEGORY };

/* Columns of each group; the groups follow each other in the enum. */
enum {
    YG_FIXED_COUNT = 0
#define YG_FEATURE(group, ...) +(YG_G_##group == YG_G_FIXED)
#include "feature/features.def"
#undef YG_FEATURE
    ,
    YG_FLOW_COUNT = 0
#define YG_FEATURE(group, ...) +(YG_G_##group == YG_G_FLOW)
#include "feature/features.def"
#undef YG_FEATURE
    ,
    YG_PACKET_COUNT = 0
#define YG_FEATURE(group, ...) +(YG_G_##group == YG_G_PACKET)
#include "feature/features.def"
#undef YG_FEATURE
    ,
    YG_HISTORY_COUNT = 0
#define YG_FEATURE(group, ...) +(YG_G_##group == YG_G_HISTORY)
#include "feature/features.def"
#undef YG_FEATURE
    ,
    /* What an event alone tells: the columns 0 .. YG_FACTS_STATIC - 1. */
    YG_PACKET_FIRST = YG_FIXED_COUNT + YG_FLOW_COUNT,
    YG_FACTS_STATIC = YG_PACKET_FIRST + YG_PACKET_COUNT,
    YG_HISTORY_FIRST = YG_FEATURE_COUNT - YG_HISTORY_COUNT,
};
_Static_assert(YG_FEATURE_COUNT <= 272, "the scorer's budget of columns");

extern const struct yg_feature_info {
    const char *name, *unit, *window, *doc;
    enum yg_feature_group group;
    enum yg_feature_type type;
} yg_feature_info[YG_FEATURE_COUNT];

const char *yg_feature_group_name(enum yg_feature_group g);
const char *yg_feature_type_name(enum yg_feature_type t);

/* A column of group PACKET that tells what bytes look like, as against what was judged of
 * them (outcome.*). There are many, and each tells captures apart: a model may learn from
 * them only when it has YG_SHAPE_EVENTS protected threats for each (events per variable:
 * Peduzzi et al. 1996). With fewer it learns captures by heart (docs/design/features.md).
 */
#define YG_SHAPE_EVENTS 10
bool yg_feature_is_shape(enum yg_feature f);

/* The column of this name, or -1. */
int yg_feature_by_name(struct yg_str name);

/* Digest over everything that changes what a column means: names, order, types, units,
 * windows and YG_FEATURE_CODE. A model made under another digest must not score. */
#define YG_FEATURE_CODE                                                                  \
    3 /* raise when the code gives other values for the same name:                       \
       * decoders and packet/ are part of it */
void yg_feature_schema_digest(unsigned char out[YG_DIGEST_SIZE]);

/* The reference as text (a line a feature) or as a JSON array of objects. */
void yg_features_print(struct yg_buf *out, bool json);

#endif
