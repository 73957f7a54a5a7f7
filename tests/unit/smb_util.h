/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smb_util - SMB1 and SMB2 conversations made by hand: each function sends a request
 * and, unless the status says otherwise, its answer. One thread at a time.
 */
#ifndef YG_TESTS_SMB_UTIL_H
#define YG_TESTS_SMB_UTIL_H

#include "rpc_util.h"

#define SMB_NO_ANSWER 0xffffffffU /* as a status: nothing comes back */

struct smb_util {
    struct talk_util u;
    uint64_t id;
    bool sideways; /* the client sits where the server should */
};

static inline void smb_init(struct smb_util *s)
{
    memset(s, 0, sizeof(*s));
    talk_init(&s->u, YG_IP_TCP, 445);
}

static inline void smb_fini(struct smb_util *s)
{
    talk_fini(&s->u);
}

/* Session framing around a message. */
static inline void smb_frame(struct smb_util *s, int to, struct yg_str message)
{
    struct yg_buf b;

    yg_buf_init(&b, 1 << 20);
    yg_buf_u8(&b, 0);
    yg_buf_u8(&b, (uint8_t)(message.n >> 16));
    yg_buf_u8(&b, (uint8_t)(message.n >> 8));
    yg_buf_u8(&b, (uint8_t)message.n);
    yg_buf_str_add(&b, message);
    talk_add(&s->u, s->sideways ? !to : to, yg_buf_str(&b).p, yg_buf_str(&b).n, 0);
    yg_buf_fini(&b);
}

static inline void put_smb2(struct yg_buf *b, unsigned command, bool reply,
                            uint32_t status, uint64_t id, uint32_t tree)
{
    yg_buf_add(b, "\376SMB", 4);
    yg_buf_u32(b, 64);
    yg_buf_u32(b, status);
    yg_buf_u16(b, (uint16_t)command);
    yg_buf_u16(b, 1);
    yg_buf_u32(b, reply);
    yg_buf_u32(b, 0);
    yg_buf_u64(b, id);
    yg_buf_u32(b, 0xfeff);
    yg_buf_u32(b, tree);
    yg_buf_u64(b, 0x1122);
    yg_buf_u64(b, 0);
    yg_buf_u64(b, 0);
}

/* A request with these fields and data, and an answer. Of each the data stand last. */
static inline void smb2(struct smb_util *s, unsigned command, uint32_t tree,
                        struct yg_str ask, uint32_t status, struct yg_str answer)
{
    struct yg_buf b;

    yg_buf_init(&b, 1 << 20);
    s->id++;
    put_smb2(&b, command, false, 0, s->id, command == 3 ? 0 : tree);
    yg_buf_str_add(&b, ask);
    smb_frame(s, YG_TO_SERVER, yg_buf_str(&b));
    if (status != SMB_NO_ANSWER) {
        yg_buf_clear(&b);
        put_smb2(&b, command, true, status, s->id, tree);
        yg_buf_str_add(&b, answer);
        smb_frame(s, YG_TO_CLIENT, yg_buf_str(&b));
    }
    yg_buf_fini(&b);
}

static inline void put_zero(struct yg_buf *b, size_t n)
{
    while (n--)
        yg_buf_u8(b, 0);
}

/* Fields and data in one of two buffers. */
struct smb_two {
    struct yg_buf ask, answer;
};

static inline void two_init(struct smb_two *t)
{
    yg_buf_init(&t->ask, 1 << 20);
    yg_buf_init(&t->answer, 1 << 20);
}

static inline void two_send(struct smb_util *s, struct smb_two *t, unsigned command,
                            uint32_t tree, uint32_t status)
{
    smb2(s, command, tree, yg_buf_str(&t->ask), status, yg_buf_str(&t->answer));
    yg_buf_fini(&t->ask);
    yg_buf_fini(&t->answer);
}

