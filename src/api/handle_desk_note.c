/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of the analysts over the API. */
#include "api/handle_desk.h"
#include "desk/about.h"

static enum yg_status tell(struct yg_call *c, uint64_t number, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_desk_note n;
    enum yg_status st = yg_desk_note_get(c->api->desk, &by, number, &c->arena, &n, err);

    if (st != YG_OK)
        return st;
    yg_desk_note_json(&w, &n);
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

static void list(struct yg_call *c, const struct yg_desk_notes *n)
{
    struct yg_jsonw w = yg_handle_desk_list(c, "notes");

    for (size_t i = 0; i < n->count; i++)
        yg_desk_note_json(&w, &n->row[i]);
    yg_handle_desk_list_end(c, &w, n->more, n->count ? n->row[n->count - 1].number : 0);
}

/* Those in force with just this key. */
static enum yg_status at_key(struct yg_call *c, struct yg_desk_notes *out,
                             struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_desk_note_key key = { .tenant = c->params.text[YG_P_TENANT],
                                    .key = c->params.text[YG_P_KEY] };

    if (!yg_desk_note_kind_of(c->params.text[YG_P_KIND], &key.kind) || key.tenant.n == 0)
        return yg_err_set(
            err, YG_EINVAL,
            "kind: write host, signature, tenant or alert, with the tenant");
    return yg_desk_note_at(c->api->desk, &by, &key, &c->arena, out, err);
}

enum yg_status yg_handle_notes(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_desk_notes n = { .count = 0 };
    struct yg_desk_ask ask;
    enum yg_status st = yg_handle_desk_ask(c, &ask, err);

    if (st != YG_OK)
        return st;
    if (c->params.text[YG_P_KIND].n > 0 || c->params.text[YG_P_KEY].n > 0)
        st = at_key(c, &n, err);
    else
        st = yg_desk_note_list(c->api->desk, &by, &ask, &c->arena, &n, err);
    if (st == YG_OK)
        list(c, &n);
    return st;
}

enum yg_status yg_handle_note(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = yg_handle_desk_there(c, err);

    return st == YG_OK ? tell(c, c->number, err) : st;
}

enum yg_status yg_handle_note_history(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_desk_notes n = { .count = 0 };
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_desk_note_history(c->api->desk, &by, c->number, &c->arena, &n, err);
    if (st == YG_OK)
        list(c, &n);
    return st;
}

enum yg_status yg_handle_note_make(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_body *b = &c->body;
    struct yg_desk_note n = { .tenant = b->text[YG_M_NOTE_TENANT],
                              .key = b->text[YG_M_NOTE_KEY],
                              .text = b->text[YG_M_NOTE_TEXT],
                              .owner = b->text[YG_M_NOTE_OWNER] };
    enum yg_note_kind kind;
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK && !yg_desk_note_kind_of(b->text[YG_M_NOTE_KIND], &kind))
        st = yg_err_set(err, YG_EINVAL, "kind: write host, signature, tenant or alert");
    if (st == YG_OK)
        st = yg_handle_desk_time(c, YG_M_NOTE_EXPIRES, &n.until_ns, err);
    if (st != YG_OK)
        return st;
    n.kind = (uint8_t)kind;
    st = yg_desk_note_add(c->api->desk, &by, &n, &c->arena, &n, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, n.tenant, "note", n.number, n.key);
    return tell(c, n.number, err);
}

enum yg_status yg_handle_note_change(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_body *b = &c->body;
    struct yg_desk_note n;
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_desk_note_get(c->api->desk, &by, c->number, &c->arena, &n, err);
    if (st == YG_OK && b->given[YG_M_NOTE_CHANGE_TEXT])
        n.text = b->text[YG_M_NOTE_CHANGE_TEXT];
    if (st == YG_OK && b->given[YG_M_NOTE_CHANGE_OWNER])
        n.owner = b->text[YG_M_NOTE_CHANGE_OWNER];
    if (st == YG_OK)
        st = yg_handle_desk_time(c, YG_M_NOTE_CHANGE_EXPIRES, &n.until_ns, err);
    if (st == YG_OK)
        st = yg_desk_note_put(c->api->desk, &by, &n, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, n.tenant, "note", n.number, n.key);
    return tell(c, n.number, err);
}

enum yg_status yg_handle_note_remove(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_desk_note n;
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_desk_note_get(c->api->desk, &by, c->number, &c->arena, &n, err);
    if (st == YG_OK)
        st = yg_desk_note_remove(c->api->desk, &by, c->number, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, n.tenant, "removed note", n.number, n.key);
    return yg_handle_desk_done(c);
}
