/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folds - who may learn from whom: the split of a corpus for out-of-fold work.
 *
 * A fold is a set of tenants (those whose names share what stands before the first "/"
 * stay together: sites of one organisation, captures of one laboratory); with a single
 * group, folds are stretches of its time instead. Rows a model learns from never see
 * verdicts of their own fold, and the risks a threshold is chosen from come from models
 * that never saw the fold.
 */
#ifndef YG_PIPELINE_FOLDS_H
#define YG_PIPELINE_FOLDS_H

#include "pipeline/corpus.h"

#define YG_FOLDS_MAX  8 /* more groups share folds */
#define YG_FOLDS_TIME 5 /* stretches of time for a single group */

struct yg_folds {
    uint32_t count;             /* 2 .. YG_FOLDS_MAX */
    bool by_time;               /* a single group */
    uint8_t *of_tenant;         /* by tenant, unless by_time */
    int64_t cut[YG_FOLDS_TIME]; /* by_time: first instant of folds 1, 2, ... */
    const struct yg_corpus *corpus;
};

/* The group of a tenant name. */
struct yg_str yg_folds_group(struct yg_str tenant);

/* Split the tenants with use[i] (NULL: all). YG_EINVAL: fewer than two folds can be
 * made. Free with yg_folds_free. */
enum yg_status yg_folds_make(const struct yg_corpus *c, const bool *use,
                             struct yg_folds *out, struct yg_err *err) YG_MUST_USE;
void yg_folds_free(struct yg_folds *f);

uint32_t yg_folds_of(const struct yg_folds *f, size_t tenant, int64_t time_ns);

#endif
