/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of standing.h that people and programs read. */
#include "policy/standing.h"

#include "base/clock.h"
#include "policy/decide.h"

typedef unsigned long long ull;

static void text_audit(const struct yg_standing *s, const struct yg_standing_rules *r,
                       struct yg_buf *out)
{
    yg_buf_printf(out,
                  "  audited: %llu runs that would close or closed, %llu of them %s or "
                  "worse\n",
                  (ull)s->audits, (ull)s->missed, yg_level_name(r->protect));
    yg_buf_printf(out,
                  "  attacks among closed runs: at most %.3g %% since arming, if nothing "
                  "changed; at most %.3g %% in the last 90 days (promised: %.3g %%)\n",
                  100 * s->for_upper, 100 * s->for_upper_90, 100 * r->beta);
    yg_buf_printf(out,
                  "  of %llu closed runs at most %.1f were missed; %llu protected runs "
                  "were found open: at most %.3g %% of protected runs were missed\n",
                  (ull)s->since_arming.runs_closed, s->missed_runs_upper,
                  (ull)s->since_arming.protected_open, 100 * s->fnr);
    if (s->plants >= r->plants_least && s->plants > 0)
        yg_buf_printf(
            out,
            "  people found %llu of %llu planted attacks: bounds are divided by "
            "%.3f\n",
            (ull)s->plants_found, (ull)s->plants, s->found_lower);
    else
        yg_buf_printf(out, "  assumes faultless verdicts (%llu of %u planted alerts)\n",
                      (ull)s->plants, r->plants_least);
    if (s->changed > 0)
        yg_buf_printf(
            out,
            "  %llu verdicts were changed after the score was seen: %llu attacks "
            "that are none any more count as attacks\n",
            (ull)s->changed, (ull)s->softened);
    if (s->twice > 0)
        yg_buf_printf(out,
                      "  two people judged %llu runs and agreed on %llu (kappa %.2f)\n",
                      (ull)s->twice, (ull)s->agreed, s->kappa);
}

static void text_confusion(const struct yg_standing *s, struct yg_buf *out)
{
    if (s->audits == 0)
        return;
    yg_buf_printf(out, "  predicted \\ judged");
    for (unsigned k = 0; k < YG_LEVEL_COUNT; k++)
        yg_buf_printf(out, " %6s", yg_level_name(k));
    yg_buf_char(out, '\n');
    for (unsigned p = 0; p < YG_LEVEL_COUNT; p++) {
        yg_buf_printf(out, "  %-18s", yg_level_name(p));
        for (unsigned k = 0; k < YG_LEVEL_COUNT; k++)
            yg_buf_printf(out, " %6llu", (ull)s->confusion[p][k]);
        yg_buf_char(out, '\n');
    }
}

void yg_standing_text(const struct yg_standing *s, const struct yg_standing_rules *r,
                      struct yg_buf *out)
{
    char time[YG_TIME_TEXT_MAX];

    yg_buf_printf(out, "  %s", yg_mode_name(s->mode));
    if (s->expires_ns > 0)
        yg_buf_printf(out, "; the certificate's term ends %s",
                      yg_time_text(s->expires_ns, time));
    yg_buf_char(out, '\n');
    for (unsigned f = 0; f < YG_FALL_COUNT; f++)
        if (s->falls >> f & 1)
            yg_buf_printf(out, "  %s: %s\n", yg_fall_name(f), yg_fall_text(f));
    text_audit(s, r, out);
    yg_buf_printf(out,
                  "  alarm at %.0f: stands at %.3g; drift: wealth %.3g, stability index "
                  "%.3f%s\n",
                  r->patience, s->detector, s->drift_wealth, s->psi,
                  s->psi > 0.25 ? " (a warning)" : "");
    yg_buf_printf(out,
                  "  %llu wait for a verdict without the score, %llu of them overdue\n",
                  (ull)s->waiting, (ull)s->overdue);
    text_confusion(s, out);
}

static void json_counts(struct yg_jsonw *w, const char *key,
                        const struct yg_stratum_counts *c)
{
    yg_jsonw_key(w, key);
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "alerts", c->alerts);
    yg_jsonw_ku64(w, "closed", c->closed);
    yg_jsonw_ku64(w, "runs_closed", c->runs_closed);
    yg_jsonw_ku64(w, "runs_open", c->runs_open);
    yg_jsonw_ku64(w, "protected_open", c->protected_open);
    yg_jsonw_close(w, '}');
}

static void json_confusion(const struct yg_standing *s, struct yg_jsonw *w)
{
    yg_jsonw_key(w, "confusion");
    yg_jsonw_open(w, '[');
    for (unsigned p = 0; p < YG_LEVEL_COUNT; p++) {
        yg_jsonw_open(w, '[');
        for (unsigned k = 0; k < YG_LEVEL_COUNT; k++)
            yg_jsonw_u64(w, s->confusion[p][k]);
        yg_jsonw_close(w, ']');
    }
    yg_jsonw_close(w, ']');
}

static void json_bounds(const struct yg_standing *s, struct yg_jsonw *w)
{
    yg_jsonw_ku64(w, "audits", s->audits);
    yg_jsonw_ku64(w, "missed", s->missed);
    yg_jsonw_ku64(w, "in_bet", s->in_bet);
    yg_jsonw_kf64(w, "for_mean", s->for_mean);
    yg_jsonw_kf64(w, "for_upper", s->for_upper);
    yg_jsonw_kf64(w, "for_upper_90_days", s->for_upper_90);
    yg_jsonw_kf64(w, "missed_runs_upper", s->missed_runs_upper);
    yg_jsonw_kf64(w, "fnr_upper", s->fnr);
    yg_jsonw_kf64(w, "detector", s->detector);
    yg_jsonw_ku64(w, "plants", s->plants);
    yg_jsonw_ku64(w, "plants_found", s->plants_found);
    yg_jsonw_kf64(w, "found_lower", s->found_lower);
    yg_jsonw_ku64(w, "changed_after_seen", s->changed);
    yg_jsonw_ku64(w, "softened", s->softened);
    yg_jsonw_ku64(w, "judged_twice", s->twice);
    yg_jsonw_ku64(w, "agreed", s->agreed);
    yg_jsonw_key(w, "kappa");
    if (s->twice > 0)
        yg_jsonw_f64(w, s->kappa);
    else
        yg_jsonw_null(w);
}

void yg_standing_json(const struct yg_standing *s, struct yg_jsonw *w)
{
    char time[YG_TIME_TEXT_MAX];

    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "mode", yg_mode_name(s->mode));
    yg_jsonw_key(w, "falls");
    yg_jsonw_open(w, '[');
    for (unsigned f = 0; f < YG_FALL_COUNT; f++)
        if (s->falls >> f & 1)
            yg_jsonw_str(w, yg_str_of(yg_fall_name(f)));
    yg_jsonw_close(w, ']');
    if (s->expires_ns > 0)
        yg_jsonw_kcstr(w, "expires", yg_time_text(s->expires_ns, time));
    json_bounds(s, w);
    yg_jsonw_ku64(w, "waiting", s->waiting);
    yg_jsonw_ku64(w, "overdue", s->overdue);
    if (s->oldest_ns > 0)
        yg_jsonw_kcstr(w, "oldest", yg_time_text(s->oldest_ns, time));
    yg_jsonw_kf64(w, "drift_wealth", s->drift_wealth);
    yg_jsonw_kf64(w, "psi", s->psi);
    json_counts(w, "since_arming", &s->since_arming);
    json_counts(w, "total", &s->total);
    json_confusion(s, w);
    yg_jsonw_close(w, '}');
}
