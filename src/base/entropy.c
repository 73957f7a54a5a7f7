/* SPDX-License-Identifier: Apache-2.0 */
#include "base/entropy.h"

#include "base/status.h"

#include <sodium.h>

static void from_system(void *arg, void *out, size_t n)
{
    (void)arg;
    randombytes_buf(out, n);
}

struct yg_entropy yg_entropy_system(void)
{
    YG_ASSERT(sodium_init() >= 0);
    return (struct yg_entropy){ .fill = from_system };
}

uint32_t yg_entropy_below(const struct yg_entropy *e, uint32_t n)
{
    /* 2^32 mod n: below it, some remainders would come once more often */
    const uint32_t least = (uint32_t)-n % n;
    uint32_t v;

    YG_ASSERT(n > 0);
    do
        yg_entropy_fill(e, &v, sizeof(v));
    while (v < least);
    return v % n;
}
