/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fortinet: FortiGate, FortiWeb, FortiMail, FortiAuthenticator, FortiDDoS.
 *
 *      date=2026-01-02 time=03:04:05 devname="fw" logid="0419016384" type="utm"
 *      subtype="ips" eventtime=1767323045123456789 srcip=192.0.2.1 attack="name" ...
 *
 * Keys changed over the versions (FortiOS Log Reference 4.0 to 7.6): src and srcip, rule
 * and policyid, sent and sentbyte. What its security profiles detect (ips, virus, waf,
 * anomaly, botnets and malicious sites) is an alert; traffic, events and plain web or
 * application filtering are context. Packets and matches that the device adds
 * (attackcontext in base64, rawdata) are kept as evidence.
 */
#include "decode/dialects.h"
#include "decode/log_json.h"

static const struct yg_kv_style style = { .assign = '=' };

static const struct yg_kv_pick common[] = {
    { "devname", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "logid", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "log_id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "srcip", YG_AS_IP, YG_F_SOURCE_IP },
    { "src", YG_AS_IP, YG_F_SOURCE_IP },
    { "client_ip", YG_AS_IP, YG_F_SOURCE_IP },
    { "sip", YG_AS_IP, YG_F_SOURCE_IP },
    { "remip", YG_AS_IP, YG_F_SOURCE_IP },
    { "srcport", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "src_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "remport", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dstip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dst", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dst_ip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "locip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dstport", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "dst_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "dport", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "locport", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "srcintf", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "src_int", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "dstintf", YG_AS_TEXT, YG_F_INTERFACE_OUT },
    { "dst_int", YG_AS_TEXT, YG_F_INTERFACE_OUT },
    { "outintf", YG_AS_TEXT, YG_F_INTERFACE_OUT },
    { "srcmac", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "user", YG_AS_TEXT, YG_F_USER_NAME },
    { "unauthuser", YG_AS_TEXT, YG_F_USER_NAME },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "disposition", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "app", YG_AS_LOWER, YG_F_APP_PROTO },
    { "sessionid", YG_AS_U64, YG_F_FLOW_ID },
    { "sentbyte", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "sent", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "rcvdbyte", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "rcvd", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "sentpkt", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "sent_pkt", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "rcvdpkt", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "rcvd_pkt", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "duration", YG_AS_SECONDS, YG_F_DURATION },
    { "hostname", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "http_host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "url", YG_AS_TEXT, YG_F_URL },
    { "http_url", YG_AS_TEXT, YG_F_URL },
    { "http_method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "httpmethod", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "http_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "qname", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "qtype", YG_AS_TEXT, YG_F_DNS_TYPE },
    { "scertcname", YG_AS_TEXT, YG_F_TLS_SUBJECT },
    { "scertissuer", YG_AS_TEXT, YG_F_TLS_ISSUER },
    { "filename", YG_AS_TEXT, YG_F_FILE_PATH },
    { "file", YG_AS_TEXT, YG_F_FILE_PATH },
    { "filesize", YG_AS_U64, YG_F_FILE_SIZE },
    { "filetype", YG_AS_TEXT, YG_F_FILE_MAGIC },
    { "from", YG_AS_TEXT, YG_F_MAIL_FROM },
    { "to", YG_AS_TEXT, YG_F_MAIL_TO },
    { "subject", YG_AS_TEXT, YG_F_MAIL_SUBJECT },
    { "message_id", YG_AS_TEXT, YG_F_MAIL_ID },
    { "transip", YG_AS_IP, YG_F_NAT_SOURCE_IP },
    { "tranip", YG_AS_IP, YG_F_NAT_DESTINATION_IP },
    { "catdesc", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "attackcontext", YG_AS_BASE64, YG_F_PAYLOAD },
    { "rawdata", YG_AS_TEXT, YG_F_PAYLOAD },
    { "msg", YG_AS_TEXT, YG_F_MESSAGE },
};

/* What decides, and what needs more than one key. */
struct record {
    struct yg_str type, subtype, level, severity, crlevel, date, time, tz, eventtime;
    struct yg_str attack, attackid, virus, virusid, signature, signature_id, status;
    struct yg_str botnet, description, logdesc, proto, service, hash, policy, main_type;
    struct yg_str
        ui; /* "https(192.0.2.1)": by what an administrator came, and from where */
};

#define PART(key, member)                                                                \
    {                                                                                    \
        key, offsetof(struct record, member)                                             \
    }

static const struct yg_kv_slot part[] = {
    PART("type", type),
    PART("subtype", subtype),
    PART("sub_type", main_type),
    PART("level", level),
    PART("pri", level),
    PART("severity", severity),
    PART("severity_level", severity),
    PART("threat_level", severity),
    PART("crlevel", crlevel),
    PART("date", date),
    PART("time", time),
    PART("tz", tz),
    PART("eventtime", eventtime),
    PART("attack", attack),
    PART("attackname", attack),
    PART("attack_name", attack),
    PART("attackid", attackid),
    PART("attack_id", attackid),
    PART("virus", virus),
    PART("virusid", virusid),
    PART("signature_subclass", signature),
    PART("signature_id", signature_id),
    PART("status", status),
    PART("botnetdomain", botnet),
    PART("botnetip", botnet),
    PART("description", description),
    PART("logdesc", logdesc),
    PART("proto", proto),
    PART("protocol", proto),
    PART("service", service),
    PART("filehash", hash),
    PART("analyticscksum", hash),
    PART("policyname", policy),
    PART("main_type", main_type),
    PART("evesubcode", attackid),
    PART("ui", ui),
};

static void put_when(struct yg_target *t, const struct record *r)
{
    bool dated = yg_log_put_date(t, r->date, r->time, r->tz);
    int16_t zone_min = t->e->offset_min;
    uint64_t n;

    if (!yg_str_u64(r->eventtime, &n))
        return;
    /* finer, and right where the zone is not known; what zone it was is kept */
    yg_put_text(t, YG_AS_EPOCH, 0, r->eventtime);
    if (dated && r->tz.n > 0)
        t->e->offset_min = zone_min;
}

static void read_pairs(struct yg_target *t, struct yg_str body, struct record *r)
{
    struct yg_str rest = body;
    struct yg_kv kv;

    while (yg_kv_next(&rest, style, &kv))
        if (yg_is(kv.key, "sip") && yg_is(kv.value, "0.0.0.0"))
            continue; /* FortiDDoS: of many sources */
        else if (!yg_kv_keep(r, part, YG_ARRAY_LEN(part), &kv))
            yg_kv_put(t, common, YG_ARRAY_LEN(common), &kv);
    put_when(t, r);
    if (yg_after(&r->ui, "("))
        (void)yg_log_endpoint(t, r->ui, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
    yg_log_protocol(t, r->proto);
    YG_PUT(t, LOWER, EVENT_ACTION, r->status);
    YG_PUT(t, LOWER, APP_PROTO, r->service);
    yg_put_hash(t, r->hash);
    YG_PUT(t, TEXT, EVENT_DATASET, r->subtype.n ? r->subtype : r->type);
}

static unsigned severity_of(const struct record *r, unsigned otherwise)
{
    unsigned by_level = yg_log_severity(r->level, otherwise);

    if (r->severity.n > 0)
        return yg_log_severity(r->severity, by_level);
    return r->crlevel.n > 0 ? yg_log_severity(r->crlevel, by_level) : by_level;
}

static struct yg_str either(struct yg_str a, struct yg_str b)
{
    return a.n ? a : b;
}

static int has_device(const struct yg_logline *l, const char *id, int sure)
{
    struct yg_str s = l->body;

    if (!yg_kv_first(s) || (!yg_has(s, "devid=") && !yg_has(s, "device_id=")))
        return 0;
    return yg_has(s, id) ? sure : 0;
}

/* ---- FortiGate -------------------------------------------------------------------- */

static bool malicious(struct yg_str category)
{
    return yg_has(category, "Malicious") || yg_has(category, "Phishing") ||
           yg_has(category, "Spam URL") || yg_has(category, "Botnet");
}

/* The name of what a security profile found; empty: it only filtered. */
static struct yg_str finding(const struct yg_target *t, const struct record *r,
                             struct yg_str *id)
{
    struct yg_str kind = yg_is(r->type, "utm") ? r->subtype : r->type;
    struct yg_str category = yg_event_str(t->b, t->e, YG_F_RULE_CATEGORY);

    *id = either(r->attackid, r->virusid);
    if (yg_is(kind, "ips") || yg_is(kind, "anomaly") || yg_is(kind, "attack"))
        return either(r->attack, either(r->description, kind));
    if (yg_is(kind, "virus"))
        return either(r->virus, kind);
    if (yg_is(kind, "waf")) {
        *id = either(r->signature_id, *id);
        return either(r->signature, kind);
    }
    if (r->botnet.n > 0)
        return r->botnet;
    if (yg_is(kind, "dlp"))
        return kind;
    return yg_is(kind, "webfilter") || yg_is(kind, "dns")
               ? (malicious(category) ? category : YG_STR_NONE)
               : YG_STR_NONE;
}

static int gate_match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    if (!yg_kv_first(s) || !yg_has(s, "type=") ||
        (!yg_has(s, "logid=") && !yg_has(s, "log_id=")))
        return 0;
    return yg_has(s, "devname=") || yg_has(s, "vd=") ? 90 : 55;
}

static bool gate_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct record r = { .type = YG_STR_NONE };
    struct yg_str id, name;

    (void)d;
    read_pairs(t, l->body, &r);
    if (yg_is(r.type, "event")) {
        struct yg_str action = yg_event_str(t->b, t->e, YG_F_EVENT_ACTION);
        yg_log_outcome(t, r.status);
        if (yg_has(action, "-login-fail"))
            YG_PUT(t, TEXT, OUTCOME, YG_STR("failure"));
    }
    name = finding(t, &r, &id);
    if (name.n > 0) {
        yg_log_alert(t, id, name, severity_of(&r, 60));
        YG_PUT(t, TEXT, RULE_CATEGORY, r.subtype);
        return true;
    }
    YG_PUT(t, TEXT, RULE_NAME, r.policy);
    YG_PUT(t, TEXT, MESSAGE, r.logdesc);
    yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, yg_log_severity(r.level, 0));
    return r.type.n > 0;
}

