/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/margin.h"

double yg_margin_tau(double tau0, double b)
{
    double most = tau0 - YG_MARGIN_LEAST;
    double tau = b + (tau0 - b) / YG_MARGIN_SHARE;

    return b < tau0 && tau < most ? tau : most;
}
