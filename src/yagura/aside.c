/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/aside.h"

#include "api/again.h"
#include "desk/desk.h"
#include "oidc/oidc.h"
#include "yagura/acting.h"
#include "yagura/door.h"

enum yg_status yg_aside_open(struct yg_aside *a, const struct yg_app *app,
                             const struct yg_api *api, struct yg_err *err)
{
    a->api = *api;
    a->api.people = NULL;
    a->api.trail = NULL;
    a->api.rows = NULL;
    a->api.again = NULL;
    a->api.desk = NULL;
    a->api.jobs = NULL;
    a->api.acts = NULL;
    a->api.source.beside = NULL;
    a->api.source.explain = NULL;
    enum yg_status st = yg_app_init(&a->app, app->cli, err);
    if (st != YG_OK)
        return st;
    a->app.config = app->config; /* as it was when it was checked */
    a->app.dir = app->dir;
    a->app.server = app->server;
    st = api->people ? yg_door_people(&a->app, &a->api.people, err) : YG_OK;
    if (st == YG_OK)
        st = yg_app_store(&a->app, false, true, err);
    if (st == YG_OK)
        st = yg_acting_trail(&a->app, true, &a->api.trail, err);
    if (st == YG_OK)
        st = yg_door_desk(&a->app, 0, &a->api.desk, err);
    a->api.source.store = a->app.store;
    a->api.again = yg_again_new();
    return st;
}

enum yg_status yg_aside_provider(struct yg_aside *a, const struct yg_app *app,
                                 const struct yg_api *api, struct yg_oidc **oidc,
                                 struct yg_err *err)
{
    struct yg_oidc_options o = { .settings = api->provider,
                                 .clock = &app->clock,
                                 .entropy = yg_entropy_system() };

    *oidc = NULL;
    if (!api->provider)
        return YG_OK;
    enum yg_status st = yg_aside_open(a, app, api, err);
    if (st != YG_OK)
        return st;
    o.fetcher = yg_fetcher_curl();
    *oidc = yg_oidc_new(&o);
    a->api.oidc = *oidc;
    return *oidc ? YG_OK
                 : yg_err_set(err, YG_ENOMEM, "no memory for logins at a provider");
}

void yg_aside_close(struct yg_aside *a)
{
    yg_people_close(a->api.people);
    yg_app_fini(&a->app);
    yg_again_free(a->api.again);
    yg_trail_close(a->api.trail);
    yg_desk_close(a->api.desk);
    *a = (struct yg_aside){ .api = { .people = NULL } };
}
