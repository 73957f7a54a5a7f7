/* SPDX-License-Identifier: Apache-2.0 */
#include "api/http.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECTION_MEMORY 32768 /* request line and headers; more: the library's 431 */
#define UPLOAD_MAX        65536 /* a body that nobody asked for is read no further */

struct yg_http {
    struct MHD_Daemon *daemon;
    yg_http_handle_f *handle;
    void *arg;
    bool shared;
};

/* What is kept of a request from its first line to its answer. */
struct exchange {
    size_t target_len; /* as sent; target[] holds at most YG_HTTP_TARGET_MAX of it */
    size_t uploaded;
    bool begun;
    char target[YG_HTTP_TARGET_MAX];
};

/* Nothing may be loaded but our own style sheet, nothing runs, nobody frames or caches
 * it, and other origins cannot read it. */
static const struct header {
    const char *name, *value;
} headers[] = {
    { "Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; "
                                 "form-action 'self'; frame-ancestors 'none'" },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "no-referrer" },
    { "Cache-Control", "no-store" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
};

static void *on_target(void *cls, const char *uri, struct MHD_Connection *c)
{
    struct exchange *x = calloc(1, sizeof(*x));

    (void)cls;
    (void)c;
    if (!x)
        return NULL;
    x->target_len = strlen(uri);
    memcpy(x->target, uri,
           x->target_len < sizeof(x->target) ? x->target_len : sizeof(x->target));
    return x;
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls,
                         enum MHD_RequestTerminationCode why)
{
    (void)cls;
    (void)c;
    (void)why;
    free(*con_cls);
    *con_cls = NULL;
}

/* The target is taken undecoded from on_target; the library's copy stays as it is. */
static size_t keep_escapes(void *cls, struct MHD_Connection *c, char *s)
{
    (void)cls;
    (void)c;
    return strlen(s);
}

static enum MHD_Result send_response(struct MHD_Connection *c,
                                     const struct yg_http_response *out, bool allow)
{
    union {
        const char *in;
        void *out;
    } body = { .in = out->body.n ? out->body.p : "" };
    struct MHD_Response *r =
        MHD_create_response_from_buffer(out->body.n, body.out, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result ok = r ? MHD_YES : MHD_NO;

    for (size_t i = 0; ok && i < YG_ARRAY_LEN(headers); i++)
        ok = MHD_add_response_header(r, headers[i].name, headers[i].value);
    if (ok && out->type)
        ok = MHD_add_response_header(r, "Content-Type", out->type);
    char disposition[80];
    snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"",
             out->filename);
    if (ok && out->filename[0])
        ok = MHD_add_response_header(r, "Content-Disposition", disposition);
    if (ok && out->digest[0])
        ok = MHD_add_response_header(r, "Repr-Digest", out->digest);
    if (ok && allow)
        ok = MHD_add_response_header(r, "Allow", "GET, HEAD");
    if (ok)
        ok = MHD_queue_response(c, out->status, r);
    if (r)
        MHD_destroy_response(r);
    return ok;
}

static enum MHD_Result answer(const struct yg_http *h, struct MHD_Connection *c,
                              const struct exchange *x, bool read)
{
    const char *host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");
    struct yg_http_request in = { .target = { x->target, x->target_len },
                                  .host = yg_str_of(host),
                                  .read = read };
    struct yg_http_response out = { .status = 200, .type = "text/plain; charset=utf-8" };

    yg_buf_init(&out.body, YG_HTTP_BODY_MAX);
    if (x->target_len > sizeof(x->target)) {
        out.status = 414;
        yg_buf_printf(&out.body, "The address is longer than %d bytes.\n",
                      YG_HTTP_TARGET_MAX);
    } else {
        h->handle(h->arg, &in, &out);
    }
    if (yg_buf_status(&out.body) != YG_OK) {
        yg_buf_clear(&out.body);
        out.status = 500;
        out.type = "text/plain; charset=utf-8";
        yg_buf_str_add(&out.body, YG_STR("The answer does not fit; ask for less.\n"));
    }
    enum MHD_Result ok = send_response(c, &out, !read);
    yg_buf_fini(&out.body);
    return ok;
}

/* libmicrohttpd's MHD_AccessHandlerCallback has eight parameters. */
/* NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **con_cls)
{
    struct exchange *x = *con_cls;
    bool read = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

    (void)url;
    (void)version;
    (void)upload;
    if (!x)
        return MHD_NO; /* there was no memory for it */
    if (!x->begun && read) {
        x->begun = true;
        return MHD_YES; /* come again when the request is whole */
    }
    if (read && *upload_size > 0) {
        x->uploaded += *upload_size;
        *upload_size = 0;
        return x->uploaded <= UPLOAD_MAX ? MHD_YES : MHD_NO;
    }
    return answer(cls, c, x, read);
}

enum yg_status yg_http_start(const struct yg_http_options *opt, struct yg_http **out,
                             struct yg_err *err)
{
    struct yg_http *h = calloc(1, sizeof(*h));

    if (!h) {
        close(opt->fd);
        return yg_err_set(err, YG_ENOMEM, "no memory for the server");
    }
    h->handle = opt->handle;
    h->arg = opt->arg;
    h->shared = opt->shared;
    h->daemon = MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request, h,
        MHD_OPTION_LISTEN_SOCKET, opt->fd, MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT,
        opt->connections ? opt->connections : 128U, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        opt->connections_per_ip ? opt->connections_per_ip : 64U,
        MHD_OPTION_CONNECTION_TIMEOUT, opt->timeout_s ? opt->timeout_s : 15U,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (!h->daemon) {
        close(opt->fd);
        free(h);
        return yg_err_errno(err, "the HTTP server does not start");
    }
    *out = h;
    return YG_OK;
}

void yg_http_stop(struct yg_http *h)
{
    if (!h)
        return;
    /* What is stopped otherwise shuts the socket down for everybody who has it. */
    MHD_socket fd = h->shared ? MHD_quiesce_daemon(h->daemon) : MHD_INVALID_SOCKET;
    MHD_stop_daemon(h->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    free(h);
}
