/* SPDX-License-Identifier: Apache-2.0 */
/* Coming in: first start, passwords, waiting after failures, sessions, second factor.
 * What people do to other people and tokens are in test_people_others.c. */
#include "people_util.h"

#include "people/password.h"

/* ---- the first one ----------------------------------------------------------------- */

static void the_first_start_makes_one_admin(void **state)
{
    struct world *w = *state;
    char password[YG_PASSWORD_MADE];
    struct yg_login_answer a;
    struct yg_principal who;
    struct stat sb;

    assert_ok(w, yg_people_first(w->p, password, &w->err));
    assert_int_equal(strlen(password), 24);
    assert_int_equal(stat(w->path, &sb), 0);
    assert_int_equal(sb.st_mode & 0777, 0600);
    char again[YG_PASSWORD_MADE];
    assert_status(YG_EEXIST, yg_people_first(w->p, again, &w->err));
    assert_ok(w, try_login(w, "Admin", password, "", HOME, &a));
    assert_true(a.must_change);
    assert_ok(w, yg_people_session(w->p, yg_str_of(a.secret), &w->arena, &who, &w->err));
    assert_true(who.must_change && who.role == YG_ROLE_SYSTEM_ADMIN && who.scope.all);
    /* nothing but changing it */
    assert_false(yg_principal_may(&who, YG_VERB_READ, YG_OBJ_ALERT));
    const struct yg_proof proof = { yg_str_of(password), YG_STR(HOME) };
    char secret[YG_SECRET_TEXT];
    assert_ok(
        w, yg_people_change_password(w->p, &who, &proof, YG_STR(GOOD), secret, &w->err));
    assert_status(YG_EPERM, session(w, a.secret));
    assert_ok(w, yg_people_session(w->p, yg_str_of(secret), &w->arena, &who, &w->err));
    assert_true(yg_principal_may(&who, YG_VERB_READ, YG_OBJ_ALERT));
}

static void nothing_secret_is_in_the_file(void **state)
{
    struct world *w = *state;
    char password[YG_PASSWORD_MADE];
    struct yg_login_answer a;

    assert_ok(w, yg_people_first(w->p, password, &w->err));
    assert_ok(w, try_login(w, "admin", password, "", HOME, &a));
    yg_people_close(w->p);
    w->p = NULL;
    FILE *f = fopen(w->path, "rb");
    static char file[1 << 20];
    assert_non_null(f);
    const size_t n = fread(file, 1, sizeof(file), f);
    fclose(f);
    assert_true(n > 4096 && n < sizeof(file));
    assert_non_null(memmem(file, n, "system-admin", 12));
    assert_null(memmem(file, n, password, strlen(password)));
    assert_null(memmem(file, n, a.secret, strlen(a.secret)));
}

/* ---- passwords --------------------------------------------------------------------- */

