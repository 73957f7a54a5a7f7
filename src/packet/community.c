/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/community.h"

#include "base/hash.h"
#include "packet/ends.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>

/* ICMP has no ports: the type takes the place of one and the type of its answer that of
 * the other, so that question and answer are one flow. A message without an answer has
 * its code there, and a direction.
 * The ports as the specification wants them. False: the flow has one direction only. */
static bool ports(const struct yg_tuple *t, uint16_t *src, uint16_t *dst)
{
    *src = t->src_port;
    *dst = t->dst_port;
    if (t->proto == YG_IP_ICMP || t->proto == YG_IP_ICMP6)
        return yg_icmp_other(t->proto, *src, dst);
    return true;
}

static bool has_ports(uint8_t proto)
{
    return proto == YG_IP_TCP || proto == YG_IP_UDP || proto == YG_IP_SCTP ||
           proto == YG_IP_ICMP || proto == YG_IP_ICMP6;
}

static void put16(struct sha1_ctx *c, uint16_t v)
{
    const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

    sha1_update(c, sizeof(b), b);
}

void yg_community_id(const struct yg_tuple *t, uint16_t seed, char out[YG_COMMUNITY_MAX])
{
    /* IPv4 addresses go in as four bytes */
    size_t skip = yg_ip_is_v4(t->src) && yg_ip_is_v4(t->dst) ? 12 : 0;
    const unsigned char *src = t->src, *dst = t->dst;
    const uint8_t proto[2] = { t->proto, 0 };
    uint8_t digest[SHA1_DIGEST_SIZE];
    struct sha1_ctx c;
    uint16_t a, b;

    bool both = ports(t, &a, &b);
    int order = memcmp(src, dst, YG_IP_SIZE);
    if (both && (order > 0 || (order == 0 && a > b))) {
        const unsigned char *p = src;
        uint16_t port = a;
        src = dst;
        dst = p;
        a = b;
        b = port;
    }
    sha1_init(&c);
    put16(&c, seed);
    sha1_update(&c, YG_IP_SIZE - skip, src + skip);
    sha1_update(&c, YG_IP_SIZE - skip, dst + skip);
    sha1_update(&c, sizeof(proto), proto);
    if (has_ports(t->proto)) {
        put16(&c, a);
        put16(&c, b);
    }
    sha1_digest(&c, sizeof(digest), digest);
    out[0] = '1';
    out[1] = ':';
    base64_encode_raw(out + 2, sizeof(digest), digest);
    out[2 + BASE64_ENCODE_RAW_LENGTH(sizeof(digest))] = '\0';
}

static uint64_t load64(const unsigned char *p)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << 8 * i;
    return v;
}

static uint64_t end_hash(const unsigned char ip[YG_IP_SIZE], uint16_t port)
{
    return yg_hash_pair(load64(ip) + port * 0xd6e8feb86659fd93ULL, load64(ip + 8));
}

uint64_t yg_tuple_hash(const struct yg_tuple *t)
{
    uint16_t a, b;
    bool both = ports(t, &a, &b);
    uint64_t x = end_hash(t->src, a), y = end_hash(t->dst, b);

    if (both && x > y) {
        uint64_t z = x;
        x = y;
        y = z;
    }
    return yg_hash_pair(yg_hash_pair(x, y), t->proto);
}
