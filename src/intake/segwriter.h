/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segwriter - segments as files: begun, written to the disk, cut where torn. Private to
 * intake.
 *
 * What was written and not yet told is never seen again: a write that failed is made
 * again at the same place; where the kernel could not say what reached the disk (a failed
 * fdatasync) the file is cut at the last place that was durable and a new segment takes
 * the units. One thread at a time; yg_segwriter_account and _used belong to the journal's
 * lock.
 */
#ifndef YG_INTAKE_SEGWRITER_H
#define YG_INTAKE_SEGWRITER_H

#include "intake/segfile.h"

struct yg_segwriter_size {
    uint64_t number, bytes;
};

struct yg_segwriter {
    /* private */
    const struct yg_source *source;
    const struct yg_clock *clock;
    int dirfd, fd;
    struct yg_segment_head head; /* of the open segment */
    uint64_t offset, most;       /* durable bytes of it; when to begin another */
    uint32_t source_count;
    bool doubtful; /* a sync failed: what it holds past `offset` is not known */
    /* for accounts: the segments there are */
    struct yg_segwriter_size *size;
    size_t count, room;
};

struct yg_segwriter_options {
    const struct yg_source *source; /* borrowed, as is the clock */
    uint32_t source_count;
    uint64_t cap;
    const struct yg_clock *clock;
    /* Called for each whole record that lies behind the places that the state tells of.
     */
    void (*left)(void *arg, struct yg_str tenant, struct yg_str name,
                 const struct yg_journal_record *rec);
    void *left_arg;
};

void yg_segwriter_init(struct yg_segwriter *w);
/* Cut what is torn off the newest segment and begin a new one. */
enum yg_status yg_segwriter_open(struct yg_segwriter *w, const char *dir,
                                 const struct yg_segwriter_options *opt,
                                 const struct yg_intake_state *state,
                                 struct yg_err *err) YG_MUST_USE;
void yg_segwriter_close(struct yg_segwriter *w);

/* Stamp the units in `p` and have them on the disk. YG_EIO: nothing of them counts; call
 * again with the same. */
enum yg_status yg_segwriter_write(struct yg_segwriter *w, unsigned char *p, size_t n,
                                  struct yg_err *err) YG_MUST_USE;
/* Behind what is durable. */
struct yg_journal_place yg_segwriter_place(const struct yg_segwriter *w);

/* Take into account what was written since; returns the bytes it added. */
uint64_t yg_segwriter_account(struct yg_segwriter *w);
/* Bytes on disk that are not consumed; forgets segments before the place. */
uint64_t yg_segwriter_used(struct yg_segwriter *w, struct yg_journal_place consumed);

#endif
