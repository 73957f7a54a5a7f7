/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool_util - captures made by hand in a directory of their own, and a spool over them.
 *
 * Raw IPv4 frames (link type 101) between two ends at a time, written as plain pcap or
 * pcapng of either byte order. Everything made is removed by the fixture.
 */
#ifndef YG_TESTS_SPOOL_UTIL_H
#define YG_TESTS_SPOOL_UTIL_H

#include "packet/capfile.h"
#include "spool/record.h"
#include "spool/spool.h"

/* After the project's headers, in cmocka's order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define S        INT64_C(1000000000)
#define T0       (INT64_C(1700000000) * S)
#define VICTIM   0x0a000001U /* 10.0.0.1, internal */
#define ATTACKER 0xc0000250U /* 192.0.2.80: a documentation prefix counts as internal */
#define OUTSIDE  0x08080808U
#define LINK     101U

/* How a file is written. */
struct style {
    const char *what;
    uint8_t kind; /* enum yg_cap_kind */
    bool big, nano;
};

static const struct style plain = { "pcap, microseconds", YG_CAP_PCAP, false, false };

struct capture {
    struct style style;
    struct yg_buf b;
};

/* A conversation. */
struct ends {
    uint32_t client, server;
    uint16_t client_port, server_port;
    uint8_t proto;
};

static const struct ends attack = { ATTACKER, VICTIM, 40000, 80, YG_IP_TCP };

static inline void put(struct yg_buf *b, bool big, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        yg_buf_u8(b, (uint8_t)(v >> 8 * (big ? bytes - 1 - i : i)));
}

static inline void block(struct capture *c, uint32_t type, const struct yg_buf *body)
{
    size_t n = (body->n + 3) & ~(size_t)3;

    put(&c->b, c->style.big, type, 4);
    put(&c->b, c->style.big, n + 12, 4);
    yg_buf_str_add(&c->b, yg_buf_str(body));
    put(&c->b, false, 0, n - body->n);
    put(&c->b, c->style.big, n + 12, 4);
}

/* A pcapng section. */
static inline void capture_section(struct capture *c)
{
    struct yg_buf body;

    yg_buf_init(&body, 1 << 16);
    put(&body, c->style.big, 0x1a2b3c4d, 4);
    put(&body, c->style.big, 1, 2);
    put(&body, c->style.big, 0, 2);
    put(&body, c->style.big, UINT64_MAX, 8);
    block(c, 0x0a0d0d0a, &body);
    yg_buf_fini(&body);
}

/* A pcapng interface; `resol` as if_tsresol says it, 0: no option. */
static inline void capture_face(struct capture *c, uint16_t link, uint8_t resol,
                                int64_t shift)
{
    struct yg_buf body;

    yg_buf_init(&body, 1 << 16);
    put(&body, c->style.big, link, 2);
    put(&body, c->style.big, 0, 2);
    put(&body, c->style.big, 65535, 4);
    if (resol) {
        put(&body, c->style.big, 9, 2);
        put(&body, c->style.big, 1, 2);
        put(&body, false, resol, 4);
    }
    if (shift) {
        put(&body, c->style.big, 14, 2);
        put(&body, c->style.big, 8, 2);
        put(&body, c->style.big, (uint64_t)shift, 8);
    }
    block(c, 1, &body);
    yg_buf_fini(&body);
}

static inline void capture_begin(struct capture *c, struct style style)
{
    c->style = style;
    yg_buf_init(&c->b, (size_t)64 << 20);
    if (style.kind == YG_CAP_PCAPNG) {
        capture_section(c);
        capture_face(c, LINK, style.nano ? 9 : 0, 0);
        return;
    }
    put(&c->b, style.big, style.nano ? 0xa1b23c4d : 0xa1b2c3d4, 4);
    put(&c->b, style.big, 2, 2);
    put(&c->b, style.big, 4, 2);
    put(&c->b, style.big, 0, 8);
    put(&c->b, style.big, 65535, 4);
    put(&c->b, style.big, LINK, 4);
}

/* A pcapng packet of interface `face` with `ticks`. */
static inline void capture_block(struct capture *c, uint32_t face, uint64_t ticks,
                                 struct yg_str frame)
{
    struct yg_buf body;

