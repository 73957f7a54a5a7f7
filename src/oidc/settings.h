/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings - who vouches for people, and what they may then, as the operator wrote it.
 *
 *      oidc:
 *        issuer: https://id.example.org/realms/soc
 *        client_id: yagura
 *        client_secret_file: oidc.secret       # none: a public client
 *        console: https://soc.example.org      # as browsers know this server
 *        role_claim: groups
 *        roles: { soc-lead: senior, soc: analyst }     # the first that fits counts
 *        tenant_claim: customers
 *        tenants: { c1: acme, c2: harbor, everybody: all }
 *        mail_domains: [example.org]
 *
 * docs/people.md has all items. A role or a tenant that no row names is not given; the
 * role system-admin only with `allow_system_admin: true`. Unknown and missing items are
 * errors with line and column. Plain data, made at start and constant afterwards.
 */
#ifndef YG_OIDC_SETTINGS_H
#define YG_OIDC_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/scope.h"
#include "people/role.h"

#define YG_OIDC_ROWS_MAX 1000 /* of `roles` and of `tenants` */
#define YG_OIDC_URL_MAX  1000
#define YG_OIDC_BACK     "/login/oidc/back"

struct yg_yaml;

struct yg_oidc_role {
    struct yg_str value; /* of the claim */
    enum yg_role role;
};
struct yg_oidc_tenant {
    struct yg_str value;
    struct yg_str tenant; /* p NULL: all */
};

struct yg_oidc_settings {
    bool on;    /* there are some */
    bool plain; /* http, to a provider on this machine */
    bool allow_system_admin;
    struct yg_str issuer, client_id;
    struct yg_str secret;  /* p NULL: a public client */
    struct yg_str console; /* "https://soc.example.org" */
    struct yg_str label, scopes;
    struct yg_str ca; /* file; p NULL: the system's */
    struct yg_str name_claim, role_claim;
    struct yg_str tenant_claim; /* p NULL: `fixed` */
    struct yg_scope fixed;
    const struct yg_oidc_role *role;
    const struct yg_oidc_tenant *tenant;
    const struct yg_str *domain; /* of mail addresses; none: any */
    size_t roles, tenants, domains;
    const struct yg_yaml *written; /* private: as it was written */
};

/* What a configuration's text says under `oidc`; nothing: `on` is false. The secret's
 * file is read. `path` is for messages, and files are named relative to its folder. */
enum yg_status yg_oidc_parse(struct yg_arena *arena, const char *path, struct yg_str text,
                             struct yg_oidc_settings *out,
                             struct yg_err *err) YG_MUST_USE;
/* The same from the configuration's file. */
enum yg_status yg_oidc_read(struct yg_arena *arena, const char *path,
                            struct yg_oidc_settings *out, struct yg_err *err) YG_MUST_USE;
/* The items with their meaning as comments, then what was written. Reads back equal in
 * the same folder. */
void yg_oidc_print(const struct yg_oidc_settings *s, struct yg_buf *out);

/* "https://host...", or "http://" and a name or address of this machine's own, without
 * user, query or fragment; `plain`: http is taken. */
bool yg_oidc_url(struct yg_str url, bool plain);

#endif
