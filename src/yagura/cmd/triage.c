/* SPDX-License-Identifier: Apache-2.0 */
/* yagura triage: one line per alert with its verdict, risk, decision and reasons. */
#include "base/jsonw.h"
#include "base/log.h"
#include "base/risk.h"
#include "conf/watchlist.h"
#include "event/ip.h"
#include "pipeline/guard.h"
#include "pipeline/ingest.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <stdlib.h>

#define WAITING_MAX 65536 /* lines that wait for an hour of events to pass */

/* A told alert whose closing may still be undone by what comes within an hour. */
struct waiting {
    char *text; /* the line up to its decision */
    size_t len;
    int64_t time_ns;
    struct yg_decide_in in;
    struct yg_decision decision;
    struct yg_policy policy; /* then; a later fall does not reach back */
    bool blind;
};

struct triage {
    struct yg_app app;
    struct yg_app_inputs inputs;
    struct yg_modelpack *pack;
    struct yg_guard *guard; /* NULL: without a store nothing is armed or audited */
    struct yg_judge *judge;
    struct yg_buf line;
    struct yg_buf scratch;      /* a line up to its decision */
    struct waiting *waiting;    /* ring: number % WAITING_MAX */
    uint64_t told, printed;     /* alerts so far; those before `printed` are in `line` */
    struct yg_watchlist *watch; /* what holds alerts open; NULL: nothing */
    struct yg_thinning *thinning;
    struct yg_spool *spool; /* where their packets are; NULL: nowhere */
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

/* The line up to its decision. */
static void write_alert(struct triage *t, struct yg_buf *out, const struct yg_batch *b,
                        uint32_t i, const struct yg_judgement *j)
{
    const struct yg_event *e = &b->event[i];
    struct yg_jsonw w = yg_jsonw_of(out);
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
    if (e->kind == YG_KIND_UNDECODABLE)
        yg_jsonw_kcstr(&w, "undecodable", yg_reason_name(e->reason));
    if (j->draw != YG_DRAW_NONE)
        return; /* a person judges it first */
    yg_jsonw_key(&w, "p");
    yg_jsonw_open(&w, '{');
    for (unsigned k = 0; k < YG_LEVEL_COUNT; k++)
        yg_jsonw_kf64(&w, yg_level_name(k), (double)j->score.p[k]);
    yg_jsonw_close(&w, '}');
    yg_jsonw_kcstr(&w, "predicted", yg_level_name(j->score.predicted));
    yg_jsonw_kf64(&w, "risk", yg_risk_prob(j->score.risk));
    yg_jsonw_ku64(&w, "risk32", j->score.risk);
}

/* Which lists name something of it, and what. */
static void put_listed(struct yg_jsonw *w, unsigned listed)
{
    static const enum yg_watch what[] = { YG_WATCH_INTEL, YG_WATCH_CRITICAL };

    if (!listed)
        return;
    yg_jsonw_key(w, "listed");
    yg_jsonw_open(w, '{');
    for (size_t i = 0; i < YG_ARRAY_LEN(what); i++) {
        struct yg_buf types;
        if (!(listed & what[i]))
            continue;
        yg_buf_init(&types, 64);
        yg_watch_types(listed, what[i], &types);
        yg_jsonw_kstr(w, yg_watch_name(what[i]), yg_buf_str(&types));
        yg_buf_fini(&types);
    }
    yg_jsonw_close(w, '}');
}

/* Who asks to close it, and whether that has an effect. */
static void put_rule(const struct triage *t, struct yg_jsonw *w, const struct waiting *x)
{
    if (x->in.rule == 0 || x->in.rule > t->app.thin.count)
        return;
    const struct yg_thin_rule *r = &t->app.thin.rule[x->in.rule - 1];
    yg_jsonw_key(w, "rule");
    yg_jsonw_open(w, '{');
    yg_jsonw_kstr(w, "name", r->name);
    yg_jsonw_kstr(w, "owner", r->owner);
    yg_jsonw_kstr(w, "reason", r->reason);
    yg_jsonw_ktime(w, "expires", r->expires_ns);
    yg_jsonw_kbool(w, "proved", x->in.rule_proved);
    yg_jsonw_kbool(w, "closes", x->decision.close && x->decision.by_rule);
    yg_jsonw_close(w, '}');
}

/* The rest of it; the reason in words, because a person will read it. */
static void write_decision(struct triage *t, const struct waiting *x)
{
    const struct yg_policy *p = &x->policy;
    struct yg_jsonw w = yg_jsonw_inside(&t->line);
    struct yg_buf why;

    if (x->blind) { /* the same words for audits and decoys, armed or not */
        yg_jsonw_kcstr(&w, "decision", "open");
        yg_jsonw_kbool(&w, "blind", true);
        yg_jsonw_kcstr(&w, "reason", yg_gate_info[YG_GATE_DRAWN].sentence);
        yg_buf_str_add(&t->line, YG_STR("}\n"));
        return;
    }
    yg_jsonw_kcstr(&w, "decision", x->decision.close ? "close" : "open");
    yg_jsonw_kcstr(&w, "mode", yg_mode_name(x->decision.mode));
    yg_jsonw_key(&w, "gates");
    yg_gates_json(x->decision.gates, &w);
    put_listed(&w, x->in.listed);
    put_rule(t, &w, x);
    yg_jsonw_key(&w, "gates_not_evaluated");
    yg_gates_json(p->not_evaluated, &w);
    yg_jsonw_key(&w, "reason");
    yg_buf_init(&why, 8192);
    yg_decide_text(p, &x->in, &x->decision, &why);
    yg_jsonw_str(&w, yg_buf_str(&why));
    yg_buf_fini(&why);
    yg_buf_str_add(&t->line, YG_STR("}\n"));
}

/* Hand over what is written, in pieces worth a system call. */
static enum yg_status print_lines(struct triage *t, struct yg_err *err)
{
    if (yg_buf_str(&t->line).n < 65536)
        return YG_OK;
    int printed = yg_cli_print(&t->line);
    yg_buf_clear(&t->line);
    return printed == YG_EXIT_OK
               ? YG_OK
               : yg_err_set(err, YG_EIO, "standard output cannot be written; stopped");
}

/* Write the lines that nothing can change any more: a graver alert is at most an hour
 * away. `now` INT64_MAX: all. */
static enum yg_status print_standing(struct triage *t, int64_t now, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    while (st == YG_OK && t->printed < t->told) {
        struct waiting *x = &t->waiting[t->printed % WAITING_MAX];
        bool full = t->told - t->printed == WAITING_MAX;
        if (x->decision.close && !full && now - YG_COMPANION_NS <= x->time_ns &&
            now != INT64_MAX)
            break;
        t->counts.closed += x->decision.close && x->decision.mode == YG_MODE_ARMED;
        t->counts.would_close += x->decision.close;
        t->counts.by_rule += x->decision.close && x->decision.by_rule;
        t->counts.gated += x->decision.gates != 0;
        if (x->text) {
            yg_buf_add(&t->line, x->text, x->len);
            write_decision(t, x);
        }
        free(x->text);
        x->text = NULL;
        t->printed++;
        st = print_lines(t, err);
    }
    return st;
}

/* What a failure left unprinted. */
static void forget_lines(struct triage *t)
{
    for (; t->printed < t->told; t->printed++)
        free(t->waiting[t->printed % WAITING_MAX].text);
    free(t->waiting);
}

static enum yg_status tell(void *arg, const struct yg_batch *b, uint32_t i,
                           const struct yg_judgement *j, struct yg_err *err)
{
    struct triage *t = arg;
    struct waiting *x = &t->waiting[t->told % WAITING_MAX];

    *x = (struct waiting){ .time_ns = b->event[i].time_ns,
                           .in = j->in,
                           .decision = j->decision,
                           .policy = *yg_judge_policy_of(t->judge, j->tenant),
                           .blind = j->draw != YG_DRAW_NONE };
    if (!x->blind) /* of a few alerts the sums, too, would tell */
        t->predicted[j->score.predicted]++;
    t->counts.alerts++;
    if (!yg_cli_flag(t->app.cli, "summary")) {
        yg_buf_clear(&t->scratch);
        write_alert(t, &t->scratch, b, i, j);
        struct yg_str text = yg_buf_str(&t->scratch);
        x->text = text.n ? malloc(text.n) : NULL;
        x->len = text.n;
        if (!x->text)
            return yg_err_set(err, YG_ENOMEM, "no memory for a line");
        memcpy(x->text, text.p, text.n);
    }
    t->told++;
    return print_standing(t, b->event[i].time_ns, err);
}

static void reopened(void *arg, uint64_t n)
{
    struct triage *t = arg;

    if (n < t->printed || n >= t->told)
        return; /* told an hour of events ago, or more than WAITING_MAX alerts */
    struct waiting *x = &t->waiting[n % WAITING_MAX];
    x->in.companion = true;
    x->decision = yg_decide(&x->policy, &x->in);
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

    return yg_app_rebuild(&t->app, t->judge, tenant, err);
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
        yg_jsonw_ku64(&w, "would_close", t->counts.would_close);
        yg_jsonw_ku64(&w, "by_rule", t->counts.by_rule);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        yg_app_counters_text(&out, sum, reason);
        yg_buf_printf(&out,
                      "\n%llu alerts judged: %llu closed, %llu more would close (shadow "
                      "mode), %llu stay open (%llu held by a gate)\n",
                      (unsigned long long)t->counts.alerts,
                      (unsigned long long)t->counts.closed,
                      (unsigned long long)(t->counts.would_close - t->counts.closed),
                      (unsigned long long)(t->counts.alerts - t->counts.would_close),
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
        st = yg_app_thinning(&t->app, &t->thinning, err);
    if (st == YG_OK)
        st = yg_app_spool(&t->app, t->with_store ? YG_INDEX_KEEP : YG_INDEX_APART,
                          &t->spool, err);
    if (st == YG_OK)
        st = yg_app_watchlist(&t->app, &t->watch, err);
    if (st == YG_OK)
        st = yg_app_model(&t->app, &t->pack, err);
    if (st == YG_OK)
        st = yg_judge_new(t->pack, t->app.config.context_memory, &t->judge, err);
    if (st == YG_OK && t->with_store) /* the verdicts are at hand */
        yg_judge_policy(t->judge)->not_evaluated &= ~YG_GATE_BIT(OPEN_THREAT);
    if (st == YG_OK && t->with_store)
        st = yg_app_guard(&t->app, t->pack, true, &t->guard, err);
    if (st == YG_OK)
        yg_judge_guard(t->judge, t->guard);
    if (st == YG_OK && t->with_store)
        st = replay(t, err);
    return st;
}

static void finish(struct triage *t)
{
    yg_buf_fini(&t->line);
    yg_buf_fini(&t->scratch);
    forget_lines(t);
    yg_judge_free(t->judge);
    yg_guard_free(t->guard);
    yg_modelpack_free(t->pack);
    yg_watchlist_free(t->watch);
    yg_thinning_free(t->thinning);
    yg_app_inputs_close(&t->inputs);
    yg_app_fini(&t->app);
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct triage t = { .problems = 0 };
    struct yg_counters sum = { 0 };
    uint64_t reason[YG_REASON_COUNT] = { 0 };
    enum yg_status st = yg_app_init(&t.app, cli, &err);

    yg_buf_init(&t.line, (size_t)256 << 20);
    yg_buf_init(&t.scratch, (size_t)8 << 20);
    t.waiting = calloc(WAITING_MAX, sizeof(*t.waiting));
    if (st == YG_OK && !t.waiting)
        st = yg_err_set(&err, YG_ENOMEM, "no memory for the lines");
    if (st == YG_OK)
        st = yg_app_inputs(&t.app, &t.inputs, &err);
    if (st == YG_OK)
        st = prepare(&t, &err);
    if (st == YG_OK) {
        struct yg_ingest in = { .input = t.inputs.input,
                                .count = t.inputs.count,
                                .workers = t.app.workers,
                                .watch = t.watch,
                                .close = &t.app.thin,
                                .store = t.app.store,
                                .thin = t.thinning,
                                .judge = t.judge,
                                .clock = &t.app.clock,
                                .spool = t.spool,
                                .packets_after_ns = yg_app_packets_after(&t.app),
                                .arg = &t,
                                .tell = tell,
                                .reopened = reopened,
                                .problem = problem,
                                .progress = progress };
        st = yg_ingest_run(&in, &sum, reason, &err);
        struct yg_err unprinted = { 0 };
        if (print_standing(&t, INT64_MAX, &unprinted) != YG_OK && st == YG_OK) {
            err = unprinted;
            st = err.status;
        }
        yg_app_progress_end(&t.app);
        yg_app_spool_tell(&t.app, &sum);
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
    finish(&t);
    return exit_status;
}

const struct yg_command yg_cmd_triage = {
    .name = "triage",
    .args = "FILE...",
    .summary = "judge alerts: one JSON line each, with risk, decision and reasons",
    .help = "With --model alone, history starts with the files. With --data DIR the "
            "tenant's stored\nhistory comes first, new alerts are stored with their "
            "decisions, and what stays open\ngoes to the queue; alerts stored before are "
            "not judged again. In shadow mode\n\"close\" says what would be closed, and "
            "it waits in the queue all the same. A line with\n\"blind\" was drawn for a "
            "check: a person judges it before anybody sees the score.",
    .opt = { { "model", "FILE", "model file (default with --data: the store's)" },
             { "tenant", "NAME", "whose records these are (default: default)" },
             { "source", "NAME",
               "stable name of the source (default: the format's name)" },
             { "format", "NAME",
               "eve, wazuh, log, cef, ...; see docs/formats.md (default: recognised)" },
             { "map", "FILE", "mapping file for delimited text and JSON lines" },
             { "zone", "+hh:mm", "zone of times that have none (default: Z)" },
             { "packets", "PATHS",
               "capture files and folders to find the alerts' packets in" },
             { "log", NULL, "records are logs (context), not alerts" },
             { "summary", NULL, "counts instead of a line for each alert" } },
    .min_args = 1,
    .max_args = -1,
    .run = run,
};
