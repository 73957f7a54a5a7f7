/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/match.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '+' || c == '\v' ||
           c == '\f';
}

/* Bits of what a byte is, one for each class. */
enum { DIGIT = 1, HEX = 2, WORD = 4, NAME = 8, SLASH = 16, QUOTE = 32 };

#define LETTER (WORD | NAME)
/* clang-format off */
static const uint8_t class_of[256] = {
    ['0'] = DIGIT | HEX | LETTER, ['1'] = DIGIT | HEX | LETTER,
    ['2'] = DIGIT | HEX | LETTER, ['3'] = DIGIT | HEX | LETTER,
    ['4'] = DIGIT | HEX | LETTER, ['5'] = DIGIT | HEX | LETTER,
    ['6'] = DIGIT | HEX | LETTER, ['7'] = DIGIT | HEX | LETTER,
    ['8'] = DIGIT | HEX | LETTER, ['9'] = DIGIT | HEX | LETTER,
    ['a'] = HEX | LETTER, ['b'] = HEX | LETTER, ['c'] = HEX | LETTER,
    ['d'] = HEX | LETTER, ['e'] = HEX | LETTER, ['f'] = HEX | LETTER,
    ['A'] = HEX | LETTER, ['B'] = HEX | LETTER, ['C'] = HEX | LETTER,
    ['D'] = HEX | LETTER, ['E'] = HEX | LETTER, ['F'] = HEX | LETTER,
    ['g'] = LETTER, ['h'] = LETTER, ['i'] = LETTER, ['j'] = LETTER, ['k'] = LETTER,
    ['l'] = LETTER, ['m'] = LETTER, ['n'] = LETTER, ['o'] = LETTER, ['p'] = LETTER,
    ['q'] = LETTER, ['r'] = LETTER, ['s'] = LETTER, ['t'] = LETTER, ['u'] = LETTER,
    ['v'] = LETTER, ['w'] = LETTER, ['x'] = LETTER, ['y'] = LETTER, ['z'] = LETTER,
    ['G'] = LETTER, ['H'] = LETTER, ['I'] = LETTER, ['J'] = LETTER, ['K'] = LETTER,
    ['L'] = LETTER, ['M'] = LETTER, ['N'] = LETTER, ['O'] = LETTER, ['P'] = LETTER,
    ['Q'] = LETTER, ['R'] = LETTER, ['S'] = LETTER, ['T'] = LETTER, ['U'] = LETTER,
    ['V'] = LETTER, ['W'] = LETTER, ['X'] = LETTER, ['Y'] = LETTER, ['Z'] = LETTER,
    ['_'] = LETTER, ['.'] = NAME, ['-'] = NAME, ['/'] = SLASH, ['\\'] = SLASH,
    ['\''] = QUOTE, ['"'] = QUOTE, ['`'] = QUOTE,
};
static const uint8_t bit_of[128] = {
    ['d'] = DIGIT, ['x'] = HEX,   ['w'] = WORD,
    ['n'] = NAME,  ['p'] = SLASH, ['c'] = QUOTE, ['q'] = QUOTE,
};
/* clang-format on */

static bool in_class(char name, char c)
{
    return (class_of[(unsigned char)c] & bit_of[(unsigned char)name & 127]) != 0;
}

/* How many blanks and C comments stand at `at`. A comment of more than YG_MATCH_ANY bytes
 * is no blank: it bounds the work. */
static size_t blanks(struct yg_str s, size_t at)
{
    size_t from = at;

    while (at < s.n) {
        if (is_blank(s.p[at])) {
            at++;
        } else if (s.p[at] == '/' && at + 1 < s.n && s.p[at + 1] == '*') {
            size_t end =
                yg_find(yg_sub(s, 0, at + 4 + YG_MATCH_ANY), YG_STR("*/"), at + 2);
            if (end == YG_NOWHERE)
                break;
            at = end + 2;
        } else {
            break;
        }
        if (at - from > YG_MATCH_ANY)
            break;
    }
    return at - from;
}

static bool at_line_start(struct yg_str s, size_t at)
{
    return at == 0 || s.p[at - 1] == '\n' || s.p[at - 1] == '\r';
}

static bool at_line_end(struct yg_str s, size_t at)
{
    return at == s.n || s.p[at] == '\n' || s.p[at] == '\r';
}

static bool at_edge(struct yg_str s, size_t at)
{
    return at == 0 || at >= s.n ||
           !(class_of[(unsigned char)s.p[at - 1]] & class_of[(unsigned char)s.p[at]] &
             WORD);
}