const struct yg_dialect yg_dialect_fortigate = {
    .name = "fortigate",
    .doc = "Fortinet FortiGate: traffic, events, security profiles",
    .product = "FortiGate",
    .device = YG_DEV_FIREWALL,
    .marks = "logid=|log_id=",
    .match = gate_match,
    .read = gate_read,
};

/* ---- FortiWeb --------------------------------------------------------------------- */

static int web_match(const struct yg_logline *l)
{
    return has_device(l, "main_type=", 95) || has_device(l, "device_id=FV", 95) ? 95 : 0;
}

static bool web_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct record r = { .type = YG_STR_NONE };

    (void)d;
    read_pairs(t, l->body, &r);
    if (yg_is(r.type, "attack"))
        yg_log_alert(t, r.signature_id, either(r.signature, either(r.main_type, r.type)),
                     severity_of(&r, 60));
    return r.type.n > 0;
}

const struct yg_dialect yg_dialect_fortiweb = {
    .name = "fortiweb",
    .doc = "Fortinet FortiWeb, a web application firewall",
    .product = "FortiWeb",
    .device = YG_DEV_WAF,
    .marks = "main_type=|device_id=FV",
    .match = web_match,
    .read = web_read,
};

/* ---- FortiMail -------------------------------------------------------------------- */

