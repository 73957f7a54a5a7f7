/* SPDX-License-Identifier: Apache-2.0 */
#include "event/ip.h"

#include <arpa/inet.h>

static const unsigned char v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* Four decimal numbers without leading zeros, as inet_pton reads them. */
static bool parse_v4(struct yg_str s, unsigned char out[4])
{
    unsigned at = 0, value = 0, digits = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned d = (unsigned)(unsigned char)s.p[i] - '0';
        if (d <= 9) {
            if ((digits > 0 && value == 0) || value * 10 + d > 255)
                return false;
            value = value * 10 + d;
            digits++;
        } else if (s.p[i] == '.' && digits > 0 && at < 3) {
            out[at++] = (unsigned char)value;
            value = digits = 0;
        } else {
            return false;
        }
    }
    out[3] = (unsigned char)value;
    return at == 3 && digits > 0;
}

bool yg_ip_parse(struct yg_str text, unsigned char out[YG_IP_SIZE])
{
    char tmp[YG_IP_TEXT_MAX];
    unsigned char ip[YG_IP_SIZE];
    struct yg_str rest = text;

    text = yg_str_cut(&rest, '%');
    if (text.n == 0 || text.n >= sizeof(tmp))
        return false;
    if (!memchr(text.p, ':', text.n)) {
        memcpy(ip, v4_prefix, sizeof(v4_prefix));
        if (!parse_v4(text, ip + 12))
            return false;
    } else {
        memcpy(tmp, text.p, text.n);
        tmp[text.n] = '\0';
        if (strlen(tmp) != text.n || inet_pton(AF_INET6, tmp, ip) != 1)
            return false;
    }
    memcpy(out, ip, sizeof(ip));
    return true;
}

const char *yg_ip_text(const unsigned char ip[YG_IP_SIZE], char out[YG_IP_TEXT_MAX])
{
    if (yg_ip_is_v4(ip))
        inet_ntop(AF_INET, ip + 12, out, YG_IP_TEXT_MAX);
    else
        inet_ntop(AF_INET6, ip, out, YG_IP_TEXT_MAX);
    return out;
}

bool yg_ip_is_v4(const unsigned char ip[YG_IP_SIZE])
{
    return memcmp(ip, v4_prefix, sizeof(v4_prefix)) == 0;
}

struct prefix {
    uint32_t first; /* the first 32 bits */
    unsigned bits;  /* 1 to 32 */
};

#define FIRST(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static bool in_any(const unsigned char *p, const struct prefix *x, size_t n)
{
    uint32_t first = FIRST(p[0], (uint32_t)p[1], (uint32_t)p[2], (uint32_t)p[3]);

    for (size_t i = 0; i < n; i++)
        if ((first ^ x[i].first) >> (32 - x[i].bits) == 0)
            return true;
    return false;
}

bool yg_ip_is_internal(const unsigned char ip[YG_IP_SIZE])
{
    static const struct prefix v4[] = {
        { FIRST(10, 0, 0, 0), 8 },      { FIRST(172, 16, 0, 0), 12 },
        { FIRST(192, 168, 0, 0), 16 },  { FIRST(127, 0, 0, 0), 8 },
        { FIRST(169, 254, 0, 0), 16 },  { FIRST(100, 64, 0, 0), 10 },
        { FIRST(0, 0, 0, 0), 8 },       { FIRST(192, 0, 2, 0), 24 },
        { FIRST(198, 51, 100, 0), 24 }, { FIRST(203, 0, 113, 0), 24 },
    };
    static const struct prefix v6[] = { { FIRST(0xfe, 0x80, 0, 0), 10 },
                                        { FIRST(0xfc, 0, 0, 0), 7 },
                                        { FIRST(0x20, 0x01, 0x0d, 0xb8), 32 } };
    static const unsigned char zero[15];

    if (yg_ip_is_v4(ip))
        return in_any(ip + 12, v4, sizeof(v4) / sizeof(v4[0]));
    return in_any(ip, v6, sizeof(v6) / sizeof(v6[0])) ||
           (memcmp(ip, zero, sizeof(zero)) == 0 && ip[15] <= 1); /* ::, ::1 */
}

bool yg_ip_is_group(const unsigned char ip[YG_IP_SIZE])
{
    if (yg_ip_is_v4(ip))
        return ip[12] >> 4 == 14 || memcmp(ip + 12, "\xff\xff\xff\xff", 4) == 0;
    return ip[0] == 0xff;
}

void yg_ip_net(const unsigned char ip[YG_IP_SIZE], unsigned char out[YG_IP_SIZE])
{
    size_t keep = yg_ip_is_v4(ip) ? 15 : 8;

    memset(out, 0, YG_IP_SIZE);
    memcpy(out, ip, keep);
}
