/* SPDX-License-Identifier: Apache-2.0 */
/* IP headers, and the tunnels that are IP protocols. */
#include "packet/layers.h"

/* Extension headers that are followed; more is an anomaly (RFC 9098 knows why). */
#define EXTENSIONS_MAX 16

enum {
    IP_HOPOPT = 0,
    IP_IP4 = 4,
    IP_IP6 = 41,
    IP_ROUTING = 43,
    IP_FRAGMENT = 44,
    IP_GRE = 47,
    IP_AH = 51,
    IP_NONE = 59,
    IP_DSTOPT = 60,
    IP_ETHERIP = 97,
    IP_MOBILITY = 135,
    IP_MPLS = 137,
    IP_HIP = 139,
    IP_SHIM6 = 140,
};

static const unsigned char v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* A new innermost IP packet: what was told of the one around it is gone. */
static void begin(struct yg_layers *l, uint8_t version)
{
    struct yg_packet *p = l->out;

    p->src_port = p->dst_port = 0;
    p->fragment_id = 0; /* of a datagram made whole */
    p->version = version;
    p->ethertype = 0;
    p->tunnels = (uint8_t)l->tunnels;
}

/* LAND (CERT CA-1997-28). A host talking to itself, or not knowing its address yet, does
 * so for a reason. */
static void check_ends(struct yg_layers *l)
{
    static const unsigned char none[YG_IP_SIZE];
    const unsigned char *s = l->out->src;

    if (memcmp(s, l->out->dst, YG_IP_SIZE) != 0)
        return;
    bool v4 = l->out->version == 4;
    bool loopback = v4 ? s[12] == 127 : memcmp(s, none, 15) == 0 && s[15] == 1;
    bool unset = memcmp(s + (v4 ? 12 : 0), none, v4 ? 4 : YG_IP_SIZE) == 0;
    if (!loopback && !unset)
        yg_layer_odd(l, YG_A_LAND);
}

static uint32_t bad_header(struct yg_layers *l, size_t want)
{
    yg_layer_odd(l, l->wire >= want && yg_cursor_left(&l->left) < want ? YG_A_CUT
                                                                       : YG_A_IP_HEADER);
    return YG_NEXT_NONE;
}

/* A fragment: its bytes are the payload, whatever they are. */
static uint32_t fragment(struct yg_layers *l, unsigned offset, bool more, uint32_t id)
{
    struct yg_packet *p = l->out;

    p->fragment = true;
    p->fragment_more = more;
    p->fragment_offset = (uint16_t)offset;
    p->fragment_id = id;
    yg_layer_odd(l, YG_A_FRAGMENT);
    yg_layer_payload(l);
    if (offset == 0 && p->payload_wire < yg_transport_size(p->proto))
        yg_layer_odd(l, YG_A_FRAGMENT_TINY);
    return YG_NEXT_NONE;
}

uint32_t yg_layer_ip4(struct yg_layers *l)
{
    const unsigned char *h = yg_layer_see(l, 20);
    struct yg_packet *p = l->out;

    if (!h)
        return bad_header(l, 20);
    size_t size = (h[0] & 15U) * 4U, total = yg_be16(h + 2);
    if (h[0] >> 4 != 4 || size < 20)
        return bad_header(l, 0);
    /* 0: the card was to cut it in pieces later, the length was not known yet */
    if (total != 0 && (total < size || total > l->wire))
        yg_layer_odd(l, YG_A_IP_HEADER);
    if (total != 0)
        yg_layer_limit(l, total < size ? size : total);
    begin(l, 4);
    memcpy(p->src, v4_prefix, 12);
    memcpy(p->src + 12, h + 12, 4);
    memcpy(p->dst, v4_prefix, 12);
    memcpy(p->dst + 12, h + 16, 4);
    p->ttl = h[8];
    p->proto = h[9];
    check_ends(l);
    if (!yg_layer_take(l, size)) { /* options that are not there */
        p->payload = YG_STR_NONE;
        p->payload_wire = (uint32_t)(l->wire > size ? l->wire - size : 0);
        return bad_header(l, size);
    }
    unsigned flags = yg_be16(h + 6);
    if (flags & 0x3fff)
        return fragment(l, (flags & 0x1fff) * 8, flags & 0x2000, yg_be16(h + 4));
    return yg_layer_above(l);
}

uint32_t yg_layer_ip6(struct yg_layers *l)
{
    const unsigned char *h = yg_layer_see(l, 40);
    struct yg_packet *p = l->out;

    if (!h)
        return bad_header(l, 40);
    if (h[0] >> 4 != 6)
        return bad_header(l, 0);
    size_t size = yg_be16(h + 4);
    yg_layer_take(l, 40);
    if (size > l->wire)
        yg_layer_odd(l, YG_A_IP_HEADER);
    /* 0: a jumbogram (RFC 2675), or the card was to cut it in pieces later */
    if (size != 0 || h[6] == IP_NONE)
        yg_layer_limit(l, size);
    begin(l, 6);
    memcpy(p->src, h + 8, YG_IP_SIZE);
    memcpy(p->dst, h + 24, YG_IP_SIZE);
    p->ttl = h[7];
    p->proto = h[6];
    check_ends(l);
    return yg_layer_above(l);
}

