/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to customers over the API: analysts ask and withdraw, customers answer. */
#include "api/handle_desk.h"
#include "api/seen.h"
#include "desk/about.h"

#define DUE_NS (INT64_C(3) * 86400 * YG_NS_PER_S) /* unless it is said */

static enum yg_status tell(struct yg_call *c, uint64_t number, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_inquiry q;
    enum yg_status st = yg_inquiry_get(c->api->desk, &by, number, &c->arena, &q, err);

    if (st != YG_OK)
        return st;
    yg_inquiry_json(&w, &q);
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_questions(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_str state = c->params.text[YG_P_STATE];
    struct yg_inquiry_ask ask = { .state = YG_INQUIRY_STATE_COUNT };
    struct yg_inquirys q = { .count = 0 };
    enum yg_status st = yg_handle_desk_ask(c, &ask.page, err);

    if (st == YG_OK && state.n > 0 && !yg_inquiry_state_of(state, &ask.state))
        st = yg_err_set(err, YG_EINVAL, "state: write open, answered or withdrawn");
    if (st == YG_OK)
        st = yg_inquiry_list(c->api->desk, &by, &ask, &c->arena, &q, err);
    if (st != YG_OK)
        return st;
    struct yg_jsonw w = yg_handle_desk_list(c, "questions");
    for (size_t i = 0; i < q.count; i++)
        yg_inquiry_json(&w, &q.row[i]);
    yg_handle_desk_list_end(c, &w, q.more, q.count ? q.row[q.count - 1].number : 0);
    return YG_OK;
}

enum yg_status yg_handle_question(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = yg_handle_desk_there(c, err);

    return st == YG_OK ? tell(c, c->number, err) : st;
}

/* The run or the alert that it is about, if he sees it; and whose it is. */
static enum yg_status about(struct yg_call *c, struct yg_inquiry *q, struct yg_err *err)
{
    const struct yg_body *b = &c->body;
    struct yg_store_record rec;
    struct yg_queue_run run;
    enum yg_status st;

    if (b->given[YG_M_QUESTION_RUN] == b->given[YG_M_QUESTION_ALERT])
        return yg_err_set(err, YG_EINVAL, "name a run or an alert");
    if (b->given[YG_M_QUESTION_RUN]) {
        st = yg_seen_run(&c->source, b->text[YG_M_QUESTION_RUN], &c->arena, &run, err);
        if (st == YG_OK) {
            memcpy(q->run, run.id, YG_ID_SIZE);
            q->tenant = run.tenant;
        }
        return st;
    }
    st = yg_seen_alert(&c->source, b->text[YG_M_QUESTION_ALERT], &c->arena, &rec,
                       &q->tenant, err);
    if (st == YG_OK)
        memcpy(q->alert, rec.id, YG_ID_SIZE);
    return st;
}

enum yg_status yg_handle_question_make(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_inquiry q = { .text = c->body.text[YG_M_QUESTION_TEXT],
                            .due_ns = yg_clock_now(c->source.clock) + DUE_NS };
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_handle_desk_time(c, YG_M_QUESTION_DUE, &q.due_ns, err);
    if (st == YG_OK)
        st = about(c, &q, err);
    if (st == YG_OK)
        st = yg_inquiry_add(c->api->desk, &by, &q, &q, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, q.tenant, "question", q.number, YG_STR_NONE);
    return tell(c, q.number, err);
}

/* One that he sees, before his role is looked at: what lies outside does not exist. */
static enum yg_status seen(struct yg_call *c, struct yg_inquiry *q, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    enum yg_status st = yg_handle_desk_there(c, err);

    return st == YG_OK ? yg_inquiry_get(c->api->desk, &by, c->number, &c->arena, q, err)
                       : st;
}

enum yg_status yg_handle_question_answer(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_inquiry q;
    enum yg_status st = seen(c, &q, err);

    if (st == YG_OK && c->who.role != YG_ROLE_CUSTOMER)
        st = yg_err_set(err, YG_EPERM,
                        "Only the customer answers; what he said elsewhere is a note.");
    if (st == YG_OK)
        st = yg_inquiry_answer(c->api->desk, &by, c->number,
                               c->body.text[YG_M_ANSWER_TEXT], err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, q.tenant, "answered question", q.number, YG_STR_NONE);
    return tell(c, q.number, err);
}

enum yg_status yg_handle_question_withdraw(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_inquiry q;
    enum yg_status st = seen(c, &q, err);

    if (st == YG_OK && c->who.role == YG_ROLE_CUSTOMER)
        st = yg_err_set(err, YG_EPERM, "Who asked withdraws a question.");
    if (st == YG_OK)
        st = yg_inquiry_withdraw(c->api->desk, &by, c->number, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, q.tenant, "withdrew question", q.number, YG_STR_NONE);
    return tell(c, q.number, err);
}
