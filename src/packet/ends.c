/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/ends.h"

#include "base/cursor.h"
#include "base/status.h"

static const struct {
    uint8_t proto, answer, question;
} pair[] = {
    { YG_IP_ICMP, 0, 8 },      { YG_IP_ICMP, 14, 13 },    { YG_IP_ICMP, 16, 15 },
    { YG_IP_ICMP, 9, 10 },     { YG_IP_ICMP, 18, 17 },    { YG_IP_ICMP6, 129, 128 },
    { YG_IP_ICMP6, 134, 133 }, { YG_IP_ICMP6, 136, 135 }, { YG_IP_ICMP6, 131, 130 },
    { YG_IP_ICMP6, 140, 139 }, { YG_IP_ICMP6, 145, 144 },
};

uint16_t yg_icmp_question(uint8_t proto, uint16_t type)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(pair); i++)
        if (pair[i].proto == proto && pair[i].answer == type)
            return pair[i].question;
    return type;
}

bool yg_icmp_other(uint8_t proto, uint16_t type, uint16_t *other)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(pair); i++) {
        if (pair[i].proto != proto ||
            (pair[i].answer != type && pair[i].question != type))
            continue;
        *other = pair[i].answer == type ? pair[i].question : pair[i].answer;
        return true;
    }
    return false;
}

static void put_end(unsigned char end[YG_IP_SIZE + 2], const unsigned char ip[YG_IP_SIZE],
                    uint16_t port)
{
    memcpy(end, ip, YG_IP_SIZE);
    end[YG_IP_SIZE] = (unsigned char)(port >> 8);
    end[YG_IP_SIZE + 1] = (unsigned char)port;
}

bool yg_ends_of(const struct yg_packet *p, struct yg_ends *key)
{
    uint16_t from = p->src_port, to = p->dst_port;

    if (yg_is_icmp(p))
        from = to = yg_icmp_question(p->proto, p->src_port);
    put_end(key->end[0], p->src, from);
    put_end(key->end[1], p->dst, to);
    key->proto = p->proto;
    if (memcmp(key->end[0], key->end[1], sizeof(key->end[0])) <= 0)
        return false;
    put_end(key->end[0], p->dst, to);
    put_end(key->end[1], p->src, from);
    return true;
}

static bool quoted6(struct yg_cursor *c, struct yg_packet *in)
{
    (void)yg_cursor_take(c, 6);
    in->proto = yg_cursor_u8(c);
    (void)yg_cursor_take(c, 1);
    struct yg_str src = yg_cursor_take(c, YG_IP_SIZE);
    struct yg_str dst = yg_cursor_take(c, YG_IP_SIZE);
    if (!yg_cursor_ok(c))
        return false;
    memcpy(in->src, src.p, YG_IP_SIZE);
    memcpy(in->dst, dst.p, YG_IP_SIZE);
    return true;
}

static bool quoted4(struct yg_cursor *c, struct yg_packet *in)
{
    size_t header = (yg_cursor_u8(c) & 15U) * 4U;

    (void)yg_cursor_take(c, 8);
    in->proto = yg_cursor_u8(c);
    (void)yg_cursor_take(c, 2);
    struct yg_str src = yg_cursor_take(c, 4), dst = yg_cursor_take(c, 4);
    (void)yg_cursor_take(c, header > 20 ? header - 20 : 0);
    if (!yg_cursor_ok(c))
        return false;
    memset(in->src + 10, 0xff, 2);
    memset(in->dst + 10, 0xff, 2);
    memcpy(in->src + 12, src.p, 4);
    memcpy(in->dst + 12, dst.p, 4);
    return true;
}

bool yg_icmp_quoted(const struct yg_packet *p, struct yg_packet *in)
{
    static const uint64_t errors4 = 1U << 3 | 1U << 4 | 1U << 5 | 1U << 11 | 1U << 12;
    static const uint64_t errors6 = 1U << 1 | 1U << 2 | 1U << 3 | 1U << 4;
    bool six = p->proto == YG_IP_ICMP6;
    struct yg_cursor c = yg_cursor_of(p->payload.p, p->payload.n);

    if (!yg_is_icmp(p) || p->src_port > 63 ||
        !((six ? errors6 : errors4) >> p->src_port & 1))
        return false;
    *in = (struct yg_packet){ 0 };
    if (!(six ? quoted6(&c, in) : quoted4(&c, in)))
        return false;
    if (in->proto == YG_IP_TCP || in->proto == YG_IP_UDP || in->proto == YG_IP_SCTP) {
        in->src_port = yg_cursor_be16(&c);
        in->dst_port = yg_cursor_be16(&c);
    } else if (yg_is_icmp(in)) {
        in->src_port = yg_cursor_u8(&c);
        in->dst_port = yg_cursor_u8(&c);
    }
    return yg_cursor_ok(&c);
}
