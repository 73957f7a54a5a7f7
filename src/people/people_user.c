/* SPDX-License-Identifier: Apache-2.0 */
/* The part of people.h about what people do to other people. */
#include "people/people_priv.h"
#include "people/secret.h"

#include <sodium.h>

#define ARENA_MAX ((size_t)4 << 20)

/* ---- looking ---------------------------------------------------------------------- */

static enum yg_status ids(struct yg_people *p, struct yg_arena *arena, uint64_t **out,
                          size_t *count, struct yg_err *err)
{
    int64_t most = 0;
    size_t n = 0;
    enum yg_status st = yg_people_ask(p, YG_PQ_ACCOUNT_COUNT, NULL, 0, &most, err);

    if (st != YG_OK)
        return st;
    if (most > YG_PEOPLE_USERS_MAX)
        most = YG_PEOPLE_USERS_MAX;
    uint64_t *id = yg_arena_alloc(arena, ((size_t)most + 1) * sizeof(*id));
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_ACCOUNT_NAMES, err);
    if (!id || !s)
        return id ? err->status : yg_err_set(err, YG_ENOMEM, "people: out of memory");
    yg_db_bind_int(s, 1, most);
    while ((st = yg_db_step(p->db, s, err)) == YG_OK && n < (size_t)most)
        id[n++] = (uint64_t)yg_db_int(s, 0);
    yg_db_reset(s);
    if (st != YG_OK && st != YG_EEND)
        return st;
    *out = id;
    *count = n;
    return YG_OK;
}

static enum yg_status all(struct yg_people *p, const struct yg_principal *by,
                          struct yg_arena *arena, struct yg_users *out,
                          struct yg_err *err)
{
    uint64_t *id = NULL;
    size_t n = 0, kept = 0;
    enum yg_status st = ids(p, arena, &id, &n, err);

    if (st != YG_OK)
        return st;
    struct yg_user *user = yg_arena_alloc(arena, (n + 1) * sizeof(*user));
    if (!user)
        return yg_err_set(err, YG_ENOMEM, "people: out of memory");
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        struct yg_account a;
        st = yg_account_by_id(p, id[i], arena, &a, err);
        if (st == YG_OK && yg_people_sees(by, &a.user))
            user[kept++] = a.user;
    }
    if (st != YG_OK)
        return st;
    *out = (struct yg_users){ user, kept };
    return YG_OK;
}

enum yg_status yg_people_users(struct yg_people *p, const struct yg_principal *by,
                               struct yg_arena *arena, struct yg_users *out,
                               struct yg_err *err)
{
    /* as of one moment */
    enum yg_status st = yg_db_begin(p->db, false, err);

    if (st == YG_OK)
        st = yg_people_end(p, all(p, by, arena, out, err), err);
    return st;
}

enum yg_status yg_people_user(struct yg_people *p, const struct yg_principal *by,
                              struct yg_str name, struct yg_arena *arena,
                              struct yg_user *out, struct yg_err *err)
{
    struct yg_account a;
    enum yg_status st =
        yg_people_target(p, (struct yg_asked){ by, YG_VERB_READ, name }, arena, &a, err);

    if (st == YG_OK)
        *out = a.user;
    return st;
}

/* ---- making ----------------------------------------------------------------------- */

/* A password that was given or, if none was, made up; and its hash. */
static enum yg_status password(struct yg_people *p, const struct yg_user *u,
                               struct yg_str given, char made[YG_PASSWORD_MADE],
                               char hash[YG_PASSWORD_HASH], struct yg_err *err)
{
    enum yg_status st = YG_OK;

    made[0] = '\0';
    if (given.n == 0) {
        yg_secret_password(&p->entropy, made);
        given = yg_str_of(made);
    } else {
        st = yg_password_check(given, u->name, &u->scope, err);
    }
    return st == YG_OK ? yg_password_hash(given, p->cost, hash, err) : st;
}

