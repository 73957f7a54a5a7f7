/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ensemble - boosted trees as plain nodes: the form between the readers and the scorer.
 *
 * Nodes of a tree stand in preorder: the left child follows its parent, the right child
 * is named. Readers of outside bytes append here; yg_trees_build checks and flattens.
 * Plain data, private to model/. One thread while it is filled.
 */
#ifndef YG_MODEL_ENSEMBLE_H
#define YG_MODEL_ENSEMBLE_H

#include "base/err.h"
#include "base/str.h"
#include "model/model.h"

#include <stdint.h>

#define YG_TREES_MAX      20000 /* 4000 rounds of five classes */
#define YG_TREE_DEPTH_MAX 8
#define YG_TREE_NODES_MAX ((2U << YG_TREE_DEPTH_MAX) - 1)
#define YG_CUTS_MAX       254 /* a feature's distinct cuts: bins 0..254, 255 is "missing" */

enum yg_node_kind {
    YG_NODE_LEAF,
    YG_NODE_MISSING_RIGHT, /* split; a missing value goes right */
    YG_NODE_MISSING_LEFT,
};

struct yg_tree_node {
    float value;    /* leaf: its value; split: the cut, x < cut goes left */
    float expect;   /* mean leaf value below, weighted by the training data's cover */
    uint32_t right; /* split: index of the right child in node[] */
    uint16_t feature;
    uint8_t kind; /* enum yg_node_kind */
    uint8_t bin;  /* split: which of the feature's cuts; set by yg_trees_build */
};

struct yg_ensemble {
    uint32_t features;
    float base;     /* margin every class starts from */
    uint32_t trees; /* tree i is node[first[i]] to node[first[i + 1] - 1] */
    uint32_t nodes;
    uint32_t *first;
    uint8_t *level; /* enum yg_level whose margin the tree adds to */
    struct yg_tree_node *node;
    uint32_t tree_room, node_room; /* private */
};

void yg_ensemble_fini(struct yg_ensemble *e);

/* Begin a tree: the nodes added from now on are its own. YG_ELIMIT, YG_ENOMEM. */
enum yg_status yg_ensemble_tree(struct yg_ensemble *e, uint8_t level,
                                struct yg_err *err) YG_MUST_USE;
enum yg_status yg_ensemble_node(struct yg_ensemble *e, const struct yg_tree_node *node,
                                struct yg_err *err) YG_MUST_USE;

/* Read the library's saved model ("ubj"), as untrusted bytes. `out` is zeroed before and
 * owns memory afterwards whatever was returned. */
enum yg_status yg_xgb_read(struct yg_str model, struct yg_ensemble *out,
                           struct yg_err *err) YG_MUST_USE;

/* Check `e` and make the scorer; takes what `e` owns in any case. */
enum yg_status yg_trees_build(struct yg_ensemble *e, struct yg_trees **out,
                              struct yg_err *err) YG_MUST_USE;

#endif
