/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets to conversations to exchanges. The first byte chooses:
 *
 *      0  raw frames: u8 link type, then u16 length, u8 cut bytes, u8 milliseconds, bytes
 *      1  TCP between two ends: u8 flags, u8 who and port, i8 of seq, i8 of ack, u8
 *         length, u8 cut bytes, bytes; sequence numbers are near the real ones, so that
 *         every way of overlap is reached
 *
 * Caps are small. What comes out must hold together.
 */
#include "base/cursor.h"
#include "packet/app.h"
#include "packet/track.h"

#include "../tests/unit/frame_util.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STREAM 4096U

static void check_side(const struct yg_side *s)
{
    size_t end = 0;

    if (s->bytes.n > STREAM || s->segments > YG_SEGMENTS_MAX)
        abort();
    for (uint32_t i = 0; i < s->segments; i++) {
        if (s->segment[i].at != end || s->segment[i].len > s->segment[i].wire)
            abort();
        end += s->segment[i].len;
    }
    if (end > s->bytes.n || (s->segments < YG_SEGMENTS_MAX && end != s->bytes.n))
        abort();
}

static void check(struct yg_talk *k)
{
    struct yg_arena arena;

    check_side(&k->side[0]);
    check_side(&k->side[1]);
    yg_arena_init(&arena, (size_t)64 << 20);
    yg_app_parse(k, &arena);
    yg_arena_fini(&arena);
}

static void give(struct yg_track *t, uint32_t link, int64_t now, struct yg_str frame,
                 size_t cut)
{
    /* A block of its size: a read behind it is seen. */
    size_t n = cut < frame.n ? frame.n - cut : 0;
    char *exact = malloc(n + 1);
    struct yg_talk *k;

    if (!exact)
        abort();
    memcpy(exact + 1, frame.p, n);
    yg_track_frame(t, link, now, (struct yg_str){ exact + 1, n }, (uint32_t)frame.n);
    free(exact);
    while ((k = yg_track_next(t, false)))
        check(k);
}

static void raw_frames(struct yg_track *t, struct yg_cursor *c)
{
    uint32_t link = yg_cursor_u8(c);
    int64_t now = 0;

    while (yg_cursor_left(c) >= 4) {
        size_t n = yg_cursor_le16(c), cut = yg_cursor_u8(c);
        now += yg_cursor_u8(c) * INT64_C(1000000);
        if (n > yg_cursor_left(c))
            n = yg_cursor_left(c);
        give(t, link, now, yg_cursor_take(c, n), cut);
    }
}

static void segments(struct yg_track *t, struct yg_cursor *c)
{
    uint32_t next[2] = { 0xfffffff0, 5000 };
    struct frame_util f;
    int64_t now = 0;

    while (yg_cursor_left(c) >= 6) {
        uint8_t flags = yg_cursor_u8(c), who = yg_cursor_u8(c);
        int8_t of_seq = (int8_t)yg_cursor_u8(c), of_ack = (int8_t)yg_cursor_u8(c);
        size_t n = yg_cursor_u8(c), cut = yg_cursor_u8(c);
        bool back = who & 1;
        if (n > yg_cursor_left(c))
            n = yg_cursor_left(c);
        struct frame_tcp tcp = {
            .back = back,
            .client_port = (uint16_t)(40000 + (who >> 6)),
            .server_port = 80,
            .flags = flags,
            .seq = (uint32_t)((int64_t)next[back] + of_seq),
            .ack = (uint32_t)((int64_t)next[!back] + of_ack),
            .data = yg_cursor_take(c, n),
        };
        if (who & 2)
            next[back] += (uint32_t)n;
        give(t, FRAME_LINK, ++now, frame_tcp(&f, &tcp), cut);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct yg_track_limits limits = {
        .talks = 3, .stream = STREAM, .memory = 32768, .idle_ns = INT64_C(100000000)
    };
    struct yg_cursor c = yg_cursor_of(data, size);
    struct yg_track *t;
    struct yg_talk *k;
    uint32_t n;

    if (yg_track_new(&limits, &t) != YG_OK)
        abort();
    if (yg_cursor_u8(&c) & 1)
        segments(t, &c);
    else
        raw_frames(t, &c);
    struct yg_talk **all = yg_track_all(t, &n);
    for (uint32_t i = 0; i < n; i++)
        check(all[i]);
    while ((k = yg_track_next(t, true)))
        check(k);
    yg_track_clear(t);
    if (yg_track_next(t, true))
        abort();
    yg_track_free(t);
    return 0;
}
