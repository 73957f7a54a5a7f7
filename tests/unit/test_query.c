/* SPDX-License-Identifier: Apache-2.0 */
/* Queries: what is understood and how, what is refused and where, what matches. */
#include "query/query.h"

#include "base/clock.h"
#include "base/risk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW INT64_C(1780012345) /* 2026-05-28T23:52:25Z */

struct fixture {
    struct yg_arena arena;
    struct yg_batch *b;
    struct yg_event *e;
    struct yg_query_alert a;
    struct yg_err err;
};

static void ip(struct fixture *f, enum yg_field field, const char *text)
{
    assert_true(yg_event_set_ip(f->b, f->e, field, yg_str_of(text)));
}

static void str(struct fixture *f, enum yg_field field, const char *text)
{
    assert_true(yg_event_set_str(f->b, f->e, field, yg_str_of(text)));
}

/* The alert that all cases are asked about. */
static void fill(struct fixture *f)
{
    ip(f, YG_F_SOURCE_IP, "203.0.113.7");
    ip(f, YG_F_DESTINATION_IP, "10.1.2.3");
    ip(f, YG_F_HOST_IP, "2001:db8::5");
    ip(f, YG_F_NAT_SOURCE_IP, "8.8.4.4");
    yg_event_set_u64(f->e, YG_F_DESTINATION_PORT, 443);
    yg_event_set_u64(f->e, YG_F_EVENT_SEVERITY, 70);
    yg_event_set_time(f->e, YG_F_FLOW_START, (NOW - 60) * YG_NS_PER_S);
    str(f, YG_F_RULE_NAME, "ET SCAN Nmap (probe) *raw*");
    str(f, YG_F_RULE_ID, "2009582");
    str(f, YG_F_USER_NAME, "Alice");
    str(f, YG_F_HOST_NAME, "web-01");
    str(f, YG_F_MESSAGE, "Failed password for root\nfrom 203.0.113.7");
    str(f, YG_F_TECHNIQUE, "T1046, T1595.001");
    str(f, YG_F_PAYLOAD, "GET /cmd.exe HTTP/1.1");
    f->e->device = YG_DEV_IDS;
    f->a = (struct yg_query_alert){
        .tenant = YG_STR("acme"),
        .source = YG_STR("edge"),
        .id = { 0xab, 0xcd, 0xef, 0x01 },
        .time_ns = NOW * YG_NS_PER_S,
        .received_ns = (NOW + 5) * YG_NS_PER_S,
        .risk = yg_risk_of_prob(0.75),
        .verdict = YG_LEVEL_NONE,
        .predicted = YG_LEVEL_L3,
        .decision = 1,
        .kind = YG_KIND_ALERT,
        .packets = true,
        .raw =
            YG_STR("{\"alert\":{\"signature\":\"ET SCAN Nmap\"},\"note\":\"mimikatz\"}"),
    };
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->b = malloc(sizeof(*f->b));
    assert_non_null(f->b);
    yg_batch_clear(f->b, 0, 0);
    f->b->count = 1;
    f->e = &f->b->event[0];
    memset(f->e, 0, sizeof(*f->e));
    yg_arena_init(&f->arena, (size_t)16 << 20);
    fill(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    yg_arena_fini(&f->arena);
    free(f->b);
    free(f);
    return 0;
}

static enum yg_status parse(struct fixture *f, const char *text,
                            const struct yg_query **q)
{
    const struct yg_query_clock clock = { .now_ns = (NOW + 60) * YG_NS_PER_S };

    return yg_query_parse(&f->arena, yg_str_of(text), clock, q, &f->err);
}

static bool matches(struct fixture *f, const char *text)
{
    const struct yg_query *q;

    if (parse(f, text, &q) != YG_OK)
        fail_msg("%s: column %d: %s", text, f->err.column, f->err.msg);
    return yg_query_matches(q, &f->a, f->b, f->e);
}

static const struct {
    const char *query;
    bool yes;
} asked[] = {
    { "", true },
    { "  \t", true },
    /* addresses */
    { "source.ip:203.0.113.7", true },
    { "source.ip:203.0.113.8", false },
    { "src:203.0.113.0/24", true },
    { "src:203.0.113.0/29", true },
    { "src:203.0.113.8/29", false },
    { "src:0.0.0.0/0", true },
    { "source.ip:external", false }, /* for documentation: as a laboratory's */
    { "source.nat.ip:external", true },
    { "dst:external", false },
    { "dst:Internal", true },
    { "src:[203.0.113.1 to 203.0.113.7]", true },
    { "src:[* to 203.0.113.6]", false },
    { "src:203.0.*", true },
    { "src:203.1.*", false },
    { "host.ip:2001:db8::/32", true },
    { "host.ip:2001:db8::5", true },
    { "host.ip:0.0.0.0/0", false },
    { "203.0.113.7", true },
    { "10.0.0.0/8", true },
    { "2001:db8::5", true },
    { "198.51.100.1", false },
    { "ip:10.1.2.3", true },
    /* numbers */
    { "dport:443", true },
    { "dport:(80 or 443)", true },
    { "dport:(80 443)", true },
    { "dport:(80 8080)", false },
    { "dport:>442", true },
    { "dport:> 443", false },
    { "dport:>=443 and dport:<=443", true },
    { "dport:<443", false },
    { "dport:[1 to 1024]", true },
    { "dport:[444 to *]", false },
    { "dport:<0", false },
    { "dport:>18446744073709551615", false },
    { "event.severity:>50", true },
    /* texts */
    { "user.name:alice", true },
    { "user.name:ali", false },
    { "user.name:ali*", true },
    { "user.name:?lice", true },
    { "user.name:(bob or a*e)", true },
    { "USER.NAME:ALICE", true },
    { "rule.name:scan", true },
    { "rule.name:\"et scan nmap\"", true },
    { "rule.name:\"nmap et\"", false },
    { "rule.name:et*probe", true },
    { "rule.name:\"\\*raw\\*\"", true },
    { "rule.name:\"\\*scan\\*\"", false },
    { "rule.name:\\(probe\\)", true },
    { "signature:\"(PROBE)\"", true },
    { "sid:2009582", true },
    { "sid:200958", false },
    { "message:\"root*from\"", true },
    { "threat.technique.id:T1046", true },
    { "threat.technique.id:t1595*", true },
    { "threat.technique.id:T1595", false },
    { "yagura.payload:cmd.exe", true },
    { "user.domain:*", false },
    { "user.name:*", true },
    { "host:web-01", true },
    /* anywhere */
    { "mimikatz", true },
    { "\"mimi*z\"", true },
    { "MIMIKATZ", true },
    { "absent", false },
    { "cmd.exe", true }, /* in the decoded payload alone */
    { "\"root\nfrom\"", true },
    /* the alert's own */
    { "tenant:acme", true },
    { "tenant:ac*", true },
    { "tenant:other", false },
    { "source:edge", true },
    { "id:abcdef", true },
    { "id:abcdee", false },
    { "id:abc*", true },
    { "kind:alert", true },
    { "kind:event", false },
    { "device:ids", true },
    { "device:waf", false },
    { "decision:open", true },
    { "decision:closed", false },
    { "packets:true", true },
    { "verdict:none", true },
    { "verdict:*", false },
    { "verdict:<=L4", false },
    { "predicted:L3", true },
    { "predicted:>=L3", true },
    { "predicted:>L3", false },
    { "predicted:<L3", false },
    { "predicted:[L2 to L4]", true },
    { "predicted:[* to l2]", false },
    { "predicted:*", true },
    { "risk:>=0.75", true },
    { "risk:>0.76", false },
    { "risk:<0.75", false },
    { "risk:<=0.7500001", true },
    { "risk:[0.7 to 0.8]", true },
    { "risk:[0.8 to 1]", false },
    { "risk:>=0 risk:<=1", true },
    { "risk:>1", false },
    /* times */
    { "time:2026-05-28", true },
    { "time:2026-05-27", false },
    { "time:2026-05-28T23:52", true },
    { "time:2026-05-28T23:53", false },
    { "time:2026-05-28T23:52:25Z", true },
    { "time:\"2026-05-29 08:52:25+09:00\"", true },
    { "time:2026-05-29T08:52+09:00", true },
    { "time:>2026-05-28", false },
    { "time:>=2026-05-28", true },
    { "time:<2026-05-28", false },
    { "time:<=2026-05-28", true },
    { "time:[2026-05-27 to 2026-05-28]", true },
    { "time:[2026-05-29 to *]", false },
    { "time:>=now-2m", true },
    { "time:>=now-59s", false },
    { "time:[now-1h to now]", true },
    { "@timestamp:<now", true },
    { "received:>now-1m", true },
    { "event.start:<2026-05-28T23:52:00Z", true },
    { "event.start:>=2026-05-28T23:52:00Z", false },
    /* joined */
    { "src:203.0.113.7 dport:443", true },
    { "src:203.0.113.7 dport:80", false },
    { "src:203.0.113.8 or dport:443", true },
    { "src:203.0.113.8 OR dport:443 AND user:alice", true },
    { "(src:203.0.113.8 or dport:443) and user:bob", false },
    { "not user:bob", true },
    { "-user:bob -user:carol", true },
    { "-(user:bob or user:alice)", false },
    { "not not user:alice", true },
    { "NOT user:alice or mimikatz", true },
    { "\"and\" or mimikatz", true },
    { "user:(alice) and (((mimikatz)))", true },
};

static void test_matches(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(asked); i++)
        if (matches(f, asked[i].query) != asked[i].yes)
            fail_msg("%s: %s", asked[i].query, asked[i].yes ? "no match" : "matches");
}

