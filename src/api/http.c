/* SPDX-License-Identifier: Apache-2.0 */
#include "api/http.h"

#include "api/encode.h"
#include "api/lane.h"
#include "intake/httpd.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define UNWANTED_MAX                                                                     \
    ((size_t)64 << 10) /* a body that nobody asked for is read so far                    \
                        */
#define HEADERS_MAX ((size_t)32 << 10)
#define HELD_MAX    ((size_t)64 << 20)
#define CONNECTIONS 256U
#define TAG_BYTES   16

struct yg_http {
    struct yg_http_options opt;
    struct yg_httpd *httpd;
    struct yg_lane *lane[YG_HTTP_LANES];
    uint64_t parked;        /* so many until now */
    struct yg_httpd *wakes; /* httpd, as the server's thread knows it, which may be asked
                             * before start has ended */
};

static const char content_policy[] =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

/* Nothing may be loaded but our own style sheet, nothing runs, nobody frames it, and
 * other origins cannot read it. The first two are sent with TLS only. */
static const char *const headers[] = { "Strict-Transport-Security",
                                       "max-age=31536000",
                                       "Content-Security-Policy",
                                       content_policy,
                                       "X-Content-Type-Options",
                                       "nosniff",
                                       "X-Frame-Options",
                                       "DENY",
                                       "Referrer-Policy",
                                       "same-origin",
                                       "Cross-Origin-Resource-Policy",
                                       "same-origin",
                                       "Cross-Origin-Opener-Policy",
                                       "same-origin",
                                       NULL };

static const char *const methods[] = { "GET",   "HEAD",   "POST", "PUT",
                                       "PATCH", "DELETE", "other" };

const char *yg_http_method_name(enum yg_http_method m)
{
    return methods[m];
}

static enum yg_http_method method_of(struct yg_str name)
{
    int m = YG_HTTP_GET;

    while (m < YG_HTTP_OTHER && !yg_str_eq(name, yg_str_of(methods[m])))
        m++;
    return (enum yg_http_method)m;
}

void yg_http_header(struct yg_http_response *out, const char *name, struct yg_str value)
{
    yg_buf_add(&out->headers, name, strlen(name) + 1);
    yg_buf_str_add(&out->headers, value);
    yg_buf_char(&out->headers, '\0');
}

static struct yg_http_request request_of(const struct yg_http *h,
                                         const struct yg_httpd_request *in)
{
    /* path and query are two parts of one text */
    size_t n = in->query.p && in->query.n > 0
                   ? (size_t)(in->query.p - in->path.p) + in->query.n
                   : in->path.n;

    return (struct yg_http_request){
        .method = method_of(in->method),
        .target = { in->path.p, n },
        .host = yg_httpd_header(in, "Host"),
        .cookie = yg_httpd_header(in, "Cookie"),
        .authorization = in->authorization,
        .origin = yg_httpd_header(in, "Origin"),
        .fetch_site = yg_httpd_header(in, "Sec-Fetch-Site"),
        .type = in->type,
        .csrf = yg_httpd_header(in, "X-CSRF-Token"),
        .idempotency = yg_httpd_header(in, "Idempotency-Key"),
        .peer = in->peer_host,
        .body = in->body,
        .tls = h->opt.tls != NULL,
    };
}

/* ---- the answer ------------------------------------------------------------------- */

/* Is `tag` in an If-None-Match? Compared weakly, as that header wants. */
static bool has_tag(struct yg_str list, struct yg_str tag)
{
    while (list.n > 0) {
        struct yg_str one = yg_str_trim(yg_str_cut(&list, ','));
        if (yg_str_eq(one, tag) || yg_str_eq(one, YG_STR("*")))
            return true;
    }
    return false;
}

/* Weak: the same representation under any Content-Encoding. */
static void tag_of(struct yg_str body, char out[2 * TAG_BYTES + 5])
{
    unsigned char digest[TAG_BYTES];
    char hex[2 * TAG_BYTES + 1];

    crypto_generichash(digest, sizeof(digest), (const unsigned char *)body.p, body.n,
                       NULL, 0);
    sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    snprintf(out, 2 * TAG_BYTES + 5, "W/\"%s\"", hex);
}

/* True: the client has it already. */
static bool tagged(const struct yg_httpd_request *in, struct yg_http_response *out)
{
    char tag[2 * TAG_BYTES + 5];

    tag_of(yg_buf_str(&out->body), tag);
    yg_http_header(out, "ETag", yg_str_of(tag));
    if (!has_tag(yg_httpd_header(in, "If-None-Match"), yg_str_of(tag)))
        return false;
    yg_buf_clear(&out->body);
    out->status = 304;
    return true;
}

