/* SPDX-License-Identifier: Apache-2.0 */
/* guarantee_world - made-up judged alerts of which the true rates are known exactly. */
#ifndef YG_BENCH_GUARANTEE_WORLD_H
#define YG_BENCH_GUARANTEE_WORLD_H

#include "base/clock.h"
#include "base/rng.h"
#include "policy/judged.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY      (86400 * YG_NS_PER_S)
#define CUT      (100 * DAY)
#define HUGE_RUN 5000 /* alerts */
#define POINTS   200  /* of the grid of tau */

static inline void die(const char *what)
{
    fprintf(stderr, "bench_guarantee: %s\n", what);
    exit(2);
}

/* Clusters of `m` runs of one alert: protected as a whole with probability q (a threat,
 * L3 or L4 by turns of a coin) with risks below `attack`, the larger of two uniform ones,
 * else FP with risks uniform on [0, 1/2). So the FOR grows with tau. A run takes its
 * cluster's common risk with probability `copy`, so two of one cluster correlate with
 * copy^2. */
struct world {
    size_t clusters;
    unsigned m;
    double q, copy, attack;
    double distance; /* from training, on average: what the drift test sees besides */
    unsigned steps;  /* risks come in this many values; 0: all */
    bool huge;       /* the first threat and the first false alarm are huge runs */
};

struct sim {
    const struct world *w;
    struct yg_rng rng;
    struct yg_judged *a;
    size_t n, room;
    uint32_t grid[POINTS];
};

static inline uint32_t risk_of(const struct world *w, double u)
{
    if (w->steps > 0)
        u = (double)(unsigned)(u * w->steps) / w->steps;
    return (uint32_t)(u * 0x1p32);
}

static inline struct yg_judged *put(struct sim *s, uint64_t entity, unsigned level,
                                    double risk)
{
    if (s->n == s->room) {
        s->room = s->room ? 2 * s->room : 4096;
        s->a = realloc(s->a, s->room * sizeof(*s->a));
        if (!s->a)
            die("no memory");
    }
    s->a[s->n] = (struct yg_judged){ .run = s->n + 1,
                                     .entity = entity,
                                     .time_ns = CUT + (int64_t)s->n,
                                     .level = (uint8_t)level,
                                     .risk = risk_of(s->w, risk) };
    return &s->a[s->n++];
}

/* More alerts of the run of `first`, none of smaller risk. */
static inline void swell(struct sim *s, const struct yg_judged *first)
{
    struct yg_judged a = *first;

    for (int i = 1; i < HUGE_RUN; i++) {
        double rest = (double)(YG_RISK_MAX - a.risk) * yg_rng_unit(&s->rng);
        struct yg_judged *b = put(s, a.entity, a.level, 0);
        b->run = a.run;
        b->risk = a.risk + (uint32_t)rest;
    }
}

static inline double draw_risk(const struct world *w, bool hit, struct yg_rng *r)
{
    double u = yg_rng_unit(r), v = yg_rng_unit(r);

    return hit ? w->attack * (u > v ? u : v) : 0.5 * u;
}

static inline void draw_world(struct sim *s)
{
    const struct world *w = s->w;
    bool swollen[2] = { !w->huge, !w->huge };

    s->n = 0;
    for (size_t c = 0; c < w->clusters; c++) {
        bool hit = yg_rng_unit(&s->rng) < w->q;
        unsigned level = !hit                           ? YG_LEVEL_FP
                         : yg_rng_u64(&s->rng) % 2 == 0 ? YG_LEVEL_L3
                                                        : YG_LEVEL_L4;
        double common = draw_risk(w, hit, &s->rng);
        for (unsigned i = 0; i < w->m; i++) {
            double own = draw_risk(w, hit, &s->rng);
            bool copies = yg_rng_unit(&s->rng) < w->copy;
            struct yg_judged *a = put(s, c + 1, level, copies ? common : own);
            if (!swollen[hit]) {
                swell(s, a);
                swollen[hit] = true;
            }
        }
    }
}

/* P(a cluster closes something at t). */
static inline double closes(const struct world *w, double t, bool hit)
{
    double at = hit ? t / w->attack * (t / w->attack) : 2 * t, stay = at < 1 ? 1 - at : 0,
           sum = 0, choose = 1;

    for (unsigned k = 0; k <= w->m; k++) { /* k runs copy the common risk */
        double p = choose;
        for (unsigned i = 0; i < w->m; i++)
            p *= i < k ? w->copy : 1 - w->copy;
        for (unsigned i = 0; i < w->m - k + (k > 0); i++)
            p *= stay;
        sum += p;
        choose = choose * (w->m - k) / (k + 1);
    }
    return 1 - sum;
}

/* tau as a share of the range of risks; with few values, the next of them. */
static inline double place_of(const struct world *w, uint32_t tau)
{
    double t = tau * 0x1p-32;

    if (w->steps > 0) {
        unsigned up = (unsigned)(t * w->steps);
        t = (up < t * w->steps ? up + 1.0 : up) / w->steps;
    }
    return t;
}

static inline double true_fnr(const struct world *w, uint32_t tau)
{
    return closes(w, place_of(w, tau), true);
}

static inline double true_for(const struct world *w, uint32_t tau)
{
    double t = place_of(w, tau), hit = w->q * closes(w, t, true),
           other = (1 - w->q) * closes(w, t, false);

    return hit + other > 0 ? hit / (hit + other) : 0;
}

#endif
