/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define CAP ((size_t)8 * 1024 * 1024)

static int setup(void **state)
{
    static struct yg_arena arena;

    yg_arena_init(&arena, CAP);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    yg_arena_fini(*state);
    return 0;
}

/* The rule that fills `field`; the tests ask only for rules that are there. */
static const struct yg_map_rule *rule_of(const struct yg_mapping *m, enum yg_field field)
{
    for (size_t i = 0; i < m->rule_count; i++)
        if (m->rule[i].target == YG_MAP_TO_FIELD && m->rule[i].field == field)
            return &m->rule[i];
    fail_msg("no rule for %s", yg_field_info[field].name);
    return NULL;
}

static const struct yg_map_rule *target_of(const struct yg_mapping *m,
                                           enum yg_map_target target)
{
    for (size_t i = 0; i < m->rule_count; i++)
        if (m->rule[i].target == target)
            return &m->rule[i];
    fail_msg("no rule for target %d", (int)target);
    return NULL;
}

static void assert_value(const struct yg_map_rule *rule, const char *in, const char *want)
{
    struct yg_str got = yg_mapping_value(rule, yg_str_of(in));

    if (!want && !got.p && got.n == 0)
        return;
    if (!want || !yg_str_eq(got, yg_str_of(want)))
        fail_msg("%.*s: \"%s\" gave \"%.*s\", not \"%s\"", YG_STR_ARG(rule->from), in,
                 YG_STR_ARG(got), want ? want : "(nothing)");
}

static const struct yg_mapping *parse(struct yg_arena *arena, const char *text)
{
    const struct yg_mapping *m = NULL;
    struct yg_err err = { 0 };
    char line[1024];

    if (yg_mapping_parse(arena, "m.yaml", yg_str_of(text), &m, &err) != YG_OK)
        fail_msg("%s", yg_err_text(&err, line, sizeof(line)));
    return m;
}

static const char every_key[] = "format: delimited\n"
                                "delimiter: ';'\n"
                                "columns: [t, name, ip, label, started, 'sev']\n"
                                "product: Box\n"
                                "log: false\n"
                                "time: { from: t, as: epoch_ms }\n"
                                "device:\n"
                                "  from: name\n"
                                "  values: { 'IDS: *': ids, 'x': host }\n"
                                "fields:\n"
                                "  rule.id: name\n"
                                "  rule.ruleset: { constant: box }\n"
                                "  host.ip: ip\n"
                                "  event.start: { from: started, as: epoch_ns }\n"
                                "  event.severity: { from: sev, values: { low: 10, '1*': "
                                "20, '*': 30 } }\n"
                                "  yagura.verdict.level: { from: label, values: { '-': "
                                "FP, dirb: L2, odd: ~ } }\n"
                                "  event.action: { from: label, values: { '-': none } }\n"
                                "  yagura.incident: { from: label, values: { a: A }, "
                                "otherwise: '' }\n";

static void reads_every_key(void **state)
{
    const struct yg_mapping *m = parse(*state, every_key);

    assert_int_equal(m->shape, YG_MAP_DELIMITED);
    assert_int_equal(m->delimiter, ';');
    assert_false(m->log);
    assert_true(yg_str_eq(m->product, YG_STR("Box")));
    assert_int_equal(m->column_count, 6);
    assert_true(yg_str_eq(m->column[5], YG_STR("sev")));
    assert_int_equal(m->rule_count, 10);
    assert_int_equal(target_of(m, YG_MAP_TO_TIME)->as, YG_MAP_EPOCH_MS);
    assert_true(yg_str_eq(target_of(m, YG_MAP_TO_TIME)->from, YG_STR("t")));
    assert_int_equal(rule_of(m, YG_F_FLOW_START)->as, YG_MAP_EPOCH_NS);
}

static void applies_values(void **state)
{
    static const struct {
        enum yg_field field;
        const char *in, *want;
    } row[] = {
        { YG_F_RULE_ID, "anything", "anything" },
        { YG_F_RULE_ID, "", NULL },
        { YG_F_RULE_RULESET, "ignored", "box" },
        { YG_F_RULE_RULESET, "", "box" },
        { YG_F_EVENT_SEVERITY, "low", "10" },
        { YG_F_EVENT_SEVERITY, "lower", "30" },
        { YG_F_EVENT_SEVERITY, "1", "20" },
        { YG_F_EVENT_SEVERITY, "17", "20" },
        { YG_F_EVENT_SEVERITY, "", "30" },
        { YG_F_VERDICT, "-", "FP" },
        { YG_F_VERDICT, "dirb", "L2" },
        { YG_F_VERDICT, "Dirb", NULL },
        { YG_F_VERDICT, "odd", NULL },
        { YG_F_VERDICT, "L4", NULL },
        { YG_F_EVENT_ACTION, "-", "none" },
        { YG_F_EVENT_ACTION, "dirb", "dirb" },
        { YG_F_INCIDENT, "a", "A" },
        { YG_F_INCIDENT, "b", NULL },
    };
    const struct yg_mapping *m = parse(*state, every_key);

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        assert_value(rule_of(m, row[i].field), row[i].in, row[i].want);
    const struct yg_map_rule *device = target_of(m, YG_MAP_TO_DEVICE);
    assert_value(device, "IDS: scan", "ids");
    assert_value(device, "IDS:", NULL);
    assert_value(device, "x", "host");
    assert_value(device, "xy", NULL);
}

