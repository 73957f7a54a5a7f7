/* SPDX-License-Identifier: Apache-2.0 */
/* What is old goes, as whole blocks with all their rows; what somebody needs stays; and
 * the check of the whole finds nothing afterwards. */
#include "store_util.h"

#define DAY (INT64_C(86400) * YG_NS_PER_S)

/* Record n of a day: its time and receipt are that day's. */
static void add_day(struct fixture *f, struct yg_str tenant, int day, uint64_t from,
                    uint64_t until)
{
    for (uint64_t n = from; n < until; n++) {
        struct yg_store_record r = record_of(f, n);
        r.time_ns = T0 + day * DAY + (int64_t)(n % 1000);
        r.received_ns = r.time_ns + YG_NS_PER_S;
        assert_ok(f, yg_store_add(f->st, tenant, &r, &f->err));
    }
    commit(f);
}

static struct yg_store *rows_of(struct fixture *f)
{
    struct yg_store_options opt = f->opt;
    struct yg_store *rows = NULL;

    opt.create = false;
    opt.rows = true;
    assert_ok(f, yg_store_open(f->dir, &opt, &rows, &f->err));
    return rows;
}

static struct yg_forgotten forget(struct fixture *f, struct yg_store *rows,
                                  struct yg_forget ask)
{
    struct yg_forgotten out = { .blocks = 0 };

    ask.max_blocks = ask.max_blocks ? ask.max_blocks : 1000;
    assert_ok(f, yg_store_forget(rows, &ask, &out, &f->err));
    return out;
}

static void assert_sound(struct fixture *f)
{
    uint64_t bad = 7;

    assert_ok(f, yg_store_check(f->st, &bad, &f->err));
    assert_int_equal(bad, 0);
}

static uint64_t records(struct fixture *f, struct yg_str tenant)
{
    struct yg_store_query q = { .tenant = tenant };
    struct yg_store_scan *s;
    struct yg_store_record r;
    uint64_t n = 0;

    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    while (yg_store_scan_next(s, &r, &f->err) == YG_OK)
        n++;
    yg_store_scan_close(s);
    return n;
}

static enum yg_status find(struct fixture *f, uint64_t n)
{
    unsigned char id[YG_ID_SIZE];
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_store_record r;
    struct yg_str tenant;

    id_of(n, id);
    yg_hex(id, YG_ID_SIZE, hex);
    return yg_store_get(f->st, yg_str_of(hex), &f->arena, &r, &tenant, &f->err);
}

/* Sums kept beside are those of what is there. */
static void assert_sums(struct fixture *f, struct yg_str tenant)
{
    struct yg_store_query q = { .tenant = tenant };
    struct yg_store_tenant *t;
    struct yg_store_scan *s;
    struct yg_store_record r;
    uint64_t alerts = 0, contexts = 0, closed = 0;
    int64_t first = INT64_MAX;
    size_t n;

    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    while (yg_store_scan_next(s, &r, &f->err) == YG_OK) {
        alerts += r.kind == YG_KIND_ALERT;
        contexts += r.kind == YG_KIND_CONTEXT;
        closed += r.decision == YG_DECISION_CLOSED;
        first = r.time_ns < first ? r.time_ns : first;
    }
    yg_store_scan_close(s);
    assert_ok(f, yg_store_tenants(f->st, &f->arena, &t, &n, &f->err));
    for (size_t i = 0; i < n; i++) {
        if (!yg_str_eq(t[i].name, tenant))
            continue;
        assert_int_equal(t[i].alerts, alerts);
        assert_int_equal(t[i].contexts, contexts);
        assert_int_equal(t[i].closed, closed);
        assert_int_equal(t[i].first_ns, first);
        return;
    }
    assert_int_equal(alerts + contexts, 0);
}

