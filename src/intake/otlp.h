/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp - OpenTelemetry logs over HTTP, JSON and protobuf.
 *
 *      resource ── attributes ─┐
 *        scope ── attributes ──┤ labels "resource.K", "scope.K", "K"
 *          log record ─────────┘ + severity_text, trace_id, span_id, event_name
 *            └─ body ──► a text: a line; kvlist: an object; else "body" (wrap.h)
 *
 * Both encodings give the same record. Host is the resource's host.name, app its
 * service.name. Values that are not texts are kept as JSON (bytes: base64). A value
 * nested deeper than YG_OTLP_DEPTH is refused for its record and told as such
 * (partial_success); a malformed request, in JSON also one nested past YG_JSON_DEPTH, is
 * refused whole, before anything is taken.
 *
 * Source: OTLP specification 1.x, "OTLP/HTTP"; opentelemetry-proto logs v1 field numbers.
 */
#ifndef YG_INTAKE_OTLP_H
#define YG_INTAKE_OTLP_H

#include "intake/httpapi.h"

#define YG_OTLP_DEPTH 12

struct yg_otlp_value {
    enum { YG_OTLP_NONE, YG_OTLP_TEXT, YG_OTLP_OBJECT, YG_OTLP_OTHER } kind;
    struct yg_str text; /* of TEXT the text, else JSON */
};

/* A log record as it is read. */
struct yg_otlp_record {
    struct yg_str piece;
    uint64_t time_ns, observed_ns;
    uint64_t severity;                                          /* 1 to 24; 0: not said */
    struct yg_str severity_text, trace_id, span_id, event_name; /* ids as hex */
    struct yg_otlp_value body;
    bool refused; /* of the record alone */
};

/* An attribute of `what` ("resource.", "scope." or ""), named in `arena` if need be. */
enum yg_status yg_otlp_label(struct yg_httpapi *a, struct yg_arena *arena,
                             const char *what, struct yg_str key,
                             struct yg_otlp_value value) YG_MUST_USE;
enum yg_status yg_otlp_take(struct yg_httpapi *a,
                            const struct yg_otlp_record *r) YG_MUST_USE;

/* Read a body; twice, the first time (`take` false) only to see whether it is good.
 * `*refused`: records that were, of those read. */
enum yg_status yg_otlp_json(struct yg_httpapi *a, struct yg_str body, bool take,
                            uint64_t *refused) YG_MUST_USE;
enum yg_status yg_otlp_wire(struct yg_httpapi *a, struct yg_str message, bool take,
                            uint64_t *refused) YG_MUST_USE;

#endif
