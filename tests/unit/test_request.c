/* SPDX-License-Identifier: Apache-2.0 */
/* A request's target is read strictly, and the address to listen on and Host names. */
#include "api/request.h"

#include "api/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#define ALL (YG_P_BIT(PAGE) | YG_P_BIT(LIMIT) | YG_P_BIT(TENANT) | YG_P_BIT(STATE))

static const struct {
    const char *name, *query;
    uint32_t allowed;
    uint64_t page, limit; /* page 0: refused */
    const char *tenant;
} queries[] = {
    { "nothing", "", ALL, 1, 50, "" },
    { "page and tenant", "page=3&tenant=acme", ALL, 3, 50, "acme" },
    { "empty pairs", "&&page=2&", ALL, 2, 50, "" },
    { "form's empty tenant", "tenant=&state=waiting", ALL, 1, 50, "" },
    { "plus and escapes", "tenant=a+b%26%3d%2B%C3%A9", ALL, 1, 50, "a b&=+\xc3\xa9" },
    { "equals in the value", "tenant=a=b", ALL, 1, 50, "a=b" },
    { "escaped digits", "page=%32", ALL, 2, 50, "" },
    { "largest", "page=1000000&limit=500", ALL, 1000000, 500, "" },
    { "no value of text", "tenant", ALL, 1, 50, "" },
    { "page 0", "page=0", ALL, 0, 0, NULL },
    { "page too far", "page=1000001", ALL, 0, 0, NULL },
    { "page overflows", "page=18446744073709551617", ALL, 0, 0, NULL },
    { "page negative", "page=-1", ALL, 0, 0, NULL },
    { "page signed", "page=%2B1", ALL, 0, 0, NULL },
    { "page no number", "page=1x", ALL, 0, 0, NULL },
    { "page empty", "page=", ALL, 0, 0, NULL },
    { "limit too large", "limit=501", ALL, 0, 0, NULL },
    { "unknown", "tennant=acme", ALL, 0, 0, NULL },
    { "prefix of a name", "pag=1", ALL, 0, 0, NULL },
    { "name escaped", "%70age=1", ALL, 0, 0, NULL },
    { "not of this route", "tenant=acme", YG_P_BIT(PAGE), 0, 0, NULL },
    { "twice", "page=1&page=2", ALL, 0, 0, NULL },
    { "NUL", "tenant=a%00b", ALL, 0, 0, NULL },
    { "cut escape", "tenant=a%4", ALL, 0, 0, NULL },
    { "bare percent", "tenant=%", ALL, 0, 0, NULL },
    { "escape not hex", "tenant=%4g", ALL, 0, 0, NULL },
    { "no name", "=1", ALL, 0, 0, NULL },
};

static void test_query(void **state)
{
    struct yg_arena arena;

    (void)state;
    yg_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < YG_ARRAY_LEN(queries); i++) {
        struct yg_params p;
        struct yg_err err = { 0 };
        enum yg_status st = yg_params_read(yg_str_of(queries[i].query),
                                           queries[i].allowed, &arena, &p, &err);
        if ((st == YG_OK) != (queries[i].page > 0) || (st != YG_OK && st != YG_EINVAL))
            fail_msg("%s: %s", queries[i].name, yg_status_name(st));
        if (st != YG_OK) {
            if (err.msg[0] == '\0')
                fail_msg("%s: refused without a word", queries[i].name);
            continue;
        }
        if (p.number[YG_P_PAGE] != queries[i].page ||
            p.number[YG_P_LIMIT] != queries[i].limit ||
            !yg_str_eq(p.text[YG_P_TENANT], yg_str_of(queries[i].tenant)))
            fail_msg("%s: page %llu limit %llu tenant '%.*s'", queries[i].name,
                     (unsigned long long)p.number[YG_P_PAGE],
                     (unsigned long long)p.number[YG_P_LIMIT],
                     YG_STR_ARG(p.text[YG_P_TENANT]));
    }
    yg_arena_fini(&arena);
}

static void test_query_bounds(void **state)
{
    char text[7 + YG_PARAM_TEXT_MAX + 2] = "tenant=";
    struct yg_arena arena;
    struct yg_params p;
    struct yg_err err;

    (void)state;
    memset(text + 7, 'x', YG_PARAM_TEXT_MAX + 1);
    yg_arena_init(&arena, 1 << 20);
    struct yg_str s = { text, 7 + YG_PARAM_TEXT_MAX };
    assert_int_equal(yg_params_read(s, ALL, &arena, &p, &err), YG_OK);
    s.n++;
    assert_int_equal(yg_params_read(s, ALL, &arena, &p, &err), YG_EINVAL);
    /* the digit behind the end is not the client's */
    s = (struct yg_str){ "tenant=a%41", 10 };
    assert_int_equal(yg_params_read(s, ALL, &arena, &p, &err), YG_EINVAL);
    yg_arena_fini(&arena);
}

