/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts over the API: who gives them, on what, once for each key. */
#include "api_people.h"

#include "api/again.h"
#include "api/stream.h"
#include "store/ledger.h"

static int setup_rows(void **state)
{
    int rc = setup(state);
    struct asked *a = *state;

    if (rc != 0)
        return rc;
    put_run(a->w->f, BETA, 80, 3, YG_LEVEL_NONE);
    commit(a->w->f);
    a->w->api.again = yg_again_new();
    return 0;
}

static int end_rows(void **state)
{
    struct asked *a = *state;

    yg_again_free(a->w->api.again);
    return end(state);
}

struct write {
    enum yg_role role;
    enum yg_http_method method;
    const char *what; /* "runs" or "alerts" */
    uint64_t id;
    const char *body, *key;
};

static unsigned send(struct asked *a, const struct write *x)
{
    char bearer[YG_SECRET_TEXT + 16], path[200], hex[2 * YG_ID_SIZE + 1];

    snprintf(bearer, sizeof(bearer), "Bearer %s", a->token[x->role]);
    snprintf(path, sizeof(path), "/api/v1/%s/%s/verdict", x->what, hex_of(x->id, hex));
    ask(a->w, (struct yg_http_request){
                  .method = x->method,
                  .target = yg_str_of(path),
                  .host = YG_STR("localhost:8433"),
                  .type = YG_STR("application/json"),
                  .authorization = yg_str_of(bearer),
                  .idempotency = x->key ? yg_str_of(x->key) : YG_STR_NONE,
                  .body = yg_str_of(x->body ? x->body : ""),
              });
    return a->w->got.status;
}

static unsigned judge(struct asked *a, enum yg_role role, const char *what, uint64_t id,
                      const char *level)
{
    char body[80];

    snprintf(body, sizeof(body), "{\"level\":\"%s\",\"reason\":\"test\",\"note\":\"n\"}",
             level);
    return send(a, &(struct write){ role, YG_HTTP_POST, what, id, body, NULL });
}

/* Of the alert: its verdict in force, and how many were ever given. */
static uint8_t verdict_of(struct asked *a, uint64_t id, size_t *given, struct yg_str *who)
{
    struct yg_verdict *all, now;
    unsigned char alert[YG_ID_SIZE];
    struct fixture *f = a->w->f;

    id_of(id, alert);
    assert_ok(f, yg_store_verdict_history(f->st, alert, &f->arena, &all, given, &f->err));
    if (yg_store_verdict_get(f->st, alert, &f->arena, &now, &f->err) != YG_OK)
        return YG_LEVEL_NONE;
    *who = now.who;
    return now.level;
}

static void run_and_alert(void **state)
{
    struct asked *a = *state;
    struct yg_str who;
    size_t given;

    assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", 8000, "L2"), 200);
    assert_non_null(strstr(yg_buf_cstr(&a->w->got.body), "\"alerts\":3"));
    for (uint64_t i = 8000; i < 8003; i++) {
        assert_int_equal(verdict_of(a, i, &given, &who), YG_LEVEL_L2);
        assert_true(yg_str_eq(who, YG_STR("analyst")));
    }
    assert_int_equal(judge(a, YG_ROLE_ANALYST, "alerts", 8001, "L3"), 200);
    assert_non_null(strstr(yg_buf_cstr(&a->w->got.body), "\"alerts\":1"));
    assert_int_equal(verdict_of(a, 8000, &given, &who), YG_LEVEL_L2);
    assert_int_equal(verdict_of(a, 8001, &given, &who), YG_LEVEL_L3);
    assert_int_equal(given, 2);
    /* undo: the one before is in force again */
    struct write undo = { YG_ROLE_ANALYST, YG_HTTP_DELETE, "alerts", 8001, NULL, NULL };
    assert_int_equal(send(a, &undo), 200);
    assert_int_equal(verdict_of(a, 8001, &given, &who), YG_LEVEL_L2);
    undo = (struct write){ YG_ROLE_ANALYST, YG_HTTP_DELETE, "runs", 8000, NULL, NULL };
    assert_int_equal(send(a, &undo), 200);
    assert_int_equal(verdict_of(a, 8000, &given, &who), YG_LEVEL_NONE);
    assert_int_equal(send(a, &undo), 404);
}

