/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gateways of small and middle networks: Stormshield, Cisco Meraki, WatchGuard, MikroTik.
 *
 *      id=firewall time="2026-01-02 03:04:05" fw="sns" logtype="alarm" alarmid=17 src=..
 * .. <134>1 1767323045.123 appliance security_event ids_alerted signature=1:28423:1 ..
 *      msg_id="3000-0148" Deny 1-Trusted 0-External 52 tcp 20 127 src dst sport dport ..
 *      firewall,info forward: in:ether1 out:bridge, proto TCP (SYN), a:1->b:2, len 52
 */
#include "base/clock.h"
#include "decode/dialects.h"
#include "decode/log.h"

static const struct yg_kv_style style = { .assign = '=' };

/* ---- Stormshield (WELF; "Description of audit logs", SNS 4) ---------------------------
 */

static const struct yg_kv_pick sns_pick[] = {
    { "fw", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "src", YG_AS_IP, YG_F_SOURCE_IP },
    { "srcport", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dst", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dstport", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "modsrc", YG_AS_IP, YG_F_NAT_SOURCE_IP },
    { "moddst", YG_AS_IP, YG_F_NAT_DESTINATION_IP },
    { "ipproto", YG_AS_LOWER, YG_F_TRANSPORT },
    { "proto", YG_AS_LOWER, YG_F_APP_PROTO },
    { "srcif", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "dstif", YG_AS_TEXT, YG_F_INTERFACE_OUT },
    { "srcmac", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "user", YG_AS_TEXT, YG_F_USER_NAME },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "rulename", YG_AS_TEXT, YG_F_RULE_NAME },
    { "sent", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "rcvd", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "duration", YG_AS_SECONDS, YG_F_DURATION },
    { "dstname", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "arg", YG_AS_TEXT, YG_F_URL },
    { "class", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "logtype", YG_AS_LOWER, YG_F_EVENT_DATASET },
};

struct sns_record {
    struct yg_str type, time, start, tz, id, msg, pri, virus;
};

static const struct yg_kv_slot sns_slot[] = {
    { "time", offsetof(struct sns_record, time) },
    { "startime", offsetof(struct sns_record, start) },
    { "tz", offsetof(struct sns_record, tz) },
    { "alarmid", offsetof(struct sns_record, id) },
    { "msg", offsetof(struct sns_record, msg) },
    { "pri", offsetof(struct sns_record, pri) },
    { "virus", offsetof(struct sns_record, virus) },
};

static int sns_match(const struct yg_logline *l)
{
    return yg_str_starts(l->body, YG_STR("id=firewall ")) && yg_has(l->body, "logtype=\"")
               ? 97
               : 0;
}

static bool sns_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct sns_record r = { .type = YG_STR_NONE };
    struct yg_str rest = l->body;
    uint64_t level = 6;
    struct yg_kv kv;

    (void)d;
    while (yg_kv_next(&rest, style, &kv)) {
        if (yg_is(kv.key, "logtype"))
            r.type = kv.value;
        if (!yg_kv_keep(&r, sns_slot, YG_ARRAY_LEN(sns_slot), &kv))
            yg_kv_put(t, sns_pick, YG_ARRAY_LEN(sns_pick), &kv);
    }
    (void)yg_log_put_date(t, r.start.n ? r.start : r.time, r.tz, YG_STR_NONE);
    YG_PUT(t, TEXT, MESSAGE, r.msg);
    (void)yg_str_u64(r.pri, &level);
    unsigned severity = yg_log_severity_syslog(level < 8 ? (int)level : 7);
    if (yg_is(r.type, "alarm"))
        yg_log_alert(t, r.id, r.msg, severity);
    else if (r.virus.n > 0 && !yg_is(r.virus, "clean"))
        yg_log_alert(t, YG_STR_NONE, r.virus, 75);
    else
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, severity);
    return r.type.n > 0;
}

const struct yg_dialect yg_dialect_stormshield = {
    .name = "stormshield",
    .doc = "Stormshield Network Security",
    .product = "Stormshield",
    .device = YG_DEV_FIREWALL,
    .marks = "logtype=",
    .match = sns_match,
    .read = sns_read,
};

