/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/stats.h"

#include "base/fmath.h"

#include <math.h>

/* ln(1 + x) for small x: the rounding of 1 + x is taken back. */
static double ln1p(double x)
{
    double y = 1.0 + x;

    return y - 1.0 == x ? yg_ln(y) : yg_ln(y) - ((y - 1.0) - x) / y;
}

/* e^x - 1 for x < 0 (Kahan's quotient: the errors of both terms cancel). */
static double expm1_neg(double x)
{
    double u = yg_exp(x);

    return u == 1.0 ? x : u == 0.0 ? -1.0 : (u - 1.0) * x / yg_ln(u);
}

#define PI 3.14159265358979323846

/* ln n! - ln(sqrt(2 pi n) (n/e)^n), for n >= 1: exact factorials below 16, then
 * Stirling's series (next term under 1e-16). */
static double stirling_rest(double n)
{
    double f = 1.0, nn = n * n;

    if (n >= 16.0)
        return (1.0 / 12 -
                (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / nn) / nn) / nn) /
                    nn) /
               n;
    for (int i = 2; i <= (int)n; i++)
        f *= (double)i;
    return yg_ln(f) - (0.5 * yg_ln(2.0 * PI * n) + n * yg_ln(n) - n);
}

/* x ln(x / m) + m - x, without cancellation where x is near m (Loader's bd0). */
static double deviance(double x, double m)
{
    if (fabs(x - m) >= 0.1 * (x + m))
        return x * yg_ln(x / m) + m - x;
    double v = (x - m) / (x + m), s = (x - m) * v, term = 2.0 * x * v;
    for (int j = 1; j < 1000; j++) {
        term *= v * v;
        double next = s + term / (2 * j + 1);
        if (next == s)
            break;
        s = next;
    }
    return s;
}

/* P(Binomial(n, p) = k) for 0 < p < 1, q = 1 - p, k <= n. */
static double pmf(uint64_t k, uint64_t n, double p, double q)
{
    double dk = (double)k, dn = (double)n, rest = (double)(n - k);

    if (k == 0)
        return yg_exp(dn * (p < q ? ln1p(-p) : yg_ln(q)));
    if (k == n)
        return yg_exp(dn * (p < q ? yg_ln(p) : ln1p(-q)));
    double e = stirling_rest(dn) - stirling_rest(dk) - stirling_rest(rest) -
               deviance(dk, dn * p) - deviance(rest, dn * q);
    return sqrt(dn / (2.0 * PI * dk * rest)) * yg_exp(e);
}

/* The terms at k, k-1, ... of P(. <= k), largest first: k is not above the mean. */
static double lower_sum(uint64_t k, uint64_t n, double p, double q)
{
    double term = pmf(k, n, p, q), sum = term;

    for (uint64_t i = k; i > 0 && term > sum * 1e-18; i--) {
        term *= (double)i / (double)(n - i + 1) * (q / p);
        sum += term;
    }
    return sum;
}

double yg_binom_cdf(uint64_t k, uint64_t n, double p)
{
    if (k >= n || p <= 0.0)
        return 1.0;
    if (p >= 1.0)
        return 0.0;
    /* P(X <= k) = 1 - P(n - X <= n - k - 1): sum the tail away from the mean. */
    if ((double)k <= (double)n * p)
        return lower_sum(k, n, p, 1.0 - p);
    return 1.0 - lower_sum(n - k - 1, n, 1.0 - p, p);
}

double yg_binom_upper(uint64_t k, uint64_t n, double delta)
{
    double lo = 0.0, hi = 1.0;

    if (k >= n)
        return 1.0;
    if (k == 0)
        return yg_support_rate(n, delta);
    for (int i = 0; i < 64; i++) {
        double mid = 0.5 * (lo + hi);
        if (yg_binom_cdf(k, n, mid) <= delta)
            hi = mid;
        else
            lo = mid;
    }
    return hi;
}

double yg_binom_lower(uint64_t k, uint64_t n, double delta)
{
    return k == 0 || n == 0 ? 0.0 : 1.0 - yg_binom_upper(n < k ? 0 : n - k, n, delta);
}

uint64_t yg_umbrella_k(uint64_t n, double alpha, double delta)
{
    uint64_t lo = 0, hi = n; /* invariant: lo works (0: none), hi + 1 does not */

    while (lo < hi) {
        uint64_t mid = lo + (hi - lo + 1) / 2;
        if (yg_binom_cdf(mid - 1, n, alpha) <= delta)
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo;
}

uint64_t yg_umbrella_need(double alpha, double delta)
{
    uint64_t lo = 1, hi = UINT64_C(1) << 40;

    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        if (yg_binom_cdf(0, mid, alpha) <= delta)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

double yg_support_rate(uint64_t n, double delta)
{
    return n == 0 ? 1.0 : -expm1_neg(yg_ln(delta) / (double)n);
}

double yg_attempt_delta(double delta, uint32_t j)
{
    double dj = j == 0 ? 1.0 : (double)j;

    return 6.0 * delta / (PI * PI * dj * dj);
}

const double yg_ladder[YG_LADDER_COUNT] = { 0.05, 0.02, 0.01, 0.005, 0.001 };

int yg_ladder_index(double rate)
{
    for (int i = 0; i < YG_LADDER_COUNT; i++)
        if (rate == yg_ladder[i])
            return i;
    return -1;
}

void yg_ladder_more(uint64_t n, double delta, uint64_t more[YG_LADDER_COUNT])
{
    for (int i = 0; i < YG_LADDER_COUNT; i++) {
        uint64_t need = yg_umbrella_need(yg_ladder[i], delta);
        more[i] = need > n ? need - n : 0;
    }
}

uint64_t yg_for_need(double beta, double delta)
{
    return (uint64_t)ceil(1.5 * yg_ln(delta) / ln1p(-beta));
}