static void refused(void **state)
{
    static const struct {
        const char *name;
        enum yg_role role;
        const char *what;
        uint64_t id;
        const char *level;
        unsigned want;
    } row[] = {
        { "no level", YG_ROLE_ANALYST, "runs", 8000, "L9", 400 },
        { "a viewer", YG_ROLE_VIEWER, "runs", 8000, "L2", 403 },
        { "an auditor", YG_ROLE_AUDITOR, "runs", 8000, "L2", 403 },
        { "a customer", YG_ROLE_CUSTOMER, "runs", 8000, "L2", 403 },
        { "another tenant's run", YG_ROLE_ANALYST, "runs", 0, "L2", 404 },
        { "another tenant's alert", YG_ROLE_SENIOR, "alerts", 1, "L2", 404 },
        { "nothing", YG_ROLE_SYSTEM_ADMIN, "alerts", 99999, "L2", 404 },
    };
    struct asked *a = *state;
    struct yg_str who;
    size_t given;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        unsigned got = judge(a, row[i].role, row[i].what, row[i].id, row[i].level);
        if (got != row[i].want)
            fail_msg("%s: %u", row[i].name, got);
    }
    assert_int_equal(verdict_of(a, 8000, &given, &who), YG_LEVEL_NONE);
    assert_int_equal(verdict_of(a, 0, &given, &who), YG_LEVEL_NONE);
    yg_store_close(a->w->api.rows);
    a->w->api.rows = NULL;
    assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", 8000, "L2"), 503);
}

/* An analyst changes his own verdict; another's only who may overrule. */
static void overruling(void **state)
{
    struct asked *a = *state;
    struct yg_str who;
    size_t given;

    assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", 8000, "L2"), 200);
    assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", 8000, "FP"), 200);
    assert_int_equal(judge(a, YG_ROLE_RESPONDER, "runs", 8000, "L4"), 403);
    assert_int_equal(judge(a, YG_ROLE_RESPONDER, "alerts", 8002, "L4"), 403);
    assert_int_equal(verdict_of(a, 8002, &given, &who), YG_LEVEL_FP);
    assert_int_equal(judge(a, YG_ROLE_SENIOR, "runs", 8000, "L4"), 200);
    assert_int_equal(verdict_of(a, 8002, &given, &who), YG_LEVEL_L4);
    assert_true(yg_str_eq(who, YG_STR("senior")));
}

/* A verdict as somebody gave it elsewhere. */
static void put_verdict(struct asked *a, uint64_t id, enum yg_verdict_source source)
{
    struct yg_verdict v = { .level = YG_LEVEL_L3,
                            .source = (uint8_t)source,
                            .at_ns = T0,
                            .tenant = BETA,
                            .who = YG_STR("bob") };

    id_of(id, v.alert);
    assert_ok(a, yg_store_verdict_put(a->w->f->st, &v, &a->err));
}

/* A run of so many alerts: 3 of them from put_run. */
static void long_run(struct asked *a, uint64_t run, uint64_t alerts)
{
    unsigned char first[YG_ID_SIZE], id[YG_ID_SIZE];

    put_run(a->w->f, BETA, run, 3, YG_LEVEL_NONE);
    id_of(run * 100, first);
    for (uint64_t i = 0; i < alerts - 3; i++) {
        put_alert(a->w->f, BETA, 1000000 + i);
        id_of(1000000 + i, id);
        assert_ok(a, yg_store_run_add(a->w->f->st, first, id, 1, &a->err));
    }
}

/* Whoever gave it, wherever in the run, alone or to a group. */
static void overruling_any(void **state)
{
    struct asked *a = *state;
    struct yg_str who;
    size_t given;

    put_run(a->w->f, BETA, 82, 3, YG_LEVEL_NONE);
    put_run(a->w->f, BETA, 84, 3, YG_LEVEL_NONE);
    long_run(a, 86, 1300);
    commit(a->w->f);
    put_verdict(a, 1000000 + 1296, YG_BY_HUMAN); /* the last of 1,300 */
    put_verdict(a, 8201, YG_BY_GROUP);
    put_verdict(a, 8401, YG_BY_MODEL); /* nobody's */
    commit(a->w->f);
    assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", 8600, "FP"), 403);
    assert_int_equal(verdict_of(a, 8600, &given, &who), YG_LEVEL_NONE);
    assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", 8200, "FP"), 403);
    assert_int_equal(judge(a, YG_ROLE_ANALYST, "alerts", 8201, "FP"), 403);
    assert_int_equal(judge(a, YG_ROLE_ANALYST, "alerts", 8202, "FP"), 200);
    assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", 8400, "FP"), 200);
    assert_int_equal(judge(a, YG_ROLE_SENIOR, "runs", 8200, "FP"), 200);
    assert_int_equal(judge(a, YG_ROLE_SENIOR, "runs", 8600, "FP"), 200);
}

