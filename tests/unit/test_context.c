/* SPDX-License-Identifier: Apache-2.0 */
#include "context/context.h"

#include "feature_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEED 20261122U
#define ROWS 3000U

static struct yg_history *some_history(void)
{
    struct yg_history_builder *b[3];
    struct yg_history *h = NULL;
    struct yg_rng r;

    yg_rng_init(&r, SEED + 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(yg_history_builder_new(&b[i]), YG_OK);
        for (uint64_t k = 0; k < 2000; k++) {
            struct yg_facts f = stream_fact(&r, k, 20);
            enum yg_level level = (enum yg_level)yg_rng_below(&r, YG_LEVEL_COUNT);
            assert_int_equal(yg_history_builder_add(b[i], &f, level), YG_OK);
        }
    }
    assert_int_equal(yg_history_merge(b, 3, NULL, &h), YG_OK);
    for (int i = 0; i < 3; i++)
        yg_history_builder_free(b[i]);
    return h;
}

static struct yg_facts *some_facts(size_t n, uint64_t hosts)
{
    struct yg_facts *f = malloc(n * sizeof(*f));
    struct yg_rng r;

    assert_non_null(f);
    print_message("# seed %u\n", SEED);
    yg_rng_init(&r, SEED);
    for (size_t i = 0; i < n; i++)
        f[i] = stream_fact(&r, i, hosts);
    return f;
}

/* The rows of `n` facts; every third is a log record. */
static float *rows_of(const struct yg_history *h, const struct yg_facts *f, size_t n,
                      size_t memory)
{
    struct yg_context *c = NULL;
    float *rows = calloc(n, YG_FEATURE_COUNT * sizeof(float));

    assert_non_null(rows);
    assert_int_equal(yg_context_new(h, memory, &c), YG_OK);
    for (size_t i = 0; i < n; i++) {
        if (i % 3 == 1)
            yg_context_see(c, &f[i]);
        else
            yg_context_row(c, &f[i], rows + i * YG_FEATURE_COUNT);
    }
    yg_context_free(c);
    return rows;
}

static void the_future_changes_no_row(void **state)
{
    static const size_t cut[] = { 1, 2, 17, 500, ROWS - 1 };
    struct yg_history *h = some_history();
    struct yg_facts *f = some_facts(ROWS, 40);
    float *whole = rows_of(h, f, ROWS, 4U << 20);

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cut); i++) {
        float *part = rows_of(h, f, cut[i], 4U << 20);
        assert_memory_equal(part, whole, cut[i] * YG_FEATURE_COUNT * sizeof(float));
        free(part);
    }
    free(whole);
    free(f);
    yg_history_free(h);
}

static void labels_change_no_row(void **state)
{
    struct yg_history *h = some_history();
    struct yg_facts *f = some_facts(ROWS, 40);
    float *before = rows_of(h, f, ROWS, 4U << 20);

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        f[i].verdict = (uint8_t)(YG_LEVEL_COUNT - 1 - f[i].verdict);
        f[i].key[YG_KEY_INCIDENT] ^= i * 77 + 1;
    }
    float *after = rows_of(h, f, ROWS, 4U << 20);
    assert_memory_equal(before, after, ROWS * YG_FEATURE_COUNT * sizeof(float));
    free(before);
    free(after);
    free(f);
    yg_history_free(h);
}

static void batches_give_the_same_rows(void **state)
{
    struct yg_facts *f = some_facts(ROWS, 40);
    struct yg_context *c = NULL;

    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        f[i].kind = i % 3 == 1 ? YG_KIND_CONTEXT : YG_KIND_ALERT;
    float *one = rows_of(NULL, f, ROWS, 4U << 20);
    float *many = calloc(ROWS, YG_FEATURE_COUNT * sizeof(float));
    assert_non_null(many);
    assert_int_equal(yg_context_new(NULL, 4U << 20, &c), YG_OK);
    for (size_t i = 0; i < ROWS; i += 100)
        yg_context_batch(c, f + i, 100, many + i * YG_FEATURE_COUNT);
    assert_memory_equal(one, many, ROWS * YG_FEATURE_COUNT * sizeof(float));
    assert_int_equal(yg_context_stats_of(c).records, ROWS / 3);
    yg_context_free(c);
    free(one);
    free(many);
    free(f);
}

/* Every value is NaN or finite and at least 0, whatever the times are. */
static void check_rows(const float *rows, size_t n)
{
    for (size_t i = 0; i < n * YG_FEATURE_COUNT; i++)
        if (!isnan(rows[i]) && !(rows[i] >= 0 && rows[i] < 1e30F))
            fail_msg("row %zu, %s: %g", i / YG_FEATURE_COUNT,
                     yg_feature_info[i % YG_FEATURE_COUNT].name, (double)rows[i]);
}

