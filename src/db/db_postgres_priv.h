/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_postgres_priv - what the parts of the driver of PostgreSQL share: connections and
 * failures (db_postgres_session.c), transactions and the schema (db_postgres.c),
 * statements and their rows (db_postgres_stmt.c).
 *
 * A connection answers one statement at a time. The one whose rows are on their way is
 * `live`; before anything else is said, what is left of its rows is taken into memory.
 */
#ifndef YG_DB_DB_POSTGRES_PRIV_H
#define YG_DB_DB_POSTGRES_PRIV_H

#include "db/db_priv.h"

#include <postgresql/libpq-fe.h>

#define YG_PG_NAME_MAX 63                /* bytes of a name in PostgreSQL */
#define YG_PG_TEXT_MAX ((size_t)1 << 20) /* of a statement, or a step */

/* Types of PostgreSQL that are read (src/include/catalog/pg_type.dat of its sources). */
enum {
    YG_PG_BOOL = 16,
    YG_PG_BYTEA = 17,
    YG_PG_NAME = 19,
    YG_PG_INT8 = 20,
    YG_PG_INT2 = 21,
    YG_PG_INT4 = 23,
    YG_PG_TEXT = 25,
    YG_PG_OID = 26,
    YG_PG_FLOAT4 = 700,
    YG_PG_FLOAT8 = 701,
    YG_PG_UNKNOWN = 705,
    YG_PG_BPCHAR = 1042,
    YG_PG_VARCHAR = 1043,
    YG_PG_NUMERIC = 1700,
    YG_PG_VOID = 2278,
};

struct yg_pg_stmt;

struct yg_pg {
    struct yg_db db;
    PGconn *conn;
    bool lost;        /* the connection is gone; who begins something looks for another */
    unsigned session; /* how many connections there were: what is prepared is of one */
    unsigned prepared; /* names given */
    struct yg_pg_stmt *live;
    size_t held; /* bytes of rows in memory */

    char part[YG_PG_NAME_MAX + 1];
    char token[40]; /* of this session, in the log of commits */
    int64_t commit; /* number of the last one, as of begin */
    int64_t own;    /* how many were ours */
};

static inline struct yg_pg *yg_pg_of(struct yg_db *db)
{
    return (struct yg_pg *)db;
}

struct yg_pg_param {
    struct yg_db_value v;
    unsigned char number[8]; /* as it is sent */
    Oid type;                /* as prepared; 0: the server found out */
};

struct yg_pg_stmt {
    struct yg_db_stmt s;
    char *text;
    struct yg_pg_param *param; /* s.params of them */
    char name[24];
    unsigned session; /* that it is prepared in; 0: in none */
    bool sent;        /* since the last reset */
    PGresult *row;
    /* when held: its rows and how they end */
    PGresult **rest;
    size_t rest_n, rest_at, rest_size, rest_bytes;
    bool cut; /* not all of them */
};

/* The failure in `res` (NULL: of the connection) as our status, with the server's words
 * and a remedy. Notes a connection that is lost. Clears `res`. */
enum yg_status yg_pg_fail(struct yg_pg *pg, PGresult *res, struct yg_err *err);

/* Run a text that PostgreSQL has, of one or several commands; *out (may be NULL) is the
 * last one's result, which the caller clears. */
enum yg_status yg_pg_run(struct yg_pg *pg, const char *sql, PGresult **out,
                         struct yg_err *err);

/* The number in the first column of the first row of the last one; 0 without one. */
enum yg_status yg_pg_number(struct yg_pg *pg, const char *sql, int64_t *out,
                            struct yg_err *err);

/* The second half of an advisory lock's key; the first is the application. `of` 0: who
 * writes, 1: who is alone. */
int32_t yg_pg_key(const struct yg_pg *pg, uint64_t of);

/* The address is one of PostgreSQL, and holds no secret: it stands in the configuration,
 * and others see it in the list of processes. */
enum yg_status yg_pg_check_where(const char *where, struct yg_err *err);

/* A new session in the place of the old one. `wait`: for a server that restarts, as
 * patient as for somebody else's lock. */
enum yg_status yg_pg_connect(struct yg_pg *pg, bool wait, struct yg_err *err);

/* Outside of a transaction a lost connection is replaced, in one it is YG_EIO. */
enum yg_status yg_pg_ready(struct yg_pg *pg, struct yg_err *err);

/* Statements. */
enum yg_status yg_pg_prepare(struct yg_db_stmt *s, const struct yg_db_text *text,
                             struct yg_err *err);
void yg_pg_finalize(struct yg_db_stmt *s);
enum yg_status yg_pg_step(struct yg_db_stmt *s, struct yg_err *err);
void yg_pg_reset(struct yg_db_stmt *s);
void yg_pg_bind(struct yg_db_stmt *s, int at, const struct yg_db_value *v);
void yg_pg_unbind(struct yg_db_stmt *s);
struct yg_db_value yg_pg_column(struct yg_db_stmt *s, int column);
/* The first row's column of a result in binary form; the first column whose type is not
 * read here (-1: none). */
struct yg_db_value yg_pg_value(const PGresult *res, int column);
int yg_pg_odd_column(const PGresult *res);
/* Take what is left of the live statement's rows into memory. */
void yg_pg_hold(struct yg_pg *pg);

#endif
