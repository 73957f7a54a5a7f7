/* SPDX-License-Identifier: Apache-2.0 */
/* JSON and XML of sensors, containers and endpoints, common schemas; written for the
 * test. */
#include "log_rows.h"

#define ALERT   YG_KIND_ALERT
#define CONTEXT YG_KIND_CONTEXT

static void schemas(void **state)
{
    static const struct log_row row[] = {
        { "ECS event",
          "{\"@timestamp\":\"2026-01-02T03:04:05.123Z\",\"ecs\":{\"version\":"
          "\"8.0\"},\"event\":{\"kind\":\"event\",\"action\":\"login\",\"outc"
          "ome\":\"failure\",\"dataset\":\"x.y\"},\"source\":{\"ip\":\"192.0."
          "2.1\",\"port\":5},\"user\":{\"name\":\"jo\"},\"host\":{\"name\":\""
          "pc1\"},\"process\":{\"command_line\":\"a b\"},\"yagura\":{\"verdic"
          "t\":{\"level\":\"FP\"}}}",
          CONTEXT, YG_DEV_OTHER, NULL, 1767323045,
          "event.action=login|event.outcome=failure|event.dataset=x.y|source."
          "ip=192.0.2.1|source.port=5|user.name=jo|host.name=pc1|process.comm"
          "and_line=a b|yagura.verdict.level=-" },
        { "ECS alert",
          "{\"@timestamp\":\"2026-01-02T03:04:05.123Z\",\"event\":{\"kind\":\""
          "alert\",\"severity\":73},\"rule\":{\"id\":\"r1\",\"name\":\"Bad\"}"
          ",\"host\":{\"name\":\"pc1\"}}",
          ALERT, YG_DEV_OTHER, NULL, 1767323045,
          "rule.id=r1|rule.name=Bad|event.severity=73|rule.ruleset=ecs" },
        { "Elastic Security alert",
          "{\"@timestamp\":\"2026-01-02T03:04:05.123Z\",\"event.kind\":\"sign"
          "al\",\"kibana.alert.rule.name\":\"Bad\",\"kibana.alert.rule.rule_i"
          "d\":\"r2\",\"kibana.alert.severity\":\"high\"}",
          ALERT, YG_DEV_OTHER, NULL, 1767323045,
          "rule.id=r2|rule.name=Bad|event.severity=75" },
        { "line carried by a shipper",
          "{\"@timestamp\":\"2026-01-02T03:04:05.123Z\",\"message\":\"<134>Ja"
          "n  2 03:04:05 fw CEF:0|Acme|Edge IPS|1.0|100|worm stopped|8|src=19"
          "2.0.2.1\",\"host\":{\"name\":\"relay\"},\"agent\":{\"name\":\"beat"
          "\"}}",
          ALERT, YG_DEV_IDS, "Acme Edge IPS", 1767323045,
          "rule.id=100|source.ip=192.0.2.1|host.name=relay" },
        { "line that nobody knows",
          "{\"@timestamp\":\"2026-01-02T03:04:05.123Z\",\"message\":\"hello t"
          "here\",\"host\":{\"name\":\"relay\"}}",
          CONTEXT, YG_DEV_OTHER, NULL, 1767323045,
          "message=hello there|host.name=relay|event.dataset=ecs" },
        { "Wazuh 5 finding",
          "{\"@timestamp\":\"2026-01-02T03:04:05.123Z\",\"event\":{\"original"
          "\":\"raw\",\"action\":\"x\"},\"source\":{\"ip\":\"192.0.2.1\"},\"w"
          "azuh\":{\"agent\":{\"name\":\"pc1\"},\"integration\":{\"name\":\"s"
          "shd\"},\"rule\":{\"id\":\"9f\",\"title\":\"Brute force\",\"level\""
          ":\"high\"}}}",
          ALERT, YG_DEV_HOST, "Wazuh", 1767323045,
          "rule.id=9f|rule.name=Brute force|event.severity=75|host.name=pc1|s"
          "ource.ip=192.0.2.1|rule.ruleset=wazuh5|message=raw|event.dataset=s"
          "shd" },
        { "OCSF finding",
          "{\"metadata\":{\"version\":\"1.1.0\",\"product\":{\"name\":\"Acme\""
          "}},\"class_uid\":2004,\"category_uid\":2,\"severity_id\":4,\"time\""
          ":1767323045123,\"finding_info\":{\"title\":\"Bad\",\"analytic\":{\""
          "uid\":\"a1\"}},\"device\":{\"hostname\":\"pc1\"}}",
          ALERT, YG_DEV_OTHER, "Acme", 1767323045,
          "rule.id=a1|rule.name=Bad|event.severity=75|host.name=pc1" },
        { "OCSF activity",
          "{\"metadata\":{\"version\":\"1.1.0\",\"product\":{\"name\":\"Cloud"
          "Trail\"}},\"class_uid\":3005,\"class_name\":\"API Activity\",\"sev"
          "erity_id\":1,\"status\":\"Failure\",\"time\":1767323045123,\"api\""
          ":{\"operation\":\"PutObject\"},\"src_endpoint\":{\"ip\":\"192.0.2."
          "1\"},\"actor\":{\"user\":{\"name\":\"jo\"}}}",
          CONTEXT, YG_DEV_OTHER, "CloudTrail", 1767323045,
          "event.action=PutObject|event.outcome=failure|event.dataset=API Act"
          "ivity|event.severity=10|user.name=jo" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void sensors(void **state)
{
    static const struct log_row row[] = {
        { "Snort 3 as it comes",
          "{\"timestamp\":\"01/02-03:04:05.123456\",\"pkt_num\":1,\"proto\":\""
          "TCP\",\"pkt_gen\":\"raw\",\"pkt_len\":60,\"dir\":\"C2S\",\"src_ap\""
          ":\"192.0.2.1:5000\",\"dst_ap\":\"198.51.100.2:80\",\"rule\":\"1:20"
          "10935:3\",\"action\":\"allow\"}",
          ALERT, YG_DEV_IDS, "Snort", 1767323045,
          "rule.id=1:2010935|rule.version=3|source.ip=192.0.2.1|source.port=5"
          "000|destination.port=80|event.action=allow|rule.ruleset=snort" },
        { "Snort 3 with everything",
          "{\"seconds\":1767323045,\"msg\":\"bad\",\"gid\":1,\"sid\":7,\"rev\""
          ":2,\"priority\":1,\"class\":\"c\",\"src_addr\":\"2001:db8::1\",\"s"
          "rc_port\":5,\"dst_addr\":\"2001:db8::2\",\"dst_port\":80,\"b64_dat"
          "a\":\"R0VUIC8=\",\"service\":\"http\"}",
          ALERT, YG_DEV_IDS, "Snort", 1767323045,
          "rule.id=1:7|rule.name=bad|event.severity=75|source.ip=2001:db8::1|"
          "yagura.payload=GET /|network.protocol=http" },
        { "Snort 3 with a year",
          "{\"timestamp\":\"26/01/02-03:04:05.123456\",\"msg\":\"bad\",\"gid\""
          ":1,\"sid\":7,\"rev\":2}",
          ALERT, YG_DEV_IDS, "Snort", 1767323045, "rule.version=2" },
        { "ModSecurity 3",
          "{\"transaction\":{\"client_ip\":\"192.0.2.1\",\"time_stamp\":\"Fri"
          " Jan  2 03:04:05 2026\",\"client_port\":5,\"host_ip\":\"198.51.100"
          ".2\",\"host_port\":80,\"unique_id\":\"u\",\"request\":{\"method\":"
          "\"GET\",\"uri\":\"/?x=1\",\"headers\":{\"Host\":\"w.example\",\"Us"
          "er-Agent\":\"c\"}},\"response\":{\"http_code\":403},\"messages\":["
          "{\"message\":\"SQL Injection\",\"details\":{\"ruleId\":\"942100\","
          "\"severity\":\"2\",\"tags\":[\"attack-sqli\"]}}]}}",
          ALERT, YG_DEV_WAF, "ModSecurity", 1767323045,
          "rule.id=942100|rule.name=SQL Injection|event.severity=80|url.origi"
          "nal=/?x=1|http.response.status_code=403|url.domain=w.example|yagur"
          "a.rule.groups=attack-sqli" },
        { "Coraza",
          "{\"transaction\":{\"unix_timestamp\":1767323045000000000,\"id\":\""
          "u\",\"client_ip\":\"192.0.2.1\",\"request\":{\"method\":\"GET\",\""
          "uri\":\"/\"}},\"messages\":[{\"message\":\"m\",\"data\":{\"id\":94"
          "2100,\"msg\":\"SQL Injection\",\"severity\":2}}]}",
          ALERT, YG_DEV_WAF, "ModSecurity", 1767323045,
          "rule.id=942100|rule.name=SQL Injection|event.severity=80" },
        { "ModSecurity 2",
          "{\"transaction\":{\"time\":\"02/Jan/2026:03:04:05 +0000\",\"transa"
          "ction_id\":\"t\",\"remote_address\":\"192.0.2.1\"},\"request\":{\""
          "request_line\":\"GET /x HTTP/1.1\",\"headers\":{\"Host\":\"w.examp"
          "le\"}},\"audit_data\":{\"messages\":[\"Warning. [id \\\"960015\\\""
          "] [msg \\\"No accept\\\"]\"]}}",
          ALERT, YG_DEV_WAF, "ModSecurity", 0,
          "rule.id=960015|rule.name=No accept|http.request.method=GET|url.ori"
          "ginal=/x" },
        { "ModSecurity without a rule",
          "{\"transaction\":{\"client_ip\":\"192.0.2.1\",\"unique_id\":\"u\","
          "\"time_stamp\":\"Fri Jan  2 03:04:05 2026\",\"messages\":[]}}",
          CONTEXT, YG_DEV_WAF, "ModSecurity", 1767323045, "rule.id=-" },
        { "Falco",
          "{\"rule\":\"Shell\",\"priority\":\"Warning\",\"output\":\"o\",\"ti"
          "me\":\"2026-01-02T03:04:05.123Z\",\"output_fields\":{\"proc.name\""
          ":\"sh\",\"user.name\":\"root\"}}",
          ALERT, YG_DEV_HOST, "Falco", 1767323045,
          "rule.name=Shell|event.severity=40|process.name=sh|user.name=root" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void containers(void **state)
{
    static const struct log_row row[] = {
        { "Docker, a line in it",
          "{\"log\":\"<134>Jan  2 03:04:05 fw CEF:0|Acme|Edge IPS|1.0|100|wor"
          "m stopped|8|src=192.0.2.1\\n\",\"stream\":\"stdout\",\"time\":\"20"
          "26-01-02T03:04:05.123Z\"}",
          ALERT, YG_DEV_IDS, "Acme Edge IPS", 1767323045, "rule.id=100" },
        { "Docker, JSON in it",
          "{\"log\":\"{\\\"remote_addr\\\":\\\"192.0.2.1\\\",\\\"status\\\":2"
          "00,\\\"request\\\":\\\"GET /x HTTP/1.1\\\"}\\n\",\"stream\":\"stdo"
          "ut\",\"time\":\"2026-01-02T03:04:05.123Z\"}",
          CONTEXT, YG_DEV_WEB, "web server", 1767323045,
          "url.original=/x|http.response.status_code=200|event.dataset=web-js"
          "on" },
        { "Docker, words",
          "{\"log\":\"started\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-0"
          "2T03:04:05.123Z\"}",
          CONTEXT, YG_DEV_HOST, NULL, 1767323045,
          "message=started|event.dataset=stderr" },
        { "Docker event",
          "{\"Type\":\"container\",\"Action\":\"create\",\"Actor\":{\"ID\":\""
          "ab\",\"Attributes\":{\"image\":\"nginx\",\"name\":\"web\"}},\"time"
          "\":1767323045,\"timeNano\":1767323045000000000}",
          CONTEXT, YG_DEV_HOST, "Docker", 1767323045,
          "event.action=create|service.name=web" },
        { "Kubernetes",
          "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\""
          ":\"a\",\"verb\":\"create\",\"requestURI\":\"/api/v1/pods\",\"user\""
          ":{\"username\":\"jo\"},\"sourceIPs\":[\"192.0.2.1\"],\"responseSta"
          "tus\":{\"code\":403},\"requestReceivedTimestamp\":\"2026-01-02T03:"
          "04:05.123Z\"}",
          CONTEXT, YG_DEV_AUTH, "Kubernetes", 1767323045,
          "event.outcome=failure|event.action=create|source.ip=192.0.2.1|user"
          ".name=jo" },
        { "nginx JSON",
          "{\"time_iso8601\":\"2026-01-02T03:04:05+00:00\",\"remote_addr\":\""
          "192.0.2.1\",\"request_method\":\"GET\",\"request_uri\":\"/x\",\"st"
          "atus\":\"404\",\"http_user_agent\":\"c\"}",
          CONTEXT, YG_DEV_WEB, "web server", 1767323045,
          "http.response.status_code=404|url.original=/x" },
        { "wrapped value",
          "{\"yagura_via\":{\"api\":\"hec\",\"time\":\"2026-01-02T03:04:05.12"
          "3Z\",\"host\":\"h\"},\"body\":5}",
          CONTEXT, YG_DEV_HOST, NULL, 1767323045, "message=5|observer.name=h" },
        { "another device's line in a value",
          "{\"remote_addr\":\"192.0.2.1\",\"status\":200,\"request\":\"GET /x"
          " HTTP/1.1\",\"http_user_agent\":\"<134>Jan  2 03:04:05 fw CEF:0|Ac"
          "me|Edge IPS|1.0|100|worm stopped|8|src=192.0.2.1\"}",
          CONTEXT, YG_DEV_WEB, "web server", 0, "rule.id=-|url.original=/x" },
        { "wrapped object",
          "{\"yagura_via\":{\"api\":\"loki\",\"time\":\"2026-01-02T03:04:05.1"
          "23Z\",\"labels\":{\"job\":\"x\"}},\"auditID\":\"a\",\"verb\":\"get"
          "\",\"requestURI\":\"/\"}",
          CONTEXT, YG_DEV_AUTH, "Kubernetes", 1767323045, "event.action=get" },
        { "Nextcloud",
          "{\"reqId\":\"r\",\"level\":2,\"time\":\"2026-01-02T03:04:05+00:00\""
          ",\"remoteAddr\":\"192.0.2.1\",\"user\":\"--\",\"app\":\"core\",\"m"
          "ethod\":\"POST\",\"url\":\"/login\",\"message\":\"Login failed: 'j"
          "o'\"}",
          CONTEXT, YG_DEV_WEB, "Nextcloud", 1767323045,
          "event.outcome=failure|source.ip=192.0.2.1" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void endpoints(void **state)
{
    static const struct log_row row[] = {
        { "osquery",
          "{\"name\":\"pack_x\",\"hostIdentifier\":\"pc1\",\"calendarTime\":\""
          "Fri Jan  2 03:04:05 2026 UTC\",\"unixTime\":1767323045,\"columns\""
          ":{\"path\":\"/bin/x\",\"cmdline\":\"x -y\"},\"action\":\"added\"}",
          CONTEXT, YG_DEV_HOST, "osquery", 1767323045,
          "event.action=added|file.path=/bin/x|process.command_line=x -y|host"
          ".name=pc1" },
        { "CAPE",
          "{\"info\":{\"id\":5,\"ended\":\"2026-01-02 03:04:05\"},\"malscore\""
          ":8.5,\"malfamily\":\"Emotet\",\"target\":{\"file\":{\"name\":\"x.e"
          "xe\",\"sha256\":\"ab\"}},\"signatures\":[{\"name\":\"injection\"}]"
          "}",
          ALERT, YG_DEV_SANDBOX, "CAPE", 1767323045,
          "rule.id=injection|rule.name=Emotet|event.severity=85|file.path=x.e"
          "xe" },
        { "Joe Sandbox",
          "{\"webid\":\"1\",\"detection\":\"malicious\",\"score\":\"80\",\"fi"
          "lename\":\"x.exe\",\"sha256\":\"ab\"}",
          ALERT, YG_DEV_SANDBOX, "Joe Sandbox", 0,
          "rule.id=malicious|event.severity=80" },
        { "ClamAV",
          "{\"Magic\":\"CLAMJSONv0\",\"RootFileType\":\"CL_TYPE_PDF\",\"FileN"
          "ame\":\"x.pdf\",\"FileMD5\":\"ab\",\"Viruses\":[\"Eicar\"]}",
          ALERT, YG_DEV_ANTIVIRUS, "ClamAV", 0, "rule.name=Eicar|file.path=x.pdf" },
        { "ClamAV, nothing found",
          "{\"Magic\":\"CLAMJSONv0\",\"FileName\":\"x.pdf\",\"FileMD5\":\"ab\""
          "}",
          CONTEXT, YG_DEV_ANTIVIRUS, "ClamAV", 0, "rule.name=-" },
        { "ESET threat",
          "<14>Jan  2 03:04:05 era ERAServer[5]: {\"event_type\":\"Threat_Eve"
          "nt\",\"ipv4\":\"192.0.2.1\",\"hostname\":\"pc1\",\"source_uuid\":\""
          "u\",\"occured\":\"02-Jan-2026 03:04:05\",\"severity\":\"Warning\","
          "\"threat_type\":\"Trojan\",\"threat_name\":\"Win32/X\",\"object_ur"
          "i\":\"file:///x.exe\",\"action_taken\":\"Deleted\"}",
          ALERT, YG_DEV_ANTIVIRUS, "ESET Protect", 1767323045,
          "rule.name=Win32/X|event.severity=40|host.name=pc1|host.ip=192.0.2."
          "1|event.action=deleted" },
        { "ESET audit",
          "{\"event_type\":\"Audit_Event\",\"hostname\":\"pc1\",\"source_uuid"
          "\":\"u\",\"occured\":\"02-Jan-2026 03:04:05\",\"severity\":\"Infor"
          "mation\",\"action\":\"Login attempt\",\"user\":\"jo\",\"result\":\""
          "Success\"}",
          CONTEXT, YG_DEV_ANTIVIRUS, "ESET Protect", 1767323045,
          "event.outcome=success|event.dataset=Audit_Event" },
        { "ePO",
          "<29>1 2026-01-02T03:04:05.0Z EPO EPOEvents - EventFwd [agentInfo@3"
          "401 tenantId=\"1\"] <?xml version=\"1.0\"?><EPOevent><MachineInfo>"
          "<MachineName>PC1</MachineName><IPAddress>192.0.2.1</IPAddress><Use"
          "rName>jo</UserName></MachineInfo><SoftwareInfo><Event><EventID>102"
          "7</EventID><Severity>2</Severity><GMTTime>2026-01-02T03:04:05</GMT"
          "Time><CommonFields><ThreatName>Eicar</ThreatName><ThreatActionTake"
          "n>Deleted</ThreatActionTaken><TargetFileName>C:\\x</TargetFileName"
          "></CommonFields></Event></SoftwareInfo></EPOevent>",
          ALERT, YG_DEV_ANTIVIRUS, "ePO", 1767323045,
          "rule.id=1027|rule.name=Eicar|event.severity=80|host.name=PC1|file."
          "path=C:\\x|event.action=deleted" },
        { "Exchange tracking",
          "2026-01-02T03:04:05.123Z,192.0.2.1,c,198.51.100.2,EX1,;,conn,SMTP,"
          "RECEIVE,1,<m@a.example>,,b@b.example,,100,1,,,\"hello, you\",a@a.e"
          "xample,a@a.example,,Incoming,,,,,,",
          CONTEXT, YG_DEV_MAIL, "Exchange", 1767323045,
          "event.action=receive|email.from.address=a@a.example|email.to.addre"
          "ss=b@b.example|email.subject=hello, you|source.ip=192.0.2.1" },
        { "Exchange proxy",
          "2026-01-02T03:04:05.123Z,61d2c86f-f9bb-456d-88c0-3529172510ac,15,0"
          ",847,30,,Owa,mail.example,/owa/x,,FBA,True,D\\jo,,,Mozilla,192.0.2"
          ".1,EX1,200,200,,GET,Proxy,,,",
          CONTEXT, YG_DEV_WEB, "Exchange", 1767323045,
          "url.original=/owa/x|source.ip=192.0.2.1|http.response.status_code="
          "200|http.request.method=GET|user.name=D\\jo" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas),
        cmocka_unit_test(sensors),
        cmocka_unit_test(containers),
        cmocka_unit_test(endpoints),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
