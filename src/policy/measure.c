/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/measure.h"

#include "policy/outcome.h"
#include "policy/threat.h"

#include <stdlib.h>

static void add_alert(struct yg_measure *m, const struct yg_judged *a)
{
    m->rows++;
    if (!yg_judged_is(a)) {
        m->unjudged++;
        return;
    }
    struct yg_measure_level *l = &m->level[a->level];
    m->gated += a->gates != 0;
    l->alerts++;
    l->alerts_closed += a->closed;
    l->alerts_naive += a->naive;
    m->confusion[a->level]
                [a->predicted < YG_LEVEL_COUNT ? a->predicted : YG_LEVEL_COUNT]++;
}

/* One cluster's runs, v[0 .. n). for_cluster is a sum until all are in. */
static void add_cluster(struct yg_measure *m, const struct yg_run_outcome *v, size_t n)
{
    uint64_t closed = 0, missed = 0;

    for (size_t i = 0; i < n; i++) {
        m->level[v[i].level].runs++;
        m->level[v[i].level].runs_closed += v[i].closed;
        closed += v[i].closed;
        missed += v[i].missed;
    }
    m->runs_missed += missed;
    m->clusters++;
    if (closed == 0)
        return;
    m->clusters_closing++;
    m->clusters_missing += missed > 0;
    m->for_cluster += (double)missed / (double)closed;
}

static void finish(struct yg_measure *m)
{
    if (m->clusters_closing > 0)
        m->for_cluster /= (double)m->clusters_closing;
}

static enum yg_status measure_runs(const struct yg_judged *a, size_t n,
                                   struct yg_measures *m)
{
    struct yg_outcomes o;
    enum yg_status st = yg_outcomes_of(a, n, m->protect, &o);

    if (st != YG_OK)
        return st;
    for (size_t i = 0, end; i < o.n; i = end) {
        for (end = i + 1; end < o.n && o.v[end].cluster == o.v[i].cluster;)
            end++;
        add_cluster(&m->all, &o.v[i], end - i);
        add_cluster(&m->tenant[o.v[i].tenant], &o.v[i], end - i);
    }
    yg_outcomes_fini(&o);
    return YG_OK;
}

/* What became of one threat's alerts. */
struct fate {
    uint64_t closed, naive;
    int64_t first_open;
    bool open;
};

static void add_fate(struct fate *f, const struct yg_judged *a)
{
    f->closed += a->closed;
    f->naive += a->naive;
    if (!a->closed && (!f->open || a->time_ns < f->first_open)) {
        f->open = true;
        f->first_open = a->time_ns;
    }
}

static void add_threat(struct yg_measure *m, const struct yg_threat *t,
                       const struct fate *f)
{
    struct yg_measure_level *l = &m->level[t->level];

    l->threats++;
    l->lost += f->closed > 0;
    l->wholly += f->closed == t->alerts;
    l->lost_naive += f->naive > 0;
    l->wholly_naive += f->naive == t->alerts;
}

static enum yg_status list_lost(const struct yg_threats *t, const struct fate *fate,
                                struct yg_measures *m)
{
    m->lost = calloc(t->n + 1, sizeof(*m->lost));
    if (!m->lost)
        return YG_ENOMEM;
    for (size_t i = 0; i < t->n; i++) {
        const struct yg_threat *v = &t->v[i];
        add_threat(&m->all, v, &fate[i]);
        add_threat(&m->tenant[v->tenant], v, &fate[i]);
        if (fate[i].closed == 0)
            continue;
        m->lost[m->lost_n++] = (struct yg_lost_threat){
            .incident = v->incident,
            .entity = v->entity,
            .first_ns = v->first_ns,
            .open_after_ns = fate[i].open ? fate[i].first_open - v->first_ns : -1,
            .tenant = v->tenant,
            .alerts = v->alerts,
            .closed = (uint32_t)fate[i].closed,
            .level = v->level
        };
    }
    return YG_OK;
}

static enum yg_status measure_threats(const struct yg_judged *a, size_t n,
                                      struct yg_measures *m)
{
    struct yg_threats t;
    enum yg_status st = yg_threats_of(a, n, m->protect, &t);

