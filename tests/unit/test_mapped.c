/* SPDX-License-Identifier: Apache-2.0 */
/* Delimited text and JSON lines, both through mappings. */
#include "decode_fixture.h"

#include "base/rng.h"
#include "conf/mapping.h"

static const char csv_map[] = "format: delimited\n"
                              "product: Box\n"
                              "time: { from: time, as: epoch }\n"
                              "device:\n"
                              "  from: name\n"
                              "  values: { \"IDS: *\": ids }\n"
                              "  otherwise: host\n"
                              "fields:\n"
                              "  rule.id: name\n"
                              "  rule.ruleset: { constant: box }\n"
                              "  source.ip: ip\n"
                              "  source.port: port\n"
                              "  message: text\n"
                              "  event.start: { from: began, as: iso }\n"
                              "  yagura.verdict.level:\n"
                              "    from: label\n"
                              "    values: { \"-\": FP, \"scan*\": L2 }\n";

static const char header[] = "time,name,ip,port,text,began,label";

static void map(struct fixture *f, struct yg_arena *a, const char *text)
{
    struct yg_err err = { .status = YG_OK };
    enum yg_status st =
        yg_mapping_parse(a, "map.yaml", yg_str_of(text), &f->source.mapping, &err);

    if (st != YG_OK)
        fail_msg("%s", err.msg);
}

struct row {
    const char *what, *record;
    enum yg_event_kind kind;
    enum yg_reason reason;
    enum yg_field field;
    const char *text;
};

static void run_rows(struct fixture *f, const struct row *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char out[1024];
        const struct yg_event *e = fixture_decode(f, yg_str_of(row[i].record));
        const char *got = fixture_text(f, e, row[i].field, out);
        if (strcmp(got, row[i].text) != 0 || e->reason != row[i].reason ||
            e->kind != row[i].kind)
            print_message("# %s: '%s' %s %u\n", row[i].what, got,
                          yg_reason_name(e->reason), e->kind);
        assert_string_equal(got, row[i].text);
        assert_int_equal(e->reason, row[i].reason);
        assert_int_equal(e->kind, row[i].kind);
    }
}

static void csv_rows(void **state)
{
    static const struct row row[] = {
        { "plain", "1,IDS: x,10.0.0.1,80,hi,,-", YG_KIND_ALERT, YG_R_NONE, YG_F_MESSAGE,
          "hi" },
        { "quoted", "1,a,,,\"x, y\",,-", YG_KIND_ALERT, YG_R_NONE, YG_F_MESSAGE, "x, y" },
        { "double quotes", "1,a,,,\"say \"\"x\"\" \",,-", YG_KIND_ALERT, YG_R_NONE,
          YG_F_MESSAGE, "say \"x\" " },
        { "line end in quotes", "1,a,,,\"x\ny\",,", YG_KIND_ALERT, YG_R_NONE,
          YG_F_MESSAGE, "x\ny" },
        { "quote inside", "1,a,,,5\" disk,,", YG_KIND_ALERT, YG_R_NONE, YG_F_MESSAGE,
          "5\" disk" },
        { "empty quoted", "1,a,,,\"\",,", YG_KIND_ALERT, YG_R_NONE, YG_F_MESSAGE, "-" },
        { "quoted number", "\"1\",a,,\"80\",,,", YG_KIND_ALERT, YG_R_NONE,
          YG_F_SOURCE_PORT, "80" },
        { "constant", "1,a,,,,,", YG_KIND_ALERT, YG_R_NONE, YG_F_RULE_RULESET, "box" },
        { "product", "1,a,,,,,", YG_KIND_ALERT, YG_R_NONE, YG_F_OBSERVER_PRODUCT, "Box" },
        { "time field", "1,a,,,,2022-01-17T09:26:33Z,", YG_KIND_ALERT, YG_R_NONE,
          YG_F_FLOW_START, "1642411593000000000" },
        { "address wrong", "1,a,10.0.0.300,,,,", YG_KIND_ALERT, YG_R_BAD_VALUE,
          YG_F_SOURCE_IP, "-" },
        { "time wrong", "x,a,,,,,", YG_KIND_ALERT, YG_R_BAD_VALUE, YG_F_RULE_ID, "a" },
        { "time empty", ",a,,,,,", YG_KIND_ALERT, YG_R_NO_TIME, YG_F_RULE_ID, "a" },
        { "no signature", "1,,,,,,", YG_KIND_UNDECODABLE, YG_R_NO_SIGNATURE, YG_F_RULE_ID,
          "-" },
        { "too few", "1,a,b", YG_KIND_UNDECODABLE, YG_R_BAD_COLUMNS, YG_F_RULE_ID, "-" },
        { "too many", "1,a,,,,,,x", YG_KIND_UNDECODABLE, YG_R_BAD_COLUMNS, YG_F_RULE_ID,
          "-" },
        { "open quote", "1,a,,,\"x,,-", YG_KIND_UNDECODABLE, YG_R_BAD_QUOTES,
          YG_F_RULE_ID, "-" },
        { "text after quote", "1,a,,,\"x\"y,,-", YG_KIND_UNDECODABLE, YG_R_BAD_QUOTES,
          YG_F_RULE_ID, "-" },
        { "bytes that are no UTF-8", "1,a\xff,,,,,", YG_KIND_ALERT, YG_R_NONE,
          YG_F_RULE_ID, "a\xff" },
        { "header again is a record", "time,name,ip,port,text,began,label", YG_KIND_ALERT,
          YG_R_BAD_VALUE, YG_F_RULE_ID, "name" },
    };
    struct fixture f;
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    fixture_begin(&f, "delimited");
    f.source.header = yg_str_of(header);
    map(&f, &a, csv_map);
    run_rows(&f, row, YG_ARRAY_LEN(row));
    fixture_end(&f);
    yg_arena_fini(&a);
}

