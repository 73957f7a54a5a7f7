/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include "base/rng.h"
#include "base/status.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* BLAKE2b with a 32-byte digest of "abc" (hashlib.blake2b(b"abc", digest_size=32)). */
#define ABC "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"

static void digest_of_pieces(void **state)
{
    unsigned char out[YG_DIGEST_SIZE];
    char hex[2 * YG_DIGEST_SIZE + 1];
    struct yg_digest d;

    (void)state;
    yg_digest_init(&d);
    yg_digest_add(&d, "a", 1);
    yg_digest_add(&d, NULL, 0);
    yg_digest_add(&d, "bc", 2);
    yg_digest_done(&d, out);
    yg_hex(out, sizeof(out), hex);
    assert_string_equal(hex, ABC);
    memset(out, 0, sizeof(out));
    yg_digest_of("abc", 3, out);
    yg_hex(out, sizeof(out), hex);
    assert_string_equal(hex, ABC);
}

static void ids_depend_on_domain_and_bytes(void **state)
{
    static const struct {
        const char *domain, *bytes;
    } row[] = { { "", "" },    { "", "a" },   { "a", "" },   { "a", "a" },
                { "ab", "c" }, { "a", "bc" }, { "abc", "" }, { "", "abc" } };
    unsigned char id[YG_ARRAY_LEN(row)][YG_ID_SIZE], again[YG_ID_SIZE];

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        yg_hash_id(yg_str_of(row[i].domain), yg_str_of(row[i].bytes), id[i]);
        yg_hash_id(yg_str_of(row[i].domain), yg_str_of(row[i].bytes), again);
        assert_memory_equal(id[i], again, YG_ID_SIZE);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(id[i], id[j], YG_ID_SIZE);
    }
}

static void table_hashes(void **state)
{
    (void)state;
    assert_true(yg_hash_str(1, YG_STR("x")) == yg_hash_str(1, YG_STR("x")));
    assert_true(yg_hash_str(1, YG_STR("x")) != yg_hash_str(2, YG_STR("x")));
    assert_true(yg_hash_str(1, YG_STR("x")) != yg_hash_str(1, YG_STR("y")));
    assert_true(yg_hash_str(0, YG_STR_NONE) == yg_hash_str(0, YG_STR("")));
    assert_true(yg_hash_str(0, YG_STR_NONE) != 0);
    assert_true(yg_hash_pair(1, 2) != yg_hash_pair(2, 1));
    assert_true(yg_hash_pair(0, 0) != 0);
}

static void hex_and_back(void **state)
{
    static const struct {
        const char *text;
        size_t n;
        bool good;
    } row[] = { { "00ff7F", 3, true }, { "00ff7", 3, false }, { "00ff7f0", 3, false },
                { "", 0, true },       { "0x00", 2, false },  { "zz", 1, false },
                { " 1", 1, false },    { "-1", 1, false } };
    unsigned char out[8];
    char hex[17];

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (yg_unhex(yg_str_of(row[i].text), out, row[i].n) != row[i].good)
            fail_msg("%s", row[i].text);
    assert_true(yg_unhex(YG_STR("00ff7F80"), out, 4));
    yg_hex(out, 4, hex);
    assert_string_equal(hex, "00ff7f80");
}

/* xoshiro256** from the state {1, 2, 3, 4}: first words of the authors' reference code,
 * worked out by hand: rotl(2 * 5, 7) * 9 = 11520, then rotl(0 * 5, 7) * 9 = 0. */
static void random_words(void **state)
{
    struct yg_rng r = { { 1, 2, 3, 4 } };

    (void)state;
    assert_true(yg_rng_u64(&r) == 11520);
    assert_true(yg_rng_u64(&r) == 0);
    assert_true(yg_rng_u64(&r) == 1509978240);
}

/* Uniform over 10 cells: chi-squared with 9 degrees of freedom is over 27.88 with
 * probability 0.001; the seed is fixed, so the outcome is too. */
static void random_numbers_are_uniform(void **state)
{
    static const uint64_t seed = 11;
    double cell[10] = { 0 }, chi2 = 0, mean = 0;
    enum { N = 100000 };
    struct yg_rng r;

    (void)state;
    print_message("# seed %" PRIu64 "\n", seed);
    yg_rng_init(&r, seed);
    for (int i = 0; i < N; i++) {
        cell[yg_rng_below(&r, 10)] += 1;
        double u = yg_rng_unit(&r);
        assert_true(u >= 0 && u < 1);
        mean += u / N;
    }
    for (int i = 0; i < 10; i++)
        chi2 += (cell[i] - N / 10.0) * (cell[i] - N / 10.0) / (N / 10.0);
    assert_true(chi2 < 27.88);
    assert_true(mean > 0.497 && mean < 0.503);
    assert_true(yg_rng_below(&r, 1) == 0);
}

static void forks_do_not_depend_on_order(void **state)
{
    struct yg_rng root, a, b, c;

    (void)state;
    yg_rng_init(&root, 3);
    a = yg_rng_fork(&root, 1);
    b = yg_rng_fork(&root, 2);
    c = yg_rng_fork(&root, 1);
    uint64_t first = yg_rng_u64(&a);
    assert_true(first == yg_rng_u64(&c));
    assert_true(first != yg_rng_u64(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_of_pieces),
        cmocka_unit_test(ids_depend_on_domain_and_bytes),
        cmocka_unit_test(table_hashes),
        cmocka_unit_test(hex_and_back),
        cmocka_unit_test(random_words),
        cmocka_unit_test(random_numbers_are_uniform),
        cmocka_unit_test(forks_do_not_depend_on_order),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("hash and rng", tests, NULL, NULL);
}
