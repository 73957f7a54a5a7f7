/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digits - short decimal numbers eight digits at a time, without a branch per digit.
 *
 * Lengths of numbers are random, so a loop over digits costs a mispredicted branch each
 * time; arithmetic on a whole word does not. Pure.
 */
#ifndef YG_BASE_DIGITS_H
#define YG_BASE_DIGITS_H

#include "base/str.h"

#include <endian.h>

static inline uint64_t yg_load8(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return le64toh(v);
}

/* The first `n` (1 to 8) bytes of the word moved to its end, zeros before them. */
static inline uint64_t yg_digits_align(uint64_t x, size_t n)
{
    return x << (8 * (8 - n)) | (UINT64_C(0x3030303030303030) >> (8 * n - 8)) >> 8;
}

/* All eight bytes are '0' to '9'. */
static inline bool yg_digits_all(uint64_t x)
{
    return (((x + UINT64_C(0x4646464646464646)) | (x - UINT64_C(0x3030303030303030))) &
            UINT64_C(0x8080808080808080)) == 0;
}

/* Eight digits, the first in the lowest byte, as a number: pairs, then fours, then all
 * by two multiplications. */
static inline uint64_t yg_digits_eight(uint64_t x)
{
    x -= UINT64_C(0x3030303030303030);
    x = x * 10 + (x >> 8);
    return ((x & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) +
            (x >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001)) >>
           32;
}

/* One to sixteen digits and nothing else. `readable` bytes may be read from s.p on; with
 * fewer than eight (or sixteen) of them the answer may be false for a number. */
static inline bool yg_digits_short(struct yg_str s, size_t readable, uint64_t *out)
{
    if (s.n - 1 < 8 && readable >= 8) {
        uint64_t x = yg_digits_align(yg_load8(s.p), s.n);
        *out = yg_digits_eight(x);
        return yg_digits_all(x);
    }
    if (s.n - 1 < 16 && readable >= 16) {
        uint64_t x = yg_digits_align(yg_load8(s.p), s.n - 8), y = yg_load8(s.p + s.n - 8);
        *out = yg_digits_eight(x) * 100000000 + yg_digits_eight(y);
        return yg_digits_all(x) && yg_digits_all(y);
    }
    return false;
}

/* Bit i: is byte i of the word (its top bit set where the answer is yes) so marked? */
static inline unsigned yg_digits_bits(uint64_t marked)
{
    return (unsigned)((marked >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

static inline uint64_t yg_digits_not(uint64_t x)
{
    uint64_t y = x ^ UINT64_C(0x3030303030303030);

    return (((y & UINT64_C(0x7f7f7f7f7f7f7f7f)) + UINT64_C(0x7676767676767676)) | y) &
           UINT64_C(0x8080808080808080);
}

static inline uint64_t yg_digits_dots(uint64_t x)
{
    uint64_t y = x ^ UINT64_C(0x2e2e2e2e2e2e2e2e), low = UINT64_C(0x7f7f7f7f7f7f7f7f);

    return ~(((y & low) + low) | y | low);
}

#define YG_DIGITS_IPV4_READABLE 20

/* A dotted quad as inet_pton reads it: four numbers up to 255 without leading zeros.
 * YG_DIGITS_IPV4_READABLE bytes may be read from s.p on. */
static inline bool yg_digits_ipv4(struct yg_str s, unsigned char out[4])
{
    uint64_t x = yg_load8(s.p), y = yg_load8(s.p + 8);
    unsigned inside = (1U << (s.n & 15)) - 1, bad = s.n - 7 > 8;
    unsigned dots =
        (yg_digits_bits(yg_digits_dots(x)) | yg_digits_bits(yg_digits_dots(y)) << 8) &
        inside;
    unsigned other =
        (yg_digits_bits(yg_digits_not(x)) | yg_digits_bits(yg_digits_not(y)) << 8) &
        inside;
    unsigned start = 0;

    if (bad || dots != other || __builtin_popcount(dots) != 3)
        return false;
    dots |= 1U << s.n; /* ends the last number */
    for (int i = 0; i < 4; i++) {
        unsigned end = (unsigned)__builtin_ctz(dots), n = end - start;
        uint32_t v;
        memcpy(&v, s.p + start, sizeof(v));
        v = le32toh(v) ^ 0x30303030U;
        bad |= (n - 1 > 2) | ((n > 1) & ((v & 0xff) == 0));
        v <<= 8 * (4 - n) & 31; /* ones in the top byte */
        unsigned number = (v >> 24) + 10 * (v >> 16 & 0xff) + 100 * (v >> 8 & 0xff);
        bad |= number > 255;
        out[i] = (unsigned char)number;
        dots &= dots - 1;
        start = end + 1;
    }
    return !bad;
}

#endif
