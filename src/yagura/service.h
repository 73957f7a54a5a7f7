/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service - what commands about people share: service.db in the store's folder, options
 * that name tenants, passwords from the keyboard, the outcome.
 *
 * Whoever can write the folder may everything: the operating system has asked already.
 */
#ifndef YG_YAGURA_SERVICE_H
#define YG_YAGURA_SERVICE_H

#include "base/jsonw.h"
#include "people/tenant.h"
#include "yagura/app.h"

struct yg_service {
    struct yg_app app;
    struct yg_people *people;
    struct yg_buf out;
    struct yg_jsonw w; /* into `out` */
};

struct yg_service_verb {
    const char *name;
    int args;     /* besides its name */
    int optional; /* so many more */
    bool creates; /* service.db, if it is not there */
    enum yg_status (*run)(struct yg_service *s, struct yg_err *err);
};

/* The whole of a command whose first argument is one of `count` verbs. */
int yg_service_run(struct yg_cli *cli, const struct yg_service_verb *verb, size_t count);

/* The argument after the verb; empty when it was left out. */
struct yg_str yg_service_name(const struct yg_service *s);

/* --role and --tenants over what is there. "all" is all tenants. */
enum yg_status yg_service_rights(struct yg_service *s, enum yg_role *role,
                                 struct yg_scope *scope, struct yg_err *err) YG_MUST_USE;

/* A password from the terminal, asked for twice and not shown, or the first line of
 * standard input when that is none. Empty without --read. */
#define YG_SERVICE_TYPED 264
enum yg_status yg_service_password(struct yg_service *s, char out[YG_SERVICE_TYPED],
                                   struct yg_err *err) YG_MUST_USE;

/* What is set for a tenant; as the table says where there are no people. Lives with the
 * app. */
enum yg_status yg_service_tenant(struct yg_app *a, struct yg_str name,
                                 struct yg_tenant *out, struct yg_err *err) YG_MUST_USE;

/* "all", "acme, harbor" */
void yg_service_scope_text(struct yg_buf *out, const struct yg_scope *scope);
/* "2026-01-31 23:59", "never" for 0. */
const char *yg_service_time(int64_t ns, char out[YG_TIME_TEXT_MAX]);

#endif
