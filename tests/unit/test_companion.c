/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "policy/companion.h"
#include "policy/decide.h"

#include <stdlib.h>

#define MIN         ((int64_t)60 * 1000000000)
#define MOST_ALERTS 400

struct alert {
    int minute;
    uint64_t a, b; /* addresses */
    bool grave;
    bool open; /* in the end */
};

static struct yg_companion companion(const struct alert *x, uint64_t mark)
{
    return (struct yg_companion){ .time_ns = 1000000 * MIN + x->minute * MIN,
                                  .address = { x->a, x->b, x->a },
                                  .mark = mark };
}

static void on_open(void *arg, const struct yg_companion *a)
{
    bool *open = arg;

    assert_false(open[a->mark]); /* once each */
    open[a->mark] = true;
}

/* Every alert that is not grave would close but for its companions. */
static void one_by_one(struct yg_companions *c, const struct alert *x, size_t n,
                       bool *open)
{
    for (size_t i = 0; i < n; i++) {
        struct yg_companion a = companion(&x[i], i);
        open[i] = x[i].grave || yg_companions_held(c, &a);
        yg_companions_add(c, &a, x[i].grave, !open[i], on_open, open);
    }
}

static void all_at_once(const struct alert *x, size_t n, bool *open)
{
    struct yg_judged *a = calloc(n, sizeof(*a));

    assert_non_null(a);
    for (size_t i = 0; i < n; i++)
        a[i] = (struct yg_judged){ .time_ns = companion(&x[i], 0).time_ns,
                                   .address = { x[i].a, x[i].b, x[i].a },
                                   .predicted = x[i].grave ? YG_LEVEL_L4 : YG_LEVEL_FP,
                                   .gates = YG_GATE_BIT(COMPANION) };
    assert_int_equal(yg_companions_mark(a, n, YG_LEVEL_L3), YG_OK);
    for (size_t i = 0; i < n; i++)
        open[i] = x[i].grave || (a[i].gates & YG_GATE_BIT(COMPANION)) != 0;
    free(a);
}

static void cases(void **state)
{
    static const struct {
        const char *name;
        size_t n;
        struct alert x[6];
    } table[] = {
        { "alone", 1, { { 0, 1, 2, false, false } } },
        { "after a graver one",
          2,
          { { 0, 1, 2, true, true }, { 59, 3, 1, false, true } } },
        { "before a graver one",
          2,
          { { 0, 3, 2, false, true }, { 60, 1, 2, true, true } } },
        { "an hour and a minute apart",
          2,
          { { 0, 1, 2, false, false }, { 61, 1, 2, true, true } } },
        { "other addresses", 2, { { 0, 1, 2, true, true }, { 1, 3, 4, false, false } } },
        { "no address", 2, { { 0, 0, 0, true, true }, { 1, 0, 0, false, false } } },
        { "not by way of a third",
          3,
          { { 0, 1, 2, true, true },
            { 1, 2, 3, false, true },
            { 2, 3, 4, false, false } } },
        { "a late record",
          3,
          { { 10, 1, 2, true, true },
            { 0, 1, 9, false, true },
            { 90, 1, 9, false, false } } },
        { "both sides the same",
          3,
          { { 0, 5, 5, false, true },
            { 0, 5, 6, false, true },
            { 5, 5, 7, true, true } } },
        { "between two graver ones",
          3,
          { { 0, 1, 2, true, true },
            { 50, 1, 3, false, true },
            { 100, 1, 4, true, true } } },
        { "after one that a wrong clock made",
          3,
          { { 1000000, 1, 2, true, true },
            { 5, 1, 2, true, true },
            { 6, 1, 3, false, true } } },
    };
    bool open[6];

    (void)state;
    for (size_t t = 0; t < YG_ARRAY_LEN(table); t++) {
        struct yg_companions *c = yg_companions_new(100);
        assert_non_null(c);
        one_by_one(c, table[t].x, table[t].n, open);
        for (size_t i = 0; i < table[t].n; i++)
            if (open[i] != table[t].x[i].open)
                fail_msg("%s: alert %d one by one", table[t].name, (int)i);
        all_at_once(table[t].x, table[t].n, open);
        for (size_t i = 0; i < table[t].n; i++)
            if (open[i] != table[t].x[i].open)
                fail_msg("%s: alert %d at once", table[t].name, (int)i);
        yg_companions_free(c);
    }
}

