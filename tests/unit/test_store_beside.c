/* SPDX-License-Identifier: Apache-2.0 */
/* Rows written by other processes beside the one that writes history. */
#include "store_util.h"

#include <sys/wait.h>

#define VERDICTS 40

static struct yg_verdict verdict_of(const struct yg_store_record *r, enum yg_level level)
{
    struct yg_verdict v = {
        .level = (uint8_t)level, .source = YG_BY_HUMAN, .at_ns = T0, .tenant = ACME
    };

    memcpy(v.alert, r->id, YG_ID_SIZE);
    return v;
}

static struct yg_store *open_rows(struct fixture *f)
{
    struct yg_store_options opt = f->opt;
    struct yg_store *st = NULL;

    opt.create = false;
    opt.rows = true;
    assert_ok(f, yg_store_open(f->dir, &opt, &st, &f->err));
    return st;
}

static void test_beside(void **state)
{
    struct fixture *f = *state;
    struct yg_store_record r = record_of(f, 1);
    bool wrote;

    fixture_open(f);
    assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
    assert_ok(f, yg_store_commit(f->st, &f->err));
    assert_ok(f, yg_store_others(f->st, &wrote, &f->err));
    assert_false(wrote);

    struct yg_store *rows = open_rows(f);
    struct yg_verdict v = verdict_of(&r, YG_LEVEL_L3), have;
    assert_ok(f, yg_store_verdict_put(rows, &v, &f->err));
    assert_ok(f, yg_store_commit(rows, &f->err));
    assert_ok(f, yg_store_others(f->st, &wrote, &f->err));
    assert_true(wrote);
    assert_ok(f, yg_store_others(f->st, &wrote, &f->err));
    assert_false(wrote);
    assert_ok(f, yg_store_verdict_get(f->st, r.id, &f->arena, &have, &f->err));
    assert_int_equal(have.level, YG_LEVEL_L3);

    /* History belongs to the other one. */
    struct yg_store_record r2 = record_of(f, 2);
    size_t gone;
    assert_status(YG_EINVAL, yg_store_add(rows, ACME, &r2, &f->err));
    assert_status(YG_EINVAL, yg_store_merge(rows, 16, &gone, &f->err));
    assert_status(YG_ENOTFOUND, yg_store_reopen(rows, BETA, r.id, 1, true, &f->err));
    yg_store_rollback(rows);

    /* The writer goes on, its own commits are not those of others, and what it stored
     * since is known to the rows. */
    assert_ok(f, yg_store_add(f->st, ACME, &r2, &f->err));
    assert_ok(f, yg_store_commit(f->st, &f->err));
    assert_ok(f, yg_store_others(f->st, &wrote, &f->err));
    assert_false(wrote);
    v = verdict_of(&r2, YG_LEVEL_FP);
    assert_ok(f, yg_store_verdict_put(rows, &v, &f->err));
    assert_ok(f, yg_store_commit(rows, &f->err));
    yg_store_close(rows);
    fixture_close(f);
}

/* A second writer of history is told so at once, with rows open or not. */
static void test_one_history(void **state)
{
    struct fixture *f = *state;
    struct yg_store *other = NULL;

    fixture_open(f);
    struct yg_store *rows = open_rows(f);
    assert_status(YG_EBUSY, yg_store_open(f->dir, &f->opt, &other, &f->err));
    fixture_close(f);
    assert_ok(f, yg_store_open(f->dir, &f->opt, &other, &f->err));
    yg_store_close(other);
    yg_store_close(rows);
}

/* While rows are held, history waits and then says whose turn it is; nothing is lost. */
static void test_turns(void **state)
{
    struct fixture *f = *state;
    struct yg_store_record r = record_of(f, 1);

    fixture_open(f);
    assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
    struct yg_store *rows = open_rows(f);
    assert_ok(f, yg_store_hold(rows, &f->err));
    assert_status(YG_EBUSY, yg_store_hold(f->st, &f->err));
    yg_store_rollback(rows);
    assert_ok(f, yg_store_hold(f->st, &f->err));
    assert_ok(f, yg_store_commit(f->st, &f->err));
    assert_true(yg_store_has(f->st, r.id));
    yg_store_close(rows);
    fixture_close(f);
}

