/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_copy - a database's file as of one moment, while others read and write it.
 *
 * Read in one snapshot and written anew (VACUUM INTO), so the copy is whole, without a
 * write-ahead log, and without what was deleted. Writers go on; their log grows meanwhile
 * by what they write. Cost: about what copying the file costs. Any thread.
 */
#ifndef YG_DB_DB_COPY_H
#define YG_DB_DB_COPY_H

#include "base/err.h"
#include "db/db.h"

/* `to` must not exist; it is made with mode 0600 and on disk when this returns. YG_EIO,
 * YG_EBUSY, YG_ECORRUPT: what is there then is no copy. */
enum yg_status yg_db_copy_file(const char *from, const char *to,
                               struct yg_err *err) YG_MUST_USE;

/* The same of an open database, whichever it is, which is left as it is: of a server all
 * tables, read in one transaction and written row by row into a file of the same schema
 * that SQLite opens as if it had always been there. What was committed before is in it,
 * and nothing of what is committed later; about 3 times what copying a file costs. Who
 * has the database writes on; the server keeps what is deleted meanwhile. */
enum yg_status yg_db_copy_to(struct yg_db *db, const char *to,
                             struct yg_err *err) YG_MUST_USE;

#endif
