/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inside - what the sources of store/ share and nobody else sees.
 *
 * One transaction spans everything between two commits; it begins with the first put. The
 * first failure to write is kept: later puts and the commit repeat it, and the commit
 * rolls back, so a batch is stored whole or not at all.
 */
#ifndef YG_STORE_INSIDE_H
#define YG_STORE_INSIDE_H

#include "base/map.h"
#include "store/block.h"
#include "store/ids.h"
#include "store/schema.h"
#include "store/store.h"

#define YG_STORE_TENANTS    (1U << 20)  /* cap on tenants */
#define YG_STORE_BATCH_IDS  (1U << 22)  /* cap on records between two commits */
#define YG_STORE_OPEN_BYTES (64U << 20) /* cap on raw bytes and facts in open blocks */

/* run.state */
#define YG_RUN_WAITS  0
#define YG_RUN_JUDGED 1
#define YG_RUN_CLOSED 2 /* none of its alerts was left open */

struct yg_tenant {
    uint64_t id; /* 0: has no row yet */
    char *name;  /* owned, name_len bytes */
    size_t name_len;
    struct yg_block_open *open; /* NULL: no open block */
    struct yg_block_head sum;   /* of its blocks written since the last commit */
    uint64_t blocks;            /* how many these are */
    bool fresh;                 /* its row belongs to this transaction */
    uint64_t merge_from;        /* blocks before this one need no merging */
    bool unmerged;              /* blocks came since merging found nothing to do */
    bool dirty;                 /* listed in yg_tenants.dirty */
};

struct yg_tenants {
    struct yg_tenant *row;
    size_t count, size;
    struct yg_map by_name; /* hash of the name -> index + 1 */
    uint64_t rows;         /* in the database, those of this transaction included */
    size_t last;           /* index of the tenant looked up last */
    uint32_t *dirty;       /* indices of those with work, in order of arrival */
    size_t dirty_count;
};

struct yg_kept_block {              /* decoded for yg_store_get */
    struct yg_block_reader *reader; /* NULL: none yet */
    uint64_t tenant, number;        /* number 0: none */
    struct yg_store_record *rec;    /* of the reader */
    size_t count;
};

struct yg_store {
    struct yg_db *db;
    int lock;      /* file descriptor of dir/lock; -1: none */
    int rows_lock; /* another of it, see beside.c; -1: none */
    bool read_only, rows, in_tx;
    bool reading;         /* a transaction that reads is open, for the snapshot */
    uint64_t snapshots;   /* who wants one */
    int patience_ms;      /* for another's transaction */
    uint64_t version;     /* as yg_store_others saw it last */
    bool versioned;       /* it did */
    struct yg_err failed; /* sticky until the transaction ends; status YG_OK: none */
    const struct yg_clock *clock;
    int64_t dedup_ns;
    struct yg_ids ids;
    struct yg_buf added; /* ids added since the last commit */
    struct yg_tenants tenants;
    struct yg_block_open *spare; /* one emptied block for reuse */
    uint64_t open_bytes;         /* raw bytes and facts in all open blocks */
    struct yg_block_writer *writer;
    struct yg_block_reader *reader;
    struct yg_kept_block kept;
    uint64_t next_block;  /* number of the next block */
    uint64_t last_block;  /* the last one committed */
    uint64_t indexed;     /* blocks up to this one are in the index of ids */
    uint64_t unindexed;   /* ids of the committed blocks after it */
    uint64_t scans;       /* open ones */
    struct yg_sums *sums; /* of what was added since the last commit; NULL: nothing was */
    uint64_t corrupt_blocks;
    struct yg_db_stmt *borrowed[3]; /* whose rows a block's pieces are */
    size_t borrows;
};

/* ---- beside.c: writers of rows and the writer of history take turns ------------- */

enum yg_status yg_beside_open(struct yg_store *st, const char *dir,
                              struct yg_err *err) YG_MUST_USE;
/* Before a transaction begins. YG_EBUSY: it is not our turn for seconds. */
enum yg_status yg_beside_wait(struct yg_store *st, struct yg_err *err) YG_MUST_USE;
/* It has begun, or could not. */
void yg_beside_begun(struct yg_store *st, bool begun);
void yg_beside_end(struct yg_store *st);

