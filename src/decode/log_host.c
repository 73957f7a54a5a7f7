/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What machines say about themselves: kernel, cron, systemd, macOS, and those that look
 * after them: ClamAV (finds are alerts), OSSEC and Wazuh (their own daemons and active
 * responses), fail2ban, OpenSCAP results.
 */
#include "decode/dialects.h"
#include "decode/log_says.h"

#define OK     YG_SAID_OK
#define FAILED YG_SAID_FAILED

/* ---- kernel -------------------------------------------------------------------------
 */

static const struct yg_say kernel_rows[] = {
    { "usb %s: New USB device found, idVendor=%s idProduct=%s", "-ee", "usb-attached", 0,
      0 },
    { "usb %s: new %* USB device number", "--", "usb-attached", 0, 0 },
    { "usb %s: USB disconnect", "-", "usb-removed", 0, 0 },
    { "usb %s: Product: %*", "-e", "usb-attached", 0, 0 },
    { "usb-storage %s: USB Mass Storage device detected", "-", "usb-attached", 0, 0 },
    { "traps: %s[%s] ", "hN", "crash", FAILED, 0 },
    { "%s[%s]: segfault at", "hN", "crash", FAILED, 0 },
    { "%s[%s] general protection", "hN", "crash", FAILED, 0 },
    { "%s[%s] trap ", "hN", "crash", FAILED, 0 },
    { "Out of memory: Kill%* process %s (%*)", "-Nh", "killed", 0, 0 },
    { "Memory cgroup out of memory: Kill%* process %s (%*)", "-Nh", "killed", 0, 0 },
    { "Killed process %s (%*)", "Nh", "killed", 0, 0 },
    { "%s invoked oom-killer", "h", "out-of-memory", 0, 0 },
    { "device %s entered promiscuous mode", "-", "promiscuous", 0, 0 },
    { "%s: entered promiscuous mode", "-", "promiscuous", 0, 0 },
    { "device %s left promiscuous mode", "-", "promiscuous-end", 0, 0 },
    { "%*ossible SYN flooding on port %s", "-q", "syn-flood", 0, 0 },
    { "nf_conntrack: table full", "", "table-full", 0, 0 },
    { "ip_conntrack: table full", "", "table-full", 0, 0 },
    { "IPv4: martian source %s from %s on dev", "ds", "martian", 0, 0 },
    { "martian source %s from %s on dev", "ds", "martian", 0, 0 },
    { "%s: module verification failed", "n", "module-unsigned", 0, 0 },
    { "%s: loading out-of-tree module", "n", "module-loaded", 0, 0 },
    { "INFO: task %s:%s blocked for", "hN", "blocked", 0, 0 },
    { "EXT4-fs error (%*)", "-", "file-system", FAILED, 0 },
    { "EXT4-fs (%*): mounted", "-", "mounted", 0, 0 },
    { "Kernel logging (proc) stopped", "", "logging-stopped", 0, 0 },
    { "imklog ", "", "logging-started", 0, 0 },
    { "klogd %s log source", "-", "logging-started", 0, 0 },
    { "Linux version %s", "e", "boot", 0, 0 },
    { "Kernel command line: %*", "c", "boot", 0, 0 },
    { "Command line: %*", "c", "boot", 0, 0 },
    { "Kernel panic", "", "crash", FAILED, 0 },
    { "Oops: ", "", "crash", FAILED, 0 },
};

static bool kernel_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    struct yg_str text = l->body, time;

    (void)d;
    if (yg_eat(&text, "[") && yg_until(&text, "]", &time))
        text = yg_skip_blanks(text);
    else
        text = l->body;
    (void)yg_says(t, text, kernel_rows, YG_ARRAY_LEN(kernel_rows));
    return true;
}

const struct yg_dialect yg_dialect_kernel = {
    .name = "kernel",
    .doc = "the kernel's log: devices, crashes, memory",
    .product = "kernel",
    .device = YG_DEV_HOST,
    .on_host = true,
    .apps = "kernel klogd",
    .read = kernel_read,
};

/* ---- cron, systemd ------------------------------------------------------------------
 */

