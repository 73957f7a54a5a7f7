/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request to the HTTP APIs without a socket, and what came of it.
 */
#ifndef YG_TESTS_HTTPAPI_UTIL_H
#define YG_TESTS_HTTPAPI_UTIL_H

#include "intake/httpapi.h"
#include "intake_fake.h"

#include <cmocka.h>

#define ASK_BODY ((size_t)4 << 20)

struct ask {
    struct yg_intake in;
    struct yg_httpapi *api;
    struct yg_httpd_reply out;
};

struct ask_what {
    const char *method, *target, *type, *auth, *channel;
    struct yg_str body;
};

static inline struct yg_input_conf ask_conf(const char *token)
{
    return (struct yg_input_conf){ .token = yg_str_of(token),
                                   .elasticsearch_version = YG_STR("9.9.9"),
                                   .max_body = ASK_BODY };
}

static inline void ask_init(struct ask *a, const char *token)
{
    struct yg_input_conf conf = ask_conf(token);

    memset(a, 0, sizeof(*a));
    fake_init(&a->in);
    assert_int_equal(yg_httpapi_new(&a->in, 0, &conf, &a->api), YG_OK);
    yg_buf_init(&a->out.body, (size_t)64 << 20);
}

static inline void ask_fini(struct ask *a)
{
    yg_buf_fini(&a->out.body);
    yg_httpapi_free(a->api);
    fake_fini(&a->in);
}

static inline int ask_setup(void **state, const char *token)
{
    struct ask *a = calloc(1, sizeof(*a));

    ask_init(a, token);
    *state = a;
    return 0;
}

static inline int teardown(void **state)
{
    ask_fini(*state);
    free(*state);
    return 0;
}

/* The records of the requests before are forgotten. Returns the status. */
static inline unsigned ask(struct ask *a, const struct ask_what *w)
{
    struct yg_str target = yg_str_of(w->target);
    struct yg_httpd_request in = { .method = yg_str_of(w->method ? w->method : "POST"),
                                   .type = yg_str_of(w->type),
                                   .authorization = yg_str_of(w->auth),
                                   .channel = yg_str_of(w->channel),
                                   .peer = YG_STR("192.0.2.7:4711"),
                                   .peer_host = YG_STR("192.0.2.7"),
                                   .body = YG_STR("") };
    struct yg_buf body = a->out.body;

    in.path = yg_str_cut(&target, '?');
    in.query = target.p ? target : YG_STR("");
    fake_clear(&a->in);
    yg_buf_clear(&body);
    a->out = (struct yg_httpd_reply){ .body = body };
    if (yg_httpapi_check(a->api, &in, &a->out)) {
        in.body = w->body;
        yg_httpapi_handle(a->api, &in, &a->out);
    }
    return a->out.status ? a->out.status : 200;
}

static inline unsigned ask_post(struct ask *a, const char *target, const char *type,
                                const char *body)
{
    return ask(
        a, &(struct ask_what){ .target = target, .type = type, .body = yg_str_of(body) });
}

static inline const char *ask_said(struct ask *a)
{
    return yg_buf_cstr(&a->out.body);
}

static inline void assert_str(struct yg_str got, const char *want)
{
    if (!yg_str_eq(got, yg_str_of(want)))
        fail_msg("got  %.*s\nwant %s", YG_STR_ARG(got), want);
}

static inline void assert_record(const struct ask *a, size_t i, const char *want)
{
    assert_true(i < a->in.count);
    assert_str(a->in.rec[i].raw, want);
}

#endif
