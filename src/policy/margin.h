/* SPDX-License-Identifier: Apache-2.0 */
/*
 * margin - how far below the smallest threat risk seen should an untested tau stand?
 *
 * Cross-fitted risks say how low the threats of the training tenants fell under models
 * that had not seen them. The smallest of these is where the first threat would be lost,
 * and an unseen tenant may fall lower: with n tenants its minimum is the new smallest in
 * one case of n + 1. So tau0 is lowered by the spread of the minima over tenants, which
 * are all that is known of how tenants differ. Only training tenants enter; no tuning on
 * what is tested. Pure functions.
 */
#ifndef YG_POLICY_MARGIN_H
#define YG_POLICY_MARGIN_H

#include <stddef.h>

#define YG_MARGIN_LEAST 1.0 /* log-odds: minima that happen to agree prove little */
#define YG_MARGIN_MOST  4.0 /* one odd tenant may not stop all closing */

/* The margin in log-odds for the smallest threat log-odds of each tenant that has a
 * threat the gates do not hold: their sample standard deviation, within the limits;
 * YG_MARGIN_MOST for fewer than two tenants. */
double yg_margin_of(const double *smallest, size_t tenants);

#endif
