/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/outcome.h"
#include "policy/threat.h"

#define H   (INT64_C(3600) * 1000000000)
#define DAY (24 * H)

#define FP YG_LEVEL_FP
#define L2 YG_LEVEL_L2
#define L3 YG_LEVEL_L3
#define L4 YG_LEVEL_L4
#define NO YG_LEVEL_NONE

struct row {
    uint32_t tenant;
    uint64_t run, entity, incident;
    int64_t t;
    unsigned level, risk, gates;
};

static struct yg_judged judged(const struct row *r)
{
    return (struct yg_judged){ .tenant = r->tenant,
                               .run = r->run,
                               .entity = r->entity,
                               .incident = r->incident,
                               .time_ns = r->t,
                               .level = (uint8_t)r->level,
                               .risk = r->risk,
                               .gates = r->gates };
}

static void pair(const char *what, const struct row *x, const struct row *y, size_t n)
{
    const struct yg_judged a[2] = { judged(x), judged(y) };
    struct yg_threats t;

    assert_int_equal(yg_threats_of(a, 2, YG_LEVEL_L3, &t), YG_OK);
    if (t.n != n || (n == 1 && t.v[0].risk != 5))
        fail_msg("%s: %d threats", what, (int)t.n);
    yg_threats_fini(&t);
}

/* Each case: two alerts, and whether they are one threat. */
static void pairs(void **state)
{
    static const struct {
        const char *what;
        struct row a, b;
        size_t threats;
    } t[] = {
        { "one incident",
          { 0, 1, 1, 9, 0, L3, 5, 0 },
          { 0, 2, 2, 9, DAY * 9, L4, 6, 0 },
          1 },
        { "two incidents", { 0, 1, 1, 8, 0, L3, 5, 0 }, { 0, 1, 1, 9, 1, L3, 6, 0 }, 2 },
        { "one number, two tenants",
          { 0, 1, 1, 9, 0, L3, 5, 0 },
          { 1, 2, 1, 9, 0, L3, 6, 0 },
          2 },
        { "entity within 24 h",
          { 0, 1, 1, 0, 0, L3, 5, 0 },
          { 0, 2, 1, 0, DAY, L3, 6, 0 },
          1 },
        { "entity after more",
          { 0, 1, 1, 0, 0, L3, 5, 0 },
          { 0, 2, 1, 0, DAY + 1, L3, 6, 0 },
          2 },
        { "another entity", { 0, 1, 1, 0, 0, L3, 5, 0 }, { 0, 2, 2, 0, 1, L3, 6, 0 }, 2 },
        { "entity in two tenants",
          { 0, 1, 1, 0, 0, L3, 5, 0 },
          { 1, 2, 1, 0, 1, L3, 6, 0 },
          2 },
        { "incident and none",
          { 0, 1, 1, 9, 0, L3, 5, 0 },
          { 0, 1, 1, 0, 1, L3, 6, 0 },
          2 },
        { "incident named like the entity",
          { 0, 1, 7, 7, 0, L3, 5, 0 },
          { 0, 1, 7, 0, 1, L3, 6, 0 },
          2 },
        { "no entity: the run",
          { 0, 1, 0, 0, 0, L3, 5, 0 },
          { 0, 1, 0, 0, 1, L3, 6, 0 },
          1 },
        { "no entity: two runs",
          { 0, 1, 0, 0, 0, L3, 5, 0 },
          { 0, 2, 0, 0, 1, L3, 6, 0 },
          2 },
        { "below protect", { 0, 1, 1, 9, 0, L3, 5, 0 }, { 0, 1, 1, 9, 1, L2, 6, 0 }, 1 },
        { "nothing protected",
          { 0, 1, 1, 9, 0, L2, 5, 0 },
          { 0, 1, 1, 9, 1, FP, 6, 0 },
          0 },
        { "not judged", { 0, 1, 1, 9, 0, NO, 5, 0 }, { 0, 1, 1, 9, 1, NO, 6, 0 }, 0 },
        { "ends of time",
          { 0, 1, 1, 0, INT64_MIN, L3, 5, 0 },
          { 0, 2, 1, 0, INT64_MAX, L3, 6, 0 },
          2 },
    };
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        pair(t[i].what, &t[i].a, &t[i].b, t[i].threats);
        pair(t[i].what, &t[i].b, &t[i].a, t[i].threats); /* the order must not matter */
    }
}

static void contents(void **state)
{
    static const struct row rows[] = {
        { 1, 1, 5, 0, 7 * H, L3, 40, 0 }, /* tenant 1, second threat in order */
        { 0, 2, 5, 3, 9 * H, L3, 30, 0 },
        { 0, 2, 5, 3, 8 * H, L4, 20, 1 }, /* held by a gate: risk counts as highest */
        { 0, 2, 5, 3, 6 * H, FP, 1, 0 },  /* not protected: no part of the threat */
    };
    struct yg_judged a[4];
    struct yg_threats t;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        a[i] = judged(&rows[i]);
    assert_int_equal(yg_threats_of(a, 4, YG_LEVEL_L3, &t), YG_OK);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.v[0].tenant, 0);
    assert_int_equal(t.v[0].level, L4);
    assert_int_equal(t.v[0].alerts, 2);
    assert_true(t.v[0].risk == 30 && t.v[0].high_risk == YG_RISK_MAX);
    assert_true(t.v[0].first_ns == 8 * H && t.v[0].last_ns == 9 * H);
    assert_int_equal(t.v[1].tenant, 1);
    assert_true(t.of[0] == 1 && t.of[1] == 0 && t.of[2] == 0);
    assert_true(t.of[3] == YG_THREAT_NONE);
    yg_threats_fini(&t);
    assert_int_equal(yg_threats_of(a, 0, YG_LEVEL_L3, &t), YG_OK);
    assert_int_equal(t.n, 0);
    yg_threats_fini(&t);
    yg_threats_fini(NULL);
}

