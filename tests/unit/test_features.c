/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/features.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_row_is_complete(void **state)
{
    (void)state;
    for (int i = 0; i < YG_FEATURE_COUNT; i++) {
        const struct yg_feature_info *f = &yg_feature_info[i];
        assert_true(strlen(f->name) > 0 && strlen(f->name) < 40);
        assert_true(strlen(f->doc) > 10 && strlen(f->doc) < 100);
        assert_int_equal(yg_feature_by_name(yg_str_of(f->name)), i);
        assert_true(i == 0 || f->group >= yg_feature_info[i - 1].group);
        assert_non_null(yg_feature_type_name(f->type));
    }
    assert_int_equal(yg_feature_by_name(YG_STR("no.such")), -1);
    assert_int_equal(yg_feature_info[YG_FIXED_COUNT].group, YG_G_FLOW);
    assert_int_equal(yg_feature_info[YG_PACKET_FIRST].group, YG_G_PACKET);
    assert_int_equal(yg_feature_info[YG_FACTS_STATIC].group, YG_G_CONTEXT);
    assert_int_equal(yg_feature_info[YG_HISTORY_FIRST].group, YG_G_HISTORY);
}

static void it_prints(void **state)
{
    struct yg_buf text, json;

    (void)state;
    yg_buf_init(&text, 1U << 20);
    yg_buf_init(&json, 1U << 20);
    yg_features_print(&text, false);
    yg_features_print(&json, true);
    assert_int_equal(yg_buf_status(&text), YG_OK);
    assert_int_equal(yg_buf_status(&json), YG_OK);
    size_t lines = 0;
    for (size_t i = 0; i < yg_buf_str(&text).n; i++)
        lines += yg_buf_str(&text).p[i] == '\n';
    assert_int_equal(lines, YG_FEATURE_COUNT);
    assert_true(yg_buf_cstr(&json)[0] == '[');
    yg_buf_fini(&text);
    yg_buf_fini(&json);
}

static void the_digest_is_stable_within_a_build(void **state)
{
    unsigned char a[YG_DIGEST_SIZE], b[YG_DIGEST_SIZE];

    (void)state;
    yg_feature_schema_digest(a);
    yg_feature_schema_digest(b);
    assert_memory_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(it_prints),
        cmocka_unit_test(the_digest_is_stable_within_a_build),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
