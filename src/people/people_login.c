/* SPDX-License-Identifier: Apache-2.0 */
/* The part of people.h about coming in by name, password and code. */
#include "people/people_priv.h"
#include "people/secret.h"

#include <sodium.h>

#define ARENA_MAX ((size_t)1 << 20)

static unsigned seconds(int64_t ns)
{
    return (unsigned)((ns + YG_NS_PER_S - 1) / YG_NS_PER_S);
}

static enum yg_status wait_for(struct yg_login_answer *out, int64_t wait_ns,
                               struct yg_err *err)
{
    out->why = YG_LOGIN_WAIT;
    out->wait_s = seconds(wait_ns);
    return yg_err_set(err, YG_EPERM, "too many failures; wait %u s", out->wait_s);
}

static enum yg_status wrong(struct yg_err *err)
{
    return yg_err_set(err, YG_EPERM, "the name, the password or the code is wrong");
}

enum yg_status yg_people_login_begin(struct yg_people *p, const struct yg_login *in,
                                     struct yg_login_work *w, struct yg_login_answer *out,
                                     struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_account a = { .user = { .id = 0 } };
    struct yg_attempt attempt;
    int64_t wait_ns = 0;

    *out = (struct yg_login_answer){ .why = YG_LOGIN_WRONG };
    *w = (struct yg_login_work){ .password = in->password,
                                 .ops = p->cost.ops,
                                 .memory = p->cost.memory };
    yg_password_nobody(p->cost, w->hash);
    yg_arena_init(&arena, ARENA_MAX);
    yg_attempt_of(&attempt, in->name, in->address);
    enum yg_status st = yg_people_begin(p, err);
    if (st == YG_OK) {
        st = yg_account_by_name(p, in->name, &arena, &a, err);
        if (st == YG_ENOTFOUND)
            st = YG_OK;
        if (st == YG_OK)
            st = yg_attempt_count(p, &attempt, a.user.id, &wait_ns, err);
        st = yg_people_end(p, st, err);
    }
    if (st == YG_OK && wait_ns > 0)
        st = wait_for(out, wait_ns, err);
    if (st == YG_OK && a.user.id != 0) {
        w->user = a.user.id;
        memcpy(w->hash, a.hash, sizeof(w->hash));
    }
    sodium_memzero(&a, sizeof(a));
    yg_arena_fini(&arena);
    return st;
}

void yg_people_login_hash(struct yg_login_work *w)
{
    const struct yg_password_cost cost = { w->ops, w->memory };

    w->match = yg_password_match(w->password, w->hash) && w->user != 0;
    if (w->match && yg_password_is_old(w->hash, cost) &&
        yg_password_hash(w->password, cost, w->fresh, NULL) != YG_OK)
        w->fresh[0] = '\0'; /* the old one holds as before */
}

/* A code of the phone or of the paper; `*right`. */
static enum yg_status second_factor(struct yg_people *p, const struct yg_account *a,
                                    struct yg_str code, struct yg_login_answer *out,
                                    bool *right, struct yg_err *err)
{
    unsigned char digest[YG_DIGEST_SIZE];
    int64_t step;
    enum yg_status st = YG_OK;

    *right = false;
    if (a->totp_fits &&
        yg_totp_match(a->totp, code, yg_people_now(p), a->totp_step, &step)) {
        st = yg_people_run(p, YG_PQ_ACCOUNT_STEP, (int64_t)a->user.id, &step, err);
        *right = st == YG_OK && yg_db_changes(p->db) == 1;
    } else if (yg_code_digest(a->user.id, code, digest)) {
        struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_CODE_USE, err);
        if (!s)
            return err->status;
        yg_db_bind_blob(s, 1, yg_bytes(digest, sizeof(digest)));
        yg_db_bind_int(s, 2, (int64_t)a->user.id);
        st = yg_db_run(p->db, s, err);
        *right = out->recovery = st == YG_OK && yg_db_changes(p->db) == 1;
        out->codes_left = a->user.codes_left - out->recovery;
    }
    return st;
}

static enum yg_status rehash(struct yg_people *p, uint64_t user, const char *fresh,
                             struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_ACCOUNT_REHASH, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)user);
    yg_db_bind_text(s, 2, yg_str_of(fresh));
    return yg_db_run(p->db, s, err);
}

