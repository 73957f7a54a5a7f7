/* SPDX-License-Identifier: Apache-2.0 */
#include "context/assoc.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SEED 5U

struct item {
    uint64_t key, value, pad[6];
};

static void what_is_there_is_found(void **state)
{
    struct yg_assoc a;
    struct yg_rng r;
    bool fresh;

    (void)state;
    print_message("# seed %u\n", SEED);
    assert_int_equal(yg_assoc_init(&a, sizeof(struct item), 64U << 20), YG_OK);
    yg_rng_init(&r, SEED);
    for (uint32_t i = 0; i < 20000; i++) {
        yg_assoc_settle(&a);
        uint64_t key = yg_rng_u64(&r) | UINT64_C(1) << 50;
        yg_assoc_prefetch(&a, key);
        yg_assoc_prefetch_entry(&a, key, i);
        assert_null(yg_assoc_peek(&a, key));
        struct item *it = yg_assoc_touch(&a, key, i, &fresh);
        assert_true(fresh && it->key == key && it->value == 0);
        it->value = i;
    }
    /* Far below the cap nothing was given up, by growth neither. */
    assert_int_equal(yg_assoc_evicted(&a), 0);
    size_t lost = 0;
    yg_rng_init(&r, SEED);
    for (uint32_t i = 0; i < 20000; i++) {
        struct item *it = yg_assoc_peek(&a, yg_rng_u64(&r) | UINT64_C(1) << 50);
        lost += !it;
        if (it)
            assert_int_equal(it->value, i);
    }
    assert_int_equal(lost, yg_assoc_evicted(&a));
    yg_assoc_fini(&a);
}

/* Nine keys for one set of eight places: the one touched longest ago goes. */
static void the_oldest_is_given_up(void **state)
{
    static const uint32_t start[] = { 0, UINT32_MAX - 4 }; /* the count may wrap */
    struct yg_assoc a;
    bool fresh;

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        uint32_t seq = start[k];
        assert_int_equal(yg_assoc_init(&a, sizeof(struct item), 0), YG_OK);
        for (uint64_t i = 0; i < 8; i++)
            yg_assoc_touch(&a, (i + 1) << 33, seq++, &fresh);
        yg_assoc_touch(&a, UINT64_C(1) << 33, seq++, &fresh);
        assert_false(fresh);
        yg_assoc_touch(&a, UINT64_C(9) << 33, seq++, &fresh);
        assert_true(fresh);
        assert_int_equal(yg_assoc_evicted(&a), 1);
        assert_non_null(yg_assoc_peek(&a, UINT64_C(1) << 33));
        assert_null(yg_assoc_peek(&a, UINT64_C(2) << 33));
        yg_assoc_fini(&a);
    }
}

static void memory_has_a_cap_even_under_forged_keys(void **state)
{
    struct yg_assoc a;
    bool fresh;

    (void)state;
    assert_int_equal(yg_assoc_init(&a, sizeof(struct item), 1U << 20), YG_OK);
    size_t small = yg_assoc_memory(&a);
    for (uint32_t i = 0; i < 100000; i++) { /* all in set 0 */
        yg_assoc_settle(&a);
        yg_assoc_touch(&a, (uint64_t)(i + 1) << 33, i, &fresh);
    }
    assert_int_equal(yg_assoc_memory(&a), small);
    struct yg_rng r;
    yg_rng_init(&r, SEED);
    for (uint32_t i = 0; i < 100000; i++) {
        yg_assoc_settle(&a);
        yg_assoc_touch(&a, yg_rng_u64(&r) | UINT64_C(1) << 50, i, &fresh);
    }
    assert_true(yg_assoc_memory(&a) > small && yg_assoc_memory(&a) <= 1U << 20);
    yg_assoc_fini(&a);
    yg_assoc_fini(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_found),
        cmocka_unit_test(the_oldest_is_given_up),
        cmocka_unit_test(memory_has_a_cap_even_under_forged_keys),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
