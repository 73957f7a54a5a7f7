/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certificate.h"

#include "base/clock.h"
#include "base/risk.h"
#include "policy/stats.h"

typedef unsigned long long ull;

static void text_estimate_level(const struct yg_certificate_level *l, unsigned i,
                                struct yg_buf *out)
{
    yg_buf_printf(out, "  %s: %llu threats, %llu lost (an estimate, no bound)\n",
                  yg_level_name(i), (ull)l->threats, (ull)l->lost);
}

static void text_level(const struct yg_certificate *c, unsigned i, struct yg_buf *out)
{
    const struct yg_certificate_level *l = &c->level[i];
    uint64_t more[YG_LADDER_COUNT];
    bool first = true;

    yg_buf_printf(out, "  %s: ", yg_level_name(i));
    if (l->k > 0 && c->mode == YG_CERT_BY_COIN)
        yg_buf_printf(out,
                      "at most %g %% of threats lost, certified on %llu and %llu audits "
                      "(p = %.3g)",
                      100 * l->bound, (ull)l->threats, (ull)c->audits, l->p);
    else if (l->k > 0)
        yg_buf_printf(out, "at most %g %% of threats lost, certified on %llu (k = %llu)",
                      100 * l->bound, (ull)l->threats, (ull)l->k);
    else if (c->mode == YG_CERT_BY_COIN)
        yg_buf_printf(out, "not certifiable yet: %llu of %llu threats", (ull)l->threats,
                      (ull)l->need);
    else
        yg_buf_printf(out,
                      "not certifiable yet: %llu of %llu threats (k = 1 would support "
                      "%.3g %%)",
                      (ull)l->threats, (ull)l->need, 100 * l->bound);
    yg_buf_printf(out, "; here %llu lost\n", (ull)l->lost);
    yg_buf_printf(out, "      per alert, not certified: %llu of %llu closed\n",
                  (ull)l->closed, (ull)l->alerts);
    yg_certificate_more(c, i, more);
    for (int r = 0; r < YG_LADDER_COUNT; r++) {
        if (more[r] == 0)
            continue;
        if (first)
            yg_buf_printf(out, "      %llu more judged threats of %s bring %g %%",
                          (ull)more[r], yg_level_name(i), 100 * yg_ladder[r]);
        else
            yg_buf_printf(out, ", %llu %g %%", (ull)more[r], 100 * yg_ladder[r]);
        first = false;
    }
    if (!first)
        yg_buf_char(out, '\n');
}

static void text_for(const struct yg_certificate *c, struct yg_buf *out)
{
    yg_buf_printf(out, "  attacks among closed runs: %llu of %llu draws",
                  (ull)c->for_missed, (ull)c->for_clusters);
    if (c->mode == YG_CERT_BY_COIN)
        yg_buf_printf(out, " (%.3g %% weighted)", 100 * c->for_weight);
    if (c->provisional & 1U << YG_PROV_FOR_NOT_TESTED)
        yg_buf_printf(out, "; not certifiable yet: %llu clusters needed%s\n",
                      (ull)c->for_need,
                      c->mode == YG_CERT_BY_COIN ? " at full weight" : "");
    else if (c->for_p <= c->share)
        yg_buf_printf(out, ", at most %g %% (p = %.3g)\n", 100 * c->beta, c->for_p);
    else
        yg_buf_printf(out, ", not shown to be at most %g %% (p = %.3g)\n", 100 * c->beta,
                      c->for_p);
}

static void text_rules(const struct yg_certificate *c, struct yg_buf *out)
{
    char hex[13];

    if (!yg_certificate_has_rules(c))
        return;
    yg_hex(c->rules, 6, hex);
    yg_buf_printf(out,
                  "  rules on alerts (set %s): %llu alerts closed by them alone, %llu of "
                  "these %s or worse\n",
                  hex, (ull)c->rule_alerts, (ull)c->rule_missed,
                  yg_level_name(c->protect));
}

