/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/dcerpc.h"

#include "rpc_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { REQUEST = 0, RESPONSE = 2, FAULT = 3, BIND = 11, ACK = 12, NAK = 13, ALTER = 14 };
enum { ALTER_RESP = 15, AUTH3 = 16 };

/* What is said in a case: PDUs to the server and back. */
struct said {
    struct yg_buf to, back;
};

static const struct yg_str zero = { "\0\0\0", 4 }, denied = { "\5\0\0", 4 };

static void bound(struct said *s, const char *uuid)
{
    put_bind(&s->to, BIND, 1, 0, uuid, YG_STR_NONE);
    put_ack(&s->back, ACK, 1, 0);
}

static void call(struct said *s, unsigned opnum, const char *wide, struct yg_str back)
{
    struct yg_buf stub;

    yg_buf_init(&stub, 4096);
    yg_buf_add(&stub, "\1\2\3\4\5\6\7\10", 8);
    put_wide(&stub, wide);
    yg_buf_u16(&stub, 0);
    put_call(&s->to, REQUEST, 0, 2, opnum, yg_buf_str(&stub));
    if (back.n)
        put_call(&s->back, RESPONSE, 0, 2, 0, back);
    yg_buf_fini(&stub);
}

static void create_service(struct said *s)
{
    bound(s, RPC_UUID_SVCCTL);
    call(s, 12, "cmd.exe /c whoami", zero);
}

static void refused_call(struct said *s)
{
    bound(s, RPC_UUID_SVCCTL);
    call(s, 15, "", denied);
}

static void odd_interface(struct said *s)
{
    bound(s, RPC_UUID_NOBODY);
    call(s, 700, "", zero);
}

static void odd_call(struct said *s)
{
    bound(s, RPC_UUID_SVCCTL);
    call(s, 9, "", zero);
}

static void not_offered(struct said *s)
{
    put_bind(&s->to, BIND, 1, 0, RPC_UUID_SVCCTL, YG_STR_NONE);
    put_ack(&s->back, ACK, 1, 2);
}

static void turned_down(struct said *s)
{
    put_bind(&s->to, BIND, 1, 0, RPC_UUID_SVCCTL, YG_STR_NONE);
    put_pdu(&s->back, NAK, 0, 1, YG_STR("\0\0\0\0"), YG_STR_NONE);
}

static void no_answer(struct said *s)
{
    put_bind(&s->to, BIND, 1, 0, RPC_UUID_SVCCTL, YG_STR_NONE);
}

static void another_context(struct said *s)
{
    bound(s, RPC_UUID_SVCCTL);
    put_bind(&s->to, ALTER, 2, 0, RPC_UUID_DRSUAPI, YG_STR_NONE);
    put_ack(&s->back, ALTER_RESP, 2, 0);
    call(s, 3, "", zero);
}

static void login(struct said *s, const char *user, size_t response)
{
    struct yg_buf ntlm;

    yg_buf_init(&ntlm, 4096);
    put_ntlm3(&ntlm, "CORP", user, "WS1", response);
    put_pdu(&s->to, AUTH3, RPC_NTLM, 1, YG_STR("\0\0\0\0"), yg_buf_str(&ntlm));
    yg_buf_fini(&ntlm);
}

static void third_leg(struct said *s)
{
    bound(s, RPC_UUID_DRSUAPI);
    login(s, "bob", 200);
}

static void weak_login(struct said *s)
{
    login(s, "bob", 24);
}

static void sealed(struct said *s)
{
    bound(s, RPC_UUID_DRSUAPI);
    put_call(&s->to, REQUEST, RPC_SEALED, 2, 3, YG_STR("cannot be read.."));
    put_call(&s->back, RESPONSE, RPC_SEALED, 2, 0, YG_STR("cannot be read.."));
}

static void faulted(struct said *s)
{
    bound(s, RPC_UUID_DRSUAPI);
    call(s, 3, "", YG_STR_NONE);
    put_call(&s->back, FAULT, 0, 2, 0, YG_STR("\5\0\0\0\0\0\0\0"));
    call(s, 99, "", YG_STR_NONE);
    put_call(&s->back, FAULT, 0, 2, 0, YG_STR("\2\0\1\x1c\0\0\0\0"));
    call(s, 1, "", YG_STR_NONE);
    put_call(&s->back, FAULT, 0, 2, 0, YG_STR("\x17\7\0\0\0\0\0\0"));
}

static void big_endian(struct said *s)
{
    bound(s, RPC_UUID_SVCCTL);
    put_call(&s->to, REQUEST, RPC_BIG, 3, 27, YG_STR("abcd"));
    put_call(&s->back, RESPONSE, RPC_BIG, 3, 0, YG_STR("\0\0\0\5"));
}

