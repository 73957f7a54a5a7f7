/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "corpus_util.h"
#include "pipeline/fitrows.h"

#include <math.h>

#define MIN INT64_C(60000000000)

static const char *const three[] = { "a/1", "b/1", "c/1" };

static void init(struct yg_fitrows *r, const struct yg_corpus *c)
{
    struct yg_err err = { 0 };

    if (yg_fitrows_init(r, c, NULL, 0, &err) != YG_OK)
        fail_msg("init: %s", err.msg);
}

static struct yg_matrix matrix(const struct yg_corpus *c, uint32_t without)
{
    struct yg_fitrows r;
    struct yg_matrix m;
    struct yg_err err = { 0 };

    init(&r, c);
    if (yg_fitrows_matrix(&r, without, &m, &err) != YG_OK)
        fail_msg("matrix: %s", err.msg);
    yg_fitrows_fini(&r);
    return m;
}

static struct yg_facts alert(uint64_t entity, int64_t time_ns)
{
    struct yg_rng r;

    yg_rng_init(&r, 5);
    struct yg_facts f = stream_fact(&r, 0, 20);
    f.key[YG_KEY_ENTITY] = entity;
    f.key[YG_KEY_SIGNATURE] = 77;
    f.time_ns = CORPUS_T0 + time_ns;
    return f;
}

/* Twelve judged alerts an hour apart, so that folds can be made. */
static void pad(struct yg_corpus *c, size_t t)
{
    for (int i = 0; i < 12; i++) {
        struct yg_facts f = alert(9000 + (uint64_t)i, (100 + i) * 60 * MIN);
        corpus_add(c, t, &f, YG_LEVEL_FP);
    }
}

