/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ensemble.h"

#include "base/cursor.h"

#include <stdlib.h>

/* The library's "ubj" model: Universal Binary JSON, draft 12, as far as it writes it:
 * objects end with '}', arrays carry '#' and often '$' (one type for all elements), keys
 * have no 'S'. Numbers are big-endian, so a float comes over bit for bit. */

#define NESTING_MAX 16

/* An array of numbers of one type, borrowed from the input. */
struct numbers {
    const unsigned char *p;
    uint64_t n;
    char type;
};

struct tree {
    struct numbers left, right, feature, value, missing_left, cover, categorical;
};

struct reader {
    struct yg_cursor c;
    struct yg_ensemble *e; /* gets trees as they come, levels when they are known */
    struct yg_err *err;
    enum yg_status status; /* sticky, with the message in err */
    uint8_t level[YG_TREES_MAX];
    uint32_t levels;
    bool gbtree, softprob, five;
};

static bool bad(struct reader *r, const char *what)
{
    if (r->status == YG_OK)
        r->status =
            yg_err_set(r->err, YG_EFORMAT,
                       "not a model of the training library: %s; train again", what);
    return false;
}

static size_t size_of_type(char type)
{
    switch (type) {
    case 'i':
    case 'U':
        return 1;
    case 'I':
        return 2;
    case 'l':
    case 'd':
        return 4;
    case 'L':
    case 'D':
        return 8;
    default:
        return 0;
    }
}

