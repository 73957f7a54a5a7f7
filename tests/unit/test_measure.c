/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/measure.h"
#include "policy/measure_print.h"
#include "policy/naive.h"

#include <math.h>
#include <string.h>

#define MIN (INT64_C(60) * 1000000000)

#define FP YG_LEVEL_FP
#define L1 YG_LEVEL_L1
#define L2 YG_LEVEL_L2
#define L3 YG_LEVEL_L3
#define L4 YG_LEVEL_L4
#define NO YG_LEVEL_NONE

/* A small world worked out by hand; closed = risk below 100 and no gate.
 *   tenant 0: entity 1 (cluster A): run 1 two FP, one closed; run 2 an L3, closed
 *             entity 2 (cluster B): run 3 an FP, closed; run 4 an L4 threat of four
 *             alerts: closed at 0 and 2 min, open at 9 and at 5 min
 *             entity 3 (cluster C): run 5 an FP held by a gate
 *   tenant 1: entity 1 (cluster D): run 6 an L2 closed, an L1 open, one not judged */
static const struct yg_judged world[] = {
    { .run = 1,
      .entity = 1,
      .signature = 11,
      .risk = 50,
      .level = FP,
      .predicted = FP,
      .closed = 1 },
    { .run = 1, .entity = 1, .signature = 11, .risk = 150, .level = FP, .predicted = L2 },
    { .run = 2,
      .entity = 1,
      .signature = 12,
      .risk = 60,
      .level = L3,
      .predicted = FP,
      .closed = 1 },
    { .run = 3,
      .entity = 2,
      .signature = 11,
      .risk = 20,
      .level = FP,
      .predicted = FP,
      .closed = 1 },
    { .run = 4,
      .entity = 2,
      .signature = 13,
      .risk = 70,
      .level = L4,
      .predicted = L3,
      .time_ns = 0,
      .incident = 5,
      .closed = 1 },
    { .run = 4,
      .entity = 2,
      .signature = 13,
      .risk = 80,
      .level = L4,
      .predicted = L4,
      .time_ns = 2 * MIN,
      .incident = 5,
      .closed = 1 },
    { .run = 4,
      .entity = 2,
      .signature = 13,
      .risk = 900,
      .level = L3,
      .predicted = L4,
      .time_ns = 5 * MIN,
      .incident = 5 },
    { .run = 4,
      .entity = 2,
      .signature = 13,
      .risk = 910,
      .level = L3,
      .predicted = L4,
      .time_ns = 9 * MIN,
      .incident = 5 },
    { .run = 5,
      .entity = 3,
      .signature = 14,
      .risk = 10,
      .level = FP,
      .predicted = NO,
      .gates = 4 },
    { .run = 6,
      .entity = 1,
      .signature = 15,
      .risk = 30,
      .level = L2,
      .predicted = L2,
      .tenant = 1,
      .closed = 1 },
    { .run = 6,
      .entity = 1,
      .signature = 15,
      .risk = 130,
      .level = L1,
      .predicted = L2,
      .tenant = 1 },
    { .run = 6,
      .entity = 1,
      .signature = 15,
      .risk = 1,
      .level = NO,
      .predicted = FP,
      .tenant = 1,
      .closed = 1 },
};
#define N (sizeof(world) / sizeof(world[0]))

