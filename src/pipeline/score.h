/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score - rows to verdict probabilities and a risk: trees, then calibration.
 *
 * Pure; the same bits whatever the block size, the thread or the machine.
 */
#ifndef YG_PIPELINE_SCORE_H
#define YG_PIPELINE_SCORE_H

#include "model/calibrate.h"
#include "model/model.h"

/* Score `n` rows (at most 256) of `stride` floats. `c` NULL: raw risks. */
void yg_score_rows(const struct yg_trees *t, const struct yg_calibration *c,
                   const float *rows, size_t n, size_t stride, struct yg_score *out);

#endif
