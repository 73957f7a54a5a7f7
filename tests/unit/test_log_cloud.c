/* SPDX-License-Identifier: Apache-2.0 */
/* Clouds and what runs there; written for the test. */
#include "log_rows.h"

#define ALERT   YG_KIND_ALERT
#define CONTEXT YG_KIND_CONTEXT

static void amazon(void **state)
{
    static const struct log_row row[] = {
        { "CloudTrail",
          "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"IAMUser\","
          "\"arn\":\"arn:aws:iam::1:user/jo\",\"accountId\":\"1\",\"userName\""
          ":\"jo\"},\"eventTime\":\"2026-01-02T03:04:05Z\",\"eventSource\":\""
          "iam.amazonaws.com\",\"eventName\":\"CreateUser\",\"awsRegion\":\"u"
          "s-east-1\",\"sourceIPAddress\":\"192.0.2.1\",\"userAgent\":\"cli\""
          ",\"requestParameters\":{\"userName\":\"evil\"},\"eventID\":\"e1\"}",
          CONTEXT, YG_DEV_AUTH, "AWS CloudTrail", 1767323045,
          "event.action=CreateUser|service.name=iam.amazonaws.com|user.name=j"
          "o|user.target.name=evil|source.ip=192.0.2.1|ev"
          "ent.outcome=success" },
        { "CloudTrail refused, in EventBridge",
          "{\"version\":\"0\",\"source\":\"aws.s3\",\"detail\":{\"eventVersio"
          "n\":\"1.08\",\"userIdentity\":{\"type\":\"IAMUser\",\"arn\":\"arn:"
          "aws:iam::1:user/jo\",\"accountId\":\"1\",\"userName\":\"jo\"},\"ev"
          "entTime\":\"2026-01-02T03:04:05Z\",\"eventSource\":\"iam.amazonaws"
          ".com\",\"eventName\":\"CreateUser\",\"awsRegion\":\"us-east-1\",\""
          "sourceIPAddress\":\"s3.amazonaws.com\",\"userAgent\":\"cli\",\"req"
          "uestParameters\":{\"userName\":\"evil\"},\"eventID\":\"e1\",\"erro"
          "rCode\":\"AccessDenied\",\"errorMessage\":\"no\"}}",
          CONTEXT, YG_DEV_AUTH, "AWS CloudTrail", 1767323045,
          "event.outcome=failure|source.ip=-|message=no" },
        { "CloudTrail in Wazuh",
          "{\"integration\":\"aws\",\"aws\":{\"eventVersion\":\"1.08\",\"user"
          "Identity\":{\"type\":\"IAMUser\",\"arn\":\"arn:aws:iam::1:user/jo\""
          ",\"accountId\":\"1\",\"userName\":\"jo\"},\"eventTime\":\"2026-01-"
          "02T03:04:05Z\",\"eventSource\":\"iam.amazonaws.com\",\"eventName\""
          ":\"CreateUser\",\"awsRegion\":\"us-east-1\",\"sourceIPAddress\":\""
          "192.0.2.1\",\"userAgent\":\"cli\",\"requestParameters\":{\"userNam"
          "e\":\"evil\"},\"eventID\":\"e1\"}}",
          CONTEXT, YG_DEV_AUTH, "AWS CloudTrail", 1767323045, "event.code=e1" },
        { "GuardDuty",
          "{\"schemaVersion\":\"2.0\",\"accountId\":\"1\",\"id\":\"g1\",\"typ"
          "e\":\"UnauthorizedAccess:EC2/SSHBruteForce\",\"severity\":2.5,\"ti"
          "tle\":\"t\",\"updatedAt\":\"2026-01-02T03:04:05.123Z\",\"resource\""
          ":{\"instanceDetails\":{\"instanceId\":\"i-1\",\"networkInterfaces\""
          ":[{\"privateIpAddress\":\"10.0.0.1\"}]}},\"service\":{\"serviceNam"
          "e\":\"guardduty\",\"action\":{\"actionType\":\"NETWORK_CONNECTION\""
          ",\"networkConnectionAction\":{\"connectionDirection\":\"INBOUND\","
          "\"protocol\":\"TCP\",\"remoteIpDetails\":{\"ipAddressV4\":\"192.0."
          "2.9\"}}}}}",
          ALERT, YG_DEV_ANOMALY, "AWS GuardDuty", 1767323045,
          "rule.id=UnauthorizedAccess:EC2/SSHBruteForce|event.severity=25|sou"
          "rce.ip=192.0.2.9|destination.ip=10.0.0.1|host.ip=10.0.0.1|network."
          "transport=tcp|rule.ruleset=aws-guardduty" },
        { "Security Hub",
          "{\"detail-type\":\"Security Hub Findings - Imported\",\"detail\":{"
          "\"findings\":[{\"SchemaVersion\":\"2018-10-08\",\"ProductArn\":\"a"
          "rn:p\",\"GeneratorId\":\"gen\",\"AwsAccountId\":\"1\",\"Types\":[\""
          "TTPs/Initial Access\"],\"UpdatedAt\":\"2026-01-02T03:04:05.123Z\","
          "\"Severity\":{\"Label\":\"HIGH\"},\"Title\":\"bad\",\"Description\""
          ":\"d\",\"Resources\":[{\"Id\":\"i-1\"}]}]}}",
          ALERT, YG_DEV_OTHER, "AWS Security Hub", 1767323045,
          "rule.id=gen|rule.name=bad|event.severity=75|host.name=i-1|rule.cat"
          "egory=TTPs/Initial Access" },
        { "Security Hub, a check",
          "{\"SchemaVersion\":\"2018-10-08\",\"ProductArn\":\"arn:p\",\"Gener"
          "atorId\":\"gen\",\"AwsAccountId\":\"1\",\"Types\":[\"Software and "
          "Configuration Checks/x\"],\"UpdatedAt\":\"2026-01-02T03:04:05.123Z"
          "\",\"Severity\":{\"Label\":\"HIGH\"},\"Title\":\"bad\",\"Descripti"
          "on\":\"d\",\"Resources\":[{\"Id\":\"i-1\"}],\"Compliance\":{\"Stat"
          "us\":\"FAILED\"}}",
          CONTEXT, YG_DEV_OTHER, "AWS Security Hub", 1767323045,
          "event.dataset=compliance|rule.name=bad" },
        { "AWS WAF",
          "{\"timestamp\":1767323045123,\"formatVersion\":1,\"webaclId\":\"ar"
          "n:w\",\"terminatingRuleId\":\"SQLi\",\"terminatingRuleType\":\"MAN"
          "AGED\",\"action\":\"BLOCK\",\"httpRequest\":{\"clientIp\":\"192.0."
          "2.1\",\"uri\":\"/x\",\"httpMethod\":\"GET\"}}",
          ALERT, YG_DEV_WAF, "AWS WAF", 1767323045,
          "rule.id=SQLi|event.action=block|url.original=/x|source.ip=192.0.2."
          "1" },
        { "AWS WAF, allowed",
          "{\"timestamp\":1767323045123,\"webaclId\":\"arn:w\",\"terminatingR"
          "uleId\":\"Default_Action\",\"action\":\"ALLOW\",\"httpRequest\":{\""
          "clientIp\":\"192.0.2.1\"}}",
          CONTEXT, YG_DEV_WAF, "AWS WAF", 1767323045, "rule.id=-|event.action=allow" },
        { "S3 access",
          "{\"bucket_owner\":\"o\",\"bucket\":\"b\",\"time\":\"02/Jan/2026:03"
          ":04:05 +0000\",\"remote_ip\":\"192.0.2.1\",\"requester\":\"-\",\"o"
          "peration\":\"REST.GET.OBJECT\",\"key\":\"k\",\"http_status\":\"200"
          "\"}",
          CONTEXT, YG_DEV_WEB, "AWS S3", 1767323045,
          "event.action=REST.GET.OBJECT|source.ip=192.0.2.1|file.path=k|http."
          "response.status_code=200" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

static void others(void **state)
{
    static const struct log_row row[] = {
        { "Graph alert",
          "{\"id\":\"a1\",\"severity\":\"high\",\"title\":\"Malware\",\"categ"
          "ory\":\"Malware\",\"serviceSource\":\"microsoftDefenderForEndpoint"
          "\",\"productName\":\"Microsoft Defender for Endpoint\",\"detectorI"
          "d\":\"det\",\"createdDateTime\":\"2026-01-02T03:04:05.123Z\",\"mit"
          "reTechniques\":[\"T1059\"],\"evidence\":[{\"deviceDnsName\":\"pc1\""
          "}]}",
          ALERT, YG_DEV_OTHER, "Microsoft Defender for Endpoint", 1767323045,
          "rule.id=det|rule.name=Malware|event.severity=75|host.name=pc1|thre"
          "at.technique.id=T1059" },
        { "Sentinel alert",
          "{\"TimeGenerated\":\"2026-01-02T03:04:05.123Z\",\"AlertName\":\"Ba"
          "d\",\"AlertSeverity\":\"Medium\",\"ProviderName\":\"MDATP\",\"Syst"
          "emAlertId\":\"s1\",\"CompromisedEntity\":\"pc1\"}",
          ALERT, YG_DEV_OTHER, "Microsoft Defender", 1767323045,
          "rule.name=Bad|event.severity=50|host.name=pc1" },
        { "Office 365 login",
          "{\"CreationTime\":\"2026-01-02T03:04:05\",\"Id\":\"x\",\"Operation"
          "\":\"UserLoginFailed\",\"RecordType\":15,\"ResultStatus\":\"Failed"
          "\",\"UserId\":\"jo@a.example\",\"ClientIP\":\"192.0.2.1:5000\",\"W"
          "orkload\":\"AzureActiveDirectory\"}",
          CONTEXT, YG_DEV_AUTH, "Office 365", 1767323045,
          "event.outcome=failure|user.name=jo@a.example|source.ip=192.0.2.1|s"
          "ource.port=5000|event.action=UserLoginFailed" },
        { "Office 365 malware",
          "{\"CreationTime\":\"2026-01-02T03:04:05\",\"Operation\":\"FileMalw"
          "areDetected\",\"RecordType\":\"6\",\"UserId\":\"jo\",\"Workload\":"
          "\"OneDrive\",\"SourceFileName\":\"x.exe\"}",
          ALERT, YG_DEV_AUTH, "Office 365", 1767323045,
          "rule.name=FileMalwareDetected|file.path=x.exe" },
        { "Google audit",
          "{\"logName\":\"projects/p/logs/cloudaudit.googleapis.com%2Factivit"
          "y\",\"insertId\":\"i\",\"severity\":\"NOTICE\",\"timestamp\":\"202"
          "6-01-02T03:04:05.123Z\",\"protoPayload\":{\"methodName\":\"SetIamP"
          "olicy\",\"serviceName\":\"iam\",\"authenticationInfo\":{\"principa"
          "lEmail\":\"jo@a.example\"},\"requestMetadata\":{\"callerIp\":\"192"
          ".0.2.1\"},\"status\":{\"code\":7,\"message\":\"denied\"}}}",
          CONTEXT, YG_DEV_AUTH, "Google Cloud", 1767323045,
          "event.action=SetIamPolicy|event.outcome=failure|user.name=jo@a.exa"
          "mple|event.severity=20" },
        { "Okta",
          "{\"uuid\":\"u\",\"published\":\"2026-01-02T03:04:05.123Z\",\"event"
          "Type\":\"user.session.start\",\"displayMessage\":\"User login\",\""
          "actor\":{\"alternateId\":\"jo@a.example\"},\"client\":{\"ipAddress"
          "\":\"192.0.2.1\"},\"outcome\":{\"result\":\"FAILURE\"}}",
          CONTEXT, YG_DEV_AUTH, "Okta", 1767323045,
          "event.outcome=failure|user.name=jo@a.example|event.action=user.ses"
          "sion.start" },
        { "Okta threat",
          "{\"uuid\":\"u\",\"published\":\"2026-01-02T03:04:05.123Z\",\"event"
          "Type\":\"security.threat.detected\",\"displayMessage\":\"Request f"
          "rom suspicious actor\",\"actor\":{\"alternateId\":\"x\"}}",
          ALERT, YG_DEV_AUTH, "Okta", 1767323045,
          "rule.id=security.threat.detected|event.severity=75" },
        { "Cloudflare blocked",
          "{\"RayID\":\"r\",\"ClientIP\":\"192.0.2.1\",\"ClientRequestHost\":"
          "\"w.example\",\"ClientRequestMethod\":\"GET\",\"ClientRequestURI\""
          ":\"/.env\",\"EdgeStartTimestamp\":\"2026-01-02T03:04:05Z\",\"EdgeR"
          "esponseStatus\":403,\"FirewallMatchesActions\":[\"block\"],\"Firew"
          "allMatchesRuleIDs\":[\"100016\"],\"FirewallMatchesSources\":[\"waf"
          "\"],\"OriginIP\":\"\"}",
          ALERT, YG_DEV_WAF, "Cloudflare", 1767323045,
          "rule.id=100016|rule.name=waf|event.action=block|url.original=/.env"
          "|http.response.status_code=403" },
        { "Cloudflare passed",
          "{\"RayID\":\"r\",\"ClientIP\":\"192.0.2.1\",\"ClientRequestHost\":"
          "\"w.example\",\"ClientRequestMethod\":\"GET\",\"EdgeStartTimestamp"
          "\":1767323045000000000,\"FirewallMatchesActions\":[],\"FirewallMat"
          "chesRuleIDs\":[]}",
          CONTEXT, YG_DEV_WAF, "Cloudflare", 1767323045, "rule.id=-" },
        { "GitHub",
          "{\"@timestamp\":1767323045123,\"_document_id\":\"d\",\"action\":\""
          "repo.destroy\",\"actor\":\"jo\",\"actor_ip\":\"192.0.2.1\",\"org\""
          ":\"acme\",\"repo\":\"acme/x\",\"created_at\":1767323045123}",
          CONTEXT, YG_DEV_AUTH, "GitHub", 1767323045,
          "event.action=repo.destroy|user.name=jo|source.ip=192.0.2.1|file.pa"
          "th=acme/x" },
        { "GitLab audit",
          "{\"severity\":\"INFO\",\"time\":\"2026-01-02T03:04:05.123Z\",\"aut"
          "hor_id\":1,\"author_name\":\"jo\",\"entity_type\":\"Project\",\"ta"
          "rget_type\":\"User\",\"target_details\":\"evil\",\"ip_address\":\""
          "192.0.2.1\",\"custom_message\":\"Added user\"}",
          CONTEXT, YG_DEV_WEB, "GitLab", 1767323045,
          "user.name=jo|user.target.name=evil|message=Added user" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amazon),
        cmocka_unit_test(others),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
