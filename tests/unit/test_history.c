/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/history.h"

#include "feature_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEED 3U
#define S(s) ((s)*INT64_C(1000000000))

static struct yg_facts fact(uint64_t sig, uint64_t entity, int64_t t)
{
    struct yg_facts f;

    memset(&f, 0, sizeof(f));
    for (int i = 0; i < YG_FACTS_STATIC; i++)
        f.fixed[i] = NAN;
    f.time_ns = t;
    f.key[YG_KEY_SIGNATURE] = sig;
    f.key[YG_KEY_ENTITY] = entity;
    return f;
}

static void add(struct yg_history_builder *b, struct yg_facts f, enum yg_level level)
{
    assert_int_equal(yg_history_builder_add(b, &f, level), YG_OK);
}

static struct yg_history *merged(struct yg_history_builder *const *b, size_t n,
                                 const bool *exclude)
{
    struct yg_history *h = NULL;

    assert_int_equal(yg_history_merge(b, n, exclude, &h), YG_OK);
    return h;
}

/* The HISTORY columns of signature `sig`. */
static void row_of(const struct yg_history *h, uint64_t sig, float *row)
{
    struct yg_history_weight w;
    struct yg_facts f = fact(sig, 1, 0);

    yg_history_row(h, &f, row, &w);
}

static void runs_count_once(void **state)
{
    static const struct {
        const char *what;
        int64_t at;
        float runs;
    } step[] = {
        { "first alert", S(0), 1 },
        { "within 30 minutes", S(1799), 1 },
        { "30 minutes of silence", S(1799 + 1800), 2 },
        { "late, inside", S(1800), 2 },
        { "hostile past", INT64_MIN, 2 },
        { "hostile future", INT64_MAX, 3 },
    };
    struct yg_history_builder *b = NULL;
    float row[YG_FEATURE_COUNT];

    (void)state;
    assert_int_equal(yg_history_builder_new(&b), YG_OK);
    for (size_t i = 0; i < YG_ARRAY_LEN(step); i++) {
        add(b, fact(5, 6, step[i].at), YG_LEVEL_FP);
        struct yg_history *h = merged(&b, 1, NULL);
        row_of(h, 5, row);
        if (row[YG_X_H_RUNS] != step[i].runs || row[YG_X_H_VOLUME] != (float)(i + 1))
            fail_msg("%s: %g runs of %g alerts", step[i].what, (double)row[YG_X_H_RUNS],
                     (double)row[YG_X_H_VOLUME]);
        yg_history_free(h);
    }
    yg_history_builder_free(b);
}

/* One person's word on a thousand alike alerts is one verdict, and teaches as before. */
static void groups_count_once(void **state)
{
    struct yg_history_builder *b = NULL, *own = NULL;
    float row[YG_FEATURE_COUNT] = { 0 }, same[YG_FEATURE_COUNT] = { 0 };

    (void)state;
    assert_int_equal(yg_history_builder_new(&b), YG_OK);
    assert_int_equal(yg_history_builder_new(&own), YG_OK);
    for (int i = 0; i < 1000; i++) {
        struct yg_facts f = fact(5, (uint64_t)i + 1, S(i * 10));
        assert_int_equal(
            yg_history_builder_add_group(b, &f, YG_LEVEL_L2, i < 900 ? 7 : 8), YG_OK);
        add(own, f, YG_LEVEL_L2);
    }
    struct yg_facts f = fact(6, 1, S(20000));
    assert_int_equal(yg_history_builder_add_group(b, &f, YG_LEVEL_FP, 7), YG_OK);
    add(own, f, YG_LEVEL_FP);
    add(b, fact(6, 2, S(20000)), YG_LEVEL_FP);
    add(own, fact(6, 2, S(20000)), YG_LEVEL_FP);
    struct yg_history *h = merged(&b, 1, NULL), *all = merged(&own, 1, NULL);
    assert_int_equal(yg_history_verdicts(h, 5), 2);
    assert_int_equal(yg_history_verdicts(h, 6), 2);
    assert_int_equal(yg_history_verdicts(h, 7), 0);
    assert_int_equal(yg_history_verdicts(all, 5), 1000);
    row_of(h, 5, row);
    row_of(all, 5, same);
    assert_memory_equal(row, same, sizeof(row));
    yg_history_free(h);
    yg_history_free(all);
    yg_history_builder_free(b);
    yg_history_builder_free(own);
}