/* A past attack shown again answers as any run that the coin drew. */
static void overruling_a_plant(void **state)
{
    static const uint8_t kinds[] = { YG_AUDIT_PLANT, YG_AUDIT_COIN, YG_AUDIT_DECOY };
    struct asked *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(kinds); i++) {
        struct yg_audit x = { .tenant = BETA,
                              .kind = kinds[i],
                              .rate = YG_COIN_ONE,
                              .drawn_ns = T0,
                              .ends_ns = T0,
                              .state = YG_AUDIT_WAITS,
                              .truth = YG_LEVEL_L4,
                              .level = YG_LEVEL_NONE,
                              .predicted = YG_LEVEL_NONE,
                              .second = YG_LEVEL_NONE,
                              .first = YG_LEVEL_NONE,
                              .worst = YG_LEVEL_NONE };
        uint64_t run = 82 + 2 * i;
        put_run(a->w->f, BETA, run, 1, YG_LEVEL_NONE);
        id_of(run * 100, x.run);
        id_of(run * 100, x.alert);
        assert_ok(a, yg_ledger_audit_put(a->w->f->st, &x, &a->err));
        commit(a->w->f);
        assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", run * 100, "FP"), 200);
        assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", run * 100, "L1"), 200);
        assert_int_equal(judge(a, YG_ROLE_RESPONDER, "runs", run * 100, "L4"), 403);
        assert_int_equal(judge(a, YG_ROLE_RESPONDER, "alerts", run * 100, "L4"), 403);
        assert_int_equal(judge(a, YG_ROLE_SENIOR, "runs", run * 100, "L4"), 200);
    }
}

static void idempotent(void **state)
{
    const char *l2 = "{\"level\":\"L2\"}", *l3 = "{\"level\":\"L3\"}";
    struct write x = { YG_ROLE_ANALYST, YG_HTTP_POST, "alerts", 8001, l2, "key-1" };
    struct asked *a = *state;
    struct yg_str who;
    size_t given;
    char first[200], longer[YG_AGAIN_KEY + 2];

    assert_int_equal(send(a, &x), 200);
    snprintf(first, sizeof(first), "%s", yg_buf_cstr(&a->w->got.body));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(send(a, &x), 200);
        assert_string_equal(yg_buf_cstr(&a->w->got.body), first);
    }
    verdict_of(a, 8001, &given, &who);
    assert_int_equal(given, 1);
    x.body = l3; /* the same key, another request */
    assert_int_equal(send(a, &x), 409);
    x.key = "key-2";
    assert_int_equal(send(a, &x), 200);
    x.key = "key-1"; /* of another person, for another alert: not the same */
    x.role = YG_ROLE_SENIOR;
    assert_int_equal(send(a, &x), 200);
    x.id = 8002;
    assert_int_equal(send(a, &x), 200);
    verdict_of(a, 8001, &given, &who);
    assert_int_equal(given, 3);
    /* what failed is not kept */
    x = (struct write){ YG_ROLE_ANALYST, YG_HTTP_POST, "alerts", 8000, "{}", "key-3" };
    assert_int_equal(send(a, &x), 400);
    x.body = l2;
    assert_int_equal(send(a, &x), 200);
    /* for a day */
    x = (struct write){ YG_ROLE_SENIOR, YG_HTTP_POST, "alerts", 8002, l3, "key-1" };
    memset(longer, 'k', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    x.key = longer;
    assert_int_equal(send(a, &x), 400);
}

static unsigned form(struct asked *a, const char *path, const char *body,
                     const char *cookie)
{
    ask(a->w, (struct yg_http_request){
                  .method = YG_HTTP_POST,
                  .target = yg_str_of(path),
                  .host = YG_STR("localhost:8433"),
                  .type = YG_STR("application/x-www-form-urlencoded"),
                  .cookie = yg_str_of(cookie),
                  .body = yg_str_of(body),
              });
    return a->w->got.status;
}

