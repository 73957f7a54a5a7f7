/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "packet/ask.h"
#include "packet/ldapfilter.h"
#include "packet/tls.h"

/* RFC 4511: messages in BER, paired by their id. Entries come out as lines of text: what
 * a JNDI lookup brings back in full, of the rest the names and how many values. */

#define ENTRIES_TEXT_MAX 8192
#define VALUE_MAX        512
#define ATTRIBUTES_MAX   128 /* of one entry */
#define MESSAGE_MAX      (16U << 20)

enum operation {
    OP_BIND = 0x60,
    OP_BIND_DONE = 0x61,
    OP_UNBIND = 0x42,
    OP_SEARCH = 0x63,
    OP_ENTRY = 0x64,
    OP_SEARCH_DONE = 0x65,
    OP_MODIFY = 0x66,
    OP_MODIFY_DONE = 0x67,
    OP_ADD = 0x68,
    OP_ADD_DONE = 0x69,
    OP_DELETE = 0x4a,
    OP_DELETE_DONE = 0x6b,
    OP_RENAME = 0x6c,
    OP_RENAME_DONE = 0x6d,
    OP_COMPARE = 0x6e,
    OP_COMPARE_DONE = 0x6f,
    OP_ABANDON = 0x50,
    OP_REFERENCE = 0x73,
    OP_EXTENDED = 0x77,
    OP_EXTENDED_DONE = 0x78,
    OP_INTERMEDIATE = 0x79,
};

static const struct operation_row {
    uint8_t ask, answer; /* 0: none */
    struct yg_str verb;
} operation[] = {
    { OP_BIND, OP_BIND_DONE, { "BIND", 4 } },
    { OP_SEARCH, OP_SEARCH_DONE, { "SEARCH", 6 } },
    { OP_MODIFY, OP_MODIFY_DONE, { "MODIFY", 6 } },
    { OP_ADD, OP_ADD_DONE, { "ADD", 3 } },
    { OP_DELETE, OP_DELETE_DONE, { "DELETE", 6 } },
    { OP_RENAME, OP_RENAME_DONE, { "MODDN", 5 } },
    { OP_COMPARE, OP_COMPARE_DONE, { "COMPARE", 7 } },
    { OP_EXTENDED, OP_EXTENDED_DONE, { "EXTENDED", 8 } },
    { OP_UNBIND, 0, { "UNBIND", 6 } },
    { OP_ABANDON, 0, { "ABANDON", 7 } },
    { 0, OP_ENTRY, { "SEARCH", 6 } },
    { 0, OP_REFERENCE, { "SEARCH", 6 } },
    { 0, OP_INTERMEDIATE, { "EXTENDED", 8 } },
};

static const struct operation_row *row_of(uint8_t tag, bool *asks)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(operation); i++)
        if (tag == operation[i].ask || tag == operation[i].answer) {
            *asks = tag == operation[i].ask;
            return &operation[i];
        }
    return NULL;
}

struct message {
    int64_t id;
    const struct operation_row *row;
    struct yg_der op;
    bool asks, cut;
    struct yg_span span;
};

/* LDAPMessage ::= SEQUENCE { messageID, protocolOp, [0] controls } */
static bool message_next(struct yg_cursor *c, struct message *m)
{
    struct yg_der whole, id;
    size_t from = c->pos;

    if (!yg_der_next(c, &whole) || whole.tag != YG_DER_SEQUENCE ||
        whole.body.n > MESSAGE_MAX)
        return false;
    struct yg_cursor in = yg_cursor_of(whole.body.p, whole.body.n);
    if (!yg_der_next(&in, &id) || id.tag != YG_DER_INTEGER || id.body.n == 0 ||
        id.body.n > 4 || !yg_der_next(&in, &m->op))
        return false;
    m->id = yg_der_int(id.body);
    m->row = row_of(m->op.tag, &m->asks);
    m->cut = whole.cut;
    m->span = (struct yg_span){ from, c->pos };
    return m->row != NULL && m->id >= 0;
}

