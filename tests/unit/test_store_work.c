/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of store/store.h for rows: verdicts and the queue. */
#include "store/ledger.h"
#include "store_util.h"

static struct yg_verdict verdict_of(uint64_t n, uint8_t level)
{
    struct yg_verdict v = { .level = level,
                            .source = YG_BY_HUMAN,
                            .at_ns = T0 + level,
                            .tenant = ACME,
                            .reason = YG_STR("test"),
                            .note = YG_STR("a 'quoted' \"note\""),
                            .who = YG_STR("mika"),
                            .incident = YG_STR("INC-7") };

    id_of(n, v.alert);
    return v;
}

static void put_verdict(struct fixture *f, uint64_t n, uint8_t level)
{
    struct yg_verdict v = verdict_of(n, level);

    assert_ok(f, yg_store_verdict_put(f->st, &v, &f->err));
}

static void assert_level(struct fixture *f, uint64_t n, int level)
{
    unsigned char id[YG_ID_SIZE];
    struct yg_verdict v;

    id_of(n, id);
    if (level < 0) {
        assert_status(YG_ENOTFOUND,
                      yg_store_verdict_get(f->st, id, &f->arena, &v, &f->err));
        return;
    }
    assert_ok(f, yg_store_verdict_get(f->st, id, &f->arena, &v, &f->err));
    assert_int_equal(v.level, level);
    assert_true(yg_str_eq(v.note, verdict_of(n, 0).note) &&
                yg_str_eq(v.who, YG_STR("mika")) &&
                yg_str_eq(v.incident, YG_STR("INC-7")));
}

static void the_latest_verdict_counts(void **state)
{
    struct fixture *f = *state;
    struct yg_verdict v, *all;
    size_t count;

    fixture_open(f);
    add_range(f, ACME, 0, 100);
    put_verdict(f, 3, YG_LEVEL_L3); /* in the same commit as its alert */
    commit(f);
    put_verdict(f, 3, YG_LEVEL_FP);
    put_verdict(f, 7, YG_LEVEL_L4);
    assert_level(f, 3, YG_LEVEL_FP);
    commit(f);
    fixture_reopen(f);
    assert_level(f, 3, YG_LEVEL_FP);
    assert_level(f, 4, -1);
    v = verdict_of(5000, YG_LEVEL_L1);
    assert_status(YG_ENOTFOUND, yg_store_verdict_put(f->st, &v, &f->err));
    v = verdict_of(3, YG_LEVEL_NONE);
    assert_status(YG_EINVAL, yg_store_verdict_put(f->st, &v, &f->err));
    commit(f); /* refused verdicts do not spoil the batch */
    assert_ok(f, yg_store_verdicts(f->st, ACME, &f->arena, &all, &count, &f->err));
    assert_int_equal(count, 2);
    assert_true(memcmp(all[0].alert, all[1].alert, YG_ID_SIZE) < 0);
    assert_ok(f, yg_store_verdicts(f->st, BETA, &f->arena, &all, &count, &f->err));
    assert_int_equal(count, 0);
}

