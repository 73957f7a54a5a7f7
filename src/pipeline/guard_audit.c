/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of guard.h that compute standings and take verdicts. */
#include "pipeline/guard_priv.h"

#include "base/fmath.h"

#include <string.h>

static void add_counts(struct yg_stratum_counts *to, const struct yg_stratum_counts *c)
{
    to->alerts += c->alerts;
    to->closed += c->closed;
    to->runs_closed += c->runs_closed;
    to->runs_open += c->runs_open;
    to->protected_open += c->protected_open;
}

enum yg_status yg_guard_view(struct yg_guard *g, const struct yg_guard_tenant *t,
                             struct yg_arena *arena, struct yg_guard_view *out,
                             struct yg_err *err)
{
    const struct yg_audit_filter all = { .tenant = t->name };
    struct yg_guard_view v = { .audit = NULL };
    struct yg_ledger_day *day;
    size_t n = 0;
    enum yg_status st =
        yg_ledger_audits(g->opt.store, &all, arena, &v.audit, &v.audits, err);

    if (st == YG_OK)
        st = yg_ledger_days(g->opt.store, t->name, arena, &day, &n, err);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        uint8_t d = day[i].device;
        if (d >= YG_DEV_COUNT)
            continue;
        add_counts(&v.total[d], &day[i].counts);
        /* By whole days: the day of arming counts. */
        if (day[i].day >= t->device[d].armed_ns / YG_GUARD_DAY_NS)
            add_counts(&v.since[d], &day[i].counts);
    }
    if (st == YG_OK)
        *out = v;
    return st;
}

static const struct yg_guard_stratum_state *
stratum_of(const struct yg_guard *g, const struct yg_guard_tenant *t, uint8_t device)
{
    return t->stratum[device] ? &g->stratum[t->stratum[device] - 1] : NULL;
}

void yg_guard_standing(const struct yg_guard *g, const struct yg_guard_tenant *t,
                       uint8_t device, const struct yg_guard_view *v,
                       struct yg_audit *scratch, struct yg_standing *out)
{
    const struct yg_guard_stratum_state *s = stratum_of(g, t, device);
    const struct yg_guard_device *d = &t->device[device];
    bool own = t->ground != YG_GROUND_ESTIMATE;
    struct yg_standing_in in = { .rules = &g->rules,
                                 .audit = scratch,
                                 .certificate = own ? &t->certificate : NULL,
                                 .digest = own ? t->digest : NULL,
                                 .since_arming = v->since[device],
                                 .total = v->total[device],
                                 .armed_ns = d->armed_ns,
                                 .renewed_ns = d->renewed_ns,
                                 .ordered = d->ordered,
                                 .changed = own && yg_guard_differs(g, &t->certificate),
                                 .now_ns = yg_clock_now(g->opt.clock) };

    for (size_t i = 0; i < v->audits; i++)
        if (v->audit[i].device == device)
            scratch[in.audits++] = v->audit[i];
    if (s && s->has_drift && own && memcmp(s->like_of, t->digest, YG_DIGEST_SIZE) == 0) {
        in.drifted = yg_drift_alarm(&s->drift);
        in.drift_wealth = yg_exp(s->drift.log_wealth);
        in.psi = yg_drift_psi(&s->drift);
    }
    /* Armed by another certificate than the one in force. */
    in.changed |= d->ordered && memcmp(d->certificate, t->digest, YG_DIGEST_SIZE) != 0;
    yg_standing_of(&in, out);
}

static enum yg_status scratch_of(struct yg_arena *arena, const struct yg_guard_view *v,
                                 struct yg_audit **out, struct yg_err *err)
{
    *out = yg_arena_alloc(arena, (v->audits + 1) * sizeof(**out));
    return *out ? YG_OK : yg_err_set(err, YG_ENOMEM, "the audits do not fit in memory");
}

/* `devices`: those of one certificate that this is to be said of. */
static enum yg_status write_order(struct yg_guard *g, struct yg_guard_tenant *t,
                                  uint32_t devices, const struct yg_standing *s,
                                  struct yg_err *err)
{
    struct yg_order o = { .at_ns = yg_clock_now(g->opt.clock),
                          .tenant = t->name,
                          .who = YG_STR("yagura"),
                          .devices = devices,
                          .fall = s->falls,
                          .kind = s->falls ? YG_ORDER_FELL : YG_ORDER_RENEW };
    struct yg_buf why;

