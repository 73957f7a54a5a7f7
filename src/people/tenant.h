/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tenant - what is set for a customer: the rows of tenants.def, kept in service.db beside
 * people, each change with who made it and what was there before.
 *
 * A tenant is there when records or users name it; here are only its settings, and what
 * was not set is as the table says. What lies outside the scope of who asks is
 * YG_ENOTFOUND. The last YG_TENANT_CHANGES changes of a tenant are kept. Cost: a look-up.
 */
#ifndef YG_PEOPLE_TENANT_H
#define YG_PEOPLE_TENANT_H

#include "people/people.h"

#define YG_TENANT_CHANGES 1000
#define YG_TENANT_MAX     10000 /* of those with settings */
#define YG_TENANT_NAME    100   /* bytes */

enum yg_tenant_setting {
#define YG_TENANT(id, ...) YG_TENANT_##id,
#include "people/tenants.def"
#undef YG_TENANT
    YG_TENANT_SETTINGS
};
enum yg_tenant_kind {
    YG_TENANT_TEXT,
    YG_TENANT_NUMBER,
    YG_TENANT_FLAG,
    YG_TENANT_IS_LANGUAGE,
    YG_TENANT_IS_ZONE
};
extern const struct yg_tenant_info {
    const char *name, *otherwise, *help;
    enum yg_tenant_kind kind;
    bool service; /* only who sees all tenants changes it */
    int64_t least, most;
} yg_tenant_info[YG_TENANT_SETTINGS];

/* Which one is called so? False: none. */
bool yg_tenant_setting_of(struct yg_str name, enum yg_tenant_setting *out);

struct yg_tenant {
    struct yg_str name;
    struct yg_str value[YG_TENANT_SETTINGS]; /* as text; what was not set is filled in */
    bool set[YG_TENANT_SETTINGS];
};
/* One for which nothing is set; `name` is borrowed. */
struct yg_tenant yg_tenant_unset(struct yg_str name);
int64_t yg_tenant_number(const struct yg_tenant *t, enum yg_tenant_setting s);
bool yg_tenant_flag(const struct yg_tenant *t, enum yg_tenant_setting s);

/* Those that have settings, by name; in `arena`. */
enum yg_status yg_tenant_names(struct yg_people *p, const struct yg_scope *scope,
                               struct yg_arena *arena, struct yg_str **out, size_t *count,
                               struct yg_err *err) YG_MUST_USE;
/* YG_ENOTFOUND: outside the scope, or no name. One without settings is found. */
enum yg_status yg_tenant_get(struct yg_people *p, const struct yg_scope *scope,
                             struct yg_str name, struct yg_arena *arena,
                             struct yg_tenant *out, struct yg_err *err) YG_MUST_USE;
/* What is `set` in `t` becomes so, all or nothing; the rest stays. YG_EINVAL: what to
 * write instead; YG_EPERM: it is the service's; YG_ELIMIT. */
enum yg_status yg_tenant_put(struct yg_people *p, const struct yg_principal *by,
                             const struct yg_tenant *t, struct yg_err *err) YG_MUST_USE;

struct yg_tenant_change {
    int64_t at_ns;
    struct yg_str who, name, before, after;
};
struct yg_tenant_history {
    struct yg_tenant_change *row;
    size_t count;
};
/* Newest first. */
enum yg_status yg_tenant_changes(struct yg_people *p, const struct yg_scope *scope,
                                 struct yg_str name, struct yg_arena *arena,
                                 struct yg_tenant_history *out,
                                 struct yg_err *err) YG_MUST_USE;

#endif
