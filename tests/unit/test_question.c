/* SPDX-License-Identifier: Apache-2.0 */
#include "store_util.h"

#include "pipeline/aside.h"
#include "pipeline/groups.h"
#include "pipeline/question.h"
#include "store/ledger.h"

#define ALERTS 20

/* Alerts 0 .. 19 of a tenant, stored. */
static void store_alerts(struct fixture *f)
{
    fixture_open(f);
    for (uint64_t i = 0; i < ALERTS; i++) {
        struct yg_store_record r = record_of(f, i);
        assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
    }
    assert_ok(f, yg_store_commit(f->st, &f->err));
}

/* A question about alerts first .. first + n - 1; `ids` lives as long as it. */
static struct yg_question question(unsigned char (*ids)[YG_ID_SIZE], uint64_t first,
                                   size_t n, bool own)
{
    for (size_t i = 0; i < n; i++)
        id_of(first + i, ids[i]);
    return (struct yg_question){
        .tenant = ACME, .asked_ns = T0, .alert = ids[0], .count = n, .own = own
    };
}

static struct yg_question get(struct fixture *f, const unsigned char id[YG_ID_SIZE])
{
    struct yg_question q;
    char hex[2 * YG_ID_SIZE + 1];

    yg_hex(id, YG_ID_SIZE, hex);
    assert_ok(f, yg_question_get(f->st, yg_str_of(hex), &f->arena, &q, &f->err));
    return q;
}

/* The verdict in force of alert `n`, or NONE; `*source` whose. */
static unsigned level(struct fixture *f, uint64_t n, unsigned *source)
{
    unsigned char id[YG_ID_SIZE];
    struct yg_verdict v;

    id_of(n, id);
    if (yg_store_verdict_get(f->st, id, &f->arena, &v, &f->err) != YG_OK)
        return YG_LEVEL_NONE;
    *source = v.source;
    return v.level;
}

static void judge(struct fixture *f, uint64_t n, unsigned lev, unsigned source)
{
    struct yg_verdict v = {
        .level = (uint8_t)lev, .source = (uint8_t)source, .at_ns = T0 + 1, .tenant = ACME
    };

    id_of(n, v.alert);
    assert_ok(f, yg_store_verdict_put(f->st, &v, &f->err));
}

static struct yg_answered answer(struct fixture *f, struct yg_question *q, unsigned lev,
                                 const struct yg_map *aside)
{
    struct yg_answered done;
    const struct yg_question_said a = {
        .aside = aside, .level = (enum yg_level)lev, .at_ns = T0 + 7, .who = YG_STR("kim")
    };

    assert_ok(f, yg_question_answer(f->st, q, &a, &done, &f->err));
    return done;
}

/* Exactly the alerts that were listed get the verdict, and give it back as a whole. */
static void answered(void **state)
{
    struct fixture *f = *state;
    unsigned char ids[ALERTS][YG_ID_SIZE];
    struct yg_question q = question(ids, 2, 10, false);
    struct yg_map aside;
    struct yg_answered done;
    unsigned char coin[YG_ID_SIZE];
    unsigned source = 99;

    store_alerts(f);
    assert_ok(f, yg_questions_put(f->st, &q, 1, &f->err));
    assert_ok(f, yg_store_commit(f->st, &f->err));
    judge(f, 4, YG_LEVEL_L3, YG_BY_HUMAN); /* in the meantime, on its own */
    judge(f, 5, YG_LEVEL_L1, YG_BY_GROUP); /* of another group: gives way */
    yg_map_init(&aside, 8);
    id_of(6, coin);
    assert_non_null(yg_map_put(&aside, yg_groups_key(coin), NULL));

    struct yg_question kept = get(f, q.id);
    assert_true(kept.count == 10 && !kept.own && kept.asked_ns == T0);
    assert_true(yg_str_eq(kept.tenant, ACME));
    done = answer(f, &kept, YG_LEVEL_FP, &aside);
    assert_int_equal(done.given, 8);
    assert_int_equal(done.own, 1);
    assert_int_equal(done.aside, 1);
    for (uint64_t i = 0; i < ALERTS; i++) {
        unsigned want = i == 4                       ? YG_LEVEL_L3
                        : i < 2 || i >= 12 || i == 6 ? YG_LEVEL_NONE
                                                     : YG_LEVEL_FP;
        assert_int_equal(level(f, i, &source), want);
        if (want == YG_LEVEL_FP)
            assert_int_equal(source, YG_BY_GROUP);
    }
    kept = get(f, q.id);
    assert_true(kept.state == YG_QUESTION_ANSWERED && kept.level == YG_LEVEL_FP);
    assert_true(yg_str_eq(kept.who, YG_STR("kim")));
    const struct yg_question_said twice = { .aside = &aside, .level = YG_LEVEL_L1 };
    assert_status(YG_EEXIST, yg_question_answer(f->st, &kept, &twice, &done, &f->err));

    judge(f, 7, YG_LEVEL_L4, YG_BY_HUMAN);
    assert_ok(f, yg_question_undo(f->st, &kept, &done, &f->err));
    assert_int_equal(done.given, 7);
    assert_int_equal(done.own, 2);
    assert_int_equal(level(f, 7, &source), YG_LEVEL_L4);
    assert_int_equal(level(f, 5, &source), YG_LEVEL_L1); /* what it gave way to is back */
    assert_int_equal(level(f, 8, &source), YG_LEVEL_NONE);
    assert_status(YG_ENOTFOUND, yg_question_undo(f->st, &kept, &done, &f->err));
    kept = get(f, q.id);
    assert_int_equal(answer(f, &kept, YG_LEVEL_L2, &aside).given, 7);
    yg_map_fini(&aside);
}

