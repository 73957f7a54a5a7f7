/* SPDX-License-Identifier: Apache-2.0 */
/* yagura replay: what a policy would have done to stored history, before it may. */
#include "pipeline/replay.h"
#include "base/log.h"
#include "conf/watchlist.h"
#include "pipeline/aside.h"
#include "pipeline/question.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/whatif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE     ((size_t)1 << 20)  /* bytes of the list that are written together */
#define BLIND_MAX ((size_t)16 << 20) /* alerts that wait for a blind verdict */

struct replay {
    struct yg_app app;
    struct yg_watchlist *watch;
    struct yg_replay_ask ask;
    struct yg_replay result;
    bool ran;
    struct yg_whatif_side side[2];
    bool two;
    struct yg_judged *copy; /* of the rows, where a policy may not write into them */
    struct yg_str *names;
};

static enum yg_status option(struct replay *r, const char *name, struct yg_err *err)
{
    const char *text = yg_cli_text(r->app.cli, name, NULL);

    return text ? yg_whatif_set(&r->app, &r->side[0].name, yg_str_of(name),
                                yg_str_of(text), err)
                : YG_OK;
}

static enum yg_status read_options(struct replay *r, struct yg_err *err)
{
    static const char *const own[] = { "model",   "tau",     "fnr",
                                       "without", "protect", "rules" };
    const struct yg_cli *cli = r->app.cli;
    const char *against = yg_cli_text(cli, "against", NULL);
    struct yg_str *names;
    struct yg_past_options *past = &r->ask.past;

    r->two = against != NULL;
    r->side[0].name.protect = r->side[1].name.protect = (uint8_t)r->app.config.protect;
    enum yg_status st = yg_whatif_read(&r->app, yg_str_of(yg_cli_text(cli, "policy", "")),
                                       &r->side[0].name, err);
    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(own); i++)
        st = option(r, own[i], err);
    if (st == YG_OK && against)
        st = yg_whatif_read(&r->app, yg_str_of(against), &r->side[1].name, err);
    if (st == YG_OK)
        st = yg_app_names(&r->app, yg_cli_text(cli, "tenant", NULL), &names,
                          &r->ask.tenant_count, err);
    if (st == YG_OK)
        st = yg_cli_time(r->app.cli, "from", &past->from_ns, err);
    past->until_ns = yg_cli_text(cli, "from", NULL) ? INT64_MAX : 0;
    if (st == YG_OK)
        st = yg_cli_time(r->app.cli, "until", &past->until_ns, err);
    if (st == YG_OK && past->until_ns > 0 && past->until_ns <= past->from_ns)
        st = yg_err_set(err, YG_EINVAL, "--until is not after --from");
    if (st == YG_OK)
        r->ask.tenant = names;
    return st;
}

/* Two names of the same model are one model. */
static enum yg_status load_policies(struct replay *r, struct yg_err *err)
{
    const struct yg_whatif_name *a = &r->side[0].name, *b = &r->side[1].name;
    enum yg_status st = yg_whatif_policy(&r->app, &r->side[0], err);

    if (st != YG_OK || !r->two)
        return st;
    if (a->model == b->model || (a->model && b->model && strcmp(a->model, b->model) == 0))
        r->side[1].pack = r->side[0].pack;
    return yg_whatif_policy(&r->app, &r->side[1], err);
}

static enum yg_status load_rules(struct replay *r, struct yg_err *err)
{
    enum yg_status st = yg_app_thin_rules(&r->app, err);

    for (int i = 0; st == YG_OK && i <= r->two; i++) {
        st = yg_whatif_rules(&r->app, &r->side[i], i, err);
        r->ask.past.close[i] = &r->side[i].rules;
    }
    return st;
}

static void progress(void *arg, uint64_t alerts)
{
    const struct replay *r = arg;

    yg_app_progress(&r->app, "alerts", alerts);
}

