/* SPDX-License-Identifier: Apache-2.0 */
/* The part of trail.h that signs where the chain stands and computes it again. */
#include "trail/trail_priv.h"

#include <sodium.h>
#include <string.h>

#define DOMAIN "yagura-trail-checkpoint-1"
#define DAY_NS (INT64_C(86400) * YG_NS_PER_S)

_Static_assert(crypto_sign_PUBLICKEYBYTES == YG_TRAIL_KEY, "public key");
_Static_assert(crypto_sign_SECRETKEYBYTES == YG_TRAIL_SECRET, "secret key");
_Static_assert(crypto_sign_BYTES == YG_TRAIL_SIGN, "signature");

struct checkpoint {
    uint64_t seq;
    int64_t at_ns;
    unsigned char digest[YG_DIGEST_SIZE];
};

/* What is signed. */
static void message_of(const struct checkpoint *c, unsigned char out[YG_DIGEST_SIZE])
{
    unsigned char b[16];
    struct yg_digest d;

    for (size_t i = 0; i < 8; i++) {
        b[i] = (unsigned char)(c->seq >> 8 * i);
        b[8 + i] = (unsigned char)((uint64_t)c->at_ns >> 8 * i);
    }
    yg_digest_init(&d);
    yg_digest_add(&d, DOMAIN, sizeof(DOMAIN));
    yg_digest_add(&d, b, sizeof(b));
    yg_digest_add(&d, c->digest, YG_DIGEST_SIZE);
    yg_digest_done(&d, out);
}

static enum yg_status last_signed(struct yg_trail *t, uint64_t *seq, int64_t *at_ns,
                                  struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(t->db, YG_TQ_SIGNED, err);
    enum yg_status st = s ? yg_db_step(t->db, s, err) : err->status;

    *seq = 0;
    *at_ns = 0;
    if (st != YG_OK)
        return st == YG_EEND ? YG_OK : st;
    *seq = (uint64_t)yg_db_int(s, 0);
    *at_ns = yg_db_int(s, 1);
    yg_db_reset(s);
    return YG_OK;
}

static enum yg_status sign(struct yg_trail *t, const struct checkpoint *c,
                           const unsigned char *secret, struct yg_err *err)
{
    unsigned char message[YG_DIGEST_SIZE], sig[YG_TRAIL_SIGN];
    struct yg_db_stmt *s = yg_db_stmt(t->db, YG_TQ_SIGN, err);

    if (!s)
        return err->status;
    message_of(c, message);
    crypto_sign_detached(sig, NULL, message, sizeof(message), secret);
    yg_db_bind_int(s, 1, (int64_t)c->seq);
    yg_db_bind_int(s, 2, c->at_ns);
    yg_db_bind_blob(s, 3, yg_trail_bytes(c->digest, YG_DIGEST_SIZE));
    yg_db_bind_blob(s, 4, yg_trail_bytes(sig, YG_TRAIL_SIGN));
    return yg_db_run(t->db, s, err);
}

enum yg_status yg_trail_checkpoint(struct yg_trail *t,
                                   const unsigned char secret[YG_TRAIL_SECRET], bool now,
                                   bool *made, struct yg_err *err)
{
    struct checkpoint c = { .at_ns = yg_clock_now(t->clock) };
    struct yg_err why = { 0 };
    uint64_t seq = 0;
    int64_t at_ns = 0;
    enum yg_status st = yg_db_begin(t->db, true, &why);

    *made = false;
    if (st == YG_OK) {
        st = yg_trail_last(t, &c.seq, c.digest, &why);
        if (st == YG_OK)
            st = last_signed(t, &seq, &at_ns, &why);
        bool due = now || seq == 0 || c.at_ns - at_ns >= DAY_NS || c.at_ns < at_ns;
        if (st == YG_OK && due && c.seq > seq) {
            st = sign(t, &c, secret, &why);
            *made = st == YG_OK;
        }
        st = yg_trail_commit(t, st, &why);
    }
    *made = *made && st == YG_OK;
    if (st != YG_OK && err)
        *err = why;
    return st;
}

/* ---- again --------------------------------------------------------------------------
 */

struct verify {
    struct yg_trail *t;
    const unsigned char *key, *has;
    struct yg_trail_report *out;
    struct yg_db_stmt *signs;
    bool more; /* `next` is the checkpoint that comes */
    struct checkpoint next;
    unsigned char sig[YG_TRAIL_SIGN];
    uint64_t begun, ended;
};

static enum yg_status next_checkpoint(struct verify *v, struct yg_err *err)
{
    enum yg_status st = yg_db_step(v->t->db, v->signs, err);

