/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "model/distance.h"
#include "model/ensemble.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FEATURES 20

/* `trees` trees of one split each: tree i asks whether feature i % FEATURES is below 0,
 * 1, 2 ... (i / FEATURES). So the distance of two rows can be counted by hand. */
static struct yg_trees *stumps(uint32_t trees)
{
    struct yg_ensemble e = { .features = FEATURES };
    struct yg_trees *t = NULL;
    struct yg_err err = { 0 };

    for (uint32_t i = 0; i < trees; i++) {
        const uint32_t round = i / FEATURES;
        const struct yg_tree_node node[3] = {
            { .value = (float)round,
              .right = i * 3 + 2,
              .feature = (uint16_t)(i % FEATURES),
              .kind = YG_NODE_MISSING_LEFT },
            { .value = -0.1F, .kind = YG_NODE_LEAF },
            { .value = 0.1F, .kind = YG_NODE_LEAF },
        };
        assert_int_equal(yg_ensemble_tree(&e, (uint8_t)(i % YG_LEVEL_COUNT), &err),
                         YG_OK);
        for (int k = 0; k < 3; k++)
            assert_int_equal(yg_ensemble_node(&e, &node[k], &err), YG_OK);
    }
    if (yg_trees_build(&e, &t, &err) != YG_OK)
        fail_msg("stumps: %s", err.msg);
    return t;
}

static void fill(float *row, float v)
{
    for (int i = 0; i < FEATURES; i++)
        row[i] = v;
}

static struct yg_distance *built(const struct yg_trees *t, const float *rows, size_t n)
{
    struct yg_distance *d = NULL;
    struct yg_err err = { 0 };

    if (yg_distance_build(t, rows, n, FEATURES, &d, &err) != YG_OK)
        fail_msg("build: %s", err.msg);
    return d;
}

/* Training is all -1; a row with `changed` features at +1 differs in these trees. */
static const struct {
    const char *name;
    int changed;
    float far;
} cases[] = {
    { "as in training", 0, 0.0F },
    { "one feature of twenty", 1, 0.05F },
    { "half", 10, 0.5F },
    { "all", 20, 1.0F },
};

static void counted_by_hand(void **state)
{
    struct yg_trees *t = stumps(FEATURES);
    float rows[3 * FEATURES], row[FEATURES], far;

    (void)state;
    for (int i = 0; i < 3; i++)
        fill(rows + (ptrdiff_t)i * FEATURES, -1.0F);
    struct yg_distance *d = built(t, rows, 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fill(row, -1.0F);
        for (int k = 0; k < cases[i].changed; k++)
            row[k] = 1.0F;
        yg_distance_of(d, t, row, &far);
        if (fabsf(far - cases[i].far) > 1e-6F)
            fail_msg("%s: %g", cases[i].name, (double)far);
    }
    fill(row, NAN); /* missing goes left, as -1 does */
    yg_distance_of(d, t, row, &far);
    assert_true(far == 0.0F);
    yg_distance_free(d);
    yg_trees_free(t);
}

/* The distance to the nearest of all rows that were built from, one by one. */
static float one_by_one(const struct yg_trees *t, const float *rows, size_t n,
                        const float *row)
{
    uint8_t a[YG_DISTANCE_LEAVES], b[YG_DISTANCE_LEAVES];
    float best = 1.0F;

    yg_distance_leaves(t, row, a);
    for (size_t i = 0; i < n; i++) {
        yg_distance_leaves(t, rows + i * FEATURES, b);
        float far = yg_distance_between(a, b, yg_distance_trees(t));
        best = far < best ? far : best;
    }
    return best;
}

/* Random rows: the gate's short search says the same as the whole one, and that the same
 * as looking at each. */
