/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpc_util - DCE/RPC and NTLM messages made by hand, and exchanges written out as text,
 * for the tests of what Windows speaks. One thread at a time.
 */
#ifndef YG_TESTS_RPC_UTIL_H
#define YG_TESTS_RPC_UTIL_H

#include "packet/app.h"

#include "talk_util.h"

/* One text of all exchanges: a line each, in the words of the table below. */
static inline struct yg_str exchange_text(const struct yg_talk *t, struct yg_buf *out)
{
    static const char *const answer[] = { "none",    "ok",    "more",  "refused",
                                          "missing", "error", "opaque" };
    static const char *const flag[] = { "LOGIN",    "EXEC", "ADMIN", "UPLOAD",
                                        "DOWNLOAD", "WEAK", "SELF",  "ENCRYPTED",
                                        "CUT",      "LIST" };

    yg_buf_clear(out);
    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        yg_buf_printf(out, "%s%s %.*s", i ? "\n" : "", yg_app_name(x->app),
                      YG_STR_ARG(x->verb));
        if (x->target.n)
            yg_buf_printf(out, " [%.*s]", YG_STR_ARG(x->target));
        if (x->host.n)
            yg_buf_printf(out, " @%.*s", YG_STR_ARG(x->host));
        if (x->agent.n)
            yg_buf_printf(out, " ~%.*s", YG_STR_ARG(x->agent));
        yg_buf_printf(out, " > %s", answer[x->answer]);
        if (x->status != 0 && x->status != -1)
            yg_buf_printf(out, " %x", (unsigned)x->status);
        if (x->answer_agent.n)
            yg_buf_printf(out, " ~%.*s", YG_STR_ARG(x->answer_agent));
        for (unsigned k = 0; k < YG_ARRAY_LEN(flag); k++)
            if (x->flags >> k & 1)
                yg_buf_printf(out, " %s", flag[k]);
    }
    return yg_buf_str(out);
}

/* `text` (ASCII) as UTF-16LE. */
static inline void put_wide(struct yg_buf *b, const char *text)
{
    for (; *text; text++)
        yg_buf_u16(b, (unsigned char)*text);
}

enum { RPC_BIG = 1, RPC_NOT_FIRST = 2, RPC_NOT_LAST = 4, RPC_SEALED = 8, RPC_NTLM = 16 };

static inline void put16(struct yg_buf *b, bool big, unsigned v)
{
    yg_buf_u16(b, (uint16_t)(big ? (v & 0xff) << 8 | (v >> 8 & 0xff) : v));
}

static inline void put32(struct yg_buf *b, bool big, uint32_t v)
{
    put16(b, big, (big ? v >> 16 : v) & 0xffff);
    put16(b, big, (big ? v : v >> 16) & 0xffff);
}

/* One PDU; `auth` goes into its trailer, with the level that RPC_SEALED says. */
static inline void put_pdu(struct yg_buf *b, unsigned type, unsigned how, uint32_t call,
                           struct yg_str body, struct yg_str auth)
{
    bool big = how & RPC_BIG;
    size_t n = 16 + body.n + (auth.n ? 8 + auth.n : 0);

    yg_buf_u8(b, 5);
    yg_buf_u8(b, 0);
    yg_buf_u8(b, (uint8_t)type);
    yg_buf_u8(b, (uint8_t)((how & RPC_NOT_FIRST ? 0 : 1) | (how & RPC_NOT_LAST ? 0 : 2)));
    yg_buf_u32(b, big ? 0 : 0x10);
    put16(b, big, (unsigned)n);
    put16(b, big, (unsigned)auth.n);
    put32(b, big, call);
    yg_buf_str_add(b, body);
    if (!auth.n)
        return;
    yg_buf_u8(b, 10); /* NTLM */
    yg_buf_u8(b, how & RPC_SEALED ? 6 : 2);
    yg_buf_u16(b, 0);
    yg_buf_u32(b, 0);
    yg_buf_str_add(b, auth);
}

/* bind (11) or alter context (14) to one interface, its UUID as on the wire. */
static inline void put_bind(struct yg_buf *b, unsigned type, uint32_t call, unsigned id,
                            const char *uuid, struct yg_str auth)
{
    struct yg_buf body;

    yg_buf_init(&body, 4096);
    yg_buf_u32(&body, 0x10b810b8);
    yg_buf_u32(&body, 0);
    yg_buf_u32(&body, 1);
    yg_buf_u16(&body, (uint16_t)id);
    yg_buf_u16(&body, 1);
    yg_buf_add(&body, uuid, 16);
    yg_buf_u32(&body, 2);
    yg_buf_add(&body, "\4\135\210\212\353\34\311\21\237\350\10\0\53\20\110\140\2\0\0\0",
               20);
    put_pdu(b, type, 0, call, yg_buf_str(&body), auth);
    yg_buf_fini(&body);
}

