/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch - one request to the provider and its whole answer.
 *
 * HTTPS with the certificate checked, TLS 1.2 or newer; plain HTTP only to this machine.
 * No redirect is followed, no proxy asked that the settings do not name, an answer is at
 * most YG_FETCH_MAX bytes and YG_FETCH_S seconds. A struct of functions, so that tests
 * have a provider of their own. Blocks; any thread.
 */
#ifndef YG_OIDC_FETCH_H
#define YG_OIDC_FETCH_H

#include "base/buf.h"
#include "base/err.h"

#include <stdatomic.h>

#define YG_FETCH_MAX ((size_t)64 << 10)
#define YG_FETCH_S   10

struct yg_fetch { /* texts are NUL-terminated */
    const char *url;
    const char *form;            /* a body to POST; NULL: GET */
    const char *user, *password; /* HTTP Basic; NULL: none */
    const char *ca;              /* file; NULL: the system's */
    bool plain;                  /* http */
    const atomic_bool *stop;     /* true: give up; NULL: never */
};

struct yg_fetcher {
    /* `*status`: of HTTP. YG_EIO: there is no answer; YG_ELIMIT: it is too long. */
    enum yg_status (*get)(void *arg, const struct yg_fetch *what, struct yg_buf *out,
                          unsigned *status, struct yg_err *err);
    void *arg;
};

/* libcurl's. To be called once before any thread is made. */
struct yg_fetcher yg_fetcher_curl(void);

#endif
