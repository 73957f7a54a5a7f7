/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "policy/betting.h"
#include "sim_util.h"

#include <math.h>
#include <stdlib.h>

#define COMPARISONS 24 /* statistical ones in this program */
#define SEED        20240101

/* ---- confidence sequence ------------------------------------------------------- */

static void cs_begins_with_nothing(void **state)
{
    struct yg_cs c;

    (void)state;
    yg_cs_init(&c, 0.05, 1);
    assert_true(yg_cs_upper(&c) == 1);
    assert_true(yg_cs_lower(&c) == 0);
    assert_true(yg_cs_mean(&c) == 0);
}

/* Clean audits: the bound against the exact binomial one for a fixed number of them. */
static void cs_clean_audits(void **state)
{
    static const struct {
        uint64_t n;
        double most; /* of the exact bound */
    } t[] = { { 100, 1.45 }, { 1000, 1.4 }, { 10000, 1.4 } };
    struct yg_cs c;

    (void)state;
    yg_cs_init(&c, 0.05, 1);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        while (c.n < t[i].n)
            yg_cs_add(&c, 1, false);
        double exact = yg_support_rate(t[i].n, 0.05), ratio = yg_cs_upper(&c) / exact;
        print_message("# %d clean audits: at most %.5f, %.2f times the exact bound\n",
                      (int)t[i].n, yg_cs_upper(&c), ratio);
        if (!(ratio >= 1 && ratio <= t[i].most))
            fail_msg("%d clean audits: %.3f times the exact bound", (int)t[i].n, ratio);
    }
}

/* All weights at their limit are like none: the bounds are the same to the bit. */
static void cs_weight_is_relative(void **state)
{
    struct yg_cs a, b, late;
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED);
    yg_cs_init(&a, 0.05, 1);
    yg_cs_init(&b, 0.05, 64);
    yg_cs_init(&late, 0.05, 200);
    for (int i = 0; i < 3000; i++) {
        bool missed = yg_rng_unit(&r) < 0.03;
        late.weight = i % 2 ? 128 : 4;
        yg_cs_add(&a, 1, missed);
        yg_cs_add(&b, 64, missed);
        yg_cs_add(&late, late.weight, missed);
        assert_true(yg_cs_upper(&a) == yg_cs_upper(&b));
        assert_true(yg_cs_upper(&a) == yg_cs_upper(&late));
        assert_true(yg_cs_lower(&a) == yg_cs_lower(&b));
    }
    assert_true(a.missed == b.missed && b.sum_w == 64 * a.sum_w);
    assert_true(yg_cs_mean(&a) == yg_cs_mean(&b));
    assert_true(yg_cs_lower(&a) > 0.015 && yg_cs_upper(&a) < 0.06);
}

static void cs_clamps(void **state)
{
    struct yg_cs a, b;

    (void)state;
    yg_cs_init(&a, 0.05, 10);
    yg_cs_init(&b, 0.05, 10);
    static const double odd[] = { 0, -1, 0.5, NAN, 11, INFINITY };
    static const double as[] = { 0, 0, 0.5, 0, 10, 10 };
    for (size_t i = 0; i < YG_ARRAY_LEN(odd); i++) {
        yg_cs_add(&a, odd[i], i % 2);
        yg_cs_add(&b, as[i], i % 2);
    }
    assert_memory_equal(&a, &b, sizeof(a));
}

/* Everything missed, then a long good time: purses that died stay dead, bounds stay. */
static void cs_extremes(void **state)
{
    struct yg_cs c;

    (void)state;
    yg_cs_init(&c, 0.05, 1);
    for (int i = 0; i < 5000; i++)
        yg_cs_add(&c, 1, true);
    assert_true(yg_cs_lower(&c) > 0.85 && yg_cs_upper(&c) == 1);
    double lower = yg_cs_lower(&c);
    for (int i = 0; i < 50000; i++)
        yg_cs_add(&c, 1, false);
    assert_true(yg_cs_lower(&c) == lower);
}

/* A stream with the stated weighted rate: E[w (missed - rate)] = 0. In `mixed`, weights
 * come in 1, 2, 4 ... 128, 200, and the heavy half of the runs is missed up to twice as
 * often as the rate says, the light ones less, so that the weights matter. */
