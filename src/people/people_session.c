/* SPDX-License-Identifier: Apache-2.0 */
/* The part of people.h about sessions: making, finding, listing and ending them. */
#include "people/people_priv.h"
#include "people/secret.h"

#define TOUCH_NS                                                                         \
    (INT64_C(60) * YG_NS_PER_S) /* a request sooner after the last is not                \
                                 * written down */
#define ADDRESS_MAX 64

enum yg_status yg_people_session_make(struct yg_people *p, uint64_t user,
                                      struct yg_str address, bool second,
                                      char secret[YG_SECRET_TEXT], struct yg_err *err)
{
    const int64_t most = YG_PEOPLE_SESSIONS_MAX;
    unsigned char digest[YG_DIGEST_SIZE];
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_SESSION_ADD, err);

    if (!s)
        return err->status;
    yg_secret_make(YG_SECRET_SESSION, &p->entropy, secret, digest);
    yg_db_bind_int(s, 1, (int64_t)user);
    yg_db_bind_blob(s, 2, yg_bytes(digest, sizeof(digest)));
    bool clean = yg_people_clean(address, 0, ADDRESS_MAX);
    yg_db_bind_text(s, 3, clean ? address : YG_STR("?"));
    yg_db_bind_int(s, 4, yg_people_now(p));
    yg_db_bind_int(s, 5, second);
    enum yg_status st = yg_db_run(p->db, s, err);
    if (st == YG_OK)
        st = yg_people_run(p, YG_PQ_SESSION_CAP, (int64_t)user, &most, err);
    return st == YG_OK ? yg_people_run(p, YG_PQ_SESSION_OLD,
                                       yg_people_now(p) - YG_SESSION_NS, NULL, err)
                       : st;
}

struct found {
    uint64_t id, user;
    int64_t made_ns, seen_ns;
    bool second;
};

static enum yg_status nobody(struct yg_err *err)
{
    return yg_err_set(err, YG_EPERM, "log in first");
}

static enum yg_status find(struct yg_people *p, struct yg_str secret, struct found *out,
                           struct yg_err *err)
{
    unsigned char digest[YG_DIGEST_SIZE];

    if (!yg_secret_digest(YG_SECRET_SESSION, secret, digest))
        return nobody(err);
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_SESSION_GET, err);
    if (!s)
        return err->status;
    yg_db_bind_blob(s, 1, yg_bytes(digest, sizeof(digest)));
    enum yg_status st = yg_db_step(p->db, s, err);
    if (st == YG_OK)
        *out = (struct found){ .id = (uint64_t)yg_db_int(s, 0),
                               .user = (uint64_t)yg_db_int(s, 1),
                               .made_ns = yg_db_int(s, 2),
                               .seen_ns = yg_db_int(s, 3),
                               .second = yg_db_int(s, 4) == 1 };
    yg_db_reset(s);
    return st == YG_EEND ? nobody(err) : st;
}

static bool alive(int64_t made_ns, int64_t seen_ns, int64_t now_ns)
{
    return yg_people_age(now_ns, made_ns) < YG_SESSION_NS &&
           yg_people_age(now_ns, seen_ns) < YG_IDLE_NS;
}

/* It was used. Whoever holds the database for long must not keep people out: then it is
 * written down another time. */
static void touch(struct yg_people *p, const struct found *f)
{
    const int64_t now = yg_people_now(p);
    struct yg_err none = { 0 };

    if (yg_people_age(now, f->seen_ns) < TOUCH_NS || yg_people_begin(p, &none) != YG_OK)
        return;
    enum yg_status st = yg_people_run(p, YG_PQ_SESSION_SEEN, (int64_t)f->id, &now, &none);
    if (yg_people_end(p, st, &none) != YG_OK)
        return;
}

enum yg_status yg_people_session(struct yg_people *p, struct yg_str secret,
                                 struct yg_arena *arena, struct yg_principal *out,
                                 struct yg_err *err)
{
    struct found f = { .id = 0 };
    struct yg_account a;
    struct yg_principal who = { .user = 0 };
    enum yg_status st = find(p, secret, &f, err);

