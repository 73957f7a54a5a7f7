/* SPDX-License-Identifier: Apache-2.0 */
/* yagura serve: the console and its API over HTTP, read-only. */
#include "act/act.h"
#include "api/again.h"
#include "api/api.h"
#include "api/beside.h"
#include "api/stream.h"
#include "base/log.h"
#include "base/text.h"
#include "desk/desk.h"
#include "oidc/oidc.h"
#include "pipeline/modelpack.h"
#include "yagura/acting.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/door.h"
#include "yagura/jobrun.h"
#include "yagura/keeper.h"
#include "yagura/night.h"
#include "yagura/serving.h"
#include "yagura/weblane.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

#define ROWS_MS    1000  /* a write's turn, where others wait behind it */
#define JUDGE_MS   10000 /* where only verdicts do */
#define EXPLAIN_MS 120000
#define SIGN_NS    (INT64_C(24) * 3600 * YG_NS_PER_S)

struct serve {
    struct yg_app app;
    struct yg_api api;
    struct yg_weblane slow;  /* passwords and the like */
    struct yg_weblane away;  /* asking the identity provider */
    struct yg_weblane judge; /* verdicts */
    struct yg_oidc *oidc;    /* NULL: there is none */
    bool plain;              /* no TLS, no login */
    /* The model file as last read, and what it said. Belongs to the server's thread. */
    struct stat seen;
    struct yg_view_policy policy;
    /* Of a server with inputs. */
    const struct yg_setting *setting;
    const struct yg_serving_state *state;
    struct yg_modelpack *pack; /* NULL: there is none, or it cannot be read */
    _Atomic int64_t signed_ns; /* when the trail was to be signed last; 0: not yet */
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

/* For supervision: what keeps records from the store. */
static void tell_trouble(void *arg, struct yg_buf *why)
{
    const struct serve *s = arg;
    const struct yg_serving_state *x = s->state;
    char text[sizeof(x->trouble)];

    if (!atomic_load(&x->intake_runs))
        yg_buf_printf(why, "the intake process does not run\n");
    if (!atomic_load(&x->core_runs))
        yg_buf_printf(why, "the core process does not run\n");
    if (atomic_load(&x->trouble_ns) == 0)
        return;
    memcpy(text, x->trouble, sizeof(text));
    text[sizeof(text) - 1] = '\0';
    yg_buf_printf(why, "the store takes nothing: ");
    yg_text_safe(why, yg_str_of(text));
    yg_buf_printf(why, "\n");
}

/* Has the core taken up its work since it began? What is open here was opened before the
 * first request. */
static bool is_ready(void *arg, struct yg_buf *why)
{
    const struct serve *s = arg;

    if (!s->state || atomic_load(&s->state->core_ready))
        return true;
    yg_buf_printf(why, "the core has not taken up its work yet\n");
    return false;
}

/* In the lane's thread, whose store this is. */
static enum yg_status trail_key(void *arg, unsigned char out[32], struct yg_err *err)
{
    struct serve *s = arg;
    unsigned char secret[YG_TRAIL_SECRET];
    enum yg_status st = yg_app_keys(&s->slow.app, out, secret, err);

    sodium_memzero(secret, sizeof(secret));
    return st == YG_ENOTFOUND ? YG_OK : st;
}

/* In a process of its own, which tells in the log what comes of it: `verdict RUN recall`.
 */
static void begin_recall(void *arg, const unsigned char run[YG_ID_SIZE])
{
    const struct serve *s = arg;
    char hex[2 * YG_ID_SIZE + 1];

    yg_hex(run, YG_ID_SIZE, hex);
    yg_door_spawn(&s->app, (const char *[]){ "verdict", hex, "recall", NULL });
}

/* In a process of its own: `acts run`. */
static void begin_acts(void *arg)
{
    const struct serve *s = arg;

    yg_door_spawn(&s->app, (const char *[]){ "acts", "run", "--quiet", NULL });
}

/* What moved an alert's risk: its tenant's history is replayed up to it. */
static enum yg_status begin_explain(void *arg, const unsigned char id[YG_ID_SIZE],
                                    struct yg_boxed_job **out, struct yg_err *err)
{
    const struct serve *s = arg;
    char hex[2 * YG_ID_SIZE + 1];

    yg_hex(id, YG_ID_SIZE, hex);
    const char *const words[] = { "explain", hex, "--alert", "--why", "--quiet", NULL };
    return yg_door_ask(&s->app, words, EXPLAIN_MS, out, err);
}

/* In a process of its own, which tells how far it is: `job run`. */
static void begin_job(void *arg, uint64_t id)
{
    const struct serve *s = arg;
    char number[24];

    snprintf(number, sizeof(number), "%llu", (unsigned long long)id);
    yg_door_spawn(&s->app, (const char *[]){ "job", "run", number, NULL });
}

/* Each day in which somebody did something ends up under a signature: `trail checkpoint`,
 * which may wait its turn for the store. */
static void sign_trail(void *arg)
{
    struct serve *s = arg;
    int64_t now = yg_clock_now(&s->app.clock), last = atomic_load(&s->signed_ns);

    if (last > 0 && now >= last && now - last < SIGN_NS)
        return;
    if (!atomic_compare_exchange_strong(&s->signed_ns, &last, now))
        return; /* the other thread does */
    yg_door_spawn(&s->app, (const char *[]){ "trail", "checkpoint", NULL });
}

/* What was under way when the server ended. */
static enum yg_status resume_acts(struct serve *s, struct yg_err *err)
{
    struct yg_act act;
    enum yg_status st = yg_act_unfinished(s->api.acts, &s->app.arena, &act, err);

