/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of store/ledger.h when rows were changed behind its back. */
#include "ledger_util.h"

/* ---- damage -------------------------------------------------------------------- */

static const struct {
    const char *what, *sql, *says;
} damage[] = {
    { "order's time", "UPDATE standing_order SET at_ns = at_ns + 1 WHERE seq = 3",
      "row 3" },
    { "order's tenant", "UPDATE standing_order SET tenant = x'78' WHERE seq = 3",
      "row 3" },
    { "order's person", "UPDATE standing_order SET who = x'78' WHERE seq = 4", "row 4" },
    { "order's reason",
      "UPDATE standing_order SET why = CAST(why || x'78' AS BLOB) WHERE seq = 1",
      "row 1" },
    { "order's certificate",
      "UPDATE standing_order SET certificate = zeroblob(32) WHERE seq = 8", "row 8" },
    { "order's devices", "UPDATE standing_order SET devices = 0 WHERE seq = 2", "row 2" },
    { "order's fall", "UPDATE standing_order SET fall = 0 WHERE seq = 2", "row 2" },
    { "order's kind", "UPDATE standing_order SET kind = 3 WHERE seq = 2", "row 2" },
    { "order's digest", "UPDATE standing_order SET chain = zeroblob(32) WHERE seq = 5",
      "row 5" },
    { "first order gone", "DELETE FROM standing_order WHERE seq = 1", "row 1 " },
    { "order gone", "DELETE FROM standing_order WHERE seq = 5", "row 5" },
    { "order gone, the rest moved up",
      "DELETE FROM standing_order WHERE seq = 5;"
      "UPDATE standing_order SET seq = seq - 1 WHERE seq > 5",
      "row 5" },
    { "last order gone", "DELETE FROM standing_order WHERE seq = 8", "last row" },
    { "last order gone, the count corrected",
      "DELETE FROM standing_order WHERE seq = 8;"
      "UPDATE chain SET rows = 7 WHERE name = 'standing_order'",
      "last row" },
    { "all orders gone", "DELETE FROM standing_order", "last row" },
    { "two orders swapped",
      "UPDATE standing_order SET seq = -seq WHERE seq IN (3, 4);"
      "UPDATE standing_order SET seq = 7 + seq WHERE seq < 0",
      "row 3" },
    { "order doubled at the end",
      "INSERT INTO standing_order SELECT 9, at_ns, tenant, who, why, certificate, "
      "devices,"
      " fall, kind, chain FROM standing_order WHERE seq = 8",
      "row 9" },
    { "the chain's end gone", "DELETE FROM chain WHERE name = 'standing_order'",
      "last row" },
    { "a certificate's bytes", "UPDATE certificate SET bytes = x'00' WHERE seq = 2",
      "row 2" },
    { "a certificate's bytes with their digest's row",
      "UPDATE certificate SET bytes = (SELECT bytes FROM certificate WHERE seq = 3),"
      " digest = (SELECT digest FROM certificate WHERE seq = 3) WHERE seq = 2",
      "row 2" },
    { "a certificate's tenant", "UPDATE certificate SET tenant = x'78' WHERE seq = 2",
      "row 2" },
    { "a certificate's model",
      "UPDATE certificate SET model = zeroblob(32) WHERE seq = 2", "row 2" },
    { "a certificate's time", "UPDATE certificate SET made_ns = 0 WHERE seq = 2",
      "row 2" },
    { "a certificate's number", "UPDATE certificate SET attempt = 9 WHERE seq = 2",
      "row 2" },
    { "a signature", "UPDATE certificate SET sig = zeroblob(64) WHERE seq = 3", "row 3" },
    { "a key", "UPDATE certificate SET key = zeroblob(32) WHERE seq = 3", "row 3" },
    { "a failed attempt dropped", "DELETE FROM certificate WHERE seq = 4", "last row" },
    { "a toss's rate", "UPDATE toss SET rate = 4294967296 WHERE seq = 3",
      "row 3 of 'toss'" },
    { "a toss's run", "UPDATE toss SET run = zeroblob(16) WHERE seq = 3", "row 3" },
    { "a toss's kind", "UPDATE toss SET kind = 3 - kind WHERE seq = 4", "row 4" },
    { "a toss's tenant", "UPDATE toss SET tenant = x'78' WHERE seq = 4", "row 4" },
    { "a toss's device", "UPDATE toss SET device = 0 WHERE seq = 4", "row 4" },
    { "a toss's cluster", "UPDATE toss SET cluster = 1 WHERE seq = 5", "row 5" },
    { "a toss's time", "UPDATE toss SET at_ns = 1 WHERE seq = 7", "row 7" },
    { "a closed run that is not counted", "DELETE FROM toss WHERE seq = 2", "row 2" },
    { "an audit's verdict", "UPDATE audit SET level = 0 WHERE level > 2",
      "is not what was written down last" },
    { "an audit's draw", "UPDATE audit SET rate = 4294967296 WHERE kind = 1",
      "is not what was written down last" },
    { "an audit's change forgotten", "UPDATE audit SET changes = 0",
      "is not what was written down last" },
    { "an audit gone", "DELETE FROM audit WHERE level = 3", "is missing" },
    { "an audit gone, and its states", "DELETE FROM audit; DELETE FROM audit_log",
      "last row of 'audit_log'" },
    { "an audit that nobody made",
      "INSERT INTO audit SELECT zeroblob(16), kind, alert, certificate, tenant, who, "
      "rate,"
      " entity, drawn_ns, ends_ns, judged_ns, risk, state, device, level, predicted,"
      " truth, armed, second, first, worst, changes, 0 FROM audit LIMIT 1",
      "was never written down" },
    { "a state of an audit gone", "DELETE FROM audit_log WHERE seq = 2", "row 2" },
    { "a state of an audit", "UPDATE audit_log SET bytes = x'00' WHERE seq = 4",
      "row 4" },
    { "the last toss gone", "DELETE FROM toss WHERE seq = 9", "last row of 'toss'" },
};

