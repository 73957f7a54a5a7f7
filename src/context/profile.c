/* SPDX-License-Identifier: Apache-2.0 */
#include "context/profile.h"

#include "base/fmath.h"
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

/* The key's low bits choose sets elsewhere: take others. */
static uint32_t *slot_of(uint32_t *slot, uint32_t slots, uint64_t key)
{
    return &slot[(key >> 40) % slots];
}

void yg_seen_mark(uint32_t *slot, uint32_t slots, uint64_t key, uint32_t now)
{
    uint32_t *s = slot_of(slot, slots, key);

    if (now > *s || *s - now > AHEAD_S)
        *s = now;
}

void yg_seen_unmark(uint32_t *slot, uint32_t slots, uint64_t key)
{
    *slot_of(slot, slots, key) = 0;
}

typedef uint32_t quad __attribute__((vector_size(16)));

uint32_t yg_seen_slots(const uint32_t *slot, uint32_t slots, uint32_t now,
                       uint32_t window)
{
    const quad zero = { 0 }, at = zero + now, within = zero + window;
    quad four, sum = zero;
    uint32_t used, i = 0;

    /* Never seen is 0, which is further away than any window from a real time. */
    for (; i + 4 <= slots; i += 4) { /* speed only: bench/stages, context -4 % */
        memcpy(&four, slot + i, sizeof(four));
        sum -= (quad)(four != zero) & (quad)(at - four < within);
    }
    used = sum[0] + sum[1] + sum[2] + sum[3];
    for (; i < slots; i++)
        used += (slot[i] != 0) & (now - slot[i] < window);
    return used;
}

float yg_seen_estimate(uint32_t used, uint32_t slots)
{
    YG_ASSERT(used <= slots);
    if (used == 0)
        return 0;
    /* All taken: the estimate of one that is nearly half free. */
    double rest = used < slots ? (double)(slots - used) : 0.5;
    return (float)(-(double)slots * yg_ln(rest / (double)slots));
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
