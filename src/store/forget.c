/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of store.h that lets go what is old. Blocks go with all their rows; what the
 * index of ids says of them stays until all of a segment is gone, and is counted
 * (index_stale), so that the rest can still be checked:
 *
 *      ids in the index + ids after it = ids in blocks + stale ones
 */
#include "store/inside.h"

#define BATCH      16 /* blocks of one transaction */
#define PARTS      256
#define PART_SHIFT 48 /* as place.c has it */
#define MOVES_MAX  64

struct forgetting {
    struct yg_store *st;
    struct yg_forget *ask;
    struct yg_forgotten *out;
    uint64_t tenant; /* its row */
    uint64_t newest, indexed;
    bool reopened;      /* there are rows of these at all */
    uint64_t sums_from; /* blocks before this one are not in the counts of charts */
    struct yg_block_writer *writer;
    struct yg_block page[BATCH];
    size_t count;
    struct yg_forgotten sum; /* of this transaction */
    uint64_t closed, stale;
    struct yg_err *err;
};

static enum yg_status number_of(struct forgetting *f, enum yg_query q, uint64_t a,
                                uint64_t b, uint64_t *out)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(f->st, q, &rc, f->err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)a);
    if (yg_db_params(s) > 1)
        yg_db_bind_int(s, 2, (int64_t)b);
    rc = yg_db_step(f->st->db, s, f->err);
    if (rc == YG_OK)
        *out = (uint64_t)yg_db_int(s, 0);
    yg_db_reset(s);
    return rc;
}

static enum yg_status run_with(struct forgetting *f, enum yg_query q, const int64_t *v,
                               int n)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(f->st, q, &rc, f->err);

    if (!s)
        return rc;
    for (int i = 0; i < n; i++)
        yg_db_bind_int(s, i + 1, v[i]);
    return yg_store_run(f->st, s, f->err);
}

/* ---- which --------------------------------------------------------------------------
 */

/* The next old blocks, in the transaction. */
static enum yg_status next_page(struct forgetting *f)
{
    const struct yg_forget *a = f->ask;
    size_t most = a->max_blocks < BATCH ? a->max_blocks : BATCH;
    enum yg_status rc;
    struct yg_db_stmt *s =
        yg_store_stmt(f->st, a->packets ? YG_Q_FORGET_PACKETS : YG_Q_FORGET, &rc, f->err);

    f->count = 0;
    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)f->tenant);
    yg_db_bind_int(s, 2, (int64_t)a->after);
    yg_db_bind_int(s, 3, (int64_t)f->newest);
    yg_db_bind_int(s, 4, a->before_ns);
    yg_db_bind_int(s, 5, (int64_t)most);
    while (f->count < most && (rc = yg_db_step(f->st->db, s, f->err)) == YG_OK)
        yg_block_head_of(s, &f->page[f->count++]);
    yg_db_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

/* Does somebody still need it? */
static enum yg_status is_held(struct forgetting *f, const struct yg_block *b, bool *held)
{
    const struct yg_forget *a = f->ask;
    enum yg_status rc;

    *held = false;
    for (size_t i = 0; i < a->keeps && !*held; i++)
        *held = b->head.time_min < a->keep[i].until_ns &&
                b->head.time_max >= a->keep[i].from_ns;
    if (*held)
        return YG_OK;
    struct yg_db_stmt *s = yg_store_stmt(f->st, YG_Q_FORGET_WAITS, &rc, f->err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, a->tenant);
    yg_db_bind_int(s, 2, b->head.time_min);
    yg_db_bind_int(s, 3, b->head.time_max);
    rc = yg_db_step(f->st->db, s, f->err);
    *held = rc == YG_OK && yg_db_int(s, 0) > 0;
    yg_db_reset(s);
    return rc;
}

/* ---- records ------------------------------------------------------------------------
 */

/* The row beside an alert that was opened again goes with it. */
static enum yg_status drop_reopened(struct forgetting *f, const struct yg_store_record *r)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(f->st, YG_Q_REOPENED_DROP, &rc, f->err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(r->id));
    return yg_store_run(f->st, s, f->err);
}

/* What is counted of each record, and kept beside the block. `*uncounted`: closed ones
 * that were opened again, and are not counted as closed any more. */
static enum yg_status uncount(struct forgetting *f, struct yg_block *b,
                              uint64_t *uncounted)
{
    struct yg_store_record *rec;
    size_t count = 0;
    enum yg_status rc = yg_block_read(f->st, b, &rec, &count, f->err);

    for (size_t i = 0; rc == YG_OK && f->reopened && i < count; i++) {
        const uint8_t was = rec[i].decision;
        rc = yg_reopened_apply(f->st, &rec[i], f->err);
        if (rc != YG_OK || rec[i].decision == was)
            continue;
        *uncounted += was == YG_DECISION_CLOSED;
        rc = drop_reopened(f, &rec[i]);
    }
    for (size_t i = 0; rc == YG_OK && b->number >= f->sums_from && i < count; i++)
        rc = yg_sums_less(f->st, b->tenant, &rec[i], f->err);
    return rc;
}

