/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oidc_fake - an identity provider for tests: its keys, its documents, its tokens, and
 * what it does wrong when told to.
 */
#ifndef YG_TESTS_OIDC_FAKE_H
#define YG_TESTS_OIDC_FAKE_H

#include "oidc/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define ISSUER "https://id.example.org/realms/soc"
#define CLIENT "yagura"
#define NOW_S  INT64_C(1700006400)

enum fake_key { RSA, EC, ED, FAKE_KEYS };

struct fake {
    gnutls_privkey_t key[2];
    unsigned char ed[crypto_sign_SECRETKEYBYTES], ed_public[crypto_sign_PUBLICKEYBYTES];
    /* What it answers; fake_good() fills it in. */
    char meta[4096], keys[8192], token[32768], claims[4096], head[256];
    enum fake_key sign;
    unsigned meta_status, keys_status, token_status;
    enum yg_status fails; /* every request */
    bool own_token;       /* `token` is answered as it is */
    const char *mac;      /* sign with HMAC-SHA-256 under this text instead */
    /* What it was asked; of token requests the last. */
    unsigned metas, keyses, tokens;
    char form[8192], user[256], password[256];
};

static inline void fake_number(gnutls_datum_t d, size_t size, char *out)
{
    unsigned char bytes[1024] = { 0 };

    while (d.size > 0 && d.data[0] == 0) {
        d.data++;
        d.size--;
    }
    size = size ? size : d.size;
    memcpy(bytes + size - d.size, d.data, d.size);
    yg_base64url_text(bytes, size, out);
}

static inline void fake_rsa(struct fake *f, const char *more, char *out, size_t size)
{
    gnutls_datum_t m, e, none[6] = { { NULL, 0 } };
    char a[1400], b[32];

    assert_int_equal(gnutls_privkey_export_rsa_raw(f->key[RSA], &m, &e, &none[0],
                                                   &none[1], &none[2], &none[3], &none[4],
                                                   &none[5]),
                     0);
    unsigned char *own[2] = { m.data, e.data };
    fake_number(m, 0, a);
    fake_number(e, 0, b);
    snprintf(out, size, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s}", a, b, more);
    gnutls_free(own[0]);
    gnutls_free(own[1]);
    for (size_t i = 0; i < 6; i++)
        gnutls_free(none[i].data);
}

static inline void fake_ec(struct fake *f, const char *more, char *out, size_t size)
{
    gnutls_datum_t x, y, k;
    char a[64], b[64];

    assert_int_equal(gnutls_privkey_export_ecc_raw(f->key[EC], NULL, &x, &y, &k), 0);
    unsigned char *own[2] = { x.data, y.data };
    fake_number(x, 32, a);
    fake_number(y, 32, b);
    snprintf(out, size, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"%s}",
             a, b, more);
    gnutls_free(own[0]);
    gnutls_free(own[1]);
    gnutls_free(k.data);
}

static inline void fake_ed(struct fake *f, const char *more, char *out, size_t size)
{
    char a[64];

    yg_base64url_text(f->ed_public, sizeof(f->ed_public), a);
    snprintf(out, size, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"%s}", a, more);
}

/* All is as it should be. */
static inline void fake_good(struct fake *f)
{
    char rsa[2048], ec[512], ed[512];

    fake_rsa(f, ",\"kid\":\"r\",\"use\":\"sig\",\"alg\":\"RS256\"", rsa, sizeof(rsa));
    fake_ec(f, ",\"kid\":\"e\"", ec, sizeof(ec));
    fake_ed(f, ",\"kid\":\"d\"", ed, sizeof(ed));
    snprintf(f->keys, sizeof(f->keys), "{\"keys\":[%s,%s,%s]}", rsa, ec, ed);
    snprintf(f->meta, sizeof(f->meta), "%s",
             "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER "/auth\","
             "\"token_endpoint\":\"" ISSUER "/token\",\"jwks_uri\":\"" ISSUER "/keys\"}");
    snprintf(f->claims, sizeof(f->claims),
             "{\"iss\":\"" ISSUER "\",\"sub\":\"s-1\",\"aud\":\"" CLIENT
             "\",\"exp\":%lld,\"iat\":%lld,\"nonce\":\"NONCE\",\"preferred_username\":"
             "\"Kim\",\"name\":\"Kim Lee\",\"groups\":[\"soc\"]}",
             (long long)NOW_S + 300, (long long)NOW_S);
    f->head[0] = '\0';
    f->sign = EC;
    f->meta_status = f->keys_status = f->token_status = 200;
    f->fails = YG_OK;
    f->own_token = false;
    f->mac = NULL;
    f->metas = f->keyses = f->tokens = 0;
}

