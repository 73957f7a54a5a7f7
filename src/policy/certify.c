/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certify.h"

#include "base/map.h"
#include "policy/forwalk.h"
#include "policy/margin.h"
#include "policy/stats.h"
#include "policy/threat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one certificate is computed from; all of it is freed by work_fini. */
struct work {
    const struct yg_certify_ask *ask;
    struct yg_outcomes runs;   /* those that start after the cut */
    struct yg_threats threats; /* likewise */
    struct yg_map dropped;     /* runs that straddle the cut */
    uint32_t *risk;            /* of the threats of one level, ascending */
    struct yg_for_walk walk;
};

static void work_fini(struct work *w)
{
    yg_outcomes_fini(&w->runs);
    yg_threats_fini(&w->threats);
    yg_map_fini(&w->dropped);
    free(w->risk);
    free(w);
}

static uint64_t run_key(uint64_t run)
{
    return yg_hash_pair(run, 0x72756e);
}

static bool is_dropped(const struct work *w, uint64_t run)
{
    return yg_map_get(&w->dropped, run_key(run)) != NULL;
}

/* Leave out the runs that start before the cut, keeping the order. */
static enum yg_status drop_runs(struct work *w, int64_t cut, uint64_t *dropped)
{
    size_t keep = 0;

    for (size_t i = 0; i < w->runs.n; i++) {
        const struct yg_run_outcome *o = &w->runs.v[i];
        if (o->first_ns >= cut)
            w->runs.v[keep++] = *o;
        else if (!yg_map_put(&w->dropped, run_key(o->run), NULL))
            return YG_ENOMEM;
    }
    *dropped = w->runs.n - keep;
    w->runs.n = keep;
    return YG_OK;
}

/* Leave out the threats that start before the cut, or share a run with that side. */
static uint64_t drop_threats(struct work *w, int64_t cut)
{
    size_t keep = 0, before = w->threats.n;

    for (size_t i = 0; i < w->ask->n; i++) {
        uint32_t t = w->threats.of[i];
        if (t != YG_THREAT_NONE &&
            (w->ask->a[i].time_ns < cut || is_dropped(w, w->ask->a[i].run)))
            w->threats.v[t].alerts = 0; /* mark */
    }
    for (size_t i = 0; i < before; i++)
        if (w->threats.v[i].alerts > 0)
            w->threats.v[keep++] = w->threats.v[i];
    w->threats.n = keep; /* `of` no longer fits: it is not used again */
    return before - keep;
}

static enum yg_status prepare(struct work *w, int64_t cut, struct yg_certificate *c)
{
    const struct yg_certify_ask *ask = w->ask;
    enum yg_status st = yg_outcomes_of(ask->a, ask->n, ask->protect, &w->runs);

    yg_map_init(&w->dropped, ask->n + 1);
    if (st == YG_OK)
        st = yg_threats_of(ask->a, ask->n, ask->protect, &w->threats);
    if (st == YG_OK)
        st = drop_runs(w, cut, &c->dropped_runs);
    if (st != YG_OK)
        return st;
    c->dropped_threats = drop_threats(w, cut);
    w->risk = calloc(w->threats.n + 1, sizeof(*w->risk));
    return w->risk ? YG_OK : YG_ENOMEM;
}

static int by_value(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;

    return *a < *b ? -1 : *a > *b;
}

/* The risks of the threats of one level, ascending, into w->risk. */
static size_t level_risks(struct work *w, unsigned level)
{
    size_t n = 0;

    for (size_t i = 0; i < w->threats.n; i++)
        if (w->threats.v[i].level == level)
            w->risk[n++] = w->threats.v[i].risk;
    qsort(w->risk, n, sizeof(*w->risk), by_value);
    return n;
}

/* FNR, one level (section 2, point 1). */
static void test_level(struct work *w, unsigned level, struct yg_certificate *c)
{
    struct yg_certificate_level *l = &c->level[level];

    l->threats = level_risks(w, level);
    l->need = yg_umbrella_need(c->alpha, c->share);
    l->k = yg_umbrella_k(l->threats, c->alpha, c->share);
    l->bound = l->k > 0 ? c->alpha : yg_support_rate(l->threats, c->share);
    if (l->threats > 0)
        l->tau = w->risk[l->k > 0 ? l->k - 1 : 0];
    else
        l->tau = YG_RISK_MAX;
    if (l->tau < c->tau_np)
        c->tau_np = l->tau;
}

static uint32_t smallest_risk(const struct work *w)
{
    uint32_t risk = YG_RISK_MAX;

    for (size_t i = 0; i < w->threats.n; i++)
        if (w->threats.v[i].risk < risk)
            risk = w->threats.v[i].risk;
    return risk;
}

/* Section 2, point 3. Only points that the walk passed count as tested: one below its
 * start closes too few clusters to say anything. */
static const struct yg_for_point *choose(const struct work *w, struct yg_certificate *c)
{
    const struct yg_for_walk *f = &w->walk;
    const struct yg_for_point *best = NULL;

    for (size_t i = f->first; i < f->first + f->passed; i++) {
        c->tau_for = f->at[i].tau;
        if (f->at[i].tau <= c->tau_np)
            best = &f->at[i];
    }
    return best;
}

