/* SPDX-License-Identifier: Apache-2.0 */
#include "api/say_act.h"

#include "api/say_alert.h"

static void levels(struct yg_jsonw *w, const char *key, const uint64_t *n)
{
    yg_jsonw_key(w, key);
    yg_jsonw_open(w, '{');
    for (unsigned l = 0; l < YG_LEVEL_COUNT; l++)
        yg_jsonw_ku64(w, yg_level_name(l), n[l]);
    yg_jsonw_ku64(w, "none", n[YG_LEVEL_COUNT]);
    yg_jsonw_close(w, '}');
}

static void shown(struct yg_jsonw *w, const struct yg_selection_shown *s)
{
    yg_jsonw_key(w, "shown");
    yg_jsonw_open(w, '{');
    yg_jsonw_key(w, "decisions");
    yg_jsonw_open(w, '{');
    for (unsigned d = 0; d < 4; d++)
        yg_jsonw_ku64(w, yg_query_decision_name(d), s->decision[d]);
    yg_jsonw_close(w, '}');
    levels(w, "predicted", s->predicted);
    levels(w, "verdicts", s->verdict);
    yg_jsonw_ku64(w, "blind", s->blind);
    yg_jsonw_close(w, '}');
}

/* Parts of one tenant may stand apart. */
static bool is_first(const struct yg_act_part *part, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (yg_str_eq(part[k].tenant, part[i].tenant))
            return false;
    return true;
}

void yg_say_act_selection(struct yg_jsonw *w, const struct yg_selection *s,
                          const struct yg_act_part *part, size_t parts)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_khex(w, "selection", s->id, YG_ID_SIZE);
    yg_jsonw_ku64(w, "count", s->alerts);
    yg_jsonw_kbool(w, "ready", s->ready);
    yg_jsonw_ktime(w, "expires", s->until_ns);
    yg_say_alert_text(w, "query", s->query);
    yg_jsonw_key(w, "tenants");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < parts; i++) {
        uint64_t n = 0;
        if (!is_first(part, i))
            continue;
        for (size_t k = i; k < parts; k++)
            n += yg_str_eq(part[k].tenant, part[i].tenant) ? part[k].n : 0;
        yg_jsonw_open(w, '{');
        yg_jsonw_kstr(w, "tenant", part[i].tenant);
        yg_jsonw_ku64(w, "alerts", n);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
    if (s->query.n > 0)
        shown(w, &s->shown);
    yg_jsonw_close(w, '}');
}

void yg_say_act(struct yg_jsonw *w, const struct yg_act *a)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "act", a->number);
    yg_jsonw_kcstr(w, "state", yg_act_state_name(a->state));
    yg_say_alert_level(w, "level", a->level);
    yg_jsonw_kstr(w, "who", a->who);
    yg_jsonw_ktime(w, "at", a->at_ns);
    yg_say_alert_text(w, "reason", a->reason);
    yg_say_alert_text(w, "note", a->note);
    yg_jsonw_ku64(w, "alerts", a->alerts);
    yg_jsonw_ku64(w, "done", a->done);
    yg_jsonw_ku64(w, "given", a->given);
    yg_jsonw_ku64(w, "left_blind", a->aside);
    yg_jsonw_ku64(w, "left_others", a->others);
    yg_jsonw_ku64(w, "undone", a->undone);
    yg_jsonw_ku64(w, "changed_since", a->changed);
    yg_say_alert_text(w, "undone_by", a->undone_by);
    yg_jsonw_close(w, '}');
}
