/* SPDX-License-Identifier: Apache-2.0 */
/* SMB2 and SMB3 (MS-SMB2): fields by their offset from the header, as the protocol does.
 */
#include "packet/smb.h"
#include "packet/wintext.h"

#include <stdio.h>

enum {
    NEGOTIATE = 0,
    SESSION_SETUP = 1,
    TREE_CONNECT = 3,
    CREATE = 5,
    READ = 8,
    WRITE = 9,
    IOCTL = 11,
    QUERY_DIRECTORY = 14,
    SET_INFO = 17
};

#define HEAD                  64 /* bytes before a message's own fields */
#define FSCTL_PIPE_TRANSCEIVE 0x0011c017U
#define INFO_FILE             1 /* of a file, not of its file system or security */
#define INFO_RENAME           10
#define INFO_DISPOSITION      13
#define INFO_DISPOSITION_EX   64

/* The fields of a message, standing at `at` of it. */
static struct yg_cursor fields(const struct yg_smb_msg *m, size_t at)
{
    struct yg_str s = m ? yg_slice_from(m->bytes, at) : YG_STR_NONE;

    return yg_cursor_of(s.p, s.n);
}

/* The bytes that a 16-bit offset and length at `at` of the message name. */
static struct yg_str named16(struct yg_smb *s, const struct yg_smb_msg *m, size_t at)
{
    struct yg_cursor c = fields(m, at);
    uint16_t offset = yg_cursor_le16(&c), n = yg_cursor_le16(&c);

    return yg_cursor_ok(&c) ? yg_smb_slice_said(s, m, offset, n) : YG_STR_NONE;
}

static struct yg_str named32(struct yg_smb *s, const struct yg_smb_msg *m, size_t at)
{
    struct yg_cursor c = fields(m, at);
    uint32_t offset = yg_cursor_le32(&c), n = yg_cursor_le32(&c);

    return yg_cursor_ok(&c) ? yg_smb_slice_said(s, m, offset, n) : YG_STR_NONE;
}

static struct yg_str id_at(const struct yg_smb_msg *m, size_t at)
{
    struct yg_cursor c = fields(m, at);

    return yg_cursor_take(&c, YG_SMB_ID_SIZE);
}

static void negotiate(struct yg_smb *s, struct yg_smb_pair p)
{
    struct yg_exchange *x = yg_smb_add(s, p, YG_STR("negotiate"), 0);
    struct yg_cursor c = fields(p.answer, HEAD + 4);
    uint16_t dialect = yg_cursor_le16(&c);
    char text[16];

    if (!x || !yg_cursor_ok(&c) || !yg_smb_ok(p.answer))
        return;
    int n = snprintf(text, sizeof(text), "SMB %u.%u.%u", dialect >> 8 & 15U,
                     dialect >> 4 & 15U, dialect & 15U);
    if (n > 0)
        x->target = yg_arena_str(s->arena, (struct yg_str){ text, (size_t)n });
}

static void session_setup(struct yg_smb *s, struct yg_smb_pair p)
{
    struct yg_exchange *x = yg_smb_add(s, p, YG_STR("session-setup"), YG_XF_LOGIN);

    if (x)
        yg_smb_login(s, x, p.ask ? named16(s, p.ask, HEAD + 12) : YG_STR_NONE,
                     p.answer ? named16(s, p.answer, HEAD + 4) : YG_STR_NONE);
}

static void create(struct yg_smb *s, struct yg_smb_pair p)
{
    struct yg_str name = YG_STR_NONE, id = YG_STR_NONE;

    if (p.ask)
        name = yg_utf16_text(named16(s, p.ask, HEAD + 44), s->arena);
    if (p.answer && yg_smb_ok(p.answer))
        id = id_at(p.answer, HEAD + 64);
    yg_smb_create(s, p, name, id);
}

static void write_file(struct yg_smb *s, struct yg_smb_pair p)
{
    struct yg_cursor c = fields(p.ask, HEAD + 2);
    uint16_t at = yg_cursor_le16(&c);
    uint32_t n = yg_cursor_le32(&c);
    uint64_t offset = yg_cursor_le64(&c);
    struct yg_str id = yg_cursor_take(&c, YG_SMB_ID_SIZE);

    if (yg_cursor_ok(&c))
        yg_smb_write(s, p, yg_smb_file_of(s, p.ask, id), offset,
                     yg_smb_slice_said(s, p.ask, at, n));
}

static void read_file(struct yg_smb *s, struct yg_smb_pair p)
{
    struct yg_cursor q = fields(p.ask, HEAD + 8), a = fields(p.answer, HEAD + 2);
    uint64_t offset = yg_cursor_le64(&q);
    struct yg_str id = yg_cursor_take(&q, YG_SMB_ID_SIZE), bytes = YG_STR_NONE;
    uint8_t at = yg_cursor_u8(&a);

    (void)yg_cursor_u8(&a);
    uint32_t n = yg_cursor_le32(&a);
    if (!yg_cursor_ok(&q))
        return;
    if (yg_smb_ok(p.answer) && yg_cursor_ok(&a))
        bytes = yg_smb_slice_said(s, p.answer, at, n);
    yg_smb_read(s, p, yg_smb_file_of(s, p.ask, id), offset, bytes);
}

