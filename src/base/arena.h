/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - memory that is given out piece by piece and taken back all at once.
 *
 * Chunks come from malloc as needed, up to a cap that the owner states. There is no
 * single free: what belongs to one batch, one file, one command dies with its arena.
 * Cost: a few instructions a piece. One thread at a time.
 */
#ifndef YG_BASE_ARENA_H
#define YG_BASE_ARENA_H

#include "base/status.h"
#include "base/str.h"

#include <stddef.h>

struct yg_arena_chunk;

struct yg_arena {
    /* private */
    struct yg_arena_chunk *chunk;
    size_t used;  /* bytes handed out and rounded up, all chunks */
    size_t total; /* bytes taken from malloc */
    size_t cap;
};

/* `cap` bounds the bytes taken from malloc; no memory is taken yet. */
void yg_arena_init(struct yg_arena *a, size_t cap);
void yg_arena_fini(struct yg_arena *a);
void yg_arena_clear(struct yg_arena *a); /* empty, for reuse: keeps one chunk */

/* 16-byte aligned. NULL: the cap or the machine's memory is reached. */
void *yg_arena_alloc(struct yg_arena *a, size_t size) YG_MUST_USE;
void *yg_arena_zalloc(struct yg_arena *a, size_t size) YG_MUST_USE;

/* A copy that lives with the arena, NUL-terminated. {NULL, 0} if it does not fit. */
struct yg_str yg_arena_str(struct yg_arena *a, struct yg_str s) YG_MUST_USE;

#endif
