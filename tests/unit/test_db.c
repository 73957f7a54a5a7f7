/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of db/db.h on both drivers: every case runs on SQLite and on a PostgreSQL
 * server of its own. What only one of them has is in
 * test_db_file.c and test_db_server.c. */
#include "db_util.h"

#include <float.h>
#include <math.h>
#include <pthread.h>

/* ---- values ---------------------------------------------------------------------- */

static void values_come_back_as_they_were(void **state)
{
    static const struct {
        int64_t n;
        double r;
        struct yg_str t, b;
    } row[] = {
        { 0, 0, { "", 0 }, { "", 0 } },
        { INT64_MIN,
          DBL_MAX,
          { "\xe8\x89\xa6\xe8\xbb\x8a \xf0\x9f\x9a\xa8", 11 },
          { "\0\xff\0", 3 } },
        { INT64_MAX, -DBL_MAX, { "it's \\ \"quoted\" $1 ?1", 21 }, { "\0", 1 } },
        { -1, DBL_TRUE_MIN, { "\n\t\x01\x7f", 4 }, { "\\x00'", 5 } },
        { 1, -DBL_MIN, { "-- x", 4 }, { "\x80", 1 } },
        { INT64_C(1) << 53, 0.1, { " ", 1 }, { "''", 2 } },
        { 42, INFINITY, { "x", 1 }, { "y", 1 } },
        { 43, -INFINITY, { "x", 1 }, { "y", 1 } },
    };
    struct fixture *f = *state;

    f->db = open_db(f);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_db_stmt *s = stmt(f, f->db, Q_ITEM_ADD);
        yg_db_bind_int(s, 1, (int64_t)i + 1);
        yg_db_bind_int(s, 2, row[i].n);
        yg_db_bind_real(s, 3, row[i].r);
        yg_db_bind_text(s, 4, row[i].t);
        yg_db_bind_blob(s, 5, row[i].b);
        assert_ok(f, yg_db_run(f->db, s, &f->err));
        assert_int_equal(yg_db_changes(f->db), 1);
    }
    assert_ok(f, yg_db_commit(f->db, &f->err));
    f->other = open_db(f);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_db_stmt *s = stmt(f, f->other, Q_ITEM_GET);
        struct yg_str copy;
        yg_db_bind_int(s, 1, (int64_t)i + 1);
        assert_ok(f, yg_db_step(f->other, s, &f->err));
        assert_true(yg_db_int(s, 0) == row[i].n);
        assert_memory_equal(&(double){ yg_db_real(s, 1) }, &row[i].r, sizeof(double));
        assert_true(yg_str_eq(yg_db_bytes(s, 2), row[i].t));
        assert_true(yg_db_copy(s, 3, &f->arena, &copy) && yg_str_eq(copy, row[i].b));
        for (int c = 0; c < 4; c++)
            assert_false(yg_db_is_null(s, c));
        assert_status(YG_EEND, yg_db_step(f->other, s, &f->err));
    }
}

static void null_is_not_empty(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    struct yg_db_stmt *s = stmt(f, f->db, Q_ITEM_ADD);
    yg_db_bind_int(s, 1, 1);
    yg_db_bind_real(s, 3, NAN); /* NULL to SQLite, so to both */
    yg_db_bind_null(s, 4);
    assert_ok(f, yg_db_run(f->db, s, &f->err));
    yg_db_bind_int(s, 1, 2); /* what was bound is forgotten; the kinds may be others */
    yg_db_bind_int(s, 2, 5);
    yg_db_bind_real(s, 3, 1.5);
    yg_db_bind_text(s, 4, YG_STR_NONE);
    yg_db_bind_blob(s, 5, YG_STR_NONE);
    assert_ok(f, yg_db_run(f->db, s, &f->err));
    yg_db_bind_int(s, 1, 3);
    assert_ok(f, yg_db_run(f->db, s, &f->err));
    assert_ok(f, yg_db_commit(f->db, &f->err));
    for (int64_t id = 1; id <= 3; id++) {
        s = stmt(f, f->db, Q_ITEM_GET);
        yg_db_bind_int(s, 1, id);
        assert_ok(f, yg_db_step(f->db, s, &f->err));
        for (int c = 0; c < 4; c++) {
            assert_true(yg_db_is_null(s, c) == (id != 2));
            assert_int_equal(yg_db_bytes(s, c).n, 0);
            assert_non_null(yg_db_bytes(s, c).p);
        }
        assert_int_equal(yg_db_int(s, 0), id == 2 ? 5 : 0);
        assert_true(yg_db_real(s, 1) == (id == 2 ? 1.5 : 0));
        yg_db_reset(s);
    }
}

