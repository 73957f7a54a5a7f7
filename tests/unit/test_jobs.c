/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs as rows: one of a kind at a time, what became of those that nobody hears of, how
 * many are kept. */
#include "jobs/jobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define T0 (INT64_C(1780000000) * YG_NS_PER_S)

struct fixture {
    char dir[64], path[96];
    struct yg_clock clock;
    struct yg_jobs *j;
    struct yg_arena arena;
    struct yg_err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct yg_jobs_options opt = { .clock = &f->clock, .create = true };

    snprintf(f->dir, sizeof(f->dir), "/tmp/yagura-jobs-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/jobs.db", f->dir);
    opt.where = f->path;
    f->clock = yg_clock_manual(T0);
    yg_arena_init(&f->arena, (size_t)64 << 20);
    assert_int_equal(yg_jobs_open(&opt, &f->j, &f->err), YG_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[128];

    yg_jobs_close(f->j);
    for (const char *const *end = (const char *const[]){ "", "-wal", "-shm", NULL }; *end;
         end++) {
        snprintf(path, sizeof(path), "%s%s", f->path, *end);
        unlink(path);
    }
    rmdir(f->dir);
    yg_arena_fini(&f->arena);
    free(f);
    return 0;
}

static enum yg_status add(struct fixture *f, const char *kind, uint64_t *id)
{
    const struct yg_job job = { .kind = yg_str_of(kind),
                                .who = YG_STR("kim"),
                                .tenant = YG_STR("\xff"),
                                .words = YG_STR("train\n--json") };

    return yg_jobs_add(f->j, &job, id, &f->err);
}

static void later(struct fixture *f, int64_t s)
{
    f->clock = yg_clock_manual(yg_clock_now(&f->clock) + s * YG_NS_PER_S);
}

static unsigned state_of(struct fixture *f, uint64_t id)
{
    struct yg_job j;

    assert_int_equal(yg_jobs_get(f->j, id, &f->arena, &j, &f->err), YG_OK);
    return j.state;
}

static void a_life(void **state)
{
    struct fixture *f = *state;
    struct yg_job j = { .id = 0 };
    bool cancel = true;
    uint64_t id = 0;

    assert_int_equal(add(f, "train", &id), YG_OK);
    assert_int_equal(state_of(f, id), YG_JOB_QUEUED);
    assert_int_equal(add(f, "train", &id), YG_EEXIST);
    assert_int_equal(yg_jobs_begin(f->j, id, &f->err), YG_OK);
    assert_int_equal(yg_jobs_begin(f->j, id, &f->err), YG_EEXIST);
    later(f, 10);
    j = (struct yg_job){ .id = id,
                         .done = 3,
                         .total = 7,
                         .step = YG_STR("learning"),
                         .tail = YG_STR("a line\n") };
    assert_int_equal(yg_jobs_tell(f->j, &j, &cancel, &f->err), YG_OK);
    assert_false(cancel);
    assert_int_equal(yg_jobs_cancel(f->j, id, &f->err), YG_OK);
    assert_int_equal(yg_jobs_tell(f->j, &j, &cancel, &f->err), YG_OK);
    assert_true(cancel);
    j.state = YG_JOB_CANCELLED;
    j.status = 143;
    j.result = YG_STR("{}");
    assert_int_equal(yg_jobs_end(f->j, &j, &f->err), YG_OK);
    assert_int_equal(yg_jobs_get(f->j, id, &f->arena, &j, &f->err), YG_OK);
    assert_int_equal(j.state, YG_JOB_CANCELLED);
    assert_int_equal(j.status, 143);
    assert_int_equal(j.done, 3);
    assert_true(yg_str_eq(j.step, YG_STR("learning")) &&
                yg_str_eq(j.result, YG_STR("{}")) && yg_str_eq(j.tenant, YG_STR("\xff")));
    assert_int_equal(yg_jobs_cancel(f->j, id, &f->err), YG_EINVAL);
    assert_int_equal(yg_jobs_tell(f->j, &j, &cancel, &f->err), YG_ENOTFOUND);
    assert_int_equal(add(f, "train", &id), YG_OK);
    assert_int_equal(yg_jobs_get(f->j, 99, &f->arena, &j, &f->err), YG_ENOTFOUND);
}

/* Of what died nobody hears: it is said, and another one may begin. */
static void lost(void **state)
{
    struct fixture *f = *state;
    struct yg_job j = { .id = 0 };
    bool cancel;
    uint64_t first = 0, second = 0;

    assert_int_equal(add(f, "train", &first), YG_OK);
    assert_int_equal(yg_jobs_begin(f->j, first, &f->err), YG_OK);
    later(f, 19);
    assert_int_equal(state_of(f, first), YG_JOB_RUNNING);
    later(f, 2);
    assert_int_equal(state_of(f, first), YG_JOB_LOST);
    assert_int_equal(add(f, "train", &second), YG_OK);
    /* it was only slow, and learns that it is not wanted any more */
    j.id = first;
    assert_int_equal(yg_jobs_tell(f->j, &j, &cancel, &f->err), YG_ENOTFOUND);
    assert_int_equal(state_of(f, first), YG_JOB_LOST);
    assert_int_equal(state_of(f, second), YG_JOB_QUEUED);
}

static void caps(void **state)
{
    struct fixture *f = *state;
    struct yg_job end = { .state = YG_JOB_DONE };
    struct yg_job_list list;
    uint64_t id = 0;

    for (int i = 0; i < YG_JOBS_KEPT + 5; i++) {
        assert_int_equal(add(f, "backup", &id), YG_OK);
        end.id = id;
        assert_int_equal(yg_jobs_end(f->j, &end, &f->err), YG_OK);
    }
    uint64_t before = 0, all = 0;
    do {
        assert_int_equal(yg_jobs_list(f->j, before, 300, &f->arena, &list, &f->err),
                         YG_OK);
        for (size_t i = 1; i < list.count; i++)
            assert_true(list.row[i].id < list.row[i - 1].id);
        all += list.count;
        before = list.count > 0 ? list.row[list.count - 1].id : 0;
    } while (list.count == 300);
    assert_in_range(all, YG_JOBS_KEPT, YG_JOBS_KEPT + 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = { T(a_life), T(lost), T(caps) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
