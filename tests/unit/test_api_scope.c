/* SPDX-License-Identifier: Apache-2.0 */
/* Every route, asked by somebody who sees one tenant only, with the ids and the name of
 * another: nothing of that comes out. */
#include "api_world.h"

#include "api/route.h"

static const struct yg_str seen[] = { { "beta", sizeof("beta") - 1 },
                                      { "nobody", sizeof("nobody") - 1 } };

static int setup(void **state)
{
    struct world *w = NULL;
    int rc = world_new(&w);

    *state = w;
    if (rc == 0)
        rc = world_serve(w);
    w->api.source.scope = (struct yg_scope){ .tenant = seen, .tenants = 2 };
    return rc;
}

static const char *hex_of(uint64_t n, char out[2 * YG_ID_SIZE + 1])
{
    unsigned char id[YG_ID_SIZE];

    id_of(n, id);
    yg_hex(id, sizeof(id), out);
    return out;
}

/* The route's path with this id. */
static const char *path_of(const struct yg_route *r, const char *id, const char *query,
                           char out[200])
{
    const char *at = strstr(r->path, "{id}");

    snprintf(out, 200, "%.*s%s%s%s", (int)(at ? at - r->path : (long)strlen(r->path)),
             r->path, at ? id : "", at ? at + 4 : "", query);
    return out;
}

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

static void foreign_ids(void **state)
{
    static const uint64_t foreign[] = { 0, 1, 100, 5000 };
    static const size_t digits[] = { 2 * YG_ID_SIZE, 20, 6 };
    struct world *w = *state;
    char path[200], hex[2 * YG_ID_SIZE + 1];

    for (const struct yg_route *r = yg_routes; r->path; r++) {
        if (!strstr(r->path, "{id}") || r->method != YG_HTTP_GET)
            continue;
        for (size_t i = 0; i < YG_ARRAY_LEN(foreign); i++) {
            hex_of(foreign[i], hex);
            for (size_t k = 0; k < YG_ARRAY_LEN(digits); k++) {
                hex[digits[k]] = '\0'; /* a short id either */
                get(w, path_of(r, hex, "", path));
                if (w->got.status != 404)
                    fail_msg("%s: %u", path, w->got.status);
            }
        }
        /* and the same answer as for what does not exist */
        struct yg_buf was;
        yg_buf_init(&was, 1 << 20);
        yg_buf_str_add(&was, yg_str_of(get(w, path_of(r, hex_of(0, hex), "", path))));
        assert_string_equal(get(w, path_of(r, hex_of(99999, hex), "", path)),
                            yg_buf_cstr(&was));
        yg_buf_fini(&was);
    }
}

static void lists(void **state)
{
    struct world *w = *state;
    char path[200];

    for (const struct yg_route *r = yg_routes; r->path; r++) {
        if (strstr(r->path, "{id}") || r->method != YG_HTTP_GET ||
            (r->flags & (YG_ROUTE_WHOLE | YG_ROUTE_STREAM)))
            continue;
        const char *body = get(w, r->path);
        if (w->got.status != 200 || leaks(body))
            fail_msg("%s: %u %s", r->path, w->got.status, body);
        if (!(r->params & YG_P_BIT(TENANT)))
            continue;
        get(w, path_of(r, "", "?tenant=acme", path));
        if (w->got.status != 404)
            fail_msg("%s: %u", path, w->got.status);
    }
    assert_non_null(strstr(get(w, "/api/v1/queue"), "\"total\":0"));
    assert_non_null(strstr(get(w, "/api/v1/queue?state=judged"), "\"total\":1"));
    assert_non_null(strstr(get(w, "/?state=judged"), "beta"));
    assert_non_null(strstr(get(w, "/api/v1/queue?tenant=beta"), "\"total\":0"));
}

static void own_ids(void **state)
{
    struct world *w = *state;
    char path[200], hex[2 * YG_ID_SIZE + 1];

    hex_of(6000, hex);
    snprintf(path, sizeof(path), "/api/v1/runs/%s", hex);
    assert_non_null(strstr(get(w, path), "\"raw\":\"{"));
    assert_int_equal(w->got.status, 200);
    snprintf(path, sizeof(path), "/run/%s", hex);
    assert_non_null(strstr(get(w, path), "alert(2)"));
    w->api.source.raw = false; /* nor do those who may not see bytes */
    assert_null(strstr(get(w, path), "alert(2)"));
    assert_int_equal(w->got.status, 200);
    snprintf(path, sizeof(path), "/api/v1/runs/%s", hex);
    assert_null(strstr(get(w, path), "alert(2)"));
}

/* Two tenants' queues are merged as the store would order them. */
static void merged(void **state)
{
    static const struct yg_str two[] = { { "acme", sizeof("acme") - 1 },
                                         { "beta", sizeof("beta") - 1 } };
    struct world *w = *state;
    struct yg_buf all, page;
    char path[100];

    for (uint64_t n = 70; n < 76; n++)
        put_run(w->f, n % 2 ? ACME : BETA, n, 1, YG_LEVEL_NONE);
    commit(w->f);
    yg_buf_init(&all, 1 << 20);
    yg_buf_init(&page, 1 << 20);
    for (int limit = 1; limit <= 5; limit += 2)
        for (int at = 1; at <= 6; at++) {
            snprintf(path, sizeof(path), "/api/v1/queue?limit=%d&page=%d", limit, at);
            w->api.source.scope = (struct yg_scope){ .tenant = two, .tenants = 2 };
            yg_buf_clear(&page);
            yg_buf_str_add(&page, yg_str_of(get(w, path)));
            w->api.source.scope = YG_SCOPE_ALL;
            yg_buf_clear(&all);
            yg_buf_str_add(&all, yg_str_of(get(w, path)));
            const char *a = strstr(yg_buf_cstr(&all), "\"runs\"");
            const char *p = strstr(yg_buf_cstr(&page), "\"runs\"");
            /* the hostile tenant's run is the eighth: before it all is equal */
            if (limit * at <= HOSTILE_RUNS)
                assert_string_equal(a, p);
        }
    assert_non_null(strstr(get(w, "/api/v1/queue"), "\"total\":14"));
    w->api.source.scope = (struct yg_scope){ .tenant = two, .tenants = 2 };
    assert_non_null(strstr(get(w, "/api/v1/queue"), "\"total\":13"));
    yg_buf_fini(&all);
    yg_buf_fini(&page);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = { T(foreign_ids), T(lists), T(own_ids), T(merged) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