/* Strings across fragments: neither half would be long enough to be said. */
static void in_fragments(struct said *s)
{
    bound(s, RPC_UUID_SVCCTL);
    put_call(&s->to, REQUEST, RPC_NOT_LAST, 2, 16, YG_STR("a\0b\0c\0"));
    put_call(&s->to, REQUEST, RPC_NOT_FIRST | RPC_NOT_LAST, 2, 16, YG_STR("d\0e\0"));
    put_call(&s->to, REQUEST, RPC_NOT_FIRST, 2, 16, YG_STR("f\0g\0"));
    put_call(&s->back, RESPONSE, RPC_NOT_LAST, 2, 0, YG_STR("\1\1\1\1\5\0"));
    put_call(&s->back, RESPONSE, RPC_NOT_FIRST, 2, 0, YG_STR("\0\0"));
}

/* What is left of one answer is no answer to the next call of that number. */
static void number_again(struct said *s)
{
    in_fragments(s);
    call(s, 15, "", zero);
}

static void answers_crossed(struct said *s)
{
    bound(s, RPC_UUID_SVCCTL);
    put_call(&s->to, REQUEST, 0, 7, 15, zero);
    put_call(&s->to, REQUEST, 0, 8, 2, zero);
    put_call(&s->back, RESPONSE, 0, 8, 0, denied);
    put_call(&s->back, RESPONSE, 0, 7, 0, zero);
}

static void activation(struct said *s)
{
    bound(s, RPC_UUID_ACTIVATOR);
    put_call(
        &s->to, REQUEST, 0, 2, 4,
        YG_STR("....\x1a\x79\xb2\x49\xae\xb1\x90\x4c\x9b\x8e\xe8\x60\xba\x07\xf8\x89"));
    put_call(&s->back, RESPONSE, 0, 2, 0, YG_STR("\5\0\7\x80"));
}

static void endpoint(struct said *s)
{
    bound(s, RPC_UUID_EPMAPPER);
    put_call(&s->to, REQUEST, 0, 2, 3,
             YG_STR("....\5\0\x13\0\x0d" RPC_UUID_DRSUAPI "\4\0\2\0\0\0"));
    put_call(&s->back, RESPONSE, 0, 2, 0, zero);
}

static void no_bind_seen(struct said *s)
{
    call(s, 12, "name", zero);
}

static void answers_only(struct said *s)
{
    put_ack(&s->back, ACK, 1, 0);
    put_call(&s->back, RESPONSE, 0, 2, 0, zero);
    put_call(&s->back, FAULT, 0, 3, 0, YG_STR("\5\0\0\0\0\0\0\0"));
}

static void cut_stub(struct said *s)
{
    bound(s, RPC_UUID_SVCCTL);
    call(s, 12, "a long command", YG_STR_NONE);
    s->to.n -= 10;
}

static void rubbish_between(struct said *s)
{
    bound(s, RPC_UUID_SVCCTL);
    yg_buf_add(&s->to, "\5\0\5\0nothing that is a PDU", 25);
    call(s, 15, "", zero);
}

#define BOUND "dcerpc bind [svcctl] > ok\n"

