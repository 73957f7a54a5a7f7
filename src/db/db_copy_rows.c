/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of db_copy.h that copies row by row, from a server into a file of the same
 * schema: what db/db.h says of the dialect is enough to read any table and write it
 * again.
 */
#include "base/buf.h"
#include "db/db_copy.h"
#include "db/db_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TABLES_MAX   256
#define TEXT_MAX     ((size_t)64 << 10)
#define COMMIT_BYTES ((uint64_t)32 << 20)
#define DAY_MS       86400000 /* one statement: a whole table, while a disk is written */

enum { SELECT, INSERT, DELETE, TEXTS };

struct table {
    char name[64], type[YG_DB_PARAMS_MAX]; /* first letter of each column's */
    int columns;
    char *text[TEXTS];
};

struct copying {
    const struct yg_db *of; /* whose schema it is */
    const char *to;
    struct table *table;
    size_t tables;
    struct yg_db_text *statement; /* of one kind, a table each */
    struct yg_db *from, *into;
    uint64_t bytes; /* since the last commit */
};

/* ---- what tables there are -------------------------------------------------------- */

enum { NAMES, COLUMNS, LOOKS };
static const struct yg_db_text look[LOOKS] = {
    [NAMES] = { "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid",
                NULL },
    [COLUMNS] = { "SELECT name, type FROM pragma_table_info(?1) ORDER BY cid", NULL },
};

static bool put_text(struct table *t, struct yg_buf *columns, struct yg_buf *params)
{
    const char *names = yg_buf_cstr(columns);

    for (int i = 0; i < TEXTS; i++) {
        t->text[i] = malloc(TEXT_MAX);
        if (!t->text[i])
            return false;
    }
    snprintf(t->text[SELECT], TEXT_MAX, "SELECT %s FROM \"%s\"", names, t->name);
    snprintf(t->text[INSERT], TEXT_MAX, "INSERT INTO \"%s\"(%s) VALUES(%s)", t->name,
             names, yg_buf_cstr(params));
    snprintf(t->text[DELETE], TEXT_MAX, "DELETE FROM \"%s\"", t->name);
    return true;
}

static enum yg_status look_at_columns(struct yg_db *db, struct table *t,
                                      struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(db, COLUMNS, err);
    struct yg_buf columns, params;
    enum yg_status rc;

    if (!s)
        return err->status;
    yg_buf_init(&columns, TEXT_MAX / 4);
    yg_buf_init(&params, TEXT_MAX / 4);
    yg_db_bind_text(s, 1, yg_str_of(t->name));
    while ((rc = yg_db_step(db, s, err)) == YG_OK && t->columns < YG_DB_PARAMS_MAX) {
        struct yg_str name = yg_db_bytes(s, 0), type = yg_db_bytes(s, 1);
        const char *comma = t->columns ? ", " : "";
        yg_buf_printf(&columns, "%s\"%.*s\"", comma, YG_STR_ARG(name));
        yg_buf_printf(&params, "%s?%d", comma, t->columns + 1);
        t->type[t->columns++] = type.n > 0 ? *type.p : 'B';
    }
    yg_db_reset(s);
    rc = rc == YG_EEND ? YG_OK : rc;
    if (rc == YG_OK &&
        (yg_buf_status(&columns) != YG_OK || yg_buf_status(&params) != YG_OK ||
         !put_text(t, &columns, &params)))
        rc = yg_err_set(err, YG_ENOMEM, "database: no memory for a copy");
    yg_buf_fini(&columns);
    yg_buf_fini(&params);
    return rc;
}

static enum yg_status look_at_tables(struct copying *c, struct yg_db *db,
                                     struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(db, NAMES, err);
    enum yg_status rc;

    if (!s)
        return err->status;
    while ((rc = yg_db_step(db, s, err)) == YG_OK && c->tables < TABLES_MAX) {
        struct yg_str name = yg_db_bytes(s, 0);
        if (yg_str_starts(name, YG_STR("sqlite_")))
            continue;
        snprintf(c->table[c->tables++].name, sizeof(c->table->name), "%.*s",
                 YG_STR_ARG(name));
    }
    yg_db_reset(s);
    rc = rc == YG_EEND ? YG_OK : rc;
    for (size_t i = 0; rc == YG_OK && i < c->tables; i++)
        rc = look_at_columns(db, &c->table[i], err);
    return rc;
}

/* ---- two databases ---------------------------------------------------------------- */

/* With one statement a table, of this kind. */
static enum yg_status open_one(struct copying *c, const char *where, struct yg_db **out,
                               struct yg_err *err)
{
    struct yg_db_options opt = c->of->opt;
    const bool source = where == c->of->where;

