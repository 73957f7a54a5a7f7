/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/openthreat.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR ((int64_t)3600 * 1000000000)
#define DAY  (24 * HOUR)

static void add(struct yg_openthreats *o, uint64_t a, uint64_t b, int64_t t)
{
    const uint64_t address[YG_JUDGED_ADDRESSES] = { a, b, 0 };

    yg_openthreats_add(o, address, t);
}

static bool near(const struct yg_openthreats *o, uint64_t a, uint64_t b, int64_t t)
{
    const uint64_t address[YG_JUDGED_ADDRESSES] = { 0, a, b };

    return yg_openthreats_near(o, address, t);
}

static void test_window(void **state)
{
    /* From every place in a day: a threat reaches exactly a day both ways. */
    static const int64_t base[] = {
        0, 1, 12 * HOUR, DAY - 1, 20000 * DAY + 7 * HOUR, -3 * DAY - HOUR, -1
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(base); i++) {
        struct yg_openthreats *o = yg_openthreats_new(100);
        int64_t t = base[i];
        assert_non_null(o);
        assert_false(near(o, 7, 8, t));
        add(o, 7, 9, t);
        assert_true(near(o, 7, 1, t));
        assert_true(near(o, 1, 9, t));
        assert_false(near(o, 1, 2, t));
        assert_false(near(o, 0, 0, t));
        assert_true(near(o, 7, 1, t + DAY));
        assert_true(near(o, 7, 1, t - DAY));
        /* Kept in ms, rounded so that more stays open. */
        assert_false(near(o, 7, 1, t + DAY + 1000000));
        assert_false(near(o, 7, 1, t - DAY - 1000000));
        assert_false(near(o, 7, 1, t + 2 * DAY));
        yg_openthreats_free(o);
    }
}

/* Whatever the order of threats, the answer is that of looking at all of them. */
static void test_as_all(void **state)
{
    struct yg_rng rng;
    int64_t threat[40];
    uint64_t who[40];

    (void)state;
    yg_rng_init(&rng, 4);
    for (int round = 0; round < 50; round++) {
        struct yg_openthreats *o = yg_openthreats_new(1000);
        for (int i = 0; i < 40; i++) {
            threat[i] =
                (int64_t)(yg_rng_u64(&rng) % (uint64_t)(30 * DAY)) / 1000000 * 1000000;
            who[i] = 1 + yg_rng_u64(&rng) % 4;
            add(o, who[i], 0, threat[i]);
        }
        for (int k = 0; k < 200; k++) {
            int64_t t =
                (int64_t)(yg_rng_u64(&rng) % (uint64_t)(32 * DAY)) / 1000000 * 1000000 -
                DAY;
            uint64_t a = 1 + yg_rng_u64(&rng) % 4;
            bool want = false;
            for (int i = 0; i < 40; i++)
                want |= who[i] == a && llabs(threat[i] - t) <= DAY;
            assert_int_equal(near(o, a, 0, t), want);
        }
        yg_openthreats_free(o);
    }
}

static void test_full(void **state)
{
    struct yg_openthreats *o = yg_openthreats_new(8);

    (void)state;
    for (uint64_t a = 1; a <= 100; a++) {
        add(o, a, 0, HOUR);
        /* The last four are always there. */
        for (uint64_t b = a > 3 ? a - 3 : 1; b <= a; b++)
            assert_true(near(o, b, 0, HOUR));
    }
    assert_false(near(o, 1, 0, HOUR));
    assert_int_equal(yg_openthreats_forgotten(o), 92);
    /* Known ones cost nothing. */
    for (int i = 0; i < 1000; i++)
        add(o, 100, 0, HOUR + i);
    assert_int_equal(yg_openthreats_forgotten(o), 92);
    yg_openthreats_free(o);
    yg_openthreats_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_as_all),
        cmocka_unit_test(test_full),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
