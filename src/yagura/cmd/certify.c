/* SPDX-License-Identifier: Apache-2.0 */
/* yagura certify: what can be promised about the newest model. */
#include "policy/certify.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "pipeline/attest.h"
#include "policy/stats.h"
#include "yagura/app.h"
#include "yagura/certshow.h"
#include "yagura/commands.h"
#include "yagura/recompute.h"

#include <sodium.h>
#include <stdlib.h>

struct certify {
    struct yg_app app;
    struct yg_modelpack *pack;
    struct yg_corpus corpus;
    struct yg_attest attest;
    unsigned char key[32], secret[64];
    struct yg_judged_list pool;
    struct yg_certshow *made; /* by tenant, then the pool's */
    size_t count;
    bool pooled;  /* certify the pool, too */
    bool tenants; /* certify each tenant */
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

static enum yg_status read_options(struct certify *c, struct yg_err *err)
{
    const struct yg_cli *cli = c->app.cli;
    bool tenant = yg_cli_flag(cli, "tenant"), pooled = yg_cli_flag(cli, "pooled");
    int64_t seed = 1;

    if (tenant && pooled)
        return yg_err_set(err, YG_EINVAL, "--tenant and --pooled do not go together");
    if (cli->arg_count > 0 && !yg_cli_flag(cli, "show"))
        return yg_err_set(err, YG_EINVAL, "a digest goes with --show or --recompute");
    c->tenants = !pooled;
    c->pooled = !tenant;
    c->attest.protect = c->app.config.protect;
    c->attest.delta = c->app.config.delta;
    c->attest.alpha = c->app.config.fnr_rate;
    c->attest.beta = c->app.config.for_rate;
    enum yg_status st = yg_cli_number(cli, "seed", 0, INT64_MAX, &seed, err);
    c->attest.seed = (uint64_t)seed;
    if (st == YG_OK)
        st = rate(cli, "fnr", &c->attest.alpha, err);
    if (st == YG_OK)
        st = rate(cli, "for", &c->attest.beta, err);
    return st;
}

/* Store, key and model, for whatever is asked. */
static enum yg_status begin(struct certify *c, struct yg_err *err)
{
    enum yg_status st = read_options(c, err);

    if (st == YG_OK)
        st = yg_app_rows(&c->app, false, err);
    if (st == YG_OK)
        st = yg_app_keys(&c->app, c->key, c->secret, err);
    if (st == YG_OK && !yg_cli_flag(c->app.cli, "show"))
        st = yg_app_model(&c->app, &c->pack, err);
    c->attest.store = c->app.store;
    c->attest.m = c->pack;
    c->attest.corpus = &c->corpus;
    c->attest.now_ns = yg_clock_now(&c->app.clock);
    c->attest.key = c->key;
    c->attest.secret = c->secret;
    c->attest.rules = &c->app.thin;
    if (st == YG_OK && !yg_cli_flag(c->app.cli, "show"))
        st = yg_app_thin_rules(&c->app, err);
    return st;
}

static enum yg_status load(struct certify *c, struct yg_str tenant, struct yg_err *err)
{
    struct yg_corpus_options opt = { .workers = c->app.workers,
                                     .tenant = &tenant,
                                     .tenant_count = tenant.n > 0,
                                     .close = c->attest.rules };

    return yg_app_corpus(&c->app, &opt, &c->corpus, err);
}

/* Test and put down; what was made goes to the list that is shown. */
static enum yg_status make(struct certify *c, struct yg_str tenant,
                           const struct yg_judged_list *rows, struct yg_err *err)
{
    struct yg_certshow *m = &c->made[c->count];
    struct yg_certify_ready ready;
    uint64_t later = yg_attest_later(&c->attest, rows);

    if (later == 0)
        return YG_OK;
    enum yg_status st = yg_attest_ready(&c->attest, tenant, rows, &ready, err);
    if (st == YG_OK && !ready.starts && !yg_cli_flag(c->app.cli, "anyway")) {
        yg_log(YG_LOG_WARN,
               "%.*s: no attempt is made and nothing spent: %.0f of the %llu clusters "
               "that the test for FOR begins with are judged (`yagura audit trial`)",
               YG_STR_ARG(tenant.n ? tenant : YG_STR("all customers")), ready.have,
               (unsigned long long)ready.need);
        return YG_OK;
    }
    if (st == YG_OK)
        st = yg_attest_make(&c->attest, tenant, rows, &m->certificate, m->digest, err);
    if (st == YG_OK)
        st = yg_store_commit(c->app.store, err);
    m->tenant = tenant;
    c->count += st == YG_OK;
    return st;
}

static enum yg_status each_tenant(struct certify *c, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t t = 0; st == YG_OK && t < c->corpus.count; t++) {
        struct yg_judged_list rows = { 0 };
        st = yg_attest_rows(&c->attest, t, &rows, err);
        c->later += yg_attest_later(&c->attest, &rows);
        if (st == YG_OK && c->tenants)
            st = make(c, c->corpus.tenant[t].name, &rows, err);
        if (st == YG_OK && c->pooled)
            st = yg_attest_pool(&c->pool, &rows, t, err);
        yg_judged_list_fini(&rows);
        yg_app_progress(&c->app, "judged", t + 1);
    }
    yg_app_progress_end(&c->app);
    return st;
}

/* The pool's goes into the model file if it may arm. Until then shadow mode keeps the
 * estimate's threshold: that of a handful of threats is no better, and where it falls
 * nothing would be drawn that the next certificate could stand on. */
