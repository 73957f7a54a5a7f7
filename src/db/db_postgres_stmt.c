/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver of PostgreSQL: statements and their rows.
 *
 * Values go both ways in binary form. A statement is prepared with the types of what is
 * bound, when it is first run; when it is run with others, and after a new connection, it
 * is prepared again.
 *
 *      idle --send--> live --(something else is said)--> held
 *                       |  rows come one by one            |  rows in memory
 *                       '------------- end, reset ---------'--> idle
 */
#include "db/db_dialect.h"
#include "db/db_postgres_priv.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

/* How many rows are read to their end before a reader outside of a transaction asks the
 * server to stop. */
#define REST_ROWS 64

static struct yg_pg_stmt *of(struct yg_db_stmt *s)
{
    return (struct yg_pg_stmt *)s;
}

static struct yg_pg *pg_of(struct yg_pg_stmt *s)
{
    return yg_pg_of(s->s.db);
}

/* ---- preparing ------------------------------------------------------------------- */

enum yg_status yg_pg_prepare(struct yg_db_stmt *stmt, const struct yg_db_text *text,
                             struct yg_err *err)
{
    struct yg_pg_stmt *s = of(stmt);
    struct yg_buf out;
    enum yg_status rc = YG_OK;

    yg_buf_init(&out, YG_PG_TEXT_MAX);
    if (text->postgres)
        yg_buf_str_add(&out, yg_str_of(text->postgres));
    else
        rc = yg_db_dialect(text->sql, false, &out, err);
    if (rc == YG_OK) {
        stmt->params = yg_db_dialect_params(yg_buf_cstr(&out));
        s->text = strdup(yg_buf_cstr(&out));
        s->param = calloc((size_t)stmt->params + 1, sizeof(*s->param));
        if (!s->text || !s->param)
            rc = yg_err_set(err, YG_ENOMEM, "database: out of memory");
    }
    yg_buf_fini(&out);
    return rc;
}

void yg_pg_finalize(struct yg_db_stmt *stmt)
{
    free(of(stmt)->text);
    free(of(stmt)->param);
    free((void *)of(stmt)->rest);
}

void yg_pg_bind(struct yg_db_stmt *stmt, int at, const struct yg_db_value *v)
{
    of(stmt)->param[at - 1].v = *v;
}

void yg_pg_unbind(struct yg_db_stmt *stmt)
{
    for (int i = 0; i < stmt->params; i++)
        of(stmt)->param[i].v = (struct yg_db_value){ .kind = YG_DB_NULL };
}

static Oid type_of(enum yg_db_value_kind kind)
{
    static const Oid type[] = {
        [YG_DB_INT] = YG_PG_INT8,
        [YG_DB_REAL] = YG_PG_FLOAT8,
        [YG_DB_TEXT] = YG_PG_TEXT,
        [YG_DB_BLOB] = YG_PG_BYTEA,
    };

    return type[kind];
}

/* Does what is bound fit what was prepared? NULL fits all. */
static bool types_fit(struct yg_pg_stmt *s)
{
    bool fit = true;

    for (int i = 0; i < s->s.params; i++) {
        struct yg_pg_param *p = &s->param[i];
        if (p->v.kind == YG_DB_NULL || p->type == type_of(p->v.kind))
            continue;
        p->type = type_of(p->v.kind);
        fit = false;
    }
    return fit;
}

static enum yg_status prepare(struct yg_pg_stmt *s, struct yg_err *err)
{
    struct yg_pg *pg = pg_of(s);
    Oid type[YG_DB_PARAMS_MAX];
    char drop[48];

    if (types_fit(s) && s->session == pg->session)
        return YG_OK;
    if (s->session == pg->session) {
        snprintf(drop, sizeof(drop), "DEALLOCATE %s", s->name);
        enum yg_status rc = yg_pg_run(pg, drop, NULL, err);
        if (rc != YG_OK)
            return rc;
    }
    s->session = 0;
    for (int i = 0; i < s->s.params; i++)
        type[i] = s->param[i].type;
    snprintf(s->name, sizeof(s->name), "s%u", ++pg->prepared);
    PGresult *res = PQprepare(pg->conn, s->name, s->text, s->s.params, type);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        return yg_pg_fail(pg, res, err);
    PQclear(res);
    s->session = pg->session;
    return YG_OK;
}

