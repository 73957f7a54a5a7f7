/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/tls.h"

#include "base/cursor.h"
#include "packet/ask.h"
#include "packet/tlshello.h"
#include "packet/walk.h"
#include "packet/x509.h"

#define HEADER_LEN       5
#define RECORD_MAX       (16384 + 2048) /* RFC 5246, 6.2.3 */
#define HANDSHAKE_MAX    (128U * 1024U) /* of one direction, in the clear */
#define CERTIFICATES_MAX 16
#define LATE_SEGMENTS    16 /* looked at for a hello behind something else */

enum record { REC_CHANGE = 20, REC_ALERT, REC_HANDSHAKE, REC_DATA, REC_HEARTBEAT };
enum message { MSG_CLIENT_HELLO = 1, MSG_SERVER_HELLO = 2, MSG_CERTIFICATE = 11 };

struct header {
    uint8_t type;
    uint16_t version, len;
};

/* What one direction says. */
struct flow {
    struct yg_str handshake; /* clear messages, put together */
    struct yg_span hello;    /* records that hold the first message */
    struct yg_str ssl2;      /* an SSLv2 hello without its length */
    uint64_t data;           /* bytes of application records */
    uint32_t records;
    bool changed; /* what follows is encrypted */
    bool broken, odd, hole;
    bool alerted;  /* in the clear, and fatal */
    uint8_t alert; /* its number */
};

static bool header_read(struct yg_cursor *c, struct header *h)
{
    *h = (struct header){ .type = yg_cursor_u8(c) };
    h->version = yg_cursor_be16(c);
    h->len = yg_cursor_be16(c);
    return yg_cursor_ok(c) && h->type >= REC_CHANGE && h->type <= REC_HEARTBEAT &&
           h->version >= 0x0300 && h->version <= 0x0304 && h->len > 0 &&
           h->len <= RECORD_MAX;
}

/* An SSLv2 hello of either side, without its length; {NULL, 0}: none. */
static struct yg_str ssl2_hello(struct yg_str bytes)
{
    struct yg_cursor c = yg_cursor_of(bytes.p, bytes.n);
    uint16_t len = yg_cursor_be16(&c);
    struct yg_str body = yg_cursor_take(&c, len & 0x7fff);

    if (!(len & 0x8000) || body.n < 9)
        return YG_STR_NONE;
    struct yg_cursor in = yg_cursor_of(body.p, body.n);
    uint8_t type = yg_cursor_u8(&in);
    if (type == MSG_CLIENT_HELLO) {
        uint16_t version = yg_cursor_be16(&in), ciphers = yg_cursor_be16(&in);
        uint16_t session = yg_cursor_be16(&in), challenge = yg_cursor_be16(&in);
        if ((version == YG_TLS_SSL2 || (version >= 0x0300 && version <= 0x0303)) &&
            ciphers % 3 == 0 && (session == 0 || session == 16) && challenge >= 16 &&
            challenge <= 32 && 9U + ciphers + session + challenge == body.n)
            return body;
        return YG_STR_NONE;
    }
    (void)yg_cursor_be16(&in); /* session found, type of certificate */
    if (type == 4 && yg_cursor_be16(&in) == YG_TLS_SSL2 && body.n >= 11)
        return body;
    return YG_STR_NONE;
}

bool yg_tls_at(struct yg_str bytes)
{
    struct yg_cursor c = yg_cursor_of(bytes.p, bytes.n);
    struct header h;

    if (ssl2_hello(bytes).n > 0)
        return true;
    if (!header_read(&c, &h))
        return false;
    struct yg_cursor body = c;
    uint8_t first = yg_cursor_u8(&body);
    if (h.type == REC_CHANGE)
        return h.len == 1 && first == 1;
    if (h.type == REC_ALERT && h.len == 2)
        return first == 1 || first == 2;
    if (h.type == REC_HANDSHAKE && yg_cursor_u8(&body) == 0 && h.len >= 4 && first <= 24)
        return true; /* no message is 64 KiB long */
    /* Encrypted: five bytes say little, so another record has to follow, or the end. */
    (void)yg_cursor_take(&c, h.len);
    return yg_cursor_ok(&c) && (yg_cursor_left(&c) == 0 || header_read(&c, &h));
}

bool yg_tls_probe(const struct yg_talk *talk)
{
    const struct yg_side *s = talk->side;

    if (talk->proto == YG_IP_UDP)
        return false;
    if (s[YG_TO_SERVER].bytes.n == 0)
        return yg_tls_at(s[YG_TO_CLIENT].bytes);
    return yg_tls_at(s[YG_TO_SERVER].bytes);
}

