/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api - a request on its way through the table of routes (route.h) to its answer.
 *
 * In this order: Host (listen.h), route and method, who asks and may he (gate.h),
 * parameters (request.h), body (body.h), where a write comes from, the trail (note.h),
 * handler (handle.h). Errors are RFC 9457 problem documents under /api/ and pages
 * elsewhere. What the store says of itself is logged, not told to the client.
 *
 * Cost: the queue page (50 rows) 0.75 ms with the connection; a run page decodes each
 * block that its alerts lie in once, when they follow each other there. Threads:
 * yg_api_handle runs in one thread at a time of each struct yg_api, which then owns its
 * store, people, desk and trail: what takes long has a struct of its own in the lane
 * beside (http.h).
 */
#ifndef YG_API_API_H
#define YG_API_API_H

#include "api/http.h"
#include "api/listen.h"
#include "api/view.h"
#include "people/people.h"

#define YG_API_LOGINS 1024

struct yg_again;
struct yg_oidc;
struct yg_oidc_settings;
struct yg_acts;
struct yg_desk;
struct yg_jobs;
struct yg_trail;
struct yg_api {
    struct yg_view_source source; /* unscoped: everything */
    struct yg_listen listen;      /* for the Host check */
    struct yg_people *people;     /* NULL: no login, everybody may everything */
    struct yg_store *rows;        /* the same store, to write rows; NULL: only read */
    struct yg_trail *trail;       /* NULL: nothing is noted */
    struct yg_again *again;       /* NULL: no key is remembered */
    struct yg_jobs *jobs;         /* NULL: none are run here */
    struct yg_desk *desk;         /* NULL: none on this server */
    struct yg_acts *acts; /* NULL: no acts on many alerts, and no key outlives us */
    /* An audited run was found an attack: look for what closed like it, and do not wait
     * for it. Of source.policy_arg; may be NULL. */
    void (*recall)(void *arg, const unsigned char run[YG_ID_SIZE]);
    /* A job was added: do it, and do not wait for it. Of source.policy_arg; may be NULL.
     */
    void (*job)(void *arg, uint64_t id);
    /* An act on many alerts is to be carried out: begin that, and do not wait for it. Of
     * source.policy_arg; NULL: somebody else does. */
    void (*carry_out)(void *arg);
    /* Rows came to the trail. Of source.policy_arg; may be NULL. */
    void (*noted)(void *arg);
    /* The key by which checkpoints are signed; zeros if there is none yet. Of
     * source.policy_arg; may be NULL. */
    enum yg_status (*trail_key)(void *arg, unsigned char out[32], struct yg_err *err);
    /* Is all there that a request may need? If not, why is added. Of source.policy_arg;
     * NULL: it is. */
    bool (*ready)(void *arg, struct yg_buf *why);
    const struct yg_oidc_settings *provider; /* NULL: none vouches for people */
    struct yg_oidc *oidc; /* of the lane in which it is asked; else NULL */
    unsigned streams;     /* private: open ones */
    int64_t login_ns;     /* private: when the next password may be looked at */
    int64_t login_of[YG_API_LOGINS]; /* private: the same of networks, by hash */
};

/* For yg_http_options; `arg` is a struct yg_api. */
size_t yg_api_most(void *arg, const struct yg_http_request *request);
enum { YG_API_LANE_SLOW = 1, YG_API_LANE_AWAY, YG_API_LANE_JUDGE };
unsigned yg_api_lane(void *arg, const struct yg_http_request *request);
void yg_api_handle(void *arg, const struct yg_http_request *request,
                   struct yg_http_response *response);
void yg_api_refuse(void *arg, const struct yg_http_request *request, unsigned status,
                   const char *why, struct yg_http_response *response);

#endif