    yg_buf_init(&body, 1 << 20);
    put(&body, c->style.big, face, 4);
    put(&body, c->style.big, ticks >> 32, 4);
    put(&body, c->style.big, ticks & 0xffffffff, 4);
    put(&body, c->style.big, frame.n, 4);
    put(&body, c->style.big, frame.n, 4);
    yg_buf_str_add(&body, frame);
    block(c, 6, &body);
    yg_buf_fini(&body);
}

static inline void capture_frame(struct capture *c, int64_t time_ns, struct yg_str frame)
{
    int64_t unit = c->style.nano ? 1 : 1000;

    if (c->style.kind == YG_CAP_PCAPNG) {
        capture_block(c, 0, (uint64_t)(time_ns / unit), frame);
        return;
    }
    put(&c->b, c->style.big, (uint64_t)(time_ns / S), 4);
    put(&c->b, c->style.big, (uint64_t)(time_ns % S / unit), 4);
    put(&c->b, c->style.big, frame.n, 4);
    put(&c->b, c->style.big, frame.n, 4);
    yg_buf_str_add(&c->b, frame);
}

/* One packet of a conversation: `flags` are TCP's, `n` bytes of 'x' behind the head. */
struct packet {
    int64_t time_ns;
    bool back;
    uint8_t flags;
    uint16_t n;
    uint16_t fragment; /* the fragment field of the IP head */
};

static inline void make_frame(struct yg_buf *b, const struct ends *e,
                              const struct packet *p)
{
    bool tcp = e->proto == YG_IP_TCP;
    size_t head = p->fragment ? 0 : tcp ? 20 : 8;

    put(b, true, 0x4500, 2);
    put(b, true, 20 + head + p->n, 2);
    put(b, true, 7, 2);
    put(b, true, p->fragment, 2);
    put(b, true, 64, 1);
    put(b, true, e->proto, 1);
    put(b, true, 0, 2);
    put(b, true, p->back ? e->server : e->client, 4);
    put(b, true, p->back ? e->client : e->server, 4);
    if (!p->fragment) {
        put(b, true, p->back ? e->server_port : e->client_port, 2);
        put(b, true, p->back ? e->client_port : e->server_port, 2);
        if (tcp) {
            put(b, true, 1, 4);
            put(b, true, 1, 4);
            put(b, true, 0x50, 1);
            put(b, true, p->flags, 1);
            put(b, true, 0xffff, 2);
            put(b, true, 0, 4);
        } else {
            put(b, true, 8U + p->n, 2);
            put(b, true, 0, 2);
        }
    }
    for (uint16_t i = 0; i < p->n; i++)
        put(b, true, 'x', 1);
}

static inline void capture_packet(struct capture *c, const struct ends *e,
                                  struct packet p)
{
    struct yg_buf frame;

    yg_buf_init(&frame, 1 << 20);
    make_frame(&frame, e, &p);
    capture_frame(c, p.time_ns, yg_buf_str(&frame));
    yg_buf_fini(&frame);
}

/* SYN, its answer, and `n` packets of 100 bytes in turns, 10 ms apart: n + 2 packets. */
static inline void capture_talk(struct capture *c, const struct ends *e, int64_t at,
                                unsigned n)
{
    const int64_t step = S / 100;

    if (e->proto == YG_IP_TCP) {
        capture_packet(c, e, (struct packet){ .time_ns = at, .flags = YG_TCP_SYN });
        capture_packet(c, e,
                       (struct packet){ .time_ns = at + step,
                                        .back = true,
                                        .flags = YG_TCP_SYN | YG_TCP_ACK });
    }
    for (unsigned i = 0; i < n; i++)
        capture_packet(c, e,
                       (struct packet){ .time_ns = at + step * (i + 2),
                                        .back = i % 2,
                                        .flags = YG_TCP_ACK,
                                        .n = 100 });
}

struct fixture {
    char dir[64], spool[80], cache[80];
    struct yg_spool *s;
    struct yg_err err;
    struct yg_buf out;
};

