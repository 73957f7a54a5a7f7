/* SPDX-License-Identifier: Apache-2.0 */
#include "api/listen.h"

#include "event/ip.h"
#include "intake/sock.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

/* Cut "host:port" or "[host]:port"; `port.p` is NULL when there is none. */
static bool split(struct yg_str s, struct yg_str *host, struct yg_str *port)
{
    *port = YG_STR_NONE;
    if (s.n && s.p[0] == '[') {
        s.p++;
        s.n--;
        *host = yg_str_cut(&s, ']');
        if (!s.p || memchr(host->p, ':', host->n) == NULL)
            return false; /* not closed, or brackets around something else */
        if (s.n == 0)
            return true;
        if (s.p[0] != ':')
            return false;
        *port = (struct yg_str){ s.p + 1, s.n - 1 };
        return port->n > 0;
    }
    *host = yg_str_cut(&s, ':');
    if (s.p) {
        *port = s;
        return host->n > 0 && s.n > 0;
    }
    return host->n > 0;
}

static bool port_of(struct yg_str s, uint16_t *out)
{
    uint64_t v;

    if (s.n > 5 || !yg_str_u64(s, &v) || v > UINT16_MAX)
        return false;
    *out = (uint16_t)v;
    return true;
}

/* A literal address as it is written in an address bar: no zone, IPv6 only in brackets.
 */
static bool literal(struct yg_str host, bool v6, unsigned char ip[YG_IP_SIZE])
{
    return memchr(host.p, '%', host.n) == NULL && yg_ip_parse(host, ip) &&
           v6 == (memchr(host.p, ':', host.n) != NULL);
}

enum yg_status yg_listen_parse(struct yg_str text, struct yg_listen *out,
                               struct yg_err *err)
{
    struct yg_str host, port;
    struct yg_listen l = { .v6 = text.n && text.p[0] == '[' };
    bool ok = split(text, &host, &port) && port.p && port_of(port, &l.port);

    if (ok && yg_str_eq(host, YG_STR("localhost")))
        host = YG_STR("127.0.0.1");
    if (!ok || !literal(host, l.v6, l.ip))
        return yg_err_set(err, YG_EINVAL,
                          "--listen %.*s: write ADDRESS:PORT, such as 127.0.0.1:8433 or "
                          "[::1]:8433",
                          text.n < 80 ? (int)text.n : 80, text.p ? text.p : "");
    *out = l;
    return YG_OK;
}

static const unsigned char *v6_loopback(void)
{
    static const unsigned char ip[YG_IP_SIZE] = { [15] = 1 };
    return ip;
}

static bool is_wildcard(const struct yg_listen *l)
{
    static const unsigned char zero[YG_IP_SIZE];

    return l->v6 ? memcmp(l->ip, zero, YG_IP_SIZE) == 0
                 : memcmp(l->ip + 12, zero, 4) == 0;
}

bool yg_listen_is_loopback(const struct yg_listen *l)
{
    return yg_ip_is_v4(l->ip) ? l->ip[12] == 127
                              : memcmp(l->ip, v6_loopback(), YG_IP_SIZE) == 0;
}

static socklen_t address_of(const struct yg_listen *l, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof(*out));
    if (l->v6) {
        struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(l->port) };
        memcpy(&a.sin6_addr, l->ip, YG_IP_SIZE);
        memcpy(out, &a, sizeof(a));
        return sizeof(a);
    }
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(l->port) };
    memcpy(&a.sin_addr, l->ip + 12, 4);
    memcpy(out, &a, sizeof(a));
    return sizeof(a);
}

/* The port that a bound socket was given. */
static uint16_t bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = { .v6 = { 0 } };
    socklen_t n = sizeof(a);

    if (getsockname(fd, &a.any, &n) != 0)
        return 0;
    return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

enum yg_status yg_listen_open(struct yg_listen *l, int *fd, struct yg_err *err)
{
    union {
        struct sockaddr any;
        struct sockaddr_storage space;
    } a;
    char text[YG_LISTEN_TEXT_MAX];
    int one = 1;
    socklen_t n = address_of(l, &a.space);
    int s =
        socket(l->v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        yg_sock_bind(s, &a.any, n) != 0 || listen(s, BACKLOG) != 0) {
        enum yg_status st =
            yg_err_errno(err, "cannot listen on %s; choose another with --listen",
                         yg_listen_text(l, text));
        if (s >= 0)
            close(s);
        return st;
    }
    l->port = bound_port(s);
    *fd = s;
    return YG_OK;
}

const char *yg_listen_text(const struct yg_listen *l, char out[YG_LISTEN_TEXT_MAX])
{
    char ip[YG_IP_TEXT_MAX];

    snprintf(out, YG_LISTEN_TEXT_MAX, l->v6 ? "[%s]:%u" : "%s:%u", yg_ip_text(l->ip, ip),
             (unsigned)l->port);
    return out;
}

bool yg_listen_host_ok(const struct yg_listen *l, struct yg_str host)
{
    static const unsigned char v4_loopback[4] = { 127, 0, 0, 1 };
    unsigned char ip[YG_IP_SIZE];
    struct yg_str name, port;
    uint16_t number;
    bool v6 = host.n && host.p[0] == '[';

    if (!host.p || host.n > 255 || !split(host, &name, &port) ||
        (port.p && !port_of(port, &number)))
        return false;
    if (!v6 && (yg_str_eq_nocase(name, YG_STR("localhost")) ||
                (l->name[0] && yg_str_eq_nocase(name, yg_str_of(l->name)))))
        return true;
    if (!literal(name, v6, ip))
        return false;
    if (is_wildcard(l) || memcmp(ip, l->ip, YG_IP_SIZE) == 0)
        return true;
    return v6 ? memcmp(ip, v6_loopback(), YG_IP_SIZE) == 0
              : memcmp(ip + 12, v4_loopback, 4) == 0;
}