static const struct yg_say system_rows[] = {
    { "(%*) CMD (%+)", "uc", "scheduled", 0, 0 },
    { "(%*) CMDEND (%+)", "uc", "scheduled-end", 0, 0 },
    { "(%*) ORPHAN (%*)", "u-", "orphan", 0, 0 },
    { "(%*) BEGIN EDIT (%*)", "uv", "crontab-edit", 0, 0 },
    { "(%*) END EDIT (%*)", "uv", "crontab-edit-end", 0, 0 },
    { "(%*) REPLACE (%*)", "uv", "crontab-replaced", OK, 0 },
    { "(%*) DELETE (%*)", "uv", "crontab-deleted", OK, 0 },
    { "(%*) LIST (%*)", "uv", "crontab-listed", 0, 0 },
    { "(%*) RELOAD (%*)", "uf", "crontab-reloaded", 0, 0 },
    { "(%*) AUTH (%*)", "u-", "crontab-denied", FAILED, 0 },
    { "(%*) MAIL (%*)", "u-", "mailed", 0, 0 },
    { "(%*) INFO (%*)", "u-", "info", 0, 0 },
    { "Job `%*' started", "n", "scheduled", 0, 0 },
    { "Job `%*' terminated", "n", "scheduled-end", 0, 0 },
    { "Started %*.", "n", "start", OK, 0 },
    { "Starting %*...", "n", "starting", 0, 0 },
    { "Stopped %*.", "n", "stop", OK, 0 },
    { "Stopping %*...", "n", "stopping", 0, 0 },
    { "Failed to start %*.", "n", "start", FAILED, 0 },
    { "Failed to mark scope %s", "n", "scope", FAILED, 0 },
    { "Failed to ", "", "error", FAILED, 0 },
    { "%s: Main process exited, code=%s", "n-", "exit", FAILED, 0 },
    { "%s: main process exited, code=%s", "n-", "exit", FAILED, 0 },
    { "%s: Failed with result '%*'", "n-", "exit", FAILED, 0 },
    { "Unit %s entered failed state", "n", "exit", FAILED, 0 },
    { "%s: Succeeded.", "n", "exit", OK, 0 },
    { "%s: Deactivated successfully.", "n", "exit", OK, 0 },
    { "%s: Scheduled restart job", "n", "restart", 0, 0 },
    { "Created slice %*.", "n", "start", 0, 0 },
    { "Removed slice %*.", "n", "stop", 0, 0 },
    { "Reached target %*.", "n", "start", 0, 0 },
    { "Mounted %*.", "n", "mounted", 0, 0 },
    { "Listening on %*.", "n", "start", 0, 0 },
    { "Reloading", "", "reload", 0, 0 },
    { "Time has been changed", "", "time-changed", 0, 0 },
};

static bool system_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    (void)d;
    if (!yg_say_pam(t, l))
        (void)yg_says(t, l->body, system_rows, YG_ARRAY_LEN(system_rows));
    return true;
}

const struct yg_dialect yg_dialect_system = {
    .name = "system",
    .doc = "cron, anacron, at, systemd",
    .product = "system",
    .device = YG_DEV_HOST,
    .on_host = true,
    .apps = "cron crond crontab anacron atd fcron systemd init",
    .read = system_read,
};

/* ---- macOS --------------------------------------------------------------------------
 */

static const struct yg_say mac_rows[] = {
    { "Authentication: SUCCEEDED :: User Name: %* :: Viewer Address: %s ::", "us",
      "screen-sharing", OK, 0 },
    { "Authentication: FAILED :: User Name: %* :: Viewer Address: %s ::", "us",
      "screen-sharing", FAILED, 0 },
    { "Update Access Record: %s for %s to Allowed", "nh", "privacy-access", OK, 0 },
    { "Update Access Record: %s for %s to Denied", "nh", "privacy-access", FAILED, 0 },
    { "%*Session %s created, uid:%s", "-e-", "session-start", OK, 0 },
    { "%*Session %s destroyed", "-e", "session-end", 0, 0 },
    { "%*screenIsLocked", "-", "screen-locked", 0, 0 },
    { "%*screenIsUnlocked", "-", "screen-unlocked", OK, 0 },
    { "%*desktopUp", "-", "session-start", OK, 0 },
    { "%*ogoutInitiated", "-", "logout", 0, 0 },
    { "%*logout", "-", "logout", 0, 0 },
    { "%*Logout", "-", "logout", 0, 0 },
    { "%*shutdownInitiated", "-", "shutdown", 0, 0 },
    { "%*restartinitiated", "-", "restart", 0, 0 },
    { "Service exited with abnormal code: %s", "e", "exit", FAILED, 0 },
    { "(%*): Service exited with abnormal code: %s", "ne", "exit", FAILED, 0 },
    { "(%*): Service exited due to %s", "n-", "exit", FAILED, 0 },
    { "Succeeded authorizing right '%*' by client '%*'", "nf", "authorize", OK, 0 },
    { "Failed to authorize right '%*' by client '%*'", "nf", "authorize", FAILED, 0 },
    { "DEAD_PROCESS: %s", "-", "session-end", 0, 0 },
    { "USER_PROCESS: %s", "-", "session-start", OK, 0 },
};

