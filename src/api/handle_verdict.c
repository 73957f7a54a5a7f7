/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts: given and taken back, on an alert or on a run, by the code of the command
 * `verdict` (pipeline/ruling.h). */
#include "api/api.h"
#include "api/handle.h"
#include "api/handle_desk.h"
#include "api/seen.h"
#include "base/jsonw.h"
#include "pipeline/ruling.h"

/* His own verdict anybody may change who judges; another's is another right. */
static bool overrules(const struct yg_call *c)
{
    return !c->api->people || yg_principal_may(&c->who, YG_VERB_CHANGE, YG_OBJ_VERDICT);
}

/* What {id} stands for, in full, as far as who asks sees it. */
static enum yg_status find(struct yg_call *c, bool alone, char hex[2 * YG_ID_SIZE + 1],
                           struct yg_err *err)
{
    struct yg_store_record rec;
    struct yg_queue_run run;
    struct yg_str tenant;
    enum yg_status st =
        alone ? yg_seen_alert(&c->source, c->id, &c->arena, &rec, &tenant, err)
              : yg_seen_run(&c->source, c->id, &c->arena, &run, err);

    if (st == YG_OK)
        yg_hex(alone ? rec.id : run.id, YG_ID_SIZE, hex);
    return st;
}

static enum yg_status rule(struct yg_call *c, const struct yg_ruling *r,
                           struct yg_ruled *out, struct yg_err *err)
{
    enum yg_status st = yg_store_hold(c->api->rows, err);

    if (st != YG_OK)
        return st;
    st = yg_rule(r, &c->arena, out, err);
    if (st == YG_OK)
        st = yg_store_commit(c->api->rows, err);
    if (st != YG_OK)
        yg_store_rollback(c->api->rows);
    else if (out->recall && c->api->recall)
        c->api->recall(c->source.policy_arg, out->run);
    return st;
}

static enum yg_status give(struct yg_call *c, bool alone, bool undo, struct yg_ruled *out,
                           struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    unsigned char run[YG_ID_SIZE];
    struct yg_ruling r = {
        .store = c->api->rows,
        .config = c->source.config,
        .clock = c->source.clock,
        .alone = alone,
        .undo = undo,
        .own = !overrules(c),
        .reason = c->body.text[YG_M_VERDICT_REASON],
        .note = c->body.text[YG_M_VERDICT_NOTE],
        .who = c->who.name.n > 0 ? c->who.name : YG_STR("local"),
    };
    struct yg_str level = c->body.text[YG_M_VERDICT_LEVEL];

    if (!undo && !yg_level_of(level, &r.level))
        return yg_err_set(err, YG_EINVAL, "level: write FP, L1, L2, L3 or L4");
    if (!c->api->rows)
        return yg_err_set(err, YG_EBUSY, "this server takes no verdicts");
    enum yg_status st = find(c, alone, hex, err);
    r.id = yg_str_of(hex);
    if (st == YG_OK)
        st = rule(c, &r, out, err);
    if (st == YG_OK && !alone && !undo && yg_unhex(r.id, run, YG_ID_SIZE))
        yg_handle_desk_judged(c, run);
    return st;
}

static enum yg_status give_json(struct yg_call *c, bool alone, bool undo,
                                struct yg_err *err)
{
    struct yg_ruled done;
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    enum yg_status st = give(c, alone, undo, &done, err);

    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "verdict");
    if (undo)
        yg_jsonw_null(&w);
    else
        yg_jsonw_str(&w, c->body.text[YG_M_VERDICT_LEVEL]);
    yg_jsonw_ku64(&w, "alerts", done.changed);
    yg_jsonw_kbool(&w, "run", done.is_run);
    yg_jsonw_kbool(&w, "audit", done.drawn == YG_DRAW_AUDIT);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_verdict_alert(struct yg_call *c, struct yg_err *err)
{
    return give_json(c, true, false, err);
}

enum yg_status yg_handle_undo_alert(struct yg_call *c, struct yg_err *err)
{
    return give_json(c, true, true, err);
}

enum yg_status yg_handle_verdict_run(struct yg_call *c, struct yg_err *err)
{
    return give_json(c, false, false, err);
}

enum yg_status yg_handle_undo_run(struct yg_call *c, struct yg_err *err)
{
    return give_json(c, false, true, err);
}

static enum yg_status by_form(struct yg_call *c, bool undo, struct yg_err *err)
{
    struct yg_ruled done;
    struct yg_buf to;
    enum yg_status st = give(c, false, undo, &done, err);

    if (st != YG_OK)
        return st;
    yg_buf_init(&to, 256);
    yg_buf_printf(&to, "/run/%.*s", YG_STR_ARG(c->id));
    yg_redirect(c, yg_buf_str(&to));
    yg_buf_fini(&to);
    return YG_OK;
}

enum yg_status yg_handle_verdict_page(struct yg_call *c, struct yg_err *err)
{
    return by_form(c, false, err);
}

enum yg_status yg_handle_undo_page(struct yg_call *c, struct yg_err *err)
{
    return by_form(c, true, err);
}
