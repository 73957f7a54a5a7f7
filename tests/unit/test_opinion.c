/* SPDX-License-Identifier: Apache-2.0 */
/* Exports of other tools: what is read out of each shape, and what its words mean. */
#include "decode/opinion.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS 16

struct result {
    struct yg_buf bytes;
    struct yg_opinion row[ROWS];
    size_t count;
    enum yg_status status;
};

static void read_text(struct result *r, enum yg_opinion_format format, struct yg_str text)
{
    char *copy = malloc(text.n + 1); /* so that a read past the end shows */

    memcpy(copy, text.p, text.n);
    yg_buf_init(&r->bytes, (size_t)16 << 20);
    r->status = yg_opinions_read(format, (struct yg_str){ copy, text.n }, &r->bytes);
    free(copy);
    r->count = 0;
    struct yg_cursor in = yg_cursor_of(yg_buf_str(&r->bytes).p, yg_buf_str(&r->bytes).n);
    struct yg_opinion o;
    enum yg_status st;
    while ((st = yg_opinion_next(&in, &o)) == YG_OK) {
        yg_opinion_judge(format, NULL, 0, &o);
        if (r->count < ROWS)
            r->row[r->count] = o;
        r->count++;
    }
    assert_int_equal(st, YG_EEND);
}

#define EVE(tags)                                                                        \
    "{\"timestamp\":\"2026-01-05T00:26:25.356206+0000\",\"src_ip\":\"10.5.9.2\","        \
    "\"src_port\":626,\"dest_ip\":\"198.18.1.9\",\"dest_port\":80,\"alert\":{"           \
    "\"signature_id\":90,\"signature\":\"A \\\"b\\\"\"},\"tags\":" tags "}"
#define KIBANA(status, reason)                                                           \
    "{\"_id\":\"x\",\"_source\":{\"@timestamp\":\"2026-01-05T00:00:01Z\","               \
    "\"kibana.alert.rule.name\":\"R\",\"source\":{\"ip\":\"10.0.0.1\"},"                 \
    "\"kibana.alert.workflow_status\":\"" status "\"" reason "}}"
#define REASON(word) ",\"kibana.alert.workflow_reason\":\"" word "\""
#define HIVE(more)                                                                       \
    "{\"title\":\"T\",\"date\":1767571200123,\"sourceRef\":\"r1\"," more "}"
#define IRIS(name)                                                                       \
    "{\"alert_title\":\"T\",\"alert_source_event_time\":\"2026-01-05T00:00:01\","        \
    "\"resolution_status\":" name ",\"status\":{\"status_name\":\"Closed\"},"            \
    "\"owner\":{\"user_login\":\"ann\"},\"cases\":[7,8]}"
#define CSV(row) "verdict,time,signature,source,who,closed_by\n" row "\n"