static const struct {
    const char *name, *pattern, *path;
    bool match;
    const char *id;
} paths[] = {
    { "root", "/", "/", true, "" },
    { "root is not all", "/", "/x", false, "" },
    { "whole", "/healthz", "/healthz", true, "" },
    { "trailing slash", "/healthz", "/healthz/", false, "" },
    { "id", "/run/{id}", "/run/00ff12ABcd", true, "00ff12ABcd" },
    { "full id", "/run/{id}", "/run/0123456789abcdef0123456789abcdef", true,
      "0123456789abcdef0123456789abcdef" },
    { "id too long", "/run/{id}", "/run/0123456789abcdef0123456789abcdef0", false, "" },
    { "id too short", "/run/{id}", "/run/00ff1", false, "" },
    { "no id", "/run/{id}", "/run/", false, "" },
    { "id not hex", "/run/{id}", "/run/00ff1g", false, "" },
    { "id with a slash", "/run/{id}", "/run/00ff12/", false, "" },
    { "climbing", "/run/{id}", "/run/../etc/passwd", false, "" },
    { "escaped", "/run/{id}", "/run/%30%30%30%30%30%30", false, "" },
    { "the pattern itself", "/run/{id}", "/run/{id}", false, "" },
    { "empty path", "/run/{id}", "", false, "" },
    { "name", "/u/{name}", "/u/kim%40example.org", true, "kim%40example.org" },
    { "name with more behind it", "/u/{name}/x", "/u/k/x", true, "k" },
    { "name with a slash", "/u/{name}", "/u/a/b", false, "" },
    { "no name", "/u/{name}", "/u/", false, "" },
    { "number", "/n/{number}", "/n/18446744073709551615", true, "18446744073709551615" },
    { "number too large", "/n/{number}", "/n/18446744073709551616", false, "" },
    { "zero", "/n/{number}", "/n/0", false, "" },
    { "number with a zero before it", "/n/{number}", "/n/07", false, "" },
    { "negative", "/n/{number}", "/n/-1", false, "" },
    { "no number", "/n/{number}", "/n/", false, "" },
};

static const struct {
    const char *name, *in;
    enum yg_status want;
    const char *out;
} names[] = {
    { "plain", "kim", YG_OK, "kim" },
    { "plus is one", "a+b", YG_OK, "a+b" },
    { "escapes", "%e2%80%ae%2F..", YG_OK, "\xe2\x80\xae/.." },
    { "NUL", "a%00", YG_EINVAL, "" },
    { "broken", "a%2", YG_EINVAL, "" },
};

static void test_path_decode(void **state)
{
    char lengthy[YG_PATH_NAME_MAX + 2];
    struct yg_arena arena;
    struct yg_str out;

    (void)state;
    yg_arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < YG_ARRAY_LEN(names); i++) {
        enum yg_status st = yg_path_decode(yg_str_of(names[i].in), &arena, &out);
        if (st != names[i].want ||
            (st == YG_OK && !yg_str_eq(out, yg_str_of(names[i].out))))
            fail_msg("%s", names[i].name);
    }
    memset(lengthy, 'x', sizeof(lengthy));
    assert_int_equal(
        yg_path_decode((struct yg_str){ lengthy, YG_PATH_NAME_MAX }, &arena, &out),
        YG_OK);
    assert_int_equal(
        yg_path_decode((struct yg_str){ lengthy, YG_PATH_NAME_MAX + 1 }, &arena, &out),
        YG_EINVAL);
    yg_arena_fini(&arena);
}

static void test_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(paths); i++) {
        struct yg_str id;
        bool got = yg_path_match(paths[i].pattern, yg_str_of(paths[i].path), &id);
        if (got != paths[i].match || (got && !yg_str_eq(id, yg_str_of(paths[i].id))))
            fail_msg("%s: %d '%.*s'", paths[i].name, got, YG_STR_ARG(id));
    }
}

static const struct {
    const char *name, *target;
    bool ok;
    const char *path, *query;
} targets[] = {
    { "path", "/a", true, "/a", NULL },
    { "query", "/a?b=c", true, "/a", "b=c" },
    { "empty query", "/?", true, "/", "" },
    { "two question marks", "/?a?b", true, "/", "a?b" },
    { "absolute form", "http://evil/", false, NULL, NULL },
    { "asterisk", "*", false, NULL, NULL },
    { "empty", "", false, NULL, NULL },
    { "fragment", "/#x", false, NULL, NULL },
};

