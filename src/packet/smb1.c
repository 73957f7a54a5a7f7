/* SPDX-License-Identifier: Apache-2.0 */
/* SMB1 (MS-CIFS, MS-SMB): blocks of words and bytes, of which AndX chains several. */
#include "base/status.h"
#include "packet/smb.h"
#include "packet/wintext.h"

#include <stdio.h>

enum {
    MKDIR = 0x00,
    RMDIR = 0x01,
    OPEN = 0x02,
    CREATE = 0x03,
    DELETE = 0x06,
    RENAME = 0x07,
    QUERY_INFO = 0x08,
    READ = 0x0a,
    WRITE = 0x0b,
    CREATE_NEW = 0x0f,
    CHECK_DIRECTORY = 0x10,
    TRANS = 0x25,
    TRANS_MORE = 0x26,
    OPEN_ANDX = 0x2d,
    READ_ANDX = 0x2e,
    WRITE_ANDX = 0x2f,
    TRANS2 = 0x32,
    TRANS2_MORE = 0x33,
    TREE_CONNECT = 0x70,
    NEGOTIATE = 0x72,
    SESSION_SETUP = 0x73,
    TREE_ANDX = 0x75,
    NT_TRANS = 0xa0,
    NT_TRANS_MORE = 0xa1,
    NT_CREATE = 0xa2
};

#define HEAD           32
#define BLOCKS_MAX     8 /* of one chain */
#define PIPE_TRANSACT  0x26
#define FIND_FIRST     1
#define QUERY_PATH     5
#define NO_MORE_BLOCKS 0xff

struct block {
    const struct yg_smb_msg *m;
    uint8_t command;
    struct yg_str words, bytes;
    size_t bytes_at; /* from the header: UTF-16 is aligned to that */
};

static bool chains(unsigned command)
{
    return command == SESSION_SETUP || command == TREE_ANDX || command == OPEN_ANDX ||
           command == READ_ANDX || command == WRITE_ANDX || command == NT_CREATE ||
           command == 0x24 || command == 0x74;
}

/* The block at `at`; false: it is not whole enough to have its words. */
static bool read_block(const struct yg_smb_msg *m, size_t at, struct block *b)
{
    struct yg_str s = yg_slice_from(m->bytes, at);
    struct yg_cursor c = yg_cursor_of(s.p, s.n);
    size_t words = yg_cursor_u8(&c) * (size_t)2;

    b->m = m;
    b->words = yg_cursor_take(&c, words);
    if (!yg_cursor_ok(&c))
        return false;
    size_t n = yg_cursor_le16(&c), left = yg_cursor_left(&c);
    b->bytes_at = at + 3 + words;
    /* Big reads and writes do not fit in 16 bits: there the data's own length counts. */
    b->bytes = yg_cursor_take(&c, n < left ? n : left);
    return true;
}

/* The blocks of a message. */
static unsigned read_blocks(struct yg_smb *s, const struct yg_smb_msg *m,
                            struct block out[BLOCKS_MAX])
{
    unsigned n = 0;
    size_t at = HEAD;
    uint8_t command = (uint8_t)(m ? m->command : NO_MORE_BLOCKS);

    while (m && n < BLOCKS_MAX && command != NO_MORE_BLOCKS &&
           read_block(m, at, &out[n])) {
        struct block *b = &out[n++];
        b->command = command;
        struct yg_cursor c = yg_cursor_of(b->words.p, b->words.n);
        command = yg_cursor_u8(&c);
        (void)yg_cursor_u8(&c);
        size_t next = yg_cursor_le16(&c);
        if (!chains(b->command) || !yg_cursor_ok(&c) || command == NO_MORE_BLOCKS)
            break;
        if (next <= at) { /* a chain that runs backwards */
            s->talk->anomalies |= YG_ANOMALY_BIT(YG_A_SMB_ODD);
            break;
        }
        at = next;
    }
    return n;
}

static struct yg_cursor words_at(const struct block *b, size_t at)
{
    struct yg_str s = b ? yg_slice_from(b->words, at) : YG_STR_NONE;

    return yg_cursor_of(s.p, s.n);
}

/* The text that stands at `*at` of the block's bytes; `*at` moves behind its NUL. */
static struct yg_str text_at(struct yg_smb *s, const struct block *b, size_t *at)
{
    bool wide = b->m->unicode;

    if (wide && ((b->bytes_at + *at) & 1))
        ++*at;
    struct yg_str rest = yg_slice_from(b->bytes, *at);
    size_t n = 0, unit = wide ? 2 : 1;
    while (n + unit <= rest.n && (rest.p[n] || (wide && rest.p[n + 1])))
        n += unit;
    *at += n + unit;
    rest.n = n < rest.n ? n : rest.n;
    return wide ? yg_utf16_text(rest, s->arena) : yg_oem_text(rest, s->arena);
}

