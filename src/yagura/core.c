/* SPDX-License-Identifier: Apache-2.0 */
/* The core process of `serve`: the journal into the store, judged if there is a model. */
#include "base/log.h"
#include "conf/watchlist.h"
#include "pipeline/guard.h"
#include "pipeline/live.h"
#include "pipeline/modelpack.h"
#include "yagura/keeper.h"
#include "yagura/serving.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAUSE_FIRST_S 1
#define PAUSE_MOST_S  60
#define LOOK_NS       YG_NS_PER_S /* between two looks at the model file */

struct core {
    struct yg_setting *setting;
    struct yg_serving_state *state;
    struct yg_app app; /* a copy: opened anew after a failure */
    struct yg_watchlist *watch;
    struct yg_spool *spool;
    struct yg_modelpack *pack;
    struct yg_guard *guard;
    struct yg_judge *judge;
    enum yg_live_order order;
    struct stat model; /* as it was loaded; all zero: there was none */
    int64_t looked_ns;
    bool went_well; /* since it was begun something was committed, or nothing waited */
};

/* ---- the model -------------------------------------------------------------------- */

static void look_at_model(struct core *c, struct stat *out)
{
    const char *named = yg_cli_text(c->app.cli, "model", NULL);
    char path[4096];

    snprintf(path, sizeof(path), "%s%s", named ? named : c->app.dir,
             named ? "" : "/model.ygm");
    if (stat(path, out) != 0)
        *out = (struct stat){ 0 };
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool model_changed(struct core *c)
{
    struct stat now;
    int64_t t = yg_clock_now(&c->app.clock);

    if (t >= c->looked_ns && t - c->looked_ns < LOOK_NS)
        return false;
    c->looked_ns = t;
    look_at_model(c, &now);
    return !is_same(&now, &c->model);
}

static bool is_first(const struct yg_inputs *in, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (yg_str_eq(in->input[k].tenant, in->input[i].tenant))
            return false;
    return true;
}

static enum yg_status make_judge(struct core *c, struct yg_err *err)
{
    const struct yg_inputs *in = &c->setting->inputs;
    enum yg_status st =
        yg_judge_new(c->pack, c->app.config.context_memory, &c->judge, err);

    if (st == YG_OK) {
        yg_judge_policy(c->judge)->not_evaluated &= ~YG_GATE_BIT(OPEN_THREAT);
        st = yg_app_guard(&c->app, c->pack, true, &c->guard, err);
    }
    if (st == YG_OK)
        yg_judge_guard(c->judge, c->guard);
    for (uint32_t i = 0; st == YG_OK && i < in->count; i++)
        if (is_first(in, i))
            st = yg_app_rebuild(&c->app, c->judge, in->input[i].tenant, err);
    if (st == YG_OK)
        yg_log(YG_LOG_INFO, "from now on the model judges what is received");
    return st;
}

/* Without a model records are stored undecided; one that cannot be read is not used, and
 * that is said. */
static enum yg_status load_model(struct core *c, struct yg_err *err)
{
    struct yg_err why = { 0 };

    look_at_model(c, &c->model);
    if (c->model.st_size == 0)
        return YG_OK;
    if (yg_app_model(&c->app, &c->pack, &why) != YG_OK) {
        yg_log_err(&why, "records are stored undecided until there is another model");
        return YG_OK;
    }
    return make_judge(c, err);
}

/* ---- running ---------------------------------------------------------------------- */

static enum yg_live_order order(void *arg)
{
    struct core *c = arg;
    int sig = yg_child_asked();

    if (sig == SIGUSR1 || (sig == SIGTERM && c->order == YG_LIVE_DRAIN))
        c->order = YG_LIVE_LEAVE;
    else if (sig == SIGTERM)
        c->order = YG_LIVE_DRAIN;
    if (c->order == YG_LIVE_ON && model_changed(c)) {
        yg_log(YG_LOG_INFO, "the model file has changed; it is taken");
        return YG_LIVE_LEAVE;
    }
    return c->order;
}

static void trouble(void *arg, const struct yg_err *err)
{
    struct core *c = arg;

    c->went_well |= err == NULL;
    if (!err)
        atomic_store(&c->state->core_ready, 1);
    if (err)
        snprintf(c->state->trouble, sizeof(c->state->trouble), "%.230s", err->msg);
    atomic_store(&c->state->trouble_ns, err ? yg_clock_now(&c->app.clock) : 0);
}

static enum yg_status open_all(struct core *c, struct yg_err *err)
{
    enum yg_status st = yg_app_store(&c->app, true, false, err);

    if (st == YG_OK)
        st = yg_app_spool(&c->app, YG_INDEX_KEEP, &c->spool, err);
    if (st == YG_OK)
        st = yg_app_watchlist(&c->app, &c->watch, err);
    return st == YG_OK ? load_model(c, err) : st;
}

static void close_all(struct core *c)
{
    yg_judge_free(c->judge);
    yg_guard_free(c->guard);
    yg_modelpack_free(c->pack);
    yg_watchlist_free(c->watch);
    yg_app_fini(&c->app);
    c->judge = NULL;
    c->guard = NULL;
    c->pack = NULL;
    c->watch = NULL;
    c->spool = NULL;
}

/* From opening the store until something ends it. */
static enum yg_status run_once(struct core *c, int *ready, struct yg_err *err)
{
    enum yg_status st = yg_app_init(&c->app, c->setting->app.cli, err);

    if (st == YG_OK) {
        c->app.config = c->setting->app.config; /* as it was when it was checked */
        c->app.dir = c->setting->app.dir;
        c->app.server = c->setting->app.server;
        c->app.thin = c->setting->app.thin;
        st = open_all(c, err);
    }
    if (*ready >= 0)
        yg_child_ready(*ready); /* failing or not: from now on it goes on trying */
    *ready = -1;
    if (st == YG_OK) {
        const struct yg_live live = { .dir = c->setting->journal,
                                      .store = c->app.store,
                                      .judge = c->judge,
                                      .clock = &c->app.clock,
                                      .workers = c->app.workers,
                                      .watch = c->watch,
                                      .thin = &c->app.thin,
                                      .spool = c->spool,
                                      .packets_after_ns = yg_app_packets_after(&c->app),
                                      .arg = c,
                                      .order = order,
                                      .trouble = trouble };
        st = yg_live_run(&live, err);
    }
    close_all(c);
    return st;
}

/* Wait, unless asked to end. */
static void pause_for(struct core *c, unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 10 && c->order == YG_LIVE_ON; i++) {
        usleep(100000);
        (void)order(c);
    }
}

int yg_core_main(void *arg, int ready)
{
    const struct yg_part *part = arg;
    struct core c = { .setting = part->setting, .state = part->state };
    unsigned pause = PAUSE_FIRST_S;
    enum yg_status st;

    do {
        struct yg_err err = { 0 };
        c.went_well = false;
        atomic_store(&c.state->core_ready, 0);
        st = run_once(&c, &ready, &err);
        if (st == YG_OK || c.went_well)
            pause = PAUSE_FIRST_S; /* what is wrong now is not what was wrong before */
        if (st == YG_OK)
            continue;
        trouble(&c, &err);
        yg_log_err(&err, "nothing is lost: it is read again from the last commit");
        if (c.order == YG_LIVE_ON)
            pause_for(&c, pause);
        pause = pause * 2 < PAUSE_MOST_S ? pause * 2 : PAUSE_MOST_S;
    } while (c.order == YG_LIVE_ON);
    return st == YG_OK ? YG_EXIT_OK : YG_EXIT_FAILED;
}
