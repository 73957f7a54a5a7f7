/* SPDX-License-Identifier: Apache-2.0 */
/* History comes out the same whether its facts were kept, are of other code, are damaged
 * or are gone: only whether it is decoded again differs. */
#include "pipeline/past.h"

#include "pipeline/corpus.h"
#include "pipeline/ingest.h"
#include "store_util.h"

#include <string.h>
#include <sys/mman.h>

#define FILES 3

/* Alerts, logs and what nobody can read, from second `first`, `step` apart. */
static int file(int n, int first, int step)
{
    int fd = memfd_create("past", MFD_CLOEXEC);
    char line[512];

    assert_true(fd >= 0);
    for (int i = 0; i < n; i++) {
        int s = first + i * step;
        int len = snprintf(
            line, sizeof(line),
            "{\"timestamp\":\"2026-01-05T%02d:%02d:%02d.000000+0000\",\"event_type\":"
            "\"%s\",\"src_ip\":\"198.18.0.%d\",\"dest_ip\":\"10.0.0.%d\",\"dest_port\":%"
            "d,"
            "\"flow_id\":%d,\"payload\":\"R0VUIC8gSFRU%04dCi8x\",\"alert\":{"
            "\"signature_id\":%d,\"signature\":\"rule %d\",\"severity\":%d}}\n",
            s / 3600, s / 60 % 60, s % 60, i % 3 == 2 ? "http" : "alert", i % 250, i % 5,
            i % 7 ? 443 : 2000 + i, s, i, i % 9, i % 9, i % 3 + 1);
        if (i % 50 == 7)
            len = snprintf(line, sizeof(line), "not json %d\n", s);
        if (i % 50 == 9) /* no time */
            len = snprintf(line, sizeof(line),
                           "{\"event_type\":\"alert\",\"alert\":{\"signature_id\":%d}}\n",
                           s);
        assert_int_equal(write(fd, line, (size_t)len), len);
    }
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void import(struct fixture *f)
{
    static const char *const name[FILES] = { "a", "b", "c" };
    const int fd[FILES] = { file(900, 0, 7), file(700, 3, 11), file(50, 14, 7) };
    struct yg_counters sum = { 0 };
    struct yg_flow_input in[FILES];
    struct yg_ingest g = {
        .input = in, .count = FILES, .workers = 2, .store = f->st, .clock = &f->clock
    };

    for (int i = 0; i < FILES; i++)
        in[i] = (struct yg_flow_input){ .source = { .tenant = ACME,
                                                    .name = yg_str_of(name[i]),
                                                    .format = YG_STR("eve") },
                                        .fd = fd[i] };
    assert_ok(f, yg_ingest_run(&g, &sum, NULL, &f->err));
    assert_int_equal(sum.v[YG_C_STORED], 1650);
    for (int i = 0; i < FILES; i++)
        close(fd[i]);
}

static struct yg_corpus load(struct fixture *f)
{
    const struct yg_corpus_options opt = { .workers = 2 };
    struct yg_corpus c;

    assert_ok(f, yg_corpus_load(f->st, &opt, &c, &f->err));
    assert_int_equal(c.count, 1);
    return c;
}

/* Member by member: what lies between them is nobody's. "Every byte" of facts is set. */
static bool same(const struct yg_corpus_record *x, const struct yg_corpus_record *y)
{
    return memcmp(&x->facts, &y->facts, sizeof(x->facts)) == 0 &&
           memcmp(x->id, y->id, YG_ID_SIZE) == 0 && x->level == y->level &&
           x->predicted == y->predicted && x->decision == y->decision &&
           x->trains == y->trains && x->gravest == y->gravest && x->risk == y->risk &&
           x->judged_ns == y->judged_ns;
}

static void assert_same(const char *name, const struct yg_corpus *a,
                        const struct yg_corpus *b)
{
    if (a->problems != b->problems || a->tenant[0].count != b->tenant[0].count)
        fail_msg("%s: %zu records, %zu before", name, b->tenant[0].count,
                 a->tenant[0].count);
    for (size_t i = 0; i < a->tenant[0].count; i++) {
        const struct yg_corpus_record *x = &a->tenant[0].record[i];
        const struct yg_corpus_record *y = &b->tenant[0].record[i];
        if (!same(x, y))
            fail_msg("%s: record %zu of %zu differs", name, i, a->tenant[0].count);
    }
}

static void kept_facts_change_nothing(void **state)
{
    static const struct {
        const char *name, *sql;
    } table[] = {
        { "of other code", "UPDATE facts SET version = x'00'" },
        { "bytes damaged", "UPDATE facts SET bytes = substr(bytes, 1, 50)" },
        { "digest damaged", "UPDATE facts SET digest = zeroblob(32)" },
        { "of another block",
          "UPDATE facts SET (version, digest, bytes) = (SELECT version, digest, bytes "
          "FROM facts ORDER BY block DESC LIMIT 1)" },
        { "of some blocks", "DELETE FROM facts WHERE block % 2" },
        { "gone", "DELETE FROM facts" },
    };
    struct fixture *f = *state;

    fixture_open(f);
    import(f);
    struct yg_corpus want = load(f);
    assert_int_equal(want.records, 1650);
    for (size_t i = 0; i < YG_ARRAY_LEN(table); i++) {
        fixture_close(f);
        sql(f, table[i].sql);
        fixture_open(f);
        struct yg_corpus got = load(f);
        assert_same(table[i].name, &want, &got);
        yg_corpus_free(&got);
    }
    yg_corpus_free(&want);
}

struct heard {
    uint64_t events, decoded, named;
};

static enum yg_status hear(void *arg, const struct yg_past_event *e, struct yg_err *err)
{
    struct heard *h = arg;
    const struct yg_event *event = &e->batch->event[e->at];

    (void)err;
    h->events++;
    h->decoded += e->decoded;
    h->named += yg_event_has(event, YG_F_RULE_NAME);
    assert_int_equal(event->kind, e->facts->kind);
    assert_memory_equal(event->id, e->id, YG_ID_SIZE);
    return YG_OK;
}

/* Who wants fields gets them, who wants names has them for each signature. */
static void what_is_wanted_is_decoded(void **state)
{
    struct fixture *f = *state;
    struct yg_past_options opt = { .workers = 1 };
    struct yg_thin_rule rule = { .what = YG_THIN_CLOSE };
    struct yg_thin_rules rules = { &rule, 1 };
    struct heard h[5];

    fixture_open(f);
    import(f);
    memset(h, 0, sizeof(h));
    for (int i = 0; i < 5; i++) {
        const struct yg_past_sink sink = { .arg = &h[i], .event = hear };
        struct yg_past *p;
        opt.want = i == 1 ? YG_PAST_NAMES : i == 2 ? YG_PAST_FIELDS : YG_PAST_FACTS;
        opt.close[1] = i >= 3 ? &rules : NULL;
        rule.what = i == 3 ? YG_THIN_CLOSE : YG_THIN_DROP;
        assert_ok(f, yg_past_new(f->st, &opt, &p, &f->err));
        assert_ok(f, yg_past_run(p, ACME, &sink, &f->err));
        yg_past_free(p);
        assert_int_equal(h[i].events, 1650);
    }
    assert_int_equal(h[0].decoded, 33); /* what has no time of its own */
    assert_true(h[1].decoded > h[0].decoded && h[1].decoded < h[1].events);
    assert_true(h[1].named >= FILES * 9);
    assert_int_equal(h[2].decoded, h[2].events);
    assert_int_equal(h[3].decoded, h[3].events);
    assert_int_equal(h[4].decoded, h[0].decoded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kept_facts_change_nothing, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(what_is_wanted_is_decoded, fixture_setup,
                                        fixture_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
