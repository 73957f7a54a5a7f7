/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "policy/stats.h"
#include "policy/weighted.h"
#include "world.h"

#include <math.h>
#include <string.h>

/* Certificates where the coin chose what was judged. */

#define STEP 42949672U /* of world.h's grid */

static void begin_coin(struct world *w)
{
    begin(w);
    w->ask.mode = YG_CERT_BY_COIN;
}

/* A run that the policy of its day closed; drawn with weight `weight`, 0: not. */
static void closed_run(struct world *w, unsigned level, uint32_t risk, float weight)
{
    struct yg_judged *a = put(w, weight > 0 ? level : YG_LEVEL_NONE, risk);

    a->hidden = weight > 0 ? 0 : 1; /* a drawn run stays open as a whole */
    a->weight = weight;
}

static void some(struct world *w, size_t n, unsigned level, uint32_t risk, float weight)
{
    for (size_t i = 0; i < n; i++)
        closed_run(w, level, risk, weight);
}

static void draws_stand_for_the_others(void **state)
{
    struct world w;

    (void)state;
    begin_coin(&w);
    some(&w, 400, YG_LEVEL_FP, 10, 10);
    some(&w, 3600, YG_LEVEL_FP, 10, 0);
    many(&w, 3000, YG_LEVEL_L3, STEP * 90);
    many(&w, 3000, YG_LEVEL_L4, STEP * 90);
    struct yg_certificate c = certify(&w);
    assert_int_equal(c.mode, YG_CERT_BY_COIN);
    assert_int_equal(c.provisional, 0);
    assert_int_equal(c.audits, 400);
    assert_int_equal(c.runs_unjudged, 3600);
    assert_true(c.most == 10.0 && c.for_clusters == 400 && c.for_missed == 0);
    assert_true(c.for_weight == 0 && c.for_p <= c.share);
    assert_int_equal(c.level[YG_LEVEL_L3].k, 1);
    assert_int_equal(c.level[YG_LEVEL_L4].k, 1);
    /* nothing more was closed in its day: beyond 90 the found threats would be lost */
    assert_true(c.tau == STEP * 90 && c.level[YG_LEVEL_L3].lost == 0);
    assert_true(yg_certificate_may_arm(&c) && !yg_certificate_needs_owner(&c));
    free(w.a);
}

/* One audited loss stands for ten: the same tau, 400 draws, and it depends on them. */
static void losses_weigh(void **state)
{
    static const struct {
        const char *what;
        size_t missed;
        bool arms;
    } t[] = { { "none", 0, true }, { "two of 400", 2, true }, { "forty", 40, false } };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct world w;
        begin_coin(&w);
        some(&w, 400 - t[i].missed, YG_LEVEL_FP, 10, 10);
        some(&w, t[i].missed, YG_LEVEL_L3, 10, 10);
        some(&w, 3600, YG_LEVEL_FP, 10, 0);
        many(&w, 6000, YG_LEVEL_L3, STEP * 90);
        struct yg_certificate c = certify(&w);
        bool arms = yg_certificate_may_arm(&c);
        if (arms != t[i].arms)
            fail_msg("%s: tau %u for p %g provisional %x k %d", t[i].what, c.tau, c.for_p,
                     c.provisional, (int)c.level[YG_LEVEL_L3].k);
        if (arms && t[i].missed)
            assert_true(fabs(c.level[YG_LEVEL_L3].weight - 20) < 1e-9 &&
                        c.level[YG_LEVEL_L3].lost == 2);
        free(w.a);
    }
}

/* What was closed and not drawn says nothing, even if somebody looked at it. */
static void peeks_do_not_count(void **state)
{
    struct world w;

    (void)state;
    begin_coin(&w);
    some(&w, 400, YG_LEVEL_FP, 10, 10);
    many(&w, 3000, YG_LEVEL_L3, STEP * 90);
    for (int i = 0; i < 1000; i++)
        put(&w, YG_LEVEL_FP, 10)->hidden = 1;
    for (int i = 0; i < 5; i++)
        put(&w, YG_LEVEL_L3, 10)->hidden = 1;
    struct yg_certificate c = certify(&w);
    assert_int_equal(c.for_clusters, 400);
    assert_int_equal(c.level[YG_LEVEL_L3].threats, 3000);
    assert_int_equal(c.level[YG_LEVEL_L3].lost, 0);
    assert_int_equal(c.provisional, 0);
    free(w.a);
}

/* A group's verdict trains; a run with nothing else lacks a verdict. */
static void group_verdicts_do_not_count(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    many(&w, 500, YG_LEVEL_FP, 10);
    assert_int_equal(certify(&w).provisional, 0);
    put(&w, YG_LEVEL_FP, 10)->trains = 1;
    struct yg_certificate c = certify(&w);
    assert_int_equal(c.provisional, PROV(NO_COIN));
    assert_true(c.trains == 1 && c.runs_unjudged == 1 && c.runs == 500);
    /* nor beside a person's own verdict: a run judged in part is not judged */
    w.a[w.n - 1].run = w.a[0].run;
    w.a[w.n - 1].entity = w.a[0].entity;
    c = certify(&w);
    assert_int_equal(c.provisional, PROV(NO_COIN));
    assert_true(c.runs_unjudged == 1 && c.runs == 500);
    free(w.a);
}

