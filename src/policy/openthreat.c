/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/openthreat.h"

#include "base/hash.h"
#include "base/map.h"

#include <stdlib.h>

#define MS_NS  1000000
#define DAY_MS 86400000U
_Static_assert(YG_OPENTHREAT_NS == (int64_t)DAY_MS * MS_NS, "a day is looked up whole");

struct yg_openthreats {
    /* (address, day) -> earliest << 32 | latest, ms of that day, rounded outwards. New
     * pairs go to map[young]; when that holds half of `most`, the other is emptied and
     * takes over. */
    struct yg_map map[2];
    unsigned young;
    uint32_t half;
    bool all_near; /* memory failed */
    uint64_t forgotten;
};

struct yg_openthreats *yg_openthreats_new(uint32_t most)
{
    struct yg_openthreats *o = calloc(1, sizeof(*o));

    if (!o)
        return NULL;
    o->half = most / 2 > 0 ? most / 2 : 1;
    yg_map_init(&o->map[0], o->half);
    yg_map_init(&o->map[1], o->half);
    return o;
}

void yg_openthreats_free(struct yg_openthreats *o)
{
    if (!o)
        return;
    yg_map_fini(&o->map[0]);
    yg_map_fini(&o->map[1]);
    free(o);
}

uint64_t yg_openthreats_forgotten(const struct yg_openthreats *o)
{
    return o->forgotten;
}

/* The day a time lies in, counted downwards for times before 1970, and where in it. */
static int64_t day_of(int64_t time_ns, int64_t *in_day)
{
    int64_t day = time_ns / YG_OPENTHREAT_NS;

    *in_day = time_ns % YG_OPENTHREAT_NS;
    if (*in_day < 0) {
        *in_day += YG_OPENTHREAT_NS;
        day--;
    }
    return day;
}

static uint64_t key_of(uint64_t address, int64_t day)
{
    return yg_hash_pair(address, (uint64_t)day);
}

static void remember(struct yg_openthreats *o, uint64_t key, uint32_t first,
                     uint32_t last)
{
    struct yg_map *m = &o->map[o->young];
    bool fresh = false;

    if (yg_map_count(m) >= o->half && !yg_map_get(m, key)) {
        o->young ^= 1;
        m = &o->map[o->young];
        o->forgotten += yg_map_count(m);
        yg_map_clear(m);
    }
    uint64_t *at = yg_map_put(m, key, &fresh);
    if (!at) {
        o->all_near = true;
        return;
    }
    if (!fresh && (uint32_t)(*at >> 32) < first)
        first = (uint32_t)(*at >> 32);
    if (!fresh && (uint32_t)*at > last)
        last = (uint32_t)*at;
    *at = (uint64_t)first << 32 | last;
}

void yg_openthreats_add(struct yg_openthreats *o,
                        const uint64_t address[YG_JUDGED_ADDRESSES], int64_t time_ns)
{
    int64_t in_day, day = day_of(time_ns, &in_day);

    for (int i = 0; i < YG_JUDGED_ADDRESSES; i++)
        if (address[i])
            remember(o, key_of(address[i], day), (uint32_t)(in_day / MS_NS),
                     (uint32_t)((in_day + MS_NS - 1) / MS_NS));
}

/* A threat of the alert's own day is near; of the day before if its latest, of the day
 * after if its earliest one is less than a day away. */
static bool near_pair(const struct yg_map *m, uint64_t address, int64_t day,
                      int64_t in_day)
{
    const uint64_t *at = yg_map_get(m, key_of(address, day));

    if (at)
        return true;
    at = yg_map_get(m, key_of(address, day - 1));
    if (at && (int64_t)(uint32_t)*at * MS_NS >= in_day)
        return true;
    at = yg_map_get(m, key_of(address, day + 1));
    return at && (int64_t)(*at >> 32) * MS_NS <= in_day;
}

bool yg_openthreats_near(const struct yg_openthreats *o,
                         const uint64_t address[YG_JUDGED_ADDRESSES], int64_t time_ns)
{
    int64_t in_day, day = day_of(time_ns, &in_day);

    for (unsigned k = 0; k < 2; k++) {
        if (yg_map_count(&o->map[k]) == 0)
            continue;
        for (int i = 0; i < YG_JUDGED_ADDRESSES; i++)
            if (address[i] && near_pair(&o->map[k], address[i], day, in_day))
                return true;
    }
    return o->all_near;
}
