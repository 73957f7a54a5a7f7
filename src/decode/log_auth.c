/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who came in and what they became: OpenSSH, Dropbear, PAM, sudo, su, doas, login and the
 * programs that change accounts. All context. Messages as in the programs' sources. A
 * name of a user is a stranger's text: it ends where " from " stands last.
 */
#include "decode/dialects.h"
#include "decode/log_says.h"

#define OK     YG_SAID_OK
#define FAILED YG_SAID_FAILED

/* ---- PAM ----------------------------------------------------------------------------
 */

static const struct yg_kv_pick pam_pick[] = {
    { "ruser", YG_AS_TEXT, YG_F_USER_NAME },
    { "user", YG_AS_TEXT, YG_F_TARGET_USER },
    { "rhost", YG_AS_IP, YG_F_SOURCE_IP },
};

static const struct yg_say pam_rows[] = {
    { "session opened for user %s(uid=%s by %s(uid=", "v-u", "session-start", OK, 0 },
    { "session opened for user %s(uid=", "u", "session-start", OK, 0 },
    { "session opened for user %s by %s(", "vu", "session-start", OK, 0 },
    { "session opened for user %s", "u", "session-start", OK, 0 },
    { "session closed for user %s", "u", "session-end", 0, 0 },
    { "check pass; user unknown", "", "login", FAILED, 0 },
    { "check pass; user (%s) unknown", "u", "login", FAILED, 0 },
    { "bad username [%*]", "u", "login", FAILED, 0 },
    { "password changed for %s", "u", "password-changed", OK, 0 },
    { "password change aborted for %s", "u", "password-changed", FAILED, 0 },
    { "account %s has expired", "u", "login", FAILED, 0 },
    { "account %s is locked", "u", "login", FAILED, 0 },
    { "expired password for user %s", "u", "login", FAILED, 0 },
    { "user %s (%s) tally %s, deny %s", "u---", "login", FAILED, 0 },
    { "user %s (%s) has time remaining", "u-", "login", FAILED, 0 },
    { "Consecutive login failures for user %s account temporarily locked", "u", "login",
      FAILED, 0 },
    { "access denied for user `%*' from %s", "us", "login", FAILED, 0 },
    { "access denied for user %s", "u", "login", FAILED, 0 },
    { "User %s not allowed", "u", "login", FAILED, 0 },
    { "user '%*' granted access", "u", "login", OK, 0 },
    { "user '%*' denied access", "u", "login", FAILED, 0 },
    { "user %s requested", "u", "login", 0, 0 },
};

/* "pam_unix(sshd:auth): text", "sshd(pam_unix)[1]: text", "(pam_unix) text" */
static bool pam_text(const struct yg_logline *l, struct yg_str *text)
{
    struct yg_str module;

    *text = l->body;
    if (yg_eat(text, "PAM "))
        return yg_has(*text, "authentication failure");
    if (l->app.n > 0 && yg_has(l->app, "(pam_"))
        return true;
    if (yg_eat(text, "(pam_"))
        return yg_until(text, ")", &module);
    if (!yg_eat(text, "pam_") || !yg_until(text, ":", &module))
        return false;
    if (yg_has(module, "(") && !yg_has(module, ")") && !yg_until(text, ":", &module))
        return false;
    *text = yg_str_trim(*text);
    return true;
}

static int pam_match(const struct yg_logline *l)
{
    struct yg_str text;

    return pam_text(l, &text) ? 92 : 0;
}

