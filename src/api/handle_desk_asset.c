/* SPDX-License-Identifier: Apache-2.0 */
/* Assets over the API: one by one, and whole files of inventories and scanners. */
#include "api/handle_desk.h"
#include "api/seen.h"
#include "base/csvw.h"
#include "desk/about.h"
#include "desk/import.h"

#include <stdio.h>

static enum yg_status tell(struct yg_call *c, uint64_t number, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_asset_at at = { number, 0 };
    struct yg_asset a;
    enum yg_status st = yg_asset_get(c->api->desk, &by, &at, &c->arena, &a, err);

    if (st != YG_OK)
        return st;
    yg_asset_json(&w, &a);
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_assets(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    struct yg_assets a = { .count = 0 };
    struct yg_desk_ask ask;
    enum yg_status st = yg_handle_desk_ask(c, &ask, err);

    if (st == YG_OK)
        st = yg_asset_list(c->api->desk, &by, &ask, &c->arena, &a, err);
    if (st != YG_OK)
        return st;
    struct yg_jsonw w = yg_handle_desk_list(c, "assets");
    for (size_t i = 0; i < a.count; i++)
        yg_asset_json(&w, &a.row[i]);
    yg_handle_desk_list_end(c, &w, a.more, a.count ? a.row[a.count - 1].number : 0);
    return YG_OK;
}

enum yg_status yg_handle_asset(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = yg_handle_desk_there(c, err);

    return st == YG_OK ? tell(c, c->number, err) : st;
}

/* ---- one by one ------------------------------------------------------------------- */

struct members { /* of a body, by their places */
    enum yg_member name, role, owner, criticality, software;
};

static enum yg_status put(struct yg_call *c, struct yg_asset *a, struct members m,
                          struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_body *b = &c->body;
    struct yg_software *s = NULL;
    uint64_t number = 0;

    a->name = b->text[m.name];
    a->role = b->text[m.role];
    a->owner = b->text[m.owner];
    a->criticality = (uint8_t)b->number[m.criticality];
    a->source = YG_STR("");
    a->finding = NULL;
    a->findings = a->software_count = 0;
    if (b->given[m.software]) {
        s = yg_arena_alloc(&c->arena, (b->list[m.software].n + 1) * sizeof(*s));
        if (!s)
            return yg_err_set(err, YG_ENOMEM, "no memory for the asset");
        for (; a->software_count < b->list[m.software].n; a->software_count++)
            s[a->software_count] =
                yg_import_software(b->list[m.software].v[a->software_count]);
    }
    a->software = s;
    enum yg_status st = yg_asset_put(c->api->desk, &by, a, &number, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, a->tenant, "asset", number, a->subject);
    return tell(c, number, err);
}

enum yg_status yg_handle_asset_make(struct yg_call *c, struct yg_err *err)
{
    static const struct members m = { YG_M_ASSET_NAME, YG_M_ASSET_ROLE, YG_M_ASSET_OWNER,
                                      YG_M_ASSET_CRITICALITY, YG_M_ASSET_SOFTWARE };
    struct yg_asset a = { .tenant = c->body.text[YG_M_ASSET_TENANT],
                          .subject = c->body.text[YG_M_ASSET_SUBJECT] };
    enum yg_status st = yg_handle_desk_there(c, err);

    return st == YG_OK ? put(c, &a, m, err) : st;
}

enum yg_status yg_handle_asset_change(struct yg_call *c, struct yg_err *err)
{
    static const struct members m = { YG_M_ASSET_CHANGE_NAME, YG_M_ASSET_CHANGE_ROLE,
                                      YG_M_ASSET_CHANGE_OWNER,
                                      YG_M_ASSET_CHANGE_CRITICALITY,
                                      YG_M_ASSET_CHANGE_SOFTWARE };
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_asset_at at = { c->number, 0 };
    struct yg_asset a;
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_asset_get(c->api->desk, &by, &at, &c->arena, &a, err);
    return st == YG_OK ? put(c, &a, m, err) : st;
}

enum yg_status yg_handle_asset_remove(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_asset_at at = { c->number, 0 };
    struct yg_asset a;
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_asset_get(c->api->desk, &by, &at, &c->arena, &a, err);
    if (st == YG_OK)
        st = yg_asset_remove(c->api->desk, &by, c->number, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, a.tenant, "removed asset", a.number, a.subject);
    return yg_handle_desk_done(c);
}

/* ---- files: in the lane of what takes long ---------------------------------------- */

/* Which lines, and what to write instead. */
static enum yg_status refused(const struct yg_import *im, struct yg_err *err)
{
    struct yg_buf text;

    yg_buf_init(&text, sizeof(err->msg) - 1);
    yg_buf_printf(&text, "nothing was imported of this %s:", im->kind);
    for (size_t i = 0; i < im->problems; i++)
        yg_buf_printf(&text, "%s line %d: %s", i ? ";" : "", im->problem[i].line,
                      im->problem[i].what);
    enum yg_status st = yg_err_set(err, YG_EINVAL, "%s", yg_buf_cstr(&text));
    yg_buf_fini(&text);
    return st;
}

enum yg_status yg_handle_asset_import(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    const struct yg_import_ask ask = { .tenant = c->params.text[YG_P_TENANT],
                                       .data = c->body.data,
                                       .subject = c->params.text[YG_P_KEY] };
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_import im = { .count = 0 };
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK && ask.tenant.n == 0)
        st = yg_err_set(err, YG_EINVAL, "tenant: say whose these are");
    if (st == YG_OK)
        st = yg_seen_tenant(&c->source, ask.tenant, err);
    if (st == YG_OK)
        st = yg_import(c->api->desk, &by, &ask, &c->arena, &im, err);
    if (st == YG_EFORMAT)
        return refused(&im, err);
    if (st != YG_OK)
        return st;
    yg_handle_desk_said(c, ask.tenant, "assets imported:", im.count, YG_STR_NONE);
    yg_jsonw_open(&w, '{');
    yg_jsonw_kcstr(&w, "kind", im.kind);
    yg_jsonw_ku64(&w, "assets", im.count);
    yg_jsonw_ku64(&w, "findings", im.findings);
    yg_jsonw_ku64(&w, "passed_over", im.passed);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_asset_export(struct yg_call *c, struct yg_err *err)
{
    const struct yg_desk_by by = yg_handle_desk_by(c);
    enum yg_status st = yg_handle_desk_there(c, err);

    if (st == YG_OK)
        st = yg_seen_tenant(&c->source, c->params.text[YG_P_TENANT], err);
    if (st == YG_OK)
        st = yg_asset_csv(c->api->desk, &by, c->params.text[YG_P_TENANT],
                          &c->answer->body, err);
    if (st != YG_OK)
        return st;
    snprintf(c->answer->filename, sizeof(c->answer->filename), "assets.csv");
    yg_handle_desk_said(c, c->params.text[YG_P_TENANT], "assets exported", 0,
                        YG_STR_NONE);
    return YG_OK;
}
