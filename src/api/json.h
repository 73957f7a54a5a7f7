/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - the API's answers as JSON, and its errors as RFC 9457 problem documents.
 *
 * Times are RFC 3339 UTC; `risk` is the exact 32-bit integer, `probability` what it
 * stands for; gates by name. Absent text is null. Pure functions.
 */
#ifndef YG_API_JSON_H
#define YG_API_JSON_H

#include "api/view.h"

void yg_json_queue(const struct yg_view_queue *v, struct yg_buf *out);
void yg_json_run(const struct yg_view_run *v, struct yg_buf *out);
void yg_json_stats(const struct yg_store_stats *s, const struct yg_view_policy *p,
                   struct yg_buf *out);
/* Prometheus text exposition format 0.0.4. */
void yg_metrics_text(const struct yg_store_stats *s, struct yg_buf *out);

void yg_json_problem(unsigned status, const char *title, struct yg_str detail,
                     struct yg_buf *out);

#endif