static void numbers_are_read_as_either_kind(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    for (int i = 1; i <= 3; i++) {
        struct yg_db_stmt *s = stmt(f, f->db, Q_ITEM_ADD);
        yg_db_bind_int(s, 1, i);
        yg_db_bind_int(s, 2, i == 1 ? INT64_C(-9000000000000000000) : 30001);
        yg_db_bind_real(s, 3, 1e300);
        assert_ok(f, yg_db_run(f->db, s, &f->err));
    }
    assert_ok(f, yg_db_commit(f->db, &f->err));
    /* sums of whole numbers are numeric to PostgreSQL, and so are their means */
    struct yg_db_stmt *s = stmt(f, f->db, Q_ITEM_SUMS);
    assert_ok(f, yg_db_step(f->db, s, &f->err));
    assert_true(yg_db_int(s, 0) == INT64_C(-8999999999999939998));
    assert_true(yg_db_real(s, 0) == -8999999999999939998.0);
    assert_true(yg_db_real(s, 1) == 1e300 + 1e300 + 1e300);
    assert_true(yg_db_int(s, 1) == INT64_MAX);
    assert_true(yg_db_int(s, 2) == 30001);
    assert_true(yg_db_real(s, 3) == 1e300);
    yg_db_reset(s);
    s = stmt(f, f->db, Q_LOGIC);
    yg_db_bind_int(s, 1, 2);
    for (int i = 1; i <= 3; i++) {
        assert_ok(f, yg_db_step(f->db, s, &f->err));
        assert_int_equal(yg_db_int(s, 0), i > 2);
        assert_true(yg_db_real(s, 1) == (i == 1 ? -9e18 : 30001));
        if (i > 1)
            assert_true(yg_str_eq(yg_db_bytes(s, 2), YG_STR("30001")));
    }
    yg_db_reset(s);
}

static void text_is_utf8_without_nul(void **state)
{
    static const struct {
        const char *what;
        struct yg_str t;
    } bad[] = {
        { "NUL", { "a\0b", 3 } },           { "cut short", { "\xe8\x89", 2 } },
        { "overlong", { "\xc0\x80", 2 } },  { "surrogate", { "\xed\xa0\x80", 3 } },
        { "Latin-1", { "caf\xe9 au", 7 } },
    };
    struct fixture *f = *state;

    f->db = open_db(f);
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++) {
        assert_ok(f, yg_db_begin(f->db, true, &f->err));
        struct yg_db_stmt *s = stmt(f, f->db, Q_ITEM_TEXT);
        yg_db_bind_text(s, 1, bad[i].t);
        assert_status(YG_EFORMAT, yg_db_run(f->db, s, &f->err));
        yg_db_rollback(f->db);
    }
    add_items(f, f->db, 1, 2);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 1);
}

