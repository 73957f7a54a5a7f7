/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rng - the random source, passed as a parameter so that every run can be replayed.
 *
 * xoshiro256** (Blackman & Vigna 2018), seeded through SplitMix64. Not for secrets:
 * keys and coins that must not be guessed come from libsodium.
 */
#ifndef YG_BASE_RNG_H
#define YG_BASE_RNG_H

#include <stdint.h>

struct yg_rng {
    uint64_t s[4]; /* private */
};

void yg_rng_init(struct yg_rng *r, uint64_t seed);
uint64_t yg_rng_u64(struct yg_rng *r);

/* Uniform in [0, n), n > 0, without bias. */
uint64_t yg_rng_below(struct yg_rng *r, uint64_t n);

/* Uniform in [0, 1) with 53 bits. */
double yg_rng_unit(struct yg_rng *r);

/* A source of its own for part `stream` of the work: independent of how much was drawn
 * from `r`, so that parts can be made in any order. */
struct yg_rng yg_rng_fork(const struct yg_rng *r, uint64_t stream);

#endif
