/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/httpd.h"

#include "intake/httpbody.h"
#include "intake/httpd_priv.h"

#include <gnutls/abstract.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

/* For request line, headers, a piece of body. */
#define CONNECTION_MEMORY ((size_t)64 << 10)
/* Seconds. Some clients (OpenTelemetry's) try five times, and wait as they are told. */
#define AGAIN "3"

#define HEADERS_MAX ((size_t)64 << 10) /* of an answer, besides the fixed ones */

static struct yg_buf take_spare(struct yg_httpd_spares *s, size_t cap)
{
    struct yg_buf b;

    if (s->count > 0)
        return s->buf[--s->count];
    yg_buf_init(&b, cap);
    return b;
}

/* `b` is without memory then. */
static void spare(struct yg_httpd_spares *s, struct yg_buf *b)
{
    size_t n = yg_buf_str(b).n;

    if (n > 0 && n <= YG_HTTPD_SPARE_MAX && s->count < YG_HTTPD_SPARE) {
        yg_buf_clear(b);
        s->buf[s->count++] = *b;
        yg_buf_init(b, 0);
    } else {
        yg_buf_fini(b);
    }
}

static void free_spares(struct yg_httpd_spares *s)
{
    while (s->count > 0)
        yg_buf_fini(&s->buf[--s->count]);
}

static void *on_target(void *cls, const char *uri, struct MHD_Connection *c)
{
    struct yg_httpd *h = cls;
    struct yg_httpd_exchange *x = calloc(1, sizeof(*x));
    size_t n = strlen(uri);

    if (!x)
        return NULL;
    atomic_fetch_add(&h->open, 1);
    yg_httpd_phase(h, c, YG_HTTPD_HEADERS);
    x->c = c;
    x->owner = h;
    x->too_long = n > YG_HTTPD_TARGET_MAX;
    x->target = x->too_long ? NULL : strdup(uri);
    x->body = take_spare(&h->bodies, h->opt.max_body + 1);
    x->reply.body = take_spare(&h->replies, YG_HTTPD_REPLY_MAX);
    yg_buf_init(&x->reply.headers, HEADERS_MAX);
    return x;
}

static void end_stream(const struct yg_httpd *h, struct yg_httpd_exchange *x)
{
    if (x->reply.stream)
        h->opt.stream_end(h->opt.arg, x->reply.stream);
    x->reply.stream = NULL;
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls,
                         enum MHD_RequestTerminationCode why)
{
    struct yg_httpd *h = cls;
    struct yg_httpd_exchange *x = *con_cls;

    (void)why;
    *con_cls = NULL;
    if (!x)
        return;
    h->held -= x->charged;
    yg_httpd_phase(h, c, YG_HTTPD_BETWEEN);
    spare(&h->bodies, &x->body);
    spare(&h->replies, &x->reply.body);
    yg_buf_fini(&x->reply.headers);
    end_stream(h, x);
    free(x->target);
    free(x);
    atomic_fetch_sub(&h->open, 1);
}

static void on_connection(void *cls, struct MHD_Connection *c, void **con_cls,
                          enum MHD_ConnectionNotificationCode what)
{
    struct yg_httpd *h = cls;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        yg_httpd_peer_gone(h, con_cls);
        return;
    }
    yg_httpd_peer_come(h, c, con_cls);
    if (h->opt.connected)
        h->opt.connected(h->opt.arg);
}

/* Query and path are taken undecoded from on_target; the library's copy stays. */
static size_t keep_escapes(void *cls, struct MHD_Connection *c, char *s)
{
    (void)cls;
    (void)c;
    return strlen(s);
}

/* Zero-terminated pairs, as yg_httpd_reply_header puts them. */
static enum MHD_Result add_headers(struct MHD_Response *r, struct yg_str list)
{
    enum MHD_Result ok = MHD_YES;

    while (ok && list.n > 0) {
        struct yg_str name = yg_str_cut(&list, '\0');
        struct yg_str value = yg_str_cut(&list, '\0');
        ok = MHD_add_response_header(r, name.p, value.p);
    }
    return ok;
}

void yg_httpd_reply_header(struct yg_httpd_reply *out, const char *name,
                           struct yg_str value)
{
    yg_buf_add(&out->headers, name, strlen(name) + 1);
    yg_buf_str_add(&out->headers, value);
    yg_buf_char(&out->headers, '\0');
}

