/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "packet/ask.h"

/* Clear packets of RFC 4253, section 6: length, padding length, payload, padding. After
 * NEWKEYS nothing can be read, so whether a login succeeded is not said here. */

#define BANNER_LINES_MAX 32 /* lines a server may send before its banner (4.2) */
#define PACKET_MAX       35000
#define PACKETS_MAX      64 /* clear ones; an exchange of keys takes three or four */

enum message { MSG_DISCONNECT = 1, MSG_KEXINIT = 20, MSG_NEWKEYS = 21 };

struct party {
    struct yg_str banner; /* "SSH-2.0-software comment"; {NULL, 0}: none */
    struct yg_span span;
    bool keys, encrypted, gone, broken;
    size_t opaque; /* bytes that came encrypted */
};

static bool is_banner(struct yg_str line)
{
    return line.n > 6 && yg_str_starts(line, YG_STR("SSH-")) && line.p[4] >= '1' &&
           line.p[4] <= '2' && line.p[5] == '.';
}

static bool find_banner(struct yg_str bytes, struct yg_line *line, size_t *at)
{
    *at = 0;
    for (int i = 0; i < BANNER_LINES_MAX && yg_line_next(bytes, at, line); i++)
        if (is_banner(line->text))
            return true;
    return false;
}

bool yg_ssh_probe(const struct yg_talk *talk)
{
    return is_banner(talk->side[YG_TO_SERVER].bytes) ||
           is_banner(talk->side[YG_TO_CLIENT].bytes);
}

static void party_read(const struct yg_side *s, struct party *p)
{
    struct yg_line line;
    size_t at;

    *p = (struct party){ .keys = false };
    if (!find_banner(s->bytes, &line, &at))
        return;
    p->banner = line.text;
    p->span = line.span;
    struct yg_str rest = yg_side_part(s, (struct yg_span){ at, s->bytes.n });
    struct yg_cursor c = yg_cursor_of(rest.p, rest.n);
    for (int i = 0; i < PACKETS_MAX && !p->encrypted && yg_cursor_left(&c) >= 6; i++) {
        uint32_t len = yg_cursor_be32(&c);
        struct yg_str packet = yg_cursor_take(&c, len);
        struct yg_cursor in = yg_cursor_of(packet.p, packet.n);
        (void)yg_cursor_u8(&in);
        uint8_t type = yg_cursor_u8(&in);
        if (!yg_cursor_ok(&in)) {
            p->broken = len < 5 || len > PACKET_MAX;
            return;
        }
        p->keys |= type == MSG_KEXINIT;
        p->encrypted = type == MSG_NEWKEYS;
        p->gone |= type == MSG_DISCONNECT;
    }
    p->opaque = p->encrypted ? yg_cursor_left(&c) : 0;
}

/* "OpenSSH_9.2p1 Debian-2" of "SSH-2.0-OpenSSH_9.2p1 Debian-2". */
static struct yg_str software(struct yg_str banner)
{
    struct yg_str rest = banner;

    (void)yg_str_cut(&rest, '-');
    (void)yg_str_cut(&rest, '-');
    return rest;
}

void yg_ssh_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    struct party party[YG_SIDES];

    for (unsigned side = 0; side < YG_SIDES; side++) {
        party_read(&talk->side[side], &party[side]);
        if (party[side].broken && !yg_side_lossy(&talk->side[side]) &&
            yg_str_starts(party[side].banner, YG_STR("SSH-2")))
            talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
    }
    const struct party *client = &party[YG_TO_SERVER], *server = &party[YG_TO_CLIENT];
    struct yg_exchange *x = yg_ask(talk, arena, YG_TO_SERVER, client->span);
    if (!x)
        return;
    x->verb = YG_STR("session");
    x->agent = software(client->banner);
    if (server->banner.n > 0)
        yg_answered(talk, x, server->span);
    x->answer_agent = software(server->banner);
    x->answer_size = server->opaque;
    if (server->gone)
        x->answer = YG_ANSWER_REFUSED;
    else if (server->encrypted || (client->encrypted && server->keys))
        x->answer = YG_ANSWER_OPAQUE;
    else if (server->banner.n > 0)
        x->answer = YG_ANSWER_MORE;
    if (client->encrypted || server->encrypted)
        x->flags |= YG_XF_ENCRYPTED;
    if (client->opaque > 0)
        x->flags |= YG_XF_LOGIN; /* the first thing that is asked for then */
    /* 1.99 speaks 2.0 too (RFC 4253, 5.1). */
    if (yg_str_starts(client->banner, YG_STR("SSH-1.")) &&
        !yg_str_starts(client->banner, YG_STR("SSH-1.99")))
        x->flags |= YG_XF_WEAK;
    if (client->banner.n == 0)
        x->flags |= YG_XF_CUT;
}
