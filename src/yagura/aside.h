/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aside - what a lane of the server (api/lane.h) needs to answer requests beside the
 * server's own thread: a store, people, a trail and a desk of its own.
 *
 * One thread at a time has each. Cost: a connection to each database.
 */
#ifndef YG_YAGURA_ASIDE_H
#define YG_YAGURA_ASIDE_H

#include "api/api.h"
#include "yagura/app.h"

struct yg_aside { /* zeroed at first */
    struct yg_app app;
    struct yg_api api; /* for yg_http_options.beside */
};

/* The same again as `api`, which is the server's and open, on the same store. */
enum yg_status yg_aside_open(struct yg_aside *a, const struct yg_app *app,
                             const struct yg_api *api, struct yg_err *err) YG_MUST_USE;
/* The same where the identity provider of api->provider is asked; `*oidc`, to be freed
 * behind it, is NULL when there is none and nothing was opened. */
enum yg_status yg_aside_provider(struct yg_aside *a, const struct yg_app *app,
                                 const struct yg_api *api, struct yg_oidc **oidc,
                                 struct yg_err *err) YG_MUST_USE;
/* What was never opened is let be. */
void yg_aside_close(struct yg_aside *a);

#endif