static void texts_are_ordered_as_bytes(void **state)
{
    static const char *const in[] = { "b", "B", "a", "\xc3\xa4", "Z", "", "a b", "a-b" };
    static const char *const out[] = { "", "B", "Z", "a", "a b", "a-b", "b", "\xc3\xa4" };
    struct fixture *f = *state;

    f->db = open_db(f);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    for (size_t i = 0; i < YG_ARRAY_LEN(in); i++) {
        struct yg_db_stmt *s = stmt(f, f->db, Q_ITEM_TEXT);
        yg_db_bind_text(s, 1, yg_str_of(in[i]));
        assert_ok(f, yg_db_step(f->db, s, &f->err));
        assert_true(yg_str_eq(yg_db_bytes(s, 1), yg_str_of(in[i])));
        assert_int_equal(yg_db_int(s, 0), i + 1); /* counts by itself */
        yg_db_reset(s);
    }
    assert_ok(f, yg_db_commit(f->db, &f->err));
    struct yg_db_stmt *s = stmt(f, f->db, Q_ITEMS_BY_TEXT);
    for (size_t i = 0; i < YG_ARRAY_LEN(out); i++) {
        assert_ok(f, yg_db_step(f->db, s, &f->err));
        assert_true(yg_str_eq(yg_db_bytes(s, 0), yg_str_of(out[i])));
    }
    assert_status(YG_EEND, yg_db_step(f->db, s, &f->err));
}

static void literals_and_comments_are_left_alone(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    struct yg_db_stmt *s = stmt(f, f->db, Q_ITEM_TEXT);
    yg_db_bind_text(s, 1, YG_STR("x"));
    assert_ok(f, yg_db_run(f->db, s, &f->err));
    assert_ok(f, yg_db_commit(f->db, &f->err));
    s = stmt(f, f->db, Q_ODD_TEXT);
    yg_db_bind_text(s, 1, YG_STR("x"));
    yg_db_bind_int(s, 2, 1);
    assert_ok(f, yg_db_step(f->db, s, &f->err));
    assert_true(yg_str_eq(yg_db_bytes(s, 0), YG_STR("it's ?1")));
    assert_true(yg_db_is_null(s, 1));
    assert_true(yg_str_eq(yg_db_bytes(s, 2), (struct yg_str){ "\0\xff", 2 }));
    assert_true(yg_str_eq(yg_db_bytes(s, 3), YG_STR("/*?1*/")));
    assert_status(YG_EEND, yg_db_step(f->db, s, &f->err));
}

/* ---- transactions ---------------------------------------------------------------- */

static void what_is_rolled_back_is_gone(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    add_items(f, f->db, 1, 3);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_item(f, f->db, 3));
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 3);
    yg_db_rollback(f->db);
    yg_db_rollback(f->db); /* does nothing */
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 2);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_item(f, f->db, 3));
    yg_db_close(f->db); /* with it the transaction */
    f->db = open_db(f);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 2);
    assert_status(YG_EINVAL, yg_db_commit(f->db, &f->err));
    assert_ok(f, yg_db_begin(f->db, false, &f->err));
    assert_status(YG_EINVAL, yg_db_begin(f->db, true, &f->err));
}

static void changes_need_a_transaction_that_writes(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    assert_status(YG_EINVAL, add_item(f, f->db, 1));
    assert_ok(f, yg_db_begin(f->db, false, &f->err));
    assert_status(YG_EINVAL, add_item(f, f->db, 1));
    assert_status(YG_EINVAL, yg_db_commit(f->db, &f->err));
    add_items(f, f->db, 1, 2);
    f->opt.read_only = true;
    f->other = open_db(f);
    assert_int_equal(ask(f, f->other, Q_ITEM_COUNT), 1);
    assert_status(YG_EINVAL, yg_db_begin(f->other, true, &f->err));
    assert_status(YG_EINVAL, add_item(f, f->other, 2));
    assert_ok(f, yg_db_begin(f->other, false, &f->err));
    assert_int_equal(ask(f, f->other, Q_ITEM_COUNT), 1);
    assert_ok(f, yg_db_commit(f->other, &f->err));
}

