/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counts - how many alerts when, and of what: for charts, a page's head, a search bar.
 *
 * Without a query, and by what the store counts (tenant, source, kind, decision, level),
 * from its sums (store.h): exact, by the hour, at any size of history. Otherwise by a
 * search that looks for a tenth of a second; what it has not come to is "at least". What
 * waits to be judged without the score is counted as of no decision.
 *
 * Everything lives with the request's arena. In the thread of the store.
 */
#ifndef YG_API_COUNTS_H
#define YG_API_COUNTS_H

#include "api/view.h"

#define YG_COUNTS_TIMES 1000  /* buckets */
#define YG_COUNTS_KEYS  20000 /* distinct ones of a search */
#define YG_COUNTS_SPLIT 32    /* told apart in each bucket, of those that are few */
#define YG_COUNTS_S     0.09
#define YG_COUNTS_SUM_S 0.05

enum yg_counts_by {
    YG_COUNTS_NONE,
    YG_COUNTS_TENANT,
    YG_COUNTS_SOURCE,
    YG_COUNTS_KIND,
    YG_COUNTS_DECISION,
    YG_COUNTS_LEVEL,
    YG_COUNTS_DEVICE, /* these by a search only */
    YG_COUNTS_SIGNATURE,
    YG_COUNTS_FROM,
    YG_COUNTS_TO,
    YG_COUNTS_BY
};

struct yg_counts_key {
    struct yg_str name;
    uint64_t records;
};

struct yg_view_counts {
    int64_t from_ns, until_ns, step_ns; /* until is exclusive; the first bucket begins at
                                         * from_ns */
    size_t times;
    uint64_t *time;  /* records of each bucket */
    uint64_t *split; /* times x YG_COUNTS_SPLIT, by key; NULL: there are too many keys */
    struct yg_counts_key *key; /* most records first */
    size_t keys;
    uint64_t records;
    bool at_least; /* not all of it was looked at */
    bool summed;   /* from the store's sums */
    struct yg_str by;
};

enum yg_status yg_view_counts(const struct yg_view_source *v, const struct yg_params *p,
                              struct yg_arena *arena, struct yg_view_counts *out,
                              struct yg_err *err) YG_MUST_USE;

#endif
