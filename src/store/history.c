/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inside.h"

#include <stdlib.h>

/* ---- load ---------------------------------------------------------------------- */

static enum yg_status load_window(struct yg_store *st, struct yg_err *err)
{
    int64_t from = yg_clock_now(st->clock) - st->dedup_ns;
    uint64_t count = 0;
    enum yg_status rc = yg_store_number(st, YG_Q_IDS_WINDOW_COUNT, from, &count, err);

    if (rc != YG_OK)
        return rc;
    if (count > st->ids.cap)
        count = st->ids.cap;
    rc = yg_ids_reserve(&st->ids, (size_t)count);
    if (rc != YG_OK)
        return yg_err_set(err, rc, "store: no memory for the ids of the last days");
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_IDS_WINDOW, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_int(s, 1, from);
    while ((rc = yg_db_step(st->db, s, err)) == YG_OK) {
        struct yg_str ids = yg_db_bytes(s, 1);
        rc = yg_ids_load(&st->ids, (const unsigned char *)ids.p, ids.n / YG_ID_SIZE,
                         yg_db_int(s, 0));
        if (rc != YG_OK)
            break;
    }
    yg_db_reset(s);
    if (rc == YG_ENOMEM)
        return yg_err_set(err, rc, "store: no memory for the ids of the last days");
    return rc == YG_EEND ? YG_OK : rc;
}

enum yg_status yg_blocks_load(struct yg_store *st, struct yg_err *err)
{
    enum yg_status rc = yg_tenants_load(st, err);

    if (rc == YG_OK)
        rc = yg_store_number(st, YG_Q_BLOCK_LAST, 0, &st->last_block, err);
    st->next_block = st->last_block + 1;
    if (rc == YG_OK)
        rc = yg_store_number(st, YG_Q_INDEXED_LAST, 0, &st->indexed, err);
    if (rc == YG_OK)
        rc = yg_store_number(st, YG_Q_IDS_AFTER_COUNT, (int64_t)st->indexed,
                             &st->unindexed, err);
    if (rc == YG_OK)
        rc = load_window(st, err);
    if (rc != YG_OK)
        return rc;
    st->writer = yg_block_writer_new();
    return st->writer ? YG_OK : yg_err_set(err, YG_ENOMEM, "store: out of memory");
}

/* ---- open blocks --------------------------------------------------------------- */

static void open_free(struct yg_block_open *b)
{
    if (b)
        yg_block_open_fini(b);
    free(b);
}

/* A tenant that is quiet keeps no buffers: an emptied block serves the next tenant. */
static void open_release(struct yg_store *st, struct yg_tenant *t)
{
    struct yg_block_open *b = t->open;

    if (!b)
        return;
    t->open = NULL;
    st->open_bytes -= yg_block_open_bytes(b);
    yg_block_open_clear(b);
    if (st->spare)
        open_free(b);
    else
        st->spare = b;
}

static bool open_take(struct yg_store *st, struct yg_tenant *t)
{
    if (t->open)
        return true;
    if (st->spare) {
        t->open = st->spare;
        st->spare = NULL;
        return true;
    }
    t->open = malloc(sizeof(*t->open));
    if (t->open)
        yg_block_open_init(t->open);
    return t->open != NULL;
}

void yg_blocks_free(struct yg_store *st)
{
    for (size_t i = 0; i < st->tenants.count; i++)
        open_free(st->tenants.row[i].open);
    open_free(st->spare);
    yg_tenants_fini(&st->tenants);
    yg_sums_free(st);
    yg_block_writer_free(st->writer);
}

/* ---- write --------------------------------------------------------------------- */

static enum yg_status insert_piece(struct yg_store *st, enum yg_query q, uint64_t number,
                                   struct yg_str piece, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, q, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)number);
    yg_db_bind_blob(s, 2, piece);
    return yg_store_run(st, s, err);
}

static enum yg_status insert_zone(struct yg_store *st, const struct yg_block *b,
                                  struct yg_err *err)
{
    const struct yg_block_head *h = &b->head;
    const int64_t v[] = { (int64_t)b->tenant, (int64_t)b->number, h->time_min,
                          h->time_max,        h->received_min,    h->received_max,
                          h->count,           h->alerts,          h->contexts,
                          h->undecodable,     h->closed,          (int64_t)h->raw_bytes };
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_ZONE_ADD, &rc, err);

    if (!s)
        return rc;
    for (int i = 0; i < (int)YG_ARRAY_LEN(v); i++)
        yg_db_bind_int(s, i + 1, v[i]);
    yg_db_bind_blob(s, (int)YG_ARRAY_LEN(v) + 1,
                    (struct yg_str){ (const char *)b->digest, YG_DIGEST_SIZE });
    return yg_store_run(st, s, err);
}

static enum yg_status insert_ids(struct yg_store *st, const struct yg_block *b,
                                 struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_IDS_ADD, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)b->number);
    yg_db_bind_int(s, 2, (int64_t)b->tenant);
    yg_db_bind_int(s, 3, b->head.received_max);
    yg_db_bind_blob(s, 4, b->ids);
    return yg_store_run(st, s, err);
}