/* As a browser without script: the page's own form. */
static void by_form(void **state)
{
    const struct yg_login in = { .name = YG_STR("analyst"), .password = YG_STR(CHOSEN) };
    struct asked *a = *state;
    struct yg_login_answer out;
    struct yg_principal me;
    char cookie[100], path[100], body[120], hex[2 * YG_ID_SIZE + 1];
    struct yg_str who;
    size_t given;

    assert_ok(a, yg_people_login(a->w->api.people, &in, &out, &a->err));
    assert_ok(a, yg_people_session(a->w->api.people, yg_str_of(out.secret),
                                   &a->w->f->arena, &me, &a->err));
    snprintf(cookie, sizeof(cookie), "__Host-yagura=%s", out.secret);
    snprintf(path, sizeof(path), "/run/%s", hex_of(8000, hex));
    const char *page = ask(a->w, (struct yg_http_request){
                                     .target = yg_str_of(path),
                                     .host = YG_STR("localhost:8433"),
                                     .cookie = yg_str_of(cookie),
                                 });
    assert_non_null(strstr(page, "<button name=\"level\" value=\"L4\">"));
    snprintf(body, sizeof(body), "name=\"csrf\" value=\"%s\"", me.csrf);
    assert_non_null(strstr(page, body));
    snprintf(path, sizeof(path), "/run/%s/verdict", hex);
    assert_int_equal(form(a, path, "level=L3", cookie), 403);
    snprintf(body, sizeof(body), "level=L3&note=a+b&csrf=%s", me.csrf);
    assert_int_equal(form(a, path, body, cookie), 303);
    assert_int_equal(verdict_of(a, 8002, &given, &who), YG_LEVEL_L3);
    snprintf(path, sizeof(path), "/run/%s/undo", hex);
    snprintf(body, sizeof(body), "csrf=%s", me.csrf);
    assert_int_equal(form(a, path, body, cookie), 303);
    assert_int_equal(verdict_of(a, 8002, &given, &who), YG_LEVEL_NONE);
    /* no buttons for who may not */
    snprintf(path, sizeof(path), "/run/%s", hex);
    assert_null(strstr(as(a, YG_ROLE_VIEWER, NULL, path), "<button name=\"level\""));
}

static size_t noted(struct asked *a, struct yg_trail_row **row)
{
    const struct yg_scope all = YG_SCOPE_ALL;
    const struct yg_trail_ask ask_all = { .scope = &all, .limit = 100 };
    size_t n;

    assert_ok(
        a, yg_trail_list(a->w->api.trail, &ask_all, &a->w->f->arena, row, &n, &a->err));
    return n;
}

/* What is done is in the trail before, and what came of it; so are bytes that were shown
 * and logins. What only lists is not. */