    if (st == YG_OK)
        begin_acts(s);
    return st == YG_ENOTFOUND ? YG_OK : st;
}

/* Who may come in, what is written, and the certificate. */
static enum yg_status open_door(struct serve *s, struct yg_tls_server **tls,
                                struct yg_err *err)
{
    enum yg_status st = s->plain ? YG_OK : yg_door_people(&s->app, &s->api.people, err);

    if (st == YG_OK)
        st = yg_weblane_rows(&s->app, ROWS_MS, &s->api.rows, err);
    if (st == YG_OK)
        st = yg_acting_trail(&s->app, true, &s->api.trail, err);
    if (st == YG_OK)
        st = yg_door_desk(&s->app, ROWS_MS, &s->api.desk, err);
    if (st == YG_OK)
        st = yg_door_acts(&s->app, ROWS_MS, &s->api.acts, err);
    s->api.again = yg_again_new();
    s->api.source.beside = yg_beside_new();
    s->api.source.explain = begin_explain;
    s->api.carry_out = begin_acts;
    s->api.recall = begin_recall;
    s->api.job = begin_job;
    if (st == YG_OK)
        st = yg_jobrun_open(&s->app, true, ROWS_MS, &s->api.jobs, err);
    s->api.noted = sign_trail;
    s->api.ready = is_ready;
    s->api.trail_key = trail_key;
    if (st == YG_OK)
        st = yg_weblane_open(&s->slow, &s->app, &s->api, 0, err);
    if (st == YG_OK)
        st = yg_weblane_open(&s->judge, &s->app, &s->api, JUDGE_MS, err);
    if (st == YG_OK)
        st = yg_weblane_provider(&s->away, &s->app, &s->api, &s->oidc, err);
    if (st == YG_OK)
        st = resume_acts(s, err);
    return st == YG_OK && !s->plain ? yg_door_tls(&s->app, &s->api.listen, tls, err) : st;
}

static void close_door(struct serve *s)
{
    yg_people_close(s->api.people);
    yg_store_close(s->api.rows);
    yg_again_free(s->api.again);
    yg_beside_free(s->api.source.beside);
    s->api.source.beside = NULL;
    yg_trail_close(s->api.trail);
    yg_desk_close(s->api.desk);
    yg_jobs_close(s->api.jobs);
    s->api.jobs = NULL;
    yg_acts_close(s->api.acts);
    s->api.acts = NULL;
    yg_weblane_close(&s->slow);
    yg_weblane_close(&s->away);
    yg_weblane_close(&s->judge);
    yg_oidc_free(s->oidc);
    s->oidc = NULL;
    s->api.trail = NULL;
    s->api.people = NULL;
    s->api.desk = NULL;
    s->api.rows = NULL;
    s->api.again = NULL;
}

/* Answer until SIGTERM or SIGINT. The store is the server thread's from start to stop. */
static enum yg_status answer(struct serve *s, int fd, int ready, struct yg_err *err)
{
    struct yg_http *http;
    sigset_t stop;

    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    if (ready < 0)
        sigaddset(&stop, SIGINT);
    /* Before the thread is made, so that it inherits the mask. */
    if (pthread_sigmask(SIG_BLOCK, &stop, NULL) != 0 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return yg_err_errno(err, "cannot set up signals");
    s->api.source = (struct yg_view_source){ .store = s->app.store,
                                             .scope = YG_SCOPE_ALL,
                                             .raw = true,
                                             .clock = &s->app.clock,
                                             .config = &s->app.config,
                                             .pack = current_pack,
                                             .policy = current_policy,
                                             .policy_arg = s };
    if (s->setting) {
        s->api.source.journal = s->setting->journal;
        s->api.source.inputs = &s->setting->inputs;
        s->api.source.trouble = tell_trouble;
    }
    struct yg_http_options opt = { .fd = fd,
                                   .most = yg_api_most,
                                   .handle = yg_api_handle,
                                   .lane = yg_api_lane,
                                   .beside = { [YG_API_LANE_SLOW - 1] = &s->slow.api,
                                               [YG_API_LANE_JUDGE - 1] = &s->judge.api },
                                   .refuse = yg_api_refuse,
                                   .stream = yg_api_stream,
                                   .stream_end = yg_api_stream_end,
                                   .arg = &s->api };
    enum yg_status st = open_door(s, &opt.tls, err);
    opt.beside[YG_API_LANE_AWAY - 1] = s->oidc ? &s->away.api : NULL;
    if (st == YG_OK)
        st = yg_http_start(&opt, &http, err);
    if (st == YG_OK) {
        if (ready >= 0)
            yg_child_ready(ready);
        yg_night_wait(&s->app, &stop);
        if (s->oidc)
            yg_oidc_give_up(s->oidc);
        yg_http_stop(http);
    }
    close_door(s);
    return st;
}

static void print_address(const struct serve *s)
{
    char text[YG_LISTEN_TEXT_MAX];

    printf("yagura: serving http%s://%s/\n", s->plain ? "" : "s",
           yg_listen_text(&s->api.listen, text));
    fflush(stdout);
}

static const struct yg_oidc_settings *provider_of(const struct serve *s,
                                                  const struct yg_setting *setting)
{
    return setting->oidc.on && !s->plain ? &setting->oidc : NULL;
}

/* The web process of a server with inputs. */
static int web(void *arg, struct yg_setting *setting, struct yg_serving_state *state,
               int fd, int ready)
{
    struct serve *s = arg;
    struct yg_err err = { 0 };

    s->app = setting->app;
    s->setting = setting;
    s->state = state;
    s->api.provider = provider_of(s, setting);
    enum yg_status st = yg_app_store(&s->app, false, true, &err);
    if (st == YG_OK)
        st = answer(s, fd, ready, &err);
    yg_modelpack_free(s->pack);
    yg_store_close(s->app.store);
    return st == YG_OK ? YG_EXIT_OK : yg_cli_fail(&err);
}

static enum yg_status serve(struct serve *s, struct yg_setting **in_force,
                            struct yg_err *err)
{
    struct yg_setting *setting = *in_force;
    int fd;
    enum yg_status st = yg_door_listen(&setting->app, &s->api.listen, err);

