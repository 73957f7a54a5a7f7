/* SPDX-License-Identifier: Apache-2.0 */
/* Who did and read what, for those who may know: rows, the whole chain, is it whole? */
#include "api/api.h"
#include "api/handle_people.h"
#include "api/trail_json.h"

#include <stdio.h>

#define LOOKS  20000 /* rows of one answer that are looked at: 40 ms */
#define EXPORT 5000  /* rows of one answer */

static enum yg_status there(const struct yg_call *c, struct yg_err *err)
{
    return c->api->trail ? YG_OK
                         : yg_err_set(err, YG_EBUSY, "this server writes no trail");
}

/* "after" of the answer before. */
static enum yg_status cursor(const struct yg_call *c, uint64_t *out, struct yg_err *err)
{
    struct yg_str after = c->params.text[YG_P_AFTER];

    *out = 0;
    if (after.n > 0 && (!yg_str_u64(after, out) || *out == 0 || *out > INT64_MAX))
        return yg_err_set(err, YG_EINVAL, "after: write what the answer before told");
    return YG_OK;
}

static enum yg_status time_of(const struct yg_call *c, enum yg_param p, int64_t *out,
                              struct yg_err *err)
{
    struct yg_str text = c->params.text[p];

    if (text.n > 0 && !yg_time_iso(text, 0, out, NULL))
        return yg_err_set(err, YG_EINVAL, "%s: write a time as 2026-01-31T00:00:00Z",
                          yg_param_info[p].name);
    return YG_OK;
}

static enum yg_status read_ask(const struct yg_call *c, struct yg_trail_ask *ask,
                               struct yg_err *err)
{
    const struct yg_params *p = &c->params;

    *ask = (struct yg_trail_ask){ .scope = &c->source.scope,
                                  .until_ns = p->text[YG_P_FROM].n ? INT64_MAX : 0,
                                  .who = p->text[YG_P_WHO],
                                  .verb = p->text[YG_P_VERB],
                                  .object = p->text[YG_P_OBJECT],
                                  .subject = p->text[YG_P_SUBJECT],
                                  .tenant = p->text[YG_P_TENANT],
                                  .limit = (size_t)p->number[YG_P_LIMIT],
                                  .looks = LOOKS };
    if (ask->tenant.n > 0 && !yg_scope_has(ask->scope, ask->tenant))
        return yg_err_set(err, YG_ENOTFOUND, "there is no such tenant");
    enum yg_status st = cursor(c, &ask->before, err);
    if (st == YG_OK)
        st = time_of(c, YG_P_FROM, &ask->from_ns, err);
    return st == YG_OK ? time_of(c, YG_P_UNTIL, &ask->until_ns, err) : st;
}

enum yg_status yg_handle_trail(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_trail_row *row = NULL;
    struct yg_trail_ask ask;
    uint64_t reached = 0;
    char after[24];
    size_t n = 0;
    enum yg_status st = there(c, err);

    if (st == YG_OK)
        st = read_ask(c, &ask, err);
    if (st != YG_OK)
        return st;
    ask.reached = &reached;
    st = yg_trail_list(c->api->trail, &ask, &c->arena, &row, &n, err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "rows");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < n; i++)
        yg_json_trail_row(&w, &row[i]);
    yg_jsonw_close(&w, ']');
    yg_jsonw_kbool(&w, "more", reached > 0);
    if (reached > 0) {
        snprintf(after, sizeof(after), "%llu", (unsigned long long)reached);
        yg_jsonw_kcstr(&w, "after", after);
    }
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_trail_export(struct yg_call *c, struct yg_err *err)
{
    struct yg_trail_piece p;
    uint64_t after = 0;
    size_t mark = 0;
    enum yg_status st = there(c, err);

    if (st == YG_OK)
        st = cursor(c, &after, err);
    if (st == YG_OK)
        st = yg_trail_piece(c->api->trail, after, EXPORT, &c->arena, &p, err);
    if (st != YG_OK)
        return st;
    for (size_t i = 0; i < p.rows; i++) {
        yg_json_trail_line(&p.row[i], &c->answer->body);
        for (; mark < p.marks && p.mark[mark].seq == p.row[i].seq; mark++)
            yg_json_trail_mark_line(&p.mark[mark], &c->answer->body);
    }
    if (p.more)
        yg_buf_printf(&c->answer->body, "{\"more\":true,\"after\":\"%llu\"}\n",
                      (unsigned long long)p.row[p.rows - 1].seq);
    return YG_OK;
}

enum yg_status yg_handle_trail_verify(struct yg_call *c, struct yg_err *err)
{
    unsigned char key[YG_TRAIL_KEY] = { 0 }, has[YG_DIGEST_SIZE];
    struct yg_str said = c->params.text[YG_P_HAS];
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_trail_report report;
    enum yg_status st = there(c, err);

    if (st == YG_OK && said.n > 0 && !yg_unhex(said, has, sizeof(has)))
        return yg_err_set(err, YG_EINVAL, "has: 64 hex digits, as an answer here had");
    if (st == YG_OK && c->api->trail_key)
        st = c->api->trail_key(c->source.policy_arg, key, err);
    if (st != YG_OK)
        return st;
    st = yg_trail_verify(c->api->trail, key, said.n > 0 ? has : NULL, &report, err);
    if (st != YG_OK && st != YG_ECORRUPT)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_kbool(&w, "whole", st == YG_OK);
    if (st != YG_OK)
        yg_jsonw_kcstr(&w, "finding", err->msg);
    if (said.n > 0)
        yg_jsonw_kbool(&w, "has", report.has);
    yg_json_trail_report(&w, &report);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}