    opt.where = where;
    opt.statement = c->statement;
    opt.statements = c->tables * TEXTS;
    opt.create = !source;
    opt.read_only = source;
    opt.as_is = opt.alone = false;
    opt.remedy = NULL;
    opt.statement_ms = DAY_MS;
    for (size_t i = 0; i < c->tables * TEXTS; i++)
        c->statement[i] =
            (struct yg_db_text){ c->table[i / TEXTS].text[i % TEXTS], NULL };
    return yg_db_open(&opt, out, err);
}

/* The file with its empty tables, made by the schema's steps. */
static enum yg_status make(struct copying *c, struct yg_err *err)
{
    struct yg_db_options opt = c->of->opt;
    struct yg_db *db = NULL;

    opt.where = c->to;
    opt.statement = look;
    opt.statements = LOOKS;
    opt.create = true;
    opt.read_only = opt.as_is = opt.alone = false;
    opt.remedy = NULL;
    enum yg_status rc = yg_db_open(&opt, &db, err);
    if (rc == YG_OK)
        rc = look_at_tables(c, db, err);
    yg_db_close(db);
    return rc;
}

/* ---- rows ------------------------------------------------------------------------- */

static void bind(const struct table *t, struct yg_db_stmt *row, struct yg_db_stmt *to,
                 uint64_t *bytes)
{
    for (int i = 0; i < t->columns; i++) {
        struct yg_str v = { NULL, sizeof(int64_t) };
        if (yg_db_is_null(row, i)) {
            yg_db_bind_null(to, i + 1);
        } else if (t->type[i] == 'I') {
            yg_db_bind_int(to, i + 1, yg_db_int(row, i));
        } else if (t->type[i] == 'R') {
            yg_db_bind_real(to, i + 1, yg_db_real(row, i));
        } else {
            v = yg_db_bytes(row, i);
            (t->type[i] == 'T' ? yg_db_bind_text : yg_db_bind_blob)(to, i + 1, v);
        }
        *bytes += v.n;
    }
}

static enum yg_status put_row(struct copying *c, size_t at, struct yg_db_stmt *row,
                              struct yg_err *err)
{
    struct yg_db_stmt *to = yg_db_stmt(c->into, at * TEXTS + INSERT, err);

    if (!to)
        return err->status;
    bind(&c->table[at], row, to, &c->bytes);
    enum yg_status rc = yg_db_run(c->into, to, err);
    if (rc != YG_OK || c->bytes < COMMIT_BYTES)
        return rc;
    c->bytes = 0;
    rc = yg_db_commit(c->into, err);
    return rc == YG_OK ? yg_db_begin(c->into, true, err) : rc;
}

/* What a trigger has put there meanwhile goes first: such a table was made after the one
 * whose trigger it is. */
static enum yg_status copy_table(struct copying *c, size_t at, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(c->into, at * TEXTS + DELETE, err);
    enum yg_status rc = s ? yg_db_run(c->into, s, err) : err->status;

    if (rc != YG_OK)
        return rc;
    s = yg_db_stmt(c->from, at * TEXTS + SELECT, err);
    if (!s)
        return err->status;
    while ((rc = yg_db_step(c->from, s, err)) == YG_OK) {
        rc = put_row(c, at, s, err);
        if (rc != YG_OK)
            break;
    }
    yg_db_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

static enum yg_status copy_all(struct copying *c, struct yg_err *err)
{
    enum yg_status rc = make(c, err);

    if (rc == YG_OK)
        rc = open_one(c, c->of->where, &c->from, err);
    if (rc == YG_OK)
        rc = open_one(c, c->to, &c->into, err);
    if (rc == YG_OK)
        rc = yg_db_begin(c->from, false, err);
    if (rc == YG_OK)
        rc = yg_db_begin(c->into, true, err);
    for (size_t i = 0; rc == YG_OK && i < c->tables; i++)
        rc = copy_table(c, i, err);
    return rc == YG_OK ? yg_db_commit(c->into, err) : rc;
}

enum yg_status yg_db_copy_to(struct yg_db *db, const char *to, struct yg_err *err)
{
    struct copying c = { .of = db, .to = to };
    struct yg_err why = { 0 };

    if (access(to, F_OK) == 0)
        return yg_err_set(err, YG_EEXIST, "%s is there already", to);
    if (db->ops->kind == YG_DB_SQLITE)
        return yg_db_copy_file(db->where, to, err);
    c.table = calloc(TABLES_MAX, sizeof(*c.table));
    c.statement = calloc((size_t)TABLES_MAX * TEXTS, sizeof(*c.statement));
    enum yg_status rc = c.table && c.statement
                            ? copy_all(&c, &why)
                            : yg_err_set(&why, YG_ENOMEM, "database: out of memory");
    yg_db_close(c.from);
    yg_db_close(c.into); /* the last one out writes its log into the file, on disk */
    for (size_t i = 0; c.table && i < c.tables * TEXTS; i++)
        free(c.table[i / TEXTS].text[i % TEXTS]);
    free(c.table);
    free(c.statement);
    if (rc != YG_OK && err)
        *err = why;
    return rc;
}
