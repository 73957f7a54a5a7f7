/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/risk.h"
#include "policy/drift.h"
#include "sim_util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED        20240103
#define COMPARISONS 4
#define REPLICATES  31 /* of a delay */

/* ---- a world ------------------------------------------------------------------- */

/* Rows as a model makes them: log-odds, probabilities that follow, a distance. */
struct world {
    double shift;  /* of the log-odds, in standard deviations of the training */
    double spread; /* times */
    double wide;   /* of the distance, about the same mean */
    double alike;  /* correlation of neighbours */
    double state;  /* private */
};

static struct yg_drift_row draw(struct world *w, struct yg_rng *r)
{
    w->state = w->alike * w->state + sqrt(1 - w->alike * w->alike) * draw_normal(r);
    double x = w->spread * w->state + w->shift, logit = -6 + 2 * x,
           p = 1 / (1 + exp(-logit)), u = 0.3 + 0.2 * yg_rng_unit(r);
    struct yg_drift_row row = { { (float)logit, (float)((1 - p) * u),
                                  (float)((1 - p) * (1 - u)), 0, (float)(p * 0.7),
                                  (float)(p * 0.3),
                                  (float)(0.5 + w->wide * (yg_rng_unit(r) - 0.5)), 1 } };
    return row;
}

static void make_reference(struct yg_drift_reference *ref, struct yg_rng *r)
{
    struct world w = { .spread = 1, .wide = 0.1 };
    struct yg_drift_row *row = calloc(5000, sizeof(*row));

    assert_non_null(row);
    for (size_t i = 0; i < 5000; i++)
        row[i] = draw(&w, r);
    yg_drift_reference_of(row, 5000, 7, ref);
    free(row);
}

/* Pairs until the alarm, `most` if none. */
static uint64_t run(struct yg_drift *d, const struct yg_drift_reference *ref,
                    struct world *w, struct yg_rng *r, uint64_t most)
{
    for (uint64_t i = 0; i < most; i++) {
        struct yg_drift_row live = draw(w, r);
        yg_drift_add(d, ref, &live, yg_rng_u64(r));
        if (yg_drift_alarm(d))
            return i + 1;
    }
    return most;
}

/* ---- error rate and power ------------------------------------------------------ */

static void same_world(void **state)
{
    static const struct {
        const char *what;
        double alike;
    } t[] = { { "the same", 0 },
              { "neighbours alike, 0.5", 0.5 },
              { "neighbours alike, 0.7", 0.7 },
              { "neighbours alike, 0.9", 0.9 } };
    const uint64_t replicates = 100, pairs = 10000;
    const double delta = 0.01;
    struct yg_drift_reference ref;
    struct yg_drift d;
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        uint64_t alarms = 0, warned = 0;
        double right = 0;
        for (uint64_t j = 0; j < replicates; j++) {
            struct world w = { .spread = 1, .wide = 0.1, .alike = t[i].alike };
            make_reference(&ref, &r);
            yg_drift_init(&d, delta);
            alarms += run(&d, &ref, &w, &r, pairs) < pairs;
            right += (double)d.right / (double)d.n / (double)replicates;
            warned += yg_drift_psi(&d) > 0.25;
        }
        print_message("# %.1f %% guessed right\n", 100 * right);
        not_too_often(t[i].what, alarms, replicates, delta, COMPARISONS);
        assert_true(warned == 0);
    }
}

static int by_value(const void *x, const void *y)
{
    const uint64_t *a = x, *b = y;

    return *a < *b ? -1 : *a > *b;
}

