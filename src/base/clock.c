/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t real_now(const struct yg_clock *c)
{
    struct timespec ts;

    (void)c;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * YG_NS_PER_S + ts.tv_nsec;
}

static int64_t manual_now(const struct yg_clock *c)
{
    return c->manual_ns;
}

struct yg_clock yg_clock_real(void)
{
    return (struct yg_clock){ .now = real_now };
}

struct yg_clock yg_clock_manual(int64_t ns)
{
    return (struct yg_clock){ .now = manual_now, .manual_ns = ns };
}

static double read_clock(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

double yg_clock_wall(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double yg_clock_cpu(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

int yg_days_in(int year, int month)
{
    static const unsigned char days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

/* Hinnant, "chrono-Compatible Low-Level Date Algorithms": days_from_civil. */
int64_t yg_days_of(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}

const char *yg_time_text(int64_t ns, char out[YG_TIME_TEXT_MAX])
{
    int64_t s = ns / YG_NS_PER_S, frac = ns % YG_NS_PER_S;

    if (frac < 0)
        s--, frac += YG_NS_PER_S;
    time_t t = (time_t)s;
    struct tm tm;
    gmtime_r(&t, &tm);
    snprintf(out, YG_TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
             (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
             tm.tm_min, tm.tm_sec, (int)(frac / 1000));
    return out;
}

/* Exactly `n` digits at the front of `*s`, taken off; -1 if they are not there. */
static int digits(struct yg_str *s, size_t n)
{
    uint64_t v;

    if (s->n < n || !yg_str_u64((struct yg_str){ s->p, n }, &v))
        return -1;
    s->p += n;
    s->n -= n;
    return (int)v;
}

static bool one_of(struct yg_str *s, const char *set)
{
    if (s->n == 0 || s->p[0] == '\0' || !strchr(set, s->p[0]))
        return false;
    s->p++;
    s->n--;
    return true;
}

/* A fraction after its point: up to nine digits count, more are read and dropped. */
static bool fraction(struct yg_str *s, int64_t *ns)
{
    int64_t v = 0, unit = YG_NS_PER_S;
    size_t n = 0;

    for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
        unit /= 10;
        v += unit * (s->p[n] - '0');
    }
    s->p += n;
    s->n -= n;
    *ns = v;
    return n > 0;
}

static bool offset(struct yg_str *s, int *min)
{
    if (one_of(s, "Zz")) {
        *min = 0;
        return true;
    }
    int sign = s->n && s->p[0] == '-' ? -1 : 1;
    if (!one_of(s, "+-"))
        return false;
    int h = digits(s, 2), m = 0;
    if (s->n > 0) {
        (void)one_of(s, ":");
        m = digits(s, 2);
    }
    if (h < 0 || h > 23 || m < 0 || m > 59)
        return false;
    *min = sign * (h * 60 + m);
    return true;
}

bool yg_time_iso(struct yg_str s, int offset_min, int64_t *ns, int *used_min)
{
    int year = digits(&s, 4), month, day, hour, min, sec;
    int64_t frac = 0;

    if (year < 1678 || !one_of(&s, "-/") || (month = digits(&s, 2)) < 1 || month > 12 ||
        !one_of(&s, "-/") || (day = digits(&s, 2)) < 1 || day > yg_days_in(year, month))
        return false;
    if (!one_of(&s, "Tt ") || (hour = digits(&s, 2)) < 0 || hour > 23 ||
        !one_of(&s, ":") || (min = digits(&s, 2)) < 0 || min > 59 || !one_of(&s, ":") ||
        (sec = digits(&s, 2)) < 0 || sec > 60)
        return false;
    if (one_of(&s, ".,") && !fraction(&s, &frac))
        return false;
    (void)one_of(&s, " ");
    if (s.n > 0 && (!offset(&s, &offset_min) || s.n > 0))
        return false;
    int64_t t = yg_days_of(year, month, day) * 86400 + hour * 3600 + min * 60 + sec -
                (int64_t)offset_min * 60;
    if (t > INT64_MAX / YG_NS_PER_S - 1 || t < INT64_MIN / YG_NS_PER_S + 1)
        return false;
    *ns = t * YG_NS_PER_S + frac;
    if (used_min)
        *used_min = offset_min;
    return true;
}

bool yg_time_epoch(struct yg_str s, int64_t *ns)
{
    struct yg_str rest = s, whole = yg_str_cut(&rest, '.');
    int64_t sec, frac = 0;

    if (!yg_str_i64(whole, &sec) || sec > INT64_MAX / YG_NS_PER_S - 1 ||
        sec < INT64_MIN / YG_NS_PER_S + 1)
        return false;
    if (rest.p && (!fraction(&rest, &frac) || rest.n > 0))
        return false;
    *ns = sec * YG_NS_PER_S + (whole.p[0] == '-' ? -frac : frac);
    return true;
}

bool yg_time_epoch_unit(struct yg_str s, int digits_, int64_t *ns)
{
    int64_t v, unit = YG_NS_PER_S;

    for (int i = 0; i < digits_; i++)
        unit /= 10;
    if (unit == 0 || !yg_str_i64(s, &v) || v > INT64_MAX / unit || v < INT64_MIN / unit)
        return false;
    *ns = v * unit;
    return true;
}