struct stream {
    const char *what;
    double rate;
    int weights; /* 1: all 1; 2: mixed; 3: the limit follows, known beforehand */
};

static const double weight_of[] = { 1, 2, 4, 8, 16, 32, 64, 128, 200 };

static bool draw(const struct stream *s, struct yg_rng *r, double *weight)
{
    double sum = 0, heavy = 0, p = s->rate;

    *weight = 1;
    if (s->weights == 1)
        return yg_rng_unit(r) < p;
    size_t at = yg_rng_below(r, YG_ARRAY_LEN(weight_of));
    *weight = weight_of[at];
    if (s->weights == 3)
        return yg_rng_unit(r) < p;
    for (size_t i = 0; i < YG_ARRAY_LEN(weight_of); i++) {
        sum += weight_of[i];
        heavy += i >= 7 ? weight_of[i] : 0;
    }
    p *= at >= 7 ? 1.25 : (sum - 1.25 * heavy) / (sum - heavy);
    return yg_rng_unit(r) < p;
}

static void cs_covers_always(void **state)
{
    static const struct stream t[] = {
        { "rate 0.001, weight 1", 0.001, 1 },    { "rate 0.02, weight 1", 0.02, 1 },
        { "rate 0.05, weight 1", 0.05, 1 },      { "rate 0.001, mixed", 0.001, 2 },
        { "rate 0.02, mixed", 0.02, 2 },         { "rate 0.05, mixed", 0.05, 2 },
        { "rate 0.02, limit follows", 0.02, 3 }, { "rate 0, weight 1", 0, 1 },
    };
    const uint64_t replicates = 300, audits = 2000;
    const double delta = 0.1;
    struct yg_rng r;
    struct yg_cs c;

    (void)state;
    print_message("# seed %d\n", SEED);
    yg_rng_init(&r, SEED);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        uint64_t high = 0, low = 0;
        double width = 0, weight;
        for (uint64_t j = 0; j < (t[i].rate > 0 ? replicates : 1); j++) {
            yg_cs_init(&c, delta, t[i].weights == 1 ? 1 : YG_BET_WEIGHT);
            for (uint64_t k = 0; k < audits; k++) {
                bool missed = draw(&t[i], &r, &weight);
                c.weight = t[i].weights == 3 ? weight : c.weight;
                yg_cs_add(&c, weight, missed);
            }
            /* The bounds only tighten: at the end they show all times at once. */
            high += yg_cs_upper(&c) <= t[i].rate;
            low += yg_cs_lower(&c) > t[i].rate;
            width += yg_cs_upper(&c) / (double)replicates;
        }
        if (t[i].rate > 0)
            print_message("# mean upper bound %.4f\n", width);
        not_too_often(t[i].what, high, replicates, delta, COMPARISONS);
        not_too_often(t[i].what, low, replicates, delta, COMPARISONS);
    }
}

/* ---- e-detector ---------------------------------------------------------------- */

static void edetector_false_alarms(void **state)
{
    static const struct {
        const char *what;
        double beta, rate;
        bool mixed;
        uint64_t alarms_least; /* it is not simply silent */
    } t[] = {
        { "at beta 0.05", 0.05, 0.05, false, 3 },
        { "at beta 0.01", 0.01, 0.01, false, 3 },
        { "at beta 0.01, mixed weights", 0.01, 0.01, true, 1 },
        { "below beta", 0.05, 0.04, false, 0 },
    };
    const uint64_t audits = 2000000;
    const double patience = 10000;
    struct yg_edetector e;
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED + 1);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct stream s = { t[i].what, t[i].rate, t[i].mixed ? 2 : 1 };
        uint64_t alarms = 0;
        double weight;
        yg_edetector_init(&e, t[i].beta, t[i].mixed ? YG_BET_WEIGHT : 1, patience);
        for (uint64_t k = 0; k < audits; k++) {
            bool missed = draw(&s, &r, &weight);
            if (yg_edetector_add(&e, weight, missed)) {
                alarms++;
                yg_edetector_init(&e, t[i].beta, e.weight, patience);
            }
        }
        not_too_often(t[i].what, alarms, audits, 1 / patience, COMPARISONS);
        assert_true(alarms >= t[i].alarms_least);
    }
}

