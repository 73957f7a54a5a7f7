/* SPDX-License-Identifier: Apache-2.0 */
/* What people do to other people: users, sessions and tokens of others, within one's
 * tenants and never more than one has; rows that somebody else wrote. */
#include "people_util.h"

static struct yg_user look(struct world *w, const char *name)
{
    struct yg_user u;

    assert_ok(w, yg_people_user(w->p, &yg_principal_machine, yg_str_of(name), &w->arena,
                                &u, &w->err));
    return u;
}

/* ---- users --------------------------------------------------------------------------
 */

static void what_a_user_may_be(void **state)
{
    static struct yg_str acme = { "acme", 4 }, odd = { "a\x1b", 2 }, empty = { "", 0 };
    const struct yg_scope one = { .tenant = &acme, .tenants = 1 },
                          none = { .all = false }, bad = { .tenant = &odd, .tenants = 1 },
                          blank = { .tenant = &empty, .tenants = 1 };
    const struct {
        const char *what;
        struct yg_user u;
        enum yg_status want;
    } c[] = {
        { "plain", { .name = YG_STR("a"), .role = YG_ROLE_VIEWER, .scope = one }, YG_OK },
        { "again, in capitals",
          { .name = YG_STR("A"), .role = YG_ROLE_VIEWER, .scope = one },
          YG_EEXIST },
        { "an address",
          { .name = YG_STR("kim.lee+x@example.org"),
            .role = YG_ROLE_VIEWER,
            .scope = one },
          YG_OK },
        { "no name",
          { .name = YG_STR(""), .role = YG_ROLE_VIEWER, .scope = one },
          YG_EINVAL },
        { "a dash first",
          { .name = YG_STR("-x"), .role = YG_ROLE_VIEWER, .scope = one },
          YG_EINVAL },
        { "a space",
          { .name = YG_STR("k m"), .role = YG_ROLE_VIEWER, .scope = one },
          YG_EINVAL },
        { "a NUL",
          { .name = YG_STR("k\0m"), .role = YG_ROLE_VIEWER, .scope = one },
          YG_EINVAL },
        { "a letter that looks like another",
          { .name = YG_STR("\xd0\xb0"), .role = YG_ROLE_VIEWER, .scope = one },
          YG_EINVAL },
        { "no role", { .name = YG_STR("b"), .scope = one }, YG_EINVAL },
        { "no such role",
          { .name = YG_STR("b"), .role = YG_ROLE_COUNT, .scope = one },
          YG_EINVAL },
        { "no tenants",
          { .name = YG_STR("b"), .role = YG_ROLE_VIEWER, .scope = none },
          YG_EINVAL },
        { "a tenant with an escape",
          { .name = YG_STR("b"), .role = YG_ROLE_VIEWER, .scope = bad },
          YG_EINVAL },
        { "a tenant without a name",
          { .name = YG_STR("b"), .role = YG_ROLE_VIEWER, .scope = blank },
          YG_EINVAL },
        { "a customer of all",
          { .name = YG_STR("b"), .role = YG_ROLE_CUSTOMER, .scope = YG_SCOPE_ALL },
          YG_EINVAL },
        { "a tenant's admin of all",
          { .name = YG_STR("b"), .role = YG_ROLE_TENANT_ADMIN, .scope = YG_SCOPE_ALL },
          YG_EINVAL },
        { "a system's admin of one",
          { .name = YG_STR("b"), .role = YG_ROLE_SYSTEM_ADMIN, .scope = one },
          YG_EINVAL },
        { "an auditor of all",
          { .name = YG_STR("aud"), .role = YG_ROLE_AUDITOR, .scope = YG_SCOPE_ALL },
          YG_OK },
        { "a language",
          { .name = YG_STR("c"),
            .role = YG_ROLE_VIEWER,
            .scope = one,
            .language = YG_STR("ja"),
            .zone = YG_STR("Asia/Tokyo") },
          YG_OK },
        { "another one",
          { .name = YG_STR("d"),
            .role = YG_ROLE_VIEWER,
            .scope = one,
            .language = YG_STR("fr") },
          YG_EINVAL },
        { "a zone that is a path",
          { .name = YG_STR("d"),
            .role = YG_ROLE_VIEWER,
            .scope = one,
            .zone = YG_STR("../etc/passwd") },
          YG_EINVAL },
        { "a zone of offsets",
          { .name = YG_STR("e"),
            .role = YG_ROLE_VIEWER,
            .scope = one,
            .zone = YG_STR("+09:00") },
          YG_OK },
        { "one too far",
          { .name = YG_STR("d"),
            .role = YG_ROLE_VIEWER,
            .scope = one,
            .zone = YG_STR("+19:00") },
          YG_EINVAL },
        { "a name that turns the line around",
          { .name = YG_STR("d"),
            .role = YG_ROLE_VIEWER,
            .scope = one,
            .full = YG_STR("Kim \xe2\x80\xaetxt") },
          YG_EINVAL },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        char made[YG_PASSWORD_MADE];
        enum yg_status st = yg_people_add(w->p, &yg_principal_machine, &c[i].u,
                                          YG_STR_NONE, made, &w->err);
        if (st != c[i].want)
            fail_msg("%s: %s %s", c[i].what, yg_status_name(st), w->err.msg);
        assert_int_equal(strlen(made), st == YG_OK ? 24 : 0);
    }
    assert_true(yg_str_eq(look(w, "a").language, YG_STR("en")));
    assert_true(look(w, "a").must_change);
}

