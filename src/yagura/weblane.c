/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/weblane.h"

#include "act/act.h"
#include "api/again.h"
#include "desk/desk.h"
#include "oidc/oidc.h"
#include "yagura/acting.h"
#include "yagura/door.h"

static void no_policy(void *arg, struct yg_view_policy *out)
{
    (void)arg;
    *out = (struct yg_view_policy){ .mode = yg_mode_name(YG_MODE_SHADOW) };
}

enum yg_status yg_weblane_rows(const struct yg_app *a, int patience_ms,
                               struct yg_store **out, struct yg_err *err)
{
    const struct yg_store_options rows = {
        .rows = true, .patience_ms = patience_ms, .where = a->server, .clock = &a->clock
    };

    return yg_store_open(a->dir, &rows, out, err);
}

/* What the server's thread has and a lane must not. */
static void forget(struct yg_api *api)
{
    api->people = NULL;
    api->trail = NULL;
    api->rows = NULL;
    api->again = NULL;
    api->desk = NULL;
    api->jobs = NULL;
    api->acts = NULL;
    api->source.store = NULL;
    api->source.beside = NULL;
    api->source.explain = NULL;
    api->source.pack = NULL;
    api->source.policy = no_policy;
}

enum yg_status yg_weblane_open(struct yg_weblane *l, const struct yg_app *app,
                               const struct yg_api *api, int judge_ms, struct yg_err *err)
{
    l->api = *api;
    forget(&l->api);
    enum yg_status st = yg_app_init(&l->app, app->cli, err);
    if (st != YG_OK)
        return st;
    l->app.config = app->config; /* as it was when it was checked */
    l->app.dir = app->dir;
    l->app.server = app->server;
    st = api->people ? yg_door_people(&l->app, &l->api.people, err) : YG_OK;
    if (st == YG_OK)
        st = yg_app_store(&l->app, false, true, err);
    if (st == YG_OK)
        st = yg_acting_trail(&l->app, true, &l->api.trail, err);
    if (st == YG_OK)
        st = yg_door_desk(&l->app, 0, &l->api.desk, err);
    if (st == YG_OK && judge_ms > 0)
        st = yg_weblane_rows(&l->app, judge_ms, &l->api.rows, err);
    if (st == YG_OK && judge_ms > 0)
        st = yg_door_acts(&l->app, judge_ms, &l->api.acts, err);
    l->api.source.store = l->app.store;
    l->api.again = yg_again_new();
    return st;
}

enum yg_status yg_weblane_provider(struct yg_weblane *l, const struct yg_app *app,
                                   const struct yg_api *api, struct yg_oidc **oidc,
                                   struct yg_err *err)
{
    struct yg_oidc_options o = { .settings = api->provider,
                                 .clock = &app->clock,
                                 .entropy = yg_entropy_system() };

    *oidc = NULL;
    if (!api->provider)
        return YG_OK;
    enum yg_status st = yg_weblane_open(l, app, api, 0, err);
    if (st != YG_OK)
        return st;
    o.fetcher = yg_fetcher_curl();
    *oidc = yg_oidc_new(&o);
    l->api.oidc = *oidc;
    return *oidc ? YG_OK
                 : yg_err_set(err, YG_ENOMEM, "no memory for logins at a provider");
}

void yg_weblane_close(struct yg_weblane *l)
{
    yg_people_close(l->api.people);
    yg_store_close(l->api.rows);
    yg_app_fini(&l->app);
    yg_again_free(l->api.again);
    yg_trail_close(l->api.trail);
    yg_desk_close(l->api.desk);
    yg_acts_close(l->api.acts);
    *l = (struct yg_weblane){ .api = { .people = NULL } };
}
