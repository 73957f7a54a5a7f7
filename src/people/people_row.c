/* SPDX-License-Identifier: Apache-2.0 */
/* The part of people_priv.h about accounts: rows in and out, and who may touch whom. */
#include "base/text.h"
#include "people/people_priv.h"

#include <stdio.h>

/* ---- texts ------------------------------------------------------------------------ */

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool yg_people_name(struct yg_str name, char out[YG_NAME_MAX + 1])
{
    if (name.n == 0 || name.n > YG_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + ('a' - 'A'));
        if (!is_alnum(c) && (i == 0 || !c || !strchr("._-+@", c)))
            return false;
        out[i] = c;
    }
    out[name.n] = '\0';
    return true;
}

bool yg_people_clean(struct yg_str s, size_t least, size_t most)
{
    struct yg_buf safe;

    if (s.n < least || s.n > most)
        return false;
    yg_buf_init(&safe, 4 * most + 1);
    yg_text_safe(&safe, s);
    bool same = yg_str_eq(yg_buf_str(&safe), s);
    yg_buf_fini(&safe);
    return same;
}

/* "Z", "+09:00", "Asia/Tokyo": its form; whether there is such a place the reader sees.
 */
static bool is_zone(struct yg_str z)
{
    if (yg_str_eq(z, YG_STR("Z")))
        return true;
    if (z.n == 0 || z.n > 40)
        return false;
    if (z.p[0] == '+' || z.p[0] == '-') {
        uint64_t h, m;
        return z.n == 6 && z.p[3] == ':' &&
               yg_str_u64((struct yg_str){ z.p + 1, 2 }, &h) &&
               yg_str_u64((struct yg_str){ z.p + 4, 2 }, &m) && h <= 14 && m <= 59;
    }
    for (size_t i = 0; i < z.n; i++) {
        char c = z.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || is_alnum(c);
        if (!letter && (i == 0 || !c || !strchr("/_+-", c) || z.p[i - 1] == '/'))
            return false;
    }
    return z.p[z.n - 1] != '/';
}

enum yg_status yg_people_check_own(struct yg_str full, struct yg_str language,
                                   struct yg_str zone, struct yg_err *err)
{
    if (!yg_people_clean(full, 0, 200))
        return yg_err_set(err, YG_EINVAL,
                          "a full name is at most 200 bytes of visible text");
    if (!yg_str_eq(language, YG_STR("en")) && !yg_str_eq(language, YG_STR("ja")))
        return yg_err_set(err, YG_EINVAL, "a language is en or ja");
    if (!is_zone(zone))
        return yg_err_set(err, YG_EINVAL,
                          "a time zone is written Z, +09:00 or Asia/Tokyo");
    return YG_OK;
}

enum yg_status yg_people_check(const struct yg_user *u, struct yg_err *err)
{
    enum yg_status st = yg_people_check_own(u->full, u->language, u->zone, err);
    const struct yg_scope *s = &u->scope;

    if (st != YG_OK)
        return st;
    if (u->role <= YG_ROLE_NONE || u->role >= YG_ROLE_COUNT)
        return yg_err_set(err, YG_EINVAL, "a user needs a role");
    if (!yg_role_reaches(u->role, s->all))
        return yg_err_set(err, YG_EINVAL,
                          s->all ? "role %s is for named tenants; name them"
                                 : "role %s is for all tenants, not for named ones",
                          yg_role_name(u->role));
    if (!s->all && s->tenants == 0)
        return yg_err_set(err, YG_EINVAL, "a user needs tenants: name them, or say all");
    if (s->tenants > YG_PEOPLE_TENANTS_MAX)
        return yg_err_set(err, YG_ELIMIT, "more than %d tenants; say all",
                          YG_PEOPLE_TENANTS_MAX);
    for (size_t i = 0; i < s->tenants; i++)
        if (!yg_people_clean(s->tenant[i], 1, 100))
            return yg_err_set(err, YG_EINVAL,
                              "a tenant's name is 1 to 100 bytes of visible text");
    return YG_OK;
}

