/* SPDX-License-Identifier: Apache-2.0 */
/* yagura evaluate: what a policy would have done to judged alerts it never saw. */
#include "pipeline/evaluate.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "feature/features.h"
#include "pipeline/fit.h"
#include "policy/certify.h"
#include "policy/measure.h"
#include "policy/measure_print.h"
#include "policy/naive.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <stdlib.h>

struct evaluate {
    struct yg_app app;
    struct yg_corpus corpus;
    bool *train, *test, *certify; /* by tenant */
    uint32_t ungated;             /* gates that do not object to what is judged */
    uint32_t without;             /* ... nor when the threshold is found */
    uint64_t seed;
    double fnr;
    struct yg_judged_list rows; /* of everything tested */
    struct yg_curve curve;      /* of one model; several folds have none */
    bool has_curve;
    uint32_t folds;
    uint32_t tau; /* of the last fold */
    struct yg_certificate certificate;
    bool certified; /* by tenants held out for it */
};

static enum yg_status mark(struct evaluate *e, const char *option, bool *set,
                           struct yg_err *err)
{
    struct yg_str *name;
    size_t n;
    enum yg_status st = yg_app_names(
        (struct yg_app *)&e->app, yg_cli_text(e->app.cli, option, NULL), &name, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++) {
        bool found = false;
        for (size_t t = 0; t < e->corpus.count; t++) {
            /* A group names all its tenants. */
            if (yg_str_eq(e->corpus.tenant[t].name, name[i]) ||
                yg_str_eq(yg_folds_group(e->corpus.tenant[t].name), name[i]))
                set[t] = found = true;
        }
        if (!found)
            st = yg_err_set(err, YG_ENOTFOUND, "--%s: the store has no tenant '%.*s'",
                            option, YG_STR_ARG(name[i]));
    }
    return st;
}

/* Judge the tenants in `test` with `m`, and by the signature rule of those in `train`. */
static enum yg_status judge(struct evaluate *e, const struct yg_modelpack *m,
                            const bool *train, const bool *test, struct yg_err *err)
{
    struct yg_judged_list seen = { 0 };
    size_t first = e->rows.n;
    enum yg_status st = YG_OK;

    for (size_t t = 0; st == YG_OK && t < e->corpus.count; t++)
        if (train[t])
            st = yg_evaluate_verdicts(&e->corpus, t, &seen, err);
    for (size_t t = 0; st == YG_OK && t < e->corpus.count; t++) {
        struct yg_evaluate_ask ask = {
            .corpus = &e->corpus, .tenant = t, .m = m, .ungated = e->ungated
        };
        if (test[t])
            st = yg_evaluate_tenant(&ask, &e->rows, err);
    }
    if (st == YG_OK)
        st = yg_naive_mark(seen.a, seen.n, e->rows.a + first, e->rows.n - first);
    yg_judged_list_fini(&seen);
    if (st == YG_OK) {
        e->tau = m->certified ? m->certificate.tau : 0;
        e->has_curve = e->folds == 0;
        e->folds++;
        if (e->has_curve)
            st = yg_curve_of(e->rows.a, e->rows.n, YG_LEVEL_L3, &e->curve);
    }
    return st;
}

/* Test the model on tenants that it did not learn from: the threshold is the
 * certificate's, and nothing is kept. */
static enum yg_status certify(struct evaluate *e, struct yg_modelpack *m,
                              struct yg_err *err)
{
    const struct yg_config *conf = &e->app.config;
    struct yg_judged_list rows = { 0 };
    enum yg_status st = YG_OK;

    for (size_t t = 0; st == YG_OK && t < e->corpus.count; t++) {
        struct yg_evaluate_ask ask = {
            .corpus = &e->corpus, .tenant = t, .m = m, .ungated = e->ungated
        };
        if (e->certify[t])
            st = yg_evaluate_tenant(&ask, &rows, err);
    }
    if (st == YG_OK) {
        unsigned char gates[YG_DIGEST_SIZE], features[YG_DIGEST_SIZE];
        struct yg_policy policy = yg_modelpack_policy(m);
        struct yg_certify_ask ask = { .a = rows.a,
                                      .n = rows.n,
                                      .cut_ns = INT64_MIN,
                                      .protect = conf->protect,
                                      .delta = conf->delta,
                                      .alpha = conf->fnr_rate,
                                      .beta = conf->for_rate,
                                      .attempt = 1,
                                      .seed = e->seed,
                                      .mode = YG_CERT_BY_ALL,
                                      .grid = m->grid,
                                      .points = m->grid_count,
                                      .now_ns = m->trained_until_ns,
                                      .model = m->model_digest,
                                      .gates = gates,
                                      .features = features };
        yg_gates_digest(&policy, gates);
        yg_feature_schema_digest(features);
        st = yg_certify(&ask, &e->certificate, err);
    }
    yg_judged_list_fini(&rows);
    if (st == YG_OK) {
        e->certified = true;
        m->certificate = e->certificate;
        m->certified = true;
    }
    return st;
}