/* The plain martingale with the same stakes, mixed the same way. */
static uint64_t plain_delay(double beta, uint64_t clean, double jump, struct yg_rng *r)
{
    double log_sum[8] = { 0 };
    static const double to[8] = { 1.4, 2, 3, 4.5, 7, 12, 30, 100 };

    for (uint64_t n = 0; n < clean + 100000; n++) {
        bool missed = n >= clean && yg_rng_unit(r) < jump * beta;
        double top = -INFINITY;
        for (size_t k = 0; k < 8; k++) {
            double stake = fmin((to[k] - 1) / (1 - beta), 0.95 / beta);
            log_sum[k] += log(1 + stake * (missed ? 1 - beta : -beta));
            top = fmax(top, log_sum[k]);
        }
        if (top - log(8) >= log(10000))
            return n + 1 - clean;
    }
    return UINT64_MAX;
}

static uint64_t detector_delay(double beta, uint64_t clean, double jump, struct yg_rng *r)
{
    struct yg_edetector e;

    yg_edetector_init(&e, beta, 1, 10000);
    for (uint64_t n = 0; n < clean; n++)
        assert_false(yg_edetector_add(&e, 1, false));
    for (uint64_t n = 0; n < 100000; n++)
        if (yg_edetector_add(&e, 1, yg_rng_unit(r) < jump * beta))
            return n + 1;
    return UINT64_MAX;
}

static int by_value(const void *x, const void *y)
{
    const uint64_t *a = x, *b = y;

    return *a < *b ? -1 : *a > *b;
}

static void edetector_sees_a_jump(void **state)
{
    static const struct {
        double beta, jump;
        uint64_t most; /* median audits to the alarm */
        uint64_t plain_least;
    } t[] = {
        { 0.05, 4, 120, 1500 },
        { 0.02, 4, 300, 1500 },
        { 0.01, 4, 600, 1500 },
        { 0.01, 10, 150, 500 },
    };
    uint64_t delay[101], plain[11];
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED + 2);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        for (size_t j = 0; j < YG_ARRAY_LEN(delay); j++)
            delay[j] = detector_delay(t[i].beta, 10000, t[i].jump, &r);
        for (size_t j = 0; j < YG_ARRAY_LEN(plain); j++)
            plain[j] = plain_delay(t[i].beta, 10000, t[i].jump, &r);
        qsort(delay, YG_ARRAY_LEN(delay), sizeof(*delay), by_value);
        qsort(plain, YG_ARRAY_LEN(plain), sizeof(*plain), by_value);
        print_message("# FOR %.2f -> %.2f after 10000 clean audits: alarm after %d "
                      "(median; 90 %%: %d), plain martingale %d\n",
                      t[i].beta, t[i].beta * t[i].jump, (int)delay[50], (int)delay[90],
                      (int)plain[5]);
        assert_true(delay[50] <= t[i].most);
        assert_true(plain[5] >= t[i].plain_least);
    }
}

static void edetector_alarm_stays(void **state)
{
    struct yg_edetector e;

    (void)state;
    yg_edetector_init(&e, 0.01, 1, 100);
    for (int i = 0; i < 20; i++)
        yg_edetector_add(&e, 1, true);
    assert_true(e.alarm && isfinite(yg_edetector_value(&e)));
    for (int i = 0; i < 100000; i++)
        assert_true(yg_edetector_add(&e, 1, false));
    assert_true(e.n == 100020);
}

/* ---- one weighted rate --------------------------------------------------------- */