/* What was understood, printed, is understood as the same and prints the same. */
static void test_prints(void **state)
{
    struct fixture *f = *state;
    const struct yg_query *q;
    struct yg_buf one, two;

    yg_buf_init(&one, 1 << 16);
    yg_buf_init(&two, 1 << 16);
    for (size_t i = 0; i < YG_ARRAY_LEN(asked); i++) {
        if (parse(f, asked[i].query, &q) != YG_OK)
            continue;
        yg_buf_clear(&one);
        yg_buf_clear(&two);
        yg_query_print(q, &one);
        if (parse(f, yg_buf_cstr(&one), &q) != YG_OK)
            fail_msg("%s: %s: %s", asked[i].query, yg_buf_cstr(&one), f->err.msg);
        yg_query_print(q, &two);
        assert_string_equal(yg_buf_cstr(&one), yg_buf_cstr(&two));
        if (yg_query_matches(q, &f->a, f->b, f->e) != asked[i].yes)
            fail_msg("%s: printed as %s", asked[i].query, yg_buf_cstr(&one));
    }
    yg_buf_fini(&one);
    yg_buf_fini(&two);
}

static void test_refused(void **state)
{
    static const struct {
        const char *query, *say;
        int column;
    } bad[] = {
        { "sorce.ip:1.2.3.4", "is it source.ip?", 1 },
        { "a and srcip:1.2.3.4", "is it src", 7 },
        { "http://x", "in quotes", 1 },
        { "src:1.2.3", "10.0.0.0/8", 5 },
        { "src:1.2.3.4/33", "10.0.0.0/8", 5 },
        { "src:>1.2.3.4", "10.0.0.0/8", 5 },
        { "src:[1.2.3.4 1.2.3.5]", "[a to b]", 14 },
        { "src:[1.2.3.4 to 1.2.3.5", "[a to b]", 24 },
        { "dport:http", "whole number", 7 },
        { "dport:-1", "whole number", 7 },
        { "dport:18446744073709551616", "whole number", 7 },
        { "user:>a", "is text", 6 },
        { "user:[a to b]", "is text", 6 },
        { "risk:0.5", ">=0.5", 6 },
        { "risk:>=2", "0 to 1", 6 },
        { "risk:>=nan", "0 to 1", 6 },
        { "verdict:L5", "FP, L1", 9 },
        { "verdict:>none", "FP, L1", 9 },
        { "decision:shut", "would-close", 10 },
        { "kind:log", "undecodable", 6 },
        { "device:toaster", "firewall", 8 },
        { "packets:yes", "true", 9 },
        { "time:yesterday", "now-90m", 6 },
        { "time:2026-13-01", "now-90m", 6 },
        { "time:now-5y", "now-90m", 6 },
        { "time:now-99999999999w", "now-90m", 6 },
        { "\"open", "not closed", 1 },
        { "(a or b", "not closed", 1 },
        { "a or b)", "not opened", 7 },
        { "user:", "value is expected", 6 },
        { "user:()", "value is expected", 7 },
        { "user:>=", "value is expected", 6 },
        { "a and", "expected at the end", 6 },
        { "or b", "expected here", 1 },
        { "a or or b", "expected here", 6 },
        { "not", "expected at the end", 4 },
        { ":", "expected here", 1 },
        { "\"\"", "empty text", 1 },
    };
    struct fixture *f = *state;
    const struct yg_query *q;

    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++) {
        f->err = (struct yg_err){ 0 };
        if (parse(f, bad[i].query, &q) != YG_EINVAL || !strstr(f->err.msg, bad[i].say) ||
            f->err.column != bad[i].column)
            fail_msg("%s: %d: %s", bad[i].query, f->err.column, f->err.msg);
    }
}

