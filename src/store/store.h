/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - history in blocks, work in rows.
 *
 * Every alert and context record goes, raw and with its decision, into compressed
 * blocks (one block = one row, with zone maps); only what people or the engine work on
 * are indexed rows: queue runs, verdicts, control data. One embedded SQLite database in
 * WAL mode, one committing writer process, any number of readers. Durability, atomicity
 * and crash safety are SQLite's: what yg_store_commit returned for is on disk, and
 * nothing else is seen after a crash. The contract is what a second back end (PostgreSQL)
 * must meet; tests/unit/test_store.c is its suite.
 *
 * Cost (bench/stages): about 1.5 us a 725-byte alert; look-up of an id does not grow
 * with history beyond the duplicate window.
 */
#ifndef YG_STORE_STORE_H
#define YG_STORE_STORE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/counters.h"
#include "base/err.h"
#include "event/event.h"
#include "event/source.h"

struct yg_store;

struct yg_store_options {
    bool create;      /* make the directory and database if absent */
    bool read_only;   /* many readers beside one writer */
    int64_t dedup_ns; /* redelivery window by receipt time; 0: 7 days */
    const struct yg_clock *clock;
};

/* Open the store in directory `dir` (database: dir/yagura.db). Migrates an older schema
 * forward after a backup (VACUUM INTO dir/backup-vN.db); refuses a newer one
 * (YG_EVERSION). YG_EBUSY: another writer has it. */
enum yg_status yg_store_open(const char *dir, const struct yg_store_options *opt,
                             struct yg_store **out, struct yg_err *err) YG_MUST_USE;
void yg_store_close(struct yg_store *st); /* without commit: uncommitted work is gone */

/* ---- sources ------------------------------------------------------------------- */

/* The row of (tenant, name), made if new; its format, mapping, header line, zone and
 * log_source are kept with it so that history can be decoded again. A change in one of
 * them makes a new row. */
enum yg_status yg_store_source_put(struct yg_store *st, const struct yg_source *src,
                                   uint32_t *id, struct yg_err *err) YG_MUST_USE;

/* All sources, strings living with `arena`; `mapping` is NULL (parse mapping_text). */
enum yg_status yg_store_sources(struct yg_store *st, struct yg_arena *arena,
                                struct yg_source **out, size_t *count,
                                struct yg_err *err) YG_MUST_USE;

/* Tenants that have records, sorted by name, with how many alerts each. */
struct yg_store_tenant {
    struct yg_str name;
    uint64_t alerts, contexts;
    int64_t first_ns, last_ns;
};
enum yg_status yg_store_tenants(struct yg_store *st, struct yg_arena *arena,
                                struct yg_store_tenant **out, size_t *count,
                                struct yg_err *err) YG_MUST_USE;

/* ---- history ------------------------------------------------------------------- */

#define YG_DECISION_NONE  0 /* imported, not judged by a model */
#define YG_DECISION_OPEN  1
#define YG_DECISION_CLOSE 2 /* closed, or in shadow mode: would be closed */

struct yg_store_record {
    unsigned char id[YG_ID_SIZE];
    int64_t time_ns, received_ns;
    uint32_t source;   /* store id of the source */
    uint8_t kind;      /* enum yg_event_kind */
    uint8_t verdict;   /* enum yg_level the record carried, or NONE */
    uint8_t decision;  /* YG_DECISION_* */
    uint8_t predicted; /* enum yg_level of the model, or NONE */
    uint32_t risk;     /* 32-bit risk; 0 when decision is NONE */
    uint32_t gates;    /* bit set of gates that objected */
    uint64_t key[4];   /* hashes for the block's filter: signature, source, destination,
                        * host; 0: none */
    struct yg_str raw; /* copied */
};

/* Take a record of `tenant` into the open block. YG_EEXIST: this id is stored already
 * within the window (counted by the caller as duplicate). Blocks close at 256 KiB. */
enum yg_status yg_store_add(struct yg_store *st, struct yg_str tenant,
                            const struct yg_store_record *rec,
                            struct yg_err *err) YG_MUST_USE;

/* Is this id stored (or added) already? O(1). */
bool yg_store_has(const struct yg_store *st, const unsigned char id[YG_ID_SIZE]);

/* Write everything added so far, with all rows changed since, in one transaction.
 * On failure (disk full) nothing of it is stored and the store stays usable. */
enum yg_status yg_store_commit(struct yg_store *st, struct yg_err *err) YG_MUST_USE;

/* Read records of one tenant in commit order, whole blocks skipped by their zone map. */
struct yg_store_query {
    struct yg_str tenant;
    int64_t from_ns, until_ns; /* until is exclusive; 0, 0: all */
    uint64_t key;              /* only blocks whose filter may hold it; 0: all */
};
struct yg_store_scan;
enum yg_status yg_store_scan_open(struct yg_store *st, const struct yg_store_query *q,
                                  struct yg_store_scan **out,
                                  struct yg_err *err) YG_MUST_USE;
/* The next record, borrowed until the next call. YG_EEND; YG_ECORRUPT: a block does not
 * match its digest (it is skipped and counted; call again to go on). */
enum yg_status yg_store_scan_next(struct yg_store_scan *s, struct yg_store_record *out,
                                  struct yg_err *err) YG_MUST_USE;
void yg_store_scan_close(struct yg_store_scan *s);