/* Begin the transaction if there is none; repeats the failure of this one. */
enum yg_status yg_store_begin(struct yg_store *st, struct yg_err *err) YG_MUST_USE;
/* Remember a failed write: nothing of this transaction will be stored. Returns `rc`. */
enum yg_status yg_store_fail(struct yg_store *st, enum yg_status rc,
                             const struct yg_err *why, struct yg_err *err);
/* Run a bound statement of this transaction; a failure is remembered. */
enum yg_status yg_store_run(struct yg_store *st, struct yg_db_stmt *s,
                            struct yg_err *err) YG_MUST_USE;
/* yg_db_stmt for reading or writing; a failure to prepare is mapped to `*rc`. */
struct yg_db_stmt *yg_store_stmt(struct yg_store *st, enum yg_query q, enum yg_status *rc,
                                 struct yg_err *err);

/* The one number that a statement yields; `arg` is its parameter, if it has one. */
enum yg_status yg_store_number(struct yg_store *st, enum yg_query q, int64_t arg,
                               uint64_t *out, struct yg_err *err) YG_MUST_USE;

/* Rows collected in `rows` as one array of the arena, also when there are none. NULL: no
 * room. */
void *yg_store_rows(struct yg_arena *arena, const struct yg_buf *rows);

static inline struct yg_str yg_id_str(const unsigned char id[YG_ID_SIZE])
{
    return (struct yg_str){ (const char *)id, YG_ID_SIZE };
}

/* ---- sums.c: counts for charts --------------------------------------------------- */

/* A record was added to the tenant at this index. YG_ELIMIT: flush first, then again. */
enum yg_status yg_sums_add(struct yg_store *st, size_t tenant,
                           const struct yg_store_record *rec,
                           struct yg_err *err) YG_MUST_USE;
/* Into the transaction; their tenants have rows. */
enum yg_status yg_sums_flush(struct yg_store *st, struct yg_err *err) YG_MUST_USE;
void yg_sums_clear(struct yg_store *st);
void yg_sums_free(struct yg_store *st);
/* A record of this tenant (its row) is not what it was: one less of that, one more of
 * this; NULL: of nothing. */
enum yg_status yg_sums_move(struct yg_store *st, uint64_t tenant,
                            const struct yg_store_record *less,
                            const struct yg_store_record *more,
                            struct yg_err *err) YG_MUST_USE;
/* A record goes. One that was drawn was counted as of no decision, and nothing says so of
 * a stored one: where there is none of its own it is taken from those, or from any of its
 * hour, so that their sum is right. In a transaction. */
enum yg_status yg_sums_less(struct yg_store *st, uint64_t tenant,
                            const struct yg_store_record *rec,
                            struct yg_err *err) YG_MUST_USE;
enum yg_status yg_sums_check(struct yg_store *st, struct yg_err *err) YG_MUST_USE;

/* ---- tenants: names to rows and open blocks -------------------------------------- */

/* The tenant of that name, made if new. Borrowed until the next put. NULL: no memory. */
struct yg_tenant *yg_tenants_put(struct yg_tenants *t, struct yg_str name);
void yg_tenants_mark(struct yg_tenants *t, struct yg_tenant *row); /* has work */
void yg_tenants_fini(struct yg_tenants *t);
enum yg_status yg_tenants_load(struct yg_store *st, struct yg_err *err) YG_MUST_USE;
/* Give it a row in the database, if it has none. */
enum yg_status yg_tenants_make_row(struct yg_store *st, struct yg_tenant *t,
                                   struct yg_err *err) YG_MUST_USE;
enum yg_status yg_tenants_add_sum(struct yg_store *st, struct yg_tenant *t,
                                  struct yg_err *err) YG_MUST_USE;

/* ---- history ------------------------------------------------------------------- */

/* Load tenants and the window's ids of a store just opened for writing. */
enum yg_status yg_blocks_load(struct yg_store *st, struct yg_err *err) YG_MUST_USE;
void yg_blocks_free(struct yg_store *st);
/* Forget open blocks, added ids and new tenants of a transaction that was rolled back. */
void yg_blocks_drop(struct yg_store *st);
/* Insert an encoded block's rows. */
enum yg_status yg_blocks_insert(struct yg_store *st, const struct yg_block *b,
                                struct yg_err *err) YG_MUST_USE;

