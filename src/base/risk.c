/* SPDX-License-Identifier: Apache-2.0 */
#include "base/risk.h"

#include "base/fmath.h"

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

double yg_risk_prob(uint32_t risk)
{
    return 1.0 / (1.0 + yg_exp(-yg_risk_logit(risk)));
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
