/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include "model/softmax.h"
#include "model/trees.h"

/* How many of a feature's cuts are at or below `x`; 0 for NaN. No branch depends on x. */
static inline uint32_t bin_of(const float *heap, uint32_t steps, float x)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < steps; i++)
        at = 2 * at + 1 + (x >= heap[at]);
    return at - ((1U << steps) - 1);
}

void yg_bins_of_row(const struct yg_trees *t, const float *row, int8_t *at)
{
    at[0] = -YG_BIN_BIAS;
    for (uint32_t i = 0; i < t->used_count; i++) {
        const struct yg_used_feature *u = &t->used[i];
        float x = row[u->feature];
        uint32_t bin = bin_of(t->search + u->search, u->steps, x);
        at[u->column_left] = (int8_t)((int)bin - YG_BIN_BIAS);
        at[u->column_right] =
            (int8_t)((int)(x != x ? YG_BIN_MISSING : bin) - YG_BIN_BIAS);
    }
}

/* The number of the leaf that the row with bins at `at` falls into. */
static inline uint32_t leaf_of(const struct yg_trees *t, const struct yg_tree *tree,
                               const int8_t *at)
{
    const uint16_t *column = t->column + tree->node;
    const int8_t *cut = t->cut + tree->node;
    uint32_t i = 0;

    for (uint32_t d = 0; d < tree->depth; d++)
        i = 2 * i + 1 + (at[column[i]] >= cut[i]);
    return i - ((1U << tree->depth) - 1);
}

/* One row: margins, level by level, in the order of the trees. */
static void margins_of_row(const struct yg_trees *t, const int8_t *at,
                           float m[YG_LEVEL_COUNT])
{
    for (int c = 0; c < YG_LEVEL_COUNT; c++)
        m[c] = t->plain.base;
    for (uint32_t i = 0; i < t->plain.trees; i++) {
        const struct yg_tree *tree = &t->tree[i];
        m[tree->level] += t->leaf[tree->leaf + leaf_of(t, tree, at)];
    }
}

static void put_row(const float m[YG_LEVEL_COUNT], float *p)
{
    float top = m[0], sum = 0.0F;

    for (int c = 1; c < YG_LEVEL_COUNT; c++)
        top = m[c] > top ? m[c] : top;
    for (int c = 0; c < YG_LEVEL_COUNT; c++) {
        p[c] = yg_exp_neg(m[c] - top);
        sum += p[c];
    }
    for (int c = 0; c < YG_LEVEL_COUNT; c++)
        p[c] /= sum;
}

static void score_row(const struct yg_trees *t, const float *row, float *p)
{
    struct yg_bins bins;
    float m[YG_LEVEL_COUNT];

    yg_bins_of_row(t, row, bins.at);
    margins_of_row(t, bins.at, m);
    put_row(m, p);
}

void yg_score_block_scalar(const struct yg_trees *t, const float *rows, size_t n,
                           size_t stride, float *p)
{
    struct yg_bins bins;
    float m[YG_LEVEL_COUNT][YG_BLOCK];

    for (size_t r = 0; r < n; r++)
        yg_bins_of_row(t, rows + r * stride, bins.at + r);
    for (int c = 0; c < YG_LEVEL_COUNT; c++)
        for (int r = 0; r < YG_BLOCK; r++)
            m[c][r] = t->plain.base;
    for (uint32_t i = 0; i < t->plain.trees; i++) {
        const struct yg_tree *tree = &t->tree[i];
        const float *leaf = t->leaf + tree->leaf;
        for (size_t r = 0; r < n; r++)
            m[tree->level][r] += leaf[leaf_of(t, tree, bins.at + r)];
    }
    yg_softmax_block(m);
    for (size_t r = 0; r < n; r++)
        for (int c = 0; c < YG_LEVEL_COUNT; c++)
            p[r * YG_LEVEL_COUNT + (size_t)c] = m[c][r];
}

void yg_trees_predict_scalar(const struct yg_trees *t, const float *rows, size_t n,
                             size_t stride, float *p)
{
    for (size_t done = 0; done < n; done += YG_BLOCK) {
        size_t part = n - done < YG_BLOCK ? n - done : YG_BLOCK;
        if (part == 1)
            score_row(t, rows + done * stride, p + done * YG_LEVEL_COUNT);
        else
            yg_score_block_scalar(t, rows + done * stride, part, stride,
                                  p + done * YG_LEVEL_COUNT);
    }
}

void yg_trees_predict(const struct yg_trees *t, const float *rows, size_t n,
                      size_t stride, float *p)
{
    /* Below this many rows, row by row is faster than a block with idle lanes
     * (bench/score). */
    const size_t few = 6;
    size_t done = 0;

    if (yg_score_has_avx2())
        for (; n - done >= few; done += n - done < YG_BLOCK ? n - done : YG_BLOCK)
            yg_score_block_avx2(t, rows + done * stride,
                                n - done < YG_BLOCK ? n - done : YG_BLOCK, stride,
                                p + done * YG_LEVEL_COUNT);
    if (done < n)
        yg_trees_predict_scalar(t, rows + done * stride, n - done, stride,
                                p + done * YG_LEVEL_COUNT);
}

void yg_trees_leaves(const struct yg_trees *t, const float *row, uint16_t *leaf)
{
    struct yg_bins bins;

    yg_bins_of_row(t, row, bins.at);
    for (uint32_t i = 0; i < t->plain.trees; i++)
        leaf[i] = (uint16_t)leaf_of(t, &t->tree[i], bins.at);
}