static void password_rules(void **state)
{
    char longest[YG_PASSWORD_MAX + 2];
    for (size_t i = 0; i < sizeof(longest); i++)
        longest[i] = (char)('a' + i * 7 % 26);
    const struct {
        const char *what;
        struct yg_str password;
        bool taken;
    } c[] = {
        { "four words", YG_STR(GOOD), true },
        { "no digit and no capital", YG_STR("wolkenkuckucksheim"), true },
        { "12 characters", YG_STR("vq8#Lm2xRt0e"), true },
        { "11 characters", YG_STR("vq8#Lm2xRt0"), false },
        { "empty", YG_STR_NONE, false },
        { "256 bytes", { longest, 256 }, true },
        { "257 bytes", { longest, 257 }, false },
        { "12 characters of three bytes",
          YG_STR(
              "\xe6\x98\xa5\xe3\x81\xaf\xe6\x9b\x99\xe3\x82\x84\xe3\x81\x86\xe7\x99\xbd"
              "\xe3\x81\x8f\xe3\x81\xaa\xe3\x82\x8a\xe3\x82\x86\xe3\x81\x8f\xe5\xb1"
              "\xb1"),
          true },
        { "four characters of three bytes",
          YG_STR("\xe6\x98\xa5\xe3\x81\xaf\xe6\x9b\x99\xe3\x82\x84"), false },
        { "a space within and at the ends", YG_STR("  open marsh kiln  "), true },
        { "a NUL", YG_STR("vq8#Lm2xRt0e\0"), false },
        { "a line end", YG_STR("vq8#Lm2xRt0e\n"), false },
        { "not UTF-8", YG_STR("vq8#Lm2xRt0e\xff"), false },
        { "common", YG_STR("password1234"), false },
        { "common, in disguise", YG_STR("P@ssw0rd!!!2024"), false },
        { "two common ones", YG_STR("Welcome-Summer-26"), false },
        { "one character", YG_STR("aaaaaaaaaaaaaaaa"), false },
        { "a run up", YG_STR("abcdefghijklmnop"), false },
        { "a run down", YG_STR("987654321zyxwvut"), false },
        { "digits in a ring", YG_STR("123123123123123"), false },
        { "a row of keys", YG_STR("qwertyuiop1234"), false },
        { "the user's name", YG_STR("kim.lee.kim.lee"), false },
        { "a part of it and a year", YG_STR("Kim-Lee-2026"), false },
        { "the tenant's", YG_STR("harbor-bank-26"), false },
        { "the product's", YG_STR("yagura-yagura1"), false },
        { "a name within a long one", YG_STR("kim keeps nine jars of fog"), true },
    };
    struct yg_str tenant = YG_STR("Harbor-Bank");
    const struct yg_scope tenants = { .tenant = &tenant, .tenants = 1 };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct yg_err err = { 0 };
        enum yg_status st = yg_password_check(
            c[i].password, YG_STR("kim.lee@example.org"), &tenants, &err);
        if ((st == YG_OK) != c[i].taken)
            fail_msg("%s: %s %s", c[i].what, yg_status_name(st), err.msg);
        assert_true(st == YG_OK || err.msg[0]);
        assert_true(c[i].password.n == 0 ||
                    !memmem(err.msg, strlen(err.msg), c[i].password.p, c[i].password.n));
    }
}

static void a_hash_is_made_again_when_its_cost_grows(void **state)
{
    struct world *w = *state;
    struct yg_login_answer a;
    char secret[YG_SECRET_TEXT];

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    enter(w, "kim", secret);
    assert_int_equal(sql_number(w, "SELECT hash LIKE '%m=8,t=1,%' FROM account"), 1);
    w->opt.hash_ops = 2;
    w->opt.hash_memory = 16384;
    open_people(w);
    assert_status(YG_EPERM, try_login(w, "kim", GOOD_TOO, "", HOME, &a));
    assert_int_equal(sql_number(w, "SELECT hash LIKE '%m=8,t=1,%' FROM account"), 1);
    assert_ok(w, try_login(w, "kim", GOOD, "", HOME, &a));
    assert_int_equal(sql_number(w, "SELECT hash LIKE '%m=16,t=2,%' FROM account"), 1);
    assert_ok(w, session(w, secret));
    assert_ok(w, try_login(w, "kim", GOOD, "", HOME, &a));
    w->opt.hash_ops = 1; /* never down again */
    open_people(w);
    assert_ok(w, try_login(w, "kim", GOOD, "", HOME, &a));
    assert_int_equal(sql_number(w, "SELECT hash LIKE '%m=16,t=2,%' FROM account"), 1);
}

static void hashes_that_are_none(void **state)
{
    static const char *const bad[] = {
        "",
        "x",
        GOOD,
        "$argon2id$v=19$m=8,t=1,p=1$",
        "$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=8,t=99999999,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=,t=,p=1$$",
        "$argon2id$v=19$m=8",
        "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    char nobody[YG_PASSWORD_HASH];

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++) {
        assert_false(yg_password_match(YG_STR(GOOD), bad[i]));
        assert_false(yg_password_match(YG_STR(""), bad[i]));
    }
    yg_password_nobody(yg_password_cost(1, 8192), nobody);
    assert_false(yg_password_match(YG_STR(""), nobody));
    assert_false(yg_password_is_old(nobody, yg_password_cost(1, 8192)));
    assert_true(yg_password_is_old(nobody, yg_password_cost(0, 0)));
}

