/* SPDX-License-Identifier: Apache-2.0 */
/* What is read back for training comes in the order in which triage saw it. */
#include "conf/watchlist.h"
#include "pipeline/corpus.h"
#include "pipeline/ingest.h"
#include "store_util.h"

#include <string.h>
#include <sys/mman.h>

#define FILES 3

struct seen {
    struct yg_facts *a;
    size_t n;
};

static enum yg_status event(void *arg, struct yg_slot *slot, uint32_t i,
                            struct yg_err *err)
{
    struct seen *s = arg;

    (void)err;
    s->a = realloc(s->a, (s->n + 1) * sizeof(*s->a));
    s->a[s->n++] = slot->facts[i];
    return YG_OK;
}

/* A file of `n` EVE records from second `first`, `step` apart; every third is a log. */
static int file(int n, int first, int step, const char *rule)
{
    int fd = memfd_create("corpus", MFD_CLOEXEC);
    char line[512];

    assert_true(fd >= 0);
    for (int i = 0; i < n; i++) {
        int s = first + i * step;
        int len = snprintf(
            line, sizeof(line),
            "{\"timestamp\":\"2026-01-05T%02d:%02d:%02d.000000+0000\",\"event_type\":"
            "\"%s\",\"src_ip\":\"198.18.0.%d\",\"dest_ip\":\"10.0.0.1\","
            "\"flow_id\":%d,\"alert\":{\"signature_id\":%d,\"signature\":\"%s\","
            "\"severity\":2}}\n",
            s / 3600, s / 60 % 60, s % 60, i % 3 == 2 ? "http" : "alert", i % 250, s,
            i % 9, rule);
        assert_int_equal(write(fd, line, (size_t)len), len);
    }
    return fd;
}

static void inputs(struct yg_flow_input *in)
{
    static const char *const name[FILES] = { "a", "b", "c" };
    int fd[FILES] = { file(900, 0, 7, "a"), file(700, 3, 11, "b"), file(50, 14, 7, "c") };

    for (int i = 0; i < FILES; i++) {
        assert_int_equal(lseek(fd[i], 0, SEEK_SET), 0);
        in[i] = (struct yg_flow_input){
            .source = { .tenant = ACME, .name = yg_str_of(name[i]) }, .fd = fd[i]
        };
    }
}

static void close_inputs(struct yg_flow_input *in)
{
    for (int i = 0; i < FILES; i++)
        close(in[i].fd);
}

static bool verdict_of(void *arg, uint32_t source, uint64_t line,
                       struct yg_ingest_verdict *out)
{
    (void)arg;
    *out = (struct yg_ingest_verdict){ .level = (enum yg_level)(line % 5),
                                       .incident = YG_STR("x") };
    return source == 1;
}

static void import(struct fixture *f)
{
    struct yg_flow_input in[FILES];
    struct yg_counters sum = { 0 };
    struct yg_ingest g = { .input = in,
                           .count = FILES,
                           .workers = 2,
                           .store = f->st,
                           .clock = &f->clock,
                           .verdict_of = verdict_of };

    inputs(in);
    assert_ok(f, yg_ingest_run(&g, &sum, NULL, &f->err));
    assert_int_equal(sum.v[YG_C_STORED], 1650);
    close_inputs(in);
}

static void triage_order(struct fixture *f, struct seen *s)
{
    struct yg_flow_input in[FILES];
    struct yg_flow_sink sink = { .arg = s, .event = event };
    struct yg_flow_options opt = { .workers = 3 };

    inputs(in);
    assert_ok(f, yg_flow_run(in, FILES, &sink, &opt, NULL, &f->err));
    close_inputs(in);
}

static void same_order(void **state)
{
    struct fixture *f = *state;
    struct seen s = { .n = 0 };
    struct yg_corpus_options opt = { .workers = 2 };
    struct yg_corpus c;

    fixture_open(f);
    import(f);
    triage_order(f, &s);
    for (opt.workers = 1; opt.workers <= 3; opt.workers++) {
        size_t alerts = 0, judged = 0;
        assert_ok(f, yg_corpus_load(f->st, &opt, &c, &f->err));
        assert_int_equal(c.count, 1);
        assert_int_equal(c.tenant[0].count, s.n);
        for (size_t i = 0; i < s.n; i++) {
            struct yg_corpus_record *r = &c.tenant[0].record[i];
            alerts += r->facts.kind == YG_KIND_ALERT;
            judged += r->level < YG_LEVEL_COUNT;
            /* The incident is people's word, not the record's. */
            r->facts.key[YG_KEY_INCIDENT] = s.a[i].key[YG_KEY_INCIDENT];
            if (memcmp(&r->facts, &s.a[i], sizeof(s.a[i])) != 0)
                fail_msg("record %zu of %zu differs", i, s.n);
        }
        assert_int_equal(alerts, 600 + 467 + 34);
        assert_int_equal(judged, 467);
        assert_int_equal(c.tenant[0].alerts, alerts);
        assert_int_equal(c.tenant[0].judged, judged);
        yg_corpus_free(&c);
    }
    free(s.a);
}

