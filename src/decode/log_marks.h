/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_marks - which dialects' marks are in a record? Private to decode.
 *
 * Most dialects know their records by a few texts. Looking for each of them in turn costs
 * a pass over the record per text; here all are found in one pass, by a table of their
 * first four bytes (about a nanosecond a byte, however many there are). Constant after it
 * is made.
 */
#ifndef YG_DECODE_LOG_MARKS_H
#define YG_DECODE_LOG_MARKS_H

#include "decode/log.h"

#define YG_LOG_MARKS_MAX 512
#define YG_LOG_MARK_MIN  4
#define YG_LOG_MARK_BITS 12

struct yg_log_marks {
    /* private */
    uint16_t head[1 << YG_LOG_MARK_BITS]; /* first mark with this hash, + 1 */
    uint16_t next[YG_LOG_MARKS_MAX];
    uint16_t dialect[YG_LOG_MARKS_MAX];
    struct yg_str mark[YG_LOG_MARKS_MAX];
    size_t count;
};

/* Add the marks of dialect number `k`. */
void yg_log_marks_add(struct yg_log_marks *m, uint16_t k, const char *marks);

/* Set seen[k] of every dialect one of whose marks is in `raw`. */
void yg_log_marks_find(const struct yg_log_marks *m, struct yg_str raw, bool *seen);

#endif
