/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/forwalk.h"

#include "policy/stats.h"

#include <stdlib.h>

static int by_value(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;

    return *a < *b ? -1 : *a > *b;
}

size_t yg_grid_of(uint32_t *risk, size_t n, uint32_t grid[YG_GRID_MAX])
{
    const size_t even = 256;
    double rest = 1.0 / (double)even; /* share of runs above the point */
    size_t count = 0;

    if (n == 0)
        return 0;
    qsort(risk, n, sizeof(*risk), by_value);
    for (size_t i = 1; i < YG_GRID_MAX; i++) {
        size_t at;
        if (i < even) {
            at = (size_t)((double)n * (double)i / (double)even);
        } else {
            at = n - 1 - (size_t)((double)(n - 1) * rest);
            rest *= 0.93;
        }
        if (count == 0 || risk[at] > grid[count - 1])
            grid[count++] = risk[at];
    }
    if (risk[n - 1] > grid[count - 1])
        grid[count++] = risk[n - 1];
    return count;
}

/* The draw of one cluster so far. */
struct draw {
    uint64_t priority; /* UINT64_MAX: nothing closed yet */
    uint32_t miss_risk;
};

struct ordered {
    uint64_t priority;
    uint32_t close_risk, miss_risk;
    uint32_t cluster; /* dense */
};

static int by_close(const void *x, const void *y)
{
    const struct ordered *a = x, *b = y;

    return a->close_risk < b->close_risk ? -1 : a->close_risk > b->close_risk;
}

struct walk {
    struct ordered *run;
    struct draw *draw;
    size_t runs, clusters, next; /* next: first run not closed yet */
    uint64_t drawn;              /* clusters with a draw */
};

static enum yg_status walk_init(struct walk *w, const struct yg_outcomes *runs,
                                uint64_t seed)
{
    *w = (struct walk){ .runs = runs->n };
    w->run = calloc(runs->n + 1, sizeof(*w->run));
    w->draw = calloc(runs->n + 1, sizeof(*w->draw));
    if (!w->run || !w->draw)
        return YG_ENOMEM;
    for (size_t i = 0; i < runs->n; i++) {
        const struct yg_run_outcome *o = &runs->v[i];
        w->clusters += i == 0 || o->cluster != runs->v[i - 1].cluster;
        w->run[i] =
            (struct ordered){ yg_hash_pair(yg_hash_pair(seed, o->run), 0x636f696e),
                              o->close_risk, o->miss_risk, (uint32_t)(w->clusters - 1) };
    }
    for (size_t i = 0; i < w->clusters; i++)
        w->draw[i].priority = UINT64_MAX;
    qsort(w->run, w->runs, sizeof(*w->run), by_close);
    return YG_OK;
}

static void walk_fini(struct walk *w)
{
    free(w->run);
    free(w->draw);
}

/* Raise tau: more runs close, and a smaller priority among them takes the draw. */
static void raise_to(struct walk *w, uint32_t tau)
{
    for (; w->next < w->runs && w->run[w->next].close_risk < tau; w->next++) {
        const struct ordered *o = &w->run[w->next];
        struct draw *d = &w->draw[o->cluster];
        w->drawn += d->priority == UINT64_MAX;
        if (o->priority < d->priority)
            *d = (struct draw){ o->priority, o->miss_risk };
    }
}

static struct yg_for_point test(const struct walk *w, uint32_t tau, double beta)
{
    struct yg_for_point pt = { .tau = tau, .clusters = w->drawn, .p = 1.0 };

    for (size_t i = 0; i < w->clusters; i++)
        pt.missed += w->draw[i].priority != UINT64_MAX && w->draw[i].miss_risk < tau;
    if (pt.clusters > 0)
        pt.p = yg_binom_cdf(pt.missed, pt.clusters, beta);
    return pt;
}

enum yg_status yg_for_walk(const struct yg_outcomes *runs, const struct yg_for_ask *ask,
                           struct yg_for_walk *out)
{
    struct walk w;

    if (ask->points > YG_GRID_MAX)
        return YG_EINVAL;
    if (walk_init(&w, runs, ask->seed) != YG_OK) {
        walk_fini(&w);
        return YG_ENOMEM;
    }
    *out = (struct yg_for_walk){ .need = yg_for_need(ask->beta, ask->delta),
                                 .points = ask->points,
                                 .first = ask->points,
                                 .failed = ask->points };
    for (size_t i = 0; i < ask->points; i++) {
        struct yg_for_point *pt = &out->at[i];
        raise_to(&w, ask->grid[i]);
        *pt = (struct yg_for_point){ ask->grid[i], w.drawn, 0, 1.0, false };
        out->have = (double)w.drawn;
        if (w.drawn < out->need)
            continue; /* a count: no verdict has been read yet */
        if (out->first == ask->points)
            out->first = i;
        *pt = test(&w, ask->grid[i], ask->beta);
        if (pt->p > ask->delta) {
            out->failed = i;
            break;
        }
        pt->holds = true;
        out->passed++;
    }
    walk_fini(&w);
    return YG_OK;
}
