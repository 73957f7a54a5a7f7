/* SPDX-License-Identifier: Apache-2.0 */
#include "model/trees.h"

#include "base/buf.h"
#include "base/cursor.h"

#include <stdlib.h>

#define TREES_FORMAT 1
#define LEAF_MAX     1e30F /* so that no sum of YG_TREES_MAX leaves can overflow */

void yg_trees_free(struct yg_trees *t)
{
    if (!t)
        return;
    yg_ensemble_fini(&t->plain);
    free(t->cuts);
    free(t->search);
    free(t->tree);
    free(t->node);
    free(t->leaf);
    free(t->plane);
    free(t);
}

uint32_t yg_trees_count(const struct yg_trees *t)
{
    return t->plain.trees;
}

uint32_t yg_trees_features(const struct yg_trees *t)
{
    return t->plain.features;
}

/* ---- checks ---------------------------------------------------------------------- */

/* The depth of the tree at `at`, its end in `*end`; -1 unless it is a whole preorder tree
 * of allowed depth. */
static int depth_of(const struct yg_ensemble *e, uint32_t at, uint32_t limit, int room,
                    uint32_t *end)
{
    if (at >= limit)
        return -1;
    const struct yg_tree_node *n = &e->node[at];
    if (n->kind == YG_NODE_LEAF) {
        *end = at + 1;
        return 0;
    }
    if (room == 0)
        return -1;
    int left = depth_of(e, at + 1, limit, room - 1, end);
    if (left < 0 || n->right != *end)
        return -1;
    int right = depth_of(e, n->right, limit, room - 1, end);
    if (right < 0)
        return -1;
    return 1 + (left > right ? left : right);
}

static bool node_is_sane(const struct yg_ensemble *e, const struct yg_tree_node *n)
{
    if (n->kind == YG_NODE_LEAF)
        return n->value >= -LEAF_MAX && n->value <= LEAF_MAX;
    return n->kind <= YG_NODE_MISSING_LEFT && n->feature < e->features &&
           n->value == n->value && n->expect >= -LEAF_MAX && n->expect <= LEAF_MAX;
}

static enum yg_status check(const struct yg_ensemble *e, struct yg_err *err)
{
    if (e->features == 0 || e->features > YG_FEATURES_MAX)
        return yg_err_set(err, YG_EFORMAT, "a model of %u features; 1 to %d can be used",
                          e->features, YG_FEATURES_MAX);
    if (e->trees == 0)
        return yg_err_set(err, YG_EFORMAT, "a model without trees; train again");
    for (uint32_t i = 0; i < e->trees; i++) {
        uint32_t end = 0;
        if (e->level[i] >= YG_LEVEL_COUNT ||
            depth_of(e, e->first[i], e->first[i + 1], YG_TREE_DEPTH_MAX, &end) < 0 ||
            end != e->first[i + 1])
            return yg_err_set(err, YG_EFORMAT, "tree %u is broken; train again", i);
    }
    for (uint32_t i = 0; i < e->nodes; i++)
        if (!node_is_sane(e, &e->node[i]))
            return yg_err_set(err, YG_EFORMAT, "tree node %u is broken; train again", i);
    return YG_OK;
}

/* ---- cuts ------------------------------------------------------------------------ */

struct cut_use {
    float cut;
    uint16_t feature;
    uint32_t node;
};

static int cut_use_order(const void *pa, const void *pb)
{
    const struct cut_use *a = pa, *b = pb;

    if (a->feature != b->feature)
        return a->feature < b->feature ? -1 : 1;
    return a->cut < b->cut ? -1 : a->cut > b->cut;
}

/* Number the distinct cuts of each feature in ascending order and tell every node. */
static enum yg_status number_cuts(struct yg_trees *t, struct yg_err *err)
{
    struct yg_ensemble *e = &t->plain;
    struct cut_use *use = malloc(e->nodes * sizeof(*use));
    enum yg_status st = YG_OK;
    uint32_t n = 0, all = 0;

