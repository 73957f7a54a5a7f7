/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sensors that write JSON: Snort 3 (alert_json, whose fields the user chooses) and the
 * audit logs of ModSecurity 2 and 3 and Coraza.
 *
 * Source: docs.snort.org ("alert_json"), ModSecurity Reference Manual ("JSON audit log"),
 * coraza.io ("Audit log").
 */
#include "decode/log_json.h"
#include "decode/state.h"

#include <stdio.h>

/* ---- Snort 3 ---------------------------------------------------------------------- */

enum snort {
    SNORT_TIME,
    SNORT_SECONDS,
    SNORT_RULE,
    SNORT_GID,
    SNORT_SID,
    SNORT_PRIORITY,
    SNORT_MSG,
    SNORT_DIR,
    SNORT_PICKS
};

static const struct yg_pick snort_pick[] = {
    [SNORT_TIME] = { "timestamp", YG_AS_NOTHING, 0 },
    [SNORT_SECONDS] = { "seconds", YG_AS_NOTHING, 0 },
    [SNORT_RULE] = { "rule", YG_AS_NOTHING, 0 },
    [SNORT_GID] = { "gid", YG_AS_NOTHING, 0 },
    [SNORT_SID] = { "sid", YG_AS_NOTHING, 0 },
    [SNORT_PRIORITY] = { "priority", YG_AS_NOTHING, 0 },
    [SNORT_MSG] = { "msg", YG_AS_NOTHING, 0 },
    [SNORT_DIR] = { "dir", YG_AS_NOTHING, 0 },
    [SNORT_PICKS] = { "src_ap", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "dst_ap", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "src_addr", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "src_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dst_addr", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "dst_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "proto", YG_AS_LOWER, YG_F_TRANSPORT },
    { "service", YG_AS_LOWER, YG_F_APP_PROTO },
    { "rev", YG_AS_U64, YG_F_RULE_VERSION },
    { "class", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "b64_data", YG_AS_BASE64, YG_F_PAYLOAD },
    { "iface", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "eth_src", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "client_pkts", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "server_pkts", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "client_bytes", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "server_bytes", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
};

/* "01/02-03:04:05.123456", or "26/01/02-03:04:05.123456" with the year asked for. */
static void put_snort_time(struct yg_target *t, struct yg_str s)
{
    static const char month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct yg_str rest = s, date, part[3];
    size_t n = 0;
    uint64_t m;
    char text[64];

    if (t->timed || !yg_until(&rest, "-", &date))
        return;
    while (date.p && n < 3)
        part[n++] = yg_str_cut(&date, '/');
    if (n < 2 || date.p || rest.n > 20 || !yg_str_u64(part[n - 2], &m) || m < 1 ||
        m > 12 || part[n - 1].n > 2 || part[0].n > 2) {
        yg_put_reason(t, YG_R_BAD_VALUE);
        return;
    }
    int used = snprintf(text, sizeof(text), "%s%.*s %.3s %.*s %.*s", n == 3 ? "20" : "",
                        n == 3 ? (int)part[0].n : 0, part[0].p, month + 3 * (m - 1),
                        YG_STR_ARG(part[n - 1]), YG_STR_ARG(rest));
    struct yg_str spelled = yg_str_trim((struct yg_str){ text, (size_t)used });
    if (!yg_log_put_time(t, spelled))
        yg_put_reason(t, YG_R_BAD_VALUE);
}

static bool snort_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str gid = yg_log_at(d, t, SNORT_GID), sid = yg_log_at(d, t, SNORT_SID);
    struct yg_str rule = yg_log_at(d, t, SNORT_RULE), rev;
    struct yg_str msg = yg_log_at(d, t, SNORT_MSG);
    uint64_t priority;

    (void)l;
    yg_log_put_hits(d, t, snort_pick);
    yg_log_when(t, yg_log_at(d, t, SNORT_SECONDS));
    put_snort_time(t, yg_log_at(d, t, SNORT_TIME));
    if (sid.n == 0 && rule.n > 0) { /* gid:sid:rev */
        gid = yg_str_cut(&rule, ':');
        sid = yg_str_cut(&rule, ':');
        rev = rule;
        YG_PUT(t, U64, RULE_VERSION, rev);
    }
    if (sid.n > 0)
        yg_put_joined(t, YG_F_RULE_ID, gid.n ? gid : YG_STR("1"), ':', sid);
    if (!yg_str_u64(yg_log_at(d, t, SNORT_PRIORITY), &priority))
        priority = 3;
    YG_PUT(t, TEXT, RULE_RULESET, YG_STR("snort"));
    yg_log_alert(t, YG_STR_NONE, msg, (unsigned)yg_eve_severity(priority));
    return true;
}

const struct yg_dialect yg_dialect_snort3 = {
    .name = "snort3",
    .doc = "Snort 3 alert_json, whatever fields were chosen",
    .product = "Snort",
    .device = YG_DEV_IDS,
    .signs = "rule src_ap dst_ap | gid sid rev | rule pkt_gen pkt_num | gid sid msg | "
             "src_addr dst_addr msg priority | src_ap dst_ap msg | src_addr sid msg",
    .pick = snort_pick,
    .pick_count = YG_ARRAY_LEN(snort_pick),
    .read = snort_read,
};

/* ---- ModSecurity, Coraza ---------------------------------------------------------- */

#define TX "transaction."

enum modsec {
    MOD_ID3,
    MOD_ID_CORAZA,
    MOD_NAME,
    MOD_NAME_CORAZA,
    MOD_SEVERITY3,
    MOD_SEVERITY_CORAZA,
    MOD_TEXT2,
    MOD_LINE,
    MOD_TIME,
    MOD_DATA3,
    MOD_DATA_CORAZA,
    MOD_PICKS
};

static const struct yg_pick modsec_pick[] = {
    [MOD_ID3] = { TX "messages.details.ruleId", YG_AS_NOTHING, 0 },
    [MOD_ID_CORAZA] = { "messages.data.id", YG_AS_NOTHING, 0 },
    [MOD_NAME] = { TX "messages.message", YG_AS_NOTHING, 0 },
    [MOD_NAME_CORAZA] = { "messages.data.msg", YG_AS_NOTHING, 0 },
    [MOD_SEVERITY3] = { TX "messages.details.severity", YG_AS_NOTHING, 0 },
    [MOD_SEVERITY_CORAZA] = { "messages.data.severity", YG_AS_NOTHING, 0 },
    [MOD_TEXT2] = { "audit_data.messages", YG_AS_NOTHING, 0 },
    [MOD_LINE] = { "request.request_line", YG_AS_NOTHING, 0 },
    [MOD_TIME] = { TX "time_stamp", YG_AS_NOTHING, 0 },
    [MOD_DATA3] = { TX "messages.details.data", YG_AS_NOTHING, 0 },
    [MOD_DATA_CORAZA] = { "messages.data.data", YG_AS_NOTHING, 0 },
    [MOD_PICKS] = YG_LOG_WHEN(TX "unix_timestamp"),
    { TX "unique_id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { TX "id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { TX "transaction_id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { TX "client_ip", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { TX "client_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { TX "host_ip", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { TX "host_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { TX "remote_address", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { TX "remote_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { TX "local_address", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { TX "local_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { TX "request.method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { TX "request.uri", YG_AS_TEXT, YG_F_URL },
    { TX "request.headers.Host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { TX "request.headers.host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { TX "request.headers.User-Agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { TX "request.headers.user-agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { TX "response.http_code", YG_AS_U64, YG_F_HTTP_STATUS },
    { TX "response.status", YG_AS_U64, YG_F_HTTP_STATUS },
    { "request.headers.Host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "request.headers.User-Agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "response.status", YG_AS_U64, YG_F_HTTP_STATUS },
    { TX "messages.details.tags", YG_AS_LIST, YG_F_RULE_GROUPS },
    { "messages.data.tags", YG_AS_LIST, YG_F_RULE_GROUPS },
};

static struct yg_str either(struct yg_str a, struct yg_str b)
{
    return a.n ? a : b;
}

/* [id "942100"] within the text of version 2. */
static struct yg_str tagged(struct yg_str text, const char *tag)
{
    struct yg_str out;

    return yg_after(&text, tag) && yg_until(&text, "\"]", &out) ? out : YG_STR_NONE;
}

static bool modsec_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    struct yg_str text = yg_log_at(d, t, MOD_TEXT2), line = yg_log_at(d, t, MOD_LINE);
    struct yg_str id = either(yg_log_at(d, t, MOD_ID3), yg_log_at(d, t, MOD_ID_CORAZA));
    struct yg_str name =
        either(yg_log_at(d, t, MOD_NAME), yg_log_at(d, t, MOD_NAME_CORAZA));
    struct yg_str level =
        either(yg_log_at(d, t, MOD_SEVERITY3), yg_log_at(d, t, MOD_SEVERITY_CORAZA));
    struct yg_str day, word, time = yg_log_at(d, t, MOD_TIME);
    uint64_t n;

    (void)l;
    yg_log_put_hits(d, t, modsec_pick);
    if (!t->timed && yg_word(&time, &day)) /* "Fri Jan  2 03:04:05 2026" */
        (void)yg_log_put_time(t, yg_str_trim(time));
    if (yg_word(&line, &word)) {
        YG_PUT(t, TEXT, HTTP_METHOD, word);
        if (yg_word(&line, &word))
            YG_PUT(t, TEXT, URL, word);
    }
    id = either(id, tagged(text, "[id \""));
    name = either(either(name, tagged(text, "[msg \"")), text);
    if (id.n == 0 && name.n == 0)
        return true;
    yg_log_alert(t, id, name,
                 yg_str_u64(level, &n) && n < 8 ? yg_log_severity_syslog((int)n)
                                                : yg_log_severity(level, 50));
    YG_PUT(t, TEXT, RULE_RULESET, YG_STR("modsecurity")); /* in whatever shape it comes */
    YG_PUT(t, TEXT, PAYLOAD,
           either(yg_log_at(d, t, MOD_DATA3), yg_log_at(d, t, MOD_DATA_CORAZA)));
    return true;
}

const struct yg_dialect yg_dialect_modsec_json = {
    .name = "modsec-json",
    .doc = "audit logs of ModSecurity 2 and 3 and Coraza as JSON",
    .product = "ModSecurity",
    .device = YG_DEV_WAF,
    .signs = "transaction.client_ip transaction.unique_id | transaction.client_ip "
             "transaction.id | transaction.remote_address transaction.transaction_id",
    .pick = modsec_pick,
    .pick_count = YG_ARRAY_LEN(modsec_pick),
    .read = modsec_read,
};
