/* SPDX-License-Identifier: Apache-2.0 */
#include "api/json.h"

#include "api/say_alert.h"
#include "base/jsonw.h"
#include "desk/duty.h"

static void paging(struct yg_jsonw *w, const struct yg_view_paging *p)
{
    yg_jsonw_ku64(w, "total", p->total);
    yg_jsonw_ku64(w, "page", p->page);
    yg_jsonw_ku64(w, "pages", yg_view_pages(p));
    yg_jsonw_ku64(w, "limit", p->limit);
}

/* Who works on it, and when it is due. */
static void run_duty(struct yg_jsonw *w, const struct yg_duty *d)
{
    yg_jsonw_key(w, "claim");
    if (d->claimed_by.n > 0) {
        yg_jsonw_open(w, '{');
        yg_jsonw_kstr(w, "who", d->claimed_by);
        yg_jsonw_ktime(w, "until", d->claimed_until_ns);
        yg_jsonw_close(w, '}');
    } else {
        yg_jsonw_null(w);
    }
    yg_say_alert_text(w, "looked_by", d->looked_by);
    yg_jsonw_ktime(w, "look_due", d->look_due_ns);
    yg_jsonw_kbool(w, "look_late", d->look_late);
    yg_jsonw_ktime(w, "verdict_due", d->verdict_due_ns);
    yg_jsonw_kbool(w, "verdict_late", d->verdict_late);
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
        yg_say_alert_run(&w, &v->page.run[i], false);
        if (v->rule && v->rule[i].n > 0)
            yg_say_alert_text(&w, "rule", v->rule[i]);
        if (v->duty)
            run_duty(&w, &v->duty[i]);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

void yg_json_run(const struct yg_view_run *v, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_kbool(&w, "blind", v->blind);
    yg_say_alert_run(&w, &v->run, v->blind);
    if (v->duty)
        run_duty(&w, v->duty);
    yg_jsonw_key(&w, "list");
    yg_jsonw_open(&w, '{');
    paging(&w, &v->paging);
    yg_jsonw_key(&w, "alerts");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < v->count; i++)
        yg_say_alert_row(&w, &v->alert[i], v->blind);
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
