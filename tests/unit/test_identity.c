/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/identity.h"

#include <stdlib.h>
#include <string.h>

#define N 2000

static void content(unsigned char id[YG_ID_SIZE], uint64_t n)
{
    yg_hash_id(YG_STR("content"), (struct yg_str){ (const char *)&n, sizeof(n) }, id);
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, YG_ID_SIZE);
}

/* The same content again and again: all ids differ, and a second reading gives them all
 * again in the same order. */
static void repetitions(void **state)
{
    unsigned char(*id)[YG_ID_SIZE] = calloc(2 * N, YG_ID_SIZE);
    unsigned char first[YG_ID_SIZE];

    (void)state;
    for (int pass = 0; pass < 2; pass++) {
        struct yg_identity x;
        yg_identity_init(&x);
        for (uint64_t i = 0; i < N; i++) {
            unsigned char *at = id[pass * N + (int)i];
            content(at, i % 7 ? i % 50 : i); /* many equal, some unique */
            assert_int_equal(yg_identity_of(&x, at), YG_OK);
        }
        yg_identity_fini(&x);
    }
    assert_memory_equal(id, id + N, (size_t)N * YG_ID_SIZE);
    content(first, 0); /* the first of its kind keeps the id of its content */
    assert_memory_equal(id[0], first, YG_ID_SIZE);
    qsort(id, N, YG_ID_SIZE, by_bytes);
    for (int i = 1; i < N; i++)
        assert_memory_not_equal(id[i - 1], id[i], YG_ID_SIZE);
    free(id);
}

/* What is between two equal records does not matter, only how many came before. */
static void only_the_count(void **state)
{
    unsigned char a[2][YG_ID_SIZE], b[2][YG_ID_SIZE], other[YG_ID_SIZE];
    struct yg_identity x;

    (void)state;
    yg_identity_init(&x);
    for (int i = 0; i < 2; i++) {
        content(a[i], 1);
        assert_int_equal(yg_identity_of(&x, a[i]), YG_OK);
    }
    yg_identity_fini(&x);
    yg_identity_init(&x);
    for (int i = 0; i < 2; i++) {
        content(b[i], 1);
        assert_int_equal(yg_identity_of(&x, b[i]), YG_OK);
        for (uint64_t k = 5; k < 50; k++) {
            content(other, k);
            assert_int_equal(yg_identity_of(&x, other), YG_OK);
        }
    }
    yg_identity_fini(&x);
    assert_memory_equal(a, b, sizeof(a));
}

/* An id of zeros is an id. */
static void zero(void **state)
{
    unsigned char id[2][YG_ID_SIZE] = { { 0 }, { 0 } };
    struct yg_identity x;

    (void)state;
    yg_identity_init(&x);
    assert_int_equal(yg_identity_of(&x, id[0]), YG_OK);
    assert_int_equal(yg_identity_of(&x, id[1]), YG_OK);
    assert_memory_not_equal(id[0], id[1], YG_ID_SIZE);
    yg_identity_fini(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repetitions),
        cmocka_unit_test(only_the_count),
        cmocka_unit_test(zero),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
