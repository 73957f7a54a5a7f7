/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_util - what the tests of the ledger share: rows made from a number.
 *
 * Header only, because a test is one source.
 */
#ifndef YG_TESTS_LEDGER_UTIL_H
#define YG_TESTS_LEDGER_UTIL_H

#include "store/ledger.h"
#include "store_util.h"

#include <sodium.h>

static const char long_text[4096] = "padding of no meaning";

/* Empty, one byte, odd lengths, bytes that are no text. */
static inline struct yg_str text_of(uint64_t n)
{
    static const struct yg_str text[] = {
        { "", 0 },
        { "x", 1 },
        { "a\0b", 3 },
        { "\xff\xfe\x80 not UTF-8", 13 },
        { "'; DROP TABLE audit; --", 23 },
        { long_text, 4095 },
    };
    return text[n % YG_ARRAY_LEN(text)];
}

static inline struct yg_ledger_certificate certificate_of(struct yg_str tenant,
                                                          uint32_t attempt)
{
    struct yg_ledger_certificate c = { .tenant = tenant,
                                       .attempt = attempt,
                                       .made_ns = T0 - attempt,
                                       .bytes = { long_text, 100 + attempt } };
    unsigned char secret[crypto_sign_SECRETKEYBYTES], seed[32] = { 7 };

    yg_digest_of(c.bytes.p, c.bytes.n, c.digest);
    memset(c.model, (int)attempt, sizeof(c.model));
    if (attempt % 2) {
        crypto_sign_seed_keypair(c.key, secret, seed);
        crypto_sign_detached(c.sig, NULL, c.digest, sizeof(c.digest), secret);
    }
    return c;
}

static inline struct yg_order order_of(uint64_t n)
{
    struct yg_order o = { .at_ns = T0 - (int64_t)n * 7,
                          .tenant = n % 3 ? ACME : BETA,
                          .who = text_of(n + 1),
                          .why = text_of(n),
                          .devices = (uint32_t)n % (1U << YG_DEV_COUNT),
                          .fall = (uint32_t)n % (1U << YG_FALL_COUNT),
                          .kind = (uint8_t)(YG_ORDER_ARM + n % YG_ORDER_RENEW) };

    memset(o.certificate, (int)n, sizeof(o.certificate));
    return o;
}

static inline struct yg_audit audit_of(uint64_t n)
{
    struct yg_audit a = { .tenant = n % 2 ? ACME : BETA,
                          .who = text_of(n),
                          .rate = n % 2 ? YG_COIN_ONE : YG_COIN_LEAST,
                          .entity = UINT64_MAX - n,
                          .drawn_ns = T0 + (int64_t)(n * 37 % 100),
                          .ends_ns = T0 + (int64_t)n * 100,
                          .judged_ns = T0 - (int64_t)(n * 31 % 100),
                          .risk = UINT32_MAX - (uint32_t)n,
                          .kind = (uint8_t)(YG_AUDIT_COIN + n % 3),
                          .state = (uint8_t)(n / 2 % 3),
                          .device = (uint8_t)(n % YG_DEV_COUNT),
                          .level = (uint8_t)(n % YG_LEVEL_COUNT),
                          .predicted = YG_LEVEL_NONE,
                          .truth = (uint8_t)((n + 1) % YG_LEVEL_COUNT),
                          .armed = n % 5 == 0,
                          .second = (uint8_t)((n + 2) % YG_LEVEL_COUNT),
                          .first = n % 3 ? YG_LEVEL_L2 : YG_LEVEL_NONE,
                          .worst = (uint8_t)((n + 3) % YG_LEVEL_COUNT),
                          .changes = UINT32_MAX - (uint32_t)n };

    id_of(n, a.run);
    id_of(n + 1000, a.alert);
    memset(a.certificate, (int)n, sizeof(a.certificate));
    return a;
}

static inline struct yg_toss toss_of(uint64_t n)
{
    struct yg_toss t = { .tenant = n % 2 ? ACME : BETA,
                         .cluster = UINT64_MAX - n,
                         .rate = n % 3 ? YG_COIN_ONE >> n % 8 : 0,
                         .at_ns = T0 + (int64_t)n,
                         .kind = n % 4 ? YG_COIN_AUDIT : YG_COIN_DECOY,
                         .device = (uint8_t)(n % YG_DEV_COUNT) };

    id_of(n, t.run);
    return t;
}

static inline void put_tosses(struct fixture *f, uint64_t from, uint64_t until)
{
    struct yg_toss t[64];
    size_t n = 0;

    for (; from < until; from++)
        t[n++] = toss_of(from);
    assert_ok(f, yg_ledger_tosses_put(f->st, t, n, &f->err));
}

static inline void put_orders(struct fixture *f, uint64_t from, uint64_t until)
{
    for (uint64_t n = from; n < until; n++) {
        struct yg_order o = order_of(n);
        assert_ok(f, yg_ledger_order_put(f->st, &o, &f->err));
    }
}

static inline void put_certificates(struct fixture *f, struct yg_str tenant,
                                    uint32_t until)
{
    for (uint32_t i = 1; i < until; i++) {
        struct yg_ledger_certificate c = certificate_of(tenant, i);
        assert_ok(f, yg_ledger_certificate_put(f->st, &c, &f->err));
    }
}

static inline void put_audits(struct fixture *f, uint64_t from, uint64_t until)
{
    for (uint64_t n = from; n < until; n++) {
        struct yg_audit a = audit_of(n);
        assert_ok(f, yg_ledger_audit_put(f->st, &a, &f->err));
    }
}

#endif