static void a_day_cuts_a_run(void **state)
{
    struct yg_history_builder *b = NULL;
    float row[YG_FEATURE_COUNT];

    (void)state;
    assert_int_equal(yg_history_builder_new(&b), YG_OK);
    for (int64_t t = 0; t < 3 * 86400; t += 600)
        add(b, fact(5, 6, S(t)), YG_LEVEL_FP);
    struct yg_history *h = merged(&b, 1, NULL);
    row_of(h, 5, row);
    assert_true(row[YG_X_H_RUNS] == 3);
    yg_history_free(h);
    yg_history_builder_free(b);
}

/* One run of 10 alerts whose worst is L3, nine runs of FP: shares as by hand. */
static void shares_are_shrunk(void **state)
{
    struct yg_history_builder *b = NULL;
    struct yg_history_weight w;
    float row[YG_FEATURE_COUNT];

    (void)state;
    assert_int_equal(yg_history_builder_new(&b), YG_OK);
    for (int i = 0; i < 10; i++)
        add(b, fact(5, 6, S(i)), i == 4 ? YG_LEVEL_L3 : YG_LEVEL_L2);
    for (int i = 0; i < 9; i++)
        add(b, fact(5, 100 + (uint64_t)i, S(0)), YG_LEVEL_FP);
    for (int i = 0; i < 10; i++)
        add(b, fact(7, 100 + (uint64_t)i, S(0)), YG_LEVEL_FP);
    struct yg_history *h = merged(&b, 1, NULL);
    struct yg_facts f = fact(5, 1, 0);
    yg_history_row(h, &f, row, &w);
    assert_float_equal(row[YG_X_H_P], (1 + 5 * 0.05) / 15, 1e-6);
    assert_float_equal(row[YG_X_H_L2], 0, 1e-6);
    assert_float_equal(row[YG_X_H_L2A], 9.0 / 39, 1e-6);
    assert_float_equal(row[YG_X_H_PA], (1 + 20 * 0.05) / 39, 1e-6);
    assert_float_equal(row[YG_X_H_TENANTS], 1, 0);
    assert_float_equal(w.l2, 9.0 / 24, 1e-6);
    assert_float_equal(w.protected_, 1.0 / 15, 1e-6);
    assert_true(isnan(row[YG_X_H_ROLE_P]));
    assert_int_equal(yg_history_verdicts(h, 5), 19);
    assert_int_equal(yg_history_verdicts(h, 6), 0);
    assert_int_equal(yg_history_verdicts(h, 0), 0);
    row_of(h, 6, row);
    assert_true(isnan(row[YG_X_H_P]) && isnan(row[YG_X_H_VOLUME]));
    row_of(NULL, 5, row);
    assert_true(isnan(row[YG_X_H_P]));
    yg_history_free(h);
    yg_history_builder_free(b);
}

