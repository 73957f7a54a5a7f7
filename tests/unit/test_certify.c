/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "policy/certify.h"
#include "policy/forwalk.h"
#include "policy/margin.h"
#include "policy/measure.h"
#include "policy/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY (INT64_C(86400) * 1000000000)
#define CUT (100 * DAY)

/* Rows of a made-up world; each call of put makes a run of its own. */
struct world {
    struct yg_judged *a;
    size_t n, room;
    struct yg_certify_ask ask;
    uint32_t grid[YG_GRID_MAX];
};

static struct yg_judged *put(struct world *w, unsigned level, uint32_t risk)
{
    if (w->n == w->room) {
        w->room = w->room ? w->room * 2 : 1024;
        w->a = realloc(w->a, w->room * sizeof(*w->a));
        assert_non_null(w->a);
    }
    w->a[w->n] = (struct yg_judged){ .run = w->n,
                                     .entity = 1000 + w->n,
                                     .time_ns = CUT + (int64_t)w->n,
                                     .level = (uint8_t)level,
                                     .risk = risk };
    return &w->a[w->n++];
}

/* Every 100th of the range of risks is a grid point. */
static void begin(struct world *w)
{
    *w = (struct world){ .ask = { .cut_ns = CUT,
                                  .protect = YG_LEVEL_L3,
                                  .delta = 0.05,
                                  .alpha = 0.05,
                                  .beta = 0.05,
                                  .attempt = 1,
                                  .seed = 42,
                                  .coin = true,
                                  .points = 100 } };
    for (uint32_t i = 0; i < 100; i++)
        w->grid[i] = (i + 1) * 42949672U;
}

static struct yg_certificate certify(struct world *w)
{
    struct yg_certificate c;
    struct yg_err err;

    w->ask.a = w->a;
    w->ask.n = w->n;
    w->ask.grid = w->grid;
    if (yg_certify(&w->ask, &c, &err) != YG_OK)
        fail_msg("%s", err.msg);
    return c;
}

static void many(struct world *w, size_t n, unsigned level, uint32_t risk)
{
    for (size_t i = 0; i < n; i++)
        put(w, level, risk);
}

#define PROV(x) (1U << YG_PROV_##x)

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
        bool coin;
    } t[] = {
        { "whole", 500, 0, 0, 0, 100, 0, true },
        { "no coin", 500, 0, 0, 0, 100, PROV(NO_COIN), false },
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
        w.ask.coin = t[i].coin;
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

/* ---- simulation: what is certified holds as often as it says --------------------- */

/* A world of clusters with `m` runs each: protected as a whole with probability q, then
 * one threat with risks uniform on the whole range; else risks uniform on its lower half.
 * So the true rates at any tau are known. */
static double true_fnr(double t, double m)
{
    return 1 - pow(1 - t, m);
}

static double true_for(double t, double m, double q)
{
    double hit = q * (1 - pow(1 - t, m)),
           other = (1 - q) * (1 - pow(1 - fmin(1, 2 * t), m));

    return hit / (hit + other);
}

static void draw_world(struct world *w, struct yg_rng *r, size_t clusters, size_t m,
                       double q)
{
    w->n = 0;
    for (size_t c = 0; c < clusters; c++) {
        bool hit = yg_rng_unit(r) < q;
        for (size_t i = 0; i < m; i++) {
            struct yg_judged *a = put(w, hit ? YG_LEVEL_L3 : YG_LEVEL_FP,
                                      (uint32_t)yg_rng_u64(r) >> (hit ? 0 : 1));
            a->entity = c + 1;
        }
    }
}

static void not_too_often(const char *what, uint64_t over, uint64_t of, double share)
{
    double p = 1 - (over ? yg_binom_cdf(over - 1, of, share) : 0);

    print_message("# %s: %d of %d over, share %.4f\n", what, (int)over, (int)of, share);
    if (p < 0.01 / 10) /* ten tests in all */
        fail_msg("%s: too often (p = %g)", what, p);
}

static void coverage(void **state)
{
    static const struct {
        const char *what;
        size_t clusters, m;
        double q, beta;
        uint64_t at_least; /* certificates that must come out, for power */
    } t[] = {
        { "runs alone", 300, 1, 0.0955, 0.05, 3 },
        { "few threats", 130, 1, 0.5, 0.05, 0 },
        { "many threats", 900, 1, 0.5, 0.05, 0 },
        { "clustered runs", 400, 4, 0.06, 0.05, 3 },
        { "clustered runs, few threats", 130, 4, 0.5, 0.05, 0 },
    };
    const uint64_t seed = 20181102, reps = 1500;
    struct yg_rng r;

    (void)state;
    print_message("# seed %llu\n", (unsigned long long)seed);
    yg_rng_init(&r, seed);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        uint64_t fnr = 0, loose = 0, certified = 0;
        double share = 0;
        struct world w;
        begin(&w);
        w.ask.delta = 0.3;
        w.ask.beta = t[i].beta;
        for (uint64_t j = 0; j < reps; j++) {
            w.ask.seed = yg_rng_u64(&r);
            draw_world(&w, &r, t[i].clusters, t[i].m, t[i].q);
            struct yg_certificate c = certify(&w);
            double np = c.tau_np * 0x1p-32, tau_for = c.tau_for * 0x1p-32,
                   m = (double)t[i].m;
            share = c.share;
            fnr += c.level[YG_LEVEL_L3].k > 0 && true_fnr(np, m) > 0.05;
            loose += c.tau_for > 0 && true_for(tau_for, m, t[i].q) > t[i].beta;
            certified += c.tau_for > 0;
        }
        not_too_often(t[i].what, fnr, reps, share);
        not_too_often(t[i].what, loose, reps, share);
        assert_true(certified >= t[i].at_least);
        free(w.a);
    }
}