    yg_buf_init(&why, 4096);
    for (unsigned f = 0; f < YG_FALL_COUNT; f++)
        if (s->falls >> f & 1)
            yg_buf_printf(&why, "%s%s", yg_buf_str(&why).n ? "; " : "", yg_fall_text(f));
    if (!s->falls)
        yg_buf_printf(&why, "audits: at most %.3g %% of closed runs hide an attack",
                      100 * s->for_upper);
    o.why = yg_buf_str(&why);
    memcpy(o.certificate, t->device[__builtin_ctz(devices)].certificate, YG_DIGEST_SIZE);
    enum yg_status st = yg_ledger_order_put(g->opt.store, &o, err);
    yg_buf_fini(&why);
    if (st != YG_OK)
        return st;
    for (unsigned i = 0; i < YG_DEV_COUNT; i++) {
        struct yg_guard_device *d = &t->device[i];
        if (!(devices >> i & 1))
            continue;
        if (s->falls) {
            d->ordered = false;
            d->fell_ns = o.at_ns;
            d->falls = s->falls;
        } else {
            d->renewed_ns = o.at_ns;
        }
    }
    return YG_OK;
}

/* What fell for the same reasons under the same certificate is one order: a person reads
 * it. */
static enum yg_status write_falls(struct yg_guard *g, struct yg_guard_tenant *t,
                                  const struct yg_standing *s, uint32_t fell,
                                  struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (unsigned d = 0; st == YG_OK && d < YG_DEV_COUNT; d++) {
        uint32_t same = 0;
        if (!(fell >> d & 1))
            continue;
        for (unsigned k = d; k < YG_DEV_COUNT; k++)
            if ((fell >> k & 1) && s[k].falls == s[d].falls &&
                memcmp(t->device[k].certificate, t->device[d].certificate,
                       YG_DIGEST_SIZE) == 0)
                same |= 1U << k;
        fell &= ~same;
        st = write_order(g, t, same, &s[d], err);
    }
    return st;
}

static bool any_ordered(const struct yg_guard_tenant *t)
{
    for (int d = 0; d < YG_DEV_COUNT; d++)
        if (t->device[d].ordered)
            return true;
    return false;
}

