/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/threat.h"

#include "base/clock.h"

#include <stdlib.h>

/* What an alert is joined by. */
static uint64_t link_key(const struct yg_judged *a)
{
    return a->incident ? a->incident : a->entity ? a->entity : a->run;
}

static int order3(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int link_kind(const struct yg_judged *a)
{
    return a->incident ? 0 : a->entity ? 1 : 2;
}

/* By tenant, kind of link, link, time, place in the input. */
static int by_link(const void *x, const void *y, void *rows)
{
    const uint32_t *i = x, *j = y;
    const struct yg_judged *const *v = rows, *a = &(*v)[*i], *b = &(*v)[*j];

    if (a->tenant != b->tenant)
        return order3(a->tenant, b->tenant);
    if (link_kind(a) != link_kind(b))
        return link_kind(a) - link_kind(b);
    if (link_key(a) != link_key(b))
        return order3(link_key(a), link_key(b));
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return order3(*i, *j);
}

static bool same_threat(const struct yg_judged *last, const struct yg_judged *a)
{
    if (last->tenant != a->tenant || link_kind(last) != link_kind(a) ||
        link_key(last) != link_key(a))
        return false;
    return link_kind(a) != 1 ||
           (uint64_t)a->time_ns - (uint64_t)last->time_ns <= YG_THREAT_LINK_NS;
}

static void add(struct yg_threat *t, const struct yg_judged *a)
{
    uint32_t risk = yg_judged_risk(a);

    t->last_ns = a->time_ns;
    t->alerts++;
    if (risk < t->risk)
        t->risk = risk;
    if (risk > t->high_risk)
        t->high_risk = risk;
    if (a->level > t->level)
        t->level = a->level;
}

/* A threat while it is being put in order; `at` is its number before. */
struct placed {
    struct yg_threat t;
    uint32_t at;
};

static int by_start(const void *x, const void *y)
{
    const struct placed *a = x, *b = y;

    if (a->t.tenant != b->t.tenant)
        return order3(a->t.tenant, b->t.tenant);
    if (a->t.first_ns != b->t.first_ns)
        return a->t.first_ns < b->t.first_ns ? -1 : 1;
    if (a->t.incident != b->t.incident)
        return order3(a->t.incident, b->t.incident);
    return order3(a->at, b->at);
}

/* Walk the protected alerts in link order; returns the number of threats. */
static size_t join(const struct yg_judged *a, const uint32_t *index, size_t n,
                   struct placed *v, uint32_t *of)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const struct yg_judged *row = &a[index[i]];
        if (i == 0 || !same_threat(&a[index[i - 1]], row)) {
            v[count] = (struct placed){ .at = (uint32_t)count,
                                        .t = { .incident = row->incident,
                                               .entity = row->entity,
                                               .tenant = row->tenant,
                                               .first_ns = row->time_ns,
                                               .risk = YG_RISK_MAX } };
            count++;
        }
        add(&v[count - 1].t, row);
        of[index[i]] = (uint32_t)(count - 1);
    }
    return count;
}

static enum yg_status put_in_order(struct placed *v, size_t count, size_t alerts,
                                   struct yg_threats *out)
{
    uint32_t *to = calloc(count + 1, sizeof(*to));

    out->v = calloc(count + 1, sizeof(*out->v));
    if (!to || !out->v) {
        free(to);
        return YG_ENOMEM;
    }
    qsort(v, count, sizeof(*v), by_start);
    for (size_t i = 0; i < count; i++) {
        out->v[i] = v[i].t;
        to[v[i].at] = (uint32_t)i;
    }
    for (size_t i = 0; i < alerts; i++)
        if (out->of[i] != YG_THREAT_NONE)
            out->of[i] = to[out->of[i]];
    out->n = count;
    free(to);
    return YG_OK;
}

enum yg_status yg_threats_of(const struct yg_judged *a, size_t n, enum yg_level protect,
                             struct yg_threats *out)
{
    size_t protected_n = 0;
    struct yg_threats t = { .of = NULL };
    enum yg_status st = YG_ENOMEM;

    if (n >= UINT32_MAX)
        return YG_ELIMIT;
    for (size_t i = 0; i < n; i++)
        protected_n += yg_judged_protected(&a[i], protect);
    uint32_t *index = calloc(protected_n + 1, sizeof(*index));
    struct placed *v = calloc(protected_n + 1, sizeof(*v));
    t.of = calloc(n + 1, sizeof(*t.of));
    if (!index || !v || !t.of)
        goto out;
    for (size_t i = 0, k = 0; i < n; i++) {
        t.of[i] = YG_THREAT_NONE;
        if (yg_judged_protected(&a[i], protect))
            index[k++] = (uint32_t)i;
    }
    qsort_r(index, protected_n, sizeof(*index), by_link, &a);
    st = put_in_order(v, join(a, index, protected_n, v, t.of), n, &t);
out:
    free(index);
    free(v);
    if (st == YG_OK)
        *out = t;
    else
        yg_threats_fini(&t);
    return st;
}

void yg_threats_fini(struct yg_threats *t)
{
    if (!t)
        return;
    free(t->v);
    free(t->of);
    *t = (struct yg_threats){ .v = NULL };
}

uint64_t yg_cluster_of(uint32_t tenant, uint64_t entity, uint64_t run, int64_t first_ns)
{
    int64_t day = first_ns / (86400 * YG_NS_PER_S);

    if (first_ns % (86400 * YG_NS_PER_S) < 0)
        day--;
    uint64_t who = entity ? yg_hash_pair(entity, 1) : yg_hash_pair(run, 2);
    return yg_hash_pair(yg_hash_pair(who, tenant), (uint64_t)day);
}
