/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note - what the sandboxed indexer tells the process that keeps the index.
 *
 * The indexer takes hostile frames apart and may have been taken over, so that its words
 * are outside bytes: a note is read through yg_cursor and believed only as far as it
 * concerns the one file that is being indexed, in bounds and in order (struct
 * yg_note_check). The worst a lie can do is to hide packets of that file or to point at
 * other bytes of it, which are read as a packet record or not at all.
 *
 * On the pipe: u32 length of the rest, u8 kind, then the fields, little-endian.
 * One thread a stream.
 */
#ifndef YG_SPOOL_NOTE_H
#define YG_SPOOL_NOTE_H

#include "base/buf.h"
#include "spool/walk.h"

#define YG_NOTE_PACKETS 512   /* of one row at most */
#define YG_NOTE_MAX     16384 /* bytes of one note */

enum yg_note_kind {
    YG_NOTE_FACE = 1, /* an interface */
    YG_NOTE_ROW,      /* packets of one flow */
    YG_NOTE_BEGAN,    /* a conversation began */
    YG_NOTE_MARK,     /* all up to here has been told: keep it */
    YG_NOTE_END,      /* how the walk ended */
};

/* Packets of one flow. `list`: of each the distance in bytes from the one before, the
 * distance in microseconds and the direction, as yg_list_next reads it. */
struct yg_note_row {
    uint64_t key;
    uint64_t at;      /* of the first */
    int64_t first_us; /* of the first */
    int64_t last_us;  /* the latest; worked out by the reader */
    uint32_t packets;
    struct yg_str list;
};

struct yg_note_began {
    uint64_t key, host, pair, names; /* spool/keys.h; names 0: not a name look-up */
    uint64_t at;                     /* of its first packet */
    int64_t time_us;
};

struct yg_note_mark {
    uint64_t done, packets, bytes; /* packets and bytes: since the last mark */
    uint64_t passed;
};

struct yg_note {
    enum yg_note_kind kind;
    union {
        struct yg_face face;
        struct yg_note_row row;
        struct yg_note_began began;
        struct yg_note_mark mark;
        enum yg_walk_step end;
    };
};

/* What the next note must agree with. Begin with the bounds and zeros. */
struct yg_note_check {
    uint64_t done;           /* nothing before this place is told any more */
    uint64_t size;           /* of the file */
    uint64_t furthest;       /* packet told of since the mark */
    uint64_t packets, began; /* told of in all */
    uint32_t faces;
    bool ended;
};

void yg_note_write(struct yg_buf *out, const struct yg_note *n);

/* Read and check the note at the front of `in`. YG_OK (`*used` bytes; strings borrow from
 * `in`); YG_EEND: it is not whole yet; YG_EFORMAT: it is refused, and so must be all that
 * follows. */
enum yg_status yg_note_read(struct yg_note_check *check, struct yg_str in,
                            struct yg_note *out, size_t *used,
                            struct yg_err *err) YG_MUST_USE;

struct yg_place {
    uint64_t at;
    int64_t time_us;
    bool back; /* from the server */
};

/* Writing and reading a list: begin with the row's `at` and `first_us` in *p. False: the
 * end, or (cursor not ok) damage. */
void yg_list_add(struct yg_buf *list, struct yg_place *last, const struct yg_place *p);
bool yg_list_next(struct yg_cursor *list, struct yg_place *p);

#endif