static void a_failure_fails_the_transaction(void **state)
{
    struct fixture *f = *state;
    uint64_t version;

    f->db = open_db(f);
    add_items(f, f->db, 1, 2);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_item(f, f->db, 2));
    assert_status(YG_EEXIST, add_item(f, f->db, 1));
    assert_status(YG_EEXIST, add_item(f, f->db, 3));
    struct yg_db_stmt *s = stmt(f, f->db, Q_ITEM_COUNT);
    assert_status(YG_EEXIST, yg_db_step(f->db, s, &f->err));
    assert_status(YG_EEXIST, yg_db_version(f->db, &version, &f->err));
    assert_status(YG_EEXIST, yg_db_commit(f->db, &f->err));
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 1);

    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    s = stmt(f, f->db, Q_NOT_NULL);
    yg_db_bind_text(s, 1, YG_STR("a"));
    assert_status(YG_EINVAL, yg_db_run(f->db, s, &f->err));
    yg_db_rollback(f->db);
    add_items(f, f->db, 2, 3);
}

static void a_statement_that_is_wrong_says_so(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    struct yg_db_stmt *s = yg_db_stmt(f->db, Q_BROKEN, &f->err);
    enum yg_status rc = s ? yg_db_run(f->db, s, &f->err) : f->err.status;
    assert_status(YG_EINVAL, rc);
    if (!strstr(f->err.msg, "nowhere"))
        fail_msg("%s", f->err.msg);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 0);
}

static void conflicts_are_merged_and_rows_returned(void **state)
{
    struct fixture *f = *state;
    int64_t now = 0;

    f->db = open_db(f);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_tally(f->db, "a", 5, &now, &f->err));
    assert_int_equal(now, 5);
    assert_ok(f, add_tally(f->db, "a", -7, &now, &f->err));
    assert_int_equal(now, -2);
    struct yg_db_stmt *s = stmt(f, f->db, Q_TALLY_TRY);
    yg_db_bind_text(s, 1, YG_STR("a"));
    yg_db_bind_int(s, 2, 9);
    assert_ok(f, yg_db_run(f->db, s, &f->err));
    assert_int_equal(yg_db_changes(f->db), 0);
    yg_db_bind_text(s, 1, YG_STR("b"));
    yg_db_bind_int(s, 2, 9);
    assert_ok(f, yg_db_run(f->db, s, &f->err));
    assert_int_equal(yg_db_changes(f->db), 1);
    /* all rows are there, though only the first was read */
    s = stmt(f, f->db, Q_ITEM_TEXTS);
    for (int i = 1; i <= 3; i++)
        yg_db_bind_text(s, i, YG_STR("x"));
    assert_ok(f, yg_db_step(f->db, s, &f->err));
    yg_db_reset(s);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 3);
    assert_ok(f, yg_db_run(f->db, stmt(f, f->db, Q_NO_SUCH_ROW), &f->err));
    assert_int_equal(yg_db_changes(f->db), 0);
    s = stmt(f, f->db, Q_ITEM_DROP);
    yg_db_bind_int(s, 1, 2);
    assert_ok(f, yg_db_run(f->db, s, &f->err));
    assert_int_equal(yg_db_changes(f->db), 2);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 1);
    assert_int_equal(yg_db_changes(f->db), 2); /* of the last that changes */
    assert_ok(f, yg_db_commit(f->db, &f->err));
}

static void a_reader_sees_one_moment(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    f->other = open_db(f);
    add_items(f, f->db, 1, 3);
    assert_ok(f, yg_db_begin(f->other, false, &f->err));
    assert_int_equal(ask(f, f->other, Q_ITEM_COUNT), 2);
    add_items(f, f->db, 3, 10);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 9);
    assert_int_equal(ask(f, f->other, Q_ITEM_COUNT), 2);
    assert_ok(f, yg_db_commit(f->other, &f->err));
    assert_int_equal(ask(f, f->other, Q_ITEM_COUNT), 9);
    /* also that of one statement, without a transaction */
    struct yg_db_stmt *s = stmt(f, f->other, Q_ITEM_IDS);
    assert_ok(f, yg_db_step(f->other, s, &f->err));
    add_items(f, f->db, 10, 20);
    for (int i = 1; i < 9; i++)
        assert_ok(f, yg_db_step(f->other, s, &f->err));
    assert_status(YG_EEND, yg_db_step(f->other, s, &f->err));
    assert_int_equal(ask(f, f->other, Q_ITEM_COUNT), 19);
}

