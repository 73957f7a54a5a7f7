/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/facts.h"

#include "base/status.h"
#include "event/ip.h"
#include "feature/bytestat.h"
#include "feature/packetcols.h"
#include "feature/traits.h"
#include "feature/words.h"
#include "packet/analysis.h"
#include "packet/app.h"

#include <math.h>

/* Salts: what kind of thing a key names. */
enum {
    SALT_RULE = 1,
    SALT_RULESET,
    SALT_REASON,
    SALT_ADDRESS,
    SALT_NAME,
    SALT_USER,
    SALT_FLOW,
    SALT_CATEGORY,
    SALT_INCIDENT,
    SALT_HELLO,
    SALT_SOURCE,
};

static uint64_t key_of(const struct yg_batch *b, const struct yg_event *e,
                       enum yg_field f, uint64_t salt)
{
    struct yg_str s = yg_event_str(b, e, f);

    return s.n ? yg_hash_str(salt, s) : 0;
}

static const unsigned char *ip_of(const struct yg_batch *b, const struct yg_event *e,
                                  enum yg_field f)
{
    struct yg_str s = yg_event_str(b, e, f);

    return s.n == YG_IP_SIZE ? (const unsigned char *)s.p : NULL;
}

static uint64_t address_key(const unsigned char *ip)
{
    return ip ? yg_hash_str(SALT_ADDRESS, (struct yg_str){ (const char *)ip, YG_IP_SIZE })
              : 0;
}

uint64_t yg_facts_address_key(const unsigned char ip[16])
{
    return address_key(ip);
}

static uint64_t signature_key(const struct yg_batch *b, const struct yg_event *e)
{
    uint64_t rule = key_of(b, e, YG_F_RULE_ID, SALT_RULE);

    if (!rule)
        rule = key_of(b, e, YG_F_RULE_NAME, SALT_RULE);
    if (!rule)
        return yg_hash_str(SALT_REASON, yg_str_of(yg_reason_name(e->reason)));
    return yg_hash_pair(key_of(b, e, YG_F_RULE_RULESET, SALT_RULESET), rule);
}

/* Whose machine is it about? The side that is ours; of two of ours the receiver. */
static uint64_t host_key(const struct yg_batch *b, const struct yg_event *e,
                         const struct yg_facts *f)
{
    const unsigned char *host = ip_of(b, e, YG_F_HOST_IP);
    const unsigned char *src = ip_of(b, e, YG_F_SOURCE_IP);
    const unsigned char *dst = ip_of(b, e, YG_F_DESTINATION_IP);
    uint64_t name = key_of(b, e, YG_F_HOST_NAME, SALT_NAME);

    if (host)
        return address_key(host);
    if (name)
        return name;
    if (src && yg_ip_is_internal(src) && !(dst && yg_ip_is_internal(dst)))
        return f->key[YG_KEY_SOURCE];
    return dst ? f->key[YG_KEY_DESTINATION] : f->key[YG_KEY_SOURCE];
}

/* What the client's TLS library is: by its packets, else as the sensor says. */
static uint64_t hello_key(const struct yg_batch *b, const struct yg_event *e,
                          const struct yg_analysis *seen)
{
    const struct yg_hello *h =
        seen && seen->main >= 0 ? seen->talk[seen->main]->hello : NULL;

    if (h && h->ja3[0])
        return yg_hash_str(SALT_HELLO, yg_str_of(h->ja3));
    return key_of(b, e, YG_F_TLS_JA3, SALT_HELLO);
}

static void fill_keys(const struct yg_batch *b, const struct yg_event *e,
                      struct yg_facts *f)
{
    const unsigned char *src = ip_of(b, e, YG_F_SOURCE_IP);
    uint64_t *key = f->key;

