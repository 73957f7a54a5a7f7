/* SPDX-License-Identifier: Apache-2.0 */
#include "input/codec.h"

#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define CHUNK         (64U * 1024U)
#define ZSTD_MAX_LOG2 27 /* 128 MiB of window: what zstd reads without being told to */

enum kind { KIND_UNKNOWN, KIND_PLAIN, KIND_GZIP, KIND_XZ, KIND_ZSTD };

struct yg_codec {
    int fd; /* -1: `bytes` are read */
    struct yg_str bytes;
    enum kind kind;
    bool eof;    /* of the descriptor */
    bool open;   /* a library's state is in use */
    bool inside; /* a member has begun and not ended */
    z_stream gzip;
    lzma_stream xz;
    ZSTD_DStream *zstd;
    size_t pos, len;         /* of in[], read so far but not used */
    unsigned char in[CHUNK]; /* as it came from the descriptor */
};

struct yg_codec *yg_codec_new(int fd)
{
    struct yg_codec *c = calloc(1, sizeof(*c));

    if (c)
        c->fd = fd;
    return c;
}

struct yg_codec *yg_codec_new_bytes(struct yg_str bytes)
{
    struct yg_codec *c = yg_codec_new(-1);

    if (c)
        c->bytes = bytes;
    return c;
}

void yg_codec_free(struct yg_codec *c)
{
    if (!c)
        return;
    if (c->open && c->kind == KIND_GZIP)
        (void)inflateEnd(&c->gzip);
    if (c->open && c->kind == KIND_XZ)
        lzma_end(&c->xz);
    ZSTD_freeDStream(c->zstd);
    free(c);
}

static enum yg_status damaged(struct yg_err *err, const char *what)
{
    return yg_err_set(err, YG_EFORMAT,
                      "the %s data is damaged; what came before it was read, fetch the "
                      "file again for the rest",
                      what);
}

static enum yg_status cut_short(struct yg_err *err, const char *what)
{
    return yg_err_set(err, YG_EFORMAT,
                      "the %s data ends too early; what is there was read, fetch the "
                      "file again for the rest",
                      what);
}

static enum yg_status too_big(struct yg_err *err, const char *what)
{
    return yg_err_set(err, YG_ELIMIT,
                      "the %s data wants more than 128 MiB of memory; compress it with "
                      "a smaller window",
                      what);
}

/* Read more input behind what is left of it. *got = 0: the descriptor has ended. */
static enum yg_status read_fd(struct yg_codec *c, void *out, size_t room, size_t *got,
                              struct yg_err *err)
{
    ssize_t n;

    if (c->fd < 0) {
        *got = c->bytes.n < room ? c->bytes.n : room;
        if (*got > 0)
            memcpy(out, c->bytes.p, *got);
        c->bytes.p += *got;
        c->bytes.n -= *got;
        c->eof = *got == 0;
        return YG_OK;
    }
    do
        n = read(c->fd, out, room);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return yg_err_errno(err, "cannot read the input");
    c->eof = n == 0;
    *got = (size_t)n;
    return YG_OK;
}

static enum yg_status refill(struct yg_codec *c, struct yg_err *err)
{
    size_t got = 0;

    if (c->pos < c->len || c->eof)
        return YG_OK;
    c->pos = c->len = 0;
    enum yg_status st = read_fd(c, c->in, CHUNK, &got, err);
    c->len = got;
    return st;
}

static enum yg_status open_gzip(struct yg_codec *c)
{
    c->open = inflateInit2(&c->gzip, 15 + 16) == Z_OK; /* gzip wrapper only */
    return c->open ? YG_OK : YG_ENOMEM;
}

static enum yg_status open_xz(struct yg_codec *c)
{
    c->xz = (lzma_stream)LZMA_STREAM_INIT;
    c->open = lzma_stream_decoder(&c->xz, YG_CODEC_MEMORY, LZMA_CONCATENATED) == LZMA_OK;
    return c->open ? YG_OK : YG_ENOMEM;
}

static enum yg_status open_zstd(struct yg_codec *c)
{
    c->zstd = ZSTD_createDStream();
    c->open = c->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(
                             c->zstd, ZSTD_d_windowLogMax, ZSTD_MAX_LOG2));
    return c->open ? YG_OK : YG_ENOMEM;
}

