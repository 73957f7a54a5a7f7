/* SPDX-License-Identifier: Apache-2.0 */
/* Dialects of machines and of what looks after them; records written for the test. */
#include "log_rows.h"

#define ALERT   YG_KIND_ALERT
#define CONTEXT YG_KIND_CONTEXT

static void audit(void **state)
{
    static const struct log_row row[] = {
        { "a call",
          "type=SYSCALL msg=audit(1767323045.678:99): arch=c000003e syscall=59 "
          "success=yes "
          "exit=0 ppid=1 pid=71 auid=0 uid=0 comm=\"ls\" exe=\"/usr/bin/ls\" "
          "key=\"exec\" "
          "AUID=\"jo\" UID=\"root\"",
          CONTEXT, YG_DEV_HOST, "Linux audit", 1767323045,
          "event.code=SYSCALL|event.outcome=success|process.name=ls|process.pid=71|"
          "rule.name=exec|user.name=jo" },
        { "what a program says",
          "node=web1 type=USER_AUTH msg=audit(1767323045.678:99): pid=7 uid=0 ses=1 "
          "msg='op=PAM:authentication acct=\"jo\" exe=\"/usr/sbin/sshd\" hostname=? "
          "addr=192.0.2.1 terminal=ssh res=failed'",
          CONTEXT, YG_DEV_HOST, "Linux audit", 1767323045,
          "host.name=web1|user.name=jo|source.ip=192.0.2.1|event.outcome=failure|"
          "process.name=/usr/sbin/sshd|process.pid=7|event.action=user_auth" },
        { "SELinux",
          "type=AVC msg=audit(1767323045.678:99): avc:  denied  { write } for  pid=5 "
          "comm=\"x\" name=\"cache\" dev=dm-0",
          CONTEXT, YG_DEV_HOST, "Linux audit", 1767323045,
          "event.action=denied|event.outcome=failure|file.path=cache|process.name=x" },
        { "AppArmor",
          "Jan  2 03:04:05 h kernel: [ 1.5] audit: type=1400 audit(1767323045.1:9): "
          "apparmor=\"DENIED\" operation=\"open\" profile=\"/usr/bin/x\" name=\"/etc/y\" "
          "pid=3 comm=\"x\"",
          CONTEXT, YG_DEV_HOST, "Linux audit", 1767323045,
          "event.action=denied|rule.name=/usr/bin/x|file.path=/etc/y|"
          "event.outcome=failure|host.name=h" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void machines(void **state)
{
    static const struct log_row row[] = {
        { "usb",
          "Jan  2 03:04:05 h kernel: [ 12.5] usb 1-1: New USB device found, "
          "idVendor=0930, "
          "idProduct=6544",
          CONTEXT, YG_DEV_HOST, "kernel", 0,
          "event.action=usb-attached|event.code=0930" },
        { "crash",
          "Jan  2 03:04:05 h kernel: httpd[71]: segfault at 0 ip 00007f sp 00007f error "
          "4",
          CONTEXT, YG_DEV_HOST, "kernel", 0,
          "process.name=httpd|process.pid=71|event.action=crash" },
        { "cron", "Jan  2 03:04:05 h CRON[7]: (root) CMD (test -x /a && (b))", CONTEXT,
          YG_DEV_HOST, "system", 0,
          "user.name=root|process.command_line=test -x /a && (b)" },
        { "systemd", "Jan  2 03:04:05 h systemd[1]: a.service: Failed with result 'x'.",
          CONTEXT, YG_DEV_HOST, "system", 0,
          "service.name=a.service|event.outcome=failure" },
        { "macOS",
          "2026-01-02 03:04:05.380619+0000  localhost screensharingd[35]: "
          "Authentication: "
          "FAILED :: User Name: jo s :: Viewer Address: 192.0.2.1 :: Type: DH",
          CONTEXT, YG_DEV_HOST, "macOS", 1767323045,
          "user.name=jo s|source.ip=192.0.2.1|event.outcome=failure" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void guards(void **state)
{
    static const struct log_row row[] = {
        { "ClamAV", "Jan  2 03:04:05 h clamd[7]: /srv/a: b.exe: Win.Test.X-1 FOUND",
          ALERT, YG_DEV_ANTIVIRUS, "ClamAV", 1767323045,
          "rule.name=Win.Test.X-1|file.path=/srv/a: b.exe|event.severity=75|host.name=h|"
          "rule.ruleset=clamav" },
        { "ClamAV's own file",
          "Fri Jan  2 03:04:05 2026 -> instream(192.0.2.1@4711): Win.Test.X-1 FOUND",
          ALERT, YG_DEV_ANTIVIRUS, "ClamAV", 1767323045,
          "rule.name=Win.Test.X-1|source.ip=192.0.2.1" },
        { "active response",
          "Fri Jan  2 03:04:05 UTC 2026 /var/ossec/active-response/bin/firewall-drop.sh "
          "add - 192.0.2.1 1767323045.60385 31151",
          CONTEXT, YG_DEV_HOST, "Wazuh", 0,
          "source.ip=192.0.2.1|event.action=blocked|file.path=firewall-drop.sh|"
          "event.code=31151" },
        { "API",
          "2026/01/02 03:04:05 INFO: jo 192.0.2.1 \"GET /agents\" with parameters {} and "
          "body {} done in 0.006s: 401",
          CONTEXT, YG_DEV_HOST, "Wazuh", 0,
          "user.name=jo|source.ip=192.0.2.1|url.original=/agents|event.outcome=failure|"
          "http.response.status_code=401" },
        { "fail2ban",
          "Jan  2 03:04:05 h fail2ban.actions[7]: NOTICE  [sshd] Ban 192.0.2.1", CONTEXT,
          YG_DEV_HOST, "host protection", 0,
          "source.ip=192.0.2.1|event.action=blocked|rule.name=sshd|event.severity=20" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void evaluations(void **state)
{
    static const struct log_row row[] = {
        { "a check that failed",
          "<14>Jan  2 03:04:05 h oscap: msg: \"xccdf-result\", scan-id: \"7\", content: "
          "\"x.xml\", title: \"Own partition, /tmp\", id: \"rule_tmp\", result: "
          "\"fail\", "
          "severity: \"low\"",
          CONTEXT, YG_DEV_HOST, "OpenSCAP", 1767323045,
          "event.action=xccdf-result|event.code=rule_tmp|event.outcome=failure|"
          "message=Own partition, /tmp|file.path=x.xml|host.name=h" },
        { "a check that was not done",
          "<14>Jan  2 03:04:05 h oscap: msg: \"xccdf-result\", id: \"rule_tmp\", result: "
          "\"notchecked\"",
          CONTEXT, YG_DEV_HOST, "OpenSCAP", 1767323045, "event.outcome=-" },
        { "without an envelope", "oscap: msg: \"oval-overview\", score: \"95.19\".",
          CONTEXT, YG_DEV_HOST, "OpenSCAP", 0, "event.action=oval-overview" },
        { "its end",
          "<14>Jan  2 03:04:05 h oscap: Evaluation finished. Return code: 2, Base score "
          "95.0.",
          CONTEXT, YG_DEV_HOST, "OpenSCAP", 1767323045,
          "event.action=scan-finished|event.code=2" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audit),
        cmocka_unit_test(machines),
        cmocka_unit_test(guards),
        cmocka_unit_test(evaluations),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
