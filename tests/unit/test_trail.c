/* SPDX-License-Identifier: Apache-2.0 */
/* The trail: what is added is listed to whom it concerns, and whatever is changed in the
 * file afterwards is found. */
#include "trail/trail.h"

#include "db/db.h"

#include <setjmp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define T0  (INT64_C(1780000000) * YG_NS_PER_S)
#define DAY (INT64_C(86400) * YG_NS_PER_S)

struct fixture {
    char dir[64], path[96];
    struct yg_clock clock;
    struct yg_trail *t;
    struct yg_arena arena;
    struct yg_err err;
    unsigned char key[YG_TRAIL_KEY], secret[YG_TRAIL_SECRET];
};

static enum yg_status reopen(struct fixture *f, bool create)
{
    const struct yg_trail_options opt = { .where = f->path,
                                          .clock = &f->clock,
                                          .create = create };

    yg_trail_close(f->t);
    f->t = NULL;
    return yg_trail_open(&opt, &f->t, &f->err);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    unsigned char seed[crypto_sign_SEEDBYTES] = { 7 };

    assert_non_null(f);
    snprintf(f->dir, sizeof(f->dir), "/tmp/yagura-trail-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/trail.db", f->dir);
    f->clock = yg_clock_manual(T0);
    yg_arena_init(&f->arena, (size_t)64 << 20);
    assert_true(sodium_init() >= 0);
    crypto_sign_seed_keypair(f->key, f->secret, seed);
    assert_int_equal(reopen(f, true), YG_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[128];

    yg_trail_close(f->t);
    for (const char *const *end = (const char *const[]){ "", "-wal", "-shm", NULL }; *end;
         end++) {
        snprintf(path, sizeof(path), "%s%s", f->path, *end);
        unlink(path);
    }
    rmdir(f->dir);
    yg_arena_fini(&f->arena);
    free(f);
    return 0;
}

static struct yg_trail_row row_of(const char *who, const char *tenant,
                                  const char *subject)
{
    return (struct yg_trail_row){ .outcome = YG_TRAIL_DONE,
                                  .who = yg_str_of(who),
                                  .role = YG_STR("analyst"),
                                  .via = YG_STR("api"),
                                  .address = YG_STR("192.0.2.1"),
                                  .verb = YG_STR("read"),
                                  .object = YG_STR("raw"),
                                  .subject = yg_str_of(subject),
                                  .tenant = yg_str_of(tenant),
                                  .detail = YG_STR("why not") };
}

static void add(struct fixture *f, const char *who, const char *tenant,
                const char *subject)
{
    struct yg_trail_row r = row_of(who, tenant, subject);

    f->clock.manual_ns += YG_NS_PER_S;
    assert_int_equal(yg_trail_add(f->t, &r, &f->err), YG_OK);
}

static void checkpoint(struct fixture *f, bool now, bool expect)
{
    bool made = !expect;

    assert_int_equal(yg_trail_checkpoint(f->t, f->secret, now, &made, &f->err), YG_OK);
    assert_int_equal(made, expect);
}

static enum yg_status verify(struct fixture *f, struct yg_trail_report *r)
{
    return yg_trail_verify(f->t, f->key, NULL, r, &f->err);
}

static void sql(const struct fixture *f, const char *text)
{
    sqlite3 *h;
    char *why = NULL;

    assert_int_equal(sqlite3_open(f->path, &h), SQLITE_OK);
    if (sqlite3_exec(h, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    sqlite3_close(h);
}

static size_t list(struct fixture *f, const struct yg_trail_ask *ask,
                   struct yg_trail_row **out)
{
    size_t n = 0;

    assert_int_equal(yg_trail_list(f->t, ask, &f->arena, out, &n, &f->err), YG_OK);
    return n;
}

static void test_adds(void **state)
{
    struct fixture *f = *state;
    struct yg_scope all = YG_SCOPE_ALL;
    struct yg_trail_ask ask = { .scope = &all, .limit = 100 };
    struct yg_trail_row *got, act = row_of("kim", "acme", "ab12");
    struct yg_trail_report r;
    struct stat st;

    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(verify(f, &r), YG_OK);
    assert_int_equal(r.rows, 0);
    act.outcome = YG_TRAIL_BEGUN;
    assert_int_equal(yg_trail_add(f->t, &act, &f->err), YG_OK);
    assert_int_equal(act.seq, 1);
    assert_int_equal(verify(f, &r), YG_OK);
    assert_int_equal(r.unfinished, 1);
    assert_int_equal(
        yg_trail_end(f->t, &act, YG_TRAIL_FAILED, YG_STR("disk full"), &f->err), YG_OK);
    add(f, "ada", "", "\x01\xff\"'; DROP TABLE trail_row");
    assert_int_equal(reopen(f, false), YG_OK);
    assert_int_equal(list(f, &ask, &got), 3);
    assert_int_equal(got[0].seq, 3);
    assert_true(yg_str_eq(got[0].subject, YG_STR("\x01\xff\"'; DROP TABLE trail_row")));
    assert_int_equal(got[1].begun, 1);
    assert_int_equal(got[1].outcome, YG_TRAIL_FAILED);
    assert_true(yg_str_eq(got[1].detail, YG_STR("disk full")));
    assert_true(yg_str_eq(got[2].who, YG_STR("kim")));
    assert_int_equal(verify(f, &r), YG_OK);
    assert_int_equal(r.rows, 3);
    assert_int_equal(r.unfinished, 0);
    assert_int_equal(r.after, 3);
    assert_memory_equal(r.digest, got[0].digest, YG_DIGEST_SIZE);
}

static void test_cut(void **state)
{
    struct fixture *f = *state;
    struct yg_scope all = YG_SCOPE_ALL;
    struct yg_trail_ask ask = { .scope = &all, .limit = 100 };
    struct yg_trail_row *got, r = row_of("kim", "acme", "x");
    struct yg_trail_report report;
    static char huge[100000];

    memset(huge, 0, sizeof(huge));
    r.subject = r.detail = (struct yg_str){ huge, sizeof(huge) };
    assert_int_equal(yg_trail_add(f->t, &r, &f->err), YG_OK);
    assert_int_equal(list(f, &ask, &got), 1);
    assert_int_equal(got[0].subject.n, YG_TRAIL_TEXT);
    assert_int_equal(got[0].detail.n, YG_TRAIL_DETAIL);
    assert_int_equal(verify(f, &report), YG_OK);
}

static void test_lists(void **state)
{
    struct fixture *f = *state;
    const struct yg_str mine[] = { YG_STR("acme"), YG_STR("zeta") };
    struct yg_scope all = YG_SCOPE_ALL, some = { .tenant = mine, .tenants = 2 },
                    none = { .all = false };
    struct yg_trail_row *got;

    for (int i = 0; i < 30; i++)
        add(f, i % 2 ? "kim" : "ada", (const char *[]){ "acme", "beta", "" }[i % 3],
            i % 5 ? "x" : "y");
    const struct {
        const char *name;
        struct yg_trail_ask ask;
        size_t n;
    } cases[] = {
        { "everything", { .scope = &all, .limit = 100 }, 30 },
        { "a page", { .scope = &all, .limit = 7 }, 7 },
        { "the next", { .scope = &all, .limit = 100, .before = 24 }, 23 },
        { "two tenants, of which one is there", { .scope = &some, .limit = 100 }, 10 },
        { "nothing", { .scope = &none, .limit = 100 }, 0 },
        { "another's", { .scope = &some, .limit = 100, .tenant = YG_STR("beta") }, 0 },
        { "one's", { .scope = &all, .limit = 100, .who = YG_STR("kim") }, 15 },
        { "about one", { .scope = &all, .limit = 100, .subject = YG_STR("y") }, 6 },
        { "a verb", { .scope = &all, .limit = 100, .verb = YG_STR("judge") }, 0 },
        { "an object", { .scope = &all, .limit = 100, .object = YG_STR("raw") }, 30 },
        { "a time",
          { .scope = &all,
            .limit = 100,
            .from_ns = T0 + 11 * YG_NS_PER_S,
            .until_ns = T0 + 21 * YG_NS_PER_S },
          10 },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        size_t n = list(f, &cases[i].ask, &got);
        if (n != cases[i].n)
            fail_msg("%s: %zu", cases[i].name, n);
        for (size_t k = 1; k < n; k++)
            assert_true(got[k].seq < got[k - 1].seq);
    }
}

static void test_checkpoints(void **state)
{
    struct fixture *f = *state;
    struct yg_trail_report r;

    checkpoint(f, false, false); /* nothing to sign */
    add(f, "kim", "acme", "1");
    checkpoint(f, false, true);
    checkpoint(f, true, false); /* nothing came since */
    add(f, "kim", "acme", "2");
    checkpoint(f, false, false); /* the same day */
    assert_int_equal(verify(f, &r), YG_OK);
    assert_int_equal(r.checkpoints, 1);
    assert_int_equal(r.after, 1);
    f->clock.manual_ns += DAY;
    checkpoint(f, false, true);
    add(f, "kim", "acme", "3");
    checkpoint(f, true, true);
    add(f, "kim", "acme", "4");
    f->clock.manual_ns = T0; /* the clock was set back */
    checkpoint(f, false, true);
    assert_int_equal(verify(f, &r), YG_OK);
    assert_int_equal(r.checkpoints, 4);
    assert_int_equal(r.after, 0);
    assert_int_equal(r.signed_ns, T0);
}

/* Ten rows, signed at the fifth, and then what somebody does to the file. */
static void test_tampering(void **state)
{
    static const struct {
        const char *name, *sql, *say;
    } cases[] = {
        { "a name", "UPDATE trail_row SET who = x'65766e' WHERE seq = 3", "row 3" },
        { "a time", "UPDATE trail_row SET at_ns = at_ns + 1 WHERE seq = 3", "row 3" },
        { "an outcome", "UPDATE trail_row SET outcome = 2 WHERE seq = 3", "row 3" },
        { "an outcome that is none", "UPDATE trail_row SET outcome = 9 WHERE seq = 3",
          "row 3" },
        { "what it ends", "UPDATE trail_row SET begun = 1 WHERE seq = 3", "row 3" },
        { "a role", "UPDATE trail_row SET role = x'' WHERE seq = 3", "row 3" },
        { "a way", "UPDATE trail_row SET via = x'' WHERE seq = 3", "row 3" },
        { "an address", "UPDATE trail_row SET address = x'' WHERE seq = 3", "row 3" },
        { "a verb", "UPDATE trail_row SET verb = x'' WHERE seq = 3", "row 3" },
        { "an object", "UPDATE trail_row SET object = x'' WHERE seq = 3", "row 3" },
        { "a subject", "UPDATE trail_row SET subject = x'' WHERE seq = 3", "row 3" },
        { "a tenant", "UPDATE trail_row SET tenant = x'' WHERE seq = 3", "row 3" },
        { "a detail", "UPDATE trail_row SET detail = x'' WHERE seq = 3", "row 3" },
        { "bytes moved between two texts",
          "UPDATE trail_row SET verb = x'7265', object = x'6164726177' WHERE seq = 3",
          "row 3" },
        { "a digest", "UPDATE trail_row SET digest = zeroblob(32) WHERE seq = 3",
          "row 3" },
        { "a short digest", "UPDATE trail_row SET digest = x'00' WHERE seq = 3",
          "row 3" },
        { "the first row gone", "DELETE FROM trail_row WHERE seq = 1", "row 2" },
        { "a row gone", "DELETE FROM trail_row WHERE seq = 3", "row 4" },
        { "two rows changed about",
          "UPDATE trail_row SET seq = 100 WHERE seq = 3; UPDATE trail_row SET seq = 3 "
          "WHERE "
          "seq = 4; UPDATE trail_row SET seq = 4 WHERE seq = 100",
          "row 3" },
        { "a row twice",
          "INSERT INTO trail_row SELECT 11, begun, at_ns, outcome, who, role, via, "
          "address, "
          "verb, object, subject, tenant, detail, digest FROM trail_row WHERE seq = 10",
          "row 11" },
        { "all rows after the fourth gone", "DELETE FROM trail_row WHERE seq > 4",
          "row 5 was signed and is gone" },
        { "all of them", "DELETE FROM trail_row", "row 5 was signed and is gone" },
        { "a signature", "UPDATE trail_checkpoint SET sig = zeroblob(64)",
          "row 5 is of other" },
        { "a short signature", "UPDATE trail_checkpoint SET sig = x'00'",
          "checkpoint 5" },
        { "its time", "UPDATE trail_checkpoint SET at_ns = 1", "row 5 is of other" },
        { "its digest", "UPDATE trail_checkpoint SET digest = zeroblob(32)",
          "row 5 is of other" },
        { "its row", "UPDATE trail_checkpoint SET seq = 6", "row 6 is of other" },
    };
    struct fixture *f = *state;
    struct yg_trail_report r;

    for (int i = 0; i < 10; i++) {
        add(f, "kim", "acme", "x");
        if (i == 4)
            checkpoint(f, true, true);
    }
    sql(f, "CREATE TABLE a AS SELECT * FROM trail_row; CREATE TABLE b AS SELECT * FROM "
           "trail_checkpoint");
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        sql(f, cases[i].sql);
        assert_int_equal(reopen(f, false), YG_OK);
        enum yg_status st = verify(f, &r);
        if (st != YG_ECORRUPT || !strstr(f->err.msg, cases[i].say))
            fail_msg("%s: %s: %s", cases[i].name, yg_status_name(st), f->err.msg);
        sql(f,
            "DELETE FROM trail_row; INSERT INTO trail_row SELECT * FROM a;"
            "DELETE FROM trail_checkpoint; INSERT INTO trail_checkpoint SELECT * FROM b");
        assert_int_equal(verify(f, &r), YG_OK);
    }
    f->key[0] ^= 1;
    assert_int_equal(verify(f, &r), YG_ECORRUPT);
}

/* What no signature holds can be cut off: a digest that was written down tells. */
static void test_written_down(void **state)
{
    struct fixture *f = *state;
    struct yg_trail_report r;
    unsigned char digest[YG_DIGEST_SIZE];

    add(f, "kim", "acme", "1");
    add(f, "kim", "acme", "2");
    assert_int_equal(verify(f, &r), YG_OK);
    memcpy(digest, r.digest, sizeof(digest));
    add(f, "kim", "acme", "3");
    assert_int_equal(yg_trail_verify(f->t, f->key, digest, &r, &f->err), YG_OK);
    assert_true(r.has);
    assert_int_equal(r.has_seq, 2);
    sql(f, "DELETE FROM trail_row WHERE seq > 1");
    assert_int_equal(yg_trail_verify(f->t, f->key, digest, &r, &f->err), YG_OK);
    assert_false(r.has);
    add(f, "kim", "acme", "4");
    assert_int_equal(yg_trail_verify(f->t, f->key, digest, &r, &f->err), YG_OK);
    assert_false(r.has);
}

/* Two processes take turns. */
static void test_two(void **state)
{
    struct fixture *f = *state;
    const struct yg_trail_options opt = { .where = f->path, .clock = &f->clock };
    struct yg_trail *other;
    struct yg_trail_report r;

    assert_int_equal(yg_trail_open(&opt, &other, &f->err), YG_OK);
    for (int i = 0; i < 20; i++) {
        struct yg_trail_row x = row_of("other", "acme", "o");
        add(f, "one", "acme", "i");
        assert_int_equal(yg_trail_add(other, &x, &f->err), YG_OK);
        assert_int_equal(x.seq, 2 * i + 2);
    }
    assert_int_equal(verify(f, &r), YG_OK);
    assert_int_equal(r.rows, 40);
    yg_trail_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_adds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(test_checkpoints, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tampering, setup, teardown),
        cmocka_unit_test_setup_teardown(test_written_down, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
