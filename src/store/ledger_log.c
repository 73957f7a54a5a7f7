/* SPDX-License-Identifier: Apache-2.0 */
/* The part of ledger.h that keeps every state of an audit: draws, verdicts, changes. */
#include "store/ledger.h"

#include "store/ledger_priv.h"

#define UNLOGGED  "audits-unlogged" /* of meta: there are audits from before the log */
#define STATE_MAX (2 * YG_LEDGER_TEXT_MAX + 1024)

struct log_row {
    unsigned char run[YG_ID_SIZE];
    uint64_t seq, kind;
    struct yg_str bytes;
    unsigned char chain[YG_DIGEST_SIZE];
};

static void chain_row(const struct log_row *x, const unsigned char prev[YG_DIGEST_SIZE],
                      unsigned char made[YG_DIGEST_SIZE])
{
    struct yg_digest d;

    yg_chain_init(&d, &yg_audit_chain, prev);
    yg_chain_u64(&d, x->seq);
    yg_digest_add(&d, x->run, sizeof(x->run));
    yg_chain_u64(&d, x->kind);
    yg_chain_str(&d, x->bytes);
    yg_digest_done(&d, made);
}

static void digest_row(struct yg_row *r, const unsigned char prev[YG_DIGEST_SIZE],
                       uint64_t *seq, unsigned char held[YG_DIGEST_SIZE],
                       unsigned char made[YG_DIGEST_SIZE], const char **fault)
{
    struct log_row x;

    (void)fault;
    x.seq = yg_row_u64(r, 1, INT64_MAX);
    yg_row_bytes(r, x.run, sizeof(x.run));
    x.kind = yg_row_u64(r, YG_AUDIT_COIN, YG_AUDIT_TRIAL);
    x.bytes = yg_row_str(r);
    yg_row_bytes(r, x.chain, sizeof(x.chain));
    chain_row(&x, prev, made);
    *seq = x.seq;
    memcpy(held, x.chain, sizeof(x.chain));
}

const struct yg_chain_table yg_audit_chain = {
    .name = "audit_log",
    .last = YG_Q_AUDIT_LOG_LAST,
    .rows = YG_Q_AUDIT_LOG,
    .digest = digest_row,
};

/* All of it, so that no two states give the same bytes. */
static void write_state(const struct yg_audit *a, struct yg_buf *out)
{
    const uint8_t small[] = { a->kind,  a->state, a->device, a->level, a->predicted,
                              a->truth, a->armed, a->second, a->first, a->worst };
    const uint64_t number[] = { a->rate, a->entity, (uint64_t)a->drawn_ns,
                                (uint64_t)a->ends_ns, (uint64_t)a->judged_ns };

    yg_buf_add(out, a->run, sizeof(a->run));
    yg_buf_add(out, a->alert, sizeof(a->alert));
    yg_buf_add(out, a->certificate, sizeof(a->certificate));
    yg_buf_lstr(out, a->tenant);
    yg_buf_lstr(out, a->who);
    for (size_t i = 0; i < YG_ARRAY_LEN(number); i++)
        yg_buf_u64(out, number[i]);
    yg_buf_u32(out, a->risk);
    yg_buf_u32(out, a->changes);
    yg_buf_add(out, small, sizeof(small));
}

static enum yg_status insert(struct yg_store *st, const struct log_row *x,
                             const struct yg_chain *end, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_AUDIT_LOG_ADD, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)x->seq);
    yg_db_bind_blob(s, 2, yg_id_str(x->run));
    yg_db_bind_int(s, 3, (int64_t)x->kind);
    yg_db_bind_blob(s, 4, x->bytes);
    yg_db_bind_blob(s, 5, (struct yg_str){ (const char *)end->head, sizeof(end->head) });
    rc = yg_store_run(st, s, err);
    return rc == YG_OK ? yg_chain_put(st, &yg_audit_chain, end, err) : rc;
}

enum yg_status yg_audit_log_put(struct yg_store *st, const struct yg_audit *a,
                                struct yg_err *err)
{
    struct log_row x = { .kind = a->kind };
    struct yg_chain end;
    struct yg_buf state;
    enum yg_status rc = yg_chain_end(st, &yg_audit_chain, &end, err);