/* The same behind a byte that says "here comes a name". */
static struct yg_str tagged_text(struct yg_smb *s, const struct block *b, size_t *at)
{
    ++*at;
    return text_at(s, b, at);
}

static void negotiate(struct yg_smb *s, struct yg_smb_pair p, const struct block *q,
                      const struct block *a)
{
    struct yg_exchange *x = yg_smb_add(s, p, YG_STR("negotiate"), 0);
    struct yg_cursor w = words_at(a, 0);
    unsigned chosen = yg_cursor_le16(&w);
    struct yg_str rest = q ? q->bytes : YG_STR_NONE;

    if (!x)
        return;
    if (p.answer && p.answer->kind == YG_SMB_V2) {
        x->target = YG_STR("SMB 2");
        return;
    }
    for (unsigned i = 0; yg_cursor_ok(&w) && a && rest.n > 1; i++) {
        struct yg_str name = yg_str_cut(&rest, '\0');
        if (i == chosen) {
            x->target = yg_oem_text(yg_slice_from(name, 1), s->arena);
            return;
        }
        if (!rest.p)
            return;
    }
}

/* Account and domain in the clear, with the responses before them. */
static void plain_login(struct yg_smb *s, const struct block *q, size_t at, bool two,
                        struct yg_exchange *x)
{
    struct yg_str user = text_at(s, q, &at), domain = YG_STR_NONE;

    if (at < q->bytes.n)
        domain = text_at(s, q, &at);
    x->target = yg_text_join(domain, '\\', user, s->arena);
    if (two && user.n > 0)
        x->flags |= YG_XF_WEAK; /* a response of 24 bytes: NTLMv1 */
    if (at < q->bytes.n)
        x->agent = text_at(s, q, &at);
}

static void session_setup(struct yg_smb *s, struct yg_smb_pair p, const struct block *q,
                          const struct block *a)
{
    struct yg_exchange *x = yg_smb_add(s, p, YG_STR("session-setup"), YG_XF_LOGIN);
    struct yg_cursor w = words_at(q, 14), v = words_at(a, 6);
    struct yg_str ask = YG_STR_NONE, answer = YG_STR_NONE;
    size_t first = yg_cursor_le16(&w), second = yg_cursor_le16(&w), at = 0;

    if (!x)
        return;
    if (a && a->words.n == 8) {
        answer = yg_slice(a->bytes, 0, yg_cursor_le16(&v));
        at = answer.n;
    }
    if (a && a->bytes.n > at)
        x->answer_agent = text_at(s, a, &at);
    if (q && q->words.n == 26)
        plain_login(s, q, first + second, second == 24, x);
    else if (q && q->words.n == 20)
        plain_login(s, q, first, false, x);
    else if (q && q->words.n == 24)
        ask = yg_slice(q->bytes, 0, first);
    yg_smb_login(s, x, ask, answer);
    at = ask.n;
    if (ask.n > 0 && ask.n < q->bytes.n && x->agent.n == 0)
        x->agent = text_at(s, q, &at);
}

static void tree_connect(struct yg_smb *s, struct yg_smb_pair p, const struct block *q)
{
    size_t at = 0;

    if (q->command == TREE_CONNECT) {
        yg_smb_tree_connect(s, p, tagged_text(s, q, &at));
        return;
    }
    struct yg_cursor w = words_at(q, 6);
    at = yg_cursor_le16(&w); /* password */
    yg_smb_tree_connect(s, p, text_at(s, q, &at));
}

/* Where the new file's id stands among the answer's words. */
static void create(struct yg_smb *s, struct yg_smb_pair p, const struct block *q,
                   const struct block *a)
{
    size_t at = 0, id_at = q->command == NT_CREATE ? 5 : q->command == OPEN_ANDX ? 4 : 0;
    bool tagged = q->command != NT_CREATE && q->command != OPEN_ANDX;
    struct yg_str name = tagged ? tagged_text(s, q, &at) : text_at(s, q, &at);
    struct yg_cursor w = words_at(a, id_at);

    yg_smb_create(s, p, name,
                  a && yg_smb_ok(p.answer) ? yg_cursor_take(&w, 2) : YG_STR_NONE);
}

static void write_file(struct yg_smb *s, struct yg_smb_pair p, const struct block *q)
{
    bool andx = q->command == WRITE_ANDX;
    struct yg_cursor w = words_at(q, andx ? 4 : 0);
    struct yg_str id = yg_cursor_take(&w, 2), data;

    if (andx) {
        uint64_t offset = yg_cursor_le32(&w);
        (void)yg_cursor_take(&w, 8); /* time-out, mode, remaining */
        size_t high = yg_cursor_le16(&w), n = high << 16 | yg_cursor_le16(&w);
        size_t at = yg_cursor_le16(&w);
        if (!yg_cursor_ok(&w))
            return;
        data = yg_smb_slice_said(s, p.ask, at, n);
        yg_smb_write(s, p, yg_smb_file_of(s, p.ask, id), offset, data);
        return;
    }
    (void)yg_cursor_le16(&w);
    uint64_t offset = yg_cursor_le32(&w);
    if (yg_cursor_ok(&w))
        yg_smb_write(s, p, yg_smb_file_of(s, p.ask, id), offset,
                     yg_slice_from(q->bytes, 3));
}

