/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of embedded SQLite. */
#include "db/db_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct lite {
    struct yg_db db;
    sqlite3 *h;
};

struct lite_stmt {
    struct yg_db_stmt s;
    sqlite3_stmt *h;
};

static struct lite *of(struct yg_db *db)
{
    return (struct lite *)db;
}

static sqlite3_stmt *handle(struct yg_db_stmt *s)
{
    return ((struct lite_stmt *)s)->h;
}

/* Map the last failure into our status, with SQLite's message and a remedy. */
static enum yg_status fail(struct yg_db *db, int code, struct yg_err *err)
{
    const char *text = of(db)->h ? sqlite3_errmsg(of(db)->h) : sqlite3_errstr(code);

    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return yg_err_set(err, YG_ENOMEM, "database: out of memory");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return yg_err_set(err, YG_EBUSY, "database: %s; another program has it", text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return yg_err_set(err, YG_ECORRUPT,
                          "database: %s; keep a copy and restore the last backup", text);
    case SQLITE_FULL:
        return yg_err_set(err, YG_EIO, "database: %s; free some space", text);
    case SQLITE_READONLY:
        return yg_err_set(err, YG_EINVAL, "database: %s; it was opened for reading",
                          text);
    case SQLITE_TOOBIG:
        return yg_err_set(err, YG_ELIMIT, "database: %s", text);
    case SQLITE_CONSTRAINT:
        return yg_err_set(err,
                          code == SQLITE_CONSTRAINT_UNIQUE ||
                                  code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                                  code == SQLITE_CONSTRAINT_ROWID
                              ? YG_EEXIST
                              : YG_EINVAL,
                          "database: %s", text);
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
        return yg_err_set(err, YG_EINVAL, "database: %s", text);
    default:
        return yg_err_set(err, YG_EIO, "database: %s (%d)", text, code);
    }
}

static enum yg_status exec(struct yg_db *db, const char *sql, struct yg_err *err)
{
    int rc = sqlite3_exec(of(db)->h, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? YG_OK : fail(db, rc, err);
}

/* ---- opening --------------------------------------------------------------------- */

/* Made here so that nobody else may read it; SQLite gives its WAL the same mode. A file
 * that exists is not opened: closing it would drop the locks this process has on it. */
static enum yg_status make_file(const char *path, bool create, struct yg_err *err)
{
    if (access(path, F_OK) == 0)
        return YG_OK;
    if (errno != ENOENT)
        return yg_err_errno(err, "cannot open the database");
    if (!create)
        return yg_err_set(err, YG_ENOTFOUND, "database: nothing is there yet");
    int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) /* somebody made it meanwhile */
        return yg_err_errno(err, "cannot make the database");
    if (fd >= 0)
        close(fd);
    return YG_OK;
}

/* Whoever waits for a short transaction should not sleep longer than it takes: SQLite's
 * own handler rests up to 100 ms at a time. */
static int wait_more(void *arg, int times)
{
    const struct yg_db *db = arg;
    const struct timespec nap = { .tv_nsec = 1000000 };

    if (times >= db->opt.patience_ms)
        return 0;
    nanosleep(&nap, NULL);
    return 1;
}

static enum yg_status configure(struct yg_db *db, struct yg_err *err)
{
    sqlite3 *h = of(db)->h;
    char cap[64];

    sqlite3_busy_handler(h, wait_more, db);
    sqlite3_extended_result_codes(h, 1);
    sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    enum yg_status rc = exec(db,
                             "PRAGMA mmap_size=8589934592; PRAGMA cache_size=-16384;"
                             "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON",
                             err);
    if (rc != YG_OK || db->opt.read_only)
        return rc;
    rc = exec(db,
              "PRAGMA page_size=4096; PRAGMA journal_mode=WAL;"
              "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8192",
              err);
    if (rc == YG_OK && db->opt.max_pages > 0) {
        snprintf(cap, sizeof(cap), "PRAGMA max_page_count=%u", db->opt.max_pages);
        rc = exec(db, cap, err);
    }
    return rc;
}

static enum yg_status lite_open(struct yg_db *db, struct yg_err *err)
{
    const struct yg_db_options *opt = &db->opt;
    int flags = opt->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    enum yg_status rc = make_file(opt->where, opt->create && !opt->read_only, err);

    if (rc != YG_OK)
        return rc;
    int code = sqlite3_open_v2(opt->where, &of(db)->h, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return fail(db, code, err);
    return configure(db, err);
}

static void lite_close(struct yg_db *db)
{
    sqlite3_close(of(db)->h);
}

/* ---- transactions ---------------------------------------------------------------- */

static enum yg_status lite_begin(struct yg_db *db, enum yg_db_tx tx, struct yg_err *err)
{
    static const char *const begin[] = {
        [YG_DB_TX_READ] = "BEGIN",
        [YG_DB_TX_WRITE] = "BEGIN IMMEDIATE",
        [YG_DB_TX_SCHEMA] = "BEGIN EXCLUSIVE",
    };

