/* SPDX-License-Identifier: Apache-2.0 */
/*
 * count - how often, how lately and how regularly did something happen?
 *
 * Each window w keeps sum exp(-age / w), exact up to the rounding of floats (relative
 * error below 1e-4 over 1e5 events). Of a steady rate that is rate * w. Time is seconds
 * as a double on a grid of 2^-19 s, so that differences are exact and a stream moved by
 * whole seconds counts the same to the last bit. An event older than the latest counts
 * fully and moves nothing back; a latest more than 30 days ahead of an event is not
 * believed and is set to the event's time, so that one hostile time does not stop decay
 * for ever. About 15 ns. Plain data, one thread at a time.
 */
#ifndef YG_CONTEXT_COUNT_H
#define YG_CONTEXT_COUNT_H

#include <stdint.h>

enum yg_window { YG_W_10M, YG_W_1H, YG_W_24H, YG_W_COUNT };

struct yg_count {
    uint64_t key;
    double first, last;   /* s since 1970; meaningful if n > 0 */
    float in[YG_W_COUNT]; /* decayed counts as of `last` */
    float gap, var;       /* smoothed time between events, and its variance: weight 0.1 */
    uint32_t n;           /* ever; stays at its maximum */
    uint32_t distinct;    /* the owner's: different other ends */
    uint32_t pad[3];
};
_Static_assert(sizeof(struct yg_count) == 64, "one cache line");

/* Seconds of a time, for all functions here: a multiple of 2^-19, exact. */
static inline double yg_count_time(int64_t ns)
{
    const int64_t second = 1000000000;

    return (double)(ns / second) + (double)(ns % second * (1 << 19) / second) * 0x1p-19;
}

/* Bring the windows to time `t`; then they may be read. */
void yg_count_decay(struct yg_count *c, double t);

/* Count an event at `t`, after yg_count_decay(c, t). */
void yg_count_add(struct yg_count *c, double t);

/* exp(-age / w) for the three windows; 1 for ages below 0. */
struct yg_decay {
    double f[YG_W_COUNT];
};
struct yg_decay yg_decay_of(double age);

/* A latest time this far ahead of an event is not believed. */
#define YG_TIME_AHEAD (30.0 * 86400)

#endif
