/* SPDX-License-Identifier: Apache-2.0 */
/*
 * train - fits the trees with XGBoost's C API.
 *
 * Run in a short-lived child process (OpenMP threads and a large library stay out of
 * the server). Deterministic: same rows, parameters and seed give the same bytes.
 */
#ifndef YG_MODEL_TRAIN_H
#define YG_MODEL_TRAIN_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct yg_train_params {
    uint32_t rounds;    /* boosting rounds; trees = rounds x 5 */
    uint32_t max_depth; /* at most 8 */
    float eta, lambda, min_child_weight, gamma;
    float subsample, colsample; /* share of rows, of features, drawn for each tree */
    uint32_t max_bin;           /* at most 254, so that 8-bit quantisation is exact */
    uint64_t seed;
    uint32_t threads;
    /* Called after every round, here and not in the child; NULL: nobody asks. */
    void (*progress)(void *ctx, uint32_t done, uint32_t rounds);
    void *progress_ctx;
};

/* The parameters docs/design gives reasons for. */
extern const struct yg_train_params yg_train_default;

/* Rows x features, row-major, NaN = missing; label = enum yg_level; weight > 0. */
struct yg_train_data {
    const float *x;
    const uint8_t *label;
    const float *weight;
    uint64_t rows;
    uint32_t features;
};

/* Fit and append the library's saved model ("ubj") to `out`, for yg_trees_from_xgboost.
 * YG_EINVAL (no rows, one class only), YG_ENOMEM, YG_ELIMIT (`out` is full), YG_ECHILD.
 * The work is done in a forked child, which reads `x` in place and needs about 2 bytes a
 * value besides: call it from a process without threads. */
enum yg_status yg_train(const struct yg_train_params *p, const struct yg_train_data *d,
                        struct yg_buf *out, struct yg_err *err) YG_MUST_USE;

#endif
