/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Juniper: SRX (Junos, structured data and text) and NetScreen / SSG (ScreenOS).
 *
 *      RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.39 source-address="192.0.2.1"
 * ..] RT_IDS: RT_SCREEN_TCP: TCP port scan! source: 192.0.2.1:1, destination: ..:2, zone
 * .. NetScreen device_id=ssg5 [Root]system-emergency-00005: SYN flood! From .. to .., ..
 *
 * Alerts: screens, IDP attacks, viruses, malware feeds; ScreenOS by its attack alarms
 * (ScreenOS Messages Reference: emergency, alert and critical 00004 to 00017, 00032,
 * 00033, 00412 to 00442).
 */
#include "decode/dialects.h"
#include "decode/log.h"

static const struct yg_kv_pick pick[] = {
    { "source-address", YG_AS_IP, YG_F_SOURCE_IP },
    { "source-port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "destination-address", YG_AS_IP, YG_F_DESTINATION_IP },
    { "destination-port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "protocol-name", YG_AS_LOWER, YG_F_TRANSPORT },
    { "application-name", YG_AS_LOWER, YG_F_APP_PROTO },
    { "application", YG_AS_LOWER, YG_F_APP_PROTO },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "username", YG_AS_TEXT, YG_F_USER_NAME },
    { "user", YG_AS_TEXT, YG_F_USER_NAME },
    { "packet-incoming-interface", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "interface-name", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "source-interface-name", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "destination-interface-name", YG_AS_TEXT, YG_F_INTERFACE_OUT },
    { "session-id-32", YG_AS_U64, YG_F_FLOW_ID },
    { "session-id", YG_AS_U64, YG_F_FLOW_ID },
    { "packets-from-client", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "packets-from-server", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "bytes-from-client", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "bytes-from-server", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "elapsed-time", YG_AS_SECONDS, YG_F_DURATION },
    { "url", YG_AS_TEXT, YG_F_URL },
    { "obj", YG_AS_TEXT, YG_F_URL },
    { "filename", YG_AS_TEXT, YG_F_FILE_PATH },
    { "file-name", YG_AS_TEXT, YG_F_FILE_PATH },
    { "reason", YG_AS_TEXT, YG_F_FLOW_STATE },
    { "hostname", YG_AS_TEXT, YG_F_HOST_NAME },
};

struct record {
    struct yg_str name, severity, policy, proto, service, nat_src, nat_dst;
};

static const struct yg_kv_slot slot[] = {
    { "attack-name", offsetof(struct record, name) },
    { "name", offsetof(struct record, name) },
    { "malware-info", offsetof(struct record, name) },
    { "threat-severity", offsetof(struct record, severity) },
    { "verdict-number", offsetof(struct record, severity) },
    { "policy-name", offsetof(struct record, policy) },
    { "protocol-id", offsetof(struct record, proto) },
    { "service-name", offsetof(struct record, service) },
    { "nat-source-address", offsetof(struct record, nat_src) },
    { "nat-destination-address", offsetof(struct record, nat_dst) },
};

static const char *const daemons[] = { "RT_FLOW", "RT_IDS",    "RT_IDP",  "RT_UTM",
                                       "RT_AV",   "RT_SYSTEM", "RT_AAMW", "RT_SECINTEL" };

/* "RT_FLOW: RT_FLOW_SESSION_DENY: ..", "RT_FLOW - RT_FLOW_SESSION_DENY [junos@.." */
static bool name_in(struct yg_str body, const char *daemon, struct yg_str *name,
                    struct yg_str *rest)
{
    struct yg_str s = body;

    if (!yg_after(&s, daemon) || s.p - body.p > 120 ||
        (!yg_eat(&s, " - ") && !yg_eat(&s, ": ") && !yg_eat(&s, " ")) ||
        !yg_word(&s, name))
        return false;
    name->n -= name->p[name->n - 1] == ':';
    *rest = s;
    return name->n > 3;
}

/* "RT_FLOW_SESSION_DENY" in any of its places: RFC 5424's message id, behind the daemon's
 * name in the text, or at its front. */
static bool event_name(const struct yg_logline *l, struct yg_str *name,
                       struct yg_str *rest)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(daemons); i++) {
        bool speaks = yg_str_starts(l->app, yg_str_of(daemons[i]));
        if (speaks && l->msgid.n > 0) {
            *name = l->msgid;
            *rest = l->sd.n ? l->sd : l->body;
            return true;
        }
        *rest = l->body;
        if (speaks)
            return yg_word(rest, name) && name->p[name->n - 1] == ':' && name->n-- > 3;
        if (name_in(l->body, daemons[i], name, rest))
            return true;
    }
    return false;
}

