/* SPDX-License-Identifier: Apache-2.0 */
/* The desk over HTTP, by roles of somebody who sees "beta" only: what is done, what is
 * answered, what is told of another tenant (nothing), and texts with hostile bytes. */
#include "api_people.h"

#include "desk/duty.h"

static const char *send_as(struct asked *a, enum yg_role role, enum yg_http_method method,
                           const char *target, const char *type, const char *body)
{
    char bearer[YG_SECRET_TEXT + 16];

    snprintf(bearer, sizeof(bearer), "Bearer %s", a->token[role]);
    return ask(a->w, (struct yg_http_request){ .method = method,
                                               .target = yg_str_of(target),
                                               .host = YG_STR("localhost:8433"),
                                               .type = yg_str_of(type),
                                               .authorization = yg_str_of(bearer),
                                               .body = yg_str_of(body) });
}

struct row {
    const char *name;
    enum yg_role by;
    enum yg_http_method method;
    const char *target, *body; /* RUN and THEIRS stand for ids of runs */
    unsigned want;
    const char *says;
};

static void filled(const char *text, char *out, size_t size)
{
    char hex[2 * YG_ID_SIZE + 1];
    size_t n = 0;

    for (const char *p = text; *p && n + 40 < size;) {
        bool ours = strncmp(p, "RUN", 3) == 0, theirs = strncmp(p, "THEIRS", 6) == 0;
        if (!ours && !theirs) {
            out[n++] = *p++;
            continue;
        }
        n += (size_t)snprintf(out + n, size - n, "%s", hex_of(ours ? 6000 : 0, hex));
        p += ours ? 3 : 6;
    }
    out[n] = '\0';
}

static void walk(struct asked *a, const struct row *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char target[300], body[2000];
        const char *type = "application/json";
        if (strstr(row[i].target, "/entries"))
            type = "text/plain";
        if (strstr(row[i].target, "/import"))
            type = "application/octet-stream";
        filled(row[i].target, target, sizeof(target));
        filled(row[i].body, body, sizeof(body));
        const char *got = send_as(a, row[i].by, row[i].method, target, type, body);
        if (a->w->got.status != row[i].want || (row[i].says && !strstr(got, row[i].says)))
            fail_msg("%s: %u %s", row[i].name, a->w->got.status, got);
        if (row[i].by != YG_ROLE_SYSTEM_ADMIN && strstr(got, "acme"))
            fail_msg("%s: %s", row[i].name, got);
    }
}

#define ADMIN    YG_ROLE_SYSTEM_ADMIN
#define MANAGER  YG_ROLE_TENANT_ADMIN
#define ANALYST  YG_ROLE_ANALYST
#define SENIOR   YG_ROLE_SENIOR
#define CUSTOMER YG_ROLE_CUSTOMER
#define VIEWER   YG_ROLE_VIEWER
#define RESPOND  YG_ROLE_RESPONDER
#define GET      YG_HTTP_GET
#define POST     YG_HTTP_POST
#define PATCH    YG_HTTP_PATCH
#define PUT      YG_HTTP_PUT
#define DEL      YG_HTTP_DELETE
#define V1       "/api/v1/"