static void test_caps(void **state)
{
    struct fixture *f = *state;
    const struct yg_query *q;
    char text[5000];

    memset(text, 'a', sizeof(text));
    text[4097] = 0;
    assert_int_equal(parse(f, text, &q), YG_ELIMIT);
    text[257] = 0;
    assert_int_equal(parse(f, text, &q), YG_ELIMIT);
    text[256] = 0;
    assert_int_equal(parse(f, text, &q), YG_OK);
    for (size_t i = 0; i < 2000; i++)
        memcpy(text + 2 * i, "a ", 2);
    text[4000] = 0;
    assert_int_equal(parse(f, text, &q), YG_ELIMIT);
    text[2 * 128] = 0;
    assert_int_equal(parse(f, text, &q), YG_OK);
    memset(text, '(', 17);
    memcpy(text + 17, "a)))))))))))))))))", sizeof("a)))))))))))))))))"));
    assert_int_equal(parse(f, text, &q), YG_ELIMIT);
    memcpy(text + 17, "a))))))))))))))))", sizeof("a))))))))))))))))"));
    assert_int_equal(parse(f, text + 1, &q), YG_OK);
    memset(text, '-', 17);
    memcpy(text + 17, "a", sizeof("a"));
    assert_int_equal(parse(f, text, &q), YG_ELIMIT);
}

