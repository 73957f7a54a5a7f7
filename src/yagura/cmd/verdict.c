/* SPDX-License-Identifier: Apache-2.0 */
/* yagura verdict: give, change or undo a verdict, of one alert or of a whole run. */
#include "base/jsonw.h"
#include "conf/textfile.h"
#include "pipeline/corpus.h"
#include "pipeline/guard.h"
#include "pipeline/lookalike.h"
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
    bool undo;
    enum yg_level level;
    unsigned char (*alert)[YG_ID_SIZE];
    size_t count, changed; /* alerts it stands for; whose verdict is another now */
    struct yg_str tenant;
    struct yg_queue_run run;
    struct yg_store_record record; /* of an alert judged on its own */
    bool is_run, bulk;
    bool together; /* one of many: the caller commits */
    bool plant_waits;
    bool plant; /* a past attack shown again: its verdict is of the person, not of it */
    enum yg_guard_draw drawn;
    uint64_t recalled; /* closed alerts opened again, because it is an attack */
    char group[2 * YG_ID_SIZE + 1]; /* and their run */
};

/* A past attack shown again? And does it wait for its verdict? */
static enum yg_status is_plant(struct verdict *v, struct yg_err *err)
{
    struct yg_audit a;
    enum yg_status st =
        yg_ledger_audit_get(v->app.store, v->run.id, &v->app.arena, &a, err);

    v->plant = st == YG_OK && a.kind == YG_AUDIT_PLANT;
    v->plant_waits = v->plant && a.state == YG_AUDIT_WAITS;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

/* The alerts an ID stands for: those of a run, or one alert. */
static enum yg_status find(struct verdict *v, struct yg_str id, struct yg_err *err)
{
    enum yg_status st = yg_store_run_get(v->app.store, id, &v->app.arena, &v->run, err);

