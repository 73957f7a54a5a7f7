/* SPDX-License-Identifier: Apache-2.0 */
/*
 * betting - bounds that hold at all times at once, made by betting.
 *
 * A gambler who bets against "the rate is at least b" on audited runs can rarely grow
 * rich while it is true; how rich he is says how false it is. Each observation is
 * (weight, missed): weight = 1/pi in [1, YG_BET_WEIGHT], pi the coin's rate for that run;
 * missed = the run was found protected. The rate meant solves E[w (missed - b)] = 0.
 *
 *   yg_cs         a confidence sequence for the rate: Waudby-Smith and Ramdas,
 *                 "Estimating means of bounded random variables by betting", JRSS-B
 * 86(1), 2024. Its bounds hold at every time together with 1 - delta. yg_edetector  "the
 * conditional rate is at most beta at every time": Shiryaev-Roberts sum of betting
 * factors; Shin, Ramdas, Rinaldo, "E-detectors", 2024. It does not go blind after good
 * months; false alarms at most once in `patience` observations, on average. yg_ratetest
 * one hypothesis with a stopping wealth, for weighted certificates: E[(1 - b) w 1{lost} -
 * b w 1{kept}] >= 0 against less (GUARANTEE.md, section 2), over sums of clusters.
 *
 * Plain data, fixed size, no allocation; about 1 us an observation for a cs. The same
 * observations give the same bits (base/fmath.h, no libm). One thread at a time.
 */
#ifndef YG_POLICY_BETTING_H
#define YG_POLICY_BETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YG_BET_WEIGHT 200.0 /* the largest weight: pi is never under 0.5 % */

/* ---- confidence sequence ----------------------------------------------------------- */

#define YG_CS_POINTS 256 /* candidate rates, ever finer towards 0 */

struct yg_cs {
    double delta;  /* for each of the two bounds */
    double weight; /* no observation weighs more; fixed before the first */
    uint64_t n, missed;
    double sum_w, sum_wm; /* weighted count, weighted missed */
    /* private */
    double mean, var;              /* predictable plug-in */
    double log_high[YG_CS_POINTS]; /* wealth against "rate >= point" */
    double log_low[YG_CS_POINTS];  /* wealth against "rate <= point" */
    uint16_t upper, lower;         /* running intersection: index of the bound */
};

/* 0 < delta < 1; 1 <= weight <= YG_BET_WEIGHT. */
void yg_cs_init(struct yg_cs *c, double delta, double weight);
/* A weight outside [1, c->weight] is clamped (never happens to ours). */
void yg_cs_add(struct yg_cs *c, double weight, bool missed);
double yg_cs_upper(const struct yg_cs *c); /* 1 before anything is known */
double yg_cs_lower(const struct yg_cs *c); /* 0 */
double yg_cs_mean(const struct yg_cs *c);  /* sum_wm / sum_w; 0 for none */

/* ---- e-detector ----------------------------------------------------------------------
 */

#define YG_EDETECTOR_BETS 8 /* stakes tried side by side, mixed evenly */

struct yg_edetector {
    double beta, weight, patience;
    uint64_t n;
    double sum[YG_EDETECTOR_BETS]; /* private: one Shiryaev-Roberts sum a stake */
    bool alarm;                    /* sticky until _init */
};

/* `patience`: observations between false alarms, at least; 10000 (GUARANTEE.md). */
void yg_edetector_init(struct yg_edetector *e, double beta, double weight,
                       double patience);
/* True from the observation on that raises the alarm. */
bool yg_edetector_add(struct yg_edetector *e, double weight, bool missed);
double yg_edetector_value(const struct yg_edetector *e); /* alarm at >= patience */

/* ---- one weighted rate, tested once ---------------------------------------------------
 */

/* Is the share of lost units at most `rate`? Null: it is more. Each cluster brings the
 * summed weights of its lost and kept units; `most` bounds the sum of one cluster and is
 * known beforehand (a cluster above it is scaled down to it). Wealth starts at 1; the
 * null is rejected as soon as it is >= 1/delta, at any time. */
struct yg_ratetest {
    double rate, delta, most;
    uint64_t clusters;
    double lost, kept;       /* summed weights */
    double log_wealth, best; /* best: the largest so far */
    /* private */
    double mean, var;
};

void yg_ratetest_init(struct yg_ratetest *t, double rate, double delta, double most);
void yg_ratetest_add(struct yg_ratetest *t, double lost, double kept);
bool yg_ratetest_passed(const struct yg_ratetest *t);
double yg_ratetest_p(const struct yg_ratetest *t); /* min(1, 1 / best wealth) */

#endif