/* The cases of rights: a tenant's admin of acme and beta. */
static struct yg_principal tenant_admin(struct world *w)
{
    static struct yg_str t[] = { { "acme", 4 }, { "beta", 4 } };
    const struct yg_user u = { .name = YG_STR("boss"),
                               .role = YG_ROLE_TENANT_ADMIN,
                               .scope = { .tenant = t, .tenants = 2 } };
    char made[YG_PASSWORD_MADE], secret[YG_SECRET_TEXT];

    assert_ok(
        w, yg_people_add(w->p, &yg_principal_machine, &u, YG_STR(GOOD), made, &w->err));
    sql(w, "UPDATE account SET must_change = 0");
    return enter(w, "boss", secret);
}

static void a_tenants_admin_stays_within(void **state)
{
    struct world *w = *state;
    char made[YG_PASSWORD_MADE];
    struct yg_principal boss = tenant_admin(w);

    add_user(w, "own", YG_ROLE_ANALYST, "acme");
    add_user(w, "other", YG_ROLE_ANALYST, "gamma");
    add_user(w, "soc", YG_ROLE_ANALYST, NULL);
    add_user(w, "appr", YG_ROLE_APPROVER, "acme");
    add_user(w, "root", YG_ROLE_SYSTEM_ADMIN, NULL);
    struct yg_users users;
    assert_ok(w, yg_people_users(w->p, &boss, &w->arena, &users, &w->err));
    assert_int_equal(users.count, 3); /* appr, boss, own */
    static const char *const hidden[] = { "other", "soc", "root", "nobody" };
    for (size_t i = 0; i < YG_ARRAY_LEN(hidden); i++) {
        const struct yg_str name = yg_str_of(hidden[i]);
        struct yg_user u = { .name = name,
                             .role = YG_ROLE_VIEWER,
                             .scope = boss.scope,
                             .language = YG_STR("en"),
                             .zone = YG_STR("Z") };
        struct yg_sessions s;
        struct yg_tokens t;
        assert_status(YG_ENOTFOUND,
                      yg_people_user(w->p, &boss, name, &w->arena, &u, &w->err));
        assert_status(YG_ENOTFOUND, yg_people_put(w->p, &boss, &u, &w->err));
        assert_status(YG_ENOTFOUND, yg_people_set_password(w->p, &boss, name, YG_STR_NONE,
                                                           made, &w->err));
        assert_status(YG_ENOTFOUND, yg_people_totp_drop(w->p, &boss, name, &w->err));
        assert_status(YG_ENOTFOUND,
                      yg_people_sessions(w->p, &boss, name, &w->arena, &s, &w->err));
        assert_status(YG_ENOTFOUND, yg_people_session_end(w->p, &boss, name, 0, &w->err));
        assert_status(YG_ENOTFOUND,
                      yg_people_tokens(w->p, &boss, name, &w->arena, &t, &w->err));
    }
    /* an approver may more than he: seen, not touched */
    assert_status(YG_EPERM, yg_people_totp_drop(w->p, &boss, YG_STR("appr"), &w->err));
    assert_status(YG_EPERM,
                  yg_people_session_end(w->p, &boss, YG_STR("appr"), 0, &w->err));
    assert_status(YG_EPERM, yg_people_set_password(w->p, &boss, YG_STR("appr"),
                                                   YG_STR_NONE, made, &w->err));
    struct yg_user own = look(w, "own");
    static const enum yg_role more[] = { YG_ROLE_APPROVER, YG_ROLE_AUDITOR };
    for (size_t i = 0; i < YG_ARRAY_LEN(more); i++) {
        own.role = more[i];
        assert_status(YG_EPERM, yg_people_put(w->p, &boss, &own, &w->err));
        own.name = YG_STR("new");
        assert_status(YG_EPERM,
                      yg_people_add(w->p, &boss, &own, YG_STR_NONE, made, &w->err));
        own.name = YG_STR("own");
    }
    own.role = YG_ROLE_SENIOR;
    struct yg_str gamma[] = { YG_STR("acme"), YG_STR("gamma") };
    own.scope = yg_scope_of(gamma, 2);
    assert_status(YG_EPERM, yg_people_put(w->p, &boss, &own, &w->err));
    own.scope = YG_SCOPE_ALL;
    assert_status(YG_EPERM, yg_people_put(w->p, &boss, &own, &w->err));
    own.scope = boss.scope;
    assert_ok(w, yg_people_put(w->p, &boss, &own, &w->err));
    assert_int_equal(look(w, "own").role, YG_ROLE_SENIOR);
    assert_int_equal(look(w, "own").scope.tenants, 2);
    assert_int_equal(look(w, "other").role, YG_ROLE_ANALYST);
    /* who has no tenant is not his, either */
    sql(w, "DELETE FROM account_tenant WHERE account = "
           "(SELECT id FROM account WHERE name = 'own')");
    assert_status(YG_ENOTFOUND, yg_people_totp_drop(w->p, &boss, YG_STR("own"), &w->err));
}

