/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_util - what the tests of the store share: a store in a directory of its own,
 * records made from a number, and reading them back. On SQLite, or on the server that the
 * case is run on (both_util.h): then in a schema of its own.
 *
 * Header only, because a test is one source. Everything made is removed by the fixture.
 */
#ifndef YG_TESTS_STORE_UTIL_H
#define YG_TESTS_STORE_UTIL_H

#include "base/rng.h"
#include "db/db_dialect.h"
#include "store/store.h"

/* After the project's headers, in cmocka's order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "both_util.h"

#define T0   (INT64_C(1700000000) * YG_NS_PER_S)
#define ACME YG_STR("acme")
#define BETA YG_STR("beta")

struct fixture {
    struct server *server; /* NULL: SQLite */
    char where[160], part[32];
    char dir[64];
    struct yg_clock clock;
    struct yg_store_options opt;
    struct yg_store *st;
    struct yg_arena arena;
    struct yg_err err;
    char raw[4096]; /* of the record made last */
    bool without_packets;
};

#define assert_ok(f, call)                                                               \
    do {                                                                                 \
        enum yg_status st_ = (call);                                                     \
        if (st_ != YG_OK)                                                                \
            fail_msg("%s: %s: %s", #call, yg_status_name(st_), (f)->err.msg);            \
    } while (0)
#define assert_status(want, call)                                                        \
    assert_string_equal(yg_status_name(call), yg_status_name(want))

static inline void fixture_open(struct fixture *f)
{
    assert_null(f->st);
    assert_ok(f, yg_store_open(f->dir, &f->opt, &f->st, &f->err));
}

static inline void fixture_close(struct fixture *f)
{
    yg_store_close(f->st);
    f->st = NULL;
}

static inline void fixture_reopen(struct fixture *f)
{
    fixture_close(f);
    fixture_open(f);
}

/* A schema that is not there yet. */
static inline void another_part(struct fixture *f)
{
    snprintf(f->part, sizeof(f->part), "case_%u", f->server->cases++);
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const struct target *target = *state;

    snprintf(f->dir, sizeof(f->dir), "/tmp/yg_store_XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    f->clock = yg_clock_manual(T0);
    f->opt = (struct yg_store_options){ .create = true, .clock = &f->clock };
    if (target && target->server) {
        f->server = target->server;
        server_where(f->server, f->where, sizeof(f->where));
        f->opt.where = f->where;
        f->opt.part = f->part;
        another_part(f);
    }
    yg_arena_init(&f->arena, (size_t)256 << 20);
    *state = f;
    return 0;
}

/* A program of the server's folder, which ends well. */
static inline void server_sql(struct fixture *f, const char *text)
{
    char path[300];
    const char *function =
        "CREATE OR REPLACE FUNCTION zeroblob(n BIGINT) RETURNS BYTEA LANGUAGE sql AS "
        "'SELECT decode(repeat(''00'', n::int), ''hex'')'";
    struct yg_buf all;

    yg_buf_init(&all, 1 << 20);
    yg_buf_printf(&all, "SET search_path = %s; %s;", f->part, function);
    assert_ok(f, yg_db_dialect(text, false, &all, &f->err));
    snprintf(path, sizeof(path), "%s/psql", f->server->bin);
    const char *argv[] = { path, "-X",     "-q", "-v", "ON_ERROR_STOP=1",
                           "-d", f->where, "-c", NULL, NULL };
    argv[8] = yg_buf_cstr(&all);
    if (wait_for(start_program(path, argv, 0, 0)) != 0)
        fail_msg("psql: %s", argv[8]);
    yg_buf_fini(&all);
}

/* Behind the store's back, in the dialect of db/db.h (and zeroblob). */
static inline void sql(struct fixture *f, const char *text)
{
    char path[128];
    sqlite3 *db;

    assert_null(f->st);
    if (f->server) {
        server_sql(f, text);
        return;
    }
    snprintf(path, sizeof(path), "%s/yagura.db", f->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sqlite3_errmsg(db), text);
    sqlite3_close(db);
}

/* As version 14 kept what is any bytes: as TEXT. Then `text`, back to an older one. */
static inline void sql_of_older(struct fixture *f, const char *text)
{
    static const struct {
        const char *table, *column[8];
    } all[] = {
        { "source", { "tenant", "name", "format", "mapping", "header", "path" } },
        { "tenant", { "name" } },
        { "verdict", { "tenant", "reason", "note", "who", "incident" } },
        { "run",
          { "tenant", "signature", "entity", "source_ip", "destination_ip", "host",
            "device" } },
        { "run_count", { "tenant" } },
        { "certificate", { "tenant" } },
        { "standing_order", { "tenant", "who", "why" } },
        { "toss", { "tenant" } },
        { "audit", { "tenant", "who" } },
        { "stratum_day", { "tenant" } },
        { "stratum", { "tenant" } },
    };
    struct yg_buf b;

    yg_buf_init(&b, 1 << 20);
    yg_buf_printf(&b,
                  "DROP TABLE sum_hour; DROP TABLE sums_from; DROP INDEX run_named;"
                  "DROP INDEX run_alike; DROP TABLE forgotten; DROP TABLE index_stale;"
                  "DROP TRIGGER run_counted; DROP TRIGGER run_recounted;"
                  "DROP TRIGGER audit_waits; DROP TRIGGER audit_waited;"
                  "DROP INDEX run_blind; DROP INDEX run_blind_tenant;"
                  "DROP INDEX run_queue; DROP INDEX run_queue_tenant;"
                  "ALTER TABLE run DROP COLUMN blind;"
                  "CREATE INDEX run_queue ON run(state, (would > 0 AND would = open),"
                  " max_risk DESC, rank DESC, first_ns, id);"
                  "CREATE INDEX run_queue_tenant ON run(tenant, state, (would > 0 AND"
                  " would = open), max_risk DESC, rank DESC, first_ns, id);"
                  "CREATE TABLE counted(state INTEGER NOT NULL, tenant BLOB NOT NULL,"
                  " runs INTEGER NOT NULL, PRIMARY KEY(state, tenant)) STRICT,"
                  " WITHOUT ROWID;"
                  "INSERT INTO counted SELECT state, tenant, sum(runs) FROM run_count"
                  " GROUP BY 1, 2;"
                  "DROP TABLE run_count; ALTER TABLE counted RENAME TO run_count;"
                  "PRAGMA writable_schema = ON;");
    for (size_t i = 0; i < YG_ARRAY_LEN(all); i++)
        for (size_t k = 0; all[i].column[k]; k++)
            yg_buf_printf(
                &b,
                "UPDATE sqlite_schema SET sql = replace(replace(sql, ' %s BLOB',"
                " ' %s TEXT'), '(%s BLOB', '(%s TEXT') WHERE name = '%s';",
                all[i].column[k], all[i].column[k], all[i].column[k], all[i].column[k],
                all[i].table);
    yg_buf_printf(&b, "PRAGMA writable_schema = RESET;");
    for (size_t i = 0; i < YG_ARRAY_LEN(all); i++) {
        yg_buf_printf(&b, "UPDATE %s SET", all[i].table);
        for (size_t k = 0; all[i].column[k]; k++)
            yg_buf_printf(&b, "%s %s = CAST(%s AS TEXT)", k ? "," : "", all[i].column[k],
                          all[i].column[k]);
        yg_buf_printf(&b, ";");
    }
    yg_buf_printf(&b, "PRAGMA user_version = 14; %s", text);
    sql(f, yg_buf_cstr(&b));
    yg_buf_fini(&b);
}

/* What was made since version 11. */
#define NO_TIMES_OF_VERDICTS                                                             \
    "ALTER TABLE verdict DROP COLUMN put_ns; ALTER TABLE verdict DROP COLUMN left_ns;"   \
    "DROP TABLE facts; DROP INDEX zone_newest; DROP INDEX zone_newest_of;"

static inline struct yg_store_stats stats(struct fixture *f)
{
    struct yg_store_stats s = { 0 };

    assert_ok(f, yg_store_stats(f->st, &s, &f->err));
    return s;
}

/* Remove the closed store. */
static inline void fixture_wipe(struct fixture *f)
{
    static const char *const file[] = { "yagura.db", "yagura.db-wal", "yagura.db-shm",
                                        "lock" };
    char path[128];

    for (size_t i = 0; i < YG_ARRAY_LEN(file); i++) {
        snprintf(path, sizeof(path), "%s/%s", f->dir, file[i]);
        unlink(path);
    }
    for (int v = 1; v < 20; v++) {
        snprintf(path, sizeof(path), "%s/yagura-backup-v%d.db", f->dir, v);
        unlink(path);
    }
    if (f->server)
        another_part(f);
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    yg_store_close(f->st);
    yg_arena_fini(&f->arena);
    fixture_wipe(f);
    int rc = rmdir(f->dir);
    free(f);
    *state = NULL;
    return rc;
}

static inline void id_of(uint64_t n, unsigned char id[YG_ID_SIZE])
{
    yg_hash_id(YG_STR("test"), (struct yg_str){ (const char *)&n, sizeof(n) }, id);
}

/* Record `n`: every field depends on it, the text is like an alert's. */
static inline struct yg_store_record record_of(struct fixture *f, uint64_t n)
{
    int len = snprintf(
        f->raw, sizeof(f->raw),
        "{\"n\":%llu,\"src_ip\":\"10.0.%llu.%llu\",\"signature\":\"rule %llu\","
        "\"pad\":\"%.*s\"}",
        (unsigned long long)n, (unsigned long long)(n / 250 % 250),
        (unsigned long long)(n % 250), (unsigned long long)(n % 17), (int)(n % 300),
        "................................................"
        "................................................................"
        "................................................................"
        "................................................................"
        "................................................................");
    struct yg_store_record r = {
        .time_ns = T0 - (int64_t)(n % 1000) * YG_NS_PER_S,
        .received_ns = T0 + (int64_t)n,
        .source = (uint32_t)(n % 3 + 1),
        .kind = n % 5 == 4    ? YG_KIND_CONTEXT
                : n % 11 == 0 ? YG_KIND_UNDECODABLE
                              : YG_KIND_ALERT,
        .verdict = n % 7 == 0 ? (uint8_t)(n % YG_LEVEL_COUNT) : YG_LEVEL_NONE,
        .decision = n % 3 == 2 ? YG_DECISION_CLOSED : (uint8_t)(n % 3),
        .predicted = n % 2 ? YG_LEVEL_NONE : YG_LEVEL_L2,
        .risk = (uint32_t)(n * 2654435761U),
        .gates = (uint32_t)(n % 64),
        .key = { n % 17 + 1, yg_hash_pair(n % 250, 2), 0, yg_hash_pair(n, 4) },
        .raw = { f->raw, (size_t)len },
    };
    if (n % 13 == 0 && !f->without_packets) /* any bytes do for packets */
        r.packets = (struct yg_str){ f->raw, (size_t)len / 2 };
    id_of(n, r.id);
    return r;
}

static inline void add_range(struct fixture *f, struct yg_str tenant, uint64_t from,
                             uint64_t until)
{
    for (uint64_t n = from; n < until; n++) {
        struct yg_store_record r = record_of(f, n);
        assert_ok(f, yg_store_add(f->st, tenant, &r, &f->err));
    }
}

static inline void commit(struct fixture *f)
{
    assert_ok(f, yg_store_commit(f->st, &f->err));
}

static inline void assert_record(struct fixture *f, const struct yg_store_record *got,
                                 uint64_t n)
{
    struct yg_store_record want = record_of(f, n);

    assert_memory_equal(got->id, want.id, YG_ID_SIZE);
    assert_int_equal(got->time_ns, want.time_ns);
    assert_int_equal(got->received_ns, want.received_ns);
    assert_int_equal(got->source, want.source);
    assert_int_equal(got->kind, want.kind);
    assert_int_equal(got->verdict, want.verdict);
    assert_int_equal(got->decision, want.decision);
    assert_int_equal(got->predicted, want.predicted);
    assert_int_equal(got->risk, want.risk);
    assert_int_equal(got->gates, want.gates);
    assert_memory_equal(got->key, want.key, sizeof(want.key));
    assert_int_equal(got->raw.n, want.raw.n);
    assert_memory_equal(got->raw.p, want.raw.p, want.raw.n);
    assert_true(yg_str_eq(got->packets, want.packets));
}

/* All of a tenant's records are from..until-1, in this order. */
static inline void assert_history(struct fixture *f, struct yg_str tenant, uint64_t from,
                                  uint64_t until)
{
    struct yg_store_query q = { .tenant = tenant };
    struct yg_store_scan *s;
    struct yg_store_record r;

    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    for (uint64_t n = from; n < until; n++) {
        assert_ok(f, yg_store_scan_next(s, &r, &f->err));
        assert_record(f, &r, n);
    }
    assert_status(YG_EEND, yg_store_scan_next(s, &r, &f->err));
    assert_status(YG_EEND, yg_store_scan_next(s, &r, &f->err));
    yg_store_scan_close(s);
}

#endif
