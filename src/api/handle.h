/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle - what the routes of routes.def do, one function each.
 *
 * A handler is called when everything is right: who asks may, parameters and body are
 * read, `c->source` shows nothing outside the tenants of who asks. It writes the answer;
 * what it returns besides YG_OK becomes a problem: with the message YG_EINVAL 400,
 * YG_EPERM 403, YG_EEXIST and YG_ELIMIT 409; without it YG_ENOTFOUND 404, YG_EBUSY 503,
 * else 500. In the server's thread: nothing may take long.
 */
#ifndef YG_API_HANDLE_H
#define YG_API_HANDLE_H

#include "api/body.h"
#include "api/http.h"
#include "api/view.h"
#include "people/people.h"

struct yg_api;
struct yg_route;

struct yg_call { /* one request on its way; lives until it is answered */
    struct yg_api *api;
    const struct yg_route *route;
    const struct yg_http_request *http;
    struct yg_principal who;
    struct yg_view_who seen_by;
    struct yg_view_source source; /* the store, seen by who asks */
    struct yg_params params;
    struct yg_body body; /* of a route that takes one */
    struct yg_str id;    /* what stood at {id}, {name} (escapes undone) or {number} */
    uint64_t number;     /* what stood at {number} */
    /* For the trail, from the handler; in the arena. No secrets. */
    struct yg_str said;   /* what was done, in words */
    struct yg_str tenant; /* whose it was */
    bool secret;          /* the answer has one in it: it is not kept (again.h) */
    struct yg_arena arena;
    struct yg_http_response *answer;
};
typedef enum yg_status yg_handle_f(struct yg_call *c, struct yg_err *err);

/* Instead of an answer: a problem document, or a page under a page's address. */
void yg_answer_problem(struct yg_call *c, unsigned status, struct yg_str detail);
/* Instead of an answer: it is not there yet, ask again (503 with Retry-After). */
enum yg_status yg_answer_later(struct yg_call *c);
/* The answer: an act on a selection, ordered as the body (BULK) says; api->acts is there.
 */
enum yg_status yg_act_order(struct yg_call *c, const unsigned char selection[YG_ID_SIZE],
                            struct yg_err *err) YG_MUST_USE;
/* Instead of an answer: look there (303). */
void yg_redirect(struct yg_call *c, struct yg_str to);

#define YG_ROUTE(method, path, verb, object, flags, params, body, answer, id, handler,   \
                 help)                                                                   \
    yg_handle_f yg_handle_##handler;
#include "api/routes.def"
#undef YG_ROUTE

#endif