static void trail(void **state)
{
    struct asked *a = *state;
    struct yg_trail_row *row;
    char path[100], hex[2 * YG_ID_SIZE + 1];

    as(a, YG_ROLE_ANALYST, NULL, "/api/v1/queue");
    assert_int_equal(judge(a, YG_ROLE_VIEWER, "runs", 8000, "L2"), 403);
    assert_int_equal(noted(a, &row), 0);
    assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", 8000, "L2"), 200);
    assert_int_equal(noted(a, &row), 2);
    assert_int_equal(row[0].outcome, YG_TRAIL_DONE);
    assert_int_equal(row[0].begun, row[1].seq);
    assert_int_equal(row[1].outcome, YG_TRAIL_BEGUN);
    assert_true(yg_str_eq(row[1].who, YG_STR("analyst")));
    assert_true(yg_str_eq(row[1].verb, YG_STR("judge")));
    assert_true(yg_str_eq(row[1].subject, yg_str_of(hex_of(8000, hex))));
    assert_true(yg_str_eq(row[1].tenant, BETA));
    assert_true(yg_str_eq(row[1].detail, YG_STR("L2")));
    assert_int_equal(judge(a, YG_ROLE_RESPONDER, "runs", 8000, "L4"), 403);
    assert_int_equal(noted(a, &row), 4);
    assert_int_equal(row[0].outcome, YG_TRAIL_REFUSED);
    assert_int_equal(judge(a, YG_ROLE_ANALYST, "runs", 0, "L2"), 404);
    assert_int_equal(noted(a, &row), 6);
    assert_int_equal(row[0].outcome, YG_TRAIL_FAILED);
    assert_int_equal(row[0].tenant.n, 0);
    snprintf(path, sizeof(path), "/run/%s", hex_of(8000, hex));
    as(a, YG_ROLE_VIEWER, NULL, path); /* no bytes are shown to him */
    assert_int_equal(noted(a, &row), 6);
    as(a, YG_ROLE_AUDITOR, NULL, path);
    assert_int_equal(noted(a, &row), 7);
    assert_int_equal(row[0].outcome, YG_TRAIL_DONE);
    assert_true(yg_str_eq(row[0].via, YG_STR("console")));
    assert_int_equal(form(a, "/login", "name=analyst&password=wrong+wrong+wrong", ""),
                     401);
    assert_int_equal(noted(a, &row), 8);
    assert_int_equal(row[0].outcome, YG_TRAIL_REFUSED);
    assert_int_equal(
        form(a, "/login", "name=analyst&password=a+kettle+sings+in+the+north+room", ""),
        303);
    assert_int_equal(noted(a, &row), 9);
    assert_int_equal(row[0].outcome, YG_TRAIL_DONE);
    for (size_t i = 0; i < 9; i++)
        if (row[i].detail.n > 0)
            assert_null(memmem(row[i].detail.p, row[i].detail.n, "kettle", 6));
}

/* What a stream says at the beginning, when something changes, and when nothing does. */
static void stream(void **state)
{
    struct asked *a = *state;
    struct yg_api *api = &a->w->api;
    struct yg_buf out;

    yg_buf_init(&out, 65536);
    assert_non_null(strstr(as(a, YG_ROLE_ANALYST, NULL, "/api/v1/stream"),
                           "event: queue\ndata: {\"waiting\":1,\"judged\":1,"));
    assert_string_equal(a->w->got.type, "text/event-stream");
    void *s = a->w->got.stream;
    assert_non_null(s);
    assert_true(yg_api_stream(api, s, &out));
    assert_int_equal(yg_buf_str(&out).n, 0);
    a->w->f->clock.manual_ns += 16 * YG_NS_PER_S;
    assert_true(yg_api_stream(api, s, &out));
    assert_string_equal(yg_buf_cstr(&out), ": nothing new\n\n");
    yg_buf_clear(&out);
    put_run(a->w->f, ACME, 90, 1, YG_LEVEL_NONE); /* not his */
    commit(a->w->f);
    assert_true(yg_api_stream(api, s, &out));
    assert_int_equal(yg_buf_str(&out).n, 0);
    assert_int_equal(judge(a, YG_ROLE_SENIOR, "runs", 8000, "L2"), 200);
    assert_true(yg_api_stream(api, s, &out));
    assert_non_null(strstr(yg_buf_cstr(&out), "\"waiting\":0,\"judged\":2,"));
    /* his token ends, and the stream with it */
    a->w->f->clock.manual_ns += 2 * 3600 * YG_NS_PER_S;
    assert_false(yg_api_stream(api, s, &out));
    yg_api_stream_end(api, s);
    assert_int_equal(api->streams, 0);
    yg_buf_fini(&out);
}

static void streams_are_few(void **state)
{
    struct asked *a = *state;
    void *s[YG_STREAMS_MAX];

    for (int i = 0; i < YG_STREAMS_MAX; i++) {
        as(a, YG_ROLE_ANALYST, NULL, "/api/v1/stream");
        assert_int_equal(a->w->got.status, 200);
        s[i] = a->w->got.stream;
    }
    as(a, YG_ROLE_ANALYST, NULL, "/api/v1/stream");
    assert_int_equal(a->w->got.status, 503);
    assert_null(a->w->got.stream);
    for (int i = 0; i < YG_STREAMS_MAX; i++)
        yg_api_stream_end(&a->w->api, s[i]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup_rows, end_rows)
int main(void)
{
    const struct CMUnitTest tests[] = { T(run_and_alert),
                                        T(refused),
                                        T(overruling),
                                        T(overruling_any),
                                        T(overruling_a_plant),
                                        T(idempotent),
                                        T(by_form),
                                        T(trail),
                                        T(stream),
                                        T(streams_are_few) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