static void short_search(void **state)
{
    struct yg_trees *t = stumps(300);
    float *rows = calloc(3000 * FEATURES, sizeof(*rows)), far, near;
    float v[2000], within[2000];
    struct yg_rng r;

    (void)state;
    assert_non_null(rows);
    yg_rng_init(&r, 3);
    for (size_t i = 0; i < (size_t)3000 * FEATURES; i++)
        rows[i] = (float)(yg_rng_u64(&r) % 1000) / 100.0F + (i > 2000 * FEATURES ? 6 : 0);
    struct yg_distance *d = built(t, rows, 1000);
    for (size_t i = 0; i < 2000; i++)
        yg_distance_of(d, t, rows + (1000 + i) * FEATURES, &v[i]);
    yg_distance_calibrate(d, v, 1000);
    assert_true(yg_distance_limit(d) < 1.0F && yg_distance_limit(d) > 0.0F);
    assert_true(yg_distance_radius(d) <= yg_distance_limit(d));
    size_t beyond = 0;
    /* A whole block, rows too few for one, and one alone. */
    static const size_t part[] = { 1, 5, 6, 31, 32, 33, 257 };
    for (size_t i = 0, k = 0; i < 2000; i += part[k++ % 7]) {
        size_t n = 2000 - i < part[k % 7] ? 2000 - i : part[k % 7];
        yg_distance_within(d, t, rows + (1000 + i) * FEATURES, n, FEATURES, within + i);
    }
    for (size_t i = 1000; i < 3000; i++) {
        yg_distance_of(d, t, rows + i * FEATURES, &far);
        near = within[i - 1000];
        beyond += far > yg_distance_limit(d);
        if (i % 20 == 0)
            assert_true(far == one_by_one(t, rows, 1000, rows + i * FEATURES));
        if ((far > yg_distance_limit(d)) != (near > yg_distance_limit(d)))
            fail_msg("row %zu: %g by all, %g by the short search", i, (double)far,
                     (double)near);
    }
    assert_in_range(beyond, 2, 1999);
    yg_distance_free(d);
    yg_trees_free(t);
    free(rows);
}

static void few_set_no_limit(void **state)
{
    struct yg_trees *t = stumps(FEATURES);
    float row[FEATURES], v[YG_DISTANCE_LEAST];

    (void)state;
    fill(row, 0.0F);
    struct yg_distance *d = built(t, row, 1);
    assert_true(yg_distance_limit(d) == 1.0F);
    for (size_t i = 0; i < YG_DISTANCE_LEAST; i++)
        v[i] = (float)(i % 100) / 1000.0F;
    yg_distance_calibrate(d, v, YG_DISTANCE_LEAST - 1);
    assert_true(yg_distance_limit(d) == 1.0F);
    yg_distance_calibrate(d, v, YG_DISTANCE_LEAST);
    assert_true(yg_distance_limit(d) == 0.099F && yg_distance_radius(d) == 0.001F);
    yg_distance_free(d);
    d = built(t, row, 0); /* nothing was learned from: everything is far */
    float far;
    yg_distance_of(d, t, row, &far);
    assert_true(far == 1.0F);
    yg_distance_free(d);
    yg_trees_free(t);
}

static void bytes(void **state)
{
    struct yg_trees *t = stumps(70), *other = stumps(FEATURES);
    float rows[100 * FEATURES], a, b;
    struct yg_distance *d, *back = NULL;
    struct yg_err err = { 0 };
    struct yg_buf out;
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, 9);
    for (size_t i = 0; i < 100 * FEATURES; i++)
        rows[i] = (float)(yg_rng_u64(&r) % 5) - 1.0F;
    d = built(t, rows, 50);
    yg_buf_init(&out, 1 << 20);
    yg_distance_write(d, &out);
    struct yg_str s = yg_buf_str(&out);
    struct yg_cursor c = yg_cursor_of(s.p, s.n);
    assert_int_equal(yg_distance_read(&c, t, &back, &err), YG_OK);
    for (size_t i = 0; i < 100; i++) {
        yg_distance_of(d, t, rows + i * FEATURES, &a);
        yg_distance_of(back, t, rows + i * FEATURES, &b);
        assert_true(a == b);
    }
    yg_distance_free(back);
    for (size_t n = 0; n < s.n; n += n < 40 ? 1 : 37) {
        c = yg_cursor_of(s.p, n);
        assert_int_equal(yg_distance_read(&c, t, &back, &err), YG_EFORMAT);
    }
    c = yg_cursor_of(s.p, s.n);
    assert_int_equal(yg_distance_read(&c, other, &back, &err), YG_EFORMAT);
    memset(out.p + 12, 0xff, 4); /* a limit that is no number */
    c = yg_cursor_of(s.p, s.n);
    assert_int_equal(yg_distance_read(&c, t, &back, &err), YG_EFORMAT);
    yg_buf_fini(&out);
    yg_distance_free(d);
    yg_trees_free(t);
    yg_trees_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_by_hand),
        cmocka_unit_test(short_search),
        cmocka_unit_test(few_set_no_limit),
        cmocka_unit_test(bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
