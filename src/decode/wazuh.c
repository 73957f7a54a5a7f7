/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wazuh - alerts.json of Wazuh 4, and the JSON of AMiner that is collected beside it.
 *
 * A Wazuh alert about a Suricata record is an alert of that signature: it keeps
 * Suricata's numbering, name, addresses and severity, so that what is learned about a
 * signature holds however it arrives; Wazuh's groups and agent are kept with it.
 */
#include "base/clock.h"
#include "decode/decode.h"
#include "decode/decoders.h"
#include "decode/dialects.h"
#include "decode/log.h"
#include "decode/state.h"
#include "event/ip.h"

enum slot {
    SLOT_TIME,
    SLOT_AT_TIME,
    SLOT_LEVEL,
    SLOT_RULE_ID,
    SLOT_RULE_NAME,
    SLOT_GROUPS,
    SLOT_AGENT_ID,
    SLOT_AGENT_NAME,
    SLOT_AGENT_IP,
    SLOT_MANAGER,
    SLOT_HOSTNAME,
    SLOT_COMPUTER,
    SLOT_DSTIP,
    SLOT_LOCATION,
    SLOT_FULL_LOG,
    SLOT_DECODER,
    SLOT_DATA_ID,
    SLOT_GID,
    SLOT_SID,
    SLOT_SIGNATURE,
    SLOT_SEVERITY,
    SLOT_DETECTOR,
    SLOT_DETECTOR_NAME,
    SLOT_SEEN,
    SLOT_DETECTED,
    SLOT_AMINER,
    SLOT_PICKS,
};

