/* SPDX-License-Identifier: Apache-2.0 */
#include "context/count.h"

#include "base/rng.h"
#include "context/profile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEED  11U
#define TIMES 4000
#define START 1767225600.0

/* sum exp(-age / window), from the definition */
static double naive(const double *at, int n, double t, double window)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += exp(-(t - at[i]) / window);
    return sum;
}

static void windows_match_the_definition(void **state)
{
    static const double window[YG_W_COUNT] = { 600, 3600, 86400 };
    static double at[TIMES];
    struct yg_count c;
    struct yg_rng r;
    double t = START;

    (void)state;
    print_message("# seed %u\n", SEED);
    yg_rng_init(&r, SEED);
    memset(&c, 0, sizeof(c));
    for (int n = 0; n < TIMES; n++) {
        t += yg_rng_below(&r, 4) ? yg_rng_unit(&r) * 20 : yg_rng_unit(&r) * 4000;
        yg_count_decay(&c, t);
        for (int w = 0; w < YG_W_COUNT && n % 16 == 0; w++) {
            double want = naive(at, n, t, window[w]);
            if (fabs((double)c.in[w] - want) > 1e-4 * want + 1e-6)
                fail_msg("event %d, window %d: %g, not %g", n, w, (double)c.in[w], want);
        }
        yg_count_add(&c, t);
        at[n] = t;
    }
    assert_int_equal(c.n, TIMES);
    assert_true(c.first == at[0] && c.last == t);
}

static void steady_gaps_are_regular(void **state)
{
    struct yg_count c;

    (void)state;
    memset(&c, 0, sizeof(c));
    for (int i = 0; i < 200; i++) {
        yg_count_decay(&c, START + 30.0 * i);
        yg_count_add(&c, START + 30.0 * i);
    }
    assert_true(fabsf(c.gap - 30) < 1e-3F && c.var < 1e-3F);
    /* A steady rate of r a second settles at r * window (+ 1/2 for the step). */
    assert_true(fabsf(c.in[YG_W_10M] - 20.5F) < 0.2F);
}

static void late_events_move_nothing_back(void **state)
{
    static const struct {
        const char *what;
        double at, last;
        float hour; /* count in the hour afterwards */
    } step[] = {
        { "first", START, START, 1 },
        { "same time", START, START, 2 },
        { "earlier", START - 5000, START, 3 },
        { "an hour on", START + 3600, START + 3600, 3 * 0.36787945F + 1 },
        { "long before 1970", -1e10, -1e10, 3 * 0.36787945F + 2 },
        { "back again", START + 3600, START + 3600, 1 },
    };
    struct yg_count c;

    (void)state;
    memset(&c, 0, sizeof(c));
    for (size_t i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
        yg_count_decay(&c, step[i].at);
        yg_count_add(&c, step[i].at);
        if (c.last != step[i].last || fabsf(c.in[YG_W_1H] - step[i].hour) > 1e-4F)
            fail_msg("%s: last %.1f, hour %g", step[i].what, c.last,
                     (double)c.in[YG_W_1H]);
    }
}

/* Exact up to the places there are, then no more; the oldest goes first. */
static void sets_count_exactly(void **state)
{
    uint32_t set[YG_SEEN_WORDS(YG_SEEN_BIG)] = { 0 };
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED);
    for (uint32_t i = 0; i < 200; i++) {
        uint64_t key = yg_rng_u64(&r);
        for (int again = 0; again < 3; again++)
            yg_seen_mark(set, YG_SEEN_BIG, key, 100000 + i);
        uint32_t got = yg_seen_count(set, YG_SEEN_BIG, 100000 + i, 3600);
        assert_int_equal(got, i + 1 < YG_SEEN_BIG ? i + 1 : YG_SEEN_BIG);
    }
    /* Those of the last 64 seconds are what is there. */
    assert_int_equal(yg_seen_count(set, YG_SEEN_BIG, 100199, 64), YG_SEEN_BIG);
    assert_int_equal(yg_seen_count(set, YG_SEEN_BIG, 100199, 63), YG_SEEN_BIG - 1);
    /* What comes too late takes no place of what is newer. */
    yg_seen_mark(set, YG_SEEN_BIG, 12345, 100100);
    assert_int_equal(yg_seen_count(set, YG_SEEN_BIG, 100199, 64), YG_SEEN_BIG);
}

static void a_set_full_of_the_far_future_serves_again(void **state)
{
    uint32_t set[YG_SEEN_WORDS(YG_SEEN_SMALL)] = { 0 };

    (void)state;
    for (uint64_t i = 1; i <= YG_SEEN_SMALL; i++)
        yg_seen_mark(set, YG_SEEN_SMALL, i, UINT32_MAX);
    for (uint64_t i = 101; i <= 105; i++)
        yg_seen_mark(set, YG_SEEN_SMALL, i, 100000);
    assert_int_equal(yg_seen_count(set, YG_SEEN_SMALL, 100000, 3600), 5);
}

