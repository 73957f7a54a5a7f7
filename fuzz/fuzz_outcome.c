/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is judged is made of strangers' bytes: questions, answers, and what followed. The
 * input is cut at 0xff 0xfe into parts: the first bytes of each choose protocol, status,
 * sides and times, the rest is target, headers, body and answer. Every mark must lie
 * inside of the bytes it shows, and the judgement must be the same twice.
 */
#include "packet/lookup.h"
#include "packet/outcome.h"

#include "../tests/unit/exchange_util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct yg_str next_part(struct yg_str *rest)
{
    struct yg_str part = *rest;

    for (size_t i = 0; i + 1 < rest->n; i++)
        if ((unsigned char)rest->p[i] == 0xff && (unsigned char)rest->p[i + 1] == 0xfe) {
            part.n = i;
            rest->p += i + 2;
            rest->n -= i + 2;
            return part;
        }
    rest->n = 0;
    return part;
}

static void fill(struct scene *s, struct yg_talk *t, struct yg_str part, double at)
{
    static const uint8_t app[] = { YG_APP_HTTP, YG_APP_HTTP, YG_APP_DNS, YG_APP_SMB,
                                   YG_APP_LDAP, YG_APP_FTP,  YG_APP_NONE };
    unsigned char c = (unsigned char)part.p[0];
    uint8_t what = app[c % sizeof(app)];
    struct yg_str rest = { part.p + 1, part.n - 1 };
    struct yg_str ask = yg_str_cut(&rest, '\x01'), head = yg_str_cut(&rest, '\x01'),
                  body = yg_str_cut(&rest, '\x01');

    if (rest.n > 100000)
        rest.n = 100000;
    uint32_t ask_at = scene_bytes(s, t, YG_TO_SERVER, ask, at);
    uint32_t answer_at = scene_bytes(s, t, YG_TO_CLIENT, rest, at + 0.5);
    if (what == YG_APP_NONE || t->exchanges == SCENE_EXCHANGES)
        return;
    struct yg_exchange *x = scene_ask(t, what, at);
    x->verb = YG_STR("GET");
    x->target = ask;
    x->head = head;
    x->body = body;
    x->answer_body = rest;
    x->answer = (c >> 3) % (YG_ANSWER_OPAQUE + 1);
    x->status = x->answer == YG_ANSWER_ERROR ? 400 + (c & 1) * 100 : 200;
    x->flags = (uint32_t)c * 5;
    x->ask_at = ask_at;
    x->ask_len = (uint32_t)ask.n;
    x->answer_at = answer_at;
    x->answer_len = (uint32_t)rest.n;
    x->answer_ns = at_s(at + 0.5);
}

static void check(const struct scene *s, const struct yg_outcome *o)
{
    if (o->class >= YG_OUT_COUNT || o->success > YG_SUCCEEDED ||
        o->intents > YG_INTENTS_MAX || o->marks > YG_MARKS_MAX)
        abort();
    for (unsigned i = 0; i < o->marks; i++) {
        const struct yg_mark *m = &o->mark[i];
        if (m->kind >= YG_MARK_COUNT || m->talk >= s->talks || m->side >= YG_SIDES)
            abort();
        struct yg_str b = s->list[m->talk]->side[m->side].bytes;
        if (m->len > 0 && (m->at > b.n || m->len > b.n - m->at ||
                           memcmp(b.p + m->at, m->shows.p, m->len) != 0))
            abort();
    }
}

/* The conversation that a part belongs to: a new one when its last byte says so. */
static struct yg_talk *talk_of(struct scene *s, unsigned char c, double at)
{
    static const char *const who[] = { "198.51.100.7", "10.1.2.3", "203.0.113.9" };
    struct yg_talk *t = s->talks ? s->list[s->talks - 1] : NULL;

    if (t && (!(c & 1) || s->talks == SCENE_TALKS))
        return t;
    t = scene_talk(s, who[s->talks ? 1 + (c & 2) / 2 : 0], who[(c >> 2) % 3],
                   (c & 16) ? 1389 : 80, at);
    t->proto = (c & 32) ? YG_IP_ICMP : YG_IP_TCP;
    t->client_port = (c & 32) ? 8 : 4000;
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str rest = { (const char *)data, size };
    struct scene *s = scene_new();
    struct yg_outcome o, again;

    for (unsigned n = 0; rest.n > 0 && n < 64; n++) {
        struct yg_str part = next_part(&rest);
        if (part.n < 2)
            continue;
        fill(s, talk_of(s, (unsigned char)part.p[part.n - 1], n), part, n);
    }
    if (s->talks > 0) {
        yg_outcome_of(&(struct yg_outcome_ask){ .talk = s->list, .talks = s->talks },
                      &s->arena, &o);
        check(s, &o);
        yg_outcome_of(&(struct yg_outcome_ask){ .talk = s->list,
                                                .talks = s->talks,
                                                .alert_ns = at_s(1) },
                      &s->arena, &again);
        check(s, &again);
        yg_outcome_of(&(struct yg_outcome_ask){ .talk = s->list, .talks = s->talks },
                      &s->arena, &again);
        if (again.class != o.class || again.success != o.success ||
            again.marks != o.marks)
            abort();
    }
    scene_free(s);
    return 0;
}