static void one_noisy_tenant_does_not_dominate(void **state)
{
    struct yg_history_builder *b[3] = { NULL };
    float row[YG_FEATURE_COUNT];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(yg_history_builder_new(&b[i]), YG_OK);
    for (uint64_t i = 0; i < 10 * YG_HISTORY_RUNS; i++)
        add(b[0], fact(5, i + 1, 0), YG_LEVEL_FP);
    for (uint64_t i = 0; i < YG_HISTORY_RUNS; i++) {
        add(b[1], fact(5, i + 1, 0), YG_LEVEL_L4);
        add(b[2], fact(5, i + 1, 0), YG_LEVEL_L4);
    }
    struct yg_history *h = merged(b, 3, NULL);
    row_of(h, 5, row);
    assert_float_equal(row[YG_X_H_P], 2.0 / 3, 1e-3);
    assert_int_equal(yg_history_verdicts(h, 5), 12 * YG_HISTORY_RUNS);
    assert_float_equal(row[YG_X_H_TENANTS], 2.0 / 3, 1e-6);
    yg_history_free(h);
    for (int i = 0; i < 3; i++)
        yg_history_builder_free(b[i]);
}

static void fill(struct yg_history_builder *b[3])
{
    struct yg_rng r;

    print_message("# seed %u\n", SEED);
    yg_rng_init(&r, SEED);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(yg_history_builder_new(&b[i]), YG_OK);
        for (uint64_t k = 0; k < 3000; k++) {
            struct yg_facts f = stream_fact(&r, k, 30);
            add(b[i], f, (enum yg_level)yg_rng_below(&r, YG_LEVEL_COUNT));
        }
    }
}

static void bytes_of(const struct yg_history *h, struct yg_buf *out)
{
    yg_buf_init(out, 64U << 20);
    yg_history_write(h, out);
    assert_int_equal(yg_buf_status(out), YG_OK);
}

static void same_bytes(const struct yg_history *a, const struct yg_history *b, bool same)
{
    struct yg_buf x, y;

    bytes_of(a, &x);
    bytes_of(b, &y);
    assert_true(yg_str_eq(yg_buf_str(&x), yg_buf_str(&y)) == same);
    yg_buf_fini(&x);
    yg_buf_fini(&y);
}

static void order_and_exclusion(void **state)
{
    struct yg_history_builder *b[3];
    bool exclude[3] = { false, true, false };

    (void)state;
    fill(b);
    struct yg_history *all = merged(b, 3, NULL);
    struct yg_history *turned =
        merged((struct yg_history_builder *[]){ b[2], b[0], b[1] }, 3, NULL);
    struct yg_history *without = merged(b, 3, exclude);
    struct yg_history *two =
        merged((struct yg_history_builder *[]){ b[0], b[2] }, 2, NULL);
    struct yg_history *none = merged(b, 0, NULL);
    same_bytes(all, turned, true);
    same_bytes(without, two, true);
    same_bytes(all, without, false);
    assert_int_equal(yg_history_tenants(all), 3);
    assert_int_equal(yg_history_tenants(without), 2);
    assert_int_equal(yg_history_entries(none), 0);
    yg_history_free(all);
    yg_history_free(turned);
    yg_history_free(without);
    yg_history_free(two);
    yg_history_free(none);
    for (int i = 0; i < 3; i++)
        yg_history_builder_free(b[i]);
}

static enum yg_status read_back(struct yg_str bytes, struct yg_history **out)
{
    struct yg_cursor in = yg_cursor_of(bytes.p, bytes.n);
    struct yg_err err;

    return yg_history_read(&in, out, &err);
}

static void round_trip(void **state)
{
    struct yg_history_builder *b[3];
    struct yg_history *back = NULL;
    struct yg_buf bytes;
    struct yg_rng r;

    (void)state;
    fill(b);
    struct yg_history *h = merged(b, 3, NULL);
    bytes_of(h, &bytes);
    assert_int_equal(read_back(yg_buf_str(&bytes), &back), YG_OK);
    same_bytes(h, back, true);
    yg_rng_init(&r, SEED);
    for (uint64_t i = 0; i < 500; i++) {
        struct yg_facts f = stream_fact(&r, i, 30);
        float x[YG_FEATURE_COUNT] = { 0 }, y[YG_FEATURE_COUNT] = { 0 };
        struct yg_history_weight w, v;
        yg_history_row(h, &f, x, &w);
        yg_history_row(back, &f, y, &v);
        assert_memory_equal(x, y, sizeof(x));
        assert_memory_equal(&w, &v, sizeof(w));
    }
    yg_history_free(back);
    yg_history_free(h);
    yg_buf_fini(&bytes);
    for (int i = 0; i < 3; i++)
        yg_history_builder_free(b[i]);
}

