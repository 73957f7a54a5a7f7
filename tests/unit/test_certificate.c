/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/certificate.h"
#include "policy/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct yg_certificate whole(void)
{
    struct yg_certificate c = { .kind = YG_CERT_TIME_SPLIT,
                                .protect = YG_LEVEL_L3,
                                .mode = YG_CERT_BY_ALL,
                                .tenant_n = 4,
                                .tenant = "acme",
                                .tau = 0x70000000,
                                .tau_np = 0x70000001,
                                .tau_for = 0x80000000,
                                .attempt = 1,
                                .delta = 0.05,
                                .alpha = 0.05,
                                .beta = 0.01,
                                .seed = 7,
                                .for_clusters = 700,
                                .for_missed = 1,
                                .for_need = 685,
                                .for_p = 0.007,
                                .alerts = 100000,
                                .gated = 1200,
                                .runs = 9000,
                                .runs_closed = 8000,
                                .clusters = 900,
                                .threats = 97,
                                .tenants = 1,
                                .cut_ns = 1000,
                                .from_ns = 2000,
                                .until_ns = 1900000000000000000,
                                .made_ns = 1900000000000000001 };
    c.delta_spent = yg_attempt_delta(0.05, 1);
    c.share = c.delta_spent / 3;
    c.level[YG_LEVEL_L3] = (struct yg_certificate_level){
        .threats = 90, .k = 1, .need = 90, .bound = 0.05, .tau = 9, .alerts = 500
    };
    c.level[YG_LEVEL_L4] = (struct yg_certificate_level){
        .threats = 7, .need = 90, .bound = 0.481, .tau = 8, .alerts = 7
    };
    for (int i = 0; i < YG_LEVEL_COUNT; i++)
        c.level[i].p = 1.0;
    c.model[0] = 0xaa;
    c.data[31] = 0x55;
    return c;
}

static enum yg_status read_back(struct yg_str s, struct yg_certificate *c)
{
    struct yg_cursor in = yg_cursor_of(s.p, s.n);
    struct yg_err err;

    return yg_certificate_read(&in, c, &err);
}

static void round_trip(void **state)
{
    struct yg_certificate c = whole(), d = { .kind = 0 };
    struct yg_buf x, y;

    (void)state;
    yg_buf_init(&x, 4096);
    yg_buf_init(&y, 4096);
    yg_certificate_write(&c, &x);
    assert_int_equal(read_back(yg_buf_str(&x), &d), YG_OK);
    yg_certificate_write(&d, &y);
    assert_true(yg_str_eq(yg_buf_str(&x), yg_buf_str(&y)));
    assert_true(d.until_ns == c.until_ns && d.level[YG_LEVEL_L4].threats == 7);
    assert_true(d.for_p == c.for_p && d.tau_np == c.tau_np && d.data[31] == 0x55);
    assert_true(yg_certificate_may_arm(&d));
    yg_buf_fini(&x);
    yg_buf_fini(&y);
}

/* What rules add comes last, and only where there are any. */
static void speaks_of_rules(void **state)
{
    struct yg_certificate c = whole(), d = { .kind = 0 };
    struct yg_buf x, y;

    (void)state;
    yg_buf_init(&x, 4096);
    yg_buf_init(&y, 4096);
    yg_certificate_write(&c, &x);
    assert_false(yg_certificate_has_rules(&c));
    c.rules[31] = 1;
    c.rule_alerts = 12;
    c.rule_missed = 3;
    yg_certificate_write(&c, &y);
    assert_int_equal(yg_buf_str(&y).n, yg_buf_str(&x).n + YG_DIGEST_SIZE + 16);
    assert_int_equal(x.p[4], 2);
    assert_int_equal(y.p[4], 3);
    assert_int_equal(read_back(yg_buf_str(&y), &d), YG_OK);
    assert_true(yg_certificate_has_rules(&d) && d.rule_alerts == 12 &&
                d.rule_missed == 3);
    for (size_t n = yg_buf_str(&x).n; n < yg_buf_str(&y).n; n++)
        assert_int_equal(read_back((struct yg_str){ y.p, n }, &d), YG_EFORMAT);
    c.rule_missed = 13; /* more than there are */
    yg_buf_clear(&y);
    yg_certificate_write(&c, &y);
    assert_int_equal(read_back(yg_buf_str(&y), &d), YG_EFORMAT);
    yg_buf_fini(&x);
    yg_buf_fini(&y);
}