static void damage_shows(void **state)
{
    struct fixture *f = *state;
    uint64_t rows = 0;

    fixture_open(f);
    put_orders(f, 0, 8);
    put_certificates(f, ACME, 5);
    put_tosses(f, 0, 4);
    put_tosses(f, 4, 9);
    put_audits(f, 0, 6);
    put_audits(f, 2, 4);
    commit(f);
    fixture_close(f);
    sql(f, "CREATE TABLE keep_a AS SELECT * FROM audit;"
           "CREATE TABLE keep_l AS SELECT * FROM audit_log;"
           "CREATE TABLE keep_t AS SELECT * FROM toss;"
           "CREATE TABLE keep_o AS SELECT * FROM standing_order;"
           "CREATE TABLE keep_c AS SELECT * FROM certificate;"
           "CREATE TABLE keep_h AS SELECT * FROM chain");
    for (size_t i = 0; i < YG_ARRAY_LEN(damage); i++) {
        sql(f, damage[i].sql);
        f->opt.read_only = i % 2;
        fixture_open(f);
        f->err.msg[0] = '\0';
        enum yg_status rc = yg_ledger_verify(f->st, &rows, &f->err);
        if (rc != YG_ECORRUPT || !strstr(f->err.msg, damage[i].says))
            fail_msg("%s: %s: %s", damage[i].what, yg_status_name(rc), f->err.msg);
        fixture_close(f);
        sql(f, "DELETE FROM standing_order; INSERT INTO standing_order SELECT * FROM "
               "keep_o; DELETE FROM certificate; INSERT INTO certificate SELECT * FROM "
               "keep_c; DELETE FROM audit; INSERT INTO audit SELECT * FROM keep_a;"
               "DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM keep_l;"
               "DELETE FROM toss; INSERT INTO toss SELECT * FROM keep_t;"
               "DELETE FROM chain; INSERT INTO chain SELECT * FROM keep_h");
        fixture_open(f);
        assert_ok(f, yg_ledger_verify(f->st, &rows, &f->err));
        fixture_close(f);
    }
}

