/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/serving.h"

#include "base/log.h"
#include "conf/textfile.h"
#include "yagura/keeper.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define CONFIG_MAX ((size_t)4 << 20)
#define INTAKE_MS  10000 /* to end: it flushes and says so to its senders */
#define WEB_MS     5000
#define CORE_MS    30000 /* at a change of configuration: after its next commit */

/* In the order in which they are begun and ended. */
enum { INTAKE, CORE, WEB, CHILDREN };

struct keeper {
    struct yg_serving *serving;
    struct yg_serving_state *state;
    struct yg_part part;
    struct yg_child child[CHILDREN];
};

/* ---- configuration ---------------------------------------------------------------- */

static enum yg_status read_inputs(struct yg_setting *s, struct yg_err *err)
{
    const char *file = yg_cli_text(s->app.cli, "config", NULL);
    struct yg_str text;

    if (!file)
        return YG_OK;
    enum yg_status st = yg_textfile_read(&s->app.arena, file, CONFIG_MAX, &text, err);
    if (st == YG_OK)
        st = yg_inputs_parse(&s->inputs, &s->app.arena, file, text, err);
    if (st == YG_OK)
        st = yg_oidc_parse(&s->app.arena, file, text, &s->oidc, err);
    return st == YG_OK ? yg_app_thin_rules(&s->app, err) : st;
}

enum yg_status yg_setting_read(const struct yg_cli *cli, struct yg_setting **out,
                               struct yg_err *err)
{
    struct yg_setting *s = calloc(1, sizeof(*s));

    if (!s)
        return yg_err_set(err, YG_ENOMEM, "no memory for the configuration");
    enum yg_status st = yg_app_init(&s->app, cli, err);
    if (st == YG_OK)
        st = read_inputs(s, err);
    if (st != YG_OK) {
        yg_setting_free(s);
        return st;
    }
    s->journal = yg_app_path(&s->app, "journal");
    *out = s;
    return YG_OK;
}

void yg_setting_free(struct yg_setting *s)
{
    if (s)
        yg_app_fini(&s->app);
    free(s);
}

/* ---- children --------------------------------------------------------------------- */

static int web_main(void *arg, int ready)
{
    struct keeper *k = arg;

    return k->serving->web(k->serving->arg, k->serving->setting, k->state, k->serving->fd,
                           ready);
}

static void name_children(struct keeper *k)
{
    k->part = (struct yg_part){ .setting = k->serving->setting, .state = k->state };
    k->child[INTAKE].name = "intake";
    k->child[INTAKE].run = yg_intake_main;
    k->child[INTAKE].arg = &k->part;
    k->child[CORE].name = "core";
    k->child[CORE].run = yg_core_main;
    k->child[CORE].arg = &k->part;
    k->child[WEB].name = "web";
    k->child[WEB].run = web_main;
    k->child[WEB].arg = k;
}

static enum yg_status start_all(struct keeper *k, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (int i = 0; st == YG_OK && i < CHILDREN; i++)
        if (k->child[i].pid == 0)
            st = yg_child_start(&k->child[i], err);
    return st;
}

/* The store is made here, so that the intake finds it and a wrong folder is told before
 * anything runs. */
static enum yg_status make_store(struct yg_setting *s, struct yg_err *err)
{
    enum yg_status st = yg_app_store(&s->app, true, false, err);

    yg_store_close(s->app.store);
    s->app.store = NULL;
    return st;
}

/* `again`: the core leaves the rest of the journal to its successor. */
static void stop_all(struct keeper *k, bool again)
{
    yg_child_stop(&k->child[INTAKE], SIGTERM, INTAKE_MS);
    if (again)
        yg_child_stop(&k->child[CORE], SIGUSR1, CORE_MS);
    else
        yg_child_stop(&k->child[CORE], SIGTERM, -1);
    yg_child_stop(&k->child[WEB], SIGTERM, WEB_MS);
}

/* A wrong configuration changes nothing; one that cannot be begun (an address is in use)
 * is taken back. */
static enum yg_status reload(struct keeper *k, struct yg_err *err)
{
    struct yg_setting *old = k->serving->setting, *fresh = NULL;
    enum yg_status st = yg_setting_read(old->app.cli, &fresh, err);