static inline void smb2_negotiate(struct smb_util *s, unsigned dialect)
{
    struct smb_two t;

    two_init(&t);
    yg_buf_u16(&t.ask, 36);
    put_zero(&t.ask, 36);
    yg_buf_u16(&t.answer, 65);
    yg_buf_u16(&t.answer, 1);
    yg_buf_u16(&t.answer, (uint16_t)dialect);
    put_zero(&t.answer, 58);
    two_send(s, &t, 0, 0, 0);
}

static inline void smb2_session(struct smb_util *s, struct yg_str ask, struct yg_str back,
                                uint32_t status)
{
    struct smb_two t;

    two_init(&t);
    yg_buf_u16(&t.ask, 25);
    put_zero(&t.ask, 10);
    yg_buf_u16(&t.ask, 64 + 24);
    yg_buf_u16(&t.ask, (uint16_t)ask.n);
    put_zero(&t.ask, 8);
    yg_buf_str_add(&t.ask, ask);
    yg_buf_u16(&t.answer, 9);
    yg_buf_u16(&t.answer, 0);
    yg_buf_u16(&t.answer, 64 + 8);
    yg_buf_u16(&t.answer, (uint16_t)back.n);
    yg_buf_str_add(&t.answer, back);
    two_send(s, &t, 1, 0, status);
}

static inline void smb2_tree(struct smb_util *s, const char *path, uint32_t tree,
                             uint32_t status)
{
    struct smb_two t;

    two_init(&t);
    yg_buf_u16(&t.ask, 9);
    yg_buf_u16(&t.ask, 0);
    yg_buf_u16(&t.ask, 64 + 8);
    yg_buf_u16(&t.ask, (uint16_t)(strlen(path) * 2));
    put_wide(&t.ask, path);
    yg_buf_u16(&t.answer, 16);
    put_zero(&t.answer, 14);
    two_send(s, &t, 3, tree, status);
}

static inline void put_id(struct yg_buf *b, unsigned id)
{
    for (unsigned i = 0; i < 16; i++)
        yg_buf_u8(b, (uint8_t)id);
}

static inline void smb2_create(struct smb_util *s, uint32_t tree, const char *name,
                               unsigned id, uint32_t status)
{
    struct smb_two t;

    two_init(&t);
    yg_buf_u16(&t.ask, 57);
    put_zero(&t.ask, 42);
    yg_buf_u16(&t.ask, 64 + 56);
    yg_buf_u16(&t.ask, (uint16_t)(strlen(name) * 2));
    put_zero(&t.ask, 8);
    put_wide(&t.ask, name);
    yg_buf_u16(&t.answer, 89);
    put_zero(&t.answer, 62);
    put_id(&t.answer, id);
    put_zero(&t.answer, 8);
    two_send(s, &t, 5, tree, status);
}

static inline void smb2_write(struct smb_util *s, uint32_t tree, unsigned id,
                              uint64_t offset, struct yg_str data, uint32_t status)
{
    struct smb_two t;

    two_init(&t);
    yg_buf_u16(&t.ask, 49);
    yg_buf_u16(&t.ask, 64 + 48);
    yg_buf_u32(&t.ask, (uint32_t)data.n);
    yg_buf_u64(&t.ask, offset);
    put_id(&t.ask, id);
    put_zero(&t.ask, 16);
    yg_buf_str_add(&t.ask, data);
    yg_buf_u16(&t.answer, 17);
    put_zero(&t.answer, 14);
    two_send(s, &t, 9, tree, status);
}

static inline void smb2_read(struct smb_util *s, uint32_t tree, unsigned id,
                             uint64_t offset, struct yg_str data, uint32_t status)
{
    struct smb_two t;

    two_init(&t);
    yg_buf_u16(&t.ask, 49);
    yg_buf_u16(&t.ask, 0);
    yg_buf_u32(&t.ask, 65536);
    yg_buf_u64(&t.ask, offset);
    put_id(&t.ask, id);
    put_zero(&t.ask, 17);
    yg_buf_u16(&t.answer, 17);
    yg_buf_u8(&t.answer, 64 + 16);
    yg_buf_u8(&t.answer, 0);
    yg_buf_u32(&t.answer, (uint32_t)data.n);
    put_zero(&t.answer, 8);
    yg_buf_str_add(&t.answer, data);
    two_send(s, &t, 8, tree, status);
}

