/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char *const query[YG_QUERY_COUNT] = {
#define YG_QUERY(id, sql) [YG_Q_##id] = sql,
#include "store/queries.def"
#undef YG_QUERY
};

enum yg_status yg_db_err(struct yg_db *db, int code, struct yg_err *err)
{
    const char *text = db->h ? sqlite3_errmsg(db->h) : sqlite3_errstr(code);

    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return yg_err_set(err, YG_ENOMEM, "store: out of memory");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return yg_err_set(err, YG_EBUSY, "store: %s; another program has it", text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return yg_err_set(err, YG_ECORRUPT,
                          "store: %s; keep a copy and restore the last backup", text);
    case SQLITE_FULL:
        return yg_err_set(err, YG_EIO, "store: %s; free some space", text);
    case SQLITE_READONLY:
        return yg_err_set(err, YG_EINVAL, "store: %s; it was opened for reading", text);
    case SQLITE_TOOBIG:
        return yg_err_set(err, YG_ELIMIT, "store: %s", text);
    default:
        return yg_err_set(err, YG_EIO, "store: %s (%d)", text, code);
    }
}

sqlite3_stmt *yg_db_stmt_own(struct yg_db *db, const char *sql, struct yg_err *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL);

    if (rc != SQLITE_OK)
        yg_db_err(db, rc, err);
    return s;
}

sqlite3_stmt *yg_db_stmt(struct yg_db *db, enum yg_query q, struct yg_err *err)
{
    if (!db->stmt[q])
        db->stmt[q] = yg_db_stmt_own(db, query[q], err);
    return db->stmt[q];
}

enum yg_status yg_db_step(struct yg_db *db, sqlite3_stmt *s, struct yg_err *err)
{
    int rc = sqlite3_step(s);

    if (rc == SQLITE_ROW)
        return YG_OK;
    enum yg_status st = rc == SQLITE_DONE ? YG_EEND : yg_db_err(db, rc, err);
    sqlite3_reset(s);
    return st;
}

enum yg_status yg_db_run(struct yg_db *db, sqlite3_stmt *s, struct yg_err *err)
{
    enum yg_status st = yg_db_step(db, s, err);

    sqlite3_reset(s);
    return st == YG_EEND ? YG_OK : st;
}

enum yg_status yg_db_exec(struct yg_db *db, const char *sql, struct yg_err *err)
{
    int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? YG_OK : yg_db_err(db, rc, err);
}

void yg_db_bind_text(sqlite3_stmt *s, int at, struct yg_str v)
{
    sqlite3_bind_text64(s, at, v.p ? v.p : "", v.n, SQLITE_STATIC, SQLITE_UTF8);
}

void yg_db_bind_blob(sqlite3_stmt *s, int at, struct yg_str v)
{
    sqlite3_bind_blob64(s, at, v.p ? v.p : "", v.n, SQLITE_STATIC);
}

void yg_db_bind_int(sqlite3_stmt *s, int at, int64_t v)
{
    sqlite3_bind_int64(s, at, v);
}

struct yg_str yg_db_bytes(sqlite3_stmt *s, int column)
{
    const char *p = sqlite3_column_blob(s, column);

    return (struct yg_str){ p, p ? (size_t)sqlite3_column_bytes(s, column) : 0 };
}

bool yg_db_copy(sqlite3_stmt *s, int column, struct yg_arena *arena, struct yg_str *out)
{
    *out = yg_arena_str(arena, yg_db_bytes(s, column));
    return out->p != NULL;
}

/* Made here so that nobody else may read it; SQLite gives its WAL the same mode. A file
 * that exists is not opened: closing it would drop the locks this process has on it. */
static enum yg_status make_file(const char *path, bool create, struct yg_err *err)
{
    if (access(path, F_OK) == 0)
        return YG_OK;
    if (errno != ENOENT)
        return yg_err_errno(err, "cannot open the store");
    if (!create)
        return yg_err_set(err, YG_ENOTFOUND,
                          "no store here; run yagura import --data DIR first");
    int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return yg_err_errno(err, "cannot make the store");
    close(fd);
    return YG_OK;
}

static enum yg_status configure(struct yg_db *db, const struct yg_db_options *opt,
                                struct yg_err *err)
{
    char cap[64];

    sqlite3_busy_timeout(db->h, opt->patience_ms ? opt->patience_ms : YG_DB_PATIENCE_MS);
    sqlite3_extended_result_codes(db->h, 1);
    sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    enum yg_status rc =
        yg_db_exec(db,
                   "PRAGMA mmap_size=8589934592; PRAGMA cache_size=-16384;"
                   "PRAGMA temp_store=MEMORY",
                   err);
    if (rc != YG_OK || opt->read_only)
        return rc;
    rc = yg_db_exec(db,
                    "PRAGMA page_size=4096; PRAGMA journal_mode=WAL;"
                    "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8192",
                    err);
    if (rc == YG_OK && opt->max_pages > 0) {
        snprintf(cap, sizeof(cap), "PRAGMA max_page_count=%u", opt->max_pages);
        rc = yg_db_exec(db, cap, err);
    }
    return rc;
}

enum yg_status yg_db_open(struct yg_db *db, const char *dir,
                          const struct yg_db_options *opt, struct yg_err *err)
{
    char path[PATH_MAX];

    *db = (struct yg_db){ 0 };
    int n = snprintf(path, sizeof(path), "%s/yagura.db", dir);
    if (n < 0 || (size_t)n >= sizeof(path))
        return yg_err_set(err, YG_EINVAL, "the store's path is too long");
    enum yg_status rc = make_file(path, opt->create && !opt->read_only, err);
    if (rc != YG_OK)
        return rc;
    int flags = opt->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int code = sqlite3_open_v2(path, &db->h, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        rc = yg_db_err(db, code, err);
    if (rc == YG_OK)
        rc = configure(db, opt, err);
    if (rc == YG_OK)
        rc = yg_schema_migrate(db, dir, opt->read_only || opt->as_is, err);
    if (rc != YG_OK)
        yg_db_close(db);
    return rc;
}

void yg_db_close(struct yg_db *db)
{
    for (size_t i = 0; i < YG_QUERY_COUNT; i++)
        sqlite3_finalize(db->stmt[i]);
    sqlite3_close(db->h);
    *db = (struct yg_db){ 0 };
}
