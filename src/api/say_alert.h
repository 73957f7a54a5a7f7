/* SPDX-License-Identifier: Apache-2.0 */
/*
 * say_alert - alerts and runs as JSON: the one place that writes them, in lists, rows and
 * in full, and so the one place that decides what is withheld.
 *
 * Of what waits to be judged without the score (GUARANTEE.md, section 4) risk, level,
 * decision, gates, rule and reasons are not written, whatever the caller gathered;
 * audits, decoys and past attacks shown again are told in the same words. Absent text is
 * null. Pure functions.
 */
#ifndef YG_API_SAY_ALERT_H
#define YG_API_SAY_ALERT_H

#include "api/alert.h"
#include "base/jsonw.h"

/* key: text, or null for an empty one; likewise of a level that is none. */
void yg_say_alert_text(struct yg_jsonw *w, const char *key, struct yg_str s);
void yg_say_alert_level(struct yg_jsonw *w, const char *key, unsigned level);

/* The members of a run, inside an object. */
void yg_say_alert_run(struct yg_jsonw *w, const struct yg_queue_run *r, bool blind);
/* A verdict as an object; null when there is none. */
void yg_say_alert_verdict(struct yg_jsonw *w, const struct yg_verdict *v);

/* One object each: a hit of a search, a row of a run's page, everything of one alert. */
void yg_say_alert_hit(struct yg_jsonw *w, const struct yg_search_hit *h,
                      const enum yg_field *field, size_t fields);
void yg_say_alert_row(struct yg_jsonw *w, const struct yg_view_alert *a, bool blind);
void yg_say_alert_detail(struct yg_jsonw *w, const struct yg_view_detail *d);

#endif
