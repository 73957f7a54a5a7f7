/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route - the table of what is served: routes.def, from which the server, the matrix of
 * permissions, docs/openapi.json and the tests that walk every route are made. What is
 * not in it is not there. Constant data.
 */
#ifndef YG_API_ROUTE_H
#define YG_API_ROUTE_H

#include "api/handle.h"
#include "people/role.h"

enum yg_route_flags {
    YG_ROUTE_PAGE = 1,   /* HTML, not in the API's description */
    YG_ROUTE_PUBLIC = 2, /* before login: health, style, the login itself */
    YG_ROUTE_OWN = 4,    /* everybody who is logged in: what concerns oneself */
    YG_ROUTE_WHOLE = 8,  /* only for those who see all tenants */
    YG_ROUTE_RAW = 16,   /* bytes of records */
    YG_ROUTE_STREAM = 32,
    YG_ROUTE_SLOW = 64,    /* a password, or all of the trail: in a lane of its own */
    YG_ROUTE_AWAY = 128,   /* asks another server: in another lane */
    YG_ROUTE_FOREIGN = 256 /* another server wrote the query: the handler reads it */
};

enum yg_reply {
#define YG_REPLY(id, name, type, schema, help) YG_REPLY_##id,
#include "api/replies.def"
#undef YG_REPLY
    YG_REPLY_COUNT
};
extern const struct yg_reply_info {
    const char *name, *type, *schema, *help;
} yg_reply_info[YG_REPLY_COUNT];

struct yg_route {
    enum yg_http_method method;
    const char *path; /* "/api/v1/runs/{id}" */
    uint8_t verb, object;
    uint16_t flags;
    uint32_t params; /* bits of params.def */
    uint8_t body;    /* enum yg_body_kind */
    uint8_t answer;  /* enum yg_reply */
    const char *id;  /* operationId; "" of pages */
    const char *help;
    yg_handle_f *handle;
};
extern const struct yg_route yg_routes[]; /* `path` NULL behind the last */

/* `*id`: what stands at {id}. NULL: `*methods` (bits of enum yg_http_method) is what is
 * served at that path, 0: nothing. HEAD is GET. */
const struct yg_route *yg_route_find(enum yg_http_method m, struct yg_str path,
                                     struct yg_str *id, unsigned *methods);

#endif