static void defaults_are_comma_and_iso(void **state)
{
    const struct yg_mapping *m = parse(*state, "format: delimited\ntime: when\n"
                                               "fields: { rule.name: what }\n");

    assert_int_equal(m->delimiter, ',');
    assert_int_equal(m->column_count, 0);
    assert_int_equal(m->product.n, 0);
    assert_int_equal(target_of(m, YG_MAP_TO_TIME)->as, YG_MAP_ISO);
    m = parse(*state, "format: delimited\ndelimiter: \\t\ntime: t\nlog: true\n"
                      "fields: { message: m }\n");
    assert_int_equal(m->delimiter, '\t');
    assert_true(m->log);
    m = parse(*state, "format: jsonl\ntime: '@timestamp'\nfields: { rule.id: a.b.c }\n");
    assert_int_equal(m->shape, YG_MAP_JSONL);
    assert_true(yg_str_eq(rule_of(m, YG_F_RULE_ID)->from, YG_STR("a.b.c")));
}

#define HEAD "format: delimited\ntime: t\n"

static void says_what_is_wrong(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *msg;
    } row[] = {
        { "time: t\n", 1, 1, "\"format\" is missing" },
        { "format: csv\n", 1, 9, "not a known format" },
        { "format: delimted\n", 1, 9, "did you mean \"delimited\"?" },
        { "format: jsonl\ndelimiter: ';'\n", 2, 1, "for format: delimited" },
        { "format: jsonl\ncolumns: [a]\n", 2, 1, "for format: delimited" },
        { "format: delimited\ndelimiter: ab\n", 2, 12, "one ASCII character" },
        { "format: delimited\ndelimiter: '\"'\n", 2, 12, "one ASCII character" },
        { "format: delimited\ndelimiter: \"\\x7f\"\n", 2, 12, "one ASCII character" },
        { "format: delimited\ncolumns: []\n", 2, 10, "1 to 1024" },
        { "format: delimited\ncolumns: a\n", 2, 1, "must be a list, not a text" },
        { "format: delimited\ncolumns: [a, b, a]\n", 2, 17, "named twice" },
        { "format: delimited\ncolums: [a]\n", 2, 1, "did you mean \"columns\"?" },
        { "format: delimited\nfields: { rule.id: a }\n", 1, 1, "\"time\" is missing" },
        { HEAD, 1, 1, "\"fields\" is missing" },
        { HEAD "log: maybe\n", 3, 1, "true or false" },
        { HEAD "fields: { host.ip: a }\n", 3, 1, "alerts need a signature" },
        { HEAD "fields:\n  rule.idd: a\n", 4, 3, "did you mean \"rule.id\"?" },
        { HEAD "fields:\n  rule.id: { form: a }\n", 4, 14, "did you mean \"from\"?" },
        { HEAD "fields:\n  rule.id: {}\n", 4, 3, "needs either \"from\"" },
        { HEAD "fields:\n  rule.id: { from: a, constant: b }\n", 4, 3, "needs either" },
        { HEAD "fields:\n  rule.id: [a]\n", 4, 3, "must be a text, not a list" },
        { HEAD "fields:\n  rule.id:\n", 4, 3, "has no value" },
        { HEAD "fields:\n  rule.id: { from: a, as: iso }\n", 4, 23, "is for times" },
        { HEAD "fields:\n  rule.id: { from: a, values: { b: [] } }\n", 4, 36, "a text" },
        { HEAD "fields:\n  rule.id: { from: a, values: {} }\n", 4, 23, "1 to 1024" },
        { HEAD "fields:\n  event.severity: { constant: high }\n", 4, 31,
          "must be a whole number" },
        { HEAD "fields:\n  host.ip: { from: a, otherwise: none }\n", 4, 34,
          "must be an address" },
        { HEAD "fields:\n  yagura.verdict.level: { from: a, values: { b: L5 } }\n", 4, 49,
          "must be a verdict" },
        { HEAD "device: { from: a, values: { b: idz } }\n", 3, 33,
          "must be a kind of device" },
        { HEAD "fields:\n  event.start: { constant: 2020 }\n", 4, 28, "times have no" },
        { "format: delimited\ntime: { from: t, as: epok }\n", 2, 22, "\"epoch\"" },
        { "format: delimited\ntime: { from: t, values: { a: b } }\n", 2, 18,
          "unknown key \"values\"" },
        { "format: delimited\ncolumns: [name]\ntime: nam\n", 3, 7,
          "no column \"nam\"; did you mean \"name\"?" },
        { "- a\n", 1, 1, "a mapping is a table" },
        { "", 1, 1, "\"format\" is missing" },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const struct yg_mapping *m = NULL;
        struct yg_err err = { 0 };
        enum yg_status st =
            yg_mapping_parse(*state, "m.yaml", yg_str_of(row[i].text), &m, &err);
        if (st != YG_EINVAL || err.line != row[i].line || err.column != row[i].column ||
            !strstr(err.msg, row[i].msg) || strcmp(err.path, "m.yaml") != 0)
            fail_msg("case %zu: %s at %d:%d: %s", i, yg_status_name(st), err.line,
                     err.column, err.msg);
        assert_null(m);
    }
}

