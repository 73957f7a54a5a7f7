/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inside.h"

/* A tail of small blocks is merged when it has this many, so that a record is written
 * again a few times in its life and not at every commit. */
#define TAIL 16

struct group {
    uint64_t tenant;
    uint64_t number[YG_BLOCK_RECORDS];
    uint64_t seen[YG_BLOCK_RECORDS]; /* of its digest when it was read */
    size_t count;
    uint64_t records, raw_bytes;
    bool closed; /* what follows cannot join it */
};

struct size {
    uint64_t number, records, raw_bytes;
};

static bool is_small(const struct size *b)
{
    return b->records < YG_BLOCK_RECORDS / 2 && b->raw_bytes < YG_BLOCK_RAW / 2;
}

/* Indexed blocks are not merged with others: `moved` is about the former only. */
static bool joins(const struct group *g, const struct size *b, size_t most,
                  uint64_t indexed)
{
    if (g->count > 0 && g->number[0] <= indexed && b->number > indexed)
        return false;
    return g->count < most && g->records + b->records <= YG_BLOCK_RECORDS &&
           g->raw_bytes + b->raw_bytes <= YG_BLOCK_RAW;
}

static void join(struct group *g, const struct size *b)
{
    g->number[g->count++] = b->number;
    g->records += b->records;
    g->raw_bytes += b->raw_bytes;
}

static void empty(struct group *g)
{
    g->count = 0;
    g->records = g->raw_bytes = 0;
    g->closed = false;
}

/* The first neighbours of the tenant that are worth merging, from t->merge_from on,
 * which moves past blocks that never will be. A group of one or none: nothing to do. */
static enum yg_status find_group(struct yg_store *st, struct yg_tenant *t, size_t most,
                                 struct group *g, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_ZONE_SIZES, &rc, err);

    if (!s)
        return rc;
    empty(g);
    g->tenant = t->id;
    yg_db_bind_int(s, 1, (int64_t)t->id);
    yg_db_bind_int(s, 2, (int64_t)t->merge_from);
    while (!g->closed && (rc = yg_db_step(st->db, s, err)) == YG_OK) {
        struct size b = { (uint64_t)yg_db_int(s, 0), (uint64_t)yg_db_int(s, 1),
                          (uint64_t)yg_db_int(s, 2) };
        if (is_small(&b) && joins(g, &b, most, st->indexed)) {
            join(g, &b);
            continue;
        }
        if (g->count >= 2) {
            g->closed = true;
            break;
        }
        empty(g);
        t->merge_from = is_small(&b) ? b.number : b.number + 1;
        if (is_small(&b))
            join(g, &b);
    }
    yg_db_reset(s);
    if (rc != YG_OK && rc != YG_EEND)
        return rc;
    if (!g->closed && g->count < (most < TAIL ? most : TAIL))
        empty(g);
    return YG_OK;
}

/* Collect the records of a group in order, whole blocks; `*done`: how many of them. */
static enum yg_status collect(struct yg_store *st, struct group *g,
                              struct yg_block_open *to, size_t *done, struct yg_err *err)
{
    for (*done = 0; *done < g->count; (*done)++) {
        struct yg_block b = { .tenant = g->tenant, .number = g->number[*done] };
        struct yg_store_record *rec;
        size_t count = 0;
        enum yg_status rc = yg_block_read(st, &b, &rec, &count, err);
        if (rc == YG_OK && (to->head.count + count > YG_BLOCK_RECORDS ||
                            to->head.raw_bytes + b.head.raw_bytes > YG_BLOCK_RAW))
            rc = yg_err_set(err, YG_ECORRUPT, "store: block %llu changed its size",
                            (unsigned long long)b.number);
        for (size_t k = 0; rc == YG_OK && k < count; k++)
            rc = yg_block_open_add(to, &rec[k]);
        memcpy(&g->seen[*done], b.digest, sizeof(g->seen[0]));
        if (rc != YG_OK)
            return rc;
    }
    return YG_OK;
}

enum yg_status yg_block_drop(struct yg_store *st, uint64_t tenant, uint64_t number,
                             struct yg_err *err)
{
    static const enum yg_query from[] = { YG_Q_ZONE_DROP, YG_Q_FILTER_DROP, YG_Q_IDS_DROP,
                                          YG_Q_DATA_DROP, YG_Q_FACTS_DROP };
    enum yg_status rc = YG_OK;

    for (size_t q = 0; rc == YG_OK && q < YG_ARRAY_LEN(from); q++) {
        struct yg_db_stmt *s = yg_store_stmt(st, from[q], &rc, err);
        if (!s)
            return rc;
        yg_db_bind_int(s, 1, (int64_t)number);
        if (from[q] == YG_Q_ZONE_DROP)
            yg_db_bind_int(s, 2, (int64_t)tenant);
        rc = yg_store_run(st, s, err);
    }
    return rc;
}

static enum yg_status delete_blocks(struct yg_store *st, const struct group *g,
                                    struct yg_err *err)
{
    enum yg_status rc = YG_OK;

