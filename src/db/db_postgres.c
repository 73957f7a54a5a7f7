/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver of PostgreSQL: transactions and the schema.
 *
 * One who writes holds an advisory lock of the transaction, which the server lets go with
 * it, however it ends. A transaction that writes sees what is committed (READ COMMITTED):
 * its snapshot would be older than the lock otherwise, and there is no other writer. A
 * session reads unless a transaction says that it writes, so a change outside of one is
 * refused by the server.
 *
 * Each commit leaves a row in yg_commit: its number, and a token of its session. The
 * number tells others of it; and a session that was cut off in the middle of its commit
 * finds there what became of it. (An id of a transaction would not do: after a crash the
 * server gives it away again.)
 */
#include "db/db_dialect.h"
#include "db/db_postgres_priv.h"

#include <stdio.h>

#define KEPT_COMMITS 1000

static bool is_name(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_' ||
              (i > 0 && s.p[i] >= '0' && s.p[i] <= '9')))
            return false;
    return s.n > 0 && s.n <= YG_PG_NAME_MAX;
}

static enum yg_status pg_open(struct yg_db *db, struct yg_err *err)
{
    struct yg_pg *pg = yg_pg_of(db);
    const char *part = db->opt.part && *db->opt.part ? db->opt.part : "yagura";
    enum yg_status rc = yg_pg_check_where(db->where, err);

    if (rc != YG_OK)
        return rc;
    if (!is_name(yg_str_of(part)))
        return yg_err_set(err, YG_EINVAL, "database: '%s' is no name of a schema", part);
    snprintf(pg->part, sizeof(pg->part), "%s", part);
    db->opt.part = pg->part;
    return yg_pg_connect(pg, false, err);
}

static void pg_close(struct yg_db *db)
{
    PQfinish(yg_pg_of(db)->conn);
}

/* ---- transactions ---------------------------------------------------------------- */

#define LAST_COMMIT "SELECT coalesce(max(n), 0) FROM yg_commit"

static enum yg_status begin_once(struct yg_pg *pg, enum yg_db_tx tx, struct yg_err *err)
{
    char sql[256];

    if (tx == YG_DB_TX_READ)
        return yg_pg_run(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL,
                         err);
    /* the number as of behind the lock: each command has a snapshot of its own */
    snprintf(sql, sizeof(sql),
             "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
             "SELECT pg_advisory_xact_lock(%d, %d);%s",
             (int32_t)pg->db.opt.application, yg_pg_key(pg, 0),
             tx == YG_DB_TX_WRITE ? LAST_COMMIT : "SELECT 0");
    return yg_pg_number(pg, sql, &pg->commit, err);
}

static void pg_rollback(struct yg_db *db)
{
    struct yg_pg *pg = yg_pg_of(db);

    if (!pg->lost && PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
        (void)yg_pg_run(pg, "ROLLBACK", NULL, NULL);
}

/* Steps take as long as they take. */
static enum yg_status make_schema(struct yg_pg *pg, struct yg_err *err)
{
    int64_t there = 0;
    char sql[200];

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_namespace WHERE nspname = '%s'",
             pg->part);
    enum yg_status rc = yg_pg_run(pg, "SET LOCAL statement_timeout = 0", NULL, err);
    if (rc == YG_OK)
        rc = yg_pg_number(pg, sql, &there, err);
    if (rc != YG_OK || there)
        return rc;
    snprintf(sql, sizeof(sql), "CREATE SCHEMA \"%s\"", pg->part);
    return yg_pg_run(pg, sql, NULL, err);
}

static enum yg_status pg_begin(struct yg_db *db, enum yg_db_tx tx, struct yg_err *err)
{
    struct yg_pg *pg = yg_pg_of(db);
    enum yg_status rc = yg_pg_ready(pg, err);

    if (rc != YG_OK)
        return rc;
    rc = begin_once(pg, tx, err);
    if (rc != YG_OK && pg->lost) { /* since the last one; nothing is begun yet */
        rc = yg_pg_connect(pg, true, err);
        if (rc == YG_OK)
            rc = begin_once(pg, tx, err);
    }
    if (rc == YG_OK && tx == YG_DB_TX_SCHEMA)
        rc = make_schema(pg, err);
    if (rc != YG_OK)
        pg_rollback(db);
    return rc;
}

/* The connection was lost in the middle of a commit: is its row there? Whoever came later
 * has another number or another token. */
static enum yg_status became_of(struct yg_pg *pg, struct yg_err *err)
{
    char token[sizeof(pg->token)], sql[256];
    const int64_t n = pg->commit + 1;
    PGresult *res = NULL;

    memcpy(token, pg->token, sizeof(token));
    snprintf(sql, sizeof(sql),
             "SELECT token = '%s' FROM yg_commit WHERE n = %lld UNION ALL "
             "SELECT min(n) <= %lld FROM yg_commit",
             token, (long long)n, (long long)n);
    enum yg_status rc = yg_pg_connect(pg, true, err);
    if (rc == YG_OK)
        rc = yg_pg_run(pg, sql, &res, err);
    if (rc != YG_OK)
        return yg_err_set(err, YG_EIO,
                          "database: the connection was lost in the middle of a commit; "
                          "nobody knows whether it is kept, look before repeating it");
    int rows = PQntuples(res);
    bool ours = rows == 2 && *PQgetvalue(res, 0, 0) == 't';
    bool kept_so_long = rows == 2 || *PQgetvalue(res, 0, 0) == 't';
    PQclear(res);
    if (ours)
        return YG_OK;
    return yg_err_set(
        err, YG_EIO,
        kept_so_long ? "database: the connection was lost before the commit; nothing "
                       "of the transaction is kept"
                     : "database: nobody knows any more whether a commit is kept");
}

