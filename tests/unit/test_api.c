/* SPDX-License-Identifier: Apache-2.0 */
/* Every route over a store of hostile texts: status, type, paging, and that nothing an
 * alert says becomes markup. `test_api DIR` writes that store for the scenario test. */
#include "api_world.h"

static int setup(void **state)
{
    struct world *w = NULL;
    int rc = world_new(&w);

    *state = w;
    return rc == 0 ? world_serve(w) : rc;
}

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
        n++;
    return n;
}

static const char *run_path(char out[80], const char *before, uint64_t n)
{
    unsigned char id[YG_ID_SIZE];
    char hex[2 * YG_ID_SIZE + 1];

    id_of(n, id);
    yg_hex(id, sizeof(id), hex);
    snprintf(out, 80, "%s%s", before, hex);
    return out;
}

#define PROBLEM "application/problem+json"
static const struct {
    const char *name, *target;
    unsigned status;
    const char *type, *holds;
} cases[] = {
    { "queue page", "/", 200, "text/html", "Waiting for a person" },
    { "judged page", "/?state=judged", 200, "text/html", "<h2>Judged</h2>" },
    { "style", "/style.css", 200, "text/css", "prefers-color-scheme:dark" },
    { "queue", "/api/v1/queue", 200, "application/json", "\"total\":8" },
    { "queue of one", "/api/v1/queue?tenant=beta", 200, "application/json",
      "\"total\":0" },
    { "judged", "/api/v1/queue?state=judged", 200, "application/json",
      "\"verdict\":\"FP\"" },
    { "stats", "/api/v1/stats", 200, "application/json", "\"queue_waiting\":8" },
    { "mode", "/api/v1/stats", 200, "application/json", "\"mode\":\"shadow\"" },
    { "health", "/healthz", 200, "text/plain", "ok\n" },
    { "metrics", "/metrics", 200, "text/plain; version=0.0.4",
      "\nyagura_runs_waiting 8\n" },
    { "nothing there", "/api/v1/nothing", 404, PROBLEM, "\"status\":404" },
    { "no such page", "/favicon.ico", 404, "text/html", "404 Not found" },
    { "no such run", "/api/v1/runs/ffffffffffffffffffffffffffffffff", 404, PROBLEM,
      "no such thing" },
    { "no such run page", "/run/ffffffffffffffffffffffffffffffff", 404, "text/html",
      "no such thing" },
    { "id no id", "/api/v1/runs/x", 404, PROBLEM, "\"status\":404" },
    { "bad page", "/api/v1/queue?page=0", 400, PROBLEM, "from 1 to" },
    { "bad page, page", "/?page=0", 400, "text/html", "from 1 to" },
    { "bad state", "/api/v1/queue?state=lost", 400, PROBLEM, "waiting or judged" },
    { "unknown parameter", "/api/v1/queue?tennant=a", 400, PROBLEM, "no such parameter" },
    { "parameter of others", "/healthz?page=1", 400, PROBLEM, "no such parameter" },
    { "markup in the query", "/?<script>=1", 400, "text/html", "no such parameter" },
    { "absolute form", "http://localhost:8433/", 404, PROBLEM, "\"status\":404" },
    { "behind the end", "/?page=999", 200, "text/html", "behind the end" },
    { "last page of all", "/api/v1/queue?page=1000000&limit=500", 200, "application/json",
      "\"runs\":[]" },
};

static void test_routes(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        const char *body = get(w, cases[i].target);
        if (w->got.status != cases[i].status ||
            strncmp(w->got.type, cases[i].type, strlen(cases[i].type)) != 0 ||
            !strstr(body, cases[i].holds))
            fail_msg("%s: %u %s: %s", cases[i].name, w->got.status, w->got.type, body);
    }
}

static void test_method_and_host(void **state)
{
    struct world *w = *state;
    struct yg_http_request in = { .method = YG_HTTP_POST,
                                  .target = YG_STR("/api/v1/queue"),
                                  .host = YG_STR("localhost") };

    ask(w, in);
    assert_int_equal(w->got.status, 405);
    in.method = YG_HTTP_GET;
    in.host = YG_STR("evil.example:8433");
    assert_null(strstr(ask(w, in), "runs"));
    assert_int_equal(w->got.status, 421);
    assert_string_equal(w->got.type, PROBLEM);
    in.host = YG_STR_NONE;
    ask(w, in);
    assert_int_equal(w->got.status, 421);
}

