/* SPDX-License-Identifier: Apache-2.0 */
/* yagura triage: one line per alert with its verdict, risk, decision and reasons. */
#include "base/jsonw.h"
#include "base/log.h"
#include "base/risk.h"
#include "event/ip.h"
#include "pipeline/corpus.h"
#include "pipeline/ingest.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <stdio.h>

struct triage {
    struct yg_app app;
    struct yg_app_inputs inputs;
    struct yg_modelpack *pack;
    struct yg_judge *judge;
    struct yg_buf line;
    bool json, with_store;
    uint32_t problems;
    struct yg_decide_counts counts;
    uint64_t predicted[YG_LEVEL_COUNT];
};

static void put_field(struct yg_jsonw *w, const struct yg_batch *b,
                      const struct yg_event *e, const char *name, enum yg_field f)
{
    struct yg_str s = yg_event_str(b, e, f);

    if (s.n > 0)
        yg_jsonw_kstr(w, name, s);
}

static void put_ip(struct yg_jsonw *w, const struct yg_batch *b, const struct yg_event *e,
                   enum yg_field f)
{
    char text[YG_IP_TEXT_MAX];
    struct yg_str ip = yg_event_str(b, e, f);

    if (ip.n == YG_IP_SIZE)
        yg_jsonw_kcstr(w, yg_field_info[f].name,
                       yg_ip_text((const unsigned char *)ip.p, text));
}

/* The whole line; `reason` in words only where a person will read it. */
static void write_line(struct triage *t, const struct yg_batch *b, uint32_t i,
                       const struct yg_judgement *j)
{
    const struct yg_event *e = &b->event[i];
    struct yg_jsonw w = yg_jsonw_of(&t->line);
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    yg_hex(e->id, YG_ID_SIZE, hex);
    yg_jsonw_open(&w, '{');
    yg_jsonw_kcstr(&w, "id", hex);
    yg_jsonw_kcstr(&w, "@timestamp", yg_time_text(e->time_ns, time));
    yg_jsonw_kstr(&w, "tenant", t->inputs.input[b->source].source.tenant);
    yg_jsonw_ku64(&w, "line", b->record[i].line);
    put_field(&w, b, e, "rule.id", YG_F_RULE_ID);
    put_field(&w, b, e, "rule.name", YG_F_RULE_NAME);
    put_ip(&w, b, e, YG_F_SOURCE_IP);
    put_ip(&w, b, e, YG_F_DESTINATION_IP);
    put_field(&w, b, e, "host.name", YG_F_HOST_NAME);
    yg_jsonw_key(&w, "p");
    yg_jsonw_open(&w, '{');
    for (unsigned k = 0; k < YG_LEVEL_COUNT; k++)
        yg_jsonw_kf64(&w, yg_level_name(k), (double)j->score.p[k]);
    yg_jsonw_close(&w, '}');
    yg_jsonw_kcstr(&w, "predicted", yg_level_name(j->score.predicted));
    yg_jsonw_kf64(&w, "risk", yg_risk_prob(j->score.risk));
    yg_jsonw_ku64(&w, "risk32", j->score.risk);
    yg_jsonw_kcstr(&w, "decision", j->decision.close ? "close" : "open");
    yg_jsonw_kcstr(&w, "mode", yg_mode_name(j->decision.mode));
    yg_jsonw_key(&w, "gates");
    yg_gates_json(j->decision.gates, &w);
    yg_jsonw_key(&w, "gates_not_evaluated");
    yg_gates_json(yg_judge_policy(t->judge)->not_evaluated, &w);
    yg_jsonw_key(&w, "reason");
    struct yg_buf why;
    yg_buf_init(&why, 8192);
    yg_decide_text(yg_judge_policy(t->judge), &j->in, &j->decision, &why);
    yg_jsonw_str(&w, yg_buf_str(&why));
    yg_buf_fini(&why);
    if (e->kind == YG_KIND_UNDECODABLE)
        yg_jsonw_kcstr(&w, "undecodable", yg_reason_name(e->reason));
    yg_jsonw_close(&w, '}');
    yg_buf_char(&t->line, '\n');
}

static enum yg_status tell(void *arg, const struct yg_batch *b, uint32_t i,
                           const struct yg_judgement *j, struct yg_err *err)
{
    struct triage *t = arg;

    yg_decide_count(yg_judge_policy(t->judge), &j->in, &j->decision, &t->counts);
    t->predicted[j->score.predicted]++;
    if (yg_cli_flag(t->app.cli, "summary"))
        return YG_OK;
    write_line(t, b, i, j);
    if (yg_buf_str(&t->line).n < 65536)
        return YG_OK;
    int printed = yg_cli_print(&t->line);
    yg_buf_clear(&t->line);
    return printed == YG_EXIT_OK
               ? YG_OK
               : yg_err_set(err, YG_EIO, "standard output cannot be written; stopped");
}

static void problem(void *arg, uint32_t source, const struct yg_err *err)
{
    struct triage *t = arg;

    (void)source;
    t->problems++;
    yg_log_err(err, "what was read before it is judged, the other inputs go on");
}

static void progress(void *arg, const struct yg_counters *sum)
{
    const struct triage *t = arg;

    yg_app_progress(&t->app, "records", sum->v[YG_C_RECEIVED]);
}

/* Bring the judge's state to where the store's history ends. */
static enum yg_status replay(struct triage *t, struct yg_err *err)
{
    struct yg_str tenant = yg_str_of(yg_cli_text(t->app.cli, "tenant", "default"));
    struct yg_corpus_options opt = { .workers = t->app.workers,
                                     .tenant = &tenant,
                                     .tenant_count = 1 };
    struct yg_corpus c = { 0 };
    uint32_t number;
    enum yg_status st = yg_app_corpus(&t->app, &opt, &c, err);

