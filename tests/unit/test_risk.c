/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/risk.h"
#include "base/rng.h"
#include "base/status.h"

#include <math.h>

static void logits(void **state)
{
    static const struct {
        const char *what;
        double logit;
        uint32_t risk;
    } t[] = {
        { "even odds", 0.0, 0x80000000U },
        { "lowest", -32.0, 0 },
        { "one step up", -32.0 + 0x1p-26, 1 },
        { "rounded down", -32.0 + 0x1.8p-26, 1 },
        { "below the range", -40.0, 0 },
        { "minus infinity", -INFINITY, 0 },
        { "highest", 32.0 - 0x1p-26, UINT32_MAX },
        { "above the range", 32.0, UINT32_MAX },
        { "infinity", INFINITY, UINT32_MAX },
        { "a broken score stays open", NAN, UINT32_MAX },
        { "one unit", 1.0, 0x84000000U },
    };
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++)
        if (yg_risk_of_logit(t[i].logit) != t[i].risk)
            fail_msg("%s: %08x", t[i].what, yg_risk_of_logit(t[i].logit));
}

static void round_trip_and_order(void **state)
{
    const uint64_t seed = 20170601;
    struct yg_rng r;

    (void)state;
    print_message("# seed %llu\n", (unsigned long long)seed);
    yg_rng_init(&r, seed);
    for (int i = 0; i < 100000; i++) {
        uint32_t a = (uint32_t)yg_rng_u64(&r);
        assert_true(yg_risk_of_logit(yg_risk_logit(a)) == a);
        assert_true(a == UINT32_MAX || yg_risk_prob(a) <= yg_risk_prob(a + 1));
        double want = 1.0 / (1.0 + exp(-yg_risk_logit(a)));
        if (fabs(yg_risk_prob(a) / want - 1.0) > 1e-15)
            fail_msg("%08x: %.17g, want %.17g", a, yg_risk_prob(a), want);
    }
}

static void probabilities(void **state)
{
    static const double p[] = { 1e-13, 1e-9, 1e-6, 1e-3, 0.05, 0.5, 0.9, 0.999999 };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(p); i++) {
        uint32_t r = yg_risk_of_prob(p[i]);
        assert_true(yg_risk_prob(r) >= p[i]);
        assert_true(yg_risk_prob(r - 1) < p[i]);
        assert_true(fabs(yg_risk_prob(r) / p[i] - 1.0) < 2e-8);
    }
    assert_int_equal(yg_risk_of_prob(0.0), 0);
    assert_true(yg_risk_of_prob(1.0) == UINT32_MAX);
    assert_true(yg_risk_of_prob(NAN) == UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits),
        cmocka_unit_test(round_trip_and_order),
        cmocka_unit_test(probabilities),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
