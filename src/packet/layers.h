/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layers - what the decoders of one frame's headers share: where they are, what is next.
 *
 * Private to packet.c, link.c, net.c and transport.c. A decoder takes its header off the
 * front of `left`, tells the packet what it learned and names what follows as an Ethernet
 * type; the walk in packet.c goes on from there. `wire` runs beside `left` and says how
 * many bytes were sent from here on, so that padding and cut captures are told apart.
 */
#ifndef YG_PACKET_LAYERS_H
#define YG_PACKET_LAYERS_H

#include "base/cursor.h"
#include "packet/packet.h"

/* Tags, labels and link headers in one frame; tunnels have a limit of their own. */
#define YG_TAGS_MAX 24

struct yg_layers {
    struct yg_cursor left; /* captured bytes from here on */
    size_t wire;           /* sent bytes from here on; never fewer than are left */
    struct yg_packet *out;
    unsigned tags, tunnels; /* so far */
};

/* What follows: an Ethernet type, or one of these. */
enum {
    YG_NEXT_IP4 = 0x0800,
    YG_NEXT_ETHERNET = 0x6558, /* transparent bridging: RFC 1701, 7637 */
    YG_NEXT_IP6 = 0x86dd,
    YG_NEXT_MPLS = 0x8847,
    YG_NEXT_PPP = 0x880b,
    YG_NEXT_NONE = 0x10000,
    YG_NEXT_IP,  /* the version is in the first byte */
    YG_NEXT_LLC, /* IEEE 802.2 */
};

static inline uint16_t yg_be16(const unsigned char *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t yg_be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The next `n` bytes, which stay; NULL if the capture has fewer. */
static inline const unsigned char *yg_layer_see(const struct yg_layers *l, size_t n)
{
    struct yg_cursor c = l->left;

    return (const unsigned char *)yg_cursor_take(&c, n).p;
}

/* The next `n` bytes, taken off; NULL, and nothing taken, if the capture has fewer. */
static inline const unsigned char *yg_layer_take(struct yg_layers *l, size_t n)
{
    if (n > yg_cursor_left(&l->left))
        return NULL;
    l->wire -= n;
    return (const unsigned char *)yg_cursor_take(&l->left, n).p;
}

/* The first byte of what follows, which stays; -1: there is none. */
static inline int yg_layer_peek(const struct yg_layers *l)
{
    const unsigned char *p = yg_layer_see(l, 1);

    return p ? p[0] : -1;
}

/* A header says that only `n` more bytes belong to it: what follows is padding. */
static inline void yg_layer_limit(struct yg_layers *l, size_t n)
{
    if (n >= l->wire)
        return;
    l->wire = n;
    if (yg_cursor_left(&l->left) > n) {
        struct yg_str s = yg_cursor_take(&l->left, n);
        l->left = yg_cursor_of(s.p, s.n);
    }
}

static inline void yg_layer_odd(struct yg_layers *l, enum yg_anomaly a)
{
    l->out->anomalies |= YG_ANOMALY_BIT(a);
}

/* link.c: each takes its header off and returns what follows. */
uint32_t yg_layer_link(struct yg_layers *l, uint32_t linktype);
uint32_t yg_layer_ethernet(struct yg_layers *l);
uint32_t yg_layer_llc(struct yg_layers *l);
uint32_t yg_layer_ppp(struct yg_layers *l);
/* VLAN, MPLS, PPPoE, ERSPAN; YG_NEXT_NONE: not one of them, or broken. */
uint32_t yg_layer_tag(struct yg_layers *l, uint32_t type);

/* net.c: IP, what it holds, and what the tunnel in it holds. */
uint32_t yg_layer_ip4(struct yg_layers *l);
uint32_t yg_layer_ip6(struct yg_layers *l);
/* What follows the IP header `out` tells of, from its protocol on. */
uint32_t yg_layer_above(struct yg_layers *l);

/* transport.c: ports, flags and payload; what follows when it is a tunnel over UDP. */
uint32_t yg_layer_transport(struct yg_layers *l);
/* The least a transport header takes; 0: not one that is read. */
size_t yg_transport_size(unsigned proto);

/* `out`'s payload is what is left. */
void yg_layer_payload(struct yg_layers *l);
/* One tunnel deeper: `next`, or YG_NEXT_NONE past the limit. */
uint32_t yg_layer_tunnel(struct yg_layers *l, uint32_t next);

#endif
