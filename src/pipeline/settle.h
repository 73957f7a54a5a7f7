/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settle - runs of the queue whose alerts were judged elsewhere than in the queue.
 *
 * Verdicts that come alert by alert, from another tool or as the answer to a question,
 * judge a run once every open alert of it has one: the run is judged then, by the
 * highest. Taken back, it waits again. Runs that wait for a blind verdict are left alone:
 * theirs is given without the score, and on its own.
 *
 * Costs a walk over the rows of the queue, whatever was judged: once a file, not once a
 * verdict. Same thread as the store; puts are part of its next commit.
 */
#ifndef YG_PIPELINE_SETTLE_H
#define YG_PIPELINE_SETTLE_H

#include "base/map.h"
#include "store/store.h"

#define YG_SETTLE_MAX ((size_t)16 << 20) /* alerts at once */

/* The alerts whose verdict changed. */
struct yg_settle {
    /* private */
    struct yg_map alert;
};

void yg_settle_init(struct yg_settle *s);
void yg_settle_fini(struct yg_settle *s);
enum yg_status yg_settle_add(struct yg_settle *s, const unsigned char alert[YG_ID_SIZE],
                             struct yg_err *err) YG_MUST_USE;

/* Bring the runs that hold one of them up to date; `*changed`: how many. */
enum yg_status yg_settle_runs(struct yg_settle *s, struct yg_store *store,
                              uint64_t *changed, struct yg_err *err) YG_MUST_USE;

/* One run of which alerts were judged, or are not any more; without a walk. One that is
 * not in the queue is no error. */
enum yg_status yg_settle_run(struct yg_store *store, const unsigned char run[YG_ID_SIZE],
                             struct yg_err *err) YG_MUST_USE;

#endif
