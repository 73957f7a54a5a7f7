/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/score.h"

#define ROWS_MAX 256

void yg_score_rows(const struct yg_trees *t, const struct yg_calibration *c,
                   const float *rows, size_t n, size_t stride, struct yg_score *out)
{
    static const struct yg_calibration identity = { .knots = 0 };
    float p[ROWS_MAX * YG_LEVEL_COUNT];

    YG_ASSERT(n <= ROWS_MAX);
    yg_trees_predict(t, rows, n, stride, p);
    for (size_t i = 0; i < n; i++)
        yg_score_of(c ? c : &identity, p + i * YG_LEVEL_COUNT, &out[i]);
}
