/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void appends_and_views(void **state)
{
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 1024);
    assert_string_equal(yg_buf_cstr(&b), "");
    yg_buf_add(&b, "ab", 2);
    yg_buf_char(&b, 'c');
    yg_buf_str_add(&b, YG_STR("de"));
    yg_buf_printf(&b, "%d-%s", 42, "x");
    assert_string_equal(yg_buf_cstr(&b), "abcde42-x");
    assert_int_equal(yg_buf_str(&b).n, 9);
    assert_int_equal(yg_buf_status(&b), YG_OK);
    yg_buf_clear(&b);
    assert_int_equal(yg_buf_str(&b).n, 0);
    assert_string_equal(yg_buf_cstr(&b), "");
    yg_buf_fini(&b);
    yg_buf_fini(NULL);
}

/* The first append that does not fit sets the error; later ones that would fit do
 * nothing, and what fitted before stays. */
static void cap_is_sticky(void **state)
{
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 4);
    yg_buf_add(&b, "abc", 3);
    assert_int_equal(yg_buf_status(&b), YG_OK);
    yg_buf_add(&b, "de", 2);
    assert_int_equal(yg_buf_status(&b), YG_ELIMIT);
    yg_buf_char(&b, 'x');
    assert_int_equal(yg_buf_str(&b).n, 3);
    assert_memory_equal(yg_buf_str(&b).p, "abc", 3);
    assert_null(yg_buf_reserve(&b, 1));
    yg_buf_clear(&b);
    yg_buf_add(&b, "wxyz", 4);
    assert_int_equal(yg_buf_status(&b), YG_OK);
    assert_int_equal(yg_buf_str(&b).n, 4);
    yg_buf_fini(&b);
}

static void grows_over_many_appends(void **state)
{
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 100000);
    for (int i = 0; i < 50000; i++)
        yg_buf_char(&b, (char)('a' + i % 26));
    assert_int_equal(yg_buf_status(&b), YG_OK);
    struct yg_str s = yg_buf_str(&b);
    assert_int_equal(s.n, 50000);
    for (int i = 0; i < 50000; i++)
        assert_int_equal(s.p[i], 'a' + i % 26);
    yg_buf_fini(&b);
}

static void integers_are_little_endian(void **state)
{
    static const unsigned char want[] = { 0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04,
                                          0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 0x09,
                                          0x08, 0,    0,    0x80, 0xbf, 0,    0,
                                          0,    0,    0,    0,    0xf0, 0x3f, 2,
                                          0,    0,    0,    'h',  'i' };
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 64);
    yg_buf_u8(&b, 0x01);
    yg_buf_u16(&b, 0x0203);
    yg_buf_u32(&b, 0x04050607);
    yg_buf_u64(&b, UINT64_C(0x08090a0b0c0d0e0f));
    yg_buf_f32(&b, -1.0F);
    yg_buf_f64(&b, 1.0);
    yg_buf_lstr(&b, YG_STR("hi"));
    assert_int_equal(yg_buf_str(&b).n, sizeof(want));
    assert_memory_equal(yg_buf_str(&b).p, want, sizeof(want));
    yg_buf_fini(&b);
}

static void reserve_gives_writable_room(void **state)
{
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 300);
    yg_buf_char(&b, '<');
    char *p = yg_buf_reserve(&b, 3);
    assert_non_null(p);
    memcpy(p, "mid", 3);
    yg_buf_char(&b, '>');
    assert_string_equal(yg_buf_cstr(&b), "<mid>");
    yg_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_and_views),
        cmocka_unit_test(cap_is_sticky),
        cmocka_unit_test(grows_over_many_appends),
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(reserve_gives_writable_room),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