/* ---- running --------------------------------------------------------------------- */

/* One parameter as it is sent. */
static void encode(struct yg_pg_param *p, const char **value, int *length)
{
    uint64_t bits = (uint64_t)p->v.i;

    *value = (const char *)p->number;
    *length = sizeof(bits);
    if (p->v.kind == YG_DB_REAL)
        memcpy(&bits, &p->v.r, sizeof(bits));
    bits = htobe64(bits);
    memcpy(p->number, &bits, sizeof(bits));
    if (p->v.kind == YG_DB_NULL)
        *value = NULL;
    if (p->v.kind == YG_DB_TEXT || p->v.kind == YG_DB_BLOB) {
        *value = p->v.bytes.p;
        *length = (int)p->v.bytes.n;
    }
}

static enum yg_status send(struct yg_pg_stmt *s, struct yg_err *err)
{
    struct yg_pg *pg = pg_of(s);
    const char *value[YG_DB_PARAMS_MAX];
    int length[YG_DB_PARAMS_MAX], binary[YG_DB_PARAMS_MAX];
    enum yg_status rc = yg_pg_ready(pg, err);

    yg_pg_hold(pg);
    if (rc == YG_OK)
        rc = prepare(s, err);
    if (rc != YG_OK)
        return rc;
    for (int i = 0; i < s->s.params; i++) {
        if (s->param[i].v.bytes.n > INT32_MAX / 2)
            return yg_err_set(err, YG_ELIMIT, "database: a value of over 1 GiB");
        encode(&s->param[i], &value[i], &length[i]);
        binary[i] = 1;
    }
    if (!PQsendQueryPrepared(pg->conn, s->name, s->s.params, value, length, binary, 1))
        return yg_pg_fail(pg, NULL, err);
    PQsetSingleRowMode(pg->conn);
    pg->live = s;
    s->sent = true;
    return YG_OK;
}

/* Behind the result that ends a statement there is nothing, which has to be read. */
static void end_live(struct yg_pg *pg)
{
    PGresult *res;

    while ((res = PQgetResult(pg->conn)))
        PQclear(res);
    pg->live = NULL;
}

static bool is_row(const PGresult *res)
{
    return PQresultStatus(res) == PGRES_SINGLE_TUPLE;
}

static bool keep(struct yg_pg_stmt *s, PGresult *res)
{
    if (s->rest_n == s->rest_size) {
        size_t size = s->rest_size ? 2 * s->rest_size : 64;
        PGresult **rest = (PGresult **)realloc((void *)s->rest, size * sizeof(*s->rest));
        if (!rest)
            return false;
        s->rest = rest;
        s->rest_size = size;
    }
    s->rest[s->rest_n++] = res;
    s->rest_bytes += PQresultMemorySize(res);
    return true;
}

void yg_pg_hold(struct yg_pg *pg)
{
    struct yg_pg_stmt *s = pg->live;
    PGresult *res;

    if (!s)
        return;
    s->rest_at = s->rest_n = s->rest_bytes = 0;
    while ((res = PQgetResult(pg->conn))) {
        /* what is cut off has no end: who steps there is told */
        s->cut |= is_row(res) && pg->held + s->rest_bytes > pg->db.opt.held_max;
        s->cut |= !s->cut && !keep(s, res);
        if (s->cut)
            PQclear(res);
    }
    pg->held += s->rest_bytes;
    pg->live = NULL;
}

/* Send it, and read its first result. A connection that went away unnoticed is replaced
 * once, unless something depends on it. */
static enum yg_status first(struct yg_pg_stmt *s, PGresult **out, struct yg_err *err)
{
    struct yg_pg *pg = pg_of(s);

