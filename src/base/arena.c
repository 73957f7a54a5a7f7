/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdlib.h>

#define CHUNK_MIN ((size_t)64 * 1024)

struct yg_arena_chunk {
    struct yg_arena_chunk *prev;
    size_t size; /* usable bytes in data[] */
    size_t used;
    _Alignas(16) unsigned char data[];
};

void yg_arena_init(struct yg_arena *a, size_t cap)
{
    *a = (struct yg_arena){ .cap = cap };
}

void yg_arena_fini(struct yg_arena *a)
{
    if (!a)
        return;
    while (a->chunk) {
        struct yg_arena_chunk *prev = a->chunk->prev;
        free(a->chunk);
        a->chunk = prev;
    }
    a->used = a->total = 0;
}

void yg_arena_clear(struct yg_arena *a)
{
    while (a->chunk && a->chunk->prev) {
        struct yg_arena_chunk *prev = a->chunk->prev;
        a->total -= a->chunk->size;
        free(a->chunk);
        a->chunk = prev;
    }
    if (a->chunk)
        a->chunk->used = 0;
    a->used = 0;
}

static bool grow(struct yg_arena *a, size_t want)
{
    size_t left = a->cap - a->total;
    size_t size = a->chunk ? a->chunk->size * 2 : CHUNK_MIN;

    if (size < want)
        size = want;
    if (size > left)
        size = left; /* the last chunk may be a small one */
    if (size < want || size > SIZE_MAX - sizeof(struct yg_arena_chunk))
        return false;
    struct yg_arena_chunk *c = malloc(sizeof(*c) + size);
    if (!c)
        return false;
    c->prev = a->chunk;
    c->size = size;
    c->used = 0;
    a->chunk = c;
    a->total += size;
    return true;
}

void *yg_arena_alloc(struct yg_arena *a, size_t size)
{
    size_t want = (size + 15) & ~(size_t)15;

    if (want < size)
        return NULL;
    if (!a->chunk || want > a->chunk->size - a->chunk->used)
        if (!grow(a, want))
            return NULL;
    void *p = a->chunk->data + a->chunk->used;
    a->chunk->used += want;
    a->used += want;
    return p;
}

void *yg_arena_zalloc(struct yg_arena *a, size_t size)
{
    void *p = yg_arena_alloc(a, size);

    return p ? memset(p, 0, size) : NULL;
}

struct yg_str yg_arena_str(struct yg_arena *a, struct yg_str s)
{
    char *p = yg_arena_alloc(a, s.n + 1);

    if (!p)
        return YG_STR_NONE;
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return (struct yg_str){ p, s.n };
}
