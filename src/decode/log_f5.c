/* SPDX-License-Identifier: Apache-2.0 */
/*
 * F5 BIG-IP (its own messages and ASM's key="value" records; ASM in CEF is CEF) and
 * Arbor (now NETSCOUT) APS and Sightline.
 *
 *      tmm[1]: 01010038:4: Syncookie counter 40 exceeded vip threshold 30 for virtual =
 * .. ASM:unit_hostname="lb",attack_type="SQL-Injection",ip_client="192.0.2.1",...
 *      arbor-networks-aps: Blocked Host: Blocked host 192.0.2.1 at 12:00 by SYN Flood ..
 */
#include "decode/dialects.h"
#include "decode/log.h"

/* ---- BIG-IP -------------------------------------------------------------------------
 */

/* "01010038:4: text": eight hexadecimal digits and the severity of syslog */
static bool f5_head(struct yg_str s, struct yg_str *code, struct yg_str *text)
{
    uint64_t n;

    if (s.n < 12 || s.p[8] != ':' || s.p[9] < '0' || s.p[9] > '7' || s.p[10] != ':')
        return false;
    *code = (struct yg_str){ s.p, 8 };
    *text = yg_str_trim((struct yg_str){ s.p + 11, s.n - 11 });
    return yg_str_hex64(*code, &n);
}

/* Messages of the denial-of-service protection: 0101 with these words. */
static bool is_dos(struct yg_str text)
{
    return yg_has(text, "DoS") || yg_has(text, "DOS attack") ||
           yg_has(text, "Syncookie counter") || yg_has(text, "attack vector");
}

static int f5_match(const struct yg_logline *l)
{
    struct yg_str code, text;

    return f5_head(l->body, &code, &text) ? 92 : 0;
}

static bool f5_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str code, text, rest, word;

    (void)d;
    if (!f5_head(l->body, &code, &text))
        return false;
    YG_PUT(t, TEXT, EVENT_CODE, code);
    YG_PUT(t, TEXT, MESSAGE, text);
    rest = text;
    if ((yg_after(&rest, "client IP ") || yg_after(&rest, "Client IP ") ||
         yg_after(&rest, " from ")) &&
        yg_word(&rest, &word))
        yg_log_endpoint(t, word, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
    rest = text;
    if ((yg_after(&rest, "VIP ") || yg_after(&rest, "virtual = ") ||
         yg_after(&rest, "server = ")) &&
        yg_word(&rest, &word))
        yg_log_endpoint(t, word, YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
    rest = text;
    if ((yg_after(&rest, "user ") || yg_after(&rest, "Username '")) &&
        yg_word(&rest, &word)) {
        while (word.n > 0 && strchr("',:.", word.p[word.n - 1]))
            word.n--;
        YG_PUT(t, TEXT, USER_NAME, word);
    }
    unsigned severity = yg_log_severity_syslog(l->body.p[9] - '0');
    if (is_dos(text))
        yg_log_alert(t, code, text, severity < 60 || severity > 90 ? 60 : severity);
    else
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, severity);
    return true;
}

const struct yg_dialect yg_dialect_f5 = {
    .name = "f5",
    .doc = "F5 BIG-IP: its daemons' messages",
    .product = "BIG-IP",
    .device = YG_DEV_PROXY,
    .match = f5_match,
    .read = f5_read,
};

