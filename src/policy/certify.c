/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certify.h"

#include "policy/certify_priv.h"
#include "policy/stats.h"
#include "policy/weighted.h"

#include <stdlib.h>
#include <string.h>

/* FNR, one level (section 2, point 1). */
static void test_level(struct yg_certify_work *w, unsigned level,
                       struct yg_certificate *c)
{
    struct yg_certificate_level *l = &c->level[level];

    l->threats = yg_certify_level_risks(w, level);
    l->need = yg_umbrella_need(c->alpha, c->share);
    l->k = yg_umbrella_k(l->threats, c->alpha, c->share);
    l->bound = l->k > 0 ? c->alpha : yg_support_rate(l->threats, c->share);
    l->tau = l->threats > 0 ? w->risk[l->k > 0 ? l->k - 1 : 0] : YG_RISK_MAX;
    if (l->tau < c->tau_np)
        c->tau_np = l->tau;
}

/* The same by the coin: what is not certifiable keeps tau below the smallest risk. */
static void test_level_weighted(struct yg_certify_work *w, const struct yg_weighted *x,
                                unsigned level, struct yg_certificate *c)
{
    struct yg_certificate_level *l = &c->level[level];
    struct yg_weighted_point pt = yg_weighted_level(x, level, c->alpha);

    l->threats = yg_certify_level_risks(w, level);
    l->need = yg_weighted_need(c->alpha, c->share,
                               yg_weighted_most(x, pt.tau > 0 ? pt.tau : YG_RISK_MAX));
    l->k = pt.tau > 0 && l->threats > 0;
    l->bound = l->k > 0 ? c->alpha : 1.0;
    l->tau = l->k > 0 ? pt.tau : l->threats > 0 ? w->risk[0] : YG_RISK_MAX;
    if (l->tau < c->tau_np)
        c->tau_np = l->tau;
}

/* What the chosen tau means, weighted. */
static void measure_weighted(const struct yg_weighted *x, struct yg_certificate *c)
{
    struct yg_weighted_point pt = yg_weighted_for_at(x, c->beta, c->tau);

    c->for_weight = pt.known > 0 ? pt.lost / pt.known : 0;
    for (unsigned i = c->protect; i < YG_LEVEL_COUNT; i++) {
        pt = yg_weighted_level_at(x, i, c->alpha, c->tau);
        c->level[i].p = c->tau > 0 ? pt.p : 1.0;
        c->level[i].weight = pt.lost;
    }
}

static uint32_t smallest_risk(const struct yg_certify_work *w)
{
    uint32_t risk = YG_RISK_MAX;

    for (size_t i = 0; i < w->threats.n; i++)
        if (w->threats.v[i].risk < risk)
            risk = w->threats.v[i].risk;
    return risk;
}

/* Section 2, point 3. Only points that the walk passed count as tested: one below its
 * start closes too few clusters to say anything. */
static const struct yg_for_point *choose(const struct yg_certify_work *w,
                                         struct yg_certificate *c)
{
    const struct yg_for_walk *f = &w->walk;
    const struct yg_for_point *best = NULL;

    for (size_t i = f->first; i < f->points; i++) {
        if (!f->at[i].holds)
            continue;
        c->tau_for = f->at[i].tau;
        if (f->at[i].tau <= c->tau_np)
            best = &f->at[i];
    }
    return best;
}

/* Without a FOR certificate: shadow, just below the smallest threat risk. */
static void fall_back(const struct yg_certify_work *w, struct yg_certificate *c)
{
    const struct yg_for_walk *f = &w->walk;
    uint32_t most = smallest_risk(w);

    for (size_t i = 0; w->threats.n > 0 && i < f->points && w->ask->grid[i] <= most;
         i++) {
        c->tau = w->ask->grid[i];
        c->for_clusters = f->at[i].clusters;
        c->for_missed = f->at[i].missed;
        c->for_p = f->at[i].tau > 0 ? f->at[i].p : 1.0;
    }
    size_t stop = f->failed;
    if (c->tau == 0 && stop < f->points) { /* what it failed on */
        c->for_clusters = f->at[stop].clusters;
        c->for_missed = f->at[stop].missed;
        c->for_p = f->at[stop].p;
    }
    bool failed =
        f->first < f->points && (f->passed == 0 || c->tau >= f->at[f->first].tau);
    c->provisional |= 1U << (failed ? YG_PROV_FOR_FAILED : YG_PROV_FOR_NOT_TESTED);
}