static void claims_and_clocks(void **state)
{
    static const struct row rows[] = {
        { "claim", ANALYST, POST, V1 "runs/RUN/claim", "{}", 200, "\"who\":\"analyst\"" },
        { "again", ANALYST, POST, V1 "runs/RUN/claim", "{}", 200, NULL },
        { "another", SENIOR, POST, V1 "runs/RUN/claim", "{}", 409,
          "analyst works on it" },
        { "over", ANALYST, POST, V1 "runs/RUN/claim", "{\"take_over\":true}", 403, NULL },
        { "over", SENIOR, POST, V1 "runs/RUN/claim", "{\"take_over\":true}", 200,
          "\"who\":\"senior\"" },
        { "not his", ANALYST, DEL, V1 "runs/RUN/claim", "", 403, "senior works on it" },
        { "listed", VIEWER, GET, V1 "claims", "", 200, "\"who\":\"senior\"" },
        { "of one", VIEWER, GET, V1 "claims?user=analyst", "", 200, "\"claims\":[]" },
        { "not a viewer", VIEWER, POST, V1 "runs/RUN/claim", "{}", 403, NULL },
        { "theirs", ANALYST, POST, V1 "runs/THEIRS/claim", "{}", 404, NULL },
        { "in the queue", ANALYST, GET, V1 "queue?state=judged", "", 200,
          "\"claim\":{\"who\":\"senior\"" },
        { "who looked", ANALYST, GET, V1 "queue?state=judged", "", 200,
          "\"looked_by\":\"analyst\",\"look_due\":" },
        { "at the run", ANALYST, GET, V1 "runs/RUN", "", 200,
          "\"claim\":{\"who\":\"senior\"" },
        { "released", SENIOR, DEL, V1 "runs/RUN/claim", "", 200, NULL },
        { "twice", SENIOR, DEL, V1 "runs/RUN/claim", "", 404, NULL },
        { "once more", SENIOR, POST, V1 "runs/RUN/claim", "{}", 200, NULL },
        { "and judged", SENIOR, POST, V1 "runs/RUN/verdict", "{\"level\":\"L1\"}", 200,
          NULL },
        { "that ends it", VIEWER, GET, V1 "claims", "", 200, "\"claims\":[]" },
        { "clocks", CUSTOMER, GET, V1 "tenants/beta/clocks", "", 200,
          "\"level\":\"L4\",\"look_minutes\":15" },
        { "of another", MANAGER, GET, V1 "tenants/acme/clocks", "", 404, NULL },
        { "set", MANAGER, PUT, V1 "tenants/beta/clocks",
          "{\"level\":\"L4\",\"look_minutes\":5,\"verdict_minutes\":9}", 200,
          "\"look_minutes\":5,\"verdict_minutes\":9,\"own\":true" },
        { "another's", MANAGER, PUT, V1 "tenants/acme/clocks",
          "{\"level\":\"L4\",\"look_minutes\":5,\"verdict_minutes\":9}", 404, NULL },
        { "backwards", MANAGER, PUT, V1 "tenants/beta/clocks",
          "{\"level\":\"L4\",\"look_minutes\":9,\"verdict_minutes\":5}", 400, NULL },
        { "no level", MANAGER, PUT, V1 "tenants/beta/clocks",
          "{\"level\":\"L9\",\"look_minutes\":9,\"verdict_minutes\":9}", 400, "level" },
        { "not an analyst", ANALYST, PUT, V1 "tenants/beta/clocks",
          "{\"level\":\"L4\",\"look_minutes\":5,\"verdict_minutes\":9}", 403, NULL },
    };

    walk(*state, rows, YG_ARRAY_LEN(rows));
}

static void notes(void **state)
{
    static const struct row rows[] = {
        { "ours", ANALYST, POST, V1 "notes",
          "{\"tenant\":\"beta\",\"kind\":\"tenant\",\"text\":\"<b>night</b>\"}", 200,
          "\"number\":1,\"tenant\":\"beta\"" },
        { "theirs", ADMIN, POST, V1 "notes",
          "{\"tenant\":\"acme\",\"kind\":\"host\",\"key\":\"PC1\",\"text\":\"x\"}", 200,
          "\"key\":\"pc1\"" },
        { "of another", ANALYST, POST, V1 "notes",
          "{\"tenant\":\"acme\",\"kind\":\"tenant\",\"text\":\"x\"}", 404, NULL },
        { "list", VIEWER, GET, V1 "notes", "", 200, "\"more\":false" },
        { "get", VIEWER, GET, V1 "notes/2", "", 404, NULL },
        { "change", ANALYST, PATCH, V1 "notes/2", "{\"text\":\"y\"}", 404, NULL },
        { "remove", SENIOR, DEL, V1 "notes/2", "", 404, NULL },
        { "history", VIEWER, GET, V1 "notes/2/history", "", 404, NULL },
        { "change", ANALYST, PATCH, V1 "notes/1",
          "{\"text\":\"day\",\"expires\":\"2099-01-01T00:00:00Z\"}", 200, "2099-01-01" },
        { "its versions", VIEWER, GET, V1 "notes/1/history", "", 200, "<b>night</b>" },
        { "at the alert", ANALYST, GET, V1 "alerts/RUN", "", 200, "\"text\":\"day\"" },
        { "no right", ANALYST, DEL, V1 "notes/1", "", 403, NULL },
        { "removed", SENIOR, DEL, V1 "notes/1", "", 200, "\"changed\":true" },
        { "gone", ANALYST, GET, V1 "alerts/RUN?parts=desk", "", 200, "\"notes\":[]" },
        { "what time", ANALYST, PATCH, V1 "notes/1", "{\"expires\":\"tomorrow...\"}", 400,
          "expires" },
        { "by key", VIEWER, GET, V1 "notes?kind=host&key=pc1&tenant=beta", "", 200,
          "\"notes\":[]" },
        { "whose key", VIEWER, GET, V1 "notes?kind=host&key=pc1", "", 400, NULL },
        { "their key", VIEWER, GET, V1 "notes?kind=host&key=pc1&tenant=acme", "", 404,
          NULL },
        { "not a customer", CUSTOMER, GET, V1 "notes", "", 403, NULL },
        { "a page", ANALYST, GET, V1 "notes?after=x", "", 400, "after" },
        { "an escape", ANALYST, POST, V1 "notes",
          "{\"tenant\":\"beta\",\"kind\":\"tenant\",\"text\":\"\\u001b[2J\"}", 400,
          NULL },
        { "bidi", ANALYST, POST, V1 "notes",
          "{\"tenant\":\"beta\",\"kind\":\"tenant\",\"text\":\"a\\u202eb\"}", 400, NULL },
        { "a NUL", ANALYST, POST, V1 "notes",
          "{\"tenant\":\"beta\",\"kind\":\"tenant\",\"text\":\"a\\u0000b\"}", 400, NULL },
    };

    walk(*state, rows, YG_ARRAY_LEN(rows));
}

