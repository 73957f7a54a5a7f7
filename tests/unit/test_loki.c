/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/loki.h"

#include <setjmp.h>
#include <snappy-c.h>
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

#define SYSLOG "<13>1 2026-01-01T00:00:00.123456Z "
#define NS     "1767225600123456789"

static void json(void **state)
{
    static const struct {
        const char *name, *body;
        unsigned status;
        const char *record[3];
    } row[] = {
        { "line with labels",
          "{\"streams\":[{\"stream\":{\"job\":\"sshd\",\"host\":\"h1\"},"
          "\"values\":[[\"" NS "\",\"a \\\"b\\\"\"]]}]}",
          204,
          { SYSLOG "h1 sshd - - [loki@32473 host=\"h1\" app=\"sshd\" job=\"sshd\" "
                   "host=\"h1\"] a \"b\"" } },
        { "values before the stream",
          "{\"streams\":[{\"values\":[[\"" NS "\",\"a\"]],\"stream\":{\"k\":\"v\"}}]}",
          204,
          { SYSLOG "- - - - [loki@32473 k=\"v\"] a" } },
        { "structured metadata",
          "{\"streams\":[{\"stream\":{},\"values\":[[\"" NS
          "\",\"a\",{\"m\":\"1\"}],[\"" NS "\",\"b\"]]}]}",
          204,
          { SYSLOG "- - - - [loki@32473 m=\"1\"] a", SYSLOG "- - - - [loki@32473] b" } },
        { "an object",
          "{\"streams\":[{\"stream\":{\"k\":\"v\"},\"values\":[[\"" NS
          "\",\"{\\\"x\\\":1}\"]]}]}",
          204,
          { "{\"yagura_via\":{\"api\":\"loki\",\"time\":\"2026-01-01T00:00:00.123456Z\","
            "\"labels\":{\"k\":\"v\"}},\"x\":1}" } },
        { "two streams",
          "{\"streams\":[{\"stream\":{\"k\":\"1\"},\"values\":[[\"" NS "\",\"a\"]]},"
          "{\"stream\":{},\"values\":[[\"" NS "\",\"b\"]]}]}",
          204,
          { SYSLOG "- - - - [loki@32473 k=\"1\"] a", SYSLOG "- - - - [loki@32473] b" } },
        { "no values", "{\"streams\":[{\"stream\":{},\"values\":[]}]}", 204, { NULL } },
        { "no streams", "{}", 400, { NULL } },
        { "time that is none",
          "{\"streams\":[{\"stream\":{},\"values\":[[\"x\",\"a\"]]}]}",
          400,
          { NULL } },
        { "malformed behind a good one",
          "{\"streams\":[{\"stream\":{},\"values\":[[\"" NS "\",\"a\"],[\"" NS "\"]]}]}",
          400,
          { NULL } },
        { "cut",
          "{\"streams\":[{\"stream\":{},\"values\":[[\"" NS "\",\"a\"]]}",
          400,
          { NULL } },
    };
    struct ask *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        print_message("# %s\n", row[i].name);
        assert_int_equal(
            ask_post(a, "/loki/api/v1/push", "application/json", row[i].body),
            row[i].status);
        size_t n = 0;
        for (; n < 3 && row[i].record[n]; n++)
            assert_record(a, n, row[i].record[n]);
        assert_int_equal(a->in.count, n);
    }
}

/* PushRequest of one stream with one entry; `labels` as Prometheus writes them. */
static void push_of(struct yg_buf *out, const char *labels, const char *line,
                    const char *meta)
{
    struct yg_buf time, pair, entry, stream;

    wire_init(&time);
    wire_init(&pair);
    wire_init(&entry);
    wire_init(&stream);
    wire_number(&time, 1, 1767225600);
    wire_number(&time, 2, 123456789);
    wire_bytes(&entry, 1, yg_buf_str(&time));
    wire_bytes(&entry, 2, yg_str_of(line));
    if (meta) {
        wire_bytes(&pair, 1, YG_STR("m"));
        wire_bytes(&pair, 2, yg_str_of(meta));
        wire_bytes(&entry, 3, yg_buf_str(&pair));
    }
    wire_bytes(&stream, 1, yg_str_of(labels));
    wire_bytes(&stream, 2, yg_buf_str(&entry));
    wire_number(&stream, 3, 77);
    wire_bytes(out, 1, yg_buf_str(&stream));
    yg_buf_fini(&time);
    yg_buf_fini(&pair);
    yg_buf_fini(&entry);
    yg_buf_fini(&stream);
}

static unsigned push_wire(struct ask *a, struct yg_str message, size_t cut)
{
    char packed[4096];
    size_t n = sizeof(packed);

    assert_int_equal(snappy_compress(message.p, message.n, packed, &n), SNAPPY_OK);
    return ask(a, &(struct ask_what){ .target = "/loki/api/v1/push",
                                      .type = "application/x-protobuf",
                                      .body = { packed, n - cut } });
}

