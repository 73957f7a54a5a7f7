/* SPDX-License-Identifier: Apache-2.0 */
/* The second factor and its recovery codes. */
#include "people_util.h"

/* RFC 6238, appendix B: the last six of its eight digits. */
static void totp_is_rfc_6238(void **state)
{
    static const struct {
        uint64_t at_s;
        uint32_t code;
    } c[] = { { 59, 287082 },         { 1111111109, 81804 },
              { 1111111111, 50471 },  { 1234567890, 5924 },
              { 2000000000, 279037 }, { UINT64_C(20000000000), 353130 } };
    const unsigned char *secret = (const unsigned char *)"12345678901234567890";

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++)
        assert_int_equal(yg_totp_code(secret, c[i].at_s / 30), c[i].code);
    int64_t step;
    const int64_t now = INT64_C(1111111111) * SECOND;
    assert_true(yg_totp_match(secret, YG_STR("050 471"), now, 0, &step));
    assert_int_equal(step, 37037037);
    assert_false(yg_totp_match(secret, YG_STR("50471"), now, 0, &step));
    assert_false(yg_totp_match(secret, YG_STR("0504710"), now, 0, &step));
    assert_false(yg_totp_match(secret, YG_STR("05047x"), now, 0, &step));
    assert_false(yg_totp_match(secret, YG_STR(""), now, 0, &step));
    assert_true(yg_totp_match(secret, YG_STR("050471"), now + 30 * SECOND, 0, &step));
    assert_true(yg_totp_match(secret, YG_STR("050471"), now - 30 * SECOND, 0, &step));
    assert_false(yg_totp_match(secret, YG_STR("050471"), now + 60 * SECOND, 0, &step));
    assert_false(yg_totp_match(secret, YG_STR("050471"), now - 60 * SECOND, 0, &step));
    assert_true(yg_totp_match(secret, YG_STR("050471"), now, 37037036, &step));
    assert_false(yg_totp_match(secret, YG_STR("050471"), now, 37037037, &step));
    struct yg_buf uri;
    yg_buf_init(&uri, 4096);
    yg_totp_uri(&uri, YG_STR("kim@example.org"), secret);
    assert_string_equal(yg_buf_cstr(&uri),
                        "otpauth://totp/yagura:kim%40example.org?secret="
                        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=yagura&digits=6&period="
                        "30");
    yg_buf_fini(&uri);
}

/* Enrolled and confirmed; `text` is the secret, `secret` the new session's. */
static struct yg_principal enrol(struct world *w, char text[YG_TOTP_TEXT],
                                 char codes[YG_PEOPLE_CODES][YG_CODE_TEXT],
                                 char secret[YG_SECRET_TEXT])
{
    const struct yg_proof proof = { YG_STR(GOOD), YG_STR(HOME) };
    struct yg_principal who = enter(w, "kim", secret);
    struct yg_buf uri;
    char code[8], old[YG_SECRET_TEXT];

    yg_buf_init(&uri, 4096);
    assert_ok(w, yg_people_totp_enrol(w->p, &who, &proof, text, &uri, &w->err));
    assert_non_null(strstr(yg_buf_cstr(&uri), text));
    yg_buf_fini(&uri);
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN); /* not yet asked */
    memcpy(old, secret, sizeof(old));
    code_at(text, w->clock.manual_ns + 10 * MINUTE, code);
    assert_status(YG_EPERM, yg_people_totp_confirm(w->p, &who, yg_str_of(code), codes,
                                                   secret, &w->err));
    code_at(text, w->clock.manual_ns, code);
    assert_ok(
        w, yg_people_totp_confirm(w->p, &who, yg_str_of(code), codes, secret, &w->err));
    assert_status(YG_EPERM, session(w, old));
    assert_ok(w, yg_people_session(w->p, yg_str_of(secret), &w->arena, &who, &w->err));
    assert_true(who.second);
    return who;
}

static void a_second_factor(void **state)
{
    struct world *w = *state;
    char text[YG_TOTP_TEXT], codes[YG_PEOPLE_CODES][YG_CODE_TEXT], secret[YG_SECRET_TEXT];
    char code[8];
    struct yg_login_answer a;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    enrol(w, text, codes, secret);
    code_at(text, w->clock.manual_ns, code);
    /* the code that confirmed is used up */
    assert_status(YG_EPERM, try_login(w, "kim", GOOD, code, HOME, &a));
    assert_int_equal(a.why, YG_LOGIN_WRONG);
    assert_status(YG_EPERM, try_login(w, "kim", GOOD, "", HOME, &a));
    assert_int_equal(a.why, YG_LOGIN_CODE);
    assert_int_equal(a.secret[0], 0);
    /* without the password no code is asked for */
    assert_int_equal(login_why(w, "kim", "wrong", HOME), YG_LOGIN_WRONG);
    w->clock.manual_ns += 30 * SECOND;
    code_at(text, w->clock.manual_ns, code);
    assert_ok(w, try_login(w, "kim", GOOD, code, HOME, &a));
    assert_status(YG_EPERM, try_login(w, "kim", GOOD, code, HOME, &a)); /* once */
    code_at(text, w->clock.manual_ns - 30 * SECOND, code); /* nor an older one */
    assert_status(YG_EPERM, try_login(w, "kim", GOOD, code, HOME, &a));
    /* guessing codes waits as guessing passwords does */
    w->clock.manual_ns += 3 * DAY;
    for (int i = 0; i < 5; i++) {
        assert_status(YG_EPERM, try_login(w, "kim", GOOD, "000000", HOME, &a));
        assert_int_equal(a.why, YG_LOGIN_WRONG);
    }
    assert_status(YG_EPERM, try_login(w, "kim", GOOD, "000001", HOME, &a));
    assert_int_equal(a.why, YG_LOGIN_WAIT);
}

