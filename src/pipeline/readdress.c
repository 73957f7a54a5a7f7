/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/readdress.h"

#include "base/clock.h"
#include "base/hash.h"
#include "decode/base64.h"
#include "packet/capfile.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_NS   (2 * 86400 * YG_NS_PER_S)
#define FRAME_MAX ((size_t)262144)
#define ETHERNET  1
#define RAW_IP    101

static uint64_t mixed(const struct yg_readdress *r, const void *p, size_t n)
{
    return yg_hash_pair(r->key, yg_hash_str(5, (struct yg_str){ p, n }));
}

void yg_readdress_ip(const struct yg_readdress *r, unsigned char ip[YG_IP_SIZE])
{
    static const unsigned char own[YG_IP_SIZE - 1]; /* ::, ::1 and what is like them */
    unsigned last = ip[YG_IP_SIZE - 1];

    if (yg_ip_is_group(ip) || memcmp(ip, own, sizeof(own)) == 0)
        return;
    uint64_t turn = mixed(r, ip, YG_IP_SIZE - 1);
    if (!yg_ip_is_v4(ip)) /* 1 to 255 */
        ip[YG_IP_SIZE - 1] = (unsigned char)(last + 1 + turn % 255);
    else if (last > 0 && last < 255) /* .0 and .255 are nobody's */
        ip[YG_IP_SIZE - 1] = (unsigned char)((last - 1 + 1 + turn % 253) % 254 + 1);
}

/* ---- text ------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t span(struct yg_str s, bool v6)
{
    size_t n = 0;

    while (n < s.n && n < YG_IP_TEXT_MAX &&
           (s.p[n] == '.' || (v6 ? is_hex(s.p[n]) || s.p[n] == ':' : is_digit(s.p[n]))))
        n++;
    while (n > 0 && s.p[n - 1] == '.')
        n--;
    return n;
}

/* An address at the beginning of `s`: how long it is, 0: none. */
static size_t address(const struct yg_readdress *r, struct yg_str s, struct yg_buf *out)
{
    unsigned char ip[YG_IP_SIZE];
    char text[YG_IP_TEXT_MAX];

    for (int v6 = 1; v6 >= 0; v6--) {
        size_t n = span(s, v6), marks = 0;
        for (size_t i = 0; i < n; i++)
            marks += s.p[i] == (v6 ? ':' : '.');
        if (marks < (v6 ? 2U : 3U) || !yg_ip_parse((struct yg_str){ s.p, n }, ip))
            continue;
        yg_readdress_ip(r, ip);
        yg_buf_printf(out, "%s", yg_ip_text(ip, text));
        return n;
    }
    return 0;
}

static bool is_near(const struct yg_readdress *r, int64_t ns)
{
    uint64_t a = (uint64_t)ns, b = (uint64_t)r->time_ns; /* centuries apart, perhaps */

    return (ns > r->time_ns ? a - b : b - a) <= (uint64_t)NEAR_NS;
}

/* "2026-01-05T10:20:30" and its kin; what follows the seconds stays. */
static size_t iso_time(const struct yg_readdress *r, struct yg_str s, struct yg_buf *out)
{
    const size_t size = 19;
    char text[YG_TIME_TEXT_MAX];
    int64_t ns;
    int used;

    if (s.n < size || s.p[4] != '-' || s.p[13] != ':' ||
        !yg_time_iso((struct yg_str){ s.p, size }, 0, &ns, &used) || !is_near(r, ns))
        return 0;
    yg_time_text(ns + r->by_ns, text);
    text[10] = s.p[10];
    yg_buf_add(out, text, size);
    return size;
}

/* A number that is a time near the record's, in seconds to nanoseconds, is moved; another
 * long one may be searched for: other digits. */
