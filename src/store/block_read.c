/* SPDX-License-Identifier: Apache-2.0 */
#include "store/block.h"

#include "base/cursor.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

struct yg_block_reader {
    ZSTD_DCtx *z;
    struct yg_buf plain, raw, packets, facts_plain, facts;
    unsigned char version[YG_FACTCOL_VERSION];
    struct yg_factcol_own own[YG_BLOCK_RECORDS];
    struct yg_factcol_room room;
    struct yg_store_record rec[YG_BLOCK_RECORDS];
    uint64_t key[YG_BLOCK_RECORDS * YG_BLOCK_KEYS + 1]; /* [0]: none */
    uint64_t column[YG_BLOCK_RECORDS];
};

struct yg_block_reader *yg_block_reader_new(void)
{
    struct yg_block_reader *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->z = ZSTD_createDCtx();
    if (!r->z) {
        free(r);
        return NULL;
    }
    yg_buf_init(&r->plain, YG_BLOCK_META_MAX);
    yg_buf_init(&r->raw, YG_STORE_RAW_MAX);
    yg_buf_init(&r->packets, YG_BLOCK_PACKETS);
    yg_buf_init(&r->facts_plain, YG_FACTCOL_MAX + YG_BLOCK_RECORDS / 8);
    yg_buf_init(&r->facts, (YG_BLOCK_RECORDS + 1) * sizeof(struct yg_facts));
    yg_factcol_version(r->version);
    return r;
}

void yg_block_reader_free(struct yg_block_reader *r)
{
    if (!r)
        return;
    ZSTD_freeDCtx(r->z);
    yg_buf_fini(&r->plain);
    yg_buf_fini(&r->raw);
    yg_buf_fini(&r->packets);
    yg_buf_fini(&r->facts_plain);
    yg_buf_fini(&r->facts);
    free(r);
}

static enum yg_status expand(ZSTD_DCtx *z, struct yg_str in, struct yg_buf *out)
{
    unsigned long long size =
        in.n ? ZSTD_getFrameContentSize(in.p, in.n) : ZSTD_CONTENTSIZE_ERROR;

    /* Both error values are larger than any cap. */
    if (size > out->cap)
        return YG_ECORRUPT;
    yg_buf_clear(out);
    char none, *p = size > 0 ? yg_buf_reserve(out, (size_t)size) : &none;
    if (!p)
        return YG_ENOMEM;
    size_t n = ZSTD_decompressDCtx(z, p, (size_t)size, in.p, in.n);
    return ZSTD_isError(n) || n != size ? YG_ECORRUPT : YG_OK;
}

/* `n` values of `width` bytes into r->column; false: not that many bytes are left. */
static bool get_planes(struct yg_block_reader *r, struct yg_cursor *c, size_t n,
                       unsigned width)
{
    struct yg_str s = yg_cursor_take(c, n * width);
    const char *p = s.p;

    memset(r->column, 0, n * sizeof(r->column[0]));
    if (!yg_cursor_ok(c))
        return false;
    for (unsigned byte = 0; byte < width; byte++)
        for (size_t i = 0; i < n; i++)
            r->column[i] |= (uint64_t)(unsigned char)*p++ << (8 * byte);
    return true;
}

static void undo_deltas(uint64_t *v, size_t n)
{
    for (uint64_t last = 0, i = 0; i < n; i++) {
        last += v[i] >> 1 ^ (v[i] & 1 ? UINT64_MAX : 0);
        v[i] = last;
    }
}

#define COLUMN(field, width, type)                                                       \
    do {                                                                                 \
        if (!get_planes(r, &c, n, width))                                                \
            return YG_ECORRUPT;                                                          \
        for (size_t i = 0; i < n; i++)                                                   \
            r->rec[i].field = (type)r->column[i];                                        \
    } while (0)
#define DELTAS(field)                                                                    \
    do {                                                                                 \
        if (!get_planes(r, &c, n, 8))                                                    \
            return YG_ECORRUPT;                                                          \
        undo_deltas(r->column, n);                                                       \
        for (size_t i = 0; i < n; i++)                                                   \
            r->rec[i].field = (int64_t)r->column[i];                                     \
    } while (0)

static enum yg_status get_keys(struct yg_block_reader *r, struct yg_cursor *c, size_t n)
{
    uint32_t keys = yg_cursor_le32(c);

    if (keys > YG_BLOCK_RECORDS * YG_BLOCK_KEYS)
        return YG_ECORRUPT;
    struct yg_str s = yg_cursor_take(c, (size_t)keys * 8);
    if (!yg_cursor_ok(c))
        return YG_ECORRUPT;
    r->key[0] = 0;
    for (size_t i = 0; i < keys; i++) {
        uint64_t v = 0;
        for (unsigned byte = 0; byte < 8; byte++)
            v |= (uint64_t)(unsigned char)s.p[byte * keys + i] << (8 * byte);
        r->key[i + 1] = v;
    }
    for (size_t k = 0; k < YG_BLOCK_KEYS; k++) {
        if (!get_planes(r, c, n, 2))
            return YG_ECORRUPT;
        for (size_t i = 0; i < n; i++) {
            if (r->column[i] > keys)
                return YG_ECORRUPT;
            r->rec[i].key[k] = r->key[r->column[i]];
        }
    }
    return YG_OK;
}

/* The columns in the order that put_columns writes them. */
static enum yg_status get_columns(struct yg_block_reader *r, size_t n)
{
    struct yg_str plain = yg_buf_str(&r->plain);
    struct yg_cursor c = yg_cursor_of(plain.p, plain.n);

