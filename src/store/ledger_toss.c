/* SPDX-License-Identifier: Apache-2.0 */
/* The part of ledger.h about tosses: rows that are put once, in batches, and chained. */
#include "store/ledger.h"

#include "store/ledger_priv.h"

struct toss_row {
    struct yg_toss toss;
    uint64_t seq;
    unsigned char chain[YG_DIGEST_SIZE];
};

static void read_toss_row(struct yg_row *r, struct toss_row *to)
{
    struct yg_toss *t = &to->toss;

    to->seq = yg_row_u64(r, 1, INT64_MAX);
    yg_row_bytes(r, t->run, sizeof(t->run));
    t->kind = (uint8_t)yg_row_u64(r, YG_COIN_AUDIT, YG_COIN_TRIAL);
    t->tenant = yg_row_str(r);
    t->device = (uint8_t)yg_row_u64(r, 0, YG_DEV_COUNT - 1);
    t->cluster = yg_row_bits(r);
    t->rate = yg_row_u64(r, 0, YG_COIN_ONE);
    t->at_ns = yg_row_i64(r);
    yg_row_bytes(r, to->chain, sizeof(to->chain));
}

static void read_toss(struct yg_row *r, void *to)
{
    struct toss_row row;

    read_toss_row(r, &row);
    *(struct yg_toss *)to = row.toss;
}

static const struct yg_row_kind toss_kind = {
    .what = "toss",
    .size = sizeof(struct yg_toss),
    .read = read_toss,
};

static void chain_toss(const struct yg_toss *t, uint64_t seq,
                       const unsigned char prev[YG_DIGEST_SIZE],
                       unsigned char made[YG_DIGEST_SIZE])
{
    struct yg_digest d;

    yg_chain_init(&d, &yg_toss_chain, prev);
    yg_chain_u64(&d, seq);
    yg_digest_add(&d, t->run, sizeof(t->run));
    yg_chain_u64(&d, t->kind);
    yg_chain_str(&d, t->tenant);
    yg_chain_u64(&d, t->device);
    yg_chain_u64(&d, t->cluster);
    yg_chain_u64(&d, t->rate);
    yg_chain_u64(&d, (uint64_t)t->at_ns);
    yg_digest_done(&d, made);
}

static void digest_toss(struct yg_row *r, const unsigned char prev[YG_DIGEST_SIZE],
                        uint64_t *seq, unsigned char held[YG_DIGEST_SIZE],
                        unsigned char made[YG_DIGEST_SIZE], const char **fault)
{
    struct toss_row row;

    (void)fault;
    read_toss_row(r, &row);
    chain_toss(&row.toss, row.seq, prev, made);
    *seq = row.seq;
    memcpy(held, row.chain, sizeof(row.chain));
}

const struct yg_chain_table yg_toss_chain = {
    .name = "toss",
    .last = YG_Q_TOSS_LAST,
    .rows = YG_Q_TOSSES,
    .digest = digest_toss,
};

static bool is_toss(const struct yg_toss *t)
{
    return t->kind >= YG_COIN_AUDIT && t->kind <= YG_COIN_TRIAL &&
           t->device < YG_DEV_COUNT && t->rate <= YG_COIN_ONE &&
           t->tenant.n <= YG_LEDGER_TEXT_MAX;
}

static enum yg_status insert_toss(struct yg_store *st, const struct yg_toss *t,
                                  const struct yg_chain *end, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TOSS_ADD, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)end->rows);
    yg_db_bind_blob(s, 2, yg_id_str(t->run));
    yg_db_bind_int(s, 3, t->kind);
    yg_db_bind_blob(s, 4, t->tenant);
    yg_db_bind_int(s, 5, t->device);
    yg_db_bind_int(s, 6, (int64_t)t->cluster);
    yg_db_bind_int(s, 7, (int64_t)t->rate);
    yg_db_bind_int(s, 8, t->at_ns);
    yg_db_bind_blob(s, 9, (struct yg_str){ (const char *)end->head, sizeof(end->head) });
    return yg_store_run(st, s, err);
}

