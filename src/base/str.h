/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str - a borrowed string: pointer and length, not NUL-terminated, never owned.
 *
 * Whoever made the bytes keeps them; the header that hands out a yg_str says until when.
 * All functions are pure; numbers are read in full or not at all, without locale.
 */
#ifndef YG_BASE_STR_H
#define YG_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct yg_str {
    const char *p;
    size_t n;
};

#define YG_STR(lit)   ((struct yg_str){ "" lit, sizeof(lit) - 1 })
#define YG_STR_NONE   ((struct yg_str){ NULL, 0 })
#define YG_STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct yg_str yg_str_of(const char *c)
{
    return (struct yg_str){ c, c ? strlen(c) : 0 };
}

static inline bool yg_str_eq(struct yg_str a, struct yg_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII only: no locale, bytes >= 0x80 compare as themselves. */
/* Whether texts that begin with these can be equal but for case: passes over most. */
static inline bool yg_str_may_start(char a, char b)
{
    return ((a ^ b) & ~0x20) == 0;
}

/* Can none of the eight bytes at `p` begin a text that begins with `first`? Then a search
 * may pass over them: speed only. */
static inline bool yg_str_none_start(const char *p, char first)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    /* as yg_str_may_start: a byte that is 0 now could */
    v = (v | 0x20 * ones) ^ (ones * (unsigned char)(first | 0x20));
    return ((v - ones) & ~v & (0x80 * ones)) == 0;
}

bool yg_str_eq_nocase(struct yg_str a, struct yg_str b);
bool yg_str_starts(struct yg_str s, struct yg_str prefix);
bool yg_str_has_nocase(struct yg_str s, struct yg_str what);
struct yg_str yg_str_trim(struct yg_str s); /* spaces and tabs, CR, LF at both ends */

/* memcmp order, shorter first when one is a prefix of the other: <0, 0, >0. */
int yg_str_cmp(struct yg_str a, struct yg_str b);

/* Cut `*rest` at the first `sep`: returns what stands before it and leaves what follows.
 * The last piece leaves `rest->p` NULL. */
struct yg_str yg_str_cut(struct yg_str *rest, char sep);

/* The whole of `s` as a number; false (and `*out` untouched) on anything else:
 * empty, signs where not allowed, overflow, trailing bytes. */
bool yg_str_u64(struct yg_str s, uint64_t *out);
bool yg_str_i64(struct yg_str s, int64_t *out);
bool yg_str_hex64(struct yg_str s, uint64_t *out); /* with or without 0x */
bool yg_str_f64(struct yg_str s, double *out);     /* decimal; no inf, nan, hex */

#endif
