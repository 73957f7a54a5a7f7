/* SPDX-License-Identifier: Apache-2.0 */
/* db/db.h on a PostgreSQL server that is killed, restarted, and refuses. */
#include "db_util.h"

#include <pthread.h>

static struct server *server_of(struct fixture *f)
{
    return f->target->server;
}

/* As a process that is killed: nothing is written down any more. */
static void crash(struct fixture *f)
{
    server_stop(server_of(f), SIGKILL);
    nap_ms(100); /* its children see that, and go */
}

static void restart(struct fixture *f, const char *setting)
{
    server_stop(server_of(f), SIGINT);
    server_start(server_of(f), setting);
}

/* Opening does not wait, so that a wrong address is told at once. */
static struct yg_db *open_when_up(struct fixture *f)
{
    struct yg_db *db = NULL;

    for (int i = 0; i < 1000 && yg_db_open(&f->opt, &db, &f->err) != YG_OK; i++)
        nap_ms(20);
    if (!db)
        fail_msg("the server does not answer: %s", f->err.msg);
    return db;
}

/* ---- a server that goes away ------------------------------------------------------ */

static void a_server_killed_in_a_transaction(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    add_items(f, f->db, 1, 4);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_item(f, f->db, 4));
    crash(f);
    assert_status(YG_EIO, add_item(f, f->db, 5));
    assert_status(YG_EIO, add_item(f, f->db, 6));
    server_start(server_of(f), NULL);
    assert_status(YG_EIO, add_item(f, f->db, 7)); /* not in a transaction of its own */
    assert_status(YG_EIO, yg_db_commit(f->db, &f->err));
    add_items(f, f->db, 5, 6);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 4);
}

static void a_server_restarted_between_transactions(void **state)
{
    struct fixture *f = *state;
    uint64_t version;

    f->db = open_db(f);
    add_items(f, f->db, 1, 3);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 2);
    restart(f, NULL); /* a read finds out */
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 2);
    restart(f, NULL); /* a begin does */
    add_items(f, f->db, 3, 4);
    restart(f, NULL);
    assert_ok(f, yg_db_version(f->db, &version, &f->err));
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 3);
}

static void nobody_there_is_said_when_patience_is_over(void **state)
{
    struct fixture *f = *state;

    f->opt.patience_ms = 300;
    f->db = open_db(f);
    add_items(f, f->db, 1, 3);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_item(f, f->db, 3));
    crash(f);
    assert_status(YG_EIO, yg_db_commit(f->db, &f->err));
    assert_non_null(strstr(f->err.msg, "nobody knows"));
    assert_status(YG_EIO, yg_db_begin(f->db, true, &f->err));
    assert_status(YG_EIO, yg_db_step(f->db, stmt(f, f->db, Q_ITEM_COUNT), &f->err));
    assert_status(YG_EIO, yg_db_open(&f->opt, &f->other, &f->err));
    server_start(server_of(f), NULL);
    f->other = open_when_up(f);
    assert_ok(f, yg_db_begin(f->db, false, &f->err));
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 2);
}

/* ---- a commit that is cut off ----------------------------------------------------- */

static void a_commit_that_did_not_come_through(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    add_items(f, f->db, 1, 3);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_item(f, f->db, 3));
    crash(f);
    server_start(server_of(f), NULL);
    assert_status(YG_EIO, yg_db_commit(f->db, &f->err));
    assert_non_null(strstr(f->err.msg, "nothing of the transaction is kept"));
    add_items(f, f->db, 4, 5);

    /* the same, and somebody else's commit has its number */
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_item(f, f->db, 5));
    crash(f);
    server_start(server_of(f), NULL);
    f->other = open_when_up(f);
    add_items(f, f->other, 6, 7);
    assert_status(YG_EIO, yg_db_commit(f->db, &f->err));
    assert_non_null(strstr(f->err.msg, "nothing of the transaction is kept"));
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 4);
}

struct committer {
    struct fixture *f;
    struct yg_err err;
    enum yg_status rc;
};

static void *commit_it(void *arg)
{
    struct committer *c = arg;

    c->rc = yg_db_commit(c->f->db, &c->err);
    return NULL;
}

/* The server has committed and waits for a standby, which there is not, before it says
 * so; then the connection is cut. */
