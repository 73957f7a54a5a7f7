/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_util - what the tests of db/ share: a database for a case on either driver, with its
 * statements and steps.
 *
 * Header only, because a test is one source. Everything made is removed by the fixture.
 */
#ifndef YG_TESTS_DB_UTIL_H
#define YG_TESTS_DB_UTIL_H

#include "db/db.h"

/* After the project's headers, in cmocka's order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "both_util.h"

#define APPLICATION 0x54455354

/* id, text for both, PostgreSQL's own */
#define STATEMENTS(X)                                                                    \
    X(ITEM_ADD, "INSERT INTO item(id, n, r, t, b) VALUES(?1, ?2, ?3, ?4, ?5)", NULL)     \
    X(ITEM_GET, "SELECT n, r, t, b FROM item WHERE id = ?1", NULL)                       \
    X(ITEM_TEXT, "INSERT INTO item(t) VALUES(?1) RETURNING id, t", NULL)                 \
    X(ITEM_TEXTS, "INSERT INTO item(t) VALUES(?1), (?2), (?3) RETURNING id", NULL)       \
    X(ITEM_IDS, "SELECT id FROM item ORDER BY id", NULL)                                 \
    X(ITEMS_BY_TEXT, "SELECT t FROM item ORDER BY t NULLS FIRST", NULL)                  \
    X(ITEM_COUNT, "SELECT count(*) FROM item", NULL)                                     \
    X(ITEM_SUMS, "SELECT sum(n), sum(r), coalesce(max(n), 0), avg(r) FROM item", NULL)   \
    X(ITEM_DROP, "DELETE FROM item WHERE id <= ?1", NULL)                                \
    X(TALLY_ADD,                                                                         \
      "INSERT INTO tally(name, runs) VALUES(?1, ?2) "                                    \
      "ON CONFLICT(name) DO UPDATE SET runs = tally.runs + excluded.runs "               \
      "RETURNING runs",                                                                  \
      NULL)                                                                              \
    X(TALLY_TRY, "INSERT INTO tally(name, runs) VALUES(?1, ?2) ON CONFLICT DO NOTHING",  \
      NULL)                                                                              \
    X(TALLY_GET, "SELECT runs FROM tally WHERE name = ?1", NULL)                         \
    X(MANY,                                                                              \
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?1) "    \
      "SELECT i FROM c",                                                                 \
      NULL)                                                                              \
    X(WIDE, "SELECT zeroblob(?2) FROM item WHERE id <= ?1 ORDER BY id",                  \
      "SELECT decode(repeat('00', $2::int), 'hex') FROM item WHERE id <= $1 ORDER BY "   \
      "id")                                                                              \
    X(ODD_TEXT,                                                                          \
      "SELECT 'it''s ?1', \"n\", x'00ff', /* ?2 'c' */ '/*?1*/' -- ?1 'tail\n"           \
      "FROM item WHERE id = ?2 AND t = ?1",                                              \
      NULL)                                                                              \
    X(LOGIC, "SELECT id > ?1, CAST(n AS REAL), CAST(n AS TEXT) FROM item ORDER BY id",   \
      NULL)                                                                              \
    X(BROKEN, "SELECT id FROM nowhere", NULL)                                            \
    X(NO_SUCH_ROW, "UPDATE item SET n = 1 WHERE id = -1", NULL)                          \
    X(NOT_NULL, "INSERT INTO tally(name, runs) VALUES(?1, NULL)", NULL)                  \
    X(PIDS, "SELECT 0", "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'") \
    X(SLEEP, "SELECT ?1", "SELECT pg_sleep($1)")                                         \
    X(DECIMAL, "SELECT ?1", "SELECT $1::text::numeric")                                  \
    X(KIND, "SELECT typeof(?1)", "SELECT pg_typeof($1)::text")                           \
    X(MOMENT, "SELECT 1, 2", "SELECT 1, now()")                                          \
    X(TYPES, "SELECT 1",                                                                 \
      "SELECT (-7)::int2, -70000, (-1.5)::float4, true, 4000000000::oid, 'name'::name, " \
      "'v'::varchar(3)")                                                                 \
    X(TERMINATE, "SELECT ?1", "SELECT pg_terminate_backend($1::int)")

enum query {
#define X(id, sql, postgres) Q_##id,
    STATEMENTS(X)
#undef X
        QUERIES
};

static const struct yg_db_text statement[QUERIES] = {
#define X(id, sql, postgres) [Q_##id] = { sql, postgres },
    STATEMENTS(X)
#undef X
};

