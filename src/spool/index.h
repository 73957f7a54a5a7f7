/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index - where the packets of a flow are, in an SQLite file that can be lost.
 *
 * A question must cost a few pages however large the spool is, so every question is a
 * seek: rows are ordered by a 64-bit key (spool/keys.h) and then by time.
 *
 *   flow   (key, last, file, at)   the packets of one flow in one stretch of one file
 *   began  (who, time, file, at)   conversations that a host began, that two hosts had,
 *                                  name look-ups of a host: one row each
 *   list   id                      packet lists too long to stand in a flow row, in the
 *                                  order in which they came
 *   file, face                     what was indexed how far; how to read its records
 *   gone   id                      files whose rows wait to be swept
 *
 * Rows of a file that is gone are passed over at once and swept when they are more than a
 * quarter of all. A file's stretch is one transaction: a crash costs the last one. A file
 * of another version, or damaged, is deleted and made anew. One thread at a time; other
 * processes may read (WAL) and wait up to five seconds to write (YG_EBUSY).
 */
#ifndef YG_SPOOL_INDEX_H
#define YG_SPOOL_INDEX_H

#include "base/arena.h"
#include "spool/note.h"

#include <stdbool.h>

#define YG_INDEX_VERSION 1

enum yg_file_state {
    YG_FILE_NEW,     /* not gone through yet, or a crash stopped it */
    YG_FILE_WHOLE,   /* up to its end */
    YG_FILE_CUT,     /* its end is inside a packet */
    YG_FILE_DAMAGED, /* up to a place that is no record */
    YG_FILE_ALIEN,   /* no capture file */
    YG_FILE_REFUSED, /* the indexer died of it */
    YG_FILE_LARGE,   /* unpacks to more than there is room for */
};

struct yg_file_row {
    int64_t id;
    uint64_t dev, ino, size; /* of the file as it was looked at */
    int64_t mtime_ns;
    uint64_t head; /* hash of its first head_n bytes */
    uint64_t head_n;
    uint64_t done; /* indexed up to here */
    uint64_t packets, bytes, passed;
    uint64_t unpacked; /* bytes of the unpacked copy in the cache; 0: read in place */
    uint64_t state;    /* enum yg_file_state */
};

struct yg_index;

/* `path`: of the SQLite file. `*made`: it was not there, or not usable. */
enum yg_status yg_index_open(const char *path, struct yg_index **out, bool *made,
                             struct yg_err *err) YG_MUST_USE;
void yg_index_free(struct yg_index *ix);

enum yg_status yg_index_begin(struct yg_index *ix, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_index_commit(struct yg_index *ix, struct yg_err *err) YG_MUST_USE;
void yg_index_rollback(struct yg_index *ix); /* no-op outside a transaction */

/* Files. YG_ENOTFOUND. */
enum yg_status yg_index_file(struct yg_index *ix, struct yg_str path,
                             struct yg_file_row *out, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_index_file_by_id(struct yg_index *ix, int64_t id, struct yg_arena *a,
                                   struct yg_file_row *out, struct yg_str *path,
                                   struct yg_err *err) YG_MUST_USE;
/* The next file by id after `id`. YG_EEND. */
enum yg_status yg_index_file_after(struct yg_index *ix, int64_t id, struct yg_arena *a,
                                   struct yg_file_row *out, struct yg_str *path,
                                   struct yg_err *err) YG_MUST_USE;
/* Add (row->id is set) or, with an id, change. */
enum yg_status yg_index_file_add(struct yg_index *ix, struct yg_str path,
                                 struct yg_file_row *row, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_index_file_set(struct yg_index *ix, const struct yg_file_row *row,
                                 struct yg_err *err) YG_MUST_USE;
enum yg_status yg_index_file_forget(struct yg_index *ix, const struct yg_file_row *row,
                                    struct yg_err *err) YG_MUST_USE;
enum yg_status yg_index_faces(struct yg_index *ix, int64_t file, struct yg_face *out,
                              size_t *count, struct yg_err *err) YG_MUST_USE;

struct yg_index_sums {
    uint64_t files, bad, cut, packets, bytes, passed, unpacked;
};
enum yg_status yg_index_sums(struct yg_index *ix, struct yg_index_sums *out,
                             struct yg_err *err) YG_MUST_USE;

/* Store a note about `file`: FACE, ROW and BEGAN; inside a transaction. */
enum yg_status yg_index_put(struct yg_index *ix, int64_t file, const struct yg_note *n,
                            struct yg_err *err) YG_MUST_USE;

/* Sweep rows of gone files if they are many; `now`: in any case. */
enum yg_status yg_index_sweep(struct yg_index *ix, bool now,
                              struct yg_err *err) YG_MUST_USE;
/* Move the write-ahead log into the file, as far as readers allow. */
void yg_index_settle(struct yg_index *ix);

/* Rows of a question; strings live with the arena. */
struct yg_index_row {
    int64_t file, first_us, last_us;
    uint64_t at;
    struct yg_str list;
};
struct yg_index_began {
    int64_t file, time_us;
    uint64_t at, key;
};

struct yg_index_range {
    uint64_t key;
    int64_t from_us, to_us; /* rows with last_us (began: time) in [from, to] */
    bool down;              /* latest first */
    int64_t file;           /* rows, upwards: those after (from_us, file, at) */
    uint64_t at;
    size_t max;
};

/* At most range->max rows in the range's order. */
enum yg_status yg_index_rows(struct yg_index *ix, const struct yg_index_range *range,
                             struct yg_arena *a, struct yg_index_row *out, size_t *count,
                             struct yg_err *err) YG_MUST_USE;
enum yg_status yg_index_began_of(struct yg_index *ix, const struct yg_index_range *range,
                                 struct yg_index_began *out, size_t *count,
                                 struct yg_err *err) YG_MUST_USE;

/* Bytes of pages that were not in memory, since the index was opened. */
uint64_t yg_index_bytes_read(struct yg_index *ix);

#endif
