/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/rng.h"
#include "library.h"
#include "model/model.h"
#include "model/train.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xgboost/c_api.h>

#define SEED 20261122

/* What the rows are made of. */
enum kind {
    KIND_PLAIN,
    KIND_MISSING,  /* a third of the values NaN, one feature always */
    KIND_TIES,     /* small integers: values fall on cuts */
    KIND_CONSTANT, /* all features but one never change */
    KIND_EXTREME,  /* huge, tiny, denormal, both zeros */
    KIND_NO_L2,    /* a level that never occurs */
    KIND_ONE,      /* a single feature */
};

struct set {
    float *x, *weight;
    uint8_t *label;
    uint64_t rows;
    uint32_t features;
};

static float value_of(struct yg_rng *r, enum kind kind, uint32_t f)
{
    static const float extreme[] = { 0.0F,    -0.0F,  1e-45F, -1e-45F, 1e-38F,
                                     -3e-39F, 1e30F,  -1e30F, 3e38F,   -3e38F,
                                     1.0F,    1e-20F, NAN };
    double u = yg_rng_unit(r);

    switch (kind) {
    case KIND_MISSING:
        return f == 3 || yg_rng_below(r, 3) == 0 ? NAN : (float)u;
    case KIND_TIES:
        return (float)(int)(u * (f % 7 + 2)) - 1.0F;
    case KIND_CONSTANT:
        return f == 1 ? (float)u : (float)f;
    case KIND_EXTREME:
        return extreme[yg_rng_below(r, YG_ARRAY_LEN(extreme))];
    default:
        return (float)((u - 0.5) * exp((double)(f % 9)));
    }
}

static struct set set_new(enum kind kind, uint64_t rows, uint32_t features, uint64_t seed)
{
    struct set s = { .rows = rows, .features = features };
    struct yg_rng r;

    yg_rng_init(&r, seed);
    s.x = malloc(rows * features * sizeof(*s.x));
    s.weight = malloc(rows * sizeof(*s.weight));
    s.label = malloc(rows);
    assert_true(s.x && s.weight && s.label);
    for (uint64_t i = 0; i < rows; i++) {
        float *x = s.x + i * features;
        for (uint32_t f = 0; f < features; f++)
            x[f] = value_of(&r, kind, f);
        float signal = (isnan(x[0]) ? 1.0F : x[0]) + x[features > 1];
        double noise = yg_rng_unit(&r);
        s.label[i] = (uint8_t)(noise < 0.4    ? yg_rng_below(&r, 5)
                               : signal > 1   ? 4
                               : signal > 0.5 ? 3
                               : signal > 0   ? 2
                               : signal > -1  ? 1
                                              : 0);
        if (kind == KIND_NO_L2 && s.label[i] == 2)
            s.label[i] = 0;
        s.weight[i] = 0.5F + (float)yg_rng_unit(&r);
    }
    return s;
}

static void set_free(struct set *s)
{
    free(s->x);
    free(s->weight);
    free(s->label);
}

static void train(const struct set *s, const struct yg_train_params *p,
                  struct yg_buf *out)
{
    struct yg_train_data d = { s->x, s->label, s->weight, s->rows, s->features };
    struct yg_err err = { 0 };

    yg_buf_init(out, (size_t)1 << 28);
    if (yg_train(p, &d, out, &err) != YG_OK)
        fail_msg("training: %s", err.msg);
}

static const struct {
    const char *what;
    enum kind kind;
    uint32_t features, depth, rounds;
} agree[] = {
    { "plain, depth 6", KIND_PLAIN, 120, 6, 12 },
    { "missing values", KIND_MISSING, 20, 6, 10 },
    { "missing values, deep", KIND_MISSING, 20, 8, 10 },
    { "ties on cuts", KIND_TIES, 30, 6, 10 },
    { "constant features", KIND_CONSTANT, 10, 6, 5 },
    { "huge, tiny and denormal", KIND_EXTREME, 12, 6, 10 },
    { "a level that never occurs", KIND_NO_L2, 15, 5, 10 },
    { "one feature", KIND_ONE, 1, 4, 10 },
    { "most features", KIND_PLAIN, YG_FEATURES_MAX, 3, 3 },
    { "depth 1", KIND_MISSING, 20, 1, 10 },
    { "depth 2", KIND_MISSING, 20, 2, 10 },
    { "depth 3", KIND_MISSING, 20, 3, 10 },
    { "depth 4", KIND_MISSING, 20, 4, 10 },
    { "depth 5", KIND_MISSING, 20, 5, 10 },
    { "depth 7", KIND_MISSING, 20, 7, 10 },
    { "depth 8", KIND_PLAIN, 20, 8, 10 },
};

