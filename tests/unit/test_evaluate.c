/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "corpus_util.h"
#include "pipeline/evaluate.h"
#include "pipeline/fit.h"
#include "policy/coin.h"
#include "policy/standing.h"
#include "store/ledger.h"

#include <string.h>

#define MINUTE (INT64_C(60) * 1000000000)
#define RUNS   5
#define EACH   3 /* alerts a run */

static struct yg_modelpack *pack(void)
{
    static const char *const name[] = { "a", "b", "c" };
    struct yg_corpus c = corpus_of(name, 3);
    struct yg_fit_params p = { .train = yg_train_default };
    struct yg_modelpack *m = NULL;
    struct yg_err err = { 0 };

    for (size_t t = 0; t < 3; t++)
        corpus_fill(&c, t, 40 + t, 300);
    p.train.rounds = 3;
    p.train.threads = 1;
    if (yg_fit(&c, &p, &m, &err) != YG_OK)
        fail_msg("fit: %s", err.msg);
    yg_corpus_free(&c);
    return m;
}

/* Runs of three alerts each, of sources of their own, in order of time. */
static struct yg_corpus runs(void)
{
    static const char *const name[] = { "t" };
    struct yg_corpus c = corpus_of(name, 1);
    struct yg_rng rng;

    yg_rng_init(&rng, 5);
    struct yg_facts f = stream_fact(&rng, 3, 20);
    f.kind = YG_KIND_ALERT;
    f.key[YG_KEY_SIGNATURE] = stream_key(1, 1);
    for (uint64_t i = 0; i < RUNS * EACH; i++) {
        f.time_ns = CORPUS_T0 + (int64_t)i * MINUTE;
        f.key[YG_KEY_ENTITY] = f.key[YG_KEY_SOURCE] = stream_key(2, i % RUNS);
        corpus_add(&c, 0, &f, YG_LEVEL_L3);
    }
    return c;
}

/* An audit is named after the alert that came first, which another sensor or a clock that
 * lags makes the second in order of time. Its weight holds for the whole run all the
 * same: else who sends one late alert would count 1 where noise counts 200. */
static void a_draw_is_found_by_any_alert(void **state)
{
    struct yg_modelpack *m = pack();
    struct yg_corpus c = runs();
    struct yg_draws draws = { .weight = { 0 } };
    struct yg_judged_list rows = { 0 };
    struct yg_err err = { 0 };

    (void)state;
    for (size_t named = 0; named < EACH; named++) {
        struct yg_audit audit[] = {
            { .kind = YG_AUDIT_COIN, .state = YG_AUDIT_JUDGED, .rate = YG_COIN_ONE / 64 },
            { .kind = YG_AUDIT_DECOY, .state = YG_AUDIT_JUDGED, .rate = YG_COIN_ONE / 2 },
        };
        memcpy(audit[0].run, c.tenant[0].record[named * RUNS + 2].id, YG_ID_SIZE);
        memcpy(audit[1].run, c.tenant[0].record[named * RUNS + 3].id, YG_ID_SIZE);
        struct yg_draws_ask drawn = { audit, 2, NULL, 0 };
        assert_int_equal(yg_draws_of(&drawn, &draws, &err), YG_OK);
        struct yg_evaluate_ask ask = { .corpus = &c, .m = m, .draws = &draws };
        assert_int_equal(yg_evaluate_tenant(&ask, &rows, &err), YG_OK);
        assert_int_equal(rows.n, RUNS * EACH);
        for (size_t i = 0; i < rows.n; i++) {
            assert_int_equal(rows.a[i].run, rows.a[i % RUNS].run);
            assert_true(rows.a[i].weight == (i % RUNS == 2 ? 64 : 0));
        }
        yg_draws_fini(&draws);
        yg_judged_list_fini(&rows);
    }
    yg_modelpack_free(m);
    yg_corpus_free(&c);
}

/* A trial tossed for a run: as what was closed in its day, only a draw speaks for it,
 * with all its alerts, whichever of them gave it its name. */
static void a_trial_hides_the_whole_run(void **state)
{
    struct yg_modelpack *m = pack();
    struct yg_corpus c = runs();
    struct yg_draws draws = { .weight = { 0 } };
    struct yg_judged_list rows = { 0 };
    struct yg_err err = { 0 };

    (void)state;
    for (size_t named = 0; named < EACH; named++) {
        struct yg_toss toss = { .kind = YG_COIN_TRIAL };
        struct yg_draws_ask drawn = { NULL, 0, &toss, 1 };
        memcpy(toss.run, c.tenant[0].record[named * RUNS + 1].id, YG_ID_SIZE);
        assert_int_equal(yg_draws_of(&drawn, &draws, &err), YG_OK);
        struct yg_evaluate_ask ask = { .corpus = &c, .m = m, .draws = &draws };
        assert_int_equal(yg_evaluate_tenant(&ask, &rows, &err), YG_OK);
        for (size_t i = 0; i < rows.n; i++) {
            assert_int_equal(rows.a[i].hidden, i % RUNS == 1);
            assert_true(rows.a[i].weight == 0);
        }
        yg_draws_fini(&draws);
        yg_judged_list_fini(&rows);
    }
    yg_modelpack_free(m);
    yg_corpus_free(&c);
}

