/* SPDX-License-Identifier: Apache-2.0 */
/* Dialects of mail, names and leases; records written for the test. */
#include "log_rows.h"

#define ALERT   YG_KIND_ALERT
#define CONTEXT YG_KIND_CONTEXT

static void mail(void **state)
{
    static const struct log_row row[] = {
        { "postfix rejects",
          "Jan  2 03:04:05 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
          "unknown[192.0.2.1]: 554 5.7.1 <b@w.example>: no; from=<a@v.example> "
          "to=<b@w.example> proto=ESMTP helo=<h>",
          CONTEXT, YG_DEV_MAIL, "Postfix", 1767323045,
          "source.ip=192.0.2.1|email.from.address=a@v.example|"
          "email.to.address=b@w.example|event.outcome=failure" },
        { "postfix login",
          "Jan  2 03:04:05 mx postfix/smtpd[7]: warning: h[192.0.2.1]: SASL LOGIN "
          "authentication failed: x",
          CONTEXT, YG_DEV_MAIL, "Postfix", 0, "source.ip=192.0.2.1|event.action=login" },
        { "postfix sends",
          "Jan  2 03:04:05 mx postfix/smtp[7]: 4ABC: to=<b@w.example>, relay=r[192.0.2.9]"
          ":25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)",
          CONTEXT, YG_DEV_MAIL, "Postfix", 0,
          "email.message_id=4ABC|email.to.address=b@w.example|event.action=sent|"
          "event.outcome=success" },
        { "dovecot",
          "Jan  2 03:04:05 mx dovecot: imap-login: Disconnected (auth failed, 7 attempts "
          "in 9 secs): user=<jo>, method=PLAIN, rip=192.0.2.1, lip=198.51.100.2",
          CONTEXT, YG_DEV_MAIL, "Dovecot", 0,
          "user.name=jo|source.ip=192.0.2.1|destination.ip=198.51.100.2|"
          "event.outcome=failure|service.name=imap-login" },
        { "dovecot's databases",
          "Jan  2 03:04:05 mx dovecot: auth-worker(7): sql(jo@w.example,192.0.2.1): "
          "Password mismatch",
          CONTEXT, YG_DEV_MAIL, "Dovecot", 0,
          "user.name=jo@w.example|source.ip=192.0.2.1|event.outcome=failure" },
        { "exim login",
          "2026-01-02 03:04:05 dovecot_login authenticator failed for (h) "
          "[192.0.2.1]:35686: 535 Incorrect authentication data (set_id=jo)",
          CONTEXT, YG_DEV_MAIL, "Exim", 0,
          "source.ip=192.0.2.1|source.port=35686|user.name=jo|event.outcome=failure" },
        { "exim takes mail",
          "2026-01-02 03:04:05 1aBcDe-00000F-Gh <= a@v.example H=h [192.0.2.1]:25 "
          "P=esmtp "
          "S=9",
          CONTEXT, YG_DEV_MAIL, "Exim", 0,
          "email.message_id=1aBcDe-00000F-Gh|email.from.address=a@v.example|"
          "source.ip=192.0.2.1" },
        { "sendmail",
          "Jan  2 03:04:05 mx sm-mta[7]: 0123456789AB: from=<a@v.example>, size=1, "
          "relay=h.example [192.0.2.1]",
          CONTEXT, YG_DEV_MAIL, "sendmail", 0,
          "email.from.address=a@v.example|source.ip=192.0.2.1" },
        { "amavis",
          "Jan  2 03:04:05 mx amavis[7]: (1-2) Blocked INFECTED (Win.Test.X-1) {Q}, "
          "[192.0.2.1]:25 <a@v.example> -> <b@w.example>, Queue-ID: 4ABC, size: 1",
          ALERT, YG_DEV_MAIL, "amavis", 0,
          "rule.name=Win.Test.X-1|event.action=blocked|source.ip=192.0.2.1|"
          "email.message_id=4ABC|event.severity=75" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void names(void **state)
{
    static const struct log_row row[] = {
        { "BIND",
          "Jan  2 03:04:05 ns named[7]: client @0x7f00 192.0.2.1#4711 (w.example): "
          "query: "
          "w.example IN AAAA +E(0)K (198.51.100.2)",
          CONTEXT, YG_DEV_DNS, "BIND", 1767323045,
          "source.ip=192.0.2.1|source.port=4711|dns.question.name=w.example|"
          "dns.question.type=AAAA|event.action=query" },
        { "BIND refuses",
          "Jan  2 03:04:05 ns named[7]: client 2001:db8::1#53: query (cache) "
          "'w.example/A/IN' denied",
          CONTEXT, YG_DEV_DNS, "BIND", 0,
          "source.ip=2001:db8::1|dns.question.name=w.example|event.outcome=failure" },
        { "Unbound", "Jan  2 03:04:05 ns unbound: [7:0] info: 192.0.2.1 w.example. A IN",
          CONTEXT, YG_DEV_DNS, "Unbound", 0,
          "source.ip=192.0.2.1|dns.question.name=w.example|dns.question.type=A" },
        { "dnsmasq", "Jan  2 03:04:05 ap dnsmasq[7]: query[A] w.example from 192.0.2.1",
          CONTEXT, YG_DEV_DNS, "dnsmasq", 0,
          "dns.question.name=w.example|dns.question.type=A|source.ip=192.0.2.1" },
        { "dhcpd",
          "Jan  2 03:04:05 ns dhcpd[7]: DHCPACK on 192.0.2.5 to 00:00:5e:00:53:01 (h) "
          "via "
          "eth0",
          CONTEXT, YG_DEV_OTHER, "DHCP server", 0,
          "source.ip=192.0.2.5|source.mac=00:00:5e:00:53:01|event.action=dhcpack" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mail),
        cmocka_unit_test(names),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
