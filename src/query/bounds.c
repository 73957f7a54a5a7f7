/* SPDX-License-Identifier: Apache-2.0 */
#include "query/query_priv.h"

#include <string.h>

static const struct yg_query_bounds anything = { .from_ns = INT64_MIN,
                                                 .until_ns = INT64_MAX };

static struct yg_query_bounds of_term(const struct yg_query_node *t)
{
    struct yg_query_bounds b = anything;
    bool one = t->test == YG_QT_IP && memcmp(t->ip[0], t->ip[1], YG_IP_SIZE) == 0;

    if (t->what == YG_QO_TIME && t->test == YG_QT_RANGE) {
        b.from_ns = yg_query_disorder(t->lo);
        b.until_ns = yg_query_disorder(t->hi);
        b.until_ns += b.until_ns < INT64_MAX ? 1 : 0;
        if (t->lo > t->hi)
            b.from_ns = b.until_ns = 0;
    }
    if (one && (t->what == YG_F_SOURCE_IP || t->what == YG_F_DESTINATION_IP)) {
        b.ends = 1;
        b.end[0].field = (enum yg_field)t->what;
        memcpy(b.end[0].ip, t->ip[0], YG_IP_SIZE);
    }
    return b;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What both promise. */
static struct yg_query_bounds and_of(struct yg_query_bounds a, struct yg_query_bounds b)
{
    struct yg_query_bounds out = a.ends == 0 || (b.ends > 0 && b.ends < a.ends) ? b : a;

    out.from_ns = most(a.from_ns, b.from_ns);
    out.until_ns = least(a.until_ns, b.until_ns);
    return out;
}

/* What one of them promises. */
static struct yg_query_bounds or_of(struct yg_query_bounds a, struct yg_query_bounds b)
{
    bool fits = a.ends > 0 && b.ends > 0 && a.ends + b.ends <= YG_QUERY_ENDS;

    a.from_ns = least(a.from_ns, b.from_ns);
    a.until_ns = most(a.until_ns, b.until_ns);
    if (fits)
        memcpy(&a.end[a.ends], b.end, b.ends * sizeof(b.end[0]));
    a.ends = fits ? a.ends + b.ends : 0;
    return a;
}

static struct yg_query_bounds of(const struct yg_query *q, uint16_t at)
{
    const struct yg_query_node *n = &q->node[at];

    switch (n->op) {
    case YG_QN_AND:
        return and_of(of(q, n->a), of(q, n->b));
    case YG_QN_OR:
        return or_of(of(q, n->a), of(q, n->b));
    case YG_QN_TERM:
        return of_term(n);
    default:
        return anything;
    }
}

void yg_query_bounds(const struct yg_query *q, struct yg_query_bounds *out)
{
    *out = of(q, q->root);
}
