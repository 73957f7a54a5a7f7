/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/hec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "httpapi_util.h"

static int setup(void **state)
{
    return ask_setup(state, "secret");
}

#define TOKEN              "Splunk secret"
#define SYSLOG(time, host) "<13>1 " time " " host " - - - [hec@32473"

static void events(void **state)
{
    static const struct {
        const char *name, *body;
        unsigned status;
        const char *said;
        const char *record[3];
    } row[] = {
        { "object", "{\"event\":{\"a\":1}}", 200, "\"code\":0", { "{\"a\":1}" } },
        { "object with a time and a host",
          "{\"time\":1767225600.25,\"host\":\"h1\",\"event\":{\"a\":1}}",
          200,
          "\"code\":0",
          { "{\"yagura_via\":{\"api\":\"hec\",\"time\":\"2026-01-01T00:00:00.250000Z\","
            "\"host\":\"h1\"},\"a\":1}" } },
        { "empty object",
          "{\"host\":\"h\",\"event\":{ }}",
          200,
          "\"code\":0",
          { "{\"yagura_via\":{\"api\":\"hec\",\"host\":\"h\"} }" } },
        { "text", "{\"event\":\"a b\"}", 200, "\"code\":0", { "a b" } },
        { "text with escapes and a time that is a text",
          "{\"time\":\"1767225600\",\"host\":\"h1\",\"event\":\"a\\tb \\u00e9\"}",
          200,
          "\"code\":0",
          { SYSLOG("2026-01-01T00:00:00.000000Z", "h1") " host=\"h1\"] a\tb \xc3\xa9" } },
        { "source, sourcetype, index, fields",
          "{\"event\":\"x\",\"source\":\"s\",\"sourcetype\":\"st\",\"index\":\"i\","
          "\"fields\":{\"\\u006b\":\"v\\\"]\",\"n\":5,\"l\":[1, 2]}}",
          200,
          "\"code\":0",
          { SYSLOG("-", "-") " source=\"s\" sourcetype=\"st\" index=\"i\" k=\"v\\\"\\]\" "
                             "n=\"5\" l=\"[1, 2\\]\"] x" } },
        { "a text that is an object",
          "{\"host\":\"h\",\"event\":\"{\\\"a\\\":1}\"}",
          200,
          "\"code\":0",
          { "{\"yagura_via\":{\"api\":\"hec\",\"host\":\"h\"},\"a\":1}" } },
        { "a text with an envelope of its own",
          "{\"host\":\"h\",\"event\":\"<134>Oct 11 22:14:15 fw x\"}",
          200,
          "\"code\":0",
          { "<134>Oct 11 22:14:15 fw x" } },
        { "number",
          "{\"event\":5}",
          200,
          "\"code\":0",
          { "{\"yagura_via\":{\"api\":\"hec\"},\"body\":5}" } },
        { "list",
          "{\"event\":[1,\"a\"]}",
          200,
          "\"code\":0",
          { "{\"yagura_via\":{\"api\":\"hec\"},\"body\":[1,\"a\"]}" } },
        { "nothing between",
          "{\"event\":\"a\"}{\"event\":\"b\"}",
          200,
          "\"code\":0",
          { "a", "b" } },
        { "lines and blanks between",
          " {\"event\":\"a\"} \r\n {\"event\":\"b\"}\n",
          200,
          "\"code\":0",
          { "a", "b" } },
        { "host that fits no header",
          "{\"host\":\"a b\",\"event\":\"x\"}",
          200,
          "\"code\":0",
          { SYSLOG("-", "-") " host=\"a b\"] x" } },
        { "no event",
          "{\"event\":\"a\"}{\"time\":1}",
          400,
          "\"code\":12,\"invalid-event-number\":1",
          { NULL } },
        { "null event", "{\"event\":null}", 400, "\"code\":12", { NULL } },
        { "blank event", "{\"event\":\"\"}", 400, "\"code\":13", { NULL } },
        { "malformed second event",
          "{\"event\":\"a\"}{\"event\":",
          400,
          "\"code\":6,\"invalid-event-number\":1",
          { NULL } },
        { "comma between",
          "{\"event\":\"a\"},{\"event\":\"b\"}",
          400,
          "\"code\":6",
          { NULL } },
        { "a list of events", "[{\"event\":\"a\"}]", 400, "\"code\":6", { NULL } },
        { "no data", " \n", 400, "\"code\":5", { NULL } },
        { "not UTF-8", "{\"event\":\"\xff\"}", 400, "\"code\":6", { NULL } },
    };
    struct ask *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        print_message("# %s\n", row[i].name);
        assert_int_equal(
            ask(a, &(struct ask_what){ .target = "/services/collector",
                                       .type = "application/x-www-form-urlencoded",
                                       .auth = TOKEN,
                                       .body = yg_str_of(row[i].body) }),
            row[i].status);
        assert_non_null(strstr(ask_said(a), row[i].said));
        size_t n = 0;
        for (; n < 3 && row[i].record[n]; n++)
            assert_record(a, n, row[i].record[n]);
        assert_int_equal(a->in.count, n);
    }
}

