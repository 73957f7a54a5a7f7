/* SPDX-License-Identifier: Apache-2.0 */
/* From the journal to the store: each record once, whatever dies when. */
#include "store_util.h"

#include "journal_util.h"

#include "base/rng.h"
#include "pipeline/live.h"

#include <sys/wait.h>

struct world {
    struct fixture *f;
    struct journal_box box;
    struct yg_rng r;
    int64_t now; /* receipt of the first: inside the window of duplicates */
    uint64_t made, fresh, blank, unread; /* records added; of them what is what */
    uint32_t leave_at, asked;            /* orders until LEAVE, or _exit with `die` */
    bool die;
    unsigned troubles;
};

static void line_of(uint64_t n, char out[512])
{
    snprintf(out, 512,
             "{\"timestamp\":\"2023-11-14T22:13:20Z\",\"event_type\":\"alert\",\"alert\":"
             "{\"signature_id\":%llu,\"signature\":\"s %llu\"},\"src_ip\":\"10.0.0.1\"}",
             (unsigned long long)(n % 50 + 1), (unsigned long long)n);
}

/* One unit of 1 to 9 records, some of them blank, unreadable or known already. */
static void add_unit(struct world *w)
{
    char text[9][512];
    struct yg_journal_record rec[9];
    size_t n = 1 + yg_rng_below(&w->r, 9);

    for (size_t i = 0; i < n; i++) {
        uint64_t what = yg_rng_below(&w->r, 20), number = w->made++;
        rec[i] = (struct yg_journal_record){ .received_ns = w->now + (int64_t)number,
                                             .source = 1 };
        if (what == 0) {
            text[i][0] = '\0';
            w->blank++;
        } else if (what == 1) {
            snprintf(text[i], sizeof(text[i]), "no alert %llu",
                     (unsigned long long)number);
            w->unread++;
            w->fresh++;
        } else if (what == 2 && w->fresh > 0) { /* comes again: one id for all of these */
            line_of(UINT64_MAX, text[i]);
            memset(rec[i].id, 7, YG_ID_SIZE);
        } else {
            line_of(number, text[i]);
            w->fresh++;
        }
        rec[i].raw = yg_str_of(text[i]);
    }
    if (yg_journal_add(w->box.j, rec, n, NULL, &w->box.err) != YG_OK)
        fail_msg("add: %s", w->box.err.msg);
}

static void add_units(struct world *w, size_t n)
{
    uint64_t ticket;
    struct yg_journal_record last = { .source = 1, .received_ns = w->now };

    for (size_t i = 0; i < n; i++)
        add_unit(w);
    char text[512];
    line_of(w->made++, text);
    w->fresh++;
    last.raw = yg_str_of(text);
    assert_int_equal(yg_journal_add(w->box.j, &last, 1, &ticket, &w->box.err), YG_OK);
    assert_int_equal(yg_journal_wait(w->box.j, ticket, JOURNAL_WAIT), YG_OK);
}

static enum yg_live_order order(void *arg)
{
    struct world *w = arg;

    if (w->die)
        usleep(5000); /* so that some batches are committed by their age */
    if (w->leave_at && ++w->asked >= w->leave_at) {
        if (w->die)
            _exit(9);
        return YG_LIVE_LEAVE;
    }
    return YG_LIVE_DRAIN;
}

static void trouble(void *arg, const struct yg_err *err)
{
    struct world *w = arg;

    w->troubles += err != NULL;
}

static enum yg_status run(struct world *w, uint32_t workers)
{
    const struct yg_live live = { .dir = w->box.dir,
                                  .store = w->f->st,
                                  .clock = &w->f->clock,
                                  .workers = workers,
                                  .arg = w,
                                  .order = order,
                                  .trouble = trouble };

    w->asked = 0;
    return yg_live_run(&live, &w->f->err);
}

static uint64_t counted(const struct world *w, enum yg_intake_counter c)
{
    struct yg_intake_state *s = NULL;
    struct yg_err err = { 0 };
    uint64_t v = 0;

    assert_int_equal(yg_intake_state_open(w->box.dir, true, &s, &err), YG_OK);
    int row = yg_intake_state_row(s, w->box.source[1].tenant, w->box.source[1].name);
    assert_true(row >= 0);
    v = yg_intake_state_get(s, (uint32_t)row, c);
    yg_intake_state_close(s);
    return v;
}