static size_t number(const struct yg_readdress *r, struct yg_str s, struct yg_buf *out)
{
    int64_t unit = YG_NS_PER_S, ns = 0;
    uint64_t v;
    size_t n = 0;

    while (n < s.n && is_digit(s.p[n]))
        n++;
    if (n < 10 || !yg_str_u64((struct yg_str){ s.p, n }, &v) || v > INT64_MAX)
        return 0;
    for (size_t digits = 10; digits < n; digits += 3)
        unit /= 1000;
    if ((n - 10) % 3 == 0 && unit > 0 && (int64_t)v <= INT64_MAX / unit)
        ns = (int64_t)v * unit;
    if (ns > 0 && is_near(r, ns)) {
        yg_buf_printf(out, "%lld", (long long)((ns + r->by_ns) / unit));
        return n;
    }
    if (n < 14)
        return 0;
    uint64_t other = mixed(r, s.p, n);
    yg_buf_char(out, s.p[0]);
    for (size_t i = 1; i < n; i++, other = yg_hash_pair(other, i))
        yg_buf_char(out, (char)('0' + other % 10));
    return n;
}

/* Community ID: version 1, 20 bytes in base64. It names the addresses. */
static size_t community(const struct yg_readdress *r, struct yg_str s, struct yg_buf *out)
{
    const size_t size = 30;
    unsigned char bytes[32], other[YG_DIGEST_SIZE];
    char text[sodium_base64_ENCODED_LEN(20, sodium_base64_VARIANT_ORIGINAL)];
    struct yg_digest d;
    size_t n;

    if (s.n < size || s.p[0] != '1' || s.p[1] != ':' ||
        !yg_base64_decode((struct yg_str){ s.p + 2, size - 2 }, 20, bytes, &n) || n != 20)
        return 0;
    yg_digest_init(&d);
    yg_digest_add(&d, &r->key, sizeof(r->key));
    yg_digest_add(&d, bytes, n);
    yg_digest_done(&d, other);
    sodium_bin2base64(text, sizeof(text), other, 20, sodium_base64_VARIANT_ORIGINAL);
    yg_buf_printf(out, "1:%s", text);
    return size;
}

/* ---- frames ----------------------------------------------------------------------- */

/* The 16 bits at `at` hold a sum of ones' complements (RFC 1624, eq. 3): one byte of what
 * they cover went from `was` to `is`, in the low half of a word. */
static void mend(unsigned char *at, unsigned was, unsigned is)
{
    uint32_t sum = (~((uint32_t)at[0] << 8 | at[1]) & 0xffff) + (~was & 0xffff) + is;

    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    at[0] = (unsigned char)(~sum >> 8);
    at[1] = (unsigned char)~sum;
}

/* Where the sum of the layer above is that covers addresses; NULL: none is here. */
static unsigned char *upper_sum(unsigned char *p, size_t n, unsigned protocol)
{
    size_t at = protocol == 6 ? 16 : protocol == 17 || protocol == 58 ? 6 : n;

    if (protocol == 58)
        at = 2;
    if (at + 2 > n || (protocol == 17 && p[at] == 0 && p[at + 1] == 0))
        return NULL;
    return p + at;
}

static bool packet_v4(const struct yg_readdress *r, unsigned char *p, size_t n)
{
    size_t head = (size_t)(p[0] & 15) * 4;

    if (n < 20 || head < 20 || head > n)
        return false;
    bool first = (p[6] & 0x1f) == 0 && p[7] == 0;
    unsigned char *up = first && p[9] != 58 ? upper_sum(p + head, n - head, p[9]) : NULL;
    for (size_t at = 12; at <= 16; at += 4) {
        unsigned char ip[YG_IP_SIZE] = { [10] = 0xff, [11] = 0xff };
        memcpy(ip + 12, p + at, 4);
        yg_readdress_ip(r, ip);
        mend(p + 10, p[at + 3], ip[15]);
        if (up)
            mend(up, p[at + 3], ip[15]);
        p[at + 3] = ip[15];
    }
    return true;
}

static bool packet_v6(const struct yg_readdress *r, unsigned char *p, size_t n)
{
    if (n < 40)
        return false;
    unsigned char *up = upper_sum(p + 40, n - 40, p[6]);
    for (size_t at = 8; at <= 24; at += 16) {
        unsigned char ip[YG_IP_SIZE];
        memcpy(ip, p + at, YG_IP_SIZE);
        yg_readdress_ip(r, ip);
        if (up)
            mend(up, p[at + 15], ip[15]);
        p[at + 15] = ip[15];
    }
    return true;
}