static bool is_extension(unsigned proto)
{
    switch (proto) {
    case IP_HOPOPT:
    case IP_ROUTING:
    case IP_FRAGMENT:
    case IP_DSTOPT:
    case IP_MOBILITY:
    case IP_HIP:
    case IP_SHIM6:
        return true;
    default:
        return false;
    }
}

/* Take off one extension header (RFC 8200, 4; AH: RFC 4302). False: it cannot be read. */
static bool extension(struct yg_layers *l, unsigned proto)
{
    const unsigned char *h = yg_layer_see(l, 8);

    if (!h)
        return false;
    size_t size = proto == IP_AH ? (h[1] + 2U) * 4U : (h[1] + 1U) * 8U;
    if (size < 8 || !yg_layer_take(l, size))
        return false;
    l->out->proto = h[0];
    return true;
}

/* True: it goes on behind the extension headers; `*next` is set when it does not. */
static bool extensions(struct yg_layers *l, uint32_t *next)
{
    struct yg_packet *p = l->out;
    unsigned seen = 0, twice = 0;

    *next = YG_NEXT_NONE;
    for (unsigned n = 0; p->proto == IP_AH || (p->version == 6 && is_extension(p->proto));
         n++) {
        unsigned proto = p->proto;
        /* Hop-by-hop options come first and only there; destination options may come
         * twice, every other header once (RFC 8200, 4.1). */
        uint32_t bit = 1U << (proto & 31);
        twice += proto == IP_DSTOPT ? (seen & bit) != 0 : 0;
        if ((proto == IP_HOPOPT && n > 0) || (proto != IP_DSTOPT && (seen & bit)) ||
            twice > 1)
            yg_layer_odd(l, YG_A_IP_EXTENSION);
        seen |= bit;
        if (n == EXTENSIONS_MAX)
            break;
        if (proto != IP_FRAGMENT) {
            if (!extension(l, proto))
                break;
            continue;
        }
        const unsigned char *h = yg_layer_take(l, 8);
        if (!h)
            break;
        p->proto = h[0];
        unsigned flags = yg_be16(h + 2);
        if (flags & 0xfff9) { /* else it is whole: RFC 6946 */
            *next = fragment(l, flags & 0xfff8, flags & 1, yg_be32(h + 4));
            return false;
        }
    }
    if (p->proto != IP_AH && !(p->version == 6 && is_extension(p->proto)))
        return true;
    yg_layer_odd(l, YG_A_IP_EXTENSION);
    yg_layer_payload(l);
    return false;
}

/* GRE: RFC 2784, 2890; with a source route as in RFC 1701 it is left alone. Version 1 is
 * PPTP's (RFC 2637). */
static uint32_t gre(struct yg_layers *l)
{
    const unsigned char *h = yg_layer_take(l, 4);

    if (!h)
        return YG_NEXT_NONE;
    unsigned flags = yg_be16(h), type = yg_be16(h + 2), version = flags & 7;
    if ((flags & 0x4000) || version > 1)
        return YG_NEXT_NONE;
    size_t more = (flags & 0x8000 ? 4U : 0U) + (flags & 0x2000 ? 4U : 0U) +
                  (flags & 0x1000 ? 4U : 0U);
    if (version == 1)
        more += flags & 0x0080 ? 4U : 0U;
    if (more && !yg_layer_take(l, more))
        return YG_NEXT_NONE;
    if (type == 0x88be && !(flags & 0x1000)) /* ERSPAN I has neither number nor header */
        return YG_NEXT_ETHERNET;
    return type;
}

/* A tunnel begins: what it holds, while the packet that carries it is kept. */
static uint32_t tunnel(struct yg_layers *l, uint32_t next)
{
    yg_layer_payload(l);
    next = yg_layer_tunnel(l, next);
    if (next == YG_NEXT_NONE)
        return next;
    switch (l->out->proto) {
    case IP_GRE:
        return gre(l);
    case IP_ETHERIP: /* RFC 3378: two bytes */
        return yg_layer_take(l, 2) ? next : YG_NEXT_NONE;
    default:
        return next;
    }
}

uint32_t yg_layer_above(struct yg_layers *l)
{
    struct yg_packet *p = l->out;
    uint32_t next;

    if (p->proto == YG_IP_TCP || p->proto == YG_IP_UDP)
        return yg_layer_transport(l);
    if (!extensions(l, &next))
        return next;
    switch (p->proto) {
    case IP_IP4:
        return tunnel(l, YG_NEXT_IP4);
    case IP_IP6:
        return tunnel(l, YG_NEXT_IP6);
    case IP_GRE:
    case IP_ETHERIP:
        return tunnel(l, YG_NEXT_ETHERNET);
    case IP_MPLS: /* RFC 4023 */
        return tunnel(l, YG_NEXT_MPLS);
    default:
        return yg_layer_transport(l);
    }
}
