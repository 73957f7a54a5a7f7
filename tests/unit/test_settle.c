/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of the queue and verdicts that came alert by alert. */
#include "pipeline/settle.h"

#include "store/ledger.h"
#include "store_util.h"

/* A run of alerts from .. from + n, waiting. */
static void put_run(struct fixture *f, uint64_t from, uint64_t n)
{
    struct yg_queue_run r = { .tenant = ACME,
                              .signature = YG_STR("scan"),
                              .alerts = n,
                              .open = n,
                              .verdict = YG_LEVEL_NONE };

    id_of(from, r.id);
    id_of(from, r.worst);
    assert_ok(f, yg_store_run_put(f->st, &r, &f->err));
    for (uint64_t i = 0; i < n; i++) {
        unsigned char id[YG_ID_SIZE];
        id_of(from + i, id);
        assert_ok(f, yg_store_run_add(f->st, r.id, id, 1, &f->err));
    }
}

static void judge(struct fixture *f, struct yg_settle *s, uint64_t n, uint8_t level)
{
    struct yg_verdict v = { .level = level, .source = YG_BY_IMPORT, .tenant = ACME };

    id_of(n, v.alert);
    assert_ok(f, yg_store_verdict_put(f->st, &v, &f->err));
    assert_ok(f, yg_settle_add(s, v.alert, &f->err));
}

static uint64_t settle(struct fixture *f, struct yg_settle *s)
{
    uint64_t changed = 99;

    assert_ok(f, yg_settle_runs(s, f->st, &changed, &f->err));
    yg_settle_fini(s);
    yg_settle_init(s);
    return changed;
}

static uint8_t verdict_of(struct fixture *f, uint64_t run)
{
    char hex[2 * YG_ID_SIZE + 1];
    unsigned char id[YG_ID_SIZE];
    struct yg_queue_run r;

    id_of(run, id);
    yg_hex(id, YG_ID_SIZE, hex);
    assert_ok(f, yg_store_run_get(f->st, yg_str_of(hex), &f->arena, &r, &f->err));
    assert_true(yg_str_eq(r.signature, YG_STR("scan")));
    return r.verdict;
}

static void runs_are_judged_when_all_their_alerts_are(void **state)
{
    struct fixture *f = *state;
    struct yg_settle s;
    unsigned char id[YG_ID_SIZE];

    fixture_open(f);
    yg_settle_init(&s);
    add_range(f, ACME, 0, 100);
    put_run(f, 0, 1);
    put_run(f, 10, 3);
    put_run(f, 20, 2);
    assert_int_equal(settle(f, &s), 0);
    judge(f, &s, 0, YG_LEVEL_FP);
    judge(f, &s, 10, YG_LEVEL_L3);
    judge(f, &s, 12, YG_LEVEL_FP);
    judge(f, &s, 50, YG_LEVEL_FP); /* of no run */
    assert_int_equal(settle(f, &s), 1);
    assert_int_equal(verdict_of(f, 0), YG_LEVEL_FP);
    assert_int_equal(verdict_of(f, 10), YG_LEVEL_NONE); /* its second is not judged */
    judge(f, &s, 11, YG_LEVEL_L1);
    assert_int_equal(settle(f, &s), 1);
    assert_int_equal(verdict_of(f, 10), YG_LEVEL_L3); /* the highest */
    judge(f, &s, 11, YG_LEVEL_L4);
    assert_int_equal(settle(f, &s), 1);
    assert_int_equal(verdict_of(f, 10), YG_LEVEL_L4);
    judge(f, &s, 11, YG_LEVEL_L4);
    assert_int_equal(settle(f, &s), 0); /* as it was */
    assert_int_equal(verdict_of(f, 20), YG_LEVEL_NONE);
    assert_int_equal(stats(f).queue_judged, 2);

    id_of(0, id); /* taken back */
    assert_ok(f, yg_store_verdict_undo(f->st, id, &f->err));
    assert_ok(f, yg_settle_add(&s, id, &f->err));
    assert_int_equal(settle(f, &s), 1);
    assert_int_equal(verdict_of(f, 0), YG_LEVEL_NONE);
    assert_int_equal(stats(f).queue_judged, 1);
    yg_settle_fini(&s);
}

static void a_run_that_waits_for_a_blind_verdict_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct yg_audit a = { .kind = YG_AUDIT_COIN, .state = YG_AUDIT_WAITS };
    struct yg_settle s;

    fixture_open(f);
    yg_settle_init(&s);
    add_range(f, ACME, 0, 10);
    put_run(f, 0, 1);
    put_run(f, 5, 1);
    id_of(5, a.run);
    assert_ok(f, yg_ledger_audit_put(f->st, &a, &f->err));
    judge(f, &s, 0, YG_LEVEL_L2);
    judge(f, &s, 5, YG_LEVEL_L2);
    assert_int_equal(settle(f, &s), 1);
    assert_int_equal(verdict_of(f, 0), YG_LEVEL_L2);
    assert_int_equal(verdict_of(f, 5), YG_LEVEL_NONE);
    yg_settle_fini(&s);
}

/* More runs than one page of the walk. */
static void a_long_queue_is_walked_to_its_end(void **state)
{
    enum { RUNS = 20001 };
    struct fixture *f = *state;
    struct yg_settle s;

    fixture_open(f);
    yg_settle_init(&s);
    add_range(f, ACME, 0, RUNS);
    for (uint64_t i = 0; i < RUNS; i++)
        put_run(f, i, 1);
    for (uint64_t i = 0; i < RUNS; i += 2)
        judge(f, &s, i, YG_LEVEL_FP);
    assert_int_equal(settle(f, &s), RUNS / 2 + 1);
    assert_int_equal(stats(f).queue_judged, RUNS / 2 + 1);
    assert_int_equal(stats(f).queue_waiting, RUNS / 2);
    yg_settle_fini(&s);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(runs_are_judged_when_all_their_alerts_are),
        CASE(a_run_that_waits_for_a_blind_verdict_is_left_alone),
        CASE(a_long_queue_is_walked_to_its_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
