/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of the store is a store, whichever database it was made of. */
#include "ledger_util.h"

static void put_work(struct fixture *f, uint64_t from, uint64_t until)
{
    for (uint64_t n = from; n < until; n++) {
        struct yg_queue_run run = { .tenant = ACME,
                                    .signature = YG_STR("sig\0with \xff bytes"),
                                    .alerts = 3,
                                    .open = 2,
                                    .max_risk = (uint32_t)n,
                                    .verdict = n % 3 ? YG_LEVEL_NONE : YG_LEVEL_L2 };
        struct yg_verdict v = { .level = YG_LEVEL_L1,
                                .tenant = ACME,
                                .note = YG_STR("a 'quoted' \"note\" \xff") };
        id_of(n, run.id);
        id_of(n, v.alert);
        assert_ok(f, yg_store_run_put(f->st, &run, &f->err));
        assert_ok(f, yg_store_run_add(f->st, run.id, run.id, 1, &f->err));
        assert_ok(f, yg_store_verdict_put(f->st, &v, &f->err));
    }
}

/* The copy, opened: a store in a folder of its own. */
static struct fixture copy_of(struct fixture *f)
{
    struct fixture c = { .clock = f->clock };
    char path[128];

    snprintf(c.dir, sizeof(c.dir), "/tmp/yg_store_XXXXXX");
    assert_non_null(mkdtemp(c.dir));
    snprintf(path, sizeof(path), "%s/yagura.db", c.dir);
    assert_ok(f, yg_store_backup(f->st, path, &f->err));
    c.opt = (struct yg_store_options){ .clock = &f->clock };
    yg_arena_init(&c.arena, (size_t)256 << 20);
    assert_ok(f, yg_store_open(c.dir, &c.opt, &c.st, &f->err));
    return c;
}

static void end_copy(struct fixture *c)
{
    yg_store_close(c->st);
    yg_arena_fini(&c->arena);
    fixture_wipe(c);
    assert_int_equal(rmdir(c->dir), 0);
}

static void a_copy_is_a_store(void **state)
{
    struct fixture *f = *state;
    struct yg_queue_page a, b;
    const struct yg_queue_filter q = { .limit = 1000 };
    struct yg_ledger_state was, is;
    uint64_t bad;

    fixture_open(f);
    add_range(f, ACME, 0, 9000);
    add_range(f, BETA, 20000, 20500);
    put_work(f, 0, 400);
    put_orders(f, 0, 8);
    put_certificates(f, ACME, 5);
    put_tosses(f, 0, 4);
    put_audits(f, 0, 6);
    assert_ok(f, yg_store_meta_put(f->st, "x", YG_STR("\xff\0y"), &f->err));
    assert_status(YG_EINVAL, yg_store_backup(f->st, "/tmp/none.db", &f->err));
    commit(f);
    struct fixture c = copy_of(f);
    add_range(f, ACME, 9000, 9100); /* the store goes on */
    commit(f);
    assert_history(&c, ACME, 0, 9000);
    assert_history(&c, BETA, 20000, 20500);
    assert_ok(f, yg_store_check(c.st, &bad, &f->err));
    assert_ok(f, yg_ledger_verify_all(f->st, &was, &f->err));
    assert_ok(f, yg_ledger_verify_all(c.st, &is, &f->err));
    assert_memory_equal(was.head, is.head, sizeof(is.head));
    assert_ok(f, yg_store_queue(f->st, &q, &f->arena, &a, &f->err));
    assert_ok(f, yg_store_queue(c.st, &q, &f->arena, &b, &f->err));
    assert_int_equal(a.count, b.count);
    assert_int_equal(a.total, b.total);
    for (size_t i = 0; i < a.count; i++)
        assert_memory_equal(a.run[i].id, b.run[i].id, YG_ID_SIZE);
    assert_int_equal(stats(f).verdicts, stats(&c).verdicts);
    /* and goes on by itself */
    add_range(&c, ACME, 9000, 9500);
    put_work(&c, 400, 500);
    commit(&c);
    assert_history(&c, ACME, 0, 9500);
    assert_ok(f, yg_store_check(c.st, &bad, &f->err));
    assert_history(f, ACME, 0, 9100);
    end_copy(&c);
}

/* Of one moment, while another store of it writes. */
static void a_copy_is_of_one_moment(void **state)
{
    struct fixture *f = *state;
    struct fixture writer = *f;
    uint64_t bad;

    fixture_open(f);
    add_range(f, ACME, 0, 3000);
    put_work(f, 0, 50);
    commit(f);
    fixture_close(f);
    assert_ok(f, yg_store_open(f->dir, &writer.opt, &writer.st, &f->err));
    f->opt.read_only = true;
    f->opt.create = false;
    fixture_open(f);
    add_range(&writer, ACME, 3000, 3100); /* in a transaction */
    put_work(&writer, 50, 60);
    struct fixture c = copy_of(f);
    commit(&writer);
    assert_history(&c, ACME, 0, 3000);
    assert_int_equal(stats(&c).verdicts, 50);
    assert_int_equal(stats(f).verdicts, 60);
    assert_ok(f, yg_store_check(c.st, &bad, &f->err));
    assert_status(YG_EEXIST, yg_store_backup(f->st, "/tmp", &f->err));
    end_copy(&c);
    yg_store_close(writer.st);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(a_copy_is_a_store),
        CASE(a_copy_is_of_one_moment),
    };
    const struct cases c = { "store_backup", both, NULL, YG_ARRAY_LEN(both), 0 };

    return run_on_both(&c);
}
