/* SPDX-License-Identifier: Apache-2.0 */
#include "json/escape.h"

#include "json/json.h"

static int hex4(const char *p)
{
    int v = 0;

    for (int i = 0; i < 4; i++) {
        int c = (unsigned char)p[i],
            d = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        if (d < 0 || d > 15 || (c > '9' && d < 10))
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* What an escape of one letter stands for; '\0': it is none. */
static const char plain[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static char plain_of(char c)
{
    return plain[(unsigned char)c];
}

/* Where there are escapes they stand close together: eight bytes at a time are faster
 * than a call for each (bench_httpapi). `end`: none follows. */
static const char *next_escape(const char *p, const char *end)
{
    while (end - p >= 8 && yg_str_none_start(p, '\\'))
        p += 8;
    while (p < end && *p != '\\')
        p++;
    return p;
}

bool yg_json_escapes_ok(struct yg_str s)
{
    const char *p = s.p, *end = s.p + s.n;

    while ((p = next_escape(p, end)) < end) {
        if (end - p < 2)
            return false;
        if (p[1] == 'u' ? end - p < 6 || hex4(p + 2) < 0 : plain_of(p[1]) == '\0')
            return false;
        p += p[1] == 'u' ? 6 : 2;
    }
    return true;
}

static size_t put_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* The code point of the \u escape at `*p`, which is moved past it. */
static uint32_t code_point(const char **p, const char *end)
{
    uint32_t c = (uint32_t)hex4(*p + 2);

    *p += 6;
    if (c < 0xd800 || c > 0xdfff)
        return c;
    if (c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        uint32_t low = (uint32_t)hex4(*p + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *p += 6;
            return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return 0xfffd;
}

size_t yg_json_unescape(struct yg_str text, char *out)
{
    const char *p = text.p, *end = text.p + text.n;
    size_t n = 0;

    while (p < end) {
        for (; end - p >= 8 && yg_str_none_start(p, '\\'); p += 8, n += 8)
            memcpy(out + n, p, 8);
        while (p < end && *p != '\\')
            out[n++] = *p++;
        if (p == end)
            break;
        if (p[1] == 'u') {
            n += put_utf8(code_point(&p, end), out + n);
            continue;
        }
        out[n++] = plain_of(p[1]);
        p += 2;
    }
    return n;
}
