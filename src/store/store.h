/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - history in blocks, work in rows.
 *
 * Every alert and context record goes, raw and with its decision, into compressed
 * blocks (one block = one row, with zone maps); only what people or the engine work on
 * are indexed rows: queue runs, verdicts, control data. One database (db/db.h: embedded
 * SQLite, or a PostgreSQL server), one process that writes history, others that write
 * rows beside it for a moment, any number of readers. Durability, atomicity and crash
 * safety are the database's: what yg_store_commit returned for is on disk, and nothing
 * else is seen after a crash. The suite of this contract (tests/unit/test_store*.c,
 * test_ledger*.c) runs on both.
 *
 * Cost (bench/commit): about 2 us a 725-byte alert. Duplicate look-up is O(1) in memory:
 * 16 bytes an id at a load of 3/8 to 3/4 and one byte of age a slot, so 285 MB for 10^7
 * ids in the window; it does not grow with history. Opening an alert by id takes about
 * 1 ms with 10^7 stored: an index of 6 bytes an id (place.c), then one block.
 *
 * Threads: a store, its scans included, belongs to one thread at a time. Fork before
 * opening: a child keeps the writer's lock alive and must not use the store.
 *
 * What a call put is seen by the reads of the same store at once for rows (sources,
 * verdicts, runs, meta) and after yg_store_commit for history (scan, get). When a put
 * fails for another reason than its arguments (disk full), the next commit fails too and
 * everything since the last one is dropped: nothing is ever half stored.
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
struct yg_facts; /* feature/facts.h */

struct yg_store_options {
    bool create;        /* make the directory and database if absent */
    bool read_only;     /* many readers beside one writer */
    bool rows;          /* write rows only (verdicts, runs, orders, meta), beside the one
                         * who writes history: everything but add and merge */
    int patience_ms;    /* of `rows`: how long a write waits its turn, then YG_EBUSY;
                         * 0: 60 s */
    int64_t dedup_ns;   /* redelivery window by receipt time; 0: 7 days */
    size_t max_ids;     /* cap on ids in the window, 0: 12 million; at the cap the oldest
                         * sixteenth of the window is forgotten (stats: ids_forgotten) */
    const char *where;  /* NULL: dir/yagura.db; else the address of a PostgreSQL server
                         * (db/db.h); of `dir` only the lock is used then */
    const char *part;   /* its schema; NULL: "yagura" */
    uint32_t max_pages; /* SQLite: cap on the database's pages; 0: the disk's. Commits
                         * that would grow past it fail as on a full disk */
    const struct yg_clock *clock;
};

/* Open the store in directory `dir` (database: dir/yagura.db). Migrates an older schema
 * forward, SQLite after a backup (dir/yagura-backup-vN.db); refuses a newer one, and
 * read-only an older one too (YG_EVERSION). YG_EBUSY: another writer has it.
 * YG_ENOTFOUND: no store there and not `create`. YG_EFORMAT: not a store. The clock is
 * borrowed and must outlive the store. */
enum yg_status yg_store_open(const char *dir, const struct yg_store_options *opt,
                             struct yg_store **out, struct yg_err *err) YG_MUST_USE;
void yg_store_close(struct yg_store *st); /* without commit: uncommitted work is gone */

/* Begin the next transaction now: until it ends nobody else commits, so what is read is
 * as it will be when rows computed from it are put. A put does so by itself. YG_EBUSY: it
 * is somebody else's turn, for seconds; nothing has changed, try again. */
enum yg_status yg_store_hold(struct yg_store *st, struct yg_err *err) YG_MUST_USE;
/* Of the writer of history in a transaction: does somebody wait to write rows? Then it is
 * kind to commit soon. Costs 1 us. Never true on a server, whose lock is a fair queue. */
bool yg_store_waited(const struct yg_store *st);
/* `*wrote`: has another process committed since this was asked last? Asked inside a
 * transaction, the answer holds until its end. */
enum yg_status yg_store_others(struct yg_store *st, bool *wrote,
                               struct yg_err *err) YG_MUST_USE;

/* Drop everything since the last commit. */
void yg_store_rollback(struct yg_store *st);

/* ---- sources ------------------------------------------------------------------- */

/* The row of (tenant, name), made if new; its format, mapping, header line, zone and
 * log_source are kept with it so that history can be decoded again. A change in one of
 * them makes a new row; the path is only brought up to date. Part of the next commit. */
enum yg_status yg_store_source_put(struct yg_store *st, const struct yg_source *src,
                                   uint32_t *id, struct yg_err *err) YG_MUST_USE;

