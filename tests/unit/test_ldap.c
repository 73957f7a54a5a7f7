/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "bytes_util.h"
#include "packet/ldapfilter.h"
#include "talk_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARENA ((size_t)16 << 20)

static struct yg_str octets(struct yg_arena *a, const char *s)
{
    return b_der(a, 4, yg_str_of(s));
}

static struct yg_str message(struct yg_arena *a, uint64_t id, uint8_t tag,
                             struct yg_str body)
{
    return b_der(a, 0x30, B_CAT(a, b_der(a, 2, b_num(a, 1, id)), b_der(a, tag, body)));
}

static struct yg_str bind_as(struct yg_arena *a, uint64_t id, const char *name,
                             const char *password)
{
    return message(a, id, 0x60,
                   B_CAT(a, YG_STR("\x02\x01\x03"), octets(a, name),
                         b_der(a, 0x80, yg_str_of(password))));
}

static struct yg_str search_for(struct yg_arena *a, uint64_t id, const char *base,
                                uint8_t scope, struct yg_str filter)
{
    return message(a, id, 0x63,
                   B_CAT(a, octets(a, base), b_der(a, 10, b_num(a, 1, scope)),
                         YG_STR("\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00"),
                         filter, YG_STR("\x30\x00")));
}

static struct yg_str result(struct yg_arena *a, uint64_t id, uint8_t tag, uint8_t code)
{
    return message(
        a, id, tag,
        B_CAT(a, b_der(a, 10, b_num(a, 1, code)), octets(a, ""), octets(a, "")));
}

static struct yg_str attribute(struct yg_arena *a, const char *name, const char *value)
{
    return b_der(a, 0x30, B_CAT(a, octets(a, name), b_der(a, 0x31, octets(a, value))));
}

static const struct yg_str present = { "\x87\x0bobjectClass", 13 };

/* What a lookup by a victim looks like: an anonymous bind, then a name. */
static void lookup(void **state)
{
    struct yg_arena a;
    struct talk_util u;

    (void)state;
    yg_arena_init(&a, ARENA);
    struct yg_str entry =
        message(&a, 2, 0x64,
                B_CAT(&a, octets(&a, "Exploit"),
                      b_der(&a, 0x30,
                            B_CAT(&a, attribute(&a, "javaClassName", "foo\n"),
                                  attribute(&a, "javaCodeBase", "http://192.0.2.9/"),
                                  attribute(&a, "javaSerializedData", "12345"),
                                  attribute(&a, "description", "x")))));
    struct yg_talk *t = talk_two(
        &u, 1389,
        B_CAT(&a, bind_as(&a, 1, "", ""), search_for(&a, 2, "Exploit", 0, present)),
        B_CAT(&a, result(&a, 1, 0x61, 0), entry, result(&a, 2, 0x65, 0)));
    yg_app_parse(t, &u.arena);
    assert_int_equal(t->app, YG_APP_LDAP);
    assert_int_equal(t->exchanges, 2);
    assert_int_equal(t->anomalies, 0);
    const struct yg_exchange *x = t->exchange;
    assert_true(yg_str_eq(x[0].verb, YG_STR("BIND")));
    assert_int_equal(x[0].flags, 0);
    assert_int_equal(x[0].answer, YG_ANSWER_OK);
    assert_true(yg_str_eq(x[1].verb, YG_STR("SEARCH")));
    assert_true(yg_str_eq(x[1].target, YG_STR("Exploit")));
    assert_true(yg_str_eq(x[1].body, YG_STR("(objectClass=*)")));
    assert_int_equal(x[1].status, 0);
    assert_int_equal(x[1].flags, 0);
    assert_true(yg_str_eq(x[1].answer_body,
                          YG_STR("dn: Exploit\njavaClassName: foo?\n"
                                 "javaCodeBase: http://192.0.2.9/\n"
                                 "javaSerializedData: serialized object, 5 bytes\n"
                                 "description: 1 values\n")));
    assert_int_equal(x[1].ask_at, bind_as(&a, 1, "", "").n);
    talk_fini(&u);
    yg_arena_fini(&a);
}

