/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people - users, sessions and API tokens, in a database of their own (service.db, 0600).
 *
 * What one may do is in role.h, for which tenants in event/scope.h; here is who one is.
 * Of secrets only digests are kept: of passwords argon2id (password.h), of sessions,
 * tokens and recovery codes BLAKE2b. A session ends after 12 h, after 30 min without a
 * request, and whenever the user's rights, password or second factor change. Failures
 * make the next attempt wait (throttle.h), never lock somebody out for good.
 *
 * Everything that a person does to another takes `by`, the principal who asks, and is
 * answered YG_ENOTFOUND for what lies outside his tenants and YG_EPERM for what his role
 * does not reach: nobody gives, or takes away, more than he has. The caller writes the
 * trail.
 *
 * Cost: a session or token is three look-ups, about 50 us; a password is 64 MiB and 100
 * ms, so `login` comes in three steps, too, of which the middle one needs no lock. One
 * thread at a time, but for that. Clock and randomness are parameters.
 */
#ifndef YG_PEOPLE_PEOPLE_H
#define YG_PEOPLE_PEOPLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "base/err.h"
#include "event/scope.h"
#include "people/role.h"

#define YG_PEOPLE_USERS_MAX    10000
#define YG_PEOPLE_TENANTS_MAX  1000 /* of one user or token */
#define YG_PEOPLE_SESSIONS_MAX 20   /* of one user: the oldest one ends */
#define YG_PEOPLE_TOKENS_MAX   50   /* of one user: no more are made */
#define YG_PEOPLE_FAILURES_MAX 100000
#define YG_PEOPLE_CODES        10 /* recovery codes */

#define YG_SESSION_NS   (INT64_C(12) * 3600 * YG_NS_PER_S)
#define YG_IDLE_NS      (INT64_C(30) * 60 * YG_NS_PER_S)
#define YG_TOKEN_MAX_NS (INT64_C(366) * 86400 * YG_NS_PER_S)

#define YG_SECRET_TEXT   48 /* room for a session's or a token's text with its NUL */
#define YG_PASSWORD_MADE 32 /* room for a password that was made up */
#define YG_TOTP_TEXT     40 /* room for a TOTP secret in base32 */
#define YG_CODE_TEXT     20 /* room for a recovery code: "abcd-efgh-ijkl-mnop" */
#define YG_NAME_TEXT     65 /* room for a user's name */

struct yg_people;

struct yg_people_options {
    const char *where; /* see yg_db_options: service.db, or a server */
    const char *part;
    const struct yg_clock *clock; /* borrowed */
    struct yg_entropy entropy;
    uint64_t hash_ops; /* cost of argon2id; 0: libsodium's INTERACTIVE, and not less but
                        * in tests */
    size_t hash_memory;
    bool create, read_only;
};

/* YG_ENOTFOUND: nothing is there (and not `create`); else as yg_db_open. */
enum yg_status yg_people_open(const struct yg_people_options *opt, struct yg_people **out,
                              struct yg_err *err) YG_MUST_USE;
void yg_people_close(struct yg_people *p); /* NULL is fine */
/* A copy as of now, one SQLite file (db/db_copy.h). */
enum yg_status yg_people_copy(struct yg_people *p, const char *to,
                              struct yg_err *err) YG_MUST_USE;

/* Who asks. Texts live with the arena they were asked for with. */
struct yg_principal {
    uint64_t user;      /* 0: nobody, or the machine's operator */
    struct yg_str name; /* "kim@example.org" */
    enum yg_role role;
    struct yg_scope scope;
    uint64_t session, token; /* which of them; one is 0 */
    int64_t expires_ns;
    bool must_change; /* the password was given by somebody else: changing it is all he
                       * may do */
    bool second;      /* a second factor was shown */
    char csrf[YG_SECRET_TEXT]; /* of a session: what its forms carry; "" for a token */
    struct yg_str full, language, zone;
};

/* Who sits at the machine: the command line. May everything. */
extern const struct yg_principal yg_principal_machine;

