/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of store/store.h when things go wrong, and for merging and migration. */
#include "store_util.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- merging ------------------------------------------------------------------- */

static void merging_keeps_everything(void **state)
{
    struct fixture *f = *state;
    uint64_t n = 0, beta = 100000;
    size_t gone, all = 0;

    fixture_open(f);
    for (int i = 0; i < 100;
         i++) { /* blocks of 1 to 40 records, some large ones between */
        uint64_t more = i % 30 == 29 ? 1500 : (uint64_t)i % 40 + 1;
        add_range(f, ACME, n, n + more);
        add_range(f, BETA, beta, beta + 1);
        n += more;
        beta++;
        commit(f);
    }
    uint64_t before = stats(f).blocks;
    do {
        assert_ok(f, yg_store_merge(f->st, 64, &gone, &f->err));
        all += gone;
    } while (gone > 0);
    assert_true(all > 150);
    assert_int_equal(stats(f).blocks, before - all);
    for (int again = 0; again < 2; again++) {
        assert_history(f, ACME, 0, n);
        assert_history(f, BETA, 100000, beta);
        assert_int_equal(stats(f).alerts + stats(f).contexts + stats(f).undecodable,
                         n + 100);
        uint64_t bad;
        assert_ok(f, yg_store_check(f->st, &bad, &f->err));
        struct yg_store_record r = record_of(f, 777), got;
        assert_status(YG_EEXIST, yg_store_add(f->st, ACME, &r, &f->err));
        char hex[2 * YG_ID_SIZE + 1];
        yg_hex(r.id, YG_ID_SIZE, hex);
        assert_ok(f, yg_store_get(f->st, yg_str_of(hex), &f->arena, &got, NULL, &f->err));
        assert_record(f, &got, 777);
        fixture_reopen(f);
    }
    add_range(f, ACME, n, n + 10);
    commit(f);
    assert_history(f, ACME, 0, n + 10);
}

static void assert_found(struct fixture *f, uint64_t n, size_t digits)
{
    struct yg_store_record want = record_of(f, n), got;
    char hex[2 * YG_ID_SIZE + 1];

    yg_hex(want.id, YG_ID_SIZE, hex);
    assert_ok(f, yg_store_get(f->st, (struct yg_str){ hex, digits }, &f->arena, &got,
                              NULL, &f->err));
    assert_record(f, &got, n);
    yg_arena_clear(&f->arena);
}

/* Past the size of several segments, with blocks merged before and after. */
static void ids_are_found_in_a_long_history(void **state)
{
    enum { RECORDS = 150000, STEP = 90 };
    struct fixture *f = *state;
    size_t gone, all = 0;
    uint64_t bad;

    fixture_open(f);
    for (uint64_t n = 0; n < RECORDS; n += STEP) {
        uint64_t half = n + STEP / 3;
        add_range(f, n / STEP % 4 ? ACME : BETA, n, half);
        add_range(f, ACME, half, n + STEP < RECORDS ? n + STEP : RECORDS);
        commit(f);
        if (n % 7000 == 0)
            assert_ok(f, yg_store_merge(f->st, 40, &gone, &f->err));
    }
    assert_ok(f, yg_store_check(f->st, &bad, &f->err));
    for (int round = 0; round < 3; round++) {
        for (uint64_t n = 0; n < RECORDS; n += 97) {
            assert_found(f, n, 32);
            if (n % 10 == 0)
                assert_found(f, n, 12); /* 48 bits: no two of 150,000 meet */
        }
        assert_found(f, RECORDS - 1, 32);
        struct yg_store_record r = record_of(f, 1);
        unsigned char never[YG_ID_SIZE];
        id_of(RECORDS + 1, never);
        char hex[2 * YG_ID_SIZE + 1];
        yg_hex(never, YG_ID_SIZE, hex);
        assert_status(YG_ENOTFOUND,
                      yg_store_get(f->st, yg_str_of(hex), &f->arena, &r, NULL, &f->err));
        if (round == 0) {
            do {
                assert_ok(f, yg_store_merge(f->st, 1000, &gone, &f->err));
                all += gone;
            } while (gone > 0);
            assert_true(all > 100);
            assert_ok(f, yg_store_check(f->st, &bad, &f->err));
        } else {
            fixture_close(f);
            f->opt.read_only = true;
            fixture_open(f);
        }
    }
}

