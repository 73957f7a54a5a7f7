/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places where source code lives: audit logs of GitHub and GitLab.
 *
 * Source: docs.github.com ("Audit log events"), docs.gitlab.com ("Log system").
 */
#include "decode/log_json.h"

static const struct yg_pick github_pick[] = {
    YG_LOG_WHEN("created_at"),
    YG_LOG_WHEN("@timestamp"),
    { "_document_id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "action", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "actor", YG_AS_TEXT, YG_F_USER_NAME },
    { "actor_ip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "user", YG_AS_TEXT, YG_F_TARGET_USER },
    { "org", YG_AS_TEXT, YG_F_USER_DOMAIN },
    { "repo", YG_AS_TEXT, YG_F_FILE_PATH },
    { "repository", YG_AS_TEXT, YG_F_FILE_PATH },
    { "user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
};

static bool github_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    (void)l;
    yg_log_put_hits(d, t, github_pick);
    return true;
}

const struct yg_dialect yg_dialect_github = {
    .name = "github",
    .doc = "GitHub audit log",
    .product = "GitHub",
    .device = YG_DEV_AUTH,
    .signs = "integration=github action | action actor org | action actor _document_id | "
             "action actor business created_at",
    .pick = github_pick,
    .pick_count = YG_ARRAY_LEN(github_pick),
    .read = github_read,
};

enum { LAB_MESSAGE, LAB_ACTION, LAB_PICKS };

static const struct yg_pick gitlab_pick[] = {
    [LAB_MESSAGE] = { "message", YG_AS_NOTHING, 0 },
    [LAB_ACTION] = { "custom_message", YG_AS_NOTHING, 0 },
    [LAB_PICKS] = YG_LOG_WHEN("time"),
    YG_LOG_WHEN("created_at"),
    { "correlation_id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "remote_ip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "ip_address", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "username", YG_AS_TEXT, YG_F_USER_NAME },
    { "author_name", YG_AS_TEXT, YG_F_USER_NAME },
    { "meta.user", YG_AS_TEXT, YG_F_USER_NAME },
    { "target_details", YG_AS_TEXT, YG_F_TARGET_USER },
    { "entity_path", YG_AS_TEXT, YG_F_FILE_PATH },
    { "path", YG_AS_TEXT, YG_F_URL },
    { "method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "status", YG_AS_U64, YG_F_HTTP_STATUS },
    { "ua", YG_AS_TEXT, YG_F_USER_AGENT },
    { "controller", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "action", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "event_type", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "add", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "change", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "remove", YG_AS_TEXT, YG_F_EVENT_ACTION },
};

static bool gitlab_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    (void)l;
    yg_log_put_hits(d, t, gitlab_pick);
    YG_PUT(t, TEXT, MESSAGE, yg_log_at(d, t, LAB_ACTION));
    YG_PUT(t, TEXT, MESSAGE, yg_log_at(d, t, LAB_MESSAGE));
    return true;
}

const struct yg_dialect yg_dialect_gitlab = {
    .name = "gitlab",
    .doc = "GitLab audit and production logs as JSON",
    .product = "GitLab",
    .device = YG_DEV_WEB,
    .signs = "author_name entity_type target_type | method path controller format | "
             "author_id entity_id target_details | path route remote_ip params",
    .pick = gitlab_pick,
    .pick_count = YG_ARRAY_LEN(gitlab_pick),
    .read = gitlab_read,
};
