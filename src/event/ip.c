/* SPDX-License-Identifier: Apache-2.0 */
#include "event/ip.h"

#include <arpa/inet.h>

static const unsigned char v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool yg_ip_parse(struct yg_str text, unsigned char out[YG_IP_SIZE])
{
    char tmp[YG_IP_TEXT_MAX];
    unsigned char ip[YG_IP_SIZE];
    struct yg_str rest = text;

    text = yg_str_cut(&rest, '%');
    if (text.n == 0 || text.n >= sizeof(tmp))
        return false;
    memcpy(tmp, text.p, text.n);
    tmp[text.n] = '\0';
    if (strlen(tmp) != text.n)
        return false;
    memcpy(ip, v4_prefix, sizeof(v4_prefix));
    if (inet_pton(AF_INET, tmp, ip + 12) != 1 && inet_pton(AF_INET6, tmp, ip) != 1)
        return false;
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
    unsigned char byte[4];
    int bits;
};

static bool in_prefix(const unsigned char *p, const struct prefix *x)
{
    for (int i = 0; i < x->bits; i++)
        if (((p[i / 8] ^ x->byte[i / 8]) >> (7 - i % 8) & 1) != 0)
            return false;
    return true;
}

bool yg_ip_is_internal(const unsigned char ip[YG_IP_SIZE])
{
    static const struct prefix v4[] = {
        { { 10 }, 8 },
        { { 172, 16 }, 12 },
        { { 192, 168 }, 16 },
        { { 127 }, 8 },
        { { 169, 254 }, 16 },
        { { 100, 64 }, 10 },
        { { 0 }, 8 },
        { { 192, 0, 2 }, 24 },
        { { 198, 51, 100 }, 24 },
        { { 203, 0, 113 }, 24 },
    };
    static const struct prefix v6[] = { { { 0xfe, 0x80 }, 10 },
                                        { { 0xfc }, 7 },
                                        { { 0x20, 0x01, 0x0d, 0xb8 }, 32 } };
    static const unsigned char zero[15];

    if (yg_ip_is_v4(ip)) {
        for (size_t i = 0; i < sizeof(v4) / sizeof(v4[0]); i++)
            if (in_prefix(ip + 12, &v4[i]))
                return true;
        return false;
    }
    for (size_t i = 0; i < sizeof(v6) / sizeof(v6[0]); i++)
        if (in_prefix(ip, &v6[i]))
            return true;
    return memcmp(ip, zero, sizeof(zero)) == 0 && ip[15] <= 1; /* ::, ::1 */
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
