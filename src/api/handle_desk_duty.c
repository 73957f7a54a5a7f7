/* SPDX-License-Identifier: Apache-2.0 */
/* Claims on runs of the queue, and the clocks of a tenant, over the API. */
#include "api/handle_desk.h"
#include "api/seen.h"
#include "desk/duty.h"

#define MINUTE_NS (60 * YG_NS_PER_S)

static void claim_json(struct yg_jsonw *w, const struct yg_claim *c)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_khex(w, "run", c->run, YG_ID_SIZE);
    yg_jsonw_kstr(w, "tenant", c->tenant);
    yg_jsonw_kstr(w, "who", c->who);
    yg_jsonw_ktime(w, "made", c->made_ns);
    yg_jsonw_ktime(w, "until", c->until_ns);
    yg_jsonw_close(w, '}');
}

enum yg_status yg_handle_claims(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_claim_rows list = { .count = 0 };
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_claim_list(c->api->desk, &by, c->params.text[YG_P_USER], &c->arena, &list,
                           err);
    if (st != YG_OK)
        return st;
    struct yg_jsonw w = yg_handle_desk_list(c, "claims");
    for (size_t i = 0; i < list.count; i++)
        claim_json(&w, &list.row[i]);
    yg_handle_desk_list_end(c, &w, false, 0);
    return YG_OK;
}

/* The run at {id}, as far as he sees it. */
static enum yg_status of_run(struct yg_call *c, struct yg_queue_run *run,
                             struct yg_err *err)
{
    enum yg_status st = yg_handle_desk_there(c, err);

    return st == YG_OK ? yg_seen_run(&c->source, c->id, &c->arena, run, err) : st;
}

enum yg_status yg_handle_claim(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const bool over = c->body.flag[YG_M_CLAIM_OVER];
    struct yg_queue_run run;
    struct yg_claim claim;
    enum yg_status st = of_run(c, &run, err);

    if (st == YG_OK && over && !yg_handle_desk_may(c, YG_VERB_DELETE, YG_OBJ_QUEUE))
        st = yg_err_set(err, YG_EPERM, "Your role does not take another's claim.");
    if (st != YG_OK)
        return st;
    const struct yg_claim_ask ask = { .run = run.id, .tenant = run.tenant, .over = over };
    st = yg_claim_take(c->api->desk, &by, &ask, &c->arena, &claim, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, run.tenant, over ? "took over" : "claimed", 0, YG_STR_NONE);
    claim_json(&w, &claim);
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_claim_end(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_queue_run run;
    enum yg_status st = of_run(c, &run, err);

    if (st != YG_OK)
        return st;
    const struct yg_claim_ask ask = {
        .run = run.id,
        .tenant = run.tenant,
        .over = yg_handle_desk_may(c, YG_VERB_DELETE, YG_OBJ_QUEUE),
    };
    st = yg_claim_release(c->api->desk, &by, &ask, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, run.tenant, "released", 0, YG_STR_NONE);
    return yg_handle_desk_done(c);
}

/* ---- clocks ------------------------------------------------------------------------ */

static enum yg_status tell_clocks(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_clock_targets t = { .count = 0 };
    enum yg_status st =
        yg_clock_target_list(c->api->desk, &by, c->id, &c->arena, &t, err);

    if (st != YG_OK)
        return st;
    struct yg_jsonw w = yg_handle_desk_list(c, "clocks");
    for (size_t i = 0; i < t.count; i++) {
        const struct yg_clock_target *r = &t.row[i];
        yg_jsonw_open(&w, '{');
        yg_jsonw_kcstr(&w, "level",
                       r->level < YG_LEVEL_COUNT ? yg_level_name(r->level) : "none");
        yg_jsonw_ku64(&w, "look_minutes", (uint64_t)(r->look_ns / MINUTE_NS));
        yg_jsonw_ku64(&w, "verdict_minutes", (uint64_t)(r->verdict_ns / MINUTE_NS));
        yg_jsonw_kbool(&w, "own", r->own);
        yg_jsonw_close(&w, '}');
    }
    yg_handle_desk_list_end(c, &w, false, 0);
    return YG_OK;
}

enum yg_status yg_handle_clocks(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_seen_tenant(&c->source, c->id, err);
    return st == YG_OK ? tell_clocks(c, err) : st;
}

enum yg_status yg_handle_clock_set(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_str level = c->body.text[YG_M_CLOCK_LEVEL];
    struct yg_clock_target t = {
        .tenant = c->id,
        .level = YG_LEVEL_NONE,
        .look_ns = c->body.number[YG_M_CLOCK_LOOK] * MINUTE_NS,
        .verdict_ns = c->body.number[YG_M_CLOCK_VERDICT] * MINUTE_NS,
    };
    enum yg_level of;
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_seen_tenant(&c->source, c->id, err);
    if (st == YG_OK && yg_level_of(level, &of))
        t.level = (uint8_t)of;
    else if (st == YG_OK && !yg_str_eq(level, YG_STR("none")))
        st = yg_err_set(err, YG_EINVAL, "level: write FP, L1, L2, L3, L4 or none");
    if (st == YG_OK)
        st = yg_clock_target_put(c->api->desk, &by, &t, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, c->id, "clock of", 0, level);
    return tell_clocks(c, err);
}
