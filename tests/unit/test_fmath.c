/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fmath.h"

#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SEED 7U

static void exp_agrees_with_libm(void **state)
{
    struct yg_rng r;

    (void)state;
    print_message("# seed %u\n", SEED);
    yg_rng_init(&r, SEED);
    for (int i = 0; i < 200000; i++) {
        double x = (yg_rng_unit(&r) - 0.5) * (i % 3 ? 4 : 1400);
        double want = exp(x), got = yg_exp(x);
        if (fabs(got - want) > 1e-15 * want)
            fail_msg("exp(%.17g) = %.17g, not %.17g", x, got, want);
    }
}

static void log_agrees_with_libm(void **state)
{
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED);
    for (int i = 0; i < 200000; i++) {
        double x = i % 2
                       ? yg_rng_unit(&r) * 3 + 1e-9
                       : ldexp(yg_rng_unit(&r) + 0.5, (int)yg_rng_below(&r, 2040) - 1060);
        double want = log(x), most = fabs(want) > 1 ? fabs(want) : 1;
        if (fabs(yg_ln(x) - want) > 4e-16 * most)
            fail_msg("log(%.17g) = %.17g, not %.17g", x, yg_ln(x), want);
        if (x >= 0x1p-1022 && fabs(yg_lb_rough(x) - log2(x)) > 1e-7)
            fail_msg("rough log2(%.17g) = %.17g", x, yg_lb_rough(x));
        if (fabs(yg_lb(x) - log2(x)) > 1e-15 * most * 2)
            fail_msg("log2(%.17g) = %.17g", x, yg_lb(x));
    }
}

static void edges(void **state)
{
    (void)state;
    assert_true(yg_exp(0) == 1);
    assert_true(yg_exp(-709) == 0 && yg_exp(-INFINITY) == 0);
    assert_true(yg_exp(1e300) == yg_exp(708) && isfinite(yg_exp(INFINITY)));
    assert_true(isnan(yg_exp(NAN)) && isnan(yg_ln(NAN)) && isnan(yg_ln(-1)));
    assert_true(yg_ln(1) == 0 && yg_ln(0) == -INFINITY);
    assert_true(yg_ln(INFINITY) == INFINITY);
    assert_true(fabs(yg_ln(0x1p-1074) - log(0x1p-1074)) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_agrees_with_libm),
        cmocka_unit_test(log_agrees_with_libm),
        cmocka_unit_test(edges),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
