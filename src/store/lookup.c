/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inside.h"
#include "store/row.h"

#define PREFIX_MIN 6

bool yg_hex_range(struct yg_str hex, unsigned char *low, unsigned char *high, size_t size)
{
    char digits[2 * YG_DIGEST_SIZE];
    const struct yg_str all = { digits, 2 * size };

    YG_ASSERT(size <= YG_DIGEST_SIZE);
    if (hex.n < PREFIX_MIN || hex.n > all.n)
        return false;
    memset(digits, '0', sizeof(digits));
    memcpy(digits, hex.p, hex.n);
    if (!yg_unhex(all, low, size))
        return false;
    memset(digits + hex.n, 'f', all.n - hex.n);
    return yg_unhex(all, high, size);
}

bool yg_id_range(struct yg_str hex, unsigned char low[YG_ID_SIZE],
                 unsigned char high[YG_ID_SIZE])
{
    return yg_hex_range(hex, low, high, YG_ID_SIZE);
}

enum yg_status yg_store_find(struct yg_store *st, const unsigned char id[YG_ID_SIZE],
                             struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_place at;
    enum yg_status rc = yg_place_find(st, id, id, &at, err);

    yg_hex(id, YG_ID_SIZE, hex);
    return rc == YG_ENOTFOUND ? yg_err_set(err, rc, "no alert %s", hex) : rc;
}

/* ---- one block ----------------------------------------------------------------- */

void yg_block_head_of(struct yg_db_stmt *s, struct yg_block *b)
{
    struct yg_str digest = yg_db_bytes(s, 12);

    b->tenant = (uint64_t)yg_db_int(s, 0);
    b->number = (uint64_t)yg_db_int(s, 1);
    b->head = (struct yg_block_head){
        .time_min = yg_db_int(s, 2),
        .time_max = yg_db_int(s, 3),
        .received_min = yg_db_int(s, 4),
        .received_max = yg_db_int(s, 5),
        .count = (uint32_t)yg_db_int(s, 6),
        .alerts = (uint32_t)yg_db_int(s, 7),
        .contexts = (uint32_t)yg_db_int(s, 8),
        .undecodable = (uint32_t)yg_db_int(s, 9),
        .closed = (uint32_t)yg_db_int(s, 10),
        .raw_bytes = (uint64_t)yg_db_int(s, 11),
    };
    memset(b->digest, 0, sizeof(b->digest));
    if (digest.n == sizeof(b->digest))
        memcpy(b->digest, digest.p, digest.n);
}

/* Borrowed until yg_block_done. */
static void borrow(struct yg_store *st, struct yg_db_stmt *s)
{
    YG_ASSERT(st->borrows < YG_ARRAY_LEN(st->borrowed));
    st->borrowed[st->borrows++] = s;
}

/* A row that must be there; missing: the block is damaged. */
static struct yg_db_stmt *row_of(struct yg_store *st, enum yg_query q, uint64_t number,
                                 enum yg_status *rc, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_store_stmt(st, q, rc, err);

    if (!s)
        return NULL;
    yg_db_bind_int(s, 1, (int64_t)number);
    *rc = yg_db_step(st->db, s, err);
    if (*rc == YG_EEND)
        *rc = yg_err_set(err, YG_ECORRUPT, "store: block %llu is incomplete",
                         (unsigned long long)number);
    return *rc == YG_OK ? s : NULL;
}

enum yg_status yg_block_fetch(struct yg_store *st, struct yg_block *b, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = row_of(st, YG_Q_BLOCK_GET, b->number, &rc, err);

    if (!s)
        return rc;
    borrow(st, s);
    b->filter = yg_db_bytes(s, 0);
    b->ids = yg_db_bytes(s, 1);
    b->meta = yg_db_bytes(s, 2);
    b->raw = yg_db_bytes(s, 3);
    b->packets = yg_db_bytes(s, 4);
    if (yg_block_verify(b) != YG_OK)
        return yg_err_set(err, YG_ECORRUPT,
                          "store: block %llu does not match its digest; restore a backup "
                          "to get its %u records back",
                          (unsigned long long)b->number, b->head.count);
    return YG_OK;
}