static enum yg_status forget_block(struct forgetting *f, struct yg_block *b)
{
    struct yg_forgotten *s = &f->sum;
    uint64_t uncounted = 0;
    enum yg_status rc = YG_OK;

    if (!f->ask->only_count)
        rc = uncount(f, b, &uncounted);
    if (rc == YG_ECORRUPT) {
        s->damaged++;
        return YG_OK;
    }
    if (rc == YG_OK && !f->ask->only_count)
        rc = yg_block_drop(f->st, b->tenant, b->number, f->err);
    s->blocks++;
    s->alerts += b->head.alerts;
    s->contexts += b->head.contexts;
    s->undecodable += b->head.undecodable;
    s->bytes += b->head.raw_bytes;
    if (b->head.time_max > s->until_ns)
        s->until_ns = b->head.time_max;
    f->closed += b->head.closed - uncounted;
    if (b->number <= f->indexed)
        f->stale += b->head.count;
    return rc;
}

/* ---- packets ------------------------------------------------------------------------
 */

/* The same records without their packets, in the block's place. */
static enum yg_status encode_bare(struct forgetting *f, struct yg_block *b,
                                  struct yg_block_open *to, struct yg_block *out)
{
    struct yg_store_record *rec;
    size_t count = 0;
    enum yg_status rc = yg_block_read(f->st, b, &rec, &count, f->err);

    for (size_t i = 0; rc == YG_OK && i < count; i++) {
        rec[i].packets = YG_STR_NONE;
        rc = yg_block_open_add(to, &rec[i]);
    }
    if (rc == YG_OK)
        rc = yg_block_encode(f->writer, to, b->tenant, b->number, out);
    return rc == YG_ENOMEM ? yg_err_set(f->err, rc, "store: no memory to forget packets")
                           : rc;
}

static enum yg_status forget_packets(struct forgetting *f, struct yg_block *b)
{
    struct yg_block_open to;
    struct yg_block bare;

    yg_block_open_init(&to);
    enum yg_status rc = encode_bare(f, b, &to, &bare);
    if (rc == YG_OK) {
        f->sum.blocks++;
        f->sum.bytes += b->head.raw_bytes - bare.head.raw_bytes;
    }
    if (rc == YG_OK && !f->ask->only_count) {
        rc = yg_block_drop(f->st, b->tenant, b->number, f->err);
        if (rc == YG_OK)
            rc = yg_blocks_insert(f->st, &bare, f->err);
    }
    yg_block_open_fini(&to);
    if (rc != YG_ECORRUPT)
        return rc;
    f->sum.damaged++;
    return YG_OK;
}

/* ---- the index ----------------------------------------------------------------------
 */

/* Is a block that was merged into others still somewhere? */
static enum yg_status is_somewhere(struct forgetting *f, uint64_t block, bool *is)
{
    uint64_t ids = 0;
    enum yg_status rc = YG_OK;

    for (int i = 0; rc == YG_OK && i < MOVES_MAX; i++)
        rc = number_of(f, YG_Q_MOVED_GET, block, 0, &block);
    if (rc == YG_EEND)
        rc = number_of(f, YG_Q_SEGMENT_ALIVE, block, block, &ids);
    else if (rc == YG_OK)
        ids = 1; /* a chain too long is damage: let it be */
    *is = ids > 0;
    return rc;
}

static enum yg_status is_alive(struct forgetting *f, uint64_t first, uint64_t last,
                               bool *alive)
{
    uint64_t n = 0, at = first - 1;
    enum yg_status rc = number_of(f, YG_Q_SEGMENT_ALIVE, first, last, &n);

    *alive = n > 0;
    while (rc == YG_OK && !*alive) {
        rc = number_of(f, YG_Q_SEGMENT_MOVED, at, last, &at);
        if (rc == YG_EEND)
            return YG_OK;
        if (rc == YG_OK)
            rc = is_somewhere(f, at, alive);
    }
    return rc;
}

static enum yg_status drop_segment(struct forgetting *f, uint64_t first, uint64_t last)
{
    const int64_t range[] = { (int64_t)first, (int64_t)last };
    int64_t entries = 0;
    enum yg_status rc = YG_OK;

