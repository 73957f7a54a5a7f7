/* SPDX-License-Identifier: Apache-2.0 */
/* Frozen selections and one verdict on many: never more than was shown, in slices, undone
 * by its number; and keys that outlive the server. */
#include "api_people.h"

#include "api/again.h"
#include "pipeline/bulk.h"
#include "store/ledger.h"

struct acting {
    struct asked *a;
};

static int setup_acts(void **state)
{
    struct acting *x = calloc(1, sizeof(*x));
    void *a = NULL;
    int rc = setup(&a);

    if (rc != 0)
        return rc;
    x->a = a;
    x->a->w->api.again = yg_again_new();
    for (uint64_t r = 80; r < 84; r++)
        put_run(x->a->w->f, BETA, r, 3, YG_LEVEL_NONE);
    commit(x->a->w->f);
    *state = x;
    return 0;
}

static int end_acts(void **state)
{
    struct acting *x = *state;
    void *a = x->a;

    yg_again_free(x->a->w->api.again);
    free(x);
    return end(&a);
}

struct sent {
    enum yg_role role;
    enum yg_http_method method;
    const char *path, *body, *key;
};

static const char *send(struct acting *x, struct sent s)
{
    char bearer[YG_SECRET_TEXT + 16];

    snprintf(bearer, sizeof(bearer), "Bearer %s", x->a->token[s.role]);
    return ask(x->a->w, (struct yg_http_request){
                            .method = s.method,
                            .target = yg_str_of(s.path),
                            .host = YG_STR("localhost:8433"),
                            .type = YG_STR("application/json"),
                            .authorization = yg_str_of(bearer),
                            .idempotency = s.key ? yg_str_of(s.key) : YG_STR_NONE,
                            .body = yg_str_of(s.body ? s.body : ""),
                        });
}

static unsigned got(const struct acting *x)
{
    return x->a->w->got.status;
}

/* The text or number behind "key": in the answer. */
static const char *member(const struct acting *x, const char *key, char out[80])
{
    char name[40];

    snprintf(name, sizeof(name), "\"%s\":", key);
    const char *at = strstr(yg_buf_cstr(&x->a->w->got.body), name);
    if (!at)
        fail_msg("no %s in %s", key, yg_buf_cstr(&x->a->w->got.body));
    at += strlen(name);
    at += *at == '"';
    size_t n = strcspn(at, "\",}");
    snprintf(out, 80, "%.*s", (int)(n < 79 ? n : 79), at);
    return out;
}

/* A selection of these runs' alerts by id. */
static const char *select_ids(struct acting *x, enum yg_role role, uint64_t first,
                              uint64_t n, char out[80])
{
    char body[2000], hex[2 * YG_ID_SIZE + 1];
    size_t used = (size_t)snprintf(body, sizeof(body), "{\"ids\":[");

    for (uint64_t i = 0; i < n; i++)
        used += (size_t)snprintf(body + used, sizeof(body) - used, "%s\"%s\"",
                                 i ? "," : "", hex_of(first + i / 3 * 100 + i % 3, hex));
    snprintf(body + used, sizeof(body) - used, "]}");
    send(x, (struct sent){ role, YG_HTTP_POST, "/api/v1/selections", body, NULL });
    if (got(x) != 200)
        fail_msg("%u %s", got(x), yg_buf_cstr(&x->a->w->got.body));
    return member(x, "selection", out);
}

static unsigned judge(struct acting *x, enum yg_role role, const char *id, int count,
                      const char *level)
{
    char path[120], body[80];

    snprintf(path, sizeof(path), "/api/v1/selections/%s/verdict", id);
    snprintf(body, sizeof(body), "{\"count\":%d,\"level\":\"%s\"}", count, level);
    send(x, (struct sent){ role, YG_HTTP_POST, path, body, NULL });
    return got(x);
}

static void carry_out(struct acting *x, uint64_t want)
{
    uint64_t n = 0;

    assert_ok(x->a, yg_bulk_run(x->a->w->api.rows, x->a->w->api.acts, &n, &x->a->err));
    assert_int_equal(n, want);
}

static uint8_t level_of(struct acting *x, uint64_t id)
{
    struct yg_verdict now;
    unsigned char alert[YG_ID_SIZE];
    struct fixture *f = x->a->w->f;

    id_of(id, alert);
    return yg_store_verdict_get(f->st, alert, &f->arena, &now, &f->err) == YG_OK
               ? now.level
               : YG_LEVEL_NONE;
}

static void assert_act(struct acting *x, const char *what, const char *want)
{
    char number[80], path[120], value[80];

    snprintf(path, sizeof(path), "/api/v1/acts/%s", member(x, "act", number));
    send(x, (struct sent){ YG_ROLE_ANALYST, YG_HTTP_GET, path, NULL, NULL });
    assert_int_equal(got(x), 200);
    assert_string_equal(member(x, what, value), want);
}

static unsigned undo(struct acting *x, enum yg_role role)
{
    char number[80], path[120];

    snprintf(path, sizeof(path), "/api/v1/acts/%s/undo", member(x, "act", number));
    send(x, (struct sent){ role, YG_HTTP_POST, path, "{}", NULL });
    return got(x);
}

