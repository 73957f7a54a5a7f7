/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet - one frame taken apart: link, tunnels, IP, transport. Pure, no state.
 *
 * Reads Ethernet (VLAN, QinQ, MPLS, PPPoE, LLC/SNAP), PPP, raw IP, Linux cooked (SLL,
 * SLL2), BSD loopback, and IP inside GRE (NVGRE, ERSPAN, PPTP), VXLAN, GENEVE, GTP-U,
 * EtherIP, MPLS, IP-in-IP, 6in4 up to YG_TUNNELS_MAX deep; the innermost IP packet is the
 * one told of, or the one that carries what holds no IP. Every byte goes through
 * yg_cursor. Frames cut by the capture are normal: what is there is read, `payload_wire`
 * says what was sent (link padding is no payload). Checksums are not looked at: cards
 * fill them in late. Cost: about 50 ns a frame (bench/packets). Any thread.
 */
#ifndef YG_PACKET_PACKET_H
#define YG_PACKET_PACKET_H

#include "base/str.h"
#include "event/ip.h"

enum yg_anomaly {
#define YG_ANOMALY(id, name, doc) YG_A_##id,
#include "packet/anomalies.def"
#undef YG_ANOMALY
    YG_ANOMALY_COUNT
};
_Static_assert(YG_ANOMALY_COUNT <= 64, "a set is 64 bits");

#define YG_ANOMALY_BIT(a) ((uint64_t)1 << (a))

extern const struct yg_anomaly_info {
    const char *name, *doc;
} yg_anomaly_info[YG_ANOMALY_COUNT];

#define YG_TUNNELS_MAX 8

/* tcpdump.org link types that are read. */
enum yg_linktype {
    YG_LINK_NULL = 0,
    YG_LINK_ETHERNET = 1,
    YG_LINK_PPP = 9,
    YG_LINK_RAW_BSD = 12,     /* what libpcap calls raw IP on most systems */
    YG_LINK_RAW_OPENBSD = 14, /* and on OpenBSD */
    YG_LINK_PPP_HDLC = 50,
    YG_LINK_PPP_ETHER = 51,
    YG_LINK_RAW = 101,
    YG_LINK_C_HDLC = 104,
    YG_LINK_LOOP = 108,
    YG_LINK_SLL = 113,
    YG_LINK_IPV4 = 228,
    YG_LINK_IPV6 = 229,
    YG_LINK_SLL2 = 276,
};

/* IP protocol numbers that are taken apart. */
enum {
    YG_IP_ICMP = 1,
    YG_IP_TCP = 6,
    YG_IP_UDP = 17,
    YG_IP_ICMP6 = 58,
    YG_IP_SCTP = 132,
    YG_IP_UDPLITE = 136
};

enum yg_tcp_flag {
    YG_TCP_FIN = 1,
    YG_TCP_SYN = 2,
    YG_TCP_RST = 4,
    YG_TCP_PSH = 8,
    YG_TCP_ACK = 16,
    YG_TCP_URG = 32,
};

struct yg_packet {
    int64_t time_ns;       /* set by the caller */
    struct yg_str payload; /* after the transport header; borrowed from the frame. Of a
                            * fragment: what follows the IP header */
    uint32_t payload_wire; /* its length on the wire; >= payload.n */
    uint32_t wire;         /* the whole frame's length on the wire */
    uint64_t anomalies;
    unsigned char src[YG_IP_SIZE], dst[YG_IP_SIZE];
    uint16_t src_port, dst_port; /* of ICMP: type and code */
    uint32_t seq, ack;
    uint16_t window;
    uint16_t ethertype; /* of what is not IP */
    uint8_t version;    /* 4, 6; 0: there is no IP in it and the rest is unset */
    uint8_t proto;      /* IP protocol of the payload */
    uint8_t ttl, tcp_flags, tunnels;
    bool fragment; /* ports are not known: give it to yg_defrag */
    bool fragment_more;
    uint16_t fragment_offset; /* bytes */
    uint32_t fragment_id;
};

/* Take apart a frame of `frame.n` captured bytes that had `wire` bytes (>= frame.n; less
 * is taken as frame.n). Every field of `*out` but time_ns is set. False: no IP packet. */
bool yg_dissect(uint32_t linktype, struct yg_str frame, uint32_t wire,
                struct yg_packet *out);

/* Take apart what follows the IP header, in `ip->payload` (a datagram made whole): ports,
 * flags, payload, and a tunnel's inner packet. `ip->proto` says which. */
void yg_dissect_transport(struct yg_packet *ip);

#endif
