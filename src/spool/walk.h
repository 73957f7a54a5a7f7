/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk - every packet of a capture file with its place, from any record on.
 *
 * libpcap reads captures from their beginning and does not say where a pcapng packet
 * stands; the index needs both places and going on where a grown file was left. So a
 * buffered reader over spool/record.h walks the records; that it yields what libpcap
 * yields is tested. Uses read and lseek on one descriptor only: it runs in a sandbox.
 * Memory is one buffer of 1 MiB and the interfaces. About 20 ns a packet. One thread.
 */
#ifndef YG_SPOOL_WALK_H
#define YG_SPOOL_WALK_H

#include "packet/capfile.h"
#include "spool/record.h"

#define YG_FACES_MAX 1024 /* interfaces of one file, all sections */

enum yg_walk_step {
    YG_WALK_FRAME,   /* here is one */
    YG_WALK_WHOLE,   /* the end, after a whole record */
    YG_WALK_CUT,     /* the end, inside a record: normal while a sensor writes */
    YG_WALK_DAMAGED, /* what stands here is no record */
    YG_WALK_ALIEN,   /* no capture file */
    YG_WALK_FAILED,  /* the descriptor cannot be read */
    YG_WALK_LARGE,   /* of a packed file: unpacks to more than it may; yg_walk_next never
                      * says so */
};

struct yg_walk;

/* Walk bytes `from` to `to` of `fd`, which stays the caller's. From 0 the file's head is
 * read; from further on (where an earlier walk ended) `face`, at least one, says what was
 * met before. NULL: no memory. */
struct yg_walk *yg_walk_new(int fd, uint64_t from, uint64_t to,
                            const struct yg_face *face, size_t faces);
void yg_walk_free(struct yg_walk *w);

/* The next packet. After anything but YG_WALK_FRAME every further call says the same.
 * Frames of interfaces nobody declared and without a usable time are passed over and
 * counted. */
enum yg_walk_step yg_walk_next(struct yg_walk *w, struct yg_frame *out);

/* Where the last whole record ends: where a later walk begins. */
uint64_t yg_walk_done(const struct yg_walk *w);
uint64_t yg_walk_passed(const struct yg_walk *w); /* packets passed over */
/* Interfaces met so far, those given to yg_walk_new first. */
const struct yg_face *yg_walk_faces(const struct yg_walk *w, size_t *count);

#endif