    key[YG_KEY_SIGNATURE] = signature_key(b, e);
    key[YG_KEY_SOURCE] = address_key(src);
    key[YG_KEY_DESTINATION] = address_key(ip_of(b, e, YG_F_DESTINATION_IP));
    key[YG_KEY_HOST] = host_key(b, e, f);
    key[YG_KEY_ENTITY] = key[YG_KEY_SOURCE] ? key[YG_KEY_SOURCE] : key[YG_KEY_HOST];
    key[YG_KEY_USER] = key_of(b, e, YG_F_USER_NAME, SALT_USER);
    key[YG_KEY_FLOW] = key_of(b, e, YG_F_COMMUNITY_ID, SALT_FLOW);
    if (!key[YG_KEY_FLOW] && yg_event_has(e, YG_F_FLOW_ID))
        key[YG_KEY_FLOW] = yg_hash_pair(SALT_FLOW, e->value[YG_F_FLOW_ID].u);
    key[YG_KEY_CATEGORY] = key_of(b, e, YG_F_RULE_CATEGORY, SALT_CATEGORY);
    key[YG_KEY_INCIDENT] = key_of(b, e, YG_F_INCIDENT, SALT_INCIDENT);
}

static uint8_t input_of(const struct yg_facts *f, const struct yg_analysis *seen)
{
    unsigned bits = 0;

    if (f->key[YG_KEY_SOURCE] && f->key[YG_KEY_DESTINATION])
        bits |= YG_INPUT_ENDS;
    if (seen)
        bits |= YG_INPUT_BYTES | (seen->has_pcap ? YG_INPUT_PACKETS : 0);
    return (uint8_t)bits;
}

static void fill_device(const struct yg_event *e, float *row)
{
    unsigned d = e->device;

    row[YG_X_DEV_IDS] = d == YG_DEV_IDS;
    row[YG_X_DEV_HOST] = d == YG_DEV_HOST;
    row[YG_X_DEV_ANOMALY] = d == YG_DEV_ANOMALY;
    row[YG_X_DEV_EDGE] = d == YG_DEV_FIREWALL || d == YG_DEV_WAF || d == YG_DEV_WEB ||
                         d == YG_DEV_PROXY || d == YG_DEV_DNS || d == YG_DEV_MAIL;
    row[YG_X_UNDECODABLE] = e->kind == YG_KIND_UNDECODABLE;
}

/* The position of `s` in `name`, or NaN. */
static float rank_of(const char *const *name, size_t n, struct yg_str s)
{
    for (size_t i = 0; i < n; i++)
        if ((s.n == 0 || yg_str_may_start(s.p[0], name[i][0])) &&
            yg_str_eq_nocase(s, yg_str_of(name[i])))
            return (float)i;
    return NAN;
}

static void fill_rule(const struct yg_batch *b, const struct yg_event *e, float *row)
{
    static const char *const severity[] = { "informational", "minor", "major",
                                            "critical" };
    static const char *const confidence[] = { "low", "medium", "high" };
    static const enum yg_field text[] = { YG_F_RULE_NAME, YG_F_RULE_CATEGORY,
                                          YG_F_RULE_GROUPS };

    if (yg_event_has(e, YG_F_EVENT_SEVERITY))
        row[YG_X_SEVERITY] = (float)e->value[YG_F_EVENT_SEVERITY].u;
    row[YG_X_SIG_SEVERITY] = rank_of(severity, YG_ARRAY_LEN(severity),
                                     yg_event_str(b, e, YG_F_SIGNATURE_SEVERITY));
    row[YG_X_CONFIDENCE] = rank_of(confidence, YG_ARRAY_LEN(confidence),
                                   yg_event_str(b, e, YG_F_CONFIDENCE));
    for (int i = YG_X_W_NEW; i <= YG_X_W_DOWNLOAD; i++)
        row[i] = 0;
    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++)
        yg_words_flag(yg_event_str(b, e, text[i]), row);
    if (yg_event_has(e, YG_F_EVENT_ACTION)) {
        struct yg_str action = yg_event_str(b, e, YG_F_EVENT_ACTION);
        row[YG_X_BLOCKED] = yg_str_has_nocase(action, YG_STR("block")) ||
                            yg_str_has_nocase(action, YG_STR("drop")) ||
                            yg_str_has_nocase(action, YG_STR("den")) ||
                            yg_str_has_nocase(action, YG_STR("reject"));
    }
}