static void there_and_back(void **state)
{
    struct acting *x = *state;
    char id[80], value[80], answered[4000];

    select_ids(x, YG_ROLE_ANALYST, 8000, 6, id);
    assert_string_equal(member(x, "count", value), "6");
    assert_non_null(
        strstr(yg_buf_cstr(&x->a->w->got.body), "[{\"tenant\":\"beta\",\"alerts\":6}]"));
    assert_int_equal(judge(x, YG_ROLE_ANALYST, id, 5, "FP"),
                     409); /* not what was shown */
    assert_int_equal(judge(x, YG_ROLE_ANALYST, id, 6, "L9"), 400);
    assert_int_equal(judge(x, YG_ROLE_ANALYST, id, 6, "FP"), 200);
    snprintf(answered, sizeof(answered), "%s", yg_buf_cstr(&x->a->w->got.body));
    assert_string_equal(member(x, "state", value), "running");
    assert_int_equal(level_of(x, 8000), YG_LEVEL_NONE);
    assert_int_equal(undo(x, YG_ROLE_ANALYST), 409); /* it has not ended */
    carry_out(x, 1);
    yg_buf_clear(&x->a->w->got.body);
    yg_buf_str_add(&x->a->w->got.body, yg_str_of(answered));
    assert_act(x, "given", "6");
    assert_act(x, "state", "done");
    for (uint64_t r = 8000; r < 8200; r += 100)
        for (uint64_t i = 0; i < 3; i++)
            assert_int_equal(level_of(x, r + i), YG_LEVEL_FP);
    assert_int_equal(level_of(x, 8200), YG_LEVEL_NONE);
    /* one is judged otherwise since */
    struct yg_verdict v = { .level = YG_LEVEL_L4,
                            .source = YG_BY_HUMAN,
                            .at_ns = T0,
                            .tenant = BETA,
                            .who = YG_STR("bob") };
    id_of(8101, v.alert);
    assert_ok(x->a, yg_store_verdict_put(x->a->w->f->st, &v, &x->a->err));
    commit(x->a->w->f);
    yg_buf_clear(&x->a->w->got.body);
    yg_buf_str_add(&x->a->w->got.body, yg_str_of(answered));
    assert_int_equal(undo(x, YG_ROLE_RESPONDER), 403); /* another's */
    yg_buf_clear(&x->a->w->got.body);
    yg_buf_str_add(&x->a->w->got.body, yg_str_of(answered));
    assert_int_equal(undo(x, YG_ROLE_ANALYST), 200);
    carry_out(x, 1);
    assert_act(x, "undone", "5");
    assert_act(x, "changed_since", "1");
    assert_act(x, "state", "undone");
    assert_int_equal(level_of(x, 8000), YG_LEVEL_NONE);
    assert_int_equal(level_of(x, 8101), YG_LEVEL_L4);
    assert_int_equal(undo(x, YG_ROLE_ANALYST), 409);
}

/* Who did not make it, whose tenants it is not, what is over. */
static void bound(void **state)
{
    struct acting *x = *state;
    char id[80], path[120], body[120], hex[2 * YG_ID_SIZE + 1];

    select_ids(x, YG_ROLE_ANALYST, 8000, 3, id);
    snprintf(path, sizeof(path), "/api/v1/selections/%s", id);
    send(x, (struct sent){ YG_ROLE_ANALYST, YG_HTTP_GET, path, NULL, NULL });
    assert_int_equal(got(x), 200);
    send(x, (struct sent){ YG_ROLE_SENIOR, YG_HTTP_GET, path, NULL, NULL });
    assert_int_equal(got(x), 404);
    assert_int_equal(judge(x, YG_ROLE_SENIOR, id, 3, "FP"), 404);
    assert_int_equal(judge(x, YG_ROLE_VIEWER, id, 3, "FP"), 403);
    snprintf(body, sizeof(body), "{\"ids\":[\"%s\"]}", hex_of(1, hex)); /* acme's */
    send(x, (struct sent){ YG_ROLE_ANALYST, YG_HTTP_POST, "/api/v1/selections", body,
                           NULL });
    assert_int_equal(got(x), 404);
    snprintf(body, sizeof(body), "{\"run\":\"%s\"}", hex_of(0, hex));
    send(x, (struct sent){ YG_ROLE_ANALYST, YG_HTTP_POST, "/api/v1/selections", body,
                           NULL });
    assert_int_equal(got(x), 404);
    send(x, (struct sent){ YG_ROLE_ANALYST, YG_HTTP_POST, "/api/v1/selections",
                           "{\"query\":\"x\",\"run\":\"abcdef\"}", NULL });
    assert_int_equal(got(x), 400);
    send(x, (struct sent){ YG_ROLE_ANALYST, YG_HTTP_DELETE, path, NULL, NULL });
    assert_int_equal(got(x), 200);
    assert_int_equal(judge(x, YG_ROLE_ANALYST, id, 3, "FP"), 404);
    select_ids(x, YG_ROLE_ANALYST, 8000, 3, id);
    x->a->w->f->clock.manual_ns += (YG_SELECTION_S + 1) * YG_NS_PER_S;
    snprintf(path, sizeof(path), "/api/v1/selections/%s", id);
    send(x, (struct sent){ YG_ROLE_ANALYST, YG_HTTP_GET, path, NULL, NULL });
    assert_int_equal(got(x) == 404 || got(x) == 401, true); /* his token is over, too */
}

