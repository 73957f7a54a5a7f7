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
 * Looking at every landmark costs trees x landmarks; three things make it cheap: a hash
 * of the leaf pattern is looked up first (most alerts repeat one), landmarks are compared
 * with SIMD by blocks, and the search ends at the first one within the limit when only
 * "too far or not" is asked. bench/score states the cost.
 *
 * Immutable once built, except the caller's own struct yg_distance_memo. Private to
 * nobody: scoring workers, recall and groups use it.
 */
#ifndef YG_MODEL_DISTANCE_H
#define YG_MODEL_DISTANCE_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "model/model.h"

#define YG_DISTANCE_MARKS 1024

struct yg_distance;

/* From training rows (`n` x `stride` floats). `limit` and `radius` come from
 * yg_distance_calibrate. Deterministic. YG_ENOMEM. */
enum yg_status yg_distance_build(const struct yg_trees *t, const float *rows, size_t n,
                                 size_t stride, struct yg_distance **out,
                                 struct yg_err *err) YG_MUST_USE;
void yg_distance_free(struct yg_distance *d);

/* Set limit (99.9th percentile) and radius (1st) from distances of alerts that were left
 * out of building (`v` is sorted in place). Fewer than 1000: the limit is 1 (off). */
void yg_distance_calibrate(struct yg_distance *d, float *v, size_t n);
float yg_distance_limit(const struct yg_distance *d);
float yg_distance_radius(const struct yg_distance *d);

/* Exact distances of `n` rows; `memo` may be NULL. */
struct yg_distance_memo; /* bounded, 64 KiB */
struct yg_distance_memo *yg_distance_memo_new(void);
void yg_distance_memo_free(struct yg_distance_memo *m);
void yg_distance_of(const struct yg_distance *d, const struct yg_trees *t,
                    struct yg_distance_memo *memo, const float *rows, size_t n,
                    size_t stride, float *out);
/* Only whether it is within the limit: then what is returned is at most the limit. */
void yg_distance_within(const struct yg_distance *d, const struct yg_trees *t,
                        struct yg_distance_memo *memo, const float *rows, size_t n,
                        size_t stride, float *out);

/* Leaves of one row as bytes (yg_trees_count of them), and how far two such are apart. */
void yg_distance_leaves(const struct yg_trees *t, const float *row, uint8_t *leaf);
float yg_distance_between(const uint8_t *a, const uint8_t *b, uint32_t trees);

void yg_distance_write(const struct yg_distance *d, struct yg_buf *out);
enum yg_status yg_distance_read(struct yg_cursor *in, const struct yg_trees *t,
                                struct yg_distance **out, struct yg_err *err) YG_MUST_USE;

#endif
