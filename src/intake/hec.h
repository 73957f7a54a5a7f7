/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hec - Splunk's HTTP Event Collector.
 *
 * JSON objects follow each other with anything or nothing between; Content-Type says
 * nothing (clients send JSON as a form). The record is the `event`: a text is a line
 * (wrap.h), an object its own bytes with what was said about it in front, and anything
 * else {"yagura_via":..., "body": it}. time, host, source, sourcetype, index and fields
 * are what is said about it. A batch with a malformed event is refused whole, with its
 * number, before anything of it is taken. An answer means durable, so every ack is true.
 *
 * Source: Splunk's "Format events for HTTP Event Collector", "HTTP Event Collector REST
 * API endpoints".
 */
#ifndef YG_INTAKE_HEC_H
#define YG_INTAKE_HEC_H

#include "intake/httpapi.h"

struct yg_hec_event {
    struct yg_str span;  /* the whole object */
    struct yg_str event; /* the value of `event` as it stands; n 0: there is none */
    bool is_text;
    struct yg_json_value text; /* if so */
    struct yg_json_value time, host, source, sourcetype,
        index; /* text.p NULL: not there */
    struct yg_json_mark fields;
    bool has_fields;
};

/* The next event of a body. YG_EEND; YG_EFORMAT. */
enum yg_status yg_hec_next(struct yg_json_pull *p, struct yg_str body,
                           struct yg_hec_event *out) YG_MUST_USE;

#endif