static void a_commit_whose_answer_is_lost(void **state)
{
    struct fixture *f = *state;
    struct committer c = { .f = f };
    pthread_t thread;
    int64_t pid = 0;

    f->db = open_db(f);
    add_items(f, f->db, 1, 3);
    restart(f, "synchronous_standby_names=nobody");
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_item(f, f->db, 3));
    f->other = open_db(f);
    assert_int_equal(pthread_create(&thread, NULL, commit_it, &c), 0);
    for (int i = 0; i < 500 && !pid; i++) {
        struct yg_db_stmt *s = stmt(f, f->other, Q_PIDS);
        if (yg_db_step(f->other, s, &f->err) == YG_OK)
            pid = yg_db_int(s, 0);
        yg_db_reset(s);
        nap_ms(20);
    }
    struct yg_db_stmt *s = stmt(f, f->other, Q_TERMINATE);
    yg_db_bind_int(s, 1, pid);
    assert_ok(f, yg_db_step(f->other, s, &f->err));
    assert_int_equal(yg_db_int(s, 0), 1);
    yg_db_reset(s);
    pthread_join(thread, NULL);
    restart(f, NULL);
    if (c.rc != YG_OK)
        fail_msg("%s", c.err.msg);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 3);
    add_items(f, f->db, 4, 5);
}

/* ---- what is refused -------------------------------------------------------------- */

static void addresses(void **state)
{
    static const struct {
        const char *what, *where; /* %s: the socket's folder */
        enum yg_status want;
        const char *says;
    } row[] = {
        { "a password", "postgresql://tester:secret@/postgres?host=%s", YG_EINVAL,
          ".pgpass" },
        { "a password apart", "postgresql:///postgres?host=%s&password=secret", YG_EINVAL,
          ".pgpass" },
        { "no address", "postgresql://%s:%%zz", YG_EINVAL, "postgresql://USER@HOST" },
        { "no such user", "postgresql://keyed@/postgres?host=%s/", YG_EINVAL, "look at" },
        { "no such database", "postgres://tester@/nowhere?host=%s", YG_EINVAL,
          "nowhere" },
        { "nobody there", "postgresql://tester@/postgres?host=%s&port=1", YG_EIO, "" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        char where[200];
        const char *at = strstr(row[i].where, "%s");
        snprintf(where, sizeof(where), "%.*s%s%s", (int)(at - row[i].where), row[i].where,
                 server_of(f)->dir, at + 2);
        f->opt.where = where;
        enum yg_status rc = yg_db_open(&f->opt, &f->db, &f->err);
        if (rc != row[i].want || !strstr(f->err.msg, row[i].says) ||
            strstr(f->err.msg, "secret"))
            fail_msg("%s: %s: %s", row[i].what, yg_status_name(rc), f->err.msg);
        assert_null(f->db);
    }
}

static void a_password_is_read_from_its_file(void **state)
{
    static const struct yg_db_text role[] = {
        { NULL, "CREATE ROLE keyed LOGIN PASSWORD 'of the test';"
                "GRANT CREATE ON DATABASE postgres TO keyed" },
    };
    struct fixture *f = *state;
    struct yg_db_options opt = f->opt;
    char path[128], where[200];

    opt.part = "roles";
    opt.step = role;
    assert_ok(f, yg_db_open(&opt, &f->other, &f->err));
    snprintf(where, sizeof(where), "postgresql:///postgres?host=%s&user=keyed",
             server_of(f)->dir);
    f->opt.where = where;
    snprintf(path, sizeof(path), "%s/pgpass", f->dir);
    setenv("PGPASSFILE", path, 1);
    assert_status(YG_EINVAL, yg_db_open(&f->opt, &f->db, &f->err));
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs("*:*:*:keyed:of the test\n", file);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
    f->db = open_db(f);
    unsetenv("PGPASSFILE");
    add_items(f, f->db, 1, 2);
    /* what another user's part holds is not ours to change */
    opt.where = where;
    opt.step = step;
    opt.steps = 2;
    struct yg_db *db = NULL;
    assert_int_not_equal(yg_db_open(&opt, &db, &f->err), YG_OK);
}

static void a_server_that_could_lose_what_is_committed(void **state)
{
    struct fixture *f = *state;

    restart(f, "fsync=off");
    for (int i = 0; i < 200; i++) {
        if (yg_db_open(&f->opt, &f->db, &f->err) == YG_EINVAL)
            break;
        nap_ms(20);
    }
    assert_non_null(strstr(f->err.msg, "fsync=off"));
    restart(f, NULL);
    f->db = open_when_up(f);
}

static void somebody_elses_tables(void **state)
{
    static const struct yg_db_text alien[] = {
        { NULL, "CREATE SCHEMA alien; CREATE TABLE alien.item(id INTEGER)" },
    };
    struct fixture *f = *state;
    struct yg_db_options opt = f->opt;

    opt.step = alien;
    assert_ok(f, yg_db_open(&opt, &f->other, &f->err));
    f->opt.part = "alien";
    assert_status(YG_EFORMAT, yg_db_open(&f->opt, &f->db, &f->err));
    f->opt.part = "No \"name";
    assert_status(YG_EINVAL, yg_db_open(&f->opt, &f->db, &f->err));
}

static void parts_are_apart(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    f->opt.part = "another";
    f->opt.patience_ms = 200;
    f->other = open_db(f);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_item(f, f->db, 1));
    add_items(f, f->other, 1, 3); /* does not wait */
    assert_ok(f, yg_db_commit(f->db, &f->err));
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 1);
    assert_int_equal(ask(f, f->other, Q_ITEM_COUNT), 2);
}