static void check_same(const char *what, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(&a[i], &b[i], sizeof(*a)) != 0)
            fail_msg("%s: place %zu: %a, %a", what, i, (double)a[i], (double)b[i]);
}

/* All ways to ask for the same rows. */
static void check_paths(const struct yg_trees *t, const struct set *s, const float *want)
{
    float p[100 * YG_LEVEL_COUNT];

    for (size_t n = 0; n <= 100; n++) {
        size_t at = (n * 37) % (s->rows - 100);
        const float *rows = s->x + at * s->features;
        memset(p, 0xff, sizeof(p));
        yg_trees_predict(t, rows, n, s->features, p);
        check_same("dispatched", p, want + at * YG_LEVEL_COUNT, n * YG_LEVEL_COUNT);
        memset(p, 0xff, sizeof(p));
        yg_trees_predict_scalar(t, rows, n, s->features, p);
        check_same("scalar", p, want + at * YG_LEVEL_COUNT, n * YG_LEVEL_COUNT);
    }
    for (size_t i = 0; i < s->rows; i++) {
        yg_trees_predict_scalar(t, s->x + i * s->features, 1, s->features, p);
        check_same("single", p, want + i * YG_LEVEL_COUNT, YG_LEVEL_COUNT);
    }
}

static void agrees_with_the_library(void **state)
{
    (void)state;
    for (size_t k = 0; k < YG_ARRAY_LEN(agree); k++) {
        struct set s = set_new(agree[k].kind, 3000, agree[k].features, SEED + k);
        struct yg_train_params par = yg_train_default;
        struct yg_buf model;
        struct yg_trees *t;
        struct yg_err err = { 0 };
        double worst = 0;

        par.max_depth = agree[k].depth;
        par.rounds = agree[k].rounds;
        par.subsample = k % 2 ? 0.8F : 1.0F;
        train(&s, &par, &model);
        if (yg_trees_from_xgboost(yg_buf_str(&model), s.features, &t, &err) != YG_OK)
            fail_msg("%s: %s", agree[k].what, err.msg);
        float *want = library_predictions(&model, s.x, s.rows, s.features);
        float *got = malloc(s.rows * YG_LEVEL_COUNT * sizeof(*got));
        assert_non_null(got);
        yg_trees_predict(t, s.x, s.rows, s.features, got);
        for (size_t i = 0; i < s.rows * YG_LEVEL_COUNT; i++)
            worst = fmax(worst, fabs((double)got[i] - (double)want[i]));
        print_message("# %s: %u trees, largest difference %.2g\n", agree[k].what,
                      yg_trees_count(t), worst);
        if (!(worst <= 1e-6))
            fail_msg("%s: %g", agree[k].what, worst);
        check_paths(t, &s, got);
        free(got);
        munmap(want, s.rows * YG_LEVEL_COUNT * sizeof(float));
        yg_trees_free(t);
        yg_buf_fini(&model);
        set_free(&s);
    }
}

static void count_rounds(void *ctx, uint32_t done, uint32_t rounds)
{
    uint32_t *seen = ctx;

    assert_int_equal(done, ++*seen);
    assert_int_equal(rounds, 8);
}

static void same_input_same_bytes(void **state)
{
    struct set s = set_new(KIND_MISSING, 5000, 40, SEED);
    struct yg_train_params par = yg_train_default;
    struct yg_buf a, b;
    uint32_t rounds = 0;

    (void)state;
    par.rounds = 8;
    par.subsample = 0.7F;
    par.colsample = 0.7F;
    par.progress = count_rounds;
    par.progress_ctx = &rounds;
    train(&s, &par, &a);
    assert_int_equal(rounds, 8);
    rounds = 0;
    par.threads = 1; /* nor do they depend on the number of threads */
    train(&s, &par, &b);
    assert_true(yg_str_eq(yg_buf_str(&a), yg_buf_str(&b)));
    yg_buf_fini(&b);
    par.seed = 2;
    rounds = 0;
    train(&s, &par, &b);
    assert_false(yg_str_eq(yg_buf_str(&a), yg_buf_str(&b)));
    yg_buf_fini(&a);
    yg_buf_fini(&b);
    set_free(&s);
}