/* Nothing of the score of a run that waits to be judged without it can be asked for. */
static void test_blind(void **state)
{
    static const struct {
        const char *query;
        bool yes;
    } cases[] = {
        { "risk:>=0", false },      { "risk:<=1", false },     { "risk:*", false },
        { "predicted:*", false },   { "predicted:L3", false }, { "predicted:none", true },
        { "decision:open", false }, { "decision:none", true }, { "decision:*", false },
        { "not risk:>=0.5", true }, { "not risk:<0.5", true }, { "user:alice", true },
    };
    struct fixture *f = *state;

    f->a.blind = true;
    for (unsigned d = 0; d < 4; d++) {
        f->a.decision = (uint8_t)d;
        f->a.predicted = (uint8_t)d;
        f->a.risk = UINT32_MAX / (d + 1);
        for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++)
            if (matches(f, cases[i].query) != cases[i].yes)
                fail_msg("%s, decision %u", cases[i].query, d);
    }
}

static void test_needs(void **state)
{
    static const struct {
        const char *query;
        unsigned needs;
    } cases[] = {
        { "", 0 },
        { "time:>=now-1h tenant:acme source:edge id:abcdef kind:alert packets:true", 0 },
        { "user:alice", YG_QUERY_RECORD },
        { "mimikatz", YG_QUERY_RECORD },
        { "device:ids", YG_QUERY_RECORD },
        { "10.0.0.1", YG_QUERY_RECORD },
        { "verdict:none", YG_QUERY_VERDICT },
        { "risk:>0.5", YG_QUERY_SCORE },
        { "not (predicted:L3 or verdict:L3)", YG_QUERY_SCORE | YG_QUERY_VERDICT },
        { "decision:open user:alice", YG_QUERY_SCORE | YG_QUERY_RECORD },
    };
    struct fixture *f = *state;
    const struct yg_query *q;

    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        assert_int_equal(parse(f, cases[i].query, &q), YG_OK);
        if (yg_query_needs(q) != cases[i].needs)
            fail_msg("%s: %u", cases[i].query, yg_query_needs(q));
        bool with = yg_query_matches(q, &f->a, f->b, f->e);
        if (!(cases[i].needs & YG_QUERY_RECORD) &&
            yg_query_matches(q, &f->a, NULL, NULL) != with)
            fail_msg("%s hangs on the record", cases[i].query);
    }
}

