/* SPDX-License-Identifier: Apache-2.0 */
#include "api/json.h"

#include "base/jsonw.h"
#include "base/risk.h"

static void text(struct yg_jsonw *w, const char *key, struct yg_str s)
{
    yg_jsonw_key(w, key);
    if (s.n)
        yg_jsonw_str(w, s);
    else
        yg_jsonw_null(w);
}

static void level(struct yg_jsonw *w, const char *key, unsigned v)
{
    text(w, key, v < YG_LEVEL_COUNT ? yg_str_of(yg_level_name(v)) : YG_STR_NONE);
}

static void risk(struct yg_jsonw *w, uint32_t v)
{
    yg_jsonw_ku64(w, "risk", v);
    yg_jsonw_kf64(w, "probability", yg_risk_prob(v));
}

static void gates(struct yg_jsonw *w, uint32_t bits)
{
    yg_jsonw_key(w, "gates");
    yg_gates_json(bits, w);
}

static void paging(struct yg_jsonw *w, const struct yg_view_paging *p)
{
    yg_jsonw_ku64(w, "total", p->total);
    yg_jsonw_ku64(w, "page", p->page);
    yg_jsonw_ku64(w, "pages", yg_view_pages(p));
    yg_jsonw_ku64(w, "limit", p->limit);
}

static void run_members(struct yg_jsonw *w, const struct yg_queue_run *r)
{
    yg_jsonw_khex(w, "id", r->id, YG_ID_SIZE);
    text(w, "tenant", r->tenant);
    text(w, "signature", r->signature);
    text(w, "entity", r->entity);
    text(w, "source_ip", r->source_ip);
    text(w, "destination_ip", r->destination_ip);
    text(w, "host", r->host);
    text(w, "device", r->device);
    yg_jsonw_ktime(w, "first", r->first_ns);
    yg_jsonw_ktime(w, "last", r->last_ns);
    yg_jsonw_ku64(w, "alerts", r->alerts);
}

/* What the model made of it. */
static void run_score(struct yg_jsonw *w, const struct yg_queue_run *r)
{
    yg_jsonw_ku64(w, "open", r->open);
    yg_jsonw_ku64(w, "would_close", r->would);
    risk(w, r->max_risk);
    level(w, "predicted", r->predicted);
    level(w, "verdict", r->verdict);
    gates(w, r->gates);
    yg_jsonw_khex(w, "worst", r->worst, YG_ID_SIZE);
}

void yg_json_queue(const struct yg_view_queue *v, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    paging(&w, &v->paging);
    yg_jsonw_key(&w, "runs");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < v->page.count; i++) {
        yg_jsonw_open(&w, '{');
        run_members(&w, &v->page.run[i]);
        run_score(&w, &v->page.run[i]);
        if (v->rule && v->rule[i].n > 0)
            text(&w, "rule", v->rule[i]);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

static void verdict(struct yg_jsonw *w, const struct yg_verdict *v)
{
    yg_jsonw_key(w, "verdict");
    if (v->level == YG_LEVEL_NONE) {
        yg_jsonw_null(w);
        return;
    }
    yg_jsonw_open(w, '{');
    level(w, "level", v->level);
    text(w, "reason", v->reason);
    text(w, "note", v->note);
    text(w, "who", v->who);
    text(w, "incident", v->incident);
    yg_jsonw_ktime(w, "at", v->at_ns);
    yg_jsonw_close(w, '}');
}

static void alert(struct yg_jsonw *w, const struct yg_view_alert *a, bool blind)
{
    const struct yg_store_record *r = &a->record;

    yg_jsonw_open(w, '{');
    yg_jsonw_khex(w, "id", r->id, YG_ID_SIZE);
    yg_jsonw_kbool(w, "readable", a->found);
    if (a->found) {
        yg_jsonw_ktime(w, "time", r->time_ns);
        yg_jsonw_ktime(w, "received", r->received_ns);
        if (!blind) {
            text(w, "decision", yg_str_of(yg_view_decision(r->decision)));
            if (r->decision != YG_DECISION_NONE)
                risk(w, r->risk);
            level(w, "predicted", r->predicted);
            gates(w, r->gates);
            if (a->rule.n > 0)
                text(w, "rule", a->rule);
        }
        yg_jsonw_kstr(w, "raw", r->raw);
        yg_jsonw_ku64(w, "raw_bytes", a->raw_bytes);
    }
    verdict(w, &a->verdict);
    yg_jsonw_close(w, '}');
}

void yg_json_run(const struct yg_view_run *v, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    run_members(&w, &v->run);
    yg_jsonw_kbool(&w, "blind", v->blind);
    if (!v->blind)
        run_score(&w, &v->run);
    yg_jsonw_key(&w, "list");
    yg_jsonw_open(&w, '{');
    paging(&w, &v->paging);
    yg_jsonw_key(&w, "alerts");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < v->count; i++)
        alert(&w, &v->alert[i], v->blind);
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

void yg_json_stats(const struct yg_store_stats *s, const struct yg_view_policy *p,
                   struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
#define YG_STAT(field, type, metric, help) yg_jsonw_ku64(&w, #field, s->field);
#include "api/stats.def"
#undef YG_STAT
    yg_jsonw_ki64(&w, "schema_version", s->schema_version);
    yg_jsonw_key(&w, "policy");
    yg_jsonw_open(&w, '{');
    yg_jsonw_kcstr(&w, "mode", p->mode);
    yg_jsonw_kbool(&w, "model", p->model);
    yg_jsonw_key(&w, "certificate");
    if (p->certified)
        yg_certificate_json(&p->certificate, &w);
    else
        yg_jsonw_null(&w);
    yg_jsonw_close(&w, '}');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

void yg_metrics_text(const struct yg_store_stats *s, struct yg_buf *out)
{
#define YG_STAT(field, type, metric, help)                                               \
    yg_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", metric, help, metric,    \
                  type, metric, (unsigned long long)s->field);
#include "api/stats.def"
#undef YG_STAT
}

void yg_json_problem(unsigned status, const char *title, struct yg_str detail,
                     struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_kcstr(&w, "type", "about:blank");
    yg_jsonw_kcstr(&w, "title", title);
    yg_jsonw_ku64(&w, "status", status);
    yg_jsonw_kstr(&w, "detail", detail);
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}