enum yg_status yg_block_fetch_lean(struct yg_store *st, struct yg_block *b,
                                   struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = row_of(st, YG_Q_LEAN_GET, b->number, &rc, err);

    if (!s)
        return rc;
    borrow(st, s);
    b->ids = yg_db_bytes(s, 0);
    b->meta = yg_db_bytes(s, 1);
    return YG_OK;
}

enum yg_status yg_block_fetch_facts(struct yg_store *st, struct yg_block *b,
                                    struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_FACTS_GET, &rc, err);

    b->facts = (struct yg_block_facts){ .bytes = YG_STR_NONE };
    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)b->number);
    rc = yg_db_step(st->db, s, err);
    if (rc != YG_OK) /* damaged: as if there were none; the check of the whole tells */
        return rc == YG_EEND || rc == YG_ECORRUPT ? YG_OK : rc;
    borrow(st, s);
    struct yg_row row = yg_row_of(s, NULL);
    yg_row_bytes(&row, b->facts.version, sizeof(b->facts.version));
    yg_row_bytes(&row, b->facts.digest, sizeof(b->facts.digest));
    b->facts.bytes = yg_row_str(&row);
    return YG_OK; /* what has another length does not match */
}

enum yg_status yg_block_add_facts(struct yg_store *st, struct yg_block_reader *r,
                                  struct yg_block *b, struct yg_err *err)
{
    enum yg_status rc = yg_block_fetch_facts(st, b, err);

    if (rc != YG_OK || yg_block_verify_facts(r, b) != YG_OK)
        return rc;
    if (yg_block_decode_facts(r, b) == YG_ENOMEM)
        return yg_err_set(err, YG_ENOMEM, "store: no memory for a block's facts");
    return YG_OK;
}

void yg_block_done(struct yg_store *st)
{
    while (st->borrows > 0)
        yg_db_reset(st->borrowed[--st->borrows]);
}

static enum yg_status zone_of(struct yg_store *st, struct yg_block *b, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_ZONE_GET, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)b->tenant);
    yg_db_bind_int(s, 2, (int64_t)b->number);
    rc = yg_db_step(st->db, s, err);
    if (rc == YG_EEND)
        return yg_err_set(err, YG_ECORRUPT, "store: block %llu has no zone map",
                          (unsigned long long)b->number);
    if (rc == YG_OK)
        yg_block_head_of(s, b);
    yg_db_reset(s);
    return rc;
}

enum yg_status yg_block_read(struct yg_store *st, struct yg_block *b,
                             struct yg_store_record **rec, size_t *count,
                             struct yg_err *err)
{
    enum yg_status rc = zone_of(st, b, err);

    if (rc == YG_OK)
        rc = yg_block_fetch(st, b, err);
    if (rc == YG_OK) {
        rc = yg_block_decode(st->reader, b, true, rec, count);
        if (rc != YG_OK)
            yg_err_set(err, rc, "store: block %llu cannot be decoded",
                       (unsigned long long)b->number);
    }
    if (rc == YG_OK)
        rc = yg_block_add_facts(st, st->reader, b, err);
    yg_block_done(st);
    if (rc == YG_ECORRUPT)
        st->corrupt_blocks++;
    return rc;
}

static enum yg_status tenant_of(struct yg_store *st, uint64_t id, struct yg_arena *arena,
                                struct yg_str *out, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = row_of(st, YG_Q_TENANT_BY_ID, id, &rc, err);

    if (!s)
        return rc;
    if (!yg_db_copy(s, 0, arena, out))
        rc = yg_err_set(err, YG_ENOMEM, "store: the alert does not fit in memory");
    yg_db_reset(s);
    return rc;
}

/* The block at this address, decoded; what was read last is kept, because who asks for
 * the alerts of a run asks for neighbours. Blocks never change, and no number is given
 * twice. */
static enum yg_status keep_block(struct yg_store *st, const struct yg_place *at,
                                 struct yg_err *err)
{
    struct yg_kept_block *k = &st->kept;
    struct yg_block b = { .tenant = at->tenant, .number = at->block };

