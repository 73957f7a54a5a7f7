/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/measure_print.h"

#include "base/clock.h"
#include "policy/stats.h"

#define DELTA 0.05 /* of the bounds that are printed for orientation */

/* "closed 12 of 345 (3.48 %)" */
static void share(struct yg_buf *out, uint64_t hit, uint64_t of)
{
    yg_buf_printf(out, "%llu of %llu", (unsigned long long)hit, (unsigned long long)of);
    if (of > 0)
        yg_buf_printf(out, " (%.4g %%)", 100.0 * (double)hit / (double)of);
}

/* The signature rule, where the rows say what it does (policy/naive.h). */
static void text_naive(const struct yg_measure_level *l, bool guarded, struct yg_buf *out)
{
    yg_buf_printf(out, "; signature rule closes %llu alerts",
                  (unsigned long long)l->alerts_naive);
    if (guarded)
        yg_buf_printf(out, ", %llu threats lose one, %llu wholly",
                      (unsigned long long)l->lost_naive,
                      (unsigned long long)l->wholly_naive);
}

static bool has_naive(const struct yg_measure *m)
{
    uint64_t closed = 0;

    for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
        closed += m->level[i].alerts_naive;
    return closed > 0;
}

static void text_level(const struct yg_measure *m, unsigned i, enum yg_level protect,
                       struct yg_buf *out)
{
    const struct yg_measure_level *l = &m->level[i];

    yg_buf_printf(out, "  %-2s alerts closed ", yg_level_name(i));
    share(out, l->alerts_closed, l->alerts);
    if (i >= protect && l->alerts > 0)
        yg_buf_printf(out, ", not certified, upper bound %.4g %%",
                      100.0 * yg_binom_upper(l->alerts_closed, l->alerts, DELTA));
    yg_buf_str_add(out, YG_STR("; runs closed "));
    share(out, l->runs_closed, l->runs);
    if (i >= protect) {
        yg_buf_str_add(out, YG_STR("; threats that lose an alert "));
        share(out, l->lost, l->threats);
        yg_buf_printf(out, ", wholly closed %llu", (unsigned long long)l->wholly);
    }
    if (has_naive(m))
        text_naive(l, i >= protect, out);
    yg_buf_char(out, '\n');
}

static void text_confusion(const struct yg_measure *m, struct yg_buf *out)
{
    yg_buf_str_add(out, YG_STR("  verdict \\ predicted"));
    for (unsigned p = 0; p < YG_LEVEL_COUNT; p++)
        yg_buf_printf(out, "%10s", yg_level_name(p));
    yg_buf_str_add(out, YG_STR("      none\n"));
    for (unsigned v = 0; v < YG_LEVEL_COUNT; v++) {
        yg_buf_printf(out, "  %-19s", yg_level_name(v));
        for (unsigned p = 0; p <= YG_LEVEL_COUNT; p++)
            yg_buf_printf(out, "%10llu", (unsigned long long)m->confusion[v][p]);
        yg_buf_char(out, '\n');
    }
}

static void text_part(const struct yg_measure *m, struct yg_str name,
                      enum yg_level protect, struct yg_buf *out)
{
    uint64_t right, judged, predicted;

    yg_buf_printf(out, "%.*s: %llu alerts, %llu not judged, %llu held by gates\n",
                  YG_STR_ARG(name), (unsigned long long)m->rows,
                  (unsigned long long)m->unjudged, (unsigned long long)m->gated);
    for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
        if (m->level[i].alerts > 0)
            text_level(m, i, protect, out);
    yg_measure_l2(m, &right, &judged, &predicted);
    yg_buf_str_add(out, YG_STR("  L2 judged as L2 "));
    share(out, right, judged);
    yg_buf_str_add(out, YG_STR("; right where L2 is predicted "));
    share(out, right, predicted);
    yg_buf_printf(out,
                  "\n  attacks among closed runs: %llu missed; %.4g %% of a random "
                  "cluster's (%llu of %llu clusters close something)\n",
                  (unsigned long long)m->runs_missed, 100.0 * m->for_cluster,
                  (unsigned long long)m->clusters_closing,
                  (unsigned long long)m->clusters);
    text_confusion(m, out);
}