/* Delete a block's rows. In a transaction (merge.c). */
enum yg_status yg_block_drop(struct yg_store *st, uint64_t tenant, uint64_t number,
                             struct yg_err *err) YG_MUST_USE;

/* Fill the pieces of `b` (address, head and digest given) and check the digest. They
 * are borrowed from prepared statements until yg_block_done. YG_ECORRUPT also when a
 * piece is missing. */
enum yg_status yg_block_fetch(struct yg_store *st, struct yg_block *b,
                              struct yg_err *err) YG_MUST_USE;
/* Fill ids and meta without anything that is checked; facts are over them. */
enum yg_status yg_block_fetch_lean(struct yg_store *st, struct yg_block *b,
                                   struct yg_err *err) YG_MUST_USE;
/* Fill the facts; none: they are empty. */
enum yg_status yg_block_fetch_facts(struct yg_store *st, struct yg_block *b,
                                    struct yg_err *err) YG_MUST_USE;
void yg_block_done(struct yg_store *st);
/* Give the records that `r` has just decoded their facts. What cannot be used is made
 * anew by who asked: slower, not otherwise. */
enum yg_status yg_block_add_facts(struct yg_store *st, struct yg_block_reader *r,
                                  struct yg_block *b, struct yg_err *err) YG_MUST_USE;
/* All records of the block at this address, with their facts, borrowed from st->reader.
 * Damage is counted in st->corrupt_blocks. */
enum yg_status yg_block_read(struct yg_store *st, struct yg_block *b,
                             struct yg_store_record **rec, size_t *count,
                             struct yg_err *err) YG_MUST_USE;
/* Head and digest of a row of ZONE_GET's columns. */
void yg_block_head_of(struct yg_db_stmt *s, struct yg_block *b);

/* Is there an alert of this id anywhere in history? YG_OK or YG_ENOTFOUND. */
enum yg_status yg_store_find(struct yg_store *st, const unsigned char id[YG_ID_SIZE],
                             struct yg_err *err) YG_MUST_USE;

/* Let a record read from its block say that it was opened again. */
enum yg_status yg_reopened_apply(struct yg_store *st, struct yg_store_record *rec,
                                 struct yg_err *err) YG_MUST_USE;

/* Write down the audits of a store just brought forward from before there was a log of
 * them (ledger_log.c). */
enum yg_status yg_audit_log_adopt(struct yg_store *st, struct yg_err *err) YG_MUST_USE;

/* ---- place.c: where an id lies --------------------------------------------------- */

struct yg_place {
    uint64_t tenant, block;
    size_t slot;
    unsigned char id[YG_ID_SIZE];
};

/* The latest record whose id lies in low..high, which share their first three bytes.
 * YG_ENOTFOUND, YG_EINVAL: several ids (both without message). */
enum yg_status yg_place_find(struct yg_store *st, const unsigned char low[YG_ID_SIZE],
                             const unsigned char high[YG_ID_SIZE], struct yg_place *out,
                             struct yg_err *err) YG_MUST_USE;
/* Part of every commit: make segments of the index when there are ids enough. Yields
 * what st->indexed and st->unindexed will be once committed. */
enum yg_status yg_place_extend(struct yg_store *st, uint64_t *indexed, uint64_t *rest,
                               struct yg_err *err) YG_MUST_USE;

/* A hex prefix of 6 to 2 * `size` digits as a range of `size` bytes, at most
 * YG_DIGEST_SIZE; false: not one. */
bool yg_hex_range(struct yg_str hex, unsigned char *low, unsigned char *high,
                  size_t size);
/* The same of an id. */
bool yg_id_range(struct yg_str hex, unsigned char low[YG_ID_SIZE],
                 unsigned char high[YG_ID_SIZE]);

/* All reads until the end see one state, beside a writer. Several may want it: it is let
 * go with the last, or by a put, in whose transaction nobody else writes. */
enum yg_status yg_store_snapshot(struct yg_store *st, struct yg_err *err) YG_MUST_USE;
void yg_store_snapshot_end(struct yg_store *st);

#endif
