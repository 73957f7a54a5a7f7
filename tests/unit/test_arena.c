/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/map.h"
#include "base/rng.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void pieces_are_aligned_and_apart(void **state)
{
    struct yg_arena a;
    unsigned char *piece[300];

    (void)state;
    yg_arena_init(&a, (size_t)4 * 1024 * 1024);
    for (size_t i = 0; i < YG_ARRAY_LEN(piece); i++) {
        piece[i] = yg_arena_alloc(&a, i * 7);
        assert_non_null(piece[i]);
        assert_int_equal((uintptr_t)piece[i] % 16, 0);
        memset(piece[i], (int)(i % 251), i * 7);
    }
    for (size_t i = 0; i < YG_ARRAY_LEN(piece); i++)
        for (size_t j = 0; j < i * 7; j++)
            assert_int_equal(piece[i][j], i % 251);
    yg_arena_fini(&a);
}

static void the_cap_holds(void **state)
{
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1000);
    assert_null(yg_arena_alloc(&a, 1001));
    assert_non_null(yg_arena_alloc(&a, 600));
    assert_null(yg_arena_alloc(&a, 600));
    assert_non_null(yg_arena_alloc(&a, 16));
    assert_true(a.total <= 1000);
    yg_arena_fini(&a);
    yg_arena_init(&a, 0);
    assert_null(yg_arena_alloc(&a, 1));
    yg_arena_fini(&a);
    yg_arena_init(&a, SIZE_MAX);
    assert_null(yg_arena_alloc(&a, SIZE_MAX));
    assert_null(yg_arena_alloc(&a, SIZE_MAX - 15));
    yg_arena_fini(&a);
    yg_arena_fini(NULL);
}

static void a_large_piece_gets_a_chunk(void **state)
{
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, (size_t)8 * 1024 * 1024);
    assert_non_null(yg_arena_alloc(&a, 16));
    unsigned char *p = yg_arena_zalloc(&a, (size_t)3 * 1024 * 1024);
    assert_non_null(p);
    for (size_t i = 0; i < (size_t)3 * 1024 * 1024; i += 4093)
        assert_int_equal(p[i], 0);
    yg_arena_fini(&a);
}

static void clear_keeps_one_chunk(void **state)
{
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, (size_t)1024 * 1024);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 900; i++)
            assert_non_null(yg_arena_alloc(&a, 1000));
        yg_arena_clear(&a);
        assert_int_equal(a.used, 0);
        assert_true(a.total > 0 && a.total <= 1024 * 1024);
    }
    yg_arena_fini(&a);
}

static void strings_are_copied(void **state)
{
    struct yg_arena a;
    char text[] = "text";

    (void)state;
    yg_arena_init(&a, 65536);
    struct yg_str s = yg_arena_str(&a, yg_str_of(text));
    text[0] = 'x';
    assert_string_equal(s.p, "text");
    assert_int_equal(s.n, 4);
    s = yg_arena_str(&a, YG_STR_NONE);
    assert_string_equal(s.p, "");
    yg_arena_fini(&a);
    yg_arena_init(&a, 16);
    assert_null(yg_arena_str(&a, YG_STR("longer than sixteen bytes")).p);
    yg_arena_fini(&a);
}

/* Against a plain array: keys 1..N in random order, some asked for that are not there. */
static void map_against_an_array(void **state)
{
    enum { N = 5000 };
    static const uint64_t seed = 7;
    static uint64_t want[N + 1];
    uint64_t sum = 0, seen = 0, key, value;
    struct yg_rng rng;
    struct yg_map m;
    size_t at = 0, count = 0;

    (void)state;
    print_message("# seed %" PRIu64 "\n", seed);
    yg_rng_init(&rng, seed);
    yg_map_init(&m, N);
    assert_null(yg_map_get(&m, 1));
    for (int i = 0; i < 3 * N; i++) {
        bool fresh = false;
        key = 1 + yg_rng_below(&rng, N);
        uint64_t *p = yg_map_put(&m, key, &fresh);
        assert_non_null(p);
        assert_int_equal(fresh, want[key] == 0);
        assert_true(*p == want[key]);
        count += fresh;
        want[key] = *p = yg_rng_u64(&rng) >> 8 | 1;
    }
    assert_int_equal(yg_map_count(&m), count);
    for (key = 1; key <= N; key++) {
        uint64_t *p = yg_map_get(&m, key);
        assert_int_equal(p != NULL, want[key] != 0);
        assert_true(!p || *p == want[key]);
        sum += want[key];
    }
    while (yg_map_next(&m, &at, &key, &value))
        seen += value;
    assert_true(seen == sum);
    yg_map_clear(&m);
    assert_int_equal(yg_map_count(&m), 0);
    assert_null(yg_map_get(&m, 1));
    yg_map_fini(&m);
    yg_map_fini(NULL);
}

static void map_cap(void **state)
{
    struct yg_map m;

    (void)state;
    yg_map_init(&m, 100);
    for (uint64_t key = 1; key <= 100; key++)
        assert_non_null(yg_map_put(&m, key << 40, NULL));
    assert_null(yg_map_put(&m, 1, NULL));
    assert_non_null(yg_map_put(&m, UINT64_C(50) << 40, NULL));
    assert_non_null(yg_map_get(&m, UINT64_C(100) << 40));
    yg_map_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(the_cap_holds),
        cmocka_unit_test(a_large_piece_gets_a_chunk),
        cmocka_unit_test(clear_keeps_one_chunk),
        cmocka_unit_test(strings_are_copied),
        cmocka_unit_test(map_against_an_array),
        cmocka_unit_test(map_cap),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("arena and map", tests, NULL, NULL);
}