/* A port that was taken by chance says whose capture it is, nothing else. */
#define NOBODYS_PORT 1024.0F

static void fill_ends(const struct yg_batch *b, const struct yg_event *e,
                      struct yg_facts *f)
{
    float *row = f->fixed;
    static const char *const proto[] = { "", "tcp", "udp", "icmp" };
    const unsigned char *src = ip_of(b, e, YG_F_SOURCE_IP);
    const unsigned char *dst = ip_of(b, e, YG_F_DESTINATION_IP);

    if (src)
        row[YG_X_SRC_INTERNAL] = yg_ip_is_internal(src);
    if (dst)
        row[YG_X_DST_INTERNAL] = yg_ip_is_internal(dst);
    if (yg_event_has(e, YG_F_DESTINATION_PORT) &&
        e->value[YG_F_DESTINATION_PORT].u <= UINT16_MAX) {
        f->port = (uint16_t)e->value[YG_F_DESTINATION_PORT].u;
        row[YG_X_DST_PORT] = yg_port_owned(f->port) ? (float)f->port : NOBODYS_PORT;
    }
    if (yg_event_has(e, YG_F_TRANSPORT)) {
        float code =
            rank_of(proto, YG_ARRAY_LEN(proto), yg_event_str(b, e, YG_F_TRANSPORT));
        row[YG_X_PROTO] = isnan(code) ? 4 : code;
    }
    if (yg_event_has(e, YG_F_DIRECTION))
        row[YG_X_DIRECTION] =
            yg_str_eq(yg_event_str(b, e, YG_F_DIRECTION), YG_STR("to_server"));
}

static void fill_payload(const struct yg_batch *b, const struct yg_event *e, float *row)
{
    if (!yg_event_has(e, YG_F_PAYLOAD))
        return;
    struct yg_str payload = yg_event_str(b, e, YG_F_PAYLOAD);
    struct yg_bytestat stat = yg_bytestat_of(payload);
    row[YG_X_PAY_LENGTH] = (float)payload.n;
    if (payload.n == 0)
        return;
    row[YG_X_PAY_ENTROPY] = stat.entropy;
    row[YG_X_PAY_PRINTABLE] = stat.printable;
    row[YG_X_PAY_ZERO] = stat.zero;
}

void yg_facts_of(const struct yg_batch *b, const struct yg_event *e,
                 const struct yg_analysis *seen, struct yg_facts *out)
{
    memset(out, 0, sizeof(*out));
    out->time_ns = e->time_ns;
    out->device = e->device < YG_DEV_COUNT ? e->device : YG_DEV_OTHER;
    out->kind = e->kind;
    out->verdict = e->verdict;
    out->reason = (uint8_t)(e->reason < YG_REASON_COUNT ? e->reason : YG_R_NONE);
    for (size_t i = 0; i < YG_FACTS_STATIC; i++)
        out->fixed[i] = NAN;
    fill_keys(b, e, out);
    out->key[YG_KEY_CLIENT_HELLO] = hello_key(b, e, seen);
    out->input = input_of(out, seen);
    fill_device(e, out->fixed);
    fill_rule(b, e, out->fixed);
    fill_ends(b, e, out);
    fill_payload(b, e, out->fixed);
    yg_traits_fill(b, e, out->fixed);
    yg_packet_columns(seen, out->fixed);
}

void yg_facts_source(struct yg_facts *f, struct yg_str source)
{
    if (f->kind == YG_KIND_UNDECODABLE && f->key[YG_KEY_ENTITY] == 0)
        f->key[YG_KEY_ENTITY] = yg_hash_str(SALT_SOURCE, source);
}
