/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/smb.h"

#include "packet/dcerpc.h"
#include "packet/kerberos.h"
#include "packet/ntlm.h"
#include "packet/wintext.h"

#include <stdlib.h>

#define MESSAGES_MAX 4096 /* looked at in one direction */
#define AHEAD_MAX    256  /* answers looked at for one question */
#define V1_HEAD      32U
#define V2_HEAD      64U
#define QUIET_MAX    96  /* exchanges that show nothing of note */
#define OF_NOTE_MAX  116 /* the rest is for calls */

#define STATUS_PENDING 0x103U

struct messages {
    struct yg_smb_msg *msg; /* NULL: count only */
    uint32_t count;
    bool broken;
};

struct yg_str yg_smb_slice_said(struct yg_smb *s, const struct yg_smb_msg *m, size_t at,
                                size_t n)
{
    if (n > 0 && (at > m->whole || n > m->whole - at))
        s->talk->anomalies |= YG_ANOMALY_BIT(YG_A_SMB_ODD);
    return yg_slice(m->bytes, at, n);
}

/* A session-layer header with an SMB message behind it? Their kind, or -1. */
static int kind_at(struct yg_str bytes, size_t at)
{
    if (bytes.n < 8 || at > bytes.n - 8 || bytes.p[at] != 0 ||
        memcmp(bytes.p + at + 5, "SMB", 3) != 0)
        return -1;
    unsigned char first = (unsigned char)bytes.p[at + 4];
    return first >= 0xfc ? 0xff - first : -1;
}

static size_t length_at(struct yg_str bytes, size_t at)
{
    struct yg_str s = yg_slice(bytes, at, 4);
    struct yg_cursor c = yg_cursor_of(s.p, s.n);

    return yg_cursor_be32(&c) & 0xffffff;
}

/* Session request, its answers, keep-alive (RFC 1002 4.3): small, without SMB. */
static bool is_session(struct yg_str bytes, size_t at)
{
    return bytes.n >= 4 && at <= bytes.n - 4 && (unsigned char)bytes.p[at] >= 0x81 &&
           (unsigned char)bytes.p[at] <= 0x85 && length_at(bytes, at) < 512;
}

/* Where the next message begins at or after `at`; bytes.n: nowhere. */
static size_t find_message(struct yg_str bytes, size_t at)
{
    while (at + 8 <= bytes.n) {
        const char *p = memmem(bytes.p + at + 5, bytes.n - at - 5, "SMB", 3);
        if (!p)
            break;
        at = (size_t)(p - bytes.p) - 5;
        if (kind_at(bytes, at) >= 0)
            return at;
        at++;
    }
    return bytes.n;
}

static void add_message(struct messages *l, const struct yg_smb_msg *m)
{
    if (l->msg)
        l->msg[l->count] = *m;
    l->count++;
}

static void read_v1(struct messages *l, struct yg_smb_msg m)
{
    struct yg_cursor c = yg_cursor_of(m.bytes.p, m.bytes.n);

    (void)yg_cursor_le32(&c);
    m.command = yg_cursor_u8(&c);
    m.status = yg_cursor_le32(&c);
    m.reply = yg_cursor_u8(&c) & 0x80;
    uint16_t flags = yg_cursor_le16(&c);
    m.unicode = flags & 0x8000;
    m.nt_status = flags & 0x4000;
    (void)yg_cursor_take(&c, 12);
    m.tree = yg_cursor_le16(&c);
    uint16_t process = yg_cursor_le16(&c);
    (void)yg_cursor_le16(&c); /* user */
    m.id = (uint64_t)process << 16 | yg_cursor_le16(&c);
    if (yg_cursor_ok(&c))
        add_message(l, &m);
}