/* One element named `e` at *at: false, or *at is moved past it. */
static bool element(char e, struct yg_str s, size_t *at)
{
    size_t n = 0;

    switch (e) {
    case '^':
        return at_line_start(s, *at);
    case '$':
        return at_line_end(s, *at);
    case 'b':
        return at_edge(s, *at);
    case 's':
    case 'o':
        n = blanks(s, *at);
        *at += n;
        return n > 0 || e == 'o';
    case 'c':
    case 'q':
        n = *at < s.n && in_class(e, s.p[*at]);
        *at += n;
        return n > 0 || e == 'q';
    case '.':
        n = *at < s.n;
        *at += n;
        return n > 0;
    case '%':
        n = *at < s.n && s.p[*at] == '%';
        *at += n;
        return n > 0;
    default:
        while (*at < s.n && in_class(e, s.p[*at]))
            (*at)++, n++;
        return n > 0;
    }
}

bool yg_match_at(const char *pattern, struct yg_str s, size_t at, size_t *end)
{
    const char *p = pattern, *again = NULL; /* what follows the last %a */
    size_t from = 0, tries = 0;             /* where it was tried, how often */

    for (;;) {
        bool ok = true;
        if (p[0] == '\0') {
            *end = at;
            return true;
        }
        if (p[0] == '%' && p[1] == 'a') {
            p += 2;
            again = p;
            from = at;
            tries = 0;
            continue;
        }
        if (p[0] == '%' && p[1] != '\0') {
            ok = element(p[1], s, &at);
            p += 2;
        } else {
            ok = at < s.n && lower(s.p[at]) == p[0];
            at++;
            p++;
        }
        if (ok)
            continue;
        if (!again || ++tries > YG_MATCH_ANY || from >= s.n || s.p[from] == '\n')
            return false;
        at = ++from;
        p = again;
    }
}

/* The first place at or after `from` where a byte of this class, or this letter, stands.
 */
static size_t next_begin(const char *p, struct yg_str s, size_t from)
{
    const uint8_t bit = p[0] == '%' ? bit_of[(unsigned char)p[1] & 127] : 0;

    if (bit != 0)
        while (from < s.n && !(class_of[(unsigned char)s.p[from]] & bit))
            from++;
    else
        while (from < s.n && lower(s.p[from]) != p[0])
            from += s.n - from > 8 && yg_str_none_start(s.p + from, p[0]) ? 8 : 1;
    return from;
}

size_t yg_match_find(const char *pattern, struct yg_str s, size_t from, size_t *end)
{
    const char *p = pattern;

    while (p[0] == '%' && (p[1] == '^' || p[1] == 'b')) /* these take no byte */
        p += 2;
    /* Speed only: other elements may be empty, or stand for any byte. */
    bool sure = p[0] != '\0' && (p[0] != '%' || strchr("dxwnpc", p[1]) != NULL);
    for (size_t i = from; i < s.n; i++) {
        if (sure)
            i = next_begin(p, s, i);
        if (i < s.n && yg_match_at(pattern, s, i, end))
            return i;
    }
    return YG_NOWHERE;
}

/* ---- many rules: what a place must look like before one is tried --------------------
 */

/* What byte k of a match may be, for the rule in hand. */
struct ahead {
    struct yg_matcher *m;
    uint64_t bit;
};

static void may_be_any(const struct ahead *a, size_t k, bool over)
{
    for (size_t c = 0; c < 256; c++)
        a->m->may[k][c] |= a->bit;
    if (over)
        a->m->over[k] |= a->bit;
}

static void may_be_class(const struct ahead *a, size_t k, char name)
{
    for (size_t c = 0; c < 128; c++)
        if (name == 's' ? is_blank((char)c) || c == '/' : in_class(name, (char)c))
            a->m->may[k][c] |= a->bit;
}

static void may_be_letter(const struct ahead *a, size_t k, char c)
{
    a->m->may[k][(unsigned char)c] |= a->bit;
    if (yg_is_alpha(c))
        a->m->may[k][(unsigned char)c & ~0x20U] |= a->bit;
}

/* Note what may stand at byte k and behind it where the pattern goes on at `p`. The
 * pattern is tried as it stands, so this follows all ways through its first bytes. */
