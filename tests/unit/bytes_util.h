/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes_util - binary messages put together in an arena, for tests of decoders.
 *
 *     b_len(a, 2, B_CAT(a, b_num(a, 1, 5), YG_STR("x")))   a 16-bit length, then two
 * parts b_der(a, 0x30, ...)                                    an ASN.1 element
 */
#ifndef YG_TESTS_BYTES_UTIL_H
#define YG_TESTS_BYTES_UTIL_H

#include "base/arena.h"

#define B_CAT(a, ...)                                                                    \
    b_cat(a, (const struct yg_str[]){ __VA_ARGS__ },                                     \
          sizeof((const struct yg_str[]){ __VA_ARGS__ }) / sizeof(struct yg_str))

static inline struct yg_str b_cat(struct yg_arena *a, const struct yg_str *part,
                                  size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += part[i].n;
    char *p = yg_arena_alloc(a, n + 1);
    YG_ASSERT(p);
    n = 0;
    for (size_t i = 0; i < count; i++) {
        if (part[i].n)
            memcpy(p + n, part[i].p, part[i].n);
        n += part[i].n;
    }
    return (struct yg_str){ p, n };
}

/* A number of `width` bytes, high byte first. */
static inline struct yg_str b_num(struct yg_arena *a, size_t width, uint64_t v)
{
    char *p = yg_arena_alloc(a, width + 1);

    YG_ASSERT(p);
    for (size_t i = 0; i < width; i++)
        p[i] = (char)(v >> (8 * (width - 1 - i)) & 0xff);
    return (struct yg_str){ p, width };
}

static inline struct yg_str b_len(struct yg_arena *a, size_t width, struct yg_str s)
{
    return B_CAT(a, b_num(a, width, s.n), s);
}

static inline struct yg_str b_der(struct yg_arena *a, uint8_t tag, struct yg_str s)
{
    if (s.n < 0x80)
        return B_CAT(a, b_num(a, 1, tag), b_len(a, 1, s));
    return B_CAT(a, b_num(a, 1, tag), b_num(a, 1, 0x82), b_len(a, 2, s));
}

static inline struct yg_str b_list16(struct yg_arena *a, const uint16_t *v, size_t n)
{
    struct yg_str s = YG_STR_NONE;

    for (size_t i = 0; i < n; i++)
        s = B_CAT(a, s, b_num(a, 2, v[i]));
    return s;
}

#endif