/* One row as bytes; of one tenant's certificate the tenant is no part. */
static void digest_row(struct yg_digest *d, const struct yg_judged *a, bool pooled)
{
    uint64_t v[8] = {
        a->run,  a->entity, a->signature,          a->incident, (uint64_t)a->time_ns,
        a->risk, a->gates,  pooled ? a->tenant : 0
    };
    unsigned char le[sizeof(v) + 8] = { 0 };
    uint32_t weight;

    for (size_t k = 0; k < sizeof(v); k++)
        le[k] = (unsigned char)(v[k / 8] >> (k % 8 * 8));
    memcpy(&weight, &a->weight, sizeof(weight));
    for (size_t k = 0; k < 4; k++)
        le[sizeof(v) + k] = (unsigned char)(weight >> (k * 8));
    le[sizeof(v) + 4] = a->level;
    le[sizeof(v) + 5] = (unsigned char)(a->trains | a->hidden << 1);
    yg_digest_add(d, le, sizeof(le));
}

static void digest_rows(const struct yg_certify_ask *ask, unsigned char out[32])
{
    struct yg_digest d;

    yg_digest_init(&d);
    for (size_t i = 0; i < ask->n; i++)
        digest_row(&d, &ask->a[i], ask->tenant.n == 0);
    yg_digest_done(&d, out);
}

static enum yg_status put_tenant(struct yg_map *m, uint32_t tenant)
{
    return yg_map_put(m, (uint64_t)tenant + 1, NULL) ? YG_OK : YG_ENOMEM;
}

/* Tenants of the period; those with a threat; those that lose one. */
static enum yg_status count_tenants(const struct yg_certify_work *w,
                                    struct yg_certificate *c)
{
    struct yg_map seen, with, lost;
    enum yg_status st = YG_OK;

    yg_map_init(&seen, w->runs.n + 1);
    yg_map_init(&with, w->threats.n + 1);
    yg_map_init(&lost, w->threats.n + 1);
    for (size_t i = 0; i < w->runs.n && st == YG_OK; i++)
        st = put_tenant(&seen, w->runs.v[i].tenant);
    for (size_t i = 0; i < w->threats.n && st == YG_OK; i++) {
        st = put_tenant(&with, w->threats.v[i].tenant);
        if (st == YG_OK && w->threats.v[i].risk < c->tau)
            st = put_tenant(&lost, w->threats.v[i].tenant);
    }
    c->tenants = yg_map_count(&seen);
    c->threat_tenants = yg_map_count(&with);
    c->lost_tenants = yg_map_count(&lost);
    yg_map_fini(&seen);
    yg_map_fini(&with);
    yg_map_fini(&lost);
    return st;
}

/* What would stay open without a rule; also where no threshold was found because of it.
 */
static void count_rule(const struct yg_judged *a, struct yg_certificate *c)
{
    if (a->rule[0] == 0 || a->scored < c->tau || a->gates != 0)
        return;
    c->rule_alerts++;
    c->rule_missed += yg_judged_protected(a, c->protect);
}

static void count_alert(const struct yg_judged *a, const struct yg_judged *asked,
                        struct yg_certificate *c)
{
    if (!yg_judged_is(a)) {
        c->unjudged++;
        c->trains += yg_judged_is(asked) && asked->trains;
        return;
    }
    struct yg_certificate_level *l = &c->level[a->level];
    if (c->alerts == 0 || a->time_ns < c->from_ns)
        c->from_ns = a->time_ns;
    if (c->alerts == 0 || a->time_ns > c->until_ns)
        c->until_ns = a->time_ns;
    c->alerts++;
    c->gated += a->gates != 0;
    l->alerts++;
    l->closed += yg_judged_risk(a) < c->tau;
}

static void count_runs(const struct yg_certify_work *w, struct yg_certificate *c)
{
    uint64_t last = 0; /* a cluster is never 0 */

    for (size_t i = 0; i < w->runs.n; i++) {
        const struct yg_run_outcome *o = &w->runs.v[i];
        c->unknown_runs += c->mode == YG_CERT_BY_COIN && yg_weighted_unknown(o) < c->tau;
        if (o->alerts == 0)
            continue;
        c->runs++;
        c->runs_closed += o->close_risk < c->tau;
        c->clusters += o->cluster != last;
        last = o->cluster;
    }
}