/* The gate's question: role and must_change. Not the tenants: those are `scope`. */
bool yg_principal_may(const struct yg_principal *who, enum yg_verb v, enum yg_object o);
/* Is it the session's own CSRF text? In constant time; never true for a token. */
bool yg_principal_csrf(const struct yg_principal *who, struct yg_str text);

/* ---- coming in (people_login.c, people_session.c) ------------------------------------
 */

/* Nobody there yet: make `admin` with a made-up password, to be told once and wiped by
 * the caller; he must change it. YG_EEXIST: there are people. */
enum yg_status yg_people_first(struct yg_people *p, char password[YG_PASSWORD_MADE],
                               struct yg_err *err) YG_MUST_USE;

struct yg_login { /* borrowed until the last step */
    struct yg_str name, password;
    struct yg_str code;    /* TOTP or a recovery code; empty: not asked yet */
    struct yg_str address; /* of the client, "192.0.2.1" */
};

enum yg_login_why {
    YG_LOGIN_WRONG, /* name, password or code: which is not told */
    YG_LOGIN_CODE,  /* the password is right, a code is needed */
    YG_LOGIN_WAIT,  /* `wait_s`; nothing was looked at */
    YG_LOGIN_IN
};

struct yg_login_answer {
    enum yg_login_why why;
    unsigned wait_s;
    char secret[YG_SECRET_TEXT]; /* the cookie's value */
    bool must_change;
    bool recovery; /* a recovery code was used: `codes_left` */
    unsigned codes_left;
};

struct yg_login_work { /* private: between the steps */
    char hash[128];    /* the user's, or one that nothing matches */
    char fresh[128];   /* with today's cost; "" when the old one has it */
    struct yg_str password;
    uint64_t ops;
    size_t memory;
    uint64_t user;
    bool match;
};

/* All three steps. YG_OK: he is in. YG_EPERM: he is not, and `out->why` says why (`out`
 * is filled in both cases). What fails otherwise is the database. */
enum yg_status yg_people_login(struct yg_people *p, const struct yg_login *in,
                               struct yg_login_answer *out,
                               struct yg_err *err) YG_MUST_USE;
/* One by one. `begin`: may he try? YG_EPERM: no. It counts the attempt as failed, so that
 * many at once do not get more. `hash`: any thread, no lock, 100 ms and 64 MiB (bound how
 * many run at once). `end`: is he in? Without `end` it stays a failure. */
enum yg_status yg_people_login_begin(struct yg_people *p, const struct yg_login *in,
                                     struct yg_login_work *w, struct yg_login_answer *out,
                                     struct yg_err *err) YG_MUST_USE;
void yg_people_login_hash(struct yg_login_work *w);
enum yg_status yg_people_login_end(struct yg_people *p, const struct yg_login *in,
                                   struct yg_login_work *w, struct yg_login_answer *out,
                                   struct yg_err *err) YG_MUST_USE;

/* Somebody whom an identity provider vouches for (people_vouched.c). Who it is say issuer
 * and subject, never the name: that is only what he is called here when he comes first.
 */
struct yg_vouched {
    struct yg_str issuer, subject;
    struct yg_str name, full; /* `full` may be empty */
    enum yg_role role;        /* NONE: the provider's claims give none */
    struct yg_scope scope;
    struct yg_str address;
    bool second;
};
struct yg_vouched_answer {
    char secret[YG_SECRET_TEXT]; /* the cookie's value */
    char name[YG_NAME_TEXT];     /* what he is called here; "" when nobody is */
    bool made, changed;          /* he is new; his rights are others than before */
};
/* A session. A user is made at the first time; later his role and tenants become those
 * told here, and his sessions end when they are others. YG_EPERM and why: he is disabled,
 * has no role or tenant any more (what he had is taken away), another user has that name,
 * or the last system-admin would be none; YG_ELIMIT. */
enum yg_status yg_people_vouched(struct yg_people *p, const struct yg_vouched *in,
                                 struct yg_vouched_answer *out,
                                 struct yg_err *err) YG_MUST_USE;
/* From now on this identity is that user's, who is there already. YG_EEXIST: it is
 * somebody's. */