    if (rc != YG_OK)
        return rc;
    yg_buf_init(&state, STATE_MAX);
    write_state(a, &state);
    if (yg_buf_status(&state) != YG_OK)
        rc = yg_err_set(err, YG_ENOMEM, "store: out of memory");
    memcpy(x.run, a->run, sizeof(x.run));
    x.seq = ++end.rows;
    x.bytes = yg_buf_str(&state);
    if (rc == YG_OK) {
        chain_row(&x, end.head, end.head);
        rc = insert(st, &x, &end, err);
    }
    yg_buf_fini(&state);
    return rc;
}

static enum yg_status all_audits(struct yg_store *st, struct yg_arena *arena,
                                 struct yg_audit **a, size_t *n, struct yg_err *err)
{
    const struct yg_audit_filter all = { .limit = 0 };

    yg_arena_init(arena, (size_t)4 << 30);
    return yg_ledger_audits(st, &all, arena, a, n, err);
}

enum yg_status yg_audit_log_adopt(struct yg_store *st, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_audit *a;
    struct yg_str flag;
    struct yg_err none = { 0 };
    size_t n = 0;

    yg_arena_init(&arena, 1 << 20);
    enum yg_status rc = yg_store_meta_get(st, UNLOGGED, &arena, &flag, &none);
    yg_arena_fini(&arena);
    if (rc == YG_ENOTFOUND)
        return YG_OK;
    if (rc != YG_OK) {
        *err = none;
        return rc;
    }
    rc = all_audits(st, &arena, &a, &n, err);
    for (size_t i = 0; rc == YG_OK && i < n; i++)
        if ((rc = yg_store_begin(st, err)) == YG_OK)
            rc = yg_audit_log_put(st, &a[i], err);
    yg_arena_fini(&arena);
    if (rc == YG_OK)
        rc = yg_store_meta_drop(st, UNLOGGED, err);
    return rc == YG_OK ? yg_store_commit(st, err) : rc;
}

static enum yg_status differs(const unsigned char run[YG_ID_SIZE], const char *how,
                              struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];

    yg_hex(run, YG_ID_SIZE, hex);
    return yg_err_set(err, YG_ECORRUPT, "store: the audit of run %s %s; restore a backup",
                      hex, how);
}

static enum yg_status verify_one(struct yg_store *st, const struct yg_audit *a,
                                 struct yg_buf *state, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_AUDIT_LOG_OF, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(a->run));
    yg_db_bind_int(s, 2, a->kind);
    rc = yg_db_step(st->db, s, err);
    if (rc == YG_EEND)
        return differs(a->run, "was never written down", err);
    if (rc != YG_OK)
        return rc;
    yg_buf_clear(state);
    write_state(a, state);
    bool same = yg_str_eq(yg_db_bytes(s, 0), yg_buf_str(state));
    yg_db_reset(s);
    return same ? YG_OK : differs(a->run, "is not what was written down last", err);
}

/* Written down, and not there any more. */
static enum yg_status verify_none_gone(struct yg_store *st, struct yg_err *err)
{
    unsigned char run[YG_ID_SIZE];
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_AUDIT_GONE, &rc, err);

    if (!s)
        return rc;
    rc = yg_db_step(st->db, s, err);
    if (rc != YG_OK)
        return rc == YG_EEND ? YG_OK : rc;
    struct yg_row r = yg_row_of(s, NULL);
    yg_row_bytes(&r, run, sizeof(run));
    yg_db_reset(s);
    return differs(run, "is missing", err);
}

enum yg_status yg_audit_log_verify(struct yg_store *st, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_audit *a;
    struct yg_buf state;
    size_t n = 0;
    enum yg_status rc = all_audits(st, &arena, &a, &n, err);

    yg_buf_init(&state, STATE_MAX);
    for (size_t i = 0; rc == YG_OK && i < n; i++)
        rc = verify_one(st, &a[i], &state, err);
    yg_buf_fini(&state);
    yg_arena_fini(&arena);
    return rc == YG_OK ? verify_none_gone(st, err) : rc;
}
