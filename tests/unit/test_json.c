/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct yg_json_paths *paths_of(const char *const *path, size_t n, bool flat)
{
    struct yg_json_want want[YG_JSON_SLOTS];
    struct yg_json_paths *p = NULL;

    for (size_t i = 0; i < n; i++)
        want[i] = path[i][0] == '^'
                      ? (struct yg_json_want){ yg_str_of(path[i] + 1), true }
                      : (struct yg_json_want){ yg_str_of(path[i]), false };
    assert_int_equal(yg_json_paths_new(want, n, flat, &p), YG_OK);
    return p;
}

/* The bytes end where the block ends, so that a sanitizer sees one byte too many. */
static char *exact(const char *text, size_t n)
{
    char *p = malloc(n ? n : 1);

    assert_non_null(p);
    memcpy(p, text, n);
    return p;
}

static void grammar(void **state)
{
    static const struct {
        const char *what;
        enum yg_json_status st;
        const char *text;
    } row[] = {
        { "empty object", YG_JSON_OK, "{}" },
        { "blanks around", YG_JSON_OK, " \t\r\n{ \"a\" : [ 1 , 2 ] } \n" },
        { "all scalars", YG_JSON_OK, "{\"a\":[true,false,null,-0,1.5e+3,0.1,\"\"]}" },
        { "every escape", YG_JSON_OK,
          "{\"\\\"\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}" },
        { "lone surrogate", YG_JSON_OK, "{\"a\":\"\\ud800\"}" },
        { "repeated key", YG_JSON_OK, "{\"a\":1,\"a\":2}" },
        { "huge number", YG_JSON_OK, "{\"a\":123456789012345678901234567890e999}" },
        { "array", YG_JSON_NOT_OBJECT, "[{}]" },
        { "string", YG_JSON_NOT_OBJECT, "\"a\"" },
        { "number", YG_JSON_NOT_OBJECT, "12" },
        { "empty", YG_JSON_BAD, "" },
        { "blanks", YG_JSON_BAD, "  " },
        { "words", YG_JSON_BAD, "hello world" },
        { "open object", YG_JSON_BAD, "{\"a\":1" },
        { "open string", YG_JSON_BAD, "{\"a\":\"x" },
        { "two objects", YG_JSON_BAD, "{} {}" },
        { "rubbish behind", YG_JSON_BAD, "{}x" },
        { "rubbish behind a string", YG_JSON_BAD, "{\"a\":\"b\"x}" },
        { "number runs into a string", YG_JSON_BAD, "{\"a\":1\"b\"}" },
        { "comma at the end", YG_JSON_BAD, "{\"a\":1,}" },
        { "comma at the end of an array", YG_JSON_BAD, "{\"a\":[1,]}" },
        { "comma first", YG_JSON_BAD, "{,\"a\":1}" },
        { "no colon", YG_JSON_BAD, "{\"a\" 1}" },
        { "no value", YG_JSON_BAD, "{\"a\":}" },
        { "key is no string", YG_JSON_BAD, "{1:2}" },
        { "brackets crossed", YG_JSON_BAD, "{\"a\":[1}]" },
        { "closed too often", YG_JSON_BAD, "{\"a\":1}}" },
        { "leading zero", YG_JSON_BAD, "{\"a\":01}" },
        { "leading zero, more behind", YG_JSON_BAD,
          "{\"a\":01,\"b\":\"and so on\",\"c\":1}" },
        { "leading zero in an array", YG_JSON_BAD,
          "{\"a\":[1,01,2],\"b\":\"and so on\"}" },
        { "plus sign", YG_JSON_BAD, "{\"a\":+1}" },
        { "point without digits", YG_JSON_BAD, "{\"a\":1.}" },
        { "exponent without digits", YG_JSON_BAD, "{\"a\":1e}" },
        { "minus alone", YG_JSON_BAD, "{\"a\":-}" },
        { "NaN", YG_JSON_BAD, "{\"a\":NaN}" },
        { "misspelt true", YG_JSON_BAD, "{\"a\":tru}" },
        { "true runs on", YG_JSON_BAD, "{\"a\":truee}" },
        { "unknown escape", YG_JSON_BAD, "{\"a\":\"\\x41\"}" },
        { "short \\u", YG_JSON_BAD, "{\"a\":\"\\u12\"}" },
        { "\\u without hex", YG_JSON_BAD, "{\"a\":\"\\u00g0\"}" },
        { "bad escape in a key", YG_JSON_BAD, "{\"\\q\":1}" },
        { "line end in a string", YG_JSON_BAD, "{\"a\":\"b\nc\"}" },
        { "single quotes", YG_JSON_BAD, "{'a':1}" },
        { "comment", YG_JSON_BAD, "{/**/}" },
        { "byte above 127 alone", YG_JSON_NOT_UTF8, "{\"a\":\"\xff\"}" },
        { "overlong UTF-8", YG_JSON_NOT_UTF8, "{\"a\":\"\xc0\xaf\"}" },
        { "surrogate as UTF-8", YG_JSON_NOT_UTF8, "{\"a\":\"\xed\xa0\x80\"}" },
    };
    static const char *const path[] = { "a" };
    struct yg_json_paths *p = paths_of(path, 1, false);
    struct yg_json *j;

    (void)state;
    assert_int_equal(yg_json_new(1000, &j), YG_OK);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        size_t n = strlen(row[i].text);
        char *text = exact(row[i].text, n);
        const struct yg_json_hits *h;
        enum yg_json_status st = yg_json_walk(j, p, (struct yg_str){ text, n }, &h);
        if (st != row[i].st)
            print_message("# %s: %d\n", row[i].what, (int)st);
        assert_int_equal(st, row[i].st);
        free(text);
    }
    yg_json_free(j);
    yg_json_paths_free(p);
}