/* Without a FOR certificate: shadow, just below the smallest threat risk. */
static void fall_back(const struct work *w, struct yg_certificate *c)
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
    bool failed =
        f->first < f->points && (f->passed == 0 || c->tau >= f->at[f->first].tau);
    c->provisional |= 1U << (failed ? YG_PROV_FOR_FAILED : YG_PROV_FOR_NOT_TESTED);
}

static void digest_rows(const struct yg_certify_ask *ask, unsigned char out[32])
{
    struct yg_digest d;

    yg_digest_init(&d);
    for (size_t i = 0; i < ask->n; i++) {
        const struct yg_judged *a = &ask->a[i];
        uint64_t v[7] = {
            a->run,  a->entity, a->signature, a->incident, (uint64_t)a->time_ns,
            a->risk, a->gates
        };
        unsigned char le[8 * 7 + 8];
        for (size_t k = 0; k < sizeof(v); k++)
            le[k] = (unsigned char)(v[k / 8] >> (k % 8 * 8));
        for (size_t k = 0; k < 4; k++)
            le[sizeof(v) + k] = (unsigned char)(a->tenant >> (k * 8));
        le[60] = a->level;
        le[61] = le[62] = le[63] = 0;
        yg_digest_add(&d, le, sizeof(le));
    }
    yg_digest_done(&d, out);
}

static enum yg_status count_tenants(const struct yg_outcomes *o, uint64_t *tenants)
{
    struct yg_map seen;
    enum yg_status st = YG_OK;

    yg_map_init(&seen, o->n + 1);
    for (size_t i = 0; i < o->n && st == YG_OK; i++)
        if (!yg_map_put(&seen, (uint64_t)o->v[i].tenant + 1, NULL))
            st = YG_ENOMEM;
    *tenants = yg_map_count(&seen);
    yg_map_fini(&seen);
    return st;
}

static void count_alert(const struct yg_judged *a, struct yg_certificate *c)
{
    if (!yg_judged_is(a)) {
        c->unjudged++;
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

/* All that is counted once tau is known. */
static enum yg_status count(const struct work *w, struct yg_certificate *c)
{
    const struct yg_certify_ask *ask = w->ask;

    for (size_t i = 0; i < ask->n; i++)
        if (!is_dropped(w, ask->a[i].run) && ask->a[i].time_ns >= c->cut_ns)
            count_alert(&ask->a[i], c);
    c->runs = w->runs.n;
    for (size_t i = 0; i < w->runs.n; i++) {
        c->runs_closed += w->runs.v[i].close_risk < c->tau;
        c->clusters += i == 0 || w->runs.v[i].cluster != w->runs.v[i - 1].cluster;
    }
    c->threats = w->threats.n;
    for (size_t i = 0; i < w->threats.n; i++)
        c->level[w->threats.v[i].level].lost += w->threats.v[i].risk < c->tau;
    if (c->tau == 0)
        c->provisional |= 1U << YG_PROV_NOTHING_CLOSES;
    if (ask->model)
        memcpy(c->model, ask->model, YG_DIGEST_SIZE);
    if (ask->gates)
        memcpy(c->gates, ask->gates, YG_DIGEST_SIZE);
    if (ask->features)
        memcpy(c->features, ask->features, YG_DIGEST_SIZE);
    digest_rows(ask, c->data);
    return count_tenants(&w->runs, &c->tenants);
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
    if (ask->attempt == 0)
        return yg_err_set(err, YG_EINVAL, "attempts are counted from 1");
    if (ask->points > YG_GRID_MAX)
        return yg_err_set(err, YG_EINVAL, "at most %d grid points", YG_GRID_MAX);
    for (size_t i = 0; i < ask->points; i++)
        if (ask->grid[i] == 0 || (i > 0 && ask->grid[i] <= ask->grid[i - 1]))
            return yg_err_set(err, YG_EINVAL, "the grid must ascend from above 0");
    return YG_OK;
}

enum yg_status yg_certify(const struct yg_certify_ask *ask, struct yg_certificate *out,
                          struct yg_err *err)
{
    enum yg_status st = check(ask, err);

    if (st != YG_OK)
        return st;
    struct work *w = calloc(1, sizeof(*w));
    if (!w)
        return YG_ENOMEM;
    w->ask = ask;
    double spent = yg_attempt_delta(ask->delta, ask->attempt);
    struct yg_certificate c = { .kind = YG_CERT_TIME_SPLIT,
                                .protect = (uint8_t)ask->protect,
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
                                .made_ns = ask->now_ns,
                                .provisional = ask->coin ? 0 : 1U << YG_PROV_NO_COIN };
    struct yg_for_ask walk = { c.beta, c.share, ask->seed, ask->grid, ask->points };
    st = prepare(w, ask->cut_ns, &c);
    if (st == YG_OK)
        st = yg_for_walk(&w->runs, &walk, &w->walk);
    if (st == YG_OK) {
        for (unsigned i = c.protect; i < YG_LEVEL_COUNT; i++)
            test_level(w, i, &c);
        c.for_need = w->walk.need;
        const struct yg_for_point *best = choose(w, &c);
        if (best) {
            c.tau = best->tau;
            c.for_clusters = best->clusters;
            c.for_missed = best->missed;
            c.for_p = best->p;
        } else {
            fall_back(w, &c);
        }
        st = count(w, &c);
    }
    if (st == YG_OK)
        *out = c;
    work_fini(w);
    return st;
}

static int by_value64(const void *x, const void *y)
{
    const uint64_t *a = x, *b = y;

    return *a < *b ? -1 : *a > *b;
}

/* The highest, over tenants, of the risks that 95 % of a tenant's false positives do not
 * exceed (policy/margin.h), as log-odds; 32 if gates hold more than the rest. */
static enum yg_status find_bulk(const struct yg_certify_ask *ask, double *bulk)
{
    uint64_t *v = calloc(ask->n + 1, sizeof(*v)); /* tenant, then risk */
    size_t n = 0;
    uint32_t most = 0;

    if (!v)
        return YG_ENOMEM;
    for (size_t i = 0; i < ask->n; i++)
        if (ask->a[i].level == YG_LEVEL_FP)
            v[n++] = (uint64_t)ask->a[i].tenant << 32 | yg_judged_risk(&ask->a[i]);
    qsort(v, n, sizeof(*v), by_value64);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && v[end] >> 32 == v[i] >> 32;)
            end++;
        size_t at = i + (size_t)ceil(YG_MARGIN_BULK * (double)(end - i)) - 1;
        if ((uint32_t)v[at] > most)
            most = (uint32_t)v[at];
    }
    *bulk = n == 0 || most == YG_RISK_MAX ? 32.0 : yg_risk_logit(most);
    free(v);
    return YG_OK;
}

