/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobrun - a job (jobs/jobs.h) done: the program's own command in a process, its log and
 * result read, said to be alive once a second, ended when somebody cancels it.
 *
 * The runner is a process by itself (`yagura job run N`, begun by serve), so a job goes
 * on when the server is begun again, and a runner that dies takes its command with it.
 */
#ifndef YG_YAGURA_JOBRUN_H
#define YG_YAGURA_JOBRUN_H

#include "jobs/jobs.h"
#include "yagura/app.h"

/* jobs.db beside the store. */
enum yg_status yg_jobrun_open(struct yg_app *a, bool create, int patience_ms,
                              struct yg_jobs **out, struct yg_err *err) YG_MUST_USE;
/* From queued to its end. What fails here is the bookkeeping; the command's own failure
 * is in the job. */
enum yg_status yg_jobrun(struct yg_app *a, struct yg_jobs *jobs, uint64_t id,
                         struct yg_err *err) YG_MUST_USE;

#endif