static void test_target(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(targets); i++) {
        struct yg_str path, query;
        bool ok = yg_target_split(yg_str_of(targets[i].target), &path, &query);
        if (ok != targets[i].ok ||
            (ok && (!yg_str_eq(path, yg_str_of(targets[i].path)) ||
                    !yg_str_eq(query, yg_str_of(targets[i].query)) ||
                    (query.p == NULL) != (targets[i].query == NULL))))
            fail_msg("%s", targets[i].name);
    }
}

static const struct {
    const char *text, *shown; /* shown NULL: refused */
    bool loopback;
} listens[] = {
    { "127.0.0.1:8433", "127.0.0.1:8433", true },
    { "127.1.2.3:1", "127.1.2.3:1", true },
    { "localhost:0", "127.0.0.1:0", true },
    { "[::1]:8433", "[::1]:8433", true },
    { "0.0.0.0:8433", "0.0.0.0:8433", false },
    { "[::]:8433", "[::]:8433", false },
    { "[::ffff:127.0.0.1]:80", "[127.0.0.1]:80", true },
    { "192.0.2.7:65535", "192.0.2.7:65535", false },
    { "", NULL, false },
    { "8433", NULL, false },
    { ":8433", NULL, false },
    { "127.0.0.1", NULL, false },
    { "127.0.0.1:", NULL, false },
    { "127.0.0.1:65536", NULL, false },
    { "127.0.0.1:-1", NULL, false },
    { "127.0.0.1:8433x", NULL, false },
    { "127.0.0.1:8433:1", NULL, false },
    { "::1:8433", NULL, false },
    { "[::1]", NULL, false },
    { "[::1]8433", NULL, false },
    { "[::1:8433", NULL, false },
    { "[127.0.0.1]:80", NULL, false },
    { "[fe80::1%eth0]:80", NULL, false },
    { "example.com:80", NULL, false },
};

static void test_listen(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(listens); i++) {
        struct yg_listen l;
        struct yg_err err;
        char text[YG_LISTEN_TEXT_MAX];
        enum yg_status st = yg_listen_parse(yg_str_of(listens[i].text), &l, &err);
        if (st != (listens[i].shown ? YG_OK : YG_EINVAL))
            fail_msg("'%s': %s", listens[i].text, yg_status_name(st));
        if (st == YG_OK && (strcmp(yg_listen_text(&l, text), listens[i].shown) != 0 ||
                            yg_listen_is_loopback(&l) != listens[i].loopback))
            fail_msg("'%s': %s", listens[i].text, text);
    }
}

static const struct {
    const char *listen, *host;
    bool ok;
} hosts[] = {
    { "127.0.0.1:8433", "127.0.0.1:8433", true },
    { "127.0.0.1:8433", "localhost:8433", true },
    { "127.0.0.1:8433", "LocalHost", true },
    { "127.0.0.1:8433", "[::1]:8433", true },
    { "127.0.0.1:8433", "127.0.0.1:9000", true },
    { "127.0.0.1:8433", NULL, false },
    { "127.0.0.1:8433", "", false },
    { "127.0.0.1:8433", "evil.example:8433", false },
    { "127.0.0.1:8433", "localhost.evil.example", false },
    { "127.0.0.1:8433", "evil.localhost", false },
    { "127.0.0.1:8433", "127.0.0.1.evil.example", false },
    { "127.0.0.1:8433", "127.0.0.1:8433,evil.example", false },
    { "127.0.0.1:8433", "127.0.0.2", false },
    { "127.0.0.1:8433", "192.0.2.7:8433", false },
    { "127.0.0.1:8433", "[localhost]", false },
    { "127.0.0.1:8433", "127.0.0.1:", false },
    { "127.0.0.1:8433", "127.0.0.1:x", false },
    { "127.0.0.1:8433", "localhost@evil.example", false },
    { "192.0.2.7:8433", "192.0.2.7:8433", true },
    { "192.0.2.7:8433", "192.0.2.8:8433", false },
    { "0.0.0.0:8433", "192.0.2.7:8433", true },
    { "0.0.0.0:8433", "evil.example:8433", false },
    { "[::]:8433", "[2001:db8::1]:8433", true },
    { "[2001:db8::1]:8433", "[2001:0db8:0::1]", true },
};

static void test_host(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(hosts); i++) {
        struct yg_listen l;
        struct yg_err err;
        assert_int_equal(yg_listen_parse(yg_str_of(hosts[i].listen), &l, &err), YG_OK);
        if (yg_listen_host_ok(&l, yg_str_of(hosts[i].host)) != hosts[i].ok)
            fail_msg("Host %s at %s", hosts[i].host ? hosts[i].host : "(none)",
                     hosts[i].listen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),  cmocka_unit_test(test_query_bounds),
        cmocka_unit_test(test_path),   cmocka_unit_test(test_path_decode),
        cmocka_unit_test(test_target), cmocka_unit_test(test_listen),
        cmocka_unit_test(test_host),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
