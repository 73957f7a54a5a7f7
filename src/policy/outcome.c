/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/outcome.h"

#include "policy/threat.h"

#include <stdlib.h>

static int by_run(const void *x, const void *y, void *rows)
{
    const uint32_t *i = x, *j = y;
    const struct yg_judged *const *v = rows;
    uint64_t a = (*v)[*i].run, b = (*v)[*j].run;

    return a < b ? -1 : a > b ? 1 : *i < *j ? -1 : *i > *j;
}

static int by_cluster(const void *x, const void *y)
{
    const struct yg_run_outcome *a = x, *b = y;

    if (a->cluster != b->cluster)
        return a->cluster < b->cluster ? -1 : 1;
    return a->run < b->run ? -1 : a->run > b->run;
}

/* What is folded. */
struct fold {
    const struct yg_judged *a;
    const uint32_t *index; /* in order of runs */
    size_t n;
    unsigned protect;
    bool all; /* runs that nobody judged, too */
};

static void add(struct yg_run_outcome *o, const struct yg_judged *a, const struct fold *f)
{
    uint32_t risk = yg_judged_risk(a);
    bool guarded = yg_judged_protected(a, f->protect);

    if (a->time_ns < o->first_ns)
        o->first_ns = a->time_ns;
    o->hidden |= a->hidden;
    if (a->weight > o->weight)
        o->weight = a->weight;
    if ((f->all || yg_judged_is(a)) && risk < o->close_risk)
        o->close_risk = risk;
    if (!yg_judged_is(a)) {
        o->unknown++;
        if (risk < o->unknown_risk)
            o->unknown_risk = risk;
        return;
    }
    o->alerts++;
    if (guarded && risk < o->miss_risk)
        o->miss_risk = risk;
    if (o->level == YG_LEVEL_NONE || a->level > o->level)
        o->level = a->level;
    o->closed |= a->closed;
    o->missed |= (uint8_t)(a->closed && guarded);
}

/* Fold the alerts, which are in order of their runs; runs nobody judged fall out unless
 * all are wanted. */
static size_t fold(const struct fold *f, struct yg_run_outcome *v)
{
    size_t count = 0;

    for (size_t i = 0; i < f->n;) {
        const struct yg_judged *head = &f->a[f->index[i]];
        struct yg_run_outcome o = { .run = head->run,
                                    .first_ns = head->time_ns,
                                    .tenant = head->tenant,
                                    .level = YG_LEVEL_NONE,
                                    .close_risk = YG_RISK_MAX,
                                    .miss_risk = YG_RISK_MAX,
                                    .unknown_risk = YG_RISK_MAX };
        for (; i < f->n && f->a[f->index[i]].run == o.run; i++)
            add(&o, &f->a[f->index[i]], f);
        o.cluster = yg_cluster_of(o.tenant, head->entity, o.run, o.first_ns);
        if (f->all || o.alerts > 0)
            v[count++] = o;
    }
    return count;
}

static enum yg_status outcomes(struct fold f, struct yg_outcomes *out)
{
    size_t runs = 0;

    if (f.n >= UINT32_MAX)
        return YG_ELIMIT;
    uint32_t *index = calloc(f.n + 1, sizeof(*index));
    if (!index)
        return YG_ENOMEM;
    for (size_t i = 0; i < f.n; i++)
        index[i] = (uint32_t)i;
    qsort_r(index, f.n, sizeof(*index), by_run, &f.a);
    for (size_t i = 0; i < f.n; i++)
        runs += i == 0 || f.a[index[i]].run != f.a[index[i - 1]].run;
    struct yg_run_outcome *v = calloc(runs + 1, sizeof(*v));
    if (v) {
        f.index = index;
        *out = (struct yg_outcomes){ v, fold(&f, v) };
        qsort(v, out->n, sizeof(*v), by_cluster);
    }
    free(index);
    return v ? YG_OK : YG_ENOMEM;
}

enum yg_status yg_outcomes_of(const struct yg_judged *a, size_t n, enum yg_level protect,
                              struct yg_outcomes *out)
{
    return outcomes((struct fold){ .a = a, .n = n, .protect = protect }, out);
}

enum yg_status yg_outcomes_all(const struct yg_judged *a, size_t n, enum yg_level protect,
                               struct yg_outcomes *out)
{
    return outcomes((struct fold){ .a = a, .n = n, .protect = protect, .all = true },
                    out);
}

void yg_outcomes_fini(struct yg_outcomes *o)
{
    if (!o)
        return;
    free(o->v);
    *o = (struct yg_outcomes){ NULL, 0 };
}
