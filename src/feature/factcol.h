/* SPDX-License-Identifier: Apache-2.0 */
/*
 * factcol - the facts of many records as columns of bytes, so that history is judged
 * again without being decoded again.
 *
 *      one column after another (keys, port, device, reason, input, fixed[]), each
 *      u8 form, then
 *        0 same      one value
 *        1 numbered  u8 values - 1, the values in planes, then the place of each row's
 * among them in 1, 2, 4 or 8 bits 2 planes    all first bytes, all second bytes, ... 3
 * follows   the signature: a column (0 to 2) of a value for each of these, as they appear
 *
 * Of a typical alert three columns in four are the same for a whole block. Floats are
 * kept bit by bit. Not kept: what the record's own columns tell (struct yg_factcol_own),
 * and `listed` and `rule`, which belong to who reads.
 *
 * The bytes are ours, but disks fail and files are changed: reading goes through a cursor
 * and checks every count and range. Writing costs about 0.3 us a record, reading 0.2
 * (bench/commit, bench/replay). Rows collected belong to one thread.
 */
#ifndef YG_FEATURE_FACTCOL_H
#define YG_FEATURE_FACTCOL_H

#include "base/buf.h"
#include "feature/facts.h"

#define YG_FACTCOL_ROWS    4096U
#define YG_FACTCOL_MAX     (4U * 1024U * 1024U) /* bytes of a whole column */
#define YG_FACTCOL_VERSION 16
#define YG_FACTCOL_OWN     4 /* signature, source, destination, host */

/* What facts kept elsewhere must have been made by to be those that would be made today:
 * YG_FACTS_VERSION, the table of features, the layout. */
void yg_factcol_version(unsigned char out[YG_FACTCOL_VERSION]);

/* Rows being collected. Embedded by who collects. */
struct yg_factcol {
    /* private; count may be read */
    struct yg_facts *row;
    size_t count, size;
    uint32_t differs[YG_FACTS_STATIC]; /* bits in which some row differs from the first */
};
void yg_factcol_init(struct yg_factcol *c);
void yg_factcol_fini(struct yg_factcol *c);
void yg_factcol_clear(struct yg_factcol *c);
/* At most YG_FACTCOL_ROWS; the row is copied. YG_ENOMEM. */
enum yg_status yg_factcol_add(struct yg_factcol *c, const struct yg_facts *f) YG_MUST_USE;

/* Room to work in; reused, nothing is kept in it. */
struct yg_factcol_room {
    uint64_t v[YG_FACTCOL_ROWS], value[256];
    uint16_t at[1024];
    uint8_t number[YG_FACTCOL_ROWS], lead[YG_FACTCOL_ROWS];
    size_t leads; /* signatures; 0: too many */
};
/* Append the columns. The status of `out` tells whether there was room. */
void yg_factcol_write(const struct yg_factcol *c, struct yg_factcol_room *room,
                      struct yg_buf *out);

/* What stands in the record's own columns. */
struct yg_factcol_own {
    int64_t time_ns;
    uint64_t key[YG_FACTCOL_OWN];
    uint8_t kind, verdict;
};
/* Are the facts of this record, so that reading gives them back? */
bool yg_factcol_joins(const struct yg_facts *f, const struct yg_factcol_own *own);

/* The rows of `count` records from all of `plain`. YG_ECORRUPT: what is in `row` then is
 * nothing. */
enum yg_status yg_factcol_read(struct yg_str plain, const struct yg_factcol_own *own,
                               size_t count, struct yg_factcol_room *room,
                               struct yg_facts *row) YG_MUST_USE;

#endif
