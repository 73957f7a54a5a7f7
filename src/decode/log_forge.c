/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places where source code lives: audit logs of GitHub and GitLab.
 *
 * Source: docs.github.com ("Audit log events"), docs.gitlab.com ("Log system").
 */
#include "decode/log_json.h"
#include "decode/log_says.h"
#include "decode/log_web.h"

#include <stdio.h>

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

enum { LAB_MESSAGE, LAB_ACTION, LAB_SEVERITY, LAB_STATUS, LAB_PICKS };

static const struct yg_pick gitlab_pick[] = {
    [LAB_MESSAGE] = { "message", YG_AS_NOTHING, 0 },
    [LAB_ACTION] = { "custom_message", YG_AS_NOTHING, 0 },
    [LAB_SEVERITY] = { "severity", YG_AS_NOTHING, 0 },
    [LAB_STATUS] = { "status", YG_AS_NOTHING, 0 },
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
    { "ua", YG_AS_TEXT, YG_F_USER_AGENT },
    { "controller", YG_AS_TEXT, YG_F_SERVICE_NAME },
    /* jobs, integrations, errors */
    { "class", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "service_class", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "service", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "project_path", YG_AS_TEXT, YG_F_FILE_PATH },
    { "job_status", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "jid", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "pid", YG_AS_NOTHING, YG_F_PID },
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
    yg_web_status(t, yg_log_at(d, t, LAB_STATUS));
    yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY,
                     yg_log_severity(yg_log_at(d, t, LAB_SEVERITY), 0));
    YG_PUT(t, TEXT, MESSAGE, yg_log_at(d, t, LAB_ACTION));
    YG_PUT(t, TEXT, MESSAGE, yg_log_at(d, t, LAB_MESSAGE));
    return true;
}

const struct yg_dialect yg_dialect_gitlab = {
    .name = "gitlab",
    .doc = "GitLab: audit, requests, jobs, integrations as JSON",
    .product = "GitLab",
    .device = YG_DEV_WEB,
    .signs = "author_name entity_type target_type | method path controller format | "
             "author_id entity_id target_details | path route remote_ip params | "
             "severity time class jid queue | severity time service_class project_path | "
             "severity time exception service project_ids | severity time correlation_id "
             "message | severity time method path status params view",
    .pick = gitlab_pick,
    .pick_count = YG_ARRAY_LEN(gitlab_pick),
    .read = gitlab_read,
};

/* ---- GitLab's text logs, Ruby's and Sidekiq's loggers ---------------------------------
 *
 *      I, [2026-01-02T03:04:05.678901 #99]  INFO -- : Adding project root/a at <..>
 *      2026-01-02T03:04:05Z 99 TID-55uqo INFO: Booting Sidekiq
 *      January 02, 2026 03:04: User "jo" (jo@a.example) was created
 */

static const struct yg_say text_rows[] = {
    { "User \"%*\" (%*) was created", "v-", "user-added", YG_SAID_OK, 0 },
    { "User \"%*\" (%*) was removed", "v-", "user-removed", YG_SAID_OK, 0 },
    { "%* created a new project \"%*\"", "uf", "project-added", YG_SAID_OK, 0 },
    { "Project \"%*\" was removed", "f", "project-removed", YG_SAID_OK, 0 },
    { "Failed Login: username=%s ip=%s", "us", "login", YG_SAID_FAILED, 0 },
    { "Successful Login: username=%s ip=%s", "us", "login", YG_SAID_OK, 0 },
    { "Adding project %s at <%*>", "f-", "project-added", YG_SAID_OK, 0 },
    { "gitlab-shell: executing git command <%*> for user with key %s.", "c-", "git",
      YG_SAID, 0 },
    { "gitlab-shell: executing git command <%*> for %s", "cu", "git", YG_SAID, 0 },
};

/* Severity, process and text; `time` may be of no seconds and is then none of ours. */
static bool text_parts(struct yg_str s, struct yg_str *time, struct yg_str *pid,
                       struct yg_str *level, struct yg_str *text)
{
    struct yg_str part[YG_SCAN_MAX];

    *pid = *level = *time = YG_STR_NONE;
    if (yg_scan(s, "%s, [%sT%s #%s] %s -- %*: %*", part) == 7 && part[0].n == 1) {
        *time = (struct yg_str){ part[1].p, (size_t)(part[2].p + part[2].n - part[1].p) };
        *pid = part[3];
        *level = part[4];
        *text = part[6];
        return true;
    }
    if (yg_scan(s, "%sT%sZ %s TID-%s %s: %*", part) == 6) {
        *time =
            (struct yg_str){ part[0].p, (size_t)(part[1].p + part[1].n + 1 - part[0].p) };
        *pid = part[2];
        *level = part[4];
        *text = part[5];
        return true;
    }
    *text = s;
    return false;
}

/* "January 02, 2026 03:04: text" */
static bool dated(struct yg_target *t, struct yg_str s, struct yg_str *text)
{
    struct yg_str part[YG_SCAN_MAX];
    char date[64];

    if (yg_scan(s, "%s %s, %s %s:%s: %*", part) != 6 || part[3].n != 2 ||
        part[4].n != 2 || part[0].n > 9 || part[1].n != 2 || part[2].n != 4)
        return false;
    snprintf(date, sizeof(date), "%.*s %.*s, %.*s %.*s:%.*s:00", YG_STR_ARG(part[0]),
             YG_STR_ARG(part[1]), YG_STR_ARG(part[2]), YG_STR_ARG(part[3]),
             YG_STR_ARG(part[4]));
    *text = part[5];
    return t ? yg_log_put_time(t, yg_str_of(date)) : true;
}

static int text_match(const struct yg_logline *l)
{
    struct yg_str time, pid, level, text;
    uint64_t n;

    if (text_parts(l->raw, &time, &pid, &level, &text))
        return yg_str_u64(pid, &n) && yg_log_severity(level, 101) <= 100 ? 80 : 0;
    return dated(NULL, l->raw, &text) && (yg_str_starts(text, YG_STR("User \"")) ||
                                          yg_str_starts(text, YG_STR("Project \"")) ||
                                          yg_has(text, " created a new project \""))
               ? 70
               : 0;
}

static bool text_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str time, pid, level, text;

    (void)d;
    if (text_parts(l->raw, &time, &pid, &level, &text)) {
        (void)yg_log_put_time(t, time);
        yg_say_put(t, 'N', pid);
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, yg_log_severity(level, 0));
    } else if (!dated(t, l->raw, &text)) {
        return false;
    }
    (void)yg_says(t, text, text_rows, YG_ARRAY_LEN(text_rows));
    YG_PUT(t, TEXT, MESSAGE, text);
    return true;
}

const struct yg_dialect yg_dialect_gitlab_text = {
    .name = "gitlab-text",
    .doc = "GitLab's text logs; Ruby's and Sidekiq's loggers",
    .product = "GitLab",
    .device = YG_DEV_WEB,
    .on_host = true,
    .no_host = true,
    .marks = " -- | TID-|User \"|Project \"|new project",
    .match = text_match,
    .read = text_read,
};
