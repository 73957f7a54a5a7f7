/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serving - what `serve` consists of when it has inputs, as processes.
 *
 *      keeper ─┬─ intake: sockets, certificates, the journal
 *              ├─ core: the journal into the store, with its workers
 *              └─ web: HTTP for people
 *
 * The keeper forks them and does nothing else. SIGTERM: intake ends first, then core
 * reads the journal to its end (a second one: it stops after its next commit), then web.
 * SIGHUP: the configuration is read; if it is right, the processes are begun again with
 * it in that order, if not it is told and all goes on.
 */
#ifndef YG_YAGURA_SERVING_H
#define YG_YAGURA_SERVING_H

#include "conf/inputs.h"
#include "oidc/settings.h"
#include "yagura/app.h"

#include <stdatomic.h>

/* One configuration. */
struct yg_setting {
    struct yg_app app;
    struct yg_inputs inputs;
    struct yg_oidc_settings oidc;
    const char *journal; /* the folder */
};

/* What the processes tell each other, in shared memory. A text may be torn while it is
 * written: it is shown, never followed. */
struct yg_serving_state {
    _Atomic int64_t trouble_ns; /* since when the core waits; 0: it does not */
    char trouble[240];
    _Atomic uint32_t core_ready; /* 1: since the core began something was committed, or
                                  * nothing waited */
    _Atomic uint32_t intake_deaths, core_deaths, web_deaths;
    _Atomic uint32_t intake_runs, core_runs, web_runs; /* 1: it does */
};

/* Read --config again. Frees nothing of an older one. */
enum yg_status yg_setting_read(const struct yg_cli *cli, struct yg_setting **out,
                               struct yg_err *err) YG_MUST_USE;
void yg_setting_free(struct yg_setting *s);

/* Serve until SIGTERM. `web` is run in the web process, with the listening socket `fd`,
 * which is the caller's; `setting` is the one in force. */
struct yg_serving {
    struct yg_setting *setting;
    int (*web)(void *arg, struct yg_setting *s, struct yg_serving_state *state, int fd,
               int ready);
    void *arg;
    int fd;
};
enum yg_status yg_serving_run(struct yg_serving *s, struct yg_err *err) YG_MUST_USE;

/* ---- the processes (core.c, intaking.c) ------------------------------------------- */

struct yg_part {
    struct yg_setting *setting;
    struct yg_serving_state *state;
};
int yg_core_main(void *arg, int ready);   /* arg: struct yg_part */
int yg_intake_main(void *arg, int ready); /* the same */

#endif