static const struct {
    const char *what;
    enum yg_opinion_format format;
    const char *text;
    enum yg_opinion_kind kind;
    unsigned level;
    const char *word;
} word_case[] = {
    { "escalated", YG_OPINION_EVEBOX, EVE("[\"x\",\"evebox.escalated\"]"),
      YG_OPINION_VERDICT, YG_LEVEL_L3, "escalated" },
    { "archived says nothing", YG_OPINION_EVEBOX, EVE("[\"archived\"]"),
      YG_OPINION_UNCERTAIN, YG_LEVEL_NONE, "archived" },
    { "archived and escalated", YG_OPINION_EVEBOX,
      EVE("[\"evebox.escalated\",\"evebox.archived\"]"), YG_OPINION_VERDICT, YG_LEVEL_L3,
      "escalated" },
    { "archived by a filter", YG_OPINION_EVEBOX,
      EVE("[\"evebox.archived\",\"evebox.auto-archived\"]"), YG_OPINION_AUTOMATIC,
      YG_LEVEL_NONE, "auto-archived" },
    { "its older spelling", YG_OPINION_EVEBOX, EVE("[\"evebox.auto_archived\"]"),
      YG_OPINION_AUTOMATIC, YG_LEVEL_NONE, "auto-archived" },
    { "no tags", YG_OPINION_EVEBOX, EVE("[]"), YG_OPINION_OPEN, YG_LEVEL_NONE, "" },
    { "tags that are none", YG_OPINION_EVEBOX, EVE("7"), YG_OPINION_OPEN, YG_LEVEL_NONE,
      "" },

    { "true positive", YG_OPINION_THEHIVE, HIVE("\"resolutionStatus\":\"TruePositive\""),
      YG_OPINION_VERDICT, YG_LEVEL_L3, "TruePositive" },
    { "with impact", YG_OPINION_THEHIVE,
      HIVE("\"impactStatus\":\"WithImpact\",\"resolutionStatus\":\"TruePositive\""),
      YG_OPINION_VERDICT, YG_LEVEL_L4, "TruePositive/WithImpact" },
    { "without impact, version 5", YG_OPINION_THEHIVE,
      HIVE("\"impactStatus\":\"NoImpact\",\"status\":\"TruePositive\""),
      YG_OPINION_VERDICT, YG_LEVEL_L2, "TruePositive/NoImpact" },
    { "false positive, whatever the impact", YG_OPINION_THEHIVE,
      HIVE("\"impactStatus\":\"NotApplicable\",\"resolutionStatus\":\"FalsePositive\""),
      YG_OPINION_VERDICT, YG_LEVEL_FP, "FalsePositive" },
    { "indeterminate", YG_OPINION_THEHIVE, HIVE("\"resolutionStatus\":\"Indeterminate\""),
      YG_OPINION_UNCERTAIN, YG_LEVEL_NONE, "Indeterminate" },
    { "duplicated is no verdict", YG_OPINION_THEHIVE,
      HIVE("\"resolutionStatus\":\"Duplicated\""), YG_OPINION_UNCERTAIN, YG_LEVEL_NONE,
      "Duplicated" },
    { "new", YG_OPINION_THEHIVE, HIVE("\"status\":\"New\""), YG_OPINION_OPEN,
      YG_LEVEL_NONE, "New" },
    { "closed by the system user", YG_OPINION_THEHIVE,
      HIVE("\"status\":\"FalsePositive\",\"_updatedBy\":\"system@thehive.local\""),
      YG_OPINION_AUTOMATIC, YG_LEVEL_NONE, "FalsePositive" },

    { "false positive", YG_OPINION_IRIS,
      IRIS("{\"resolution_status_name\":\"False Positive\"}"), YG_OPINION_VERDICT,
      YG_LEVEL_FP, "False Positive" },
    { "with impact", YG_OPINION_IRIS,
      IRIS("{\"resolution_status_name\":\"True Positive With Impact\"}"),
      YG_OPINION_VERDICT, YG_LEVEL_L4, "True Positive With Impact" },
    { "without impact", YG_OPINION_IRIS,
      IRIS("{\"resolution_status_name\":\"True Positive Without Impact\"}"),
      YG_OPINION_VERDICT, YG_LEVEL_L2, "True Positive Without Impact" },
    { "legitimate", YG_OPINION_IRIS, IRIS("{\"resolution_status_name\":\"Legitimate\"}"),
      YG_OPINION_VERDICT, YG_LEVEL_L1, "Legitimate" },
    { "closed without a resolution", YG_OPINION_IRIS, IRIS("null"), YG_OPINION_UNCERTAIN,
      YG_LEVEL_NONE, "Closed" },

    { "false positive", YG_OPINION_KIBANA, KIBANA("closed", REASON("false_positive")),
      YG_OPINION_VERDICT, YG_LEVEL_FP, "false_positive" },
    { "benign positive", YG_OPINION_KIBANA, KIBANA("closed", REASON("benign_positive")),
      YG_OPINION_VERDICT, YG_LEVEL_L1, "benign_positive" },
    { "true positive", YG_OPINION_KIBANA, KIBANA("closed", REASON("true_positive")),
      YG_OPINION_VERDICT, YG_LEVEL_L3, "true_positive" },
    { "duplicate is no verdict", YG_OPINION_KIBANA, KIBANA("closed", REASON("duplicate")),
      YG_OPINION_UNCERTAIN, YG_LEVEL_NONE, "duplicate" },
    { "closed by a program", YG_OPINION_KIBANA,
      KIBANA("closed", REASON("automated_closure")), YG_OPINION_AUTOMATIC, YG_LEVEL_NONE,
      "automated_closure" },
    { "free text", YG_OPINION_KIBANA, KIBANA("closed", REASON("looked fine")),
      YG_OPINION_UNCERTAIN, YG_LEVEL_NONE, "looked fine" },
    { "closed without a reason", YG_OPINION_KIBANA, KIBANA("closed", ""),
      YG_OPINION_UNCERTAIN, YG_LEVEL_NONE, "closed" },
    { "open", YG_OPINION_KIBANA, KIBANA("open", ""), YG_OPINION_OPEN, YG_LEVEL_NONE,
      "open" },

    { "a level", YG_OPINION_CSV, CSV("l4,2026-01-05T00:00:01Z,S,10.0.0.1,ann,"),
      YG_OPINION_VERDICT, YG_LEVEL_L4, "l4" },
    { "words", YG_OPINION_CSV, CSV("False-Positive,1767571200,S,10.0.0.1,ann,"),
      YG_OPINION_VERDICT, YG_LEVEL_FP, "False-Positive" },
    { "closed by a rule", YG_OPINION_CSV, CSV("FP,1767571200,S,10.0.0.1,ann,Rule"),
      YG_OPINION_AUTOMATIC, YG_LEVEL_NONE, "FP" },
    { "quoted cells", YG_OPINION_CSV, CSV("\"L2\",1,\"a,\"\"b\"\"\nc\",x,,"),
      YG_OPINION_VERDICT, YG_LEVEL_L2, "L2" },
    { "a true positive of what kind?", YG_OPINION_CSV, CSV("true positive,1,S,x,,"),
      YG_OPINION_UNCERTAIN, YG_LEVEL_NONE, "true positive" },
    { "too few cells", YG_OPINION_CSV, CSV("FP,1,S,x,,\nFP,1"), YG_OPINION_VERDICT,
      YG_LEVEL_FP, "FP" },
};

