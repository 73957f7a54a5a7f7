/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filepos - how far the files of an input were read, over restarts, renames and copies.
 * Private to intake.
 *
 * A generation is one life of a file's content, from empty to truncated, deleted or
 * copied away: 16 random bytes that are on disk before any record of it is added. With an
 * offset it names a record for all time. A file that is opened is of a known generation
 * when the bytes at its beginning and those before the known place are what they were; so
 * a file that was renamed, moved or copied goes on, and one that was truncated and has
 * grown again, or has another's inode, begins anew.
 *
 * Kept as lines of text in one file, replaced as a whole. At most YG_FILEPOS_MAX; the
 * longest unseen are forgotten. On the loop's thread.
 */
#ifndef YG_INTAKE_FILEPOS_H
#define YG_INTAKE_FILEPOS_H

#include "base/err.h"
#include "base/hash.h"

#define YG_FILEPOS_MAX   4096
#define YG_FILEPOS_BYTES 1024 /* of the beginning and before the place */

struct yg_filepos {
    unsigned char generation[16];
    uint64_t device, inode; /* when it was last seen: preferred among equals */
    uint64_t offset;        /* everything before is durable */
    uint64_t head_n;        /* bytes of the beginning that `head` is the hash of */
    uint64_t head, tail;    /* tail: of up to YG_FILEPOS_BYTES before offset */
    int64_t seen_s;         /* seconds since 1970 */
    bool used;              /* by an open file */
};

struct yg_filepos_list {
    struct yg_filepos *place;
    size_t count;
    bool fresh; /* there was no file: the input is new */
    char path[4096];
};

/* Read `path`; lines that cannot be read are left out. */
enum yg_status yg_filepos_open(struct yg_filepos_list *p, const char *path,
                               struct yg_err *err) YG_MUST_USE;
void yg_filepos_close(struct yg_filepos_list *p);
/* On the disk when it returns YG_OK. */
enum yg_status yg_filepos_save(const struct yg_filepos_list *p,
                               struct yg_err *err) YG_MUST_USE;

/* The place that fits the file and is not used, if any. `*copy` (with NULL or not): it
 * begins like a longer file that is being read: perhaps a copy of it. */
struct yg_filepos *yg_filepos_find(struct yg_filepos_list *p, int fd, bool *copy);
/* A new one for the file, used; NULL: all are. Stays where it is while it is used. */
struct yg_filepos *yg_filepos_add(struct yg_filepos_list *p, int fd, int64_t now_s);
/* Move to `offset` as the file has it now. False: it has not so much any more. */
bool yg_filepos_move(struct yg_filepos *at, int fd, uint64_t offset, int64_t now_s);
/* Does the file begin with what the place says? */
bool yg_filepos_begins(const struct yg_filepos *at, int fd);

#endif
