/* SPDX-License-Identifier: Apache-2.0 */
/*
 * night - what a server does by itself once a day, while its main thread waits to be told
 * to stop: records that are older than is kept go (`retention`, in a process of its own),
 * between two and three, UTC. A night that was slept through is made up for by the next.
 */
#ifndef YG_YAGURA_NIGHT_H
#define YG_YAGURA_NIGHT_H

#include "yagura/app.h"

#include <signal.h>

/* Until one of these signals, which are blocked, has come. */
void yg_night_wait(const struct yg_app *a, const sigset_t *stop);

#endif
