/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlshello - the hello messages of TLS, and the fingerprints of a client's.
 *
 * Reads client and server hello (RFC 5246, 8446; names RFC 6066, protocols RFC 7301)
 * and makes JA3 (MD5 over the values in order) and JA4 (counts, then truncated SHA-256
 * over the values in sorted order), both without the random values of RFC 8701. About
 * 3 us a hello. Pure.
 */
#ifndef YG_PACKET_TLSHELLO_H
#define YG_PACKET_TLSHELLO_H

#include "packet/exchange.h"

enum { YG_TLS_SSL2 = 0x0002, YG_TLS_SSL3 = 0x0300, YG_TLS_13 = 0x0304 };

struct yg_server_hello {
    uint16_t version, cipher;
    struct yg_str session, alpn; /* borrowed */
    bool psk;                    /* goes on with a session known before (TLS 1.3) */
    bool retry;                  /* asks for another client hello */
};

/* The body of a client hello: sets version, sni, alpn, ja3, ja4 of `out` and the session
 * id. False: broken; the fingerprints stay empty. */
bool yg_client_hello_read(struct yg_str body, struct yg_hello *out,
                          struct yg_str *session);
/* The body of a server hello. False: broken. */
bool yg_server_hello_read(struct yg_str body, struct yg_server_hello *out);

/* Encryption that is none any more: NULL, export, single DES, RC4, unsigned. */
bool yg_tls_cipher_weak(uint16_t cipher);

#endif
