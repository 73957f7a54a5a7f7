/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of tenants: who sees and changes which, what is kept of it. */
#include "api_people.h"

#include "people/tenant.h"

#define TENANTS "/api/v1/tenants"

static const char *send(struct asked *a, enum yg_role role, enum yg_http_method method,
                        const char *target, const char *body)
{
    char bearer[YG_SECRET_TEXT + 16];

    snprintf(bearer, sizeof(bearer), "Bearer %s", a->token[role]);
    return ask(a->w, (struct yg_http_request){ .method = method,
                                               .target = yg_str_of(target),
                                               .host = YG_STR("localhost:8433"),
                                               .type = YG_STR("application/json"),
                                               .authorization = yg_str_of(bearer),
                                               .body = yg_str_of(body) });
}

static const struct {
    const char *name;
    enum yg_role by;
    enum yg_http_method method;
    const char *target, *body;
    unsigned want;
    const char *says, *never;
} rows[] = {
#define ADMIN  YG_ROLE_SYSTEM_ADMIN
#define TENANT YG_ROLE_TENANT_ADMIN
    { "all there are", ADMIN, YG_HTTP_GET, TENANTS, "", 200, "\"name\":\"acme\"", NULL },
    { "one's own", TENANT, YG_HTTP_GET, TENANTS, "", 200, "\"name\":\"beta\"", "acme" },
    { "as if set", ADMIN, YG_HTTP_GET, TENANTS "/beta", "", 200,
      "\"keep_days\":0,\"keep_packet_days\":0,\"may_arm\":true,\"pooled\":true", NULL },
    { "with what it has", ADMIN, YG_HTTP_GET, TENANTS "/beta", "", 200, "\"inputs\":[]",
      NULL },
    { "not of a customer", YG_ROLE_CUSTOMER, YG_HTTP_GET, TENANTS "/beta", "", 200,
      "\"name\":\"beta\"", "inputs" },
    { "another's", TENANT, YG_HTTP_GET, TENANTS "/acme", "", 404, NULL, "acme" },
    { "nobody's", ADMIN, YG_HTTP_GET, TENANTS "/nowhere", "", 404, NULL, NULL },
    { "changed", TENANT, YG_HTTP_PATCH, TENANTS "/beta",
      "{\"display_name\":\"Beta Ltd\",\"time_zone\":\"Asia/Tokyo\",\"language\":\"ja\"}",
      200,
      "\"display_name\":\"Beta Ltd\",\"language\":\"ja\",\"time_zone\":\"Asia/Tokyo\"",
      NULL },
    { "not another's", TENANT, YG_HTTP_PATCH, TENANTS "/acme", "{\"display_name\":\"x\"}",
      404, NULL, NULL },
    { "not the service's", TENANT, YG_HTTP_PATCH, TENANTS "/beta", "{\"keep_days\":1}",
      403, "who sees all", NULL },
    { "nor a part of it", TENANT, YG_HTTP_PATCH, TENANTS "/beta",
      "{\"contact\":\"x\",\"may_arm\":false}", 403, NULL, NULL },
    { "all or nothing", ADMIN, YG_HTTP_GET, TENANTS "/beta", "", 200, "\"contact\":\"\"",
      NULL },
    { "by the service", ADMIN, YG_HTTP_PATCH, TENANTS "/beta",
      "{\"keep_days\":90,\"may_arm\":false}", 200,
      "\"keep_days\":90,\"keep_packet_days\":0,\"may_arm\":false", NULL },
    { "not by an analyst", YG_ROLE_ANALYST, YG_HTTP_PATCH, TENANTS "/beta",
      "{\"contact\":\"x\"}", 403, NULL, NULL },
    { "no language", ADMIN, YG_HTTP_PATCH, TENANTS "/beta", "{\"language\":\"xx\"}", 400,
      "en or ja", NULL },
    { "no zone", ADMIN, YG_HTTP_PATCH, TENANTS "/beta", "{\"time_zone\":\"here!\"}", 400,
      "zone", NULL },
    { "no number", ADMIN, YG_HTTP_PATCH, TENANTS "/beta", "{\"keep_days\":-1}", 400,
      "keep_days", NULL },
    { "hidden", ADMIN, YG_HTTP_PATCH, TENANTS "/beta", "{\"contact\":\"a\\u202eb\"}", 400,
      "visible", NULL },
    { "no such setting", ADMIN, YG_HTTP_PATCH, TENANTS "/beta", "{\"colour\":\"red\"}",
      400, "not known", NULL },
    { "who did it", ADMIN, YG_HTTP_GET, TENANTS "/beta/changes", "", 200,
      "\"who\":\"system-admin\",\"setting\":\"may_arm\",\"before\":\"true\",\"after\":"
      "\"false\"",
      NULL },
    { "and who before", TENANT, YG_HTTP_GET, TENANTS "/beta/changes", "", 200,
      "\"who\":\"tenant-admin\",\"setting\":\"display_name\",\"before\":\"\",\"after\":"
      "\"Beta Ltd\"",
      NULL },
    { "not of another's", TENANT, YG_HTTP_GET, TENANTS "/acme/changes", "", 404, NULL,
      NULL },
    { "made", ADMIN, YG_HTTP_POST, TENANTS,
      "{\"name\":\"gamma\",\"contact\":\"soc@gamma.example\"}", 200, "\"name\":\"gamma\"",
      NULL },
    { "once", ADMIN, YG_HTTP_POST, TENANTS, "{\"name\":\"gamma\"}", 409, NULL, NULL },
    { "nor of one with records", ADMIN, YG_HTTP_POST, TENANTS, "{\"name\":\"acme\"}", 409,
      NULL, NULL },
    { "not by a tenant's", TENANT, YG_HTTP_POST, TENANTS, "{\"name\":\"delta\"}", 403,
      NULL, NULL },
    { "listed", ADMIN, YG_HTTP_GET, TENANTS, "", 200,
      "\"name\":\"gamma\",\"display_name\":\"\"", NULL },
    { "his user speaks as it does", ADMIN, YG_HTTP_POST, "/api/v1/users",
      "{\"name\":\"kim\",\"role\":\"analyst\",\"tenants\":[\"beta\"]}", 200,
      "\"language\":\"ja\",\"time_zone\":\"Asia/Tokyo\"", NULL },
    { "unless it is said", ADMIN, YG_HTTP_POST, "/api/v1/users",
      "{\"name\":\"lee\",\"role\":\"analyst\",\"tenants\":[\"beta\"],\"language\":\"en\","
      "\"time_zone\":\"Z\"}",
      200, "\"language\":\"en\",\"time_zone\":\"Z\"", NULL },
};

