/* SPDX-License-Identifier: Apache-2.0 */
#include "json/trie.h"

#include <stdlib.h>

#define SEEDS_TRIED 64

/* The edge to the child named `key`, made if it is new. There is room for every key of
 * every path. */
static struct yg_json_edge *edge_of(struct yg_json_paths *p, uint16_t parent,
                                    struct yg_str key)
{
    struct yg_json_node *n = &p->node[parent];
    uint64_t number;

    for (uint16_t at = n->first; at; at = p->edge[at].next)
        if (yg_str_eq(key, (struct yg_str){ p->edge[at].key, p->edge[at].len }))
            return &p->edge[at];
    struct yg_json_key k = yg_json_key_of(key, key.n);
    struct yg_json_edge *e = &p->edge[p->edges];
    *e = (struct yg_json_edge){
        .head = k.head,
        .tail = k.tail,
        .key = key.p,
        .len = (uint32_t)key.n,
        .child = (yg_json_place)p->nodes++,
        .next = n->first,
    };
    n->first = (uint16_t)p->edges++;
    n->numbered |= yg_str_u64(key, &number);
    return e;
}

/* `path` lies in p->keys. */
static bool add_path(struct yg_json_paths *p, struct yg_str path, size_t slot, bool root)
{
    struct yg_json_edge *e = NULL;
    struct yg_str rest = path;

    do {
        struct yg_str key = yg_str_cut(&rest, '.');
        if (key.n == 0)
            return false;
        e = edge_of(p, e ? yg_json_node_of(e->child) : 0, key);
    } while (rest.p);
    if (root)
        e->child = 0;
    else if (yg_json_slot_of(e->child) == 0)
        e->child |= (yg_json_place)(slot + 1) << 16;
    return true;
}

/* How many children would share a bucket under `seed`. */
static unsigned collisions(const struct yg_json_paths *p, struct yg_json_node *n,
                           uint64_t seed)
{
    unsigned bad = 0;

    n->seed = seed;
    memset(&p->bucket[n->bucket], 0, sizeof(uint16_t) << (64 - n->shift));
    for (uint16_t at = n->first; at; at = p->edge[at].next) {
        const struct yg_json_edge *e = &p->edge[at];
        struct yg_json_key k = { e->head, e->tail, { e->key, e->len } };
        uint16_t *b = &p->bucket[yg_json_bucket(n, &k)];
        bad += *b != 0;
        *b = 1;
    }
    return bad;
}

/* Give a node its table of at least four times its children, under the best of some
 * multipliers (collisions cost time only). */
static void index_node(struct yg_json_paths *p, struct yg_json_node *n)
{
    unsigned children = 0, best = UINT32_MAX, bits = 1;
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15), chosen = seed;

    for (uint16_t at = n->first; at; at = p->edge[at].next)
        children++;
    while ((1U << bits) < 4 * children)
        bits++;
    n->bucket = (uint32_t)p->buckets;
    n->shift = (uint8_t)(64 - bits);
    p->buckets += (size_t)1 << bits;
    for (int i = 0; i < SEEDS_TRIED && best > 0; i++, seed = seed * 0xd1342543de82ef95U) {
        unsigned bad = collisions(p, n, seed);
        if (bad < best)
            best = bad, chosen = seed;
    }
    (void)collisions(p, n, chosen); /* sets the seed */
    memset(&p->bucket[n->bucket], 0, sizeof(uint16_t) << bits);
    for (uint16_t at = n->first, next; at; at = next) {
        struct yg_json_edge *e = &p->edge[at];
        struct yg_json_key k = { e->head, e->tail, { e->key, e->len } };
        uint16_t *b = &p->bucket[yg_json_bucket(n, &k)];
        next = e->next;
        e->next = *b;
        *b = at;
    }
}

static enum yg_status reserve(struct yg_json_paths *p, const struct yg_json_want *want,
                              size_t n)
{
    size_t keys = n, bytes = 1;

    for (size_t i = 0; i < n; i++) {
        bytes += want[i].path.n;
        for (size_t c = 0; c < want[i].path.n; c++)
            keys += want[i].path.p[c] == '.';
    }
    if (n > YG_JSON_SLOTS || keys > UINT16_MAX / 2 || bytes > UINT32_MAX)
        return YG_EINVAL;
    p->node = calloc(keys + 1, sizeof(*p->node));
    p->edge = calloc(keys + 1, sizeof(*p->edge));          /* [0] is no edge */
    p->bucket = calloc(10 * keys + 2, sizeof(*p->bucket)); /* < 8 a child + 2 a node */
    p->keys = malloc(bytes);
    p->nodes = p->edges = 1;
    if (p->edge)
        p->edge[0].len = UINT32_MAX;
    return p->node && p->edge && p->bucket && p->keys ? YG_OK : YG_ENOMEM;
}

enum yg_status yg_json_paths_new(const struct yg_json_want *want, size_t n, bool flat,
                                 struct yg_json_paths **out)
{
    struct yg_json_paths *p = calloc(1, sizeof(*p));
    enum yg_status st = p ? reserve(p, want, n) : YG_ENOMEM;
    size_t used = 0;

    for (size_t i = 0; i < n && st == YG_OK; i++) {
        struct yg_str path = { p->keys + used, want[i].path.n };
        if (path.n)
            memcpy(p->keys + used, want[i].path.p, path.n);
        used += path.n;
        st = add_path(p, path, i, want[i].root) ? YG_OK : YG_EINVAL;
    }
    if (st != YG_OK) {
        yg_json_paths_free(p);
        return st;
    }
    p->flat = flat;
    for (size_t i = 0; i < p->nodes; i++)
        index_node(p, &p->node[i]);
    *out = p;
    return YG_OK;
}

void yg_json_paths_free(struct yg_json_paths *p)
{
    if (!p)
        return;
    free(p->node);
    free(p->edge);
    free(p->bucket);
    free(p->keys);
    free(p);
}