/* Audits from before there was a log of their states are written down once. */
static void older_audits_are_adopted(void **state)
{
    struct fixture *f = *state;
    struct yg_ledger_state all;

    fixture_open(f);
    put_audits(f, 0, 9);
    commit(f);
    fixture_close(f);
    sql_of_older(
        f, "DROP TABLE audit_log; DELETE FROM chain; ALTER TABLE audit DROP COLUMN first;"
           "ALTER TABLE audit DROP COLUMN closed_before; DROP INDEX "
           "verdict_past;" NO_TIMES_OF_VERDICTS
           "ALTER TABLE audit DROP COLUMN worst; ALTER TABLE audit DROP COLUMN changes;"
           "PRAGMA user_version = 10");
    for (int round = 0; round < 2; round++) {
        struct yg_audit a, want = audit_of(5);
        fixture_open(f);
        assert_ok(f, yg_ledger_verify_all(f->st, &all, &f->err));
        assert_int_equal(all.states, 9);
        assert_ok(f, yg_ledger_audit_get(f->st, want.run, &f->arena, &a, &f->err));
        assert_int_equal(a.first, want.level);
        assert_int_equal(a.worst, want.level > want.second ? want.level : want.second);
        fixture_close(f);
    }
}

static void nothing_is_added_to_a_broken_end(void **state)
{
    struct fixture *f = *state;
    struct yg_order o = order_of(5);
    struct yg_ledger_certificate c = certificate_of(ACME, 4);

    fixture_open(f);
    put_orders(f, 0, 4);
    put_certificates(f, ACME, 5);
    commit(f);
    fixture_close(f);
    sql(f, "DELETE FROM standing_order WHERE seq = 4;"
           "DELETE FROM certificate WHERE seq = 4");
    fixture_open(f);
    assert_status(YG_ECORRUPT, yg_ledger_order_put(f->st, &o, &f->err));
    assert_status(YG_ECORRUPT, yg_ledger_certificate_put(f->st, &c, &f->err));
    add_range(f, ACME, 0, 5); /* history goes on */
    commit(f);
    assert_int_equal(stats(f).orders, 3);
}

/* The head tells two ledgers apart that are both whole. */
static void the_head_stands_for_all(void **state)
{
    struct fixture *f = *state;
    struct yg_ledger_state a, b;

    fixture_open(f);
    put_orders(f, 0, 4);
    put_certificates(f, ACME, 3);
    assert_ok(f, yg_ledger_verify_all(f->st, &a, &f->err));
    assert_int_equal(a.orders, 4);
    assert_int_equal(a.certificates, 2);
    yg_store_rollback(f->st);
    put_orders(f, 0, 4);
    put_certificates(f, ACME, 3);
    assert_ok(f, yg_ledger_verify_all(f->st, &b, &f->err));
    assert_memory_equal(a.head, b.head, sizeof(a.head));
    put_certificates(f, BETA, 2);
    assert_ok(f, yg_ledger_verify_all(f->st, &b, &f->err));
    assert_memory_not_equal(a.head, b.head, sizeof(a.head));
    yg_store_rollback(f->st);
    put_orders(f, 0, 3);
    put_orders(f, 4, 5);
    put_certificates(f, ACME, 3);
    assert_ok(f, yg_ledger_verify_all(f->st, &b, &f->err));
    assert_memory_not_equal(a.head, b.head, sizeof(a.head));
}

/* ---- transactions and hostile databases ---------------------------------------- */

