/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calibrate - from the trees' opinion to a risk that means what it says.
 *
 * The raw risk is the log-odds of L3 or L4 against the rest. Isotonic regression (pool
 * adjacent violators, Ayer et al. 1955) on judged alerts that the trees have not seen
 * gives its true frequency as a step function; here the middles of the steps are joined
 * by straight lines in log-odds, with a least slope, so that the order of alerts is never
 * lost: thresholds sit where risks are tiny and differ little. Below the first and above
 * the last step the raw order goes on with slope 1.
 *
 * Risks are those of base/risk.h. Deterministic, no libm. Plain data; any thread.
 */
#ifndef YG_MODEL_CALIBRATE_H
#define YG_MODEL_CALIBRATE_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "model/model.h"

#define YG_CALIBRATION_KNOTS_MAX 512

/* No knots: the identity, for a model without calibration data. */
struct yg_calibration {
    uint32_t knots;
    struct {
        double raw, calibrated; /* log-odds; both strictly ascending */
    } knot[YG_CALIBRATION_KNOTS_MAX];
};

struct yg_calibration_point {
    double raw; /* yg_calibrate_raw */
    float weight;
    bool is_protected; /* judged L3 or L4 */
};

/* Raw log-odds of L3 or L4 from class probabilities. Costs about 20 ns. */
double yg_calibrate_raw(const float p[YG_LEVEL_COUNT]);

/* Fit to `n` points, which are sorted in place. A step of weight w with weight k of
 * protected ones counts as (k + 1/2) / (w + 1), so no risk becomes 0 or 1. Without
 * points, or without a protected or an unprotected one, the identity. YG_EINVAL: a raw
 * value or weight that is not finite, or a weight <= 0. YG_ENOMEM. */
enum yg_status yg_calibrate_fit(struct yg_calibration_point *point, size_t n,
                                struct yg_calibration *out,
                                struct yg_err *err) YG_MUST_USE;

/* Calibrated log-odds: non-decreasing in `raw`; values 1e-6 apart stay apart as risks. */
double yg_calibrate_logit(const struct yg_calibration *cal, double raw);

/* All of a score from the trees' probabilities. */
void yg_score_of(const struct yg_calibration *cal, const float p[YG_LEVEL_COUNT],
                 struct yg_score *out);

void yg_calibrate_write(const struct yg_calibration *cal, struct yg_buf *out);
/* Untrusted input. `out` is set only on YG_OK. */
enum yg_status yg_calibrate_read(struct yg_cursor *in, struct yg_calibration *out,
                                 struct yg_err *err) YG_MUST_USE;

#endif
