/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64 - strict decoder of RFC 4648 base64, for payloads inside alerts.
 *
 * Strict: only the standard alphabet, padding where it is due, no line ends, unused bits
 * zero; so a text has one decoding or none. Pure; about 0.1 ns a byte of text with AVX2,
 * else 0.7.
 */
#ifndef YG_DECODE_BASE64_H
#define YG_DECODE_BASE64_H

#include "base/str.h"

/* Bytes that `n` characters can decode to, at most. */
static inline size_t yg_base64_room(size_t n)
{
    return n / 4 * 3 + 3;
}

/* Decode at most the first `max` bytes of `text` into `out`, which has room for
 * yg_base64_room(text.n) or for `max` rounded up to a multiple of 3, whichever is
 * smaller. False: not base64 (what follows the first `max` bytes is not looked at);
 * `*n` is set only on success. */
bool yg_base64_decode(struct yg_str text, size_t max, unsigned char *out, size_t *n);

#endif