/* Closing stops before the reason is written: armed bits go first. */
enum yg_status yg_guard_check_tenant(struct yg_guard *g, struct yg_guard_tenant *t,
                                     uint64_t *fell, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_guard_view v;
    struct yg_audit *scratch;
    struct yg_standing s[YG_DEV_COUNT];
    uint32_t fallen = 0;

    t->armed = 0;
    t->checked = true;
    if (!any_ordered(t) && !yg_guard_has_rules(g, t))
        return YG_OK;
    yg_arena_init(&arena, (size_t)4 << 30);
    enum yg_status st = yg_guard_view(g, t, &arena, &v, err);
    if (st == YG_OK)
        st = scratch_of(&arena, &v, &scratch, err);
    if (st == YG_OK)
        st = yg_guard_rules_of(g, t, &v, err);
    for (unsigned d = 0; st == YG_OK && d < YG_DEV_COUNT; d++) {
        if (!t->device[d].ordered)
            continue;
        yg_guard_standing(g, t, (uint8_t)d, &v, scratch, &s[d]);
        if (s[d].mode == YG_MODE_ARMED)
            t->armed |= 1U << d;
        if (fell && s[d].falls)
            ++*fell;
        fallen |= s[d].falls ? 1U << d : 0;
        if (g->tosses && !s[d].falls && s[d].renew)
            st = write_order(g, t, 1U << d, &s[d], err);
    }
    if (st == YG_OK && g->tosses)
        st = write_falls(g, t, s, fallen, err);
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_guard_check(struct yg_guard *g, uint64_t *fell, struct yg_err *err)
{
    uint64_t none;
    enum yg_status st = g->failed.status;

    if (!fell)
        fell = &none;
    *fell = 0;
    if (st != YG_OK && err)
        *err = g->failed;
    for (size_t i = 0; st == YG_OK && i < g->tenants; i++)
        st = yg_guard_check_tenant(g, &g->tenant[i], fell, err);
    return st;
}

static bool is_shown(const struct yg_guard_tenant *t, unsigned device)
{
    return t->stratum[device] != 0 || t->device[device].own;
}

/* What the standings of a tenant are computed from, with room to do it. */
struct seat {
    struct yg_guard_tenant *t;
    struct yg_guard_view v;
    struct yg_audit *scratch;
};

static enum yg_status sit(struct yg_guard *g, struct yg_str tenant,
                          struct yg_arena *arena, struct seat *s, struct yg_err *err)
{
    enum yg_status st = yg_guard_tenant(g, tenant, &s->t, err);

    if (st == YG_OK)
        st = yg_guard_view(g, s->t, arena, &s->v, err);
    return st == YG_OK ? scratch_of(arena, &s->v, &s->scratch, err) : st;
}

enum yg_status yg_guard_standings(struct yg_guard *g, struct yg_str tenant,
                                  struct yg_arena *arena, struct yg_guard_stratum **out,
                                  size_t *count, struct yg_err *err)
{
    struct seat s;
    struct yg_guard_stratum *list = NULL;
    size_t n = 0;
    enum yg_status st = sit(g, tenant, arena, &s, err);

    if (st == YG_OK && !(list = yg_arena_alloc(arena, YG_DEV_COUNT * sizeof(*list))))
        st = yg_err_set(err, YG_ENOMEM, "no memory for the standings");
    if (st != YG_OK)
        return st;
    for (unsigned d = 0; d < YG_DEV_COUNT; d++) {
        if (!is_shown(s.t, d))
            continue;
        list[n].device = (uint8_t)d;
        yg_guard_standing(g, s.t, (uint8_t)d, &s.v, s.scratch, &list[n++].standing);
    }
    *out = list;
    *count = n;
    return YG_OK;
}

enum yg_status yg_guard_others(struct yg_guard *g, struct yg_str tenant,
                               struct yg_guard_others *out, struct yg_err *err)
{
    struct yg_guard_others x = { .armed = 0 };
    struct yg_standing standing;
    struct yg_arena arena;
    struct seat s;

    yg_arena_init(&arena, (size_t)4 << 30);
    enum yg_status st = sit(g, tenant, &arena, &s, err);
    for (unsigned d = 0; st == YG_OK && d < YG_DEV_COUNT; d++) {
        if (is_shown(s.t, d) || s.t->device[d].armed_ns == 0)
            continue;
        yg_guard_standing(g, s.t, (uint8_t)d, &s.v, s.scratch, &standing);
        bool is_armed = standing.mode == YG_MODE_ARMED;
        x.armed += is_armed;
        x.shadow += !is_armed;
        if (is_armed)
            x.expires_ns = standing.expires_ns;
    }
    yg_arena_fini(&arena);
    if (st == YG_OK)
        *out = x;
    return st;
}

void yg_guard_others_text(const struct yg_guard_others *x, struct yg_buf *out)
{
    char time[YG_TIME_TEXT_MAX];

    if (x->armed > 0 && x->shadow > 0)
        yg_buf_printf(out, "%u ", x->armed);
    if (x->armed > 0)
        yg_buf_printf(out, "armed until %s, ", yg_time_text(x->expires_ns, time));
    if (x->shadow > 0 && x->armed > 0)
        yg_buf_printf(out, "%u ", x->shadow);
    if (x->shadow > 0)
        yg_buf_printf(out, "shadow, ");
    if (x->armed + x->shadow > 0)
        yg_buf_printf(out, "no alert seen");
}

/* ---- verdicts --------------------------------------------------------------------- */

static bool same_person(const struct yg_audit *a, struct yg_str who)
{
    return a->state == YG_AUDIT_WAITS || yg_str_eq(a->who, who);
}

/* The first verdict shows the score: what is said after it is a change, and the gravest
 * of all is kept. */
static void judge_audit(struct yg_audit *a, const struct yg_guard_verdict *v)
{
    bool judged = a->state == YG_AUDIT_JUDGED;

    if (judged && a->changes < UINT32_MAX)
        a->changes += v->undo || (same_person(a, v->who) && a->level != v->level);
    if (!v->undo && a->first >= YG_LEVEL_COUNT)
        a->first = (uint8_t)v->level;
    if (!v->undo && (a->worst >= YG_LEVEL_COUNT || v->level > a->worst))
        a->worst = (uint8_t)v->level;
    if (v->undo) {
        a->state = YG_AUDIT_WAITS;
        a->level = a->second = YG_LEVEL_NONE;
        a->who = YG_STR_NONE;
        a->judged_ns = 0;
    } else if (same_person(a, v->who)) {
        a->state = YG_AUDIT_JUDGED;
        a->level = (uint8_t)v->level;
        a->who = v->who;
        a->judged_ns = judged ? a->judged_ns : v->at_ns; /* its place in the order */
    } else {
        a->second = (uint8_t)v->level;
    }
}

/* A run that was found open for its own sake and is an attack: what FNR is measured
 * against. */
static enum yg_status found_open(struct yg_guard *g, const struct yg_guard_verdict *v,
                                 struct yg_arena *arena, struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_queue_run run;
    enum yg_device device;

    bool was = v->before < YG_LEVEL_COUNT && v->before >= g->rules.protect;
    if (v->undo || was || v->level < g->rules.protect)
        return YG_OK;
    yg_hex(v->run, YG_ID_SIZE, hex);
    enum yg_status st = yg_store_run_get(g->opt.store, yg_str_of(hex), arena, &run, err);
    if (st == YG_ENOTFOUND || (st == YG_OK && !yg_device_of(run.device, &device)))
        return YG_OK;
    if (st != YG_OK)
        return st;
    const struct yg_ledger_day day = { .tenant = run.tenant,
                                       .day = v->at_ns / YG_GUARD_DAY_NS,
                                       .device = (uint8_t)device,
                                       .counts = { .protected_open = 1 } };
    return yg_ledger_day_add(g->opt.store, &day, err);
}

enum yg_status yg_guard_judged(struct yg_guard *g, const struct yg_guard_verdict *v,
                               enum yg_guard_draw *drawn, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_audit a;

    *drawn = YG_DRAW_NONE;
    if (v->bulk)
        return YG_OK;
    yg_arena_init(&arena, 1 << 20);
    enum yg_status st = yg_ledger_audit_get(g->opt.store, v->run, &arena, &a, err);
    if (st == YG_OK && a.state != YG_AUDIT_VOID) {
        judge_audit(&a, v);
        st = yg_ledger_audit_put(g->opt.store, &a, err);
        if (st == YG_OK && !v->undo)
            *drawn = a.kind == YG_AUDIT_DECOY   ? YG_DRAW_DECOY
                     : a.kind == YG_AUDIT_PLANT ? YG_DRAW_PLANT
                                                : YG_DRAW_AUDIT;
    }
    if (st == YG_ENOTFOUND ||
        (st == YG_OK && *drawn == YG_DRAW_DECOY && a.second >= YG_LEVEL_COUNT))
        st = found_open(g, v, &arena, err);
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_guard_blind(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                              bool *blind, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_audit a;

    yg_arena_init(&arena, 1 << 20);
    enum yg_status rc = yg_ledger_audit_get(st, run, &arena, &a, err);
    if (rc == YG_OK || rc == YG_ENOTFOUND)
        *blind = rc == YG_OK && a.state == YG_AUDIT_WAITS;
    yg_arena_fini(&arena);
    return rc == YG_ENOTFOUND ? YG_OK : rc;
}

static bool holds(unsigned char (*id)[YG_ID_SIZE], size_t n,
                  const unsigned char alert[YG_ID_SIZE])
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(id[i], alert, YG_ID_SIZE) == 0)
            return true;
    return false;
}