static void hostile_times_are_safe(void **state)
{
    static const int64_t time[] = {
        INT64_MIN, INT64_MAX, 0, -1, 1, INT64_MIN + 1, INT64_MAX - 1,
    };
    struct yg_facts *f = some_facts(ROWS, 10);
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED);
    for (size_t i = 0; i < ROWS; i++) {
        uint64_t pick = yg_rng_below(&r, 20);
        if (pick < YG_ARRAY_LEN(time))
            f[i].time_ns = time[pick];
        else if (pick == 19)
            f[i].time_ns = (int64_t)yg_rng_u64(&r);
        f[i].device = (uint8_t)yg_rng_below(&r, 256);
    }
    float *rows = rows_of(NULL, f, ROWS, 4U << 20);
    check_rows(rows, ROWS);
    free(rows);
    free(f);
}

static void one_future_time_does_not_stop_decay(void **state)
{
    struct yg_context *c = NULL;
    struct yg_rng r;
    float row[YG_FEATURE_COUNT];

    (void)state;
    yg_rng_init(&r, SEED);
    struct yg_facts f = stream_fact(&r, 0, 1);
    assert_int_equal(yg_context_new(NULL, 0, &c), YG_OK);
    int64_t t = f.time_ns;
    f.time_ns = INT64_MAX;
    yg_context_row(c, &f, row);
    for (int day = 0; day < 30; day++) {
        f.time_ns = t + day * INT64_C(86400000000000);
        yg_context_row(c, &f, row);
    }
    assert_true(row[YG_X_SIG_1H] < 1);
    assert_true(row[YG_X_SIG_LAST] > 86399 && row[YG_X_SIG_LAST] < 86401);
    yg_context_free(c);
}

static void memory_is_bounded(void **state)
{
    static const size_t cap[] = { 1U << 20, 4U << 20 };
    struct yg_rng r;
    float row[YG_FEATURE_COUNT];

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cap); i++) {
        struct yg_context *c = NULL;
        assert_int_equal(yg_context_new(NULL, cap[i], &c), YG_OK);
        yg_rng_init(&r, SEED);
        for (uint64_t k = 0; k < 60000; k++) {
            struct yg_facts f = stream_fact(&r, k, 100000);
            yg_context_row(c, &f, row);
        }
        struct yg_context_stats s = yg_context_stats_of(c);
        assert_true(s.memory <= cap[i]);
        assert_true(s.evicted > 0);
        assert_int_equal(s.alerts, 60000);
        yg_context_free(c);
    }
}

/* The columns of a first alert, and what a second one at the same place sees. */
static void a_row_tells_what_came_before(void **state)
{
    struct yg_context *c = NULL;
    float row[YG_FEATURE_COUNT];
    struct yg_facts f;

    (void)state;
    memset(&f, 0, sizeof(f));
    for (int i = 0; i < YG_FACTS_STATIC; i++)
        f.fixed[i] = NAN;
    f.time_ns = INT64_C(1767225600000000000);
    f.key[YG_KEY_SIGNATURE] = 11;
    f.key[YG_KEY_HOST] = 12;
    f.key[YG_KEY_FLOW] = 13;
    assert_int_equal(yg_context_new(NULL, 0, &c), YG_OK);
    yg_context_row(c, &f, row);
    assert_true(row[YG_X_SIG_N] == 0 && row[YG_X_SH_N] == 0 && row[YG_X_HD_1H] == 0);
    assert_true(isnan(row[YG_X_SIG_LAST]) && isnan(row[YG_X_SRC_N]));
    assert_true(row[YG_X_FLOW_ALERTS] == 0 && row[YG_X_FLOW_RECORDS] == 0);

    struct yg_facts record = f;
    record.kind = YG_KIND_CONTEXT;
    record.fixed[YG_X_HTTP_STATUS] = 4;
    yg_context_see(c, &record);
    f.time_ns += 60 * INT64_C(1000000000);
    yg_context_row(c, &f, row);
    assert_true(row[YG_X_SIG_N] == 1 && row[YG_X_SH_N] == 1);
    assert_true(row[YG_X_SIG_LAST] == 60);
    assert_float_equal(row[YG_X_SH_10M], 0.904837, 1e-5);
    assert_float_equal(row[YG_X_HOST_NEW_1H], 1, 0);
    assert_true(row[YG_X_HD_SIGS] == 1 && row[YG_X_SIG_HOSTS] == 1);
    assert_true(row[YG_X_FLOW_ALERTS] == 1 && row[YG_X_FLOW_RECORDS] == 1);
    assert_true(row[YG_X_HTTP_STATUS] == 4); /* from the record of the same flow */
    f.fixed[YG_X_HTTP_STATUS] = 2;
    yg_context_row(c, &f, row);
    assert_true(row[YG_X_HTTP_STATUS] == 2); /* the alert's own word counts */
    yg_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_future_changes_no_row),
        cmocka_unit_test(labels_change_no_row),
        cmocka_unit_test(batches_give_the_same_rows),
        cmocka_unit_test(hostile_times_are_safe),
        cmocka_unit_test(one_future_time_does_not_stop_decay),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(a_row_tells_what_came_before),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