    for (int again = 0;; again++) {
        enum yg_status rc = send(s, err);
        if (rc == YG_OK) {
            *out = PQgetResult(pg->conn);
            if (PQresultStatus(*out) != PGRES_FATAL_ERROR)
                return YG_OK;
            end_live(pg); /* tells whether the connection is still there */
            rc = yg_pg_fail(pg, *out, err);
            *out = NULL;
        }
        if (!pg->lost || s->s.db->tx != YG_DB_TX_NONE || again)
            return rc;
    }
}

static PGresult *next_result(struct yg_pg_stmt *s)
{
    if (pg_of(s)->live == s)
        return PQgetResult(pg_of(s)->conn);
    return s->rest_at < s->rest_n ? s->rest[s->rest_at++] : NULL;
}

static bool changes_rows(const char *status)
{
    struct yg_str c = yg_str_of(status);

    return yg_str_starts(c, YG_STR("INSERT")) || yg_str_starts(c, YG_STR("UPDATE")) ||
           yg_str_starts(c, YG_STR("DELETE"));
}

static enum yg_status end(struct yg_pg_stmt *s, PGresult *res, struct yg_err *err)
{
    struct yg_pg *pg = pg_of(s);
    uint64_t n = 0;

    if (pg->live == s)
        end_live(pg);
    if (!res && s->cut)
        return yg_err_set(err, YG_ELIMIT,
                          "database: rows of over %zu MiB are left unread while another "
                          "statement runs",
                          pg->db.opt.held_max >> 20);
    ExecStatusType st = PQresultStatus(res);
    if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
        return yg_pg_fail(pg, res, err);
    if (changes_rows(PQcmdStatus(res)) && yg_str_u64(yg_str_of(PQcmdTuples(res)), &n))
        s->s.db->changes = n;
    PQclear(res);
    return YG_EEND;
}

enum yg_status yg_pg_step(struct yg_db_stmt *stmt, struct yg_err *err)
{
    struct yg_pg_stmt *s = of(stmt);
    const bool begins = !s->sent;
    PGresult *res = NULL;
    enum yg_status rc = YG_OK;

    PQclear(s->row);
    s->row = NULL;
    if (begins)
        rc = first(s, &res, err);
    else
        res = next_result(s);
    if (rc != YG_OK)
        return rc;
    if (!is_row(res))
        return end(s, res, err);
    s->row = res;
    int odd = begins ? yg_pg_odd_column(res) : -1;
    if (odd >= 0)
        return yg_err_set(err, YG_EINVAL,
                          "database: column %d has type %u of PostgreSQL, which is not "
                          "read; cast it",
                          odd, PQftype(res, odd));
    return YG_OK;
}

/* The rows that nobody wants. A statement of a transaction is run to its end: to stop it
 * would be a failure of the transaction. */
static void leave(struct yg_pg *pg)
{
    PGresult *res = NULL;
    char why[256];
    int rows = 0;

    while (rows++ < REST_ROWS && (res = PQgetResult(pg->conn)))
        PQclear(res);
    PGcancel *stop = res && pg->db.tx == YG_DB_TX_NONE ? PQgetCancel(pg->conn) : NULL;
    if (stop) {
        PQcancel(stop, why, sizeof(why));
        PQfreeCancel(stop);
    }
    end_live(pg);
}

void yg_pg_reset(struct yg_db_stmt *stmt)
{
    struct yg_pg_stmt *s = of(stmt);
    struct yg_pg *pg = pg_of(s);

    PQclear(s->row);
    s->row = NULL;
    if (pg->live == s)
        leave(pg);
    while (s->rest_at < s->rest_n)
        PQclear(s->rest[s->rest_at++]);
    pg->held -= s->rest_bytes;
    s->rest_n = s->rest_at = s->rest_bytes = 0;
    s->sent = s->cut = false;
}

struct yg_db_value yg_pg_column(struct yg_db_stmt *stmt, int column)
{
    return yg_pg_value(of(stmt)->row, column);
}
