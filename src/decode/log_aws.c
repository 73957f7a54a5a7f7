/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amazon Web Services: CloudTrail, GuardDuty, Security Hub, WAF, S3 access; each alone,
 * within EventBridge ("detail") and within Wazuh's integration ("aws").
 *
 * Source: docs.aws.amazon.com, "CloudTrail record contents", "GuardDuty finding format",
 * "AWS Security Finding Format", "AWS WAF log fields", "S3 server access log format".
 */
#include "decode/log_json.h"
#include "decode/log_web.h"

/* ---- CloudTrail ------------------------------------------------------------------- */

enum { TRAIL_ERROR, TRAIL_LOGIN, TRAIL_USER, TRAIL_ARN, TRAIL_PICKS };

static const struct yg_pick trail_pick[] = {
    [TRAIL_ERROR] = { "errorCode", YG_AS_NOTHING, 0 },
    [TRAIL_LOGIN] = { "responseElements.ConsoleLogin", YG_AS_NOTHING, 0 },
    [TRAIL_USER] = { "userIdentity.userName", YG_AS_NOTHING, 0 },
    [TRAIL_ARN] = { "userIdentity.arn", YG_AS_NOTHING, 0 },
    [TRAIL_PICKS] = YG_LOG_WHEN("eventTime"),
    { "eventID", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "eventName", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "eventSource", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "sourceIPAddress", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "userAgent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "userIdentity.accountId", YG_AS_TEXT, YG_F_USER_DOMAIN },
    { "requestParameters.userName", YG_AS_TEXT, YG_F_TARGET_USER },
    { "requestParameters.roleName", YG_AS_TEXT, YG_F_TARGET_USER },
    { "requestParameters.bucketName", YG_AS_TEXT, YG_F_FILE_PATH },
    { "errorMessage", YG_AS_TEXT, YG_F_MESSAGE },
    { "recipientAccountId", YG_AS_TEXT, YG_F_OBSERVER_NAME },
};

static bool trail_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str login = yg_log_at(d, t, TRAIL_LOGIN);

    (void)l;
    yg_log_put_hits(d, t, trail_pick);
    YG_PUT(t, TEXT, USER_NAME, yg_log_at(d, t, TRAIL_USER));
    YG_PUT(t, TEXT, USER_NAME, yg_log_at(d, t, TRAIL_ARN)); /* roles have no name */
    yg_log_outcome(t, login);
    YG_PUT(t, TEXT, OUTCOME,
           yg_absent(yg_log_at(d, t, TRAIL_ERROR)) ? YG_STR("success")
                                                   : YG_STR("failure"));
    return true;
}

const struct yg_dialect yg_dialect_aws_cloudtrail = {
    .name = "aws-cloudtrail",
    .doc = "AWS CloudTrail, one event a record",
    .product = "AWS CloudTrail",
    .device = YG_DEV_AUTH,
    .signs = "eventSource eventName awsRegion",
    .pick = trail_pick,
    .pick_count = YG_ARRAY_LEN(trail_pick),
    .read = trail_read,
};

/* ---- GuardDuty -------------------------------------------------------------------- */

#define ACTION "service.action."
#define NET    ACTION "networkConnectionAction."

enum {
    GUARD_TYPE,
    GUARD_SEVERITY,
    GUARD_REMOTE,
    GUARD_LOCAL,
    GUARD_DIRECTION,
    GUARD_REMOTE_PORT,
    GUARD_LOCAL_PORT,
    GUARD_PICKS
};