/* Alerts joined it after its verdict: it is open again, for the certificate, too. */
static void what_waits_is_not_judged(void **state)
{
    struct yg_modelpack *m = pack();
    struct yg_corpus c = runs();
    struct yg_draws draws = { .weight = { 0 } };
    struct yg_judged_list rows = { 0 };
    struct yg_err err = { 0 };
    struct yg_audit audit = { .kind = YG_AUDIT_COIN,
                              .state = YG_AUDIT_WAITS,
                              .rate = YG_COIN_ONE / 4 };

    (void)state;
    memcpy(audit.run, c.tenant[0].record[1].id, YG_ID_SIZE);
    struct yg_draws_ask drawn = { &audit, 1, NULL, 0 };
    assert_int_equal(yg_draws_of(&drawn, &draws, &err), YG_OK);
    struct yg_evaluate_ask ask = { .corpus = &c, .m = m, .draws = &draws };
    assert_int_equal(yg_evaluate_tenant(&ask, &rows, &err), YG_OK);
    for (size_t i = 0; i < rows.n; i++) {
        assert_true(rows.a[i].weight == (i % RUNS == 1 ? 4 : 0));
        assert_int_equal(rows.a[i].level, i % RUNS == 1 ? YG_LEVEL_NONE : YG_LEVEL_L3);
    }
    yg_draws_fini(&draws);
    yg_judged_list_fini(&rows);
    yg_modelpack_free(m);
    yg_corpus_free(&c);
}

/* What a person once called an attack is one for the certificate, whatever was said
 * since, and by whom; below that the verdict in force counts. */
static void the_gravest_verdict_counts(void **state)
{
    static const struct {
        const char *name;
        uint8_t level, trains, gravest;
        enum yg_level from;
        uint8_t want, want_trains;
    } cases[] = {
        { "softened", YG_LEVEL_FP, 0, YG_LEVEL_L4, YG_LEVEL_L3, YG_LEVEL_L4, 0 },
        { "to a lesser attack", YG_LEVEL_L3, 0, YG_LEVEL_L4, YG_LEVEL_L3, YG_LEVEL_L4,
          0 },
        { "taken back", YG_LEVEL_NONE, 0, YG_LEVEL_L3, YG_LEVEL_L3, YG_LEVEL_L3, 0 },
        { "by a group", YG_LEVEL_FP, 1, YG_LEVEL_L4, YG_LEVEL_L3, YG_LEVEL_L4, 0 },
        { "graver by a group", YG_LEVEL_L4, 1, YG_LEVEL_L3, YG_LEVEL_L3, YG_LEVEL_L3, 0 },
        { "an attack in force", YG_LEVEL_L4, 0, YG_LEVEL_L4, YG_LEVEL_L3, YG_LEVEL_L4,
          0 },
        { "below what is protected", YG_LEVEL_FP, 0, YG_LEVEL_L2, YG_LEVEL_L3,
          YG_LEVEL_FP, 0 },
        { "where it is protected", YG_LEVEL_FP, 0, YG_LEVEL_L2, YG_LEVEL_L2, YG_LEVEL_L2,
          0 },
        { "only a group's", YG_LEVEL_FP, 1, YG_LEVEL_NONE, YG_LEVEL_L3, YG_LEVEL_FP, 1 },
        { "not asked for", YG_LEVEL_FP, 0, YG_LEVEL_L4, 0, YG_LEVEL_FP, 0 },
    };
    struct yg_modelpack *m = pack();
    struct yg_corpus c = runs();
    struct yg_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        struct yg_judged_list rows = { 0 };
        struct yg_corpus_record *r = &c.tenant[0].record[4];
        r->level = cases[i].level;
        r->trains = cases[i].trains;
        r->gravest = cases[i].gravest;
        const struct yg_evaluate_ask ask = { .corpus = &c,
                                             .m = m,
                                             .gravest_from = cases[i].from };
        assert_int_equal(yg_evaluate_tenant(&ask, &rows, &err), YG_OK);
        if (rows.a[4].level != cases[i].want || rows.a[4].trains != cases[i].want_trains)
            fail_msg("%s: %u, %u", cases[i].name, rows.a[4].level, rows.a[4].trains);
        yg_judged_list_fini(&rows);
    }
    yg_modelpack_free(m);
    yg_corpus_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draw_is_found_by_any_alert),
        cmocka_unit_test(a_trial_hides_the_whole_run),
        cmocka_unit_test(what_waits_is_not_judged),
        cmocka_unit_test(the_gravest_verdict_counts),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
