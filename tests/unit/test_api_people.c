/* SPDX-License-Identifier: Apache-2.0 */
/* People, tokens and one's own account over the API: who reaches whom, what is told once,
 * what the trail says of it. */
#include "api_people.h"

#include "api/again.h"

#include <nettle/hmac.h>

struct call {
    enum yg_http_method method;
    const char *target, *body;
};

static unsigned by_token(struct asked *a, enum yg_role role, struct call x)
{
    char bearer[YG_SECRET_TEXT + 16];

    snprintf(bearer, sizeof(bearer), "Bearer %s", a->token[role]);
    ask(a->w, (struct yg_http_request){ .method = x.method,
                                        .target = yg_str_of(x.target),
                                        .host = YG_STR("localhost:8433"),
                                        .type = YG_STR("application/json"),
                                        .authorization = yg_str_of(bearer),
                                        .body = yg_str_of(x.body ? x.body : "") });
    return a->w->got.status;
}

/* Somebody with a session. */
struct in {
    char cookie[YG_SECRET_TEXT + 32];
    struct yg_principal who;
};

static void log_in(struct asked *a, const char *name, const char *code, struct in *out)
{
    const struct yg_login in = { .name = yg_str_of(name),
                                 .password = YG_STR(CHOSEN),
                                 .code = yg_str_of(code),
                                 .address = YG_STR("192.0.2.1") };
    struct yg_login_answer answer;

    assert_ok(a, yg_people_login(a->w->api.people, &in, &answer, &a->err));
    assert_ok(a, yg_people_session(a->w->api.people, yg_str_of(answer.secret),
                                   &a->w->f->arena, &out->who, &a->err));
    snprintf(out->cookie, sizeof(out->cookie), "__Host-yagura=%s", answer.secret);
}

static unsigned by_cookie(struct asked *a, const struct in *who, struct call x)
{
    a->w->api.login_ns = 0; /* nobody waits for the others here */
    memset(a->w->api.login_of, 0, sizeof(a->w->api.login_of));
    ask(a->w, (struct yg_http_request){ .method = x.method,
                                        .target = yg_str_of(x.target),
                                        .host = YG_STR("localhost:8433"),
                                        .type = YG_STR("application/json"),
                                        .cookie = yg_str_of(who->cookie),
                                        .csrf = yg_str_of(who->who.csrf),
                                        .peer = YG_STR("192.0.2.1"),
                                        .body = yg_str_of(x.body ? x.body : "") });
    return a->w->got.status;
}

static const char *said(struct asked *a)
{
    return yg_buf_cstr(&a->w->got.body);
}

/* The value of a member of what was answered. */
static const char *member(struct asked *a, const char *name, char out[256])
{
    char key[64];

    snprintf(key, sizeof(key), "\"%s\":\"", name);
    const char *at = strstr(said(a), key);
    out[0] = '\0';
    if (at)
        snprintf(out, 256, "%.*s", (int)strcspn(at + strlen(key), "\""),
                 at + strlen(key));
    return out;
}

/* The cookie of the answer is his from now on. */
static void take_cookie(struct asked *a, struct in *who)
{
    struct yg_str heads = yg_buf_str(&a->w->got.headers);

    while (heads.n > 0) {
        struct yg_str name = yg_str_cut(&heads, '\0'), value = yg_str_cut(&heads, '\0');
        if (!yg_str_eq(name, YG_STR("Set-Cookie")))
            continue;
        struct yg_str cookie = yg_str_cut(&value, ';');
        snprintf(who->cookie, sizeof(who->cookie), "%.*s", YG_STR_ARG(cookie));
        assert_ok(a, yg_people_session(a->w->api.people,
                                       (struct yg_str){ cookie.p + 14, cookie.n - 14 },
                                       &a->w->f->arena, &who->who, &a->err));
        return;
    }
    fail_msg("no cookie");
}

#define ADMIN  YG_ROLE_SYSTEM_ADMIN
#define TENANT YG_ROLE_TENANT_ADMIN
#define USERS  "/api/v1/users"

