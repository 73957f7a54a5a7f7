/* SPDX-License-Identifier: Apache-2.0 */
#include "store/block.h"

#include <stdlib.h>
#include <string.h>

#define KEY_BITS   10
#define KEY_PROBES 6

_Static_assert(YG_STORE_RAW_MAX >= YG_BLOCK_RAW, "a block holds its largest record");

void yg_block_open_init(struct yg_block_open *b)
{
    *b = (struct yg_block_open){ 0 };
    yg_buf_init(&b->raw, YG_STORE_RAW_MAX);
    yg_buf_init(&b->packets, YG_BLOCK_PACKETS);
    yg_factcol_init(&b->facts);
}

void yg_block_open_fini(struct yg_block_open *b)
{
    free(b->rec);
    b->rec = NULL;
    b->size = 0;
    yg_buf_fini(&b->raw);
    yg_buf_fini(&b->packets);
    yg_factcol_fini(&b->facts);
}

size_t yg_block_open_bytes(const struct yg_block_open *b)
{
    return (size_t)b->head.raw_bytes + b->facts.count * sizeof(struct yg_facts);
}

void yg_block_open_clear(struct yg_block_open *b)
{
    b->head = (struct yg_block_head){ 0 };
    yg_buf_clear(&b->raw);
    yg_buf_clear(&b->packets);
    yg_factcol_clear(&b->facts);
}

bool yg_block_open_fits(const struct yg_block_open *b, const struct yg_store_record *rec)
{
    if (b->head.count == 0)
        return rec->raw.n <= YG_STORE_RAW_MAX && rec->packets.n <= YG_STORE_PACKETS_MAX;
    return b->head.count < YG_BLOCK_RECORDS && b->head.raw_bytes <= YG_BLOCK_RAW &&
           rec->raw.n + rec->packets.n <= YG_BLOCK_RAW - b->head.raw_bytes;
}

static void head_add(struct yg_block_head *h, const struct yg_store_record *r)
{
    if (h->count == 0) {
        h->time_min = h->time_max = r->time_ns;
        h->received_min = h->received_max = r->received_ns;
    }
    h->time_min = r->time_ns < h->time_min ? r->time_ns : h->time_min;
    h->time_max = r->time_ns > h->time_max ? r->time_ns : h->time_max;
    h->received_min = r->received_ns < h->received_min ? r->received_ns : h->received_min;
    h->received_max = r->received_ns > h->received_max ? r->received_ns : h->received_max;
    h->count++;
    h->alerts += r->kind == YG_KIND_ALERT;
    h->contexts += r->kind == YG_KIND_CONTEXT;
    h->undecodable += r->kind == YG_KIND_UNDECODABLE;
    h->closed += r->decision == YG_DECISION_CLOSED;
    h->raw_bytes += r->raw.n + r->packets.n;
}

/* Facts that are not of this record would not come back as they are: none, then. */
static bool keeps_facts(const struct yg_store_record *r)
{
    const struct yg_factcol_own own = yg_block_own(r);

    return r->facts && yg_factcol_joins(r->facts, &own);
}

enum yg_status yg_block_open_add(struct yg_block_open *b,
                                 const struct yg_store_record *rec)
{
    YG_ASSERT(yg_block_open_fits(b, rec));
    if (b->head.count == b->size) {
        size_t size = b->size ? b->size * 2 : 64;
        struct yg_store_record *p = realloc(b->rec, size * sizeof(*p));
        if (!p)
            return YG_ENOMEM;
        b->rec = p;
        b->size = size;
    }
    yg_buf_str_add(&b->raw, rec->raw);
    yg_buf_str_add(&b->packets, rec->packets);
    if (yg_buf_status(&b->raw) != YG_OK || yg_buf_status(&b->packets) != YG_OK)
        return YG_ENOMEM;
    struct yg_store_record *r = &b->rec[b->head.count];
    *r = *rec;
    if (!keeps_facts(rec))
        r->facts = NULL;
    else if (yg_factcol_add(&b->facts, rec->facts) != YG_OK)
        return YG_ENOMEM;
    head_add(&b->head, rec);
    return YG_OK;
}