static void read_file(struct yg_smb *s, struct yg_smb_pair p, const struct block *q,
                      const struct block *a)
{
    bool andx = q->command == READ_ANDX;
    struct yg_cursor w = words_at(q, andx ? 4 : 0), v = words_at(a, 10);
    struct yg_str id = yg_cursor_take(&w, 2), data = YG_STR_NONE;

    if (!andx)
        (void)yg_cursor_le16(&w);
    uint64_t offset = yg_cursor_le32(&w);
    if (!yg_cursor_ok(&w))
        return;
    if (a && yg_smb_ok(p.answer)) {
        size_t n = yg_cursor_le16(&v), at = yg_cursor_le16(&v);
        n |= (size_t)yg_cursor_le16(&v) << 16;
        if (andx && yg_cursor_ok(&v))
            data = yg_smb_slice_said(s, p.answer, at, n);
        if (!andx)
            data = yg_slice_from(a->bytes, 3);
    }
    yg_smb_read(s, p, yg_smb_file_of(s, p.ask, id), offset, data);
}

/* What a transaction carries: its parameters, data and first set-up words. */
struct transaction {
    struct yg_str parameters, data;
    uint16_t function, id; /* set-up words */
    unsigned setups;
};

/* TRANSACTION and TRANSACTION2 requests count in 16 bits, NT_TRANSACT in 32. */
static bool read_transaction(struct yg_smb *s, const struct block *q,
                             struct transaction *t)
{
    bool nt = q->command == NT_TRANS;
    struct yg_cursor w = words_at(q, nt ? 19 : 18);
    uint32_t v[4];

    *t = (struct transaction){ 0 };
    for (unsigned i = 0; i < 4; i++)
        v[i] = nt ? yg_cursor_le32(&w) : yg_cursor_le16(&w);
    t->setups = yg_cursor_u8(&w);
    if (!nt)
        (void)yg_cursor_u8(&w);
    if (!yg_cursor_ok(&w))
        return false;
    t->parameters = yg_smb_slice_said(s, q->m, v[1], v[0]);
    t->data = yg_smb_slice_said(s, q->m, v[3], v[2]);
    t->function = nt || t->setups > 0 ? yg_cursor_le16(&w) : 0;
    t->id = t->setups > 1 ? yg_cursor_le16(&w) : 0;
    return true;
}

/* The data of a TRANSACTION's answer. */
static struct yg_str answer_data(struct yg_smb *s, const struct block *a)
{
    struct yg_cursor w = words_at(a, a && a->command == NT_TRANS ? 19 : 12);
    bool nt = a && a->command == NT_TRANS;
    uint32_t n = nt ? yg_cursor_le32(&w) : yg_cursor_le16(&w);
    uint32_t at = nt ? yg_cursor_le32(&w) : yg_cursor_le16(&w);

    return a && yg_cursor_ok(&w) ? yg_smb_slice_said(s, a->m, at, n) : YG_STR_NONE;
}

static void transact_pipe(struct yg_smb *s, struct yg_smb_pair p,
                          const struct transaction *t, const struct block *a)
{
    char id[2] = { (char)(t->id & 0xff), (char)(t->id >> 8) };
    struct yg_smb_file *f = yg_smb_file_of(s, p.ask, (struct yg_str){ id, sizeof(id) });

    yg_smb_write(s, p, f, 0, t->data);
    if (yg_smb_ok(p.answer))
        yg_smb_read(s, p, f, 0, answer_data(s, a));
}

/* Of TRANSACTION2 only looking for files and asking about one has a name in it. */
static struct yg_str name_in(struct yg_smb *s, const struct block *q,
                             const struct transaction *t)
{
    size_t skip = t->function == FIND_FIRST ? 12 : 6;
    struct yg_str raw = yg_slice_from(t->parameters, skip);

    if (t->function != FIND_FIRST && t->function != QUERY_PATH)
        return YG_STR_NONE;
    return q->m->unicode ? yg_utf16_text(raw, s->arena) : yg_oem_text(raw, s->arena);
}