static void damage(void **state)
{
    struct yg_certificate c = whole(), d = { .tau = 77 };
    struct yg_buf x;

    (void)state;
    yg_buf_init(&x, 4096);
    yg_certificate_write(&c, &x);
    struct yg_str s = yg_buf_str(&x);
    for (size_t n = 0; n < s.n; n++) {
        char *part = malloc(n ? n : 1); /* exact size, so that a read past it shows */
        memcpy(part, s.p, n);
        assert_int_equal(read_back((struct yg_str){ part, n }, &d), YG_EFORMAT);
        free(part);
    }
    assert_true(d.tau == 77);
    x.p[4] = 4; /* version */
    assert_int_equal(read_back(s, &d), YG_EVERSION);
    x.p[4] = 3; /* speaks of rules, and has none */
    assert_int_equal(read_back(s, &d), YG_EFORMAT);
    x.p[4] = 0;
    assert_int_equal(read_back(s, &d), YG_EFORMAT);
    yg_buf_fini(&x);
}

static void refused(const struct yg_certificate *c)
{
    struct yg_certificate d;
    struct yg_buf x;

    yg_buf_init(&x, 4096);
    yg_certificate_write(c, &x);
    assert_int_equal(read_back(yg_buf_str(&x), &d), YG_EFORMAT);
    yg_buf_fini(&x);
}

#define WRONG(...)                                                                       \
    do {                                                                                 \
        struct yg_certificate c = whole();                                               \
        c __VA_ARGS__;                                                                   \
        refused(&c);                                                                     \
    } while (0)

static void impossible_values(void **state)
{
    (void)state;
    WRONG(.kind = 0);
    WRONG(.kind = 3);
    WRONG(.kind = YG_CERT_CROSS_FIT); /* without saying that it is an estimate */
    WRONG(.protect = YG_LEVEL_FP);
    WRONG(.protect = YG_LEVEL_COUNT);
    WRONG(.provisional = 1U << YG_PROV_COUNT);
    WRONG(.delta = NAN);
    WRONG(.alpha = 1.5);
    WRONG(.beta = -0.1);
    WRONG(.margin = INFINITY);
    WRONG(.bulk = NAN);
    WRONG(.mode = YG_CERT_BY_NONE);
    WRONG(.mode = 3);
    WRONG(.mode = YG_CERT_BY_COIN); /* without a weight */
    WRONG(.most = NAN);
    WRONG(.for_weight = 1.5);
    WRONG(.tenant[2] = 0);
}

static void impossible_counts(void **state)
{
    (void)state;
    WRONG(.for_missed = 701);
    WRONG(.gated = 100001);
    WRONG(.runs_closed = 9001);
    WRONG(.level[YG_LEVEL_L4].k = 8);
    WRONG(.level[YG_LEVEL_L4].lost = 8);
    WRONG(.level[YG_LEVEL_L4].closed = 8);
    WRONG(.level[YG_LEVEL_L4].bound = 2);
    WRONG(.level[YG_LEVEL_L4].p = 2);
    WRONG(.level[YG_LEVEL_L4].weight = INFINITY);
    WRONG(.lost_tenants = 1);
}

static void may_arm(void **state)
{
    struct yg_certificate c = whole();

    (void)state;
    assert_true(yg_certificate_may_arm(&c));
    c.tau = 0;
    assert_false(yg_certificate_may_arm(&c));
    c = whole();
    c.kind = YG_CERT_CROSS_FIT;
    assert_false(yg_certificate_may_arm(&c));
    for (unsigned i = 0; i < YG_PROV_COUNT; i++) {
        c = whole();
        c.provisional = 1U << i;
        assert_false(yg_certificate_may_arm(&c));
        assert_true(strlen(yg_provisional_name(i)) > 3);
        assert_true(strlen(yg_provisional_text(i)) > 20);
    }
}

/* Bytes of version 1, as an older program wrote them: the first 664, without what came
 * with version 2. What it called certified it did not verify. */
static void older(void **state)
{
    struct yg_certificate c = whole(), d = { .kind = 0 };
    struct yg_buf x;

    (void)state;
    yg_buf_init(&x, 4096);
    yg_certificate_write(&c, &x);
    size_t level = 8 * 6 + 4 + 8 + 8 + 8,
           head = yg_buf_str(&x).n - (2 + 4 + 7 * 8 + 2 * 8) - YG_LEVEL_COUNT * level;
    struct yg_buf y;
    yg_buf_init(&y, 4096);
    yg_buf_add(&y, yg_buf_str(&x).p, head);
    for (size_t i = 0; i < YG_LEVEL_COUNT; i++)
        yg_buf_add(&y, yg_buf_str(&x).p + head + i * level, level - 16);
    y.p[4] = 1;
    assert_int_equal(yg_buf_str(&y).n, 664);
    assert_int_equal(read_back(yg_buf_str(&y), &d), YG_OK);
    assert_false(yg_certificate_may_arm(&d));
    assert_int_equal(d.provisional, 1U << YG_PROV_OLD);
    assert_true(d.mode == YG_CERT_BY_ALL && d.tenant_n == 0);
    assert_true(d.level[YG_LEVEL_L4].threats == 7 && d.level[YG_LEVEL_L4].p == 1.0);
    assert_true(d.until_ns == c.until_ns && memcmp(d.data, c.data, 32) == 0);
    yg_buf_fini(&x);
    yg_buf_fini(&y);
}