static void ratetest_names(void **state)
{
    struct yg_ratetest t;

    (void)state;
    yg_ratetest_init(&t, 0.05, 0.01, 10);
    assert_true(yg_ratetest_p(&t) == 1 && !yg_ratetest_passed(&t));
    yg_ratetest_add(&t, 0, 0); /* nothing in it */
    yg_ratetest_add(&t, NAN, 1);
    yg_ratetest_add(&t, 1, -1);
    assert_true(t.clusters == 0 && t.log_wealth == 0);
    yg_ratetest_add(&t, 1000, 1000); /* scaled down to the limit */
    assert_true(isfinite(t.log_wealth) && t.log_wealth < 0);
    assert_true(yg_ratetest_p(&t) == 1);
    for (int i = 0; i < 200000; i++)
        yg_ratetest_add(&t, 0, 10);
    assert_true(yg_ratetest_passed(&t) && isfinite(t.log_wealth) && t.best > 5000);
    double best = t.best;
    for (int i = 0; i < 1000; i++)
        yg_ratetest_add(&t, 10, 0);
    assert_true(t.best == best && t.log_wealth < best && yg_ratetest_passed(&t));
}

/* Clusters of up to five units, all lost together with probability 0.5, else each alone;
 * found when lost with probability 1/heavy and then weighing that, kept ones weigh 1. */
static void draw_cluster(struct yg_rng *r, double rate, double heavy, double *lost,
                         double *kept)
{
    uint64_t units = 1 + yg_rng_below(r, 5);
    bool together = yg_rng_unit(r) < 0.5, first = yg_rng_unit(r) < rate;

    *lost = *kept = 0;
    for (uint64_t i = 0; i < units; i++) {
        bool is_lost = together ? first : yg_rng_unit(r) < rate;
        if (!is_lost)
            *kept += 1;
        else if (yg_rng_unit(r) * heavy < 1)
            *lost += heavy;
    }
}

static void ratetest_never_too_often(void **state)
{
    static const struct {
        const char *what;
        double heavy, rate;
    } t[] = {
        { "share = rate, weight 1", 1, 0.05 },
        { "share = rate, weight 10", 10, 0.05 },
        { "share = rate, weight 200", 200, 0.05 },
        { "share above, weight 1", 1, 0.06 },
    };
    const uint64_t replicates = 1000, clusters = 2000;
    const double delta = 0.05;
    struct yg_ratetest x;
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED + 3);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        uint64_t passed = 0;
        double lost, kept;
        for (uint64_t j = 0; j < replicates; j++) {
            yg_ratetest_init(&x, 0.05, delta, 5 * t[i].heavy);
            for (uint64_t k = 0; k < clusters; k++) {
                draw_cluster(&r, t[i].rate, t[i].heavy, &lost, &kept);
                yg_ratetest_add(&x, lost, kept);
            }
            passed += yg_ratetest_passed(&x);
        }
        not_too_often(t[i].what, passed, replicates, delta, COMPARISONS);
    }
}

/* Nothing lost: how many clusters until 5 % is shown at delta 1 %? All weigh `weight`,
 * the limit is `most`. 90 is the least that any test needs: ln 0.01 / ln 0.95. */
static void ratetest_power(void **state)
{
    static const struct {
        double weight, most;
        uint64_t need;
    } t[] = {
        { 1, 1, 115 },   { 10, 10, 115 },   { 200, 200, 115 },
        { 1, 10, 1130 }, { 1, 200, 22500 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct yg_ratetest x;
        yg_ratetest_init(&x, 0.05, 0.01, t[i].most);
        while (!yg_ratetest_passed(&x) && x.clusters < 100000)
            yg_ratetest_add(&x, 0, t[i].weight);
        print_message("# kept units of weight %g, limit %g: %d clusters\n", t[i].weight,
                      t[i].most, (int)x.clusters);
        assert_true(x.clusters <= t[i].need && x.clusters >= 90);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cs_begins_with_nothing),
        cmocka_unit_test(cs_clean_audits),
        cmocka_unit_test(cs_weight_is_relative),
        cmocka_unit_test(cs_clamps),
        cmocka_unit_test(cs_extremes),
        cmocka_unit_test(cs_covers_always),
        cmocka_unit_test(edetector_false_alarms),
        cmocka_unit_test(edetector_sees_a_jump),
        cmocka_unit_test(edetector_alarm_stays),
        cmocka_unit_test(ratetest_names),
        cmocka_unit_test(ratetest_never_too_often),
        cmocka_unit_test(ratetest_power),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
