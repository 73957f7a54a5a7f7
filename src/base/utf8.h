/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8 - one character at a time (RFC 3629): no overlong forms, no surrogates, nothing
 * above U+10FFFF. Pure; a few instructions a character.
 */
#ifndef YG_BASE_UTF8_H
#define YG_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define YG_UTF8_MAX 4

/* Length of the sequence that `c` begins (1-4), 0 if it begins none. */
size_t yg_utf8_lead(unsigned char c);

/* Length of the sequence at `p`, of which `n` > 0 bytes are there; 0 if it is not one. */
size_t yg_utf8_len(const unsigned char *p, size_t n);

/* Write one character, U+FFFD for what is none. Returns its length. */
size_t yg_utf8_put(char out[YG_UTF8_MAX], uint32_t code);

#endif