/* "(library) [com.apple.TCC:access] text" */
static bool mac_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str text = l->body, rest, part;

    (void)d;
    rest = text;
    if (yg_eat(&rest, "(") && yg_until(&rest, ") [", &part))
        text = rest, text.p--, text.n++;
    rest = text;
    if (yg_eat(&rest, "[com.apple.") && yg_until(&rest, "] ", &part)) {
        YG_PUT(t, TEXT, SERVICE_NAME, part);
        text = rest;
    }
    (void)yg_says(t, text, mac_rows, YG_ARRAY_LEN(mac_rows));
    return true;
}

const struct yg_dialect yg_dialect_macos = {
    .name = "macos",
    .doc = "macOS, unified log as text: logins, privacy, services",
    .product = "macOS",
    .device = YG_DEV_HOST,
    .on_host = true,
    .apps = "tccd loginwindow screensharingd securityd sessionlogoutd authd sandboxd "
            "com.apple.xpc.launchd launchd opendirectoryd securityagent syspolicyd",
    .read = mac_read,
};

/* ---- ClamAV -------------------------------------------------------------------------
 */

static const struct yg_say clam_rows[] = {
    /* with ExtendedDetectionInfo: "name(md5:size)" */
    { "%+: %s(%*:%*) FOUND", "fR", "found", 0, 75 },
    { "instream(%*): %s FOUND", "sR", "found", 0, 75 },
    { "stream(%*): %s FOUND", "sR", "found", 0, 75 },
    { "fd[%*]: %s FOUND", "-R", "found", 0, 75 },
    { "%+: %s FOUND", "fR", "found", 0, 75 },
    { "Message %s from %s to %s with subject '%+' message-id '%*' date '%*' infected by "
      "%s",
      "imoj--R", "found", 0, 75 },
    { "Message %s from %s to %s infected by %s", "imoR", "found", 0, 75 },
};

/* "Fri Jan  2 03:04:05 2026 -> text" of its own file */
static struct yg_str clam_text(const struct yg_logline *l)
{
    struct yg_str text = l->raw;

    if (l->app.n == 0 && yg_after(&text, " -> "))
        return text;
    return l->body;
}

static int clam_match(const struct yg_logline *l)
{
    struct yg_str text = clam_text(l), part[YG_SCAN_MAX];
    bool ours = yg_str_starts(l->app, YG_STR("clam"));

    if (text.n > 6 && memcmp(text.p + text.n - 6, " FOUND", 6) == 0 &&
        yg_scan(text, "%+: %s FOUND", part) == 2)
        return ours || l->app.n == 0 ? 90 : 50;
    return ours && yg_has(text, " infected by ") ? 90 : 0;
}

static bool clam_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str time = l->raw, part[YG_SCAN_MAX];
    uint64_t size;

    (void)d;
    if (l->app.n == 0 && yg_has(l->raw, " -> "))
        (void)yg_log_put_time(t, time);
    if (yg_scan(clam_text(l), "%+: %s(%*:%*) FOUND", part) == 4) {
        yg_put_hash(t, part[2]);
        if (yg_str_u64(part[3], &size))
            yg_event_set_u64(t->e, YG_F_FILE_SIZE, size);
    }
    if (!yg_says(t, clam_text(l), clam_rows, YG_ARRAY_LEN(clam_rows)))
        return false;
    YG_PUT(t, TEXT, RULE_ID, yg_event_str(t->b, t->e, YG_F_RULE_NAME));
    return true;
}

const struct yg_dialect yg_dialect_clamav = {
    .name = "clamav",
    .doc = "ClamAV: clamd, clamscan, clamav-milter",
    .product = "ClamAV",
    .device = YG_DEV_ANTIVIRUS,
    .on_host = true,
    .marks = " FOUND| infected by ",
    .match = clam_match,
    .no_host = true,
    .read = clam_read,
};

/* ---- OSSEC, Wazuh, fail2ban ---------------------------------------------------------
 */

static const struct yg_say ossec_rows[] = {
    { "%s add %s %s %s %s", "fus-e", "blocked", 0, 0 },
    { "%s delete %s %s %s %s", "fus-e", "unblocked", 0, 0 },
};

static int ossec_match(const struct yg_logline *l)
{
    if (yg_has(l->raw, "active-response/bin/"))
        return 93;
    if ((l->app.n == 0 || yg_is(l->app, "ERROR")) &&
        yg_has(l->raw, "ERROR: IP blocked due to exceeded number of log"))
        return 70;
    return yg_has(l->raw, "INFO: ") && yg_has(l->raw, "\" with parameters {") ? 92 : 0;
}

