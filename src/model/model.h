/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model - five-class boosted trees and the risk made of them.
 *
 * Trained by XGBoost (model/train.h), scored here: the trees are quantised and flattened
 * and a batch of rows goes through them together. All paths (scalar, AVX2, batch,
 * single) give the same bits: fp32 leaves, fixed summation order, no contraction, our
 * own exp. Against the library's prediction |dp| <= 1e-6.
 *
 * Immutable after load: any number of threads or forked workers may score with it.
 */
#ifndef YG_MODEL_MODEL_H
#define YG_MODEL_MODEL_H

#include "base/err.h"
#include "base/hash.h"
#include "event/event.h"

/* Odd in cache lines, so that a column of many rows does not fall into few sets. */
#define YG_FEATURES_MAX 272

struct yg_score {
    float p[YG_LEVEL_COUNT]; /* probabilities, sum 1 */
    uint32_t risk;           /* calibrated risk of L3 or L4, see base/risk.h */
    uint8_t predicted;       /* enum yg_level: the most probable (ties: the higher) */
    uint8_t pad[3];
};

struct yg_trees; /* flattened ensemble */

/* Build from what yg_train made (XGBoost's saved model, "ubj"), read as untrusted input.
 * `features` = columns of a row. YG_EFORMAT, YG_EINVAL (other features, too many cuts),
 * YG_ELIMIT, YG_ENOMEM. */
enum yg_status yg_trees_from_xgboost(struct yg_str model, uint32_t features,
                                     struct yg_trees **out,
                                     struct yg_err *err) YG_MUST_USE;
void yg_trees_free(struct yg_trees *t);

uint32_t yg_trees_count(const struct yg_trees *t);
uint32_t yg_trees_features(const struct yg_trees *t);

/* Serialise, and load again (untrusted input: every index is checked). */
struct yg_buf;
struct yg_cursor;
void yg_trees_write(const struct yg_trees *t, struct yg_buf *out);
enum yg_status yg_trees_read(struct yg_cursor *in, struct yg_trees **out,
                             struct yg_err *err) YG_MUST_USE;

/* Class probabilities of `n` rows of `stride` floats (NaN = missing). `p` has 5 floats a
 * row. The path is chosen by what the CPU has; yg_trees_predict_scalar is the same,
 * always without SIMD, for the test that they agree. */
void yg_trees_predict(const struct yg_trees *t, const float *rows, size_t n,
                      size_t stride, float *p);
void yg_trees_predict_scalar(const struct yg_trees *t, const float *rows, size_t n,
                             size_t stride, float *p);

/* Margin contributions of one row by Saabas' path attribution: for each feature how much
 * it moved log-odds of (L3 or L4) against the rest. Costs about a scalar prediction.
 * `out` has `features` floats. For explanations only. */
void yg_trees_attribute(const struct yg_trees *t, const float *row, float *out);

/* The leaf, 0 to 255, that a row falls into in every `every`-th tree from the first:
 * those of row i from leaf[i * width] on. Rows that share most leaves are alike to the
 * model; one that shares few with all training rows is far from them. */
struct yg_leaves_ask {
    const float *rows; /* `n` of `stride` floats */
    size_t n, stride;
    uint32_t every;
    size_t width;
};
void yg_trees_leaves_some(const struct yg_trees *t, const struct yg_leaves_ask *ask,
                          uint8_t *leaf);

#endif
