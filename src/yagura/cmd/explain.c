/* SPDX-License-Identifier: Apache-2.0 */
/* yagura explain: everything about one alert and why it was judged as it was. */
#include "base/jsonw.h"
#include "base/risk.h"
#include "conf/watchlist.h"
#include "event/show.h"
#include "feature/features.h"
#include "pipeline/guard.h"
#include "pipeline/judge.h"
#include "pipeline/listed.h"
#include "pipeline/recall.h"
#include "pipeline/rulebook.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/text.h"

#include <stdlib.h>

#define TOP 8 /* features shown */

struct explain {
    struct yg_app app;
    struct yg_store_record rec;
    struct yg_str tenant;
    struct yg_modelpack *pack;
    struct yg_judge *judge;
    struct yg_guard *guard;
    struct yg_str rule; /* as it came: which rule asked to close it; empty: none */
    struct yg_watchlist *watch;
    struct yg_buf listed; /* a line for each hit */
    float row[YG_FEATURES_MAX], part[YG_FEATURES_MAX];
    struct yg_judgement judgement;
    bool judged, blind;
    uint32_t number;      /* of its tenant, for the judge */
    struct yg_slot *slot; /* while it is scored */
    struct yg_buf out;
    struct yg_jsonw w;
};

/* Does the certificate in force speak of the rule that matches it now? */
static void ask_rule(struct explain *x)
{
    struct yg_decide_in *in = &x->judgement.in;

    if (in->rule == 0)
        return;
    in->rule_proved = yg_guard_proves(x->guard, x->tenant, in->rule - 1U);
    x->judgement.decision = yg_decide(yg_judge_policy(x->judge), in);
}

/* History up to the alert brings the judge to its state then; it is scored as it was, and
 * what came later is not asked for. */
static enum yg_status on_past(void *arg, const struct yg_past_event *e,
                              struct yg_err *err)
{
    struct explain *x = arg;
    struct yg_slot *slot = x->slot;

    (void)err;
    if (memcmp(e->id, x->rec.id, YG_ID_SIZE) != 0) {
        yg_judge_replay(x->judge, x->number, e);
        return YG_OK;
    }
    yg_judge_see(x->judge, x->number, e->facts, slot->row);
    memcpy(x->row, slot->row, sizeof(x->row));
    slot->rows = 1;
    yg_judge_score(x->pack, slot);
    const struct yg_judge_alert alert = { .facts = e->facts,
                                          .id = e->id,
                                          .score = &slot->score[0],
                                          .distance = slot->distance[0] };
    yg_judge_decide(x->judge, x->number, &alert, &x->judgement);
    ask_rule(x);
    yg_trees_attribute(x->pack->trees, x->row, x->part);
    x->judged = true;
    return YG_EEND;
}

static enum yg_status rescore(struct explain *x, struct yg_err *err)
{
    const struct yg_past_options opt = { .workers = x->app.workers,
                                         .watch = x->watch,
                                         .close = { &x->app.thin } };
    const struct yg_past_sink sink = { .arg = x, .event = on_past };
    struct yg_past *p = NULL;
    enum yg_status st = YG_OK;

    x->slot = calloc(1, sizeof(*x->slot));
    if (!x->slot)
        st = yg_err_set(err, YG_ENOMEM, "no memory to judge it again");
    if (st == YG_OK)
        st = yg_judge_tenant(x->judge, x->tenant, &x->number, err);
    if (st == YG_OK)
        st = yg_past_new(x->app.store, &opt, &p, err);
    if (st == YG_OK)
        st = yg_past_run(p, x->tenant, &sink, err);
    yg_past_free(p);
    free(x->slot);
    x->slot = NULL;
    return st == YG_EEND ? YG_OK : st;
}

/* The features that moved the risk most, strongest first. */
static size_t strongest(const struct explain *x, int *top)
{
    size_t n = 0;

    for (int f = 0; f < YG_FEATURE_COUNT; f++) {
        float v = x->part[f] < 0 ? -x->part[f] : x->part[f];
        size_t at = n < TOP ? n++ : TOP;
        for (; at > 0; at--) {
            float u = x->part[top[at - 1]];
            if ((u < 0 ? -u : u) >= v)
                break;
            if (at < TOP)
                top[at] = top[at - 1];
        }
        if (at < TOP)
            top[at] = f;
    }
    return n;
}