static void undo_goes_back_step_by_step(void **state)
{
    static const uint8_t level[] = { YG_LEVEL_L1, YG_LEVEL_L2, YG_LEVEL_FP };
    struct fixture *f = *state;
    struct yg_verdict *all;
    unsigned char id[YG_ID_SIZE];
    size_t count;

    id_of(9, id);
    fixture_open(f);
    add_range(f, ACME, 0, 10);
    for (size_t i = 0; i < YG_ARRAY_LEN(level); i++)
        put_verdict(f, 9, level[i]);
    commit(f);
    for (size_t i = YG_ARRAY_LEN(level); i > 0; i--) {
        assert_level(f, 9, level[i - 1]);
        assert_ok(f, yg_store_verdict_undo(f->st, id, &f->err));
    }
    assert_level(f, 9, -1);
    assert_status(YG_ENOTFOUND, yg_store_verdict_undo(f->st, id, &f->err));
    commit(f);
    fixture_reopen(f);
    assert_level(f, 9, -1);
    put_verdict(f, 9, YG_LEVEL_L4);
    assert_level(f, 9, YG_LEVEL_L4);
    assert_ok(f, yg_store_verdict_undo(f->st, id, &f->err));
    assert_level(f, 9, -1); /* what was undone does not come back */
    put_verdict(f, 9, YG_LEVEL_L1);
    assert_ok(f, yg_store_verdict_history(f->st, id, &f->arena, &all, &count, &f->err));
    static const struct {
        uint8_t level, state;
    } want[] = { { YG_LEVEL_L1, YG_VERDICT_UNDONE },
                 { YG_LEVEL_L2, YG_VERDICT_UNDONE },
                 { YG_LEVEL_FP, YG_VERDICT_UNDONE },
                 { YG_LEVEL_L4, YG_VERDICT_UNDONE },
                 { YG_LEVEL_L1, YG_VERDICT_IN_FORCE } };
    assert_int_equal(count, YG_ARRAY_LEN(want));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(all[i].level, want[i].level);
        assert_int_equal(all[i].state, want[i].state);
    }
}

static void a_verdict_on_an_alert_before_the_window(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    add_range(f, ACME, 0, 1000);
    commit(f);
    fixture_close(f);
    f->clock.manual_ns += 30 * 86400 * YG_NS_PER_S;
    fixture_open(f);
    put_verdict(f, 500, YG_LEVEL_L2);
    commit(f);
    assert_level(f, 500, YG_LEVEL_L2);
    struct yg_store_stats s;
    assert_ok(f, yg_store_stats(f->st, &s, &f->err));
    assert_int_equal(s.window_ids, 0);
    assert_int_equal(s.verdicts, 1);
}

/* ---- the queue ----------------------------------------------------------------- */

static struct yg_queue_run run_of(uint64_t n, uint8_t predicted, uint32_t risk,
                                  int64_t first)
{
    struct yg_queue_run r = { .tenant = n % 2 ? BETA : ACME,
                              .signature = YG_STR("sig\0with \xff bytes"),
                              .entity = YG_STR("10.0.0.1"),
                              .source_ip = YG_STR("10.0.0.1"),
                              .destination_ip = YG_STR("10.0.0.2"),
                              .host = YG_STR("web"),
                              .device = YG_STR("ids"),
                              .first_ns = T0 + first,
                              .last_ns = T0 + first + 5,
                              .alerts = 3,
                              .open = 2,
                              .max_risk = risk,
                              .gates = 5,
                              .predicted = predicted,
                              .verdict = YG_LEVEL_NONE };

    id_of(n, r.id);
    id_of(n + 1, r.worst);
    return r;
}

/* In the order they must come out. */
static const struct {
    const char *name;
    uint8_t predicted;
    uint32_t risk;
    int64_t first;
} waiting[] = {
    { "highest risk, whatever the level", YG_LEVEL_FP, UINT32_MAX, 9 },
    { "less risk", YG_LEVEL_L3, 99, 9 },
    { "same risk: highest level", YG_LEVEL_L4, 7, 9 },
    { "same level", YG_LEVEL_L3, 7, 1 },
    { "same, younger", YG_LEVEL_L3, 7, 2 },
    { "not judged by a model", YG_LEVEL_NONE, 0, 0 },
};

static void put_waiting(struct fixture *f)
{
    for (size_t i = YG_ARRAY_LEN(waiting); i-- > 0;) {
        struct yg_queue_run r =
            run_of(i, waiting[i].predicted, waiting[i].risk, waiting[i].first);
        assert_ok(f, yg_store_run_put(f->st, &r, &f->err));
    }
}

