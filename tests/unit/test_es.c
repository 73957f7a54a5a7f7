/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/es.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "httpapi_util.h"

static int setup(void **state)
{
    return ask_setup(state, NULL);
}

static const struct {
    const char *name, *path, *body;
    unsigned status;
    const char *said; /* somewhere in the answer */
    const char *record[3];
} bulk_row[] = {
    { "create and index",
      "/_bulk",
      "{\"create\":{\"_index\":\"a\"}}\n{\"x\":1}\n"
      "{\"index\":{\"_index\":\"b\",\"_id\":\"7\"}}\n{\"x\":2}\n",
      200,
      "{\"index\":{\"_index\":\"b\",\"_id\":\"7\",\"status\":201",
      { "{\"x\":1}", "{\"x\":2}" } },
    { "no line end at the end",
      "/_bulk",
      "{\"create\":{}}\n{\"x\":1}",
      200,
      "\"errors\":false",
      { "{\"x\":1}" } },
    { "CRLF and blank lines",
      "/_bulk",
      "{\"create\":{}}\r\n{\"x\":1}\r\n\r\n{\"create\":{}}\n  {\"x\":2} \n",
      200,
      "\"errors\":false",
      { "{\"x\":1}", "{\"x\":2}" } },
    { "index of the path",
      "/logs-x/_bulk",
      "{\"create\":{}}\n{\"x\":1}\n",
      200,
      "{\"create\":{\"_index\":\"logs-x\",",
      { "{\"x\":1}" } },
    { "other members of the action",
      "/_bulk",
      "{\"index\":{\"_index\":\"a\",\"_type\":\"_doc\",\"pipeline\":null,"
      "\"dynamic_templates\":{\"a\":[1,{}]},\"require_alias\":false}}\n{\"x\":1}\n",
      200,
      "\"status\":201",
      { "{\"x\":1}" } },
    { "blanks in the action",
      "/_bulk",
      " { \"create\" : { \"_id\" : \"q\\u0041\" } } \n{\"x\":1}\n",
      200,
      "\"_id\":\"q\\u0041\"",
      { "{\"x\":1}" } },
    { "update and delete are refused, what is beside them is not",
      "/_bulk",
      "{\"delete\":{\"_index\":\"a\",\"_id\":\"1\"}}\n"
      "{\"update\":{\"_index\":\"a\",\"_id\":\"2\"}}\n{\"doc\":{}}\n"
      "{\"create\":{}}\n{\"x\":1}\n",
      200,
      "{\"delete\":{\"_index\":\"a\",\"_id\":\"1\",\"status\":400,",
      { "{\"x\":1}" } },
    { "documents that are no objects",
      "/_bulk",
      "{\"create\":{}}\n[1]\n{\"create\":{}}\n{\"x\":\n{\"create\":{}}\n{\n"
      "{\"create\":{}}\n{\"x\":1}\n",
      200,
      "\"type\":\"document_parsing_exception\"",
      { "{\"x\":1}" } },
    { "what is wrong between the braces is kept",
      "/_bulk",
      "{\"create\":{}}\n{\"x\":}\n",
      200,
      "\"errors\":false",
      { "{\"x\":}" } },
    { "the same action again, and another",
      "/_bulk",
      "{\"index\":{\"_index\":\"a\"}}\n{\"x\":1}\n{\"index\":{\"_index\":\"a\"}}\n"
      "{\"x\":2}\n{\"index\":{\"_index\":\"b\"}}\n{\"x\":3}\n",
      200,
      "{\"index\":{\"_index\":\"a\",\"_id\":\"yagura-1\",\"status\":201,"
      "\"_version\":1,\"result\":\"created\",\"_shards\":{\"total\":1,"
      "\"successful\":1,\"failed\":0},\"_seq_no\":0,\"_primary_term\":1}},"
      "{\"index\":{\"_index\":\"b\",\"_id\":\"yagura-2\",",
      { "{\"x\":1}", "{\"x\":2}", "{\"x\":3}" } },
    { "the same action without a document",
      "/_bulk",
      "{\"create\":{}}\n{\"x\":1}\n{\"create\":{}}\n\n",
      400,
      "at item 2",
      { NULL } },
    { "document missing",
      "/_bulk",
      "{\"create\":{}}\n{\"x\":1}\n{\"create\":{}}\n",
      400,
      "at item 2",
      { NULL } },
    { "malformed action",
      "/_bulk",
      "{\"create\":{}}\n{\"x\":1}\n{\"creat\n{}\n",
      400,
      "at item 2",
      { NULL } },
    { "unknown action",
      "/_bulk",
      "{\"upsert\":{}}\n{\"x\":1}\n",
      400,
      "at item 1",
      { NULL } },
    { "action that is no object",
      "/_bulk",
      "{\"create\":1}\n{\"x\":1}\n",
      400,
      "at item 1",
      { NULL } },
    { "two actions in a line",
      "/_bulk",
      "{\"create\":{},\"index\":{}}\n{}\n",
      400,
      "at item 1",
      { NULL } },
    { "nothing", "/_bulk", "", 400, "no items", { NULL } },
    { "blank lines only", "/_bulk", "\n\n", 400, "no items", { NULL } },
};

