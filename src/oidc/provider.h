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
 * Everything but `issued` may ask the network, and then waits for it: YG_FETCH_S a
 * request, of which there are three at most. A provider that did not answer is not asked
 * again for YG_PROVIDER_SILENT_S, so that those who come then need not wait. One thread.
 */
#ifndef YG_OIDC_PROVIDER_H
#define YG_OIDC_PROVIDER_H

#include "base/clock.h"
#include "oidc/fetch.h"
#include "oidc/idtoken.h"

#define YG_PROVIDER_META_S   3600
#define YG_PROVIDER_OLD_S    86400 /* where people are sent to */
#define YG_PROVIDER_KEYS_S   900
#define YG_PROVIDER_SILENT_S 10
#define YG_PROVIDER_LOOK_S   60 /* between looks for a key that is not there */

struct yg_provider;

/* All borrowed; `stop` becomes true: requests under way are given up. NULL: no memory. */
struct yg_provider *yg_provider_new(const struct yg_oidc_settings *settings,
                                    const struct yg_clock *clock,
                                    struct yg_fetcher fetcher, const atomic_bool *stop);
void yg_provider_free(struct yg_provider *p); /* NULL is fine */

/* One login, by the texts that only its browser, the provider and we know. */
struct yg_login_secrets {
    const char *state, *nonce, *verifier;
};
/* Where the browser is sent (RFC 6749, 4.1.1; RFC 7636, 4.3). */
enum yg_status yg_provider_address(struct yg_provider *p,
                                   const struct yg_login_secrets *login,
                                   struct yg_buf *out, struct yg_err *err) YG_MUST_USE;
/* Is this the `iss` that the answer to the browser must have (RFC 9207)? p NULL: it has
 * none. */
bool yg_provider_issued(const struct yg_provider *p, struct yg_str iss);

/* YG_EPERM: he is not let in, and why (to be shown to him); YG_EIO and others: it did not
 * work, and why (for the log). Texts live with the arena. */
enum yg_status yg_provider_redeem(struct yg_provider *p, struct yg_str code,
                                  const struct yg_login_secrets *login,
                                  struct yg_arena *arena, struct yg_person *out,
                                  struct yg_err *err) YG_MUST_USE;

#endif
