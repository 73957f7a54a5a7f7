/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail - one file that grows, as records with places. Private to intake.
 *
 * Lines; what has no line end yet is waited for until the file has been given up (renamed
 * away and silent, truncated, removed), then it is a record. Truncation is seen by the
 * size and by the first bytes, which are compared before each reading: a program that
 * goes on at its old offset leaves a hole of zeros. On the loop's thread.
 */
#ifndef YG_INTAKE_TAIL_H
#define YG_INTAKE_TAIL_H

#include "base/arena.h"
#include "input/stitch.h"
#include "intake/filepos.h"
#include "intake/intake.h"
#include "intake/unframe.h"

#define YG_TAIL_UNIT 128 /* records added at once */
#define YG_TAIL_NAME 60

struct yg_tail {
    struct yg_unframe frame;
    struct yg_stitch *stitch; /* NULL: its format has no lines that belong to others */
    struct yg_filepos *place;
    int fd;
    uint64_t device, inode;
    int64_t active; /* when something was last read, seconds */
    bool listed;    /* found by its name in the last round */
    bool ended;     /* given up: closed when its place has moved */
    unsigned waits; /* rounds since */
    /* what was added up to here is durable with that ticket; 0: nothing is open */
    uint64_t added, ticket, moving, moving_ticket;
    char name[YG_TAIL_NAME]; /* its last part, shown as the sender */
    struct yg_tail *next;
};

/* Records that were read and not yet taken by the journal. */
struct yg_tail_unit {
    struct yg_journal_record rec[YG_TAIL_UNIT];
    size_t n, bytes;
    struct yg_arena text; /* of records with lines before them, until it is empty */
};

void yg_tail_unit_init(struct yg_tail_unit *unit);
void yg_tail_unit_fini(struct yg_tail_unit *unit);
void yg_tail_unit_clear(struct yg_tail_unit *unit);

enum yg_tail_end { YG_TAIL_MORE, YG_TAIL_DRY, YG_TAIL_CUT, YG_TAIL_UNIT_FULL };

/* Begin at its place, or (fresh and not from_start) at its end. `logs`: its lines may
 * need others before them, which are looked for in what was read earlier. Takes `fd`.
 * NULL: no memory; it is closed then. */
struct yg_tail *yg_tail_new(int fd, const char *path, struct yg_filepos *place,
                            bool at_end, bool logs, int64_t now_s);
void yg_tail_free(struct yg_tail *t); /* its place is free for others */

/* Put records into the unit: MORE is there to read; DRY: no whole record is; CUT: the
 * file was truncated (nothing was read of what it is now); UNIT_FULL: add it first. */
enum yg_tail_end yg_tail_read(struct yg_tail *t, struct yg_intake *in, uint32_t source,
                              struct yg_tail_unit *unit, int64_t now_s);
/* Give up: what has no line end is the last record. */
void yg_tail_end(struct yg_tail *t, struct yg_intake *in, uint32_t source,
                 struct yg_tail_unit *unit);
/* The unit was added with this ticket: its records are this file's. */
void yg_tail_added(struct yg_tail *t, uint64_t ticket);
/* Move its place to what is durable. True: it moved, the places must be saved. */
bool yg_tail_settle(struct yg_tail *t, uint64_t durable, int64_t now_s);

#endif
