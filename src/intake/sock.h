/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sock - listening sockets, their descriptors, and the names of those who speak to them.
 */
#ifndef YG_INTAKE_SOCK_H
#define YG_INTAKE_SOCK_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <sys/socket.h>

#define YG_SOCK_PEER_MAX 64

/* How long a connection may be there without having brought anything whole before it has
 * to make room when there are too many. */
#define YG_SOCK_GRACE_NS ((int64_t)5 * 1000 * 1000 * 1000)

/* Raise the limit of open descriptors to what the inputs may want, as far as the system
 * lets us. Returns the limit that is in force. Once, before the inputs are started. */
uint64_t yg_sock_descriptors(uint64_t wanted);
/* May a connection have this descriptor? The last ones are for the journal and the files
 * that are followed: connections must not take what these need to go on. */
bool yg_sock_room(int fd);

/* bind(2), which waits up to 3 s for an address that is taken: processes of a server that
 * was just killed may still have it. */
int yg_sock_bind(int fd, const struct sockaddr *a, socklen_t n);

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

/* Of such a name what stands before the port. */
struct yg_str yg_sock_host(struct yg_str peer);

#endif