bool yg_say_pam(struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str text, rest;
    struct yg_kv kv;

    if (!pam_text(l, &text))
        return false;
    if (yg_says(t, text, pam_rows, YG_ARRAY_LEN(pam_rows)))
        return true;
    bool failed = yg_has(text, "authentication failure") || yg_has(text, "fail");
    bool success = yg_has(text, "authentication success");
    if (failed || success) {
        YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("login"));
        yg_say_outcome(t, success ? OK : FAILED);
    }
    rest = text;
    if (yg_after(&rest, ";"))
        while (yg_kv_next(&rest, (struct yg_kv_style){ .assign = '=' }, &kv))
            yg_kv_put(t, pam_pick, YG_ARRAY_LEN(pam_pick), &kv);
    /* who failed is the account asked for, unless somebody else asked for it */
    if (!yg_event_has(t->e, YG_F_USER_NAME))
        YG_PUT(t, TEXT, USER_NAME,
               yg_kv_find(text, (struct yg_kv_style){ .assign = '=' }, "user"));
    return true;
}

static bool pam_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    (void)d;
    return yg_say_pam(t, l);
}

const struct yg_dialect yg_dialect_pam = {
    .name = "pam",
    .doc = "PAM modules, within any program's messages",
    .product = "PAM",
    .device = YG_DEV_AUTH,
    .on_host = true,
    .marks = "pam_|PAM ",
    .match = pam_match,
    .read = pam_read,
};

/* ---- OpenSSH ------------------------------------------------------------------------
 */