    for (size_t i = 0; rc == YG_OK && i < g->count; i++)
        rc = yg_block_drop(st, g->tenant, g->number[i], err);
    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TENANT_BLOCKS, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)g->tenant);
    yg_db_bind_int(s, 2, (int64_t)g->count - 1);
    return yg_store_run(st, s, err);
}

/* Tell the index where indexed blocks went. */
static enum yg_status note_moves(struct yg_store *st, const struct group *g,
                                 struct yg_err *err)
{
    enum yg_status rc = YG_OK;

    if (g->number[0] > st->indexed)
        return YG_OK;
    for (size_t i = 1; rc == YG_OK && i < g->count; i++) {
        struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_MOVED_ADD, &rc, err);
        if (!s)
            return rc;
        yg_db_bind_int(s, 1, (int64_t)g->number[i]);
        yg_db_bind_int(s, 2, (int64_t)g->number[0]);
        rc = yg_store_run(st, s, err);
    }
    return rc;
}

/* In the transaction: are these blocks as they were read? YG_EEND: who forgets what is
 * old (forget.c) was here meanwhile; they are looked at again another time. */
static enum yg_status still_there(struct yg_store *st, const struct group *g,
                                  struct yg_err *err)
{
    enum yg_status rc = YG_OK;

    for (size_t i = 0; rc == YG_OK && i < g->count; i++) {
        struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_ZONE_GET, &rc, err);
        if (!s)
            return rc;
        yg_db_bind_int(s, 1, (int64_t)g->tenant);
        yg_db_bind_int(s, 2, (int64_t)g->number[i]);
        rc = yg_db_step(st->db, s, err);
        struct yg_str digest = rc == YG_OK ? yg_db_bytes(s, 12) : YG_STR_NONE;
        if (rc == YG_OK && (digest.n != YG_DIGEST_SIZE ||
                            memcmp(digest.p, &g->seen[i], sizeof(g->seen[i])) != 0))
            rc = YG_EEND;
        yg_db_reset(s);
    }
    return rc;
}

static enum yg_status replace(struct yg_store *st, const struct group *g, bool *done,
                              const struct yg_block_open *all, struct yg_err *err)
{
    struct yg_block b;
    enum yg_status rc = yg_block_encode(st->writer, all, g->tenant, g->number[0], &b);

    if (rc != YG_OK)
        return yg_err_set(err, rc, "store: no memory to merge blocks");
    rc = yg_store_begin(st, err);
    if (rc == YG_OK)
        rc = still_there(st, g, err);
    if (rc == YG_OK)
        rc = delete_blocks(st, g, err);
    if (rc == YG_OK)
        rc = note_moves(st, g, err);
    if (rc == YG_OK)
        rc = yg_blocks_insert(st, &b, err);
    /* Nothing else is in this transaction, so a failure drops nothing else. */
    if (rc == YG_OK)
        rc = yg_store_commit(st, err);
    else
        yg_store_rollback(st);
    *done = rc == YG_OK;
    return rc == YG_EEND ? YG_OK : rc;
}

static enum yg_status merge_group(struct yg_store *st, struct yg_tenant *t,
                                  struct group *g, size_t *gone, struct yg_err *err)
{
    struct yg_block_open all;
    size_t done = 0;

    yg_block_open_init(&all);
    enum yg_status rc = collect(st, g, &all, &done, err);
    yg_store_snapshot_end(st);
    if (rc == YG_ECORRUPT) {
        /* Left as it is, for a backup to heal; what stands before it is merged. */
        t->merge_from = g->number[done] + 1;
        g->count = done;
        rc = YG_OK;
    }
    if (rc == YG_OK && g->count >= 2) {
        bool replaced = false;
        rc = replace(st, g, &replaced, &all, err);
        *gone += replaced ? g->count - 1 : 0;
        t->unmerged = replaced;
    }
    yg_block_open_fini(&all);
    return rc;
}

enum yg_status yg_store_merge(struct yg_store *st, size_t max_blocks, size_t *gone,
                              struct yg_err *err)
{
    struct group g = { 0 };
    size_t left = max_blocks;
    enum yg_status rc = YG_OK;

    *gone = 0;
    if (st->read_only)
        return yg_store_begin(st, err);
    if (st->rows)
        return yg_err_set(err, YG_EINVAL, "the store was opened for rows only");
    if (st->scans > 0 || st->in_tx || st->tenants.dirty_count > 0)
        return yg_err_set(err, YG_EBUSY,
                          "store: blocks are merged between commits, "
                          "while nobody reads");
    for (size_t i = 0; i < st->tenants.count && left >= 2; i++) {
        struct yg_tenant *t = &st->tenants.row[i];
        while (t->unmerged && left >= 2) {
            size_t most = left < YG_BLOCK_RECORDS ? left : YG_BLOCK_RECORDS;
            rc = yg_store_snapshot(st, err); /* until they are read */
            if (rc != YG_OK)
                return rc;
            rc = find_group(st, t, most, &g, err);
            t->unmerged = rc == YG_OK && g.count >= 2;
            if (!t->unmerged)
                yg_store_snapshot_end(st);
            left -= g.count;
            if (t->unmerged)
                rc = merge_group(st, t, &g, gone, err);
            if (rc != YG_OK)
                return rc;
        }
    }
    return YG_OK;
}
