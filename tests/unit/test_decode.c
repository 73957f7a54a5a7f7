/* SPDX-License-Identifier: Apache-2.0 */
/* What all decoders share: identity, time, what cannot be read, which decoder it is. */
#include "decode_fixture.h"

static void ids(void **state)
{
    static const char long_name[] = "a-source-with-a-name-that-is-longer-than-a-hash-key-"
                                    "may-be";
    struct fixture a, b, c;
    const struct yg_str record = YG_STR("{\"event_type\":\"dns\"}");
    unsigned char first[YG_ID_SIZE], want[YG_ID_SIZE];

    (void)state;
    fixture_begin(&a, "eve");
    memcpy(first, fixture_decode(&a, record)->id, sizeof(first));
    yg_hash_id(YG_STR("acme\x1fsensor"), record, want);
    assert_memory_equal(first, want, sizeof(want));
    assert_memory_equal(fixture_decode(&a, record)->id, want, sizeof(want));
    assert_memory_not_equal(fixture_decode(&a, YG_STR("{}"))->id, want, sizeof(want));
    fixture_begin(&b, "eve");
    b.source.name = yg_str_of(long_name);
    memcpy(first, fixture_decode(&b, record)->id, sizeof(first));
    fixture_begin(&c, "eve");
    c.source.tenant = yg_str_of(long_name);
    c.source.name = YG_STR("acme");
    assert_memory_not_equal(fixture_decode(&c, record)->id, first, sizeof(first));
    fixture_end(&a);
    fixture_end(&b);
    fixture_end(&c);
}

static void unreadable_records(void **state)
{
    const struct {
        const char *what;
        struct yg_str record;
        enum yg_event_kind kind; /* of an alert source */
        enum yg_reason reason;
    } row[] = {
        { "empty line", YG_STR(""), YG_KIND_SKIP, YG_R_NONE },
        { "blanks", YG_STR(" \t\r"), YG_KIND_SKIP, YG_R_NONE },
        { "words", YG_STR("hello"), YG_KIND_UNDECODABLE, YG_R_NOT_JSON },
        { "NUL bytes", YG_STR("\0\0\0"), YG_KIND_UNDECODABLE, YG_R_NOT_JSON },
        { "cut", YG_STR("{\"event_type\":\"alert\",\"al"), YG_KIND_UNDECODABLE,
          YG_R_NOT_JSON },
        { "two in one", YG_STR("{\"event_type\":\"dns\"}{}"), YG_KIND_UNDECODABLE,
          YG_R_NOT_JSON },
        { "array", YG_STR("[{\"event_type\":\"alert\"}]"), YG_KIND_UNDECODABLE,
          YG_R_NOT_OBJECT },
        { "not UTF-8", YG_STR("{\"event_type\":\"alert\xff\"}"), YG_KIND_UNDECODABLE,
          YG_R_NOT_UTF8 },
        { "no type", YG_STR("{\"a\":1}"), YG_KIND_UNDECODABLE, YG_R_UNKNOWN_TYPE },
        { "type is null", YG_STR("{\"event_type\":null}"), YG_KIND_UNDECODABLE,
          YG_R_UNKNOWN_TYPE },
        { "type is a number", YG_STR("{\"event_type\":5}"), YG_KIND_UNDECODABLE,
          YG_R_UNKNOWN_TYPE },
        { "alert of nothing", YG_STR("{\"event_type\":\"alert\"}"), YG_KIND_UNDECODABLE,
          YG_R_NO_SIGNATURE },
        { "alert is a text", YG_STR("{\"event_type\":\"alert\",\"alert\":\"x\"}"),
          YG_KIND_UNDECODABLE, YG_R_NO_SIGNATURE },
        { "byte order mark",
          YG_STR("\xef\xbb\xbf{\"event_type\":\"dns\",\"timestamp\":"
                 "\"2021-12-14T16:04:52.958165+0000\"}"),
          YG_KIND_CONTEXT, YG_R_NONE },
    };
    struct fixture f, logs;

    (void)state;
    fixture_begin(&f, "eve");
    fixture_begin(&logs, "eve");
    logs.source.log_source = true;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const struct yg_event *e = fixture_decode(&f, row[i].record);
        if (e->kind != row[i].kind || e->reason != row[i].reason)
            print_message("# %s: %u %s\n", row[i].what, e->kind,
                          yg_reason_name(e->reason));
        assert_int_equal(e->kind, row[i].kind);
        assert_int_equal(e->reason, row[i].reason);
        e = fixture_decode(&logs, row[i].record);
        assert_int_equal(e->kind,
                         row[i].kind == YG_KIND_SKIP ? YG_KIND_SKIP : YG_KIND_CONTEXT);
        assert_int_equal(e->reason, row[i].reason);
    }
    fixture_end(&f);
    fixture_end(&logs);
}

static void nesting(void **state)
{
    char text[400] = "{\"event_type\":\"dns\",\"x\":";
    size_t n = strlen(text);
    struct fixture f;

    (void)state;
    fixture_begin(&f, "eve");
    memset(text + n, '[', 100);
    memset(text + n + 100, ']', 100);
    text[n + 200] = '}';
    const struct yg_event *e = fixture_decode(&f, (struct yg_str){ text, n + 201 });
    assert_int_equal(e->kind, YG_KIND_UNDECODABLE);
    assert_int_equal(e->reason, YG_R_TOO_DEEP);
    fixture_end(&f);
}