static void verdicts_and_devices(void **state)
{
    static const struct {
        const char *record;
        unsigned verdict, device;
    } row[] = {
        { "1,IDS: x,,,,,-", YG_LEVEL_FP, YG_DEV_IDS },
        { "1,x,,,,,scan7", YG_LEVEL_L2, YG_DEV_HOST },
        { "1,x,,,,,unknown", YG_LEVEL_NONE, YG_DEV_HOST },
        { "1,x,,,,,", YG_LEVEL_NONE, YG_DEV_HOST },
    };
    struct fixture f;
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    fixture_begin(&f, "delimited");
    f.source.header = yg_str_of(header);
    map(&f, &a, csv_map);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const struct yg_event *e = fixture_decode(&f, yg_str_of(row[i].record));
        assert_int_equal(e->verdict, row[i].verdict);
        assert_int_equal(e->device, row[i].device);
        assert_true(e->time_ns == INT64_C(1000000000));
    }
    fixture_end(&f);
    yg_arena_fini(&a);
}

/* The first record of the first batch is left out only if it is the header. */
static void header_line(void **state)
{
    struct fixture f;
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    fixture_begin(&f, "delimited");
    f.source.header = yg_str_of(header);
    map(&f, &a, csv_map);
    yg_batch_clear(f.b, 0, 0);
    fixture_add(&f, yg_str_of(header));
    fixture_add(&f, YG_STR("1,a,,,,,"));
    fixture_run(&f);
    assert_int_equal(f.b->event[0].kind, YG_KIND_SKIP);
    assert_int_equal(f.b->event[1].kind, YG_KIND_ALERT);
    yg_batch_clear(f.b, 0, 0);
    fixture_add(&f, YG_STR("1,a,,,,,"));
    fixture_run(&f);
    assert_int_equal(f.b->event[0].kind, YG_KIND_ALERT);
    fixture_end(&f);
    yg_arena_fini(&a);
}

static void columns(void **state)
{
    static const struct row row[] = {
        { "no header line", "n;5", YG_KIND_ALERT, YG_R_NONE, YG_F_RULE_NAME, "n" },
        { "columns were appended", "n;5;new", YG_KIND_ALERT, YG_R_NONE, YG_F_RULE_NAME,
          "n" },
        { "one is missing", "n", YG_KIND_UNDECODABLE, YG_R_BAD_COLUMNS, YG_F_RULE_NAME,
          "-" },
        { "broken behind", "n;5;\"x", YG_KIND_UNDECODABLE, YG_R_BAD_QUOTES,
          YG_F_RULE_NAME, "-" },
    };
    struct fixture f;
    struct yg_arena a;
    struct yg_decode *d = NULL;
    struct yg_err err = { .status = YG_OK };

    (void)state;
    yg_arena_init(&a, 1 << 20);
    fixture_begin(&f, "delimited");
    map(&f, &a,
        "format: delimited\ndelimiter: \";\"\ncolumns: [name, t]\n"
        "time: { from: t, as: epoch_ms }\nfields: { rule.name: name }\n");
    run_rows(&f, row, YG_ARRAY_LEN(row));
    assert_true(fixture_decode(&f, YG_STR("n;5"))->time_ns == 5000000);
    map(&f, &a, csv_map);
    assert_int_equal(yg_decode_new(&f.source, YG_STR("time,name"), &d, &err), YG_EINVAL);
    assert_non_null(strstr(err.msg, "'ip'"));
    assert_int_equal(yg_decode_new(&f.source, YG_STR_NONE, &d, &err), YG_EINVAL);
    assert_null(d);
    fixture_end(&f);
    yg_arena_fini(&a);
}

static const char json_map[] = "format: jsonl\n"
                               "time: { from: ts, as: epoch }\n"
                               "fields:\n"
                               "  rule.name: note\n"
                               "  rule.category: note\n"
                               "  source.ip: id.orig_h\n"
                               "  source.port: id.orig_p\n"
                               "  threat.technique.id: tags\n"
                               "  event.severity: tags\n"
                               "  network.transport: proto\n"
                               "  yagura.flow.alerted: alerted\n"
                               "  yagura.verdict.level: verdict\n";

