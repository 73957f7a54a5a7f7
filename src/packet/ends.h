/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ends - which packets belong to one conversation.
 *
 * Both directions have the same ends (the smaller one first), ICMP questions and their
 * answers, too; an ICMP error quotes the ends of the packet that it is about. For tables
 * of conversations; community.h is for the identity that other tools share. Pure.
 */
#ifndef YG_PACKET_ENDS_H
#define YG_PACKET_ENDS_H

#include "packet/packet.h"

struct yg_ends {
    unsigned char end[2][YG_IP_SIZE + 2];
    unsigned char proto;
};

static inline bool yg_is_icmp(const struct yg_packet *p)
{
    return p->proto == YG_IP_ICMP || p->proto == YG_IP_ICMP6;
}

/* True: the source is the larger end. */
bool yg_ends_of(const struct yg_packet *p, struct yg_ends *out);

/* The ICMP type that `type` answers; else `type`. Pairs as in Community ID. */
uint16_t yg_icmp_question(uint8_t proto, uint16_t type);

/* The type that answers `type`, or that it answers; false: there is none. */
bool yg_icmp_other(uint8_t proto, uint16_t type, uint16_t *other);

/* Addresses, protocol and ports of the packet that an ICMP error quotes; the rest is 0.
 * False: it is no error, or too short to tell. */
bool yg_icmp_quoted(const struct yg_packet *p, struct yg_packet *out);

#endif
