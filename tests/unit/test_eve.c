/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_fixture.h"

#include "base/rng.h"

#define HEAD                                                                             \
    "{\"timestamp\":\"2021-12-14T16:04:52.958165+0000\",\"event_type\":\"alert\","

/* A record with everything that is mapped. */
static const char full[] = HEAD
    "\"flow_id\":1300540332775190,\"in_iface\":\"eth0\",\"host\":\"sensor-1\","
    "\"src_ip\":\"172.17.0.2\",\"src_port\":46070,\"dest_ip\":\"2001:db8::5\","
    "\"dest_port\":443,\"proto\":\"TCP\",\"community_id\":\"1:+LeGKzcnpOGhbJ0=\","
    "\"tx_id\":0,\"alert\":{\"action\":\"blocked\",\"gid\":3,\"signature_id\":2034706,"
    "\"rev\":7,\"signature\":\"ET TEST \\\"quoted\\\" name\",\"category\":\"Misc\","
    "\"severity\":1,\"metadata\":{\"attack_target\":[\"Server\"],\"confidence\":"
    "[\"High\"],\"cve\":[\"CVE_2021_44228\",\"CVE_2021_45046\"],\"mitre_technique_id\":["
    "\"T1190\",\"T1059\"],\"signature_severity\":"
    "[\"Major\"],\"tag\":[\"CISA_KEV\",\"Exploit\"]}},\"app_proto\":\"HTTP\","
    "\"direction\":\"to_server\",\"http\":{\"hostname\":\"h.example\",\"url\":"
    "\"\\/a?b=%20\",\"http_user_agent\":\"curl\",\"http_method\":\"GET\",\"status\":200,"
    "\"length\":17,\"http_content_type\":\"text/html\"},\"tls\":{\"sni\":\"s.example\","
    "\"ja3\":{\"hash\":\"4ea0\",\"string\":\"771\"},\"issuerdn\":\"CN=i\","
    "\"subject\":\"CN=s\"},\"files\":[{\"filename\":\"/x.exe\",\"magic\":\"PE32\","
    "\"size\":99,\"sha256\":\"ab\"},{\"filename\":\"/second\"}],\"flow\":"
    "{\"pkts_toserver\":4,\"pkts_toclient\":3,\"bytes_toserver\":504,"
    "\"bytes_toclient\":282,\"start\":\"2021-12-14T16:04:52.956527+0000\","
    "\"src_ip\":\"9.9.9.9\"},\"payload\":\"R0VUIC90ZXN0\",\"packet\":\"AAEC\","
    "\"packet_info\":{\"linktype\":1}}";