/* Bytes of a handshake record go to the end of the messages. */
static void handshake_add(struct flow *f, char *room, struct yg_str body,
                          struct yg_span span)
{
    size_t had = f->handshake.n;
    size_t n = body.n > HANDSHAKE_MAX - had ? HANDSHAKE_MAX - had : body.n;

    if (n == 0)
        return;
    memcpy(room + had, body.p, n);
    f->handshake = (struct yg_str){ room, had + n };
    if (had == 0)
        f->hello = span;
    struct yg_cursor c = yg_cursor_of(room, had);
    (void)yg_cursor_u8(&c);
    size_t first = (size_t)yg_cursor_u8(&c) << 16;
    first |= yg_cursor_be16(&c);
    if (!yg_cursor_ok(&c) || first + 4 > had)
        f->hello.end = span.end;
}

static void record_read(struct flow *f, const struct header *h, struct yg_str body,
                        struct yg_span span, char *room)
{
    struct yg_cursor c = yg_cursor_of(body.p, body.n);

    switch (h->type) {
    case REC_CHANGE:
        f->changed = true;
        break;
    case REC_ALERT:
        if (!f->changed && h->len == 2 && yg_cursor_u8(&c) == 2 && !f->alerted) {
            f->alert = yg_cursor_u8(&c);
            f->alerted = yg_cursor_ok(&c);
        }
        break;
    case REC_HANDSHAKE:
        if (!f->changed && f->data == 0)
            handshake_add(f, room, body, span);
        break;
    case REC_DATA:
        f->data += h->len;
        break;
    default: /* heartbeat: a request that claims more than it brings (RFC 6520, 4) */
        f->odd |= !f->changed && yg_cursor_u8(&c) == 1 &&
                  yg_cursor_be16(&c) + 3U > h->len && yg_cursor_ok(&c);
        break;
    }
}

static bool header_at(struct yg_walk *w, struct yg_walk_part *part, struct header *h)
{
    *part = yg_walk_take(w, HEADER_LEN);
    struct yg_cursor c = yg_cursor_of(part->bytes.p, part->sound);
    return part->landed && header_read(&c, h);
}

/* A header that the capture holds whole. After a hole in it, the next segment that
 * begins with one: senders mostly begin a record with a segment. */
static bool header_next(struct yg_walk *w, bool lossy, struct flow *f, struct header *h)
{
    struct yg_walk_part part;

    if (header_at(w, &part, h))
        return true;
    if (part.bytes.n < HEADER_LEN && !part.hole)
        return false;
    f->broken = f->ssl2.n == 0; /* after an SSLv2 hello SSLv2 goes on */
    while (lossy && yg_walk_segment(w))
        if (header_at(w, &part, h))
            return true;
    return false;
}

static void flow_read(const struct yg_side *s, size_t at, struct yg_arena *arena,
                      struct flow *f)
{
    size_t size = s->bytes.n - at;
    char *room = yg_arena_alloc(arena, size < HANDSHAKE_MAX ? size + 1 : HANDSHAKE_MAX);
    struct header h;

    *f = (struct flow){ .hello = { at, at } };
    f->ssl2 = ssl2_hello(yg_side_part(s, (struct yg_span){ at, s->bytes.n }));
    if (f->ssl2.n > 0) {
        at += f->ssl2.n + 2;
        f->hello.end = at;
        f->records++;
    }
    struct yg_walk w = yg_walk_from(s, at);
    while (room && header_next(&w, yg_side_lossy(s), f, &h)) {
        struct yg_span span = { w.at - HEADER_LEN, 0 };
        struct yg_walk_part part = yg_walk_take(&w, h.len);
        struct yg_str body = { part.bytes.p, part.sound };
        span.end = w.at;
        f->records++;
        if (h.type != REC_HANDSHAKE || !f->hole)
            record_read(f, &h, body, span, room);
        f->hole |= part.hole; /* messages behind it cannot be told apart any more */
    }
}

static uint32_t be24(struct yg_cursor *c)
{
    uint32_t high = yg_cursor_u8(c);

    return high << 16 | yg_cursor_be16(c);
}

