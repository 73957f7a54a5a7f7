/* SPDX-License-Identifier: Apache-2.0 */
/* Watch lists over the API. */
#include "api/handle_desk.h"
#include "desk/about.h"

static enum yg_status tell(struct yg_call *c, uint64_t number, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_watch_list l;
    enum yg_status st = yg_watch_get(c->api->desk, &by, number, &c->arena, &l, err);

    if (st != YG_OK)
        return st;
    yg_watch_list_json(&w, &l);
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_watchlists(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_watch_lists l = { .count = 0 };
    struct yg_desk_ask ask;
    enum yg_status st = yg_handle_desk_ask(c, &ask, err);

    if (st == YG_OK)
        st = yg_watch_lists(c->api->desk, &by, &ask, &c->arena, &l, err);
    if (st != YG_OK)
        return st;
    struct yg_jsonw w = yg_handle_desk_list(c, "watchlists");
    for (size_t i = 0; i < l.count; i++)
        yg_watch_list_json(&w, &l.row[i]);
    yg_handle_desk_list_end(c, &w, l.more, l.count ? l.row[l.count - 1].number : 0);
    return YG_OK;
}

enum yg_status yg_handle_watchlist(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = yg_handle_desk_there(c, err);

    return st == YG_OK ? tell(c, c->number, err) : st;
}

enum yg_status yg_handle_watchlist_make(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_body *b = &c->body;
    struct yg_watch_list l = { .tenant = b->text[YG_M_WATCHLIST_TENANT],
                               .everywhere = b->flag[YG_M_WATCHLIST_EVERYWHERE],
                               .name = b->text[YG_M_WATCHLIST_NAME],
                               .source = b->text[YG_M_WATCHLIST_SOURCE],
                               .note = b->text[YG_M_WATCHLIST_NOTE] };
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK && l.everywhere == (l.tenant.n > 0))
        st = yg_err_set(err, YG_EINVAL, "name a tenant or say all_tenants");
    if (st == YG_OK)
        st = yg_watch_make(c->api->desk, &by, &l, &l, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, l.tenant, "watch list", l.number, l.name);
    return tell(c, l.number, err);
}

enum yg_status yg_handle_watchlist_change(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_body *b = &c->body;
    struct yg_watch_list l;
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_watch_get(c->api->desk, &by, c->number, &c->arena, &l, err);
    if (st == YG_OK && b->given[YG_M_WATCHLIST_CHANGE_SOURCE])
        l.source = b->text[YG_M_WATCHLIST_CHANGE_SOURCE];
    if (st == YG_OK && b->given[YG_M_WATCHLIST_CHANGE_NOTE])
        l.note = b->text[YG_M_WATCHLIST_CHANGE_NOTE];
    if (st == YG_OK)
        st = yg_watch_put(c->api->desk, &by, &l, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, l.tenant, "watch list", l.number, l.name);
    return tell(c, l.number, err);
}

enum yg_status yg_handle_watchlist_drop(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_watch_list l;
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_watch_get(c->api->desk, &by, c->number, &c->arena, &l, err);
    if (st == YG_OK)
        st = yg_watch_drop(c->api->desk, &by, c->number, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, l.tenant, "dropped watch list", l.number, l.name);
    return yg_handle_desk_done(c);
}

/* ---- entries ---------------------------------------------------------------------- */

enum yg_status yg_handle_watch_entries(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_watch_entries e = { .count = 0 };
    struct yg_desk_ask page;
    enum yg_status st = yg_handle_desk_ask(c, &page, err);

    if (st != YG_OK)
        return st;
    const struct yg_watch_ask_entries ask = { c->number, page.before, page.limit };
    st = yg_watch_entries(c->api->desk, &by, &ask, &c->arena, &e, err);
    if (st != YG_OK)
        return st;
    struct yg_jsonw w = yg_handle_desk_list(c, "entries");
    for (size_t i = 0; i < e.count; i++)
        yg_watch_entry_json(&w, &e.row[i]);
    yg_handle_desk_list_end(c, &w, e.more, e.count ? e.row[e.count - 1].number : 0);
    return YG_OK;
}

enum yg_status yg_handle_watch_add(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_watch_list l;
    uint64_t added = 0;
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_watch_get(c->api->desk, &by, c->number, &c->arena, &l, err);
    if (st == YG_OK)
        st = yg_watch_add(c->api->desk, &by, c->number, c->body.data, &added, err);
    if (st == YG_EFORMAT) {
        struct yg_err where = *err;
        return yg_err_set(err, YG_EINVAL, "line %d: %s", where.line, where.msg);
    }
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, l.tenant, "added to watch list", l.number, l.name);
    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "added", added);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_watch_entry_drop(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const uint64_t entry = c->params.number[YG_P_ENTRY];
    struct yg_watch_list l;
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_watch_get(c->api->desk, &by, c->number, &c->arena, &l, err);
    if (st == YG_OK)
        st = yg_watch_entry_drop(c->api->desk, &by, c->number, entry, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, l.tenant, "dropped an entry of watch list", l.number, l.name);
    return yg_handle_desk_done(c);
}

enum yg_status yg_handle_watch_text(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    enum yg_status st = yg_handle_desk_there(c, err);

    return st == YG_OK
               ? yg_watch_text(c->api->desk, &by, c->number, &c->answer->body, err)
               : st;
}