/* SMB2: one message, or several in a compound. */
static void read_v2(struct messages *l, struct yg_smb_msg frame)
{
    size_t at = 0;

    while (l->count < MESSAGES_MAX) {
        struct yg_smb_msg m = frame;
        m.bytes = yg_slice_from(frame.bytes, at);
        m.at += (uint32_t)at;
        m.whole -= (uint32_t)at;
        struct yg_cursor c = yg_cursor_of(m.bytes.p, m.bytes.n);
        bool magic = yg_cursor_be32(&c) == 0xfe534d42;
        (void)yg_cursor_le32(&c);
        m.status = yg_cursor_le32(&c);
        m.command = yg_cursor_le16(&c);
        (void)yg_cursor_le16(&c);
        uint32_t flags = yg_cursor_le32(&c), next = yg_cursor_le32(&c);
        m.reply = flags & 1;
        m.id = yg_cursor_le64(&c);
        (void)yg_cursor_le32(&c);
        m.tree = flags & 2 ? 0 : yg_cursor_le32(&c); /* asynchronous: another id */
        if (!magic || !yg_cursor_ok(&c) || m.bytes.n < V2_HEAD)
            return;
        bool more = next >= V2_HEAD && next < m.whole;
        if (more) {
            m.whole = next;
            m.bytes = yg_slice(m.bytes, 0, next);
        }
        add_message(l, &m);
        if (!more)
            return;
        at += next;
    }
}

static void read_frame(struct messages *l, struct yg_str bytes, size_t at, size_t len)
{
    struct yg_smb_msg m = { .at = (uint32_t)at + 4, .kind = (uint8_t)kind_at(bytes, at) };

    m.bytes = yg_slice(bytes, m.at, len);
    m.whole = (uint32_t)len;
    if (m.kind == YG_SMB_V1)
        read_v1(l, m);
    else if (m.kind == YG_SMB_V2)
        read_v2(l, m);
    else
        add_message(l, &m);
}

/* Walk the frames of a direction. Where one does not end at the next one, bytes were
 * lost inside it (or it lies): it ends where the next one begins. */
static void walk(const struct yg_side *side, struct messages *l)
{
    struct yg_str b = side->bytes;

    for (size_t at = 0; at + 4 <= b.n && l->count < MESSAGES_MAX;) {
        if (is_session(b, at)) {
            at += 4 + length_at(b, at);
            continue;
        }
        if (kind_at(b, at) < 0) {
            l->broken |= side->gap_bytes == 0 && !side->cut && b.n - at >= 8;
            at = find_message(b, at + 1);
            continue;
        }
        size_t len = length_at(b, at), next = at + 4 + len;
        if (next + 8 <= b.n && kind_at(b, next) < 0 && !is_session(b, next)) {
            l->broken |= side->gap_bytes == 0 && !side->cut;
            next = find_message(b, at + 8);
        }
        read_frame(l, yg_slice(b, 0, next), at, len);
        at = next;
    }
}

bool yg_smb_probe(const struct yg_talk *talk)
{
    if (talk->proto != YG_IP_TCP)
        return false;
    for (unsigned i = 0; i < YG_SIDES; i++) {
        struct yg_str b = talk->side[i].bytes, first = yg_slice(b, 0, 4096);
        if (kind_at(b, 0) >= 0 || find_message(first, 0) < first.n)
            return true;
        /* Name of 34 bytes called, and of 34 bytes calling. */
        if (is_session(b, 0) && (unsigned char)b.p[0] == 0x81 && length_at(b, 0) == 68)
            return true;
    }
    return false;
}

/* DOS error class and code of SMB1 before NT, as what they say. */
static uint8_t dos_answer(uint32_t status)
{
    uint32_t class = status & 0xff, code = status >> 16;

    if (class == 0 && code == 0)
        return YG_ANSWER_OK;
    if ((class == 1 && (code == 5 || code == 65)) ||
        (class == 2 && (code == 2 || code == 4 || code == 91 || code >= 2239)))
        return YG_ANSWER_REFUSED;
    if ((class == 1 && (code == 2 || code == 3 || code == 18 || code == 67)) ||
        (class == 2 && code == 6))
        return YG_ANSWER_MISSING;
    return YG_ANSWER_ERROR;
}

bool yg_smb_ok(const struct yg_smb_msg *m)
{
    if (!m || (m->kind == YG_SMB_V1 && !m->nt_status && m->status != 0))
        return false;
    return m->status >> 30 == 0 || m->status == 0x80000005 || m->status == 0xc0000016;
}

