/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records in a common schema: ECS (Beats, Elastic Agent, Elastic Security), what Wazuh 5
 * makes of it, and OCSF (Amazon Security Lake). Fields of ECS that we have are taken as
 * they stand, "yagura." apart: nobody outside sets those.
 *
 * Source: elastic.co ("ECS field reference"), documentation.wazuh.com ("Wazuh Common
 * Schema"), schema.ocsf.io.
 */
#include "decode/log_json.h"

enum ecs {
    ECS_KIND,
    ECS_ID,
    ECS_NAME,
    ECS_SEVERITY,
    ECS_WORD,
    ECS_MESSAGE,
    ECS_ORIGINAL,
    ECS_CATEGORY,
    ECS_WAZUH_ID,
    ECS_WAZUH_NAME,
    ECS_WAZUH_LEVEL,
    ECS_SOURCE,
    ECS_AGENT,
    ECS_PICKS
};

static const struct yg_pick ecs_pick[] = {
    [ECS_KIND] = { "event.kind", YG_AS_NOTHING, 0 },
    [ECS_ID] = { "rule.id", YG_AS_NOTHING, 0 },
    [ECS_NAME] = { "rule.name", YG_AS_NOTHING, 0 },
    [ECS_SEVERITY] = { "event.severity", YG_AS_NOTHING, 0 },
    [ECS_WORD] = { "kibana.alert.severity", YG_AS_NOTHING, 0 },
    [ECS_MESSAGE] = { "message", YG_AS_NOTHING, 0 },
    [ECS_ORIGINAL] = { "event.original", YG_AS_NOTHING, 0 },
    [ECS_CATEGORY] = { "rule.category", YG_AS_NOTHING, 0 },
    [ECS_WAZUH_ID] = { "wazuh.rule.id", YG_AS_NOTHING, 0 },
    [ECS_WAZUH_NAME] = { "wazuh.rule.title", YG_AS_NOTHING, 0 },
    [ECS_WAZUH_LEVEL] = { "wazuh.rule.level", YG_AS_NOTHING, 0 },
    [ECS_SOURCE] = { "wazuh.integration.name", YG_AS_NOTHING, 0 },
    [ECS_AGENT] = { "wazuh.agent.name", YG_AS_NOTHING, 0 },
    [ECS_PICKS] = YG_LOG_WHEN("@timestamp"),
    { "event.action", YG_AS_LIST, YG_F_EVENT_ACTION },
    { "event.dataset", YG_AS_TEXT, YG_F_EVENT_DATASET },
    { "event.module", YG_AS_TEXT, YG_F_EVENT_DATASET },
    { "kibana.alert.rule.rule_id", YG_AS_TEXT, YG_F_RULE_ID },
    { "kibana.alert.rule.name", YG_AS_TEXT, YG_F_RULE_NAME },
    { "rule.ruleset", YG_AS_TEXT, YG_F_RULE_RULESET },
    { "process.executable", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "host.hostname", YG_AS_TEXT, YG_F_HOST_NAME },
    { "agent.name", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "url.full", YG_AS_TEXT, YG_F_URL },
    { "log.file.path", YG_AS_TEXT, YG_F_FILE_PATH },
    { "source.address", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "destination.address", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "wazuh.agent.host.hostname", YG_AS_TEXT, YG_F_HOST_NAME },
    { "wazuh.rule.mitre.technique", YG_AS_LIST, YG_F_TECHNIQUE },
    { "event.code", YG_AS_LIST, YG_F_EVENT_CODE },
    { "observer.name", YG_AS_LIST, YG_F_OBSERVER_NAME },
    { "observer.product", YG_AS_LIST, YG_F_OBSERVER_PRODUCT },
    { "source.ip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "source.port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "destination.ip", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "destination.port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "network.transport", YG_AS_LOWER, YG_F_TRANSPORT },
    { "network.protocol", YG_AS_LOWER, YG_F_APP_PROTO },
    { "network.community_id", YG_AS_LIST, YG_F_COMMUNITY_ID },
    { "network.direction", YG_AS_LIST, YG_F_DIRECTION },
    { "source.packets", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "destination.packets", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "source.bytes", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "destination.bytes", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "event.start", YG_AS_ISO, YG_F_FLOW_START },
    { "host.name", YG_AS_LIST, YG_F_HOST_NAME },
    { "host.ip", YG_AS_NOTHING, YG_F_HOST_IP },
    { "user.name", YG_AS_LIST, YG_F_USER_NAME },
    { "process.name", YG_AS_LIST, YG_F_PROCESS_NAME },
    { "file.path", YG_AS_LIST, YG_F_FILE_PATH },
    { "file.type", YG_AS_LIST, YG_F_FILE_MAGIC },
    { "file.size", YG_AS_U64, YG_F_FILE_SIZE },
    { "file.hash.sha256", YG_AS_LIST, YG_F_FILE_SHA256 },
    { "file.hash.sha1", YG_AS_LIST, YG_F_FILE_SHA1 },
    { "file.hash.md5", YG_AS_LIST, YG_F_FILE_MD5 },
    { "url.original", YG_AS_LIST, YG_F_URL },
    { "url.domain", YG_AS_LIST, YG_F_URL_DOMAIN },
    { "http.request.method", YG_AS_LIST, YG_F_HTTP_METHOD },
    { "http.response.status_code", YG_AS_U64, YG_F_HTTP_STATUS },
    { "http.response.mime_type", YG_AS_LIST, YG_F_HTTP_CONTENT_TYPE },
    { "http.response.body.bytes", YG_AS_U64, YG_F_HTTP_LENGTH },
    { "user_agent.original", YG_AS_LIST, YG_F_USER_AGENT },
    { "dns.question.name", YG_AS_LIST, YG_F_DNS_QUESTION },
    { "dns.question.type", YG_AS_LIST, YG_F_DNS_TYPE },
    { "dns.response_code", YG_AS_LIST, YG_F_DNS_RCODE },
    { "tls.client.server_name", YG_AS_LIST, YG_F_TLS_SNI },
    { "tls.client.ja3", YG_AS_LIST, YG_F_TLS_JA3 },
    { "tls.server.issuer", YG_AS_LIST, YG_F_TLS_ISSUER },
    { "tls.server.subject", YG_AS_LIST, YG_F_TLS_SUBJECT },
    { "threat.technique.id", YG_AS_LIST, YG_F_TECHNIQUE },
    { "event.outcome", YG_AS_LIST, YG_F_OUTCOME },
    { "process.command_line", YG_AS_LIST, YG_F_COMMAND_LINE },
    { "process.parent.name", YG_AS_LIST, YG_F_PARENT_NAME },
    { "process.pid", YG_AS_U64, YG_F_PID },
    { "user.domain", YG_AS_LIST, YG_F_USER_DOMAIN },
    { "user.target.name", YG_AS_LIST, YG_F_TARGET_USER },
    { "registry.path", YG_AS_LIST, YG_F_REGISTRY_PATH },
    { "service.name", YG_AS_LIST, YG_F_SERVICE_NAME },
    { "email.from.address", YG_AS_LIST, YG_F_MAIL_FROM },
    { "email.to.address", YG_AS_LIST, YG_F_MAIL_TO },
    { "email.subject", YG_AS_LIST, YG_F_MAIL_SUBJECT },
    { "email.message_id", YG_AS_LIST, YG_F_MAIL_ID },
    { "dns.answers.data", YG_AS_LIST, YG_F_DNS_ANSWER },
    { "source.mac", YG_AS_LIST, YG_F_SOURCE_MAC },
    { "source.nat.ip", YG_AS_NOTHING, YG_F_NAT_SOURCE_IP },
    { "destination.nat.ip", YG_AS_NOTHING, YG_F_NAT_DESTINATION_IP },
    { "observer.ingress.interface.name", YG_AS_LIST, YG_F_INTERFACE_IN },
    { "observer.egress.interface.name", YG_AS_LIST, YG_F_INTERFACE_OUT },
    { "event.duration", YG_AS_U64, YG_F_DURATION },
};

/* 0 to 100 as they stand; what is above is on a scale of its own. */
static unsigned ecs_severity(struct yg_str s, struct yg_str word)
{
    uint64_t n;

    if (word.n > 0)
        return yg_log_severity(word, 50);
    return yg_str_u64(s, &n) && n <= 100 ? (unsigned)n : 50;
}

/* Nothing but the shipper's own fields: the line it carries is looked at for itself. */
static bool only_carries(const struct yg_event *e)
{
    static const uint8_t typed[] = {
        YG_F_SOURCE_IP,    YG_F_DESTINATION_IP, YG_F_EVENT_ACTION,
        YG_F_EVENT_CODE,   YG_F_USER_NAME,      YG_F_URL,
        YG_F_DNS_QUESTION, YG_F_RULE_ID,        YG_F_RULE_NAME,
        YG_F_COMMAND_LINE,
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(typed); i++)
        if (yg_event_has(e, (enum yg_field)typed[i]))
            return false;
    return true;
}

static void put_rule(const struct yg_decode *d, struct yg_target *t)
{
    struct yg_str name = yg_log_at(d, t, ECS_NAME);

    if (name.n == 0 && !yg_event_has(t->e, YG_F_RULE_NAME))
        name = yg_event_str(t->b, t->e, YG_F_EVENT_ACTION);
    yg_log_alert(t, yg_log_at(d, t, ECS_ID), name,
                 ecs_severity(yg_log_at(d, t, ECS_SEVERITY), yg_log_at(d, t, ECS_WORD)));
}

static bool ecs_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str message = yg_log_at(d, t, ECS_MESSAGE);
    struct yg_str original = yg_log_at(d, t, ECS_ORIGINAL);

    (void)l;
    yg_log_put_hits(d, t, ecs_pick);
    YG_PUT(t, TEXT, RULE_CATEGORY, yg_log_at(d, t, ECS_CATEGORY));
    YG_PUT(t, TEXT, MESSAGE, message);
    if (yg_is(yg_log_at(d, t, ECS_KIND), "alert") ||
        yg_is(yg_log_at(d, t, ECS_KIND), "signal"))
        put_rule(d, t);
    else if (only_carries(t->e))
        yg_log_inner(d, original.n ? original : message);
    YG_PUT(t, TEXT, RULE_ID, yg_log_at(d, t, ECS_ID));
    YG_PUT(t, TEXT, RULE_NAME, yg_log_at(d, t, ECS_NAME));
    return true;
}

const struct yg_dialect yg_dialect_ecs = {
    .name = "ecs",
    .doc = "anything with @timestamp and names of ECS; lines within it by themselves",
    .device = YG_DEV_OTHER,
    .signs = "@timestamp | @timestamp ecs.version | @timestamp message | "
             "@timestamp event.kind | @timestamp event.original | kibana.alert.rule.name "
             "@timestamp",
    .pick = ecs_pick,
    .pick_count = YG_ARRAY_LEN(ecs_pick),
    .read = ecs_read,
};

/* Rules are Sigma's; their ids are unique whatever integration the event came by. */
static bool wazuh5_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    struct yg_str message = yg_log_at(d, t, ECS_MESSAGE);

    (void)l;
    yg_log_put_hits(d, t, ecs_pick);
    YG_PUT(t, TEXT, EVENT_DATASET, yg_log_at(d, t, ECS_SOURCE));
    YG_PUT(t, TEXT, HOST_NAME, yg_log_at(d, t, ECS_AGENT));
    YG_PUT(t, TEXT, OBSERVER_NAME, yg_log_at(d, t, ECS_AGENT));
    YG_PUT(t, TEXT, MESSAGE, message.n ? message : yg_log_at(d, t, ECS_ORIGINAL));
    yg_log_alert(t, yg_log_at(d, t, ECS_WAZUH_ID), yg_log_at(d, t, ECS_WAZUH_NAME),
                 yg_log_severity(yg_log_at(d, t, ECS_WAZUH_LEVEL), 50));
    return true;
}

