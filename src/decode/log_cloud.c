/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clouds other than Amazon's: Microsoft (alerts of Graph and Azure, Office 365), Google
 * Cloud audit logs, Okta, Cloudflare.
 *
 * Source: learn.microsoft.com ("alert resource type", "Office 365 Management Activity
 * API schema", Log Analytics tables), cloud.google.com ("AuditLog"), developer.okta.com
 * ("System Log API"), developers.cloudflare.com ("HTTP requests", "Firewall events").
 */
#include "decode/log_json.h"

/* ---- Microsoft: alerts ------------------------------------------------------------ */

enum { MS_ID, MS_TITLE, MS_SEVERITY, MS_ALERT_NAME, MS_PICKS };

static const struct yg_pick ms_pick[] = {
    [MS_ID] = { "detectorId", YG_AS_NOTHING, 0 },
    [MS_TITLE] = { "title", YG_AS_NOTHING, 0 },
    [MS_SEVERITY] = { "severity", YG_AS_NOTHING, 0 },
    [MS_ALERT_NAME] = { "AlertName", YG_AS_NOTHING, 0 },
    [MS_PICKS] = YG_LOG_WHEN("createdDateTime"),
    YG_LOG_WHEN("TimeGenerated"),
    YG_LOG_WHEN("eventDateTime"),
    { "category", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "SystemAlertId", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "description", YG_AS_TEXT, YG_F_MESSAGE },
    { "Description", YG_AS_TEXT, YG_F_MESSAGE },
    { "productName", YG_AS_TEXT, YG_F_OBSERVER_PRODUCT },
    { "ProductName", YG_AS_TEXT, YG_F_OBSERVER_PRODUCT },
    { "serviceSource", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "mitreTechniques", YG_AS_LIST, YG_F_TECHNIQUE },
    { "CompromisedEntity", YG_AS_TEXT, YG_F_HOST_NAME },
    { "evidence.deviceDnsName", YG_AS_TEXT, YG_F_HOST_NAME },
    { "hostStates.fqdn", YG_AS_TEXT, YG_F_HOST_NAME },
    { "evidence.userAccount.accountName", YG_AS_TEXT, YG_F_USER_NAME },
    { "userStates.accountName", YG_AS_TEXT, YG_F_USER_NAME },
    { "evidence.ipAddress", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "networkConnections.sourceAddress", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "networkConnections.destinationAddress", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "evidence.fileDetails.fileName", YG_AS_TEXT, YG_F_FILE_PATH },
    { "evidence.fileDetails.sha256", YG_AS_TEXT, YG_F_FILE_SHA256 },
    { "evidence.imageFile.fileName", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "evidence.processCommandLine", YG_AS_TEXT, YG_F_COMMAND_LINE },
    { "fileStates.name", YG_AS_TEXT, YG_F_FILE_PATH },
    { "processes.commandLine", YG_AS_TEXT, YG_F_COMMAND_LINE },
    { "AlertSeverity", YG_AS_TEXT, YG_F_SIGNATURE_SEVERITY },
    { "AlertType", YG_AS_TEXT, YG_F_RULE_ID },
};

static bool ms_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str title = yg_log_at(d, t, MS_TITLE);
    struct yg_str severity = yg_log_at(d, t, MS_SEVERITY);

    (void)l;
    yg_log_put_hits(d, t, ms_pick);
    if (title.n == 0)
        title = yg_log_at(d, t, MS_ALERT_NAME);
    if (severity.n == 0)
        severity = yg_event_str(t->b, t->e, YG_F_SIGNATURE_SEVERITY);
    yg_log_alert(t, yg_log_at(d, t, MS_ID), title, yg_log_severity(severity, 50));
    return true;
}

const struct yg_dialect yg_dialect_ms_alert = {
    .name = "ms-alert",
    .doc = "Microsoft alerts: Graph security API, Defender, Sentinel",
    .product = "Microsoft Defender",
    .device = YG_DEV_OTHER,
    .signs =
        "title severity serviceSource | title severity vendorInformation.provider | "
        "AlertName AlertSeverity ProviderName | AlertName AlertSeverity SystemAlertId",
    .pick = ms_pick,
    .pick_count = YG_ARRAY_LEN(ms_pick),
    .read = ms_read,
};