static void a_rollback_takes_all_of_it(void **state)
{
    struct fixture *f = *state;
    struct yg_ledger_day *day, d = { .tenant = ACME, .counts = { .alerts = 5 } };
    struct yg_ledger_stratum *stratum, s = { .tenant = ACME };
    struct yg_audit_filter all = { .limit = 0 };
    struct yg_audit *audit;
    uint64_t rows;
    size_t n;

    fixture_open(f);
    put_orders(f, 0, 2);
    put_certificates(f, ACME, 3);
    put_audits(f, 0, 2);
    commit(f);
    put_orders(f, 2, 5);
    put_certificates(f, BETA, 3);
    put_audits(f, 1, 5);
    assert_ok(f, yg_ledger_day_add(f->st, &d, &f->err));
    assert_ok(f, yg_ledger_stratum_put(f->st, &s, &f->err));
    assert_int_equal(stats(f).orders, 5);
    yg_store_rollback(f->st);
    assert_int_equal(stats(f).orders, 2);
    assert_int_equal(stats(f).certificates, 2);
    assert_ok(f, yg_ledger_audits(f->st, &all, &f->arena, &audit, &n, &f->err));
    assert_int_equal(n, 2);
    assert_ok(f, yg_ledger_days(f->st, ACME, &f->arena, &day, &n, &f->err));
    assert_int_equal(n, 0);
    assert_ok(f, yg_ledger_strata(f->st, &f->arena, &stratum, &n, &f->err));
    assert_int_equal(n, 0);
    put_orders(f, 7, 9);
    commit(f);
    assert_ok(f, yg_ledger_verify(f->st, &rows, &f->err));
    assert_int_equal(rows, 4);
}

static void a_reader_puts_nothing(void **state)
{
    struct fixture *f = *state;
    struct yg_order o = order_of(1), *order;
    struct yg_audit a = audit_of(1);
    struct yg_ledger_certificate c = certificate_of(ACME, 4);
    struct yg_ledger_day d = { .tenant = ACME };
    struct yg_ledger_stratum s = { .tenant = ACME };
    uint64_t rows;
    size_t n;

    fixture_open(f);
    put_orders(f, 0, 3);
    put_certificates(f, ACME, 4);
    commit(f);
    fixture_close(f);
    f->opt.read_only = true;
    fixture_open(f);
    assert_status(YG_EINVAL, yg_ledger_order_put(f->st, &o, &f->err));
    assert_status(YG_EINVAL, yg_ledger_audit_put(f->st, &a, &f->err));
    assert_status(YG_EINVAL, yg_ledger_certificate_put(f->st, &c, &f->err));
    assert_status(YG_EINVAL, yg_ledger_day_add(f->st, &d, &f->err));
    assert_status(YG_EINVAL, yg_ledger_stratum_put(f->st, &s, &f->err));
    assert_ok(f, yg_ledger_orders(f->st, YG_STR(""), &f->arena, &order, &n, &f->err));
    assert_int_equal(n, 3);
    assert_ok(f, yg_ledger_verify(f->st, &rows, &f->err));
    assert_ok(f, yg_ledger_verify(f->st, &rows, &f->err));
}

static enum yg_status read_all(struct fixture *f, const char *table)
{
    struct yg_audit_filter all = { .limit = 0 };
    void *out;
    size_t n;

    if (strcmp(table, "certificate") == 0)
        return yg_ledger_certificates(f->st, ACME, &f->arena,
                                      (struct yg_ledger_certificate **)&out, &n, &f->err);
    if (strcmp(table, "standing_order") == 0)
        return yg_ledger_orders(f->st, YG_STR(""), &f->arena, (struct yg_order **)&out,
                                &n, &f->err);
    if (strcmp(table, "audit") == 0)
        return yg_ledger_audits(f->st, &all, &f->arena, (struct yg_audit **)&out, &n,
                                &f->err);
    if (strcmp(table, "stratum_day") == 0)
        return yg_ledger_days(f->st, ACME, &f->arena, (struct yg_ledger_day **)&out, &n,
                              &f->err);
    return yg_ledger_strata(f->st, &f->arena, (struct yg_ledger_stratum **)&out, &n,
                            &f->err);
}

