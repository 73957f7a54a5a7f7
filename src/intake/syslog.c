/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/syslog.h"

#include "intake/dgram.h"
#include "intake/sock.h"
#include "intake/stream.h"

#include <stdlib.h>
#include <unistd.h>

#define UDP_MAX  ((size_t)65536)
#define UNIX_MAX ((size_t)256 << 10)

/* One of both is there. */
struct listener {
    struct yg_stream *stream;
    struct yg_dgram *dgram;
    uint16_t port;
    char *path; /* of a Unix socket, to be removed; else NULL */
};

static enum yg_unframe_how how_of(const struct yg_input_conf *c)
{
    return yg_str_eq(c->framing, YG_STR("lines"))  ? YG_UNFRAME_LINES
           : yg_str_eq(c->framing, YG_STR("json")) ? YG_UNFRAME_JSON
                                                   : YG_UNFRAME_AUTO;
}

static void free_listener(void *state)
{
    struct listener *l = state;

    if (!l)
        return;
    yg_stream_free(l->stream);
    yg_dgram_free(l->dgram);
    free(l->path);
    free(l);
}

static void stop(void *state)
{
    struct listener *l = state;

    if (l->path)
        unlink(l->path);
    if (l->stream)
        yg_stream_stop(l->stream);
    if (l->dgram)
        yg_dgram_stop(l->dgram);
}

static uint16_t port_of(const void *state)
{
    const struct listener *l = state;

    return l->port;
}

static enum yg_status start_stream(struct yg_intake *in, const struct yg_input_conf *c,
                                   uint32_t source, int fd, struct listener *l,
                                   struct yg_err *err)
{
    struct yg_stream_options opt = { .fd = fd,
                                     .how = how_of(c),
                                     .max_connections = c->max_connections,
                                     .idle_s = c->idle_timeout,
                                     .handshake_s = c->header_timeout };

    if (yg_str_eq(c->type,
                  YG_STR("syslog"))) /* those of a Unix socket have one address */
        opt.per_address = c->max_per_address;
    if (yg_str_eq(c->transport, YG_STR("tls"))) {
        enum yg_status st =
            yg_tls_server_new(c->certificate, c->key, c->client_ca, &opt.tls, err);
        if (st != YG_OK) {
            close(fd);
            return st;
        }
    }
    return yg_stream_start(in, source, &opt, &l->stream, err);
}

static enum yg_status start_syslog(struct yg_intake *in, const struct yg_input_conf *c,
                                   uint32_t source, void **state, struct yg_err *err)
{
    struct listener *l = calloc(1, sizeof(*l));
    bool udp = yg_str_eq(c->transport, YG_STR("udp"));
    int fd = -1;

    if (!l)
        return yg_err_set(err, YG_ENOMEM, "no memory for an input");
    enum yg_status st =
        yg_sock_listen(c->listen, udp ? SOCK_DGRAM : SOCK_STREAM, &fd, &l->port, err);
    if (st == YG_OK)
        st = udp ? yg_dgram_start(in, source, fd, UDP_MAX, &l->dgram, err)
                 : start_stream(in, c, source, fd, l, err);
    if (st == YG_OK)
        *state = l;
    else
        free_listener(l);
    return st;
}

static enum yg_status start_unix(struct yg_intake *in, const struct yg_input_conf *c,
                                 uint32_t source, void **state, struct yg_err *err)
{
    struct listener *l = calloc(1, sizeof(*l));
    bool dgram = yg_str_eq(c->transport, YG_STR("dgram"));
    int fd = -1;

    if (l)
        l->path = strdup(c->path.p);
    if (!l || !l->path) {
        free_listener(l);
        return yg_err_set(err, YG_ENOMEM, "no memory for an input");
    }
    enum yg_status st =
        yg_sock_listen_unix(c->path, dgram ? SOCK_DGRAM : SOCK_STREAM, &fd, err);
    if (st == YG_OK)
        st = dgram ? yg_dgram_start(in, source, fd, UNIX_MAX, &l->dgram, err)
                   : start_stream(in, c, source, fd, l, err);
    if (st == YG_OK)
        *state = l;
    else
        free_listener(l);
    return st;
}

const struct yg_intake_kind yg_intake_syslog = {
    .name = "syslog",
    .doc = "syslog over UDP, TCP and TLS (RFC 5424 to 5426, 3164, 6587)",
    .start = start_syslog,
    .stop = stop,
    .free = free_listener,
    .port = port_of,
};

const struct yg_intake_kind yg_intake_unix = {
    .name = "unix",
    .doc = "records over a Unix socket, stream or datagrams",
    .start = start_unix,
    .stop = stop,
    .free = free_listener,
};