static void by_hand(void **state)
{
    struct yg_measures m;
    uint64_t right, judged, predicted;

    (void)state;
    assert_int_equal(yg_measure(world, N, YG_LEVEL_L3, 2, &m), YG_OK);
    const struct yg_measure *a = &m.all, *t0 = &m.tenant[0], *t1 = &m.tenant[1];
    assert_true(a->rows == 12 && a->unjudged == 1 && a->gated == 1);
    assert_true(a->level[FP].alerts == 4 && a->level[FP].alerts_closed == 2);
    assert_true(a->level[L1].alerts == 1 && a->level[L1].alerts_closed == 0);
    assert_true(a->level[L2].alerts == 1 && a->level[L2].alerts_closed == 1);
    assert_true(a->level[L3].alerts == 3 && a->level[L3].alerts_closed == 1);
    assert_true(a->level[L4].alerts == 2 && a->level[L4].alerts_closed == 2);
    assert_true(a->level[FP].runs == 3 && a->level[FP].runs_closed == 2);
    assert_true(a->level[L2].runs == 1 && a->level[L2].runs_closed == 1);
    assert_true(a->level[L3].runs == 1 && a->level[L4].runs == 1);
    assert_true(a->level[L3].threats == 1 && a->level[L3].lost == 1);
    assert_true(a->level[L3].wholly == 1);
    assert_true(a->level[L4].threats == 1 && a->level[L4].lost == 1);
    assert_true(a->level[L4].wholly == 0);
    assert_true(a->runs_missed == 2 && a->clusters == 4 && a->clusters_closing == 3);
    /* clusters: A closes runs 1, 2 and misses 2; B closes 3, 4 and misses 4; D closes 6
     */
    assert_true(fabs(a->for_cluster - (0.5 + 0.5 + 0) / 3) < 1e-12);
    assert_true(fabs(t0->for_cluster - 0.5) < 1e-12);
    assert_true(t1->for_cluster == 0 && t1->clusters_closing == 1);
    assert_true(t0->rows == 9 && t1->rows == 3);
    assert_true(a->confusion[FP][FP] == 2 && a->confusion[FP][L2] == 1);
    assert_true(a->confusion[FP][YG_LEVEL_COUNT] == 1 && a->confusion[L3][FP] == 1);
    yg_measure_l2(a, &right, &judged, &predicted);
    assert_true(right == 1 && judged == 1 && predicted == 3);

    assert_int_equal(m.lost_n, 2);
    const struct yg_lost_threat *four = &m.lost[m.lost[0].level == L4 ? 0 : 1],
                                *three = &m.lost[m.lost[0].level == L4 ? 1 : 0];
    assert_true(four->alerts == 4 && four->closed == 2 && four->incident == 5);
    assert_true(four->open_after_ns == 5 * MIN);
    assert_true(three->alerts == 1 && three->open_after_ns == -1);
    yg_measures_fini(&m);
}

static void edges(void **state)
{
    struct yg_measures m;

    (void)state;
    assert_int_equal(yg_measure(world, N, YG_LEVEL_L3, 1, &m), YG_EINVAL);
    assert_int_equal(yg_measure(NULL, 0, YG_LEVEL_L3, 0, &m), YG_OK);
    assert_true(m.all.rows == 0 && m.lost_n == 0 && m.all.for_cluster == 0);
    yg_measures_fini(&m);
    yg_measures_fini(NULL);
}

static void hindsight(void **state)
{
    struct yg_curve c;

    (void)state;
    /* threats: L3 at 60, L4 at 70. False positives at 20, 50, 150, one held. */
    assert_int_equal(yg_curve_of(world, N, YG_LEVEL_L3, &c), YG_OK);
    assert_true(c.fp == 4 && c.threats == 2 && c.n == 3);
    assert_true(c.at[0].tau == 60 && c.at[0].lost == 0 && c.at[0].fp_closed == 2);
    assert_true(c.at[1].tau == 70 && c.at[1].lost == 1 && c.at[1].fp_closed == 2);
    assert_true(c.at[2].tau == YG_RISK_MAX && c.at[2].lost == 2 &&
                c.at[2].fp_closed == 3);
    assert_int_equal(yg_curve_of(world, 0, YG_LEVEL_L3, &c), YG_OK);
    assert_true(c.n == 1 && c.threats == 0 && c.at[0].fp_closed == 0);
}

/* Equal threat risks are one point, and the last point is kept within the cap. */
static void curve_ties(void **state)
{
    struct yg_judged a[200] = { { .run = 0 } };
    struct yg_curve c;

    (void)state;
    for (size_t i = 0; i < 200; i++)
        a[i] = (struct yg_judged){ .run = i, .level = L3, .risk = 7 };
    assert_int_equal(yg_curve_of(a, 200, YG_LEVEL_L3, &c), YG_OK);
    assert_true(c.n == 2 && c.at[0].tau == 7 && c.at[0].lost == 0 && c.at[1].lost == 200);
    for (size_t i = 0; i < 200; i++)
        a[i].risk = (uint32_t)i;
    assert_int_equal(yg_curve_of(a, 200, YG_LEVEL_L3, &c), YG_OK);
    assert_true(c.n == YG_CURVE_MAX && c.at[1].lost == 1);
}

