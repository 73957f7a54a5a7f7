/* SPDX-License-Identifier: Apache-2.0 */
/* The routes over the hostile store (api_store.h), without a socket. */
#ifndef YG_TESTS_API_WORLD_H
#define YG_TESTS_API_WORLD_H

#include "api/api.h"
#include "api_store.h"
#include "conf/config.h"

struct world {
    struct fixture *f;
    struct yg_api api;
    struct yg_view_policy policy;
    struct yg_config config;
    struct yg_http_response got;
};

static inline void tell_policy(void *arg, struct yg_view_policy *out)
{
    *out = *(const struct yg_view_policy *)arg;
}

/* `*w`: the store is open and may be added to. */
static inline int world_new(struct world **w)
{
    *w = calloc(1, sizeof(**w));
    if (!*w || fixture_setup((void **)&(*w)->f) != 0)
        return -1;
    fixture_open((*w)->f);
    hostile_store((*w)->f);
    return 0;
}

static inline int world_serve(struct world *w)
{
    yg_config_init(&w->config);
    w->policy.mode = yg_mode_name(YG_MODE_SHADOW);
    w->api.source = (struct yg_view_source){ .store = w->f->st,
                                             .scope = YG_SCOPE_ALL,
                                             .raw = true,
                                             .clock = &w->f->clock,
                                             .config = &w->config,
                                             .policy = tell_policy,
                                             .policy_arg = &w->policy };
    yg_buf_init(&w->got.body, YG_HTTP_BODY_MAX);
    yg_buf_init(&w->got.headers, 65536);
    return yg_listen_parse(YG_STR(YG_LISTEN_DEFAULT), &w->api.listen, NULL) != YG_OK;
}

static inline int teardown(void **state)
{
    struct world *w = *state;
    int rc = fixture_teardown((void **)&w->f);

    yg_buf_fini(&w->got.body);
    yg_buf_fini(&w->got.headers);
    free(w);
    return rc;
}

static inline const char *ask(struct world *w, struct yg_http_request in)
{
    yg_buf_clear(&w->got.body);
    yg_buf_clear(&w->got.headers);
    w->got.status = 200;
    w->got.type = "";
    w->got.stream = NULL;
    yg_api_handle(&w->api, &in, &w->got);
    return yg_buf_cstr(&w->got.body);
}

static inline const char *get(struct world *w, const char *target)
{
    return ask(w, (struct yg_http_request){ .target = yg_str_of(target),
                                            .host = YG_STR("localhost:8433") });
}

#endif
