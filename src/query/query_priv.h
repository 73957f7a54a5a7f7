/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_priv - a query as a tree of nodes in one array: what the sources of query/ share.
 */
#ifndef YG_QUERY_QUERY_PRIV_H
#define YG_QUERY_QUERY_PRIV_H

#include "query/query.h"
#include "query/wild.h"

/* What a term is about: a field of the record, or one of the alert's own behind them. */
enum yg_query_own {
    YG_QO_FIRST = YG_FIELD_COUNT - 1,
#define YG_OWN(id, name, type, doc) YG_QO_##id,
#define YG_ALIAS(name, of)
#define YG_LOOKED_IN(field)
#define YG_LISTED(field)
#include "query/names.def"
#undef YG_OWN
#undef YG_ALIAS
#undef YG_LOOKED_IN
#undef YG_LISTED
    YG_QO_ANYWHERE, /* a text without a field */
    YG_QO_END
};

enum yg_query_op { YG_QN_ALL, YG_QN_AND, YG_QN_OR, YG_QN_NOT, YG_QN_TERM };

/* How a value is compared. */
enum yg_query_test {
    YG_QT_EXISTS,
    YG_QT_TEXT,     /* with wildcards */
    YG_QT_RANGE,    /* lo..hi, both included, as 64 bits in order */
    YG_QT_IP,       /* ip[0]..ip[1] */
    YG_QT_INTERNAL, /* an address of ours; lo: 0 for "external" */
};

struct yg_query_node {
    uint8_t op, test;
    uint16_t what;      /* enum yg_field, or enum yg_query_own */
    uint16_t a, b;      /* children */
    uint64_t lo, hi;    /* RANGE */
    struct yg_str text; /* TEXT: as written, with its escapes */
    unsigned char ip[2][YG_IP_SIZE];
};

struct yg_query {
    const struct yg_query_node *node;
    size_t nodes;
    uint16_t root;
};

/* ---- names.c --------------------------------------------------------------------- */

enum yg_query_type {
    YG_QY_TEXT,
    YG_QY_NUMBER,
    YG_QY_IP,
    YG_QY_BYTES,
    YG_QY_TIME,
    YG_QY_LEVEL,
    YG_QY_RISK
};
enum yg_query_type yg_query_type_of(unsigned what);
const char *yg_query_name_of(unsigned what);
/* An ECS name, one of ours or an alias, any case: what it is, or -1. */
int yg_query_what(struct yg_str name);
/* The known name most like this one, for messages. */
const char *yg_query_nearest(struct yg_str name);

/* How a text of this field is compared. */
bool yg_query_looked_in(unsigned what);
bool yg_query_listed(unsigned what);

/* ---- value.c --------------------------------------------------------------------- */

/* Times and other signed numbers in the order of unsigned ones. */
static inline uint64_t yg_query_order(int64_t v)
{
    return (uint64_t)v ^ UINT64_C(1) << 63;
}
static inline int64_t yg_query_disorder(uint64_t v)
{
    return (int64_t)(v ^ UINT64_C(1) << 63);
}

enum yg_query_cmp { YG_QC_EQ, YG_QC_GT, YG_QC_GE, YG_QC_LT, YG_QC_LE };

struct yg_query_values {
    struct yg_arena *arena;
    struct yg_query_clock clock;
};
/* What `field:text` or `field:>=text` means for `t->what`. YG_EINVAL says what to write
 * instead; its column is the caller's. */
enum yg_status yg_query_value(const struct yg_query_values *v, enum yg_query_cmp cmp,
                              struct yg_str text, struct yg_query_node *t,
                              struct yg_err *err) YG_MUST_USE;
/* `field:[from to until]`. */
enum yg_status yg_query_between(const struct yg_query_values *v, struct yg_str from,
                                struct yg_str until, struct yg_query_node *t,
                                struct yg_err *err) YG_MUST_USE;

/* A text as an address or a network (t->ip); false: it is neither. */
bool yg_query_address(struct yg_str s, struct yg_query_node *t);

#endif
