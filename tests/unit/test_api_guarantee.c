/* SPDX-License-Identifier: Apache-2.0 */
/* The guarantee and the blind verdicts over HTTP: what is promised is told, texts of
 * strangers do nothing, and nothing tells an audit from a decoy. */
#include "api_world.h"

#include "ledger_util.h"

/* A certificate that could arm, or not. */
static void put_certificate(struct world *w, struct yg_str tenant, uint32_t attempt,
                            bool holds)
{
    struct yg_certificate c = { .kind = YG_CERT_TIME_SPLIT,
                                .mode = YG_CERT_BY_ALL,
                                .protect = YG_LEVEL_L3,
                                .provisional = holds ? 0 : 1U << YG_PROV_NO_COIN,
                                .tau = 1000,
                                .tau_np = 2000,
                                .tau_for = 1000,
                                .attempt = attempt,
                                .delta = 0.05,
                                .delta_spent = 0.03,
                                .share = 0.01,
                                .alpha = 0.05,
                                .beta = 0.05,
                                .for_clusters = 321,
                                .for_need = 135,
                                .for_p = 0.001,
                                .tenants = 1,
                                .made_ns = T0 - 86400 * YG_NS_PER_S };
    struct yg_ledger_certificate row = { .tenant = tenant,
                                         .attempt = attempt,
                                         .made_ns = c.made_ns };
    struct yg_buf bytes;

    c.level[YG_LEVEL_L3] = (struct yg_certificate_level){
        .threats = 123, .k = holds ? 2 : 0, .need = 90, .bound = 0.05, .tau = 2000
    };
    c.level[YG_LEVEL_L4] = (struct yg_certificate_level){
        .threats = 7, .need = 80, .bound = 0.49, .tau = 2000
    };
    yg_buf_init(&bytes, 1 << 16);
    yg_certificate_write(&c, &bytes);
    row.bytes = yg_buf_str(&bytes);
    yg_digest_of(row.bytes.p, row.bytes.n, row.digest);
    assert_ok(w->f, yg_ledger_certificate_put(w->f->st, &row, &w->f->err));
    yg_buf_fini(&bytes);
}

static void put_audit(struct world *w, uint64_t n, enum yg_audit_kind kind)
{
    struct yg_audit a = { .tenant = ACME,
                          .rate = YG_COIN_ONE,
                          .entity = 5,
                          .drawn_ns = T0 - YG_NS_PER_S,
                          .ends_ns = T0,
                          .risk = 123456789,
                          .kind = (uint8_t)kind,
                          .state = YG_AUDIT_WAITS,
                          .device = YG_DEV_IDS,
                          .level = YG_LEVEL_NONE,
                          .second = YG_LEVEL_NONE,
                          .predicted = YG_LEVEL_L3 };

    id_of(n * 100, a.run);
    id_of(n * 100, a.alert);
    assert_ok(w->f, yg_ledger_audit_put(w->f->st, &a, &w->f->err));
}

static int setup(void **state)
{
    struct world *w = NULL;
    struct yg_order o = { .kind = YG_ORDER_FELL, .tenant = ACME };

    if (world_new(&w) != 0)
        return -1;
    put_certificate(w, ACME, 1, false);
    put_certificate(w, ACME, 2, true);
    put_certificate(w, YG_STR_NONE, 1, false);
    struct yg_ledger_certificate bad = { .tenant = BETA, .attempt = 1, .bytes = ACME };
    yg_digest_of(bad.bytes.p, bad.bytes.n, bad.digest);
    assert_ok(w->f, yg_ledger_certificate_put(w->f->st, &bad, &w->f->err));
    o.at_ns = T0;
    o.fall = 1U << YG_FALL_OVERDUE;
    o.why = YG_STR("<script>alert(9)</script>");
    o.who = YG_STR("\xe2\x80\xae<img src=x>");
    assert_ok(w->f, yg_ledger_order_put(w->f->st, &o, &w->f->err));
    put_audit(w, 1, YG_AUDIT_COIN);
    put_audit(w, 2, YG_AUDIT_DECOY);
    commit(w->f);
    *state = w;
    return world_serve(w);
}

static const struct {
    const char *name, *target;
    unsigned status;
    const char *holds;
} cases[] = {
    { "fleet", "/guarantee", 200, "/guarantee?tenant=acme" },
    { "the chance of any error", "/guarantee", 200,
      "that any of 3 is wrong, at most 15" },
    { "the pool", "/guarantee", 200, "It speaks of the pool, not of each tenant" },
    { "certified level", "/guarantee?tenant=acme", 200, "<b>at most 5&nbsp;%</b>" },
    { "too few", "/guarantee?tenant=acme", 200, "not certifiable yet: 7 of 80" },
    { "attacks among closed", "/guarantee?tenant=acme", 200, "0 of 321 drawn at random" },
    { "why it fell", "/guarantee?tenant=acme", 200,
      "<b>overdue</b>: audits wait longer" },
    { "nothing asked yet", "/guarantee?tenant=%22%3E%3Cscript%3Et%3C/script%3E%26x=1",
      200, "Nothing is promised" },
    { "no such tenant", "/guarantee?tenant=nobody", 404, "404" },
    { "as JSON", "/api/v1/guarantee?tenant=acme", 200, "\"attempts\":2" },
    { "the pool as JSON", "/api/v1/guarantee", 200, "\"tenant\":null" },
    { "orders as JSON", "/api/v1/guarantee?tenant=acme", 200, "\"falls\":[\"overdue\"]" },
    { "a certificate that cannot be read", "/guarantee", 200, "damaged" },
    { "it is said, not hidden", "/guarantee?tenant=beta", 200, "cannot be read by this" },
    { "the queue names the blind ones", "/", 200, "2 more to judge without the score" },
    { "they are not in it", "/api/v1/queue", 200, "\"total\":6" },
    { "blind list", "/audits", 200, "Judge without the score" },
    { "blind list as JSON", "/api/v1/audits", 200, "\"total\":2" },
    { "of another", "/api/v1/audits?tenant=beta", 200, "\"total\":0" },
    { "second page", "/api/v1/audits?limit=1&page=2", 200, "\"pages\":2" },
    { "behind the end", "/audits?page=9", 200, "None waits" },
    { "unknown parameter", "/guarantee?page=2", 400, "no such parameter" },
};