/* A name that is not there costs what a wrong password costs: the same hash is computed.
 */
static void an_unknown_name_costs_the_same(void **state)
{
    struct world *w = *state;
    const struct yg_login in = { YG_STR("nobody"), YG_STR(GOOD), YG_STR(""),
                                 YG_STR(HOME) };
    struct yg_login_work work;
    struct yg_login_answer a;
    char head[40];

    assert_status(YG_OK, yg_people_login_begin(w->p, &in, &work, &a, &w->err));
    snprintf(head, sizeof(head), "$argon2id$v=19$m=8,t=1,p=1$");
    assert_memory_equal(work.hash, head, strlen(head));
    assert_int_equal(strlen(work.hash), strlen(head) + 22 + 1 + 43);
    yg_people_login_hash(&work);
    assert_false(work.match);
    assert_status(YG_EPERM, yg_people_login_end(w->p, &in, &work, &a, &w->err));
    char unknown[512];
    snprintf(unknown, sizeof(unknown), "%s", w->err.msg);
    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    assert_int_equal(login_why(w, "kim", "wrong", HOME), YG_LOGIN_WRONG);
    assert_string_equal(w->err.msg, unknown);
}

/* ---- sessions -----------------------------------------------------------------------
 */

static void a_session_ends(void **state)
{
    struct world *w = *state;
    char secret[YG_SECRET_TEXT], other[YG_SECRET_TEXT];

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    struct yg_principal who = enter(w, "kim", secret);
    assert_true(yg_str_eq(who.name, YG_STR("kim")) && who.role == YG_ROLE_ANALYST);
    assert_true(yg_scope_has(&who.scope, YG_STR("acme")) && who.scope.tenants == 1);
    assert_true(who.expires_ns == T0 + 12 * HOUR && !who.second && who.session);
    w->clock.manual_ns += 30 * MINUTE - 1; /* idle */
    assert_ok(w, session(w, secret));
    w->clock.manual_ns += 30 * MINUTE - 1;
    assert_ok(w, session(w, secret));
    w->clock.manual_ns += 30 * MINUTE;
    assert_status(YG_EPERM, session(w, secret));
    enter(w, "kim", other);
    assert_string_not_equal(secret, other);
    for (int i = 0; i < 12 * 4 - 1; i++) { /* never idle, but too long */
        w->clock.manual_ns += 15 * MINUTE;
        assert_ok(w, session(w, other));
    }
    w->clock.manual_ns += 15 * MINUTE;
    assert_status(YG_EPERM, session(w, other));
    enter(w, "kim", secret);
    assert_int_equal(sql_number(w, "SELECT count(*) FROM login_session"), 1);
    w->clock.manual_ns -= 10 * MINUTE; /* a clock that was set back gives nothing */
    assert_status(YG_EPERM, session(w, secret));
}

static void a_logout_ends_one_session(void **state)
{
    struct world *w = *state;
    char one[YG_SECRET_TEXT], two[YG_SECRET_TEXT];

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    struct yg_principal who = enter(w, "kim", one);
    enter(w, "kim", two);
    assert_ok(w, yg_people_logout(w->p, &who, &w->err));
    assert_status(YG_EPERM, session(w, one));
    assert_ok(w, session(w, two));
    assert_ok(w, yg_people_logout(w->p, &who, &w->err)); /* twice is no failure */
}

static void cookies_that_are_none(void **state)
{
    struct world *w = *state;
    char secret[YG_SECRET_TEXT], text[64];
    struct yg_principal who;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    enter(w, "kim", secret);
    size_t n = strlen(secret);
    assert_int_equal(n, 43);
    for (size_t i = 0; i < n; i++) { /* another letter anywhere; also in the last bits */
        memcpy(text, secret, n + 1);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        assert_status(YG_EPERM, session(w, text));
    }
    for (size_t len = 0; len < n; len++)
        assert_status(YG_EPERM, yg_people_session(w->p, (struct yg_str){ secret, len },
                                                  &w->arena, &who, &w->err));
    snprintf(text, sizeof(text), "%s=", secret);
    assert_status(YG_EPERM, session(w, text));
    snprintf(text, sizeof(text), "ygt_%s", secret);
    assert_status(YG_EPERM, session(w, text));
    assert_status(YG_EPERM,
                  yg_people_token(w->p, yg_str_of(text), &w->arena, &who, &w->err));
    assert_status(YG_EPERM,
                  yg_people_token(w->p, yg_str_of(secret), &w->arena, &who, &w->err));
    assert_status(YG_EPERM,
                  yg_people_session(w->p, YG_STR_NONE, &w->arena, &who, &w->err));
    assert_ok(w, session(w, secret));
}

