/* SPDX-License-Identifier: Apache-2.0 */
/* What closes alerts: the policy that decides for each tenant, and certificates. */
#include "api/api.h"
#include "api/handle.h"
#include "api/say_alert.h"
#include "api/seen.h"
#include "base/risk.h"
#include "pipeline/guard.h"

#include <sodium.h>
#include <stdlib.h>

#define TENANTS_MAX 200 /* shown at once; name one otherwise */

/* ---- policies --------------------------------------------------------------------- */

static void devices(struct yg_jsonw *w, const char *key, uint32_t bits)
{
    yg_jsonw_key(w, key);
    yg_jsonw_open(w, '[');
    for (unsigned d = 0; d < YG_DEV_COUNT; d++)
        if (bits >> d & 1)
            yg_jsonw_str(w, yg_str_of(yg_device_name(d)));
    yg_jsonw_close(w, ']');
}

static void digest(struct yg_jsonw *w, const char *key, const unsigned char *p)
{
    if (p) {
        yg_jsonw_khex(w, key, p, YG_DIGEST_SIZE);
        return;
    }
    yg_jsonw_key(w, key);
    yg_jsonw_null(w);
}

static enum yg_status rules(struct yg_jsonw *w, struct yg_guard *g, struct yg_str tenant,
                            struct yg_arena *arena, struct yg_err *err)
{
    struct yg_guard_rule *rule = NULL;
    size_t n = 0;
    enum yg_status st = yg_guard_rules_audited(g, tenant, arena, &rule, &n, err);

    yg_jsonw_key(w, "rules");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        yg_jsonw_open(w, '{');
        yg_jsonw_kstr(w, "name", rule[i].name);
        yg_jsonw_kstr(w, "says", rule[i].says);
        yg_jsonw_ku64(w, "closed", rule[i].closed);
        yg_jsonw_ku64(w, "audits", rule[i].audits);
        yg_jsonw_ku64(w, "missed", rule[i].missed);
        yg_jsonw_kbool(w, "proved", rule[i].proved);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
    return st;
}

static enum yg_status policy(struct yg_jsonw *w, struct yg_guard *g, struct yg_str tenant,
                             struct yg_arena *arena, struct yg_err *err)
{
    unsigned char ground[YG_DIGEST_SIZE];
    struct yg_policy p;
    enum yg_status st = yg_guard_policy(g, tenant, &p, err);

    if (st != YG_OK)
        return st;
    st = yg_guard_ground(g, tenant, ground, err);
    if (st != YG_OK && st != YG_ENOTFOUND)
        return st;
    yg_jsonw_open(w, '{');
    yg_jsonw_kstr(w, "tenant", tenant);
    yg_jsonw_kcstr(w, "mode", yg_mode_name(p.armed ? YG_MODE_ARMED : YG_MODE_SHADOW));
    devices(w, "armed", p.armed);
    devices(w, "trained", p.devices);
    yg_jsonw_ku64(w, "threshold", p.tau);
    yg_jsonw_kf64(w, "threshold_probability", yg_risk_prob(p.tau));
    digest(w, "certificate", st == YG_OK ? ground : NULL);
    yg_jsonw_ku64(w, "signature_verdicts", p.signature_verdicts);
    yg_jsonw_key(w, "gates_off");
    yg_gates_json(p.not_evaluated, w);
    st = rules(w, g, tenant, arena, err);
    yg_jsonw_close(w, '}');
    return st;
}

static enum yg_status each_policy(struct yg_call *c, struct yg_jsonw *w,
                                  const struct yg_modelpack *pack, struct yg_err *err)
{
    const struct yg_view_source *v = &c->source;
    const struct yg_guard_options opt = {
        .store = v->store, .pack = pack, .config = v->config, .clock = v->clock
    };
    struct yg_str chosen = c->params.text[YG_P_TENANT];
    struct yg_store_tenant *t;
    struct yg_guard *g = NULL;
    size_t n = 0;
    enum yg_status st = yg_seen_tenants(v, &c->arena, &t, &n, err);

    if (st == YG_OK)
        st = yg_guard_new(&opt, &g, err);
    n = n < TENANTS_MAX || chosen.n > 0 ? n : TENANTS_MAX;
    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (chosen.n == 0 || yg_str_eq(chosen, t[i].name))
            st = policy(w, g, t[i].name, &c->arena, err);
    yg_guard_free(g);
    return st;
}

