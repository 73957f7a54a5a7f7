/* SPDX-License-Identifier: Apache-2.0 */
/* The report of whatif.h: for people, as JSON, and the list. */
#include "yagura/whatif.h"

#include "base/clock.h"
#include "base/jsonw.h"
#include "pipeline/groups.h"
#include "policy/measure_print.h"
#include "policy/stats.h"

#define DELTA 0.05 /* of the bounds, which are for orientation */
#define U(x)  (unsigned long long)(x)

static const char *const side_name[2] = { "policy", "against" };

/* ---- text ------------------------------------------------------------------------ */

static void text_policy(const struct yg_whatif_side *s, const char *title,
                        struct yg_buf *out)
{
    yg_buf_printf(out, "%s: model %s", title,
                  s->name.model ? s->name.model : "of the store");
    if (s->name.tau > 0)
        yg_buf_printf(out, ", threshold as asked");
    else if (s->own)
        yg_buf_printf(out, ", thresholds by tenant\n");
    else if (s->fitted)
        yg_buf_printf(out,
                      ", threshold at which %.4g %% of the %llu threats of each level in "
                      "this very history lose an alert (fitted, nothing is promised)",
                      100 * s->name.fnr, U(s->threats));
    else if (!s->policy.certificate)
        yg_buf_printf(out, ", no certificate: nothing closes; tau or fnr ask what would");
    else
        yg_buf_printf(out, ", threshold of its %s",
                      s->certificate.kind == YG_CERT_TIME_SPLIT ? "certificate"
                                                                : "estimate");
    if (!s->own)
        yg_buf_printf(out, "; closes below risk %.4g (%u), protects %s\n",
                      yg_risk_prob(s->policy.tau), s->policy.tau,
                      yg_level_name(s->name.protect));
    if (s->policy.not_evaluated) {
        struct yg_jsonw w = yg_jsonw_of(out);
        yg_buf_printf(out, "  gates not evaluated: ");
        yg_gates_json(s->policy.not_evaluated, &w);
        yg_buf_char(out, '\n');
    }
}

/* The thresholds where each tenant has its own. */
static void text_own(const struct yg_whatif_report *w, const struct yg_whatif_side *s,
                     struct yg_buf *out)
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    for (size_t t = 0; s->own && t < w->replay->tenants; t++) {
        const struct yg_whatif_own *o = &s->own[t];
        yg_hex(o->digest, YG_DIGEST_SIZE, hex);
        yg_buf_printf(out, "  %-20.*s ", YG_STR_ARG(w->names[t]));
        if (o->certified)
            yg_buf_printf(out, "certificate %.12s", hex);
        else
            yg_buf_printf(out, "no certificate, %s",
                          o->policy.certificate ? "the model's estimate"
                                                : "nothing closes");
        yg_buf_printf(out, "; closes below risk %.4g (%u), protects %s\n",
                      yg_risk_prob(o->policy.tau), o->policy.tau,
                      yg_level_name(s->name.protect));
    }
}

static void text_load(const struct yg_workload *w, struct yg_str name, struct yg_buf *out)
{
    double days = yg_workload_days(w);

    yg_buf_printf(out, "  %-20.*s alerts %.1f -> %.1f", YG_STR_ARG(name),
                  (double)w->alerts / days, (double)w->open / days);
    yg_buf_printf(out, ", runs %.1f -> %.1f\n", (double)w->runs / days,
                  (double)w->runs_open / days);
}

static void text_gates(const struct yg_whatif_side *s, struct yg_buf *out)
{
    yg_buf_printf(out,
                  "gates: alerts held, and those that would close but for this one\n");
    for (unsigned g = 0; g < YG_GATE_COUNT; g++)
        if (s->gates.held[g] > 0)
            yg_buf_printf(out, "  %-24s %12llu %12llu\n", yg_gate_info[g].name,
                          U(s->gates.held[g]), U(s->gates.alone[g]));
}

