/* SPDX-License-Identifier: Apache-2.0 */
/*
 * betting - bounds that hold at all times at once, made by betting.
 *
 * A gambler who bets against "the rate is at least b" on audited runs can rarely grow
 * rich while it is true; how rich he is says how false it is. Each observation is
 * (weight, missed): weight in [0, YG_BET_WEIGHT], 1/pi by the coin's rate for that run,
 * or a part of it where the run is one of several that speak for a cluster; missed = the
 * run was found protected. The rate meant solves E[w (missed - b)] = 0.
 *
 *   yg_cs         a confidence sequence for the rate: Waudby-Smith and Ramdas,
 *                 "Estimating means of bounded random variables by betting", JRSS-B
 *                 86(1), 2024. Each bound holds at every time together with 1 - delta.
 *   yg_edetector  "the conditional rate is at most beta at every time": Shiryaev-Roberts
 *                 sum of betting factors; Shin, Ramdas, Rinaldo, "E-detectors", 2024. It
 *                 does not go blind after good months; false alarms at most once in
 *                 `patience` observations, on average.
 *   yg_ratetest   one hypothesis with a stopping wealth, for weighted certificates:
 *                 E[(1 - b) w 1{lost} - b w 1{kept}] >= 0 against less (GUARANTEE.md,
 *                 section 2), over sums of clusters.
 *
 * All three split the stake over a few gamblers of fixed boldness and look at their
 * common purse: no tuning on what was seen, hence nothing that could peek.
 *
 * A stake must not exceed what the heaviest observation could lose, so `weight` (`most`)
 * decides how much an observation says: 10 times too large a limit needs 10 times as many
 * of them. It may therefore be set anew before each observation, to what is known before
 * its run is drawn: 1 / (smallest rate then in force), for one stratum of the coin the
 * weight itself. Never to what is known after.
 *
 * Plain data, fixed size, no allocation; about 2 us an observation for a cs, 20 ns for
 * the others. The same observations give the same bits (base/fmath.h, no libm). One
 * thread at a time.
 */
#ifndef YG_POLICY_BETTING_H
#define YG_POLICY_BETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YG_BET_WEIGHT 200.0 /* the largest weight: pi is never under 0.5 % */

/* ---- confidence sequence ------------------------------------------------------- */

#define YG_CS_POINTS 256 /* candidate rates: 2e-5 to 0.91, each 5 % above the last */
#define YG_CS_BETS   6

struct yg_cs {
    double delta;  /* for each of the two bounds */
    double weight; /* the next observation weighs no more; see above */
    uint64_t n, missed;
    double sum_w, sum_wm; /* weighted count, weighted missed */
    /* private */
    double point[YG_CS_POINTS], odds[YG_CS_POINTS]; /* b and b / (1 - b) */
    double most_win[YG_CS_POINTS]; /* the largest stake on a miss, in what it wins */
    double high[YG_CS_BETS][YG_CS_POINTS]; /* purses against "rate >= point" */
    double low[YG_CS_BETS][YG_CS_POINTS];  /* purses against "rate <= point" */
    uint16_t upper;                        /* this point and all above are refuted */
    uint16_t lower;                        /* all points before this one are refuted */
};

/* 0 < delta < 1; 1 <= weight <= YG_BET_WEIGHT. About 10 us. */
void yg_cs_init(struct yg_cs *c, double delta, double weight);
/* A weight outside [0, c->weight] is clamped (never happens to ours). */
void yg_cs_add(struct yg_cs *c, double weight, bool missed);
/* Both bounds only ever tighten. Should they cross, the rate did not stay the same. */
double yg_cs_upper(const struct yg_cs *c); /* 1 before anything is known */
double yg_cs_lower(const struct yg_cs *c); /* 0 */
double yg_cs_mean(const struct yg_cs *c);  /* sum_wm / sum_w; 0 for none */

/* ---- e-detector ---------------------------------------------------------------- */

#define YG_EDETECTOR_BETS 8 /* stakes tried side by side, mixed evenly */

struct yg_edetector {
    double beta;
    double weight; /* the next observation weighs no more; see above */
    double patience;
    uint64_t n;
    double sum[YG_EDETECTOR_BETS]; /* private: one Shiryaev-Roberts sum a stake */
    bool alarm;                    /* sticky until _init */
};

/* 0 < beta < 1. `patience`: observations between false alarms, at least; 10000
 * (GUARANTEE.md). */
void yg_edetector_init(struct yg_edetector *e, double beta, double weight,
                       double patience);
/* True from the observation on that raises the alarm. */
bool yg_edetector_add(struct yg_edetector *e, double weight, bool missed);
double yg_edetector_value(const struct yg_edetector *e); /* alarm at >= patience */

/* ---- one weighted rate, tested once -------------------------------------------- */

#define YG_RATETEST_BETS 6

/* Is the share of lost units at most `rate`? Null: it is more. Each cluster brings the
 * summed weights of its lost and kept units; `most` bounds the sum of the next cluster
 * and is known beforehand (a cluster above it is scaled down to it, which then is what
 * the share speaks of). Wealth starts at 1; the null is rejected as soon as it is
 * >= 1/delta, at any time. Clusters come in an order that does not look at `lost`. */
struct yg_ratetest {
    double rate, delta, most;
    uint64_t clusters;
    double lost, kept;       /* summed weights */
    double log_wealth, best; /* best: the largest so far */
    /* private */
    double purse[YG_RATETEST_BETS]; /* in units of e^scale */
    double scale;
};

void yg_ratetest_init(struct yg_ratetest *t, double rate, double delta, double most);
void yg_ratetest_add(struct yg_ratetest *t, double lost, double kept);
bool yg_ratetest_passed(const struct yg_ratetest *t);
double yg_ratetest_p(const struct yg_ratetest *t); /* min(1, 1 / best wealth) */

#endif
