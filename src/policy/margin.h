/* SPDX-License-Identifier: Apache-2.0 */
/*
 * margin - where may an untested tau stand?
 *
 * Cross-fitted risks say, for each training tenant under models that had not seen it, how
 * low its threats fell and where its false positives lie. All in log-odds:
 *
 *          false positives                free room              threats
 *      ::::::::::::::::::.:. .  |         |              | . .  :. : ::
 *                               b        tau           tau0
 *
 * tau0 is the smallest threat risk of any tenant, b the highest, over tenants, of the
 * risks below which 95 % of a tenant's false positives close. An unseen tenant's threats
 * may fall lower than tau0, so tau stands nearer the false positives: a third of the way
 * from b to tau0, and at least 1 below tau0. Where b is not below that, or the gates
 * alone hold more than 5 % of some tenant's false positives, tau = tau0 - 1: closing is
 * poor then, and should be.
 *
 * Why not the spread of the tenants' minima: with a handful of tenants it depends on one
 * alert (0 to 14 log-odds measured). The third was chosen on public data, where half of
 * the way lost a threat once: an estimate, never a certificate. Only training tenants
 * enter. Pure functions.
 */
#ifndef YG_POLICY_MARGIN_H
#define YG_POLICY_MARGIN_H

#define YG_MARGIN_LEAST 1.0  /* log-odds below tau0 */
#define YG_MARGIN_SHARE 3.0  /* one part of so many from b to tau0 */
#define YG_MARGIN_BULK  0.95 /* share of a tenant's false positives that b closes */

/* tau in log-odds; `b` may be infinite: no such point. */
double yg_margin_tau(double tau0, double b);

#endif
