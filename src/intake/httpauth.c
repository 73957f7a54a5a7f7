/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/httpauth.h"

#include "base/hash.h"

#include <sodium.h>

#define HEADER_MAX 4096

static bool same(struct yg_str a, struct yg_str b)
{
    unsigned char x[YG_ID_SIZE], y[YG_ID_SIZE];

    yg_hash_id(YG_STR("yagura token"), a, x);
    yg_hash_id(YG_STR("yagura token"), b, y);
    return sodium_memcmp(x, y, sizeof(x)) == 0;
}

/* base64 of "name:secret": is the secret the token? */
static enum yg_httpauth check_pair(struct yg_str token, struct yg_str coded)
{
    unsigned char plain[HEADER_MAX];
    size_t n = 0;

    if (coded.n > HEADER_MAX ||
        sodium_base642bin(plain, sizeof(plain), coded.p, coded.n, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return YG_HTTPAUTH_ODD;
    struct yg_str secret = { (const char *)plain, n };
    (void)yg_str_cut(&secret, ':');
    if (!secret.p)
        return YG_HTTPAUTH_ODD;
    return same(token, secret) ? YG_HTTPAUTH_GOOD : YG_HTTPAUTH_WRONG;
}

enum yg_httpauth yg_httpauth_check(struct yg_str token, struct yg_str header)
{
    if (token.n == 0)
        return YG_HTTPAUTH_GOOD;
    if (!header.p)
        return YG_HTTPAUTH_MISSING;
    struct yg_str value = yg_str_trim(header), scheme = yg_str_cut(&value, ' ');
    value = value.p ? yg_str_trim(value) : YG_STR("");
    bool key = yg_str_eq_nocase(scheme, YG_STR("ApiKey"));
    if (yg_str_eq_nocase(scheme, YG_STR("Basic")))
        return check_pair(token, value);
    if (!key && !yg_str_eq_nocase(scheme, YG_STR("Bearer")) &&
        !yg_str_eq_nocase(scheme, YG_STR("Splunk")))
        return YG_HTTPAUTH_ODD;
    if (same(token, value))
        return YG_HTTPAUTH_GOOD;
    return key && check_pair(token, value) == YG_HTTPAUTH_GOOD ? YG_HTTPAUTH_GOOD
                                                               : YG_HTTPAUTH_WRONG;
}
