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

#include "pipeline/corpus.h"
#include "pipeline/modelpack.h"
#include "policy/judged.h"

struct yg_judged_list {
    struct yg_judged *a;
    size_t n, size;
    uint64_t runs; /* numbers given so far */
};

/* Judge every alert of tenant `t` of the corpus and append them. `ungated` are gates not
 * to be evaluated (bits). yg_judged.tenant is `t`. */
enum yg_status yg_evaluate_tenant(const struct yg_corpus *c, size_t t,
                                  const struct yg_modelpack *m, uint32_t ungated,
                                  struct yg_judged_list *out,
                                  struct yg_err *err) YG_MUST_USE;

/* Append the judged alerts of tenant `t` without a model: what the signature rule
 * learns from. */
enum yg_status yg_evaluate_verdicts(const struct yg_corpus *c, size_t t,
                                    struct yg_judged_list *out,
                                    struct yg_err *err) YG_MUST_USE;

void yg_judged_list_fini(struct yg_judged_list *l);

#endif