/* bind_ack (12) or alter response (15) with this result. */
static inline void put_ack(struct yg_buf *b, unsigned type, uint32_t call,
                           unsigned result)
{
    struct yg_buf body;

    yg_buf_init(&body, 4096);
    yg_buf_u32(&body, 0x10b810b8);
    yg_buf_u32(&body, 1);
    yg_buf_u16(&body, 4);
    yg_buf_add(&body, "135\0\0\0", 6); /* secondary address, padded */
    yg_buf_u32(&body, 1);
    yg_buf_u16(&body, (uint16_t)result);
    yg_buf_u16(&body, 0);
    yg_buf_add(&body, "\4\135\210\212\353\34\311\21\237\350\10\0\53\20\110\140\2\0\0\0",
               20);
    put_pdu(b, type, 0, call, yg_buf_str(&body), YG_STR_NONE);
    yg_buf_fini(&body);
}

/* A request (0), response (2) or fault (3): `opnum` is the request's only. */
static inline void put_call(struct yg_buf *b, unsigned type, unsigned how, uint32_t call,
                            unsigned opnum, struct yg_str stub)
{
    struct yg_buf body;

    yg_buf_init(&body, 65536);
    put32(&body, how & RPC_BIG, (uint32_t)stub.n);
    put16(&body, how & RPC_BIG, 0);
    put16(&body, how & RPC_BIG, type == 0 ? opnum : 0);
    yg_buf_str_add(&body, stub);
    put_pdu(b, type, how, call, yg_buf_str(&body),
            how & RPC_SEALED ? YG_STR("0123456789abcdef") : YG_STR_NONE);
    yg_buf_fini(&body);
}

static inline void put_field(struct yg_buf *b, size_t n, size_t at)
{
    yg_buf_u16(b, (uint16_t)n);
    yg_buf_u16(b, (uint16_t)n);
    yg_buf_u32(b, (uint32_t)at);
}

/* NTLM's third message; `response` is the length of the NT response. */
static inline void put_ntlm3(struct yg_buf *b, const char *domain, const char *user,
                             const char *machine, size_t response)
{
    size_t d = strlen(domain) * 2, u = strlen(user) * 2, m = strlen(machine) * 2;

    yg_buf_add(b, "NTLMSSP", 8);
    yg_buf_u32(b, 3);
    put_field(b, 0, 64);
    put_field(b, response, 64 + d + u + m);
    put_field(b, d, 64);
    put_field(b, u, 64 + d);
    put_field(b, m, 64 + d + u);
    put_field(b, 0, 64);
    yg_buf_u32(b, 1);
    put_wide(b, domain);
    put_wide(b, user);
    put_wide(b, machine);
    for (size_t i = 0; i < response; i++)
        yg_buf_u8(b, 0xaa);
}

/* Its second message: the server's name in the target information. */
static inline void put_ntlm2(struct yg_buf *b, const char *domain, const char *server)
{
    size_t d = strlen(domain) * 2, n = strlen(server) * 2;

    yg_buf_add(b, "NTLMSSP", 8);
    yg_buf_u32(b, 2);
    put_field(b, d, 48);
    yg_buf_u32(b, 1);
    yg_buf_add(b, "challengereserved", 16);
    put_field(b, n + 8, 48 + d);
    put_wide(b, domain);
    yg_buf_u16(b, 3); /* DNS name of the computer */
    yg_buf_u16(b, (uint16_t)n);
    put_wide(b, server);
    yg_buf_u32(b, 0);
}

#define RPC_UUID_SVCCTL "\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\x00\x10\x03"
#define RPC_UUID_DRSUAPI                                                                 \
    "\x35\x42\x51\xe3\x06\x4b\xd1\x11\xab\x04\x00\xc0\x4f\xc2\xdc\xd2"
#define RPC_UUID_ACTIVATOR                                                               \
    "\xa0\x01\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
#define RPC_UUID_EPMAPPER                                                                \
    "\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\x00\x2b\x14\xa0\xfa"
#define RPC_UUID_NOBODY "\x04\x03\x02\x01\x06\x05\x08\x07\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"

#endif
