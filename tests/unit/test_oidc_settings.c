/* SPDX-License-Identifier: Apache-2.0 */
/* The settings under `oidc`: what is taken, what is refused and where. */
#include "oidc/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAST                                                                            \
    "oidc:\n  issuer: https://id.example.org/realms/soc\n  client_id: yagura\n"          \
    "  console: https://soc.example.org\n  role_claim: groups\n"                         \
    "  roles: {lead: senior, soc: analyst}\n"
#define FIXED LEAST "  tenants: [harbor, acme]\n"

struct world {
    char dir[64], path[96], secret[96];
    struct yg_arena arena;
    struct yg_oidc_settings s;
    struct yg_err err;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    snprintf(w->dir, sizeof(w->dir), "/tmp/yg_oidc_XXXXXX");
    if (!mkdtemp(w->dir))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/yagura.yaml", w->dir);
    snprintf(w->secret, sizeof(w->secret), "%s/oidc.secret", w->dir);
    yg_arena_init(&w->arena, (size_t)16 << 20);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;

    unlink(w->secret);
    rmdir(w->dir);
    yg_arena_fini(&w->arena);
    free(w);
    return 0;
}

static enum yg_status parse(struct world *w, const char *text)
{
    return yg_oidc_parse(&w->arena, w->path, yg_str_of(text), &w->s, &w->err);
}

static void good(struct world *w, const char *text)
{
    if (parse(w, text) != YG_OK)
        fail_msg("%d:%d: %s", w->err.line, w->err.column, w->err.msg);
}

static void nothing(void **state)
{
    struct world *w = *state;

    good(w, "listen: 127.0.0.1:1\n");
    assert_false(w->s.on);
    good(w, "oidc:\n");
    assert_false(w->s.on);
}

static void defaults(void **state)
{
    struct world *w = *state;

    good(w, FIXED);
    assert_true(w->s.on);
    assert_false(w->s.plain);
    assert_null(w->s.secret.p);
    assert_null(w->s.ca.p);
    assert_string_equal(w->s.label.p, "Log in with id.example.org");
    assert_string_equal(w->s.scopes.p, "openid profile email");
    assert_string_equal(w->s.name_claim.p, "preferred_username");
    assert_int_equal(w->s.roles, 2);
    assert_string_equal(w->s.role[0].value.p, "lead");
    assert_int_equal(w->s.role[0].role, YG_ROLE_SENIOR);
    assert_int_equal(w->s.fixed.tenants, 2);
    assert_string_equal(w->s.fixed.tenant[0].p, "acme");
    assert_int_equal(w->s.domains, 0);
    good(w, LEAST "  tenants: all\n");
    assert_true(w->s.fixed.all);
    good(w, LEAST "  tenants: acme\n");
    assert_int_equal(w->s.fixed.tenants, 1);
}

static void all(void **state)
{
    static const char text[] =
        LEAST "  tenant_claim: customers\n  tenants: {c1: acme, everybody: all}\n"
              "  label: Company login\n  scopes: [openid, groups]\n  name_claim: upn\n"
              "  mail_domains: [example.org, example.com]\n  ca: ca.pem\n"
              "  client_secret_file: oidc.secret\n";
    struct world *w = *state;
    struct yg_buf out, again;
    FILE *f = fopen(w->secret, "w");

    fputs("s3cret\nmore\n", f);
    fclose(f);
    chmod(w->secret, 0640);
    good(w, text);
    assert_string_equal(w->s.secret.p, "s3cret");
    assert_string_equal(w->s.label.p, "Company login");
    assert_string_equal(w->s.scopes.p, "openid groups");
    assert_non_null(strstr(w->s.ca.p, "/ca.pem"));
    assert_int_equal(w->s.tenants, 2);
    assert_null(w->s.tenant[1].tenant.p);
    assert_int_equal(w->s.domains, 2);
    yg_buf_init(&out, 65536);
    yg_buf_init(&again, 65536);
    yg_oidc_print(&w->s, &out);
    assert_null(strstr(yg_buf_cstr(&out), "s3cret"));
    good(w, yg_buf_cstr(&out));
    assert_string_equal(w->s.secret.p, "s3cret");
    assert_null(w->s.tenant[1].tenant.p);
    yg_oidc_print(&w->s, &again);
    assert_string_equal(yg_buf_cstr(&out), yg_buf_cstr(&again));
    chmod(w->secret, 0644);
    assert_int_equal(parse(w, text), YG_EINVAL);
    assert_non_null(strstr(w->err.msg, "everybody on this machine"));
    assert_int_equal(w->err.line, 14);
    yg_buf_fini(&out);
    yg_buf_fini(&again);
}

