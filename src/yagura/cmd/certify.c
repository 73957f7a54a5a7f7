/* SPDX-License-Identifier: Apache-2.0 */
/* yagura certify: what can be promised about the newest model. */
#include "policy/certify.h"
#include "base/jsonw.h"
#include "feature/features.h"
#include "pipeline/evaluate.h"
#include "pipeline/modelpack.h"
#include "policy/stats.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <stdlib.h>

#define ATTEMPTS "certify-attempts"

struct certify {
    struct yg_app app;
    struct yg_modelpack *pack;
    struct yg_corpus corpus;
    struct yg_judged_list rows;
    struct yg_certify_ask ask;
    struct yg_certificate result;
    bool tested; /* there were later verdicts to test on */
    uint64_t later;
};

static enum yg_status rate(const struct yg_cli *cli, const char *name, double *value,
                           struct yg_err *err)
{
    const char *text = yg_cli_text(cli, name, NULL);
    double v;

    if (!text)
        return YG_OK;
    if (!yg_str_f64(yg_str_of(text), &v) || yg_ladder_index(v) < 0)
        return yg_err_set(err, YG_EINVAL,
                          "--%s %s: write one of 0.05, 0.02, 0.01, 0.005, 0.001 (fixed "
                          "beforehand, so that nobody shops for a rate)",
                          name, text);
    *value = v;
    return YG_OK;
}

/* Every attempt counts, failed ones too: the next one has less delta to spend. */
static enum yg_status next_attempt(struct yg_app *a, uint32_t *attempt,
                                   struct yg_err *err)
{
    struct yg_str text;
    uint64_t n = 0;
    char number[24];
    enum yg_status st = yg_store_meta_get(a->store, ATTEMPTS, &a->arena, &text, err);

    if (st != YG_OK && st != YG_ENOTFOUND)
        return st;
    if (st == YG_OK && (!yg_str_u64(text, &n) || n >= UINT32_MAX))
        return yg_err_set(err, YG_ECORRUPT, "the store's count of attempts is damaged");
    *attempt = (uint32_t)n + 1;
    struct yg_buf b;
    yg_buf_init(&b, sizeof(number));
    yg_buf_printf(&b, "%u", *attempt);
    st = yg_store_meta_put(a->store, ATTEMPTS, yg_buf_str(&b), err);
    yg_buf_fini(&b);
    return st == YG_OK ? yg_store_commit(a->store, err) : st;
}

static enum yg_status read_options(struct certify *c, struct yg_err *err)
{
    int64_t seed = 1;

    c->ask.protect = c->app.config.protect;
    c->ask.delta = c->app.config.delta;
    c->ask.alpha = c->app.config.fnr_rate;
    c->ask.beta = c->app.config.for_rate;
    enum yg_status st = yg_cli_number(c->app.cli, "seed", 0, INT64_MAX, &seed, err);
    c->ask.seed = (uint64_t)seed;
    c->ask.coin = yg_cli_flag(c->app.cli, "all-judged");
    if (st == YG_OK)
        st = rate(c->app.cli, "fnr", &c->ask.alpha, err);
    if (st == YG_OK)
        st = rate(c->app.cli, "for", &c->ask.beta, err);
    return st;
}

static enum yg_status judge_all(struct certify *c, struct yg_err *err)
{
    struct yg_corpus_options opt = { .workers = c->app.workers };
    enum yg_status st = yg_app_corpus(&c->app, &opt, &c->corpus, err);

    for (size_t t = 0; st == YG_OK && t < c->corpus.count; t++)
        st = yg_evaluate_tenant(&c->corpus, t, c->pack, 0, &c->rows, err);
    for (size_t i = 0; i < c->rows.n; i++)
        c->later += c->rows.a[i].time_ns > c->pack->trained_until_ns &&
                    yg_judged_is(&c->rows.a[i]);
    return st;
}

