/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handle_desk.h"

#include "base/buf.h"
#include "desk/duty.h"

#include <stdio.h>

#define SAID_MAX 512

enum yg_status yg_handle_desk_there(const struct yg_call *c, struct yg_err *err)
{
    return c->api->desk ? YG_OK
                        : yg_err_set(err, YG_EBUSY, "this server runs without a desk");
}

struct yg_desk_by yg_handle_desk_by(const struct yg_call *c)
{
    return (struct yg_desk_by){ c->who.name.n > 0 ? c->who.name : YG_STR("local"),
                                &c->source.scope };
}

bool yg_handle_desk_may(const struct yg_call *c, enum yg_verb v, enum yg_object o)
{
    return !c->api->people || yg_principal_may(&c->who, v, o);
}

/* ---- lists ------------------------------------------------------------------------ */

enum yg_status yg_handle_desk_ask(const struct yg_call *c, struct yg_desk_ask *out,
                                  struct yg_err *err)
{
    struct yg_str after = c->params.text[YG_P_AFTER];

    *out = (struct yg_desk_ask){ .tenant = c->params.text[YG_P_TENANT],
                                 .limit = (size_t)c->params.number[YG_P_LIMIT] };
    if (after.n > 0 && !yg_str_u64(after, &out->before))
        return yg_err_set(err, YG_EINVAL, "after: write what the answer before told");
    return yg_handle_desk_there(c, err);
}

struct yg_jsonw yg_handle_desk_list(struct yg_call *c, const char *name)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);

    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, name);
    yg_jsonw_open(&w, '[');
    return w;
}

void yg_handle_desk_list_end(struct yg_call *c, struct yg_jsonw *w, bool more,
                             uint64_t last)
{
    char text[24];

    yg_jsonw_close(w, ']');
    yg_jsonw_kbool(w, "more", more);
    if (more) {
        snprintf(text, sizeof(text), "%llu", (unsigned long long)last);
        yg_jsonw_kcstr(w, "after", text);
    }
    yg_jsonw_close(w, '}');
    yg_buf_char(&c->answer->body, '\n');
}

/* ---- bodies and answers ----------------------------------------------------------- */

enum yg_status yg_handle_desk_time(const struct yg_call *c, enum yg_member m,
                                   int64_t *out, struct yg_err *err)
{
    int used;

    if (!c->body.given[m] || yg_time_iso(c->body.text[m], 0, out, &used))
        return YG_OK;
    return yg_err_set(err, YG_EINVAL, "%s: write a time as 2026-12-31T12:00:00Z",
                      yg_member_info[m].name);
}

void yg_handle_desk_said(struct yg_call *c, struct yg_str tenant, const char *what,
                         uint64_t number, struct yg_str name)
{
    struct yg_buf text;

    yg_buf_init(&text, SAID_MAX);
    yg_buf_printf(&text, "%s ", what);
    if (number > 0)
        yg_buf_printf(&text, "%llu", (unsigned long long)number);
    yg_buf_printf(&text, number > 0 && name.n > 0 ? ": " : "");
    yg_buf_str_add(&text, name);
    c->said = yg_arena_str(&c->arena, yg_buf_str(&text));
    c->tenant = yg_arena_str(&c->arena, tenant);
    yg_buf_fini(&text);
}

enum yg_status yg_handle_desk_done(struct yg_call *c)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);

    yg_jsonw_open(&w, '{');
    yg_jsonw_kbool(&w, "changed", true);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

/* ---- rows of the queue ------------------------------------------------------------ */

/* When a run that was judged was. */
static enum yg_status judged_at(struct yg_call *c, const struct yg_queue_run *r,
                                int64_t *out, struct yg_err *err)
{
    struct yg_verdict v;

    if (r->verdict == YG_LEVEL_NONE)
        return YG_OK;
    enum yg_status st =
        yg_store_verdict_get(c->source.store, r->worst, &c->arena, &v, err);
    if (st == YG_OK)
        *out = v.at_ns;
    else if (st == YG_ENOTFOUND)
        *out = r->last_ns;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

struct runs {
    const struct yg_queue_run *run;
    size_t count;
    bool blind;
};

static enum yg_status duty_of(struct yg_call *c, const struct runs *of,
                              const struct yg_duty **out, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_duty_run *run;
    struct yg_duty *duty = NULL;
    enum yg_status st = YG_OK;

    *out = NULL;
    if (!c->api->desk || of->count > YG_DESK_LIST_MAX)
        return YG_OK;
    run = yg_arena_zalloc(&c->arena, (of->count + 1) * sizeof(*run));
    if (!run)
        return yg_err_set(err, YG_ENOMEM, "no memory for the queue");
    for (size_t i = 0; st == YG_OK && i < of->count; i++) {
        const struct yg_queue_run *r = &of->run[i];
        run[i] =
            (struct yg_duty_run){ .run = r->id,
                                  .tenant = r->tenant,
                                  .first_ns = r->first_ns,
                                  .blind = of->blind,
                                  .level = r->verdict != YG_LEVEL_NONE ? r->verdict
                                                                       : r->predicted };
        st = of->blind ? YG_OK : judged_at(c, r, &run[i].judged_ns, err);
    }
    const struct yg_duty_ask ask = { run, of->count };
    if (st == YG_OK)
        st = yg_duty_of(c->api->desk, &by, &ask, &c->arena, &duty, err);
    *out = duty;
    return st;
}

enum yg_status yg_handle_desk_duty(struct yg_call *c, struct yg_view_queue *v,
                                   struct yg_err *err)
{
    const struct runs of = { v->page.run, v->page.count, false };

    return duty_of(c, &of, &v->duty, err);
}

enum yg_status yg_handle_desk_duty_run(struct yg_call *c, struct yg_view_run *v,
                                       struct yg_err *err)
{
    const struct runs of = { &v->run, 1, v->blind };

    return duty_of(c, &of, &v->duty, err);
}

void yg_handle_desk_looked(struct yg_call *c, const struct yg_queue_run *run)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_err none = { .line = 0 };

    if (!c->api->desk || !yg_handle_desk_may(c, YG_VERB_JUDGE, YG_OBJ_VERDICT))
        return;
    if (yg_duty_looked(c->api->desk, &by, run->id, run->tenant, &none) != YG_OK)
        return; /* the next time he opens it, then */
}

void yg_handle_desk_judged(struct yg_call *c, const unsigned char run[YG_ID_SIZE])
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_err none = { .line = 0 };

    if (c->api->desk && yg_claim_done(c->api->desk, &by, run, &none) != YG_OK)
        return; /* it ends by itself */
}
