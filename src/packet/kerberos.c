/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4120 over TCP (section 7.2.2) and UDP: who asks for a ticket to what, and how. */
#include "packet/kerberos.h"

#include "packet/app.h"
#include "packet/der.h"
#include "packet/wintext.h"

/* Application tags of the messages; a reply's is its request's plus one. */
enum {
    AS_REQ = 10,
    AS_REP = 11,
    TGS_REQ = 12,
    TGS_REP = 13,
    AP_REQ = 14,
    AP_REP = 15,
    KRB_ERROR = 30
};

#define MESSAGES_MAX 256 /* looked at in one direction */
#define ETYPES_MAX   32

/* What stands before an AP-REQ in a GSS-API token: Kerberos' OID and the token's kind. */
static const char gss_ap_req[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01";

struct message {
    uint32_t at, len;  /* in the stream, without the TCP length */
    uint8_t type;      /* application tag */
    bool cut;          /* not whole */
    struct yg_str seq; /* the fields of its SEQUENCE */
};

static const char *verb_of(unsigned type)
{
    switch (type) {
    case AS_REQ:
        return "AS-REQ";
    case AS_REP:
        return "AS-REP";
    case TGS_REQ:
        return "TGS-REQ";
    case TGS_REP:
        return "TGS-REP";
    case AP_REQ:
        return "AP-REQ";
    case AP_REP:
        return "AP-REP";
    default:
        return "KRB-ERROR";
    }
}

static bool is_type(unsigned type)
{
    return (type >= AS_REQ && type <= AP_REP) || type == KRB_ERROR;
}

/* Kerberos in `s`? Its tag, then a SEQUENCE that fills it. */
static bool read_message(struct yg_str s, struct message *m)
{
    struct yg_cursor c = yg_cursor_of(s.p, s.n), in;
    struct yg_der e, seq;

    if (!yg_der_next(&c, &e) || (e.tag & 0xe0) != 0x60 || !is_type(e.tag & 0x1fU))
        return false;
    in = yg_cursor_of(e.body.p, e.body.n);
    if (!yg_der_next(&in, &seq) || seq.tag != YG_DER_SEQUENCE)
        return false;
    m->type = e.tag & 0x1f;
    m->cut = e.cut || seq.cut;
    m->seq = seq.body;
    return true;
}

/* The message that begins at `at`, which is moved behind it. */
static bool next_in_stream(struct yg_str bytes, uint32_t *at, struct message *m)
{
    struct yg_cursor c = yg_cursor_of(bytes.p, bytes.n);

    (void)yg_cursor_take(&c, *at);
    uint32_t n = yg_cursor_be32(&c);
    if (!yg_cursor_ok(&c) || n > 0x7fffffffU)
        return false;
    size_t left = yg_cursor_left(&c);
    struct yg_str s = yg_cursor_take(&c, n < left ? n : left);
    m->at = *at + 4;
    m->len = (uint32_t)s.n;
    if (!read_message(s, m))
        return false;
    *at += 4 + m->len;
    m->cut |= n > left;
    return true;
}

/* `*broken` is set when a stream without holes goes on with something else. */
static uint32_t read_side(const struct yg_talk *talk, unsigned side, struct message *out,
                          uint32_t max, bool *broken)
{
    const struct yg_side *s = &talk->side[side];
    uint32_t n = 0, at = 0;

    if (talk->proto != YG_IP_UDP) {
        while (n < max && at < s->bytes.n && next_in_stream(s->bytes, &at, &out[n]))
            n++;
        *broken |= n < max && s->bytes.n - at >= 8 && s->gap_bytes == 0 && !s->cut;
        return n;
    }
    for (uint32_t i = 0; i < s->segments && n < max; i++) {
        struct yg_cursor c = yg_cursor_of(s->bytes.p, s->bytes.n);
        (void)yg_cursor_take(&c, s->segment[i].at);
        struct yg_str d = yg_cursor_take(&c, s->segment[i].len);
        if (!read_message(d, &out[n]))
            continue;
        out[n].at = s->segment[i].at;
        out[n++].len = s->segment[i].len;
    }
    return n;
}

bool yg_kerberos_probe(const struct yg_talk *talk)
{
    struct message m;
    bool broken = false;

    if (talk->proto != YG_IP_TCP && talk->proto != YG_IP_UDP)
        return false;
    return read_side(talk, YG_TO_SERVER, &m, 1, &broken) > 0 ||
           read_side(talk, YG_TO_CLIENT, &m, 1, &broken) > 0;
}

/* The value of field [n] of a SEQUENCE: what is inside its one element. */
static struct yg_str field(struct yg_str seq, unsigned n)
{
    struct yg_str wrapped = yg_der_find(seq, YG_DER_FIELD(n));
    struct yg_cursor c = yg_cursor_of(wrapped.p, wrapped.n);
    struct yg_der e;

    return yg_der_next(&c, &e) ? e.body : YG_STR_NONE;
}

/* PrincipalName: its parts with slashes between them. */
static struct yg_str principal(struct yg_str name, struct yg_arena *arena)
{
    struct yg_str parts = field(name, 1), text = YG_STR_NONE;
    struct yg_cursor c = yg_cursor_of(parts.p, parts.n);
    struct yg_der e;

    for (unsigned i = 0; i < 8 && yg_der_next(&c, &e); i++)
        text = yg_text_join(text, '/', e.body, arena);
    return text;
}

static bool weak_etype(int64_t etype)
{
    /* DES; RC4 and RC4 for export; what Windows gave negative numbers is RC4, too. */
    return (etype >= 1 && etype <= 3) || etype == 23 || etype == 24 ||
           (etype <= -128 && etype >= -141);
}

static bool only_weak(struct yg_str etypes)
{
    struct yg_cursor c = yg_cursor_of(etypes.p, etypes.n);
    struct yg_der e;
    unsigned seen = 0;

    for (; seen < ETYPES_MAX && yg_der_next(&c, &e); seen++)
        if (!weak_etype(yg_der_int(e.body)))
            return false;
    return seen > 0;
}

/* Ticket, inside its application tag: realm, sname, etype of what is encrypted. */
static int64_t ticket(struct yg_str t, struct yg_exchange *x, struct yg_arena *arena)
{
    struct yg_str seq = yg_der_find(t, YG_DER_SEQUENCE);

    if (x->host.n == 0)
        x->host = field(seq, 1);
    if (x->target.n == 0)
        x->target = principal(field(seq, 2), arena);
    return yg_der_int(field(field(seq, 3), 0));
}

bool yg_kerberos_find(struct yg_str blob, struct yg_arena *arena,
                      struct yg_kerberos_login *out)
{
    const char *p = blob.n > sizeof(gss_ap_req)
                        ? memmem(blob.p, blob.n, gss_ap_req, sizeof(gss_ap_req))
                        : NULL;
    struct yg_exchange x = { 0 };
    struct message m;

    if (!p)
        return false;
    p += sizeof(gss_ap_req);
    if (!read_message((struct yg_str){ p, blob.n - (size_t)(p - blob.p) }, &m) ||
        m.type != AP_REQ)
        return false;
    out->weak = weak_etype(ticket(field(m.seq, 3), &x, arena));
    out->service = x.target;
    out->realm = x.host;
    return true;
}

static void ask(struct yg_exchange *x, const struct message *m, struct yg_arena *arena)
{
    if (m->type == AP_REQ) {
        x->flags |= YG_XF_LOGIN;
        if (weak_etype(ticket(field(m->seq, 3), x, arena)))
            x->flags |= YG_XF_WEAK;
        return;
    }
    struct yg_str body = field(m->seq, 4);
    if (m->type == AS_REQ)
        x->flags |= YG_XF_LOGIN;
    x->agent = principal(field(body, 1), arena);
    x->host = field(body, 2);
    x->target = principal(field(body, 3), arena);
    if (only_weak(field(body, 8)))
        x->flags |= YG_XF_WEAK;
}

static uint8_t error_answer(int64_t code)
{
    switch (code) {
    case 25: /* PREAUTH_REQUIRED */
    case 52: /* RESPONSE_TOO_BIG: come again over TCP */
    case 91: /* MORE_PREAUTH_DATA_REQUIRED */
        return YG_ANSWER_MORE;
    case 6: /* C_PRINCIPAL_UNKNOWN */
    case 7: /* S_PRINCIPAL_UNKNOWN */
        return YG_ANSWER_MISSING;
    case 12: /* POLICY */
    case 18: /* CLIENT_REVOKED */
    case 19: /* SERVICE_REVOKED */
    case 23: /* KEY_EXPIRED */
    case 24: /* PREAUTH_FAILED */
    case 31: /* BAD_INTEGRITY */
    case 41: /* MODIFIED */
        return YG_ANSWER_REFUSED;
    default:
        return YG_ANSWER_ERROR;
    }
}

static void answer(struct yg_exchange *x, const struct message *m, struct yg_arena *arena)
{
    struct yg_str name = YG_STR_NONE;

    if (m->type == KRB_ERROR) {
        int64_t code = yg_der_int(field(m->seq, 6));
        x->status = (int32_t)code;
        x->answer = error_answer(code);
        name = principal(field(m->seq, 8), arena);
        if (x->host.n == 0)
            x->host = field(m->seq, 9);
        if (x->target.n == 0)
            x->target = principal(field(m->seq, 10), arena);
    } else {
        x->status = 0;
        x->answer = YG_ANSWER_OK;
    }
    if (m->type == AS_REP || m->type == TGS_REP) {
        int64_t etype = ticket(field(m->seq, 5), x, arena);
        if (m->type == AS_REP) /* the part under the client's own key */
            etype = yg_der_int(field(field(m->seq, 6), 0));
        if (weak_etype(etype))
            x->flags |= YG_XF_WEAK;
        name = principal(field(m->seq, 4), arena);
    }
    if (x->agent.n == 0)
        x->agent = name;
}

static struct yg_str bytes_of(const struct yg_side *s, const struct message *m)
{
    struct yg_cursor c = yg_cursor_of(s->bytes.p, s->bytes.n);

    (void)yg_cursor_take(&c, m->at);
    return yg_cursor_take(&c, m->len);
}

/* One exchange of a question, its answer, or both. */
static bool add(struct yg_talk *talk, struct yg_arena *arena, unsigned asker,
                const struct message *q, const struct message *a)
{
    const struct yg_side *to = &talk->side[asker], *back = &talk->side[!asker];
    struct yg_exchange *x = yg_app_exchange(talk, arena);

    if (!x)
        return false;
    x->asker = (uint8_t)asker;
    x->verb = yg_str_of(verb_of(q ? q->type : a->type));
    if (q) {
        x->head = bytes_of(to, q);
        x->ask_at = q->at;
        x->ask_len = q->len;
        x->ask_ns = yg_side_time(to, q->at);
        ask(x, q, arena);
        x->flags |= q->cut ? YG_XF_CUT : 0;
    }
    if (a) {
        x->answer_head = bytes_of(back, a);
        x->answer_at = a->at;
        x->answer_len = a->len;
        x->answer_ns = yg_side_time(back, a->at);
        x->answer_size = a->len;
        answer(x, a, arena);
        x->flags |= a->cut ? YG_XF_CUT : 0;
    }
    return true;
}

static bool is_request(unsigned type)
{
    return type == AS_REQ || type == TGS_REQ || type == AP_REQ;
}

static bool answers(const struct message *q, const struct message *a)
{
    return a->type == q->type + 1 || a->type == KRB_ERROR;
}

/* Questions and answers in step; an answer older than the question lost its own. */
static void pair_up(struct yg_talk *talk, struct yg_arena *arena, unsigned asker,
                    struct message *const msg[YG_SIDES], const uint32_t count[YG_SIDES])
{
    const struct yg_side *to = &talk->side[asker], *back = &talk->side[!asker];
    const struct message *a = msg[!asker], *end = a + count[!asker];
    bool room = true;

    for (uint32_t i = 0; i < count[asker] && room; i++) {
        const struct message *q = &msg[asker][i];
        if (!is_request(q->type))
            continue;
        for (; a < end && room && yg_side_time(back, a->at) < yg_side_time(to, q->at);
             a++)
            room = add(talk, arena, asker, NULL, a);
        bool mine = a < end && answers(q, a);
        room = room && add(talk, arena, asker, q, mine ? a : NULL);
        a += mine;
    }
    for (; a < end && room; a++)
        room = add(talk, arena, asker, NULL, a);
}

void yg_kerberos_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    struct message *msg[YG_SIDES];
    uint32_t count[YG_SIDES];
    unsigned asker = YG_TO_SERVER;
    bool broken = false;

    for (unsigned side = 0; side < YG_SIDES; side++) {
        msg[side] = yg_arena_alloc(arena, MESSAGES_MAX * sizeof(*msg[side]));
        if (!msg[side]) {
            talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_CAP);
            return;
        }
        count[side] = read_side(talk, side, msg[side], MESSAGES_MAX, &broken);
    }
    if (broken)
        talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
    /* Met midway, who is the client is a guess: requests know better. */
    if (count[YG_TO_CLIENT] > 0 && is_request(msg[YG_TO_CLIENT]->type))
        asker = YG_TO_CLIENT;
    pair_up(talk, arena, asker, msg, count);
}