    for (int64_t p = 0; rc == YG_OK && p < PARTS; p++) {
        const int64_t key = p << PART_SHIFT | (int64_t)first;
        uint64_t n = 0;
        rc = number_of(f, YG_Q_SEGMENT_PART, (uint64_t)key, 0, &n);
        entries -= (int64_t)n;
        if (rc == YG_OK)
            rc = run_with(f, YG_Q_PLACE_DROP, &key, 1);
    }
    if (rc == YG_OK)
        rc = run_with(f, YG_Q_INDEXED_DROP, range, 1);
    if (rc == YG_OK)
        rc = run_with(f, YG_Q_MOVED_DROP, range, 2);
    return rc == YG_OK ? run_with(f, YG_Q_STALE_ADD, &entries, 1) : rc;
}

/* Segments of which nothing is left, but for the last: it says how far the index goes. */
static enum yg_status drop_segments(struct forgetting *f)
{
    uint64_t first = 0;
    enum yg_status rc = YG_OK;

    for (;;) {
        struct yg_db_stmt *s = yg_store_stmt(f->st, YG_Q_SEGMENTS, &rc, f->err);
        bool alive = true;
        if (!s)
            return rc;
        yg_db_bind_int(s, 1, (int64_t)first);
        rc = yg_db_step(f->st->db, s, f->err);
        first = rc == YG_OK ? (uint64_t)yg_db_int(s, 0) : 0;
        uint64_t last = rc == YG_OK ? (uint64_t)yg_db_int(s, 1) : 0;
        yg_db_reset(s);
        if (rc != YG_OK || last >= f->indexed)
            return rc == YG_EEND ? YG_OK : rc;
        rc = is_alive(f, first, last, &alive);
        if (rc == YG_OK && !alive)
            rc = drop_segment(f, first, last);
        if (rc != YG_OK)
            return rc;
    }
}

/* ---- a transaction ------------------------------------------------------------------
 */

static enum yg_status put_sums(struct forgetting *f)
{
    const struct yg_forgotten *s = &f->sum;
    const int64_t id = (int64_t)f->tenant, stale = (int64_t)f->stale;
    const bool packets = f->ask->packets;
    const int64_t less[] = { id,
                             packets ? 0 : (int64_t)s->alerts,
                             packets ? 0 : (int64_t)s->contexts,
                             packets ? 0 : (int64_t)s->undecodable,
                             packets ? 0 : (int64_t)f->closed,
                             packets ? 0 : (int64_t)s->blocks,
                             (int64_t)s->bytes };
    const int64_t gone[] = { id,
                             s->until_ns,
                             (int64_t)s->blocks,
                             (int64_t)s->alerts,
                             (int64_t)s->contexts,
                             (int64_t)s->undecodable,
                             (int64_t)s->bytes };
    enum yg_status rc = run_with(f, YG_Q_TENANT_LESS, less, YG_ARRAY_LEN(less));

    if (rc != YG_OK || packets)
        return rc;
    rc = run_with(f, YG_Q_TENANT_EDGES, &id, 1);
    if (rc == YG_OK)
        rc = run_with(f, YG_Q_SUMS_EMPTY, &id, 1);
    if (rc == YG_OK)
        rc = run_with(f, YG_Q_FORGOTTEN_ADD, gone, YG_ARRAY_LEN(gone));
    return rc == YG_OK && stale > 0 ? run_with(f, YG_Q_STALE_ADD, &stale, 1) : rc;
}

/* Of everything in it: YG_EEND when there was no block to look at. */
static enum yg_status one_batch(struct forgetting *f)
{
    uint64_t any = 0;
    enum yg_status rc = yg_store_number(f->st, YG_Q_INDEXED_LAST, 0, &f->indexed, f->err);

    f->sum = (struct yg_forgotten){ .blocks = 0 };
    f->closed = f->stale = 0;
    if (rc == YG_OK)
        rc = yg_store_number(f->st, YG_Q_BLOCK_LAST, 0, &f->newest, f->err);
    if (rc == YG_OK)
        rc = yg_store_number(f->st, YG_Q_REOPENED_ANY, 0, &any, f->err);
    f->reopened = any > 0;
    if (rc == YG_OK)
        rc = yg_store_number(f->st, YG_Q_SUMS_FROM, 0, &f->sums_from, f->err);
    if (rc == YG_OK)
        rc = next_page(f);
    for (size_t i = 0; rc == YG_OK && i < f->count; i++) {
        bool held = false;
        rc = is_held(f, &f->page[i], &held);
        f->sum.held += held;
        if (rc == YG_OK && !held)
            rc = f->ask->packets ? forget_packets(f, &f->page[i])
                                 : forget_block(f, &f->page[i]);
    }
    if (rc == YG_OK && f->sum.blocks > 0 && !f->ask->only_count)
        rc = put_sums(f);
    if (rc == YG_OK && f->stale > 0 && !f->ask->only_count)
        rc = drop_segments(f);
    return rc == YG_OK && f->count == 0 ? YG_EEND : rc;
}

