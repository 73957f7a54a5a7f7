/* SPDX-License-Identifier: Apache-2.0 */
/* yagura import: decode and store alerts and context, with verdicts where there are any.
 */
#include "base/jsonw.h"
#include "base/log.h"
#include "pipeline/ingest.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/verdictfile.h"

struct import {
    struct yg_app *app;
    struct yg_app_inputs inputs;
    struct yg_verdictfile *verdicts;
    bool stamp; /* --verdict: one verdict for every alert */
    struct yg_ingest_verdict stamped;
    struct yg_thinning *thinning;
    struct yg_spool *spool; /* where their packets are; NULL: nowhere */
    uint32_t problems;
};

static bool verdict_of(void *arg, uint32_t source, uint64_t line,
                       struct yg_ingest_verdict *out)
{
    struct import *m = arg;

    if (m->verdicts &&
        yg_verdictfile_get(m->verdicts, m->inputs.input[source].source.path, line, out))
        return true;
    if (m->stamp)
        *out = m->stamped;
    return m->stamp;
}

static void problem(void *arg, uint32_t source, const struct yg_err *err)
{
    struct import *m = arg;

    (void)source;
    m->problems++;
    yg_log_err(err, "what was read before it is kept, the other inputs go on");
}

static void progress(void *arg, const struct yg_counters *sum)
{
    const struct import *m = arg;

    yg_app_progress(m->app, "records", sum->v[YG_C_RECEIVED]);
}

static enum yg_status read_verdict_options(struct import *m, struct yg_err *err)
{
    const struct yg_cli *cli = m->app->cli;
    const char *file = yg_cli_text(cli, "verdicts", NULL);
    const char *level = yg_cli_text(cli, "verdict", NULL);

    if (level) {
        if (!yg_level_of(yg_str_of(level), &m->stamped.level))
            return yg_err_set(err, YG_EINVAL, "--verdict %s: write FP, L1, L2, L3 or L4",
                              level);
        m->stamp = true;
        m->stamped.incident = yg_str_of(yg_cli_text(cli, "incident", ""));
        m->stamped.reason = YG_STR("import");
        m->stamped.who = YG_STR("import");
    }
    return file ? yg_verdictfile_read(m->app, file, &m->verdicts, err) : YG_OK;
}

static int print_result(const struct import *m, const struct yg_counters *sum,
                        const uint64_t *reason)
{
    struct yg_buf out;

    yg_buf_init(&out, 1 << 20);
    if (m->app->json) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_app_counters_json(&w, sum, reason);
        yg_jsonw_ku64(&w, "problems", m->problems);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        yg_app_counters_text(&out, sum, reason);
    }
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct yg_app app;
    struct import m = { .app = &app };
    struct yg_counters sum = { 0 };
    uint64_t reason[YG_REASON_COUNT] = { 0 };
    enum yg_status st = yg_app_init(&app, cli, &err);

    if (st == YG_OK)
        st = read_verdict_options(&m, &err);
    if (st == YG_OK)
        st = yg_app_inputs(&app, &m.inputs, &err);
    if (st == YG_OK)
        st = yg_app_store(&app, true, false, &err);
    if (st == YG_OK)
        st = yg_app_thinning(&app, &m.thinning, &err);
    if (st == YG_OK)
        st = yg_app_spool(&app, YG_INDEX_KEEP, &m.spool, &err);
    if (st == YG_OK) {
        struct yg_ingest in = { .input = m.inputs.input,
                                .count = m.inputs.count,
                                .workers = app.workers,
                                .close = &app.thin,
                                .store = app.store,
                                .thin = m.thinning,
                                .clock = &app.clock,
                                .spool = m.spool,
                                .packets_after_ns = yg_app_packets_after(&app),
                                .arg = &m,
                                .verdict_of = verdict_of,
                                .problem = problem,
                                .progress = progress };
        st = yg_ingest_run(&in, &sum, reason, &err);
        yg_app_progress_end(&app);
        yg_app_spool_tell(&app, &sum);
    }
    if (st == YG_OK && m.verdicts && sum.v[YG_C_VERDICTS] == 0 && sum.v[YG_C_STORED] > 0)
        yg_log(
            YG_LOG_WARN,
            "none of the %zu rows of --verdicts names a line of these files; its column "
            "'file' must be the last part of their paths, as they are (.gz too)",
            yg_verdictfile_count(m.verdicts));
    int exit_status = st == YG_OK ? print_result(&m, &sum, reason) : yg_cli_fail(&err);
    if (st == YG_OK && m.problems > 0)
        exit_status = YG_EXIT_FAILED;
    yg_app_inputs_close(&m.inputs);
    yg_thinning_free(m.thinning);
    yg_verdictfile_free(m.verdicts);
    yg_app_fini(&app);
    return exit_status;
}

const struct yg_command yg_cmd_import = {
    .name = "import",
    .args = "FILE...",
    .summary = "decode and store alerts and logs, with analysts' verdicts",
    .help =
        "Files may be plain, .gz, .xz or .zst; - is standard input. The format is "
        "recognised\nfrom the first bytes unless --format or --map says it. Reading the "
        "same file again\nstores nothing twice. A damaged file costs only what is "
        "damaged: exit status 1,\none line, and everything else stored.",
    .opt = { { "tenant", "NAME", "whose records these are (default: default)" },
             { "source", "NAME",
               "stable name of the source (default: the format's name)" },
             { "format", "NAME",
               "eve, wazuh, log, cef, ...; see docs/formats.md (default: recognised)" },
             { "map", "FILE", "mapping file for delimited text and JSON lines" },
             { "zone", "+hh:mm", "zone of times that have none (default: Z)" },
             { "packets", "PATHS",
               "capture files and folders to find the alerts' packets in" },
             { "log", NULL, "records are logs (context), not alerts" },
             { "verdicts", "FILE", "CSV of file,line,level[,reason,incident,analyst]" },
             { "verdict", "LEVEL", "one verdict for every alert: FP, L1, L2, L3 or L4" },
             { "incident", "NAME", "with --verdict: the incident they belong to" } },
    .min_args = 1,
    .max_args = -1,
    .run = run,
};