/* The chain of a Certificate message as it was until TLS 1.3 encrypted it. */
static void chain_read(struct yg_str body, struct yg_arena *arena, struct yg_hello *hello)
{
    struct yg_cursor c = yg_cursor_of(body.p, body.n);
    struct yg_x509 x;

    (void)be24(&c);
    while (yg_cursor_left(&c) > 0 && hello->certificates < CERTIFICATES_MAX) {
        size_t n = be24(&c), left = yg_cursor_left(&c);
        struct yg_str one = yg_cursor_take(&c, n < left ? n : left); /* or cut */
        if (one.n == 0)
            break;
        if (hello->certificates++ > 0)
            continue;
        (void)yg_x509_read(one, arena, &x);
        hello->subject = x.subject;
        hello->issuer = x.issuer;
        hello->names = x.names;
        hello->not_before = x.not_before;
        hello->not_after = x.not_after;
        hello->self_signed = x.self_signed;
    }
}

/* The next whole message; the last one may be `*cut`. */
static bool message_next(struct yg_cursor *c, uint8_t *type, struct yg_str *body,
                         bool *cut)
{
    if (yg_cursor_left(c) < 4)
        return false;
    *type = yg_cursor_u8(c);
    size_t n = be24(c), left = yg_cursor_left(c);
    *cut = n > left;
    *body = yg_cursor_take(c, *cut ? left : n);
    return true;
}

struct session {
    struct flow flow[YG_SIDES];
    struct yg_hello *hello;
    struct yg_str session_id;
    struct yg_server_hello server;
    unsigned asker;
    bool asked, answered, cut;
};

static void client_read(struct session *s)
{
    const struct flow *f = &s->flow[s->asker];
    struct yg_cursor c = yg_cursor_of(f->handshake.p, f->handshake.n);
    struct yg_str body;
    uint8_t type;
    bool cut;

    if (f->ssl2.n > 0) {
        struct yg_cursor in = yg_cursor_of(f->ssl2.p + 1, f->ssl2.n - 1);
        s->hello->version = yg_cursor_be16(&in);
        s->asked = true;
    }
    while (message_next(&c, &type, &body, &cut)) {
        if (type == MSG_CLIENT_HELLO && !s->asked) {
            s->asked = true;
            s->cut = cut;
            (void)yg_client_hello_read(body, s->hello, &s->session_id);
        } else if (type == MSG_CERTIFICATE && body.n > 3) {
            s->hello->client_certificate = true;
        }
    }
}

static void server_read(struct session *s, struct yg_arena *arena)
{
    const struct flow *f = &s->flow[!s->asker];
    struct yg_cursor c = yg_cursor_of(f->handshake.p, f->handshake.n);
    struct yg_hello *hello = s->hello;
    struct yg_str body;
    uint8_t type;
    bool cut;

    if (f->ssl2.n > 0) {
        hello->chosen = YG_TLS_SSL2;
        s->answered = true;
    }
    while (message_next(&c, &type, &body, &cut)) {
        if (type == MSG_SERVER_HELLO) {
            s->answered |= yg_server_hello_read(body, &s->server);
            hello->chosen = s->server.version;
            hello->cipher = s->server.cipher;
            if (s->server.alpn.n > 0)
                hello->alpn = s->server.alpn;
        } else if (type == MSG_CERTIFICATE && hello->certificates == 0) {
            chain_read(body, arena, hello);
        }
    }
    if (s->answered && !s->server.retry)
        hello->resumed =
            s->server.psk ||
            (hello->chosen < YG_TLS_13 && hello->certificates == 0 && f->changed &&
             s->session_id.n > 0 && yg_str_eq(s->session_id, s->server.session));
}

/* Who said hello as a client? The direction that the tracker guessed may be wrong. */
static unsigned asker_of(const struct session *s)
{
    for (unsigned side = 0; side < YG_SIDES; side++) {
        struct yg_str h =
            s->flow[side].ssl2.n > 0 ? s->flow[side].ssl2 : s->flow[side].handshake;
        if (h.n > 0 && h.p[0] == MSG_CLIENT_HELLO)
            return side;
        if (h.n > 0 && (h.p[0] == MSG_SERVER_HELLO || h.p[0] == 4))
            return !side;
    }
    return YG_TO_SERVER;
}