/* No page has a tag that is not ours: attackers' ones would be among these. */
static void assert_inert(const char *name, const char *body)
{
    static const char *const never[] = { "<script", "<img",         "<svg",
                                         "</pre><", "\x1b",         "\xe2\x80\xae",
                                         "\xff",    "onmouseover='" };

    for (size_t i = 0; i < YG_ARRAY_LEN(never); i++)
        if (count_of(body, never[i]) > 0)
            fail_msg("%s holds %s", name, never[i]);
}

static void test_hostile(void **state)
{
    struct world *w = *state;
    char path[80];

    const char *body = get(w, "/");
    assert_inert("queue", body);
    assert_int_equal(count_of(body, "&lt;script&gt;alert(1)&lt;/script&gt; "
                                    "<i class=\"esc\">\\u{202E}</i>txt.exe"),
                     HOSTILE_RUNS + 1);
    assert_non_null(strstr(body, "&#39;onmouseover=&#39;alert(5)"));
    assert_non_null(strstr(body, "<option value=\"&quot;&gt;&lt;script&gt;t"));

    body = get(w, run_path(path, "/run/", 0));
    assert_int_equal(w->got.status, 200);
    assert_inert("run", body);
    assert_int_equal(count_of(body, "<article>"), ALERTS_OF_0);
    assert_non_null(strstr(body, "&lt;/pre&gt;&lt;script&gt;alert(2)"));
    assert_non_null(strstr(body, "NUL <i class=\"esc\">\xe2\x90\x80</i> and"));

    assert_inert("error", get(w, "/<script>alert(1)</script>"));
    body = get(w, run_path(path, "/api/v1/runs/", 0));
    assert_int_equal(w->got.status, 200);
    assert_null(strchr(body, '\x1b'));
    assert_non_null(strstr(body, "\\u001b[2J"));
}

/* The chosen tenant's name goes into links and the form, and comes back the same. */
static void test_hostile_tenant(void **state)
{
    struct world *w = *state;
    const char *body =
        get(w, "/?limit=1&tenant=%22%3E%3Cscript%3Et%3C%2Fscript%3E%26x%3D1");

    assert_int_equal(w->got.status, 200);
    assert_inert("tenant", body);
    assert_int_equal(count_of(body, "href=\"/run/"), 1);
    assert_non_null(strstr(body, "&amp;x=1\" selected>"));
}

static void test_paging(void **state)
{
    struct world *w = *state;
    char path[80];
    size_t seen = 0;

    for (int page = 1; page <= 4; page++) {
        snprintf(path, sizeof(path), "/?limit=3&page=%d&tenant=acme", page);
        const char *body = get(w, path);
        seen += count_of(body, "href=\"/run/");
        assert_int_equal(count_of(body, "next &rarr;"), page < 3);
        assert_int_equal(count_of(body, "&larr; previous"), page > 1);
    }
    assert_int_equal(seen, HOSTILE_RUNS);
    /* links keep what was chosen */
    assert_non_null(strstr(get(w, "/?limit=3&tenant=acme"),
                           "\"/?state=waiting&amp;tenant=acme&amp;limit=3&amp;page=2\""));
    char paged[100];
    snprintf(paged, sizeof(paged), "%s?limit=2&page=2", run_path(path, "/run/", 0));
    assert_int_equal(count_of(get(w, paged), "<article>"), ALERTS_OF_0 - 2);
}

/* What holds for all rows is said once. */
static void test_gates(void **state)
{
    struct world *w = *state;
    const char *body = get(w, "/?tenant=acme");

    assert_int_equal(count_of(body, yg_gate_info[YG_GATE_NO_CERTIFICATE].sentence), 1);
    assert_int_equal(count_of(body, yg_gate_info[YG_GATE_NEW_SIGNATURE].sentence),
                     (HOSTILE_RUNS + 1) / 2);
}

