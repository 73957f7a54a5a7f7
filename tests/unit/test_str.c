/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "base/status.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void comparisons(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
        bool nocase, starts, has;
    } row[] = {
        { "abc", "abc", 0, true, true, true },
        { "abc", "ABC", 1, true, false, true },
        { "abc", "ab", 1, false, true, true },
        { "ab", "abc", -1, false, false, false },
        { "", "", 0, true, true, true },
        { "a", "", 1, false, true, true },
        { "", "a", -1, false, false, false },
        { "xaBc", "AbC", 1, false, false, true },
        { "\xc4", "\xe4", -1, false, false, false },
        { "[", "{", -1, false, false, false },
        { "\xff", "a", 1, false, false, false },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_str a = yg_str_of(row[i].a), b = yg_str_of(row[i].b);
        int order = yg_str_cmp(a, b);
        if ((order > 0) - (order < 0) != row[i].order ||
            yg_str_eq(a, b) != (row[i].order == 0) ||
            yg_str_eq_nocase(a, b) != row[i].nocase ||
            yg_str_starts(a, b) != row[i].starts || yg_str_has_nocase(a, b) != row[i].has)
            fail_msg("\"%s\" and \"%s\"", row[i].a, row[i].b);
    }
    assert_int_equal(yg_str_of(NULL).n, 0);
    assert_true(yg_str_eq(YG_STR_NONE, YG_STR("")));
}

static void trims(void **state)
{
    (void)state;
    assert_true(yg_str_eq(yg_str_trim(YG_STR(" \t a b\r\n")), YG_STR("a b")));
    assert_int_equal(yg_str_trim(YG_STR(" \n\t ")).n, 0);
    assert_int_equal(yg_str_trim(YG_STR_NONE).n, 0);
    assert_int_equal(yg_str_trim(YG_STR("\v")).n, 1);
}

static void cuts(void **state)
{
    struct yg_str rest = YG_STR("a,,b,");
    static const char *const want[] = { "a", "", "b", "" };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(want); i++) {
        assert_non_null(rest.p);
        assert_true(yg_str_eq(yg_str_cut(&rest, ','), yg_str_of(want[i])));
    }
    assert_null(rest.p);
    rest = YG_STR("whole");
    assert_true(yg_str_eq(yg_str_cut(&rest, ','), YG_STR("whole")));
    assert_null(rest.p);
    rest = YG_STR_NONE;
    assert_int_equal(yg_str_cut(&rest, ',').n, 0);
}

static void whole_numbers(void **state)
{
    static const struct {
        const char *text;
        bool is_u, is_i;
        uint64_t u;
        int64_t i;
    } row[] = {
        { "0", true, true, 0, 0 },
        { "007", true, true, 7, 7 },
        { "-7", false, true, 0, -7 },
        { "9223372036854775807", true, true, INT64_MAX, INT64_MAX },
        { "9223372036854775808", true, false, UINT64_C(1) << 63, 0 },
        { "18446744073709551615", true, false, UINT64_MAX, 0 },
        { "18446744073709551616", false, false, 0, 0 },
        { "99999999999999999999999", false, false, 0, 0 },
        { "", false, false, 0, 0 },
        { "-", false, false, 0, 0 },
        { "--1", false, false, 0, 0 },
        { "+1", false, false, 0, 0 },
        { " 1", false, false, 0, 0 },
        { "1 ", false, false, 0, 0 },
        { "1.0", false, false, 0, 0 },
        { "0x1", false, false, 0, 0 },
        { "\xd9\xa1", false, false, 0, 0 },
    };

    (void)state;
    for (size_t n = 0; n < YG_ARRAY_LEN(row); n++) {
        uint64_t u = 77;
        int64_t i = 77;
        bool is_u = yg_str_u64(yg_str_of(row[n].text), &u);
        bool is_i = yg_str_i64(yg_str_of(row[n].text), &i);
        if (is_u != row[n].is_u || u != (is_u ? row[n].u : 77) || is_i != row[n].is_i ||
            i != (is_i ? row[n].i : 77))
            fail_msg("\"%s\": %" PRIu64 " %" PRId64, row[n].text, u, i);
    }
}

static void hex_numbers(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t want;
    } row[] = {
        { "0", true, 0 },     { "fF", true, 255 },
        { "0x1a", true, 26 }, { "0XffffffffffffffFF", true, UINT64_MAX },
        { "0x", false, 0 },   { "00000000000000000", false, 0 },
        { "g", false, 0 },    { "", false, 0 },
        { "-1", false, 0 },   { "1:", false, 0 },
        { "1@", false, 0 },   { "1`", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        uint64_t v = 77;
        bool good = yg_str_hex64(yg_str_of(row[i].text), &v);
        if (good != row[i].good || v != (good ? row[i].want : 77))
            fail_msg("\"%s\": %" PRIx64, row[i].text, v);
    }
}

static void real_numbers(void **state)
{
    static const struct {
        const char *text;
        bool good;
        double want;
    } row[] = {
        { "0", true, 0 },      { "-1.5e3", true, -1500 }, { ".5", true, 0.5 },
        { "0.1", true, 0.1 },  { "+2", true, 2 },         { "1e308", true, 1e308 },
        { "1e309", false, 0 }, { "inf", false, 0 },       { "nan", false, 0 },
        { "0x10", false, 0 },  { "1,5", false, 0 },       { "", false, 0 },
        { "1e", false, 0 },    { " 1", false, 0 },        { "1-2", false, 0 },
        { "1.2.3", false, 0 },
    };
    char longest[100];
    double v = 77;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        v = 77;
        bool good = yg_str_f64(yg_str_of(row[i].text), &v);
        if (good != row[i].good || v != (good ? row[i].want : 77))
            fail_msg("\"%s\": %g", row[i].text, v);
    }
    memset(longest, '1', sizeof(longest));
    assert_false(yg_str_f64((struct yg_str){ longest, sizeof(longest) }, &v));
    assert_false(yg_str_f64((struct yg_str){ "1\0", 2 }, &v));
}

/* At every place of texts of every length, either case, and with its neighbours in the
 * alphabet and in bit 5 around it. */
static void found_everywhere(void **state)
{
    static const char *const what[] = { "k", "Kq", "<kQ", "@x1" };

    (void)state;
    for (size_t w = 0; w < YG_ARRAY_LEN(what); w++) {
        struct yg_str part = yg_str_of(what[w]);
        for (size_t n = 0; n < 40; n++) {
            for (size_t at = 0; at <= n; at++) {
                char text[48];
                static const char fill[] = "jlJL`\x1c\\\x80";
                for (size_t i = 0; i < n; i++)
                    text[i] = fill[i % (sizeof(fill) - 1)];
                struct yg_str s = { text, n };
                assert_false(yg_str_has_nocase(s, part));
                bool fits = at + part.n <= n;
                for (size_t i = 0; fits && i < part.n; i++)
                    text[at + i] = part.p[i] == 'q' ? 'Q' : part.p[i];
                assert_int_equal(yg_str_has_nocase(s, part), fits);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons),
        cmocka_unit_test(trims),
        cmocka_unit_test(cuts),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(found_everywhere),
        cmocka_unit_test(hex_numbers),
        cmocka_unit_test(real_numbers),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