/* ---- cross-fit --------------------------------------------------------------------- */

static void crossfit(void **state)
{
    struct world w;
    struct yg_certificate c;
    struct yg_err err;
    static const double logit[3] = { 2.0, 3.0, 4.0 };

    (void)state;
    begin(&w);
    for (uint32_t i = 0; i < 3; i++) { /* of each tenant 95 at -7 - i, 5 at 1.5 */
        for (uint32_t k = 0; k < 100; k++)
            put(&w, YG_LEVEL_FP, yg_risk_of_logit(k < 95 ? -7.0 - i : 1.5))->tenant = i;
    }
    for (uint32_t i = 0; i < 3; i++) {
        put(&w, YG_LEVEL_L4, yg_risk_of_logit(logit[i]))->tenant = i;
        put(&w, YG_LEVEL_L3, yg_risk_of_logit(logit[i] + 1))->tenant = i;
        struct yg_judged *a = put(&w, YG_LEVEL_L3, 0);
        a->tenant = i;
        a->gates = 1; /* held: says nothing of how low risks fall */
    }
    w.ask.a = w.a;
    w.ask.n = w.n;
    assert_int_equal(yg_crossfit(&w.ask, &c, &err), YG_OK);
    assert_true(c.kind == YG_CERT_CROSS_FIT && c.provisional == PROV(CROSS_FIT));
    assert_false(yg_certificate_may_arm(&c));
    assert_true(c.tau_np == yg_risk_of_logit(2.0));
    assert_true(c.bulk == -7.0);
    assert_true(fabs(yg_risk_logit(c.tau) - -4.0) < 1e-6);
    assert_true(fabs(c.margin - 6.0) < 1e-6);
    assert_int_equal(c.level[YG_LEVEL_L4].lost, 0);
    assert_int_equal(c.level[YG_LEVEL_FP].closed, 285);
    assert_true(c.delta_spent == 0 && c.tenants == 3);
    w.a[0].gates = 1; /* the gates hold more than 5 % of one tenant's false positives */
    w.a[95].gates = 1;
    assert_int_equal(yg_crossfit(&w.ask, &c, &err), YG_OK);
    assert_true(c.bulk == 1.5 && fabs(c.margin - 1.0) < 1e-6);
    for (size_t i = 96; i < 100; i++)
        w.a[i].gates = 1;
    assert_int_equal(yg_crossfit(&w.ask, &c, &err), YG_OK);
    assert_true(c.bulk == 32.0 && fabs(c.margin - 1.0) < 1e-6);
    assert_true(c.provisional == (PROV(CROSS_FIT) | PROV(NO_BULK)));
    w.ask.n = 300; /* no threat: nothing says where to stop, so nothing closes */
    assert_int_equal(yg_crossfit(&w.ask, &c, &err), YG_OK);
    assert_true(c.tau == 0 && (c.provisional & PROV(NOTHING_CLOSES)));
    w.ask.protect = YG_LEVEL_FP;
    assert_int_equal(yg_crossfit(&w.ask, &c, &err), YG_EINVAL);
    free(w.a);
}

static void margins(void **state)
{
    static const struct {
        const char *what;
        double tau0, b, tau;
    } t[] = {
        { "a third of the way", 2, -10, -6 }, { "at least 1 below", 2, 1, 1 },
        { "exactly 1 below", 0.5, -1, -0.5 }, { "no room at all", -3, 5, -4 },
        { "no bulk", -3, INFINITY, -4 },      { "equal", -3, -3, -4 },
    };
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++)
        if (fabs(yg_margin_tau(t[i].tau0, t[i].b) - t[i].tau) > 1e-12)
            fail_msg("%s: %g", t[i].what, yg_margin_tau(t[i].tau0, t[i].b));
    static const uint32_t verdicts[] = { 20, 67, 134, 201, 268, 300, 300 };
    for (uint64_t n = 0; n < YG_ARRAY_LEN(verdicts); n++)
        assert_int_equal(yg_margin_verdicts(n), verdicts[n]);
    assert_int_equal(yg_margin_verdicts(UINT64_MAX), 300);
}

static void grids(void **state)
{
    static uint32_t risk[100000];
    uint32_t grid[YG_GRID_MAX];
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, 9);
    assert_int_equal(yg_grid_of(risk, 0, grid), 0);
    risk[0] = 7;
    assert_int_equal(yg_grid_of(risk, 1, grid), 1);
    assert_int_equal(grid[0], 7);
    for (size_t i = 0; i < YG_ARRAY_LEN(risk); i++)
        risk[i] = (uint32_t)yg_rng_u64(&r);
    size_t n = yg_grid_of(risk, YG_ARRAY_LEN(risk), grid);
    assert_true(n > 300 && n <= YG_GRID_MAX);
    for (size_t i = 1; i < n; i++)
        assert_true(grid[i] > grid[i - 1]);
    assert_true(grid[n - 1] == risk[YG_ARRAY_LEN(risk) - 1]); /* the largest */
    assert_true(grid[n - 2] >= risk[YG_ARRAY_LEN(risk) - 10]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_break_ins),
        cmocka_unit_test(first_attempt_pays_less_than_the_second),
        cmocka_unit_test(ties),
        cmocka_unit_test(straddlers),
        cmocka_unit_test(provisional),
        cmocka_unit_test(wrong_questions),
        cmocka_unit_test(alert_level_trap),
        cmocka_unit_test(gated_alerts_are_never_lost),
        cmocka_unit_test(order_of_rows),
        cmocka_unit_test(coverage),
        cmocka_unit_test(crossfit),
        cmocka_unit_test(margins),
        cmocka_unit_test(grids),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
