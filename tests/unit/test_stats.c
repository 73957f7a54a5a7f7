/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "policy/stats.h"

#include <math.h>
#include <stdio.h>

static void close_to(const char *what, double got, double want, double rel)
{
    if (!(fabs(got - want) <= rel * fabs(want)))
        fail_msg("%s: %.17g, want %.17g", what, got, want);
}

/* Reference values: exact sums with 60 decimal digits. */
static void binomial_tails(void **state)
{
    static const struct {
        uint64_t k, n;
        double p, cdf;
    } t[] = {
        { 0, 80, 0.05, 0.0165153743850136356 },
        { 0, 79, 0.05, 0.017384604615803827 },
        { 3, 10, 0.5, 0.171875 },
        { 5, 10, 0.25, 0.980272293090820313 },
        { 9, 10, 0.9, 0.651321559899999914 },
        { 2, 408, 0.01, 0.225144683383328969 },
        { 10, 10000, 0.002, 0.0107536198028830648 },
        { 100, 1000000, 0.0001, 0.526562198563219099 },
        { 90, 10000000, 1e-05, 0.171383867368562399 },
        { 120, 10000000, 1e-05, 0.97733122702689392 },
        { 9000, 10000000, 0.001, 1.32121425192469214e-24 },
        { 10000, 10000000, 0.001, 0.502659581551788685 },
        { 4990000, 10000000, 0.5, 1.27240024557758653e-10 },
        { 0, 10000000, 1e-09, 0.990049833744217804 },
        { 1, 10000000, 1e-09, 0.999950332091560481 },
        { 3, 10000000, 1e-05, 6.38688132793797262e-39 },
        { 30, 40, 0.5, 0.999660225872503361 },
        /* edges */
        { 7, 7, 0.3, 1.0 },
        { 0, 0, 0.5, 1.0 },
        { 9, 3, 0.5, 1.0 },
        { 2, 3, 0.0, 1.0 },
        { 2, 3, 1.0, 0.0 },
        { 3, 3, 1.0, 1.0 },
        { 2, 3, -1.0, 1.0 },
        { 2, 3, 2.0, 0.0 },
    };
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        char what[64];
        snprintf(what, sizeof(what), "k %d n %d p %g", (int)t[i].k, (int)t[i].n, t[i].p);
        close_to(what, yg_binom_cdf(t[i].k, t[i].n, t[i].p), t[i].cdf, 1e-11);
    }
}

static void limits(void **state)
{
    (void)state;
    /* k = 0: 1 - delta^(1/n); the others from the defining equation */
    close_to("0 of 10", yg_binom_upper(0, 10, 0.05), 0.25886555089305224, 1e-14);
    for (uint64_t n = 1; n < 200000; n = n * 3 + 1) {
        for (uint64_t k = 0; k < n; k = k * 2 + 1) {
            double up = yg_binom_upper(k, n, 0.05), low = yg_binom_lower(n - k, n, 0.05);
            close_to("upper", yg_binom_cdf(k, n, up), 0.05, 1e-9);
            close_to("mirror", 1.0 - low, up, 1e-12);
        }
    }
    assert_true(yg_binom_upper(0, 0, 0.05) == 1.0);
    assert_true(yg_binom_upper(5, 5, 0.05) == 1.0);
    assert_true(yg_binom_lower(0, 0, 0.05) == 0.0);
    assert_true(yg_binom_lower(0, 9, 0.05) == 0.0);
}

static void umbrella(void **state)
{
    static const struct {
        const char *what;
        double alpha, delta;
        uint64_t need;
    } t[] = {
        { "5 %, a third of 5 %", 0.05, 0.05 / 3, 80 },
        { "1 %", 0.01, 0.05 / 3, 408 },
        { "0.1 %", 0.001, 0.05 / 3, 4093 },
        { "5 %, all of 5 %", 0.05, 0.05, 59 },
    };
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        uint64_t need = yg_umbrella_need(t[i].alpha, t[i].delta);
        if (need != t[i].need)
            fail_msg("%s: %d", t[i].what, (int)need);
        assert_true(yg_umbrella_k(need - 1, t[i].alpha, t[i].delta) == 0);
        assert_true(yg_umbrella_k(need, t[i].alpha, t[i].delta) == 1);
    }
    /* the largest k, and no larger */
    for (uint64_t n = 1000; n < 2000000; n *= 7) {
        uint64_t k = yg_umbrella_k(n, 0.01, 0.02);
        assert_true(yg_binom_cdf(k - 1, n, 0.01) <= 0.02);
        assert_true(yg_binom_cdf(k, n, 0.01) > 0.02);
    }
    assert_true(yg_umbrella_k(0, 0.05, 0.05) == 0);
}

static void shares(void **state)
{
    double sum = 0;

    (void)state;
    for (uint32_t j = 1; j <= 100000; j++)
        sum += yg_attempt_delta(0.05, j);
    assert_true(sum < 0.05 && sum > 0.0499);
    close_to("first", yg_attempt_delta(0.05, 1), 0.030396355092701331, 1e-14);
    close_to("tenth", yg_attempt_delta(0.05, 10), 0.00030396355092701331, 1e-14);
    close_to("attempt 0 is the first", yg_attempt_delta(0.05, 0),
             yg_attempt_delta(0.05, 1), 0);
    assert_true(yg_support_rate(0, 0.05) == 1.0);
    close_to("four support 53 %", yg_support_rate(4, 0.05), 0.52713, 1e-5);
}

static void ladder(void **state)
{
    uint64_t more[YG_LADDER_COUNT];
    static const uint64_t want[YG_LADDER_COUNT] = { 0, 123, 328, 737, 4013 };

    (void)state;
    yg_ladder_more(80, 0.05 / 3, more);
    for (int i = 0; i < YG_LADDER_COUNT; i++)
        if (more[i] != want[i])
            fail_msg("rung %d: %d", i, (int)more[i]);
    assert_int_equal(yg_ladder_index(0.05), 0);
    assert_int_equal(yg_ladder_index(0.001), 4);
    assert_int_equal(yg_ladder_index(0.03), -1);
    assert_int_equal(yg_ladder_index(NAN), -1);
    /* 1.5 ln(0.05 / 3) / ln(0.99) = 611.08 */
    assert_true(yg_for_need(0.01, 0.05 / 3) == 612);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binomial_tails), cmocka_unit_test(limits),
        cmocka_unit_test(umbrella),       cmocka_unit_test(shares),
        cmocka_unit_test(ladder),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
