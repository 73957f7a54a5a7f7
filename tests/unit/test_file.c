/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/file.h"

#include <stdlib.h>

static const unsigned char schema[YG_DIGEST_SIZE] = "the schema";

static void write_file(struct yg_buf *out, const unsigned char *secret,
                       unsigned char *digest)
{
    struct yg_model_writer w;

    yg_buf_init(out, 1 << 16);
    yg_model_file_begin(&w, out, schema);
    yg_model_file_add(&w, "trees", YG_STR("\x01\x00\x02 leaves"));
    yg_model_file_add(&w, "empty", YG_STR_NONE);
    yg_model_file_add(&w, "meta", YG_STR("{\"rows\":3}"));
    assert_int_equal(yg_model_file_finish(&w, secret, digest), YG_OK);
}

static void round_trip(void **state)
{
    struct yg_buf a, b;
    unsigned char digest[YG_DIGEST_SIZE];
    struct yg_model_file f;
    struct yg_err err;

    (void)state;
    write_file(&a, NULL, digest);
    write_file(&b, NULL, NULL);
    assert_true(yg_str_eq(yg_buf_str(&a), yg_buf_str(&b)));
    assert_int_equal(yg_model_file_open(yg_buf_str(&a), NULL, &f, &err), YG_OK);
    assert_int_equal(f.trust, YG_MODEL_UNSIGNED);
    assert_memory_equal(f.schema, schema, sizeof(schema));
    assert_memory_equal(f.digest, digest, sizeof(digest));
    assert_int_equal(f.sections, 3);
    assert_true(
        yg_str_eq(yg_model_file_section(&f, "trees"), YG_STR("\x01\x00\x02 leaves")));
    assert_true(yg_str_eq(yg_model_file_section(&f, "meta"), YG_STR("{\"rows\":3}")));
    assert_int_equal(yg_model_file_section(&f, "empty").n, 0);
    assert_non_null(yg_model_file_section(&f, "empty").p);
    assert_null(yg_model_file_section(&f, "policy").p);
    yg_buf_fini(&a);
    yg_buf_fini(&b);
}

static void signatures(void **state)
{
    unsigned char key[YG_MODEL_KEY_SIZE], secret[YG_MODEL_SECRET_SIZE];
    unsigned char key2[YG_MODEL_KEY_SIZE], secret2[YG_MODEL_SECRET_SIZE];
    unsigned char digest[YG_DIGEST_SIZE], unsigned_digest[YG_DIGEST_SIZE];
    struct yg_buf a, b;
    struct yg_model_file f;
    struct yg_err err;

    (void)state;
    assert_int_equal(yg_model_keys_new(key, secret), YG_OK);
    assert_int_equal(yg_model_keys_new(key2, secret2), YG_OK);
    assert_memory_not_equal(key, key2, sizeof(key));
    write_file(&a, secret, digest);
    write_file(&b, secret, NULL);
    assert_true(yg_str_eq(yg_buf_str(&a), yg_buf_str(&b)));
    yg_buf_fini(&b);
    write_file(&b, NULL, unsigned_digest);
    assert_memory_equal(digest, unsigned_digest, sizeof(digest));
    assert_int_equal(yg_model_file_open(yg_buf_str(&a), key, &f, &err), YG_OK);
    assert_int_equal(f.trust, YG_MODEL_TRUSTED);
    assert_memory_equal(f.key, key, sizeof(key));
    assert_int_equal(yg_model_file_open(yg_buf_str(&a), key2, &f, &err), YG_OK);
    assert_int_equal(f.trust, YG_MODEL_UNKNOWN);
    assert_int_equal(yg_model_file_open(yg_buf_str(&a), NULL, &f, &err), YG_OK);
    assert_int_equal(f.trust, YG_MODEL_UNKNOWN);
    assert_int_equal(yg_model_file_open(yg_buf_str(&b), key, &f, &err), YG_OK);
    assert_int_equal(f.trust, YG_MODEL_UNSIGNED);
    yg_buf_fini(&a);
    yg_buf_fini(&b);
}