/* Clear shifts are found, after `clean` pairs without any too. */
static void shifted_world(void **state)
{
    static const struct {
        const char *what;
        double shift, spread, wide;
        uint64_t clean, most; /* median of pairs to the alarm */
        bool warns;
    } t[] = {
        { "one deviation up", 1, 1, 0.1, 0, 600, true },
        { "two deviations up", 2, 1, 0.1, 0, 300, true },
        { "one deviation down after 10000", -1, 1, 0.1, 10000, 700, false },
        { "two deviations up after 10000", 2, 1, 0.1, 10000, 300, false },
        { "three times as wide", 0, 3, 0.1, 0, 500, true },
        { "another distance, same mean", 0, 1, 0.4, 0, 500, false },
    };
    struct yg_drift_reference ref;
    struct yg_drift d;
    struct yg_rng r;
    uint64_t delay[REPLICATES];

    (void)state;
    yg_rng_init(&r, SEED + 1);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        double psi = 0;
        for (size_t j = 0; j < REPLICATES; j++) {
            struct world w = { .spread = 1, .wide = 0.1 };
            make_reference(&ref, &r);
            yg_drift_init(&d, 0.01);
            run(&d, &ref, &w, &r, t[i].clean);
            assert_false(yg_drift_alarm(&d));
            w.shift = t[i].shift;
            w.spread = t[i].spread;
            w.wide = t[i].wide;
            delay[j] = run(&d, &ref, &w, &r, 20000);
            psi += yg_drift_psi(&d) / REPLICATES;
        }
        qsort(delay, REPLICATES, sizeof(*delay), by_value);
        print_message("# %s: alarm after %d pairs (median; longest %d), psi %.2f\n",
                      t[i].what, (int)delay[REPLICATES / 2], (int)delay[REPLICATES - 1],
                      psi);
        if (delay[REPLICATES / 2] > t[i].most)
            fail_msg("%s: alarm after %d", t[i].what, (int)delay[REPLICATES / 2]);
        assert_true(!t[i].warns || psi > 0.25);
    }
}

/* ---- rows and references ------------------------------------------------------- */

static void rows(void **state)
{
    struct yg_score s = { .p = { 0.5F, 0.2F, 0.2F, 0.06F, 0.04F },
                          .risk = yg_risk_of_prob(0.1) };
    struct yg_drift_row r = yg_drift_row(&s, 0.25F);

    (void)state;
    assert_true(fabs((double)r.v[0] - log(0.1 / 0.9)) < 1e-6);
    assert_memory_equal(&r.v[1], s.p, sizeof(s.p));
    assert_true(r.v[6] == 0.25F && r.v[7] == 1);
    r = yg_drift_row(&s, -1);
    assert_true(r.v[6] == 0);
    s.p[2] = NAN;
    r = yg_drift_row(&s, NAN);
    assert_true(r.v[6] == 0 && r.v[3] >= 1e6F);
}

static void references(void **state)
{
    struct yg_drift_row row[3] = { { { -6, 1, 0, 0, 0, 0, 0, 1 } },
                                   { { -4, 1, 0, 0, 0, 0, 0, 1 } },
                                   { { -2, 1, 0, 0, 0, 0, 0, 1 } } };
    struct yg_drift_reference ref;
    struct yg_drift d, before;

    (void)state;
    yg_drift_reference_of(row, 0, 1, &ref);
    assert_true(ref.count == 0);
    yg_drift_init(&d, 0.01);
    before = d;
    yg_drift_add(&d, &ref, &row[0], 1);
    assert_memory_equal(&d, &before, sizeof(d));
    assert_true(yg_drift_psi(&d) == 0 && !yg_drift_alarm(&d));

    yg_drift_reference_of(row, 3, 1, &ref);
    assert_true(ref.count == 3 && ref.mean[0] == -4 && ref.mean[1] == 1);
    assert_true(fabs((double)ref.scale[0] - sqrt(8.0 / 3)) < 1e-6);
    assert_true(ref.scale[1] == 0.01F); /* never moved */
    assert_true(ref.decile[0] == yg_risk_of_logit(-6) &&
                ref.decile[8] == yg_risk_of_logit(-2));
    for (int i = 0; i < 999; i++)
        yg_drift_add(&d, &ref, &row[i % 3], (uint64_t)i * 77777);
    assert_true(d.n == 999 && yg_drift_psi(&d) < 0.01); /* ties are no drift */
    assert_false(yg_drift_alarm(&d));
}

/* A large training set is sampled evenly: early and late rows alike. */
static void reference_is_an_even_sample(void **state)
{
    struct yg_drift_row *row = calloc(20000, sizeof(*row));
    struct yg_drift_reference ref;
    double sum = 0;

    (void)state;
    assert_non_null(row);
    for (int i = 0; i < 20000; i++)
        row[i].v[6] = (float)i / 20000;
    yg_drift_reference_of(row, 20000, 3, &ref);
    free(row);
    assert_true(ref.count == YG_DRIFT_REF);
    for (size_t i = 0; i < YG_DRIFT_REF; i++)
        sum += (double)ref.row[i].v[6] / YG_DRIFT_REF;
    assert_true(fabs(sum - 0.5) < 4 * sqrt(1.0 / 12 / YG_DRIFT_REF));
}

