/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distance - how far is an alert from everything the model was trained on?
 *
 * Two alerts are as far apart as the share of trees in which they fall into different
 * leaves. The distance from training is that to the nearest of up to
 * YG_DISTANCE_MARKS training alerts (landmarks, chosen so that they cover the training:
 * distinct leaf patterns, the most frequent first, the rest by farthest-first). The limit
 * is the 99.9th percentile of distances of training alerts that were left out (cross
 * fitting, other tenants), and the recall radius their 1st percentile.
 *
 * At most 128 trees are looked at, spread evenly over the ensemble: a share is known well
 * enough from them, and limit and radius are found on the same ones. Cost: the leaves of
 * a row, about 0.5 us, a tenth of it where rows come in blocks; then 0.15 us for each 128
 * landmarks, which are compared together (AVX2), fewer where only "too far or not" is
 * asked: the search ends with the first 128 that have one within the limit, and the most
 * frequent stand first.
 *
 * Immutable once built: any number of threads.
 */
#ifndef YG_MODEL_DISTANCE_H
#define YG_MODEL_DISTANCE_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "model/model.h"

#define YG_DISTANCE_MARKS  1024
#define YG_DISTANCE_LEAVES 128
#define YG_DISTANCE_LEAST  1000 /* distances from which a limit is set */

struct yg_distance;

/* From training rows (`n` x `stride` floats). `limit` and `radius` come from
 * yg_distance_calibrate. Deterministic. YG_ENOMEM. */
enum yg_status yg_distance_build(const struct yg_trees *t, const float *rows, size_t n,
                                 size_t stride, struct yg_distance **out,
                                 struct yg_err *err) YG_MUST_USE;
void yg_distance_free(struct yg_distance *d);

/* Set limit (99.9th percentile) and radius (1st) from distances of alerts that were left
 * out of building (`v` is sorted in place). Fewer than
 * YG_DISTANCE_LEAST: the limit is 1, nothing is too far. */
void yg_distance_calibrate(struct yg_distance *d, float *v, size_t n);
float yg_distance_limit(const struct yg_distance *d);
float yg_distance_radius(const struct yg_distance *d);

/* The exact distance of one row. */
void yg_distance_of(const struct yg_distance *d, const struct yg_trees *t,
                    const float *row, float *out);
/* Only whether each of `n` rows is within the limit: what is given is above the limit iff
 * the exact distance is. */
void yg_distance_within(const struct yg_distance *d, const struct yg_trees *t,
                        const float *rows, size_t n, size_t stride, float *out);

/* Leaves of one row as bytes, zero up to the array's end, and how far two such are apart:
 * for grouping what is alike. yg_distance_trees: how many trees are looked at. */
uint32_t yg_distance_trees(const struct yg_trees *t);
void yg_distance_leaves(const struct yg_trees *t, const float *row,
                        uint8_t leaf[YG_DISTANCE_LEAVES]);
float yg_distance_between(const uint8_t *a, const uint8_t *b, uint32_t trees);

void yg_distance_write(const struct yg_distance *d, struct yg_buf *out);
enum yg_status yg_distance_read(struct yg_cursor *in, const struct yg_trees *t,
                                struct yg_distance **out, struct yg_err *err) YG_MUST_USE;

#endif
