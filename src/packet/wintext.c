/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/wintext.h"

#include "base/cursor.h"
#include "base/utf8.h"

#define REPLACEMENT 0xfffdU

/* One code point; a lone surrogate is the replacement character. */
static uint32_t next_point(struct yg_cursor *c)
{
    uint32_t u = yg_cursor_le16(c);

    if (u < 0xd800 || u > 0xdfff)
        return u;
    struct yg_cursor ahead = *c;
    uint32_t low = yg_cursor_le16(&ahead);
    if (u > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return REPLACEMENT;
    *c = ahead;
    return 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
}

struct yg_str yg_utf16_text(struct yg_str in, struct yg_arena *arena)
{
    struct yg_cursor c = yg_cursor_of(in.p, in.n);
    char text[YG_WINTEXT_MAX];
    size_t n = 0;

    while (yg_cursor_left(&c) >= 2 && n + 4 <= sizeof(text)) {
        uint32_t u = next_point(&c);
        if (u == 0)
            break;
        n += yg_utf8_put(text + n, u);
    }
    return yg_arena_str(arena, (struct yg_str){ text, n });
}

struct yg_str yg_oem_text(struct yg_str in, struct yg_arena *arena)
{
    char text[YG_WINTEXT_MAX];
    size_t n = 0;

    for (; n < in.n && n < sizeof(text) && in.p[n]; n++)
        text[n] = (unsigned char)in.p[n] < 0x80 ? in.p[n] : '?';
    return yg_arena_str(arena, (struct yg_str){ text, n });
}

/* ASCII and Latin-1; wider scripts would make any two bytes readable. */
static bool readable(uint32_t u)
{
    return (u >= 0x20 && u < 0x7f) || (u >= 0xa0 && u < 0x100) || u == '\t' ||
           u == '\r' || u == '\n';
}

/* The readable characters from `at` on, in bytes. */
static size_t run_at(struct yg_str in, size_t at)
{
    size_t n = 0;

    while (at + n + 2 <= in.n && readable((unsigned char)in.p[at + n] |
                                          (uint32_t)(unsigned char)in.p[at + n + 1] << 8))
        n += 2;
    return n;
}

static bool said(const struct yg_str *run, size_t runs, struct yg_str s)
{
    for (size_t i = 0; i < runs; i++)
        if (yg_str_eq(run[i], s))
            return true;
    return false;
}

struct yg_str yg_utf16_runs(struct yg_str in, size_t min, struct yg_arena *arena)
{
    struct yg_str run[YG_WINTEXT_RUNS];
    char text[YG_WINTEXT_MAX];
    size_t runs = 0, n = 0;

    for (size_t at = 0; at + 2 <= in.n && runs < YG_WINTEXT_RUNS;) {
        struct yg_str s = { in.p + at, run_at(in, at) };
        if (s.n == 0 || s.n < 2 * min || said(run, runs, s)) {
            at += s.n > 1 ? s.n - 1 : 1; /* the other alignment may read better */
            continue;
        }
        run[runs++] = s;
        at += s.n;
    }
    for (size_t i = 0; i < runs; i++) {
        struct yg_cursor c = yg_cursor_of(run[i].p, run[i].n);
        if (n > 0 && n + 3 <= sizeof(text)) {
            memcpy(text + n, " | ", 3);
            n += 3;
        }
        while (yg_cursor_left(&c) >= 2 && n + 4 <= sizeof(text))
            n += yg_utf8_put(text + n, next_point(&c));
    }
    return n > 0 ? yg_arena_str(arena, (struct yg_str){ text, n }) : YG_STR_NONE;
}

struct yg_str yg_text_join(struct yg_str a, char sep, struct yg_str b,
                           struct yg_arena *arena)
{
    if (a.n == 0)
        return b;
    if (b.n == 0)
        return a;
    char *p = yg_arena_alloc(arena, a.n + b.n + 1);
    if (!p)
        return YG_STR_NONE;
    memcpy(p, a.p, a.n);
    p[a.n] = sep;
    memcpy(p + a.n + 1, b.p, b.n);
    return (struct yg_str){ p, a.n + 1 + b.n };
}
