/* SPDX-License-Identifier: Apache-2.0 */
/* Live alerts that no longer look like those of the certificate end its closing. */
#include "guard_util.h"

#include "base/rng.h"
#include "pipeline/likeness.h"

#include <stdlib.h>

#define RUNS 2000

/* Risks as alerts of the calibration had them, moved by `shift` of log-odds. */
static uint32_t some_risk(struct yg_rng *r, double shift)
{
    return yg_risk_of_logit(-4 + 2 * yg_rng_unit(r) + shift);
}

static void keep_likeness(struct world *w, unsigned device)
{
    struct yg_judged *a = calloc(RUNS, sizeof(*a));
    struct yg_ledger_certificate *row;
    struct yg_rng r;
    size_t n;

    assert_non_null(a);
    yg_rng_init(&r, 5);
    for (size_t i = 0; i < RUNS; i++)
        a[i] = (struct yg_judged){ .run = i,
                                   .time_ns = T0,
                                   .risk = some_risk(&r, 0),
                                   .device = (uint8_t)device,
                                   .far = 10 };
    assert_ok(w->f,
              yg_ledger_certificates(w->f->st, ACME, &w->f->arena, &row, &n, &w->f->err));
    assert_ok(w->f,
              yg_likeness_put(w->f->st, row[n - 1].digest, a, RUNS, T0, &w->f->err));
    free(a);
}

static void live(struct world *w, uint64_t from, uint64_t until, double shift)
{
    struct yg_rng r;

    yg_rng_init(&r, 77 + from);
    for (uint64_t i = from; i < until; i++) {
        unsigned char id[YG_ID_SIZE];
        struct yg_score s = { .risk = some_risk(&r, shift), .predicted = YG_LEVEL_FP };
        id_of(i, id);
        yg_guard_drift(w->g, ACME, YG_DEV_IDS, &s, 10.0F / 254, id);
    }
}

/* What was kept, how far live risks moved: does it fall? */
static const struct {
    const char *name;
    unsigned device;
    double shift;
    bool falls;
} cases[] = {
    { "as in the calibration", YG_DEV_IDS, 0, false },
    { "a little higher", YG_DEV_IDS, 0.1, false },
    { "much higher", YG_DEV_IDS, 3, true },
    { "much lower", YG_DEV_IDS, -3, true },
    { "nothing to compare with", YG_DEV_WAF, 3, false },
};

static void drift_demotes(void **state)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        struct world *w;
        uint64_t fell;

        if (i > 0) { /* each in a store of its own */
            assert_int_equal(fixture_teardown(state), 0);
            assert_int_equal(fixture_setup(state), 0);
        }
        w = world_new(*state);
        certify(w, ACME, 0, false);
        keep_likeness(w, cases[i].device);
        begin(w);
        assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
        live(w, 0, 1000, cases[i].shift);
        end(w); /* half of the way in one run of the program, half in the next */
        begin(w);
        live(w, 1000, 2000, cases[i].shift);
        assert_ok(w->f, yg_guard_check(w->g, &fell, &w->f->err));
        if ((fell > 0) != cases[i].falls ||
            (armed(w) >> YG_DEV_IDS & 1) == cases[i].falls)
            fail_msg("%s: %llu fell", cases[i].name, (unsigned long long)fell);
        if (cases[i].falls)
            assert_true(standing(w).falls >> YG_FALL_DRIFTED & 1);
        world_free(w);
    }
}

/* A new certificate is compared with its own alerts, from the start. */
static void begins_anew(void **state)
{
    struct world *w = world_new(*state);
    uint64_t fell;

    certify(w, ACME, 0, false);
    keep_likeness(w, YG_DEV_IDS);
    begin(w);
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    live(w, 0, 1500, 3);
    assert_ok(w->f, yg_guard_check(w->g, &fell, &w->f->err));
    assert_true(fell > 0);
    end(w);
    w->f->clock.manual_ns += HOUR;
    certify(w, ACME, 0, false);
    keep_likeness(w, YG_DEV_IDS);
    begin(w);
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    live(w, 5000, 5500, 0);
    assert_ok(w->f, yg_guard_check(w->g, &fell, &w->f->err));
    assert_int_equal(fell, 0);
    assert_true(armed(w) >> YG_DEV_IDS & 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(drift_demotes, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(begins_anew, fixture_setup, fixture_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
