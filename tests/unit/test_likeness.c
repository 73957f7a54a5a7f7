/* SPDX-License-Identifier: Apache-2.0 */
#include "store_util.h"

#include "pipeline/likeness.h"

#include <math.h>
#include <stdlib.h>

/* `runs` runs of three alerts each, the first of them at risk `first`. */
static struct yg_judged *rows(size_t runs, unsigned device, size_t *n)
{
    struct yg_judged *a = calloc(runs * 3 + 1, sizeof(*a));

    assert_non_null(a);
    for (*n = 0; *n < runs * 3; ++*n)
        a[*n] = (struct yg_judged){ .run = *n / 3,
                                    .time_ns = T0 + (int64_t)*n,
                                    .risk = *n % 3 == 0 ? 1000 : 4000000000U,
                                    .predicted = YG_LEVEL_FP,
                                    .device = (uint8_t)device,
                                    .far = 127 };
    return a;
}

static const unsigned char digest[YG_DIGEST_SIZE] = { 1, 2, 3 };

/* Name, runs, cut after so many rows, is there a reference? */
static const struct {
    const char *name;
    size_t runs;
    int64_t cut;
    bool found;
} cases[] = {
    { "runs enough", YG_LIKENESS_LEAST, 0, true },
    { "one too few", YG_LIKENESS_LEAST - 1, 0, false },
    { "enough, but one began before the cut", YG_LIKENESS_LEAST, 3, false },
    { "many", 5000, 0, true },
    { "none", 0, 0, false },
};

static void references(void **state)
{
    struct fixture *f = *state;
    struct yg_drift_reference ref;

    fixture_open(f);
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        unsigned char own[YG_DIGEST_SIZE] = { (unsigned char)i, 9 };
        size_t n;
        struct yg_judged *a = rows(cases[i].runs, YG_DEV_WAF, &n);
        assert_ok(f, yg_likeness_put(f->st, own, a, n, T0 + cases[i].cut, &f->err));
        enum yg_status st = yg_likeness_get(f->st, own, YG_DEV_WAF, &ref, &f->err);
        if ((st == YG_OK) != cases[i].found || (st != YG_OK && st != YG_ENOTFOUND))
            fail_msg("%s: %d", cases[i].name, st);
        /* The first alert of each run only: all alike. */
        for (size_t k = 0; st == YG_OK && k < ref.count; k++)
            if (fabsf(ref.row[k].v[0] - ref.row[0].v[0]) > 0 || ref.row[k].v[0] > 0)
                fail_msg("%s: row %zu is not the first of its run", cases[i].name, k);
        assert_int_equal(yg_likeness_get(f->st, own, YG_DEV_IDS, &ref, &f->err),
                         YG_ENOTFOUND);
        free(a);
    }
}

/* Two device types in one certificate: each is compared with its own alerts only. */
static void types_are_kept_apart(void **state)
{
    static const uint8_t type[] = { YG_DEV_IDS, YG_DEV_WAF };
    struct fixture *f = *state;
    struct yg_drift_reference ref;
    struct yg_judged *a = calloc(1000, sizeof(*a));

    fixture_open(f);
    for (size_t i = 0; i < 1000; i++)
        a[i] = (struct yg_judged){ .time_ns = T0,
                                   .run = i,
                                   .device = type[i % 2],
                                   .risk = i % 2 ? UINT32_MAX / 2 : 1,
                                   .predicted = YG_LEVEL_FP };
    assert_ok(f, yg_likeness_put(f->st, digest, a, 1000, T0, &f->err));
    for (size_t d = 0; d < 2; d++) {
        const struct yg_drift_row want = yg_likeness_row(a[d].risk, YG_LEVEL_FP, 0);
        assert_ok(f, yg_likeness_get(f->st, digest, type[d], &ref, &f->err));
        assert_true(ref.count > 0);
        for (size_t k = 0; k < ref.count; k++)
            assert_memory_equal(&ref.row[k].v[0], &want.v[0], sizeof(want.v[0]));
    }
    free(a);
}

static void damage(void **state)
{
    struct fixture *f = *state;
    struct yg_drift_reference ref;
    size_t n;
    struct yg_judged *a = rows(200, YG_DEV_IDS, &n);
    char hex[2 * YG_DIGEST_SIZE + 1], name[128];

    fixture_open(f);
    assert_ok(f, yg_likeness_put(f->st, digest, a, n, T0, &f->err));
    yg_hex(digest, YG_DIGEST_SIZE, hex);
    snprintf(name, sizeof(name), "likeness-%s-%s", hex, yg_device_name(YG_DEV_IDS));
    assert_ok(f, yg_likeness_get(f->st, digest, YG_DEV_IDS, &ref, &f->err));
    assert_ok(f, yg_store_meta_put(f->st, name, YG_STR("short"), &f->err));
    assert_int_equal(yg_likeness_get(f->st, digest, YG_DEV_IDS, &ref, &f->err),
                     YG_ECORRUPT);
    free(a);
}

/* What is kept in a byte is what is compared live. */
static void distances(void **state)
{
    (void)state;
    assert_int_equal(yg_likeness_far(-1), 255);
    assert_int_equal(yg_likeness_far(NAN), 255);
    assert_int_equal(yg_likeness_far(2), 255);
    assert_int_equal(yg_likeness_far(0), 0);
    assert_int_equal(yg_likeness_far(1), 254);
    struct yg_drift_row near = yg_likeness_row(7, YG_LEVEL_L2, 0),
                        far = yg_likeness_row(7, YG_LEVEL_L2, 254),
                        unknown = yg_likeness_row(7, YG_LEVEL_NONE, 255);
    assert_memory_equal(&near.v[0], &far.v[0], sizeof(near.v[0]));
    assert_memory_not_equal(&near, &far, sizeof(near));
    assert_memory_not_equal(&near, &unknown, sizeof(near));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(references, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(types_are_kept_apart, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(damage, fixture_setup, fixture_teardown),
        cmocka_unit_test(distances),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
