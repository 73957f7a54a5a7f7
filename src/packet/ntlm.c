/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/ntlm.h"

#include "base/cursor.h"
#include "packet/wintext.h"

#define FLAG_UNICODE 1U

/* AV_PAIR ids of a challenge's target information. */
enum { AV_END = 0, AV_NETBIOS_COMPUTER = 1, AV_DNS_COMPUTER = 3 };

/* A field: length, room, offset from the message's begin. */
static struct yg_str field(struct yg_cursor *c, struct yg_str msg)
{
    size_t n = yg_cursor_le16(c);
    (void)yg_cursor_le16(c);
    uint32_t offset = yg_cursor_le32(c);
    struct yg_cursor at = yg_cursor_of(msg.p, msg.n);

    if (!yg_cursor_ok(c))
        return YG_STR_NONE;
    (void)yg_cursor_take(&at, offset);
    return yg_cursor_take(&at, n);
}

static struct yg_str text(struct yg_str s, uint32_t flags, struct yg_arena *arena)
{
    return flags & FLAG_UNICODE ? yg_utf16_text(s, arena) : yg_oem_text(s, arena);
}

static void challenge(struct yg_cursor *c, struct yg_str msg, struct yg_arena *arena,
                      struct yg_ntlm *out)
{
    struct yg_str target = field(c, msg);
    uint32_t flags = yg_cursor_le32(c);

    (void)yg_cursor_take(c, 16); /* challenge, reserved */
    struct yg_str info = field(c, msg), name = YG_STR_NONE;
    struct yg_cursor av = yg_cursor_of(info.p, info.n);
    while (yg_cursor_left(&av) >= 4) {
        uint16_t id = yg_cursor_le16(&av);
        struct yg_str value = yg_cursor_take(&av, yg_cursor_le16(&av));
        if (id == AV_END)
            break;
        if (id == AV_DNS_COMPUTER || (id == AV_NETBIOS_COMPUTER && name.n == 0))
            name = value;
    }
    out->workstation =
        name.n > 0 ? yg_utf16_text(name, arena) : text(target, flags, arena);
}

static void authenticate(struct yg_cursor *c, struct yg_str msg, struct yg_arena *arena,
                         struct yg_ntlm *out)
{
    (void)field(c, msg); /* LM response */
    struct yg_cursor peek = *c;
    uint16_t announced = yg_cursor_le16(&peek);
    (void)field(c, msg); /* NT response */
    struct yg_str domain = field(c, msg), user = field(c, msg), machine = field(c, msg);

    (void)field(c, msg); /* session key */
    uint32_t flags = yg_cursor_le32(c);
    if (!yg_cursor_ok(c))
        flags = FLAG_UNICODE; /* cut, or of a client that sends no flags */
    if (user.n > 0)
        out->account = yg_text_join(text(domain, flags, arena), '\\',
                                    text(user, flags, arena), arena);
    out->workstation = text(machine, flags, arena);
    out->anonymous = user.n == 0 && announced == 0;
    /* 24 bytes: DES under the password's hash; NTLMv2 answers are longer. */
    out->v1 = announced == 24 && user.n > 0;
}

bool yg_ntlm_find(struct yg_str blob, struct yg_arena *arena, struct yg_ntlm *out)
{
    static const char sign[] = "NTLMSSP"; /* with its NUL */
    const char *p =
        blob.n > sizeof(sign) ? memmem(blob.p, blob.n, sign, sizeof(sign)) : NULL;

    if (!p)
        return false;
    struct yg_str msg = { p, blob.n - (size_t)(p - blob.p) };
    struct yg_cursor c = yg_cursor_of(msg.p, msg.n);
    (void)yg_cursor_take(&c, sizeof(sign));
    uint32_t type = yg_cursor_le32(&c);
    if (!yg_cursor_ok(&c) || type < YG_NTLM_NEGOTIATE || type > YG_NTLM_AUTHENTICATE)
        return false;
    *out = (struct yg_ntlm){ .type = (uint8_t)type };
    if (type == YG_NTLM_CHALLENGE)
        challenge(&c, msg, arena, out);
    if (type == YG_NTLM_AUTHENTICATE)
        authenticate(&c, msg, arena, out);
    return true;
}
