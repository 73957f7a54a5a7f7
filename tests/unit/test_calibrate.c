/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/risk.h"
#include "base/rng.h"
#include "model/calibrate.h"

#include <math.h>
#include <stdlib.h>

#define SEED 20261123

static void raw_is_the_log_odds(void **state)
{
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED);
    for (int i = 0; i < 100000; i++) {
        double m[YG_LEVEL_COUNT], sum = 0;
        float p[YG_LEVEL_COUNT];
        for (int c = 0; c < YG_LEVEL_COUNT; c++)
            sum += m[c] = exp(-40 * yg_rng_unit(&r));
        for (int c = 0; c < YG_LEVEL_COUNT; c++)
            p[c] = (float)(m[c] / sum);
        double want = log(((double)p[3] + (double)p[4]) /
                          ((double)p[0] + (double)p[1] + (double)p[2]));
        if (fabs(yg_calibrate_raw(p) - want) > 1e-14 * fmax(1, fabs(want)))
            fail_msg("%.17g, want %.17g", yg_calibrate_raw(p), want);
    }
}

static void scores(void **state)
{
    static const struct {
        const char *what;
        float p[YG_LEVEL_COUNT];
        uint8_t predicted;
        uint32_t risk;
    } t[] = {
        { "even odds", { 0.5F, 0, 0, 0.5F, 0 }, 3, 0x80000000U },
        { "ties go up", { 0.2F, 0.2F, 0.2F, 0.2F, 0.2F }, 4, 0 },
        { "all low", { 1, 0, 0, 0, 0 }, 0, 0 },
        { "all high", { 0, 0, 0, 0, 1 }, 4, UINT32_MAX },
        { "broken stays open", { NAN, NAN, NAN, NAN, NAN }, 0, UINT32_MAX },
        { "half broken stays open", { 0.5F, NAN, 0, 0, 0.5F }, 4, UINT32_MAX },
        { "one in a thousand million", { 1, 0, 0, 1e-9F, 0 }, 0, 0 },
    };
    const struct yg_calibration none = { 0 };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct yg_score s;
        yg_score_of(&none, t[i].p, &s);
        if (s.predicted != t[i].predicted)
            fail_msg("%s: predicted %u", t[i].what, s.predicted);
        if (i != 1 && i != 6 && s.risk != t[i].risk)
            fail_msg("%s: risk %08x", t[i].what, s.risk);
        assert_memory_equal(s.p, t[i].p, sizeof(s.p));
    }
    struct yg_score s;
    yg_score_of(&none, t[6].p, &s);
    assert_true(fabs(yg_risk_prob(s.risk) / 1e-9 - 1) < 1e-6);
}

/* Points whose true log-odds are f(raw); the trees are four times too sure. */
static struct yg_calibration_point *points(size_t n, struct yg_rng *r)
{
    struct yg_calibration_point *p = calloc(n, sizeof(*p));

    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        p[i].raw = 24 * yg_rng_unit(r) - 16;
        p[i].weight = 1;
        p[i].is_protected = yg_rng_unit(r) < 1 / (1 + exp(-p[i].raw / 4));
    }
    return p;
}

static void calibrates(void **state)
{
    struct yg_rng r;
    struct yg_calibration cal;
    struct yg_err err;

    (void)state;
    yg_rng_init(&r, SEED);
    struct yg_calibration_point *p = points(200000, &r);
    assert_int_equal(yg_calibrate_fit(p, 200000, &cal, &err), YG_OK);
    print_message("# %u knots\n", cal.knots);
    assert_true(cal.knots > 20);
    for (double raw = -14; raw < 7; raw += 0.25)
        if (fabs(yg_calibrate_logit(&cal, raw) - raw / 4) > 0.25)
            fail_msg("at %g: %g", raw, yg_calibrate_logit(&cal, raw));
    free(p);
}

static void order_is_kept(void **state)
{
    struct yg_rng r;
    struct yg_calibration cal;
    struct yg_err err;

    (void)state;
    yg_rng_init(&r, SEED + 1);
    for (size_t n = 1; n <= 5000; n = n * 3 + 1) {
        struct yg_calibration_point *p = points(n, &r);
        assert_int_equal(yg_calibrate_fit(p, n, &cal, &err), YG_OK);
        uint32_t before = 0;
        for (int i = 0; i < 100000; i++) {
            double raw = -30 + i * 6e-4;
            uint32_t risk = yg_risk_of_logit(yg_calibrate_logit(&cal, raw));
            if (risk < before || (risk == before && risk > 0 && risk < YG_RISK_MAX))
                fail_msg("%zu points: risk %08x after %08x at %g", n, risk, before, raw);
            before = risk;
        }
        for (uint32_t k = 0; k < cal.knots; k++) { /* around the knots, close by */
            double at = cal.knot[k].raw;
            double a = yg_calibrate_logit(&cal, at - 1e-6);
            double b = yg_calibrate_logit(&cal, at);
            double c = yg_calibrate_logit(&cal, at + 1e-6);
            assert_true(a < b && b < c);
            assert_true(b == cal.knot[k].calibrated);
            assert_true(yg_risk_of_logit(a) < yg_risk_of_logit(b) &&
                        yg_risk_of_logit(b) < yg_risk_of_logit(c));
        }
        free(p);
    }
}

/* Two steps of almost equal frequency, far apart: the line between them is not flat. */
static void order_is_kept_on_a_plateau(void **state)
{
    struct yg_calibration_point p[] = {
        { -20, 900, false }, { -20, 100, true }, { 0, 899, false }, { 0, 100, true }
    };
    struct yg_calibration cal;
    struct yg_err err;

    (void)state;
    assert_int_equal(yg_calibrate_fit(p, YG_ARRAY_LEN(p), &cal, &err), YG_OK);
    assert_int_equal(cal.knots, 2);
    for (double raw = -21; raw < 1; raw += 0.1)
        assert_true(yg_risk_of_logit(yg_calibrate_logit(&cal, raw)) <
                    yg_risk_of_logit(yg_calibrate_logit(&cal, raw + 1e-6)));
}

