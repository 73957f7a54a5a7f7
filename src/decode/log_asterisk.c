/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asterisk and FreePBX: the security log and what the channels say of registrations.
 * All context: a wrong password is no detection.
 *
 *      [2026-01-02 03:04:05] SECURITY[99] res_security_log.c: SecurityEvent="..",..
 *      [2026-01-02 03:04:05] NOTICE[99][C-1] chan_sip.c: Registration from '..' failed ..
 *      asterisk[99]: NOTICE[100]: chan_sip.c:28468 in function: text     by syslog
 *
 * Source: docs.asterisk.org, "Asterisk Security Event Logger", "Logging Configuration".
 */
#include "decode/dialects.h"
#include "decode/log_says.h"

#define OK     YG_SAID_OK
#define FAILED YG_SAID_FAILED

static const struct yg_say rows[] = {
    { "Registration from '%*' failed for '%*' - %*", "-s-", "login", FAILED, 0 },
    { "Request '%*' from '%*' failed for '%*' (callid: %*) - ", "--s-", "login", FAILED,
      0 },
    { "Request '%*' from '%*' failed for '%*' - ", "--s", "login", FAILED, 0 },
    { "Host %s failed to authenticate as '%*'", "su", "login", FAILED, 0 },
    { "Host %s failed MD5 authentication for '%*'", "su", "login", FAILED, 0 },
    { "No registration for peer '%*' (from %*)", "us", "login", FAILED, 0 },
    { "Call from '%*' (%*) to extension '%*' rejected", "us-", "call", FAILED, 0 },
    { "Failed to authenticate device %*", "-", "login", FAILED, 0 },
    { "%s tried to authenticate with nonexistent user '%*'", "su", "login", FAILED, 0 },
    { "%s failed to authenticate as '%*'", "su", "login", FAILED, 0 },
    { "Remote UNIX connection", "", "connect", 0, 0 },
};

static const struct yg_kv_pick pick[] = {
    { "AccountID", YG_AS_TEXT, YG_F_USER_NAME },
    { "SecurityEvent", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "Service", YG_AS_LOWER, YG_F_APP_PROTO },
};

/* "NOTICE[99][C-0000]", then the file: the level, the thread's number and the text. */
static bool head_of(struct yg_str s, struct yg_str part[YG_SCAN_MAX], struct yg_str *text)
{
    static const char *const level[] = { "SECURITY", "NOTICE", "WARNING", "ERROR",
                                         "VERBOSE",  "DEBUG",  "DTMF",    "CRITICAL" };
    struct yg_str rest, file;
    uint64_t n;
    size_t i = 0;

    if (yg_scan(s, "%s[%s]%*", part) != 3 || !yg_str_u64(part[1], &n))
        return false;
    while (i < YG_ARRAY_LEN(level) && !yg_str_eq(part[0], yg_str_of(level[i])))
        i++;
    rest = part[2];
    if (yg_eat(&rest, "[") && !yg_until(&rest, "]", &file))
        return false;
    (void)yg_eat(&rest, ":");
    rest = yg_skip_blanks(rest);
    if (i == YG_ARRAY_LEN(level) || !yg_until(&rest, ": ", &part[2]) || part[2].n > 120 ||
        !yg_has(part[2], ".c"))
        return false;
    *text = yg_skip_blanks(rest);
    return true;
}

/* Its own file has the time in brackets. */
static struct yg_str behind_time(const struct yg_logline *l)
{
    struct yg_str s = l->raw, time;

    if (l->app.n == 0 && yg_eat(&s, "[") && yg_until(&s, "] ", &time))
        return s;
    return l->body;
}

/* "IPV4/UDP/192.0.2.1/5060" */
static void put_address(struct yg_target *t, struct yg_str s, bool from)
{
    (void)yg_str_cut(&s, '/');
    struct yg_str transport = yg_str_cut(&s, '/');

    if (!s.p)
        return;
    yg_log_protocol(t, transport);
    (void)yg_log_endpoint(t, s, from ? YG_F_SOURCE_IP : YG_F_DESTINATION_IP,
                          from ? YG_F_SOURCE_PORT : YG_F_DESTINATION_PORT);
}

static void put_security(struct yg_target *t, struct yg_str text)
{
    struct yg_kv kv;

    while (yg_kv_next(&text, (struct yg_kv_style){ '=', ',', false }, &kv)) {
        if (yg_is(kv.key, "EventTV"))
            (void)yg_log_put_time(t, kv.value);
        else if (yg_is(kv.key, "RemoteAddress"))
            put_address(t, kv.value, true);
        else if (yg_is(kv.key, "LocalAddress"))
            put_address(t, kv.value, false);
        else
            yg_kv_put(t, pick, YG_ARRAY_LEN(pick), &kv);
    }
    struct yg_str event = yg_event_str(t->b, t->e, YG_F_EVENT_CODE);
    YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("login"));
    if (yg_is(event, "SuccessfulAuth"))
        yg_say_outcome(t, OK);
    else if (!yg_is(event, "ChallengeSent"))
        yg_say_outcome(t, FAILED);
}

/* The account stands in the address: from '"100" <sip:100@192.0.2.5>' */
static void put_channel(struct yg_target *t, struct yg_str text)
{
    struct yg_str user;

    if (yg_says(t, text, rows, YG_ARRAY_LEN(rows)) && yg_after(&text, "<sip:") &&
        yg_until(&text, "@", &user))
        yg_say_put(t, 'u', user);
}

static int match(const struct yg_logline *l)
{
    struct yg_str part[YG_SCAN_MAX], text;

    return head_of(behind_time(l), part, &text) ? 92 : 0;
}

static bool read_(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str part[YG_SCAN_MAX], text, time = l->raw;

    (void)d;
    if (!head_of(behind_time(l), part, &text))
        return false;
    if (l->app.n == 0 && yg_eat(&time, "["))
        (void)yg_log_put_time(t, time);
    if (yg_log_severity(part[0], 101) <= 100) /* SECURITY is a channel of its own */
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, yg_log_severity(part[0], 0));
    YG_PUT(t, TEXT, PROCESS_NAME, YG_STR("asterisk"));
    if (yg_str_starts(text, YG_STR("SecurityEvent=\"")))
        put_security(t, text);
    else
        put_channel(t, text);
    YG_PUT(t, TEXT, MESSAGE, text);
    return true;
}

const struct yg_dialect yg_dialect_asterisk = {
    .name = "asterisk",
    .doc = "Asterisk, FreePBX: security log, registrations",
    .product = "Asterisk",
    .device = YG_DEV_AUTH,
    .on_host = true,
    .no_host = true,
    .marks = "SECURITY[|NOTICE[|WARNING[|ERROR[|VERBOSE[|DEBUG[|CRITICAL[",
    .match = match,
    .read = read_,
};