static const struct yg_pick guard_pick[] = {
    [GUARD_TYPE] = { "type", YG_AS_NOTHING, 0 },
    [GUARD_SEVERITY] = { "severity", YG_AS_NOTHING, 0 },
    [GUARD_REMOTE] = { NET "remoteIpDetails.ipAddressV4", YG_AS_NOTHING, 0 },
    [GUARD_LOCAL] = { "resource.instanceDetails.networkInterfaces.privateIpAddress",
                      YG_AS_NOTHING, 0 },
    [GUARD_DIRECTION] = { NET "connectionDirection", YG_AS_NOTHING, 0 },
    [GUARD_REMOTE_PORT] = { NET "remotePortDetails.port", YG_AS_NOTHING, 0 },
    [GUARD_LOCAL_PORT] = { NET "localPortDetails.port", YG_AS_NOTHING, 0 },
    [GUARD_PICKS] = YG_LOG_WHEN("updatedAt"),
    YG_LOG_WHEN("service.eventLastSeen"),
    { "id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "title", YG_AS_TEXT, YG_F_MESSAGE },
    { "accountId", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { NET "protocol", YG_AS_LOWER, YG_F_TRANSPORT },
    { ACTION "awsApiCallAction.remoteIpDetails.ipAddressV4", YG_AS_NOTHING,
      YG_F_SOURCE_IP },
    { ACTION "portProbeAction.portProbeDetails.remoteIpDetails.ipAddressV4",
      YG_AS_NOTHING, YG_F_SOURCE_IP },
    { ACTION "kubernetesApiCallAction.remoteIpDetails.ipAddressV4", YG_AS_NOTHING,
      YG_F_SOURCE_IP },
    { ACTION "awsApiCallAction.api", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { ACTION "actionType", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { ACTION "dnsRequestAction.domain", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "resource.accessKeyDetails.userName", YG_AS_TEXT, YG_F_USER_NAME },
    { "resource.instanceDetails.instanceId", YG_AS_TEXT, YG_F_HOST_NAME },
    { "resource.s3BucketDetails.name", YG_AS_TEXT, YG_F_FILE_PATH },
};

/* 1 to 8.9, with a fraction. */
static unsigned guard_severity(struct yg_str s)
{
    double v;

    return yg_str_f64(s, &v) && v >= 0.0 && v <= 10.0 ? (unsigned)(v * 10.0) : 50;
}

static void guard_port(struct yg_target *t, bool source, struct yg_str s)
{
    uint64_t n;

    if (yg_str_u64(s, &n) && n <= 65535)
        yg_event_set_u64(t->e, source ? YG_F_SOURCE_PORT : YG_F_DESTINATION_PORT, n);
}

static bool guard_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str type = yg_log_at(d, t, GUARD_TYPE);
    bool out = yg_is(yg_log_at(d, t, GUARD_DIRECTION), "OUTBOUND");
    struct yg_str remote = yg_log_at(d, t, GUARD_REMOTE);
    struct yg_str local = yg_log_at(d, t, GUARD_LOCAL);

    (void)l;
    yg_log_put_hits(d, t, guard_pick);
    yg_log_ip(t, out ? YG_F_DESTINATION_IP : YG_F_SOURCE_IP, remote);
    yg_log_ip(t, YG_F_HOST_IP, local);
    if (remote.n > 0)
        yg_log_ip(t, out ? YG_F_SOURCE_IP : YG_F_DESTINATION_IP, local);
    guard_port(t, !out, yg_log_at(d, t, GUARD_REMOTE_PORT));
    guard_port(t, out, yg_log_at(d, t, GUARD_LOCAL_PORT));
    yg_log_alert(t, type, type, guard_severity(yg_log_at(d, t, GUARD_SEVERITY)));
    return true;
}

const struct yg_dialect yg_dialect_aws_guardduty = {
    .name = "aws-guardduty",
    .doc = "AWS GuardDuty findings",
    .product = "AWS GuardDuty",
    .device = YG_DEV_ANOMALY,
    .signs = "type severity service.serviceName=guardduty | "
             "type severity service.detectorId",
    .pick = guard_pick,
    .pick_count = YG_ARRAY_LEN(guard_pick),
    .read = guard_read,
};

/* ---- Security Hub ----------------------------------------------------------------- */

enum { HUB_TYPE, HUB_LABEL, HUB_COMPLIANCE, HUB_ID, HUB_TITLE, HUB_PICKS };

static const struct yg_pick hub_pick[] = {
    [HUB_TYPE] = { "Types", YG_AS_NOTHING, 0 },
    [HUB_LABEL] = { "Severity.Label", YG_AS_NOTHING, 0 },
    [HUB_COMPLIANCE] = { "Compliance.Status", YG_AS_NOTHING, 0 },
    [HUB_ID] = { "GeneratorId", YG_AS_NOTHING, 0 },
    [HUB_TITLE] = { "Title", YG_AS_NOTHING, 0 },
    [HUB_PICKS] = YG_LOG_WHEN("UpdatedAt"),
    YG_LOG_WHEN("CreatedAt"),
    { "Id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "Description", YG_AS_TEXT, YG_F_MESSAGE },
    { "AwsAccountId", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "ProductName", YG_AS_TEXT, YG_F_OBSERVER_PRODUCT },
    { "Resources.Id", YG_AS_TEXT, YG_F_HOST_NAME },
    { "Network.SourceIpV4", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "Network.SourcePort", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "Network.DestinationIpV4", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "Network.DestinationPort", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "Process.Name", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "Malware.Path", YG_AS_TEXT, YG_F_FILE_PATH },
};

/* A check of the configuration is not something that was detected. */
static bool hub_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    unsigned severity = yg_log_severity(yg_log_at(d, t, HUB_LABEL), 50);
    struct yg_str type = yg_log_at(d, t, HUB_TYPE);

    (void)l;
    yg_put_text(t, YG_AS_TEXT, YG_F_RULE_CATEGORY, type);
    yg_log_put_hits(d, t, hub_pick);
    if (yg_log_at(d, t, HUB_COMPLIANCE).n > 0 ||
        yg_str_starts(type, YG_STR("Software and Configuration Checks"))) {
        YG_PUT(t, TEXT, RULE_ID, yg_log_at(d, t, HUB_ID));
        YG_PUT(t, TEXT, RULE_NAME, yg_log_at(d, t, HUB_TITLE));
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, severity);
        YG_PUT(t, TEXT, EVENT_DATASET, YG_STR("compliance"));
    } else {
        yg_log_alert(t, yg_log_at(d, t, HUB_ID), yg_log_at(d, t, HUB_TITLE), severity);
    }
    return true;
}

const struct yg_dialect yg_dialect_aws_securityhub = {
    .name = "aws-securityhub",
    .doc = "AWS Security Hub findings (ASFF)",
    .product = "AWS Security Hub",
    .device = YG_DEV_OTHER,
    .signs = "ProductArn GeneratorId Types | ProductArn Title",
    .pick = hub_pick,
    .pick_count = YG_ARRAY_LEN(hub_pick),
    .read = hub_read,
};

/* ---- WAF -------------------------------------------------------------------------- */

enum { WAF_ACTION, WAF_RULE, WAF_TYPE, WAF_URI, WAF_ARGS, WAF_PICKS };

static const struct yg_pick waf_pick[] = {
    [WAF_ACTION] = { "action", YG_AS_NOTHING, 0 },
    [WAF_RULE] = { "terminatingRuleId", YG_AS_NOTHING, 0 },
    [WAF_TYPE] = { "terminatingRuleMatchDetails.conditionType", YG_AS_NOTHING, 0 },
    [WAF_URI] = { "httpRequest.uri", YG_AS_NOTHING, 0 },
    [WAF_ARGS] = { "httpRequest.args", YG_AS_NOTHING, 0 },
    [WAF_PICKS] = YG_LOG_WHEN("timestamp"),
    { "terminatingRuleType", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "httpSourceId", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "httpRequest.clientIp", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "httpRequest.httpMethod", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "httpRequest.requestId", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "ja3Fingerprint", YG_AS_TEXT, YG_F_TLS_JA3 },
};

static bool waf_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str rule = yg_log_at(d, t, WAF_RULE), type = yg_log_at(d, t, WAF_TYPE);
    struct yg_str action = yg_log_at(d, t, WAF_ACTION);
    struct yg_str uri = yg_log_at(d, t, WAF_URI), args = yg_log_at(d, t, WAF_ARGS);

    (void)l;
    YG_PUT(t, LOWER, EVENT_ACTION, action);
    yg_log_put_hits(d, t, waf_pick);
    if (args.n > 0)
        yg_put_joined(t, YG_F_URL, uri, '?', args);
    else
        YG_PUT(t, TEXT, URL, uri);
    if (!yg_is(action, "ALLOW"))
        yg_log_alert(t, rule, type.n ? type : rule, 50);
    return true;
}

const struct yg_dialect yg_dialect_aws_waf = {
    .name = "aws-waf",
    .doc = "AWS WAF logs",
    .product = "AWS WAF",
    .device = YG_DEV_WAF,
    .signs = "webaclId terminatingRuleId action",
    .pick = waf_pick,
    .pick_count = YG_ARRAY_LEN(waf_pick),
    .read = waf_read,
};

/* ---- S3 access -------------------------------------------------------------------- */

enum { S3_REQUEST, S3_STATUS, S3_PICKS };

static const struct yg_pick s3_pick[] = {
    [S3_REQUEST] = { "request_uri", YG_AS_NOTHING, 0 },
    [S3_STATUS] = { "http_status", YG_AS_NOTHING, 0 },
    [S3_PICKS] = YG_LOG_WHEN("time"),
    { "remote_ip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "requester", YG_AS_TEXT, YG_F_USER_NAME },
    { "request_id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "operation", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "key", YG_AS_TEXT, YG_F_FILE_PATH },
    { "bucket", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "error_code", YG_AS_TEXT, YG_F_MESSAGE },
};

static bool s3_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str line = yg_log_at(d, t, S3_REQUEST), method, url;

    (void)l;
    yg_log_put_hits(d, t, s3_pick);
    yg_web_status(t, yg_log_at(d, t, S3_STATUS));
    if (yg_word(&line, &method) && yg_word(&line, &url)) {
        YG_PUT(t, TEXT, HTTP_METHOD, method);
        YG_PUT(t, TEXT, URL, url);
    }
    return true;
}

const struct yg_dialect yg_dialect_aws_s3 = {
    .name = "aws-s3",
    .doc = "AWS S3 server access logs as JSON",
    .product = "AWS S3",
    .device = YG_DEV_WEB,
    .signs = "bucket_owner bucket requester operation",
    .pick = s3_pick,
    .pick_count = YG_ARRAY_LEN(s3_pick),
    .read = s3_read,
};
