/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ids.h"

#include <string.h>
#include <sys/mman.h>

#define AHEAD 16 /* slots fetched before they are needed while loading */
#define SPREAD                                                                           \
    200 /* slices between the oldest and the newest: a byte tells them apart             \
         */

void yg_ids_init(struct yg_ids *s, size_t cap, int64_t window_ns)
{
    YG_ASSERT(cap > 0 && window_ns > 0);
    int64_t slice = (window_ns + YG_IDS_SLICES - 1) / YG_IDS_SLICES;

    *s = (struct yg_ids){
        .cap = cap, .slice_ns = slice, .oldest = INT64_MAX, .newest = INT64_MIN
    };
}

/* Slots and ages in one zeroed mapping, on huge pages where there are any: a look-up in a
 * large table misses the TLB else (4 million ids: put 180 to 110 ns, load 110 to
 * 46 ns). */
static bool table_new(struct yg_ids *s, size_t size)
{
    size_t bytes = size * (sizeof(*s->slot) + 1);
    void *p =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return false;
    (void)madvise(p, bytes, MADV_HUGEPAGE);
    s->slot = p;
    s->age = (uint8_t *)p + size * sizeof(*s->slot);
    s->size = size;
    return true;
}

static void table_free(struct yg_ids *s)
{
    if (s->slot)
        munmap(s->slot, s->size * (sizeof(*s->slot) + 1));
}

void yg_ids_fini(struct yg_ids *s)
{
    table_free(s);
    *s = (struct yg_ids){ .cap = s->cap };
}

static bool is_empty(const uint64_t slot[2])
{
    return (slot[0] | slot[1]) == 0;
}

/* The slot of the id, or the empty one where it belongs. */
static size_t find(const struct yg_ids *s, const uint64_t id[2])
{
    size_t mask = s->size - 1, i = (size_t)id[0] & mask;

    while (!is_empty(s->slot[i]) && (s->slot[i][0] != id[0] || s->slot[i][1] != id[1]))
        i = (i + 1) & mask;
    return i;
}

static enum yg_status resize(struct yg_ids *s, size_t size)
{
    struct yg_ids bigger = *s;

    if (!table_new(&bigger, size))
        return YG_ENOMEM;
    for (size_t i = 0; i < s->size; i++) {
        if (is_empty(s->slot[i]))
            continue;
        size_t at = find(&bigger, s->slot[i]);
        memcpy(bigger.slot[at], s->slot[i], sizeof(bigger.slot[at]));
        bigger.age[at] = s->age[i];
    }
    table_free(s);
    *s = bigger;
    return YG_OK;
}

enum yg_status yg_ids_reserve(struct yg_ids *s, size_t n)
{
    size_t size = s->size ? s->size : 1024;

    while (n > size - size / 4)
        size *= 2;
    return size == s->size ? YG_OK : resize(s, size);
}

void yg_ids_ahead(const struct yg_ids *s, const unsigned char id[YG_ID_SIZE])
{
    uint64_t key;

    memcpy(&key, id, sizeof(key));
    if (s->size == 0)
        return;
    size_t i = (size_t)key & (s->size - 1);
    __builtin_prefetch(s->slot[i], 1);
    __builtin_prefetch(&s->age[i], 1);
}

bool yg_ids_has(const struct yg_ids *s, const unsigned char id[YG_ID_SIZE])
{
    uint64_t key[2];

    memcpy(key, id, sizeof(key));
    if (is_empty(key))
        return s->zero;
    return s->size > 0 && !is_empty(s->slot[find(s, key)]);
}

/* Empty slot `i` and move back whoever had to step over it, so that every probe still
 * ends at its id (Knuth, The Art of Computer Programming 3, 6.4, algorithm R). */
