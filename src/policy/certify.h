/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certify - from judged alerts to a certificate.
 *
 * yg_certify tests one frozen policy (model, gates, feature code) on alerts that all come
 * after its training: GUARANTEE.md, section 2. yg_crossfit is for data without a time to
 * split at: risks come from models that never saw the tenant, tau is lowered by a margin
 * (policy/margin.h), and the result is an estimate that can never arm. Both look at
 * threats, never at alerts alone. Pure functions; cost: a few sorts of the alerts.
 */
#ifndef YG_POLICY_CERTIFY_H
#define YG_POLICY_CERTIFY_H

#include "policy/certificate.h"
#include "policy/judged.h"

#include <stddef.h>

struct yg_certify_ask {
    /* Alerts in the order of the pipeline, with the frozen policy's risk and gates, and
     * with those before the cut: what straddles it can only then be seen and left out. */
    const struct yg_judged *a;
    size_t n;
    int64_t cut_ns; /* end of training; runs and threats that start before are dropped */

    enum yg_level protect;
    double delta;       /* of the tenant, for all time; 0 < delta < 0.5 */
    double alpha, beta; /* asked FNR and FOR, from yg_ladder */
    uint32_t attempt;   /* 1, 2, ... failed ones included */
    uint64_t seed;      /* of the FOR coin */
    bool coin; /* every run of the period was judged independently of risk, or the audit
                * coin drew those that were */
    const uint32_t *grid; /* yg_grid_of over training runs: strictly ascending */
    size_t points;

    int64_t now_ns;
    /* digests of the policy; all zero if NULL */
    const unsigned char *model, *gates, *features;
};

/* YG_EINVAL with what to ask instead; YG_ENOMEM; YG_ELIMIT. */
enum yg_status yg_certify(const struct yg_certify_ask *ask, struct yg_certificate *out,
                          struct yg_err *err) YG_MUST_USE;

/* Uses a, n, protect, now_ns, the digests and alpha: 0 places tau by the margin below the
 * smallest threat risk (k = 1); a rate asks for the k that loses that share of threats in
 * the middle of what may be expected (a median, no bound), without a margin. The rest of
 * `ask` is not looked at. */
enum yg_status yg_crossfit(const struct yg_certify_ask *ask, struct yg_certificate *out,
                           struct yg_err *err) YG_MUST_USE;

#endif
