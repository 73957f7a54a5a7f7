/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Check Point Log Exporter (syslog format) and what writes like it:
 *
 *      1 2026-01-02T03:04:05Z gw CheckPoint 1234 - [action:"Drop"; src:"192.0.2.1"; ..]
 *
 * Alerts are records of the threat prevention blades (IPS, Anti-Bot, Anti-Virus, Threat
 * Emulation and Extraction, SmartDefense); accepts, drops, VPN and administration are
 * context. Source: sk122323 and sk144192, "Log fields".
 */
#include "decode/dialects.h"
#include "decode/log.h"

static const struct yg_kv_pick pick[] = {
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "src", YG_AS_IP, YG_F_SOURCE_IP },
    { "dst", YG_AS_IP, YG_F_DESTINATION_IP },
    { "s_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "service", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "xlatesrc", YG_AS_IP, YG_F_NAT_SOURCE_IP },
    { "xlatedst", YG_AS_IP, YG_F_NAT_DESTINATION_IP },
    { "src_user_name", YG_AS_TEXT, YG_F_USER_NAME },
    { "user", YG_AS_TEXT, YG_F_USER_NAME },
    { "administrator", YG_AS_TEXT, YG_F_USER_NAME },
    { "src_machine_name", YG_AS_TEXT, YG_F_HOST_NAME },
    { "origin", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "ifname", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "ifdir", YG_AS_TEXT, YG_F_DIRECTION },
    { "service_id", YG_AS_LOWER, YG_F_APP_PROTO },
    { "resource", YG_AS_TEXT, YG_F_URL },
    { "method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "file_name", YG_AS_TEXT, YG_F_FILE_PATH },
    { "file_size", YG_AS_U64, YG_F_FILE_SIZE },
    { "file_sha256", YG_AS_TEXT, YG_F_FILE_SHA256 },
    { "file_sha1", YG_AS_TEXT, YG_F_FILE_SHA1 },
    { "file_md5", YG_AS_TEXT, YG_F_FILE_MD5 },
    { "client_outbound_bytes", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "client_inbound_bytes", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "from", YG_AS_TEXT, YG_F_MAIL_FROM },
    { "to", YG_AS_TEXT, YG_F_MAIL_TO },
    { "email_subject", YG_AS_TEXT, YG_F_MAIL_SUBJECT },
    { "loguid", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "protection_type", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "message_info", YG_AS_TEXT, YG_F_MESSAGE },
    { "ike", YG_AS_TEXT, YG_F_MESSAGE },
};

struct found {
    struct yg_str product, name, attack, id, severity, rule;
};

static const struct yg_kv_slot slot[] = {
    { "product", offsetof(struct found, product) },
    { "protection_name", offsetof(struct found, name) },
    { "malware_family", offsetof(struct found, name) },
    { "attack", offsetof(struct found, attack) },
    { "protection_id", offsetof(struct found, id) },
    { "malware_rule_id", offsetof(struct found, id) },
    { "severity", offsetof(struct found, severity) },
    { "rule_name", offsetof(struct found, rule) },
};

static void note(struct yg_target *t, struct found *f, const struct yg_kv *kv)
{
    if (yg_kv_keep(f, slot, YG_ARRAY_LEN(slot), kv))
        return;
    if (yg_is(kv->key, "proto"))
        yg_log_protocol(t, kv->value);
    else if (yg_is(kv->key, "time") && kv->value.n >= 10)
        yg_put_text(t, YG_AS_EPOCH, 0, kv->value);
    else if (!yg_is(kv->key, "service") || (kv->value.n && kv->value.p[0] <= '9'))
        yg_kv_put(t, pick, YG_ARRAY_LEN(pick), kv);
}

static bool prevents(struct yg_str product)
{
    static const char *const blade[] = { "smartdefense",  "ips",          "anti-bot",
                                         "anti bot",      "anti-virus",   "anti virus",
                                         "anti-malware",  "anti malware", "threat e",
                                         "zero phishing", "forensics" };

    for (size_t i = 0; i < YG_ARRAY_LEN(blade); i++)
        if (yg_str_has_nocase(product, yg_str_of(blade[i])))
            return true;
    return false;
}

static int match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    if (yg_is(l->app, "CheckPoint") && yg_eat(&s, "["))
        return 98;
    return yg_eat(&s, "[") && (yg_eat(&s, "action:\"") || yg_has(s, "loguid:\"{")) ? 95
                                                                                   : 0;
}

static bool read_(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    static const unsigned by_number[] = { 10, 25, 50, 75, 90 }; /* 0 to 4, "Severity" */
    struct yg_str rest = l->body;
    struct found f = { .product = YG_STR_NONE };
    struct yg_kv kv;
    uint64_t n;
    size_t pairs = 0;

    (void)d;
    for (; yg_kv_next(&rest, (struct yg_kv_style){ ':', ';', true }, &kv); pairs++)
        note(t, &f, &kv);
    unsigned severity = yg_log_severity(f.severity, 50);
    if (yg_str_u64(f.severity, &n))
        severity = by_number[n < YG_ARRAY_LEN(by_number) ? n : 4];
    if (f.attack.n > 0 || f.name.n > 0 || prevents(f.product))
        yg_log_alert(t, f.id,
                     f.name.n     ? f.name
                     : f.attack.n ? f.attack
                                  : f.product,
                     severity);
    else
        YG_PUT(t, TEXT, RULE_NAME, f.rule);
    YG_PUT(t, LOWER, EVENT_DATASET, f.product);
    return pairs > 0;
}

const struct yg_dialect yg_dialect_checkpoint = {
    .name = "checkpoint",
    .doc = "Check Point Log Exporter, key:\"value\" pairs in brackets",
    .product = "Check Point",
    .device = YG_DEV_FIREWALL,
    .marks = "loguid:|[action:|CheckPoint",
    .match = match,
    .read = read_,
};