/* ---- limits and values ------------------------------------------------------------ */

static void a_statement_that_takes_too_long(void **state)
{
    struct fixture *f = *state;

    f->opt.statement_ms = 100;
    f->db = open_db(f);
    struct yg_db_stmt *s = stmt(f, f->db, Q_SLEEP);
    yg_db_bind_real(s, 1, 20);
    assert_status(YG_ELIMIT, yg_db_run(f->db, s, &f->err));
    yg_db_bind_real(s, 1, 0);
    assert_ok(f, yg_db_step(f->db, s, &f->err));
    assert_true(yg_db_is_null(s, 0));
}

static void rows_that_wait_have_a_limit(void **state)
{
    struct fixture *f = *state;
    const size_t size = 100000, most = 1 << 20;
    enum yg_status rc;
    size_t rows = 0;

    f->opt.held_max = most;
    f->db = open_db(f);
    add_items(f, f->db, 1, 20);
    for (int64_t want = 5; want <= 19; want += 14) {
        struct yg_db_stmt *s = stmt(f, f->db, Q_WIDE);
        yg_db_bind_int(s, 1, want);
        yg_db_bind_int(s, 2, (int64_t)size);
        assert_ok(f, yg_db_step(f->db, s, &f->err));
        assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 19);
        rows = 0;
        do {
            assert_int_equal(yg_db_bytes(s, 0).n, size);
            rows++;
        } while ((rc = yg_db_step(f->db, s, &f->err)) == YG_OK);
        assert_status(want == 5 ? YG_EEND : YG_ELIMIT, rc);
        assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 19);
    }
    /* the one that was read, and the first over the limit */
    assert_in_range(rows, most / size, most / size + 2);
}

static void decimal_numbers(void **state)
{
    static const struct {
        const char *text;
        enum { WHOLE, REAL, NOTHING } kind;
        int64_t i;
        double r;
    } row[] = {
        { "0", WHOLE, 0, 0 },
        { "1", WHOLE, 1, 1 },
        { "-1", WHOLE, -1, -1 },
        { "10000", WHOLE, 10000, 10000 },
        { "-120000000", WHOLE, -120000000, -120000000 },
        { "9223372036854775807", WHOLE, INT64_MAX, 0x1p63 },
        { "-9223372036854775808", WHOLE, INT64_MIN, -0x1p63 },
        { "9223372036854775808", REAL, INT64_MAX, 0x1p63 },
        { "0.5", REAL, 0, 0.5 },
        { "-12345.678", REAL, -12345, -12345.678 },
        { "0.00001", REAL, 0, 0.00001 },
        { "1e-20", REAL, 0, 1e-20 },
        { "1e30", REAL, INT64_MAX, 1e30 },
        { "-3e300", REAL, INT64_MIN, -3e300 },
        { "12345678901234567890123456789.5", REAL, INT64_MAX,
          12345678901234567890123456789.5 },
        { "100000000000000000000000000000000000000000000000000000000000000000000000000000"
          "0"
          "0000000000000000000000000000000.1",
          REAL, INT64_MAX, 1e109 },
        { "NaN", NOTHING, 0, 0 },
        { "Infinity", NOTHING, 0, 0 },
        { "-Infinity", NOTHING, 0, 0 },
    };
    struct fixture *f = *state;

    f->db = open_db(f);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_db_stmt *s = stmt(f, f->db, Q_DECIMAL);
        yg_db_bind_text(s, 1, yg_str_of(row[i].text));
        assert_ok(f, yg_db_step(f->db, s, &f->err));
        if (yg_db_int(s, 0) != row[i].i || yg_db_real(s, 0) != row[i].r ||
            yg_db_is_null(s, 0) != (row[i].kind == NOTHING))
            fail_msg("%s: %lld, %.17g", row[i].text, (long long)yg_db_int(s, 0),
                     yg_db_real(s, 0));
        yg_db_reset(s);
    }
}

