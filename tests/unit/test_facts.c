/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/facts.h"

#include "base/rng.h"
#include "feature/bytestat.h"
#include "feature/words.h"
#include "packet/analysis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEED   13U
#define ABSENT (-1.0F) /* in the tables below: the column is NaN */

static struct yg_batch *batch(void)
{
    struct yg_batch *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->event[0].verdict = YG_LEVEL_NONE;
    return b;
}

static void set(struct yg_batch *b, enum yg_field f, const char *text)
{
    struct yg_event *e = &b->event[0];
    uint64_t u = 0;
    int64_t t = 0;

    switch (yg_field_info[f].type) {
    case YG_T_IP:
        assert_true(yg_event_set_ip(b, e, f, yg_str_of(text)));
        break;
    case YG_T_U64:
        assert_true(yg_str_u64(yg_str_of(text), &u));
        yg_event_set_u64(e, f, u);
        break;
    case YG_T_TIME:
        assert_true(yg_str_i64(yg_str_of(text), &t));
        yg_event_set_time(e, f, t);
        break;
    case YG_T_STR:
    case YG_T_BYTES:
        assert_true(yg_event_set_str(b, e, f, yg_str_of(text)));
        break;
    }
}

static void one_field_one_column(void **state)
{
    static const struct {
        enum yg_field field;
        const char *text;
        enum yg_feature column;
        float want;
    } row[] = {
        { YG_F_RULE_NAME, "ET SCAN Possible Nmap User-Agent", YG_X_W_SCAN, 1 },
        { YG_F_RULE_NAME, "AMiner: New event type.", YG_X_W_NEW, 1 },
        { YG_F_RULE_NAME, "News of the world", YG_X_W_NEW, 0 },
        { YG_F_RULE_CATEGORY, "A Network Trojan was detected", YG_X_W_MALWARE, 1 },
        { YG_F_RULE_GROUPS, "pam,authentication_failed,", YG_X_W_FAIL, 1 },
        { YG_F_RULE_GROUPS, "pam,authentication_failed,", YG_X_W_AUTH, 1 },
        { YG_F_RULE_NAME, "bypass", YG_X_W_AUTH, 0 },
        { YG_F_EVENT_SEVERITY, "40", YG_X_SEVERITY, 40 },
        { YG_F_SIGNATURE_SEVERITY, "Major", YG_X_SIG_SEVERITY, 2 },
        { YG_F_SIGNATURE_SEVERITY, "odd", YG_X_SIG_SEVERITY, ABSENT },
        { YG_F_CONFIDENCE, "High", YG_X_CONFIDENCE, 2 },
        { YG_F_EVENT_ACTION, "blocked", YG_X_BLOCKED, 1 },
        { YG_F_EVENT_ACTION, "allowed", YG_X_BLOCKED, 0 },
        { YG_F_SOURCE_IP, "10.0.0.1", YG_X_SRC_INTERNAL, 1 },
        { YG_F_SOURCE_IP, "8.8.8.8", YG_X_SRC_INTERNAL, 0 },
        { YG_F_SOURCE_IP, "8.8.8.8", YG_X_DST_INTERNAL, ABSENT },
        { YG_F_DESTINATION_PORT, "443", YG_X_DST_PORT, 443 },
        { YG_F_DESTINATION_PORT, "8443", YG_X_DST_PORT, 8443 },
        { YG_F_DESTINATION_PORT, "49152", YG_X_DST_PORT, 1024 },
        { YG_F_DESTINATION_PORT, "18446744073709551615", YG_X_DST_PORT, ABSENT },
        { YG_F_TRANSPORT, "udp", YG_X_PROTO, 2 },
        { YG_F_TRANSPORT, "sctp", YG_X_PROTO, 4 },
        { YG_F_DIRECTION, "to_client", YG_X_DIRECTION, 0 },
        { YG_F_APP_PROTO, "TLS", YG_X_APP, 2 },
        { YG_F_APP_PROTO, "failed", YG_X_APP, 0 },
        { YG_F_APP_PROTO, "mqtt", YG_X_APP, 7 },
        { YG_F_HTTP_STATUS, "404", YG_X_HTTP_STATUS, 4 },
        { YG_F_HTTP_STATUS, "99999999", YG_X_HTTP_STATUS, 9 },
        { YG_F_HTTP_METHOD, "POST", YG_X_HTTP_METHOD, 2 },
        { YG_F_HTTP_METHOD, "PROPFIND", YG_X_HTTP_METHOD, 4 },
        { YG_F_HTTP_METHOD, "GET", YG_X_USER_AGENT, 0 },
        { YG_F_URL, "/a?b=1&c=2", YG_X_URL_LENGTH, 10 },
        { YG_F_URL, "/a?b=1&c=2", YG_X_URL_PARAMS, 2 },
        { YG_F_URL, "/a&b", YG_X_URL_PARAMS, 0 },
        { YG_F_URL, "/<>'", YG_X_URL_ODD, 0.75F },
        { YG_F_URL_DOMAIN, "192.0.2.1:8080", YG_X_URL_HOST_IP, 1 },
        { YG_F_URL_DOMAIN, "example.org", YG_X_URL_HOST_IP, 0 },
        { YG_F_USER_AGENT, "Mozilla/5.0 (X11)", YG_X_USER_AGENT, 1 },
        { YG_F_USER_AGENT, "Mozilla/5.0 (compatible; Nikto/2)", YG_X_USER_AGENT, 2 },
        { YG_F_USER_AGENT, "Python-urllib/3.9", YG_X_USER_AGENT, 2 },
        { YG_F_USER_AGENT, "Windows-Update-Agent", YG_X_USER_AGENT, 3 },
        { YG_F_DNS_QUESTION, "aabb", YG_X_DNS_ENTROPY, 1 },
        { YG_F_DNS_QUESTION, "aabb", YG_X_DNS_LENGTH, 4 },
        { YG_F_DNS_RCODE, "NXDOMAIN", YG_X_DNS_RCODE, 1 },
        { YG_F_DNS_RCODE, "SERVFAIL", YG_X_DNS_RCODE, 2 },
        { YG_F_TLS_SNI, "example.org", YG_X_TLS_SNI, 1 },
        { YG_F_TLS_JA3, "00", YG_X_TLS_SNI, 0 },
        { YG_F_TLS_ISSUER, "CN=x", YG_X_TLS_SELF, ABSENT },
        { YG_F_FILE_MAGIC, "PE32 executable (GUI)", YG_X_FILE_EXEC, 1 },
        { YG_F_FILE_MAGIC, "GIF image", YG_X_FILE_EXEC, 0 },
        { YG_F_HTTP_CONTENT_TYPE, "text/javascript", YG_X_FILE_EXEC, 0 },
        { YG_F_HTTP_CONTENT_TYPE, "application/x-msdownload", YG_X_FILE_EXEC, 1 },
        { YG_F_BYTES_TO_SERVER, "10", YG_X_FLOW_BYTES_S, 10 },
        { YG_F_BYTES_TO_SERVER, "10", YG_X_FLOW_RATIO, ABSENT },
        { YG_F_FLOW_START, "-2000000000", YG_X_FLOW_AGE, 2 },
        { YG_F_FLOW_START, "9000000000", YG_X_FLOW_AGE, 0 },
        { YG_F_PAYLOAD, "ab", YG_X_PAY_PRINTABLE, 1 },
        { YG_F_PAYLOAD, "ab", YG_X_PAY_ENTROPY, 1 },
        { YG_F_PAYLOAD, "", YG_X_PAY_LENGTH, 0 },
        { YG_F_PAYLOAD, "", YG_X_PAY_ENTROPY, ABSENT },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_batch *b = batch();
        struct yg_facts f;
        set(b, row[i].field, row[i].text);
        yg_facts_of(b, &b->event[0], NULL, &f);
        float got = f.fixed[row[i].column];
        if (row[i].want == ABSENT ? !isnan(got) : fabsf(got - row[i].want) > 1e-6F)
            fail_msg("%s = \"%s\": %s is %g", yg_field_info[row[i].field].name,
                     row[i].text, yg_feature_info[row[i].column].name, (double)got);
        free(b);
    }
}

