/* SPDX-License-Identifier: Apache-2.0 */
#include "context/profile.h"

#include "base/status.h"

#include <string.h>

#define HOUR        3600U
#define AHEAD_S     ((uint32_t)YG_TIME_AHEAD)
#define AHEAD_HOURS (AHEAD_S / HOUR)

uint32_t yg_profile_second(double t)
{
    if (!(t > 1))
        return 1;
    return t < 4294967295.0 ? (uint32_t)t : UINT32_MAX;
}

static uint32_t tag_of(uint64_t key)
{
    uint32_t tag = (uint32_t)(key ^ key >> 32);

    return tag ? tag : 1;
}

typedef uint32_t quad __attribute__((vector_size(16)));

/* The place of `tag`, or `most`. */
static uint32_t place_of(const uint32_t *tags, uint32_t most, uint32_t tag)
{
    const quad want = (quad){ 0 } + tag;
    quad four;

    for (uint32_t i = 0; i < most; i += 4) { /* speed only */
        memcpy(&four, tags + i, sizeof(four));
        four = (quad)(four == want);
        if (four[0] | four[1] | four[2] | four[3])
            return i + (four[0] ? 0 : four[1] ? 1 : four[2] ? 2 : 3);
    }
    return most;
}

/* The place to give up: an empty one, one of a time that is not believed, else the one
 * seen longest ago; of equals the first. */
static uint32_t oldest(const uint32_t *at, uint32_t most, uint32_t now)
{
    uint32_t best = 0, most_age = 0;

    for (uint32_t i = 0; i < most; i++) {
        uint32_t age = at[i] <= now ? now - at[i] : 0;
        if (at[i] == 0)
            return i;
        if (at[i] > now && at[i] - now > AHEAD_S)
            age = UINT32_MAX;
        if (age > most_age) {
            most_age = age;
            best = i;
        }
    }
    return most_age ? best : most;
}

void yg_seen_mark(uint32_t *set, uint32_t most, uint64_t key, uint32_t now)
{
    uint32_t *at = set, *tags = set + most, tag = tag_of(key);
    uint32_t i = place_of(tags, most, tag);

    if (i < most) {
        if (now > at[i] || at[i] - now > AHEAD_S)
            at[i] = now;
        return;
    }
    i = oldest(at, most, now);
    if (i == most) /* full of what is not older */
        return;
    at[i] = now;
    tags[i] = tag;
}

void yg_seen_unmark(uint32_t *set, uint32_t most, uint64_t key)
{
    uint32_t i = place_of(set + most, most, tag_of(key));

    if (i < most)
        set[i] = set[most + i] = 0;
}

uint32_t yg_seen_count(const uint32_t *set, uint32_t most, uint32_t now, uint32_t window)
{
    const quad zero = { 0 }, at = zero + now, within = zero + window;
    quad four, sum = zero;

    /* None is 0, which is further away than any window from a real time. */
    for (uint32_t i = 0; i < most; i += 4) { /* speed only: bench/stages, context -4 % */
        memcpy(&four, set + i, sizeof(four));
        sum -= (quad)(four != zero) & (quad)(at - four < within);
    }
    return sum[0] + sum[1] + sum[2] + sum[3];
}

void yg_activity_add(struct yg_activity_ring *r, uint32_t now,
                     const float weight[YG_ACT_COUNT])
{
    uint32_t hour = now / HOUR, at = hour % YG_RING_HOURS;

    if (r->at[at].hour != hour) {
        /* The bucket is of another week. Of a later one, unless that is too far ahead
         * to be believed: this event came too late to matter. */
        if (r->at[at].hour > hour && r->at[at].hour - hour <= AHEAD_HOURS)
            return;
        r->at[at].hour = hour;
        for (int k = 0; k < YG_ACT_COUNT; k++)
            r->at[at].weight[k] = 0;
    }
    for (int k = 0; k < YG_ACT_COUNT; k++)
        r->at[at].weight[k] += weight[k];
}

struct yg_activity_sums yg_activity_sum(const struct yg_activity_ring *r, uint32_t now)
{
    uint32_t hour = now / HOUR, at = hour % YG_RING_HOURS;
    /* The part of the oldest bucket that is still inside a window. */
    float inside = 1 - (float)(now % HOUR) / (float)HOUR;
    struct yg_activity_sums s = { { 0 }, { 0 } };

    for (uint32_t i = 0; i <= 24 && i <= hour; i++) {
        if (r->at[at].hour == hour - i)
            for (int k = 0; k < YG_ACT_COUNT; k++) {
                float w = r->at[at].weight[k];
                s.day[k] += i < 24 ? w : inside * w;
                if (i <= 1)
                    s.hour[k] += i < 1 ? w : inside * w;
            }
        at = at ? at - 1 : YG_RING_HOURS - 1;
    }
    return s;
}

void yg_activity_prefetch(const struct yg_activity_ring *r, uint32_t now)
{
    uint32_t at = now / HOUR % YG_RING_HOURS;

    for (uint32_t i = 0; i <= 24; i += 4) {
        __builtin_prefetch(&r->at[at], 1);
        at = at >= 4 ? at - 4 : at + YG_RING_HOURS - 4;
    }
}

void yg_tallies_decay(struct yg_tallies *c, double t)
{
    static const enum yg_window window[YG_TALLY_COUNT] = {
        [YG_TALLY_RECORDS] = YG_W_1H,
        [YG_TALLY_PROGRAMS] = YG_W_24H,
        [YG_TALLY_UNKNOWN_NAMES] = YG_W_1H,
        [YG_TALLY_UNNAMED_TLS] = YG_W_1H,
        [YG_TALLY_L2] = YG_W_1H,
        [YG_TALLY_PROTECTED] = YG_W_24H,
        [YG_TALLY_SEVERE] = YG_W_24H,
        [YG_TALLY_MALWARE] = YG_W_24H,
    };

    if (!c->started || c->last - t > YG_TIME_AHEAD) {
        c->started = 1;
        c->last = t;
        return;
    }
    if (t <= c->last)
        return;
    struct yg_decay d = yg_decay_of(t - c->last);
    for (int i = 0; i < YG_TALLY_COUNT; i++)
        c->in[i] = (float)(c->in[i] * d.f[window[i]]);
    c->last = t;
}
