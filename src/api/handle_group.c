/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of alike alerts that were asked about (`yagura ask`, pipeline/question.h). */
#include "act/act.h"
#include "api/api.h"
#include "api/handle.h"
#include "api/say_alert.h"
#include "api/seen.h"
#include "pipeline/question.h"

#define LOOK_S 0.05

/* By the command, or by an act on it: its first alert tells. */
static bool is_answered(struct yg_call *c, const struct yg_question *q)
{
    struct yg_verdict v;
    struct yg_err unused;

    return q->state == YG_QUESTION_ANSWERED ||
           (q->count > 0 && yg_store_verdict_get(c->source.store, q->alert, &c->arena, &v,
                                                 &unused) == YG_OK);
}

static void members(struct yg_jsonw *w, struct yg_call *c, const struct yg_question *q)
{
    yg_jsonw_khex(w, "id", q->id, YG_ID_SIZE);
    yg_jsonw_kstr(w, "tenant", q->tenant);
    yg_jsonw_ktime(w, "asked", q->asked_ns);
    yg_jsonw_kbool(w, "own", q->own);
    yg_jsonw_ku64(w, "count", q->count);
    yg_jsonw_kbool(w, "answered", is_answered(c, q));
    if (q->count > 0)
        yg_jsonw_khex(w, "first", q->alert, YG_ID_SIZE);
    if (q->state == YG_QUESTION_ANSWERED) {
        yg_say_alert_level(w, "level", q->level);
        yg_say_alert_text(w, "who", q->who);
    }
}

struct listing {
    struct yg_call *c;
    struct yg_jsonw w;
    uint64_t left;
    double until;
};

static bool on_group(void *arg, const struct yg_question *q)
{
    struct listing *l = arg;
    const struct yg_scope *s = &l->c->source.scope;
    struct yg_str tenant = l->c->params.text[YG_P_TENANT];

    if ((s->all || yg_scope_has(s, q->tenant)) &&
        (tenant.n == 0 || yg_str_eq(tenant, q->tenant))) {
        yg_jsonw_open(&l->w, '{');
        members(&l->w, l->c, q);
        yg_jsonw_close(&l->w, '}');
        l->left--;
    }
    return l->left > 0 && yg_clock_wall() < l->until;
}

enum yg_status yg_handle_groups(struct yg_call *c, struct yg_err *err)
{
    struct listing l = { .c = c,
                         .w = yg_jsonw_of(&c->answer->body),
                         .left = c->params.number[YG_P_LIMIT],
                         .until = yg_clock_wall() + LOOK_S };
    enum yg_status st = yg_seen_tenant(&c->source, c->params.text[YG_P_TENANT], err);

    if (st != YG_OK)
        return st;
    yg_jsonw_open(&l.w, '{');
    yg_jsonw_key(&l.w, "groups");
    yg_jsonw_open(&l.w, '[');
    st = yg_questions_each(c->source.store, on_group, &l, err);
    yg_jsonw_close(&l.w, ']');
    yg_jsonw_close(&l.w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return st;
}

enum yg_status yg_handle_group(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_view_paging p = { .page = c->params.number[YG_P_PAGE],
                                .limit = c->params.number[YG_P_LIMIT] };
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_question q;
    size_t first;
    enum yg_status st = yg_seen_group(&c->source, c->id, &c->arena, &q, err);

    if (st != YG_OK)
        return st;
    size_t n = yg_view_slice(&p, q.count, &first);
    yg_jsonw_open(&w, '{');
    members(&w, c, &q);
    yg_jsonw_key(&w, "list");
    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "total", p.total);
    yg_jsonw_ku64(&w, "page", p.page);
    yg_jsonw_ku64(&w, "pages", yg_view_pages(&p));
    yg_jsonw_ku64(&w, "limit", p.limit);
    yg_jsonw_key(&w, "alerts");
    yg_jsonw_open(&w, '[');
    for (size_t i = first; i < first + n; i++) {
        yg_hex(q.alert + i * YG_ID_SIZE, YG_ID_SIZE, hex);
        yg_jsonw_str(&w, yg_str_of(hex));
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

/* What was asked is what was shown: its list is frozen already. */
enum yg_status yg_handle_group_verdict(struct yg_call *c, struct yg_err *err)
{
    struct yg_selection s = { .who = c->who.name.n ? c->who.name : YG_STR("local"),
                              .ready = true };
    struct yg_question q;
    enum yg_status st = yg_seen_group(&c->source, c->id, &c->arena, &q, err);

    if (st != YG_OK)
        return st;
    if (!c->api->acts)
        return yg_err_set(err, YG_EBUSY, "there are no acts on this server");
    if (q.own)
        return yg_err_set(err, YG_EEXIST,
                          "this run is asked on its own: judge it as a run");
    const struct yg_act_part part = { q.tenant, q.alert, q.count };
    st = yg_selection_make(c->api->acts, &s, &part, 1, err);
    return st == YG_OK ? yg_act_order(c, s.id, err) : st;
}