/* ---- rows ------------------------------------------------------------------------- */

enum yg_role yg_people_role(struct yg_str name, bool everywhere)
{
    enum yg_role r;

    return yg_role_of(name, &r) && yg_role_reaches(r, everywhere) ? r : YG_ROLE_NONE;
}

enum yg_status yg_people_tenants(struct yg_people *p, enum yg_people_query q, uint64_t id,
                                 struct yg_arena *arena, struct yg_scope *out,
                                 struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, q, err);
    size_t n = 0, size = 0;
    struct yg_str *tenant = NULL;
    enum yg_status st;

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)id);
    yg_db_bind_int(s, 2, YG_PEOPLE_TENANTS_MAX);
    while ((st = yg_db_step(p->db, s, err)) == YG_OK && n < YG_PEOPLE_TENANTS_MAX) {
        if (n == size) {
            size = size ? size * 4 : 8;
            struct yg_str *more = yg_arena_alloc(arena, size * sizeof(*more));
            if (more && n > 0)
                memcpy(more, tenant, n * sizeof(*more));
            tenant = more;
        }
        if (!tenant || !yg_db_copy(s, 0, arena, &tenant[n])) {
            yg_db_reset(s);
            return yg_err_set(err, YG_ENOMEM, "people: out of memory");
        }
        n++;
    }
    yg_db_reset(s);
    if (st != YG_EEND && st != YG_OK)
        return st;
    *out = yg_scope_of(tenant, n);
    return YG_OK;
}

enum yg_status yg_people_put_tenants(struct yg_people *p, enum yg_people_query q,
                                     uint64_t id, const struct yg_scope *scope,
                                     struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < scope->tenants; i++) {
        struct yg_db_stmt *s = yg_db_stmt(p->db, q, err);
        if (!s)
            return err->status;
        yg_db_bind_int(s, 1, (int64_t)id);
        yg_db_bind_text(s, 2, scope->tenant[i]);
        st = yg_db_run(p->db, s, err);
    }
    return st;
}

static bool blob(struct yg_db_stmt *s, int column, unsigned char *out, size_t size,
                 bool *there)
{
    struct yg_str v = yg_db_bytes(s, column);

    *there = !yg_db_is_null(s, column);
    if (v.n != size)
        return false;
    memcpy(out, v.p, size);
    return true;
}

static bool read_row(struct yg_db_stmt *s, struct yg_arena *arena, struct yg_account *a)
{
    struct yg_user *u = &a->user;
    struct yg_str hash = yg_db_bytes(s, 11);

    *a = (struct yg_account){ .user = { .id = (uint64_t)yg_db_int(s, 0) } };
    if (!yg_db_copy(s, 1, arena, &u->name) || !yg_db_copy(s, 2, arena, &u->full) ||
        !yg_db_copy(s, 3, arena, &u->language) || !yg_db_copy(s, 4, arena, &u->zone))
        return false;
    u->scope.all = yg_db_int(s, 6) == 1;
    u->role = yg_people_role(yg_db_bytes(s, 5), u->scope.all);
    u->scope.all = u->scope.all && u->role != YG_ROLE_NONE;
    u->disabled = yg_db_int(s, 7) != 0;
    u->must_change = yg_db_int(s, 8) != 0;
    u->made_ns = yg_db_int(s, 9);
    u->login_ns = yg_db_int(s, 10);
    if (hash.n < sizeof(a->hash))
        memcpy(a->hash, hash.p, hash.n);
    a->totp_fits = blob(s, 12, a->totp, sizeof(a->totp), &a->has_totp);
    a->new_fits = blob(s, 13, a->fresh, sizeof(a->fresh), &a->has_new);
    a->totp_step = yg_db_int(s, 14);
    u->totp = a->has_totp;
    u->codes_left = (unsigned)yg_db_int(s, 15);
    u->vouched = yg_db_int(s, 16) > 0;
    return true;
}

