/* SPDX-License-Identifier: Apache-2.0 */
/* Dialects of logins and accounts; records written for the test. */
#include "log_rows.h"

#define CONTEXT YG_KIND_CONTEXT

static void ssh(void **state)
{
    static const struct log_row row[] = {
        { "key accepted",
          "<38>Jan  2 03:04:05 web1 sshd[71]: Accepted publickey for jo from 192.0.2.1 "
          "port 4711 ssh2: ED25519 SHA256:x",
          CONTEXT, YG_DEV_AUTH, "OpenSSH", 1767323045,
          "user.name=jo|source.ip=192.0.2.1|source.port=4711|event.action=login|"
          "event.outcome=success|host.name=web1|process.name=sshd|process.pid=71" },
        { "a user's name that speaks of another address",
          "Jan  2 03:04:05 web1 sshd[71]: Failed password for invalid user a from "
          "203.0.113.9 port 1 from 192.0.2.1 port 4711 ssh2",
          CONTEXT, YG_DEV_AUTH, "OpenSSH", 1767323045,
          "user.name=a from 203.0.113.9 port 1|source.ip=192.0.2.1|source.port=4711|"
          "event.outcome=failure" },
        { "repeated, with a level, by the session's process",
          "Jan  2 03:04:05 web1 sshd-session[71]: message repeated 2 times: [ error: "
          "maximum authentication attempts exceeded for root from 2001:db8::1 port 9 "
          "ssh2 "
          "[preauth]]",
          CONTEXT, YG_DEV_AUTH, "OpenSSH", 0,
          "user.name=root|source.ip=2001:db8::1|source.port=9|event.severity=60" },
        { "both ends",
          "Jan  2 03:04:05 web1 sshd[71]: Connection from 192.0.2.1 port 5 on "
          "198.51.100.2 port 22 rdomain \"\"",
          CONTEXT, YG_DEV_AUTH, "OpenSSH", 0,
          "source.ip=192.0.2.1|destination.ip=198.51.100.2|destination.port=22|"
          "event.action=connect|event.outcome=-" },
        { "old disconnect, no port",
          "Jan  2 03:04:05 web1 sshd[71]: Received disconnect from 192.0.2.1: 11: Bye",
          CONTEXT, YG_DEV_AUTH, "OpenSSH", 0,
          "source.ip=192.0.2.1|source.port=-|event.action=disconnect" },
        { "a text without meaning", "Jan  2 03:04:05 web1 sshd[71]: Nothing we know of",
          CONTEXT, YG_DEV_AUTH, "OpenSSH", 0,
          "event.action=-|message=Nothing we know of" },
        { "dropbear",
          "Jan  2 03:04:05 ap dropbear[7]: Bad password attempt for 'root' from "
          "192.0.2.1:48629",
          CONTEXT, YG_DEV_AUTH, "Dropbear", 0,
          "user.name=root|source.ip=192.0.2.1|source.port=48629|event.outcome=failure" },
        { "dropbear leaves",
          "Jan  2 03:04:05 ap dropbear[7]: Exit before auth from <192.0.2.1:48629>: "
          "(user 'jo', 3 fails): Max auth tries reached",
          CONTEXT, YG_DEV_AUTH, "Dropbear", 0, "user.name=jo|source.ip=192.0.2.1" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void pam(void **state)
{
    static const struct log_row row[] = {
        { "within sshd",
          "Jan  2 03:04:05 h sshd[9]: pam_unix(sshd:auth): authentication failure; "
          "logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root",
          CONTEXT, YG_DEV_AUTH, "OpenSSH", 0,
          "user.name=root|source.ip=192.0.2.1|event.action=login|event.outcome=failure|"
          "process.name=sshd" },
        { "somebody asks for another account",
          "Jan  2 03:04:05 h su(pam_unix)[9]: authentication failure; logname=jo uid=1 "
          "euid=0 tty= ruser=jo rhost=  user=root",
          CONTEXT, YG_DEV_AUTH, "su", 0,
          "user.name=jo|user.target.name=root|source.ip=-" },
        { "session",
          "Jan  2 03:04:05 h cron[9]: pam_unix(cron:session): session opened for user "
          "root(uid=0) by (uid=0)",
          CONTEXT, YG_DEV_HOST, "system", 0,
          "event.action=session-start|user.name=root" },
        { "in any program",
          "Jan  2 03:04:05 h xrdp[9]: pam_unix(xrdp:auth): check pass; user unknown",
          CONTEXT, YG_DEV_AUTH, "PAM", 0, "event.action=login|event.outcome=failure" },
        { "a command that plays PAM",
          "Jan  2 03:04:05 h sudo: jo : TTY=a ; USER=root ; COMMAND=/a "
          "pam_unix(sshd:auth): authentication failure; user=eve",
          CONTEXT, YG_DEV_AUTH, "sudo", 0, "user.name=jo" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void become(void **state)
{
    static const struct log_row row[] = {
        { "sudo",
          "Jan  2 03:04:05 h sudo:     jo : TTY=pts/4 ; PWD=/home/jo ; USER=root ; "
          "COMMAND=/bin/sh -c a ; USER=b",
          CONTEXT, YG_DEV_AUTH, "sudo", 0,
          "user.name=jo|user.target.name=root|event.outcome=success|"
          "process.command_line=/bin/sh -c a ; USER=b" },
        { "sudo says no",
          "Jan  2 03:04:05 h sudo: jo : user NOT in sudoers ; TTY=a ; USER=root ; "
          "COMMAND=/bin/ls",
          CONTEXT, YG_DEV_AUTH, "sudo", 0, "user.name=jo|event.outcome=failure" },
        { "su", "Jan  2 03:04:05 h su[1]: FAILED SU (to root) jo on pts/0", CONTEXT,
          YG_DEV_AUTH, "su", 0,
          "user.name=jo|user.target.name=root|event.outcome=failure" },
        { "doas", "Jan  2 03:04:05 h doas: jo ran command as root: /bin/ls -l", CONTEXT,
          YG_DEV_AUTH, "su", 0,
          "user.name=jo|user.target.name=root|process.command_line=/bin/ls -l|"
          "event.action=doas" },
        { "a console login",
          "Jan  2 03:04:05 h login[1]: FAILED LOGIN 2 FROM 192.0.2.7 FOR jo, "
          "Authentication failure",
          CONTEXT, YG_DEV_AUTH, "login", 0,
          "user.name=jo|source.ip=192.0.2.7|event.outcome=failure" },
        { "an account is made",
          "Jan  2 03:04:05 h useradd[1]: new user: name=eve, UID=1, GID=1, home=/",
          CONTEXT, YG_DEV_AUTH, "login", 0,
          "user.target.name=eve|event.action=user-added|process.name=useradd" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

/* Places of patterns that go as far as they can. */
static void greedy(void **state)
{
    struct yg_str part[YG_SCAN_MAX];

    (void)state;
    assert_int_equal(yg_scan(YG_STR("for a from b from c"), "for %+ from %s", part), 2);
    assert_true(yg_is(part[0], "a from b") && yg_is(part[1], "c"));
    assert_int_equal(yg_scan(YG_STR("x,y,z"), "%+,%s", part), 2);
    assert_true(yg_is(part[0], "x,y"));
    assert_int_equal(yg_scan(YG_STR("a   b   c"), "%* %s", part), 2);
    assert_true(yg_is(part[0], "a") && yg_is(part[1], "b"));
    assert_int_equal(yg_scan(YG_STR("a b"), "%+ from %s", part), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ssh),
        cmocka_unit_test(pam),
        cmocka_unit_test(become),
        cmocka_unit_test(greedy),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
