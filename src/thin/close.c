/* SPDX-License-Identifier: Apache-2.0 */
#include "thin/close.h"

#include <stdlib.h>

static bool is_used(const struct yg_thin_rule *r, const struct yg_source *src)
{
    return r->what == YG_THIN_CLOSE && !r->expired && yg_thin_rule_concerns(r, src);
}

enum yg_status yg_closing_init(struct yg_closing *c, const struct yg_thin_rules *rules,
                               const struct yg_source *src)
{
    uint32_t n = rules ? rules->count : 0;

    *c = (struct yg_closing){ .rules = rules };
    c->rule = calloc((size_t)n + 1, sizeof(*c->rule));
    for (uint32_t i = 0; c->rule && i < n; i++)
        if (is_used(&rules->rule[i], src))
            c->rule[c->count++] = (uint16_t)i;
    return c->rule ? YG_OK : YG_ENOMEM;
}

void yg_closing_fini(struct yg_closing *c)
{
    free(c->rule);
    *c = (struct yg_closing){ .count = 0 };
}

uint16_t yg_closing_of(const struct yg_closing *c, const struct yg_batch *b,
                       const struct yg_event *e, int64_t received_ns)
{
    int64_t when = e->time_ns > received_ns ? e->time_ns : received_ns;

    for (uint32_t i = 0; i < c->count; i++) {
        const struct yg_thin_rule *r = &c->rules->rule[c->rule[i]];
        if (when < r->expires_ns && yg_thin_rule_matches(r, b, e))
            return (uint16_t)(c->rule[i] + 1);
    }
    return 0;
}

static void add_number(struct yg_digest *d, uint64_t v)
{
    unsigned char le[8];

    for (int i = 0; i < 8; i++)
        le[i] = (unsigned char)(v >> 8 * i);
    yg_digest_add(d, le, sizeof(le));
}

static void add_text(struct yg_digest *d, struct yg_str s)
{
    add_number(d, s.n);
    yg_digest_add(d, s.p, s.n);
}

/* By its name: a place in the table of fields may change. */
static const char *field_name(int field)
{
    switch (field) {
    case YG_THIN_TENANT:
        return "tenant";
    case YG_THIN_SOURCE:
        return "source";
    case YG_THIN_DEVICE:
        return "device";
    default:
        return yg_field_info[field].name;
    }
}

void yg_closing_digest(const struct yg_thin_rule *r, unsigned char out[YG_DIGEST_SIZE])
{
    struct yg_digest d;

    yg_digest_init(&d);
    add_text(&d, r->name);
    add_number(&d, (uint64_t)r->what);
    add_number(&d, (uint64_t)r->expires_ns);
    for (uint32_t i = 0; i < r->conds; i++) {
        const struct yg_thin_cond *c = &r->cond[i];
        add_text(&d, yg_str_of(field_name(c->field)));
        add_number(&d, c->values);
        for (uint32_t k = 0; k < c->values; k++) {
            add_text(&d, c->value[k].text);
            add_number(&d, c->value[k].least);
            add_number(&d, c->value[k].most);
            yg_digest_add(&d, c->value[k].ip, sizeof(c->value[k].ip));
        }
    }
    yg_digest_done(&d, out);
}