static const struct {
    const char *name;
    enum yg_role by;
    struct call call;
    unsigned want;
    const char *says; /* NULL: anything */
} rows[] = {
    { "made",
      ADMIN,
      { YG_HTTP_POST, USERS,
        "{\"name\":\"Kim\",\"role\":\"analyst\",\"tenants\":[\"beta\",\"acme\"],"
        "\"language\":\"ja\"}" },
      200,
      "\"tenants\":[\"acme\",\"beta\"],\"language\":\"ja\"" },
    { "once",
      ADMIN,
      { YG_HTTP_POST, USERS,
        "{\"name\":\"kim\",\"role\":\"analyst\",\"all_tenants\":true}" },
      409,
      "already" },
    { "found", ADMIN, { YG_HTTP_GET, USERS "/kim", NULL }, 200, "\"must_change\":true" },
    { "however it is written",
      ADMIN,
      { YG_HTTP_GET, USERS "/k%49m", NULL },
      200,
      "\"kim\"" },
    { "not by who has only one of his tenants",
      TENANT,
      { YG_HTTP_GET, USERS "/kim", NULL },
      404,
      "no such thing" },
    { "nor changed",
      TENANT,
      { YG_HTTP_PATCH, USERS "/kim", "{\"disabled\":true}" },
      404,
      "no such thing" },
    { "nor ended", TENANT, { YG_HTTP_DELETE, USERS "/kim/sessions", NULL }, 404, NULL },
    { "nor given a password",
      TENANT,
      { YG_HTTP_POST, USERS "/kim/password", "{}" },
      404,
      NULL },
    { "nobody", ADMIN, { YG_HTTP_GET, USERS "/nobody", NULL }, 404, NULL },
    { "of one's tenant",
      TENANT,
      { YG_HTTP_POST, USERS,
        "{\"name\":\"lee\",\"role\":\"analyst\",\"tenants\":[\"beta\"],\"password\":"
        "\"ten thin birds on a wire\"}" },
      200,
      "\"name\":\"lee\"" },
    { "a password that was given is not told",
      ADMIN,
      { YG_HTTP_GET, USERS "/lee", NULL },
      200,
      NULL },
    { "of another's tenant",
      TENANT,
      { YG_HTTP_POST, USERS,
        "{\"name\":\"max\",\"role\":\"analyst\",\"tenants\":[\"acme\"]}" },
      403,
      "not all yours" },
    { "of all",
      TENANT,
      { YG_HTTP_POST, USERS,
        "{\"name\":\"max\",\"role\":\"analyst\",\"all_tenants\":true}" },
      403,
      NULL },
    { "more than oneself",
      TENANT,
      { YG_HTTP_POST, USERS,
        "{\"name\":\"max\",\"role\":\"auditor\",\"tenants\":[\"beta\"]}" },
      403,
      "rights that" },
    { "not by an analyst", YG_ROLE_ANALYST, { YG_HTTP_GET, USERS, NULL }, 403, NULL },
    { "no such role",
      ADMIN,
      { YG_HTTP_POST, USERS, "{\"name\":\"max\",\"role\":\"god\",\"all_tenants\":true}" },
      400,
      "role" },
    { "no tenants",
      ADMIN,
      { YG_HTTP_POST, USERS, "{\"name\":\"max\",\"role\":\"analyst\"}" },
      400,
      "tenants" },
    { "both",
      ADMIN,
      { YG_HTTP_POST, USERS,
        "{\"name\":\"max\",\"role\":\"analyst\",\"tenants\":[\"a\"],\"all_tenants\":"
        "true}" },
      400,
      "not both" },
    { "no name",
      ADMIN,
      { YG_HTTP_POST, USERS,
        "{\"name\":\"m x\",\"role\":\"analyst\",\"all_tenants\":true}" },
      400,
      "letters, digits" },
    { "a password that is guessed",
      ADMIN,
      { YG_HTTP_POST, USERS,
        "{\"name\":\"max\",\"role\":\"analyst\",\"all_tenants\":true,\"password\":"
        "\"maxmaxmaxmax1\"}" },
      400,
      "guessed" },
    { "changed",
      ADMIN,
      { YG_HTTP_PATCH, USERS "/kim", "{\"role\":\"senior\",\"full_name\":\"Kim Lee\"}" },
      200,
      "\"full_name\":\"Kim "
      "Lee\",\"role\":\"senior\",\"all_tenants\":false,\"tenants\":[\"acme\",\"beta\"],"
      "\"language\":\"ja\"" },
    { "to all tenants",
      ADMIN,
      { YG_HTTP_PATCH, USERS "/kim", "{\"all_tenants\":true}" },
      200,
      "\"all_tenants\":true,\"tenants\":[]" },
    { "and back",
      ADMIN,
      { YG_HTTP_PATCH, USERS "/kim", "{\"all_tenants\":false,\"tenants\":[\"beta\"]}" },
      200,
      "\"all_tenants\":false,\"tenants\":[\"beta\"]" },
    { "to none",
      ADMIN,
      { YG_HTTP_PATCH, USERS "/kim", "{\"tenants\":[]}" },
      400,
      "tenants" },
    { "disabled",
      TENANT,
      { YG_HTTP_PATCH, USERS "/kim", "{\"disabled\":true}" },
      200,
      "\"disabled\":true" },
    { "the last admin",
      ADMIN,
      { YG_HTTP_PATCH, USERS "/system-admin", "{\"disabled\":true}" },
      400,
      "last system-admin" },
    { "a second factor is dropped",
      ADMIN,
      { YG_HTTP_DELETE, USERS "/kim/second-factor", NULL },
      200,
      "\"second_factor\":false" },
    { "sessions",
      ADMIN,
      { YG_HTTP_GET, USERS "/analyst/sessions", NULL },
      200,
      "\"sessions\":[{\"session\":" },
    { "all end",
      ADMIN,
      { YG_HTTP_DELETE, USERS "/analyst/sessions", NULL },
      200,
      "true" },
    { "and are gone",
      ADMIN,
      { YG_HTTP_GET, USERS "/analyst/sessions", NULL },
      200,
      "\"sessions\":[]" },
    { "no such session",
      ADMIN,
      { YG_HTTP_DELETE, USERS "/analyst/sessions?session=77", NULL },
      404,
      NULL },
    { "of tokens one sees one's own",
      YG_ROLE_ANALYST,
      { YG_HTTP_GET, "/api/v1/tokens", NULL },
      200,
      "\"user\":\"analyst\"" },
    { "of somebody",
      TENANT,
      { YG_HTTP_GET, "/api/v1/tokens?user=analyst", NULL },
      200,
      "\"user\":\"analyst\"" },
    { "not of anybody",
      YG_ROLE_ANALYST,
      { YG_HTTP_GET, "/api/v1/tokens?user=viewer", NULL },
      404,
      NULL },
    { "a token makes none",
      ADMIN,
      { YG_HTTP_POST, "/api/v1/tokens", "{\"role\":\"viewer\"}" },
      403,
      "log in" },
    { "no such token",
      ADMIN,
      { YG_HTTP_DELETE, "/api/v1/tokens/4711", NULL },
      404,
      NULL },
    { "nor one that no number can be",
      ADMIN,
      { YG_HTTP_DELETE, "/api/v1/tokens/18446744073709551615", NULL },
      404,
      NULL },
    { "an account is shown to a token",
      YG_ROLE_VIEWER,
      { YG_HTTP_GET, "/api/v1/account", NULL },
      200,
      "\"name\":\"viewer\"" },
    { "but not changed",
      YG_ROLE_VIEWER,
      { YG_HTTP_PATCH, "/api/v1/account", "{\"language\":\"ja\"}" },
      403,
      "login" },
    { "nor are its sessions ended",
      YG_ROLE_VIEWER,
      { YG_HTTP_DELETE, "/api/v1/account/sessions", NULL },
      403,
      NULL },
    { "nor has it a second factor",
      YG_ROLE_VIEWER,
      { YG_HTTP_POST, "/api/v1/account/second-factor", "{\"password\":\"" CHOSEN "\"}" },
      403,
      NULL },
};

