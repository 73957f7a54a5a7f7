/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corpus_util - a corpus made by hand: tenants and records, without a store.
 */
#ifndef YG_TESTS_CORPUS_UTIL_H
#define YG_TESTS_CORPUS_UTIL_H

#include "feature_stream.h"
#include "pipeline/corpus.h"

#include <stdlib.h>

#define CORPUS_T0 INT64_C(1767225600000000000)

/* A corpus of `count` tenants with these names and no records. */
static inline struct yg_corpus corpus_of(const char *const *name, size_t count)
{
    struct yg_corpus c = { .count = count };

    yg_arena_init(&c.arena, 1 << 20);
    c.tenant = calloc(count, sizeof(*c.tenant));
    for (size_t t = 0; t < count; t++)
        c.tenant[t].name = yg_str_of(name[t]);
    return c;
}

/* Append a record; it is counted by its kind and level. */
static inline struct yg_corpus_record *
corpus_add(struct yg_corpus *c, size_t t, const struct yg_facts *facts, unsigned level)
{
    struct yg_corpus_tenant *ten = &c->tenant[t];
    uint64_t n = c->records++;

    if (ten->count == ten->size) {
        ten->size = ten->size ? 2 * ten->size : 64;
        ten->record = realloc(ten->record, ten->size * sizeof(*ten->record));
    }
    struct yg_corpus_record *r = &ten->record[ten->count++];
    *r = (struct yg_corpus_record){ .facts = *facts, .level = (uint8_t)level };
    yg_hash_id(YG_STR("corpus"), (struct yg_str){ (const char *)&n, sizeof(n) }, r->id);
    ten->alerts += facts->kind != YG_KIND_CONTEXT;
    ten->judged += level < YG_LEVEL_COUNT;
    return r;
}

/* `n` alerts of a made-up stream with verdicts, `n` different ones for each seed. */
static inline void corpus_fill(struct yg_corpus *c, size_t t, uint64_t seed, uint64_t n)
{
    struct yg_rng r;

    yg_rng_init(&r, seed);
    for (uint64_t i = 0; i < n; i++) {
        struct yg_facts f = stream_fact(&r, i, 20);
        f.time_ns = CORPUS_T0 + (int64_t)i * INT64_C(7000000000);
        corpus_add(c, t, &f, f.verdict);
    }
}

#endif
