/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that somebody shows to come in: cookies, tokens, codes, passwords, names of
 * hashes. What is taken has one spelling: a secret's text gives a digest, and another
 * text that gives the same one is the same text. */
#include "base/status.h"
#include "people/password.h"
#include "people/secret.h"
#include "people/totp.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void codes(struct yg_str text)
{
    const unsigned char secret[YG_TOTP_SIZE] = { 1 };
    unsigned char digest[YG_DIGEST_SIZE];
    int64_t step = -1;

    if (yg_totp_match(secret, text, INT64_C(1700000000000000000), 0, &step))
        YG_ASSERT(step > 0 && text.n >= YG_TOTP_DIGITS);
    if (yg_code_digest(1, text, digest))
        YG_ASSERT(text.n >= YG_CODE_CHARS);
}

static void secrets(struct yg_str text)
{
    unsigned char digest[YG_DIGEST_SIZE];
    char csrf[YG_SECRET_ROOM];
    bool session = yg_secret_digest(YG_SECRET_SESSION, text, digest);

    YG_ASSERT(!session || text.n == YG_SECRET_CHARS);
    YG_ASSERT(yg_secret_csrf(text, csrf) == session);
    YG_ASSERT(!session || !yg_secret_digest(YG_SECRET_TOKEN, text, digest));
    if (yg_secret_digest(YG_SECRET_TOKEN, text, digest))
        YG_ASSERT(text.n == YG_SECRET_CHARS + 4);
}

static void passwords(struct yg_str text)
{
    struct yg_str tenant = { text.p, text.n / 2 };
    const struct yg_scope scope = { .tenant = &tenant, .tenants = 1 };
    char hash[YG_PASSWORD_HASH];
    struct yg_err err = { 0 };
    const size_t cut = text.n < sizeof(hash) ? text.n : sizeof(hash) - 1;

    if (yg_password_check(text, tenant, &scope, &err) == YG_OK)
        YG_ASSERT(text.n >= YG_PASSWORD_MIN && text.n <= YG_PASSWORD_MAX);
    else
        YG_ASSERT(err.msg[0] != '\0');
    if (cut > 0)
        memcpy(hash, text.p, cut);
    hash[cut] = '\0';
    (void)yg_password_is_old(hash, yg_password_cost(0, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct yg_str text = { (const char *)data, size };

    codes(text);
    secrets(text);
    passwords(text);
    return 0;
}