static void table(void **state)
{
    struct asked *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++) {
        const char *body =
            send(a, rows[i].by, rows[i].method, rows[i].target, rows[i].body);
        if (a->w->got.status != rows[i].want ||
            (rows[i].says && !strstr(body, rows[i].says)) ||
            (rows[i].never && strstr(body, rows[i].never)))
            fail_msg("%s: %u %s", rows[i].name, a->w->got.status, body);
    }
}

/* What the body may say is what the table of settings says. */
static void bodies(void **state)
{
    static const enum yg_body_kind of[] = { YG_BODY_TENANT, YG_BODY_TENANT_CHANGE };

    (void)state;
    for (size_t b = 0; b < 2; b++)
        for (int s = 0; s < YG_TENANT_SETTINGS; s++) {
            const struct yg_tenant_info *t = &yg_tenant_info[s];
            bool found = false;
            for (int i = 0; i < YG_MEMBER_COUNT; i++) {
                const struct yg_member_info *m = &yg_member_info[i];
                found |= m->body == of[b] && strcmp(m->name, t->name) == 0 &&
                         m->least == t->least && m->most == t->most &&
                         strcmp(m->help, t->help) == 0 &&
                         (m->kind == YG_MEMBER_NUMBER) == (t->kind == YG_TENANT_NUMBER) &&
                         (m->kind == YG_MEMBER_FLAG) == (t->kind == YG_TENANT_FLAG);
            }
            if (!found)
                fail_msg("%s", t->name);
        }
}

static void caps(void **state)
{
    struct asked *a = *state;
    struct yg_people *p = a->w->api.people;
    struct yg_tenant_history x = { .count = 0 };
    struct yg_tenant t = { .name = YG_STR("beta") };
    char text[16];

    t.set[YG_TENANT_KEEP] = true;
    for (int i = 1; i <= YG_TENANT_CHANGES + 3; i++) {
        snprintf(text, sizeof(text), "%d", i);
        t.value[YG_TENANT_KEEP] = yg_str_of(text);
        assert_ok(a, yg_tenant_put(p, &yg_principal_machine, &t, &a->err));
    }
    assert_ok(a, yg_tenant_changes(p, &(struct yg_scope){ .all = true }, t.name,
                                   &a->w->f->arena, &x, &a->err));
    assert_int_equal(x.count, YG_TENANT_CHANGES);
    assert_true(yg_str_eq(x.row[0].after, yg_str_of(text)));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, end)
int main(void)
{
    const struct CMUnitTest tests[] = { T(table), cmocka_unit_test(bodies), T(caps) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
