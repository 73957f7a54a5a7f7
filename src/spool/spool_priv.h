/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool_priv - what refreshing (spool.c) and asking (find.c) share. Private to them.
 */
#ifndef YG_SPOOL_SPOOL_PRIV_H
#define YG_SPOOL_SPOOL_PRIV_H

#include "spool/index.h"
#include "spool/spool.h"

struct yg_spool {
    char *cache;
    char **path;
    size_t paths;
    int lock; /* descriptor of the file that an indexing process holds */
    struct yg_index *ix;
    struct yg_spool_sums sums;
};

/* The unpacked copy of a file, in the cache. False: the path is too long. */
bool yg_spool_copy_path(const struct yg_spool *s, int64_t id, char *out, size_t size);

#endif
