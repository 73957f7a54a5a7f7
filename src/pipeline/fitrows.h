/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fitrows - the rows a model learns from: out of fold, thinned and weighted by run.
 *
 * Scan alerts outnumber break-ins ten thousand to one, and a run of a million alike
 * alerts teaches no more than its first dozens: of each run the first 24 alerts and then
 * ever sparser ones are kept, its weight grows with the square root of its size, and
 * every tenant has the same total. Internal to fitting; deterministic.
 */
#ifndef YG_PIPELINE_FITROWS_H
#define YG_PIPELINE_FITROWS_H

#include "feature/history.h"
#include "pipeline/folds.h"

#define YG_FOLD_NONE UINT32_MAX

/* Where an alert stands in its run. */
struct yg_place {
    uint64_t run;  /* number, unique over tenants; UINT64_MAX: not a judged alert */
    uint32_t pos;  /* 0, 1, ... in the run */
    uint32_t size; /* of the run (judged alerts) */
};

struct yg_fitrows {
    const struct yg_corpus *corpus;
    struct yg_folds folds;
    bool *use;                           /* by tenant */
    struct yg_place **place;             /* by tenant, by record */
    uint64_t runs;                       /* of all alerts: some may hold no judged one */
    double *kept;                        /* by run: how many of its alerts are rows */
    struct yg_history_builder **builder; /* one per (tenant, fold) with verdicts */
    uint32_t *builder_fold;
    size_t builders;
    size_t context_memory;
    bool shapes; /* learn from columns of shape; set before rows are gathered */
};

enum yg_status yg_fitrows_init(struct yg_fitrows *r, const struct yg_corpus *c,
                               const bool *use, size_t context_memory,
                               struct yg_err *err) YG_MUST_USE;
void yg_fitrows_fini(struct yg_fitrows *r);

/* History of all verdicts but those of folds `a` and `b` (YG_FOLD_NONE: none left out).
 */
enum yg_status yg_fitrows_history(const struct yg_fitrows *r, uint32_t a, uint32_t b,
                                  struct yg_history **out,
                                  struct yg_err *err) YG_MUST_USE;

/* Run one tenant's records through a context with this history; `each` gets every judged
 * alert with its row. */
typedef enum yg_status yg_fitrow_f(void *arg, size_t tenant, size_t record,
                                   const float *row, struct yg_err *err);
enum yg_status yg_fitrows_walk(const struct yg_fitrows *r, size_t tenant,
                               const struct yg_history *h, yg_fitrow_f *each, void *arg,
                               struct yg_err *err) YG_MUST_USE;

struct yg_matrix {
    float *x; /* rows x YG_FEATURE_COUNT */
    uint8_t *label;
    float *weight;
    uint64_t rows, size;
};
/* The training rows of every fold but `without`. */
enum yg_status yg_fitrows_matrix(const struct yg_fitrows *r, uint32_t without,
                                 struct yg_matrix *out, struct yg_err *err) YG_MUST_USE;
void yg_matrix_free(struct yg_matrix *m);

/* Digest of what was learned from: tenants, ids, verdicts. */
void yg_fitrows_digest(const struct yg_fitrows *r, unsigned char out[YG_DIGEST_SIZE]);

#endif
