/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_priv - what the sources of people.h share: rows of service.db, who may touch
 * whom. Private to src/people.
 *
 * What a row cannot be takes rights away, never gives some: an unknown role is NONE, a
 * second factor of a wrong length matches no code.
 */
#ifndef YG_PEOPLE_PEOPLE_PRIV_H
#define YG_PEOPLE_PEOPLE_PRIV_H

#include "base/hash.h"
#include "db/db.h"
#include "event/ip.h"
#include "people/password.h"
#include "people/people.h"
#include "people/throttle.h"
#include "people/totp.h"

#define YG_KNOWN_MAX 32 /* addresses of a user */

enum yg_people_query {
#define YG_QUERY(id, sql) YG_PQ_##id,
#include "people/queries.def"
    YG_PQ_COUNT
};

struct yg_people {
    struct yg_db *db;
    const struct yg_clock *clock;
    struct yg_entropy entropy;
    struct yg_password_cost cost;
};

struct yg_account { /* a row; texts live with an arena */
    struct yg_user user;
    char hash[YG_PASSWORD_HASH];
    bool has_totp, has_new; /* `fits`: of the right length, else nothing matches */
    bool totp_fits, new_fits;
    unsigned char totp[YG_TOTP_SIZE], fresh[YG_TOTP_SIZE];
    int64_t totp_step;
};

/* ---- statements ------------------------------------------------------------------ */

static inline int64_t yg_people_now(const struct yg_people *p)
{
    return yg_clock_now(p->clock);
}

/* Nanoseconds from `then` to `now`; a time that lies ahead by more than 5 min, or before
 * 1970, is as old as can be: a row that says so gives nothing. */
int64_t yg_people_age(int64_t now, int64_t then);

