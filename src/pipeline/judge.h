/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge - a loaded model with the state it needs: contexts per tenant, runs, policy.
 *
 * The ordered middle of the pipeline. yg_judge_see is called for every event of a tenant
 * in order; the row it fills is scored elsewhere (a worker, a batch) and yg_judge_decide
 * makes the decision. State is per tenant and bounded; it depends only on the order of
 * the calls, so a replay gives the same bytes.
 */
#ifndef YG_PIPELINE_JUDGE_H
#define YG_PIPELINE_JUDGE_H

#include "pipeline/modelpack.h"
#include "pipeline/past.h"
#include "pipeline/slot.h"
#include "policy/companion.h"
#include "policy/decide.h"
#include "policy/run.h"

#define YG_JUDGE_MEMORY ((size_t)256 << 20) /* bytes of a tenant's context at most */

struct yg_judge;

/* `pack` is borrowed for the judge's life. `memory` bounds each tenant's context (0: the
 * default of context/context.h). */
enum yg_status yg_judge_new(const struct yg_modelpack *pack, size_t memory,
                            struct yg_judge **out, struct yg_err *err) YG_MUST_USE;
void yg_judge_free(struct yg_judge *j);

const struct yg_modelpack *yg_judge_pack(const struct yg_judge *j);

/* What decides for tenants made from now on without a guard; the caller may switch gates
 * off. Borrowed. */
struct yg_policy *yg_judge_policy(struct yg_judge *j);
/* What decides for this tenant. Borrowed until the next tenant is made. */
const struct yg_policy *yg_judge_policy_of(const struct yg_judge *j, uint32_t tenant);

/* From now on each tenant's policy is the guard's, and what its coin draws stays open.
 * Call it before the first tenant; borrowed for the judge's life. */
struct yg_guard;
void yg_judge_guard(struct yg_judge *j, struct yg_guard *g);
/* The rules that facts are marked by (thin/close.h); borrowed. None: marks that facts
 * bear all the same are no rule that is proved. */
struct yg_thin_rules;
void yg_judge_rules(struct yg_judge *j, const struct yg_thin_rules *rules);
struct yg_guard *yg_judge_guarded(const struct yg_judge *j); /* NULL: none */
/* Ask the guard for all policies again: something fell. */
enum yg_status yg_judge_again(struct yg_judge *j, struct yg_err *err) YG_MUST_USE;

/* The number of a tenant, made if new. YG_ELIMIT: too many tenants. */
enum yg_status yg_judge_tenant(struct yg_judge *j, struct yg_str name, uint32_t *tenant,
                               struct yg_err *err) YG_MUST_USE;

/* The next event of `tenant`: fills `row` (YG_FEATURES_MAX floats) for an alert, NULL for
 * context records. */
void yg_judge_see(struct yg_judge *j, uint32_t tenant, const struct yg_facts *facts,
                  float *row);

/* Ask for the memory that event `at` + 8 of `n` will need. Speed only. */
void yg_judge_ahead(const struct yg_judge *j, uint32_t tenant,
                    const struct yg_facts *facts, uint32_t at, uint32_t n);

/* Take in an event of stored history: the state is as after it was judged. */
void yg_judge_replay(struct yg_judge *j, uint32_t tenant, const struct yg_past_event *e);

/* People judged this alert L3 or L4: alerts near it are held while the gate open-threat
 * is evaluated (policy/openthreat.h). `judged_ns` 0: not known. yg_judge_replay does so
 * for the verdicts that stored history holds. */
void yg_judge_threat(struct yg_judge *j, uint32_t tenant, const struct yg_facts *f,
                     int64_t judged_ns);

/* For yg_flow_options.score: rows -> scores and distances. `model` is the modelpack. */
void yg_judge_score(const void *model, struct yg_slot *slot);

struct yg_judgement {
    struct yg_score score;
    struct yg_decision decision; /* policy/decide.h */
    struct yg_decide_in in;      /* what it was made from */
    struct yg_run run;
    uint32_t tenant;
    uint8_t draw; /* enum yg_guard_draw (pipeline/guard.h): judged without the score */
    bool closed;  /* in fact: not in shadow mode */
};

struct yg_judge_alert {
    const struct yg_facts *facts;
    const unsigned char *id; /* YG_ID_SIZE bytes */
    const struct yg_score *score;
    float distance; /* from training, in trees; negative: not measured */
    uint64_t mark;  /* the caller's own, given back when it is opened again */
    /* Its run, formed when it was seen (yg_judge_run); NULL: it is formed now, for
     * callers that decide in the order in which they see. */
    const struct yg_run *run;
};

/* Which run the alert belongs to; called once for each, in the order they are seen: runs
 * must not depend on when batches are scored. */
struct yg_run yg_judge_run(struct yg_judge *j, uint32_t tenant,
                           const struct yg_facts *facts,
                           const unsigned char id[YG_ID_SIZE]);

/* Called for an alert that was closed and that a graver one now opens again. */
void yg_judge_on_reopen(struct yg_judge *j,
                        void (*open)(void *arg, const struct yg_companion *a), void *arg);

/* Decide on an alert whose row was scored. */
void yg_judge_decide(struct yg_judge *j, uint32_t tenant, const struct yg_judge_alert *a,
                     struct yg_judgement *out);

#endif
