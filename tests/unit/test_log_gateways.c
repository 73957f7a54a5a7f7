/* SPDX-License-Identifier: Apache-2.0 */
/* Dialects of small gateways; records written for the test. */
#include "log_rows.h"

#define ALERT   YG_KIND_ALERT
#define CONTEXT YG_KIND_CONTEXT

static void gateways(void **state)
{
    static const struct log_row row[] = {
        { "Stormshield filter",
          "<13>id=firewall time=\"2026-01-02 12:04:06\" fw=\"sns\" tz=+0900 "
          "startime=\"2026-01-02 "
          "12:04:05\" pri=5 confid=01 srcif=\"Ethernet0\" ipproto=tcp proto=http "
          "src=192.0.2.1 "
          "srcport=5 dst=198.51.100.2 dstport=80 action=block logtype=\"filter\"",
          CONTEXT, YG_DEV_FIREWALL, "Stormshield", 1767323045,
          "event.action=block|destination.port=80|network.transport=tcp|network.protocol="
          "http|"
          "observer.name=sns|event.dataset=filter|event.severity=25" },
        { "Stormshield alarm",
          "id=firewall time=\"2026-01-02 03:04:05\" fw=\"sns\" tz=+0000 "
          "startime=\"2026-01-02 "
          "03:04:05\" pri=1 src=192.0.2.1 dst=198.51.100.2 action=block msg=\"SQL "
          "injection\" "
          "class=protocol alarmid=85 logtype=\"alarm\"",
          ALERT, YG_DEV_FIREWALL, "Stormshield", 1767323045,
          "rule.id=85|rule.name=SQL injection|event.severity=90|rule.category=protocol" },
        { "Meraki flow",
          "<134>1 1767323045.123456789 mx1 flows src=192.0.2.1 dst=198.51.100.2 "
          "mac=00:00:00:00:00:01"
          " protocol=udp sport=5 dport=53 pattern: deny all",
          CONTEXT, YG_DEV_FIREWALL, "Meraki", 1767323045,
          "source.ip=192.0.2.1|destination.port=53|network.transport=udp|rule.name=deny "
          "all|"
          "observer.name=mx1|event.dataset=flows" },
        { "Meraki IDS",
          "<134>1 1767323045.1 mx1 security_event ids_alerted signature=1:28423:1 "
          "priority=1 "
          "timestamp=1767323044.8 dhost=00:00:00:00:00:01 direction=ingress "
          "protocol=tcp/ip "
          "src=192.0.2.1:80 dst=198.51.100.2:53023 message: EXPLOIT-KIT detected",
          ALERT, YG_DEV_IDS, "Meraki", 1767323045,
          "rule.id=1:28423|rule.ruleset=snort|rule.name=EXPLOIT-KIT "
          "detected|event.severity=75|"
          "source.port=80|destination.port=53023|network.transport=tcp" },
        { "Meraki URL",
          "<134>1 1767323045.1 mx1 urls src=192.0.2.1:5 dst=198.51.100.2:80 "
          "mac=00:00:00:00:00:01 "
          "request: GET http://a.example/x",
          CONTEXT, YG_DEV_FIREWALL, "Meraki", 1767323045,
          "http.request.method=GET|url.original=http://a.example/x|destination.port=80" },
        { "WatchGuard deny",
          "<140>Jan  2 03:04:05 fb firewall: msg_id=\"3000-0148\" Deny 1-Trusted "
          "0-External 52 tcp 20 "
          "127 192.0.2.1 198.51.100.2 50000 445 offset 8 S 1 win 8192  (Unhandled "
          "Packet-00)",
          CONTEXT, YG_DEV_FIREWALL, "WatchGuard", 1767323045,
          "event.action=deny|network.transport=tcp|source.ip=192.0.2.1|source.port=50000|"
          "destination.ip=198.51.100.2|destination.port=445|event.code=3000-0148" },
        { "WatchGuard IPS",
          "<140>Jan  2 03:04:05 fb firewall: msg_id=\"3000-0150\" Deny 0-External "
          "1-Trusted tcp "
          "192.0.2.1 198.51.100.2 5 80 msg=\"IPS detected\" signature_id=\"1132\" "
          "signature_name="
          "\"WEB SQLi\" signature_cat=\"Web Attack\" severity=\"4\"",
          ALERT, YG_DEV_FIREWALL, "WatchGuard", 1767323045,
          "rule.id=1132|rule.name=WEB SQLi|event.severity=40|rule.category=Web Attack" },
        { "MikroTik firewall",
          "Jan  2 03:04:05 router firewall,info forward: in:ether1 out:bridge, src-mac "
          "00:00:00:00:00:01, proto TCP (SYN), 192.0.2.1:5->198.51.100.2:22, len 52",
          CONTEXT, YG_DEV_FIREWALL, "RouterOS", 1767323045,
          "source.port=5|destination.ip=198.51.100.2|destination.port=22|network."
          "transport=tcp|"
          "source.mac=00:00:00:00:00:01|observer.ingress.interface.name=ether1" },
        { "MikroTik login",
          "Jan  2 03:04:05 router system,error,critical login failure for user admin "
          "from 192.0.2.1 "
          "via ssh",
          CONTEXT, YG_DEV_FIREWALL, "RouterOS", 1767323045,
          "user.name=admin|source.ip=192.0.2.1|event.outcome=failure|service.name=ssh" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(gateways) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
