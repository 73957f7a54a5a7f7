/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "policy/margin.h"
#include "world.h"

#include <math.h>

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
        cmocka_unit_test(crossfit),
        cmocka_unit_test(margins),
        cmocka_unit_test(grids),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