const struct yg_dialect yg_dialect_wazuh5 = {
    .name = "wazuh5",
    .doc = "Wazuh 5 findings, documents of its indexer",
    .product = "Wazuh",
    .device = YG_DEV_HOST,
    .signs = "@timestamp wazuh.rule.id wazuh.rule.title | @timestamp wazuh.rule.id "
             "wazuh.rule.level",
    .pick = ecs_pick,
    .pick_count = YG_ARRAY_LEN(ecs_pick),
    .read = wazuh5_read,
};

/* ---- OCSF ------------------------------------------------------------------------- */

enum ocsf {
    OCSF_CLASS,
    OCSF_SEVERITY,
    OCSF_STATUS,
    OCSF_ID,
    OCSF_NAME,
    OCSF_CLASS_NAME,
    OCSF_FINDING_ID,
    OCSF_FINDING_NAME,
    OCSF_PICKS
};

static const struct yg_pick ocsf_pick[] = {
    [OCSF_CLASS] = { "class_uid", YG_AS_NOTHING, 0 },
    [OCSF_SEVERITY] = { "severity_id", YG_AS_NOTHING, 0 },
    [OCSF_STATUS] = { "status", YG_AS_NOTHING, 0 },
    [OCSF_ID] = { "finding_info.analytic.uid", YG_AS_NOTHING, 0 },
    [OCSF_NAME] = { "finding_info.title", YG_AS_NOTHING, 0 },
    [OCSF_CLASS_NAME] = { "class_name", YG_AS_NOTHING, 0 },
    [OCSF_FINDING_ID] = { "finding.uid", YG_AS_NOTHING, 0 },
    [OCSF_FINDING_NAME] = { "finding.title", YG_AS_NOTHING, 0 },
    [OCSF_PICKS] = YG_LOG_WHEN("time"),
    { "metadata.product.name", YG_AS_TEXT, YG_F_OBSERVER_PRODUCT },
    { "metadata.uid", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "activity_name", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "api.operation", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "api.service.name", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "types", YG_AS_LIST, YG_F_RULE_CATEGORY },
    { "message", YG_AS_TEXT, YG_F_MESSAGE },
    { "src_endpoint.ip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "src_endpoint.port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dst_endpoint.ip", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "dst_endpoint.port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "connection_info.protocol_name", YG_AS_LOWER, YG_F_TRANSPORT },
    { "traffic.bytes_out", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "traffic.bytes_in", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "actor.user.name", YG_AS_TEXT, YG_F_USER_NAME },
    { "identity.user.name", YG_AS_TEXT, YG_F_USER_NAME },
    { "user.name", YG_AS_TEXT, YG_F_TARGET_USER },
    { "device.hostname", YG_AS_TEXT, YG_F_HOST_NAME },
    { "device.ip", YG_AS_NOTHING, YG_F_HOST_IP },
    { "resources.uid", YG_AS_TEXT, YG_F_HOST_NAME },
    { "process.name", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "process.cmd_line", YG_AS_TEXT, YG_F_COMMAND_LINE },
    { "process.pid", YG_AS_U64, YG_F_PID },
    { "process.parent_process.name", YG_AS_TEXT, YG_F_PARENT_NAME },
    { "file.path", YG_AS_TEXT, YG_F_FILE_PATH },
    { "http_request.url.url_string", YG_AS_TEXT, YG_F_URL },
    { "http_request.url.hostname", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "http_request.http_method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "http_request.user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "http_response.code", YG_AS_U64, YG_F_HTTP_STATUS },
    { "query.hostname", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "query.type", YG_AS_TEXT, YG_F_DNS_TYPE },
    { "rcode", YG_AS_TEXT, YG_F_DNS_RCODE },
    { "attacks.technique.uid", YG_AS_TEXT, YG_F_TECHNIQUE },
    { "finding_info.attacks.technique.uid", YG_AS_TEXT, YG_F_TECHNIQUE },
    { "cloud.account.uid", YG_AS_TEXT, YG_F_OBSERVER_NAME },
};