struct yg_exchange *yg_smb_add(struct yg_smb *s, struct yg_smb_pair p, struct yg_str verb,
                               uint32_t flags)
{
    if (s->talk->exchanges >= (flags ? OF_NOTE_MAX : QUIET_MAX)) {
        s->talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_CAP);
        return NULL;
    }
    struct yg_exchange *x = yg_app_exchange(s->talk, s->arena);
    if (!x)
        return NULL;
    x->asker = s->asker;
    x->verb = verb;
    x->flags = flags;
    if (p.ask) {
        x->head = p.ask->bytes;
        x->ask_at = p.ask->at;
        x->ask_len = (uint32_t)p.ask->bytes.n;
        x->ask_ns = yg_side_time(&s->talk->side[s->asker], p.ask->at);
        x->flags |= p.ask->bytes.n < p.ask->whole ? YG_XF_CUT : 0;
    }
    if (p.answer) {
        x->answer_head = p.answer->bytes;
        x->answer_at = p.answer->at;
        x->answer_len = (uint32_t)p.answer->bytes.n;
        x->answer_ns = yg_side_time(&s->talk->side[!s->asker], p.answer->at);
        x->status = (int32_t)p.answer->status;
        x->answer = p.answer->kind == YG_SMB_V1 && !p.answer->nt_status
                        ? dos_answer(p.answer->status)
                        : yg_ntstatus_answer(p.answer->status);
        x->flags |= p.answer->bytes.n < p.answer->whole ? YG_XF_CUT : 0;
    }
    return x;
}

void yg_smb_login(struct yg_smb *s, struct yg_exchange *x, struct yg_str ask,
                  struct yg_str answer)
{
    struct yg_kerberos_login ticket;
    struct yg_ntlm ntlm;

    if (yg_kerberos_find(ask, s->arena, &ticket)) {
        x->target = yg_text_join(ticket.service, '@', ticket.realm, s->arena);
        x->flags |= ticket.weak ? YG_XF_WEAK : 0;
    }
    if (yg_ntlm_find(ask, s->arena, &ntlm) && ntlm.type == YG_NTLM_AUTHENTICATE) {
        x->target = ntlm.account;
        x->agent = ntlm.workstation;
        x->flags |= ntlm.v1 ? YG_XF_WEAK : 0;
    }
    if (yg_ntlm_find(answer, s->arena, &ntlm) && ntlm.type == YG_NTLM_CHALLENGE)
        x->answer_agent = ntlm.workstation;
}

/* All that is encrypted or compressed is one exchange: there is no telling them apart. */
static void add_opaque(struct yg_smb *s, struct messages *ask, struct messages *answer,
                       unsigned kind)
{
    struct yg_smb_pair p = { NULL, NULL };
    struct messages *both[] = { ask, answer };
    uint64_t size = 0;

    for (unsigned side = 0; side < 2; side++)
        for (uint32_t i = 0; i < both[side]->count; i++) {
            const struct yg_smb_msg *m = &both[side]->msg[i];
            const struct yg_smb_msg **to = side ? &p.answer : &p.ask;
            if (m->kind != kind)
                continue;
            *to = *to ? *to : m;
            size += side ? m->whole : 0;
        }
    if (!p.ask && !p.answer)
        return;
    struct yg_exchange *x = yg_smb_add(
        s, p, kind == YG_SMB_SEALED ? YG_STR("encrypted") : YG_STR("compressed"),
        kind == YG_SMB_SEALED ? YG_XF_ENCRYPTED : 0);
    if (!x)
        return;
    x->status = -1;
    x->answer = p.answer ? YG_ANSWER_OPAQUE : YG_ANSWER_NONE;
    x->answer_size = size;
}

static bool goes_with(const struct yg_smb_msg *q, const struct yg_smb_msg *a)
{
    if (a->used || a->kind > YG_SMB_V2 || !a->reply)
        return false;
    if (a->kind == q->kind)
        return a->id == q->id && a->command == q->command;
    /* An old-style negotiate that is answered in SMB2. */
    return q->kind == YG_SMB_V1 && q->command == 0x72 && a->command == 0;
}