static void routes(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        const char *body = get(w, cases[i].target);
        if (w->got.status != cases[i].status || !strstr(body, cases[i].holds))
            fail_msg("%s: %u: %s", cases[i].name, w->got.status, body);
    }
}

static void nothing_runs(void **state)
{
    static const char *const never[] = { "<script", "<img", "\xe2\x80\xae", "\x1b" };
    static const char *const page[] = { "/guarantee", "/guarantee?tenant=acme",
                                        "/audits" };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(page); i++) {
        const char *body = get(w, page[i]);
        for (size_t k = 0; k < YG_ARRAY_LEN(never); k++)
            if (strstr(body, never[k]))
                fail_msg("%s holds %s", page[i], never[k]);
    }
}

/* Nor does a plant's row name the alert that it shows again. */
static void a_plant_is_not_named(void **state)
{
    struct world *w = *state;
    struct yg_audit a = { .tenant = ACME,
                          .kind = YG_AUDIT_PLANT,
                          .state = YG_AUDIT_WAITS,
                          .device = YG_DEV_IDS,
                          .drawn_ns = T0 - 2 * YG_NS_PER_S,
                          .level = YG_LEVEL_NONE,
                          .predicted = YG_LEVEL_NONE,
                          .second = YG_LEVEL_NONE,
                          .truth = YG_LEVEL_L4 };
    char hex[2 * YG_ID_SIZE + 1];

    id_of(77777, a.run);
    id_of(100, a.alert);
    assert_ok(w->f, yg_ledger_audit_put(w->f->st, &a, &w->f->err));
    yg_hex(a.alert, YG_ID_SIZE, hex);
    const char *body = get(w, "/api/v1/audits?limit=1&page=1");
    assert_null(strstr(body, hex));
    yg_hex(a.run, YG_ID_SIZE, hex);
    assert_non_null(strstr(body, hex));
}

/* The row of an audit and that of a decoy differ in their ids only. */
static void blind(void **state)
{
    static const char *const never[] = { "risk",   "123456789",  "predicted", "decoy",
                                         "gates",  "kind",       "rate",      "weight",
                                         "\"L3\"", "probability" };
    struct world *w = *state;

    for (int json = 0; json < 2; json++) {
        const char *body = get(w, json ? "/api/v1/audits" : "/audits");
        for (size_t k = 0; k < YG_ARRAY_LEN(never); k++)
            if (strstr(body, never[k]))
                fail_msg("the %s holds %s", json ? "JSON" : "page", never[k]);
    }
    char one[4096], two[4096];
    snprintf(one, sizeof(one), "%s", get(w, "/api/v1/audits?limit=1&page=1"));
    snprintf(two, sizeof(two), "%s", get(w, "/api/v1/audits?limit=1&page=2"));
    assert_int_equal(strlen(one), strlen(two));
}

/* An answer without the form that offers all levels, of whatever run. */
static const char *without_form(struct world *w, const char *path)
{
    const char *body = get(w, path);
    const char *form = strstr(body, "<form class=\"judge\"");
    const char *end = form ? strstr(form, "</form>") : NULL;
    struct yg_str s = yg_buf_str(&w->got.body);

    if (end) {
        for (int i = 0; i < YG_LEVEL_COUNT; i++) {
            char button[40];
            snprintf(button, sizeof(button), "name=\"level\" value=\"%s\">",
                     yg_level_name((enum yg_level)i));
            assert_non_null(strstr(form, button));
        }
        memset(w->got.body.p + (form - s.p), ' ', (size_t)(end - form));
    }
    return body;
}

/* The page of a run shows what the model says only when the verdict is given. */
static void blind_run(void **state)
{
    static const char *const never[] = { "risk",  "predicted", "gates",
                                         "worst", "would",     "decision",
                                         "L3",    "threshold", "\"open\"" };
    struct world *w = *state;
    unsigned char id[YG_ID_SIZE];
    char hex[2 * YG_ID_SIZE + 1], path[80];

    for (int json = 0; json < 2; json++) {
        id_of(100, id);
        yg_hex(id, sizeof(id), hex);
        snprintf(path, sizeof(path), "%s%s", json ? "/api/v1/runs/" : "/run/", hex);
        const char *body = without_form(w, path);
        assert_int_equal(w->got.status, 200);
        const char *tail =
            strstr(body, "Judge blind"); /* behind the style and the menu */
        for (size_t k = 0; k < YG_ARRAY_LEN(never); k++)
            if (strstr(tail ? tail : body, never[k]))
                fail_msg("%s holds %s: %s", path, never[k], body);
        id_of(300, id);
        yg_hex(id, sizeof(id), hex);
        snprintf(path, sizeof(path), "%s%s", json ? "/api/v1/runs/" : "/run/", hex);
        assert_non_null(strstr(without_form(w, path), "L3"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes),    cmocka_unit_test(nothing_runs),
        cmocka_unit_test(blind),     cmocka_unit_test(a_plant_is_not_named),
        cmocka_unit_test(blind_run),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
