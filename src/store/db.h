/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db - the embedded SQLite database under the store: open, schema, statements, errors.
 *
 * Knows SQL and nothing of alerts. Statements come from one table (queries.def) and are
 * prepared once; a caller binds, steps and resets. Two pragmas carry the contract:
 * WAL + synchronous=FULL, so that a commit that returned is on disk. One thread at a
 * time.
 */
#ifndef YG_STORE_DB_H
#define YG_STORE_DB_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <sqlite3.h>

/* These names are src/db's, which the store is to move onto (docs/design/02-store.md);
 * until then its own are linked under others. */
#define yg_db_open      yg_store_db_open
#define yg_db_close     yg_store_db_close
#define yg_db_stmt      yg_store_db_stmt
#define yg_db_run       yg_store_db_run
#define yg_db_step      yg_store_db_step
#define yg_db_bind_text yg_store_db_bind_text
#define yg_db_bind_blob yg_store_db_bind_blob
#define yg_db_bind_int  yg_store_db_bind_int
#define yg_db_bytes     yg_store_db_bytes
#define yg_db_copy      yg_store_db_copy

#define YG_SCHEMA_VERSION 14

/* How long one waits for another transaction. A large import commits every 50,000
 * records, and who gives a verdict meanwhile waits for that. */
#define YG_DB_PATIENCE_MS      5000
#define YG_DB_PATIENCE_ROWS_MS 60000

enum yg_query {
#define YG_QUERY(id, sql) YG_Q_##id,
#include "store/queries.def"
#undef YG_QUERY
    YG_QUERY_COUNT
};

struct yg_db {
    sqlite3 *h;
    sqlite3_stmt *stmt[YG_QUERY_COUNT];
};

struct yg_db_options {
    bool create, read_only;
    bool as_is;         /* YG_EVERSION instead of bringing an older schema forward */
    int patience_ms;    /* 0: YG_DB_PATIENCE_MS */
    uint32_t max_pages; /* 0: no cap but the disk's */
};

/* Open (and make, migrate) the database `dir`/yagura.db. */
enum yg_status yg_db_open(struct yg_db *db, const char *dir,
                          const struct yg_db_options *opt,
                          struct yg_err *err) YG_MUST_USE;
void yg_db_close(struct yg_db *db);

/* The prepared statement, without bindings; NULL: `err` says why. It belongs to `db`:
 * reset it when done, it holds a snapshot until then. */
sqlite3_stmt *yg_db_stmt(struct yg_db *db, enum yg_query q, struct yg_err *err);
/* A statement of the same text that the caller finalizes. */
sqlite3_stmt *yg_db_stmt_own(struct yg_db *db, const char *sql, struct yg_err *err);

/* Run a statement that yields no rows, and reset it. */
enum yg_status yg_db_run(struct yg_db *db, sqlite3_stmt *s, struct yg_err *err);
/* One step: YG_OK with a row, YG_EEND without one (and reset), else an error (reset). */
enum yg_status yg_db_step(struct yg_db *db, sqlite3_stmt *s, struct yg_err *err);
enum yg_status yg_db_exec(struct yg_db *db, const char *sql, struct yg_err *err);

/* Map the last failure into our status, with SQLite's message and a remedy. */
enum yg_status yg_db_err(struct yg_db *db, int code, struct yg_err *err);

/* Bind borrowed bytes, alive until the statement is reset. NULL binds as empty. */
void yg_db_bind_text(sqlite3_stmt *s, int at, struct yg_str v);
void yg_db_bind_blob(sqlite3_stmt *s, int at, struct yg_str v);
void yg_db_bind_int(sqlite3_stmt *s, int at, int64_t v);

/* A column, borrowed until the next step; and copied. */
struct yg_str yg_db_bytes(sqlite3_stmt *s, int column);
bool yg_db_copy(sqlite3_stmt *s, int column, struct yg_arena *arena, struct yg_str *out);

#endif