static void paths_and_tokens(void **state)
{
    static const struct {
        const char *method, *target, *auth, *channel, *body;
        unsigned status;
        const char *said;
    } row[] = {
        { "POST", "/services/collector/event", TOKEN, NULL, "{\"event\":1}", 200,
          "{\"text\":\"Success\",\"code\":0}" },
        { "POST", "/services/collector/event/1.0", TOKEN, "c1", "{\"event\":1}", 200,
          "\"ackId\":0}" },
        { "POST", "/services/collector", TOKEN, "c1", "{\"event\":1}", 200,
          "\"ackId\":1}" },
        { "POST", "/services/collector", "Basic eDpzZWNyZXQ=", NULL, "{\"event\":1}", 200,
          "\"code\":0" },
        { "POST", "/services/collector", NULL, NULL, "", 401, "\"code\":2" },
        { "POST", "/services/collector", "Digest x", NULL, "", 401, "\"code\":3" },
        { "POST", "/services/collector", "Splunk Secret", NULL, "", 403, "\"code\":4" },
        { "POST", "/services/collector/raw?sourcetype=a%20b&host=h", TOKEN, NULL, "x\n",
          200, "\"code\":0" },
        { "POST", "/services/collector/raw", TOKEN, NULL, "\n", 400, "\"code\":5" },
        { "GET", "/services/collector/health", NULL, NULL, "", 200,
          "{\"text\":\"HEC is healthy\",\"code\":17}" },
        { "GET", "/services/collector/health/1.0", NULL, NULL, "", 200, "\"code\":17" },
        { "POST", "/services/collector/ack?channel=c1", TOKEN, NULL, "{\"acks\":[0,3]}",
          200, "{\"acks\":{\"0\":true,\"3\":true}}" },
        { "POST", "/services/collector/ack", TOKEN, NULL, "[", 400, "\"code\":6" },
    };
    struct ask *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        print_message("# %s %s\n", row[i].target, row[i].auth ? row[i].auth : "");
        assert_int_equal(ask(a, &(struct ask_what){ .method = row[i].method,
                                                    .target = row[i].target,
                                                    .auth = row[i].auth,
                                                    .channel = row[i].channel,
                                                    .body = yg_str_of(row[i].body) }),
                         row[i].status);
        assert_non_null(strstr(ask_said(a), row[i].said));
    }
}

static void raw_lines(void **state)
{
    struct ask *a = *state;

    assert_int_equal(ask(a, &(struct ask_what){ .target = "/services/collector/raw",
                                                .auth = TOKEN,
                                                .body = YG_STR("a\r\n\nb c\nlast") }),
                     200);
    assert_int_equal(a->in.count, 3);
    assert_record(a, 0, "a");
    assert_record(a, 1, "b c");
    assert_record(a, 2, "last");
    assert_int_equal(
        ask(a, &(struct ask_what){ .target =
                                       "/services/collector/raw?host=h&sourcetype=a%20b",
                                   .auth = TOKEN,
                                   .body = YG_STR("x") }),
        200);
    assert_record(a, 0, SYSLOG("-", "h") " host=\"h\" sourcetype=\"a b\"] x");
}

static void busy(void **state)
{
    struct ask *a = *state;

    a->in.full = true;
    assert_int_equal(ask(a, &(struct ask_what){ .target = "/services/collector",
                                                .auth = TOKEN,
                                                .body = YG_STR("{\"event\":1}") }),
                     503);
    assert_string_equal(ask_said(a), "{\"text\":\"Server is busy\",\"code\":9}");
    assert_true(a->out.again);
    a->in.full = false;
}

/* Events that differ only in their time are two; the same event sent again is one. */
static void time_is_part_of_the_identity(void **state)
{
    static const char *const body[] = { "{\"time\":1,\"event\":\"x\"}",
                                        "{\"time\":2,\"event\":\"x\"}",
                                        "{\"time\":1,\"event\":\"x\"}" };
    unsigned char id[3][YG_ID_SIZE];
    struct ask *a = *state;

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ask(a, &(struct ask_what){ .target = "/services/collector",
                                                    .auth = TOKEN,
                                                    .body = yg_str_of(body[i]) }),
                         200);
        memcpy(id[i], a->in.rec[0].id, YG_ID_SIZE);
    }
    assert_memory_equal(id[0], id[2], YG_ID_SIZE);
    assert_memory_not_equal(id[0], id[1], YG_ID_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events, setup, teardown),
        cmocka_unit_test_setup_teardown(paths_and_tokens, setup, teardown),
        cmocka_unit_test_setup_teardown(raw_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(busy, setup, teardown),
        cmocka_unit_test_setup_teardown(time_is_part_of_the_identity, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
