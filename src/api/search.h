/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search - what a query finds, gathered, as a page and as JSON (pipeline/search.h).
 *
 * The tenants are those that who asks may see; a search looks for at most a quarter of a
 * second and tells how far it came, because all requests are answered by one thread.
 * Everything lives with the request's arena.
 */
#ifndef YG_API_SEARCH_H
#define YG_API_SEARCH_H

#include "api/view.h"
#include "pipeline/search.h"

#define YG_VIEW_SEARCH_S 0.25

struct yg_view_search {
    int64_t now_ns;
    const struct yg_view_who *who;
    struct yg_str text;  /* of the query, as it was written */
    struct yg_err wrong; /* it cannot be read, and why; status YG_OK: it can */
    struct yg_search_page page;
    enum yg_field field[YG_SEARCH_FIELDS];
    size_t fields;
    bool usual; /* those that are told when none are asked for */
    struct yg_str chosen;
    size_t limit;
    int64_t gone_ns; /* records up to this time that it asks for are gone; INT64_MIN: none
                      * are */
};

/* YG_EINVAL: a parameter; a query that cannot be read is in `out->wrong`. */
enum yg_status yg_view_search(const struct yg_view_source *v, const struct yg_params *p,
                              struct yg_arena *arena, struct yg_view_search *out,
                              struct yg_err *err) YG_MUST_USE;

/* What is told of a hit without asking: signature, message, source, destination, host,
 * user, kind of record. */
#define YG_SEARCH_USUAL 7
extern const enum yg_field yg_search_usual[YG_SEARCH_USUAL];

void yg_json_search(const struct yg_view_search *v, struct yg_buf *out);
void yg_page_search(const struct yg_view_search *v, const struct yg_params *p,
                    struct yg_buf *out);

#endif
