/* SPDX-License-Identifier: Apache-2.0 */
/* People whom an identity provider vouches for. */
#include "people_util.h"

#define ISSUER "https://id.example.org"

static struct yg_str acme[] = { { "acme", 4 } };
static struct yg_str both[] = { { "harbor", 6 }, { "acme", 4 } };

static struct yg_vouched kim(void)
{
    return (struct yg_vouched){ .issuer = YG_STR(ISSUER),
                                .subject = YG_STR("s-1"),
                                .name = YG_STR("Kim"),
                                .full = YG_STR("Kim Lee"),
                                .role = YG_ROLE_ANALYST,
                                .scope = { .tenant = acme, .tenants = 1 },
                                .address = YG_STR(HOME),
                                .second = true };
}

static struct yg_vouched_answer in(struct world *w, const struct yg_vouched *v)
{
    struct yg_vouched_answer a;

    assert_ok(w, yg_people_vouched(w->p, v, &a, &w->err));
    return a;
}

static void out(struct world *w, const struct yg_vouched *v, const char *why)
{
    struct yg_vouched_answer a;

    assert_status(YG_EPERM, yg_people_vouched(w->p, v, &a, &w->err));
    if (!strstr(w->err.msg, why))
        fail_msg("%s", w->err.msg);
    assert_int_equal(a.secret[0], 0);
}

static struct yg_user user(struct world *w, const char *name)
{
    struct yg_user u;

    assert_ok(w, yg_people_user(w->p, &yg_principal_machine, yg_str_of(name), &w->arena,
                                &u, &w->err));
    return u;
}

static void first(void **state)
{
    struct world *w = *state;
    struct yg_vouched v = kim();
    struct yg_principal who;
    struct yg_vouched_answer a = in(w, &v);

    assert_true(a.made);
    assert_string_equal(a.name, "kim");
    assert_ok(w, yg_people_session(w->p, yg_str_of(a.secret), &w->arena, &who, &w->err));
    assert_true(yg_str_eq(who.name, YG_STR("kim")));
    assert_true(yg_str_eq(who.full, YG_STR("Kim Lee")));
    assert_int_equal(who.role, YG_ROLE_ANALYST);
    assert_false(who.must_change);
    assert_true(who.second);
    assert_int_equal(who.scope.tenants, 1);
    assert_true(user(w, "kim").vouched);
    assert_int_equal(user(w, "kim").login_ns, T0);
    /* no password lets him in, and he takes as long as others */
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_WRONG);
    assert_int_equal(login_why(w, "kim", "", HOME), YG_LOGIN_WRONG);
    /* a second time he is the same, whatever he is called */
    v.name = YG_STR("someone else entirely!");
    a = in(w, &v);
    assert_false(a.made);
    assert_false(a.changed);
    assert_string_equal(a.name, "kim");
    assert_int_equal(sql_number(w, "SELECT count(*) FROM account"), 1);
    assert_int_equal(sql_number(w, "SELECT count(*) FROM login_session"), 2);
}

static void names(void **state)
{
    struct world *w = *state;
    struct yg_vouched v = kim();

    add_user(w, "kim", YG_ROLE_SYSTEM_ADMIN, NULL);
    out(w, &v, "another user here has that name");
    v.name = YG_STR("KIM");
    out(w, &v, "another user here has that name");
    v.name = YG_STR("kim lee");
    out(w, &v, "cannot be a user's name");
    v.name = YG_STR("");
    out(w, &v, "cannot be a user's name");
    assert_int_equal(sql_number(w, "SELECT count(*) FROM login_identity"), 0);
    assert_int_equal(user(w, "kim").role, YG_ROLE_SYSTEM_ADMIN);
    assert_false(user(w, "kim").vouched);
    /* a person is issuer and subject, not one of them */
    v = kim();
    v.name = YG_STR("kim2");
    in(w, &v);
    v.subject = YG_STR("s-2");
    out(w, &v, "another user here has that name");
    v.subject = YG_STR("s-1");
    v.issuer = YG_STR(ISSUER "/");
    out(w, &v, "another user here has that name");
    v.subject = YG_STR("");
    out(w, &v, "does not say who it is");
}

static void no_role(void **state)
{
    struct world *w = *state;
    struct yg_vouched v = kim();

    v.role = YG_ROLE_NONE;
    out(w, &v, "no role");
    v = kim();
    v.scope = (struct yg_scope){ .all = false };
    out(w, &v, "needs tenants");
    v = kim();
    v.role = YG_ROLE_CUSTOMER;
    v.scope = YG_SCOPE_ALL;
    out(w, &v, "for named tenants");
    assert_int_equal(sql_number(w, "SELECT count(*) FROM account"), 0);
}

/* Rights are those of the last login; sessions with others end. */
static void rights(void **state)
{
    struct world *w = *state;
    struct yg_vouched v = kim();
    struct yg_vouched_answer before = in(w, &v), a;

    v.role = YG_ROLE_SENIOR;
    v.scope = (struct yg_scope){ .tenant = both, .tenants = 2 };
    a = in(w, &v);
    assert_true(a.changed);
    assert_status(YG_EPERM, session(w, before.secret));
    assert_status(YG_OK, session(w, a.secret));
    assert_int_equal(user(w, "kim").role, YG_ROLE_SENIOR);
    assert_int_equal(user(w, "kim").scope.tenants, 2);
    v = kim();
    before = a;
    a = in(w, &v);
    assert_true(a.changed);
    assert_status(YG_EPERM, session(w, before.secret));
    assert_int_equal(user(w, "kim").role, YG_ROLE_ANALYST);
    assert_int_equal(user(w, "kim").scope.tenants, 1);
}

