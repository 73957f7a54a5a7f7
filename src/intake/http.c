/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/http.h"

#include "conf/textfile.h"
#include "intake/httpapi.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEM_MAX ((size_t)1 << 20)
#define BACKLOG 1024

struct http {
    struct yg_intake *in;
    uint32_t source;
    uint16_t port;
    struct yg_arena pem;
    struct yg_httpapi *api;
    struct yg_httpd *httpd;
};

/* Clients of Elasticsearch refuse to talk to what does not say this in every answer. */
static const char *const headers[] = { "X-Elastic-Product", "Elasticsearch",
                                       "X-Content-Type-Options", "nosniff", NULL };

static enum yg_status durable(void *arg, uint64_t ticket, int64_t timeout_ns)
{
    const struct http *h = arg;

    return yg_journal_wait(yg_intake_journal(h->in), ticket, timeout_ns);
}

static bool check(void *arg, const struct yg_httpd_request *in,
                  struct yg_httpd_reply *out)
{
    const struct http *h = arg;

    return yg_httpapi_check(h->api, in, out);
}

static void handle(void *arg, const struct yg_httpd_request *in,
                   struct yg_httpd_reply *out)
{
    const struct http *h = arg;

    yg_httpapi_handle(h->api, in, out);
}

static void refuse(void *arg, const struct yg_httpd_request *in, unsigned status,
                   const char *why, struct yg_httpd_reply *out)
{
    const struct http *h = arg;

    yg_httpapi_refuse(h->api, in, status, why, out);
}

static void connected(void *arg)
{
    const struct http *h = arg;

    yg_intake_count(h->in, h->source, YG_IN_CONNECTIONS, 1);
}

static enum yg_status bind_to(const struct addrinfo *ai, struct yg_str address, int *fd,
                              struct yg_err *err)
{
    int on = 1, off = 0;
    int s = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (s < 0)
        return yg_err_errno(err, "cannot make a socket");
    (void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (ai->ai_family == AF_INET6)
        (void)setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(s, ai->ai_addr, ai->ai_addrlen) != 0 || listen(s, BACKLOG) != 0) {
        enum yg_status st = yg_err_errno(
            err, "cannot listen on %.*s; give each input a free address of this machine",
            YG_STR_ARG(address));
        close(s);
        return st;
    }
    *fd = s;
    return YG_OK;
}

/* Literal addresses only: nothing is looked up. */
static enum yg_status listen_on(struct yg_str address, int *fd, uint16_t *port,
                                struct yg_err *err)
{
    struct addrinfo want = { .ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
    struct addrinfo *got = NULL;
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    char host[64], service[8];
    struct yg_str h;

    if (!yg_address_split(address, &h, port) || h.n >= sizeof(host))
        return yg_err_set(err, YG_EINVAL,
                          "\"%.*s\" is no address to listen on; write 0.0.0.0:9200 or "
                          "[::]:9200",
                          YG_STR_ARG(address));
    bool local = yg_str_eq(h, YG_STR("localhost"));
    snprintf(host, sizeof(host), "%.*s", YG_STR_ARG(local ? YG_STR("127.0.0.1") : h));
    snprintf(service, sizeof(service), "%u", *port);
    if (getaddrinfo(h.n ? host : NULL, service, &want, &got) != 0)
        return yg_err_set(err, YG_EINVAL,
                          "\"%.*s\" has no numeric address; write 0.0.0.0:9200 or "
                          "[::]:9200",
                          YG_STR_ARG(address));
    enum yg_status st = bind_to(got, address, fd, err);
    freeaddrinfo(got);
    if (st != YG_OK)
        return st;
    if (getsockname(*fd, (struct sockaddr *)&name, &len) == 0) {
        char text[8] = "";
        uint64_t n = 0;
        (void)getnameinfo((struct sockaddr *)&name, len, NULL, 0, text, sizeof(text),
                          NI_NUMERICSERV);
        if (yg_str_u64(yg_str_of(text), &n))
            *port = (uint16_t)n;
    }
    return YG_OK;
}

static enum yg_status read_pem(struct http *h, struct yg_str path, const char **out,
                               struct yg_err *err)
{
    struct yg_str text;

    if (path.n == 0)
        return YG_OK;
    enum yg_status st = yg_textfile_read(&h->pem, path.p, PEM_MAX, &text, err);
    if (st == YG_OK)
        *out = text.p;
    return st;
}

static enum yg_status read_tls(struct http *h, const struct yg_input_conf *conf,
                               struct yg_httpd_options *o, struct yg_err *err)
{
    if ((conf->certificate.n == 0) != (conf->key.n == 0))
        return yg_err_set(err, YG_EINVAL, "TLS needs both: certificate and key");
    if (conf->client_ca.n && !conf->certificate.n)
        return yg_err_set(err, YG_EINVAL,
                          "client_ca is for TLS; set certificate and key, too");
    enum yg_status st = read_pem(h, conf->certificate, &o->certificate, err);
    if (st == YG_OK)
        st = read_pem(h, conf->key, &o->key, err);
    if (st == YG_OK)
        st = read_pem(h, conf->client_ca, &o->client_ca, err);
    return st;
}

static void free_http(void *state)
{
    struct http *h = state;

    if (!h)
        return;
    yg_httpd_stop(h->httpd);
    yg_httpapi_free(h->api);
    yg_arena_fini(&h->pem);
    free(h);
}

static enum yg_status start(struct yg_intake *in, const struct yg_input_conf *conf,
                            uint32_t source, void **state, struct yg_err *err)
{
    struct http *h = calloc(1, sizeof(*h));
    struct yg_httpd_options o = { .max_body = (size_t)conf->max_body,
                                  .connections = (unsigned)conf->max_connections,
                                  .idle_s = (unsigned)conf->idle_timeout,
                                  .headers = headers,
                                  .arg = h,
                                  .check = check,
                                  .handle = handle,
                                  .refuse = refuse,
                                  .durable = durable,
                                  .connected = connected };

    if (!h)
        return yg_err_set(err, YG_ENOMEM, "no memory for an input");
    h->in = in;
    h->source = source;
    yg_arena_init(&h->pem, 4 * PEM_MAX);
    enum yg_status st = yg_httpapi_new(in, source, conf, &h->api);
    if (st == YG_OK)
        st = read_tls(h, conf, &o, err);
    else
        (void)yg_err_set(err, st, "no memory for an input");
    if (st == YG_OK)
        st = listen_on(conf->listen, &o.fd, &h->port, err);
    if (st == YG_OK)
        st = yg_httpd_start(&o, &h->httpd, err);
    if (st == YG_OK)
        *state = h;
    else
        free_http(h);
    return st;
}

static void stop(void *state)
{
    const struct http *h = state;

    yg_httpd_drain(h->httpd);
}

uint16_t yg_http_port(const void *state)
{
    const struct http *h = state;

    return h->port;
}

const struct yg_intake_kind yg_intake_http = {
    .name = "http",
    .doc = "Elasticsearch _bulk, Splunk HEC, Loki, OTLP and lines over HTTP(S)",
    .start = start,
    .stop = stop,
    .free = free_http,
    .port = yg_http_port,
};
