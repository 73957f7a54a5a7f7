/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure - what a policy did to judged alerts: every rate of GUARANTEE.md, section 1.
 *
 * Per alert, per run and per threat, per level and per tenant; the share of attacks among
 * closed runs of a random cluster; the confusion of predicted against given verdicts; and
 * the signature rule on the same data beside it. Decisions are the rows' own (`closed`),
 * so rows of several folds with a tau each may be measured together. Measured is not
 * certified: printing says so (policy/measure_print.h).
 *
 * Cost: a few sorts of the rows. Pure functions.
 */
#ifndef YG_POLICY_MEASURE_H
#define YG_POLICY_MEASURE_H

#include "base/err.h"
#include "policy/judged.h"

#include <stddef.h>

struct yg_measure_level {
    uint64_t alerts, alerts_closed, alerts_naive; /* by their verdict */
    uint64_t runs, runs_closed;                   /* by the highest verdict in them */
    uint64_t threats, lost, wholly;               /* by theirs; only from `protect` on */
    uint64_t lost_naive, wholly_naive;
};

struct yg_measure {
    uint64_t rows, unjudged, gated;
    struct yg_measure_level level[YG_LEVEL_COUNT];
    uint64_t confusion[YG_LEVEL_COUNT][YG_LEVEL_COUNT + 1]; /* [verdict][predicted];
                                                             * last column: none */
    uint64_t runs_missed;                                   /* a closed alert of them
                                                             * is protected */
    uint64_t clusters, clusters_closing;
    uint64_t clusters_missing; /* of those closing: with a missed run */
    double
        for_cluster; /* mean over closing clusters of missed / closed runs; 0 if none */
};

struct yg_lost_threat {
    uint64_t incident, entity;
    int64_t first_ns;
    int64_t open_after_ns; /* from its first alert to its first open one; -1: never */
    uint32_t tenant, alerts, closed;
    uint8_t level;
};

struct yg_measures {
    enum yg_level protect;
    struct yg_measure all;
    struct yg_measure *tenant; /* one each */
    size_t tenants;
    struct yg_lost_threat *lost; /* those that lost an alert, by tenant and time */
    size_t lost_n;
};

/* Measure `n` rows in any order, of tenants 0 .. tenants - 1. The caller frees with
 * _fini. YG_EINVAL (a tenant out of range), YG_ENOMEM, YG_ELIMIT. */
enum yg_status yg_measure(const struct yg_judged *a, size_t n, enum yg_level protect,
                          size_t tenants, struct yg_measures *out) YG_MUST_USE;
void yg_measures_fini(struct yg_measures *m);

/* Share of alerts of verdict L2 that are predicted L2, and of those predicted L2 that
 * are. Numerator and denominator. */
void yg_measure_l2(const struct yg_measure *m, uint64_t *right, uint64_t *judged,
                   uint64_t *predicted);

/* ---- all tau at once ------------------------------------------------------------- */

#define YG_CURVE_MAX 64

/* The best each number of lost threats could have bought, in hindsight: between two
 * points tau only closes less. Point 0 loses none. */
struct yg_curve {
    uint64_t fp, threats;
    size_t n;
    struct yg_curve_point {
        uint32_t tau;
        uint64_t lost, fp_closed;
    } at[YG_CURVE_MAX];
};

/* By risk and gates (not `closed`): meant for rows of one model. YG_ENOMEM, YG_ELIMIT. */
enum yg_status yg_curve_of(const struct yg_judged *a, size_t n, enum yg_level protect,
                           struct yg_curve *out) YG_MUST_USE;

#endif
