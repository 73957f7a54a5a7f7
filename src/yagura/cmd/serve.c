/* SPDX-License-Identifier: Apache-2.0 */
/* yagura serve: the console and its API over HTTP, read-only. */
#include "api/api.h"
#include "base/log.h"
#include "pipeline/modelpack.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

struct serve {
    struct yg_app app;
    struct yg_api api;
    /* The model file as last read, and what it said. Belongs to the server's thread. */
    struct stat seen;
    struct yg_view_policy policy;
    struct yg_modelpack *pack; /* NULL: there is none, or it cannot be read */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void read_model(struct serve *s)
{
    struct yg_app reader = s->app;
    struct yg_err err = { 0 };

    yg_modelpack_free(s->pack);
    s->pack = NULL;
    yg_arena_init(&reader.arena, (size_t)3 << 30);
    enum yg_status st = yg_app_model(&reader, &s->pack, &err);
    s->policy.model = st == YG_OK;
    if (st == YG_OK && s->pack->certified) {
        s->policy.certified = true;
        s->policy.certificate = s->pack->certificate;
    }
    if (st != YG_OK)
        snprintf(s->policy.problem, sizeof(s->policy.problem), "%.255s", err.msg);
    yg_arena_fini(&reader.arena);
}

/* What decides now. A model written by a later `train` or `certify` is noticed. */
static void current_policy(void *arg, struct yg_view_policy *out)
{
    struct serve *s = arg;
    const char *named = yg_cli_text(s->app.cli, "model", NULL);
    char path[4096];
    struct stat now;

    snprintf(path, sizeof(path), "%s%s", named ? named : s->app.dir,
             named ? "" : "/model.ygm");
    if (stat(path, &now) != 0) {
        yg_modelpack_free(s->pack);
        s->pack = NULL;
        s->policy = (struct yg_view_policy){ 0 };
        s->seen = (struct stat){ 0 };
    } else if (!same_file(&now, &s->seen)) {
        s->policy = (struct yg_view_policy){ 0 };
        s->seen = now;
        read_model(s);
    }
    s->policy.mode = yg_mode_name(YG_MODE_SHADOW);
    *out = s->policy;
}

static const struct yg_modelpack *current_pack(void *arg)
{
    struct serve *s = arg;
    struct yg_view_policy unused;

    current_policy(s, &unused);
    return s->pack;
}

/* The address, checked: the pages show customers' alerts and ask nobody who they are. */
static enum yg_status read_listen(const struct yg_app *a, struct yg_listen *out,
                                  struct yg_err *err)
{
    const struct yg_cli *cli = a->cli;
    const char *text = yg_cli_text(cli, "listen", a->config.listen.p);
    enum yg_status st = yg_listen_parse(yg_str_of(text), out, err);

    if (st != YG_OK || yg_listen_is_loopback(out))
        return st;
    if (!yg_cli_flag(cli, "insecure-listen"))
        return yg_err_set(
            err, YG_EINVAL,
            "--listen %s can be reached from other machines, and there is no "
            "login yet (it comes with a later version); listen on 127.0.0.1 "
            "behind a proxy that asks who it is, or add --insecure-listen",
            text);
    yg_log(YG_LOG_WARN, "%s has no login: whoever reaches it reads every alert", text);
    return YG_OK;
}

/* Serve until SIGTERM or SIGINT. The store is the server thread's from start to stop. */
static enum yg_status serve_until_signal(struct serve *s, struct yg_err *err)
{
    char text[YG_LISTEN_TEXT_MAX];
    struct yg_http *http;
    sigset_t stop;
    int fd, got;

    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    /* Before the thread is made, so that it inherits the mask. */
    if (pthread_sigmask(SIG_BLOCK, &stop, NULL) != 0 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return yg_err_errno(err, "cannot set up signals");
    enum yg_status st = yg_listen_open(&s->api.listen, &fd, err);
    if (st != YG_OK)
        return st;
    struct yg_http_options opt = { .fd = fd, .handle = yg_api_handle, .arg = &s->api };
    st = yg_http_start(&opt, &http, err);
    if (st != YG_OK)
        return st;
    printf("yagura: serving http://%s/\n", yg_listen_text(&s->api.listen, text));
    fflush(stdout);
    while (sigwait(&stop, &got) != 0)
        ;
    yg_http_stop(http);
    return YG_OK;
}

static int run(struct yg_cli *cli)
{
    struct serve s = { 0 };
    struct yg_err err = { 0 };
    enum yg_status st = yg_app_init(&s.app, cli, &err);

    if (st == YG_OK)
        st = read_listen(&s.app, &s.api.listen, &err);
    if (st == YG_OK)
        st = yg_app_store(&s.app, false, true, &err);
    if (st == YG_OK) {
        s.api.source = (struct yg_view_source){ .store = s.app.store,
                                                .clock = &s.app.clock,
                                                .config = &s.app.config,
                                                .pack = current_pack,
                                                .policy = current_policy,
                                                .policy_arg = &s };
        st = serve_until_signal(&s, &err);
    }
    int exit_status = st == YG_OK ? YG_EXIT_OK : yg_cli_fail(&err);
    yg_modelpack_free(s.pack);
    yg_app_fini(&s.app);
    return exit_status;
}

const struct yg_command yg_cmd_serve = {
    .name = "serve",
    .args = "",
    .summary = "show the queue in a browser and over a JSON API, read-only",
    .help =
        "Prints its address on one line and serves until SIGTERM or SIGINT. Imports and\n"
        "triage may go on beside it; what they commit is seen at once.\n\n"
        "There is no login yet; it comes with a later version. Until then only "
        "addresses\n"
        "of this machine are taken (127.0.0.1, [::1]), and requests under other host "
        "names\n"
        "are refused, so that no web page can read through the browser. Port 0 picks a\n"
        "free port.\n\n"
        "  /                  the queue: ?tenant=NAME&state=waiting|judged&page=N\n"
        "  /run/ID            one run and its alerts as they came\n"
        "  /guarantee         what is promised about closing; /audits: to judge blind\n"
        "  /api/v1/queue      the same as JSON; /api/v1/runs/ID, /api/v1/stats\n"
        "  /healthz, /metrics for supervision (Prometheus)",
    .opt = { { "listen", "ADDR:PORT", "where to serve (default: 127.0.0.1:8433)" },
             { "insecure-listen", NULL,
               "take an address that other machines reach, without any login" },
             { "model", "FILE",
               "whose certificate is shown (default: the store's own)" } },
    .min_args = 0,
    .max_args = 0,
    .run = run,
};