static enum yg_status save(struct certify *c, struct yg_err *err)
{
    const struct yg_certificate *pool = &c->made[c->count - 1].certificate;

    if (!yg_certificate_may_arm(pool))
        return YG_OK;
    c->pack->certificate = *pool;
    c->pack->certified = true;
    return yg_app_model_save(&c->app, c->pack, yg_cli_text(c->app.cli, "model", NULL),
                             err);
}

static enum yg_status certify(struct certify *c, struct yg_err *err)
{
    enum yg_status st = load(c, yg_str_of(yg_cli_text(c->app.cli, "tenant", "")), err);

    if (st != YG_OK)
        return st;
    c->made = calloc(c->corpus.count + 1, sizeof(*c->made));
    if (!c->made)
        return yg_err_set(err, YG_ENOMEM, "no memory for the certificates");
    st = each_tenant(c, err);
    size_t before = c->count;
    if (st == YG_OK && c->pooled)
        st = make(c, YG_STR_NONE, &c->pool, err);
    if (st == YG_OK && c->count > before)
        st = save(c, err);
    if (st == YG_OK && yg_cli_flag(c->app.cli, "all-judged"))
        for (size_t i = 0; i < c->count; i++)
            if (c->made[i].certificate.runs_unjudged > 0)
                yg_log(YG_LOG_WARN, "--all-judged: %llu runs of %s were not judged",
                       (unsigned long long)c->made[i].certificate.runs_unjudged,
                       i + 1 == c->count && c->pooled ? "the pool" : "a tenant");
    return st;
}

static enum yg_status recompute(struct certify *c, const char *digest, struct yg_buf *out,
                                struct yg_err *err)
{
    struct yg_ledger_certificate row;
    enum yg_status st = yg_ledger_certificate_get(c->app.store, yg_str_of(digest),
                                                  &c->app.arena, &row, err);

    if (st == YG_OK)
        st = yg_recompute_certificate(&c->app, c->pack, c->key, &row, err);
    if (st == YG_OK)
        yg_certshow_again(&row, c->app.json, out);
    return st;
}

static enum yg_status print(struct certify *c, struct yg_buf *out)
{
    const struct yg_certificate *pool =
        c->pooled && c->count > 0 && c->made[c->count - 1].tenant.n == 0
            ? &c->made[c->count - 1].certificate
            : NULL;
    struct yg_certshow_all all = { c->made, c->count, pool, NULL, c->later };

    if (c->pack->certified)
        all.in_force = &c->pack->certificate;
    if (c->app.json)
        yg_certshow_json(&all, out);
    else
        yg_certshow_text(&all, out);
    return YG_OK;
}

static enum yg_status work(struct certify *c, struct yg_buf *out, struct yg_err *err)
{
    const struct yg_cli *cli = c->app.cli;
    const char *again = yg_cli_text(cli, "recompute", NULL);
    enum yg_status st = begin(c, err);

    if (st != YG_OK)
        return st;
    if (yg_cli_flag(cli, "show"))
        return yg_certshow_stored(&c->app, c->key, cli->arg_count ? cli->arg[0] : NULL,
                                  out, err);
    if (again)
        return recompute(c, again, out, err);
    st = certify(c, err);
    return st == YG_OK ? print(c, out) : st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct certify c = { .later = 0 };
    struct yg_buf out;
    enum yg_status st = yg_app_init(&c.app, cli, &err);

    yg_buf_init(&out, (size_t)1 << 30);
    if (st == YG_OK)
        st = work(&c, &out, &err);
    int exit_status = st == YG_OK ? yg_cli_print(&out) : yg_cli_fail(&err);
    sodium_memzero(c.secret, sizeof(c.secret));
    yg_buf_fini(&out);
    free(c.made);
    yg_judged_list_fini(&c.pool);
    yg_corpus_free(&c.corpus);
    yg_modelpack_free(c.pack);
    yg_app_fini(&c.app);
    return exit_status;
}

const struct yg_command yg_cmd_certify = {
    .name = "certify",
    .args = "[DIGEST]",
    .summary = "test what can be promised about the model, on verdicts it never saw",
    .help =
        "Tests the frozen policy on verdicts later than its training, per level, run and "
        "threat:\neach tenant alone, and all together. Where the verdicts are too few it "
        "says how many\nmore are needed. Every attempt is signed, kept and makes the "
        "next "
        "one of that tenant\nstricter. Verdicts of groups and rules do not count; once a "
        "policy closed alerts, only\nwhat stayed open and what the audit coin drew does.",
    .opt = { { "tenant", "T", "this tenant alone (default: every tenant and the pool)" },
             { "pooled", NULL, "the pool alone" },
             { "show", NULL, "list the certificates made so far, or print one in full" },
             { "recompute", "DIGEST", "compute a certificate again, bit for bit" },
             { "fnr", "RATE",
               "asked share of lost threats of each level (default: the configuration's, "
               "0.05)" },
             { "for", "RATE",
               "asked share of attacks among closed runs (default: 0.05)" },
             { "all-judged", NULL,
               "warn if not every run of the period was judged (it is checked anyway)" },
             { "anyway", NULL,
               "make the attempt although too few runs are judged, at its price" },
             { "model", "FILE", "model file (default: the store's)" },
             { "seed", "N", "of the coin that draws closed runs (default: 1)" } },
    .max_args = 1,
    .act = "create certificate",
    .run = run,
};
