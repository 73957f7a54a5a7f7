/* SPDX-License-Identifier: Apache-2.0 */
/*
 * habit - what a source usually does, by the hour, and whether it still does.
 *
 *      hours   ... | 13 h yesterday ±1 h, the day before ... | now
 *      silence     |  the longest silence reached in each    | running
 *
 * A source is silent when its running silence is three times as long as any that was
 * reached around this hour of the day in the last eight days (nights and weekends are
 * habits, too), and at least a minute. Its records turn unreadable when the share of the
 * last two hours is far (five standard deviations, and twice) above that of the days
 * before. Its clock is wrong when the median of receipt minus event time says so: the
 * future cannot be delay.
 *
 * False alarms: for a source of r records an hour at random times (Poisson), r >= 1, one
 * silence in about (20 r)^3 is called one; tests/unit/test_habit.c measures it.
 *
 * Plain data: 2.4 KB a source. Times are of receipt.
 */
#ifndef YG_PIPELINE_HABIT_H
#define YG_PIPELINE_HABIT_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/cursor.h"

#include <stdbool.h>

#define YG_HABIT_HOURS (8 * 24)

struct yg_habit {
    int64_t first, last; /* hours since 1970 that are known; `last` is going on */
    int64_t began_ns;    /* receipt of the first */
    int64_t last_ns;     /* and of the newest; 0: none came yet */
    struct yg_habit_hour {
        uint32_t count, unread;
        uint32_t silence_s; /* the longest that was reached within it */
    } hour[YG_HABIT_HOURS]; /* by hour modulo */
};

/* Records came, `unread` of them not understood. Times go forward; what is older than the
 * newest counts as of now. */
void yg_habit_see(struct yg_habit *h, int64_t received_ns, uint32_t count,
                  uint32_t unread);

struct yg_habit_silence {
    bool silent;
    int64_t running_ns;  /* since the newest */
    int64_t expected_ns; /* silences up to this are its habit; 0: not known yet */
};
/* `after_ns`: what the operator said is too long; 0: by its habit. */
void yg_habit_silence(const struct yg_habit *h, int64_t now_ns, int64_t after_ns,
                      struct yg_habit_silence *out);

struct yg_habit_unread {
    bool alarm;
    double share, usual; /* of the last two hours, and of the days before */
};
void yg_habit_unread(const struct yg_habit *h, int64_t now_ns,
                     struct yg_habit_unread *out);

/* Of the median of receipt minus event time. */
enum yg_habit_clock { YG_CLOCK_GOOD, YG_CLOCK_AHEAD, YG_CLOCK_BEHIND };
#define YG_CLOCK_AHEAD_NS  (60 * YG_NS_PER_S)
#define YG_CLOCK_BEHIND_NS (15 * 60 * YG_NS_PER_S)
enum yg_habit_clock yg_habit_clock(int64_t median_ns);

void yg_habit_write(const struct yg_habit *h, struct yg_buf *out);
bool yg_habit_read(struct yg_cursor *in, struct yg_habit *h);

#endif
