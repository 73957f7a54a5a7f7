/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boxed - one function over hostile bytes, in a sandboxed process of its own.
 *
 * For what a person asks for now and then (the packets of an alert): a child is forked,
 * walls itself in (base/sandbox.h), runs the function and sends back what it wrote.
 * The caller treats that as hostile too. A few milliseconds a call; killed after 10 s.
 * Who has others to answer meanwhile starts it and asks later. One thread a job.
 */
#ifndef YG_PIPELINE_BOXED_H
#define YG_PIPELINE_BOXED_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

#define YG_BOXED_MS 10000

typedef void yg_boxed_f(void *arg, struct yg_buf *out);

/* Run `work` in a child; what it appended to its buffer (at most `out`'s cap) is appended
 * to `out`. YG_ECHILD: it died; YG_EIO: it could not be started. */
enum yg_status yg_boxed(yg_boxed_f *work, void *arg, struct yg_buf *out,
                        struct yg_err *err) YG_MUST_USE;

/* The same in parts. `arg` and all it points to need not outlive the call: the child has
 * its own. It writes at most `cap` bytes, and is killed `most_ms` after this. */
struct yg_boxed_job;
enum yg_status yg_boxed_start(yg_boxed_f *work, void *arg, size_t cap, int most_ms,
                              struct yg_boxed_job **out, struct yg_err *err) YG_MUST_USE;
/* A process that was begun otherwise, and writes to the pipe `fd`: both are the job's
 * from now on. On failure it is killed. */
enum yg_status yg_boxed_adopt(pid_t pid, int fd, size_t cap, int most_ms,
                              struct yg_boxed_job **out, struct yg_err *err) YG_MUST_USE;
/* Wait for its end, no longer than this. `*said` lives with the job. YG_EBUSY: it is
 * still at work; YG_ECHILD: it died, or its time was over. Once it has ended it says the
 * same again. */
enum yg_status yg_boxed_wait(struct yg_boxed_job *j, int ms, struct yg_str *said,
                             struct yg_err *err) YG_MUST_USE;
void yg_boxed_end(struct yg_boxed_job *j); /* kills it first */

#endif
