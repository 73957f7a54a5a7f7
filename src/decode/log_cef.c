/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CEF (ArcSight Common Event Format, revision 27) and LEEF 1.0 and 2.0 (IBM QRadar):
 *
 *      CEF:0|vendor|product|version|signature id|name|severity|key=value key=value
 *      LEEF:1.0|vendor|product|version|event id|key=value TAB key=value
 *      LEEF:2.0|vendor|product|version|event id|delimiter|key=value ...
 *
 * Both carry traffic logs as well as alerts and have no sign to tell them apart but the
 * severity: from medium on (4 of 10) a record is an alert, and so is one whose category
 * or name speaks of an attack; traffic and events of the system are context.
 */
#include "decode/dialects.h"
#include "decode/log.h"

#define HEADS 7

/* Up to a bar that no backslash stands before. False: no bar. */
static bool head(struct yg_str *rest, struct yg_str *out)
{
    size_t n = 0;

    while (n < rest->n && rest->p[n] != '|')
        n += rest->p[n] == '\\' && n + 1 < rest->n ? 2 : 1;
    if (n >= rest->n)
        return false;
    *out = (struct yg_str){ rest->p, n };
    rest->p += n + 1;
    rest->n -= n + 1;
    return true;
}

/* At the front, or behind one word ("ASM:CEF:0|"): further in it is quoted text. */
static bool leads(struct yg_str s, const char *text)
{
    struct yg_str word;

    if (yg_str_starts(s, yg_str_of(text)))
        return true;
    if (!yg_word(&s, &word) || memchr(word.p, '"', word.n))
        return false;
    if (yg_str_starts(yg_skip_blanks(s), yg_str_of(text)))
        return true;
    return word.n < 80 && yg_after(&word, ":") && yg_str_starts(word, yg_str_of(text));
}

static struct yg_str plain(struct yg_target *t, struct yg_str s)
{
    return s.n && memchr(s.p, '\\', s.n) ? yg_put_unslashed(t, s) : s;
}

static enum yg_device device_of(struct yg_str vendor, struct yg_str product)
{
    static const struct {
        const char *word;
        enum yg_device device;
    } known[] = {
        { "waf", YG_DEV_WAF },
        { "securesphere", YG_DEV_WAF },
        { "web application", YG_DEV_WAF },
        { "asm", YG_DEV_WAF },
        { "ips", YG_DEV_IDS },
        { "ids", YG_DEV_IDS },
        { "intrusion", YG_DEV_IDS },
        { "network security manager", YG_DEV_IDS },
        { "tippingpoint", YG_DEV_IDS },
        { "fireeye", YG_DEV_SANDBOX },
        { "sandbox", YG_DEV_SANDBOX },
        { "mps", YG_DEV_SANDBOX },
        { "virus", YG_DEV_ANTIVIRUS },
        { "endpoint", YG_DEV_ANTIVIRUS },
        { "deep security", YG_DEV_ANTIVIRUS },
        { "malware", YG_DEV_ANTIVIRUS },
        { "mail", YG_DEV_MAIL },
        { "proxy", YG_DEV_PROXY },
        { "dns", YG_DEV_DNS },
        { "forti", YG_DEV_FIREWALL },
        { "palo alto", YG_DEV_FIREWALL },
        { "check point", YG_DEV_FIREWALL },
        { "firewall", YG_DEV_FIREWALL },
        { "asa", YG_DEV_FIREWALL },
        { "pan-os", YG_DEV_FIREWALL },
        { "sonicwall", YG_DEV_FIREWALL },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (yg_str_has_nocase(product, yg_str_of(known[i].word)) ||
            yg_str_has_nocase(vendor, yg_str_of(known[i].word)))
            return known[i].device;
    return YG_DEV_OTHER;
}

static bool speaks_of_attack(struct yg_str s)
{
    static const char *const word[] = { "attack",    "malware", "virus", "exploit",
                                        "intrusion", "threat",  "ips",   "trojan",
                                        "anomaly",   "botnet" };

    for (size_t i = 0; i < YG_ARRAY_LEN(word); i++)
        if (yg_str_has_nocase(s, yg_str_of(word[i])))
            return true;
    return false;
}

static bool is_traffic(struct yg_str category)
{
    return yg_str_has_nocase(category, YG_STR("traffic")) ||
           yg_str_has_nocase(category, YG_STR("event:"));
}

static void judge(struct yg_target *t, struct yg_str id, struct yg_str name,
                  struct yg_str severity)
{
    struct yg_str category = yg_event_str(t->b, t->e, YG_F_RULE_CATEGORY);
    unsigned ours = yg_log_severity(severity, 0);