    t->cuts = malloc(e->nodes * sizeof(*t->cuts));
    if (!use || !t->cuts) {
        st = yg_err_set(err, YG_ENOMEM, "no memory for %u tree nodes", e->nodes);
        goto out;
    }
    for (uint32_t i = 0; i < e->nodes; i++)
        if (e->node[i].kind != YG_NODE_LEAF)
            use[n++] = (struct cut_use){ e->node[i].value, e->node[i].feature, i };
    qsort(use, n, sizeof(*use), cut_use_order);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t *count = &t->cut_count[use[i].feature];
        if (*count == 0 || t->cuts[all - 1] != use[i].cut) {
            if (*count == YG_CUTS_MAX) {
                st = yg_err_set(err, YG_EINVAL,
                                "feature %u is cut at more than %d places; train with "
                                "max_bin of at most %d",
                                use[i].feature, YG_CUTS_MAX, YG_CUTS_MAX);
                goto out;
            }
            t->cuts[all++] = use[i].cut;
            ++*count;
        }
        e->node[use[i].node].bin = (uint8_t)(*count - 1);
    }
out:
    free(use);
    return st;
}

/* Write the ascending `cut` into the heap of `places` places below `at`, in order;
 * places left over are NaN, which no value reaches. Returns the cuts written. */
static uint32_t heap_of(float *heap, uint32_t places, uint32_t at, const float *cut,
                        uint32_t count, uint32_t done)
{
    if (at >= places)
        return done;
    done = heap_of(heap, places, 2 * at + 1, cut, count, done);
    heap[at] = done < count ? cut[done] : __builtin_nanf("");
    return heap_of(heap, places, 2 * at + 2, cut, count, done + 1);
}

static enum yg_status make_search(struct yg_trees *t, struct yg_err *err)
{
    uint32_t size = 0, cut = 0;

    for (uint32_t f = 0; f < t->plain.features; f++) {
        uint16_t steps = 0;
        while ((1U << steps) - 1 < t->cut_count[f])
            steps++;
        if (steps > 0) {
            t->used[t->used_count++] = (struct yg_used_feature){ .feature = (uint16_t)f,
                                                                 .steps = steps,
                                                                 .search = size };
            size += 1U << steps;
        }
    }
    /* SIMD reads up to 8 places from any place of a table. */
    t->search = calloc(size + 8, sizeof(*t->search));
    if (!t->search)
        return yg_err_set(err, YG_ENOMEM, "no memory for the cuts of a model");
    for (uint32_t i = 0; i < t->used_count; i++) {
        const struct yg_used_feature *u = &t->used[i];
        (void)heap_of(t->search + u->search, (1U << u->steps) - 1, 0, t->cuts + cut,
                      t->cut_count[u->feature], 0);
        cut += t->cut_count[u->feature];
    }
    return YG_OK;
}

/* ---- layout ---------------------------------------------------------------------- */

/* Give each (feature, where missing goes) that is asked for a column; column 0 is the
 * spare one. `column[f][0]`: missing goes left. */
static void make_columns(struct yg_trees *t, uint16_t column[][2])
{
    uint16_t next = 1;

    for (uint32_t i = 0; i < t->plain.nodes; i++) {
        const struct yg_tree_node *n = &t->plain.node[i];
        if (n->kind != YG_NODE_LEAF)
            column[n->feature][n->kind == YG_NODE_MISSING_RIGHT] = 1;
    }
    for (uint32_t f = 0; f < t->plain.features; f++)
        for (int side = 0; side < 2; side++)
            if (column[f][side])
                column[f][side] = (uint16_t)(next++ * YG_BLOCK);
    for (uint32_t i = 0; i < t->used_count; i++) {
        t->used[i].column_left = column[t->used[i].feature][0];
        t->used[i].column_right = column[t->used[i].feature][1];
    }
}

struct place {
    struct yg_trees *t;
    const struct yg_tree *tree;
    uint16_t (*column)[2];
};

/* Put the nodes at `from` and below to place `at` of the heap, `depth` steps from its
 * leaves. Below a leaf, nodes that always go right carry its value everywhere. */
static void put(const struct place *to, uint32_t from, uint32_t at, uint8_t depth)
{
    const struct yg_tree_node *n = &to->t->plain.node[from];

    if (depth == 0) {
        to->t->leaf[to->tree->leaf + at - ((1U << to->tree->depth) - 1)] = n->value;
        return;
    }
    bool leaf = n->kind == YG_NODE_LEAF;
    struct yg_flat_node *slot = &to->t->node[to->tree->node + at];
    slot->column = leaf ? 0 : to->column[n->feature][n->kind == YG_NODE_MISSING_RIGHT];
    /* bin <= n->bin, that is bin < n->bin + 1, goes left; no bin is below 0. */
    slot->cut = (int8_t)((leaf ? 0 : n->bin + 1) - YG_BIN_BIAS);
    put(to, leaf ? from : from + 1, 2 * at + 1, (uint8_t)(depth - 1));
    put(to, leaf ? from : n->right, 2 * at + 2, (uint8_t)(depth - 1));
}