static int mail_match(const struct yg_logline *l)
{
    static const char *const type[] = { "type=statistics", "type=kevent", "type=spam",
                                        "type=encrypt", "type=mail" };
    if (has_device(l, "device_id=FE", 95))
        return 95;
    for (size_t i = 0; i < YG_ARRAY_LEN(type); i++)
        if (has_device(l, type[i], 92))
            return 92;
    return 0;
}

static bool mail_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct record r = { .type = YG_STR_NONE };

    (void)d;
    read_pairs(t, l->body, &r);
    struct yg_str in = yg_event_str(
        t->b, t->e, YG_F_MESSAGE); /* "The file a.exe is infected with EICAR." */
    if (r.virus.n == 0 && yg_after(&in, " infected with ") && yg_word(&in, &r.virus))
        r.virus.n -= r.virus.p[r.virus.n - 1] == '.';
    if (yg_is(r.type, "kevent"))
        yg_log_outcome(t, r.status);
    if (yg_is(r.type, "virus") || r.virus.n > 0)
        yg_log_alert(t, r.virusid, either(r.virus, YG_STR("virus in a mail")), 75);
    return r.type.n > 0;
}

const struct yg_dialect yg_dialect_fortimail = {
    .name = "fortimail",
    .doc = "Fortinet FortiMail",
    .product = "FortiMail",
    .device = YG_DEV_MAIL,
    .marks = "device_id=FE|type=statistics|type=kevent|type=spam|type=encrypt|type=mail",
    .match = mail_match,
    .read = mail_read,
};

