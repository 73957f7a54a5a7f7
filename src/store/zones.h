/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zones - the heads of blocks in some order, a page at a time.
 *
 * Who walks history asks for other rows in between, and several walk at once: so no
 * statement stays open, and a page of heads (some 300 bytes each) is held instead. What
 * is seen is one moment if it is read in one (yg_store_snapshot), or by the writer of
 * history, whose blocks only grow in number. Same thread as the store.
 */
#ifndef YG_STORE_ZONES_H
#define YG_STORE_ZONES_H

#include "store/inside.h"

#define YG_ZONES_PAGE 128

struct yg_zones {
    enum yg_query query;       /* YG_Q_ZONES... */
    struct yg_str tenant;      /* of ..._OF; borrowed */
    int64_t from_ns, until_ns; /* but of YG_Q_ZONES */
    uint64_t last;             /* no block after this one; likewise */
    /* private */
    struct yg_block page[YG_ZONES_PAGE]; /* tenant, number, head and digest */
    size_t count, next;
    int64_t behind[2]; /* the last of the page before: what it is ordered by */
    bool ended;
};

/* To the first. What is above is set. */
void yg_zones_start(struct yg_zones *z);
/* The next block's address, head and digest. YG_EEND; after a failure there is no more.
 */
enum yg_status yg_zones_next(struct yg_store *st, struct yg_zones *z,
                             struct yg_block *out, struct yg_err *err) YG_MUST_USE;

#endif
