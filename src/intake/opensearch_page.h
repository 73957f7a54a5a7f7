/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opensearch_page - what is asked of OpenSearch and what it answers. Private to
 * opensearch.
 *
 *      sort by (time, _id), search_after the last of the page before
 *        ──► documents: index, _id, _source as it stands, sort values
 *
 * When nothing more comes, reading begins again YG_OPENSEARCH_BACK before the newest
 * time seen: documents become visible late and out of order. What was read of that time
 * is known by its id. Pure.
 */
#ifndef YG_INTAKE_OPENSEARCH_PAGE_H
#define YG_INTAKE_OPENSEARCH_PAGE_H

#include "base/buf.h"
#include "json/pull.h"

#define YG_OPENSEARCH_BACK_MS 120000
#define YG_OPENSEARCH_SORT    1024 /* bytes of sort values that are kept */

struct yg_opensearch_hit {
    struct yg_str index, id; /* texts between the quotes, escapes as they are */
    struct yg_str source;    /* the document's own bytes */
    struct yg_str sort;      /* "[1767225600000,\"abc\"]" */
};

/* The search's body: `size` documents after `sort` (empty: from the oldest). */
void yg_opensearch_query(struct yg_buf *out, struct yg_str time_field, struct yg_str sort,
                         unsigned size);

/* Begin an answer, then its hits one by one. YG_EEND; YG_EFORMAT: no answer of a search,
 * or one whose shards failed (it may have gaps). */
enum yg_status yg_opensearch_open(struct yg_json_pull *p, struct yg_str body) YG_MUST_USE;
enum yg_status yg_opensearch_next(struct yg_json_pull *p,
                                  struct yg_opensearch_hit *out) YG_MUST_USE;

/* Sort values YG_OPENSEARCH_BACK_MS before those of `sort`; false if they begin with no
 * time in milli- or nanoseconds. */
bool yg_opensearch_back(struct yg_str sort, struct yg_buf *out);
/* Can it be sort values: a list of one or two scalars that is short enough? */
bool yg_opensearch_sort_ok(struct yg_json_pull *p, struct yg_str sort);

#endif
