/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "pipeline/habit.h"

#include <math.h>
#include <string.h>

#define HOUR ((int64_t)3600 * YG_NS_PER_S)
#define DAY  (24 * HOUR)
#define FROM (20000 * DAY) /* a Saturday, midnight */

/* A series: one record every `every_s` in hours from..until of each day, none on the
 * weekend if `week`. */
struct series {
    const char *name;
    int every_s, from, until, days;
    bool week;
};

static int64_t play(const struct series *s, struct yg_habit *h)
{
    int64_t last = 0;

    for (int64_t t = FROM; t < FROM + s->days * DAY; t += s->every_s * YG_NS_PER_S) {
        int64_t hour = t % DAY / HOUR, day = t / DAY % 7;
        bool weekend = (day + 4) % 7 == 0 || (day + 4) % 7 == 6; /* day 0: a Thursday */
        if (hour < s->from || hour >= s->until || (s->week && weekend))
            continue;
        yg_habit_see(h, t, 1, 0);
        last = t;
    }
    return last;
}

static void test_silence(void **state)
{
    static const struct {
        struct series s;
        double at_h; /* looked at so many hours after the last day began */
        int64_t after_s;
        bool silent;
    } c[] = {
        /* The last record of a whole day is at 24 h less the step. */
        { { "steady, just now", 10, 0, 24, 5, false }, 24.0, 0, false },
        { { "steady, half a minute", 10, 0, 24, 5, false }, 24.01, 0, false },
        { { "steady, three minutes", 10, 0, 24, 5, false }, 24.05, 0, true },
        { { "rare, an hour", 1800, 0, 24, 5, false }, 24.5, 0, false },
        { { "rare, three hours", 1800, 0, 24, 5, false }, 26.5, 0, true },
        { { "office, at night", 60, 8, 18, 5, false }, 27.0, 0, false },
        { { "office, an hour after it should begin", 60, 8, 18, 5, false },
          33.5,
          0,
          false }, /* 8 o'clock knows the night: three nights are waited for */
        { { "office, noon", 60, 8, 18, 5, false }, 36.0, 0, true },
        { { "weekdays, on Saturday", 60, 0, 24, 7, true }, 36.0, 0, false },
        { { "new: not judged", 10, 0, 24, 1, false }, 30.0, 0, false },
        { { "new, but told", 10, 0, 24, 1, false }, 30.0, 3600, true },
        { { "told, not yet", 10, 0, 24, 1, false }, 24.5, 3600, false },
        { { "told more than its habit", 10, 0, 24, 5, false }, 24.5, 3600, false },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct yg_habit h = { 0 };
        struct yg_habit_silence s;
        play(&c[i].s, &h);
        int64_t now =
            FROM + (c[i].s.days - 1) * DAY + (int64_t)(c[i].at_h * (double)HOUR);
        yg_habit_silence(&h, now, c[i].after_s * YG_NS_PER_S, &s);
        if (s.silent != c[i].silent)
            fail_msg("%s: running %lld s, expected %lld s", c[i].s.name,
                     (long long)(s.running_ns / YG_NS_PER_S),
                     (long long)(s.expected_ns / YG_NS_PER_S));
    }
}

static void test_nothing_yet(void **state)
{
    struct yg_habit h = { 0 };
    struct yg_habit_silence s;
    struct yg_habit_unread u;

    (void)state;
    yg_habit_silence(&h, FROM, 60, &s);
    assert_false(s.silent);
    yg_habit_unread(&h, FROM, &u);
    assert_false(u.alarm);
}

/* Poisson sources for 20 days after eight of habit: no silence may be called one. */
static void test_false_alarms(void **state)
{
    static const double rate[] = { 1, 4, 60, 1000 }; /* an hour */
    struct yg_rng r;
    int alarms = 0;

    (void)state;
    yg_rng_init(&r, 7);
    print_message("# seed 7\n");
    for (size_t i = 0; i < YG_ARRAY_LEN(rate); i++) {
        struct yg_habit h = { 0 };
        double t = 0;
        while (t < 28 * 24) {
            struct yg_habit_silence s;
            t += -log(1 - yg_rng_unit(&r)) / rate[i];
            int64_t now = FROM + (int64_t)(t * (double)HOUR);
            yg_habit_silence(&h, now, 0, &s);
            alarms += s.silent && t > 8 * 24;
            yg_habit_see(&h, now, 1, 0);
        }
    }
    assert_true(alarms <= 1); /* one silence of a rate of 1 in 8,000; there are 500 */
}