static enum yg_status fit_and_judge(struct evaluate *e, const bool *train,
                                    const bool *test, struct yg_err *err)
{
    struct yg_modelpack *m = NULL;
    struct yg_fit_params p = { .train = yg_train_default,
                               .use = train,
                               .context_memory = e->app.config.context_memory,
                               .ungated = e->without,
                               .fnr = e->fnr };

    p.train.seed = e->seed;
    p.train.threads = e->app.workers;
    enum yg_status st = yg_fit(&e->corpus, &p, &m, err);
    if (st == YG_OK && yg_cli_flag(e->app.cli, "certify"))
        st = certify(e, m, err);
    if (st == YG_OK)
        st = judge(e, m, train, test, err);
    yg_modelpack_free(m);
    return st;
}

/* Leave each group out in turn. */
static enum yg_status leave_groups_out(struct evaluate *e, struct yg_err *err)
{
    enum yg_status st = YG_OK;
    struct yg_str last = YG_STR_NONE;

    for (size_t g = 0; st == YG_OK && g < e->corpus.count; g++) {
        struct yg_str group = yg_folds_group(e->corpus.tenant[g].name);
        if (last.p && yg_str_eq(group, last))
            continue; /* tenants are sorted by name: a group is one stretch */
        last = group;
        for (size_t t = 0; t < e->corpus.count; t++) {
            e->test[t] = yg_str_eq(yg_folds_group(e->corpus.tenant[t].name), group);
            e->train[t] = !e->test[t];
        }
        st = fit_and_judge(e, e->train, e->test, err);
        if (st == YG_OK && !e->app.quiet)
            yg_log(YG_LOG_INFO, "judged %.*s without having seen it", YG_STR_ARG(group));
    }
    return st;
}

static enum yg_status run_mode(struct evaluate *e, struct yg_err *err)
{
    const struct yg_cli *cli = e->app.cli;
    struct yg_modelpack *m = NULL;

    if (yg_cli_flag(cli, "leave-out"))
        return leave_groups_out(e, err);
    enum yg_status st = mark(e, "train", e->train, err);
    if (st == YG_OK)
        st = mark(e, "test", e->test, err);
    if (st == YG_OK)
        st = mark(e, "certify", e->certify, err);
    if (st != YG_OK)
        return st;
    if (!yg_cli_text(cli, "test", NULL))
        for (size_t t = 0; t < e->corpus.count; t++)
            e->test[t] = !e->train[t] && !e->certify[t];
    for (size_t t = 0; t < e->corpus.count; t++)
        if (e->certify[t] && (e->train[t] || e->test[t]))
            return yg_err_set(err, YG_EINVAL,
                              "--certify: tenants that are neither learned from nor "
                              "judged, not %.*s",
                              YG_STR_ARG(e->corpus.tenant[t].name));
    if (!yg_cli_text(cli, "model", NULL)) {
        if (!yg_cli_text(cli, "train", NULL))
            return yg_err_set(err, YG_EINVAL,
                              "say --train A,B (tenants to learn from), --model FILE or "
                              "--leave-out");
        return fit_and_judge(e, e->train, e->test, err);
    }
    st = yg_app_model(&e->app, &m, err);
    if (st == YG_OK)
        st = judge(e, m, e->train, e->test, err);
    yg_modelpack_free(m);
    return st;
}

static int print_result(struct evaluate *e, const struct yg_measures *ms,
                        const struct yg_str *name)
{
    struct yg_buf out;

    yg_buf_init(&out, (size_t)64 << 20);
    if (e->app.json) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_ku64(&w, "folds", e->folds);
        if (e->folds == 1)
            yg_jsonw_ku64(&w, "tau", e->tau);
        if (e->certified) {
            yg_jsonw_key(&w, "certificate");
            yg_certificate_json(&e->certificate, &w);
        }
        yg_jsonw_key(&w, "measures");
        yg_measures_json(ms, name, &w);
        if (e->has_curve) {
            yg_jsonw_key(&w, "curve");
            yg_curve_json(&e->curve, &w);
        }
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        if (e->certified)
            yg_certificate_text(&e->certificate, &out);
        yg_measures_text(ms, name, &out);
        if (e->has_curve)
            yg_curve_text(&e->curve, &out);
    }
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