/* Whose verdicts count, and when they were given. */
static void verdicts_of_people(void **state)
{
    static const struct {
        enum yg_verdict_source source;
        bool counts;
    } cases[] = {
        { YG_BY_HUMAN, true },
        { YG_BY_IMPORT, true },
        { YG_BY_RULE, false },
        { YG_BY_MODEL, false },
    };
    struct fixture *f = *state;
    struct yg_corpus_options opt = { .workers = 1 };
    struct yg_corpus c;
    size_t n = 0, at[YG_ARRAY_LEN(cases)];

    fixture_open(f);
    import(f);
    assert_ok(f, yg_corpus_load(f->st, &opt, &c, &f->err));
    for (size_t i = 0; n < YG_ARRAY_LEN(cases); i++)
        if (c.tenant[0].record[i].facts.kind == YG_KIND_ALERT)
            at[n++] = i;
    for (size_t k = 0; k < n; k++) {
        struct yg_verdict v = { .level = YG_LEVEL_L4,
                                .source = (uint8_t)cases[k].source,
                                .at_ns = (int64_t)k + 77,
                                .tenant = c.tenant[0].name };
        memcpy(v.alert, c.tenant[0].record[at[k]].id, YG_ID_SIZE);
        assert_ok(f, yg_store_verdict_put(f->st, &v, &f->err));
    }
    assert_ok(f, yg_store_commit(f->st, &f->err));
    yg_corpus_free(&c);
    assert_ok(f, yg_corpus_load(f->st, &opt, &c, &f->err));
    for (size_t k = 0; k < n; k++) {
        const struct yg_corpus_record *r = &c.tenant[0].record[at[k]];
        assert_int_equal(r->level, cases[k].counts ? YG_LEVEL_L4 : YG_LEVEL_NONE);
        assert_true(r->judged_ns == (int64_t)k + 77);
    }
    yg_corpus_free(&c);
}

/* Facts are marked by lists only where the caller hands them in. */
static void listed(void **state)
{
    struct fixture *f = *state;
    struct yg_corpus_options opt = { .workers = 2 };
    struct yg_watchlist *w;
    struct yg_corpus c;

    fixture_open(f);
    import(f);
    assert_ok(f, yg_watchlist_new(&w, &f->err));
    assert_ok(f, yg_watchlist_add(w, YG_WATCH_CRITICAL, "all",
                                  YG_STR("0.0.0.0/0\n::/0\n"), &f->err));
    for (int with = 0; with < 2; with++) {
        size_t marked = 0;
        opt.watch = with ? w : NULL;
        assert_ok(f, yg_corpus_load(f->st, &opt, &c, &f->err));
        for (size_t i = 0; i < c.tenant[0].count; i++) {
            const struct yg_facts *x = &c.tenant[0].record[i].facts;
            assert_int_equal(x->listed & YG_WATCH_INTEL, 0);
            assert_true(x->listed == 0 || x->kind != YG_KIND_CONTEXT);
            marked += x->listed != 0;
        }
        assert_true(with ? marked > 100 : marked == 0);
        yg_corpus_free(&c);
    }
    yg_watchlist_free(w);
}

static void narrowed(void **state)
{
    struct fixture *f = *state;
    const int64_t day = INT64_C(1767571200) * YG_NS_PER_S; /* 2026-01-05 */
    struct yg_str nobody = YG_STR("nobody");
    struct yg_corpus_options opt = { .workers = 1,
                                     .from_ns = day + 100 * YG_NS_PER_S,
                                     .until_ns = day + 200 * YG_NS_PER_S };
    struct yg_corpus c;

    fixture_open(f);
    import(f);
    assert_ok(f, yg_corpus_load(f->st, &opt, &c, &f->err));
    assert_true(c.tenant[0].count > 20);
    for (size_t i = 0; i < c.tenant[0].count; i++)
        assert_true(c.tenant[0].record[i].facts.time_ns >= opt.from_ns &&
                    c.tenant[0].record[i].facts.time_ns < opt.until_ns);
    yg_corpus_free(&c);
    opt = (struct yg_corpus_options){ .workers = 1, .cap = 1000 };
    assert_status(YG_ELIMIT, yg_corpus_load(f->st, &opt, &c, &f->err));
    opt =
        (struct yg_corpus_options){ .workers = 1, .tenant = &nobody, .tenant_count = 1 };
    assert_status(YG_ENOTFOUND, yg_corpus_load(f->st, &opt, &c, &f->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_order, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(verdicts_of_people, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(listed, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(narrowed, fixture_setup, fixture_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
