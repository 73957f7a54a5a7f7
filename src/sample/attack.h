/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attack - break-ins that succeed (or whose outcome nobody knows), across devices.
 *
 * A family is a table of steps; each threat draws its own victims, tools, order, pace
 * and how much of it is seen. Signatures are those of the noise. A threat is expanded
 * anew for every day it may touch, from its seed alone, so that days can be streamed.
 */
#ifndef YG_SAMPLE_ATTACK_H
#define YG_SAMPLE_ATTACK_H

#include "sample/item.h"
#include "sample/noise.h"
#include "sample/world.h"

#define YG_SAMPLE_THREAT_DAYS 3 /* no threat lasts longer */

struct yg_sample_threat {
    int64_t start_ns;
    uint64_t seed;
    uint16_t family;
    bool quiet;     /* few alerts, slowly */
    bool undecided; /* its success cannot be seen: L3 */
    bool late;      /* in the second half of the period */
    /* what was written of it so far */
    uint32_t alerts;
    uint8_t devices, level; /* bits 1 IDS, 2 host, 4 firewall; highest */
    int64_t first_ns, last_ns;
};

/* Draw the `n` threats of a tenant over the period, in order of their start. */
void yg_sample_threats_plan(struct yg_sample_threat *t, uint32_t n,
                            const struct yg_sample_world *w, int64_t start_ns,
                            uint32_t days);

/* Add what threat number `number` (from 1) does on this day. */
void yg_sample_attack_add(struct yg_sample_items *l, const struct yg_sample_day *day,
                          const struct yg_sample_threat *t, uint32_t number);

const char *yg_sample_family_name(unsigned family);

/* One step of a family, attack_table.c. */
struct yg_sample_step {
    uint16_t shape; /* or YG_S_POOL + pool */
    uint8_t src, dst, who, level;
    uint8_t chance;    /* %; 100: the core, always seen */
    uint8_t lo, hi;    /* alerts */
    uint16_t wait_min; /* mean minutes after the step before */
    uint16_t gap_s;    /* mean seconds between its alerts */
    uint8_t outcome;
};

#define YG_SAMPLE_STEPS_MAX 12
struct yg_sample_family {
    const char *name;
    uint8_t victim, second; /* roles */
    struct yg_sample_step step[YG_SAMPLE_STEPS_MAX];
};

/* Shapes that serve the same end, the most used first, up to YG_S_NONE. From `fresh` on
 * they exist in the second half only. */
struct yg_sample_pool {
    uint16_t shape[12];
    uint8_t fresh;
};

enum yg_sample_pools {
    YG_POOL_ENTRY,
    YG_POOL_LURE,
    YG_POOL_BEACON,
    YG_POOL_STEAL,
    YG_POOL_OUT,
    YG_POOL_STAY_UNIX,
    YG_POOL_STAY_WIN,
    YG_POOL_MOVE,
    YG_POOL_COUNT
};

extern const struct yg_sample_family yg_sample_family[];
extern const unsigned yg_sample_family_count;
extern const struct yg_sample_pool yg_sample_pool[YG_POOL_COUNT];

#endif
