/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "corpus_util.h"
#include "pipeline/fit.h"
#include "pipeline/groups.h"

#define MINUTE (INT64_C(60) * 1000000000)
#define DAY    (1440 * MINUTE)

/* An alert of signature `sig` at `host` with this severity. */
static struct yg_facts alert(uint64_t sig, uint64_t host, int64_t at, float severity)
{
    struct yg_facts f;

    memset(&f, 0, sizeof(f));
    f.time_ns = CORPUS_T0 + at;
    f.key[YG_KEY_SIGNATURE] = stream_key(1, sig);
    f.key[YG_KEY_SOURCE] = f.key[YG_KEY_ENTITY] = stream_key(2, host);
    f.key[YG_KEY_HOST] = stream_key(2, host);
    f.fixed[YG_X_SEVERITY] = severity;
    f.fixed[YG_X_DST_PORT] = 80;
    return f;
}

static void add(struct yg_corpus *c, const struct yg_facts *f, unsigned level)
{
    corpus_add(c, 0, f, level);
}

static struct yg_corpus one(void)
{
    static const char *const name[] = { "a" };

    return corpus_of(name, 1);
}

static struct yg_groups groups(const struct yg_groups_ask *ask)
{
    struct yg_groups g = { 0 };
    struct yg_err err = { 0 };

    if (yg_groups_of(ask, &g, &err) != YG_OK)
        fail_msg("groups: %s", err.msg);
    return g;
}

/* A month of signature 1, steadily, at hosts 0, 1, 2 and 9: from here on it is ordinary
 * there. All of it is set aside. */
static void settle(struct yg_corpus *c, struct yg_map *aside)
{
    static const uint64_t host[] = { 0, 1, 2, 9 };

    yg_map_init(aside, 10000);
    for (int64_t i = 0; i < 2000; i++) {
        struct yg_facts f = alert(1, host[i % 4], i * 20 * MINUTE - 30 * DAY, 40);
        add(c, &f, YG_LEVEL_NONE);
        assert_non_null(
            yg_map_put(aside, yg_groups_key(c->tenant[0].record[i].id), NULL));
    }
}

/* Signature 1 at three hosts on two days, the same look; once with another severity;
 * signature 2; and one judged run. */
static void by_shape(void **state)
{
    struct yg_corpus c = one();
    struct yg_map aside;
    struct yg_facts f;

    (void)state;
    settle(&c, &aside);
    size_t base = c.tenant[0].count;
    for (uint64_t h = 0; h < 3; h++)
        for (int k = 0; k < 5; k++) {
            f = alert(1, h, (int64_t)h * (DAY / 2) + k * MINUTE, 40);
            f.fixed[YG_X_PAY_LENGTH] = (float)(h == 2 && k == 0 ? 9000 : 100);
            add(&c, &f, YG_LEVEL_NONE);
        }
    f = alert(1, 7, 3 * DAY, 90);
    add(&c, &f, YG_LEVEL_NONE);
    f = alert(2, 7, 3 * DAY, 40);
    add(&c, &f, YG_LEVEL_NONE);
    f = alert(1, 9, 4 * DAY, 40);
    add(&c, &f, YG_LEVEL_FP);

    struct yg_groups g = groups(&(struct yg_groups_ask){ .corpus = &c, .aside = &aside });
    const struct yg_corpus_record *r = c.tenant[0].record + base;
    assert_int_equal(g.runs, 2006);
    assert_int_equal(g.n, 3);
    const struct yg_group *a =
        &g.v[0]; /* 15 alerts weigh most, though one run is judged */
    assert_int_equal(a->alerts, 15);
    assert_int_equal(a->runs, 3);
    assert_int_equal(a->hosts, 3);
    assert_int_equal(a->days, 2);
    assert_int_equal(a->judged, 1);
    assert_int_equal(a->count, 15);
    assert_false(a->random);
    assert_memory_equal(a->id, r[0].id, YG_ID_SIZE);
    assert_memory_equal(a->show, r[0].id, YG_ID_SIZE);
    assert_memory_equal(a->far, r[10].id, YG_ID_SIZE); /* 9,000 bytes */
    assert_true(a->spread > 0.0F && a->spread < 0.05F);
    assert_true(a->first_ns == CORPUS_T0 && a->last_ns == CORPUS_T0 + DAY + 4 * MINUTE);
    for (size_t i = 0; i < a->count; i++)
        assert_int_equal(g.member[a->first + i], base + i);
    assert_true(a->gain > g.v[1].gain && g.v[1].runs == 1 && g.v[2].runs == 1);
    assert_true(a->predicted == YG_LEVEL_NONE && a->risk_high == 0 && a->risk_low == 0);
    yg_groups_fini(&g);
    yg_map_fini(&aside);
    yg_corpus_free(&c);
}