static void text_lost(const struct yg_measures *m, const struct yg_str *names,
                      struct yg_buf *out)
{
    char time[YG_TIME_TEXT_MAX];

    for (size_t i = 0; i < m->lost_n; i++) {
        const struct yg_lost_threat *t = &m->lost[i];
        yg_buf_printf(out, "lost: %.*s, %s of %s, %u of %u alerts closed, ",
                      YG_STR_ARG(names[t->tenant]), yg_level_name(t->level),
                      yg_time_text(t->first_ns, time), t->closed, t->alerts);
        if (t->open_after_ns < 0)
            yg_buf_str_add(out, YG_STR("none stays open\n"));
        else
            yg_buf_printf(out, "first open one after %.1f minutes\n",
                          (double)t->open_after_ns / 60e9);
    }
}

void yg_measures_text(const struct yg_measures *m, const struct yg_str *names,
                      struct yg_buf *out)
{
    for (size_t i = 0; i < m->tenants; i++)
        text_part(&m->tenant[i], names[i], m->protect, out);
    text_part(&m->all, YG_STR("all"), m->protect, out);
    text_lost(m, names, out);
}

static void json_level(const struct yg_measure_level *l, unsigned i, bool guarded,
                       struct yg_jsonw *w)
{
    yg_jsonw_key(w, yg_level_name(i));
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "alerts", l->alerts);
    yg_jsonw_ku64(w, "closed", l->alerts_closed);
    yg_jsonw_ku64(w, "closed_signature_rule", l->alerts_naive);
    yg_jsonw_ku64(w, "runs", l->runs);
    yg_jsonw_ku64(w, "runs_closed", l->runs_closed);
    if (guarded) {
        yg_jsonw_kf64(w, "closed_upper_not_certified",
                      yg_binom_upper(l->alerts_closed, l->alerts, DELTA));
        yg_jsonw_ku64(w, "threats", l->threats);
        yg_jsonw_ku64(w, "threats_lost", l->lost);
        yg_jsonw_ku64(w, "threats_wholly_lost", l->wholly);
        yg_jsonw_ku64(w, "threats_lost_signature_rule", l->lost_naive);
        yg_jsonw_ku64(w, "threats_wholly_lost_signature_rule", l->wholly_naive);
    }
    yg_jsonw_close(w, '}');
}

/* Sums over levels that most readers want without adding up. */
static void json_sums(const struct yg_measure *m, enum yg_level protect,
                      struct yg_jsonw *w)
{
    struct yg_measure_level low = { 0 }, high = { 0 };

    for (unsigned i = YG_LEVEL_L1; i < YG_LEVEL_COUNT; i++) {
        struct yg_measure_level *to = i >= protect ? &high : &low;
        to->alerts += m->level[i].alerts;
        to->alerts_closed += m->level[i].alerts_closed;
        to->threats += m->level[i].threats;
        to->lost += m->level[i].lost;
        to->wholly += m->level[i].wholly;
    }
    yg_jsonw_ku64(w, "fp", m->level[YG_LEVEL_FP].alerts);
    yg_jsonw_ku64(w, "fp_closed", m->level[YG_LEVEL_FP].alerts_closed);
    yg_jsonw_ku64(w, "low", low.alerts);
    yg_jsonw_ku64(w, "low_closed", low.alerts_closed);
    yg_jsonw_ku64(w, "protected", high.alerts);
    yg_jsonw_ku64(w, "protected_closed", high.alerts_closed);
    yg_jsonw_ku64(w, "threats", high.threats);
    yg_jsonw_ku64(w, "threats_lost", high.lost);
    yg_jsonw_ku64(w, "threats_wholly_lost", high.wholly);
}

void yg_measure_members(const struct yg_measure *m, enum yg_level protect,
                        struct yg_jsonw *w)
{
    uint64_t right, judged, predicted;