    if (st != YG_OK)
        return st;
    struct fate *fate = calloc(t.n + 1, sizeof(*fate));
    st = fate ? YG_OK : YG_ENOMEM;
    for (size_t i = 0; fate && i < n; i++)
        if (t.of[i] != YG_THREAT_NONE)
            add_fate(&fate[t.of[i]], &a[i]);
    if (st == YG_OK)
        st = list_lost(&t, fate, m);
    free(fate);
    yg_threats_fini(&t);
    return st;
}

enum yg_status yg_measure(const struct yg_judged *a, size_t n, enum yg_level protect,
                          size_t tenants, struct yg_measures *out)
{
    struct yg_measures m = { .protect = protect, .tenants = tenants };
    enum yg_status st;

    for (size_t i = 0; i < n; i++)
        if (a[i].tenant >= tenants)
            return YG_EINVAL;
    m.tenant = calloc(tenants + 1, sizeof(*m.tenant));
    if (!m.tenant)
        return YG_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        add_alert(&m.all, &a[i]);
        add_alert(&m.tenant[a[i].tenant], &a[i]);
    }
    st = measure_runs(a, n, &m);
    if (st == YG_OK)
        st = measure_threats(a, n, &m);
    finish(&m.all);
    for (size_t i = 0; i < tenants; i++)
        finish(&m.tenant[i]);
    if (st == YG_OK)
        *out = m;
    else
        yg_measures_fini(&m);
    return st;
}

void yg_measures_fini(struct yg_measures *m)
{
    if (!m)
        return;
    free(m->tenant);
    free(m->lost);
    *m = (struct yg_measures){ .tenant = NULL };
}

void yg_measure_l2(const struct yg_measure *m, uint64_t *right, uint64_t *judged,
                   uint64_t *predicted)
{
    *right = m->confusion[YG_LEVEL_L2][YG_LEVEL_L2];
    *judged = m->level[YG_LEVEL_L2].alerts;
    *predicted = 0;
    for (int i = 0; i < YG_LEVEL_COUNT; i++)
        *predicted += m->confusion[i][YG_LEVEL_L2];
}

static int by_value(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;

    return *a < *b ? -1 : *a > *b;
}

/* How many of the ascending values are below `tau`. */
static uint64_t below(const uint32_t *v, size_t n, uint32_t tau)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (v[mid] < tau)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void draw(const uint32_t *fp, const uint32_t *threat, struct yg_curve *c)
{
    for (size_t i = 0; i <= c->threats && c->n < YG_CURVE_MAX; i++) {
        uint32_t tau = i < c->threats ? threat[i] : YG_RISK_MAX;
        if (c->n > 0 && tau <= c->at[c->n - 1].tau)
            continue;
        c->at[c->n++] = (struct yg_curve_point){ tau, below(threat, c->threats, tau),
                                                 below(fp, c->fp, tau) };
    }
}

enum yg_status yg_curve_of(const struct yg_judged *a, size_t n, enum yg_level protect,
                           struct yg_curve *out)
{
    struct yg_threats t;
    enum yg_status st = yg_threats_of(a, n, protect, &t);

    if (st != YG_OK)
        return st;
    uint32_t *fp = calloc(n + 1, sizeof(*fp)), *threat = calloc(t.n + 1, sizeof(*threat));
    if (fp && threat) {
        *out = (struct yg_curve){ .threats = t.n };
        for (size_t i = 0; i < n; i++)
            if (a[i].level == YG_LEVEL_FP)
                fp[out->fp++] = yg_judged_risk(&a[i]);
        for (size_t i = 0; i < t.n; i++)
            threat[i] = t.v[i].risk;
        qsort(fp, out->fp, sizeof(*fp), by_value);
        qsort(threat, t.n, sizeof(*threat), by_value);
        draw(fp, threat, out);
    } else {
        st = YG_ENOMEM;
    }
    free(fp);
    free(threat);
    yg_threats_fini(&t);
    return st;
}