static enum yg_status judge(struct replay *r, struct yg_err *err)
{
    r->ask.store = r->app.store;
    r->ask.past.workers = r->app.workers;
    r->ask.past.watch = r->watch;
    r->ask.model[0] = r->side[0].pack;
    if (r->two && r->side[1].pack != r->side[0].pack)
        r->ask.model[1] = r->side[1].pack;
    r->ask.memory = r->app.config.context_memory;
    r->ask.list = yg_cli_flag(r->app.cli, "list");
    r->ask.progress = progress;
    r->ask.arg = r;
    r->ran = true;
    enum yg_status st = yg_replay_run(&r->ask, &r->result, err);
    yg_app_progress_end(&r->app);
    if (st != YG_OK)
        return st;
    if (r->result.problems > 0) {
        yg_log_err(&r->result.problem, "that part of the history is left out");
        yg_log(YG_LOG_WARN, "%llu such parts in all; `yagura doctor` checks the store",
               (unsigned long long)r->result.problems);
    }
    if (r->result.rows[0].n == 0)
        return yg_err_set(
            err, YG_ENOTFOUND,
            "there is no alert to replay%s; `yagura import` takes history in",
            r->ask.past.until_ns ? " in this time" : " in this store");
    r->names = calloc(r->result.tenants + 1, sizeof(*r->names));
    if (!r->names)
        return yg_err_set(err, YG_ENOMEM, "no memory for the tenants' names");
    for (size_t t = 0; t < r->result.tenants; t++)
        r->names[t] = r->result.tenant[t].name;
    return YG_OK;
}

/* The last policy over a model's rows may write into them; the others need a copy. */
static enum yg_status run_sides(struct replay *r, struct yg_err *err)
{
    struct yg_judged_list *rows = r->result.rows;
    bool own = r->ask.model[1] != NULL;
    bool shared = r->two && !own;
    enum yg_status st = YG_OK;

    if (shared) {
        r->copy = malloc((rows[0].n + 1) * sizeof(*r->copy));
        if (!r->copy)
            return yg_err_set(err, YG_ENOMEM, "no memory for %zu alerts twice",
                              rows[0].n);
    }
    for (int i = 0; st == YG_OK && i <= r->two; i++) {
        const struct yg_judged *in = rows[i && own].a;
        st = yg_whatif_tenants(&r->app, &r->result, &r->side[i], err);
        if (st != YG_OK)
            break;
        r->side[i].rows = shared && i == 0 ? r->copy : rows[i && own].a;
        st = yg_whatif_run(&r->result, in, &r->side[i], err);
    }
    return st;
}

/* A new file renamed over the old one, or standard output. */
static enum yg_status write_list(struct replay *r, const struct yg_whatif_report *w,
                                 const char *path, struct yg_err *err)
{
    bool out = strcmp(path, "-") == 0;
    char name[4096];
    struct yg_buf piece;

    if (snprintf(name, sizeof(name), "%s.new", path) >= (int)sizeof(name))
        return yg_err_set(err, YG_EINVAL, "--list: the path is too long");
    FILE *f = out ? stdout : fopen(name, "we");
    if (!f)
        return yg_err_set(err, YG_EIO, "--list %s: cannot be written", path);
    yg_buf_init(&piece, 4 * PIECE);
    bool good = true;
    for (size_t i = 0; good && i < r->result.rows[0].n; i++) {
        yg_whatif_line(w, i, &piece);
        struct yg_str s = yg_buf_str(&piece);
        if (s.n < PIECE && i + 1 < r->result.rows[0].n)
            continue;
        good =
            yg_buf_status(&piece) == YG_OK && (s.n == 0 || fwrite(s.p, 1, s.n, f) == s.n);
        yg_buf_clear(&piece);
    }
    good &= fflush(f) == 0;
    yg_buf_fini(&piece);
    if (!out) {
        good &= fclose(f) == 0;
        good = good && rename(name, path) == 0;
    }
    return good ? YG_OK : yg_err_set(err, YG_EIO, "--list %s: not written whole", path);
}

/* Who judges without the score must not read here what the model thinks of it. */
static enum yg_status leave_out(struct replay *r, struct yg_map *blind,
                                struct yg_whatif_report *w, struct yg_err *err)
{
    enum yg_status st = yg_aside_all(r->app.store, YG_STR_NONE, blind, err);

    if (st != YG_OK)
        return st;
    w->blind = blind;
    yg_whatif_blind_add(w);
    return YG_OK;
}

