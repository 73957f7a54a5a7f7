/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider - what is known of the identity provider, and an authorization code made into
 * a person.
 *
 *      discovery document ──► addresses          (read again after an hour)
 *      key set ──► keys                          (after 15 min, or for a key that is not
 *                                                 in it, once a minute)
 *      code + verifier ──► token request ──► ID token ──► jwt.h, idtoken.h ──► person
 *
 * `learn` and `redeem` ask the network and block, up to YG_FETCH_S a request; any number
 * of threads at a time. `ready` and `address` never block for long.
 */
#ifndef YG_OIDC_PROVIDER_H
#define YG_OIDC_PROVIDER_H

#include "base/clock.h"
#include "oidc/fetch.h"
#include "oidc/idtoken.h"

#define YG_PROVIDER_META_S 3600
#define YG_PROVIDER_KEYS_S 900
#define YG_PROVIDER_LOOK_S 60 /* between looks for a key that is not there */

struct yg_provider;

/* All borrowed. NULL: no memory. */
struct yg_provider *yg_provider_new(const struct yg_oidc_settings *settings,
                                    const struct yg_clock *clock,
                                    struct yg_fetcher fetcher);
void yg_provider_free(struct yg_provider *p); /* NULL is fine */

/* Is it known where people are sent to? */
bool yg_provider_ready(struct yg_provider *p);
/* Read what it says of itself and its keys, if they are not known or old. */
enum yg_status yg_provider_learn(struct yg_provider *p, struct yg_err *err) YG_MUST_USE;

/* One login, by the texts that only its browser, the provider and we know. */
struct yg_login_secrets {
    const char *state, *nonce, *verifier;
};
/* Where the browser is sent (RFC 6749, 4.1.1; RFC 7636, 4.3). YG_EBUSY: not ready. */
enum yg_status yg_provider_address(struct yg_provider *p,
                                   const struct yg_login_secrets *login,
                                   struct yg_buf *out, struct yg_err *err) YG_MUST_USE;
/* Is this the `iss` that the answer to the browser must have (RFC 9207)? p NULL: it has
 * none. */
bool yg_provider_issued(struct yg_provider *p, struct yg_str iss);

/* YG_EPERM: he is not let in, and why (to be shown to him); YG_EIO and others: it did not
 * work, and why (for the log). Texts live with the arena. */
enum yg_status yg_provider_redeem(struct yg_provider *p, struct yg_str code,
                                  const struct yg_login_secrets *login,
                                  struct yg_arena *arena, struct yg_person *out,
                                  struct yg_err *err) YG_MUST_USE;

#endif
