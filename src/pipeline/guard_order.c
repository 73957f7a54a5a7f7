/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of guard.h that take a person's orders: arm, disarm. */
#include "pipeline/guard_priv.h"

#include <string.h>

/* What was tried and why it does not do, for the person who wants to arm. */
struct search {
    struct yg_ledger_certificate row;
    struct yg_certificate certificate;
    bool found;
};

static void why_not(const struct yg_certificate *c, struct yg_buf *out)
{
    const char *comma = "";

    for (unsigned i = 0; i < YG_PROV_COUNT; i++)
        if (c->provisional >> i & 1) {
            yg_buf_printf(out, "%s%s", comma, yg_provisional_text(i));
            comma = "; ";
        }
    if (c->tau == 0 && !*comma)
        yg_buf_printf(out, "no threshold satisfies every test");
}

static enum yg_status refuse_provisional(const struct yg_certificate *c,
                                         struct yg_err *err)
{
    struct yg_buf why;

    yg_buf_init(&why, 65536);
    why_not(c, &why);
    struct yg_str s = yg_buf_str(&why);
    enum yg_status st = yg_err_set(
        err, YG_EINVAL,
        "the newest certificate cannot arm: %.*s. Judge what `yagura audit` lists and "
        "certify again: `yagura certify` says how many verdicts are missing",
        s.n < 320 ? (int)s.n : 320, s.p ? s.p : "");
    yg_buf_fini(&why);
    return st;
}

/* The newest certificate of the present model that may arm. */
static enum yg_status search(struct yg_guard *g, struct yg_str tenant,
                             struct yg_arena *arena, struct search *out,
                             struct yg_err *err)
{
    struct yg_ledger_certificate *row;
    struct yg_certificate c, newest = { .tau = 0 };
    bool any = false;
    size_t n = 0;
    enum yg_status st =
        yg_ledger_certificates(g->opt.store, tenant, arena, &row, &n, err);

    for (size_t i = n; st == YG_OK && i-- > 0;) {
        st = yg_guard_certificate(g, &row[i], &c, err);
        if (st != YG_OK || yg_guard_differs(g, &c))
            continue;
        if (!any)
            newest = c;
        any = true;
        if (!yg_certificate_may_arm(&c))
            continue;
        *out = (struct search){ .row = row[i], .certificate = c, .found = true };
        return YG_OK;
    }
    if (st != YG_OK)
        return st;
    if (any)
        return refuse_provisional(&newest, err);
    if (n > 0)
        return yg_err_set(err, YG_EINVAL,
                          "model, features or gates have changed since the last "
                          "certificate: run `yagura certify` for the present ones");
    return yg_err_set(
        err, YG_EINVAL, "there is no %scertificate%s%.*s yet: run `yagura certify`",
        tenant.n ? "" : "pooled ", tenant.n ? " of " : "", YG_STR_ARG(tenant));
}

/* Levels whose FNR is not certified need the owner's word, and so does a pooled
 * certificate: it speaks of the pool. */
static enum yg_status need_accept(const struct search *s, const struct yg_guard_order *o,
                                  struct yg_err *err)
{
    const struct yg_certificate *c = &s->certificate;

    if (o->accept.n > 0)
        return YG_OK;
    if (o->pooled)
        return yg_err_set(err, YG_EINVAL,
                          "a pooled certificate speaks of all tenants together and not "
                          "of %.*s: if its owner takes that, say so with --accept TEXT",
                          YG_STR_ARG(o->tenant));
    for (unsigned i = c->protect; i < YG_LEVEL_COUNT; i++)
        if (c->level[i].k == 0)
            return yg_err_set(
                err, YG_EINVAL,
                "how many threats of %s are lost is not certifiable yet: %llu of %llu "
                "judged threats (they support at most %.3g %%). Judge %llu more, protect "
                "a lower level, or accept it in writing with --accept TEXT",
                yg_level_name(i), (unsigned long long)c->level[i].threats,
                (unsigned long long)c->level[i].need, 100 * c->level[i].bound,
                (unsigned long long)(c->level[i].need > c->level[i].threats
                                         ? c->level[i].need - c->level[i].threats
                                         : 0));
    return YG_OK;
}

static enum yg_status in_time(const struct yg_guard *g, const struct search *s,
                              struct yg_err *err)
{
    char time[YG_TIME_TEXT_MAX];
    int64_t until = s->certificate.made_ns + g->rules.certificate_ns;

    if (yg_clock_now(g->opt.clock) < until)
        return YG_OK;
    return yg_err_set(err, YG_EINVAL, "the certificate's term ended %s: certify again",
                      yg_time_text(until, time));
}

/* A fall stands until something newer than it was proved. */
static enum yg_status not_fallen(const struct yg_guard_tenant *t, uint8_t device,
                                 const struct search *s, struct yg_err *err)
{
    const struct yg_guard_device *d = &t->device[device];
    uint32_t lasting = d->falls & ~(1U << YG_FALL_OVERDUE | 1U << YG_FALL_UNREAD);

    for (unsigned f = 0; f < YG_FALL_COUNT; f++)
        if ((lasting >> f & 1) && s->certificate.made_ns <= d->fell_ns)
            return yg_err_set(
                err, YG_EINVAL,
                "%s fell to shadow since the certificate was made (%s: %s): "
                "certify again with later verdicts",
                yg_device_name(device), yg_fall_name(f), yg_fall_text(f));
    return YG_OK;
}

