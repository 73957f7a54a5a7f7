/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ensemble.h"

#include <stdlib.h>

void yg_ensemble_fini(struct yg_ensemble *e)
{
    if (!e)
        return;
    free(e->first);
    free(e->level);
    free(e->node);
    *e = (struct yg_ensemble){ 0 };
}

static enum yg_status grow_trees(struct yg_ensemble *e)
{
    uint32_t room = e->tree_room ? e->tree_room * 2 : 64;
    uint32_t *first = realloc(e->first, (room + 1) * sizeof(*first));

    if (!first)
        return YG_ENOMEM;
    e->first = first;
    uint8_t *level = realloc(e->level, room);
    if (!level)
        return YG_ENOMEM;
    e->level = level;
    e->tree_room = room;
    return YG_OK;
}

enum yg_status yg_ensemble_tree(struct yg_ensemble *e, uint8_t level, struct yg_err *err)
{
    if (e->trees >= YG_TREES_MAX)
        return yg_err_set(err, YG_ELIMIT, "the model has more than %d trees; train fewer",
                          YG_TREES_MAX);
    if (e->trees == e->tree_room && grow_trees(e) != YG_OK)
        return yg_err_set(err, YG_ENOMEM, "no memory for %u trees", e->trees);
    e->first[e->trees] = e->nodes;
    e->first[e->trees + 1] = e->nodes;
    e->level[e->trees++] = level;
    return YG_OK;
}

enum yg_status yg_ensemble_node(struct yg_ensemble *e, const struct yg_tree_node *node,
                                struct yg_err *err)
{
    YG_ASSERT(e->trees > 0);
    if (e->nodes - e->first[e->trees - 1] >= YG_TREE_NODES_MAX)
        return yg_err_set(err, YG_ELIMIT, "tree %u is larger than depth %d allows",
                          e->trees - 1, YG_TREE_DEPTH_MAX);
    if (e->nodes == e->node_room) {
        uint32_t room = e->node_room ? e->node_room * 2 : 1024;
        struct yg_tree_node *p = realloc(e->node, room * sizeof(*p));
        if (!p)
            return yg_err_set(err, YG_ENOMEM, "no memory for %u tree nodes", room);
        e->node = p;
        e->node_room = room;
    }
    e->node[e->nodes++] = *node;
    e->first[e->trees] = e->nodes;
    return YG_OK;
}
