/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places - which files there are: named ones, and those in named folders.
 *
 * Folders are walked YG_PLACES_DEPTH deep, in order of names; hidden entries, symbolic
 * links in folders and what is no regular file are passed over. By age: a rolling capture
 * is indexed in the order in which it was written. One thread at a time.
 */
#ifndef YG_SPOOL_PLACES_H
#define YG_SPOOL_PLACES_H

#include "base/arena.h"
#include "base/err.h"

#define YG_PLACES_MAX   65536
#define YG_PLACES_DEPTH 3

struct yg_place_file {
    struct yg_str path; /* NUL-terminated; lives with the arena */
    uint64_t dev, ino, size;
    int64_t mtime_ns;
};

struct yg_places {
    struct yg_place_file *file; /* owned */
    size_t count, room;
    size_t unseen; /* named ones or folders that could not be looked at */
    bool full;     /* there are more than YG_PLACES_MAX */
};

/* YG_ENOMEM. What cannot be looked at is counted. */
enum yg_status yg_places_find(const char *const *path, size_t count,
                              struct yg_arena *arena, struct yg_places *out,
                              struct yg_err *err) YG_MUST_USE;
void yg_places_fini(struct yg_places *p);

/* Is this path among them? They are in order of paths, until yg_places_by_age. */
bool yg_places_has(const struct yg_places *p, struct yg_str path);
void yg_places_by_age(struct yg_places *p);

#endif
