/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/whatif.h"

#include "pipeline/guard.h"
#include "store/ledger.h"

#include <stdlib.h>

static const char policy_words[] =
    "write store, model=FILE, certificate=DIGEST, certificate=tenant, tau=PROBABILITY, "
    "fnr=RATE, without=GATE+GATE, protect=LEVEL, rules=FILE, rules=none, with commas "
    "between";

static enum yg_status set_rate(struct yg_str key, struct yg_str value, double *out,
                               struct yg_err *err)
{
    struct yg_str digits = value;
    double v, scale = 1;

    if (digits.n > 0 && digits.p[digits.n - 1] == '%') {
        digits.n--;
        scale = 100;
    }
    if (!yg_str_f64(digits, &v) || !(v > 0) || v / scale >= 1)
        return yg_err_set(err, YG_EINVAL,
                          "%.*s %.*s: write a number between 0 and 1, as 0.01 or 1%%",
                          YG_STR_ARG(key), YG_STR_ARG(value));
    *out = v / scale;
    return YG_OK;
}

static enum yg_status set_gates(struct yg_str value, uint32_t *out, struct yg_err *err)
{
    while (value.n > 0) {
        size_t end = 0;
        unsigned g = 0;
        while (end < value.n && value.p[end] != '+' && value.p[end] != ',')
            end++;
        struct yg_str name = { value.p, end };
        while (g < YG_GATE_COUNT && !yg_str_eq(name, yg_str_of(yg_gate_info[g].name)))
            g++;
        if (g == YG_GATE_COUNT)
            return yg_err_set(err, YG_EINVAL,
                              "without %.*s: no gate is called so; the report of `yagura "
                              "replay` names them",
                              YG_STR_ARG(name));
        *out |= 1U << g;
        end += end < value.n;
        value = (struct yg_str){ value.p + end, value.n - end };
    }
    return YG_OK;
}

static enum yg_status set_text(struct yg_app *a, struct yg_str value, struct yg_str *out,
                               struct yg_err *err)
{
    *out = yg_arena_str(&a->arena, value);
    return out->p ? YG_OK : yg_err_set(err, YG_EINVAL, "%s", policy_words);
}

enum yg_status yg_whatif_set(struct yg_app *a, struct yg_whatif_name *n,
                             struct yg_str key, struct yg_str value, struct yg_err *err)
{
    enum yg_level level;
    struct yg_str text;
    enum yg_status st;

    if (yg_str_eq(key, YG_STR("tau")))
        return set_rate(key, value, &n->tau, err);
    if (yg_str_eq(key, YG_STR("fnr")))
        return set_rate(key, value, &n->fnr, err);
    if (yg_str_eq(key, YG_STR("rules")))
        return set_text(a, value, &n->rules, err);
    if (yg_str_eq(key, YG_STR("without")))
        return set_gates(value, &n->without, err);
    n->by_tenant |=
        yg_str_eq(key, YG_STR("certificate")) && yg_str_eq(value, YG_STR("tenant"));
    if (yg_str_eq(key, YG_STR("certificate")))
        return n->by_tenant ? YG_OK : set_text(a, value, &n->certificate, err);
    if (yg_str_eq(key, YG_STR("protect"))) {
        if (!yg_level_of(value, &level) || level == YG_LEVEL_FP)
            return yg_err_set(err, YG_EINVAL, "protect %.*s: write L1, L2, L3 or L4",
                              YG_STR_ARG(value));
        n->protect = (uint8_t)level;
        return YG_OK;
    }
    if (!yg_str_eq(key, YG_STR("model")))
        return yg_err_set(err, YG_EINVAL, "policy %.*s: %s", YG_STR_ARG(key),
                          policy_words);
    st = set_text(a, value, &text, err);
    if (st == YG_OK)
        n->model = text.p;
    return st;
}

enum yg_status yg_whatif_read(struct yg_app *a, struct yg_str text,
                              struct yg_whatif_name *n, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    while (st == YG_OK && text.n > 0) {
        struct yg_str value = yg_str_cut(&text, ',');
        struct yg_str key = yg_str_cut(&value, '=');
        if (!yg_str_eq(key, YG_STR("store")) || value.n > 0)
            st = yg_whatif_set(a, n, key, value, err);
    }
    return st;
}

static enum yg_status read_certificate(struct yg_app *a, struct yg_whatif_side *side,
                                       struct yg_err *err)
{
    struct yg_ledger_certificate row;
    enum yg_status st =
        yg_ledger_certificate_get(a->store, side->name.certificate, &a->arena, &row, err);

    if (st != YG_OK)
        return st;
    struct yg_cursor c = yg_cursor_of(row.bytes.p, row.bytes.n);
    st = yg_certificate_read(&c, &side->certificate, err);
    if (st != YG_OK)
        return st;
    if (memcmp(side->certificate.model, side->pack->model_digest, YG_DIGEST_SIZE) != 0)
        return yg_err_set(err, YG_EINVAL,
                          "certificate %.*s speaks of another model; name that model's "
                          "file, too",
                          YG_STR_ARG(side->name.certificate));
    side->policy.certificate = true;
    side->policy.version_differs = yg_modelpack_differs(side->pack, &side->certificate);
    side->policy.tau = side->certificate.tau;
    return YG_OK;
}

enum yg_status yg_whatif_policy(struct yg_app *a, struct yg_whatif_side *side,
                                struct yg_err *err)
{
    const struct yg_whatif_name *n = &side->name;
    enum yg_status st = YG_OK;