static uint64_t be_at(const unsigned char *p, size_t bytes)
{
    uint64_t v = 0;

    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static int64_t int_of(const unsigned char *p, char type)
{
    uint64_t v = be_at(p, size_of_type(type));

    switch (type) {
    case 'i':
        return (int8_t)v;
    case 'I':
        return (int16_t)v;
    case 'l':
        return (int32_t)v;
    case 'L':
        return (int64_t)v;
    default:
        return (int64_t)v;
    }
}

/* Element `i`; -1 where there is none or it is no integer: never a valid index. */
static int64_t int_at(const struct numbers *a, uint64_t i)
{
    if (i >= a->n || a->type == 'd' || a->type == 'D')
        return -1;
    return int_of(a->p + i * size_of_type(a->type), a->type);
}

static bool float_at(const struct numbers *a, uint64_t i, float *out)
{
    if (i >= a->n || a->type != 'd')
        return false;
    uint32_t bits = (uint32_t)be_at(a->p + i * 4, 4);
    memcpy(out, &bits, sizeof(*out));
    return true;
}

/* An integer with its marker, as lengths and counts are written. */
static uint64_t read_count(struct reader *r)
{
    char type = (char)yg_cursor_u8(&r->c);
    size_t size = type == 'd' || type == 'D' ? 0 : size_of_type(type);

    if (size == 0) {
        bad(r, "a length is missing");
        return 0;
    }
    struct yg_str s = yg_cursor_take(&r->c, size);
    int64_t v = s.p ? int_of((const unsigned char *)s.p, type) : -1;
    if (v < 0 || (uint64_t)v > yg_cursor_left(&r->c)) {
        bad(r, "a length is larger than the file");
        return 0;
    }
    return (uint64_t)v;
}

static struct yg_str read_text(struct reader *r)
{
    return yg_cursor_take(&r->c, read_count(r));
}

/* The next member's key; false at the object's end or after an error. */
static bool next_key(struct reader *r, struct yg_str *key)
{
    if (r->status != YG_OK || !yg_cursor_ok(&r->c))
        return bad(r, "it is cut short");
    struct yg_cursor ahead = r->c;
    if (yg_cursor_u8(&ahead) == '}') {
        r->c = ahead;
        return false;
    }
    *key = read_text(r);
    return r->status == YG_OK && yg_cursor_ok(&r->c);
}

static bool enter(struct reader *r, char want)
{
    if ((char)yg_cursor_u8(&r->c) != want)
        return bad(r, "a value has another type than expected");
    return true;
}

/* After '[': "$" type "#" count, or "#" count. `*type` is 0 for mixed elements. */
static uint64_t read_array(struct reader *r, char *type)
{
    char c = (char)yg_cursor_u8(&r->c);

    *type = 0;
    if (c == '$') {
        *type = (char)yg_cursor_u8(&r->c);
        c = (char)yg_cursor_u8(&r->c);
        if (size_of_type(*type) == 0) {
            bad(r, "an array has an unknown type");
            return 0;
        }
    }
    if (c != '#')
        bad(r, "an array has no length");
    uint64_t n = read_count(r);
    if (*type && n > yg_cursor_left(&r->c) / size_of_type(*type))
        bad(r, "an array is larger than the file");
    return r->status == YG_OK ? n : 0;
}

static struct numbers read_numbers(struct reader *r)
{
    struct numbers a = { 0 };

    if (!enter(r, '['))
        return a;
    uint64_t n = read_array(r, &a.type);
    if (!a.type) {
        if (n > 0)
            bad(r, "an array of numbers is mixed");
        return (struct numbers){ 0 };
    }
    struct yg_str s = yg_cursor_take(&r->c, n * size_of_type(a.type));
    a.p = (const unsigned char *)s.p;
    a.n = s.p ? n : 0;
    return a;
}

static void skip(struct reader *r, int nesting)
{
    struct yg_str key;
    char type = (char)yg_cursor_u8(&r->c), element;

    if (nesting > NESTING_MAX) {
        bad(r, "it is nested too deeply");
    } else if (type == '{') {
        while (next_key(r, &key))
            skip(r, nesting + 1);
    } else if (type == '[') {
        uint64_t n = read_array(r, &element);
        if (element)
            (void)yg_cursor_take(&r->c, n * size_of_type(element));
        for (uint64_t i = 0; !element && i < n && r->status == YG_OK; i++)
            skip(r, nesting + 1);
    } else if (type == 'S') {
        (void)read_text(r);
    } else if (size_of_type(type) > 0) {
        (void)yg_cursor_take(&r->c, size_of_type(type));
    } else if (type != 'Z' && type != 'T' && type != 'F') {
        bad(r, "a value has an unknown type");
    }
    if (!yg_cursor_ok(&r->c))
        bad(r, "it is cut short");
}

static struct yg_str read_string(struct reader *r)
{
    return enter(r, 'S') ? read_text(r) : YG_STR_NONE;
}

/* Append the node `at` and all below it in preorder. A graph that is no tree ends at the
 * depth limit. `*cover` is its weight in training. */
static bool add_nodes(struct reader *r, const struct tree *t, int64_t at, int depth,
                      float *cover)
{
    int64_t left = int_at(&t->left, (uint64_t)at), right;
    struct yg_tree_node n = { 0 };
    float cover_left, cover_right;

    if (at < 0 || !float_at(&t->value, (uint64_t)at, &n.value) ||
        !float_at(&t->cover, (uint64_t)at, cover))
        return bad(r, "a tree names a node it does not have");
    uint32_t me = r->e->nodes;
    if (left == -1) {
        n.expect = n.value;
        r->status = yg_ensemble_node(r->e, &n, r->err);
        return r->status == YG_OK;
    }
    if (depth == YG_TREE_DEPTH_MAX)
        return bad(r, "a tree is deeper than 8");
    if (t->categorical.n && int_at(&t->categorical, (uint64_t)at) != 0)
        return bad(r, "it splits by category");
    int64_t feature = int_at(&t->feature, (uint64_t)at);
    if (feature < 0 || feature >= YG_FEATURES_MAX)
        return bad(r, "a split names no feature");
    n.feature = (uint16_t)feature;
    n.kind = int_at(&t->missing_left, (uint64_t)at) > 0 ? YG_NODE_MISSING_LEFT
                                                        : YG_NODE_MISSING_RIGHT;
    right = int_at(&t->right, (uint64_t)at);
    r->status = yg_ensemble_node(r->e, &n, r->err);
    if (r->status != YG_OK || !add_nodes(r, t, left, depth + 1, &cover_left))
        return false;
    r->e->node[me].right = r->e->nodes;
    if (!add_nodes(r, t, right, depth + 1, &cover_right))
        return false;
    float el = r->e->node[me + 1].expect, er = r->e->node[r->e->node[me].right].expect;
    float sum = cover_left + cover_right;
    r->e->node[me].expect =
        sum > 0 ? el * (cover_left / sum) + er * (cover_right / sum) : (el + er) / 2;
    return true;
}

static void read_tree(struct reader *r)
{
    static const char *const name[] = { "left_children", "right_children",
                                        "split_indices", "split_conditions",
                                        "default_left",  "sum_hessian",
                                        "split_type" };
    struct tree t = { 0 };
    struct numbers *into[] = { &t.left,         &t.right, &t.feature,    &t.value,
                               &t.missing_left, &t.cover, &t.categorical };
    struct yg_str key;
    float cover;

    if (!enter(r, '{'))
        return;
    while (next_key(r, &key)) {
        size_t i = 0;
        while (i < YG_ARRAY_LEN(name) && !yg_str_eq(key, yg_str_of(name[i])))
            i++;
        if (i < YG_ARRAY_LEN(name))
            *into[i] = read_numbers(r);
        else
            skip(r, 0);
    }
    if (r->status != YG_OK)
        return;
    r->status = yg_ensemble_tree(r->e, 0, r->err);
    if (r->status == YG_OK)
        (void)add_nodes(r, &t, 0, 0, &cover);
}

static void read_trees(struct reader *r)
{
    char type;

    if (!enter(r, '['))
        return;
    uint64_t n = read_array(r, &type);
    if (type)
        bad(r, "its trees are numbers");
    for (uint64_t i = 0; i < n && r->status == YG_OK; i++)
        read_tree(r);
}

static void read_levels(struct reader *r)
{
    char common;

    if (!enter(r, '['))
        return;
    uint64_t n = read_array(r, &common);
    if (n > YG_TREES_MAX)
        bad(r, "it has too many trees");
    for (uint64_t i = 0; i < n && r->status == YG_OK; i++) {
        char type = common ? common : (char)yg_cursor_u8(&r->c);
        size_t size = type == 'd' || type == 'D' ? 0 : size_of_type(type);
        struct yg_str s = yg_cursor_take(&r->c, size);
        int64_t v = size && s.p ? int_of((const unsigned char *)s.p, type) : -1;
        if (v < 0 || v >= YG_LEVEL_COUNT)
            bad(r, "a tree belongs to no class");
        r->level[i] = (uint8_t)v;
    }
    r->levels = (uint32_t)n;
}

static void read_param(struct reader *r)
{
    struct yg_str key;

    if (!enter(r, '{'))
        return;
    while (next_key(r, &key)) {
        double base;
        uint64_t features;
        struct yg_str v = read_string(r);
        if (yg_str_eq(key, YG_STR("base_score"))) {
            if (!yg_str_f64(v, &base) || base < -1e6 || base > 1e6)
                bad(r, "its base score is no number");
            else
                r->e->base = (float)base;
        } else if (yg_str_eq(key, YG_STR("num_feature"))) {
            if (!yg_str_u64(v, &features) || features > YG_FEATURES_MAX)
                bad(r, "it has too many features");
            else
                r->e->features = (uint32_t)features;
        } else if (yg_str_eq(key, YG_STR("num_class"))) {
            r->five = yg_str_eq(v, YG_STR("5"));
        }
    }
}

/* Objects on the way to what is wanted: all other members are skipped. */
static void read_inside(struct reader *r, int nesting)
{
    struct yg_str key;

    if (!enter(r, '{'))
        return;
    while (next_key(r, &key)) {
        if (yg_str_eq(key, YG_STR("learner_model_param")))
            read_param(r);
        else if (yg_str_eq(key, YG_STR("tree_info")))
            read_levels(r);
        else if (yg_str_eq(key, YG_STR("trees")))
            read_trees(r);
        else if (nesting < 3 &&
                 (yg_str_eq(key, YG_STR("learner")) ||
                  yg_str_eq(key, YG_STR("gradient_booster")) ||
                  yg_str_eq(key, YG_STR("model")) || yg_str_eq(key, YG_STR("objective"))))
            read_inside(r, nesting + 1);
        else if (yg_str_eq(key, YG_STR("name"))) {
            struct yg_str name = read_string(r);
            r->gbtree |= yg_str_eq(name, YG_STR("gbtree"));
            r->softprob |= yg_str_eq(name, YG_STR("multi:softprob"));
        } else
            skip(r, 0);
    }
}

enum yg_status yg_xgb_read(struct yg_str model, struct yg_ensemble *out,
                           struct yg_err *err)
{
    struct reader *r = calloc(1, sizeof(*r));

    if (!r)
        return yg_err_set(err, YG_ENOMEM, "no memory to read a model");
    r->c = yg_cursor_of(model.p, model.n);
    r->e = out;
    r->err = err;
    read_inside(r, 0);
    if (!yg_cursor_ok(&r->c))
        bad(r, "it is cut short");
    if (!r->gbtree || !r->softprob || !r->five)
        bad(r, "it is not five-class multi:softprob over gbtree");
    if (r->levels != out->trees)
        bad(r, "its trees have no classes");
    for (uint32_t i = 0; r->status == YG_OK && i < out->trees; i++)
        out->level[i] = r->level[i];
    enum yg_status st = r->status;
    free(r);
    return st;
}
