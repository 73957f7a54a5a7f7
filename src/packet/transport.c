/* SPDX-License-Identifier: Apache-2.0 */
/* Transport headers, and the tunnels that run over UDP. */
#include "packet/layers.h"

enum { PORT_GTP_U = 2152, PORT_VXLAN = 4789, PORT_GENEVE = 6081 };

size_t yg_transport_size(unsigned proto)
{
    switch (proto) {
    case YG_IP_TCP:
        return 20;
    case YG_IP_SCTP:
        return 12;
    case YG_IP_UDP:
    case YG_IP_UDPLITE:
    case YG_IP_ICMP:
    case YG_IP_ICMP6:
        return 8;
    default:
        return 0;
    }
}

/* Cut or too small: ports if they are there, and nothing to read behind them. */
static uint32_t part(struct yg_layers *l, size_t size)
{
    struct yg_packet *p = l->out;
    bool icmp = p->proto == YG_IP_ICMP || p->proto == YG_IP_ICMP6;
    const unsigned char *h = yg_layer_see(l, icmp ? 2 : 4);

    if (h) {
        p->src_port = icmp ? h[0] : yg_be16(h);
        p->dst_port = icmp ? h[1] : yg_be16(h + 2);
    }
    yg_layer_odd(l, YG_A_TRANSPORT_SHORT);
    if (l->wire > yg_cursor_left(&l->left))
        yg_layer_odd(l, YG_A_CUT);
    p->payload = YG_STR_NONE;
    p->payload_wire = (uint32_t)(l->wire > size ? l->wire - size : 0);
    return YG_NEXT_NONE;
}

static uint32_t tcp(struct yg_layers *l)
{
    struct yg_packet *p = l->out;
    const unsigned char *h = yg_layer_see(l, 20);

    if (!h)
        return part(l, 20);
    size_t size = (h[12] >> 4) * 4U;
    p->src_port = yg_be16(h);
    p->dst_port = yg_be16(h + 2);
    p->seq = yg_be32(h + 4);
    p->ack = yg_be32(h + 8);
    p->tcp_flags = h[13] & 0x3f;
    p->window = yg_be16(h + 14);
    bool syn = p->tcp_flags & YG_TCP_SYN;
    if (p->tcp_flags == 0 || (syn && (p->tcp_flags & (YG_TCP_FIN | YG_TCP_RST))))
        yg_layer_odd(l, YG_A_TCP_FLAGS);
    if (size < 20 || !yg_layer_take(l, size))
        return part(l, size < 20 ? l->wire : size);
    yg_layer_payload(l);
    if (syn && p->payload_wire)
        yg_layer_odd(l, YG_A_TCP_SYN_DATA);
    return YG_NEXT_NONE;
}

/* VXLAN (RFC 7348): a flag that must be set, 24 bits of network. */
static uint32_t vxlan(struct yg_layers *l)
{
    const unsigned char *h = yg_layer_take(l, 8);

    return h && (h[0] & 0x08) ? YG_NEXT_ETHERNET : YG_NEXT_NONE;
}

/* GENEVE (RFC 8926): options, then what an Ethernet type names. */
static uint32_t geneve(struct yg_layers *l)
{
    const unsigned char *h = yg_layer_take(l, 8);

    if (!h || h[0] >> 6 != 0 || !yg_layer_take(l, (h[0] & 0x3fU) * 4U))
        return YG_NEXT_NONE;
    return yg_be16(h + 2);
}

/* GTP-U of mobile networks (3GPP TS 29.281): an IP packet when the type says user data,
 * behind optional fields and a chain of extension headers. */
static uint32_t gtp_u(struct yg_layers *l)
{
    const unsigned char *h = yg_layer_take(l, 8);

    if (!h || h[0] >> 4 != 3 || h[1] != 0xff)
        return YG_NEXT_NONE;
    if (h[0] & 7) {
        const unsigned char *more = yg_layer_take(l, 4);
        unsigned next = more && (h[0] & 4) ? more[3] : 0;
        while (more && next) {
            const unsigned char *size = yg_layer_see(l, 1);
            size_t n = size ? size[0] * 4U : 0;
            more = n ? yg_layer_take(l, n) : NULL;
            next = more ? more[n - 1] : 0;
        }
        if (!more)
            return YG_NEXT_NONE;
    }
    int version = yg_layer_peek(l) >> 4;
    return version == 4 || version == 6 ? YG_NEXT_IP : YG_NEXT_NONE;
}

/* What a port that a tunnel owns may hold. */
static uint32_t over_udp(struct yg_layers *l, uint16_t port)
{
    switch (port) {
    case PORT_GTP_U:
        return gtp_u(l);
    case PORT_VXLAN:
        return vxlan(l);
    case PORT_GENEVE:
        return geneve(l);
    default:
        return YG_NEXT_NONE;
    }
}

static uint32_t udp(struct yg_layers *l)
{
    struct yg_packet *p = l->out;
    const unsigned char *h = yg_layer_take(l, 8);

    if (!h)
        return part(l, 8);
    p->src_port = yg_be16(h);
    p->dst_port = yg_be16(h + 2);
    size_t size = yg_be16(h + 4);
    if (p->proto == YG_IP_UDP && size != 0) { /* 0: RFC 2675; of UDP-Lite: a coverage */
        if (size < 8 || size - 8 > l->wire)
            yg_layer_odd(l, YG_A_TRANSPORT_SHORT);
        yg_layer_limit(l, size < 8 ? 0 : size - 8);
    }
    yg_layer_payload(l);
    uint32_t next = over_udp(l, p->dst_port);
    return next == YG_NEXT_NONE ? next : yg_layer_tunnel(l, next);
}

/* Type and code stand for the ports; the message's own second word is header, too. */
static uint32_t icmp(struct yg_layers *l)
{
    struct yg_packet *p = l->out;
    const unsigned char *h = yg_layer_take(l, 8);

    if (!h)
        return part(l, 8);
    p->src_port = h[0];
    p->dst_port = h[1];
    yg_layer_payload(l);
    return YG_NEXT_NONE;
}

static uint32_t sctp(struct yg_layers *l)
{
    const unsigned char *h = yg_layer_take(l, 12);

    if (!h)
        return part(l, 12);
    l->out->src_port = yg_be16(h);
    l->out->dst_port = yg_be16(h + 2);
    yg_layer_payload(l);
    return YG_NEXT_NONE;
}

uint32_t yg_layer_transport(struct yg_layers *l)
{
    switch (l->out->proto) {
    case YG_IP_TCP:
        return tcp(l);
    case YG_IP_UDP:
    case YG_IP_UDPLITE:
        return udp(l);
    case YG_IP_ICMP:
    case YG_IP_ICMP6:
        return icmp(l);
    case YG_IP_SCTP:
        return sctp(l);
    default:
        yg_layer_payload(l);
        return YG_NEXT_NONE;
    }
}
