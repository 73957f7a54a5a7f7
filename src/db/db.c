/* SPDX-License-Identifier: Apache-2.0 */
#include "db/db.h"

#include "base/utf8.h"
#include "db/db_priv.h"

#include <math.h>
#include <stdlib.h>

bool yg_db_built(enum yg_db_kind kind)
{
    return kind == YG_DB_SQLITE || yg_db_postgres.open != NULL;
}

static bool is_server(struct yg_str where)
{
    return yg_str_starts(where, YG_STR("postgresql://")) ||
           yg_str_starts(where, YG_STR("postgres://"));
}

enum yg_db_kind yg_db_kind_of(const struct yg_db *db)
{
    return db->ops->kind;
}

static struct yg_db *make(const struct yg_db_ops *ops, const struct yg_db_options *opt)
{
    struct yg_db *db = calloc(1, ops->db_size);

    if (!db)
        return NULL;
    db->ops = ops;
    db->opt = *opt;
    db->where = strdup(opt->where);
    db->opt.where = db->where;
    db->remedy = strdup(opt->remedy ? opt->remedy : "a yagura that writes to it");
    if (db->opt.patience_ms <= 0)
        db->opt.patience_ms = YG_DB_PATIENCE_MS;
    if (db->opt.statement_ms <= 0)
        db->opt.statement_ms = YG_DB_STATEMENT_MS;
    if (db->opt.held_max == 0)
        db->opt.held_max = YG_DB_HELD_MAX;
    /* one more, because there may be none */
    db->stmt = (struct yg_db_stmt **)calloc(opt->statements + 1, sizeof(*db->stmt));
    if (!db->where || !db->remedy || !db->stmt) {
        free((void *)db->stmt);
        free(db->remedy);
        free(db->where);
        free(db);
        return NULL;
    }
    return db;
}

enum yg_status yg_db_open(const struct yg_db_options *opt, struct yg_db **out,
                          struct yg_err *err)
{
    const struct yg_db_ops *ops =
        is_server(yg_str_of(opt->where)) ? &yg_db_postgres : &yg_db_sqlite;

    if (!ops->open)
        return yg_err_set(err, YG_EINVAL,
                          "this yagura was built without PostgreSQL; build it where "
                          "libpq-dev is installed");
    struct yg_db *db = make(ops, opt);
    if (!db)
        return yg_err_set(err, YG_ENOMEM, "database: out of memory");
    enum yg_status rc = ops->open(db, err);
    if (rc == YG_OK)
        rc = yg_db_migrate(db, err);
    if (rc == YG_OK)
        *out = db;
    else
        yg_db_close(db);
    return rc;
}

void yg_db_close(struct yg_db *db)
{
    if (!db)
        return;
    yg_db_rollback(db);
    for (size_t i = 0; i < db->opt.statements; i++) {
        if (!db->stmt[i])
            continue;
        yg_db_reset(db->stmt[i]);
        db->ops->finalize(db->stmt[i]);
        free(db->stmt[i]);
    }
    db->ops->close(db);
    free((void *)db->stmt);
    free(db->remedy);
    free(db->where);
    free(db);
}

/* ---- transactions ---------------------------------------------------------------- */

static void reset_all(struct yg_db *db)
{
    for (size_t i = 0; i < db->opt.statements; i++)
        yg_db_reset(db->stmt[i]);
}

enum yg_status yg_db_begin_tx(struct yg_db *db, enum yg_db_tx tx, struct yg_err *err)
{
    if (db->tx != YG_DB_TX_NONE)
        return yg_err_set(err, YG_EINVAL, "database: a transaction in a transaction");
    if (tx != YG_DB_TX_READ && db->opt.read_only)
        return yg_err_set(err, YG_EINVAL, "database: it was opened for reading");
    reset_all(db);
    enum yg_status rc = db->ops->begin(db, tx, err);
    if (rc == YG_OK)
        db->tx = tx;
    db->failed = YG_OK;
    return rc;
}

enum yg_status yg_db_begin(struct yg_db *db, bool write, struct yg_err *err)
{
    return yg_db_begin_tx(db, write ? YG_DB_TX_WRITE : YG_DB_TX_READ, err);
}

static enum yg_status failed_before(const struct yg_db *db, struct yg_err *err)
{
    return yg_err_set(err, db->failed,
                      "database: the transaction failed before; nothing of it is kept");
}

enum yg_status yg_db_commit(struct yg_db *db, struct yg_err *err)
{
    if (db->tx == YG_DB_TX_NONE)
        return yg_err_set(err, YG_EINVAL, "database: a commit without a transaction");
    if (db->failed != YG_OK) {
        enum yg_status rc = failed_before(db, err);
        yg_db_rollback(db);
        return rc;
    }
    reset_all(db);
    enum yg_status rc = db->ops->commit(db, err);
    db->tx = YG_DB_TX_NONE;
    return rc;
}

void yg_db_rollback(struct yg_db *db)
{
    if (db->tx == YG_DB_TX_NONE)
        return;
    reset_all(db);
    db->ops->rollback(db);
    db->tx = YG_DB_TX_NONE;
    db->failed = YG_OK;
}

enum yg_status yg_db_version(struct yg_db *db, uint64_t *out, struct yg_err *err)
{
    if (db->failed != YG_OK)
        return failed_before(db, err);
    return db->ops->version(db, out, err);
}

/* ---- statements ------------------------------------------------------------------ */