/* Of the threats, then of the runs; what it speaks of is said by the caller. */
static void text_rates(const struct yg_whatif_side *s, struct yg_buf *out)
{
    const struct yg_measure *m = &s->measures.all;

    for (unsigned i = s->name.protect; i < YG_LEVEL_COUNT; i++) {
        const struct yg_measure_level *l = &m->level[i];
        if (l->threats == 0) {
            yg_buf_printf(out, "  FNR %s: no threat of this level was judged\n",
                          yg_level_name(i));
            continue;
        }
        yg_buf_printf(out,
                      "  FNR %s: %llu of %llu threats lose an alert (%.4g %%; at most "
                      "%.4g %%), %llu wholly",
                      yg_level_name(i), U(l->lost), U(l->threats),
                      100.0 * (double)l->lost / (double)l->threats,
                      100.0 * yg_binom_upper(l->lost, l->threats, DELTA), U(l->wholly));
        yg_buf_printf(out, "; per alert %llu of %llu, not certified\n",
                      U(l->alerts_closed), U(l->alerts));
    }
    if (m->clusters_closing == 0) {
        yg_buf_printf(out, "  FOR: no judged run would be closed\n");
        return;
    }
    yg_buf_printf(out,
                  "  FOR: %.4g %% of a random cluster's closed runs are protected (at "
                  "most %.4g %%); %llu runs missed, in %llu of %llu clusters\n",
                  100.0 * m->for_cluster,
                  100.0 * yg_binom_upper(m->clusters_missing, m->clusters_closing, DELTA),
                  U(m->runs_missed), U(m->clusters_missing), U(m->clusters_closing));
}

/* How far the verdicts go. */
static void text_verdicts(const struct yg_whatif_side *s, struct yg_buf *out)
{
    const struct yg_measure *m = &s->measures.all;
    uint64_t judged = m->rows - m->unjudged, learned = 0;

    for (size_t i = 0; i < m->rows; i++)
        learned +=
            yg_judged_is(&s->rows[i]) && s->rows[i].time_ns <= s->pack->trained_until_ns;
    if (judged == 0) {
        yg_buf_printf(out,
                      "no alert of this history was judged by a person: what would be "
                      "lost cannot be said\n");
        return;
    }
    yg_buf_printf(out,
                  "rates on the %llu of %llu alerts that were judged: measured here, "
                  "no certificate\n",
                  U(judged), U(m->rows));
    if (learned > 0)
        yg_buf_printf(
            out,
            "  %llu of these verdicts are no later than the model's training: it "
            "may have learned from them, and the bounds then do not hold\n",
            U(learned));
    text_rates(s, out);
}

static void text_side(const struct yg_whatif_report *w, int i, struct yg_buf *out)
{
    const struct yg_whatif_side *s = w->side[i];

    text_policy(s, side_name[i], out);
    text_own(w, s, out);
    yg_buf_printf(out, "left to people a day, before -> after\n");
    text_load(&s->all, YG_STR("all"), out);
    for (size_t t = 0; w->replay->tenants > 1 && t < w->replay->tenants; t++)
        if (s->tenant[t].alerts > 0)
            text_load(&s->tenant[t], w->names[t], out);
    text_gates(s, out);
    yg_whatif_rules_text(s, out);
    text_verdicts(s, out);
}

static void text_diff(const struct yg_whatif_diff *d, struct yg_buf *out)
{
    yg_buf_printf(out, "closed by both %llu, by neither %llu\n", U(d->both),
                  U(d->neither));
    for (int k = 0; k < 2; k++) {
        yg_buf_printf(out, "closed by %s alone: %llu (", side_name[k], U(d->only[k]));
        for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
            if (d->level[k][i])
                yg_buf_printf(out, "%s %llu, ", yg_level_name(i), U(d->level[k][i]));
        yg_buf_printf(out, "not judged %llu)\n", U(d->level[k][YG_LEVEL_COUNT]));
    }
}

void yg_whatif_text(const struct yg_whatif_report *w, struct yg_buf *out)
{
    const struct yg_workload *a = &w->side[0]->all;
    char first[YG_TIME_TEXT_MAX], last[YG_TIME_TEXT_MAX];

    yg_buf_printf(
        out, "history: %zu tenants, %llu alerts in %llu runs, %s to %s, %.1f days\n",
        w->replay->tenants, U(a->alerts), U(a->runs), yg_time_text(a->first_ns, first),
        yg_time_text(a->last_ns, last), yg_workload_days(a));
    if (w->blind_rows > 0)
        yg_buf_printf(out,
                      "%llu of them wait to be judged without the score and are in no "
                      "list\n",
                      U(w->blind_rows));
    if (w->side[1])
        text_diff(&w->diff, out);
    for (int i = 0; i < 2 && w->side[i]; i++) {
        yg_buf_char(out, '\n');
        text_side(w, i, out);
    }
    for (int i = 0; i < 2 && w->side[i]; i++) {
        if (w->side[i]->measures.all.rows == w->side[i]->measures.all.unjudged)
            continue;
        yg_buf_printf(out, "\n%s, by tenant:\n", side_name[i]);
        yg_measures_text(&w->side[i]->measures, w->names, out);
    }
}

