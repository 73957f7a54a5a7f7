/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/outcome_priv.h"

#include "event/ip.h"
#include "packet/app.h"
#include "packet/filekind.h"
#include "packet/lookup.h"

#define PLACES_MAX  32
#define CODES_MAX   64
#define STREAM_LOOK 16384U
#define WINDOW_NS   (30 * INT64_C(1000000000)) /* code that runs shows within this */
#define PAUSE_NS    (INT64_C(1500000000))      /* between datagrams: a new beginning */

/* A place that the payload, or what was fetched because of it, points to. */
struct place {
    unsigned char ip[YG_IP_SIZE];
    uint16_t port; /* 0: any */
};

struct chain {
    struct yg_judging *j;
    struct place place[PLACES_MAX];
    uint32_t places;
    struct yg_str name[PLACES_MAX]; /* hosts by name, with ports beside */
    uint16_t name_port[PLACES_MAX];
    uint32_t names;
    int64_t code[CODES_MAX]; /* when code arrived because of this alert */
    uint32_t codes;
};

static void add_place(struct chain *c, const unsigned char ip[YG_IP_SIZE], uint16_t port)
{
    for (uint32_t i = 0; i < c->places; i++)
        if (yg_same_ip(c->place[i].ip, ip) && c->place[i].port == port)
            return;
    if (c->places == PLACES_MAX)
        return;
    memcpy(c->place[c->places].ip, ip, YG_IP_SIZE);
    c->place[c->places++].port = port;
}

/* What a look-up of `name` gave, in any conversation: those addresses are places, too. */
static void resolve(struct chain *c, struct yg_str name, uint16_t port)
{
    unsigned char ip[YG_IP_SIZE];

    for (uint32_t k = 0; k < c->j->talks; k++) {
        const struct yg_talk *t = c->j->talk[k];
        for (uint32_t i = 0; i < t->exchanges && t->app == YG_APP_DNS; i++) {
            const struct yg_exchange *x = &t->exchange[i];
            struct yg_str rest = x->answer_body;
            if (!yg_host_is(name, x->target))
                continue;
            for (unsigned n = 0; rest.p && n < 64; n++) {
                struct yg_str line = yg_str_cut(&rest, '\n');
                while (line.p)
                    if (yg_ip_parse(yg_str_trim(yg_str_cut(&line, ' ')), ip))
                        add_place(c, ip, port);
            }
        }
    }
}

static void add_host(struct chain *c, struct yg_str host, uint16_t port)
{
    unsigned char ip[YG_IP_SIZE];

    if (yg_ip_parse(host, ip)) {
        add_place(c, ip, port);
        return;
    }
    for (uint32_t i = 0; i < c->names; i++)
        if (yg_str_eq_nocase(c->name[i], host) && c->name_port[i] == port)
            return;
    if (c->names == PLACES_MAX)
        return;
    c->name[c->names] = host;
    c->name_port[c->names++] = port;
    resolve(c, host, port);
}

/* Does this conversation go where the chain points? Port 0 of a place: any. A name is
 * met in the Host header or the hello even when its look-up was not seen. */
static bool leads_to(const struct chain *c, const struct yg_talk *t)
{
    for (uint32_t i = 0; i < c->places; i++)
        if (yg_same_ip(c->place[i].ip, t->server) &&
            (c->place[i].port == 0 || c->place[i].port == t->server_port))
            return true;
    for (uint32_t i = 0; i < c->names; i++) {
        struct yg_str host = t->exchanges > 0 ? t->exchange[0].host : YG_STR_NONE;
        host = yg_str_cut(&host, ':');
        if (yg_host_is(c->name[i], host) ||
            (t->hello && yg_host_is(c->name[i], t->hello->sni)))
            return true;
    }
    return false;
}

static bool is_chain_host(const struct chain *c, const unsigned char ip[YG_IP_SIZE])
{
    for (uint32_t i = 0; i < c->places; i++)
        if (yg_same_ip(c->place[i].ip, ip))
            return true;
    return false;
}

/* Code in what the other side sent: where it begins. Java objects and classes and the
 * directory entries that hold or name them, programs, scripts. */