struct yg_db_stmt *yg_db_stmt(struct yg_db *db, size_t at, struct yg_err *err)
{
    YG_ASSERT(at < db->opt.statements);
    struct yg_db_stmt *s = db->stmt[at];
    if (s) {
        yg_db_reset(s);
        return s;
    }
    s = calloc(1, db->ops->stmt_size);
    if (!s) {
        yg_err_set(err, YG_ENOMEM, "database: out of memory");
        return NULL;
    }
    s->db = db;
    if (db->ops->prepare(s, &db->opt.statement[at], err) != YG_OK) {
        db->ops->finalize(s);
        free(s);
        return NULL;
    }
    YG_ASSERT(s->params <= YG_DB_PARAMS_MAX);
    db->stmt[at] = s;
    return s;
}

static enum yg_status step(struct yg_db *db, struct yg_db_stmt *s, struct yg_err *err)
{
    if (db->failed != YG_OK)
        return failed_before(db, err);
    if (s->not_text)
        return yg_err_set(err, YG_EFORMAT,
                          "database: parameter %d is not text (UTF-8 without NUL)",
                          s->not_text);
    s->running = true;
    s->spares = false;
    return db->ops->step(s, err);
}

enum yg_status yg_db_step(struct yg_db *db, struct yg_db_stmt *s, struct yg_err *err)
{
    enum yg_status rc = step(db, s, err);

    s->row = rc == YG_OK;
    if (rc == YG_OK)
        return rc;
    yg_db_reset(s);
    if (rc != YG_EEND && db->tx != YG_DB_TX_NONE && db->failed == YG_OK && !s->spares)
        db->failed = rc;
    return rc;
}

enum yg_status yg_db_run(struct yg_db *db, struct yg_db_stmt *s, struct yg_err *err)
{
    enum yg_status rc;

    do
        rc = yg_db_step(db, s, err);
    while (rc == YG_OK);
    return rc == YG_EEND ? YG_OK : rc;
}

void yg_db_reset(struct yg_db_stmt *s)
{
    if (!s)
        return;
    if (s->running)
        s->db->ops->reset(s);
    s->db->ops->unbind(s);
    s->running = s->row = false;
    s->not_text = 0;
}

uint64_t yg_db_changes(const struct yg_db *db)
{
    return db->changes;
}

/* ---- values ---------------------------------------------------------------------- */

int yg_db_params(const struct yg_db_stmt *s)
{
    return s->params;
}

static bool is_text(struct yg_str v)
{
    const unsigned char *p = (const unsigned char *)v.p;

    for (size_t i = 0; i < v.n;) {
        size_t n = p[i] == 0 ? 0 : p[i] < 0x80 ? 1 : yg_utf8_len(p + i, v.n - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

static void bind(struct yg_db_stmt *s, int at, struct yg_db_value v)
{
    YG_ASSERT(at >= 1 && at <= s->params && !s->running);
    if (!v.bytes.p)
        v.bytes.p = "";
    s->db->ops->bind(s, at, &v);
}

void yg_db_bind_text(struct yg_db_stmt *s, int at, struct yg_str v)
{
    if (!is_text(v) && !s->not_text)
        s->not_text = at;
    bind(s, at, (struct yg_db_value){ .kind = YG_DB_TEXT, .bytes = v });
}

void yg_db_bind_blob(struct yg_db_stmt *s, int at, struct yg_str v)
{
    bind(s, at, (struct yg_db_value){ .kind = YG_DB_BLOB, .bytes = v });
}

void yg_db_bind_int(struct yg_db_stmt *s, int at, int64_t v)
{
    bind(s, at, (struct yg_db_value){ .kind = YG_DB_INT, .i = v });
}

void yg_db_bind_real(struct yg_db_stmt *s, int at, double v)
{
    bind(s, at,
         (struct yg_db_value){ .kind = isnan(v) ? YG_DB_NULL : YG_DB_REAL, .r = v });
}

void yg_db_bind_null(struct yg_db_stmt *s, int at)
{
    bind(s, at, (struct yg_db_value){ .kind = YG_DB_NULL });
}

static struct yg_db_value column_of(struct yg_db_stmt *s, int column)
{
    YG_ASSERT(s->row && column >= 0);
    return s->db->ops->column(s, column);
}

bool yg_db_is_null(struct yg_db_stmt *s, int column)
{
    return column_of(s, column).kind == YG_DB_NULL;
}

static int64_t whole(double r)
{
    if (isnan(r))
        return 0;
    /* 2^63 is a double, INT64_MAX is none */
    if (r >= 0x1p63)
        return INT64_MAX;
    return r < -0x1p63 ? INT64_MIN : (int64_t)r;
}

int64_t yg_db_int(struct yg_db_stmt *s, int column)
{
    struct yg_db_value v = column_of(s, column);

    return v.kind == YG_DB_INT ? v.i : v.kind == YG_DB_REAL ? whole(v.r) : 0;
}

double yg_db_real(struct yg_db_stmt *s, int column)
{
    struct yg_db_value v = column_of(s, column);

    return v.kind == YG_DB_REAL ? v.r : v.kind == YG_DB_INT ? (double)v.i : 0;
}

struct yg_str yg_db_bytes(struct yg_db_stmt *s, int column)
{
    struct yg_db_value v = column_of(s, column);

    if (v.kind != YG_DB_TEXT && v.kind != YG_DB_BLOB)
        return (struct yg_str){ "", 0 };
    return v.bytes;
}

bool yg_db_copy(struct yg_db_stmt *s, int column, struct yg_arena *arena,
                struct yg_str *out)
{
    struct yg_str copy = yg_arena_str(arena, yg_db_bytes(s, column));

    if (!copy.p)
        return false;
    *out = copy;
    return true;
}