enum yg_status yg_certify_count(const struct yg_certify_work *w, struct yg_certificate *c)
{
    const struct yg_certify_ask *ask = w->ask;

    for (size_t i = 0; i < ask->n; i++)
        if (!yg_certify_dropped(w, ask->a[i].run) && ask->a[i].time_ns >= c->cut_ns) {
            count_alert(&w->a[i], &ask->a[i], c);
            count_rule(&w->a[i], c);
        }
    count_runs(w, c);
    c->threats = w->threats.n;
    for (size_t i = 0; i < w->threats.n; i++)
        c->level[w->threats.v[i].level].lost += w->threats.v[i].risk < c->tau;
    if (c->mode != YG_CERT_BY_COIN)
        for (unsigned i = 0; i < YG_LEVEL_COUNT; i++) {
            c->level[i].p = 1.0;
            c->level[i].weight = (double)c->level[i].lost;
        }
    if (c->tau == 0)
        c->provisional |= 1U << YG_PROV_NOTHING_CLOSES;
    if (ask->model)
        memcpy(c->model, ask->model, YG_DIGEST_SIZE);
    if (ask->gates)
        memcpy(c->gates, ask->gates, YG_DIGEST_SIZE);
    if (ask->rules)
        memcpy(c->rules, ask->rules, YG_DIGEST_SIZE);
    if (ask->features)
        memcpy(c->features, ask->features, YG_DIGEST_SIZE);
    digest_rows(ask, c->data);
    return count_tenants(w, c);
}

static enum yg_status check(const struct yg_certify_ask *ask, struct yg_err *err)
{
    if (ask->protect < YG_LEVEL_L1 || ask->protect > YG_LEVEL_L4)
        return yg_err_set(err, YG_EINVAL, "protect must be L1, L2, L3 or L4");
    if (!(ask->delta > 0.0 && ask->delta < 0.5))
        return yg_err_set(err, YG_EINVAL, "delta must be above 0 and below 0.5");
    if (yg_ladder_index(ask->alpha) < 0 || yg_ladder_index(ask->beta) < 0)
        return yg_err_set(err, YG_EINVAL,
                          "alpha and beta must be one of 0.05, 0.02, 0.01, 0.005, 0.001");
    if (ask->mode != YG_CERT_BY_ALL && ask->mode != YG_CERT_BY_COIN)
        return yg_err_set(err, YG_EINVAL,
                          "say whose verdicts count: all, or by the coin");
    if (ask->tenant.n > YG_CERT_TENANT)
        return yg_err_set(err, YG_ELIMIT, "a tenant's name of more than %d bytes",
                          YG_CERT_TENANT);
    if (ask->attempt == 0)
        return yg_err_set(err, YG_EINVAL, "attempts are counted from 1");
    if (ask->points > YG_GRID_MAX)
        return yg_err_set(err, YG_EINVAL, "at most %d grid points", YG_GRID_MAX);
    for (size_t i = 0; i < ask->points; i++)
        if (ask->grid[i] == 0 || (i > 0 && ask->grid[i] <= ask->grid[i - 1]))
            return yg_err_set(err, YG_EINVAL, "the grid must ascend from above 0");
    return YG_OK;
}

static struct yg_certificate begin(const struct yg_certify_ask *ask)
{
    double spent = yg_attempt_delta(ask->delta, ask->attempt);
    struct yg_certificate c = { .kind = YG_CERT_TIME_SPLIT,
                                .protect = (uint8_t)ask->protect,
                                .mode = (uint8_t)ask->mode,
                                .tenant_n = (uint8_t)ask->tenant.n,
                                .tau_np = YG_RISK_MAX,
                                .attempt = ask->attempt,
                                .delta = ask->delta,
                                .delta_spent = spent,
                                .share = spent / (YG_LEVEL_COUNT - (int)ask->protect + 1),
                                .alpha = ask->alpha,
                                .beta = ask->beta,
                                .seed = ask->seed,
                                .for_p = 1.0,
                                .cut_ns = ask->cut_ns,
                                .made_ns = ask->now_ns };

    if (ask->tenant.n > 0)
        memcpy(c.tenant, ask->tenant.p, ask->tenant.n);
    return c;
}