static enum yg_status show_fields(void *arg, const struct yg_batch *b,
                                  const struct yg_event *e, struct yg_err *err)
{
    struct explain *x = arg;
    struct yg_buf value;

    yg_buf_init(&value, (size_t)4 << 20);
    for (int f = 0; f < YG_FIELD_COUNT; f++) {
        if (!yg_event_has(e, (enum yg_field)f))
            continue;
        yg_buf_clear(&value);
        yg_event_show(&value, b, e, (enum yg_field)f);
        if (x->app.json) {
            yg_jsonw_kstr(&x->w, yg_field_info[f].name, yg_buf_str(&value));
        } else {
            yg_buf_printf(&x->out, "  %-28s ", yg_field_info[f].name);
            yg_text_safe(&x->out, yg_buf_str(&value));
            yg_buf_char(&x->out, '\n');
        }
    }
    if (e->reason != YG_R_NONE && !x->app.json)
        yg_buf_printf(&x->out, "  could not be read: %s\n", yg_reason_name(e->reason));
    yg_buf_fini(&value);
    return yg_event_is_alert(e)
               ? yg_listed_lines(x->watch, b, e, x->rec.packets, &x->listed, err)
               : YG_OK;
}

static void listed_text(struct explain *x)
{
    struct yg_str rest = yg_buf_str(&x->listed);

    if (rest.n > 0)
        yg_buf_printf(&x->out, "\nlisted:\n");
    while (rest.n > 0) {
        yg_buf_str_add(&x->out, YG_STR("  "));
        yg_text_safe(&x->out, yg_str_cut(&rest, '\n'));
        yg_buf_char(&x->out, '\n');
    }
}

static void listed_json(struct explain *x)
{
    struct yg_str rest = yg_buf_str(&x->listed);

    yg_jsonw_key(&x->w, "listed");
    yg_jsonw_open(&x->w, '[');
    while (rest.n > 0)
        yg_jsonw_str(&x->w, yg_str_cut(&rest, '\n'));
    yg_jsonw_close(&x->w, ']');
}

static void why(struct explain *x, struct yg_buf *text)
{
    yg_decide_text(yg_judge_policy(x->judge), &x->judgement.in, &x->judgement.decision,
                   text);
}

static const char *decision_name(unsigned decision)
{
    return decision == YG_DECISION_CLOSED  ? "closed"
           : decision == YG_DECISION_CLOSE ? "close"
                                           : "open";
}

/* The members that tell how it is judged now, and what moved that. */
static void judgement_json(struct explain *x)
{
    int top[TOP];
    struct yg_buf text;

    yg_jsonw_kcstr(&x->w, "predicted", yg_level_name(x->judgement.score.predicted));
    yg_jsonw_kf64(&x->w, "risk", yg_risk_prob(x->judgement.score.risk));
    yg_jsonw_kcstr(&x->w, "decision", x->judgement.decision.close ? "close" : "open");
    yg_buf_init(&text, 65536);
    why(x, &text);
    yg_jsonw_kstr(&x->w, "reason", yg_buf_str(&text));
    yg_buf_fini(&text);
    yg_jsonw_key(&x->w, "features");
    yg_jsonw_open(&x->w, '[');
    size_t n = strongest(x, top);
    for (size_t i = 0; i < n; i++) {
        yg_jsonw_open(&x->w, '{');
        yg_jsonw_kcstr(&x->w, "name", yg_feature_info[top[i]].name);
        yg_jsonw_kcstr(&x->w, "doc", yg_feature_info[top[i]].doc);
        yg_jsonw_kf64(&x->w, "value", (double)x->row[top[i]]);
        yg_jsonw_kf64(&x->w, "moved", (double)x->part[top[i]]);
        yg_jsonw_close(&x->w, '}');
    }
    yg_jsonw_close(&x->w, ']');
}

/* What the server asks for an alert that it has shown already. */
static void write_why(struct explain *x)
{
    x->w = yg_jsonw_of(&x->out);
    yg_jsonw_open(&x->w, '{');
    if (x->judged && !x->blind)
        judgement_json(x);
    yg_jsonw_close(&x->w, '}');
    yg_buf_char(&x->out, '\n');
}

