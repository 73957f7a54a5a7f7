/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certify_priv.h"

#include <stdlib.h>

struct yg_certify_work *yg_certify_work_new(const struct yg_certify_ask *ask)
{
    struct yg_certify_work *w = calloc(1, sizeof(*w));

    if (w)
        w->ask = ask;
    return w;
}

void yg_certify_work_free(struct yg_certify_work *w)
{
    if (!w)
        return;
    free(w->a);
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

bool yg_certify_dropped(const struct yg_certify_work *w, uint64_t run)
{
    return yg_map_get(&w->dropped, run_key(run)) != NULL;
}

/* Which verdicts calibrate? Those that a person reached whatever the risk: not a group's,
 * and by the coin none on what was closed in its day and not drawn. */
static bool calibrates(const struct yg_certify_work *w, const struct yg_judged *a)
{
    bool by_coin = w->ask->mode == YG_CERT_BY_COIN;

    return yg_judged_is(a) && !a->trains && (!by_coin || !a->hidden || a->weight > 0);
}

static enum yg_status view(struct yg_certify_work *w)
{
    const struct yg_certify_ask *ask = w->ask;

    w->a = calloc(ask->n + 1, sizeof(*w->a));
    if (!w->a)
        return YG_ENOMEM;
    for (size_t i = 0; i < ask->n; i++) {
        w->a[i] = ask->a[i];
        if (ask->mode != YG_CERT_BY_COIN)
            w->a[i].weight = 0;
        if (!calibrates(w, &ask->a[i]))
            w->a[i].level = YG_LEVEL_NONE;
    }
    return YG_OK;
}

/* By the coin the period ends where the oldest draw still waits for its verdict: what is
 * easy to judge must not be all that counts. A run that began before the cut is no part
 * of the period, so a draw of it ends nothing. */
static int64_t end_of(const struct yg_outcomes *o, int64_t cut)
{
    int64_t end = INT64_MAX;

    for (size_t i = 0; i < o->n; i++)
        if (o->v[i].weight > 0 && o->v[i].alerts == 0 && o->v[i].first_ns >= cut &&
            o->v[i].first_ns < end)
            end = o->v[i].first_ns;
    return end;
}

/* Leave out the runs that start outside the period, keeping the order. */
static enum yg_status drop_runs(struct yg_certify_work *w, int64_t cut,
                                struct yg_certificate *c)
{
    int64_t end = end_of(&w->runs, cut);
    size_t keep = 0;

    for (size_t i = 0; i < w->runs.n; i++) {
        const struct yg_run_outcome *o = &w->runs.v[i];
        if (o->first_ns >= cut && o->first_ns < end) {
            c->runs_unjudged +=
                o->alerts == 0 || (c->mode == YG_CERT_BY_ALL && o->unknown > 0);
            c->audits += o->weight > 0;
            w->runs.v[keep++] = *o;
            continue;
        }
        c->late_runs += o->first_ns >= end;
        c->dropped_runs += o->first_ns < cut && o->alerts > 0;
        if (!yg_map_put(&w->dropped, run_key(o->run), NULL))
            return YG_ENOMEM;
    }
    w->runs.n = keep;
    for (size_t i = 0; end < INT64_MAX && i < w->ask->n; i++)
        if (w->a[i].time_ns >= end && yg_certify_dropped(w, w->a[i].run))
            w->a[i].level = YG_LEVEL_NONE;
    return YG_OK;
}

/* Leave out the threats that start before the cut, or share a run with that side. */
static enum yg_status drop_threats(struct yg_certify_work *w, int64_t cut,
                                   uint64_t *dropped)
{
    struct yg_threats *t = &w->threats;
    size_t keep = 0, before = t->n;
    uint32_t *to = calloc(before + 1, sizeof(*to));

    if (!to)
        return YG_ENOMEM;
    for (size_t i = 0; i < w->ask->n; i++)
        if (t->of[i] != YG_THREAT_NONE &&
            (w->a[i].time_ns < cut || yg_certify_dropped(w, w->a[i].run)))
            t->v[t->of[i]].alerts = 0; /* mark */
    for (size_t i = 0; i < before; i++) {
        to[i] = t->v[i].alerts > 0 ? (uint32_t)keep : YG_THREAT_NONE;
        if (t->v[i].alerts > 0)
            t->v[keep++] = t->v[i];
    }
    t->n = keep;
    for (size_t i = 0; i < w->ask->n; i++)
        if (t->of[i] != YG_THREAT_NONE)
            t->of[i] = to[t->of[i]];
    free(to);
    *dropped = before - keep;
    return YG_OK;
}

enum yg_status yg_certify_prepare(struct yg_certify_work *w, int64_t cut,
                                  struct yg_certificate *c)
{
    const struct yg_certify_ask *ask = w->ask;
    enum yg_status st = view(w);

    yg_map_init(&w->dropped, ask->n + 1);
    if (st == YG_OK)
        st = yg_outcomes_all(w->a, ask->n, ask->protect, &w->runs);
    if (st == YG_OK)
        st = drop_runs(w, cut, c);
    if (st == YG_OK)
        st = yg_threats_of(w->a, ask->n, ask->protect, &w->threats);
    if (st == YG_OK)
        st = drop_threats(w, cut, &c->dropped_threats);
    if (st != YG_OK)
        return st;
    w->risk = calloc(w->threats.n + 1, sizeof(*w->risk));
    return w->risk ? YG_OK : YG_ENOMEM;
}

int yg_certify_by_value(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;

    return *a < *b ? -1 : *a > *b;
}

size_t yg_certify_level_risks(struct yg_certify_work *w, unsigned level)
{
    size_t n = 0;

    for (size_t i = 0; i < w->threats.n; i++)
        if (w->threats.v[i].level == level)
            w->risk[n++] = w->threats.v[i].risk;
    qsort(w->risk, n, sizeof(*w->risk), yg_certify_by_value);
    return n;
}
