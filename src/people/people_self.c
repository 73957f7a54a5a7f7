/* SPDX-License-Identifier: Apache-2.0 */
/* The part of people.h about what one does to oneself. */
#include "people/people_priv.h"
#include "people/secret.h"

#include <sodium.h>

#define ARENA_MAX ((size_t)1 << 20)

/* Oneself, with one's password. */
static enum yg_status oneself(struct yg_people *p, const struct yg_principal *who,
                              const struct yg_proof *proof, struct yg_arena *arena,
                              struct yg_account *out, struct yg_err *err)
{
    enum yg_status st = yg_people_oneself(p, who, arena, out, err);

    return st == YG_OK ? yg_people_prove(p, out, proof, err) : st;
}

/* Ends the transaction; a secret of what was not committed is none. */
static enum yg_status finish(struct yg_people *p, enum yg_status st,
                             char secret[YG_SECRET_TEXT], struct yg_err *err)
{
    st = yg_people_end(p, st, err);
    if (st != YG_OK)
        sodium_memzero(secret, YG_SECRET_TEXT);
    return st;
}

/* Is he still who he proved to be? An administrator may have set his password, or shut
 * him out, while the new one was hashed. */
static enum yg_status unchanged(struct yg_people *p, const struct yg_account *was,
                                struct yg_arena *arena, struct yg_err *err)
{
    struct yg_account now;
    enum yg_status st = yg_account_by_id(p, was->user.id, arena, &now, err);

    if (st == YG_OK && (now.user.disabled || strcmp(now.hash, was->hash) != 0))
        st = yg_err_set(err, YG_EPERM, "the account was changed meanwhile: log in again");
    sodium_memzero(&now, sizeof(now));
    return st;
}

enum yg_status yg_people_change_password(struct yg_people *p,
                                         const struct yg_principal *who,
                                         const struct yg_proof *proof,
                                         struct yg_str fresh, char secret[YG_SECRET_TEXT],
                                         struct yg_err *err)
{
    char hash[YG_PASSWORD_HASH];
    struct yg_arena arena;
    struct yg_account a;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = oneself(p, who, proof, &arena, &a, err);
    if (st == YG_OK && yg_str_eq(fresh, proof->password))
        st = yg_err_set(err, YG_EINVAL, "the new password is the old one");
    if (st == YG_OK)
        st = yg_password_check(fresh, a.user.name, &a.user.scope, err);
    if (st == YG_OK)
        st = yg_password_hash(fresh, p->cost, hash, err);
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st == YG_OK) {
        st = unchanged(p, &a, &arena, err);
        if (st == YG_OK)
            st = yg_people_put_hash(p, a.user.id, hash, false, err);
        if (st == YG_OK)
            st = yg_people_session_make(p, a.user.id, proof->address, who->second, secret,
                                        err);
        st = finish(p, st, secret, err);
    }
    sodium_memzero(hash, sizeof(hash));
    sodium_memzero(&a, sizeof(a));
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_people_totp_enrol(struct yg_people *p, const struct yg_principal *who,
                                    const struct yg_proof *proof, char text[YG_TOTP_TEXT],
                                    struct yg_buf *uri, struct yg_err *err)
{
    unsigned char secret[YG_TOTP_SIZE];
    struct yg_arena arena;
    struct yg_account a;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = oneself(p, who, proof, &arena, &a, err);
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st == YG_OK) {
        yg_entropy_fill(&p->entropy, secret, sizeof(secret));
        st = yg_people_run_blob(p, YG_PQ_ACCOUNT_ENROL, (int64_t)a.user.id,
                                yg_bytes(secret, sizeof(secret)), err);
        st = yg_people_end(p, st, err);
    }
    if (st == YG_OK) {
        yg_base32(secret, sizeof(secret), false, text);
        yg_totp_uri(uri, a.user.name, secret);
    }
    sodium_memzero(secret, sizeof(secret));
    sodium_memzero(&a, sizeof(a));
    yg_arena_fini(&arena);
    return st;
}