/* ---- Office 365 ------------------------------------------------------------------- */

enum { O365_RESULT, O365_NAME, O365_ALERT, O365_POLICY, O365_SEVERITY, O365_PICKS };

static const struct yg_pick o365_pick[] = {
    [O365_RESULT] = { "ResultStatus", YG_AS_NOTHING, 0 },
    [O365_NAME] = { "Name", YG_AS_NOTHING, 0 },
    [O365_ALERT] = { "AlertId", YG_AS_NOTHING, 0 },
    [O365_POLICY] = { "PolicyId", YG_AS_NOTHING, 0 },
    [O365_SEVERITY] = { "Severity", YG_AS_NOTHING, 0 },
    [O365_PICKS] = YG_LOG_WHEN("CreationTime"),
    YG_LOG_WHEN("TimeGenerated"),
    { "Id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "Operation", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "Workload", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "OfficeWorkload", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "UserId", YG_AS_TEXT, YG_F_USER_NAME },
    { "ClientIP", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "ClientIPAddress", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "ActorIpAddress", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "SenderIp", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "UserAgent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "ObjectId", YG_AS_TEXT, YG_F_FILE_PATH },
    { "OfficeObjectId", YG_AS_TEXT, YG_F_FILE_PATH },
    { "SourceFileName", YG_AS_TEXT, YG_F_FILE_PATH },
    { "MailboxOwnerUPN", YG_AS_TEXT, YG_F_TARGET_USER },
    { "P2Sender", YG_AS_TEXT, YG_F_MAIL_FROM },
    { "Recipients", YG_AS_LIST, YG_F_MAIL_TO },
    { "Subject", YG_AS_TEXT, YG_F_MAIL_SUBJECT },
    { "InternetMessageId", YG_AS_TEXT, YG_F_MAIL_ID },
    { "Verdict", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "Category", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "OrganizationId", YG_AS_TEXT, YG_F_OBSERVER_NAME },
};

/* A mail or file in which a threat was found, and alerts of the compliance centre. */
static bool o365_detected(struct yg_str operation)
{
    return yg_is(operation, "TIMailData") || yg_is(operation, "AtpDetection") ||
           yg_is(operation, "FileMalwareDetected") ||
           yg_is(operation, "AlertTriggered") || yg_is(operation, "TIUrlClickData");
}

static bool o365_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str operation, name = yg_log_at(d, t, O365_NAME);

    (void)l;
    yg_log_put_hits(d, t, o365_pick);
    yg_log_outcome(t, yg_log_at(d, t, O365_RESULT));
    operation = yg_event_str(t->b, t->e, YG_F_EVENT_ACTION);
    if (o365_detected(operation) || yg_log_at(d, t, O365_ALERT).n > 0)
        yg_log_alert(t, yg_log_at(d, t, O365_POLICY), name.n ? name : operation,
                     yg_log_severity(yg_log_at(d, t, O365_SEVERITY), 50));
    if (yg_is(operation, "TIMailData"))
        t->e->device = YG_DEV_MAIL;
    return true;
}

const struct yg_dialect yg_dialect_office365 = {
    .name = "office365",
    .doc = "Office 365 Management Activity, Log Analytics OfficeActivity",
    .product = "Office 365",
    .device = YG_DEV_AUTH,
    .signs = "Operation Workload RecordType | Workload RecordType CreationTime | "
             "Operation RecordType OfficeWorkload | integration=office365",
    .pick = o365_pick,
    .pick_count = YG_ARRAY_LEN(o365_pick),
    .read = o365_read,
};

/* ---- Google Cloud ----------------------------------------------------------------- */

enum { GCP_CODE, GCP_SEVERITY, GCP_PICKS };

static const struct yg_pick gcp_pick[] = {
    [GCP_CODE] = { "protoPayload.status.code", YG_AS_NOTHING, 0 },
    [GCP_SEVERITY] = { "severity", YG_AS_NOTHING, 0 },
    [GCP_PICKS] = YG_LOG_WHEN("timestamp"),
    YG_LOG_WHEN("receiveTimestamp"),
    { "insertId", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "logName", YG_AS_TEXT, YG_F_EVENT_DATASET },
    { "resource.labels.project_id", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "resource.type", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "protoPayload.methodName", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "protoPayload.serviceName", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "protoPayload.resourceName", YG_AS_TEXT, YG_F_FILE_PATH },
    { "protoPayload.authenticationInfo.principalEmail", YG_AS_TEXT, YG_F_USER_NAME },
    { "protoPayload.requestMetadata.callerIp", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "protoPayload.requestMetadata.callerSuppliedUserAgent", YG_AS_TEXT,
      YG_F_USER_AGENT },
    { "protoPayload.status.message", YG_AS_TEXT, YG_F_MESSAGE },
    { "jsonPayload.queryName", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "jsonPayload.queryType", YG_AS_TEXT, YG_F_DNS_TYPE },
    { "jsonPayload.responseCode", YG_AS_TEXT, YG_F_DNS_RCODE },
    { "jsonPayload.rdata", YG_AS_TEXT, YG_F_DNS_ANSWER },
    { "jsonPayload.sourceIP", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "jsonPayload.protocol", YG_AS_LOWER, YG_F_TRANSPORT },
    { "jsonPayload.connection.src_ip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "jsonPayload.connection.src_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "jsonPayload.connection.dest_ip", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "jsonPayload.connection.dest_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "jsonPayload.disposition", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "jsonPayload.vmInstanceName", YG_AS_TEXT, YG_F_HOST_NAME },
    { "httpRequest.remoteIp", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "httpRequest.requestUrl", YG_AS_TEXT, YG_F_URL },
    { "httpRequest.requestMethod", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "httpRequest.status", YG_AS_U64, YG_F_HTTP_STATUS },
    { "httpRequest.userAgent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "textPayload", YG_AS_TEXT, YG_F_MESSAGE },
    /* Cloud Storage usage logs, a row as an object */
    YG_LOG_WHEN("time_micros"),
    { "c_ip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "cs_method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "cs_uri", YG_AS_TEXT, YG_F_URL },
    { "cs_host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "sc_status", YG_AS_U64, YG_F_HTTP_STATUS },
    { "sc_bytes", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "cs_bytes", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "cs_user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "cs_operation", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "cs_bucket", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "cs_object", YG_AS_TEXT, YG_F_FILE_PATH },
};

/* status.code is of google.rpc.Code: 0 or none is success. */
static bool gcp_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str code = yg_log_at(d, t, GCP_CODE);

    (void)l;
    yg_log_put_hits(d, t, gcp_pick);
    if (code.n > 0)
        YG_PUT(t, TEXT, OUTCOME,
               yg_is(code, "0") ? YG_STR("success") : YG_STR("failure"));
    yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY,
                     yg_log_severity(yg_log_at(d, t, GCP_SEVERITY), 0));
    return true;
}

const struct yg_dialect yg_dialect_gcp = {
    .name = "gcp",
    .doc = "Google Cloud Logging: audit, DNS, firewall, requests",
    .product = "Google Cloud",
    .device = YG_DEV_AUTH,
    .signs =
        "logName insertId | logName protoPayload.methodName | logName resource.type | "
        "time_micros c_ip cs_method",
    .pick = gcp_pick,
    .pick_count = YG_ARRAY_LEN(gcp_pick),
    .read = gcp_read,
};

/* ---- Okta ------------------------------------------------------------------------- */

enum { OKTA_TYPE, OKTA_RESULT, OKTA_TITLE, OKTA_PICKS };

static const struct yg_pick okta_pick[] = {
    [OKTA_TYPE] = { "eventType", YG_AS_NOTHING, 0 },
    [OKTA_RESULT] = { "outcome.result", YG_AS_NOTHING, 0 },
    [OKTA_TITLE] = { "displayMessage", YG_AS_NOTHING, 0 },
    [OKTA_PICKS] = YG_LOG_WHEN("published"),
    { "uuid", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "actor.alternateId", YG_AS_TEXT, YG_F_USER_NAME },
    { "target.alternateId", YG_AS_TEXT, YG_F_TARGET_USER },
    { "client.ipAddress", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "client.userAgent.rawUserAgent", YG_AS_TEXT, YG_F_USER_AGENT },
};

/* Okta's own detections. */
static bool okta_detected(struct yg_str type)
{
    return yg_str_starts(type, YG_STR("security.threat.detected")) ||
           yg_str_starts(type, YG_STR("security.attack")) ||
           yg_str_starts(type, YG_STR("security.breached_credential")) ||
           yg_str_starts(type, YG_STR("user.account.report_suspicious_activity"));
}

static bool okta_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str type = yg_log_at(d, t, OKTA_TYPE), title = yg_log_at(d, t, OKTA_TITLE);

    (void)l;
    yg_log_put_hits(d, t, okta_pick);
    yg_log_outcome(t, yg_log_at(d, t, OKTA_RESULT));
    YG_PUT(t, TEXT, EVENT_ACTION, type);
    YG_PUT(t, TEXT, MESSAGE, title);
    if (okta_detected(type))
        yg_log_alert(t, type, title, 75);
    return true;
}

const struct yg_dialect yg_dialect_okta = {
    .name = "okta",
    .doc = "Okta System Log",
    .product = "Okta",
    .device = YG_DEV_AUTH,
    .signs = "eventType published actor.alternateId | eventType displayMessage published",
    .pick = okta_pick,
    .pick_count = YG_ARRAY_LEN(okta_pick),
    .read = okta_read,
};

/* ---- Cloudflare ------------------------------------------------------------------- */

enum { FLARE_ACTION, FLARE_RULE, FLARE_SOURCE, FLARE_NAME, FLARE_PICKS };

static const struct yg_pick flare_pick[] = {
    [FLARE_ACTION] = { "FirewallMatchesActions", YG_AS_NOTHING, 0 },
    [FLARE_RULE] = { "FirewallMatchesRuleIDs", YG_AS_NOTHING, 0 },
    [FLARE_SOURCE] = { "FirewallMatchesSources", YG_AS_NOTHING, 0 },
    [FLARE_NAME] = { "Description", YG_AS_NOTHING, 0 },
    [FLARE_PICKS] = YG_LOG_WHEN("EdgeStartTimestamp"),
    YG_LOG_WHEN("Datetime"),
    YG_LOG_WHEN("EdgeEndTimestamp"),
    { "Action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "RuleID", YG_AS_TEXT, YG_F_RULE_ID },
    { "Source", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "RayID", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "ClientIP", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "ClientSrcPort", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "OriginIP", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "ClientRequestHost", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "ClientRequestURI", YG_AS_TEXT, YG_F_URL },
    { "ClientRequestPath", YG_AS_TEXT, YG_F_URL },
    { "ClientRequestMethod", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "ClientRequestUserAgent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "EdgeResponseStatus", YG_AS_U64, YG_F_HTTP_STATUS },
    { "EdgeResponseBytes", YG_AS_U64, YG_F_HTTP_LENGTH },
};

/* A rule that lets pass or skips others is nothing that was found. */
static bool flare_harmless(struct yg_str action)
{
    return action.n == 0 || yg_is(action, "allow") || yg_is(action, "skip") ||
           yg_is(action, "bypass") || yg_is(action, "log");
}

static bool flare_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str name = yg_log_at(d, t, FLARE_NAME), rule = yg_log_at(d, t, FLARE_RULE);
    struct yg_str source = yg_log_at(d, t, FLARE_SOURCE);

    (void)l;
    yg_log_put_hits(d, t, flare_pick);
    YG_PUT(t, LOWER, EVENT_ACTION, yg_log_at(d, t, FLARE_ACTION));
    if (!flare_harmless(yg_event_str(t->b, t->e, YG_F_EVENT_ACTION)) &&
        (rule.n > 0 || yg_event_has(t->e, YG_F_RULE_ID)))
        yg_log_alert(t, rule, name.n ? name : source, 50);
    return true;
}

const struct yg_dialect yg_dialect_cloudflare = {
    .name = "cloudflare",
    .doc = "Cloudflare Logpush: HTTP requests, firewall events",
    .product = "Cloudflare",
    .device = YG_DEV_WAF,
    .signs = "RayID ClientIP ClientRequestHost | RayID ClientIP ClientRequestMethod | "
             "RayID EdgeStartTimestamp",
    .pick = flare_pick,
    .pick_count = YG_ARRAY_LEN(flare_pick),
    .read = flare_read,
};