static void unseen_tenant(void **state)
{
    struct yg_certificate c = whole();

    (void)state;
    assert_true(yg_certificate_unseen(&c) == 1.0); /* of one tenant */
    c.tenant_n = 0;
    c.threat_tenants = 4;
    assert_true(fabs(yg_certificate_unseen(&c) - 0.5271) < 1e-4);
    c.lost_tenants = 1;
    assert_true(yg_certificate_unseen(&c) == 1.0);
    c.lost_tenants = 0;
    c.kind = YG_CERT_CROSS_FIT;
    assert_true(yg_certificate_unseen(&c) == 1.0);
}

static void printed(void **state)
{
    struct yg_certificate c = whole();
    struct yg_buf b;
    struct yg_jsonw w = yg_jsonw_of(&b);

    (void)state;
    yg_buf_init(&b, 1 << 16);
    yg_certificate_text(&c, &b);
    static const char *const want[] = {
        "L3: at most 5 % of threats lost, certified on 90 (k = 1)",
        "L4: not certifiable yet: 7 of 90 threats (k = 1 would support 48.1 %)",
        "83 more judged threats of L4 bring 5 %",
        "attacks among closed runs: 1 of 700 draws, at most 1 % (p = 0.007)",
        "error probability 0.0304 spent (attempt 1 of a total of 0.05)",
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(want); i++)
        if (!strstr(yg_buf_cstr(&b), want[i]))
            fail_msg("no \"%s\" in:\n%s", want[i], yg_buf_cstr(&b));
    assert_null(strstr(yg_buf_cstr(&b), "PROVISIONAL"));
    assert_non_null(strstr(yg_buf_cstr(&b), "Certificate of acme for verdicts of L3"));
    assert_non_null(
        strstr(yg_buf_cstr(&b), "MAY ARM, once the owner accepts in writing"));
    assert_true(yg_certificate_needs_owner(&c));
    yg_buf_clear(&b);
    yg_certificate_json(&c, &w);
    assert_non_null(strstr(yg_buf_cstr(&b), "\"may_arm\":true,\"provisional\":[]"));
    assert_non_null(strstr(yg_buf_cstr(&b), "\"certified\":false,\"k\":0,\"need\":90"));

    /* by the coin; the pool */
    c.mode = YG_CERT_BY_COIN;
    c.most = 20;
    c.audits = 900;
    c.unknown_runs = 3;
    c.tenant_n = 0;
    c.threat_tenants = 4;
    yg_buf_clear(&b);
    yg_certificate_text(&c, &b);
    static const char *const coin[] = {
        "Certificate of all tenants together",
        "900 runs that the audit coin drew",
        "3 runs that stayed open and nobody judged",
        "loses a threat with a chance of at most 52.7 %",
        "each tenant after its owner has accepted",
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(coin); i++)
        if (!strstr(yg_buf_cstr(&b), coin[i]))
            fail_msg("no \"%s\" in:\n%s", coin[i], yg_buf_cstr(&b));

    /* an estimate prints no delta, in neither form */
    c.kind = YG_CERT_CROSS_FIT;
    c.mode = YG_CERT_BY_NONE;
    c.provisional = 1U << YG_PROV_CROSS_FIT;
    yg_buf_clear(&b);
    yg_certificate_text(&c, &b);
    assert_non_null(strstr(yg_buf_cstr(&b), "PROVISIONAL, cannot arm"));
    assert_null(strstr(yg_buf_cstr(&b), "certified"));
    assert_null(strstr(yg_buf_cstr(&b), "spent"));
    yg_buf_clear(&b);
    w = yg_jsonw_of(&b);
    yg_certificate_json(&c, &w);
    assert_null(strstr(yg_buf_cstr(&b), "delta"));
    assert_non_null(strstr(yg_buf_cstr(&b), "\"kind\":\"cross-fit\""));
    yg_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(speaks_of_rules),
        cmocka_unit_test(damage),
        cmocka_unit_test(impossible_values),
        cmocka_unit_test(impossible_counts),
        cmocka_unit_test(may_arm),
        cmocka_unit_test(printed),
        cmocka_unit_test(older),
        cmocka_unit_test(unseen_tenant),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
