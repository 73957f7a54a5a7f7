/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search_best - the newest of the hits so far: a page's worth, the oldest at hand.
 *
 * A binary heap, O(log limit) a hit. Plain data; the owner gives the room. One thread.
 */
#ifndef YG_PIPELINE_SEARCH_BEST_H
#define YG_PIPELINE_SEARCH_BEST_H

#include "pipeline/search.h"

struct yg_search_best {
    struct yg_search_hit
        *hit;            /* room for `limit`; the root is the one that stands last */
    size_t count, limit; /* limit at least 1 */
    bool more;           /* a hit was left out */
};

/* Would it be on the page? One that would not is noted. */
bool yg_search_best_has_room(struct yg_search_best *b, const struct yg_search_hit *h);
/* Take one for which there is room; the last one may have to go. */
void yg_search_best_put(struct yg_search_best *b, const struct yg_search_hit *h);

/* Is the page full of hits newer than this? */
bool yg_search_best_is_newer(const struct yg_search_best *b, int64_t time_ns);

/* Newest first, ties by id; no heap any more. */
void yg_search_best_sort(struct yg_search_best *b);

#endif