    yg_jsonw_ku64(w, "alerts", m->rows);
    yg_jsonw_ku64(w, "unjudged", m->unjudged);
    yg_jsonw_ku64(w, "gated", m->gated);
    json_sums(m, protect, w);
    yg_measure_l2(m, &right, &judged, &predicted);
    yg_jsonw_ku64(w, "l2", judged);
    yg_jsonw_ku64(w, "l2_as_l2", right);
    yg_jsonw_ku64(w, "l2_predicted", predicted);
    yg_jsonw_ku64(w, "runs_missed", m->runs_missed);
    yg_jsonw_ku64(w, "clusters", m->clusters);
    yg_jsonw_ku64(w, "clusters_closing", m->clusters_closing);
    yg_jsonw_kf64(w, "for_cluster", m->for_cluster);
    yg_jsonw_key(w, "levels");
    yg_jsonw_open(w, '{');
    for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
        json_level(&m->level[i], i, i >= protect, w);
    yg_jsonw_close(w, '}');
    yg_jsonw_key(w, "confusion");
    yg_jsonw_open(w, '[');
    for (unsigned v = 0; v < YG_LEVEL_COUNT; v++) {
        yg_jsonw_open(w, '[');
        for (unsigned p = 0; p <= YG_LEVEL_COUNT; p++)
            yg_jsonw_u64(w, m->confusion[v][p]);
        yg_jsonw_close(w, ']');
    }
    yg_jsonw_close(w, ']');
}

static void json_lost(const struct yg_measures *m, const struct yg_str *names,
                      struct yg_jsonw *w)
{
    char time[YG_TIME_TEXT_MAX];

    yg_jsonw_key(w, "lost");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < m->lost_n; i++) {
        const struct yg_lost_threat *t = &m->lost[i];
        yg_jsonw_open(w, '{');
        yg_jsonw_kstr(w, "tenant", names[t->tenant]);
        yg_jsonw_kcstr(w, "level", yg_level_name(t->level));
        yg_jsonw_kcstr(w, "first", yg_time_text(t->first_ns, time));
        yg_jsonw_ku64(w, "alerts", t->alerts);
        yg_jsonw_ku64(w, "closed", t->closed);
        yg_jsonw_kbool(w, "wholly", t->open_after_ns < 0);
        if (t->open_after_ns >= 0)
            yg_jsonw_kf64(w, "minutes_to_open", (double)t->open_after_ns / 60e9);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

void yg_measures_json(const struct yg_measures *m, const struct yg_str *names,
                      struct yg_jsonw *w)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "protect", yg_level_name(m->protect));
    yg_jsonw_key(w, "total");
    yg_jsonw_open(w, '{');
    yg_measure_members(&m->all, m->protect, w);
    yg_jsonw_close(w, '}');
    yg_jsonw_key(w, "tenants");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < m->tenants; i++) {
        yg_jsonw_open(w, '{');
        yg_jsonw_kstr(w, "tenant", names[i]);
        yg_measure_members(&m->tenant[i], m->protect, w);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
    json_lost(m, names, w);
    yg_jsonw_close(w, '}');
}

void yg_curve_text(const struct yg_curve *c, struct yg_buf *out)
{
    yg_buf_str_add(out, YG_STR("in hindsight (no policy may know this):\n"));
    for (size_t i = 0; i < c->n; i++) {
        yg_buf_printf(out,
                      "  tau %10u (risk %.4g): %llu of %llu threats lose an alert, "
                      "false positives closed ",
                      c->at[i].tau, yg_risk_prob(c->at[i].tau),
                      (unsigned long long)c->at[i].lost, (unsigned long long)c->threats);
        share(out, c->at[i].fp_closed, c->fp);
        yg_buf_char(out, '\n');
    }
}

void yg_curve_json(const struct yg_curve *c, struct yg_jsonw *w)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "fp", c->fp);
    yg_jsonw_ku64(w, "threats", c->threats);
    yg_jsonw_key(w, "points");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < c->n; i++) {
        yg_jsonw_open(w, '{');
        yg_jsonw_ku64(w, "tau", c->at[i].tau);
        yg_jsonw_kf64(w, "probability", yg_risk_prob(c->at[i].tau));
        yg_jsonw_ku64(w, "threats_lost", c->at[i].lost);
        yg_jsonw_ku64(w, "fp_closed", c->at[i].fp_closed);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
    yg_jsonw_close(w, '}');
}
