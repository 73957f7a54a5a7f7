/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/intent.h"

#include "packet/intent_priv.h"
#include "packet/peel.h"

#include <stdlib.h>

#define PIECES_MAX  96U    /* looked at of one question */
#define TEXT_MAX    200U   /* of what shows an intent */
#define PART_MAX    16384U /* of a part of a body: longer ones are files */
#define STREAM_LOOK 8192U  /* of a stream without exchanges */

const char *yg_intent_name(unsigned kind)
{
    static const char *const name[YG_INTENT_COUNT] = {
#define X(id, text) text,
        YG_INTENTS(X)
#undef X
    };
    return kind < YG_INTENT_COUNT ? name[kind] : "?";
}

struct yg_intent_rules *yg_intent_rules_new(void)
{
    struct yg_intent_rules *r = calloc(1, sizeof(*r));

    if (r)
        yg_intent_web_init(r);
    return r;
}

void yg_intent_rules_free(struct yg_intent_rules *r)
{
    free(r);
}

struct yg_intent *yg_intent_note(struct yg_intent_work *w, unsigned kind,
                                 const struct yg_piece *p, struct yg_str text,
                                 struct yg_str object)
{
    struct yg_intent *i = NULL;

    for (uint32_t k = 0; k < w->count && !i; k++)
        if (w->out[k].kind == kind && w->out[k].exchange == p->exchange)
            i = &w->out[k];
    if (i) {
        if (i->object.n == 0)
            i->object = object;
        return i;
    }
    if (w->count == YG_INTENTS_MAX)
        return NULL;
    i = &w->out[w->count++];
    memset(i, 0, sizeof(*i));
    i->kind = (uint8_t)kind;
    i->exchange = p->exchange;
    i->text = yg_sub(text, 0, TEXT_MAX);
    i->object = object;
    i->layers = p->layers;
    return i;
}

void yg_intent_point(struct yg_intent *i, struct yg_str url, bool loose)
{
    struct yg_url u;

    if (!i || i->host.n > 0 || !yg_url_split(url, loose, &u))
        return;
    i->host = u.host;
    i->port = u.port;
}

/* A value to look at. Which encodings the sender put on it must not matter. */
static void look_at(struct yg_intent_work *w, struct yg_piece *p, struct yg_str raw)
{
    struct yg_peeled peeled = yg_peel(raw, w->arena);

    p->text = peeled.text;
    p->layers = peeled.layers;
    if (p->text.n > 0)
        yg_intent_web(w, p);
}

/* name=value&name=value. Peeled one by one: an encoded & is part of a value. */
static void look_at_form(struct yg_intent_work *w, struct yg_piece *p, struct yg_str form)
{
    for (unsigned n = 0; form.p && n < PIECES_MAX; n++) {
        struct yg_str value = yg_str_cut(&form, '&');
        p->name = yg_str_cut(&value, '=');
        p->where = YG_IN_PARAM;
        if (value.n > 0)
            look_at(w, p, value);
        else if (p->name.n > 3)
            look_at(w, p, p->name); /* ?../../etc/passwd, ?<script> */
        if (value.n > 0 && memchr(p->name.p, '%', p->name.n))
            look_at(w, p, p->name);
    }
    p->name = YG_STR_NONE;
}

/* Headers that say how to talk, not what is wanted; nobody's payload is there but for
 * lookups, which every value is asked for. */
static bool is_plain_header(struct yg_str name)
{
    static const char *const plain[] = {
        "host",
        "connection",
        "content-length",
        "content-type",
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "keep-alive",
        "te",
        "date",
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(plain); i++)
        if (yg_str_eq_nocase(name, yg_str_of(plain[i])))
            return true;
    return false;
}

static void look_at_headers(struct yg_intent_work *w, struct yg_piece *p,
                            struct yg_str head)
{
    (void)yg_str_cut(&head, '\n'); /* the request line is looked at in parts */
    for (unsigned n = 0; head.p && n < PIECES_MAX; n++) {
        struct yg_str value = yg_str_trim(yg_str_cut(&head, '\n'));
        if (!memchr(value.p ? value.p : "", ':', value.n))
            continue;
        p->name = yg_str_trim(yg_str_cut(&value, ':'));
        value = yg_str_trim(value);
        p->where = YG_IN_HEADER;
        if (value.n == 0)
            continue;
        if (!is_plain_header(p->name) || yg_find(value, YG_STR("${"), 0) != YG_NOWHERE ||
            yg_find(value, YG_STR("%{"), 0) != YG_NOWHERE ||
            yg_find(value, YG_STR("%24"), 0) != YG_NOWHERE)
            look_at(w, p, value);
        if (memchr(p->name.p, '$', p->name.n))
            look_at(w, p, p->name);
    }
    p->name = YG_STR_NONE;
}

static bool is_form(struct yg_str body)
{
    size_t i = 0;

    while (i < body.n && i < 64 &&
           (yg_is_word(body.p[i]) || memchr("%.-[]+*", body.p[i], 7)))
        i++;
    return i > 0 && i < body.n && body.p[i] == '=';
}

