/* SPDX-License-Identifier: Apache-2.0 */
/* What attackers write is shown and does nothing: in text, in <pre>, in attributes. */
#include "api/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ESC(s) "<i class=\"esc\">" s "</i>"
#define S(lit)                                                                           \
    {                                                                                    \
        lit, sizeof(lit) - 1                                                             \
    }

static const struct {
    const char *name;
    struct yg_str in;
    const char *text, *block, *attr;
} cases[] = {
    { "plain", S("ET SCAN nmap -sS"), "ET SCAN nmap -sS", "ET SCAN nmap -sS",
      "ET SCAN nmap -sS" },
    { "empty", S(""), "", "", "" },
    { "script", S("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;",
      "&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;" },
    { "out of an attribute", S("\" onload=x a='"), "&quot; onload=x a=&#39;",
      "&quot; onload=x a=&#39;", "&quot; onload=x a=&#39;" },
    { "entity is not one", S("&lt;b&gt;"), "&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;",
      "&amp;lt;b&amp;gt;" },
    { "line end and tab", S("a\n\tb"), "a" ESC("\xe2\x90\x8a") ESC("\xe2\x90\x89") "b",
      "a\n\tb",
      "a\xe2\x90\x8a\xe2\x90\x89"
      "b" },
    { "carriage return", S("a\rb"), "a" ESC("\xe2\x90\x8d") "b",
      "a" ESC("\xe2\x90\x8d") "b",
      "a\xe2\x90\x8d"
      "b" },
    { "NUL", S("a\0b"), "a" ESC("\xe2\x90\x80") "b", "a" ESC("\xe2\x90\x80") "b",
      "a\xe2\x90\x80"
      "b" },
    { "terminal escape", S("\x1b[31m"), ESC("\xe2\x90\x9b") "[31m",
      ESC("\xe2\x90\x9b") "[31m", "\xe2\x90\x9b[31m" },
    { "DEL", S("\x7f"), ESC("\xe2\x90\xa1"), ESC("\xe2\x90\xa1"), "\xe2\x90\xa1" },
    { "C1 control", S("\xc2\x85"), ESC("\\u{0085}"), ESC("\\u{0085}"), "\\u{0085}" },
    { "right-to-left override",
      S("a\xe2\x80\xae"
        "b"),
      "a" ESC("\\u{202E}") "b", "a" ESC("\\u{202E}") "b", "a\\u{202E}b" },
    { "isolate", S("\xe2\x81\xa6\xe2\x81\xa9"), ESC("\\u{2066}") ESC("\\u{2069}"),
      ESC("\\u{2066}") ESC("\\u{2069}"), "\\u{2066}\\u{2069}" },
    { "zero width",
      S("a\xe2\x80\x8b"
        "b\xef\xbb\xbf"),
      "a" ESC("\\u{200B}") "b" ESC("\\u{FEFF}"),
      "a" ESC("\\u{200B}") "b" ESC("\\u{FEFF}"), "a\\u{200B}b\\u{FEFF}" },
    { "soft hyphen",
      S("pay\xc2\xad"
        "pal"),
      "pay" ESC("\\u{00AD}") "pal", "pay" ESC("\\u{00AD}") "pal", "pay\\u{00AD}pal" },
    { "tag characters", S("\xf3\xa0\x81\xa1"), ESC("\\u{E0061}"), ESC("\\u{E0061}"),
      "\\u{E0061}" },
    { "non-character", S("\xf0\x9f\xbf\xbe"), ESC("\\u{1FFFE}"), ESC("\\u{1FFFE}"),
      "\\u{1FFFE}" },
    { "letters of people", S("櫓 Größe עברית 😀"), "櫓 Größe עברית 😀", "櫓 Größe עברית 😀",
      "櫓 Größe עברית 😀" },
    { "looks like an escape", S("\\u{202E}"), "\\u{202E}", "\\u{202E}", "\\u{202E}" },
    { "not UTF-8",
      S("a\xff"
        "b"),
      "a" ESC("\\xFF") "b", "a" ESC("\\xFF") "b", "a\\xFFb" },
    { "overlong <", S("\xc0\xbc"), ESC("\\xC0") ESC("\\xBC"), ESC("\\xC0") ESC("\\xBC"),
      "\\xC0\\xBC" },
    { "overlong, three bytes", S("\xe0\x80\xbc"), ESC("\\xE0") ESC("\\x80") ESC("\\xBC"),
      ESC("\\xE0") ESC("\\x80") ESC("\\xBC"), "\\xE0\\x80\\xBC" },
    { "overlong by one", S("\xe0\x9f\xbf"), ESC("\\xE0") ESC("\\x9F") ESC("\\xBF"),
      ESC("\\xE0") ESC("\\x9F") ESC("\\xBF"), "\\xE0\\x9F\\xBF" },
    { "cut before the byte that would complete it",
      { "\xe6\xab\x93", 2 },
      ESC("\\xE6") ESC("\\xAB"),
      ESC("\\xE6") ESC("\\xAB"),
      "\\xE6\\xAB" },
    { "surrogate", S("\xed\xa0\x80"), ESC("\\xED") ESC("\\xA0") ESC("\\x80"),
      ESC("\\xED") ESC("\\xA0") ESC("\\x80"), "\\xED\\xA0\\x80" },
    { "beyond Unicode", S("\xf4\x90\x80\x80"),
      ESC("\\xF4") ESC("\\x90") ESC("\\x80") ESC("\\x80"),
      ESC("\\xF4") ESC("\\x90") ESC("\\x80") ESC("\\x80"), "\\xF4\\x90\\x80\\x80" },
    { "cut character swallows nothing", S("\xe2\x80<b>"),
      ESC("\\xE2") ESC("\\x80") "&lt;b&gt;", ESC("\\xE2") ESC("\\x80") "&lt;b&gt;",
      "\\xE2\\x80&lt;b&gt;" },
    { "cut at the end", S("a\xe2\x80"), "a" ESC("\\xE2") ESC("\\x80"),
      "a" ESC("\\xE2") ESC("\\x80"), "a\\xE2\\x80" },
};

static void check(const char *name, const char *place,
                  void (*put)(struct yg_buf *, struct yg_str), struct yg_str in,
                  const char *want)
{
    struct yg_buf b;

    yg_buf_init(&b, 4096);
    put(&b, in);
    if (strcmp(yg_buf_cstr(&b), want) != 0)
        fail_msg("%s, %s: got '%s', want '%s'", name, place, yg_buf_cstr(&b), want);
    yg_buf_fini(&b);
}

static void test_escaping(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        check(cases[i].name, "text", yg_html_text, cases[i].in, cases[i].text);
        check(cases[i].name, "block", yg_html_block, cases[i].in, cases[i].block);
        check(cases[i].name, "attribute", yg_html_attr, cases[i].in, cases[i].attr);
    }
}

/* Whatever two bytes stand side by side: no markup but ours, no control byte. */
static void test_all_pairs(void **state)
{
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 4096);
    for (unsigned v = 0; v < 65536; v++) {
        const char in[] = { (char)(v >> 8), (char)v };
        yg_buf_clear(&b);
        yg_html_attr(&b, (struct yg_str){ in, 2 });
        struct yg_str s = yg_buf_str(&b);
        for (size_t i = 0; i < s.n; i++)
            if ((unsigned char)s.p[i] < 0x20 || memchr("<>\"'\x7f", s.p[i], 5))
                fail_msg("%04x gives '%.*s'", v, YG_STR_ARG(s));
    }
    yg_buf_fini(&b);
}

static void test_query(void **state)
{
    (void)state;
    check("query", "link", yg_html_query, (struct yg_str)S("a b&c=d+%\"<\xe6\0"),
          "a%20b%26c%3Dd%2B%25%22%3C%E6%00");
    check("query", "link", yg_html_query, (struct yg_str)S("Acme-1._x"), "Acme-1._x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_all_pairs),
        cmocka_unit_test(test_query),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