static void small_sets(void **state)
{
    static const struct {
        const char *what;
        struct yg_calibration_point p[5];
        size_t n;
        uint32_t knots;
        double first, last; /* expected frequencies of the knots */
    } t[] = {
        { "nothing", { { 0, 1, 0 } }, 0, 0, 0, 0 },
        { "all protected", { { 0, 1, 1 }, { 2, 1, 1 } }, 2, 0, 0, 0 },
        { "none protected", { { 0, 1, 0 }, { 2, 1, 0 } }, 2, 0, 0, 0 },
        { "well ordered", { { -1, 1, 0 }, { 1, 1, 1 } }, 2, 2, 1 / 3.0, 2 / 3.0 },
        { "wrongly ordered", { { -1, 1, 1 }, { 1, 1, 0 } }, 2, 1, 0.5, 0.5 },
        { "one value", { { 3, 1, 1 }, { 3, 1, 0 }, { 3, 2, 0 } }, 3, 1, 0.25, 0.25 },
        { "weights", { { -1, 9, 0 }, { 1, 9, 1 } }, 2, 2, 0.5 / 9.5, 9 / 9.5 },
        { "pooled",
          { { -2, 1, 0 }, { -1, 1, 1 }, { 0, 1, 0 }, { 1, 1, 1 } },
          4,
          3,
          1 / 3.0,
          2 / 3.0 },
        { "an end too small to stand alone",
          { { -2, 1, 0 }, { -1, 1, 1 }, { -1, 4, 0 }, { 1, 4, 1 } },
          4,
          2,
          1 / 6.0,
          8 / 9.0 },
    };
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct yg_calibration_point p[5];
        struct yg_calibration cal;
        struct yg_err err;
        memcpy(p, t[i].p, sizeof(p));
        assert_int_equal(yg_calibrate_fit(p, t[i].n, &cal, &err), YG_OK);
        if (cal.knots != t[i].knots)
            fail_msg("%s: %u knots", t[i].what, cal.knots);
        if (cal.knots == 0) {
            assert_true(yg_calibrate_logit(&cal, 1.25) == 1.25);
            continue;
        }
        double a = cal.knot[0].calibrated, b = cal.knot[cal.knots - 1].calibrated;
        if (fabs(1 / (1 + exp(-a)) - t[i].first) > 1e-12 ||
            fabs(1 / (1 + exp(-b)) - t[i].last) > 1e-12)
            fail_msg("%s: %g to %g", t[i].what, a, b);
        assert_true(yg_calibrate_logit(&cal, cal.knot[0].raw - 3) == a - 3);
    }
}

static void same_points_same_table(void **state)
{
    struct yg_rng r;
    struct yg_calibration a, b;
    struct yg_buf x, y;
    struct yg_err err;
    size_t n = 3000;

    (void)state;
    yg_rng_init(&r, SEED + 2);
    struct yg_calibration_point *p = points(n, &r);
    for (size_t i = 0; i < n; i++) { /* many ties, uneven weights */
        p[i].raw = round(p[i].raw * 4) / 4;
        p[i].weight = (float)(0.1 + yg_rng_unit(&r));
    }
    assert_int_equal(yg_calibrate_fit(p, n, &a, &err), YG_OK);
    for (size_t i = n - 1; i > 0; i--) {
        size_t k = yg_rng_below(&r, i + 1);
        struct yg_calibration_point t = p[i];
        p[i] = p[k];
        p[k] = t;
    }
    assert_int_equal(yg_calibrate_fit(p, n, &b, &err), YG_OK);
    yg_buf_init(&x, 1 << 16);
    yg_buf_init(&y, 1 << 16);
    yg_calibrate_write(&a, &x);
    yg_calibrate_write(&b, &y);
    assert_true(yg_str_eq(yg_buf_str(&x), yg_buf_str(&y)));
    struct yg_cursor in = yg_cursor_of(x.p, x.n);
    assert_int_equal(yg_calibrate_read(&in, &b, &err), YG_OK);
    for (double raw = -20; raw < 20; raw += 0.01)
        assert_true(yg_calibrate_logit(&a, raw) == yg_calibrate_logit(&b, raw));
    for (size_t k = 0; k < x.n; k++) {
        in = yg_cursor_of(x.p, k);
        assert_int_not_equal(yg_calibrate_read(&in, &b, &err), YG_OK);
    }
    x.p[5 + 7] = (char)(x.p[5 + 7] ^ 0x80); /* the first knot's sign */
    in = yg_cursor_of(x.p, x.n);
    assert_int_equal(yg_calibrate_read(&in, &b, &err), YG_EFORMAT);
    p[7].weight = 0;
    assert_int_equal(yg_calibrate_fit(p, n, &a, &err), YG_EINVAL);
    p[7].weight = 1;
    p[7].raw = NAN;
    assert_int_equal(yg_calibrate_fit(p, n, &a, &err), YG_EINVAL);
    yg_buf_fini(&x);
    yg_buf_fini(&y);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_is_the_log_odds),
        cmocka_unit_test(scores),
        cmocka_unit_test(calibrates),
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(order_is_kept_on_a_plateau),
        cmocka_unit_test(small_sets),
        cmocka_unit_test(same_points_same_table),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    print_message("# seed %d\n", SEED);
    return cmocka_run_group_tests_name("calibrate", tests, NULL, NULL);
}
