/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "base/cursor.h"
#include "packet/dnsmsg.h"

#define TCP_LENGTH 2 /* RFC 1035, 4.2.2 */
#define HEADER     12

/* One message in one direction. */
struct found {
    struct yg_str bytes;
    int64_t time_ns;
    uint32_t at;
    uint8_t side;
    bool cut;
};

struct walk {
    struct yg_talk *talk;
    struct yg_arena *arena;
    size_t at[YG_SIDES]; /* UDP: number of the datagram; TCP: place in the stream */
    uint16_t id[YG_EXCHANGES_MAX], type[YG_EXCHANGES_MAX]; /* of each exchange */
};

static bool peek_datagram(const struct yg_side *s, size_t number, struct found *out)
{
    if (number >= s->segments)
        return false;
    struct yg_cursor c = yg_cursor_of(s->bytes.p, s->bytes.n);
    const struct yg_segment *seg = &s->segment[number];
    (void)yg_cursor_take(&c, seg->at);
    size_t left = yg_cursor_left(&c);
    out->at = seg->at;
    out->bytes = yg_cursor_take(&c, left < seg->len ? left : seg->len);
    out->time_ns = seg->time_ns;
    out->cut = seg->wire > out->bytes.n;
    return yg_cursor_ok(&c);
}

static bool peek_stream(const struct yg_side *s, size_t at, struct found *out)
{
    struct yg_cursor c = yg_cursor_of(s->bytes.p, s->bytes.n);

    (void)yg_cursor_take(&c, at);
    uint16_t n = yg_cursor_be16(&c);
    size_t left = yg_cursor_left(&c);
    if (!yg_cursor_ok(&c))
        return false;
    out->at = (uint32_t)at + TCP_LENGTH;
    out->cut = n > left;
    out->bytes = yg_cursor_take(&c, out->cut ? left : n);
    out->time_ns = yg_side_time(s, (uint32_t)at);
    return true;
}

/* The message at `at` of one side; false: there is none. */
static bool peek(const struct yg_talk *talk, uint8_t side, size_t at, struct found *out)
{
    *out = (struct found){ .side = side };
    return talk->proto == YG_IP_UDP ? peek_datagram(&talk->side[side], at, out)
                                    : peek_stream(&talk->side[side], at, out);
}

static bool side_speaks(const struct yg_talk *talk, uint8_t side)
{
    struct found f;

    return peek(talk, side, 0, &f) && yg_dnsmsg_plausible(f.bytes);
}

bool yg_dns_probe(const struct yg_talk *talk)
{
    if (talk->proto != YG_IP_UDP && talk->proto != YG_IP_TCP)
        return false;
    return side_speaks(talk, YG_TO_SERVER) || side_speaks(talk, YG_TO_CLIENT);
}

/* The next message of either side, in order of time. */
static bool next_message(struct walk *w, struct found *out)
{
    struct found other;
    bool ask = peek(w->talk, YG_TO_SERVER, w->at[YG_TO_SERVER], out);
    bool answer = peek(w->talk, YG_TO_CLIENT, w->at[YG_TO_CLIENT], &other);

    if (answer && (!ask || other.time_ns < out->time_ns))
        *out = other;
    if (w->talk->proto == YG_IP_UDP)
        w->at[out->side]++;
    else
        w->at[out->side] = out->at + out->bytes.n;
    return ask || answer;
}

static uint8_t answer_of(unsigned rcode)
{
    switch (rcode) {
    case 0:
        return YG_ANSWER_OK;
    case 3: /* NXDOMAIN */
    case 8: /* NXRRSET */
        return YG_ANSWER_MISSING;
    case 5: /* REFUSED */
    case 9: /* NOTAUTH */
        return YG_ANSWER_REFUSED;
    default:
        return YG_ANSWER_ERROR;
    }
}

/* The exchange of this question; -1: none yet. Answers without a question match by id. */
static int find(const struct walk *w, const struct yg_dnsmsg *m, uint8_t asker)
{
    for (uint32_t i = 0; i < w->talk->exchanges; i++) {
        const struct yg_exchange *x = &w->talk->exchange[i];
        if (w->id[i] != m->id || x->asker != asker)
            continue;
        if ((m->response && m->questions == 0) ||
            (w->type[i] == m->type && yg_str_eq(x->target, m->name)))
            return (int)i;
    }
    return -1;
}

static struct yg_exchange *add(struct walk *w, const struct yg_dnsmsg *m, uint8_t asker)
{
    char verb[YG_DNS_VERB_MAX];
    struct yg_exchange *x = yg_app_exchange(w->talk, w->arena);

    if (!x)
        return NULL;
    uint32_t i = w->talk->exchanges - 1;
    w->id[i] = m->id;
    w->type[i] = m->type;
    x->asker = asker;
    x->verb = yg_arena_str(w->arena, yg_str_of(yg_dnsmsg_verb(m, verb)));
    x->target = m->name;
    if (m->type == YG_DNS_AXFR || m->type == YG_DNS_IXFR)
        x->flags |= YG_XF_LIST;
    return x;
}

static bool take_question(struct walk *w, const struct found *f,
                          const struct yg_dnsmsg *m)
{
    if (find(w, m, f->side) >= 0)
        return true; /* asked again */
    struct yg_exchange *x = add(w, m, f->side);
    if (!x)
        return false;
    x->head = f->bytes;
    x->ask_at = f->at;
    x->ask_len = (uint32_t)f->bytes.n;
    x->ask_ns = f->time_ns;
    x->flags |= f->cut ? YG_XF_CUT : 0;
    return true;
}

static bool take_answer(struct walk *w, const struct found *f, const struct yg_dnsmsg *m)
{
    uint8_t asker = f->side == YG_TO_SERVER ? YG_TO_CLIENT : YG_TO_SERVER;
    int at = find(w, m, asker);
    struct yg_exchange *x = at >= 0 ? &w->talk->exchange[at] : add(w, m, asker);

    if (!x)
        return false;
    if (x->answer != YG_ANSWER_NONE) { /* again; a zone comes in many messages */
        if (x->flags & YG_XF_LIST)
            x->answer_size += m->answer_bytes;
        return true;
    }
    x->status = m->rcode;
    x->answer = answer_of(m->rcode);
    x->answer_head = f->bytes;
    x->answer_body = m->answers;
    x->answer_size = m->answer_bytes;
    x->answer_at = f->at;
    x->answer_len = (uint32_t)f->bytes.n;
    x->answer_ns = f->time_ns;
    x->flags |= m->truncated || f->cut ? YG_XF_CUT : 0;
    return true;
}

void yg_dns_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    struct walk w = { .talk = talk, .arena = arena };
    struct yg_dnsmsg m;
    struct found f;

    while (next_message(&w, &f)) {
        bool udp = talk->proto == YG_IP_UDP;
        /* lost bytes of a stream shift all lengths that follow */
        bool sane = udp || f.bytes.n == HEADER || yg_dnsmsg_plausible(f.bytes);
        if (!sane || !yg_dnsmsg_read(f.bytes, f.cut, arena, &m)) {
            talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
            if (udp)
                continue; /* the next datagram is whole again */
            return;
        }
        talk->anomalies |= m.anomalies;
        bool room = m.response ? take_answer(&w, &f, &m) : take_question(&w, &f, &m);
        if (!room)
            return;
    }
}
