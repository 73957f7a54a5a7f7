/* SPDX-License-Identifier: Apache-2.0 */
/* One toss a run for all time: restarts, full memory, older stores. */
#include "guard_util.h"

static uint64_t runs_closed(struct world *w)
{
    struct yg_ledger_day *day;
    uint64_t sum = 0;
    size_t n;

    assert_ok(w->f, yg_ledger_days(w->f->st, ACME, &w->f->arena, &day, &n, &w->f->err));
    for (size_t i = 0; i < n; i++)
        sum += day[i].counts.runs_closed;
    return sum;
}

/* A rate that has risen since draws no run that was not drawn before, nor is it counted
 * again: not after a restart, not when memory had no room for it, not when its first
 * record is delivered once more. */
static void a_toss_is_for_all_time(void **state)
{
    struct world *w = world_new(*state);
    enum { RUNS = 300, MANY = 270000 };
    enum yg_guard_draw first[RUNS];
    struct yg_toss *toss;
    unsigned char id[YG_ID_SIZE];
    size_t n;

    w->config.audits_per_day = 4;
    begin(w);
    for (uint64_t i = 0; i < RUNS; i++)
        first[i] = see(w, i, i % 3 > 0, T0);
    end(w);
    assert_int_equal(runs_closed(w), RUNS / 3 * 2);
    w->config.audits_per_day = MANY; /* now every run would be drawn */
    for (int round = 0; round < 3; round++) {
        begin(w);
        for (uint64_t i = 0; i < RUNS; i++)
            assert_int_equal(see_of(w, i, round > 1, i % 3 > 0, T0), first[i]);
        end(w);
        assert_int_equal(runs_closed(w), RUNS / 3 * 2);
    }
    begin(w);
    for (uint64_t i = 0; i < RUNS; i++) /* the others would close at last: one toss */
        if (i % 3 == 0)
            assert_int_equal(see_of(w, i, false, true, T0),
                             first[i] ? first[i] : YG_DRAW_AUDIT);
    end(w);
    assert_int_equal(runs_closed(w), RUNS);
    id_of(RUNS - 1, id);
    assert_ok(w->f, yg_ledger_tosses(w->f->st, id, &w->f->arena, &toss, &n, &w->f->err));
    assert_int_equal(n, 1);
    assert_int_equal(toss[0].kind, YG_COIN_AUDIT);
    assert_in_range(toss[0].rate, YG_COIN_LEAST, YG_COIN_ONE - 1);
    w->config.audits_per_day = 1;
    begin(w);
    for (uint64_t i = RUNS; i < MANY; i++)
        (void)see(w, i, true, T0);
    w->config.audits_per_day = MANY;
    for (uint64_t i = 0; i < RUNS; i++)
        assert_int_equal(see_of(w, i, false, true, T0),
                         i % 3 || first[i] ? first[i] : YG_DRAW_AUDIT);
    end(w);
    assert_int_equal(runs_closed(w), MANY);
    world_free(w);
}

/* What an older program saw: tossed, at a rate that nobody knows any more. */
static void runs_of_an_older_store_are_not_tossed_again(void **state)
{
    struct world *w = world_new(*state);

    fixture_close(w->f);
    for (uint64_t i = 0; i < 20; i++) {
        char text[160], hex[2 * YG_ID_SIZE + 1];
        unsigned char id[YG_ID_SIZE];
        id_of(i, id);
        yg_hex(id, YG_ID_SIZE, hex);
        snprintf(text, sizeof(text), "INSERT INTO tossed_before VALUES(x'%s', %d)", hex,
                 i < 10 ? 1 : 2);
        sql(w->f, text);
    }
    fixture_open(w->f);
    begin(w);
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(see_of(w, i, false, true, T0),
                         i < 10 ? YG_DRAW_NONE : YG_DRAW_AUDIT);
    end(w);
    assert_int_equal(runs_closed(w), 10);
    world_free(w);
}

static uint32_t closed_of(struct world *w, uint64_t run)
{
    unsigned char id[YG_ID_SIZE];
    struct yg_audit a;

    id_of(run, id);
    assert_ok(w->f, yg_ledger_audit_get(w->f->st, id, &w->f->arena, &a, &w->f->err));
    return a.closed;
}

/* What was armed before tosses were written down stays armed: its harmless audits count
 * as well as the attacks among them, each by the runs that its cluster had closed. */
static void audits_of_an_older_store_keep_their_weight(void **state)
{
    enum { AUDITS = 400, ATTACKS = 5, BIG = 500 };
    static const char *const back[] = {
        "DROP TABLE toss; DROP TABLE tossed_before; DROP TABLE audit_log;"
        "DELETE FROM chain WHERE name IN ('toss', 'audit_log');"
        "ALTER TABLE audit DROP COLUMN first; ALTER TABLE audit DROP COLUMN worst;"
        "ALTER TABLE audit DROP COLUMN changes;"
        "ALTER TABLE audit DROP COLUMN closed_before; DROP INDEX "
        "verdict_past;" NO_TIMES_OF_VERDICTS " PRAGMA "
        "user_version = 9",
        "ALTER TABLE audit DROP COLUMN closed_before; DROP INDEX "
        "verdict_past;" NO_TIMES_OF_VERDICTS " PRAGMA "
        "user_version = 11",
    };
    struct world *w = world_new(*state);
    char entity[16];
    uint64_t fell;

    certify(w, ACME, 0, false);
    w->config.audits_per_day = 100000;
    begin(w);
    w->f->clock.manual_ns += HOUR;
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    for (uint64_t i = 0; i < AUDITS; i++) {
        assert_int_equal(see(w, i, true, T0 - DAY + (int64_t)i), YG_DRAW_AUDIT);
        snprintf(entity, sizeof(entity), "host%llu", (unsigned long long)i);
        put_run(w, i, entity, T0 - DAY + (int64_t)i);
    }
    for (uint64_t i = BIG; i < BIG + 6; i++) /* five of its day, one of another */
        put_run(w, i, "host7", T0 - DAY - (i == BIG + 5 ? DAY : 0));
    assert_ok(w->f, yg_guard_flush(w->g, &w->f->err));
    for (uint64_t i = 0; i < AUDITS; i++)
        judge(w, i, i % (AUDITS / ATTACKS) == 1 ? YG_LEVEL_L4 : YG_LEVEL_FP);
    end(w);
    for (size_t round = 0; round < YG_ARRAY_LEN(back); round++) {
        fixture_close(w->f);
        sql_of_older(w->f, back[round]);
        fixture_open(w->f);
        assert_int_equal(closed_of(w, 3), 1);
        assert_int_equal(closed_of(w, 7), 6);
        begin(w);
        assert_int_equal(standing(w).in_bet, AUDITS);
        assert_int_equal(standing(w).missed, ATTACKS);
        assert_ok(w->f, yg_guard_check(w->g, &fell, &w->f->err));
        assert_int_equal(fell, 0);
        assert_true(armed(w) >> YG_DEV_IDS & 1);
        yg_guard_free(w->g);
        w->g = NULL;
    }
    world_free(w);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_toss_is_for_all_time),
        CASE(runs_of_an_older_store_are_not_tossed_again),
        CASE(audits_of_an_older_store_keep_their_weight),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