static void put_body(const struct yg_httpd_request *in, struct yg_http_response *out,
                     struct yg_httpd_reply *reply)
{
    struct yg_str body = yg_buf_str(&out->body);
    enum yg_encoding e = yg_encoding_of(yg_httpd_header(in, "Accept-Encoding"));

    yg_http_header(out, "Vary", YG_STR("Accept-Encoding"));
    if (body.n >= YG_HTTP_SMALL && e != YG_ENCODE_PLAIN && !out->stream) {
        if (yg_encode(e, body, &reply->body) == YG_OK) {
            yg_http_header(out, "Content-Encoding", yg_str_of(yg_encoding_name(e)));
            return;
        }
        yg_buf_clear(&reply->body);
    }
    yg_buf_str_add(&reply->body, body);
}

static void send_off(const struct yg_http *h, const struct yg_httpd_request *in,
                     struct yg_http_response *out, struct yg_httpd_reply *reply)
{
    bool gets = method_of(in->method) <= YG_HTTP_HEAD;
    char disposition[80];

    if (yg_buf_status(&out->body) != YG_OK || yg_buf_status(&out->headers) != YG_OK) {
        if (out->stream)
            h->opt.stream_end(h->opt.arg, out->stream);
        out->stream = NULL;
        yg_buf_clear(&out->body);
        yg_buf_clear(&out->headers);
        out->status = 500;
        out->type = "text/plain; charset=utf-8";
        yg_buf_str_add(&out->body, YG_STR("The answer does not fit; ask for less.\n"));
    }
    if (!(out->status == 200 && gets && !out->stream && tagged(in, out)))
        put_body(in, out, reply);
    snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"",
             out->filename);
    if (out->filename[0])
        yg_http_header(out, "Content-Disposition", yg_str_of(disposition));
    if (out->digest[0])
        yg_http_header(out, "Repr-Digest", yg_str_of(out->digest));
    yg_http_header(out, "Cache-Control",
                   out->constant ? YG_STR("private, no-cache") : YG_STR("no-store"));
    reply->status = out->status;
    reply->type = out->status == 304 || out->status == 204 ? NULL : out->type;
    reply->stream = out->stream;
    yg_buf_str_add(&reply->headers, yg_buf_str(&out->headers));
}

void yg_http_response_begin(struct yg_http_response *out)
{
    *out =
        (struct yg_http_response){ .status = 200, .type = "text/plain; charset=utf-8" };
    yg_buf_init(&out->body, YG_HTTP_BODY_MAX);
    yg_buf_init(&out->headers, HEADERS_MAX);
}

static void end(struct yg_http_response *out)
{
    yg_buf_fini(&out->body);
    yg_buf_fini(&out->headers);
}

/* ---- what intake/httpd.h calls ---------------------------------------------------- */

static void refuse(void *arg, const struct yg_httpd_request *in, unsigned status,
                   const char *why, struct yg_httpd_reply *reply)
{
    const struct yg_http *h = arg;
    struct yg_http_request request = request_of(h, in);
    struct yg_http_response out;

    yg_http_response_begin(&out);
    out.status = status;
    if (h->opt.refuse)
        h->opt.refuse(h->opt.arg, &request, status, why, &out);
    else
        yg_buf_printf(&out.body, "%s\n", why);
    send_off(h, in, &out, reply);
    end(&out);
}

static bool check(void *arg, const struct yg_httpd_request *in,
                  struct yg_httpd_reply *reply)
{
    const struct yg_http *h = arg;
    struct yg_http_request request = request_of(h, in);

    if (request.target.n > YG_HTTP_TARGET_MAX) {
        refuse(arg, in, 414, "the address is longer than 4096 bytes", reply);
        return false;
    }
    reply->max_body = h->opt.most ? h->opt.most(h->opt.arg, &request) : 0;
    if (reply->max_body == 0)
        reply->max_body = UNWANTED_MAX;
    return true;
}

/* A ticket says which lane: it counts in steps of their number. */
static struct yg_lane *lane_of(const struct yg_http *h, uint64_t ticket)
{
    return h->lane[ticket % YG_HTTP_LANES];
}

/* False: it is to be handled here. */
static bool put_aside(struct yg_http *h, const struct yg_httpd_request *in,
                      const struct yg_http_request *request, struct yg_httpd_reply *reply)
{
    unsigned n = h->opt.lane ? h->opt.lane(h->opt.arg, request) : 0;

    if (n == 0 || n > YG_HTTP_LANES || !h->lane[n - 1])
        return false;
    h->wakes = yg_httpd_of(in);
    reply->ticket = ++h->parked * YG_HTTP_LANES + n - 1;
    if (yg_lane_offer(lane_of(h, reply->ticket), reply->ticket, request)) {
        reply->parked = true;
        return true;
    }
    refuse(h, in, 503, "too much waits for the same; send it again", reply);
    reply->again = true;
    return true;
}

