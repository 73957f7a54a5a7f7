/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certify_priv - what certify.c and crossfit.c share: the rows as they may calibrate, the
 * runs and threats after the cut, and the counts of a certificate. Internal.
 */
#ifndef YG_POLICY_CERTIFY_PRIV_H
#define YG_POLICY_CERTIFY_PRIV_H

#include "base/map.h"
#include "policy/certify.h"
#include "policy/forwalk.h"
#include "policy/outcome.h"
#include "policy/threat.h"

/* What one certificate is computed from; all of it is freed by yg_certify_fini. */
struct yg_certify_work {
    const struct yg_certify_ask *ask;
    struct yg_judged *a;     /* the ask's rows; level NONE where it does not calibrate */
    struct yg_outcomes runs; /* those that start within the period, judged or not */
    struct yg_threats threats; /* those that start after the cut */
    struct yg_map dropped;     /* runs outside the period */
    uint32_t *risk;            /* of the threats of one level, ascending */
    struct yg_for_walk walk;
};

/* NULL: no memory. */
struct yg_certify_work *yg_certify_work_new(const struct yg_certify_ask *ask);
void yg_certify_work_free(struct yg_certify_work *w);

/* Fill runs and threats; writes the counts of what is left out. */
enum yg_status yg_certify_prepare(struct yg_certify_work *w, int64_t cut,
                                  struct yg_certificate *c) YG_MUST_USE;

/* Does the run start outside the period? */
bool yg_certify_dropped(const struct yg_certify_work *w, uint64_t run);

/* The risks of the threats of one level, ascending, into w->risk. */
size_t yg_certify_level_risks(struct yg_certify_work *w, unsigned level);

/* All that is counted once tau is known, and the digests. */
enum yg_status yg_certify_count(const struct yg_certify_work *w,
                                struct yg_certificate *c) YG_MUST_USE;

int yg_certify_by_value(const void *x, const void *y); /* of uint32_t, for qsort */

#endif
