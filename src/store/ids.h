/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids - the set of record ids inside the duplicate window.
 *
 * Open addressing over full 128-bit ids, so there are no false positives. Ids are
 * hashes already; their first eight bytes choose the slot. Beside each slot one byte of
 * age, in slices of the window, so that old ids leave in one sweep:
 *
 *      slot[]  | id | id | -- | id | ...      16 bytes, all zero = empty
 *      age[]   |  3 |  4 |    |  3 | ...      slice number modulo 256
 *
 * Cost: one cache miss, about 60 ns, a look-up in a table of 4 million. 17 bytes a slot,
 * doubled at a load of 3/4: 10^7 ids take 285 MB (twice that share for a moment while it
 * grows). One thread at a time.
 */
#ifndef YG_STORE_IDS_H
#define YG_STORE_IDS_H

#include "base/hash.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define YG_IDS_SLICES 16 /* of the window */

struct yg_ids {
    /* private */
    uint64_t (*slot)[2];
    uint8_t *age;
    size_t size, count, cap;
    int64_t slice_ns;
    int64_t oldest, newest; /* slices that may hold ids */
    uint64_t forgotten;     /* ids dropped early, because of the cap */
    bool zero;              /* the all-zero id is in the set */
};

void yg_ids_init(struct yg_ids *s, size_t cap, int64_t window_ns);
void yg_ids_fini(struct yg_ids *s);

static inline size_t yg_ids_count(const struct yg_ids *s)
{
    return s->count + s->zero;
}

/* Room for `n` ids at once, so that loading does not grow step by step. */
enum yg_status yg_ids_reserve(struct yg_ids *s, size_t n) YG_MUST_USE;

/* Ask for the memory that looking up `id` will need a few ids later. Speed only. */
void yg_ids_ahead(const struct yg_ids *s, const unsigned char id[YG_ID_SIZE]);

bool yg_ids_has(const struct yg_ids *s, const unsigned char id[YG_ID_SIZE]);

/* Put an id received at `received_ns`. YG_EEXIST: it is there. YG_ENOMEM. At the cap the
 * oldest slices are forgotten to make room. */
enum yg_status yg_ids_put(struct yg_ids *s, const unsigned char id[YG_ID_SIZE],
                          int64_t received_ns) YG_MUST_USE;

/* Many at once, duplicates among them allowed: twice as fast as one by one, because
 * the cache misses overlap. */
enum yg_status yg_ids_load(struct yg_ids *s, const unsigned char *ids, size_t n,
                           int64_t received_ns) YG_MUST_USE;

void yg_ids_remove(struct yg_ids *s, const unsigned char id[YG_ID_SIZE]);

/* Drop whole slices that lie before the window ending at `now_ns`. Cheap when there are
 * none. */
void yg_ids_prune(struct yg_ids *s, int64_t now_ns);

#endif
