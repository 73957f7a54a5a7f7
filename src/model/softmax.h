/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softmax - margins of a block of rows to probabilities, the same bits on every path.
 *
 * Only +, -, *, / and comparisons of floats in a fixed order, no contraction: so the
 * compiler may use any vector width and no bit changes. e^x is our own: x = k ln 2 + r
 * with |r| <= 0.35, Taylor to r^7/7! (relative error below 1e-7). Private to model/.
 */
#ifndef YG_MODEL_SOFTMAX_H
#define YG_MODEL_SOFTMAX_H

#include "model/trees.h"

#define YG_INLINE static inline __attribute__((always_inline))

/* e^x for x <= 0; below -87 it is e^-87, so that no probability is 0. NaN as -87. */
YG_INLINE float yg_exp_neg(float x)
{
    const float round = 12582912.0F; /* 1.5 * 2^23: adding it leaves an integer */
    const float ln2_hi = 0x1.63p-1F, ln2_lo = -0x1.bd0106p-13F;

    x = x > -87.0F ? x : -87.0F;
    float k = (x * 0x1.715476p0F + round) - round;
    float r = (x - k * ln2_hi) - k * ln2_lo;
    float s = 1.0F / 5040;
    s = s * r + 1.0F / 720;
    s = s * r + 1.0F / 120;
    s = s * r + 1.0F / 24;
    s = s * r + 1.0F / 6;
    s = s * r + 0.5F;
    s = s * r + 1.0F;
    s = s * r + 1.0F;
    uint32_t bits = (uint32_t)((int32_t)k + 127) << 23;
    float scale;
    __builtin_memcpy(&scale, &bits, sizeof(scale));
    return s * scale;
}

/* Margins become probabilities, in place. */
YG_INLINE void yg_softmax_block(float m[YG_LEVEL_COUNT][YG_BLOCK])
{
    float top[YG_BLOCK], sum[YG_BLOCK];

    for (int i = 0; i < YG_BLOCK; i++) {
        top[i] = m[0][i];
        sum[i] = 0.0F;
    }
    for (int c = 1; c < YG_LEVEL_COUNT; c++)
        for (int i = 0; i < YG_BLOCK; i++)
            top[i] = m[c][i] > top[i] ? m[c][i] : top[i];
    for (int c = 0; c < YG_LEVEL_COUNT; c++)
        for (int i = 0; i < YG_BLOCK; i++) {
            m[c][i] = yg_exp_neg(m[c][i] - top[i]);
            sum[i] += m[c][i];
        }
    for (int c = 0; c < YG_LEVEL_COUNT; c++)
        for (int i = 0; i < YG_BLOCK; i++)
            m[c][i] /= sum[i];
}

#endif