static void json_rows(void **state)
{
    static const struct row row[] = {
        { "flat keys", "{\"ts\":1.5,\"note\":\"n\",\"id.orig_h\":\"10.0.0.1\"}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_SOURCE_IP, "10.0.0.1" },
        { "nested keys", "{\"ts\":1,\"note\":\"n\",\"id\":{\"orig_p\":53}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_SOURCE_PORT, "53" },
        { "one path, two fields", "{\"ts\":1,\"note\":\"n\"}", YG_KIND_ALERT, YG_R_NONE,
          YG_F_RULE_CATEGORY, "n" },
        { "list into text", "{\"ts\":1,\"note\":\"n\",\"tags\":[\"7\",\"b\\t\"]}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_TECHNIQUE, "7,b\t" },
        { "first of the list into a number", "{\"ts\":1,\"note\":\"n\",\"tags\":[7,8]}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_EVENT_SEVERITY, "7" },
        { "truth", "{\"ts\":1,\"note\":\"n\",\"alerted\":true}", YG_KIND_ALERT, YG_R_NONE,
          YG_F_FLOW_ALERTED, "1" },
        { "lower case", "{\"ts\":1,\"note\":\"n\",\"proto\":\"UDP\"}", YG_KIND_ALERT,
          YG_R_NONE, YG_F_TRANSPORT, "udp" },
        { "no signature", "{\"ts\":1}", YG_KIND_UNDECODABLE, YG_R_NO_SIGNATURE,
          YG_F_RULE_NAME, "-" },
        { "no JSON", "ts=1", YG_KIND_UNDECODABLE, YG_R_NOT_JSON, YG_F_RULE_NAME, "-" },
        { "verdict is no level", "{\"ts\":1,\"note\":\"n\",\"verdict\":\"L9\"}",
          YG_KIND_ALERT, YG_R_BAD_VALUE, YG_F_RULE_NAME, "n" },
    };
    struct fixture f;
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    fixture_begin(&f, "jsonl");
    map(&f, &a, json_map);
    run_rows(&f, row, YG_ARRAY_LEN(row));
    const struct yg_event *e =
        fixture_decode(&f, YG_STR("{\"ts\":1,\"note\":\"n\",\"verdict\":\"l3\"}"));
    assert_int_equal(e->verdict, YG_LEVEL_L3);
    fixture_end(&f);
    yg_arena_fini(&a);
}

static void log_records(void **state)
{
    struct fixture f;
    struct yg_arena a;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    fixture_begin(&f, "jsonl");
    map(&f, &a,
        "format: jsonl\nlog: true\ntime: { from: t, as: iso }\n"
        "fields: { message: m }\n");
    assert_int_equal(fixture_decode(&f, YG_STR("{\"m\":\"x\"}"))->kind, YG_KIND_CONTEXT);
    fixture_end(&f);
    yg_arena_fini(&a);
}

static void hostile_bytes(void **state)
{
    static const char csv[] = "1,\"IDS: \"\"x\"\"\",10.0.0.1,80,\"a, b\",,scan";
    static const char json[] = "{\"ts\":1.5,\"note\":\"n\",\"id.orig_h\":\"10.0.0.1\","
                               "\"tags\":[\"7\",[\"b\\t\"]],\"verdict\":\"L1\"}";
    struct fixture f[2];
    struct yg_arena a;
    struct yg_rng rng;

    (void)state;
    yg_rng_init(&rng, 44);
    print_message("# seed 44\n");
    yg_arena_init(&a, 1 << 20);
    fixture_begin(&f[0], "delimited");
    fixture_begin(&f[1], "jsonl");
    f[0].source.header = yg_str_of(header);
    map(&f[0], &a, csv_map);
    map(&f[1], &a, json_map);
    for (int i = 0; i < 40000; i++) {
        char text[200];
        size_t n = i % 2 ? sizeof(json) - 1 : sizeof(csv) - 1;
        memcpy(text, i % 2 ? json : csv, n);
        for (uint64_t k = yg_rng_below(&rng, 4) + 1; k > 0; k--)
            text[yg_rng_below(&rng, n)] = "\"{}[],:\\0 \n\xff"[yg_rng_below(&rng, 13)];
        const struct yg_event *e = fixture_decode(&f[i % 2], (struct yg_str){ text, n });
        assert_true(e->kind != YG_KIND_UNDECODABLE || e->reason != YG_R_NONE);
    }
    fixture_end(&f[0]);
    fixture_end(&f[1]);
    yg_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_rows),      cmocka_unit_test(verdicts_and_devices),
        cmocka_unit_test(header_line),   cmocka_unit_test(columns),
        cmocka_unit_test(json_rows),     cmocka_unit_test(log_records),
        cmocka_unit_test(hostile_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
