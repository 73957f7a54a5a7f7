/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock - where "now" comes from, passed as a parameter; and time as text.
 *
 * Time is int64 nanoseconds UTC since 1970 (until 2262). Only main makes a real clock;
 * tests and replays drive a manual one.
 */
#ifndef YG_BASE_CLOCK_H
#define YG_BASE_CLOCK_H

#include "base/str.h"

#include <stdint.h>

#define YG_NS_PER_S INT64_C(1000000000)

struct yg_clock {
    int64_t (*now)(const struct yg_clock *c); /* ns UTC */
    int64_t manual_ns;                        /* what a manual clock says */
};

struct yg_clock yg_clock_real(void);
struct yg_clock yg_clock_manual(int64_t ns);

static inline int64_t yg_clock_now(const struct yg_clock *c)
{
    return c->now(c);
}

/* Monotonic seconds and CPU seconds of this process, for progress and benchmarks only:
 * no result may depend on them. */
double yg_clock_wall(void);
double yg_clock_cpu(void);

#define YG_TIME_TEXT_MAX 40

/* "2026-01-31T23:59:59.123456Z" (microseconds; UTC). Returns `out`. */
const char *yg_time_text(int64_t ns, char out[YG_TIME_TEXT_MAX]);

/* ISO 8601 / RFC 3339 with the variations devices write: 'T' or space, fraction of 1-9
 * digits, "Z", "+hh:mm", "+hhmm", "+hh". Without an offset `offset_min` holds (minutes
 * east of UTC); the one used is put in `*used_min` (may be NULL). False: not a time. */
bool yg_time_iso(struct yg_str s, int offset_min, int64_t *ns, int *used_min);

/* Seconds since 1970 as a decimal number with an optional fraction, and the same in
 * units of 10^-digits seconds (3: milliseconds, 9: nanoseconds) as an integer. */
bool yg_time_epoch(struct yg_str s, int64_t *ns);
bool yg_time_epoch_unit(struct yg_str s, int digits, int64_t *ns);

/* Days in a month (1-12) of a proleptic Gregorian year. */
int yg_days_in(int year, int month);

/* Days since 1970 of a proleptic Gregorian date; month 1-12. */
int64_t yg_days_of(int64_t year, int month, int day);

#endif
