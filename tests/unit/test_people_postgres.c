/* SPDX-License-Identifier: Apache-2.0 */
/* People in a PostgreSQL server: each statement once, with the results that SQLite gives.
 * The rules themselves are tested on SQLite. */
#include "people_util.h"

#include "postgres_util.h"

static int server_world(void **state)
{
    struct server *server = *state;
    struct world *w = calloc(1, sizeof(*w));

    server_where(server, w->path, sizeof(w->path));
    w->clock = yg_clock_manual(T0);
    yg_rng_init(&w->rng, 1);
    w->opt = (struct yg_people_options){ .where = w->path,
                                         .part = "people",
                                         .clock = &w->clock,
                                         .entropy = { from_rng, &w->rng },
                                         .hash_ops = 1,
                                         .hash_memory = 8192,
                                         .create = true };
    yg_arena_init(&w->arena, (size_t)64 << 20);
    open_people(w);
    *state = w;
    return 0;
}

static int end_world(void **state)
{
    struct world *w = *state;

    yg_people_close(w->p);
    yg_arena_fini(&w->arena);
    free(w);
    return 0;
}

static struct yg_principal in_as(struct world *w, const char *name, const char *password,
                                 const char *code)
{
    struct yg_login_answer a;
    struct yg_principal who;

    assert_ok(w, try_login(w, name, password, code, HOME, &a));
    assert_ok(w, yg_people_session(w->p, yg_str_of(a.secret), &w->arena, &who, &w->err));
    return who;
}

/* The first admin, with a password of his own. */
static struct yg_principal admin(struct world *w)
{
    char password[YG_PASSWORD_MADE], secret[YG_SECRET_TEXT];

    assert_ok(w, yg_people_first(w->p, password, &w->err));
    assert_status(YG_EEXIST, yg_people_first(w->p, secret, &w->err));
    struct yg_principal who = in_as(w, "admin", password, "");
    const struct yg_proof proof = { yg_str_of(password), YG_STR(HOME) };
    assert_ok(
        w, yg_people_change_password(w->p, &who, &proof, YG_STR(GOOD), secret, &w->err));
    return in_as(w, "admin", GOOD, "");
}

static void others(struct world *w, const struct yg_principal *by)
{
    struct yg_str tenant[] = { YG_STR("b"), YG_STR("A"), YG_STR("\xe8\x89\xa6"),
                               YG_STR("b") };
    struct yg_user u = { .name = YG_STR("kim"),
                         .role = YG_ROLE_ANALYST,
                         .scope = { .tenant = tenant, .tenants = 4 } };
    char made[YG_PASSWORD_MADE];
    struct yg_users users;

    assert_ok(w, yg_people_add(w->p, by, &u, YG_STR(GOOD_TOO), made, &w->err));
    assert_status(YG_EEXIST,
                  yg_people_add(w->p, by, &u, YG_STR(GOOD_TOO), made, &w->err));
    assert_ok(w, yg_people_users(w->p, by, &w->arena, &users, &w->err));
    assert_int_equal(users.count, 2);
    u = users.row[1];
    assert_true(yg_str_eq(u.name, YG_STR("kim")) && u.scope.tenants == 3);
    assert_true(yg_scope_has(&u.scope, YG_STR("\xe8\x89\xa6")));
    u.role = YG_ROLE_SENIOR;
    u.full = YG_STR("Kim \xe8\x89\xa6");
    assert_ok(w, yg_people_put(w->p, by, &u, &w->err));
    assert_ok(w, yg_people_user(w->p, by, YG_STR("KIM"), &w->arena, &u, &w->err));
    assert_true(u.role == YG_ROLE_SENIOR && u.scope.tenants == 3 && u.must_change);
    assert_ok(w, yg_people_set_password(w->p, by, u.name, YG_STR_NONE, made, &w->err));
    in_as(w, "kim", made, "");
    struct yg_sessions s;
    assert_ok(w, yg_people_sessions(w->p, by, u.name, &w->arena, &s, &w->err));
    assert_int_equal(s.count, 1);
    assert_ok(w, yg_people_session_end(w->p, by, u.name, s.row[0].id, &w->err));
    assert_status(YG_ENOTFOUND,
                  yg_people_session_end(w->p, by, u.name, s.row[0].id, &w->err));
}

static void tokens(struct world *w, const struct yg_principal *by)
{
    struct yg_str tenant = YG_STR("A");
    const struct yg_token t = { .user = YG_STR("admin"),
                                .role = YG_ROLE_VIEWER,
                                .scope = { .tenant = &tenant, .tenants = 1 },
                                .expires_ns = T0 + DAY };
    char text[YG_SECRET_TEXT];
    struct yg_principal who;
    struct yg_tokens list;
    uint64_t id;

    for (int i = 0; i < YG_PEOPLE_TOKENS_MAX; i++)
        assert_ok(w, yg_people_token_make(w->p, by, &t, text, &id, &w->err));
    assert_status(YG_ELIMIT, yg_people_token_make(w->p, by, &t, text, &id, &w->err));
    assert_ok(w, yg_people_tokens(w->p, by, YG_STR(""), &w->arena, &list, &w->err));
    assert_int_equal(list.count, YG_PEOPLE_TOKENS_MAX);
    assert_ok(w, yg_people_token_end(w->p, by, list.row[0].id, &w->err));
    assert_ok(w, yg_people_token_make(w->p, by, &t, text, &id, &w->err));
    assert_ok(w, yg_people_token(w->p, yg_str_of(text), &w->arena, &who, &w->err));
    assert_true(who.scope.tenants == 1 && who.role == YG_ROLE_VIEWER);
}

