/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db - statements on a database: embedded SQLite, or a PostgreSQL server.
 *
 * Knows SQL and nothing of alerts. Who uses a database gives a table of statements and a
 * table of schema steps; a statement is prepared once, when it is first run. What a
 * commit returned YG_OK for is on disk (SQLite: WAL, synchronous=FULL; PostgreSQL:
 * synchronous_commit=on, and a server with fsync=off is refused).
 *
 * The dialect is what both understand, and both keep these rules, so that what passes its
 * tests on one passes on the other (tests/unit/test_db.c):
 *   - parameters ?1, ?2 ...; types INTEGER (64 bits), REAL, TEXT, BLOB, in capitals;
 *     x'00' literals; STRICT, WITHOUT ROWID (nothing to PostgreSQL); INTEGER PRIMARY KEY
 *     counts by itself where the column is left out (give all its values, or none);
 *   - ON CONFLICT (the table's columns qualified by its name), RETURNING, partial
 * indexes. What compares texts compares bytes. Write NULLS FIRST or LAST where there are
 * any; what they do not share (LIKE, GLOB, INSERT OR, iif, min of two) has a text for
 * each;
 *   - TEXT is UTF-8 without NUL (else YG_EFORMAT), all else is BLOB; NaN is NULL;
 *   - what changes the database is run between begin(write) and commit, else YG_EINVAL;
 *   - after a failure in a transaction nothing is left but to roll it back; on SQLite not
 *     after YG_ECORRUPT of what only reads, so that the rest of a damaged file can be
 * read. A statement holds its snapshot until it is reset. Rows of PostgreSQL come one by
 * one; when another statement is run in between, the rest is taken into memory first, up
 * to a cap. One thread at a time.
 */
#ifndef YG_DB_DB_H
#define YG_DB_DB_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* What 0 in the options stands for. */
#define YG_DB_HELD_MAX     ((size_t)256 << 20)
#define YG_DB_PATIENCE_MS  5000
#define YG_DB_STATEMENT_MS 600000
#define YG_DB_PARAMS_MAX   99

struct yg_db;
struct yg_db_stmt;

enum yg_db_kind { YG_DB_SQLITE, YG_DB_POSTGRES };

struct yg_db_text {       /* of a statement or a schema step */
    const char *sql;      /* for both, or for SQLite; NULL: a step that does nothing */
    const char *postgres; /* as PostgreSQL has it, with $1; NULL: the same */
};

struct yg_db_options {
    const char *where; /* a file's path, or "postgresql://...", without a password: that
                        * is in .pgpass, PGPASSFILE or the file of a service. Over TCP the
                        * server's certificate is checked (sslmode=verify-full), unless
                        * the address says otherwise */
    const char *part;  /* PostgreSQL: the schema our tables are in; NULL: "yagura" */
    const struct yg_db_text *statement; /* both tables are borrowed */
    size_t statements;
    const struct yg_db_text *step; /* one a version, forward only */
    size_t steps;
    uint32_t application; /* whose tables are these? SQLite's application_id */
    bool create, read_only;
    bool as_is;         /* YG_EVERSION instead of bringing an older schema forward */
    const char *remedy; /* who brings it forward; NULL: "a yagura that writes to it" */
    bool alone;         /* PostgreSQL: waits while another one is open so, then YG_EBUSY;
                         * also of a new connection. (A file's owner has his own lock) */
    int patience_ms;    /* for another's transaction, or a server that is starting;
                         * 0: YG_DB_PATIENCE_MS */
    int statement_ms;   /* PostgreSQL gives up on one statement; 0: YG_DB_STATEMENT_MS */
    size_t held_max;    /* PostgreSQL: bytes of rows not read yet in memory, YG_ELIMIT
                         * above; 0: YG_DB_HELD_MAX */
    uint32_t max_pages; /* SQLite; 0: no cap but the disk's */
};

/* Is this driver in this build? */
bool yg_db_built(enum yg_db_kind kind);

/* Open; make it (mode 0600) when it is not there and `create`; bring its schema forward
 * in one transaction, on SQLite after a copy beside it: x.db is kept as x-backup-vN.db.
 * YG_ENOTFOUND, YG_EBUSY, YG_EVERSION, YG_EFORMAT (not ours), YG_EINVAL (refused, or
 * impossible), YG_EIO. */
enum yg_status yg_db_open(const struct yg_db_options *opt, struct yg_db **out,
                          struct yg_err *err) YG_MUST_USE;
void yg_db_close(struct yg_db *db); /* NULL is fine; what was not committed is gone */
enum yg_db_kind yg_db_kind_of(const struct yg_db *db);

/* One transaction at a time, and one that writes in all programs: others wait, then
 * YG_EBUSY. One that reads sees what was committed before its first statement. A server
 * that went away is looked for again (as patient as for a lock). */
enum yg_status yg_db_begin(struct yg_db *db, bool write, struct yg_err *err) YG_MUST_USE;
/* Ends the transaction whatever comes back, and resets all statements. When the server is
 * lost meanwhile it is asked again what became of it; only if it cannot be asked the
 * message says that nobody knows. */
enum yg_status yg_db_commit(struct yg_db *db, struct yg_err *err) YG_MUST_USE;
void yg_db_rollback(struct yg_db *db); /* nothing without a transaction */
/* A number that is another one once somebody else has committed. */
enum yg_status yg_db_version(struct yg_db *db, uint64_t *out,
                             struct yg_err *err) YG_MUST_USE;

/* The statement at this index of the table, reset. It belongs to `db`. NULL: `err` says
 * why. */
struct yg_db_stmt *yg_db_stmt(struct yg_db *db, size_t at, struct yg_err *err);
/* Run it to its end, passing over its rows, and reset it. */
enum yg_status yg_db_run(struct yg_db *db, struct yg_db_stmt *s,
                         struct yg_err *err) YG_MUST_USE;
/* YG_OK with a row, YG_EEND without one (and reset), else an error (and reset):
 * YG_EEXIST for a key that is there already. */
enum yg_status yg_db_step(struct yg_db *db, struct yg_db_stmt *s,
                          struct yg_err *err) YG_MUST_USE;
/* Let its rows and snapshot go, and forget what was bound. What it changes is changed,
 * also when not all rows of RETURNING were read. */
void yg_db_reset(struct yg_db_stmt *s);
/* Rows that the last INSERT, UPDATE or DELETE that ran to its end changed. */
uint64_t yg_db_changes(const struct yg_db *db);

/* How many parameters it has. */
int yg_db_params(const struct yg_db_stmt *s);
/* Parameters are NULL until bound. Borrowed bytes, alive until the statement is reset;
 * a NULL pointer binds as empty. */
void yg_db_bind_text(struct yg_db_stmt *s, int at, struct yg_str v);
void yg_db_bind_blob(struct yg_db_stmt *s, int at, struct yg_str v);
void yg_db_bind_int(struct yg_db_stmt *s, int at, int64_t v);
void yg_db_bind_real(struct yg_db_stmt *s, int at, double v);
void yg_db_bind_null(struct yg_db_stmt *s, int at);

/* Columns from 0. Numbers are read as either kind (cut to what fits); what is not a
 * number is 0, what is not text or blob is empty, and so is NULL. */
bool yg_db_is_null(struct yg_db_stmt *s, int column);
int64_t yg_db_int(struct yg_db_stmt *s, int column);
double yg_db_real(struct yg_db_stmt *s, int column);
struct yg_str yg_db_bytes(struct yg_db_stmt *s, int column); /* borrowed until the next
                                                              * step or reset */
/* A copy; false: the arena is full. */
bool yg_db_copy(struct yg_db_stmt *s, int column, struct yg_arena *arena,
                struct yg_str *out) YG_MUST_USE;

#endif