static void add_up(struct yg_forgotten *to, const struct yg_forgotten *s)
{
    to->blocks += s->blocks;
    to->alerts += s->alerts;
    to->contexts += s->contexts;
    to->undecodable += s->undecodable;
    to->bytes += s->bytes;
    to->held += s->held;
    to->damaged += s->damaged;
    if (s->until_ns > to->until_ns)
        to->until_ns = s->until_ns;
}

static enum yg_status transact(struct forgetting *f)
{
    uint64_t on = 0;
    enum yg_status rc = f->ask->only_count ? yg_store_snapshot(f->st, f->err)
                                           : yg_store_begin(f->st, f->err);

    if (rc != YG_OK)
        return rc;
    if (!f->ask->only_count)
        rc = yg_store_number(f->st, YG_Q_OVERWRITE, 0, &on, f->err);
    if (rc == YG_OK)
        rc = one_batch(f);
    if (f->ask->only_count)
        yg_store_snapshot_end(f->st);
    else if (rc == YG_OK)
        rc = yg_store_commit(f->st, f->err);
    else
        yg_store_rollback(f->st);
    if (rc == YG_OK) {
        f->ask->after = f->page[f->count - 1].number;
        add_up(f->out, &f->sum);
    }
    return rc;
}

static enum yg_status tenant_row(struct forgetting *f)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(f->st, YG_Q_TENANT_BY_NAME, &rc, f->err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, f->ask->tenant);
    rc = yg_db_step(f->st->db, s, f->err);
    f->tenant = rc == YG_OK ? (uint64_t)yg_db_int(s, 0) : 0;
    yg_db_reset(s);
    return rc == YG_EEND
               ? yg_err_set(f->err, YG_ENOTFOUND, "the store has no such tenant")
               : rc;
}

enum yg_status yg_store_forget(struct yg_store *st, struct yg_forget *ask,
                               struct yg_forgotten *out, struct yg_err *err)
{
    struct forgetting f = { .st = st, .ask = ask, .out = out, .err = err };
    int64_t window = yg_clock_now(st->clock) - st->dedup_ns;

    if (!st->rows && !ask->only_count)
        return yg_err_set(err, YG_EINVAL,
                          "what is old goes from a store opened for rows");
    if (ask->before_ns > window)
        ask->before_ns = window;
    enum yg_status rc = tenant_row(&f);
    if (rc != YG_OK)
        return rc;
    f.writer = yg_block_writer_new();
    if (!f.writer)
        return yg_err_set(err, YG_ENOMEM, "store: out of memory");
    for (size_t looked = 0; rc == YG_OK && looked < ask->max_blocks; looked += f.count)
        rc = transact(&f);
    out->more = rc == YG_OK;
    yg_block_writer_free(f.writer);
    return rc == YG_EEND ? YG_OK : rc;
}

/* ---- what went ----------------------------------------------------------------------
 */

enum yg_status yg_store_forgotten(struct yg_store *st, struct yg_arena *arena,
                                  struct yg_forgotten **out, size_t *count,
                                  struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_FORGOTTEN, &rc, err);
    struct yg_buf rows;

    if (!s)
        return rc;
    yg_buf_init(&rows, (size_t)YG_STORE_TENANTS * sizeof(struct yg_forgotten));
    while ((rc = yg_db_step(st->db, s, err)) == YG_OK) {
        struct yg_forgotten f = { .until_ns = yg_db_int(s, 1),
                                  .blocks = (uint64_t)yg_db_int(s, 2),
                                  .alerts = (uint64_t)yg_db_int(s, 3),
                                  .contexts = (uint64_t)yg_db_int(s, 4),
                                  .undecodable = (uint64_t)yg_db_int(s, 5),
                                  .bytes = (uint64_t)yg_db_int(s, 6) };
        if (!yg_db_copy(s, 0, arena, &f.tenant))
            break;
        yg_buf_add(&rows, &f, sizeof(f));
    }
    yg_db_reset(s);
    struct yg_forgotten *list = rc == YG_EEND ? yg_store_rows(arena, &rows) : NULL;
    if (rc == YG_OK || (rc == YG_EEND && (!list || yg_buf_status(&rows) != YG_OK)))
        rc = yg_err_set(err, YG_ENOMEM, "store: the list does not fit in memory");
    else if (rc == YG_EEND)
        rc = YG_OK;
    *out = list;
    *count = yg_buf_str(&rows).n / sizeof(struct yg_forgotten);
    yg_buf_fini(&rows);
    return rc;
}