static void hosts_are_the_side_that_is_ours(void **state)
{
    static const struct {
        const char *host, *src, *dst;
        enum yg_key same;
    } row[] = {
        { "10.9.9.9", "10.0.0.1", "8.8.8.8", YG_KEY_COUNT },
        { NULL, "10.0.0.1", "8.8.8.8", YG_KEY_SOURCE },
        { NULL, "8.8.8.8", "10.0.0.1", YG_KEY_DESTINATION },
        { NULL, "10.0.0.2", "10.0.0.1", YG_KEY_DESTINATION },
        { NULL, "9.9.9.9", "8.8.8.8", YG_KEY_DESTINATION },
        { NULL, "9.9.9.9", NULL, YG_KEY_SOURCE },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_batch *b = batch();
        struct yg_facts f, g;
        if (row[i].host)
            set(b, YG_F_HOST_IP, row[i].host);
        if (row[i].src)
            set(b, YG_F_SOURCE_IP, row[i].src);
        if (row[i].dst)
            set(b, YG_F_DESTINATION_IP, row[i].dst);
        yg_facts_of(b, &b->event[0], NULL, &f);
        assert_int_equal(f.key[YG_KEY_ENTITY], f.key[YG_KEY_SOURCE]);
        if (row[i].same < YG_KEY_COUNT) {
            assert_int_equal(f.key[YG_KEY_HOST], f.key[row[i].same]);
        } else { /* the host's own address has the key it would have as a source */
            struct yg_batch *other = batch();
            set(other, YG_F_SOURCE_IP, row[i].host);
            yg_facts_of(other, &other->event[0], NULL, &g);
            assert_int_equal(f.key[YG_KEY_HOST], g.key[YG_KEY_SOURCE]);
            free(other);
        }
        free(b);
    }
}