static void others(void **state)
{
    struct asked *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++) {
        unsigned st = by_token(a, rows[i].by, rows[i].call);
        if (st != rows[i].want || (rows[i].says && !strstr(said(a), rows[i].says)))
            fail_msg("%s: %u %s", rows[i].name, st, said(a));
    }
    by_token(a, TENANT, (struct call){ YG_HTTP_GET, USERS, NULL });
    assert_non_null(strstr(said(a), "\"name\":\"lee\""));
    assert_null(strstr(said(a), "system-admin"));
    assert_null(strstr(said(a), "argon2"));
    by_token(a, YG_ROLE_ANALYST, (struct call){ YG_HTTP_GET, "/api/v1/tokens", NULL });
    assert_null(strstr(said(a), "viewer"));
    assert_null(strstr(said(a), "ygt_"));
}

/* What was made up is told once, does, and is in nothing that is kept. */
static void told_once(void **state)
{
    struct asked *a = *state;
    char made[256], path[64], id[32];
    struct yg_trail_row *row;
    size_t n = 0;
    struct in admin;
    const struct yg_scope all = YG_SCOPE_ALL;
    const struct yg_trail_ask every = { .scope = &all, .limit = 100 };

    a->w->api.again = yg_again_new();
    log_in(a, "system-admin", "", &admin);
    assert_int_equal(
        by_cookie(a, &admin,
                  (struct call){
                      YG_HTTP_POST, USERS,
                      "{\"name\":\"new\",\"role\":\"viewer\",\"all_tenants\":true}" }),
        200);
    const struct yg_login in = { .name = YG_STR("new"),
                                 .password = yg_str_of(member(a, "password", made)),
                                 .address = YG_STR("192.0.2.9") };
    struct yg_login_answer answer;
    assert_int_equal(strlen(made), 24);
    assert_ok(a, yg_people_login(a->w->api.people, &in, &answer, &a->err));
    assert_true(answer.must_change);
    by_cookie(a, &admin, (struct call){ YG_HTTP_GET, USERS "/new", NULL });
    assert_null(strstr(said(a), "\"password\""));
    assert_int_equal(by_cookie(a, &admin,
                               (struct call){ YG_HTTP_POST, "/api/v1/tokens",
                                              "{\"role\":\"viewer\",\"label\":\"siem\","
                                              "\"days\":3,\"tenants\":[\"acme\"]}" }),
                     200);
    member(a, "token", made);
    assert_true(strncmp(made, "ygt_", 4) == 0);
    const char *at = strstr(said(a), "\"id\":");
    snprintf(id, sizeof(id), "%.*s", (int)strspn(at + 5, "0123456789"), at + 5);
    snprintf(a->token[YG_ROLE_CUSTOMER], YG_SECRET_TEXT, "%.*s", YG_SECRET_TEXT - 1,
             made);
    assert_int_equal(by_token(a, YG_ROLE_CUSTOMER,
                              (struct call){ YG_HTTP_GET, "/api/v1/session", NULL }),
                     200);
    assert_non_null(strstr(
        said(a), "\"role\":\"viewer\",\"all_tenants\":false,\"tenants\":[\"acme\"]"));
    snprintf(path, sizeof(path), "/api/v1/tokens/%s", id);
    assert_int_equal(by_cookie(a, &admin, (struct call){ YG_HTTP_DELETE, path, NULL }),
                     200);
    assert_int_equal(by_token(a, YG_ROLE_CUSTOMER,
                              (struct call){ YG_HTTP_GET, "/api/v1/session", NULL }),
                     401);
    assert_ok(a,
              yg_trail_list(a->w->api.trail, &every, &a->w->f->arena, &row, &n, &a->err));
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        assert_null(memmem(row[i].detail.p, row[i].detail.n, "ygt_", 4));
        found |= memmem(row[i].detail.p, row[i].detail.n, "made new: viewer", 16) != NULL;
    }
    assert_true(found);
    yg_again_free(a->w->api.again);
    a->w->api.again = NULL;
}

