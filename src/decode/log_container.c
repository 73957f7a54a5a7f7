/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers and what stands before them: Docker's log files and events, Kubernetes'
 * audit, Falco, access logs that a web server writes as JSON, what an input wrapped.
 *
 * Source: docs.docker.com ("JSON File logging driver", "docker events"), kubernetes.io
 * ("Auditing"), falco.org ("JSON output"), Traefik, Caddy, nginx; docs/inputs.md.
 */
#include "decode/log_json.h"
#include "decode/log_web.h"

/* ---- carriers --------------------------------------------------------------------- */

enum { CARRY_LOG, CARRY_BODY, CARRY_PICKS };

static const struct yg_pick carry_pick[] = {
    [CARRY_LOG] = { "log", YG_AS_NOTHING, 0 },
    [CARRY_BODY] = { "body", YG_AS_NOTHING, 0 },
    [CARRY_PICKS] = YG_LOG_WHEN("time"),
    YG_LOG_WHEN("yagura_via.time"),
    { "yagura_via.host", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "kubernetes.host", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "kubernetes.pod_name", YG_AS_TEXT, YG_F_HOST_NAME },
    { "kubernetes.container_name", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "attrs.tag", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "stream", YG_AS_TEXT, YG_F_EVENT_DATASET },
};

static bool carry_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str text = yg_log_at(d, t, CARRY_LOG);

    (void)l;
    if (text.n == 0)
        text = yg_log_at(d, t, CARRY_BODY);
    yg_log_put_hits(d, t, carry_pick);
    YG_PUT(t, TEXT, MESSAGE, yg_str_trim(text));
    yg_log_inner(d, text);
    return true;
}

const struct yg_dialect yg_dialect_container = {
    .name = "container",
    .doc = "output of containers (Docker, Fluent Bit); the line in it by itself",
    .device = YG_DEV_HOST,
    .signs =
        "log stream time | log stream | log kubernetes.pod_name | body yagura_via.api",
    .pick = carry_pick,
    .pick_count = YG_ARRAY_LEN(carry_pick),
    .read = carry_read,
};

/* ---- Docker events ---------------------------------------------------------------- */

static const struct yg_pick docker_pick[] = {
    YG_LOG_WHEN("timeNano"),
    YG_LOG_WHEN("time"),
    { "Action", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "Type", YG_AS_TEXT, YG_F_EVENT_DATASET },
    { "Actor.ID", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "Actor.Attributes.name", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "Actor.Attributes.image", YG_AS_TEXT, YG_F_FILE_PATH },
};

static bool docker_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    (void)l;
    yg_log_put_hits(d, t, docker_pick);
    return true;
}

const struct yg_dialect yg_dialect_docker = {
    .name = "docker",
    .doc = "Docker events",
    .product = "Docker",
    .device = YG_DEV_HOST,
    .on_host = true,
    .signs = "Type Action Actor.ID | integration=docker",
    .pick = docker_pick,
    .pick_count = YG_ARRAY_LEN(docker_pick),
    .read = docker_read,
};

/* ---- Kubernetes audit ------------------------------------------------------------- */

enum { KUBE_CODE, KUBE_PICKS };

static const struct yg_pick kube_pick[] = {
    [KUBE_CODE] = { "responseStatus.code", YG_AS_NOTHING, 0 },
    [KUBE_PICKS] = YG_LOG_WHEN("requestReceivedTimestamp"),
    YG_LOG_WHEN("stageTimestamp"),
    { "auditID", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "verb", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "requestURI", YG_AS_TEXT, YG_F_URL },
    { "user.username", YG_AS_TEXT, YG_F_USER_NAME },
    { "impersonatedUser.username", YG_AS_TEXT, YG_F_TARGET_USER },
    { "sourceIPs", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "userAgent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "objectRef.resource", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "objectRef.name", YG_AS_TEXT, YG_F_FILE_PATH },
};

static bool kube_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str code = yg_log_at(d, t, KUBE_CODE);
    uint64_t n;

    (void)l;
    yg_log_put_hits(d, t, kube_pick);
    if (yg_str_u64(code, &n)) {
        YG_PUT(t, U64, HTTP_STATUS, code);
        YG_PUT(t, TEXT, OUTCOME, n < 400 ? YG_STR("success") : YG_STR("failure"));
    }
    return true;
}

const struct yg_dialect yg_dialect_kubernetes = {
    .name = "kubernetes",
    .doc = "Kubernetes audit events",
    .product = "Kubernetes",
    .device = YG_DEV_AUTH,
    .signs = "auditID verb requestURI",
    .pick = kube_pick,
    .pick_count = YG_ARRAY_LEN(kube_pick),
    .read = kube_read,
};

/* ---- Falco ------------------------------------------------------------------------ */

enum { FALCO_RULE, FALCO_PRIORITY, FALCO_PICKS };