static inline int fake_new(void **state)
{
    struct fake *f = calloc(1, sizeof(*f));

    if (!f || sodium_init() < 0)
        return -1;
    for (int i = RSA; i <= EC; i++) {
        gnutls_privkey_init(&f->key[i]);
        if (gnutls_privkey_generate(
                f->key[i], i == RSA ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA,
                i == RSA ? 2048 : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
                0) != 0)
            return -1;
    }
    crypto_sign_keypair(f->ed_public, f->ed);
    fake_good(f);
    *state = f;
    return 0;
}

static inline int fake_free(void **state)
{
    struct fake *f = *state;

    gnutls_privkey_deinit(f->key[RSA]);
    gnutls_privkey_deinit(f->key[EC]);
    free(f);
    return 0;
}

/* ---- tokens ------------------------------------------------------------------------ */

/* r and s of a DER signature, 32 bytes each. */
static inline void fake_raw(gnutls_datum_t sig, unsigned char out[64])
{
    gnutls_datum_t r, s;

    assert_int_equal(gnutls_decode_rs_value(&sig, &r, &s), 0);
    memset(out, 0, 64);
    for (int i = 0; i < 2; i++) {
        gnutls_datum_t n = i ? s : r;
        size_t from = n.size > 32 ? n.size - 32 : 0, len = n.size - from;
        memcpy(out + 32 * i + 32 - len, n.data + from, len);
    }
    gnutls_free(r.data);
    gnutls_free(s.data);
}

static inline size_t fake_signature(const struct fake *f, const char *text,
                                    unsigned char out[512])
{
    gnutls_datum_t data = { (unsigned char *)(uintptr_t)text, (unsigned)strlen(text) },
                   sig;

    if (f->mac) {
        gnutls_hmac_fast(GNUTLS_MAC_SHA256, f->mac, strlen(f->mac), text, strlen(text),
                         out);
        return 32;
    }
    if (f->sign == ED) {
        crypto_sign_detached(out, NULL, (const unsigned char *)text, strlen(text), f->ed);
        return crypto_sign_BYTES;
    }
    assert_int_equal(
        gnutls_privkey_sign_data(f->key[f->sign], GNUTLS_DIG_SHA256, 0, &data, &sig), 0);
    size_t n = sig.size;
    if (f->sign == EC)
        fake_raw(sig, out);
    else
        memcpy(out, sig.data, n);
    gnutls_free(sig.data);
    return f->sign == EC ? 64 : n;
}

/* A token of these texts. */
static inline void fake_token(const struct fake *f, const char *head, const char *claims,
                              char *out, size_t size)
{
    char a[1024], b[8192], c[1024];
    unsigned char sig[512];

    yg_base64url_text(head, strlen(head), a);
    yg_base64url_text(claims, strlen(claims), b);
    snprintf(out, size, "%s.%s", a, b);
    yg_base64url_text(sig, fake_signature(f, out, sig), c);
    snprintf(out + strlen(out), size - strlen(out), ".%s", c);
}

static inline const char *fake_head(const struct fake *f)
{
    static const char *const head[] = {
        "{\"alg\":\"RS256\",\"kid\":\"r\"}",
        "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"e\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"d\"}"
    };

    return f->head[0] ? f->head : head[f->sign];
}