/* ---- bytes --------------------------------------------------------------------- */

static void bytes_there_and_back(void **state)
{
    struct yg_drift_reference ref, back;
    struct world w = { .spread = 1, .wide = 0.1, .shift = 1 };
    struct yg_drift d, again;
    struct yg_buf b;
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED + 2);
    make_reference(&ref, &r);
    yg_drift_init(&d, 0.01);
    run(&d, &ref, &w, &r, 50);
    yg_buf_init(&b, 1 << 16);
    yg_drift_reference_write(&ref, &b);
    yg_drift_write(&d, &b);
    struct yg_str s = yg_buf_str(&b);
    struct yg_cursor in = yg_cursor_of(s.p, s.n);
    assert_true(yg_drift_reference_read(&in, &back));
    assert_true(yg_drift_read(&in, &again));
    assert_true(yg_cursor_left(&in) == 0);
    assert_memory_equal(&ref, &back, sizeof(ref));
    assert_memory_equal(&d, &again, sizeof(d));
    /* It goes on as if nothing had been. */
    for (int i = 0; i < 100; i++) {
        struct yg_drift_row live = draw(&w, &r);
        yg_drift_add(&d, &ref, &live, (uint64_t)i);
        yg_drift_add(&again, &back, &live, (uint64_t)i);
    }
    assert_memory_equal(&d, &again, sizeof(d));
    for (size_t n = 0; n < s.n; n++) { /* every shorter one is refused */
        in = yg_cursor_of(s.p, n);
        assert_false(yg_drift_reference_read(&in, &back) && yg_drift_read(&in, &again));
    }
    yg_buf_fini(&b);
}

static void bytes_refused(void **state)
{
    static const struct {
        const char *what;
        size_t at;
        unsigned char byte;
        bool reference;
    } t[] = {
        { "reference version", 0, 2, true },
        { "reference count", 5, 255, true },
        { "reference mean not a number", 8 + 3, 0x7f, true },
        { "reference scale 0", 8 + 4 + 3, 0, true },
        { "reference deciles descend", 8 + 64 + 3, 255, true },
        { "state version", 0, 2, false },
        { "delta above 1", 4 + 7, 0x40, false },
        { "more right than pairs", 4 + 16, 9, false },
        { "wealth above the best", 4 + 24 + 7, 0x3f, false },
        { "skill negative", 4 + 40 + 7, 0xbf, false },
        { "bins do not sum to the pairs", 4 + 48, 1, false },
        { "share above 1", 4 + 48 + 8 + 7, 0x40, false },
        { "classifier too large", 4 + 48 + 160 + 7, 0x7f, false },
    };
    struct yg_drift_reference ref = { .count = 0 };
    struct yg_drift d;
    struct yg_buf b;

    (void)state;
    for (size_t k = 0; k < YG_DRIFT_DIMS; k++)
        ref.scale[k] = 1;
    for (size_t i = 0; i + 1 < YG_DRIFT_BINS; i++)
        ref.decile[i] = 5;
    yg_drift_init(&d, 0.01);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        for (int bad = 0; bad < 2; bad++) {
            yg_buf_init(&b, 4096);
            if (t[i].reference)
                yg_drift_reference_write(&ref, &b);
            else
                yg_drift_write(&d, &b);
            unsigned char bytes[1024];
            struct yg_str s = yg_buf_str(&b);
            assert_true(s.n <= sizeof(bytes) && t[i].at < s.n);
            memcpy(bytes, s.p, s.n);
            if (bad)
                bytes[t[i].at] = t[i].byte;
            struct yg_cursor in = yg_cursor_of(bytes, s.n);
            bool read = t[i].reference ? yg_drift_reference_read(&in, &ref)
                                       : yg_drift_read(&in, &d);
            if (read == (bad == 1))
                fail_msg("%s: %s", t[i].what, read ? "read" : "refused");
            yg_buf_fini(&b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_world),
        cmocka_unit_test(shifted_world),
        cmocka_unit_test(rows),
        cmocka_unit_test(references),
        cmocka_unit_test(reference_is_an_even_sample),
        cmocka_unit_test(bytes_there_and_back),
        cmocka_unit_test(bytes_refused),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
