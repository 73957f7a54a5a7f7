/* SPDX-License-Identifier: Apache-2.0 */
/* The part of people.h about API tokens: what one may is what it says and its user may.
 */
#include "people/people_priv.h"
#include "people/secret.h"

#define ARENA_MAX ((size_t)4 << 20)
#define TOUCH_NS  (INT64_C(60) * YG_NS_PER_S)

struct found {
    struct yg_token t;
    uint64_t account;
};

static bool read_row(struct yg_db_stmt *s, struct yg_arena *arena, struct found *f)
{
    *f = (struct found){ .t = { .id = (uint64_t)yg_db_int(s, 0),
                                .made_ns = yg_db_int(s, 5),
                                .expires_ns = yg_db_int(s, 6),
                                .used_ns = yg_db_int(s, 7) },
                         .account = (uint64_t)yg_db_int(s, 1) };
    f->t.scope.all = yg_db_int(s, 4) == 1;
    f->t.role = yg_people_role(yg_db_bytes(s, 3), f->t.scope.all);
    f->t.scope.all = f->t.scope.all && f->t.role != YG_ROLE_NONE;
    return yg_db_copy(s, 2, arena, &f->t.label);
}

/* The row that the statement finds, with its tenants. */
static enum yg_status get(struct yg_people *p, struct yg_db_stmt *s,
                          struct yg_arena *arena, struct found *f, struct yg_err *err)
{
    enum yg_status st = yg_db_step(p->db, s, err);

    if (st == YG_EEND)
        return yg_err_set(err, YG_ENOTFOUND, "there is no such token");
    if (st == YG_OK && !read_row(s, arena, f))
        st = yg_err_set(err, YG_ENOMEM, "people: out of memory");
    yg_db_reset(s);
    return st == YG_OK && !f->t.scope.all
               ? yg_people_tenants(p, YG_PQ_TOKEN_TENANTS, f->t.id, arena, &f->t.scope,
                                   err)
               : st;
}

/* ---- using ------------------------------------------------------------------------ */

static enum yg_status find(struct yg_people *p, struct yg_str text,
                           struct yg_arena *arena, struct found *f, struct yg_err *err)
{
    unsigned char digest[YG_DIGEST_SIZE];

    if (!yg_secret_digest(YG_SECRET_TOKEN, text, digest))
        return yg_err_set(err, YG_ENOTFOUND, "there is no such token");
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_TOKEN_BY_DIGEST, err);
    if (!s)
        return err->status;
    yg_db_bind_blob(s, 1, yg_bytes(digest, sizeof(digest)));
    return get(p, s, arena, f, err);
}

static void touch(struct yg_people *p, const struct found *f)
{
    const int64_t now = yg_people_now(p);
    struct yg_err none = { 0 };

    if (yg_people_age(now, f->t.used_ns) < TOUCH_NS || yg_people_begin(p, &none) != YG_OK)
        return;
    enum yg_status st = yg_people_run(p, YG_PQ_TOKEN_USED, (int64_t)f->t.id, &now, &none);
    if (yg_people_end(p, st, &none) != YG_OK)
        return; /* another time */
}

static bool good(const struct found *f, const struct yg_user *u, int64_t now)
{
    return f->t.expires_ns > now && f->t.expires_ns - now <= YG_TOKEN_MAX_NS &&
           f->t.role != YG_ROLE_NONE && !u->disabled && u->role != YG_ROLE_NONE &&
           yg_role_within(f->t.role, u->role);
}

enum yg_status yg_people_token(struct yg_people *p, struct yg_str text,
                               struct yg_arena *arena, struct yg_principal *out,
                               struct yg_err *err)
{
    struct found f = { .account = 0 };
    struct yg_account a;
    struct yg_str *room = NULL;
    enum yg_status st = find(p, text, arena, &f, err);

    if (st == YG_OK)
        st = yg_account_by_id(p, f.account, arena, &a, err);
    if (st == YG_ENOTFOUND || (st == YG_OK && !good(&f, &a.user, yg_people_now(p))))
        return yg_err_set(err, YG_EPERM, "this token is not valid, or not any more");
    if (st != YG_OK)
        return st;
    room = yg_arena_alloc(arena, (f.t.scope.tenants + 1) * sizeof(*room));
    if (!room)
        return yg_err_set(err, YG_ENOMEM, "people: out of memory");
    touch(p, &f);
    *out = (struct yg_principal){ .user = a.user.id,
                                  .name = a.user.name,
                                  .role = f.t.role,
                                  .scope = yg_scope_meet(&f.t.scope, &a.user.scope, room),
                                  .token = f.t.id,
                                  .expires_ns = f.t.expires_ns,
                                  .must_change = a.user.must_change,
                                  .full = a.user.full,
                                  .language = a.user.language,
                                  .zone = a.user.zone };
    return YG_OK;
}

/* ---- making ----------------------------------------------------------------------- */

