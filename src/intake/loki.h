/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loki - Loki's push API, JSON and protobuf in snappy's block format.
 *
 *      stream labels ─┐
 *      [time, line, structured metadata] ──► wrap.h ──► record
 *
 * The record is the line with its time and all labels; host and app are taken from the
 * labels that agents give them in. X-Scope-OrgID is not believed: the token says whose
 * records they are. A malformed request is refused whole, before anything is taken.
 *
 * Source: Grafana Loki HTTP API, "Ingest logs"; logproto PushRequest's field numbers;
 * snappy format description (undone by libsnappy).
 */
#ifndef YG_INTAKE_LOKI_H
#define YG_INTAKE_LOKI_H

#include "intake/httpapi.h"

/* The next label of {name="value", ...} as Prometheus writes it: `*rest` begins as the
 * whole text; the value is as it stands. False at the end; `*bad`: malformed.
 */
bool yg_loki_label(struct yg_str *rest, struct yg_str *name, struct yg_str *value,
                   bool *bad);
/* Undo the escapes of a label's value into `out`, which has value.n bytes. */
size_t yg_loki_unquote(struct yg_str value, char *out);

/* A label of the record; host and app are looked for among them. */
void yg_loki_put(struct yg_httpapi *a, struct yg_str name, struct yg_str value);
/* An entry: `ns` as text of the nanoseconds; the labels are set. */
enum yg_status yg_loki_entry(struct yg_httpapi *a, struct yg_str piece, int64_t ns,
                             struct yg_str line) YG_MUST_USE;

/* Read a body; twice, the first time (`take` false) only to see whether it is good.
 * YG_EFORMAT; what yg_gather_add says. */
enum yg_status yg_loki_json(struct yg_httpapi *a, struct yg_str body,
                            bool take) YG_MUST_USE;
enum yg_status yg_loki_wire(struct yg_httpapi *a, struct yg_str message,
                            bool take) YG_MUST_USE;

#endif
