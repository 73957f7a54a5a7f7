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
static char plain(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return '\0';
    }
}

bool yg_json_escapes_ok(struct yg_str s)
{
    const char *p = s.p, *end = s.p + s.n;

    while (p < end && (p = memchr(p, '\\', (size_t)(end - p)))) {
        if (end - p < 2)
            return false;
        if (p[1] == 'u' ? end - p < 6 || hex4(p + 2) < 0 : plain(p[1]) == '\0')
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
        const char *esc = memchr(p, '\\', (size_t)(end - p));
        size_t run = (size_t)((esc ? esc : end) - p);
        memcpy(out + n, p, run);
        n += run;
        p += run;
        if (!esc)
            break;
        if (p[1] == 'u') {
            n += put_utf8(code_point(&p, end), out + n);
            continue;
        }
        out[n++] = plain(p[1]);
        p += 2;
    }
    return n;
}
