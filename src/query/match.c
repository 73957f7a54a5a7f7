/* SPDX-License-Identifier: Apache-2.0 */
#include "query/query_priv.h"

#include <string.h>

struct subject {
    const struct yg_query_node *node;
    const struct yg_query_alert *a;
    const struct yg_batch *b; /* NULL: there is no decoded record */
    const struct yg_event *e;
};

/* ---- texts ------------------------------------------------------------------------- */

static bool text_is(const struct yg_query_node *t, struct yg_str s)
{
    if (yg_query_looked_in(t->what))
        return yg_wild_in(t->text, s);
    if (!yg_query_listed(t->what))
        return yg_wild_is(t->text, s);
    for (struct yg_str rest = s; rest.p;)
        if (yg_wild_is(t->text, yg_str_trim(yg_str_cut(&rest, ','))))
            return true;
    return yg_wild_is(t->text, s);
}

static bool text_anywhere(const struct subject *x, const struct yg_query_node *t)
{
    if (yg_wild_in(t->text, x->a->raw))
        return true;
    /* A record's own notation may hide it: escapes, base64, hex. */
    for (unsigned f = 0; x->e && f < YG_FIELD_COUNT; f++) {
        enum yg_field_type type = yg_field_info[f].type;
        if ((type == YG_T_STR || type == YG_T_BYTES) &&
            yg_wild_in(t->text, yg_event_str(x->b, x->e, (enum yg_field)f)))
            return true;
    }
    return false;
}

/* ---- the alert's own --------------------------------------------------------------- */

const char *yg_query_kind_name(unsigned kind)
{
    return kind == YG_KIND_CONTEXT       ? "event"
           : kind == YG_KIND_UNDECODABLE ? "undecodable"
                                         : "alert";
}

const char *yg_query_decision_name(unsigned decision)
{
    static const char *const name[] = { "none", "open", "would-close", "closed" };

    return decision < YG_ARRAY_LEN(name) ? name[decision] : name[0];
}

/* An own field as a text; false: it has none. `hex` is room for an id. */
static bool own_text(const struct subject *x, unsigned what, char *hex, struct yg_str *s)
{
    switch (what) {
    case YG_QO_ID:
        yg_hex(x->a->id, YG_ID_SIZE, hex);
        *s = yg_str_of(hex);
        return true;
    case YG_QO_KIND:
        *s = yg_str_of(yg_query_kind_name(x->a->kind));
        return true;
    case YG_QO_DEVICE:
        *s = x->e ? yg_str_of(yg_device_name(x->e->device)) : YG_STR_NONE;
        return x->e != NULL;
    case YG_QO_TENANT:
        *s = x->a->tenant;
        return true;
    case YG_QO_SOURCE:
        *s = x->a->source;
        return true;
    case YG_QO_DECISION:
        *s = yg_str_of(yg_query_decision_name(x->a->blind ? 0 : x->a->decision));
        return true;
    case YG_QO_PACKETS:
        *s = yg_str_of(x->a->packets ? "true" : "false");
        return true;
    default:
        return false;
    }
}

static bool own_text_is(const struct subject *x, const struct yg_query_node *t)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_str s;

    if (!own_text(x, t->what, hex, &s))
        return false;
    if (t->what == YG_QO_ID && t->text.n >= 6 && t->text.n < s.n) /* as it begins */
        s.n = yg_wild_any(t->text) ? s.n : t->text.n;
    return yg_wild_is(t->text, s);
}

/* A field's number in the order of ranges; false: it has none. */
static bool number_of(const struct subject *x, unsigned what, uint64_t *out)
{
    const struct yg_query_alert *a = x->a;

    if (what < YG_FIELD_COUNT) {
        if (!x->e || !yg_event_has(x->e, (enum yg_field)what))
            return false;
        *out = yg_field_info[what].type == YG_T_TIME ? yg_query_order(x->e->value[what].t)
                                                     : x->e->value[what].u;
        return true;
    }
    switch (what) {
    case YG_QO_TIME:
        *out = yg_query_order(a->time_ns);
        return true;
    case YG_QO_RECEIVED:
        *out = yg_query_order(a->received_ns);
        return true;
    case YG_QO_VERDICT:
        *out = a->verdict;
        return true;
    case YG_QO_PREDICTED:
        *out = a->blind ? YG_LEVEL_NONE : a->predicted;
        return true;
    case YG_QO_RISK:
        *out = a->risk;
        return !a->blind && a->decision != 0;
    default:
        return false;
    }
}