/* All sources, strings living with `arena`; `mapping` is NULL (parse mapping_text). */
enum yg_status yg_store_sources(struct yg_store *st, struct yg_arena *arena,
                                struct yg_source **out, size_t *count,
                                struct yg_err *err) YG_MUST_USE;

/* Tenants that have records, sorted by name, with how many alerts each. */
struct yg_store_tenant {
    struct yg_str name;
    uint64_t alerts, contexts, undecodable, closed;
    int64_t first_ns, last_ns; /* of its records' own times */
};
enum yg_status yg_store_tenants(struct yg_store *st, struct yg_arena *arena,
                                struct yg_store_tenant **out, size_t *count,
                                struct yg_err *err) YG_MUST_USE;

/* ---- history ------------------------------------------------------------------- */

#define YG_DECISION_NONE   0 /* imported, not judged by a model */
#define YG_DECISION_OPEN   1
#define YG_DECISION_CLOSE  2 /* would be closed: shadow mode, it waits as before */
#define YG_DECISION_CLOSED 3 /* closed in fact */

static inline bool yg_decision_closes(unsigned decision)
{
    return decision == YG_DECISION_CLOSE || decision == YG_DECISION_CLOSED;
}

struct yg_store_record {
    unsigned char id[YG_ID_SIZE];
    int64_t time_ns, received_ns;
    uint32_t source;   /* store id of the source */
    uint8_t kind;      /* enum yg_event_kind */
    uint8_t verdict;   /* enum yg_level the record carried, or NONE */
    uint8_t decision;  /* YG_DECISION_*; read: as it is now (yg_store_reopen) */
    uint8_t predicted; /* enum yg_level of the model, or NONE */
    uint32_t risk;     /* 32-bit risk; 0 when decision is NONE */
    uint32_t gates;    /* bit set of gates that objected */
    uint16_t rule;     /* the rule (pipeline/rulebook.h) without which its risk would keep
                        * it open; 0: none */
    uint64_t key[4];   /* hashes for the block's filter: signature, source, destination,
                        * host; 0: none */
    bool drawn;        /* put only: it is counted as of no decision (yg_store_sum) */
    struct yg_str raw; /* copied */
    struct yg_str packets; /* the pcap kept with it (packet/capfile.h); copied */
    /* What was made of it, so that it need not be decoded again; copied. NULL: none are
     * kept, or none are asked for. Kept are those that agree with the rest. */
    const struct yg_facts *facts;
};

/* Take a record of `tenant` into the open block. YG_EEXIST: this id is stored already
 * within the window (counted by the caller as duplicate). YG_ELIMIT: raw is longer than
 * YG_STORE_RAW_MAX or packets than YG_STORE_PACKETS_MAX, or the batch since the last
 * commit is too large: commit first. Blocks close at 256 KiB or 4096 records. */
#define YG_STORE_RAW_MAX     (1024U * 1024U)
#define YG_STORE_PACKETS_MAX (256U * 1024U)
enum yg_status yg_store_add(struct yg_store *st, struct yg_str tenant,
                            const struct yg_store_record *rec,
                            struct yg_err *err) YG_MUST_USE;

/* An alert that was added as closed is open after all: from now on it reads as open, with
 * `gates` beside those it had. `closed`: it was closed in fact, and is not counted as
 * such any more. Doing it again changes nothing. Part of the next commit. `tenant`: the
 * alert's. */
enum yg_status yg_store_reopen(struct yg_store *st, struct yg_str tenant,
                               const unsigned char alert[YG_ID_SIZE], uint32_t gates,
                               bool closed, struct yg_err *err) YG_MUST_USE;

/* Is this id stored within the window (or added) already? O(1). A read-only store keeps
 * no window: always false. */
bool yg_store_has(const struct yg_store *st, const unsigned char id[YG_ID_SIZE]);

/* Ask for the memory that looking up this id will need a few records later. Speed only.
 */
void yg_store_ahead(const struct yg_store *st, const unsigned char id[YG_ID_SIZE]);

/* Write everything added so far, with all rows changed since, in one transaction.
 * On failure (disk full) nothing of it is stored and the store stays usable. */
enum yg_status yg_store_commit(struct yg_store *st, struct yg_err *err) YG_MUST_USE;

/* Read records of one tenant in commit order, whole blocks skipped by their zone map.
 * What is committed after scan_open is not seen. */
