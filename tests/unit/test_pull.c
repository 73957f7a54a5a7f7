/* SPDX-License-Identifier: Apache-2.0 */
#include "json/pull.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int setup(void **state)
{
    struct yg_json_pull *p = NULL;

    assert_int_equal(yg_json_pull_new(1 << 20, &p), YG_OK);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    yg_json_pull_free(*state);
    return 0;
}

static void assert_text(struct yg_str got, const char *want)
{
    if (!yg_str_eq(got, yg_str_of(want)))
        fail_msg("got %.*s, want %s", YG_STR_ARG(got), want);
}

static void is_it_an_object(void **state)
{
    static const struct {
        const char *text;
        bool object;
    } row[] = {
        { "{}", true },
        { " { } ", true },
        { "{\"a\":1}", true },
        { "{\"a\":[1,2.5e-3,{\"b\":null},[],{},\"x\\u00e9\\n\"],\"c\":true}", true },
        { "{\"a\":\"}\"}", true },
        { "{\"\":\"\"}", true },
        { "", false },
        { "   ", false },
        { "[]", false },
        { "1", false },
        { "{", false },
        { "}", false },
        { "{}{}", false },
        { "{} x", false },
        { "{,}", false },
        { "{\"a\"}", false },
        { "{\"a\":}", false },
        { "{\"a\":1,}", false },
        { "{\"a\":1 \"b\":2}", false },
        { "{\"a\":1,,\"b\":2}", false },
        { "{a:1}", false },
        { "{1:1}", false },
        { "{\"a\":01}", false },
        { "{\"a\":1.}", false },
        { "{\"a\":+1}", false },
        { "{\"a\":nul}", false },
        { "{\"a\":tru}", false },
        { "{\"a\":[1,]}", false },
        { "{\"a\":[,1]}", false },
        { "{\"a\":[1 2]}", false },
        { "{\"a\":[1}", false },
        { "{\"a\":(1)}", false },
        { "{\"a\":\"\\x\"}", false },
        { "{\"a\":\"\\u12\"}", false },
        { "{\"a\":\"\n\"}", false },
        { "{\"a\":\"\xff\"}", false },
        { "{\"a\":\"open}", false },
        { "{\"a\":\"x\"y}", false },
        { "{\"a\"\"b\":1}", false },
        { "{\"a\":1]", false },
        { "[{]}", false },
        { ":", false },
        { ",", false },
    };
    struct yg_json_pull *p = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (yg_json_pull_is_object(p, yg_str_of(row[i].text)) != row[i].object)
            fail_msg("%s", row[i].text);
}

static void values_in_order(void **state)
{
    struct yg_json_pull *p = *state;
    struct yg_json_value v;
    struct yg_str key, span;

    assert_true(yg_json_pull_begin(
        p, YG_STR(" {\"a\" : \"x\\ty\" ,\"b\":[ 1 , [2, {}] ],\"c\":null} {\"d\":1}")));
    assert_false(yg_json_pull_into(p, '['));
    assert_true(yg_json_pull_into(p, '{'));
    assert_true(yg_json_pull_member(p, &key));
    assert_text(key, "a");
    assert_int_equal(yg_json_pull_peek(p), '"');
    assert_true(yg_json_pull_scalar(p, &v));
    assert_int_equal(v.type, YG_JSON_STRING);
    assert_true(v.escaped);
    assert_text(v.text, "x\\ty");
    assert_true(yg_json_pull_member(p, &key));
    struct yg_json_mark m = yg_json_pull_mark(p);
    assert_true(yg_json_pull_skip(p, &span));
    assert_text(span, "[ 1 , [2, {}] ]");
    assert_true(yg_json_pull_member(p, &key));
    assert_text(key, "c");
    assert_true(yg_json_pull_scalar(p, &v));
    assert_int_equal(v.type, YG_JSON_NULL);
    assert_false(yg_json_pull_member(p, &key));
    assert_true(yg_json_pull_ok(p));
    assert_false(yg_json_pull_end(p));
    assert_int_equal(yg_json_pull_offset(p), 46);
    assert_true(yg_json_pull_skip(p, &span));
    assert_text(span, "{\"d\":1}");
    assert_true(yg_json_pull_end(p));
    assert_int_equal(yg_json_pull_peek(p), '\0');
    yg_json_pull_seek(p, m);
    assert_true(yg_json_pull_into(p, '['));
    assert_true(yg_json_pull_element(p));
    assert_true(yg_json_pull_scalar(p, &v));
    assert_int_equal(v.type, YG_JSON_NUMBER);
    assert_true(yg_json_pull_element(p));
    assert_true(yg_json_pull_skip(p, &span));
    assert_text(span, "[2, {}]");
    assert_false(yg_json_pull_element(p));
    assert_true(yg_json_pull_ok(p));
}

