/* SPDX-License-Identifier: Apache-2.0 */
/* One verdict on all alerts of a selection, and its undoing (act/act.h). What is ordered
 * here is carried out by a process beside (pipeline/bulk.h). */
#include "act/act.h"
#include "api/api.h"
#include "api/handle.h"
#include "api/say_act.h"

static enum yg_status none_here(struct yg_err *err)
{
    return yg_err_set(err, YG_EBUSY, "there are no acts on this server");
}

static struct yg_str who(const struct yg_call *c)
{
    return c->who.name.n > 0 ? c->who.name : YG_STR("local");
}

static bool overrules(const struct yg_call *c)
{
    return !c->api->people || yg_principal_may(&c->who, YG_VERB_CHANGE, YG_OBJ_VERDICT);
}

static enum yg_status answer(struct yg_call *c, uint64_t number, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_act act;
    enum yg_status st =
        yg_act_get(c->api->acts, &c->source.scope, number, &c->arena, &act, err);

    if (st != YG_OK)
        return st;
    yg_say_act(&w, &act);
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

static void ordered(struct yg_call *c, const char *what, uint64_t number, uint64_t alerts)
{
    struct yg_buf text;

    yg_buf_init(&text, 256);
    yg_buf_printf(&text, "%s act %llu: %llu alerts", what, (unsigned long long)number,
                  (unsigned long long)alerts);
    c->said = yg_arena_str(&c->arena, yg_buf_str(&text));
    yg_buf_fini(&text);
    if (c->api->carry_out)
        c->api->carry_out(c->source.policy_arg);
}

enum yg_status yg_act_order(struct yg_call *c, const unsigned char selection[YG_ID_SIZE],
                            struct yg_err *err)
{
    struct yg_act act = { .who = who(c),
                          .own = !overrules(c),
                          .reason = c->body.text[YG_M_BULK_REASON],
                          .note = c->body.text[YG_M_BULK_NOTE] };
    enum yg_level level;

    if (!yg_level_of(c->body.text[YG_M_BULK_LEVEL], &level))
        return yg_err_set(err, YG_EINVAL, "level: write FP, L1, L2, L3 or L4");
    if (!c->api->rows)
        return none_here(err);
    act.level = (uint8_t)level;
    enum yg_status st = yg_act_begin(
        c->api->acts, selection, (uint64_t)c->body.number[YG_M_BULK_COUNT], &act, err);
    if (st != YG_OK)
        return st;
    ordered(c, yg_level_name(level), act.number, act.alerts);
    return answer(c, act.number, err);
}

enum yg_status yg_handle_selection_verdict(struct yg_call *c, struct yg_err *err)
{
    unsigned char id[YG_ID_SIZE];

    if (!c->api->acts)
        return none_here(err);
    if (!yg_unhex(c->id, id, sizeof(id)))
        return yg_err_set(err, YG_ENOTFOUND, "there is no such selection");
    return yg_act_order(c, id, err);
}

enum yg_status yg_handle_act(struct yg_call *c, struct yg_err *err)
{
    return c->api->acts ? answer(c, c->number, err) : none_here(err);
}

enum yg_status yg_handle_acts(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_str after = c->params.text[YG_P_AFTER];
    struct yg_acts_ask ask = { .scope = &c->source.scope,
                               .limit = (size_t)c->params.number[YG_P_LIMIT] };
    struct yg_act *row;
    size_t n = 0;

    if (!c->api->acts)
        return none_here(err);
    if (after.n > 0 && !yg_str_u64(after, &ask.before))
        return yg_err_set(err, YG_EINVAL, "after: the number of an act");
    enum yg_status st = yg_acts_list(c->api->acts, &ask, &c->arena, &row, &n, err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "acts");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < n; i++)
        yg_say_act(&w, &row[i]);
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

/* His own act, or as who overrules. */
enum yg_status yg_handle_act_undo(struct yg_call *c, struct yg_err *err)
{
    struct yg_act act;

    if (!c->api->acts || !c->api->rows)
        return none_here(err);
    enum yg_status st =
        yg_act_get(c->api->acts, &c->source.scope, c->number, &c->arena, &act, err);
    if (st == YG_OK && !overrules(c) && !yg_str_eq(act.who, who(c)))
        st = yg_err_set(err, YG_EPERM,
                        "It is somebody else's; your role does not overrule it.");
    if (st == YG_OK)
        st = yg_act_undo(c->api->acts, &act, who(c), err);
    if (st != YG_OK)
        return st;
    ordered(c, "undo of", act.number, act.alerts);
    return answer(c, act.number, err);
}
