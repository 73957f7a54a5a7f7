/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/otlp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire_util.h"

#include "httpapi_util.h"

static int setup(void **state)
{
    return ask_setup(state, NULL);
}

#define TIME "2026-01-01T00:00:00.123456Z"
#define NS   "1767225600123456789"
#define RECORD(members)                                                                  \
    "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{" members "}]}]}]}"

static void json(void **state)
{
    static const struct {
        const char *name, *body;
        unsigned status;
        const char *record;
    } row[] = {
        { "text with all that can be said",
          "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{"
          "\"stringValue\":"
          "\"a line\"},\"timeUnixNano\":\"" NS "\",\"severityNumber\":17,"
          "\"severityText\":\"ERROR\",\"attributes\":[{\"key\":\"k\",\"value\":{"
          "\"intValue\":\"5\"}}],\"traceId\":\"0af7\",\"spanId\":\"b7\",\"eventName\":"
          "\"e\"}],\"scope\":{\"name\":\"s\",\"attributes\":[]}}],\"resource\":{"
          "\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"app\"}}"
          ",{"
          "\"key\":\"host.name\",\"value\":{\"stringValue\":\"h1\"}}]}}]}",
          200,
          "<11>1 " TIME " h1 app - - [otlp@32473 host=\"h1\" app=\"app\" "
          "resource.service.name=\"app\" resource.host.name=\"h1\" scope.name=\"s\" "
          "k=\"5\" severity_text=\"ERROR\" trace_id=\"0af7\" span_id=\"b7\" "
          "event_name=\"e\"] a line" },
        { "nothing but a text", RECORD("\"body\":{\"stringValue\":\"x\"}"), 200, "x" },
        { "observed time",
          RECORD("\"observedTimeUnixNano\":" NS ",\"body\":{\"stringValue\":\"x\"}"), 200,
          "<13>1 " TIME " - - - - [otlp@32473] x" },
        { "kvlist",
          RECORD(
              "\"body\":{\"kvlistValue\":{\"values\":[{\"key\":\"a\",\"value\":{"
              "\"intValue\":1}},"
              "{\"value\":{\"boolValue\":true},\"key\":\"b\"},{\"key\":\"c\",\"value\":{"
              "\"arrayValue\":{\"values\":[{\"doubleValue\":1.5},{\"stringValue\":\"t\"},"
              "{}]}}}]}}"),
          200, "{\"a\":1,\"b\":true,\"c\":[1.5,\"t\",null]}" },
        { "a text that is an object",
          RECORD("\"severityText\":\"W\",\"body\":{\"stringValue\":\"{\\\"a\\\":1}\"}"),
          200,
          "{\"yagura_via\":{\"api\":\"otlp\",\"labels\":{\"severity_text\":\"W\"}},\"a\":"
          "1}" },
        { "number", RECORD("\"body\":{\"intValue\":\"9007199254740993\"}"), 200,
          "{\"yagura_via\":{\"api\":\"otlp\"},\"body\":9007199254740993}" },
        { "no body",
          RECORD("\"attributes\":[{\"key\":\"a\",\"value\":{\"boolValue\":false}}]"), 200,
          "{\"yagura_via\":{\"api\":\"otlp\",\"labels\":{\"a\":false}}}" },
        { "body null", RECORD("\"body\":null"), 200,
          "{\"yagura_via\":{\"api\":\"otlp\"}}" },
        { "no records", "{\"resourceLogs\":[]}", 200, NULL },
        { "empty request", "{}", 200, NULL },
        { "not JSON", "{\"resourceLogs\":", 400, NULL },
        { "a list", "[]", 400, NULL },
        { "malformed record", RECORD("\"body\":{\"stringValue\":}"), 400, NULL },
        { "nothing", "", 400, NULL },
    };
    struct ask *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        print_message("# %s\n", row[i].name);
        assert_int_equal(ask_post(a, "/v1/logs", "application/json", row[i].body),
                         row[i].status);
        if (row[i].record)
            assert_record(a, 0, row[i].record);
        assert_int_equal(a->in.count, row[i].record != NULL);
        if (row[i].status == 200)
            assert_string_equal(ask_said(a), "{\"partialSuccess\":{}}");
    }
}