    if (k->reader && k->number == at->block && k->tenant == at->tenant)
        return YG_OK;
    if (!k->reader)
        k->reader = yg_block_reader_new();
    if (!k->reader)
        return yg_err_set(err, YG_ENOMEM, "store: out of memory");
    k->number = 0;
    enum yg_status rc = zone_of(st, &b, err);
    if (rc == YG_OK)
        rc = yg_block_fetch(st, &b, err);
    if (rc == YG_OK) {
        rc = yg_block_decode(k->reader, &b, true, &k->rec, &k->count);
        if (rc != YG_OK)
            yg_err_set(err, rc, "store: block %llu cannot be decoded",
                       (unsigned long long)b.number);
    }
    yg_block_done(st);
    st->corrupt_blocks += rc == YG_ECORRUPT;
    if (rc == YG_OK) {
        k->number = at->block;
        k->tenant = at->tenant;
    }
    return rc;
}

static enum yg_status read_record(struct yg_store *st, const struct yg_place *at,
                                  struct yg_arena *arena, struct yg_store_record *out,
                                  struct yg_err *err)
{
    enum yg_status rc = keep_block(st, at, err);
    const struct yg_store_record *rec = st->kept.rec;

    if (rc == YG_OK && at->slot >= st->kept.count)
        rc = yg_err_set(err, YG_ECORRUPT, "store: block %llu has lost records",
                        (unsigned long long)at->block);
    if (rc != YG_OK)
        return rc;
    struct yg_store_record r = rec[at->slot];
    r.facts = NULL;
    r.raw = yg_arena_str(arena, r.raw);
    if (r.packets.n > 0)
        r.packets = yg_arena_str(arena, r.packets);
    if (!r.raw.p || (rec[at->slot].packets.n > 0 && !r.packets.p))
        return yg_err_set(err, YG_ENOMEM, "store: the alert does not fit in memory");
    rc = yg_reopened_apply(st, &r, err);
    if (rc == YG_OK)
        *out = r;
    return rc;
}

static enum yg_status get(struct yg_store *st, struct yg_str hex_id,
                          struct yg_arena *arena, struct yg_store_record *out,
                          struct yg_str *tenant, struct yg_err *err)
{
    unsigned char low[YG_ID_SIZE], high[YG_ID_SIZE];
    struct yg_place at;

    if (!yg_id_range(hex_id, low, high))
        return yg_err_set(err, YG_EINVAL, "'%.*s' is not an id: give 6 to 32 hex digits",
                          YG_STR_ARG(hex_id));
    enum yg_status rc = yg_place_find(st, low, high, &at, err);
    if (rc == YG_ENOTFOUND)
        return yg_err_set(err, rc, "no alert %.*s", YG_STR_ARG(hex_id));
    if (rc == YG_EINVAL)
        return yg_err_set(err, rc, "several alerts begin with %.*s: give more digits",
                          YG_STR_ARG(hex_id));
    struct yg_store_record rec;
    struct yg_str name;
    if (rc == YG_OK)
        rc = read_record(st, &at, arena, &rec, err);
    if (rc == YG_OK)
        rc = tenant_of(st, at.tenant, arena, &name, err);
    if (rc != YG_OK)
        return rc;
    *out = rec;
    if (tenant)
        *tenant = name;
    return YG_OK;
}

enum yg_status yg_store_get(struct yg_store *st, struct yg_str hex_id,
                            struct yg_arena *arena, struct yg_store_record *out,
                            struct yg_str *tenant, struct yg_err *err)
{
    /* The writer may merge blocks between its reads. */
    enum yg_status rc = yg_store_snapshot(st, err);

    if (rc != YG_OK)
        return rc;
    rc = get(st, hex_id, arena, out, tenant, err);
    yg_store_snapshot_end(st);
    return rc;
}

enum yg_status yg_store_whose(struct yg_store *st, const unsigned char id[YG_ID_SIZE],
                              struct yg_arena *arena, struct yg_str *tenant,
                              struct yg_err *err)
{
    struct yg_place at;
    enum yg_status rc = yg_store_snapshot(st, err);

    if (rc != YG_OK)
        return rc;
    rc = yg_place_find(st, id, id, &at, err);
    if (rc == YG_ENOTFOUND)
        rc = yg_err_set(err, rc, "no such alert");
    if (rc == YG_OK)
        rc = tenant_of(st, at.tenant, arena, tenant, err);
    yg_store_snapshot_end(st);
    return rc;
}
