/* SPDX-License-Identifier: Apache-2.0 */
/* Dialects of web servers, proxies and what guards them; written for the test. */
#include "log_rows.h"

#define ALERT   YG_KIND_ALERT
#define CONTEXT YG_KIND_CONTEXT

static void served(void **state)
{
    static const struct log_row row[] = {
        { "combined",
          "192.0.2.1 - jo [2/Jan/2026:12:04:05 +0900] \"GET /a?b=\\\"c\\\" HTTP/1.1\" "
          "404 "
          "21 \"http://r.example/\" \"Agent/1 (x)\"",
          CONTEXT, YG_DEV_WEB, "web server", 1767323045,
          "source.ip=192.0.2.1|user.name=jo|http.request.method=GET|"
          "url.original=/a?b=\\\"c\\\"|http.response.status_code=404|"
          "http.response.body.bytes=21|user_agent.original=Agent/1 (x)|"
          "event.outcome=failure" },
        { "virtual host, IPv6, no size",
          "w.example:443 2001:db8::1 - - [02/Jan/2026:03:04:05 +0000] \"OPTIONS * "
          "HTTP/1.0\" 200 - \"-\" \"-\"",
          CONTEXT, YG_DEV_WEB, "web server", 1767323045,
          "url.domain=w.example|destination.port=443|source.ip=2001:db8::1|user.name=-|"
          "url.original=*|http.response.body.bytes=-|user_agent.original=-" },
        { "within syslog, behind a proxy, no request line",
          "<190>Jan  2 03:04:05 web1 nginx: 192.0.2.1 198.51.100.2 - - "
          "[02/Jan/2026:03:04:05 +0000] \"\\x16\\x03\" 400 0 \"-\" \"-\"",
          CONTEXT, YG_DEV_WEB, "web server", 1767323045,
          "source.ip=192.0.2.1|url.original=\\x16\\x03|http.request.method=-" },
        { "haproxy",
          "Jan  2 03:04:05 lb haproxy[9]: 192.0.2.1:33317 [02/Jan/2026:03:04:05.655] in "
          "app/a1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {w} {} \"GET /i "
          "HTTP/1.1\"",
          CONTEXT, YG_DEV_PROXY, "HAProxy", 1767323045,
          "source.ip=192.0.2.1|source.port=33317|http.response.status_code=200|"
          "url.original=/i|service.name=app/a1" },
        { "squid",
          "1767323045.525   1231 192.0.2.1 TCP_DENIED/407 1785 CONNECT w.example:443 jo "
          "HIER_DIRECT/198.51.100.2 text/html",
          CONTEXT, YG_DEV_PROXY, "Squid", 1767323045,
          "source.ip=192.0.2.1|event.action=tcp_denied|http.response.status_code=407|"
          "event.duration=1231000000|user.name=jo|destination.ip=198.51.100.2|"
          "url.original=w.example:443" },
        { "IIS",
          "2026-01-02 03:04:05 W3SVC1 WEB-01 198.51.100.2 GET /a.aspx id=1 80 - "
          "192.0.2.1 "
          "HTTP/1.1 Mozilla/4.0+(x) - - w.example 500 0 0 1 2 3",
          CONTEXT, YG_DEV_WEB, "IIS", 1767323045,
          "url.original=/a.aspx?id=1|source.ip=192.0.2.1|destination.ip=198.51.100.2|"
          "destination.port=80|http.response.status_code=500|"
          "user_agent.original=Mozilla/4.0+(x)" },
        { "IIS, fewer columns",
          "2026-01-02 03:04:05 198.51.100.2 GET / - 443 jo 192.0.2.1 curl - 200 0 0 15",
          CONTEXT, YG_DEV_WEB, "IIS", 1767323045,
          "url.original=/|user.name=jo|http.response.status_code=200" },
        { "IIS by its names",
          "#Fields: time date c-ip cs-username cs-method cs-uri-stem cs-uri-query "
          "sc-status "
          "sc-bytes cs-host\n"
          "03:04:05 2026-01-02 192.0.2.1 - GET /a.aspx id=1 404 77 w.example",
          CONTEXT, YG_DEV_WEB, "IIS", 1767323045,
          "url.original=/a.aspx?id=1|source.ip=192.0.2.1|http.response.status_code=404|"
          "event.outcome=failure|destination.bytes=77|url.domain=w.example|user.name=-" },
        { "CloudFront",
          "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) "
          "cs-uri-stem "
          "sc-status cs(User-Agent)\n"
          "2026-01-02\t03:04:05\tFRA2\t392\t192.0.2.1\tGET\tw.example\t/a\t200\tx%20y",
          CONTEXT, YG_DEV_WEB, "CloudFront", 1767323045,
          "url.original=/a|source.ip=192.0.2.1|url.domain=w.example|"
          "destination.bytes=392|user_agent.original=x%20y" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void complaints(void **state)
{
    static const struct log_row row[] = {
        { "apache",
          "[Fri Jan 02 03:04:05.678901 2026] [authz_core:error] [pid 31:tid 2] [client "
          "192.0.2.1:4711] AH01630: client denied by server configuration: /srv/x, "
          "referer: http://r.example/",
          CONTEXT, YG_DEV_WEB, "Apache httpd", 1767323045,
          "source.ip=192.0.2.1|source.port=4711|event.code=AH01630|file.path=/srv/x|"
          "process.pid=31|event.severity=60|event.action=denied" },
        { "apache of old",
          "[Fri Jan 02 03:04:05 2026] [error] [client 192.0.2.1] user jo not found: /x",
          CONTEXT, YG_DEV_WEB, "Apache httpd", 1767323045,
          "source.ip=192.0.2.1|user.name=jo|event.outcome=failure" },
        { "nginx, a path that plays a client",
          "2026/01/02 03:04:05 [error] 7#8: *5 open() \"/srv/a, client: 203.0.113.9\" "
          "failed (2: No such file), client: 192.0.2.1, server: w.example, request: "
          "\"GET "
          "/a HTTP/1.1\", host: \"v.example\"",
          CONTEXT, YG_DEV_WEB, "nginx", 1767323045,
          "source.ip=192.0.2.1|url.domain=v.example|url.original=/a|"
          "event.action=not-found|process.pid=7" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void firewalls(void **state)
{
    static const struct log_row row[] = {
        { "ModSecurity in Apache",
          "[Fri Jan 02 03:04:05.678901 2026] [:error] [pid 31] [client 192.0.2.1] "
          "ModSecurity: Access denied with code 403 (phase 2). Pattern match \"a\\\"b\" "
          "at "
          "ARGS:x. [file \"/e/a.conf\"] [line \"1\"] [id \"942100\"] [msg \"SQL "
          "Injection\"] [data \"1 or [id \\\"7\\\"]\"] [severity \"CRITICAL\"] [tag "
          "\"attack-sqli\"] [hostname \"w.example\"] [uri \"/x\"] [unique_id \"u\"]",
          ALERT, YG_DEV_WAF, "ModSecurity", 1767323045,
          "rule.id=942100|rule.name=SQL Injection|event.severity=90|event.action=blocked|"
          "source.ip=192.0.2.1|url.original=/x|url.domain=w.example|"
          "rule.category=attack-sqli|http.response.status_code=403|"
          "yagura.payload=1 or [id \\\"7\\\"]|rule.ruleset=modsecurity" },
        { "ModSecurity in nginx",
          "2026/01/02 03:04:05 [error] 7#8: *5 [client 192.0.2.1] ModSecurity: Warning. "
          "Matched [id \"913100\"] [msg \"Scanner\"] [severity \"2\"] [uri \"/\"], "
          "client: "
          "192.0.2.1, server: w.example, request: \"GET /y HTTP/1.1\"",
          ALERT, YG_DEV_WAF, "ModSecurity", 1767323045,
          "rule.id=913100|event.severity=80|event.action=detected|source.ip=192.0.2.1" },
        { "Coraza",
          "2026/01/02 03:04:05 [ERROR] [client \"192.0.2.1\"] Coraza: Warning. Found [id "
          "\"941100\"] [msg \"XSS\"] [severity \"error\"] [uri \"/\"]",
          ALERT, YG_DEV_WAF, "ModSecurity", 1767323045,
          "rule.id=941100|source.ip=192.0.2.1|event.severity=60" },
        { "it has a trouble of its own",
          "[Fri Jan 02 03:04:05 2026] [:error] [pid 1] [client 192.0.2.1] ModSecurity: "
          "Audit log: Failed writing [hostname \"w\"] [uri \"/\"]",
          CONTEXT, YG_DEV_WAF, "ModSecurity", 1767323045,
          "rule.id=-|event.severity=60|source.ip=192.0.2.1" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

#define AUDIT                                                                            \
    "--4a5b6c7d-A--\n[02/Jan/2026:03:04:05 +0000] X1 192.0.2.1 4711 198.51.100.2 80\n"   \
    "--4a5b6c7d-B--\nPOST /a?id=1 HTTP/1.1\nHost: w.example\nUser-Agent: curl\n\n"
#define FINDING                                                                          \
    "Message: Warning. x [id \"942100\"] [msg \"SQL Injection\"] [severity "             \
    "\"CRITICAL\"]\n"

/* One transaction is one record; what the client wrote is no finding. */
static void transactions(void **state)
{
    static const struct log_row row[] = {
        { "a rule matched",
          AUDIT "--4a5b6c7d-F--\nHTTP/1.1 403 Forbidden\n--4a5b6c7d-H--\n" FINDING
                "--4a5b6c7d-Z--",
          ALERT, YG_DEV_WAF, "ModSecurity", 1767323045,
          "rule.id=942100|rule.name=SQL Injection|source.ip=192.0.2.1|source.port=4711|"
          "destination.ip=198.51.100.2|http.request.method=POST|url.original=/a?id=1|"
          "url.domain=w.example|user_agent.original=curl|http.response.status_code=403|"
          "event.code=X1" },
        { "no rule matched", AUDIT "--4a5b6c7d-Z--", CONTEXT, YG_DEV_WAF, "ModSecurity",
          1767323045, "rule.id=-|url.original=/a?id=1" },
        { "a finding in the body is the client's text",
          AUDIT "--4a5b6c7d-C--\n--00000000-H--\n" FINDING "--4a5b6c7d-Z--", CONTEXT,
          YG_DEV_WAF, "ModSecurity", 1767323045, "rule.id=-" },
        { "cut off", AUDIT "--4a5b6c7d-H--\n" FINDING, ALERT, YG_DEV_WAF, "ModSecurity",
          1767323045, "rule.id=942100" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

/* Lines that name an IIS file's columns are no records. */
static void no_records(void **state)
{
    struct fixture f;

    (void)state;
    fixture_begin(&f, "log");
    const struct yg_event *e =
        fixture_decode(&f, YG_STR("#Fields: date time s-ip cs-method cs-uri-stem"));
    assert_int_equal(e->kind, YG_KIND_SKIP);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(served),       cmocka_unit_test(complaints),
        cmocka_unit_test(firewalls),    cmocka_unit_test(no_records),
        cmocka_unit_test(transactions),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