static void words_mean_what_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(word_case); i++) {
        struct result r;
        read_text(&r, word_case[i].format, yg_str_of(word_case[i].text));
        const struct yg_opinion *o = &r.row[0];
        if (r.status != YG_OK || r.count < 1 || o->kind != word_case[i].kind ||
            o->level != word_case[i].level ||
            !yg_str_eq(o->word, yg_str_of(word_case[i].word)))
            fail_msg("%s, %s: status %d, %zu rows, kind %u, level %s, word %.*s",
                     yg_opinion_format_name(word_case[i].format), word_case[i].what,
                     (int)r.status, r.count, o->kind, yg_level_name(o->level),
                     YG_STR_ARG(o->word));
        yg_buf_fini(&r.bytes);
    }
}

static void fields_are_read(void **state)
{
    struct result r;

    (void)state;
    read_text(&r, YG_OPINION_EVEBOX,
              YG_STR("{\"_id\":\"1\",\"_source\":" EVE("[\"escalated\"]") "}"));
    const struct yg_opinion *o = &r.row[0];
    assert_int_equal(o->time_ns, INT64_C(1767572785356206000));
    assert_true(yg_str_eq(o->signature, YG_STR("A \"b\"")));
    assert_true(yg_str_eq(o->signature_id, YG_STR("90")));
    assert_true(yg_str_eq(o->source, YG_STR("10.5.9.2")));
    assert_true(yg_str_eq(o->destination, YG_STR("198.18.1.9")));
    assert_int_equal(o->source_port, 626);
    assert_int_equal(o->destination_port, 80);
    assert_true(yg_str_eq(o->reason, YG_STR("escalated")));
    yg_buf_fini(&r.bytes);
    read_text(&r, YG_OPINION_IRIS,
              YG_STR(IRIS("{\"resolution_status_name\":\"Legitimate\"}")));
    assert_true(yg_str_eq(r.row[0].who, YG_STR("ann")));
    assert_true(yg_str_eq(r.row[0].incident, YG_STR("7")));
    assert_true(yg_str_eq(r.row[0].reason, YG_STR("benign-positive")));
    yg_buf_fini(&r.bytes);
    read_text(&r, YG_OPINION_THEHIVE,
              YG_STR(HIVE("\"status\":\"FalsePositive\",\"endDate\":1767571300000")));
    assert_int_equal(r.row[0].time_ns, INT64_C(1767571200123000000));
    assert_int_equal(r.row[0].at_ns, INT64_C(1767571300000000000));
    assert_true(yg_str_eq(r.row[0].id, YG_STR("r1")));
    yg_buf_fini(&r.bytes);
    read_text(&r, YG_OPINION_CSV,
              YG_STR("\xef\xbb\xbfID,Level,Reason,incident,note,at,source_port\r\n"
                     "abc,L2,test,I-1,\"two\r\nlines\",2026-01-05,70000\r\n\r\n"
                     "def,FP,,,,,8\r\n"));
    assert_int_equal(r.count, 2);
    assert_true(yg_str_eq(r.row[0].id, YG_STR("abc")));
    assert_true(yg_str_eq(r.row[0].reason, YG_STR("test")));
    assert_true(yg_str_eq(r.row[0].note, YG_STR("two\r\nlines")));
    assert_int_equal(r.row[0].source_port, 0);
    assert_int_equal(r.row[0].line, 2);
    assert_int_equal(r.row[1].line, 5);
    assert_int_equal(r.row[1].source_port, 8);
    yg_buf_fini(&r.bytes);
}

