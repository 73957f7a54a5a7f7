/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include "base/status.h"

#include <sodium.h>

uint64_t yg_hash_str(uint64_t salt, struct yg_str s)
{
    unsigned char key[crypto_shorthash_KEYBYTES] = "yagura";
    uint64_t h;

    memcpy(key + 8, &salt, sizeof(salt));
    crypto_shorthash((unsigned char *)&h, (const unsigned char *)(s.p ? s.p : ""), s.n,
                     key);
    return h ? h : 1;
}

uint64_t yg_hash_pair(uint64_t a, uint64_t b)
{
    /* The finaliser of SplitMix64 (Steele, Lea, Flood 2014) over a skewed sum. */
    uint64_t z = a * 0x9e3779b97f4a7c15ULL + (b ^ (b >> 32)) + 0x7f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return z ? z : 1;
}

static crypto_generichash_state *state_of(struct yg_digest *d)
{
    _Static_assert(sizeof(crypto_generichash_state) <= sizeof(d->state), "state fits");
    return (crypto_generichash_state *)(void *)d->state;
}

void yg_digest_init(struct yg_digest *d)
{
    crypto_generichash_init(state_of(d), NULL, 0, YG_DIGEST_SIZE);
}

void yg_digest_add(struct yg_digest *d, const void *p, size_t n)
{
    if (n)
        crypto_generichash_update(state_of(d), p, n);
}

void yg_digest_done(struct yg_digest *d, unsigned char out[YG_DIGEST_SIZE])
{
    crypto_generichash_final(state_of(d), out, YG_DIGEST_SIZE);
}

void yg_digest_of(const void *p, size_t n, unsigned char out[YG_DIGEST_SIZE])
{
    struct yg_digest d;

    yg_digest_init(&d);
    yg_digest_add(&d, p, n);
    yg_digest_done(&d, out);
}

void yg_hash_id(struct yg_str domain, struct yg_str bytes, unsigned char out[YG_ID_SIZE])
{
    YG_ASSERT(domain.n <= crypto_generichash_KEYBYTES_MAX);
    unsigned char key[crypto_generichash_KEYBYTES_MAX] = { 0 };
    static const unsigned char none[1];

    memcpy(key, domain.n ? domain.p : "", domain.n);
    crypto_generichash(out, YG_ID_SIZE, bytes.n ? (const unsigned char *)bytes.p : none,
                       bytes.n, key, sizeof(key));
}

void yg_hex(const unsigned char *p, size_t n, char *out)
{
    static const char digit[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digit[p[i] >> 4];
        out[2 * i + 1] = digit[p[i] & 15];
    }
    out[2 * n] = '\0';
}

bool yg_unhex(struct yg_str s, unsigned char *out, size_t n)
{
    if (s.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint64_t v;
        if (!yg_str_hex64((struct yg_str){ s.p + 2 * i, 2 }, &v))
            return false;
        out[i] = (unsigned char)v;
    }
    return true;
}
