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
    double delta;                  /* of the tenant, for all time; 0 < delta < 0.5 */
    double alpha, beta;            /* asked FNR and FOR, from yg_ladder */
    uint32_t attempt;              /* 1, 2, ... failed ones included */
    uint64_t seed;                 /* of the FOR coin */
    enum yg_certificate_mode mode; /* BY_ALL is verified: a run of the period without a
                                    * verdict that calibrates makes it provisional */
    struct yg_str tenant;          /* it speaks of this one alone; empty: of the pool */
    const uint32_t *grid;          /* yg_grid_of over training runs: strictly ascending */
    size_t points;

    int64_t now_ns;
    /* digests of the policy; all zero if NULL */
    const unsigned char *model, *gates, *features;
    const unsigned char *rules; /* digest of the rules' set; NULL: there are none */
};

/* YG_EINVAL with what to ask instead; YG_ENOMEM; YG_ELIMIT. */
enum yg_status yg_certify(const struct yg_certify_ask *ask, struct yg_certificate *out,
                          struct yg_err *err) YG_MUST_USE;

/* By the coin: would the walk for FOR start? `have` of `need` weighted clusters are
 * judged at the point that has most. Reads which verdicts there are, never what they say,
 * so asking spends nothing; a certificate of rows that are not ready would fail for sure.
 */
struct yg_certify_ready {
    bool starts;
    double have;
    uint64_t need;
};
enum yg_status yg_certify_ready(const struct yg_certify_ask *ask,
                                struct yg_certify_ready *out,
                                struct yg_err *err) YG_MUST_USE;

/* Which way may these rows be tested? By the coin where a policy was `armed` in the
 * period (verdicts are then cut off at its tau), or where the coin drew runs and some of
 * the others were not judged; else by all. Looks at which verdicts there are, never at
 * what they say. */
enum yg_certificate_mode yg_certify_mode(const struct yg_judged *a, size_t n, int64_t cut,
                                         bool armed);

/* Uses a, n, protect, now_ns, the digests and alpha: 0 places tau by the margin below the
 * smallest threat risk (k = 1); a rate asks for the k that loses that share of threats in
 * the middle of what may be expected (a median, no bound), without a margin. The rest of
 * `ask` is not looked at. */
enum yg_status yg_crossfit(const struct yg_certify_ask *ask, struct yg_certificate *out,
                           struct yg_err *err) YG_MUST_USE;

#endif