static enum yg_status test(struct certify *c, struct yg_err *err)
{
    unsigned char gates[YG_DIGEST_SIZE], features[YG_DIGEST_SIZE];
    struct yg_policy policy = yg_modelpack_policy(c->pack);
    enum yg_status st = next_attempt(&c->app, &c->ask.attempt, err);

    yg_gates_digest(&policy, gates);
    yg_feature_schema_digest(features);
    c->ask.a = c->rows.a;
    c->ask.n = c->rows.n;
    c->ask.cut_ns = c->pack->trained_until_ns + 1;
    c->ask.grid = c->pack->grid;
    c->ask.points = c->pack->grid_count;
    c->ask.now_ns = yg_clock_now(&c->app.clock);
    c->ask.model = c->pack->model_digest;
    c->ask.gates = gates;
    c->ask.features = features;
    if (st == YG_OK)
        st = yg_certify(&c->ask, &c->result, err);
    if (st != YG_OK)
        return st;
    c->tested = true;
    /* One that sets no threshold does not take the estimate's place in shadow mode. */
    if (c->result.tau > 0) {
        c->pack->certificate = c->result;
        c->pack->certified = true;
        st = yg_app_model_save(&c->app, c->pack, yg_cli_text(c->app.cli, "model", NULL),
                               err);
    }
    return st;
}

static int print_result(struct certify *c)
{
    struct yg_buf out;
    const struct yg_certificate *now = &c->pack->certificate;

    yg_buf_init(&out, 1 << 20);
    if (c->app.json) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_ku64(&w, "later_verdicts", c->later);
        yg_jsonw_key(&w, "tested");
        if (c->tested)
            yg_certificate_json(&c->result, &w);
        else
            yg_jsonw_null(&w);
        yg_jsonw_key(&w, "in_force");
        yg_certificate_json(now, &w);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        if (c->tested)
            yg_certificate_text(&c->result, &out);
        else
            yg_buf_printf(&out,
                          "Nothing to test on: no verdict is later than the model's "
                          "newest. Train with --until and\nkeep the later ones for "
                          "this test.\n");
        if (!c->tested || c->result.tau == 0) {
            yg_buf_printf(&out, "\nUntil then, in shadow mode:\n");
            yg_certificate_text(now, &out);
        }
    }
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct certify c = { .later = 0 };
    enum yg_status st = yg_app_init(&c.app, cli, &err);

    if (st == YG_OK)
        st = read_options(&c, &err);
    if (st == YG_OK)
        st = yg_app_store(&c.app, false, false, &err);
    if (st == YG_OK)
        st = yg_app_model(&c.app, &c.pack, &err);
    if (st == YG_OK)
        st = judge_all(&c, &err);
    if (st == YG_OK && c.later > 0)
        st = test(&c, &err);
    int exit_status = st == YG_OK ? print_result(&c) : yg_cli_fail(&err);
    yg_judged_list_fini(&c.rows);
    yg_corpus_free(&c.corpus);
    yg_modelpack_free(c.pack);
    yg_app_fini(&c.app);
    return exit_status;
}

const struct yg_command yg_cmd_certify = {
    .name = "certify",
    .args = "",
    .summary = "test what can be promised about the model, on verdicts it never saw",
    .help =
        "Tests the frozen policy on verdicts later than its training, per level, run and "
        "threat.\nWhere the verdicts are too few it says how many more are needed. Every "
        "attempt is\ncounted and makes the next one stricter.",
    .opt = { { "fnr", "RATE",
               "asked share of lost threats of each level (default: the configuration's, "
               "0.05)" },
             { "for", "RATE",
               "asked share of attacks among closed runs (default: 0.05)" },
             { "all-judged", NULL,
               "every run of the period was judged whatever its risk" },
             { "model", "FILE", "model file (default: the store's)" },
             { "seed", "N", "of the coin that draws closed runs (default: 1)" } },
    .run = run,
};