static const struct yg_pick pick[] = {
    [SLOT_TIME] = { "timestamp", YG_AS_NOTHING, 0 },
    [SLOT_AT_TIME] = { "@timestamp", YG_AS_NOTHING, 0 },
    [SLOT_LEVEL] = { "rule.level", YG_AS_NOTHING, 0 },
    [SLOT_RULE_ID] = { "rule.id", YG_AS_NOTHING, 0 },
    [SLOT_RULE_NAME] = { "rule.description", YG_AS_NOTHING, 0 },
    [SLOT_GROUPS] = { "rule.groups", YG_AS_LIST, YG_F_RULE_GROUPS },
    [SLOT_AGENT_ID] = { "agent.id", YG_AS_NOTHING, 0 },
    [SLOT_AGENT_NAME] = { "agent.name", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    [SLOT_AGENT_IP] = { "agent.ip", YG_AS_NOTHING, 0 },
    [SLOT_MANAGER] = { "manager.name", YG_AS_NOTHING, 0 },
    [SLOT_HOSTNAME] = { "predecoder.hostname", YG_AS_NOTHING, 0 },
    [SLOT_COMPUTER] = { "data.win.system.computer", YG_AS_NOTHING, 0 },
    [SLOT_DSTIP] = { "data.dstip", YG_AS_NOTHING, 0 },
    [SLOT_LOCATION] = { "location", YG_AS_NOTHING, 0 },
    [SLOT_FULL_LOG] = { "full_log", YG_AS_TEXT, YG_F_MESSAGE },
    [SLOT_DECODER] = { "decoder.name", YG_AS_NOTHING, 0 },
    [SLOT_DATA_ID] = { "data.id", YG_AS_NOTHING, 0 },
    [SLOT_GID] = { "data.alert.gid", YG_AS_NOTHING, 0 },
    [SLOT_SID] = { "data.alert.signature_id", YG_AS_NOTHING, 0 },
    [SLOT_SIGNATURE] = { "data.alert.signature", YG_AS_NOTHING, 0 },
    [SLOT_SEVERITY] = { "data.alert.severity", YG_AS_NOTHING, 0 },
    [SLOT_DETECTOR] = { "AnalysisComponent.AnalysisComponentIdentifier", YG_AS_NOTHING,
                        0 },
    [SLOT_DETECTOR_NAME] = { "AnalysisComponent.AnalysisComponentName", YG_AS_NOTHING,
                             0 },
    [SLOT_SEEN] = { "LogData.Timestamps", YG_AS_NOTHING, 0 },
    [SLOT_DETECTED] = { "LogData.DetectionTimestamp", YG_AS_NOTHING, 0 },
    [SLOT_AMINER] = { "AMiner.ID", YG_AS_NOTHING, 0 },
    [SLOT_PICKS] = { "id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "rule.mitre.id", YG_AS_LIST, YG_F_TECHNIQUE },
    { "predecoder.program_name", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "syscheck.path", YG_AS_TEXT, YG_F_FILE_PATH },
    { "syscheck.sha256_after", YG_AS_TEXT, YG_F_FILE_SHA256 },
    { "syscheck.sha1_after", YG_AS_TEXT, YG_F_FILE_SHA1 },
    { "syscheck.md5_after", YG_AS_TEXT, YG_F_FILE_MD5 },
    { "syscheck.size_after", YG_AS_U64, YG_F_FILE_SIZE },
    { "syscheck.event", YG_AS_TEXT, YG_F_EVENT_ACTION },
    /* what its decoders call things, and what records they wrap call them */
    { "data.srcip", YG_AS_IP, YG_F_SOURCE_IP },
    { "data.src_ip", YG_AS_IP, YG_F_SOURCE_IP },
    { "data.win.eventdata.ipAddress", YG_AS_IP, YG_F_SOURCE_IP },
    { "data.srcport", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "data.src_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "data.dest_ip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "data.dst_ip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "data.dstport", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "data.dest_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "data.dst_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "data.protocol", YG_AS_LOWER, YG_F_TRANSPORT },
    { "data.proto", YG_AS_LOWER, YG_F_TRANSPORT },
    { "data.srcuser", YG_AS_TEXT, YG_F_USER_NAME },
    { "data.dstuser", YG_AS_TEXT, YG_F_USER_NAME },
    { "data.win.eventdata.targetUserName", YG_AS_TEXT, YG_F_USER_NAME },
    { "data.win.eventdata.image", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "data.action", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "data.url", YG_AS_TEXT, YG_F_URL },
    { "data.app_proto", YG_AS_LOWER, YG_F_APP_PROTO },
    { "data.community_id", YG_AS_TEXT, YG_F_COMMUNITY_ID },
    { "data.flow_id", YG_AS_U64, YG_F_FLOW_ID },
    { "data.direction", YG_AS_TEXT, YG_F_DIRECTION },
    { "data.alert.rev", YG_AS_U64, YG_F_RULE_VERSION },
    { "data.alert.category", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "data.alert.action", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "data.alert.metadata.signature_severity", YG_AS_TEXT, YG_F_SIGNATURE_SEVERITY },
    { "data.alert.metadata.confidence", YG_AS_TEXT, YG_F_CONFIDENCE },
    { "data.alert.metadata.attack_target", YG_AS_TEXT, YG_F_ATTACK_TARGET },
    { "data.alert.metadata.mitre_technique_id", YG_AS_LIST, YG_F_TECHNIQUE },
    { "data.alert.metadata.cve", YG_AS_LIST, YG_F_VULNERABILITY },
    { "data.flow.pkts_toserver", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "data.flow.pkts_toclient", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "data.flow.bytes_toserver", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "data.flow.bytes_toclient", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "data.flow.start", YG_AS_ISO, YG_F_FLOW_START },
    { "data.http.hostname", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "data.http.url", YG_AS_TEXT, YG_F_URL },
    { "data.http.http_user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "data.http.http_method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "data.http.status", YG_AS_U64, YG_F_HTTP_STATUS },
    { "data.http.length", YG_AS_U64, YG_F_HTTP_LENGTH },
    { "data.http.http_content_type", YG_AS_TEXT, YG_F_HTTP_CONTENT_TYPE },
    { "data.dns.rrname", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "data.dns.rrtype", YG_AS_TEXT, YG_F_DNS_TYPE },
    { "data.dns.query.rrname", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "data.dns.query.rrtype", YG_AS_TEXT, YG_F_DNS_TYPE },
    { "data.dns.rcode", YG_AS_TEXT, YG_F_DNS_RCODE },
    { "data.dns.rdata", YG_AS_MORE, YG_F_DNS_ANSWER },
    YG_EVE_ANSWERS("data.dns."),
    YG_EVE_ANSWERS("data.dns.answer."),
    YG_EVE_HASHES("data.fileinfo."),
    YG_EVE_HASHES("data.files."),
    YG_EVE_HASHES("data.files.1."),
    { "data.tls.sni", YG_AS_TEXT, YG_F_TLS_SNI },
    { "data.tls.ja3.hash", YG_AS_TEXT, YG_F_TLS_JA3 },
    { "data.tls.issuerdn", YG_AS_TEXT, YG_F_TLS_ISSUER },
    { "data.tls.subject", YG_AS_TEXT, YG_F_TLS_SUBJECT },
    { "AnalysisComponent.AnalysisComponentType", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "LogData.RawLogData", YG_AS_TEXT, YG_F_MESSAGE },
    { "LogData.LogResources", YG_AS_TEXT, YG_F_FILE_PATH },
};

static struct yg_str text_at(struct yg_target *t, const struct yg_json_hits *h,
                             enum slot slot)
{
    const struct yg_json_value *v = yg_json_hit(h, slot);

    return v ? yg_put_plain(t, v) : YG_STR_NONE;
}

static void put_slot(struct yg_target *t, const struct yg_json_hits *h, enum slot slot,
                     enum yg_how how, enum yg_field f)
{
    yg_put_text(t, how, f, text_at(t, h, slot));
}

/* The last of a rule's groups is its narrowest: [syslog, sshd, authentication_failed]. */
static void put_category(struct yg_target *t, const struct yg_json_hits *h)
{
    const struct yg_json_value *v = yg_json_hit(h, SLOT_GROUPS);
    struct yg_json_value item, last = { .type = YG_JSON_ARRAY };
    uint64_t state = 0;

    if (!v || v->type != YG_JSON_ARRAY)
        return;
    while (yg_json_next(t->json, v, &state, &item))
        last = item;
    if (last.type != YG_JSON_ARRAY)
        yg_put_text(t, YG_AS_TEXT, YG_F_RULE_CATEGORY, yg_put_plain(t, &last));
}

/* The snort decoder writes "address:port". */
static void put_destination(struct yg_target *t, const struct yg_json_hits *h)
{
    struct yg_str s = text_at(t, h, SLOT_DSTIP), rest = s;
    unsigned char ip[YG_IP_SIZE];

    if (s.n && !yg_ip_parse(s, ip)) {
        struct yg_str address = yg_str_cut(&rest, ':');
        if (rest.n && yg_ip_parse(address, ip)) {
            yg_put_text(t, YG_AS_PORT, YG_F_DESTINATION_PORT, rest);
            s = address;
        }
    }
    yg_put_text(t, YG_AS_IP, YG_F_DESTINATION_IP, s);
}

/* The machine the record is about: the one that wrote the log line. Agent 000 is the
 * manager, which also collects for others, so its address says nothing then. */
static void put_host(struct yg_target *t, const struct yg_json_hits *h)
{
    bool manager = yg_str_eq(text_at(t, h, SLOT_AGENT_ID), YG_STR("000"));
    bool named = yg_json_hit(h, SLOT_HOSTNAME) != NULL;
    struct yg_str ip = text_at(t, h, SLOT_AGENT_IP);

    put_slot(t, h, SLOT_HOSTNAME, YG_AS_TEXT, YG_F_HOST_NAME);
    put_slot(t, h, SLOT_COMPUTER, YG_AS_TEXT, YG_F_HOST_NAME);
    put_slot(t, h, SLOT_AGENT_NAME, YG_AS_TEXT, YG_F_HOST_NAME);
    if (!(manager && named) && !yg_str_eq(ip, YG_STR("any")))
        yg_put_text(t, YG_AS_IP, YG_F_HOST_IP, ip);
}

static void wrapped_suricata(struct yg_target *t, const struct yg_json_hits *h)
{
    struct yg_str gid = text_at(t, h, SLOT_GID), sid = text_at(t, h, SLOT_SID);
    uint64_t n;

    t->e->device = YG_DEV_IDS;
    if (sid.n)
        yg_put_joined(t, YG_F_RULE_ID, gid.n ? gid : YG_STR("1"), ':', sid);
    put_slot(t, h, SLOT_SIGNATURE, YG_AS_TEXT, YG_F_RULE_NAME);
    yg_put_text(t, YG_AS_TEXT, YG_F_RULE_RULESET, YG_STR("suricata"));
    yg_put_text(t, YG_AS_TEXT, YG_F_OBSERVER_PRODUCT, YG_STR("Suricata"));
    if (yg_put_number(text_at(t, h, SLOT_SEVERITY), &n))
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, yg_eve_severity(n));
}

static void own_rule(struct yg_target *t, const struct yg_json_hits *h)
{
    struct yg_str status = text_at(t, h, SLOT_DATA_ID);

    put_host(t, h);
    put_slot(t, h, SLOT_RULE_ID, YG_AS_TEXT, YG_F_RULE_ID);
    put_slot(t, h, SLOT_RULE_NAME, YG_AS_TEXT, YG_F_RULE_NAME);
    put_category(t, h);
    yg_put_text(t, YG_AS_TEXT, YG_F_RULE_RULESET, YG_STR("wazuh"));
    yg_put_text(t, YG_AS_TEXT, YG_F_OBSERVER_PRODUCT, YG_STR("Wazuh"));
    if (status.n && yg_str_eq(text_at(t, h, SLOT_DECODER), YG_STR("web-accesslog")))
        yg_put_text(t, YG_AS_U64, YG_F_HTTP_STATUS, status);
}

/* Levels are 0 to 16. */
static void put_level(struct yg_target *t, const struct yg_json_hits *h)
{
    struct yg_str level = text_at(t, h, SLOT_LEVEL);
    uint64_t n;

    if (yg_event_has(t->e, YG_F_EVENT_SEVERITY) || level.n == 0)
        return;
    if (yg_put_number(level, &n))
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, n < 16 ? n * 100 / 16 : 100);
    else
        yg_put_reason(t, YG_R_BAD_VALUE);
}

/* Only Wazuh's own Suricata rules speak for a sensor: any other log may hold a JSON
 * object that looks like a harmless signature, and must not lend its name to the alert.
 */
static bool is_suricata_rule(struct yg_target *t, const struct yg_json_hits *h)
{
    const struct yg_json_value *v = yg_json_hit(h, SLOT_GROUPS);
    struct yg_json_value item;
    uint64_t state = 0;

    if (!v || v->type != YG_JSON_ARRAY)
        return false;
    while (yg_json_next(t->json, v, &state, &item))
        if (item.type == YG_JSON_STRING &&
            yg_str_eq(yg_put_plain(t, &item), YG_STR("suricata")))
            return true;
    return false;
}

static void wazuh_alert(struct yg_decode *d, struct yg_target *t,
                        const struct yg_json_hits *h)
{
    t->e->kind = YG_KIND_ALERT;
    t->e->device = YG_DEV_HOST;
    put_slot(t, h, SLOT_TIME, YG_AS_TIME, 0);
    if (!t->timed)
        put_slot(t, h, SLOT_AT_TIME, YG_AS_TIME, 0);
    put_destination(t, h);
    if (is_suricata_rule(t, h) &&
        (yg_json_hit(h, SLOT_SID) || yg_json_hit(h, SLOT_SIGNATURE)))
        wrapped_suricata(t, h);
    else
        own_rule(t, h);
    put_level(t, h);
    put_slot(t, h, SLOT_MANAGER, YG_AS_TEXT, YG_F_OBSERVER_NAME);
    put_slot(t, h, SLOT_LOCATION, YG_AS_TEXT, YG_F_FILE_PATH);
    if (!yg_event_has(t->e, YG_F_RULE_ID) && !yg_event_has(t->e, YG_F_RULE_NAME))
        yg_decode_unread(d, t->e, YG_R_NO_SIGNATURE);
}

/* Times are seconds since 1970, as a number or a text of one. */
static void put_seconds(struct yg_target *t, const struct yg_json_hits *h, enum slot slot)
{
    struct yg_str s = text_at(t, h, slot);
    double seconds;
    int64_t ns;

    if (s.n == 0 || t->timed)
        return;
    if (yg_time_epoch(s, &ns))
        yg_put_time(t, ns, 0);
    else if (yg_str_f64(s, &seconds) && seconds > -9e9 && seconds < 9e9)
        yg_put_time(t, (int64_t)(seconds * 1e9), 0);
    else
        yg_put_reason(t, YG_R_BAD_VALUE);
}

static void aminer_alert(struct yg_decode *d, struct yg_target *t,
                         const struct yg_json_hits *h)
{
    struct yg_str id = text_at(t, h, SLOT_AMINER);
    unsigned char ip[YG_IP_SIZE];

    t->e->kind = YG_KIND_ALERT;
    t->e->device = YG_DEV_ANOMALY;
    put_seconds(t, h, SLOT_SEEN);
    put_seconds(t, h, SLOT_DETECTED);
    put_slot(t, h, SLOT_DETECTOR, YG_AS_TEXT, YG_F_RULE_ID);
    put_slot(t, h, SLOT_DETECTOR_NAME, YG_AS_TEXT, YG_F_RULE_NAME);
    yg_put_text(t, YG_AS_TEXT, YG_F_RULE_RULESET, YG_STR("aminer"));
    yg_put_text(t, YG_AS_TEXT, YG_F_OBSERVER_PRODUCT, YG_STR("AMiner"));
    yg_put_text(t, YG_AS_TEXT, YG_F_OBSERVER_NAME, id);
    if (yg_ip_parse(id, ip))
        yg_put_text(t, YG_AS_IP, YG_F_HOST_IP, id);
    else
        yg_put_text(t, YG_AS_TEXT, YG_F_HOST_NAME, id);
    if (!yg_event_has(t->e, YG_F_RULE_ID) && !yg_event_has(t->e, YG_F_RULE_NAME))
        yg_decode_unread(d, t->e, YG_R_NO_SIGNATURE);
}

static void read_record(struct yg_decode *d, struct yg_target *t,
                        const struct yg_json_hits *h)
{
    yg_put_hits(t, pick, h);
    if (yg_json_hit(h, SLOT_DETECTOR) || yg_json_hit(h, SLOT_DETECTOR_NAME)) {
        aminer_alert(d, t, h);
    } else if (yg_json_hit(h, SLOT_RULE_ID) || yg_json_hit(h, SLOT_RULE_NAME) ||
               yg_json_hit(h, SLOT_LEVEL)) {
        wazuh_alert(d, t, h);
    } else if (yg_json_hit(h, SLOT_FULL_LOG)) { /* archives.json: a log, no rule fired */
        wazuh_alert(d, t, h);
        t->e->kind = YG_KIND_CONTEXT;
        if (t->e->reason == YG_R_NO_SIGNATURE)
            t->e->reason = YG_R_NONE;
        yg_put_text(t, YG_AS_TEXT, YG_F_EVENT_DATASET, YG_STR("archive"));
    } else {
        yg_decode_unread(d, t->e, YG_R_UNKNOWN_TYPE);
    }
}

static void wazuh_event(struct yg_decode *d, struct yg_batch *b, uint32_t i,
                        struct yg_event *e)
{
    struct yg_target t;
    struct yg_str raw = yg_decode_start(d, b, i, e, &t);
    const struct yg_json_hits *h = yg_decode_walk(d, &t, raw);

    if (!h)
        return;
    read_record(d, &t, h);
    yg_decode_finish(d, &t);
}

/* The same within syslog, as Wazuh's own syslog output sends it. */
static bool wazuh_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    (void)l;
    read_record(d, t, yg_log_hits(d));
    return true;
}

const struct yg_dialect yg_dialect_wazuh = {
    .name = "wazuh",
    .doc = "Wazuh 4 and AMiner alerts, also within syslog",
    .device = YG_DEV_HOST,
    .signs = "rule.id rule.level | rule.level full_log | agent.id full_log | "
             "AnalysisComponent.AnalysisComponentName",
    .pick = pick,
    .pick_count = YG_ARRAY_LEN(pick),
    .read = wazuh_read,
};

static int wazuh_probe(struct yg_str head)
{
    if (yg_probe_has(head, "\"AnalysisComponent\""))
        return 95;
    return yg_probe_has(head, "\"rule\"") &&
                   (yg_probe_has(head, "\"manager\"") || yg_probe_has(head, "\"agent\""))
               ? 95
               : 0;
}

enum yg_status yg_wazuh_init(struct yg_decode *d)
{
    return yg_decode_json_init(d, pick, YG_ARRAY_LEN(pick), "_source");
}

const struct yg_decoder yg_decoder_wazuh = {
    .name = "wazuh",
    .doc = "Wazuh 4 alerts.json, and the JSON alerts of AMiner",
    .framing = YG_FRAME_JSON,
    .probe = wazuh_probe,
    .event = wazuh_event,
};