    if (st == YG_OK && fresh->inputs.count == 0)
        st = yg_err_set(err, YG_EINVAL,
                        "the configuration has no inputs any more; begin "
                        "serve again to run without");
    if (st == YG_OK && strcmp(fresh->app.dir, old->app.dir) != 0)
        st = yg_err_set(err, YG_EINVAL, "another `data` needs serve to be begun again");
    if (st == YG_OK && !yg_str_eq(yg_str_of(fresh->app.server ? fresh->app.server : ""),
                                  yg_str_of(old->app.server ? old->app.server : "")))
        st = yg_err_set(err, YG_EINVAL, "another `store` needs serve to be begun again");
    if (st != YG_OK) {
        yg_log_err(err, "the configuration is not taken; the old one stays in force");
        yg_setting_free(fresh);
        return YG_OK;
    }
    stop_all(k, true);
    k->serving->setting = fresh;
    name_children(k);
    st = start_all(k, err);
    if (st == YG_OK) {
        yg_setting_free(old);
        yg_log(YG_LOG_INFO, "the new configuration is in force");
        return YG_OK;
    }
    yg_log_err(err, "the new configuration cannot be used; back to the old one");
    stop_all(k, true);
    k->serving->setting = old;
    name_children(k);
    yg_setting_free(fresh);
    return start_all(k, err);
}

static void show(struct keeper *k)
{
    atomic_store(&k->state->intake_deaths, k->child[INTAKE].deaths);
    atomic_store(&k->state->core_deaths, k->child[CORE].deaths);
    atomic_store(&k->state->web_deaths, k->child[WEB].deaths);
    atomic_store(&k->state->intake_runs, k->child[INTAKE].pid > 0);
    atomic_store(&k->state->core_runs, k->child[CORE].pid > 0);
    atomic_store(&k->state->web_runs, k->child[WEB].pid > 0);
}

static enum yg_status keep_all(struct keeper *k, const sigset_t *set, struct yg_err *err)
{
    for (;;) {
        int64_t left = 1000;
        for (int i = 0; i < CHILDREN; i++) {
            int64_t one = yg_child_keep(&k->child[i]);
            left = one < left ? one : left;
        }
        show(k);
        const struct timespec until = { left / 1000, left % 1000 * 1000000 };
        int got = sigtimedwait(set, NULL, &until);
        if (got == SIGTERM || got == SIGINT)
            return YG_OK;
        enum yg_status st = got == SIGHUP ? reload(k, err) : YG_OK;
        if (st != YG_OK)
            return st;
    }
}

/* Who waits for the core to drain may ask again: it then leaves at its next commit. */
static void drain(struct keeper *k, const sigset_t *set)
{
    const struct timespec nap = { .tv_nsec = 20000000 };

    yg_child_stop(&k->child[INTAKE], SIGTERM, INTAKE_MS);
    yg_child_signal(&k->child[CORE], SIGTERM);
    k->child[CORE].kept = false;
    while (k->child[CORE].pid > 0) {
        (void)yg_child_keep(&k->child[CORE]);
        int got = sigtimedwait(set, NULL, &nap);
        if (got == SIGTERM || got == SIGINT)
            yg_child_signal(&k->child[CORE], SIGTERM);
    }
    yg_child_stop(&k->child[WEB], SIGTERM, WEB_MS);
}

static enum yg_status run(struct keeper *k, struct yg_err *err)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return yg_err_errno(err, "cannot set up signals");
    name_children(k);
    enum yg_status st = make_store(k->serving->setting, err);
    if (st == YG_OK)
        st = start_all(k, err);
    if (st == YG_OK)
        st = keep_all(k, &set, err);
    if (st == YG_OK)
        drain(k, &set);
    else
        stop_all(k, true);
    return st;
}

enum yg_status yg_serving_run(struct yg_serving *s, struct yg_err *err)
{
    struct keeper k = { .serving = s };

    k.state = mmap(NULL, sizeof(*k.state), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (k.state == MAP_FAILED)
        return yg_err_errno(err, "cannot share memory");
    enum yg_status st = run(&k, err);
    munmap(k.state, sizeof(*k.state));
    return st;
}