static void bulk_items(void **state)
{
    struct ask *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(bulk_row); i++) {
        print_message("# %s\n", bulk_row[i].name);
        assert_int_equal(ask_post(a, bulk_row[i].path, NULL, bulk_row[i].body),
                         bulk_row[i].status);
        assert_non_null(strstr(ask_said(a), bulk_row[i].said));
        size_t n = 0;
        for (; n < 3 && bulk_row[i].record[n]; n++)
            assert_record(a, n, bulk_row[i].record[n]);
        assert_int_equal(a->in.count, n);
        assert_int_equal(a->out.wait, n > 0);
        assert_int_equal(a->in.counter[YG_IN_REJECTED], bulk_row[i].status != 200);
    }
}

/* Received is taken and refused, so that the accounting of a source adds up. */
static void refused_items_are_counted(void **state)
{
    struct ask *a = *state;

    assert_int_equal(ask_post(a, "/_bulk", NULL,
                              "{\"delete\":{}}\n{\"create\":{}}\n{\"x\":1}\n"
                              "{\"create\":{}}\nrubbish\n"),
                     200);
    assert_int_equal(a->in.counter[YG_IN_RECEIVED], 3);
    assert_int_equal(a->in.counter[YG_IN_REFUSED], 2);
    assert_non_null(strstr(ask_said(a), "\"errors\":true"));
}

static void id_of(struct ask *a, const char *body, size_t which,
                  unsigned char id[YG_ID_SIZE])
{
    assert_int_equal(ask_post(a, "/_bulk", NULL, body), 200);
    assert_true(which < a->in.count);
    memcpy(id, a->in.rec[which].id, YG_ID_SIZE);
}

static void identity(void **state)
{
    static const struct {
        const char *name, *one, *two;
        size_t at_one, at_two;
        bool same;
    } row[] = {
        { "sent again", "{\"create\":{}}\n{\"x\":1}\n", "{\"create\":{}}\n{\"x\":1}\n", 0,
          0, true },
        { "equal lines of a request", "{\"create\":{}}\n{\"x\":1}\n",
          "{\"create\":{}}\n{\"x\":1}\n{\"create\":{}}\n{\"x\":1}\n", 0, 1, false },
        { "repetition sent again",
          "{\"create\":{}}\n{\"x\":1}\n{\"create\":{}}\n{\"x\":1}\n",
          "{\"create\":{}}\n{\"x\":1}\n{\"create\":{}}\n{\"x\":1}\n", 1, 1, true },
        { "create: the first of a name stays",
          "{\"create\":{\"_id\":\"1\"}}\n{\"x\":1}\n",
          "{\"create\":{\"_id\":\"1\"}}\n{\"x\":2}\n", 0, 0, true },
        { "index: other bytes are another record",
          "{\"index\":{\"_id\":\"1\"}}\n{\"x\":1}\n",
          "{\"index\":{\"_id\":\"1\"}}\n{\"x\":2}\n", 0, 0, false },
        { "index sent again", "{\"index\":{\"_id\":\"1\"}}\n{\"x\":1}\n",
          "{\"index\":{\"_id\":\"1\"}}\n{\"x\":1}\n", 0, 0, true },
        { "same id in another index",
          "{\"create\":{\"_index\":\"a\",\"_id\":\"1\"}}\n{\"x\":1}\n",
          "{\"create\":{\"_index\":\"b\",\"_id\":\"1\"}}\n{\"x\":1}\n", 0, 0, false },
        { "names do not run together",
          "{\"create\":{\"_index\":\"ab\",\"_id\":\"c\"}}\n{\"x\":1}\n",
          "{\"create\":{\"_index\":\"a\",\"_id\":\"bc\"}}\n{\"x\":1}\n", 0, 0, false },
    };
    unsigned char one[YG_ID_SIZE], two[YG_ID_SIZE];

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        print_message("# %s\n", row[i].name);
        id_of(*state, row[i].one, row[i].at_one, one);
        id_of(*state, row[i].two, row[i].at_two, two);
        assert_int_equal(memcmp(one, two, YG_ID_SIZE) == 0, row[i].same);
    }
}

