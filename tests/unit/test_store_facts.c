/* SPDX-License-Identifier: Apache-2.0 */
/* Facts are kept beside records: who asks for them gets those of this record, made by the
 * code that runs, or none. */
#include "feature/factcol.h"
#include "store_util.h"

#include <string.h>

/* The facts of record `n`; every fourth record has none. */
static struct yg_facts facts_of(const struct yg_store_record *r, uint64_t n)
{
    struct yg_facts f;

    memset(&f, 0, sizeof(f));
    f.time_ns = r->time_ns;
    f.kind = r->kind;
    f.verdict = r->verdict;
    memcpy(f.key, r->key, sizeof(r->key));
    f.key[YG_KEY_FLOW] = yg_hash_pair(n, 9);
    f.port = (uint16_t)n;
    for (size_t i = 0; i < YG_FACTS_STATIC; i++)
        f.fixed[i] = (float)(n % (i + 1));
    return f;
}

static bool has_facts(uint64_t n)
{
    return n % 4 != 3;
}

static void add(struct fixture *f, uint64_t from, uint64_t until, bool all)
{
    for (uint64_t n = from; n < until; n++) {
        struct yg_store_record r = record_of(f, n);
        const struct yg_facts x = facts_of(&r, n);
        r.facts = all || has_facts(n) ? &x : NULL;
        assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
    }
    commit(f);
}

struct found {
    uint64_t records, facts, raw;
};

static struct found scan(struct fixture *f, struct yg_store_query q)
{
    struct found sum = { 0 };
    struct yg_store_scan *s;
    struct yg_store_record r;
    enum yg_status st;

    q.tenant = ACME;
    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    while ((st = yg_store_scan_next(s, &r, &f->err)) == YG_OK) {
        uint64_t n = (uint64_t)(r.received_ns - T0);
        struct yg_store_record want = record_of(f, n);
        assert_memory_equal(r.id, want.id, YG_ID_SIZE);
        if (r.raw.n > 0)
            assert_true(yg_str_eq(r.raw, want.raw) && yg_str_eq(r.packets, want.packets));
        else
            assert_true(r.packets.n == 0);
        if (r.facts) {
            const struct yg_facts x = facts_of(&want, n);
            assert_memory_equal(r.facts, &x, sizeof(x));
        }
        sum.records++;
        sum.facts += r.facts != NULL;
        sum.raw += r.raw.n > 0;
    }
    assert_int_equal(st, YG_EEND);
    yg_store_scan_close(s);
    return sum;
}

static void assert_found(const char *name, struct found got, uint64_t records,
                         uint64_t facts, uint64_t raw)
{
    if (got.records != records || got.facts != facts || got.raw != raw)
        fail_msg("%s: %d records, %d facts, %d raw", name, (int)got.records,
                 (int)got.facts, (int)got.raw);
}

static void who_asks_gets_them(void **state)
{
    struct fixture *f = *state;
    const struct yg_store_query raw = { .want = YG_STORE_RAW },
                                both = { .want = YG_STORE_BOTH },
                                either = { .want = YG_STORE_EITHER },
                                source = { .want = YG_STORE_EITHER, .source = 2 },
                                key = { .want = YG_STORE_EITHER, .key = 3 };

    fixture_open(f);
    add(f, 0, 400, true);
    assert_found("raw", scan(f, raw), 400, 0, 400);
    assert_found("both", scan(f, both), 400, 400, 400);
    assert_found("either", scan(f, either), 400, 400, 0);
    assert_found("of a source", scan(f, source), 133, 133, 0);
    assert_found("with a key", scan(f, key), 24, 24, 0);
    add(f, 400, 800, false);
    assert_found("raw, some", scan(f, raw), 800, 0, 800);
    assert_found("both, some", scan(f, both), 800, 700, 800);
    assert_found("either, some", scan(f, either), 800, 700, 400);
}