    uint8_t version = yg_cursor_u8(&c);
    if (version < 1 || version > YG_BLOCK_META_VERSION || yg_cursor_le32(&c) != n)
        return YG_ECORRUPT;
    DELTAS(time_ns);
    DELTAS(received_ns);
    COLUMN(source, 4, uint32_t);
    COLUMN(kind, 1, uint8_t);
    COLUMN(verdict, 1, uint8_t);
    COLUMN(decision, 1, uint8_t);
    COLUMN(predicted, 1, uint8_t);
    COLUMN(risk, 4, uint32_t);
    COLUMN(gates, 4, uint32_t);
    COLUMN(raw.n, 4, size_t);
    for (size_t i = 0; i < n; i++)
        r->rec[i].packets.n = 0;
    if (version >= 2)
        COLUMN(packets.n, 4, size_t);
    for (size_t i = 0; i < n; i++)
        r->rec[i].rule = 0;
    if (version >= 3)
        COLUMN(rule, 2, uint16_t);
    enum yg_status st = get_keys(r, &c, n);
    if (st != YG_OK)
        return st;
    return yg_cursor_ok(&c) && yg_cursor_left(&c) == 0 ? YG_OK : YG_ECORRUPT;
}

/* Give the records their bytes: together they are exactly the pieces. */
static enum yg_status cut_raw(struct yg_block_reader *r, size_t n, bool raw)
{
    struct yg_str lines = yg_buf_str(&r->raw), packets = yg_buf_str(&r->packets);
    struct yg_cursor c = yg_cursor_of(lines.p ? lines.p : "", lines.n);
    struct yg_cursor k = yg_cursor_of(packets.p ? packets.p : "", packets.n);

    for (size_t i = 0; i < n; i++) {
        struct yg_store_record *x = &r->rec[i];
        x->raw = raw ? yg_cursor_take(&c, x->raw.n) : YG_STR_NONE;
        x->packets =
            raw && x->packets.n > 0 ? yg_cursor_take(&k, x->packets.n) : YG_STR_NONE;
    }
    if (!raw)
        return YG_OK;
    return yg_cursor_ok(&c) && yg_cursor_left(&c) == 0 && yg_cursor_ok(&k) &&
                   yg_cursor_left(&k) == 0
               ? YG_OK
               : YG_ECORRUPT;
}

enum yg_status yg_block_decode(struct yg_block_reader *r, const struct yg_block *b,
                               bool raw, struct yg_store_record **rec, size_t *count)
{
    size_t n = b->head.count;

    if (n == 0 || n > YG_BLOCK_RECORDS || b->ids.n != n * YG_ID_SIZE)
        return YG_ECORRUPT;
    enum yg_status st = expand(r->z, b->meta, &r->plain);
    if (st == YG_OK)
        st = get_columns(r, n);
    if (st == YG_OK && raw)
        st = expand(r->z, b->raw, &r->raw);
    yg_buf_clear(&r->packets);
    if (st == YG_OK && raw && b->packets.n > 0)
        st = expand(r->z, b->packets, &r->packets);
    if (st == YG_OK)
        st = cut_raw(r, n, raw);
    if (st != YG_OK)
        return st;
    for (size_t i = 0; i < n; i++)
        memcpy(r->rec[i].id, b->ids.p + i * YG_ID_SIZE, YG_ID_SIZE);
    for (size_t i = 0; i < n; i++)
        r->rec[i].facts = NULL;
    *rec = r->rec;
    *count = n;
    return YG_OK;
}

struct yg_factcol_own yg_block_own(const struct yg_store_record *r)
{
    return (struct yg_factcol_own){ .time_ns = r->time_ns,
                                    .key = { r->key[0], r->key[1], r->key[2], r->key[3] },
                                    .kind = r->kind,
                                    .verdict = r->verdict };
}

static bool has_facts(struct yg_str has, size_t i)
{
    return (unsigned char)has.p[i / 8] >> i % 8 & 1;
}

static enum yg_status cut_facts(struct yg_block_reader *r, size_t n)
{
    struct yg_str plain = yg_buf_str(&r->facts_plain);
    struct yg_cursor c = yg_cursor_of(plain.p ? plain.p : "", plain.n);
    struct yg_str has = yg_cursor_take(&c, (n + 7) / 8);
    size_t count = 0;

    if (!yg_cursor_ok(&c) || n > YG_BLOCK_RECORDS)
        return YG_ECORRUPT;
    for (size_t i = 0; i < n; i++)
        if (has_facts(has, i))
            r->own[count++] = yg_block_own(&r->rec[i]);
    yg_buf_clear(&r->facts);
    struct yg_facts *row = yg_buf_reserve(&r->facts, (count + 1) * sizeof(*row));
    if (!row)
        return YG_ENOMEM;
    enum yg_status st = yg_factcol_read(yg_cursor_take(&c, yg_cursor_left(&c)), r->own,
                                        count, &r->room, row);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (has_facts(has, i))
            r->rec[i].facts = row++;
    return st;
}

enum yg_status yg_block_verify_facts(const struct yg_block_reader *r,
                                     const struct yg_block *b)
{
    const struct yg_block_facts *f = &b->facts;
    unsigned char digest[YG_DIGEST_SIZE];

    if (f->bytes.n == 0 || memcmp(f->version, r->version, sizeof(r->version)) != 0)
        return YG_EVERSION;
    yg_block_facts_digest(b, digest);
    return memcmp(digest, f->digest, sizeof(digest)) == 0 ? YG_OK : YG_ECORRUPT;
}

enum yg_status yg_block_decode_facts(struct yg_block_reader *r, const struct yg_block *b)
{
    enum yg_status st = expand(r->z, b->facts.bytes, &r->facts_plain);

    return st == YG_OK ? cut_facts(r, b->head.count) : st;
}