static void signatures_have_keys(void **state)
{
    struct yg_batch *b = batch();
    struct yg_event *e = &b->event[0];
    struct yg_facts by_id, renamed, other_set, unread, no_id;

    (void)state;
    set(b, YG_F_RULE_ID, "2100498");
    set(b, YG_F_RULE_RULESET, "one");
    yg_facts_of(b, e, NULL, &by_id);
    set(b, YG_F_RULE_NAME, "a name");
    yg_facts_of(b, e, NULL, &renamed);
    set(b, YG_F_RULE_RULESET, "two");
    yg_facts_of(b, e, NULL, &other_set);
    e->present[YG_F_RULE_ID / 64] &= ~(UINT64_C(1) << YG_F_RULE_ID % 64);
    yg_facts_of(b, e, NULL, &no_id);
    memset(e->present, 0, sizeof(e->present));
    e->kind = YG_KIND_UNDECODABLE;
    e->reason = YG_R_NOT_JSON;
    yg_facts_of(b, e, NULL, &unread);
    assert_true(by_id.key[YG_KEY_SIGNATURE] == renamed.key[YG_KEY_SIGNATURE]);
    assert_true(by_id.key[YG_KEY_SIGNATURE] != other_set.key[YG_KEY_SIGNATURE]);
    assert_true(no_id.key[YG_KEY_SIGNATURE] != other_set.key[YG_KEY_SIGNATURE]);
    assert_true(unread.key[YG_KEY_SIGNATURE] != 0);
    assert_true(unread.fixed[YG_X_UNDECODABLE] == 1);
    free(b);
}