static void test_unread(void **state)
{
    static const struct {
        const char *name;
        double past, now; /* shares */
        int n, days;      /* records an hour now; days of habit */
        bool alarm;
    } c[] = {
        { "clean as ever", 0, 0, 1000, 5, false },
        { "a format changed", 0, 0.9, 1000, 5, true },
        { "a few bad lines", 0, 0.001, 1000, 5, false },
        { "one in fifty", 0, 0.02, 1000, 5, true },
        { "half bad, as ever", 0.5, 0.5, 1000, 5, false },
        { "half bad, now all", 0.5, 1, 1000, 5, false }, /* not twice */
        { "a tenth, now a third", 0.1, 0.33, 1000, 5, true },
        { "too few to say", 0, 1, 20, 5, false },
        { "new and unread", 0, 1, 100, 0, true },
        { "new and read", 0, 0.2, 100, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct yg_habit h = { 0 };
        struct yg_habit_unread u;
        int64_t now = FROM + c[i].days * DAY;
        for (int64_t t = FROM; t < now - HOUR; t += HOUR)
            yg_habit_see(&h, t, 100, (uint32_t)(100 * c[i].past));
        yg_habit_see(&h, now, (uint32_t)c[i].n, (uint32_t)(c[i].n * c[i].now));
        yg_habit_unread(&h, now, &u);
        if (u.alarm != c[i].alarm)
            fail_msg("%s: %.3f, usually %.3f", c[i].name, u.share, u.usual);
    }
}

static void test_clock(void **state)
{
    static const struct {
        int64_t s;
        enum yg_habit_clock want;
    } c[] = {
        { 0, YG_CLOCK_GOOD },     { 5, YG_CLOCK_GOOD },          { -59, YG_CLOCK_GOOD },
        { -61, YG_CLOCK_AHEAD },  { -3600, YG_CLOCK_AHEAD },     { 899, YG_CLOCK_GOOD },
        { 901, YG_CLOCK_BEHIND }, { 9 * 3600, YG_CLOCK_BEHIND },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++)
        assert_int_equal(yg_habit_clock(c[i].s * YG_NS_PER_S), c[i].want);
}

/* Written and read back; a long absence leaves nothing of before; time never goes back.
 */
static void test_keep(void **state)
{
    const struct series s = { "steady", 600, 0, 24, 5, false };
    struct yg_habit h = { 0 }, back;
    struct yg_buf out;

    (void)state;
    int64_t last = play(&s, &h);
    yg_buf_init(&out, 65536);
    yg_habit_write(&h, &out);
    struct yg_str bytes = yg_buf_str(&out);
    struct yg_cursor in = yg_cursor_of(bytes.p, bytes.n);
    assert_true(yg_habit_read(&in, &back));
    assert_memory_equal(&h, &back, sizeof(h));
    in = yg_cursor_of(bytes.p, bytes.n - 1);
    assert_false(yg_habit_read(&in, &back));

    struct yg_habit_silence x;
    yg_habit_see(&h, last - DAY, 1, 0);
    assert_int_equal(h.last_ns, last);
    yg_habit_see(&h, last + 100 * DAY, 1, 0);
    yg_habit_silence(&h, last + 100 * DAY + HOUR, 0, &x);
    assert_false(x.silent);
    assert_true(x.expected_ns > 90 * DAY);
    yg_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence),      cmocka_unit_test(test_nothing_yet),
        cmocka_unit_test(test_false_alarms), cmocka_unit_test(test_unread),
        cmocka_unit_test(test_clock),        cmocka_unit_test(test_keep),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