static const struct yg_say ssh_rows[] = {
    { "Accepted %s for %+ from %s port %s", "-usp", "login", OK, 0 },
    { "Accepted %s for %+ from %s", "-us", "login", OK, 0 },
    { "Failed %s for invalid user %+ from %s port %s", "-usp", "login", FAILED, 0 },
    { "Failed %s for illegal user %+ from %s port %s", "-usp", "login", FAILED, 0 },
    { "Failed %s for %+ from %s port %s", "-usp", "login", FAILED, 0 },
    { "Failed %s for %+ from %s", "-us", "login", FAILED, 0 },
    { "Postponed %s for invalid user %+ from %s port %s", "-usp", "postponed", 0, 0 },
    { "Postponed %s for %+ from %s port %s", "-usp", "postponed", 0, 0 },
    { "Partial %s for %+ from %s port %s", "-usp", "partial", 0, 0 },
    { "Invalid user %+ from %s port %s", "usp", "login", FAILED, 0 },
    { "Invalid user %+ from %s", "us", "login", FAILED, 0 },
    { "Illegal user %+ from %s", "us", "login", FAILED, 0 },
    { "input_userauth_request: invalid user %s", "u", "login", FAILED, 0 },
    { "input_userauth_request: illegal user %s", "u", "login", FAILED, 0 },
    { "Connection from %s port %s on %s port %s", "spdq", "connect", 0, 0 },
    { "Connection from %s port %s", "sp", "connect", 0, 0 },
    { "Connection closed by invalid user %+ %s port %s", "usp", "disconnect", FAILED, 0 },
    { "Connection closed by authenticating user %+ %s port %s", "usp", "disconnect",
      FAILED, 0 },
    { "Connection closed by %s port %s", "sp", "disconnect", 0, 0 },
    { "Connection closed by %s", "s", "disconnect", 0, 0 },
    { "Connection reset by invalid user %+ %s port %s", "usp", "disconnect", FAILED, 0 },
    { "Connection reset by authenticating user %+ %s port %s", "usp", "disconnect",
      FAILED, 0 },
    { "Connection reset by %s port %s", "sp", "disconnect", 0, 0 },
    { "Connection reset by %s", "s", "disconnect", 0, 0 },
    { "Received disconnect from %s port %s:", "sp", "disconnect", 0, 0 },
    { "Received disconnect from %s", "s", "disconnect", 0, 0 },
    { "Disconnected from invalid user %+ %s port %s", "usp", "disconnect", FAILED, 0 },
    { "Disconnected from authenticating user %+ %s port %s", "usp", "disconnect", FAILED,
      0 },
    { "Disconnected from user %+ %s port %s", "usp", "disconnect", 0, 0 },
    { "Disconnected from %s port %s", "sp", "disconnect", 0, 0 },
    { "Disconnected from %s", "s", "disconnect", 0, 0 },
    { "Disconnecting invalid user %+ %s port %s:", "usp", "disconnect", FAILED, 0 },
    { "Disconnecting invalid user %+ %s port %s", "usp", "disconnect", FAILED, 0 },
    { "Disconnecting authenticating user %+ %s port %s:", "usp", "disconnect", FAILED,
      0 },
    { "Disconnecting %s port %s:", "sp", "disconnect", 0, 0 },
    { "Disconnecting: Too many authentication failures for %s", "u", "disconnect", FAILED,
      0 },
    { "Disconnecting", "", "disconnect", 0, 0 },
    { "Unable to negotiate with %s port %s:", "sp", "negotiate", FAILED, 0 },
    { "Unable to negotiate with %s", "s", "negotiate", FAILED, 0 },
    { "Unable to negotiate", "", "negotiate", FAILED, 0 },
    { "no matching ", "", "negotiate", FAILED, 0 },
    { "Did not receive identification string from %s port %s", "sp", "scan", FAILED, 0 },
    { "Did not receive identification string from %s", "s", "scan", FAILED, 0 },
    { "Bad protocol version identification %+ from %s port %s", "-sp", "scan", FAILED,
      0 },
    { "Bad protocol version identification %+ from %s", "-s", "scan", FAILED, 0 },
    { "banner exchange: Connection from %s port %s:", "sp", "scan", FAILED, 0 },
    { "scanned from %s", "s", "scan", FAILED, 0 },
    { "kex_exchange_identification: ", "", "scan", FAILED, 0 },
    { "ssh_dispatch_run_fatal: Connection from %s port %s:", "sp", "connect", FAILED, 0 },
    { "User %s from %s not allowed because", "us", "login", FAILED, 0 },
    { "User %s not allowed because", "u", "login", FAILED, 0 },
    { "Login restricted for user %s", "u", "login", FAILED, 0 },
    { "ROOT LOGIN REFUSED FROM %s port %s", "sp", "login", FAILED, 0 },
    { "ROOT LOGIN REFUSED FROM %s", "s", "login", FAILED, 0 },
    { "maximum authentication attempts exceeded for invalid user %+ from %s port %s",
      "usp", "login", FAILED, 0 },
    { "maximum authentication attempts exceeded for %+ from %s port %s", "usp", "login",
      FAILED, 0 },
    { "Too many authentication failures for %s", "u", "login", FAILED, 0 },
    { "reverse mapping checking getaddrinfo for %s [%s] failed", "-s", "reverse-mapping",
      FAILED, 0 },
    { "reverse mapping checking gethostbyname for %s failed", "-", "reverse-mapping",
      FAILED, 0 },
    { "Address %s maps to %s", "s-", "reverse-mapping", FAILED, 0 },
    { "Nasty PTR record %s is set up for %s", "-s", "reverse-mapping", FAILED, 0 },
    { "Server listening on %s port %s", "dq", "listen", 0, 0 },
    { "Bind to port %s on %s failed", "qd", "listen", FAILED, 0 },
    { "Cannot bind any address", "", "listen", FAILED, 0 },
    { "Received signal %s", "-", "signal", 0, 0 },
    { "subsystem request for %s by user %s", "nu", "subsystem", 0, 0 },
    { "subsystem request for %s", "n", "subsystem", 0, 0 },
    { "Starting session: %* for %s from %s port %s", "cusp", "session-start", OK, 0 },
    { "Close session: user %s from %s port %s", "usp", "session-end", 0, 0 },
    { "refused connect from %s", "s", "connect", FAILED, 0 },
    { "Authentication refused: bad ownership or modes for %* %*", "-f", "login", FAILED,
      0 },
    { "Authentication tried for %+ with %* (host=%*, ip=%s)", "u--s", "login", FAILED,
      0 },
    { "Authentication tried for %+ with %*from %s", "u-s", "login", FAILED, 0 },
    { "PAM: %* for illegal user %+ from %s", "-us", "login", FAILED, 0 },
    { "PAM: %* for %+ from %s", "-us", "login", FAILED, 0 },
    { "Timeout before authentication for connection from %s to %s", "sd", "login", FAILED,
      0 },
    { "Timeout before authentication for %s port %s", "sp", "login", FAILED, 0 },
    { "Timeout before authentication for %s", "s", "login", FAILED, 0 },
    { "drop connection #%s from %s on %s", "-sd", "connect", FAILED, 0 },
    { "Read error from remote host %s port %s:", "sp", "disconnect", 0, 0 },
    { "Read error from remote host %s", "s", "disconnect", 0, 0 },
    { "Write failed: ", "", "disconnect", 0, 0 },
    { "Corrupted MAC on input", "", "corrupted", FAILED, 0 },
    { "Bad packet length", "", "corrupted", FAILED, 0 },
    { "Found matching %s key: %s", "-e", "key-found", 0, 0 },
    { "Accepted key %* found at %s", "-f", "key-found", 0, 0 },
    { "User child is on pid %s", "-", "fork", 0, 0 },
    { "Could not %* %s: ", "-f", "file", FAILED, 0 },
};

