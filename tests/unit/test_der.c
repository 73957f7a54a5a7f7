/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void elements(void **state)
{
    static const struct {
        const char *name;
        struct yg_str in;
        bool good, cut;
        size_t n;
    } e[] = {
        { "short form", { "\4\2ab", 4 }, true, false, 2 },
        { "long form", { "\4\x81\2ab", 5 }, true, false, 2 },
        { "four bytes of length", { "\4\x84\0\0\0\2ab", 8 }, true, false, 2 },
        { "cut", { "\4\5ab", 4 }, true, true, 2 },
        { "cut at a huge length", { "\4\x84\xff\xff\xff\xff", 6 }, true, true, 0 },
        { "indefinite", { "\x30\x80\0\0", 4 }, false, false, 0 },
        { "five bytes of length", { "\4\x85\0\0\0\0\1a", 8 }, false, false, 0 },
        { "a tag of two bytes", { "\x1f\x81\1\1a", 5 }, false, false, 0 },
        { "no length", { "\4", 1 }, false, false, 0 },
        { "nothing", { "", 0 }, false, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(e); i++) {
        struct yg_cursor c = yg_cursor_of(e[i].in.p, e[i].in.n);
        struct yg_der d = { 0 };
        bool good = yg_der_next(&c, &d);
        if (good != e[i].good || d.cut != e[i].cut || d.body.n != e[i].n)
            fail_msg("%s", e[i].name);
    }
    assert_int_equal(yg_der_int(YG_STR("\xff\x7b")), -133);
    assert_int_equal(yg_der_int(YG_STR("\0\xff")), 255);
    assert_int_equal(yg_der_int(YG_STR_NONE), 0);
    static const uint8_t path[] = { 0x30, 4, 0 }, nowhere[] = { 0x30, 5, 0 };
    assert_true(
        yg_str_eq(yg_der_path(YG_STR("\2\1x\x30\6\2\1y\4\1z"), path), YG_STR("z")));
    assert_null(yg_der_path(YG_STR("\x30\6\2\1y\4\1z"), nowhere).p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