static struct yg_str either(struct yg_str a, struct yg_str b)
{
    return a.n ? a : b;
}

/* 2001 security and 2004 detection findings, 2005 incidents, 2006 data security;
 * vulnerabilities (2002) and compliance (2003) were not detected at work. */
static bool ocsf_detected(struct yg_str class)
{
    return yg_is(class, "2001") || yg_is(class, "2004") || yg_is(class, "2005") ||
           yg_is(class, "2006");
}

static bool ocsf_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    static const uint8_t ours[] = { 0, 10, 25, 50, 75, 90, 100 };
    struct yg_str class = yg_log_at(d, t, OCSF_CLASS);
    struct yg_str name =
        either(yg_log_at(d, t, OCSF_NAME), yg_log_at(d, t, OCSF_FINDING_NAME));
    struct yg_str id = either(yg_log_at(d, t, OCSF_ID), yg_log_at(d, t, OCSF_FINDING_ID));
    uint64_t severity;

    (void)l;
    yg_log_put_hits(d, t, ocsf_pick);
    yg_log_outcome(t, yg_log_at(d, t, OCSF_STATUS));
    YG_PUT(t, TEXT, EVENT_DATASET, either(yg_log_at(d, t, OCSF_CLASS_NAME), class));
    if (!yg_str_u64(yg_log_at(d, t, OCSF_SEVERITY), &severity) ||
        severity >= YG_ARRAY_LEN(ours))
        severity = 3;
    if (ocsf_detected(class)) {
        yg_log_alert(t, id, either(name, id), ours[severity]);
    } else {
        YG_PUT(t, TEXT, RULE_NAME, name);
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, ours[severity]);
    }
    return true;
}

const struct yg_dialect yg_dialect_ocsf = {
    .name = "ocsf",
    .doc = "OCSF of any product, Amazon Security Lake",
    .device = YG_DEV_OTHER,
    .signs = "class_uid metadata.version | class_uid category_uid severity_id",
    .pick = ocsf_pick,
    .pick_count = YG_ARRAY_LEN(ocsf_pick),
    .read = ocsf_read,
};