/* ---- JSON ------------------------------------------------------------------------ */

static void json_policy(const struct yg_whatif_side *s, struct yg_jsonw *w)
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_jsonw_key(w, "policy");
    yg_jsonw_open(w, '{');
    yg_hex(s->pack->model_digest, YG_DIGEST_SIZE, hex);
    yg_jsonw_kcstr(w, "model", hex);
    yg_jsonw_kcstr(w, "threshold",
                   s->name.tau > 0                             ? "asked"
                   : s->own                                    ? "tenant"
                   : s->fitted                                 ? "fitted"
                   : !s->policy.certificate                    ? "none"
                   : s->certificate.kind == YG_CERT_TIME_SPLIT ? "certificate"
                                                               : "estimate");
    yg_jsonw_ku64(w, "tau", s->policy.tau);
    yg_jsonw_kf64(w, "probability", yg_risk_prob(s->policy.tau));
    yg_jsonw_kcstr(w, "protect", yg_level_name(s->name.protect));
    yg_jsonw_key(w, "gates_not_evaluated");
    yg_gates_json(s->policy.not_evaluated, w);
    yg_jsonw_close(w, '}');
}

static void json_load(const struct yg_workload *l, struct yg_jsonw *w)
{
    yg_jsonw_kf64(w, "days", yg_workload_days(l));
    yg_jsonw_ku64(w, "alerts", l->alerts);
    yg_jsonw_ku64(w, "alerts_open", l->open);
    yg_jsonw_ku64(w, "runs", l->runs);
    yg_jsonw_ku64(w, "runs_open", l->runs_open);
}

static void json_rates(const struct yg_whatif_side *s, struct yg_jsonw *w)
{
    const struct yg_measure *m = &s->measures.all;

    yg_jsonw_key(w, "fnr");
    yg_jsonw_open(w, '{');
    for (unsigned i = s->name.protect; i < YG_LEVEL_COUNT; i++) {
        yg_jsonw_key(w, yg_level_name(i));
        yg_jsonw_open(w, '{');
        yg_jsonw_ku64(w, "threats", m->level[i].threats);
        yg_jsonw_ku64(w, "lost", m->level[i].lost);
        yg_jsonw_kf64(w, "upper",
                      yg_binom_upper(m->level[i].lost, m->level[i].threats, DELTA));
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, '}');
    yg_jsonw_key(w, "for");
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "runs_missed", m->runs_missed);
    yg_jsonw_ku64(w, "clusters", m->clusters_closing);
    yg_jsonw_ku64(w, "clusters_missing", m->clusters_missing);
    yg_jsonw_kf64(w, "rate", m->for_cluster);
    yg_jsonw_kf64(w, "upper",
                  yg_binom_upper(m->clusters_missing, m->clusters_closing, DELTA));
    yg_jsonw_close(w, '}');
}

static void json_gates(const struct yg_whatif_side *s, struct yg_jsonw *w)
{
    yg_jsonw_key(w, "gates");
    yg_jsonw_open(w, '{');
    for (unsigned g = 0; g < YG_GATE_COUNT; g++) {
        yg_jsonw_key(w, yg_gate_info[g].name);
        yg_jsonw_open(w, '{');
        yg_jsonw_ku64(w, "held", s->gates.held[g]);
        yg_jsonw_ku64(w, "alone", s->gates.alone[g]);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, '}');
}

static void json_own(const struct yg_whatif_own *o, struct yg_jsonw *w)
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_hex(o->digest, YG_DIGEST_SIZE, hex);
    yg_jsonw_ku64(w, "tau", o->policy.tau);
    yg_jsonw_key(w, "certificate");
    if (o->certified)
        yg_jsonw_str(w, yg_str_of(hex));
    else
        yg_jsonw_null(w);
}

