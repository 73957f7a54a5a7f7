/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluate - what a model and its policy would have done to stored, judged alerts.
 *
 * The live path over a corpus: context, features, score, gates, decision, in the same
 * order and with the same state as triage. Verdicts are looked at only afterwards, to
 * measure.
 */
#ifndef YG_PIPELINE_EVALUATE_H
#define YG_PIPELINE_EVALUATE_H

#include "base/map.h"
#include "pipeline/corpus.h"
#include "pipeline/modelpack.h"
#include "policy/judged.h"

/* Runs that the audit coin drew, by their id; and those that a trial tossed for, drawn or
 * not: as what closed in its day, only draws speak for them. Built once a tenant from the
 * ledger. */
struct yg_draws {
    struct yg_map weight; /* hash of the run's id -> 1/pi, the bits of a float; below 0:
                           * it waits for its verdict */
    struct yg_map trial;  /* hash of the run's id -> its chance, of YG_COIN_ONE */
};
struct yg_audit;
struct yg_toss;
struct yg_draws_ask {
    const struct yg_audit *audit;
    size_t audits;
    const struct yg_toss *trial; /* yg_ledger_trials */
    size_t trials;
};
enum yg_status yg_draws_of(const struct yg_draws_ask *ask, struct yg_draws *out,
                           struct yg_err *err) YG_MUST_USE;
void yg_draws_fini(struct yg_draws *d);

struct yg_judged_list {
    struct yg_judged *a;
    size_t n, size;
    uint64_t runs; /* numbers given so far */
};

struct yg_evaluate_ask {
    const struct yg_corpus *corpus;
    size_t tenant;                /* index into it */
    const struct yg_modelpack *m; /* borrowed */
    uint32_t ungated;             /* gates not to be evaluated (bits) */
    const struct yg_draws *draws; /* NULL: none */
    /* Of an alert that a person ever judged at least this alone the gravest verdict
     * counts, whatever was said later; 0: the one in force. */
    enum yg_level gravest_from;
};
/* Judge every alert of the tenant, gates in time order, and append them.
 * yg_judged.tenant is the index. */
enum yg_status yg_evaluate_tenant(const struct yg_evaluate_ask *ask,
                                  struct yg_judged_list *out,
                                  struct yg_err *err) YG_MUST_USE;

/* Append the judged alerts of tenant `t` without a model: what the signature rule
 * learns from. */
enum yg_status yg_evaluate_verdicts(const struct yg_corpus *c, size_t t,
                                    struct yg_judged_list *out,
                                    struct yg_err *err) YG_MUST_USE;

/* Room for so many more rows. */
enum yg_status yg_judged_list_grow(struct yg_judged_list *l, size_t more,
                                   struct yg_err *err) YG_MUST_USE;
void yg_judged_list_fini(struct yg_judged_list *l);

#endif