/* Double hashing (Kirsch, Mitzenmacher 2006): the keys are hashes already. */
static size_t probe(uint64_t key, unsigned i, size_t bits)
{
    return (size_t)((key + i * (key >> 32 | 1) * 0x9e3779b97f4a7c15ULL) >> 16) % bits;
}

void yg_block_filter(const uint64_t *key, size_t count, struct yg_buf *out)
{
    size_t bytes = (count * KEY_BITS + 63) / 64 * 8;

    yg_buf_clear(out);
    unsigned char *p = bytes ? yg_buf_reserve(out, bytes) : NULL;
    if (!p)
        return;
    memset(p, 0, bytes);
    for (size_t k = 0; k < count; k++) {
        for (unsigned i = 0; i < KEY_PROBES; i++) {
            size_t bit = probe(key[k], i, bytes * 8);
            p[bit / 8] |= (unsigned char)(1U << bit % 8);
        }
    }
}

bool yg_block_may_hold(struct yg_str filter, uint64_t key)
{
    if (key == 0)
        return true;
    if (filter.n == 0 || filter.n % 8 != 0)
        return filter.n > 0;
    for (unsigned i = 0; i < KEY_PROBES; i++) {
        size_t bit = probe(key, i, filter.n * 8);
        if (!((unsigned char)filter.p[bit / 8] >> bit % 8 & 1))
            return false;
    }
    return true;
}

static void add_numbers(struct yg_digest *d, const uint64_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char le[8];
        for (unsigned byte = 0; byte < 8; byte++)
            le[byte] = (unsigned char)(v[i] >> (8 * byte));
        yg_digest_add(d, le, sizeof(le));
    }
}

void yg_block_digest(const struct yg_block *b, unsigned char out[YG_DIGEST_SIZE])
{
    const struct yg_block_head *h = &b->head;
    const uint64_t v[] = { b->tenant,
                           b->number,
                           (uint64_t)h->time_min,
                           (uint64_t)h->time_max,
                           (uint64_t)h->received_min,
                           (uint64_t)h->received_max,
                           h->count,
                           h->alerts,
                           h->contexts,
                           h->undecodable,
                           h->closed,
                           h->raw_bytes,
                           b->filter.n,
                           b->ids.n,
                           b->meta.n,
                           b->raw.n };
    struct yg_digest d;

    yg_digest_init(&d);
    add_numbers(&d, v, YG_ARRAY_LEN(v));
    yg_digest_add(&d, b->filter.p, b->filter.n);
    yg_digest_add(&d, b->ids.p, b->ids.n);
    yg_digest_add(&d, b->meta.p, b->meta.n);
    yg_digest_add(&d, b->raw.p, b->raw.n);
    if (b->packets.n > 0) /* blocks from before there were packets stay as they are */
        yg_digest_add(&d, b->packets.p, b->packets.n);
    yg_digest_done(&d, out);
}

void yg_block_facts_digest(const struct yg_block *b, unsigned char out[YG_DIGEST_SIZE])
{
    const uint64_t v[] = { b->tenant, b->number, b->head.count, b->ids.n, b->meta.n };
    struct yg_digest d;

    yg_digest_init(&d);
    add_numbers(&d, v, YG_ARRAY_LEN(v));
    yg_digest_add(&d, b->ids.p, b->ids.n);
    yg_digest_add(&d, b->meta.p, b->meta.n);
    yg_digest_add(&d, b->facts.version, sizeof(b->facts.version));
    yg_digest_add(&d, b->facts.bytes.p, b->facts.bytes.n);
    yg_digest_done(&d, out);
}

enum yg_status yg_block_verify(const struct yg_block *b)
{
    unsigned char d[YG_DIGEST_SIZE];

    yg_block_digest(b, d);
    return memcmp(d, b->digest, sizeof(d)) == 0 ? YG_OK : YG_ECORRUPT;
}