static size_t code_in(const struct yg_talk *t)
{
    static const char *const sign[] = {
        "\xac\xed%.\x05s", "\xca\xfe\xba\xbe%.%.%.", "javaserializeddata", "javacodebase",
        "javafactory",     "javareferenceaddress",
    };
    struct yg_str s = yg_sub(t->side[YG_TO_CLIENT].bytes, 0, STREAM_LOOK);
    size_t best = YG_NOWHERE, end = 0;

    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        struct yg_file_look look =
            yg_file_glance(x->answer_body, x->answer_type, x->target);
        if (x->answer_body.n > 0 && (look.executable || look.kind == YG_FILE_SERIALIZED ||
                                     look.kind == YG_FILE_JAVA))
            return x->answer_at;
    }
    for (size_t i = 0; i < YG_ARRAY_LEN(sign); i++) {
        size_t at = yg_match_find(sign[i], s, 0, &end);
        if (at < best)
            best = at;
    }
    return best;
}

static int64_t time_of(const struct yg_side *s, size_t at)
{
    int64_t t = yg_side_time(s, (uint32_t)at);

    return t ? t : s->first_ns;
}

/* URLs in an answer are where the victim goes next. */
static void follow_urls(struct chain *c, const struct yg_talk *t)
{
    struct yg_str s = yg_sub(t->side[YG_TO_CLIENT].bytes, 0, STREAM_LOOK);
    struct yg_url u;

    for (size_t at = 0, n = 0;
         n++ < PLACES_MAX && (at = yg_find(s, YG_STR("://"), at)) != YG_NOWHERE;
         at += 3) {
        size_t from = at;
        while (from > 0 && at - from < 8 && yg_is_alpha(s.p[from - 1]))
            from--;
        if (from < at && yg_url_split(yg_sub(s, from, at + 300), false, &u))
            add_host(c, u.host, u.port);
    }
}

static void note_code(struct chain *c, uint32_t k)
{
    const struct yg_talk *t = c->j->talk[k];
    size_t at = code_in(t);

    if (at == YG_NOWHERE)
        return;
    const struct yg_side *s = &t->side[YG_TO_CLIENT];
    struct yg_mark_at where = { .talk = k,
                                .at = (uint32_t)at,
                                .len = 160,
                                .side = YG_TO_CLIENT,
                                .time_ns = time_of(s, at) };
    if (c->codes < CODES_MAX)
        c->code[c->codes++] = where.time_ns;
    yg_judge_mark(c->j, YG_M_CODE_FETCHED, &where, yg_sub(s->bytes, at, at + 160));
}

/* Conversations of the victim towards the chain, in order of time. */
static void follow(struct chain *c)
{
    for (uint32_t k = 0; k < c->j->talks; k++) {
        const struct yg_talk *t = c->j->talk[k];
        const struct yg_side *s = &t->side[YG_TO_SERVER];
        if ((int)k == c->j->main || !yg_same_ip(t->client, c->j->victim) ||
            t->last_ns < c->j->from_ns)
            continue;
        if (t->app == YG_APP_DNS) {
            for (uint32_t i = 0; i < t->exchanges; i++)
                for (uint32_t n = 0; n < c->names; n++)
                    if (yg_host_is(c->name[n], t->exchange[i].target) &&
                        t->exchange[i].ask_ns >= c->j->from_ns) {
                        struct yg_mark_at at = { .talk = k,
                                                 .at = t->exchange[i].ask_at,
                                                 .len = t->exchange[i].ask_len,
                                                 .time_ns = t->exchange[i].ask_ns };
                        yg_judge_mark(c->j, YG_M_CALLBACK, &at, t->exchange[i].target);
                    }
            continue;
        }
        if (t->first_ns < c->j->from_ns || !leads_to(c, t))
            continue;
        struct yg_mark_at at = { .talk = k,
                                 .len = (uint32_t)yg_sub(s->bytes, 0, 160).n,
                                 .time_ns = t->first_ns };
        yg_judge_mark(c->j, YG_M_CALLBACK, &at, yg_sub(s->bytes, 0, 160));
        follow_urls(c, t);
        note_code(c, k);
    }
}