static void sets_forget(void **state)
{
    const uint32_t most = YG_SEEN_SMALL;
    uint32_t set[YG_SEEN_WORDS(YG_SEEN_SMALL)] = { 0 };

    (void)state;
    yg_seen_mark(set, most, 7, 10000);
    assert_int_equal(yg_seen_count(set, most, 10000, 3600), 1);
    assert_int_equal(yg_seen_count(set, most, 13599, 3600), 1);
    assert_int_equal(yg_seen_count(set, most, 13600, 3600), 0);
    assert_int_equal(yg_seen_count(set, most, 9999, 3600), 0); /* the future */
    yg_seen_mark(set, most, 7, 9000);                          /* late: no change */
    assert_int_equal(yg_seen_count(set, most, 10000, 3600), 1);
    yg_seen_mark(set, most, 7, UINT32_MAX);
    yg_seen_mark(set, most, 7, 20000); /* not believed */
    assert_int_equal(yg_seen_count(set, most, 20000, 3600), 1);
    yg_seen_unmark(set, most, 7);
    assert_int_equal(yg_seen_count(set, most, 20000, 3600), 0);
    assert_int_equal(yg_seen_count(set, most, 10, 3600), 0); /* in 1970 */
    assert_int_equal(yg_profile_second(-1e300), 1);
    assert_int_equal(yg_profile_second(NAN), 1);
    assert_int_equal(yg_profile_second(1e300), UINT32_MAX);
}

/* A stream moved by weeks has the same differences, to the last bit. */
static void times_move_by_whole_weeks(void **state)
{
    const int64_t week = INT64_C(604800000000000);
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED);
    for (int i = 0; i < 100000; i++) {
        int64_t a = (int64_t)(yg_rng_u64(&r) % (UINT64_C(1) << 61));
        int64_t b = a + (int64_t)(yg_rng_u64(&r) >> (2 + i % 60)), by = (i % 400) * week;
        double before = yg_count_time(b) - yg_count_time(a);
        double after = yg_count_time(b + by) - yg_count_time(a + by);
        if (before != after || fabs(before - (double)(b - a) * 1e-9) > 4e-6)
            fail_msg("%lld, %lld, %d weeks: %.9f, %.9f", (long long)a, (long long)b,
                     i % 400, before, after);
    }
}

static void uneven_gaps_have_a_variance(void **state)
{
    static const double at[] = { 0, 10, 40, 50 }; /* gaps 10, 30, 10 */
    struct yg_count c;

    (void)state;
    memset(&c, 0, sizeof(c));
    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        yg_count_decay(&c, START + at[i]);
        yg_count_add(&c, START + at[i]);
    }
    /* m: 10, 12, 11.8; v: 0, 0.9 * 40, 0.9 * (36 + 0.4) */
    assert_true(fabsf(c.gap - 11.8F) < 1e-4F);
    assert_true(fabsf(c.var - 32.76F) < 1e-3F);
}

/* A steady minute's worth gives 60 an hour and 1,440 a day at any minute. */
static void activity_slides(void **state)
{
    static struct yg_activity_ring r;
    float one[YG_ACT_COUNT] = { 1, 2, 3 };
    uint32_t t = 486000U * 3600U;

    (void)state;
    memset(&r, 0, sizeof(r));
    for (uint32_t i = 0; i < 300 * 60; i++) {
        yg_activity_add(&r, t + i * 60, one);
        if (i < 25 * 60)
            continue;
        struct yg_activity_sums s = yg_activity_sum(&r, t + i * 60);
        if (fabsf(s.hour[0] - 60.5F) > 1 || fabsf(s.day[0] - 1440.5F) > 1)
            fail_msg("minute %u: %g an hour, %g a day", i, (double)s.hour[0],
                     (double)s.day[0]);
        assert_true(fabsf(s.day[2] - 3 * s.day[0]) < 0.1F);
    }
}

static void activity_meets_late_records(void **state)
{
    static struct yg_activity_ring r;
    float one[YG_ACT_COUNT] = { 1, 2, 3 };
    uint32_t t = 486000U * 3600U;

    (void)state;
    memset(&r, 0, sizeof(r));
    for (uint32_t i = 0; i < 100; i++)
        yg_activity_add(&r, t + i * 3600, one);
    /* Another device's file, imported later, starts four days earlier. */
    yg_activity_add(&r, t + 10, one);
    assert_true(yg_activity_sum(&r, t + 3599).hour[0] == 2);
    /* Eight days earlier is too late: that bucket is of a later week. */
    yg_activity_add(&r, t - 8 * 86400, one);
    assert_true(yg_activity_sum(&r, t - 8 * 86400).hour[0] == 0);
    assert_true(yg_activity_sum(&r, t + 3599).hour[0] == 2);
    /* The far future's bucket (the same as that of hour 102) is not believed. */
    yg_activity_add(&r, UINT32_MAX, one);
    yg_activity_add(&r, t + 102 * 3600, one);
    assert_true(yg_activity_sum(&r, t + 102 * 3600).hour[0] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_match_the_definition),
        cmocka_unit_test(steady_gaps_are_regular),
        cmocka_unit_test(late_events_move_nothing_back),
        cmocka_unit_test(sets_count_exactly),
        cmocka_unit_test(a_set_full_of_the_far_future_serves_again),
        cmocka_unit_test(sets_forget),
        cmocka_unit_test(times_move_by_whole_weeks),
        cmocka_unit_test(uneven_gaps_have_a_variance),
        cmocka_unit_test(activity_slides),
        cmocka_unit_test(activity_meets_late_records),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