static void training_refuses(void **state)
{
    struct set s = set_new(KIND_PLAIN, 200, 5, SEED);
    struct yg_train_data d = { s.x, s.label, s.weight, s.rows, s.features };
    struct yg_train_params par = yg_train_default;
    struct yg_err err = { 0 };
    struct yg_buf out;

    (void)state;
    yg_buf_init(&out, 1 << 20);
    par.rounds = 1;
    d.rows = 0;
    assert_int_equal(yg_train(&par, &d, &out, &err), YG_EINVAL);
    d.rows = s.rows;
    memset(s.label, 3, s.rows);
    assert_int_equal(yg_train(&par, &d, &out, &err), YG_EINVAL);
    s.label[0] = 5;
    assert_int_equal(yg_train(&par, &d, &out, &err), YG_EINVAL);
    s.label[0] = 4;
    par.max_depth = 9;
    assert_int_equal(yg_train(&par, &d, &out, &err), YG_EINVAL);
    par.max_depth = 3;
    assert_int_equal(yg_buf_str(&out).n, 0);
    assert_int_equal(yg_train(&par, &d, &out, &err), YG_OK);
    yg_buf_fini(&out);
    yg_buf_init(&out, 100);
    assert_int_equal(yg_train(&par, &d, &out, &err), YG_ELIMIT);
    yg_buf_fini(&out);
    set_free(&s);
}

static struct yg_trees *small_model(const struct set *s, struct yg_buf *model)
{
    struct yg_train_params par = yg_train_default;
    struct yg_err err = { 0 };
    struct yg_trees *t = NULL;

    par.rounds = 4;
    train(s, &par, model);
    if (yg_trees_from_xgboost(yg_buf_str(model), s->features, &t, &err) != YG_OK)
        fail_msg("%s", err.msg);
    return t;
}

static void written_and_read(void **state)
{
    struct set s = set_new(KIND_MISSING, 1000, 20, SEED);
    struct yg_buf model, a, b;
    struct yg_trees *t = small_model(&s, &model), *u;
    struct yg_err err = { 0 };
    float p[100 * YG_LEVEL_COUNT], q[100 * YG_LEVEL_COUNT], c[20], d[20];

    (void)state;
    yg_buf_init(&a, 1 << 24);
    yg_buf_init(&b, 1 << 24);
    yg_trees_write(t, &a);
    struct yg_cursor in = yg_cursor_of(a.p, a.n);
    assert_int_equal(yg_trees_read(&in, &u, &err), YG_OK);
    assert_int_equal(yg_cursor_left(&in), 0);
    yg_trees_write(u, &b);
    assert_true(yg_str_eq(yg_buf_str(&a), yg_buf_str(&b)));
    yg_trees_predict(t, s.x, 100, s.features, p);
    yg_trees_predict(u, s.x, 100, s.features, q);
    check_same("read again", p, q, 100 * YG_LEVEL_COUNT);
    yg_trees_attribute(t, s.x, c);
    yg_trees_attribute(u, s.x, d);
    check_same("explained again", c, d, 20);
    yg_trees_free(u);
    for (size_t n = 0; n < a.n; n++) {
        in = yg_cursor_of(a.p, n);
        assert_int_not_equal(yg_trees_read(&in, &u, &err), YG_OK);
    }
    yg_trees_free(t);
    yg_buf_fini(&model);
    yg_buf_fini(&a);
    yg_buf_fini(&b);
    set_free(&s);
}

static void broken_models(void **state)
{
    struct set s = set_new(KIND_MISSING, 500, 6, SEED);
    struct yg_buf model;
    struct yg_trees *t = small_model(&s, &model);
    struct yg_err err = { 0 };
    struct yg_rng r;

    (void)state;
    yg_trees_free(t);
    assert_int_equal(yg_trees_from_xgboost(yg_buf_str(&model), 7, &t, &err), YG_EINVAL);
    for (size_t n = 0; n < model.n; n += 1 + n / 50) {
        struct yg_str cut = { model.p, n };
        assert_int_not_equal(yg_trees_from_xgboost(cut, 6, &t, &err), YG_OK);
    }
    yg_rng_init(&r, SEED);
    for (int i = 0; i < 20000; i++) { /* must survive; a harmless change may be taken */
        size_t at = yg_rng_below(&r, model.n);
        char old = model.p[at];
        model.p[at] = (char)yg_rng_u64(&r);
        if (yg_trees_from_xgboost(yg_buf_str(&model), 6, &t, &err) == YG_OK) {
            float p[YG_LEVEL_COUNT];
            yg_trees_predict(t, s.x, 1, 6, p);
            yg_trees_free(t);
        }
        model.p[at] = old;
    }
    yg_buf_fini(&model);
    set_free(&s);
}

/* log-odds of L3 or L4, from probabilities */
static double odds(const float *p)
{
    return log((double)p[3] + (double)p[4]) -
           log((double)p[0] + (double)p[1] + (double)p[2]);
}

/* With a step so small that the log-odds are almost linear in the margins, the parts of
 * two rows must differ in sum as their log-odds do. */
