/* SPDX-License-Identifier: Apache-2.0 */
/* Link headers, tags and labels: everything in front of IP. */
#include "packet/layers.h"

/* The frame ends inside a header: by the sender's fault or the capture's. */
static uint32_t too_short(struct yg_layers *l, size_t want)
{
    yg_layer_odd(l, l->wire < want ? YG_A_LINK_SHORT : YG_A_CUT);
    return YG_NEXT_NONE;
}

uint32_t yg_layer_ethernet(struct yg_layers *l)
{
    const unsigned char *p = yg_layer_take(l, 14);

    if (!p)
        return too_short(l, 14);
    uint16_t type = yg_be16(p + 12);
    if (type >= 0x600)
        return type;
    /* IEEE 802.3: a length, and padding after it */
    yg_layer_limit(l, type);
    return YG_NEXT_LLC;
}

uint32_t yg_layer_llc(struct yg_layers *l)
{
    const unsigned char *p = yg_layer_take(l, 3);

    if (!p)
        return too_short(l, 3);
    if (p[0] == 0x06 && p[1] == 0x06 && p[2] == 0x03)
        return YG_NEXT_IP4;
    if (p[0] != 0xaa || p[1] != 0xaa || p[2] != 0x03)
        return YG_NEXT_NONE;
    p = yg_layer_take(l, 5); /* SNAP: organisation, type (RFC 1042) */
    if (!p)
        return too_short(l, 5);
    return p[0] == 0 && p[1] == 0 && p[2] == 0 ? yg_be16(p + 3) : YG_NEXT_NONE;
}

/* RFC 1661; address and control of HDLC (RFC 1662) may stand in front. */
uint32_t yg_layer_ppp(struct yg_layers *l)
{
    const unsigned char *p;

    if (yg_layer_peek(l) == 0xff && !yg_layer_take(l, 2))
        return too_short(l, 2);
    p = yg_layer_take(l, 1);
    if (!p)
        return too_short(l, 1);
    unsigned protocol = p[0];
    if (!(protocol & 1)) { /* RFC 1661, 6.5: an odd first byte is a whole number */
        p = yg_layer_take(l, 1);
        if (!p)
            return too_short(l, 1);
        protocol = protocol << 8 | p[0];
    }
    switch (protocol) {
    case 0x21:
        return YG_NEXT_IP4;
    case 0x57:
        return YG_NEXT_IP6;
    case 0x281:
        return YG_NEXT_MPLS;
    default:
        return YG_NEXT_NONE;
    }
}

/* RFC 3032; what is under the last label is guessed as routers do (RFC 4385, RFC 4928):
 * 4 and 6 are IP, 0 is the control word of a pseudowire, anything else an address. */
static uint32_t mpls(struct yg_layers *l)
{
    const unsigned char *p = yg_layer_take(l, 4);

    if (!p)
        return too_short(l, 4);
    if (!(p[2] & 1))
        return YG_NEXT_MPLS;
    switch (yg_layer_peek(l) >> 4) {
    case 4:
        return YG_NEXT_IP4;
    case 6:
        return YG_NEXT_IP6;
    case 0:
        return yg_layer_take(l, 4) ? YG_NEXT_ETHERNET : too_short(l, 4);
    case 1: /* associated channel: no user data */
        return YG_NEXT_NONE;
    default:
        return YG_NEXT_ETHERNET;
    }
}

static uint32_t pppoe(struct yg_layers *l)
{
    const unsigned char *p = yg_layer_take(l, 6);

    if (!p)
        return too_short(l, 6);
    if (p[0] != 0x11 || p[1] != 0) /* RFC 2516: version 1, type 1, session data */
        return YG_NEXT_NONE;
    yg_layer_limit(l, yg_be16(p + 4));
    return YG_NEXT_PPP;
}

/* Version III: a platform's own 8 bytes follow when the last bit says so. */
static uint32_t erspan3(struct yg_layers *l)
{
    const unsigned char *p = yg_layer_take(l, 12);

    if (!p)
        return too_short(l, 12);
    if ((p[11] & 1) && !yg_layer_take(l, 8))
        return too_short(l, 8);
    return YG_NEXT_ETHERNET;
}

