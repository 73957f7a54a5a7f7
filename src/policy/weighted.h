/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weighted - the two tests of a certificate where the audit coin chose what was judged.
 *
 * Once a policy closes alerts, people see what it left open (weight 1) and the runs the
 * coin drew among those it would close (weight 1/pi); of the rest nothing is known. With
 * these weights sums are right on average, so both rates can still be tested, by betting
 * over clusters (policy/betting.h) at each point of the same grid, upwards, until one
 * fails: fixed-sequence testing.
 *
 *   FNR of a level   a threat counts once if people found any protected alert of it open.
 *                    It is lost if one of those would be closed at tau (1), else for
 *                    1/pi with each drawn run in which one would be. The sum of
 *                    lost - alpha found is above 0 on average where more than alpha of
 *                    the threats are lost: threats of which nothing was found open lower
 *                    the count only on the side of caution.
 *   FOR              in each cluster, of the m runs closed at tau (a count that needs no
 *                    verdict) each one with a known verdict counts for its weight / m.
 *
 * A run that was open in its day, was not judged and would be closed at tau counts as
 * lost and missed, at every level: nobody knows. So do, with the run's weight, the alerts
 * of an open or drawn run that nobody judged while others of it were: who judges the
 * first and leaves the rest must not make them harmless. A draw that was void counts as
 * none.
 *
 * The walk for FOR starts where what people judged suffices: a count of verdicts that
 * does not look at what they say, so a walk that starts nowhere has tested nothing. Where
 * there is 4 or 16 times as much another walk starts, and they split the error
 * probability: the lowest start has least to bet on, and a miss or two there would stop
 * all.
 *
 * Cost: (runs + protected rows) x points. Same input, same bits.
 */
#ifndef YG_POLICY_WEIGHTED_H
#define YG_POLICY_WEIGHTED_H

#include "policy/forwalk.h"
#include "policy/outcome.h"
#include "policy/threat.h"

struct yg_weighted_ask {
    const struct yg_outcomes *runs; /* yg_outcomes_all of the period; borrowed */
    const struct yg_judged *a;      /* rows, NONE where they do not calibrate */
    size_t n;
    const struct yg_threats *threats; /* `of` fits `a` */
    const uint32_t *grid;             /* strictly ascending */
    size_t points;                    /* at most YG_GRID_MAX */
    double share;                     /* error probability of each test */
};

struct yg_weighted;
enum yg_status yg_weighted_new(const struct yg_weighted_ask *ask,
                               struct yg_weighted **out) YG_MUST_USE;
void yg_weighted_free(struct yg_weighted *w);

/* The smallest risk of the run's alerts of which nobody knows although they were open in
 * their day: below tau it counts as lost and missed. YG_RISK_MAX: there are none. */
uint32_t yg_weighted_unknown(const struct yg_run_outcome *o);

/* The largest weight of a run that would close at tau, at least 1: all that a bet at this
 * point can lose for one run. YG_RISK_MAX: of all. */
double yg_weighted_most(const struct yg_weighted *w, uint32_t tau);

struct yg_weighted_point {
    uint32_t tau;
    double lost;  /* weighted: threats, or shares of runs */
    double known; /* weighted: threats found open, or shares of runs */
    double p;
};

/* How far up the grid FNR <= alpha holds for this level; tau 0: not even at its start. */
struct yg_weighted_point yg_weighted_level(const struct yg_weighted *w, unsigned level,
                                           double alpha);
/* And at one tau. */
struct yg_weighted_point yg_weighted_level_at(const struct yg_weighted *w, unsigned level,
                                              double alpha, uint32_t tau);

/* The walk for FOR <= beta; at[].clusters is the number of clusters with a known verdict,
 * at[].missed those of them with a missed run. */
void yg_weighted_for(const struct yg_weighted *w, double beta, struct yg_for_walk *out);
struct yg_weighted_point yg_weighted_for_at(const struct yg_weighted *w, double beta,
                                            uint32_t tau);

/* Threats found open that it takes to certify `alpha`, if none is lost. */
uint64_t yg_weighted_need(double alpha, double share, double most);

#endif