struct yg_store_query {
    struct yg_str tenant;
    int64_t from_ns, until_ns; /* record time; until is exclusive; 0, 0: all */
    uint64_t key;              /* only records with it among key[]; 0: all. Keys are
                                * hashes: compare the decoded field as well */
    uint32_t source;           /* only of this source; 0: of all. Of blocks without it
                                * the records' bytes are not unpacked */
    enum {
        YG_STORE_RAW,   /* records come without their facts */
        YG_STORE_BOTH,  /* with those that are kept and of the code that runs */
        YG_STORE_EITHER /* likewise; of a block whose records all have some raw and
                         * packets are not read: they are empty */
    } want;
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

/* Read history from its newest end, block by block: of one tenant or of several at once,
 * in the order of the blocks' latest times. For searches, which stop when they have
 * enough; within a block records are in commit order, and blocks overlap. What is
 * committed after opening is not seen. */
struct yg_store_newest_ask {
    const struct yg_str *tenant; /* sorted by bytes; borrowed until it is closed */
    size_t tenants;
    bool all;                  /* every tenant instead */
    int64_t from_ns, until_ns; /* record time; until is exclusive */
    const uint64_t *key;       /* blocks that may hold one of these among key[] */
    size_t keys;               /* 0: every block */
};
struct yg_store_newest;
enum yg_status yg_store_newest_open(struct yg_store *st,
                                    const struct yg_store_newest_ask *ask,
                                    struct yg_store_newest **out,
                                    struct yg_err *err) YG_MUST_USE;
/* Go to the next block: no record of it or of any later one has a time after `*latest`.
 * YG_EEND. */
enum yg_status yg_store_newest_next(struct yg_store_newest *n, int64_t *latest,
                                    struct yg_err *err) YG_MUST_USE;
/* The records of this block, borrowed until the next one, and whose they are. Times and
 * keys are not looked at: `count` is that of the block, or 0 where its filter says no.
 * YG_ECORRUPT: it is damaged (and counted); go on with the next one. */
enum yg_status yg_store_newest_read(struct yg_store_newest *n, struct yg_str *tenant,
                                    const struct yg_store_record **rec, size_t *count,
                                    struct yg_err *err) YG_MUST_USE;
void yg_store_newest_close(struct yg_store_newest *n);

/* One record by id (reads the index of ids and one block). Raw and tenant live with
 * `arena`. YG_ENOTFOUND. A prefix of at least 6 hex digits is enough if it is unique
 * (YG_EINVAL if not). An id that came again after the window: the latest one. */
enum yg_status yg_store_get(struct yg_store *st, struct yg_str hex_id,
                            struct yg_arena *arena, struct yg_store_record *out,
                            struct yg_str *tenant, struct yg_err *err) YG_MUST_USE;

/* Whose alert it is, without reading it: the index of ids and a block's ids. */
enum yg_status yg_store_whose(struct yg_store *st, const unsigned char id[YG_ID_SIZE],
                              struct yg_arena *arena, struct yg_str *tenant,
                              struct yg_err *err) YG_MUST_USE;

/* ---- counts ---------------------------------------------------------------------- */

/* How many records an hour, source and what became of them there are: kept at commit, so
 * that charts read no history. What was drawn to be judged without the score is counted
 * as of none. */
struct yg_store_sum {
    struct yg_str tenant;
    int64_t hour; /* since 1970, UTC; of the record's own time */
    uint32_t source;
    uint8_t kind, decision, predicted; /* as of yg_store_record */
    uint64_t records;
};
struct yg_store_sums_ask {
    const struct yg_str *tenant; /* sorted by bytes */
    size_t tenants;
    bool all;                      /* every tenant's instead */
    int64_t from_hour, until_hour; /* until is exclusive */
    double seconds;                /* that it may take; 0: as long as it takes */
};
/* `each` for each of them, by tenant, newest hour first; false from it ends the walk.
 * `*whole`: all of the time was walked, and no history is older than the counts. */
typedef bool yg_store_sum_f(void *arg, const struct yg_store_sum *sum);
enum yg_status yg_store_sums(struct yg_store *st, const struct yg_store_sums_ask *ask,
                             yg_store_sum_f *each, void *arg, bool *whole,
                             struct yg_err *err) YG_MUST_USE;
/* Counted anew from all of history, part of the next commit: about 1 us a record.
 * yg_store_check compares them with what is stored. */
enum yg_status yg_store_recount(struct yg_store *st, struct yg_err *err) YG_MUST_USE;
/* Merge adjacent small blocks of a tenant, in transactions of their own, record order
 * kept; at most `max_blocks` (at least 2) are read. `*gone`: blocks there are now less;
 * 0: nothing to do. Many small blocks come from committing at little traffic: the writer
 * calls this in idle moments between commits. YG_EBUSY: a scan of this store is open, or
 * there is uncommitted work. Damaged blocks are left alone. */
enum yg_status yg_store_merge(struct yg_store *st, size_t max_blocks, size_t *gone,
                              struct yg_err *err) YG_MUST_USE;

/* Let go what is old: whole blocks of a tenant of which no record happened or came after
 * `before_ns`. What stays: blocks with a record of a run that waits, or inside one of the
 * times in `keep`, or in the window of duplicates; damaged ones; and the newest block of
 * all. Verdicts, runs and the ledger stay. With `packets` the records stay, and only the
 * packets kept with them go. A few blocks in a transaction of their own, at most
 * `max_blocks` are looked at; call it again while there is `more`. A store opened for
 * rows does, beside who writes history. */
struct yg_period {
    int64_t from_ns, until_ns; /* until is exclusive */
};
struct yg_forget {
    struct yg_str tenant;
    int64_t before_ns;
    bool packets;
    bool only_count; /* what would go; nothing does */
    const struct yg_period *keep;
    size_t keeps, max_blocks;
    uint64_t after; /* where it goes on; 0 at the beginning, set by each call */
};
struct yg_forgotten {
    struct yg_str tenant; /* of a list */
    int64_t until_ns;     /* the newest time of what went; a list's */
    uint64_t blocks, alerts, contexts, undecodable, bytes; /* of packets: the bytes only,
                                                            * compressed ones */
    uint64_t held, damaged; /* blocks that are old and stay */
    bool more;
};
/* Adds to `*out`. */
enum yg_status yg_store_forget(struct yg_store *st, struct yg_forget *ask,
                               struct yg_forgotten *out, struct yg_err *err) YG_MUST_USE;
/* What went until now, by tenant. */
enum yg_status yg_store_forgotten(struct yg_store *st, struct yg_arena *arena,
                                  struct yg_forgotten **out, size_t *count,
                                  struct yg_err *err) YG_MUST_USE;

/* ---- verdicts ------------------------------------------------------------------ */

/* Only the first two, people's own, calibrate; a group's verdict trains besides. */
enum yg_verdict_source {
    YG_BY_HUMAN,
    YG_BY_IMPORT,
    YG_BY_RULE,
    YG_BY_MODEL,
    YG_BY_GROUP /* one verdict for alerts that look alike (pipeline/groups.h) */
};

enum yg_verdict_state { YG_VERDICT_SUPERSEDED, YG_VERDICT_IN_FORCE, YG_VERDICT_UNDONE };

struct yg_verdict {
    unsigned char alert[YG_ID_SIZE];
    uint8_t level;  /* enum yg_level */
    uint8_t source; /* enum yg_verdict_source */
    uint8_t state;  /* enum yg_verdict_state; set by the store */
    int64_t at_ns;
    int64_t put_ns, left_ns; /* when the store got it, and when it left force, by the
                              * clock; 0: not known, or in force. Set by the store */
    struct yg_str tenant, reason, note, who;
    struct yg_str incident; /* what people joined it to; empty: nothing */
};

/* Give or change a verdict (the latest one counts; history is kept). Part of the next
 * commit. YG_ENOTFOUND: no such alert. `tenant`: the alert's, as yg_store_get says. */
enum yg_status yg_store_verdict_put(struct yg_store *st, const struct yg_verdict *v,
                                    struct yg_err *err) YG_MUST_USE;
/* Take back the verdict in force: the one given before it, if any, is in force again.
 * History keeps it, marked. YG_ENOTFOUND: none is in force. */
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

/* Those that are not in force any more (superseded, or taken back), ordered by alert id,
 * each alert's oldest first. */
enum yg_status yg_store_verdicts_past(struct yg_store *st, struct yg_str tenant,
                                      struct yg_arena *arena, struct yg_verdict **out,
                                      size_t *count, struct yg_err *err) YG_MUST_USE;

/* Those of all tenants from this level up, ordered by alert id. */
enum yg_status yg_store_verdicts_from(struct yg_store *st, enum yg_level least,
                                      struct yg_arena *arena, struct yg_verdict **out,
                                      size_t *count, struct yg_err *err) YG_MUST_USE;

/* Every verdict ever given to an alert, oldest first; `state` says what became of it. */
enum yg_status yg_store_verdict_history(struct yg_store *st,
                                        const unsigned char alert[YG_ID_SIZE],
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
    uint64_t alerts, open; /* all alerts of the run, and those that are open */
    uint64_t would;        /* of these, open only because of shadow mode */
    uint32_t max_risk;
    uint32_t gates;    /* union over its open alerts */
    uint8_t predicted; /* highest predicted level */
    uint8_t verdict;   /* judged as, or NONE while it waits */
};

/* Insert or replace by id. Part of the next commit. A run without open alerts does not
 * wait (it is not listed) unless judged. */
enum yg_status yg_store_run_put(struct yg_store *st, const struct yg_queue_run *run,
                                struct yg_err *err) YG_MUST_USE;

/* Append `count` alerts (`ids`: 16 bytes each) to the list of a run: call it once per run
 * and batch, not per alert. */
enum yg_status yg_store_run_add(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                                const unsigned char *ids, size_t count,
                                struct yg_err *err) YG_MUST_USE;

struct yg_queue_filter {
    struct yg_str tenant; /* empty: all */
    bool judged;          /* those with a verdict instead of those that wait */
    bool blind;           /* those that wait to be judged without the score (the ledger's
                           * audits), oldest first, instead of the others; never mixed,
                           * because the order tells */
    size_t limit, skip;   /* limit 0: 100 */
};
struct yg_queue_page {
    struct yg_queue_run *run; /* lives with the arena of the call */
    size_t count;             /* of this page */
    uint64_t total;           /* all that match */
};
/* Highest risk first, then highest predicted level (NONE last), then oldest; runs that
 * wait only because of shadow mode stand behind all others. */
enum yg_status yg_store_queue(struct yg_store *st, const struct yg_queue_filter *f,
                              struct yg_arena *arena, struct yg_queue_page *out,
                              struct yg_err *err) YG_MUST_USE;
/* One run by (a unique prefix of) its id. */
enum yg_status yg_store_run_get(struct yg_store *st, struct yg_str hex_id,
                                struct yg_arena *arena, struct yg_queue_run *out,
                                struct yg_err *err) YG_MUST_USE;
/* The run that an alert of this time belongs to, whose row says these of it (its first
 * alert, see pipeline/workqueue.h). YG_ENOTFOUND: none in the queue. */
struct yg_store_run_ask {
    struct yg_str tenant, signature, entity;
    int64_t time_ns;
    const unsigned char *alert; /* YG_ID_SIZE bytes */
};
enum yg_status yg_store_run_of(struct yg_store *st, const struct yg_store_run_ask *ask,
                               struct yg_arena *arena, struct yg_queue_run *out,
                               struct yg_err *err) YG_MUST_USE;
/* Judged runs of a tenant with this signature, the latest first, at most `limit`. */
struct yg_store_alike {
    struct yg_str tenant, signature;
    size_t limit;
};
enum yg_status yg_store_runs_alike(struct yg_store *st, const struct yg_store_alike *ask,
                                   struct yg_arena *arena, struct yg_queue_page *out,
                                   struct yg_err *err) YG_MUST_USE;
/* Ids of the alerts of a run in the order they were added. */
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

/* On SQLite its bytes are overwritten. Nothing of that name is no error. */
enum yg_status yg_store_meta_drop(struct yg_store *st, const char *name,
                                  struct yg_err *err) YG_MUST_USE;

/* A copy of the store as of its last commit, while others write: one SQLite file at `to`,
 * which must not be there, complete and on disk when this returns; a folder with it as
 * yagura.db is a store like any other, whichever database this one is on. All of it is of
 * one moment: no block without its zone, no verdict without its alert, chains whole. Not
 * in a transaction of this store (YG_EINVAL). On failure what is at `to` is no copy. */
enum yg_status yg_store_backup(struct yg_store *st, const char *to,
                               struct yg_err *err) YG_MUST_USE;

struct yg_store_stats {
    uint64_t alerts, contexts, undecodable, blocks, raw_bytes;
    uint64_t stored_bytes; /* the database in use, everything included */
    uint64_t verdicts;     /* in force */
    uint64_t queue_waiting, queue_judged, closed;
    uint64_t certificates, orders, audits_waiting; /* of the ledger (store/ledger.h) */
    uint64_t corrupt_blocks;                       /* met since the store was opened */
    uint64_t window_ids;    /* ids the duplicate window holds now */
    uint64_t ids_forgotten; /* dropped early because of max_ids, since opened */
    int schema_version;
};
enum yg_status yg_store_stats(struct yg_store *st, struct yg_store_stats *out,
                              struct yg_err *err) YG_MUST_USE;

/* Read every block and compare its digest, then SQLite's own integrity check (a server's
 * files are the server's to check).
 * YG_ECORRUPT with the first finding; `*bad_blocks` is set in any case. */
enum yg_status yg_store_check(struct yg_store *st, uint64_t *bad_blocks,
                              struct yg_err *err) YG_MUST_USE;

#endif
