/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a file: however it comes in pieces, records of several lines end where
 * they do when it is whole, and none is longer than allowed; each record, with the lines
 * before it, is one for the decoder of logs.
 */
#include "decode_target.h"

#include "input/stitch.h"

#define MAX 4096

/* Where the record at the front ends when its bytes come one by one. */
static size_t in_pieces(struct yg_str s, size_t first)
{
    size_t scan = 0, end = YG_STITCH_MORE;

    for (size_t n = first; n <= s.n && end == YG_STITCH_MORE; n++)
        end = yg_stitch_end((struct yg_str){ s.p, n }, &scan, MAX, false);
    return end;
}

static void decode(struct decode_target *t, struct yg_str head, struct yg_str raw)
{
    struct yg_batch *b = t->batch;
    struct yg_span front;

    yg_batch_clear(b, 1, 0);
    b->record[0] = (struct yg_record){ .full_size = raw.n };
    if (!yg_batch_add(b, head, &front) || !yg_batch_add(b, raw, &b->record[0].raw))
        abort();
    b->record[0].raw = (struct yg_span){ front.off, front.len + b->record[0].raw.len };
    b->count = 1;
    yg_decode_batch(t->decode, b);
    if (yg_batch_check(b) != YG_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decode_target target;
    struct yg_stitch stitch = { .n = 0 };
    struct yg_str rest = { (const char *)data, size < MAX ? size : MAX };

    if (!target.decode)
        target_make(&target, "log", NULL, YG_STR_NONE);
    for (int records = 0; rest.n > 0 && records < 64; records++) {
        const char *lf = memchr(rest.p, '\n', rest.n);
        size_t line = lf ? (size_t)(lf - rest.p) + 1 : rest.n, scan = 0;
        size_t end = yg_stitch_end(rest, &scan, MAX, false);
        if (lf && end != in_pieces(rest, line))
            abort();
        if (end == YG_STITCH_MORE)
            scan = 0, end = yg_stitch_end(rest, &scan, MAX, true);
        if (end > rest.n || (end > 0 && end < line))
            abort();
        end = end ? end : line;
        struct yg_str raw = { rest.p, end - (rest.p[end - 1] == '\n') };
        decode(&target, yg_stitch_line(&stitch, raw, MAX), raw);
        rest = (struct yg_str){ rest.p + end, rest.n - end };
    }
    return 0;
}