/* All that was added is accounted for: stored once, and every counter exact. */
static void check_all(struct world *w)
{
    struct yg_store_stats sum;
    uint64_t again = w->made - w->fresh - w->blank;

    assert_ok(w->f, yg_store_stats(w->f->st, &sum, &w->f->err));
    uint64_t stored = w->fresh + (again > 0);
    assert_int_equal(sum.alerts + sum.contexts + sum.undecodable, stored);
    assert_int_equal(counted(w, YG_IN_RECEIVED), w->made);
    assert_int_equal(counted(w, YG_IN_STORED), stored);
    assert_int_equal(counted(w, YG_IN_FILTERED), w->blank);
    assert_int_equal(counted(w, YG_IN_DUPLICATE), again - (again > 0));
    assert_int_equal(counted(w, YG_IN_UNREAD), w->unread);
}

static void begin(struct world *w, struct fixture *f, uint64_t seed)
{
    struct yg_clock real = yg_clock_real();

    *w = (struct world){ .f = f, .now = yg_clock_now(&real) };
    yg_rng_init(&w->r, seed);
    box_init(&w->box);
    w->box.source[1].log_source = false;
    box_open(&w->box);
}

static void end(struct world *w)
{
    box_fini(&w->box);
}

static void test_once(void **state)
{
    struct fixture *f = *state;
    struct world w;

    fixture_open(f);
    begin(&w, f, 1);
    add_units(&w, 300);
    assert_ok(f, run(&w, 2));
    check_all(&w);
    /* Nothing more: nothing happens. More: it goes on. */
    assert_ok(f, run(&w, 1));
    check_all(&w);
    add_units(&w, 100);
    assert_ok(f, run(&w, 3));
    check_all(&w);
    assert_int_equal(w.troubles, 0);
    fixture_close(f);
    end(&w);
}

static void test_leave(void **state)
{
    struct fixture *f = *state;
    struct world w;
    int runs = 0;

    fixture_open(f);
    begin(&w, f, 2);
    add_units(&w, 400);
    for (w.leave_at = 2; counted(&w, YG_IN_STORED) == 0 || w.asked >= w.leave_at; runs++)
        assert_ok(f, run(&w, 2));
    assert_true(runs > 3);
    check_all(&w);
    fixture_close(f);
    end(&w);
}

/* The core dies between any two batches; what it had committed is not done again. */
static void test_die(void **state)
{
    struct fixture *f = *state;
    struct world w;
    int died = 0, how = 1;

    begin(&w, f, 3);
    fixture_open(f); /* made before anybody dies */
    fixture_close(f);
    w.die = true;
    for (int i = 0; how != 0; i++) {
        assert_true(i < 500);
        if (i < 20)
            add_units(&w, 400);
        w.leave_at = i < 40 ? 1 + (uint32_t)yg_rng_below(&w.r, 40) : 0;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            f->clock = yg_clock_real(); /* commits by age, too */
            if (yg_store_open(f->dir, &f->opt, &f->st, &f->err) != YG_OK)
                _exit(3);
            _exit(run(&w, 2) == YG_OK ? 0 : 4);
        }
        assert_int_equal(waitpid(pid, &how, 0), pid);
        assert_true(WIFEXITED(how) && (WEXITSTATUS(how) == 9 || how == 0));
        died += how != 0;
        if (how == 0 && i < 20)
            how = 1;
    }
    assert_true(died > 10);
    fixture_open(f);
    check_all(&w);
    fixture_close(f);
    end(&w);
}

/* A full disk: nothing is lost, and the next run takes it from the last commit. */
static void test_full(void **state)
{
    struct fixture *f = *state;
    struct world w;

    begin(&w, f, 4);
    f->opt.max_pages = 160;
    fixture_open(f);
    for (int i = 0; i < 40; i++)
        add_units(&w, 200);
    enum yg_status st = run(&w, 2);
    assert_status(YG_EIO, st);
    assert_true(counted(&w, YG_IN_STORED) < w.fresh);
    fixture_close(f);
    f->opt.max_pages = 0;
    fixture_open(f);
    assert_ok(f, run(&w, 2));
    check_all(&w);
    fixture_close(f);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_once, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_leave, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_die, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_full, fixture_setup, fixture_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