static void remove_at(struct yg_ids *s, size_t i)
{
    size_t mask = s->size - 1;

    for (size_t j = (i + 1) & mask; !is_empty(s->slot[j]); j = (j + 1) & mask) {
        size_t home = (size_t)s->slot[j][0] & mask;
        if (((j - home) & mask) < ((j - i) & mask))
            continue;
        memcpy(s->slot[i], s->slot[j], sizeof(s->slot[i]));
        s->age[i] = s->age[j];
        i = j;
    }
    memset(s->slot[i], 0, sizeof(s->slot[i]));
    s->count--;
}

void yg_ids_remove(struct yg_ids *s, const unsigned char id[YG_ID_SIZE])
{
    uint64_t key[2];

    memcpy(key, id, sizeof(key));
    if (is_empty(key)) {
        s->zero = false;
        return;
    }
    if (s->size == 0)
        return;
    size_t i = find(s, key);
    if (!is_empty(s->slot[i]))
        remove_at(s, i);
}

/* Remove all ids of slices before `first`. */
static void sweep(struct yg_ids *s, int64_t first)
{
    int64_t live = s->newest - first; /* slices newest - live .. newest stay */

    for (size_t i = 0; i < s->size; i++)
        /* What moves into slot i is looked at again. */
        while (!is_empty(s->slot[i]) && (uint8_t)((uint8_t)s->newest - s->age[i]) > live)
            remove_at(s, i);
    s->oldest = first;
}

void yg_ids_prune(struct yg_ids *s, int64_t now_ns)
{
    int64_t first = (now_ns > 0 ? now_ns / s->slice_ns : 0) - YG_IDS_SLICES;

    if (first <= s->oldest || s->oldest > s->newest)
        return;
    if (first > s->newest)
        first = s->newest + 1;
    sweep(s, first);
}

/* The age byte of a receipt time. Times far outside the window are drawn to its ends, so
 * that a byte is enough to tell the slices apart. */
static uint8_t slice_of(struct yg_ids *s, int64_t received_ns)
{
    int64_t n = received_ns > 0 ? received_ns / s->slice_ns : 0;

    if (s->oldest > s->newest)
        s->oldest = s->newest = n;
    if (n > s->newest) {
        if (n - s->oldest > SPREAD)
            sweep(s, n - SPREAD <= s->newest ? n - SPREAD : s->newest + 1);
        s->newest = n;
    }
    if (n < s->newest - SPREAD)
        n = s->newest - SPREAD;
    if (n < s->oldest)
        s->oldest = n;
    return (uint8_t)n;
}

static enum yg_status make_room(struct yg_ids *s)
{
    while (s->count >= s->cap) {
        size_t before = s->count;
        if (s->oldest >= s->newest)
            sweep(s, s->newest + 1);
        else
            sweep(s, s->oldest + 1);
        s->forgotten += before - s->count;
    }
    return yg_ids_reserve(s, s->count + 1);
}

enum yg_status yg_ids_put(struct yg_ids *s, const unsigned char id[YG_ID_SIZE],
                          int64_t received_ns)
{
    uint64_t key[2];

    memcpy(key, id, sizeof(key));
    if (is_empty(key)) {
        bool had = s->zero;
        s->zero = true;
        return had ? YG_EEXIST : YG_OK;
    }
    if (s->size > 0 && !is_empty(s->slot[find(s, key)]))
        return YG_EEXIST;
    uint8_t age = slice_of(s, received_ns);
    enum yg_status rc = make_room(s);
    if (rc != YG_OK)
        return rc;
    size_t i = find(s, key);
    memcpy(s->slot[i], key, sizeof(s->slot[i]));
    s->age[i] = age;
    s->count++;
    return YG_OK;
}

enum yg_status yg_ids_load(struct yg_ids *s, const unsigned char *ids, size_t n,
                           int64_t received_ns)
{
    for (size_t i = 0; i < n; i++) {
        if (i + AHEAD < n)
            yg_ids_ahead(s, ids + (i + AHEAD) * YG_ID_SIZE);
        enum yg_status rc = yg_ids_put(s, ids + i * YG_ID_SIZE, received_ns);
        if (rc != YG_OK && rc != YG_EEXIST)
            return rc;
    }
    return YG_OK;
}