static bool is_detection(struct yg_str name)
{
    static const char *const lead[] = {
        "RT_SCREEN",          "IDP_ATTACK_LOG",  "AV_VIRUS", "AAMW_MALWARE",
        "AAMW_HOST_INFECTED", "SECINTEL_ACTION", "AV_HUGE"
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(lead); i++)
        if (yg_str_starts(name, yg_str_of(lead[i])))
            return true;
    return false;
}

/* "TCP port scan! source: 192.0.2.1:1, destination: ..", "session denied a/1->b/2 .." */
static void put_text_form(struct yg_target *t, struct yg_str s, struct record *r)
{
    struct yg_str rest = s, part[YG_SCAN_MAX], word;

    if (yg_scan(yg_str_trim(s), "%* source: %s, destination: %s, ", part) == 3) {
        r->name = part[0];
        yg_log_endpoint(t, part[1], YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
        yg_log_endpoint(t, part[2], YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
        if (yg_after(&rest, "action: "))
            YG_PUT(t, LOWER, EVENT_ACTION, rest);
        return;
    }
    YG_PUT(t, TEXT, EVENT_ACTION,
           yg_has(s, "created")  ? YG_STR("created")
           : yg_has(s, "closed") ? YG_STR("closed")
           : yg_has(s, "denied") ? YG_STR("denied")
                                 : YG_STR_NONE);
    while (yg_word(&rest, &word)) {
        struct yg_str to = word, from;
        if (!yg_until(&to, "->", &from))
            continue;
        (void)yg_eat(&from, "<");
        yg_log_endpoint(t, from, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
        yg_log_endpoint(t, to, YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
        break;
    }
}

/* "junos-https", and what is none: "None", "SERVICE_IDP", "UNKNOWN". */
static void put_rest(struct yg_target *t, const struct record *r)
{
    struct yg_str service = r->service;
    bool known = yg_eat(&service, "junos-");

    yg_log_protocol(t, r->proto);
    if (known || (!yg_str_starts(service, YG_STR("SERVICE_")) && !yg_absent(service)))
        YG_PUT(t, LOWER, APP_PROTO, service);
    if (!yg_is(r->nat_src, "0.0.0.0"))
        yg_log_ip(t, YG_F_NAT_SOURCE_IP, r->nat_src);
    if (!yg_is(r->nat_dst, "0.0.0.0"))
        yg_log_ip(t, YG_F_NAT_DESTINATION_IP, r->nat_dst);
}

static int junos_match(const struct yg_logline *l)
{
    struct yg_str name, rest;

    if (yg_str_starts(l->sd, YG_STR("[junos@")))
        return 97;
    if (!event_name(l, &name, &rest))
        return 0;
    return yg_str_starts(l->app, YG_STR("RT_")) ||
                   yg_str_starts(l->app, YG_STR("junos")) ||
                   yg_str_starts(l->body, YG_STR("RT_"))
               ? 92
               : 60;
}

static bool junos_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str name = l->msgid, rest = l->sd.n ? l->sd : l->body;
    struct record r = { .name = YG_STR_NONE };
    struct yg_kv kv;

    (void)d;
    (void)event_name(l, &name, &rest);
    YG_PUT(t, TEXT, EVENT_CODE, name);
    if (!yg_has(rest, "[junos@"))
        put_text_form(t, rest, &r);
    else
        while (yg_kv_next(&rest, (struct yg_kv_style){ .assign = '=' }, &kv))
            if (!yg_kv_keep(&r, slot, YG_ARRAY_LEN(slot), &kv))
                yg_kv_put(t, pick, YG_ARRAY_LEN(pick), &kv);
    put_rest(t, &r);
    if (yg_str_starts(name, YG_STR("RT_FLOW_SESSION_")))
        YG_PUT(t, LOWER, EVENT_ACTION, ((struct yg_str){ name.p + 16, name.n - 16 }));
    if (is_detection(name)) {
        /* one kind of event for all attacks: what tells them apart is the name */
        struct yg_str id = r.name.n ? r.name : name;
        yg_log_alert(t, id, id, yg_log_severity(r.severity, 60));
        t->e->device = yg_str_starts(name, YG_STR("IDP")) ? YG_DEV_IDS : t->e->device;
    } else {
        YG_PUT(t, TEXT, RULE_NAME, r.policy);
    }
    return name.n > 0;
}

const struct yg_dialect yg_dialect_junos = {
    .name = "junos",
    .doc = "Juniper SRX (Junos), structured data and text",
    .product = "Junos",
    .device = YG_DEV_FIREWALL,
    .marks = "RT_FLOW|RT_IDS|RT_IDP|RT_UTM|RT_AV|RT_SYSTEM|RT_AAMW|RT_SECINTEL|[junos@",
    .match = junos_match,
    .read = junos_read,
};

/* ---- ScreenOS -----------------------------------------------------------------------
 */

static const struct yg_kv_pick screen_pick[] = {
    { "device_id", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "policy_id", YG_AS_TEXT, YG_F_RULE_ID },
    { "service", YG_AS_LOWER, YG_F_APP_PROTO },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "sent", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "rcvd", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "duration", YG_AS_SECONDS, YG_F_DURATION },
    { "src", YG_AS_IP, YG_F_SOURCE_IP },
    { "dst", YG_AS_IP, YG_F_DESTINATION_IP },
    { "src_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dst_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "session_id", YG_AS_U64, YG_F_FLOW_ID },
};

static bool is_attack(struct yg_str level, uint64_t code)
{
    bool loud =
        yg_is(level, "emergency") || yg_is(level, "alert") || yg_is(level, "critical");

    return loud && ((code >= 4 && code <= 17) || code == 32 || code == 33 ||
                    (code >= 412 && code <= 442));
}

/* "From 192.0.2.1:1 to 198.51.100.2:2, proto TCP (zone Untrust int ethernet0/0)." */
static void put_ends(struct yg_target *t, struct yg_str text)
{
    struct yg_str rest = text, word;

    if ((yg_after(&rest, "From ") || yg_after(&rest, " from ")) &&
        yg_word(&rest, &word)) {
        if (yg_is(word, "host") && !yg_word(&rest, &word))
            return;
        yg_log_endpoint(t, word, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
        if (yg_after(&rest, "to ") && yg_word(&rest, &word))
            yg_log_endpoint(t, word, YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
    }
    rest = text;
    if (yg_after(&rest, "proto ") && yg_word(&rest, &word)) {
        while (word.n > 0 && (word.p[word.n - 1] == ',' || word.p[word.n - 1] == '.'))
            word.n--;
        yg_log_protocol(t, word);
    }
    rest = text;
    if (yg_after(&rest, " int ") && yg_word(&rest, &word)) {
        while (word.n > 0 && (word.p[word.n - 1] == ')' || word.p[word.n - 1] == '.'))
            word.n--;
        YG_PUT(t, TEXT, INTERFACE_IN, word);
    }
    rest = text;
    if (yg_after(&rest, "admin ") && yg_word(&rest, &word))
        YG_PUT(t, TEXT, USER_NAME, word);
}

static int screen_match(const struct yg_logline *l)
{
    return yg_str_starts(l->body, YG_STR("NetScreen device_id=")) ? 98 : 0;
}

static bool screen_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    struct yg_str rest = l->body, part[YG_SCAN_MAX], code;
    uint64_t number = 0;
    struct yg_kv kv;

    (void)d;
    if (!yg_after(&rest, "system-") || yg_scan(rest, "%s-%s: %*", part) != 3)
        return false;
    code = part[1];
    code.n = code.n > 5 ? 5 : code.n;
    rest = l->body;
    while (yg_kv_next(&rest, (struct yg_kv_style){ .assign = '=' }, &kv))
        if (yg_is(kv.key, "proto"))
            yg_log_protocol(t, kv.value);
        else
            yg_kv_put(t, screen_pick, YG_ARRAY_LEN(screen_pick), &kv);
    YG_PUT(t, TEXT, EVENT_CODE, code);
    YG_PUT(t, TEXT, MESSAGE, part[2]);
    put_ends(t, part[2]);
    (void)yg_str_u64(code, &number);
    unsigned severity = yg_log_severity(part[0], 20);
    struct yg_str name = part[2], first;
    if (yg_until(&name, "!", &first))
        name = first;
    if (is_attack(part[0], number))
        yg_log_alert(t, code, name, severity);
    else
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, severity);
    return true;
}

const struct yg_dialect yg_dialect_netscreen = {
    .name = "netscreen",
    .doc = "Juniper NetScreen and SSG (ScreenOS)",
    .product = "ScreenOS",
    .device = YG_DEV_FIREWALL,
    .marks = "NetScreen device_id=",
    .match = screen_match,
    .read = screen_read,
};
