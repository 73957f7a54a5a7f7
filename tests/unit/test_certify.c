/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "policy/measure.h"
#include "world.h"

#include <math.h>
#include <string.h>

static void few_break_ins(void **state)
{
    /* share = 6 x 0.05 / pi^2 / 3 = 0.010132: 90 threats for 5 % */
    static const struct {
        const char *what;
        size_t l3, l4, k3, k4;
        double bound4;
    } t[] = {
        { "seven of 90", 0, 7, 0, 0, 0.48108 }, { "89 of 90", 90, 89, 1, 0, 0.05028 },
        { "90 of 90", 90, 90, 1, 1, 0.05 },     { "none", 90, 0, 1, 0, 1.0 },
        { "many", 1000, 90, 35, 1, 0.05 },
    };
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct world w;
        begin(&w);
        many(&w, 500, YG_LEVEL_FP, 10);
        many(&w, t[i].l3, YG_LEVEL_L3, 4000000000U);
        many(&w, t[i].l4, YG_LEVEL_L4, 3000000000U);
        struct yg_certificate c = certify(&w);
        const struct yg_certificate_level *l3 = &c.level[YG_LEVEL_L3],
                                          *l4 = &c.level[YG_LEVEL_L4];
        if (l3->k != t[i].k3 || l4->k != t[i].k4 || l4->need != 90 ||
            fabs(l4->bound - t[i].bound4) > 1e-5 || c.provisional)
            fail_msg("%s: k %d %d need %d bound %g provisional %x", t[i].what, (int)l3->k,
                     (int)l4->k, (int)l4->need, l4->bound, c.provisional);
        assert_true(yg_certificate_may_arm(&c));
        assert_true(l3->lost == 0 && l4->lost == 0);
        assert_int_equal(c.level[YG_LEVEL_FP].closed, 500);
        /* the largest grid point not above the smallest allowed risk */
        assert_true(c.tau <= c.tau_np && c.tau + 42949672U > c.tau_np);
        free(w.a);
    }
}

static void first_attempt_pays_less_than_the_second(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    many(&w, 500, YG_LEVEL_FP, 10);
    struct yg_certificate one = certify(&w);
    w.ask.attempt = 2;
    struct yg_certificate two = certify(&w);
    assert_true(fabs(one.share - 0.0101321183642338) < 1e-12);
    assert_true(fabs(two.share * 4 - one.share) < 1e-15);
    w.ask.protect = YG_LEVEL_L2;
    assert_true(fabs(certify(&w).share * 16 - one.share * 3) < 1e-12);
    free(w.a);
}

/* Umbrella: k = 35 of 1000 at this share, so tau_np is the 35th smallest risk. */
static void k_th_risk(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    many(&w, 5000, YG_LEVEL_FP, 10);
    for (uint32_t i = 1; i <= 1000; i++)
        put(&w, YG_LEVEL_L3, (1001 - i) * 4000000U);
    struct yg_certificate c = certify(&w);
    assert_int_equal(c.level[YG_LEVEL_L3].k, 35);
    assert_true(c.tau_np == 35 * 4000000U);
    assert_true(c.tau == 42949672U * 3);
    assert_int_equal(c.level[YG_LEVEL_L3].lost, 32); /* below 128,849,016 */
    free(w.a);
}

/* 1.5 ln(0.010132) / ln(0.95) = 134.3: the walk starts at 135 clusters, not at 134. */
static void walk_starts(void **state)
{
    (void)state;
    for (size_t n = 134; n <= 135; n++) {
        struct world w;
        begin(&w);
        many(&w, n, YG_LEVEL_FP, 10);
        struct yg_certificate c = certify(&w);
        assert_int_equal(c.for_need, 135);
        assert_int_equal(c.provisional == 0, n == 135);
        free(w.a);
    }
}

/* A run closed for its harmless alert is missed only above its protected one's risk. */
static void missed_strictly(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    w.ask.points = 3;
    many(&w, 300, YG_LEVEL_FP, 10);
    for (int i = 0; i < 100; i++) {
        struct yg_judged *a = put(&w, YG_LEVEL_FP, 10);
        uint64_t run = a->run, entity = a->entity;
        a = put(&w, YG_LEVEL_L3, 42949672U * 3);
        a->run = run;
        a->entity = entity;
    }
    struct yg_certificate c = certify(&w);
    assert_true(c.tau == 42949672U * 3 && c.tau_for == c.tau && c.provisional == 0);
    assert_true(c.for_clusters == 400 && c.for_missed == 0);
    free(w.a);
}

