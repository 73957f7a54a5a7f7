/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fmath.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ln 2 in two parts: the first has 32 bits, so that k * LN2_HI is exact. */
#define LN2_HI 0x1.62e42feep-1
#define LN2_LO 0x1.a39ef35793c76p-33
#define LOG2_E 0x1.71547652b82fep0

static double from_bits(uint64_t bits)
{
    double d;

    memcpy(&d, &bits, sizeof(d));
    return d;
}

static uint64_t to_bits(double d)
{
    uint64_t bits;

    memcpy(&bits, &d, sizeof(bits));
    return bits;
}

double yg_exp(double x)
{
    if (x != x)
        return x;
    if (x < -708)
        return 0;
    if (x > 708)
        x = 708;
    /* e^x = 2^k e^r with |r| <= ln 2 / 2, where 14 Taylor terms are exact to 1e-17. */
    int k = (int)(x * LOG2_E + (x < 0 ? -0.5 : 0.5));
    double r = (x - k * LN2_HI) - k * LN2_LO, p = 1 + r / 13;

    for (int i = 12; i > 0; i--)
        p = 1 + p * r * (1.0 / i);
    return p * from_bits((uint64_t)(k + 1023) << 52);
}

double yg_ln(double x)
{
    if (x != x || x < 0)
        return NAN;
    if (x == 0)
        return -INFINITY;
    if (x == INFINITY)
        return x;
    int e = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        e = -54;
    }
    /* x = 2^e m with m in [sqrt 1/2, sqrt 2); log m = 2 atanh((m - 1) / (m + 1)). */
    uint64_t bits = to_bits(x);
    e += (int)(bits >> 52) - 1023;
    double m = from_bits((bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL);
    if (m > 0x1.6a09e667f3bcdp0) {
        m *= 0.5;
        e++;
    }
    double s = (m - 1) / (m + 1), z = s * s, sum = 0;
    for (int i = 21; i >= 3; i -= 2)
        sum = (sum + 1.0 / i) * z;
    return e * LN2_HI + (2 * s * (1 + sum) + e * LN2_LO);
}

double yg_lb(double x)
{
    return yg_ln(x) * LOG2_E;
}
