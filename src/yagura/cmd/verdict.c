/* SPDX-License-Identifier: Apache-2.0 */
/* yagura verdict: give, change or undo a verdict, of one alert or of a whole run. */
#include "base/jsonw.h"
#include "conf/textfile.h"
#include "pipeline/corpus.h"
#include "pipeline/lookalike.h"
#include "pipeline/ruling.h"
#include "yagura/answer.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)64 << 20)

/* An audit found an attack: what else closed like it? */
struct recall {
    struct yg_str tenant;
    unsigned char run[YG_ID_SIZE];
};

struct verdict {
    struct yg_app app;
    struct yg_buf recalls; /* struct recall, asked all together in the end */
    bool undo, looked;     /* looked: only for what closed alike */
    enum yg_level level;
    struct yg_ruled ruled;
    bool together;     /* one of many: the caller commits */
    uint64_t recalled; /* closed alerts opened again, because it is an attack */
    char group[2 * YG_ID_SIZE + 1]; /* and their run */
};

/* An audit found an attack where the model saw none. */
static void want_recall(struct verdict *v)
{
    struct recall r = { .tenant = v->ruled.tenant };

    if (!v->ruled.recall)
        return;
    memcpy(r.run, v->ruled.run, YG_ID_SIZE);
    yg_buf_add(&v->recalls, &r, sizeof(r));
}

/* What closed like these runs of one tenant. */
static enum yg_status recall_of(struct verdict *v, const struct yg_modelpack *pack,
                                struct yg_str tenant,
                                const unsigned char (*run)[YG_ID_SIZE], size_t n,
                                struct yg_err *err)
{
    struct yg_corpus_options opt = { .workers = v->app.workers,
                                     .tenant = &tenant,
                                     .tenant_count = 1 };
    struct yg_corpus corpus = { .count = 0 };
    struct yg_lookalike_found found[YG_LOOKALIKE_RUNS];
    enum yg_status st = yg_app_corpus(&v->app, &opt, &corpus, err);

    if (st != YG_OK)
        return st;
    for (size_t from = 0; st == YG_OK && from < n; from += YG_LOOKALIKE_RUNS) {
        struct yg_lookalike ask = { .store = v->app.store,
                                    .pack = pack,
                                    .corpus = &corpus,
                                    .run = run + from,
                                    .runs = n - from };
        if (ask.runs > YG_LOOKALIKE_RUNS)
            ask.runs = YG_LOOKALIKE_RUNS;
        st = yg_lookalike_reopen(&ask, found, err);
        for (size_t i = 0; st == YG_OK && i < ask.runs; i++) {
            v->recalled += found[i].reopened;
            if (found[i].reopened > 0)
                yg_hex(found[i].group, YG_ID_SIZE, v->group);
        }
    }
    yg_corpus_free(&corpus);
    return st;
}

/* A customer's history is read once, however many of its audits found attacks. */
static enum yg_status recall(struct verdict *v, struct yg_err *err)
{
    struct yg_str all = yg_buf_str(&v->recalls);
    const struct recall *r = (const struct recall *)(const void *)all.p;
    size_t n = all.n / sizeof(*r);
    unsigned char(*run)[YG_ID_SIZE] = yg_arena_alloc(&v->app.arena, (n + 1) * YG_ID_SIZE);
    bool *done = yg_arena_alloc(&v->app.arena, n + 1);
    struct yg_modelpack *pack = NULL;
    struct yg_store_stats stats;
    enum yg_status st = yg_buf_status(&v->recalls);

    if (st != YG_OK || !run || !done)
        return yg_err_set(err, YG_ENOMEM, "no memory to look for what closed alike");
    st = n == 0 ? YG_OK : yg_store_stats(v->app.store, &stats, err);
    if (st != YG_OK || n == 0 || stats.closed == 0)
        return st;
    st = yg_app_model(&v->app, &pack, err);
    memset(done, 0, n);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        size_t same = 0;
        for (size_t k = i; k < n; k++)
            if (!done[k] && yg_str_eq(r[k].tenant, r[i].tenant)) {
                memcpy(run[same++], r[k].run, YG_ID_SIZE);
                done[k] = true;
            }
        if (same > 0)
            st = recall_of(v, pack, r[i].tenant, (const unsigned char(*)[YG_ID_SIZE])run,
                           same, err);
    }
    yg_modelpack_free(pack);
    return st;
}