static void code_of(struct asked *a, const char *base32, char out[8])
{
    unsigned char key[20], block[8], mac[20];
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint64_t step = (uint64_t)yg_clock_now(&a->w->f->clock) / 30000000000ULL;
    uint64_t bits = 0;
    size_t n = 0, have = 0;

    for (const char *p = base32; *p && n < sizeof(key); p++) {
        bits = bits << 5 | (uint64_t)(strchr(letters, *p) - letters);
        have += 5;
        if (have >= 8)
            key[n++] = (unsigned char)(bits >> (have -= 8));
    }
    for (int i = 7; i >= 0; i--, step >>= 8)
        block[i] = (unsigned char)step;
    struct hmac_sha1_ctx h;
    hmac_sha1_set_key(&h, sizeof(key), key);
    hmac_sha1_update(&h, sizeof(block), block);
    hmac_sha1_digest(&h, sizeof(mac), mac);
    unsigned at = mac[19] & 15;
    unsigned v = (unsigned)(mac[at] & 127) << 24 | (unsigned)mac[at + 1] << 16 |
                 (unsigned)mac[at + 2] << 8 | mac[at + 3];
    snprintf(out, 8, "%06u", v % 1000000);
}

static void own(void **state)
{
#define FACTOR "/api/v1/account/second-factor"
    struct asked *a = *state;
    char secret[256], code[8], body[64];
    struct in me, other;
    struct in before;

    log_in(a, "analyst", "", &me);
    log_in(a, "analyst", "", &other);
    assert_int_equal(
        by_cookie(a, &me,
                  (struct call){
                      YG_HTTP_PATCH, "/api/v1/account",
                      "{\"full_name\":\"A. N. Alyst\",\"time_zone\":\"Asia/Tokyo\"}" }),
        200);
    assert_non_null(strstr(said(a), "\"full_name\":\"A. N. Alyst\""));
    assert_non_null(strstr(said(a), "\"language\":\"en\",\"time_zone\":\"Asia/Tokyo\""));
    assert_int_equal(by_cookie(a, &me,
                               (struct call){ YG_HTTP_PATCH, "/api/v1/account",
                                              "{\"role\":\"system-admin\"}" }),
                     400);
    assert_int_equal(by_cookie(a, &me,
                               (struct call){ YG_HTTP_PATCH, "/api/v1/account",
                                              "{\"language\":\"xx\"}" }),
                     400);

    /* enrol, with the password; confirm, with a code */
    assert_int_equal(by_cookie(a, &me,
                               (struct call){ YG_HTTP_POST, FACTOR "/confirm",
                                              "{\"code\":\"123456\"}" }),
                     400);
    assert_int_equal(by_cookie(a, &me,
                               (struct call){ YG_HTTP_POST, FACTOR,
                                              "{\"password\":\"not this one\"}" }),
                     403);
    assert_int_equal(
        by_cookie(a, &me,
                  (struct call){ YG_HTTP_POST, FACTOR, "{\"password\":\"" CHOSEN "\"}" }),
        200);
    member(a, "secret", secret);
    assert_non_null(strstr(said(a), "otpauth://totp/"));
    assert_int_equal(by_cookie(a, &me,
                               (struct call){ YG_HTTP_POST, FACTOR "/confirm",
                                              "{\"code\":\"000000\"}" }),
                     403);
    code_of(a, secret, code);
    snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);
    before = me;
    assert_int_equal(
        by_cookie(a, &me, (struct call){ YG_HTTP_POST, FACTOR "/confirm", body }), 200);
    assert_non_null(strstr(said(a), "{\"recovery_codes\":[\""));
    take_cookie(a, &me);
    assert_int_equal(
        by_cookie(a, &before, (struct call){ YG_HTTP_GET, "/api/v1/account", NULL }),
        401);
    assert_int_equal(
        by_cookie(a, &other, (struct call){ YG_HTTP_GET, "/api/v1/account", NULL }), 401);
    assert_int_equal(
        by_cookie(a, &me, (struct call){ YG_HTTP_GET, "/api/v1/account", NULL }), 200);
    assert_non_null(strstr(said(a), "\"second_factor\":true,\"recovery_codes\":10"));

    /* sessions: one's own, and which one this is */
    assert_int_equal(
        by_cookie(a, &me, (struct call){ YG_HTTP_GET, "/api/v1/account/sessions", NULL }),
        200);
    assert_non_null(strstr(
        said(a), "\"second_factor\":true,\"address\":\"192.0.2.1\",\"current\":true"));

    /* and without again */
    assert_int_equal(by_cookie(a, &me,
                               (struct call){ YG_HTTP_POST, FACTOR "/leave",
                                              "{\"password\":\"not this one\"}" }),
                     403);
    assert_int_equal(by_cookie(a, &me,
                               (struct call){ YG_HTTP_POST, FACTOR "/leave",
                                              "{\"password\":\"" CHOSEN "\"}" }),
                     200);
    take_cookie(a, &me);
    assert_int_equal(
        by_cookie(a, &me, (struct call){ YG_HTTP_GET, "/api/v1/account", NULL }), 200);
    assert_non_null(strstr(said(a), "\"second_factor\":false,\"recovery_codes\":0"));
    assert_int_equal(
        by_cookie(a, &me,
                  (struct call){ YG_HTTP_DELETE, "/api/v1/account/sessions", NULL }),
        200);
    assert_int_equal(
        by_cookie(a, &me, (struct call){ YG_HTTP_GET, "/api/v1/account", NULL }), 401);
