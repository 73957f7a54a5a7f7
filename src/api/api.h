/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api - what is served at which address: one table of routes, one function to answer.
 *
 * Read-only. A request passes, in this order: method, Host (listen.h), route, parameters
 * (request.h), store. Errors are RFC 9457 problem documents under /api/ and pages
 * elsewhere. What the store says of itself is logged, not told to the client.
 *
 * Cost: the queue page (50 rows) 0.75 ms with the connection; a run page decodes one
 * block for each alert on it. Threads: yg_api_handle runs in one thread at a time, which
 * then owns the store.
 */
#ifndef YG_API_API_H
#define YG_API_API_H

#include "api/http.h"
#include "api/listen.h"
#include "api/view.h"

struct yg_api {
    struct yg_view_source source;
    struct yg_listen listen; /* for the Host check */
};

/* For yg_http_options; `arg` is a struct yg_api. */
void yg_api_handle(void *arg, const struct yg_http_request *request,
                   struct yg_http_response *response);
void yg_api_refuse(void *arg, const struct yg_http_request *request, unsigned status,
                   const char *why, struct yg_http_response *response);

/* The routes, for --help and tests: NULL behind the last. */
extern const struct yg_route_info {
    const char *path, *help;
    uint32_t params; /* bits 1 << enum yg_param */
} yg_route_info[];

#endif
