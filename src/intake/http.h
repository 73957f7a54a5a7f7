/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http - the kind of input that senders reach over HTTP(S).
 *
 *      Elasticsearch _bulk, Splunk HEC, Loki push, OTLP logs, lines to /ingest
 *          ──► httpd.h (connections, bodies) ──► httpapi.h (token, route) ──► gather.h
 *
 * One listener, one token, one source: the token says whose records they are, never the
 * payload. Give another source its own input with its own port. Paths, what the record
 * is made of and how clients are set up: docs/inputs.md. Threads: the listener's two.
 */
#ifndef YG_INTAKE_HTTP_H
#define YG_INTAKE_HTTP_H

#include "intake/intake.h"

extern const struct yg_intake_kind yg_intake_http;

/* Port that a state of this kind listens on. */
uint16_t yg_http_port(const void *state);

#endif
