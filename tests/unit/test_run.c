/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "policy/run.h"

#include <string.h>

#define S   INT64_C(1000000000)
#define MIN (60 * S)
#define H   (60 * MIN)

static struct yg_run add(struct yg_runs *r, uint64_t entity, int64_t t, unsigned char id)
{
    unsigned char full[YG_ID_SIZE] = { id };

    return yg_runs_add(r, entity, 77, t, full);
}

static void cases(void **state)
{
    static const struct {
        const char *what;
        uint64_t entity;
        int64_t t;
        uint64_t run;
        bool fresh;
    } t[] = {
        { "first alert starts a run", 1, 0, 0, true },
        { "a gap just under 30 min goes on", 1, 30 * MIN - 1, 0, false },
        { "another entity has its own", 2, 30 * MIN - 1, 1, true },
        { "a gap of exactly 30 min does not", 1, 60 * MIN - 1, 2, true },
        { "late, inside run 0", 1, 10 * MIN, 0, false },
        { "late, between: both reach, run 0 is nearer", 1, 44 * MIN, 0, false },
        { "late, between: run 2 is nearer", 1, 53 * MIN, 2, false },
        { "equal times", 1, 60 * MIN - 1, 2, false },
        { "far in the past", 1, -H, 3, true },
        { "and on from there", 1, -31 * MIN, 3, false },
        { "the end of time", 1, INT64_MAX, 4, true },
        { "the beginning of time", 1, INT64_MIN, 5, true },
        { "the end of time again", 1, INT64_MAX, 4, false },
    };
    struct yg_runs *r = yg_runs_new(64);

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct yg_run g = add(r, t[i].entity, t[i].t, (unsigned char)i);
        if (g.number != t[i].run || g.fresh != t[i].fresh)
            fail_msg("%s: run %d fresh %d", t[i].what, (int)g.number, g.fresh);
    }
    assert_int_equal(yg_runs_stats(r).runs, 6);
    assert_int_equal(yg_runs_stats(r).alerts, YG_ARRAY_LEN(t));
    yg_runs_free(r);
}

static void identity(void **state)
{
    struct yg_runs *r = yg_runs_new(64);
    struct yg_run a = add(r, 1, 100 * MIN, 7), b = add(r, 1, 90 * MIN, 8);

    (void)state;
    assert_int_equal(a.id[0], 7);
    assert_int_equal(b.id[0], 7); /* the id is out already, though b is older */
    assert_true(b.first_ns == 90 * MIN && b.last_ns == 100 * MIN);
    yg_runs_free(r);
}

static void cut_at_24_h(void **state)
{
    struct yg_runs *r = yg_runs_new(64);
    struct yg_run g;

    (void)state;
    for (int64_t t = 0; t < 24 * H; t += 10 * MIN) {
        g = add(r, 1, t, 1);
        assert_int_equal(g.number, 0);
    }
    g = add(r, 1, 24 * H - 1, 1);
    assert_int_equal(g.number, 0);
    g = add(r, 1, 24 * H, 2);
    assert_true(g.number == 1 && g.fresh && g.first_ns == 24 * H);
    /* a late alert may not stretch a run past 24 h backwards either */
    g = add(r, 1, -1, 3);
    assert_int_equal(g.number, 2);
    yg_runs_free(r);
}

/* A full set: the run longest without an alert gives way, and only a live one counts. */
static void bounded(void **state)
{
    struct yg_runs *r = yg_runs_new(8);
    uint64_t last = 0;

    (void)state;
    for (uint64_t e = 1; e <= 8; e++)
        last = add(r, e, (int64_t)e, 1).number;
    assert_int_equal(last, 7);
    assert_int_equal(add(r, 1, 10, 1).number, 0);
    assert_int_equal(yg_runs_stats(r).evicted, 0);
    assert_int_equal(add(r, 9, 11, 1).number, 8); /* takes the place of entity 2 */
    assert_int_equal(yg_runs_stats(r).evicted, 1);
    assert_int_equal(add(r, 1, 12, 1).number, 0);
    assert_int_equal(add(r, 2, 13, 1).number,
                     9); /* a new run: the old one is forgotten */
    assert_int_equal(yg_runs_stats(r).evicted, 2);
    assert_int_equal(add(r, 10, 5 * H, 1).number, 10);
    assert_int_equal(yg_runs_stats(r).evicted, 2); /* idle for hours: nothing is lost */
    yg_runs_free(r);
}

/* The straightforward definition over a sorted list, for streams in time order. */
static void against_definition(void **state)
{
    const uint64_t seed = 30;
    struct yg_rng rng;
    struct yg_runs *r = yg_runs_new(1024);
    struct {
        int64_t first, last;
        uint64_t run;
    } s[20] = { 0 };
    bool have[20] = { 0 };
    int64_t t = 0;
    uint64_t runs = 0;

    (void)state;
    print_message("# seed %llu\n", (unsigned long long)seed);
    yg_rng_init(&rng, seed);
    for (int i = 0; i < 50000; i++) {
        t += (int64_t)yg_rng_below(&rng, 3 * 60) * S;
        size_t e = yg_rng_below(&rng, 20);
        if (!have[e] || t - s[e].last >= 30 * MIN || t - s[e].first >= 24 * H) {
            s[e].first = t;
            s[e].run = runs++;
            have[e] = true;
        }
        s[e].last = t;
        assert_true(add(r, e + 1, t, 0).number == s[e].run);
    }
    assert_true(runs > 1000);
    yg_runs_free(r);
    yg_runs_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(identity),
        cmocka_unit_test(cut_at_24_h),
        cmocka_unit_test(bounded),
        cmocka_unit_test(against_definition),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
