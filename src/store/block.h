/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block - up to 4096 records of one tenant as a few pieces of bytes.
 *
 *      head    zone map: times, counts
 *      filter  Bloom filter over the records' keys, 10 bits a key, about 1 % wrong
 *      ids     16 bytes each, uncompressed (hashes do not compress)
 *      meta    the other columns: byte planes, zstd
 *      raw     the records one after another, zstd level 1
 *      packets the pcaps kept with them, likewise; empty when there are none
 *      digest  BLAKE2b-256 over all of it and the block's address
 *      facts   what was made of those that were decoded (feature/factcol.h), zstd level
 * 1; empty when there are none. Made of the rest, so the digest is not over it: with its
 * own digest, over ids and meta too, it is read without the rest
 *
 * Columns with planes: the n first bytes of all values, then the n second bytes, ... so
 * that bytes that are alike stand together. The bytes are ours, but disks fail: reading
 * goes through yg_cursor and checks every count, and never trusts the digest for safety.
 *
 * Cost a 725-byte record: encode 1.7 us, of that zstd 1.2; check the digest 0.15 us,
 * decode 0.4 us, without the raw bytes 0.1 us. A writer or reader belongs to
 * one thread at a time.
 */
#ifndef YG_STORE_BLOCK_H
#define YG_STORE_BLOCK_H

#include "base/buf.h"
#include "feature/factcol.h"
#include "store/store.h"

#define YG_BLOCK_RAW          (256U * 1024U) /* closed before it would exceed this */
#define YG_BLOCK_RECORDS      4096U
#define YG_BLOCK_KEYS         4
#define YG_BLOCK_META_VERSION 3 /* 1: without the column of packets, 2: of rules */
#define YG_BLOCK_PACKETS      YG_STORE_PACKETS_MAX
#define YG_BLOCK_META_MAX     (512U * 1024U) /* all columns of 4096 records: 336 KiB */

struct yg_block_head {
    int64_t time_min, time_max, received_min, received_max;
    uint32_t count, alerts, contexts, undecodable, closed;
    uint64_t raw_bytes; /* of records and packets */
};

/* An encoded block; the pieces are borrowed from a writer or a database row. */
struct yg_block {
    uint64_t tenant, number; /* its address */
    struct yg_block_head head;
    struct yg_str filter, ids, meta, raw, packets;
    unsigned char digest[YG_DIGEST_SIZE];
    struct yg_block_facts {
        struct yg_str bytes;
        unsigned char version[YG_FACTCOL_VERSION]; /* of the code that made them */
        unsigned char digest[YG_DIGEST_SIZE];
    } facts;
};

/* Records being collected. Embedded by whoever collects. */
struct yg_block_open {
    /* private; head may be read */
    struct yg_block_head head;
    struct yg_store_record *rec; /* of raw and packets only the lengths are used, of
                                  * facts only whether there are any */
    size_t size;
    struct yg_buf raw, packets;
    struct yg_factcol facts;
};
void yg_block_open_init(struct yg_block_open *b);
void yg_block_open_fini(struct yg_block_open *b);
void yg_block_open_clear(struct yg_block_open *b);

/* Would it still go in? An empty block takes any. */
bool yg_block_open_fits(const struct yg_block_open *b, const struct yg_store_record *rec);
enum yg_status yg_block_open_add(struct yg_block_open *b,
                                 const struct yg_store_record *rec) YG_MUST_USE;

/* What of a record its facts share with it. */
struct yg_factcol_own yg_block_own(const struct yg_store_record *r);

/* Memory that its records take. */
size_t yg_block_open_bytes(const struct yg_block_open *b);

/* Encodes; reused from block to block. */
struct yg_block_writer;
struct yg_block_writer *yg_block_writer_new(void); /* NULL: no memory */
void yg_block_writer_free(struct yg_block_writer *w);
/* The pieces are borrowed from `w` until its next use. `b` is not changed. */
enum yg_status yg_block_encode(struct yg_block_writer *w, const struct yg_block_open *b,
                               uint64_t tenant, uint64_t number,
                               struct yg_block *out) YG_MUST_USE;

/* Decodes; reused from block to block. */
struct yg_block_reader;
struct yg_block_reader *yg_block_reader_new(void); /* NULL: no memory */
void yg_block_reader_free(struct yg_block_reader *r);

/* Does the digest match? YG_OK or YG_ECORRUPT. */
enum yg_status yg_block_verify(const struct yg_block *b) YG_MUST_USE;

/* Decode the columns, and with `raw` the records' bytes and packets too (else empty). The
 * records are borrowed from `r` until its next use. YG_ECORRUPT, YG_ENOMEM. */
enum yg_status yg_block_decode(struct yg_block_reader *r, const struct yg_block *b,
                               bool raw, struct yg_store_record **rec,
                               size_t *count) YG_MUST_USE;

/* Are there facts, of the code that runs, undamaged, as ids and meta are? YG_EVERSION:
 * none or of other code; YG_ECORRUPT. */
enum yg_status yg_block_verify_facts(const struct yg_block_reader *r,
                                     const struct yg_block *b) YG_MUST_USE;
/* Give the records just decoded their facts, those that have some; borrowed likewise.
 * YG_ECORRUPT, YG_ENOMEM: no record has any. */
enum yg_status yg_block_decode_facts(struct yg_block_reader *r,
                                     const struct yg_block *b) YG_MUST_USE;

/* Over facts, ids and meta, and the block's address. */
void yg_block_facts_digest(const struct yg_block *b, unsigned char out[YG_DIGEST_SIZE]);

/* Bloom filter over `count` different keys; nothing for none. */
void yg_block_filter(const uint64_t *key, size_t count, struct yg_buf *out);
/* May a record of the block have this key? A damaged filter says yes. */
bool yg_block_may_hold(struct yg_str filter, uint64_t key);

void yg_block_digest(const struct yg_block *b, unsigned char out[YG_DIGEST_SIZE]);

#endif
