/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/base64.h"

#include "base/rng.h"
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void known_texts(void **state)
{
    static const struct {
        const char *what, *text, *bytes; /* bytes NULL: refused */
    } row[] = {
        { "empty", "", "" },
        /* RFC 4648, section 10 */
        { "one byte", "Zg==", "f" },
        { "two bytes", "Zm8=", "fo" },
        { "three bytes", "Zm9v", "foo" },
        { "six bytes", "Zm9vYmFy", "foobar" },
        { "both special characters", "+/+/", "\xfb\xff\xbf" },
        { "length not a multiple of four", "Zm9", NULL },
        { "one character", "Z", NULL },
        { "line end inside", "Zm9v\nYmF", NULL },
        { "URL alphabet", "-_-_", NULL },
        { "padding inside", "Zg==Zm9v", NULL },
        { "padding only", "====", NULL },
        { "three pads", "Z===", NULL },
        { "pad before the end", "Zm=v", NULL },
        { "unused bits set, one byte", "Zh==", NULL },
        { "unused bits set, two bytes", "Zm9=", NULL },
        { "byte above 127", "Zm9\xff", NULL },
        { "bad first group", "\x80m9vYmFy", NULL },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        unsigned char out[64];
        size_t n = 99;
        bool ok = yg_base64_decode(yg_str_of(row[i].text), sizeof(out), out, &n);
        if (ok != (row[i].bytes != NULL))
            print_message("# %s\n", row[i].what);
        assert_int_equal(ok, row[i].bytes != NULL);
        if (!ok) {
            assert_int_equal(n, 99);
            continue;
        }
        assert_int_equal(n, strlen(row[i].bytes));
        assert_memory_equal(out, row[i].bytes, n);
    }
}

static size_t encode(const unsigned char *in, size_t n, char *out)
{
    static const char set[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t m = 0;

    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)in[i] << 16 | (i + 1 < n ? in[i + 1] * 256U : 0) |
                     (i + 2 < n ? in[i + 2] : 0U);
        out[m++] = set[v >> 18];
        out[m++] = set[v >> 12 & 63];
        out[m++] = i + 1 < n ? set[v >> 6 & 63] : '=';
        out[m++] = i + 2 < n ? set[v & 63] : '=';
    }
    return m;
}

/* Every length, cut at every maximum: the first bytes, no byte written too many. */
static void round_trip_and_cut(void **state)
{
    struct yg_rng rng;
    unsigned char in[120];
    char text[164];

    (void)state;
    yg_rng_init(&rng, 7);
    for (size_t n = 0; n <= sizeof(in); n++) {
        for (size_t i = 0; i < n; i++)
            in[i] = (unsigned char)yg_rng_u64(&rng);
        struct yg_str s = { text, encode(in, n, text) };
        for (size_t max = 0; max <= n + 3; max++) {
            size_t room = (max + 2) / 3 * 3, all = yg_base64_room(s.n), got = 0;
            unsigned char *out = malloc((room < all ? room : all) + 1);
            assert_non_null(out);
            assert_true(yg_base64_decode(s, max, out, &got));
            assert_int_equal(got, n < max ? n : max);
            assert_memory_equal(out, in, got);
            free(out);
        }
    }
}

/* Every byte at every place of a text that is long enough for the wide path. */
static void one_bad_byte(void **state)
{
    static const char set[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[128];
    unsigned char out[96];

    (void)state;
    for (size_t at = 0; at < sizeof(text); at++) {
        for (int c = 0; c < 256; c++) {
            size_t n = 0;
            memset(text, 'x', sizeof(text));
            text[at] = (char)c;
            bool good = c != 0 && strchr(set, c) != NULL;
            if (c == '=' && at == sizeof(text) - 1)
                continue; /* padding, and then unused bits */
            assert_int_equal(
                yg_base64_decode((struct yg_str){ text, sizeof(text) }, 96, out, &n),
                good);
            if (good)
                assert_int_equal(n, 96);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts),
        cmocka_unit_test(round_trip_and_cut),
        cmocka_unit_test(one_bad_byte),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
