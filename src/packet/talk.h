/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talk - a conversation: two directions of bytes, put together from packets.
 *
 * What packet/track.h makes and the application decoders read. Plain data; everything is
 * borrowed from the tracker that made it. Offsets count from the first byte kept.
 */
#ifndef YG_PACKET_TALK_H
#define YG_PACKET_TALK_H

#include "packet/exchange.h"
#include "packet/packet.h"

enum { YG_TO_SERVER, YG_TO_CLIENT, YG_SIDES };

#define YG_SEGMENTS_MAX 256 /* kept a side; sizes and times of what came first */

/* A piece of one direction: a TCP segment's new bytes, or one datagram. */
struct yg_segment {
    int64_t time_ns;
    uint32_t at, len; /* in yg_side.bytes; of a datagram: its whole payload */
    uint32_t wire;    /* payload bytes on the wire */
};

struct yg_side {
    struct yg_str bytes; /* in order, without repetition, up to the cap. Lost bytes are
                          * left out: `gap_bytes` counts them, and the stream goes on */
    const struct yg_segment *segment;
    uint32_t segments;
    uint32_t syn, fin, rst;       /* packets with that flag */
    uint64_t packets, wire;       /* all, past the caps too: packets and frame bytes */
    uint64_t payload;             /* payload bytes on the wire, repetitions included */
    uint64_t gap_bytes, repeated; /* never seen; seen again */
    int64_t first_ns, last_ns;    /* 0: nothing */
    uint8_t ttl_min, ttl_max;
    bool cut; /* longer than the cap */
};

struct yg_talk {
    unsigned char client[YG_IP_SIZE], server[YG_IP_SIZE];
    uint16_t client_port, server_port; /* of ICMP: type and code of the first packet */
    uint8_t proto;                     /* IP protocol */
    uint8_t app;                       /* enum yg_app_id; NONE: not recognised */
    bool from_start;      /* the opening was seen: who is the client is certain */
    bool accepted;        /* TCP: SYN+ACK or bytes came back; others: an answer */
    uint32_t unreachable; /* ICMP errors that tell of it */
    int64_t first_ns, last_ns;
    uint64_t anomalies;
    struct yg_side side[YG_SIDES];
    struct yg_exchange *exchange; /* made by yg_app_parse, in order */
    uint32_t exchanges;
    struct yg_hello *hello; /* TLS only */
};

#endif
