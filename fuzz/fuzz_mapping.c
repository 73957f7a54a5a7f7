/* SPDX-License-Identifier: Apache-2.0 */
/* A mapping file of any bytes is read or refused; what is read keeps its promises. */
#include "conf/mapping.h"

#include "event/ip.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool ok)
{
    if (!ok)
        abort();
}

/* What the value table makes of a text fits the rule's target, as the header says. */
static void check_value(const struct yg_map_rule *rule, struct yg_str text)
{
    struct yg_str got = yg_mapping_value(rule, text);
    unsigned char ip[YG_IP_SIZE];
    enum yg_device device;
    enum yg_level level;
    uint64_t u;

    expect((got.n == 0) == (got.p == NULL));
    if (got.n == 0)
        return;
    if (rule->target == YG_MAP_TO_DEVICE)
        expect(yg_device_of(got, &device));
    if (rule->target != YG_MAP_TO_FIELD)
        return;
    if (rule->field == YG_F_VERDICT)
        expect(yg_level_of(got, &level));
    if (yg_field_info[rule->field].type == YG_T_U64)
        expect(yg_str_u64(got, &u));
    if (yg_field_info[rule->field].type == YG_T_IP)
        expect(yg_ip_parse(got, ip));
}

static void check_rule(const struct yg_map_rule *rule)
{
    expect(rule->value_count <= YG_MAP_VALUES_MAX);
    expect(rule->from.n == 0 || rule->constant.n == 0);
    for (size_t i = 0; i < rule->value_count; i++)
        check_value(rule, rule->value[i].match);
    if (rule->from.n == 0)
        check_value(rule, YG_STR("any"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct yg_mapping *m = NULL;
    struct yg_arena arena;
    struct yg_err err = { 0 };

    yg_arena_init(&arena, (size_t)16 * 1024 * 1024);
    enum yg_status st = yg_mapping_parse(
        &arena, "map", (struct yg_str){ (const char *)data, size }, &m, &err);
    expect((st == YG_OK) == (m != NULL));
    if (m) {
        expect(m->rule_count >= 1 && m->rule_count <= YG_MAP_RULES_MAX);
        expect(m->column_count <= YG_MAP_COLUMNS_MAX);
        for (size_t i = 0; i < m->rule_count; i++)
            check_rule(&m->rule[i]);
    } else {
        expect(err.msg[0] != '\0');
    }
    yg_arena_fini(&arena);
    return 0;
}