    if (st == YG_OK && !alive(f.made_ns, f.seen_ns, yg_people_now(p)))
        return nobody(err);
    if (st == YG_OK)
        st = yg_account_by_id(p, f.user, arena, &a, err);
    if (st == YG_ENOTFOUND || (st == YG_OK && (a.user.disabled || !a.user.role)))
        return nobody(err);
    if (st != YG_OK)
        return st;
    touch(p, &f);
    who = (struct yg_principal){ .user = a.user.id,
                                 .name = a.user.name,
                                 .role = a.user.role,
                                 .scope = a.user.scope,
                                 .session = f.id,
                                 .expires_ns = f.made_ns + YG_SESSION_NS,
                                 .must_change = a.user.must_change,
                                 .second = f.second,
                                 .full = a.user.full,
                                 .language = a.user.language,
                                 .zone = a.user.zone };
    if (!yg_secret_csrf(secret, who.csrf))
        return nobody(err);
    *out = who;
    return YG_OK;
}

/* Ends one session of a user; 0: all. */
static enum yg_status end_one(struct yg_people *p, uint64_t user, uint64_t session,
                              struct yg_err *err)
{
    const int64_t u = (int64_t)user;
    enum yg_status st = yg_people_begin(p, err);

    if (st != YG_OK)
        return st;
    st = session == 0 ? yg_people_run(p, YG_PQ_SESSION_END_ALL, u, NULL, err)
                      : yg_people_run(p, YG_PQ_SESSION_END, (int64_t)session, &u, err);
    if (st == YG_OK && session != 0 && yg_db_changes(p->db) == 0)
        st = yg_err_set(err, YG_ENOTFOUND, "there is no such session");
    return yg_people_end(p, st, err);
}

enum yg_status yg_people_logout(struct yg_people *p, const struct yg_principal *who,
                                struct yg_err *err)
{
    if (who->session == 0)
        return YG_OK;
    enum yg_status st = end_one(p, who->user, who->session, err);
    return st == YG_ENOTFOUND ? YG_OK : st; /* ended meanwhile */
}

enum yg_status yg_people_sessions(struct yg_people *p, const struct yg_principal *by,
                                  struct yg_str name, struct yg_arena *arena,
                                  struct yg_sessions *out, struct yg_err *err)
{
    struct yg_account a;
    enum yg_status st =
        yg_people_target(p, (struct yg_asked){ by, YG_VERB_READ, name }, arena, &a, err);
    size_t n = 0;

    if (st != YG_OK)
        return st;
    struct yg_session *row =
        yg_arena_zalloc(arena, YG_PEOPLE_SESSIONS_MAX * sizeof(*row));
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_SESSIONS, err);
    if (!row || !s)
        return row ? err->status : yg_err_set(err, YG_ENOMEM, "people: out of memory");
    yg_db_bind_int(s, 1, (int64_t)a.user.id);
    yg_db_bind_int(s, 2, YG_PEOPLE_SESSIONS_MAX);
    while (n < YG_PEOPLE_SESSIONS_MAX && (st = yg_db_step(p->db, s, err)) == YG_OK) {
        struct yg_session *r = &row[n];
        r->id = (uint64_t)yg_db_int(s, 0);
        r->made_ns = yg_db_int(s, 2);
        r->seen_ns = yg_db_int(s, 3);
        r->second = yg_db_int(s, 4) == 1;
        if (!alive(r->made_ns, r->seen_ns, yg_people_now(p)))
            continue;
        r->expires_ns = r->made_ns + YG_SESSION_NS;
        if (!yg_db_copy(s, 1, arena, &r->address)) {
            st = yg_err_set(err, YG_ENOMEM, "people: out of memory");
            break;
        }
        n++;
    }
    yg_db_reset(s);
    if (st != YG_OK && st != YG_EEND)
        return st;
    *out = (struct yg_sessions){ row, n };
    return YG_OK;
}

enum yg_status yg_people_session_end(struct yg_people *p, const struct yg_principal *by,
                                     struct yg_str name, uint64_t session,
                                     struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_account a;

    yg_arena_init(&arena, (size_t)1 << 20);
    enum yg_status st =
        yg_people_target(p, (struct yg_asked){ by, YG_VERB_READ, name }, &arena, &a, err);
    /* one's own always, but not with a token */
    if (st == YG_OK && (a.user.id != by->user || by->session == 0))
        st = yg_people_reach(by, YG_VERB_CHANGE, &a.user, err);
    if (st == YG_OK)
        st = end_one(p, a.user.id, session, err);
    yg_arena_fini(&arena);
    return st;
}
