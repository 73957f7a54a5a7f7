/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters - what happened to every record, as one table.
 *
 * A set is plain data owned by whoever counts (a worker's lives in shared memory); sets
 * are added up for printing. The table is what --json, `doctor` and later /metrics print.
 */
#ifndef YG_BASE_COUNTERS_H
#define YG_BASE_COUNTERS_H

#include <stdint.h>

enum yg_counter {
#define YG_COUNTER(id, name, help) YG_C_##id,
#include "base/counters.def"
#undef YG_COUNTER
    YG_COUNTER_COUNT
};

struct yg_counters {
    uint64_t v[YG_COUNTER_COUNT];
};

extern const struct yg_counter_info {
    const char *name, *help;
} yg_counter_info[YG_COUNTER_COUNT];

static inline void yg_count(struct yg_counters *c, enum yg_counter id, uint64_t n)
{
    c->v[id] += n;
}

void yg_counters_add(struct yg_counters *sum, const struct yg_counters *part);

#endif