    if (st == YG_OK)
        st = is_plant(v, err);
    if (st == YG_OK && (v->plant || !yg_cli_flag(v->app.cli, "alert"))) {
        v->is_run = true;
        v->tenant = v->run.tenant;
        return yg_store_run_alerts(v->app.store, v->run.id, &v->app.arena, &v->alert,
                                   &v->count, err);
    }
    if (st != YG_OK && st != YG_ENOTFOUND)
        return st;
    st = yg_store_get(v->app.store, id, &v->app.arena, &v->record, &v->tenant, err);
    v->alert = st == YG_OK ? yg_arena_alloc(&v->app.arena, YG_ID_SIZE) : NULL;
    if (st == YG_OK && !v->alert)
        return yg_err_set(err, YG_ENOMEM, "no memory");
    if (st == YG_OK) {
        memcpy(v->alert[0], v->record.id, YG_ID_SIZE);
        v->count = 1;
    }
    return st;
}

/* What alerts are judged as now, the gravest of them: an undo brings back the verdict
 * given before, if any. */
static enum yg_status in_force(struct verdict *v, unsigned char (*alert)[YG_ID_SIZE],
                               size_t n, uint8_t *level, struct yg_err *err)
{
    struct yg_verdict row;

    *level = YG_LEVEL_NONE;
    for (size_t i = 0; i < n; i++) {
        enum yg_status st =
            yg_store_verdict_get(v->app.store, alert[i], &v->app.arena, &row, err);
        if (st == YG_ENOTFOUND)
            continue;
        if (st != YG_OK)
            return st;
        if (*level == YG_LEVEL_NONE || row.level > *level)
            *level = row.level;
    }
    return YG_OK;
}

/* An alert judged on its own: what does it say of its run, if that is drawn? One attack
 * makes the run one; a harmless alert says nothing of the others. Of a run that was
 * judged it changes the verdict to what is in force then. */
static enum yg_status of_its_run(struct verdict *v, struct yg_guard_verdict *said,
                                 bool *counts, struct yg_err *err)
{
    struct yg_audit a = { .kind = 0 };
    unsigned char(*ids)[YG_ID_SIZE];
    struct yg_err none = { 0 };
    uint8_t now = YG_LEVEL_NONE;
    size_t n;
    enum yg_status st =
        yg_guard_audit_of(v->app.store, v->tenant, &v->record, &v->app.arena, &a, &none);

    *counts = false;
    if (st == YG_ENOTFOUND || a.state == YG_AUDIT_VOID)
        return YG_OK;
    if (st != YG_OK) {
        *err = none;
        return st;
    }
    memcpy(v->run.id, a.run, YG_ID_SIZE);
    st = yg_store_run_alerts(v->app.store, a.run, &v->app.arena, &ids, &n, err);
    if (st == YG_OK && a.state == YG_AUDIT_WAITS) {
        *counts = n <= 1 || (!v->undo && v->level >= v->app.config.protect);
        return YG_OK;
    }
    if (st == YG_OK)
        st = in_force(v, ids, n, &now, err);
    *counts = st == YG_OK && now != a.level;
    said->undo = now >= YG_LEVEL_COUNT;
    said->level = said->undo ? YG_LEVEL_FP : (enum yg_level)now;
    return st;
}

/* Tell the audit. Blindness ends with it. */
static enum yg_status tell_guard(struct verdict *v, const struct yg_verdict *row,
                                 uint8_t before, struct yg_err *err)
{
    struct yg_guard *g = NULL;
    bool counts = true;
    struct yg_guard_verdict said = { .run = v->run.id,
                                     .who = row->who,
                                     .level = v->level,
                                     .before = before,
                                     .at_ns = row->at_ns,
                                     .bulk = v->bulk,
                                     .undo = v->undo };
    enum yg_status st = v->is_run ? YG_OK : of_its_run(v, &said, &counts, err);

    if (st != YG_OK || !counts)
        return st;
    st = yg_app_guard(&v->app, NULL, false, &g, err);
    if (st == YG_OK)
        st = yg_guard_judged(g, &said, &v->drawn, err);
    yg_guard_free(g);
    return st;
}

/* An audit found an attack where the model saw none. */
static void want_recall(struct verdict *v)
{
    struct recall r = { .tenant = v->tenant };

    if (v->drawn != YG_DRAW_AUDIT || v->plant || v->undo ||
        v->level < v->app.config.protect)
        return;
    memcpy(r.run, v->run.id, YG_ID_SIZE);
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

/* A plant's alerts keep the verdict that they have. */
static enum yg_status put_verdicts(struct verdict *v, struct yg_verdict *row,
                                   struct yg_err *err)
{
    enum yg_status st = YG_OK;

    if (v->plant) {
        v->changed = v->undo && v->plant_waits ? 0 : v->count;
        return YG_OK;
    }
    for (size_t i = 0; st == YG_OK && i < v->count; i++) {
        memcpy(row->alert, v->alert[i], YG_ID_SIZE);
        st = v->undo ? yg_store_verdict_undo(v->app.store, row->alert, err)
                     : yg_store_verdict_put(v->app.store, row, err);
        v->changed += st == YG_OK;
        if (v->undo && v->is_run && st == YG_ENOTFOUND)
            st = YG_OK; /* alerts that came after the verdict have none */
    }
    return st;
}

/* A plant is neither judged nor closed then: it is gone from all lists. */
static enum yg_status put_run(struct verdict *v, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    if (!v->plant)
        st = in_force(v, v->alert, v->count, &v->run.verdict, err);
    else if (!v->bulk)
        v->run.open = v->undo;
    return st == YG_OK ? yg_store_run_put(v->app.store, &v->run, err) : st;
}

static enum yg_status give(struct verdict *v, struct yg_err *err)
{
    const char *user = getenv("USER");
    uint8_t before = v->run.verdict;
    struct yg_verdict row = {
        .level = (uint8_t)v->level,
        .source = v->bulk ? YG_BY_GROUP : YG_BY_HUMAN,
        .at_ns = yg_clock_now(&v->app.clock),
        .tenant = v->tenant,
        .reason = yg_str_of(yg_cli_text(v->app.cli, "reason", "")),
        .note = yg_str_of(yg_cli_text(v->app.cli, "note", "")),
        .incident = yg_str_of(yg_cli_text(v->app.cli, "incident", "")),
        .who = yg_str_of(yg_cli_text(v->app.cli, "who", user ? user : "local")),
    };
    enum yg_status st = put_verdicts(v, &row, err);

    if (st == YG_OK && v->undo && v->changed == 0)
        return yg_err_set(err, YG_ENOTFOUND, "no verdict is in force on any alert of it");
    if (st == YG_OK && v->is_run)
        st = put_run(v, err);
    if (st == YG_OK)
        st = tell_guard(v, &row, before, err);
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
    return v->drawn == YG_DRAW_AUDIT   ? "; it was an audit: now the score may be seen"
           : v->drawn == YG_DRAW_DECOY ? "; it was drawn for comparison"
           : v->drawn == YG_DRAW_PLANT ? "; it was a past attack, shown again"
                                       : "";
}

static int print_result(struct verdict *v)
{
    struct yg_buf out;

    yg_buf_init(&out, 65536);
    if (v->app.json) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_kcstr(&w, "verdict", v->undo ? "-" : yg_level_name(v->level));
        yg_jsonw_ku64(&w, "alerts", v->changed);
        yg_jsonw_kbool(&w, "run", v->is_run);
        yg_jsonw_kbool(&w, "audit", v->drawn == YG_DRAW_AUDIT);
        yg_jsonw_ku64(&w, "recalled", v->recalled);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        yg_buf_printf(&out, "%s: %zu alert%s%s%s\n",
                      v->undo ? "taken back" : yg_level_name(v->level), v->changed,
                      v->changed == 1 ? "" : "s", v->is_run ? ", the whole run" : "",
                      drawn_text(v));
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

/* One verdict, as if nothing had been given before it. */
static enum yg_status one(struct verdict *v, struct yg_str id, struct yg_str level,
                          struct yg_err *err)
{
    struct yg_app app = v->app;
    struct yg_buf recalls = v->recalls;

    *v = (struct verdict){ .app = app,
                           .recalls = recalls,
                           .bulk = yg_cli_flag(app.cli, "bulk"),
                           .together = v->together,
                           .undo = yg_str_eq(level, YG_STR("undo")) };
    if (!v->undo && !yg_level_of(level, &v->level))
        return yg_err_set(err, YG_EINVAL,
                          "%.*s is no verdict; write FP, L1, L2, L3, L4 or undo",
                          YG_STR_ARG(level));
    enum yg_status st = find(v, id, err);
    return st == YG_OK ? give(v, err) : st;
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
        audits += v->drawn == YG_DRAW_AUDIT;
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
    struct verdict v = { .bulk = false };
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
    .args = "ID FP|L1|L2|L3|L4|undo",
    .summary = "give, change or undo a verdict, of one alert or a run",
    .help =
        "FP false positive, L1 informational, L2 attack that failed or cannot have "
        "effect,"
        "\nL3 real attack with success undecided, L4 success confirmed. ID is that of a "
        "run of the\nqueue (all its open alerts) or of an alert. Verdicts train the next "
        "model; nothing is\nlost by a change: the history stays.",
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
