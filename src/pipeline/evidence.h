/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence - cross-fitted risks: what a threshold and a calibration are made from.
 *
 * One row a judged alert, its risk given by a model that never saw its fold and its gates
 * by the verdict counts without that fold. Internal to fitting.
 */
#ifndef YG_PIPELINE_EVIDENCE_H
#define YG_PIPELINE_EVIDENCE_H

#include "model/distance.h"
#include "pipeline/fitrows.h"
#include "pipeline/modelpack.h"
#include "policy/judged.h"

struct yg_evidence {
    const struct yg_fitrows *rows;
    struct yg_judged *a; /* by tenant, in order */
    size_t *base;        /* by tenant: its first row */
    size_t n;
    size_t *next; /* by tenant: private */
    /* Distances of alerts from the training of a model that never saw their fold. */
    float *far;
    size_t far_n, far_size;
};

enum yg_status yg_evidence_init(struct yg_evidence *e, const struct yg_fitrows *rows,
                                struct yg_err *err) YG_MUST_USE;
void yg_evidence_fini(struct yg_evidence *e);

/* Fill in the rows of one fold; `d`: landmarks of what the trees learned from. */
enum yg_status yg_evidence_score(struct yg_evidence *e, uint32_t fold,
                                 const struct yg_trees *trees,
                                 const struct yg_distance *d, const struct yg_history *h,
                                 struct yg_err *err) YG_MUST_USE;

/* Calibrate the model on the rows' raw risks. */
enum yg_status yg_evidence_calibrate(struct yg_evidence *e, struct yg_modelpack *m,
                                     struct yg_err *err) YG_MUST_USE;

/* The grid and the cross-fitted estimate of a threshold, into the model. The threshold is
 * found on raw log-odds, where distances mean evidence, then calibrated. */
enum yg_status yg_evidence_certify(struct yg_evidence *e, double fnr, uint32_t ungated,
                                   struct yg_modelpack *m,
                                   struct yg_err *err) YG_MUST_USE;

/* How many human verdicts a signature needs before it may be closed, learned from this
 * many tenants and judged alerts. */
uint32_t yg_signature_bar(size_t tenants, size_t judged);

#endif
