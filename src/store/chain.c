/* SPDX-License-Identifier: Apache-2.0 */
#include "store/chain.h"

void yg_chain_u64(struct yg_digest *d, uint64_t v)
{
    unsigned char le[8];

    for (size_t i = 0; i < sizeof(le); i++)
        le[i] = (unsigned char)(v >> (8 * i));
    yg_digest_add(d, le, sizeof(le));
}

void yg_chain_str(struct yg_digest *d, struct yg_str v)
{
    yg_chain_u64(d, v.n);
    yg_digest_add(d, v.p, v.n);
}

void yg_chain_init(struct yg_digest *d, const struct yg_chain_table *t,
                   const unsigned char prev[YG_DIGEST_SIZE])
{
    yg_digest_init(d);
    yg_chain_str(d, yg_str_of(t->name));
    yg_digest_add(d, prev, YG_DIGEST_SIZE);
}

static enum yg_status end_differs(const struct yg_chain_table *t, struct yg_err *err)
{
    return yg_err_set(err, YG_ECORRUPT,
                      "store: the last row of '%s' is not the one that was written last; "
                      "restore a backup",
                      t->name);
}

/* Two columns: a number and a digest; both zero without a row. */
static enum yg_status read_end(struct yg_store *st, struct yg_db_stmt *s,
                               const struct yg_chain_table *t, struct yg_chain *out,
                               struct yg_err *err)
{
    enum yg_status rc = yg_db_step(st->db, s, err);

    *out = (struct yg_chain){ 0 };
    if (rc == YG_EEND)
        return YG_OK;
    if (rc != YG_OK)
        return rc;
    struct yg_row r = yg_row_of(s, NULL);
    out->rows = yg_row_u64(&r, 1, INT64_MAX);
    yg_row_bytes(&r, out->head, sizeof(out->head));
    rc = yg_row_done(&r, t->name, err);
    yg_db_reset(s);
    return rc;
}

static enum yg_status noted(struct yg_store *st, const struct yg_chain_table *t,
                            struct yg_chain *out, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_CHAIN_GET, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_text(s, 1, yg_str_of(t->name));
    return read_end(st, s, t, out, err);
}

static bool same(const struct yg_chain *a, const struct yg_chain *b)
{
    return a->rows == b->rows && memcmp(a->head, b->head, sizeof(a->head)) == 0;
}

enum yg_status yg_chain_end(struct yg_store *st, const struct yg_chain_table *t,
                            struct yg_chain *out, struct yg_err *err)
{
    struct yg_chain end, last;
    enum yg_status rc = noted(st, t, &end, err);

    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, t->last, &rc, err);
    if (!s)
        return rc;
    rc = read_end(st, s, t, &last, err);
    if (rc != YG_OK)
        return rc;
    if (!same(&end, &last))
        return end_differs(t, err);
    *out = end;
    return YG_OK;
}

enum yg_status yg_chain_put(struct yg_store *st, const struct yg_chain_table *t,
                            const struct yg_chain *end, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_CHAIN_PUT, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_text(s, 1, yg_str_of(t->name));
    yg_db_bind_int(s, 2, (int64_t)end->rows);
    yg_db_bind_blob(s, 3, (struct yg_str){ (const char *)end->head, sizeof(end->head) });
    return yg_store_run(st, s, err);
}

/* The row the statement stands on, as the next of the chain. */
static enum yg_status link_row(struct yg_db_stmt *s, const struct yg_chain_table *t,
                               struct yg_chain *end, struct yg_err *err)
{
    unsigned char held[YG_DIGEST_SIZE], made[YG_DIGEST_SIZE];
    struct yg_row r = yg_row_of(s, NULL);
    const char *fault = NULL;
    uint64_t seq = 0;

    t->digest(&r, end->head, &seq, held, made, &fault);
    const unsigned long long want = end->rows + 1;
    if (seq != want)
        return yg_err_set(err, YG_ECORRUPT,
                          "store: row %llu of '%s' is missing; restore a backup", want,
                          t->name);
    if (r.status != YG_OK || memcmp(held, made, sizeof(made)) != 0)
        return yg_err_set(err, YG_ECORRUPT,
                          "store: row %llu of '%s' is not what was written, or does not "
                          "follow the row before it; restore a backup",
                          want, t->name);
    if (fault)
        return yg_err_set(err, YG_ECORRUPT, "store: row %llu of '%s': %s", want, t->name,
                          fault);
    end->rows++;
    memcpy(end->head, made, sizeof(made));
    return YG_OK;
}

enum yg_status yg_chain_verify(struct yg_store *st, const struct yg_chain_table *t,
                               struct yg_chain *out, struct yg_err *err)
{
    struct yg_chain end, walked = { 0 };
    enum yg_status rc = noted(st, t, &end, err);

    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, t->rows, &rc, err);
    if (!s)
        return rc;
    while ((rc = yg_db_step(st->db, s, err)) == YG_OK) {
        rc = link_row(s, t, &walked, err);
        if (rc != YG_OK)
            break;
    }
    yg_db_reset(s);
    if (rc != YG_EEND)
        return rc;
    if (!same(&end, &walked))
        return end_differs(t, err);
    *out = end;
    return YG_OK;
}
