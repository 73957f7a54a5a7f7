/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/about.h"

#include "desk/desk_priv.h"
#include "event/ip.h"

/* ---- notes ------------------------------------------------------------------------ */

struct gather {
    struct yg_desk *d;
    const struct yg_desk_by *by;
    const struct yg_desk_alert *alert;
    struct yg_arena *arena;
    struct yg_desk_about *out;
};

static bool has_note(const struct yg_desk_notes *all, uint64_t number)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->row[i].number == number)
            return true;
    return false;
}

static enum yg_status add_notes(struct gather *g, enum yg_note_kind kind,
                                struct yg_str key, struct yg_err *err)
{
    const struct yg_desk_note_key at = { g->alert->tenant, key, kind };
    struct yg_desk_notes some = { .count = 0 }, *all = &g->out->notes;

    if (key.n == 0 && kind != YG_NOTE_TENANT)
        return YG_OK;
    enum yg_status st = yg_desk_note_at(g->d, g->by, &at, g->arena, &some, err);
    for (size_t i = 0; st == YG_OK && i < some.count; i++) {
        if (has_note(all, some.row[i].number))
            continue;
        if (all->count == YG_DESK_ABOUT_MAX)
            all->more = true;
        else
            all->row[all->count++] = some.row[i];
    }
    all->more |= some.more;
    return st;
}

static struct yg_str ip_text(const struct gather *g, enum yg_field f,
                             char out[YG_IP_TEXT_MAX])
{
    struct yg_str ip = yg_event_str(g->alert->batch, g->alert->event, f);

    return ip.n == YG_IP_SIZE ? yg_str_of(yg_ip_text((const unsigned char *)ip.p, out))
                              : YG_STR_NONE;
}

static enum yg_status notes(struct gather *g, struct yg_err *err)
{
    static const enum yg_field address[] = { YG_F_SOURCE_IP, YG_F_DESTINATION_IP,
                                             YG_F_HOST_IP };
    static const enum yg_field rule[] = { YG_F_RULE_ID, YG_F_RULE_NAME };
    const struct yg_batch *b = g->alert->batch;
    const struct yg_event *e = g->alert->event;
    char hex[2 * YG_ID_SIZE + 1], ip[YG_IP_TEXT_MAX];

    g->out->notes = (struct yg_desk_notes){
        .row = yg_arena_alloc(g->arena, YG_DESK_ABOUT_MAX * sizeof(struct yg_desk_note))
    };
    if (!g->out->notes.row)
        return yg_desk_nomem(err);
    yg_hex(g->alert->id, YG_ID_SIZE, hex);
    enum yg_status st = add_notes(g, YG_NOTE_ALERT, yg_str_of(hex), err);
    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(address); i++)
        st = add_notes(g, YG_NOTE_HOST, ip_text(g, address[i], ip), err);
    if (st == YG_OK)
        st = add_notes(g, YG_NOTE_HOST, yg_event_str(b, e, YG_F_HOST_NAME), err);
    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(rule); i++)
        st = add_notes(g, YG_NOTE_SIGNATURE, yg_event_str(b, e, rule[i]), err);
    return st == YG_OK ? add_notes(g, YG_NOTE_TENANT, YG_STR_NONE, err) : st;
}

/* ---- assets ----------------------------------------------------------------------- */

/* The first of these fields that leads to one; NULL: none does. */
static enum yg_status find(struct gather *g, const enum yg_field *address, size_t n,
                           struct yg_str host, const struct yg_asset **out,
                           struct yg_err *err)
{
    struct yg_asset *a = yg_arena_alloc(g->arena, sizeof(*a));
    enum yg_status st = YG_ENOTFOUND;

    if (!a)
        return yg_desk_nomem(err);
    for (size_t i = 0; st == YG_ENOTFOUND && i < n; i++) {
        struct yg_str ip = yg_event_str(g->alert->batch, g->alert->event, address[i]);
        const struct yg_asset_of of = { .tenant = g->alert->tenant,
                                        .ip = ip.n == YG_IP_SIZE
                                                  ? (const unsigned char *)ip.p
                                                  : NULL,
                                        .host = i + 1 == n ? host : YG_STR_NONE,
                                        .known_ns = g->alert->known_ns };
        if (of.ip || of.host.n > 0)
            st = yg_asset_find(g->d, g->by, &of, g->arena, a, err);
    }
    *out = st == YG_OK ? a : NULL;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

static enum yg_status assets(struct gather *g, struct yg_err *err)
{
    static const enum yg_field from[] = { YG_F_SOURCE_IP };
    /* behind a translation stands the machine that was meant */
    static const enum yg_field to[] = { YG_F_NAT_DESTINATION_IP, YG_F_DESTINATION_IP };
    static const enum yg_field at[] = { YG_F_HOST_IP };
    const struct yg_event *e = g->alert->event;
    const bool flow = yg_event_has(e, YG_F_DESTINATION_IP);
    enum yg_status st =
        find(g, from, YG_ARRAY_LEN(from), YG_STR_NONE, &g->out->source, err);

    if (st == YG_OK && flow)
        st = find(g, to, YG_ARRAY_LEN(to), YG_STR_NONE, &g->out->target, err);
    else if (st == YG_OK)
        st = find(g, at, YG_ARRAY_LEN(at),
                  yg_event_str(g->alert->batch, e, YG_F_HOST_NAME), &g->out->target, err);
    return st;
}

enum yg_status yg_desk_about(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_desk_alert *alert, struct yg_arena *arena,
                             struct yg_desk_about *out, struct yg_err *err)
{
    const int64_t now = alert->known_ns ? alert->known_ns : yg_desk_now(d);
    const struct yg_inquiry_about about = { alert->tenant, alert->id, alert->run };
    struct yg_desk_about a = { .source = NULL };
    struct gather g = { d, by, alert, arena, &a };

    if (!yg_scope_has(by->scope, alert->tenant))
        return yg_desk_none("alert", err);
    enum yg_status st = notes(&g, err);
    if (st == YG_OK)
        st = assets(&g, err);
    if (st == YG_OK)
        st = yg_effect_of(alert, a.target, now, arena, &a.effect, err);
    if (st == YG_OK)
        st = yg_watch_hits(d, by, alert, arena, &a.hits, err);
    if (st == YG_OK)
        st = yg_inquiry_at(d, by, &about, arena, &a.questions, err);
    if (st == YG_OK)
        *out = a;
    return st;
}
