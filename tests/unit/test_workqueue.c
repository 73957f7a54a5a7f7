/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/workqueue.h"
#include "store_util.h"

#include <string.h>

static struct yg_batch batch; /* too large for a stack */

struct alert {
    uint64_t n;
    int second;
    uint32_t risk;
    bool close;
};

/* An alert of the run that began with alert `run`. */
static void add(struct fixture *f, struct yg_workqueue *q, uint64_t run, struct alert a)
{
    struct yg_judgement j = { .score = { .risk = a.risk, .predicted = YG_LEVEL_L2 },
                              .decision = { .close = a.close },
                              .closed = a.close,
                              .run = { .fresh = run == a.n } };
    struct yg_event *e = &batch.event[0];

    yg_batch_clear(&batch, 0, 0);
    batch.count = 1;
    *e = (struct yg_event){ .kind = YG_KIND_ALERT,
                            .time_ns = T0 + a.second * YG_NS_PER_S };
    assert_true(yg_event_set_str(&batch, e, YG_F_RULE_NAME, YG_STR("scan")));
    assert_true(yg_event_set_ip(&batch, e, YG_F_SOURCE_IP, YG_STR("198.18.0.1")));
    id_of(a.n, e->id);
    id_of(run, j.run.id);
    assert_ok(f, yg_workqueue_add(q, ACME, &batch, 0, &j, &f->err));
}

static struct yg_queue_page page(struct fixture *f)
{
    struct yg_queue_filter filter = { .limit = 1000 };
    struct yg_queue_page p;

    assert_ok(f, yg_store_queue(f->st, &filter, &f->arena, &p, &f->err));
    return p;
}

static struct yg_workqueue *begin(struct fixture *f)
{
    struct yg_workqueue *q;

    assert_ok(f, yg_workqueue_new(f->st, &q, &f->err));
    return q;
}

static void end(struct fixture *f, struct yg_workqueue *q)
{
    assert_ok(f, yg_workqueue_flush(q, &f->err));
    assert_ok(f, yg_store_commit(f->st, &f->err));
    yg_workqueue_free(q);
}

static void grouped(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    struct yg_workqueue *q = begin(f);
    for (uint64_t i = 0; i < 1000; i++)
        add(f, q, 1, (struct alert){ 1 + i, 1000 - (int)i, (uint32_t)i, i % 4 == 0 });
    add(f, q, 5000, (struct alert){ 5000, 5, 7, false });
    add(f, q, 6000,
        (struct alert){ 6000, 5, 7, true }); /* wholly closed: nobody waits for it */
    end(f, q);
    struct yg_queue_page p = page(f);
    assert_int_equal(p.total, 2);
    const struct yg_queue_run *r = &p.run[0];
    unsigned char want[YG_ID_SIZE];
    assert_int_equal(r->alerts, 1000);
    assert_int_equal(r->open, 750);
    assert_int_equal(r->max_risk, 999);
    id_of(1000, want);
    assert_memory_equal(r->worst, want, YG_ID_SIZE);
    assert_int_equal(r->first_ns, T0 + 1 * YG_NS_PER_S);
    assert_int_equal(r->last_ns, T0 + 1000 * YG_NS_PER_S);
    assert_true(yg_str_eq(r->signature, YG_STR("scan")));
    assert_true(yg_str_eq(r->source_ip, YG_STR("198.18.0.1")));
    assert_true(yg_str_eq(r->tenant, ACME));
}

/* The same alerts in one go, and over three restarts: the same queue. */
static void goes_on(void **state)
{
    struct fixture *f = *state;
    unsigned char(*ids)[YG_ID_SIZE], want[YG_ID_SIZE];
    size_t count;

    fixture_open(f);
    for (uint64_t part = 0; part < 3; part++) {
        struct yg_workqueue *q = begin(f);
        for (uint64_t i = part * 10; i < part * 10 + 10; i++)
            add(f, q, 0,
                (struct alert){ i, (int)i, (uint32_t)(i == 13 ? 500 : i), i % 2 == 0 });
        end(f, q);
        fixture_reopen(f);
    }
    struct yg_queue_page p = page(f);
    assert_int_equal(p.total, 1);
    assert_int_equal(p.run[0].alerts, 30);
    assert_int_equal(p.run[0].open, 15);
    assert_int_equal(p.run[0].max_risk, 500);
    assert_int_equal(p.run[0].first_ns, T0);
    assert_int_equal(p.run[0].last_ns, T0 + 29 * YG_NS_PER_S);
    assert_ok(f,
              yg_store_run_alerts(f->st, p.run[0].id, &f->arena, &ids, &count, &f->err));
    assert_int_equal(count, 15);
    for (size_t i = 0; i < count; i++) {
        id_of(2 * i + 1, want);
        assert_memory_equal(ids[i], want, YG_ID_SIZE);
    }
}

/* What was not committed is not there, and can be added again. */
static void not_committed(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    struct yg_workqueue *q = begin(f);
    add(f, q, 1, (struct alert){ 1, 1, 9, false });
    assert_ok(f, yg_workqueue_flush(q, &f->err));
    yg_workqueue_free(q);
    fixture_reopen(f);
    assert_int_equal(page(f).total, 0);
    q = begin(f);
    add(f, q, 1, (struct alert){ 1, 1, 9, false });
    end(f, q);
    struct yg_queue_page p = page(f);
    assert_int_equal(p.total, 1);
    assert_int_equal(p.run[0].alerts, 1);
}

/* A run of which all was closed has no row; what is opened of it is counted whole. */
static void opened_again(void **state)
{
    struct fixture *f = *state;
    struct yg_companion a = { .risk = 9, .predicted = YG_LEVEL_L1 };

    fixture_open(f);
    struct yg_workqueue *q = begin(f);
    for (uint64_t i = 0; i < 3; i++)
        add(f, q, 1, (struct alert){ 1 + i, (int)i, 9, true });
    end(f, q);
    assert_int_equal(page(f).total, 0);
    q = begin(f);
    id_of(1, a.run);
    for (uint64_t i = 3; i-- > 0;) { /* the newest first */
        id_of(1 + i, a.id);
        a.time_ns = T0 + (int64_t)i * YG_NS_PER_S;
        assert_ok(f, yg_workqueue_reopen(q, ACME, &a, &f->err));
    }
    add(f, q, 1, (struct alert){ 10, 10, 3, true });
    end(f, q);
    struct yg_queue_page p = page(f);
    assert_int_equal(p.total, 1);
    assert_int_equal(p.run[0].open, 3);
    assert_int_equal(p.run[0].alerts, 4);
    assert_int_equal(p.run[0].first_ns, T0);
    assert_int_equal(p.run[0].last_ns, T0 + 10 * YG_NS_PER_S);
    assert_int_equal(p.run[0].gates, YG_GATE_BIT(COMPANION));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(grouped, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(goes_on, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(opened_again, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(not_committed, fixture_setup, fixture_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