/* Who asks? 0: nothing of LDAP stands at the start of either side. */
static bool asker_of(const struct yg_talk *talk, unsigned *asker)
{
    struct message m;

    for (unsigned side = 0; side < YG_SIDES; side++) {
        struct yg_str b = talk->side[side].bytes;
        struct yg_cursor c = yg_cursor_of(b.p, b.n);
        if (b.n == 0)
            continue;
        if (!message_next(&c, &m))
            return false;
        *asker = m.asks ? side : !side;
        return true;
    }
    return false;
}

bool yg_ldap_probe(const struct yg_talk *talk)
{
    unsigned asker;

    return asker_of(talk, &asker);
}

struct ldap {
    struct yg_talk *talk;
    struct yg_arena *arena;
    unsigned asker;
    int64_t id[YG_EXCHANGES_MAX]; /* of each exchange */
    bool done[YG_EXCHANGES_MAX];  /* its final answer came */
    struct yg_textbuf text[YG_EXCHANGES_MAX];
    bool tls;
};

static struct yg_str next_value(struct yg_cursor *c)
{
    struct yg_der e;

    return yg_der_next(c, &e) ? e.body : YG_STR_NONE;
}

static void ask_bind(struct yg_cursor *c, struct yg_exchange *x)
{
    struct yg_der how;

    (void)next_value(c); /* version */
    x->target = next_value(c);
    if (!yg_der_next(c, &how))
        return;
    bool simple = how.tag == 0x80;
    x->head = YG_STR_NONE; /* it holds the password */
    if (!simple || x->target.n > 0)
        x->flags |= YG_XF_LOGIN;
}

static void ask_search(struct ldap *l, struct yg_cursor *c, struct yg_exchange *x)
{
    x->target = next_value(c);
    bool below = yg_der_int(next_value(c)) != 0; /* scope */
    x->flags |= below ? YG_XF_LIST : 0U;
    for (int i = 0; i < 4; i++)
        (void)next_value(c); /* aliases, limits, types only */
    struct yg_der filter;
    if (yg_der_next(c, &filter))
        x->body = yg_ldap_filter_text(&filter, l->arena);
}

static void ask_message(struct ldap *l, const struct message *m)
{
    struct yg_exchange *x = yg_ask(l->talk, l->arena, l->asker, m->span);
    struct yg_cursor c = yg_cursor_of(m->op.body.p, m->op.body.n);

    if (!x)
        return;
    l->id[l->talk->exchanges - 1] = m->id;
    x->verb = m->row->verb;
    if (m->cut)
        x->flags |= YG_XF_CUT;
    switch (m->op.tag) {
    case OP_BIND:
        ask_bind(&c, x);
        break;
    case OP_SEARCH:
        ask_search(l, &c, x);
        break;
    case OP_DELETE:
        x->target = m->op.body;
        break;
    case OP_EXTENDED:
        x->target = next_value(&c);
        break;
    case OP_UNBIND:
    case OP_ABANDON:
        break;
    default:
        x->target = next_value(&c);
        break;
    }
}

static enum yg_answer answer_of(int64_t code)
{
    switch (code) {
    case 0: /* success, compareFalse, compareTrue */
    case 5:
    case 6:
        return YG_ANSWER_OK;
    case 10: /* referral, saslBindInProgress */
    case 14:
        return YG_ANSWER_MORE;
    case 7: /* ways to log in that are not allowed; rights; credentials */
    case 8:
    case 13:
    case 48:
    case 49:
    case 50:
    case 53:
        return YG_ANSWER_REFUSED;
    case 16: /* noSuchAttribute, noSuchObject */
    case 32:
        return YG_ANSWER_MISSING;
    default:
        return YG_ANSWER_ERROR;
    }
}

/* The question with this id that has no final answer yet; made when it was not seen. */
static struct yg_exchange *question_of(struct ldap *l, const struct message *m,
                                       uint32_t *index)
{
    struct yg_talk *t = l->talk;

    for (uint32_t i = 0; i < t->exchanges; i++)
        if (l->id[i] == m->id && !l->done[i] &&
            yg_str_eq(t->exchange[i].verb, m->row->verb)) {
            *index = i;
            return &t->exchange[i];
        }
    struct yg_exchange *x = yg_ask(t, l->arena, l->asker, (struct yg_span){ 0, 0 });
    if (!x)
        return NULL;
    *index = t->exchanges - 1;
    l->id[*index] = m->id;
    x->ask_ns = 0;
    x->verb = m->row->verb;
    x->flags = YG_XF_CUT;
    return x;
}

