/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and tokens over every route: what a browser was made to send does nothing, a
 * cookie from before the login is nobody's after it, a token may what it was made for. */
#include "api_people.h"

#include "api/gate.h"

static bool role_may(enum yg_role role, const struct yg_route *r)
{
    return (r->flags & (YG_ROUTE_OWN | YG_ROUTE_PUBLIC)) ||
           (yg_role_may(role, r->verb, r->object) &&
            (!(r->flags & YG_ROUTE_WHOLE) || !yg_role_reaches(role, false)));
}

static unsigned with_cookie(struct asked *a, const struct yg_route *r, const char *path,
                            struct yg_http_request in)
{
    char body[2048];

    in.method = r->method;
    in.target = yg_str_of(path);
    in.host = YG_STR("localhost:8433");
    in.type = yg_body_info[r->body].upload ? yg_str_of(yg_body_info[r->body].upload)
                                           : YG_STR("application/json");
    in.body = body_of(r, body, sizeof(body));
    in.peer = YG_STR("192.0.2.1");
    in.tls = true;
    a->w->api.login_ns = 0; /* nobody waits for the others here */
    memset(a->w->api.login_of, 0, sizeof(a->w->api.login_of));
    ask(a->w, in);
    return a->w->got.status;
}

struct session {
    char cookie[YG_SECRET_TEXT + 32];
    struct yg_principal who;
};

/* The session of a cookie's value, which is there. */
static void known(struct asked *a, struct yg_str secret, struct session *out)
{
    assert_ok(a, yg_people_session(a->w->api.people, secret, &a->w->f->arena, &out->who,
                                   &a->err));
    snprintf(out->cookie, sizeof(out->cookie), "__Host-yagura=%.*s", YG_STR_ARG(secret));
}

static void log_in(struct asked *a, enum yg_role role, struct session *out)
{
    const struct yg_login in = { .name = yg_str_of(yg_role_name(role)),
                                 .password = YG_STR(CHOSEN),
                                 .address = YG_STR("192.0.2.1") };
    struct yg_login_answer answer;

    assert_ok(a, yg_people_login(a->w->api.people, &in, &answer, &a->err));
    known(a, yg_str_of(answer.secret), out);
}

/* The number of the trail's last row. */
static uint64_t noted(struct asked *a)
{
    const struct yg_scope all = YG_SCOPE_ALL;
    const struct yg_trail_ask last = { .scope = &all, .limit = 1 };
    struct yg_trail_row *row;
    size_t n = 0;

    assert_ok(a,
              yg_trail_list(a->w->api.trail, &last, &a->w->f->arena, &row, &n, &a->err));
    return n > 0 ? row->seq : 0;
}

/* Every write, by somebody who may do it, as pages of others would have his browser send
 * it: refused, and nothing of it has begun. */
static void forged(struct asked *a, const struct yg_route *r, const struct session *me,
                   const struct session *other)
{
    char path[200], hex[2 * YG_ID_SIZE + 1];
    const struct yg_str mine = yg_str_of(me->who.csrf), cookie = yg_str_of(me->cookie);
    const struct yg_str theirs = yg_str_of(other->who.csrf);
    const uint64_t before = noted(a);
    const struct {
        const char *name;
        struct yg_http_request in;
    } bad[] = {
        { "without the text", { .cookie = cookie } },
        { "an empty text", { .cookie = cookie, .csrf = YG_STR("") } },
        { "another session's text", { .cookie = cookie, .csrf = theirs } },
        { "another session's cookie",
          { .cookie = yg_str_of(other->cookie), .csrf = mine } },
        { "another site",
          { .cookie = cookie, .csrf = mine, .fetch_site = YG_STR("cross-site") } },
        { "another host of the site",
          { .cookie = cookie, .csrf = mine, .fetch_site = YG_STR("same-site") } },
        { "another origin",
          { .cookie = cookie, .csrf = mine, .origin = YG_STR("https://evil.example") } },
        { "no origin", { .cookie = cookie, .csrf = mine, .origin = YG_STR("null") } },
        { "another scheme",
          { .cookie = cookie, .csrf = mine, .origin = YG_STR("http://localhost:8433") } },
    };

    path_of(r, hex_of(6000, hex), "", path);
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++)
        if (with_cookie(a, r, path, bad[i].in) != 403)
            fail_msg("%s %s, %s: %u", yg_http_method_name(r->method), path, bad[i].name,
                     a->w->got.status);
    assert_int_equal(noted(a), before);
}

