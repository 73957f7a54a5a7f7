/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map - 64-bit key to 64-bit value, open addressing, with a cap.
 *
 * For keys that are hashes already (yg_hash_str). Key 0 is not allowed. Look-up and
 * insertion cost one cache miss; there is no removal. Iteration is in insertion order
 * when the caller keeps indices as values. One thread at a time.
 */
#ifndef YG_BASE_MAP_H
#define YG_BASE_MAP_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yg_map_slot {
    uint64_t key;
    uint64_t value;
};

struct yg_map {
    /* private */
    struct yg_map_slot *slot; /* size is a power of two; key 0 = empty */
    size_t size, count, cap;
};

void yg_map_init(struct yg_map *m, size_t cap); /* cap: entries */
void yg_map_fini(struct yg_map *m);
void yg_map_clear(struct yg_map *m);

static inline size_t yg_map_count(const struct yg_map *m)
{
    return m->count;
}

/* The value's place, or NULL. Borrowed until the next put. */
uint64_t *yg_map_get(const struct yg_map *m, uint64_t key);

/* The value's place, made (0) if `key` is new; `*fresh` says so (may be NULL).
 * NULL: cap or memory. Borrowed until the next put. */
uint64_t *yg_map_put(struct yg_map *m, uint64_t key, bool *fresh);

/* Ask for the memory that a later get or put of `key` will need. Speed only. */
void yg_map_ahead(const struct yg_map *m, uint64_t key);

/* Walk all entries in table order (not stable between runs with other insertions):
 * start with *at = 0; false at the end. */
bool yg_map_next(const struct yg_map *m, size_t *at, uint64_t *key, uint64_t *value);

#endif