/* ---- Meraki ("Syslog Event Types and Log Samples") ------------------------------------
 */

static const struct yg_kv_pick meraki_pick[] = {
    { "mac", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "shost", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "sport", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dport", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "decision", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "disposition", YG_AS_LOWER, YG_F_OUTCOME },
    { "sha256", YG_AS_TEXT, YG_F_FILE_SHA256 },
    { "url", YG_AS_TEXT, YG_F_URL },
    { "agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "identity", YG_AS_TEXT, YG_F_USER_NAME },
};

/* "1 1767323045.123 appliance urls src=..": the words before the pairs */
static bool meraki_head(struct yg_str s, struct yg_str part[YG_SCAN_MAX],
                        struct yg_str *rest)
{
    static const char *const type[] = { "flows",
                                        "urls",
                                        "events",
                                        "ids-alerts",
                                        "security_event",
                                        "firewall",
                                        "airmarshal_events",
                                        "ip_flow_start",
                                        "ip_flow_end" };
    int64_t ns;

    if (yg_scan(s, "1 %s %s %s %*", part) != 4 || !yg_time_epoch(part[0], &ns))
        return false;
    *rest = part[3];
    for (size_t i = 0; i < YG_ARRAY_LEN(type); i++)
        if (yg_is(part[2], type[i]))
            return true;
    return false;
}

static void meraki_pair(struct yg_target *t, const struct yg_kv *kv)
{
    struct yg_str rest = kv->value;

    if (yg_is(kv->key, "src"))
        yg_log_endpoint(t, rest, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
    else if (yg_is(kv->key, "dst"))
        yg_log_endpoint(t, rest, YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
    else if (yg_is(kv->key, "protocol"))
        yg_log_protocol(t, yg_str_cut(&rest, '/'));
    else
        yg_kv_put(t, meraki_pick, YG_ARRAY_LEN(meraki_pick), kv);
}

/* Priorities of Snort: 1 is the highest. */
static void meraki_alert(struct yg_target *t, struct yg_str text)
{
    static const unsigned by_priority[] = { 90, 75, 50, 25, 10 };
    struct yg_str rest = text, message = YG_STR_NONE, signature, gid, sid;
    uint64_t priority = 2;

    if (yg_after(&rest, "message: "))
        message = rest;
    (void)yg_str_u64(yg_kv_find(text, style, "priority"), &priority);
    signature = yg_kv_find(text, style, "signature");
    gid = yg_str_cut(&signature, ':');
    sid = signature.p ? yg_str_cut(&signature, ':') : YG_STR_NONE;
    if (gid.n > 0 && sid.n > 0) {
        yg_put_joined(t, YG_F_RULE_ID, gid, ':', sid);
        YG_PUT(t, TEXT, RULE_RULESET, YG_STR("snort"));
    }
    if (!message.n)
        message = yg_kv_find(text, style, "name");
    yg_log_alert(t, YG_STR_NONE, message.n ? message : YG_STR("malware in a download"),
                 by_priority[priority < 5 ? priority : 4]);
    t->e->device = YG_DEV_IDS;
}

static int meraki_match(const struct yg_logline *l)
{
    struct yg_str part[YG_SCAN_MAX], rest;

    return meraki_head(l->body, part, &rest) ? 96 : 0;
}

static bool meraki_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    struct yg_str part[YG_SCAN_MAX], rest, word;
    struct yg_kv kv;

    (void)d;
    if (!meraki_head(l->body, part, &rest))
        return false;
    yg_put_text(t, YG_AS_EPOCH, 0, part[0]);
    YG_PUT(t, TEXT, OBSERVER_NAME, part[1]);
    YG_PUT(t, LOWER, EVENT_DATASET, part[2]);
    struct yg_str text = rest;
    while (yg_kv_next(&rest, style, &kv))
        meraki_pair(t, &kv);
    rest = text;
    if (yg_after(&rest, "request: ") && yg_word(&rest, &word)) {
        YG_PUT(t, TEXT, HTTP_METHOD, word);
        if (yg_word(&rest, &word))
            YG_PUT(t, TEXT, URL, word);
    }
    rest = text;
    if (yg_after(&rest, "pattern: "))
        YG_PUT(t, TEXT, RULE_NAME, rest);
    if (yg_is(part[2], "security_event") || yg_is(part[2], "ids-alerts"))
        meraki_alert(t, text);
    return true;
}

const struct yg_dialect yg_dialect_meraki = {
    .name = "meraki",
    .doc = "Cisco Meraki appliances and access points",
    .product = "Meraki",
    .device = YG_DEV_FIREWALL,
    .match = meraki_match,
    .read = meraki_read,
};

/* ---- WatchGuard (Fireware Log Catalog) ------------------------------------------------
 */

static const struct yg_kv_pick guard_pick[] = {
    { "msg_id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "src_user", YG_AS_TEXT, YG_F_USER_NAME },
    { "sent_bytes", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "rcvd_bytes", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "duration", YG_AS_SECONDS, YG_F_DURATION },
    { "app_name", YG_AS_LOWER, YG_F_APP_PROTO },
    { "op", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "dstname", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "arg", YG_AS_TEXT, YG_F_URL },
    { "src_ip_nat", YG_AS_IP, YG_F_NAT_SOURCE_IP },
    { "dst_ip_nat", YG_AS_IP, YG_F_NAT_DESTINATION_IP },
    { "sig_vers", YG_AS_NOTHING, 0 },
    { "signature_cat", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "geo_src", YG_AS_NOTHING, 0 },
};

struct guard_record {
    struct yg_str name, id, severity, virus;
};

static const struct yg_kv_slot guard_slot[] = {
    { "signature_name", offsetof(struct guard_record, name) },
    { "signature_id", offsetof(struct guard_record, id) },
    { "severity", offsetof(struct guard_record, severity) },
    { "virus", offsetof(struct guard_record, virus) },
};

/* "Deny 1-Trusted 0-External [52] tcp [20 127] src dst sport dport" */
static void guard_flow(struct yg_target *t, struct yg_str s)
{
    struct yg_str word;
    int numbers = 0;

    if (!yg_word(&s, &word))
        return;
    YG_PUT(t, LOWER, EVENT_ACTION, word);
    if (yg_word(&s, &word))
        YG_PUT(t, TEXT, INTERFACE_IN, word);
    if (yg_word(&s, &word))
        YG_PUT(t, TEXT, INTERFACE_OUT, word);
    for (int i = 0; i < 12 && numbers < 2 && yg_word(&s, &word); i++) {
        bool address = memchr(word.p, '.', word.n) || memchr(word.p, ':', word.n);
        bool digits = word.p[0] >= '0' && word.p[0] <= '9';
        if (address && digits)
            yg_log_ip(t,
                      yg_event_has(t->e, YG_F_SOURCE_IP) ? YG_F_DESTINATION_IP
                                                         : YG_F_SOURCE_IP,
                      word);
        else if (digits && yg_event_has(t->e, YG_F_DESTINATION_IP))
            yg_put_text(t, YG_AS_PORT,
                        numbers++ ? YG_F_DESTINATION_PORT : YG_F_SOURCE_PORT, word);
        else if (!digits && !yg_event_has(t->e, YG_F_SOURCE_IP))
            YG_PUT(t, LOWER, TRANSPORT, word);
    }
}

static int guard_match(const struct yg_logline *l)
{
    struct yg_str rest = l->body, head;

    if (yg_eat(&rest, "msg_id=\""))
        return 90;
    /* "8009A0000 (2026-01-02T03:04:05) firewall: msg_id=.." */
    return yg_until(&rest, ": msg_id=\"", &head) && head.n < 80 ? 60 : 0;
}

static bool guard_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct guard_record r = { .name = YG_STR_NONE };
    struct yg_str rest = l->body, passed;
    struct yg_kv kv;

    (void)d;
    if (!yg_after(&rest, "msg_id=\"") || !yg_until(&rest, "\" ", &passed))
        return false;
    guard_flow(t, rest);
    rest = l->body;
    while (yg_kv_next(&rest, style, &kv))
        if (!yg_kv_keep(&r, guard_slot, YG_ARRAY_LEN(guard_slot), &kv))
            yg_kv_put(t, guard_pick, YG_ARRAY_LEN(guard_pick), &kv);
    if (r.name.n > 0 || r.id.n > 0)
        yg_log_alert(t, r.id, r.name, yg_log_severity(r.severity, 50));
    else if (r.virus.n > 0)
        yg_log_alert(t, YG_STR_NONE, r.virus, 75);
    return true;
}

const struct yg_dialect yg_dialect_watchguard = {
    .name = "watchguard",
    .doc = "WatchGuard Firebox (Fireware)",
    .product = "WatchGuard",
    .device = YG_DEV_FIREWALL,
    .marks = "msg_id=",
    .match = guard_match,
    .read = guard_read,
};

/* ---- MikroTik (RouterOS, "Log")
 * -------------------------------------------------------- */

/* "firewall,info forward: in:ether1 out:bridge, .. proto TCP (SYN), a:1->b:2, len 52" */
static bool tik_flow(struct yg_target *t, struct yg_str s)
{
    struct yg_str rest = s, word, from;

    if (!yg_after(&rest, "in:") || !yg_until(&rest, " out:", &word))
        return false;
    YG_PUT(t, TEXT, INTERFACE_IN,
           yg_str_eq(word, YG_STR("(unknown 0)")) ? YG_STR_NONE : word);
    rest = s;
    if (yg_after(&rest, "src-mac ") && yg_word(&rest, &word)) {
        word.n -= word.p[word.n - 1] == ',';
        YG_PUT(t, TEXT, SOURCE_MAC, word);
    }
    rest = s;
    if (yg_after(&rest, "proto ") && yg_word(&rest, &word)) {
        word.n -= word.p[word.n - 1] == ',';
        yg_log_protocol(t, word);
    }
    while (yg_word(&rest, &word)) {
        struct yg_str to = word;
        if (!yg_until(&to, "->", &from))
            continue;
        yg_log_endpoint(t, from, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
        yg_log_endpoint(t, to, YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
        break;
    }
    return yg_event_has(t->e, YG_F_SOURCE_IP);
}

static bool tik_login(struct yg_target *t, struct yg_str s)
{
    struct yg_str part[YG_SCAN_MAX];

    if (yg_scan(s, "login failure for user %s from %s via %s", part) == 3)
        YG_PUT(t, TEXT, OUTCOME, YG_STR("failure"));
    else if (yg_scan(s, "user %s logged in from %s via %s", part) == 3)
        YG_PUT(t, TEXT, OUTCOME, YG_STR("success"));
    else
        return false;
    YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("login"));
    YG_PUT(t, TEXT, USER_NAME, part[0]);
    yg_log_ip(t, YG_F_SOURCE_IP, part[1]);
    YG_PUT(t, TEXT, SERVICE_NAME, part[2]);
    return true;
}

/* Topics: "firewall,info", "system,error,critical" */
static bool tik_topics(struct yg_str s, struct yg_str *topics, struct yg_str *text)
{
    *text = s;
    if (!yg_word(text, topics) || !memchr(topics->p, ',', topics->n))
        return false;
    *text = yg_str_trim(*text);
    return yg_str_starts(*topics, YG_STR("firewall,")) ||
           yg_str_starts(*topics, YG_STR("system,"));
}

static int tik_match(const struct yg_logline *l)
{
    struct yg_str topics, text;

    return tik_topics(l->body, &topics, &text) ? 80 : 0;
}

static bool tik_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str topics, text;

    (void)d;
    if (!tik_topics(l->body, &topics, &text))
        return false;
    YG_PUT(t, TEXT, RULE_GROUPS, topics);
    return tik_flow(t, text) || tik_login(t, text) || text.n > 0;
}

const struct yg_dialect yg_dialect_mikrotik = {
    .name = "mikrotik",
    .doc = "MikroTik RouterOS",
    .product = "RouterOS",
    .device = YG_DEV_FIREWALL,
    .marks = "firewall,|system,",
    .match = tik_match,
    .read = tik_read,
};
