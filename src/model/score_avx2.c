/* SPDX-License-Identifier: Apache-2.0 */
#include "model/trees.h"

bool yg_score_has_avx2(void)
{
    return false;
}

void yg_score_block_avx2(const struct yg_trees *t, const float *rows, size_t n,
                         size_t stride, float *p)
{
    yg_score_block_scalar(t, rows, n, stride, p);
}