enum yg_status yg_people_add_row(struct yg_people *p, const struct yg_user *u,
                                 const char *hash, uint64_t *id, struct yg_err *err)
{
    int64_t count = 0;
    enum yg_status st = yg_people_ask(p, YG_PQ_ACCOUNT_COUNT, NULL, 0, &count, err);

    if (st == YG_OK && count >= YG_PEOPLE_USERS_MAX)
        return yg_err_set(err, YG_ELIMIT, "there are %d users, and no more are made",
                          YG_PEOPLE_USERS_MAX);
    struct yg_db_stmt *s = st == YG_OK ? yg_db_stmt(p->db, YG_PQ_ACCOUNT_ADD, err) : NULL;
    if (!s)
        return st == YG_OK ? err->status : st;
    yg_db_bind_text(s, 1, u->name);
    yg_db_bind_text(s, 2, u->full);
    yg_db_bind_text(s, 3, u->language);
    yg_db_bind_text(s, 4, u->zone);
    yg_db_bind_text(s, 5, yg_str_of(yg_role_name(u->role)));
    yg_db_bind_int(s, 6, u->scope.all);
    yg_db_bind_text(s, 7, yg_str_of(hash));
    yg_db_bind_int(s, 8, yg_people_now(p));
    st = yg_db_step(p->db, s, err);
    if (st == YG_OK)
        *id = (uint64_t)yg_db_int(s, 0);
    yg_db_reset(s);
    if (st == YG_EEXIST)
        return yg_err_set(err, st, "there is a user %.*s already", YG_STR_ARG(u->name));
    return st == YG_OK ? yg_people_put_tenants(p, YG_PQ_TENANT_ADD, *id, &u->scope, err)
                       : st;
}

/* Its tenants sorted, and none twice. */
static bool sorted(struct yg_scope *s, struct yg_arena *arena)
{
    if (s->all || s->tenants > YG_PEOPLE_TENANTS_MAX) {
        s->tenants = s->all ? 0 : s->tenants;
        return true;
    }
    struct yg_str *t = yg_arena_alloc(arena, (s->tenants + 1) * sizeof(*t));
    if (!t)
        return false;
    if (s->tenants > 0)
        memcpy(t, s->tenant, s->tenants * sizeof(*t));
    *s = yg_scope_of(t, s->tenants);
    return true;
}

enum yg_status yg_people_tidy(struct yg_user *u, struct yg_arena *arena,
                              struct yg_err *err)
{
    if (u->language.n == 0)
        u->language = YG_STR("en");
    if (u->zone.n == 0)
        u->zone = YG_STR("Z");
    if (!sorted(&u->scope, arena))
        return yg_err_set(err, YG_ENOMEM, "people: out of memory");
    return yg_people_check(u, err);
}

enum yg_status yg_people_add(struct yg_people *p, const struct yg_principal *by,
                             const struct yg_user *u, struct yg_str given,
                             char made[YG_PASSWORD_MADE], struct yg_err *err)
{
    char name[YG_NAME_MAX + 1], hash[YG_PASSWORD_HASH];
    struct yg_user fresh = *u;
    struct yg_arena arena;
    uint64_t id;

    made[0] = '\0';
    if (!yg_people_name(u->name, name))
        return yg_err_set(err, YG_EINVAL,
                          "a user's name is 1 to %d letters, digits and . _ - + @, and "
                          "begins with a letter or digit",
                          YG_NAME_MAX);
    fresh.name = yg_str_of(name);
    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = yg_people_tidy(&fresh, &arena, err);
    if (st == YG_OK)
        st = yg_people_reach(by, YG_VERB_CREATE, &fresh, err);
    if (st == YG_OK)
        st = password(p, &fresh, given, made, hash, err);
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st == YG_OK)
        st = yg_people_end(p, yg_people_add_row(p, &fresh, hash, &id, err), err);
    if (st != YG_OK)
        sodium_memzero(made, YG_PASSWORD_MADE);
    sodium_memzero(hash, sizeof(hash));
    yg_arena_fini(&arena);
    return st;
}

/* ---- changing ---------------------------------------------------------------------- */

static bool same_rights(const struct yg_user *a, const struct yg_user *b)
{
    return a->role == b->role && a->disabled == b->disabled &&
           a->scope.all == b->scope.all && yg_scope_within(&a->scope, &b->scope) &&
           yg_scope_within(&b->scope, &a->scope);
}

/* Somebody must be left who can do everything. */
static enum yg_status not_the_last(struct yg_people *p, const struct yg_user *old,
                                   const struct yg_user *fresh, struct yg_err *err)
{
    const struct yg_str admin = yg_str_of(yg_role_name(YG_ROLE_SYSTEM_ADMIN));
    int64_t others = 0;

    if (old->role != YG_ROLE_SYSTEM_ADMIN || old->disabled ||
        (fresh->role == YG_ROLE_SYSTEM_ADMIN && !fresh->disabled))
        return YG_OK;
    enum yg_status st =
        yg_people_ask(p, YG_PQ_OTHER_ADMINS, &admin, (int64_t)old->id, &others, err);
    if (st == YG_OK && others == 0)
        st = yg_err_set(err, YG_EINVAL,
                        "%.*s is the last system-admin; make another one first",
                        YG_STR_ARG(old->name));
    return st;
}