static void the_queue_is_in_order_of_urgency(void **state)
{
    struct fixture *f = *state;
    struct yg_queue_filter q = { 0 };
    struct yg_queue_page p;

    fixture_open(f);
    put_waiting(f);
    commit(f);
    fixture_reopen(f);
    assert_ok(f, yg_store_queue(f->st, &q, &f->arena, &p, &f->err));
    assert_int_equal(p.count, YG_ARRAY_LEN(waiting));
    assert_int_equal(p.total, YG_ARRAY_LEN(waiting));
    for (size_t i = 0; i < p.count; i++) {
        struct yg_queue_run want =
            run_of(i, waiting[i].predicted, waiting[i].risk, waiting[i].first);
        if (memcmp(p.run[i].id, want.id, YG_ID_SIZE) != 0)
            fail_msg("'%s' is not at place %d", waiting[i].name, (int)i);
        assert_memory_equal(p.run[i].worst, want.worst, YG_ID_SIZE);
        assert_true(yg_str_eq(p.run[i].signature, want.signature));
        assert_true(yg_str_eq(p.run[i].device, want.device));
        assert_int_equal(p.run[i].max_risk, want.max_risk);
        assert_int_equal(p.run[i].first_ns, want.first_ns);
        assert_int_equal(p.run[i].open, 2);
        assert_int_equal(p.run[i].predicted, want.predicted);
    }
}

/* Each risk twice: as it is, and waiting only because nothing is closed yet. One with an
 * alert that stays open in any case is like the first. */
static void what_would_close_comes_last(void **state)
{
    static const struct {
        const char *name;
        uint32_t risk;
        uint64_t open, would;
    } runs[] = {
        { "gated, high", 900, 2, 0 },           { "one of two would close", 800, 2, 1 },
        { "gated, below what would", 1, 2, 0 }, { "would close, high", 1000, 2, 2 },
        { "would close, low", 5, 1, 1 },
    };
    struct fixture *f = *state;
    struct yg_queue_page p;
    unsigned char want[YG_ID_SIZE];

    fixture_open(f);
    for (size_t i = 0; i < YG_ARRAY_LEN(runs); i++) {
        struct yg_queue_run r =
            run_of(i, YG_LEVEL_FP, runs[i].risk, T0); /* of the same tenant */
        r.tenant = ACME;
        r.open = runs[i].open;
        r.would = runs[i].would;
        assert_ok(f, yg_store_run_put(f->st, &r, &f->err));
    }
    for (int one = 0; one < 2; one++) {
        const struct yg_queue_filter q = { .tenant = one ? ACME : YG_STR_NONE };
        assert_ok(f, yg_store_queue(f->st, &q, &f->arena, &p, &f->err));
        assert_int_equal(p.count, YG_ARRAY_LEN(runs));
        for (size_t i = 0; i < p.count; i++) {
            id_of(i, want);
            if (memcmp(p.run[i].id, want, YG_ID_SIZE) != 0)
                fail_msg("'%s' is not at place %d", runs[i].name, (int)i);
        }
    }
}

static void the_queue_comes_in_pages(void **state)
{
    struct fixture *f = *state;
    struct yg_queue_page p;
    unsigned char want[YG_ID_SIZE];

    fixture_open(f);
    put_waiting(f);
    for (size_t skip = 0; skip <= 7; skip++) {
        struct yg_queue_filter q = { .limit = 2, .skip = skip };
        assert_ok(f, yg_store_queue(f->st, &q, &f->arena, &p, &f->err));
        assert_int_equal(p.total, 6);
        assert_int_equal(p.count, skip >= 6 ? 0 : skip == 5 ? 1 : 2);
        id_of(skip, want);
        if (p.count)
            assert_memory_equal(p.run[0].id, want, YG_ID_SIZE);
    }
    struct yg_queue_filter acme = { .tenant = ACME, .limit = 2, .skip = 1 };
    assert_ok(f, yg_store_queue(f->st, &acme, &f->arena, &p, &f->err));
    assert_int_equal(p.total, 3);
    assert_int_equal(p.count, 2);
    id_of(2, want);
    assert_memory_equal(p.run[0].id, want, YG_ID_SIZE);
}

