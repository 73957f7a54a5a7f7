/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - which alerts are one and the same thing going on?
 *
 * A run is the alerts of one (tenant, source entity, signature) with gaps under 30
 * minutes, cut at 24 hours (GUARANTEE.md, section 1). It is formed before any verdict and
 * looks at none, so that what is sampled, closed and judged cannot depend on the answer.
 * One former a tenant; live and replay are the same calls.
 *
 *      alerts   x xx  x     x      | gap >= 30 min |   x  x ...      x | 24 h | x
 *               '----- run 0 ------'                    '---- run 1 ---'      '- run 2
 *
 * Times may come out of order. An alert joins the run that reaches it (it lies less than
 * 30 minutes outside its first and last alert, and the whole stays under 24 h); if two
 * reach it, the nearer one, then the one last added to. Runs are never merged afterwards,
 * their ids are out already. So the result depends on the order of the calls, and on
 * nothing else.
 *
 * Memory is fixed: a set-associative table of `cap` runs. Where a set is full, the run
 * longest without an alert gives way; if that one could still have gone on, it is counted
 * (its next alert then starts a new run: more runs, never a wrong join). About 0.1 us an
 * alert. One thread at a time.
 */
#ifndef YG_POLICY_RUN_H
#define YG_POLICY_RUN_H

#include "base/hash.h"
#include "base/status.h"

#define YG_RUN_GAP_NS  (INT64_C(1800) * 1000000000)  /* a gap this long ends a run */
#define YG_RUN_SPAN_NS (INT64_C(86400) * 1000000000) /* a run is shorter than this */

struct yg_runs;

/* `cap` runs (rounded up to a power of two, at least 8) may be open at a time; 56 bytes
 * each, taken from the system as they are touched. NULL: no memory. */
struct yg_runs *yg_runs_new(size_t cap) YG_MUST_USE;
void yg_runs_free(struct yg_runs *r);

struct yg_run {
    unsigned char id[YG_ID_SIZE]; /* of the alert that came first */
    uint64_t number;              /* 0, 1, 2 ... in order of appearance */
    int64_t first_ns, last_ns;    /* this alert included */
    bool fresh;                   /* this alert starts it */
};

/* Which run does this alert belong to? Keys are hashes (feature/facts.h). */
struct yg_run yg_runs_add(struct yg_runs *r, uint64_t entity, uint64_t signature,
                          int64_t time_ns, const unsigned char id[YG_ID_SIZE]);

struct yg_runs_stats {
    uint64_t alerts, runs;
    uint64_t evicted; /* runs that gave way though they could have gone on */
};
struct yg_runs_stats yg_runs_stats(const struct yg_runs *r);

#endif
