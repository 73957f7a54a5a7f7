/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trees - the flattened ensemble, laid out for scoring 32 rows together.
 *
 * Every feature value is first replaced by its bin: how many of the feature's cuts are
 * at or below it. `x < cut[j]` is then `bin <= j`, exactly. A missing value needs both
 * answers, by node: so a feature has up to two columns of bins, one where missing is 0
 * (always left) and one where it is 255 (always right). Bins are kept minus 128, because
 * SIMD compares signed bytes.
 *
 * A tree is padded to a perfect one of its own depth, in heap order:
 *
 *      node 0 | 1 2 | 3 4 5 6 | ...     children of i: 2i + 1 and 2i + 2
 *
 * Private to model/. Immutable once built.
 */
#ifndef YG_MODEL_TREES_H
#define YG_MODEL_TREES_H

#include "model/ensemble.h"

#define YG_BLOCK       32 /* rows scored together */
#define YG_COLUMNS_MAX (2 * YG_FEATURES_MAX + 1)
#define YG_BIN_MISSING 255
#define YG_BIN_BIAS    128
/* The planes (see struct yg_tree) serve trees up to this depth. */
#define YG_PLANE_DEPTH 6

/* A node of a padded tree. */
struct yg_flat_node {
    uint16_t column; /* byte offset of its column in a block of bins */
    int8_t cut;      /* go left where bin - 128 is below this */
    uint8_t pad;
};

/* One feature that some node asks for. */
struct yg_used_feature {
    uint16_t feature;
    uint16_t steps;        /* of the binary search: its table has 2^steps - 1 places */
    uint32_t search;       /* where its table starts in search[] */
    uint16_t column_left;  /* byte offset of the column where missing goes left */
    uint16_t column_right; /* offsets of unused columns are those of the spare one */
};

struct yg_tree {
    uint32_t node; /* first of 2^depth - 1 in node[] */
    uint32_t leaf; /* first of 2^depth in leaf[] */
    /* The same leaves as four planes of bytes (lowest first), each of
     * max(16, 2^depth) places, for look-up by shuffle. */
    uint32_t plane;
    uint8_t depth;
    uint8_t level; /* whose margin it adds to */
};

struct yg_trees {
    struct yg_ensemble plain; /* the same trees as nodes, for writing and explaining */
    uint32_t cut_count[YG_FEATURES_MAX];
    float *cuts;   /* all cuts, ascending, feature by feature */
    float *search; /* by feature: cuts in heap order, padded with NaN to 2^steps - 1 */
    struct yg_used_feature used[YG_FEATURES_MAX];
    uint32_t used_count;
    struct yg_tree *tree;
    struct yg_flat_node *node;
    float *leaf;
    uint8_t *plane;
};

/* Bins of a block: column by column, 32 rows each. */
struct yg_bins {
    _Alignas(32) int8_t at[YG_COLUMNS_MAX * YG_BLOCK];
};

/* Class probabilities of `n` <= YG_BLOCK rows. Private paths of yg_trees_predict. */
void yg_score_block_scalar(const struct yg_trees *t, const float *rows, size_t n,
                           size_t stride, float *p);
void yg_score_block_avx2(const struct yg_trees *t, const float *rows, size_t n,
                         size_t stride, float *p);
/* yg_trees_leaves_some of at most YG_BLOCK rows. */
void yg_leaves_block_avx2(const struct yg_trees *t, const struct yg_leaves_ask *ask,
                          uint8_t *leaf);
/* Does this machine have the instructions of these two? */
bool yg_score_has_avx2(void);

/* Bins of one row into column places `at`, `at + YG_BLOCK`, ... */
void yg_bins_of_row(const struct yg_trees *t, const float *row, int8_t *at);

#endif