/* Which of the `n` threats by ascending risk that no gate holds may tau be just below?
 * The first, unless a rate is asked for: then the largest k for which at most k - 1 of
 * all threats are lost with less than an even chance at that rate. */
static size_t place_among(const struct work *w, size_t n)
{
    double alpha = w->ask->alpha;
    size_t k = 1;

    while (alpha > 0 && k < n && yg_binom_cdf(k, w->threats.n, alpha) <= 0.5)
        k++;
    return k;
}

/* The risks of all threats that no gate holds, ascending, into w->risk. */
static size_t free_risks(struct work *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->threats.n; i++)
        if (w->threats.v[i].risk < YG_RISK_MAX)
            w->risk[n++] = w->threats.v[i].risk;
    qsort(w->risk, n, sizeof(*w->risk), by_value);
    return n;
}

/* tau of an estimate: the threats that gates hold say nothing of how low one may fall,
 * and without any other nothing closes. */
static void place(struct work *w, struct yg_certificate *c)
{
    size_t n = free_risks(w), k = place_among(w, n);

    c->tau_np = n > 0 ? w->risk[k - 1] : YG_RISK_MAX;
    if (k > 1) {
        c->tau = c->tau_np;
    } else if (c->tau_np < YG_RISK_MAX) {
        double tau0 = yg_risk_logit(c->tau_np);
        c->tau = yg_risk_of_logit(
            yg_margin_tau(tau0, c->bulk < 32.0 ? c->bulk : (double)INFINITY));
        c->margin = tau0 - yg_risk_logit(c->tau);
    }
    if (c->bulk >= 32.0)
        c->provisional |= 1U << YG_PROV_NO_BULK;
    for (unsigned i = c->protect; i < YG_LEVEL_COUNT; i++) {
        c->level[i].threats = level_risks(w, i);
        c->level[i].tau = c->level[i].threats > 0 ? w->risk[0] : YG_RISK_MAX;
        c->level[i].bound = 1.0;
    }
}

enum yg_status yg_crossfit(const struct yg_certify_ask *ask, struct yg_certificate *out,
                           struct yg_err *err)
{
    struct yg_certificate c = { .kind = YG_CERT_CROSS_FIT,
                                .protect = (uint8_t)ask->protect,
                                .provisional = 1U << YG_PROV_CROSS_FIT,
                                .for_p = 1.0,
                                .cut_ns = INT64_MIN,
                                .made_ns = ask->now_ns };

    if (ask->protect < YG_LEVEL_L1 || ask->protect > YG_LEVEL_L4)
        return yg_err_set(err, YG_EINVAL, "protect must be L1, L2, L3 or L4");
    struct work *w = calloc(1, sizeof(*w));
    if (!w)
        return YG_ENOMEM;
    w->ask = ask;
    enum yg_status st = prepare(w, INT64_MIN, &c);
    if (st == YG_OK)
        st = find_bulk(ask, &c.bulk);
    if (st == YG_OK) {
        place(w, &c);
        st = count(w, &c);
    }
    if (st == YG_OK)
        *out = c;
    work_fini(w);
    return st;
}