/* ---- FortiAuthenticator ----------------------------------------------------------- */

static const struct yg_kv_pick auth_pick[] = {
    { "user", YG_AS_TEXT, YG_F_USER_NAME },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "typeid", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "subcategory", YG_AS_LOWER, YG_F_EVENT_DATASET },
    { "nas", YG_AS_IP, YG_F_DESTINATION_IP },
    { "userip", YG_AS_IP, YG_F_SOURCE_IP },
};

static int auth_match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    return yg_kv_first(s) && yg_has(s, "subcategory=") && yg_has(s, "typeid=") &&
                   yg_has(s, "category=")
               ? 95
               : 0;
}

static bool auth_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str rest = l->body;
    struct yg_kv kv;

    (void)d;
    while (yg_kv_next(&rest, style, &kv)) {
        if (yg_is(kv.key, "status"))
            YG_PUT(t, TEXT, OUTCOME,
                   yg_is(kv.value, "success")  ? YG_STR("success")
                   : yg_is(kv.value, "failed") ? YG_STR("failure")
                                               : YG_STR_NONE);
        else if (yg_is(kv.key, "level"))
            yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, yg_log_severity(kv.value, 0));
        else
            yg_kv_put(t, auth_pick, YG_ARRAY_LEN(auth_pick), &kv);
    }
    return yg_event_has(t->e, YG_F_EVENT_CODE);
}

const struct yg_dialect yg_dialect_fortiauth = {
    .name = "fortiauth",
    .doc = "Fortinet FortiAuthenticator",
    .product = "FortiAuthenticator",
    .device = YG_DEV_AUTH,
    .marks = "subcategory=",
    .match = auth_match,
    .read = auth_read,
};

/* ---- FortiDDoS -------------------------------------------------------------------- */

static int ddos_match(const struct yg_logline *l)
{
    return yg_kv_first(l->body) && yg_has(l->body, "evecode=") &&
                   yg_has(l->body, "evesubcode=")
               ? 95
               : 0;
}

static bool ddos_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct record r = { .type = YG_STR_NONE };

    (void)d;
    read_pairs(t, l->body, &r);
    if (yg_is(r.type, "attack"))
        yg_log_alert(t, r.attackid, yg_str_trim(r.description), severity_of(&r, 50));
    return r.type.n > 0;
}

const struct yg_dialect yg_dialect_fortiddos = {
    .name = "fortiddos",
    .doc = "Fortinet FortiDDoS",
    .product = "FortiDDoS",
    .device = YG_DEV_ANOMALY,
    .marks = "evesubcode=",
    .match = ddos_match,
    .read = ddos_read,
};
