/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit - from a corpus with verdicts to a model and the evidence for its threshold.
 *
 * For every fold a model is trained without it and scores it: these cross-fitted risks
 * calibrate probabilities and show how low threats of an unseen tenant fall. The shipped
 * model is trained on all of them. Verdict-history columns are out-of-fold everywhere.
 * Deterministic: the same corpus and seed give the same bytes.
 */
#ifndef YG_PIPELINE_FIT_H
#define YG_PIPELINE_FIT_H

#include "model/train.h"
#include "pipeline/corpus.h"
#include "pipeline/folds.h"
#include "pipeline/modelpack.h"

struct yg_fit_params {
    struct yg_train_params train;
    const bool *use;       /* by tenant; NULL: all */
    int64_t now_ns;        /* alerts dated later do not move trained_until; 0: no limit */
    size_t context_memory; /* of each tenant; 0: the default */
    uint32_t ungated;      /* bits of gates that are off when the threshold is found */
    double fnr; /* share of threats the estimate may lose; 0: k = 1 (policy/certify.h) */
    void (*progress)(void *arg, const char *what, uint32_t done,
                     uint32_t of); /* or NULL */
    void *arg;
};

enum yg_status yg_fit(const struct yg_corpus *c, const struct yg_fit_params *p,
                      struct yg_modelpack **out, struct yg_err *err) YG_MUST_USE;

#endif
