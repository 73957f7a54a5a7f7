/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile - what went on around one host, one source, one tenant.
 *
 * Two kinds of small fixed-size memories:
 *
 * A *seen* set counts different things in a window: up to m of them, each with the second
 * it was last seen; when full the one seen longest ago goes. Exact up to m, then it stays
 * at m. The count says how many things there were and nothing of which: things that are
 * renamed count the same (two of 64 are taken for one with a chance of 1 in 2^32).
 *
 * An *activity* ring sums weights by hour of the event's own time over 8 days, so that
 * records imported late (another device's file) meet what happened at their time. The
 * last w hours = the buckets inside, and the oldest one by the part of it inside, as if
 * its weight were spread evenly.
 *
 * Costs are in context.h. Plain data, one thread at a time.
 */
#ifndef YG_CONTEXT_PROFILE_H
#define YG_CONTEXT_PROFILE_H

#include "context/count.h"

/* Seconds since 1970 as kept in slots: 1 to 2^32 - 1, out of it the nearest. */
uint32_t yg_profile_second(double t);

#define YG_SEEN_BIG   64
#define YG_SEEN_SMALL 32

/* A set of `most` things, zero at first: the times they were last seen, 0 for none, then
 * as many tags. */
#define YG_SEEN_WORDS(most) (2 * (most))

/* Mark `key` as seen at `now`. An older time changes nothing, unless what is there lies
 * more than 30 days ahead and is not believed. */
void yg_seen_mark(uint32_t *set, uint32_t most, uint64_t key, uint32_t now);

void yg_seen_unmark(uint32_t *set, uint32_t most, uint64_t key);

/* How many were seen in (now - window, now]. */
uint32_t yg_seen_count(const uint32_t *set, uint32_t most, uint32_t now, uint32_t window);

#define YG_RING_HOURS 192 /* 8 days */

enum yg_activity { YG_ACT_L2, YG_ACT_PROTECTED, YG_ACT_NEW, YG_ACT_COUNT };

struct yg_activity_ring {
    struct {
        uint32_t hour; /* number since 1970 that the bucket is of */
        float weight[YG_ACT_COUNT];
    } at[YG_RING_HOURS];
};

void yg_activity_add(struct yg_activity_ring *r, uint32_t now,
                     const float weight[YG_ACT_COUNT]);

/* Sums over the last hour and the last 24. */
struct yg_activity_sums {
    float hour[YG_ACT_COUNT], day[YG_ACT_COUNT];
};
struct yg_activity_sums yg_activity_sum(const struct yg_activity_ring *r, uint32_t now);

/* Ask for the lines that the sums at `now` read. */
void yg_activity_prefetch(const struct yg_activity_ring *r, uint32_t now);

/* Decayed counts of log records and of weights, with one common time. */
enum yg_tally {
    YG_TALLY_RECORDS,
    YG_TALLY_PROGRAMS,
    YG_TALLY_UNKNOWN_NAMES,
    YG_TALLY_UNNAMED_TLS,
    YG_TALLY_L2,
    YG_TALLY_PROTECTED,
    YG_TALLY_SEVERE,
    YG_TALLY_MALWARE,
    YG_TALLY_COUNT
};
struct yg_tallies {
    double last;
    float in[YG_TALLY_COUNT];
    uint32_t started;
};

/* Bring to time `t` (windows: 1 h; of PROGRAMS, PROTECTED, SEVERE, MALWARE 24 h), as
 * yg_count_decay. */
void yg_tallies_decay(struct yg_tallies *c, double t);

struct yg_host_profile {
    uint64_t key;
    struct yg_tallies tally;
    uint32_t pad[2];
    struct yg_activity_ring activity;
};
_Static_assert(sizeof(struct yg_host_profile) % 64 == 0, "whole cache lines");

/* What one kind of device says of one host. */
struct yg_voice_profile {
    uint64_t key;
    uint32_t signature[YG_SEEN_WORDS(YG_SEEN_BIG)];
    uint32_t rare[YG_SEEN_WORDS(YG_SEEN_SMALL)];
    uint32_t pad[14];
};
_Static_assert(sizeof(struct yg_voice_profile) % 64 == 0, "whole cache lines");

struct yg_source_profile {
    uint64_t key;
    struct yg_tallies tally;
    uint32_t host[YG_SEEN_WORDS(YG_SEEN_BIG)];
    uint32_t port[YG_SEEN_WORDS(YG_SEEN_SMALL)];
    uint32_t pad[2];
};
_Static_assert(sizeof(struct yg_source_profile) % 64 == 0, "whole cache lines");

#endif
