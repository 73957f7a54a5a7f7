/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/segment.h"

#include "base/hash.h"
#include "event/batch.h"

#define MAGIC         "YGJRNL\x01\n"
#define MAGIC_SIZE    ((size_t)8)
#define FIXED         (MAGIC_SIZE + 8 + 8 + YG_SEGMENT_NONCE + 4 + 4)
#define HEAD_SALT     UINT64_C(0x79676a6865616401)
#define BLOCK_MAGIC   "YGJB"
#define BLOCK_MAGIC_N ((size_t)4)
#define AT_MAGIC      ((size_t)8)
#define AT_LENGTH     ((size_t)12)
#define AT_COUNT      ((size_t)16)
#define AT_NUMBER     ((size_t)24)
#define AT_OFFSET     ((size_t)32)

static unsigned char *put_le(unsigned char *p, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        *p++ = (unsigned char)(v >> (8 * i));
    return p;
}

static uint64_t get_le(const unsigned char *p, size_t bytes)
{
    uint64_t v = 0;

    for (size_t i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static void put_source(struct yg_buf *out, const struct yg_source *s)
{
    yg_buf_lstr(out, s->tenant);
    yg_buf_lstr(out, s->name);
    yg_buf_lstr(out, s->format);
    yg_buf_lstr(out, s->path);
    yg_buf_lstr(out, s->mapping_text);
    yg_buf_lstr(out, s->header);
    yg_buf_u32(out, (uint32_t)s->offset_min);
    yg_buf_u8(out, s->log_source);
}

bool yg_segment_source_get(struct yg_cursor *c, struct yg_source *out)
{
    *out = (struct yg_source){ .tenant = yg_cursor_lstr(c, YG_SEGMENT_HEAD_MAX) };
    out->name = yg_cursor_lstr(c, YG_SEGMENT_HEAD_MAX);
    out->format = yg_cursor_lstr(c, YG_SEGMENT_HEAD_MAX);
    out->path = yg_cursor_lstr(c, YG_SEGMENT_HEAD_MAX);
    out->mapping_text = yg_cursor_lstr(c, YG_SEGMENT_HEAD_MAX);
    out->header = yg_cursor_lstr(c, YG_SEGMENT_HEAD_MAX);
    int64_t zone = (int32_t)yg_cursor_le32(c);
    out->offset_min = zone >= -1440 && zone <= 1440 ? (int)zone : 0;
    out->log_source = yg_cursor_u8(c) != 0;
    return yg_cursor_ok(c);
}

void yg_segment_head_put(struct yg_buf *out, const struct yg_segment_head *h,
                         const struct yg_source *source, uint32_t count)
{
    struct yg_buf body;
    size_t from = yg_buf_str(out).n;

    yg_buf_init(&body, YG_SEGMENT_HEAD_MAX - FIXED - 8);
    for (uint32_t i = 0; i < count; i++)
        put_source(&body, &source[i]);
    yg_buf_add(out, MAGIC, MAGIC_SIZE);
    yg_buf_u64(out, h->number);
    yg_buf_u64(out, (uint64_t)h->created_ns);
    yg_buf_add(out, h->nonce, sizeof(h->nonce));
    yg_buf_u32(out, count);
    yg_buf_lstr(out, yg_buf_str(&body));
    struct yg_str all = yg_buf_str(out);
    yg_buf_u64(out,
               yg_hash_str(HEAD_SALT, (struct yg_str){ all.p + from, all.n - from }));
    if (yg_buf_status(&body) != YG_OK)
        out->status = yg_buf_status(&body);
    yg_buf_fini(&body);
}

enum yg_status yg_segment_head_get(struct yg_str bytes, struct yg_segment_head *out)
{
    struct yg_cursor c = yg_cursor_of(bytes.p, bytes.n);
    struct yg_segment_head h = { .size = FIXED };

    if (bytes.n < FIXED) {
        out->size = FIXED;
        return YG_EEND;
    }
    struct yg_str magic = yg_cursor_take(&c, MAGIC_SIZE);
    if (!yg_str_eq(magic, (struct yg_str){ MAGIC, MAGIC_SIZE }))
        return YG_ECORRUPT;
    h.number = yg_cursor_le64(&c);
    h.created_ns = (int64_t)yg_cursor_le64(&c);
    memcpy(h.nonce, yg_cursor_take(&c, YG_SEGMENT_NONCE).p, YG_SEGMENT_NONCE);
    h.source_count = yg_cursor_le32(&c);
    uint32_t body = yg_cursor_le32(&c);
    if (body > YG_SEGMENT_HEAD_MAX - FIXED - 8 || h.source_count > YG_JOURNAL_SOURCES)
        return YG_ECORRUPT;
    h.size = FIXED + body + 8;
    if (bytes.n < h.size) {
        out->size = h.size;
        return YG_EEND;
    }
    h.sources = yg_cursor_take(&c, body);
    if (yg_cursor_le64(&c) !=
        yg_hash_str(HEAD_SALT, (struct yg_str){ bytes.p, FIXED + body }))
        return YG_ECORRUPT;
    *out = h;
    return YG_OK;
}

static size_t record_size(const struct yg_journal_record *r)
{
    return YG_SEGMENT_RECORD + r->peer.n + r->raw.n;
}

size_t yg_segment_size(const struct yg_journal_record *rec, size_t n)
{
    size_t sum = YG_SEGMENT_BLOCK;

    for (size_t i = 0; i < n; i++)
        sum += record_size(&rec[i]);
    return sum;
}

static unsigned char *put_bytes(unsigned char *p, const void *bytes, size_t n)
{
    if (n > 0)
        memcpy(p, bytes, n);
    return p + n;
}

static unsigned char *put_record(unsigned char *p, const struct yg_journal_record *r)
{
    p = put_bytes(p, r->id, YG_ID_SIZE);
    p = put_le(p, (uint64_t)r->received_ns, 8);
    p = put_le(p, r->source, 4);
    p = put_le(p, r->reason, 2);
    p = put_le(p, r->peer.n, 1);
    p = put_le(p, 0, 1);
    p = put_le(p, r->full_size, 8);
    p = put_le(p, r->raw.n, 4);
    p = put_bytes(p, r->peer.p, r->peer.n);
    return put_bytes(p, r->raw.p, r->raw.n);
}

bool yg_segment_record_get(struct yg_cursor *c, struct yg_journal_record *out)
{
    struct yg_str id = yg_cursor_take(c, YG_ID_SIZE);
    struct yg_journal_record r = { .received_ns = (int64_t)yg_cursor_le64(c) };

    r.source = yg_cursor_le32(c);
    r.reason = yg_cursor_le16(c);
    size_t peer = yg_cursor_u8(c);
    (void)yg_cursor_u8(c);
    r.full_size = yg_cursor_le64(c);
    size_t raw = yg_cursor_le32(c);
    r.peer = yg_cursor_take(c, peer);
    r.raw = yg_cursor_take(c, raw);
    if (!yg_cursor_ok(c) || peer > YG_SEGMENT_PEER_MAX || raw > YG_RECORD_MAX ||
        r.reason >= YG_REASON_COUNT)
        return false;
    memcpy(r.id, id.p, YG_ID_SIZE);
    *out = r;
    return true;
}

void yg_segment_unit_put(unsigned char *p, const struct yg_journal_record *rec, size_t n)
{
    unsigned char *at = p + YG_SEGMENT_BLOCK;

    for (size_t i = 0; i < n; i++)
        at = put_record(at, &rec[i]);
    put_bytes(p + AT_MAGIC, BLOCK_MAGIC, BLOCK_MAGIC_N);
    put_le(p + AT_LENGTH, (uint64_t)(at - p) - YG_SEGMENT_BLOCK, 4);
    put_le(p + AT_COUNT, n, 4);
    put_le(p + AT_COUNT + 4, 0, 4);
}

static uint64_t hash_of(const struct yg_segment_head *h, const unsigned char *p,
                        size_t size)
{
    return yg_hash_str(get_le(h->nonce, 8),
                       (struct yg_str){ (const char *)p + AT_MAGIC, size - AT_MAGIC });
}

size_t yg_segment_stamp(unsigned char *p, const struct yg_segment_head *h,
                        uint64_t offset)
{
    size_t size = YG_SEGMENT_BLOCK + (size_t)get_le(p + AT_LENGTH, 4);

    put_le(p + AT_NUMBER, h->number, 8);
    put_le(p + AT_OFFSET, offset, 8);
    put_le(p, hash_of(h, p, size), 8);
    return size;
}

/* Do the first bytes say that a block of this place is here? */
static bool looks_right(const struct yg_segment_head *h, uint64_t offset,
                        const unsigned char *p)
{
    return memcmp(p + AT_MAGIC, BLOCK_MAGIC, BLOCK_MAGIC_N) == 0 &&
           get_le(p + AT_LENGTH, 4) <= YG_SEGMENT_UNIT_MAX &&
           get_le(p + AT_NUMBER, 8) == h->number && get_le(p + AT_OFFSET, 8) == offset;
}

enum yg_status yg_segment_block_get(const struct yg_segment_head *h, uint64_t offset,
                                    struct yg_str bytes, struct yg_segment_block *out)
{
    const unsigned char *p = (const unsigned char *)bytes.p;

    if (bytes.n < YG_SEGMENT_BLOCK) {
        *out = (struct yg_segment_block){ .size = YG_SEGMENT_BLOCK };
        return YG_EEND;
    }
    if (!looks_right(h, offset, p))
        return YG_ECORRUPT;
    size_t length = (size_t)get_le(p + AT_LENGTH, 4);
    *out = (struct yg_segment_block){ .size = YG_SEGMENT_BLOCK + length,
                                      .count = (uint32_t)get_le(p + AT_COUNT, 4) };
    if (bytes.n < out->size)
        return YG_EEND;
    out->records = (struct yg_str){ bytes.p + YG_SEGMENT_BLOCK, length };
    return get_le(p, 8) == hash_of(h, p, out->size) ? YG_OK : YG_ECORRUPT;
}

size_t yg_segment_block_seek(const struct yg_segment_head *h, uint64_t offset,
                             struct yg_str bytes)
{
    size_t at = 0;

    while (at + YG_SEGMENT_BLOCK <= bytes.n) {
        const char *m = memmem(bytes.p + at + AT_MAGIC, bytes.n - at - AT_MAGIC,
                               BLOCK_MAGIC, BLOCK_MAGIC_N);
        if (!m) /* its first letters may be the last ones here */
            return bytes.n - YG_SEGMENT_BLOCK + 1;
        at = (size_t)(m - bytes.p) - AT_MAGIC;
        if (at + YG_SEGMENT_BLOCK > bytes.n ||
            looks_right(h, offset + at, (const unsigned char *)bytes.p + at))
            return at;
        at++;
    }
    return at < bytes.n ? at : bytes.n;
}
