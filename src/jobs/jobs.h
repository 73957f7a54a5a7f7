/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobs - long work that somebody asked a server for: what, by whom, how far it is, what
 * came of it. Rows of jobs.db; the work itself is a process beside (yagura/jobrun.h).
 *
 *      add ── queued ── begin ── running ── end ── done, failed, cancelled
 *                                   └─ not heard of for YG_JOB_SILENCE: lost
 *
 * Of each kind one at a time. Who runs a job says once a second that it is alive; whoever
 * looks sees one that is not as lost: it died with its machine or was killed. The last
 * YG_JOBS_KEPT are kept. Texts are what programs printed: hostile. Cost: a look-up or a
 * commit. One thread at a time; several processes take turns.
 */
#ifndef YG_JOBS_JOBS_H
#define YG_JOBS_JOBS_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

#define YG_JOBS_KEPT   1000
#define YG_JOB_SILENCE (INT64_C(20) * YG_NS_PER_S)
#define YG_JOB_TAIL    ((size_t)16 << 10) /* bytes of log, */
#define YG_JOB_RESULT  ((size_t)64 << 10) /* and of result */
#define YG_JOB_STEP    100

enum yg_job_state {
    YG_JOB_QUEUED,
    YG_JOB_RUNNING,
    YG_JOB_DONE,
    YG_JOB_FAILED,
    YG_JOB_CANCELLED,
    YG_JOB_LOST,
    YG_JOB_STATES
};
const char *yg_job_state_name(unsigned state); /* "queued", ... */

struct yg_job {
    uint64_t id;
    struct yg_str kind, who, tenant; /* tenant empty: of all */
    struct yg_str words;             /* of the command, a line each */
    uint8_t state;                   /* enum yg_job_state */
    bool cancel;                     /* somebody asked for it */
    int64_t made_ns, begun_ns, ended_ns;
    int status;           /* of the command, when it ended */
    uint64_t done, total; /* of the step; total 0: not known */
    struct yg_str step, result, tail;
};

struct yg_jobs;
struct yg_jobs_options {
    const char *where; /* see yg_db_options: jobs.db, or a server */
    const char *part;
    const struct yg_clock *clock; /* borrowed */
    bool create;
    int patience_ms;
};
/* YG_ENOTFOUND: nothing is there (and not `create`); else as yg_db_open. */
enum yg_status yg_jobs_open(const struct yg_jobs_options *opt, struct yg_jobs **out,
                            struct yg_err *err) YG_MUST_USE;
void yg_jobs_close(struct yg_jobs *j); /* NULL is fine */
/* A copy as of now, one SQLite file (db/db_copy.h). */
enum yg_status yg_jobs_copy(struct yg_jobs *j, const char *to,
                            struct yg_err *err) YG_MUST_USE;

/* Of `job` kind, words, who and tenant. YG_EEXIST: one of this kind goes on. */
enum yg_status yg_jobs_add(struct yg_jobs *j, const struct yg_job *job, uint64_t *id,
                           struct yg_err *err) YG_MUST_USE;
/* Newest first, those before number `before` (0: from the newest). In `arena`. */
struct yg_job_list {
    struct yg_job *row;
    size_t count;
};
enum yg_status yg_jobs_list(struct yg_jobs *j, uint64_t before, size_t limit,
                            struct yg_arena *arena, struct yg_job_list *out,
                            struct yg_err *err) YG_MUST_USE;
enum yg_status yg_jobs_get(struct yg_jobs *j, uint64_t id, struct yg_arena *arena,
                           struct yg_job *out, struct yg_err *err) YG_MUST_USE;
/* YG_EINVAL: it has ended. */
enum yg_status yg_jobs_cancel(struct yg_jobs *j, uint64_t id,
                              struct yg_err *err) YG_MUST_USE;

/* ---- for who runs it ------------------------------------------------------------------
 */

/* YG_EEXIST: it was begun, or has ended. */
enum yg_status yg_jobs_begin(struct yg_jobs *j, uint64_t id,
                             struct yg_err *err) YG_MUST_USE;
/* Alive: done, total, step and tail of `job`; `*cancel`: end it. YG_ENOTFOUND: it is not
 * ours any more. */
enum yg_status yg_jobs_tell(struct yg_jobs *j, const struct yg_job *job, bool *cancel,
                            struct yg_err *err) YG_MUST_USE;
/* state, status, result and tail. */
enum yg_status yg_jobs_end(struct yg_jobs *j, const struct yg_job *job,
                           struct yg_err *err) YG_MUST_USE;

#endif