#define STEP_1                                                                           \
    "CREATE TABLE item(id INTEGER PRIMARY KEY, n INTEGER, r REAL, t TEXT, b BLOB)"       \
    " STRICT;"                                                                           \
    "CREATE TABLE tally(name TEXT PRIMARY KEY NOT NULL, runs INTEGER NOT NULL)"          \
    " STRICT, WITHOUT ROWID; CREATE UNIQUE INDEX item_one ON item(t) WHERE n = 1;"

static const struct yg_db_text step[] = {
    { STEP_1, NULL },
    { "ALTER TABLE item ADD COLUMN more BLOB NOT NULL DEFAULT x'00';"
      "UPDATE item SET n = coalesce(n, 0) + 1000;",
      NULL },
};

struct fixture {
    const struct target *target;
    char dir[64], where[160], part[48];
    struct yg_db_options opt;
    struct yg_db *db, *other;
    struct yg_arena arena;
    struct yg_err err;
};

#define assert_ok(f, call)                                                               \
    do {                                                                                 \
        enum yg_status st_ = (call);                                                     \
        if (st_ != YG_OK)                                                                \
            fail_msg("%s: %s: %s", #call, yg_status_name(st_), (f)->err.msg);            \
    } while (0)
#define assert_status(want, call)                                                        \
    assert_string_equal(yg_status_name(call), yg_status_name(want))

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->target = *state;
    snprintf(f->dir, sizeof(f->dir), "/tmp/yg_db_XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->where, sizeof(f->where), "%s/x.db", f->dir);
    if (f->target->kind == YG_DB_POSTGRES) {
        server_where(f->target->server, f->where, sizeof(f->where));
        /* a schema of its own, named as the folder is */
        snprintf(f->part, sizeof(f->part), "case_%u", f->target->server->cases++);
    }
    f->opt = (struct yg_db_options){
        .where = f->where,
        .part = f->part,
        .statement = statement,
        .statements = QUERIES,
        .step = step,
        .steps = 1,
        .application = APPLICATION,
        .create = true,
        .patience_ms = 10000,
    };
    yg_arena_init(&f->arena, (size_t)64 << 20);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    yg_db_close(f->other);
    yg_db_close(f->db);
    yg_arena_fini(&f->arena);
    remove_folder(f->dir);
    free(f);
    return 0;
}

static inline struct yg_db *open_db(struct fixture *f)
{
    struct yg_db *db = NULL;

    assert_ok(f, yg_db_open(&f->opt, &db, &f->err));
    return db;
}

static inline struct yg_db_stmt *stmt(struct fixture *f, struct yg_db *db, enum query q)
{
    struct yg_db_stmt *s = yg_db_stmt(db, q, &f->err);

    if (!s)
        fail_msg("statement %d: %s", (int)q, f->err.msg);
    return s;
}

/* The one number that a statement without parameters, or with this one, says. */
static inline int64_t ask(struct fixture *f, struct yg_db *db, enum query q)
{
    struct yg_db_stmt *s = stmt(f, db, q);

    assert_ok(f, yg_db_step(db, s, &f->err));
    int64_t v = yg_db_int(s, 0);
    yg_db_reset(s);
    return v;
}

static inline enum yg_status add_item(struct fixture *f, struct yg_db *db, int64_t id)
{
    struct yg_db_stmt *s = stmt(f, db, Q_ITEM_ADD);

    yg_db_bind_int(s, 1, id);
    yg_db_bind_int(s, 2, id * 10);
    return yg_db_run(db, s, &f->err);
}

/* Items of these ids in a transaction of its own. */
static inline void add_items(struct fixture *f, struct yg_db *db, int64_t from,
                             int64_t to)
{
    assert_ok(f, yg_db_begin(db, true, &f->err));
    for (int64_t id = from; id < to; id++)
        assert_ok(f, add_item(f, db, id));
    assert_ok(f, yg_db_commit(db, &f->err));
}

static inline enum yg_status add_tally(struct yg_db *db, const char *name, int64_t runs,
                                       int64_t *now, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(db, Q_TALLY_ADD, err);

    if (!s)
        return err->status;
    yg_db_bind_text(s, 1, yg_str_of(name));
    yg_db_bind_int(s, 2, runs);
    enum yg_status rc = yg_db_step(db, s, err);
    if (rc == YG_OK && now)
        *now = yg_db_int(s, 0);
    yg_db_reset(s);
    return rc;
}

#endif
