/* SPDX-License-Identifier: Apache-2.0 */
#include "context/context.h"

#include "context/profile.h"
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

/* An alert of signature `sig` from `src` at `host`, `t` seconds into 2026. */
static struct yg_facts alert(uint64_t sig, uint64_t src, uint64_t host, double t)
{
    struct yg_facts f;

    memset(&f, 0, sizeof(f));
    for (int i = 0; i < YG_FACTS_STATIC; i++)
        f.fixed[i] = NAN;
    f.time_ns = INT64_C(1767225600000000000) + (int64_t)(t * 1e9);
    f.key[YG_KEY_SIGNATURE] = sig;
    f.key[YG_KEY_SOURCE] = f.key[YG_KEY_ENTITY] = src;
    f.key[YG_KEY_HOST] = f.key[YG_KEY_DESTINATION] = host;
    f.device = YG_DEV_IDS;
    return f;
}

static void expect(const float *row, enum yg_feature column, double want)
{
    double got = (double)row[column];

    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= 1e-4 * (1 + fabs(want))))
        fail_msg("%s is %g, not %g", yg_feature_info[column].name, got, want);
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

/* Other addresses, hosts, ports and fingerprints that differ where these differ, weeks
 * later: the same rows. */
static void names_and_dates_change_no_row(void **state)
{
    struct yg_facts *f = some_facts(ROWS, 40);
    float *before = rows_of(NULL, f, ROWS, 256U << 20);

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        f[i].time_ns += 57 * INT64_C(604800000000000);
        for (int k = 0; k < YG_KEY_COUNT; k++)
            f[i].key[k] = f[i].key[k] ? yg_hash_pair(f[i].key[k], 77) : 0;
        f[i].port = (uint16_t)(f[i].port * 7);
    }
    float *after = rows_of(NULL, f, ROWS, 256U << 20);
    assert_memory_equal(before, after, ROWS * YG_FEATURE_COUNT * sizeof(float));
    free(before);
    free(after);
    free(f);
}

