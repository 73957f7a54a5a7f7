/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cisco: ASA, PIX and Firepower (FTD), and the routers and switches of IOS.
 *
 *      %ASA-4-106023: Deny tcp src inside:192.0.2.1/1024 dst outside:198.51.100.2/80 by
 * .. %FTD-1-430001: SrcIP: 192.0.2.1, DstIP: .., GID: 1, SID: 2009358, Message: ".."
 *      %SEC-6-IPACCESSLOGP: list 102 denied tcp 192.0.2.1(3067) -> 198.51.100.2(139), 1
 * ..
 *
 * The texts of the ASA are prose of some two thousand kinds (Cisco Secure Firewall ASA
 * Series Syslog Messages), but they name addresses in few ways; what is between is not
 * needed. Alerts are the messages by which the device says that it detected something.
 */
#include "decode/dialects.h"
#include "decode/log.h"
#include "event/ip.h"

struct head {
    struct yg_str facility, code, text;
    int level;
};

static bool upper(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* "%FACILITY[-SUB]-LEVEL-MNEMONIC: " at the front, or behind a time or a host. */
static bool head_of(struct yg_str body, struct head *out)
{
    const char *at = body.n ? memchr(body.p, '%', body.n) : NULL;
    struct yg_str s, code;
    size_t n = 1;

    if (!at || at - body.p > 80 || memchr(body.p, '"', (size_t)(at - body.p)))
        return false;
    s = (struct yg_str){ at, (size_t)(body.p + body.n - at) };
    while (n < s.n && (upper(s.p[n]) || s.p[n] == '-'))
        if (s.p[n++] == '-' && n + 1 < s.n && s.p[n] >= '0' && s.p[n] <= '7' &&
            s.p[n + 1] == '-')
            break;
    if (n < 3 || n + 2 >= s.n || s.p[n - 1] != '-')
        return false;
    out->facility = (struct yg_str){ s.p + 1, n - 2 };
    out->level = s.p[n] - '0';
    code = (struct yg_str){ s.p + n + 2, s.n - n - 2 };
    for (n = 0;
         n < code.n && (upper(code.p[n]) || (code.p[n] >= 'a' && code.p[n] <= 'z'));)
        n++;
    out->code = (struct yg_str){ code.p, n };
    out->text = (struct yg_str){ code.p + n, code.n - n };
    (void)yg_eat(&out->text, ":");
    out->text = yg_str_trim(out->text);
    return n > 0;
}

static bool is_asa(struct yg_str facility)
{
    return yg_is(facility, "ASA") || yg_is(facility, "PIX") || yg_is(facility, "FTD") ||
           yg_is(facility, "FWSM");
}

/* An alert may have set its own. */
static void put_level(struct yg_target *t, int level)
{
    if (!yg_event_has(t->e, YG_F_EVENT_SEVERITY))
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, yg_log_severity_syslog(level));
}

/* ---- prose ------------------------------------------------------------------------ */

struct place {
    struct yg_str interface, address; /* with its port */
    struct yg_str translated;         /* the same behind NAT; empty: not said */
};

/* Digits with three dots between, or two colons in a row: more is seen when it is read.
 */
