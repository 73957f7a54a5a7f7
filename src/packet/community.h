/* SPDX-License-Identifier: Apache-2.0 */
/*
 * community - Community ID v1 of a flow (the corelight/community-id-spec text):
 * "1:" + base64(SHA-1(seed, addresses, protocol, 0, ports)), ends in a fixed order, ICMP
 * type and code mapped to the type of the answer. About 0.5 us. Pure.
 */
#ifndef YG_PACKET_COMMUNITY_H
#define YG_PACKET_COMMUNITY_H

#include "packet/packet.h"

#define YG_COMMUNITY_MAX 32 /* with NUL */

/* The two ends of a flow; ICMP: type and code as ports. Order does not matter. */
struct yg_tuple {
    unsigned char src[YG_IP_SIZE], dst[YG_IP_SIZE];
    uint16_t src_port, dst_port;
    uint8_t proto;
};

void yg_community_id(const struct yg_tuple *t, uint16_t seed, char out[YG_COMMUNITY_MAX]);

/* A hash that is equal for both directions of a flow (ICMP echo and reply, too), and on
 * every machine. Never 0. A few ns and no key: who picks addresses can make collisions,
 * so tables that use it must be bounded and compare the ends. */
uint64_t yg_tuple_hash(const struct yg_tuple *t);

#endif