/* Ties at the k-th risk: closing strictly below loses no more than k - 1. */
static void ties(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    many(&w, 500, YG_LEVEL_FP, 10);
    many(&w, 1000, YG_LEVEL_L3, 42949672U * 50);
    struct yg_certificate c = certify(&w);
    assert_true(c.tau == 42949672U * 50);
    assert_int_equal(c.level[YG_LEVEL_L3].lost, 0);
    assert_int_equal(c.level[YG_LEVEL_L3].closed, 0);
    free(w.a);
}

static void straddlers(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    many(&w, 500, YG_LEVEL_FP, 10);
    many(&w, 100, YG_LEVEL_L3, 4000000000U);
    /* a threat that began before the cut, at a risk that would lower tau */
    struct yg_judged *a = put(&w, YG_LEVEL_L3, 5);
    a->time_ns = CUT - 5;
    a->incident = 77;
    a = put(&w, YG_LEVEL_L3, 5);
    a->incident = 77;
    /* a run that did, and the threat in it */
    a = put(&w, YG_LEVEL_FP, 5);
    a->time_ns = CUT - 5;
    uint64_t run = a->run;
    a = put(&w, YG_LEVEL_L4, 5);
    a->run = run;
    struct yg_certificate c = certify(&w);
    assert_int_equal(c.dropped_threats, 2);
    assert_int_equal(c.dropped_runs, 2);
    assert_int_equal(c.level[YG_LEVEL_L3].threats, 100);
    assert_int_equal(c.level[YG_LEVEL_L4].threats, 0);
    assert_true(c.tau > 3900000000U);
    assert_true(c.from_ns == CUT);
    free(w.a);
}

static void provisional(void **state)
{
    static const struct {
        const char *what;
        size_t fp, missed, threats;
        uint32_t threat_risk, tau_step, provisional;
        bool all;
    } t[] = {
        { "whole", 500, 0, 0, 0, 100, 0, true },
        { "a run that nobody judged", 500, 0, 0, 0, 100, PROV(NO_COIN), false },
        { "too few clusters", 100, 0, 3, 42949672U * 50, 50, PROV(FOR_NOT_TESTED), true },
        { "FOR fails: below the smallest threat", 100, 60, 1, 42949672U * 2, 2,
          PROV(FOR_FAILED), true },
        { "FOR fails late: as far as it went", 500, 200, 0, 0, 2, 0, true },
        { "nothing seen", 0, 0, 0, 0, 0, PROV(FOR_NOT_TESTED) | PROV(NOTHING_CLOSES),
          true },
        { "nothing below the threat", 500, 0, 1, 9, 0,
          PROV(FOR_NOT_TESTED) | PROV(NOTHING_CLOSES), true },
    };
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct world w;
        begin(&w);
        if (!t[i].all)
            put(&w, YG_LEVEL_NONE, 10);
        many(&w, t[i].fp, YG_LEVEL_FP, 10);
        many(&w, t[i].missed, YG_LEVEL_L3, 42949672U * 2);
        many(&w, t[i].threats, YG_LEVEL_L4, t[i].threat_risk);
        struct yg_certificate c = certify(&w);
        if (c.tau != t[i].tau_step * 42949672U || c.provisional != t[i].provisional)
            fail_msg("%s: tau %u provisional %x", t[i].what, c.tau, c.provisional);
        assert_int_equal(yg_certificate_may_arm(&c), t[i].provisional == 0);
        free(w.a);
    }
}

static void wrong_questions(void **state)
{
    static const uint32_t flat[2] = { 5, 5 }, zero[1] = { 0 };
    struct yg_certificate c = { .tau = 123 };
    struct yg_err err;

    (void)state;
#define ASK(...)                                                                         \
    do {                                                                                 \
        struct world w;                                                                  \
        begin(&w);                                                                       \
        w.ask.grid = w.grid;                                                             \
        w.ask __VA_ARGS__;                                                               \
        assert_int_equal(yg_certify(&w.ask, &c, &err), YG_EINVAL);                       \
        assert_true(c.tau == 123 && strlen(err.msg) > 10);                               \
    } while (0)
    ASK(.protect = YG_LEVEL_FP);
    ASK(.protect = YG_LEVEL_NONE);
    ASK(.delta = 0);
    ASK(.delta = NAN);
    ASK(.alpha = 0.03);
    ASK(.beta = 0.2);
    ASK(.attempt = 0);
    ASK(.mode = YG_CERT_BY_NONE);
    ASK(.mode = (enum yg_certificate_mode)3);
    ASK(.points = YG_GRID_MAX + 1);
    ASK(.grid = flat, w.ask.points = 2);
    ASK(.grid = zero, w.ask.points = 1);
}

