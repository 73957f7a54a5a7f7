/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sophos: Firewall (XG, SFOS), UTM, and the Anti-Virus of hosts.
 *
 *      device="SFW" date=2026-01-02 time=03:04:05 timezone="JST" log_type="Firewall" ..
 *      ulogd[1]: id="2001" severity="info" sys="SecureNet" sub="packetfilter" name=".."
 * .. <log><category>savscan.log</category><level>INFO</level><msg>..</msg>..</log>
 *      20260102 030405 TAB text
 */
#include "decode/dialects.h"
#include "decode/log.h"

#include <stdio.h>

static const struct yg_kv_pick pick[] = {
    { "class", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "device_name", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "log_id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "src_ip", YG_AS_IP, YG_F_SOURCE_IP },
    { "srcip", YG_AS_IP, YG_F_SOURCE_IP },
    { "sourceip", YG_AS_IP, YG_F_SOURCE_IP },
    { "src_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "srcport", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dst_ip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dstip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "destinationip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dst_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "dstport", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "src_mac", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "srcmac", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "in_interface", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "out_interface", YG_AS_TEXT, YG_F_INTERFACE_OUT },
    { "initf", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "outitf", YG_AS_TEXT, YG_F_INTERFACE_OUT },
    { "status", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "user_name", YG_AS_TEXT, YG_F_USER_NAME },
    { "user", YG_AS_TEXT, YG_F_USER_NAME },
    { "application", YG_AS_LOWER, YG_F_APP_PROTO },
    { "sent_bytes", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "recv_bytes", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "sent_pkts", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "recv_pkts", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "duration", YG_AS_SECONDS, YG_F_DURATION },
    { "tran_src_ip", YG_AS_IP, YG_F_NAT_SOURCE_IP },
    { "tran_dst_ip", YG_AS_IP, YG_F_NAT_DESTINATION_IP },
    { "url", YG_AS_TEXT, YG_F_URL },
    { "domain", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "domainname", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "httpstatus", YG_AS_U64, YG_F_HTTP_STATUS },
    { "statuscode", YG_AS_U64, YG_F_HTTP_STATUS },
    { "user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "ua", YG_AS_TEXT, YG_F_USER_AGENT },
    { "FTP_url", YG_AS_TEXT, YG_F_URL },
    { "filename", YG_AS_TEXT, YG_F_FILE_PATH },
    { "file_name", YG_AS_TEXT, YG_F_FILE_PATH },
    { "file_path", YG_AS_TEXT, YG_F_FILE_PATH },
    { "file_size", YG_AS_U64, YG_F_FILE_SIZE },
    { "from_email_address", YG_AS_TEXT, YG_F_MAIL_FROM },
    { "to_email_address", YG_AS_TEXT, YG_F_MAIL_TO },
    { "email_subject", YG_AS_TEXT, YG_F_MAIL_SUBJECT },
    { "category", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "classification", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "message", YG_AS_TEXT, YG_F_MESSAGE },
};

struct record {
    struct yg_str type, subtype, date, time, zone, name, id, severity, fallback;
};

static const struct yg_kv_slot part[] = {
    { "log_type", offsetof(struct record, type) },
    { "log_component", offsetof(struct record, fallback) },
    { "log_subtype", offsetof(struct record, subtype) },
    { "date", offsetof(struct record, date) },
    { "time", offsetof(struct record, time) },
    { "timestamp", offsetof(struct record, time) },
    { "timezone", offsetof(struct record, zone) },
    { "signature_msg", offsetof(struct record, name) },
    { "virus", offsetof(struct record, name) },
    { "threatname", offsetof(struct record, name) },
    { "threat", offsetof(struct record, name) },
    { "malware", offsetof(struct record, name) },
    { "signature_id", offsetof(struct record, id) },
    { "sid", offsetof(struct record, id) },
    { "priority", offsetof(struct record, severity) },
    { "severity", offsetof(struct record, severity) },
};

/* ---- Firewall ---------------------------------------------------------------------- */

static bool detected(const struct record *r)
{
    static const char *const type[] = { "IDP",     "IPS",
                                        "ATP",     "Anti-Virus",
                                        "Sandbox", "Sandstorm",
                                        "WAF",     "Zero day protection" };

    for (size_t i = 0; i < YG_ARRAY_LEN(type); i++)
        if (yg_is(r->type, type[i]))
            return !yg_is(r->subtype, "allowed") || r->name.n > 0;
    return false;
}

/* "+08": without minutes; names of zones are read with the time. */
static void put_when(struct yg_target *t, const struct record *r)
{
    struct yg_str zone = r->zone;

    if (r->date.n == 0)
        (void)yg_log_put_time(t, r->time);
    else if (!yg_log_put_date(t, r->date, r->time, zone))
        (void)yg_log_put_date(t, r->date, r->time, YG_STR_NONE);
}

static int xg_match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    return yg_kv_first(s) && yg_has(s, "log_type=\"") && yg_has(s, "log_component=\"")
               ? 95
               : 0;
}

static bool xg_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str rest = l->body;
    struct record r = { .type = YG_STR_NONE };
    struct yg_kv kv;

    (void)d;
    while (yg_kv_next(&rest, (struct yg_kv_style){ .assign = '=' }, &kv)) {
        if (yg_is(kv.key, "protocol"))
            yg_log_protocol(t, kv.value);
        else if (!yg_kv_keep(&r, part, YG_ARRAY_LEN(part), &kv))
            yg_kv_put(t, pick, YG_ARRAY_LEN(pick), &kv);
    }
    put_when(t, &r);
    if (detected(&r))
        yg_log_alert(t, r.id, r.name.n ? r.name : r.fallback,
                     yg_log_severity(r.severity, 50));
    else
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, yg_log_severity(r.severity, 0));
    YG_PUT(t, LOWER, EVENT_DATASET, r.type);
    YG_PUT(t, LOWER, EVENT_ACTION, r.subtype);
    return r.type.n > 0;
}