static void statements_run_while_another_is_read(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    add_items(f, f->db, 1, 2000);
    for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
        if (in_transaction)
            assert_ok(f, yg_db_begin(f->db, false, &f->err));
        struct yg_db_stmt *all = stmt(f, f->db, Q_ITEM_IDS);
        for (int64_t id = 1; id < 2000; id++) {
            assert_ok(f, yg_db_step(f->db, all, &f->err));
            assert_int_equal(yg_db_int(all, 0), id);
            if (id % 7 != 0)
                continue;
            struct yg_db_stmt *one = stmt(f, f->db, Q_ITEM_GET);
            yg_db_bind_int(one, 1, id);
            assert_ok(f, yg_db_step(f->db, one, &f->err));
            assert_int_equal(yg_db_int(one, 0), id * 10);
            assert_int_equal(yg_db_int(all, 0), id);
            yg_db_reset(one);
        }
        assert_status(YG_EEND, yg_db_step(f->db, all, &f->err));
    }
    /* left in the middle, again and again */
    for (int i = 0; i < 20; i++) {
        assert_ok(f, yg_db_step(f->db, stmt(f, f->db, Q_ITEM_IDS), &f->err));
        assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 1999);
    }
    assert_ok(f, yg_db_commit(f->db, &f->err));
    for (int i = 0; i < 3; i++) {
        struct yg_db_stmt *s = stmt(f, f->db, Q_MANY);
        yg_db_bind_int(s, 1, 2000000);
        assert_ok(f, yg_db_step(f->db, s, &f->err));
        assert_int_equal(yg_db_int(s, 0), 1);
        yg_db_reset(s);
        assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 1999);
    }
}

static void the_version_tells_of_others_only(void **state)
{
    struct fixture *f = *state;
    uint64_t before, now;

    f->db = open_db(f);
    f->other = open_db(f);
    assert_ok(f, yg_db_version(f->db, &before, &f->err));
    add_items(f, f->db, 1, 5);
    add_items(f, f->db, 5, 6);
    assert_ok(f, yg_db_version(f->db, &now, &f->err));
    assert_int_equal(now, before);
    add_items(f, f->other, 6, 7);
    assert_ok(f, yg_db_version(f->db, &now, &f->err));
    assert_int_not_equal(now, before);
    before = now;
    assert_ok(f, yg_db_begin(f->other, true, &f->err));
    assert_ok(f, add_item(f, f->other, 7));
    yg_db_rollback(f->other);
    assert_ok(f, yg_db_version(f->db, &now, &f->err));
    assert_int_equal(now, before);
}

/* ---- several at once ------------------------------------------------------------- */

static void who_waits_too_long_is_told(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    f->opt.patience_ms = 50;
    f->other = open_db(f);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    assert_ok(f, add_item(f, f->db, 1));
    assert_status(YG_EBUSY, yg_db_begin(f->other, true, &f->err));
    assert_int_equal(ask(f, f->other, Q_ITEM_COUNT), 0); /* readers do not wait */
    assert_ok(f, yg_db_commit(f->db, &f->err));
    add_items(f, f->other, 2, 3);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 2);
}

#define WRITERS 3
#define ROUNDS  15

struct writer {
    pthread_t thread;
    struct fixture *f;
    enum yg_status rc;
    struct yg_err err;
};

