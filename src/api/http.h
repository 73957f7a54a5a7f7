/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http - an HTTP/1.1 server that hands whole requests to one function.
 *
 * The only place that knows the HTTP library (libmicrohttpd 0.9.75: connections,
 * parsing, keep-alive, limits), so that it can be exchanged. The library's own query,
 * form and escape parsers are not used: a request is its method, its target as it was
 * sent, and its Host. Only GET and HEAD come through; others are answered 405 here.
 * Every answer carries the security headers of http.c.
 *
 * Threads: one polling thread, made by start and joined by stop. The handler runs in it
 * and nowhere else, so what it uses needs no lock in between.
 */
#ifndef YG_API_HTTP_H
#define YG_API_HTTP_H

#include "base/buf.h"
#include "base/err.h"

#define YG_HTTP_TARGET_MAX 2048 /* bytes of path and query; longer: 414 */
#define YG_HTTP_BODY_MAX   ((size_t)16 << 20)

struct yg_http_request {
    struct yg_str target; /* "/path?query", undecoded; borrowed until the handler ends */
    struct yg_str host;   /* Host header; p is NULL when there is none */
    bool read;            /* GET or HEAD; else the handler answers 405 */
};

struct yg_http_response {
    unsigned status;    /* 200 unless set */
    const char *type;   /* Content-Type, a constant */
    struct yg_buf body; /* made and freed by the server */
    char filename[48];  /* to save it as; "": it is shown */
    char digest[64];    /* Repr-Digest (RFC 9530); "": none */
};

typedef void yg_http_handle_f(void *arg, const struct yg_http_request *request,
                              struct yg_http_response *response);

struct yg_http_options {
    int fd; /* a listening socket; closed by stop, or when start fails */
    bool
        shared; /* another process has the socket, too: it goes on listening after stop */
    yg_http_handle_f *handle;
    void *arg;
    unsigned connections;        /* cap; more are not accepted; 0: 128 */
    unsigned connections_per_ip; /* 0: 64 */
    unsigned timeout_s;          /* of an idle connection; 0: 15 */
};

struct yg_http;

/* YG_EIO: the server cannot start. */
enum yg_status yg_http_start(const struct yg_http_options *opt, struct yg_http **out,
                             struct yg_err *err) YG_MUST_USE;
/* Finish the request under way, close all connections, join the thread. */
void yg_http_stop(struct yg_http *h);

#endif