static void a_judged_or_closed_run_does_not_wait(void **state)
{
    struct fixture *f = *state;
    struct yg_queue_filter q = { 0 }, judged = { .judged = true };
    struct yg_queue_page p;
    struct yg_store_stats s;
    struct yg_queue_run r = run_of(0, YG_LEVEL_L4, 1, 9);

    fixture_open(f);
    put_waiting(f);
    r.verdict = YG_LEVEL_L2;
    assert_ok(f, yg_store_run_put(f->st, &r, &f->err));
    r = run_of(1, YG_LEVEL_L3, 1, 9);
    r.open = 0;
    assert_ok(f, yg_store_run_put(f->st, &r, &f->err));
    commit(f);
    assert_ok(f, yg_store_queue(f->st, &q, &f->arena, &p, &f->err));
    assert_int_equal(p.total, 4);
    assert_ok(f, yg_store_queue(f->st, &judged, &f->arena, &p, &f->err));
    assert_int_equal(p.total, 1);
    assert_int_equal(p.run[0].verdict, YG_LEVEL_L2);
    assert_ok(f, yg_store_stats(f->st, &s, &f->err));
    assert_int_equal(s.queue_waiting, 4);
    assert_int_equal(s.queue_judged, 1);
    r.open = 1; /* another alert of the run arrived */
    assert_ok(f, yg_store_run_put(f->st, &r, &f->err));
    assert_ok(f, yg_store_queue(f->st, &q, &f->arena, &p, &f->err));
    assert_int_equal(p.total, 5);
}

/* ---- its length ---------------------------------------------------------------- */

enum { RUNS = 40 };

/* What the test knows of a run. */
struct known {
    bool there, judged, closed, beta, blind;
    bool waits[2]; /* a decoy, a coin's audit */
};

static void assert_counts(struct fixture *f, const struct known *k)
{
    struct yg_store_stats s = stats(f);
    struct yg_queue_page p;
    size_t all[2] = { 0 };

    for (int n = 0; n < 12; n++) {
        const struct yg_queue_filter q = { .judged = n & 1,
                                           .blind = n >= 8,
                                           .tenant = n & 4   ? n & 2 ? BETA : ACME
                                                     : n & 2 ? YG_STR("nobody")
                                                             : YG_STR_NONE };
        size_t want = 0;
        for (size_t i = 0; i < RUNS; i++)
            want += k[i].there && k[i].blind == q.blind &&
                    (q.blind || (!k[i].closed && k[i].judged == q.judged)) &&
                    (q.tenant.n == 0 || yg_str_eq(q.tenant, k[i].beta ? BETA : ACME));
        assert_ok(f, yg_store_queue(f->st, &q, &f->arena, &p, &f->err));
        assert_int_equal(p.total, want);
        assert_int_equal(p.count, want);
    }
    for (size_t i = 0; i < RUNS; i++)
        all[k[i].judged] += k[i].there && !k[i].closed;
    assert_int_equal(s.queue_waiting, all[0]);
    assert_int_equal(s.queue_judged, all[1]);
}

