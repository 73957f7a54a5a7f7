/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/slot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A slot as an honest worker leaves it: two alerts without text. */
static struct yg_slot *honest(void)
{
    struct yg_slot *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->batch.count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        s->batch.event[i].verdict = YG_LEVEL_NONE;
        yg_facts_of(&s->batch, &s->batch.event[i], NULL, &s->facts[i]);
    }
    return s;
}

static bool taken(const struct yg_slot *shared)
{
    struct yg_slot *out = calloc(1, sizeof(*out));

    assert_non_null(out);
    bool ok = yg_slot_take(out, shared, 2, 0, true);
    assert_int_equal(ok ? yg_slot_take_facts(out, shared) : false, ok);
    free(out);
    return ok;
}

/* What a worker that was taken over might write. */
static void test_facts_in_range(void **state)
{
    struct yg_slot *s = honest();

    (void)state;
    assert_true(taken(s));
    s->facts[1].listed = 0xff; /* each bit means something */
    s->facts[1].input = YG_INPUT_ALL;
    assert_true(taken(s));
    s->facts[1].input = YG_INPUT_ALL + 1;
    assert_false(taken(s));
    s->facts[1].input = 0;
    s->facts[1].device = YG_DEV_COUNT;
    assert_false(taken(s));
    s->facts[1].device = 0;
    s->facts[1].reason = YG_REASON_COUNT;
    assert_false(taken(s));
    s->facts[1].reason = 0;
    s->facts[1].kind = YG_KIND_CONTEXT;
    assert_false(taken(s));
    s->facts[1].kind = YG_KIND_ALERT;
    assert_true(taken(s));
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_in_range),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
