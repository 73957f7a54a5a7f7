/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forwalk - how far may tau rise before closed runs hide too many attacks?
 *
 * The false-omission rate (FOR) is the chance that a random closed run of a random
 * cluster is protected. A grid of tau, fixed before any calibration verdict is read, is
 * walked upwards; at each point a coin picks one closed run of each cluster that closes
 * something, and the walk goes on while P(Binomial(draws, beta) <= missed) <= delta:
 * fixed-sequence testing (Angelopoulos, Bates, Candes, Jordan, Lei, "Learn then Test"),
 * so all points passed hold together at the price of one.
 *
 * The coin is a priority per run, drawn from (seed, run): the closed run of the smallest
 * priority is a uniform draw at every tau, and the draw moves no more than it must.
 * Cost: a sort of the runs, then clusters x points. Pure functions.
 */
#ifndef YG_POLICY_FORWALK_H
#define YG_POLICY_FORWALK_H

#include "policy/outcome.h"

#define YG_GRID_MAX 512

/* Fill `grid` (YG_GRID_MAX places) with ascending, distinct quantiles of the `n` risks,
 * which are sorted in place: every 1/256, and ever finer towards the top, where the
 * thresholds lie. These must be close_risks of *training* runs. Returns the count. */
size_t yg_grid_of(uint32_t *risk, size_t n, uint32_t grid[YG_GRID_MAX]);

struct yg_for_point {
    uint32_t tau;
    uint64_t clusters; /* that close something: draws */
    uint64_t missed;   /* draws that were protected */
    double p;          /* P(Binomial(clusters, beta) <= missed); 1: not tested */
    bool holds;        /* tested and passed */
};

struct yg_for_walk {
    uint64_t need; /* clusters from which testing starts */
    double have;   /* the most there are at a point; by the coin, weighted */
    size_t points; /* of the grid */
    size_t first;  /* grid point the walk starts at; == points: nowhere */
    size_t passed; /* points passed; of one walk these follow each other from `first` */
    size_t failed; /* the lowest point tested and not passed; == points: none */
    struct yg_for_point at[YG_GRID_MAX]; /* what was not tested has p 1 */
};

struct yg_for_ask {
    double beta, delta;
    uint64_t seed;
    const uint32_t *grid; /* strictly ascending */
    size_t points;
};

/* Walk. YG_ENOMEM; YG_EINVAL: more points than YG_GRID_MAX. */
enum yg_status yg_for_walk(const struct yg_outcomes *runs, const struct yg_for_ask *ask,
                           struct yg_for_walk *out) YG_MUST_USE;

#endif
