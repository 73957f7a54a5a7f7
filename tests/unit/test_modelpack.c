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

/* A certificate closes nothing when it speaks of another model, other gates or other
 * code; an estimate goes with its model. */
static void other_version(void **state)
{
    struct yg_modelpack *m;
    struct yg_err err = { 0 };
    struct yg_decide_in in = { .device = YG_DEV_IDS,
                               .kind = YG_KIND_ALERT,
                               .scored = true,
                               .signature_verdicts = UINT32_MAX,
                               .distance = -1.0F,
                               .calibrated = true };

    assert_int_equal(yg_modelpack_read(yg_buf_str(*state), key, &m, &err), YG_OK);
    m->devices |= 1U << YG_DEV_IDS;
    assert_true(m->certified && m->certificate.kind == YG_CERT_CROSS_FIT);
    assert_false(yg_modelpack_policy(m).version_differs);

    struct yg_certificate *c = &m->certificate;
    struct yg_policy p = yg_modelpack_policy(m);
    c->kind = YG_CERT_TIME_SPLIT;
    c->tau = 1;
    memcpy(c->model, m->model_digest, YG_DIGEST_SIZE);
    yg_feature_schema_digest(c->features);
    yg_gates_digest(&p, c->gates);
    p = yg_modelpack_policy(m);
    assert_false(p.version_differs);
    struct yg_decision d = yg_decide(&p, &in);
    assert_true(d.close);

    unsigned char *part[] = { c->model, c->gates, c->features };
    for (size_t i = 0; i < YG_ARRAY_LEN(part); i++) {
        part[i][31] ^= 1;
        p = yg_modelpack_policy(m);
        d = yg_decide(&p, &in);
        assert_true(p.version_differs && !d.close);
        assert_int_equal(d.gates, YG_GATE_BIT(VERSION));
        part[i][31] ^= 1;
    }
    m->inputs ^= YG_INPUTS_BYTES(YG_DEV_WEB); /* what the gates ask is another thing */
    assert_true(yg_modelpack_policy(m).version_differs);
    yg_modelpack_free(m);
}

/* What nine in ten alerts of a device type had is expected of the next. */
static void inputs(void **state)
{
    static const struct {
        const char *name;
        unsigned alerts, packets, bytes; /* of ten; the others name no conversation */
        uint32_t want;
    } cases[] = {
        { "all", 10, 10, 10,
          YG_INPUTS_PACKETS(YG_DEV_IDS) | YG_INPUTS_BYTES(YG_DEV_IDS) },
        { "nine of ten", 10, 9, 9,
          YG_INPUTS_PACKETS(YG_DEV_IDS) | YG_INPUTS_BYTES(YG_DEV_IDS) },
        { "eight of ten", 10, 8, 8, 0 },
        { "payload only", 10, 0, 10, YG_INPUTS_BYTES(YG_DEV_IDS) },
        { "all that name a conversation", 3, 3, 3,
          YG_INPUTS_PACKETS(YG_DEV_IDS) | YG_INPUTS_BYTES(YG_DEV_IDS) },
        { "none names one", 0, 0, 0, 0 },
    };
    static const char *const name[] = { "a", "b", "c" };

    (void)state;
    for (size_t k = 0; k < YG_ARRAY_LEN(cases); k++) {
        struct yg_corpus c = corpus_of(name, 3);
        struct yg_fit_params p = { .train = yg_train_default };
        struct yg_modelpack *m;
        struct yg_err err = { 0 };
        for (size_t t = 0; t < 3; t++) {
            corpus_fill(&c, t, 40 + t, 300);
            for (size_t i = 0; i < c.tenant[t].count; i++) {
                struct yg_facts *f = &c.tenant[t].record[i].facts;
                unsigned at = (unsigned)(i % 10);
                f->device = YG_DEV_IDS;
                f->input = (uint8_t)((at < cases[k].alerts ? YG_INPUT_ENDS : 0) |
                                     (at < cases[k].packets ? YG_INPUT_PACKETS : 0) |
                                     (at < cases[k].bytes ? YG_INPUT_BYTES : 0));
            }
        }
        p.train.rounds = 1;
        p.train.threads = 1;
        if (yg_fit(&c, &p, &m, &err) != YG_OK)
            fail_msg("fit: %s", err.msg);
        if (m->inputs != cases[k].want)
            fail_msg("%s: %x", cases[k].name, m->inputs);
        struct yg_buf b;
        struct yg_modelpack *again;
        yg_buf_init(&b, (size_t)64 << 20);
        assert_int_equal(yg_modelpack_write(m, secret, &b, &err), YG_OK);
        assert_int_equal(yg_modelpack_read(yg_buf_str(&b), key, &again, &err), YG_OK);
        assert_int_equal(again->inputs, m->inputs);
        assert_int_equal(yg_modelpack_policy(again).inputs, m->inputs);
        yg_modelpack_free(again);
        yg_modelpack_free(m);
        yg_buf_fini(&b);
        yg_corpus_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes),    cmocka_unit_test(round_trip),
        cmocka_unit_test(damaged),       cmocka_unit_test(other_schema),
        cmocka_unit_test(other_version), cmocka_unit_test(inputs),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
