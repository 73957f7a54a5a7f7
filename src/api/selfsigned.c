/* SPDX-License-Identifier: Apache-2.0 */
#include "api/selfsigned.h"

#include "base/clock.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>

#define DAY_S (24 * 3600)
#define CN    "yagura"

/* The address as it stands in a certificate: 4 or 16 bytes. */
static gnutls_datum_t address_of(const struct yg_listen *l, unsigned char bytes[16])
{
    memcpy(bytes, l->ip, 16);
    return l->v6 ? (gnutls_datum_t){ bytes, 16 } : (gnutls_datum_t){ bytes + 12, 4 };
}

static int put_names(gnutls_x509_crt_t crt, const struct yg_listen *l)
{
    static const unsigned char v4[4] = { 127, 0, 0, 1 }, v6[16] = { [15] = 1 };
    unsigned char bytes[16];
    gnutls_datum_t own = address_of(l, bytes);
    const struct {
        gnutls_x509_subject_alt_name_t type;
        const void *p;
        size_t n;
    } name[] = { { GNUTLS_SAN_DNSNAME, "localhost", 9 },
                 { GNUTLS_SAN_IPADDRESS, v4, sizeof(v4) },
                 { GNUTLS_SAN_IPADDRESS, v6, sizeof(v6) },
                 { GNUTLS_SAN_IPADDRESS, own.data, own.size },
                 { GNUTLS_SAN_DNSNAME, l->name, strlen(l->name) } };
    int rc = 0;

    for (size_t i = 0; rc >= 0 && i < YG_ARRAY_LEN(name); i++)
        if (name[i].n > 0)
            rc = gnutls_x509_crt_set_subject_alt_name(
                crt, name[i].type, name[i].p, (unsigned)name[i].n, GNUTLS_FSAN_APPEND);
    return rc;
}

static int fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, int64_t now_s)
{
    unsigned char serial[16];
    int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); /* positive, full length */
    if (rc >= 0)
        rc = gnutls_x509_crt_set_version(crt, 3);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
    if (rc >= 0)
        rc = gnutls_x509_crt_set_activation_time(crt, now_s - DAY_S);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_expiration_time(crt, now_s + (YG_SELFSIGNED_DAYS - 1) *
                                                                  (int64_t)DAY_S);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, CN,
                                           sizeof(CN) - 1);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_key(crt, key);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
    return rc;
}

static int put_pem(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key,
                   struct yg_buf *certificate, struct yg_buf *secret)
{
    gnutls_datum_t pem = { NULL, 0 };
    int rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);

    if (rc < 0)
        return rc;
    yg_buf_add(certificate, pem.data, pem.size);
    gnutls_free(pem.data);
    rc = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
                                           GNUTLS_PKCS_PLAIN, &pem);
    if (rc < 0)
        return rc;
    yg_buf_add(secret, pem.data, pem.size);
    gnutls_memset(pem.data, 0, pem.size);
    gnutls_free(pem.data);
    return 0;
}

enum yg_status yg_selfsigned_make(const struct yg_listen *l, int64_t now_ns,
                                  struct yg_buf *certificate, struct yg_buf *key,
                                  struct yg_err *err)
{
    gnutls_x509_privkey_t own = NULL;
    gnutls_x509_crt_t crt = NULL;
    int rc = gnutls_x509_privkey_init(&own);

    if (rc >= 0)
        rc = gnutls_x509_crt_init(&crt);
    if (rc >= 0)
        rc = gnutls_x509_privkey_generate(
            own, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (rc >= 0)
        rc = fill(crt, own, now_ns / YG_NS_PER_S);
    if (rc >= 0)
        rc = put_names(crt, l);
    if (rc >= 0)
        rc = gnutls_x509_crt_sign2(crt, crt, own, GNUTLS_DIG_SHA256, 0);
    if (rc >= 0)
        rc = put_pem(crt, own, certificate, key);
    if (crt)
        gnutls_x509_crt_deinit(crt);
    if (own)
        gnutls_x509_privkey_deinit(own);
    if (rc < 0)
        return yg_err_set(err, YG_EIO, "no certificate can be made: %s",
                          gnutls_strerror(rc));
    return YG_OK;
}

/* The first certificate of a PEM; the caller frees it. NULL: there is none. */
static gnutls_x509_crt_t read_pem(struct yg_str pem)
{
    union {
        const char *in;
        unsigned char *out; /* GnuTLS reads only */
    } p = { .in = pem.p };
    gnutls_datum_t d = { p.out, (unsigned)pem.n };
    gnutls_x509_crt_t crt;

    if (pem.n == 0 || gnutls_x509_crt_init(&crt) < 0)
        return NULL;
    if (gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_PEM) >= 0)
        return crt;
    gnutls_x509_crt_deinit(crt);
    return NULL;
}

bool yg_selfsigned_good(struct yg_str pem, const struct yg_listen *l, int64_t now_ns)
{
    gnutls_x509_crt_t crt = read_pem(pem);
    unsigned char bytes[16];

    if (!crt)
        return false;
    gnutls_datum_t own = address_of(l, bytes);
    int64_t left = gnutls_x509_crt_get_expiration_time(crt) - now_ns / YG_NS_PER_S;
    bool good = left > YG_SELFSIGNED_SOON * (int64_t)DAY_S &&
                gnutls_x509_crt_check_ip(crt, own.data, own.size, 0) &&
                (!l->name[0] || gnutls_x509_crt_check_hostname(crt, l->name));
    gnutls_x509_crt_deinit(crt);
    return good;
}

bool yg_certificate_fingerprint(struct yg_str pem, char out[YG_FINGERPRINT_MAX])
{
    gnutls_x509_crt_t crt = read_pem(pem);
    unsigned char digest[32];
    size_t n = sizeof(digest);

    if (!crt)
        return false;
    bool ok = gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, digest, &n) >= 0;
    gnutls_x509_crt_deinit(crt);
    for (size_t i = 0; ok && i < n; i++)
        snprintf(out + 3 * i, YG_FINGERPRINT_MAX - 3 * i, i + 1 < n ? "%02X:" : "%02X",
                 digest[i]);
    return ok;
}
