/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sock - listening sockets and the names of those who speak to them. Private to intake.
 */
#ifndef YG_INTAKE_SOCK_H
#define YG_INTAKE_SOCK_H

#include "base/err.h"
#include "base/str.h"

#include <sys/socket.h>

#define YG_SOCK_PEER_MAX 64

/* A non-blocking socket of `type` (SOCK_STREAM: listening; SOCK_DGRAM) on an address of
 * this machine, "host:port" with a literal host ("" or none: all, IPv4 and IPv6).
 * `*port`: the one it got. YG_EIO with the remedy: in use, not ours, no right. */
enum yg_status yg_sock_listen(struct yg_str address, int type, int *fd, uint16_t *port,
                              struct yg_err *err) YG_MUST_USE;

/* The same on a path. A socket there that nobody listens on is replaced; anything else
 * is left alone and YG_EEXIST. Mode 0660. */
enum yg_status yg_sock_listen_unix(struct yg_str path, int type, int *fd,
                                   struct yg_err *err) YG_MUST_USE;

/* "192.0.2.1:514", "[2001:db8::1]:514", "unix" in `out`; IPv4 over IPv6 as IPv4. */
struct yg_str yg_sock_peer(const struct sockaddr_storage *a, char out[YG_SOCK_PEER_MAX]);

#endif