/* A record that was cut while it was read is not parsed at all. */
static void framing_problems(void **state)
{
    struct fixture f;

    (void)state;
    fixture_begin(&f, "eve");
    yg_batch_clear(f.b, 0, 0);
    fixture_add(&f, YG_STR("{\"event_type\":\"dns\"}"));
    fixture_add(&f, YG_STR("{\"event_type\":\"dns\"}"));
    f.b->record[0].reason = YG_R_OVERSIZE;
    f.b->record[1].reason = YG_R_TRUNCATED;
    fixture_run(&f);
    assert_int_equal(f.b->event[0].kind, YG_KIND_UNDECODABLE);
    assert_int_equal(f.b->event[0].reason, YG_R_OVERSIZE);
    assert_int_equal(f.b->event[1].reason, YG_R_TRUNCATED);
    fixture_end(&f);
}

static void time_falls_back(void **state)
{
    static const struct {
        const char *what, *time;
        int64_t ns;
        enum yg_reason reason;
    } row[] = {
        { "none yet", "\"x\"", 0, YG_R_BAD_VALUE },
        { "good", "\"1970-01-01T00:00:01.5+0000\"", 1500000000, YG_R_NONE },
        { "absent", "null", 1500000000, YG_R_NO_TIME },
        { "before 1970", "\"1969-12-31T23:59:59.000000+0000\"", -1000000000, YG_R_NONE },
        { "a number", "12", -1000000000, YG_R_BAD_VALUE },
        { "good again", "\"1970-01-01T09:00:02.000000+0900\"", 2000000000, YG_R_NONE },
        { "letters for digits", "\"1970-01-01T00:00:02.0000x0+0000\"", 2000000000,
          YG_R_BAD_VALUE },
        { "west of Greenwich", "\"1970-01-02T19:30:03.000001-0430\"", 172803000001000,
          YG_R_NONE },
        { "month 13", "\"1970-13-01T00:00:02.000000+0000\"", 172803000001000,
          YG_R_BAD_VALUE },
    };
    struct fixture f;

    (void)state;
    fixture_begin(&f, "eve");
    yg_batch_clear(f.b, 0, 0);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        char text[200];
        int n = snprintf(text, sizeof(text), "{\"event_type\":\"dns\",\"timestamp\":%s}",
                         row[i].time);
        fixture_add(&f, (struct yg_str){ text, (size_t)n });
    }
    fixture_run(&f);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        if (f.b->event[i].time_ns != row[i].ns || f.b->event[i].reason != row[i].reason)
            print_message("# %s: %lld %s\n", row[i].what,
                          (long long)f.b->event[i].time_ns,
                          yg_reason_name(f.b->event[i].reason));
        assert_true(f.b->event[i].time_ns == row[i].ns);
        assert_int_equal(f.b->event[i].reason, row[i].reason);
    }
    assert_int_equal(f.b->event[5].offset_min, 540);
    fixture_end(&f);
}

static void probes(void **state)
{
    static const struct {
        const char *what, *head, *name; /* NULL: unknown */
    } row[] = {
        { "eve", "{\"timestamp\":\"x\",\"event_type\":\"flow\"}", "eve" },
        { "eve, spaced", "{ \"event_type\" : \"flow\" }", "eve" },
        { "wazuh", "{\"rule\":{},\"agent\":{},\"full_log\":\"\"}", "wazuh" },
        { "wazuh around eve",
          "{\"timestamp\":\"x\",\"rule\":{},\"agent\":{},\"data\":{\"event_type\":"
          "\"alert\"}}",
          "wazuh" },
        { "aminer", "{\"AnalysisComponent\":{},\"LogData\":{}}", "wazuh" },
        { "other JSON", " {\"a\":1}", "jsonl" },
        { "CSV", "time,name\n1,2\n", "delimited" },
        { "words", "hello\n", NULL },
        { "nothing", "", NULL },
        { "binary",
          "\x7f"
          "ELF",
          NULL },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const struct yg_decoder *d = yg_decoder_by_probe(yg_str_of(row[i].head));
        if (!d != !row[i].name || (d && strcmp(d->name, row[i].name) != 0))
            fail_msg("%s: %s", row[i].what, d ? d->name : "unknown");
    }
    for (size_t i = 0; yg_decoders[i]; i++) {
        assert_ptr_equal(yg_decoder_by_name(yg_str_of(yg_decoders[i]->name)),
                         yg_decoders[i]);
        assert_true(strlen(yg_decoders[i]->doc) > 10);
    }
    assert_null(yg_decoder_by_name(YG_STR("xml")));
}

static void wrong_use(void **state)
{
    struct yg_source s = { .format = YG_STR("xml") };
    struct yg_decode *d = NULL;
    struct yg_err err = { .status = YG_OK };

    (void)state;
    assert_int_equal(yg_decode_new(&s, YG_STR_NONE, &d, &err), YG_EINVAL);
    assert_non_null(strstr(err.msg, "xml"));
    s.format = YG_STR("jsonl");
    assert_int_equal(yg_decode_new(&s, YG_STR_NONE, &d, &err), YG_EINVAL);
    assert_non_null(strstr(err.msg, "--map"));
    assert_null(d);
    yg_decode_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids),       cmocka_unit_test(unreadable_records),
        cmocka_unit_test(nesting),   cmocka_unit_test(framing_problems),
        cmocka_unit_test(probes),    cmocka_unit_test(time_falls_back),
        cmocka_unit_test(wrong_use),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
