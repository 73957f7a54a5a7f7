/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/kerberos.h"

#include "packet/app.h"

#include "rpc_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Elements are built inside out in one arena. */
static struct yg_str der(struct yg_arena *a, unsigned tag, struct yg_str body)
{
    char *p = yg_arena_alloc(a, body.n + 4);

    assert_non_null(p);
    p[0] = (char)tag;
    p[1] = (char)0x82;
    p[2] = (char)(body.n >> 8);
    p[3] = (char)body.n;
    if (body.n)
        memcpy(p + 4, body.p, body.n);
    return (struct yg_str){ p, body.n + 4 };
}

static struct yg_str cat(struct yg_arena *a, struct yg_str x, struct yg_str y)
{
    char *p = yg_arena_alloc(a, x.n + y.n + 1);

    assert_non_null(p);
    if (x.n)
        memcpy(p, x.p, x.n);
    if (y.n)
        memcpy(p + x.n, y.p, y.n);
    return (struct yg_str){ p, x.n + y.n };
}

/* `*seq` with field [n], which holds an element of `tag`. */
static void field(struct yg_arena *a, struct yg_str *seq, unsigned n, unsigned tag,
                  struct yg_str body)
{
    *seq = cat(a, *seq, der(a, 0xa0 + n, der(a, tag, body)));
}

static void number(struct yg_arena *a, struct yg_str *seq, unsigned n, int value)
{
    char v[2] = { (char)(value >> 8), (char)value };

    field(a, seq, n, 2, (struct yg_str){ v, 2 });
}

static void name(struct yg_arena *a, struct yg_str *seq, unsigned n, const char *text)
{
    struct yg_str rest = yg_str_of(text), parts = YG_STR_NONE, out = YG_STR_NONE;

    while (rest.p)
        parts = cat(a, parts, der(a, 0x1b, yg_str_cut(&rest, '/')));
    number(a, &out, 0, 2);
    field(a, &out, 1, 0x30, parts);
    field(a, seq, n, 0x30, out);
}

static struct yg_str ticket(struct yg_arena *a, int etype)
{
    struct yg_str seq = YG_STR_NONE, enc = YG_STR_NONE;

    number(a, &seq, 0, 5);
    field(a, &seq, 1, 0x1b, YG_STR("CORP"));
    name(a, &seq, 2, "http/web");
    number(a, &enc, 0, etype);
    field(a, &enc, 2, 4, YG_STR("sealed"));
    field(a, &seq, 3, 0x30, enc);
    return der(a, 0x30, seq);
}

static struct yg_str message(struct yg_arena *a, unsigned type, struct yg_str seq)
{
    return der(a, 0x60 + type, der(a, 0x30, seq));
}

/* AS-REQ (10) or TGS-REQ (12) with one or two etypes (0: no second). */
static struct yg_str request(struct yg_arena *a, unsigned type, const char *who,
                             const char *what, const int etype[2])
{
    struct yg_str seq = YG_STR_NONE, body = YG_STR_NONE, list = YG_STR_NONE;

    number(a, &seq, 1, 5);
    number(a, &seq, 2, (int)type);
    if (who)
        name(a, &body, 1, who);
    field(a, &body, 2, 0x1b, YG_STR("CORP"));
    name(a, &body, 3, what);
    for (unsigned i = 0; i < 2 && etype[i]; i++) {
        char v[2] = { (char)(etype[i] >> 8), (char)etype[i] };
        list = cat(a, list, der(a, 2, (struct yg_str){ v, 2 }));
    }
    field(a, &body, 8, 0x30, list);
    field(a, &seq, 4, 0x30, body);
    return message(a, type, seq);
}

/* AS-REP (11) or TGS-REP (13). */
static struct yg_str reply(struct yg_arena *a, unsigned type, int ticket_etype, int etype)
{
    struct yg_str seq = YG_STR_NONE, enc = YG_STR_NONE;

    number(a, &seq, 0, 5);
    field(a, &seq, 3, 0x1b, YG_STR("CORP"));
    name(a, &seq, 4, "alice");
    field(a, &seq, 5, 0x61, ticket(a, ticket_etype));
    number(a, &enc, 0, etype);
    field(a, &seq, 6, 0x30, enc);
    return message(a, type, seq);
}

static struct yg_str error(struct yg_arena *a, int code)
{
    struct yg_str seq = YG_STR_NONE;

    number(a, &seq, 0, 5);
    number(a, &seq, 6, code);
    field(a, &seq, 9, 0x1b, YG_STR("CORP"));
    name(a, &seq, 10, "krbtgt/CORP");
    return message(a, 30, seq);
}

static struct yg_str ap_request(struct yg_arena *a, int etype)
{
    struct yg_str seq = YG_STR_NONE;

    number(a, &seq, 0, 5);
    field(a, &seq, 3, 0x61, ticket(a, etype));
    return message(a, 14, seq);
}

static const int aes_and_rc4[] = { 18, 23 }, rc4[] = { 23, 0 }, des_rc4[] = { 3, -133 };

