/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/weighted.h"

#include "base/fmath.h"
#include "policy/betting.h"
#include "policy/stats.h"

#include <math.h>
#include <stdlib.h>

#define STARTS 3 /* walks for FOR at most */

/* What a run tells about a threat: one (threat, run) with a protected verdict, or a run
 * of which nobody knows. */
struct part {
    uint64_t cluster, run;
    uint32_t unit; /* threat, or beyond the last threat: a run nobody judged */
    uint32_t risk; /* smallest of its protected alerts */
    float weight;  /* 1/pi; 1 where it was found open or is unknown */
    uint8_t level; /* of the threat; NONE: unknown, counts at every level */
    bool found;    /* open in its day, and judged */
};

struct yg_weighted {
    struct yg_weighted_ask ask;
    struct part *part; /* by cluster, unit, run */
    size_t parts;
};

uint32_t yg_weighted_unknown(const struct yg_run_outcome *o)
{
    bool none = o->alerts == 0 && !o->hidden && o->weight <= 0;
    /* Of what was closed in its day the draws speak. */
    bool part = o->alerts > 0 && o->unknown > 0 && (!o->hidden || o->weight > 0);

    return none || part ? o->unknown_risk : YG_RISK_MAX;
}

static int order3(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_place(const void *x, const void *y)
{
    const struct part *a = x, *b = y;
    int c = order3(a->cluster, b->cluster);

    if (c == 0)
        c = order3(a->unit, b->unit);
    if (c == 0)
        c = order3(a->run, b->run);
    return c ? c : order3(a->risk, b->risk);
}

static void take_rows(struct yg_weighted *w)
{
    const struct yg_weighted_ask *ask = &w->ask;

    for (size_t i = 0; i < ask->n; i++) {
        uint32_t u = ask->threats->of[i];
        if (u == YG_THREAT_NONE)
            continue;
        const struct yg_judged *a = &ask->a[i];
        const struct yg_threat *t = &ask->threats->v[u];
        bool drawn = a->weight > 0;
        w->part[w->parts++] =
            (struct part){ .cluster = yg_cluster_of(t->tenant, t->entity, t->incident,
                                                    t->first_ns),
                           .run = a->run,
                           .unit = u,
                           .risk = yg_judged_risk(a),
                           .weight = drawn ? a->weight : 1.0F,
                           .level = t->level,
                           .found = !drawn };
    }
}

static void take_unknown(struct yg_weighted *w)
{
    const struct yg_outcomes *o = w->ask.runs;

    for (size_t i = 0; i < o->n; i++)
        if (yg_weighted_unknown(&o->v[i]) < YG_RISK_MAX)
            w->part[w->parts++] =
                (struct part){ .cluster = o->v[i].cluster,
                               .run = o->v[i].run,
                               .unit = (uint32_t)(w->ask.threats->n + i),
                               .risk = yg_weighted_unknown(&o->v[i]),
                               .weight = o->v[i].weight > 0 ? o->v[i].weight : 1.0F,
                               .level = YG_LEVEL_NONE };
}

/* One part a (threat, run): the smallest risk comes first. */
static void join_parts(struct yg_weighted *w)
{
    size_t keep = 0;

    qsort(w->part, w->parts, sizeof(*w->part), by_place);
    for (size_t i = 0; i < w->parts; i++)
        if (keep == 0 || w->part[keep - 1].unit != w->part[i].unit ||
            w->part[keep - 1].run != w->part[i].run)
            w->part[keep++] = w->part[i];
    w->parts = keep;
}

enum yg_status yg_weighted_new(const struct yg_weighted_ask *ask,
                               struct yg_weighted **out)
{
    struct yg_weighted *w = calloc(1, sizeof(*w));

    if (!w)
        return YG_ENOMEM;
    w->ask = *ask;
    w->part = calloc(ask->n + ask->runs->n + 1, sizeof(*w->part));
    if (!w->part) {
        free(w);
        return YG_ENOMEM;
    }
    take_rows(w);
    take_unknown(w);
    join_parts(w);
    *out = w;
    return YG_OK;
}

void yg_weighted_free(struct yg_weighted *w)
{
    if (!w)
        return;
    free(w->part);
    free(w);
}

double yg_weighted_most(const struct yg_weighted *w, uint32_t tau)
{
    const struct yg_outcomes *o = w->ask.runs;
    double most = 1.0;

    for (size_t i = 0; i < o->n; i++)
        if ((double)o->v[i].weight > most &&
            (tau == YG_RISK_MAX || o->v[i].close_risk < tau))
            most = (double)o->v[i].weight;
    return most;
}

/* Of the parts of one unit: is it found, and for how much is it lost? */
static size_t add_unit(const struct yg_weighted *w, size_t i, uint32_t tau, double *found,
                       double *lost)
{
    uint32_t unit = w->part[i].unit;
    bool open = false, lost_open = false;
    double drawn = 0;

    for (; i < w->parts && w->part[i].unit == unit; i++) {
        const struct part *p = &w->part[i];
        open |= p->found;
        lost_open |= p->found && p->risk < tau;
        if (!p->found && p->risk < tau)
            drawn += (double)p->weight;
    }
    *found += open;
    *lost += lost_open ? 1.0 : drawn;
    return i;
}

struct yg_weighted_point yg_weighted_level_at(const struct yg_weighted *w, unsigned level,
                                              double alpha, uint32_t tau)
{
    struct yg_weighted_point pt = { .tau = tau };
    struct yg_ratetest t;

    yg_ratetest_init(&t, alpha, w->ask.share, yg_weighted_most(w, tau) / (1.0 - alpha));
    for (size_t i = 0; i < w->parts;) {
        uint64_t cluster = w->part[i].cluster;
        double found = 0, lost = 0;
        while (i < w->parts && w->part[i].cluster == cluster) {
            double f = 0, l = 0;
            uint8_t of = w->part[i].level;
            i = add_unit(w, i, tau, &f, &l);
            if (of == level || of == YG_LEVEL_NONE) {
                found += f;
                lost += l;
            }
        }
        pt.lost += lost;
        pt.known += found;
        /* As (lost, kept) of which the test takes (1 - alpha) lost - alpha kept. */
        double x = lost - alpha * found;
        if (x != 0)
            yg_ratetest_add(&t, x > 0 ? x / (1.0 - alpha) : 0, x < 0 ? -x / alpha : 0);
    }
    pt.p = yg_ratetest_p(&t);
    return pt;
}

struct yg_weighted_point yg_weighted_level(const struct yg_weighted *w, unsigned level,
                                           double alpha)
{
    struct yg_weighted_point last = { .p = 1.0 };

    for (size_t i = 0; i < w->ask.points; i++) {
        struct yg_weighted_point pt =
            yg_weighted_level_at(w, level, alpha, w->ask.grid[i]);
        if (pt.p > w->ask.share)
            break;
        last = pt;
    }
    return last;
}

/* The runs of one cluster at tau. */
struct cluster {
    double closed, lost, kept; /* closed: how many; the others weighted */
    double judged; /* of lost and kept: what people said; the rest is unknown */
    bool known, missed;
};

static size_t add_cluster(const struct yg_outcomes *o, size_t i, uint32_t tau,
                          struct cluster *c)
{
    uint64_t id = o->v[i].cluster;

    *c = (struct cluster){ .closed = 0 };
    for (; i < o->n && o->v[i].cluster == id; i++) {
        const struct yg_run_outcome *r = &o->v[i];
        if (r->close_risk >= tau)
            continue;
        c->closed++;
        if (r->hidden && r->weight <= 0)
            continue; /* closed in its day, not drawn: its kin that were speak for it */
        double weight = r->weight > 0 ? (double)r->weight : 1.0;
        bool unknown = r->alerts == 0 || yg_weighted_unknown(r) < tau,
             missed = unknown || r->miss_risk < tau;
        c->known = true;
        c->missed |= missed;
        c->judged += unknown ? 0 : weight;
        *(missed ? &c->lost : &c->kept) += weight;
    }
    return i;
}

/* One point; `load`: how much there is to bet on, which no verdict enters. What nobody
 * judged is no load: it counts as missed, and where it made up the load the walk would
 * start at a point that it must fail. */
static struct yg_for_point for_point(const struct yg_weighted *w, double beta,
                                     uint32_t tau, double *load,
                                     struct yg_weighted_point *sums)
{
    const struct yg_outcomes *o = w->ask.runs;
    struct yg_for_point pt = { .tau = tau };
    struct yg_ratetest t;
    struct cluster c;
    double most = yg_weighted_most(w, tau);

    *load = 0;
    *sums = (struct yg_weighted_point){ .tau = tau };
    yg_ratetest_init(&t, beta, w->ask.share, most);
    for (size_t i = 0; i < o->n;) {
        i = add_cluster(o, i, tau, &c);
        if (!c.known)
            continue;
        pt.clusters++;
        pt.missed += c.missed;
        *load += c.judged / c.closed / most;
        sums->lost += c.lost / c.closed;
        sums->known += (c.lost + c.kept) / c.closed;
        yg_ratetest_add(&t, c.lost / c.closed, c.kept / c.closed);
    }
    sums->p = pt.p = yg_ratetest_p(&t);
    return pt;
}

/* Where walks start: at the first points with `need`, 4 x and 16 x as much to bet on. */
struct starts {
    size_t at[STARTS], n;
    double load[YG_GRID_MAX];
};

static void find_starts(const struct yg_weighted *w, double beta, struct starts *s,
                        struct yg_for_walk *out)
{
    struct yg_weighted_point sums;
    double least = (double)out->need;

    s->n = 0;
    for (size_t i = 0; i < w->ask.points; i++) {
        struct yg_for_point *pt = &out->at[i];
        *pt = for_point(w, beta, w->ask.grid[i], &s->load[i], &sums);
        pt->p = 1.0; /* until it is tested */
        pt->missed = 0;
        out->have = s->load[i] > out->have ? s->load[i] : out->have;
        if (s->n < STARTS && s->load[i] >= least) {
            s->at[s->n++] = i;
            while (least <= s->load[i])
                least *= 4;
        }
    }
}

/* Each start has its share and walks on until a point fails. What a walk from further
 * down passed already is left as it is: at the same share this one would end there, too.
 */
void yg_weighted_for(const struct yg_weighted *w, double beta, struct yg_for_walk *out)
{
    struct yg_weighted_point sums;
    struct starts s;
    double load;

    *out = (struct yg_for_walk){ .need = yg_for_need(beta, w->ask.share),
                                 .points = w->ask.points,
                                 .first = w->ask.points,
                                 .failed = w->ask.points };
    find_starts(w, beta, &s, out);
    if (s.n > 0)
        out->first = s.at[0];
    for (size_t k = 0; k < s.n; k++)
        for (size_t i = s.at[k]; i < w->ask.points && !out->at[i].holds; i++) {
            struct yg_for_point pt = for_point(w, beta, w->ask.grid[i], &load, &sums);
            out->at[i] = pt;
            if (pt.p > w->ask.share / (double)s.n) {
                out->failed = i < out->failed ? i : out->failed;
                break;
            }
            out->at[i].holds = true;
            out->passed++;
        }
}

struct yg_weighted_point yg_weighted_for_at(const struct yg_weighted *w, double beta,
                                            uint32_t tau)
{
    struct yg_weighted_point sums;
    double load;

    for_point(w, beta, tau, &load, &sums);
    return sums;
}

uint64_t yg_weighted_need(double alpha, double share, double most)
{
    /* Each threat that is kept multiplies the wealth by at most this. */
    double step = alpha / ((1.0 - alpha) * (most / (1.0 - alpha)));

    double need = ceil(-yg_ln(share) / yg_ln(1.0 + step));

    return need < 1e18 ? (uint64_t)need : UINT64_MAX; /* a share of 0: never */
}
