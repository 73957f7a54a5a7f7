/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15ULL);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

void yg_rng_init(struct yg_rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix(&seed);
}

static uint64_t rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

uint64_t yg_rng_u64(struct yg_rng *r)
{
    uint64_t result = rotl(r->s[1] * 5, 7) * 9, t = r->s[1] << 17;

    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = rotl(r->s[3], 45);
    return result;
}

uint64_t yg_rng_below(struct yg_rng *r, uint64_t n)
{
    uint64_t skip = (0 - n) % n; /* 2^64 mod n values would be favoured */
    uint64_t v;

    do
        v = yg_rng_u64(r);
    while (v < skip);
    return v % n;
}

double yg_rng_unit(struct yg_rng *r)
{
    return (double)(yg_rng_u64(r) >> 11) * 0x1p-53;
}

struct yg_rng yg_rng_fork(const struct yg_rng *r, uint64_t stream)
{
    struct yg_rng child;
    uint64_t x = r->s[0] ^ rotl(r->s[3], 17) ^ (stream * 0xd1342543de82ef95ULL);

    yg_rng_init(&child, splitmix(&x));
    return child;
}