static enum yg_status make_codes(struct yg_people *p, uint64_t user,
                                 char codes[YG_PEOPLE_CODES][YG_CODE_TEXT],
                                 struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (int i = 0; st == YG_OK && i < YG_PEOPLE_CODES; i++) {
        unsigned char digest[YG_DIGEST_SIZE];
        struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_CODE_ADD, err);
        if (!s)
            return err->status;
        yg_code_make(&p->entropy, codes[i]);
        YG_ASSERT(yg_code_digest(user, yg_str_of(codes[i]), digest));
        yg_db_bind_blob(s, 1, yg_bytes(digest, sizeof(digest)));
        yg_db_bind_int(s, 2, (int64_t)user);
        st = yg_db_run(p->db, s, err);
    }
    return st;
}

static enum yg_status address_of(struct yg_people *p, const struct yg_principal *who,
                                 struct yg_arena *arena, struct yg_str *out,
                                 struct yg_err *err)
{
    struct yg_sessions s = { .count = 0 };
    enum yg_status st = yg_people_sessions(p, who, who->name, arena, &s, err);

    *out = YG_STR("?");
    for (size_t i = 0; st == YG_OK && i < s.count; i++)
        if (s.row[i].id == who->session)
            *out = s.row[i].address;
    return st;
}

/* What is new: the factor, the codes, the session. */
static enum yg_status confirmed(struct yg_people *p, const struct yg_principal *who,
                                const struct yg_account *a, int64_t step,
                                char codes[YG_PEOPLE_CODES][YG_CODE_TEXT],
                                struct yg_err *err)
{
    enum yg_status st = yg_people_totp_put(p, who->user, a->fresh, step, err);

    return st == YG_OK ? make_codes(p, who->user, codes, err) : st;
}

enum yg_status yg_people_totp_confirm(struct yg_people *p, const struct yg_principal *who,
                                      struct yg_str code,
                                      char codes[YG_PEOPLE_CODES][YG_CODE_TEXT],
                                      char secret[YG_SECRET_TEXT], struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_account a;
    struct yg_str address = YG_STR("?");
    int64_t step = 0;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = yg_people_oneself(p, who, &arena, &a, err);
    if (st == YG_OK)
        st = address_of(p, who, &arena, &address, err);
    if (st == YG_OK && !a.has_new)
        st = yg_err_set(err, YG_EINVAL, "there is nothing to confirm; enrol first");
    if (st == YG_OK &&
        !(a.new_fits && yg_totp_match(a.fresh, code, yg_people_now(p), 0, &step)))
        st = yg_err_set(err, YG_EPERM,
                        "this is not the code of now; is the phone's clock right?");
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st == YG_OK) {
        st = confirmed(p, who, &a, step, codes, err);
        if (st == YG_OK)
            st = yg_people_session_make(p, who->user, address, true, secret, err);
        st = finish(p, st, secret, err);
    }
    sodium_memzero(&a, sizeof(a));
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_people_totp_leave(struct yg_people *p, const struct yg_principal *who,
                                    const struct yg_proof *proof,
                                    char secret[YG_SECRET_TEXT], struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_account a;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = oneself(p, who, proof, &arena, &a, err);
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st == YG_OK) {
        st = yg_people_totp_put(p, who->user, NULL, 0, err);
        if (st == YG_OK)
            st = yg_people_session_make(p, who->user, proof->address, false, secret, err);
        st = finish(p, st, secret, err);
    }
    sodium_memzero(&a, sizeof(a));
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_people_set_own(struct yg_people *p, const struct yg_principal *who,
                                 struct yg_str full, struct yg_str language,
                                 struct yg_str zone, struct yg_err *err)
{
    if (who->user == 0 || who->session == 0)
        return yg_err_set(err, YG_EPERM, "this needs a session, not a token");
    enum yg_status st = yg_people_check_own(full, language, zone, err);
    if (st == YG_OK)
        st = yg_people_begin(p, err);
    if (st != YG_OK)
        return st;
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_ACCOUNT_OWN, err);
    if (!s)
        return yg_people_end(p, err->status, err);
    yg_db_bind_int(s, 1, (int64_t)who->user);
    yg_db_bind_text(s, 2, full);
    yg_db_bind_text(s, 3, language);
    yg_db_bind_text(s, 4, zone);
    return yg_people_end(p, yg_db_run(p->db, s, err), err);
}