static enum yg_status put_row(struct yg_people *p, const struct yg_user *u,
                              struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_ACCOUNT_PUT, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)u->id);
    yg_db_bind_text(s, 2, u->full);
    yg_db_bind_text(s, 3, u->language);
    yg_db_bind_text(s, 4, u->zone);
    yg_db_bind_text(s, 5, yg_str_of(yg_role_name(u->role)));
    yg_db_bind_int(s, 6, u->scope.all);
    yg_db_bind_int(s, 7, u->disabled);
    enum yg_status st = yg_db_run(p->db, s, err);
    if (st == YG_OK)
        st = yg_people_run(p, YG_PQ_TENANT_DROP, (int64_t)u->id, NULL, err);
    return st == YG_OK ? yg_people_put_tenants(p, YG_PQ_TENANT_ADD, u->id, &u->scope, err)
                       : st;
}

enum yg_status yg_people_put_row(struct yg_people *p, const struct yg_user *old,
                                 const struct yg_user *fresh, bool *changed,
                                 struct yg_err *err)
{
    enum yg_status st = not_the_last(p, old, fresh, err);

    *changed = !same_rights(old, fresh);
    if (st == YG_OK)
        st = put_row(p, fresh, err);
    return st == YG_OK && *changed
               ? yg_people_run(p, YG_PQ_SESSION_END_ALL, (int64_t)fresh->id, NULL, err)
               : st;
}

static enum yg_status put(struct yg_people *p, const struct yg_principal *by,
                          struct yg_user *u, struct yg_arena *arena, struct yg_err *err)
{
    struct yg_account old;
    bool changed;
    enum yg_status st = yg_people_target(
        p, (struct yg_asked){ by, YG_VERB_CHANGE, u->name }, arena, &old, err);

    if (st == YG_OK) {
        u->id = old.user.id;
        st = yg_people_reach(by, YG_VERB_CHANGE, u, err);
    }
    return st == YG_OK ? yg_people_put_row(p, &old.user, u, &changed, err) : st;
}

enum yg_status yg_people_put(struct yg_people *p, const struct yg_principal *by,
                             const struct yg_user *u, struct yg_err *err)
{
    struct yg_user fresh = *u;
    struct yg_arena arena;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = yg_people_tidy(&fresh, &arena, err);
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st == YG_OK)
        st = yg_people_end(p, put(p, by, &fresh, &arena, err), err);
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_people_put_hash(struct yg_people *p, uint64_t user, const char *hash,
                                  bool must_change, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_ACCOUNT_HASH, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)user);
    yg_db_bind_text(s, 2, yg_str_of(hash));
    yg_db_bind_int(s, 3, must_change);
    enum yg_status st = yg_db_run(p->db, s, err);
    return st == YG_OK ? yg_people_run(p, YG_PQ_SESSION_END_ALL, (int64_t)user, NULL, err)
                       : st;
}

enum yg_status yg_people_set_password(struct yg_people *p, const struct yg_principal *by,
                                      struct yg_str name, struct yg_str given,
                                      char made[YG_PASSWORD_MADE], struct yg_err *err)
{
    char hash[YG_PASSWORD_HASH];
    struct yg_arena arena;
    struct yg_account a;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = yg_people_target(p, (struct yg_asked){ by, YG_VERB_CHANGE, name },
                                         &arena, &a, err);
    if (st == YG_OK)
        st = password(p, &a.user, given, made, hash, err);
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st == YG_OK)
        st = yg_people_end(p, yg_people_put_hash(p, a.user.id, hash, true, err), err);
    if (st != YG_OK)
        sodium_memzero(made, YG_PASSWORD_MADE);
    sodium_memzero(hash, sizeof(hash));
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_people_totp_put(struct yg_people *p, uint64_t user,
                                  const unsigned char *secret, int64_t step,
                                  struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_ACCOUNT_TOTP, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)user);
    if (secret)
        yg_db_bind_blob(s, 2, yg_bytes(secret, YG_TOTP_SIZE));
    yg_db_bind_int(s, 3, step);
    enum yg_status st = yg_db_run(p->db, s, err);
    if (st == YG_OK)
        st = yg_people_run(p, YG_PQ_CODE_DROP, (int64_t)user, NULL, err);
    return st == YG_OK ? yg_people_run(p, YG_PQ_SESSION_END_ALL, (int64_t)user, NULL, err)
                       : st;
}

enum yg_status yg_people_totp_drop(struct yg_people *p, const struct yg_principal *by,
                                   struct yg_str name, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_account a;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = yg_people_target(p, (struct yg_asked){ by, YG_VERB_CHANGE, name },
                                         &arena, &a, err);
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st == YG_OK)
        st = yg_people_end(p, yg_people_totp_put(p, a.user.id, NULL, 0, err), err);
    yg_arena_fini(&arena);
    return st;
}