static void protobuf(void **state)
{
    static const struct {
        const char *name, *labels, *meta;
        unsigned status;
        const char *record;
    } row[] = {
        { "labels", "{job=\"sshd\", host=\"h1\"}", NULL, 204,
          SYSLOG "h1 sshd - - [loki@32473 host=\"h1\" app=\"sshd\" job=\"sshd\" "
                 "host=\"h1\"] a line" },
        { "escapes", "{k=\"a\\\"b\\\\c\\n\"}", NULL, 204,
          SYSLOG "- - - - [loki@32473 k=\"a\\\"b\\\\c\n\"] a line" },
        { "metadata", "{k=\"v\"}", "1", 204,
          SYSLOG "- - - - [loki@32473 k=\"v\" m=\"1\"] a line" },
        { "no labels", "{}", NULL, 204, SYSLOG "- - - - [loki@32473] a line" },
        { "open quote", "{k=\"v", NULL, 400, NULL },
        { "no value", "{k}", NULL, 400, NULL },
        { "escape at the end", "{k=\"v\\", NULL, 400, NULL },
    };
    struct ask *a = *state;
    struct yg_buf b;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        print_message("# %s\n", row[i].name);
        wire_init(&b);
        push_of(&b, row[i].labels, "a line", row[i].meta);
        assert_int_equal(push_wire(a, yg_buf_str(&b), 0), row[i].status);
        if (row[i].record)
            assert_record(a, 0, row[i].record);
        assert_int_equal(a->in.count, row[i].record != NULL);
        yg_buf_fini(&b);
    }
}

static void protobuf_cut_anywhere(void **state)
{
    struct ask *a = *state;
    struct yg_buf b;

    wire_init(&b);
    push_of(&b, "{job=\"x\"}", "a line", "v");
    push_of(&b, "{job=\"y\"}", "another", NULL);
    struct yg_str whole = yg_buf_str(&b);
    for (size_t n = 1; n < whole.n; n++) {
        unsigned status = push_wire(a, (struct yg_str){ whole.p, n }, 0);
        assert_true(status == 400 || (status == 204 && a->in.count == 1));
    }
    for (size_t cut = 1; cut < 8; cut++) {
        assert_int_equal(push_wire(a, whole, cut), 400);
        assert_int_equal(a->in.count, 0);
    }
    yg_buf_fini(&b);
}

static void snappy_bombs(void **state)
{
    static const struct {
        const char *name;
        struct yg_str body;
        unsigned status;
    } row[] = {
        { "says it is 4 GiB long", { "\xff\xff\xff\xff\x0f\x00", 6 }, 413 },
        { "says it is 3 MiB long and is not", { "\x80\x80\xc0\x01\x00x", 6 }, 400 },
        { "no length", { "\xff\xff", 2 }, 400 },
        { "nothing", { "", 0 }, 400 },
        { "empty message", { "\x00", 1 }, 204 },
    };
    struct ask *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        print_message("# %s\n", row[i].name);
        assert_int_equal(ask(a, &(struct ask_what){ .target = "/loki/api/v1/push",
                                                    .body = row[i].body }),
                         row[i].status);
        assert_int_equal(a->in.count, 0);
    }
}

/* Of two streams, or at two nanoseconds, an equal line is two records. */
static void labels_and_time_are_part_of_the_identity(void **state)
{
    static const char *const body[] = {
        "{\"streams\":[{\"stream\":{\"k\":\"1\"},\"values\":[[\"1\",\"a\"]]}]}",
        "{\"streams\":[{\"stream\":{\"k\":\"2\"},\"values\":[[\"1\",\"a\"]]}]}",
        "{\"streams\":[{\"stream\":{\"k\":\"1\"},\"values\":[[\"2\",\"a\"]]}]}",
        "{\"streams\":[{\"stream\":{\"k\":\"1\"},\"values\":[[\"1\",\"a\"]]}]}",
    };
    unsigned char id[4][YG_ID_SIZE];
    struct ask *a = *state;

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ask_post(a, "/loki/api/v1/push", "application/json", body[i]),
                         204);
        memcpy(id[i], a->in.rec[0].id, YG_ID_SIZE);
    }
    assert_memory_not_equal(id[0], id[1], YG_ID_SIZE);
    assert_memory_not_equal(id[0], id[2], YG_ID_SIZE);
    assert_memory_equal(id[0], id[3], YG_ID_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json, setup, teardown),
        cmocka_unit_test_setup_teardown(protobuf, setup, teardown),
        cmocka_unit_test_setup_teardown(protobuf_cut_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(snappy_bombs, setup, teardown),
        cmocka_unit_test_setup_teardown(labels_and_time_are_part_of_the_identity, setup,
                                        teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