/* Every bit of every byte, signed and unsigned; every shorter file; one byte more. */
static void damage_is_found(void **state)
{
    unsigned char key[YG_MODEL_KEY_SIZE], secret[YG_MODEL_SECRET_SIZE];
    struct yg_model_file f = { .sections = 77 };
    struct yg_err err;

    (void)state;
    assert_int_equal(yg_model_keys_new(key, secret), YG_OK);
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        struct yg_buf a;
        write_file(&a, is_signed ? secret : NULL, NULL);
        size_t n = a.n;
        for (size_t i = 0; i < n; i++)
            for (int bit = 0; bit < 8; bit++) {
                a.p[i] = (char)(a.p[i] ^ 1 << bit);
                if (yg_model_file_open(yg_buf_str(&a), key, &f, &err) == YG_OK)
                    fail_msg("signed %d: bit %d of byte %zu", is_signed, bit, i);
                a.p[i] = (char)(a.p[i] ^ 1 << bit);
            }
        for (size_t k = 0; k < n; k++) {
            char *copy = malloc(k + 1);
            assert_non_null(copy);
            memcpy(copy, a.p, k);
            struct yg_str cut = { copy, k };
            if (yg_model_file_open(cut, key, &f, &err) == YG_OK)
                fail_msg("signed %d: cut to %zu bytes", is_signed, k);
            free(copy);
        }
        yg_buf_char(&a, 'x');
        assert_int_not_equal(yg_model_file_open(yg_buf_str(&a), key, &f, &err), YG_OK);
        yg_buf_fini(&a);
    }
    assert_int_equal(f.sections, 77); /* untouched on failure */
}

/* A digest only says that the bytes are those that were written, not that they are sane.
 */
static void sections_must_fill_the_file(void **state)
{
    const size_t tail = YG_DIGEST_SIZE + YG_MODEL_KEY_SIZE + 64;
    unsigned char sum[YG_DIGEST_SIZE];
    struct yg_model_file f;
    struct yg_err err = { 0 };
    struct yg_buf a, b;

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        write_file(&a, NULL, NULL);
        yg_buf_init(&b, 1 << 16);
        yg_buf_add(&b, a.p, a.n - tail);
        yg_buf_add(&b, "x", more);
        yg_digest_of(b.p, b.n, sum);
        yg_buf_add(&b, sum, sizeof(sum));
        yg_buf_add(&b, a.p + a.n - tail + YG_DIGEST_SIZE, tail - YG_DIGEST_SIZE);
        assert_int_equal(yg_model_file_open(yg_buf_str(&b), NULL, &f, &err),
                         more ? YG_ECORRUPT : YG_OK);
        yg_buf_fini(&a);
        yg_buf_fini(&b);
    }
}

static void a_full_buffer_is_told(void **state)
{
    struct yg_model_writer w;
    struct yg_buf b;

    (void)state;
    for (size_t cap = 0; cap < 190; cap++) {
        yg_buf_init(&b, cap);
        yg_model_file_begin(&w, &b, schema);
        yg_model_file_add(&w, "meta", YG_STR("{}"));
        assert_int_equal(yg_model_file_finish(&w, NULL, NULL), YG_ELIMIT);
        yg_buf_fini(&b);
    }
}

static void other_files(void **state)
{
    struct yg_model_file f;
    struct yg_err err = { 0 };
    struct yg_buf a;

    (void)state;
    assert_int_equal(yg_model_file_open(YG_STR_NONE, NULL, &f, &err), YG_EFORMAT);
    assert_int_equal(yg_model_file_open(YG_STR("{}"), NULL, &f, &err), YG_EFORMAT);
    write_file(&a, NULL, NULL);
    a.p[8] = 2;
    assert_int_equal(yg_model_file_open(yg_buf_str(&a), NULL, &f, &err), YG_EVERSION);
    assert_string_equal(err.msg,
                        "model file of format 2, this program reads 1; train again");
    yg_buf_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(signatures),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(sections_must_fill_the_file),
        cmocka_unit_test(a_full_buffer_is_told),
        cmocka_unit_test(other_files),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
