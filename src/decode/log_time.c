/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times as devices write them; see yg_log_time in log.h.
 *
 * RFC 3164 leaves out year and zone. The zone is the source's setting; the year is the
 * latest one that puts the time no more than a week after the record came: clocks run
 * ahead by minutes and zones are set wrong by hours, and a log read from an old file is
 * older than its file, never younger.
 */
#include "base/clock.h"
#include "decode/log.h"

#define AHEAD_S (INT64_C(7) * 86400)

struct parts {
    int year, month, day, hour, min, sec; /* year -1: not said */
    int64_t frac_ns;
    int zone_min;
    bool zoned;
};

static bool digit_at(struct yg_str s, size_t i)
{
    return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* `least` to `most` digits at the front, taken off; -1: not there. */
static int number(struct yg_str *s, size_t least, size_t most)
{
    size_t n = 0;
    int v = 0;

    while (n < most && digit_at(*s, n))
        v = v * 10 + (s->p[n++] - '0');
    if (n < least || digit_at(*s, n))
        return -1;
    s->p += n, s->n -= n;
    return v;
}

static bool one_of(struct yg_str *s, const char *set)
{
    if (s->n == 0 || s->p[0] == '\0' || !strchr(set, s->p[0]))
        return false;
    s->p++, s->n--;
    return true;
}

static bool blanks(struct yg_str *s)
{
    bool any = false;

    while (one_of(s, " "))
        any = true;
    return any;
}

/* Jan, JAN, jan, or the whole name. */
static int month_name(struct yg_str *s)
{
    static const char name[12][10] = { "january",   "february", "march",    "april",
                                       "may",       "june",     "july",     "august",
                                       "september", "october",  "november", "december" };
    size_t n = 0;

    while (n < s->n && ((s->p[n] | 0x20) >= 'a' && (s->p[n] | 0x20) <= 'z'))
        n++;
    for (int i = 0; n >= 3 && i < 12; i++) {
        struct yg_str whole = yg_str_of(name[i]), word = { s->p, n };
        struct yg_str brief = { name[i], 3 };
        if (!yg_str_eq_nocase(word, whole) && !yg_str_eq_nocase(word, brief))
            continue;
        s->p += n, s->n -= n;
        return i + 1;
    }
    return -1;
}

/* "Mon ", "Monday, " before a date. */
static void pass_weekday(struct yg_str *s)
{
    static const char *const name[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
    struct yg_str rest = *s;

    if (s->n < 5 || (s->p[0] | 0x20) < 'a')
        return;
    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++) {
        if (!yg_str_eq_nocase((struct yg_str){ s->p, 3 }, yg_str_of(name[i])))
            continue;
        while (rest.n > 0 && (rest.p[0] | 0x20) >= 'a' && (rest.p[0] | 0x20) <= 'z')
            rest.p++, rest.n--;
        (void)one_of(&rest, ",");
        if (blanks(&rest))
            *s = rest;
        return;
    }
}

static bool clock_time(struct yg_str *s, struct parts *p)
{
    int64_t unit = YG_NS_PER_S;
    struct yg_str back;

    if ((p->hour = number(s, 1, 2)) < 0 || !one_of(s, ":") ||
        (p->min = number(s, 2, 2)) < 0 || !one_of(s, ":") ||
        (p->sec = number(s, 2, 2)) < 0)
        return false;
    back = *s;
    p->frac_ns = 0;
    if (!one_of(s, ".,") || !digit_at(*s, 0)) {
        *s = back;
        return true;
    }
    for (; digit_at(*s, 0); s->p++, s->n--) {
        unit /= 10;
        p->frac_ns += unit * (s->p[0] - '0');
    }
    return true;
}

/* RFC 5322 obs-zone and what is in use beside it and means one thing only. */
static bool zone_name(struct yg_str *s, int *min)
{
    static const struct {
        char name[5];
        int16_t min;
    } zone[] = {
        { "UTC", 0 },    { "GMT", 0 },    { "Z", 0 },      { "CET", 60 },
        { "CEST", 120 }, { "EET", 120 },  { "EEST", 180 }, { "JST", 540 },
        { "KST", 540 },  { "EST", -300 }, { "EDT", -240 }, { "CST", -360 },
        { "CDT", -300 }, { "MST", -420 }, { "MDT", -360 }, { "PST", -480 },
        { "PDT", -420 },
    };
    size_t n = 0;

    while (n < s->n && s->p[n] >= 'A' && s->p[n] <= 'Z')
        n++;
    if (n == 0 || (n < s->n && s->p[n] != ' ' && s->p[n] != ':' && s->p[n] != ']' &&
                   s->p[n] != ',' && s->p[n] != '"'))
        return false;
    for (size_t i = 0; i < YG_ARRAY_LEN(zone); i++)
        if (yg_str_eq((struct yg_str){ s->p, n }, yg_str_of(zone[i].name))) {
            s->p += n, s->n -= n;
            *min = zone[i].min;
            return true;
        }
    return false;
}

/* "+09:00", "-0330", "Z", " UTC"; taken off only if it is one. */
static void zone(struct yg_str *s, struct parts *p)
{
    struct yg_str rest = *s;

    (void)one_of(&rest, " ");
    if (zone_name(&rest, &p->zone_min)) {
        p->zoned = true;
        *s = rest;
        return;
    }
    int sign = rest.n > 0 && rest.p[0] == '-' ? -1 : 1;
    if (!one_of(&rest, "+-") || !digit_at(rest, 1))
        return;
    int h = (rest.p[0] - '0') * 10 + (rest.p[1] - '0');
    rest.p += 2, rest.n -= 2;
    (void)one_of(&rest, ":");
    int m = digit_at(rest, 0) && digit_at(rest, 1) ? number(&rest, 2, 2) : 0;
    if (h > 23 || m < 0 || m > 59 || !digit_at((struct yg_str){ rest.p - 1, 1 }, 0))
        return;
    p->zone_min = sign * (h * 60 + m);
    p->zoned = true;
    *s = rest;
}

static bool plausible(const struct parts *p)
{
    return p->month >= 1 && p->month <= 12 && p->day >= 1 && p->hour >= 0 &&
           p->hour <= 23 && p->min <= 59 && p->sec <= 60 &&
           (p->year < 0 || (p->year >= 1970 && p->year <= 2200)) &&
           p->day <= yg_days_in(p->year < 0 ? 2000 : p->year, p->month);
}

static int64_t seconds(const struct parts *p, int year)
{
    return yg_days_of(year, p->month, p->day) * 86400 + p->hour * 3600 + p->min * 60 +
           p->sec - (int64_t)p->zone_min * 60;
}

/* A year that puts it nearest; the 29th of February waits for a year that has one. */
static bool guess_year(struct parts *p, int64_t reference_ns)
{
    int64_t now = reference_ns / YG_NS_PER_S;
    int64_t year = 1970 + now / 31556952 + 1;

    if (reference_ns == 0)
        return false;
    for (int i = 0; i < 10 && year >= 1970; i++, year--)
        if (p->day <= yg_days_in((int)year, p->month) &&
            seconds(p, (int)year) <= now + AHEAD_S) {
            p->year = (int)year;
            return true;
        }
    return false;
}

/* 2026-01-02T15:04:05, 2026/01/02 15:04:05, 2026:01:02-15:04:05, 2026 Jan  2 15:04:05 */
static bool year_first(struct yg_str *s, struct parts *p)
{
    if ((p->year = number(s, 4, 4)) < 0)
        return false;
    if (blanks(s)) {
        if ((p->month = month_name(s)) < 0 || !blanks(s))
            return false;
    } else if (!one_of(s, "-/.:") ||
               ((p->month = number(s, 2, 2)) < 0 && (p->month = month_name(s)) < 0) ||
               !one_of(s, "-/.:")) {
        return false;
    }
    return (p->day = number(s, 1, 2)) >= 0 && one_of(s, "Tt _-") && clock_time(s, p);
}

/* 2/Jan/2026:15:04:05, 02-Jan-2026 15:04:05, 2 Jan 2026 15:04:05, 2 Jan 15:04:05 */
static bool day_first(struct yg_str *s, struct parts *p)
{
    struct yg_str back;

    if ((p->day = number(s, 1, 2)) < 0 || !one_of(s, "/- ") ||
        (p->month = month_name(s)) < 0 || !one_of(s, "/- "))
        return false;
    back = *s;
    p->year = number(s, 4, 4);
    if (p->year < 0)
        *s = back;
    else if (!one_of(s, ": T"))
        return false;
    return clock_time(s, p);
}

/* A year behind the time, or behind its zone as date(1) has it. */
static void year_last(struct yg_str *s, struct parts *p)
{
    struct yg_str back = *s;

    if (!blanks(s))
        return;
    p->year = number(s, 4, 4);
    if (p->year < 1970 || p->year > 2200 ||
        (s->n > 0 && s->p[0] != ' ' && s->p[0] != ':' && s->p[0] != ']'))
        p->year = -1, *s = back;
}

/* Jan  2 15:04:05, Jan  2 2026 15:04:05, Jan  2 15:04:05 2026, Jan 2, 2026 15:04:05 */
static bool month_first(struct yg_str *s, struct parts *p)
{
    struct yg_str back;

    p->year = -1;
    if ((p->month = month_name(s)) < 0 || !blanks(s) || (p->day = number(s, 1, 2)) < 0)
        return false;
    (void)one_of(s, ",");
    if (!blanks(s))
        return false;
    back = *s;
    if ((p->year = number(s, 4, 4)) >= 0 && !blanks(s))
        return false;
    if (p->year < 0)
        *s = back;
    if (!clock_time(s, p))
        return false;
    if (p->year < 0)
        year_last(s, p);
    return true;
}

bool yg_log_time(struct yg_str *rest, int64_t reference_ns, int offset_min, int64_t *ns,
                 int *zone_min)
{
    struct yg_str s = *rest;
    struct parts p = { .year = -1, .zone_min = offset_min };
    bool ok;

    pass_weekday(&s);
    if (digit_at(s, 0))
        ok = digit_at(s, 2) ? year_first(&s, &p) : day_first(&s, &p);
    else
        ok = month_first(&s, &p);
    if (!ok || !plausible(&p))
        return false;
    zone(&s, &p);
    if (p.year < 0)
        year_last(&s, &p);
    if (p.year < 0 && !guess_year(&p, reference_ns)) {
        *rest = s; /* it is a time, but of no year */
        *ns = 0;
        *zone_min = p.zone_min;
        return true;
    }
    *ns = seconds(&p, p.year) * YG_NS_PER_S + p.frac_ns;
    *zone_min = p.zone_min;
    *rest = s;
    return true;
}

bool yg_log_put_time(struct yg_target *t, struct yg_str s)
{
    int64_t ns;
    int zone_min;

    if (!yg_log_time(&s, t->reference_ns, t->offset_min, &ns, &zone_min) || ns == 0)
        return false;
    yg_put_time(t, ns, zone_min);
    return true;
}
