/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segfile - the blocks of one segment's file, in order. Private to intake.
 *
 *      file   | head | block | block |##damage##| block | torn
 *      window            |-- what is in memory --|
 *
 * Memory: a window that holds the largest unit. One thread at a time.
 */
#ifndef YG_INTAKE_SEGFILE_H
#define YG_INTAKE_SEGFILE_H

#include "intake/segment.h"

#define YG_SEGFILE_NAME 24 /* "0000001734567890.ygj" and room */

struct yg_segfile {
    struct yg_segment_head head; /* its sources are borrowed until the next call */
    /* private */
    int fd;
    struct yg_buf window;
    uint64_t from; /* of the window in the file */
};

/* Numbers of the segments in a folder, ascending. The caller frees `*out`. */
enum yg_status yg_segfile_list(int dirfd, uint64_t **out, size_t *count,
                               struct yg_err *err) YG_MUST_USE;
/* The name of a segment's file; returns `out`. */
const char *yg_segfile_name(uint64_t number, char out[YG_SEGFILE_NAME]);

/* Open one and read its head. YG_ENOTFOUND; YG_ECORRUPT: its head is damaged (nothing of
 * it can be read); YG_EIO, YG_ENOMEM. Closed by yg_segfile_close in any case. */
enum yg_status yg_segfile_open(struct yg_segfile *f, int dirfd, uint64_t number,
                               struct yg_err *err) YG_MUST_USE;
void yg_segfile_close(struct yg_segfile *f);
/* Bytes of the file now; of one that is not open (0: none). */
uint64_t yg_segfile_size(const struct yg_segfile *f);
uint64_t yg_segfile_bytes(int dirfd, uint64_t number);

/* The block at `*offset`, which moves behind it; its records are borrowed until the next
 * call. Nothing at or past `limit` is looked at. YG_EEND: *offset is at the limit;
 * YG_ECORRUPT: there is no whole block here; `*offset` moves to the next one, or to the
 * limit. */
enum yg_status yg_segfile_next(struct yg_segfile *f, uint64_t *offset, uint64_t limit,
                               struct yg_segment_block *out,
                               struct yg_err *err) YG_MUST_USE;

#endif
