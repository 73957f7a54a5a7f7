/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/jwk.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <sodium.h>

#define RSA_LEAST 2048 /* bits */
#define RSA_MOST  8192
#define EC_SIZE   32

static const char *const alg_name[] = {
    [YG_JWK_RS256] = "RS256", [YG_JWK_ES256] = "ES256", [YG_JWK_EDDSA] = "EdDSA"
};

const char *yg_jwk_alg_name(enum yg_jwk_alg alg)
{
    return alg_name[alg];
}

/* ---- reading ---------------------------------------------------------------------- */

static bool bytes_of(const struct yg_members *m, const char *name, struct yg_arena *arena,
                     struct yg_str *out)
{
    struct yg_str text = yg_members_text(m, name);

    return text.p && yg_base64url(text, arena, out) && out->n > 0;
}

static size_t bits_of(struct yg_str number)
{
    size_t zeros = 0;

    while (zeros < number.n && number.p[zeros] == 0)
        zeros++;
    if (zeros == number.n)
        return 0;
    unsigned char top = (unsigned char)number.p[zeros];
    size_t n = 8 * (number.n - zeros - 1);
    for (; top; top >>= 1)
        n++;
    return n;
}

static bool is_odd(struct yg_str number)
{
    return number.n > 0 && (number.p[number.n - 1] & 1);
}

/* An exponent from 3 to 2^32: larger ones only cost time. */
static bool read_rsa(const struct yg_members *m, struct yg_arena *arena, struct yg_jwk *k)
{
    k->alg = YG_JWK_RS256;
    return bytes_of(m, "n", arena, &k->a) && bytes_of(m, "e", arena, &k->b) &&
           bits_of(k->a) >= RSA_LEAST && bits_of(k->a) <= RSA_MOST && is_odd(k->a) &&
           is_odd(k->b) && bits_of(k->b) >= 2 && bits_of(k->b) <= 32;
}

static bool read_ec(const struct yg_members *m, struct yg_arena *arena, struct yg_jwk *k)
{
    k->alg = YG_JWK_ES256;
    return yg_str_eq(yg_members_text(m, "crv"), YG_STR("P-256")) &&
           bytes_of(m, "x", arena, &k->a) && bytes_of(m, "y", arena, &k->b) &&
           k->a.n == EC_SIZE && k->b.n == EC_SIZE;
}

static bool read_okp(const struct yg_members *m, struct yg_arena *arena, struct yg_jwk *k)
{
    k->alg = YG_JWK_EDDSA;
    return yg_str_eq(yg_members_text(m, "crv"), YG_STR("Ed25519")) &&
           bytes_of(m, "x", arena, &k->a) && k->a.n == crypto_sign_PUBLICKEYBYTES;
}

/* Is it for signatures of this algorithm? What does not say so may be. */
static bool is_for(struct yg_json_pull *json, const struct yg_members *m,
                   struct yg_arena *arena, enum yg_jwk_alg alg)
{
    const struct yg_member_value *use = yg_members_get(m, "use"),
                                 *name = yg_members_get(m, "alg"),
                                 *ops = yg_members_get(m, "key_ops");
    struct yg_values list;

    if (use && !yg_str_eq(yg_members_text(m, "use"), YG_STR("sig")))
        return false;
    if (name && !yg_str_eq(yg_members_text(m, "alg"), yg_str_of(alg_name[alg])))
        return false;
    return !ops || (yg_members_values(json, ops, arena, &list, NULL) &&
                    yg_values_have(&list, YG_STR("verify")));
}

static bool read_key(struct yg_json_pull *json, struct yg_str text,
                     struct yg_arena *arena, struct yg_jwk *out)
{
    struct yg_members m;
    struct yg_jwk k = { .kid = YG_STR_NONE };

    if (!yg_members_read(json, text, arena, &m))
        return false;
    struct yg_str kty = yg_members_text(&m, "kty");
    bool good = yg_str_eq(kty, YG_STR("RSA"))   ? read_rsa(&m, arena, &k)
                : yg_str_eq(kty, YG_STR("EC"))  ? read_ec(&m, arena, &k)
                : yg_str_eq(kty, YG_STR("OKP")) ? read_okp(&m, arena, &k)
                                                : false;
    if (!good || !is_for(json, &m, arena, k.alg))
        return false;
    if (yg_members_get(&m, "kid"))
        k.kid = yg_members_text(&m, "kid");
    if (yg_members_get(&m, "kid") && !k.kid.p)
        return false;
    *out = k;
    return true;
}