/* What a run is must not depend on who was judged. */
static void runs_are_label_blind(void **state)
{
    static const struct {
        const char *what;
        unsigned middle; /* verdict of the alert that bridges the gap */
        uint8_t middle_kind;
        bool one_run;
        uint32_t size, last_pos;
    } cases[] = {
        { "judged bridge", YG_LEVEL_FP, YG_KIND_ALERT, true, 3, 2 },
        { "unjudged bridge", YG_LEVEL_NONE, YG_KIND_ALERT, true, 2, 1 },
        { "undecodable bridge", YG_LEVEL_NONE, YG_KIND_UNDECODABLE, true, 2, 1 },
        { "a log record is no bridge", YG_LEVEL_NONE, YG_KIND_CONTEXT, false, 1, 0 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        struct yg_corpus c = corpus_of(three, 3);
        struct yg_fitrows r;
        for (int k = 0; k < 3; k++) {
            struct yg_facts f = alert(1, k * 20 * MIN);
            f.kind = k == 1 ? cases[i].middle_kind : YG_KIND_ALERT;
            corpus_add(&c, 0, &f, k == 1 ? cases[i].middle : YG_LEVEL_L2);
        }
        pad(&c, 0);
        pad(&c, 1);
        init(&r, &c);
        const struct yg_place *p = r.place[0];
        if ((p[0].run == p[2].run) != cases[i].one_run)
            fail_msg("%s: runs %d and %d", cases[i].what, (int)p[0].run, (int)p[2].run);
        assert_int_equal(p[0].pos, 0);
        assert_int_equal(p[2].pos, cases[i].last_pos);
        assert_int_equal(p[2].size, cases[i].size);
        assert_true((p[1].run == UINT64_MAX) == (cases[i].middle == YG_LEVEL_NONE));
        assert_true(r.place[1][0].run > p[14].run); /* numbers go on over tenants */
        assert_true(r.place[1][11].run < r.runs);
        yg_fitrows_fini(&r);
        yg_corpus_free(&c);
    }
}

/* Unjudged alerts may be all there is: more runs than judged alerts. */
static void many_unjudged(void **state)
{
    struct yg_corpus c = corpus_of(three, 3);
    struct yg_fitrows r;

    (void)state;
    for (uint64_t i = 0; i < 3000; i++) {
        struct yg_facts f = alert(i + 1, 0);
        corpus_add(&c, 0, &f, YG_LEVEL_NONE);
    }
    pad(&c, 0);
    pad(&c, 1);
    init(&r, &c);
    assert_int_equal(r.runs, 3000 + 24);
    yg_fitrows_fini(&r);
    yg_corpus_free(&c);
}

/* FP <-> L1, L2 <-> L3 */
static void flip_one(struct yg_corpus_record *r)
{
    r->level = r->level < YG_LEVEL_L4 ? r->level ^ 1U : r->level;
}

static void flip(struct yg_corpus *c, size_t t)
{
    for (size_t i = 0; i < c->tenant[t].count; i++)
        flip_one(&c->tenant[t].record[i]);
}

/* Rows of tenant `t`: they come fold by fold, and here a fold is a tenant. */
static size_t row0(const struct yg_corpus *c, size_t t)
{
    size_t n = 0;

    for (size_t i = 0; i < t; i++)
        n += c->tenant[i].count;
    return n;
}

static bool same_rows(const struct yg_matrix *a, const struct yg_matrix *b, size_t first,
                      size_t n)
{
    return memcmp(a->x + first * YG_FEATURE_COUNT, b->x + first * YG_FEATURE_COUNT,
                  n * YG_FEATURE_COUNT * sizeof(float)) == 0;
}

/* A tenant's own verdicts change none of its rows; they change the others'. */
static void out_of_fold(void **state)
{
    (void)state;
    for (size_t t = 0; t < 3; t++) {
        struct yg_corpus c = corpus_of(three, 3);
        for (size_t k = 0; k < 3; k++)
            corpus_fill(&c, k, 10 + k, 400);
        struct yg_matrix before = matrix(&c, YG_FOLD_NONE);
        flip(&c, t);
        struct yg_matrix after = matrix(&c, YG_FOLD_NONE);
        assert_int_equal(before.rows, 1200);
        assert_int_equal(after.rows, 1200);
        for (size_t k = 0; k < 3; k++)
            assert_true(same_rows(&before, &after, row0(&c, k), 400) == (k == t));
        yg_matrix_free(&before);
        yg_matrix_free(&after);
        yg_corpus_free(&c);
    }
}

/* Nothing of the fold left out reaches what is learned from. */
static void left_out(void **state)
{
    (void)state;
    for (uint32_t t = 0; t < 3; t++) {
        struct yg_corpus c = corpus_of(three, 3);
        for (size_t k = 0; k < 3; k++)
            corpus_fill(&c, k, 20 + k, 300);
        struct yg_matrix before = matrix(&c, t);
        flip(&c, t);
        struct yg_matrix after = matrix(&c, t);
        assert_int_equal(before.rows, 600);
        assert_int_equal(after.rows, 600);
        assert_true(same_rows(&before, &after, 0, 600));
        assert_memory_equal(before.label, after.label, 600);
        assert_memory_equal(before.weight, after.weight, 600 * sizeof(float));
        yg_matrix_free(&before);
        yg_matrix_free(&after);
        yg_corpus_free(&c);
    }
}

/* A single tenant: folds are stretches of time, with the same promise. */
static void by_time(void **state)
{
    struct yg_corpus c = corpus_of(three, 1);
    struct yg_fitrows r;

    (void)state;
    corpus_fill(&c, 0, 3, 500);
    init(&r, &c);
    assert_true(r.folds.by_time);
    struct yg_matrix before = matrix(&c, YG_FOLD_NONE);
    size_t changed = 0;
    for (size_t i = 0; i < 500; i++) /* the second of five stretches */
        if (yg_folds_of(&r.folds, 0, c.tenant[0].record[i].facts.time_ns) == 1)
            flip_one(&c.tenant[0].record[i]);
    struct yg_matrix after = matrix(&c, YG_FOLD_NONE);
    assert_int_equal(before.rows, after.rows);
    for (size_t i = 0; i < 500; i++) {
        bool same = same_rows(&before, &after, i, 1);
        if (yg_folds_of(&r.folds, 0, c.tenant[0].record[i].facts.time_ns) == 1)
            assert_true(same);
        changed += !same;
    }
    assert_true(changed > 0);
    yg_matrix_free(&before);
    yg_matrix_free(&after);
    yg_fitrows_fini(&r);
    yg_corpus_free(&c);
}

/* A long run is thinned, a short attack is not, and every tenant weighs the same. */
static void thinning(void **state)
{
    struct yg_corpus c = corpus_of(three, 2);
    double sum[2] = { 0, 0 };

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct yg_facts f = alert(1, i * MIN / 60);
        corpus_add(&c, 0, &f, YG_LEVEL_FP);
    }
    for (int i = 0; i < 199; i++) {
        struct yg_facts f = alert(2, 40000 * MIN + i * MIN);
        corpus_add(&c, 1, &f, YG_LEVEL_L3);
    }
    struct yg_matrix m = matrix(&c, YG_FOLD_NONE);
    size_t first = 0;
    while (first < m.rows && m.label[first] == YG_LEVEL_FP)
        first++;
    assert_in_range(first, 60, 200);
    assert_int_equal(m.rows - first, 199);
    for (size_t i = 0; i < m.rows; i++)
        sum[i >= first] += (double)m.weight[i];
    assert_true(fabs(sum[0] - sum[1]) < 1e-3 * sum[0]);
    yg_matrix_free(&m);
    yg_corpus_free(&c);
}

static void digest(void **state)
{
    unsigned char a[YG_DIGEST_SIZE], b[YG_DIGEST_SIZE];
    struct yg_corpus c = corpus_of(three, 3);
    struct yg_fitrows r;

    (void)state;
    for (size_t k = 0; k < 3; k++)
        corpus_fill(&c, k, 30 + k, 50);
    struct yg_facts log = alert(1, 0);
    corpus_add(&c, 1, &log, YG_LEVEL_NONE);
    init(&r, &c);
    yg_fitrows_digest(&r, a);
    c.tenant[1].record[50].id[0] ^= 1; /* not judged: nothing was learned from it */
    yg_fitrows_digest(&r, b);
    assert_memory_equal(a, b, sizeof(a));
    c.tenant[1].record[7].id[0] ^= 1;
    yg_fitrows_digest(&r, b);
    assert_memory_not_equal(a, b, sizeof(a));
    c.tenant[1].record[7].id[0] ^= 1;
    c.tenant[2].record[7].level = c.tenant[2].record[7].level == 0;
    yg_fitrows_digest(&r, b);
    assert_memory_not_equal(a, b, sizeof(a));
    yg_fitrows_fini(&r);
    yg_corpus_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_label_blind),
        cmocka_unit_test(many_unjudged),
        cmocka_unit_test(out_of_fold),
        cmocka_unit_test(left_out),
        cmocka_unit_test(by_time),
        cmocka_unit_test(thinning),
        cmocka_unit_test(digest),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
