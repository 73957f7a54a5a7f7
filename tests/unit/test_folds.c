/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "corpus_util.h"
#include "pipeline/folds.h"

#include <stdio.h>

static void group(void **state)
{
    static const struct {
        const char *tenant, *group;
    } cases[] = { { "acme", "acme" },
                  { "acme/tokyo", "acme" },
                  { "acme/a/b", "acme" },
                  { "/x", "" },
                  { "", "" },
                  { "a-b/", "a-b" } };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++)
        if (!yg_str_eq(yg_folds_group(yg_str_of(cases[i].tenant)),
                       yg_str_of(cases[i].group)))
            fail_msg("'%s'", cases[i].tenant);
}

/* Sites of one organisation stay together; unused and unjudged tenants take no fold. */
static void by_group(void **state)
{
    static const char *const name[] = { "a/1", "a/2", "b", "c/1", "c/2", "d", "e" };
    struct yg_corpus c = corpus_of(name, 7);
    bool use[7] = { true, true, true, true, true, false, true };
    struct yg_folds f;
    struct yg_err err = { 0 };

    (void)state;
    for (size_t t = 0; t < 6; t++) /* e has no verdicts */
        corpus_fill(&c, t, t, 20);
    assert_int_equal(yg_folds_make(&c, use, &f, &err), YG_OK);
    assert_false(f.by_time);
    assert_int_equal(f.count, 3);
    assert_int_equal(yg_folds_of(&f, 0, 0), yg_folds_of(&f, 1, INT64_MAX));
    assert_int_equal(yg_folds_of(&f, 3, 0), yg_folds_of(&f, 4, 0));
    assert_int_not_equal(yg_folds_of(&f, 0, 0), yg_folds_of(&f, 2, 0));
    assert_int_not_equal(yg_folds_of(&f, 0, 0), yg_folds_of(&f, 3, 0));
    assert_int_not_equal(yg_folds_of(&f, 2, 0), yg_folds_of(&f, 3, 0));
    yg_folds_free(&f);
    yg_corpus_free(&c);
}

/* More groups than folds share them, every fold is used. */
static void many(void **state)
{
    const char *name[20];
    char text[20][8];
    unsigned seen = 0;
    struct yg_folds f;
    struct yg_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        snprintf(text[i], sizeof(text[i]), "t%02zu", i);
        name[i] = text[i];
    }
    struct yg_corpus c = corpus_of(name, 20);
    for (size_t t = 0; t < 20; t++)
        corpus_fill(&c, t, t, 5);
    assert_int_equal(yg_folds_make(&c, NULL, &f, &err), YG_OK);
    assert_int_equal(f.count, YG_FOLDS_MAX);
    for (size_t t = 0; t < 20; t++)
        seen |= 1U << yg_folds_of(&f, t, 0);
    assert_int_equal(seen, (1U << YG_FOLDS_MAX) - 1);
    yg_folds_free(&f);
    yg_corpus_free(&c);
}

/* One group: stretches of time with about the same number of verdicts. */
static void time_stretches(void **state)
{
    static const char *const name[] = { "a" };
    struct yg_corpus c = corpus_of(name, 1);
    size_t in[YG_FOLDS_TIME] = { 0 };
    uint32_t last = 0;
    struct yg_folds f;
    struct yg_err err = { 0 };

    (void)state;
    corpus_fill(&c, 0, 1, 1000);
    assert_int_equal(yg_folds_make(&c, NULL, &f, &err), YG_OK);
    assert_true(f.by_time);
    assert_int_equal(f.count, YG_FOLDS_TIME);
    for (size_t i = 0; i < 1000; i++) {
        uint32_t k = yg_folds_of(&f, 0, c.tenant[0].record[i].facts.time_ns);
        assert_true(k >= last && k < f.count);
        last = k;
        in[k]++;
    }
    for (size_t k = 0; k < YG_FOLDS_TIME; k++)
        assert_in_range(in[k], 195, 205);
    assert_int_equal(yg_folds_of(&f, 0, INT64_MIN), 0);
    assert_int_equal(yg_folds_of(&f, 0, INT64_MAX), YG_FOLDS_TIME - 1);
    yg_folds_free(&f);
    yg_corpus_free(&c);
}

static void too_few(void **state)
{
    static const char *const name[] = { "a", "b" };
    static const size_t count[] = { 0, 1, 9 };
    struct yg_folds f;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(count); i++) {
        struct yg_corpus c = corpus_of(name, 2);
        struct yg_err err = { 0 };
        corpus_fill(&c, 0, 1, count[i]);
        assert_int_equal(yg_folds_make(&c, NULL, &f, &err), YG_EINVAL);
        assert_non_null(strstr(err.msg, "too few"));
        yg_corpus_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(group),   cmocka_unit_test(by_group),
        cmocka_unit_test(many),    cmocka_unit_test(time_stretches),
        cmocka_unit_test(too_few),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