static int judge_in_child(struct fixture *f, const struct yg_store_record *first)
{
    struct yg_store_options opt = f->opt;
    struct yg_store *st = NULL;

    opt.create = false;
    opt.rows = true;
    for (unsigned i = 0; i < VERDICTS; i++) {
        struct yg_verdict v = verdict_of(first, i % YG_LEVEL_COUNT);
        if (yg_store_open(f->dir, &opt, &st, &f->err) != YG_OK ||
            yg_store_hold(st, &f->err) != YG_OK ||
            yg_store_verdict_put(st, &v, &f->err) != YG_OK ||
            yg_store_commit(st, &f->err) != YG_OK)
            return 1;
        yg_store_close(st);
    }
    return 0;
}

/* Two processes judge while a third commits history as fast as it can. */
static void test_processes(void **state)
{
    struct fixture *f = *state;
    struct yg_store_record first = record_of(f, 0);
    struct yg_verdict *v;
    size_t count;
    uint64_t n = 1, bad;
    int left = 2, how;

    fixture_open(f);
    assert_ok(f, yg_store_add(f->st, ACME, &first, &f->err));
    assert_ok(f, yg_store_commit(f->st, &f->err));
    fixture_close(f);
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            _exit(judge_in_child(f, &first));
    }
    fixture_open(f);
    while (left > 0) {
        assert_ok(f,
                  yg_store_hold(f->st, &f->err)); /* held the whole time, as serve does */
        for (int i = 0; i < 200; i++, n++) {
            struct yg_store_record r = record_of(f, n);
            assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
        }
        assert_ok(f, yg_store_commit(f->st, &f->err));
        while (left > 0 && waitpid(-1, &how, WNOHANG) > 0) {
            assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
            left--;
        }
    }
    assert_ok(f,
              yg_store_verdict_history(f->st, first.id, &f->arena, &v, &count, &f->err));
    assert_int_equal(count, 2 * VERDICTS);
    assert_ok(f, yg_store_check(f->st, &bad, &f->err));
    struct yg_store_stats sum;
    assert_ok(f, yg_store_stats(f->st, &sum, &f->err));
    assert_int_equal(sum.alerts + sum.contexts + sum.undecodable, n);
    fixture_close(f);
}

/* Who writes history learns that somebody waits for rows, and need not keep him waiting.
 */
static void test_waited(void **state)
{
    struct fixture *f = *state;
    struct yg_store_record first = record_of(f, 0);
    int how, naps = 0;

    fixture_open(f);
    assert_ok(f, yg_store_add(f->st, ACME, &first, &f->err));
    assert_ok(f, yg_store_commit(f->st, &f->err));
    assert_false(yg_store_waited(f->st));
    fixture_close(f);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)usleep(200000);
        _exit(judge_in_child(f, &first));
    }
    fixture_open(f);
    assert_ok(f, yg_store_hold(f->st, &f->err));
    while (!f->server && naps++ < 5000 && !yg_store_waited(f->st))
        (void)usleep(1000);
    assert_true(f->server || naps < 5000);
    assert_ok(f, yg_store_commit(f->st, &f->err));
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    assert_ok(f, yg_store_hold(f->st, &f->err));
    assert_false(yg_store_waited(f->st));
    yg_store_rollback(f->st);
    fixture_close(f);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(test_beside),    CASE(test_one_history), CASE(test_turns),
        CASE(test_processes), CASE(test_waited),
    };
    const struct cases c = { "store_beside", both, NULL, YG_ARRAY_LEN(both), 0 };

    return run_on_both(&c);
}