    if (st == YG_ENOTFOUND)
        return YG_OK; /* a new customer: history starts here */
    if (st == YG_OK)
        st = yg_judge_tenant(t->judge, tenant, &number, err);
    for (size_t i = 0; st == YG_OK && i < c.tenant[0].count; i++)
        yg_judge_replay(t->judge, number, &c.tenant[0].record[i].facts,
                        c.tenant[0].record[i].id);
    if (st == YG_OK)
        yg_corpus_free(&c);
    return st;
}

static void print_summary(struct triage *t, const struct yg_counters *sum,
                          const uint64_t *reason)
{
    struct yg_buf out;

    yg_buf_init(&out, 1 << 20);
    if (t->app.json) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_app_counters_json(&w, sum, reason);
        yg_jsonw_ku64(&w, "judged", t->counts.alerts);
        yg_jsonw_ku64(&w, "closed", t->counts.closed);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        yg_app_counters_text(&out, sum, reason);
        yg_buf_printf(&out,
                      "\n%llu alerts judged: %llu close, %llu stay open (%llu held by a "
                      "gate)\n",
                      (unsigned long long)t->counts.alerts,
                      (unsigned long long)t->counts.closed,
                      (unsigned long long)(t->counts.alerts - t->counts.closed),
                      (unsigned long long)t->counts.gated);
        for (unsigned k = YG_LEVEL_COUNT; k-- > 0;)
            yg_buf_printf(&out, "  %-3s %12llu\n", yg_level_name(k),
                          (unsigned long long)t->predicted[k]);
        if (t->with_store)
            yg_buf_printf(&out,
                          "\nwhat is open waits in the queue: yagura queue --data %s\n",
                          t->app.dir);
    }
    (void)yg_cli_print(&out);
    yg_buf_fini(&out);
}

static enum yg_status prepare(struct triage *t, struct yg_err *err)
{
    const struct yg_cli *cli = t->app.cli;
    enum yg_status st = YG_OK;

    t->with_store = yg_cli_flag(cli, "data") || !yg_cli_flag(cli, "model");
    if (t->with_store)
        st = yg_app_store(&t->app, yg_cli_flag(cli, "data"), false, err);
    if (st == YG_OK)
        st = yg_app_model(&t->app, &t->pack, err);
    if (st == YG_OK)
        st = yg_judge_new(t->pack, t->app.config.context_memory, &t->judge, err);
    if (st == YG_OK && t->with_store)
        st = replay(t, err);
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct triage t = { .problems = 0 };
    struct yg_counters sum = { 0 };
    uint64_t reason[YG_REASON_COUNT] = { 0 };
    enum yg_status st = yg_app_init(&t.app, cli, &err);

    yg_buf_init(&t.line, (size_t)64 << 20);
    if (st == YG_OK)
        st = yg_app_inputs(&t.app, &t.inputs, &err);
    if (st == YG_OK)
        st = prepare(&t, &err);
    if (st == YG_OK) {
        struct yg_ingest in = { .input = t.inputs.input,
                                .count = t.inputs.count,
                                .workers = t.app.workers,
                                .store = t.app.store,
                                .judge = t.judge,
                                .clock = &t.app.clock,
                                .arg = &t,
                                .tell = tell,
                                .problem = problem,
                                .progress = progress };
        st = yg_ingest_run(&in, &sum, reason, &err);
        yg_app_progress_end(&t.app);
    }
    if (st == YG_OK && sum.v[YG_C_DUPLICATE] > 0 && !t.app.quiet)
        yg_log(YG_LOG_WARN,
               "%llu records were stored before and are not judged again; to judge them "
               "all, name a model with --model and leave out --data",
               (unsigned long long)sum.v[YG_C_DUPLICATE]);
    int exit_status = YG_EXIT_OK;
    if (st == YG_OK && yg_cli_flag(cli, "summary"))
        print_summary(&t, &sum, reason);
    else
        exit_status = yg_cli_print(&t.line); /* also what came before a failure */
    if (st != YG_OK)
        exit_status = yg_cli_fail(&err);
    if (exit_status == YG_EXIT_OK && t.problems > 0)
        exit_status = YG_EXIT_FAILED;
    yg_buf_fini(&t.line);
    yg_judge_free(t.judge);
    yg_modelpack_free(t.pack);
    yg_app_inputs_close(&t.inputs);
    yg_app_fini(&t.app);
    return exit_status;
}

const struct yg_command yg_cmd_triage = {
    .name = "triage",
    .args = "FILE...",
    .summary = "judge alerts: one JSON line each, with risk, decision and reasons",
    .help = "With --model alone, history starts with the files. With --data DIR the "
            "tenant's stored\nhistory comes first, new alerts are stored with their "
            "decisions, and what stays open\ngoes to the queue; alerts stored before are "
            "not judged again. In shadow mode\n\"close\" says what would be closed.",
    .opt = { { "model", "FILE", "model file (default with --data: the store's)" },
             { "tenant", "NAME", "whose records these are (default: default)" },
             { "source", "NAME",
               "stable name of the source (default: the format's name)" },
             { "format", "NAME", "eve, wazuh, delimited or jsonl (default: recognised)" },
             { "map", "FILE", "mapping file for delimited text and JSON lines" },
             { "zone", "+hh:mm", "zone of times that have none (default: Z)" },
             { "log", NULL, "records are logs (context), not alerts" },
             { "summary", NULL, "counts instead of a line for each alert" } },
    .min_args = 1,
    .max_args = -1,
    .run = run,
};