static void results(void **state)
{
    static const struct {
        const char *what, *account;
        uint8_t code;
        enum yg_answer want;
        uint32_t flags;
    } row[] = {
        { "logged in", "cn=a", 0, YG_ANSWER_OK, YG_XF_LOGIN },
        { "wrong password", "cn=a", 49, YG_ANSWER_REFUSED, YG_XF_LOGIN },
        { "go on", "cn=a", 14, YG_ANSWER_MORE, YG_XF_LOGIN },
        { "no such object", "cn=a", 32, YG_ANSWER_MISSING, YG_XF_LOGIN },
        { "busy", "cn=a", 51, YG_ANSWER_ERROR, YG_XF_LOGIN },
        { "anonymous", "", 0, YG_ANSWER_OK, 0 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_arena a;
        struct talk_util u;
        yg_arena_init(&a, ARENA);
        struct yg_talk *t = talk_two(&u, 389, bind_as(&a, 7, row[i].account, "hunter2"),
                                     result(&a, 7, 0x61, row[i].code));
        print_message("# %s\n", row[i].what);
        yg_app_parse(t, &u.arena);
        assert_int_equal(t->exchanges, 1);
        assert_int_equal(t->exchange[0].answer, row[i].want);
        assert_int_equal(t->exchange[0].status, row[i].code);
        assert_int_equal(t->exchange[0].flags, row[i].flags);
        assert_true(yg_str_eq(t->exchange[0].target, yg_str_of(row[i].account)));
        assert_false(yg_str_has_nocase(t->exchange[0].head, YG_STR("hunter2")));
        talk_fini(&u);
        yg_arena_fini(&a);
    }
}

/* Answers come in any order and may have lost their questions. */
static void pairing(void **state)
{
    struct yg_arena a;
    struct talk_util u;

    (void)state;
    yg_arena_init(&a, ARENA);
    struct yg_str ask =
        B_CAT(&a, search_for(&a, 1, "a", 2, present), search_for(&a, 2, "b", 0, present));
    struct yg_str answer = B_CAT(&a, result(&a, 2, 0x65, 32), result(&a, 1, 0x65, 0),
                                 result(&a, 9, 0x67, 50),
                                 message(&a, 1, 0x73, octets(&a, "ldap://192.0.2.1/x")));
    struct yg_talk *t = talk_two(&u, 389, ask, answer);
    yg_app_parse(t, &u.arena);
    assert_int_equal(t->exchanges, 4);
    assert_int_equal(t->exchange[0].status, 0);
    assert_int_equal(t->exchange[0].flags, YG_XF_LIST);
    assert_int_equal(t->exchange[1].status, 32);
    assert_true(yg_str_eq(t->exchange[2].verb, YG_STR("MODIFY")));
    assert_int_equal(t->exchange[2].answer, YG_ANSWER_REFUSED);
    assert_int_equal(t->exchange[2].flags, YG_XF_CUT);
    assert_true(
        yg_str_eq(t->exchange[3].answer_body, YG_STR("ref: ldap://192.0.2.1/x\n")));
    talk_fini(&u);

    /* The same with the sides taken for each other. */
    t = talk_two(&u, 50000, answer, ask);
    yg_app_parse(t, &u.arena);
    assert_int_equal(t->exchange[0].asker, YG_TO_CLIENT);
    assert_int_equal(t->exchange[1].status, 32);
    talk_fini(&u);
    yg_arena_fini(&a);
}

static struct yg_str token(struct yg_arena *a, struct yg_str head, struct yg_str text)
{
    return b_len(a, 4, B_CAT(a, head, text));
}

static void security_layers(void **state)
{
    static const struct {
        const char *what;
        struct yg_str head;
        bool readable;
    } row[] = {
        { "Kerberos, signed",
          { "\x05\x04\x04\xff\0\x04\0\x04\0\0\0\0\0\0\0\1SUM!", 20 },
          true },
        { "Kerberos, sealed",
          { "\x05\x04\x06\xff\0\x04\0\x04\0\0\0\0\0\0\0\1SUM!", 20 },
          false },
        { "Kerberos, not rotated",
          { "\x05\x04\x04\xff\0\x04\0\0\0\0\0\0\0\0\0\1", 16 },
          false },
        { "NTLM, signed", { "\1\0\0\0CHECKSUM\0\0\0\0", 16 }, true },
        { "something else", { "\x60\x01\x00 whatever it is", 18 }, false },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_arena a;
        struct talk_util u;
        yg_arena_init(&a, ARENA);
        struct yg_str inner = search_for(&a, 2, "dc=x", 2, present);
        struct yg_str done = result(&a, 2, 0x65, 0);
        struct yg_talk *t = talk_two(
            &u, 389, B_CAT(&a, bind_as(&a, 1, "u", "p"), token(&a, row[i].head, inner)),
            B_CAT(&a, result(&a, 1, 0x61, 0), token(&a, row[i].head, done)));
        print_message("# %s\n", row[i].what);
        yg_app_parse(t, &u.arena);
        assert_int_equal(t->exchanges, row[i].readable ? 2 : 1);
        const struct yg_exchange *last = &t->exchange[t->exchanges - 1];
        assert_int_equal(!!(last->flags & YG_XF_ENCRYPTED), !row[i].readable);
        if (row[i].readable)
            assert_int_equal(last->answer, YG_ANSWER_OK);
        assert_int_equal(t->anomalies, 0);
        talk_fini(&u);
        yg_arena_fini(&a);
    }
}

static struct yg_str pair(struct yg_arena *a, uint8_t tag, const char *k, const char *v)
{
    return b_der(a, tag, B_CAT(a, octets(a, k), octets(a, v)));
}

static void filters(void **state)
{
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, ARENA);
    struct yg_str substrings = b_der(&a, 0xa4,
                                     B_CAT(&a, octets(&a, "cn"),
                                           b_der(&a, 0x30,
                                                 B_CAT(&a, b_der(&a, 0x80, YG_STR("a")),
                                                       b_der(&a, 0x81, YG_STR("b"))))));
    struct yg_str rule =
        b_der(&a, 0xa9,
              B_CAT(&a, b_der(&a, 0x81, YG_STR("1.2")), b_der(&a, 0x82, YG_STR("uac")),
                    b_der(&a, 0x83, YG_STR("8192"))));
    struct yg_str end =
        b_der(&a, 0xa4,
              B_CAT(&a, octets(&a, "cn"), b_der(&a, 0x30, b_der(&a, 0x82, YG_STR("z")))));
    struct yg_str deep = present;
    for (int i = 0; i < 40; i++)
        deep = b_der(&a, 0xa2, deep);
    const struct {
        const char *what;
        struct yg_str filter;
        const char *text; /* NULL: only that it ends */
    } row[] = {
        { "present", present, "(objectClass=*)" },
        { "and, or, not",
          b_der(
              &a, 0xa0,
              B_CAT(&a, pair(&a, 0xa3, "a", "1"),
                    b_der(&a, 0xa1,
                          B_CAT(&a, pair(&a, 0xa5, "b", "2"), pair(&a, 0xa6, "c", "3"))),
                    b_der(&a, 0xa2, pair(&a, 0xa8, "d", "4")))),
          "(&(a=1)(|(b>=2)(c<=3))(!(d~=4)))" },
        { "substrings", substrings, "(cn=a*b*)" },
        { "only the end", end, "(cn=*z)" },
        { "matching rule", rule, "(uac:1.2:=8192)" },
        { "empty and", b_der(&a, 0xa0, YG_STR("")), "(&)" },
        { "unknown", b_der(&a, 0x85, YG_STR("")), "(?)" },
        { "too deep", deep, NULL },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_cursor c = yg_cursor_of(row[i].filter.p, row[i].filter.n);
        struct yg_der f;
        assert_true(yg_der_next(&c, &f));
        struct yg_str text = yg_ldap_filter_text(&f, &a);
        print_message("# %s: %.*s\n", row[i].what, YG_STR_ARG(text));
        if (row[i].text)
            assert_true(yg_str_eq(text, yg_str_of(row[i].text)));
        assert_true(text.n <= YG_LDAP_FILTER_MAX);
    }
    yg_arena_fini(&a);
}

