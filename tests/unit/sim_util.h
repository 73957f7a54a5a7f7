/* SPDX-License-Identifier: Apache-2.0 */
/* Simulations with a stated false-alarm rate: draws, and "not more often than". */
#ifndef YG_TESTS_SIM_UTIL_H
#define YG_TESTS_SIM_UTIL_H

#include "base/rng.h"
#include "policy/stats.h"

/* One in a hundred honest runs of a whole test program may fail, whatever its number of
 * comparisons `of`; seeds are fixed, so that it either always does or never. */
static inline bool too_often(uint64_t over, uint64_t replicates, double share,
                             uint64_t of)
{
    double p = over ? 1 - yg_binom_cdf(over - 1, replicates, share) : 1;

    return p < 0.01 / (double)of;
}

static inline void not_too_often(const char *what, uint64_t over, uint64_t replicates,
                                 double share, uint64_t of)
{
    print_message("# %s: %llu of %llu, allowed %.4f\n", what, (unsigned long long)over,
                  (unsigned long long)replicates, share);
    if (too_often(over, replicates, share, of))
        fail_msg("%s: too often", what);
}

/* Nearly normal, exact on every machine: twelve uniforms. */
static inline double draw_normal(struct yg_rng *r)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += yg_rng_unit(r);
    return sum;
}

#endif
