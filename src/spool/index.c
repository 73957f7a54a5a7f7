/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/index.h"

#include "spool/index_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define INLINE_MAX 160 /* bytes of a list that stand in the flow row itself */

static const char schema[] =
    "CREATE TABLE file(id INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB UNIQUE NOT NULL,"
    " dev, ino, size, mtime, head, head_n, done, packets, bytes, passed, unpacked,"
    " state);"
    "CREATE TABLE face(file, at, id, shift, linktype, kind, resol, big,"
    " PRIMARY KEY(file, at, id)) WITHOUT ROWID;"
    "CREATE TABLE gone(id INTEGER PRIMARY KEY, packets);"
    "CREATE TABLE flow(key, last, file, at, first, list,"
    " PRIMARY KEY(key, last, file, at)) WITHOUT ROWID;"
    "CREATE TABLE began(who, time, file, at, key,"
    " PRIMARY KEY(who, time, file, at)) WITHOUT ROWID;"
    "CREATE TABLE list(id INTEGER PRIMARY KEY, list);";

static const char *const query[YG_IQ_COUNT] = {
#define X(id, sql) [YG_IQ_##id] = sql,
    YG_INDEX_QUERIES(X)
#undef X
};

enum yg_status yg_index_fail(struct yg_index *ix, struct yg_err *err)
{
    int code = sqlite3_errcode(ix->h) & 0xff;
    const char *text = sqlite3_errmsg(ix->h);

    switch (code) {
    case SQLITE_NOMEM:
        return yg_err_set(err, YG_ENOMEM, "packet index: out of memory");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return yg_err_set(err, YG_EBUSY, "packet index: another program is writing it");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return yg_err_set(err, YG_ECORRUPT,
                          "packet index: %s; delete it, it is made again", text);
    default:
        return yg_err_set(err, YG_EIO, "packet index: %s (%d)", text, code);
    }
}

enum yg_status yg_index_exec(struct yg_index *ix, const char *sql, struct yg_err *err)
{
    return sqlite3_exec(ix->h, sql, NULL, NULL, NULL) == SQLITE_OK
               ? YG_OK
               : yg_index_fail(ix, err);
}

sqlite3_stmt *yg_index_stmt(struct yg_index *ix, enum yg_index_query q,
                            struct yg_err *err)
{
    if (!ix->stmt[q] && sqlite3_prepare_v3(ix->h, query[q], -1, SQLITE_PREPARE_PERSISTENT,
                                           &ix->stmt[q], NULL) != SQLITE_OK)
        yg_index_fail(ix, err);
    return ix->stmt[q];
}

enum yg_status yg_index_step(struct yg_index *ix, sqlite3_stmt *s, struct yg_err *err)
{
    int rc = sqlite3_step(s);

    if (rc == SQLITE_ROW)
        return YG_OK;
    enum yg_status st = rc == SQLITE_DONE ? YG_EEND : yg_index_fail(ix, err);
    sqlite3_reset(s);
    return st;
}

enum yg_status yg_index_run(struct yg_index *ix, sqlite3_stmt *s, struct yg_err *err)
{
    enum yg_status st = yg_index_step(ix, s, err);

    sqlite3_reset(s);
    return st == YG_EEND ? YG_OK : st;
}

