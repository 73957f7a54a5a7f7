/* SPDX-License-Identifier: Apache-2.0 */
#include "people/totp.h"

#include "base/clock.h"
#include "people/secret.h"

#include <nettle/hmac.h>

#define MODULUS 1000000 /* 10^YG_TOTP_DIGITS */

/* RFC 4226, section 5.3 */
uint32_t yg_totp_code(const unsigned char secret[YG_TOTP_SIZE], uint64_t step)
{
    struct hmac_sha1_ctx ctx;
    uint8_t counter[8], mac[SHA1_DIGEST_SIZE];

    for (size_t i = 0; i < sizeof(counter); i++)
        counter[i] = (uint8_t)(step >> (56 - 8 * i));
    hmac_sha1_set_key(&ctx, YG_TOTP_SIZE, secret);
    hmac_sha1_update(&ctx, sizeof(counter), counter);
    hmac_sha1_digest(&ctx, sizeof(mac), mac);
    const uint8_t *at = mac + (mac[sizeof(mac) - 1] & 15);
    uint32_t v = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 |
                 (uint32_t)at[2] << 8 | at[3];
    return v % MODULUS;
}

static bool digits(struct yg_str text, uint32_t *out)
{
    uint32_t v = 0;
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == ' ')
            continue;
        if (c < '0' || c > '9' || n == YG_TOTP_DIGITS)
            return false;
        v = v * 10 + (uint32_t)(c - '0');
        n++;
    }
    *out = v;
    return n == YG_TOTP_DIGITS;
}

bool yg_totp_match(const unsigned char secret[YG_TOTP_SIZE], struct yg_str text,
                   int64_t now_ns, int64_t used, int64_t *step)
{
    const int64_t now = now_ns / YG_NS_PER_S / YG_TOTP_STEP_S;
    uint32_t code;
    int64_t found = -1;

    if (!digits(text, &code))
        return false;
    for (int64_t s = now - YG_TOTP_DRIFT; s <= now + YG_TOTP_DRIFT; s++) {
        bool same = yg_totp_code(secret, (uint64_t)s) == code;
        /* two steps may have the same code: the later one, so that both are used */
        if (same && s > used && s >= 0)
            found = s;
    }
    if (found < 0)
        return false;
    *step = found;
    return true;
}

void yg_totp_uri(struct yg_buf *out, struct yg_str name,
                 const unsigned char secret[YG_TOTP_SIZE])
{
    char text[YG_BASE32_CHARS + 1];

    yg_base32(secret, YG_TOTP_SIZE, false, text);
    yg_buf_printf(out, "otpauth://totp/yagura:");
    for (size_t i = 0; i < name.n; i++) {
        const unsigned char c = (unsigned char)name.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
            c == '_')
            yg_buf_char(out, (char)c);
        else
            yg_buf_printf(out, "%%%02X", c);
    }
    yg_buf_printf(out, "?secret=%s&issuer=yagura&digits=%d&period=%d", text,
                  YG_TOTP_DIGITS, YG_TOTP_STEP_S);
}