static struct MHD_Response *response_of(struct yg_httpd_exchange *x)
{
    struct yg_str body = yg_buf_str(&x->reply.body);
    union {
        const char *in;
        void *out;
    } p = { .in = body.n ? body.p : "" };

    /* Not copied: it is the exchange's, which ends after the answer (on_completed). */
    return x->reply.stream
               ? yg_httpd_stream_response(x)
               : MHD_create_response_from_buffer(body.n, p.out, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_reply(struct yg_httpd *h, struct yg_httpd_exchange *x)
{
    struct MHD_Response *r = response_of(x);
    enum MHD_Result ok = r ? MHD_YES : MHD_NO;

    for (const char *const *s = h->opt.headers; ok && s && s[0]; s += 2)
        ok = MHD_add_response_header(r, s[0], s[1]);
    if (ok)
        ok = add_headers(r, yg_buf_str(&x->reply.headers));
    if (ok && x->reply.type)
        ok = MHD_add_response_header(r, "Content-Type", x->reply.type);
    if (ok && x->reply.authenticate)
        ok = MHD_add_response_header(r, "WWW-Authenticate", x->reply.authenticate);
    if (ok && x->reply.again)
        ok = MHD_add_response_header(r, "Retry-After", AGAIN);
    if (ok)
        ok = MHD_queue_response(x->c, x->reply.status ? x->reply.status : 200, r);
    if (r)
        MHD_destroy_response(r);
    if (ok && x->stage != YG_HTTPD_NEW && x->reply.status < 300)
        yg_httpd_peer_served(h, x->c);
    x->stage = YG_HTTPD_DONE;
    return ok;
}

static void peer_of(struct yg_httpd_exchange *x)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(x->c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr_storage a = { .ss_family = AF_UNSPEC };

    if (!i || !i->client_addr)
        return;
    bool v6 = i->client_addr->sa_family == AF_INET6;
    memcpy(&a, i->client_addr,
           v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    x->peer_host = yg_sock_host(yg_sock_peer(&a, x->peer)).n;
}

static struct yg_str header(struct MHD_Connection *c, const char *name)
{
    return yg_str_of(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name));
}

struct yg_str yg_httpd_header(const struct yg_httpd_request *in, const char *name)
{
    return in->from ? header(in->from->c, name) : YG_STR_NONE;
}

static struct yg_httpd_request request_of(const struct yg_httpd_exchange *x,
                                          const char *method)
{
    struct yg_str target = yg_str_of(x->target);
    struct yg_httpd_request r = {
        .method = yg_str_of(method),
        .type = header(x->c, "Content-Type"),
        .authorization = header(x->c, "Authorization"),
        .encoding = header(x->c, "Content-Encoding"),
        .channel = header(x->c, "X-Splunk-Request-Channel"),
        .peer = yg_str_of(x->peer),
        .peer_host = { x->peer, x->peer_host },
        .from = x,
    };

    r.path = yg_str_cut(&target, '?');
    r.query = target.p ? target : YG_STR("");
    return r;
}

static void refuse(const struct yg_httpd *h, struct yg_httpd_exchange *x,
                   const struct yg_httpd_request *in, unsigned status, const char *why)
{
    yg_buf_clear(&x->reply.body);
    yg_buf_clear(&x->reply.headers);
    end_stream(h, x);
    x->reply.status = status;
    x->reply.wait = x->reply.parked = false;
    x->reply.again = status == 429 || status == 503;
    h->opt.refuse(h->opt.arg, in, status, why, &x->reply);
}

/* Has the peer shown a certificate that our CA signed? Asked only when one is set. */
static bool certified(const struct yg_httpd *h, struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return !h->opt.tls || (i && yg_tls_certified(h->opt.tls, i->tls_session));
}

/* Bytes of this request's body. */
static size_t most(const struct yg_httpd *h, const struct yg_httpd_exchange *x)
{
    size_t own = x->reply.max_body;

    return own > 0 && own < h->opt.max_body ? own : h->opt.max_body;
}

/* The headers are there. True: the answer is made, the body is not wanted. */
static bool answered_early(struct yg_httpd *h, struct yg_httpd_exchange *x,
                           const struct yg_httpd_request *in)
{
    uint64_t length = 0;
    struct yg_str said = header(x->c, "Content-Length");

    if (x->too_long || !x->target)
        refuse(h, x, in, x->too_long ? 414 : 503, "the address is too long");
    else if (!certified(h, x->c))
        refuse(h, x, in, 403,
               "a client certificate that this server's CA signed is needed");
    else if (!h->opt.check(h->opt.arg, in, &x->reply))
        return true;
    else if (atomic_load(&h->draining))
        refuse(h, x, in, 503, "the server is being stopped");
    else if (yg_httpbody_encoding(in->encoding) == YG_HTTPBODY_UNKNOWN)
        refuse(h, x, in, 415, "Content-Encoding is none of gzip, zstd, identity");
    else if (said.p && yg_str_u64(said, &length) && length > most(h, x))
        refuse(h, x, in, 413, "the body is longer than max_body");
    else
        return false;
    return true;
}

static enum MHD_Result begin(struct yg_httpd *h, struct yg_httpd_exchange *x,
                             const char *method)
{
    peer_of(x);
    struct yg_httpd_request in = request_of(x, method);
    if (answered_early(h, x, &in))
        return send_reply(h, x);
    x->stage = YG_HTTPD_BODY;
    yg_httpd_phase(h, x->c, YG_HTTPD_UPLOAD);
    return MHD_YES;
}

/* What cannot be kept is read to its end, up to a point, so that the answer is heard. */
static enum MHD_Result collect(struct yg_httpd *h, struct yg_httpd_exchange *x,
                               const char *p, size_t n)
{
    size_t have = yg_buf_str(&x->body).n;

    yg_httpd_progress(h, x->c, n);
    if (!x->bad && n > most(h, x) - have)
        x->bad = 413;
    if (!x->bad && h->held + n > h->opt.held)
        x->bad = 429;
    if (!x->bad) {
        yg_buf_add(&x->body, p, n);
        if (yg_buf_status(&x->body) != YG_OK)
            x->bad = 429;
        x->charged += n;
        h->held += n;
        return MHD_YES;
    }
    x->dropped += n;
    return x->dropped <= h->opt.max_body ? MHD_YES : MHD_NO;
}

static void handle(struct yg_httpd *h, struct yg_httpd_exchange *x,
                   struct yg_httpd_request *in)
{
    enum yg_httpbody_encoding e = yg_httpbody_encoding(in->encoding);
    struct yg_err err = { 0 };
    struct yg_buf plain;
    enum yg_status st = YG_OK;

    in->body = yg_buf_str(&x->body);
    yg_buf_init(&plain, h->opt.max_body + YG_HTTPBODY_ROOM);
    if (e != YG_HTTPBODY_PLAIN) {
        st = yg_httpbody_undo(e, in->body, most(h, x), &plain, &err);
        in->body = yg_buf_str(&plain);
    }
    if (st == YG_OK)
        h->opt.handle(h->opt.arg, in, &x->reply);
    else
        refuse(h, x, in, st == YG_ELIMIT ? 413 : st == YG_ENOMEM ? 429 : 400, err.msg);
    yg_buf_fini(&plain);
}

static enum MHD_Result finish(struct yg_httpd *h, struct yg_httpd_exchange *x,
                              const char *method)
{
    struct yg_httpd_request in = request_of(x, method);

    yg_httpd_phase(h, x->c, YG_HTTPD_ANSWER);
    if (x->bad)
        refuse(h, x, &in, x->bad,
               x->bad == 413 ? "the body is longer than max_body"
                             : "too many bodies are being received; send it again");
    else
        handle(h, x, &in);
    if (yg_buf_status(&x->reply.body) != YG_OK)
        refuse(h, x, &in, 503, "no memory for the answer; send it again");
    /* The body is done with; the answer may have to wait for a while. */
    spare(&h->bodies, &x->body);
    h->held -= x->charged;
    x->charged = 0;
    bool parked = x->reply.parked, later = parked || x->reply.wait;
    uint64_t ticket = x->reply.ticket;
    if (later && yg_httpd_suspend(h, x)) {
        if (parked)
            h->opt.parked(h->opt.arg, ticket);
        return MHD_YES;
    }
    if (later)
        refuse(h, x, &in, 503, "the server is being stopped");
    return send_reply(h, x);
}

static enum MHD_Result wake(struct yg_httpd *h, struct yg_httpd_exchange *x,
                            const char *method)
{
    struct yg_httpd_request in = request_of(x, method);

    if (!x->durable)
        refuse(h, x, &in, 503, "it could not be finished; send it again");
    else if (x->reply.parked)
        h->opt.woken(h->opt.arg, &in, &x->reply);
    return send_reply(h, x);
}

/* libmicrohttpd's MHD_AccessHandlerCallback has eight parameters. */
/* NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **con_cls)
{
    struct yg_httpd_exchange *x = *con_cls;
    size_t n = *upload_size;

    (void)c;
    (void)url;
    (void)version;
    if (!x)
        return MHD_NO; /* there was no memory for it */
    *upload_size = 0;
    switch (x->stage) {
    case YG_HTTPD_NEW:
        return begin(cls, x, method);
    case YG_HTTPD_BODY:
        return n ? collect(cls, x, upload, n) : finish(cls, x, method);
    case YG_HTTPD_WAIT:
        return wake(cls, x, method);
    case YG_HTTPD_DONE:
        break;
    }
    return MHD_YES;
}

/* The library wants credentials of its own; they are good for nothing, and are replaced
 * when a connection comes. */
/* NOLINTNEXTLINE(readability-function-size) */
static int no_credentials(gnutls_session_t session, const gnutls_datum_t *ca, int cas,
                          const gnutls_pk_algorithm_t *kind, int kinds,
                          gnutls_pcert_st **cert, unsigned *certs, gnutls_privkey_t *key)
{
    (void)session;
    (void)ca;
    (void)cas;
    (void)kind;
    (void)kinds;
    (void)cert;
    (void)certs;
    (void)key;
    return -1;
}

static struct MHD_Daemon *daemon_of(struct yg_httpd *h)
{
    const struct yg_httpd_options *o = &h->opt;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;