/* The same alert is another thing where it never was before, and where ten others came
 * with it that were never there: it is not settled with the ordinary ones. */
static void unusual(void **state)
{
    struct yg_corpus c = one();
    struct yg_map aside;
    struct yg_facts f;

    (void)state;
    settle(&c, &aside);
    size_t base = c.tenant[0].count;
    f = alert(1, 0, DAY - 300 * MINUTE, 40); /* ordinary */
    add(&c, &f, YG_LEVEL_NONE);
    f = alert(1, 1, DAY - 200 * MINUTE, 40); /* ordinary */
    add(&c, &f, YG_LEVEL_NONE);
    f = alert(1, 5, DAY, 40); /* new at host 5 */
    add(&c, &f, YG_LEVEL_NONE);
    for (uint64_t i = 0; i < 10; i++) {
        f = alert(100 + i, 2, DAY, 40);
        add(&c, &f, YG_LEVEL_FP);
    }
    f = alert(1, 2, DAY + 1, 40); /* in company */
    add(&c, &f, YG_LEVEL_NONE);
    struct yg_groups g = groups(&(struct yg_groups_ask){ .corpus = &c, .aside = &aside });
    assert_int_equal(g.n, 3);
    assert_int_equal(g.v[0].count, 2);
    assert_int_equal(g.member[g.v[0].first], base);
    assert_int_equal(g.member[g.v[0].first + 1], base + 1);
    yg_groups_fini(&g);
    yg_map_fini(&aside);
    yg_corpus_free(&c);
}

/* The medoid is the run nearest to the others, wherever it stands. */
static void stands_for(void **state)
{
    struct yg_corpus c = one();
    static const enum yg_feature column[] = { YG_X_PAY_LENGTH, YG_X_PAY_ENTROPY,
                                              YG_X_URL_LENGTH };

    (void)state;
    for (uint64_t h = 0; h < 3; h++) { /* 0 and 2 differ in three columns, 1 in one */
        struct yg_facts f = alert(1, h, (int64_t)h * DAY, 40);
        for (size_t i = 0; i < YG_ARRAY_LEN(column); i++)
            f.fixed[column[i]] = (h == 0) || (h == 1 && i > 0) ? 10 : 1000;
        add(&c, &f, YG_LEVEL_NONE);
    }
    struct yg_groups g = groups(&(struct yg_groups_ask){ .corpus = &c });
    assert_int_equal(g.n, 1);
    assert_memory_equal(g.v[0].show, c.tenant[0].record[1].id, YG_ID_SIZE);
    assert_memory_equal(g.v[0].far, c.tenant[0].record[2].id, YG_ID_SIZE);
    yg_groups_fini(&g);
    yg_corpus_free(&c);
}

static struct yg_corpus many(size_t runs, uint64_t seed)
{
    struct yg_corpus c = one();
    struct yg_rng r;

    yg_rng_init(&r, seed);
    for (size_t i = 0; i < runs; i++) {
        struct yg_facts f = alert(yg_rng_below(&r, 9), i, (int64_t)i * MINUTE,
                                  (float)(10 * yg_rng_below(&r, 4)));
        for (uint64_t k = yg_rng_below(&r, 4); k < 4; k++)
            add(&c, &f, YG_LEVEL_NONE);
    }
    return c;
}

static void same(const struct yg_groups *a, const struct yg_groups *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_memory_equal(a->v[i].id, b->v[i].id, YG_ID_SIZE);
        assert_memory_equal(a->v[i].show, b->v[i].show, YG_ID_SIZE);
        assert_int_equal(a->v[i].count, b->v[i].count);
        assert_memory_equal(a->member + a->v[i].first, b->member + b->v[i].first,
                            a->v[i].count * sizeof(*a->member));
    }
}

/* The same again; and forming looks at no verdict: what is judged later, or otherwise,
 * leaves the rest as it was. */