/* Reads and then writes what it read, which is lost when two do so at the same time. */
static enum yg_status add_one(struct yg_db *db, struct yg_err *err)
{
    int64_t runs = 0;
    enum yg_status rc = yg_db_begin(db, true, err);
    struct yg_db_stmt *s = rc == YG_OK ? yg_db_stmt(db, Q_TALLY_GET, err) : NULL;

    if (!s)
        return err->status;
    yg_db_bind_text(s, 1, YG_STR("w"));
    rc = yg_db_step(db, s, err);
    if (rc == YG_OK)
        runs = yg_db_int(s, 0);
    yg_db_reset(s);
    if (rc == YG_EEND || rc == YG_OK) {
        int64_t now = 0;
        rc = add_tally(db, "w", 1, &now, err);
        if (rc == YG_OK && now != runs + 1)
            rc = yg_err_set(err, YG_ECORRUPT, "somebody wrote in between");
    }
    return rc == YG_OK ? yg_db_commit(db, err) : rc;
}

static void *write_much(void *arg)
{
    struct writer *w = arg;
    struct yg_db *db = NULL;

    w->rc = yg_db_open(&w->f->opt, &db, &w->err);
    for (int i = 0; i < ROUNDS && w->rc == YG_OK; i++)
        w->rc = add_one(db, &w->err);
    yg_db_close(db);
    return NULL;
}

