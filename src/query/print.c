/* SPDX-License-Identifier: Apache-2.0 */
/* A query as text that reads back as the same query, and what is certain of its matches.
 */
#include "base/clock.h"
#include "base/risk.h"
#include "query/query_priv.h"

#include <string.h>

/* ---- text -------------------------------------------------------------------------- */

static void print_text(struct yg_buf *out, struct yg_str s)
{
    yg_buf_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n)
            yg_buf_char(out, s.p[i++]);
        else if (s.p[i] == '"' || s.p[i] == '\\')
            yg_buf_char(out, '\\');
        yg_buf_char(out, s.p[i]);
    }
    yg_buf_char(out, '"');
}

/* To the nanosecond: yg_time_text ends at microseconds. */
static void print_time(struct yg_buf *out, int64_t ns)
{
    char text[YG_TIME_TEXT_MAX];
    int64_t rest = ns % YG_NS_PER_S;

    rest += rest < 0 ? YG_NS_PER_S : 0;
    yg_time_text(ns - rest, text);
    yg_buf_printf(out, "%.19s.%09lldZ", text, (long long)rest);
}

static void print_end(struct yg_buf *out, const struct yg_query_node *t, uint64_t v)
{
    switch (yg_query_type_of(t->what)) {
    case YG_QY_TIME:
        print_time(out, yg_query_disorder(v));
        break;
    case YG_QY_LEVEL:
        yg_buf_printf(out, "%s",
                      v == YG_LEVEL_NONE ? "none" : yg_level_name((unsigned)v));
        break;
    case YG_QY_RISK:
        yg_buf_printf(out, "%.17g", yg_risk_prob((uint32_t)v));
        break;
    default:
        yg_buf_printf(out, "%llu", (unsigned long long)v);
        break;
    }
}

/* The highest value that a range of the field can end with when it is left open. */
static uint64_t highest(const struct yg_query_node *t)
{
    enum yg_query_type type = yg_query_type_of(t->what);

    return type == YG_QY_RISK    ? YG_RISK_MAX
           : type == YG_QY_LEVEL ? YG_LEVEL_L4
                                 : UINT64_MAX;
}

static void print_range(struct yg_buf *out, const struct yg_query_node *t)
{
    if (t->lo > t->hi) { /* nothing is in it */
        yg_buf_printf(out, yg_query_type_of(t->what) == YG_QY_LEVEL ? "[L4 to FP]"
                           : yg_query_type_of(t->what) == YG_QY_TIME
                               ? "[2000-01-02 to 2000-01-01]"
                               : "[1 to 0]");
        return;
    }
    if (t->lo == t->hi && yg_query_type_of(t->what) == YG_QY_LEVEL) {
        print_end(out, t, t->lo);
        return;
    }
    yg_buf_char(out, '[');
    if (t->lo == 0)
        yg_buf_char(out, '*');
    else
        print_end(out, t, t->lo);
    yg_buf_printf(out, " to ");
    if (t->hi == highest(t))
        yg_buf_char(out, '*');
    else
        print_end(out, t, t->hi);
    yg_buf_char(out, ']');
}

static void print_term(struct yg_buf *out, const struct yg_query_node *t)
{
    char a[YG_IP_TEXT_MAX], b[YG_IP_TEXT_MAX];

    if (t->what != YG_QO_ANYWHERE)
        yg_buf_printf(out, "%s:", yg_query_name_of(t->what));
    switch (t->test) {
    case YG_QT_EXISTS:
        yg_buf_char(out, '*');
        break;
    case YG_QT_TEXT:
        print_text(out, t->text);
        break;
    case YG_QT_RANGE:
        print_range(out, t);
        break;
    case YG_QT_IP:
        yg_buf_printf(out, "[%s to %s]", yg_ip_text(t->ip[0], a),
                      yg_ip_text(t->ip[1], b));
        break;
    default:
        yg_buf_printf(out, t->lo ? "internal" : "external");
        break;
    }
}

static void print(const struct yg_query *q, uint16_t at, struct yg_buf *out);

/* "a and b and c": a chain is read from the left, so its left side needs no bracket. */
static void print_chain(const struct yg_query *q, uint16_t at, unsigned op,
                        struct yg_buf *out)
{
    const struct yg_query_node *n = &q->node[at];

    if (n->op != op) {
        print(q, at, out);
        return;
    }
    print_chain(q, n->a, op, out);
    yg_buf_printf(out, op == YG_QN_AND ? " and " : " or ");
    print(q, n->b, out);
}

static void print(const struct yg_query *q, uint16_t at, struct yg_buf *out)
{
    const struct yg_query_node *n = &q->node[at];

    switch (n->op) {
    case YG_QN_ALL:
        break;
    case YG_QN_AND:
    case YG_QN_OR:
        yg_buf_char(out, '(');
        print_chain(q, at, n->op, out);
        yg_buf_char(out, ')');
        break;
    case YG_QN_NOT:
        yg_buf_printf(out, "not ");
        print(q, n->a, out);
        break;
    default:
        print_term(out, n);
        break;
    }
}

void yg_query_print(const struct yg_query *q, struct yg_buf *out)
{
    print(q, q->root, out);
}
