/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counters.h"

const struct yg_counter_info yg_counter_info[YG_COUNTER_COUNT] = {
#define YG_COUNTER(id, name, help) { name, help },
#include "base/counters.def"
#undef YG_COUNTER
};

void yg_counters_add(struct yg_counters *sum, const struct yg_counters *part)
{
    for (int i = 0; i < YG_COUNTER_COUNT; i++)
        sum->v[i] += part->v[i];
}