/* Services that every machine talks to by itself. */
static bool is_household(const struct yg_talk *t)
{
    static const uint16_t port[] = {
        53, 67, 68, 123, 137, 138, 546, 547, 1900, 5353, 5355
    };

    if (yg_ip_is_group(t->server))
        return true;
    if (t->proto == YG_IP_ICMP)
        return t->client_port != 8;
    if (t->proto == YG_IP_ICMP6)
        return t->client_port != 128;
    if (t->proto != YG_IP_TCP && t->proto != YG_IP_UDP)
        return true;
    for (size_t i = 0; i < YG_ARRAY_LEN(port); i++)
        if (t->server_port == port[i])
            return true;
    return false;
}

static bool same_place(const struct yg_talk *a, const struct yg_talk *b)
{
    bool icmp = a->proto == YG_IP_ICMP || a->proto == YG_IP_ICMP6;

    return a->proto == b->proto && yg_same_ip(a->client, b->client) &&
           yg_same_ip(a->server, b->server) && (icmp || a->server_port == b->server_port);
}

static bool in_window(const int64_t *code, uint32_t codes, int64_t ns)
{
    for (uint32_t i = 0; i < codes; i++)
        if (ns > code[i] && ns - code[i] <= WINDOW_NS)
            return true;
    return false;
}

/* When this conversation began something within this alert's windows; 0: never. Of
 * datagrams, which know no opening, each one after a pause is a beginning. */
static int64_t began(const struct chain *c, const struct yg_talk *t)
{
    const struct yg_side *s = &t->side[YG_TO_SERVER];

    if (in_window(c->code, c->codes, t->first_ns))
        return t->first_ns;
    for (uint32_t i = 1; i < s->segments && t->proto != YG_IP_TCP; i++)
        if (s->segment[i].time_ns - s->segment[i - 1].time_ns > PAUSE_NS &&
            in_window(c->code, c->codes, s->segment[i].time_ns))
            return s->segment[i].time_ns;
    return 0;
}

/* Did the victim go to this place only ever after code had arrived, for this alert or for
 * another like it? */
static bool is_new(const struct yg_judging *j, const int64_t *code, uint32_t codes,
                   const struct yg_talk *t)
{
    int64_t first = t->first_ns;

    for (uint32_t k = 0; k < j->talks; k++)
        if (same_place(j->talk[k], t) && j->talk[k]->first_ns < first)
            first = j->talk[k]->first_ns;
    return in_window(code, codes, first);
}

static void new_traffic(struct chain *c)
{
    int64_t code[CODES_MAX]; /* of every alert */
    uint32_t codes = 0;

    for (uint32_t k = 0; k < c->j->talks && codes < CODES_MAX; k++) {
        const struct yg_talk *t = c->j->talk[k];
        size_t at = yg_same_ip(t->client, c->j->victim) ? code_in(t) : YG_NOWHERE;
        if (at != YG_NOWHERE)
            code[codes++] = time_of(&t->side[YG_TO_CLIENT], at);
    }
    for (uint32_t k = 0; k < c->j->talks; k++) {
        const struct yg_talk *t = c->j->talk[k];
        const struct yg_side *s = &t->side[YG_TO_SERVER];
        bool icmp = t->proto == YG_IP_ICMP || t->proto == YG_IP_ICMP6;
        if ((int)k == c->j->main || !yg_same_ip(t->client, c->j->victim) ||
            is_household(t))
            continue;
        if (leads_to(c, t) && !(icmp && is_chain_host(c, t->server)))
            continue; /* part of the fetching */
        int64_t ns = began(c, t);
        if (ns == 0 || !is_new(c->j, code, codes, t))
            continue;
        struct yg_mark_at at = { .talk = k,
                                 .len = (uint32_t)yg_sub(s->bytes, 0, 160).n,
                                 .time_ns = ns };
        yg_judge_mark(c->j, YG_M_NEW_TRAFFIC, &at, yg_sub(s->bytes, 0, 160));
    }
}

void yg_judge_chain(struct yg_judging *j)
{
    struct chain c = { .j = j };

    for (uint8_t i = 0; i < j->out->intents; i++) {
        const struct yg_intent *in = &j->out->intent[i];
        if (in->host.n > 0 && in->kind != YG_INTENT_SCRIPT &&
            yg_judge_in_focus(j, in->exchange))
            add_host(&c, in->host, in->kind == YG_INTENT_LOOKUP ? in->port : 0);
    }
    if (c.places == 0 && c.names == 0)
        return;
    follow(&c);
    if (c.codes > 0)
        new_traffic(&c);
}
