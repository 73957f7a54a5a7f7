/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eve - Suricata's EVE JSON: alerts, and the flow and protocol records around them.
 *
 * The sensor watches other machines, so host.* stays unset.
 */
#include "decode/decode.h"
#include "decode/decoders.h"
#include "decode/dialects.h"
#include "decode/log.h"
#include "decode/state.h"

enum slot {
    SLOT_TYPE,
    SLOT_GID,
    SLOT_SID,
    SLOT_SEVERITY,
    SLOT_PICKS,
};

static const struct yg_pick pick[] = {
    [SLOT_TYPE] = { "event_type", YG_AS_NOTHING, 0 },
    [SLOT_GID] = { "alert.gid", YG_AS_NOTHING, 0 },
    [SLOT_SID] = { "alert.signature_id", YG_AS_NOTHING, 0 },
    [SLOT_SEVERITY] = { "alert.severity", YG_AS_NOTHING, 0 },
    [SLOT_PICKS] = { "timestamp", YG_AS_TIME, 0 },
    { "host", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "src_ip", YG_AS_IP, YG_F_SOURCE_IP },
    { "src_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dest_ip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dest_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "proto", YG_AS_LOWER, YG_F_TRANSPORT },
    { "app_proto", YG_AS_LOWER, YG_F_APP_PROTO },
    { "community_id", YG_AS_TEXT, YG_F_COMMUNITY_ID },
    { "flow_id", YG_AS_U64, YG_F_FLOW_ID },
    { "direction", YG_AS_TEXT, YG_F_DIRECTION },
    { "alert.rev", YG_AS_U64, YG_F_RULE_VERSION },
    { "alert.signature", YG_AS_TEXT, YG_F_RULE_NAME },
    { "alert.category", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "alert.action", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "alert.metadata.tag", YG_AS_LIST, YG_F_RULE_GROUPS },
    { "alert.metadata.signature_severity", YG_AS_TEXT, YG_F_SIGNATURE_SEVERITY },
    { "alert.metadata.confidence", YG_AS_TEXT, YG_F_CONFIDENCE },
    { "alert.metadata.attack_target", YG_AS_TEXT, YG_F_ATTACK_TARGET },
    { "alert.metadata.mitre_technique_id", YG_AS_LIST, YG_F_TECHNIQUE },
    { "alert.metadata.cve", YG_AS_LIST, YG_F_VULNERABILITY },
    { "flow.pkts_toserver", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "flow.pkts_toclient", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "flow.bytes_toserver", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "flow.bytes_toclient", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "flow.start", YG_AS_ISO, YG_F_FLOW_START },
    { "flow.state", YG_AS_TEXT, YG_F_FLOW_STATE },
    { "flow.alerted", YG_AS_U64, YG_F_FLOW_ALERTED },
    { "http.hostname", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "http.url", YG_AS_TEXT, YG_F_URL },
    { "http.http_user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "http.http_method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "http.status", YG_AS_U64, YG_F_HTTP_STATUS },
    { "http.length", YG_AS_U64, YG_F_HTTP_LENGTH },
    { "http.http_content_type", YG_AS_TEXT, YG_F_HTTP_CONTENT_TYPE },
    /* the name asked for: of log records, of alerts before and from Suricata 8 */
    { "dns.rrname", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "dns.rrtype", YG_AS_TEXT, YG_F_DNS_TYPE },
    { "dns.query.rrname", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "dns.query.rrtype", YG_AS_TEXT, YG_F_DNS_TYPE },
    { "dns.queries.rrname", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "dns.queries.rrtype", YG_AS_TEXT, YG_F_DNS_TYPE },
    { "dns.answer.rrname", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "dns.rcode", YG_AS_TEXT, YG_F_DNS_RCODE },
    { "dns.answer.rcode", YG_AS_TEXT, YG_F_DNS_RCODE },
    { "dns.rdata", YG_AS_MORE, YG_F_DNS_ANSWER },
    YG_EVE_ANSWERS("dns."),
    YG_EVE_ANSWERS("dns.answer."),
    { "tls.sni", YG_AS_TEXT, YG_F_TLS_SNI },
    { "tls.ja3.hash", YG_AS_TEXT, YG_F_TLS_JA3 },
    { "tls.issuerdn", YG_AS_TEXT, YG_F_TLS_ISSUER },
    { "tls.subject", YG_AS_TEXT, YG_F_TLS_SUBJECT },
    { "quic.sni", YG_AS_TEXT, YG_F_TLS_SNI },
    { "quic.ja3.hash", YG_AS_TEXT, YG_F_TLS_JA3 },
    YG_EVE_FILE("fileinfo."),
    YG_EVE_FILES("files."),
    { "smb.filename", YG_AS_TEXT, YG_F_FILE_PATH },
    { "ftp_data.filename", YG_AS_TEXT, YG_F_FILE_PATH },
    { "smb.ntlmssp.user", YG_AS_TEXT, YG_F_USER_NAME },
    { "krb5.cname", YG_AS_TEXT, YG_F_USER_NAME },
    { "anomaly.event", YG_AS_TEXT, YG_F_MESSAGE },
    { "payload", YG_AS_BASE64, YG_F_PAYLOAD },
    { "packet", YG_AS_BASE64, YG_F_PACKET },
    { "packet_info.linktype", YG_AS_U64, YG_F_LINKTYPE },
};

/* Suricata counts severity down from 1 (classification.config); ours counts up. */
uint64_t yg_eve_severity(uint64_t suricata)
{
    static const uint8_t ours[] = { 100, 75, 50, 25 };

    return suricata < YG_ARRAY_LEN(ours) ? ours[suricata] : 10;
}

static struct yg_str text_at(struct yg_target *t, const struct yg_json_hits *h,
                             enum slot slot)
{
    const struct yg_json_value *v = yg_json_hit(h, slot);

    return v ? yg_put_plain(t, v) : YG_STR_NONE;
}

static void read_alert(struct yg_decode *d, struct yg_target *t,
                       const struct yg_json_hits *h)
{
    struct yg_str gid = text_at(t, h, SLOT_GID), sid = text_at(t, h, SLOT_SID);
    struct yg_str severity = text_at(t, h, SLOT_SEVERITY);
    uint64_t n;

    t->e->kind = YG_KIND_ALERT;
    if (sid.n)
        yg_put_joined(t, YG_F_RULE_ID, gid.n ? gid : YG_STR("1"), ':', sid);
    yg_put_text(t, YG_AS_TEXT, YG_F_RULE_RULESET, YG_STR("suricata"));
    if (severity.n && yg_put_number(severity, &n))
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, yg_eve_severity(n));
    else if (severity.n)
        yg_put_reason(t, YG_R_BAD_VALUE);
    if (!sid.n && !yg_event_has(t->e, YG_F_RULE_NAME))
        yg_decode_unread(d, t->e, YG_R_NO_SIGNATURE);
}