static enum yg_status give(struct verdict *v, struct yg_str id, struct yg_err *err)
{
    const char *user = getenv("USER");
    const struct yg_ruling ruling = {
        .store = v->app.store,
        .config = &v->app.config,
        .clock = &v->app.clock,
        .id = id,
        .alone = yg_cli_flag(v->app.cli, "alert"),
        .undo = v->undo,
        .bulk = yg_cli_flag(v->app.cli, "bulk"),
        .level = v->level,
        .reason = yg_str_of(yg_cli_text(v->app.cli, "reason", "")),
        .note = yg_str_of(yg_cli_text(v->app.cli, "note", "")),
        .incident = yg_str_of(yg_cli_text(v->app.cli, "incident", "")),
        .who = yg_str_of(yg_cli_text(v->app.cli, "who", user ? user : "local")),
    };
    enum yg_status st = yg_rule(&ruling, &v->app.arena, &v->ruled, err);

    if (st == YG_OK && !v->together) /* it stands, whatever becomes of the search */
        st = yg_store_commit(v->app.store, err);
    if (st != YG_OK)
        return st;
    want_recall(v);
    if (v->together)
        return YG_OK;
    st = recall(v, err);
    return st == YG_OK ? yg_store_commit(v->app.store, err) : st;
}

static const char *drawn_text(const struct verdict *v)
{
    return v->ruled.drawn == YG_DRAW_AUDIT
               ? "; it was an audit: now the score may be seen"
           : v->ruled.drawn == YG_DRAW_DECOY ? "; it was drawn for comparison"
           : v->ruled.drawn == YG_DRAW_PLANT ? "; it was a past attack, shown again"
                                             : "";
}

static int print_result(struct verdict *v)
{
    struct yg_buf out;

    yg_buf_init(&out, 65536);
    if (v->app.json) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_kcstr(&w, "verdict",
                       v->undo || v->looked ? "-" : yg_level_name(v->level));
        yg_jsonw_ku64(&w, "alerts", v->ruled.changed);
        yg_jsonw_kbool(&w, "run", v->ruled.is_run);
        yg_jsonw_kbool(&w, "audit", v->ruled.drawn == YG_DRAW_AUDIT);
        yg_jsonw_ku64(&w, "recalled", v->recalled);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        yg_buf_printf(&out, "%s: %zu alert%s%s%s\n",
                      v->looked ? "looked again"
                      : v->undo ? "taken back"
                                : yg_level_name(v->level),
                      v->ruled.changed, v->ruled.changed == 1 ? "" : "s",
                      v->ruled.is_run ? ", the whole run" : "", drawn_text(v));
        if (v->recalled > 0)
            yg_buf_printf(&out,
                          "%llu closed alerts that resemble it are open again: run "
                          "%.10s\n",
                          (unsigned long long)v->recalled, v->group);
    }
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

/* The search for what closed like an attack that an audit found, once more. */
static enum yg_status again(struct verdict *v, struct yg_str id, struct yg_err *err)
{
    struct yg_queue_run run;
    enum yg_status st = yg_store_run_get(v->app.store, id, &v->app.arena, &run, err);

    if (st == YG_OK &&
        (run.verdict == YG_LEVEL_NONE || run.verdict < v->app.config.protect))
        st = yg_err_set(err, YG_EINVAL, "the run is not judged an attack");
    if (st != YG_OK)
        return st;
    v->looked = true;
    v->ruled = (struct yg_ruled){ .tenant = run.tenant, .recall = true };
    memcpy(v->ruled.run, run.id, YG_ID_SIZE);
    want_recall(v);
    st = recall(v, err);
    return st == YG_OK ? yg_store_commit(v->app.store, err) : st;
}

/* One verdict, as if nothing had been given before it. */
static enum yg_status one(struct verdict *v, struct yg_str id, struct yg_str level,
                          struct yg_err *err)
{
    struct yg_app app = v->app;
    struct yg_buf recalls = v->recalls;

    *v = (struct verdict){ .app = app,
                           .recalls = recalls,
                           .together = v->together,
                           .undo = yg_str_eq(level, YG_STR("undo")) };
    if (!v->together && yg_str_eq(level, YG_STR("recall")))
        return again(v, id, err);
    if (!v->undo && !yg_level_of(level, &v->level))
        return yg_err_set(err, YG_EINVAL,
                          "%.*s is no verdict; write FP, L1, L2, L3, L4 or undo",
                          YG_STR_ARG(level));
    return give(v, id, err);
}

