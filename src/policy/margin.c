/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/margin.h"

#include <math.h>

double yg_margin_of(const double *smallest, size_t tenants)
{
    double mean = 0.0, squares = 0.0;

    if (tenants < 2)
        return YG_MARGIN_MOST;
    for (size_t i = 0; i < tenants; i++)
        mean += smallest[i] / (double)tenants;
    for (size_t i = 0; i < tenants; i++)
        squares += (smallest[i] - mean) * (smallest[i] - mean);
    return fmin(fmax(sqrt(squares / (double)(tenants - 1)), YG_MARGIN_LEAST),
                YG_MARGIN_MOST);
}
