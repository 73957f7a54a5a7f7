/* SPDX-License-Identifier: Apache-2.0 */
#include "api/guarantee.h"

static void promise(const struct yg_view_promise *p, struct yg_jsonw *w)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_key(w, "tenant");
    if (p->tenant.n)
        yg_jsonw_str(w, p->tenant);
    else
        yg_jsonw_null(w); /* the pool */
    yg_jsonw_kbool(w, "armed", p->armed);
    yg_jsonw_ku64(w, "attempts", p->attempts);
    yg_jsonw_ku64(w, "waiting", p->waiting);
    yg_jsonw_ku64(w, "overdue", p->overdue);
    yg_jsonw_key(w, "certificate");
    if (p->certified)
        yg_certificate_json(&p->certificate, w);
    else
        yg_jsonw_null(w);
    if (p->certified)
        yg_jsonw_khex(w, "digest", p->digest, YG_DIGEST_SIZE);
    yg_jsonw_key(w, "strata");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < p->strata; i++) {
        yg_jsonw_open(w, '{');
        yg_jsonw_kcstr(w, "device", yg_device_name(p->stratum[i].device));
        yg_jsonw_key(w, "standing");
        yg_standing_json(&p->stratum[i].standing, w);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
    yg_jsonw_close(w, '}');
}

static void order(const struct yg_order *o, struct yg_jsonw *w)
{
    static const char *const kind[] = { "", "arm", "disarm", "accept", "fell", "renew" };

    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "seq", o->seq);
    yg_jsonw_ktime(w, "at", o->at_ns);
    yg_jsonw_kcstr(w, "kind", o->kind < YG_ARRAY_LEN(kind) ? kind[o->kind] : "");
    yg_jsonw_kstr(w, "who", o->who);
    yg_jsonw_kstr(w, "why", o->why);
    yg_jsonw_key(w, "devices");
    yg_jsonw_open(w, '[');
    for (unsigned d = 0; d < YG_DEV_COUNT; d++)
        if (o->devices == 0 || (o->devices >> d & 1))
            yg_jsonw_str(w, yg_str_of(yg_device_name(d)));
    yg_jsonw_close(w, ']');
    yg_jsonw_key(w, "falls");
    yg_jsonw_open(w, '[');
    for (unsigned i = 0; i < YG_FALL_COUNT; i++)
        if (o->fall >> i & 1)
            yg_jsonw_str(w, yg_str_of(yg_fall_name(i)));
    yg_jsonw_close(w, ']');
    yg_jsonw_khex(w, "certificate", o->certificate, YG_DIGEST_SIZE);
    yg_jsonw_khex(w, "chain", o->chain, YG_DIGEST_SIZE);
    yg_jsonw_close(w, '}');
}

void yg_json_guarantee(const struct yg_view_guarantee *v, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_ktime(&w, "now", v->now_ns);
    yg_jsonw_ku64(&w, "tenants", v->tenants);
    yg_jsonw_kf64(&w, "delta", v->rules.delta);
    yg_jsonw_kf64(&w, "beta", v->rules.beta);
    yg_jsonw_kcstr(&w, "protect", yg_level_name(v->rules.protect));
    yg_jsonw_key(&w, "promises");
    yg_jsonw_open(&w, '[');
    for (size_t i = v->whole ? 0 : 1; i < v->promises; i++)
        promise(&v->promise[i], &w);
    yg_jsonw_close(&w, ']');
    yg_jsonw_key(&w, "orders");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < v->orders; i++)
        order(&v->order[i], &w);
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

void yg_json_audits(const struct yg_view_audits *v, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_ktime(&w, "now", v->now_ns);
    yg_jsonw_ku64(&w, "total", v->paging.total);
    yg_jsonw_ku64(&w, "page", v->paging.page);
    yg_jsonw_ku64(&w, "pages", yg_view_pages(&v->paging));
    yg_jsonw_key(&w, "audits");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < v->count; i++) {
        const struct yg_view_audit *x = &v->audit[i];
        int64_t due =
            x->audit.ends_ns > x->audit.drawn_ns ? x->audit.ends_ns : x->audit.drawn_ns;
        yg_jsonw_open(&w, '{');
        yg_jsonw_khex(&w, "run", x->audit.run, YG_ID_SIZE);
        /* Of a plant the past alert is withheld like all else that tells it apart. */
        yg_jsonw_khex(&w, "alert",
                      x->audit.kind == YG_AUDIT_PLANT ? x->audit.run : x->audit.alert,
                      YG_ID_SIZE);
        yg_jsonw_kstr(&w, "tenant", x->audit.tenant);
        yg_jsonw_kcstr(&w, "device", yg_device_name(x->audit.device));
        if (x->known) {
            yg_jsonw_kstr(&w, "signature", x->run.signature);
            yg_jsonw_kstr(&w, "source_ip", x->run.source_ip);
            yg_jsonw_kstr(&w, "destination_ip", x->run.destination_ip);
            yg_jsonw_kstr(&w, "host", x->run.host);
            yg_jsonw_ktime(&w, "first", x->run.first_ns);
            yg_jsonw_ktime(&w, "last", x->run.last_ns);
            yg_jsonw_ku64(&w, "alerts", x->run.alerts);
        }
        yg_jsonw_ktime(&w, "due", due + v->rules.overdue_ns);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}