/* A message with one field, around what is in `b`. */
static void around(struct yg_buf *b, unsigned field)
{
    struct yg_buf out;

    wire_init(&out);
    wire_bytes(&out, field, yg_buf_str(b));
    yg_buf_clear(b);
    yg_buf_str_add(b, yg_buf_str(&out));
    yg_buf_fini(&out);
}

static void attribute(struct yg_buf *out, unsigned field, const char *key,
                      struct yg_str any)
{
    struct yg_buf pair;

    wire_init(&pair);
    wire_bytes(&pair, 1, yg_str_of(key));
    wire_bytes(&pair, 2, any);
    wire_bytes(out, field, yg_buf_str(&pair));
    yg_buf_fini(&pair);
}

static struct yg_str text_value(struct yg_buf *b, const char *text)
{
    yg_buf_clear(b);
    wire_bytes(b, 1, yg_str_of(text));
    return yg_buf_str(b);
}

/* A request with one log record of everything; `body`: an AnyValue. */
static void request(struct yg_buf *out, struct yg_str body)
{
    struct yg_buf log, v, resource, scope, part;

    wire_init(&log);
    wire_init(&v);
    wire_init(&resource);
    wire_init(&scope);
    wire_init(&part);
    wire_fixed64(&log, 1, UINT64_C(1767225600123456789));
    wire_number(&log, 2, 17);
    wire_bytes(&log, 3, YG_STR("ERROR"));
    wire_bytes(&log, 5, body);
    yg_buf_clear(&v);
    wire_number(&v, 3, 5);
    attribute(&log, 6, "k", yg_buf_str(&v));
    wire_bytes(&log, 9, YG_STR("\x0a\xf7"));
    wire_bytes(&log, 10, YG_STR("\xb7"));
    wire_bytes(&log, 12, YG_STR("e"));
    wire_bytes(&scope, 1, YG_STR("s"));
    wire_bytes(&part, 2, yg_buf_str(&log));
    wire_bytes(&part, 1, yg_buf_str(&scope));
    attribute(&resource, 1, "service.name", text_value(&v, "app"));
    attribute(&resource, 1, "host.name", text_value(&v, "h1"));
    yg_buf_clear(&v);
    wire_bytes(&v, 2, yg_buf_str(&part));
    wire_bytes(&v, 1, yg_buf_str(&resource));
    wire_bytes(out, 1, yg_buf_str(&v));
    yg_buf_fini(&log);
    yg_buf_fini(&v);
    yg_buf_fini(&resource);
    yg_buf_fini(&scope);
    yg_buf_fini(&part);
}

static unsigned post_wire(struct ask *a, struct yg_str body)
{
    return ask(a, &(struct ask_what){ .target = "/v1/logs",
                                      .type = "application/x-protobuf",
                                      .body = body });
}

static void protobuf_is_as_json(void **state)
{
    struct ask *a = *state;
    struct yg_buf b, v;

    wire_init(&b);
    wire_init(&v);
    request(&b, text_value(&v, "a line"));
    assert_int_equal(post_wire(a, yg_buf_str(&b)), 200);
    assert_int_equal(a->in.count, 1);
    assert_record(a, 0,
                  "<11>1 " TIME " h1 app - - [otlp@32473 host=\"h1\" app=\"app\" "
                  "resource.service.name=\"app\" resource.host.name=\"h1\" "
                  "scope.name=\"s\" k=\"5\" severity_text=\"ERROR\" trace_id=\"0af7\" "
                  "span_id=\"b7\" event_name=\"e\"] a line");
    assert_int_equal(yg_buf_str(&a->out.body).n, 0);
    assert_string_equal(a->out.type, "application/x-protobuf");
    yg_buf_fini(&b);
    yg_buf_fini(&v);
}

