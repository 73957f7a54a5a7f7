/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "corpus_util.h"
#include "model/file.h"
#include "pipeline/fit.h"

static unsigned char key[YG_MODEL_KEY_SIZE], secret[YG_MODEL_SECRET_SIZE];

static void pack(struct yg_buf *out, uint64_t seed, uint64_t data_seed)
{
    static const char *const name[] = { "a", "b", "c" };
    struct yg_corpus c = corpus_of(name, 3);
    struct yg_fit_params p = { .train = yg_train_default };
    struct yg_modelpack *m;
    struct yg_err err = { 0 };

    for (size_t t = 0; t < 3; t++)
        corpus_fill(&c, t, data_seed + t, 300);
    p.train.rounds = 3;
    p.train.seed = seed;
    p.train.threads = 1;
    if (yg_fit(&c, &p, &m, &err) != YG_OK)
        fail_msg("fit: %s", err.msg);
    if (yg_modelpack_write(m, secret, out, &err) != YG_OK)
        fail_msg("write: %s", err.msg);
    yg_modelpack_free(m);
    yg_corpus_free(&c);
}

static int setup(void **state)
{
    struct yg_buf *b = calloc(1, sizeof(*b));

    if (yg_model_keys_new(key, secret) != YG_OK)
        return -1;
    yg_buf_init(b, (size_t)64 << 20);
    pack(b, 1, 40);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    yg_buf_fini(*state);
    free(*state);
    return 0;
}

static void same_bytes(void **state)
{
    struct yg_buf b;

    yg_buf_init(&b, (size_t)64 << 20);
    pack(&b, 1, 40);
    assert_true(yg_str_eq(yg_buf_str(&b), yg_buf_str(*state)));
    yg_buf_clear(&b);
    pack(&b, 2, 40);
    assert_false(yg_str_eq(yg_buf_str(&b), yg_buf_str(*state)));
    yg_buf_clear(&b);
    pack(&b, 1, 50);
    assert_false(yg_str_eq(yg_buf_str(&b), yg_buf_str(*state)));
    yg_buf_fini(&b);
}

static void round_trip(void **state)
{
    struct yg_modelpack *m;
    struct yg_err err = { 0 };
    struct yg_buf b;

    assert_int_equal(yg_modelpack_read(yg_buf_str(*state), key, &m, &err), YG_OK);
    assert_int_equal(m->tenants, 3);
    assert_int_equal(m->alerts, 900);
    assert_int_equal(m->judged, 900);
    assert_int_equal(m->seed, 1);
    yg_buf_init(&b, (size_t)64 << 20);
    assert_int_equal(yg_modelpack_write(m, secret, &b, &err), YG_OK);
    assert_true(yg_str_eq(yg_buf_str(&b), yg_buf_str(*state)));
    yg_buf_fini(&b);
    yg_modelpack_free(m);
    /* Another store's key does not vouch for it. */
    unsigned char other[YG_MODEL_KEY_SIZE], unused[YG_MODEL_SECRET_SIZE];
    assert_int_equal(yg_model_keys_new(other, unused), YG_OK);
    assert_int_equal(yg_modelpack_read(yg_buf_str(*state), other, &m, &err), YG_ECORRUPT);
}

/* A changed byte or a missing end is never taken for the model. */
static void damaged(void **state)
{
    struct yg_str whole = yg_buf_str(*state);
    char *copy = malloc(whole.n);
    struct yg_rng r;
    size_t tried = 0;

    memcpy(copy, whole.p, whole.n);
    yg_rng_init(&r, 9);
    print_message("# seed 9, %zu bytes\n", whole.n);
    for (size_t i = 0; i < whole.n; i += i < 300 || i + 300 > whole.n ? 1 : 251) {
        struct yg_modelpack *m = NULL;
        struct yg_err err = { 0 };
        char was = copy[i];
        copy[i] = (char)(was ^ (1 << yg_rng_below(&r, 8)));
        if (yg_modelpack_read((struct yg_str){ copy, whole.n }, key, &m, &err) == YG_OK)
            fail_msg("byte %zu changed, and it was read", i);
        assert_null(m);
        assert_true(err.msg[0]);
        copy[i] = was;
        tried++;
    }
    for (size_t n = 0; n < whole.n; n += 1 + n / 7) {
        struct yg_modelpack *m = NULL;
        struct yg_err err = { 0 };
        assert_int_not_equal(
            yg_modelpack_read((struct yg_str){ copy, n }, NULL, &m, &err), YG_OK);
        assert_null(m);
    }
    assert_true(tried > 450);
    free(copy);
}

/* Signed, whole, and for other features: says that it must be trained again. */
static void other_schema(void **state)
{
    struct yg_str whole = yg_buf_str(*state);
    struct yg_model_file f;
    struct yg_model_writer w;
    struct yg_err err = { 0 };
    struct yg_modelpack *m = NULL;
    static const char *const section[] = { "meta", "trees", "calibration", "history",
                                           "policy" };
    struct yg_buf b;

    assert_int_equal(yg_model_file_open(whole, key, &f, &err), YG_OK);
    for (int change = 0; change < 2; change++) {
        unsigned char schema[YG_DIGEST_SIZE];
        memcpy(schema, f.schema, sizeof(schema));
        schema[5] ^= (unsigned char)change;
        yg_buf_init(&b, (size_t)64 << 20);
        yg_model_file_begin(&w, &b, schema);
        for (size_t i = 0; i < YG_ARRAY_LEN(section); i++)
            yg_model_file_add(&w, section[i], yg_model_file_section(&f, section[i]));
        assert_int_equal(yg_model_file_finish(&w, secret, NULL), YG_OK);
        enum yg_status st = yg_modelpack_read(yg_buf_str(&b), key, &m, &err);
        assert_int_equal(st, change ? YG_EVERSION : YG_OK);
        if (st == YG_OK)
            yg_modelpack_free(m);
        yg_buf_fini(&b);
    }
    assert_non_null(strstr(err.msg, "train again"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(damaged),
        cmocka_unit_test(other_schema),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
