/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_priv - what a driver of db/ is: a table of functions and two structs that begin with
 * ours. Private to src/db.
 *
 * db.c keeps the rules that hold for both (transactions, failures, what is text), so that
 * a driver only speaks to its database.
 */
#ifndef YG_DB_DB_PRIV_H
#define YG_DB_DB_PRIV_H

#include "db/db.h"

enum yg_db_tx {
    YG_DB_TX_NONE,
    YG_DB_TX_READ,
    YG_DB_TX_WRITE,
    YG_DB_TX_SCHEMA, /* changes tables: nobody else is in a transaction that writes */
};

enum yg_db_value_kind {
    YG_DB_NULL,
    YG_DB_INT,
    YG_DB_REAL,
    YG_DB_TEXT,
    YG_DB_BLOB,
};

struct yg_db_value {
    enum yg_db_value_kind kind;
    int64_t i;
    double r;
    struct yg_str bytes; /* borrowed; of text and blob, never with a NULL pointer */
};

struct yg_db_ops;

struct yg_db {
    const struct yg_db_ops *ops;
    struct yg_db_options opt; /* where and part are ours */
    char *where, *remedy;
    struct yg_db_stmt **stmt; /* opt.statements of them, NULL until first used */
    enum yg_db_tx tx;
    enum yg_status failed; /* of the transaction; then only a rollback is left */
    uint64_t changes;
};

struct yg_db_stmt {
    struct yg_db *db;
    int params;
    bool running; /* between its first step and its reset */
    bool row;     /* there is a current row */
    bool spares;  /* its failure left the transaction as it was */
    int not_text; /* the parameter that is no text; 0: none */
};

struct yg_db_seen {
    bool empty; /* nothing is there */
    bool ours;  /* it says that it is of this application */
    int64_t version;
};

struct yg_db_ops {
    enum yg_db_kind kind;
    size_t db_size, stmt_size; /* of the driver's structs */

    /* `db` is zero but for what is above; on failure close is called. */
    enum yg_status (*open)(struct yg_db *db, struct yg_err *err);
    void (*close)(struct yg_db *db);

    /* No statement runs when these are called. After a commit that failed, or a begin,
     * there is no transaction. */
    enum yg_status (*begin)(struct yg_db *db, enum yg_db_tx tx, struct yg_err *err);
    enum yg_status (*commit)(struct yg_db *db, struct yg_err *err);
    void (*rollback)(struct yg_db *db);
    enum yg_status (*version)(struct yg_db *db, uint64_t *out, struct yg_err *err);

    /* The schema: look, keep a copy of this version, run a step, say what it is now. */
    enum yg_status (*look)(struct yg_db *db, struct yg_db_seen *out, struct yg_err *err);
    enum yg_status (*backup)(struct yg_db *db, int64_t version, struct yg_err *err);
    enum yg_status (*apply)(struct yg_db *db, const struct yg_db_text *step,
                            struct yg_err *err);
    enum yg_status (*mark)(struct yg_db *db, struct yg_err *err);

    /* Statements. prepare sets `params`; finalize takes one whose prepare failed. step
     * and reset are of one that is running; bind of one that is not. */
    enum yg_status (*prepare)(struct yg_db_stmt *s, const struct yg_db_text *text,
                              struct yg_err *err);
    void (*finalize)(struct yg_db_stmt *s);
    enum yg_status (*step)(struct yg_db_stmt *s, struct yg_err *err);
    void (*reset)(struct yg_db_stmt *s);
    void (*bind)(struct yg_db_stmt *s, int at, const struct yg_db_value *v);
    void (*unbind)(struct yg_db_stmt *s);
    struct yg_db_value (*column)(struct yg_db_stmt *s, int column);
};

extern const struct yg_db_ops yg_db_sqlite;
extern const struct yg_db_ops yg_db_postgres; /* open is NULL: not in this build */

/* Whether its schema is ours, and bring it to opt.steps. */
enum yg_status yg_db_migrate(struct yg_db *db, struct yg_err *err) YG_MUST_USE;

/* As the public ones, with a kind of transaction. */
enum yg_status yg_db_begin_tx(struct yg_db *db, enum yg_db_tx tx,
                              struct yg_err *err) YG_MUST_USE;

#endif