/* In order of time the two ways agree on any stream. */
static void any_stream(void **state)
{
    struct yg_rng r;
    struct alert x[MOST_ALERTS];
    bool one[MOST_ALERTS], all[MOST_ALERTS];
    size_t opened = 0;

    (void)state;
    print_message("# seed 5\n");
    yg_rng_init(&r, 5);
    for (int round = 0; round < 200; round++) {
        int minute = 0;
        for (size_t i = 0; i < MOST_ALERTS; i++) {
            minute += (int)yg_rng_below(&r, 6);
            x[i] = (struct alert){ .minute = minute,
                                   .a = yg_rng_below(&r, 30),
                                   .b = yg_rng_below(&r, 30),
                                   .grave = yg_rng_below(&r, 50) == 0 };
        }
        struct yg_companions *c = yg_companions_new(1000);
        one_by_one(c, x, MOST_ALERTS, one);
        all_at_once(x, MOST_ALERTS, all);
        for (size_t i = 0; i < MOST_ALERTS; i++) {
            if (one[i] != all[i])
                fail_msg("round %d: alert %d", round, (int)i);
            opened += all[i];
        }
        assert_int_equal(yg_companions_forgotten(c), 0);
        yg_companions_free(c);
    }
    assert_true(opened > 1000 && opened < 200 * MOST_ALERTS - 1000);
}

/* Memory is bounded, and what is forgotten is counted. */
static void a_flood(void **state)
{
    struct yg_companions *c = yg_companions_new(64);
    bool open[5000];

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(open); i++) {
        struct alert x = { (int)(i / 100), i + 1, i + 2, i % 97 == 0, false };
        struct yg_companion a = companion(&x, i);
        open[i] = x.grave;
        yg_companions_add(c, &a, x.grave, !x.grave, on_open, open);
    }
    assert_true(yg_companions_forgotten(c) > 0);
    yg_companions_free(c);
}

/* A flood of harmless alerts from everywhere, all within the hour. */
static void flood(struct yg_companions *c, uint64_t from, size_t n, bool grave,
                  uint32_t risk)
{
    for (size_t i = 0; i < n; i++) {
        struct alert x = { (int)(from % 7) + 1, from + 2 * i, from + 2 * i + 1, grave,
                           false };
        struct yg_companion a = companion(&x, 0);
        a.risk = risk;
        yg_companions_add(c, &a, grave, !grave, NULL, NULL);
    }
}

static bool is_held(const struct yg_companions *c, int minute, uint64_t address)
{
    struct alert x = { minute, address, 0, false, false };
    struct yg_companion a = companion(&x, 0);

    return yg_companions_held(c, &a);
}

/* A closed alert at `address`; and a grave one: was that opened again? */
static void close_one(struct yg_companions *c, uint64_t address, uint32_t risk)
{
    struct alert x = { 1, address, 0, false, false };
    struct yg_companion a = companion(&x, 0);

    a.risk = risk;
    yg_companions_add(c, &a, false, true, NULL, NULL);
}

static void count(void *arg, const struct yg_companion *a)
{
    (void)a;
    ++*(unsigned *)arg;
}

static bool is_opened(struct yg_companions *c, uint64_t address)
{
    struct alert x = { 40, address, 0, true, false };
    struct yg_companion a = companion(&x, 0);
    unsigned opened = 0;

    yg_companions_add(c, &a, true, false, count, &opened);
    return opened > 0;
}

/* It makes neither the grave one forgotten nor the closed ones that are more dangerous.
 */
