/* SPDX-License-Identifier: Apache-2.0 */
/* Closed alerts that are opened again: what reads and counts as open, and what does not.
 */
#include "store_util.h"

#define GATE 0x80000000U

/* Record n is closed if n % 3 is 2 (store_util.h). */
static void reopen(struct fixture *f, struct yg_str tenant, uint64_t n)
{
    unsigned char id[YG_ID_SIZE];

    id_of(n, id);
    assert_ok(f, yg_store_reopen(f->st, tenant, id, GATE, true, &f->err));
}

static uint64_t closed(struct fixture *f, uint64_t *of_acme)
{
    struct yg_store_tenant *t;
    struct yg_store_stats s;
    uint64_t sum = 0;
    size_t n;

    assert_ok(f, yg_store_stats(f->st, &s, &f->err));
    assert_ok(f, yg_store_tenants(f->st, &f->arena, &t, &n, &f->err));
    for (size_t i = 0; i < n; i++) {
        sum += t[i].closed;
        if (yg_str_eq(t[i].name, ACME))
            *of_acme = t[i].closed;
    }
    assert_int_equal(sum, s.closed);
    return sum;
}

static void assert_read(struct fixture *f, const struct yg_store_record *r, uint64_t n,
                        bool again)
{
    struct yg_store_record as_added = *r;

    if (again) {
        assert_int_equal(r->decision, YG_DECISION_OPEN);
        assert_int_equal(r->gates & GATE, GATE);
        as_added.decision = YG_DECISION_CLOSED;
        as_added.gates &= ~GATE;
    }
    assert_record(f, &as_added, n);
}

/* By id and by scan: `count` reopened ones, from `first` on in steps of 3. */
static void assert_reopened(struct fixture *f, struct yg_str tenant, uint64_t from,
                            uint64_t until, uint64_t first, uint64_t count)
{
    struct yg_store_query q = { .tenant = tenant };
    struct yg_store_record r;
    struct yg_store_scan *s;
    char hex[2 * YG_ID_SIZE + 1];

    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    for (uint64_t n = from; n < until; n++) {
        bool again = n >= first && n < first + 3 * count && n % 3 == 2;
        assert_ok(f, yg_store_scan_next(s, &r, &f->err));
        assert_read(f, &r, n, again);
        yg_hex(r.id, YG_ID_SIZE, hex);
        assert_ok(f, yg_store_get(f->st, yg_str_of(hex), &f->arena, &r, NULL, &f->err));
        assert_read(f, &r, n, again);
    }
    assert_status(YG_EEND, yg_store_scan_next(s, &r, &f->err));
    yg_store_scan_close(s);
}

static void what_was_opened_again_reads_and_counts_as_open(void **state)
{
    struct fixture *f = *state;
    uint64_t acme = 0;
    size_t gone = 0;

    fixture_open(f);
    add_range(f, ACME, 0, 300);
    add_range(f, BETA, 1000, 1090);
    commit(f);
    assert_int_equal(closed(f, &acme), 130);
    for (uint64_t n = 2; n < 32; n += 3)
        reopen(f, ACME, n);
    reopen(f, ACME, 2); /* again */
    commit(f);
    reopen(f, ACME, 5); /* and once more */
    commit(f);
    for (int life = 0; life < 3; life++) {
        assert_int_equal(closed(f, &acme), 120);
        assert_int_equal(acme, 90);
        assert_reopened(f, ACME, 0, 300, 2, 10);
        assert_history(f, BETA, 1000, 1090);
        fixture_reopen(f);
    }
    for (uint64_t n = 300; n < 330; n++) { /* many small blocks */
        add_range(f, ACME, n, n + 1);
        commit(f);
    }
    assert_ok(f, yg_store_merge(f->st, 100, &gone, &f->err));
    assert_true(gone > 0);
    assert_int_equal(closed(f, &acme), 130);
    assert_reopened(f, ACME, 0, 330, 2, 10);
}

/* Its record, and its tenant, may be of the same batch. */
static void before_its_record_is_committed(void **state)
{
    struct fixture *f = *state;
    uint64_t acme = 0;

    fixture_open(f);
    add_range(f, ACME, 0, 30);
    for (uint64_t n = 2; n < 17; n += 3)
        reopen(f, ACME, n);
    commit(f);
    assert_int_equal(closed(f, &acme), 5);
    assert_reopened(f, ACME, 0, 30, 2, 5);
}

static void what_is_not_committed_stays_closed(void **state)
{
    struct fixture *f = *state;
    uint64_t acme = 0;

    fixture_open(f);
    add_range(f, ACME, 0, 30);
    commit(f);
    reopen(f, ACME, 2);
    yg_store_rollback(f->st);
    add_range(f, BETA, 60, 63);
    reopen(f, BETA, 62);
    fixture_reopen(f);
    assert_int_equal(closed(f, &acme), 10);
    assert_history(f, ACME, 0, 30);
    add_range(f, BETA, 60, 63); /* its tenant can come again */
    reopen(f, BETA, 62);
    commit(f);
    assert_int_equal(closed(f, &acme), 10);
    assert_reopened(f, BETA, 60, 63, 62, 1);
    struct yg_store_options opt = f->opt;
    struct yg_store *reader;
    opt.read_only = true;
    assert_ok(f, yg_store_open(f->dir, &opt, &reader, &f->err));
    unsigned char id[YG_ID_SIZE];
    id_of(5, id);
    assert_status(YG_EINVAL, yg_store_reopen(reader, ACME, id, GATE, true, &f->err));
    yg_store_close(reader);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(what_was_opened_again_reads_and_counts_as_open),
        CASE(before_its_record_is_committed),
        CASE(what_is_not_committed_stays_closed),
    };
    const struct cases c = { "store_reopened", both, NULL, YG_ARRAY_LEN(both), 0 };

    return run_on_both(&c);
}
