/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selfsigned - a certificate that the server signs itself, so that the first start
 * already speaks TLS: ECDSA on P-256, for the names and addresses it is reached by.
 *
 * Whoever connects first compares its SHA-256 with what the server printed, or replaces
 * it by one of the own authority. Random bytes are GnuTLS's. Pure otherwise; 1 ms.
 */
#ifndef YG_API_SELFSIGNED_H
#define YG_API_SELFSIGNED_H

#include "api/listen.h"
#include "base/buf.h"

#define YG_SELFSIGNED_DAYS 825 /* the longest that all clients take */
#define YG_SELFSIGNED_SOON 30  /* days before its end when a new one is due */
#define YG_FINGERPRINT_MAX 100 /* "AB:CD:...", 32 bytes of SHA-256 */

/* For localhost, 127.0.0.1, ::1, address and name of `l`, in PEM. YG_EIO: GnuTLS says
 * no. */
enum yg_status yg_selfsigned_make(const struct yg_listen *l, int64_t now_ns,
                                  struct yg_buf *certificate, struct yg_buf *key,
                                  struct yg_err *err) YG_MUST_USE;

/* Is this certificate one to go on with: readable, for address and name of `l`, and not
 * soon over? */
bool yg_selfsigned_good(struct yg_str pem, const struct yg_listen *l, int64_t now_ns);

/* Of the first certificate. False: there is none. */
bool yg_certificate_fingerprint(struct yg_str pem, char out[YG_FINGERPRINT_MAX]);

#endif
