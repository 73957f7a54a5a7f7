/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/inquiry.h"

#include "desk/desk_priv.h"

#define DAY_NS     (INT64_C(86400) * YG_NS_PER_S)
#define DUE_MAX_NS (366 * DAY_NS)

static const char *const state_name[YG_INQUIRY_STATE_COUNT] = {
#define X(id, name) [YG_INQUIRY_##id] = name,
    YG_INQUIRY_STATES(X)
#undef X
};

const char *yg_inquiry_state_name(unsigned state)
{
    return state < YG_INQUIRY_STATE_COUNT ? state_name[state] : "?";
}

bool yg_inquiry_state_of(struct yg_str name, enum yg_inquiry_state *out)
{
    for (unsigned k = 0; k < YG_INQUIRY_STATE_COUNT; k++)
        if (yg_str_eq(name, yg_str_of(state_name[k]))) {
            *out = (enum yg_inquiry_state)k;
            return true;
        }
    return false;
}

/* ---- rows ------------------------------------------------------------------------- */

struct rows {
    struct yg_arena *arena;
    struct yg_inquirys *out;
    size_t most;
};

static void read_id(struct yg_db_stmt *s, int column, unsigned char out[YG_ID_SIZE])
{
    struct yg_str id = yg_db_bytes(s, column);

    memset(out, 0, YG_ID_SIZE);
    if (id.n == YG_ID_SIZE)
        memcpy(out, id.p, YG_ID_SIZE);
}

static bool read_row(struct yg_db_stmt *s, struct yg_arena *arena, struct yg_inquiry *q)
{
    *q = (struct yg_inquiry){ .number = (uint64_t)yg_db_int(s, 0),
                              .asked_ns = yg_db_int(s, 6),
                              .due_ns = yg_db_int(s, 7),
                              .state = (uint8_t)yg_db_int(s, 8),
                              .ended_ns = yg_db_int(s, 11) };
    read_id(s, 2, q->run);
    read_id(s, 3, q->alert);
    return yg_db_copy(s, 1, arena, &q->tenant) && yg_db_copy(s, 4, arena, &q->text) &&
           yg_db_copy(s, 5, arena, &q->asked_by) && yg_db_copy(s, 9, arena, &q->answer) &&
           yg_db_copy(s, 10, arena, &q->ended_by);
}

static enum yg_status add_row(void *arg, struct yg_db_stmt *s)
{
    struct rows *r = arg;

    if (r->out->count == r->most) {
        r->out->more = true;
        return YG_EEND;
    }
    return read_row(s, r->arena, &r->out->row[r->out->count++]) ? YG_OK : YG_ENOMEM;
}

static bool rows_of(struct rows *r, struct yg_arena *arena, size_t most,
                    struct yg_inquirys *out)
{
    *out = (struct yg_inquirys){ .row = yg_arena_alloc(
                                     arena, (most + 1) * sizeof(struct yg_inquiry)) };
    *r = (struct rows){ arena, out, most };
    return out->row != NULL;
}

enum yg_status yg_inquiry_get(struct yg_desk *d, const struct yg_desk_by *by,
                              uint64_t number, struct yg_arena *arena,
                              struct yg_inquiry *out, struct yg_err *err)
{
    struct yg_inquiry q = { .number = 0 };
    struct yg_inquirys one = { .row = &q };
    struct rows r = { arena, &one, 1 };
    enum yg_status st =
        yg_desk_row(d, YG_DQ_QUESTION_GET, YG_ARGS(YG_INT(number)),
                    (struct yg_desk_each){ add_row, &r }, "question", err);

    if (st != YG_OK)
        return st;
    if (!yg_scope_has(by->scope, q.tenant))
        return yg_desk_none("question", err);
    *out = q;
    return YG_OK;
}

/* ---- asking and answering --------------------------------------------------------- */

static const unsigned char nothing[YG_ID_SIZE];

static enum yg_status check(const struct yg_inquiry *q, int64_t now, struct yg_err *err)
{
    const struct yg_desk_text t = { "a question", q->text, 1, YG_DESK_TEXT, true };

    if (memcmp(q->run, nothing, YG_ID_SIZE) == 0 &&
        memcmp(q->alert, nothing, YG_ID_SIZE) == 0)
        return yg_err_set(err, YG_EINVAL, "a question is about a run or an alert");
    if (q->due_ns <= now || q->due_ns - now > DUE_MAX_NS)
        return yg_err_set(err, YG_EINVAL,
                          "an answer is due within a year, in the future");
    return yg_desk_text(&t, 1, err);
}

static enum yg_status insert(struct yg_desk *d, struct yg_inquiry *q, struct yg_err *err)
{
    int64_t number = 0;
    enum yg_status st =
        yg_desk_room(d, YG_DQ_QUESTION_COUNT, YG_ARGS(YG_TEXT(q->tenant), YG_INT(-1)),
                     YG_INQUIRIES_MAX, "questions to this tenant", err);

    if (st == YG_OK)
        st = yg_desk_room(d, YG_DQ_QUESTION_COUNT,
                          YG_ARGS(YG_TEXT(q->tenant), YG_INT(YG_INQUIRY_OPEN)),
                          YG_INQUIRIES_OPEN_MAX, "open questions to this tenant", err);
    if (st == YG_OK)
        st = yg_desk_number(d, YG_DQ_QUESTION_ADD,
                            YG_ARGS(YG_TEXT(q->tenant), YG_BLOB(yg_desk_id(q->run)),
                                    YG_BLOB(yg_desk_id(q->alert)), YG_TEXT(q->text),
                                    YG_TEXT(q->asked_by), YG_INT(q->asked_ns),
                                    YG_INT(q->due_ns)),
                            &number, err);
    q->number = (uint64_t)number;
    return st;
}