/* The final answer of a question; an interim one (pending) only if none other came. */
static const struct yg_smb_msg *answer_to(struct messages *l, uint32_t *next,
                                          const struct yg_smb_msg *q)
{
    const struct yg_smb_msg *pending = NULL;

    while (*next < l->count && (l->msg[*next].used || l->msg[*next].kind > YG_SMB_V2))
        ++*next;
    for (uint32_t i = *next; i < l->count && i - *next < AHEAD_MAX; i++) {
        if (!goes_with(q, &l->msg[i]))
            continue;
        l->msg[i].used = true;
        if (l->msg[i].status != STATUS_PENDING || l->msg[i].kind != YG_SMB_V2)
            return &l->msg[i];
        pending = &l->msg[i];
    }
    return pending;
}

static void one_pair(struct yg_smb *s, struct yg_smb_pair p)
{
    const struct yg_smb_msg *m = p.ask ? p.ask : p.answer;

    if (m->kind == YG_SMB_V1)
        yg_smb1_pair(s, p);
    else
        yg_smb2_pair(s, p);
}

static void pair_up(struct yg_smb *s, struct messages *ask, struct messages *answer)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < ask->count; i++) {
        const struct yg_smb_msg *q = &ask->msg[i];
        if (q->kind > YG_SMB_V2 || q->reply)
            continue;
        one_pair(s, (struct yg_smb_pair){ q, answer_to(answer, &next, q) });
    }
    for (uint32_t i = 0; i < answer->count; i++) {
        const struct yg_smb_msg *a = &answer->msg[i];
        if (!a->used && a->reply && a->kind <= YG_SMB_V2)
            one_pair(s, (struct yg_smb_pair){ NULL, a });
    }
    add_opaque(s, ask, answer, YG_SMB_SEALED);
    add_opaque(s, ask, answer, YG_SMB_COMPRESSED);
}

static int by_time(const void *a, const void *b)
{
    const struct yg_exchange *x = a, *y = b;
    int64_t s = x->ask_ns ? x->ask_ns : x->answer_ns;
    int64_t t = y->ask_ns ? y->ask_ns : y->answer_ns;

    if (s != t)
        return s < t ? -1 : 1;
    if (x->ask_at != y->ask_at)
        return x->ask_at < y->ask_at ? -1 : 1;
    return (x->answer_at > y->answer_at) - (x->answer_at < y->answer_at);
}

static bool list(const struct yg_side *side, struct yg_arena *arena, struct messages *l)
{
    struct messages counted = { 0 };

    walk(side, &counted);
    l->msg = yg_arena_alloc(arena, (counted.count + (size_t)1) * sizeof(*l->msg));
    if (l->msg)
        walk(side, l);
    return l->msg;
}

/* Met midway, who is the client is a guess: messages say themselves what they are. */
static uint8_t side_that_asks(const struct messages l[YG_SIDES])
{
    uint32_t wrong = 0, right = 0;

    for (unsigned side = 0; side < YG_SIDES; side++)
        for (uint32_t i = 0; i < l[side].count; i++)
            if (l[side].msg[i].kind <= YG_SMB_V2) {
                bool fits = l[side].msg[i].reply == (side == YG_TO_CLIENT);
                right += fits;
                wrong += !fits;
            }
    return wrong > right ? YG_TO_CLIENT : YG_TO_SERVER;
}

void yg_smb_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    struct messages l[YG_SIDES] = { 0 };
    struct yg_smb *s = yg_arena_zalloc(arena, sizeof(*s));

    if (!s || !list(&talk->side[0], arena, &l[0]) ||
        !list(&talk->side[1], arena, &l[1])) {
        talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_CAP);
        return;
    }
    if (l[0].broken || l[1].broken)
        talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
    s->talk = talk;
    s->arena = arena;
    s->asker = side_that_asks(l);
    pair_up(s, &l[s->asker], &l[!s->asker]);
    yg_smb_finish(s);
    if (talk->exchanges > 1)
        qsort(talk->exchange, talk->exchanges, sizeof(*talk->exchange), by_time);
}