static void naive(void **state)
{
    static const struct {
        const char *what;
        uint64_t signature;
        uint8_t naive;
    } t[] = {
        { "only false positives", 11, 1 }, { "seen in an L3", 12, 0 },
        { "seen in an L2", 15, 0 },        { "never seen: closed as well", 99, 1 },
        { "no signature at all", 0, 1 },
    };
    struct yg_judged test[5];

    (void)state;
    for (size_t i = 0; i < 5; i++)
        test[i] = (struct yg_judged){ .signature = t[i].signature, .naive = 7 };
    assert_int_equal(yg_naive_mark(world, N, test, 5), YG_OK);
    for (size_t i = 0; i < 5; i++)
        if (test[i].naive != t[i].naive)
            fail_msg("%s: %d", t[i].what, test[i].naive);

    /* and what it loses is measured beside the policy: a break-in under a new signature
     */
    struct yg_judged a[2] = { { .run = 1, .level = L4, .signature = 99 },
                              { .run = 2, .level = FP, .signature = 11 } };
    struct yg_measures m;
    assert_int_equal(yg_naive_mark(world, N, a, 2), YG_OK);
    assert_int_equal(yg_measure(a, 2, YG_LEVEL_L3, 1, &m), YG_OK);
    assert_true(m.all.level[L4].lost_naive == 1 && m.all.level[L4].wholly_naive == 1);
    assert_true(m.all.level[FP].alerts_naive == 1 && m.all.level[L4].lost == 0);
    yg_measures_fini(&m);
}

static void printed(void **state)
{
    const struct yg_str names[] = { YG_STR("acme"), YG_STR("b\"ank") };
    struct yg_measures m;
    struct yg_curve c;
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 1 << 20);
    assert_int_equal(yg_measure(world, N, YG_LEVEL_L3, 2, &m), YG_OK);
    yg_measures_text(&m, names, &b);
    static const char *const want[] = {
        "acme: 9 alerts",
        "L4 alerts closed 2 of 2 (100 %), not certified, upper bound 100 %",
        "threats that lose an alert 1 of 1 (100 %), wholly closed 0",
        "2 of 4 alerts closed, first open one after 5.0 minutes",
        "1 of 1 alerts closed, none stays open",
        "verdict \\ predicted",
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(want); i++)
        if (!strstr(yg_buf_cstr(&b), want[i]))
            fail_msg("no \"%s\" in:\n%s", want[i], yg_buf_cstr(&b));
    yg_buf_clear(&b);
    struct yg_jsonw w = yg_jsonw_of(&b);
    yg_measures_json(&m, names, &w);
    static const char *const keys[] = {
        "\"protect\":\"L3\"",
        "\"tenant\":\"b\\\"ank\"",
        "\"fp\":4,\"fp_closed\":2",
        "\"threats\":2,\"threats_lost\":2,\"threats_wholly_lost\":1",
        "\"minutes_to_open\":5",
        "\"low\":2,\"low_closed\":1",
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(keys); i++)
        if (!strstr(yg_buf_cstr(&b), keys[i]))
            fail_msg("no %s in:\n%s", keys[i], yg_buf_cstr(&b));
    yg_buf_clear(&b);
    assert_int_equal(yg_curve_of(world, N, YG_LEVEL_L3, &c), YG_OK);
    yg_curve_text(&c, &b);
    assert_non_null(strstr(yg_buf_cstr(&b), "0 of 2 threats lose an alert, "));
    yg_curve_json(&c, &w);
    assert_int_equal(yg_buf_status(&b), YG_OK);
    yg_measures_fini(&m);
    yg_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),   cmocka_unit_test(edges),
        cmocka_unit_test(hindsight), cmocka_unit_test(curve_ties),
        cmocka_unit_test(naive),     cmocka_unit_test(printed),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