/* Measure over the tenants that were tested, numbered anew. */
static enum yg_status measure(struct evaluate *e, int *exit_status, struct yg_err *err)
{
    struct yg_measures ms;
    struct yg_str *name = calloc(e->corpus.count + 1, sizeof(*name));
    uint32_t *number = calloc(e->corpus.count + 1, sizeof(*number));
    uint32_t tenants = 0;
    enum yg_status st = YG_ENOMEM;

    if (name && number) {
        for (size_t i = 0; i < e->rows.n; i++) {
            uint32_t t = e->rows.a[i].tenant;
            if (number[t] == 0) {
                name[tenants] = e->corpus.tenant[t].name;
                number[t] = ++tenants;
            }
            e->rows.a[i].tenant = number[t] - 1;
        }
        st = yg_measure(e->rows.a, e->rows.n, YG_LEVEL_L3, tenants, &ms);
    }
    if (st == YG_OK) {
        *exit_status = print_result(e, &ms, name);
        yg_measures_fini(&ms);
    } else {
        yg_err_set(err, st, "the measurement does not fit in memory");
    }
    free(name);
    free(number);
    return st;
}

/* The record of row `i`: rows of a tenant are its alerts in the corpus's order. `at`
 * counts records by tenant. */
static const struct yg_corpus_record *record_of(const struct evaluate *e,
                                                const struct yg_judged *a, size_t *at)
{
    const struct yg_corpus_tenant *t = &e->corpus.tenant[a->tenant];

    while (at[a->tenant] < t->count &&
           t->record[at[a->tenant]].facts.kind == YG_KIND_CONTEXT)
        at[a->tenant]++;
    YG_ASSERT(at[a->tenant] < t->count);
    return &t->record[at[a->tenant]++];
}

static void write_row(const struct evaluate *e, const struct yg_judged *a,
                      const struct yg_corpus_record *r, struct yg_buf *out)
{
    char id[2 * YG_ID_SIZE + 1];

    yg_hex(r->id, YG_ID_SIZE, id);
    yg_buf_printf(out, "%.*s\t%lld\t%s\t%s\t%u\t%x\t%u\t%u\t%llu",
                  YG_STR_ARG(e->corpus.tenant[a->tenant].name), (long long)a->time_ns,
                  yg_level_name(a->level), yg_level_name(a->predicted), a->risk, a->gates,
                  a->closed, a->naive, (unsigned long long)a->run);
    yg_buf_printf(out, "\t%llx\t%llx\t%llx\t%llx", (unsigned long long)a->signature,
                  (unsigned long long)a->address[0], (unsigned long long)a->address[1],
                  (unsigned long long)a->address[2]);
    yg_buf_printf(out, "\t%llx\t%llx\t%s\t%s\n", (unsigned long long)a->entity,
                  (unsigned long long)a->incident, yg_device_name(r->facts.device), id);
}

/* One line a judged alert, for whoever wants to count something else. Keys are hashes:
 * they tell equal from different, nothing more. */
static enum yg_status write_rows(const struct evaluate *e, const char *path,
                                 struct yg_err *err)
{
    size_t *at = calloc(e->corpus.count + 1, sizeof(*at));
    struct yg_buf out;

    if (!at)
        return yg_err_set(err, YG_ENOMEM, "no memory for --rows");
    yg_buf_init(&out, (size_t)4 << 30);
    yg_buf_printf(&out, "tenant\ttime_ns\tlevel\tpredicted\trisk32\tgates\tclosed\t"
                        "signature_rule\trun\tsignature\tsource\tdestination\thost\t"
                        "entity\tincident\tdevice\tid\n");
    for (size_t i = 0; i < e->rows.n; i++) {
        const struct yg_corpus_record *r = record_of(e, &e->rows.a[i], at);
        if (yg_judged_is(&e->rows.a[i]))
            write_row(e, &e->rows.a[i], r, &out);
    }
    free(at);
    enum yg_status st = yg_buf_status(&out);
    if (st == YG_OK)
        st = yg_app_write(path, yg_buf_str(&out), err);
    else
        yg_err_set(err, st, "--rows: more than fits in memory");
    yg_buf_fini(&out);
    return st;
}