static enum yg_status check(const struct yg_token *t, int64_t now, struct yg_err *err)
{
    const struct yg_user as_user = {
        .role = t->role, .scope = t->scope, .language = YG_STR("en"), .zone = YG_STR("Z")
    };

    if (!yg_people_clean(t->label, 0, 100))
        return yg_err_set(err, YG_EINVAL,
                          "a token's label is at most 100 bytes of visible text");
    if (t->expires_ns <= now || t->expires_ns - now > YG_TOKEN_MAX_NS)
        return yg_err_set(err, YG_EINVAL,
                          "a token expires within a year; say when, in the future");
    return yg_people_check(&as_user, err);
}

/* May `by` make this token for `u`? */
static enum yg_status may_make(const struct yg_principal *by, const struct yg_user *u,
                               const struct yg_token *t, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    if (by->token != 0)
        return yg_err_set(err, YG_EPERM, "a token makes no tokens; log in");
    if (by->user == 0 || u->id != by->user)
        st = yg_people_reach(by, YG_VERB_CREATE, u, err);
    else if (!yg_principal_may(by, YG_VERB_CREATE, YG_OBJ_TOKEN))
        st = yg_err_set(err, YG_EPERM, "role %s makes no tokens", yg_role_name(by->role));
    if (st != YG_OK)
        return st;
    if (!yg_role_within(t->role, u->role) || !yg_scope_within(&t->scope, &u->scope))
        return yg_err_set(err, YG_EINVAL,
                          "a token may no more than its user: role %s or less, of his "
                          "tenants",
                          yg_role_name(u->role));
    if (!yg_role_within(t->role, by->role) || !yg_scope_within(&t->scope, &by->scope))
        return yg_err_set(err, YG_EPERM, "this is more than you may");
    return YG_OK;
}

static enum yg_status room_for_one(struct yg_people *p, uint64_t user, struct yg_err *err)
{
    const int64_t now = yg_people_now(p), u = (int64_t)user;
    int64_t count = 0;
    enum yg_status st = yg_people_run(p, YG_PQ_TOKEN_TENANT_OLD, u, &now, err);

    if (st == YG_OK)
        st = yg_people_run(p, YG_PQ_TOKEN_OLD, u, &now, err);
    if (st == YG_OK)
        st = yg_people_ask(p, YG_PQ_TOKEN_COUNT, NULL, u, &count, err);
    if (st == YG_OK && count >= YG_PEOPLE_TOKENS_MAX)
        st = yg_err_set(err, YG_ELIMIT, "a user has at most %d tokens; end one first",
                        YG_PEOPLE_TOKENS_MAX);
    return st;
}

static enum yg_status add_row(struct yg_people *p, uint64_t user,
                              const struct yg_token *t,
                              const unsigned char digest[YG_DIGEST_SIZE], uint64_t *id,
                              struct yg_err *err)
{
    enum yg_status st = room_for_one(p, user, err);
    struct yg_db_stmt *s = st == YG_OK ? yg_db_stmt(p->db, YG_PQ_TOKEN_ADD, err) : NULL;

    if (!s)
        return st == YG_OK ? err->status : st;
    yg_db_bind_int(s, 1, (int64_t)user);
    yg_db_bind_blob(s, 2, yg_bytes(digest, YG_DIGEST_SIZE));
    yg_db_bind_text(s, 3, t->label);
    yg_db_bind_text(s, 4, yg_str_of(yg_role_name(t->role)));
    yg_db_bind_int(s, 5, t->scope.all);
    yg_db_bind_int(s, 6, yg_people_now(p));
    yg_db_bind_int(s, 7, t->expires_ns);
    st = yg_db_step(p->db, s, err);
    if (st == YG_OK)
        *id = (uint64_t)yg_db_int(s, 0);
    yg_db_reset(s);
    return st == YG_OK
               ? yg_people_put_tenants(p, YG_PQ_TOKEN_TENANT_ADD, *id, &t->scope, err)
               : st;
}

/* The token's user, and the token with its tenants sorted, none twice. */
static enum yg_status prepare(struct yg_people *p, const struct yg_principal *by,
                              struct yg_token *t, struct yg_arena *arena,
                              struct yg_account *a, struct yg_err *err)
{
    enum yg_status st = check(t, yg_people_now(p), err);

    if (st != YG_OK)
        return st;
    struct yg_str *room = yg_arena_alloc(arena, (t->scope.tenants + 1) * sizeof(*room));
    if (!room)
        return yg_err_set(err, YG_ENOMEM, "people: out of memory");
    if (!t->scope.all) {
        memcpy(room, t->scope.tenant, t->scope.tenants * sizeof(*room));
        t->scope = yg_scope_of(room, t->scope.tenants);
    }
    st = t->user.n == 0 && by->user != 0
             ? yg_account_by_id(p, by->user, arena, a, err)
             : yg_people_target(p, (struct yg_asked){ by, YG_VERB_READ, t->user }, arena,
                                a, err);
    return st == YG_OK ? may_make(by, &a->user, t, err) : st;
}