static void merging_waits_for_commits_and_scans(void **state)
{
    struct fixture *f = *state;
    struct yg_store_query q = { .tenant = ACME };
    struct yg_store_scan *s;
    size_t gone;

    fixture_open(f);
    for (uint64_t n = 0; n < 40; n++) {
        add_range(f, ACME, n, n + 1);
        commit(f);
    }
    add_range(f, ACME, 40, 41);
    assert_status(YG_EBUSY, yg_store_merge(f->st, 64, &gone, &f->err));
    commit(f);
    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    assert_status(YG_EBUSY, yg_store_merge(f->st, 64, &gone, &f->err));
    yg_store_scan_close(s);
    assert_ok(f, yg_store_merge(f->st, 1, &gone, &f->err));
    assert_int_equal(gone, 0);
    assert_ok(f, yg_store_merge(f->st, 64, &gone, &f->err));
    assert_int_equal(gone, 40);
    assert_history(f, ACME, 0, 41);
}

/* ---- damage -------------------------------------------------------------------- */

static void a_damaged_block_is_skipped_and_counted(void **state)
{
    static const char *const damage[] = {
        "UPDATE data SET raw = zeroblob(length(raw)) WHERE block = 2",
        "UPDATE data SET meta = CAST(x'00' || substr(meta, 2) AS BLOB) WHERE block = 2",
        "UPDATE ids SET ids = substr(ids, 17) WHERE block = 2",
        "UPDATE ids SET ids = (SELECT ids FROM ids WHERE block = 1) WHERE block = 2",
        "UPDATE filter SET bits = x'ff' WHERE block = 2",
        "UPDATE zone SET count = 7 WHERE block = 2",
        "UPDATE zone SET digest = x'' WHERE block = 2",
        "DELETE FROM data WHERE block = 2",
        "DELETE FROM ids WHERE block = 2",
        "DELETE FROM filter WHERE block = 2",
    };
    struct fixture *f = *state;

    fixture_open(f);
    for (uint64_t n = 0; n < 300; n += 100) {
        add_range(f, ACME, n, n + 100);
        commit(f);
    }
    fixture_close(f);
    sql(f, "CREATE TABLE keep AS SELECT * FROM zone;"
           "CREATE TABLE keep_f AS SELECT * FROM filter;"
           "CREATE TABLE keep_i AS SELECT * FROM ids;"
           "CREATE TABLE keep_d AS SELECT * FROM data");
    for (size_t i = 0; i < YG_ARRAY_LEN(damage); i++) {
        struct yg_store_query q = { .tenant = ACME };
        struct yg_store_scan *s;
        struct yg_store_record r;
        uint64_t bad;
        sql(f, damage[i]);
        fixture_open(f);
        assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
        for (uint64_t n = 0; n < 100; n++) {
            assert_ok(f, yg_store_scan_next(s, &r, &f->err));
            assert_record(f, &r, n);
        }
        f->err.msg[0] = '\0';
        assert_status(YG_ECORRUPT, yg_store_scan_next(s, &r, &f->err));
        assert_non_null(strstr(f->err.msg, "block 2"));
        for (uint64_t n = 200; n < 300; n++) {
            assert_ok(f, yg_store_scan_next(s, &r, &f->err));
            assert_record(f, &r, n);
        }
        assert_status(YG_EEND, yg_store_scan_next(s, &r, &f->err));
        yg_store_scan_close(s);
        assert_int_equal(stats(f).corrupt_blocks, 1);
        assert_status(YG_ECORRUPT, yg_store_check(f->st, &bad, &f->err));
        assert_int_equal(bad, 1);
        fixture_close(f);
        sql(f, "DELETE FROM zone; INSERT INTO zone SELECT * FROM keep;"
               "DELETE FROM filter; INSERT INTO filter SELECT * FROM keep_f;"
               "DELETE FROM ids; INSERT INTO ids SELECT * FROM keep_i;"
               "DELETE FROM data; INSERT INTO data SELECT * FROM keep_d");
    }
    fixture_open(f);
    assert_history(f, ACME, 0, 300);
}

static void merging_goes_around_damage(void **state)
{
    struct fixture *f = *state;
    struct yg_store_query q = { .tenant = ACME };
    struct yg_store_scan *s;
    struct yg_store_record r;
    size_t gone, bad = 0;
    uint64_t n = 0;

    fixture_open(f);
    for (; n < 100; n++) {
        add_range(f, ACME, n, n + 1);
        commit(f);
    }
    fixture_close(f);
    sql(f, "UPDATE data SET raw = x'00' WHERE block = 10 OR block = 60");
    fixture_open(f);
    do
        assert_ok(f, yg_store_merge(f->st, 1000, &gone, &f->err));
    while (gone > 0);
    assert_true(stats(f).blocks < 30);
    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    for (n = 0; n < 100; n++) {
        enum yg_status want = n == 9 || n == 59 ? YG_ECORRUPT : YG_OK;
        enum yg_status rc = yg_store_scan_next(s, &r, &f->err);
        assert_status(want, rc);
        bad += rc != YG_OK;
        if (rc == YG_OK)
            assert_record(f, &r, n);
    }
    assert_status(YG_EEND, yg_store_scan_next(s, &r, &f->err));
    yg_store_scan_close(s);
    assert_int_equal(bad, 2);
}