    if (o->tls)
        flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, yg_httpd_admit, h, on_request, h, MHD_OPTION_LISTEN_SOCKET, o->fd,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, h, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT,
        o->connections ? o->connections : YG_HTTPD_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, o->idle_s ? o->idle_s : 300U,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        /* without TLS it is left aside */
        MHD_OPTION_HTTPS_CERT_CALLBACK, no_credentials, MHD_OPTION_END);
}

enum yg_status yg_httpd_start(const struct yg_httpd_options *opt, struct yg_httpd **out,
                              struct yg_err *err)
{
    struct yg_httpd *h = calloc(1, sizeof(*h));
    pthread_condattr_t attr;

    if (!h || pthread_mutex_init(&h->lock, NULL) != 0 ||
        pthread_mutex_init(&h->peers_lock, NULL) != 0) {
        close(opt->fd);
        yg_tls_server_free(opt->tls);
        free(h);
        return yg_err_set(err, YG_ENOMEM, "no memory for the listener");
    }
    h->opt = *opt;
    if (h->opt.held == 0)
        h->opt.held = YG_HTTPD_HELD * opt->max_body;
    h->quiet_fd = -1;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&h->more, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&h->waiter, NULL, yg_httpd_waiter, h) == 0) {
        h->daemon = daemon_of(h);
        if (h->daemon) {
            *out = h;
            return YG_OK;
        }
        yg_httpd_end_waiter(h);
    }
    close(opt->fd);
    yg_httpd_forget(h);
    return yg_err_set(err, YG_EIO, "the HTTP listener does not start");
}

void yg_httpd_drain(struct yg_httpd *h)
{
    if (atomic_exchange(&h->draining, true))
        return;
    h->quiet_fd = MHD_quiesce_daemon(h->daemon);
    yg_httpd_stream_wake(h);
}

void yg_httpd_stop(struct yg_httpd *h)
{
    if (!h)
        return;
    yg_httpd_drain(h);
    yg_httpd_rest(h);
    yg_httpd_end_waiter(h);
    yg_httpd_rest(h);
    MHD_stop_daemon(h->daemon);
    if (h->quiet_fd >= 0)
        close(h->quiet_fd);
    free_spares(&h->bodies);
    free_spares(&h->replies);
    yg_httpd_forget(h);
}