static void questions(void **state)
{
    static const struct row rows[] = {
        { "of theirs", ANALYST, POST, V1 "questions",
          "{\"run\":\"THEIRS\",\"text\":\"?\"}", 404, NULL },
        { "of nothing", ANALYST, POST, V1 "questions", "{\"text\":\"?\"}", 400, NULL },
        { "ask", ANALYST, POST, V1 "questions",
          "{\"run\":\"RUN\",\"text\":\"Was it you?\"}", 200,
          "\"number\":1,\"tenant\":\"beta\"" },
        { "of an alert", ANALYST, POST, V1 "questions",
          "{\"alert\":\"RUN\",\"text\":\"And this?\",\"due\":\"2001-01-01T00:00:00Z\"}",
          400, "future" },
        { "of an alert", ANALYST, POST, V1 "questions",
          "{\"alert\":\"RUN\",\"text\":\"And this?\"}", 200, "\"number\":2" },
        { "of acme", ADMIN, POST, V1 "questions", "{\"run\":\"THEIRS\",\"text\":\"?\"}",
          200, "\"number\":3" },
        { "the customer reads", CUSTOMER, GET, V1 "questions?state=open", "", 200,
          "Was it you?" },
        { "not theirs", CUSTOMER, GET, V1 "questions/3", "", 404, NULL },
        { "not theirs", CUSTOMER, POST, V1 "questions/3/answer", "{\"text\":\"no\"}", 404,
          NULL },
        { "not an analyst", ANALYST, POST, V1 "questions/1/answer", "{\"text\":\"no\"}",
          403, NULL },
        { "not the customer", CUSTOMER, POST, V1 "questions/1/withdraw", "{}", 403,
          NULL },
        { "answer", CUSTOMER, POST, V1 "questions/1/answer", "{\"text\":\"A test.\"}",
          200, "\"state\":\"answered\"" },
        { "once", CUSTOMER, POST, V1 "questions/1/answer", "{\"text\":\"No.\"}", 409,
          NULL },
        { "at the alert", ANALYST, GET, V1 "alerts/RUN?parts=desk", "", 200, "A test." },
        { "withdrawn", ANALYST, POST, V1 "questions/2/withdraw", "{}", 200,
          "\"state\":\"withdrawn\"" },
        { "what state", ANALYST, GET, V1 "questions?state=new", "", 400, "open" },
        { "not asked", CUSTOMER, POST, V1 "questions", "{\"run\":\"RUN\",\"text\":\"?\"}",
          403, NULL },
    };

    walk(*state, rows, YG_ARRAY_LEN(rows));
}

