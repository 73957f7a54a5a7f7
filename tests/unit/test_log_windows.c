/* SPDX-License-Identifier: Apache-2.0 */
/* Windows events in every shape; written for the test. */
#include "log_rows.h"

#define ALERT   YG_KIND_ALERT
#define CONTEXT YG_KIND_CONTEXT

static void shapes(void **state)
{
    static const struct log_row row[] = {
        { "evtx_dump, Sysmon process",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-Sysmon\"}},\"EventID\":1,\"Keywords\":\"0x800000"
          "0000000000\",\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"20"
          "26-01-02T03:04:05.123Z\"}},\"Channel\":\"Microsoft-Windows-Sysmon/"
          "Operational\",\"Computer\":\"pc1.example\"},\"EventData\":{\"RuleN"
          "ame\":\"technique_id=T1059,technique_name=x\",\"ProcessId\":77,\"I"
          "mage\":\"C:\\\\a\\\\b.exe\",\"CommandLine\":\"b.exe /c \\\"x\\\"\""
          ",\"User\":\"DOM\\\\jo\",\"ParentImage\":\"C:\\\\p.exe\",\"Hashes\""
          ":\"SHA1=00,MD5=BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB,SHA256=AAAAAAAAAAA"
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,IMPHASH=CCCC"
          "CCCCCCCCCCCCCCCCCCCCCCCCCCCC\"}}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Sysmon", 1767323045,
          "event.action=process-created|process.name=C:\\a\\b.exe|process.com"
          "mand_line=b.exe /c \"x\"|user.name=jo|user.domain=DOM|process.pare"
          "nt.name=C:\\p.exe|file.hash.md5=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb|fi"
          "le.hash.sha1=-|file.hash.sha256=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|process.pid=77|host.name=pc1.exa"
          "mple|threat.technique.id=T1059|event.code=1|event.dataset=Microsof"
          "t-Windows-Sysmon/Operational" },
        { "Winlogbeat logon that failed",
          "{\"@timestamp\":\"2026-01-02T03:04:05.123Z\",\"message\":\"An acco"
          "unt failed\",\"winlog\":{\"event_id\":4625,\"channel\":\"Security\""
          ",\"provider_name\":\"Microsoft-Windows-Security-Auditing\",\"compu"
          "ter_name\":\"dc1\",\"keywords\":[\"Audit Failure\"],\"event_data\""
          ":{\"SubjectUserName\":\"-\",\"TargetUserName\":\"jo\",\"TargetDoma"
          "inName\":\"DOM\",\"IpAddress\":\"192.0.2.1\",\"IpPort\":\"5000\",\""
          "Status\":\"0xc000006d\"}}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Security-Auditing", 1767323045,
          "event.outcome=failure|user.name=jo|user.domain=DOM|source.ip=192.0"
          ".2.1|source.port=5000|host.name=dc1|event.action=logon-failed|mess"
          "age=An account failed" },
        { "Winlogbeat 6",
          "{\"@timestamp\":\"2026-01-02T03:04:05.123Z\",\"event_id\":4624,\"l"
          "og_name\":\"Security\",\"source_name\":\"Microsoft-Windows-Securit"
          "y-Auditing\",\"computer_name\":\"dc1\",\"keywords\":[\"Audit Succe"
          "ss\"],\"event_data\":{\"SubjectUserName\":\"DC1$\",\"TargetUserNam"
          "e\":\"jo\",\"IpAddress\":\"-\"}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Security-Auditing", 1767323045,
          "event.outcome=success|user.name=jo|source.ip=-" },
        { "NXLog service",
          "{\"EventTime\":\"2026-01-02 03:04:05\",\"Hostname\":\"pc1\",\"Keyw"
          "ords\":1,\"EventType\":\"INFO\",\"EventID\":7045,\"SourceName\":\""
          "Service Control Manager\",\"Channel\":\"System\",\"ServiceName\":\""
          "bad\",\"ImagePath\":\"C:\\\\bad.exe\",\"AccountName\":\"LocalSyste"
          "m\",\"Message\":\"A service was installed\"}",
          CONTEXT, YG_DEV_HOST, "Service Control Manager", 1767323045,
          "event.action=service-installed|service.name=bad|file.path=C:\\bad."
          "exe|user.name=LocalSystem" },
        { "Wazuh agent, escaped twice",
          "{\"win\":{\"system\":{\"providerName\":\"Microsoft-Windows-Sysmon\""
          ",\"eventID\":\"13\",\"systemTime\":\"2026-01-02T03:04:05.123Z\",\""
          "channel\":\"Microsoft-Windows-Sysmon/Operational\",\"computer\":\""
          "pc1\",\"severityValue\":\"INFORMATION\",\"message\":\"\\\"x\\\"\"}"
          ",\"eventdata\":{\"image\":\"C:\\\\\\\\a.exe\",\"targetObject\":\"H"
          "KLM\\\\\\\\Run\\\\\\\\x\",\"user\":\"NT AUTHORITY\\\\\\\\SYSTEM\"}"
          "}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Sysmon", 1767323045,
          "event.action=registry-value-set|registry.path=HKLM\\Run\\x|process"
          ".name=C:\\a.exe|user.name=SYSTEM|user.domain=NT AUTHORITY" },
        { "WinEvtLog text",
          "2026 Jan 02 03:04:05 WinEvtLog: Security: AUDIT_FAILURE(4625): Mic"
          "rosoft-Windows-Security-Auditing: (no user): no domain: dc1.exampl"
          "e: An account failed to log on.    Subject:   Security ID:  S-1-0-"
          "0   Account Name:  -   Account Domain:  -    Account For Which Log"
          "on Failed:   Security ID:  S-1-0-0   Account Name:  jo   Account D"
          "omain:  DOM    Source Network Address: 192.0.2.1   Source Port:  5"
          "000",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Security-Auditing", 1767323045,
          "event.outcome=failure|user.name=jo|user.domain=DOM|source.ip=192.0"
          ".2.1|source.port=5000|host.name=dc1.example|event.code=4625" },
        { "Snare",
          "<13>Jan  2 03:04:05 dc1 MSWinEventLog\t1\tSecurity\t12\tFri Jan 02"
          " 03:04:05 2026\t4720\tMicrosoft-Windows-Security-Auditing\tadmin\t"
          "N/A\tSuccess Audit\tdc1\tUser Account Management\t\tA user account"
          " was created.    Subject:   Account Name:  admin   Account Domain:"
          "  DOM    New Account:   Account Name:  evil   Account Domain:  DOM"
          "\t5",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Security-Auditing", 1767323045,
          "event.outcome=success|user.name=admin|user.target.name=evil|event."
          "action=user-created|host.name=dc1" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void meanings(void **state)
{
    static const struct log_row row[] = {
        { "Sysmon network",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-Sysmon\"}},\"EventID\":3,\"Keywords\":\"0x800000"
          "0000000000\",\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"20"
          "26-01-02T03:04:05.123Z\"}},\"Channel\":\"Microsoft-Windows-Sysmon/"
          "Operational\",\"Computer\":\"pc1.example\"},\"EventData\":{\"Image"
          "\":\"C:\\\\a.exe\",\"User\":\"D\\\\u\",\"Protocol\":\"tcp\",\"Sour"
          "ceIp\":\"192.0.2.1\",\"SourcePort\":\"5\",\"DestinationIp\":\"2001"
          ":db8::1\",\"DestinationPort\":\"443\"}}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Sysmon", 1767323045,
          "event.action=network-connection|network.transport=tcp|source.ip=19"
          "2.0.2.1|source.port=5|destination.ip=2001:db8::1|destination.port="
          "443" },
        { "Sysmon DNS",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-Sysmon\"}},\"EventID\":22,\"Keywords\":\"0x80000"
          "00000000000\",\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"2"
          "026-01-02T03:04:05.123Z\"}},\"Channel\":\"Microsoft-Windows-Sysmon"
          "/Operational\",\"Computer\":\"pc1.example\"},\"EventData\":{\"Quer"
          "yName\":\"x.example\",\"QueryResults\":\"::ffff:192.0.2.1;\",\"Ima"
          "ge\":\"C:\\\\a.exe\"}}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Sysmon", 1767323045,
          "dns.question.name=x.example|dns.answers.data=::ffff:192.0.2.1;" },
        { "Sysmon access to a process",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-Sysmon\"}},\"EventID\":10,\"Keywords\":\"0x80000"
          "00000000000\",\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"2"
          "026-01-02T03:04:05.123Z\"}},\"Channel\":\"Microsoft-Windows-Sysmon"
          "/Operational\",\"Computer\":\"pc1.example\"},\"EventData\":{\"Sour"
          "ceImage\":\"C:\\\\a.exe\",\"TargetImage\":\"C:\\\\Windows\\\\Syste"
          "m32\\\\lsass.exe\",\"SourceUser\":\"D\\\\u\"}}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Sysmon", 1767323045,
          "process.name=C:\\a.exe|file.path=C:\\Windows\\System32\\lsass.exe|"
          "user.name=u" },
        { "Security process",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-Security-Auditing\"}},\"EventID\":4688,\"Keyword"
          "s\":\"0x8020000000000000\",\"TimeCreated\":{\"#attributes\":{\"Sys"
          "temTime\":\"2026-01-02T03:04:05.123Z\"}},\"Channel\":\"Security\","
          "\"Computer\":\"pc1.example\"},\"EventData\":{\"SubjectUserName\":\""
          "jo\",\"SubjectDomainName\":\"D\",\"NewProcessName\":\"C:\\\\n.exe\""
          ",\"NewProcessId\":\"0x10\",\"ProcessId\":\"0x1f\",\"CommandLine\":"
          "\"n.exe\",\"TargetUserName\":\"-\",\"ParentProcessName\":\"C:\\\\p"
          ".exe\"}}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Security-Auditing", 1767323045,
          "event.outcome=success|user.name=jo|user.target.name=-|process.name"
          "=C:\\n.exe|process.pid=31|process.parent.name=C:\\p.exe" },
        { "Kerberos ticket refused",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-Security-Auditing\"}},\"EventID\":4768,\"Keyword"
          "s\":\"0x8000000000000000\",\"TimeCreated\":{\"#attributes\":{\"Sys"
          "temTime\":\"2026-01-02T03:04:05.123Z\"}},\"Channel\":\"Security\","
          "\"Computer\":\"pc1.example\"},\"EventData\":{\"TargetUserName\":\""
          "jo\",\"Status\":\"0x6\",\"IpAddress\":\"::ffff:192.0.2.1\",\"Servi"
          "ceName\":\"krbtgt\"}}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Security-Auditing", 1767323045,
          "event.outcome=failure|source.ip=192.0.2.1|service.name=krbtgt" },
        { "explicit credentials",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-Security-Auditing\"}},\"EventID\":4648,\"Keyword"
          "s\":\"0x8020000000000000\",\"TimeCreated\":{\"#attributes\":{\"Sys"
          "temTime\":\"2026-01-02T03:04:05.123Z\"}},\"Channel\":\"Security\","
          "\"Computer\":\"pc1.example\"},\"EventData\":{\"SubjectUserName\":\""
          "jo\",\"TargetUserName\":\"admin\"}}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Security-Auditing", 1767323045,
          "user.name=jo|user.target.name=admin" },
        { "member added",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-Security-Auditing\"}},\"EventID\":4728,\"Keyword"
          "s\":\"0x8020000000000000\",\"TimeCreated\":{\"#attributes\":{\"Sys"
          "temTime\":\"2026-01-02T03:04:05.123Z\"}},\"Channel\":\"Security\","
          "\"Computer\":\"pc1.example\"},\"EventData\":{\"SubjectUserName\":\""
          "jo\",\"MemberName\":\"CN=x\",\"TargetUserName\":\"Domain Admins\"}"
          "}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Security-Auditing", 1767323045,
          "event.action=member-added|user.name=jo|user.target.name=Domain Adm"
          "ins" },
        { "PowerShell block",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-PowerShell\"}},\"EventID\":4104,\"Keywords\":\"0"
          "x8000000000000000\",\"TimeCreated\":{\"#attributes\":{\"SystemTime"
          "\":\"2026-01-02T03:04:05.123Z\"}},\"Channel\":\"Microsoft-Windows-"
          "PowerShell/Operational\",\"Computer\":\"pc1.example\"},\"EventData"
          "\":{\"ScriptBlockText\":\"Get-Date\",\"Path\":\"C:\\\\x.ps1\"}}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-PowerShell", 1767323045,
          "process.command_line=Get-Date|event.action=script-block|file.path="
          "C:\\x.ps1" },
        { "Defender detection",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-Windows Defender\"}},\"EventID\":1116,\"Keywords"
          "\":\"0x8000000000000000\",\"TimeCreated\":{\"#attributes\":{\"Syst"
          "emTime\":\"2026-01-02T03:04:05.123Z\"}},\"Channel\":\"Microsoft-Wi"
          "ndows-Windows Defender/Operational\",\"Computer\":\"pc1.example\"}"
          ",\"EventData\":{\"Threat ID\":\"2147\",\"Threat Name\":\"Trojan:Te"
          "st\",\"Severity Name\":\"Severe\",\"Category Name\":\"Trojan\",\"D"
          "etection User\":\"D\\\\jo\",\"Path\":\"file:_C:\\\\x.exe\",\"Proce"
          "ss Name\":\"C:\\\\p.exe\"}}}",
          ALERT, YG_DEV_ANTIVIRUS, "Microsoft-Windows-Windows Defender", 1767323045,
          "rule.id=2147|rule.name=Trojan:Test|event.severity=90|rule.category"
          "=Trojan|user.name=jo|file.path=C:\\x.exe|rule.ruleset=defend"
          "er" },
        { "Defender without detection",
          "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\""
          "Microsoft-Windows-Windows Defender\"}},\"EventID\":1000,\"Keywords"
          "\":\"0x8000000000000000\",\"TimeCreated\":{\"#attributes\":{\"Syst"
          "emTime\":\"2026-01-02T03:04:05.123Z\"}},\"Channel\":\"Microsoft-Wi"
          "ndows-Windows Defender/Operational\",\"Computer\":\"pc1.example\"}"
          ",\"EventData\":{}}}",
          CONTEXT, YG_DEV_HOST, "Microsoft-Windows-Windows Defender", 1767323045,
          "rule.id=-" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(meanings),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