static void limits(void **state)
{
    static const char *const path[] = { "a" };
    struct yg_json_paths *p = paths_of(path, 1, false);
    const struct yg_json_hits *h;
    struct yg_json *j;
    char text[1000];

    (void)state;
    assert_int_equal(yg_json_new(sizeof(text) - 1, &j), YG_OK);
    for (int depth = YG_JSON_DEPTH - 1; depth <= YG_JSON_DEPTH; depth++) {
        int n =
            snprintf(text, sizeof(text), "{\"a\":%.*s%.*s}", depth,
                     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
                     "[[[[[[[[[",
                     depth,
                     "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
                     "]]]]]]]]]");
        enum yg_json_status st =
            yg_json_walk(j, p, (struct yg_str){ text, (size_t)n }, &h);
        assert_int_equal(st, depth < YG_JSON_DEPTH ? YG_JSON_OK : YG_JSON_TOO_DEEP);
    }
    /* NUL is a byte like any other, and a control character in a string */
    assert_int_equal(yg_json_walk(j, p, YG_STR("{\"a\":\"\0\"}"), &h), YG_JSON_BAD);
    assert_int_equal(yg_json_walk(j, p, YG_STR("{\"a\":1}\0"), &h), YG_JSON_BAD);
    memset(text, ' ', sizeof(text));
    memcpy(text, "{}", 2);
    assert_int_equal(yg_json_walk(j, p, (struct yg_str){ text, 999 }, &h), YG_JSON_OK);
    assert_int_equal(yg_json_walk(j, p, (struct yg_str){ text, 1000 }, &h),
                     YG_JSON_TOO_LONG);
    yg_json_free(j);
    yg_json_paths_free(p);
}

