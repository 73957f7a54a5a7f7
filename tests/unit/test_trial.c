/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "policy/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RUNS   20000
#define POINTS 100

static void id_of(uint64_t n, unsigned char id[YG_ID_SIZE])
{
    yg_hash_id(YG_STR("trial"), (struct yg_str){ (const char *)&n, sizeof(n) }, id);
}

static struct yg_coin coin_of(unsigned char first)
{
    unsigned char secret[YG_COIN_SECRET] = { first };
    struct yg_coin coin;

    yg_coin_init(&coin, secret);
    return coin;
}

static void grid_of(uint32_t grid[POINTS])
{
    for (uint32_t i = 0; i < POINTS; i++)
        grid[i] = (i + 1) * 100;
}

/* Risks 0 to 9,999, two runs each, two in a cluster. */
static struct yg_trial_run *runs_of(uint64_t before)
{
    struct yg_trial_run *v = calloc(RUNS, sizeof(*v));

    assert_non_null(v);
    for (uint32_t i = 0; i < RUNS; i++) {
        id_of(i, v[i].id);
        v[i].cluster = 1 + i / 2;
        v[i].close_risk = v[i].top_risk = i / 2;
        v[i].before = before;
    }
    return v;
}

static void threshold(void **state)
{
    static const struct {
        const char *what;
        uint64_t audits, rate;
        unsigned every; /* one run in so many is settled; 0: none */
        uint64_t before;
        uint32_t tau;
        uint64_t closed, tossed;
    } t[] = {
        { "as many runs as there is time for", 1000, YG_COIN_ONE, 0, 0, 500, 1000, 1000 },
        { "one too few", 999, YG_COIN_ONE, 0, 0, 400, 800, 800 },
        { "less than the lowest point closes: a lower rate", 60, YG_COIN_ONE, 0, 0, 100,
          200, 200 },
        { "nor at the least rate", 1, YG_COIN_ONE, 0, 0, 0, 0, 0 },
        { "one in four reaches four times as far", 1000, YG_COIN_ONE / 4, 0, 0, 2000,
          4000, 4000 },
        { "what is settled costs nothing", 1000, YG_COIN_ONE, 2, 0, 1000, 2000, 1000 },
        { "nor does what triage drew from at the same rate", 10, YG_COIN_ONE / 4, 0,
          YG_COIN_ONE / 4, 10000, 20000, 0 },
        { "no time: no threshold", 0, YG_COIN_ONE, 0, 0, 0, 0, 0 },
        { "time for all", 1000000, YG_COIN_ONE, 0, 0, 10000, 20000, 20000 },
    };
    const struct yg_coin coin = coin_of(1);
    uint32_t grid[POINTS];

    (void)state;
    grid_of(grid);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct yg_trial_ask ask = { grid, POINTS, t[i].audits, 0, t[i].rate, &coin };
        struct yg_trial_run *v = runs_of(t[i].before);
        struct yg_trial out;
        for (size_t k = 0; t[i].every && k < RUNS; k++)
            v[k].settled = k % t[i].every == 0;
        assert_int_equal(yg_trial_draw(v, RUNS, &ask, &out), YG_OK);
        free(v);
        if (out.tau != t[i].tau || out.closed != t[i].closed || out.tossed != t[i].tossed)
            fail_msg("%s: tau %u, %llu runs, %llu tossed", t[i].what, out.tau,
                     (unsigned long long)out.closed, (unsigned long long)out.tossed);
    }
}

