/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources - where records come from, as a page, as JSON, as metrics and as lines of text.
 *
 * The numbers are those of pipeline/sources.h; for each source, received = stored +
 * filtered + duplicate + refused + in flight. Pure functions.
 */
#ifndef YG_API_SOURCES_H
#define YG_API_SOURCES_H

#include "api/view.h"
#include "pipeline/sources.h"

/* As the request's view: of a server without inputs, none. */
enum yg_status yg_view_sources(const struct yg_view_source *s, struct yg_arena *arena,
                               struct yg_sources *out, struct yg_err *err) YG_MUST_USE;

void yg_json_sources(const struct yg_sources *v, struct yg_buf *out);
void yg_text_sources(const struct yg_sources *v, int64_t now_ns, struct yg_buf *out);
void yg_page_sources(const struct yg_sources *v, int64_t now_ns,
                     const struct yg_view_who *who, struct yg_buf *out);
/* Prometheus text exposition format 0.0.4. */
void yg_metrics_sources(const struct yg_sources *v, struct yg_buf *out);

#endif