/* One record by id (reads one block). Raw lives with `arena`. YG_ENOTFOUND. A prefix of
 * at least 6 hex digits is enough if it is unique (YG_EINVAL if not). */
enum yg_status yg_store_get(struct yg_store *st, struct yg_str hex_id,
                            struct yg_arena *arena, struct yg_store_record *out,
                            struct yg_str *tenant, struct yg_err *err) YG_MUST_USE;

/* ---- verdicts ------------------------------------------------------------------ */

enum yg_verdict_source { YG_BY_HUMAN, YG_BY_IMPORT, YG_BY_RULE, YG_BY_MODEL };

struct yg_verdict {
    unsigned char alert[YG_ID_SIZE];
    uint8_t level;  /* enum yg_level */
    uint8_t source; /* enum yg_verdict_source */
    int64_t at_ns;
    struct yg_str tenant, reason, note, who;
    struct yg_str incident; /* what people joined it to; empty: nothing */
};

/* Give or change a verdict (the latest one counts; history is kept). Part of the next
 * commit. YG_ENOTFOUND: no such alert. */
enum yg_status yg_store_verdict_put(struct yg_store *st, const struct yg_verdict *v,
                                    struct yg_err *err) YG_MUST_USE;
/* Take back the latest verdict of an alert. YG_ENOTFOUND: none was given. */
enum yg_status yg_store_verdict_undo(struct yg_store *st,
                                     const unsigned char alert[YG_ID_SIZE],
                                     struct yg_err *err) YG_MUST_USE;
/* The verdict in force, or YG_ENOTFOUND. Strings live with `arena`. */
enum yg_status yg_store_verdict_get(struct yg_store *st,
                                    const unsigned char alert[YG_ID_SIZE],
                                    struct yg_arena *arena, struct yg_verdict *out,
                                    struct yg_err *err) YG_MUST_USE;
/* All verdicts in force of a tenant, ordered by alert id. */
enum yg_status yg_store_verdicts(struct yg_store *st, struct yg_str tenant,
                                 struct yg_arena *arena, struct yg_verdict **out,
                                 size_t *count, struct yg_err *err) YG_MUST_USE;

/* ---- the queue: runs that wait for a person ------------------------------------- */

/* A run = alerts of one (tenant, entity, signature) with gaps under 30 minutes, cut at
 * 24 h (GUARANTEE.md, section 1). One row each, whatever its size. */
struct yg_queue_run {
    unsigned char id[YG_ID_SIZE];    /* the id of its first alert */
    unsigned char worst[YG_ID_SIZE]; /* the alert of highest risk */
    struct yg_str tenant, signature, entity, source_ip, destination_ip, host, device;
    int64_t first_ns, last_ns;
    uint64_t alerts, open; /* all alerts of the run, and those left open */
    uint32_t max_risk;
    uint32_t gates;    /* union over its open alerts */
    uint8_t predicted; /* highest predicted level */
    uint8_t verdict;   /* judged as, or NONE while it waits */
};

/* Insert or replace by id. Part of the next commit. */
enum yg_status yg_store_run_put(struct yg_store *st, const struct yg_queue_run *run,
                                struct yg_err *err) YG_MUST_USE;

struct yg_queue_filter {
    struct yg_str tenant; /* empty: all */
    bool judged;          /* those with a verdict instead of those that wait */
    size_t limit, skip;   /* limit 0: 100 */
};
/* Highest predicted level first, then highest risk, then oldest. */
enum yg_status yg_store_queue(struct yg_store *st, const struct yg_queue_filter *f,
                              struct yg_arena *arena, struct yg_queue_run **out,
                              size_t *count, uint64_t *total,
                              struct yg_err *err) YG_MUST_USE;
/* One run by (a unique prefix of) its id. */
enum yg_status yg_store_run_get(struct yg_store *st, struct yg_str hex_id,
                                struct yg_arena *arena, struct yg_queue_run *out,
                                struct yg_err *err) YG_MUST_USE;
/* Ids of the alerts of a run, oldest first (kept as rows while the run waits). */
enum yg_status yg_store_run_alerts(struct yg_store *st,
                                   const unsigned char run[YG_ID_SIZE],
                                   struct yg_arena *arena,
                                   unsigned char (**out)[YG_ID_SIZE], size_t *count,
                                   struct yg_err *err) YG_MUST_USE;

/* ---- small things ---------------------------------------------------------------- */

/* Named blobs: policy state, keys, counters of past imports. At most 16 MiB each. */
enum yg_status yg_store_meta_put(struct yg_store *st, const char *name,
                                 struct yg_str value, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_store_meta_get(struct yg_store *st, const char *name,
                                 struct yg_arena *arena, struct yg_str *out,
                                 struct yg_err *err) YG_MUST_USE;

struct yg_store_stats {
    uint64_t alerts, contexts, undecodable, blocks, raw_bytes, stored_bytes, verdicts,
        queue_waiting, queue_judged, closed;
    int schema_version;
};
enum yg_status yg_store_stats(struct yg_store *st, struct yg_store_stats *out,
                              struct yg_err *err) YG_MUST_USE;

/* Read every block and compare its digest, then SQLite's own integrity check.
 * YG_ECORRUPT with the first finding. */
enum yg_status yg_store_check(struct yg_store *st, uint64_t *bad_blocks,
                              struct yg_err *err) YG_MUST_USE;

#endif
