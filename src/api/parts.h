/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts - pieces that several pages are made of. Values are escaped inside; `link` and
 * other const char arguments are our own markup. Pure functions.
 */
#ifndef YG_API_PARTS_H
#define YG_API_PARTS_H

#include "api/html.h"
#include "api/view.h"

/* From <!doctype> to the open <main>; now_ns 0: no time is shown; `who` NULL: nothing is
 * said of who looks. */
void yg_parts_head(struct yg_buf *out, struct yg_str title, int64_t now_ns,
                   const struct yg_view_who *who);
/* The hidden member that makes a form ours. */
void yg_parts_csrf(struct yg_buf *out, const struct yg_view_who *who);
void yg_parts_foot(struct yg_buf *out);

void yg_parts_level(struct yg_buf *out, unsigned level); /* a chip: "L3" */
void yg_parts_id(struct yg_buf *out, const unsigned char id[YG_ID_SIZE]);
void yg_parts_time(struct yg_buf *out, int64_t ns);
void yg_parts_number(struct yg_buf *out, uint64_t v); /* "1,234,567" */

/* Text of an alert, its direction kept to itself; `otherwise` when it is empty. */
void yg_parts_text(struct yg_buf *out, struct yg_str s, const char *otherwise);
void yg_parts_flow(struct yg_buf *out, const struct yg_queue_run *r);

/* Gates as a list of sentences; nothing for none. */
void yg_parts_gates(struct yg_buf *out, uint32_t gates);

void yg_parts_count(struct yg_buf *out, const char *name, uint64_t v, const char *what);
void yg_parts_fact(struct yg_buf *out, const char *name, struct yg_str value);

/* "limit=N&amp;" for a link, unless it is the usual one. */
void yg_parts_limit(struct yg_buf *link, const struct yg_view_paging *p);

/* "1-50 of 1,234 runs", older and newer; `link` ends where "page=N" goes. */
void yg_parts_pages(struct yg_buf *out, struct yg_str link,
                    const struct yg_view_paging *p, const char *things);

#endif