#define ONE KIBANA("closed", REASON("false_positive"))

static const struct {
    const char *what, *text;
    enum yg_status status;
    size_t rows, unreadable;
    uint64_t last_line;
} shape[] = {
    { "lines", ONE "\n" ONE "\n", YG_OK, 2, 0, 2 },
    { "without a last line end", ONE "\n\n" ONE, YG_OK, 2, 0, 3 },
    { "an array", "[" ONE ",\n" ONE "]", YG_OK, 2, 0, 2 },
    { "an answer of a search",
      "{\"took\":3,\n\"hits\":{\"total\":{\"value\":2},\"hits\":[\n" ONE "," ONE
      "]},\"x\":[{}]}\n",
      YG_OK, 2, 0, 3 },
    { "an answer of IRIS", "{\"status\":\"ok\",\"data\":{\"alerts\":[" ONE "]}}", YG_OK,
      1, 0, 1 },
    { "an empty answer", "{\"hits\":{\"hits\":[]}}", YG_OK, 0, 0, 0 },
    { "pretty printed", "{\n \"_id\":\n \"x\"\n}\n{\n}\n", YG_OK, 2, 0, 5 },
    { "a broken line between", ONE "\n{\"a\":\"\n" ONE "\n", YG_OK, 3, 1, 3 },
    { "cut off", ONE "\n{\"a\":{", YG_OK, 2, 1, 2 },
    { "not JSON", "hello\nworld\n", YG_EFORMAT, 2, 2, 2 },
    { "nothing", "", YG_EFORMAT, 0, 0, 0 },
    { "blanks", " \n\n", YG_OK, 0, 0, 0 },
};