static void works_without_err(void **state)
{
    const struct yg_mapping *m = NULL;

    assert_int_equal(yg_mapping_parse(*state, "x", YG_STR("format: no"), &m, NULL),
                     YG_EINVAL);
    assert_int_equal(yg_mapping_parse(*state, "x", YG_STR("a: [b"), &m, NULL),
                     YG_EFORMAT);
}

/* Fails cleanly at every possible arena size, and then succeeds. */
static void out_of_memory_anywhere(void **state)
{
    const struct yg_mapping *m = NULL;
    enum yg_status st = YG_ENOMEM;

    (void)state;
    for (size_t cap = 16; st != YG_OK && cap < 65536; cap += 48) {
        struct yg_arena small;
        yg_arena_init(&small, cap);
        st = yg_mapping_parse(&small, "m.yaml", yg_str_of(every_key), &m, NULL);
        assert_true(st == YG_OK || st == YG_ENOMEM);
        yg_arena_fini(&small);
    }
    assert_int_equal(st, YG_OK);
}

static char *read_file(struct yg_arena *arena, const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *text = yg_arena_alloc(arena, 65536);

    if (!f || !text)
        fail_msg("%s cannot be read; run the tests from the top folder", path);
    *n = fread(text, 1, 65535, f);
    text[*n] = '\0';
    fclose(f);
    return text;
}

static void shipped_ait_ads(void **state)
{
    static const struct {
        const char *label, *level, *incident;
    } row[] = {
        { "-", "FP", NULL },
        { "network_scans", "L2", "network_scans" },
        { "service_scan", "L2", "service_scan" },
        { "service_scans", "L2", "service_scans" },
        { "dns_scan", "L2", "dns_scan" },
        { "wpscan", "L2", "wpscan" },
        { "dirb", "L2", "dirb" },
        { "cracking", "L3", "cracking" },
        { "crack_passwords", "L3", "crack_passwords" },
        { "online_cracking", "L3", "online_cracking" },
        { "webshell_cmd", "L4", "webshell_cmd" },
        { "reverse_shell", "L4", "reverse_shell" },
        { "attacker_change_user", "L4", "attacker_change_user" },
        { "escalated_sudo_command", "L4", "escalated_sudo_command" },
        { "service_stop", "L4", "service_stop" },
        { "dnsteal", "L4", "dnsteal" },
        { "false_positive", NULL, NULL },
        { "", NULL, NULL },
    };
    size_t n;
    const struct yg_mapping *m =
        parse(*state, read_file(*state, "maps/ait-ads.yaml", &n));

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        assert_value(rule_of(m, YG_F_VERDICT), row[i].label, row[i].level);
        assert_value(rule_of(m, YG_F_INCIDENT), row[i].label, row[i].incident);
    }
    const struct yg_map_rule *device = target_of(m, YG_MAP_TO_DEVICE);
    assert_value(device, "Suricata: Alert - x", "ids");
    assert_value(device, "Wazuh: x", "host");
    assert_value(device, "AMiner: x", "anomaly");
    assert_value(device, "Else: x", "other");
    assert_int_equal(target_of(m, YG_MAP_TO_TIME)->as, YG_MAP_EPOCH);
    for (size_t i = 0; i < m->rule_count; i++)
        assert_false(yg_str_eq(m->rule[i].from, YG_STR("time_label")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_every_key, setup, teardown),
        cmocka_unit_test_setup_teardown(applies_values, setup, teardown),
        cmocka_unit_test_setup_teardown(defaults_are_comma_and_iso, setup, teardown),
        cmocka_unit_test_setup_teardown(says_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(works_without_err, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_memory_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(shipped_ait_ads, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("mapping", tests, NULL, NULL);
}
