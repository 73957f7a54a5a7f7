/* SPDX-License-Identifier: Apache-2.0 */
/* Rules on alerts in a replay: which, what they would close, and what of it is an attack.
 */
#include "base/text.h"
#include "pipeline/guard.h"
#include "yagura/whatif.h"

#include <stdlib.h>

#define U(x) ((unsigned long long)(x))

enum yg_status yg_whatif_rules(struct yg_app *a, struct yg_whatif_side *side, int which,
                               struct yg_err *err)
{
    struct yg_str from = side->name.rules;
    enum yg_status st = YG_OK;

    side->rules = (struct yg_thin_rules){ .count = 0 };
    if (side->name.by_tenant && from.n > 0)
        return yg_err_set(err, YG_EINVAL,
                          "certificate=tenant is what decides now, with the settings' "
                          "rules: leave out rules=");
    if (from.n == 0)
        side->rules = a->thin;
    else if (!yg_str_eq(from, YG_STR("none")))
        st = yg_thin_read(&a->arena, from.p, yg_clock_now(&a->clock), &side->rules, err);
    side->policy.rules = (uint8_t)(which + 1);
    return st;
}

void yg_whatif_rules_own(struct yg_guard *g, struct yg_str tenant,
                         const struct yg_whatif_side *side, struct yg_whatif_own *own)
{
    for (uint32_t i = 0; i < side->rules.count; i++)
        if (own->policy.armed == 0 || yg_guard_proves(g, tenant, i))
            own->heeded[i / 64] |= (uint64_t)1 << (i % 64);
    own->policy.rules = side->policy.rules;
    own->policy.heeded = own->heeded;
}

static const struct yg_policy *policy_of(const struct yg_whatif_side *side,
                                         const struct yg_judged *a)
{
    return side->own ? &side->own[a->tenant].policy : &side->policy;
}

/* 1 + its place; 0: the model closes it, or nothing does. */
static uint32_t closing(const struct yg_whatif_side *side, const struct yg_judged *a)
{
    const struct yg_policy *p = policy_of(side, a);
    uint32_t rule = p->rules > 0 ? a->rule[p->rules - 1] : 0;

    return a->closed && rule <= side->rules.count && a->scored >= p->tau ? rule : 0;
}

const struct yg_thin_rule *yg_whatif_rule_of(const struct yg_whatif_side *side,
                                             const struct yg_judged *a)
{
    uint32_t rule = closing(side, a);

    return rule > 0 ? &side->rules.rule[rule - 1] : NULL;
}

enum yg_status yg_whatif_rules_count(const struct yg_replay *r,
                                     struct yg_whatif_side *side, struct yg_err *err)
{
    side->rule = calloc((size_t)side->rules.count + 1, sizeof(*side->rule));
    if (!side->rule)
        return yg_err_set(err, YG_ENOMEM, "no memory for the rules");
    for (size_t i = 0; i < r->rows[0].n; i++) {
        const struct yg_judged *a = &side->rows[i];
        uint32_t rule = closing(side, a);
        if (rule == 0)
            continue;
        struct yg_whatif_rule *x = &side->rule[rule - 1];
        x->closed++;
        x->protected_ += yg_judged_protected(a, side->name.protect);
        x->unjudged += !yg_judged_is(a);
    }
    return YG_OK;
}

void yg_whatif_rules_text(const struct yg_whatif_side *side, struct yg_buf *out)
{
    for (uint32_t i = 0; i < side->rules.count; i++) {
        const struct yg_whatif_rule *x = &side->rule[i];
        if (side->rules.rule[i].what != YG_THIN_CLOSE)
            continue;
        yg_buf_str_add(out, YG_STR("  rule "));
        yg_text_safe(out, side->rules.rule[i].says);
        yg_buf_printf(out, " closes %llu more: %llu %s or worse, %llu not judged%s\n",
                      U(x->closed), U(x->protected_), yg_level_name(side->name.protect),
                      U(x->unjudged),
                      side->rules.rule[i].expired ? "; it has expired" : "");
    }
}

void yg_whatif_rules_json(const struct yg_whatif_side *side, struct yg_jsonw *w)
{
    yg_jsonw_key(w, "rules");
    yg_jsonw_open(w, '[');
    for (uint32_t i = 0; i < side->rules.count; i++) {
        const struct yg_whatif_rule *x = &side->rule[i];
        if (side->rules.rule[i].what != YG_THIN_CLOSE)
            continue;
        yg_jsonw_open(w, '{');
        yg_jsonw_kstr(w, "name", side->rules.rule[i].name);
        yg_jsonw_ku64(w, "closed", x->closed);
        yg_jsonw_ku64(w, "protected", x->protected_);
        yg_jsonw_ku64(w, "not_judged", x->unjudged);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}
