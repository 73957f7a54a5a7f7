/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/wintext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void texts(void **state)
{
    static const struct {
        const char *name;
        struct yg_str in;
        const char *out;
    } row[] = {
        { "ASCII", { "a\0b\0", 4 }, "ab" },
        { "until NUL", { "a\0\0\0b\0", 6 }, "a" },
        { "an odd byte is left", { "a\0b", 3 }, "a" },
        { "two bytes", { "\xe9\0", 2 }, "\xc3\xa9" },
        { "three bytes", { "\xac\x20", 2 }, "\xe2\x82\xac" },
        { "a pair", { "\x3d\xd8\x00\xde", 4 }, "\xf0\x9f\x98\x80" },
        { "a lone high surrogate", { "\x3d\xd8z\0", 4 }, "\xef\xbf\xbdz" },
        { "a lone low surrogate", { "\x00\xdez\0", 4 }, "\xef\xbf\xbdz" },
        { "a high surrogate at the end", { "\x3d\xd8", 2 }, "\xef\xbf\xbd" },
    };
    static const struct {
        const char *name;
        struct yg_str in;
        const char *out;
    } runs[] = {
        { "none", { "\1\2\3\4", 4 }, "" },
        { "too short", { "a\0b\0c\0\1\1", 8 }, "" },
        { "one", { "\1\1a\0b\0c\0d\0\0\0", 12 }, "abcd" },
        { "at an odd place", { "\1a\0b\0c\0d\0\0\0", 11 }, "abcd" },
        { "two", { "a\0b\0c\0d\0\0\0w\0x\0y\0z\0", 18 }, "abcd | wxyz" },
        { "said once", { "a\0b\0c\0d\0\0\0a\0b\0c\0d\0", 18 }, "abcd" },
    };
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (!yg_str_eq(yg_utf16_text(row[i].in, &a), yg_str_of(row[i].out)))
            fail_msg("%s", row[i].name);
    for (size_t i = 0; i < YG_ARRAY_LEN(runs); i++)
        if (!yg_str_eq(yg_utf16_runs(runs[i].in, 4, &a), yg_str_of(runs[i].out)))
            fail_msg("%s", runs[i].name);
    assert_true(yg_str_eq(yg_oem_text(YG_STR("a\x81z\0b"), &a), YG_STR("a?z")));
    struct yg_str joined = yg_text_join(YG_STR("a"), '\\', YG_STR("b"), &a);
    assert_true(yg_str_eq(joined, YG_STR("a\\b")));
    joined = yg_text_join(YG_STR_NONE, '\\', YG_STR("b"), &a);
    assert_true(yg_str_eq(joined, YG_STR("b")));
    yg_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