static void a_session_has_its_csrf_text(void **state)
{
    struct world *w = *state;
    char one[YG_SECRET_TEXT], two[YG_SECRET_TEXT];

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    struct yg_principal a = enter(w, "kim", one), b = enter(w, "kim", two);
    assert_int_equal(strlen(a.csrf), 43);
    assert_string_not_equal(a.csrf, one);
    assert_true(yg_principal_csrf(&a, yg_str_of(a.csrf)));
    assert_false(yg_principal_csrf(&a, yg_str_of(b.csrf)));
    assert_false(yg_principal_csrf(&a, yg_str_of(one)));
    assert_false(yg_principal_csrf(&a, YG_STR("")));
    assert_false(yg_principal_csrf(&a, YG_STR_NONE));
    assert_false(yg_principal_csrf(&yg_principal_machine, YG_STR("")));
}

static void changing_a_password(void **state)
{
    struct world *w = *state;
    char one[YG_SECRET_TEXT], two[YG_SECRET_TEXT], fresh[YG_SECRET_TEXT] = "";
    const struct yg_proof wrong = { YG_STR(GOOD_TOO), YG_STR(HOME) },
                          right = { YG_STR(GOOD), YG_STR(HOME) };

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    struct yg_principal who = enter(w, "kim", one);
    enter(w, "kim", two);
    const struct {
        const char *what;
        const struct yg_proof *proof;
        struct yg_str password;
        enum yg_status want;
    } c[] = { { "the old one is wrong", &wrong, YG_STR(GOOD_TOO), YG_EPERM },
              { "the new one is the old one", &right, YG_STR(GOOD), YG_EINVAL },
              { "the new one is poor", &right, YG_STR("kim kim kim 12"), YG_EINVAL },
              { "good", &right, YG_STR(GOOD_TOO), YG_OK } };
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        assert_status(c[i].want,
                      yg_people_change_password(w->p, &who, c[i].proof, c[i].password,
                                                fresh, &w->err));
        assert_status(c[i].want == YG_OK ? YG_EPERM : YG_OK, session(w, two));
    }
    assert_status(YG_EPERM, session(w, one));
    assert_ok(w, session(w, fresh));
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_WRONG);
    assert_int_equal(login_why(w, "kim", GOOD_TOO, HOME), YG_LOGIN_IN);
    /* who has only a session cannot find the password with it */
    assert_ok(w, yg_people_session(w->p, yg_str_of(fresh), &w->arena, &who, &w->err));
    for (int i = 0; i < 5; i++)
        assert_status(YG_EPERM, yg_people_change_password(w->p, &who, &right,
                                                          YG_STR(GOOD), one, &w->err));
    const struct yg_proof now = { YG_STR(GOOD_TOO), YG_STR(HOME) };
    assert_status(YG_EPERM, yg_people_change_password(w->p, &who, &now, YG_STR(GOOD), one,
                                                      &w->err));
    assert_non_null(strstr(w->err.msg, "wait"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_first_start_makes_one_admin),
        CASE(nothing_secret_is_in_the_file),
        cmocka_unit_test(password_rules),
        CASE(a_hash_is_made_again_when_its_cost_grows),
        cmocka_unit_test(hashes_that_are_none),
        CASE(an_unknown_name_costs_the_same),
        CASE(a_session_ends),
        CASE(a_logout_ends_one_session),
        CASE(cookies_that_are_none),
        CASE(a_session_has_its_csrf_text),
        CASE(changing_a_password),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