static bool ssh_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str text = l->body;

    (void)d;
    if (yg_eat(&text, "message repeated ")) /* rsyslog: "N times: [ TEXT]" */
        (void)(yg_after(&text, "times: [") && yg_eat(&text, " "));
    for (int i = 0; i < 2 && yg_say_level(t, &text); i++)
        continue;
    if (!yg_say_pam(t, l))
        (void)yg_says(t, text, ssh_rows, YG_ARRAY_LEN(ssh_rows));
    return true;
}

const struct yg_dialect yg_dialect_sshd = {
    .name = "sshd",
    .doc = "OpenSSH server (sshd)",
    .product = "OpenSSH",
    .device = YG_DEV_AUTH,
    .on_host = true,
    .apps = "sshd sshd-session sshd-auth sftp-server internal-sftp",
    .read = ssh_read,
};

static const struct yg_say dropbear_rows[] = {
    { "Password auth succeeded for %+ from %s", "us", "login", OK, 0 },
    { "Pubkey auth succeeded for %+ with %*key %* from %s", "u--s", "login", OK, 0 },
    { "PAM password auth succeeded for %+ from %s", "us", "login", OK, 0 },
    { "Auth succeeded with blank password for %+ from %s", "us", "login", OK, 0 },
    { "Bad password attempt for %+ from %s", "us", "login", FAILED, 0 },
    { "Bad PAM password attempt for %+ from %s", "us", "login", FAILED, 0 },
    { "Login attempt for nonexistent user %+from %s", "us", "login", FAILED, 0 },
    { "Login attempt for nonexistent user from %s", "s", "login", FAILED, 0 },
    { "Login attempt with wrong user %+ from %s", "us", "login", FAILED, 0 },
    { "User %+ has invalid shell", "u", "login", FAILED, 0 },
    { "User account %+ is locked", "u", "login", FAILED, 0 },
    { "Pubkey auth attempt with unknown algo for %+ from %s", "us", "login", FAILED, 0 },
    { "root login rejected", "", "login", FAILED, 0 },
    { "Child connection from %s", "s", "connect", 0, 0 },
    { "Exit before auth from <%s>: (user %*, %s fails)", "su-", "disconnect", FAILED, 0 },
    { "Exit before auth from <%s>", "s", "disconnect", FAILED, 0 },
    { "Exit before auth (user %*, %s fails)", "u-", "disconnect", FAILED, 0 },
    { "Exit before auth", "", "disconnect", FAILED, 0 },
    { "Exit (%s) from <%s>", "us", "disconnect", 0, 0 },
    { "Exit (%s)", "u", "disconnect", 0, 0 },
    { "Max auth tries reached - user %+ from %s", "us", "login", FAILED, 0 },
};