/* Verdicts that were written down: one a line, each as if typed alone; all or none. */
static enum yg_status many(struct verdict *v, const char *path, struct yg_err *err)
{
    struct yg_str text;
    uint64_t given = 0, audits = 0;
    enum yg_status st = yg_textfile_read(&v->app.arena, path, FILE_MAX, &text, err);

    v->together = true;
    for (int line = 1; st == YG_OK && text.n > 0; line++) {
        struct yg_str row = yg_str_trim(yg_str_cut(&text, '\n'));
        if (row.n == 0)
            continue;
        struct yg_str id = yg_str_trim(yg_str_cut(&row, ','));
        st = one(v, id, yg_str_trim(row), err);
        if (st != YG_OK)
            yg_err_at(err, path, line, 0);
        given += st == YG_OK;
        audits += v->ruled.drawn == YG_DRAW_AUDIT;
    }
    if (st == YG_OK)
        st = yg_store_commit(v->app.store, err);
    if (st == YG_OK)
        st = recall(v, err);
    if (st == YG_OK)
        st = yg_store_commit(v->app.store, err);
    if (st != YG_OK)
        return st;
    printf(v->app.json
               ? "{\"verdicts\":%llu,\"audits\":%llu,\"recalled\":%llu}\n"
               : "%llu verdicts, %llu of audits; %llu closed alerts are open again\n",
           (unsigned long long)given, (unsigned long long)audits,
           (unsigned long long)v->recalled);
    return YG_OK;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    const char *from = yg_cli_text(cli, "from", NULL);

    if (yg_cli_flag(cli, "group"))
        return yg_answer_run(cli);
    if (cli->arg_count != (from ? 0 : 2)) {
        yg_err_set(&err, YG_EINVAL, "write `verdict ID LEVEL` or `verdict --from FILE`");
        return yg_cli_fail(&err);
    }
    struct verdict v = { .undo = false };
    enum yg_status st = yg_app_init(&v.app, cli, &err);

    yg_buf_init(&v.recalls, FILE_MAX);

    if (st == YG_OK)
        st = yg_app_rows(&v.app, true, &err);
    if (st == YG_OK)
        st = from ? many(&v, from, &err)
                  : one(&v, yg_str_of(cli->arg[0]), yg_str_of(cli->arg[1]), &err);
    int exit_status = st != YG_OK ? yg_cli_fail(&err)
                      : from      ? YG_EXIT_OK
                                  : print_result(&v);
    yg_buf_fini(&v.recalls);
    yg_app_fini(&v.app);
    return exit_status;
}

const struct yg_command yg_cmd_verdict = {
    .name = "verdict",
    .args = "ID FP|L1|L2|L3|L4|undo|recall",
    .summary = "give, change or undo a verdict, of one alert or a run",
    .help =
        "FP false positive, L1 informational, L2 attack that failed or cannot have "
        "effect,"
        "\nL3 real attack with success undecided, L4 success confirmed. ID is that of a "
        "run of the\nqueue (all its open alerts) or of an alert. Verdicts train the next "
        "model; nothing is\nlost by a change: the history stays. `recall` instead of a "
        "verdict looks once more for what\nclosed like a run that an audit found an "
        "attack.",
    .opt = { { "reason", "CODE",
               "reason code: duplicate, test, policy, benign-positive, ..." },
             { "note", "TEXT", "for those who come after" },
             { "incident", "NAME", "the incident it belongs to" },
             { "who", "NAME", "who says so (default: $USER)" },
             { "model", "FILE",
               "model that finds what resembles an attack (default: the store's)" },
             { "bulk", NULL, "given to many at once: it trains, and proves nothing" },
             { "alert", NULL, "only the alert with this ID, not its run" },
             { "group", NULL, "ID is a question of `yagura ask`: all that it lists" },
             { "from", "FILE",
               "lines of ID,VERDICT, all or none; with --group "
               "QUESTION,VERDICT[,WHO[,REASON]]" } },
    .min_args = 0,
    .max_args = 2,
    .act = "judge verdict",
    .run = run,
};