enum yg_status yg_handle_policies(struct yg_call *c, struct yg_err *err)
{
    const struct yg_view_source *v = &c->source;
    const struct yg_modelpack *pack = v->pack ? v->pack(v->policy_arg) : NULL;
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    enum yg_status st = yg_seen_tenant(v, c->params.text[YG_P_TENANT], err);

    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "model");
    if (pack) {
        yg_jsonw_open(&w, '{');
        digest(&w, "digest", pack->model_digest);
        yg_jsonw_ktime(&w, "trained_until", pack->trained_until_ns);
        if (v->scope.all) { /* of all tenants' */
            yg_jsonw_ku64(&w, "alerts", pack->alerts);
            yg_jsonw_ku64(&w, "judged", pack->judged);
        }
        yg_jsonw_close(&w, '}');
    } else {
        yg_jsonw_null(&w);
    }
    yg_jsonw_key(&w, "policies");
    yg_jsonw_open(&w, '[');
    if (pack)
        st = each_policy(c, &w, pack, err);
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return st;
}

/* ---- certificates ----------------------------------------------------------------- */

static bool is_signed(const struct yg_ledger_certificate *x)
{
    return !sodium_is_zero(x->sig, sizeof(x->sig));
}

static void base64(struct yg_jsonw *w, const char *key, const void *p, size_t n)
{
    size_t size = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);

    if (text)
        yg_jsonw_kcstr(
            w, key, sodium_bin2base64(text, size, p, n, sodium_base64_VARIANT_ORIGINAL));
    free(text);
}

static void row(struct yg_jsonw *w, const struct yg_ledger_certificate *x)
{
    digest(w, "digest", x->digest);
    yg_say_alert_text(w, "tenant", x->tenant);
    yg_jsonw_ku64(w, "attempt", x->attempt);
    yg_jsonw_ktime(w, "made", x->made_ns);
    digest(w, "model", x->model);
    yg_jsonw_kbool(w, "signed", is_signed(x));
}

static enum yg_status list(struct yg_call *c, struct yg_jsonw *w, struct yg_str tenant,
                           struct yg_err *err)
{
    struct yg_ledger_certificate *x;
    size_t n = 0;
    enum yg_status st =
        yg_ledger_certificates(c->source.store, tenant, &c->arena, &x, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++) {
        yg_jsonw_open(w, '{');
        row(w, &x[i]);
        yg_jsonw_close(w, '}');
    }
    return st;
}

/* The pooled ones speak of all tenants, and are for those who see all. */
enum yg_status yg_handle_certificates(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_str chosen = c->params.text[YG_P_TENANT];
    struct yg_store_tenant *t;
    size_t n = 0;
    enum yg_status st = yg_seen_tenant(&c->source, chosen, err);

    if (st == YG_OK)
        st = yg_seen_tenants(&c->source, &c->arena, &t, &n, err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "certificates");
    yg_jsonw_open(&w, '[');
    if (chosen.n == 0 && c->source.scope.all)
        st = list(c, &w, YG_STR_NONE, err);
    for (size_t i = 0; st == YG_OK && i < n && i < TENANTS_MAX; i++)
        if (chosen.n == 0 || yg_str_eq(chosen, t[i].name))
            st = list(c, &w, t[i].name, err);
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return st;
}

enum yg_status yg_handle_certificate(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_ledger_certificate x;
    struct yg_certificate says;
    enum yg_status st =
        c->id.n == 2 * (size_t)YG_ID_SIZE
            ? yg_ledger_certificate_get(c->source.store, c->id, &c->arena, &x, err)
            : YG_ENOTFOUND;

    if (st == YG_EINVAL || st == YG_ENOTFOUND ||
        (st == YG_OK && !c->source.scope.all &&
         !(x.tenant.n > 0 && yg_scope_has(&c->source.scope, x.tenant))))
        return yg_err_set(err, YG_ENOTFOUND, "there is no such certificate");
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    row(&w, &x);
    base64(&w, "bytes", x.bytes.p, x.bytes.n);
    if (is_signed(&x)) {
        base64(&w, "key", x.key, sizeof(x.key));
        base64(&w, "signature", x.sig, sizeof(x.sig));
    }
    struct yg_cursor in = yg_cursor_of(x.bytes.p, x.bytes.n);
    yg_jsonw_key(&w, "says");
    if (yg_certificate_read(&in, &says, NULL) == YG_OK)
        yg_certificate_json(&says, &w);
    else
        yg_jsonw_null(&w);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}