static void who_may_not_manage_does_not(void **state)
{
    static const enum yg_role role[] = { YG_ROLE_VIEWER,    YG_ROLE_CUSTOMER,
                                         YG_ROLE_ANALYST,   YG_ROLE_SENIOR,
                                         YG_ROLE_RESPONDER, YG_ROLE_APPROVER,
                                         YG_ROLE_AUDITOR };
    struct world *w = *state;

    add_user(w, "prey", YG_ROLE_VIEWER, "acme");
    for (size_t i = 0; i < YG_ARRAY_LEN(role); i++) {
        char name[16], secret[YG_SECRET_TEXT], made[YG_PASSWORD_MADE];
        snprintf(name, sizeof(name), "user%zu", i);
        add_user(w, name, role[i], "acme");
        struct yg_principal who = enter(w, name, secret);
        const enum yg_status want = role[i] == YG_ROLE_AUDITOR ? YG_EPERM : YG_ENOTFOUND;
        struct yg_user prey = look(w, "prey");
        prey.disabled = true;
        assert_status(want, yg_people_put(w->p, &who, &prey, &w->err));
        assert_status(want, yg_people_session_end(w->p, &who, prey.name, 0, &w->err));
        assert_status(want, yg_people_totp_drop(w->p, &who, prey.name, &w->err));
        prey.name = YG_STR("fresh");
        assert_status(YG_EPERM,
                      yg_people_add(w->p, &who, &prey, YG_STR_NONE, made, &w->err));
        /* but oneself */
        struct yg_sessions s;
        assert_ok(
            w, yg_people_sessions(w->p, &who, yg_str_of(name), &w->arena, &s, &w->err));
        assert_int_equal(s.count, 1);
        assert_ok(w, yg_people_set_own(w->p, &who, YG_STR("K"), YG_STR("ja"), YG_STR("Z"),
                                       &w->err));
        assert_ok(
            w, yg_people_session_end(w->p, &who, yg_str_of(name), who.session, &w->err));
        assert_status(YG_EPERM, session(w, secret));
    }
}

