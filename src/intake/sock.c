/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/sock.h"

#include "conf/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG      512
#define RESERVE      128 /* descriptors that no connection gets */
#define BIND_TRIES   30
#define BIND_WAIT_US 100000

uint64_t yg_sock_descriptors(uint64_t wanted)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return 0;
    if (r.rlim_cur < wanted) {
        rlim_t was = r.rlim_cur;
        r.rlim_cur = wanted < r.rlim_max ? wanted : r.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &r) != 0)
            return was;
    }
    return r.rlim_cur;
}

bool yg_sock_room(int fd)
{
    struct rlimit r;

    return getrlimit(RLIMIT_NOFILE, &r) != 0 || fd < 0 || r.rlim_cur < 4 * RESERVE ||
           (rlim_t)fd < r.rlim_cur - RESERVE;
}

static enum yg_status refuse(int fd, struct yg_str address, struct yg_err *err)
{
    const char *remedy = errno == EADDRINUSE ? "another program has it, or another input"
                         : errno == EACCES ? "ports below 1024 need CAP_NET_BIND_SERVICE"
                                           : "write an address of this machine";
    enum yg_status st =
        yg_err_errno(err, "cannot listen on %.*s (%s)", YG_STR_ARG(address), remedy);

    if (fd >= 0)
        close(fd);
    return st;
}

static uint16_t port_of(const struct sockaddr_storage *a)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (a->ss_family == AF_INET) {
        memcpy(&v4, a, sizeof(v4));
        return ntohs(v4.sin_port);
    }
    if (a->ss_family == AF_INET6) {
        memcpy(&v6, a, sizeof(v6));
        return ntohs(v6.sin6_port);
    }
    return 0;
}

int yg_sock_bind(int fd, const struct sockaddr *a, socklen_t n)
{
    int rc = bind(fd, a, n);

    for (int i = 0; rc != 0 && errno == EADDRINUSE && i < BIND_TRIES; i++) {
        usleep(BIND_WAIT_US);
        rc = bind(fd, a, n);
    }
    return rc;
}

static enum yg_status bind_to(const struct addrinfo *ai, struct yg_str address, int *fd,
                              struct yg_err *err)
{
    int on = 1, off = 0;
    int s = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (s < 0)
        return refuse(s, address, err);
    if (ai->ai_socktype == SOCK_STREAM)
        (void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (ai->ai_family == AF_INET6)
        (void)setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (yg_sock_bind(s, ai->ai_addr, ai->ai_addrlen) != 0 ||
        (ai->ai_socktype == SOCK_STREAM && listen(s, BACKLOG) != 0))
        return refuse(s, address, err);
    *fd = s;
    return YG_OK;
}

enum yg_status yg_sock_listen(struct yg_str address, int type, int *fd, uint16_t *port,
                              struct yg_err *err)
{
    struct addrinfo want = { .ai_family = AF_UNSPEC,
                             .ai_socktype = type,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
    struct addrinfo *got = NULL;
    struct sockaddr_storage name = { .ss_family = AF_UNSPEC };
    socklen_t len = sizeof(name);
    char host[64], service[8];
    struct yg_str h = YG_STR_NONE;

    if (!yg_address_split(address, &h, port) || h.n >= sizeof(host))
        return yg_err_set(err, YG_EINVAL,
                          "\"%.*s\" is no address to listen on; write 0.0.0.0:514 or "
                          "[::]:514",
                          YG_STR_ARG(address));
    if (yg_str_eq(h, YG_STR("localhost")))
        h = YG_STR("127.0.0.1");
    snprintf(host, sizeof(host), "%.*s", YG_STR_ARG(h.n ? h : YG_STR("::")));
    snprintf(service, sizeof(service), "%u", *port);
    if (getaddrinfo(host, service, &want, &got) != 0)
        return yg_err_set(err, YG_EINVAL,
                          "\"%.*s\" is no numeric address; write 0.0.0.0:514 or [::]:514",
                          YG_STR_ARG(address));
    enum yg_status st = bind_to(got, address, fd, err);
    freeaddrinfo(got);
    if (st != YG_OK && h.n == 0) { /* a machine without IPv6 */
        snprintf(host, sizeof(host), "0.0.0.0");
        if (getaddrinfo(host, service, &want, &got) == 0) {
            st = bind_to(got, address, fd, err);
            freeaddrinfo(got);
        }
    }
    if (st == YG_OK && getsockname(*fd, (struct sockaddr *)&name, &len) == 0)
        *port = port_of(&name);
    return st;
}

/* Is there a socket that nobody answers? */
static bool is_stale(const struct sockaddr_un *a, int type)
{
    struct stat sb;
    bool stale = false;

    if (lstat(a->sun_path, &sb) != 0 || !S_ISSOCK(sb.st_mode))
        return false;
    int s = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s >= 0) {
        stale = connect(s, (const struct sockaddr *)a, sizeof(*a)) != 0 &&
                errno == ECONNREFUSED;
        close(s);
    }
    return stale;
}

enum yg_status yg_sock_listen_unix(struct yg_str path, int type, int *fd,
                                   struct yg_err *err)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    if (path.n == 0 || path.n >= sizeof(a.sun_path))
        return yg_err_set(err, YG_EINVAL,
                          "the socket's path must have 1 to %zu bytes: %.*s",
                          sizeof(a.sun_path) - 1, YG_STR_ARG(path));
    memcpy(a.sun_path, path.p, path.n);
    int s = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0)
        return yg_err_errno(err, "cannot make a socket");
    if (is_stale(&a, type))
        unlink(a.sun_path);
    mode_t old = umask(0117); /* 0660 from the first moment on */
    int bound = bind(s, (const struct sockaddr *)&a, sizeof(a));
    int why = errno;
    umask(old);
    errno = why;
    if (bound != 0 && errno == EADDRINUSE) {
        close(s);
        return yg_err_set(err, YG_EEXIST,
                          "%s is there already and not a left-over socket; stop who "
                          "listens on it, or remove it",
                          a.sun_path);
    }
    if (bound != 0 || (type == SOCK_STREAM && listen(s, BACKLOG) != 0)) {
        enum yg_status st = yg_err_errno(err, "cannot listen on %s", a.sun_path);
        close(s);
        return st;
    }
    *fd = s;
    return YG_OK;
}

struct yg_str yg_sock_peer(const struct sockaddr_storage *a, char out[YG_SOCK_PEER_MAX])
{
    static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    char host[INET6_ADDRSTRLEN] = "?";
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    bool four = a->ss_family == AF_INET;

    if (a->ss_family != AF_INET && a->ss_family != AF_INET6)
        return YG_STR("unix");
    memcpy(&v6, a, sizeof(v6));
    memcpy(&v4, a, sizeof(v4));
    if (!four && memcmp(v6.sin6_addr.s6_addr, mapped, sizeof(mapped)) == 0) {
        four = true;
        memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, 4);
    }
    if (four)
        (void)inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
    else
        (void)inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
    int n = snprintf(out, YG_SOCK_PEER_MAX, four ? "%s:%u" : "[%s]:%u", host, port_of(a));
    return (struct yg_str){ out, n > 0 ? (size_t)n : 0 };
}

struct yg_str yg_sock_host(struct yg_str peer)
{
    size_t n = peer.n;

    while (n > 0 && peer.p[n - 1] != ':')
        n--;
    return n > 1 ? (struct yg_str){ peer.p, n - 1 } : peer;
}