/* What was read to its end is passed over the second time, to the same places. */
static void read_again(void **state)
{
    static const char text[] =
        "{\"a\":[{\"b\":\"}\\\"]\"},[],1.5],\"c\\n\":{}, \"d\" : -0 }{\"e\":\"\"}";
    struct yg_json_pull *p = *state;
    struct yg_str key, span, first[4];
    struct yg_json_value v;
    size_t n = 0;

    assert_true(yg_json_pull_begin(p, yg_str_of(text)));
    assert_false(yg_json_pull_again(p));
    while (yg_json_pull_into(p, '{'))
        while (yg_json_pull_member(p, &key))
            assert_true(n < 4 && yg_json_pull_skip(p, &first[n++]));
    assert_int_equal(n, 4);
    assert_text(first[0], "[{\"b\":\"}\\\"]\"},[],1.5]");
    assert_true(yg_json_pull_again(p));
    n = 0;
    while (yg_json_pull_into(p, '{'))
        while (yg_json_pull_member(p, &key)) {
            assert_true(yg_json_pull_skip(p, &span));
            assert_true(yg_str_eq(span, first[n]) && span.p == first[n].p);
            n++;
        }
    assert_int_equal(n, 4);
    assert_true(yg_json_pull_again(p));
    assert_true(yg_json_pull_into(p, '{') && yg_json_pull_member(p, &key));
    assert_true(yg_json_pull_into(p, '[') && yg_json_pull_element(p));
    assert_true(yg_json_pull_into(p, '{') && yg_json_pull_member(p, &key));
    assert_true(yg_json_pull_scalar(p, &v) && v.escaped);
    assert_text(v.text, "}\\\"]");
    assert_true(yg_json_pull_begin(p, YG_STR("[1,]")));
    assert_false(yg_json_pull_skip(p, NULL));
    assert_false(yg_json_pull_again(p));
}

static void errors_stick(void **state)
{
    struct yg_json_pull *p = *state;
    struct yg_json_value v;
    struct yg_str key;

    assert_true(yg_json_pull_begin(p, YG_STR("{\"a\":1}")));
    assert_false(yg_json_pull_scalar(p, &v));
    assert_false(yg_json_pull_ok(p));
    assert_false(yg_json_pull_into(p, '{'));
    assert_false(yg_json_pull_member(p, &key));
    assert_false(yg_json_pull_element(p));
    assert_false(yg_json_pull_skip(p, NULL));
    assert_false(yg_json_pull_end(p));
    assert_int_equal(yg_json_pull_peek(p), '\0');
    assert_true(yg_json_pull_begin(p, YG_STR("{}")));
    assert_true(yg_json_pull_ok(p));
}

static void depth_and_length(void **state)
{
    struct yg_json_pull *p = *state, *small = NULL;
    char text[4 * YG_JSON_DEPTH];

    for (unsigned depth = YG_JSON_DEPTH; depth <= YG_JSON_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_true(yg_json_pull_begin(p, (struct yg_str){ text, 2 * (size_t)depth }));
        assert_int_equal(yg_json_pull_skip(p, NULL), depth <= YG_JSON_DEPTH);
    }
    assert_int_equal(yg_json_pull_new(4, &small), YG_OK);
    assert_true(yg_json_pull_is_object(small, YG_STR("{  }")));
    assert_false(yg_json_pull_is_object(small, YG_STR("{   }")));
    yg_json_pull_free(small);
}

/* The index grows with the texts and keeps its answers. */
static void grows(void **state)
{
    struct yg_json_pull *p = *state;
    size_t n = (size_t)1 << 20;
    char *text = malloc(n);

    assert_non_null(text);
    for (size_t size = 100; size <= n; size *= 7) {
        memset(text, ' ', size);
        text[0] = '{';
        text[size - 1] = '}';
        assert_true(yg_json_pull_is_object(p, (struct yg_str){ text, size }));
        assert_true(yg_json_pull_is_object(p, YG_STR("{}")));
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_it_an_object, setup, teardown),
        cmocka_unit_test_setup_teardown(values_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(read_again, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_stick, setup, teardown),
        cmocka_unit_test_setup_teardown(depth_and_length, setup, teardown),
        cmocka_unit_test_setup_teardown(grows, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
