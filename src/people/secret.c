/* SPDX-License-Identifier: Apache-2.0 */
#include "people/secret.h"

#include "base/status.h"

#include <sodium.h>

#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

_Static_assert(sodium_base64_ENCODED_LEN(YG_SECRET_SIZE, VARIANT) == YG_SECRET_CHARS + 1,
               "43 characters and a NUL");

static const struct {
    struct yg_str prefix;
    struct yg_str domain;
} use_of[] = {
    [YG_SECRET_SESSION] = { { "", 0 }, { "yagura session", 14 } },
    [YG_SECRET_TOKEN] = { { "ygt_", 4 }, { "yagura token", 12 } },
};

static void digest_of(struct yg_str domain, const void *p, size_t n,
                      unsigned char digest[YG_DIGEST_SIZE])
{
    struct yg_digest d;

    yg_digest_init(&d);
    yg_digest_add(&d, domain.p, domain.n);
    yg_digest_add(&d, p, n);
    yg_digest_done(&d, digest);
}

void yg_secret_make(enum yg_secret_use use, const struct yg_entropy *e,
                    char text[YG_SECRET_ROOM], unsigned char digest[YG_DIGEST_SIZE])
{
    const struct yg_str prefix = use_of[use].prefix;
    unsigned char bytes[YG_SECRET_SIZE];

    yg_entropy_fill(e, bytes, sizeof(bytes));
    memcpy(text, prefix.p, prefix.n);
    sodium_bin2base64(text + prefix.n, YG_SECRET_ROOM - prefix.n, bytes, sizeof(bytes),
                      VARIANT);
    digest_of(use_of[use].domain, bytes, sizeof(bytes), digest);
    sodium_memzero(bytes, sizeof(bytes));
}

/* The bytes of a text, which has one spelling only. */
static bool bytes_of(enum yg_secret_use use, struct yg_str text,
                     unsigned char bytes[YG_SECRET_SIZE])
{
    const struct yg_str prefix = use_of[use].prefix;
    size_t n;

    if (text.n != prefix.n + YG_SECRET_CHARS || !yg_str_starts(text, prefix))
        return false;
    return sodium_base642bin(bytes, YG_SECRET_SIZE, text.p + prefix.n, YG_SECRET_CHARS,
                             NULL, &n, NULL, VARIANT) == 0 &&
           n == YG_SECRET_SIZE;
}

bool yg_secret_digest(enum yg_secret_use use, struct yg_str text,
                      unsigned char digest[YG_DIGEST_SIZE])
{
    unsigned char bytes[YG_SECRET_SIZE];

    if (!bytes_of(use, text, bytes))
        return false;
    digest_of(use_of[use].domain, bytes, sizeof(bytes), digest);
    sodium_memzero(bytes, sizeof(bytes));
    return true;
}

bool yg_secret_csrf(struct yg_str session, char out[YG_SECRET_ROOM])
{
    unsigned char bytes[YG_SECRET_SIZE], digest[YG_DIGEST_SIZE];

    if (!bytes_of(YG_SECRET_SESSION, session, bytes))
        return false;
    digest_of(YG_STR("yagura csrf"), bytes, sizeof(bytes), digest);
    sodium_memzero(bytes, sizeof(bytes));
    sodium_bin2base64(out, YG_SECRET_ROOM, digest, sizeof(digest), VARIANT);
    return true;
}

void yg_base32(const unsigned char *p, size_t n, bool small, char *out)
{
    const char *letter =
        small ? "abcdefghijklmnopqrstuvwxyz234567" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint64_t bits = 0;

    YG_ASSERT(n % 5 == 0);
    for (size_t i = 0; i < n; i += 5, out += 8) {
        for (size_t k = 0; k < 5; k++)
            bits = bits << 8 | p[i + k];
        for (size_t k = 0; k < 8; k++)
            out[k] = letter[bits >> (35 - 5 * k) & 31];
    }
    *out = '\0';
}

void yg_code_make(const struct yg_entropy *e, char text[20])
{
    unsigned char bytes[YG_CODE_CHARS / 8 * 5];
    char plain[YG_CODE_CHARS + 1];
    size_t n = 0;

    yg_entropy_fill(e, bytes, sizeof(bytes));
    yg_base32(bytes, sizeof(bytes), true, plain);
    for (size_t i = 0; i < YG_CODE_CHARS; i++) {
        if (i > 0 && i % 4 == 0)
            text[n++] = '-';
        text[n++] = plain[i];
    }
    text[n] = '\0';
    sodium_memzero(bytes, sizeof(bytes));
    sodium_memzero(plain, sizeof(plain));
}

bool yg_code_digest(uint64_t user, struct yg_str text,
                    unsigned char digest[YG_DIGEST_SIZE])
{
    unsigned char plain[8 + YG_CODE_CHARS];
    size_t n = 8;

    for (size_t i = 0; i < 8; i++)
        plain[i] = (unsigned char)(user >> 8 * i);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '-' || c == ' ')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + ('a' - 'A'));
        if (!((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7')) || n == sizeof(plain))
            return false;
        plain[n++] = (unsigned char)c;
    }
    if (n != sizeof(plain))
        return false;
    digest_of(YG_STR("yagura recovery"), plain, n, digest);
    sodium_memzero(plain, sizeof(plain));
    return true;
}

void yg_secret_password(const struct yg_entropy *e, char text[32])
{
    static const char letter[] =
        "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    for (size_t i = 0; i < 24; i++)
        text[i] = letter[yg_entropy_below(e, sizeof(letter) - 1)];
    text[24] = '\0';
}