static const struct yg_pick falco_pick[] = {
    [FALCO_RULE] = { "rule", YG_AS_NOTHING, 0 },
    [FALCO_PRIORITY] = { "priority", YG_AS_NOTHING, 0 },
    [FALCO_PICKS] = YG_LOG_WHEN("time"),
    { "output", YG_AS_TEXT, YG_F_MESSAGE },
    { "hostname", YG_AS_TEXT, YG_F_HOST_NAME },
    { "output_fields.proc.name", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "output_fields.proc.pname", YG_AS_TEXT, YG_F_PARENT_NAME },
    { "output_fields.proc.cmdline", YG_AS_TEXT, YG_F_COMMAND_LINE },
    { "output_fields.user.name", YG_AS_TEXT, YG_F_USER_NAME },
    { "output_fields.fd.name", YG_AS_TEXT, YG_F_FILE_PATH },
    { "output_fields.container.name", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "tags", YG_AS_LIST, YG_F_RULE_GROUPS },
};

static bool falco_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str rule = yg_log_at(d, t, FALCO_RULE);

    (void)l;
    yg_log_put_hits(d, t, falco_pick);
    yg_log_alert(t, rule, rule, yg_log_severity(yg_log_at(d, t, FALCO_PRIORITY), 50));
    return true;
}

const struct yg_dialect yg_dialect_falco = {
    .name = "falco",
    .doc = "Falco's JSON output",
    .product = "Falco",
    .device = YG_DEV_HOST,
    .on_host = true,
    .signs = "rule priority output time | rule priority output source",
    .pick = falco_pick,
    .pick_count = YG_ARRAY_LEN(falco_pick),
    .read = falco_read,
};

/* ---- access logs ------------------------------------------------------------------ */

enum { WEB_REQUEST, WEB_STATUS, WEB_DOWNSTREAM, WEB_PICKS };

static const struct yg_pick web_pick[] = {
    [WEB_REQUEST] = { "request", YG_AS_NOTHING, 0 },
    [WEB_STATUS] = { "status", YG_AS_NOTHING, 0 },
    [WEB_DOWNSTREAM] = { "DownstreamStatus", YG_AS_NOTHING, 0 },
    [WEB_PICKS] = YG_LOG_WHEN("time_iso8601"),
    YG_LOG_WHEN("time_local"),
    YG_LOG_WHEN("timestamp"),
    YG_LOG_WHEN("@timestamp"),
    YG_LOG_WHEN("msec"),
    YG_LOG_WHEN("time"),
    YG_LOG_WHEN("ts"),
    YG_LOG_WHEN("StartUTC"),
    { "remote_addr", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "client", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "clientip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "remote_ip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "request.remote_ip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "ClientAddr", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "remote_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "server_addr", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "server_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "remote_user", YG_AS_TEXT, YG_F_USER_NAME },
    { "request_method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "request.method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "RequestMethod", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "request_uri", YG_AS_TEXT, YG_F_URL },
    { "uri", YG_AS_TEXT, YG_F_URL },
    { "request.uri", YG_AS_TEXT, YG_F_URL },
    { "RequestPath", YG_AS_TEXT, YG_F_URL },
    { "http_host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "request.host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "RequestHost", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "DownstreamContentSize", YG_AS_U64, YG_F_HTTP_LENGTH },
    { "Duration", YG_AS_U64, YG_F_DURATION },
    { "duration", YG_AS_NOTHING, YG_F_DURATION },
    { "request_time", YG_AS_NOTHING, YG_F_DURATION },
    { "user_id", YG_AS_TEXT, YG_F_USER_NAME },
    { "ClientUsername", YG_AS_TEXT, YG_F_USER_NAME },
    { "request.remote_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "request_User-Agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "body_bytes_sent", YG_AS_U64, YG_F_HTTP_LENGTH },
    { "bytes_sent", YG_AS_U64, YG_F_HTTP_LENGTH },
    { "size", YG_AS_U64, YG_F_HTTP_LENGTH },
    { "http_user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "request.headers.User-Agent", YG_AS_TEXT, YG_F_USER_AGENT },
};

/* "GET /x HTTP/1.1" */
static bool web_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str rest = yg_log_at(d, t, WEB_REQUEST), method, url;

    (void)l;
    yg_log_put_hits(d, t, web_pick);
    yg_web_status(t, yg_log_at(d, t, WEB_STATUS));
    yg_web_status(t, yg_log_at(d, t, WEB_DOWNSTREAM));
    if (yg_word(&rest, &method) && yg_word(&rest, &url)) {
        YG_PUT(t, TEXT, HTTP_METHOD, method);
        YG_PUT(t, TEXT, URL, url);
    }
    return true;
}

const struct yg_dialect yg_dialect_web_json = {
    .name = "web-json",
    .doc = "access logs as JSON: nginx, Apache, Caddy, Traefik, by usual names",
    .product = "web server",
    .device = YG_DEV_WEB,
    .signs = "remote_addr status request | remote_addr status request_uri | "
             "remote_addr status uri | remote_addr request_method | clientip status "
             "request | client status request | remote_ip status uri | request.remote_ip "
             "status | ClientAddr RequestPath DownstreamStatus",
    .pick = web_pick,
    .pick_count = YG_ARRAY_LEN(web_pick),
    .read = web_read,
};
