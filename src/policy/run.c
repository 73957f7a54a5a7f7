/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/run.h"

#include <stdlib.h>
#include <string.h>

#define WAYS 8

struct slot {
    uint64_t key; /* 0: empty */
    uint64_t number;
    uint64_t touched; /* alerts seen when it was last added to */
    int64_t first_ns, last_ns;
    unsigned char id[YG_ID_SIZE];
};

struct yg_runs {
    struct slot *slot;
    size_t sets; /* a power of two */
    struct yg_runs_stats stats;
};

struct yg_runs *yg_runs_new(size_t cap)
{
    struct yg_runs *r = calloc(1, sizeof(*r));
    size_t sets = 1;

    while (sets * WAYS < cap && sets < SIZE_MAX / WAYS / sizeof(struct slot) / 2)
        sets *= 2;
    if (!r)
        return NULL;
    r->sets = sets;
    r->slot = calloc(sets * WAYS, sizeof(*r->slot));
    if (!r->slot) {
        free(r);
        return NULL;
    }
    return r;
}

void yg_runs_free(struct yg_runs *r)
{
    if (!r)
        return;
    free(r->slot);
    free(r);
}

/* b - a for a <= b: hostile times may lie further apart than an int64 holds. */
static uint64_t apart(int64_t a, int64_t b)
{
    return (uint64_t)b - (uint64_t)a;
}

#define NO_REACH UINT64_MAX

/* How far outside the run `t` lies, 0 inside it; NO_REACH: it cannot join. */
static uint64_t distance(const struct slot *s, int64_t t)
{
    uint64_t gap = 0, span = 0;

    if (t > s->last_ns) {
        gap = apart(s->last_ns, t);
        span = apart(s->first_ns, t);
    } else if (t < s->first_ns) {
        gap = apart(t, s->first_ns);
        span = apart(t, s->last_ns);
    }
    return gap < YG_RUN_GAP_NS && span < YG_RUN_SPAN_NS ? gap : NO_REACH;
}

/* Could the next alert in time order still join? */
static bool alive(const struct slot *s, int64_t now)
{
    return now < s->last_ns || apart(s->last_ns, now) < YG_RUN_GAP_NS;
}

struct yg_run yg_runs_add(struct yg_runs *r, uint64_t entity, uint64_t signature,
                          int64_t time_ns, const unsigned char id[YG_ID_SIZE])
{
    uint64_t key = yg_hash_pair(entity, signature);
    struct slot *set = r->slot + (key >> 20 & (r->sets - 1)) * WAYS;
    struct slot *own = NULL, *oldest = set;
    uint64_t nearest = NO_REACH;

    r->stats.alerts++;
    for (struct slot *s = set; s < set + WAYS; s++) {
        if (s->touched < oldest->touched)
            oldest = s;
        uint64_t d = s->key == key ? distance(s, time_ns) : NO_REACH;
        if (d < nearest || (d == nearest && own && s->touched > own->touched)) {
            nearest = d;
            own = s;
        }
    }
    struct yg_run run = { .fresh = !own };
    if (!own) {
        own = oldest;
        r->stats.evicted += own->key != 0 && alive(own, time_ns);
        *own = (struct slot){
            .key = key, .number = r->stats.runs++, .first_ns = time_ns, .last_ns = time_ns
        };
        memcpy(own->id, id, YG_ID_SIZE);
    }
    own->touched = r->stats.alerts;
    if (time_ns < own->first_ns)
        own->first_ns = time_ns;
    if (time_ns > own->last_ns)
        own->last_ns = time_ns;
    run.number = own->number;
    run.first_ns = own->first_ns;
    run.last_ns = own->last_ns;
    memcpy(run.id, own->id, YG_ID_SIZE);
    return run;
}

struct yg_runs_stats yg_runs_stats(const struct yg_runs *r)
{
    return r->stats;
}
