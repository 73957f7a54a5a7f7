/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame - finds where a record ends. Private to input.
 *
 * Works on a growing view of the bytes from the record's start on and remembers how far
 * it has looked, so every byte is looked at once (in a CSV record with unbalanced quotes
 * at most twice). Never copies. One thread at a time.
 */
#ifndef YG_INPUT_FRAME_H
#define YG_INPUT_FRAME_H

#include "event/event.h"
#include "input/input.h"

struct yg_frame {
    enum yg_framing framing;
    char delimiter; /* CSV; 0: not known */
    bool documents; /* JSON: objects end where they end, not at the line's end */
    bool wrapped;   /* and stand in {"Records":[..]} */
    /* private */
    size_t scan;         /* bytes of the record looked at so far */
    size_t block;        /* lines: the same of a record of several; 0: it is none */
    size_t first_lf;     /* CSV: first line end inside quotes; SIZE_MAX: none */
    size_t plain;        /* CSV: records that begin before here are lines */
    uint32_t depth;      /* JSON: of braces and brackets */
    bool quoted, escape; /* inside a quoted field or string; after its backslash */
};

struct yg_piece {
    size_t size; /* of the record, without its line end */
    size_t next; /* from its start to that of the next */
    enum yg_reason reason;
};

void yg_frame_init(struct yg_frame *f, enum yg_framing framing);

/* Before the first record: with FRAME_JSON, are there documents? `head` begins at the
 * start of the input. */
void yg_frame_identify(struct yg_frame *f, struct yg_str head);

/* How many bytes at the front of `p` belong to no record. */
size_t yg_frame_gap(const struct yg_frame *f, const char *p, size_t n);

/* Does the record that begins at `p` end within the `n` bytes there are? `ended`: there
 * will be no more of them. False: not yet. */
bool yg_frame_find(struct yg_frame *f, const char *p, size_t n, bool ended,
                   struct yg_piece *out);

/* A record may not grow any further (more than `n` bytes): true if quotes are to blame
 * and a shorter one was found; false: it is a long one, to be cut. */
bool yg_frame_give_up(struct yg_frame *f, size_t n, struct yg_piece *out);

/* The record was taken, and the view moved on by `next`. */
void yg_frame_taken(struct yg_frame *f, size_t next);

/* Look for the end of a record that is being skipped in the next `n` bytes of it.
 * Returns where the next record begins; n + 1: not here. */
size_t yg_frame_skip(struct yg_frame *f, const char *p, size_t n);

#endif
