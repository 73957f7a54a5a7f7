/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_fixture.h"

#include "base/rng.h"

static const char own[] =
    "{\"timestamp\":\"2022-01-17T09:26:33.000+0000\",\"rule\":{\"level\":10,"
    "\"description\":\"sshd: brute force\",\"id\":\"5712\",\"mitre\":{\"id\":[\"T1110\","
    "\"T1021.004\"],\"tactic\":[\"Credential Access\"]},\"groups\":[\"syslog\",\"sshd\","
    "\"authentication_failures\"]},\"agent\":{\"id\":\"013\",\"name\":\"web\",\"ip\":"
    "\"10.0.0.5\"},\"manager\":{\"name\":\"siem\"},\"id\":\"1686345915.77\",\"full_log\":"
    "\"Jan 17 09:26:33 mail sshd[1]: "
    "\\\"x\\\"\",\"predecoder\":{\"program_name\":\"sshd\","
    "\"hostname\":\"mail\"},\"decoder\":{\"name\":\"sshd\"},\"data\":{\"srcip\":"
    "\"203.0.113.9\",\"srcport\":\"4711\",\"dstport\":22,\"srcuser\":\"root\","
    "\"protocol\":\"TCP\"},\"location\":\"/var/log/auth.log\"}";

static void own_rule(void **state)
{
    static const struct expected want[] = {
        { YG_F_RULE_ID, "5712" },
        { YG_F_RULE_NAME, "sshd: brute force" },
        { YG_F_RULE_RULESET, "wazuh" },
        { YG_F_RULE_GROUPS, "syslog,sshd,authentication_failures" },
        { YG_F_RULE_CATEGORY, "authentication_failures" },
        { YG_F_EVENT_SEVERITY, "62" },
        { YG_F_EVENT_CODE, "1686345915.77" },
        { YG_F_OBSERVER_NAME, "web" },
        { YG_F_OBSERVER_PRODUCT, "Wazuh" },
        { YG_F_HOST_NAME, "mail" },
        { YG_F_HOST_IP, "10.0.0.5" },
        { YG_F_SOURCE_IP, "203.0.113.9" },
        { YG_F_SOURCE_PORT, "4711" },
        { YG_F_DESTINATION_PORT, "22" },
        { YG_F_TRANSPORT, "tcp" },
        { YG_F_USER_NAME, "root" },
        { YG_F_PROCESS_NAME, "sshd" },
        { YG_F_FILE_PATH, "/var/log/auth.log" },
        { YG_F_MESSAGE, "Jan 17 09:26:33 mail sshd[1]: \"x\"" },
        { YG_F_TECHNIQUE, "T1110,T1021.004" },
        { YG_FIELD_COUNT, NULL },
    };
    char wrapped[sizeof(own) + 100];
    struct fixture f;

    (void)state;
    fixture_begin(&f, "wazuh");
    int n = snprintf(wrapped, sizeof(wrapped), "{\"_id\":\"x\",\"_source\":%s}", own);
    const struct yg_str record[] = { yg_str_of(own), { wrapped, (size_t)n } };
    for (size_t i = 0; i < YG_ARRAY_LEN(record); i++) {
        const struct yg_event *e = fixture_decode(&f, record[i]);
        assert_int_equal(e->kind, YG_KIND_ALERT);
        assert_int_equal(e->reason, YG_R_NONE);
        assert_int_equal(e->device, YG_DEV_HOST);
        assert_true(e->time_ns == INT64_C(1642411593000000000));
        fixture_expect(&f, e, want);
    }
    fixture_end(&f);
}

/* An alert of Suricata that came through Wazuh is one of that signature. */
static void around_suricata(void **state)
{
    static const struct expected want[] = {
        { YG_F_RULE_ID, "1:2221028" },
        { YG_F_RULE_NAME, "SURICATA HTTP Host header invalid" },
        { YG_F_RULE_RULESET, "suricata" },
        { YG_F_RULE_CATEGORY, "Generic" },
        { YG_F_RULE_GROUPS, "ids,suricata" },
        { YG_F_EVENT_SEVERITY, "25" },
        { YG_F_OBSERVER_PRODUCT, "Suricata" },
        { YG_F_OBSERVER_NAME, "user-0" },
        { YG_F_HOST_NAME, "-" },
        { YG_F_SOURCE_IP, "192.168.10.81" },
        { YG_F_SOURCE_PORT, "59626" },
        { YG_F_DESTINATION_IP, "192.168.10.122" },
        { YG_F_DESTINATION_PORT, "80" },
        { YG_F_FLOW_ID, "428216512322129" },
        { YG_F_URL, "/" },
        { YG_F_HTTP_STATUS, "400" },
        { YG_FIELD_COUNT, NULL },
    };
    struct fixture f;

    (void)state;
    fixture_begin(&f, "wazuh");
    const struct yg_event *e = fixture_decode(
        &f,
        YG_STR("{\"timestamp\":\"2020-03-04T18:02:04.347123+0000\",\"rule\":{"
               "\"level\":3,\"description\":\"Suricata: Alert - x\",\"id\":\"86601\","
               "\"groups\":[\"ids\",\"suricata\"]},\"agent\":{\"id\":\"000\",\"name\":"
               "\"user-0\"},\"data\":{\"flow_id\":\"428216512322129.000000\","
               "\"src_ip\":\"192.168.10.81\",\"src_port\":\"59626\",\"dest_ip\":"
               "\"192.168.10.122\",\"dest_port\":\"80\",\"proto\":\"TCP\",\"alert\":{"
               "\"gid\":\"1\",\"signature_id\":\"2221028\",\"rev\":\"1\","
               "\"signature\":\"SURICATA HTTP Host header invalid\",\"category\":"
               "\"Generic\",\"severity\":\"3\"},\"http\":{\"url\":\"/\",\"status\":"
               "\"400\"}}}"));
    assert_int_equal(e->kind, YG_KIND_ALERT);
    assert_int_equal(e->device, YG_DEV_IDS);
    assert_int_equal(e->reason, YG_R_NONE);
    fixture_expect(&f, e, want);
    fixture_end(&f);
}