static void read_record(struct yg_decode *d, struct yg_target *t,
                        const struct yg_json_hits *h)
{
    struct yg_event *e = t->e;

    e->device = YG_DEV_IDS;
    yg_put_hits(t, pick, h);
    yg_put_text(t, YG_AS_TEXT, YG_F_OBSERVER_PRODUCT, YG_STR("Suricata"));
    const struct yg_json_value *v = yg_json_hit(h, SLOT_TYPE);
    struct yg_str type =
        v && v->type == YG_JSON_STRING ? yg_put_plain(t, v) : YG_STR_NONE;
    /* Written a little differently, or with the packet dropped: an alert all the same. */
    bool alert = yg_str_eq_nocase(yg_str_trim(type), YG_STR("alert")) ||
                 (yg_str_eq(type, YG_STR("drop")) && yg_json_hit(h, SLOT_SID));
    if (alert) {
        read_alert(d, t, h);
    } else if (type.n == 0) {
        yg_decode_unread(d, e, YG_R_UNKNOWN_TYPE);
    } else {
        e->kind = YG_KIND_CONTEXT;
        yg_put_text(t, YG_AS_TEXT, YG_F_EVENT_DATASET, type);
    }
}

static void eve_event(struct yg_decode *d, struct yg_batch *b, uint32_t i,
                      struct yg_event *e)
{
    struct yg_target t;
    struct yg_str raw = yg_decode_start(d, b, i, e, &t);
    const struct yg_json_hits *h = yg_decode_walk(d, &t, raw);

    e->device = YG_DEV_IDS;
    if (!h)
        return;
    read_record(d, &t, h);
    yg_decode_finish(d, &t);
}

/* The same within syslog. */
static bool eve_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    (void)l;
    read_record(d, t, yg_log_hits(d));
    return true;
}

const struct yg_dialect yg_dialect_eve = {
    .name = "eve",
    .doc = "Suricata EVE JSON, also within syslog",
    .product = "Suricata",
    .device = YG_DEV_IDS,
    .signs = "event_type timestamp",
    .pick = pick,
    .pick_count = YG_ARRAY_LEN(pick),
    .read = eve_read,
};

static int eve_probe(struct yg_str head)
{
    bool type = yg_probe_has(head, "\"event_type\"");

    return type && yg_probe_has(head, "\"timestamp\"") ? 90 : type ? 50 : 0;
}

enum yg_status yg_eve_init(struct yg_decode *d)
{
    return yg_decode_json_init(d, pick, YG_ARRAY_LEN(pick), "_source");
}

const struct yg_decoder yg_decoder_eve = {
    .name = "eve",
    .doc = "Suricata EVE JSON: alerts with payload and packet, and context records",
    .framing = YG_FRAME_JSON,
    .probe = eve_probe,
    .event = eve_event,
};