/* Every record read from a file with random damage is a record that was stored. */
static void random_damage_never_yields_wrong_records(void **state)
{
    struct fixture *f = *state;
    struct yg_rng rng;
    const uint64_t seed = 20260131;
    char path[128], copy[32 * 8192];

    print_message("# seed %llu\n", (unsigned long long)seed);
    yg_rng_init(&rng, seed);
    fixture_open(f);
    for (uint64_t n = 0; n < 400; n += 50) {
        add_range(f, ACME, n, n + 50);
        commit(f);
    }
    fixture_close(f);
    sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
    snprintf(path, sizeof(path), "%s/yagura.db", f->dir);
    int fd = open(path, O_RDWR);
    ssize_t size = read(fd, copy, sizeof(copy));
    assert_true(size > 8 * 8192 && (size_t)size < sizeof(copy));
    for (int round = 0; round < 60; round++) {
        struct yg_store_query q = { .tenant = ACME };
        struct yg_store_scan *s;
        struct yg_store_record r;
        assert_int_equal(pwrite(fd, copy, (size_t)size, 0), size);
        for (uint64_t i = yg_rng_below(&rng, 8) + 1; i > 0; i--) {
            char byte = (char)yg_rng_u64(&rng);
            off_t at = (off_t)yg_rng_below(&rng, (uint64_t)size);
            assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        }
        f->opt.read_only = round % 2;
        if (yg_store_open(f->dir, &f->opt, &f->st, &f->err) != YG_OK) {
            f->st = NULL;
            continue;
        }
        if (yg_store_scan_open(f->st, &q, &s, &f->err) == YG_OK) {
            enum yg_status rc;
            while ((rc = yg_store_scan_next(s, &r, &f->err)) != YG_EEND) {
                struct yg_str t = r.raw;
                uint64_t n = 0;
                if (rc != YG_OK)
                    continue;
                struct yg_str num = { t.p + 5, 0 };
                while (num.p[num.n] >= '0' && num.p[num.n] <= '9')
                    num.n++;
                assert_true(yg_str_u64(num, &n));
                assert_record(f, &r, n);
            }
            yg_store_scan_close(s);
        }
        fixture_close(f);
    }
    close(fd);
}

/* ---- migration ----------------------------------------------------------------- */

/* Without what later steps added. */
#define BACK_TO_VERSION_8                                                                \
    "DROP TABLE run_count;"                                                              \
    "DROP INDEX verdict_past;" NO_TIMES_OF_VERDICTS
#define BACK_TO_VERSION_6                                                                \
    BACK_TO_VERSION_8                                                                    \
    "DROP INDEX run_queue; DROP INDEX run_queue_tenant;"                                 \
    "ALTER TABLE run DROP COLUMN would;"                                                 \
    "CREATE INDEX run_queue ON run(state, max_risk DESC, rank DESC, first_ns, id);"      \
    "CREATE INDEX run_queue_tenant ON run(tenant, state, max_risk DESC, rank DESC,"      \
    " first_ns, id);"
#define BACK_TO_VERSION_5                                                                \
    BACK_TO_VERSION_6                                                                    \
    "DROP TABLE certificate; DROP TABLE standing_order; DROP TABLE chain;"               \
    "DROP TABLE audit; DROP TABLE stratum_day; DROP TABLE stratum;"                      \
    "DROP TABLE toss; DROP TABLE tossed_before; DROP TABLE audit_log;"
#define BACK_TO_VERSION_4 BACK_TO_VERSION_5 "DROP TABLE reopened;"
static const char back_to_version_5[] = BACK_TO_VERSION_5 "PRAGMA user_version = 5";
static const char back_to_version_4[] = BACK_TO_VERSION_4 "PRAGMA user_version = 4";
static const char back_to_version_1[] = BACK_TO_VERSION_4
    "DROP TABLE indexed; DROP TABLE place; DROP TABLE moved;"
    "ALTER TABLE data DROP COLUMN packets;"
    "DROP INDEX run_queue_tenant;"
    "ALTER TABLE tenant DROP COLUMN alerts; ALTER TABLE tenant DROP COLUMN contexts;"
    "ALTER TABLE tenant DROP COLUMN undecodable; ALTER TABLE tenant DROP COLUMN closed;"
    "ALTER TABLE tenant DROP COLUMN blocks; ALTER TABLE tenant DROP COLUMN raw_bytes;"
    "ALTER TABLE tenant DROP COLUMN first_ns; ALTER TABLE tenant DROP COLUMN last_ns;"
    "PRAGMA user_version = 1";

