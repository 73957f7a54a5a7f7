/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt - a signed token (RFC 7519 in a compact JWS, RFC 7515): taken apart, and its key
 * found.
 *
 *      eyJhbGci... . eyJpc3Mi... . SflKxw...
 *      head          claims        signature
 *
 * Only what an identity provider's ID token needs: `alg` and `kid` of the head are read,
 * keys that the head itself names (jwk, jku, x5u, x5c) never; `crit`, encrypted tokens
 * and tokens of another type (`typ`, such as at+jwt) are refused (RFC 8725). Pure.
 */
#ifndef YG_OIDC_JWT_H
#define YG_OIDC_JWT_H

#include "oidc/jwk.h"

#define YG_JWT_MAX ((size_t)48 << 10)

struct yg_jwt {
    enum yg_jwk_alg alg;
    struct yg_str kid;    /* p NULL: it names none */
    struct yg_str bytes;  /* what is signed */
    struct yg_str claims; /* JSON */
    struct yg_str signature;
};

/* Nothing in it is to be believed yet. Borrows `text`. YG_EFORMAT and what is wrong. */
enum yg_status yg_jwt_read(struct yg_json_pull *json, struct yg_str text,
                           struct yg_arena *arena, struct yg_jwt *out,
                           struct yg_err *err) YG_MUST_USE;

/* The key that it must have been signed with: of its kid and algorithm, or without a kid
 * the only one of its algorithm. NULL: there is none, or there are two. */
const struct yg_jwk *yg_jwt_key(const struct yg_jwt *t, const struct yg_jwks *keys);

#endif
