/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool - the worker processes that frame, decode and score.
 *
 * Workers are forked from the core with everything they need (sources, open
 * descriptors, the model) and then sandboxed; they get jobs and give back slots over a
 * socket pair each. A worker that dies on hostile bytes takes one batch with it, not the
 * run: the core starts another and says which batch. Results never depend on how many
 * workers there are.
 *
 * Not thread-safe: one core thread owns the pool.
 */
#ifndef YG_PIPELINE_POOL_H
#define YG_PIPELINE_POOL_H

#include "pipeline/slot.h"

enum yg_job {
    YG_JOB_FRAME,  /* fill the slot's batch from its source; the source's own worker */
    YG_JOB_DECODE, /* events and facts */
    YG_JOB_LOOK,   /* facts anew, of alerts that packets were found for */
    YG_JOB_SCORE,  /* rows -> scores */
};

/* What the jobs are, supplied by the flow; run inside the worker. `state` is the
 * worker's own (from `start`). A failure is reported in slot->err and by the status. */
struct yg_pool_work {
    void *(*start)(void *arg); /* in the worker, before the sandbox; NULL: no memory */
    enum yg_status (*run)(void *state, enum yg_job job, struct yg_slot *slot);
    void *arg; /* inherited by fork: a worker's changes to it are its own */
    /* Descriptors the workers keep; every other one (the database!) is closed. */
    const int *keep_fd;
    size_t keep_count;
};

struct yg_pool;

/* `workers` processes (1..64) and `slots` slots. `work` and its list are copied.
 * YG_ENOMEM, YG_EIO. */
enum yg_status yg_pool_new(uint32_t workers, uint32_t slots,
                           const struct yg_pool_work *work, struct yg_pool **out,
                           struct yg_err *err) YG_MUST_USE;
/* Ends the workers and waits for them; who has not ended after two seconds is killed. */
void yg_pool_free(struct yg_pool *p);

struct yg_slot *yg_pool_slot(struct yg_pool *p, uint32_t slot);

/* Send a slot to work. FRAME jobs of one source must always name the same `worker`
 * (any number; taken modulo the workers); other jobs pass YG_ANY_WORKER. */
#define YG_ANY_WORKER UINT32_MAX
enum yg_status yg_pool_send(struct yg_pool *p, enum yg_job job, uint32_t slot,
                            uint32_t worker, struct yg_err *err) YG_MUST_USE;

struct yg_pool_done {
    enum yg_job job;
    uint32_t slot;
    enum yg_status status; /* YG_ECHILD: the worker died in this job */
};

/* Wait for a finished job. YG_EEND: nothing is under way. */
enum yg_status yg_pool_wait(struct yg_pool *p, struct yg_pool_done *out,
                            struct yg_err *err) YG_MUST_USE;

/* User + system CPU seconds of the workers that have ended (benchmarks only). */
double yg_pool_children_cpu(void);

#endif
