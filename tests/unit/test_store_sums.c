/* SPDX-License-Identifier: Apache-2.0 */
/* Counts for charts: what is stored is counted, once, with what came of it; and the run
 * that an alert is of. */
#include "store_util.h"

#define HOUR (INT64_C(3600) * YG_NS_PER_S)

struct counted {
    uint64_t records, alerts, open, closed, none;
    size_t rows;
    int64_t last_hour;
};

static bool add(void *arg, const struct yg_store_sum *s)
{
    struct counted *c = arg;

    assert_true(c->rows == 0 || s->hour <= c->last_hour);
    c->last_hour = s->hour;
    c->rows++;
    c->records += s->records;
    c->alerts += s->kind == YG_KIND_ALERT ? s->records : 0;
    c->open += s->decision == YG_DECISION_OPEN ? s->records : 0;
    c->closed += s->decision == YG_DECISION_CLOSED ? s->records : 0;
    c->none += s->predicted == YG_LEVEL_NONE ? s->records : 0;
    return true;
}

static struct counted count(struct fixture *f, struct yg_str tenant, int64_t from,
                            int64_t until, bool *whole)
{
    const struct yg_store_sums_ask ask = {
        .tenant = &tenant, .tenants = 1, .from_hour = from, .until_hour = until
    };
    struct counted c = { 0 };

    assert_ok(f, yg_store_sums(f->st, &ask, add, &c, whole, &f->err));
    return c;
}

static struct counted all(struct fixture *f, struct yg_str tenant)
{
    bool whole = false;
    struct counted c = count(f, tenant, INT64_MIN, INT64_MAX, &whole);

    assert_true(whole);
    return c;
}

static void put(struct fixture *f, uint64_t n, int64_t time_ns, uint8_t decision,
                bool drawn)
{
    struct yg_store_record r = record_of(f, n);

    r.time_ns = time_ns;
    r.kind = YG_KIND_ALERT;
    r.decision = decision;
    r.predicted = YG_LEVEL_L2;
    r.drawn = drawn;
    assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
}

static void assert_whole(struct fixture *f)
{
    uint64_t bad;

    assert_ok(f, yg_store_check(f->st, &bad, &f->err));
}

static void at_commit(void **state)
{
    struct fixture *f = *state;
    struct counted c;
    bool whole;

    fixture_open(f);
    for (uint64_t n = 0; n < 100; n++)
        put(f, n, T0 + (int64_t)n * HOUR / 10,
            n % 4 == 0 ? YG_DECISION_CLOSED : YG_DECISION_OPEN, false);
    assert_int_equal(all(f, ACME).records, 0);
    commit(f);
    c = all(f, ACME);
    assert_int_equal(c.records, 100);
    assert_int_equal(c.open, 75);
    assert_int_equal(c.closed, 25);
    put(f, 200, T0, YG_DECISION_OPEN, false);
    commit(f);
    assert_int_equal(all(f, ACME).records, 101);
    c = count(f, ACME, T0 / HOUR, T0 / HOUR + 1, &whole);
    assert_true(c.records >= 1 && c.records <= 11);
    assert_int_equal(all(f, BETA).records, 0);
    fixture_reopen(f);
    assert_int_equal(all(f, ACME).records, 101);
    assert_whole(f);
}

/* What fails or is dropped is not counted; before 1970 there are hours, too. */
static void of_nothing_else(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    put(f, 1, T0, YG_DECISION_OPEN, false);
    yg_store_rollback(f->st);
    put(f, 1, -1, YG_DECISION_OPEN, false);
    commit(f);
    struct yg_store_record again = record_of(f, 1);
    assert_status(YG_EEXIST, yg_store_add(f->st, ACME, &again, &f->err));
    commit(f);
    assert_int_equal(all(f, ACME).records, 1);
    assert_int_equal(all(f, ACME).last_hour, -1);
    assert_whole(f);
}

/* One that is drawn is counted, and nothing of its score. */
static void drawn(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    put(f, 1, T0, YG_DECISION_CLOSE, true);
    put(f, 2, T0, YG_DECISION_OPEN, false);
    commit(f);
    struct counted c = all(f, ACME);
    assert_int_equal(c.records, 2);
    assert_int_equal(c.none, 1);
    assert_int_equal(c.open, 1);
}

/* More hours than are gathered at once. */
static void all_over_the_place(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    for (uint64_t n = 0; n < 9000; n++)
        put(f, n, T0 - (int64_t)(n * 7919 % 9000) * HOUR, YG_DECISION_OPEN, false);
    commit(f);
    assert_int_equal(all(f, ACME).records, 9000);
    assert_int_equal(all(f, ACME).rows, 9000);
    assert_whole(f);
}

static void opened_again(void **state)
{
    struct fixture *f = *state;
    unsigned char id[YG_ID_SIZE];

    fixture_open(f);
    for (uint64_t n = 0; n < 4; n++)
        put(f, n, T0, YG_DECISION_CLOSED, false);
    commit(f);
    id_of(2, id);
    for (int i = 0; i < 2; i++) { /* again changes nothing */
        assert_ok(f, yg_store_reopen(f->st, ACME, id, 1, true, &f->err));
        commit(f);
        assert_int_equal(all(f, ACME).open, 1);
        assert_int_equal(all(f, ACME).closed, 3);
    }
    assert_whole(f);
}