static enum yg_status report(struct replay *r, struct yg_map *blind, int *exit_status,
                             struct yg_err *err)
{
    struct yg_whatif_report w = { .replay = &r->result,
                                  .side = { &r->side[0], r->two ? &r->side[1] : NULL },
                                  .names = r->names };
    const char *list = yg_cli_text(r->app.cli, "list", NULL);
    enum yg_status st = list ? leave_out(r, blind, &w, err) : YG_OK;
    struct yg_buf out;

    if (st != YG_OK)
        return st;
    if (r->two)
        yg_whatif_diff_add(r->side[0].rows, r->side[1].rows, r->result.rows[0].n,
                           &w.diff);
    yg_buf_init(&out, (size_t)64 << 20);
    if (r->app.json)
        yg_whatif_json(&w, &out);
    else
        yg_whatif_text(&w, &out);
    *exit_status = yg_cli_print(&out);
    yg_buf_fini(&out);
    return list ? write_list(r, &w, list, err) : YG_OK;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct replay r = { .two = false };
    struct yg_map blind;
    int exit_status = YG_EXIT_OK;
    enum yg_status st = yg_app_init(&r.app, cli, &err);

    yg_map_init(&blind, BLIND_MAX);
    if (st == YG_OK)
        st = read_options(&r, &err);
    if (st == YG_OK)
        st = yg_app_store(&r.app, false, true, &err);
    if (st == YG_OK)
        st = yg_app_watchlist(&r.app, &r.watch, &err);
    if (st == YG_OK)
        st = load_policies(&r, &err);
    if (st == YG_OK)
        st = load_rules(&r, &err);
    if (st == YG_OK)
        st = judge(&r, &err);
    if (st == YG_OK)
        st = run_sides(&r, &err);
    if (st == YG_OK)
        st = report(&r, &blind, &exit_status, &err);
    if (st != YG_OK)
        exit_status = yg_cli_fail(&err);
    for (int i = 0; i < 2; i++)
        yg_whatif_fini(&r.side[i]);
    if (r.side[1].pack != r.side[0].pack)
        yg_modelpack_free(r.side[1].pack);
    yg_modelpack_free(r.side[0].pack);
    if (r.ran)
        yg_replay_free(&r.result);
    yg_watchlist_free(r.watch);
    yg_map_fini(&blind);
    free(r.copy);
    free(r.names);
    yg_app_fini(&r.app);
    return exit_status;
}

const struct yg_command yg_cmd_replay = {
    .name = "replay",
    .args = "",
    .summary = "what a policy would have done to stored history; writes nothing",
    .help =
        "Judges the stored history of one or all tenants as triage would have, and tells "
        "what is\nleft to people, what each gate holds and what would be lost. --against "
        "compares with\nanother policy: what each of the two closes that the other does "
        "not. Rules on alerts\nclose as if a certificate spoke of them. A policy is "
        "words "
        "with commas between: store,\nmodel=FILE, certificate=DIGEST, "
        "certificate=tenant, "
        "tau=PROBABILITY, fnr=RATE,\nwithout=GATE+GATE, protect=LEVEL, rules=FILE, "
        "rules=none; without any it is the store's\nmodel with its certificate; "
        "certificate=tenant is what decides now: each tenant's\ncertificate in force, "
        "else "
        "the model's. What waits to be judged without the score is in\nno list.",
    .opt = { { "policy", "P", "what is replayed (default: store)" },
             { "against", "P", "compare with this policy" },
             { "model", "FILE", "as model= in --policy" },
             { "tau", "PROB", "close below this risk" },
             { "fnr", "RATE",
               "close below the risk at which this share of the history's threats is "
               "lost" },
             { "without", "GATES", "gates that are off, comma between" },
             { "rules", "FILE",
               "rules on alerts of this file, or none (default: the settings file's)" },
             { "protect", "LEVEL", "what counts as lost: this level and above" },
             { "tenant", "A,B", "only these (default: all)" },
             { "from", "TIME", "only records from then on" },
             { "until", "TIME", "only records before then" },
             { "list", "FILE",
               "a JSON line for each alert that would close, with --against by one only; "
               "- is standard output" } },
    .run = run,
};