static void hostile_values_are_corrupt(void **state)
{
    static const struct {
        const char *table, *column, *value, *postgres;
    } bad[] = {
        { "certificate", "attempt", "0", NULL },
        { "certificate", "attempt", "-1", NULL },
        { "certificate", "attempt", "4294967296", NULL },
        { "certificate", "seq", "-5", NULL },
        { "certificate", "digest", "x'00'", NULL },
        { "certificate", "model", "zeroblob(33)", NULL },
        { "certificate", "key", "x''", NULL },
        { "certificate", "sig", "zeroblob(63)", NULL },
        { "standing_order", "kind", "0", NULL },
        { "standing_order", "kind", "6", NULL },
        { "standing_order", "kind", "257", NULL },
        { "standing_order", "devices", "-1", NULL },
        { "standing_order", "devices", "8192", NULL },
        { "standing_order", "fall", "64", NULL },
        { "standing_order", "certificate", "zeroblob(31)", NULL },
        { "standing_order", "chain", "x''", NULL },
        { "audit", "run", "x'00'", NULL },
        { "audit", "alert", "zeroblob(17)", NULL },
        { "audit", "certificate", "x''", NULL },
        { "audit", "kind", "0", NULL },
        { "audit", "kind", "5", NULL },
        { "audit", "rate", "-1", NULL },
        { "audit", "rate", "4294967297", NULL },
        { "audit", "risk", "4294967296", NULL },
        { "audit", "state", "3", NULL },
        { "audit", "device", "13", NULL },
        { "audit", "device", "256", NULL },
        { "audit", "level", "5", NULL },
        { "audit", "level", "254", NULL },
        { "audit", "predicted", "256", NULL },
        { "audit", "truth", "-1", NULL },
        { "audit", "armed", "2", NULL },
        { "audit", "second", "100", NULL },
        { "stratum_day", "device", "13", NULL },
        { "stratum_day", "alerts", "-1", NULL },
        { "stratum_day", "closed", "-1", NULL },
        { "stratum_day", "runs_closed", "-1", NULL },
        { "stratum_day", "runs_open", "-1", NULL },
        { "stratum_day", "protected_open", "-9223372036854775808", NULL },
        { "stratum", "device", "-1", NULL },
        { "stratum", "today", "-1", NULL },
        { "stratum", "daily", "-0.5", NULL },
        { "stratum", "daily", "9e999", "'infinity'" },
        { "stratum", "drawn_today", "-1", NULL },
        { "stratum", "decoys_today", "-1", NULL },
        { "stratum", "open_today", "-1", NULL },
        { "stratum", "open_daily", "-9e999", "'-infinity'" },
        { "stratum", "model", "x'00'", NULL },
    };
    struct fixture *f = *state;
    struct yg_ledger_day d = { .tenant = ACME };
    struct yg_ledger_stratum s = { .tenant = ACME };
    char text[512];

    fixture_open(f);
    put_orders(f, 0, 1);
    put_certificates(f, ACME, 2);
    put_audits(f, 0, 1);
    assert_ok(f, yg_ledger_day_add(f->st, &d, &f->err));
    assert_ok(f, yg_ledger_stratum_put(f->st, &s, &f->err));
    commit(f);
    fixture_close(f);
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++) {
        snprintf(text, sizeof(text),
                 "CREATE TABLE keep AS SELECT * FROM %s; UPDATE %s SET %s = %s",
                 bad[i].table, bad[i].table, bad[i].column,
                 f->server && bad[i].postgres ? bad[i].postgres : bad[i].value);
        sql(f, text);
        fixture_open(f);
        enum yg_status rc = read_all(f, bad[i].table);
        if (rc != YG_ECORRUPT)
            fail_msg("%s.%s = %s: %s", bad[i].table, bad[i].column, bad[i].value,
                     yg_status_name(rc));
        fixture_close(f);
        snprintf(text, sizeof(text),
                 "DELETE FROM %s; INSERT INTO %s SELECT * FROM keep; DROP TABLE keep",
                 bad[i].table, bad[i].table);
        sql(f, text);
        fixture_open(f);
        assert_ok(f, read_all(f, bad[i].table));
        fixture_close(f);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(damage_shows),
        CASE(nothing_is_added_to_a_broken_end),
        CASE(the_head_stands_for_all),
        CASE(a_rollback_takes_all_of_it),
        CASE(a_reader_puts_nothing),
        CASE(hostile_values_are_corrupt),
    };
    static const struct CMUnitTest file[] = {
        CASE(older_audits_are_adopted),
    };
    const struct cases c = { "ledger_hard", both, file, YG_ARRAY_LEN(both),
                             YG_ARRAY_LEN(file) };

    return run_on_both(&c);
}