enum yg_status yg_jwks_read(struct yg_json_pull *json, struct yg_str text,
                            struct yg_arena *arena, struct yg_jwks *out,
                            struct yg_err *err)
{
    struct yg_str span[YG_JWKS_MAX];
    struct yg_members m;
    size_t n = 0;

    *out = (struct yg_jwks){ .count = 0 };
    const struct yg_member_value *keys =
        yg_members_read(json, text, arena, &m) ? yg_members_get(&m, "keys") : NULL;
    if (!keys || keys->kind != YG_VALUE_LIST || !yg_json_pull_begin(json, keys->text) ||
        !yg_json_pull_into(json, '['))
        return yg_err_set(err, YG_EFORMAT, "the provider's keys are no key set");
    while (yg_json_pull_element(json)) {
        if (n == YG_JWKS_MAX)
            return yg_err_set(err, YG_ELIMIT, "the provider has more than %d keys",
                              YG_JWKS_MAX);
        if (!yg_json_pull_skip(json, &span[n]))
            break;
        n++;
    }
    if (!yg_json_pull_end(json))
        return yg_err_set(err, YG_EFORMAT, "the provider's keys are no key set");
    for (size_t i = 0; i < n; i++)
        if (read_key(json, span[i], arena, &out->key[out->count]))
            out->count++;
        else
            out->passed++;
    return YG_OK;
}

/* ---- signatures ------------------------------------------------------------------- */

/* GnuTLS changes nothing of it. */
static gnutls_datum_t datum(struct yg_str s)
{
    union {
        const char *in;
        unsigned char *out;
    } p = { .in = s.p };

    return (gnutls_datum_t){ p.out, (unsigned)s.n };
}

static bool rsa(const struct yg_jwk *k, gnutls_pubkey_t key, struct yg_str bytes,
                struct yg_str signature)
{
    gnutls_datum_t n = datum(k->a), e = datum(k->b), data = datum(bytes),
                   sig = datum(signature);

    return gnutls_pubkey_import_rsa_raw(key, &n, &e) == 0 &&
           gnutls_pubkey_verify_data2(key, GNUTLS_SIGN_RSA_SHA256, 0, &data, &sig) >= 0;
}

/* The signature is r and s, 32 bytes each (RFC 7518, section 3.4). */
static bool ecdsa(const struct yg_jwk *k, gnutls_pubkey_t key, struct yg_str bytes,
                  struct yg_str signature)
{
    gnutls_datum_t x = datum(k->a), y = datum(k->b), data = datum(bytes), sig;

    if (signature.n != 2 * (size_t)EC_SIZE)
        return false;
    gnutls_datum_t r = datum((struct yg_str){ signature.p, EC_SIZE }),
                   s = datum((struct yg_str){ signature.p + EC_SIZE, EC_SIZE });
    if (gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &x, &y) != 0 ||
        gnutls_encode_rs_value(&sig, &r, &s) != 0)
        return false;
    bool good =
        gnutls_pubkey_verify_data2(key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &sig) >= 0;
    gnutls_free(sig.data);
    return good;
}

static bool eddsa(const struct yg_jwk *k, struct yg_str bytes, struct yg_str signature)
{
    return signature.n == crypto_sign_BYTES &&
           crypto_sign_verify_detached((const unsigned char *)signature.p,
                                       (const unsigned char *)bytes.p, bytes.n,
                                       (const unsigned char *)k->a.p) == 0;
}

bool yg_jwk_verify(const struct yg_jwk *k, struct yg_str bytes, struct yg_str signature)
{
    gnutls_pubkey_t key;

    if (k->alg == YG_JWK_EDDSA)
        return eddsa(k, bytes, signature);
    if (signature.n == 0 || signature.n > RSA_MOST / 8 || gnutls_pubkey_init(&key) != 0)
        return false;
    bool good = k->alg == YG_JWK_RS256 ? rsa(k, key, bytes, signature)
                                       : ecdsa(k, key, bytes, signature);
    gnutls_pubkey_deinit(key);
    return good;
}
