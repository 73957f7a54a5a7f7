/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certify_priv.h"
#include "policy/margin.h"
#include "policy/stats.h"

#include <math.h>
#include <stdlib.h>

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
static size_t place_among(const struct yg_certify_work *w, size_t n)
{
    double alpha = w->ask->alpha;
    size_t k = 1;

    while (alpha > 0 && k < n && yg_binom_cdf(k, w->threats.n, alpha) <= 0.5)
        k++;
    return k;
}

/* The risks of all threats that no gate holds, ascending, into w->risk. */
static size_t free_risks(struct yg_certify_work *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->threats.n; i++)
        if (w->threats.v[i].risk < YG_RISK_MAX)
            w->risk[n++] = w->threats.v[i].risk;
    qsort(w->risk, n, sizeof(*w->risk), yg_certify_by_value);
    return n;
}

/* tau of an estimate: the threats that gates hold say nothing of how low one may fall,
 * and without any other nothing closes. */
static void place(struct yg_certify_work *w, struct yg_certificate *c)
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
        c->level[i].threats = yg_certify_level_risks(w, i);
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
    struct yg_certify_work *w = yg_certify_work_new(ask);
    if (!w)
        return YG_ENOMEM;
    enum yg_status st = yg_certify_prepare(w, INT64_MIN, &c);
    if (st == YG_OK)
        st = find_bulk(ask, &c.bulk);
    if (st == YG_OK) {
        place(w, &c);
        st = yg_certify_count(w, &c);
    }
    if (st == YG_OK)
        *out = c;
    yg_certify_work_free(w);
    return st;
}