    return exec(db, begin[tx], err);
}

/* SQLite may have done so itself, when the disk is full. */
static void lite_rollback(struct yg_db *db)
{
    if (!sqlite3_get_autocommit(of(db)->h))
        sqlite3_exec(of(db)->h, "ROLLBACK", NULL, NULL, NULL);
}

static enum yg_status lite_commit(struct yg_db *db, struct yg_err *err)
{
    enum yg_status rc = exec(db, "COMMIT", err);

    if (rc != YG_OK)
        lite_rollback(db);
    return rc;
}

static enum yg_status number(struct yg_db *db, const char *sql, int64_t *out,
                             struct yg_err *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(of(db)->h, sql, -1, &s, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    if (rc != SQLITE_ROW) {
        enum yg_status st = fail(db, rc, err);
        sqlite3_finalize(s);
        return st;
    }
    *out = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return YG_OK;
}

static enum yg_status lite_version(struct yg_db *db, uint64_t *out, struct yg_err *err)
{
    int64_t v = 0;
    enum yg_status rc = number(db, "PRAGMA data_version", &v, err);

    if (rc == YG_OK)
        *out = (uint64_t)v;
    return rc;
}

/* ---- schema ---------------------------------------------------------------------- */

static enum yg_status lite_look(struct yg_db *db, struct yg_db_seen *out,
                                struct yg_err *err)
{
    int64_t version = 0, application = 0, tables = 0;
    enum yg_status rc = number(db, "PRAGMA user_version", &version, err);

    if (rc == YG_OK)
        rc = number(db, "PRAGMA application_id", &application, err);
    if (rc == YG_OK)
        rc = number(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (rc == YG_OK)
        *out = (struct yg_db_seen){
            .empty = tables == 0 && version == 0 && application == 0,
            .ours = (uint32_t)application == db->opt.application,
            .version = version,
        };
    return rc;
}

static enum yg_status sync_path(const char *path, struct yg_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0) {
        enum yg_status rc = yg_err_errno(err, "cannot write %s to disk", path);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    close(fd);
    return YG_OK;
}

static enum yg_status vacuum_into(struct yg_db *db, const char *path, struct yg_err *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(of(db)->h, "VACUUM INTO ?1", -1, &s, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    enum yg_status st = rc == SQLITE_DONE ? YG_OK : fail(db, rc, err);
    sqlite3_finalize(s);
    return st;
}

/* PATH-backup-vN.db, the name of its part, and the folder of both. */
struct copy {
    char path[PATH_MAX], part[PATH_MAX + 8], dir[PATH_MAX];
};

static bool name_copy(const char *where, int64_t version, struct copy *c)
{
    struct yg_str stem = yg_str_of(where);
    const char *slash = strrchr(where, '/');

    if (stem.n > 3 && memcmp(stem.p + stem.n - 3, ".db", 3) == 0)
        stem.n -= 3;
    int n = snprintf(c->path, sizeof(c->path), "%.*s-backup-v%lld.db", YG_STR_ARG(stem),
                     (long long)version);
    snprintf(c->part, sizeof(c->part), "%s.XXXXXX", c->path);
    snprintf(c->dir, sizeof(c->dir), "%.*s", slash ? (int)(slash + 1 - where) : 1,
             slash ? where : ".");
    return n > 0 && (size_t)n < sizeof(c->path);
}

/* A whole copy beside the database, complete and on disk, or not there at all. When
 * somebody else has brought the schema forward meanwhile, theirs is the copy. */
static enum yg_status lite_backup(struct yg_db *db, int64_t version, struct yg_err *err)
{
    struct copy c;
    int64_t now = version;

    if (!name_copy(db->opt.where, version, &c))
        return yg_err_set(err, YG_EINVAL, "the database's path is too long");
    int fd = mkostemp(c.part, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return yg_err_errno(err, "cannot make %s", c.part);
    close(fd);
    enum yg_status rc = vacuum_into(db, c.part, err);
    if (rc == YG_OK)
        rc = sync_path(c.part, err);
    if (rc == YG_OK)
        rc = number(db, "PRAGMA user_version", &now, err);
    if (rc == YG_OK && now == version && rename(c.part, c.path) != 0)
        rc = yg_err_errno(err, "cannot rename %s", c.part);
    if (rc != YG_OK || now != version)
        (void)unlink(c.part);
    return rc == YG_OK ? sync_path(c.dir, err) : rc;
}

static enum yg_status lite_apply(struct yg_db *db, const struct yg_db_text *step,
                                 struct yg_err *err)
{
    return step->sql ? exec(db, step->sql, err) : YG_OK;
}

static enum yg_status lite_mark(struct yg_db *db, struct yg_err *err)
{
    char sql[96];

    snprintf(sql, sizeof(sql), "PRAGMA application_id=%d; PRAGMA user_version=%zu",
             (int)db->opt.application, db->opt.steps);
    return exec(db, sql, err);
}

/* ---- statements ------------------------------------------------------------------ */

static enum yg_status lite_prepare(struct yg_db_stmt *s, const struct yg_db_text *text,
                                   struct yg_err *err)
{
    struct lite_stmt *l = (struct lite_stmt *)s;
    int rc = sqlite3_prepare_v3(of(s->db)->h, text->sql, -1, SQLITE_PREPARE_PERSISTENT,
                                &l->h, NULL);

    if (rc != SQLITE_OK)
        return fail(s->db, rc, err);
    s->params = sqlite3_bind_parameter_count(l->h);
    return YG_OK;
}

static void lite_finalize(struct yg_db_stmt *s)
{
    sqlite3_finalize(handle(s));
}

static enum yg_status lite_step(struct yg_db_stmt *s, struct yg_err *err)
{
    const bool changes = !sqlite3_stmt_readonly(handle(s));

    if (changes && s->db->tx != YG_DB_TX_WRITE)
        return yg_err_set(err, YG_EINVAL,
                          "database: a change outside of a transaction that writes");
    int rc = sqlite3_step(handle(s));
    if (rc == SQLITE_ROW)
        return YG_OK;
    if (rc != SQLITE_DONE) {
        enum yg_status st = fail(s->db, rc, err);
        s->spares = st == YG_ECORRUPT && !changes;
        return st;
    }
    if (changes)
        s->db->changes = (uint64_t)sqlite3_changes64(of(s->db)->h);
    return YG_EEND;
}

static void lite_reset(struct yg_db_stmt *s)
{
    sqlite3_reset(handle(s));
}

static void lite_bind(struct yg_db_stmt *s, int at, const struct yg_db_value *v)
{
    switch (v->kind) {
    case YG_DB_INT:
        sqlite3_bind_int64(handle(s), at, v->i);
        break;
    case YG_DB_REAL:
        sqlite3_bind_double(handle(s), at, v->r);
        break;
    case YG_DB_TEXT:
        sqlite3_bind_text64(handle(s), at, v->bytes.p, v->bytes.n, SQLITE_STATIC,
                            SQLITE_UTF8);
        break;
    case YG_DB_BLOB:
        sqlite3_bind_blob64(handle(s), at, v->bytes.p, v->bytes.n, SQLITE_STATIC);
        break;
    case YG_DB_NULL:
        sqlite3_bind_null(handle(s), at);
        break;
    }
}

static void lite_unbind(struct yg_db_stmt *s)
{
    sqlite3_clear_bindings(handle(s));
}

static struct yg_db_value lite_column(struct yg_db_stmt *s, int column)
{
    sqlite3_stmt *h = handle(s);
    struct yg_db_value v = { .kind = YG_DB_NULL };

    switch (sqlite3_column_type(h, column)) {
    case SQLITE_INTEGER:
        v.kind = YG_DB_INT;
        v.i = sqlite3_column_int64(h, column);
        break;
    case SQLITE_FLOAT:
        v.kind = YG_DB_REAL;
        v.r = sqlite3_column_double(h, column);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
        v.kind = YG_DB_BLOB;
        /* the text's own bytes: it is kept as UTF-8 */
        v.bytes.p = sqlite3_column_blob(h, column);
        v.bytes.n = (size_t)sqlite3_column_bytes(h, column);
        if (!v.bytes.p)
            v.bytes = (struct yg_str){ "", 0 };
        break;
    default:
        break;
    }
    return v;
}

const struct yg_db_ops yg_db_sqlite = {
    .kind = YG_DB_SQLITE,
    .db_size = sizeof(struct lite),
    .stmt_size = sizeof(struct lite_stmt),
    .open = lite_open,
    .close = lite_close,
    .begin = lite_begin,
    .commit = lite_commit,
    .rollback = lite_rollback,
    .version = lite_version,
    .look = lite_look,
    .backup = lite_backup,
    .apply = lite_apply,
    .mark = lite_mark,
    .prepare = lite_prepare,
    .finalize = lite_finalize,
    .step = lite_step,
    .reset = lite_reset,
    .bind = lite_bind,
    .unbind = lite_unbind,
    .column = lite_column,
};
