/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_dialect - a statement in the dialect of db/db.h, as PostgreSQL has it.
 *
 * Word by word, without a grammar: literals, quoted names and comments are known, so that
 * nothing in them is taken for a word. Done once a statement. Pure.
 *
 *      ?1                           $1
 *      x'00ff'                      '\x00ff'::bytea
 *      -- to the end, and such      a blank
 *      INTEGER REAL BLOB            BIGINT DOUBLE PRECISION BYTEA
 *   in steps of the schema also
 *      TEXT                         TEXT COLLATE "C", which orders bytes
 *      INTEGER PRIMARY KEY          the same, and it counts by itself
 *      ) STRICT, WITHOUT ROWID      )
 */
#ifndef YG_DB_DB_DIALECT_H
#define YG_DB_DB_DIALECT_H

#include "base/buf.h"
#include "base/err.h"

/* Append the text. YG_EINVAL: a ? without a number, a literal that does not end;
 * YG_ENOMEM and YG_ELIMIT as of the buffer. */
enum yg_status yg_db_dialect(const char *sql, bool schema, struct yg_buf *out,
                             struct yg_err *err) YG_MUST_USE;

/* The largest n of all $n in a text of PostgreSQL's own; it does not know $$ literals. */
int yg_db_dialect_params(const char *sql);

#endif