static void assets(void **state)
{
    static const struct row rows[] = {
        { "make", ANALYST, POST, V1 "assets",
          "{\"tenant\":\"beta\",\"subject\":\"192.0.2.7\",\"name\":\"shop\","
          "\"criticality\":4,\"software\":[\"nginx 1.18\"]}",
          200, "\"product\":\"nginx\",\"version\":\"1.18\"" },
        { "theirs", ADMIN, POST, V1 "assets",
          "{\"tenant\":\"acme\",\"subject\":\"10.0.0.1\"}", 200, "\"number\":2" },
        { "of theirs", ANALYST, POST, V1 "assets",
          "{\"tenant\":\"acme\",\"subject\":\"192.0.2.7\"}", 404, NULL },
        { "no asset", ANALYST, POST, V1 "assets",
          "{\"tenant\":\"beta\",\"subject\":\"a b\"}", 400, "host name" },
        { "list", CUSTOMER, GET, V1 "assets", "", 200, "\"subject\":\"192.0.2.7\"" },
        { "get", ANALYST, GET, V1 "assets/2", "", 404, NULL },
        { "change", ANALYST, PATCH, V1 "assets/2", "{\"name\":\"x\"}", 404, NULL },
        { "remove", SENIOR, DEL, V1 "assets/2", "", 404, NULL },
        { "change", ANALYST, PATCH, V1 "assets/1", "{\"owner\":\"ops\"}", 200,
          "\"name\":\"shop\",\"role\":null,\"owner\":\"ops\",\"criticality\":4" },
        { "import", ANALYST, POST, V1 "assets/import?tenant=beta",
          "ip,cve,plugin name\n192.0.2.7,CVE-2021-44228,=cmd\n", 200, "\"findings\":1" },
        { "half", ANALYST, POST, V1 "assets/import?tenant=beta",
          "address\n192.0.2.8\nx y\n", 400, "line 3" },
        { "none of it", ANALYST, GET, V1 "assets", "", 200, NULL },
        { "whose", ANALYST, POST, V1 "assets/import", "address\n192.0.2.8\n", 400,
          "tenant" },
        { "theirs", ANALYST, POST, V1 "assets/import?tenant=acme", "address\n192.0.2.8\n",
          404, NULL },
        { "with what it has", VIEWER, GET, V1 "assets/1", "", 200,
          "\"cve\":\"CVE-2021-44228\",\"state\":\"vulnerable\"" },
        { "export", SENIOR, GET, V1 "assets/export", "", 200,
          "beta,192.0.2.7,shop,,ops,4,nginx 1.18,1" },
        { "not an analyst", ANALYST, GET, V1 "assets/export", "", 403, NULL },
        { "not theirs", SENIOR, GET, V1 "assets/export?tenant=acme", "", 404, NULL },
        { "removed", SENIOR, DEL, V1 "assets/1", "", 200, NULL },
        { "gone", SENIOR, GET, V1 "assets/1", "", 404, NULL },
    };

    walk(*state, rows, YG_ARRAY_LEN(rows));
}