static void nonsense(void **state)
{
    static const struct {
        const char *what;
        struct yg_str ask;
        bool ldap;
    } row[] = {
        { "SNMP", { "0\x0c\x02\x01\x01\x04\x06public\0", 14 }, false },
        { "text", { "0123456789", 10 }, false },
        { "no operation", { "0\x05\x02\x01\x01\x7f\x00", 7 }, false },
        { "id of five bytes", { "0\x09\x02\x05\0\0\0\0\x01\x42\x00", 11 }, false },
        { "unbind", { "0\x05\x02\x01\x01\x42\x00", 7 }, true },
        { "cut in its search",
          { "0\x40\x02\x01\x01\x63\x3b\x04\x03"
            "a=b",
            12 },
          true },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct talk_util u;
        struct yg_talk *t = talk_two(&u, 389, row[i].ask, YG_STR_NONE);
        print_message("# %s\n", row[i].what);
        assert_int_equal(yg_ldap_probe(t), row[i].ldap);
        yg_ldap_parse(t, &u.arena);
        assert_int_equal(t->exchanges, row[i].ldap);
        talk_fini(&u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookup),  cmocka_unit_test(results),
        cmocka_unit_test(pairing), cmocka_unit_test(security_layers),
        cmocka_unit_test(filters), cmocka_unit_test(nonsense),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
