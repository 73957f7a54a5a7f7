/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate - who asks, and may he? The one place where a request becomes somebody's.
 *
 *      bearer token or session cookie ──► principal ──► may(verb, object)? ──► his
 * tenants └─► writes by cookie: is it a form of ours?
 *
 * A server without people (--no-login) lets everybody in as the machine's operator. A
 * cookie is a browser's: its writes must carry the session's CSRF text, in X-CSRF-Token
 * or in the form, and must not come from another site (Sec-Fetch-Site, Origin). A bearer
 * token is sent by who means it and needs neither. Cost: about 50 us of look-ups.
 */
#ifndef YG_API_GATE_H
#define YG_API_GATE_H

#include "api/handle.h"

#define YG_COOKIE "__Host-yagura"

enum yg_pass {
    YG_PASS_OPEN,   /* `c->who` may, and `c->source` is what he sees */
    YG_PASS_NOBODY, /* 401: log in */
    YG_PASS_CHANGE, /* 403: his password must be changed first */
    YG_PASS_SHUT    /* 403 */
};

/* Fills in who, source.scope, source.raw, source.who. What fails otherwise is the
 * database. */
enum yg_status yg_gate(struct yg_call *c, enum yg_pass *out,
                       struct yg_err *err) YG_MUST_USE;

/* Who is behind an Authorization header or a cookie's value? `out->user` 0: nobody (with
 * people). A token that is none is nobody, whatever the cookie. */
enum yg_status yg_gate_who(const struct yg_api *api, struct yg_str header,
                           struct yg_str cookie, struct yg_arena *arena,
                           struct yg_principal *out, struct yg_err *err) YG_MUST_USE;

/* Does this write come from where it should? Asked when the body has been read. */
bool yg_gate_csrf(const struct yg_call *c);

/* The value of our cookie, or of another, in a Cookie header; empty: none, or two of
 * them. */
struct yg_str yg_cookie_of(struct yg_str header);
struct yg_str yg_cookie_named(struct yg_str header, struct yg_str name);
/* Give the client its session, or (empty) take it away. */
void yg_cookie_put(struct yg_http_response *out, struct yg_str secret);

#endif
