/* SPDX-License-Identifier: Apache-2.0 */
#include "jobs/jobs.h"

#include "db/db.h"
#include "db/db_copy.h"

#include <stdlib.h>

#define APPLICATION 0x79676a62 /* "ygjb" */
#define LIST_MAX    500

enum query {
#define YG_QUERY(id, sql) Q_##id,
#include "jobs/queries.def"
    Q_COUNT
};

static const struct yg_db_text statement[Q_COUNT] = {
#define YG_QUERY(id, sql) [Q_##id] = { sql, NULL },
#include "jobs/queries.def"
};

static const struct yg_db_text step[] = {
#define YG_STEP(sql) { sql, NULL },
#include "jobs/queries.def"
};

struct yg_jobs {
    struct yg_db *db;
    const struct yg_clock *clock;
};

const char *yg_job_state_name(unsigned state)
{
    static const char *const name[] = { "queued", "running",   "done",
                                        "failed", "cancelled", "lost" };

    return state < YG_JOB_STATES ? name[state] : "unknown";
}

enum yg_status yg_jobs_open(const struct yg_jobs_options *opt, struct yg_jobs **out,
                            struct yg_err *err)
{
    const struct yg_db_options db = { .where = opt->where,
                                      .part = opt->part,
                                      .statement = statement,
                                      .statements = Q_COUNT,
                                      .step = step,
                                      .steps = YG_ARRAY_LEN(step),
                                      .application = APPLICATION,
                                      .create = opt->create,
                                      .patience_ms = opt->patience_ms };
    struct yg_jobs *j = calloc(1, sizeof(*j));

    if (!j)
        return yg_err_set(err, YG_ENOMEM, "jobs: out of memory");
    j->clock = opt->clock;
    enum yg_status st = yg_db_open(&db, &j->db, err);
    if (st == YG_OK)
        *out = j;
    else
        free(j);
    return st;
}

void yg_jobs_close(struct yg_jobs *j)
{
    if (!j)
        return;
    yg_db_close(j->db);
    free(j);
}

enum yg_status yg_jobs_copy(struct yg_jobs *j, const char *to, struct yg_err *err)
{
    return yg_db_copy_to(j->db, to, err);
}

/* ---- statements ---------------------------------------------------------------------
 */

static enum yg_status run(struct yg_jobs *j, enum query q, const int64_t *v, int n,
                          struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(j->db, q, err);

    if (!s)
        return err->status;
    for (int i = 0; i < n; i++)
        yg_db_bind_int(s, i + 1, v[i]);
    return yg_db_run(j->db, s, err);
}

static enum yg_status end(struct yg_jobs *j, enum yg_status st, struct yg_err *err)
{
    if (st == YG_OK)
        return yg_db_commit(j->db, err);
    yg_db_rollback(j->db);
    return st;
}

/* ---- who asks -----------------------------------------------------------------------
 */

static enum yg_status add(struct yg_jobs *j, const struct yg_job *job, uint64_t *id,
                          struct yg_err *err)
{
    const int64_t now = yg_clock_now(j->clock), silent = now - YG_JOB_SILENCE;
    const int64_t lost[] = { now, silent }, kept[] = { YG_JOBS_KEPT };
    enum yg_status st = run(j, Q_LOST, lost, 2, err);
    struct yg_db_stmt *s = st == YG_OK ? yg_db_stmt(j->db, Q_ALIVE, err) : NULL;

    if (!s)
        return st == YG_OK ? err->status : st;
    yg_db_bind_text(s, 1, job->kind);
    yg_db_bind_int(s, 2, silent);
    st = yg_db_step(j->db, s, err);
    yg_db_reset(s);
    if (st == YG_OK)
        return yg_err_set(err, YG_EEXIST, "a job of this kind goes on already");
    if (st == YG_EEND)
        st = run(j, Q_CAP, kept, 1, err);
    s = st == YG_OK ? yg_db_stmt(j->db, Q_ADD, err) : NULL;
    if (!s)
        return st == YG_OK ? err->status : st;
    yg_db_bind_text(s, 1, job->kind);
    yg_db_bind_blob(s, 2, job->words);
    yg_db_bind_blob(s, 3, job->who);
    yg_db_bind_blob(s, 4, job->tenant);
    yg_db_bind_int(s, 5, now);
    st = yg_db_step(j->db, s, err);
    if (st == YG_OK)
        *id = (uint64_t)yg_db_int(s, 0);
    yg_db_reset(s);
    return st;
}

enum yg_status yg_jobs_add(struct yg_jobs *j, const struct yg_job *job, uint64_t *id,
                           struct yg_err *err)
{
    enum yg_status st = yg_db_begin(j->db, true, err);

    return st == YG_OK ? end(j, add(j, job, id, err), err) : st;
}

enum yg_status yg_jobs_cancel(struct yg_jobs *j, uint64_t id, struct yg_err *err)
{
    const int64_t v[] = { (int64_t)id };
    enum yg_status st = yg_db_begin(j->db, true, err);

    if (st != YG_OK)
        return st;
    st = run(j, Q_CANCEL, v, 1, err);
    if (st == YG_OK && yg_db_changes(j->db) == 0)
        st = yg_err_set(err, YG_EINVAL, "this job has ended");
    return end(j, st, err);
}

static bool read_row(struct yg_jobs *j, struct yg_db_stmt *s, struct yg_arena *arena,
                     struct yg_job *o)
{
    int64_t state = yg_db_int(s, 5);
    bool silent = yg_clock_now(j->clock) - yg_db_int(s, 10) > YG_JOB_SILENCE;