    if (n->by_tenant && (n->certificate.n > 0 || n->tau > 0 || n->fnr > 0))
        return yg_err_set(err, YG_EINVAL,
                          "certificate=tenant gives each tenant its own threshold: leave "
                          "out tau, fnr and other certificates");
    if (!side->pack)
        st = yg_app_model_of(a, side->name.model, &side->pack, err);
    if (st != YG_OK)
        return st;
    side->policy = yg_modelpack_policy(side->pack);
    side->policy.not_evaluated &= ~YG_GATE_BIT(OPEN_THREAT);
    side->policy.not_evaluated |=
        YG_GATE_BIT(DRAWN) | YG_GATE_BIT(RECALLED) | side->name.without;
    side->certificate = side->pack->certificate;
    if (side->name.certificate.n > 0)
        st = read_certificate(a, side, err);
    if (side->name.tau > 0)
        side->policy.tau = yg_risk_of_prob(side->name.tau);
    if (side->name.tau > 0 || side->name.fnr > 0)
        side->policy.certificate = true;
    return st;
}

enum yg_status yg_whatif_tenants(struct yg_app *a, const struct yg_replay *r,
                                 struct yg_whatif_side *side, struct yg_err *err)
{
    struct yg_guard *g;

    if (!side->name.by_tenant)
        return YG_OK;
    side->own = calloc(r->tenants + 1, sizeof(*side->own));
    if (!side->own)
        return yg_err_set(err, YG_ENOMEM, "no memory for the tenants' policies");
    enum yg_status st = yg_app_guard(a, side->pack, false, &g, err);
    if (st != YG_OK)
        return st;
    for (size_t t = 0; st == YG_OK && t < r->tenants; t++) {
        struct yg_whatif_own *own = &side->own[t];
        st = yg_guard_policy(g, r->tenant[t].name, &own->policy, err);
        own->policy.not_evaluated |= side->policy.not_evaluated;
        yg_whatif_rules_own(g, r->tenant[t].name, side, own);
        if (st == YG_OK)
            st = yg_guard_ground(g, r->tenant[t].name, own->digest, err);
        own->certified = st == YG_OK;
        st = st == YG_ENOTFOUND ? YG_OK : st;
    }
    yg_guard_free(g);
    return st;
}

static const struct yg_policy *policy_of(const struct yg_whatif_side *side, size_t tenant)
{
    return side->own ? &side->own[tenant].policy : &side->policy;
}

static enum yg_status apply(const struct yg_replay *r, const struct yg_judged *in,
                            struct yg_whatif_side *side)
{
    enum yg_status st = YG_OK;

    for (size_t t = 0; st == YG_OK && t < r->tenants; t++)
        st = yg_whatif_apply(in + r->first[t], r->first[t + 1] - r->first[t],
                             policy_of(side, t), side->rows + r->first[t]);
    return st;
}

static enum yg_status workload(const struct yg_replay *r, struct yg_whatif_side *side)
{
    uint64_t words = r->rows[0].runs / 64 + 1;
    uint64_t *bits = calloc(4 * words, sizeof(*bits));

    side->tenant = calloc(r->tenants + 1, sizeof(*side->tenant));
    if (!bits || !side->tenant) {
        free(bits);
        return YG_ENOMEM;
    }
    yg_workload_add(side->rows, r->rows[0].n, bits, bits + words, &side->all);
    for (size_t t = 0; t < r->tenants; t++)
        yg_workload_add(side->rows + r->first[t], r->first[t + 1] - r->first[t],
                        bits + 2 * words, bits + 3 * words, &side->tenant[t]);
    free(bits);
    return YG_OK;
}

enum yg_status yg_whatif_run(const struct yg_replay *r, const struct yg_judged *in,
                             struct yg_whatif_side *side, struct yg_err *err)
{
    size_t n = r->rows[0].n;
    enum yg_level protect = (enum yg_level)side->name.protect;
    enum yg_status st = YG_OK;

    if (side->name.fnr > 0) {
        side->policy.tau = 0;
        st = apply(r, in, side);
        if (st == YG_OK)
            st = yg_whatif_tau(side->rows, n, protect, side->name.fnr, &side->policy.tau,
                               &side->threats);
        side->fitted = true;
        if (st == YG_OK && side->threats == 0)
            return yg_err_set(err, YG_EINVAL,
                              "fnr %g: no alert of this history was judged %s or above, "
                              "so no threshold follows from a share of them; say tau",
                              side->name.fnr, yg_level_name(protect));
    }
    if (st == YG_OK)
        st = apply(r, in, side);
    if (st == YG_OK)
        st = yg_measure(side->rows, n, protect, r->tenants, &side->measures);
    if (st == YG_OK)
        st = workload(r, side);
    if (st == YG_OK)
        st = yg_whatif_rules_count(r, side, err);
    for (size_t t = 0; st == YG_OK && t < r->tenants; t++)
        yg_gate_holds_add(side->rows + r->first[t], r->first[t + 1] - r->first[t],
                          policy_of(side, t)->tau, &side->gates);
    return st == YG_OK ? YG_OK
                       : yg_err_set(err, st, "no memory to measure %zu alerts", n);
}

void yg_whatif_fini(struct yg_whatif_side *side)
{
    yg_measures_fini(&side->measures);
    free(side->tenant);
    free(side->rule);
    free(side->own);
}