/* Whatever triage did before, each run is drawn with the same chance in the end. */
static void one_rate_for_all(void **state)
{
    static const struct {
        const char *what;
        uint64_t before, rate;
    } t[] = { { "not tossed before", 0, YG_COIN_ONE / 4 },
              { "tossed at an eighth", YG_COIN_ONE / 8, YG_COIN_ONE / 4 },
              { "tossed at the least", YG_COIN_LEAST, YG_COIN_ONE / 2 },
              { "all are judged", YG_COIN_ONE / 8, YG_COIN_ONE } };
    const struct yg_coin coin = coin_of(2);
    uint32_t grid[POINTS];

    (void)state;
    grid_of(grid);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct yg_trial_ask ask = { grid, POINTS, RUNS, 0, t[i].rate, &coin };
        struct yg_trial_run *v = runs_of(t[i].before);
        struct yg_trial out;
        size_t all = 0;
        for (size_t k = 0; k < RUNS; k++)
            v[k].drawn = t[i].before > 0 &&
                         yg_coin_toss(&coin, YG_COIN_AUDIT, v[k].id, t[i].before);
        assert_int_equal(yg_trial_draw(v, RUNS, &ask, &out), YG_OK);
        for (size_t k = 0; k < RUNS; k++) {
            assert_false(v[k].drawn && v[k].audit);
            assert_true(v[k].tossed);
            all += v[k].drawn || v[k].audit;
        }
        free(v);
        double p = (double)t[i].rate / (double)YG_COIN_ONE, off = (double)all - p * RUNS,
               dev = sqrt(RUNS * p * (1 - p)) + 1e-9;
        if (fabs(off) > 4 * dev)
            fail_msg("%s: %zu of %d drawn", t[i].what, all, RUNS);
    }
}

/* The riskiest of each cluster, never below tau, never what is settled. */
static void decoys(void **state)
{
    const struct yg_coin coin = coin_of(3);
    struct yg_trial_run *v = runs_of(0);
    struct yg_trial out;
    uint32_t grid[POINTS];
    size_t tossed = 0, drawn = 0;

    (void)state;
    grid_of(grid);
    for (size_t k = 0; k < 100; k++)
        v[RUNS - 1 - k].settled = true;
    struct yg_trial_ask ask = { grid, POINTS, 1000, 400, YG_COIN_ONE, &coin };
    assert_int_equal(yg_trial_draw(v, RUNS, &ask, &out), YG_OK);
    for (size_t k = 0; k < RUNS; k++) {
        bool decoy = v[k].tossed && v[k].close_risk >= out.tau;
        tossed += decoy;
        drawn += v[k].decoy;
        assert_true(!v[k].decoy || decoy);
        assert_true(!v[k].decoy || (!v[k].settled && !v[k].audit));
        /* 1,200 clusters below the 50 that are settled */
        assert_true(!decoy || (v[k].top_risk >= 9950 - 1200 && v[k].top_risk < 9950));
        if (decoy)
            assert_true(v[k].rate == YG_COIN_ONE / (v[k].top_risk >= 9950 - 400 ? 2 : 4));
    }
    assert_int_equal(tossed, 1200);
    assert_int_equal(drawn, out.decoys);
    assert_true(drawn > 340 && drawn < 460);
    free(v);
}

/* Same runs in any order: the same draw. A rate outside its range is refused. */
static void order_and_range(void **state)
{
    const struct yg_coin coin = coin_of(4);
    struct yg_trial_run *v = runs_of(0), *w = runs_of(0);
    struct yg_trial a, b;
    uint32_t grid[POINTS];

    (void)state;
    grid_of(grid);
    for (size_t k = 0; k < RUNS / 2; k++) {
        struct yg_trial_run x = w[k];
        w[k] = w[RUNS - 1 - k];
        w[RUNS - 1 - k] = x;
    }
    struct yg_trial_ask ask = { grid, POINTS, 500, 500, YG_COIN_ONE / 2, &coin };
    assert_int_equal(yg_trial_draw(v, RUNS, &ask, &a), YG_OK);
    assert_int_equal(yg_trial_draw(w, RUNS, &ask, &b), YG_OK);
    assert_memory_equal(v, w, RUNS * sizeof(*v));
    assert_int_equal(a.audits, b.audits);
    ask.rate = YG_COIN_LEAST - 1;
    assert_int_equal(yg_trial_draw(v, RUNS, &ask, &a), YG_EINVAL);
    ask.rate = YG_COIN_ONE + 1;
    assert_int_equal(yg_trial_draw(v, RUNS, &ask, &a), YG_EINVAL);
    ask.rate = YG_COIN_ONE;
    assert_int_equal(yg_trial_draw(NULL, 0, &ask, &a), YG_OK);
    assert_int_equal(a.tau, 0);
    free(v);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threshold),
        cmocka_unit_test(one_rate_for_all),
        cmocka_unit_test(decoys),
        cmocka_unit_test(order_and_range),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
