/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment - the bytes of a journal's segment, written and read. Private to intake.
 *
 *      head:   "YGJRNL" version, number, created, nonce, sources, hash of all that
 *      block:  hash, magic, length, count, 0, number, offset | records   (one unit each)
 *      record: id, received, source, reason, peer length, 0, full size, length | peer,
 * raw
 *
 * All integers are little-endian. A block names its segment and offset and is hashed
 * under the segment's nonce: what a sender puts into a record can never pass for a block
 * when the place behind damage is looked for, and neither can a block of another segment.
 *
 * Pure functions over bytes; costs one hash of what is read or written.
 */
#ifndef YG_INTAKE_SEGMENT_H
#define YG_INTAKE_SEGMENT_H

#include "base/buf.h"
#include "base/cursor.h"
#include "intake/journal.h"

#define YG_SEGMENT_BLOCK    ((size_t)40) /* bytes before a block's records */
#define YG_SEGMENT_RECORD   ((size_t)44) /* bytes before a record's texts */
#define YG_SEGMENT_UNIT_MAX (YG_JOURNAL_BUFFER / 2)
#define YG_SEGMENT_HEAD_MAX ((size_t)32 << 20)
#define YG_SEGMENT_NONCE    16
#define YG_SEGMENT_PEER_MAX 64

struct yg_segment_head {
    uint64_t number;
    int64_t created_ns;
    unsigned char nonce[YG_SEGMENT_NONCE];
    uint32_t source_count;
    struct yg_str sources; /* as written, borrowed from the bytes */
    size_t size;           /* of the head: the first block follows */
};

/* Append a head; number, created_ns and nonce are those of `h`. */
void yg_segment_head_put(struct yg_buf *out, const struct yg_segment_head *h,
                         const struct yg_source *source, uint32_t count);
/* YG_EEND: `bytes` ends inside it, `out->size` bytes are needed; YG_ECORRUPT. */
enum yg_status yg_segment_head_get(struct yg_str bytes,
                                   struct yg_segment_head *out) YG_MUST_USE;
/* The next of the sources; texts borrowed, the mapping is not parsed. False: damaged. */
bool yg_segment_source_get(struct yg_cursor *c, struct yg_source *out);

/* A unit of `count` records behind a block's place for `p`: room for yg_segment_size. */
size_t yg_segment_size(const struct yg_journal_record *rec, size_t n);
void yg_segment_unit_put(unsigned char *p, const struct yg_journal_record *rec, size_t n);
/* Give a unit its place. Returns the bytes it has in all. */
size_t yg_segment_stamp(unsigned char *p, const struct yg_segment_head *h,
                        uint64_t offset);

struct yg_segment_block {
    struct yg_str records;
    uint32_t count;
    size_t size; /* of all, from the block's first byte on */
};

/* The block that should be at `offset`, of which `bytes` are there. YG_EEND: more are
 * needed, `out->size` in all; YG_ECORRUPT: none is here. */
enum yg_status yg_segment_block_get(const struct yg_segment_head *h, uint64_t offset,
                                    struct yg_str bytes,
                                    struct yg_segment_block *out) YG_MUST_USE;
/* First position in `bytes` (at `offset` of the segment) from where on a block may be:
 * its first bytes say so, or there are too few. bytes.n: nowhere. */
size_t yg_segment_block_seek(const struct yg_segment_head *h, uint64_t offset,
                             struct yg_str bytes);
/* The next record of a block's records; texts borrowed. False: damaged. */
bool yg_segment_record_get(struct yg_cursor *c, struct yg_journal_record *out);

#endif