static void text_mode(const struct yg_certificate *c, struct yg_buf *out)
{
    if (c->mode == YG_CERT_BY_ALL) {
        yg_buf_printf(out, "  whose verdicts: all runs of the period; %llu lack one\n",
                      (ull)c->runs_unjudged);
    } else if (c->mode == YG_CERT_BY_COIN) {
        yg_buf_printf(out,
                      "  whose verdicts: what stayed open, and %llu runs that the audit "
                      "coin drew (each stands\n  for up to %.4g)\n",
                      (ull)c->audits, c->most);
        if (c->unknown_runs > 0)
            yg_buf_printf(out,
                          "  %llu runs that stayed open and nobody judged would close: "
                          "counted as attacks\n",
                          (ull)c->unknown_runs);
        if (c->late_runs > 0)
            yg_buf_printf(out,
                          "  the period ends at the oldest audit that waits: %llu later "
                          "runs are left out\n",
                          (ull)c->late_runs);
    }
    if (c->trains > 0)
        yg_buf_printf(
            out,
            "  %llu alerts were judged as a group or by request: they train and "
            "do not count here\n",
            (ull)c->trains);
}

static void text_pool(const struct yg_certificate *c, struct yg_buf *out)
{
    double unseen = yg_certificate_unseen(c);

    if (c->tenant_n > 0 || c->mode == YG_CERT_BY_NONE)
        return;
    yg_buf_printf(out, "  speaks of the pool of %llu tenants, not of each; ",
                  (ull)c->tenants);
    if (c->lost_tenants > 0)
        yg_buf_printf(
            out,
            "%llu of %llu tenants lose a threat here:\n  nothing is promised to "
            "an unseen tenant\n",
            (ull)c->lost_tenants, (ull)c->threat_tenants);
    else
        yg_buf_printf(out,
                      "of an unseen tenant, %llu without a loss say only:\n  it loses a "
                      "threat with a chance of at most %.3g %%\n",
                      (ull)c->threat_tenants, 100 * unseen);
}

static void text_verdict(const struct yg_certificate *c, struct yg_buf *out)
{
    for (unsigned i = 0; i < YG_PROV_COUNT; i++)
        if (c->provisional >> i & 1)
            yg_buf_printf(out, "  PROVISIONAL, cannot arm: %s\n", yg_provisional_text(i));
    if (!yg_certificate_may_arm(c))
        return;
    yg_buf_printf(
        out, "  MAY ARM%s\n",
        yg_certificate_needs_owner(c)
            ? ", once the owner accepts in writing the levels not certifiable yet"
            : "");
    if (c->tenant_n == 0)
        yg_buf_printf(out, "  (each tenant after its owner has accepted the pool)\n");
}

static void text_head(const struct yg_certificate *c, struct yg_buf *out)
{
    if (c->kind == YG_CERT_CROSS_FIT)
        yg_buf_printf(out, "Estimate by cross-fitting");
    else if (c->tenant_n > 0)
        yg_buf_printf(out, "Certificate of %.*s", c->tenant_n, c->tenant);
    else
        yg_buf_printf(out, "Certificate of all tenants together");
    yg_buf_printf(out, " for verdicts of %s and above\n", yg_level_name(c->protect));
    yg_buf_printf(out, "  closes below risk %.6g (log-odds %.3f, tau %u)",
                  yg_risk_prob(c->tau), yg_risk_logit(c->tau), c->tau);
    if (c->tau == 0)
        yg_buf_printf(out, ": nothing\n");
    else
        yg_buf_printf(out, ": %llu of %llu judged runs\n", (ull)c->runs_closed,
                      (ull)c->runs);
}

