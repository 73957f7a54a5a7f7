/* SPDX-License-Identifier: Apache-2.0 */
#include "input/input.h"

#include "input/codec.h"
#include "input/frame.h"
#include "input/stitch.h"

#include <stdlib.h>
#include <string.h>

#define READ_SIZE (256U * 1024U)
#define PEEK_SIZE (64U * 1024U)
/* A record of the greatest length with its line end, and what one read may add. */
#define WINDOW (YG_RECORD_MAX + 2 + READ_SIZE)

/* The bytes between pos and len are decompressed and not yet framed:
 *
 *      win[0]   pos                len      WINDOW
 *      |--taken--|--record--|--...--|--free--|
 */
struct yg_input {
    struct yg_codec *codec;
    struct yg_frame frame;
    struct yg_stitch stitch;
    enum yg_status ended; /* YG_OK while there may be more to read */
    struct yg_err err;    /* why it ended, unless YG_EEND */
    bool reported, framed;
    uint64_t offset; /* of win[pos] in the input */
    uint64_t line;   /* of win[pos], from 1 */
    size_t pos, len;
    char win[WINDOW];
};

enum yg_status yg_input_open(int fd, enum yg_framing framing, struct yg_input **out)
{
    struct yg_input *in = malloc(sizeof(*in));

    if (!in)
        return YG_ENOMEM;
    memset(in, 0, offsetof(struct yg_input, win));
    in->codec = yg_codec_new(fd);
    if (!in->codec) {
        free(in);
        return YG_ENOMEM;
    }
    yg_frame_init(&in->frame, framing);
    in->line = 1;
    *out = in;
    return YG_OK;
}

void yg_input_close(struct yg_input *in)
{
    if (!in)
        return;
    yg_codec_free(in->codec);
    free(in);
}

void yg_input_framing(struct yg_input *in, enum yg_framing framing, char delimiter)
{
    yg_frame_init(&in->frame, framing);
    in->frame.delimiter = delimiter;
}

uint64_t yg_input_bytes(const struct yg_input *in)
{
    return in->offset + (in->len - in->pos);
}

/* Read once more; there must be room. */
static void fill(struct yg_input *in)
{
    size_t got = 0;

    if (in->ended != YG_OK)
        return;
    if (WINDOW - in->len < READ_SIZE) {
        memmove(in->win, in->win + in->pos, in->len - in->pos);
        in->len -= in->pos;
        in->pos = 0;
    }
    size_t room = WINDOW - in->len < READ_SIZE ? WINDOW - in->len : READ_SIZE;
    YG_ASSERT(room > 0);
    in->ended = yg_codec_read(in->codec, in->win + in->len, room, &got, &in->err);
    in->len += got;
}

/* Before the first record is framed. */
static void look_ahead(struct yg_input *in)
{
    while (in->len < PEEK_SIZE && in->ended == YG_OK)
        fill(in);
}

enum yg_status yg_input_peek(struct yg_input *in, struct yg_str *out, struct yg_err *err)
{
    if (!in->framed)
        look_ahead(in);
    size_t n = in->len - in->pos;
    if (n == 0 && in->ended != YG_OK && in->ended != YG_EEND) {
        if (err)
            *err = in->err;
        return in->ended;
    }
    *out = (struct yg_str){ in->win + in->pos, n < PEEK_SIZE ? n : PEEK_SIZE };
    return YG_OK;
}

/* Move on by `n` bytes. */
static void consume(struct yg_input *in, size_t n)
{
    const char *p = in->win + in->pos, *end = p + n;

    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        in->line++;
        p++;
    }
    in->pos += n;
    in->offset += n;
    if (in->pos == in->len)
        in->pos = in->len = 0;
}