static void attribution_adds_up(void **state)
{
    struct set s = set_new(KIND_MISSING, 2000, 20, SEED);
    struct yg_train_params par = yg_train_default;
    struct yg_err err = { 0 };
    struct yg_buf model;
    struct yg_trees *t;

    (void)state;
    par.rounds = 5;
    par.eta = 0.001F;
    train(&s, &par, &model);
    assert_int_equal(yg_trees_from_xgboost(yg_buf_str(&model), 20, &t, &err), YG_OK);
    double first_odds = 0, first_sum = 0, moved = 0;
    for (size_t i = 0; i < 200; i++) {
        float p[YG_LEVEL_COUNT], part[20];
        double sum = 0;
        const float *row = s.x + i * 20;
        yg_trees_predict(t, row, 1, 20, p);
        yg_trees_attribute(t, row, part);
        for (int f = 0; f < 20; f++)
            sum += (double)part[f];
        assert_true(isnan(s.x[3]) && part[3] == 0.0F); /* never known: never used */
        if (i == 0) {
            first_odds = odds(p);
            first_sum = sum;
        }
        double by_odds = odds(p) - first_odds, by_sum = sum - first_sum;
        moved = fmax(moved, fabs(by_odds));
        if (fabs(by_odds - by_sum) > 1e-4)
            fail_msg("row %zu: %g by log-odds, %g by parts", i, by_odds, by_sum);
    }
    assert_true(moved > 1e-3);
    yg_trees_free(t);
    yg_buf_fini(&model);
    set_free(&s);
}

/* Rows together have the leaves that each has alone. */
/* Of one row, all trees. One at a time, they are found the plain way. */
static void leaves_of(const struct yg_trees *t, const float *row, uint8_t leaf[20])
{
    const struct yg_leaves_ask one = {
        .rows = row, .n = 1, .stride = 20, .every = 1, .width = 20
    };

    yg_trees_leaves_some(t, &one, leaf);
}

static void leaves_of_some_trees(void **state)
{
    struct set s = set_new(KIND_MISSING, 1000, 20, SEED);
    struct yg_buf model;
    struct yg_trees *t = small_model(&s, &model);
    static const size_t part[] = { 1, 5, 6, 31, 32, 33, 70 };
    uint8_t some[70 * 24];
    uint8_t all[20];

    (void)state;
    for (uint32_t every = 1; every < 4; every++)
        for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
            const struct yg_leaves_ask ask = { .rows = s.x + i * 1800,
                                               .n = part[i],
                                               .stride = 20,
                                               .every = every,
                                               .width = 24 };
            memset(some, 0xee, sizeof(some));
            yg_trees_leaves_some(t, &ask, some);
            for (size_t r = 0; r < ask.n; r++) {
                const uint8_t *leaf = some + r * 24;
                leaves_of(t, ask.rows + r * 20, all);
                for (uint32_t k = 0; k < 20; k += every)
                    assert_int_equal(*leaf++, all[k]);
                assert_int_equal(*leaf, 0xee);
            }
        }
    yg_trees_free(t);
    yg_buf_fini(&model);
    set_free(&s);
}

static void leaves_tell_rows_apart(void **state)
{
    struct set s = set_new(KIND_MISSING, 1000, 20, SEED);
    struct yg_buf model;
    struct yg_trees *t = small_model(&s, &model);
    uint8_t a[20], b[20];
    float p[YG_LEVEL_COUNT], q[YG_LEVEL_COUNT];

    (void)state;
    assert_int_equal(yg_trees_count(t), 20);
    assert_int_equal(yg_trees_features(t), 20);
    for (size_t i = 0; i + 1 < 500; i++) {
        leaves_of(t, s.x + i * 20, a);
        leaves_of(t, s.x + (i + 1) * 20, b);
        yg_trees_predict(t, s.x + i * 20, 1, 20, p);
        yg_trees_predict(t, s.x + (i + 1) * 20, 1, 20, q);
        for (int k = 0; k < 20; k++)
            assert_in_range(a[k], 0, 63);
        if (memcmp(a, b, sizeof(a)) == 0)
            check_same("same leaves", p, q, YG_LEVEL_COUNT);
        else if (memcmp(p, q, sizeof(p)) != 0)
            assert_memory_not_equal(a, b, sizeof(a));
    }
    yg_trees_free(t);
    yg_buf_fini(&model);
    set_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_library),
        cmocka_unit_test(same_input_same_bytes),
        cmocka_unit_test(training_refuses),
        cmocka_unit_test(written_and_read),
        cmocka_unit_test(broken_models),
        cmocka_unit_test(attribution_adds_up),
        cmocka_unit_test(leaves_tell_rows_apart),
        cmocka_unit_test(leaves_of_some_trees),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    print_message("# seed %d\n", SEED);
    return cmocka_run_group_tests_name("trees", tests, NULL, NULL);
}
