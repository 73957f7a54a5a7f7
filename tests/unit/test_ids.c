/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ids.h"

#include "base/rng.h"

/* After the project's headers, in cmocka's order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#define WINDOW INT64_C(1600) /* ns: a slice is 100 */
#define SEED   77

static void id_of(uint64_t n, unsigned char id[YG_ID_SIZE])
{
    yg_hash_id(YG_STR("ids"), (struct yg_str){ (const char *)&n, sizeof(n) }, id);
}

static void holds_what_was_put_and_nothing_else(void **state)
{
    struct yg_ids s;
    unsigned char id[YG_ID_SIZE], zero[YG_ID_SIZE] = { 0 };

    (void)state;
    yg_ids_init(&s, 1 << 20, WINDOW);
    assert_false(yg_ids_has(&s, zero));
    for (uint64_t n = 0; n < 50000; n++) {
        id_of(n, id);
        assert_false(yg_ids_has(&s, id));
        assert_int_equal(yg_ids_put(&s, id, 1000), YG_OK);
        assert_int_equal(yg_ids_put(&s, id, 1000), YG_EEXIST);
    }
    assert_int_equal(yg_ids_count(&s), 50000);
    for (uint64_t n = 0; n < 50000; n += 3) {
        id_of(n, id);
        yg_ids_remove(&s, id);
        yg_ids_remove(&s, id);
    }
    for (uint64_t n = 0; n < 60000; n++) {
        id_of(n, id);
        assert_int_equal(yg_ids_has(&s, id), n < 50000 && n % 3 != 0);
    }
    assert_int_equal(yg_ids_put(&s, zero, 1000), YG_OK);
    assert_int_equal(yg_ids_put(&s, zero, 1000), YG_EEXIST);
    assert_true(yg_ids_has(&s, zero));
    yg_ids_remove(&s, zero);
    assert_false(yg_ids_has(&s, zero));
    yg_ids_fini(&s);
}

/* Ids that differ in one bit anywhere are different, though they share a slot. */
static void compares_all_bits(void **state)
{
    struct yg_ids s;
    unsigned char id[YG_ID_SIZE];

    (void)state;
    yg_ids_init(&s, 1 << 20, WINDOW);
    id_of(1, id);
    assert_int_equal(yg_ids_put(&s, id, 0), YG_OK);
    for (size_t bit = 0; bit < YG_ID_SIZE * 8; bit++) {
        id[bit / 8] ^= (unsigned char)(1U << bit % 8);
        assert_false(yg_ids_has(&s, id));
        assert_int_equal(yg_ids_put(&s, id, 0), YG_OK);
        id[bit / 8] ^= (unsigned char)(1U << bit % 8);
    }
    assert_int_equal(yg_ids_count(&s), YG_ID_SIZE * 8 + 1);
    yg_ids_fini(&s);
}

/* Against a plain list: random puts, removals and prunings; ids crowd in few slots. */
static void behaves_like_a_list(void **state)
{
    enum { IDS = 600 };
    struct yg_rng rng;
    struct yg_ids s;
    int64_t when[IDS]; /* -1: not in the set */
    int64_t now = 100000;

    (void)state;
    print_message("# seed %d\n", SEED);
    yg_rng_init(&rng, SEED);
    yg_ids_init(&s, 1 << 20, WINDOW);
    for (size_t i = 0; i < IDS; i++)
        when[i] = -1;
    for (int step = 0; step < 200000; step++) {
        size_t i = yg_rng_below(&rng, IDS);
        uint64_t key[2] = { i % 5 + 1020, i }; /* chains wrap around the end */
        const unsigned char *id = (const unsigned char *)key;
        uint64_t what = yg_rng_below(&rng, 100);
        assert_int_equal(yg_ids_has(&s, id), when[i] >= 0);
        if (what < 50) {
            int64_t at = now - (int64_t)yg_rng_below(&rng, WINDOW);
            assert_int_equal(yg_ids_put(&s, id, at), when[i] >= 0 ? YG_EEXIST : YG_OK);
            if (when[i] < 0)
                when[i] = at;
        } else if (what < 70) {
            yg_ids_remove(&s, id);
            when[i] = -1;
        } else if (what < 75) {
            now += (int64_t)yg_rng_below(&rng, 150);
            yg_ids_prune(&s, now);
            for (size_t k = 0; k < IDS; k++)
                if (when[k] / 100 < now / 100 - YG_IDS_SLICES)
                    when[k] = -1;
        }
        size_t count = 0;
        for (size_t k = 0; step % 1000 == 0 && k < IDS; k++)
            count += when[k] >= 0;
        if (step % 1000 == 0)
            assert_int_equal(yg_ids_count(&s), count);
    }
    yg_ids_fini(&s);
}