static uint32_t plane_places(uint8_t depth)
{
    return depth > YG_PLANE_DEPTH ? 0 : depth < 4 ? 16 : 1U << depth;
}

static void put_planes(struct yg_trees *t, const struct yg_tree *tree)
{
    uint32_t places = plane_places(tree->depth);

    for (uint32_t i = 0; i < places && i < 1U << tree->depth; i++) {
        uint32_t bits;
        memcpy(&bits, &t->leaf[tree->leaf + i], sizeof(bits));
        for (uint32_t b = 0; b < 4; b++)
            t->plane[tree->plane + b * places + i] = (uint8_t)(bits >> (8 * b));
    }
}

static enum yg_status flatten(struct yg_trees *t, struct yg_err *err)
{
    const struct yg_ensemble *e = &t->plain;
    uint32_t nodes = 0, leaves = 0, planes = 0;
    uint16_t column[YG_FEATURES_MAX][2] = { { 0 } };

    t->tree = calloc(e->trees, sizeof(*t->tree));
    if (!t->tree)
        return yg_err_set(err, YG_ENOMEM, "no memory for %u trees", e->trees);
    for (uint32_t i = 0; i < e->trees; i++) {
        uint32_t end;
        int depth = depth_of(e, e->first[i], e->first[i + 1], YG_TREE_DEPTH_MAX, &end);
        t->tree[i] =
            (struct yg_tree){ nodes, leaves, planes, (uint8_t)depth, e->level[i] };
        nodes += (1U << depth) - 1;
        leaves += 1U << depth;
        planes += 4 * plane_places((uint8_t)depth);
    }
    t->node = calloc(nodes + 1U, sizeof(*t->node));
    t->leaf = calloc(leaves, sizeof(*t->leaf));
    t->plane = calloc(planes + 1U, sizeof(*t->plane));
    if (!t->node || !t->leaf || !t->plane)
        return yg_err_set(err, YG_ENOMEM, "no memory for %u trees", e->trees);
    make_columns(t, column);
    for (uint32_t i = 0; i < e->trees; i++) {
        struct place to = { t, &t->tree[i], column };
        put(&to, e->first[i], 0, t->tree[i].depth);
        put_planes(t, &t->tree[i]);
    }
    return YG_OK;
}

enum yg_status yg_trees_build(struct yg_ensemble *e, struct yg_trees **out,
                              struct yg_err *err)
{
    struct yg_trees *t = calloc(1, sizeof(*t));
    enum yg_status st;

    if (!t) {
        yg_ensemble_fini(e);
        return yg_err_set(err, YG_ENOMEM, "no memory for a model");
    }
    t->plain = *e;
    *e = (struct yg_ensemble){ 0 };
    st = check(&t->plain, err);
    if (st == YG_OK)
        st = number_cuts(t, err);
    if (st == YG_OK)
        st = make_search(t, err);
    if (st == YG_OK)
        st = flatten(t, err);
    if (st == YG_OK)
        *out = t;
    else
        yg_trees_free(t);
    return st;
}

enum yg_status yg_trees_from_xgboost(struct yg_str model, uint32_t features,
                                     struct yg_trees **out, struct yg_err *err)
{
    struct yg_ensemble e = { 0 };
    enum yg_status st = yg_xgb_read(model, &e, err);

    if (st == YG_OK && e.features != features)
        st = yg_err_set(err, YG_EINVAL, "the model has %u features, not %u; train again",
                        e.features, features);
    if (st != YG_OK) {
        yg_ensemble_fini(&e);
        return st;
    }
    return yg_trees_build(&e, out, err);
}

/* ---- the "trees" section of a model file -------------------------------------------
 * u8 format, u32 features, f32 base, u32 trees;
 * per feature: u8 count of cuts, f32 cuts ascending;
 * per tree: u8 level, then its nodes in preorder:
 *   u8 kind; leaf: f32 value; split: u16 feature, u8 number of the cut, f32 expectation.
 */

static void write_node(const struct yg_tree_node *n, struct yg_buf *out)
{
    yg_buf_u8(out, n->kind);
    if (n->kind == YG_NODE_LEAF) {
        yg_buf_f32(out, n->value);
        return;
    }
    yg_buf_u16(out, n->feature);
    yg_buf_u8(out, n->bin);
    yg_buf_f32(out, n->expect);
}

