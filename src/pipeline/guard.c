/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/guard.h"

#include "pipeline/guard_priv.h"

#include "feature/features.h"
#include "pipeline/attest.h"

#include <stdlib.h>
#include <string.h>

#define TENANTS_MAX 65536
#define PLANTS      50 /* planted alerts before the analysts' share is known */

static enum yg_status load_strata(struct yg_guard *g, struct yg_err *err);

enum yg_status yg_guard_new(const struct yg_guard_options *opt, struct yg_guard **out,
                            struct yg_err *err)
{
    const struct yg_config *c = opt->config;
    struct yg_guard *g = calloc(1, sizeof(*g));

    if (!g)
        return yg_err_set(err, YG_ENOMEM, "no memory for the guard");
    g->opt = *opt;
    g->tosses = opt->secret != NULL;
    if (g->tosses)
        yg_coin_init(&g->coin, opt->secret);
    g->opt.secret = NULL;
    g->keyed = opt->key != NULL;
    if (g->keyed)
        memcpy(g->key, opt->key, sizeof(g->key));
    g->opt.key = NULL;
    g->rules = (struct yg_standing_rules){
        .protect = c->protect,
        .beta = c->for_rate,
        .delta = c->delta,
        .certificate_ns = (int64_t)c->certificate_term * YG_NS_PER_S,
        .overdue_ns = (int64_t)c->audit_overdue * YG_NS_PER_S,
        .patience = (double)c->audit_patience,
        .plants_least = PLANTS,
    };
    yg_arena_init(&g->arena, (size_t)1 << 30);
    yg_map_init(&g->by_name, TENANTS_MAX);
    g->toss = calloc(YG_GUARD_TOSSES, sizeof(*g->toss));
    enum yg_status st = g->toss ? load_strata(g, err)
                                : yg_err_set(err, YG_ENOMEM, "no memory for the guard");
    if (st != YG_OK) {
        yg_guard_free(g);
        return st;
    }
    *out = g;
    return YG_OK;
}

void yg_guard_free(struct yg_guard *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->tenants; i++) {
        yg_map_fini(&g->tenant[i].now);
        yg_map_fini(&g->tenant[i].before);
    }
    yg_coin_fini(&g->coin);
    yg_map_fini(&g->by_name);
    yg_arena_fini(&g->arena);
    free(g->tenant);
    for (size_t i = 0; i < g->strata; i++)
        free(g->stratum[i].like);
    free(g->stratum);
    free(g->drawn);
    free(g->toss);
    free(g);
}

const struct yg_standing_rules *yg_guard_rules(const struct yg_guard *g)
{
    return &g->rules;
}

/* ---- certificates ----------------------------------------------------------------- */

enum yg_status yg_guard_certificate(const struct yg_guard *g,
                                    const struct yg_ledger_certificate *row,
                                    struct yg_certificate *out, struct yg_err *err)
{
    struct yg_cursor c = yg_cursor_of(row->bytes.p, row->bytes.n);
    enum yg_status st = g->keyed ? yg_attest_read(row, g->key, out, err)
                                 : yg_certificate_read(&c, out, err);

    if (st == YG_OK &&
        !yg_str_eq(row->tenant, (struct yg_str){ out->tenant, out->tenant_n }))
        st = yg_err_set(err, YG_ECORRUPT, "the certificate speaks of another tenant");
    return st;
}

bool yg_guard_differs(const struct yg_guard *g, const struct yg_certificate *c)
{
    /* Without a model nothing decides here. */
    return g->opt.pack && yg_modelpack_differs(g->opt.pack, c);
}

/* The certificate that a row of the ledger holds, if the tenant may use it. */
static enum yg_status take(struct yg_guard *g, struct yg_guard_tenant *t,
                           const struct yg_ledger_certificate *row,
                           enum yg_guard_ground ground, struct yg_err *err)
{
    struct yg_certificate c;
    enum yg_status st = yg_guard_certificate(g, row, &c, err);

    if (st != YG_OK)
        return st;
    if (row->tenant.n > 0 && !yg_str_eq(row->tenant, t->name))
        return yg_err_set(err, YG_ECORRUPT, "%.*s is armed by a certificate of %.*s",
                          YG_STR_ARG(t->name), YG_STR_ARG(row->tenant));
    t->ground = ground;
    t->certificate = c;
    memcpy(t->digest, row->digest, YG_DIGEST_SIZE);
    return YG_OK;
}

/* The one that a person armed, as long as anything is ordered to be armed. */
static enum yg_status take_armed(struct yg_guard *g, struct yg_guard_tenant *t,
                                 struct yg_arena *arena, struct yg_err *err)
{
    struct yg_ledger_certificate row;
    const struct yg_guard_device *last = NULL;
    char hex[2 * YG_DIGEST_SIZE + 1];