static void json_side(const struct yg_whatif_report *r, const struct yg_whatif_side *s,
                      struct yg_jsonw *w)
{
    yg_jsonw_open(w, '{');
    json_policy(s, w);
    json_load(&s->all, w);
    json_gates(s, w);
    yg_whatif_rules_json(s, w);
    json_rates(s, w);
    yg_jsonw_key(w, "workload");
    yg_jsonw_open(w, '[');
    for (size_t t = 0; t < r->replay->tenants; t++) {
        yg_jsonw_open(w, '{');
        yg_jsonw_kstr(w, "tenant", r->names[t]);
        if (s->own)
            json_own(&s->own[t], w);
        json_load(&s->tenant[t], w);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
    yg_jsonw_key(w, "measures");
    yg_measures_json(&s->measures, r->names, w);
    yg_jsonw_close(w, '}');
}

static void json_diff(const struct yg_whatif_diff *d, struct yg_jsonw *w)
{
    yg_jsonw_key(w, "diff");
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "both", d->both);
    yg_jsonw_ku64(w, "neither", d->neither);
    for (int k = 0; k < 2; k++) {
        yg_jsonw_key(w, side_name[k]);
        yg_jsonw_open(w, '{');
        yg_jsonw_ku64(w, "only", d->only[k]);
        for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
            yg_jsonw_ku64(w, yg_level_name(i), d->level[k][i]);
        yg_jsonw_ku64(w, "unjudged", d->level[k][YG_LEVEL_COUNT]);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, '}');
}

void yg_whatif_json(const struct yg_whatif_report *r, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "alerts", r->replay->rows[0].n);
    yg_jsonw_ku64(&w, "context", r->replay->context);
    yg_jsonw_ku64(&w, "problems", r->replay->problems);
    if (r->blind)
        yg_jsonw_ku64(&w, "blind", r->blind_rows);
    if (r->side[1])
        json_diff(&r->diff, &w);
    for (int i = 0; i < 2 && r->side[i]; i++) {
        yg_jsonw_key(&w, side_name[i]);
        json_side(r, r->side[i], &w);
    }
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

/* ---- the list -------------------------------------------------------------------- */

static bool is_blind(const struct yg_whatif_report *w, size_t i)
{
    return w->blind && yg_map_get(w->blind, yg_groups_key(w->replay->id[i])) != NULL;
}

void yg_whatif_blind_add(struct yg_whatif_report *w)
{
    for (size_t i = 0; i < w->replay->rows[0].n; i++)
        w->blind_rows += is_blind(w, i);
}

bool yg_whatif_line(const struct yg_whatif_report *r, size_t i, struct yg_buf *out)
{
    const struct yg_judged *a = &r->side[0]->rows[i];
    const struct yg_judged *b = r->side[1] ? &r->side[1]->rows[i] : NULL;
    const struct yg_judged *closer = a->closed ? a : b, *other = a->closed ? b : a;
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    if ((b ? a->closed == b->closed : !a->closed) || is_blind(r, i))
        return false;
    struct yg_replay_signature s = yg_replay_signature_of(r->replay, a->signature);
    struct yg_jsonw w = yg_jsonw_of(out);
    yg_jsonw_open(&w, '{');
    yg_hex(r->replay->id[i], YG_ID_SIZE, hex);
    yg_jsonw_kcstr(&w, "id", hex);
    yg_jsonw_kcstr(&w, "@timestamp", yg_time_text(a->time_ns, time));
    yg_jsonw_kstr(&w, "tenant", r->names[a->tenant]);
    yg_hex(r->replay->run_id[a->run], YG_ID_SIZE, hex);
    yg_jsonw_kcstr(&w, "run", hex);
    if (s.id.n > 0)
        yg_jsonw_kstr(&w, "rule.id", s.id);
    if (s.name.n > 0)
        yg_jsonw_kstr(&w, "rule.name", s.name);
    yg_jsonw_kf64(&w, "risk", yg_risk_prob(closer->scored));
    yg_jsonw_ku64(&w, "risk32", closer->scored);
    const struct yg_thin_rule *rule = yg_whatif_rule_of(r->side[closer == b], closer);
    if (rule)
        yg_jsonw_kstr(&w, "closed_by_rule", rule->name);
    yg_jsonw_kcstr(&w, "predicted", yg_level_name(closer->predicted));
    yg_jsonw_key(&w, "verdict");
    if (yg_judged_is(a))
        yg_jsonw_str(&w, yg_str_of(yg_level_name(a->level)));
    else
        yg_jsonw_null(&w);
    yg_jsonw_key(&w, "gates");
    yg_gates_json(closer->gates, &w);
    if (other) {
        yg_jsonw_kcstr(&w, "closed_by", side_name[closer == b]);
        yg_jsonw_ku64(&w, "other_risk32", other->scored);
        yg_jsonw_key(&w, "other_gates");
        yg_gates_json(other->gates, &w);
    }
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
    return true;
}
