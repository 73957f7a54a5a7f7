/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/search_best.h"

#include <stdio.h>
#include <stdlib.h>

/* Newest first, then by id: <0 when `a` stands before `b`. */
static int order(const void *x, const void *y)
{
    const struct yg_search_hit *a = x, *b = y;

    if (a->time_ns != b->time_ns)
        return a->time_ns > b->time_ns ? -1 : 1;
    return memcmp(b->id, a->id, YG_ID_SIZE);
}

static bool is_full(const struct yg_search_best *b)
{
    return b->count == b->limit;
}

static void swap(struct yg_search_best *b, size_t i, size_t k)
{
    struct yg_search_hit t = b->hit[i];

    b->hit[i] = b->hit[k];
    b->hit[k] = t;
}

static void sift_down(struct yg_search_best *b, size_t i)
{
    for (;;) {
        size_t last = i, left = 2 * i + 1, right = left + 1;
        if (left < b->count && order(&b->hit[left], &b->hit[last]) > 0)
            last = left;
        if (right < b->count && order(&b->hit[right], &b->hit[last]) > 0)
            last = right;
        if (last == i)
            return;
        swap(b, i, last);
        i = last;
    }
}

void yg_search_best_put(struct yg_search_best *b, const struct yg_search_hit *h)
{
    if (is_full(b)) {
        b->hit[0] = *h;
        b->more = true;
        sift_down(b, 0);
        return;
    }
    size_t i = b->count++;
    b->hit[i] = *h;
    for (; i > 0 && order(&b->hit[i], &b->hit[(i - 1) / 2]) > 0; i = (i - 1) / 2)
        swap(b, i, (i - 1) / 2);
}

bool yg_search_best_has_room(struct yg_search_best *b, const struct yg_search_hit *h)
{
    if (!is_full(b) || order(h, &b->hit[0]) < 0)
        return true;
    b->more = true;
    return false;
}

bool yg_search_best_is_newer(const struct yg_search_best *b, int64_t time_ns)
{
    return is_full(b) && b->hit[0].time_ns > time_ns;
}

void yg_search_best_sort(struct yg_search_best *b)
{
    qsort(b->hit, b->count, sizeof(*b->hit), order);
}

/* ---- places ----------------------------------------------------------------------- */

void yg_search_place_text(const struct yg_search_place *p, char out[YG_SEARCH_PLACE_TEXT])
{
    snprintf(out, YG_SEARCH_PLACE_TEXT, "%016llx",
             (unsigned long long)p->time_ns ^ 1ULL << 63);
    yg_hex(p->id, YG_ID_SIZE, out + 16);
}

bool yg_search_place_of(struct yg_str text, struct yg_search_place *out)
{
    uint64_t time;

    if (text.n != YG_SEARCH_PLACE_TEXT - 1 ||
        !yg_str_hex64((struct yg_str){ text.p, 16 }, &time) ||
        !yg_unhex((struct yg_str){ text.p + 16, text.n - 16 }, out->id, YG_ID_SIZE))
        return false;
    out->time_ns = (int64_t)(time ^ 1ULL << 63);
    return true;
}
