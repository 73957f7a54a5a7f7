/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talk_util - a conversation made by hand, for tests and fuzz targets of the decoders.
 *
 * Pieces are added to either side as segments (or datagrams) with their times; talk_done
 * copies each direction into a block of exactly its size, so that AddressSanitizer sees a
 * read of one byte too many. Free with talk_fini. One thread at a time.
 *
 *     struct talk_util u;
 *     struct yg_talk *t = talk_two(&u, 80, YG_STR("GET / HTTP/1.1"), YG_STR_NONE);
 *     yg_http_parse(t, &u.arena);
 *     talk_fini(&u);
 */
#ifndef YG_TESTS_TALK_UTIL_H
#define YG_TESTS_TALK_UTIL_H

#include "base/arena.h"
#include "base/buf.h"
#include "packet/talk.h"

#include <stdlib.h>

#define TALK_UTIL_START ((int64_t)1700000000 * 1000000000)
#define TALK_UTIL_STEP  ((int64_t)1000000) /* between pieces without a time */

struct talk_util {
    struct yg_arena arena;
    struct yg_talk talk;
    struct yg_buf buf[YG_SIDES];
    struct yg_segment segment[YG_SIDES][YG_SEGMENTS_MAX];
    char *exact[YG_SIDES];
    int64_t now;
};

/* An empty conversation: 10.0.0.1:40000 (client) to 192.0.2.80:`port`. */
static inline void talk_init(struct talk_util *u, uint8_t proto, uint16_t port)
{
    memset(u, 0, sizeof(*u));
    yg_arena_init(&u->arena, (size_t)64 << 20);
    for (int i = 0; i < YG_SIDES; i++)
        yg_buf_init(&u->buf[i], (size_t)64 << 20);
    static const unsigned char ends[2][4] = { { 10, 0, 0, 1 }, { 192, 0, 2, 80 } };
    memset(u->talk.client + YG_IP_SIZE - 6, 0xff, 2);
    memset(u->talk.server + YG_IP_SIZE - 6, 0xff, 2);
    memcpy(u->talk.client + YG_IP_SIZE - 4, ends[0], 4);
    memcpy(u->talk.server + YG_IP_SIZE - 4, ends[1], 4);
    u->talk.client_port = 40000;
    u->talk.server_port = port;
    u->talk.proto = proto;
    u->talk.from_start = true;
    u->now = TALK_UTIL_START;
}

/* One segment or datagram of `n` bytes to YG_TO_SERVER or YG_TO_CLIENT at `time_ns` (0:
 * a millisecond after the one before). Past YG_SEGMENTS_MAX the bytes go on without a
 * segment of their own, as in the tracker. */
static inline void talk_add(struct talk_util *u, int to, const void *p, size_t n,
                            int64_t time_ns)
{
    struct yg_side *s = &u->talk.side[to];

    u->now = time_ns ? time_ns : u->now + TALK_UTIL_STEP;
    if (s->segments < YG_SEGMENTS_MAX)
        u->segment[to][s->segments++] = (struct yg_segment){
            .time_ns = u->now,
            .at = (uint32_t)u->buf[to].n,
            .len = (uint32_t)n,
            .wire = (uint32_t)n,
        };
    yg_buf_add(&u->buf[to], p, n);
    s->packets++;
    s->wire += n + 54;
    s->payload += n;
    s->first_ns = s->first_ns ? s->first_ns : u->now;
    s->last_ns = u->now;
    u->talk.first_ns = u->talk.first_ns ? u->talk.first_ns : u->now;
    u->talk.last_ns = u->now;
    u->talk.accepted |= to == YG_TO_CLIENT;
}

static inline struct yg_talk *talk_done(struct talk_util *u)
{
    for (int i = 0; i < YG_SIDES; i++) {
        struct yg_str s = yg_buf_str(&u->buf[i]);
        free(u->exact[i]);
        u->exact[i] = s.n ? malloc(s.n) : NULL;
        if (u->exact[i])
            memcpy(u->exact[i], s.p, s.n);
        u->talk.side[i].bytes = (struct yg_str){ u->exact[i], u->exact[i] ? s.n : 0 };
        u->talk.side[i].segment = u->segment[i];
    }
    return &u->talk;
}

/* A TCP conversation of one string each way; an empty one: nothing that way. */
static inline struct yg_talk *talk_two(struct talk_util *u, uint16_t port,
                                       struct yg_str ask, struct yg_str answer)
{
    talk_init(u, YG_IP_TCP, port);
    if (ask.n)
        talk_add(u, YG_TO_SERVER, ask.p, ask.n, 0);
    if (answer.n)
        talk_add(u, YG_TO_CLIENT, answer.p, answer.n, 0);
    return talk_done(u);
}

/* A list of pieces: each names its side, its bytes and, if wanted, its time. In static
 * tables: { YG_TO_SERVER, TALK_LIT("bytes\0too"), 0 }. */
#define TALK_LIT(text)                                                                   \
    {                                                                                    \
        "" text, sizeof(text) - 1                                                        \
    }
struct talk_piece {
    int to;
    struct yg_str bytes;
    int64_t time_ns;
};

static inline struct yg_talk *talk_list(struct talk_util *u, uint8_t proto, uint16_t port,
                                        const struct talk_piece *piece, size_t count)
{
    talk_init(u, proto, port);
    for (size_t i = 0; i < count; i++)
        talk_add(u, piece[i].to, piece[i].bytes.p, piece[i].bytes.n, piece[i].time_ns);
    return talk_done(u);
}

/* Pieces out of the bytes of a fuzzer: "\xff>" begins one to the server, "\xff<" one to
 * the client; what stands before the first goes to the server. */
static inline struct yg_talk *talk_fuzz(struct talk_util *u, uint8_t proto, uint16_t port,
                                        const uint8_t *data, size_t size)
{
    size_t begin = 0;
    int to = YG_TO_SERVER;

    talk_init(u, proto, port);
    for (size_t i = 0; i < size; i++) {
        bool mark =
            data[i] == 0xff && i + 1 < size && (data[i + 1] == '>' || data[i + 1] == '<');
        if (!mark)
            continue;
        if (i > begin)
            talk_add(u, to, data + begin, i - begin, 0);
        to = data[i + 1] == '>' ? YG_TO_SERVER : YG_TO_CLIENT;
        begin = ++i + 1;
    }
    if (size > begin)
        talk_add(u, to, data + begin, size - begin, 0);
    return talk_done(u);
}

static inline void talk_fini(struct talk_util *u)
{
    for (int i = 0; i < YG_SIDES; i++) {
        free(u->exact[i]);
        yg_buf_fini(&u->buf[i]);
    }
    yg_arena_fini(&u->arena);
}

#endif