static const struct yg_kv_pick asm_pick[] = {
    { "unit_hostname", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "ip_client", YG_AS_IP, YG_F_SOURCE_IP },
    { "src_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dest_ip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dest_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "uri", YG_AS_TEXT, YG_F_URL },
    { "request_status", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "username", YG_AS_TEXT, YG_F_USER_NAME },
    { "support_id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "violations", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "request", YG_AS_TEXT, YG_F_PAYLOAD },
};

struct asm_record {
    struct yg_str type, signatures, names, severity, violations, status;
};

static const struct yg_kv_slot asm_slot[] = {
    { "attack_type", offsetof(struct asm_record, type) },
    { "sig_ids", offsetof(struct asm_record, signatures) },
    { "sig_names", offsetof(struct asm_record, names) },
    { "severity", offsetof(struct asm_record, severity) },
    { "violations", offsetof(struct asm_record, violations) },
    { "response_code", offsetof(struct asm_record, status) },
};

static int asm_match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    if (!yg_has(s, "attack_type=\""))
        return 0;
    (void)yg_eat(&s, "ASM:");
    return yg_eat(&s, "unit_hostname=\"") ? 97 : 0;
}

static bool asm_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct asm_record r = { .type = YG_STR_NONE };
    struct yg_str rest = l->body;
    struct yg_kv kv;

    (void)d;
    while (yg_kv_next(&rest, (struct yg_kv_style){ '=', ',', true }, &kv)) {
        if (yg_is(kv.key, "date_time"))
            (void)yg_log_put_time(t, kv.value);
        else if (!yg_kv_keep(&r, asm_slot, YG_ARRAY_LEN(asm_slot), &kv))
            yg_kv_put(t, asm_pick, YG_ARRAY_LEN(asm_pick), &kv);
    }
    if (!yg_is(r.status, "0")) /* it never came to an answer */
        YG_PUT(t, U64, HTTP_STATUS, r.status);
    YG_PUT(t, TEXT, RULE_CATEGORY, r.type);
    if (r.type.n > 0 || r.violations.n > 0)
        yg_log_alert(t, yg_str_cut(&r.signatures, ','),
                     r.names.n  ? r.names
                     : r.type.n ? r.type
                                : r.violations,
                     yg_log_severity(r.severity, 50));
    return true;
}

const struct yg_dialect yg_dialect_f5_asm = {
    .name = "f5-asm",
    .doc = "F5 BIG-IP ASM and Advanced WAF, key=\"value\" records",
    .product = "BIG-IP ASM",
    .device = YG_DEV_WAF,
    .marks = "attack_type=",
    .match = asm_match,
    .read = asm_read,
};

/* ---- Arbor --------------------------------------------------------------------------
 */

static bool blocked_host(struct yg_target *t, struct yg_str s)
{
    struct yg_str part[YG_SCAN_MAX], to[YG_SCAN_MAX], port;

    if (!yg_after(&s, "Blocked host "))
        return false;
    int n = yg_scan(s, "%s at %s by %* using %s", part);
    if (n < 4)
        return false;
    yg_log_ip(t, YG_F_SOURCE_IP, part[0]);
    YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("blocked"));
    port = part[3];
    yg_log_protocol(t, yg_str_cut(&port, '/'));
    if (port.n > 0 && port.p[0] >= '0' && port.p[0] <= '9')
        YG_PUT(t, PORT, DESTINATION_PORT, port);
    if (yg_after(&s, "destination ") && yg_scan(s, "%s source port %s,", to) == 2) {
        yg_log_ip(t, YG_F_DESTINATION_IP, to[0]);
        if (to[1].n > 0 && to[1].p[0] >= '0' && to[1].p[0] <= '9')
            YG_PUT(t, PORT, SOURCE_PORT, to[1]);
    }
    if (yg_after(&s, "URL: "))
        YG_PUT(t, TEXT, URL, s);
    yg_log_alert(t, YG_STR_NONE, part[2], 50);
    return true;
}

/* "Host Detection alert #123, start 2026-01-02 03:04:05 GMT, .., host 192.0.2.1, .." */
static bool sightline(struct yg_target *t, struct yg_str s)
{
    struct yg_str part[YG_SCAN_MAX], rest = s, word;

    if (!yg_has(s, "alert #") && !yg_has(s, "anomaly"))
        return false;
    if (yg_after(&rest, "host ") && yg_word(&rest, &word))
        yg_log_endpoint(t, word, YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
    rest = s;
    if (yg_after(&rest, "start ") || yg_after(&rest, "start: "))
        (void)yg_log_put_time(t, rest);
    if (yg_scan(s, "%* alert #%s,", part) == 2) {
        YG_PUT(t, TEXT, EVENT_CODE, part[1]);
        yg_log_alert(t, YG_STR_NONE, part[0], 50);
    } else {
        yg_log_alert(t, YG_STR_NONE, YG_STR("anomaly"), 50);
    }
    return true;
}

static bool arbor_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    (void)d;
    return blocked_host(t, l->body) || sightline(t, l->body);
}

const struct yg_dialect yg_dialect_arbor = {
    .name = "arbor",
    .doc = "Arbor (NETSCOUT) APS, AED and Sightline",
    .product = "Arbor",
    .device = YG_DEV_ANOMALY,
    .apps = "arbor-networks-aps arbor-networks-aed arbor-networks-ta pfsp",
    .read = arbor_read,
};