/* Verdict, its reason, its author and the incident change keys at most, no column. */
static void inputs_are_told(void **state)
{
    struct yg_batch *b = calloc(1, sizeof(*b));
    struct yg_event *e = &b->event[0];
    struct yg_analysis seen = { .main = -1 };
    struct yg_facts f;

    (void)state;
    yg_facts_of(b, e, NULL, &f);
    assert_int_equal(f.input, 0);
    assert_int_equal(f.listed, 0);
    assert_true(yg_event_set_ip(b, e, YG_F_SOURCE_IP, YG_STR("192.0.2.1")));
    yg_facts_of(b, e, NULL, &f);
    assert_int_equal(f.input, 0);
    assert_true(yg_event_set_ip(b, e, YG_F_DESTINATION_IP, YG_STR("192.0.2.2")));
    yg_facts_of(b, e, NULL, &f);
    assert_int_equal(f.input, YG_INPUT_ENDS);
    yg_facts_of(b, e, &seen, &f);
    assert_int_equal(f.input, YG_INPUT_ENDS | YG_INPUT_BYTES);
    seen.has_pcap = true;
    yg_facts_of(b, e, &seen, &f);
    assert_int_equal(f.input, YG_INPUT_ALL);
    free(b);
}

/* What cannot be read is grouped by its source and the reason. */
static void undecodable_records_belong_to_their_source(void **state)
{
    struct yg_batch *b = calloc(1, sizeof(*b));
    struct yg_event *e = &b->event[0];
    struct yg_facts one, two, other;

    (void)state;
    e->kind = YG_KIND_UNDECODABLE;
    e->reason = YG_R_NOT_JSON;
    yg_facts_of(b, e, NULL, &one);
    two = other = one;
    yg_facts_source(&one, YG_STR("a"));
    yg_facts_source(&two, YG_STR("a"));
    yg_facts_source(&other, YG_STR("b"));
    assert_true(one.key[YG_KEY_ENTITY] != 0);
    assert_true(one.key[YG_KEY_ENTITY] == two.key[YG_KEY_ENTITY]);
    assert_true(one.key[YG_KEY_ENTITY] != other.key[YG_KEY_ENTITY]);
    e->reason = YG_R_NOT_OBJECT;
    yg_facts_of(b, e, NULL, &other);
    assert_true(one.key[YG_KEY_SIGNATURE] != other.key[YG_KEY_SIGNATURE]);
    /* An alert, or one that names somebody, is not touched. */
    e->kind = YG_KIND_ALERT;
    yg_facts_of(b, e, NULL, &one);
    yg_facts_source(&one, YG_STR("a"));
    assert_true(one.key[YG_KEY_ENTITY] == 0);
    e->kind = YG_KIND_UNDECODABLE;
    assert_true(yg_event_set_ip(b, e, YG_F_SOURCE_IP, YG_STR("192.0.2.1")));
    yg_facts_of(b, e, NULL, &one);
    two = one;
    yg_facts_source(&one, YG_STR("a"));
    assert_memory_equal(&one, &two, sizeof(one));
    free(b);
}

static void labels_are_not_features(void **state)
{
    struct yg_batch *b = batch();
    struct yg_facts before, after;

    (void)state;
    set(b, YG_F_RULE_NAME, "x");
    yg_facts_of(b, &b->event[0], NULL, &before);
    set(b, YG_F_VERDICT, "L4");
    set(b, YG_F_VERDICT_REASON, "trojan malware scan");
    set(b, YG_F_VERDICT_BY, "somebody");
    set(b, YG_F_INCIDENT, "dirb");
    b->event[0].verdict = YG_LEVEL_L4;
    yg_facts_of(b, &b->event[0], NULL, &after);
    assert_memory_equal(before.fixed, after.fixed, sizeof(before.fixed));
    assert_int_equal(after.verdict, YG_LEVEL_L4);
    assert_true(after.key[YG_KEY_INCIDENT] != 0);
    free(b);
}