    v->more = st == YG_OK;
    if (st != YG_OK)
        return st == YG_EEND ? YG_OK : st;
    struct yg_str digest = yg_db_bytes(v->signs, 2), sig = yg_db_bytes(v->signs, 3);
    v->next.seq = (uint64_t)yg_db_int(v->signs, 0);
    v->next.at_ns = yg_db_int(v->signs, 1);
    if (digest.n != YG_DIGEST_SIZE || sig.n != YG_TRAIL_SIGN)
        return yg_err_set(err, YG_ECORRUPT, "trail: checkpoint %llu is damaged",
                          (unsigned long long)v->next.seq);
    memcpy(v->next.digest, digest.p, digest.n);
    memcpy(v->sig, sig.p, sig.n);
    return YG_OK;
}

static enum yg_status check_signed(struct verify *v, const struct yg_trail_row *row,
                                   struct yg_err *err)
{
    unsigned char message[YG_DIGEST_SIZE];

    if (!v->more || v->next.seq != row->seq)
        return YG_OK;
    message_of(&v->next, message);
    if (memcmp(v->next.digest, row->digest, YG_DIGEST_SIZE) != 0 ||
        crypto_sign_verify_detached(v->sig, message, sizeof(message), v->key) != 0)
        return yg_err_set(err, YG_ECORRUPT,
                          "trail: the checkpoint of row %llu is of other rows, or signed "
                          "by somebody else",
                          (unsigned long long)row->seq);
    v->out->checkpoints++;
    v->out->after = 0;
    v->out->signed_ns = v->next.at_ns;
    return next_checkpoint(v, err);
}

static enum yg_status check_row(struct verify *v, const struct yg_trail_row *row,
                                struct yg_err *err)
{
    struct yg_trail_report *out = v->out;
    unsigned char digest[YG_DIGEST_SIZE];

    yg_trail_digest(out->digest, row, digest);
    if (row->seq != out->rows + 1 || memcmp(digest, row->digest, YG_DIGEST_SIZE) != 0)
        return yg_err_set(err, YG_ECORRUPT,
                          "trail: row %llu does not follow from those before it: it was "
                          "changed, or rows before it were taken out",
                          (unsigned long long)row->seq);
    if (row->begun >= row->seq)
        return yg_err_set(err, YG_ECORRUPT, "trail: row %llu ends one that comes later",
                          (unsigned long long)row->seq);
    out->rows++;
    out->after++;
    v->begun += row->outcome == YG_TRAIL_BEGUN;
    v->ended += row->begun != 0;
    memcpy(out->digest, digest, YG_DIGEST_SIZE);
    if (v->has && memcmp(v->has, digest, YG_DIGEST_SIZE) == 0) {
        out->has = true;
        out->has_seq = row->seq;
    }
    return check_signed(v, row, err);
}

static enum yg_status check_all(struct verify *v, struct yg_err *err)
{
    struct yg_db_stmt *rows = yg_db_stmt(v->t->db, YG_TQ_ALL, err);
    struct yg_trail_row row;
    enum yg_status st = rows ? YG_OK : err->status;

    v->signs = st == YG_OK ? yg_db_stmt(v->t->db, YG_TQ_CHECKPOINTS, err) : NULL;
    st = v->signs ? next_checkpoint(v, err) : err->status;
    while (st == YG_OK && (st = yg_db_step(v->t->db, rows, err)) == YG_OK) {
        st = yg_trail_read(rows, &row, err);
        if (st == YG_OK)
            st = check_row(v, &row, err);
    }
    if (st == YG_EEND && v->more)
        return yg_err_set(
            err, YG_ECORRUPT,
            "trail: row %llu was signed and is gone, and all after row %llu",
            (unsigned long long)v->next.seq, (unsigned long long)v->out->rows);
    return st == YG_EEND ? YG_OK : st;
}

enum yg_status yg_trail_verify(struct yg_trail *t, const unsigned char key[YG_TRAIL_KEY],
                               const unsigned char *has, struct yg_trail_report *out,
                               struct yg_err *err)
{
    struct verify v = { .t = t, .key = key, .has = has, .out = out };
    struct yg_err why = { 0 };
    enum yg_status st = yg_db_begin(t->db, false, &why);

    *out = (struct yg_trail_report){ .rows = 0 };
    if (st == YG_OK) {
        st = check_all(&v, &why);
        yg_db_rollback(t->db);
    }
    out->unfinished = v.begun > v.ended ? v.begun - v.ended : 0;
    if (st != YG_OK && err)
        *err = why;
    return st;
}
