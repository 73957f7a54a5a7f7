/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idtoken - may the claims of an ID token be believed (OpenID Connect Core 1.0, section
 * 3.1.3.7), and whom do they make?
 *
 * The signature is jwt.h's. Clocks may differ by YG_IDTOKEN_SKEW_S, no more. What the
 * settings do not name gives nothing. Pure.
 */
#ifndef YG_OIDC_IDTOKEN_H
#define YG_OIDC_IDTOKEN_H

#include "oidc/members.h"
#include "oidc/settings.h"

#define YG_IDTOKEN_SKEW_S 300
#define YG_IDTOKEN_AGE_S  600 /* since `iat`: it was made for this login, just now */

struct yg_idtoken_wanted {
    const struct yg_oidc_settings *settings;
    struct yg_str nonce;
    int64_t now_ns;
};

/* YG_EPERM: iss, aud, azp, exp, nbf, iat, nonce or sub is not as it must be; the message
 * says which and holds nothing of the token. */
enum yg_status yg_idtoken_check(struct yg_json_pull *json,
                                const struct yg_members *claims,
                                const struct yg_idtoken_wanted *wanted,
                                struct yg_arena *arena, struct yg_err *err) YG_MUST_USE;

struct yg_person {
    struct yg_str subject; /* `sub`: with the issuer, who it is */
    struct yg_str name;    /* as it would be called here; not checked */
    struct yg_str full;    /* p NULL: not told */
    enum yg_role role;     /* NONE: no row of `roles` fits */
    struct yg_scope scope;
    bool second; /* `amr` says that a second factor was shown */
};

/* YG_EPERM: no name, no mail address of an allowed domain, or no tenant. Texts live with
 * the arena or are the settings'. */
enum yg_status yg_idtoken_person(struct yg_json_pull *json,
                                 const struct yg_members *claims,
                                 const struct yg_oidc_settings *settings,
                                 struct yg_arena *arena, struct yg_person *out,
                                 struct yg_err *err) YG_MUST_USE;

#endif
