/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/whatif.h"

#include "policy/burst.h"
#include "policy/companion.h"
#include "policy/threat.h"

#include <stdlib.h>

#define DAY_NS 86400e9

/* Gates that the policy's own state closes or opens for all. */
static uint32_t gates_of_all(const struct yg_policy *p)
{
    uint32_t bits = 0;

    if (!p->certificate)
        bits |= YG_GATE_BIT(NO_CERTIFICATE);
    if (p->version_differs)
        bits |= YG_GATE_BIT(VERSION);
    return bits & ~p->not_evaluated;
}

/* Does the policy heed a rule that asks to close it? */
static bool is_asked(const struct yg_policy *p, const struct yg_judged *a)
{
    unsigned rule = p->rules > 0 ? a->rule[p->rules - 1] : 0;

    return rule > 0 &&
           (!p->heeded || (p->heeded[(rule - 1) / 64] >> (rule - 1) % 64 & 1));
}

/* A rule is the least risk; what the model takes for an attack it does not close. */
static void ask_rule(const struct yg_policy *p, struct yg_judged *a)
{
    if (a->rule[0] == 0 && a->rule[1] == 0)
        return;
    a->risk = a->scored;
    if (!is_asked(p, a))
        return;
    a->risk = 0;
    if (a->predicted >= YG_LEVEL_L3 && a->predicted < YG_LEVEL_COUNT)
        a->gates |= YG_GATE_BIT(CONTRADICTED) & ~p->not_evaluated;
}

enum yg_status yg_whatif_apply(const struct yg_judged *in, size_t n,
                               const struct yg_policy *p, struct yg_judged *out)
{
    const uint32_t all = gates_of_all(p);
    const bool breaks = (p->not_evaluated & YG_GATE_BIT(BURST)) == 0;
    const bool beside = (p->not_evaluated & YG_GATE_BIT(COMPANION)) == 0;
    struct yg_bursts *b = yg_bursts_new(YG_BURST_SIGNATURES);
    enum yg_status st = b ? YG_OK : YG_ENOMEM;

    for (size_t i = 0; st == YG_OK && i < n; i++) {
        struct yg_judged *a = &out[i];
        *a = in[i];
        a->gates = (a->gates & ~YG_WHATIF_GATES & ~p->not_evaluated) | all;
        ask_rule(p, a);
        /* As in pipeline/judge.c: what would close in that moment counts, also if a
         * graver alert opens it again. */
        if (breaks && a->gates == 0 && a->risk < p->tau &&
            yg_bursts_hold(b, a->signature, a->time_ns))
            a->gates |= YG_GATE_BIT(BURST);
    }
    yg_bursts_free(b);
    if (st == YG_OK && beside)
        st = yg_companions_mark(out, n, YG_LEVEL_L3);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        out[i].closed = out[i].gates == 0 && out[i].risk < p->tau;
    return st;
}

static int by_risk(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

enum yg_status yg_whatif_tau(const struct yg_judged *a, size_t n, enum yg_level protect,
                             double share, uint32_t *tau, uint64_t *threats)
{
    struct yg_threats t;
    enum yg_status st = yg_threats_of(a, n, protect, &t);

    if (st != YG_OK)
        return st;
    uint32_t *risk = calloc(t.n + 1, sizeof(*risk));
    uint32_t least = YG_RISK_MAX;
    for (unsigned level = protect; risk && level < YG_LEVEL_COUNT; level++) {
        size_t k = 0;
        for (size_t i = 0; i < t.n; i++)
            if (t.v[i].level == level)
                risk[k++] = t.v[i].risk;
        size_t lost = (size_t)(share * (double)k);
        if (lost >= k)
            continue;
        qsort(risk, k, sizeof(*risk), by_risk);
        if (risk[lost] < least)
            least = risk[lost];
    }
    if (risk) {
        *tau = least;
        *threats = t.n;
    }
    st = risk ? YG_OK : YG_ENOMEM;
    free(risk);
    yg_threats_fini(&t);
    return st;
}

/* Set the bit; true when it was not set before. */
static bool set_bit(uint64_t *bits, uint64_t i)
{
    uint64_t mask = (uint64_t)1 << (i % 64);
    bool fresh = (bits[i / 64] & mask) == 0;

    bits[i / 64] |= mask;
    return fresh;
}

void yg_workload_add(const struct yg_judged *a, size_t n, uint64_t *run_seen,
                     uint64_t *run_open, struct yg_workload *w)
{
    for (size_t i = 0; i < n; i++) {
        if (w->alerts == 0 || a[i].time_ns < w->first_ns)
            w->first_ns = a[i].time_ns;
        if (w->alerts == 0 || a[i].time_ns > w->last_ns)
            w->last_ns = a[i].time_ns;
        w->alerts++;
        w->runs += set_bit(run_seen, a[i].run);
        if (a[i].closed)
            continue;
        w->open++;
        w->runs_open += set_bit(run_open, a[i].run);
    }
}

double yg_workload_days(const struct yg_workload *w)
{
    double days = (double)(w->last_ns - w->first_ns) / DAY_NS;

    return days > 1 ? days : 1;
}

void yg_gate_holds_add(const struct yg_judged *a, size_t n, uint32_t tau,
                       struct yg_gate_holds *h)
{
    for (size_t i = 0; i < n; i++) {
        bool alone = (a[i].gates & (a[i].gates - 1)) == 0 && a[i].risk < tau;
        for (uint32_t rest = a[i].gates; rest; rest &= rest - 1) {
            unsigned g = (unsigned)__builtin_ctz(rest);
            if (g >= YG_GATE_COUNT)
                break;
            h->held[g]++;
            h->alone[g] += alone;
        }
    }
}

void yg_whatif_diff_add(const struct yg_judged *a, const struct yg_judged *b, size_t n,
                        struct yg_whatif_diff *d)
{
    for (size_t i = 0; i < n; i++) {
        unsigned level = yg_judged_is(&a[i]) ? a[i].level : YG_LEVEL_COUNT;
        if (a[i].closed == b[i].closed) {
            d->both += a[i].closed;
            d->neither += !a[i].closed;
            continue;
        }
        unsigned which = b[i].closed;
        d->only[which]++;
        d->level[which][level]++;
    }
}
