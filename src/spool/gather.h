/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather - the packets of a stretch of a capture, sorted by flow, told as notes.
 *
 * Runs in the sandboxed indexer: frames are taken apart here and nowhere else in the
 * spool. Memory is fixed (about 50 MB when full): after YG_GATHER_PACKETS packets or
 * YG_GATHER_FLOWS flows the stretch is told and its packets forgotten; the flows are
 * remembered until there are too many, so that a conversation begins once.
 * A conversation begins with a SYN (or its answer), of other protocols with the first
 * packet after 60 s of silence. About 60 ns a packet beside its dissection. One thread.
 */
#ifndef YG_SPOOL_GATHER_H
#define YG_SPOOL_GATHER_H

#include "packet/capfile.h"
#include "spool/note.h"

#define YG_GATHER_PACKETS (1U << 18)
#define YG_GATHER_FLOWS   (1U << 17)

struct yg_gather;

struct yg_gather *yg_gather_new(void); /* NULL: no memory */
void yg_gather_free(struct yg_gather *g);

/* Take in a frame. True: tell the stretch now, there is no room for another. */
bool yg_gather_frame(struct yg_gather *g, const struct yg_frame *f);

/* Append what was gathered to `out`, piece by piece: `send` empties the buffer, false
 * stops. Rows in order of their keys. Does not write the mark. */
bool yg_gather_tell(struct yg_gather *g, struct yg_buf *out,
                    bool (*send)(void *arg, struct yg_buf *out), void *arg);

/* Frames and their bytes since the last yg_gather_tell. */
void yg_gather_sums(const struct yg_gather *g, uint64_t *packets, uint64_t *bytes);

#endif