/* ".. with parameters {..} and body {..} done in 0.006s: 400" */
static void api_status(struct yg_target *t, struct yg_str s)
{
    struct yg_str part[YG_SCAN_MAX];
    uint64_t n;

    if (yg_scan(s, "%+ done in %ss: %s", part) != 3 || !yg_str_u64(part[2], &n) ||
        n > 999)
        return;
    YG_PUT(t, U64, HTTP_STATUS, part[2]);
    yg_say_outcome(t, n < 400 ? OK : FAILED);
}

static bool ossec_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str text = l->raw, part[YG_SCAN_MAX];

    (void)d;
    if (yg_after(&text, "active-response/bin/")) {
        (void)yg_says(t, text, ossec_rows, YG_ARRAY_LEN(ossec_rows));
        return true;
    }
    if (yg_scan(text, "%*ERROR: IP blocked due to exceeded number of logins attempts: %s",
                part) == 2) {
        yg_log_ip(t, YG_F_SOURCE_IP, part[1]);
        YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("blocked"));
        return true;
    }
    if (!yg_after(&text, "INFO: "))
        return false;
    /* "wazuh 192.0.2.1 .."; a context's hash may stand behind the user */
    if (yg_scan(text, "%s (%s) %s \"%s %s\" with parameters", part) == 5)
        part[1] = part[2], part[2] = part[3], part[3] = part[4];
    else if (yg_scan(text, "%s %s \"%s %s\" with parameters", part) != 4)
        return false;
    YG_PUT(t, TEXT, USER_NAME, part[0]);
    yg_log_ip(t, YG_F_SOURCE_IP, part[1]);
    YG_PUT(t, TEXT, HTTP_METHOD, part[2]);
    YG_PUT(t, TEXT, URL, part[3]);
    api_status(t, text);
    return true;
}

const struct yg_dialect yg_dialect_ossec = {
    .name = "ossec",
    .doc = "OSSEC and Wazuh: active responses, API",
    .product = "Wazuh",
    .device = YG_DEV_HOST,
    .marks = "active-response/bin/|\" with parameters {|ERROR: IP blocked due to",
    .match = ossec_match,
    .no_host = true,
    .read = ossec_read,
};

static const struct yg_say jail_rows[] = {
    { "Ban %s", "s", "blocked", 0, 0 },
    { "Restore Ban %s", "s", "blocked", 0, 0 },
    { "Unban %s", "s", "unblocked", 0, 0 },
    { "Found %s", "s", "found", 0, 0 },
    { "Ignore %s", "s", "ignored", 0, 0 },
    { "%s already banned", "s", "blocked", 0, 0 },
    { "Attack from \"%*\" on service", "s", "found", 0, 0 },
    { "Blocking \"%*\" for", "s", "blocked", 0, 0 },
    { "Blocking %s for", "s", "blocked", 0, 0 },
    { "Analyzing file: '%*'", "f", "monitoring", 0, 0 },
    { "Started (pid: %s", "N", "start", 0, 0 },
};

/* fail2ban: "fail2ban.actions [12]: NOTICE [sshd] Ban 192.0.2.1"; ossec: "INFO: text" */
static bool jail_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str text = l->body, rest, level, jail;

    (void)d;
    (void)yg_say_level(t, &text);
    rest = text;
    if (yg_word(&rest, &level) && yg_log_severity(level, 101) <= 100) {
        text = yg_skip_blanks(rest);
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, yg_log_severity(level, 0));
    }
    rest = text;
    if (yg_eat(&rest, "[") && yg_until(&rest, "] ", &jail)) {
        YG_PUT(t, TEXT, RULE_NAME, jail);
        text = rest;
    }
    (void)yg_says(t, text, jail_rows, YG_ARRAY_LEN(jail_rows));
    return true;
}

const struct yg_dialect yg_dialect_fail2ban = {
    .name = "fail2ban",
    .doc = "fail2ban, sshguard; daemons of OSSEC and Wazuh",
    .product = "host protection",
    .device = YG_DEV_HOST,
    .on_host = true,
    .apps = "fail2ban fail2ban.actions fail2ban.filter fail2ban-server sshguard "
            "ossec-logcollector ossec-analysisd ossec-syscheckd ossec-remoted "
            "ossec-monitord ossec-execd ossec-agentd ossec-rootcheck wazuh-logcollector "
            "wazuh-analysisd wazuh-syscheckd wazuh-remoted wazuh-monitord wazuh-execd "
            "wazuh-agentd wazuh-modulesd wazuh-db",
    .read = jail_read,
};
