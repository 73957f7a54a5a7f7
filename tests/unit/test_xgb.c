/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "model/model.h"

#include <math.h>

/* ---- a model made by hand, as the library would write it ----------------------------
 */

static void put_be(struct yg_buf *b, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        yg_buf_u8(b, (uint8_t)(v >> (8 * i)));
}

static void put_key(struct yg_buf *b, const char *key)
{
    yg_buf_char(b, 'L');
    put_be(b, strlen(key), 8);
    yg_buf_str_add(b, yg_str_of(key));
}

static void put_text(struct yg_buf *b, const char *key, const char *value)
{
    put_key(b, key);
    yg_buf_char(b, 'S');
    put_key(b, value);
}

static void put_ints(struct yg_buf *b, const char *key, const int *v, size_t n)
{
    put_key(b, key);
    yg_buf_str_add(b, YG_STR("[$l#L"));
    put_be(b, n, 8);
    for (size_t i = 0; i < n; i++)
        put_be(b, (uint32_t)v[i], 4);
}

static void put_floats(struct yg_buf *b, const char *key, const float *v, size_t n)
{
    put_key(b, key);
    yg_buf_str_add(b, YG_STR("[$d#L"));
    put_be(b, n, 8);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof(bits));
        put_be(b, bits, 4);
    }
}

#define SPLITS 255
#define NODES  (2 * SPLITS + 1)

/* One perfect tree of depth 8 over one feature, for L4: x < cut k for k = 0, 1, ... in
 * order, but not more than `cuts` different ones; the leaf of bin k is k / 100. */
static void put_model(struct yg_buf *b, int cuts)
{
    static int left[NODES], right[NODES], feature[NODES];
    static float value[NODES], cover[NODES];

    for (int i = 0; i < NODES; i++) {
        int level = 31 - __builtin_clz((unsigned)i + 1), place = i + 1 - (1 << level);
        int number = (2 * place + 1) * (1 << (7 - (level < 8 ? level : 7))) - 1;
        left[i] = i < SPLITS ? 2 * i + 1 : -1;
        right[i] = i < SPLITS ? 2 * i + 2 : -1;
        value[i] =
            i < SPLITS ? (float)(number < cuts ? number : cuts - 1) : (float)place / 100;
        cover[i] = 1;
    }
    yg_buf_char(b, '{');
    put_key(b, "learner");
    yg_buf_char(b, '{');
    put_key(b, "gradient_booster");
    yg_buf_char(b, '{');
    put_key(b, "model");
    yg_buf_char(b, '{');
    put_ints(b, "tree_info", (const int[]){ YG_LEVEL_L4 }, 1);
    put_key(b, "trees");
    yg_buf_str_add(b, YG_STR("[#L"));
    put_be(b, 1, 8);
    yg_buf_char(b, '{');
    put_ints(b, "left_children", left, NODES);
    put_ints(b, "right_children", right, NODES);
    put_ints(b, "split_indices", feature, NODES);
    put_floats(b, "split_conditions", value, NODES);
    put_floats(b, "sum_hessian", cover, NODES);
    yg_buf_str_add(b, YG_STR("}}"));
    put_text(b, "name", "gbtree");
    yg_buf_char(b, '}');
    put_key(b, "learner_model_param");
    yg_buf_char(b, '{');
    put_text(b, "base_score", "5E-1");
    put_text(b, "num_class", "5");
    put_text(b, "num_feature", "1");
    yg_buf_char(b, '}');
    put_key(b, "objective");
    yg_buf_char(b, '{');
    put_text(b, "name", "multi:softprob");
    yg_buf_str_add(b, YG_STR("}}}"));
}

static void every_bin_is_used(void **state)
{
    float x[SPLITS + 1], p[(SPLITS + 1) * YG_LEVEL_COUNT];
    struct yg_err err = { 0 };
    struct yg_trees *t;
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 1 << 16);
    put_model(&b, 255);
    assert_int_equal(yg_trees_from_xgboost(yg_buf_str(&b), 1, &t, &err), YG_EINVAL);
    assert_non_null(strstr(err.msg, "feature 0 is cut at more than 254 places"));
    yg_buf_clear(&b);
    put_model(&b, 254);
    if (yg_trees_from_xgboost(yg_buf_str(&b), 1, &t, &err) != YG_OK)
        fail_msg("%s", err.msg);
    for (int i = 0; i <= SPLITS; i++)
        x[i] = (float)i - 0.5F;
    for (int scalar = 0; scalar < 2; scalar++) {
        if (scalar)
            yg_trees_predict_scalar(t, x, SPLITS + 1, 1, p);
        else
            yg_trees_predict(t, x, SPLITS + 1, 1, p);
        for (int i = 0; i <= SPLITS; i++) {
            int bin = i < 254 ? i : 255; /* cut 253 stands twice: no value is between */
            double got = log((double)p[5 * i + 4] / (double)p[5 * i]);
            if (fabs(got - bin / 100.0) > 1e-5)
                fail_msg("x = %g: margin %g", (double)x[i], got);
        }
    }
    yg_trees_free(t);
    yg_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bin_is_used),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("xgb", tests, NULL, NULL);
}