static const struct {
    const char *name;
    void (*build)(struct said *s);
    const char *expect;
    bool broken;
} row[] = {
    { "a service is made", create_service,
      BOUND "dcerpc svcctl.CreateServiceW [cmd.exe /c whoami] > ok EXEC ADMIN", false },
    { "a call that is refused", refused_call,
      BOUND "dcerpc svcctl.OpenSCManagerW [svcctl] > refused 5 ADMIN", false },
    { "an interface nobody knows", odd_interface,
      "dcerpc bind [01020304-0506-0708-090a-0b0c0d0e0f10] > ok\n"
      "dcerpc 01020304-0506-0708-090a-0b0c0d0e0f10.700 "
      "[01020304-0506-0708-090a-0b0c0d0e0f10] > ok",
      false },
    { "a call without a name", odd_call, BOUND "dcerpc svcctl.9 [svcctl] > ok ADMIN",
      false },
    { "no such interface there", not_offered, "dcerpc bind [svcctl] > refused", false },
    { "a bind turned down", turned_down, "dcerpc bind [svcctl] > refused", false },
    { "a bind without answer", no_answer, "dcerpc bind [svcctl] > none", false },
    { "a context that changes its interface", another_context,
      BOUND "dcerpc alter-context [drsuapi] > ok\n"
            "dcerpc drsuapi.DRSGetNCChanges [drsuapi] > ok ADMIN",
      false },
    { "the third leg of NTLM", third_leg,
      "dcerpc bind [drsuapi] > ok\ndcerpc auth3 [CORP\\bob] ~WS1 > none LOGIN", false },
    { "NTLMv1 is weak", weak_login, "dcerpc auth3 [CORP\\bob] ~WS1 > none LOGIN WEAK",
      false },
    { "under privacy nothing is read", sealed,
      "dcerpc bind [drsuapi] > ok\n"
      "dcerpc drsuapi.DRSGetNCChanges [drsuapi] > opaque ADMIN ENCRYPTED",
      false },
    { "faults", faulted,
      "dcerpc bind [drsuapi] > ok\n"
      "dcerpc drsuapi.DRSGetNCChanges [drsuapi] > refused 5 ADMIN\n"
      "dcerpc drsuapi.99 [drsuapi] > missing 1c010002\n"
      "dcerpc drsuapi.DRSUnbind [drsuapi] > error 717",
      false },
    { "big-endian", big_endian,
      BOUND "dcerpc svcctl.OpenSCManagerA [svcctl] > refused 5 ADMIN", false },
    { "in fragments", in_fragments,
      BOUND "dcerpc svcctl.OpenServiceW [abcdefg] > refused 5 ADMIN", false },
    { "a number used again", number_again,
      BOUND "dcerpc svcctl.OpenServiceW [abcdefg] > refused 5 ADMIN\n"
            "dcerpc svcctl.OpenSCManagerW [svcctl] > ok ADMIN",
      false },
    { "answers in another order", answers_crossed,
      BOUND "dcerpc svcctl.OpenSCManagerW [svcctl] > ok ADMIN\n"
            "dcerpc svcctl.DeleteService [svcctl] > refused 5 ADMIN",
      false },
    { "a class that runs commands", activation,
      "dcerpc bind [ISystemActivator] > ok\n"
      "dcerpc ISystemActivator.RemoteCreateInstance [MMC20.Application] > "
      "refused 80070005 EXEC ADMIN",
      false },
    { "where an interface is", endpoint,
      "dcerpc bind [epmapper] > ok\ndcerpc epmapper.ept_map [drsuapi] > ok", false },
    { "the bind was not seen", no_bind_seen, "dcerpc unknown.12 [name] > ok", false },
    { "answers alone", answers_only,
      "dcerpc response > ok\ndcerpc response > ok\ndcerpc fault > refused 5", false },
    { "cut in the stub", cut_stub,
      BOUND "dcerpc svcctl.CreateServiceW [a long com] > none EXEC ADMIN CUT", false },
    { "rubbish between", rubbish_between,
      BOUND "dcerpc svcctl.OpenSCManagerW [svcctl] > ok ADMIN", true },
};

static void said_init(struct said *s)
{
    yg_buf_init(&s->to, 1 << 20);
    yg_buf_init(&s->back, 1 << 20);
}

static void said_fini(struct said *s)
{
    yg_buf_fini(&s->to);
    yg_buf_fini(&s->back);
}

static void conversations(void **state)
{
    struct yg_buf text;

    (void)state;
    yg_buf_init(&text, 1 << 16);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct said s;
        struct talk_util u;
        said_init(&s);
        row[i].build(&s);
        struct yg_talk *t = talk_two(&u, 135, yg_buf_str(&s.to), yg_buf_str(&s.back));
        t->app = YG_APP_DCERPC;
        if (!yg_dcerpc_probe(t))
            fail_msg("%s: not recognised", row[i].name);
        yg_dcerpc_parse(t, &u.arena);
        if (!yg_str_eq(exchange_text(t, &text), yg_str_of(row[i].expect)))
            fail_msg("%s:\n%s\ninstead of\n%s", row[i].name, yg_buf_cstr(&text),
                     row[i].expect);
        if (row[i].broken != !!(t->anomalies & YG_ANOMALY_BIT(YG_A_APP_BROKEN)))
            fail_msg("%s: broken or not", row[i].name);
        talk_fini(&u);
        said_fini(&s);
    }
    yg_buf_fini(&text);
}

/* Bodies, places in the stream, and the client being who asks. */
static void places(void **state)
{
    struct said s;
    struct talk_util u;

    (void)state;
    said_init(&s);
    in_fragments(&s);
    struct yg_talk *t = talk_two(&u, 49155, yg_buf_str(&s.back), yg_buf_str(&s.to));
    yg_dcerpc_parse(t, &u.arena);
    assert_int_equal(t->exchanges, 2);
    const struct yg_exchange *x = &t->exchange[1];
    assert_int_equal(x->asker, YG_TO_CLIENT);
    assert_true(yg_str_eq(x->body, YG_STR("a\0b\0c\0d\0e\0f\0g\0")));
    assert_true(yg_str_eq(x->answer_body, YG_STR("\1\1\1\1\5\0\0\0")));
    assert_int_equal(x->answer_size, 8);
    assert_int_equal(x->ask_at, 72);
    assert_int_equal(x->ask_at + x->ask_len, t->side[YG_TO_CLIENT].bytes.n);
    assert_int_equal(x->answer_at + x->answer_len, t->side[YG_TO_SERVER].bytes.n);
    assert_true(x->ask_ns > 0 && x->answer_ns > 0);
    talk_fini(&u);
    said_fini(&s);
}

