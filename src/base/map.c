/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

void yg_map_init(struct yg_map *m, size_t cap)
{
    *m = (struct yg_map){ .cap = cap };
}

void yg_map_fini(struct yg_map *m)
{
    if (!m)
        return;
    free(m->slot);
    *m = (struct yg_map){ .cap = m->cap };
}

void yg_map_clear(struct yg_map *m)
{
    if (m->slot)
        memset(m->slot, 0, m->size * sizeof(*m->slot));
    m->count = 0;
}

/* The low bits of a hash may be used by the caller: spread once more. */
static size_t place_of(uint64_t key)
{
    return (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 20);
}

static struct yg_map_slot *find(const struct yg_map *m, uint64_t key)
{
    size_t mask = m->size - 1;

    for (size_t i = place_of(key);; i++) {
        struct yg_map_slot *s = &m->slot[i & mask];
        if (s->key == key || s->key == 0)
            return s;
    }
}

uint64_t *yg_map_get(const struct yg_map *m, uint64_t key)
{
    YG_ASSERT(key != 0);
    if (m->size == 0)
        return NULL;
    struct yg_map_slot *s = find(m, key);
    return s->key ? &s->value : NULL;
}

void yg_map_ahead(const struct yg_map *m, uint64_t key)
{
    if (m->size > 0)
        __builtin_prefetch(&m->slot[place_of(key) & (m->size - 1)], 1);
}

static bool grow(struct yg_map *m)
{
    struct yg_map bigger = { .size = m->size ? m->size * 2 : 64, .cap = m->cap };

    bigger.slot = calloc(bigger.size, sizeof(*bigger.slot));
    if (!bigger.slot)
        return false;
    for (size_t i = 0; i < m->size; i++)
        if (m->slot[i].key)
            *find(&bigger, m->slot[i].key) = m->slot[i];
    bigger.count = m->count;
    free(m->slot);
    *m = bigger;
    return true;
}

uint64_t *yg_map_put(struct yg_map *m, uint64_t key, bool *fresh)
{
    uint64_t *have = yg_map_get(m, key);

    if (fresh)
        *fresh = !have;
    if (have)
        return have;
    if (m->count >= m->cap)
        return NULL;
    if (m->count >= m->size - m->size / 4 && !grow(m))
        return NULL;
    struct yg_map_slot *s = find(m, key);
    s->key = key;
    s->value = 0;
    m->count++;
    return &s->value;
}

bool yg_map_next(const struct yg_map *m, size_t *at, uint64_t *key, uint64_t *value)
{
    for (; *at < m->size; (*at)++) {
        if (m->slot[*at].key) {
            *key = m->slot[*at].key;
            *value = m->slot[*at].value;
            (*at)++;
            return true;
        }
    }
    return false;
}