/* GUARANTEE section 1: scan alerts outnumber break-ins, so a tau that misses 0.1 % of the
 * protected alerts may close every break-in. It must not be what the certificate gives.
 */
static void alert_level_trap(void **state)
{
    struct world w;
    struct yg_measures m;
    const uint32_t low = 42949672U * 10, high = 42949672U * 90;

    (void)state;
    begin(&w);
    many(&w, 2000, YG_LEVEL_FP, 10);
    for (int i = 0; i < 100; i++)
        put(&w, YG_LEVEL_L4, low - 1); /* break-ins: one alert each */
    for (int i = 0; i < 100000; i++) {
        struct yg_judged *a = put(&w, YG_LEVEL_L3, high); /* the alerts of ten scans */
        a->incident = 1 + (uint64_t)i % 10;
    }
    for (size_t i = 0; i < w.n; i++) /* tau at a miss rate of 0.1 % of alerts */
        w.a[i].closed = w.a[i].risk < low;
    assert_int_equal(yg_measure(w.a, w.n, YG_LEVEL_L3, 1, &m), YG_OK);
    const struct yg_measure_level *l4 = &m.all.level[YG_LEVEL_L4];
    assert_true(l4->alerts_closed == 100 && l4->lost == 100 && l4->wholly == 100);
    assert_true(m.all.level[YG_LEVEL_L3].alerts_closed == 0);
    assert_int_equal(m.lost_n, 100);
    yg_measures_fini(&m);

    struct yg_certificate c = certify(&w);
    assert_true(c.tau < low);
    assert_int_equal(c.level[YG_LEVEL_L4].threats, 100);
    assert_int_equal(c.level[YG_LEVEL_L4].lost, 0);
    assert_int_equal(c.level[YG_LEVEL_L3].threats, 10);
    assert_int_equal(c.level[YG_LEVEL_L3].k, 0); /* 100,000 alerts, but ten threats */
    free(w.a);
}

static void gated_alerts_are_never_lost(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    many(&w, 500, YG_LEVEL_FP, 10);
    for (int i = 0; i < 100; i++)
        put(&w, YG_LEVEL_L3, 5)->gates = 1;
    put(&w, YG_LEVEL_FP, 5)->gates = 1;
    struct yg_certificate c = certify(&w);
    assert_true(c.tau == 4294967200U && c.provisional == 0);
    assert_true(c.level[YG_LEVEL_L3].k == 1 && c.level[YG_LEVEL_L3].closed == 0);
    assert_true(c.level[YG_LEVEL_FP].closed == 500 && c.gated == 101);
    free(w.a);
}

static void order_of_rows(void **state)
{
    struct world w;
    struct yg_rng r;

    (void)state;
    begin(&w);
    yg_rng_init(&r, 5);
    for (int i = 0; i < 3000; i++) {
        struct yg_judged *a = put(&w, i % 10 ? YG_LEVEL_FP : YG_LEVEL_L3,
                                  (uint32_t)yg_rng_u64(&r) >> (i % 10 ? 4 : 0));
        a->entity = yg_rng_below(&r, 700);
        a->run = a->entity + 1000 * yg_rng_below(&r, 2);
        a->time_ns = CUT + (int64_t)a->entity * DAY / 100;
    }
    struct yg_certificate c = certify(&w);
    for (size_t i = w.n; i > 1; i--) {
        size_t j = yg_rng_below(&r, i);
        struct yg_judged t = w.a[i - 1];
        w.a[i - 1] = w.a[j];
        w.a[j] = t;
    }
    struct yg_certificate d = certify(&w);
    memcpy(d.data, c.data, sizeof(d.data)); /* that digest is of the order, too */
    struct yg_buf x, y;
    yg_buf_init(&x, 1 << 16);
    yg_buf_init(&y, 1 << 16);
    yg_certificate_write(&c, &x);
    yg_certificate_write(&d, &y);
    assert_true(c.for_clusters > 0 && yg_str_eq(yg_buf_str(&x), yg_buf_str(&y)));
    yg_buf_fini(&x);
    yg_buf_fini(&y);
    free(w.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_break_ins),
        cmocka_unit_test(first_attempt_pays_less_than_the_second),
        cmocka_unit_test(k_th_risk),
        cmocka_unit_test(walk_starts),
        cmocka_unit_test(missed_strictly),
        cmocka_unit_test(ties),
        cmocka_unit_test(straddlers),
        cmocka_unit_test(provisional),
        cmocka_unit_test(wrong_questions),
        cmocka_unit_test(alert_level_trap),
        cmocka_unit_test(gated_alerts_are_never_lost),
        cmocka_unit_test(order_of_rows),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
