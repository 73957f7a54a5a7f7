/* SPDX-License-Identifier: Apache-2.0 */
/* Does a record match? */
#include "event/ip.h"
#include "thin/rules.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Going back to the last star only: what an earlier one could take, the last can, too. */
bool yg_thin_like(struct yg_str pattern, struct yg_str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;

    if (text.n > YG_THIN_TEXT)
        return false;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.n &&
                   (pattern.p[p] == '?' || lower(pattern.p[p]) == lower(text.p[t]))) {
            p++, t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

static bool ip_within(struct yg_str ip, const struct yg_thin_value *v)
{
    size_t bits = (size_t)v->least, whole = bits / 8;

    if (ip.n != YG_IP_SIZE || memcmp(ip.p, v->ip, whole) != 0)
        return false;
    if (bits % 8 == 0)
        return true;
    unsigned mask = 0xffU << (8 - bits % 8);
    return (((unsigned char)ip.p[whole] ^ v->ip[whole]) & mask & 0xffU) == 0;
}

static bool one_like(const struct yg_thin_cond *c, struct yg_str text)
{
    for (uint32_t i = 0; i < c->values; i++)
        if (yg_thin_like(c->value[i].text, text))
            return true;
    return false;
}

static bool one_range(const struct yg_thin_cond *c, uint64_t v)
{
    for (uint32_t i = 0; i < c->values; i++)
        if (v >= c->value[i].least && v <= c->value[i].most)
            return true;
    return false;
}

static bool one_net(const struct yg_thin_cond *c, struct yg_str ip)
{
    for (uint32_t i = 0; i < c->values; i++)
        if (ip_within(ip, &c->value[i]))
            return true;
    return false;
}

bool yg_thin_rule_concerns(const struct yg_thin_rule *r, const struct yg_source *src)
{
    struct yg_str name = src->name.n > 0 ? src->name : src->format;

    for (uint32_t i = 0; i < r->conds; i++)
        if ((r->cond[i].field == YG_THIN_TENANT && !one_like(&r->cond[i], src->tenant)) ||
            (r->cond[i].field == YG_THIN_SOURCE && !one_like(&r->cond[i], name)))
            return false;
    return true;
}

static bool cond_holds(const struct yg_thin_cond *c, const struct yg_batch *b,
                       const struct yg_event *e)
{
    if (c->field == YG_THIN_DEVICE)
        return one_range(c, e->device);
    if (c->field < 0)
        return true; /* yg_thin_rule_concerns */
    enum yg_field f = (enum yg_field)c->field;
    if (!yg_event_has(e, f))
        return false;
    switch (yg_field_info[f].type) {
    case YG_T_U64:
        return one_range(c, e->value[f].u);
    case YG_T_IP:
        return one_net(c, yg_event_str(b, e, f));
    case YG_T_STR:
        return one_like(c, yg_event_str(b, e, f));
    case YG_T_BYTES:
    case YG_T_TIME:
        break;
    }
    return false;
}

bool yg_thin_rule_matches(const struct yg_thin_rule *r, const struct yg_batch *b,
                          const struct yg_event *e)
{
    for (uint32_t i = 0; i < r->conds; i++)
        if (!cond_holds(&r->cond[i], b, e))
            return false;
    return true;
}