enum yg_status yg_ledger_tosses_put(struct yg_store *st, const struct yg_toss *t,
                                    size_t n, struct yg_err *err)
{
    struct yg_chain end;

    for (size_t i = 0; i < n; i++)
        if (!is_toss(&t[i]))
            return yg_err_set(err, YG_EINVAL, "ledger: this is not a toss");
    if (n == 0)
        return YG_OK;
    enum yg_status rc = yg_store_begin(st, err);
    if (rc == YG_OK)
        rc = yg_chain_end(st, &yg_toss_chain, &end, err);
    for (size_t i = 0; rc == YG_OK && i < n; i++) {
        end.rows++;
        chain_toss(&t[i], end.rows, end.head, end.head);
        rc = insert_toss(st, &t[i], &end, err);
    }
    return rc == YG_OK ? yg_chain_put(st, &yg_toss_chain, &end, err) : rc;
}

enum yg_status yg_ledger_tossed(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                                unsigned *kinds, struct yg_err *err)
{
    enum yg_status rc;
    unsigned found = 0;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TOSSED_KINDS, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(run));
    while ((rc = yg_db_step(st->db, s, err)) == YG_OK) {
        struct yg_row r = yg_row_of(s, NULL);
        found |= 1U << yg_row_u64(&r, YG_COIN_AUDIT, YG_COIN_TRIAL);
        rc = yg_row_done(&r, toss_kind.what, err);
        if (rc != YG_OK)
            break;
    }
    yg_db_reset(s);
    if (rc != YG_EEND)
        return rc;
    *kinds = found;
    return YG_OK;
}

static void give(const struct yg_row_list *all, struct yg_toss **out, size_t *count)
{
    *out = all->p;
    *count = all->n;
}

/* The chance of a draw by triage's toss, or else by this one. */
static void read_trial(struct yg_row *r, void *to)
{
    struct toss_row row;

    read_toss_row(r, &row);
    uint64_t before = yg_row_u64(r, 0, YG_COIN_ONE);
    double left = (double)(YG_COIN_ONE - before) / (double)YG_COIN_ONE;
    row.toss.rate = before + (uint64_t)((double)row.toss.rate * left + 0.5);
    *(struct yg_toss *)to = row.toss;
}

static const struct yg_row_kind trial_kind = {
    .what = "toss",
    .size = sizeof(struct yg_toss),
    .read = read_trial,
};

enum yg_status yg_ledger_tosses_each(struct yg_store *st, yg_toss_each_f *each, void *arg,
                                     struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TOSSES_DRAWN, &rc, err);

    if (!s)
        return rc;
    while ((rc = yg_db_step(st->db, s, err)) == YG_OK) {
        struct yg_row r = yg_row_of(s, NULL);
        struct toss_row row;
        read_toss_row(&r, &row);
        struct yg_toss_row x = { .toss = row.toss, .seq = row.seq };
        x.drawn = yg_row_u64(&r, 0, 1) != 0;
        x.drawn_rate = yg_row_u64(&r, 0, YG_COIN_ONE);
        x.drawn_cluster = yg_row_bits(&r);
        x.drawn_device = (uint8_t)yg_row_u64(&r, 0, YG_DEV_COUNT - 1);
        rc = yg_row_done(&r, toss_kind.what, err);
        if (rc == YG_OK)
            rc = each(arg, &x, err);
        if (rc != YG_OK)
            break;
    }
    yg_db_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

enum yg_status yg_ledger_tosses(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                                struct yg_arena *arena, struct yg_toss **out,
                                size_t *count, struct yg_err *err)
{
    struct yg_row_list all;
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TOSSES_OF, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(run));
    rc = yg_row_all(st, s, &toss_kind, arena, &all, err);
    if (rc == YG_OK)
        give(&all, out, count);
    return rc;
}

enum yg_status yg_ledger_trials(struct yg_store *st, struct yg_str tenant,
                                struct yg_arena *arena, struct yg_toss **out,
                                size_t *count, struct yg_err *err)
{
    struct yg_row_list all;
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TRIALS, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, tenant);
    rc = yg_row_all(st, s, &trial_kind, arena, &all, err);
    if (rc == YG_OK)
        give(&all, out, count);
    return rc;
}