#undef FACTOR
}

/* Until a given password is changed nothing else of the account is. */
static void must_change(void **state)
{
    static const struct call no[] = {
        { YG_HTTP_GET, "/api/v1/account", NULL },
        { YG_HTTP_PATCH, "/api/v1/account", "{}" },
        { YG_HTTP_GET, "/api/v1/account/sessions", NULL },
        { YG_HTTP_DELETE, "/api/v1/account/sessions", NULL },
        { YG_HTTP_POST, "/api/v1/account/second-factor", "{\"password\":\"x\"}" },
        { YG_HTTP_POST, "/api/v1/account/second-factor/leave", "{\"password\":\"x\"}" },
    };
    struct asked *a = *state;
    char made[YG_PASSWORD_MADE];
    struct yg_login_answer answer;
    struct in me;

    assert_ok(a, yg_people_set_password(a->w->api.people, &yg_principal_machine,
                                        YG_STR("analyst"), YG_STR_NONE, made, &a->err));
    const struct yg_login in = { .name = YG_STR("analyst"), .password = yg_str_of(made) };
    assert_ok(a, yg_people_login(a->w->api.people, &in, &answer, &a->err));
    assert_ok(a, yg_people_session(a->w->api.people, yg_str_of(answer.secret),
                                   &a->w->f->arena, &me.who, &a->err));
    snprintf(me.cookie, sizeof(me.cookie), "__Host-yagura=%s", answer.secret);
    for (size_t i = 0; i < YG_ARRAY_LEN(no); i++)
        if (by_cookie(a, &me, no[i]) != 403)
            fail_msg("%s: %u", no[i].target, a->w->got.status);
}

