/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workqueue - judged alerts gathered into the runs that people work on.
 *
 * One row of the store a run, whatever its size: a thousand alike alerts are one line of
 * the queue. Only what is closed in fact stays out of it: in shadow mode everything
 * waits, and what would close is counted beside. Runs are kept in memory between commits
 * and written with them; a run that goes on after a restart is read back and continued. A
 * judged run waits again when an open alert joins it that is worse (in risk or predicted
 * level) than all that the person saw; others are left to the verdict.
 */
#ifndef YG_PIPELINE_WORKQUEUE_H
#define YG_PIPELINE_WORKQUEUE_H

#include "pipeline/judge.h"
#include "store/store.h"

struct yg_workqueue;

/* `store` is borrowed. */
enum yg_status yg_workqueue_new(struct yg_store *store, struct yg_workqueue **out,
                                struct yg_err *err) YG_MUST_USE;
void yg_workqueue_free(struct yg_workqueue *q);

/* Count event `i` of the batch, judged `j`, into its run. */
enum yg_status yg_workqueue_add(struct yg_workqueue *q, struct yg_str tenant,
                                const struct yg_batch *b, uint32_t i,
                                const struct yg_judgement *j,
                                struct yg_err *err) YG_MUST_USE;

/* An alert that was closed, or would be, is open after all (policy/companion.h). */
enum yg_status yg_workqueue_reopen(struct yg_workqueue *q, struct yg_str tenant,
                                   const struct yg_companion *a,
                                   struct yg_err *err) YG_MUST_USE;

/* What the queue shows of a run: what its first alert says. Strings live with `arena`. */
void yg_workqueue_describe(struct yg_arena *arena, struct yg_queue_run *row,
                           struct yg_str tenant, const struct yg_batch *b,
                           const struct yg_event *e);

/* Another process has written to the store: runs are read back when they go on. Only with
 * nothing to flush. */
void yg_workqueue_refresh(struct yg_workqueue *q);

/* Put all runs changed since the last flush: part of the store's next commit. */
enum yg_status yg_workqueue_flush(struct yg_workqueue *q, struct yg_err *err) YG_MUST_USE;

#endif
