/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feature_stream - made-up facts for tests: a stream with hosts, sources, scans.
 */
#ifndef YG_TEST_FEATURE_STREAM_H
#define YG_TEST_FEATURE_STREAM_H

#include "base/rng.h"
#include "feature/facts.h"

#include <math.h>

static inline uint64_t stream_key(uint64_t kind, uint64_t i)
{
    return yg_hash_pair(kind + 1000, i + 1);
}

/* Fact `i` of a stream over `hosts` hosts, on average one every 7 s from 2026 on. */
static inline struct yg_facts stream_fact(struct yg_rng *r, uint64_t i, uint64_t hosts)
{
    struct yg_facts f;

    memset(&f, 0, sizeof(f));
    for (int k = 0; k < YG_FACTS_STATIC; k++)
        f.fixed[k] = yg_rng_below(r, 3) ? (float)yg_rng_below(r, 100) : NAN;
    f.time_ns = INT64_C(1767225600000000000) + (int64_t)i * INT64_C(7000000000) +
                (int64_t)yg_rng_below(r, 60) * INT64_C(1000000000);
    uint64_t host = yg_rng_below(r, hosts), src = yg_rng_below(r, 4 * hosts);
    f.key[YG_KEY_SIGNATURE] = stream_key(1, yg_rng_below(r, 1 + yg_rng_below(r, 200)));
    f.key[YG_KEY_SOURCE] = yg_rng_below(r, 5) ? stream_key(2, src) : 0;
    f.key[YG_KEY_DESTINATION] = yg_rng_below(r, 5) ? stream_key(2, host) : 0;
    f.key[YG_KEY_HOST] = stream_key(2, host);
    f.key[YG_KEY_ENTITY] =
        f.key[YG_KEY_SOURCE] ? f.key[YG_KEY_SOURCE] : f.key[YG_KEY_HOST];
    f.key[YG_KEY_FLOW] = yg_rng_below(r, 2) ? stream_key(4, i / 3) : 0;
    f.device = (uint8_t)yg_rng_below(r, YG_DEV_COUNT);
    f.verdict = (uint8_t)yg_rng_below(r, YG_LEVEL_COUNT);
    f.key[YG_KEY_INCIDENT] = stream_key(5, yg_rng_below(r, 9));
    f.port = (uint16_t)yg_rng_below(r, 3000);
    f.key[YG_KEY_CLIENT_HELLO] =
        yg_rng_below(r, 2) ? stream_key(6, yg_rng_below(r, 30)) : 0;
    return f;
}

#endif