static void old_blocks_go(void **state)
{
    struct fixture *f = *state;
    struct yg_forgotten *list;
    size_t n;

    fixture_open(f);
    add_day(f, ACME, 0, 0, 500);
    add_day(f, BETA, 0, 500, 600);
    add_day(f, ACME, 50, 1000, 1500);
    add_day(f, ACME, 100, 2000, 2500);
    f->clock = yg_clock_manual(T0 + 100 * DAY);
    struct yg_store *rows = rows_of(f);
    struct yg_forget ask = { .tenant = ACME, .before_ns = T0 + 40 * DAY };
    ask.only_count = true;
    struct yg_forgotten would = forget(f, rows, ask);
    assert_int_equal(records(f, ACME), 1500);
    ask.only_count = false;
    struct yg_forgotten out = forget(f, rows, ask);
    assert_int_equal(out.blocks, would.blocks);
    assert_int_equal(out.alerts, would.alerts);
    assert_int_equal(out.bytes, would.bytes);
    assert_int_equal(out.alerts + out.contexts + out.undecodable, 500);
    assert_false(out.more);
    assert_true(out.until_ns < T0 + DAY);
    fixture_reopen(f);
    assert_int_equal(records(f, ACME), 1000);
    assert_int_equal(records(f, BETA), 100);
    assert_status(YG_ENOTFOUND, find(f, 3));
    assert_status(YG_OK, find(f, 503));
    assert_status(YG_OK, find(f, 1003));
    assert_sums(f, ACME);
    assert_sums(f, BETA);
    assert_sound(f);
    /* once */
    out = forget(f, rows, ask);
    assert_int_equal(out.blocks, 0);
    assert_ok(f, yg_store_forgotten(f->st, &f->arena, &list, &n, &f->err));
    assert_int_equal(n, 1);
    assert_true(yg_str_eq(list[0].tenant, ACME));
    assert_int_equal(list[0].alerts, would.alerts);
    /* whoever writes goes on */
    add_day(f, ACME, 101, 3000, 3100);
    assert_int_equal(records(f, ACME), 1100);
    assert_sums(f, ACME);
    yg_store_close(rows);
    /* nobody, and not with a store that is open for something else */
    ask.tenant = YG_STR("nobody");
    assert_status(YG_EINVAL, yg_store_forget(f->st, &ask, &out, &f->err));
    rows = rows_of(f);
    assert_status(YG_ENOTFOUND, yg_store_forget(rows, &ask, &out, &f->err));
    yg_store_close(rows);
}

/* By the newer of both times; the window of duplicates and the newest block stay. */
static void what_is_not_old_stays(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    struct yg_store_record r = record_of(f, 1); /* happened long ago, came late */
    r.time_ns = T0;
    r.received_ns = T0 + 90 * DAY;
    assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
    commit(f);
    r = record_of(f, 2); /* its clock is wrong */
    r.time_ns = T0 + 900 * DAY;
    r.received_ns = T0;
    assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
    commit(f);
    add_day(f, ACME, 95, 10, 20);
    add_day(f, ACME, 0, 20, 30); /* the newest block of all */
    f->clock = yg_clock_manual(T0 + 100 * DAY);
    struct yg_store *rows = rows_of(f);
    struct yg_forgotten out =
        forget(f, rows, (struct yg_forget){ .tenant = ACME, .before_ns = T0 + 50 * DAY });
    assert_int_equal(out.blocks, 0);
    /* whatever is asked, the window stays */
    out = forget(f, rows, (struct yg_forget){ .tenant = ACME, .before_ns = INT64_MAX });
    assert_int_equal(out.blocks, 1); /* the first */
    fixture_reopen(f);
    assert_status(YG_ENOTFOUND, find(f, 1));
    assert_int_equal(records(f, ACME), 21);
    assert_sound(f);
    yg_store_close(rows);
}