    *o = (struct yg_job){
        .id = (uint64_t)yg_db_int(s, 0),
        .state = (uint8_t)(state < 0 || state >= YG_JOB_STATES ? YG_JOB_LOST : state),
        .cancel = yg_db_int(s, 6) != 0,
        .made_ns = yg_db_int(s, 7),
        .begun_ns = yg_db_int(s, 8),
        .ended_ns = yg_db_int(s, 9),
        .status = (int)yg_db_int(s, 11),
        .done = (uint64_t)yg_db_int(s, 12),
        .total = (uint64_t)yg_db_int(s, 13)
    };
    if (o->state <= YG_JOB_RUNNING && silent) {
        o->state = YG_JOB_LOST;
        o->ended_ns = yg_db_int(s, 10);
    }
    return yg_db_copy(s, 1, arena, &o->kind) && yg_db_copy(s, 2, arena, &o->words) &&
           yg_db_copy(s, 3, arena, &o->who) && yg_db_copy(s, 4, arena, &o->tenant) &&
           yg_db_copy(s, 14, arena, &o->step) && yg_db_copy(s, 15, arena, &o->result) &&
           yg_db_copy(s, 16, arena, &o->tail);
}

enum yg_status yg_jobs_list(struct yg_jobs *j, uint64_t before, size_t limit,
                            struct yg_arena *arena, struct yg_job_list *out,
                            struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(j->db, Q_LIST, err);
    enum yg_status st = YG_OK;
    size_t n = 0;

    limit = limit < LIST_MAX ? limit : LIST_MAX;
    struct yg_job *list = yg_arena_alloc(arena, (limit + 1) * sizeof(*list));
    if (!s || !list)
        return s ? yg_err_set(err, YG_ENOMEM, "jobs: out of memory") : err->status;
    yg_db_bind_int(s, 1, before && before <= INT64_MAX ? (int64_t)before : INT64_MAX);
    yg_db_bind_int(s, 2, (int64_t)limit);
    while (n < limit && (st = yg_db_step(j->db, s, err)) == YG_OK)
        if (!read_row(j, s, arena, &list[n++])) {
            st = yg_err_set(err, YG_ENOMEM, "jobs: out of memory");
            break;
        }
    yg_db_reset(s);
    *out = (struct yg_job_list){ list, n };
    return st == YG_EEND ? YG_OK : st;
}

enum yg_status yg_jobs_get(struct yg_jobs *j, uint64_t id, struct yg_arena *arena,
                           struct yg_job *out, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(j->db, Q_GET, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, id <= INT64_MAX ? (int64_t)id : 0);
    enum yg_status st = yg_db_step(j->db, s, err);
    if (st == YG_EEND)
        return yg_err_set(err, YG_ENOTFOUND, "there is no such job");
    if (st == YG_OK && !read_row(j, s, arena, out))
        st = yg_err_set(err, YG_ENOMEM, "jobs: out of memory");
    yg_db_reset(s);
    return st;
}

/* ---- who runs it ---------------------------------------------------------------------
 */

enum yg_status yg_jobs_begin(struct yg_jobs *j, uint64_t id, struct yg_err *err)
{
    const int64_t v[] = { (int64_t)id, yg_clock_now(j->clock) };
    enum yg_status st = yg_db_begin(j->db, true, err);

    if (st != YG_OK)
        return st;
    st = run(j, Q_BEGIN, v, 2, err);
    if (st == YG_OK && yg_db_changes(j->db) == 0)
        st = yg_err_set(err, YG_EEXIST, "this job is not waiting to be begun");
    return end(j, st, err);
}

enum yg_status yg_jobs_tell(struct yg_jobs *j, const struct yg_job *job, bool *cancel,
                            struct yg_err *err)
{
    enum yg_status st = yg_db_begin(j->db, true, err);
    struct yg_db_stmt *s = st == YG_OK ? yg_db_stmt(j->db, Q_TELL, err) : NULL;

    if (!s)
        return st == YG_OK ? end(j, err->status, err) : st;
    yg_db_bind_int(s, 1, (int64_t)job->id);
    yg_db_bind_int(s, 2, yg_clock_now(j->clock));
    yg_db_bind_int(s, 3, (int64_t)job->done);
    yg_db_bind_int(s, 4, (int64_t)job->total);
    yg_db_bind_blob(s, 5, job->step);
    yg_db_bind_blob(s, 6, job->tail);
    st = yg_db_step(j->db, s, err);
    if (st == YG_OK)
        *cancel = yg_db_int(s, 0) != 0;
    yg_db_reset(s);
    if (st == YG_EEND)
        st = yg_err_set(err, YG_ENOTFOUND, "this job does not run");
    return end(j, st, err);
}

enum yg_status yg_jobs_end(struct yg_jobs *j, const struct yg_job *job,
                           struct yg_err *err)
{
    enum yg_status st = yg_db_begin(j->db, true, err);
    struct yg_db_stmt *s = st == YG_OK ? yg_db_stmt(j->db, Q_END, err) : NULL;

    if (!s)
        return st == YG_OK ? end(j, err->status, err) : st;
    yg_db_bind_int(s, 1, (int64_t)job->id);
    yg_db_bind_int(s, 2, job->state);
    yg_db_bind_int(s, 3, job->status);
    yg_db_bind_int(s, 4, yg_clock_now(j->clock));
    yg_db_bind_blob(s, 5, job->result);
    yg_db_bind_blob(s, 6, job->tail);
    return end(j, yg_db_run(j->db, s, err), err);
}
