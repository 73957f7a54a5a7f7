/* SPDX-License-Identifier: Apache-2.0 */
/* Rules on the way from the journal to the store: what they leave out is counted once and
 * said once, whenever the core dies. */
#include "store_util.h"

#include "journal_util.h"

#include "base/rng.h"
#include "pipeline/live.h"

#include <sys/wait.h>

#define RULE                                                                             \
    "    owner: o\n    reason: w\n    expires: 2099-01-01\n"                             \
    "    match: { source.port: "

static const char text[] = "thin:\n"
                           "  - name: merge\n" RULE "1 }\n    do: merge 1 s\n"
                           "    by: [source.ip]\n"
                           "  - name: count\n" RULE "2 }\n    do: count\n"
                           "  - name: drop\n" RULE "3 }\n    do: drop\n"
                           "  - name: alerts\n" RULE "4 }\n    do: drop\n";

struct world {
    struct fixture *f;
    struct journal_box box;
    struct yg_rng r;
    struct yg_arena arena;
    struct yg_thin_rules rules;
    int64_t now;
    uint64_t made, of[5]; /* by source.port; 0: no rule; 4: alerts */
    uint32_t leave_at, asked;
};

static void add_record(struct world *w, uint64_t port, int64_t later_ns, bool wait)
{
    char raw[256];

    snprintf(raw, sizeof(raw),
             "{\"timestamp\":\"2023-11-14T22:13:20Z\",\"event_type\":\"%s\",\"src_ip\":"
             "\"10.0.0.%u\",\"src_port\":%u,\"alert\":{\"signature_id\":1,\"signature\":"
             "\"s\"},\"n\":%llu}",
             port == 4 ? "alert" : "flow", (unsigned)yg_rng_below(&w->r, 20),
             (unsigned)port, (unsigned long long)w->made);
    struct yg_journal_record rec = { .received_ns =
                                         w->now + (int64_t)w->made * 20000000 + later_ns,
                                     .source = 1,
                                     .raw = yg_str_of(raw) };
    uint64_t ticket;
    w->made++;
    w->of[port]++;
    assert_int_equal(yg_journal_add(w->box.j, &rec, 1, &ticket, &w->box.err), YG_OK);
    if (wait)
        assert_int_equal(yg_journal_wait(w->box.j, ticket, JOURNAL_WAIT), YG_OK);
}

static void add_records(struct world *w, unsigned n)
{
    for (unsigned i = 1; i <= n; i++)
        add_record(w, yg_rng_below(&w->r, 5), 0, i == n);
}

static enum yg_live_order order(void *arg)
{
    struct world *w = arg;

    if (w->leave_at && ++w->asked >= w->leave_at)
        _exit(9);
    if (w->leave_at)
        usleep(10000); /* so that some batches are committed by their age */
    return YG_LIVE_DRAIN;
}

static enum yg_status run(struct world *w, struct yg_store *st)
{
    const struct yg_live live = { .dir = w->box.dir,
                                  .store = st,
                                  .clock = &w->f->clock,
                                  .workers = 2,
                                  .thin = &w->rules,
                                  .arg = w,
                                  .order = order };

    return yg_live_run(&live, &w->f->err);
}

struct sum {
    uint64_t thin, said, kept;
};

static uint64_t number_after(struct yg_str s, const char *key)
{
    const char *at = memmem(s.p, s.n, key, strlen(key));
    uint64_t v = 0;

    assert_non_null(at);
    for (at += strlen(key); at < s.p + s.n && *at >= '0' && *at <= '9'; at++)
        v = v * 10 + (uint64_t)(*at - '0');
    return v;
}

static void add_up(struct sum *sum, const struct yg_store_record *r)
{
    bool thin = memmem(r->raw.p, r->raw.n, "\"thin\":", 7) != NULL;

    sum->thin += thin;
    sum->kept += !thin;
    if (thin)
        sum->said += number_after(r->raw, "\"records\":");
}

