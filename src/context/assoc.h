/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assoc - a table of fixed-size entries under 64-bit keys, in bounded memory.
 *
 * Set-associative: a key may stand in any of the 8 places of one set. A full set gives
 * up the entry that was touched longest ago, counted in events, not in time, so hostile
 * clocks cannot pin an entry, and forged collisions cost precision, never time. The
 * table doubles until its cap, then evicts. Deterministic: same calls, same content.
 * Which entries share a set depends on the keys, so what is given up does, too; until
 * then (below the cap, unless collisions are forged) keys that are renamed change
 * nothing.
 *
 *      set:   tag[8] seq[8]            64 bytes, one cache line
 *      entry: u64 key, caller's bytes  at (set * 8 + way) * entry_size
 *
 * Cost: two cache misses a look-up, hidden by yg_assoc_prefetch. One thread at a time.
 */
#ifndef YG_CONTEXT_ASSOC_H
#define YG_CONTEXT_ASSOC_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YG_ASSOC_WAYS 8

struct yg_assoc_set {
    uint32_t tag[YG_ASSOC_WAYS]; /* upper half of the key, odd; 0: empty */
    uint32_t seq[YG_ASSOC_WAYS]; /* event that touched it last */
};

struct yg_assoc {
    /* private */
    struct yg_assoc_set *set;
    unsigned char *entry;
    size_t entry_size, sets, sets_max, used;
    uint64_t evicted;
};

/* `entry_size` is a multiple of 64 and counts the key that every entry begins with.
 * `memory` bounds the table's bytes (at least one set is made). YG_ENOMEM. */
enum yg_status yg_assoc_init(struct yg_assoc *a, size_t entry_size,
                             size_t memory) YG_MUST_USE;
void yg_assoc_fini(struct yg_assoc *a);

/* Grow if it is time to. Pointers from touch end here; without memory the table stays
 * as it is, which is harmless. */
void yg_assoc_settle(struct yg_assoc *a);

/* Ask for the set's line; once that is there, for the entry's, or for the place that
 * event `seq` would give it. Change nothing. */
void yg_assoc_prefetch(const struct yg_assoc *a, uint64_t key);
void yg_assoc_prefetch_entry(const struct yg_assoc *a, uint64_t key, uint32_t seq);

/* The entry of `key` (not 0), made (zero but for its key) if it is not there, and marked
 * as used by event `seq`. `*fresh` says that it was made. Never NULL. Meeting a full set
 * the table may grow: then yg_assoc_memory changes and earlier pointers end. */
void *yg_assoc_touch(struct yg_assoc *a, uint64_t key, uint32_t seq, bool *fresh);

/* Without marking or making: NULL if it is not there. */
void *yg_assoc_peek(const struct yg_assoc *a, uint64_t key);

static inline uint64_t yg_assoc_evicted(const struct yg_assoc *a)
{
    return a->evicted;
}

size_t yg_assoc_memory(const struct yg_assoc *a); /* bytes held now */

#endif