static void from_older(struct fixture *f, const char *back, const char *backup)
{
    struct yg_store_stats before, after;
    struct yg_store_options opt = f->opt;
    char path[128];
    struct stat file;

    f->without_packets = true; /* older versions have none */
    fixture_open(f);
    add_range(f, ACME, 0, 1000);
    add_range(f, BETA, 2000, 2010);
    commit(f);
    before = stats(f);
    fixture_close(f);
    sql_of_older(f, back);
    opt.read_only = true;
    assert_status(YG_EVERSION, yg_store_open(f->dir, &opt, &f->st, &f->err));
    assert_non_null(strstr(f->err.msg, "run `yagura doctor --data /"));
    fixture_open(f);
    after = stats(f);
    assert_int_equal(after.schema_version, before.schema_version);
    assert_int_equal(after.alerts, before.alerts);
    assert_int_equal(after.closed, 0); /* nothing was armed before version 7 */
    assert_int_equal(after.blocks, before.blocks);
    assert_int_equal(after.raw_bytes, before.raw_bytes);
    assert_history(f, ACME, 0, 1000);
    assert_history(f, BETA, 2000, 2010);
    snprintf(path, sizeof(path), "%s/%s", f->dir, backup);
    assert_int_equal(stat(path, &file), 0);
    assert_true(file.st_size > 8192);
    assert_int_equal(file.st_mode & 077, 0);
    fixture_reopen(f);
    assert_history(f, ACME, 0, 1000);
}

static void version_1_is_brought_forward(void **state)
{
    from_older(*state, back_to_version_1, "yagura-backup-v1.db");
}

static void version_4_is_brought_forward(void **state)
{
    from_older(*state, back_to_version_4, "yagura-backup-v4.db");
}

static void version_5_is_brought_forward(void **state)
{
    from_older(*state, back_to_version_5, "yagura-backup-v5.db");
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;
    char back[64];

    fixture_open(f);
    add_range(f, ACME, 0, 10);
    commit(f);
    snprintf(back, sizeof(back), "PRAGMA user_version = %d", stats(f).schema_version);
    fixture_close(f);
    sql(f, "PRAGMA user_version = 99");
    assert_status(YG_EVERSION, yg_store_open(f->dir, &f->opt, &f->st, &f->err));
    assert_non_null(strstr(f->err.msg, "99"));
    sql(f, back);
    sql(f, "PRAGMA application_id = 7");
    assert_status(YG_EFORMAT, yg_store_open(f->dir, &f->opt, &f->st, &f->err));
    sql(f, "PRAGMA application_id = 0x59475552");
    fixture_open(f);
    assert_history(f, ACME, 0, 10);
}

/* ---- kill -9 ------------------------------------------------------------------- */

#define BATCH 30

/* One batch: records, a run, a verdict; all of it or nothing. */
static void put_batch(struct fixture *f, uint64_t k)
{
    struct yg_queue_run run = { .tenant = ACME, .open = 1, .verdict = YG_LEVEL_NONE };
    struct yg_verdict v = { .level = YG_LEVEL_L1, .tenant = ACME };

    add_range(f, ACME, k * BATCH, (k + 1) * BATCH);
    id_of(k * BATCH, run.id);
    id_of(k * BATCH, v.alert);
    assert_ok(f, yg_store_run_put(f->st, &run, &f->err));
    assert_ok(f, yg_store_run_add(f->st, run.id, run.id, 1, &f->err));
    assert_ok(f, yg_store_verdict_put(f->st, &v, &f->err));
}

static void child(struct fixture *f, uint64_t from, int out)
{
    size_t gone;

    if (yg_store_open(f->dir, &f->opt, &f->st, &f->err) != YG_OK)
        _exit(2);
    for (uint64_t k = from;; k++) {
        put_batch(f, k);
        if (yg_store_commit(f->st, &f->err) != YG_OK ||
            write(out, &k, sizeof(k)) != sizeof(k))
            _exit(3);
        if (k % 7 == 0 && yg_store_merge(f->st, 64, &gone, &f->err) != YG_OK)
            _exit(4);
    }
}

