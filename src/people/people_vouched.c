/* SPDX-License-Identifier: Apache-2.0 */
/* The part of people.h about those whom an identity provider vouches for. */
#include "people/people_priv.h"

#include <sodium.h>
#include <stdio.h>

#define ARENA_MAX   ((size_t)4 << 20)
#define ISSUER_MAX  1000
#define SUBJECT_MAX 255

enum outcome { IN, NO_RIGHTS, DISABLED, TAKEN, NO_NAME };

struct vouch { /* one login on its way */
    struct yg_people *p;
    const struct yg_vouched *in;
    struct yg_arena *arena;
    struct yg_user user; /* as he is to be; role NONE: without rights */
    struct yg_err why;   /* why without */
    enum outcome outcome;
    struct yg_vouched_answer *out;
    struct yg_err *err;
};

/* ---- identities ------------------------------------------------------------------- */

/* Whose it is; 0: nobody's. */
static enum yg_status find(struct yg_people *p, struct yg_str issuer,
                           struct yg_str subject, uint64_t *account, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_IDENTITY_GET, err);

    if (!s)
        return err->status;
    yg_db_bind_text(s, 1, issuer);
    yg_db_bind_text(s, 2, subject);
    enum yg_status st = yg_db_step(p->db, s, err);
    *account = st == YG_OK ? (uint64_t)yg_db_int(s, 0) : 0;
    yg_db_reset(s);
    return st == YG_EEND ? YG_OK : st;
}

static enum yg_status add(struct yg_people *p, struct yg_str issuer,
                          struct yg_str subject, uint64_t account, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_IDENTITY_ADD, err);

    if (!s)
        return err->status;
    yg_db_bind_text(s, 1, issuer);
    yg_db_bind_text(s, 2, subject);
    yg_db_bind_int(s, 3, (int64_t)account);
    yg_db_bind_int(s, 4, yg_people_now(p));
    enum yg_status st = yg_db_run(p->db, s, err);
    return st == YG_EEXIST ? yg_err_set(err, st, "this identity is a user's already")
                           : st;
}

static bool is_identity(struct yg_str issuer, struct yg_str subject)
{
    return yg_people_clean(issuer, 1, ISSUER_MAX) &&
           yg_people_clean(subject, 1, SUBJECT_MAX);
}

/* ---- coming in -------------------------------------------------------------------- */

/* What he may, as it was told; what cannot be gives nothing. */
static void rights(struct vouch *v, struct yg_user *u)
{
    u->role = v->in->role;
    u->scope = v->in->scope;
    if (v->in->full.n > 0 && yg_people_clean(v->in->full, 1, 200))
        u->full = v->in->full;
    if (u->role == YG_ROLE_NONE)
        yg_err_set(&v->why, YG_EPERM, "the provider's claims give no role");
    else if (yg_people_tidy(u, v->arena, &v->why) == YG_OK)
        return;
    v->outcome = NO_RIGHTS;
    u->role = YG_ROLE_NONE;
    u->scope = (struct yg_scope){ .all = false };
}

/* A hash that nothing matches: he has no password here. */
static enum yg_status no_password(const struct vouch *v, uint64_t user)
{
    char hash[YG_PASSWORD_HASH];

    yg_password_nobody(v->p->cost, hash);
    return yg_people_put_hash(v->p, user, hash, false, v->err);
}

static enum yg_status make(struct vouch *v)
{
    char name[YG_NAME_MAX + 1], hash[YG_PASSWORD_HASH];
    struct yg_account other;
    struct yg_user *u = &v->user;

    *u = (struct yg_user){ .full = YG_STR_NONE };
    rights(v, u);
    if (v->outcome != IN)
        return YG_OK;
    if (!yg_people_name(v->in->name, name)) {
        v->outcome = NO_NAME;
        return YG_OK;
    }
    u->name = yg_str_of(name);
    enum yg_status st = yg_account_by_name(v->p, u->name, v->arena, &other, v->err);
    if (st == YG_OK)
        v->outcome = TAKEN;
    if (st != YG_ENOTFOUND)
        return st;
    yg_password_nobody(v->p->cost, hash);
    st = yg_people_add_row(v->p, u, hash, &u->id, v->err);
    if (st == YG_OK)
        st = no_password(v, u->id);
    if (st == YG_OK)
        st = add(v->p, v->in->issuer, v->in->subject, u->id, v->err);
    snprintf(v->out->name, sizeof(v->out->name), "%s", name);
    v->out->made = true;
    return st;
}