/* What waits to be judged without the score is left out, and others' verdicts of who does
 * not overrule. */
static void left_out(void **state)
{
    struct acting *x = *state;
    struct fixture *f = x->a->w->f;
    struct yg_audit audit = { .tenant = BETA,
                              .kind = YG_AUDIT_COIN,
                              .rate = YG_COIN_ONE,
                              .drawn_ns = T0,
                              .ends_ns = T0,
                              .state = YG_AUDIT_WAITS,
                              .level = YG_LEVEL_NONE,
                              .predicted = YG_LEVEL_NONE,
                              .second = YG_LEVEL_NONE,
                              .first = YG_LEVEL_NONE,
                              .worst = YG_LEVEL_NONE };
    struct yg_verdict v = { .level = YG_LEVEL_L3,
                            .source = YG_BY_GROUP,
                            .at_ns = T0,
                            .tenant = BETA,
                            .who = YG_STR("bob") };
    char id[80], answered[4000];

    id_of(8100, audit.run);
    id_of(8100, audit.alert);
    assert_ok(f, yg_ledger_audit_put(f->st, &audit, &f->err));
    id_of(8001, v.alert);
    assert_ok(f, yg_store_verdict_put(f->st, &v, &f->err));
    commit(f);
    select_ids(x, YG_ROLE_ANALYST, 8000, 9, id);
    assert_int_equal(judge(x, YG_ROLE_ANALYST, id, 9, "L1"), 200);
    snprintf(answered, sizeof(answered), "%s", yg_buf_cstr(&x->a->w->got.body));
    carry_out(x, 1);
    assert_act(x, "left_blind", "3");
    assert_act(x, "left_others", "1");
    assert_act(x, "given", "5");
    assert_int_equal(level_of(x, 8100), YG_LEVEL_NONE);
    assert_int_equal(level_of(x, 8001), YG_LEVEL_L3);
    select_ids(x, YG_ROLE_SENIOR, 8000, 3, id);
    assert_int_equal(judge(x, YG_ROLE_SENIOR, id, 3, "L2"), 200);
    carry_out(x, 1);
    assert_int_equal(level_of(x, 8001), YG_LEVEL_L2);
}

/* A slice that was done, and not written down as done, is not done again. */
static void after_a_crash(void **state)
{
    struct acting *x = *state;
    struct yg_scope all = YG_SCOPE_ALL;
    struct yg_verdict *given;
    struct yg_act act;
    char id[80], number[80];
    unsigned char alert[YG_ID_SIZE];
    uint64_t n;
    size_t times;

    select_ids(x, YG_ROLE_ANALYST, 8000, 6, id);
    assert_int_equal(judge(x, YG_ROLE_ANALYST, id, 6, "FP"), 200);
    assert_true(yg_str_u64(yg_str_of(member(x, "act", number)), &n));
    carry_out(x, 1);
    assert_ok(x->a, yg_act_get(x->a->w->api.acts, &all, n, &x->a->w->f->arena, &act,
                               &x->a->err));
    act.state = YG_ACT_RUNS;
    act.done = act.given = 0;
    assert_ok(x->a, yg_act_put(x->a->w->api.acts, &act, &x->a->err));
    carry_out(x, 1);
    assert_act(x, "given", "6");
    id_of(8000, alert);
    assert_ok(x->a, yg_store_verdict_history(x->a->w->f->st, alert, &x->a->w->f->arena,
                                             &given, &times, &x->a->err));
    assert_int_equal(times, 1);
}

/* The key of a write is known to the server that begins after this one. */
static void keys_outlive(void **state)
{
    struct acting *x = *state;
    struct sent s = { YG_ROLE_ANALYST, YG_HTTP_POST, NULL, "{\"level\":\"L2\"}", "k-1" };
    char path[120], hex[2 * YG_ID_SIZE + 1], first[200];

    snprintf(path, sizeof(path), "/api/v1/alerts/%s/verdict", hex_of(8000, hex));
    s.path = path;
    send(x, s);
    assert_int_equal(got(x), 200);
    snprintf(first, sizeof(first), "%s", yg_buf_cstr(&x->a->w->got.body));
    yg_again_free(x->a->w->api.again);
    yg_acts_close(x->a->w->api.acts);
    x->a->w->api.again = yg_again_new();
    open_acts(x->a);
    assert_string_equal(send(x, s), first);
    assert_int_equal(got(x), 200);
    s.body = "{\"level\":\"L3\"}";
    send(x, s);
    assert_int_equal(got(x), 409);
    assert_int_equal(level_of(x, 8000), YG_LEVEL_L2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup_acts, end_acts)
int main(void)
{
    const struct CMUnitTest tests[] = { T(there_and_back), T(bound), T(left_out),
                                        T(after_a_crash), T(keys_outlive) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