void yg_certificate_text(const struct yg_certificate *c, struct yg_buf *out)
{
    char from[YG_TIME_TEXT_MAX], until[YG_TIME_TEXT_MAX];
    bool estimate = c->kind == YG_CERT_CROSS_FIT;

    text_head(c, out);
    if (estimate)
        yg_buf_printf(out,
                      "  %.3f log-odds below the smallest threat risk; false positives "
                      "reach up to %.3f\n",
                      c->margin, c->bulk);
    else
        yg_buf_printf(out,
                      "  error probability %.4g spent (attempt %u of a total of %g), "
                      "%.4g for each test\n",
                      c->delta_spent, c->attempt, c->delta, c->share);
    for (unsigned i = c->protect; i < YG_LEVEL_COUNT; i++) {
        if (estimate)
            text_estimate_level(&c->level[i], i, out);
        else
            text_level(c, i, out);
    }
    if (!estimate)
        text_for(c, out);
    text_rules(c, out);
    text_mode(c, out);
    text_pool(c, out);
    yg_buf_printf(out,
                  "  from %llu alerts (%llu held by gates), %llu runs, %llu clusters, "
                  "%llu threats, %llu tenants; %s to %s\n",
                  (ull)c->alerts, (ull)c->gated, (ull)c->runs, (ull)c->clusters,
                  (ull)c->threats, (ull)c->tenants, yg_time_text(c->from_ns, from),
                  yg_time_text(c->until_ns, until));
    if (c->dropped_runs + c->dropped_threats > 0)
        yg_buf_printf(out,
                      "  %llu runs and %llu threats began before the cut: left out\n",
                      (ull)c->dropped_runs, (ull)c->dropped_threats);
    text_verdict(c, out);
}