static void look_ahead(const struct ahead *a, const char *p, size_t k)
{
    while (p[0] == '%' && strchr("^b$", p[1]) && p[1]) /* these take no byte */
        p += 2;
    if (k == YG_MATCH_LOOK)
        return;
    if (p[0] == '\0' || (p[0] == '%' && strchr("aos", p[1]))) {
        /* it has ended; or nearly all may follow: of %s only the first byte is told */
        bool blank = p[0] && p[1] == 's';
        if (blank)
            may_be_class(a, k, 's');
        for (size_t i = k + blank; i < YG_MATCH_LOOK; i++)
            may_be_any(a, i, true);
        return;
    }
    if (p[0] != '%' || p[1] == '\0') {
        may_be_letter(a, k, p[0]);
        look_ahead(a, p + 1, k + 1);
        return;
    }
    switch (p[1]) {
    case '.':
        may_be_any(a, k, false);
        break;
    case '%':
        may_be_letter(a, k, '%');
        break;
    case 'q': /* or nothing */
        look_ahead(a, p + 2, k);
        may_be_class(a, k, 'q');
        break;
    case 'c':
        may_be_class(a, k, 'c');
        break;
    default: /* one or more */
        may_be_class(a, k, p[1]);
        look_ahead(a, p, k + 1);
        break;
    }
    look_ahead(a, p + 2, k + 1);
}

void yg_matcher_init(struct yg_matcher *m, const struct yg_match_rule *rule, size_t count)
{
    memset(m, 0, sizeof(*m));
    m->rule = rule;
    for (size_t r = 0; r < count && r < YG_MATCH_RULES; r++) {
        const struct ahead a = { m, (uint64_t)1 << r };
        const char *p = rule[r].pattern;
        for (; p[0] == '%' && (p[1] == '^' || p[1] == 'b'); p += 2)
            m->at_edge |= p[1] == 'b' ? a.bit : 0;
        look_ahead(&a, p, 0);
    }
}

/* The rules that may match at `at`. */
static uint64_t candidates(const struct yg_matcher *m, struct yg_str s, size_t at)
{
    uint64_t may = m->may[0][(unsigned char)s.p[at]];

    for (size_t k = 1; k < YG_MATCH_LOOK && may != 0; k++)
        may &= at + k < s.n ? m->may[k][(unsigned char)s.p[at + k]] : m->over[k];
    return may & m->at_edge && !at_edge(s, at) ? may & ~m->at_edge : may;
}

void yg_match_gate_rules(struct yg_match_gate *g, uint8_t bit, const struct yg_matcher *m)
{
    for (size_t x = 0; x < 256; x++)
        for (size_t y = 0; m->may[0][x] && y < 256; y++)
            g->pair[x][y] |= m->may[0][x] & m->may[1][y] ? bit : 0;
}

void yg_match_gate_bytes(struct yg_match_gate *g, uint8_t bit, const char *first,
                         const char *second)
{
    for (; *first; first++)
        for (size_t y = 0; y < 256; y++)
            if (!second || (y != 0 && strchr(second, (int)y)))
                g->pair[(unsigned char)*first][y] |= bit;
}

void yg_match_mark(const struct yg_match_gate *g, struct yg_str s, uint8_t *marks)
{
    if (s.n == 0)
        return;
    for (size_t i = 0; i + 1 < s.n; i++)
        marks[i] = g->pair[(unsigned char)s.p[i]][(unsigned char)s.p[i + 1]];
    marks[s.n - 1] = UINT8_MAX; /* nothing is known of it */
}

size_t yg_match_marked(const uint8_t *marks, size_t n, size_t from, uint8_t bit)
{
    const uint64_t each = bit * UINT64_C(0x0101010101010101);
    uint64_t eight;

    for (; from + sizeof(eight) <= n; from += sizeof(eight)) {
        memcpy(&eight, marks + from, sizeof(eight));
        if (eight & each)
            break;
    }
    while (from < n && !(marks[from] & bit))
        from++;
    return from < n ? from : n;
}

bool yg_match_next(const struct yg_matcher *m, struct yg_str s, struct yg_hit *hit)
{
    for (;;) {
        while (hit->left != 0) {
            unsigned r = (unsigned)__builtin_ctzll(hit->left);
            hit->left &= hit->left - 1;
            hit->at = hit->pos - 1;
            if (yg_match_at(m->rule[r].pattern, s, hit->at, &hit->end)) {
                hit->rule = &m->rule[r];
                return true;
            }
        }
        size_t at = hit->pos;
        for (;; at++) {
            if (hit->marks)
                at = yg_match_marked(hit->marks, s.n, at, hit->bit);
            if (at >= s.n || (hit->left = candidates(m, s, at)) != 0)
                break;
        }
        if (at >= s.n)
            return false;
        hit->pos = at + 1;
    }
}

size_t yg_find(struct yg_str s, struct yg_str what, size_t from)
{
    if (from > s.n || what.n == 0 || what.n > s.n - from)
        return YG_NOWHERE;
    const char *p = memmem(s.p + from, s.n - from, what.p, what.n);
    return p ? (size_t)(p - s.p) : YG_NOWHERE;
}

struct yg_str yg_sub(struct yg_str s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return (struct yg_str){ s.p ? s.p + from : NULL, to - from };
}