static enum yg_status write_json(struct explain *x, const struct yg_verdict *v,
                                 struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    x->w = yg_jsonw_of(&x->out);
    yg_hex(x->rec.id, YG_ID_SIZE, hex);
    yg_jsonw_open(&x->w, '{');
    yg_jsonw_kcstr(&x->w, "id", hex);
    yg_jsonw_kstr(&x->w, "tenant", x->tenant);
    yg_jsonw_kcstr(&x->w, "@timestamp", yg_time_text(x->rec.time_ns, time));
    yg_jsonw_key(&x->w, "fields");
    yg_jsonw_open(&x->w, '{');
    enum yg_status st = yg_recall(x->app.store, &x->rec, show_fields, x, err);
    yg_jsonw_close(&x->w, '}');
    if (!x->blind)
        listed_json(x);
    yg_jsonw_kcstr(&x->w, "verdict", v ? yg_level_name(v->level) : "-");
    if (x->blind)
        yg_jsonw_kbool(&x->w, "blind", true);
    if (x->rec.decision != YG_DECISION_NONE && !x->blind) {
        yg_jsonw_kf64(&x->w, "risk_when_it_came", yg_risk_prob(x->rec.risk));
        yg_jsonw_kcstr(&x->w, "decision_when_it_came", decision_name(x->rec.decision));
        if (x->rule.n > 0)
            yg_jsonw_kstr(&x->w, "rule_when_it_came", x->rule);
    }
    if (x->judged)
        judgement_json(x);
    yg_jsonw_kstr(&x->w, "raw", x->rec.raw);
    yg_jsonw_close(&x->w, '}');
    yg_buf_char(&x->out, '\n');
    return st;
}

static void rule_text(struct explain *x)
{
    if (x->rule.n == 0)
        return;
    yg_buf_str_add(&x->out, YG_STR("  asked for by the rule "));
    yg_text_safe(&x->out, x->rule);
    yg_buf_char(&x->out, '\n');
}

static void judgement_text(struct explain *x)
{
    int top[TOP];

    if (x->rec.decision != YG_DECISION_NONE)
        yg_buf_printf(&x->out, "\nwhen it came: %s, risk %.4f, %s\n",
                      yg_level_name(x->rec.predicted), yg_risk_prob(x->rec.risk),
                      x->rec.decision == YG_DECISION_CLOSED  ? "closed"
                      : x->rec.decision == YG_DECISION_CLOSE ? "would be closed"
                                                             : "left open");
    rule_text(x);
    yg_buf_printf(&x->out, "\nseen again now: %s, risk %.4f: %s\n  ",
                  yg_level_name(x->judgement.score.predicted),
                  yg_risk_prob(x->judgement.score.risk),
                  x->judgement.decision.close ? "would be closed" : "stays open");
    why(x, &x->out);
    yg_buf_printf(&x->out,
                  "\n\nwhat moved the risk most (log-odds; + is more dangerous):\n");
    size_t n = strongest(x, top);
    for (size_t i = 0; i < n; i++)
        yg_buf_printf(&x->out, "  %+7.2f  %-28s = %-10.4g %s\n", (double)x->part[top[i]],
                      yg_feature_info[top[i]].name, (double)x->row[top[i]],
                      yg_feature_info[top[i]].doc);
}

static enum yg_status write_text(struct explain *x, const struct yg_verdict *v,
                                 struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    yg_hex(x->rec.id, YG_ID_SIZE, hex);
    yg_buf_printf(&x->out, "alert %s of ", hex);
    yg_text_safe(&x->out, x->tenant);
    yg_buf_printf(&x->out, " at %s\n", yg_time_text(x->rec.time_ns, time));
    enum yg_status st = yg_recall(x->app.store, &x->rec, show_fields, x, err);
    if (!x->blind)
        listed_text(x);
    if (x->blind)
        yg_buf_printf(&x->out, "\n%s\n", yg_gate_info[YG_GATE_DRAWN].sentence);
    else if (x->judged)
        judgement_text(x);
    else
        yg_buf_printf(&x->out, "\nnot judged by a model (none is there, or it is a log "
                               "record)\n");
    if (v)
        yg_buf_printf(&x->out, "\nverdict: %s by %.*s %.*s %.*s\n",
                      yg_level_name(v->level), YG_STR_ARG(v->who), YG_STR_ARG(v->reason),
                      YG_STR_ARG(v->note));
    yg_buf_printf(
        &x->out,
        "\nwhat crossed the wire, and did it succeed: yagura packets --alert %.10s\n",
        hex);
    yg_buf_printf(&x->out, "\nraw record:\n");
    yg_text_safe(&x->out, x->rec.raw);
    yg_buf_char(&x->out, '\n');
    return st;
}