static void transact(struct yg_smb *s, struct yg_smb_pair p, const struct block *q,
                     const struct block *a)
{
    struct transaction t;
    struct yg_exchange *x;
    size_t at = 0;
    char number[24];

    if (!read_transaction(s, q, &t))
        return;
    if (q->command == TRANS && t.function == PIPE_TRANSACT && t.setups == 2) {
        transact_pipe(s, p, &t, a);
        return;
    }
    if (q->command == TRANS2 && t.function == FIND_FIRST) {
        x = yg_smb_named(s, p, YG_STR("query-directory"), name_in(s, q, &t), YG_XF_LIST);
    } else if (q->command == TRANS2 && t.function == QUERY_PATH) {
        x = yg_smb_named(s, p, YG_STR("query-info"), name_in(s, q, &t), 0);
    } else if (q->command == TRANS) {
        x = yg_smb_named(s, p, YG_STR("transact"), text_at(s, q, &at), 0);
    } else {
        int n = snprintf(number, sizeof(number), "%s.%u",
                         q->command == TRANS2 ? "trans2" : "nt-transact", t.function);
        struct yg_str verb = { number, n > 0 ? (size_t)n : 0 };
        x = yg_smb_named(s, p, yg_arena_str(s->arena, verb), YG_STR_NONE, 0);
    }
    if (!x)
        return;
    struct yg_str answer = answer_data(s, a);
    x->body = yg_slice(t.data, 0, YG_BODY_MAX);
    x->answer_body = yg_slice(answer, 0, YG_BODY_MAX);
    x->answer_size = answer.n;
}

/* More data of a transaction begun before: the first piece is told, not each. */
static void transact_more(struct yg_smb *s, struct yg_smb_pair p)
{
    if (s->last_transaction == p.ask->id + 1)
        return;
    s->last_transaction = p.ask->id + 1;
    (void)yg_smb_named(s, p, YG_STR("transact-secondary"), YG_STR_NONE, 0);
}

static void on_name(struct yg_smb *s, struct yg_smb_pair p, const struct block *q)
{
    static const struct {
        uint8_t command;
        const char *verb;
    } row[] = {
        { MKDIR, "mkdir" },   { RMDIR, "rmdir" },
        { DELETE, "delete" }, { QUERY_INFO, "query-info" },
        { RENAME, "rename" }, { CHECK_DIRECTORY, "check-directory" },
    };
    size_t at = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        if (row[i].command != q->command)
            continue;
        struct yg_str name = tagged_text(s, q, &at);
        if (q->command == RENAME)
            name = tagged_text(s, q, &at);
        (void)yg_smb_named(s, p, yg_str_of(row[i].verb), name, 0);
    }
}

static void one_block(struct yg_smb *s, struct yg_smb_pair p, const struct block *q,
                      const struct block *a)
{
    switch (q->command) {
    case NEGOTIATE:
        negotiate(s, p, q, a);
        break;
    case SESSION_SETUP:
        session_setup(s, p, q, a);
        break;
    case TREE_CONNECT:
    case TREE_ANDX:
        tree_connect(s, p, q);
        break;
    case NT_CREATE:
    case OPEN_ANDX:
    case OPEN:
    case CREATE:
    case CREATE_NEW:
        create(s, p, q, a);
        break;
    case READ:
    case READ_ANDX:
        read_file(s, p, q, a);
        break;
    case WRITE:
    case WRITE_ANDX:
        write_file(s, p, q);
        break;
    case TRANS:
    case TRANS2:
    case NT_TRANS:
        transact(s, p, q, a);
        break;
    case TRANS_MORE:
    case TRANS2_MORE:
    case NT_TRANS_MORE:
        transact_more(s, p);
        break;
    default:
        on_name(s, p, q);
        break;
    }
}

/* Only the answer was captured. */
static void answer_alone(struct yg_smb *s, struct yg_smb_pair p, const struct block *a)
{
    if (a->command == NEGOTIATE)
        negotiate(s, p, NULL, a);
    else if (a->command == SESSION_SETUP)
        session_setup(s, p, NULL, a);
    else if (a->command == TREE_ANDX)
        (void)yg_smb_add(s, p, YG_STR("tree-connect"), 0);
    else if (a->command == NT_CREATE)
        (void)yg_smb_add(s, p, YG_STR("create"), 0);
}

void yg_smb1_pair(struct yg_smb *s, struct yg_smb_pair p)
{
    struct block ask[BLOCKS_MAX], answer[BLOCKS_MAX];
    bool same = p.answer && p.answer->kind == YG_SMB_V1;
    unsigned asks = read_blocks(s, p.ask, ask);
    unsigned answers = same ? read_blocks(s, p.answer, answer) : 0;

    for (unsigned i = 0; i < asks; i++) {
        const struct block *a = NULL;
        for (unsigned k = 0; k < answers && !a; k++)
            if (answer[k].command == ask[i].command)
                a = &answer[k];
        one_block(s, p, &ask[i], a);
    }
    for (unsigned k = 0; asks == 0 && k < answers; k++)
        answer_alone(s, p, &answer[k]);
}