static void second_factor(struct world *w, const struct yg_principal *who)
{
    const struct yg_proof proof = { YG_STR(GOOD), YG_STR(HOME) };
    char text[YG_TOTP_TEXT], codes[YG_PEOPLE_CODES][YG_CODE_TEXT], secret[YG_SECRET_TEXT];
    char code[8];
    struct yg_login_answer a;
    struct yg_buf uri;

    yg_buf_init(&uri, 4096);
    assert_ok(w, yg_people_totp_enrol(w->p, who, &proof, text, &uri, &w->err));
    yg_buf_fini(&uri);
    code_at(text, w->clock.manual_ns, code);
    assert_ok(w,
              yg_people_totp_confirm(w->p, who, yg_str_of(code), codes, secret, &w->err));
    assert_status(YG_EPERM, try_login(w, "admin", GOOD, "", HOME, &a));
    assert_int_equal(a.why, YG_LOGIN_CODE);
    assert_status(YG_EPERM, try_login(w, "admin", GOOD, code, HOME, &a));
    w->clock.manual_ns += 30 * SECOND;
    code_at(text, w->clock.manual_ns, code);
    in_as(w, "admin", GOOD, code);
    in_as(w, "admin", GOOD, codes[0]);
    assert_status(YG_EPERM, try_login(w, "admin", GOOD, codes[0], HOME, &a));
    assert_ok(w,
              yg_people_totp_drop(w->p, &yg_principal_machine, YG_STR("admin"), &w->err));
    in_as(w, "admin", GOOD, "");
}

static void vouched(struct world *w)
{
    const struct yg_vouched v = { .issuer = YG_STR("https://id.example.org"),
                                  .subject = YG_STR("s-1"),
                                  .name = YG_STR("vera"),
                                  .role = YG_ROLE_ANALYST,
                                  .scope = YG_SCOPE_ALL,
                                  .address = YG_STR(HOME) };
    struct yg_vouched_answer a;

    assert_ok(w, yg_people_vouched(w->p, &v, &a, &w->err));
    assert_true(a.made);
    assert_ok(w, yg_people_vouched(w->p, &v, &a, &w->err));
    assert_false(a.made);
    assert_status(YG_EEXIST, yg_people_bind(w->p, &yg_principal_machine, YG_STR("admin"),
                                            v.issuer, v.subject, &w->err));
    assert_ok(w, yg_people_unbind(w->p, &yg_principal_machine, YG_STR("vera"), &w->err));
    assert_status(YG_EPERM, yg_people_vouched(w->p, &v, &a, &w->err));
    assert_ok(w, yg_people_bind(w->p, &yg_principal_machine, YG_STR("vera"), v.issuer,
                                v.subject, &w->err));
    assert_ok(w, yg_people_vouched(w->p, &v, &a, &w->err));
}

static void waiting(struct world *w)
{
    for (int i = 0; i < 5; i++)
        assert_int_equal(login_why(w, "admin", "wrong", "198.51.100.1"), YG_LOGIN_WRONG);
    assert_int_equal(login_why(w, "admin", GOOD, "198.51.100.1"), YG_LOGIN_WAIT);
    w->clock.manual_ns += SECOND;
    for (int i = 0; i < YG_PEOPLE_SESSIONS_MAX + 5; i++)
        assert_int_equal(login_why(w, "admin", GOOD, "198.51.100.1"), YG_LOGIN_IN);
    struct yg_sessions s;
    assert_ok(w, yg_people_sessions(w->p, &yg_principal_machine, YG_STR("admin"),
                                    &w->arena, &s, &w->err));
    assert_int_equal(s.count, YG_PEOPLE_SESSIONS_MAX);
    w->clock.manual_ns += HOUR;
    assert_ok(w, yg_people_sessions(w->p, &yg_principal_machine, YG_STR("admin"),
                                    &w->arena, &s, &w->err));
    assert_int_equal(s.count, 0);
}

static void everything_once(void **state)
{
    struct world *w = *state;
    struct yg_principal who = admin(w);

    others(w, &who);
    tokens(w, &who);
    assert_ok(w, yg_people_set_own(w->p, &who, YG_STR("A"), YG_STR("ja"), YG_STR("Z"),
                                   &w->err));
    second_factor(w, &who);
    vouched(w);
    open_people(w);
    waiting(w);
    who = in_as(w, "admin", GOOD, "");
    assert_true(yg_str_eq(who.language, YG_STR("ja")));
    assert_ok(w, yg_people_logout(w->p, &who, &w->err));
}

static void skipped(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    static struct server server;
    const char *why = "this build is without PostgreSQL";
    struct CMUnitTest test =
        cmocka_unit_test_setup_teardown(everything_once, server_world, end_world);

    if (yg_db_built(YG_DB_POSTGRES) && server_ready(&server, &why)) {
        test.initial_state = &server;
    } else {
        printf("# PostgreSQL is skipped: %s\n", why);
        test = (struct CMUnitTest)cmocka_unit_test(skipped);
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = _cmocka_run_group_tests("people_postgres", &test, 1, NULL, NULL);
    server_end(&server);
    return failed;
}
