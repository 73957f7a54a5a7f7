/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/audit_trial.h"

#include "base/jsonw.h"
#include "pipeline/attest.h"
#include "pipeline/guard.h"

#include <stdlib.h>

#define TRIAL_MAX 1000000

static enum yg_status read_ask(const struct yg_app *app, struct yg_guard_trial_ask *ask,
                               struct yg_err *err)
{
    const struct yg_cli *cli = app->cli;
    int64_t one_in = 1, decoys = 0;

    if (cli->arg_count != 2 || !yg_str_u64(yg_str_of(cli->arg[1]), &ask->audits) ||
        ask->audits == 0 || ask->audits > TRIAL_MAX)
        return yg_err_set(err, YG_EINVAL,
                          "write `audit trial N`: how many runs people have time for, at "
                          "most %d",
                          TRIAL_MAX);
    if (yg_cli_flag(cli, "tenant"))
        return yg_err_set(err, YG_EINVAL,
                          "a trial is drawn at one rate over all customers");
    enum yg_status st = yg_cli_number(cli, "one-in", 1, 200, &one_in, err);
    if (st == YG_OK)
        st = yg_cli_number(cli, "decoys", 0, TRIAL_MAX, &decoys, err);
    ask->rate = (YG_COIN_ONE + (uint64_t)one_in - 1) / (uint64_t)one_in;
    ask->decoys = yg_cli_flag(cli, "decoys") ? (uint64_t)decoys : ask->audits;
    return st;
}

static void say(const struct yg_app *app, const struct yg_guard_trial *t,
                struct yg_buf *out)
{
    const struct yg_trial *d = &t->drawn;

    if (app->json) {
        struct yg_jsonw w = yg_jsonw_of(out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_ku64(&w, "audits", d->audits);
        yg_jsonw_ku64(&w, "decoys", d->decoys);
        yg_jsonw_ku64(&w, "tossed", d->tossed);
        yg_jsonw_ku64(&w, "closed", d->closed);
        yg_jsonw_ku64(&w, "runs", t->runs);
        yg_jsonw_ku64(&w, "untriaged", t->untriaged);
        yg_jsonw_close(&w, '}');
        yg_buf_char(out, '\n');
        return;
    }
    yg_buf_printf(out,
                  "%llu audits and %llu decoys wait to be judged without the score "
                  "(`yagura audit`),\nthen `yagura certify`. Of %llu runs since the "
                  "training %llu would close at the threshold\nthat this reaches",
                  (unsigned long long)d->audits, (unsigned long long)d->decoys,
                  (unsigned long long)t->runs, (unsigned long long)d->closed);
    if (t->untriaged > 0)
        yg_buf_printf(out, "; %llu were imported, not triaged, and left out",
                      (unsigned long long)t->untriaged);
    yg_buf_printf(out, ".\n");
}

static enum yg_status read_rows(struct yg_app *app, const struct yg_modelpack *pack,
                                struct yg_corpus *corpus, struct yg_judged_list **rows,
                                struct yg_err *err)
{
    struct yg_attest attest = { .store = app->store, .m = pack, .corpus = corpus };
    const struct yg_corpus_options all = { .workers = app->workers };
    enum yg_status st = yg_app_corpus(app, &all, corpus, err);

    if (st != YG_OK)
        return st;
    *rows = calloc(corpus->count + 1, sizeof(**rows));
    if (!*rows)
        return yg_err_set(err, YG_ENOMEM, "no memory for the trial");
    for (size_t t = 0; st == YG_OK && t < corpus->count; t++)
        st = yg_attest_rows(&attest, t, &(*rows)[t], err);
    return st;
}

enum yg_status yg_audit_trial(struct yg_app *app, struct yg_buf *out, struct yg_err *err)
{
    struct yg_guard_trial_ask ask = { .rate = YG_COIN_ONE };
    struct yg_guard_trial drawn;
    struct yg_judged_list *rows = NULL;
    struct yg_corpus corpus = { .count = 0 };
    struct yg_modelpack *pack = NULL;
    struct yg_guard *guard = NULL;
    enum yg_status st = read_ask(app, &ask, err);

    if (st == YG_OK)
        st = yg_app_model(app, &pack, err);
    if (st == YG_OK)
        st = read_rows(app, pack, &corpus, &rows, err);
    if (st == YG_OK)
        st = yg_app_guard(app, pack, true, &guard, err);
    ask.corpus = &corpus;
    ask.rows = rows;
    if (st == YG_OK)
        st = yg_guard_trial(guard, &ask, &drawn, err);
    if (st == YG_OK)
        st = yg_store_commit(app->store, err);
    if (st == YG_OK)
        say(app, &drawn, out);
    for (size_t t = 0; rows && t < corpus.count; t++)
        yg_judged_list_fini(&rows[t]);
    free(rows);
    yg_corpus_free(&corpus);
    yg_guard_free(guard);
    yg_modelpack_free(pack);
    return st;
}