    if (st == YG_OK)
        st = yg_listen_open(&s->api.listen, &fd, err);
    if (st != YG_OK)
        return st;
    if (setting->inputs.count > 0) {
        struct yg_serving all = { .setting = setting, .web = web, .arg = s, .fd = fd };
        print_address(s);
        st = yg_serving_run(&all, err);
        *in_force = all.setting;
        return st;
    }
    s->app = setting->app;
    s->api.provider = provider_of(s, setting);
    st = yg_app_store(&s->app, false, true, err);
    if (st == YG_OK) {
        print_address(s);
        st = answer(s, fd, -1, err);
    }
    yg_modelpack_free(s->pack);
    yg_store_close(s->app.store);
    return st;
}

static int run(struct yg_cli *cli)
{
    struct serve s = { .plain = yg_cli_flag(cli, "no-login") };
    struct yg_setting *setting = NULL;
    struct yg_err err = { 0 };
    enum yg_status st = yg_setting_read(cli, &setting, &err);

    if (st == YG_OK)
        st = serve(&s, &setting, &err);
    yg_setting_free(setting);
    return st == YG_OK ? YG_EXIT_OK : yg_cli_fail(&err);
}

const struct yg_command yg_cmd_serve = {
    .name = "serve",
    .args = "",
    .summary = "receive, judge and show alerts, until told to stop",
    .help =
        "Prints its addresses, one a line, and serves until SIGTERM or SIGINT. With "
        "`inputs` "
        "in\nthe configuration (docs/inputs.md) it receives records, keeps them in a "
        "journal "
        "before it\nacknowledges them, and stores each once, judged if there is a model "
        "(a "
        "newer one is taken\nwhen it is there). Its processes are begun again when they "
        "die. "
        "SIGTERM: what was received\nis stored first; a second one leaves it in the "
        "journal. "
        "SIGHUP: the configuration is read\nagain. Without inputs: imports and triage "
        "may go "
        "on beside it.\n\n"
        "It speaks HTTPS with the certificate of the settings `certificate` and "
        "`certificate_key`; "
        "without\nthem it makes one for itself, console.pem in the store's folder, and "
        "says its SHA-256\nonce. --no-login is plain HTTP.\n\n"
        "Who comes in is asked for a name and a password (docs/people.md). At the first "
        "start the\nuser admin is made, and its password printed once on standard error. "
        "With --no-login\nnobody is asked: only addresses of this machine are taken. "
        "Requests under other host\nnames than those served are refused. Port 0 picks a "
        "free port.\n\n"
        "  /                  the queue: ?tenant=NAME&state=waiting|judged&page=N\n"
        "  /run/ID            one run and its alerts as they came\n"
        "  /guarantee         what is promised about closing; /audits: to judge blind\n"
        "  /api/v1/queue      the same as JSON; /api/v1/runs/ID, /api/v1/stats\n"
        "  /sources           what was received, stored, is on its way; "
        "/api/v1/sources\n"
        "  /healthz, /metrics for supervision (Prometheus)",
    .opt = { { "listen", "ADDR:PORT", "where to serve (default: 127.0.0.1:8433)" },
             { "no-login", NULL, "plain HTTP and no login, on this machine only" },
             { "model", "FILE",
               "what judges, and whose certificate is shown (default: the store's own)" },
             { "packets", "PATHS",
               "capture files and folders to find the alerts' packets in" } },
    .min_args = 0,
    .max_args = 0,
    .run = run,
};