static enum yg_status pg_commit(struct yg_db *db, struct yg_err *err)
{
    struct yg_pg *pg = yg_pg_of(db);
    char sql[256] = "COMMIT";
    PGresult *res = NULL;

    if (pg->lost)
        return yg_pg_ready(pg, err);
    if (db->tx == YG_DB_TX_WRITE)
        snprintf(sql, sizeof(sql),
                 "INSERT INTO yg_commit(n, token) VALUES(%lld, '%s');"
                 "DELETE FROM yg_commit WHERE n <= %lld; COMMIT",
                 (long long)pg->commit + 1, pg->token,
                 (long long)pg->commit + 1 - KEPT_COMMITS);
    enum yg_status rc = yg_pg_run(pg, sql, &res, err);
    if (rc == YG_OK && strcmp(PQcmdStatus(res), "COMMIT") != 0)
        rc = yg_err_set(err, YG_EIO, "database: the server rolled back a commit");
    PQclear(res);
    if (rc != YG_OK && pg->lost && db->tx == YG_DB_TX_WRITE) {
        db->tx = YG_DB_TX_NONE;
        rc = became_of(pg, err);
        db->tx = YG_DB_TX_WRITE;
    }
    if (rc != YG_OK)
        pg_rollback(db);
    if (rc == YG_OK && db->tx == YG_DB_TX_WRITE)
        pg->own++;
    return rc;
}

static enum yg_status pg_version(struct yg_db *db, uint64_t *out, struct yg_err *err)
{
    struct yg_pg *pg = yg_pg_of(db);
    int64_t n = 0;
    enum yg_status rc = yg_pg_ready(pg, err);

    if (rc == YG_OK)
        rc = yg_pg_number(pg, LAST_COMMIT, &n, err);
    if (rc != YG_OK && pg->lost && db->tx == YG_DB_TX_NONE) {
        rc = yg_pg_connect(pg, true, err);
        if (rc == YG_OK)
            rc = yg_pg_number(pg, LAST_COMMIT, &n, err);
    }
    if (rc == YG_OK)
        *out = (uint64_t)(n - pg->own);
    return rc;
}

/* ---- schema ---------------------------------------------------------------------- */

static enum yg_status pg_look(struct yg_db *db, struct yg_db_seen *out,
                              struct yg_err *err)
{
    struct yg_pg *pg = yg_pg_of(db);
    int64_t tables = 0, marked = 0, application = 0, version = 0;
    char sql[256];

    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('%s')",
             pg->part);
    enum yg_status rc = yg_pg_number(pg, sql, &tables, err);
    if (rc == YG_OK)
        rc = yg_pg_number(pg, "SELECT (to_regclass('yg_schema') IS NOT NULL)::int",
                          &marked, err);
    if (rc == YG_OK && marked)
        rc = yg_pg_number(pg, "SELECT application FROM yg_schema", &application, err);
    if (rc == YG_OK && marked)
        rc = yg_pg_number(pg, "SELECT version FROM yg_schema", &version, err);
    if (rc == YG_OK)
        *out = (struct yg_db_seen){
            .empty = tables == 0,
            .ours = marked && application == (int64_t)db->opt.application,
            .version = version,
        };
    return rc;
}

/* All steps are in one transaction, tables and all: there is nothing to go back to. */
static enum yg_status pg_backup(struct yg_db *db, int64_t version, struct yg_err *err)
{
    (void)db;
    (void)version;
    (void)err;
    return YG_OK;
}

static enum yg_status pg_apply(struct yg_db *db, const struct yg_db_text *step,
                               struct yg_err *err)
{
    struct yg_buf text;
    enum yg_status rc = YG_OK;

    yg_buf_init(&text, YG_PG_TEXT_MAX);
    if (step->postgres)
        yg_buf_str_add(&text, yg_str_of(step->postgres));
    else if (step->sql)
        rc = yg_db_dialect(step->sql, true, &text, err);
    if (rc == YG_OK)
        rc = yg_pg_run(yg_pg_of(db), yg_buf_cstr(&text), NULL, err);
    yg_buf_fini(&text);
    return rc;
}

static enum yg_status pg_mark(struct yg_db *db, struct yg_err *err)
{
    char sql[512];

    snprintf(sql, sizeof(sql),
             "CREATE TABLE IF NOT EXISTS yg_schema(application BIGINT NOT NULL,"
             " version BIGINT NOT NULL);"
             "CREATE TABLE IF NOT EXISTS yg_commit(n BIGINT PRIMARY KEY,"
             " token TEXT NOT NULL);"
             "DELETE FROM yg_schema;"
             "INSERT INTO yg_schema(application, version) VALUES(%llu, %zu)",
             (unsigned long long)db->opt.application, db->opt.steps);
    return yg_pg_run(yg_pg_of(db), sql, NULL, err);
}

const struct yg_db_ops yg_db_postgres = {
    .kind = YG_DB_POSTGRES,
    .db_size = sizeof(struct yg_pg),
    .stmt_size = sizeof(struct yg_pg_stmt),
    .open = pg_open,
    .close = pg_close,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .version = pg_version,
    .look = pg_look,
    .backup = pg_backup,
    .apply = pg_apply,
    .mark = pg_mark,
    .prepare = yg_pg_prepare,
    .finalize = yg_pg_finalize,
    .step = yg_pg_step,
    .reset = yg_pg_reset,
    .bind = yg_pg_bind,
    .unbind = yg_pg_unbind,
    .column = yg_pg_column,
};