static bool dropbear_read(struct yg_decode *d, struct yg_target *t,
                          const struct yg_logline *l)
{
    (void)d;
    (void)yg_says(t, l->body, dropbear_rows, YG_ARRAY_LEN(dropbear_rows));
    return true;
}

const struct yg_dialect yg_dialect_dropbear = {
    .name = "dropbear",
    .doc = "Dropbear SSH server",
    .product = "Dropbear",
    .device = YG_DEV_AUTH,
    .on_host = true,
    .apps = "dropbear",
    .read = dropbear_read,
};

/* ---- sudo, su, doas -----------------------------------------------------------------
 */

/* "jo : [trouble ;] TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls -l": the command is
 * last and may hold anything. */
static bool sudo_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str rest = l->body, user, head, piece;

    (void)d;
    if (yg_say_pam(t, l) || !yg_until(&rest, " : ", &user))
        return true;
    YG_PUT(t, TEXT, USER_NAME, yg_str_trim(user));
    head = rest;
    if (yg_until(&rest, "COMMAND=", &head))
        YG_PUT(t, TEXT, COMMAND_LINE, rest);
    bool ran = yg_str_starts(yg_str_trim(head), YG_STR("TTY=")) ||
               yg_str_starts(yg_str_trim(head), YG_STR("PWD=")) ||
               yg_str_starts(yg_str_trim(head), YG_STR("HOST="));
    while (head.p && head.n > 0) {
        piece = yg_str_trim(yg_str_cut(&head, ';'));
        if (yg_eat(&piece, "USER="))
            YG_PUT(t, TEXT, TARGET_USER, piece);
    }
    YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("sudo"));
    yg_say_outcome(t, ran ? OK : FAILED);
    return true;
}

const struct yg_dialect yg_dialect_sudo = {
    .name = "sudo",
    .doc = "sudo, commands run as somebody else",
    .product = "sudo",
    .device = YG_DEV_AUTH,
    .on_host = true,
    .apps = "sudo",
    .read = sudo_read,
};

static const struct yg_say su_rows[] = {
    { "FAILED SU (to %s) %s on", "vu", "su", FAILED, 0 },
    { "FAILED su for %s by %s", "vu", "su", FAILED, 0 },
    { "(to %s) %s on", "vu", "su", OK, 0 },
    { "Successful su for %s by %s", "vu", "su", OK, 0 },
    { "BAD SU %s to %s on", "uv", "su", FAILED, 0 },
    { "failed: %s changing from %s to %s", "-uv", "su", FAILED, 0 },
    { "- %s %s:%s", "-uv", "su", FAILED, 0 },
    { "+ %s %s:%s", "-uv", "su", OK, 0 },
    { "'su %s' failed for %s on", "vu", "su", FAILED, 0 },
    { "'su %s' succeeded for %s on", "vu", "su", OK, 0 },
    { "%s to %s on", "uv", "su", OK, 0 },
    /* doas of OpenBSD and OpenDoas */
    { "failed auth for %s", "u", "doas", FAILED, 0 },
    { "failed command for %s: %*", "uc", "doas", FAILED, 0 },
    { "command not permitted for %s: %*", "uc", "doas", FAILED, 0 },
    { "%s ran command as %s: %*", "uvc", "doas", OK, 0 },
    { "%s ran command %* as %s from", "ucv", "doas", OK, 0 },
    { "%s ran command %*", "uc", "doas", OK, 0 },
};

static bool su_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    (void)d;
    if (!yg_say_pam(t, l))
        (void)yg_says(t, l->body, su_rows, YG_ARRAY_LEN(su_rows));
    return true;
}

const struct yg_dialect yg_dialect_su = {
    .name = "su",
    .doc = "su and doas, any system",
    .product = "su",
    .device = YG_DEV_AUTH,
    .on_host = true,
    .apps = "su doas su-l",
    .read = su_read,
};

/* ---- logins and accounts ------------------------------------------------------------
 */