static void every_field(void **state)
{
    static const struct expected want[] = {
        { YG_F_RULE_ID, "3:2034706" },
        { YG_F_RULE_NAME, "ET TEST \"quoted\" name" },
        { YG_F_RULE_CATEGORY, "Misc" },
        { YG_F_RULE_RULESET, "suricata" },
        { YG_F_RULE_VERSION, "7" },
        { YG_F_RULE_GROUPS, "CISA_KEV,Exploit" },
        { YG_F_EVENT_SEVERITY, "75" },
        { YG_F_EVENT_ACTION, "blocked" },
        { YG_F_SIGNATURE_SEVERITY, "Major" },
        { YG_F_CONFIDENCE, "High" },
        { YG_F_ATTACK_TARGET, "Server" },
        { YG_F_TECHNIQUE, "T1190,T1059" },
        { YG_F_VULNERABILITY, "CVE_2021_44228,CVE_2021_45046" },
        { YG_F_OBSERVER_NAME, "sensor-1" },
        { YG_F_OBSERVER_PRODUCT, "Suricata" },
        { YG_F_SOURCE_IP, "172.17.0.2" },
        { YG_F_SOURCE_PORT, "46070" },
        { YG_F_DESTINATION_IP, "2001:db8::5" },
        { YG_F_DESTINATION_PORT, "443" },
        { YG_F_TRANSPORT, "tcp" },
        { YG_F_APP_PROTO, "http" },
        { YG_F_COMMUNITY_ID, "1:+LeGKzcnpOGhbJ0=" },
        { YG_F_FLOW_ID, "1300540332775190" },
        { YG_F_DIRECTION, "to_server" },
        { YG_F_PKTS_TO_SERVER, "4" },
        { YG_F_PKTS_TO_CLIENT, "3" },
        { YG_F_BYTES_TO_SERVER, "504" },
        { YG_F_BYTES_TO_CLIENT, "282" },
        { YG_F_FLOW_START, "1639497892956527000" },
        { YG_F_URL_DOMAIN, "h.example" },
        { YG_F_URL, "/a?b=%20" },
        { YG_F_USER_AGENT, "curl" },
        { YG_F_HTTP_METHOD, "GET" },
        { YG_F_HTTP_STATUS, "200" },
        { YG_F_HTTP_LENGTH, "17" },
        { YG_F_HTTP_CONTENT_TYPE, "text/html" },
        { YG_F_TLS_SNI, "s.example" },
        { YG_F_TLS_JA3, "4ea0" },
        { YG_F_TLS_ISSUER, "CN=i" },
        { YG_F_TLS_SUBJECT, "CN=s" },
        { YG_F_FILE_PATH, "/x.exe" },
        { YG_F_FILE_MAGIC, "PE32" },
        { YG_F_FILE_SIZE, "99" },
        { YG_F_FILE_SHA256, "ab" },
        { YG_F_FILE_SHA1, "-" },
        { YG_F_DNS_ANSWER, "-" },
        { YG_F_PAYLOAD, "GET /test" },
        { YG_F_LINKTYPE, "1" },
        { YG_F_HOST_NAME, "-" },
        { YG_F_HOST_IP, "-" },
        { YG_F_EVENT_DATASET, "-" },
        { YG_FIELD_COUNT, NULL },
    };
    struct fixture f;

    (void)state;
    fixture_begin(&f, "eve");
    const struct yg_event *e = fixture_decode(&f, yg_str_of(full));
    assert_int_equal(e->kind, YG_KIND_ALERT);
    assert_int_equal(e->reason, YG_R_NONE);
    assert_int_equal(e->device, YG_DEV_IDS);
    assert_int_equal(e->verdict, YG_LEVEL_NONE);
    assert_true(e->time_ns == INT64_C(1639497892958165000));
    fixture_expect(&f, e, want);
    assert_int_equal(yg_event_str(f.b, e, YG_F_PACKET).n, 3);
    assert_memory_equal(yg_event_str(f.b, e, YG_F_PACKET).p, "\0\1\2", 3);
    fixture_end(&f);
}