/* The first value of each path, printed as "slot=text;" in slot order. */
static void values(void **state)
{
    static const char *const path[] = {
        "a",
        "b.c",
        "b.d.e",
        "list",
        "items.0.name",
        "items.name",
        "id.orig_h",
        "^_source",
        "averyverylongkey_one",
        "averyverylongkey_two",
        "",
    };
    static const struct {
        const char *what, *text, *found;
    } row[] = {
        { "top level", "{\"a\":1,\"z\":2}", "0=1;" },
        { "nested", "{\"b\":{\"x\":0,\"c\":\"y\",\"d\":{\"e\":true}}}", "1=y;2=true;" },
        { "order does not matter", "{\"b\":{\"d\":{\"e\":1}},\"a\":2}", "0=2;2=1;" },
        { "first of a repeated key", "{\"a\":1,\"a\":2}", "0=1;" },
        { "null is absent", "{\"a\":null}", "" },
        { "null then a value", "{\"a\":null,\"a\":3}", "0=3;" },
        { "an object is no value", "{\"a\":{\"a\":1}}", "" },
        { "key that is a prefix", "{\"aa\":1,\"\":2}", "" },
        { "escaped key", "{\"\\u0061\":1}", "0=1;" },
        { "array of scalars", "{\"list\":[\"p\",\"q\"]}", "3=[p|q];" },
        { "array flattens", "{\"list\":[[\"p\",null],{\"x\":[1]},[],[[2]],true]}",
          "3=[p|2|true];" },
        { "empty array", "{\"list\":[]}", "3=[];" },
        { "arrays are transparent", "{\"b\":[{\"x\":1},{\"c\":2},{\"c\":3}]}", "1=2;" },
        { "numbered element", "{\"items\":[{\"name\":\"p\"},{\"name\":\"q\"}]}",
          "4=p;5=q;" },
        { "flat key", "{\"id.orig_h\":7,\"b.c\":8,\"b.d.e\":9}", "1=8;2=9;6=7;" },
        { "partly flat", "{\"b\":{\"d.e\":9}}", "2=9;" },
        { "dots that lead nowhere", "{\".\":1,\"b.\":2,\"b..c\":3}", "" },
        { "wrapped", "{\"_index\":\"i\",\"_source\":{\"a\":1,\"b\":{\"c\":2}}}",
          "0=1;1=2;" },
        { "long keys", "{\"averyverylongkey_two\":2,\"averyverylongkey_six\":6}",
          "9=2;" },
        { "long keys that differ in the middle", "{\"averyverYLONgkey_two\":2}", "" },
        { "escaped string", "{\"a\":\"x\\ty\"}", "0=x\\ty;" },
        { "blanks before a comma", "{\"a\": 12 \t, \"list\" : \"x\" }", "0=12;3=x;" },
    };
    struct yg_json_paths *p = paths_of(path, 10, true);
    struct yg_json *j;

    (void)state;
    assert_int_equal(yg_json_new(1000, &j), YG_OK);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        char got[300] = "";
        size_t n = 0;
        const struct yg_json_hits *h;
        enum yg_json_status st = yg_json_walk(j, p, yg_str_of(row[i].text), &h);
        assert_int_equal(st, YG_JSON_OK);
        for (unsigned slot = 0; slot < 10; slot++) {
            const struct yg_json_value *v = yg_json_hit(h, slot);
            struct yg_json_value item;
            uint64_t at = 0;
            const char *sep = "[";
            if (!v)
                continue;
            n += (size_t)snprintf(got + n, sizeof(got) - n, "%u=", slot);
            if (v->type != YG_JSON_ARRAY) {
                n += (size_t)snprintf(got + n, sizeof(got) - n, "%.*s;",
                                      YG_STR_ARG(v->text));
                continue;
            }
            for (; yg_json_next(j, v, &at, &item); sep = "|")
                n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%.*s", sep,
                                      YG_STR_ARG(item.text));
            n += (size_t)snprintf(got + n, sizeof(got) - n, "%s",
                                  *sep == '[' ? "[];" : "];");
        }
        if (strcmp(got, row[i].found) != 0)
            print_message("# %s\n", row[i].what);
        assert_string_equal(got, row[i].found);
    }
    yg_json_free(j);
    yg_json_paths_free(p);
}

