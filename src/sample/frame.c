/* SPDX-License-Identifier: Apache-2.0 */
#include "sample/frame.h"

#include <string.h>

#define CUT 1400U

static void be16(unsigned char *p, unsigned v)
{
    p[0] = (unsigned char)(v >> 8);
    p[1] = (unsigned char)v;
}

static void be32(unsigned char *p, uint32_t v)
{
    be16(p, v >> 16);
    be16(p + 2, v & 0xffff);
}

/* RFC 1071, one's complement sum of big-endian words. */
static uint32_t sum_of(const unsigned char *p, size_t n, uint32_t sum)
{
    for (; n > 1; p += 2, n -= 2)
        sum += (uint32_t)p[0] << 8 | p[1];
    return n ? sum + ((uint32_t)p[0] << 8) : sum;
}

static unsigned fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static void mac(unsigned char *p, uint32_t ip)
{
    p[0] = 0x02; /* locally administered */
    p[1] = 0x59;
    be32(p + 2, (ip * 2654435761U) ^ ip);
}

static void tcp_header(unsigned char *t, const struct yg_sample_frame *f)
{
    be16(t, f->sport);
    be16(t + 2, f->dport);
    be32(t + 4, f->seq);
    be32(t + 8, f->syn ? 0 : f->ack);
    t[12] = 0x50;
    t[13] = f->syn ? 0x02 : 0x18;
    be16(t + 14, f->syn ? 1024 : 501);
}

void yg_sample_frame_put(struct yg_buf *out, const struct yg_sample_frame *f,
                         struct yg_str payload)
{
    size_t n = f->syn ? 0 : payload.n > CUT ? CUT : payload.n;
    size_t head = f->udp ? 8 : 20, total = 20 + head + n;
    unsigned char *e = yg_buf_reserve(out, 14 + total), *ip, *t;

    if (!e)
        return;
    memset(e, 0, 14 + 20 + head);
    mac(e, f->dst);
    mac(e + 6, f->src);
    be16(e + 12, 0x0800);
    ip = e + 14;
    ip[0] = 0x45;
    be16(ip + 2, (unsigned)total);
    be16(ip + 4, f->seq >> 7 & 0xffff);
    be16(ip + 6, 0x4000); /* do not fragment */
    ip[8] = f->ttl;
    ip[9] = f->udp ? 17 : 6;
    be32(ip + 12, f->src);
    be32(ip + 16, f->dst);
    be16(ip + 10, fold(sum_of(ip, 20, 0)));
    t = ip + 20;
    if (n > 0)
        memcpy(t + head, payload.p, n);
    if (f->udp) {
        be16(t, f->sport);
        be16(t + 2, f->dport);
        be16(t + 4, (unsigned)(head + n));
    } else {
        tcp_header(t, f);
    }
    /* pseudo header: addresses, protocol, length (RFC 9293, 3.1; RFC 768) */
    uint32_t sum = sum_of(ip + 12, 8, ip[9] + (uint32_t)(head + n));
    unsigned check = fold(sum_of(t, head + n, sum));
    be16(t + (f->udp ? 6 : 16), f->udp && check == 0 ? 0xffff : check);
}

void yg_sample_dns_put(struct yg_buf *out, uint16_t id, struct yg_str name, uint16_t type)
{
    unsigned char head[12] = { 0, 0, 0x01, 0x00, 0, 1 };
    unsigned char tail[5] = { 0 };

    be16(head, id);
    yg_buf_add(out, head, sizeof(head));
    while (name.p) {
        struct yg_str label = yg_str_cut(&name, '.');
        if (label.n == 0 || label.n > 63)
            continue;
        yg_buf_u8(out, (uint8_t)label.n);
        yg_buf_str_add(out, label);
    }
    be16(tail + 1, type);
    be16(tail + 3, 1);
    yg_buf_add(out, tail, sizeof(tail));
}

static void put_be16(struct yg_buf *out, unsigned v)
{
    unsigned char p[2];

    be16(p, v);
    yg_buf_add(out, p, 2);
}

static void put_random(struct yg_buf *out, struct yg_rng *r, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        yg_buf_u64(out, yg_rng_u64(r));
}

void yg_sample_hello_put(struct yg_buf *out, struct yg_rng *r, struct yg_str name,
                         unsigned family)
{
    static const uint16_t cipher[] = { 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8,
                                       0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035 };
    unsigned ciphers = 4 + family % 9, ext = 9 + (unsigned)name.n + 8 + 6;
    unsigned body = 2 + 32 + 1 + 32 + 2 + 2 * ciphers + 2 + 2 + ext;

    yg_buf_add(out, "\x16\x03\x01", 3);
    put_be16(out, body + 4);
    yg_buf_add(out, "\x01\x00", 2);
    put_be16(out, body);
    yg_buf_add(out, "\x03\x03", 2);
    put_random(out, r, 4);
    yg_buf_u8(out, 32);
    put_random(out, r, 4);
    put_be16(out, 2 * ciphers);
    for (unsigned i = 0; i < ciphers; i++)
        put_be16(out, cipher[(i + family) % YG_ARRAY_LEN(cipher)]);
    yg_buf_add(out, "\x01\x00", 2);
    put_be16(out, ext);
    put_be16(out, 0); /* server_name, RFC 6066 */
    put_be16(out, (unsigned)name.n + 5);
    put_be16(out, (unsigned)name.n + 3);
    yg_buf_u8(out, 0);
    put_be16(out, (unsigned)name.n);
    yg_buf_str_add(out, name);
    yg_buf_add(out, "\x00\x0a\x00\x04\x00\x02\x00\x1d", 8); /* groups: x25519 */
    yg_buf_add(out, "\x00\x0b\x00\x02\x01\x00", 6);         /* point formats */
}

void yg_sample_server_hello_put(struct yg_buf *out, struct yg_rng *r)
{
    yg_buf_add(out, "\x16\x03\x03\x00\x4a\x02\x00\x00\x46\x03\x03", 11);
    put_random(out, r, 4);
    yg_buf_u8(out, 32);
    put_random(out, r, 4);
    yg_buf_add(out, "\xc0\x2f\x00", 3);
}
