/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/http.h"

#include "intake/httpapi.h"
#include "intake/sock.h"

#include <stdlib.h>

struct http {
    struct yg_intake *in;
    uint32_t source;
    uint16_t port;
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

static void turned_away(void *arg)
{
    const struct http *h = arg;

    yg_intake_count(h->in, h->source, YG_IN_REJECTED, 1);
}

static enum yg_status read_tls(const struct yg_input_conf *conf,
                               struct yg_tls_server **out, struct yg_err *err)
{
    if ((conf->certificate.n == 0) != (conf->key.n == 0))
        return yg_err_set(err, YG_EINVAL, "TLS needs both: certificate and key");
    if (conf->client_ca.n && !conf->certificate.n)
        return yg_err_set(err, YG_EINVAL,
                          "client_ca is for TLS; set certificate and key, too");
    return conf->certificate.n == 0 ? YG_OK
                                    : yg_tls_server_new(conf->certificate, conf->key,
                                                        conf->client_ca, out, err);
}

static void free_http(void *state)
{
    struct http *h = state;

    if (!h)
        return;
    yg_httpd_stop(h->httpd);
    yg_httpapi_free(h->api);
    free(h);
}

static enum yg_status start(struct yg_intake *in, const struct yg_input_conf *conf,
                            uint32_t source, void **state, struct yg_err *err)
{
    struct http *h = calloc(1, sizeof(*h));
    struct yg_httpd_options o = { .max_body = (size_t)conf->max_body,
                                  .connections = (unsigned)conf->max_connections,
                                  .idle_s = (unsigned)conf->idle_timeout,
                                  .per_address = (unsigned)conf->max_per_address,
                                  .header_s = (unsigned)conf->header_timeout,
                                  .headers = headers,
                                  .arg = h,
                                  .check = check,
                                  .handle = handle,
                                  .refuse = refuse,
                                  .durable = durable,
                                  .connected = connected,
                                  .turned_away = turned_away };

    if (!h)
        return yg_err_set(err, YG_ENOMEM, "no memory for an input");
    h->in = in;
    h->source = source;
    enum yg_status st = yg_httpapi_new(in, source, conf, &h->api);
    if (st == YG_OK)
        st = read_tls(conf, &o.tls, err);
    else
        (void)yg_err_set(err, st, "no memory for an input");
    if (st == YG_OK)
        st = yg_sock_listen(conf->listen, SOCK_STREAM, &o.fd, &h->port, err);
    if (st == YG_OK)
        st = yg_httpd_start(&o, &h->httpd, err);
    else
        yg_tls_server_free(o.tls);
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