enum yg_status yg_people_bind(struct yg_people *p, const struct yg_principal *by,
                              struct yg_str name, struct yg_str issuer,
                              struct yg_str subject, struct yg_err *err) YG_MUST_USE;
/* No provider vouches for him any more; sessions end. */
enum yg_status yg_people_unbind(struct yg_people *p, const struct yg_principal *by,
                                struct yg_str name, struct yg_err *err) YG_MUST_USE;

/* Who is behind a cookie's value, or behind a bearer token? YG_EPERM: nobody, any more.
 * `out` and its texts live with `arena`. */
enum yg_status yg_people_session(struct yg_people *p, struct yg_str secret,
                                 struct yg_arena *arena, struct yg_principal *out,
                                 struct yg_err *err) YG_MUST_USE;
enum yg_status yg_people_token(struct yg_people *p, struct yg_str text,
                               struct yg_arena *arena, struct yg_principal *out,
                               struct yg_err *err) YG_MUST_USE;
/* Ends the session behind `who`; nothing for a token. */
enum yg_status yg_people_logout(struct yg_people *p, const struct yg_principal *who,
                                struct yg_err *err) YG_MUST_USE;

/* ---- oneself (people_self.c): a session, never a token -------------------------------
 */

/* One's password again, asked for by what follows. YG_EPERM: wrong, or too many failures
 * (err says which). 100 ms. */
struct yg_proof {
    struct yg_str password; /* the present one */
    struct yg_str address;
};

/* `secret` is the new session's; all others end. YG_EINVAL: the rules refuse the new one,
 * and err says which (password.h). */
enum yg_status yg_people_change_password(struct yg_people *p,
                                         const struct yg_principal *who,
                                         const struct yg_proof *proof,
                                         struct yg_str fresh, char secret[YG_SECRET_TEXT],
                                         struct yg_err *err) YG_MUST_USE;

/* The secret to be shown once (base32, and as otpauth:// in `uri`); nothing is asked for
 * with it until it is confirmed with a code. */
enum yg_status yg_people_totp_enrol(struct yg_people *p, const struct yg_principal *who,
                                    const struct yg_proof *proof, char text[YG_TOTP_TEXT],
                                    struct yg_buf *uri, struct yg_err *err) YG_MUST_USE;
/* YG_EPERM: not the code. On YG_OK `code` are recovery codes, each good once, to be told
 * once; `secret` is the new session's, all others end. */
enum yg_status yg_people_totp_confirm(struct yg_people *p, const struct yg_principal *who,
                                      struct yg_str code,
                                      char codes[YG_PEOPLE_CODES][YG_CODE_TEXT],
                                      char secret[YG_SECRET_TEXT],
                                      struct yg_err *err) YG_MUST_USE;
enum yg_status yg_people_totp_leave(struct yg_people *p, const struct yg_principal *who,
                                    const struct yg_proof *proof,
                                    char secret[YG_SECRET_TEXT],
                                    struct yg_err *err) YG_MUST_USE;

/* Language ("en", "ja"), zone ("Z", "+09:00", "Asia/Tokyo") and full name of one's own.
 */
enum yg_status yg_people_set_own(struct yg_people *p, const struct yg_principal *who,
                                 struct yg_str full, struct yg_str language,
                                 struct yg_str zone, struct yg_err *err) YG_MUST_USE;

/* ---- others (people_user.c) ---------------------------------------------------------
 */

struct yg_user {
    uint64_t id;
    struct yg_str name; /* small letters, digits and . _ - + @; never changes */
    struct yg_str full, language, zone;
    enum yg_role role;
    struct yg_scope scope;
    bool disabled, must_change;
    bool totp;
    bool vouched;              /* an identity provider lets him in, too */
    unsigned codes_left;       /* recovery codes */
    int64_t made_ns, login_ns; /* 0: never */
};

struct yg_users {
    struct yg_user *row;
    size_t count;
};
/* Those that `by` may see, by name; in `arena`. */
enum yg_status yg_people_users(struct yg_people *p, const struct yg_principal *by,
                               struct yg_arena *arena, struct yg_users *out,
                               struct yg_err *err) YG_MUST_USE;