void yg_trees_write(const struct yg_trees *t, struct yg_buf *out)
{
    const struct yg_ensemble *e = &t->plain;
    const float *cut = t->cuts;

    yg_buf_u8(out, TREES_FORMAT);
    yg_buf_u32(out, e->features);
    yg_buf_f32(out, e->base);
    yg_buf_u32(out, e->trees);
    for (uint32_t f = 0; f < e->features; f++) {
        yg_buf_u8(out, (uint8_t)t->cut_count[f]);
        for (uint32_t i = 0; i < t->cut_count[f]; i++)
            yg_buf_f32(out, *cut++);
    }
    for (uint32_t i = 0; i < e->trees; i++) {
        yg_buf_u8(out, e->level[i]);
        for (uint32_t at = e->first[i]; at < e->first[i + 1]; at++)
            write_node(&e->node[at], out);
    }
}

struct section {
    struct yg_cursor *in;
    struct yg_err *err;
    uint32_t cut_count[YG_FEATURES_MAX];
    float cut[YG_FEATURES_MAX][YG_CUTS_MAX];
};

static enum yg_status broken(struct yg_err *err)
{
    return yg_err_set(err, YG_EFORMAT, "the trees of the model are broken; train again");
}

static enum yg_status read_cuts(struct section *s, uint32_t features)
{
    for (uint32_t f = 0; f < features; f++) {
        s->cut_count[f] = yg_cursor_u8(s->in);
        if (s->cut_count[f] > YG_CUTS_MAX)
            return broken(s->err);
        for (uint32_t i = 0; i < s->cut_count[f]; i++) {
            s->cut[f][i] = yg_cursor_f32(s->in);
            if (s->cut[f][i] != s->cut[f][i] ||
                (i > 0 && !(s->cut[f][i - 1] < s->cut[f][i])))
                return broken(s->err);
        }
    }
    return YG_OK;
}

static enum yg_status read_nodes(struct section *s, struct yg_ensemble *e, int room)
{
    struct yg_tree_node n = { .kind = yg_cursor_u8(s->in) };
    uint32_t me = e->nodes;

    if (n.kind == YG_NODE_LEAF) {
        n.value = n.expect = yg_cursor_f32(s->in);
        return yg_cursor_ok(s->in) ? yg_ensemble_node(e, &n, s->err) : broken(s->err);
    }
    n.feature = yg_cursor_le16(s->in);
    uint8_t bin = yg_cursor_u8(s->in);
    n.expect = yg_cursor_f32(s->in);
    if (room == 0 || !yg_cursor_ok(s->in) || n.feature >= e->features ||
        bin >= s->cut_count[n.feature])
        return broken(s->err);
    n.value = s->cut[n.feature][bin];
    enum yg_status st = yg_ensemble_node(e, &n, s->err);
    if (st == YG_OK)
        st = read_nodes(s, e, room - 1);
    if (st != YG_OK)
        return st;
    e->node[me].right = e->nodes;
    return read_nodes(s, e, room - 1);
}

static enum yg_status read_section(struct section *s, struct yg_ensemble *e)
{
    if (yg_cursor_u8(s->in) != TREES_FORMAT)
        return yg_err_set(s->err, YG_EVERSION,
                          "the trees of the model have an unknown format; train again");
    e->features = yg_cursor_le32(s->in);
    e->base = yg_cursor_f32(s->in);
    uint32_t trees = yg_cursor_le32(s->in);
    if (e->features > YG_FEATURES_MAX || !(e->base >= -1e6F && e->base <= 1e6F))
        return broken(s->err);
    enum yg_status st = read_cuts(s, e->features);
    for (uint32_t i = 0; st == YG_OK && i < trees; i++) {
        st = yg_ensemble_tree(e, yg_cursor_u8(s->in), s->err);
        if (st == YG_OK)
            st = read_nodes(s, e, YG_TREE_DEPTH_MAX);
    }
    return st;
}

enum yg_status yg_trees_read(struct yg_cursor *in, struct yg_trees **out,
                             struct yg_err *err)
{
    struct yg_ensemble e = { 0 };
    struct section *s = calloc(1, sizeof(*s));

    if (!s)
        return yg_err_set(err, YG_ENOMEM, "no memory for a model");
    s->in = in;
    s->err = err;
    enum yg_status st = read_section(s, &e);
    free(s);
    if (st != YG_OK) {
        yg_ensemble_fini(&e);
        return st;
    }
    return yg_trees_build(&e, out, err);
}