/* Know the format by its first bytes, of which a pipe may deliver one at a time. */
static enum yg_status identify(struct yg_codec *c, struct yg_err *err)
{
    static const unsigned char gzip[] = { 0x1f, 0x8b };
    static const unsigned char xz[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
    static const unsigned char zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
    static const unsigned char skip[] = { 0x2a, 0x4d, 0x18 }; /* a frame to skip */
    enum yg_status st = YG_OK;
    size_t got;

    while (c->len < sizeof(xz) && !c->eof) {
        st = read_fd(c, c->in + c->len, CHUNK - c->len, &got, err);
        if (st != YG_OK)
            return st;
        c->len += got;
    }
    if (c->len >= sizeof(gzip) && memcmp(c->in, gzip, sizeof(gzip)) == 0)
        c->kind = KIND_GZIP, st = open_gzip(c);
    else if (c->len >= sizeof(xz) && memcmp(c->in, xz, sizeof(xz)) == 0)
        c->kind = KIND_XZ, st = open_xz(c);
    else if (c->len >= sizeof(zstd) &&
             (memcmp(c->in, zstd, sizeof(zstd)) == 0 ||
              ((c->in[0] & 0xf0) == 0x50 && memcmp(c->in + 1, skip, sizeof(skip)) == 0)))
        c->kind = KIND_ZSTD, st = open_zstd(c);
    else
        c->kind = KIND_PLAIN;
    if (st != YG_OK)
        c->kind = KIND_UNKNOWN;
    return st == YG_OK ? YG_OK : yg_err_set(err, st, "no memory to decompress the input");
}

static enum yg_status read_plain(struct yg_codec *c, void *out, size_t room, size_t *got,
                                 struct yg_err *err)
{
    if (c->pos < c->len) {
        *got = c->len - c->pos < room ? c->len - c->pos : room;
        memcpy(out, c->in + c->pos, *got);
        c->pos += *got;
        return YG_OK;
    }
    enum yg_status st = c->eof ? YG_EEND : read_fd(c, out, room, got, err);
    return st == YG_OK && *got == 0 ? YG_EEND : st;
}

/* Between members. gzip files on tapes and blocks are padded with zeros, which gzip
 * itself ignores; anything else must be another member. */
static enum yg_status next_gzip(struct yg_codec *c, struct yg_err *err)
{
    while (!c->inside) {
        enum yg_status st = refill(c, err);
        if (st != YG_OK)
            return st;
        if (c->pos == c->len)
            return YG_EEND;
        if (c->in[c->pos] == 0x1f)
            c->inside = true;
        else if (c->in[c->pos++] != 0)
            return damaged(err, "gzip");
    }
    return YG_OK;
}

static enum yg_status read_gzip(struct yg_codec *c, void *out, size_t room, size_t *got,
                                struct yg_err *err)
{
    c->gzip.next_out = out;
    c->gzip.avail_out = (uInt)room;
    while (c->gzip.avail_out == room) {
        enum yg_status st = next_gzip(c, err);
        if (st == YG_OK)
            st = refill(c, err);
        if (st != YG_OK)
            return st;
        if (c->pos == c->len)
            return cut_short(err, "gzip");
        c->gzip.next_in = c->in + c->pos;
        c->gzip.avail_in = (uInt)(c->len - c->pos);
        int z = inflate(&c->gzip, Z_NO_FLUSH);
        c->pos = c->len - c->gzip.avail_in;
        if (z == Z_STREAM_END) {
            c->inside = false;
            (void)inflateReset(&c->gzip);
        } else if (z != Z_OK && z != Z_BUF_ERROR) {
            *got = room - c->gzip.avail_out; /* what was undone before the damage */
            return z == Z_MEM_ERROR ? yg_err_set(err, YG_ENOMEM, "no memory for gzip")
                                    : damaged(err, "gzip");
        }
    }
    *got = room - c->gzip.avail_out;
    return YG_OK;
}

static enum yg_status read_xz(struct yg_codec *c, void *out, size_t room, size_t *got,
                              struct yg_err *err)
{
    c->xz.next_out = out;
    c->xz.avail_out = room;
    while (c->xz.avail_out == room) {
        enum yg_status st = refill(c, err);
        if (st != YG_OK)
            return st;
        c->xz.next_in = c->in + c->pos;
        c->xz.avail_in = c->len - c->pos;
        lzma_ret r = lzma_code(&c->xz, c->eof ? LZMA_FINISH : LZMA_RUN);
        c->pos = c->len - c->xz.avail_in;
        *got = room - c->xz.avail_out;
        if (r == LZMA_OK)
            continue;
        if (r == LZMA_STREAM_END)
            return *got ? YG_OK : YG_EEND;
        return r == LZMA_MEMLIMIT_ERROR ? too_big(err, "xz")
               : r == LZMA_MEM_ERROR    ? yg_err_set(err, YG_ENOMEM, "no memory for xz")
               : r == LZMA_BUF_ERROR    ? cut_short(err, "xz")
                                        : damaged(err, "xz");
    }
    *got = room - c->xz.avail_out;
    return YG_OK;
}

static enum yg_status read_zstd(struct yg_codec *c, void *out, size_t room, size_t *got,
                                struct yg_err *err)
{
    ZSTD_outBuffer o = { out, room, 0 };

    while (o.pos == 0) {
        enum yg_status st = refill(c, err);
        if (st != YG_OK)
            return st;
        /* At the end of the input the library may still hold bytes to give. */
        ZSTD_inBuffer i = { c->in, c->len, c->pos };
        size_t before = o.pos, r;
        if (c->pos == c->len && !c->inside)
            return YG_EEND;
        r = ZSTD_decompressStream(c->zstd, &o, &i);
        bool moved = i.pos > c->pos || o.pos > before;
        c->pos = i.pos;
        *got = o.pos;
        if (ZSTD_isError(r))
            return ZSTD_getErrorCode(r) == ZSTD_error_frameParameter_windowTooLarge
                       ? too_big(err, "zstd")
                       : damaged(err, "zstd");
        c->inside = r != 0;
        if (!moved && c->eof)
            return cut_short(err, "zstd");
    }
    *got = o.pos;
    return YG_OK;
}

enum yg_status yg_codec_read(struct yg_codec *c, void *out, size_t room, size_t *got,
                             struct yg_err *err)
{
    *got = 0;
    if (c->kind == KIND_UNKNOWN) {
        enum yg_status st = identify(c, err);
        if (st != YG_OK)
            return st;
    }
    switch (c->kind) {
    case KIND_GZIP:
        return read_gzip(c, out, room, got, err);
    case KIND_XZ:
        return read_xz(c, out, room, got, err);
    case KIND_ZSTD:
        return read_zstd(c, out, room, got, err);
    case KIND_PLAIN:
    case KIND_UNKNOWN:
        break;
    }
    return read_plain(c, out, room, got, err);
}