static void unknown_counts_as_lost(void **state)
{
    struct world w;

    (void)state;
    begin_coin(&w);
    some(&w, 400, YG_LEVEL_FP, 10, 2);
    many(&w, 1000, YG_LEVEL_L3, STEP * 90);
    put(&w, YG_LEVEL_NONE, STEP * 50); /* stayed open, nobody judged it */
    struct yg_certificate c = certify(&w);
    assert_true(c.tau == STEP * 90 && c.unknown_runs == 1); /* one may be lost */
    for (int i = 0; i < 500; i++)
        put(&w, YG_LEVEL_NONE, STEP * 50);
    c = certify(&w);
    assert_true(c.tau == STEP * 50 && c.unknown_runs == 0);
    free(w.a);
}

/* Another alert of the run put last, open as it is. */
static void joined(struct world *w, unsigned level, uint32_t risk)
{
    const struct yg_judged *first = &w->a[w->n - 1];
    uint64_t run = first->run, entity = first->entity;
    float weight = first->weight;
    uint8_t hidden = first->hidden;
    struct yg_judged *a = put(w, level, risk);

    a->run = run;
    a->entity = entity;
    a->weight = weight;
    a->hidden = hidden;
}

/* One alert judged harmless does not make the others of its run so. */
static void judged_in_part_counts_as_lost(void **state)
{
    static const struct {
        const char *name;
        size_t n;
        unsigned level;
        float weight; /* of the run; 0: it was open anyway */
        uint32_t risk;
        uint32_t tau; /* in steps */
    } t[] = {
        { "all judged", 500, YG_LEVEL_FP, 0, STEP * 50, 90 },
        { "the others would stay open", 500, YG_LEVEL_NONE, 0, STEP * 95, 90 },
        { "the others would close", 500, YG_LEVEL_NONE, 0, STEP * 50, 50 },
        { "the others of draws would close", 250, YG_LEVEL_NONE, 2, STEP * 50, 50 },
        { "one of all", 1, YG_LEVEL_NONE, 0, STEP * 50, 90 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct world w;
        begin_coin(&w);
        some(&w, 400, YG_LEVEL_FP, 10, 2);
        many(&w, 1000, YG_LEVEL_L3, STEP * 90);
        for (size_t k = 0; k < t[i].n; k++) {
            put(&w, YG_LEVEL_FP, STEP * 92)->weight = t[i].weight;
            joined(&w, t[i].level, t[i].risk);
        }
        struct yg_certificate c = certify(&w);
        bool lost = t[i].level == YG_LEVEL_NONE && t[i].risk < c.tau;
        if (c.tau != STEP * t[i].tau || c.unknown_runs != (lost ? t[i].n : 0))
            fail_msg("%s: tau %u steps, %d unknown", t[i].name, c.tau / STEP,
                     (int)c.unknown_runs);
        free(w.a);
    }
}

static void waiting_draws_end_the_period(void **state)
{
    struct world w;

    (void)state;
    begin_coin(&w);
    some(&w, 400, YG_LEVEL_FP, 10, 2);
    size_t early = w.n;
    struct yg_judged *a = put(&w, YG_LEVEL_NONE, 10);
    a->weight = 2; /* drawn, waits */
    some(&w, 50, YG_LEVEL_L3, 10, 2);
    many(&w, 50, YG_LEVEL_L4, 10);
    struct yg_certificate c = certify(&w);
    assert_true(c.late_runs == 101 && c.audits == early && c.threats == 0);
    assert_true(c.for_missed == 0 && c.for_clusters == 400);
    free(w.a);
}

/* It began before the period: no verdict of it would count. */
static void an_earlier_draw_ends_no_period(void **state)
{
    struct world w;

    (void)state;
    begin_coin(&w);
    struct yg_judged *a = put(&w, YG_LEVEL_NONE, 10);
    a->weight = 2; /* drawn, waits */
    a->time_ns = CUT - 1;
    some(&w, 400, YG_LEVEL_FP, 10, 2);
    struct yg_certificate c = certify(&w);
    assert_true(c.late_runs == 0 && c.audits == 400);
    assert_true(c.for_missed == 0 && c.for_clusters == 400);
    free(w.a);
}

static void mode_of_rows(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    many(&w, 10, YG_LEVEL_FP, 10);
#define MODE(armed) yg_certify_mode(w.a, w.n, CUT, armed)
    assert_int_equal(MODE(false), YG_CERT_BY_ALL);
    assert_int_equal(MODE(true), YG_CERT_BY_COIN);
    w.a[3].weight = 7;
    assert_int_equal(MODE(false), YG_CERT_BY_ALL); /* all are judged */
    w.a[4].level = YG_LEVEL_NONE;
    assert_int_equal(MODE(false), YG_CERT_BY_COIN);
    w.a[4].level = YG_LEVEL_FP;
    w.a[4].trains = 1;
    assert_int_equal(MODE(false), YG_CERT_BY_COIN);
    w.a[3].weight = 0;
    assert_int_equal(MODE(false), YG_CERT_BY_ALL); /* and provisional then */
    free(w.a);
}

/* ---- coverage after arming ------------------------------------------------------------
 *
 * A policy closed below half of the range; what it closed is judged where the coin drew
 * it. Threats are runs of their own, risks uniform on the whole range, others uniform on
 * its lower 60 %: the true rates at any tau are known. */
static void draw_world(struct world *w, struct yg_rng *r, size_t runs, double q, float pi)
{
    w->n = 0;
    for (size_t i = 0; i < runs; i++) {
        bool hit = yg_rng_unit(r) < q;
        double u = yg_rng_unit(r) * (hit ? 1.0 : 0.6);
        uint32_t risk = (uint32_t)(u * 4294967295.0);
        unsigned level = hit ? YG_LEVEL_L3 : YG_LEVEL_FP;
        if (risk >= 1U << 31)
            put(w, level, risk);
        else
            closed_run(w, level, risk, yg_rng_unit(r) < (double)pi ? 1.0F / pi : 0);
    }
}

static void not_too_often(const char *what, uint64_t over, uint64_t of, double share)
{
    double p = 1 - (over ? yg_binom_cdf(over - 1, of, share) : 0);

    print_message("# %s: %d of %d over, share %.4f\n", what, (int)over, (int)of, share);
    if (p < 0.01 / 6)
        fail_msg("%s: too often (p = %g)", what, p);
}

static void coverage(void **state)
{
    static const struct {
        const char *what;
        size_t runs;
        double q;
        float pi;
        double alpha, beta;
    } t[] = {
        { "many draws", 2000, 0.05, 0.5F, 0.05, 0.05 },
        { "few draws", 8000, 0.05, 0.1F, 0.05, 0.05 },
        { "half are threats", 2000, 0.5, 0.5F, 0.05, 0.05 },
    };
    const uint64_t seed = 20240811, reps = 400;
    struct yg_rng r;

    (void)state;
    print_message("# seed %llu\n", (unsigned long long)seed);
    yg_rng_init(&r, seed);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        uint64_t fnr = 0, loose = 0, levels = 0, walks = 0;
        double share = 0;
        struct world w;
        begin_coin(&w);
        w.ask.delta = 0.4;
        w.ask.alpha = t[i].alpha;
        w.ask.beta = t[i].beta;
        for (uint64_t j = 0; j < reps; j++) {
            draw_world(&w, &r, t[i].runs, t[i].q, t[i].pi);
            struct yg_certificate c = certify(&w);
            double np = c.level[YG_LEVEL_L3].tau * 0x1p-32, f = c.tau_for * 0x1p-32;
            double hit = t[i].q * f, other = (1 - t[i].q) * fmin(1, f / 0.6);
            share = c.share;
            levels += c.level[YG_LEVEL_L3].k > 0;
            fnr += c.level[YG_LEVEL_L3].k > 0 && np > t[i].alpha;
            walks += c.tau_for > 0;
            loose += c.tau_for > 0 && hit / (hit + other) > t[i].beta;
        }
        print_message("# %s: FNR certified %d, FOR %d of %d\n", t[i].what, (int)levels,
                      (int)walks, (int)reps);
        not_too_often(t[i].what, fnr, reps, share);
        not_too_often(t[i].what, loose, reps, share);
        free(w.a);
    }
}