/* Threats are in order of time, whatever they were joined by, and so are the numbers. */
static void order(void **state)
{
    static const int64_t start[5] = { 30, 10, 50, 20, 40 };
    struct yg_judged a[5];
    struct yg_threats t;

    (void)state;
    for (uint64_t i = 0; i < 5; i++) {
        struct row r = { 0, i, i + 1, 0, start[i] * H, L3, 1, 0 };
        a[i] = judged(&r);
    }
    assert_int_equal(yg_threats_of(a, 5, YG_LEVEL_L3, &t), YG_OK);
    assert_int_equal(t.n, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(t.of[i], start[i] / 10 - 1);
        assert_true(t.v[t.of[i]].first_ns == start[i] * H);
    }
    yg_threats_fini(&t);
}

/* Entities are chained: each link within 24 h, the whole longer. */
static void chain(void **state)
{
    struct yg_judged a[10];
    struct yg_threats t;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        struct row r = { 0, 10 - i, 1, 0, (int64_t)i * 20 * H, L3, 1, 0 };
        a[(i * 7) % 10] = judged(&r);
    }
    assert_int_equal(yg_threats_of(a, 10, YG_LEVEL_L3, &t), YG_OK);
    assert_int_equal(t.n, 1);
    yg_threats_fini(&t);
}

static void clusters(void **state)
{
    uint64_t c = yg_cluster_of(1, 2, 3, 5 * DAY);

    (void)state;
    assert_true(yg_cluster_of(1, 2, 9, 5 * DAY + 23 * H) == c); /* the run is no part */
    assert_true(yg_cluster_of(1, 2, 3, 6 * DAY) != c);
    assert_true(yg_cluster_of(1, 2, 3, 5 * DAY - 1) != c);
    assert_true(yg_cluster_of(2, 2, 3, 5 * DAY) != c);
    assert_true(yg_cluster_of(1, 3, 3, 5 * DAY) != c);
    assert_true(yg_cluster_of(1, 0, 3, 0) != yg_cluster_of(1, 0, 4, 0));
    assert_true(yg_cluster_of(1, 3, 3, 0) != yg_cluster_of(1, 0, 3, 0));
    assert_true(yg_cluster_of(1, 2, 3, -1) == yg_cluster_of(1, 2, 3, -DAY));
    assert_true(yg_cluster_of(1, 2, 3, -1) != yg_cluster_of(1, 2, 3, 0));
}

static void outcomes(void **state)
{
    static const struct row rows[] = {
        { 0, 1, 5, 0, 2 * H, FP, 40, 0 }, { 0, 1, 5, 0, 1 * H, L3, 60, 0 },
        { 0, 1, 5, 0, 3 * H, FP, 10, 2 }, /* gated: closes at no tau */
        { 0, 2, 6, 0, 5 * H, NO, 10, 0 }, /* nobody judged it: no row */
        { 0, 3, 7, 0, 5 * H, FP, 33, 0 }, { 0, 3, 7, 0, 4 * H, NO, 1, 0 },
    };
    struct yg_judged a[6];
    struct yg_outcomes o;

    (void)state;
    for (size_t i = 0; i < 6; i++)
        a[i] = judged(&rows[i]);
    a[1].closed = 1;
    assert_int_equal(yg_outcomes_of(a, 6, YG_LEVEL_L3, &o), YG_OK);
    assert_int_equal(o.n, 2);
    struct yg_run_outcome *one = o.v[0].run == 1 ? &o.v[0] : &o.v[1];
    struct yg_run_outcome *three = o.v[0].run == 1 ? &o.v[1] : &o.v[0];
    assert_true(one->close_risk == 40 && one->miss_risk == 60 && one->alerts == 3);
    assert_true(one->level == L3 && one->closed && one->missed && one->first_ns == H);
    assert_true(three->close_risk == 33 && three->miss_risk == YG_RISK_MAX);
    assert_true(!three->closed && !three->missed && three->first_ns == 4 * H);
    assert_true(o.v[0].cluster < o.v[1].cluster);
    yg_outcomes_fini(&o);
    assert_int_equal(yg_outcomes_of(a, 0, YG_LEVEL_L3, &o), YG_OK);
    assert_int_equal(o.n, 0);
    yg_outcomes_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs), cmocka_unit_test(contents), cmocka_unit_test(chain),
        cmocka_unit_test(order), cmocka_unit_test(clusters), cmocka_unit_test(outcomes),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