/* ---- requests ---------------------------------------------------------------------- */

/* The claims with the nonce that the login had: the tests know it. */
static inline void fake_answer(struct fake *f, struct yg_buf *out)
{
    char token[16384];

    if (f->own_token) {
        yg_buf_str_add(out, yg_str_of(f->token));
        return;
    }
    fake_token(f, fake_head(f), f->claims, token, sizeof(token));
    yg_buf_printf(
        out, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}",
        token);
}

static inline enum yg_status fake_get(void *arg, const struct yg_fetch *w,
                                      struct yg_buf *out, unsigned *status,
                                      struct yg_err *err)
{
    struct fake *f = arg;
    struct yg_str url = yg_str_of(w->url);

    if (f->fails != YG_OK)
        return yg_err_set(err, f->fails, "the fake does not answer");
    if (yg_str_eq(url, YG_STR(ISSUER "/.well-known/openid-configuration"))) {
        f->metas++;
        *status = f->meta_status;
        yg_buf_str_add(out, yg_str_of(f->meta));
    } else if (yg_str_eq(url, YG_STR(ISSUER "/keys"))) {
        f->keyses++;
        *status = f->keys_status;
        yg_buf_str_add(out, yg_str_of(f->keys));
    } else {
        assert_string_equal(w->url, ISSUER "/token");
        assert_non_null(w->form);
        f->tokens++;
        *status = f->token_status;
        snprintf(f->form, sizeof(f->form), "%s", w->form);
        snprintf(f->user, sizeof(f->user), "%s", w->user ? w->user : "");
        snprintf(f->password, sizeof(f->password), "%s", w->user ? w->password : "");
        fake_answer(f, out);
    }
    return yg_buf_status(out) == YG_OK ? YG_OK
                                       : yg_err_set(err, YG_ELIMIT, "too long an answer");
}

static inline struct yg_fetcher fake_fetcher(struct fake *f)
{
    return (struct yg_fetcher){ .get = fake_get, .arg = f };
}

/* Replace the first `from` of a text. */
static inline void fake_change(char *text, size_t size, const char *from, const char *to)
{
    char rest[8192];
    char *at = strstr(text, from);

    assert_non_null(at);
    snprintf(rest, sizeof(rest), "%s", at + strlen(from));
    snprintf(at, size - (size_t)(at - text), "%s%s", to, rest);
}

/* Settings that fit the fake. */
static const struct yg_oidc_role fake_roles[] = { { { "admins", 6 },
                                                    YG_ROLE_SYSTEM_ADMIN },
                                                  { { "lead", 4 }, YG_ROLE_SENIOR },
                                                  { { "soc", 3 }, YG_ROLE_ANALYST } };
static const struct yg_oidc_tenant fake_tenants[] = { { { "c1", 2 }, { "acme", 4 } },
                                                      { { "c2", 2 }, { "harbor", 6 } },
                                                      { { "every", 5 }, { NULL, 0 } } };
static const struct yg_str fake_domains[] = { { "example.org", 11 } };

static inline struct yg_oidc_settings fake_settings(void)
{
    return (struct yg_oidc_settings){ .on = true,
                                      .issuer = YG_STR(ISSUER),
                                      .client_id = YG_STR(CLIENT),
                                      .console = YG_STR("https://soc.example.org"),
                                      .label = YG_STR("Log in with <ID>"),
                                      .scopes = YG_STR("openid profile"),
                                      .name_claim = YG_STR("preferred_username"),
                                      .role_claim = YG_STR("groups"),
                                      .fixed = YG_SCOPE_ALL,
                                      .role = fake_roles,
                                      .roles = YG_ARRAY_LEN(fake_roles),
                                      .tenant = fake_tenants,
                                      .tenants = YG_ARRAY_LEN(fake_tenants) };
}

#endif