/* Standing as it would be with this certificate in force. */
static enum yg_status stands(struct yg_guard *g, struct yg_guard_tenant *t,
                             uint8_t device, const struct yg_guard_view *v,
                             struct yg_audit *scratch, struct yg_err *err)
{
    struct yg_guard_device was = t->device[device];
    struct yg_standing s;

    /* By all audits of this certificate, those made in shadow included. */
    t->device[device].armed_ns = 0;
    t->device[device].renewed_ns = 0;
    t->device[device].ordered = false;
    yg_guard_standing(g, t, device, v, scratch, &s);
    t->device[device] = was;
    if (s.falls >> YG_FALL_OVERDUE & 1)
        return yg_err_set(err, YG_EINVAL,
                          "%llu audits of %s wait longer than agreed: judge them first "
                          "(`yagura audit` lists them)",
                          (unsigned long long)s.overdue, yg_device_name(device));
    for (unsigned f = 0; f < YG_FALL_COUNT; f++)
        if (s.falls >> f & 1)
            return yg_err_set(err, YG_EINVAL, "%s cannot be armed (%s): %s",
                              yg_device_name(device), yg_fall_name(f), yg_fall_text(f));
    return YG_OK;
}

static enum yg_status devices_fit(struct yg_guard *g, struct yg_guard_tenant *t,
                                  const struct yg_guard_order *o, const struct search *s,
                                  struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_guard_view v;
    struct yg_audit *scratch = NULL;

    yg_arena_init(&arena, (size_t)4 << 30);
    enum yg_status st = yg_guard_view(g, t, &arena, &v, err);
    if (st == YG_OK &&
        !(scratch = yg_arena_alloc(&arena, (v.audits + 1) * sizeof(*scratch))))
        st = yg_err_set(err, YG_ENOMEM, "the audits do not fit in memory");
    t->certificate = s->certificate;
    t->ground = o->pooled ? YG_GROUND_POOLED : YG_GROUND_OWN;
    memcpy(t->digest, s->row.digest, YG_DIGEST_SIZE);
    for (unsigned d = 0; st == YG_OK && d < YG_DEV_COUNT; d++) {
        const struct yg_guard_device *x = &t->device[d];
        bool asked = o->devices == 0 || (o->devices >> d & 1);
        if (!asked && x->ordered &&
            memcmp(x->certificate, s->row.digest, YG_DIGEST_SIZE) != 0)
            st = yg_err_set(err, YG_EINVAL,
                            "%s is armed by another certificate: arm all device types "
                            "together, or disarm it first",
                            yg_device_name(d));
        if (st == YG_OK && asked)
            st = not_fallen(t, (uint8_t)d, s, err);
        if (st == YG_OK && asked && (t->stratum[d] || o->devices))
            st = stands(g, t, (uint8_t)d, &v, scratch, err);
    }
    yg_arena_fini(&arena);
    return st;
}

static enum yg_status put(struct yg_guard *g, const struct yg_guard_order *o,
                          uint8_t kind, const unsigned char *certificate,
                          struct yg_err *err)
{
    struct yg_order row = { .at_ns = yg_clock_now(g->opt.clock),
                            .tenant = o->tenant,
                            .who = o->who,
                            .why = kind == YG_ORDER_ACCEPT ? o->accept : o->why,
                            .devices = o->devices,
                            .kind = kind };

    if (certificate)
        memcpy(row.certificate, certificate, YG_DIGEST_SIZE);
    return yg_ledger_order_put(g->opt.store, &row, err);
}

static enum yg_status arm(struct yg_guard *g, struct yg_guard_tenant *t,
                          const struct yg_guard_order *o, struct yg_err *err)
{
    struct search s = { .found = false };
    struct yg_arena arena;

    if (!g->opt.pack)
        return yg_err_set(err, YG_EINVAL, "there is no model to arm: run `yagura train`");
    yg_arena_init(&arena, (size_t)1 << 30);
    enum yg_status st = search(g, o->pooled ? YG_STR_NONE : o->tenant, &arena, &s, err);
    if (st == YG_OK)
        st = in_time(g, &s, err);
    if (st == YG_OK)
        st = need_accept(&s, o, err);
    if (st == YG_OK)
        st = devices_fit(g, t, o, &s, err);
    if (st == YG_OK && o->accept.n > 0)
        st = put(g, o, YG_ORDER_ACCEPT, s.row.digest, err);
    if (st == YG_OK)
        st = put(g, o, YG_ORDER_ARM, s.row.digest, err);
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_guard_order(struct yg_guard *g, const struct yg_guard_order *o,
                              struct yg_err *err)
{
    struct yg_guard_tenant *t = NULL;
    struct yg_err none;

    if (o->who.n == 0 || o->why.n == 0)
        return yg_err_set(err, YG_EINVAL,
                          "an order needs a name and a reason: --who NAME --why TEXT");
    enum yg_status st = yg_guard_tenant(g, o->tenant, &t, err);
    if (st == YG_OK && o->kind == YG_ORDER_ARM)
        st = arm(g, t, o, err);
    else if (st == YG_OK)
        st = put(g, o, YG_ORDER_DISARM, NULL, err);
    /* As the ledger says it, also after a refusal. */
    enum yg_status loaded = t ? yg_guard_load(g, t, &none) : YG_OK;
    if (st != YG_OK)
        return st;
    if (loaded != YG_OK) {
        *err = none;
        return loaded;
    }
    return yg_guard_check_tenant(g, t, NULL, err);
}
