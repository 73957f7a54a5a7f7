/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "base/rng.h"
#include "base/status.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define S YG_NS_PER_S

/* 2026-01-31T23:59:59Z */
#define T INT64_C(1769903999)

static void iso_times(void **state)
{
    static const struct {
        const char *text;
        int offset, used;
        int64_t ns;
    } row[] = {
        { "2026-01-31T23:59:59Z", 540, 0, T * S },
        { "2026-01-31t23:59:59z", 0, 0, T * S },
        { "2026-01-31 23:59:59", 0, 0, T * S },
        { "2026-02-01 08:59:59", 540, 540, T * S },
        { "2026/01/31 23:59:59", 0, 0, T * S },
        { "2026-02-01T08:59:59+09:00", 0, 540, T * S },
        { "2026-02-01T08:59:59+0900", 0, 540, T * S },
        { "2026-02-01T08:59:59 +09", 0, 540, T * S },
        { "2026-01-31T20:29:59-03:30", 0, -210, T * S },
        { "2026-01-31T23:59:59.5Z", 0, 0, T * S + S / 2 },
        { "2026-01-31T23:59:59,123456+0000", 0, 0, T * S + 123456000 },
        { "2026-01-31T23:59:59.123456789Z", 0, 0, T * S + 123456789 },
        { "2026-01-31T23:59:59.1234567891234Z", 0, 0, T * S + 123456789 },
        { "2026-01-31T23:59:60Z", 0, 0, (T + 1) * S },
        { "1970-01-01T00:00:00Z", 0, 0, 0 },
        { "1969-12-31T23:59:59.75Z", 0, 0, -S / 4 },
        { "2000-02-29T00:00:00Z", 0, 0, INT64_C(951782400) * S },
        { "2262-04-11T23:47:15Z", 0, 0, INT64_C(9223372035) * S },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        int64_t ns = 1;
        int used = 1;
        if (!yg_time_iso(yg_str_of(row[i].text), row[i].offset, &ns, &used) ||
            ns != row[i].ns || used != row[i].used)
            fail_msg("%s: %" PRId64 " offset %d", row[i].text, ns, used);
        assert_true(yg_time_iso(yg_str_of(row[i].text), row[i].offset, &ns, NULL));
    }
}

static void not_iso_times(void **state)
{
    static const char *const text[] = {
        "",
        "2026",
        "2026-01-31",
        "2026-01-31T23:59",
        "2026-01-31T23:59:59.Z",
        "2026-01-31T23:59:59x",
        "2026-01-31T23:59:59Zx",
        "2026-01-31T23:59:59+9",
        "2026-01-31T23:59:59+24:00",
        "2026-01-31T23:59:59+09:60",
        "2026-01-31T23:59:59+09:0",
        "2026-13-31T23:59:59Z",
        "2026-00-31T23:59:59Z",
        "2026-01-32T23:59:59Z",
        "2026-01-00T23:59:59Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T23:60:00Z",
        "2026-01-31T23:59:61Z",
        "+026-01-31T23:59:59Z",
        "2026-1-31T23:59:59Z",
        "2262-04-12T00:00:00Z",
        "9999-01-01T00:00:00Z",
        "1600-01-01T00:00:00Z",
        "Jan 31 23:59:59",
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++) {
        int64_t ns = 77;
        int used = 77;
        if (yg_time_iso(yg_str_of(text[i]), 0, &ns, &used) || ns != 77 || used != 77)
            fail_msg("\"%s\": %" PRId64, text[i], ns);
    }
}

static void epochs(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t ns;
    } row[] = {
        { "1642213952", true, INT64_C(1642213952) * S },
        { "1642213952.000001", true, INT64_C(1642213952) * S + 1000 },
        { "0.123456789012", true, 123456789 },
        { "-1.5", true, -1500000000 },
        { "-0.5", true, -500000000 },
        { "9223372035", true, INT64_C(9223372035) * S },
        { "9223372037", false, 0 },
        { "99999999999999999999", false, 0 },
        { "", false, 0 },
        { ".", false, 0 },
        { ".5", false, 0 },
        { "1.", false, 0 },
        { "1.5x", false, 0 },
        { "1e9", false, 0 },
        { "-", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        int64_t ns = 77;
        bool good = yg_time_epoch(yg_str_of(row[i].text), &ns);
        if (good != row[i].good || ns != (good ? row[i].ns : 77))
            fail_msg("\"%s\": %" PRId64, row[i].text, ns);
    }
}

static void epochs_in_units(void **state)
{
    int64_t ns = 77;

    (void)state;
    assert_true(yg_time_epoch_unit(YG_STR("1642213952123"), 3, &ns));
    assert_true(ns == INT64_C(1642213952123) * 1000000);
    assert_true(yg_time_epoch_unit(YG_STR("-5"), 9, &ns) && ns == -5);
    assert_true(yg_time_epoch_unit(YG_STR("7"), 0, &ns) && ns == 7 * S);
    assert_true(yg_time_epoch_unit(YG_STR("9223372036854775807"), 9, &ns));
    ns = 77;
    assert_false(yg_time_epoch_unit(YG_STR("9223372036855"), 3, &ns));
    assert_false(yg_time_epoch_unit(YG_STR("1.5"), 3, &ns));
    assert_false(yg_time_epoch_unit(YG_STR("1"), 10, &ns));
    assert_int_equal(ns, 77);
}

static void text_and_back(void **state)
{
    static const uint64_t seed = 20260131;
    struct yg_rng rng;
    char text[YG_TIME_TEXT_MAX];

    (void)state;
    print_message("# seed %" PRIu64 "\n", seed);
    yg_rng_init(&rng, seed);
    assert_string_equal(yg_time_text(T * S + 5000, text), "2026-01-31T23:59:59.000005Z");
    assert_string_equal(yg_time_text(-1000, text), "1969-12-31T23:59:59.999999Z");
    for (int i = 0; i < 20000; i++) {
        int64_t us = (int64_t)yg_rng_below(&rng, UINT64_C(9100000000000000)), back = 0;
        if (i % 2)
            us = -us;
        assert_true(
            yg_time_iso(yg_str_of(yg_time_text(us * 1000, text)), 99, &back, NULL));
        if (back != us * 1000)
            fail_msg("%s: %" PRId64 " is not %" PRId64, text, back, us * 1000);
    }
}

/* Against the C library's calendar, one day in every month of the range. */
static void days(void **state)
{
    (void)state;
    for (int year = 1678; year <= 2262; year++) {
        for (int month = 1; month <= 12; month++) {
            int day = 1 + (year + month) % 28;
            struct tm tm = { .tm_year = year - 1900,
                             .tm_mon = month - 1,
                             .tm_mday = day };
            assert_true(yg_days_of(year, month, day) * 86400 == (int64_t)timegm(&tm));
        }
    }
}

static void clocks(void **state)
{
    struct yg_clock manual = yg_clock_manual(5), real = yg_clock_real();
    int64_t before = (int64_t)time(NULL) - 1;

    (void)state;
    assert_true(yg_clock_now(&manual) == 5);
    manual.manual_ns = 6;
    assert_true(yg_clock_now(&manual) == 6);
    assert_true(yg_clock_now(&real) >= before * S);
    double wall = yg_clock_wall(), cpu = yg_clock_cpu();
    assert_true(yg_clock_wall() >= wall && yg_clock_cpu() >= cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iso_times),     cmocka_unit_test(not_iso_times),
        cmocka_unit_test(epochs),        cmocka_unit_test(epochs_in_units),
        cmocka_unit_test(text_and_back), cmocka_unit_test(days),
        cmocka_unit_test(clocks),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
