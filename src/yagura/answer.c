/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/answer.h"

#include "base/jsonw.h"
#include "conf/textfile.h"
#include "pipeline/aside.h"
#include "pipeline/question.h"
#include "pipeline/settle.h"
#include "yagura/app.h"

#include <stdlib.h>

#define FILE_MAX  ((size_t)64 << 20)
#define ASIDE_MAX ((size_t)16 << 20)

struct answering {
    struct yg_app app;
    struct yg_map aside; /* alerts that wait for a blind verdict of their own */
    struct yg_settle changed;
    uint64_t runs; /* of the queue, judged or waiting again by that */
    struct yg_question_said answer;
    struct yg_answered sum;
    size_t questions;
    bool undo;
    uint8_t level;
};

static enum yg_status one(struct answering *a, struct yg_str id, struct yg_str level,
                          struct yg_err *err)
{
    struct yg_question q;
    struct yg_answered done;
    struct yg_arena arena;

    a->undo = yg_str_eq(level, YG_STR("undo"));
    if (!a->undo && !yg_level_of(level, &a->answer.level))
        return yg_err_set(err, YG_EINVAL,
                          "%.*s is no verdict; write FP, L1, L2, L3, L4 or undo",
                          YG_STR_ARG(level));
    yg_arena_init(&arena, (size_t)64 << 20);
    enum yg_status st = yg_question_get(a->app.store, id, &arena, &q, err);
    a->answer.at_ns = yg_clock_now(&a->app.clock);
    a->answer.aside = &a->aside;
    if (st == YG_OK)
        st = a->undo ? yg_question_undo(a->app.store, &q, &done, err)
                     : yg_question_answer(a->app.store, &q, &a->answer, &done, err);
    for (size_t i = 0; st == YG_OK && i < q.count; i++)
        st = yg_settle_add(&a->changed, q.alert + i * YG_ID_SIZE, err);
    if (st == YG_OK) {
        a->sum.given += done.given;
        a->sum.aside += done.aside;
        a->sum.own += done.own;
        a->questions++;
        a->level = q.level;
    }
    yg_arena_fini(&arena);
    return st;
}

/* Lines of `question,verdict[,who[,reason]]`; '#' begins a comment. All of them, or, at
 * the first that cannot be taken, none. */
static enum yg_status from_file(struct answering *a, const char *path, struct yg_err *err)
{
    struct yg_str text, who = a->answer.who, reason = a->answer.reason;
    enum yg_status st = yg_textfile_read(&a->app.arena, path, FILE_MAX, &text, err);

    for (int line = 1; st == YG_OK && text.n > 0; line++) {
        struct yg_str row = yg_str_trim(yg_str_cut(&text, '\n'));
        if (row.n == 0 || row.p[0] == '#')
            continue;
        struct yg_str id = yg_str_trim(yg_str_cut(&row, ','));
        struct yg_str level = yg_str_trim(yg_str_cut(&row, ','));
        struct yg_str by = yg_str_trim(yg_str_cut(&row, ','));
        struct yg_str why = yg_str_trim(yg_str_cut(&row, ','));
        a->answer.who = by.n ? by : who;
        a->answer.reason = why.n ? why : reason;
        st = one(a, id, level, err);
        if (st != YG_OK)
            yg_err_at(err, path, line, 0);
    }
    return st;
}

static int print_result(struct answering *a)
{
    struct yg_buf out;

    yg_buf_init(&out, 65536);
    if (a->app.json) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_ku64(&w, "questions", a->questions);
        yg_jsonw_ku64(&w, "alerts", a->sum.given);
        yg_jsonw_ku64(&w, "runs", a->runs);
        yg_jsonw_ku64(&w, "left_to_the_audit", a->sum.aside);
        yg_jsonw_ku64(&w, a->undo ? "judged_otherwise_since" : "judged_on_their_own",
                      a->sum.own);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        if (a->questions != 1)
            yg_buf_printf(&out, "%zu answers: ", a->questions);
        yg_buf_printf(&out, "%s: %zu alert%s\n",
                      a->undo             ? "taken back"
                      : a->questions != 1 ? "given"
                                          : yg_level_name(a->level),
                      a->sum.given, a->sum.given == 1 ? "" : "s");
        if (a->runs > 0)
            yg_buf_printf(&out, "in the queue: %llu run%s\n", (unsigned long long)a->runs,
                          a->runs == 1 ? "" : "s");
        if (a->sum.aside > 0)
            yg_buf_printf(&out, "left out: %zu that wait for a verdict of their own\n",
                          a->sum.aside);
        if (a->sum.own > 0)
            yg_buf_printf(&out, "left out: %zu that were judged %s since\n", a->sum.own,
                          a->undo ? "otherwise" : "on their own");
    }
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

static enum yg_status answer(struct answering *a, struct yg_err *err)
{
    const struct yg_cli *cli = a->app.cli;
    const char *user = getenv("USER"), *file = yg_cli_text(cli, "from", NULL);
    enum yg_status st = YG_OK;

    if (file ? cli->arg_count > 0 : cli->arg_count != 2)
        st = yg_err_set(
            err, YG_EINVAL,
            "write `verdict QUESTION LEVEL --group` or `verdict --group --from "
            "FILE`");
    a->answer = (struct yg_question_said){
        .reason = yg_str_of(yg_cli_text(cli, "reason", "")),
        .note = yg_str_of(yg_cli_text(cli, "note", "")),
        .incident = yg_str_of(yg_cli_text(cli, "incident", "")),
        .who = yg_str_of(yg_cli_text(cli, "who", user ? user : "local")),
    };
    if (st == YG_OK)
        st = yg_app_rows(&a->app, true, err);
    if (st == YG_OK)
        st = yg_aside_all(a->app.store, YG_STR_NONE, &a->aside, err);
    if (st == YG_OK)
        st = file ? from_file(a, file, err)
                  : one(a, yg_str_of(cli->arg[0]), yg_str_of(cli->arg[1]), err);
    if (st == YG_OK)
        st = yg_settle_runs(&a->changed, a->app.store, &a->runs, err);
    return st == YG_OK ? yg_store_commit(a->app.store, err) : st;
}

int yg_answer_run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct answering a = { 0 };
    enum yg_status st = yg_app_init(&a.app, cli, &err);

    yg_map_init(&a.aside, ASIDE_MAX);
    yg_settle_init(&a.changed);
    if (st == YG_OK)
        st = answer(&a, &err);
    int exit_status = st == YG_OK ? print_result(&a) : yg_cli_fail(&err);
    yg_map_fini(&a.aside);
    yg_settle_fini(&a.changed);
    yg_app_fini(&a.app);
    return exit_status;
}
