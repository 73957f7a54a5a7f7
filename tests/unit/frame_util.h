/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame_util - raw IPv4 frames made by hand, for tests of what reads packets.
 *
 * Link type 101. Checksums are left out: nothing here looks at them. Client is 10.0.0.1,
 * server 192.0.2.80. The frame is static inside `struct frame_util`; one thread.
 */
#ifndef YG_TESTS_FRAME_UTIL_H
#define YG_TESTS_FRAME_UTIL_H

#include "packet/packet.h"

#define FRAME_LINK 101U

struct frame_util {
    unsigned char b[2048];
    size_t n;
};

static inline void frame_be(struct frame_util *f, uint64_t v, size_t bytes)
{
    while (bytes-- > 0 && f->n < sizeof(f->b))
        f->b[f->n++] = (unsigned char)(v >> 8 * bytes);
}

static inline void frame_bytes(struct frame_util *f, struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        frame_be(f, (unsigned char)s.p[i], 1);
}

/* The IP header; `n`: bytes behind it. `back`: from the server. */
static inline void frame_ip(struct frame_util *f, uint8_t proto, bool back, size_t n)
{
    static const uint32_t end[2] = { 0x0a000001, 0xc0000250 };

    f->n = 0;
    frame_be(f, 0x4500, 2);
    frame_be(f, (uint32_t)(20 + n), 2);
    frame_be(f, 0, 4);
    frame_be(f, back ? 60 : 120, 1);
    frame_be(f, proto, 1);
    frame_be(f, 0, 2);
    frame_be(f, end[back], 4);
    frame_be(f, end[!back], 4);
}

static inline struct yg_str frame_str(const struct frame_util *f)
{
    return (struct yg_str){ (const char *)f->b, f->n };
}

struct frame_tcp {
    bool back;
    uint16_t client_port, server_port;
    uint8_t flags;
    uint32_t seq, ack;
    struct yg_str data;
};

static inline struct yg_str frame_tcp(struct frame_util *f, const struct frame_tcp *t)
{
    frame_ip(f, YG_IP_TCP, t->back, 20 + t->data.n);
    frame_be(f, t->back ? t->server_port : t->client_port, 2);
    frame_be(f, t->back ? t->client_port : t->server_port, 2);
    frame_be(f, t->seq, 4);
    frame_be(f, t->ack, 4);
    frame_be(f, 0x50, 1);
    frame_be(f, t->flags, 1);
    frame_be(f, 0xffff, 2);
    frame_be(f, 0, 4);
    frame_bytes(f, t->data);
    return frame_str(f);
}

static inline struct yg_str frame_udp(struct frame_util *f, bool back, uint16_t client,
                                      uint16_t server, struct yg_str data)
{
    frame_ip(f, YG_IP_UDP, back, 8 + data.n);
    frame_be(f, back ? server : client, 2);
    frame_be(f, back ? client : server, 2);
    frame_be(f, (uint32_t)(8 + data.n), 2);
    frame_be(f, 0, 2);
    frame_bytes(f, data);
    return frame_str(f);
}

static inline struct yg_str frame_icmp(struct frame_util *f, bool back, uint8_t type,
                                       uint8_t code, struct yg_str data)
{
    frame_ip(f, YG_IP_ICMP, back, 8 + data.n);
    frame_be(f, type, 1);
    frame_be(f, code, 1);
    frame_be(f, 0, 6);
    frame_bytes(f, data);
    return frame_str(f);
}

#endif
