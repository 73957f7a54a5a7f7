/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys - under what the packet index finds things: 64-bit hashes, never 0.
 *
 * Rows hold no address: a flow, a host, a pair of hosts and a host that looks names up
 * are each one number. A chance collision mixes a stranger's packets in, which is seen
 * when they are taken apart. Pure.
 */
#ifndef YG_SPOOL_KEYS_H
#define YG_SPOOL_KEYS_H

#include "base/hash.h"
#include "packet/community.h"

static inline uint64_t yg_key_flow(const struct yg_tuple *t)
{
    return yg_tuple_hash(t);
}

/* Fragments tell no ports: those of two ends are one flow. */
static inline uint64_t yg_key_fragments(const struct yg_tuple *t)
{
    struct yg_tuple bare = *t;

    bare.src_port = bare.dst_port = 0;
    return yg_hash_pair(yg_tuple_hash(&bare), 1);
}

static inline uint64_t yg_key_host(const unsigned char ip[YG_IP_SIZE])
{
    return yg_hash_str(0x686f7374, (struct yg_str){ (const char *)ip, YG_IP_SIZE });
}

static inline uint64_t yg_key_names(const unsigned char ip[YG_IP_SIZE])
{
    return yg_hash_pair(yg_key_host(ip), 53);
}

static inline uint64_t yg_key_pair(const unsigned char a[YG_IP_SIZE],
                                   const unsigned char b[YG_IP_SIZE])
{
    uint64_t x = yg_key_host(a), y = yg_key_host(b);

    return x < y ? yg_hash_pair(x, y) : yg_hash_pair(y, x);
}

#endif