static void shapes(void **state)
{
    static const struct {
        const char *what, *rest; /* of the record after HEAD, braces closed */
        enum yg_field field;
        const char *text;
        enum yg_reason reason;
    } row[] = {
#define SIG "\"alert\":{\"signature_id\":5"
        { "gid is 1 unless said", SIG "}", YG_F_RULE_ID, "1:5", YG_R_NONE },
        { "name without id", "\"alert\":{\"signature\":\"s\"}", YG_F_RULE_NAME, "s",
          YG_R_NONE },
        { "severity 2", SIG ",\"severity\":2}", YG_F_EVENT_SEVERITY, "50", YG_R_NONE },
        { "severity 3", SIG ",\"severity\":3}", YG_F_EVENT_SEVERITY, "25", YG_R_NONE },
        { "severity 4", SIG ",\"severity\":4}", YG_F_EVENT_SEVERITY, "10", YG_R_NONE },
        { "severity 255", SIG ",\"severity\":255}", YG_F_EVENT_SEVERITY, "10",
          YG_R_NONE },
        { "severity is a word", SIG ",\"severity\":\"high\"}", YG_F_EVENT_SEVERITY, "-",
          YG_R_BAD_VALUE },
        { "dns query list",
          SIG "},\"dns\":{\"query\":[{\"rrname\":\"a\",\"rrtype\":\"A\"},"
              "{\"rrname\":\"b\"}]}",
          YG_F_DNS_QUESTION, "a", YG_R_NONE },
        { "dns queries list",
          SIG "},\"dns\":{\"version\":3,\"queries\":[{\"rrname\":\"q\"}]}",
          YG_F_DNS_QUESTION, "q", YG_R_NONE },
        { "dns flat", SIG "},\"dns\":{\"rrname\":\"r\",\"rcode\":\"NXDOMAIN\"}",
          YG_F_DNS_RCODE, "NXDOMAIN", YG_R_NONE },
        { "dns answers",
          SIG "},\"dns\":{\"version\":2,\"answers\":[{\"rrname\":\"a\",\"rdata\":"
              "\"b.example\"},{\"rrname\":\"b\",\"rdata\":\"192.0.2.7\"},"
              "{\"rrtype\":\"SOA\"},{\"rdata\":\"x\\u002ey\"},{\"rdata\":\"z\"}]}",
          YG_F_DNS_ANSWER, "b.example,192.0.2.7,x.y,z", YG_R_NONE },
        { "dns answers of an alert",
          SIG "},\"dns\":{\"query\":[{\"rrname\":\"q\"}],\"answer\":{\"rrname\":\"q\","
              "\"answers\":[{\"rdata\":\"192.0.2.7\"}],\"grouped\":{\"A\":"
              "[\"192.0.2.7\",\"192.0.2.8\"],\"CNAME\":[\"c\"]}}}",
          YG_F_DNS_ANSWER, "192.0.2.7,192.0.2.7,192.0.2.8,c", YG_R_NONE },
        { "a dns answer of its own", SIG "},\"dns\":{\"rdata\":\"2001:db8::1\"}",
          YG_F_DNS_ANSWER, "2001:db8::1", YG_R_NONE },
        { "hashes of files",
          SIG "},\"files\":[{\"filename\":\"a\",\"md5\":\"1\"},{\"filename\":"
              "\"b\",\"md5\":\"2\",\"sha1\":\"3\"}]",
          YG_F_FILE_MD5, "1,2", YG_R_NONE },
        { "a file without a name", SIG "},\"files\":[{\"size\":1},{\"filename\":\"b\"}]",
          YG_F_FILE_PATH, "b", YG_R_NONE },
        { "hashes of one file", SIG "},\"files\":{\"sha1\":\"3\"}", YG_F_FILE_SHA1, "3",
          YG_R_NONE },
        { "a hash of the second file",
          SIG "},\"files\":[{\"filename\":\"a\"},{\"sha1\":\"3\"}]", YG_F_FILE_SHA1, "3",
          YG_R_NONE },
        { "hash of a file's record", SIG "},\"fileinfo\":{\"md5\":\"1\"}", YG_F_FILE_MD5,
          "1", YG_R_NONE },
        { "metadata without array", SIG ",\"metadata\":{\"confidence\":\"Low\"}}",
          YG_F_CONFIDENCE, "Low", YG_R_NONE },
        { "empty metadata", SIG ",\"metadata\":{\"confidence\":[]}}", YG_F_CONFIDENCE,
          "-", YG_R_NONE },
        { "port as text", SIG "},\"src_port\":\"80\"", YG_F_SOURCE_PORT, "80",
          YG_R_NONE },
        { "port too large", SIG "},\"src_port\":65536", YG_F_SOURCE_PORT, "-",
          YG_R_BAD_VALUE },
        { "port too large, more behind", SIG "},\"src_port\":65536,\"proto\":\"UDP\"",
          YG_F_SOURCE_PORT, "-", YG_R_BAD_VALUE },
        { "port below zero", SIG "},\"src_port\":-1", YG_F_SOURCE_PORT, "-",
          YG_R_BAD_VALUE },
        { "port is a list", SIG "},\"src_port\":[80,81]", YG_F_SOURCE_PORT, "80",
          YG_R_NONE },
        { "port is an object", SIG "},\"src_port\":{\"a\":1}", YG_F_SOURCE_PORT, "-",
          YG_R_NONE },
        { "port is null", SIG "},\"src_port\":null", YG_F_SOURCE_PORT, "-", YG_R_NONE },
        { "address empty", SIG "},\"src_ip\":\"\"", YG_F_SOURCE_IP, "-", YG_R_NONE },
        { "address wrong", SIG "},\"src_ip\":\"1.2.3.256\"", YG_F_SOURCE_IP, "-",
          YG_R_BAD_VALUE },
        { "address with zero ahead", SIG "},\"src_ip\":\"1.2.3.04\"", YG_F_SOURCE_IP, "-",
          YG_R_BAD_VALUE },
        { "address short", SIG "},\"src_ip\":\"1.2.3\"", YG_F_SOURCE_IP, "-",
          YG_R_BAD_VALUE },
        { "address with zone", SIG "},\"src_ip\":\"fe80::1%eth0\"", YG_F_SOURCE_IP,
          "fe80::1", YG_R_NONE },
        { "flow id of 64 bits", SIG "},\"flow_id\":18446744073709551615", YG_F_FLOW_ID,
          "18446744073709551615", YG_R_NONE },
        { "flow id as decimal", SIG "},\"flow_id\":\"428216512322129.000000\"",
          YG_F_FLOW_ID, "428216512322129", YG_R_NONE },
        { "flow id huge", SIG "},\"flow_id\":1e300", YG_F_FLOW_ID, "-", YG_R_BAD_VALUE },
        { "flow start wrong", SIG "},\"flow\":{\"start\":\"yesterday\"}", YG_F_FLOW_START,
          "-", YG_R_BAD_VALUE },
        { "payload is no base64", SIG "},\"payload\":\"a.b=\"", YG_F_PAYLOAD, "-",
          YG_R_BAD_VALUE },
        { "payload with escapes", SIG "},\"payload\":\"\\u0052\\/VU\"", YG_F_PAYLOAD,
          "G\xf5T", YG_R_NONE },
        { "first of two", SIG "},\"app_proto\":\"dns\",\"app_proto\":\"tls\"",
          YG_F_APP_PROTO, "dns", YG_R_NONE },
        { "quic names", SIG "},\"quic\":{\"sni\":\"q.example\"}", YG_F_TLS_SNI,
          "q.example", YG_R_NONE },
        { "NUL in a name", SIG "},\"host\":\"a\\u0000b\"", YG_F_OBSERVER_NAME, "a",
          YG_R_NONE },
    };
    struct fixture f;

    (void)state;
    fixture_begin(&f, "eve");
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        char text[1024], out[1024];
        int n = snprintf(text, sizeof(text), "%s%s}", HEAD, row[i].rest);
        const struct yg_event *e = fixture_decode(&f, (struct yg_str){ text, (size_t)n });
        const char *got = fixture_text(&f, e, row[i].field, out);
        if (strcmp(got, row[i].text) != 0 || e->reason != row[i].reason)
            print_message("# %s: %s %s\n", row[i].what, got, yg_reason_name(e->reason));
        assert_string_equal(got, row[i].text);
        assert_int_equal(e->reason, row[i].reason);
        assert_int_equal(e->kind, YG_KIND_ALERT);
    }
    fixture_end(&f);
}

