/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certshow - certificates as people and scripts read them: what was just made, what the
 * ledger holds. Appends to a buffer; nothing is kept.
 */
#ifndef YG_YAGURA_CERTSHOW_H
#define YG_YAGURA_CERTSHOW_H

#include "policy/certificate.h"
#include "store/ledger.h"
#include "yagura/app.h"

struct yg_certshow {
    struct yg_str tenant; /* empty: the pool's */
    unsigned char digest[YG_DIGEST_SIZE];
    struct yg_certificate certificate;
};

struct yg_certshow_all {
    const struct yg_certshow *v; /* of tenants, then the pool's if there is one */
    size_t n;
    const struct yg_certificate *pool, *in_force; /* NULL: none; in the model file */
    uint64_t later;                               /* verdicts there were to test on */
};
void yg_certshow_text(const struct yg_certshow_all *all, struct yg_buf *out);
void yg_certshow_json(const struct yg_certshow_all *all, struct yg_buf *out);

/* The one of this digest in full, its signature checked with `key`; NULL: a line each. */
enum yg_status yg_certshow_stored(struct yg_app *a, const unsigned char *key,
                                  const char *digest, struct yg_buf *out,
                                  struct yg_err *err) YG_MUST_USE;

/* It was computed again and is the same. */
void yg_certshow_again(const struct yg_ledger_certificate *row, bool json,
                       struct yg_buf *out);

#endif
