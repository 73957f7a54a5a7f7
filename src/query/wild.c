/* SPDX-License-Identifier: Apache-2.0 */
#include "query/wild.h"

#include <string.h>

static unsigned char low(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

/* ---- all tries at once ------------------------------------------------------------- */

#define WORD  64
#define WORDS (YG_WILD_MAX / WORD + 1) /* a bit an element, and one for all of them */

/* Bit i stands for "the first i elements are matched". */
struct states {
    size_t words;
    uint64_t at[256][WORDS];            /* elements that take this byte */
    uint64_t stays[WORDS];              /* there is a * then: any byte */
    uint64_t character[WORDS];          /* the element is ? */
    uint64_t now[WORDS], inside[WORDS]; /* inside: of a character that ? took */
    size_t all;                         /* elements */
};

static void set(uint64_t *bits, size_t i)
{
    bits[i / WORD] |= UINT64_C(1) << i % WORD;
}

static void add_element(struct states *x, struct yg_str pattern, size_t *p)
{
    bool escaped = pattern.p[*p] == '\\' && *p + 1 < pattern.n;
    char c = pattern.p[*p + (escaped ? 1 : 0)];

    if (!escaped && c == '?') {
        set(x->character, x->all);
    } else {
        set(x->at[low(c)], x->all);
        if (low(c) >= 'a' && low(c) <= 'z')
            set(x->at[low(c) & ~0x20], x->all);
    }
    x->all++;
    *p += escaped ? 2 : 1;
}

static void begin(struct states *x, struct yg_str pattern, bool star, bool open)
{
    memset(x, 0, sizeof(*x));
    if (star)
        set(x->stays, 0);
    for (size_t p = 0; p < pattern.n;) {
        if (pattern.p[p] != '*') {
            add_element(x, pattern, &p);
            continue;
        }
        set(x->stays, x->all);
        p++;
    }
    if (open)
        set(x->stays, x->all);
    set(x->now, 0);
    x->words = x->all / WORD + 1;
}

static void step(struct states *x, unsigned char c)
{
    bool goes_on = (c & 0xc0) == 0x80, begins = (c & 0xc0) == 0xc0;
    uint64_t carry = 0, carried = 0;

    for (size_t w = 0; w < x->words; w++) {
        if (!goes_on) {
            x->now[w] |= x->inside[w];
            x->inside[w] = 0;
        }
        uint64_t one = x->now[w] & x->at[c][w], any = x->now[w] & x->character[w];
        uint64_t stays = x->now[w] & x->stays[w];
        if (!begins) {
            one |= any;
            any = 0;
        }
        x->now[w] = stays | one << 1 | carry;
        x->inside[w] |= any << 1 | carried;
        carry = one >> (WORD - 1);
        carried = any >> (WORD - 1);
    }
}

static bool is_set(const uint64_t *bits, size_t i)
{
    return bits[i / WORD] >> i % WORD & 1;
}

static bool match_at_once(struct yg_str pattern, struct yg_str s, bool star, bool open)
{
    struct states x;

    begin(&x, pattern, star, open);
    for (size_t i = 0; i < s.n; i++) {
        if (open && is_set(x.now, x.all))
            return true;
        step(&x, (unsigned char)s.p[i]);
    }
    return is_set(x.now, x.all) || is_set(x.inside, x.all);
}

/* ---- one try after the other ------------------------------------------------------- */

#define STEPS 4 /* of a byte of text; who takes more is tried otherwise */

/* One element of the pattern against the text; how much of the pattern it takes, 0: it
 * does not match. */
static size_t element(struct yg_str pattern, size_t p, struct yg_str s, size_t at)
{
    size_t escape = pattern.p[p] == '\\' && p + 1 < pattern.n ? 1 : 0;

    return at < s.n && low(pattern.p[p + escape]) == low(s.p[at]) ? escape + 1 : 0;
}

/* `open`: as if the pattern ended with *. */
static bool match(struct yg_str pattern, struct yg_str s, bool star, bool open)
{
    size_t p = 0, at = 0, again_p = 0, again = 0, most = STEPS * s.n + 2 * pattern.n;
    bool starred = star;

    if (pattern.n > YG_WILD_MAX)
        return false;
    if (pattern.n > 0 &&
        memchr(pattern.p, '?', pattern.n)) /* characters differ in length */
        most = 0;
    for (size_t steps = 0; steps < most; steps++) {
        if (p == pattern.n && (open || at == s.n))
            return true;
        if (p < pattern.n && pattern.p[p] == '*') {
            star = true;
            again_p = ++p;
            again = at;
            continue;
        }
        size_t n = p < pattern.n ? element(pattern, p, s, at) : 0;
        if (n > 0) {
            p += n;
            at++;
        } else if (star && again < s.n) { /* the last * takes one byte more */
            p = again_p;
            at = ++again;
        } else {
            return false;
        }
    }
    return match_at_once(pattern, s, starred, open);
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