/* Merged blocks hold the same; an older store's counts begin later until it is asked to
 * count; what is wrong is found and mended. */
static void anew(void **state)
{
    struct fixture *f = *state;
    size_t gone = 1;
    uint64_t bad;
    bool whole = true;

    fixture_open(f);
    for (uint64_t n = 0; n < 40; n++) {
        put(f, n, T0 + (int64_t)n * HOUR / 4, YG_DECISION_OPEN, false);
        commit(f);
    }
    while (gone > 0)
        assert_ok(f, yg_store_merge(f->st, 16, &gone, &f->err));
    assert_int_equal(all(f, ACME).records, 40);
    fixture_close(f);
    sql(f, "UPDATE sum_hour SET records = records + 1");
    fixture_open(f);
    assert_status(YG_ECORRUPT, yg_store_check(f->st, &bad, &f->err));
    assert_non_null(strstr(f->err.msg, "--recount"));
    assert_ok(f, yg_store_recount(f->st, &f->err));
    commit(f);
    assert_whole(f);
    fixture_close(f);
    sql(f, "DELETE FROM sum_hour; INSERT INTO sums_from VALUES(41)");
    fixture_open(f);
    put(f, 100, T0, YG_DECISION_OPEN, false);
    commit(f);
    assert_int_equal(count(f, ACME, INT64_MIN, INT64_MAX, &whole).records, 1);
    assert_false(whole);
    assert_whole(f);
    assert_ok(f, yg_store_recount(f->st, &f->err));
    commit(f);
    assert_int_equal(all(f, ACME).records, 41);
    assert_whole(f);
}

static void run_of_an_alert(void **state)
{
    struct yg_queue_run run = { .tenant = ACME,
                                .signature = YG_STR("scan"),
                                .entity = YG_STR("10.0.0.1"),
                                .first_ns = T0,
                                .last_ns = T0 + HOUR,
                                .alerts = 3,
                                .open = 3,
                                .verdict = YG_LEVEL_NONE },
                        got;
    struct yg_store_run_ask ask = { .tenant = ACME,
                                    .signature = run.signature,
                                    .entity = run.entity };
    struct fixture *f = *state;
    struct yg_queue_page page;
    unsigned char ids[3][YG_ID_SIZE];

    fixture_open(f);
    put(f, 0, T0, YG_DECISION_OPEN, false);
    for (uint64_t r = 0; r < 4; r++) { /* one after the other, of the same */
        for (uint64_t i = 0; i < 3; i++)
            id_of(10 * r + i, ids[i]);
        memcpy(run.id, ids[0], YG_ID_SIZE);
        memcpy(run.worst, ids[0], YG_ID_SIZE);
        run.first_ns = T0 + (int64_t)r * 2 * HOUR;
        run.last_ns = run.first_ns + HOUR;
        run.verdict = (uint8_t)(r < 2 ? YG_LEVEL_L1 + r : YG_LEVEL_NONE);
        assert_ok(f, yg_store_run_put(f->st, &run, &f->err));
        assert_ok(f, yg_store_run_add(f->st, run.id, ids[0], 3, &f->err));
    }
    commit(f);
    ask.time_ns = T0 + 4 * HOUR + 5;
    id_of(22, ids[2]);
    ask.alert = ids[2];
    assert_ok(f, yg_store_run_of(f->st, &ask, &f->arena, &got, &f->err));
    id_of(20, ids[0]);
    assert_memory_equal(got.id, ids[0], YG_ID_SIZE);
    id_of(25, ids[2]); /* of that time, but not of the run */
    assert_status(YG_ENOTFOUND, yg_store_run_of(f->st, &ask, &f->arena, &got, &f->err));
    id_of(22, ids[2]);
    ask.entity = YG_STR("10.0.0.2");
    assert_status(YG_ENOTFOUND, yg_store_run_of(f->st, &ask, &f->arena, &got, &f->err));
    assert_ok(f, yg_store_runs_alike(f->st,
                                     &(struct yg_store_alike){ ACME, run.signature, 10 },
                                     &f->arena, &page, &f->err));
    assert_int_equal(page.count, 2);
    assert_int_equal(page.run[0].verdict, YG_LEVEL_L2); /* the latest */
    assert_ok(f, yg_store_runs_alike(f->st,
                                     &(struct yg_store_alike){ BETA, run.signature, 10 },
                                     &f->arena, &page, &f->err));
    assert_int_equal(page.count, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(at_commit),          CASE(of_nothing_else), CASE(drawn),
        CASE(all_over_the_place), CASE(opened_again),    CASE(anew),
        CASE(run_of_an_alert),
    };
    const struct cases c = { "store_sums", both, NULL, YG_ARRAY_LEN(both), 0 };

    return run_on_both(&c);
}