const struct yg_dialect yg_dialect_sophos_xg = {
    .name = "sophos-xg",
    .doc = "Sophos Firewall (XG, SFOS)",
    .product = "Sophos Firewall",
    .device = YG_DEV_FIREWALL,
    .marks = "log_component=\"",
    .match = xg_match,
    .read = xg_read,
};

/* ---- UTM --------------------------------------------------------------------------- */

static int utm_match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    return yg_kv_first(s) && yg_has(s, "sys=\"Secure") && yg_has(s, "sub=\"") &&
                   yg_has(s, "id=\"")
               ? 95
               : 0;
}

static bool utm_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str rest = l->body, sub = YG_STR_NONE, name = YG_STR_NONE;
    struct yg_str reason = YG_STR_NONE;
    struct record r = { .type = YG_STR_NONE };
    struct yg_kv kv;

    (void)d;
    while (yg_kv_next(&rest, (struct yg_kv_style){ .assign = '=' }, &kv)) {
        if (yg_is(kv.key, "sub"))
            sub = kv.value;
        else if (yg_is(kv.key, "name"))
            name = kv.value;
        else if (yg_is(kv.key, "reason"))
            reason = kv.value;
        else if (yg_is(kv.key, "proto"))
            yg_log_protocol(t, kv.value);
        else if (!yg_kv_keep(&r, part, YG_ARRAY_LEN(part), &kv))
            yg_kv_put(t, pick, YG_ARRAY_LEN(pick), &kv);
    }
    YG_PUT(t, LOWER, EVENT_DATASET, sub);
    if (yg_is(sub, "ips"))
        yg_log_alert(t, r.id, reason.n ? reason : name, 60);
    else if (r.name.n > 0)
        yg_log_alert(t, r.id, r.name, 75);
    else if (yg_has(name, "attack") || yg_has(name, "Portscan") || yg_has(name, "flood"))
        yg_log_alert(t, YG_STR_NONE, name, 50);
    YG_PUT(t, TEXT, MESSAGE, name);
    return sub.n > 0;
}

const struct yg_dialect yg_dialect_sophos_utm = {
    .name = "sophos-utm",
    .doc = "Sophos UTM (Astaro)",
    .product = "Sophos UTM",
    .device = YG_DEV_FIREWALL,
    .marks = "sys=\"Secure",
    .match = utm_match,
    .read = utm_read,
};

