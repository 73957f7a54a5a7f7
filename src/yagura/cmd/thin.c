/* SPDX-License-Identifier: Apache-2.0 */
/* yagura thin: raw logs in, events out, by tenant, source and rule. */
#include "base/jsonw.h"
#include "base/log.h"
#include "base/text.h"
#include "pipeline/ingest.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <stdlib.h>

struct thin {
    struct yg_app app;
    struct yg_app_inputs inputs;
    struct yg_thinning *thinning;
    struct yg_thin_tally tally;
    uint32_t problems;
};

static void problem(void *arg, uint32_t source, const struct yg_err *err)
{
    struct thin *t = arg;

    (void)source;
    t->problems++;
    yg_log_err(err, "what was read before it is counted, the other inputs go on");
}

static void progress(void *arg, const struct yg_counters *sum)
{
    const struct thin *t = arg;

    yg_app_progress(&t->app, "records", sum->v[YG_C_RECEIVED]);
}

/* What the rules would leave out of the files; nothing is stored. */
static enum yg_status try_files(struct thin *t, struct yg_err *err)
{
    struct yg_counters sum = { 0 };
    enum yg_status st = yg_app_inputs(&t->app, &t->inputs, err);

    if (st == YG_OK)
        st = yg_app_thinning(&t->app, &t->thinning, err);
    if (st != YG_OK)
        return st;
    const struct yg_ingest in = { .input = t->inputs.input,
                                  .count = t->inputs.count,
                                  .workers = t->app.workers,
                                  .thin = t->thinning,
                                  .close = &t->app.thin,
                                  .clock = &t->app.clock,
                                  .arg = t,
                                  .problem = problem,
                                  .progress = progress };
    st = yg_ingest_run(&in, &sum, NULL, err);
    yg_app_progress_end(&t->app);
    if (st == YG_OK)
        yg_thin_tally_add(&t->tally, yg_thinning_counts(t->thinning));
    return st;
}

static enum yg_status read_store(struct thin *t, struct yg_err *err)
{
    enum yg_status st = yg_app_thin_rules(&t->app, err);

    if (st == YG_OK) {
        yg_err_at(err, "", 0, 0);
        st = yg_app_store(&t->app, false, true, err);
    }
    return st == YG_OK ? yg_thinning_read(t->app.store, &t->tally, err) : st;
}

/* ---- printing ---------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct yg_thin_row *x = a, *y = b;
    int c = yg_str_cmp(x->tenant, y->tenant);

    c = c ? c : yg_str_cmp(x->source, y->source);
    return c ? c : yg_str_cmp(x->rule, y->rule);
}

/* Is it a row to show? */
static bool shown(const struct thin *t, const struct yg_thin_row *r)
{
    const char *tenant =
        yg_cli_flag(t->app.cli, "try") ? NULL : yg_cli_text(t->app.cli, "tenant", NULL);

    return r->in > 0 && (!tenant || yg_str_eq(r->tenant, yg_str_of(tenant)));
}

static struct yg_thin_row sum_of(const struct thin *t)
{
    struct yg_thin_row sum = { .in = 0 };

    for (uint32_t i = 0; i < t->tally.rows; i++) {
        const struct yg_thin_row *r = &t->tally.row[i];
        if (!shown(t, r))
            continue;
        sum.in += r->in;
        sum.out += r->out;
        sum.bytes_in += r->bytes_in;
        sum.bytes_out += r->bytes_out;
        sum.closed += r->closed;
    }
    return sum;
}

static void numbers_json(struct yg_jsonw *w, const struct yg_thin_row *r)
{
    yg_jsonw_ku64(w, "in", r->in);
    yg_jsonw_ku64(w, "left_out", r->out);
    yg_jsonw_ku64(w, "kept", r->in - r->out);
    yg_jsonw_ku64(w, "bytes_in", r->bytes_in);
    yg_jsonw_ku64(w, "bytes_left_out", r->bytes_out);
    yg_jsonw_ku64(w, "closed", r->closed);
}