static void unescape(void **state)
{
    const struct {
        const char *what, *in;
        struct yg_str out;
    } row[] = {
        { "nothing to do", "abc", YG_STR("abc") },
        { "short ones", "\\b\\f\\n\\r\\t\\\"\\\\\\/", YG_STR("\b\f\n\r\t\"\\/") },
        { "NUL", "a\\u0000b", YG_STR("a\0b") },
        { "two bytes", "\\u00e9", YG_STR("\xc3\xa9") },
        { "three bytes", "\\u6ACC!", YG_STR("\xe6\xab\x8c!") },
        { "a pair", "\\ud83d\\uDE00", YG_STR("\xf0\x9f\x98\x80") },
        { "high alone", "\\ud83dx", YG_STR("\xef\xbf\xbdx") },
        { "low alone", "\\ude00", YG_STR("\xef\xbf\xbd") },
        { "high, then no low", "\\ud83d\\u0041",
          YG_STR("\xef\xbf\xbd"
                 "A") },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        size_t n = strlen(row[i].in);
        char *in = exact(row[i].in, n), *out = exact(row[i].in, n);
        size_t m = yg_json_unescape((struct yg_str){ in, n }, out);
        if (m != row[i].out.n)
            print_message("# %s\n", row[i].what);
        assert_int_equal(m, row[i].out.n);
        assert_memory_equal(out, row[i].out.p, m);
        free(in);
        free(out);
    }
}

static void paths_refused(void **state)
{
    static const struct {
        const char *what, *path;
    } row[] = {
        { "empty", "" },      { "dot", "." },         { "dot first", ".a" },
        { "dot last", "a." }, { "two dots", "a..b" },
    };
    struct yg_json_want many[YG_JSON_SLOTS + 1];
    struct yg_json_paths *p = NULL;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_json_want want = { yg_str_of(row[i].path), false };
        if (yg_json_paths_new(&want, 1, false, &p) != YG_EINVAL)
            fail_msg("%s", row[i].what);
        assert_null(p);
    }
    for (size_t i = 0; i < YG_ARRAY_LEN(many); i++)
        many[i] = (struct yg_json_want){ YG_STR("a.b"), false };
    assert_int_equal(yg_json_paths_new(many, YG_JSON_SLOTS + 1, false, &p), YG_EINVAL);
    assert_int_equal(yg_json_paths_new(many, YG_JSON_SLOTS, false, &p), YG_OK);
    yg_json_paths_free(p);
    yg_json_paths_free(NULL);
    yg_json_free(NULL);
}

/* Our walk and simdjson's own parse agree on what is JSON, over texts that are nearly
 * JSON. Lone surrogates, which we allow, are not among them. */
static void agrees_with_dom(void **state)
{
    static const char *const part[] = { "{",    "}",     "[",    "]",     ",",
                                        ":",    "\"a\"", "1",    "-2.5e", "true",
                                        "nul",  "\"",    "\\",   "\\n",   " ",
                                        "null", "0",     "\"\"", "x",     "\"b\\\"c\"" };
    static const char *const path[] = { "a", "a.a", "a.0" };
    struct yg_json_paths *p = paths_of(path, 3, true);
    struct yg_json *j;
    struct yg_rng rng;
    unsigned good = 0;

    (void)state;
    yg_rng_init(&rng, 20);
    print_message("# seed 20\n");
    assert_int_equal(yg_json_new(1000, &j), YG_OK);
    for (int i = 0; i < 200000; i++) {
        char text[256] = "{\"a\":[1,{\"a\":\"x\"}],\"b\":{\"c\":null}}";
        size_t n = yg_rng_below(&rng, 2) ? strlen(text) : 0;
        const struct yg_json_hits *h;
        if (n) {
            const char *x = part[yg_rng_below(&rng, YG_ARRAY_LEN(part))];
            size_t at = yg_rng_below(&rng, n);
            memcpy(text + at, x, strlen(x) < n - at ? strlen(x) : n - at);
        } else {
            for (uint64_t k = yg_rng_below(&rng, 12); k > 0; k--)
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s",
                                      part[yg_rng_below(&rng, YG_ARRAY_LEN(part))]);
        }
        struct yg_str s = { text, n };
        enum yg_json_status st = yg_json_walk(j, p, s, &h);
        bool ours = st == YG_JSON_OK || st == YG_JSON_NOT_OBJECT;
        good += ours;
        if (ours != (yg_json_parse_only(j, &s, 1) == 1))
            fail_msg("'%s': %d", text, (int)st);
    }
    assert_in_range(good, 5000, 195000);
    yg_json_free(j);
    yg_json_paths_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grammar),       cmocka_unit_test(limits),
        cmocka_unit_test(values),        cmocka_unit_test(unescape),
        cmocka_unit_test(paths_refused), cmocka_unit_test(agrees_with_dom),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
