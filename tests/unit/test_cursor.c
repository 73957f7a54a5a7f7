/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void reads_in_order(void **state)
{
    static const unsigned char in[] = { 1,  2,  3,  4,  5,  6,   7,   8,  9,  10,
                                        11, 12, 13, 14, 15, 16,  17,  18, 19, 20,
                                        21, 3,  0,  0,  0,  'a', 'b', 'c' };
    struct yg_cursor c = yg_cursor_of(in, sizeof(in));

    (void)state;
    assert_int_equal(yg_cursor_u8(&c), 1);
    assert_int_equal(yg_cursor_le16(&c), 0x0302);
    assert_int_equal(yg_cursor_be16(&c), 0x0405);
    assert_int_equal(yg_cursor_le32(&c), 0x09080706);
    assert_int_equal(yg_cursor_be32(&c), 0x0a0b0c0d);
    assert_true(yg_cursor_le64(&c) == UINT64_C(0x1514131211100f0e));
    struct yg_str s = yg_cursor_lstr(&c, 3);
    assert_true(yg_str_eq(s, YG_STR("abc")));
    assert_int_equal(yg_cursor_left(&c), 0);
    assert_true(yg_cursor_ok(&c));
    assert_int_equal(yg_cursor_u8(&c), 0);
    assert_false(yg_cursor_ok(&c));
}

static void failure_is_sticky(void **state)
{
    struct yg_cursor c = yg_cursor_of("abc", 3);

    (void)state;
    assert_int_equal(yg_cursor_le32(&c), 0);
    assert_false(yg_cursor_ok(&c));
    assert_int_equal(yg_cursor_left(&c), 0);
    assert_int_equal(yg_cursor_u8(&c), 0);
    assert_null(yg_cursor_take(&c, 0).p);
    assert_int_equal(yg_cursor_le64(&c), 0);
}

static void length_prefix_is_not_trusted(void **state)
{
    static const struct {
        unsigned char in[8];
        size_t max;
        bool good;
    } row[] = {
        { { 4, 0, 0, 0, 'a', 'b', 'c', 'd' }, 4, true },
        { { 4, 0, 0, 0, 'a', 'b', 'c', 'd' }, 3, false },
        { { 5, 0, 0, 0, 'a', 'b', 'c', 'd' }, 99, false },
        { { 255, 255, 255, 255, 'a', 'b', 'c', 'd' }, SIZE_MAX, false },
        { { 0, 0, 0, 0, 'a', 'b', 'c', 'd' }, 0, true },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_cursor c = yg_cursor_of(row[i].in, sizeof(row[i].in));
        struct yg_str s = yg_cursor_lstr(&c, row[i].max);
        if (yg_cursor_ok(&c) != row[i].good || s.n != (row[i].good ? row[i].in[0] : 0))
            fail_msg("case %zu", i);
    }
}

/* What yg_buf writes comes back, cut off at every length without a read too far: the
 * block is exactly as long as the cut, so that the sanitizer sees one byte more. */
static void every_cut_of_a_written_record(void **state)
{
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 256);
    yg_buf_u8(&b, 7);
    yg_buf_u16(&b, 777);
    yg_buf_lstr(&b, YG_STR("seven"));
    yg_buf_u32(&b, 77777);
    yg_buf_u64(&b, UINT64_C(7) << 60);
    yg_buf_f32(&b, 0.7F);
    yg_buf_f64(&b, -0.7);
    struct yg_str all = yg_buf_str(&b);
    for (size_t n = 0; n <= all.n; n++) {
        unsigned char *cut = malloc(n ? n : 1);
        assert_non_null(cut);
        memcpy(cut, all.p, n);
        struct yg_cursor c = yg_cursor_of(cut, n);
        bool same = yg_cursor_u8(&c) == 7;
        same = (yg_cursor_le16(&c) == 777) && same;
        same = yg_str_eq(yg_cursor_lstr(&c, 16), YG_STR("seven")) && same;
        same = (yg_cursor_le32(&c) == 77777) && same;
        same = (yg_cursor_le64(&c) == UINT64_C(7) << 60) && same;
        same = (yg_cursor_f32(&c) == 0.7F) && same;
        same = (yg_cursor_f64(&c) == -0.7) && same;
        assert_int_equal(yg_cursor_ok(&c), n == all.n);
        assert_int_equal(same, n == all.n);
        free(cut);
    }
    yg_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_in_order),
        cmocka_unit_test(failure_is_sticky),
        cmocka_unit_test(length_prefix_is_not_trusted),
        cmocka_unit_test(every_cut_of_a_written_record),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