static bool frame(const struct yg_readdress *r, uint32_t linktype, unsigned char *p,
                  size_t n)
{
    size_t at = linktype == ETHERNET ? 12 : 0;

    if (linktype != ETHERNET && linktype != RAW_IP)
        return false;
    while (at > 0 && at + 2 <= n &&
           ((p[at] == 0x81 && p[at + 1] == 0) || (p[at] == 0x88 && p[at + 1] == 0xa8)))
        at += 4;
    at += at > 0 ? 2 : 0;
    if (at >= n)
        return false;
    unsigned version = p[at] >> 4;
    if (linktype == ETHERNET && (version == 4 ? p[at - 2] != 0x08 || p[at - 1] != 0
                                              : p[at - 2] != 0x86 || p[at - 1] != 0xdd))
        return false;
    return version == 4   ? packet_v4(r, p + at, n - at)
           : version == 6 ? packet_v6(r, p + at, n - at)
                          : false;
}

void yg_readdress_pcap(const struct yg_readdress *r, struct yg_str pcap,
                       struct yg_buf *out)
{
    unsigned char *copy = malloc(FRAME_MAX);
    struct yg_frame f;
    bool any = false;

    for (size_t at = 0; copy && yg_pcap_next(pcap, &at, &f);) {
        if (f.bytes.n == 0 || f.bytes.n > FRAME_MAX)
            continue;
        memcpy(copy, f.bytes.p, f.bytes.n);
        if (!frame(r, f.linktype, copy, f.bytes.n))
            continue;
        if (!any)
            yg_pcap_begin(out, f.linktype);
        any = true;
        yg_pcap_add(out, f.time_ns + r->by_ns,
                    (struct yg_str){ (const char *)copy, f.bytes.n }, f.wire);
    }
    free(copy);
}

/* The frame in a record of Suricata's: "packet":"base64". One that cannot be taken apart
 * becomes empty. */
static size_t packet(const struct yg_readdress *r, struct yg_str s, struct yg_buf *out)
{
    static const struct yg_str key = { "\"packet\":\"", 10 };

    if (s.n < key.n || memcmp(s.p, key.p, key.n) != 0)
        return 0;
    const char *end = memchr(s.p + key.n, '"', s.n - key.n);
    if (!end)
        return 0;
    struct yg_str text = { s.p + key.n, (size_t)(end - s.p) - key.n };
    unsigned char *bytes = malloc(yg_base64_room(text.n));
    size_t n = 0, room = sodium_base64_ENCODED_LEN(yg_base64_room(text.n),
                                                   sodium_base64_VARIANT_ORIGINAL);
    char *again = malloc(room);
    bool done = bytes && again && yg_base64_decode(text, text.n, bytes, &n) &&
                frame(r, ETHERNET, bytes, n);

    yg_buf_str_add(out, key);
    if (done)
        yg_buf_printf(
            out, "%s",
            sodium_bin2base64(again, room, bytes, n, sodium_base64_VARIANT_ORIGINAL));
    free(bytes);
    free(again);
    return key.n + text.n;
}

void yg_readdress_text(const struct yg_readdress *r, struct yg_str raw,
                       struct yg_buf *out)
{
    char before = ' ';

    for (size_t at = 0; at < raw.n;) {
        struct yg_str rest = { raw.p + at, raw.n - at };
        size_t n = 0;
        if (rest.p[0] == '"')
            n = packet(r, rest, out);
        else if (!is_word(before) && before != '.' && (is_hex(*rest.p) || *rest.p == ':'))
            n = iso_time(r, rest, out);
        if (n == 0 && !is_word(before) && before != '.' && *rest.p != '"') {
            n = community(r, rest, out);
            n = n ? n : address(r, rest, out);
            n = n ? n : number(r, rest, out);
        }
        if (n == 0) {
            yg_buf_char(out, rest.p[0]);
            n = 1;
        }
        at += n;
        before = raw.p[at - 1];
    }
}