/* "name":"value" pairs, at any depth; numbers and words try nothing. */
static void look_at_json(struct yg_intent_work *w, struct yg_piece *p, struct yg_str body)
{
    struct yg_str last = YG_STR_NONE;
    unsigned values = 0;

    p->where = YG_IN_PARAM;
    for (size_t i = 0; i < body.n && values < PIECES_MAX; i++) {
        size_t end = i + 1;
        if (body.p[i] != '"')
            continue;
        while (end < body.n && body.p[end] != '"')
            end += body.p[end] == '\\' ? 2 : 1;
        struct yg_str text = yg_sub(body, i + 1, end);
        i = end;
        for (end++; end < body.n && memchr(" \t\r\n", body.p[end], 4); end++) {
        }
        if (end < body.n && body.p[end] == ':') {
            last = text;
            continue;
        }
        p->name = last;
        values++;
        if (text.n > 0)
            look_at(w, p, text);
    }
    p->name = YG_STR_NONE;
}

/* What stands between a part's headers and the next boundary. */
static void look_at_parts(struct yg_intent_work *w, struct yg_piece *p,
                          struct yg_str body)
{
    size_t at = 0;

    p->where = YG_IN_PARAM;
    for (unsigned n = 0; n < PIECES_MAX; n++) {
        size_t from = yg_find(body, YG_STR("\r\n\r\n"), at);
        if (from == YG_NOWHERE)
            return;
        size_t to = yg_find(body, YG_STR("\r\n--"), from + 2);
        struct yg_str value = yg_sub(body, from + 4, to == YG_NOWHERE ? body.n : to);
        if (value.n > 0 && value.n < PART_MAX)
            look_at(w, p, value);
        at = from + 4 + value.n;
    }
}

/* A body by its shape, not by what it is called; once more when it was wrapped whole. */
static void look_at_body(struct yg_intent_work *w, struct yg_piece *p, struct yg_str body)
{
    struct yg_str s = yg_str_trim(body);

    if (!is_form(body) && s.n > 0 && s.p[0] != '{' && s.p[0] != '[' && s.p[0] != '-')
        s = yg_str_trim(yg_peel(body, w->arena).text);
    if (is_form(s)) {
        look_at_form(w, p, s);
        return;
    }
    if (s.n > 0 && (s.p[0] == '{' || s.p[0] == '['))
        look_at_json(w, p, s);
    else if (s.n > 2 && memcmp(s.p, "--", 2) == 0)
        look_at_parts(w, p, s);
    p->where = YG_IN_BODY;
    look_at(w, p, body);
}

static void look_at_http(struct yg_intent_work *w, struct yg_piece *p,
                         const struct yg_exchange *x)
{
    struct yg_str query = x->target;
    struct yg_str path = yg_str_cut(&query, '?');

    p->host = x->host;
    p->where = YG_IN_PATH;
    look_at(w, p, path);
    if (query.n > 0)
        look_at_form(w, p, query);
    look_at_headers(w, p, x->head);
    if (x->body.n > 0)
        look_at_body(w, p, x->body);
}

/* Names and texts of other protocols are logged by servers, too: lookups reach them. */
static void look_at_other(struct yg_intent_work *w, struct yg_piece *p,
                          const struct yg_exchange *x)
{
    const struct yg_str part[] = { x->target, x->agent, x->body };

    for (size_t i = 0; i < YG_ARRAY_LEN(part); i++) {
        p->where = YG_IN_HEADER;
        if (part[i].n > 0)
            look_at(w, p, part[i]);
    }
}

/* What a decoder passed over (a method that is none, a line that breaks the rules) is
 * still logged by servers: look-ups are asked of the client's bytes as they came, too. */
static void look_at_rest(struct yg_intent_work *w)
{
    const struct yg_talk *t = w->talk;
    struct yg_str s = yg_sub(t->side[YG_TO_SERVER].bytes, 0, STREAM_LOOK);
    struct yg_piece p = { .where = YG_IN_STREAM };
    bool opaque = t->app == YG_APP_TLS || t->app == YG_APP_SSH;

    for (uint32_t i = 0; i < w->count; i++)
        if (w->out[i].kind == YG_INTENT_LOOKUP)
            return;
    if (opaque || t->exchanges == 0 ||
        (yg_find(s, YG_STR("{"), 0) == YG_NOWHERE &&
         yg_find(s, YG_STR("%7"), 0) == YG_NOWHERE))
        return;
    struct yg_peeled peeled = yg_peel(s, w->arena);
    p.text = peeled.text;
    p.layers = peeled.layers;
    yg_intent_lookups(w, &p);
}

uint32_t yg_intents_of(const struct yg_talk *talk, const struct yg_intent_rules *rules,
                       struct yg_arena *arena, struct yg_intent out[YG_INTENTS_MAX])
{
    struct yg_intent_rules own;
    struct yg_intent_work w = {
        .talk = talk, .arena = arena, .out = out, .rules = rules, .own = &own
    };

    for (uint32_t i = 0; i < talk->exchanges; i++) {
        const struct yg_exchange *x = &talk->exchange[i];
        struct yg_piece p = { .exchange = i };
        if (x->app == YG_APP_HTTP)
            look_at_http(&w, &p, x);
        else if (x->app != YG_APP_TLS && x->app != YG_APP_SSH)
            look_at_other(&w, &p, x);
    }
    if (talk->exchanges == 0 && talk->app == YG_APP_NONE) {
        struct yg_piece p = { .where = YG_IN_STREAM };
        struct yg_str s = yg_sub(talk->side[YG_TO_SERVER].bytes, 0, STREAM_LOOK);
        if (s.n > 0)
            look_at(&w, &p, s);
    }
    look_at_rest(&w);
    yg_intent_flow(&w);
    free(w.marks);
    return w.count;
}