/* Attributes by which a server makes a Java client load and run what it names. */
static bool worth_showing(struct yg_str name)
{
    static const struct yg_str shown[] = {
        { "javaCodeBase", 12 }, { "javaFactory", 11 },          { "javaClassName", 13 },
        { "objectClass", 11 },  { "javaReferenceAddress", 20 },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(shown); i++)
        if (yg_str_eq_nocase(name, shown[i]))
            return true;
    return false;
}

static void show_attribute(struct yg_textbuf *t, struct yg_str name, struct yg_str values)
{
    struct yg_cursor c = yg_cursor_of(values.p, values.n);
    struct yg_der v;
    uint64_t count = 0, bytes = 0;
    bool show = worth_showing(name);

    while (yg_der_next(&c, &v)) {
        count++;
        bytes += v.body.n;
        if (!show)
            continue;
        if (v.body.n > VALUE_MAX)
            v.body.n = VALUE_MAX;
        yg_textbuf_clean(t, name);
        yg_textbuf_add(t, YG_STR(": "));
        yg_textbuf_clean(t, v.body);
        yg_textbuf_add(t, YG_STR("\n"));
    }
    if (show)
        return;
    bool object = yg_str_eq_nocase(name, YG_STR("javaSerializedData"));
    yg_textbuf_clean(t, name);
    yg_textbuf_add(t, object ? YG_STR(": serialized object, ") : YG_STR(": "));
    yg_textbuf_u64(t, object ? bytes : count);
    yg_textbuf_add(t, object ? YG_STR(" bytes\n") : YG_STR(" values\n"));
}

/* SearchResultEntry ::= { objectName, SEQUENCE OF SEQUENCE { type, SET OF value } } */
static void show_entry(struct yg_textbuf *t, const struct yg_der *op)
{
    struct yg_cursor c = yg_cursor_of(op->body.p, op->body.n);
    struct yg_str list;
    struct yg_der one;

    yg_textbuf_add(t, YG_STR("dn: "));
    yg_textbuf_clean(t, next_value(&c));
    yg_textbuf_add(t, YG_STR("\n"));
    list = next_value(&c);
    c = yg_cursor_of(list.p, list.n);
    for (int i = 0; i < ATTRIBUTES_MAX && !t->full && yg_der_next(&c, &one); i++) {
        struct yg_cursor in = yg_cursor_of(one.body.p, one.body.n);
        struct yg_str name = next_value(&in);
        show_attribute(t, name, next_value(&in));
    }
}

static void show_reference(struct yg_textbuf *t, const struct yg_der *op)
{
    struct yg_cursor c = yg_cursor_of(op->body.p, op->body.n);
    struct yg_der e;

    while (!t->full && yg_der_next(&c, &e)) {
        yg_textbuf_add(t, YG_STR("ref: "));
        yg_textbuf_clean(t, e.body);
        yg_textbuf_add(t, YG_STR("\n"));
    }
}

static void answer_message(struct ldap *l, const struct message *m)
{
    struct yg_cursor c = yg_cursor_of(m->op.body.p, m->op.body.n);
    uint32_t i = 0;
    struct yg_exchange *x = question_of(l, m, &i);

    if (!x)
        return;
    if (x->answer_len == 0)
        yg_answered(l->talk, x, m->span);
    x->answer_len = (uint32_t)m->span.end - x->answer_at;
    x->answer_size += m->op.body.n;
    if (m->cut)
        x->flags |= YG_XF_CUT;
    if (m->op.tag == OP_ENTRY || m->op.tag == OP_REFERENCE) {
        if (!l->text[i].size && !l->text[i].full)
            yg_textbuf_init(&l->text[i], l->arena, ENTRIES_TEXT_MAX);
        if (m->op.tag == OP_ENTRY)
            show_entry(&l->text[i], &m->op);
        else
            show_reference(&l->text[i], &m->op);
        x->answer_body = yg_textbuf_str(&l->text[i]);
        x->answer = x->answer == YG_ANSWER_NONE ? YG_ANSWER_MORE : x->answer;
        return;
    }
    if (m->op.tag == OP_INTERMEDIATE)
        return;
    int64_t code = yg_der_int(next_value(&c));
    x->status = code >= 0 && code <= INT32_MAX ? (int32_t)code : -1;
    x->answer = (uint8_t)answer_of(code);
    l->done[i] = true;
    l->tls |= yg_str_eq(x->target, YG_STR("1.3.6.1.4.1.1466.20037")) && code == 0;
}