static void aminer(void **state)
{
    static const struct expected want[] = {
        { YG_F_RULE_ID, "30" },
        { YG_F_RULE_NAME, "AMiner: High entropy." },
        { YG_F_RULE_CATEGORY, "EntropyDetector" },
        { YG_F_RULE_RULESET, "aminer" },
        { YG_F_OBSERVER_PRODUCT, "AMiner" },
        { YG_F_OBSERVER_NAME, "10.0.0.9" },
        { YG_F_HOST_IP, "10.0.0.9" },
        { YG_F_HOST_NAME, "-" },
        { YG_F_MESSAGE, "Jan 17 dnsmasq: a" },
        { YG_F_FILE_PATH, "/var/log/dnsmasq.log" },
        { YG_F_EVENT_SEVERITY, "-" },
        { YG_FIELD_COUNT, NULL },
    };
    struct fixture f;

    (void)state;
    fixture_begin(&f, "wazuh");
    const struct yg_event *e = fixture_decode(
        &f, YG_STR("{\"AnalysisComponent\":{\"AnalysisComponentIdentifier\":30,"
                   "\"AnalysisComponentType\":\"EntropyDetector\","
                   "\"AnalysisComponentName\":\"AMiner: High entropy.\"},\"LogData\":{"
                   "\"RawLogData\":[\"Jan 17 dnsmasq: a\",\"b\"],\"Timestamps\":"
                   "[1642411593.25,1642411594],\"DetectionTimestamp\":[1642411600],"
                   "\"LogResources\":[\"/var/log/dnsmasq.log\"]},\"AMiner\":{\"ID\":"
                   "\"10.0.0.9\"}}"));
    assert_int_equal(e->kind, YG_KIND_ALERT);
    assert_int_equal(e->device, YG_DEV_ANOMALY);
    assert_true(e->time_ns == INT64_C(1642411593250000000));
    fixture_expect(&f, e, want);
    fixture_end(&f);
}