/* Of the controls only the pipes' matter: write and read in one. */
static void ioctl_pipe(struct yg_smb *s, struct yg_smb_pair p)
{
    struct yg_cursor c = fields(p.ask, HEAD + 4);

    if (yg_cursor_le32(&c) != FSCTL_PIPE_TRANSCEIVE)
        return;
    struct yg_smb_file *f = yg_smb_file_of(s, p.ask, id_at(p.ask, HEAD + 8));
    yg_smb_write(s, p, f, 0, named32(s, p.ask, HEAD + 24));
    if (yg_smb_ok(p.answer))
        yg_smb_read(s, p, f, 0, named32(s, p.answer, HEAD + 32));
}

/* The first question about a directory; its repetitions only fetch the rest. */
static void query_directory(struct yg_smb *s, struct yg_smb_pair p)
{
    struct yg_smb_file *f = yg_smb_file_of(s, p.ask, id_at(p.ask, HEAD + 8));
    struct yg_str pattern = yg_utf16_text(named16(s, p.ask, HEAD + 24), s->arena);

    if (!f || f->listed)
        return;
    struct yg_exchange *x = yg_smb_add(s, p, YG_STR("query-directory"),
                                       YG_XF_LIST | (f->admin ? YG_XF_ADMIN : 0));
    if (!x)
        return;
    x->target = yg_text_join(f->path, '\\', pattern, s->arena);
    x->host = f->host;
    if (p.answer && yg_smb_ok(p.answer)) {
        struct yg_cursor c = fields(p.answer, HEAD + 2);
        uint16_t at = yg_cursor_le16(&c);
        uint32_t n = yg_cursor_le32(&c);
        x->answer_body = yg_slice(yg_smb_slice_said(s, p.answer, at, n), 0, YG_BODY_MAX);
        x->answer_size = n;
    }
    f->listed = true;
}

/* Renaming and deleting; other settings show nothing. */
static void set_info(struct yg_smb *s, struct yg_smb_pair p)
{
    struct yg_cursor c = fields(p.ask, HEAD + 2);
    uint8_t type = yg_cursor_u8(&c), class = yg_cursor_u8(&c);
    uint32_t n = yg_cursor_le32(&c);
    uint16_t at = yg_cursor_le16(&c);
    struct yg_smb_file *f = yg_smb_file_of(s, p.ask, id_at(p.ask, HEAD + 16));
    struct yg_str info = yg_smb_slice_said(s, p.ask, at, n), verb = YG_STR_NONE;
    struct yg_str name = f ? f->pipe : YG_STR_NONE;

    if (!yg_cursor_ok(&c) || !f || type != INFO_FILE || info.n == 0)
        return;
    if (class == INFO_RENAME) {
        verb = YG_STR("rename");
        name = yg_utf16_text(yg_slice_from(info, 20), s->arena);
    } else if ((class == INFO_DISPOSITION || class == INFO_DISPOSITION_EX) &&
               (info.p[0] & 1)) {
        verb = YG_STR("delete");
    }
    if (verb.n > 0)
        (void)yg_smb_named(s, p, verb, name, 0);
}

/* Only the answer was captured. */
static void answer_alone(struct yg_smb *s, struct yg_smb_pair p)
{
    switch (p.answer->command) {
    case NEGOTIATE:
        negotiate(s, p);
        break;
    case SESSION_SETUP:
        session_setup(s, p);
        break;
    case TREE_CONNECT:
        (void)yg_smb_add(s, p, YG_STR("tree-connect"), 0);
        break;
    case CREATE:
        (void)yg_smb_add(s, p, YG_STR("create"), 0);
        break;
    default:
        break;
    }
}

void yg_smb2_pair(struct yg_smb *s, struct yg_smb_pair p)
{
    if (!p.ask) {
        answer_alone(s, p);
        return;
    }
    switch (p.ask->command) {
    case NEGOTIATE:
        negotiate(s, p);
        break;
    case SESSION_SETUP:
        session_setup(s, p);
        break;
    case TREE_CONNECT:
        yg_smb_tree_connect(s, p, yg_utf16_text(named16(s, p.ask, HEAD + 4), s->arena));
        break;
    case CREATE:
        create(s, p);
        break;
    case READ:
        read_file(s, p);
        break;
    case WRITE:
        write_file(s, p);
        break;
    case IOCTL:
        ioctl_pipe(s, p);
        break;
    case QUERY_DIRECTORY:
        query_directory(s, p);
        break;
    case SET_INFO:
        set_info(s, p);
        break;
    default: /* closing, locking, asking for attributes: nothing to tell */
        break;
    }
}