static void recovery_codes(void **state)
{
    struct world *w = *state;
    char text[YG_TOTP_TEXT], codes[YG_PEOPLE_CODES][YG_CODE_TEXT], secret[YG_SECRET_TEXT];
    struct yg_login_answer a;
    struct yg_user u;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    add_user(w, "lee", YG_ROLE_ANALYST, "acme");
    enrol(w, text, codes, secret);
    for (int i = 0; i < YG_PEOPLE_CODES; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(codes[i], codes[k]);
    assert_ok(w, try_login(w, "kim", GOOD, codes[3], HOME, &a));
    assert_true(a.recovery && a.codes_left == 9);
    assert_status(YG_EPERM, try_login(w, "kim", GOOD, codes[3], HOME, &a)); /* once */
    for (char *c = codes[4]; *c; c++) /* as somebody types it */
        *c = *c == '-' ? ' ' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    assert_ok(w, try_login(w, "kim", GOOD, codes[4], HOME, &a));
    assert_ok(w, yg_people_user(w->p, &yg_principal_machine, YG_STR("kim"), &w->arena, &u,
                                &w->err));
    assert_true(u.totp && u.codes_left == 8);
    /* of nobody else */
    sql(w, "UPDATE account SET totp = (SELECT totp FROM account WHERE name = 'kim')");
    assert_status(YG_EPERM, try_login(w, "lee", GOOD, codes[5], HOME, &a));
    assert_ok(w,
              yg_people_totp_drop(w->p, &yg_principal_machine, YG_STR("kim"), &w->err));
    assert_status(YG_EPERM, session(w, secret));
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN);
    assert_int_equal(sql_number(w, "SELECT count(*) FROM recovery_code"), 0);
}

static void leaving_it_needs_the_password(void **state)
{
    struct world *w = *state;
    char text[YG_TOTP_TEXT], codes[YG_PEOPLE_CODES][YG_CODE_TEXT], secret[YG_SECRET_TEXT];
    const struct yg_proof wrong = { YG_STR(GOOD_TOO), YG_STR(HOME) },
                          right = { YG_STR(GOOD), YG_STR(HOME) };
    char fresh[YG_SECRET_TEXT];

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    struct yg_principal who = enrol(w, text, codes, secret);
    assert_status(YG_EPERM, yg_people_totp_leave(w->p, &who, &wrong, fresh, &w->err));
    assert_ok(w, session(w, secret));
    assert_ok(w, yg_people_totp_leave(w->p, &who, &right, fresh, &w->err));
    assert_status(YG_EPERM, session(w, secret));
    assert_ok(w, session(w, fresh));
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN);
    /* a machine, and who is not in, has no second factor */
    assert_status(YG_EPERM, yg_people_totp_leave(w->p, &yg_principal_machine, &right,
                                                 fresh, &w->err));
    assert_status(YG_EPERM,
                  yg_people_totp_leave(w->p, &(struct yg_principal){ .user = 1 }, &right,
                                       fresh, &w->err));
}

static void odd_second_factors_let_nobody_in(void **state)
{
    static const char *const odd[] = {
        "UPDATE account SET totp = x''",
        "UPDATE account SET totp = x'00'",
        "UPDATE account SET totp = zeroblob(100000)",
        "UPDATE account SET totp = zeroblob(20), totp_step = 9223372036854775807",
    };
    struct world *w = *state;
    struct yg_login_answer a;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    for (size_t i = 0; i < YG_ARRAY_LEN(odd); i++) {
        char code[8], address[32];
        snprintf(address, sizeof(address), "10.0.%zu.1", i);
        sql(w, odd[i]);
        code_at("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", w->clock.manual_ns, code);
        assert_status(YG_EPERM, try_login(w, "kim", GOOD, code, address, &a));
        assert_status(YG_EPERM, try_login(w, "kim", GOOD, "", address, &a));
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totp_is_rfc_6238),
        CASE(a_second_factor),
        CASE(recovery_codes),
        CASE(leaving_it_needs_the_password),
        CASE(odd_second_factors_let_nobody_in),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
