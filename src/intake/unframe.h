/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unframe - takes records out of a stream of bytes.
 *
 *      AUTO   each record says for itself (RFC 6587): "123 <34>..." has 123 bytes, all
 *             else ends with a line end or a NUL; a digit is believed when a count and
 *             "<" follow, and on streams that have counted before without the "<"
 *      LINES  each ends with a line end or a NUL
 *      FILE   the same, but for those of several lines (input/stitch.h)
 *      JSON   objects, each ends where it ends, whatever stands between them
 *
 * Line ends and NULs at the end are no part of a record, and records of nothing else are
 * none. One longer than YG_RECORD_MAX is cut; its true length is told. Memory: what a
 * record needs and one reading more, at most YG_RECORD_MAX + YG_UNFRAME_ROOM. Every byte
 * is looked at once. One thread at a time.
 */
#ifndef YG_INTAKE_UNFRAME_H
#define YG_INTAKE_UNFRAME_H

#include "base/buf.h"
#include "event/event.h"
#include "input/frame.h"

#define YG_UNFRAME_ROOM ((size_t)64 << 10)

enum yg_unframe_how {
    YG_UNFRAME_AUTO,
    YG_UNFRAME_LINES,
    YG_UNFRAME_JSON,
    YG_UNFRAME_FILE,
};

struct yg_unframe {
    /* private */
    enum yg_unframe_how how;
    struct yg_buf buf;
    size_t from;         /* where the record begins in `buf` */
    size_t scan;         /* lines: bytes of the record looked at */
    size_t block;        /* file: the same of a record of several lines; 0: it is none */
    uint64_t dropped;    /* bytes of the record behind YG_RECORD_MAX, not kept */
    uint64_t need;       /* of a counted record; 0: it is not one */
    uint64_t at;         /* of `from` in the stream */
    bool known, counted; /* how this record ends is known; records here have counts */
    struct yg_frame json;
};

struct yg_unframed {
    struct yg_str raw;  /* borrowed until the next yg_unframe_room */
    uint64_t full_size; /* when it was cut; else 0 */
    uint64_t at;        /* where its first byte stands in the stream */
    uint16_t reason;    /* enum yg_reason */
};

void yg_unframe_init(struct yg_unframe *u, enum yg_unframe_how how);
void yg_unframe_fini(struct yg_unframe *u);

/* Room for up to `*n` bytes (less is made of it near the cap, never nothing while next
 * was called until it found no more); NULL: no memory. What was put there is told by
 * yg_unframe_filled. */
char *yg_unframe_room(struct yg_unframe *u, size_t *n) YG_MUST_USE;
void yg_unframe_filled(struct yg_unframe *u, size_t n);

/* The next record; false: none is whole. `ended`: nothing will follow, what is there is a
 * record (YG_R_TRUNCATED when it says that it should be longer). */
bool yg_unframe_next(struct yg_unframe *u, bool ended, struct yg_unframed *out);

/* Bytes that it keeps. */
size_t yg_unframe_memory(const struct yg_unframe *u);
/* Is a record begun and not ended? */
bool yg_unframe_inside(const struct yg_unframe *u);
/* Where in the stream the next record can begin; how many bytes were put in. */
uint64_t yg_unframe_at(const struct yg_unframe *u);
uint64_t yg_unframe_end(const struct yg_unframe *u);
/* The stream begins there (before anything is put in). */
void yg_unframe_begin(struct yg_unframe *u, uint64_t at);

#endif