    for (int d = 0; d < YG_DEV_COUNT; d++) {
        const struct yg_guard_device *x = &t->device[d];
        if (x->ordered && (!last || x->armed_ns > last->armed_ns))
            last = x;
    }
    if (!last)
        return YG_ENOTFOUND;
    yg_hex(last->certificate, YG_DIGEST_SIZE, hex);
    enum yg_status st =
        yg_ledger_certificate_get(g->opt.store, yg_str_of(hex), arena, &row, err);
    if (st != YG_OK)
        return st;
    return take(g, t, &row, row.tenant.n ? YG_GROUND_OWN : YG_GROUND_POOLED, err);
}

/* In shadow: the newest of this model that may arm. The k = 1 of a handful of threats is
 * no better than the model's own, which stands below those of all tenants. */
static enum yg_status take_newest(struct yg_guard *g, struct yg_guard_tenant *t,
                                  struct yg_arena *arena, struct yg_err *err)
{
    struct yg_ledger_certificate *row;
    struct yg_certificate c;
    size_t n;
    enum yg_status st =
        yg_ledger_certificates(g->opt.store, t->name, arena, &row, &n, err);

    for (size_t i = n; st == YG_OK && i-- > 0;) {
        if (yg_guard_certificate(g, &row[i], &c, err) == YG_OK &&
            yg_certificate_may_arm(&c) && !yg_guard_differs(g, &c))
            return take(g, t, &row[i], YG_GROUND_OWN, err);
    }
    if (st == YG_OK && t->has_accepted)
        st = yg_ledger_certificates(g->opt.store, YG_STR_NONE, arena, &row, &n, err);
    for (size_t i = n; st == YG_OK && t->has_accepted && i-- > 0;)
        if (memcmp(row[i].digest, t->accepted, YG_DIGEST_SIZE) == 0 &&
            yg_guard_certificate(g, &row[i], &c, err) == YG_OK &&
            !yg_guard_differs(g, &c))
            return take(g, t, &row[i], YG_GROUND_POOLED, err);
    return st;
}

/* ---- tenants ---------------------------------------------------------------------- */

static void apply_device(const struct yg_order *o, struct yg_guard_device *d)
{
    switch (o->kind) {
    case YG_ORDER_ARM:
        d->ordered = true;
        /* Armed again by the same certificate: what its audits said until now stands. */
        if (memcmp(d->certificate, o->certificate, YG_DIGEST_SIZE) != 0)
            d->armed_ns = o->at_ns;
        d->renewed_ns = 0;
        memcpy(d->certificate, o->certificate, YG_DIGEST_SIZE);
        break;
    case YG_ORDER_FELL:
        d->ordered = false;
        d->fell_ns = o->at_ns;
        d->falls = o->fall;
        break;
    case YG_ORDER_DISARM:
        d->ordered = false;
        break;
    case YG_ORDER_RENEW:
        d->renewed_ns = o->at_ns;
        break;
    default:
        break;
    }
}

static bool is_persons(const struct yg_order *o)
{
    return o->kind == YG_ORDER_ARM || o->kind == YG_ORDER_DISARM;
}

static void apply(const struct yg_order *o, struct yg_guard_tenant *t)
{
    if (o->kind == YG_ORDER_ACCEPT) {
        memcpy(t->accepted, o->certificate, YG_DIGEST_SIZE);
        t->has_accepted = true;
    }
    for (int d = 0; d < YG_DEV_COUNT; d++)
        if (o->devices == 0 || (o->devices >> d & 1)) {
            t->device[d].own |= o->devices != 0 && is_persons(o);
            apply_device(o, &t->device[d]);
        }
}

enum yg_status yg_guard_load(struct yg_guard *g, struct yg_guard_tenant *t,
                             struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_order *order;
    size_t n = 0;

    yg_arena_init(&arena, (size_t)1 << 30);
    memset(t->device, 0, sizeof(t->device));
    t->has_accepted = false;
    t->ground = YG_GROUND_ESTIMATE;
    t->armed = 0;
    memset(t->proved, 0, sizeof(t->proved));
    t->checked = false;
    enum yg_status st = yg_ledger_orders(g->opt.store, t->name, &arena, &order, &n, err);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (yg_str_eq(order[i].tenant, t->name))
            apply(&order[i], t);
    if (st == YG_OK)
        st = take_armed(g, t, &arena, err);
    if (st == YG_ENOTFOUND)
        st = take_newest(g, t, &arena, err);
    yg_arena_fini(&arena);
    return st;
}

static enum yg_status add_tenant(struct yg_guard *g, struct yg_str name, uint64_t *at,
                                 struct yg_err *err)
{
    if (g->tenants == g->tenants_size) {
        size_t size = g->tenants_size ? g->tenants_size * 2 : 16;
        struct yg_guard_tenant *t = realloc(g->tenant, size * sizeof(*t));
        if (!t)
            return yg_err_set(err, YG_ENOMEM, "no memory for the guard");
        g->tenant = t;
        g->tenants_size = size;
    }
    struct yg_guard_tenant *t = &g->tenant[g->tenants];
    *t = (struct yg_guard_tenant){ .name = yg_arena_str(&g->arena, name) };
    if (name.n > 0 && !t->name.p)
        return yg_err_set(err, YG_ENOMEM, "no memory for the guard");
    yg_map_init(&t->now, YG_GUARD_RUNS);
    yg_map_init(&t->before, YG_GUARD_RUNS);
    *at = ++g->tenants;
    return YG_OK;
}