/* A run drawn at random is judged on its own: a person's verdict, over a group's too. */
static void random_one(void **state)
{
    struct fixture *f = *state;
    unsigned char ids[2][YG_ID_SIZE];
    struct yg_question q = question(ids, 0, 2, true);
    struct yg_map aside;
    unsigned source = 99;

    store_alerts(f);
    yg_map_init(&aside, 8);
    assert_ok(f, yg_questions_put(f->st, &q, 1, &f->err));
    judge(f, 0, YG_LEVEL_FP, YG_BY_GROUP);
    struct yg_question kept = get(f, q.id);
    assert_int_equal(answer(f, &kept, YG_LEVEL_L3, &aside).given, 2);
    assert_int_equal(level(f, 0, &source), YG_LEVEL_L3);
    assert_int_equal(source, YG_BY_HUMAN);
    yg_map_fini(&aside);
}

/* Runs that the coin drew and that wait are set aside: all their alerts. */
static void waiting(void **state)
{
    struct fixture *f = *state;
    struct yg_audit a = { .tenant = ACME,
                          .kind = YG_AUDIT_COIN,
                          .state = YG_AUDIT_WAITS,
                          .rate = YG_COIN_ONE / 2,
                          .level = YG_LEVEL_NONE,
                          .second = YG_LEVEL_NONE,
                          .predicted = YG_LEVEL_FP,
                          .drawn_ns = T0 };
    unsigned char ids[3][YG_ID_SIZE];
    struct yg_map aside;

    store_alerts(f);
    for (uint64_t i = 0; i < 3; i++)
        id_of(i, ids[i]);
    memcpy(a.run, ids[0], YG_ID_SIZE);
    memcpy(a.alert, ids[1], YG_ID_SIZE);
    assert_ok(f, yg_store_run_add(f->st, a.run, ids[0], 3, &f->err));
    assert_ok(f, yg_ledger_audit_put(f->st, &a, &f->err));
    yg_map_init(&aside, 100);
    assert_ok(f, yg_aside_all(f->st, ACME, &aside, &f->err));
    assert_int_equal(yg_map_count(&aside), 3);
    for (size_t i = 0; i < 3; i++)
        assert_non_null(yg_map_get(&aside, yg_groups_key(ids[i])));
    yg_map_fini(&aside);
    yg_map_init(&aside, 100);
    assert_ok(f, yg_aside_all(f->st, BETA, &aside, &f->err));
    assert_int_equal(yg_map_count(&aside), 0);
    yg_map_fini(&aside);
}

/* The same, asked alert by alert: by the hours that the run lies in, before 1970 as well.
 */
