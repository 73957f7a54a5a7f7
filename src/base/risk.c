/* SPDX-License-Identifier: Apache-2.0 */
#include "base/risk.h"

#include <string.h>

uint32_t yg_risk_of_logit(double logit)
{
    if (!(logit < 32.0)) /* NaN too */
        return YG_RISK_MAX;
    if (logit < -32.0)
        return 0;
    return (uint32_t)((logit + 32.0) * YG_RISK_PER_LOGIT);
}

double yg_risk_logit(uint32_t risk)
{
    return (double)risk / YG_RISK_PER_LOGIT - 32.0;
}

/* e^x for |x| <= 32: x = k ln 2 + r, |r| <= 0.35, Taylor to r^13/13! (rest < 2^-56).
 * ln 2 is split so that k times its high part is exact (Cody & Waite). */
static double exp_small(double x)
{
    const double ln2_hi = 0x1.62e42fee00000p-1, ln2_lo = 0x1.a39ef35793c76p-33;
    int64_t k = (int64_t)(x * 0x1.71547652b82fep0 + (x < 0 ? -0.5 : 0.5));
    double r = (x - (double)k * ln2_hi) - (double)k * ln2_lo, sum = 1.0, scale;

    for (int i = 13; i >= 1; i--)
        sum = 1.0 + sum * r / (double)i;
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    memcpy(&scale, &bits, sizeof(scale));
    return sum * scale;
}

double yg_risk_prob(uint32_t risk)
{
    return 1.0 / (1.0 + exp_small(-yg_risk_logit(risk)));
}

uint32_t yg_risk_of_prob(double p)
{
    uint32_t lo = 0, hi = YG_RISK_MAX; /* invariant: the answer is in [lo, hi] */

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (yg_risk_prob(mid) >= p)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}