enum yg_status yg_guard_tenant(struct yg_guard *g, struct yg_str name,
                               struct yg_guard_tenant **out, struct yg_err *err)
{
    bool fresh;

    if (g->last < g->tenants && yg_str_eq(g->tenant[g->last].name, name)) {
        *out = &g->tenant[g->last]; /* speed only */
        return YG_OK;
    }
    uint64_t *at = yg_map_put(&g->by_name, yg_hash_str(3, name), &fresh);
    if (!at)
        return yg_err_set(err, YG_ELIMIT, "more than %d tenants", TENANTS_MAX);
    if (*at == 0) {
        enum yg_status st = add_tenant(g, name, at, err);
        if (st != YG_OK)
            return st;
        st = yg_guard_load(g, &g->tenant[*at - 1], err);
        if (st != YG_OK)
            return st;
    }
    g->last = *at - 1;
    *out = &g->tenant[g->last];
    return YG_OK;
}

struct yg_guard_stratum_state *yg_guard_stratum(struct yg_guard *g,
                                                struct yg_guard_tenant *t, uint8_t device)
{
    uint32_t *at = &t->stratum[device < YG_DEV_COUNT ? device : 0];

    if (*at > 0)
        return &g->stratum[*at - 1];
    if (g->strata == g->strata_size) {
        size_t size = g->strata_size ? g->strata_size * 2 : 16;
        struct yg_guard_stratum_state *s = realloc(g->stratum, size * sizeof(*s));
        if (!s)
            return NULL;
        g->stratum = s;
        g->strata_size = size;
    }
    struct yg_guard_stratum_state *s = &g->stratum[g->strata++];
    *s = (struct yg_guard_stratum_state){ .tenant = (uint32_t)(t - g->tenant),
                                          .device = device };
    yg_drift_init(&s->drift, g->rules.delta);
    t->strata++;
    *at = (uint32_t)g->strata;
    return s;
}

/* What earlier runs of the program counted. */
static enum yg_status load_strata(struct yg_guard *g, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_ledger_stratum *row;
    struct yg_guard_tenant *t;
    size_t n = 0;

    yg_arena_init(&arena, (size_t)1 << 30);
    enum yg_status st = yg_ledger_strata(g->opt.store, &arena, &row, &n, err);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        st = yg_guard_tenant(g, row[i].tenant, &t, err);
        if (st != YG_OK || row[i].device >= YG_DEV_COUNT)
            continue;
        struct yg_guard_stratum_state *s = yg_guard_stratum(g, t, row[i].device);
        if (!s) {
            st = yg_err_set(err, YG_ENOMEM, "no memory for the guard");
            continue;
        }
        s->budget = row[i].budget;
        struct yg_cursor c = yg_cursor_of(row[i].drift.p, row[i].drift.n);
        s->has_drift = row[i].drift.n > 0 && yg_drift_read(&c, &s->drift);
        memcpy(s->like_of, row[i].reference, YG_DIGEST_SIZE);
        if (!s->has_drift)
            yg_drift_init(&s->drift, g->rules.delta);
    }
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_guard_policy(struct yg_guard *g, struct yg_str tenant,
                               struct yg_policy *out, struct yg_err *err)
{
    struct yg_guard_tenant *t;
    enum yg_status st = yg_guard_tenant(g, tenant, &t, err);

    if (st == YG_OK && !t->checked)
        st = yg_guard_check_tenant(g, t, NULL, err);
    if (st != YG_OK)
        return st;
    *out = yg_modelpack_policy(g->opt.pack);
    out->not_evaluated &= ~YG_GATE_BIT(OPEN_THREAT); /* verdicts are at hand */
    if (t->ground == YG_GROUND_ESTIMATE)
        return YG_OK;
    out->tau = t->certificate.tau;
    out->certificate = true;
    out->version_differs = yg_guard_differs(g, &t->certificate);
    out->not_evaluated &= ~YG_GATE_BIT(UNCALIBRATED);
    out->armed = t->armed;
    return YG_OK;
}

enum yg_status yg_guard_ground(struct yg_guard *g, struct yg_str tenant,
                               unsigned char digest[YG_DIGEST_SIZE], struct yg_err *err)
{
    struct yg_guard_tenant *t;
    enum yg_status st = yg_guard_tenant(g, tenant, &t, err);

    if (st == YG_OK && t->ground == YG_GROUND_ESTIMATE)
        return YG_ENOTFOUND;
    if (st == YG_OK)
        memcpy(digest, t->digest, YG_DIGEST_SIZE);
    return st;
}
