/* SPDX-License-Identifier: Apache-2.0 */
#include "context/assoc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LINE       64
#define SETS_FIRST 16
#define AHEAD      512 /* larger entries are read here and there: only their first line */

static size_t set_bytes(const struct yg_assoc *a)
{
    return sizeof(struct yg_assoc_set) + YG_ASSOC_WAYS * a->entry_size;
}

/* Large tables in large pages: without them every look-up misses the TLB as well.
 * speed only: bench_features 10^6, a fifth less time a row; refusal is harmless. */
#define LARGE ((size_t)2 << 20)

static void *take_bytes(size_t size)
{
    if (size < 2 * LARGE)
        return aligned_alloc(LINE, size);
    size = (size + LARGE - 1) / LARGE * LARGE;
    void *p = aligned_alloc(LARGE, size);
    if (p)
        (void)madvise(p, size, MADV_HUGEPAGE);
    return p;
}

static enum yg_status take(struct yg_assoc *a, size_t sets)
{
    struct yg_assoc_set *set = take_bytes(sets * sizeof(*set));
    unsigned char *entry = take_bytes(sets * YG_ASSOC_WAYS * a->entry_size);

    if (!set || !entry) {
        free(set);
        free(entry);
        return YG_ENOMEM;
    }
    /* Entries are cleared when they are made; only the tags must say "empty". */
    memset(set, 0, sets * sizeof(*set));
    a->set = set;
    a->entry = entry;
    a->sets = sets;
    return YG_OK;
}

enum yg_status yg_assoc_init(struct yg_assoc *a, size_t entry_size, size_t memory)
{
    YG_ASSERT(entry_size >= LINE && entry_size % LINE == 0);
    *a = (struct yg_assoc){ .entry_size = entry_size, .sets_max = 1 };
    while (a->sets_max * 2 * set_bytes(a) <= memory)
        a->sets_max *= 2;
    return take(a, a->sets_max < SETS_FIRST ? a->sets_max : SETS_FIRST);
}

void yg_assoc_fini(struct yg_assoc *a)
{
    if (!a)
        return;
    free(a->set);
    free(a->entry);
    *a = (struct yg_assoc){ 0 };
}

size_t yg_assoc_memory(const struct yg_assoc *a)
{
    return a->sets * set_bytes(a);
}

static uint32_t tag_of(uint64_t key)
{
    return (uint32_t)(key >> 32) | 1;
}

static size_t set_of(const struct yg_assoc *a, uint64_t key)
{
    return (size_t)key & (a->sets - 1);
}

static unsigned char *entry_at(const struct yg_assoc *a, size_t set, unsigned way)
{
    return a->entry + (set * YG_ASSOC_WAYS + way) * a->entry_size;
}

static uint64_t key_at(const unsigned char *entry)
{
    uint64_t key;

    memcpy(&key, entry, sizeof(key));
    return key;
}

/* The place of `key` in its set, or YG_ASSOC_WAYS. */
static unsigned way_of(const struct yg_assoc *a, size_t at, uint64_t key)
{
    const struct yg_assoc_set *s = &a->set[at];
    uint32_t tag = tag_of(key);
    unsigned w = 0;

    while (w < YG_ASSOC_WAYS && (s->tag[w] != tag || key_at(entry_at(a, at, w)) != key))
        w++;
    return w;
}

void yg_assoc_prefetch(const struct yg_assoc *a, uint64_t key)
{
    __builtin_prefetch(&a->set[set_of(a, key)], 1);
}

void *yg_assoc_peek(const struct yg_assoc *a, uint64_t key)
{
    size_t at = set_of(a, key);
    unsigned w = way_of(a, at, key);

    return w < YG_ASSOC_WAYS ? entry_at(a, at, w) : NULL;
}

/* An empty place, else the one touched longest ago as seen from `seq`, which may have
 * wrapped; of equals the lowest. */
static unsigned victim(const struct yg_assoc_set *s, uint32_t seq)
{
    unsigned best = 0;

    for (unsigned w = 0; w < YG_ASSOC_WAYS; w++) {
        if (s->tag[w] == 0)
            return w;
        if (seq - s->seq[w] > seq - s->seq[best])
            best = w;
    }
    return best;
}

void yg_assoc_prefetch_entry(const struct yg_assoc *a, uint64_t key, uint32_t seq)
{
    size_t at = set_of(a, key);
    const struct yg_assoc_set *s = &a->set[at];
    uint32_t tag = tag_of(key);
    unsigned w = 0;

    while (w < YG_ASSOC_WAYS && s->tag[w] != tag)
        w++;
    if (w == YG_ASSOC_WAYS)
        w = victim(s, seq);
    size_t most = a->entry_size <= AHEAD ? a->entry_size : LINE;
    for (size_t i = 0; i < most; i += LINE)
        __builtin_prefetch(entry_at(a, at, w) + i, 1);
}

static void *place(struct yg_assoc *a, uint64_t key, uint32_t seq)
{
    size_t at = set_of(a, key);
    struct yg_assoc_set *s = &a->set[at];
    unsigned w = victim(s, seq);
    unsigned char *e = entry_at(a, at, w);

    if (s->tag[w] == 0)
        a->used++;
    else
        a->evicted++;
    s->tag[w] = tag_of(key);
    s->seq[w] = seq;
    memset(e, 0, a->entry_size);
    memcpy(e, &key, sizeof(key));
    return e;
}

static bool grow(struct yg_assoc *a)
{
    struct yg_assoc old = *a;

    if (a->sets >= a->sets_max || take(a, old.sets * 2) != YG_OK)
        return false;
    a->used = 0;
    /* Each old set spreads over two new ones, so nothing is evicted here. */
    for (size_t at = 0; at < old.sets; at++)
        for (unsigned w = 0; w < YG_ASSOC_WAYS; w++) {
            if (old.set[at].tag[w] == 0)
                continue;
            const unsigned char *e = entry_at(&old, at, w);
            memcpy(place(a, key_at(e), old.set[at].seq[w]), e, a->entry_size);
        }
    free(old.set);
    free(old.entry);
    return true;
}

/* Must something go for `key`, though there is room elsewhere? Forged collisions must not
 * drive growth: of honest keys a sixteenth of all places is taken long before the first
 * set is full (a chance of 3e-9 a set). */
static bool crowded(const struct yg_assoc *a, uint64_t key)
{
    const struct yg_assoc_set *s = &a->set[set_of(a, key)];

    for (unsigned w = 0; w < YG_ASSOC_WAYS; w++)
        if (s->tag[w] == 0)
            return false;
    return a->used > a->sets * YG_ASSOC_WAYS / 16;
}

void *yg_assoc_touch(struct yg_assoc *a, uint64_t key, uint32_t seq, bool *fresh)
{
    size_t at = set_of(a, key);
    unsigned w = way_of(a, at, key);

    *fresh = w == YG_ASSOC_WAYS;
    if (*fresh) {
        while (crowded(a, key) && grow(a))
            ;
        return place(a, key, seq);
    }
    a->set[at].seq[w] = seq;
    return entry_at(a, at, w);
}

void yg_assoc_settle(struct yg_assoc *a)
{
    if (a->used >= a->sets * YG_ASSOC_WAYS / 2)
        (void)grow(a);
}