static bool like_address(struct yg_str s)
{
    size_t dots = 0, n = 0;

    for (; n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.'); n++)
        dots += s.p[n] == '.';
    return dots == 3 || (s.n > 2 && memmem(s.p, s.n, "::", 2) != NULL);
}

/* "inside:192.0.2.1/1024", "192.0.2.1(1024)", "inside/192.0.2.1(1024)" */
static bool place_of(struct yg_str word, struct place *out)
{
    struct yg_str rest = word, interface;

    while (word.n > 0 && strchr(",.;:", word.p[word.n - 1]))
        word.n--;
    *out = (struct place){ .address = word };
    if (like_address(word))
        return true;
    rest = word;
    if (!yg_until(&rest, ":", &interface) && !yg_until(&rest, "/", &interface))
        return false;
    *out = (struct place){ .interface = interface, .address = rest };
    return like_address(rest);
}

static bool is_protocol(struct yg_str word)
{
    return yg_is(word, "tcp") || yg_is(word, "udp") || yg_is(word, "icmp") ||
           yg_is(word, "gre") || yg_is(word, "sctp") || yg_is(word, "esp") ||
           yg_is(word, "igmp");
}

static void put_word(struct yg_target *t, struct yg_str word)
{
    static const struct {
        char word[12], action[10], outcome[8];
    } act[] = {
        { "deny", "denied", "" },
        { "denied", "denied", "" },
        { "dropped", "dropped", "" },
        { "permitted", "permitted", "" },
        { "rejected", "denied", "failure" },
        { "built", "built", "" },
        { "teardown", "teardown", "" },
        { "discarded", "dropped", "" },
        { "shunned", "dropped", "" },
        { "drop", "dropped", "" },
        { "discard", "dropped", "" },
        { "accessed", "permitted", "" },
        { "est-allowed", "permitted", "" },
        { "successful", "success", "success" },
        { "succeeded", "success", "success" },
        { "failed", "failure", "failure" },
    };

    if (is_protocol(word))
        YG_PUT(t, LOWER, TRANSPORT, word);
    while (word.n > 0 && strchr(",.:;", word.p[word.n - 1]))
        word.n--;
    for (size_t i = 0; i < YG_ARRAY_LEN(act); i++)
        if (yg_is(word, act[i].word) && !yg_event_has(t->e, YG_F_EVENT_ACTION)) {
            YG_PUT(t, TEXT, EVENT_ACTION, yg_str_of(act[i].action));
            YG_PUT(t, TEXT, OUTCOME, yg_str_of(act[i].outcome));
        }
}

/* "203.0.113.1/49152" in brackets behind a place; who is logged in there may stand there,
 * too, and the same address where nothing was translated. */
static void put_translated(struct yg_target *t, const struct place *at, enum yg_field f)
{
    struct yg_str real = at->address, seen = at->translated;
    struct yg_str one = yg_str_cut(&real, '/'), other = yg_str_cut(&seen, '/');

    if (!yg_str_eq(one, other))
        yg_log_ip(t, f, other);
}

static void put_places(struct yg_target *t, struct place at[2], size_t n, bool turned)
{
    struct place *from = &at[turned && n == 2], *to = &at[!turned];

    if (n > 0) {
        YG_PUT(t, TEXT, INTERFACE_IN, from->interface);
        yg_log_endpoint(t, from->address, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
        put_translated(t, from, YG_F_NAT_SOURCE_IP);
    }
    if (n > 1) {
        YG_PUT(t, TEXT, INTERFACE_OUT, to->interface);
        put_translated(t, to, YG_F_NAT_DESTINATION_IP);
        yg_log_endpoint(t, to->address, YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
    }
}

/* Who it is about: user 'x', user "x", User = x, Uname: x, user x */
static void put_user(struct yg_target *t, struct yg_str s)
{
    static const char *const lead[] = {
        "Uname: ", "User = ", "username = ", "user = ", "user '",  "User '",
        "user \"", "User \"", "User <",      "user: ",  "user IP", "for user "
    };
    struct yg_str name, rest;

    for (size_t i = 0; i < YG_ARRAY_LEN(lead); i++) {
        rest = s;
        if (!yg_after(&rest, lead[i]))
            continue;
        char last = lead[i][strlen(lead[i]) - 1];
        if (last == '\''  ? yg_until(&rest, "'", &name)
            : last == '"' ? yg_until(&rest, "\"", &name)
            : last == '<' ? yg_until(&rest, ">", &name)
                          : yg_word(&rest, &name)) {
            while (name.n > 0 && strchr(",:]", name.p[name.n - 1]))
                name.n--;
            YG_PUT(t, TEXT, USER_NAME, name);
            return;
        }
    }
}

/* "duration 1:02:03", "bytes 526" */
static void put_amounts(struct yg_target *t, struct yg_str s)
{
    struct yg_str rest = s, word, part;
    uint64_t n, seconds = 0;

    if (yg_after(&rest, " bytes ") && yg_word(&rest, &word) && yg_str_u64(word, &n))
        YG_PUT(t, U64, BYTES_TO_SERVER, word);
    rest = s;
    if (!yg_after(&rest, "duration ") || !yg_word(&rest, &word))
        return;
    for (int i = 0; i < 3 && word.p; i++) {
        part = yg_str_cut(&word, ':');
        while (part.n > 0 && (part.p[part.n - 1] < '0' || part.p[part.n - 1] > '9'))
            part.n--;
        if (!yg_str_u64(part, &n) || n > 1000000)
            return;
        seconds = seconds * 60 + n;
    }
    yg_event_set_u64(t->e, YG_F_DURATION, seconds * UINT64_C(1000000000));
}

/* Walk the words: protocol, what was done, the first two addresses. */
static void put_prose(struct yg_target *t, struct yg_str text)
{
    struct place at[2] = { { .address = YG_STR_NONE } };
    struct yg_str rest = text, word;
    bool turned = yg_str_starts(text, YG_STR("Built outbound"));
    size_t n = 0;

    for (int i = 0; i < 60 && yg_word(&rest, &word); i++) {
        /* translated addresses stand in brackets behind the real ones */
        if (word.p[0] == '(' && n > 0) {
            (void)yg_eat(&word, "(");
            word.n -= word.n > 0 && word.p[word.n - 1] == ')';
            if (!at[n - 1].translated.n)
                at[n - 1].translated = word;
            continue;
        }
        if (n < 2 && place_of(word, &at[n]))
            n++;
        else
            put_word(t, word);
    }
    put_places(t, at, n, turned);
    put_user(t, text);
    put_amounts(t, text);
}

/* ---- ASA, PIX, FTD ---------------------------------------------------------------- */

static const struct yg_kv_pick ftd_pick[] = {
    { "SrcIP", YG_AS_IP, YG_F_SOURCE_IP },
    { "DstIP", YG_AS_IP, YG_F_DESTINATION_IP },
    { "SrcPort", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "DstPort", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "Protocol", YG_AS_LOWER, YG_F_TRANSPORT },
    { "IngressInterface", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "EgressInterface", YG_AS_TEXT, YG_F_INTERFACE_OUT },
    { "User", YG_AS_TEXT, YG_F_USER_NAME },
    { "ApplicationProtocol", YG_AS_LOWER, YG_F_APP_PROTO },
    { "AccessControlRuleAction", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "InlineResult", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "FileAction", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "Classification", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "Revision", YG_AS_U64, YG_F_RULE_VERSION },
    { "InitiatorBytes", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "ResponderBytes", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "InitiatorPackets", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "ResponderPackets", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "ConnectionDuration", YG_AS_SECONDS, YG_F_DURATION },
    { "URL", YG_AS_TEXT, YG_F_URL },
    { "URI", YG_AS_TEXT, YG_F_URL },
    { "UserAgent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "FileName", YG_AS_TEXT, YG_F_FILE_PATH },
    { "FileSize", YG_AS_U64, YG_F_FILE_SIZE },
    { "FileType", YG_AS_TEXT, YG_F_FILE_MAGIC },
    { "FileSHA256", YG_AS_TEXT, YG_F_FILE_SHA256 },
    { "DNSQuery", YG_AS_TEXT, YG_F_DNS_QUESTION },
    { "NAT_InitiatorIP", YG_AS_IP, YG_F_NAT_SOURCE_IP },
    { "NAT_ResponderIP", YG_AS_IP, YG_F_NAT_DESTINATION_IP },
};

/* 430001 intrusion, 430002 and 430003 connections, 430004 file, 430005 malware */
static void put_ftd(struct yg_target *t, const struct head *h)
{
    static const unsigned by_priority[] = { 90, 75, 50, 25 };
    struct yg_str rest = h->text, gid = YG_STR("1"), sid = YG_STR_NONE,
                  name = YG_STR_NONE;
    uint64_t priority = 2;
    struct yg_kv kv;

    while (yg_kv_next(&rest, (struct yg_kv_style){ ':', ',', true }, &kv)) {
        if (yg_is(kv.key, "GID"))
            gid = kv.value;
        else if (yg_is(kv.key, "SID"))
            sid = kv.value;
        else if (yg_is(kv.key, "Message") || yg_is(kv.key, "ThreatName"))
            name = kv.value;
        else if (yg_is(kv.key, "Priority"))
            (void)yg_str_u64(kv.value, &priority);
        else if (!yg_is(kv.key, "User") || !yg_is(kv.value, "No Authentication Required"))
            yg_kv_put(t, ftd_pick, YG_ARRAY_LEN(ftd_pick), &kv);
    }
    unsigned severity = by_priority[priority < 4 ? priority : 3];
    if (yg_is(h->code, "430001") && sid.n > 0) {
        yg_put_joined(t, YG_F_RULE_ID, gid, ':', sid);
        YG_PUT(t, TEXT, RULE_RULESET, YG_STR("snort"));
        yg_log_alert(t, YG_STR_NONE, name, severity);
        t->e->device = YG_DEV_IDS;
    } else if (yg_is(h->code, "430005")) {
        yg_log_alert(t, h->code, name.n ? name : YG_STR("malware in a file"), 75);
        t->e->device = YG_DEV_ANTIVIRUS;
    }
}

/* Messages by which an ASA says that it detected an attack. */
static const char *attack_of(struct yg_str code)
{
    static const struct {
        const char *code, *name;
    } known[] = {
        { "106016", "IP spoofing" },
        { "106017", "land attack" },
        { "106020", "teardrop fragment" },
        { "106021", "reverse path check failed" },
        { "106022", "connection spoofing" },
        { "322001", "MAC spoofing" },
        { "322002", "ARP inspection failed" },
        { "322003", "ARP inspection failed" },
        { "338001", "botnet traffic monitored, from a listed address" },
        { "338002", "botnet traffic monitored, to a listed address" },
        { "338003", "botnet traffic monitored, from a listed network" },
        { "338004", "botnet traffic monitored, to a listed network" },
        { "338005", "botnet traffic dropped, from a listed address" },
        { "338006", "botnet traffic dropped, to a listed address" },
        { "338007", "botnet traffic dropped, from a listed network" },
        { "338008", "botnet traffic dropped, to a listed network" },
        { "338201", "greylisted traffic monitored" },
        { "338202", "greylisted traffic monitored" },
        { "338203", "greylisted traffic dropped" },
        { "338204", "greylisted traffic dropped" },
        { "401004", "packet of a shunned host" },
        { "405001", "ARP collision" },
        { "420002", "IPS asked to drop" },
        { "420003", "IPS asked to reset" },
        { "434002", "SFR asked to drop" },
        { "434003", "SFR asked to reset" },
        { "733100", "threat detection: drop rate exceeded" },
        { "733101", "threat detection: scanning" },
        { "733102", "threat detection: host shunned" },
        { "733104", "threat detection: TCP intercept, average" },
        { "733105", "threat detection: TCP intercept, burst" },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (yg_is(code, known[i].code))
            return known[i].name;
    return NULL;
}

static void judge_asa(struct yg_target *t, const struct head *h)
{
    const char *name = attack_of(h->code);
    struct yg_str rest = h->text, id, part[YG_SCAN_MAX];

    if (yg_str_starts(h->code, YG_STR("4000")) && yg_after(&rest, "IDS:") &&
        yg_word(&rest, &id)) { /* 400000 to 400050: "IDS:2003 ICMP redirect from .." */
        int n = yg_scan(rest, " %* from ", part);
        yg_log_alert(t, id, n == 1 ? part[0] : rest, 50);
        t->e->device = YG_DEV_IDS;
    } else if (name) {
        yg_log_alert(t, h->code, yg_str_of(name), yg_log_severity_syslog(h->level));
    } else {
        rest = h->text;
        if (yg_after(&rest, "by access-group \"") && yg_until(&rest, "\"", &id))
            YG_PUT(t, TEXT, RULE_NAME, id);
    }
    if (yg_str_starts(h->text, YG_STR("Login ")))
        YG_PUT(t, TEXT, OUTCOME,
               yg_has(h->text, "permitted") ? YG_STR("success") : YG_STR("failure"));
    rest = h->text;
    if (yg_after(&rest, " URL ") && yg_word(&rest, &id))
        YG_PUT(t, TEXT, URL, id);
}

static int asa_match(const struct yg_logline *l)
{
    struct head h;

    if (!head_of(l->body, &h) || !is_asa(h.facility))
        return 0;
    return l->body.p[0] == '%' ? YG_LOG_CERTAIN : 60;
}

static bool asa_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct head h;

    (void)d;
    if (!head_of(l->body, &h) || !is_asa(h.facility))
        return false;
    YG_PUT(t, TEXT, EVENT_CODE, h.code);
    if (yg_is(h.facility, "FTD"))
        YG_PUT(t, TEXT, OBSERVER_PRODUCT, YG_STR("Cisco FTD"));
    if (yg_str_starts(h.code, YG_STR("43000"))) {
        put_ftd(t, &h);
    } else {
        put_prose(t, h.text);
        judge_asa(t, &h);
    }
    put_level(t, h.level);
    YG_PUT(t, TEXT, MESSAGE, h.text);
    return true;
}

const struct yg_dialect yg_dialect_cisco_asa = {
    .name = "cisco-asa",
    .doc = "Cisco ASA, PIX, FWSM and Firepower (FTD)",
    .product = "Cisco ASA",
    .device = YG_DEV_FIREWALL,
    .match = asa_match,
    .read = asa_read,
};

/* ---- IOS -------------------------------------------------------------------------- */

/* "Sig:3051 Subsig:1 Sev:4 TCP Connection .. [192.0.2.1:51654 -> 198.51.100.2:4444]" */
static void put_ips(struct yg_target *t, struct yg_str text)
{
    struct yg_str part[YG_SCAN_MAX];
    uint64_t severity = 3;

    if (yg_scan(text, "Sig:%s Subsig:%s Sev:%s %* [%s -> %s]", part) != 6)
        return;
    yg_put_joined(t, YG_F_RULE_ID, part[0], '.', part[1]);
    yg_log_endpoint(t, part[4], YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
    yg_log_endpoint(t, part[5], YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
    (void)yg_str_u64(part[2], &severity);
    yg_log_alert(t, YG_STR_NONE, part[3], severity < 5 ? (unsigned)severity * 20 : 100);
    t->e->device = YG_DEV_IDS;
}

static int ios_match(const struct yg_logline *l)
{
    struct head h;

    if (!head_of(l->body, &h) || is_asa(h.facility))
        return 0;
    return l->body.p[0] == '%' ? 95 : 60;
}

static bool ios_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str part[YG_SCAN_MAX];
    struct head h;

    (void)d;
    if (!head_of(l->body, &h))
        return false;
    yg_put_joined(t, YG_F_EVENT_CODE, h.facility, '-', h.code);
    if (yg_is(h.facility, "IPS") && yg_is(h.code, "SIGNATURE"))
        put_ips(t, h.text);
    else
        put_prose(t, h.text);
    put_level(t, h.level);
    if (yg_scan(h.text, "list %s ", part) == 1)
        YG_PUT(t, TEXT, RULE_NAME, part[0]);
    YG_PUT(t, TEXT, MESSAGE, h.text);
    return true;
}

const struct yg_dialect yg_dialect_cisco_ios = {
    .name = "cisco-ios",
    .doc = "Cisco IOS, IOS XE, NX-OS: routers, switches, their IPS",
    .product = "Cisco IOS",
    .device = YG_DEV_OTHER,
    .match = ios_match,
    .read = ios_read,
};
