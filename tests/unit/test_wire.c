/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES(lit)                                                                       \
    {                                                                                    \
        lit, sizeof(lit) - 1                                                             \
    }

static void fields(void **state)
{
    static const struct {
        const char *name;
        struct yg_str in;
        unsigned count; /* fields before the end or the first malformed one */
        bool ok;
        uint64_t last; /* number of the last good one */
    } row[] = {
        { "nothing", BYTES(""), 0, true, 0 },
        { "varint", BYTES("\x08\x96\x01"), 1, true, 150 },
        { "the largest", BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 1, true,
          UINT64_MAX },
        { "65 bits", BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), 0, false, 0 },
        { "eleven bytes", BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), 0,
          false, 0 },
        { "padded with zeros", BYTES("\x08\x81\x80\x00"), 1, true, 1 },
        { "varint cut", BYTES("\x08\x96"), 0, false, 0 },
        { "tag cut", BYTES("\x80"), 0, false, 0 },
        { "fixed64", BYTES("\x09\x01\x02\x00\x00\x00\x00\x00\x80"), 1, true,
          UINT64_C(0x8000000000000201) },
        { "fixed64 cut", BYTES("\x09\x01\x02\x00\x00\x00\x00\x00"), 0, false, 0 },
        { "fixed32", BYTES("\x0d\x01\x02\x00\x80"), 1, true, 0x80000201 },
        { "bytes",
          BYTES("\x12\x03"
                "abc"),
          1, true, 3 },
        { "no bytes", BYTES("\x12\x00"), 1, true, 0 },
        { "bytes longer than what is left",
          BYTES("\x12\x04"
                "abc"),
          0, false, 0 },
        { "bytes of 2^64 - 1", BYTES("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 0,
          false, 0 },
        { "field 0", BYTES("\x00\x01"), 0, false, 0 },
        { "a field past 32 bits", BYTES("\x80\x80\x80\x80\x80\x01\x01"), 0, false, 0 },
        { "a group", BYTES("\x0b\x0c"), 0, false, 0 },
        { "type 7", BYTES("\x0f"), 0, false, 0 },
        { "good, then bad", BYTES("\x08\x01\x08"), 1, false, 1 },
        { "two", BYTES("\x08\x01\x10\x02"), 2, true, 2 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_wire w = yg_wire_of(row[i].in);
        uint64_t last = 0;
        unsigned n = 0;
        print_message("# %s\n", row[i].name);
        for (; yg_wire_next(&w); n++)
            last = w.number;
        assert_int_equal(n, row[i].count);
        assert_int_equal(yg_wire_ok(&w), row[i].ok);
        assert_true(last == row[i].last);
        assert_false(yg_wire_next(&w));
    }
}

static void found(void **state)
{
    struct yg_str m = BYTES("\x0a\x01"
                            "a\x12\x01"
                            "b\x0a\x01"
                            "c\x08\x05");

    (void)state;
    assert_true(yg_str_eq(yg_wire_find(m, 1), YG_STR("c")));
    assert_true(yg_str_eq(yg_wire_find(m, 2), YG_STR("b")));
    assert_int_equal(yg_wire_find(m, 3).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(found),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
