/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index_priv - what the parts of the packet index share: statements and their errors.
 * Private to index.c, index_file.c and index_ask.c.
 */
#ifndef YG_SPOOL_INDEX_PRIV_H
#define YG_SPOOL_INDEX_PRIV_H

#include "spool/index.h"

#include <sqlite3.h>

#define YG_FILE_COLUMNS                                                                  \
    "id, dev, ino, size, mtime, head, head_n, done, packets, bytes, passed, unpacked,"   \
    " state, path"

#define YG_ALIVE " AND file NOT IN (SELECT id FROM gone)"

/* OR REPLACE: a taken-over indexer may say a thing twice; nobody else does. */
#define YG_INDEX_QUERIES(X)                                                              \
    X(LIST_ADD, "INSERT OR REPLACE INTO list VALUES(?, ?)")                              \
    X(FLOW_ADD, "INSERT OR REPLACE INTO flow VALUES(?, ?, ?, ?, ?, ?)")                  \
    X(BEGAN_ADD, "INSERT OR REPLACE INTO began VALUES(?, ?, ?, ?, ?)")                   \
    X(FACE_ADD, "INSERT OR REPLACE INTO face VALUES(?, ?, ?, ?, ?, ?, ?, ?)")            \
    X(FACES, "SELECT at, id, shift, linktype, kind, resol, big FROM face"                \
             " WHERE file = ? ORDER BY at, id")                                          \
    X(FACES_FORGET, "DELETE FROM face WHERE file = ?")                                   \
    X(FILE, "SELECT " YG_FILE_COLUMNS " FROM file WHERE path = ?")                       \
    X(FILE_BY_ID, "SELECT " YG_FILE_COLUMNS " FROM file WHERE id = ?")                   \
    X(FILE_AFTER, "SELECT " YG_FILE_COLUMNS " FROM file WHERE id > ? ORDER BY id")       \
    X(FILE_SET,                                                                          \
      "INSERT OR REPLACE INTO file(" YG_FILE_COLUMNS ") VALUES(?1, ?2, ?3, ?4,"          \
      " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"                                         \
      " coalesce(?14, (SELECT path FROM file WHERE id = ?1)))")                          \
    X(FILE_FORGET, "DELETE FROM file WHERE id = ?")                                      \
    X(GONE_ADD, "INSERT OR REPLACE INTO gone VALUES(?, ?)")                              \
    X(SUMS, "SELECT count(*), coalesce(sum(state >= 4), 0),"                             \
            " coalesce(sum(state = 2 OR state = 3), 0), coalesce(sum(packets), 0),"      \
            " coalesce(sum(bytes), 0), coalesce(sum(passed), 0),"                        \
            " coalesce(sum(unpacked), 0) FROM file")                                     \
    X(GONE_SUM, "SELECT coalesce(sum(packets), 0), count(*) FROM gone")                  \
    X(SWEEP_LIST, "DELETE FROM list WHERE id IN (SELECT list FROM flow WHERE"            \
                  " key BETWEEN ?1 AND ?2 AND typeof(list) = 'integer'"                  \
                  " AND file IN (SELECT id FROM gone))")                                 \
    X(SWEEP_FLOW, "DELETE FROM flow WHERE key BETWEEN ?1 AND ?2"                         \
                  " AND file IN (SELECT id FROM gone)")                                  \
    X(SWEEP_BEGAN, "DELETE FROM began WHERE who BETWEEN ?1 AND ?2"                       \
                   " AND file IN (SELECT id FROM gone)")                                 \
    X(ROWS_UP, "SELECT last, file, at, first, list FROM flow WHERE key = ?"              \
               " AND last <= ?3 AND (last, file, at) > (?2, ?4, ?5)" YG_ALIVE            \
               " ORDER BY last, file, at")                                               \
    X(ROWS_DOWN,                                                                         \
      "SELECT last, file, at, first, list FROM flow WHERE key = ?"                       \
      " AND last BETWEEN ? AND ?" YG_ALIVE " ORDER BY last DESC, file DESC, at DESC")    \
    X(BEGAN_UP, "SELECT time, file, at, key FROM began WHERE who = ?"                    \
                " AND time BETWEEN ? AND ?" YG_ALIVE " ORDER BY time, file, at")         \
    X(BEGAN_DOWN,                                                                        \
      "SELECT time, file, at, key FROM began WHERE who = ?"                              \
      " AND time BETWEEN ? AND ?" YG_ALIVE " ORDER BY time DESC, file DESC, at DESC")    \
    X(LIST, "SELECT list FROM list WHERE id = ?")

enum yg_index_query {
#define X(id, sql) YG_IQ_##id,
    YG_INDEX_QUERIES(X)
#undef X
        YG_IQ_COUNT
};

struct yg_index {
    sqlite3 *h;
    int64_t next_list;
    sqlite3_stmt *stmt[YG_IQ_COUNT];
};

enum yg_status yg_index_fail(struct yg_index *ix, struct yg_err *err);
enum yg_status yg_index_exec(struct yg_index *ix, const char *sql,
                             struct yg_err *err) YG_MUST_USE;
/* NULL: `err` says why. Belongs to the index. */
sqlite3_stmt *yg_index_stmt(struct yg_index *ix, enum yg_index_query q,
                            struct yg_err *err);
/* YG_OK: a row; YG_EEND: none (and reset); else an error (reset). */
enum yg_status yg_index_step(struct yg_index *ix, sqlite3_stmt *s,
                             struct yg_err *err) YG_MUST_USE;
enum yg_status yg_index_run(struct yg_index *ix, sqlite3_stmt *s,
                            struct yg_err *err) YG_MUST_USE;

#endif
