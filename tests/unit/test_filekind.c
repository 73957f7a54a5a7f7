/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/filekind.h"

#include "base/status.h"
#include "talk_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { RUNS = 1, LIES = 2, LOCKED = 4 };

#define ZERO8  "\0\0\0\0\0\0\0\0"
#define ZERO32 ZERO8 ZERO8 ZERO8 ZERO8
#define PE_AT(at)                                                                        \
    "MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0" ZERO32 ZERO8 "\0\0\0\0" at "\0\0\0"
#define PE PE_AT("\x40") "PE\0\0\x4c\1"
/* A local header of a zip entry: flags, length of the name, the name, one byte of data.
 */
#define ZIP(flags, n, name)                                                              \
    "PK\3\4\x14\0" flags "\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0" n "\0\0\0" name "x"

static const struct row {
    const char *what;
    struct yg_str bytes;
    const char *type, *name;
    const char *kind;
    unsigned is;
} rows[] = {
#include "filekind_cases.def"
};

static void cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++) {
        char *exact = rows[i].bytes.n ? malloc(rows[i].bytes.n) : NULL;
        if (exact)
            memcpy(exact, rows[i].bytes.p, rows[i].bytes.n);
        struct yg_file_look look =
            yg_file_look((struct yg_str){ exact, rows[i].bytes.n },
                         yg_str_of(rows[i].type), yg_str_of(rows[i].name));
        unsigned is = (look.executable ? RUNS : 0) | (look.mismatch ? LIES : 0) |
                      (look.encrypted ? LOCKED : 0);
        const char *kind = yg_file_kind_name(look.kind);
        if (strcmp(kind, rows[i].kind) != 0 || is != rows[i].is)
            print_message("# %s: %s %u\n", rows[i].what, kind, is);
        assert_string_equal(kind, rows[i].kind);
        assert_int_equal(is, rows[i].is);
        free(exact);
    }
}

/* No beginning of any of them makes it read past its end. */
static void cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++)
        for (size_t n = 1; n < rows[i].bytes.n; n++) {
            char *exact = malloc(n);
            assert_non_null(exact);
            memcpy(exact, rows[i].bytes.p, n);
            struct yg_file_look look =
                yg_file_look((struct yg_str){ exact, n }, YG_STR_NONE, YG_STR_NONE);
            assert_true(look.kind < YG_FILE_KIND_COUNT);
            assert_false(look.mismatch);
            free(exact);
        }
}

static struct yg_file_look look_at(const char *p, size_t n)
{
    return yg_file_look((struct yg_str){ p, n }, YG_STR_NONE, YG_STR_NONE);
}

static void numbers(void **state)
{
    enum { SIZE = 65536 };
    char *p = malloc(SIZE);
    uint64_t x = 1;

    (void)state;
    assert_non_null(p);
    memset(p, 'a', SIZE);
    struct yg_file_look look = look_at(p, SIZE);
    assert_true(look.entropy == 0.0F && look.printable == 1.0F && look.padded);
    for (int i = 0; i < SIZE; i++)
        p[i] = (char)i;
    look = look_at(p, SIZE);
    assert_true(look.entropy == 8.0F && !look.padded && !look.packed);
    assert_float_equal(look.printable, 98.0 / 256, 1e-6);
    memset(p, 'b', SIZE / 2); /* exactly half is not more than half */
    assert_false(look_at(p, SIZE).padded);
    memset(p, 'b', SIZE / 2 + 1);
    assert_true(look_at(p, SIZE).padded);
    for (int i = 0; i < SIZE; i += 4095) /* runs of 4094 are no padding */
        p[i] = 'c';
    assert_false(look_at(p, 4095 * 8).padded);

    for (int i = 0; i < SIZE; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407U;
        p[i] = (char)(x >> 56);
    }
    memcpy(p, PE, sizeof(PE) - 1);
    look = look_at(p, SIZE);
    assert_int_equal(look.kind, YG_FILE_PE);
    assert_true(look.packed && look.executable);
    for (int i = 64; i < SIZE; i++) /* 6 bits a byte */
        if (i > (int)sizeof(PE))
            p[i] = (char)(p[i] & 0x3f);
    assert_false(look_at(p, SIZE).packed);
    assert_string_equal(yg_file_kind_name(YG_FILE_KIND_COUNT), "?");
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(numbers),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