static void protobuf_values(void **state)
{
    static const struct {
        const char *name;
        struct yg_str any;
        const char *end; /* of the record */
    } row[] = {
        { "bool", { "\x10\x01", 2 }, ",\"body\":true}" },
        { "negative number",
          { "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
          ",\"body\":-1}" },
        { "double", { "\x21\x00\x00\x00\x00\x00\x00\xf8\x3f", 9 }, ",\"body\":1.5}" },
        { "bytes",
          { "\x3a\x03"
            "abc",
            5 },
          ",\"body\":\"YWJj\"}" },
        { "list", { "\x2a\x06\x0a\x02\x10\x00\x0a\x00", 8 }, ",\"body\":[false,null]}" },
        { "kvlist", { "\x32\x09\x0a\x07\x0a\x01\x61\x12\x02\x18\x07", 11 }, ",\"a\":7}" },
        { "nothing", { "", 0 }, "}}" },
    };
    struct ask *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_buf b;
        print_message("# %s\n", row[i].name);
        wire_init(&b);
        request(&b, row[i].any);
        assert_int_equal(post_wire(a, yg_buf_str(&b)), 200);
        assert_int_equal(a->in.count, 1);
        struct yg_str raw = a->in.rec[0].raw;
        size_t n = strlen(row[i].end);
        assert_true(raw.n > n);
        assert_str((struct yg_str){ raw.p + raw.n - n, n }, row[i].end);
        yg_buf_fini(&b);
    }
}

/* Past the depth that is followed: the record is refused, the request is not. */
static void nested_too_deep(void **state)
{
    struct ask *a = *state;
    struct yg_buf b, v;

    for (unsigned depth = YG_OTLP_DEPTH; depth <= YG_OTLP_DEPTH + 200;
         depth += 1 + depth % 50) {
        bool good = depth <= YG_OTLP_DEPTH;
        wire_init(&b);
        wire_init(&v);
        wire_number(&v, 2, 1);
        for (unsigned i = 0; i < depth; i++) {
            around(&v, 1);
            around(&v, 5);
        }
        request(&b, yg_buf_str(&v));
        assert_int_equal(post_wire(a, yg_buf_str(&b)), 200);
        assert_int_equal(a->in.count, good);
        assert_int_equal(yg_buf_str(&a->out.body).n > 0, !good);
        assert_int_equal(a->in.counter[YG_IN_REFUSED], !good);
        assert_int_equal(a->in.counter[YG_IN_RECEIVED], 1);
        yg_buf_fini(&b);
        yg_buf_fini(&v);
    }
}

/* What grows past all bounds when it is written as JSON is refused for good: sent again
 * it would be as large. */
static void too_large_for_a_record(void **state)
{
    struct ask *a = *state;
    size_t n = (size_t)7 << 19;
    char *text = malloc(n);
    struct yg_buf b, list, log;

    assert_non_null(text);
    memset(text, 1, n);
    wire_init(&b);
    wire_init(&list);
    wire_init(&log);
    wire_bytes(&list, 1, (struct yg_str){ text, n });
    attribute(&log, 6, "k", yg_buf_str(&list));
    wire_bytes(&log, 5, text_value(&b, "{\"a\":1}"));
    around(&log, 2);
    around(&log, 2);
    around(&log, 1);
    assert_int_equal(post_wire(a, yg_buf_str(&log)), 413);
    assert_int_equal(a->in.count, 0);
    around(&list, 1);
    around(&list, 5);
    yg_buf_clear(&b);
    request(&b, yg_buf_str(&list));
    assert_int_equal(post_wire(a, yg_buf_str(&b)), 200);
    assert_int_equal(a->in.count, 0);
    assert_int_equal(a->in.counter[YG_IN_REFUSED], 1);
    yg_buf_clear(&b);
    request(&b, text_value(&list, "<13>x"));
    assert_int_equal(post_wire(a, yg_buf_str(&b)), 200);
    assert_record(a, 0, "<13>x");
    yg_buf_fini(&b);
    yg_buf_fini(&list);
    yg_buf_fini(&log);
    free(text);
}

