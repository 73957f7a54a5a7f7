/* SPDX-License-Identifier: Apache-2.0 */
/* Every route, asked by every role of somebody who sees one tenant only, with the ids and
 * the name of another: nothing of that comes out; and writes that a stranger's page sent.
 */
#include "api_people.h"

#include "api/gate.h"
#include "api/seen.h"

static bool leaks(const char *body)
{
    static const uint64_t foreign[] = { 0, 1, 2, 100, 200, 300, 400, 500, 600, 5000 };
    char hex[2 * YG_ID_SIZE + 1];

    for (size_t i = 0; i < YG_ARRAY_LEN(foreign); i++)
        if (strstr(body, hex_of(foreign[i], hex)))
            return true;
    return strstr(body, "acme") || strstr(body, "script>t<") ||
           strstr(body, "&lt;script&gt;t&lt;");
}

static bool of_all(enum yg_role role)
{
    return !yg_role_reaches(role, false);
}

static void foreign_ids(void **state)
{
    static const uint64_t foreign[] = { 0, 1, 100, 5000 };
    static const size_t digits[] = { 2 * (size_t)YG_ID_SIZE, 20, 6 };
    struct asked *a = *state;
    char path[200], hex[2 * YG_ID_SIZE + 1];
    unsigned walked = 0;

    for (const struct yg_route *r = yg_routes; r->path; r++)
        for (int role = 0; strchr(r->path, '{') && role < YG_ROLE_COUNT; role++)
            for (size_t i = 0; !of_all((enum yg_role)role) && i < 4 * 3; i++) {
                hex_of(foreign[i % 4], hex);
                hex[digits[i / 4]] = '\0'; /* a short id either */
                const char *body =
                    as(a, (enum yg_role)role, r, path_of(r, hex, "", path));
                unsigned st = a->w->got.status;
                bool login = st == 303 && role == YG_ROLE_NONE;
                if ((st != 401 && st != 403 && st != 404 && !login) || leaks(body))
                    fail_msg("%s %s: %u %s", yg_role_name((enum yg_role)role), path, st,
                             body);
                walked++;
            }
    assert_true(walked > 400);
}

/* What is another's is answered like what does not exist. */
static void same_answer(void **state)
{
    struct asked *a = *state;
    char path[200], hex[2 * YG_ID_SIZE + 1];
    struct yg_buf was;

    yg_buf_init(&was, 1 << 20);
    for (const struct yg_route *r = yg_routes; r->path; r++) {
        if (!strchr(r->path, '{'))
            continue;
        yg_buf_clear(&was);
        yg_buf_str_add(&was, yg_str_of(as(a, YG_ROLE_SENIOR, r,
                                          path_of(r, hex_of(0, hex), "", path))));
        assert_string_equal(
            as(a, YG_ROLE_SENIOR, r, path_of(r, hex_of(99999, hex), "", path)),
            yg_buf_cstr(&was));
    }
    yg_buf_fini(&was);
}

static void lists(void **state)
{
    struct asked *a = *state;
    char path[200];

    for (const struct yg_route *r = yg_routes; r->path; r++)
        for (int role = 1; role < YG_ROLE_COUNT; role++) {
            if (strchr(r->path, '{') || r->method != YG_HTTP_GET ||
                (r->flags & YG_ROUTE_STREAM) || of_all((enum yg_role)role))
                continue;
            const char *body = as(a, (enum yg_role)role, r, r->path);
            if (leaks(body))
                fail_msg("%s: %u %s", r->path, a->w->got.status, body);
            if (!(r->params & YG_P_BIT(TENANT)))
                continue;
            as(a, (enum yg_role)role, r, path_of(r, "", "?tenant=acme", path));
            if (a->w->got.status != 404 && a->w->got.status != 403)
                fail_msg("%s: %u", path, a->w->got.status);
        }
#define SEES(target, text)                                                               \
    assert_non_null(strstr(as(a, YG_ROLE_ANALYST, NULL, target), text))
    SEES("/api/v1/queue", "\"total\":0");
    SEES("/api/v1/queue?state=judged", "\"total\":1");
    SEES("/?state=judged", "beta");
    SEES("/api/v1/queue?tenant=beta", "\"total\":0");
#undef SEES
}

/* The matrix is what is answered: 403 where a role may not, and nowhere else. */
static void matrix(void **state)
{
    struct asked *a = *state;
    char path[200], hex[2 * YG_ID_SIZE + 1];

    for (const struct yg_route *r = yg_routes; r->path; r++) {
        if (r->flags & (YG_ROUTE_PUBLIC | YG_ROUTE_OWN | YG_ROUTE_STREAM))
            continue;
        path_of(r, hex_of(99999, hex), "", path);
        as(a, YG_ROLE_NONE, r, path);
        bool page = (r->flags & YG_ROUTE_PAGE) && r->method == YG_HTTP_GET;
        assert_int_equal(a->w->got.status, page ? 303 : 401);
        for (int role = 1; role < YG_ROLE_COUNT; role++) {
            bool may = yg_role_may((enum yg_role)role, r->verb, r->object) &&
                       (!(r->flags & YG_ROUTE_WHOLE) || of_all((enum yg_role)role));
            as(a, (enum yg_role)role, r, path);
            if ((a->w->got.status == 403) == may)
                fail_msg("%s %s: %u", yg_role_name((enum yg_role)role), path,
                         a->w->got.status);
        }
    }
}