static void fingerprints_have_a_history(void **state)
{
    struct yg_context *c = NULL;
    float row[YG_FEATURE_COUNT];
    struct yg_facts f = alert(1, 2, 3, 0), other = alert(1, 2, 3, 50);

    (void)state;
    f.key[YG_KEY_CLIENT_HELLO] = 5;
    other.key[YG_KEY_CLIENT_HELLO] = 6;
    assert_int_equal(yg_context_new(NULL, 0, &c), YG_OK);
    yg_context_row(c, &f, row);
    expect(row, YG_X_TLS_FP_N, 0);
    expect(row, YG_X_TLS_FP_AGE, NAN);
    expect(row, YG_X_TLS_FP_SHARE, 1);
    yg_context_see(c, &other); /* log records count, too */
    yg_context_see(c, &f);
    f.time_ns += INT64_C(100000000000);
    yg_context_row(c, &f, row);
    expect(row, YG_X_TLS_FP_N, 2);
    expect(row, YG_X_TLS_FP_AGE, 100);
    expect(row, YG_X_TLS_FP_SHARE, 3.0 / 4);
    yg_context_row(c, &other, row);
    expect(row, YG_X_TLS_FP_N, 1);
    struct yg_facts none = alert(1, 2, 3, 200);
    yg_context_row(c, &none, row);
    expect(row, YG_X_TLS_FP_N, NAN);
    yg_context_free(c);
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

static void regularity_needs_three_events(void **state)
{
    static const double at[] = { 0, 100, 300, 400 };
    struct yg_context *c = NULL;
    float row[YG_FEATURE_COUNT];

    (void)state;
    assert_int_equal(yg_context_new(NULL, 0, &c), YG_OK);
    for (size_t i = 0; i < YG_ARRAY_LEN(at); i++) {
        struct yg_facts f = alert(1, 2, 3, at[i]);
        yg_context_row(c, &f, row);
        /* gaps 100, 200: mean 110, variance 0.9 * 0.1 * 100^2 = 900 */
        expect(row, YG_X_SH_GAP, i == 3 ? 110 : NAN);
        expect(row, YG_X_SH_CV, i == 3 ? 30.0 / 111 : NAN);
        expect(row, YG_X_SH_LAST, i ? at[i] - at[i - 1] : NAN);
        /* ages are under an hour: n alerts an hour is the average */
        if (i == 1)
            expect(row, YG_X_SIG_RATIO, (exp(-100.0 / 3600) + 0.1) / 1.1);
    }
    struct yg_facts later = alert(1, 2, 3, 400 + 36000);
    yg_context_row(c, &later, row);
    double hour = exp(-36400.0 / 3600) + exp(-36300.0 / 3600) + exp(-36100.0 / 3600) +
                  exp(-36000.0 / 3600);
    expect(row, YG_X_SIG_RATIO, (hour + 0.1) / (4 * 3600 / 36400.0 + 0.1));
    expect(row, YG_X_DEV_RATIO, (hour + 0.1) / (4 * 3600 / 36400.0 + 0.1));
    yg_context_free(c);
}

static void different_things_are_counted_once(void **state)
{
    struct yg_context *c = NULL;
    float row[YG_FEATURE_COUNT];

    (void)state;
    assert_int_equal(yg_context_new(NULL, 0, &c), YG_OK);
    for (int i = 0; i < 7; i++) { /* 3 signatures, 2 hosts, 2 ports, one source */
        struct yg_facts f =
            alert(stream_key(1, (uint64_t)i % 3), 9, stream_key(2, (uint64_t)i % 2), i);
        f.port = i % 2 ? 80 : 443;
        f.fixed[YG_X_SEVERITY] = i < 3 ? 70.0F : 69.0F;
        f.fixed[YG_X_W_MALWARE] = i < 2;
        yg_context_row(c, &f, row);
    }
    struct yg_facts f = alert(stream_key(1, 0), 9, stream_key(2, 0), 7);
    yg_context_row(c, &f, row);
    expect(row, YG_X_SIG_HOSTS, 2);
    expect(row, YG_X_HD_SIGS, 3);
    expect(row, YG_X_SIG_N, 3);
    expect(row, YG_X_SH_N, 2);
    expect(row, YG_X_SRC_N, 7);
    expect(row, YG_X_PAIR_N, 4);
    expect(row, YG_X_SS_N, 3);
    expect(row, YG_X_SIG_AT_HOST, 2.0 / 4);
    expect(row, YG_X_SIG_OF_HD, 2.0 / 5);
    expect(row, YG_X_SIG_OF_DEV, 4.0 / 8);
    expect(row, YG_X_HD_SIGS_1H, 3);
    expect(row, YG_X_SRC_HOSTS_1H, 2);
    expect(row, YG_X_SRC_PORTS_1H, 2);
    expect(row, YG_X_HOST_SEVERE_24H, 2);
    expect(row, YG_X_HOST_MALWARE_24H, 1);
    yg_context_free(c);
}

static void a_signature_is_rare_five_times(void **state)
{
    struct yg_context *c = NULL;
    float row[YG_FEATURE_COUNT];

    (void)state;
    assert_int_equal(yg_context_new(NULL, 0, &c), YG_OK);
    for (int i = 0; i < 8; i++) {
        struct yg_facts f = alert(1, 2, 3, i);
        yg_context_row(c, &f, row);
        expect(row, YG_X_HD_RARE_1H, i >= 1 && i <= 5 ? 1 : 0);
        expect(row, YG_X_HOST_NEW_1H, i < 5 ? i : 5);
    }
    yg_context_free(c);
}

/* Signature 1 was L4 in 15 of 15 runs, signature 2 L2: weights 15/20 each. */
static void judged_activity_is_remembered(void **state)
{
    struct yg_history_builder *b = NULL;
    struct yg_history *h = NULL;
    struct yg_context *c = NULL;
    float row[YG_FEATURE_COUNT];

    (void)state;
    assert_int_equal(yg_history_builder_new(&b), YG_OK);
    for (uint64_t i = 0; i < 30; i++) {
        struct yg_facts f = alert(1 + i % 2, 100 + i, 3, 0);
        enum yg_level level = i % 2 ? YG_LEVEL_L2 : YG_LEVEL_L4;
        assert_int_equal(yg_history_builder_add(b, &f, level), YG_OK);
    }
    assert_int_equal(yg_history_merge(&b, 1, NULL, &h), YG_OK);
    assert_int_equal(yg_context_new(h, 0, &c), YG_OK);
    struct yg_facts step[] = { alert(1, 7, 3, 0), alert(2, 7, 3, 10), alert(9, 7, 3, 20),
                               alert(9, 7, 3, 3 * 3600) };
    for (size_t i = 0; i < YG_ARRAY_LEN(step); i++) {
        yg_context_row(c, &step[i], row);
        double old = i == 3 ? 0 : 0.75;
        expect(row, YG_X_HOST_P_1H, i > 0 ? old : 0);
        expect(row, YG_X_HOST_P_24H, i > 0 ? 0.75 : 0);
        expect(row, YG_X_TEN_P_24H, i > 0 ? 0.75 : 0);
        expect(row, YG_X_HOST_L2_1H, i > 1 ? old : 0);
        expect(row, YG_X_HOST_L2_24H, i > 1 ? 0.75 : 0);
        expect(row, YG_X_TEN_L2_1H, i > 1 ? old : 0);
        expect(row, YG_X_TEN_L2_24H, i > 1 ? 0.75 : 0);
        expect(row, YG_X_SRC_L2_1H,
               i == 3   ? 0.75 * exp(-10790.0 / 3600)
               : i == 2 ? 0.75 * exp(-10.0 / 3600)
                        : 0);
        expect(row, YG_X_SRC_P_24H,
               i ? 0.75 * exp(-(i == 3 ? 10800 : 10.0 * (double)i) / 86400) : 0);
    }
    struct yg_facts other = alert(9, 8, 4, 3 * 3600); /* another host, source */
    yg_context_row(c, &other, row);
    expect(row, YG_X_HOST_P_24H, 0);
    expect(row, YG_X_SRC_P_24H, 0);
    expect(row, YG_X_TEN_P_24H, 0.75);
    yg_context_free(c);
    yg_history_free(h);
    yg_history_builder_free(b);
}

static void log_records_are_evidence(void **state)
{
    struct yg_context *c = NULL;
    float row[YG_FEATURE_COUNT];

    (void)state;
    assert_int_equal(yg_context_new(NULL, 0, &c), YG_OK);
    for (int i = 0; i < 4; i++) {
        struct yg_facts r = alert(0, 5, 3, i);
        r.kind = YG_KIND_CONTEXT;
        r.key[YG_KEY_FLOW] = i < 2 ? 6 : 7;
        r.fixed[YG_X_TLS_SNI] = i == 0 ? 0.0F : i == 1 ? 1.0F : NAN;
        r.fixed[YG_X_FILE_EXEC] = i == 2;
        r.fixed[YG_X_DNS_RCODE] = (float)i;
        yg_context_see(c, &r);
    }
    struct yg_facts f = alert(1, 5, 3, 3);
    f.key[YG_KEY_FLOW] = 6;
    yg_context_row(c, &f, row);
    expect(row, YG_X_HC_RECORDS, 4 - 6.0 / 3600);
    expect(row, YG_X_HC_NOSNI, exp(-3.0 / 3600));
    expect(row, YG_X_HC_EXEC, exp(-1.0 / 86400));
    expect(row, YG_X_HC_NX, exp(-2.0 / 3600));
    expect(row, YG_X_FLOW_RECORDS, 2);
    expect(row, YG_X_TLS_SNI, 1);      /* the flow's latest word */
    expect(row, YG_X_URL_LENGTH, NAN); /* nobody said */
    expect(row, YG_X_SIG_N, 0);        /* records are no alerts */
    yg_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_future_changes_no_row),
        cmocka_unit_test(labels_change_no_row),
        cmocka_unit_test(names_and_dates_change_no_row),
        cmocka_unit_test(fingerprints_have_a_history),
        cmocka_unit_test(batches_give_the_same_rows),
        cmocka_unit_test(hostile_times_are_safe),
        cmocka_unit_test(one_future_time_does_not_stop_decay),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(a_row_tells_what_came_before),
        cmocka_unit_test(regularity_needs_three_events),
        cmocka_unit_test(different_things_are_counted_once),
        cmocka_unit_test(a_signature_is_rare_five_times),
        cmocka_unit_test(judged_activity_is_remembered),
        cmocka_unit_test(log_records_are_evidence),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