uint32_t yg_layer_tag(struct yg_layers *l, uint32_t type)
{
    const unsigned char *p;

    switch (type) {
    case 0x8100: /* IEEE 802.1Q */
    case 0x88a8: /* 802.1ad */
    case 0x9100: /* QinQ before it was a standard */
        p = yg_layer_take(l, 4);
        if (!p)
            return too_short(l, 4);
        return yg_be16(p + 2) >= 0x600 ? yg_be16(p + 2) : YG_NEXT_LLC;
    case 0x8926: /* VN-Tag */
        p = yg_layer_take(l, 6);
        return p ? yg_be16(p + 4) : too_short(l, 6);
    case YG_NEXT_MPLS:
    case 0x8848:
        return mpls(l);
    case 0x8864:
        return pppoe(l);
    case 0x88be: /* ERSPAN version II; net.c has told it from version I */
        return yg_layer_take(l, 8) ? YG_NEXT_ETHERNET : too_short(l, 8);
    case 0x22eb:
        return erspan3(l);
    default:
        if (l->out->version == 0)
            l->out->ethertype = (uint16_t)type;
        return YG_NEXT_NONE;
    }
}

/* An address family of some BSD, in the byte order of who wrote the file, or in network
 * order. All families that matter fit one byte. */
static uint32_t loopback(struct yg_layers *l)
{
    const unsigned char *p = yg_layer_take(l, 4);

    if (!p)
        return too_short(l, 4);
    if (p[1] != 0 || p[2] != 0)
        return YG_NEXT_NONE;
    switch (p[0] ? p[0] : p[3]) {
    case 2:
        return YG_NEXT_IP4;
    case 10: /* Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* Darwin */
        return YG_NEXT_IP6;
    default:
        return YG_NEXT_NONE;
    }
}

/* Linux "cooked": what kind of device it was, and a protocol as that kind writes it. */
static uint32_t cooked(struct yg_layers *l, size_t size, size_t device, size_t protocol)
{
    const unsigned char *p = yg_layer_take(l, size);

    if (!p)
        return too_short(l, size);
    switch (yg_be16(p + device)) {
    case 803: /* radiotap */
    case 824: /* netlink: not an Ethernet type */
        return YG_NEXT_NONE;
    default:
        break;
    }
    uint16_t type = yg_be16(p + protocol);
    if (type == 4)
        return YG_NEXT_LLC;
    return type >= 0x600 ? type : YG_NEXT_NONE;
}

static uint32_t cisco_hdlc(struct yg_layers *l)
{
    const unsigned char *p = yg_layer_take(l, 4);

    return p ? yg_be16(p + 2) : too_short(l, 4);
}

uint32_t yg_layer_link(struct yg_layers *l, uint32_t linktype)
{
    switch (linktype) {
    case YG_LINK_ETHERNET:
        return YG_NEXT_ETHERNET;
    case YG_LINK_NULL:
    case YG_LINK_LOOP:
        return loopback(l);
    case YG_LINK_RAW:
    case YG_LINK_RAW_BSD:
    case YG_LINK_RAW_OPENBSD:
        return YG_NEXT_IP;
    case YG_LINK_IPV4:
        return YG_NEXT_IP4;
    case YG_LINK_IPV6:
        return YG_NEXT_IP6;
    case YG_LINK_SLL:
        return cooked(l, 16, 2, 14);
    case YG_LINK_SLL2:
        return cooked(l, 20, 8, 0);
    case YG_LINK_PPP:
        return YG_NEXT_PPP;
    case YG_LINK_PPP_HDLC:
        return yg_layer_peek(l) == 0xff ? YG_NEXT_PPP : cisco_hdlc(l);
    case YG_LINK_PPP_ETHER:
        return pppoe(l);
    case YG_LINK_C_HDLC:
        return cisco_hdlc(l);
    default:
        yg_layer_odd(l, YG_A_LINK_UNKNOWN);
        return YG_NEXT_NONE;
    }
}
