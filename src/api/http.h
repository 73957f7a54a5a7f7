/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http - an HTTP/1.1 server for people and their programs: whole requests to one
 * function, answers compressed, tagged and with the headers that keep a browser in check.
 *
 * Connections, TLS, limits and slow clients are those of intake/httpd.h, the one place
 * that knows the HTTP library. What is added: security headers in every answer (HSTS with
 * TLS), ETag and 304, gzip and zstd from YG_HTTP_SMALL bytes, and streams (text/event-
 * stream) of which there is a limited number.
 *
 * Cost: a digest of each answer to a GET, and compressing it when asked to.
 * Threads: one, made by start and joined by stop. All functions of the options run in it
 * and nowhere else, so what they use needs no lock in between. What takes long has lanes
 * beside it (lane.h), a thread each, in which `handle` has an argument of its own.
 */
#ifndef YG_API_HTTP_H
#define YG_API_HTTP_H

#include "base/buf.h"
#include "base/err.h"

#define YG_HTTP_TARGET_MAX 4096 /* bytes of path and query; longer: 414 */
#define YG_HTTP_BODY_MAX   ((size_t)16 << 20)
#define YG_HTTP_UPLOAD_MAX                                                               \
    ((size_t)1 << 20)       /* of a request, unless its route says less */
#define YG_HTTP_SMALL 1024U /* answers from here up are compressed */

enum yg_http_method {
    YG_HTTP_GET,
    YG_HTTP_HEAD,
    YG_HTTP_POST,
    YG_HTTP_PUT,
    YG_HTTP_PATCH,
    YG_HTTP_DELETE,
    YG_HTTP_OTHER
};
const char *yg_http_method_name(enum yg_http_method m); /* "GET" */

/* Borrowed until the handler ends. Of a header that is not there p is NULL. */
struct yg_http_request {
    enum yg_http_method method;
    struct yg_str target; /* "/path?query", undecoded */
    struct yg_str host, cookie, authorization, origin;
    struct yg_str fetch_site;  /* Sec-Fetch-Site */
    struct yg_str type;        /* Content-Type */
    struct yg_str csrf;        /* X-CSRF-Token */
    struct yg_str idempotency; /* Idempotency-Key */
    struct yg_str peer;        /* address of the client, without port */
    struct yg_str body;
    bool tls;
};
static inline bool yg_http_reads(const struct yg_http_request *in)
{
    return in->method == YG_HTTP_GET || in->method == YG_HTTP_HEAD;
}

struct yg_http_response {
    unsigned status;       /* 200 unless set */
    const char *type;      /* Content-Type, a constant */
    struct yg_buf body;    /* made and freed by the server */
    struct yg_buf headers; /* likewise: yg_http_header */
    char filename[48];     /* to save it as; "": it is shown */
    char digest[64];       /* Repr-Digest (RFC 9530); "": none */
    bool constant;         /* of this version: a browser may keep it and ask */
    void *stream;          /* goes on behind the body, by options.stream */
};
/* One more header; neither has line ends. */
void yg_http_header(struct yg_http_response *out, const char *name, struct yg_str value);

/* Ready to be written; fini its buffers. */
void yg_http_response_begin(struct yg_http_response *out);

#define YG_HTTP_LANES 3

struct yg_tls_server;
struct yg_http_options {
    int fd; /* a listening socket; closed by stop, or when start fails. Other processes
             * may have it, too, and go on listening */
    struct yg_tls_server *tls;   /* owned likewise; NULL: plain HTTP */
    unsigned connections;        /* cap; the oldest unserved make room; 0: 256 */
    unsigned connections_per_ip; /* 0: 64 */
    unsigned timeout_s;          /* of an idle connection; 0: 15 */
    void *arg;                   /* of the following */
    /* Bytes of body that a request may bring, at most YG_HTTP_UPLOAD_MAX; its body is not
     * there yet. 0: none, one is read and dropped. NULL: always 0. */
    size_t (*most)(void *arg, const struct yg_http_request *in);
    void (*handle)(void *arg, const struct yg_http_request *in,
                   struct yg_http_response *out);
    /* Where is it handled? 0: in the server's thread with `arg`; n: in lane n with
     * beside[n - 1]. NULL: always 0. */
    unsigned (*lane)(void *arg, const struct yg_http_request *in);
    void *beside[YG_HTTP_LANES]; /* NULL: there is no such lane */
    /* The request was not taken for this reason; NULL: it is told as text. */
    void (*refuse)(void *arg, const struct yg_http_request *in, unsigned status,
                   const char *why, struct yg_http_response *out);
    /* As of intake/httpd.h; NULL: there are no streams. */
    bool (*stream)(void *arg, void *stream, struct yg_buf *out);
    void (*stream_end)(void *arg, void *stream);
};

struct yg_http;

/* YG_EIO: the server cannot start. */
enum yg_status yg_http_start(const struct yg_http_options *opt, struct yg_http **out,
                             struct yg_err *err) YG_MUST_USE;
/* Finish the request under way, close all connections, join the thread. */
void yg_http_stop(struct yg_http *h);

#endif
