/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header_util - frames for tests, put together from the outside in: each helper appends a
 * header; lengths that a header tells are parameters, so that a test can lie.
 */
#ifndef HEADER_UTIL_H
#define HEADER_UTIL_H

#include "packet/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct frame {
    unsigned char b[70000];
    size_t n;
};

static inline void put8(struct frame *f, unsigned v)
{
    f->b[f->n++] = (unsigned char)v;
}

static inline void put16(struct frame *f, unsigned v)
{
    put8(f, v >> 8 & 255);
    put8(f, v & 255);
}

static inline void put32(struct frame *f, uint32_t v)
{
    put16(f, v >> 16);
    put16(f, v & 0xffff);
}

static inline void put_run(struct frame *f, unsigned byte, size_t n)
{
    memset(f->b + f->n, (int)byte, n);
    f->n += n;
}

static inline void put_text(struct frame *f, const char *s)
{
    memcpy(f->b + f->n, s, strlen(s));
    f->n += strlen(s);
}

static inline void put_ether(struct frame *f, unsigned type)
{
    put_run(f, 2, 12);
    put16(f, type);
}

/* 192.0.2.`src` to 198.51.100.`dst`; `rest` bytes follow; `off`: flags and offset. */
static inline void put_ip4_part(struct frame *f, unsigned proto, size_t rest, unsigned id,
                                unsigned off)
{
    put16(f, 0x4500);
    put16(f, (unsigned)(20 + rest));
    put16(f, id);
    put16(f, off);
    put8(f, 64);
    put8(f, proto);
    put16(f, 0);
    put32(f, 0xc0000201);
    put32(f, 0xc6336402);
}

static inline void put_ip4(struct frame *f, unsigned proto, size_t rest)
{
    put_ip4_part(f, proto, rest, 0x1234, 0x4000);
}

/* 2001:db8::1 to 2001:db8::2 */
static inline void put_ip6(struct frame *f, unsigned next, size_t rest)
{
    put32(f, 0x60000000);
    put16(f, (unsigned)rest);
    put8(f, next);
    put8(f, 63);
    for (unsigned end = 1; end <= 2; end++) {
        put32(f, 0x20010db8);
        put_run(f, 0, 8);
        put32(f, end);
    }
}

static inline void put_fragment6(struct frame *f, unsigned next, unsigned off,
                                 uint32_t id)
{
    put8(f, next);
    put8(f, 0);
    put16(f, off);
    put32(f, id);
}

static inline void put_tcp(struct frame *f, unsigned flags)
{
    put16(f, 40000);
    put16(f, 80);
    put32(f, 0x01020304);
    put32(f, 0x0a0b0c0d);
    put16(f, 0x5000 | flags);
    put16(f, 512);
    put32(f, 0);
}

static inline void put_udp_to(struct frame *f, unsigned port, size_t payload)
{
    put16(f, 5353);
    put16(f, port);
    put16(f, (unsigned)(8 + payload));
    put16(f, 0);
}

static inline struct yg_str frame_str(const struct frame *f)
{
    return (struct yg_str){ (const char *)f->b, f->n };
}

#define A(id)  YG_ANOMALY_BIT(YG_A_##id)
#define TEXT   "hello"
#define TEXT_N 5U

#define DATAGRAM (20 + 8 + TEXT_N)

/* A block that is exactly as long as the frame, so that a sanitizer sees one byte more.
 */
static inline bool dissect(uint32_t link, struct yg_str s, uint32_t wire,
                           struct yg_packet *p)
{
    static unsigned char payload[70000];
    char *copy = malloc(s.n ? s.n : 1);

    assert_non_null(copy);
    memcpy(copy, s.p, s.n);
    memset(p, 0xa5, sizeof(*p));
    p->time_ns = 77;
    bool ip = yg_dissect(link, (struct yg_str){ copy, s.n }, wire, p);
    assert_int_equal(p->time_ns, 77);
    assert_true(p->payload_wire >= p->payload.n);
    assert_true(p->wire >= s.n);
    if (p->payload.n) {
        assert_true(p->payload.p >= copy && p->payload.p + p->payload.n <= copy + s.n);
        memcpy(payload, p->payload.p, p->payload.n);
        p->payload.p = (char *)payload;
    }
    free(copy);
    return ip;
}

/* An IPv4 UDP datagram with TEXT. */
static inline void datagram(struct frame *f)
{
    put_ip4(f, YG_IP_UDP, 8 + TEXT_N);
    put_udp_to(f, 53, TEXT_N);
    put_text(f, TEXT);
}

static inline void datagram6(struct frame *f)
{
    put_ip6(f, YG_IP_UDP, 8 + TEXT_N);
    put_udp_to(f, 53, TEXT_N);
    put_text(f, TEXT);
}

static inline void in_ethernet(struct frame *f)
{
    put_ether(f, 0x0800);
    datagram(f);
}

static inline void padded(struct frame *f)
{
    in_ethernet(f);
    put_run(f, 0, 60 - f->n);
}

static inline void in_pppoe(struct frame *f)
{
    put_ether(f, 0x8864);
    put16(f, 0x1100);
    put16(f, 3);
    put16(f, 2 + DATAGRAM);
    put16(f, 0x21);
    datagram(f);
    put_run(f, 0, 9); /* padding */
}

static inline void ip_in_ip(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, 4, DATAGRAM);
    datagram(f);
}

static inline void tunnels(struct frame *f, size_t n)
{
    put_ether(f, 0x0800);
    for (size_t i = n; i > 0; i--)
        put_ip4(f, 4, (i - 1) * 20 + DATAGRAM);
    datagram(f);
}

static inline void options(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, YG_IP_UDP, 8 + 8 + TEXT_N);
    f->b[14] = 0x47;
    put_run(f, 1, 8);
    put_udp_to(f, 53, TEXT_N);
    put_text(f, TEXT);
}

#endif