static void kill_at_any_moment_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct yg_rng rng;
    const uint64_t seed = 4711;
    uint64_t done = 0; /* batches acknowledged */

    print_message("# seed %llu\n", (unsigned long long)seed);
    yg_rng_init(&rng, seed);
    /* A slow machine needs more rounds to get anything done between kills. */
    for (int round = 0; round < 40 || (done <= 10 && round < 2000); round++) {
        int pipes[2], status;
        uint64_t k, acked = done;
        assert_int_equal(pipe(pipes), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            child(f, done, pipes[1]);
        close(pipes[1]);
        usleep((useconds_t)yg_rng_below(&rng, 30000));
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        if (!WIFSIGNALED(status))
            fail_msg("the writer ended by itself: %d", WEXITSTATUS(status));
        while (read(pipes[0], &k, sizeof(k)) == sizeof(k))
            acked = k + 1;
        close(pipes[0]);
        fixture_open(f);
        struct yg_store_stats s = stats(f);
        uint64_t stored = s.alerts + s.contexts + s.undecodable;
        assert_int_equal(stored % BATCH, 0);
        done = stored / BATCH;
        assert_true(done == acked || done == acked + 1); /* killed before it could say */
        assert_int_equal(s.queue_waiting, done);
        assert_int_equal(s.verdicts, done);
        assert_int_equal(s.window_ids, stored);
        fixture_close(f);
    }
    fixture_open(f);
    assert_history(f, ACME, 0, done * BATCH);
    uint64_t bad;
    assert_ok(f, yg_store_check(f->st, &bad, &f->err));
    print_message("# %llu batches\n", (unsigned long long)done);
    assert_true(done > 10);
}

/* ---- disk full ----------------------------------------------------------------- */

static void a_full_database_refuses_whole_batches(void **state)
{
    struct fixture *f = *state;
    uint64_t k = 0;
    enum yg_status rc;

    f->opt.max_pages = 60;
    fixture_open(f);
    do {
        put_batch(f, k);
        rc = yg_store_commit(f->st, &f->err);
        k += rc == YG_OK;
    } while (rc == YG_OK && k < 10000);
    assert_status(YG_EIO, rc);
    assert_true(k > 5);
    assert_history(f, ACME, 0, k * BATCH);
    struct yg_store_record r = record_of(f, k * BATCH);
    assert_false(yg_store_has(f->st, r.id));
    assert_int_equal(stats(f).verdicts, k);
    fixture_reopen(f);
    assert_history(f, ACME, 0, k * BATCH);
    fixture_close(f);
    f->opt.max_pages = 0; /* somebody made room */
    fixture_open(f);
    put_batch(f, k);
    commit(f);
    assert_history(f, ACME, 0, (k + 1) * BATCH);
}

static void full_disk_child(struct fixture *f)
{
    struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY }, small = none;
    uint64_t k = 0;

    signal(SIGXFSZ, SIG_IGN);
    fixture_open(f);
    for (; k < 5; k++) {
        put_batch(f, k);
        commit(f);
    }
    small.rlim_cur = 300000; /* of every file: the write-ahead log meets it first */
    for (int round = 0; round < 3; round++) {
        enum yg_status rc;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        do {
            put_batch(f, k);
            rc = yg_store_commit(f->st, &f->err);
            k += rc == YG_OK;
        } while (rc == YG_OK && k < 10000);
        assert_status(YG_EIO, rc);
        assert_history(f, ACME, 0, k * BATCH);
        /* Room again: the same store goes on with the same batch. */
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
        put_batch(f, k++);
        commit(f);
        assert_history(f, ACME, 0, k * BATCH);
        small.rlim_cur += 200000;
    }
    fixture_reopen(f);
    assert_history(f, ACME, 0, k * BATCH);
    assert_int_equal(stats(f).verdicts, k);
    fixture_close(f);
}

static void a_full_disk_is_survived(void **state)
{
    struct fixture *f = *state;
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        full_disk_child(f);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(merging_keeps_everything),
        CASE(ids_are_found_in_a_long_history),
        CASE(merging_waits_for_commits_and_scans),
        CASE(a_damaged_block_is_skipped_and_counted),
        CASE(merging_goes_around_damage),
        CASE(kill_at_any_moment_loses_nothing),
    };
    static const struct CMUnitTest file[] = {
        CASE(random_damage_never_yields_wrong_records),
        CASE(version_1_is_brought_forward),
        CASE(version_4_is_brought_forward),
        CASE(version_5_is_brought_forward),
        CASE(a_newer_schema_is_refused_and_left_alone),
        CASE(a_full_database_refuses_whole_batches),
        CASE(a_full_disk_is_survived),
    };
    const struct cases c = { "store_hard", both, file, YG_ARRAY_LEN(both),
                             YG_ARRAY_LEN(file) };

    return run_on_both(&c);
}
