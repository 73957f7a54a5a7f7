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
    static const double inverse[] = { 1.0,      1.0 / 2,  1.0 / 3, 1.0 / 4, 1.0 / 5,
                                      1.0 / 6,  1.0 / 7,  1.0 / 8, 1.0 / 9, 1.0 / 10,
                                      1.0 / 11, 1.0 / 12, 1.0 / 13 };
    double r = (x - k * LN2_HI) - k * LN2_LO, p = 1;

    for (int i = 12; i >= 0; i--)
        p = 1 + p * (r * inverse[i]);
    return p * from_bits((uint64_t)(k + 1023) << 52);
}

/* x = 2^e m with m in [sqrt 1/2, sqrt 2), for finite x > 0. */
static double split(double x, int *e)
{
    uint64_t bits = to_bits(x);
    double m = from_bits((bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL);

    *e = (int)(bits >> 52) - 1023;
    if (m > 0x1.6a09e667f3bcdp0) {
        m *= 0.5;
        ++*e;
    }
    return m;
}

double yg_ln(double x)
{
    static const double odd[] = { 1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11,
                                  1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21 };
    int e, shift = 0;

    if (x != x || x < 0)
        return NAN;
    if (x == 0)
        return -INFINITY;
    if (x == INFINITY)
        return x;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        shift = 54;
    }
    /* log m = 2 atanh((m - 1) / (m + 1)), the series to 1e-17. */
    double m = split(x, &e), s = (m - 1) / (m + 1), z = s * s, sum = 0;
    for (int i = 9; i >= 0; i--)
        sum = (sum + odd[i]) * z;
    e -= shift;
    return e * LN2_HI + (2 * s * (1 + sum) + e * LN2_LO);
}

double yg_lb(double x)
{
    return yg_ln(x) * LOG2_E;
}

double yg_lb_rough(double x)
{
    int e;
    double m = split(x, &e), s = (m - 1) / (m + 1), z = s * s;

    /* The same series, four terms: the next one is below 5e-8. */
    return e + 2 * LOG2_E * s * (1 + z * (1.0 / 3 + z * (1.0 / 5 + z * (1.0 / 7))));
}
