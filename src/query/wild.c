/* SPDX-License-Identifier: Apache-2.0 */
#include "query/wild.h"

static unsigned char low(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

/* Bytes of the character at `at`: a continuation byte that stands alone is one. */
static size_t character(struct yg_str s, size_t at)
{
    size_t n = 1;

    if (((unsigned char)s.p[at] & 0xc0) != 0xc0)
        return 1;
    while (at + n < s.n && ((unsigned char)s.p[at + n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* One element of the pattern, which is no *, against the text: how much of each it takes;
 * 0 of the text: it does not match. */
static size_t element(struct yg_str pattern, size_t p, struct yg_str s, size_t at,
                      size_t *taken)
{
    bool escaped = pattern.p[p] == '\\' && p + 1 < pattern.n;

    *taken = escaped ? 2 : 1;
    if (at >= s.n)
        return 0;
    if (!escaped && pattern.p[p] == '?')
        return character(s, at);
    return low(pattern.p[p + (escaped ? 1 : 0)]) == low(s.p[at]) ? 1 : 0;
}

/* `open`: as if the pattern ended with *. */
static bool match(struct yg_str pattern, struct yg_str s, bool star, bool open)
{
    size_t p = 0, at = 0, again_p = 0, again = 0, taken;

    for (;;) {
        if (p == pattern.n && (open || at == s.n))
            return true;
        if (p < pattern.n && pattern.p[p] == '*') {
            star = true;
            again_p = ++p;
            again = at;
            continue;
        }
        size_t n = p < pattern.n ? element(pattern, p, s, at, &taken) : 0;
        if (n > 0) {
            p += taken;
            at += n;
        } else if (star && again < s.n) { /* the last * takes one byte more */
            p = again_p;
            at = ++again;
        } else {
            return false;
        }
    }
}

bool yg_wild_is(struct yg_str pattern, struct yg_str s)
{
    return match(pattern, s, false, false);
}

bool yg_wild_in(struct yg_str pattern, struct yg_str s)
{
    return match(pattern, s, true, true);
}

bool yg_wild_any(struct yg_str pattern)
{
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] == '\\')
            i++;
        else if (pattern.p[i] == '*' || pattern.p[i] == '?')
            return true;
    }
    return false;
}

bool yg_wild_plain(struct yg_str pattern, struct yg_arena *arena, struct yg_str *out)
{
    struct yg_str copy = yg_arena_str(arena, pattern);
    char *to;
    size_t n = 0;

    if (!copy.p)
        return false;
    to = (char *)(uintptr_t)copy.p;
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] == '\\' && i + 1 < pattern.n)
            i++;
        to[n++] = pattern.p[i];
    }
    *out = (struct yg_str){ copy.p, n };
    return true;
}