/* Rate, share of delta, heaviest weight: threats that it takes when none is lost. */
static void how_many_it_takes(void **state)
{
    static const struct {
        const char *name;
        double alpha, share, most;
        uint64_t least, atmost;
    } need[] = {
        { "5 % unweighted", 0.05, 0.01, 1, 90, 100 },
        { "5 % at weight 10", 0.05, 0.01, 10, 900, 960 },
        { "1 % unweighted", 0.01, 0.01, 1, 458, 470 },
        { "no error allowed", 0.05, 0, 1, UINT64_MAX, UINT64_MAX },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(need); i++) {
        uint64_t n = yg_weighted_need(need[i].alpha, need[i].share, need[i].most);
        if (n < need[i].least || n > need[i].atmost)
            fail_msg("%s: %llu", need[i].name, (unsigned long long)n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_many_it_takes),
        cmocka_unit_test(draws_stand_for_the_others),
        cmocka_unit_test(losses_weigh),
        cmocka_unit_test(peeks_do_not_count),
        cmocka_unit_test(group_verdicts_do_not_count),
        cmocka_unit_test(unknown_counts_as_lost),
        cmocka_unit_test(judged_in_part_counts_as_lost),
        cmocka_unit_test(waiting_draws_end_the_period),
        cmocka_unit_test(an_earlier_draw_ends_no_period),
        cmocka_unit_test(mode_of_rows),
        cmocka_unit_test(coverage),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