static void put_run(struct fixture *f, uint64_t n, int day, uint8_t verdict)
{
    struct yg_queue_run run = { .tenant = ACME,
                                .signature = YG_STR("s"),
                                .entity = YG_STR("e"),
                                .first_ns = T0 + day * DAY,
                                .last_ns = T0 + day * DAY + 5000,
                                .alerts = 1,
                                .open = 1,
                                .verdict = verdict };

    id_of(n, run.id);
    id_of(n, run.worst);
    assert_ok(f, yg_store_run_put(f->st, &run, &f->err));
    assert_ok(f, yg_store_run_add(f->st, run.id, run.id, 1, &f->err));
    commit(f);
}

static void what_is_needed_stays(void **state)
{
    static const struct yg_period keep = { T0 + 20 * DAY, T0 + 21 * DAY };
    struct fixture *f = *state;

    fixture_open(f);
    add_day(f, ACME, 0, 0, 100);
    add_day(f, ACME, 10, 100, 200);
    add_day(f, ACME, 20, 200, 300);
    add_day(f, ACME, 30, 300, 400);
    add_day(f, ACME, 90, 900, 910);
    put_run(f, 5, 0, YG_LEVEL_NONE);  /* waits */
    put_run(f, 105, 10, YG_LEVEL_FP); /* is judged */
    f->clock = yg_clock_manual(T0 + 100 * DAY);
    struct yg_store *rows = rows_of(f);
    struct yg_forget ask = {
        .tenant = ACME, .before_ns = T0 + 60 * DAY, .keep = &keep, .keeps = 1
    };
    struct yg_forgotten out = forget(f, rows, ask);
    assert_int_equal(out.blocks, 2);
    assert_int_equal(out.held, 2);
    fixture_reopen(f);
    assert_status(YG_OK, find(f, 5));
    assert_status(YG_ENOTFOUND, find(f, 105));
    assert_status(YG_OK, find(f, 205));
    assert_status(YG_ENOTFOUND, find(f, 305));
    assert_sound(f);
    put_run(f, 5, 0, YG_LEVEL_L1); /* it is judged now */
    ask.keeps = 0;
    out = forget(f, rows, ask);
    assert_int_equal(out.blocks, 2);
    fixture_reopen(f);
    assert_int_equal(records(f, ACME), 10);
    assert_sound(f);
    yg_store_close(rows);
}

static void packets_go_alone(void **state)
{
    struct fixture *f = *state;
    struct yg_store_query q = { .tenant = ACME };
    struct yg_store_scan *s;
    struct yg_store_record r;

    fixture_open(f);
    add_day(f, ACME, 0, 0, 500);
    add_day(f, ACME, 90, 900, 1000);
    struct yg_store_stats before = stats(f);
    f->clock = yg_clock_manual(T0 + 100 * DAY);
    struct yg_store *rows = rows_of(f);
    struct yg_forget ask = { .tenant = ACME,
                             .before_ns = T0 + 50 * DAY,
                             .packets = true };
    struct yg_forgotten out = forget(f, rows, ask);
    assert_true(out.blocks > 0 && out.bytes > 0);
    fixture_reopen(f);
    assert_int_equal(stats(f).raw_bytes, before.raw_bytes - out.bytes);
    assert_int_equal(stats(f).alerts, before.alerts);
    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    for (uint64_t n = 0; n < 500; n++) {
        assert_ok(f, yg_store_scan_next(s, &r, &f->err));
        struct yg_store_record want = record_of(f, n);
        assert_memory_equal(r.id, want.id, YG_ID_SIZE);
        assert_true(yg_str_eq(r.raw, want.raw));
        assert_int_equal(r.risk, want.risk);
        assert_int_equal(r.packets.n, 0);
    }
    assert_ok(f, yg_store_scan_next(s, &r, &f->err));
    yg_store_scan_close(s);
    assert_sound(f);
    assert_sums(f, ACME);
    out = forget(f, rows, ask);
    assert_int_equal(out.blocks, 0);
    yg_store_close(rows);
}