/* One pragma or SELECT that gives one number. */
static int64_t number(struct yg_index *ix, const char *sql)
{
    sqlite3_stmt *s = NULL;
    int64_t v = 0;

    if (sqlite3_prepare_v2(ix->h, sql, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        v = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return v;
}

static void close_db(struct yg_index *ix)
{
    for (size_t i = 0; i < YG_IQ_COUNT; i++)
        sqlite3_finalize(ix->stmt[i]);
    sqlite3_close(ix->h);
    *ix = (struct yg_index){ 0 };
}

static enum yg_status configure(struct yg_index *ix, struct yg_err *err)
{
    sqlite3_busy_timeout(ix->h, 5000);
    sqlite3_extended_result_codes(ix->h, 1);
    sqlite3_db_config(ix->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(ix->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* NORMAL: what a power cut takes away is indexed again. */
    return yg_index_exec(ix,
                         "PRAGMA page_size=4096; PRAGMA journal_mode=WAL;"
                         "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32768;"
                         "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
                         "PRAGMA wal_autocheckpoint=8192",
                         err);
}

/* YG_EVERSION: there is a file and it is not of this version. */
static enum yg_status prepare(struct yg_index *ix, bool *made, struct yg_err *err)
{
    char sql[64];
    enum yg_status st = configure(ix, err);

    if (st != YG_OK)
        return st;
    int64_t version = number(ix, "PRAGMA user_version");
    *made = version == 0 && number(ix, "SELECT count(*) FROM sqlite_schema") == 0;
    if (version != YG_INDEX_VERSION && !*made)
        return yg_err_set(err, YG_EVERSION, "packet index: of another version");
    if (*made) {
        snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", YG_INDEX_VERSION);
        st = yg_index_exec(ix, "BEGIN IMMEDIATE", err);
        /* Another process may have been quicker. */
        if (st == YG_OK && number(ix, "PRAGMA user_version") == 0)
            st = yg_index_exec(ix, schema, err);
        if (st == YG_OK)
            st = yg_index_exec(ix, sql, err);
        if (st == YG_OK)
            st = yg_index_exec(ix, "COMMIT", err);
    }
    ix->next_list = number(ix, "SELECT coalesce(max(id), 0) + 1 FROM list");
    return st;
}

static enum yg_status open_db(struct yg_index *ix, const char *path, bool *made,
                              struct yg_err *err)
{
    /* Made here so that nobody else may read it; SQLite gives its WAL the same mode. */
    if (access(path, F_OK) != 0) {
        int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST)
            return yg_err_errno(err, "cannot make the packet index");
        if (fd >= 0)
            close(fd);
    }
    if (sqlite3_open_v2(path, &ix->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return ix->h ? yg_index_fail(ix, err)
                     : yg_err_set(err, YG_ENOMEM, "packet index: out of memory");
    return prepare(ix, made, err);
}

static void remove_db(const char *path)
{
    static const char *const part[] = { "", "-wal", "-shm" };
    char name[PATH_MAX];

    for (size_t i = 0; i < YG_ARRAY_LEN(part); i++) {
        int n = snprintf(name, sizeof(name), "%s%s", path, part[i]);
        if (n > 0 && (size_t)n < sizeof(name))
            (void)unlink(name);
    }
}

enum yg_status yg_index_open(const char *path, struct yg_index **out, bool *made,
                             struct yg_err *err)
{
    struct yg_index *ix = calloc(1, sizeof(*ix));
    bool fresh = false;

    if (!ix)
        return yg_err_set(err, YG_ENOMEM, "packet index: out of memory");
    enum yg_status st = open_db(ix, path, &fresh, err);
    if (st == YG_EVERSION || st == YG_ECORRUPT) {
        close_db(ix);
        remove_db(path);
        st = open_db(ix, path, &fresh, err);
    }
    if (st != YG_OK) {
        yg_err_at(err, path, 0, 0);
        yg_index_free(ix);
        return st;
    }
    *made = fresh;
    *out = ix;
    return YG_OK;
}

void yg_index_free(struct yg_index *ix)
{
    if (!ix)
        return;
    close_db(ix);
    free(ix);
}

enum yg_status yg_index_begin(struct yg_index *ix, struct yg_err *err)
{
    return yg_index_exec(ix, "BEGIN IMMEDIATE", err);
}

enum yg_status yg_index_commit(struct yg_index *ix, struct yg_err *err)
{
    return yg_index_exec(ix, "COMMIT", err);
}

void yg_index_rollback(struct yg_index *ix)
{
    if (!sqlite3_get_autocommit(ix->h))
        (void)sqlite3_exec(ix->h, "ROLLBACK", NULL, NULL, NULL);
}

void yg_index_settle(struct yg_index *ix)
{
    (void)sqlite3_wal_checkpoint_v2(ix->h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

uint64_t yg_index_bytes_read(struct yg_index *ix)
{
    int now = 0, high = 0;

    (void)sqlite3_db_status(ix->h, SQLITE_DBSTATUS_CACHE_MISS, &now, &high, 0);
    return (uint64_t)now * 4096;
}

static void bind(sqlite3_stmt *s, int at, uint64_t v)
{
    sqlite3_bind_int64(s, at, (int64_t)v);
}

static enum yg_status put_row(struct yg_index *ix, int64_t file,
                              const struct yg_note_row *r, struct yg_err *err)
{
    sqlite3_stmt *s;

    if (r->list.n > INLINE_MAX) {
        s = yg_index_stmt(ix, YG_IQ_LIST_ADD, err);
        if (!s)
            return YG_EIO;
        sqlite3_bind_int64(s, 1, ix->next_list);
        sqlite3_bind_blob64(s, 2, r->list.p, r->list.n, SQLITE_STATIC);
        enum yg_status st = yg_index_run(ix, s, err);
        if (st != YG_OK)
            return st;
    }
    s = yg_index_stmt(ix, YG_IQ_FLOW_ADD, err);
    if (!s)
        return YG_EIO;
    bind(s, 1, r->key);
    sqlite3_bind_int64(s, 2, r->last_us);
    sqlite3_bind_int64(s, 3, file);
    bind(s, 4, r->at);
    sqlite3_bind_int64(s, 5, r->first_us);
    if (r->list.n > INLINE_MAX)
        sqlite3_bind_int64(s, 6, ix->next_list++);
    else
        sqlite3_bind_blob64(s, 6, r->list.p, r->list.n, SQLITE_STATIC);
    return yg_index_run(ix, s, err);
}

static enum yg_status put_began(struct yg_index *ix, int64_t file,
                                const struct yg_note_began *b, struct yg_err *err)
{
    const uint64_t who[] = { b->host, b->pair, b->names };
    sqlite3_stmt *s = yg_index_stmt(ix, YG_IQ_BEGAN_ADD, err);
    enum yg_status st = s ? YG_OK : YG_EIO;

    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(who); i++) {
        if (who[i] == 0)
            continue;
        bind(s, 1, who[i]);
        sqlite3_bind_int64(s, 2, b->time_us);
        sqlite3_bind_int64(s, 3, file);
        bind(s, 4, b->at);
        bind(s, 5, b->key);
        st = yg_index_run(ix, s, err);
    }
    return st;
}

static enum yg_status put_face(struct yg_index *ix, int64_t file, const struct yg_face *f,
                               struct yg_err *err)
{
    sqlite3_stmt *s = yg_index_stmt(ix, YG_IQ_FACE_ADD, err);

    if (!s)
        return YG_EIO;
    sqlite3_bind_int64(s, 1, file);
    bind(s, 2, f->at);
    bind(s, 3, f->id);
    sqlite3_bind_int64(s, 4, f->shift_s);
    bind(s, 5, f->linktype);
    bind(s, 6, f->kind);
    bind(s, 7, f->resol);
    bind(s, 8, f->big);
    return yg_index_run(ix, s, err);
}

enum yg_status yg_index_put(struct yg_index *ix, int64_t file, const struct yg_note *n,
                            struct yg_err *err)
{
    switch (n->kind) {
    case YG_NOTE_ROW:
        return put_row(ix, file, &n->row, err);
    case YG_NOTE_BEGAN:
        return put_began(ix, file, &n->began, err);
    case YG_NOTE_FACE:
        return put_face(ix, file, &n->face, err);
    default:
        return YG_OK;
    }
}
