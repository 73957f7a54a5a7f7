/* SPDX-License-Identifier: Apache-2.0 */
/* A replay is what judging stored history one alert at a time says, whatever the blocks,
 * the workers and the models beside it. */
#include "corpus_util.h"
#include "feature/features.h"
#include "pipeline/fit.h"
#include "pipeline/ingest.h"
#include "pipeline/judge.h"
#include "pipeline/replay.h"
#include "pipeline/score.h"
#include "store_util.h"

#include <string.h>
#include <sys/mman.h>

#define FILES  3
#define DAY_NS (INT64_C(1767571200) * YG_NS_PER_S) /* 2026-01-05 */

struct world {
    struct fixture *f;
    struct yg_modelpack *model[2];
};

static struct yg_modelpack *pack(uint64_t seed)
{
    static const char *const name[] = { "a", "b", "c" };
    struct yg_corpus c = corpus_of(name, 3);
    struct yg_fit_params p = { .train = yg_train_default };
    struct yg_modelpack *m = NULL;
    struct yg_err err = { 0 };

    for (size_t t = 0; t < 3; t++)
        corpus_fill(&c, t, seed + t, 300);
    p.train.rounds = 3;
    p.train.threads = 1;
    if (yg_fit(&c, &p, &m, &err) != YG_OK)
        fail_msg("fit: %s", err.msg);
    yg_corpus_free(&c);
    return m;
}