/* Opened again: what is counted as closed stays right. */
static void reopened_ones(void **state)
{
    struct fixture *f = *state;
    unsigned char id[YG_ID_SIZE];

    fixture_open(f);
    add_day(f, ACME, 0, 0, 100);
    add_day(f, ACME, 10, 100, 200);
    add_day(f, ACME, 90, 900, 910);
    id_of(2, id);
    assert_ok(f, yg_store_reopen(f->st, ACME, id, 1, true, &f->err));
    id_of(5, id);
    assert_ok(f, yg_store_reopen(f->st, ACME, id, 1, true, &f->err));
    id_of(101, id);
    assert_ok(f, yg_store_reopen(f->st, ACME, id, 1, true, &f->err));
    commit(f);
    f->clock = yg_clock_manual(T0 + 100 * DAY);
    struct yg_store *rows = rows_of(f);
    forget(f, rows, (struct yg_forget){ .tenant = ACME, .before_ns = T0 + 5 * DAY });
    fixture_reopen(f);
    assert_sums(f, ACME);
    assert_sound(f);
    yg_store_close(rows);
}

/* The index of ids, of which whole segments go when nothing of them is left: many small
 * blocks, merged before and after, of two tenants of which one keeps everything. */
static void the_index(void **state)
{
    struct fixture *f = *state;
    uint64_t n = 0;
    size_t gone;

    fixture_open(f);
    for (int day = 0; day < 80; day++) {
        add_day(f, day % 8 == 7 ? BETA : ACME, day, n, n + 2500);
        n += 2500;
        if (day % 20 == 19)
            assert_ok(f, yg_store_merge(f->st, 64, &gone, &f->err));
    }
    f->clock = yg_clock_manual(T0 + 100 * DAY);
    struct yg_store *rows = rows_of(f);
    for (int day = 10; day <= 75; day += 13) {
        struct yg_forget ask = { .tenant = ACME,
                                 .before_ns = T0 + day * DAY,
                                 .max_blocks = 3 };
        struct yg_forgotten out = { .more = true };
        while (out.more)
            assert_ok(f, yg_store_forget(rows, &ask, &out, &f->err));
        assert_sound(f);
        assert_ok(f, yg_store_merge(f->st, 64, &gone, &f->err));
        assert_sound(f);
    }
    fixture_reopen(f);
    for (uint64_t i = 7; i < n; i += 2500) {
        uint64_t day = i / 2500;
        bool is = day % 8 == 7 || day >= 75;
        assert_status(is ? YG_OK : YG_ENOTFOUND, find(f, i));
    }
    assert_int_equal(records(f, BETA), 25000);
    assert_sums(f, ACME);
    forget(f, rows, (struct yg_forget){ .tenant = BETA, .before_ns = T0 + 60 * DAY });
    assert_sound(f);
    assert_sums(f, BETA);
    yg_store_close(rows);
}

/* A damaged block is left for the check to name. */
static void damaged(void **state)
{
    struct fixture *f = *state;
    uint64_t bad;

    fixture_open(f);
    add_day(f, ACME, 0, 0, 100);
    add_day(f, ACME, 10, 100, 200);
    add_day(f, ACME, 90, 900, 910);
    fixture_close(f);
    sql(f, "UPDATE data SET raw = x'00' WHERE block = 1");
    fixture_open(f);
    f->clock = yg_clock_manual(T0 + 100 * DAY);
    struct yg_store *rows = rows_of(f);
    struct yg_forgotten out =
        forget(f, rows,
               (struct yg_forget){
                   .tenant = ACME, .before_ns = T0 + 50 * DAY, .packets = true });
    assert_int_equal(out.damaged, 1);
    assert_int_equal(out.blocks, 1);
    assert_status(YG_ECORRUPT, yg_store_check(f->st, &bad, &f->err));
    assert_int_equal(bad, 1);
    yg_store_close(rows);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(old_blocks_go),    CASE(what_is_not_old_stays), CASE(what_is_needed_stays),
        CASE(packets_go_alone), CASE(reopened_ones),         CASE(the_index),
        CASE(damaged),
    };
    const struct cases c = { "store_forget", both, NULL, YG_ARRAY_LEN(both), 0 };

    return run_on_both(&c);
}
