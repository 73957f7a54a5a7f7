/* SPDX-License-Identifier: Apache-2.0 */
#include "api/html.h"

#include <stdio.h>

enum place { LINE, BLOCK, ATTR };

/* Characters with no width of their own, or that change the order or the looks of others:
 * UCD categories Cc (C1), Cf, Zl, Zp, variation selectors, fillers, non-characters. */
static const struct range {
    uint32_t first, last;
} hidden[] = {
    { 0x80, 0x9f },       { 0xad, 0xad },        { 0x34f, 0x34f },
    { 0x600, 0x605 },     { 0x61c, 0x61c },      { 0x6dd, 0x6dd },
    { 0x70f, 0x70f },     { 0x890, 0x891 },      { 0x8e2, 0x8e2 },
    { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },    { 0x180b, 0x180f },
    { 0x200b, 0x200f },   { 0x2028, 0x202e },    { 0x2060, 0x206f },
    { 0x2800, 0x2800 },   { 0x3164, 0x3164 },    { 0xfdd0, 0xfdef },
    { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },    { 0xffa0, 0xffa0 },
    { 0xfff0, 0xfffb },   { 0xfffe, 0xffff },    { 0x110bd, 0x110bd },
    { 0x110cd, 0x110cd }, { 0x13430, 0x1345f },  { 0x1bca0, 0x1bca3 },
    { 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
};

static bool is_hidden(uint32_t c)
{
    if ((c & 0xfffe) == 0xfffe)
        return true;
    for (size_t i = 0; i < YG_ARRAY_LEN(hidden) && c >= hidden[i].first; i++)
        if (c <= hidden[i].last)
            return true;
    return false;
}

/* The character at the front of `s` (not ASCII) and its length; 0: not UTF-8. */
static size_t utf8(struct yg_str s, uint32_t *out)
{
    const unsigned char *p = (const unsigned char *)s.p;
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = p[0] >= 0xf8   ? 0
               : p[0] >= 0xf0 ? 4
               : p[0] >= 0xe0 ? 3
               : p[0] >= 0xc2 ? 2
                              : 0;

    if (n == 0 || s.n < n)
        return 0;
    uint32_t c = p[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fU);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *out = c;
    return n;
}

static struct yg_str entity(char c)
{
    switch (c) {
    case '&':
        return YG_STR("&amp;");
    case '<':
        return YG_STR("&lt;");
    case '>':
        return YG_STR("&gt;");
    case '"':
        return YG_STR("&quot;");
    case '\'':
        return YG_STR("&#39;");
    default:
        return YG_STR_NONE;
    }
}

static void mark(struct yg_buf *out, enum place place, struct yg_str s)
{
    if (place != ATTR)
        yg_html(out, "<i class=\"esc\">");
    yg_buf_str_add(out, s);
    if (place != ATTR)
        yg_html(out, "</i>");
}

static void mark_byte(struct yg_buf *out, enum place place, unsigned c)
{
    char text[16];
    int n = snprintf(text, sizeof(text), "\\x%02X", c);

    mark(out, place, (struct yg_str){ text, (size_t)n });
}

static void mark_code(struct yg_buf *out, enum place place, uint32_t c)
{
    char text[16];
    int n = snprintf(text, sizeof(text), "\\u{%04X}", (unsigned)c);

    mark(out, place, (struct yg_str){ text, (size_t)n });
}

/* C0 and DEL as their pictures: U+2400 + c, U+2421. */
static void mark_control(struct yg_buf *out, enum place place, unsigned c)
{
    const char utf[] = { (char)0xe2, (char)0x90, (char)(c == 0x7f ? 0xa1 : 0x80 + c) };

    mark(out, place, (struct yg_str){ utf, sizeof(utf) });
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '&' && c != '<' && c != '>' && c != '"' &&
           c != '\'';
}

/* One character that is_plain does not let through; how many bytes it was. */
static size_t special(struct yg_buf *out, struct yg_str s, enum place place)
{
    unsigned char c = (unsigned char)s.p[0];
    uint32_t code;

    if (c >= 0x80) {
        size_t n = utf8(s, &code);
        if (n == 0)
            mark_byte(out, place, c);
        else if (is_hidden(code))
            mark_code(out, place, code);
        else
            yg_buf_add(out, s.p, n);
        return n ? n : 1;
    }
    struct yg_str e = entity((char)c);
    if (e.p)
        yg_buf_str_add(out, e);
    else if (place == BLOCK && (c == '\n' || c == '\t'))
        yg_buf_char(out, (char)c);
    else
        mark_control(out, place, c);
    return 1;
}

static void put(struct yg_buf *out, struct yg_str s, enum place place)
{
    while (s.n > 0) {
        size_t n = 0;
        while (n < s.n && is_plain((unsigned char)s.p[n]))
            n++;
        yg_buf_add(out, s.p, n);
        if (n < s.n) {
            struct yg_str rest = { s.p + n, s.n - n };
            n += special(out, rest, place);
        }
        s = (struct yg_str){ s.p + n, s.n - n };
    }
}

void yg_html_text(struct yg_buf *out, struct yg_str s)
{
    put(out, s, LINE);
}

void yg_html_block(struct yg_buf *out, struct yg_str s)
{
    put(out, s, BLOCK);
}

void yg_html_attr(struct yg_buf *out, struct yg_str s)
{
    put(out, s, ATTR);
}

void yg_html_query(struct yg_buf *out, struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            c == '-' || c == '.' || c == '_')
            yg_buf_char(out, (char)c);
        else
            yg_buf_printf(out, "%%%02X", c);
    }
}
