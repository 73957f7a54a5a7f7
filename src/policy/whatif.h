/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whatif - what another policy would have made of alerts that are judged already.
 *
 * A model's risks and what most gates say do not depend on the threshold. So history is
 * judged once, with nothing closing, and every policy over that model is then a walk over
 * the rows: tau, gates switched off, the burst breaker (which counts what would close) in
 * time order, operators' rules, and the alerts that graver ones open again. What comes
 * out is what triage decides (tests/scenario/replay.t compares them).
 *
 * Pure functions over one or more tenants' rows; about 60 ns an alert.
 */
#ifndef YG_POLICY_WHATIF_H
#define YG_POLICY_WHATIF_H

#include "policy/decide.h"
#include "policy/judged.h"

/* Gates that depend on the policy itself; the others are the rows' own. */
#define YG_WHATIF_GATES                                                                  \
    (YG_GATE_BIT(NO_CERTIFICATE) | YG_GATE_BIT(VERSION) | YG_GATE_BIT(BURST) |           \
     YG_GATE_BIT(CONTRADICTED))

/* Set gates, closed and, where there is a rule, risk of `out` (may be `in`) for the rows
 * of one tenant in the order in which they were decided. `in`: gates as they objected in
 * that moment, with tau 0 and all gates evaluated but YG_WHATIF_GATES. YG_ENOMEM. */
enum yg_status yg_whatif_apply(const struct yg_judged *in, size_t n,
                               const struct yg_policy *p,
                               struct yg_judged *out) YG_MUST_USE;

/* The highest tau at which, of the judged threats of each protected level among these
 * rows (after _apply), at most this share loses an alert. Chosen with the answers in
 * hand: it may be shown, never promised. YG_RISK_MAX when there is no such threat
 * (`*threats` 0). YG_ENOMEM, YG_ELIMIT. */
enum yg_status yg_whatif_tau(const struct yg_judged *a, size_t n, enum yg_level protect,
                             double share, uint32_t *tau, uint64_t *threats) YG_MUST_USE;

/* What is left to people. */
struct yg_workload {
    uint64_t alerts, open;    /* all, and not closed */
    uint64_t runs, runs_open; /* open: at least one alert of it is */
    int64_t first_ns, last_ns;
};
/* Add rows; `run_seen` and `run_open` are a bit for each run number, zeroed by the caller
 * before the first call. */
void yg_workload_add(const struct yg_judged *a, size_t n, uint64_t *run_seen,
                     uint64_t *run_open, struct yg_workload *w);
double yg_workload_days(const struct yg_workload *w); /* at least 1 */

/* What each gate does. */
struct yg_gate_holds {
    uint64_t held[YG_GATE_COUNT];  /* it objected */
    uint64_t alone[YG_GATE_COUNT]; /* and it alone keeps the alert open */
};
void yg_gate_holds_add(const struct yg_judged *a, size_t n, uint32_t tau,
                       struct yg_gate_holds *h);

/* Two policies over the same alerts: closed by one of them only. */
struct yg_whatif_diff {
    uint64_t both, neither, only[2];
    uint64_t level[2][YG_LEVEL_COUNT + 1]; /* of only[]; last: not judged */
};
void yg_whatif_diff_add(const struct yg_judged *a, const struct yg_judged *b, size_t n,
                        struct yg_whatif_diff *d);

#endif