static enum yg_status insert_data(struct yg_store *st, const struct yg_block *b,
                                  struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_DATA_ADD, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)b->number);
    yg_db_bind_blob(s, 2, b->meta);
    yg_db_bind_blob(s, 3, b->raw);
    yg_db_bind_blob(s, 4, b->packets);
    return yg_store_run(st, s, err);
}

static enum yg_status insert_facts(struct yg_store *st, const struct yg_block *b,
                                   struct yg_err *err)
{
    const struct yg_block_facts *f = &b->facts;
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_FACTS_ADD, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)b->number);
    yg_db_bind_blob(s, 2,
                    (struct yg_str){ (const char *)f->version, sizeof(f->version) });
    yg_db_bind_blob(s, 3, (struct yg_str){ (const char *)f->digest, sizeof(f->digest) });
    yg_db_bind_blob(s, 4, f->bytes);
    return yg_store_run(st, s, err);
}

enum yg_status yg_blocks_insert(struct yg_store *st, const struct yg_block *b,
                                struct yg_err *err)
{
    enum yg_status rc = insert_zone(st, b, err);

    if (rc == YG_OK)
        rc = insert_piece(st, YG_Q_FILTER_ADD, b->number, b->filter, err);
    if (rc == YG_OK)
        rc = insert_ids(st, b, err);
    if (rc == YG_OK)
        rc = insert_data(st, b, err);
    if (rc == YG_OK && b->facts.bytes.n > 0)
        rc = insert_facts(st, b, err);
    return rc;
}

static void add_head(struct yg_block_head *sum, uint64_t blocks,
                     const struct yg_block_head *h)
{
    if (blocks == 0 || h->time_min < sum->time_min)
        sum->time_min = h->time_min;
    if (blocks == 0 || h->time_max > sum->time_max)
        sum->time_max = h->time_max;
    sum->alerts += h->alerts;
    sum->contexts += h->contexts;
    sum->undecodable += h->undecodable;
    sum->closed += h->closed;
    sum->raw_bytes += h->raw_bytes;
}

/* Close the open block of a tenant: encode it and put it into the transaction. */
static enum yg_status flush(struct yg_store *st, struct yg_tenant *t, struct yg_err *err)
{
    struct yg_block b;
    enum yg_status rc;

    if (!t->open || t->open->head.count == 0)
        return YG_OK;
    rc = yg_store_begin(st, err);
    if (rc == YG_OK)
        rc = yg_tenants_make_row(st, t, err);
    if (rc != YG_OK)
        return rc;
    rc = yg_block_encode(st->writer, t->open, t->id, st->next_block, &b);
    if (rc != YG_OK) {
        struct yg_err why = { 0 };
        yg_err_set(&why, rc, "store: no memory to close a block");
        return yg_store_fail(st, rc, &why, err);
    }
    rc = yg_blocks_insert(st, &b, err);
    if (rc != YG_OK)
        return rc;
    add_head(&t->sum, t->blocks, &b.head);
    t->blocks++;
    t->unmerged = true;
    st->next_block++;
    open_release(st, t);
    return YG_OK;
}

static enum yg_status flush_all(struct yg_store *st, struct yg_err *err)
{
    enum yg_status rc = YG_OK;

    for (size_t i = 0; rc == YG_OK && i < st->tenants.dirty_count; i++)
        rc = flush(st, &st->tenants.row[st->tenants.dirty[i]], err);
    return rc;
}

static enum yg_status add_to(struct yg_store *st, struct yg_tenant *t,
                             const struct yg_store_record *rec, struct yg_err *err)
{
    if (t->open && !yg_block_open_fits(t->open, rec)) {
        enum yg_status rc = flush(st, t, err);
        if (rc != YG_OK)
            return rc;
    }
    if (!open_take(st, t))
        return yg_err_set(err, YG_ENOMEM, "store: out of memory");
    size_t before = yg_block_open_bytes(t->open);
    enum yg_status rc = yg_block_open_add(t->open, rec);
    st->open_bytes += yg_block_open_bytes(t->open) - before;
    if (rc != YG_OK)
        return yg_err_set(err, YG_ENOMEM, "store: out of memory");
    yg_tenants_mark(&st->tenants, t);
    return st->open_bytes > YG_STORE_OPEN_BYTES ? flush_all(st, err) : YG_OK;
}

static enum yg_status count(struct yg_store *st, size_t tenant,
                            const struct yg_store_record *rec, struct yg_err *err)
{
    enum yg_status rc = yg_sums_add(st, tenant, rec, err);

    if (rc != YG_ELIMIT)
        return rc;
    rc = flush_all(st, err); /* times all over the place */
    if (rc == YG_OK)
        rc = yg_sums_flush(st, err);
    return rc == YG_OK ? yg_sums_add(st, tenant, rec, err) : rc;
}

