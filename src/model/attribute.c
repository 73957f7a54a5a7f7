/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include "model/softmax.h"
#include "model/trees.h"

/* The log-odds in question are lse(L3, L4) - lse(FP, L1, L2), where lse is log-sum-exp.
 * Its slope along the margin of a level is that level's share of its side, so a tree of
 * the level counts with that share, taken where the row ended up. */
static void slopes(const struct yg_trees *t, const float *row,
                   float slope[YG_LEVEL_COUNT])
{
    float p[YG_LEVEL_COUNT];

    yg_trees_predict_scalar(t, row, 1, t->plain.features, p);
    float low = p[YG_LEVEL_FP] + p[YG_LEVEL_L1] + p[YG_LEVEL_L2];
    float high = p[YG_LEVEL_L3] + p[YG_LEVEL_L4];
    for (int c = 0; c < YG_LEVEL_COUNT; c++)
        slope[c] = c >= YG_LEVEL_L3 ? p[c] / high : -p[c] / low;
}

void yg_trees_attribute(const struct yg_trees *t, const float *row, float *out)
{
    const struct yg_ensemble *e = &t->plain;
    float slope[YG_LEVEL_COUNT];

    slopes(t, row, slope);
    for (uint32_t f = 0; f < e->features; f++)
        out[f] = 0.0F;
    for (uint32_t i = 0; i < e->trees; i++) {
        uint32_t at = e->first[i];
        while (e->node[at].kind != YG_NODE_LEAF) {
            const struct yg_tree_node *n = &e->node[at];
            float x = row[n->feature];
            bool left = x != x ? n->kind == YG_NODE_MISSING_LEFT : x < n->value;
            at = left ? at + 1 : n->right;
            out[n->feature] += slope[e->level[i]] * (e->node[at].expect - n->expect);
        }
    }
}