static void other_types(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    struct yg_db_stmt *s = stmt(f, f->db, Q_TYPES);
    assert_ok(f, yg_db_step(f->db, s, &f->err));
    assert_int_equal(yg_db_int(s, 0), -7);
    assert_int_equal(yg_db_int(s, 1), -70000);
    assert_true(yg_db_real(s, 2) == -1.5);
    assert_int_equal(yg_db_int(s, 3), 1);
    assert_int_equal(yg_db_int(s, 4), 4000000000);
    assert_true(yg_str_eq(yg_db_bytes(s, 5), YG_STR("name")));
    assert_true(yg_str_eq(yg_db_bytes(s, 6), YG_STR("v")));
    assert_true(yg_db_is_null(s, 7)); /* there is none */
    assert_status(YG_EEND, yg_db_step(f->db, s, &f->err));
    assert_status(YG_EINVAL, yg_db_step(f->db, stmt(f, f->db, Q_MOMENT), &f->err));
    assert_non_null(strstr(f->err.msg, "column 1"));
}

/* What is bound decides the types, and may be another kind the next time. */
static void kinds_change(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    for (int i = 0; i < 3; i++) {
        struct yg_db_stmt *s = stmt(f, f->db, Q_KIND);
        yg_db_bind_text(s, 1, YG_STR("12"));
        assert_ok(f, yg_db_step(f->db, s, &f->err));
        assert_true(yg_str_eq(yg_db_bytes(s, 0), YG_STR("text")));
        yg_db_reset(s);
        yg_db_bind_int(s, 1, 12);
        assert_ok(f, yg_db_step(f->db, s, &f->err));
        assert_true(yg_str_eq(yg_db_bytes(s, 0), YG_STR("bigint")));
        yg_db_reset(s);
        assert_ok(f, yg_db_step(f->db, s, &f->err)); /* NULL is of the kind before */
        assert_true(yg_str_eq(yg_db_bytes(s, 0), YG_STR("bigint")));
        yg_db_reset(s);
        yg_db_bind_real(s, 1, 12);
        assert_ok(f, yg_db_step(f->db, s, &f->err));
        assert_true(yg_str_eq(yg_db_bytes(s, 0), YG_STR("double precision")));
    }
}

int main(void)
{
    static struct server server;
    const struct target post = { YG_DB_POSTGRES, &server };
    const char *why = "this build is without PostgreSQL";
    struct CMUnitTest tests[] = {
#define CASE(fn) { #fn, fn, fixture_setup, fixture_teardown, NULL }
        CASE(a_server_killed_in_a_transaction),
        CASE(a_server_restarted_between_transactions),
        CASE(nobody_there_is_said_when_patience_is_over),
        CASE(a_commit_that_did_not_come_through),
        CASE(a_commit_whose_answer_is_lost),
        CASE(addresses),
        CASE(a_password_is_read_from_its_file),
        CASE(a_server_that_could_lose_what_is_committed),
        CASE(somebody_elses_tables),
        CASE(parts_are_apart),
        CASE(a_statement_that_takes_too_long),
        CASE(rows_that_wait_have_a_limit),
        CASE(decimal_numbers),
        CASE(other_types),
        CASE(kinds_change),
#undef CASE
    };

    if (!yg_db_built(YG_DB_POSTGRES) || !server_ready(&server, &why)) {
        printf("1..0 # SKIP PostgreSQL: %s\n", why);
        server_end(&server);
        return 0;
    }
    for (size_t i = 0; i < YG_ARRAY_LEN(tests); i++)
        tests[i].initial_state = (void *)(uintptr_t)&post;
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed =
        _cmocka_run_group_tests("db on a server", tests, YG_ARRAY_LEN(tests), NULL, NULL);
    server_end(&server);
    return failed;
}