static void repeatable(void **state)
{
    struct yg_corpus c = many(500, 3);
    struct yg_groups_ask ask = { .corpus = &c, .want = 50, .seed = 4 };
    struct yg_groups a = groups(&ask), b = groups(&ask), judged[2];

    (void)state;
    same(&a, &b);
    yg_groups_fini(&a);
    yg_groups_fini(&b);
    for (unsigned level = 0; level < 2; level++) {
        for (size_t i = 0; i < c.tenant[0].count; i += 3)
            c.tenant[0].record[i].level = (uint8_t)(level ? YG_LEVEL_L4 : YG_LEVEL_FP);
        judged[level] = groups(&ask);
    }
    same(&judged[0], &judged[1]);
    for (size_t i = 0; i < judged[0].n; i++)
        for (size_t k = 0; k < judged[0].v[i].count; k++)
            assert_true(judged[0].member[judged[0].v[i].first + k] % 3 != 0);
    yg_groups_fini(&judged[0]);
    yg_groups_fini(&judged[1]);
    yg_corpus_free(&c);
}

/* Every alert without a verdict is in exactly one question when all are asked. */
static void all_once(void **state)
{
    struct yg_corpus c = many(500, 5);
    size_t seen[2000] = { 0 };

    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        struct yg_groups g = groups(&(struct yg_groups_ask){
            .corpus = &c, .want = plain ? 0 : 100000, .plain = plain, .seed = 1 });
        for (size_t i = 0; i < g.n; i++)
            for (size_t k = 0; k < g.v[i].count; k++)
                seen[g.member[g.v[i].first + k]]++;
        for (size_t i = 0; i < c.tenant[0].count; i++)
            assert_int_equal(seen[i], plain + 1);
        yg_groups_fini(&g);
    }
    yg_corpus_free(&c);
}

static void plain_order(void **state)
{
    struct yg_corpus c = many(100, 6);
    struct yg_groups g =
        groups(&(struct yg_groups_ask){ .corpus = &c, .plain = true, .want = 30 });

    (void)state;
    assert_int_equal(g.n, 30);
    for (size_t i = 0; i < g.n; i++) {
        assert_int_equal(g.v[i].runs, 1);
        assert_true(g.v[i].first_ns == CORPUS_T0 + (int64_t)i * MINUTE);
        assert_false(g.v[i].random);
    }
    yg_groups_fini(&g);
    yg_corpus_free(&c);
}

/* Every fifth question is a run of its own. A run is drawn as often whether it is one of
 * a large group or alone, whether its signature is judged or new: 2,000 seeds, 10 drawn
 * of 200 runs, so 100 +- 10 (sd) each; outside 5 sd once in 10,000 tests. */
static void random_part(void **state)
{
    struct yg_corpus c = one();
    unsigned drawn[200] = { 0 };

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        struct yg_facts f = alert(i < 100 ? 1 : i, i, (int64_t)i * MINUTE, 40);
        add(&c, &f, YG_LEVEL_NONE);
        if (i % 4 == 0) { /* a group's verdict does not take it out of the draw */
            c.tenant[0].record[i].level = YG_LEVEL_FP;
            c.tenant[0].record[i].trains = 1;
        }
    }
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct yg_groups g =
            groups(&(struct yg_groups_ask){ .corpus = &c, .want = 50, .seed = seed });
        assert_int_equal(g.n, 50);
        for (size_t i = 0; i < g.n; i++) {
            assert_int_equal(g.v[i].random, i % YG_ASK_RANDOM == YG_ASK_RANDOM - 1);
            if (!g.v[i].random)
                continue;
            assert_int_equal(g.v[i].count, 1);
            drawn[g.member[g.v[i].first]]++;
        }
        yg_groups_fini(&g);
    }
    for (size_t i = 0; i < 200; i++)
        if (drawn[i] < 50 || drawn[i] > 150)
            fail_msg("run %zu was drawn %u times, expected 100", i, drawn[i]);
    yg_corpus_free(&c);
}

/* What the coin drew waits for a verdict of its own: its run is asked by nobody. */
static void set_aside(void **state)
{
    struct yg_corpus c = many(60, 8);
    struct yg_map aside;

    (void)state;
    yg_map_init(&aside, 10);
    assert_non_null(yg_map_put(&aside, yg_groups_key(c.tenant[0].record[17].id), NULL));
    uint64_t entity = c.tenant[0].record[17].facts.key[YG_KEY_ENTITY];
    struct yg_groups g = groups(&(struct yg_groups_ask){
        .corpus = &c, .aside = &aside, .want = 1000, .seed = 2 });
    size_t asked = 0;
    for (size_t i = 0; i < g.n; i++)
        for (size_t k = 0; k < g.v[i].count; k++, asked++)
            assert_true(
                c.tenant[0].record[g.member[g.v[i].first + k]].facts.key[YG_KEY_ENTITY] !=
                entity);
    assert_true(asked < c.tenant[0].count && asked + 4 >= c.tenant[0].count);
    yg_groups_fini(&g);
    yg_map_fini(&aside);
    yg_corpus_free(&c);
}