/* What decides for the tenant now: its certificate's threshold, and what is armed. */
static enum yg_status tenant_policy(struct explain *x, struct yg_err *err)
{
    enum yg_status st = yg_app_guard(&x->app, x->pack, false, &x->guard, err);

    yg_judge_rules(x->judge, &x->app.thin);
    return st == YG_OK
               ? yg_guard_policy(x->guard, x->tenant, yg_judge_policy(x->judge), err)
               : st;
}

static enum yg_status explain(struct explain *x, struct yg_err *err)
{
    struct yg_verdict v;
    enum yg_status st = yg_app_alert(&x->app, &x->rec, &x->tenant, err);

    if (st == YG_OK)
        st = yg_app_watchlist(&x->app, &x->watch, err);
    if (st == YG_OK)
        st = yg_app_thin_rules(&x->app, err);
    if (st == YG_OK)
        st = yg_rulebook_says(x->app.store, x->rec.rule, &x->app.arena, &x->rule, err);
    if (st != YG_OK)
        return st;
    st = yg_guard_blind_alert(x->app.store, x->tenant, &x->rec, &x->blind, NULL, err);
    if (st == YG_OK && !x->blind && yg_app_model(&x->app, &x->pack, err) == YG_OK) {
        st = yg_judge_new(x->pack, x->app.config.context_memory, &x->judge, err);
        if (st == YG_OK)
            st = tenant_policy(x, err);
        if (st == YG_OK && x->rec.kind != YG_KIND_CONTEXT)
            st = rescore(x, err);
    }
    if (st != YG_OK)
        return st;
    if (yg_cli_flag(x->app.cli, "why")) {
        write_why(x);
        return YG_OK;
    }
    bool has =
        yg_store_verdict_get(x->app.store, x->rec.id, &x->app.arena, &v, err) == YG_OK;
    return x->app.json ? write_json(x, has ? &v : NULL, err)
                       : write_text(x, has ? &v : NULL, err);
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct explain *x = calloc(1, sizeof(*x));
    enum yg_status st =
        x ? yg_app_init(&x->app, cli, &err) : yg_err_set(&err, YG_ENOMEM, "no memory");

    if (!x)
        return yg_cli_fail(&err);
    yg_buf_init(&x->out, (size_t)64 << 20);
    yg_buf_init(&x->listed, 65536);
    if (st == YG_OK)
        st = yg_app_store(&x->app, false, true, &err);
    if (st == YG_OK)
        st = explain(x, &err);
    int exit_status = st == YG_OK ? yg_cli_print(&x->out) : yg_cli_fail(&err);
    yg_buf_fini(&x->out);
    yg_buf_fini(&x->listed);
    yg_watchlist_free(x->watch);
    yg_judge_free(x->judge);
    yg_guard_free(x->guard);
    yg_modelpack_free(x->pack);
    yg_app_fini(&x->app);
    free(x);
    return exit_status;
}

const struct yg_command yg_cmd_explain = {
    .name = "explain",
    .args = "ID",
    .summary = "tell everything about one alert, and why it is where it is",
    .help =
        "ID is that of an alert or of a run of the queue (then its most dangerous "
        "alert); "
        "the\nfirst digits are enough. The tenant's history is replayed up to the alert, "
        "all devices\nin order of time, and the present model looks again; the risk it "
        "had when it came is\nprinted beside.",
    .opt = { { "alert", NULL, "ID is an alert's, also if a run has the same one" },
             { "model", "FILE", "model file (default: the store's)" },
             { "why", NULL, "only how it is judged now and what moved that, as JSON" } },
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
