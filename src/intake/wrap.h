/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrap - a line and what its sender said about it, as one record.
 *
 * HEC, Loki and OTLP send a line with a time, a host and labels beside it. The record
 * keeps both in a form that the decoders read already, and the line's own bytes:
 *
 *   a JSON object    {"yagura_via":{"api":"loki","time":"...","labels":{...}},MEMBERS}
 *                    MEMBERS: what stood between the object's braces
 *   with a PRI       <134>... as it is: it has an envelope of its own
 *   any other line   <PRI>1 TIME HOST APP - - [api@32473 key="value" ...] LINE
 *                    RFC 5424; the decoder "log" sees LINE behind an envelope
 *   with nothing said about it: as it is
 *
 * Ours comes first in an object because of a repeated key the first counts. Pure.
 */
#ifndef YG_INTAKE_WRAP_H
#define YG_INTAKE_WRAP_H

#include "base/buf.h"
#include "json/pull.h"

#define YG_WRAP_LABELS 256 /* of one record; more are counted as "left_out" */

struct yg_wrap_label {
    struct yg_str key, value; /* borrowed until the record is made */
    bool json;                /* the value is JSON (a number, an object), not a text */
};

struct yg_wrap {
    const char *api; /* "hec", "loki", "otlp" */
    bool timed;
    int64_t time_ns;
    unsigned severity;       /* of syslog, 0 to 7 */
    struct yg_str host, app; /* empty: not said */
    uint32_t labels, left_out;
    struct yg_wrap_label label[YG_WRAP_LABELS];
};

/* Empty but for the api; severity 5, notice. */
void yg_wrap_clear(struct yg_wrap *w, const char *api);
void yg_wrap_label(struct yg_wrap *w, struct yg_str key, struct yg_str value, bool json);

/* The record for a line. `pull` is used to see whether it is a JSON object. Returns the
 * line itself, or what was made in `out`. */
struct yg_str yg_wrap_line(const struct yg_wrap *w, struct yg_json_pull *pull,
                           struct yg_str line, struct yg_buf *out);
/* The same for what is known to be a JSON object. */
struct yg_str yg_wrap_object(const struct yg_wrap *w, struct yg_str object,
                             struct yg_buf *out);
/* {"yagura_via":{...},"body":VALUE} for what is no line; value empty: no body. */
struct yg_str yg_wrap_value(const struct yg_wrap *w, struct yg_str json,
                            struct yg_buf *out);

#endif