/* Runs come, are judged, wait again, are closed, move, are drawn for an audit. */
static void change_one(struct fixture *f, struct known *known, uint64_t at)
{
    struct known *k = &known[at % RUNS];
    struct yg_queue_run r = run_of(at % RUNS, YG_LEVEL_L1, (uint32_t)at, 0);

    k->there = true;
    k->beta = at / RUNS % 5 == 4 ? !k->beta : k->beta;
    k->closed = at % 7 == 3;
    k->judged = !k->closed && at % 3 == 1;
    r.tenant = k->beta ? BETA : ACME;
    r.open = k->closed ? 0 : 2;
    r.verdict = k->judged ? YG_LEVEL_L2 : YG_LEVEL_NONE;
    assert_ok(f, yg_store_run_put(f->st, &r, &f->err));
    if (at % 11 == 5) {
        struct yg_audit a = { .kind = (uint8_t)(at % 2 ? YG_AUDIT_COIN : YG_AUDIT_DECOY),
                              .state = YG_AUDIT_WAITS };
        k->blind = k->waits[at % 2] = true;
        memcpy(a.run, r.id, YG_ID_SIZE);
        assert_ok(f, yg_ledger_audit_put(f->st, &a, &f->err));
    }
    if (at % 11 == 7 && k->blind) { /* it is judged: one of two, or both */
        bool both = at % 2;
        for (int i = 0; i < 1 + both; i++) {
            struct yg_audit a = { .kind = i ? YG_AUDIT_COIN : YG_AUDIT_DECOY,
                                  .state = YG_AUDIT_JUDGED };
            memcpy(a.run, r.id, YG_ID_SIZE);
            assert_ok(f, yg_ledger_audit_put(f->st, &a, &f->err));
            k->waits[i] = false;
        }
        k->blind = k->waits[0] || k->waits[1];
    }
}

static void the_queue_is_counted_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct known known[RUNS] = { 0 };
    uint64_t bad;

    fixture_open(f);
    assert_counts(f, known);
    for (uint64_t i = 0; i < (uint64_t)RUNS * 20; i++) {
        change_one(f, known, i * 13);
        if (i % 50 == 0)
            assert_counts(f, known);
    }
    commit(f);
    fixture_close(f);
    if (!f->server) {
        sql_of_older(f, "DROP TABLE run_count; DROP TABLE toss; DROP TABLE tossed_before;"
                        "DROP TABLE audit_log; DELETE FROM chain;"
                        "ALTER TABLE audit DROP COLUMN first;"
                        "ALTER TABLE audit DROP COLUMN worst;"
                        "ALTER TABLE audit DROP COLUMN changes;"
                        "ALTER TABLE audit DROP COLUMN closed_before;"
                        "DROP INDEX verdict_past;" NO_TIMES_OF_VERDICTS
                        "PRAGMA user_version = 8");
        fixture_open(f); /* an older store is counted once */
        assert_counts(f, known);
        assert_ok(f, yg_store_check(f->st, &bad, &f->err));
        fixture_close(f);
    }
    sql(f, "UPDATE run_count SET runs = runs + 1 WHERE state = 1");
    fixture_open(f);
    assert_status(YG_ECORRUPT, yg_store_check(f->st, &bad, &f->err));
}

/* What records say were texts in version 14, whatever their bytes were. */
static void version_14_is_brought_forward(void **state)
{
    const struct yg_queue_filter q = { .tenant = ACME };
    struct fixture *f = *state;
    struct yg_queue_page before, after;
    uint64_t bad;

    fixture_open(f);
    add_range(f, ACME, 0, 20);
    put_verdict(f, 9, YG_LEVEL_L2);
    put_waiting(f);
    commit(f);
    assert_ok(f, yg_store_queue(f->st, &q, &f->arena, &before, &f->err));
    fixture_close(f);
    sql_of_older(f, "");
    fixture_open(f);
    assert_int_equal(stats(f).schema_version, 19);
    assert_ok(f, yg_store_queue(f->st, &q, &f->arena, &after, &f->err));
    assert_int_equal(after.total, before.total);
    assert_int_equal(after.count, 3);
    for (size_t i = 0; i < after.count; i++) {
        const struct yg_queue_run *a = &after.run[i], *b = &before.run[i];
        assert_memory_equal(a->id, b->id, YG_ID_SIZE);
        assert_true(yg_str_eq(a->tenant, b->tenant) &&
                    yg_str_eq(a->signature, b->signature) &&
                    yg_str_eq(a->device, b->device));
    }
    assert_level(f, 9, YG_LEVEL_L2);
    put_verdict(f, 9, YG_LEVEL_FP);
    add_range(f, ACME, 20, 40); /* the same tenant */
    put_waiting(f);
    commit(f);
    assert_level(f, 9, YG_LEVEL_FP);
    assert_history(f, ACME, 0, 40);
    assert_ok(f, yg_store_check(f->st, &bad, &f->err));
}

