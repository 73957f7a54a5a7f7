/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trie - the wanted paths as a trie of small hash tables. Private to json.
 *
 * Built once, constant afterwards. A look-up is two 8-byte loads, a multiplication and,
 * for a key that is not wanted, usually one compare with an empty bucket.
 */
#ifndef YG_JSON_TRIE_H
#define YG_JSON_TRIE_H

#include "json/json.h"

#include <endian.h>

/* Where in the trie a value is: its node, and above it what is wanted there (slot + 1, 0:
 * nothing). Node 0 is the record; beneath NOWHERE nothing is wanted. */
typedef uint32_t yg_json_place;

#define YG_JSON_NOWHERE UINT16_MAX

static inline uint16_t yg_json_node_of(yg_json_place place)
{
    return (uint16_t)place;
}

static inline unsigned yg_json_slot_of(yg_json_place place)
{
    return place >> 16;
}

struct yg_json_edge {
    uint64_t head, tail; /* first and last 8 bytes of the key; padded with zeros */
    const char *key;
    uint32_t len;
    yg_json_place child;
    uint16_t next; /* edge in the same bucket; 0: none. While building: sibling */
};

struct yg_json_node {
    uint64_t seed;
    uint32_t bucket; /* its first one */
    uint8_t shift;   /* 64 - log2(buckets) */
    bool numbered;   /* has a child named by a number: elements of arrays */
    uint16_t first;  /* while building: edge of the first child */
};

struct yg_json_paths {
    struct yg_json_node *node; /* [0] is the record */
    struct yg_json_edge *edge; /* [0] matches no key, so that empty buckets hold it */
    uint16_t *bucket;
    char *keys;
    size_t nodes, edges, buckets;
    bool flat;
};

struct yg_json_key {
    uint64_t head, tail;
    struct yg_str text;
};

static inline uint64_t yg_json_load8(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return le64toh(v);
}

/* `readable` bytes may be read from text.p on (at least text.n). */
static inline struct yg_json_key yg_json_key_of(struct yg_str text, size_t readable)
{
    struct yg_json_key k = { .text = text };

    if (text.n >= 8) {
        k.head = yg_json_load8(text.p);
        k.tail = yg_json_load8(text.p + text.n - 8);
    } else if (readable >= 8) {
        k.head = yg_json_load8(text.p) & ((UINT64_C(1) << (8 * text.n)) - 1);
    } else {
        for (size_t i = 0; i < text.n; i++)
            k.head |= (uint64_t)(unsigned char)text.p[i] << (8 * i);
    }
    return k;
}

static inline uint32_t yg_json_bucket(const struct yg_json_node *n,
                                      const struct yg_json_key *k)
{
    uint64_t h = (k->head ^ (k->tail << 7 | k->tail >> 57) ^ k->text.n) * n->seed;

    return n->bucket + (uint32_t)(h >> n->shift);
}

/* The child of `node` under this key, or YG_JSON_NOWHERE. Which keys are wanted is hard
 * to predict, so the first candidate is compared without a branch. */
static inline yg_json_place yg_json_child(const struct yg_json_paths *p, uint16_t node,
                                          const struct yg_json_key *k)
{
    const struct yg_json_edge *e = &p->edge[p->bucket[yg_json_bucket(&p->node[node], k)]];
    uint64_t differs = (e->head ^ k->head) | (e->tail ^ k->tail) | (e->len ^ k->text.n);

    if (e->next == 0 && k->text.n <= 16)
        return differs ? YG_JSON_NOWHERE : e->child;
    for (;;) {
        if (e->len == k->text.n && e->head == k->head && e->tail == k->tail &&
            memcmp(e->key, k->text.p, e->len) == 0)
            return e->child;
        if (e->next == 0)
            return YG_JSON_NOWHERE;
        e = &p->edge[e->next];
    }
}

#endif
