/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail_json - the trail as JSON, the same at the API and at the command line. Pure.
 */
#ifndef YG_API_TRAIL_JSON_H
#define YG_API_TRAIL_JSON_H

#include "base/jsonw.h"
#include "trail/trail.h"

/* One object; a line of its own. */
void yg_json_trail_row(struct yg_jsonw *w, const struct yg_trail_row *r);
void yg_json_trail_line(const struct yg_trail_row *r, struct yg_buf *out);
void yg_json_trail_mark_line(const struct yg_trail_mark *m, struct yg_buf *out);
/* The members; whoever asks opens and closes. */
void yg_json_trail_report(struct yg_jsonw *w, const struct yg_trail_report *r);

#endif
