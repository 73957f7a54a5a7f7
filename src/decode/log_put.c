/* SPDX-License-Identifier: Apache-2.0 */
/* Values of logs that are more than one text; see log.h. */
#include "decode/log.h"
#include "event/ip.h"

#include <stdio.h>

bool yg_log_put_date(struct yg_target *t, struct yg_str date, struct yg_str time,
                     struct yg_str zone)
{
    char text[80];
    struct yg_str s;

    if (date.n + time.n + zone.n > sizeof(text) - 3)
        return false;
    s.p = text;
    s.n = (size_t)snprintf(text, sizeof(text), "%.*s %.*s%.*s", YG_STR_ARG(date),
                           YG_STR_ARG(time), YG_STR_ARG(zone));
    return yg_log_put_time(t, s);
}

void yg_log_ip(struct yg_target *t, enum yg_field f, struct yg_str s)
{
    unsigned char ip[YG_IP_SIZE];

    if (yg_ip_parse(s, ip))
        yg_put_text(t, YG_AS_IP, f, s);
}

/* What is behind an address: a port, however it is set off. */
static struct yg_str port_of(struct yg_str s)
{
    size_t n = 0;

    if (s.n > 0 && strchr("/:(#.", s.p[0]) && s.p[0])
        s = yg_skip(s, 1);
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return (struct yg_str){ s.p, n };
}

/* The address at the front: dotted or RFC 4291, or dotted before a colon. */
static struct yg_str address_at(struct yg_str s)
{
    unsigned char bytes[YG_IP_SIZE];
    size_t n = 0;

    while (n < s.n &&
           ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.' || s.p[n] == ':' ||
            ((s.p[n] | 0x20) >= 'a' && (s.p[n] | 0x20) <= 'f')))
        n++;
    struct yg_str address = { s.p, n };
    if (yg_ip_parse(address, bytes))
        return address;
    const char *colon = n ? memchr(s.p, ':', n) : NULL;
    address.n = colon ? (size_t)(colon - s.p) : 0;
    return yg_ip_parse(address, bytes) ? address : YG_STR_NONE;
}

bool yg_log_endpoint(struct yg_target *t, struct yg_str s, enum yg_field ip,
                     enum yg_field port)
{
    struct yg_str address, digits;
    uint64_t number;

    (void)yg_eat(&s, "[");
    address = address_at(s);
    if (!address.n && yg_after(&s, ":")) /* an interface before it */
        address = address_at(s);
    if (!address.n)
        return false;
    yg_put_text(t, YG_AS_IP, ip, address);
    s = yg_skip(s, address.n);
    (void)yg_eat(&s, "]");
    digits = port_of(s);
    if (digits.n > 0 && yg_str_u64(digits, &number) && number <= 65535)
        yg_put_text(t, YG_AS_PORT, port, digits);
    return true;
}

void yg_log_protocol(struct yg_target *t, struct yg_str s)
{
    static const struct {
        uint8_t number;
        char name[10];
    } known[] = {
        { 1, "icmp" },   { 2, "igmp" },       { 4, "ipip" },  { 6, "tcp" },
        { 17, "udp" },   { 41, "ipv6" },      { 47, "gre" },  { 50, "esp" },
        { 51, "ah" },    { 58, "ipv6-icmp" }, { 89, "ospf" }, { 103, "pim" },
        { 112, "vrrp" }, { 132, "sctp" },
    };
    uint64_t n;

    if (yg_str_u64(s, &n))
        for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
            if (known[i].number == n)
                s = yg_str_of(known[i].name);
    if (!yg_absent(s))
        yg_put_text(t, YG_AS_LOWER, YG_F_TRANSPORT, s);
}

void yg_log_alert(struct yg_target *t, struct yg_str id, struct yg_str name,
                  unsigned severity)
{
    t->e->kind = YG_KIND_ALERT;
    yg_put_text(t, YG_AS_TEXT, YG_F_RULE_ID, id);
    yg_put_text(t, YG_AS_TEXT, YG_F_RULE_NAME, name);
    if (!yg_event_has(t->e, YG_F_EVENT_SEVERITY))
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, severity < 100 ? severity : 100);
}

unsigned yg_log_severity_syslog(int level)
{
    static const uint8_t ours[] = { 100, 90, 80, 60, 40, 25, 10, 0 };

    return level >= 0 && level < (int)YG_ARRAY_LEN(ours) ? ours[level] : 0;
}

unsigned yg_log_severity(struct yg_str word, unsigned otherwise)
{
    static const struct {
        char name[14];
        uint8_t ours;
    } known[] = {
        { "emergency", 100 },    { "emerg", 100 },       { "fatal", 100 },
        { "critical", 90 },      { "crit", 90 },         { "very-high", 90 },
        { "severe", 90 },        { "alert", 90 },        { "high", 75 },
        { "major", 75 },         { "error", 60 },        { "err", 60 },
        { "medium", 50 },        { "moderate", 50 },     { "warning", 40 },
        { "warn", 40 },          { "minor", 30 },        { "low", 25 },
        { "notice", 20 },        { "notification", 20 }, { "very-low", 10 },
        { "informational", 10 }, { "information", 10 },  { "info", 10 },
        { "debug", 0 },          { "none", 0 },
    };
    uint64_t n;

    if (yg_str_u64(word, &n) && n <= 10)
        return (unsigned)n * 10;
    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (yg_is(word, known[i].name))
            return known[i].ours;
    return otherwise;
}
