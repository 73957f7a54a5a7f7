/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of runs: what a later alert does to a run that was judged. */
#include "pipeline/workqueue.h"

#include "store_util.h"

static struct yg_run run_at(bool fresh)
{
    struct yg_run r = { .fresh = fresh };

    memset(r.id, 7, sizeof(r.id));
    return r;
}

/* One open (or closed) alert of the run, flushed and committed by a queue of its own, as
 * after a restart. */
static void add(struct fixture *f, struct yg_batch *b, bool fresh,
                const struct yg_judgement *of)
{
    struct yg_workqueue *q;
    struct yg_judgement j = *of;

    b->event[0].id[0]++;
    j.run = run_at(fresh);
    assert_ok(f, yg_workqueue_new(f->st, &q, &f->err));
    assert_ok(f, yg_workqueue_add(q, ACME, b, 0, &j, &f->err));
    assert_ok(f, yg_workqueue_flush(q, &f->err));
    assert_ok(f, yg_store_commit(f->st, &f->err));
    yg_workqueue_free(q);
}

static struct yg_queue_run get(struct fixture *f)
{
    struct yg_queue_run r;

    assert_ok(f, yg_store_run_get(f->st, YG_STR("07070707"), &f->arena, &r, &f->err));
    return r;
}

static void test_later_alert(void **state)
{
    static const struct {
        const char *name;
        uint32_t risk;
        uint8_t predicted;
        bool close;
        uint8_t verdict; /* of the run afterwards */
    } c[] = {
        { "no worse: it waits all the same", 500, YG_LEVEL_L2, false, YG_LEVEL_NONE },
        { "riskier: it waits", 501, YG_LEVEL_L2, false, YG_LEVEL_NONE },
        { "higher level: it waits", 400, YG_LEVEL_L4, false, YG_LEVEL_NONE },
        { "closed: nothing to look at", 900, YG_LEVEL_L4, true, YG_LEVEL_FP },
    };
    struct yg_batch *b = calloc(1, sizeof(*b));

    b->count = 1;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        void *own = NULL;
        assert_int_equal(fixture_setup(&own), 0);
        struct fixture *f = own;
        fixture_open(f);
        add(f, b, true,
            &(struct yg_judgement){ .score = { .risk = 500, .predicted = YG_LEVEL_L2 } });
        struct yg_queue_run run = get(f);
        run.verdict = YG_LEVEL_FP;
        assert_ok(f, yg_store_run_put(f->st, &run, &f->err));
        assert_ok(f, yg_store_commit(f->st, &f->err));
        add(f, b, false,
            &(struct yg_judgement){
                .score = { .risk = c[i].risk, .predicted = c[i].predicted },
                .decision = { .close = c[i].close },
                .closed = c[i].close });
        run = get(f);
        if (run.verdict != c[i].verdict)
            fail_msg("%s: judged %s", c[i].name, yg_level_name(run.verdict));
        assert_int_equal(run.alerts, 2);
        assert_int_equal(run.open, c[i].close ? 1 : 2);
        fixture_teardown(&own);
    }
    free(b);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_later_alert) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