static void damage_is_refused(void **state)
{
    struct yg_history_builder *b = NULL;
    struct yg_buf bytes;
    struct yg_history *out = NULL;

    (void)state;
    assert_int_equal(yg_history_builder_new(&b), YG_OK);
    add(b, fact(5, 6, 0), YG_LEVEL_L3);
    add(b, fact(7, 6, 0), YG_LEVEL_FP);
    struct yg_history *h = merged(&b, 1, NULL);
    bytes_of(h, &bytes);
    struct yg_str s = yg_buf_str(&bytes);
    char *copy = malloc(s.n);
    assert_non_null(copy);
    for (size_t n = 0; n < s.n; n++)
        assert_int_equal(read_back((struct yg_str){ s.p, n }, &out), YG_EFORMAT);
    static const struct {
        const char *what;
        size_t at, n;
        unsigned char byte;
    } damage[] = {
        { "another format", 0, 1, 9 },
        { "more entries than bytes", 8, 4, 0xff },
        { "key 0", 12, 8, 0 },
        { "keys out of order", 12, 8, 0xff },
        { "a share above 1", 28 + 8, 4, 0x7f },
        { "a share not a number", 28 + 8, 4, 0xff },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(damage); i++) {
        memcpy(copy, s.p, s.n);
        memset(copy + damage[i].at, damage[i].byte, damage[i].n);
        if (read_back((struct yg_str){ copy, s.n }, &out) != YG_EFORMAT)
            fail_msg("%s was accepted", damage[i].what);
    }
    free(copy);
    yg_history_free(h);
    yg_history_free(NULL);
    yg_buf_fini(&bytes);
    yg_history_builder_free(b);
    yg_history_builder_free(NULL);
}

static void roles_have_shares_of_their_own(void **state)
{
    struct yg_history_builder *b = NULL;
    struct yg_history_weight w;
    float row[YG_FEATURE_COUNT];

    (void)state;
    assert_int_equal(yg_history_builder_new(&b), YG_OK);
    for (uint64_t i = 0; i < 40; i++) {
        struct yg_facts f = fact(5, 100 + i, 0);
        f.fixed[YG_X_SRC_INTERNAL] = i % 2 ? 1.0F : 0.0F;
        f.fixed[YG_X_DST_INTERNAL] = 1;
        add(b, f, i % 2 ? YG_LEVEL_FP : YG_LEVEL_L4);
    }
    struct yg_history *h = merged(&b, 1, NULL);
    struct yg_facts f = fact(5, 1, 0);
    f.fixed[YG_X_SRC_INTERNAL] = 0;
    f.fixed[YG_X_DST_INTERNAL] = 1;
    yg_history_row(h, &f, row, &w);
    assert_float_equal(row[YG_X_H_P], 0.5, 1e-6);
    assert_float_equal(row[YG_X_H_ROLE_P], (20 + 2.5) / 25, 1e-6);
    f.fixed[YG_X_SRC_INTERNAL] = 1;
    yg_history_row(h, &f, row, &w);
    assert_float_equal(row[YG_X_H_ROLE_P], 2.5 / 25, 1e-6);
    yg_history_free(h);
    yg_history_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_count_once),
        cmocka_unit_test(groups_count_once),
        cmocka_unit_test(a_day_cuts_a_run),
        cmocka_unit_test(shares_are_shrunk),
        cmocka_unit_test(one_noisy_tenant_does_not_dominate),
        cmocka_unit_test(order_and_exclusion),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(roles_have_shares_of_their_own),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