static enum yg_status get(struct yg_people *p, struct yg_db_stmt *s,
                          struct yg_arena *arena, struct yg_account *out,
                          struct yg_err *err)
{
    struct yg_account a;
    enum yg_status st = yg_db_step(p->db, s, err);

    if (st == YG_EEND)
        return yg_err_set(err, YG_ENOTFOUND, "there is no such user");
    if (st == YG_OK && !read_row(s, arena, &a))
        st = yg_err_set(err, YG_ENOMEM, "people: out of memory");
    yg_db_reset(s);
    if (st == YG_OK && !a.user.scope.all)
        st = yg_people_tenants(p, YG_PQ_TENANTS, a.user.id, arena, &a.user.scope, err);
    if (st == YG_OK)
        *out = a;
    return st;
}

enum yg_status yg_account_by_id(struct yg_people *p, uint64_t id, struct yg_arena *arena,
                                struct yg_account *out, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_ACCOUNT_BY_ID, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)id);
    return get(p, s, arena, out, err);
}

enum yg_status yg_account_by_name(struct yg_people *p, struct yg_str name,
                                  struct yg_arena *arena, struct yg_account *out,
                                  struct yg_err *err)
{
    char canonical[YG_NAME_MAX + 1];

    if (!yg_people_name(name, canonical))
        return yg_err_set(err, YG_ENOTFOUND, "there is no such user");
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_ACCOUNT_BY_NAME, err);
    if (!s)
        return err->status;
    yg_db_bind_text(s, 1, yg_str_of(canonical));
    return get(p, s, arena, out, err);
}

/* ---- who may touch whom ------------------------------------------------------------ */

/* All of his tenants; somebody without any is nobody's but who has all. */
static bool within(const struct yg_user *u, const struct yg_principal *by)
{
    if (by->scope.all)
        return true;
    return !u->scope.all && u->scope.tenants > 0 &&
           yg_scope_within(&u->scope, &by->scope);
}

bool yg_people_sees(const struct yg_principal *by, const struct yg_user *u)
{
    if (by->user != 0 && u->id == by->user)
        return true;
    return yg_principal_may(by, YG_VERB_READ, YG_OBJ_USER) && within(u, by);
}

enum yg_status yg_people_reach(const struct yg_principal *by, enum yg_verb v,
                               const struct yg_user *u, struct yg_err *err)
{
    if (!yg_principal_may(by, v, YG_OBJ_USER))
        return yg_err_set(err, YG_EPERM, "role %s may not %s users",
                          yg_role_name(by->role), yg_verb_name(v));
    if (!within(u, by))
        return yg_err_set(err, YG_EPERM, "the tenants are not all yours");
    if (!yg_role_within(u->role, by->role))
        return yg_err_set(err, YG_EPERM, "role %s has rights that %s has not",
                          yg_role_name(u->role), yg_role_name(by->role));
    return YG_OK;
}

enum yg_status yg_people_target(struct yg_people *p, struct yg_asked asked,
                                struct yg_arena *arena, struct yg_account *out,
                                struct yg_err *err)
{
    struct yg_account a;
    enum yg_status st = yg_account_by_name(p, asked.name, arena, &a, err);

    if (st != YG_OK)
        return st;
    if (!yg_people_sees(asked.by, &a.user))
        return yg_err_set(err, YG_ENOTFOUND, "there is no such user");
    if (asked.verb != YG_VERB_READ)
        st = yg_people_reach(asked.by, asked.verb, &a.user, err);
    if (st == YG_OK)
        *out = a;
    return st;
}

enum yg_status yg_people_oneself(struct yg_people *p, const struct yg_principal *who,
                                 struct yg_arena *arena, struct yg_account *out,
                                 struct yg_err *err)
{
    if (who->user == 0 || who->session == 0)
        return yg_err_set(err, YG_EPERM, "this needs a session, not a token");
    return yg_account_by_id(p, who->user, arena, out, err);
}
