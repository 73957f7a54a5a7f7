/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search - the records of history that a query asks for, newest first, a page at a time.
 *
 * Blocks are read from history's newest end (store.h), decoded by sandboxed workers and
 * matched; it stops when no block that is left can hold a newer match than the last one
 * of the page, or when its time is over: then it says how far back it looked, and the
 * next page goes on from there. So a page costs what its matches cost to find, whatever
 * the size of history: about 15 us CPU a record that must be decoded, 1 us one that need
 * not be; blocks of other times, tenants and addresses are passed over.
 *
 * What waits to be judged without the score (GUARANTEE.md, section 4) is found and shown
 * as if it had none. The order is that of time alone. One thread, that of the store.
 */
#ifndef YG_PIPELINE_SEARCH_H
#define YG_PIPELINE_SEARCH_H

#include "base/arena.h"
#include "base/err.h"
#include "query/query.h"
#include "store/store.h"

#define YG_SEARCH_PAGE   1000 /* most hits of a page */
#define YG_SEARCH_FIELDS 32   /* most fields told of a hit */

/* Where a page ended: the next one has what stands behind it. */
struct yg_search_place {
    int64_t time_ns;
    unsigned char id[YG_ID_SIZE];
};

/* As a text that may stand in an address, and back; false: it is none. */
#define YG_SEARCH_PLACE_TEXT 49
void yg_search_place_text(const struct yg_search_place *p,
                          char out[YG_SEARCH_PLACE_TEXT]);
bool yg_search_place_of(struct yg_str text, struct yg_search_place *out);

struct yg_search_ask {
    const struct yg_query *query;
    const struct yg_str *tenant; /* whose records, sorted by bytes */
    size_t tenants;
    bool all; /* every tenant's */
    bool go_on;
    struct yg_search_place after; /* with go_on */
    size_t limit;                 /* 1..YG_SEARCH_PAGE */
    const enum yg_field *field;   /* told of each hit; may be none */
    size_t fields;                /* at most YG_SEARCH_FIELDS */
    double seconds;               /* how long it may look; 0: as long as it takes */
    uint32_t workers;             /* 1..64 */
};

struct yg_search_hit {
    unsigned char id[YG_ID_SIZE];
    int64_t time_ns, received_ns;
    uint32_t risk; /* these three as of no score when `blind` */
    uint8_t decision, predicted;
    uint8_t verdict, kind, device;
    bool blind, packets;
    struct yg_str tenant, source;
    struct yg_str *field; /* as text, in the order of the ask; absent: empty */
};

struct yg_search_page {
    struct yg_search_hit *hit; /* newest first, ties by id; lives with the arena */
    size_t count;
    bool more;  /* history is not at its end: ask again behind `last` */
    bool early; /* its time was over: there may be matches up to `last` no more, beyond */
    struct yg_search_place last;
    uint64_t records, blocks; /* looked at */
    uint64_t damaged;         /* blocks left out */
};

enum yg_status yg_search(struct yg_store *st, const struct yg_search_ask *ask,
                         struct yg_arena *arena, struct yg_search_page *out,
                         struct yg_err *err) YG_MUST_USE;

#endif