/* The walk over tau and the levels, either way; `x` is for the coin. */
static enum yg_status test(struct yg_certify_work *w, const struct yg_weighted *x,
                           struct yg_certificate *c)
{
    const struct yg_certify_ask *ask = w->ask;
    struct yg_for_ask walk = { c->beta, c->share, ask->seed, ask->grid, ask->points };
    enum yg_status st = YG_OK;

    if (x)
        yg_weighted_for(x, c->beta, &w->walk);
    else
        st = yg_for_walk(&w->runs, &walk, &w->walk);
    for (unsigned i = c->protect; st == YG_OK && i < YG_LEVEL_COUNT; i++) {
        if (x)
            test_level_weighted(w, x, i, c);
        else
            test_level(w, i, c);
    }
    return st;
}

static void settle(struct yg_certify_work *w, const struct yg_weighted *x,
                   struct yg_certificate *c)
{
    const struct yg_for_point *best = choose(w, c);

    c->for_need = w->walk.need;
    if (best) {
        c->tau = best->tau;
        c->for_clusters = best->clusters;
        c->for_missed = best->missed;
        c->for_p = best->p;
    } else {
        fall_back(w, c);
    }
    if (x) {
        if (c->tau > 0)
            c->most = yg_weighted_most(x, c->tau);
        measure_weighted(x, c);
    }
    /* Verified, not believed: without the coin every run must have been judged. */
    if (x ? c->audits == 0 && c->runs_unjudged > 0 : c->runs_unjudged > 0)
        c->provisional |= 1U << YG_PROV_NO_COIN;
}

enum yg_status yg_certify(const struct yg_certify_ask *ask, struct yg_certificate *out,
                          struct yg_err *err)
{
    struct yg_weighted *x = NULL;
    enum yg_status st = check(ask, err);

    if (st != YG_OK)
        return st;
    struct yg_certify_work *w = yg_certify_work_new(ask);
    if (!w)
        return YG_ENOMEM;
    struct yg_certificate c = begin(ask);
    st = yg_certify_prepare(w, ask->cut_ns, &c);
    if (st == YG_OK && ask->mode == YG_CERT_BY_COIN) {
        struct yg_weighted_ask how = { &w->runs,  w->a,        ask->n, &w->threats,
                                       ask->grid, ask->points, c.share };
        st = yg_weighted_new(&how, &x);
        if (st == YG_OK)
            c.most = yg_weighted_most(x, YG_RISK_MAX);
    }
    if (st == YG_OK)
        st = test(w, x, &c);
    if (st == YG_OK) {
        settle(w, x, &c);
        st = yg_certify_count(w, &c);
    }
    if (st == YG_OK)
        *out = c;
    yg_weighted_free(x);
    yg_certify_work_free(w);
    return st;
}

enum yg_status yg_certify_ready(const struct yg_certify_ask *ask,
                                struct yg_certify_ready *out, struct yg_err *err)
{
    struct yg_weighted *x = NULL;
    enum yg_status st = check(ask, err);

    if (st != YG_OK)
        return st;
    struct yg_certify_work *w = yg_certify_work_new(ask);
    if (!w)
        return YG_ENOMEM;
    struct yg_certificate c = begin(ask);
    st = yg_certify_prepare(w, ask->cut_ns, &c);
    if (st == YG_OK) {
        struct yg_weighted_ask how = { &w->runs,  w->a,        ask->n, &w->threats,
                                       ask->grid, ask->points, c.share };
        st = yg_weighted_new(&how, &x);
    }
    if (st == YG_OK) {
        yg_weighted_for(x, c.beta, &w->walk);
        *out = (struct yg_certify_ready){ .starts = w->walk.first < w->walk.points,
                                          .have = w->walk.have,
                                          .need = w->walk.need };
    }
    yg_weighted_free(x);
    yg_certify_work_free(w);
    return st;
}

enum yg_certificate_mode yg_certify_mode(const struct yg_judged *a, size_t n, int64_t cut,
                                         bool armed)
{
    bool drawn = false, all = true;

    for (size_t i = 0; i < n; i++) {
        if (a[i].time_ns < cut)
            continue;
        drawn |= a[i].weight > 0;
        all = all && yg_judged_is(&a[i]) && !a[i].trains;
    }
    return armed || (drawn && !all) ? YG_CERT_BY_COIN : YG_CERT_BY_ALL;
}