static void a_run_is_found_by_prefix(void **state)
{
    struct fixture *f = *state;
    struct yg_queue_run r, a = run_of(1, 1, 1, 1), b = run_of(2, 2, 2, 2);

    memcpy(a.id, "\xab\xcd\xef\x10 first id..", YG_ID_SIZE);
    memcpy(b.id, "\xab\xcd\xef\x1f other id..", YG_ID_SIZE);
    fixture_open(f);
    assert_ok(f, yg_store_run_put(f->st, &a, &f->err));
    assert_ok(f, yg_store_run_put(f->st, &b, &f->err));
    commit(f);
    assert_status(YG_EINVAL,
                  yg_store_run_get(f->st, YG_STR("abcdef1"), &f->arena, &r, &f->err));
    assert_status(YG_EINVAL,
                  yg_store_run_get(f->st, YG_STR("abc"), &f->arena, &r, &f->err));
    assert_status(YG_ENOTFOUND,
                  yg_store_run_get(f->st, YG_STR("abcdee"), &f->arena, &r, &f->err));
    assert_ok(f, yg_store_run_get(f->st, YG_STR("ABCDEF1F"), &f->arena, &r, &f->err));
    assert_memory_equal(r.id, b.id, YG_ID_SIZE);
}

static void a_run_keeps_its_alerts_in_order(void **state)
{
    struct fixture *f = *state;
    unsigned char run[YG_ID_SIZE], other[YG_ID_SIZE], id[1001][YG_ID_SIZE];
    unsigned char(*got)[YG_ID_SIZE];
    size_t count, next = 0;
    static const size_t step[] = { 1, 1, 250, 4, 1, 600, 0, 143 };

    fixture_open(f);
    id_of(0, run);
    id_of(1, other);
    for (size_t i = 0; i < 1000; i++)
        id_of(i, id[i]);
    for (size_t i = 0; i < YG_ARRAY_LEN(step); i++) {
        assert_ok(f, yg_store_run_add(f->st, run, id[next], step[i], &f->err));
        assert_ok(f, yg_store_run_add(f->st, other, id[0], 1, &f->err));
        next += step[i];
        if (i % 2)
            commit(f);
    }
    assert_int_equal(next, 1000);
    fixture_reopen(f);
    assert_ok(f, yg_store_run_alerts(f->st, run, &f->arena, &got, &count, &f->err));
    assert_int_equal(count, 1000);
    assert_memory_equal(got, id, (size_t)1000 * YG_ID_SIZE);
    assert_ok(f, yg_store_run_alerts(f->st, other, &f->arena, &got, &count, &f->err));
    assert_int_equal(count, 8);
    id_of(2, other);
    assert_ok(f, yg_store_run_alerts(f->st, other, &f->arena, &got, &count, &f->err));
    assert_int_equal(count, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(the_latest_verdict_counts),
        CASE(undo_goes_back_step_by_step),
        CASE(a_verdict_on_an_alert_before_the_window),
        CASE(the_queue_is_in_order_of_urgency),
        CASE(what_would_close_comes_last),
        CASE(the_queue_comes_in_pages),
        CASE(a_judged_or_closed_run_does_not_wait),
        CASE(the_queue_is_counted_as_it_is),
        CASE(a_run_is_found_by_prefix),
        CASE(a_run_keeps_its_alerts_in_order),
    };
    static const struct CMUnitTest file[] = {
        CASE(version_14_is_brought_forward),
    };
    const struct cases c = { "store_work", both, file, YG_ARRAY_LEN(both),
                             YG_ARRAY_LEN(file) };

    return run_on_both(&c);
}
