/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/burst.h"

/* cmocka.h needs these first. */
/* clang-format off */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define HOUR INT64_C(3600000000000)
#define DAY  (24 * HOUR)

/* `n` alerts of a signature spread over the hour that begins at `t`; how many are held.
 */
static unsigned hour(struct yg_bursts *b, uint64_t signature, int64_t t, unsigned n)
{
    unsigned held = 0;

    for (unsigned i = 0; i < n; i++)
        held += yg_bursts_hold(b, signature, t + i * (HOUR / (n + 1)));
    return held;
}

/* Each case: a habit of `days` days, by night and by day, then one hour of `now`. */
static const struct {
    const char *name;
    unsigned days, night, day, at, now, held_least, held_most;
} cases[] = {
    { "nothing known, few", 0, 0, 0, 0, 200, 0, 0 },
    { "nothing known, many", 0, 0, 0, 0, 1000, 800, 800 },
    { "as always", 7, 1000, 1000, 3, 1000, 0, 0 },
    { "a fifth more", 7, 1000, 1000, 3, 1200, 0, 60 },
    { "ten times as many", 7, 1000, 1000, 3, 10000, 8500, 8999 },
    { "a quiet one that grows within the floor", 7, 1, 1, 3, 200, 0, 0 },
    { "a quiet one that explodes", 7, 1, 1, 3, 5000, 4800, 4800 },
    { "the busy hour of every day", 14, 10, 3000, 12, 3000, 0, 0 },
    { "as many at night", 14, 10, 3000, 2, 9000, 1, 9000 },
};

static void habits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct yg_bursts *b = yg_bursts_new(1024);
        assert_non_null(b);
        int64_t t = 1000 * DAY;
        for (unsigned d = 0; d < cases[i].days; d++)
            for (unsigned h = 0; h < 24; h++, t += HOUR)
                hour(b, 7, t, h >= 8 && h < 18 ? cases[i].day : cases[i].night);
        t += cases[i].at * HOUR;
        for (unsigned h = 0; cases[i].days > 0 && h < cases[i].at; h++)
            hour(b, 7, t - (cases[i].at - h) * HOUR,
                 h >= 8 && h < 18 ? cases[i].day : cases[i].night);
        unsigned held = hour(b, 7, t, cases[i].now);
        if (held < cases[i].held_least || held > cases[i].held_most)
            fail_msg("%s: held %u of %u", cases[i].name, held, cases[i].now);
        /* Another signature has a past of its own. */
        assert_int_equal(hour(b, 8, t, 150), 0);
        yg_bursts_free(b);
    }
}

static void a_day_makes_a_habit(void **state)
{
    struct yg_bursts *b = yg_bursts_new(64);
    int64_t t = 5 * DAY;
    unsigned first = hour(b, 1, t, 2000), held = first;

    (void)state;
    for (unsigned h = 1; h < 48; h++)
        held = hour(b, 1, t + h * HOUR, 2000);
    assert_int_equal(first, 1800);
    assert_int_equal(held, 0);
    assert_true(yg_bursts_tripped(b) >= 1 && yg_bursts_tripped(b) < 24);
    assert_true(yg_bursts_forecast(b, 1) > 2000);
    yg_bursts_free(b);
}

static void odd_clocks(void **state)
{
    struct yg_bursts *b = yg_bursts_new(64);
    unsigned held = 0;

    (void)state;
    /* Going back an hour and forth again starts no new count. */
    for (unsigned i = 0; i < 1000; i++)
        held += yg_bursts_hold(b, 3, 100 * DAY - (i % 2) * HOUR);
    assert_int_equal(held, 800);
    (void)yg_bursts_hold(b, 3, INT64_MAX);
    (void)yg_bursts_hold(b, 3, INT64_MIN);
    (void)yg_bursts_hold(b, 0, -1);
    assert_true(yg_bursts_forecast(b, 99) >= YG_BURST_FLOOR);
    yg_bursts_free(b);
}

static void bounded(void **state)
{
    struct yg_bursts *b = yg_bursts_new(64);

    (void)state;
    for (uint64_t s = 1; s < 100000; s++)
        assert_false(yg_bursts_hold(b, s * 0x9e3779b97f4a7c15U, 0));
    yg_bursts_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(habits),
        cmocka_unit_test(a_day_makes_a_habit),
        cmocka_unit_test(odd_clocks),
        cmocka_unit_test(bounded),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