/* With a model of other tenants: members share nearly all leaves with the group's first
 * run, risks are of its members, the bar of verdicts is the model's. */
static void by_leaves(void **state)
{
    static const char *const name[] = { "a", "b", "c" };
    struct yg_corpus c = corpus_of(name, 3), fresh = one();
    struct yg_fit_params p = { .train = yg_train_default };
    struct yg_modelpack *m = NULL;
    struct yg_err err = { 0 };

    (void)state;
    for (size_t t = 0; t < 3; t++)
        corpus_fill(&c, t, 40 + t, 300);
    p.train.rounds = 12;
    p.train.threads = 1;
    if (yg_fit(&c, &p, &m, &err) != YG_OK)
        fail_msg("fit: %s", err.msg);
    for (size_t i = 0; i < 300; i++) { /* two looks of one signature, and a lone one */
        struct yg_facts f = c.tenant[0].record[i % 2 ? 5 : 9].facts;
        f.time_ns = CORPUS_T0 + (int64_t)i * MINUTE;
        f.key[YG_KEY_SIGNATURE] = stream_key(1, i == 99 ? 2 : 1);
        f.key[YG_KEY_ENTITY] = f.key[YG_KEY_SOURCE] = stream_key(2, i);
        add(&fresh, &f, YG_LEVEL_NONE);
    }
    struct yg_groups_ask ask = { .corpus = &fresh, .pack = m };
    struct yg_groups g = groups(&ask), again = groups(&ask);
    uint64_t runs = 0;
    same(&g, &again);
    assert_true(g.n >= 3 && g.n < 300);
    for (size_t i = 0; i < g.n; i++) {
        runs += g.v[i].runs;
        assert_true(g.v[i].risk_low <= g.v[i].risk_high && g.v[i].risk_low > 0);
        assert_true(g.v[i].predicted < YG_LEVEL_COUNT);
        assert_true(g.v[i].spread <= 2 * YG_GROUPS_ALIKE + 1e-6F);
        assert_true(i == 0 || g.v[i].gain <= g.v[i - 1].gain);
    }
    assert_int_equal(runs, 300);
    yg_groups_fini(&g);
    yg_groups_fini(&again);
    yg_modelpack_free(m);
    yg_corpus_free(&c);
    yg_corpus_free(&fresh);
}

/* A group's answer is one verdict of its signature: what is missing to the bar of 20 is
 * asked run by run, and no more; a signature with enough is left alone. */
static void wanted(void **state)
{
    struct yg_corpus c = one();
    size_t own[2] = { 0 };

    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        struct yg_facts f = alert(1 + i % 2, i, (int64_t)i * MINUTE, 40);
        add(&c, &f, YG_LEVEL_FP);
        struct yg_corpus_record *r = &c.tenant[0].record[i];
        r->trains = !(i % 2 == 0 && i < 14) && !(i % 2 == 1 && i < 40);
        r->judged_ns = CORPUS_T0 + (i < 100 ? 1 : 2);
    }
    /* Signature 1: 7 on their own and two answers; signature 2: 20 on their own. */
    struct yg_groups g =
        groups(&(struct yg_groups_ask){ .corpus = &c, .want = 100, .seed = 3 });
    for (size_t i = 0; i < g.n; i++) {
        assert_true(g.v[i].own && g.v[i].runs == 1 && g.v[i].count == 1);
        size_t r = g.member[g.v[i].first];
        assert_true(c.tenant[0].record[r].trains);
        own[r % 2] += !g.v[i].random;
    }
    assert_int_equal(own[0], 11);
    assert_int_equal(own[1], 0);
    assert_int_equal(g.n, 11 + 100 / YG_ASK_RANDOM);
    yg_groups_fini(&g);
    yg_corpus_free(&c);
}

static void nothing(void **state)
{
    struct yg_corpus c = one();
    struct yg_groups g = groups(&(struct yg_groups_ask){ .corpus = &c, .want = 10 });

    (void)state;
    assert_int_equal(g.n, 0);
    yg_groups_fini(&g);
    yg_corpus_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_shape),    cmocka_unit_test(unusual),
        cmocka_unit_test(stands_for),  cmocka_unit_test(repeatable),
        cmocka_unit_test(all_once),    cmocka_unit_test(plain_order),
        cmocka_unit_test(random_part), cmocka_unit_test(set_aside),
        cmocka_unit_test(by_leaves),   cmocka_unit_test(nothing),
        cmocka_unit_test(wanted),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
