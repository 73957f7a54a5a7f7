/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logfmt: the key=value lines that services written in Go and others log (Grafana,
 * Prometheus, Docker, Traefik, Vault ...). Only the usual names of keys are taken: a
 * guess, and context always.
 *
 *      t=2026-01-02T03:04:05Z level=info msg="Request Completed" remote_addr=192.0.2.1 ..
 */
#include "decode/dialects.h"
#include "decode/log_json.h"

static const struct yg_kv_style style = { .assign = '=' };

static const struct yg_kv_pick pick[] = {
    { "user", YG_AS_TEXT, YG_F_USER_NAME },
    { "username", YG_AS_TEXT, YG_F_USER_NAME },
    { "uname", YG_AS_TEXT, YG_F_USER_NAME },
    { "method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "path", YG_AS_TEXT, YG_F_URL },
    { "uri", YG_AS_TEXT, YG_F_URL },
    { "url", YG_AS_TEXT, YG_F_URL },
    { "logger", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "component", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "module", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "action", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "msg", YG_AS_TEXT, YG_F_MESSAGE },
    { "message", YG_AS_TEXT, YG_F_MESSAGE },
};

struct record {
    struct yg_str time, level, remote, status;
};

static const struct yg_kv_slot slot[] = {
    { "time", offsetof(struct record, time) },
    { "ts", offsetof(struct record, time) },
    { "t", offsetof(struct record, time) },
    { "timestamp", offsetof(struct record, time) },
    { "level", offsetof(struct record, level) },
    { "lvl", offsetof(struct record, level) },
    { "remote_addr", offsetof(struct record, remote) },
    { "remote", offsetof(struct record, remote) },
    { "client_ip", offsetof(struct record, remote) },
    { "clientIP", offsetof(struct record, remote) },
    { "ip", offsetof(struct record, remote) },
    { "status", offsetof(struct record, status) },
};

static int match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    if (!yg_kv_first(s))
        return 0;
    bool level =
        yg_str_starts(s, YG_STR("level=")) || yg_has(s, " level=") || yg_has(s, " lvl=");
    bool text = yg_has(s, " msg=") || yg_has(s, " message=") || yg_has(s, " err=") ||
                yg_has(s, " error=");
    return level && text ? 40 : 0;
}

static bool read_(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct record r = { .time = YG_STR_NONE };
    struct yg_str rest = l->body;
    uint64_t status;
    struct yg_kv kv;

    (void)d;
    while (yg_kv_next(&rest, style, &kv))
        if (!yg_kv_keep(&r, slot, YG_ARRAY_LEN(slot), &kv))
            yg_kv_put(t, pick, YG_ARRAY_LEN(pick), &kv);
    if (!yg_log_put_time(t, r.time) && yg_str_u64(r.time, &status))
        yg_log_when(t, r.time);
    (void)yg_log_endpoint(t, r.remote, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
    if (yg_str_u64(r.status, &status) && status >= 100 && status <= 599)
        YG_PUT(t, U64, HTTP_STATUS, r.status);
    yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, yg_log_severity(r.level, 0));
    return true;
}

const struct yg_dialect yg_dialect_logfmt = {
    .name = "logfmt",
    .doc = "logfmt of services: Grafana, Prometheus, Docker, Traefik, by usual names",
    .device = YG_DEV_OTHER,
    .on_host = true,
    .marks = "level=|lvl=",
    .match = match,
    .read = read_,
};
