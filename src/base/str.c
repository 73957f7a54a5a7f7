/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <stdlib.h>

static unsigned char lower(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

bool yg_str_eq_nocase(struct yg_str a, struct yg_str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool yg_str_starts(struct yg_str s, struct yg_str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool yg_str_has_nocase(struct yg_str s, struct yg_str what)
{
    for (size_t i = 0; i + what.n <= s.n; i++) {
        if (what.n == 0)
            return true;
        for (; s.n - i >= what.n + 8 && yg_str_none_start(s.p + i, what.p[0]); i += 8)
            continue; /* speed only, see bench/packets */
        if (yg_str_may_start(s.p[i], what.p[0]) &&
            yg_str_eq_nocase((struct yg_str){ s.p + i, what.n }, what))
            return true;
    }
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct yg_str yg_str_trim(struct yg_str s)
{
    while (s.n > 0 && is_space(s.p[0]))
        s.p++, s.n--;
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

int yg_str_cmp(struct yg_str a, struct yg_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int d = n ? memcmp(a.p, b.p, n) : 0;

    if (d != 0)
        return d;
    return a.n < b.n ? -1 : a.n > b.n;
}

struct yg_str yg_str_cut(struct yg_str *rest, char sep)
{
    struct yg_str head = *rest;
    const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;

    if (!at) {
        *rest = YG_STR_NONE;
        return head;
    }
    head.n = (size_t)(at - rest->p);
    rest->p = at + 1;
    rest->n -= head.n + 1;
    return head;
}

bool yg_str_u64(struct yg_str s, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned d = (unsigned)(unsigned char)s.p[i] - '0';
        if (d > 9 || v > (UINT64_MAX - d) / 10)
            return false;
        v = v * 10 + d;
    }
    *out = v;
    return true;
}

bool yg_str_i64(struct yg_str s, int64_t *out)
{
    bool neg = s.n > 0 && s.p[0] == '-';
    uint64_t v;

    if (neg)
        s.p++, s.n--;
    if (!yg_str_u64(s, &v) || v > (uint64_t)INT64_MAX)
        return false;
    *out = neg ? -(int64_t)v : (int64_t)v;
    return true;
}

bool yg_str_hex64(struct yg_str s, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n > 2 && s.p[0] == '0' && lower(s.p[1]) == 'x')
        s.p += 2, s.n -= 2;
    if (s.n == 0 || s.n > 16)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = lower(s.p[i]);
        unsigned d = c >= 'a' ? c - 'a' + 10U : c - (unsigned)'0';
        if (d > 15 || (c > '9' && c < 'a'))
            return false;
        v = v << 4 | d;
    }
    *out = v;
    return true;
}

bool yg_str_f64(struct yg_str s, double *out)
{
    char tmp[64];
    char *end;

    if (s.n == 0 || s.n >= sizeof(tmp))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!memchr("+-.0123456789eE", s.p[i], 15))
            return false;
    memcpy(tmp, s.p, s.n);
    tmp[s.n] = '\0';
    double v = strtod(tmp, &end); /* the program never calls setlocale */
    if (end != tmp + s.n || v - v != 0.0)
        return false;
    *out = v;
    return true;
}