static void rules_json(const struct thin *t, struct yg_jsonw *w)
{
    yg_jsonw_key(w, "rules");
    yg_jsonw_open(w, '[');
    for (uint32_t i = 0; i < t->app.thin.count; i++) {
        const struct yg_thin_rule *r = &t->app.thin.rule[i];
        yg_jsonw_open(w, '{');
        yg_jsonw_kstr(w, "name", r->name);
        yg_jsonw_kstr(w, "owner", r->owner);
        yg_jsonw_kstr(w, "reason", r->reason);
        yg_jsonw_kbool(w, "alerts", r->what == YG_THIN_CLOSE);
        yg_jsonw_ktime(w, "expires", r->expires_ns);
        yg_jsonw_kbool(w, "expired", r->expired);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

static void print_json(const struct thin *t, struct yg_buf *out)
{
    const struct yg_thin_row sum = sum_of(t);
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    numbers_json(&w, &sum);
    yg_jsonw_key(&w, "rows");
    yg_jsonw_open(&w, '[');
    for (uint32_t i = 0; i < t->tally.rows; i++) {
        const struct yg_thin_row *r = &t->tally.row[i];
        if (!shown(t, r))
            continue;
        yg_jsonw_open(&w, '{');
        yg_jsonw_kstr(&w, "tenant", r->tenant);
        yg_jsonw_kstr(&w, "source", r->source);
        yg_jsonw_kstr(&w, "rule", r->rule);
        numbers_json(&w, r);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    rules_json(t, &w);
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

static void print_row(struct yg_buf *out, const struct yg_thin_row *r)
{
    yg_buf_printf(out, "%12llu %12llu %6.2f%% %15llu %15llu  ", (unsigned long long)r->in,
                  (unsigned long long)(r->in - r->out),
                  r->in > 0 ? 100.0 * (double)r->out / (double)r->in : 0.0,
                  (unsigned long long)r->bytes_in,
                  (unsigned long long)(r->bytes_in - r->bytes_out));
}

static void print_rules(const struct thin *t, struct yg_buf *out)
{
    char time[YG_TIME_TEXT_MAX];

    for (uint32_t i = 0; i < t->app.thin.count; i++) {
        const struct yg_thin_rule *r = &t->app.thin.rule[i];
        yg_buf_printf(out, "%srule %.*s: %.*s, of %.*s, %s %.10s\n", i == 0 ? "\n" : "",
                      YG_STR_ARG(r->name), YG_STR_ARG(r->reason), YG_STR_ARG(r->owner),
                      r->expired ? "EXPIRED" : "expires",
                      yg_time_text(r->expires_ns, time));
    }
}

static void print_text(const struct thin *t, struct yg_buf *out)
{
    const struct yg_thin_row sum = sum_of(t);

    yg_buf_printf(out, "%12s %12s %7s %15s %15s  %s\n", "raw in", "events out", "less",
                  "bytes in", "bytes kept", "tenant / source / rule");
    for (uint32_t i = 0; i < t->tally.rows; i++) {
        const struct yg_thin_row *r = &t->tally.row[i];
        if (!shown(t, r))
            continue;
        print_row(out, r);
        yg_text_safe(out, r->tenant.n > 0 ? r->tenant : YG_STR("(more)"));
        yg_buf_str_add(out, YG_STR(" / "));
        yg_text_safe(out, r->source);
        yg_buf_str_add(out, YG_STR(" / "));
        yg_text_safe(out, r->rule.n > 0 ? r->rule : YG_STR("(no rule)"));
        if (r->closed > 0)
            yg_buf_printf(out, ": closed %llu alerts", (unsigned long long)r->closed);
        yg_buf_char(out, '\n');
    }
    print_row(out, &sum);
    yg_buf_str_add(out, YG_STR("all\n"));
    print_rules(t, out);
}

static enum yg_status check_use(const struct yg_cli *cli, struct yg_err *err)
{
    bool try = yg_cli_flag(cli, "try");

    if (try && cli->arg_count == 0)
        return yg_err_set(err, YG_EINVAL,
                          "thin --try needs files; write thin --try FILE");
    if (!try && cli->arg_count > 0)
        return yg_err_set(err, YG_EINVAL,
                          "thin reads files with --try only; write thin --try %s",
                          cli->arg[0]);
    return YG_OK;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct thin t = { .problems = 0 };
    struct yg_buf out;

    yg_buf_init(&out, (size_t)8 << 20);
    enum yg_status st = yg_app_init(&t.app, cli, &err);
    if (st == YG_OK)
        st = check_use(cli, &err);
    if (st == YG_OK)
        st = yg_thin_tally_init(&t.tally);
    if (st == YG_OK)
        st = yg_cli_flag(cli, "try") ? try_files(&t, &err) : read_store(&t, &err);
    if (st == YG_OK) {
        qsort(t.tally.row, t.tally.rows, sizeof(*t.tally.row), by_name);
        if (t.app.json)
            print_json(&t, &out);
        else
            print_text(&t, &out);
    }
    int exit_status = st == YG_OK ? yg_cli_print(&out) : yg_cli_fail(&err);
    if (st == YG_OK && t.problems > 0)
        exit_status = YG_EXIT_FAILED;
    yg_app_inputs_close(&t.inputs);
    yg_thinning_free(t.thinning);
    yg_thin_tally_fini(&t.tally);
    yg_buf_fini(&out);
    yg_app_fini(&t.app);
    return exit_status;
}

const struct yg_command yg_cmd_thin = {
    .name = "thin",
    .args = "[--try FILE...]",
    .summary = "raw logs in, events out: what the thinning rules leave out",
    .help = "The rules are the list `thin` of the settings file (docs/thin.md). Without "
            "files: "
            "what\nthey left out of what was imported, triaged and received, by tenant, "
            "source "
            "and rule.\nWith --try: what they would leave out of these files; nothing is "
            "stored.",
    .opt = { { "try", NULL, "read the files named and count; store nothing" },
             { "tenant", "NAME",
               "only this one's rows; with --try: whose records they are "
               "(default: default)" },
             { "source", "NAME",
               "with --try: name of the source (default: the format's)" },
             { "format", "NAME", "with --try: see import (default: recognised)" },
             { "map", "FILE", "with --try: mapping file" },
             { "zone", "+hh:mm",
               "with --try: zone of times that have none (default: Z)" },
             { "log", NULL, "with --try: records are logs (context), not alerts" } },
    .max_args = -1,
    .run = run,
};