/* The password is right. What it comes to is in `out->why`; all of it is committed. */
static enum yg_status let_in(struct yg_people *p, const struct yg_login *in,
                             const struct yg_login_work *w, const struct yg_account *a,
                             struct yg_login_answer *out, struct yg_err *err)
{
    struct yg_attempt attempt;
    bool right = true;
    const int64_t now = yg_people_now(p);
    enum yg_status st = YG_OK;

    yg_attempt_of(&attempt, in->name, in->address);
    if (a->has_totp && in->code.n == 0) {
        out->why = YG_LOGIN_CODE;
        return yg_attempt_back(p, &attempt, a->user.id, false, err);
    }
    if (a->has_totp)
        st = second_factor(p, a, in->code, out, &right, err);
    if (st != YG_OK || !right)
        return st;
    st = yg_attempt_back(p, &attempt, a->user.id, true, err);
    if (st == YG_OK && w->fresh[0] != '\0')
        st = rehash(p, a->user.id, w->fresh, err);
    if (st == YG_OK)
        st = yg_people_run(p, YG_PQ_ACCOUNT_LOGIN, (int64_t)a->user.id, &now, err);
    if (st == YG_OK)
        st = yg_people_session_make(p, a->user.id, in->address, a->has_totp, out->secret,
                                    err);
    if (st == YG_OK)
        out->why = YG_LOGIN_IN;
    return st;
}

enum yg_status yg_people_login_end(struct yg_people *p, const struct yg_login *in,
                                   struct yg_login_work *w, struct yg_login_answer *out,
                                   struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_account a;

    *out = (struct yg_login_answer){ .why = YG_LOGIN_WRONG };
    if (!w->match) {
        sodium_memzero(w, sizeof(*w));
        return wrong(err);
    }
    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = yg_people_begin(p, err);
    if (st == YG_OK) {
        st = yg_account_by_id(p, w->user, &arena, &a, err);
        /* somebody may have changed it meanwhile */
        bool same = st == YG_OK && !a.user.disabled && a.user.role != YG_ROLE_NONE &&
                    strcmp(a.hash, w->hash) == 0;
        if (same)
            st = let_in(p, in, w, &a, out, err);
        if (st == YG_ENOTFOUND)
            st = YG_OK;
        st = yg_people_end(p, st, err);
        out->must_change = same && a.user.must_change;
    }
    yg_arena_fini(&arena);
    sodium_memzero(w, sizeof(*w));
    if (st != YG_OK) {
        *out = (struct yg_login_answer){ .why = YG_LOGIN_WRONG };
        return st;
    }
    if (out->why == YG_LOGIN_CODE)
        return yg_err_set(err, YG_EPERM, "a code of the second factor is needed");
    return out->why == YG_LOGIN_IN ? YG_OK : wrong(err);
}

enum yg_status yg_people_login(struct yg_people *p, const struct yg_login *in,
                               struct yg_login_answer *out, struct yg_err *err)
{
    struct yg_login_work w;
    enum yg_status st = yg_people_login_begin(p, in, &w, out, err);

    if (st != YG_OK)
        return st;
    yg_people_login_hash(&w);
    return yg_people_login_end(p, in, &w, out, err);
}

enum yg_status yg_people_prove(struct yg_people *p, const struct yg_account *a,
                               const struct yg_proof *proof, struct yg_err *err)
{
    const struct yg_login in = { .name = a->user.name,
                                 .password = proof->password,
                                 .address = proof->address };
    struct yg_login_answer answer;
    struct yg_login_work w;
    struct yg_attempt attempt;
    enum yg_status st = yg_people_login_begin(p, &in, &w, &answer, err);

    if (st != YG_OK)
        return st;
    yg_people_login_hash(&w);
    bool right = w.match && w.user == a->user.id;
    sodium_memzero(&w, sizeof(w));
    if (!right)
        return yg_err_set(err, YG_EPERM, "the password is wrong");
    yg_attempt_of(&attempt, in.name, in.address);
    st = yg_people_begin(p, err);
    if (st == YG_OK)
        st = yg_people_end(p, yg_attempt_back(p, &attempt, a->user.id, false, err), err);
    return st;
}
