/* SPDX-License-Identifier: Apache-2.0 */
#include "store/zones.h"

#include <stdlib.h>

/* Facts are made of the records: what is wrong with them costs time, no record. */
static enum yg_status check_facts(struct yg_store *st, struct yg_block *b,
                                  struct yg_err *err)
{
    enum yg_status rc = yg_block_fetch_facts(st, b, err);

    if (rc == YG_OK)
        rc = yg_block_verify_facts(st->reader, b);
    if (rc == YG_EVERSION)
        return YG_OK; /* none, or made by other code and not used */
    if (rc == YG_OK)
        rc = yg_block_decode_facts(st->reader, b);
    if (rc == YG_ECORRUPT)
        yg_err_set(err, rc,
                   "store: the facts kept with block %llu are damaged and not used: its "
                   "records are decoded instead, nothing is lost",
                   (unsigned long long)b->number);
    return rc;
}

/* One block; `why` says what is wrong with it. */
static enum yg_status check_block(struct yg_store *st, struct yg_block *b,
                                  struct yg_err *why)
{
    struct yg_store_record *rec;
    size_t count;
    enum yg_status rc = yg_block_fetch(st, b, why);

    if (rc == YG_OK)
        rc = yg_block_decode(st->reader, b, true, &rec, &count);
    if (rc == YG_OK)
        rc = check_facts(st, b, why);
    yg_block_done(st);
    if (rc != YG_OK && !why->msg[0])
        yg_err_set(why, YG_ECORRUPT, "store: block %llu cannot be decoded",
                   (unsigned long long)b->number);
    return rc;
}

static enum yg_status check_blocks(struct yg_store *st, uint64_t *bad, struct yg_err *err)
{
    struct yg_zones *zones = calloc(1, sizeof(*zones));
    struct yg_err first = { 0 };
    struct yg_block b;
    enum yg_status rc;

    if (!zones)
        return yg_err_set(err, YG_ENOMEM, "store: out of memory");
    zones->query = YG_Q_ZONES;
    yg_zones_start(zones);
    while ((rc = yg_zones_next(st, zones, &b, err)) == YG_OK) {
        struct yg_err why = { 0 };
        if (check_block(st, &b, &why) != YG_OK && (*bad)++ == 0)
            first = why;
    }
    free(zones);
    if (rc != YG_EEND)
        return rc;
    return *bad ? yg_err_set(err, YG_ECORRUPT, "%s", first.msg) : YG_OK;
}

/* Every id is either in the index or in a block after it; the index has those besides
 * that went because they were old. */
static enum yg_status check_index(struct yg_store *st, struct yg_err *err)
{
    uint64_t last = 0, places = 0, tail = 0, all = 0, stale = 0;
    enum yg_status rc = yg_store_number(st, YG_Q_INDEXED_LAST, 0, &last, err);

    if (rc == YG_OK)
        rc = yg_store_number(st, YG_Q_PLACE_COUNT, 0, &places, err);
    if (rc == YG_OK)
        rc = yg_store_number(st, YG_Q_IDS_AFTER_COUNT, (int64_t)last, &tail, err);
    if (rc == YG_OK)
        rc = yg_store_number(st, YG_Q_IDS_AFTER_COUNT, 0, &all, err);
    if (rc == YG_OK)
        rc = yg_store_number(st, YG_Q_STALE, 0, &stale, err);
    if (rc == YG_OK && places + tail != all + stale)
        rc = yg_err_set(
            err, YG_ECORRUPT, "store: the index has %llu ids of %llu; restore a backup",
            (unsigned long long)places, (unsigned long long)(all + stale - tail));
    return rc;
}

/* The numbers kept beside the queue are those of the queue. */
static enum yg_status check_queue(struct yg_store *st, struct yg_err *err)
{
    uint64_t wrong = 0;
    enum yg_status rc = yg_store_number(st, YG_Q_QUEUE_MISCOUNTED, 0, &wrong, err);

    if (rc == YG_OK && wrong > 0)
        rc = yg_err_set(err, YG_ECORRUPT,
                        "store: the queue's numbers do not agree with its runs; restore "
                        "a backup");
    return rc;
}

static enum yg_status check_file(struct yg_store *st, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_INTEGRITY, &rc, err);

    if (!s)
        return rc;
    rc = yg_db_step(st->db, s, err);
    if (rc != YG_OK)
        return rc;
    struct yg_str text = yg_db_bytes(s, 0);
    if (!yg_str_eq(text, YG_STR("ok")))
        rc = yg_err_set(err, YG_ECORRUPT, "store: %.*s; restore a backup",
                        YG_STR_ARG(text));
    yg_db_reset(s);
    return rc;
}

enum yg_status yg_store_check(struct yg_store *st, uint64_t *bad_blocks,
                              struct yg_err *err)
{
    *bad_blocks = 0;
    enum yg_status rc = yg_store_snapshot(st, err);
    if (rc != YG_OK)
        return rc;
    rc = check_blocks(st, bad_blocks, err);
    if (rc == YG_OK)
        rc = check_index(st, err);
    if (rc == YG_OK)
        rc = check_queue(st, err);
    if (rc == YG_OK)
        rc = yg_sums_check(st, err);
    if (rc == YG_OK)
        rc = check_file(st, err);
    yg_store_snapshot_end(st);
    return rc;
}