static void judge(const struct session *s, struct yg_exchange *x)
{
    const struct flow *client = &s->flow[s->asker], *server = &s->flow[!s->asker];
    const struct yg_hello *h = s->hello;
    uint16_t version = s->answered ? h->chosen : h->version;

    x->answer_size = server->data;
    if (server->alerted || client->alerted)
        x->status = server->alerted ? server->alert : client->alert;
    if (server->alerted)
        x->answer = YG_ANSWER_REFUSED;
    else if (client->alerted)
        x->answer = YG_ANSWER_ERROR;
    else if (s->answered)
        x->answer = server->changed || server->data > 0 ? YG_ANSWER_OK : YG_ANSWER_MORE;
    else if (server->records > 0)
        x->answer = YG_ANSWER_OPAQUE;
    if (client->data > 0 || server->data > 0 || client->changed || server->changed)
        x->flags |= YG_XF_ENCRYPTED;
    if (h->self_signed)
        x->flags |= YG_XF_SELF;
    if ((version != 0 && version <= YG_TLS_SSL3) ||
        (s->answered && h->chosen >= YG_TLS_SSL3 && yg_tls_cipher_weak(h->cipher)))
        x->flags |= YG_XF_WEAK;
    if (s->cut || !s->asked)
        x->flags |= YG_XF_CUT;
}

static void note_oddities(struct yg_talk *talk, const struct session *s)
{
    for (unsigned side = 0; side < YG_SIDES; side++) {
        if (s->flow[side].odd)
            talk->anomalies |= YG_ANOMALY_BIT(YG_A_TLS_ODD);
        if (s->flow[side].broken && !yg_side_lossy(&talk->side[side]))
            talk->anomalies |=
                YG_ANOMALY_BIT(YG_A_TLS_ODD) | YG_ANOMALY_BIT(YG_A_APP_BROKEN);
    }
}

void yg_tls_from(struct yg_talk *talk, struct yg_arena *arena, const size_t at[YG_SIDES])
{
    struct session s = { .hello = yg_arena_zalloc(arena, sizeof(*s.hello)) };

    if (!s.hello)
        return;
    for (unsigned side = 0; side < YG_SIDES; side++)
        flow_read(&talk->side[side], at[side], arena, &s.flow[side]);
    s.asker = asker_of(&s);
    client_read(&s);
    server_read(&s, arena);
    s.hello->finished = s.flow[0].data > 0 && s.flow[1].data > 0;
    talk->hello = s.hello;
    note_oddities(talk, &s);
    struct yg_exchange *x = yg_ask(talk, arena, s.asker, s.flow[s.asker].hello);
    if (!x)
        return;
    x->app = YG_APP_TLS;
    x->verb = s.asked ? YG_STR("client-hello") : YG_STR("session");
    x->target = x->host = s.hello->sni;
    if (s.flow[!s.asker].records > 0)
        yg_answered(talk, x, s.flow[!s.asker].hello);
    judge(&s, x);
}

/* Where a segment begins with a client hello, whatever came before: proxies, databases
 * and mail boxes turn into TLS after words of their own. False: nowhere. */
static bool late_hello(const struct yg_side *s, size_t *at)
{
    for (uint32_t i = 1; i < s->segments && i < LATE_SEGMENTS; i++) {
        struct yg_str rest =
            yg_side_part(s, (struct yg_span){ s->segment[i].at, s->bytes.n });
        struct yg_cursor c = yg_cursor_of(rest.p, rest.n);
        struct header h;
        if (!header_read(&c, &h) || h.type != REC_HANDSHAKE ||
            yg_cursor_u8(&c) != MSG_CLIENT_HELLO || be24(&c) + 4 != h.len ||
            yg_cursor_u8(&c) != 3 || !yg_cursor_ok(&c))
            continue;
        *at = s->segment[i].at;
        return true;
    }
    return false;
}

bool yg_tlslate_probe(const struct yg_talk *talk)
{
    size_t at;

    return talk->proto != YG_IP_UDP && late_hello(&talk->side[YG_TO_SERVER], &at);
}

void yg_tlslate_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    const struct yg_side *answer = &talk->side[YG_TO_CLIENT];
    size_t at[YG_SIDES] = { 0, answer->bytes.n };

    if (!late_hello(&talk->side[YG_TO_SERVER], &at[YG_TO_SERVER]))
        return;
    int64_t asked = yg_side_time(&talk->side[YG_TO_SERVER], (uint32_t)at[YG_TO_SERVER]);
    for (uint32_t i = 0; i < answer->segments; i++)
        if (answer->segment[i].time_ns >= asked) {
            at[YG_TO_CLIENT] = answer->segment[i].at;
            break;
        }
    yg_tls_from(talk, arena, at);
}

void yg_tls_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    static const size_t start[YG_SIDES] = { 0, 0 };

    yg_tls_from(talk, arena, start);
}