enum yg_status yg_store_add(struct yg_store *st, struct yg_str tenant,
                            const struct yg_store_record *rec, struct yg_err *err)
{
    if (st->read_only || st->failed.status != YG_OK)
        return yg_store_begin(st, err);
    if (st->rows)
        return yg_err_set(err, YG_EINVAL, "the store was opened for rows only");
    if (rec->raw.n > YG_STORE_RAW_MAX)
        return yg_err_set(err, YG_ELIMIT, "store: a record is longer than 1 MiB");
    if (rec->packets.n > YG_STORE_PACKETS_MAX)
        return yg_err_set(err, YG_ELIMIT,
                          "store: more than 256 KiB of packets for one record");
    if (yg_buf_str(&st->added).n >= (size_t)YG_STORE_BATCH_IDS * YG_ID_SIZE)
        return yg_err_set(err, YG_ELIMIT, "store: too many records without a commit");
    struct yg_tenant *t = yg_tenants_put(&st->tenants, tenant);
    if (!t)
        return yg_err_set(err, YG_ENOMEM, "store: out of memory for its tenants");
    enum yg_status rc = yg_ids_put(&st->ids, rec->id, rec->received_ns);
    if (rc != YG_OK)
        return yg_err_set(
            err, rc, rc == YG_EEXIST ? "stored already" : "store: out of memory for ids");
    yg_buf_add(&st->added, rec->id, YG_ID_SIZE);
    rc = yg_buf_status(&st->added);
    if (rc == YG_OK)
        rc = add_to(st, t, rec, err);
    if (rc == YG_OK)
        rc = count(st, (size_t)(t - st->tenants.row), rec, err);
    if (rc != YG_OK && st->failed.status == YG_OK) {
        /* The id is in the window and its record is not: only dropping all heals it. */
        struct yg_err why = { 0 };
        yg_err_set(&why, rc, "store: out of memory");
        return yg_store_fail(st, rc, &why, err);
    }
    return rc;
}

bool yg_store_has(const struct yg_store *st, const unsigned char id[YG_ID_SIZE])
{
    return yg_ids_has(&st->ids, id);
}

void yg_store_ahead(const struct yg_store *st, const unsigned char id[YG_ID_SIZE])
{
    yg_ids_ahead(&st->ids, id);
}

/* ---- commit and roll back ------------------------------------------------------ */

static void forget_batch(struct yg_store *st, bool committed)
{
    struct yg_tenants *t = &st->tenants;

    for (size_t i = 0; i < t->dirty_count; i++) {
        struct yg_tenant *row = &t->row[t->dirty[i]];
        open_release(st, row);
        if (row->fresh && !committed) {
            row->id = 0;
            t->rows--;
        }
        row->sum = (struct yg_block_head){ 0 };
        row->blocks = 0;
        row->fresh = row->dirty = false;
    }
    t->dirty_count = 0;
    yg_buf_clear(&st->added);
    yg_sums_clear(st);
}

void yg_blocks_drop(struct yg_store *st)
{
    struct yg_str ids = yg_buf_str(&st->added);

    for (size_t i = 0; i + YG_ID_SIZE <= ids.n; i += YG_ID_SIZE)
        yg_ids_remove(&st->ids, (const unsigned char *)ids.p + i);
    forget_batch(st, false);
    if (!st->rows)
        st->next_block = st->last_block + 1;
}

static enum yg_status finish(struct yg_store *st, uint64_t *indexed, uint64_t *unindexed,
                             struct yg_err *err)
{
    enum yg_status rc = flush_all(st, err);

    for (size_t i = 0; rc == YG_OK && i < st->tenants.dirty_count; i++)
        rc = yg_tenants_add_sum(st, &st->tenants.row[st->tenants.dirty[i]], err);
    if (rc == YG_OK)
        rc = yg_sums_flush(st, err);
    if (rc != YG_OK || !st->in_tx)
        return rc;
    if (!st->rows)
        rc = yg_place_extend(st, indexed, unindexed, err);
    if (rc != YG_OK)
        return rc;
    struct yg_err why = { 0 };
    rc = yg_db_commit(st->db, &why);
    return rc == YG_OK ? rc : yg_store_fail(st, rc, &why, err);
}

enum yg_status yg_store_commit(struct yg_store *st, struct yg_err *err)
{
    uint64_t indexed = st->indexed, unindexed = st->unindexed;
    enum yg_status rc;

    if (st->read_only)
        return yg_store_begin(st, err);
    if (st->failed.status != YG_OK)
        rc = yg_store_fail(st, st->failed.status, &st->failed, err);
    else
        rc = finish(st, &indexed, &unindexed, err);
    if (rc != YG_OK) {
        yg_store_rollback(st);
        return rc;
    }
    st->in_tx = false;
    yg_beside_end(st);
    st->indexed = indexed;
    st->unindexed = unindexed;
    forget_batch(st, true);
    if (!st->rows)
        st->last_block = st->next_block - 1;
    yg_ids_prune(&st->ids, yg_clock_now(st->clock));
    return YG_OK;
}