static void admins(void **state)
{
    struct world *w = *state;
#define ADMIN                                                                            \
    "oidc:\n  issuer: https://i\n  client_id: y\n  console: https://c\n  tenants: all\n" \
    "  role_claim: g\n  roles: {a: system-admin}\n"

    assert_int_equal(parse(w, ADMIN), YG_EINVAL);
    assert_non_null(strstr(w->err.msg, "allow_system_admin"));
    assert_int_equal(parse(w, ADMIN "  allow_system_admin: false\n"), YG_EINVAL);
    good(w, ADMIN "  allow_system_admin: true\n");
    assert_int_equal(w->s.role[0].role, YG_ROLE_SYSTEM_ADMIN);
}

static void refused(void **state)
{
    static const struct {
        const char *text, *why;
        int line;
    } row[] = {
        { "oidc: yes\n", "oidc is a table", 1 },
        { "oidc: []\n", "oidc is a table", 1 },
        { "oidc:\n  issuer: http://id.example.org\n", "issuer must be https", 2 },
        { "oidc:\n  issuer: https://id.example.org?x=1\n", "issuer must be https", 2 },
        { "oidc:\n  issuer: https://\n", "issuer must be https", 2 },
        { "oidc:\n  issuer: https://a@b/\n", "issuer must be https", 2 },
        { "oidc:\n  issuer: http://localhost.example.org/\n", "issuer must be https", 2 },
        { "oidc:\n  isuer: https://x\n", "did you mean", 2 },
        { "oidc:\n  issuer: https://x\n", "oidc needs `console`", 2 },
        { "oidc:\n  issuer: https://x\n  console: https://y/login\n", "console must be",
          3 },
        { "oidc:\n  issuer: https://x\n  console: http://y\n", "console must be", 3 },
        { "oidc:\n  issuer: https://x\n  console: https://y\n", "oidc needs `client_id`",
          2 },
        { LEAST, "oidc needs `tenants`", 2 },
        { LEAST "  tenants: []\n", "tenants must be", 7 },
        { LEAST "  tenants: {a: b}\n", "tenants must be", 7 },
        { LEAST "  tenant_claim: c\n  tenants: all\n", "tenants must be a table", 8 },
        { LEAST "  tenant_claim: c\n  tenants: {a: }\n", "a tenant's name", 8 },
        { FIXED "  scopes: [profile]\n", "`openid` among them", 8 },
        { FIXED "  scopes: [openid, \"a b\"]\n", "`openid` among them", 8 },
        { FIXED "  mail_domains: [\"@example.org\"]\n", "mail_domains must be", 8 },
        { FIXED "  client_secret_file: none-such\n", "cannot read the file", 8 },
        { FIXED "  label: \"\"\n", "label must be", 8 },
        { FIXED "  allow_system_admin: maybe\n", "true or false", 8 },
        { "oidc:\n  issuer: https://x\n  console: https://y\n  client_id: c\n"
          "  role_claim: g\n  roles: {a: boss}\n  tenants: all\n",
          "\"boss\" is no role", 6 },
        { "oidc:\n  issuer: https://x\n  console: https://y\n  client_id: c\n"
          "  role_claim: g\n  roles: {a: customer}\n  tenants: all\n",
          "for named tenants", 6 },
        { "oidc:\n  issuer: https://x\n  console: https://y\n  client_id: c\n"
          "  roles: {a: analyst}\n  tenants: all\n",
          "oidc needs `role_claim`", 2 },
        { "oidc:\n  issuer: https://x\n  console: https://y\n  client_id: c\n"
          "  role_claim: g\n  roles: [analyst]\n  tenants: all\n",
          "roles must be a table", 6 },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        if (parse(w, row[i].text) == YG_OK || !strstr(w->err.msg, row[i].why) ||
            w->err.line != row[i].line)
            fail_msg("%s: %d: %s", row[i].text, w->err.line, w->err.msg);
        assert_false(w->s.on);
    }
}

static void loopback(void **state)
{
    struct world *w = *state;

    good(w, "oidc:\n  issuer: http://127.0.0.1:9090/\n  console: https://[::1]:8433\n"
            "  client_id: c\n  role_claim: g\n  roles: {a: analyst}\n  tenants: all\n");
    assert_true(w->s.plain);
    assert_string_equal(w->s.label.p, "Log in with 127.0.0.1:9090");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, end)
int main(void)
{
    const struct CMUnitTest tests[] = { T(nothing), T(defaults), T(all),
                                        T(admins),  T(refused),  T(loopback) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