static void scan(struct fixture *f, struct sum *sum)
{
    const struct yg_store_query q = { .tenant = YG_STR("acme") };
    struct yg_store_scan *s;
    struct yg_store_record r;
    enum yg_status st;

    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    while ((st = yg_store_scan_next(s, &r, &f->err)) == YG_OK)
        add_up(sum, &r);
    assert_status(YG_EEND, st);
    yg_store_scan_close(s);
}

static const struct yg_thin_row *row_of(const struct yg_thin_tally *t, const char *rule)
{
    for (uint32_t i = 1; i < t->rows; i++)
        if (yg_str_eq(t->row[i].rule, yg_str_of(rule)))
            return &t->row[i];
    fail_msg("no row of rule \"%s\"", rule);
    return NULL;
}

/* Let all groups be over. */
static void settle(struct world *w)
{
    add_record(w, 0, INT64_C(14400) * YG_NS_PER_S, true);
    assert_ok(w->f, run(w, w->f->st));
}

/* What is said of groups that are closed adds up to what was left out for them. */
static void check_all(struct world *w)
{
    struct fixture *f = w->f;
    struct yg_thin_tally t;
    struct sum sum = { 0 };

    assert_int_equal(yg_thin_tally_init(&t), YG_OK);
    assert_ok(f, yg_thinning_read(f->st, &t, &f->err));
    assert_int_equal(row_of(&t, "merge")->in, w->of[1]);
    assert_int_equal(row_of(&t, "count")->in, w->of[2]);
    assert_int_equal(row_of(&t, "count")->out, w->of[2]);
    assert_int_equal(row_of(&t, "drop")->out, w->of[3]);
    assert_int_equal(row_of(&t, "")->in, w->of[0] + w->of[4]);
    assert_int_equal(row_of(&t, "")->out, 0);
    uint64_t merged = row_of(&t, "merge")->out;
    assert_true(merged > 0 && merged < w->of[1]);
    scan(f, &sum);
    assert_int_equal(sum.kept, w->of[0] + w->of[4] + w->of[1] - merged);
    assert_int_equal(sum.said, merged + w->of[2]);
    assert_true(sum.thin > 10);
    yg_thin_tally_fini(&t);
}

static void begin(struct world *w, struct fixture *f, uint64_t seed)
{
    struct yg_clock real = yg_clock_real();

    *w = (struct world){ .f = f, .now = yg_clock_now(&real) };
    yg_rng_init(&w->r, seed);
    yg_arena_init(&w->arena, 1 << 22);
    assert_ok(f, yg_thin_parse(&w->arena, "c", yg_str_of(text), 0, &w->rules, &f->err));
    box_init(&w->box);
    w->box.source[1].log_source = false;
    box_open(&w->box);
}

static void end(struct world *w)
{
    box_fini(&w->box);
    yg_arena_fini(&w->arena);
}

static void test_once(void **state)
{
    struct fixture *f = *state;
    struct world w;

    fixture_open(f);
    begin(&w, f, 1);
    for (int i = 0; i < 5; i++) { /* groups go on in the next run */
        add_records(&w, 700);
        assert_ok(f, run(&w, f->st));
    }
    settle(&w);
    check_all(&w);
    fixture_close(f);
    end(&w);
}

/* The core dies between any two batches. */
static void test_die(void **state)
{
    struct fixture *f = *state;
    struct world w;
    int died = 0, how;

    begin(&w, f, 2);
    fixture_open(f);
    fixture_close(f);
    for (int i = 0; i < 20; i++) {
        add_records(&w, 2500);
        w.leave_at = 1 + (uint32_t)yg_rng_below(&w.r, 24);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct yg_store *st = NULL;
            f->clock = yg_clock_real(); /* commits by age, too */
            if (yg_store_open(f->dir, &f->opt, &st, &f->err) != YG_OK)
                _exit(3);
            _exit(run(&w, st) == YG_OK ? 0 : 4);
        }
        assert_int_equal(waitpid(pid, &how, 0), pid);
        assert_true(WIFEXITED(how) && (WEXITSTATUS(how) == 9 || how == 0));
        died += how != 0;
    }
    assert_true(died > 5);
    w.leave_at = 0;
    fixture_open(f);
    settle(&w);
    check_all(&w);
    fixture_close(f);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_once, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_die, fixture_setup, fixture_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