static void take_message(struct ldap *l, unsigned side, const struct message *m)
{
    if (m->asks && side == l->asker)
        ask_message(l, m);
    else if (!m->asks && side != l->asker)
        answer_message(l, m);
}

/* What a SASL layer that only signs carries: a Kerberos token (RFC 4121, 4.2.6.2: the
 * checksum was rotated to the front) or one of NTLM (16 bytes of signature). Where it
 * seals, {NULL, 0}. */
static struct yg_str signed_text(struct yg_str token)
{
    struct yg_cursor c = yg_cursor_of(token.p, token.n);
    uint16_t kind = yg_cursor_be16(&c);
    uint8_t flags = yg_cursor_u8(&c);
    size_t checksum = 0;

    (void)yg_cursor_u8(&c);
    if (kind == 0x0504) {
        checksum = yg_cursor_be16(&c);
        if ((flags & 2) || yg_cursor_be16(&c) != checksum) /* sealed, or not rotated */
            return YG_STR_NONE;
        (void)yg_cursor_take(&c, 8); /* sequence */
        (void)yg_cursor_take(&c, checksum);
    } else {
        (void)yg_cursor_take(&c, 12);
        if (kind != 0x0100 || flags != 0)
            return YG_STR_NONE;
    }
    return yg_cursor_take(&c, yg_cursor_left(&c));
}

/* A token behind its length (RFC 4422, 3.7). False: it cannot be read. */
static bool take_wrapped(struct ldap *l, unsigned side, struct yg_cursor *c)
{
    size_t from = c->pos, n = yg_cursor_be32(c), left = yg_cursor_left(c);
    struct yg_str text = signed_text(yg_cursor_take(c, n < left ? n : left));
    struct yg_cursor in = yg_cursor_of(text.p, text.n);
    struct message m;
    bool read = false;

    while (yg_cursor_left(&in) > 0 && message_next(&in, &m)) {
        m.span = (struct yg_span){ from, c->pos };
        take_message(l, side, &m);
        read = true;
    }
    return read;
}

/* Messages of one side. Returns where they end; `*opaque`: what follows is encrypted. */
static size_t side_read(struct ldap *l, unsigned side, bool *opaque)
{
    struct yg_talk *t = l->talk;
    struct yg_str b = t->side[side].bytes;
    struct yg_cursor c = yg_cursor_of(b.p, b.n);
    struct message m;
    size_t end = 0;

    *opaque = false;
    while (yg_cursor_left(&c) > 0) {
        uint8_t first = (uint8_t)b.p[end];
        if (end > 0 && first == 0) {
            *opaque |= !take_wrapped(l, side, &c);
            end = c.pos;
            if (!yg_cursor_ok(&c))
                return end;
            continue;
        }
        if (end > 0 && first == 0x16) {
            *opaque = true;
            return end;
        }
        if (!message_next(&c, &m)) {
            if (!yg_side_lossy(&t->side[side]))
                t->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
            return end;
        }
        end = c.pos;
        take_message(l, side, &m);
    }
    return end;
}

void yg_ldap_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    struct ldap *l = yg_arena_zalloc(arena, sizeof(*l));
    size_t at[YG_SIDES];
    bool opaque[YG_SIDES];
    unsigned asker = YG_TO_SERVER;

    if (!l || !asker_of(talk, &asker))
        return;
    *l = (struct ldap){ .talk = talk, .arena = arena, .asker = asker };
    at[asker] = side_read(l, asker, &opaque[asker]);
    at[!asker] = side_read(l, !asker, &opaque[!asker]);
    if (talk->exchanges > 0 && (opaque[0] || opaque[1] || l->tls))
        talk->exchange[talk->exchanges - 1].flags |= YG_XF_ENCRYPTED;
    if (l->tls)
        yg_tls_from(talk, arena, at);
}
