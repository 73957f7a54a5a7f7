/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen - the address that is served: reading it, opening it, and which Host names are
 * answered there.
 *
 * Only literal addresses and "localhost": nothing is looked up. A page on the internet
 * can point a name of its own at 127.0.0.1 and have the browser read from us as if from
 * itself (DNS rebinding); the browser then sends that name as Host, which is why unknown
 * names are refused. Literal addresses and our own name cannot be rebound.
 */
#ifndef YG_API_LISTEN_H
#define YG_API_LISTEN_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

#define YG_LISTEN_DEFAULT  "127.0.0.1:8433"
#define YG_LISTEN_TEXT_MAX 64
#define YG_LISTEN_NAME_MAX 256

struct yg_listen {
    unsigned char ip[16]; /* IPv4 mapped into IPv6 */
    uint16_t port;        /* 0: any free one; yg_listen_open sets which */
    bool v6;
    char name[YG_LISTEN_NAME_MAX]; /* by which people reach it, besides; "": none */
};

/* "127.0.0.1:8433", "[::1]:8433", "localhost:0". YG_EINVAL says what to write. */
enum yg_status yg_listen_parse(struct yg_str text, struct yg_listen *out,
                               struct yg_err *err) YG_MUST_USE;

/* 127.0.0.0/8 or ::1: nobody else's machine reaches it. */
bool yg_listen_is_loopback(const struct yg_listen *l);

/* A listening socket; the caller closes it. YG_EIO: taken, not ours, no right. */
enum yg_status yg_listen_open(struct yg_listen *l, int *fd,
                              struct yg_err *err) YG_MUST_USE;

/* "127.0.0.1:8433". Returns `out`. */
const char *yg_listen_text(const struct yg_listen *l, char out[YG_LISTEN_TEXT_MAX]);

/* May a request with this Host be answered? localhost, 127.0.0.1, [::1] and the address
 * itself, the name, with any port (people forward ports); at a wildcard address any
 * literal one. */
bool yg_listen_host_ok(const struct yg_listen *l, struct yg_str host);

#endif