static void context_records(void **state)
{
    static const struct expected want[] = {
        { YG_F_EVENT_DATASET, "flow" },  { YG_F_FLOW_STATE, "closed" },
        { YG_F_FLOW_ALERTED, "1" },      { YG_F_SOURCE_IP, "10.0.0.1" },
        { YG_F_BYTES_TO_CLIENT, "831" }, { YG_F_OBSERVER_PRODUCT, "Suricata" },
        { YG_F_RULE_RULESET, "-" },      { YG_FIELD_COUNT, NULL },
    };
    struct fixture f;

    (void)state;
    fixture_begin(&f, "eve");
    const struct yg_event *e = fixture_decode(
        &f, YG_STR("{\"timestamp\":\"2021-12-14T16:04:52.956527+0000\",\"event_type\":"
                   "\"flow\",\"src_ip\":\"10.0.0.1\",\"flow\":{\"bytes_toclient\":831,"
                   "\"state\":\"closed\",\"alerted\":true}}"));
    assert_int_equal(e->kind, YG_KIND_CONTEXT);
    assert_int_equal(e->reason, YG_R_NONE);
    fixture_expect(&f, e, want);
    fixture_end(&f);
}

static void wrapped_record(void **state)
{
    static const struct expected want[] = {
        { YG_F_RULE_ID, "1:7" },
        { YG_F_SOURCE_IP, "10.0.0.1" },
        { YG_FIELD_COUNT, NULL },
    };
    struct fixture f;

    (void)state;
    fixture_begin(&f, "eve");
    const struct yg_event *e = fixture_decode(
        &f, YG_STR("{\"_index\":\"i\",\"_source\":{\"timestamp\":"
                   "\"2021-12-14T16:04:52.956527+0000\",\"event_type\":\"alert\","
                   "\"src_ip\":\"10.0.0.1\",\"alert\":{\"signature_id\":7}}}"));
    assert_int_equal(e->kind, YG_KIND_ALERT);
    fixture_expect(&f, e, want);
    fixture_end(&f);
}