/* Labels past the cap are counted, each record for itself. */
static void many_labels(void **state)
{
    struct ask *a = *state;
    struct yg_buf b;

    yg_buf_init(&b, 1 << 20);
    yg_buf_str_add(&b, YG_STR("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":["));
    for (int record = 0; record < 2; record++) {
        yg_buf_printf(&b, "%s{\"body\":{\"stringValue\":\"x\"},\"attributes\":[",
                      record ? "," : "");
        for (int i = 0; i < YG_WRAP_LABELS + 44; i++)
            yg_buf_printf(&b, "%s{\"key\":\"k%d\",\"value\":{\"intValue\":1}}",
                          i ? "," : "", i);
        yg_buf_str_add(&b, YG_STR("]}"));
    }
    yg_buf_str_add(&b, YG_STR("]}]}]}"));
    assert_int_equal(ask_post(a, "/v1/logs", "application/json", yg_buf_cstr(&b)), 200);
    assert_int_equal(a->in.count, 2);
    for (size_t i = 0; i < 2; i++) {
        struct yg_str raw = a->in.rec[i].raw, end = YG_STR(" left_out=\"44\"] x");
        assert_true(raw.n > end.n && memcmp(raw.p + raw.n - end.n, end.p, end.n) == 0);
    }
    yg_buf_fini(&b);
}

static void json_nested_too_deep(void **state)
{
    struct ask *a = *state;
    struct yg_buf b;

    for (unsigned depth = YG_OTLP_DEPTH; depth <= YG_OTLP_DEPTH + 1; depth++) {
        bool good = depth <= YG_OTLP_DEPTH;
        yg_buf_init(&b, 1 << 16);
        yg_buf_str_add(
            &b, YG_STR("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":"));
        for (unsigned i = 0; i < depth; i++)
            yg_buf_str_add(&b, YG_STR("{\"arrayValue\":{\"values\":["));
        yg_buf_str_add(&b, YG_STR("{\"intValue\":1}"));
        for (unsigned i = 0; i < depth; i++)
            yg_buf_str_add(&b, YG_STR("]}}"));
        yg_buf_str_add(&b, YG_STR("}]}]}]}"));
        assert_int_equal(ask_post(a, "/v1/logs", "application/json", yg_buf_cstr(&b)),
                         200);
        assert_int_equal(a->in.count, good);
        assert_int_equal(strstr(ask_said(a), "\"rejectedLogRecords\":\"1\"") != NULL,
                         !good);
        yg_buf_fini(&b);
    }
}

static void protobuf_cut_anywhere(void **state)
{
    struct ask *a = *state;
    struct yg_buf b, v;

    wire_init(&b);
    wire_init(&v);
    request(&b, text_value(&v, "a line"));
    struct yg_str whole = yg_buf_str(&b);
    for (size_t n = 1; n < whole.n; n++) {
        assert_int_equal(post_wire(a, (struct yg_str){ whole.p, n }), 400);
        assert_int_equal(a->in.count, 0);
    }
    yg_buf_fini(&b);
    yg_buf_fini(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json, setup, teardown),
        cmocka_unit_test_setup_teardown(protobuf_is_as_json, setup, teardown),
        cmocka_unit_test_setup_teardown(protobuf_values, setup, teardown),
        cmocka_unit_test_setup_teardown(nested_too_deep, setup, teardown),
        cmocka_unit_test_setup_teardown(too_large_for_a_record, setup, teardown),
        cmocka_unit_test_setup_teardown(many_labels, setup, teardown),
        cmocka_unit_test_setup_teardown(json_nested_too_deep, setup, teardown),
        cmocka_unit_test_setup_teardown(protobuf_cut_anywhere, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
