/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearby - what else happened around an alert: at the same host, between the same two, of
 * the same signature; by whatever device, of the same tenant.
 *
 * Counted by the keys that history keeps of each record (store.h), newest block first, so
 * that only the few that are shown are decoded. Past attacks shown again are among them,
 * as in a search. Cost: about 1 ms a block that may hold one of them, for at most the
 * time given; then counts are "at least". One thread, that of the store.
 */
#ifndef YG_PIPELINE_NEARBY_H
#define YG_PIPELINE_NEARBY_H

#include "pipeline/search.h"

#define YG_NEARBY_SHOWN 5 /* of each kind: those nearest in time */

enum yg_nearby_kind {
    YG_NEARBY_HOST,
    YG_NEARBY_PAIR,
    YG_NEARBY_SIGNATURE,
    YG_NEARBY_KINDS
};
const char *yg_nearby_name(unsigned kind); /* "host", "pair", "signature" */

struct yg_nearby_ask {
    struct yg_str tenant;
    const unsigned char *id; /* the alert itself is not among them */
    int64_t time_ns;         /* its own */
    int64_t from_ns, until_ns;
    const uint64_t *key; /* yg_facts.key of it */
    double seconds;
    const enum yg_field *field; /* told of each shown */
    size_t fields;
};

struct yg_nearby_part {
    uint64_t count;
    struct yg_search_hit *hit[YG_NEARBY_SHOWN]; /* nearest first */
    bool flow[YG_NEARBY_SHOWN];                 /* it is of the same flow */
    size_t shown;
};
struct yg_nearby {
    struct yg_nearby_part part[YG_NEARBY_KINDS];
    bool whole; /* all of that time was looked at; else counts are at least */
    uint64_t records;
};

/* Lives with `arena`. */
enum yg_status yg_nearby(struct yg_store *st, const struct yg_nearby_ask *ask,
                         struct yg_arena *arena, struct yg_nearby *out,
                         struct yg_err *err) YG_MUST_USE;

#endif