static void the_cap_forgets_the_oldest(void **state)
{
    struct yg_ids s;
    unsigned char id[YG_ID_SIZE];

    (void)state;
    yg_ids_init(&s, 1000, WINDOW);
    for (uint64_t n = 0; n < 1500; n++) {
        id_of(n, id);
        assert_int_equal(yg_ids_put(&s, id, (int64_t)n), YG_OK);
    }
    assert_true(yg_ids_count(&s) <= 1000 && yg_ids_count(&s) >= 800);
    assert_int_equal(s.forgotten, 1500 - yg_ids_count(&s));
    id_of(1499, id);
    assert_true(yg_ids_has(&s, id));
    id_of(0, id);
    assert_false(yg_ids_has(&s, id));
    /* All of one age: then all go. */
    yg_ids_fini(&s);
    yg_ids_init(&s, 1000, WINDOW);
    for (uint64_t n = 0; n < 1001; n++) {
        id_of(n, id);
        assert_int_equal(yg_ids_put(&s, id, 5), YG_OK);
    }
    assert_int_equal(yg_ids_count(&s), 1);
    yg_ids_fini(&s);
}

/* Receipt times from anywhere do no harm. */
static void odd_times_are_drawn_to_the_window(void **state)
{
    static const int64_t odd[] = { 0, INT64_MAX, INT64_MIN, 1, -1, INT64_MAX / 2, 5000 };
    struct yg_ids s;
    unsigned char id[YG_ID_SIZE];

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(odd); i++) {
        for (size_t k = 0; k < YG_ARRAY_LEN(odd); k++) {
            yg_ids_init(&s, 1000, k % 2 ? 1 : WINDOW);
            for (uint64_t n = 0; n < 20; n++) {
                id_of(n, id);
                assert_int_equal(yg_ids_put(&s, id, n % 2 ? odd[i] : odd[k]), YG_OK);
                assert_true(yg_ids_has(&s, id));
            }
            yg_ids_prune(&s, odd[k]);
            yg_ids_prune(&s, INT64_MAX);
            yg_ids_fini(&s);
        }
    }
}

static void loading_is_putting(void **state)
{
    struct yg_ids s;
    unsigned char(*id)[YG_ID_SIZE] = malloc(10000 * sizeof(*id));

    (void)state;
    assert_non_null(id);
    for (uint64_t n = 0; n < 10000; n++)
        id_of(n % 9000, id[n]);
    yg_ids_init(&s, 1 << 20, WINDOW);
    assert_int_equal(yg_ids_reserve(&s, 100), YG_OK);
    assert_int_equal(yg_ids_load(&s, id[0], 10000, 50), YG_OK);
    assert_int_equal(yg_ids_count(&s), 9000);
    for (size_t n = 0; n < 9000; n++)
        assert_true(yg_ids_has(&s, id[n]));
    yg_ids_prune(&s, 50 + WINDOW);
    assert_int_equal(yg_ids_count(&s), 9000);
    yg_ids_prune(&s, 50 + 2 * WINDOW);
    assert_int_equal(yg_ids_count(&s), 0);
    yg_ids_fini(&s);
    free(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_was_put_and_nothing_else),
        cmocka_unit_test(compares_all_bits),
        cmocka_unit_test(behaves_like_a_list),
        cmocka_unit_test(the_cap_forgets_the_oldest),
        cmocka_unit_test(odd_times_are_drawn_to_the_window),
        cmocka_unit_test(loading_is_putting),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