static void waiting_by_the_hour(void **state)
{
    static const int64_t hour = INT64_C(3600) * YG_NS_PER_S;
    const int64_t begins[] = { T0, 0, -5 * hour / 2 };
    struct fixture *f = *state;
    unsigned char ids[4][YG_ID_SIZE];
    struct yg_aside aside;
    bool has;

    store_alerts(f);
    for (uint64_t i = 0; i < YG_ARRAY_LEN(begins); i++) {
        struct yg_audit a = { .tenant = ACME,
                              .kind = YG_AUDIT_COIN,
                              .state = YG_AUDIT_WAITS,
                              .level = YG_LEVEL_NONE,
                              .second = YG_LEVEL_NONE };
        struct yg_queue_run r = { .tenant = ACME,
                                  .first_ns = begins[i],
                                  .last_ns = begins[i] + 2 * hour,
                                  .alerts = 3,
                                  .verdict = YG_LEVEL_NONE };
        for (uint64_t k = 0; k < 4; k++)
            id_of(10 * i + k, ids[k]);
        memcpy(r.id, ids[0], YG_ID_SIZE);
        memcpy(r.worst, ids[0], YG_ID_SIZE);
        memcpy(a.run, ids[0], YG_ID_SIZE);
        memcpy(a.alert, ids[1], YG_ID_SIZE);
        assert_ok(f, yg_store_run_put(f->st, &r, &f->err));
        assert_ok(f, yg_store_run_add(f->st, a.run, ids[0], 3, &f->err));
        yg_aside_init(&aside, f->st);
        assert_ok(f, yg_aside_has(&aside, ids[0], begins[i], &has, &f->err));
        assert_false(has); /* not drawn yet */
        yg_aside_fini(&aside);
        assert_ok(f, yg_ledger_audit_put(f->st, &a, &f->err));
        yg_aside_init(&aside, f->st);
        for (uint64_t k = 0; k < 9;
             k++) { /* each alert at its beginning, later, its end */
            int64_t at = begins[i] + (int64_t)(k / 3) * hour;
            assert_ok(f, yg_aside_has(&aside, ids[k % 3], at, &has, &f->err));
            assert_true(has);
            assert_ok(f, yg_aside_has(&aside, ids[3], at, &has, &f->err));
            assert_false(has);
        }
        yg_aside_fini(&aside);
        yg_aside_init(&aside, f->st); /* far away nothing is read */
        assert_ok(f, yg_aside_has(&aside, ids[0], begins[i] + 9 * hour, &has, &f->err));
        assert_false(has);
        yg_aside_fini(&aside);
    }
}

/* The same list is the same question; another one, or as a random one, is not. Names are
 * prefixes; what is not there is said; the oldest are forgotten. */
static void kept(void **state)
{
    struct fixture *f = *state;
    unsigned char ids[3][YG_ID_SIZE], first[YG_ID_SIZE];
    struct yg_question q = question(ids, 1, 3, false), r = q, found;
    char hex[2 * YG_ID_SIZE + 1];

    store_alerts(f);
    assert_ok(f, yg_questions_put(f->st, &q, 1, &f->err));
    memcpy(first, q.id, YG_ID_SIZE);
    assert_ok(f, yg_questions_put(f->st, &q, 1, &f->err));
    assert_memory_equal(q.id, first, YG_ID_SIZE);
    r.own = true;
    assert_ok(f, yg_questions_put(f->st, &r, 1, &f->err));
    assert_memory_not_equal(r.id, first, YG_ID_SIZE);
    r.own = false;
    r.count = 2;
    assert_ok(f, yg_questions_put(f->st, &r, 1, &f->err));
    assert_memory_not_equal(r.id, first, YG_ID_SIZE);
    yg_hex(first, YG_ID_SIZE, hex);
    struct yg_str name = { hex, 12 };
    assert_ok(f, yg_question_get(f->st, name, &f->arena, &found, &f->err));
    assert_memory_equal(found.id, first, YG_ID_SIZE);
    assert_status(YG_ENOTFOUND, yg_question_get(f->st, (struct yg_str){ hex, 3 },
                                                &f->arena, &found, &f->err));
    assert_status(YG_ENOTFOUND, yg_question_get(f->st, YG_STR("ffffffffff"), &f->arena,
                                                &found, &f->err));
    for (uint64_t i = 0; i < YG_QUESTIONS_MAX; i++) {
        id_of(100 + i, ids[0]);
        r.count = 1;
        assert_ok(f, yg_questions_put(f->st, &r, 1, &f->err));
    }
    assert_status(YG_ENOTFOUND, yg_question_get(f->st, name, &f->arena, &found, &f->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(answered), T(random_one), T(waiting), T(waiting_by_the_hour), T(kept),
#undef T
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