static void facts_of_another_record_are_not_kept(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    for (uint64_t n = 0; n < 4; n++) {
        struct yg_store_record r = record_of(f, n);
        struct yg_facts x = facts_of(&r, n);
        x.key[n]++;
        r.facts = &x;
        assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
    }
    commit(f);
    assert_found("none", scan(f, (struct yg_store_query){ .want = YG_STORE_BOTH }), 4, 0,
                 4);
}

static void merging_keeps_them(void **state)
{
    const struct yg_store_query either = { .want = YG_STORE_EITHER };
    struct fixture *f = *state;
    size_t gone;

    fixture_open(f);
    for (uint64_t n = 0; n < 400; n += 20)
        add(f, n, n + 20, n < 200);
    assert_int_equal(stats(f).blocks, 20);
    assert_found("before", scan(f, either), 400, 350, 200);
    fixture_close(f);
    sql(f, "UPDATE facts SET version = x'00' WHERE block = 3");
    fixture_open(f);
    assert_found("some of other code", scan(f, either), 400, 330, 220);
    assert_ok(f, yg_store_merge(f->st, 100, &gone, &f->err));
    assert_int_equal(gone, 19);
    assert_found("after", scan(f, either), 400, 330, 400);
    fixture_close(f);
    sql(f, "CREATE TABLE one AS SELECT 1 / CASE WHEN count(*) = 1 THEN 1 ELSE 0 END AS n "
           "FROM facts; DROP TABLE one");
    fixture_open(f);
}

static void damage_is_told_and_costs_no_record(void **state)
{
    static const struct {
        const char *name, *sql;
        bool told;
    } table[] = {
        { "bytes", "UPDATE facts SET bytes = zeroblob(9)", true },
        { "digest", "UPDATE facts SET digest = zeroblob(32)", true },
        { "short digest", "UPDATE facts SET digest = x'00'", true },
        { "other code", "UPDATE facts SET version = zeroblob(16)", false },
        { "gone", "DELETE FROM facts", false },
    };
    const struct yg_store_query either = { .want = YG_STORE_EITHER };
    struct fixture *f = *state;
    uint64_t bad;

    for (size_t i = 0; i < YG_ARRAY_LEN(table); i++) {
        fixture_open(f);
        add(f, 0, 100, true);
        fixture_close(f);
        sql(f, table[i].sql);
        fixture_open(f);
        assert_found(table[i].name, scan(f, either), 100, 0, 100);
        enum yg_status st = yg_store_check(f->st, &bad, &f->err);
        if (st != (table[i].told ? YG_ECORRUPT : YG_OK))
            fail_msg("%s: %s", table[i].name, yg_status_name(st));
        if (table[i].told)
            assert_non_null(strstr(f->err.msg, "nothing is lost"));
        assert_int_equal(stats(f).corrupt_blocks, 0);
        fixture_close(f);
        fixture_wipe(f);
    }
}

/* What the facts are over, ids and the other columns, may not change under them. */
static void facts_do_not_hide_damage_beside_them(void **state)
{
    struct fixture *f = *state;
    struct yg_store_query either = { .tenant = ACME, .want = YG_STORE_EITHER };
    struct yg_store_scan *s;
    struct yg_store_record r;

    fixture_open(f);
    add(f, 0, 100, true);
    fixture_close(f);
    sql(f, "UPDATE ids SET ids = zeroblob(length(ids))");
    fixture_open(f);
    assert_ok(f, yg_store_scan_open(f->st, &either, &s, &f->err));
    assert_status(YG_ECORRUPT, yg_store_scan_next(s, &r, &f->err));
    assert_status(YG_EEND, yg_store_scan_next(s, &r, &f->err));
    yg_store_scan_close(s);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(who_asks_gets_them),
        CASE(facts_of_another_record_are_not_kept),
        CASE(merging_keeps_them),
        CASE(damage_is_told_and_costs_no_record),
        CASE(facts_do_not_hide_damage_beside_them),
    };
    const struct cases c = { "store_facts", both, NULL, YG_ARRAY_LEN(both), 0 };

    return run_on_both(&c);
}