static bool exists(const struct subject *x, unsigned what);

/* ---- addresses --------------------------------------------------------------------- */

static bool address_is(const struct yg_query_node *t, const unsigned char *ip)
{
    char text[YG_IP_TEXT_MAX];

    switch (t->test) {
    case YG_QT_EXISTS:
        return true;
    case YG_QT_IP:
        return memcmp(ip, t->ip[0], YG_IP_SIZE) >= 0 &&
               memcmp(ip, t->ip[1], YG_IP_SIZE) <= 0;
    case YG_QT_INTERNAL:
        return yg_ip_is_internal(ip) == (t->lo != 0);
    default:
        return yg_wild_is(t->text, yg_str_of(yg_ip_text(ip, text)));
    }
}

static bool field_address(const struct subject *x, unsigned f,
                          const struct yg_query_node *t)
{
    if (!x->e || !yg_event_has(x->e, (enum yg_field)f))
        return false;
    struct yg_str s = yg_batch_str(x->b, x->e->value[f].s);
    return s.n == YG_IP_SIZE && address_is(t, (const unsigned char *)s.p);
}

static bool any_address(const struct subject *x, const struct yg_query_node *t)
{
    for (unsigned f = 0; f < YG_FIELD_COUNT; f++)
        if (yg_field_info[f].type == YG_T_IP && field_address(x, f, t))
            return true;
    return false;
}

/* ---- terms ------------------------------------------------------------------------- */

static bool exists(const struct subject *x, unsigned what)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_str s;
    uint64_t v;

    if (what < YG_FIELD_COUNT)
        return x->e && yg_event_has(x->e, (enum yg_field)what);
    if (number_of(x, what, &v))
        return yg_query_type_of(what) != YG_QY_LEVEL || v != YG_LEVEL_NONE;
    return own_text(x, what, hex, &s) && s.n > 0 && !yg_str_eq(s, YG_STR("none"));
}

static bool term(const struct subject *x, const struct yg_query_node *t)
{
    uint64_t v;

    if (t->what == YG_QO_ANYWHERE)
        return text_anywhere(x, t);
    if (t->what == YG_QO_ANY_IP)
        return any_address(x, t);
    if (t->test == YG_QT_EXISTS)
        return exists(x, t->what);
    switch (yg_query_type_of(t->what)) {
    case YG_QY_IP:
        return field_address(x, t->what, t);
    case YG_QY_TEXT:
        if (t->what >= YG_FIELD_COUNT)
            return own_text_is(x, t);
        return x->e && yg_event_has(x->e, (enum yg_field)t->what) &&
               text_is(t, yg_event_str(x->b, x->e, (enum yg_field)t->what));
    case YG_QY_BYTES:
        return x->e && yg_event_has(x->e, (enum yg_field)t->what) &&
               yg_wild_in(t->text, yg_batch_str(x->b, x->e->value[t->what].s));
    default:
        return number_of(x, t->what, &v) && v >= t->lo && v <= t->hi;
    }
}

static bool matches(const struct subject *x, uint16_t at)
{
    const struct yg_query_node *n = &x->node[at];

    switch (n->op) {
    case YG_QN_ALL:
        return true;
    case YG_QN_AND:
        return matches(x, n->a) && matches(x, n->b);
    case YG_QN_OR:
        return matches(x, n->a) || matches(x, n->b);
    case YG_QN_NOT:
        return !matches(x, n->a);
    default:
        return term(x, n);
    }
}

bool yg_query_matches(const struct yg_query *q, const struct yg_query_alert *a,
                      const struct yg_batch *b, const struct yg_event *e)
{
    struct subject x = { .node = q->node, .a = a, .b = b, .e = b ? e : NULL };

    return matches(&x, q->root);
}

unsigned yg_query_needs(const struct yg_query *q)
{
    unsigned needs = 0;

    for (size_t i = 0; i < q->nodes; i++) {
        unsigned what = q->node[i].what;
        if (q->node[i].op != YG_QN_TERM)
            continue;
        if (what < YG_FIELD_COUNT || what == YG_QO_DEVICE || what == YG_QO_ANYWHERE ||
            what == YG_QO_ANY_IP)
            needs |= YG_QUERY_RECORD;
        else if (what == YG_QO_VERDICT)
            needs |= YG_QUERY_VERDICT;
        else if (what == YG_QO_DECISION || what == YG_QO_PREDICTED || what == YG_QO_RISK)
            needs |= YG_QUERY_SCORE;
    }
    return needs;
}