static void shapes_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(shape); i++) {
        struct result r;
        size_t bad = 0;
        read_text(&r, YG_OPINION_KIBANA, yg_str_of(shape[i].text));
        for (size_t k = 0; k < r.count && k < ROWS; k++)
            bad += r.row[k].kind == YG_OPINION_UNREADABLE;
        uint64_t line = r.count ? r.row[r.count - 1].line : 0;
        if (r.status != shape[i].status || r.count != shape[i].rows ||
            bad != shape[i].unreadable || line != shape[i].last_line)
            fail_msg("%s: status %d, %zu rows, %zu unreadable, line %llu", shape[i].what,
                     (int)r.status, r.count, bad, (unsigned long long)line);
        yg_buf_fini(&r.bytes);
    }
}

static void a_table_without_verdicts_is_refused(void **state)
{
    struct yg_buf out;

    (void)state;
    yg_buf_init(&out, 4096);
    assert_int_equal(yg_opinions_read(YG_OPINION_CSV, YG_STR("id,time\n1,2\n"), &out),
                     YG_EFORMAT);
    yg_buf_fini(&out);
    yg_buf_init(&out, 64); /* a cap that is reached */
    assert_int_equal(
        yg_opinions_read(YG_OPINION_CSV, YG_STR("id,verdict\n1,FP\n2,FP\n"), &out),
        YG_ELIMIT);
    yg_buf_fini(&out);
}

static void long_texts_are_cut(void **state)
{
    struct yg_buf text;
    struct result r;

    (void)state;
    yg_buf_init(&text, 1 << 20);
    yg_buf_printf(&text, "{\"title\":\"\\n");
    for (int i = 0; i < 10000; i++)
        yg_buf_char(&text, 'x');
    yg_buf_printf(&text, "\",\"status\":\"FalsePositive\"}");
    read_text(&r, YG_OPINION_THEHIVE, yg_buf_str(&text));
    assert_int_equal(r.count, 1);
    assert_in_range(r.row[0].signature.n, YG_OPINION_TEXT - 1, YG_OPINION_TEXT);
    yg_buf_fini(&r.bytes);
    yg_buf_fini(&text);
}

static void a_house_has_its_own_words(void **state)
{
    const struct yg_opinion_map map[] = { { YG_STR("archived"), YG_LEVEL_FP },
                                          { YG_STR("ESCALATED"), YG_LEVEL_L4 },
                                          { YG_STR("auto-archived"), YG_LEVEL_FP } };
    static const struct {
        struct yg_str word;
        enum yg_opinion_kind kind;
        unsigned level;
    } want[] = { { { "archived", 8 }, YG_OPINION_VERDICT, YG_LEVEL_FP },
                 { { "escalated", 9 }, YG_OPINION_VERDICT, YG_LEVEL_L4 },
                 { { "auto-archived", 13 }, YG_OPINION_AUTOMATIC, YG_LEVEL_NONE },
                 { { "", 0 }, YG_OPINION_OPEN, YG_LEVEL_NONE } };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(want); i++) {
        struct yg_opinion o = { .word = want[i].word };
        yg_opinion_judge(YG_OPINION_EVEBOX, map, YG_ARRAY_LEN(map), &o);
        assert_int_equal(o.kind, want[i].kind);
        assert_int_equal(o.level, want[i].level);
    }
}

static void records_from_outside_are_checked(void **state)
{
    struct result r;
    struct yg_opinion o;

    (void)state;
    read_text(&r, YG_OPINION_KIBANA, YG_STR(ONE));
    struct yg_str all = yg_buf_str(&r.bytes);
    for (size_t n = 1; n < all.n; n++) { /* cut anywhere */
        struct yg_cursor in = yg_cursor_of(all.p, n);
        assert_int_equal(yg_opinion_next(&in, &o), YG_EFORMAT);
    }
    r.bytes.p[28] = YG_OPINION_KIND_COUNT;
    struct yg_cursor in = yg_cursor_of(all.p, all.n);
    assert_int_equal(yg_opinion_next(&in, &o), YG_EFORMAT);
    yg_buf_fini(&r.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_mean_what_the_table_says),
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(shapes_are_taken_apart),
        cmocka_unit_test(a_table_without_verdicts_is_refused),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(a_house_has_its_own_words),
        cmocka_unit_test(records_from_outside_are_checked),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
