/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome - what becomes of each run as tau rises.
 *
 * For a fixed model and fixed gates a run is closed at tau iff the smallest risk among
 * its alerts is below tau, and missed iff the smallest among its protected alerts is. So
 * one row a run holds everything that the FOR certificate, its walk over tau and the
 * per-run rates need. Runs without a verdict do not appear.
 *
 * Cost: a sort of the alerts. Pure functions.
 */
#ifndef YG_POLICY_OUTCOME_H
#define YG_POLICY_OUTCOME_H

#include "base/status.h"
#include "policy/judged.h"

#include <stddef.h>

struct yg_run_outcome {
    uint64_t run;
    uint64_t cluster; /* policy/threat.h */
    int64_t first_ns; /* of its first alert, judged or not */
    uint32_t tenant;
    uint32_t alerts;       /* judged ones */
    uint32_t unknown;      /* the others */
    uint32_t unknown_risk; /* one of the others closes at tau iff below tau */
    uint32_t close_risk;   /* closed at tau iff below tau; gated alerts never are */
    uint32_t miss_risk;    /* missed at tau iff below tau; YG_RISK_MAX: never */
    uint8_t level;         /* highest verdict in it */
    uint8_t closed;        /* by the alerts' own `closed`: at least one is */
    uint8_t missed;        /* ... at least one closed one is protected */
    uint8_t hidden;        /* an alert of it was closed in its day */
    float weight;          /* of its draw; 0: not drawn */
};

struct yg_outcomes {
    struct yg_run_outcome *v; /* by cluster, then run */
    size_t n;
};

/* One row for each run with a verdict among `n` alerts in any order. The caller frees
 * with _fini. YG_ENOMEM, YG_ELIMIT (2^32 - 1 alerts or more). */
enum yg_status yg_outcomes_of(const struct yg_judged *a, size_t n, enum yg_level protect,
                              struct yg_outcomes *out) YG_MUST_USE;
/* The same with the runs that nobody judged: alerts is 0, level NONE. Here close_risk is
 * of all alerts, judged or not. */
enum yg_status yg_outcomes_all(const struct yg_judged *a, size_t n, enum yg_level protect,
                               struct yg_outcomes *out) YG_MUST_USE;
void yg_outcomes_fini(struct yg_outcomes *o);

#endif