/* A record lost to a damaged block is said to be lost; the page still comes. */
static void test_lost_record(void **state)
{
    struct world *w = *state;
    unsigned char id[2][YG_ID_SIZE];
    char path[80];

    id_of(1, id[0]);
    id_of(987654, id[1]);
    assert_ok(w->f, yg_store_run_add(w->f->st, id[0], id[1], 1, &w->f->err));
    id_of(0, id[0]);
    assert_ok(w->f, yg_store_run_add(w->f->st, id[0], id[1], 1, &w->f->err));
    commit(w->f);
    const char *body = get(w, run_path(path, "/run/", 0));
    assert_int_equal(w->got.status, 200);
    assert_int_equal(count_of(body, "This record cannot be read"), 1);
    get(w, run_path(path, "/api/v1/runs/", 0));
    assert_int_equal(w->got.status, 200);
}

/* A reader sees what a writer beside it committed after the reader had opened. */
static void test_concurrent_writer(void **state)
{
    struct world *w = *state;
    struct yg_store_options opt = { .read_only = true, .clock = &w->f->clock };
    struct yg_store *reader;

    assert_ok(w->f, yg_store_open(w->f->dir, &opt, &reader, &w->f->err));
    w->api.source.store = reader;
    assert_non_null(strstr(get(w, "/api/v1/queue"), "\"total\":8"));
    put_run(w->f, ACME, 77, 1, YG_LEVEL_NONE);
    assert_non_null(strstr(get(w, "/api/v1/queue"), "\"total\":8"));
    commit(w->f);
    assert_non_null(strstr(get(w, "/api/v1/queue"), "\"total\":9"));
    assert_non_null(strstr(get(w, "/metrics"), "\nyagura_runs_waiting 9\n"));
    yg_store_close(reader);
}

static void test_certificate(void **state)
{
    struct world *w = *state;

    assert_non_null(strstr(get(w, "/"), "There is no model yet."));
    w->policy.model = true;
    assert_non_null(strstr(get(w, "/"), "no certificate yet"));
    w->policy.certified = true;
    w->policy.certificate =
        (struct yg_certificate){ .kind = YG_CERT_CROSS_FIT, .protect = YG_LEVEL_L3 };
    assert_non_null(strstr(get(w, "/"), "<summary>Certificate</summary>"));
    assert_non_null(strstr(get(w, "/api/v1/stats"), "\"certificate\":{"));
    snprintf(w->policy.problem, sizeof(w->policy.problem), "<b>broken</b>");
    assert_non_null(strstr(get(w, "/"), "&lt;b&gt;broken"));
}

static void test_risk_text(void **state)
{
    static const struct {
        double p;
        const char *text;
    } risks[] = { { 0.5, "0.500" },      { 0.97, "0.970" },      { 0.999, "0.999" },
                  { 0.9999, ">0.999" },  { 0.0123, "0.0123" },   { 0.001001, "0.00100" },
                  { 1.2e-9, "1.20e-9" }, { 3.4e-12, "3.40e-12" } };
    char out[YG_RISK_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(risks); i++)
        assert_string_equal(yg_view_risk(yg_risk_of_prob(risks[i].p), out),
                            risks[i].text);
    assert_string_equal(yg_view_risk(YG_RISK_MAX, out), ">0.999");
}

static int write_store(const char *dir)
{
    struct fixture *f = NULL;

    if (fixture_setup((void **)&f) != 0)
        return 1;
    rmdir(f->dir);
    snprintf(f->dir, sizeof(f->dir), "%s", dir);
    fixture_open(f);
    hostile_store(f);
    yg_store_close(f->st);
    yg_arena_fini(&f->arena);
    free(f);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(test_routes),      T(test_method_and_host),
        T(test_hostile),     T(test_hostile_tenant),
        T(test_paging),      T(test_gates),
        T(test_lost_record), T(test_concurrent_writer),
        T(test_certificate), cmocka_unit_test(test_risk_text),
    };

    if (argc == 2)
        return write_store(argv[1]);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