/* A statement of one or two numbers, or of a number and bytes, run to its end. */
enum yg_status yg_people_run(struct yg_people *p, enum yg_people_query q, int64_t a,
                             const int64_t *b, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_people_run_blob(struct yg_people *p, enum yg_people_query q, int64_t a,
                                  struct yg_str b, struct yg_err *err) YG_MUST_USE;
/* The number that a statement with one or two numbers says. */
enum yg_status yg_people_ask(struct yg_people *p, enum yg_people_query q,
                             const struct yg_str *text, int64_t b, int64_t *out,
                             struct yg_err *err) YG_MUST_USE;
enum yg_status yg_people_begin(struct yg_people *p, struct yg_err *err) YG_MUST_USE;
/* Commit when `st` is YG_OK, else roll back; what came of it. */
enum yg_status yg_people_end(struct yg_people *p, enum yg_status st,
                             struct yg_err *err) YG_MUST_USE;

static inline struct yg_str yg_bytes(const unsigned char *p, size_t n)
{
    return (struct yg_str){ (const char *)p, n };
}

/* ---- accounts (people_row.c) ----------------------------------------------------- */

/* Small letters, digits and . _ - + @, beginning with a letter or digit: `out`, in small
 * letters. False: it is no name. */
#define YG_NAME_MAX (YG_NAME_TEXT - 1)
bool yg_people_name(struct yg_str name, char out[YG_NAME_MAX + 1]);
/* Nothing invisible in it, and not too long. */
bool yg_people_clean(struct yg_str s, size_t least, size_t most);
/* What of a user can be said: YG_EINVAL and what to write instead. */
enum yg_status yg_people_check(const struct yg_user *u, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_people_check_own(struct yg_str full, struct yg_str language,
                                   struct yg_str zone, struct yg_err *err) YG_MUST_USE;

/* YG_ENOTFOUND. */
enum yg_status yg_account_by_id(struct yg_people *p, uint64_t id, struct yg_arena *arena,
                                struct yg_account *out, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_account_by_name(struct yg_people *p, struct yg_str name,
                                  struct yg_arena *arena, struct yg_account *out,
                                  struct yg_err *err) YG_MUST_USE;
/* A role and the tenants of a row, made into what they give. */
enum yg_role yg_people_role(struct yg_str name, bool everywhere);
enum yg_status yg_people_tenants(struct yg_people *p, enum yg_people_query q, uint64_t id,
                                 struct yg_arena *arena, struct yg_scope *out,
                                 struct yg_err *err) YG_MUST_USE;
enum yg_status yg_people_put_tenants(struct yg_people *p, enum yg_people_query q,
                                     uint64_t id, const struct yg_scope *scope,
                                     struct yg_err *err) YG_MUST_USE;

/* May `by` see this user; may he do this to him? */
bool yg_people_sees(const struct yg_principal *by, const struct yg_user *u);
enum yg_status yg_people_reach(const struct yg_principal *by, enum yg_verb v,
                               const struct yg_user *u, struct yg_err *err) YG_MUST_USE;
/* The user of this name, if `by` may do this to him. */
struct yg_asked {
    const struct yg_principal *by;
    enum yg_verb verb;
    struct yg_str name;
};
enum yg_status yg_people_target(struct yg_people *p, struct yg_asked asked,
                                struct yg_arena *arena, struct yg_account *out,
                                struct yg_err *err) YG_MUST_USE;
/* The account behind a session: oneself. YG_EPERM for a token or the machine. */
enum yg_status yg_people_oneself(struct yg_people *p, const struct yg_principal *who,
                                 struct yg_arena *arena, struct yg_account *out,
                                 struct yg_err *err) YG_MUST_USE;

/* As it is written: tenants sorted, with what was left out; checked. */
enum yg_status yg_people_tidy(struct yg_user *u, struct yg_arena *arena,
                              struct yg_err *err) YG_MUST_USE;
/* In a transaction: a new row, who must change his password. */
enum yg_status yg_people_add_row(struct yg_people *p, const struct yg_user *u,
                                 const char *hash, uint64_t *id,
                                 struct yg_err *err) YG_MUST_USE;
/* In a transaction: `old` becomes `fresh`. Sessions end when rights changed (`*changed`).
 * YG_EINVAL: he is the last system-admin, and would be none. */
enum yg_status yg_people_put_row(struct yg_people *p, const struct yg_user *old,
                                 const struct yg_user *fresh, bool *changed,
                                 struct yg_err *err) YG_MUST_USE;

/* In a transaction: a new hash; sessions end. */
enum yg_status yg_people_put_hash(struct yg_people *p, uint64_t user, const char *hash,
                                  bool must_change, struct yg_err *err) YG_MUST_USE;
/* In a transaction: this second factor, or none (NULL); recovery codes and sessions
 * end. */
enum yg_status yg_people_totp_put(struct yg_people *p, uint64_t user,
                                  const unsigned char *secret, int64_t step,
                                  struct yg_err *err) YG_MUST_USE;

/* ---- sessions and failures ------------------------------------------------------- */

/* In a transaction: a new session. */
enum yg_status yg_people_session_make(struct yg_people *p, uint64_t user,
                                      struct yg_str address, bool second,
                                      char secret[YG_SECRET_TEXT],
                                      struct yg_err *err) YG_MUST_USE;

/* Is it his password? As a login without its session; YG_EPERM. */
enum yg_status yg_people_prove(struct yg_people *p, const struct yg_account *a,
                               const struct yg_proof *proof,
                               struct yg_err *err) YG_MUST_USE;

struct yg_attempt { /* of a name from an address */
    unsigned char pair[YG_DIGEST_SIZE], name[YG_DIGEST_SIZE], address[YG_DIGEST_SIZE];
    unsigned char known[YG_DIGEST_SIZE];
};
void yg_attempt_of(struct yg_attempt *a, struct yg_str name, struct yg_str address);
/* In a transaction: count it as a failure; `*wait_ns` > 0: it may not be made. */
enum yg_status yg_attempt_count(struct yg_people *p, const struct yg_attempt *a,
                                uint64_t user, int64_t *wait_ns,
                                struct yg_err *err) YG_MUST_USE;
/* In a transaction: it was none. `in`: he is in, and is known at this address. */
enum yg_status yg_attempt_back(struct yg_people *p, const struct yg_attempt *a,
                               uint64_t user, bool in, struct yg_err *err) YG_MUST_USE;

#endif
