/* SPDX-License-Identifier: Apache-2.0 */
/* The trail over the API: to whom which rows, in pages, and the whole chain for export.
 */
#include "api_people.h"

#include <sodium.h>

static void add(struct asked *a, const char *who, const char *tenant, const char *subject)
{
    struct yg_trail_row row = { .outcome = YG_TRAIL_DONE,
                                .who = yg_str_of(who),
                                .role = YG_STR("analyst"),
                                .via = YG_STR("api"),
                                .verb = YG_STR("judge"),
                                .object = YG_STR("verdict"),
                                .subject = yg_str_of(subject),
                                .tenant = yg_str_of(tenant),
                                .detail = YG_STR("\xff not text") };

    assert_ok(a, yg_trail_add(a->w->api.trail, &row, &a->err));
}

static const char *by(struct asked *a, enum yg_role role, const char *target)
{
    return as(a, role, NULL, target);
}

static unsigned count(const char *s, const char *part)
{
    unsigned n = 0;

    while ((s = strstr(s, part)) != NULL) {
        s += strlen(part);
        n++;
    }
    return n;
}

static void to_whom(void **state)
{
    static const struct {
        const char *name;
        enum yg_role role;
        const char *query;
        unsigned status, rows;
    } row[] = {
        { "all", YG_ROLE_SYSTEM_ADMIN, "", 200, 4 },
        { "his tenants", YG_ROLE_SENIOR, "", 200, 2 },
        { "his tenant", YG_ROLE_TENANT_ADMIN, "?tenant=beta", 200, 2 },
        { "another's", YG_ROLE_TENANT_ADMIN, "?tenant=acme", 404, 0 },
        { "not for all", YG_ROLE_ANALYST, "", 403, 0 },
        { "by whom", YG_ROLE_SYSTEM_ADMIN, "?who=kim", 200, 2 },
        { "about what", YG_ROLE_SYSTEM_ADMIN, "?subject=s1", 200, 1 },
        { "how", YG_ROLE_SYSTEM_ADMIN, "?verb=judge&object=verdict", 200, 4 },
        { "not so", YG_ROLE_SYSTEM_ADMIN, "?verb=arm", 200, 0 },
        { "before", YG_ROLE_SYSTEM_ADMIN, "?until=2000-01-01T00:00:00Z", 200, 0 },
        { "since", YG_ROLE_SYSTEM_ADMIN, "?from=2000-01-01T00:00:00Z", 200, 4 },
        { "no time", YG_ROLE_SYSTEM_ADMIN, "?from=yesterday", 400, 0 },
        { "no place", YG_ROLE_SYSTEM_ADMIN, "?after=x", 400, 0 },
        { "from a place on", YG_ROLE_SYSTEM_ADMIN, "?after=3", 200, 2 },
    };
    struct asked *a = *state;
    char target[128];

    add(a, "kim", "acme", "s1");
    add(a, "kim", "beta", "s2");
    add(a, "lee", "beta", "s3");
    add(a, "lee", "", "s4");
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        snprintf(target, sizeof(target), "/api/v1/trail%s", row[i].query);
        const char *body = by(a, row[i].role, target);
        if (a->w->got.status != row[i].status || count(body, "\"seq\":") != row[i].rows)
            fail_msg("%s: %u %s", row[i].name, a->w->got.status, body);
        if (row[i].role != YG_ROLE_SYSTEM_ADMIN && strstr(body, "acme"))
            fail_msg("%s: %s", row[i].name, body);
    }
}

