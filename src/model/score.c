/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include "model/softmax.h"
#include "model/trees.h"

/* Below this many rows, row by row is faster than a block with idle lanes (bench/score).
 */
#define FEW 6

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

/* One step down: left child 2 at + 1, right child 2 at + 2. No branch. */
static inline uint32_t down(const struct yg_flat_node *node, const int8_t *bins,
                            uint32_t at)
{
    return 2 * at + 1 + (bins[node[at].column] >= node[at].cut);
}

/* The number of the leaf that the row with bins at `bins` falls into. */
static inline uint32_t leaf_of(const struct yg_trees *t, const struct yg_tree *tree,
                               const int8_t *bins)
{
    const struct yg_flat_node *node = t->node + tree->node;
    uint32_t at = 0;

    for (uint32_t d = 0; d < tree->depth; d++)
        at = down(node, bins, at);
    return at - ((1U << tree->depth) - 1);
}

/* Four ways down at once: a step waits for the one before it, so one way alone leaves
 * most of the processor idle. */
struct four {
    uint32_t a, b, c, d;
};

/* The leaves of one row in four trees of equal depth. */
static inline struct four leaves_of_trees(const struct yg_trees *t,
                                          const struct yg_tree *tree, const int8_t *bins)
{
    const struct yg_flat_node *a = t->node + tree[0].node, *b = t->node + tree[1].node;
    const struct yg_flat_node *c = t->node + tree[2].node, *d = t->node + tree[3].node;
    uint32_t first = (1U << tree->depth) - 1;
    struct four at = { 0, 0, 0, 0 };

    for (uint32_t i = 0; i < tree->depth; i++) {
        at.a = down(a, bins, at.a);
        at.b = down(b, bins, at.b);
        at.c = down(c, bins, at.c);
        at.d = down(d, bins, at.d);
    }
    return (struct four){ at.a - first, at.b - first, at.c - first, at.d - first };
}

/* The leaves of four rows in one tree. */
static inline struct four leaves_of_rows(const struct yg_trees *t,
                                         const struct yg_tree *tree, const int8_t *bins)
{
    const struct yg_flat_node *node = t->node + tree->node;
    uint32_t first = (1U << tree->depth) - 1;
    struct four at = { 0, 0, 0, 0 };

    for (uint32_t i = 0; i < tree->depth; i++) {
        at.a = down(node, bins, at.a);
        at.b = down(node, bins + 1, at.b);
        at.c = down(node, bins + 2, at.c);
        at.d = down(node, bins + 3, at.d);
    }
    return (struct four){ at.a - first, at.b - first, at.c - first, at.d - first };
}

/* One row: margins, level by level, in the order of the trees. */
static void margins_of_row(const struct yg_trees *t, const int8_t *bins,
                           float m[YG_LEVEL_COUNT])
{
    const struct yg_tree *tree = t->tree, *end = t->tree + t->plain.trees;

    for (int c = 0; c < YG_LEVEL_COUNT; c++)
        m[c] = t->plain.base;
    while (tree < end) {
        if (end - tree >= 4 && tree[0].depth == tree[1].depth &&
            tree[0].depth == tree[2].depth && tree[0].depth == tree[3].depth) {
            struct four at = leaves_of_trees(t, tree, bins);
            m[tree[0].level] += t->leaf[tree[0].leaf + at.a];
            m[tree[1].level] += t->leaf[tree[1].leaf + at.b];
            m[tree[2].level] += t->leaf[tree[2].leaf + at.c];
            m[tree[3].level] += t->leaf[tree[3].leaf + at.d];
            tree += 4;
        } else {
            m[tree->level] += t->leaf[tree->leaf + leaf_of(t, tree, bins)];
            tree++;
        }
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

    for (size_t r = 0; r < (n + 3) / 4 * 4; r++) /* idle ways repeat the last row */
        yg_bins_of_row(t, rows + (r < n ? r : n - 1) * stride, bins.at + r);
    for (int c = 0; c < YG_LEVEL_COUNT; c++)
        for (int r = 0; r < YG_BLOCK; r++)
            m[c][r] = t->plain.base;
    for (uint32_t i = 0; i < t->plain.trees; i++) {
        const struct yg_tree *tree = &t->tree[i];
        const float *leaf = t->leaf + tree->leaf;
        for (size_t r = 0; r < n; r += 4) {
            struct four at = leaves_of_rows(t, tree, bins.at + r);
            m[tree->level][r] += leaf[at.a];
            m[tree->level][r + 1] += leaf[at.b];
            m[tree->level][r + 2] += leaf[at.c];
            m[tree->level][r + 3] += leaf[at.d];
        }
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
    size_t done = 0;

    if (yg_score_has_avx2())
        for (; n - done >= FEW; done += n - done < YG_BLOCK ? n - done : YG_BLOCK)
            yg_score_block_avx2(t, rows + done * stride,
                                n - done < YG_BLOCK ? n - done : YG_BLOCK, stride,
                                p + done * YG_LEVEL_COUNT);
    if (done < n)
        yg_trees_predict_scalar(t, rows + done * stride, n - done, stride,
                                p + done * YG_LEVEL_COUNT);
}

static void leaves_of_row(const struct yg_trees *t, const float *row, uint32_t every,
                          uint8_t *leaf)
{
    struct yg_bins bins;

    yg_bins_of_row(t, row, bins.at);
    for (uint32_t i = 0; i < t->plain.trees; i += every)
        *leaf++ = (uint8_t)leaf_of(t, &t->tree[i], bins.at);
}

void yg_trees_leaves_some(const struct yg_trees *t, const struct yg_leaves_ask *ask,
                          uint8_t *leaf)
{
    size_t done = 0;

    if (yg_score_has_avx2())
        for (; ask->n - done >= FEW; done += YG_BLOCK) {
            struct yg_leaves_ask part = *ask;
            part.rows += done * ask->stride;
            part.n = ask->n - done < YG_BLOCK ? ask->n - done : YG_BLOCK;
            yg_leaves_block_avx2(t, &part, leaf + done * ask->width);
            if (part.n < YG_BLOCK)
                return;
        }
    for (; done < ask->n; done++)
        leaves_of_row(t, ask->rows + done * ask->stride, ask->every,
                      leaf + done * ask->width);
}
