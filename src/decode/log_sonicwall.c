/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SonicWall SonicOS, and other firewalls that write key=value without a mark of their
 * own.
 *
 *      id=firewall sn=0017 time="2026-01-02 03:04:05 UTC" fw=192.0.2.9 pri=1 c=32 m=82
 *      msg="Possible port scan detected" src=192.0.2.1:4711:X1 dst=198.51.100.2:22:X0 ...
 *
 * Alerts: category 32 (attacks), and records of the security services, which carry a
 * signature (sid) or say "Alert" (SonicOS Log Events Reference Guide).
 */
#include "decode/dialects.h"
#include "decode/log.h"

static const struct yg_kv_style style = { .assign = '=' };

struct record {
    struct yg_str time, pri, category, number, msg, sid, proto, src, dst, fw;
};

static const struct yg_kv_slot slot[] = {
    { "time", offsetof(struct record, time) },   { "pri", offsetof(struct record, pri) },
    { "c", offsetof(struct record, category) },  { "m", offsetof(struct record, number) },
    { "msg", offsetof(struct record, msg) },     { "sid", offsetof(struct record, sid) },
    { "proto", offsetof(struct record, proto) }, { "src", offsetof(struct record, src) },
    { "dst", offsetof(struct record, dst) },     { "fw", offsetof(struct record, fw) },
};

static const struct yg_kv_pick pick[] = {
    { "srcV6", YG_AS_IP, YG_F_SOURCE_IP },
    { "dstV6", YG_AS_IP, YG_F_DESTINATION_IP },
    { "usr", YG_AS_TEXT, YG_F_USER_NAME },
    { "user", YG_AS_TEXT, YG_F_USER_NAME },
    { "srcMac", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "natSrc", YG_AS_IP, YG_F_NAT_SOURCE_IP },
    { "natDst", YG_AS_IP, YG_F_NAT_DESTINATION_IP },
    { "sent", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "rcvd", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "spkt", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "rpkt", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "cdur", YG_AS_MILLIS, YG_F_DURATION },
    { "appName", YG_AS_LOWER, YG_F_APP_PROTO },
    { "dstname", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "arg", YG_AS_TEXT, YG_F_URL },
    { "op", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "rule", YG_AS_TEXT, YG_F_RULE_NAME },
    { "fw_action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "ipscat", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "Category", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "note", YG_AS_TEXT, YG_F_MESSAGE },
};

/* "192.0.2.1:4711:X1:name": address, port, interface */
static void put_end(struct yg_target *t, struct yg_str s, bool source)
{
    struct yg_str rest = s, part;

    yg_log_endpoint(t, s, source ? YG_F_SOURCE_IP : YG_F_DESTINATION_IP,
                    source ? YG_F_SOURCE_PORT : YG_F_DESTINATION_PORT);
    (void)yg_str_cut(&rest, ':');
    part = rest.p ? yg_str_cut(&rest, ':') : YG_STR_NONE;
    if (s.n > 0 && s.p[0] == ':') /* the address is of IPv6 and stands elsewhere */
        YG_PUT(t, PORT, SOURCE_PORT, source ? part : YG_STR_NONE);
    part = rest.p ? yg_str_cut(&rest, ':') : YG_STR_NONE;
    yg_put_text(t, YG_AS_TEXT, source ? YG_F_INTERFACE_IN : YG_F_INTERFACE_OUT, part);
}

static int match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    return yg_kv_first(s) && yg_has(s, "sn=") && yg_has(s, " fw=") && yg_has(s, " m=") &&
                   yg_has(s, " pri=")
               ? 95
               : 0;
}