/* Pages follow each other, also where nothing is found for a while. */
static void pages(void **state)
{
    struct asked *a = *state;
    char target[128], after[32] = "";
    unsigned rows = 0, answers = 0;

    for (int i = 0; i < 7; i++)
        add(a, i == 0 ? "kim" : "lee", "acme", "s");
    do {
        snprintf(target, sizeof(target), "/api/v1/trail?limit=3%s%s",
                 after[0] ? "&after=" : "", after);
        const char *body = by(a, YG_ROLE_AUDITOR, target);
        assert_int_equal(a->w->got.status, 200);
        rows += count(body, "\"seq\":");
        const char *at = strstr(body, "\"after\":\"");
        snprintf(after, sizeof(after), "%.*s", at ? (int)strcspn(at + 9, "\"") : 0,
                 at ? at + 9 : "");
        assert_true(++answers < 10);
    } while (after[0]);
    assert_int_equal(rows, 0); /* the auditor here is of beta only */
    rows = answers = 0;
    do {
        snprintf(target, sizeof(target), "/api/v1/trail?limit=3%s%s",
                 after[0] ? "&after=" : "", after);
        const char *body = by(a, YG_ROLE_SYSTEM_ADMIN, target);
        rows += count(body, "\"seq\":");
        const char *at = strstr(body, "\"after\":\"");
        snprintf(after, sizeof(after), "%.*s", at ? (int)strcspn(at + 9, "\"") : 0,
                 at ? at + 9 : "");
        assert_true(++answers < 10);
    } while (after[0]);
    assert_int_equal(rows, 7);
}

static unsigned char test_key[32], test_secret[64];

static enum yg_status key(void *arg, unsigned char out[32], struct yg_err *err)
{
    (void)arg;
    (void)err;
    memcpy(out, test_key, 32);
    return YG_OK;
}

static void chain(void **state)
{
    static const char *const begin = "{\"seq\":1,";
    struct asked *a = *state;
    unsigned char seed[crypto_sign_SEEDBYTES] = { 7 };
    bool made = false;

    for (int i = 0; i < 5; i++)
        add(a, "kim", "acme", "s");

    crypto_sign_seed_keypair(test_key, test_secret, seed);
    a->w->api.trail_key = key;
    assert_ok(a, yg_trail_checkpoint(a->w->api.trail, test_secret, true, &made, &a->err));
    assert_true(made);
    by(a, YG_ROLE_TENANT_ADMIN, "/api/v1/trail/export");
    assert_int_equal(a->w->got.status, 403);
    by(a, YG_ROLE_TENANT_ADMIN, "/api/v1/trail/verify");
    assert_int_equal(a->w->got.status, 403);
    const char *body = by(a, YG_ROLE_SYSTEM_ADMIN, "/api/v1/trail/export");
    assert_int_equal(a->w->got.status, 200);
    assert_memory_equal(body, begin, strlen(begin));
    /* five, and the row of this export itself, which came before its answer */
    assert_int_equal(count(body, "{\"seq\":"), 6);
    assert_int_equal(count(body, "{\"checkpoint\":5,"), 1);
    assert_true(strstr(body, "{\"checkpoint\"") < strstr(body, "{\"seq\":6"));
    body = by(a, YG_ROLE_SYSTEM_ADMIN, "/api/v1/trail/export?after=4");
    assert_int_equal(count(body, "{\"seq\":"), 3);
    body = by(a, YG_ROLE_SYSTEM_ADMIN, "/api/v1/trail/verify");
    assert_non_null(strstr(body, "\"whole\":true,\"rows\":7,\"checkpoints\":1"));
    body = by(a, YG_ROLE_SYSTEM_ADMIN,
              "/api/v1/trail/verify?has="
              "0000000000000000000000000000000000000000000000000000000000000000");
    assert_non_null(strstr(body, "\"has\":false"));
    by(a, YG_ROLE_SYSTEM_ADMIN, "/api/v1/trail/verify?has=12");
    assert_int_equal(a->w->got.status, 400);
    test_key[0] ^= 1;
    body = by(a, YG_ROLE_SYSTEM_ADMIN, "/api/v1/trail/verify");
    assert_non_null(strstr(body, "\"whole\":false,\"finding\":\""));
    test_key[0] ^= 1;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, end)
int main(void)
{
    const struct CMUnitTest tests[] = { T(to_whom), T(pages), T(chain) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