/* --without A,B: gates by name. */
static enum yg_status gates_without(struct evaluate *e, struct yg_err *err)
{
    const char *text = yg_cli_text(e->app.cli, "without", NULL);
    struct yg_str *name = NULL;
    size_t n = 0;
    enum yg_status st = text ? yg_app_names(&e->app, text, &name, &n, err) : YG_OK;

    for (size_t i = 0; st == YG_OK && i < n; i++) {
        unsigned g = 0;
        while (g < YG_GATE_COUNT && !yg_str_eq(name[i], yg_str_of(yg_gate_info[g].name)))
            g++;
        if (g == YG_GATE_COUNT)
            st = yg_err_set(err, YG_EINVAL, "--without %.*s: no gate is called so",
                            YG_STR_ARG(name[i]));
        else
            e->without |= 1U << g;
    }
    return st;
}

static enum yg_status read_options(struct evaluate *e, struct yg_err *err)
{
    int64_t seed = 1;
    enum yg_status st = yg_cli_number(e->app.cli, "seed", 0, INT64_MAX, &seed, err);

    e->seed = (uint64_t)seed;
    if (st == YG_OK)
        st = yg_app_fnr(&e->app, &e->fnr, err);
    /* Tested tenants have no verdicts behind the certificate: that is the question. */
    e->ungated = YG_GATE_BIT(UNCALIBRATED);
    if (st == YG_OK)
        st = gates_without(e, err);
    e->ungated |= e->without;
    if (yg_cli_flag(e->app.cli, "no-gates"))
        e->ungated = (1U << YG_GATE_COUNT) - 1;
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct evaluate e = { 0 };
    struct yg_corpus_options opt = { 0 };
    int exit_status = YG_EXIT_OK;
    enum yg_status st = yg_app_init(&e.app, cli, &err);

    if (st == YG_OK)
        st = read_options(&e, &err);
    if (st == YG_OK)
        st = yg_app_store(&e.app, false, true, &err);
    opt.workers = e.app.workers;
    if (st == YG_OK)
        st = yg_app_corpus(&e.app, &opt, &e.corpus, &err);
    if (st == YG_OK) {
        e.train = calloc(e.corpus.count + 1, sizeof(bool));
        e.test = calloc(e.corpus.count + 1, sizeof(bool));
        e.certify = calloc(e.corpus.count + 1, sizeof(bool));
        st = e.train && e.test && e.certify ? run_mode(&e, &err)
                                            : yg_err_set(&err, YG_ENOMEM, "no memory");
    }
    if (st == YG_OK && yg_cli_flag(cli, "rows"))
        st = write_rows(&e, yg_cli_text(cli, "rows", ""), &err);
    if (st == YG_OK)
        st = measure(&e, &exit_status, &err);
    if (st != YG_OK)
        exit_status = yg_cli_fail(&err);
    free(e.train);
    free(e.test);
    free(e.certify);
    yg_judged_list_fini(&e.rows);
    yg_corpus_free(&e.corpus);
    yg_app_fini(&e.app);
    return exit_status;
}

const struct yg_command yg_cmd_evaluate = {
    .name = "evaluate",
    .args = "",
    .summary = "measure a policy on judged alerts it never saw",
    .help =
        "Trains on some tenants and judges others, or judges with a model file, or "
        "leaves "
        "every\ngroup of tenants out in turn (the part of a tenant's name before '/'). "
        "Prints every\nrate per alert, run and threat, per level and tenant, beside the "
        "signature rule.\nThe gate for tenants without verdicts of their own is off: "
        "that "
        "they have none is what\nis asked.",
    .opt = { { "train", "A,B", "tenants (or groups) to learn from" },
             { "test", "C,D", "tenants (or groups) to judge (default: all others)" },
             { "certify", "E,F",
               "tenants (or groups) that the threshold is certified on, neither learned "
               "from nor judged" },
             { "model", "FILE", "judge with this model instead of training one" },
             { "leave-out", NULL, "leave each group out in turn" },
             { "no-gates", NULL, "as if there were no gates, at the same threshold" },
             { "without", "GATES",
               "gates that are off, also when the threshold is found" },
             { "fnr", "RATE",
               "share of threats the estimate may lose, 0.1% to 5% (default: none)" },
             { "rows", "FILE", "a line for every judged alert, too (tab-separated)" },
             { "seed", "N", "of the training's random choices (default: 1)" } },
    .run = run,
};