/* He was here before, or was bound. */
static enum yg_status again(struct vouch *v, uint64_t id)
{
    struct yg_account old;
    enum yg_status st = yg_account_by_id(v->p, id, v->arena, &old, v->err);

    if (st != YG_OK)
        return st;
    v->user = old.user;
    snprintf(v->out->name, sizeof(v->out->name), "%.*s", YG_STR_ARG(old.user.name));
    rights(v, &v->user);
    st = yg_people_put_row(v->p, &old.user, &v->user, &v->out->changed, v->err);
    if (st == YG_EINVAL) {
        v->err->status = YG_EPERM;
        return YG_EPERM;
    }
    if (old.user.disabled)
        v->outcome = DISABLED;
    /* the one that somebody gave him, and that he never took, ends */
    return st == YG_OK && v->outcome == IN && old.user.must_change ? no_password(v, id)
                                                                   : st;
}

static enum yg_status come_in(struct vouch *v)
{
    const int64_t now = yg_people_now(v->p);
    uint64_t id = 0;
    enum yg_status st = find(v->p, v->in->issuer, v->in->subject, &id, v->err);

    if (st == YG_OK)
        st = id ? again(v, id) : make(v);
    if (st != YG_OK || v->outcome != IN)
        return st;
    st = yg_people_run(v->p, YG_PQ_ACCOUNT_LOGIN, (int64_t)v->user.id, &now, v->err);
    return st == YG_OK ? yg_people_session_make(v->p, v->user.id, v->in->address,
                                                v->in->second, v->out->secret, v->err)
                       : st;
}

/* All is committed; what is it to him? */
static enum yg_status told(const struct vouch *v)
{
    switch (v->outcome) {
    case IN:
        return YG_OK;
    case NO_RIGHTS:
        return yg_err_set(v->err, YG_EPERM, "%s", v->why.msg);
    case DISABLED:
        return yg_err_set(v->err, YG_EPERM, "the user is disabled here");
    case TAKEN:
        return yg_err_set(v->err, YG_EPERM,
                          "another user here has that name already; if it is you, have "
                          "your administrator bind him to your login");
    case NO_NAME:
        break;
    }
    return yg_err_set(v->err, YG_EPERM,
                      "what the provider calls you cannot be a user's name here");
}

enum yg_status yg_people_vouched(struct yg_people *p, const struct yg_vouched *in,
                                 struct yg_vouched_answer *out, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_err unused;
    struct vouch v = {
        .p = p, .in = in, .arena = &arena, .out = out, .err = err ? err : &unused
    };

    *out = (struct yg_vouched_answer){ .made = false };
    if (!is_identity(in->issuer, in->subject))
        return yg_err_set(err, YG_EPERM, "the provider does not say who it is");
    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = yg_people_begin(p, v.err);
    if (st == YG_OK)
        st = yg_people_end(p, come_in(&v), v.err);
    yg_arena_fini(&arena);
    if (st == YG_OK)
        st = told(&v);
    if (st != YG_OK)
        sodium_memzero(out->secret, sizeof(out->secret));
    return st;
}

/* ---- binding ---------------------------------------------------------------------- */

static enum yg_status drop(struct yg_people *p, uint64_t account, struct yg_err *err)
{
    const int64_t id = (int64_t)account;
    enum yg_status st = yg_people_run(p, YG_PQ_IDENTITY_DROP, id, NULL, err);

    return st == YG_OK ? yg_people_run(p, YG_PQ_SESSION_END_ALL, id, NULL, err) : st;
}

/* One more identity of a user, or (no subject) none any more. */
static enum yg_status change(struct yg_people *p, struct yg_asked asked,
                             struct yg_str issuer, struct yg_str subject,
                             struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_account a;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = yg_people_target(p, asked, &arena, &a, err);
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st == YG_OK)
        st = yg_people_end(p,
                           subject.n ? add(p, issuer, subject, a.user.id, err)
                                     : drop(p, a.user.id, err),
                           err);
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_people_bind(struct yg_people *p, const struct yg_principal *by,
                              struct yg_str name, struct yg_str issuer,
                              struct yg_str subject, struct yg_err *err)
{
    if (!is_identity(issuer, subject))
        return yg_err_set(err, YG_EINVAL,
                          "an identity is an issuer and a subject of visible text");
    return change(p, (struct yg_asked){ by, YG_VERB_CHANGE, name }, issuer, subject, err);
}

enum yg_status yg_people_unbind(struct yg_people *p, const struct yg_principal *by,
                                struct yg_str name, struct yg_err *err)
{
    return change(p, (struct yg_asked){ by, YG_VERB_CHANGE, name }, YG_STR_NONE,
                  YG_STR_NONE, err);
}