enum yg_status yg_inquiry_add(struct yg_desk *d, const struct yg_desk_by *by,
                              const struct yg_inquiry *q, struct yg_inquiry *out,
                              struct yg_err *err)
{
    struct yg_inquiry fresh = *q;
    enum yg_status st = yg_desk_tenant(by, q->tenant, err);

    if (st == YG_OK)
        st = check(q, yg_desk_now(d), err);
    if (st == YG_OK)
        st = yg_desk_begin(d, err);
    if (st != YG_OK)
        return st;
    fresh.asked_by = by->name;
    fresh.asked_ns = yg_desk_now(d);
    fresh.answer = fresh.ended_by = YG_STR_NONE;
    fresh.ended_ns = 0;
    fresh.state = YG_INQUIRY_OPEN;
    st = yg_desk_end(d, insert(d, &fresh, err), err);
    if (st == YG_OK)
        *out = fresh;
    return st;
}

/* In a transaction: from open to another state. */
static enum yg_status end(struct yg_desk *d, const struct yg_desk_by *by, uint64_t number,
                          struct yg_str answer, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_inquiry q;

    yg_arena_init(&arena, (size_t)64 << 10);
    enum yg_status st = yg_inquiry_get(d, by, number, &arena, &q, err);
    if (st == YG_OK && q.state != YG_INQUIRY_OPEN)
        st = yg_err_set(err, YG_EEXIST, "this question was %s already",
                        yg_inquiry_state_name(q.state));
    yg_arena_fini(&arena);
    if (st != YG_OK)
        return st;
    return yg_desk_run(
        d, YG_DQ_QUESTION_END,
        YG_ARGS(YG_INT(number),
                YG_INT(answer.n > 0 ? YG_INQUIRY_ANSWERED : YG_INQUIRY_WITHDRAWN),
                YG_TEXT(answer), YG_TEXT(by->name), YG_INT(yg_desk_now(d))),
        err);
}

enum yg_status yg_inquiry_answer(struct yg_desk *d, const struct yg_desk_by *by,
                                 uint64_t number, struct yg_str answer,
                                 struct yg_err *err)
{
    const struct yg_desk_text t = { "an answer", answer, 1, YG_DESK_TEXT, true };
    enum yg_status st = yg_desk_text(&t, 1, err);

    if (st == YG_OK)
        st = yg_desk_begin(d, err);
    return st == YG_OK ? yg_desk_end(d, end(d, by, number, answer, err), err) : st;
}

enum yg_status yg_inquiry_withdraw(struct yg_desk *d, const struct yg_desk_by *by,
                                   uint64_t number, struct yg_err *err)
{
    enum yg_status st = yg_desk_begin(d, err);

    return st == YG_OK ? yg_desk_end(d, end(d, by, number, YG_STR_NONE, err), err) : st;
}

/* ---- lists ------------------------------------------------------------------------ */

enum yg_status yg_inquiry_list(struct yg_desk *d, const struct yg_desk_by *by,
                               const struct yg_inquiry_ask *ask, struct yg_arena *arena,
                               struct yg_inquirys *out, struct yg_err *err)
{
    const struct yg_desk_pages pages = {
        &ask->page, YG_DQ_QUESTION_IDS, YG_DQ_QUESTION_IDS_OF,
        ask->state < YG_INQUIRY_STATE_COUNT ? (int64_t)ask->state : -1
    };
    struct yg_desk_page page;
    struct yg_inquirys list;
    struct rows r;
    enum yg_status st = yg_desk_list(d, by, &pages, arena, &page, err);

    if (st != YG_OK)
        return st;
    if (!rows_of(&r, arena, page.count, &list))
        return yg_desk_nomem(err);
    for (size_t i = 0; st == YG_OK && i < page.count; i++)
        st = yg_inquiry_get(d, by, page.number[i], arena, &list.row[list.count++], err);
    list.more = page.more;
    if (st == YG_OK)
        *out = list;
    return st;
}

enum yg_status yg_inquiry_at(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_inquiry_about *about, struct yg_arena *arena,
                             struct yg_inquirys *out, struct yg_err *err)
{
    struct yg_inquirys list;
    struct rows r;

    if (!yg_scope_has(by->scope, about->tenant))
        return yg_desk_none("tenant", err);
    if (!rows_of(&r, arena, YG_DESK_ABOUT_MAX, &list))
        return yg_desk_nomem(err);
    const struct yg_str alert = yg_desk_id(about->alert);
    const struct yg_str run = about->run ? yg_desk_id(about->run) : alert;
    enum yg_status st =
        yg_desk_rows(d, YG_DQ_QUESTION_AT,
                     YG_ARGS(YG_BLOB(alert), YG_BLOB(run), YG_TEXT(about->tenant),
                             YG_INT(YG_INQUIRY_WITHDRAWN), YG_INT(YG_DESK_ABOUT_MAX + 1)),
                     (struct yg_desk_each){ add_row, &r }, err);
    if (st == YG_OK)
        *out = list;
    return st;
}