    YG_PUT(t, TEXT, EVENT_CODE, id);
    if (!is_traffic(category) &&
        (ours >= 40 || speaks_of_attack(category) || speaks_of_attack(name))) {
        yg_log_alert(t, plain(t, id), plain(t, name), ours);
        return;
    }
    t->e->kind = YG_KIND_CONTEXT;
    yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, ours);
    YG_PUT(t, LOWER, EVENT_DATASET, category);
    YG_PUT(t, TEXT, MESSAGE, plain(t, name));
}

static void put_maker(struct yg_target *t, struct yg_str vendor, struct yg_str product)
{
    t->e->device = (uint8_t)device_of(vendor, product);
    if (vendor.n > 0 && product.n > 0) {
        yg_put_joined(t, YG_F_OBSERVER_PRODUCT, vendor, ' ', product);
        yg_put_joined(t, YG_F_RULE_RULESET, vendor, ' ', product);
    }
}

/* ---- CEF -------------------------------------------------------------------------- */

static const struct yg_kv_pick cef_pick[] = {
    { "src", YG_AS_IP, YG_F_SOURCE_IP },
    { "c6a2", YG_AS_IP, YG_F_SOURCE_IP },
    { "spt", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dst", YG_AS_IP, YG_F_DESTINATION_IP },
    { "c6a3", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dpt", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "app", YG_AS_LOWER, YG_F_APP_PROTO },
    { "act", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "outcome", YG_AS_LOWER, YG_F_OUTCOME },
    { "cat", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "suser", YG_AS_TEXT, YG_F_USER_NAME },
    { "sntdom", YG_AS_TEXT, YG_F_USER_DOMAIN },
    { "duser", YG_AS_TEXT, YG_F_TARGET_USER },
    { "shost", YG_AS_TEXT, YG_F_HOST_NAME },
    { "dhost", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "dvchost", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "dvc", YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { "request", YG_AS_TEXT, YG_F_URL },
    { "requestMethod", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "requestClientApplication", YG_AS_TEXT, YG_F_USER_AGENT },
    { "fname", YG_AS_TEXT, YG_F_FILE_PATH },
    { "filePath", YG_AS_TEXT, YG_F_FILE_PATH },
    { "fsize", YG_AS_U64, YG_F_FILE_SIZE },
    { "fileType", YG_AS_TEXT, YG_F_FILE_MAGIC },
    { "in", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "out", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "sproc", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "dproc", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "smac", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "sourceTranslatedAddress", YG_AS_IP, YG_F_NAT_SOURCE_IP },
    { "destinationTranslatedAddress", YG_AS_IP, YG_F_NAT_DESTINATION_IP },
    { "deviceInboundInterface", YG_AS_TEXT, YG_F_INTERFACE_IN },
    { "deviceOutboundInterface", YG_AS_TEXT, YG_F_INTERFACE_OUT },
    { "msg", YG_AS_TEXT, YG_F_MESSAGE },
};

static void put_any_time(struct yg_target *t, struct yg_str s)
{
    uint64_t n;

    if (t->timed)
        return;
    if (yg_str_u64(s, &n))
        yg_put_text(t, YG_AS_EPOCH, 0, s);
    else
        (void)yg_log_put_time(t, s);
}

static void cef_extension(struct yg_target *t, struct yg_str rest)
{
    const struct yg_kv_style style = { .assign = '=', .spaced = true };
    struct yg_str start = YG_STR_NONE, end = YG_STR_NONE;
    struct yg_kv kv;

    while (yg_kv_next(&rest, style, &kv)) {
        kv.escaped = kv.value.n && memchr(kv.value.p, '\\', kv.value.n);
        if (yg_is(kv.key, "rt"))
            put_any_time(t, kv.value);
        else if (yg_is(kv.key, "start"))
            start = kv.value;
        else if (yg_is(kv.key, "end"))
            end = kv.value;
        else if (yg_is(kv.key, "proto"))
            yg_log_protocol(t, kv.value);
        else if (yg_is(kv.key, "fileHash"))
            yg_put_hash(t, kv.value);
        else
            yg_kv_put(t, cef_pick, YG_ARRAY_LEN(cef_pick), &kv);
    }
    put_any_time(t, end);
    put_any_time(t, start);
    /* who logs in is the destination's user, and the only one */
    YG_PUT(t, TEXT, USER_NAME, yg_event_str(t->b, t->e, YG_F_TARGET_USER));
}

static int cef_match(const struct yg_logline *l)
{
    return leads(l->body, "CEF:") ? YG_LOG_CERTAIN : 0;
}

static bool cef_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str rest = l->body, part[HEADS];

    (void)d;
    if (!yg_after(&rest, "CEF:"))
        return false;
    for (size_t i = 0; i < HEADS; i++)
        if (!head(&rest, &part[i])) {
            yg_put_reason(t, YG_R_BAD_COLUMNS);
            return false;
        }
    cef_extension(t, rest);
    put_maker(t, plain(t, part[1]), plain(t, part[2]));
    judge(t, part[4], part[5], part[6]);
    return true;
}

const struct yg_dialect yg_dialect_cef = {
    .name = "cef",
    .doc = "ArcSight Common Event Format of any product",
    .marks = "CEF:",
    .match = cef_match,
    .read = cef_read,
};

/* ---- LEEF ------------------------------------------------------------------------- */

static const struct yg_kv_pick leef_pick[] = {
    { "src", YG_AS_IP, YG_F_SOURCE_IP },
    { "srcPort", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "dst", YG_AS_IP, YG_F_DESTINATION_IP },
    { "dstPort", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "cat", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "usrName", YG_AS_TEXT, YG_F_USER_NAME },
    { "domain", YG_AS_TEXT, YG_F_USER_DOMAIN },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "url", YG_AS_TEXT, YG_F_URL },
    { "resource", YG_AS_TEXT, YG_F_FILE_PATH },
    { "identHostName", YG_AS_TEXT, YG_F_HOST_NAME },
    { "srcBytes", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "dstBytes", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "srcPackets", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "dstPackets", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "srcMAC", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "srcPostNAT", YG_AS_IP, YG_F_NAT_SOURCE_IP },
    { "dstPostNAT", YG_AS_IP, YG_F_NAT_DESTINATION_IP },
    { "msg", YG_AS_TEXT, YG_F_MESSAGE },
};

/* The delimiter of LEEF 2.0: a character, or its number as 0x5E or x5E. */
static char delimiter_of(struct yg_str s)
{
    uint64_t n;

    if (s.n == 1)
        return s.p[0];
    if (s.n > 1 && (s.p[0] == 'x' || s.p[0] == 'X'))
        s.p++, s.n--;
    return s.n > 0 && yg_str_hex64(s, &n) && n < 128 ? (char)n : '\t';
}

static int leef_match(const struct yg_logline *l)
{
    return leads(l->body, "LEEF:") ? YG_LOG_CERTAIN : 0;
}

static bool leef_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_kv_style style = { .assign = '=', .sep = '\t', .spaced = true };
    struct yg_str rest = l->body, part[5], delimiter, severity = YG_STR_NONE;
    struct yg_kv kv;

    (void)d;
    if (!yg_after(&rest, "LEEF:"))
        return false;
    for (size_t i = 0; i < YG_ARRAY_LEN(part); i++)
        if (!head(&rest, &part[i])) {
            yg_put_reason(t, YG_R_BAD_COLUMNS);
            return false;
        }
    if (yg_str_starts(part[0], YG_STR("2")) && head(&rest, &delimiter))
        style.sep = delimiter_of(delimiter);
    if (rest.n && !memchr(rest.p, style.sep, rest.n))
        style.sep = 0; /* one pair, or blanks between them */
    while (yg_kv_next(&rest, style, &kv)) {
        if (yg_is(kv.key, "devTime"))
            put_any_time(t, kv.value);
        else if (yg_is(kv.key, "sev"))
            severity = kv.value;
        else if (yg_is(kv.key, "proto"))
            yg_log_protocol(t, kv.value);
        else
            yg_kv_put(t, leef_pick, YG_ARRAY_LEN(leef_pick), &kv);
    }
    put_maker(t, part[1], part[2]);
    judge(t, part[4], part[4], severity);
    return true;
}

const struct yg_dialect yg_dialect_leef = {
    .name = "leef",
    .doc = "IBM Log Event Extended Format 1.0 and 2.0 of any product",
    .marks = "LEEF:",
    .match = leef_match,
    .read = leef_read,
};
