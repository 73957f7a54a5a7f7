/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Huawei USG and Eudemon (VRP): %%01MODULE/LEVEL/BRIEF(l):text or key=value, ...
 *
 *      %%01POLICY/6/POLICYPERMIT(l):vsys=public, protocol=17, source-ip=192.0.2.1, ...
 *      %%01IPS/4/DETECT(l): An intrusion was detected. (SyslogId=1, SrcIp=.., DstIp=..)
 *      %%01ATK/4/FIREWALLATCK(l):AttackType="SYN flood attack", proto=TCP, src="..:1 ",
 * ..
 *
 * Alerts: the modules that detect (IPS, AV, ATK, ATCKDF, ANTI-DDOS, APT, BOTNET).
 */
#include "decode/dialects.h"
#include "decode/log.h"

static const struct yg_kv_pick pick[] = {
    { "source-ip", YG_AS_IP, YG_F_SOURCE_IP },
    { "SrcIp", YG_AS_IP, YG_F_SOURCE_IP },
    { "source-port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "SrcPort", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "destination-ip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "DstIp", YG_AS_IP, YG_F_DESTINATION_IP },
    { "destination-port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "DstPort", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "SourceIP", YG_AS_IP, YG_F_SOURCE_IP },
    { "SourcePort", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "DestinationIP", YG_AS_IP, YG_F_DESTINATION_IP },
    { "DestinationPort", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "SendBytes", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "RcvBytes", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "SendPkts", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "RcvPkts", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "User", YG_AS_TEXT, YG_F_USER_NAME },
    { "UserName", YG_AS_TEXT, YG_F_USER_NAME },
    { "Application", YG_AS_LOWER, YG_F_APP_PROTO },
    { "application-name", YG_AS_LOWER, YG_F_APP_PROTO },
    { "Action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "Host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "URL", YG_AS_TEXT, YG_F_URL },
    { "FileName", YG_AS_TEXT, YG_F_FILE_PATH },
    { "Category", YG_AS_TEXT, YG_F_RULE_CATEGORY },
};

struct record {
    struct yg_str proto, rule, name, id, severity, src, dst;
};

static const struct yg_kv_slot slot[] = {
    { "Protocol", offsetof(struct record, proto) },
    { "protocol", offsetof(struct record, proto) },
    { "proto", offsetof(struct record, proto) },
    { "Policy", offsetof(struct record, rule) },
    { "PolicyName", offsetof(struct record, rule) },
    { "rule-name", offsetof(struct record, rule) },
    { "SignName", offsetof(struct record, name) },
    { "VirusName", offsetof(struct record, name) },
    { "AttackType", offsetof(struct record, name) },
    { "SignId", offsetof(struct record, id) },
    { "VirusId", offsetof(struct record, id) },
    { "Severity", offsetof(struct record, severity) },
    { "src", offsetof(struct record, src) },
    { "dst", offsetof(struct record, dst) },
};

static bool head_of(struct yg_str body, struct yg_str part[YG_SCAN_MAX])
{
    if (!yg_eat(&body, "%%") || body.n < 3 || body.p[0] < '0' || body.p[0] > '9')
        return false;
    /* newer versions count the records: "(l)[4711]:" */
    return yg_scan(yg_skip(body, 2), "%s/%s/%s(%s):%*", part) == 5 ||
           (yg_scan(yg_skip(body, 2), "%s/%s/%s(%s)[%s]:%*", &part[0]) == 6 &&
            (part[4] = part[5], true));
}

static bool detects(struct yg_str module)
{
    static const char *const known[] = { "IPS",       "AV",  "ATK",    "ATCKDF",
                                         "ANTI-DDOS", "APT", "BOTNET", "SECEVENT" };

    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (yg_is(module, known[i]))
            return true;
    return false;
}

static int match(const struct yg_logline *l)
{
    struct yg_str part[YG_SCAN_MAX];

    return head_of(l->body, part) ? 95 : 0;
}

static bool read_(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str part[YG_SCAN_MAX], rest;
    struct record r = { .name = YG_STR_NONE };
    uint64_t level = 6;
    struct yg_kv kv;

    (void)d;
    if (!head_of(l->body, part))
        return false;
    rest = part[4];
    while (yg_kv_next(&rest, (struct yg_kv_style){ '=', ',', true }, &kv)) {
        while (kv.value.n > 0 &&
               (kv.value.p[kv.value.n - 1] == ')' || kv.value.p[kv.value.n - 1] == '.'))
            kv.value.n--;
        if (yg_is(kv.value, "unknown")) /* "User" of who did not log in */
            continue;
        if (!yg_kv_keep(&r, slot, YG_ARRAY_LEN(slot), &kv))
            yg_kv_put(t, pick, YG_ARRAY_LEN(pick), &kv);
    }
    yg_log_protocol(t, r.proto);
    yg_log_endpoint(t, r.src, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
    yg_log_endpoint(t, r.dst, YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
    yg_put_joined(t, YG_F_EVENT_CODE, part[0], '/', part[2]);
    YG_PUT(t, LOWER, EVENT_DATASET, part[0]);
    if (yg_str_starts(part[2], YG_STR("POLICY")))
        YG_PUT(t, LOWER, EVENT_ACTION, ((struct yg_str){ part[2].p + 6, part[2].n - 6 }));
    YG_PUT(t, TEXT, MESSAGE, part[4]);
    (void)yg_str_u64(part[1], &level);
    unsigned severity = yg_log_severity_syslog(level < 8 ? (int)level : 7);
    if (detects(part[0]))
        yg_log_alert(t, r.id, r.name.n ? r.name : part[2],
                     yg_log_severity(r.severity, severity));
    else
        YG_PUT(t, TEXT, RULE_NAME, r.rule);
    return true;
}

const struct yg_dialect yg_dialect_huawei = {
    .name = "huawei",
    .doc = "Huawei USG and Eudemon firewalls",
    .product = "Huawei USG",
    .device = YG_DEV_FIREWALL,
    .match = match,
    .read = read_,
};
