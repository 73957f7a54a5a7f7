/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats - the few pieces of statistics that a certificate stands on.
 *
 * Binomial tails are computed by Loader's saddle-point form of the probability ("Fast and
 * accurate computation of binomial probabilities", 2000) and a sum outwards from it: no
 * differences of large logarithms, relative error below 1e-11 for n up to 1e7 (checked
 * against exact sums in the tests). No libm function whose last bit differs between
 * machines is used (base/fmath.h), so a certificate can be computed again bit for bit.
 * Pure functions.
 */
#ifndef YG_POLICY_STATS_H
#define YG_POLICY_STATS_H

#include <stdint.h>

/* P(Binomial(n, p) <= k). About sqrt(n p) steps. p outside [0, 1] is clamped. */
double yg_binom_cdf(uint64_t k, uint64_t n, double p);

/* Clopper-Pearson: the smallest rate p with P(Binomial(n, p) <= k) <= delta; 1 when
 * k >= n (n = 0 too). And the lower limit, 0 when k = 0. One-sided each. */
double yg_binom_upper(uint64_t k, uint64_t n, double delta);
double yg_binom_lower(uint64_t k, uint64_t n, double delta);

/* The umbrella algorithm (Tong, Feng, Li, Science Advances 4(2), 2018): closing strictly
 * below the k-th smallest of n threat risks keeps P(FNR > alpha) =
 * P(Binomial(n, alpha) <= k - 1); the largest k with that <= delta, 0 if there is none
 * yet. And the n from which k = 1 is allowed. */
uint64_t yg_umbrella_k(uint64_t n, double alpha, double delta);
uint64_t yg_umbrella_need(double alpha, double delta);

/* The rate that n threats support at k = 1: 1 - delta^(1/n); 1 for n = 0. */
double yg_support_rate(uint64_t n, double delta);

/* The part of delta that the j-th attempt of a tenant may spend, j = 1, 2, ...:
 * 6 delta / (pi^2 j^2), which sums to delta over all attempts for all time. */
double yg_attempt_delta(double delta, uint32_t j);

/* The rates that may be asked for, fixed beforehand so that nobody shops for one. */
#define YG_LADDER_COUNT 5
extern const double yg_ladder[YG_LADDER_COUNT]; /* 5, 2, 1, 0.5, 0.1 % */

/* Index of `rate` on the ladder, or -1. */
int yg_ladder_index(double rate);

/* What would it take: how many more threats than `n` each rate of the ladder needs. */
void yg_ladder_more(uint64_t n, double delta, uint64_t more[YG_LADDER_COUNT]);

/* Clusters that must close something before the FOR walk starts:
 * 1.5 ln(delta) / ln(1 - beta), room for a miss or two beyond the bare minimum. */
uint64_t yg_for_need(double beta, double delta);

#endif
