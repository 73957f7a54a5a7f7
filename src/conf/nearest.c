/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/nearest.h"

#include <stdio.h>

#define LEN_MAX 63

static bool same(char a, char b)
{
    return yg_str_eq_nocase((struct yg_str){ &a, 1 }, (struct yg_str){ &b, 1 });
}

static unsigned min2(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Three rows of the usual table: two back, one back, this one. */
static unsigned distance(struct yg_str a, struct yg_str b)
{
    unsigned row[3][LEN_MAX + 1];
    unsigned *prev2 = row[0], *prev = row[1], *cur = row[2];

    for (size_t j = 0; j <= b.n; j++)
        prev[j] = (unsigned)j;
    for (size_t i = 1; i <= a.n; i++) {
        cur[0] = (unsigned)i;
        for (size_t j = 1; j <= b.n; j++) {
            unsigned cost = same(a.p[i - 1], b.p[j - 1]) ? 0 : 1;
            cur[j] = min2(min2(prev[j] + 1, cur[j - 1] + 1), prev[j - 1] + cost);
            if (i > 1 && j > 1 && same(a.p[i - 1], b.p[j - 2]) &&
                same(a.p[i - 2], b.p[j - 1]))
                cur[j] = min2(cur[j], prev2[j - 2] + 1);
        }
        unsigned *spare = prev2;
        prev2 = prev;
        prev = cur;
        cur = spare;
    }
    return prev[b.n];
}

const char *yg_nearest(struct yg_str name, const char *const *names, size_t n)
{
    unsigned best = (unsigned)(name.n / 3 + 1) + 1;
    const char *found = NULL;

    if (name.n == 0 || name.n > LEN_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        struct yg_str candidate = yg_str_of(names[i]);
        if (candidate.n > LEN_MAX)
            continue;
        unsigned d = distance(name, candidate);
        if (d < best && d < candidate.n) {
            best = d;
            found = names[i];
        }
    }
    return found;
}

const char *yg_nearest_hint(struct yg_str name, const char *const *names, size_t n,
                            char out[YG_NEAREST_HINT_MAX])
{
    const char *near = yg_nearest(name, names, n);

    if (near)
        snprintf(out, YG_NEAREST_HINT_MAX, "; did you mean \"%s\"?", near);
    else
        out[0] = '\0';
    return out;
}