static void own_ids(void **state)
{
    struct asked *a = *state;
    char run[100], page[100], hex[2 * YG_ID_SIZE + 1];

    hex_of(6000, hex);
    snprintf(run, sizeof(run), "/api/v1/runs/%s", hex);
    snprintf(page, sizeof(page), "/run/%s", hex);
    assert_non_null(strstr(as(a, YG_ROLE_ANALYST, NULL, run), "\"raw\":\"{"));
    assert_non_null(strstr(as(a, YG_ROLE_ANALYST, NULL, page), "alert(2)"));
    /* a viewer does not see bytes */
    assert_null(strstr(as(a, YG_ROLE_VIEWER, NULL, page), "alert(2)"));
    assert_int_equal(a->w->got.status, 200);
    assert_null(strstr(as(a, YG_ROLE_VIEWER, NULL, run), "alert(2)"));
    assert_int_equal(a->w->got.status, 200);
}

/* Two tenants' queues are merged as the store would order them. */
static void merged(void **state)
{
    static const struct yg_str two[] = { { "acme", 4 }, { "beta", 4 } };
    struct asked *a = *state;
    struct world *w = a->w;

    for (uint64_t n = 70; n < 76; n++)
        put_run(w->f, n % 2 ? ACME : BETA, n, 1, YG_LEVEL_NONE);
    commit(w->f);
    for (int limit = 1; limit <= 5; limit += 2)
        for (int at = 1; at <= 6; at++) {
            struct yg_view_source v = w->api.source;
            struct yg_queue_filter f = { .limit = (size_t)limit,
                                         .skip = (size_t)(limit * (at - 1)) };
            struct yg_queue_page all, some;
            v.scope = YG_SCOPE_ALL;
            assert_ok(w->f, yg_seen_queue(&v, &f, &w->f->arena, &all, &w->f->err));
            v.scope = (struct yg_scope){ .tenant = two, .tenants = 2 };
            assert_ok(w->f, yg_seen_queue(&v, &f, &w->f->arena, &some, &w->f->err));
            assert_int_equal(all.total, 14);
            assert_int_equal(some.total, 13);
            /* the hostile tenant's run is the eighth: before it all is equal */
            for (size_t i = 0; i < all.count && f.skip + i < HOSTILE_RUNS; i++)
                assert_memory_equal(all.run[i].id, some.run[i].id, YG_ID_SIZE);
        }
}

/* A cookie's writes carry the session's text; a token's, those of strangers, do not. */
static void csrf(void **state)
{
    struct asked *a = *state;
    const struct yg_login in = { .name = YG_STR("analyst"),
                                 .password = YG_STR(CHOSEN),
                                 .address = YG_STR("192.0.2.1") };
    struct yg_login_answer out;
    struct yg_principal who;
    char cookie[YG_SECRET_TEXT + 32];

    assert_ok(a, yg_people_login(a->w->api.people, &in, &out, &a->err));
    assert_ok(a, yg_people_session(a->w->api.people, yg_str_of(out.secret),
                                   &a->w->f->arena, &who, &a->err));
    snprintf(cookie, sizeof(cookie), "x=y; __Host-yagura=%s", out.secret);
    const struct {
        const char *name, *csrf, *origin, *site;
        bool ok;
    } row[] = {
        { "nothing", NULL, NULL, NULL, false },
        { "another text", "AAAA", NULL, NULL, false },
        { "empty text", "", NULL, NULL, false },
        { "another site", who.csrf, NULL, "cross-site", false },
        { "another host of the site", who.csrf, NULL, "same-site", false },
        { "another origin", who.csrf, "https://evil.example", NULL, false },
        { "no origin", who.csrf, "null", NULL, false },
        { "another scheme", who.csrf, "http://localhost:8433", NULL, false },
        { "another port", who.csrf, "https://localhost:1", NULL, false },
        { "ours", who.csrf, "https://localhost:8433", "same-origin", true },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_http_request q = {
            .method = YG_HTTP_DELETE,
            .target = YG_STR("/api/v1/session"),
            .host = YG_STR("localhost:8433"),
            .cookie = yg_str_of(cookie),
            .csrf = row[i].csrf ? yg_str_of(row[i].csrf) : YG_STR_NONE,
            .origin = row[i].origin ? yg_str_of(row[i].origin) : YG_STR_NONE,
            .fetch_site = row[i].site ? yg_str_of(row[i].site) : YG_STR_NONE,
            .tls = true,
        };
        ask(a->w, q);
        if (a->w->got.status != (row[i].ok ? 200 : 403))
            fail_msg("%s: %u", row[i].name, a->w->got.status);
    }
}

static void cookies(void **state)
{
    static const struct {
        const char *header, *want;
    } row[] = {
        { "", "" },
        { "__Host-yagura=abc", "abc" },
        { "a=b; __Host-yagura=abc; c=d", "abc" },
        { "__Host-yagura=abc;__Host-yagura=def", "" },
        { "__host-yagura=abc", "" },
        { "x__Host-yagura=abc", "" },
        { "__Host-yagura", "" },
        { "__Host-yagura=a=b", "a=b" },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (!yg_str_eq(yg_cookie_of(yg_str_of(row[i].header)), yg_str_of(row[i].want)))
            fail_msg("%s", row[i].header);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, end)
int main(void)
{
    const struct CMUnitTest tests[] = { T(foreign_ids), T(same_answer),
                                        T(lists),       T(matrix),
                                        T(own_ids),     T(merged),
                                        T(csrf),        cmocka_unit_test(cookies) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