static void test_bounds(void **state)
{
    static const struct {
        const char *query;
        int64_t from, until; /* seconds; 0: open */
        size_t ends;
    } cases[] = {
        { "mimikatz", 0, 0, 0 },
        { "time:2026-05-28", 1779926400, 1780012800, 0 },
        { "time:2026-05-28 mimikatz", 1779926400, 1780012800, 0 },
        { "time:>=2026-05-28 time:<2026-05-29", 1779926400, 1780012800, 0 },
        { "time:2026-05-28 or mimikatz", 0, 0, 0 },
        { "time:2026-05-28 or time:2026-05-27", 1779840000, 1780012800, 0 },
        { "not time:2026-05-28", 0, 0, 0 },
        { "src:1.2.3.4", 0, 0, 1 },
        { "src:1.2.3.4 or dst:1.2.3.4", 0, 0, 2 },
        { "src:1.2.3.4 or user:a", 0, 0, 0 },
        { "(src:1.2.3.4 or dst:1.2.3.4) user:a", 0, 0, 2 },
        { "(src:1.2.3.4 or dst:1.2.3.4) src:5.6.7.8", 0, 0, 1 },
        { "src:1.2.3.0/24", 0, 0, 0 },
        { "not src:1.2.3.4", 0, 0, 0 },
        { "1.2.3.4", 0, 0, 0 },
        { "src:(1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8)", 0, 0,
          8 },
        { "src:(1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9)",
          0, 0, 0 },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        const struct yg_query *q;
        struct yg_query_bounds b;
        assert_int_equal(parse(f, cases[i].query, &q), YG_OK);
        yg_query_bounds(q, &b);
        int64_t from = cases[i].from ? cases[i].from * YG_NS_PER_S : INT64_MIN;
        int64_t until = cases[i].until ? cases[i].until * YG_NS_PER_S : INT64_MAX;
        if (b.from_ns != from || b.until_ns != until || b.ends != cases[i].ends)
            fail_msg("%s: %lld to %lld, %zu ends", cases[i].query, (long long)b.from_ns,
                     (long long)b.until_ns, b.ends);
    }
}

static void count_name(void *arg, const char *name, const char *doc, const char *of)
{
    size_t *n = arg;

    assert_true(*name);
    assert_true((doc == NULL) == (of != NULL));
    (*n)++;
}

static void test_names(void **state)
{
    size_t n = 0;

    (void)state;
    yg_query_each_name(count_name, &n);
    assert_true(n > YG_FIELD_COUNT + 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_matches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_prints, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_caps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_needs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
        cmocka_unit_test(test_names),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
