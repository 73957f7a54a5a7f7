/* SPDX-License-Identifier: Apache-2.0 */
/* Tosses computed again: what an attacker who knows the chain, and not the secret, makes.
 */
#include "guard_util.h"

#include "yagura/recompute.h"

#include <stdlib.h>
#include <unistd.h>

#define RUNS 200

static enum yg_status again(struct fixture *f, struct yg_recomputed *r)
{
    struct yg_app a = { .store = f->st, .dir = f->dir };

    yg_arena_init(&a.arena, 1 << 20);
    enum yg_status st = yg_recompute_all(&a, NULL, r, &f->err);
    yg_arena_fini(&a.arena);
    return st;
}

/* Runs that would close and open ones, tossed with the store's own secret. */
static void fill(struct world *w)
{
    struct yg_app a = { .store = w->f->st, .dir = w->f->dir };
    unsigned char own[YG_COIN_SECRET];
    const struct yg_guard_options opt = { .store = w->f->st,
                                          .pack = &w->pack,
                                          .config = &w->config,
                                          .clock = &w->f->clock,
                                          .secret = own };

    yg_arena_init(&a.arena, 1 << 20);
    assert_ok(w->f, yg_app_coin(&a, own, &w->f->err));
    yg_arena_fini(&a.arena);
    w->config.audits_per_day = 20;
    assert_ok(w->f, yg_guard_new(&opt, &w->g, &w->f->err));
    for (uint64_t i = 0; i < RUNS; i++)
        (void)see(w, i, i % 2, T0);
    for (uint64_t i = 0; i < RUNS; i += 10) /* the open ones that would close at last */
        (void)see_of(w, i, false, true, T0 + YG_NS_PER_S);
    end(w);
}

#define DRAWN "(SELECT run FROM audit WHERE kind = 1 LIMIT 1)"
#define UNDRAWN                                                                          \
    "(SELECT run FROM toss WHERE kind = 1 AND rate > 0 AND NOT EXISTS (SELECT 1 FROM "   \
    "audit WHERE audit.run = toss.run) LIMIT 1)"

static void what_is_made_up_shows(void **state)
{
    static const struct {
        const char *name, *sql, *says;
    } cases[] = {
        { "an audit dropped", "DELETE FROM audit WHERE run = " DRAWN,
          "draws it, and it is not among the audits" },
        { "a decoy dropped", "DELETE FROM audit WHERE kind = 2",
          "the decoy's toss of run" },
        { "an audit made up",
          "INSERT INTO audit SELECT " UNDRAWN
          ", kind, alert, certificate, tenant, who, rate, entity, drawn_ns, ends_ns,"
          " judged_ns, risk, state, device, level, predicted, truth, armed, second, "
          "first,"
          " worst, changes, 0 FROM audit WHERE kind = 1 LIMIT 1",
          "does not draw it, and it is among the audits" },
        { "a rate lowered until it is not drawn",
          "UPDATE toss SET rate = 1 WHERE kind = 1 AND run = " DRAWN,
          "has a rate below the least one" },
        { "a rate raised until it is",
          "UPDATE toss SET rate = 4294967296 WHERE run = " UNDRAWN,
          "draws it, and it is not" },
        { "a toss that never was",
          "UPDATE toss SET rate = 0 WHERE kind = 1 AND run = " DRAWN,
          "has no rate, and a draw" },
        { "a larger weight",
          "UPDATE audit SET rate = rate / 2 WHERE kind = 1 AND run = " DRAWN,
          "has another rate than its audit" },
        { "another entity", "UPDATE audit SET entity = entity + 1 WHERE run = " DRAWN,
          "is of another entity" },
        { "another device type", "UPDATE audit SET device = 9 WHERE run = " DRAWN,
          "is of another entity" },
        { "tosses gone", "DELETE FROM toss", "was never tossed" },
        { "tosses gone, an audit made up",
          "INSERT OR IGNORE INTO tossed_before SELECT run, kind FROM toss;"
          "INSERT INTO audit SELECT " UNDRAWN
          ", kind, alert, certificate, tenant, who, 21474837, entity, drawn_ns, ends_ns,"
          " judged_ns, risk, state, device, level, predicted, truth, armed, second, "
          "first,"
          " worst, changes, 0 FROM audit WHERE kind = 1 LIMIT 1; DELETE FROM toss",
          "is not drawn at its rate" },
    };
    struct world *w = world_new(*state);
    struct fixture *f = w->f;
    struct yg_recomputed r;
    char path[128];

    fill(w);
    assert_ok(f, again(f, &r));
    assert_in_range(r.tosses, RUNS, RUNS * 11 / 10);
    assert_in_range(r.draws, 20, RUNS);
    assert_int_equal(r.certificates + r.other_models, 0);
    fixture_close(f);
    sql(f, "CREATE TABLE keep_a AS SELECT * FROM audit;"
           "CREATE TABLE keep_t AS SELECT * FROM toss");
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        sql(f, cases[i].sql);
        fixture_open(f);
        f->err.msg[0] = '\0';
        enum yg_status st = again(f, &r);
        if (st != YG_ECORRUPT || !strstr(f->err.msg, cases[i].says))
            fail_msg("%s: %s: %s", cases[i].name, yg_status_name(st), f->err.msg);
        fixture_close(f);
        sql(f, "DELETE FROM audit; INSERT INTO audit SELECT * FROM keep_a; DELETE FROM "
               "toss; INSERT INTO toss SELECT * FROM keep_t; DELETE FROM tossed_before");
    }
    fixture_open(f);
    assert_ok(f, again(f, &r));
    snprintf(path, sizeof(path), "%s/secret", f->dir);
    assert_int_equal(unlink(path), 0);
    assert_status(YG_ENOTFOUND, again(f, &r));
    world_free(w);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_made_up_shows),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
