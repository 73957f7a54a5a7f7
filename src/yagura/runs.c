/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/runs.h"

#include "base/risk.h"
#include "policy/decide.h"
#include "yagura/text.h"

/* What devices said. */
static void json_facts(struct yg_jsonw *w, const struct yg_queue_run *r)
{
    yg_jsonw_kstr(w, "rule.name", r->signature);
    yg_jsonw_kstr(w, "source.ip", r->source_ip);
    yg_jsonw_kstr(w, "destination.ip", r->destination_ip);
    yg_jsonw_kstr(w, "host.name", r->host);
    yg_jsonw_kstr(w, "observer.type", r->device);
    yg_jsonw_ku64(w, "alerts", r->alerts);
    yg_jsonw_ktime(w, "first", r->first_ns);
    yg_jsonw_ktime(w, "last", r->last_ns);
}

void yg_runs_json(struct yg_jsonw *w, const struct yg_queue_run *r)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_khex(w, "id", r->id, YG_ID_SIZE);
    yg_jsonw_khex(w, "worst_alert", r->worst, YG_ID_SIZE);
    yg_jsonw_kstr(w, "tenant", r->tenant);
    yg_jsonw_kcstr(w, "predicted", yg_level_name(r->predicted));
    yg_jsonw_kf64(w, "risk", yg_risk_prob(r->max_risk));
    json_facts(w, r);
    yg_jsonw_ku64(w, "open", r->open);
    yg_jsonw_ku64(w, "would_close", r->would);
    yg_jsonw_key(w, "gates");
    yg_gates_json(r->gates, w);
    yg_jsonw_kcstr(w, "verdict", yg_level_name(r->verdict));
    yg_jsonw_close(w, '}');
}

void yg_runs_blind_json(struct yg_jsonw *w, const struct yg_queue_run *r)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_khex(w, "id", r->id, YG_ID_SIZE);
    yg_jsonw_kstr(w, "tenant", r->tenant);
    yg_jsonw_kbool(w, "blind", true);
    json_facts(w, r);
    yg_jsonw_close(w, '}');
}

static void text_facts(struct yg_buf *out, const struct yg_queue_run *r)
{
    yg_text_cell(out, r->tenant, 12);
    yg_text_cell(out, r->entity, 18);
    yg_text_cell(out, r->signature, 60);
    yg_buf_char(out, '\n');
}

static const char *minute(int64_t ns, char time[YG_TIME_TEXT_MAX])
{
    yg_time_text(ns, time);
    time[16] = '\0';
    return time;
}

void yg_runs_text(struct yg_buf *out, const struct yg_queue_run *r)
{
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    yg_hex(r->id, YG_ID_SIZE, hex);
    yg_buf_printf(out, "%.10s%c %-3s %8.4f  %16s %6llu/%-6llu ", hex,
                  r->would > 0 && r->would == r->open ? '*' : ' ',
                  yg_level_name(r->predicted), yg_risk_prob(r->max_risk),
                  minute(r->first_ns, time), (unsigned long long)r->open,
                  (unsigned long long)r->alerts);
    text_facts(out, r);
}

void yg_runs_blind_text(struct yg_buf *out, const struct yg_queue_run *r, size_t count,
                        uint64_t total)
{
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    yg_buf_printf(out,
                  "judge without the score: %llu runs were drawn for a check, oldest "
                  "first\n%-10s  %16s %6s %-12s %-18s %s\n",
                  (unsigned long long)total, "run", "first (UTC)", "alerts", "tenant",
                  "who", "signature");
    for (size_t i = 0; i < count; i++) {
        yg_hex(r[i].id, YG_ID_SIZE, hex);
        yg_buf_printf(out, "%.10s  %16s %6llu ", hex, minute(r[i].first_ns, time),
                      (unsigned long long)r[i].alerts);
        text_facts(out, &r[i]);
    }
    if (count < total)
        yg_buf_printf(out, "... and %llu more\n", (unsigned long long)(total - count));
}