static void csrf_everywhere(void **state)
{
    struct asked *a = *state;
    struct session me[YG_ROLE_COUNT], other[YG_ROLE_COUNT];
    unsigned walked = 0;

    for (int role = YG_ROLE_NONE + 1; role < YG_ROLE_COUNT; role++) {
        log_in(a, (enum yg_role)role, &me[role]);
        log_in(a, (enum yg_role)role, &other[role]);
    }
    for (const struct yg_route *r = yg_routes; r->path; r++)
        for (int role = YG_ROLE_NONE + 1; role < YG_ROLE_COUNT; role++) {
            if (r->method == YG_HTTP_GET || (r->flags & YG_ROUTE_PUBLIC) ||
                !role_may((enum yg_role)role, r))
                continue;
            forged(a, r, &me[role], &other[role]);
            walked++;
        }
    assert_true(walked > 150);
}

/* Nobody is logged in by another's page either. */
static void login_forged(void **state)
{
    const struct yg_http_request bad[] = {
        { .fetch_site = YG_STR("cross-site") },
        { .fetch_site = YG_STR("same-site") },
        { .origin = YG_STR("https://evil.example") },
        { .origin = YG_STR("null") },
    };
    struct asked *a = *state;
    unsigned walked = 0;

    for (const struct yg_route *r = yg_routes; r->path; r++)
        for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++) {
            if (r->method == YG_HTTP_GET || !(r->flags & YG_ROUTE_PUBLIC))
                continue;
            if (with_cookie(a, r, r->path, bad[i]) != 403)
                fail_msg("%s, case %zu: %u", r->path, i, a->w->got.status);
            walked++;
        }
    assert_int_equal(walked, 8);
}

static struct yg_str new_cookie(struct asked *a)
{
    struct yg_str heads = yg_buf_str(&a->w->got.headers);

    while (heads.n > 0) {
        struct yg_str name = yg_str_cut(&heads, '\0'), value = yg_str_cut(&heads, '\0');
        if (yg_str_eq(name, YG_STR("Set-Cookie")))
            return yg_cookie_of(yg_str_cut(&value, ';'));
    }
    return YG_STR_NONE;
}

static unsigned get_as(struct asked *a, struct yg_str cookie)
{
    ask(a->w, (struct yg_http_request){ .target = YG_STR("/api/v1/session"),
                                        .host = YG_STR("localhost:8433"),
                                        .cookie = cookie });
    return a->w->got.status;
}

/* Whatever cookie stood there before somebody logs in, he gets a session of his own, and
 * that cookie is what it was: nobody's, or still another's. */