/* A file of `n` EVE records from second `first`, `step` apart; every fourth is a log. */
static int file(int n, int first, int step, const char *rule)
{
    int fd = memfd_create("replay", MFD_CLOEXEC);
    char line[512];

    assert_true(fd >= 0);
    for (int i = 0; i < n; i++) {
        int s = first + i * step;
        int len = snprintf(
            line, sizeof(line),
            "{\"timestamp\":\"2026-01-05T%02d:%02d:%02d.000000+0000\",\"event_type\":"
            "\"%s\",\"src_ip\":\"198.18.0.%d\",\"dest_ip\":\"10.0.%d.1\",\"dest_port\":"
            "%d,\"proto\":\"TCP\",\"flow_id\":%d,\"alert\":{\"signature_id\":%d,"
            "\"signature\":\"%s %d\",\"severity\":%d}}\n",
            s / 3600, s / 60 % 60, s % 60, i % 4 == 2 ? "http" : "alert", i % 50, i % 7,
            i % 3 ? 80 : 40000 + i, s, i % 9, rule, i % 9, i % 3 + 1);
        assert_int_equal(write(fd, line, (size_t)len), len);
    }
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void import(struct fixture *f)
{
    static const char *const name[FILES] = { "a", "b", "c" };
    int fd[FILES] = { file(900, 0, 7, "a"), file(700, 3, 11, "b"), file(50, 14, 7, "c") };
    struct yg_flow_input in[FILES];
    struct yg_counters sum = { 0 };
    struct yg_ingest g = {
        .input = in, .count = FILES, .workers = 2, .store = f->st, .clock = &f->clock
    };

    for (int i = 0; i < FILES; i++)
        in[i] = (struct yg_flow_input){ .source = { .tenant = i == 2 ? BETA : ACME,
                                                    .name = yg_str_of(name[i]) },
                                        .fd = fd[i] };
    assert_ok(f, yg_ingest_run(&g, &sum, NULL, &f->err));
    assert_int_equal(sum.v[YG_C_STORED], 1650);
    for (int i = 0; i < FILES; i++)
        close(fd[i]);
}

static int setup(void **state)
{
    static struct world w;
    void *f = NULL;

    if (fixture_setup(&f) != 0)
        return -1;
    w = (struct world){ .f = f, .model = { pack(40), pack(70) } };
    fixture_open(w.f);
    import(w.f);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    void *f = w->f;

    yg_modelpack_free(w->model[0]);
    yg_modelpack_free(w->model[1]);
    return fixture_teardown(&f);
}

static struct yg_replay replay(struct world *w, const struct yg_modelpack *a,
                               const struct yg_modelpack *b, uint32_t workers)
{
    const struct yg_replay_ask ask = {
        .store = w->f->st, .past = { .workers = workers }, .model = { a, b }, .list = true
    };
    struct yg_replay r;

    assert_ok(w->f, yg_replay_run(&ask, &r, &w->f->err));
    assert_int_equal(r.problems, 0);
    return r;
}

static struct yg_corpus corpus(struct world *w)
{
    struct yg_corpus_options opt = { .workers = 1 };
    struct yg_corpus c;

    assert_ok(w->f, yg_corpus_load(w->f->st, &opt, &c, &w->f->err));
    assert_int_equal(c.count, 2);
    return c;
}

static void same_rows(const struct yg_judged_list *a, const struct yg_judged_list *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        if (memcmp(&a->a[i], &b->a[i], sizeof(a->a[i])) != 0)
            fail_msg("row %zu of %zu differs", i, a->n);
}

/* The rows of one tenant by the judge alone: each alert scored when it comes. */
static void judge_all(struct world *w, const struct yg_corpus_tenant *t,
                      const struct yg_replay *r, size_t at)
{
    const struct yg_modelpack *m = w->model[0];
    struct yg_judge *j = NULL;
    uint32_t tenant;
    float row[YG_FEATURES_MAX];

    assert_ok(w->f, yg_judge_new(m, 0, &j, &w->f->err));
    yg_judge_policy(j)->tau = 0;
    yg_judge_policy(j)->certificate = true;
    yg_judge_policy(j)->not_evaluated &= ~YG_GATE_BIT(OPEN_THREAT);
    assert_ok(w->f, yg_judge_tenant(j, t->name, &tenant, &w->f->err));
    for (size_t i = 0; i < t->count; i++) {
        const struct yg_corpus_record *x = &t->record[i];
        bool alert = x->facts.kind != YG_KIND_CONTEXT;
        struct yg_judge_alert a = { .facts = &x->facts, .id = x->id };
        struct yg_judgement out;
        struct yg_score score;
        yg_judge_see(j, tenant, &x->facts, alert ? row : NULL);
        if (!alert)
            continue;
        yg_score_rows(m->trees, &m->calibration, row, 1, YG_FEATURES_MAX, &score);
        yg_modelpack_distances(m, row, 1, YG_FEATURES_MAX, &score, &a.distance);
        a.score = &score;
        yg_judge_decide(j, tenant, &a, &out);
        const struct yg_judged *got = &r->rows[0].a[at];
        assert_memory_equal(r->id[at], x->id, YG_ID_SIZE);
        assert_memory_equal(r->run_id[got->run], out.run.id, YG_ID_SIZE);
        assert_int_equal(got->risk, score.risk);
        assert_int_equal(got->predicted, score.predicted);
        assert_int_equal(got->gates, out.decision.gates);
        assert_int_equal(got->signature, x->facts.key[YG_KEY_SIGNATURE]);
        assert_int_equal(got->entity, x->facts.key[YG_KEY_ENTITY]);
        assert_true(got->time_ns == x->facts.time_ns);
        at++;
    }
    assert_int_equal(at, r->first[r->rows[0].a[at - 1].tenant + 1]);
    yg_judge_free(j);
}

static void as_one_by_one(void **state)
{
    struct world *w = *state;
    struct yg_replay r = replay(w, w->model[0], NULL, 2);
    struct yg_corpus c = corpus(w);
    size_t gated = 0, risks = 0;

    assert_int_equal(r.tenants, 2);
    for (size_t t = 0; t < r.tenants; t++)
        judge_all(w, &c.tenant[t], &r, r.first[t]);
    for (size_t i = 1; i < r.rows[0].n; i++) {
        gated += r.rows[0].a[i].gates != 0;
        risks += r.rows[0].a[i].risk != r.rows[0].a[i - 1].risk;
        assert_false(r.rows[0].a[i].closed);
    }
    assert_true(gated > 50 && risks > 50); /* or nothing was compared */
    assert_int_equal(r.context, 225 + 175 + 12);
    assert_int_equal(r.rows[0].n, 1650 - r.context);
    yg_corpus_free(&c);
    yg_replay_free(&r);
}

static void whatever_the_workers(void **state)
{
    struct world *w = *state;
    struct yg_replay one = replay(w, w->model[0], NULL, 1);

    for (uint32_t workers = 2; workers <= 4; workers++) {
        struct yg_replay more = replay(w, w->model[0], NULL, workers);
        same_rows(&one.rows[0], &more.rows[0]);
        assert_memory_equal(one.id, more.id, one.rows[0].n * YG_ID_SIZE);
        yg_replay_free(&more);
    }
    yg_replay_free(&one);
}

static void two_models_are_two_replays(void **state)
{
    struct world *w = *state;
    struct yg_replay both = replay(w, w->model[0], w->model[1], 1);
    size_t differ = 0;

    for (int k = 0; k < 2; k++) {
        struct yg_replay one = replay(w, w->model[k], NULL, 1);
        same_rows(&both.rows[k], &one.rows[0]);
        yg_replay_free(&one);
    }
    for (size_t i = 0; i < both.rows[0].n; i++)
        differ += both.rows[0].a[i].risk != both.rows[1].a[i].risk;
    assert_true(differ > 100);
    yg_replay_free(&both);
}

/* An attack is known from when it was judged: then it holds what shares an address, and
 * never before; one that was judged after all is over holds nothing. */
static void known_when_judged(void **state)
{
    struct world *w = *state;
    struct yg_corpus c = corpus(w);
    struct yg_replay before = replay(w, w->model[0], NULL, 1);
    const struct yg_judged *x = &before.rows[0].a[100];
    const int64_t known = DAY_NS + 3000 * YG_NS_PER_S;
    const int64_t at[] = { known, DAY_NS + 400 * INT64_C(86400) * YG_NS_PER_S };
    struct yg_verdict v = { .level = YG_LEVEL_L4,
                            .source = YG_BY_HUMAN,
                            .tenant = before.tenant[x->tenant].name };
    size_t held = 0, others = 0;

    memcpy(v.alert, before.id[100], YG_ID_SIZE);
    assert_true(x->time_ns < known);
    for (int late = 0; late < 2; late++) {
        v.at_ns = at[late];
        assert_ok(w->f, yg_store_verdict_put(w->f->st, &v, &w->f->err));
        assert_ok(w->f, yg_store_commit(w->f->st, &w->f->err));
        struct yg_replay r = replay(w, w->model[0], NULL, 1);
        assert_int_equal(r.rows[0].a[100].level, YG_LEVEL_L4);
        for (size_t i = 0; i < r.rows[0].n; i++) {
            const struct yg_judged *a = &r.rows[0].a[i];
            bool near =
                a->tenant == x->tenant && !late && a->time_ns >= known &&
                (a->address[0] == x->address[0] || a->address[1] == x->address[1]);
            assert_int_equal((a->gates & YG_GATE_BIT(OPEN_THREAT)) != 0, near);
            assert_int_equal(a->gates & ~YG_GATE_BIT(OPEN_THREAT),
                             before.rows[0].a[i].gates);
            held += near;
            others += !near;
        }
        yg_replay_free(&r);
    }
    assert_true(held > 50 && others > 50);
    yg_replay_free(&before);
    yg_corpus_free(&c);
}

/* Many verdicts, given in another order than that of their alerts. */
static void known_in_any_order(void **state)
{
    struct world *w = *state;
    struct yg_replay before = replay(w, w->model[0], NULL, 1);
    const struct yg_judged *row = before.rows[0].a;
    int64_t known[40];
    size_t held = 0;

    for (size_t k = 0; k < 40; k++) {
        struct yg_verdict v = { .level = YG_LEVEL_L3,
                                .source = YG_BY_HUMAN,
                                .tenant = before.tenant[row[k].tenant].name };
        known[k] = v.at_ns = DAY_NS + (int64_t)(2000 + k * 37 % 41 * 100) * YG_NS_PER_S;
        assert_true(row[k].tenant == row[0].tenant && row[k].time_ns < v.at_ns);
        memcpy(v.alert, before.id[k], YG_ID_SIZE);
        assert_ok(w->f, yg_store_verdict_put(w->f->st, &v, &w->f->err));
    }
    assert_ok(w->f, yg_store_commit(w->f->st, &w->f->err));
    struct yg_replay r = replay(w, w->model[0], NULL, 1);
    for (size_t i = 0; i < r.rows[0].n; i++) {
        const struct yg_judged *a = &r.rows[0].a[i];
        bool near = false;
        for (size_t k = 0; k < 40 && a->tenant == row[0].tenant; k++)
            near |= a->time_ns >= known[k] && (a->address[0] == row[k].address[0] ||
                                               a->address[1] == row[k].address[1]);
        assert_int_equal((a->gates & YG_GATE_BIT(OPEN_THREAT)) != 0, near);
        held += near;
    }
    assert_true(held > 500 && held < r.rows[0].n - 100);
    yg_replay_free(&r);
    yg_replay_free(&before);
}

static void narrowed(void **state)
{
    struct world *w = *state;
    const struct yg_str beta = BETA, nobody = YG_STR("nobody");
    struct yg_replay_ask ask = { .store = w->f->st,
                                 .past = { .workers = 1,
                                           .from_ns = DAY_NS + 100 * YG_NS_PER_S,
                                           .until_ns = DAY_NS + 200 * YG_NS_PER_S },
                                 .model = { w->model[0], NULL },
                                 .tenant = &beta,
                                 .tenant_count = 1 };
    struct yg_replay r;

    assert_ok(w->f, yg_replay_run(&ask, &r, &w->f->err));
    assert_int_equal(r.tenants, 1);
    assert_int_equal(r.rows[0].n + r.context, 14); /* seconds 105, 112, ... 196 */
    assert_null(r.id);
    yg_replay_free(&r);
    ask.tenant = &nobody;
    assert_status(YG_ENOTFOUND, yg_replay_run(&ask, &r, &w->f->err));
    yg_replay_free(&r);
}

static void names_of_signatures(void **state)
{
    struct world *w = *state;
    struct yg_replay r = replay(w, w->model[0], NULL, 1);

    for (size_t i = 0; i < r.rows[0].n; i++) {
        struct yg_replay_signature s =
            yg_replay_signature_of(&r, r.rows[0].a[i].signature);
        assert_int_equal(s.name.n, 3); /* "a 5", of rule 5 */
        assert_true(s.id.n > 0 && s.id.p[s.id.n - 1] == s.name.p[2]);
    }
    assert_int_equal(yg_replay_signature_of(&r, 12345).id.n, 0);
    assert_int_equal(yg_replay_signature_of(&r, 0).name.n, 0);
    yg_replay_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_one_by_one),
        cmocka_unit_test(whatever_the_workers),
        cmocka_unit_test(two_models_are_two_replays),
        cmocka_unit_test(narrowed),
        cmocka_unit_test(names_of_signatures),
        cmocka_unit_test(known_when_judged), /* from here on there are verdicts */
        cmocka_unit_test(known_in_any_order),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