static void watchlists(void **state)
{
    static const struct row rows[] = {
        { "make", RESPOND, POST, V1 "watchlists",
          "{\"tenant\":\"beta\",\"name\":\"bad\",\"source\":\"feed\"}", 200,
          "\"number\":1" },
        { "twice", RESPOND, POST, V1 "watchlists",
          "{\"tenant\":\"beta\",\"name\":\"bad\"}", 409, NULL },
        { "of all", SENIOR, POST, V1 "watchlists",
          "{\"all_tenants\":true,\"name\":\"x\"}", 403, NULL },
        { "of nobody", RESPOND, POST, V1 "watchlists", "{\"name\":\"x\"}", 400, NULL },
        { "theirs", ADMIN, POST, V1 "watchlists", "{\"tenant\":\"acme\",\"name\":\"x\"}",
          200, "\"number\":2" },
        { "of theirs", RESPOND, POST, V1 "watchlists",
          "{\"tenant\":\"acme\",\"name\":\"y\"}", 404, NULL },
        { "of all", ADMIN, POST, V1 "watchlists", "{\"all_tenants\":true,\"name\":\"x\"}",
          200, "\"number\":3" },
        { "add", RESPOND, POST, V1 "watchlists/1/entries",
          "evil.example # seen\n0.0.0.0/1\n", 200, "\"added\":2" },
        { "a bad line", RESPOND, POST, V1 "watchlists/1/entries", "ok.example\nx y z\n",
          400, "line 2" },
        { "theirs", RESPOND, POST, V1 "watchlists/2/entries", "ok.example\n", 404, NULL },
        { "of all", RESPOND, POST, V1 "watchlists/3/entries", "ok.example\n", 403, NULL },
        { "seen", VIEWER, GET, V1 "watchlists/3", "", 200, "\"everywhere\":true" },
        { "list", VIEWER, GET, V1 "watchlists", "", 200, "\"entries\":2" },
        { "get", VIEWER, GET, V1 "watchlists/2", "", 404, NULL },
        { "entries", VIEWER, GET, V1 "watchlists/2/entries", "", 404, NULL },
        { "export", VIEWER, GET, V1 "watchlists/2/export", "", 404, NULL },
        { "change", RESPOND, PATCH, V1 "watchlists/2", "{\"note\":\"x\"}", 404, NULL },
        { "drop", RESPOND, DEL, V1 "watchlists/2", "", 404, NULL },
        { "entries", VIEWER, GET, V1 "watchlists/1/entries?limit=1", "", 200,
          "\"more\":true,\"after\":\"2\"" },
        { "the rest", VIEWER, GET, V1 "watchlists/1/entries?after=2", "", 200,
          "evil.example" },
        { "export", VIEWER, GET, V1 "watchlists/1/export", "", 200,
          "0.0.0.0/1\nevil.example # seen\n" },
        { "change", RESPOND, PATCH, V1 "watchlists/1", "{\"note\":\"x\"}", 200,
          "\"source\":\"feed\",\"note\":\"x\"" },
        { "one entry", RESPOND, DEL, V1 "watchlists/1/entries?entry=2", "", 200, NULL },
        { "not an analyst", ANALYST, POST, V1 "watchlists/1/entries", "x.example\n", 403,
          NULL },
        { "drop", RESPOND, DEL, V1 "watchlists/1", "", 200, NULL },
        { "gone", RESPOND, GET, V1 "watchlists/1", "", 404, NULL },
    };

    walk(*state, rows, YG_ARRAY_LEN(rows));
}

/* A server without one. */
static void no_desk(void **state)
{
    struct asked *a = *state;
    struct yg_desk *was = a->w->api.desk;
    char path[200], hex[2 * YG_ID_SIZE + 1];

    a->w->api.desk = NULL;
    as(a, ANALYST, NULL, V1 "notes");
    assert_int_equal(a->w->got.status, 503);
    snprintf(path, sizeof(path), V1 "alerts/%s", hex_of(6000, hex));
    assert_non_null(strstr(as(a, ANALYST, NULL, path), "\"desk\":null"));
    assert_null(strstr(as(a, ANALYST, NULL, V1 "queue?state=judged"), "look_due"));
    a->w->api.desk = was;
}

/* Opening a run is a first look of who judges, and of nobody else. */
static void looking(void **state)
{
    struct asked *a = *state;
    char path[200], hex[2 * YG_ID_SIZE + 1];
    const char *queue = V1 "queue?state=judged";

    snprintf(path, sizeof(path), V1 "runs/%s", hex_of(6000, hex));
    as(a, VIEWER, NULL, path);
    assert_non_null(strstr(as(a, ANALYST, NULL, queue), "\"looked_by\":null"));
    as(a, SENIOR, NULL, path);
    as(a, ANALYST, NULL, path);
    assert_non_null(strstr(as(a, ANALYST, NULL, queue), "\"looked_by\":\"senior\""));
}

/* What the trail says of it. */
static void noted(void **state)
{
    struct asked *a = *state;
    const struct yg_scope all = { .all = true };
    const struct yg_trail_ask ask = { .scope = &all, .limit = 100 };
    struct yg_trail_row *row;
    size_t n;
    bool said = false;

    send_as(a, ANALYST, POST, V1 "notes", "application/json",
            "{\"tenant\":\"beta\",\"kind\":\"tenant\",\"text\":\"secret words\"}");
    assert_ok(a,
              yg_trail_list(a->w->api.trail, &ask, &a->w->f->arena, &row, &n, &a->err));
    for (size_t i = 0; i < n; i++)
        if (yg_str_eq(row[i].object, YG_STR("note")) && row[i].outcome == YG_TRAIL_DONE)
            said = yg_str_eq(row[i].tenant, YG_STR("beta")) &&
                   yg_str_has_nocase(row[i].detail, YG_STR("note 1"));
    assert_true(said);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, end)
int main(void)
{
    const struct CMUnitTest tests[] = { T(claims_and_clocks), T(notes),
                                        T(questions),         T(assets),
                                        T(watchlists),        T(no_desk),
                                        T(looking),           T(noted) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
