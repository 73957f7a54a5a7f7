/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpapi - which request is for which API, and who may send it.
 *
 *      path ── route ──► es_*, hec_*, loki_*, otlp_*, ndjson ── records ──► gather
 *                token ─┘
 *
 * An API is a file with handlers for its routes; a route is a row of the table in
 * httpapi.c. A token is compared in constant time and may come as "Bearer T", "Splunk T",
 * "ApiKey T" (or base64 of "id:T") or as the password of Basic. One thread at a time.
 */
#ifndef YG_INTAKE_HTTPAPI_H
#define YG_INTAKE_HTTPAPI_H

#include "intake/gather.h"
#include "intake/httpd.h"
#include "intake/wrap.h"

struct yg_httpapi {
    struct yg_gather gather;
    struct yg_json_pull *body, *line; /* of the request, of a line in it */
    struct yg_wrap wrap;
    struct yg_buf made;      /* a record being made */
    struct yg_buf whence;    /* what its id is made of */
    struct yg_arena kept;    /* texts of a stream's labels, till the next stream */
    struct yg_arena scratch; /* texts of one record */
    struct yg_str token;     /* empty: none is asked for */
    struct yg_str es_version;
    size_t max_body;
    uint64_t hec_acks; /* next ackId */
};

/* `in`, `token` and `version` are borrowed. */
enum yg_status yg_httpapi_new(struct yg_intake *in, uint32_t source,
                              const struct yg_input_conf *conf,
                              struct yg_httpapi **out) YG_MUST_USE;
void yg_httpapi_free(struct yg_httpapi *a);

/* Of struct yg_httpd_options; `arg` is a struct yg_httpapi. */
bool yg_httpapi_check(void *arg, const struct yg_httpd_request *in,
                      struct yg_httpd_reply *out);
void yg_httpapi_handle(void *arg, const struct yg_httpd_request *in,
                       struct yg_httpd_reply *out);
void yg_httpapi_refuse(void *arg, const struct yg_httpd_request *in, unsigned status,
                       const char *why, struct yg_httpd_reply *out);

/* ---- for the APIs ------------------------------------------------------------------ */

typedef void yg_httpapi_f(struct yg_httpapi *a, const struct yg_httpd_request *in,
                          struct yg_httpd_reply *out);
/* An answer in the manner of the API. */
typedef void yg_httpapi_refuse_f(struct yg_httpd_reply *out, unsigned status,
                                 const char *why);

yg_httpapi_f yg_es_bulk, yg_es_root, yg_es_license, yg_es_nodes, yg_es_empty,
    yg_hec_event, yg_hec_raw, yg_hec_health, yg_hec_ack, yg_loki_push, yg_loki_ready,
    yg_otlp_logs, yg_ndjson;
yg_httpapi_refuse_f yg_es_refuse, yg_hec_refuse, yg_loki_refuse, yg_otlp_refuse;

/* The answer waits for what was gathered; false (and an answer made by `refuse`) when it
 * was not all taken. `st`: how reading the request ended. What is too large is told so
 * for good (413): sent again it would be too large again. */
bool yg_httpapi_taken(struct yg_httpapi *a, struct yg_httpd_reply *out, enum yg_status st,
                      yg_httpapi_refuse_f *refuse);
/* A record made of `piece` and of what a->wrap says about it: of both is its id. */
enum yg_status yg_httpapi_add(struct yg_httpapi *a, struct yg_str piece,
                              struct yg_str raw) YG_MUST_USE;
/* A parameter of a query, its escapes undone into `room` (at most 256 bytes). */
struct yg_str yg_httpapi_param(struct yg_str query, const char *name, char room[256]);
/* A string's text with escapes undone, in `arena` if there are any. {NULL, 0}: memory. */
struct yg_str yg_httpapi_text(struct yg_arena *arena, const struct yg_json_value *v);

/* The same for a key. */
struct yg_str yg_httpapi_key(struct yg_arena *arena, struct yg_str key);

#endif