/* Whatever a record holds, a column is NaN or finite and at least 0. */
static void random_bytes_give_finite_columns(void **state)
{
    struct yg_batch *b = batch();
    struct yg_event *e = &b->event[0];
    struct yg_rng r;
    struct yg_facts f;

    (void)state;
    print_message("# seed %u\n", SEED);
    yg_rng_init(&r, SEED);
    for (int round = 0; round < 3000; round++) {
        memset(e, 0, sizeof(*e));
        b->text_used = 0;
        e->time_ns = (int64_t)yg_rng_u64(&r);
        e->device = (uint8_t)yg_rng_u64(&r);
        e->reason = (uint16_t)yg_rng_below(&r, 999);
        for (int k = 0; k < YG_FIELD_COUNT; k++) {
            char text[300];
            size_t n = yg_rng_below(&r, sizeof(text));
            for (size_t i = 0; i < n; i++)
                text[i] = (char)yg_rng_u64(&r);
            enum yg_field_type type = yg_field_info[k].type;
            if (yg_rng_below(&r, 2))
                continue;
            if (type == YG_T_STR || type == YG_T_BYTES)
                assert_true(
                    yg_event_set_str(b, e, (enum yg_field)k, (struct yg_str){ text, n }));
            else if (type == YG_T_IP) /* a wrong length must not be read as 16 */
                assert_true(yg_event_set_str(b, e, (enum yg_field)k,
                                             (struct yg_str){ text, n % 20 }));
            else
                yg_event_set_u64(e, (enum yg_field)k, yg_rng_u64(&r));
        }
        yg_facts_of(b, e, NULL, &f);
        assert_true(f.device < YG_DEV_COUNT);
        for (int k = 0; k < YG_FACTS_STATIC; k++)
            if (!isnan(f.fixed[k]) && !(f.fixed[k] >= 0 && f.fixed[k] < 1e30F))
                fail_msg("%s is %g", yg_feature_info[k].name, (double)f.fixed[k]);
    }
    free(b);
}

static void bytes_are_described(void **state)
{
    static char all[YG_BYTESTAT_MAX * 2];

    (void)state;
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (char)i;
    struct yg_bytestat s = yg_bytestat_of((struct yg_str){ all, sizeof(all) });
    assert_true(fabsf(s.entropy - 8) < 1e-6F);
    assert_true(fabsf(s.printable - 98.0F / 256) < 1e-6F);
    assert_true(fabsf(s.zero - 1.0F / 256) < 1e-6F);
    s = yg_bytestat_of(YG_STR("aaaaaaa"));
    assert_true(s.entropy == 0 && s.printable == 1 && s.zero == 0);
    s = yg_bytestat_of(YG_STR_NONE);
    assert_true(s.entropy == 0 && s.printable == 0);
}

/* The table's order is what look-up relies on. */
static void words_are_sorted_and_lower_case(void **state)
{
    static const char *const word[] = {
#define YG_WORD(text, end, feature) text,
#include "feature/words.def"
#undef YG_WORD
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(word); i++) {
        float row[YG_FEATURE_COUNT] = { 0 };
        assert_true(word[i][0] >= 'a' && word[i][0] <= 'z');
        assert_true(i == 0 || strcmp(word[i - 1], word[i]) < 0);
        yg_words_flag(yg_str_of(word[i]), row);
        float sum = 0;
        for (int k = YG_X_W_NEW; k <= YG_X_W_DOWNLOAD; k++)
            sum += row[k];
        assert_true(sum >= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_field_one_column),
        cmocka_unit_test(hosts_are_the_side_that_is_ours),
        cmocka_unit_test(signatures_have_keys),
        cmocka_unit_test(inputs_are_told),
        cmocka_unit_test(undecodable_records_belong_to_their_source),
        cmocka_unit_test(labels_are_not_features),
        cmocka_unit_test(random_bytes_give_finite_columns),
        cmocka_unit_test(bytes_are_described),
        cmocka_unit_test(words_are_sorted_and_lower_case),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
