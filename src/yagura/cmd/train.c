/* SPDX-License-Identifier: Apache-2.0 */
/* yagura train: a model from stored human verdicts. */
#include "base/jsonw.h"
#include "base/log.h"
#include "feature/features.h"
#include "pipeline/fit.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/service.h"

#include <stdio.h>

static void progress(void *arg, const char *what, uint32_t done, uint32_t of)
{
    const struct yg_app *a = arg;

    if (!a->quiet)
        yg_log(YG_LOG_INFO, "%s %u of %u", what, done, of);
}

static enum yg_status read_options(struct yg_app *a, struct yg_corpus_options *opt,
                                   struct yg_fit_params *p, struct yg_err *err)
{
    const char *until = yg_cli_text(a->cli, "until", NULL);
    int64_t seed = 1;
    struct yg_str *names = NULL;
    enum yg_status st = yg_cli_number(a->cli, "seed", 0, INT64_MAX, &seed, err);

    *opt = (struct yg_corpus_options){ .workers = a->workers };
    *p = (struct yg_fit_params){ .train = yg_train_default,
                                 .progress = progress,
                                 .arg = a };
    p->train.seed = (uint64_t)seed;
    p->train.threads = a->workers;
    if (st == YG_OK && until) {
        opt->from_ns = INT64_MIN;
        if (!yg_time_iso(yg_str_of(until), 0, &opt->until_ns, NULL))
            st = yg_err_set(err, YG_EINVAL,
                            "--until %s: write a time such as 2026-01-31T00:00:00Z",
                            until);
    }
    if (st == YG_OK)
        st = yg_app_names(a, yg_cli_text(a->cli, "tenants", NULL), &names,
                          &opt->tenant_count, err);
    if (st == YG_OK)
        st = yg_app_fnr(a, &p->fnr, err);
    opt->tenant = names;
    return st;
}

/* Without --tenants: all but those whose records stay theirs (setting `pooled`). */
static enum yg_status pooled(struct yg_app *a, struct yg_corpus_options *opt,
                             struct yg_err *err)
{
    struct yg_store_tenant *all = NULL;
    struct yg_tenant t;
    size_t n = 0, kept = 0;
    enum yg_status st = yg_store_tenants(a->store, &a->arena, &all, &n, err);

    if (st != YG_OK || opt->tenant_count > 0)
        return st;
    struct yg_str *name = yg_arena_alloc(&a->arena, (n + 1) * sizeof(*name));
    if (!name)
        return yg_err_set(err, YG_ENOMEM, "no memory for the tenants");
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        st = yg_service_tenant(a, all[i].name, &t, err);
        if (st == YG_OK && yg_tenant_flag(&t, YG_TENANT_POOLED))
            name[kept++] = all[i].name;
    }
    if (st != YG_OK || kept == n)
        return st;
    if (kept == 0)
        return yg_err_set(err, YG_EINVAL,
                          "no tenant's records are pooled; name one with --tenants");
    yg_log(YG_LOG_INFO, "records of %zu tenants stay out of the common model", n - kept);
    opt->tenant = name;
    opt->tenant_count = kept;
    return YG_OK;
}

static int print_result(struct yg_app *a, const struct yg_modelpack *m)
{
    struct yg_buf out;

    yg_buf_init(&out, 1 << 20);
    if (a->json) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_ku64(&w, "tenants", m->tenants);
        yg_jsonw_ku64(&w, "alerts", m->alerts);
        yg_jsonw_ku64(&w, "judged", m->judged);
        yg_jsonw_ku64(&w, "protected", m->protected_alerts);
        yg_jsonw_ku64(&w, "rows", m->rows);
        yg_jsonw_ku64(&w, "features", YG_FEATURE_COUNT);
        yg_jsonw_ku64(&w, "trees", yg_trees_count(m->trees));
        yg_jsonw_key(&w, "estimate");
        yg_certificate_json(&m->certificate, &w);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        yg_buf_printf(
            &out,
            "learned from %llu judged alerts of %llu (%llu of them L3 or L4), %llu "
            "tenants\nmodel: %u trees over %d features, fitted on %llu rows (long "
            "runs thinned)\n\n",
            (unsigned long long)m->judged, (unsigned long long)m->alerts,
            (unsigned long long)m->protected_alerts, (unsigned long long)m->tenants,
            yg_trees_count(m->trees), YG_FEATURE_COUNT, (unsigned long long)m->rows);
        yg_certificate_text(&m->certificate, &out);
    }
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct yg_app app;
    struct yg_corpus_options opt;
    struct yg_fit_params params;
    struct yg_corpus corpus = { 0 };
    struct yg_modelpack *m = NULL;
    enum yg_status st = yg_app_init(&app, cli, &err);

    if (st == YG_OK)
        st = read_options(&app, &opt, &params, &err);
    if (st == YG_OK)
        st = yg_app_store(&app, false, true, &err);
    if (st == YG_OK)
        st = pooled(&app, &opt, &err);
    if (st == YG_OK)
        st = yg_app_corpus(&app, &opt, &corpus, &err);
    if (st == YG_OK) {
        st = yg_fit(&corpus, &params, &m, &err);
        yg_corpus_free(&corpus);
    }
    /* Learning only reads: the store is open for writing just to sign the model. */
    if (st == YG_OK)
        st = yg_app_rows(&app, false, &err);
    if (st == YG_OK)
        st = yg_app_model_save(&app, m, yg_cli_text(cli, "out", NULL), &err);
    int exit_status = st == YG_OK ? print_result(&app, m) : yg_cli_fail(&err);
    yg_modelpack_free(m);
    yg_app_fini(&app);
    return exit_status;
}

const struct yg_command yg_cmd_train = {
    .name = "train",
    .args = "",
    .summary = "make a model from the stored verdicts",
    .help =
        "Learns from human verdicts only. Prints what it learned from and a first "
        "estimate of\na threshold, from models that did not see the customer they judge. "
        "The estimate\nnever arms: run `yagura certify` on later verdicts. The same data "
        "and seed give the\nsame file, byte for byte.",
    .opt = { { "until", "TIME", "use alerts before this time only (default: all)" },
             { "tenants", "A,B", "use these tenants only (default: all)" },
             { "fnr", "RATE",
               "share of threats the estimate may lose, 0.1% to 5% (default: none)" },
             { "seed", "N", "of the training's random choices (default: 1)" },
             { "out", "FILE",
               "model file (default: model.ygm in the store's directory)" } },
    .act = "create model",
    .run = run,
};
