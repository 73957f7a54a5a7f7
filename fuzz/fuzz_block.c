/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stored blocks. The input is the pieces of a block as a damaged disk might give them:
 *
 *      u16 record count, u16 filter length, u16 ids length, u16 meta length,
 *      u8 0: meta and raw are as stored (zstd), 1: they get compressed first, so that
 *      the columns behind the compression are reached; then the pieces, raw last.
 *
 * What decodes is collected and encoded again and must come out the same.
 */
#include "base/cursor.h"
#include "store/block.h"

#include <stdlib.h>
#include <zstd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct yg_store_record *rec, size_t count)
{
    struct yg_block_writer *w = yg_block_writer_new();
    struct yg_block_reader *r = yg_block_reader_new();
    struct yg_block_open open;
    struct yg_store_record *again;
    struct yg_block b;
    size_t n = 0, got;

    yg_block_open_init(&open);
    if (!w || !r)
        abort();
    while (n < count && yg_block_open_fits(&open, &rec[n]))
        if (yg_block_open_add(&open, &rec[n++]) != YG_OK)
            abort();
    if (n > 0) {
        if (yg_block_encode(w, &open, 1, 1, &b) != YG_OK ||
            yg_block_verify(&b) != YG_OK ||
            yg_block_decode(r, &b, true, &again, &got) != YG_OK || got != n)
            abort();
        for (size_t i = 0; i < n; i++)
            if (again[i].time_ns != rec[i].time_ns || again[i].gates != rec[i].gates ||
                memcmp(again[i].key, rec[i].key, sizeof(rec[i].key)) != 0 ||
                !yg_str_eq(again[i].raw, rec[i].raw))
                abort();
    }
    yg_block_open_fini(&open);
    yg_block_writer_free(w);
    yg_block_reader_free(r);
}

static struct yg_str compressed(struct yg_str in, struct yg_buf *out)
{
    size_t bound = ZSTD_compressBound(in.n);
    char *p = yg_buf_reserve(out, bound);

    if (!p)
        abort();
    size_t n = ZSTD_compress(p, bound, in.p ? in.p : "", in.n, 1);
    if (ZSTD_isError(n))
        abort();
    return (struct yg_str){ p, n };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_cursor c = yg_cursor_of(data, size);
    struct yg_block b = { .head.count = yg_cursor_le16(&c) };
    struct yg_store_record *rec;
    struct yg_buf meta, raw;
    size_t count;

    uint16_t filter = yg_cursor_le16(&c), ids = yg_cursor_le16(&c);
    uint16_t columns = yg_cursor_le16(&c);
    bool compress = yg_cursor_u8(&c) & 1;
    b.filter = yg_cursor_take(&c, filter);
    b.ids = yg_cursor_take(&c, ids);
    b.meta = yg_cursor_take(&c, columns);
    b.raw = yg_cursor_take(&c, yg_cursor_left(&c));
    if (!yg_cursor_ok(&c))
        return 0;
    yg_buf_init(&meta, ZSTD_COMPRESSBOUND(65536));
    yg_buf_init(&raw, (size_t)1 << 24);
    if (compress) {
        b.meta = compressed(b.meta, &meta);
        b.raw = compressed(b.raw, &raw);
    }
    (void)yg_block_may_hold(b.filter, 0x1234567890abcdefULL);
    if (yg_block_verify(&b) == YG_OK)
        abort(); /* the digest is all zero */
    struct yg_block_reader *r = yg_block_reader_new();
    if (!r)
        abort();
    if (yg_block_decode(r, &b, true, &rec, &count) == YG_OK)
        check_again(rec, count);
    yg_block_reader_free(r);
    yg_buf_fini(&meta);
    yg_buf_fini(&raw);
    return 0;
}
