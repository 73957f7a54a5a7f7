/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally - raw logs in, events out: what rules left out, by tenant, source and rule.
 *
 * Records that no rule matched count under the empty rule, so that the rows of a source
 * add up to what it sent. YG_THIN_ROWS rows; what comes beyond is counted in row 0, which
 * has empty names. As a blob it is kept in the store. One thread.
 */
#ifndef YG_THIN_TALLY_H
#define YG_THIN_TALLY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

#define YG_THIN_ROWS     4096
#define YG_THIN_NAME_MAX 256 /* bytes of a name; longer ones are cut */

struct yg_thin_row {
    struct yg_str tenant, source, rule; /* live with the tally */
    uint64_t in, out;                   /* records that came, and that were left out */
    uint64_t bytes_in, bytes_out;       /* their bytes */
    uint64_t closed;                    /* of a rule on alerts: those it closed */
};

struct yg_thin_tally {
    struct yg_thin_row *row;
    uint32_t rows;
    /* private */
    struct yg_map at;
    struct yg_arena arena;
};

enum yg_status yg_thin_tally_init(struct yg_thin_tally *t) YG_MUST_USE;
void yg_thin_tally_fini(struct yg_thin_tally *t);

/* The row of these names, made if new; 0 when there is no room. */
uint32_t yg_thin_tally_row(struct yg_thin_tally *t, struct yg_str tenant,
                           struct yg_str source, struct yg_str rule);
/* Add what `part` counted. */
void yg_thin_tally_add(struct yg_thin_tally *t, const struct yg_thin_tally *part);

void yg_thin_tally_write(const struct yg_thin_tally *t, struct yg_buf *out);
/* Add what a blob says. YG_ECORRUPT. */
enum yg_status yg_thin_tally_read(struct yg_thin_tally *t, struct yg_str blob,
                                  struct yg_err *err) YG_MUST_USE;

#endif