/* Also making the schema: all open it at once. */
static void writers_take_turns(void **state)
{
    struct fixture *f = *state;
    struct writer w[WRITERS];

    f->opt.patience_ms = 60000;
    for (int i = 0; i < WRITERS; i++) {
        w[i] = (struct writer){ .f = f };
        assert_int_equal(pthread_create(&w[i].thread, NULL, write_much, &w[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(w[i].thread, NULL);
    for (int i = 0; i < WRITERS; i++)
        if (w[i].rc != YG_OK)
            fail_msg("writer %d: %s", i, w[i].err.msg);
    f->db = open_db(f);
    struct yg_db_stmt *s = stmt(f, f->db, Q_TALLY_GET);
    yg_db_bind_text(s, 1, YG_STR("w"));
    assert_ok(f, yg_db_step(f->db, s, &f->err));
    assert_int_equal(yg_db_int(s, 0), WRITERS * ROUNDS);
}

/* In a child, which dies in the middle of its second transaction. */
static void write_and_die(struct fixture *f)
{
    struct yg_db *db = open_db(f);

    add_items(f, db, 1, 100);
    assert_ok(f, yg_db_begin(db, true, &f->err));
    for (int64_t id = 100; id < 300; id++)
        assert_ok(f, add_item(f, db, id));
    raise(SIGKILL);
}

static void a_writer_that_is_killed_leaves_what_it_committed(void **state)
{
    struct fixture *f = *state;
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        write_and_die(f);
        _exit(1);
    }
    assert_true(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    f->db = open_db(f);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 99);
    add_items(f, f->db, 100, 101); /* its lock is gone with it */
}

/* ---- schema ---------------------------------------------------------------------- */

static void what_is_not_there_is_not_made(void **state)
{
    struct fixture *f = *state;

    f->opt.create = false;
    assert_status(YG_ENOTFOUND, yg_db_open(&f->opt, &f->db, &f->err));
    f->opt.read_only = f->opt.create = true;
    assert_status(YG_ENOTFOUND, yg_db_open(&f->opt, &f->db, &f->err));
    f->opt.read_only = false;
    f->db = open_db(f);
    f->opt.create = false;
    f->other = open_db(f);
    assert_int_equal(yg_db_kind_of(f->db), f->target->kind);
}

static void an_older_schema_is_brought_forward(void **state)
{
    struct fixture *f = *state;
    char copy[200];
    struct stat st;

    f->db = open_db(f);
    add_items(f, f->db, 1, 4);
    yg_db_close(f->db);
    f->db = NULL;
    f->opt.steps = 2;
    f->opt.as_is = true;
    assert_status(YG_EVERSION, yg_db_open(&f->opt, &f->db, &f->err));
    f->opt.as_is = false;
    f->opt.read_only = true;
    assert_status(YG_EVERSION, yg_db_open(&f->opt, &f->db, &f->err));
    f->opt.read_only = false;
    f->db = open_db(f);
    struct yg_db_stmt *s = stmt(f, f->db, Q_ITEM_GET);
    yg_db_bind_int(s, 1, 3);
    assert_ok(f, yg_db_step(f->db, s, &f->err));
    assert_int_equal(yg_db_int(s, 0), 1030);
    yg_db_close(f->db);
    f->db = open_db(f); /* once */
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 3);
    f->opt.steps = 1;
    assert_status(YG_EVERSION, yg_db_open(&f->opt, &f->other, &f->err));
    if (f->target->kind != YG_DB_SQLITE)
        return;
    snprintf(copy, sizeof(copy), "%s/x-backup-v1.db", f->dir);
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    f->opt.where = copy;
    f->other = open_db(f);
    s = stmt(f, f->other, Q_ITEM_GET);
    yg_db_bind_int(s, 1, 3);
    assert_ok(f, yg_db_step(f->other, s, &f->err));
    assert_int_equal(yg_db_int(s, 0), 30);
}

static void a_step_that_fails_changes_nothing(void **state)
{
    static const struct yg_db_text bad[] = {
        { STEP_1, NULL },
        { "CREATE TABLE fine(id INTEGER PRIMARY KEY);", NULL },
        { "DELETE FROM item; CREATE TABLE item(id INTEGER PRIMARY KEY);", NULL },
    };
    struct fixture *f = *state;

    f->db = open_db(f);
    add_items(f, f->db, 1, 4);
    yg_db_close(f->db);
    f->db = NULL;
    f->opt.step = bad;
    f->opt.steps = 3;
    assert_status(YG_EINVAL, yg_db_open(&f->opt, &f->db, &f->err));
    f->opt.steps = 1;
    f->db = open_db(f);
    assert_int_equal(ask(f, f->db, Q_ITEM_COUNT), 3);
    f->opt.steps = 2;
    f->other = open_db(f);
}

static void a_foreign_database_is_left_alone(void **state)
{
    struct fixture *f = *state;

    f->db = open_db(f);
    f->opt.application++;
    assert_status(YG_EFORMAT, yg_db_open(&f->opt, &f->other, &f->err));
    f->opt.application--;
    f->other = open_db(f);
}

/* ---- what runs ------------------------------------------------------------------- */

static const struct CMUnitTest cases[] = {
#define CASE(fn)                                                                         \
    {                                                                                    \
#fn, fn, fixture_setup, fixture_teardown, NULL                                   \
    }
    CASE(values_come_back_as_they_were),
    CASE(null_is_not_empty),
    CASE(numbers_are_read_as_either_kind),
    CASE(text_is_utf8_without_nul),
    CASE(texts_are_ordered_as_bytes),
    CASE(literals_and_comments_are_left_alone),
    CASE(what_is_rolled_back_is_gone),
    CASE(changes_need_a_transaction_that_writes),
    CASE(a_failure_fails_the_transaction),
    CASE(a_statement_that_is_wrong_says_so),
    CASE(conflicts_are_merged_and_rows_returned),
    CASE(a_reader_sees_one_moment),
    CASE(statements_run_while_another_is_read),
    CASE(the_version_tells_of_others_only),
    CASE(who_waits_too_long_is_told),
    CASE(writers_take_turns),
    CASE(a_writer_that_is_killed_leaves_what_it_committed),
    CASE(what_is_not_there_is_not_made),
    CASE(an_older_schema_is_brought_forward),
    CASE(a_step_that_fails_changes_nothing),
    CASE(a_foreign_database_is_left_alone),
};

int main(void)
{
    const struct cases c = { .name = "db", .both = cases, .boths = YG_ARRAY_LEN(cases) };

    return run_on_both(&c);
}