static void parked(void *arg, uint64_t ticket)
{
    const struct yg_http *h = arg;

    yg_lane_begin(lane_of(h, ticket), ticket);
}

/* In a lane's thread. */
static void done(void *arg, uint64_t ticket)
{
    const struct yg_http *h = arg;

    yg_httpd_wake(h->wakes, ticket);
}

static void woken(void *arg, const struct yg_httpd_request *in,
                  struct yg_httpd_reply *reply)
{
    const struct yg_http *h = arg;
    struct yg_http_response out;

    yg_http_response_begin(&out);
    if (yg_lane_take(lane_of(h, reply->ticket), reply->ticket, &out))
        send_off(h, in, &out, reply);
    else
        refuse(arg, in, 503, "it could not be finished; send it again", reply);
    end(&out);
}

static void handle(void *arg, const struct yg_httpd_request *in,
                   struct yg_httpd_reply *reply)
{
    struct yg_http *h = arg;
    struct yg_http_request request = request_of(h, in);
    struct yg_http_response out;

    if (put_aside(h, in, &request, reply))
        return;

    yg_http_response_begin(&out);
    h->opt.handle(h->opt.arg, &request, &out);
    send_off(h, in, &out, reply);
    end(&out);
}

static bool stream(void *arg, void *s, struct yg_buf *out)
{
    const struct yg_http *h = arg;

    return h->opt.stream(h->opt.arg, s, out);
}

static void stream_end(void *arg, void *s)
{
    const struct yg_http *h = arg;

    h->opt.stream_end(h->opt.arg, s);
}

/* Nothing is ever waited for: no answer has a ticket. */
static enum yg_status durable(void *arg, uint64_t ticket, int64_t timeout_ns)
{
    (void)arg;
    (void)ticket;
    (void)timeout_ns;
    return YG_OK;
}

static enum yg_status start_lanes(struct yg_http *h, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (int i = 0; st == YG_OK && i < YG_HTTP_LANES; i++) {
        const struct yg_lane_options o = {
            .arg = h->opt.beside[i], .handle = h->opt.handle, .owner = h, .done = done
        };
        if (h->opt.beside[i])
            st = yg_lane_start(&o, &h->lane[i], err);
    }
    return st;
}

static void end_lanes(struct yg_http *h)
{
    for (int i = 0; i < YG_HTTP_LANES; i++) {
        yg_lane_stop(h->lane[i]);
        yg_lane_free(h->lane[i]);
    }
}

enum yg_status yg_http_start(const struct yg_http_options *opt, struct yg_http **out,
                             struct yg_err *err)
{
    struct yg_http *h = calloc(1, sizeof(*h));
    struct yg_httpd_options o = {
        .fd = opt->fd,
        .max_body = YG_HTTP_UPLOAD_MAX,
        .held = HELD_MAX,
        .connections = opt->connections ? opt->connections : CONNECTIONS,
        .idle_s = opt->timeout_s ? opt->timeout_s : 15U,
        .per_address = opt->connections_per_ip ? opt->connections_per_ip : 64U,
        .header_s = opt->timeout_s ? opt->timeout_s : 15U,
        .tls = opt->tls,
        .headers = opt->tls ? headers : headers + 2,
        .arg = h,
        .check = check,
        .handle = handle,
        .refuse = refuse,
        .durable = durable,
        .parked = parked,
        .woken = woken,
        .stream = stream,
        .stream_end = stream_end,
    };

    if (!h || sodium_init() < 0) {
        close(opt->fd);
        yg_tls_server_free(opt->tls);
        free(h);
        return yg_err_set(err, YG_ENOMEM, "no memory for the server");
    }
    h->opt = *opt;
    enum yg_status st = start_lanes(h, err);
    if (st != YG_OK) {
        close(opt->fd);
        yg_tls_server_free(opt->tls);
    } else {
        st = yg_httpd_start(&o, &h->httpd, err);
    }
    if (st == YG_OK) {
        *out = h;
        return YG_OK;
    }
    end_lanes(h);
    free(h);
    return st;
}

void yg_http_stop(struct yg_http *h)
{
    if (!h)
        return;
    /* what is under way is answered, what waits behind it is told so */
    yg_httpd_drain(h->httpd);
    for (int i = 0; i < YG_HTTP_LANES; i++)
        yg_lane_stop(h->lane[i]);
    yg_httpd_stop(h->httpd);
    end_lanes(h);
    free(h);
}