enum yg_status yg_guard_blind_alert(struct yg_store *st, struct yg_str tenant,
                                    const struct yg_store_record *alert, bool *blind,
                                    unsigned char *run, struct yg_err *err)
{
    const struct yg_audit_filter waiting = { .tenant = tenant,
                                             .waiting = true,
                                             .around_ns = alert->time_ns };
    struct yg_arena arena;
    struct yg_audit *a;
    unsigned char(*id)[YG_ID_SIZE];
    size_t n = 0, ids, at = 0;

    yg_arena_init(&arena, (size_t)1 << 30);
    enum yg_status rc = yg_ledger_audits(st, &waiting, &arena, &a, &n, err);
    for (; rc == YG_OK && at < n; at++) {
        rc = yg_store_run_alerts(st, a[at].run, &arena, &id, &ids, err);
        if (rc == YG_OK &&
            (holds(&a[at].run, 1, alert->id) ||
             (a[at].kind != YG_AUDIT_PLANT && /* the past one is no secret */
              holds(&a[at].alert, 1, alert->id)) ||
             holds(id, ids, alert->id)))
            break;
    }
    if (rc == YG_OK)
        *blind = at < n;
    if (rc == YG_OK && at < n && run)
        memcpy(run, a[at].run, YG_ID_SIZE);
    yg_arena_fini(&arena);
    return rc;
}

enum yg_status yg_guard_audit_of(struct yg_store *st, struct yg_str tenant,
                                 const struct yg_store_record *alert,
                                 struct yg_arena *arena, struct yg_audit *out,
                                 struct yg_err *err)
{
    struct yg_audit *a;
    unsigned char(*id)[YG_ID_SIZE];
    size_t n = 0, ids;
    const struct yg_audit_filter near = { .tenant = tenant, .around_ns = alert->time_ns };
    enum yg_status rc = yg_ledger_audits(st, &near, arena, &a, &n, err);

    for (size_t i = 0; rc == YG_OK && i < n; i++) {
        rc = yg_store_run_alerts(st, a[i].run, arena, &id, &ids, err);
        if (rc == YG_OK &&
            (holds(&a[i].run, 1, alert->id) || holds(id, ids, alert->id))) {
            *out = a[i];
            return YG_OK;
        }
    }
    return rc == YG_OK ? yg_err_set(err, YG_ENOTFOUND, "this alert is in no audit") : rc;
}