static void rights_that_change_end_sessions(void **state)
{
    struct world *w = *state;
    char secret[YG_SECRET_TEXT], made[YG_PASSWORD_MADE];

    add_user(w, "root", YG_ROLE_SYSTEM_ADMIN, NULL);
    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    for (int i = 0; i < 5; i++) {
        struct yg_user u = look(w, "kim");
        enter(w, "kim", secret);
        switch (i) {
        case 0: /* nothing that gives or takes */
            u.full = YG_STR("Kim");
            assert_ok(w, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
            assert_ok(w, session(w, secret));
            continue;
        case 1:
            u.role = YG_ROLE_SENIOR;
            break;
        case 2:
            u.scope = YG_SCOPE_ALL;
            break;
        case 3:
            u.disabled = true;
            break;
        default:
            assert_ok(w, yg_people_set_password(w->p, &yg_principal_machine, u.name,
                                                YG_STR(GOOD_TOO), made, &w->err));
        }
        assert_ok(w, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
        assert_status(YG_EPERM, session(w, secret));
        if (i == 3)
            assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_WRONG);
        u.disabled = false;
        assert_ok(w, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
    }
    assert_true(look(w, "kim").must_change);
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_WRONG);
    assert_int_equal(login_why(w, "kim", GOOD_TOO, HOME), YG_LOGIN_IN);
}

static void the_last_admin_stays(void **state)
{
    struct world *w = *state;

    add_user(w, "root", YG_ROLE_SYSTEM_ADMIN, NULL);
    struct yg_user u = look(w, "root");
    u.disabled = true;
    assert_status(YG_EINVAL, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
    u.disabled = false;
    u.role = YG_ROLE_AUDITOR;
    assert_status(YG_EINVAL, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
    add_user(w, "spare", YG_ROLE_SYSTEM_ADMIN, NULL);
    assert_ok(w, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
}

static void caps_of_users(void **state)
{
    static struct yg_str many[YG_PEOPLE_TENANTS_MAX + 1];
    static char name[YG_PEOPLE_TENANTS_MAX + 1][8];
    struct world *w = *state;
    struct yg_user u = { .name = YG_STR("kim"), .role = YG_ROLE_VIEWER };
    char made[YG_PASSWORD_MADE];

    for (size_t i = 0; i < YG_ARRAY_LEN(many); i++) {
        snprintf(name[i], sizeof(name[i]), "t%zu", i);
        many[i] = yg_str_of(name[i]);
    }
    u.scope = (struct yg_scope){ .tenant = many, .tenants = YG_PEOPLE_TENANTS_MAX + 1 };
    assert_status(YG_ELIMIT, yg_people_add(w->p, &yg_principal_machine, &u, YG_STR_NONE,
                                           made, &w->err));
    u.scope.tenants = YG_PEOPLE_TENANTS_MAX;
    assert_ok(w,
              yg_people_add(w->p, &yg_principal_machine, &u, YG_STR_NONE, made, &w->err));
    assert_int_equal(look(w, "kim").scope.tenants, YG_PEOPLE_TENANTS_MAX);
    sql(w,
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 9999) "
        "INSERT INTO account SELECT i + 1000, 'x' || i, '', 'en', 'Z', 'viewer', 1, 0, "
        "0, "
        "'', NULL, NULL, 0, 0, 0 FROM c");
    u.name = YG_STR("lee");
    u.scope.tenants = 1;
    assert_status(YG_ELIMIT, yg_people_add(w->p, &yg_principal_machine, &u, YG_STR_NONE,
                                           made, &w->err));
    struct yg_users users;
    assert_ok(w,
              yg_people_users(w->p, &yg_principal_machine, &w->arena, &users, &w->err));
    assert_int_equal(users.count, YG_PEOPLE_USERS_MAX);
}

/* Whoever wrote the rows: what they cannot be gives nothing. */
static void odd_rows_give_nothing(void **state)
{
    static const struct {
        const char *sql;
        bool in; /* with the old password */
    } c[] = {
        { "UPDATE account SET role = 'god'", false },
        { "UPDATE account SET role = 'none'", false },
        { "UPDATE account SET role = ''", false },
        { "UPDATE account SET role = 'System-Admin'", false },
        { "UPDATE account SET role = 'system-admin'", false }, /* of a tenant */
        { "UPDATE account SET role = 'customer', everywhere = 1", false },
        { "UPDATE account SET everywhere = 2", true }, /* not all: 1 is */
        { "UPDATE account SET hash = ''", false },
        { "UPDATE account SET hash = zeroblob(100000) || 'x'", false },
        { "UPDATE account SET disabled = 7", false },
        { "UPDATE account SET made_ns = -9223372036854775808, login_ns = -1", true },
        { "UPDATE account SET full_name = char(27) || '[31m', zone = 'x;y'", true },
        { "DELETE FROM account_tenant", true },
        { "INSERT INTO account_tenant VALUES(1, ''), (1, char(0))", true },
        { "UPDATE account SET name = 'Kim; --'", false },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        void *fresh = *state;
        char secret[YG_SECRET_TEXT];
        assert_int_equal(world_setup(&fresh), 0);
        struct world *w = fresh;
        struct yg_users users;
        struct yg_principal who;
        add_user(w, "kim", YG_ROLE_ANALYST, "acme");
        enter(w, "kim", secret);
        sql(w, c[i].sql);
        assert_ok(
            w, yg_people_users(w->p, &yg_principal_machine, &w->arena, &users, &w->err));
        assert_int_equal(users.count, 1);
        if (login_why(w, "kim", GOOD, HOME) != (c[i].in ? YG_LOGIN_IN : YG_LOGIN_WRONG))
            fail_msg("%s", c[i].sql);
        if (yg_people_session(w->p, yg_str_of(secret), &w->arena, &who, &w->err) ==
            YG_OK) {
            assert_false(who.scope.all);
            assert_int_equal(who.role, YG_ROLE_ANALYST);
        }
        world_teardown(&fresh);
    }
}

static void odd_sessions_are_none(void **state)
{
    static const char *const odd[] = {
        "UPDATE login_session SET made_ns = 9223372036854775807",
        "UPDATE login_session SET made_ns = -9223372036854775808",
        "UPDATE login_session SET seen_ns = 9223372036854775807",
        "UPDATE login_session SET seen_ns = -1",
        "UPDATE login_session SET account = 99",
        "UPDATE login_session SET account = -1",
        "UPDATE login_session SET digest = x'00'",
        "UPDATE account SET disabled = 1",
        "DELETE FROM account",
    };
    struct world *w = *state;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    for (size_t i = 0; i < YG_ARRAY_LEN(odd); i++) {
        char secret[YG_SECRET_TEXT];
        enter(w, "kim", secret);
        sql(w, odd[i]);
        if (session(w, secret) != YG_EPERM)
            fail_msg("%s", odd[i]);
        sql(w, "DELETE FROM login_session");
        sql(w, "UPDATE account SET disabled = 0");
    }
}

/* ---- tokens -------------------------------------------------------------------------
 */

static enum yg_status make(struct world *w, const struct yg_principal *by,
                           const struct yg_token *t, char text[YG_SECRET_TEXT],
                           uint64_t *id)
{
    return yg_people_token_make(w->p, by, t, text, id, &w->err);
}

static enum yg_status use(struct world *w, const char *text, struct yg_principal *out)
{
    return yg_people_token(w->p, yg_str_of(text), &w->arena, out, &w->err);
}

static void a_token_is_its_users_and_no_more(void **state)
{
    struct world *w = *state;
    char secret[YG_SECRET_TEXT], text[YG_SECRET_TEXT];
    struct yg_str acme = YG_STR("acme"), gamma = YG_STR("gamma");
    const struct yg_scope one = { .tenant = &acme, .tenants = 1 },
                          foreign = { .tenant = &gamma, .tenants = 1 };
    uint64_t id;
    struct yg_principal who;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    struct yg_principal kim = enter(w, "kim", secret);
    const struct {
        const char *what;
        struct yg_token t;
        enum yg_status want;
    } c[] = {
        { "more than its user",
          { .role = YG_ROLE_SENIOR, .scope = one, .expires_ns = T0 + DAY },
          YG_EINVAL },
        { "no role", { .scope = one, .expires_ns = T0 + DAY }, YG_EINVAL },
        { "a foreign tenant",
          { .role = YG_ROLE_VIEWER, .scope = foreign, .expires_ns = T0 + DAY },
          YG_EINVAL },
        { "all tenants",
          { .role = YG_ROLE_VIEWER, .scope = YG_SCOPE_ALL, .expires_ns = T0 + DAY },
          YG_EINVAL },
        { "no tenant", { .role = YG_ROLE_VIEWER, .expires_ns = T0 + DAY }, YG_EINVAL },
        { "no expiry", { .role = YG_ROLE_VIEWER, .scope = one }, YG_EINVAL },
        { "for ever",
          { .role = YG_ROLE_VIEWER, .scope = one, .expires_ns = INT64_MAX },
          YG_EINVAL },
        { "over a year",
          { .role = YG_ROLE_VIEWER, .scope = one, .expires_ns = T0 + 367 * DAY },
          YG_EINVAL },
        { "an odd label",
          { .role = YG_ROLE_VIEWER,
            .scope = one,
            .label = YG_STR("\x07"),
            .expires_ns = T0 + DAY },
          YG_EINVAL },
        { "good",
          { .role = YG_ROLE_VIEWER,
            .scope = one,
            .label = YG_STR("siem"),
            .expires_ns = T0 + DAY },
          YG_OK },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        enum yg_status st = make(w, &kim, &c[i].t, text, &id);
        if (st != c[i].want)
            fail_msg("%s: %s %s", c[i].what, yg_status_name(st), w->err.msg);
    }
    assert_int_equal(strlen(text), 47);
    assert_memory_equal(text, "ygt_", 4);
    assert_ok(w, use(w, text, &who));
    assert_true(who.token == id && who.session == 0 && who.role == YG_ROLE_VIEWER);
    assert_true(yg_scope_has(&who.scope, acme) && !who.csrf[0]);
    struct yg_token same = c[YG_ARRAY_LEN(c) - 1].t;
    char strong[YG_SECRET_TEXT];
    same.role = YG_ROLE_ANALYST;
    assert_ok(w, make(w, &kim, &same, strong, &id));
    struct yg_principal by_token;
    assert_ok(w, use(w, strong, &by_token));
    /* a token makes no tokens and changes nothing of its user */
    const struct yg_proof proof = { YG_STR(GOOD), YG_STR(HOME) };
    char other[YG_SECRET_TEXT];
    assert_status(YG_EPERM, make(w, &by_token, &same, other, &id));
    assert_status(YG_EPERM, yg_people_change_password(w->p, &who, &proof,
                                                      YG_STR(GOOD_TOO), other, &w->err));
    assert_status(YG_EPERM, yg_people_set_own(w->p, &who, YG_STR(""), YG_STR("en"),
                                              YG_STR("Z"), &w->err));
    /* what its user loses it loses, and has again when he has */
    struct yg_user u = look(w, "kim");
    u.disabled = true;
    assert_ok(w, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
    assert_status(YG_EPERM, use(w, text, &who));
    u.disabled = false;
    u.scope = foreign;
    assert_ok(w, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
    assert_ok(w, use(w, text, &who));
    assert_true(!who.scope.all && who.scope.tenants == 0);
    u.role = YG_ROLE_CUSTOMER;
    u.scope = one;
    assert_ok(w, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
    assert_status(YG_EPERM, use(w, text, &who));
    u.role = YG_ROLE_ANALYST;
    assert_ok(w, yg_people_put(w->p, &yg_principal_machine, &u, &w->err));
    assert_ok(w, use(w, text, &who));
    w->clock.manual_ns = T0 + DAY - 1;
    assert_ok(w, use(w, text, &who));
    w->clock.manual_ns = T0 + DAY;
    assert_status(YG_EPERM, use(w, text, &who));
}

static void tokens_of_others(void **state)
{
    struct world *w = *state;
    char secret[YG_SECRET_TEXT], text[YG_SECRET_TEXT];
    struct yg_principal boss = tenant_admin(w), who;
    struct yg_str acme = YG_STR("acme");
    struct yg_token t = { .user = YG_STR("own"),
                          .role = YG_ROLE_VIEWER,
                          .scope = { .tenant = &acme, .tenants = 1 },
                          .expires_ns = T0 + DAY };
    struct yg_tokens tokens;
    uint64_t id, foreign;

    add_user(w, "own", YG_ROLE_ANALYST, "acme");
    add_user(w, "other", YG_ROLE_ANALYST, "gamma");
    add_user(w, "view", YG_ROLE_VIEWER, "acme");
    struct yg_principal own = enter(w, "own", secret), view = enter(w, "view", secret);
    assert_ok(w, make(w, &boss, &t, text, &id));
    assert_ok(w, use(w, text, &who));
    assert_true(yg_str_eq(who.name, YG_STR("own")));
    assert_status(YG_ENOTFOUND, make(w, &view, &t, text, &id));
    t.user = YG_STR("");
    assert_status(YG_EPERM, make(w, &view, &t, text, &id)); /* a viewer makes none */
    t.user = YG_STR("other");
    assert_status(YG_ENOTFOUND, make(w, &boss, &t, text, &foreign));
    struct yg_str gamma = YG_STR("gamma");
    t.scope = (struct yg_scope){ .tenant = &gamma, .tenants = 1 };
    assert_ok(w, make(w, &yg_principal_machine, &t, text, &foreign));
    assert_ok(w, yg_people_tokens(w->p, &boss, YG_STR(""), &w->arena, &tokens, &w->err));
    assert_int_equal(tokens.count, 1);
    assert_ok(w, yg_people_tokens(w->p, &own, YG_STR(""), &w->arena, &tokens, &w->err));
    assert_int_equal(tokens.count, 1);
    assert_int_equal(tokens.row[0].id, id);
    assert_ok(w, yg_people_tokens(w->p, &view, YG_STR(""), &w->arena, &tokens, &w->err));
    assert_int_equal(tokens.count, 0);
    assert_status(YG_ENOTFOUND, yg_people_token_end(w->p, &boss, foreign, &w->err));
    assert_status(YG_ENOTFOUND, yg_people_token_end(w->p, &view, id, &w->err));
    assert_status(YG_ENOTFOUND, yg_people_token_end(w->p, &own, 999, &w->err));
    assert_ok(w, use(w, text, &who));
    assert_ok(w, yg_people_token_end(w->p, &own, id, &w->err));
    assert_status(YG_ENOTFOUND, yg_people_token_end(w->p, &own, id, &w->err));
    assert_ok(w, yg_people_token_end(w->p, &yg_principal_machine, foreign, &w->err));
    assert_status(YG_EPERM, use(w, text, &who));
    assert_int_equal(sql_number(w, "SELECT count(*) FROM api_token_tenant"), 0);
}

static void caps_and_odd_rows_of_tokens(void **state)
{
    static const char *const odd[] = {
        "UPDATE api_token SET expires_ns = 9223372036854775807",
        "UPDATE api_token SET role = 'system-admin', everywhere = 1",
        "UPDATE api_token SET role = 'x'",
        "UPDATE api_token SET account = 77",
    };
    struct world *w = *state;
    char secret[YG_SECRET_TEXT], text[YG_SECRET_TEXT], first[YG_SECRET_TEXT];
    struct yg_str acme = YG_STR("acme");
    struct yg_token t = { .role = YG_ROLE_VIEWER,
                          .scope = { .tenant = &acme, .tenants = 1 },
                          .expires_ns = T0 + DAY };
    struct yg_principal who;
    uint64_t id;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    struct yg_principal kim = enter(w, "kim", secret);
    for (int i = 0; i < YG_PEOPLE_TOKENS_MAX; i++)
        assert_ok(w, make(w, &kim, &t, i ? text : first, &id));
    assert_status(YG_ELIMIT, make(w, &kim, &t, text, &id));
    assert_ok(w, use(w, first, &who));
    w->clock.manual_ns += DAY; /* expired ones make room */
    t.expires_ns = T0 + 2 * DAY;
    assert_ok(w, make(w, &kim, &t, text, &id));
    assert_int_equal(sql_number(w, "SELECT count(*) FROM api_token"), 1);
    assert_int_equal(sql_number(w, "SELECT count(*) FROM api_token_tenant"), 1);
    assert_ok(w, use(w, text, &who));
    assert_int_equal(sql_number(w, "SELECT used_ns FROM api_token"), T0 + DAY);
    /* tenants that the user has not are not got by writing them there */
    sql(w, "UPDATE api_token SET everywhere = 1");
    assert_ok(w, use(w, text, &who));
    assert_true(!who.scope.all && who.scope.tenants == 1);
    for (size_t i = 0; i < YG_ARRAY_LEN(odd); i++) {
        sql(w, odd[i]);
        if (use(w, text, &who) != YG_EPERM)
            fail_msg("%s", odd[i]);
        sql(w, "UPDATE api_token SET expires_ns = made_ns + 1000, role = 'viewer', "
               "everywhere = 0, account = 1");
        assert_ok(w, use(w, text, &who));
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_a_user_may_be),
        CASE(a_tenants_admin_stays_within),
        CASE(who_may_not_manage_does_not),
        CASE(rights_that_change_end_sessions),
        CASE(the_last_admin_stays),
        CASE(caps_of_users),
        cmocka_unit_test(odd_rows_give_nothing),
        CASE(odd_sessions_are_none),
        CASE(a_token_is_its_users_and_no_more),
        CASE(tokens_of_others),
        CASE(caps_and_odd_rows_of_tokens),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
