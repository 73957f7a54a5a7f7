/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/peel.h"

#include "packet/peelrun.h"

#include <zlib.h>

#define GZIP_BITS (15 + 16)
#define ZLIB_BITS 15
#define RAW_BITS  (-15)

static unsigned char byte_at(struct yg_str s, size_t i)
{
    return (unsigned char)s.p[i];
}

static bool is_gzip(struct yg_str s)
{
    return s.n >= 18 && byte_at(s, 0) == 0x1f && byte_at(s, 1) == 0x8b &&
           byte_at(s, 2) == 8;
}

/* RFC 1950: method 8 and a header that is a multiple of 31. */
static bool is_zlib(struct yg_str s)
{
    return s.n >= 8 && (byte_at(s, 0) & 0x8f) == 8 &&
           ((unsigned)byte_at(s, 0) << 8 | byte_at(s, 1)) % 31 == 0;
}

/* One member from `*s` on to the end of `out`; Z_STREAM_END when it is whole. */
static int inflate_member(struct yg_str *s, int bits, struct yg_buf *out)
{
    unsigned char part[4096];
    z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)s->p,
                   .avail_in = s->n < UINT32_MAX ? (uInt)s->n : UINT32_MAX };
    int got = inflateInit2(&z, bits);

    if (got != Z_OK)
        return got;
    do {
        z.next_out = part;
        z.avail_out = sizeof(part);
        got = inflate(&z, Z_NO_FLUSH);
        struct yg_str room = yg_buf_str(out);
        size_t n = sizeof(part) - z.avail_out, left = out->cap - room.n;
        yg_buf_add(out, part, n < left ? n : left);
        if (n > left)
            yg_buf_add(out, part, n - left); /* the cap's error sticks */
    } while (got == Z_OK && yg_buf_status(out) == YG_OK);
    s->p += s->n - z.avail_in;
    s->n = z.avail_in;
    (void)inflateEnd(&z);
    return got;
}

bool yg_inflate_into(struct yg_str s, struct yg_buf *out)
{
    bool gzip = is_gzip(s);
    struct yg_str all = s;
    int got;

    if (s.n == 0)
        return false;
    do /* gzip files may be put one behind the other (RFC 1952, 2.2) */
        got = inflate_member(&s,
                             gzip           ? GZIP_BITS
                             : is_zlib(all) ? ZLIB_BITS
                                            : RAW_BITS,
                             out);
    while (got == Z_STREAM_END && gzip && is_gzip(s) && yg_buf_status(out) == YG_OK);
    if (got != Z_STREAM_END && !gzip && is_zlib(all) && yg_buf_str(out).n == 0 &&
        yg_buf_status(out) == YG_OK)
        got = inflate_member(&all, RAW_BITS, out); /* it only looked like a header */
    return got == Z_STREAM_END && yg_buf_status(out) == YG_OK;
}

bool yg_inflate(struct yg_str s, size_t max, struct yg_arena *arena, struct yg_str *out,
                bool *over)
{
    struct yg_buf b;

    yg_buf_init(&b, max);
    bool ok = yg_inflate_into(s, &b);
    *over = yg_buf_status(&b) == YG_ELIMIT;
    *out = yg_buf_str(&b).n ? yg_arena_str(arena, yg_buf_str(&b)) : YG_STR_NONE;
    ok = ok && (out->p || yg_buf_str(&b).n == 0);
    yg_buf_fini(&b);
    return ok;
}

/* Encodings of the whole: gzip, zlib, UTF-16. Which one was taken off; 0: none. */
uint32_t yg_peel_whole(struct yg_str s, struct yg_buf *out)
{
    bool big;

    if (is_gzip(s) || is_zlib(s)) {
        bool ok = yg_inflate_into(s, out);
        if (ok || (is_gzip(s) && yg_buf_str(out).n))
            return YG_PEEL_GZIP;
        yg_buf_clear(out);
        return 0;
    }
    if (!yg_is_utf16(s, &big))
        return 0;
    yg_utf16_add(out, s, big);
    return YG_PEEL_UTF16;
}

struct yg_peeled yg_peel(struct yg_str s, struct yg_arena *arena)
{
    struct yg_peeled r = { .text = s };
    struct yg_str now = s;
    struct yg_buf b[2];
    uint32_t turn = 0;

    yg_buf_init(&b[0], YG_PEEL_MAX);
    yg_buf_init(&b[1], YG_PEEL_MAX);
    if (now.n > YG_PEEL_MAX)
        now.n = YG_PEEL_MAX;
    while (r.layers < YG_PEEL_DEPTH) {
        struct yg_buf *out = &b[turn & 1];
        uint32_t layers = 1;
        yg_buf_clear(out);
        uint32_t what = yg_peel_whole(now, out);
        if (!what)
            what = yg_peel_runs(now, out, &layers);
        if (!what)
            break;
        r.what |= what;
        r.layers += layers;
        now = yg_buf_str(out);
        turn++;
    }
    if (turn) {
        struct yg_str kept = yg_arena_str(arena, now);
        r = kept.p ? r : (struct yg_peeled){ 0 };
        r.text = kept.p ? kept : s;
    }
    yg_buf_fini(&b[0]);
    yg_buf_fini(&b[1]);
    return r;
}