static bool read_(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str rest = l->body, proto;
    struct record r = { .time = YG_STR_NONE };
    uint64_t level;
    struct yg_kv kv;

    (void)d;
    while (yg_kv_next(&rest, style, &kv))
        if (!yg_kv_keep(&r, slot, YG_ARRAY_LEN(slot), &kv))
            yg_kv_put(t, pick, YG_ARRAY_LEN(pick), &kv);
    (void)yg_log_put_time(t, r.time);
    put_end(t, r.src, true);
    put_end(t, r.dst, false);
    proto = yg_str_cut(&r.proto, '/');
    yg_log_protocol(t, proto);
    YG_PUT(t, LOWER, APP_PROTO, r.proto);
    YG_PUT(t, TEXT, EVENT_CODE, r.number);
    YG_PUT(t, TEXT, MESSAGE, r.msg);
    YG_PUT(t, TEXT, OBSERVER_NAME, l->host.n ? l->host : r.fw);
    unsigned severity =
        yg_str_u64(r.pri, &level) && level < 8 ? yg_log_severity_syslog((int)level) : 0;
    if (r.sid.n > 0 || yg_is(r.category, "32") || yg_has(r.msg, "Alert:"))
        yg_log_alert(t, r.sid.n ? r.sid : r.number, r.msg, severity);
    else
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, severity);
    return r.number.n > 0;
}

const struct yg_dialect yg_dialect_sonicwall = {
    .name = "sonicwall",
    .doc = "SonicWall SonicOS",
    .product = "SonicWall",
    .device = YG_DEV_FIREWALL,
    .marks = " fw=",
    .match = match,
    .read = read_,
};

/* ---- anybody's pairs -----------------------------------------------------------------
 */

static const struct yg_kv_pick any_pick[] = {
    { "src", YG_AS_IP, YG_F_SOURCE_IP },
    { "srcip", YG_AS_IP, YG_F_SOURCE_IP },
    { "src_ip", YG_AS_IP, YG_F_SOURCE_IP },
    { "source_ip", YG_AS_IP, YG_F_SOURCE_IP },
    { "SourceIP", YG_AS_IP, YG_F_SOURCE_IP },
    { "saddr", YG_AS_IP, YG_F_SOURCE_IP },
    { "client_ip", YG_AS_IP, YG_F_SOURCE_IP },
    { "dst", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dstip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dst_ip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dest_ip", YG_AS_IP, YG_F_DESTINATION_IP },
    { "DestinationIP", YG_AS_IP, YG_F_DESTINATION_IP },
    { "daddr", YG_AS_IP, YG_F_DESTINATION_IP },
    { "spt", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "srcport", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "src_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "sport", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dpt", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "dstport", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "dst_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "dest_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "dport", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "act", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "user", YG_AS_TEXT, YG_F_USER_NAME },
    { "username", YG_AS_TEXT, YG_F_USER_NAME },
    { "rule", YG_AS_TEXT, YG_F_RULE_NAME },
    { "policy", YG_AS_TEXT, YG_F_RULE_NAME },
    { "url", YG_AS_TEXT, YG_F_URL },
    { "host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "msg", YG_AS_TEXT, YG_F_MESSAGE },
};

/* A guess: pairs that name a source and a destination, or their ports. */
static int any_match(const struct yg_logline *l)
{
    static const char *const from[] = { "src=", "srcip=", "src_ip=", "saddr=",
                                        "SourceIP=" };
    static const char *const to[] = { "dst=",   "dstip=",   "dst_ip=",
                                      "daddr=", "dest_ip=", "DestinationIP=" };
    bool source = false, destination = false;

    for (size_t i = 0; i < YG_ARRAY_LEN(from); i++)
        source |= yg_has(l->body, from[i]);
    for (size_t i = 0; source && i < YG_ARRAY_LEN(to); i++)
        destination |= yg_has(l->body, to[i]);
    return source && destination ? 30 : 0;
}

static bool any_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str rest = l->body;
    struct yg_kv kv;

    (void)d;
    while (yg_kv_next(&rest, style, &kv))
        if (yg_is(kv.key, "proto") || yg_is(kv.key, "protocol"))
            yg_log_protocol(t, kv.value);
        else
            yg_kv_put(t, any_pick, YG_ARRAY_LEN(any_pick), &kv);
    return yg_event_has(t->e, YG_F_SOURCE_IP) || yg_event_has(t->e, YG_F_DESTINATION_IP);
}

const struct yg_dialect yg_dialect_kv = {
    .name = "kv",
    .doc = "key=value pairs of any firewall, by the usual names of keys",
    .device = YG_DEV_FIREWALL,
    .marks = "src=|srcip=|src_ip=|saddr=|SourceIP=",
    .match = any_match,
    .read = any_read,
};