/* Leave out what belongs to no record. False: nothing is left. */
static bool skip_gap(struct yg_input *in)
{
    for (;;) {
        if (in->pos == in->len && in->ended == YG_OK)
            fill(in);
        if (in->pos == in->len && in->ended != YG_OK)
            return false;
        size_t gap = yg_frame_gap(&in->frame, in->win + in->pos, in->len - in->pos);
        if (gap == 0 && in->pos < in->len)
            return true;
        consume(in, gap);
    }
}

/* Skip the rest of a record that was cut; returns how many bytes, line end left out. */
static uint64_t skip_rest(struct yg_input *in)
{
    uint64_t size = 0;

    for (;;) {
        size_t n = in->len - in->pos;
        size_t next = yg_frame_skip(&in->frame, in->win + in->pos, n);
        if (next <= n) {
            size += next - (next > 0 && in->win[in->pos + next - 1] == '\n');
            consume(in, next);
            return size;
        }
        size += n;
        consume(in, n);
        if (in->ended != YG_OK)
            return size;
        fill(in);
    }
}

static void add_record(struct yg_batch *b, struct yg_input *in, size_t size,
                       enum yg_reason reason)
{
    bool lines = in->frame.framing == YG_FRAME_LINES;
    struct yg_record *r = &b->record[b->count++];
    struct yg_str raw = { in->win + in->pos,
                          size < YG_RECORD_MAX ? size : YG_RECORD_MAX };

    *r = (struct yg_record){
        .offset = in->offset,
        .full_size = size,
        .line = in->line,
        .reason = (uint16_t)(size > YG_RECORD_MAX ? YG_R_OVERSIZE : reason),
    };
    struct yg_span head = { 0, 0 };
    struct yg_str before =
        lines ? yg_stitch_line(&in->stitch, raw, YG_RECORD_MAX) : YG_STR_NONE;
    bool fits = yg_batch_add(b, before, &head) && yg_batch_add(b, raw, &r->raw);
    r->raw = (struct yg_span){ head.off, head.len + r->raw.len };
    YG_ASSERT(fits); /* an empty batch has room for YG_BATCH_RAW and one record */
}

/* Frame one record into the batch. False: nothing is left. */
static bool take(struct yg_input *in, struct yg_batch *b)
{
    struct yg_piece piece;

    if (!skip_gap(in))
        return false;
    for (;;) {
        size_t n = in->len - in->pos;
        if (yg_frame_find(&in->frame, in->win + in->pos, n, in->ended != YG_OK, &piece))
            break;
        if (n > YG_RECORD_MAX + 1) {
            if (yg_frame_give_up(&in->frame, n, &piece))
                break;
            /* skip_rest goes on where the framer stopped looking */
            add_record(b, in, n, YG_R_OVERSIZE);
            struct yg_record *r = &b->record[b->count - 1];
            consume(in, n);
            r->full_size = n + skip_rest(in);
            yg_frame_taken(&in->frame, n);
            return true;
        }
        fill(in);
    }
    bool broken = in->ended != YG_OK && in->ended != YG_EEND && !in->frame.documents &&
                  in->pos + piece.next == in->len && piece.next == piece.size;
    add_record(b, in, piece.size, broken ? YG_R_TRUNCATED : piece.reason);
    consume(in, piece.next);
    yg_frame_taken(&in->frame, piece.next);
    return true;
}

enum yg_status yg_input_frame(struct yg_input *in, struct yg_batch *b, struct yg_err *err)
{
    if (!in->framed) {
        look_ahead(in);
        yg_frame_identify(&in->frame, (struct yg_str){ in->win, in->len });
        in->framed = true;
    }
    while (b->count < YG_BATCH_MAX && b->text_used < YG_BATCH_RAW && take(in, b))
        ;
    if (skip_gap(in))
        return YG_OK;
    b->last = 1;
    if (in->ended != YG_EEND && !in->reported) {
        in->reported = true;
        if (err)
            *err = in->err;
        return in->ended;
    }
    return b->count ? YG_OK : YG_EEND;
}