enum what { AS, AS_RC4, AS_DES, AS_OK, AS_RC4_OK, TGS, TGS_OK, TGS_ROAST, AP, AP_WEAK };

static struct yg_str piece(struct yg_arena *a, enum what what)
{
    switch (what) {
    case AS:
        return request(a, 10, "alice", "krbtgt/CORP", aes_and_rc4);
    case AS_RC4:
        return request(a, 10, "alice", "krbtgt/CORP", rc4);
    case AS_DES:
        return request(a, 10, "alice", "krbtgt/CORP", des_rc4);
    case AS_OK:
        return reply(a, 11, 18, 18);
    case AS_RC4_OK:
        return reply(a, 11, 18, 23);
    case TGS:
        return request(a, 12, NULL, "http/web", aes_and_rc4);
    case TGS_OK:
        return reply(a, 13, 18, 18);
    case TGS_ROAST:
        return reply(a, 13, 23, 18);
    case AP:
        return ap_request(a, 18);
    default:
        return ap_request(a, 23);
    }
}

#define ERROR(code) (1000 + (code))
#define NOTHING     (-1)

/* Each a question and an answer, and what is told of them. */
static const struct {
    const char *name;
    int ask, answer;
    const char *expect;
} row[] = {
    { "a login", AS, AS_OK, "AS-REQ [krbtgt/CORP] @CORP ~alice > ok LOGIN" },
    { "no answer", AS, NOTHING, "AS-REQ [krbtgt/CORP] @CORP ~alice > none LOGIN" },
    { "RC4 alone is weak", AS_RC4, AS_OK,
      "AS-REQ [krbtgt/CORP] @CORP ~alice > ok LOGIN WEAK" },
    { "DES and an old RC4 are weak", AS_DES, AS_OK,
      "AS-REQ [krbtgt/CORP] @CORP ~alice > ok LOGIN WEAK" },
    { "answered under RC4", AS, AS_RC4_OK,
      "AS-REQ [krbtgt/CORP] @CORP ~alice > ok LOGIN WEAK" },
    { "a service ticket, the name out of the answer", TGS, TGS_OK,
      "TGS-REQ [http/web] @CORP ~alice > ok" },
    { "a service ticket under RC4", TGS, TGS_ROAST,
      "TGS-REQ [http/web] @CORP ~alice > ok WEAK" },
    { "log in with a ticket", AP, NOTHING, "AP-REQ [http/web] @CORP > none LOGIN" },
    { "with a weak one", AP_WEAK, NOTHING, "AP-REQ [http/web] @CORP > none LOGIN WEAK" },
    { "come again with a proof", AS, ERROR(25),
      "AS-REQ [krbtgt/CORP] @CORP ~alice > more 19 LOGIN" },
    { "nobody of that name", AS, ERROR(6),
      "AS-REQ [krbtgt/CORP] @CORP ~alice > missing 6 LOGIN" },
    { "a wrong password", AS, ERROR(24),
      "AS-REQ [krbtgt/CORP] @CORP ~alice > refused 18 LOGIN" },
    { "locked out", AS, ERROR(18),
      "AS-REQ [krbtgt/CORP] @CORP ~alice > refused 12 LOGIN" },
    { "clocks differ", AS, ERROR(37),
      "AS-REQ [krbtgt/CORP] @CORP ~alice > error 25 LOGIN" },
    { "an error alone", NOTHING, ERROR(7), "KRB-ERROR [krbtgt/CORP] @CORP > missing 7" },
    { "a reply alone", NOTHING, TGS_OK, "TGS-REP [http/web] @CORP ~alice > ok" },
    { "an answer to something else", AS, TGS_OK,
      "AS-REQ [krbtgt/CORP] @CORP ~alice > none LOGIN\n"
      "kerberos TGS-REP [http/web] @CORP ~alice > ok" },
};

static void add(struct talk_util *u, struct yg_arena *a, int to, int what, bool tcp)
{
    if (what == NOTHING)
        return;
    struct yg_str s = what >= 1000 ? error(a, what - 1000) : piece(a, (enum what)what);
    char size[4] = { 0, 0, (char)(s.n >> 8), (char)s.n };
    if (tcp)
        s = cat(a, (struct yg_str){ size, 4 }, s);
    talk_add(u, to, s.p, s.n, 0);
}

