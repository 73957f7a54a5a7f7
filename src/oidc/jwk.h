/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwk - a provider's public keys (RFC 7517), and what they signed (RFC 7518, 8037).
 *
 * Three kinds: RSA of 2048 to 8192 bits for RS256, P-256 for ES256, Ed25519 for EdDSA.
 * The key says the algorithm, never the token: there is no "none", and no secret that a
 * public key could be taken for. Keys of other kinds, for other uses, too weak or not
 * well formed are passed over. RSA and ECDSA are GnuTLS's, Ed25519 libsodium's.
 *
 * Cost: RS256 33 us, ES256 250 us, EdDSA 80 us a signature. Plain data; any thread.
 */
#ifndef YG_OIDC_JWK_H
#define YG_OIDC_JWK_H

#include "base/err.h"
#include "oidc/members.h"

#define YG_JWKS_MAX 64

enum yg_jwk_alg { YG_JWK_RS256, YG_JWK_ES256, YG_JWK_EDDSA };
const char *yg_jwk_alg_name(enum yg_jwk_alg alg); /* "RS256" */

struct yg_jwk {
    enum yg_jwk_alg alg;
    struct yg_str kid;  /* p NULL: it has none */
    struct yg_str a, b; /* n, e of RSA; x, y of P-256; x of Ed25519 */
};
struct yg_jwks {
    struct yg_jwk key[YG_JWKS_MAX];
    size_t count, passed; /* passed over */
};

/* {"keys":[...]}; lives with the arena and borrows `text`. YG_EFORMAT: it is no such set;
 * YG_ELIMIT: more than YG_JWKS_MAX. */
enum yg_status yg_jwks_read(struct yg_json_pull *json, struct yg_str text,
                            struct yg_arena *arena, struct yg_jwks *out,
                            struct yg_err *err) YG_MUST_USE;

/* Did this key sign these bytes? */
bool yg_jwk_verify(const struct yg_jwk *k, struct yg_str bytes, struct yg_str signature);

#endif
