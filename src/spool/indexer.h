/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indexer - one capture file gone through in a sandboxed child, its notes into the index.
 *
 * The child has the capture's descriptor, the pipe and, for a packed file, the descriptor
 * of the unpacked copy, and nothing else; it can open and send nothing (base/sandbox.h).
 * The parent believes the notes as far as spool/note.h checks them and stores them, a
 * stretch of the file a transaction. One thread at a time.
 */
#ifndef YG_SPOOL_INDEXER_H
#define YG_SPOOL_INDEXER_H

#include "spool/index.h"

#include <sys/types.h>

struct yg_indexing {
    int fd;               /* the capture; borrowed */
    int unpacked;         /* fd >= 0: it is packed, write it there first and walk that */
    uint64_t unpack_max;  /* bytes */
    uint64_t from, size;  /* walk these bytes; packed: all */
    struct yg_face *face; /* known of the file, from earlier; YG_FACES_MAX have room */
    size_t faces;
};

/* A child in the sandbox with the descriptors `keep` (-1: none) and the write end of a
 * pipe, running `body`. `*in` is the read end. */
enum yg_status yg_indexer_child(void (*body)(void *arg, int out), void *arg,
                                const int keep[2], pid_t *pid, int *in,
                                struct yg_err *err) YG_MUST_USE;

/* Read notes about `row` from the pipe `in` until its end and store them; `row` is kept
 * up to date and stored with each mark. YG_EFORMAT: a note was refused, or the child
 * stopped without a word; what was marked before stays. YG_ECHILD: it is stuck. */
enum yg_status yg_indexer_take(struct yg_index *ix, struct yg_file_row *row,
                               uint64_t size, int in, struct yg_err *err) YG_MUST_USE;

/* The whole of it. */
enum yg_status yg_indexer_run(struct yg_index *ix, struct yg_file_row *row,
                              const struct yg_indexing *job,
                              struct yg_err *err) YG_MUST_USE;

#endif