/* Every row over UDP and TCP, the client on either side. */
static void conversations(void **state)
{
    struct yg_buf text;
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    yg_buf_init(&text, 1 << 16);
    for (size_t i = 0; i < 4 * YG_ARRAY_LEN(row); i++) {
        struct talk_util u;
        bool tcp = i & 1, sideways = i & 2;
        size_t k = i / 4;
        if (sideways && row[k].ask == NOTHING)
            continue;
        yg_arena_clear(&a);
        talk_init(&u, tcp ? YG_IP_TCP : YG_IP_UDP, 88);
        add(&u, &a, sideways ? YG_TO_CLIENT : YG_TO_SERVER, row[k].ask, tcp);
        add(&u, &a, sideways ? YG_TO_SERVER : YG_TO_CLIENT, row[k].answer, tcp);
        struct yg_talk *t = talk_done(&u);
        t->app = YG_APP_KERBEROS;
        if (!yg_kerberos_probe(t))
            fail_msg("%s: not recognised", row[k].name);
        yg_kerberos_parse(t, &u.arena);
        struct yg_str got = exchange_text(t, &text);
        got.p += strlen("kerberos ");
        got.n -= strlen("kerberos ");
        if (!yg_str_eq(got, yg_str_of(row[k].expect)))
            fail_msg("%s:\n%s\ninstead of\n%s", row[k].name, got.p, row[k].expect);
        talk_fini(&u);
    }
    yg_buf_fini(&text);
    yg_arena_fini(&a);
}

/* The lost answer of the first question is not taken for the second's, by time. */
static void in_step(void **state)
{
    struct talk_util u;
    struct yg_buf text;
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    yg_buf_init(&text, 4096);
    talk_init(&u, YG_IP_TCP, 88);
    add(&u, &a, YG_TO_SERVER, AS, true);
    add(&u, &a, YG_TO_CLIENT, ERROR(25), true);
    add(&u, &a, YG_TO_CLIENT, ERROR(60), true);
    add(&u, &a, YG_TO_SERVER, AS, true);
    add(&u, &a, YG_TO_CLIENT, AS_OK, true);
    struct yg_talk *t = talk_done(&u);
    t->app = YG_APP_KERBEROS;
    yg_kerberos_parse(t, &u.arena);
    struct yg_str got = exchange_text(t, &text);
    assert_true(yg_str_eq(
        got, YG_STR("kerberos AS-REQ [krbtgt/CORP] @CORP ~alice > more 19 LOGIN\n"
                    "kerberos KRB-ERROR [krbtgt/CORP] @CORP > error 3c\n"
                    "kerberos AS-REQ [krbtgt/CORP] @CORP ~alice > ok LOGIN")));
    talk_fini(&u);
    yg_buf_fini(&text);
    yg_arena_fini(&a);
}

/* Cut anywhere a message is told as far as it goes, and said to be cut. */
static void cut_anywhere(void **state)
{
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    struct yg_str s = request(&a, 10, "alice", "krbtgt/CORP", aes_and_rc4);
    for (size_t n = 8; n < s.n; n++) {
        struct talk_util u;
        talk_init(&u, YG_IP_UDP, 88);
        talk_add(&u, YG_TO_SERVER, s.p, n, 0);
        struct yg_talk *t = talk_done(&u);
        assert_true(yg_kerberos_probe(t));
        yg_kerberos_parse(t, &u.arena);
        assert_int_equal(t->exchanges, 1);
        assert_true(t->exchange[0].flags & YG_XF_CUT);
        talk_fini(&u);
    }
    yg_arena_fini(&a);
}

/* A ticket in a GSS-API token. */
static void inside(void **state)
{
    static const char oid[] = "\x60\x10\6\11\x2a\x86\x48\x86\xf7\x12\1\2\2\1";
    struct yg_kerberos_login login;
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    for (int weak = 0; weak < 2; weak++) {
        struct yg_str token =
            cat(&a, (struct yg_str){ oid, sizeof(oid) }, ap_request(&a, weak ? 23 : 18));
        assert_true(yg_kerberos_find(token, &a, &login));
        assert_true(yg_str_eq(login.service, YG_STR("http/web")));
        assert_true(yg_str_eq(login.realm, YG_STR("CORP")));
        assert_int_equal(login.weak, weak);
    }
    struct yg_str other = cat(&a, (struct yg_str){ oid, sizeof(oid) }, piece(&a, AS));
    assert_false(yg_kerberos_find(other, &a, &login));
    assert_false(yg_kerberos_find((struct yg_str){ oid, sizeof(oid) }, &a, &login));
    assert_false(yg_kerberos_find(YG_STR_NONE, &a, &login));
    yg_arena_fini(&a);
}

/* A stream that goes on with something else keeps what was understood. */
static void broken(void **state)
{
    struct talk_util u;
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    for (int hole = 0; hole < 2; hole++) {
        talk_init(&u, YG_IP_TCP, 88);
        add(&u, &a, YG_TO_SERVER, AS, true);
        talk_add(&u, YG_TO_SERVER, "\0\0\0\4what", 8, 0);
        struct yg_talk *t = talk_done(&u);
        t->side[YG_TO_SERVER].gap_bytes = hole ? 9 : 0;
        yg_kerberos_parse(t, &u.arena);
        assert_int_equal(t->exchanges, 1);
        assert_int_equal(t->anomalies, hole ? 0 : YG_ANOMALY_BIT(YG_A_APP_BROKEN));
        talk_fini(&u);
    }
    yg_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations), cmocka_unit_test(in_step),
        cmocka_unit_test(cut_anywhere),  cmocka_unit_test(inside),
        cmocka_unit_test(broken),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