enum yg_status yg_people_user(struct yg_people *p, const struct yg_principal *by,
                              struct yg_str name, struct yg_arena *arena,
                              struct yg_user *out, struct yg_err *err) YG_MUST_USE;

/* Of `u` name, full, language, zone, role and scope are read; empty language and zone are
 * "en" and "Z". An empty `password` is made up and told in `made`; he must change either.
 * YG_EEXIST, YG_EINVAL, YG_ELIMIT. */
enum yg_status yg_people_add(struct yg_people *p, const struct yg_principal *by,
                             const struct yg_user *u, struct yg_str password,
                             char made[YG_PASSWORD_MADE], struct yg_err *err) YG_MUST_USE;
/* full, language, zone, role, scope and disabled become those of `u`, whose name says
 * who: read it with yg_people_user, change, put. Sessions end when rights changed. The
 * last system-admin that is not disabled stays one: YG_EINVAL. */
enum yg_status yg_people_put(struct yg_people *p, const struct yg_principal *by,
                             const struct yg_user *u, struct yg_err *err) YG_MUST_USE;
/* A new password for somebody who lost his: empty is made up. Sessions end. */
enum yg_status yg_people_set_password(struct yg_people *p, const struct yg_principal *by,
                                      struct yg_str name, struct yg_str password,
                                      char made[YG_PASSWORD_MADE],
                                      struct yg_err *err) YG_MUST_USE;
/* For somebody who lost his second factor. Sessions end. */
enum yg_status yg_people_totp_drop(struct yg_people *p, const struct yg_principal *by,
                                   struct yg_str name, struct yg_err *err) YG_MUST_USE;

struct yg_session {
    uint64_t id;
    struct yg_str address; /* where it began */
    int64_t made_ns, seen_ns, expires_ns;
    bool second;
};
struct yg_sessions {
    struct yg_session *row;
    size_t count;
};
/* Of a user whom `by` may see, or of oneself; newest first. */
enum yg_status yg_people_sessions(struct yg_people *p, const struct yg_principal *by,
                                  struct yg_str name, struct yg_arena *arena,
                                  struct yg_sessions *out,
                                  struct yg_err *err) YG_MUST_USE;
/* 0 ends all of them. YG_ENOTFOUND: he has no such session. */
enum yg_status yg_people_session_end(struct yg_people *p, const struct yg_principal *by,
                                     struct yg_str name, uint64_t session,
                                     struct yg_err *err) YG_MUST_USE;

/* ---- tokens (people_token.c) ---------------------------------------------------------
 */

struct yg_token {
    uint64_t id;
    struct yg_str user;  /* whose: it never may more than he may at the time of use */
    struct yg_str label; /* what it is for */
    enum yg_role role;
    struct yg_scope scope;
    int64_t made_ns, expires_ns, used_ns; /* used 0: never; to the minute */
};
struct yg_tokens {
    struct yg_token *row;
    size_t count;
};

/* `t`: user (empty: one's own), label, role, scope, expires_ns. `text` is told once. Not
 * with a token. YG_EINVAL: an expiry in the past or more than a year ahead, a role or
 * tenants beyond the user's; YG_EPERM: beyond one's own; YG_ELIMIT. */
enum yg_status yg_people_token_make(struct yg_people *p, const struct yg_principal *by,
                                    const struct yg_token *t, char text[YG_SECRET_TEXT],
                                    uint64_t *id, struct yg_err *err) YG_MUST_USE;
/* Of a user (whom `by` may see, or oneself); with an empty name of all that `by` may see,
 * his own always. Expired ones are not there. */
enum yg_status yg_people_tokens(struct yg_people *p, const struct yg_principal *by,
                                struct yg_str name, struct yg_arena *arena,
                                struct yg_tokens *out, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_people_token_end(struct yg_people *p, const struct yg_principal *by,
                                   uint64_t id, struct yg_err *err) YG_MUST_USE;

#endif
