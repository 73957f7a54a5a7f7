/* SPDX-License-Identifier: Apache-2.0 */
/*
 * totp - codes that change every 30 s (RFC 6238: HMAC-SHA-1, six digits), as every
 * phone's authenticator makes them.
 *
 * A code is good for its own step and for one on either side, for clocks that differ; and
 * once: the caller keeps the step that was used, and nothing up to it is good again.
 * Pure; about 1 us a step.
 */
#ifndef YG_PEOPLE_TOTP_H
#define YG_PEOPLE_TOTP_H

#include "base/buf.h"

#define YG_TOTP_SIZE   20 /* RFC 4226, section 4: 160 bits */
#define YG_TOTP_DIGITS 6
#define YG_TOTP_STEP_S 30
#define YG_TOTP_DRIFT  1 /* steps on either side */

/* The code of a step, without regard to leading zeros. */
uint32_t yg_totp_code(const unsigned char secret[YG_TOTP_SIZE], uint64_t step);

/* Is `text` (six digits; spaces do not matter) a code of about now, of a step after
 * `used`? Then `*step` is its step. Takes the same time for every code. */
bool yg_totp_match(const unsigned char secret[YG_TOTP_SIZE], struct yg_str text,
                   int64_t now_ns, int64_t used, int64_t *step);

/* "otpauth://totp/yagura:kim%40example.org?secret=...&issuer=yagura" */
void yg_totp_uri(struct yg_buf *out, struct yg_str name,
                 const unsigned char secret[YG_TOTP_SIZE]);

#endif