static void harmless_flood_hides_nothing(void **state)
{
    static const struct {
        uint32_t most, dangerous;
    } cases[] = { { 3, 1 }, { 3, 3 }, { 7, 6 }, { 8, 8 }, { 64, 64 }, { 1000, 500 } };

    (void)state;
    for (size_t k = 0; k < YG_ARRAY_LEN(cases); k++) {
        struct yg_companions *c = yg_companions_new(cases[k].most);
        struct alert grave = { 0, 1, 2, true, false };
        struct yg_companion a = companion(&grave, 0);
        yg_companions_add(c, &a, true, false, NULL, NULL);
        for (uint32_t i = 0; i < cases[k].dangerous; i++)
            close_one(c, 100 + i, 1000);
        for (uint64_t round = 1; round <= 20; round++)
            flood(c, round * 1000000, cases[k].most, false, 10 + (uint32_t)round);
        assert_true(yg_companions_forgotten(c) > 0);
        assert_true(is_held(c, 30, 1));
        assert_true(is_held(c, 60, 2));
        assert_false(is_held(c, 61, 1));
        assert_false(is_held(c, 30, 3));
        for (int i = 0; cases[k].dangerous < cases[k].most && i < 20; i++)
            close_one(c, 99, 500); /* takes a harmless one's place */
        assert_int_equal(is_opened(c, 99), cases[k].dangerous < cases[k].most);
        for (uint32_t i = 0; i < cases[k].dangerous; i++)
            assert_true(is_opened(c, 100 + i));
        yg_companions_free(c);
    }
}

/* Grave ones from everywhere: what there is no room for holds all, for its hour. */
static void grave_flood_holds_all(void **state)
{
    struct yg_companions *c = yg_companions_new(100);

    (void)state;
    flood(c, 1000, 40, true, 0); /* minute 7: 80 addresses */
    assert_true(is_held(c, 60, 1000));
    assert_true(is_held(c, 60, 1079));
    assert_false(is_held(c, 60, 5));
    assert_int_equal(yg_companions_forgotten(c), 0);
    flood(c, 7001, 40, true, 0); /* minute 2, 20 of them find room */
    assert_int_equal(yg_companions_forgotten(c), 60);
    assert_true(is_held(c, 60, 1000));
    assert_true(is_held(c, 60, 7001));
    assert_true(is_held(c, 60, 7080));
    assert_true(is_held(c, 60, 5));
    assert_false(is_held(c, 60, 0));
    assert_false(is_held(c, 63, 5));
    assert_true(is_held(c, 63, 1079));
    for (int hour = 2; hour < 50; hour++) { /* what is over makes room */
        for (uint64_t i = 0; i < 10; i++) {
            struct alert x = { hour * 60, 90000 + (uint64_t)hour * 10 + i, 0, true,
                               false };
            struct yg_companion a = companion(&x, 0);
            yg_companions_add(c, &a, true, false, NULL, NULL);
        }
        if (hour > 3)
            assert_false(is_held(c, hour * 60, 5));
        assert_true(is_held(c, hour * 60, 90000 + (uint64_t)hour * 10));
    }
    yg_companions_free(c);
}

/* Each alert is opened once, and those that are open cost the next graver ones nothing:
 * walked past again and again, these would take a minute. */
static void many_graver_ones(void **state)
{
    const size_t n = 50000;
    struct yg_companions *c = yg_companions_new(65536);
    bool *open = calloc(2 * n, sizeof(*open));

    (void)state;
    assert_non_null(c);
    assert_non_null(open);
    for (size_t i = 0; i < 2 * n; i++) {
        struct alert x = { (int)(i / 10000), 1, i % 2 ? 2 : 3, i >= n, false };
        struct yg_companion a = companion(&x, i);
        yg_companions_add(c, &a, x.grave, !x.grave, on_open, open);
    }
    for (size_t i = 0; i < n; i++)
        assert_true(open[i]);
    free(open);
    yg_companions_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(any_stream),
        cmocka_unit_test(a_flood),
        cmocka_unit_test(harmless_flood_hides_nothing),
        cmocka_unit_test(grave_flood_holds_all),
        cmocka_unit_test(many_graver_ones),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