enum yg_status yg_people_token_make(struct yg_people *p, const struct yg_principal *by,
                                    const struct yg_token *t, char text[YG_SECRET_TEXT],
                                    uint64_t *id, struct yg_err *err)
{
    unsigned char digest[YG_DIGEST_SIZE];
    struct yg_token fresh = *t;
    struct yg_arena arena;
    struct yg_account a;
    uint64_t made = 0;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = prepare(p, by, &fresh, &arena, &a, err);
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st == YG_OK) {
        yg_secret_make(YG_SECRET_TOKEN, &p->entropy, text, digest);
        st = yg_people_end(p, add_row(p, a.user.id, &fresh, digest, &made, err), err);
    }
    if (st == YG_OK)
        *id = made;
    else
        text[0] = '\0';
    yg_arena_fini(&arena);
    return st;
}

/* ---- listing and ending ------------------------------------------------------------ */

struct list {
    struct yg_token *row;
    size_t count, size;
};

static bool put(struct list *l, const struct yg_token *t, struct yg_arena *arena)
{
    if (l->count == l->size) {
        size_t size = l->size ? l->size * 2 : 16;
        struct yg_token *row = yg_arena_alloc(arena, size * sizeof(*row));
        if (!row)
            return false;
        if (l->count > 0)
            memcpy(row, l->row, l->count * sizeof(*row));
        l->row = row;
        l->size = size;
    }
    l->row[l->count++] = *t;
    return true;
}

static enum yg_status list_user(struct yg_people *p, const struct yg_user *u,
                                struct yg_arena *arena, struct list *l,
                                struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_TOKENS, err);
    const size_t from = l->count;
    enum yg_status st;

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)u->id);
    yg_db_bind_int(s, 2, yg_people_now(p));
    yg_db_bind_int(s, 3, YG_PEOPLE_TOKENS_MAX);
    while ((st = yg_db_step(p->db, s, err)) == YG_OK) {
        struct found f;
        if (!read_row(s, arena, &f) || !put(l, &f.t, arena)) {
            st = yg_err_set(err, YG_ENOMEM, "people: out of memory");
            break;
        }
    }
    yg_db_reset(s);
    if (st != YG_EEND)
        return st;
    st = YG_OK;
    for (size_t i = from; st == YG_OK && i < l->count; i++) {
        struct yg_token *t = &l->row[i];
        t->user = u->name;
        if (!t->scope.all)
            st = yg_people_tenants(p, YG_PQ_TOKEN_TENANTS, t->id, arena, &t->scope, err);
    }
    return st;
}

enum yg_status yg_people_tokens(struct yg_people *p, const struct yg_principal *by,
                                struct yg_str name, struct yg_arena *arena,
                                struct yg_tokens *out, struct yg_err *err)
{
    struct list l = { .count = 0 };
    struct yg_user one;
    struct yg_users of = { &one, 1 };
    enum yg_status st = name.n > 0 ? yg_people_user(p, by, name, arena, &one, err)
                                   : yg_people_users(p, by, arena, &of, err);

    for (size_t i = 0; st == YG_OK && i < of.count; i++)
        st = list_user(p, &of.row[i], arena, &l, err);
    if (st == YG_OK)
        *out = (struct yg_tokens){ l.row, l.count };
    return st;
}

/* In a transaction. */
static enum yg_status end(struct yg_people *p, const struct yg_principal *by, uint64_t id,
                          struct yg_arena *arena, struct yg_err *err)
{
    struct found f = { .account = 0 };
    struct yg_account a;
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_TOKEN_BY_ID, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)id);
    enum yg_status st = get(p, s, arena, &f, err);
    if (st == YG_OK)
        st = yg_account_by_id(p, f.account, arena, &a, err);
    if (st == YG_OK && !yg_people_sees(by, &a.user))
        st = YG_ENOTFOUND;
    if (st == YG_ENOTFOUND)
        return yg_err_set(err, st, "there is no such token");
    if (st == YG_OK && a.user.id != by->user) /* one's own, whatever one's role is now */
        st = yg_people_reach(by, YG_VERB_DELETE, &a.user, err);
    if (st == YG_OK)
        st = yg_people_run(p, YG_PQ_TOKEN_TENANT_DROP, (int64_t)id, NULL, err);
    return st == YG_OK ? yg_people_run(p, YG_PQ_TOKEN_END, (int64_t)id, NULL, err) : st;
}

enum yg_status yg_people_token_end(struct yg_people *p, const struct yg_principal *by,
                                   uint64_t id, struct yg_err *err)
{
    struct yg_arena arena;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = yg_people_begin(p, err);
    if (st == YG_OK)
        st = yg_people_end(p, end(p, by, id, &arena, err), err);
    yg_arena_fini(&arena);
    return st;
}