/* 200 kB of base64 in one alert: the first 16 KiB are kept. */
static void large_payload(void **state)
{
    size_t n = 200000;
    char *text = malloc(n + 500);
    struct fixture f;

    (void)state;
    assert_non_null(text);
    int head = snprintf(text, 500, "%s", HEAD SIG "},\"payload\":\"");
    memset(text + head, 'A', n);
    memcpy(text + (size_t)head + n, "\"}", 2);
    fixture_begin(&f, "eve");
    const struct yg_event *e =
        fixture_decode(&f, (struct yg_str){ text, (size_t)head + n + 2 });
    assert_int_equal(e->kind, YG_KIND_ALERT);
    assert_int_equal(yg_event_str(f.b, e, YG_F_PAYLOAD).n, 16384);
    fixture_end(&f);
    free(text);
}

/* A batch whose text is full: the record stays an alert and says what it lost. */
static void no_room(void **state)
{
    struct fixture f;

    (void)state;
    fixture_begin(&f, "eve");
    yg_batch_clear(f.b, 1, 0);
    fixture_add(&f, yg_str_of(full));
    f.b->text_used = YG_BATCH_TEXT;
    fixture_run(&f);
    assert_int_equal(f.b->event[0].reason, YG_R_NO_ROOM);
    assert_true(yg_event_is_alert(&f.b->event[0]));
    fixture_end(&f);
}

/* Whatever bits are flipped or bytes cut: no crash, every offset in range, and what is
 * no longer JSON is an alert of its own. */
static void hostile_bytes(void **state)
{
    struct yg_rng rng;
    struct fixture f;
    char text[sizeof(full)];

    (void)state;
    yg_rng_init(&rng, 42);
    print_message("# seed 42\n");
    fixture_begin(&f, "eve");
    for (int i = 0; i < 40000; i++) {
        size_t n = sizeof(full) - 1;
        memcpy(text, full, n);
        for (uint64_t k = yg_rng_below(&rng, 4) + 1; k > 0; k--) {
            size_t at = yg_rng_below(&rng, n);
            if (yg_rng_below(&rng, 2))
                text[at] = (char)(text[at] ^ 1 << yg_rng_below(&rng, 8));
            else
                text[at] = "\"{}[],:\\0 \n\xff"[yg_rng_below(&rng, 13)];
        }
        if (yg_rng_below(&rng, 4) == 0)
            n = yg_rng_below(&rng, n + 1);
        const struct yg_event *e = fixture_decode(&f, (struct yg_str){ text, n });
        assert_true(e->kind != YG_KIND_UNDECODABLE || e->reason != YG_R_NONE);
    }
    fixture_end(&f);
}

/* Answers without end are read in part, and the record says so. */
static void many_answers(void **state)
{
    static char text[8192];
    struct fixture f;
    size_t n = (size_t)snprintf(
        text, sizeof(text), HEAD SIG "},\"dns\":{\"grouped\":{\"TXT\":[],\"A\":[\"a\"");

    (void)state;
    while (n < 7000)
        n += (size_t)snprintf(text + n, sizeof(text) - n, ",\"192.0.2.%zu\"", n % 256);
    n += (size_t)snprintf(text + n, sizeof(text) - n, "]}}}");
    fixture_begin(&f, "eve");
    const struct yg_event *e = fixture_decode(&f, (struct yg_str){ text, n });
    struct yg_str got = yg_event_str(f.b, e, YG_F_DNS_ANSWER);
    assert_true(yg_str_starts(got, YG_STR("a,192.0.2.")));
    assert_in_range(got.n, 4000, 4097);
    assert_int_equal(e->reason, YG_R_BAD_VALUE);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field),    cmocka_unit_test(many_answers),
        cmocka_unit_test(shapes),         cmocka_unit_test(context_records),
        cmocka_unit_test(wrapped_record), cmocka_unit_test(large_payload),
        cmocka_unit_test(no_room),        cmocka_unit_test(hostile_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
