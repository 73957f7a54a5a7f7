/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jsonw.h"

#include "base/rng.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static int setup(void **state)
{
    static struct yg_buf buf;

    yg_buf_init(&buf, (size_t)1024 * 1024);
    *state = &buf;
    return 0;
}

static int teardown(void **state)
{
    yg_buf_fini(*state);
    return 0;
}

static void nesting_and_commas(void **state)
{
    struct yg_buf *out = *state;
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_kstr(&w, "s", YG_STR("x"));
    yg_jsonw_key(&w, "list");
    yg_jsonw_open(&w, '[');
    yg_jsonw_u64(&w, UINT64_MAX);
    yg_jsonw_i64(&w, INT64_MIN);
    yg_jsonw_bool(&w, true);
    yg_jsonw_null(&w);
    yg_jsonw_open(&w, '[');
    yg_jsonw_close(&w, ']');
    yg_jsonw_open(&w, '{');
    yg_jsonw_close(&w, '}');
    yg_jsonw_close(&w, ']');
    yg_jsonw_kcstr(&w, "c", "y");
    yg_jsonw_ku64(&w, "u", 1);
    yg_jsonw_ki64(&w, "i", -1);
    yg_jsonw_kf64(&w, "f", 0.5);
    yg_jsonw_kbool(&w, "b", false);
    yg_jsonw_khex(&w, "h", (const unsigned char *)"\x01\xfe", 2);
    yg_jsonw_ktime(&w, "t", 1500000000);
    yg_jsonw_close(&w, '}');
    assert_string_equal(yg_buf_cstr(out),
                        "{\"s\":\"x\",\"list\":[18446744073709551615,"
                        "-9223372036854775808,true,null,[],{}],\"c\":\"y\",\"u\":1,"
                        "\"i\":-1,\"f\":0.5,\"b\":false,\"h\":\"01fe\","
                        "\"t\":\"1970-01-01T00:00:01.500000Z\"}");
}

#define FFFD "\xef\xbf\xbd"

static void any_bytes_become_valid_text(void **state)
{
    const struct {
        struct yg_str in;
        const char *want;
    } row[] = {
        { YG_STR(""), "" },
        { YG_STR("plain"), "plain" },
        { YG_STR("a\"b\\c/d"), "a\\\"b\\\\c/d" },
        { YG_STR("\b\f\n\r\t"), "\\b\\f\\n\\r\\t" },
        { YG_STR("\0\x01\x1f\x7f"), "\\u0000\\u0001\\u001f\\u007f" },
        { YG_STR("\xc3\xa9\xe6\xab\x93\xf0\x9f\x8f\xaf"),
          "\xc3\xa9\xe6\xab\x93\xf0\x9f\x8f\xaf" },
        { YG_STR("a\xff"), "a" FFFD },
        { YG_STR("\x80"
                 "b"),
          FFFD "b" },
        { YG_STR("\xc3"), FFFD },
        { YG_STR("\xc3("), FFFD "(" },
        { YG_STR("\xe6\xab"), FFFD FFFD },
        { YG_STR("\xf0\x9f\x8f"), FFFD FFFD FFFD },
        { YG_STR("\xc0\xaf"), FFFD FFFD },                   /* overlong */
        { YG_STR("\xe0\x80\xaf"), FFFD FFFD FFFD },          /* overlong */
        { YG_STR("\xed\xa0\x80"), FFFD FFFD FFFD },          /* surrogate */
        { YG_STR("\xf4\x90\x80\x80"), FFFD FFFD FFFD FFFD }, /* above U+10FFFF */
        { YG_STR("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf" },
        { YG_STR("\xf5\x80\x80\x80"), FFFD FFFD FFFD FFFD },
    };
    struct yg_buf *out = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        yg_buf_clear(out);
        yg_json_escape(out, row[i].in);
        if (strcmp(yg_buf_cstr(out), row[i].want) != 0)
            fail_msg("case %zu: %s", i, yg_buf_cstr(out));
    }
}

static void numbers_read_back_equal(void **state)
{
    static const double value[] = {
        0.0,        -0.0,    1,      0.1,     -1.5e300,
        DBL_MIN,    DBL_MAX, 1e-310, 1.0 / 3, 123456789012345680.0,
        DBL_EPSILON
    };
    static const uint64_t seed = 5;
    struct yg_buf *out = *state;
    struct yg_rng rng;

    print_message("# seed %" PRIu64 "\n", seed);
    yg_rng_init(&rng, seed);
    for (size_t i = 0; i < 20000; i++) {
        struct yg_jsonw w = yg_jsonw_of(out);
        uint64_t bits = yg_rng_u64(&rng);
        double v, back;
        memcpy(&v, &bits, sizeof(v));
        if (i < YG_ARRAY_LEN(value))
            v = value[i];
        yg_buf_clear(out);
        yg_jsonw_f64(&w, v);
        if (!isfinite(v)) {
            assert_string_equal(yg_buf_cstr(out), "null");
            continue;
        }
        back = strtod(yg_buf_cstr(out), NULL);
        assert_memory_equal(&back, &v, sizeof(v));
    }
}

static void not_finite_is_null(void **state)
{
    struct yg_buf *out = *state;
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '[');
    yg_jsonw_f64(&w, (double)INFINITY);
    yg_jsonw_f64(&w, -(double)INFINITY);
    yg_jsonw_f64(&w, (double)NAN);
    yg_jsonw_close(&w, ']');
    assert_string_equal(yg_buf_cstr(out), "[null,null,null]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nesting_and_commas, setup, teardown),
        cmocka_unit_test_setup_teardown(any_bytes_become_valid_text, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_read_back_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(not_finite_is_null, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("jsonw", tests, NULL, NULL);
}
