/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_util - conversations with their exchanges made by hand, as the decoders would
 * have made them, for tests of what is read out of exchanges. One thread at a time.
 */
#ifndef YG_TESTS_EXCHANGE_UTIL_H
#define YG_TESTS_EXCHANGE_UTIL_H

#include "base/arena.h"
#include "base/clock.h"
#include "event/ip.h"
#include "packet/outcome.h"

#include <stdlib.h>

#define SCENE_TALKS     24
#define SCENE_EXCHANGES 16
#define SCENE_START     (INT64_C(1700000000) * YG_NS_PER_S)

struct scene {
    struct yg_arena arena;
    struct yg_talk talk[SCENE_TALKS];
    struct yg_talk *list[SCENE_TALKS];
    struct yg_exchange exchange[SCENE_TALKS][SCENE_EXCHANGES];
    struct yg_segment segment[SCENE_TALKS][YG_SIDES][YG_SEGMENTS_MAX];
    uint32_t talks;
};

static inline struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof(*s));

    if (!s)
        abort();
    yg_arena_init(&s->arena, (size_t)64 << 20);
    return s;
}

static inline void scene_free(struct scene *s)
{
    yg_arena_fini(&s->arena);
    free(s);
}

static inline int64_t at_s(double seconds)
{
    return SCENE_START + (int64_t)(seconds * 1e9);
}

/* A conversation that began `seconds` after the start and got an answer. */
static inline struct yg_talk *scene_talk(struct scene *s, const char *client,
                                         const char *server, uint16_t port,
                                         double seconds)
{
    struct yg_talk *t = &s->talk[s->talks];

    if (!yg_ip_parse(yg_str_of(client), t->client) ||
        !yg_ip_parse(yg_str_of(server), t->server))
        abort();
    t->client_port = 40000;
    t->server_port = port;
    t->proto = YG_IP_TCP;
    t->from_start = t->accepted = true;
    t->first_ns = t->last_ns = at_s(seconds);
    t->exchange = s->exchange[s->talks];
    t->side[YG_TO_SERVER].segment = s->segment[s->talks][YG_TO_SERVER];
    t->side[YG_TO_CLIENT].segment = s->segment[s->talks][YG_TO_CLIENT];
    s->list[s->talks] = t;
    s->talks++;
    return t;
}

static inline uint32_t scene_bytes(struct scene *s, struct yg_talk *t, int side,
                                   struct yg_str bytes, double seconds)
{
    struct yg_side *d = &t->side[side];
    struct yg_segment *g = &s->segment[t - s->talk][side][d->segments++];
    char *p = yg_arena_alloc(&s->arena, d->bytes.n + bytes.n + 1);

    if (!p)
        abort();
    if (d->bytes.n)
        memcpy(p, d->bytes.p, d->bytes.n);
    if (bytes.n)
        memcpy(p + d->bytes.n, bytes.p, bytes.n);
    *g = (struct yg_segment){ .time_ns = at_s(seconds),
                              .at = (uint32_t)d->bytes.n,
                              .len = (uint32_t)bytes.n,
                              .wire = (uint32_t)bytes.n };
    d->bytes = (struct yg_str){ p, d->bytes.n + bytes.n };
    d->payload += bytes.n;
    d->packets++;
    d->first_ns = d->first_ns ? d->first_ns : g->time_ns;
    d->last_ns = g->time_ns;
    if (g->time_ns > t->last_ns)
        t->last_ns = g->time_ns;
    return g->at;
}

static inline struct yg_exchange *scene_ask(struct yg_talk *t, uint8_t app,
                                            double seconds)
{
    struct yg_exchange *x = &t->exchange[t->exchanges++];

    t->app = app;
    x->app = app;
    x->asker = YG_TO_SERVER;
    x->status = -1;
    x->ask_ns = at_s(seconds);
    return x;
}

struct http_case {
    const char *verb, *target, *head, *body; /* head: more header lines */
    int status;                              /* 0: no answer */
    const char *type, *answer;
};

static inline uint8_t http_answer(int status)
{
    if (status == 0)
        return YG_ANSWER_NONE;
    if (status < 200 || (status >= 300 && status < 400))
        return YG_ANSWER_MORE;
    if (status < 300)
        return YG_ANSWER_OK;
    if (status == 401 || status == 403)
        return YG_ANSWER_REFUSED;
    return status == 404 || status == 410 ? YG_ANSWER_MISSING : YG_ANSWER_ERROR;
}

static inline struct yg_str join(struct scene *s, const char *a, const char *b,
                                 const char *c)
{
    size_t n = strlen(a) + strlen(b) + strlen(c);
    char *p = yg_arena_alloc(&s->arena, n + 1);

    if (!p)
        abort();
    memcpy(p, a, strlen(a));
    memcpy(p + strlen(a), b, strlen(b));
    memcpy(p + strlen(a) + strlen(b), c, strlen(c) + 1);
    return (struct yg_str){ p, n };
}

/* One HTTP question with its answer `took` seconds later. */
static inline struct yg_exchange *scene_http(struct scene *s, struct yg_talk *t,
                                             const struct http_case *c, double seconds,
                                             double took)
{
    struct yg_exchange *x = scene_ask(t, YG_APP_HTTP, seconds);

    x->verb = yg_str_of(c->verb ? c->verb : "GET");
    x->target = yg_str_of(c->target);
    x->host = YG_STR("www.example.org");
    x->head = join(s, "GET / HTTP/1.1\r\nHost: www.example.org\r\n",
                   c->head ? c->head : "", "\r\n");
    x->body = yg_str_of(c->body);
    x->status = c->status ? c->status : -1;
    x->answer = http_answer(c->status);
    x->ask_at = scene_bytes(s, t, YG_TO_SERVER, x->head, seconds);
    x->ask_len = (uint32_t)x->head.n;
    if (c->status == 0)
        return x;
    x->answer_type = yg_str_of(c->type ? c->type : "text/html");
    x->answer_body = yg_str_of(c->answer ? c->answer : "");
    x->answer_size = x->answer_body.n;
    x->answer_head = YG_STR("HTTP/1.1 200 OK\r\n\r\n");
    x->answer_ns = at_s(seconds + took);
    x->answer_at = scene_bytes(s, t, YG_TO_CLIENT, x->answer_head, seconds + took);
    scene_bytes(s, t, YG_TO_CLIENT, x->answer_body, seconds + took);
    x->answer_len = (uint32_t)(x->answer_head.n + x->answer_body.n);
    return x;
}

/* Is there a mark of this kind? */
static inline bool has(const struct yg_outcome *o, unsigned kind)
{
    for (unsigned i = 0; i < o->marks; i++)
        if (o->mark[i].kind == kind)
            return true;
    return false;
}

#endif