static void a_full_journal_refuses_the_request(void **state)
{
    struct ask *a = *state;

    a->in.full = true;
    assert_int_equal(
        ask_post(a, "/_bulk", NULL,
                 "{\"create\":{}}\n{\"x\":1}\n{\"delete\":{\"_id\":\"1\"}}\n"),
        429);
    assert_true(a->out.again);
    assert_false(a->out.wait);
    assert_non_null(strstr(ask_said(a), "\"_id\":\"yagura-0\",\"status\":429"));
    assert_non_null(strstr(ask_said(a), "\"_id\":\"1\",\"status\":429"));
    assert_non_null(strstr(ask_said(a), "\"errors\":true"));
    a->in.full = false;
}

/* A request of several units, the journal full in its midst: what is sent again has the
 * ids of the first time. */
static void full_in_the_midst(void **state)
{
    struct ask *a = *state;
    struct yg_buf b;
    unsigned char first[YG_ID_SIZE];

    yg_buf_init(&b, 1 << 20);
    for (int i = 0; i < 3000; i++)
        yg_buf_printf(&b, "{\"create\":{}}\n{\"x\":%d}\n", i % 7);
    a->in.full_after = 1500;
    assert_int_equal(ask_post(a, "/_bulk", NULL, yg_buf_cstr(&b)), 429);
    assert_int_equal(a->in.count, 1024);
    memcpy(first, a->in.rec[1000].id, sizeof(first));
    a->in.full_after = 0;
    assert_int_equal(ask_post(a, "/_bulk", NULL, yg_buf_cstr(&b)), 200);
    assert_int_equal(a->in.count, 3000);
    assert_memory_equal(first, a->in.rec[1000].id, sizeof(first));
    assert_int_equal(a->out.ticket, 3000);
    yg_buf_fini(&b);
}

static void a_long_document_is_cut(void **state)
{
    struct ask *a = *state;
    struct yg_buf b;

    yg_buf_init(&b, (size_t)4 << 20);
    yg_buf_str_add(&b, YG_STR("{\"create\":{}}\n{\"x\":\""));
    for (size_t i = 0; i < YG_RECORD_MAX; i++)
        yg_buf_char(&b, 'y');
    yg_buf_str_add(&b, YG_STR("\"}\n"));
    assert_int_equal(ask_post(a, "/_bulk", NULL, yg_buf_cstr(&b)), 200);
    assert_int_equal(a->in.count, 1);
    assert_int_equal(a->in.rec[0].raw.n, YG_RECORD_MAX);
    assert_int_equal(a->in.rec[0].full_size, YG_RECORD_MAX + 8);
    assert_int_equal(a->in.rec[0].reason, YG_R_OVERSIZE);
    yg_buf_fini(&b);
}

static void handshake(void **state)
{
    static const struct {
        const char *method, *target;
        unsigned status;
        const char *said;
    } row[] = {
        { "GET", "/", 200, "\"number\":\"9.9.9\"" },
        { "HEAD", "/", 200, "You Know, for Search" },
        { "GET", "/_license", 200, "\"status\":\"active\"" },
        { "GET", "/_nodes/http", 200, "\"nodes\":{}" },
        { "GET", "/_xpack", 200, "{}" },
        { "HEAD", "/_index_template/logs", 200, "{}" },
        { "PUT", "/_index_template/logs", 200, "{}" },
        { "GET", "/_ilm/policy/x?a=b", 200, "{}" },
        { "PUT", "/_ingest/pipeline/x", 200, "{}" },
        { "GET", "/_cluster/health", 200, "{}" },
        { "GET", "/nothing/here", 404, "no such path" },
        { "DELETE", "/_index_template/logs", 405, "no such method" },
        { "GET", "/_bulk", 405, "no such method" },
    };
    struct ask *a = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        print_message("# %s %s\n", row[i].method, row[i].target);
        assert_int_equal(ask(a, &(struct ask_what){ .method = row[i].method,
                                                    .target = row[i].target,
                                                    .body = YG_STR("{}") }),
                         row[i].status);
        assert_non_null(strstr(ask_said(a), row[i].said));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bulk_items, setup, teardown),
        cmocka_unit_test_setup_teardown(refused_items_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(identity, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_journal_refuses_the_request, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(full_in_the_midst, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_document_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(handshake, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