/* With a hole in it a stream goes on at the next PDU, without an anomaly. */
static void hole(void **state)
{
    struct said s;
    struct talk_util u;
    struct yg_buf text;

    (void)state;
    said_init(&s);
    yg_buf_init(&text, 4096);
    create_service(&s);
    call(&s, 15, "", zero);
    /* 12 bytes are lost out of the second request. */
    memmove(s.to.p + 100, s.to.p + 112, s.to.n - 112);
    s.to.n -= 12;
    struct yg_talk *t = talk_two(&u, 135, yg_buf_str(&s.to), yg_buf_str(&s.back));
    t->side[YG_TO_SERVER].gap_bytes = 12;
    yg_dcerpc_parse(t, &u.arena);
    assert_int_equal(t->anomalies, 0);
    assert_int_equal(t->exchanges, 3);
    assert_true(yg_str_eq(t->exchange[1].verb, YG_STR("svcctl.CreateServiceW")));
    assert_true(t->exchange[1].flags & YG_XF_CUT);
    assert_true(yg_str_eq(t->exchange[2].verb, YG_STR("svcctl.OpenSCManagerW")));
    yg_buf_fini(&text);
    talk_fini(&u);
    said_fini(&s);
}

static void what_is_none(void **state)
{
    static const struct {
        const char *name;
        struct yg_str bytes;
    } bad[] = {
        { "empty", { "", 0 } },
        { "short", { "\5\0\13\3\20\0\0\0\110\0\0\0\1\0\0", 15 } },
        { "another version", { "\4\0\13\3\20\0\0\0\110\0\0\0\1\0\0\0", 16 } },
        { "an unknown type", { "\5\0\24\3\20\0\0\0\110\0\0\0\1\0\0\0", 16 } },
        { "an odd byte order", { "\5\0\13\3\21\0\0\0\110\0\0\0\1\0\0\0", 16 } },
        { "shorter than its head", { "\5\0\13\3\20\0\0\0\17\0\0\0\1\0\0\0", 16 } },
        { "more authentication than bytes",
          { "\5\0\13\3\20\0\0\0\40\0\20\0\1\0\0\0", 16 } },
        { "what follows is none",
          { "\5\0\13\3\20\0\0\0\20\0\0\0\1\0\0\0GET / HTTP/1.1\r\n\r\n", 34 } },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++)
        if (yg_dcerpc_is(bad[i].bytes))
            fail_msg("%s", bad[i].name);
    assert_true(yg_dcerpc_is(YG_STR("\5\0\13\3\20\0\0\0\110\0\0\0\1\0\0\0")));
}

static void results(void **state)
{
    static const struct {
        unsigned kind;
        uint32_t status;
        uint8_t answer;
    } r[] = {
        { YG_RPC_WIN32, 0, YG_ANSWER_OK },
        { YG_RPC_WIN32, 234, YG_ANSWER_MORE },
        { YG_RPC_WIN32, 1060, YG_ANSWER_MISSING },
        { YG_RPC_WIN32, 1053, YG_ANSWER_ERROR },
        { YG_RPC_WIN32, 0xc0000022, YG_ANSWER_REFUSED },
        { YG_RPC_NTSTATUS, 0x105, YG_ANSWER_OK },
        { YG_RPC_NTSTATUS, 0xc0000034, YG_ANSWER_MISSING },
        { YG_RPC_NTSTATUS, 0x80000005, YG_ANSWER_MORE },
        { YG_RPC_NTSTATUS, 0xc00000bb, YG_ANSWER_ERROR },
        { YG_RPC_HRESULT, 1, YG_ANSWER_OK },
        { YG_RPC_HRESULT, 0x80070005, YG_ANSWER_REFUSED },
        { YG_RPC_HRESULT, 0x80070002, YG_ANSWER_MISSING },
        { YG_RPC_HRESULT, 0x80041003, YG_ANSWER_REFUSED },
        { YG_RPC_HRESULT, 0x80004005, YG_ANSWER_ERROR },
        { YG_RPC_UNKNOWN, 0x80004005, YG_ANSWER_OK },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(r); i++)
        if (yg_rpc_answer(r[i].kind, r[i].status) != r[i].answer)
            fail_msg("kind %u, status %x", r[i].kind, r[i].status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations), cmocka_unit_test(places),
        cmocka_unit_test(hole),          cmocka_unit_test(what_is_none),
        cmocka_unit_test(results),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