#define assert_ok(f, call)                                                               \
    do {                                                                                 \
        enum yg_status st_ = (call);                                                     \
        if (st_ != YG_OK)                                                                \
            fail_msg("%s: %s: %s", #call, yg_status_name(st_), (f)->err.msg);            \
    } while (0)

static inline void fixture_open(struct fixture *f)
{
    const char *path = f->spool;

    yg_spool_free(f->s);
    f->s = NULL;
    assert_ok(f, yg_spool_open(f->cache, &path, 1, &f->s, &f->err));
}

static inline void fixture_begin(struct fixture *f)
{
    *f = (struct fixture){ .dir = "/tmp/yagura-spool-XXXXXX" };
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->spool, sizeof(f->spool), "%s/in", f->dir);
    snprintf(f->cache, sizeof(f->cache), "%s/cache", f->dir);
    assert_int_equal(mkdir(f->spool, 0700), 0);
    yg_buf_init(&f->out, (size_t)1 << 24);
    fixture_open(f);
}

static inline int fixture_remove(const char *path, const struct stat *st, int kind,
                                 struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void fixture_end(struct fixture *f)
{
    yg_spool_free(f->s);
    yg_buf_fini(&f->out);
    assert_int_equal(nftw(f->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline const char *fixture_path(struct fixture *f, const char *name)
{
    static char path[160];

    snprintf(path, sizeof(path), "%s/%s", f->spool, name);
    return path;
}

static inline void write_bytes(struct fixture *f, const char *name, struct yg_str s,
                               bool append)
{
    int fd = open(fixture_path(f, name),
                  O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, s.p, s.n), (ssize_t)s.n);
    assert_int_equal(close(fd), 0);
}

/* Write the capture and let go of it. */
static inline void capture_end(struct capture *c, struct fixture *f, const char *name)
{
    assert_int_equal(yg_buf_status(&c->b), YG_OK);
    write_bytes(f, name, yg_buf_str(&c->b), false);
    yg_buf_fini(&c->b);
}

static inline struct yg_spool_sums refresh(struct fixture *f)
{
    struct yg_spool_sums sums;

    assert_ok(f, yg_spool_refresh(f->s, &f->err));
    yg_spool_sums_of(f->s, &sums);
    return sums;
}

static inline struct yg_tuple tuple_of(const struct ends *e, bool turned)
{
    struct yg_tuple t = { .proto = e->proto };
    uint32_t ip[2] = { e->client, e->server };

    for (unsigned i = 0; i < 2; i++) {
        unsigned char *out = i == turned ? t.src : t.dst;
        out[10] = out[11] = 0xff;
        for (unsigned j = 0; j < 4; j++)
            out[12 + j] = (unsigned char)(ip[i] >> (24 - 8 * j));
    }
    t.src_port = turned ? e->server_port : e->client_port;
    t.dst_port = turned ? e->client_port : e->server_port;
    return t;
}

/* What was found: packets, and how many of them are of a conversation. */
struct found {
    unsigned packets, of_flow;
    size_t bytes;
    int64_t first_ns, last_ns;
};

static inline struct yg_packet packet_of(const struct yg_frame *f)
{
    struct yg_packet p;

    if (!yg_dissect(f->linktype, f->bytes, f->wire, &p))
        fail_msg("what is not IP was found");
    return p;
}

/* How many packets of `out` belong to `e`. */
static inline struct found count_of(const struct fixture *f, const struct ends *e)
{
    struct yg_tuple want = tuple_of(e, false);
    struct found n = { 0 };
    struct yg_frame frame;
    size_t at = 0;
    int64_t before = 0;

    while (yg_pcap_next(yg_buf_str(&f->out), &at, &frame)) {
        struct yg_packet p = packet_of(&frame);
        struct yg_tuple t = { .proto = p.proto,
                              .src_port = p.src_port,
                              .dst_port = p.dst_port };
        memcpy(t.src, p.src, YG_IP_SIZE);
        memcpy(t.dst, p.dst, YG_IP_SIZE);
        assert_true(frame.time_ns >= before); /* in order of time */
        before = frame.time_ns;
        n.packets++;
        if (yg_tuple_hash(&t) != yg_tuple_hash(&want))
            continue;
        n.bytes += frame.bytes.n;
        if (n.of_flow++ == 0)
            n.first_ns = frame.time_ns;
        n.last_ns = frame.time_ns;
    }
    return n;
}

static inline struct found ask(struct fixture *f, const struct ends *e, bool turned,
                               int64_t at)
{
    struct yg_spool_ask a = { .ends = tuple_of(e, turned), .time_ns = at };

    yg_buf_clear(&f->out);
    assert_ok(f, yg_spool_find(f->s, &a, &f->out, &f->err));
    return count_of(f, e);
}

#endif
