/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls - the server's side of TLS on a non-blocking socket (GnuTLS). Private to intake.
 *
 * TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers only (RFC 9325, RFC
 * 9662), no session tickets, no renegotiation; client certificates where a client_ca is
 * given. The files are read again when one changes. Nothing blocks: each call says what
 * it waits for. One thread at a time. HTTP's library makes sessions of its own: it is
 * lent the credentials.
 */
#ifndef YG_INTAKE_TLS_H
#define YG_INTAKE_TLS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What every TLS input of this server speaks, HTTP's too. No finite-field groups: one
 * makes the server work far harder than who asks for it. */
#define YG_TLS_PRIORITY                                                                  \
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"      \
    ":-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-GROUP-DH-ALL"            \
    ":%SERVER_PRECEDENCE"

struct yg_tls_server;
struct yg_tls;
struct yg_tls_loan;
struct gnutls_session_int;

/* Files in PEM; `client_ca` empty: no client needs a certificate. */
enum yg_status yg_tls_server_new(struct yg_str certificate, struct yg_str key,
                                 struct yg_str client_ca, struct yg_tls_server **out,
                                 struct yg_err *err) YG_MUST_USE;
void yg_tls_server_free(struct yg_tls_server *s);
/* Have the files changed? Then connections from now on have the new ones; those that
 * cannot be read leave the old ones in force. */
void yg_tls_server_renew(struct yg_tls_server *s);

/* What is in force now, for a session of GnuTLS that has not begun to shake hands; a
 * client's certificate is asked for then, not insisted on. To be returned when the
 * session is over. NULL: no memory. */
struct yg_tls_loan *yg_tls_lend(struct yg_tls_server *s,
                                struct gnutls_session_int *session);
void yg_tls_return(struct yg_tls_loan *l);
/* Has the peer shown a certificate that the client_ca of its loan signed, where there is
 * one? */
bool yg_tls_certified(const struct yg_tls_server *s, struct gnutls_session_int *session);

/* Begin with an accepted socket, which stays the caller's. NULL: no memory. */
struct yg_tls *yg_tls_new(struct yg_tls_server *s, int fd);
void yg_tls_free(struct yg_tls *t); /* says good-bye if that does not block */

/* YG_OK: done; YG_EBUSY: call again when yg_tls_events is true; YG_EFORMAT: it failed. */
enum yg_status yg_tls_handshake(struct yg_tls *t) YG_MUST_USE;
/* EPOLLIN or EPOLLOUT: what a call that said busy waits for. */
uint32_t yg_tls_events(const struct yg_tls *t);
/* As recv(2): bytes, 0 at the end, -1 with errno EAGAIN or ECONNRESET. */
ssize_t yg_tls_recv(struct yg_tls *t, void *p, size_t n);

#endif
