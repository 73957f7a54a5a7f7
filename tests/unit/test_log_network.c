/* SPDX-License-Identifier: Apache-2.0 */
/* Dialects of network devices, a record or two of each product; written for the test. */
#include "log_rows.h"

#define ALERT   YG_KIND_ALERT
#define CONTEXT YG_KIND_CONTEXT

static void exchange_formats(void **state)
{
    static const struct log_row row[] = {
        { "CEF alert",
          "<134>Jan  2 03:04:05 siem CEF:0|Acme \\| Co|Edge IPS|1.0|100|worm "
          "stopped|8|src="
          "192.0.2.1 spt=1024 dst=198.51.100.2 dpt=80 proto=TCP act=Blocked request="
          "http://a.example/x?a\\=b suser=jo cs1Label=Rule cs1=two words msg=it is a "
          "worm "
          "dvchost=edge1 fileHash=00 in=10 out=20 rt=1767323040123",
          ALERT, YG_DEV_IDS, "Acme | Co Edge IPS", 1767323040,
          "rule.id=100|rule.name=worm stopped|event.severity=80|event.action=blocked|"
          "source.ip=192.0.2.1|source.port=1024|destination.ip=198.51.100.2|"
          "destination.port=80|network.transport=tcp|url.original=http://a.example/x?a=b|"
          "user.name=jo|observer.name=edge1|message=it is a worm|source.bytes=20|"
          "destination.bytes=10|file.hash.sha256=-" },
        { "CEF of harmless traffic",
          "CEF:0|Acme|Firewall|1|1|session closed|3|src=192.0.2.1 cat="
          "traffic:forward start=Jan 02 2026 03:04:05 UTC",
          CONTEXT, YG_DEV_FIREWALL, "Acme Firewall", 1767323045,
          "rule.id=-|event.severity=30|source.ip=192.0.2.1|event.dataset=traffic:"
          "forward" },
        { "CEF whose severity is a word",
          "CEF:0|Acme|Proxy|1|x|Virus found|Low|src=2001:db8::1 fname=/a b.exe fsize=12",
          ALERT, YG_DEV_PROXY, "Acme Proxy", 0,
          "rule.id=x|event.severity=25|source.ip=2001:db8::1|file.path=/a "
          "b.exe|file.size=12" },
        { "LEEF 2.0 with its own delimiter",
          "LEEF:2.0|Acme|WAF|1|SQLi|^|src=192.0.2.1^dst=198.51.100.2^dstPort=443^sev=7^"
          "cat="
          "attack^devTime=Jan 02 2026 03:04:05^usrName=a b",
          ALERT, YG_DEV_WAF, "Acme WAF", 1767323045,
          "rule.id=SQLi|rule.category=attack|event.severity=70|destination.port=443|"
          "user.name=a b" },
        { "LEEF 2.0, delimiter by number",
          "<13>Jan  2 03:04:05 h LEEF:2.0|Acme|Firewall|1|allow|0x7C|src=192.0.2.1|sev=1",
          CONTEXT, YG_DEV_FIREWALL, "Acme Firewall", 1767323045,
          "source.ip=192.0.2.1|event.code=allow|event.severity=10" },
        { "LEEF 1.0 with tabs",
          "LEEF:1.0|Acme|Firewall|1|deny|src=192.0.2.1\tproto=17\tsrcBytes=5", CONTEXT,
          YG_DEV_FIREWALL, "Acme Firewall", 0, "network.transport=udp|source.bytes=5" },
        { "anybody's pairs",
          "<13>Jan  2 03:04:05 box wall: act=deny proto=17 src=192.0.2.1 "
          "sport=1 dst=198.51.100.2 dport=53 host=n/a",
          CONTEXT, YG_DEV_FIREWALL, NULL, 1767323045,
          "event.action=deny|source.port=1|destination.port=53|network.transport=udp|"
          "url.domain=-|observer.name=box|event.dataset=kv" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void fortinet(void **state)
{
    static const struct log_row row[] = {
        { "FortiGate IPS with evidence",
          "<185>date=2026-01-02 time=12:04:05 devname=\"fw-1\" devid=\"FG1\" eventtime="
          "1767323045123456789 tz=\"+0900\" logid=\"0419016384\" type=\"utm\" "
          "subtype=\"ips\" "
          "eventtype=\"signature\" level=\"alert\" vd=\"root\" severity=\"critical\" "
          "srcip=192.0.2.1 srcport=4711 dstip=198.51.100.2 dstport=80 srcintf=\"wan1\" "
          "dstintf=\"dmz\" proto=6 action=\"dropped\" service=\"HTTP\" "
          "attack=\"A.B.Overflow\" "
          "attackid=41475 hostname=\"w.example\" url=\"/x\" incidentserialno=1 "
          "attackcontextid=\"1/1\" attackcontext=\"R0VUIC8=\" msg=\"web_app: "
          "A.B.Overflow,\"",
          ALERT, YG_DEV_FIREWALL, "FortiGate", 1767323045,
          "rule.id=41475|rule.name=A.B.Overflow|rule.category=ips|rule.ruleset=fortigate|"
          "event.severity=90|event.action=dropped|event.code=0419016384|network."
          "transport=tcp|"
          "network.protocol=http|yagura.payload=GET /|observer.name=fw-1|"
          "observer.ingress.interface.name=wan1|url.original=/x|url.domain=w.example" },
        { "FortiGate virus, old keys",
          "date=2026-01-02 time=03:04:05 devname=fw device_id=FG1 log_id=0211008192 "
          "type=virus "
          "subtype=infected pri=warning vd=root src=192.0.2.1 src_port=80 "
          "dst=198.51.100.2 "
          "dst_port=1025 virus=\"EICAR\" file=\"a.com\" status=blocked",
          ALERT, YG_DEV_FIREWALL, "FortiGate", 1767323045,
          "rule.name=EICAR|event.severity=40|event.action=blocked|file.path=a.com|"
          "destination.port=1025" },
        { "FortiGate traffic that a policy denied",
          "<189>date=2026-01-02 time=03:04:05 devname=\"fw\" devid=\"FG1\" "
          "logid=\"0000000013\" "
          "type=\"traffic\" subtype=\"forward\" level=\"notice\" vd=\"root\" "
          "srcip=192.0.2.1 "
          "srcport=5 dstip=198.51.100.2 dstport=53 proto=17 action=\"deny\" "
          "policyname=\"no\" "
          "duration=3 sentbyte=60 rcvdbyte=0 sentpkt=1 sessionid=77 user=\"N/A\"",
          CONTEXT, YG_DEV_FIREWALL, "FortiGate", 1767323045,
          "rule.name=no|event.action=deny|event.duration=3000000000|source.bytes=60|"
          "source.packets=1|user.name=-|event.dataset=forward|yagura.flow_id=77" },
        { "FortiGate web filter, malicious category",
          "date=2026-01-02 time=03:04:05 devname=\"fw\" logid=\"0316013056\" "
          "type=\"utm\" "
          "subtype=\"webfilter\" level=\"warning\" srcip=192.0.2.1 dstip=198.51.100.2 "
          "hostname=\"bad.example\" action=\"blocked\" catdesc=\"Malicious Websites\"",
          ALERT, YG_DEV_FIREWALL, "FortiGate", 0,
          "rule.name=Malicious Websites|url.domain=bad.example|event.severity=40" },
        { "FortiGate web filter, plain",
          "date=2026-01-02 time=03:04:05 devname=\"fw\" logid="
          "\"0316013056\" type=\"utm\" subtype=\"webfilter\" level=\"warning\" "
          "srcip=192.0.2.1 "
          "hostname=\"news.example\" action=\"blocked\" catdesc=\"News\"",
          CONTEXT, YG_DEV_FIREWALL, "FortiGate", 0, "rule.id=-|rule.category=News" },
        { "FortiWeb",
          "date=2026-01-02 time=03:04:05 log_id=20000010 msg_id=1 device_id=FV1 vd="
          "\"root\" type=attack subtype=\"waf\" pri=alert proto=tcp service=https "
          "action=Alert_Deny "
          "src=192.0.2.1 src_port=5 dst=198.51.100.2 dst_port=443 http_method=get "
          "http_url=\"/a\" "
          "http_host=\"w.example\" severity_level=High signature_subclass=\"SQL "
          "Injection\" "
          "signature_id=\"030000136\" main_type=\"Signature Detection\" "
          "msg=\"Parameter\"",
          ALERT, YG_DEV_WAF, "FortiWeb", 1767323045,
          "rule.id=030000136|rule.name=SQL "
          "Injection|event.severity=75|event.action=alert_deny|"
          "http.request.method=get|url.domain=w.example" },
        { "FortiMail",
          "2026-01-02T03:04:05.1+00:00 192.0.2.9 date=2026-01-02 time=03:04:05.2 "
          "device_id=FE1 log_id=0200027993 type=statistics pri=information "
          "client_ip=\"192.0.2.1\" "
          "dst_ip=\"198.51.100.2\" from=\"a@x.example\" to=\"b@y.example\" "
          "subject=\"hi\" "
          "disposition=\"Accept\" virus=\"\"",
          CONTEXT, YG_DEV_MAIL, "FortiMail", 1767323045,
          "email.from.address=a@x.example|email.to.address=b@y.example|email.subject=hi|"
          "source.ip=192.0.2.1|event.action=accept" },
        { "FortiAuthenticator",
          "<13>Jan  2 03:04:05 fac db[3]:  category=\"Event\" subcategory="
          "\"Authentication\" typeid=20001 level=\"information\" user=\"jo\" "
          "nas=\"192.0.2.3\" "
          "action=\"Authentication\" status=\"Failed\" bad token",
          CONTEXT, YG_DEV_AUTH, "FortiAuthenticator", 1767323045,
          "user.name=jo|event.outcome=failure|event.code=20001|destination.ip=192.0.2."
          "3" },
        { "FortiDDoS",
          "devid=FI1 date=2026-01-02 time=03:04:05 tz=UTC type=attack spp=4 evecode=2 "
          "evesubcode=27 description=\"TCP invalid flags\" protocol=6 sip=0.0.0.0 "
          "dip=198.51.100.2 dropcount=30 severity=\"high\"",
          ALERT, YG_DEV_ANOMALY, "FortiDDoS", 0,
          "rule.id=27|rule.name=TCP invalid "
          "flags|event.severity=75|destination.ip=198.51.100.2" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void cisco(void **state)
{
    static const struct log_row row[] = {
        { "ASA deny",
          "<164>Jan 02 2026 03:04:05 fw : %ASA-4-106023: Deny tcp src inside:192.0.2.1/"
          "2143 dst outside:198.51.100.2/139 by access-group \"in\" [0x0, 0x0]",
          CONTEXT, YG_DEV_FIREWALL, "Cisco ASA", 1767323045,
          "source.ip=192.0.2.1|source.port=2143|destination.ip=198.51.100.2|destination."
          "port=139|"
          "network.transport=tcp|event.action=denied|event.code=106023|rule.name=in|"
          "observer.name=fw|observer.ingress.interface.name=inside" },
        { "ASA built outbound: the client is named last",
          "%ASA-6-302013: Built outbound TCP connection 9 for outside:198.51.100.2/443 "
          "(198.51.100.2/443) to inside:192.0.2.1/53496 (203.0.113.1/53496)",
          CONTEXT, YG_DEV_FIREWALL, "Cisco ASA", 0,
          "source.ip=192.0.2.1|source.port=53496|destination.ip=198.51.100.2|"
          "destination.port=443|event.action=built" },
        { "ASA teardown",
          "%ASA-6-302014: Teardown TCP connection 4211 for outside:192.0.2.1/53 to "
          "inside:198.51.100.2/1032 duration 0:01:02 bytes 526 TCP FINs",
          CONTEXT, YG_DEV_FIREWALL, "Cisco ASA", 0,
          "event.duration=62000000000|source.bytes=526|event.action=teardown" },
        { "ASA login",
          "%ASA-6-605005: Login permitted from 192.0.2.1/11 to inside:198.51.100.2/ssh "
          "for user \"jo\"",
          CONTEXT, YG_DEV_FIREWALL, "Cisco ASA", 0,
          "user.name=jo|source.port=11|destination.ip=198.51.100.2|event.action="
          "permitted" },
        { "ASA botnet filter",
          "%ASA-4-338008: Dynamic Filter dropped blacklisted TCP traffic from "
          "inside:192.0.2.1/51638 (192.0.2.9/51638) to outside:198.51.100.2/80 "
          "(198.51.100.2/80)",
          ALERT, YG_DEV_FIREWALL, "Cisco ASA", 0,
          "rule.id=338008|event.severity=40|event.action=dropped|destination.port=80" },
        { "PIX IDS",
          "%PIX-4-400013 IDS:2003 ICMP redirect from 192.0.2.1 to 198.51.100.2 on "
          "interface dmz",
          ALERT, YG_DEV_IDS, "Cisco ASA", 0,
          "rule.id=2003|rule.name=ICMP "
          "redirect|source.ip=192.0.2.1|network.transport=icmp" },
        { "FTD intrusion",
          "<113>Jan  2 03:04:05 ftd %FTD-1-430001: EventPriority: High, "
          "DeviceUUID: 1-2, SrcIP: 192.0.2.1, DstIP: 198.51.100.2, SrcPort: 5, DstPort: "
          "80, "
          "Protocol: tcp, IngressInterface: in, Priority: 1, GID: 1, SID: 2009358, "
          "Revision: 8, "
          "Message: \"SCAN a, b\", Classification: Web Application Attack, InlineResult: "
          "Blocked",
          ALERT, YG_DEV_IDS, "Cisco FTD", 1767323045,
          "rule.id=1:2009358|rule.name=SCAN a, b|rule.ruleset=snort|rule.version=8|"
          "event.severity=75|event.action=blocked|rule.category=Web Application Attack|"
          "destination.port=80" },
        { "FTD connection",
          "%FTD-6-430003: AccessControlRuleAction: Allow, SrcIP: 192.0.2.1, "
          "DstIP: 198.51.100.2, SrcPort: 5, DstPort: 443, Protocol: tcp, InitiatorBytes: "
          "10, "
          "ResponderBytes: 20, ConnectionDuration: 3, URL: https://x.example/",
          CONTEXT, YG_DEV_FIREWALL, "Cisco FTD", 0,
          "event.action=allow|source.bytes=10|destination.bytes=20|event.duration="
          "3000000000|"
          "url.original=https://x.example/" },
        { "IOS access list",
          "<189>39222: r1: *Jan  2 03:04:05.070: %SEC-6-IPACCESSLOGP: list 167 "
          "denied udp 192.0.2.1(137) (GigabitEthernet0/1 0000.0000.0001) -> "
          "198.51.100.2(137), "
          "1 packet",
          CONTEXT, YG_DEV_OTHER, "Cisco IOS", 1767323045,
          "rule.name=167|source.port=137|destination.ip=198.51.100.2|destination.port="
          "137|"
          "network.transport=udp|event.action=denied|event.code=SEC-IPACCESSLOGP|"
          "observer.name=r1" },
        { "IOS, no port",
          "%SEC-6-IPACCESSLOGP: list a denied tcp 192.0.2.1(70000) -> 198.51.100.2(1), 1 "
          "packet",
          CONTEXT, YG_DEV_OTHER, "Cisco IOS", 0,
          "source.ip=192.0.2.1|source.port=-|destination.port=1" },
        { "IOS IPS",
          "Jan  2 03:04:05 192.0.2.9 %IPS-4-SIGNATURE: Sig:3051 Subsig:1 Sev:4 TCP "
          "Window Size DoS [192.0.2.1:51654 -> 198.51.100.2:4444]",
          ALERT, YG_DEV_IDS, "Cisco IOS", 1767323045,
          "rule.id=3051.1|rule.name=TCP Window Size "
          "DoS|event.severity=80|source.port=51654|"
          "destination.ip=198.51.100.2|destination.port=4444" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void palo_alto(void **state)
{
    static const struct log_row row[] = {
        { "threat",
          "<14>Jan  2 03:04:06 fw 1,2026/01/02 "
          "03:04:06,0011,THREAT,vulnerability,2561,2026/01/02 "
          "03:04:05,192.0.2.1,198.51.100.2,0.0.0.0,203.0.113.5,web,corp\\jo,,web-"
          "browsing,vsys1,"
          "untrust,dmz,ethernet1/1,ethernet1/2,log,2026/01/02 "
          "03:04:06,12345,1,50000,80,0,8080,"
          "0x80002000,tcp,reset-both,\"a.example/x,y\",SQL Injection "
          "(Blind)(30514),any,high,"
          "client-to-server,1,0x0,US,JP,0,,0,,,1,curl,,,,,,,0,0,0,0,0,,fw-1,,,,GET",
          ALERT, YG_DEV_IDS, "PAN-OS", 1767323045,
          "rule.id=30514|rule.name=SQL Injection (Blind)|event.severity=75|event.action="
          "reset-both|source.port=50000|destination.port=80|source.nat.ip=-|destination."
          "nat.ip="
          "203.0.113.5|url.original=a.example/"
          "x,y|user_agent.original=curl|observer.name=fw-1|"
          "user.name=jo|user.domain=corp|http.request.method=GET|yagura.flow_id=12345" },
        { "URL log is context",
          "1,2026/01/02 03:04:06,0011,THREAT,url,1,2026/01/02 "
          "03:04:05,192.0.2.1,198.51.100.2,,,web"
          ",,,ssl,vsys1,a,b,e1,e2,l,,1,1,5,443,0,0,0x0,tcp,alert,\"x.example/"
          "\",(9999),news,"
          "informational,client-to-server",
          CONTEXT, YG_DEV_FIREWALL, "PAN-OS", 1767323045,
          "url.original=x.example/|rule.category=news|destination.port=443" },
        { "traffic of an old version",
          "1,2026/01/02 03:04:06,0011,TRAFFIC,end,1,2026/01/02 "
          "03:04:05,192.0.2.1,198.51.100.2,,,out"
          ",,,dns,vsys1,a,b,e1,e2,l,,9,1,5,53,0,0,0x0,udp,allow,200,80,120,2,2026/01/02 "
          "03:04:00,7"
          ",any,0,1,0x0,a,b,0,1,1",
          CONTEXT, YG_DEV_FIREWALL, "PAN-OS", 1767323045,
          "rule.name=out|source.bytes=80|destination.bytes=120|event.duration=7000000000|"
          "source.packets=1|network.protocol=dns|event.action=allow|event.dataset="
          "traffic" },
        { "system",
          "1,2026/01/02 03:04:06,0011,SYSTEM,auth,0,2026/01/02 03:04:05,,auth-fail,,0,0,"
          "general,medium,\"failed authentication for user 'jo', from 192.0.2.1\",1,0x0",
          CONTEXT, YG_DEV_FIREWALL, "PAN-OS", 1767323045,
          "event.severity=50|message=failed authentication for user 'jo', from "
          "192.0.2.1" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void others(void **state)
{
    static const struct log_row row[] = {
        { "Check Point drop",
          "<134>1 2026-01-02T03:04:05Z gw CheckPoint 1 - [action:\"Drop\"; "
          "flags:\"4\"; ifdir:\"inbound\"; ifname:\"eth2\"; loguid:\"{0x0,0x0}\"; "
          "origin:\"192.0.2.9\"; "
          "time:\"1767323045\"; dst:\"198.51.100.2\"; proto:\"6\"; s_port:\"5\"; "
          "service:\"443\"; "
          "src:\"192.0.2.1\"; rule_name:\"Cleanup\"; product:\"VPN-1 & FireWall-1\"; ]",
          CONTEXT, YG_DEV_FIREWALL, "Check Point", 1767323045,
          "event.action=drop|source.port=5|destination.port=443|network.transport=tcp|"
          "rule.name="
          "Cleanup|observer.name=192.0.2.9" },
        { "Check Point IPS",
          "<134>1 2026-01-02T03:04:05Z gw CheckPoint 1 - [action:\"Prevent\"; "
          "src:\"192.0.2.1\"; dst:\"198.51.100.2\"; product:\"SmartDefense\"; "
          "attack:\"Web Server "
          "Enforcement\"; protection_name:\"Struts RCE\"; protection_id:\"asm_1\"; "
          "severity:\"4\"]",
          ALERT, YG_DEV_FIREWALL, "Check Point", 1767323045,
          "rule.id=asm_1|rule.name=Struts RCE|event.severity=90|event.action=prevent" },
        { "Sophos Firewall",
          "device=\"SFW\" date=2026-01-02 time=12:04:05 timezone=\"JST\" "
          "device_name=\"XG\" log_id=010101600001 log_type=\"Firewall\" "
          "log_component=\"Firewall "
          "Rule\" log_subtype=\"Denied\" status=\"Deny\" priority=Information "
          "src_ip=192.0.2.1 "
          "dst_ip=198.51.100.2 protocol=\"TCP\" src_port=5 dst_port=22 sent_bytes=0",
          CONTEXT, YG_DEV_FIREWALL, "Sophos Firewall", 0,
          "event.action=deny|destination.port=22|network.transport=tcp|event.severity="
          "10" },
        { "Sophos Firewall IPS",
          "device=\"SFW\" date=2026-01-02 time=03:04:05 timezone=\"GMT\" "
          "log_type=\"IDP\" log_component=\"Signatures\" log_subtype=\"Drop\" "
          "priority=Warning "
          "signature_id=26022 signature_msg=\"FILE-PDF overflow\" "
          "classification=\"Attempted User\" "
          "src_ip=192.0.2.1 dst_ip=198.51.100.2 protocol=\"TCP\"",
          ALERT, YG_DEV_FIREWALL, "Sophos Firewall", 1767323045,
          "rule.id=26022|rule.name=FILE-PDF "
          "overflow|event.severity=40|event.action=drop" },
        { "Sophos UTM",
          "2026:01:02-03:04:05 utm ulogd[9]: id=\"2001\" severity=\"info\" "
          "sys=\"SecureNet\""
          " sub=\"packetfilter\" name=\"Packet dropped\" action=\"drop\" initf=\"eth0\" "
          "srcip="
          "\"192.0.2.1\" dstip=\"198.51.100.2\" proto=\"6\" srcport=\"5\" dstport=\"80\"",
          CONTEXT, YG_DEV_FIREWALL, "Sophos UTM", 1767323045,
          "event.action=drop|source.ip=192.0.2.1|destination.port=80|event.dataset="
          "packetfilter" },
        { "Sophos Anti-Virus",
          "<log><category>savscan.log</category><level>INFO</level><domain>"
          "savscan</domain><msg>NOTIFY_ONDEMANDTHREAT_INFECTED "
          "%s</msg><time>1767323045</time>"
          "<arg>/tmp/x</arg></log>",
          ALERT, YG_DEV_ANTIVIRUS, "Sophos Anti-Virus", 1767323045, "file.path=/tmp/x" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void more(void **state)
{
    static const struct log_row row[] = {
        { "SonicWall attack",
          "<129>id=firewall sn=0017 time=\"2026-01-02 03:04:05 UTC\" fw="
          "192.0.2.9 pri=1 c=32 m=82 msg=\"Possible port scan detected\" n=1 "
          "src=192.0.2.1:4711:X1:a.example dst=198.51.100.2:22:X0 proto=tcp/ssh",
          ALERT, YG_DEV_FIREWALL, "SonicWall", 1767323045,
          "rule.id=82|rule.name=Possible port scan "
          "detected|event.severity=90|source.port=4711|"
          "destination.port=22|network.protocol=ssh|observer.ingress.interface.name=X1" },
        { "Junos flow",
          "<14>1 2026-01-02T03:04:05.1Z srx RT_FLOW - RT_FLOW_SESSION_DENY "
          "[junos@2636.1.1.1.2.39 source-address=\"192.0.2.1\" source-port=\"5\" "
          "destination-address=\"198.51.100.2\" destination-port=\"53\" "
          "service-name=\"junos-dns\" "
          "protocol-id=\"17\" policy-name=\"deny all\" username=\"N/A\"]",
          CONTEXT, YG_DEV_FIREWALL, "Junos", 1767323045,
          "event.action=deny|network.transport=udp|rule.name=deny all|user.name=-|"
          "event.code=RT_FLOW_SESSION_DENY|source.port=5" },
        { "Junos screen, text",
          "Jan  2 03:04:05 srx RT_IDS: RT_SCREEN_TCP: TCP port scan! source: "
          "192.0.2.1:5, destination: 198.51.100.2:6, zone name: u, interface name: ge-0, "
          "action: drop",
          ALERT, YG_DEV_FIREWALL, "Junos", 1767323045,
          "rule.id=TCP port scan!|rule.name=TCP port "
          "scan!|source.port=5|destination.port=6|"
          "event.action=drop" },
        { "NetScreen attack",
          "Jan  2 03:04:05 h ssg5: NetScreen device_id=ssg5  [Root]system-emergency"
          "-00005: SYN flood! From 192.0.2.1:5 to 198.51.100.2:6, proto TCP (zone "
          "Untrust int "
          "ethernet0/0). Occurred 1 times. (2026-01-02 03:04:05)",
          ALERT, YG_DEV_FIREWALL, "ScreenOS", 1767323045,
          "rule.id=00005|rule.name=SYN "
          "flood|event.severity=100|source.port=5|destination.port=6|"
          "network.transport=tcp|observer.ingress.interface.name=ethernet0/0" },
        { "Huawei policy",
          "Jan  2 2026 03:04:05 USG %%01POLICY/6/POLICYDENY(l):vsys=public, "
          "protocol=6, source-ip=192.0.2.1, source-port=5, destination-ip=198.51.100.2, "
          "destination-port=22, rule-name=No SSH.",
          CONTEXT, YG_DEV_FIREWALL, "Huawei USG", 1767323045,
          "rule.name=No "
          "SSH|event.action=deny|destination.port=22|network.transport=tcp" },
        { "Huawei IPS",
          "Jan  2 2026 03:04:05 USG %%01IPS/4/DETECT(l):An intrusion was detected. "
          "(SyslogId=1, VSys=\"public\", Policy=\"p\", SrcIp=192.0.2.1, "
          "DstIp=198.51.100.2, SrcPort=5, "
          "DstPort=80, Protocol=TCP, SignName=\"Worm X\", SignId=17, Severity=high, "
          "Action=Block)",
          ALERT, YG_DEV_FIREWALL, "Huawei USG", 1767323045,
          "rule.id=17|rule.name=Worm X|event.severity=75|event.action=block" },
        { "pf, IPv4",
          "<134>Jan  2 03:04:05 filterlog[9]: 5,,,1000,em0,match,block,in,4,0x0,,128,1,0,"
          "none,6,tcp,60,192.0.2.1,198.51.100.2,5,22,0,S,1,,64240,,mss",
          CONTEXT, YG_DEV_FIREWALL, "pf", 1767323045,
          "event.action=block|rule.id=1000|source.port=5|destination.port=22|network."
          "transport=tcp" },
        { "pf, IPv6",
          "<134>Jan  2 03:04:05 fw filterlog[9]: "
          "5,,,1000,em0,match,pass,out,6,0x00,0x1,64,"
          "udp,17,30,2001:db8::1,2001:db8::2,5,53,30",
          CONTEXT, YG_DEV_FIREWALL, "pf", 1767323045,
          "source.ip=2001:db8::1|destination.port=53|network.transport=udp" },
        { "netfilter",
          "Jan  2 03:04:05 gw kernel: [1.2] [UFW BLOCK] IN=eth0 OUT= "
          "MAC=00:00:00:00:00:01:"
          "00:00:00:00:00:02:08:00 SRC=192.0.2.1 DST=198.51.100.2 LEN=52 DF PROTO=TCP "
          "SPT=5 DPT=23 "
          "WINDOW=1 SYN URGP=0",
          CONTEXT, YG_DEV_FIREWALL, "netfilter", 1767323045,
          "rule.name=UFW BLOCK|event.action=blocked|source.mac=00:00:00:00:00:02|"
          "destination.port=23|observer.egress.interface.name=-" },
        { "F5 daemon",
          "Jan  2 03:04:05 lb notice tmm[5]: 01010038:4: Syncookie counter 40 exceeded "
          "vip "
          "threshold 30 for virtual = 198.51.100.2:443",
          ALERT, YG_DEV_PROXY, "BIG-IP", 1767323045,
          "rule.id=01010038|destination.port=443|event.severity=60" },
        { "F5 ASM",
          "<131>Jan  2 03:04:05 lb "
          "ASM:unit_hostname=\"lb1\",attack_type=\"SQL-Injection\","
          "ip_client=\"192.0.2.1\",method=\"GET\",uri=\"/"
          "x\",request_status=\"blocked\",severity="
          "\"Critical\",sig_ids=\"200002273,1\",sig_names=\"SQL "
          "exec\",response_code=\"0\"",
          ALERT, YG_DEV_WAF, "BIG-IP ASM", 1767323045,
          "rule.id=200002273|rule.name=SQL exec|event.action=blocked|event.severity=90|"
          "url.original=/x|observer.name=lb1" },
        { "Arbor APS",
          "Jan  2 03:04:05 aps arbor-networks-aps: Blocked Host: Blocked host 192.0.2.1 "
          "at "
          "03:04 by TCP SYN Flood Detection using TCP/3306 (MYSQL) destination "
          "198.51.100.2 source "
          "port 5,URL: http://x.example/",
          ALERT, YG_DEV_ANOMALY, "Arbor", 1767323045,
          "rule.name=TCP SYN Flood Detection|destination.port=3306|source.port=5|"
          "url.original=http://x.example/|network.transport=tcp" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchange_formats),
        cmocka_unit_test(fortinet),
        cmocka_unit_test(cisco),
        cmocka_unit_test(palo_alto),
        cmocka_unit_test(others),
        cmocka_unit_test(more),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
