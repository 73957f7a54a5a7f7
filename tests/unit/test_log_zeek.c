/* SPDX-License-Identifier: Apache-2.0 */
/* Zeek logs, JSON and text; written for the test. */
#include "log_rows.h"

#define ALERT   YG_KIND_ALERT
#define CONTEXT YG_KIND_CONTEXT

static void json(void **state)
{
    static const struct log_row row[] = {
        { "Zeek connection",
          "{\"ts\":1767323045.25,\"uid\":\"CAbcdefghij12\",\"id.orig_h\":\"19"
          "2.0.2.1\",\"id.orig_p\":5000,\"id.resp_h\":\"198.51.100.2\",\"id.r"
          "esp_p\":443,\"proto\":\"tcp\",\"service\":\"ssl\",\"duration\":1.5"
          ",\"orig_bytes\":10,\"resp_bytes\":20,\"conn_state\":\"SF\",\"orig_"
          "pkts\":3,\"resp_pkts\":4}",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "event.dataset=conn|network.transport=tcp|network.protocol=ssl|even"
          "t.duration=1500000000|source.bytes=10|destination.packets=4|yagura"
          ".flow.state=SF|event.outcome=-|source.ip=192.0.2.1|destination.por"
          "t=443" },
        { "Zeek connection refused",
          "{\"ts\":1767323045.25,\"uid\":\"CAbcdefghij12\",\"id.orig_h\":\"19"
          "2.0.2.1\",\"id.orig_p\":5000,\"id.resp_h\":\"198.51.100.2\",\"id.r"
          "esp_p\":443,\"proto\":\"tcp\",\"conn_state\":\"REJ\"}",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045, "event.outcome=failure" },
        { "Zeek ids nested, ISO time",
          "{\"ts\":\"2026-01-02T03:04:05.25Z\",\"uid\":\"C1abcdefghij\",\"id\""
          ":{\"orig_h\":\"192.0.2.1\",\"orig_p\":5,\"resp_h\":\"192.0.2.2\",\""
          "resp_p\":53},\"proto\":\"udp\",\"query\":\"a.example\",\"qtype_nam"
          "e\":\"A\",\"rcode_name\":\"NOERROR\",\"answers\":[\"192.0.2.9\",\""
          "192.0.2.8\"]}",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "event.dataset=dns|dns.question.name=a.example|dns.answers.data=192"
          ".0.2.9,192.0.2.8|destination.port=53" },
        { "Zeek HTTP",
          "{\"ts\":1767323045.25,\"uid\":\"CAbcdefghij12\",\"id.orig_h\":\"19"
          "2.0.2.1\",\"id.orig_p\":5000,\"id.resp_h\":\"198.51.100.2\",\"id.r"
          "esp_p\":443,\"_path\":\"http\",\"method\":\"GET\",\"host\":\"w.exa"
          "mple\",\"uri\":\"/x\",\"status_code\":404,\"user_agent\":\"c\"}",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "event.dataset=http|url.domain=w.example|url.original=/x|http.respo"
          "nse.status_code=404" },
        { "Zeek SSH",
          "{\"ts\":1767323045.25,\"uid\":\"CAbcdefghij12\",\"id.orig_h\":\"19"
          "2.0.2.1\",\"id.orig_p\":5000,\"id.resp_h\":\"198.51.100.2\",\"id.r"
          "esp_p\":443,\"_path\":\"ssh\",\"version\":2,\"auth_success\":false"
          ",\"client\":\"SSH-2.0-x\"}",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "event.dataset=ssh|event.outcome=failure|user_agent.original=SSH-2."
          "0-x" },
        { "Zeek files",
          "{\"ts\":1767323045.25,\"fuid\":\"F1\",\"tx_hosts\":[\"192.0.2.1\"]"
          ",\"rx_hosts\":[\"192.0.2.2\"],\"source\":\"HTTP\",\"mime_type\":\""
          "text/plain\",\"seen_bytes\":5,\"sha256\":\"ab\"}",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "event.dataset=files|source.ip=192.0.2.1|destination.ip=192.0.2.2|f"
          "ile.size=5" },
        { "Zeek notice",
          "{\"ts\":1767323045.25,\"note\":\"Scan::Port_Scan\",\"msg\":\"192.0"
          ".2.1 scanned\",\"src\":\"192.0.2.1\",\"dst\":\"192.0.2.2\",\"p\":2"
          "2,\"peer_descr\":\"w1\"}",
          ALERT, YG_DEV_IDS, "Zeek", 1767323045,
          "rule.id=Scan::Port_Scan|rule.ruleset=zeek|event.severity=50|source"
          ".ip=192.0.2.1|destination.port=22|observer.name=w1|message=192.0.2"
          ".1 scanned" },
        { "Zeek weird",
          "{\"ts\":1767323045.25,\"uid\":\"CAbcdefghij12\",\"id.orig_h\":\"19"
          "2.0.2.1\",\"id.orig_p\":5000,\"id.resp_h\":\"198.51.100.2\",\"id.r"
          "esp_p\":443,\"_path\":\"weird\",\"name\":\"bad_TCP_checksum\"}",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "message=bad_TCP_checksum|event.dataset=weird" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void text(void **state)
{
    static const struct log_row row[] = {
        { "Zeek text connection",
          "1767323045.250000\tCAbcdefghij12\t192.0.2.1\t5000\t198.51.100.2\t4"
          "43\ttcp\tssl\t1.5\t10\t20\tSF\t-\t-\t0\tShADadfF\t3\t100\t4\t200\t"
          "-",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "event.dataset=conn|event.duration=1500000000|source.packets=3|dest"
          "ination.packets=4|network.protocol=ssl" },
        { "Zeek text DNS",
          "1767323045.250000\tCAbcdefghij12\t192.0.2.1\t5000\t198.51.100.2\t4"
          "43\tudp\t17\t0.1\ta.example\t1\tC_INTERNET\t1\tA\t0\tNOERROR\tF\tF"
          "\tT\tT\t0\t192.0.2.9\t60\tF",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "event.dataset=dns|dns.question.name=a.example|dns.question.type=A|"
          "dns.response_code=NOERROR|dns.answers.data=192.0.2.9" },
        { "Zeek text HTTP",
          "1767323045.250000\tCAbcdefghij12\t192.0.2.1\t5000\t198.51.100.2\t4"
          "43\t1\tGET\tw.example\t/x\t-\t1.1\tcurl\t-\t0\t12\t200\tOK\t-\t-\t"
          "(empty)\t-\t-\t-",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "event.dataset=http|http.request.method=GET|url.domain=w.example|ht"
          "tp.response.body.bytes=12|http.response.status_code=200" },
        { "Zeek text notice",
          "1767323045.250000\t-\t-\t-\t-\t-\t-\t-\t-\t-\tScan::Port_Scan\tsca"
          "nned\tremote\t192.0.2.1\t192.0.2.2\t-\t-\t-\tNotice::ACTION_LOG",
          ALERT, YG_DEV_IDS, "Zeek", 1767323045,
          "rule.name=Scan::Port_Scan|message=scanned|source.ip=192.0.2.1|dest"
          "ination.ip=192.0.2.2" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

#define CONN "#path\tconn\n#fields\tts\tid.resp_h\tid.resp_p\tid.orig_h\tproto\tmine\t"

/* By the names that the file says, whatever their order. */
static void named(void **state)
{
    static const struct log_row row[] = {
        { "columns of their own order",
          CONN "conn_state\torig_bytes\n1767323045.250000\t198.51.100.2\t443\t"
               "192.0.2.1\ttcp\tx\tREJ\t7",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "event.dataset=conn|source.ip=192.0.2.1|destination.ip=198.51.100.2|"
          "destination.port=443|network.transport=tcp|source.bytes=7|"
          "event.outcome=failure" },
        { "a notice",
          "#path\tnotice\n#fields\tts\tnote\tmsg\tsrc\tp\n1767323045.250000\t"
          "Scan::Port_Scan\tscanned\t192.0.2.1\t22",
          ALERT, YG_DEV_IDS, "Zeek", 1767323045,
          "rule.id=Scan::Port_Scan|source.ip=192.0.2.1|destination.port=22|"
          "message=scanned" },
        { "SSH",
          "#path\tssh\n#fields\tts\tuid\tid.orig_h\tauth_success\tclient\n"
          "1767323045.250000\tCAbcdefghij12\t192.0.2.1\tF\tSSH-2.0-x",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "event.dataset=ssh|event.outcome=failure|user_agent.original=SSH-2.0-x|"
          "event.code=CAbcdefghij12" },
        { "unset cells",
          "#path\tdns\n#fields\tts\tquery\tanswers\tqtype_name\n1767323045.250000\t"
          "a.example\t192.0.2.9,192.0.2.10\t-",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045,
          "dns.question.name=a.example|dns.answers.data=192.0.2.9,192.0.2.10|"
          "dns.question.type=-" },
        { "another device's line in the same file",
          CONN "conn_state\n<38>Jan  2 03:04:05 h sshd[7]: Accepted password for jo from "
               "192.0.2.1 port 22 ssh2",
          CONTEXT, YG_DEV_AUTH, "OpenSSH", 1767323045, "user.name=jo" },
        { "a line with other columns is read by Zeek's",
          "#fields\tts\tuid\n1767323045.250000\tCAbcdefghij12\t192.0.2.1\t5000\t"
          "198.51.100.2\t443\ttcp\tssl\t1.5\t10\t20\tSF\t-\t-\t0\tShADadfF\t3\t100\t"
          "4\t200\t-",
          CONTEXT, YG_DEV_IDS, "Zeek", 1767323045, "event.dataset=conn" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json),
        cmocka_unit_test(text),
        cmocka_unit_test(named),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
