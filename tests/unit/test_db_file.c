/* SPDX-License-Identifier: Apache-2.0 */
/* db/db.h in a file of SQLite: its rights, a full one, and what is none of ours. */
#include "db_util.h"

#include <sqlite3.h>

static void a_file_is_for_its_owner(void **state)
{
    struct fixture *f = *state;
    char wal[200];
    struct stat st;

    f->db = open_db(f);
    add_items(f, f->db, 1, 2);
    snprintf(wal, sizeof(wal), "%s-wal", f->where);
    assert_int_equal(stat(f->where, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(wal, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_full_file_fails_the_transaction_only(void **state)
{
    struct fixture *f = *state;
    enum yg_status rc;
    int64_t n = 0, kept;

    f->opt.max_pages = 30;
    f->db = open_db(f);
    do { /* until there is no room for one more */
        assert_ok(f, yg_db_begin(f->db, true, &f->err));
        for (rc = YG_OK; rc == YG_OK && n % 100 != 99; n++)
            rc = add_item(f, f->db, n);
        if (rc == YG_OK) {
            assert_ok(f, yg_db_commit(f->db, &f->err));
            n++;
        }
    } while (rc == YG_OK);
    assert_status(YG_EIO, rc);
    assert_non_null(strstr(f->err.msg, "free some space"));
    assert_status(YG_EIO, yg_db_commit(f->db, &f->err));
    kept = ask(f, f->db, Q_ITEM_COUNT);
    assert_int_equal(kept % 99, 0);
    assert_true(kept > 0);
    assert_ok(f, yg_db_begin(f->db, true, &f->err));
    struct yg_db_stmt *s = stmt(f, f->db, Q_ITEM_DROP);
    yg_db_bind_int(s, 1, n);
    assert_ok(f, yg_db_run(f->db, s, &f->err));
    assert_int_equal(yg_db_changes(f->db), kept);
    assert_ok(f, yg_db_commit(f->db, &f->err));
    add_items(f, f->db, 1, 50);
}

static void a_file_that_is_no_database(void **state)
{
    static const char junk[] =
        "this is a text of some length, and no database at all; it "
        "has to be longer than the header of one, of 100 bytes";
    struct fixture *f = *state;
    sqlite3 *h = NULL;

    FILE *file = fopen(f->where, "we");
    assert_non_null(file);
    fputs(junk, file);
    fclose(file);
    assert_status(YG_ECORRUPT, yg_db_open(&f->opt, &f->db, &f->err));
    assert_int_equal(unlink(f->where), 0);
    assert_int_equal(sqlite3_open(f->where, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, "CREATE TABLE a(b)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(h);
    assert_status(YG_EFORMAT, yg_db_open(&f->opt, &f->db, &f->err));
    snprintf(f->where, sizeof(f->where), "%s/none/x.db", f->dir);
    assert_int_not_equal(yg_db_open(&f->opt, &f->db, &f->err), YG_OK);
    f->opt.where = "postgresql://nobody:x@/";
    assert_status(YG_EINVAL, yg_db_open(&f->opt, &f->db, &f->err));
    assert_null(f->db);
}

int main(void)
{
    struct target lite = { YG_DB_SQLITE, NULL };
    struct CMUnitTest tests[] = {
#define CASE(fn) { #fn, fn, fixture_setup, fixture_teardown, &lite }
        CASE(a_file_is_for_its_owner),
        CASE(a_full_file_fails_the_transaction_only),
        CASE(a_file_that_is_no_database),
#undef CASE
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
