/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weblane - what a lane of the web server (api/lane.h) needs to answer requests beside
 * the server's own thread: a store, people, a trail and a desk of its own. The model in
 * force stays with the server's thread.
 *
 * One thread at a time has each. Cost: a connection to each database.
 */
#ifndef YG_YAGURA_WEBLANE_H
#define YG_YAGURA_WEBLANE_H

#include "api/api.h"
#include "yagura/app.h"

struct yg_weblane { /* zeroed at first */
    struct yg_app app;
    struct yg_api api; /* for yg_http_options.beside */
};

/* The same again as `api`, which is the server's and open, on the same store. `judge_ms`:
 * how long a verdict waits its turn; 0: none are given here. */
enum yg_status yg_weblane_open(struct yg_weblane *l, const struct yg_app *app,
                               const struct yg_api *api, int judge_ms,
                               struct yg_err *err) YG_MUST_USE;
/* The same where the identity provider of api->provider is asked; `*oidc`, to be freed
 * behind it, is NULL when there is none and nothing was opened. */
enum yg_status yg_weblane_provider(struct yg_weblane *l, const struct yg_app *app,
                                   const struct yg_api *api, struct yg_oidc **oidc,
                                   struct yg_err *err) YG_MUST_USE;
/* What was never opened is let be. */
void yg_weblane_close(struct yg_weblane *l);

/* Open the store to write rows beside who writes history. */
enum yg_status yg_weblane_rows(const struct yg_app *a, int patience_ms,
                               struct yg_store **out, struct yg_err *err) YG_MUST_USE;

#endif