static void shapes(void **state)
{
    static const struct {
        const char *what, *record;
        enum yg_event_kind kind;
        enum yg_reason reason;
        enum yg_field field;
        const char *text;
    } row[] = {
#define T "\"timestamp\":\"2022-01-17T09:26:33.000+0000\""
#define R T ",\"rule\":{\"id\":\"1\",\"level\":3}"
        { "level 0", "{" T ",\"rule\":{\"id\":\"1\",\"level\":0}}", YG_KIND_ALERT,
          YG_R_NONE, YG_F_EVENT_SEVERITY, "0" },
        { "level 16", "{" T ",\"rule\":{\"id\":\"1\",\"level\":16}}", YG_KIND_ALERT,
          YG_R_NONE, YG_F_EVENT_SEVERITY, "100" },
        { "level 99", "{" T ",\"rule\":{\"id\":\"1\",\"level\":99}}", YG_KIND_ALERT,
          YG_R_NONE, YG_F_EVENT_SEVERITY, "100" },
        { "level is a word", "{" T ",\"rule\":{\"id\":\"1\",\"level\":\"x\"}}",
          YG_KIND_ALERT, YG_R_BAD_VALUE, YG_F_EVENT_SEVERITY, "-" },
        { "only a level", "{" T ",\"rule\":{\"level\":3}}", YG_KIND_UNDECODABLE,
          YG_R_NO_SIGNATURE, YG_F_EVENT_SEVERITY, "18" },
        { "rule is a text", "{" T ",\"rule\":\"x\"}", YG_KIND_UNDECODABLE,
          YG_R_UNKNOWN_TYPE, YG_F_RULE_ID, "-" },
        { "no rule, a log", "{" T ",\"full_log\":\"l\",\"location\":\"f\"}",
          YG_KIND_CONTEXT, YG_R_NONE, YG_F_EVENT_DATASET, "archive" },
        { "nothing known", "{\"a\":1}", YG_KIND_UNDECODABLE, YG_R_UNKNOWN_TYPE,
          YG_F_RULE_ID, "-" },
        { "other time key",
          "{\"@timestamp\":\"2022-01-17T09:26:33.000000Z\",\"rule\":{\"id\":\"1\"}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_RULE_ID, "1" },
        { "no time", "{\"rule\":{\"id\":\"1\"}}", YG_KIND_ALERT, YG_R_NO_TIME,
          YG_F_RULE_ID, "1" },
        { "address and port in one", "{" R ",\"data\":{\"dstip\":\"10.0.0.1:80\"}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_DESTINATION_PORT, "80" },
        { "its address", "{" R ",\"data\":{\"dstip\":\"10.0.0.1:80\"}}", YG_KIND_ALERT,
          YG_R_NONE, YG_F_DESTINATION_IP, "10.0.0.1" },
        { "IPv6 is not cut", "{" R ",\"data\":{\"dstip\":\"2001:db8::1\"}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_DESTINATION_IP, "2001:db8::1" },
        { "address is rubbish", "{" R ",\"data\":{\"dstip\":\"x:80\"}}", YG_KIND_ALERT,
          YG_R_BAD_VALUE, YG_F_DESTINATION_IP, "-" },
        { "agent address any", "{" R ",\"agent\":{\"id\":\"1\",\"ip\":\"any\"}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_HOST_IP, "-" },
        { "the manager speaks for another",
          "{" R ",\"agent\":{\"id\":\"000\",\"ip\":\"10.0.0.1\"},\"predecoder\":"
          "{\"hostname\":\"fw\"}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_HOST_IP, "-" },
        { "and for itself", "{" R ",\"agent\":{\"id\":\"000\",\"ip\":\"10.0.0.1\"}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_HOST_IP, "10.0.0.1" },
        { "dstuser", "{" R ",\"data\":{\"dstuser\":\"bob\"}}", YG_KIND_ALERT, YG_R_NONE,
          YG_F_USER_NAME, "bob" },
        { "web status",
          "{" R ",\"decoder\":{\"name\":\"web-accesslog\"},\"data\":{\"id\":\"404\"}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_HTTP_STATUS, "404" },
        { "another decoder's id",
          "{" R ",\"decoder\":{\"name\":\"snort\"},\"data\":{\"id\":\"404\"}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_HTTP_STATUS, "-" },
        { "changed file",
          "{" R ",\"syscheck\":{\"path\":\"/etc/passwd\"},\"location\":"
          "\"syscheck\"}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_FILE_PATH, "/etc/passwd" },
        { "groups is a text", "{" T ",\"rule\":{\"id\":\"1\",\"groups\":\"ids\"}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_RULE_GROUPS, "ids" },
        { "detector time wrong",
          "{\"AnalysisComponent\":{\"AnalysisComponentName\":\"n\"},\"LogData\":"
          "{\"Timestamps\":[\"x\"],\"DetectionTimestamp\":[5]}}",
          YG_KIND_ALERT, YG_R_BAD_VALUE, YG_F_RULE_NAME, "n" },
        { "detector by name",
          "{\"AnalysisComponent\":{\"AnalysisComponentName\":\"n\"},"
          "\"AMiner\":{\"ID\":\"box\"},\"LogData\":{\"Timestamps\":"
          "[1e9]}}",
          YG_KIND_ALERT, YG_R_NONE, YG_F_HOST_NAME, "box" },
    };
    struct fixture f;

    (void)state;
    fixture_begin(&f, "wazuh");
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        char out[1024];
        const struct yg_event *e = fixture_decode(&f, yg_str_of(row[i].record));
        const char *got = fixture_text(&f, e, row[i].field, out);
        if (strcmp(got, row[i].text) != 0 || e->reason != row[i].reason ||
            e->kind != row[i].kind)
            print_message("# %s: %s %s %u\n", row[i].what, got, yg_reason_name(e->reason),
                          e->kind);
        assert_string_equal(got, row[i].text);
        assert_int_equal(e->reason, row[i].reason);
        assert_int_equal(e->kind, row[i].kind);
    }
    fixture_end(&f);
}

static void hostile_bytes(void **state)
{
    struct yg_rng rng;
    struct fixture f;
    char text[sizeof(own)];

    (void)state;
    yg_rng_init(&rng, 43);
    print_message("# seed 43\n");
    fixture_begin(&f, "wazuh");
    for (int i = 0; i < 30000; i++) {
        size_t n = sizeof(own) - 1;
        memcpy(text, own, n);
        for (uint64_t k = yg_rng_below(&rng, 4) + 1; k > 0; k--) {
            size_t at = yg_rng_below(&rng, n);
            if (yg_rng_below(&rng, 2))
                text[at] = (char)(text[at] ^ 1 << yg_rng_below(&rng, 8));
            else
                text[at] = "\"{}[],:\\0 \n\xff"[yg_rng_below(&rng, 13)];
        }
        const struct yg_event *e = fixture_decode(&f, (struct yg_str){ text, n });
        assert_true(e->kind != YG_KIND_UNDECODABLE || e->reason != YG_R_NONE);
    }
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_rule),      cmocka_unit_test(around_suricata),
        cmocka_unit_test(aminer),        cmocka_unit_test(shapes),
        cmocka_unit_test(hostile_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