static const struct yg_say account_rows[] = {
    { "FAILED LOGIN %s FROM %* FOR %*, ", "-su", "login", FAILED, 0 },
    { "FAILED LOGIN SESSION FROM %* FOR %*, ", "su", "login", FAILED, 0 },
    { "TOO MANY LOGIN TRIES %s FROM %* FOR %*,", "-su", "login", FAILED, 0 },
    { "ROOT LOGIN ON %s FROM %s", "-s", "login", OK, 0 },
    { "ROOT LOGIN ON %s", "-", "login", OK, 0 },
    { "LOGIN ON %s BY %s FROM %s", "-us", "login", OK, 0 },
    { "LOGIN ON %s BY %s", "-u", "login", OK, 0 },
    { "invalid password for '%*' on '%*' from '%*'", "u-s", "login", FAILED, 0 },
    { "invalid password for '%*'", "u", "login", FAILED, 0 },
    { "root login on %s", "-", "login", OK, 0 },
    { "New session %s of user %s", "eu", "session-start", OK, 0 },
    { "Session %s logged out", "e", "session-end", 0, 0 },
    { "Removed session %s", "e", "session-end", 0, 0 },
    { "Started Session %s of user %s", "eu", "session-start", OK, 0 },
    { "new user: name=%*,", "v", "user-added", OK, 0 },
    { "new group: name=%*,", "n", "group-added", OK, 0 },
    { "new account added - account=%*,", "v", "user-added", OK, 0 },
    { "failed adding user '%*',", "v", "user-added", FAILED, 0 },
    { "add '%*' to group '%*'", "vn", "group-changed", OK, 0 },
    { "add '%*' to shadow group '%*'", "vn", "group-changed", OK, 0 },
    { "delete user '%*'", "v", "user-removed", OK, 0 },
    { "delete '%*' from group '%*'", "vn", "group-changed", OK, 0 },
    { "remove group '%*'", "n", "group-removed", OK, 0 },
    { "removed group '%*' owned by '%*'", "nv", "group-removed", OK, 0 },
    { "group added to %*: name=%*,", "-n", "group-added", OK, 0 },
    { "change user '%*' password", "v", "password-changed", OK, 0 },
    { "change user '%*'", "v", "user-changed", OK, 0 },
    { "lock user '%*' password", "v", "user-locked", OK, 0 },
    { "password for '%*' changed by '%*'", "vu", "password-changed", OK, 0 },
    { "changed password expiry for %s", "v", "user-changed", OK, 0 },
    { "user '%*' added by root", "v", "user-added", OK, 0 },
    { "Account created: %s", "v", "user-added", OK, 0 },
    { "connect from %s", "s", "connect", 0, 0 },
    { "Connection from %s on illegal port", "s", "connect", FAILED, 0 },
    { "refused connect from %s", "s", "connect", FAILED, 0 },
    { "%s@%s as %s: cmd='%*'", "usvc", "login", OK, 0 },
    { "rexec by %s@%s", "us", "login", 0, 0 },
    { "warning: can't get client address", "", "connect", FAILED, 0 },
};

static bool account_read(struct yg_decode *d, struct yg_target *t,
                         const struct yg_logline *l)
{
    (void)d;
    if (!yg_say_pam(t, l))
        (void)yg_says(t, l->body, account_rows, YG_ARRAY_LEN(account_rows));
    return true;
}

const struct yg_dialect yg_dialect_login = {
    .name = "login",
    .doc = "login, systemd-logind, rlogind, rshd, telnetd; useradd and the like",
    .product = "login",
    .device = YG_DEV_AUTH,
    .on_host = true,
    .apps =
        "login systemd-logind elogind agetty getty rlogind in.rlogind rshd in.rshd "
        "telnetd in.telnetd rexecd useradd userdel usermod groupadd groupdel groupmod "
        "adduser deluser addgroup delgroup passwd chpasswd chage gpasswd newusers "
        "chfn chsh vipw",
    .read = account_read,
};
