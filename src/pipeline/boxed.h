/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boxed - one function over hostile bytes, in a sandboxed process of its own.
 *
 * For what a person asks for now and then (the packets of an alert): a child is forked,
 * walls itself in (base/sandbox.h), runs the function and sends back what it wrote.
 * The caller treats that as hostile too. A few milliseconds a call; killed after 10 s.
 */
#ifndef YG_PIPELINE_BOXED_H
#define YG_PIPELINE_BOXED_H

#include "base/buf.h"
#include "base/err.h"

/* Run `work` in a child; what it appended to its buffer (at most `out`'s cap) is appended
 * to `out`. YG_ECHILD: it died; YG_EIO: it could not be started. */
enum yg_status yg_boxed(void (*work)(void *arg, struct yg_buf *out), void *arg,
                        struct yg_buf *out, struct yg_err *err) YG_MUST_USE;

#endif
