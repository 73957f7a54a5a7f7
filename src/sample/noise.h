/* SPDX-License-Identifier: Apache-2.0 */
/*
 * noise - a day of what does not matter: habits, background, policy, failed attacks.
 *
 * Each kind of noise is a row of one table (noise_table.c); a tenant has its own mixture
 * of them, with its own rates, machines and hours. A row makes episodes of heavy-tailed
 * length until its share of the day is used up.
 */
#ifndef YG_SAMPLE_NOISE_H
#define YG_SAMPLE_NOISE_H

#include "event/event.h"
#include "sample/item.h"
#include "sample/world.h"

enum yg_sample_when {
    YG_WHEN_ALWAYS,
    YG_WHEN_OFFICE,  /* local business hours, hardly on weekends */
    YG_WHEN_MORNING, /* around opening */
    YG_WHEN_NIGHT,   /* a job at a fixed time after midnight, local */
    YG_WHEN_WEEKLY,  /* the evening of one weekday */
};

struct yg_sample_noise {
    const char *name;
    float weight;
    uint8_t when, src, dst, who, level, reason;
    uint16_t lo, hi;    /* alerts of an episode */
    uint16_t gap_s;     /* mean between them */
    uint8_t prevalence; /* % of tenants that have it */
    uint8_t since;      /* % of the period after which it appears */
    uint8_t sweep;      /* 1: another destination each time */
    uint8_t outcome;
    uint16_t shape[4]; /* up to the first YG_S_NONE */
};

extern const struct yg_sample_noise yg_sample_noise[];
extern const size_t yg_sample_noise_count;

struct yg_sample_day {
    const struct yg_sample_world *world;
    uint32_t day, days;
    int64_t start_ns, end_ns;
};

/* Add about `target` alerts of noise, and the ordinary traffic beside them. */
void yg_sample_noise_add(struct yg_sample_items *l, const struct yg_sample_day *day,
                         uint64_t target);

/* The relative amount of alerts of a tenant-day: weekends, busy days. */
double yg_sample_day_weight(const struct yg_sample_world *w, uint32_t day);

#endif