/* FSCTL_PIPE_TRANSCEIVE */
static inline void smb2_pipe(struct smb_util *s, uint32_t tree, unsigned id,
                             struct yg_str in, struct yg_str out, uint32_t status)
{
    struct smb_two t;

    two_init(&t);
    yg_buf_u32(&t.ask, 57);
    yg_buf_u32(&t.ask, 0x0011c017);
    put_id(&t.ask, id);
    yg_buf_u32(&t.ask, 64 + 56);
    yg_buf_u32(&t.ask, (uint32_t)in.n);
    put_zero(&t.ask, 24);
    yg_buf_str_add(&t.ask, in);
    yg_buf_u32(&t.answer, 49);
    yg_buf_u32(&t.answer, 0x0011c017);
    put_id(&t.answer, id);
    yg_buf_u64(&t.answer, 0);
    yg_buf_u32(&t.answer, 64 + 48);
    yg_buf_u32(&t.answer, (uint32_t)out.n);
    yg_buf_u64(&t.answer, 0);
    yg_buf_str_add(&t.answer, out);
    two_send(s, &t, 11, tree, status);
}

static inline void smb2_directory(struct smb_util *s, uint32_t tree, unsigned id,
                                  const char *pattern, struct yg_str names,
                                  uint32_t status)
{
    struct smb_two t;

    two_init(&t);
    yg_buf_u16(&t.ask, 33);
    put_zero(&t.ask, 6);
    put_id(&t.ask, id);
    yg_buf_u16(&t.ask, 64 + 32);
    yg_buf_u16(&t.ask, (uint16_t)(strlen(pattern) * 2));
    yg_buf_u32(&t.ask, 65536);
    put_wide(&t.ask, pattern);
    yg_buf_u16(&t.answer, 9);
    yg_buf_u16(&t.answer, 64 + 8);
    yg_buf_u32(&t.answer, (uint32_t)names.n);
    yg_buf_str_add(&t.answer, names);
    two_send(s, &t, 14, tree, status);
}

static inline void smb2_set(struct smb_util *s, uint32_t tree, unsigned id,
                            unsigned class, struct yg_str info, uint32_t status)
{
    struct smb_two t;

    two_init(&t);
    yg_buf_u16(&t.ask, 33);
    yg_buf_u8(&t.ask, 1);
    yg_buf_u8(&t.ask, (uint8_t) class);
    yg_buf_u32(&t.ask, (uint32_t)info.n);
    yg_buf_u16(&t.ask, 64 + 32);
    put_zero(&t.ask, 6);
    put_id(&t.ask, id);
    yg_buf_str_add(&t.ask, info);
    yg_buf_u16(&t.answer, 2);
    two_send(s, &t, 17, tree, status);
}

/* One message of SMB1 with UTF-16 text and NT status. */
static inline void smb1(struct smb_util *s, int to, unsigned command, uint32_t status,
                        unsigned tree, struct yg_str words, struct yg_str bytes)
{
    struct yg_buf b;

    yg_buf_init(&b, 1 << 20);
    s->id += to == YG_TO_SERVER;
    yg_buf_add(&b, "\377SMB", 4);
    yg_buf_u8(&b, (uint8_t)command);
    yg_buf_u32(&b, status);
    yg_buf_u8(&b, to == YG_TO_SERVER ? 0x18 : 0x98);
    yg_buf_u16(&b, 0xc807);
    put_zero(&b, 12);
    yg_buf_u16(&b, (uint16_t)tree);
    yg_buf_u16(&b, 0xfeff);
    yg_buf_u16(&b, 0x0800);
    yg_buf_u16(&b, (uint16_t)s->id);
    yg_buf_u8(&b, (uint8_t)(words.n / 2));
    yg_buf_str_add(&b, words);
    yg_buf_u16(&b, (uint16_t)bytes.n);
    yg_buf_str_add(&b, bytes);
    smb_frame(s, to, yg_buf_str(&b));
    yg_buf_fini(&b);
}

#endif