static void fixation(void **state)
{
    struct asked *a = *state;
    struct session theirs, mine;
    char chosen[YG_SECRET_TEXT + 32];

    log_in(a, YG_ROLE_VIEWER, &theirs);
    snprintf(chosen, sizeof(chosen), "%s", theirs.cookie);
    chosen[strlen(chosen) - 1] ^= 1; /* of the right form, and never given */
    const struct {
        const char *name, *cookie;
        unsigned after;
    } row[] = {
        { "chosen", "__Host-yagura=zqx", 401 },
        { "of the right form", chosen, 401 },
        { "another's session", theirs.cookie, 200 },
        { "of another name", "yagura=zqx; __Secure-yagura=zqx", 401 },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        for (int form = 0; form < 2; form++) {
            a->w->api.login_ns = 0;
            memset(a->w->api.login_of, 0, sizeof(a->w->api.login_of));
            ask(a->w,
                (struct yg_http_request){
                    .method = YG_HTTP_POST,
                    .target = form ? YG_STR("/login") : YG_STR("/api/v1/session"),
                    .host = YG_STR("localhost:8433"),
                    .peer = YG_STR("192.0.2.1"),
                    .type = form ? YG_STR("application/x-www-form-urlencoded")
                                 : YG_STR("application/json"),
                    .cookie = yg_str_of(row[i].cookie),
                    .body =
                        form ? YG_STR("name=senior&password=a+kettle+sings+in+the+north+"
                                      "room")
                             : YG_STR("{\"name\":\"senior\",\"password\":\"" CHOSEN
                                      "\"}") });
            struct yg_str secret = new_cookie(a);
            if (a->w->got.status != (form ? 303 : 200) || secret.n < 20 ||
                memmem(row[i].cookie, strlen(row[i].cookie), secret.p, secret.n))
                fail_msg("%s: %u, '%.*s'", row[i].name, a->w->got.status,
                         YG_STR_ARG(secret));
            known(a, secret, &mine);
            assert_true(yg_str_eq(mine.who.name, YG_STR("senior")));
            if (get_as(a, yg_str_of(row[i].cookie)) != row[i].after ||
                strstr(yg_buf_cstr(&a->w->got.body), "senior"))
                fail_msg("%s, afterwards: %u", row[i].name, a->w->got.status);
        }
}

/* A cookie's value is no token, and a token is no cookie. */
static void not_each_other(void **state)
{
    struct asked *a = *state;
    struct session me;
    char text[YG_SECRET_TEXT + 32];

    log_in(a, YG_ROLE_SENIOR, &me);
    assert_int_equal(get_as(a, yg_str_of(me.cookie)), 200);
    snprintf(text, sizeof(text), "__Host-yagura=%s", a->token[YG_ROLE_SENIOR]);
    assert_int_equal(get_as(a, yg_str_of(text)), 401);
    snprintf(text, sizeof(text), "Bearer %s", strchr(me.cookie, '=') + 1);
    ask(a->w, (struct yg_http_request){ .target = YG_STR("/api/v1/session"),
                                        .host = YG_STR("localhost:8433"),
                                        .cookie = yg_str_of(me.cookie),
                                        .authorization = yg_str_of(text) });
    assert_int_equal(a->w->got.status, 401);
}

/* Every route with the senior's token: what `role` may, and nothing of "beta", which is
 * what he sees. */
static void sees_nothing(struct asked *a, enum yg_role role)
{
    char path[200], hex[2 * YG_ID_SIZE + 1];
    unsigned walked = 0;

    hex_of(6000, hex);
    for (const struct yg_route *r = yg_routes; r->path; r++) {
        if (r->flags & (YG_ROUTE_PUBLIC | YG_ROUTE_OWN | YG_ROUTE_STREAM))
            continue;
        const char *body = as(a, YG_ROLE_SENIOR, r, path_of(r, hex, "", path));
        bool shut = a->w->got.status == 403;
        if (shut == role_may(role, r) || strstr(body, hex) ||
            strstr(body, "\"tenant\":\"beta") || strstr(body, ">beta"))
            fail_msg("%s %s: %u %s", yg_http_method_name(r->method), path,
                     a->w->got.status, body);
        if (strstr(r->path, "{id}") && !shut && a->w->got.status != 404)
            fail_msg("%s: %u %s", path, a->w->got.status, body);
        walked++;
    }
    assert_true(walked > 80);
}

static const struct yg_str nobody[] = { { "nobody", 6 } };

/* A token may less than its user, when it was made so. */
static void token_scope(void **state)
{
    struct asked *a = *state;
    const struct yg_token t = { .user = YG_STR("senior"),
                                .label = YG_STR("less"),
                                .role = YG_ROLE_VIEWER,
                                .scope = { .tenant = nobody, .tenants = 1 },
                                .expires_ns = T0 + 3600 * YG_NS_PER_S };
    uint64_t id;

    assert_ok(a, yg_people_token_make(a->w->api.people, &yg_principal_machine, &t,
                                      a->token[YG_ROLE_SENIOR], &id, &a->err));
    sees_nothing(a, YG_ROLE_VIEWER);
}

/* And never more than he may now: not for a tenant that he has lost, and not at all when
 * his role is less than the token's. */
static void less_than_its_token(void **state)
{
    struct asked *a = *state;
    struct yg_people *p = a->w->api.people;
    char path[200], hex[2 * YG_ID_SIZE + 1];
    struct yg_user u;

    assert_ok(a, yg_people_user(p, &yg_principal_machine, YG_STR("senior"),
                                &a->w->f->arena, &u, &a->err));
    u.scope = (struct yg_scope){ .tenant = nobody, .tenants = 1 };
    assert_ok(a, yg_people_put(p, &yg_principal_machine, &u, &a->err));
    sees_nothing(a, YG_ROLE_SENIOR);
    u.role = YG_ROLE_VIEWER;
    assert_ok(a, yg_people_put(p, &yg_principal_machine, &u, &a->err));
    for (const struct yg_route *r = yg_routes; r->path; r++) {
        if (r->flags & YG_ROUTE_PUBLIC)
            continue;
        as(a, YG_ROLE_SENIOR, r, path_of(r, hex_of(6000, hex), "", path));
        bool page = (r->flags & YG_ROUTE_PAGE) && r->method == YG_HTTP_GET;
        if (a->w->got.status != (page ? 303 : 401))
            fail_msg("%s: %u", path, a->w->got.status);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, end)
int main(void)
{
    const struct CMUnitTest tests[] = { T(csrf_everywhere), T(login_forged),
                                        T(fixation),        T(not_each_other),
                                        T(token_scope),     T(less_than_its_token) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
