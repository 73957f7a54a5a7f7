/* SPDX-License-Identifier: Apache-2.0 */
/* How the senders connect, and how they give up. */
#ifndef YG_BENCH_DIAL_H
#define YG_BENCH_DIAL_H

#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

static inline _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, errno ? strerror(errno) : "no");
    exit(1);
}

static inline struct sockaddr_in address(struct yg_str text)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    struct yg_str host = yg_str_cut(&text, ':');
    uint64_t port = 0;
    char name[64];

    snprintf(name, sizeof(name), "%.*s", YG_STR_ARG(host));
    if (text.p && (!yg_str_u64(text, &port) || port > 65535))
        die("port");
    a.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, name, &a.sin_addr) != 1)
        die(name);
    return a;
}

/* A connected socket: to "HOST:PORT" from an address ("-", NULL: any), or to a path. */
static inline int dial(const char *where, const char *from_text, int type)
{
    bool local = where[0] == '/';
    int fd = socket(local ? AF_UNIX : AF_INET, type | SOCK_CLOEXEC, 0), rc;

    if (fd < 0)
        die("socket");
    if (local) {
        struct sockaddr_un u = { .sun_family = AF_UNIX };
        snprintf(u.sun_path, sizeof(u.sun_path), "%s", where);
        rc = connect(fd, (const struct sockaddr *)&u, sizeof(u));
    } else {
        struct sockaddr_in to = address(yg_str_of(where)), from;
        if (from_text && strcmp(from_text, "-") != 0) {
            from = address(yg_str_of(from_text));
            if (bind(fd, (const struct sockaddr *)&from, sizeof(from)) != 0)
                die(from_text);
        }
        rc = connect(fd, (const struct sockaddr *)&to, sizeof(to));
    }
    if (rc != 0)
        die(where);
    return fd;
}

#endif
