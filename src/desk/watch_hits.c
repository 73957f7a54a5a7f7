/* SPDX-License-Identifier: Apache-2.0 */
/* The part of watch.h about what an alert hits. */
#include "conf/watchwalk.h"
#include "desk/desk_priv.h"
#include "desk/watch.h"
#include "desk/watchentry.h"
#include "event/ip.h"

#define FORMS_MAX 512 /* of one alert */
#define CHUNK     32  /* looked up at once: ?1 ... ?32 */

struct form {
    struct yg_str bytes, seen;
    const char *where;
    uint8_t type;
};

struct look {
    struct yg_desk *d;
    const struct yg_desk_alert *alert;
    struct yg_arena *arena;
    struct form form[FORMS_MAX];
    size_t forms;
    bool more;
    enum yg_status status;
    /* of the look-up that runs */
    const struct form *now;
    size_t now_count;
    struct yg_desk_hits *out;
};

static void keep(struct look *l, const struct form *f)
{
    for (size_t i = 0; i < l->forms; i++)
        if (l->form[i].type == f->type && yg_str_eq(l->form[i].bytes, f->bytes))
            return;
    if (l->forms == FORMS_MAX) {
        l->more = true;
        return;
    }
    struct form *o = &l->form[l->forms];
    *o = *f;
    o->bytes = yg_arena_str(l->arena, f->bytes);
    o->seen = yg_arena_str(l->arena, f->seen);
    if (o->bytes.p && (o->seen.p || f->seen.n == 0))
        l->forms++;
    else
        l->status = YG_ENOMEM;
}

static void on_form(void *arg, const struct yg_watch_form *w)
{
    char text[YG_IP_TEXT_MAX];
    struct form f = { .type = (uint8_t)w->type,
                      .bytes = { (const char *)w->bytes, w->n },
                      .seen = w->value,
                      .where = w->where };

    if (w->type == YG_WATCH_ADDRESS)
        f.seen = yg_str_of(yg_ip_text(w->bytes, text));
    keep(arg, &f);
}

static void url_forms(struct look *l)
{
    const struct yg_batch *b = l->alert->batch;
    const struct yg_event *e = l->alert->event;
    struct yg_str url = yg_event_str(b, e, YG_F_URL);
    struct yg_url_forms f;

    if (url.n == 0 || !yg_url_forms(url, yg_event_str(b, e, YG_F_URL_DOMAIN), &f))
        return;
    if (url.n > YG_WATCH_VALUE)
        url.n = YG_WATCH_VALUE;
    for (size_t i = 0; i < f.count; i++) {
        const struct form one = { .type = YG_WATCH_URL,
                                  .bytes = { (const char *)f.form, f.length[i] },
                                  .seen = url,
                                  .where = yg_field_info[YG_F_URL].name };
        keep(l, &one);
    }
}

static enum yg_status on_row(void *arg, struct yg_db_stmt *s)
{
    struct look *l = arg;
    struct yg_str bytes = yg_db_bytes(s, 0);
    const struct form *f = l->now;

    for (size_t i = 1; i < l->now_count; i++)
        if (yg_str_eq(l->now[i].bytes, bytes))
            f = &l->now[i];
    if (l->out->count == YG_DESK_ABOUT_MAX) {
        l->out->more = true;
        return YG_EEND;
    }
    struct yg_desk_hit *h = &l->out->row[l->out->count++];
    *h = (struct yg_desk_hit){ .number = (uint64_t)yg_db_int(s, 1),
                               .until_ns = yg_db_int(s, 6),
                               .field = f->where,
                               .seen = f->seen };
    return yg_db_copy(s, 2, l->arena, &h->list) &&
                   yg_db_copy(s, 3, l->arena, &h->source) &&
                   yg_db_copy(s, 4, l->arena, &h->value) &&
                   yg_db_copy(s, 5, l->arena, &h->note)
               ? YG_OK
               : YG_ENOMEM;
}

/* Up to CHUNK forms of one type. */
static enum yg_status ask(struct look *l, const struct yg_str *bytes, size_t n,
                          unsigned type, struct yg_err *err)
{
    struct yg_desk_arg arg[CHUNK + 4];

    for (size_t i = 0; i < CHUNK; i++) /* the last one again where there are fewer */
        arg[i] = (struct yg_desk_arg)YG_BLOB(bytes[i < n ? i : n - 1]);
    arg[CHUNK] = (struct yg_desk_arg)YG_INT(type);
    arg[CHUNK + 1] = (struct yg_desk_arg)YG_INT(l->alert->event->time_ns);
    arg[CHUNK + 2] = (struct yg_desk_arg)YG_TEXT(l->alert->tenant);
    arg[CHUNK + 3] = (struct yg_desk_arg)YG_INT(YG_DESK_ABOUT_MAX + 1);
    const struct yg_desk_args args = { arg, YG_ARRAY_LEN(arg) };
    return yg_desk_rows(l->d, YG_DQ_WATCH_AT, &args, (struct yg_desk_each){ on_row, l },
                        err);
}

/* An address, by every network it can be in. */
static enum yg_status ask_address(struct look *l, const struct form *f,
                                  struct yg_err *err)
{
    const unsigned char *ip = (const unsigned char *)f->bytes.p;
    unsigned char net[CHUNK][YG_NET_FORM];
    struct yg_str bytes[CHUNK];
    enum yg_status st = YG_OK;

    l->now = f;
    l->now_count = 1;
    for (unsigned prefix = yg_net_least(ip); st == YG_OK && prefix <= 128;) {
        size_t n = 0;
        for (; n < CHUNK && prefix <= 128; n++, prefix++) {
            yg_net_form(ip, prefix, net[n]);
            bytes[n] = (struct yg_str){ (const char *)net[n], YG_NET_FORM };
        }
        st = ask(l, bytes, n, YG_WATCH_ADDRESS, err);
    }
    return st;
}

static enum yg_status look_up(struct look *l, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < l->forms;) {
        struct yg_str bytes[CHUNK];
        size_t n = 0;
        if (l->form[i].type == YG_WATCH_ADDRESS) {
            st = ask_address(l, &l->form[i++], err);
            continue;
        }
        l->now = &l->form[i];
        while (n < CHUNK && i < l->forms && l->form[i].type == l->now->type)
            bytes[n++] = l->form[i++].bytes;
        l->now_count = n;
        st = ask(l, bytes, n, l->now->type, err);
    }
    return st;
}

enum yg_status yg_watch_hits(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_desk_alert *alert, struct yg_arena *arena,
                             struct yg_desk_hits *out, struct yg_err *err)
{
    struct look *l = yg_arena_zalloc(arena, sizeof(*l));
    struct yg_desk_hits hits = {
        .row = yg_arena_alloc(arena, YG_DESK_ABOUT_MAX * sizeof(struct yg_desk_hit))
    };
    const struct yg_watch_walk walk = { .types = ~0U, .each = on_form, .arg = l };

    if (!yg_scope_has(by->scope, alert->tenant))
        return yg_desk_none("alert", err);
    if (!l || !hits.row)
        return yg_desk_nomem(err);
    l->d = d;
    l->alert = alert;
    l->arena = arena;
    l->out = &hits;
    yg_watch_walk_event(&walk, alert->batch, alert->event);
    url_forms(l);
    if (l->status != YG_OK)
        return yg_desk_nomem(err);
    enum yg_status st = look_up(l, err);
    hits.more |= l->more;
    if (st == YG_OK)
        *out = hits;
    return st;
}