static void shrunk_to_nothing(void **state)
{
    struct world *w = *state;
    struct yg_vouched v = kim();
    struct yg_vouched_answer a = in(w, &v);
    const struct yg_token t = { .user = YG_STR("kim"),
                                .label = YG_STR("t"),
                                .role = YG_ROLE_ANALYST,
                                .scope = { .tenant = acme, .tenants = 1 },
                                .expires_ns = T0 + DAY };
    char token[YG_SECRET_TEXT];
    struct yg_principal who;
    uint64_t id;

    assert_ok(w,
              yg_people_token_make(w->p, &yg_principal_machine, &t, token, &id, &w->err));
    assert_ok(w, yg_people_token(w->p, yg_str_of(token), &w->arena, &who, &w->err));
    v.role = YG_ROLE_NONE;
    out(w, &v, "no role");
    assert_status(YG_EPERM, session(w, a.secret));
    assert_int_equal(user(w, "kim").role, YG_ROLE_NONE);
    assert_int_equal(user(w, "kim").scope.tenants, 0);
    if (yg_people_token(w->p, yg_str_of(token), &w->arena, &who, &w->err) == YG_OK)
        assert_int_equal(who.role, YG_ROLE_NONE);
    /* and back */
    v = kim();
    a = in(w, &v);
    assert_true(a.changed);
    assert_false(a.made);
    assert_int_equal(user(w, "kim").role, YG_ROLE_ANALYST);
}

static void disabled(void **state)
{
    struct world *w = *state;
    struct yg_vouched v = kim();
    struct yg_vouched_answer a = in(w, &v);
    struct yg_user u = user(w, "kim");

    u.disabled = true;
    assert_ok(w, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
    assert_status(YG_EPERM, session(w, a.secret));
    v.role = YG_ROLE_SENIOR;
    out(w, &v, "disabled");
    assert_true(user(w, "kim").disabled);
    u.disabled = false;
    u.role = YG_ROLE_ANALYST;
    assert_ok(w, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
    in(w, &v);
}

static void last_admin(void **state)
{
    struct world *w = *state;
    struct yg_vouched v = kim();

    v.role = YG_ROLE_SYSTEM_ADMIN;
    v.scope = YG_SCOPE_ALL;
    in(w, &v);
    v = kim();
    out(w, &v, "last system-admin");
    v.role = YG_ROLE_NONE;
    out(w, &v, "last system-admin");
    assert_int_equal(user(w, "kim").role, YG_ROLE_SYSTEM_ADMIN);
    add_user(w, "admin", YG_ROLE_SYSTEM_ADMIN, NULL);
    v.role = YG_ROLE_ANALYST;
    in(w, &v);
    assert_int_equal(user(w, "kim").role, YG_ROLE_ANALYST);
}

/* A local user becomes the provider's by an act of who manages him, not by a name. */
static void bound(void **state)
{
    struct world *w = *state;
    struct yg_vouched v = kim();
    const struct yg_user u = { .name = YG_STR("kim"),
                               .role = YG_ROLE_VIEWER,
                               .scope = YG_SCOPE_ALL };
    char made[YG_PASSWORD_MADE], secret[YG_SECRET_TEXT];
    struct yg_principal who;

    assert_ok(
        w, yg_people_add(w->p, &yg_principal_machine, &u, YG_STR(GOOD), made, &w->err));
    out(w, &v, "bind");
    add_user(w, "boss", YG_ROLE_SENIOR, NULL);
    who = enter(w, "boss", secret);
    assert_status(YG_ENOTFOUND, yg_people_bind(w->p, &who, YG_STR("kim"), v.issuer,
                                               v.subject, &w->err));
    assert_ok(w, yg_people_bind(w->p, &yg_principal_machine, YG_STR("kim"), v.issuer,
                                v.subject, &w->err));
    assert_status(YG_EEXIST, yg_people_bind(w->p, &yg_principal_machine, YG_STR("boss"),
                                            v.issuer, v.subject, &w->err));
    assert_status(YG_EINVAL, yg_people_bind(w->p, &yg_principal_machine, YG_STR("kim"),
                                            v.issuer, YG_STR(""), &w->err));
    struct yg_vouched_answer a = in(w, &v);
    assert_false(a.made);
    assert_ok(w, yg_people_session(w->p, yg_str_of(a.secret), &w->arena, &who, &w->err));
    assert_int_equal(who.role, YG_ROLE_ANALYST);
    /* he never took the password that he was given: it has ended */
    assert_false(who.must_change);
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_WRONG);
    assert_ok(w, yg_people_unbind(w->p, &yg_principal_machine, YG_STR("kim"), &w->err));
    assert_status(YG_EPERM, session(w, a.secret));
    out(w, &v, "another user here has that name");
}

/* A service.db of before. */
static void older(void **state)
{
    struct world *w = *state;
    struct yg_vouched v = kim();

    add_user(w, "old", YG_ROLE_ANALYST, NULL);
    yg_people_close(w->p);
    w->p = NULL;
    sql(w, "DROP TABLE login_identity; PRAGMA user_version = 2");
    open_people(w);
    in(w, &v);
    assert_false(user(w, "old").vouched);
    assert_int_equal(login_why(w, "old", GOOD, HOME), YG_LOGIN_IN);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(first),    T(names),      T(no_role), T(rights), T(shrunk_to_nothing),
        T(disabled), T(last_admin), T(bound),   T(older)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