/* What it would take: more threats for each rate of the ladder. */
static void json_more(const struct yg_certificate *c, unsigned level, struct yg_jsonw *w)
{
    uint64_t more[YG_LADDER_COUNT];

    yg_certificate_more(c, level, more);
    yg_jsonw_key(w, "more");
    yg_jsonw_open(w, '[');
    for (int r = 0; r < YG_LADDER_COUNT; r++) {
        yg_jsonw_open(w, '{');
        yg_jsonw_kf64(w, "rate", yg_ladder[r]);
        yg_jsonw_ku64(w, "threats", more[r]);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

static void json_levels(const struct yg_certificate *c, struct yg_jsonw *w)
{
    yg_jsonw_key(w, "levels");
    yg_jsonw_open(w, '[');
    for (unsigned i = c->protect; i < YG_LEVEL_COUNT; i++) {
        const struct yg_certificate_level *l = &c->level[i];
        yg_jsonw_open(w, '{');
        yg_jsonw_kcstr(w, "level", yg_level_name(i));
        yg_jsonw_ku64(w, "threats", l->threats);
        yg_jsonw_ku64(w, "lost", l->lost);
        yg_jsonw_ku64(w, "alerts", l->alerts);
        yg_jsonw_ku64(w, "closed", l->closed);
        if (c->kind == YG_CERT_TIME_SPLIT) {
            yg_jsonw_kbool(w, "certified", l->k > 0);
            yg_jsonw_ku64(w, "k", l->k);
            yg_jsonw_ku64(w, "need", l->need);
            yg_jsonw_kf64(w, "bound", l->bound);
            yg_jsonw_kf64(w, "p", l->p);
            yg_jsonw_kf64(w, "lost_weighted", l->weight);
            json_more(c, i, w);
        }
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

static void json_digest(struct yg_jsonw *w, const char *key, const unsigned char *d)
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_hex(d, YG_DIGEST_SIZE, hex);
    yg_jsonw_kcstr(w, key, hex);
}

static void json_tests(const struct yg_certificate *c, struct yg_jsonw *w)
{
    yg_jsonw_kf64(w, "delta", c->delta);
    yg_jsonw_kf64(w, "delta_spent", c->delta_spent);
    yg_jsonw_kf64(w, "share", c->share);
    yg_jsonw_ku64(w, "attempt", c->attempt);
    yg_jsonw_kf64(w, "alpha", c->alpha);
    yg_jsonw_kf64(w, "beta", c->beta);
    yg_jsonw_ku64(w, "seed", c->seed);
    yg_jsonw_key(w, "for");
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "draws", c->for_clusters);
    yg_jsonw_ku64(w, "missed", c->for_missed);
    yg_jsonw_ku64(w, "need", c->for_need);
    yg_jsonw_kf64(w, "p", c->for_p);
    yg_jsonw_kf64(w, "weighted", c->for_weight);
    yg_jsonw_close(w, '}');
}

static void json_sample(const struct yg_certificate *c, struct yg_jsonw *w)
{
    yg_jsonw_kcstr(w, "scope", c->tenant_n > 0 ? "tenant" : "pooled");
    yg_jsonw_kstr(w, "tenant", (struct yg_str){ c->tenant, c->tenant_n });
    yg_jsonw_kcstr(w, "mode", yg_certificate_mode_name(c->mode));
    yg_jsonw_kbool(w, "needs_owner", yg_certificate_needs_owner(c));
    yg_jsonw_ku64(w, "runs_unjudged", c->runs_unjudged);
    yg_jsonw_ku64(w, "trains_only", c->trains);
    if (yg_certificate_has_rules(c)) {
        json_digest(w, "rules", c->rules);
        yg_jsonw_ku64(w, "rule_alerts", c->rule_alerts);
        yg_jsonw_ku64(w, "rule_missed", c->rule_missed);
    }
    yg_jsonw_ku64(w, "audits", c->audits);
    yg_jsonw_ku64(w, "late_runs", c->late_runs);
    yg_jsonw_ku64(w, "unknown_runs", c->unknown_runs);
    yg_jsonw_kf64(w, "largest_weight", c->most);
    yg_jsonw_ku64(w, "tenants_with_threats", c->threat_tenants);
    yg_jsonw_ku64(w, "tenants_losing", c->lost_tenants);
    yg_jsonw_kf64(w, "unseen_tenant", yg_certificate_unseen(c));
}

void yg_certificate_json(const struct yg_certificate *c, struct yg_jsonw *w)
{
    char time[YG_TIME_TEXT_MAX];

    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "kind", c->kind == YG_CERT_CROSS_FIT ? "cross-fit" : "time-split");
    yg_jsonw_kcstr(w, "protect", yg_level_name(c->protect));
    yg_jsonw_kbool(w, "may_arm", yg_certificate_may_arm(c));
    yg_jsonw_key(w, "provisional");
    yg_jsonw_open(w, '[');
    for (unsigned i = 0; i < YG_PROV_COUNT; i++)
        if (c->provisional >> i & 1)
            yg_jsonw_str(w, yg_str_of(yg_provisional_name(i)));
    yg_jsonw_close(w, ']');
    yg_jsonw_ku64(w, "tau", c->tau);
    yg_jsonw_kf64(w, "tau_probability", yg_risk_prob(c->tau));
    yg_jsonw_ku64(w, "tau_np", c->tau_np);
    if (c->kind == YG_CERT_CROSS_FIT) {
        yg_jsonw_kf64(w, "margin", c->margin);
        yg_jsonw_kf64(w, "bulk", c->bulk);
    } else {
        yg_jsonw_ku64(w, "tau_for", c->tau_for);
        yg_jsonw_kcstr(w, "cut", yg_time_text(c->cut_ns, time));
        json_tests(c, w);
        json_sample(c, w);
    }
    json_levels(c, w);
    yg_jsonw_ku64(w, "alerts", c->alerts);
    yg_jsonw_ku64(w, "unjudged", c->unjudged);
    yg_jsonw_ku64(w, "gated", c->gated);
    yg_jsonw_ku64(w, "runs", c->runs);
    yg_jsonw_ku64(w, "runs_closed", c->runs_closed);
    yg_jsonw_ku64(w, "clusters", c->clusters);
    yg_jsonw_ku64(w, "threats", c->threats);
    yg_jsonw_ku64(w, "tenants", c->tenants);
    yg_jsonw_ku64(w, "dropped_runs", c->dropped_runs);
    yg_jsonw_ku64(w, "dropped_threats", c->dropped_threats);
    yg_jsonw_kcstr(w, "from", yg_time_text(c->from_ns, time));
    yg_jsonw_kcstr(w, "until", yg_time_text(c->until_ns, time));
    yg_jsonw_kcstr(w, "made", yg_time_text(c->made_ns, time));
    json_digest(w, "model_digest", c->model);
    json_digest(w, "gates_digest", c->gates);
    json_digest(w, "features_digest", c->features);
    json_digest(w, "data_digest", c->data);
    yg_jsonw_close(w, '}');
}