/* ---- Anti-Virus ---------------------------------------------------------------------
 */

static struct yg_str element(struct yg_str s, const char *open, const char *close)
{
    struct yg_str out;

    return yg_after(&s, open) && yg_until(&s, close, &out) ? out : YG_STR_NONE;
}

/* Threats are messages with THREAT or INFECTED in their name. */
static bool sav_xml(struct yg_target *t, struct yg_str s)
{
    struct yg_str msg = element(s, "<msg>", "</msg>"), word, rest = msg;

    yg_put_text(t, YG_AS_EPOCH, 0, element(s, "<time>", "</time>"));
    YG_PUT(t, LOWER, EVENT_DATASET, element(s, "<category>", "</category>"));
    if (!yg_word(&rest, &word))
        return false;
    YG_PUT(t, TEXT, EVENT_CODE, word);
    YG_PUT(t, TEXT, FILE_PATH,
           yg_has(word, "THREAT") || yg_has(word, "INFECTED")
               ? element(s, "<arg>", "</arg>")
               : YG_STR_NONE);
    if (yg_has(word, "THREAT") || yg_has(word, "INFECTED"))
        yg_log_alert(t, word, word, 75);
    else
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY,
                         yg_log_severity(element(s, "<level>", "</level>"), 0));
    return true;
}

/* "20260102 030405\tVirus/spyware 'EICAR' has been detected in "C:\x"." */
static bool sav_text(struct yg_target *t, struct yg_str s)
{
    char text[24];
    struct yg_str found[YG_SCAN_MAX], rest;
    const char *p = s.p;

    snprintf(text, sizeof(text), "%.4s-%.2s-%.2s %.2s:%.2s:%.2s", p, p + 4, p + 6, p + 9,
             p + 11, p + 13);
    if (!yg_log_put_time(t, yg_str_of(text)))
        return false;
    rest = yg_str_trim((struct yg_str){ s.p + 15, s.n - 15 });
    YG_PUT(t, TEXT, MESSAGE, rest);
    if (yg_scan(rest, "Virus/spyware '%*' has been detected in \"%*\"", found) == 2 ||
        yg_scan(rest, "File \"%*\" belongs to virus/spyware '%*'", found) == 2) {
        bool file_first = yg_str_starts(rest, YG_STR("File"));
        YG_PUT(t, TEXT, FILE_PATH, found[!file_first]);
        yg_log_alert(t, YG_STR_NONE, found[file_first], 75);
    } else if (yg_scan(rest, "User (%*) has %s ", found) == 2) {
        YG_PUT(t, TEXT, USER_NAME, found[0]);
        YG_PUT(t, LOWER, EVENT_ACTION, found[1]);
    } else if (yg_scan(rest, "Scan '%*' %s", found) == 2) {
        YG_PUT(t, TEXT, SERVICE_NAME, found[0]);
        YG_PUT(t, LOWER, EVENT_ACTION, found[1]);
    } else {
        YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("report"));
    }
    return true;
}

static bool is_stamp(struct yg_str s)
{
    if (s.n < 20 || s.p[8] != ' ' || (s.p[15] != '\t' && s.p[15] != ' '))
        return false;
    for (size_t i = 0; i < 15; i++)
        if (i != 8 && (s.p[i] < '0' || s.p[i] > '9'))
            return false;
    return true;
}

static int sav_match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    if (yg_eat(&s, "<log><category>"))
        return 95;
    return is_stamp(l->body) && l->body.p[0] == '2' && l->body.p[15] == '\t' ? 70 : 0;
}

static bool sav_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    (void)d;
    if (l->body.n > 0 && l->body.p[0] == '<')
        return sav_xml(t, l->body);
    return is_stamp(l->body) && sav_text(t, l->body);
}

const struct yg_dialect yg_dialect_sophos_av = {
    .name = "sophos-av",
    .doc = "Sophos Anti-Virus of hosts, XML and text",
    .product = "Sophos Anti-Virus",
    .device = YG_DEV_ANTIVIRUS,
    .on_host = true,
    .match = sav_match,
    .read = sav_read,
};
