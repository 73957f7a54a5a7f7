/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aside - alerts of runs that wait to be judged without the score (GUARANTEE.md 4): what
 * the model said of them is nobody's to see, whatever shows or asks.
 *
 * All of them at once, for work over all of history; or looked up by id and time, where a
 * few are shown: then the runs of an hour are read when the first alert of that hour is
 * asked about. Cost: an hour about 1 ms and the ids of its runs; then one look into a
 * map. One thread, that of the store; what is committed later is not seen.
 */
#ifndef YG_PIPELINE_ASIDE_H
#define YG_PIPELINE_ASIDE_H

#include "base/map.h"
#include "store/store.h"

/* Into a map that is empty, keys by yg_groups_key; `tenant` empty: of all. */
enum yg_status yg_aside_all(struct yg_store *st, struct yg_str tenant, struct yg_map *out,
                            struct yg_err *err) YG_MUST_USE;

struct yg_aside {
    /* private */
    struct yg_store *store;
    struct yg_map alert, run, hour;
    uint64_t last; /* hour asked for last */
};
void yg_aside_init(struct yg_aside *a, struct yg_store *st);
void yg_aside_fini(struct yg_aside *a);
/* Is the alert of this id and time (as yg_guard_get has them) among them? */
enum yg_status yg_aside_has(struct yg_aside *a, const unsigned char id[YG_ID_SIZE],
                            int64_t time_ns, bool *has, struct yg_err *err) YG_MUST_USE;

#endif