static bool is_ready(void *arg, struct yg_buf *why)
{
    yg_buf_printf(why, "the core is busy\n");
    return ((const struct yg_view_policy *)arg)->model;
}

static void ready(void **state)
{
    struct asked *a = *state;

    assert_string_equal(get(a->w, "/readyz"), "ready\n");
    a->w->api.ready = is_ready;
    assert_string_equal(get(a->w, "/readyz"), "not ready yet\n");
    assert_int_equal(a->w->got.status, 503);
    a->w->policy.model = true;
    assert_string_equal(get(a->w, "/readyz"), "ready\n");
}

/* A server without people says so. */
static void nobody(void **state)
{
    struct asked *a = *state;
    struct yg_people *p = a->w->api.people;

    a->w->api.people = NULL;
    for (const struct yg_route *r = yg_routes; r->path; r++) {
        char path[200];
        if (!strstr(r->path, "/users") && !strstr(r->path, "/tokens") &&
            !strstr(r->path, "/account"))
            continue;
        as(a, YG_ROLE_NONE, r, path_of(r, "", "", path));
        if (a->w->got.status != 503 && a->w->got.status != 400)
            fail_msg("%s: %u", path, a->w->got.status);
    }
    a->w->api.people = p;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, end)
int main(void)
{
    const struct CMUnitTest tests[] = { T(others),      T(told_once), T(own),
                                        T(must_change), T(ready),     T(nobody) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
