/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper - child processes that are kept running: started, begun again when they die,
 * stopped in order.
 *
 * A child is a function in a process of its own, with all signals blocked: it waits for
 * those it wants (sigtimedwait). It dies with the keeper. One that died is begun again
 * after 0.1 s, twice as long each time until it has lived for a minute, half a minute at
 * most; each time is told in the log.
 *
 * One thread; it must be the only one of its process, because it forks.
 */
#ifndef YG_YAGURA_KEEPER_H
#define YG_YAGURA_KEEPER_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct yg_child {
    const char *name; /* "intake"; shown in the log and by ps */
    /* In the child: what it returns is its exit status. It says that it has begun with
     * yg_child_ready(ready). */
    int (*run)(void *arg, int ready);
    void *arg;
    /* private */
    pid_t pid; /* 0: not running */
    bool kept;
    int64_t started_ms, due_ms; /* on the monotonic clock */
    int64_t pause_ms;
    uint32_t deaths;
};

/* Start it and wait until it has begun. YG_ECHILD: it ended instead, and has said why. */
enum yg_status yg_child_start(struct yg_child *c, struct yg_err *err) YG_MUST_USE;
/* In the child. */
void yg_child_ready(int ready);

/* Ask it to end, wait, and after `patience_ms` (negative: for ever) kill it. A child that
 * does not run is let be. */
void yg_child_stop(struct yg_child *c, int signal, int64_t patience_ms);
void yg_child_signal(const struct yg_child *c, int signal);

/* Look whether it died, and begin it again when its time has come. Returns how many ms
 * until the next look is due at the latest. */
int64_t yg_child_keep(struct yg_child *c);

/* In a child: SIGTERM or SIGUSR1 if one waits to be taken, 0: none. SIGINT is for the
 * keeper, who ends its children in their order. Costs a system call. */
int yg_child_asked(void);

#endif
