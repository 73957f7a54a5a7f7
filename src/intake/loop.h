/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop - waits for descriptors and time, and calls who is concerned.
 *
 * epoll, level-triggered. One thread runs it and makes all calls; yg_loop_end may come
 * from any thread and from a signal handler. A watch or timer may be removed in any
 * callback, its own too: it is freed at the end of the turn. Cost: a system call a turn.
 */
#ifndef YG_INTAKE_LOOP_H
#define YG_INTAKE_LOOP_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct yg_loop;
struct yg_watch;
struct yg_timer;

enum yg_status yg_loop_new(struct yg_loop **out, struct yg_err *err) YG_MUST_USE;
/* Watches and timers that are left are freed; descriptors stay open. */
void yg_loop_free(struct yg_loop *l);

/* Call `fn` when one of `events` (EPOLLIN ...; 0: only errors and hang-ups) is true. The
 * descriptor stays the caller's and must be open until yg_loop_unwatch. */
enum yg_status yg_loop_watch(struct yg_loop *l, int fd, uint32_t events,
                             void (*fn)(void *arg, uint32_t events), void *arg,
                             struct yg_watch **out) YG_MUST_USE;
void yg_loop_rewatch(struct yg_watch *w, uint32_t events);
void yg_loop_unwatch(struct yg_watch *w); /* NULL is fine */

/* Call `fn` every `ns` from now on. */
enum yg_status yg_loop_every(struct yg_loop *l, int64_t ns, void (*fn)(void *arg),
                             void *arg, struct yg_timer **out) YG_MUST_USE;
void yg_loop_untime(struct yg_timer *t); /* NULL is fine */

/* Monotonic ns at the beginning of the turn. */
int64_t yg_loop_now(const struct yg_loop *l);
/* The same clock, read now. */
int64_t yg_loop_monotonic(void);

/* Until yg_loop_end, which may come before. */
enum yg_status yg_loop_run(struct yg_loop *l, struct yg_err *err) YG_MUST_USE;
void yg_loop_end(struct yg_loop *l);

#endif
