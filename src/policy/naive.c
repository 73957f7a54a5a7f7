/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/naive.h"

#include "base/map.h"

/* Keys may be 0 (no signature), map keys may not. */
static uint64_t map_key(uint64_t signature)
{
    return yg_hash_pair(signature, 0x736967);
}

enum yg_status yg_naive_mark(const struct yg_judged *train, size_t n,
                             struct yg_judged *test, size_t m)
{
    struct yg_map attacks;
    enum yg_status st = YG_OK;

    yg_map_init(&attacks, n + 1);
    for (size_t i = 0; i < n && st == YG_OK; i++)
        if (yg_judged_protected(&train[i], YG_LEVEL_L2) &&
            !yg_map_put(&attacks, map_key(train[i].signature), NULL))
            st = YG_ENOMEM;
    for (size_t i = 0; i < m && st == YG_OK; i++)
        test[i].naive = !yg_map_get(&attacks, map_key(test[i].signature));
    yg_map_fini(&attacks);
    return st;
}
