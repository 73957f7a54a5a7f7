/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/text.h"

/* Characters that cannot be seen or that turn the line around (UAX #9, default
 * ignorable): as ranges of their UTF-8 bytes read as one number. */
static const struct {
    uint32_t first, last;
} trick[] = {
    { 0xc2ad, 0xc2ad },         /* U+00AD soft hyphen */
    { 0xd89c, 0xd89c },         /* U+061C Arabic letter mark */
    { 0xe1859f, 0xe185a0 },     /* U+115F, U+1160 Hangul fillers */
    { 0xe1a08e, 0xe1a08e },     /* U+180E */
    { 0xe2808b, 0xe2808f },     /* U+200B-200F */
    { 0xe280a8, 0xe280ae },     /* U+2028-202E */
    { 0xe281a0, 0xe281af },     /* U+2060-206F */
    { 0xe385a4, 0xe385a4 },     /* U+3164 */
    { 0xefb880, 0xefb88f },     /* U+FE00-FE0F variation selectors */
    { 0xefbbbf, 0xefbbbf },     /* U+FEFF */
    { 0xefbea0, 0xefbea0 },     /* U+FFA0 */
    { 0xf3a08080, 0xf3a0bfbf }, /* U+E0000-E0FFF tags */
};

static bool is_trick(const unsigned char *p, size_t len)
{
    uint32_t v = 0;

    for (size_t i = 0; i < len; i++)
        v = v << 8 | p[i];
    for (size_t i = 0; i < YG_ARRAY_LEN(trick); i++)
        if (v >= trick[i].first && v <= trick[i].last)
            return true;
    return false;
}

/* Bytes of the character at `p` that may be shown as they are; 0: none. */
static size_t plain(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80)
        return p[0] >= 0x20 && p[0] != 0x7f;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
    if (len == 0 || len > n || p[0] >= 0xf5 || (p[0] == 0xc2 && p[1] < 0xa0))
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    /* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return is_trick(p, len) ? 0 : len;
}

void yg_text_safe(struct yg_buf *out, struct yg_str s)
{
    const unsigned char *p = (const unsigned char *)s.p;

    for (size_t i = 0; i < s.n;) {
        size_t len = plain(p + i, s.n - i);
        if (len > 0) {
            yg_buf_add(out, p + i, len);
            i += len;
        } else {
            yg_buf_printf(out, "\\x%02x", p[i++]);
        }
    }
}

void yg_text_cell(struct yg_buf *out, struct yg_str s, size_t width)
{
    struct yg_buf tmp;

    yg_buf_init(&tmp, 65536);
    if (s.n > width)
        s.n = width;
    yg_text_safe(&tmp, s);
    struct yg_str t = yg_buf_str(&tmp);
    yg_buf_str_add(out, t);
    for (size_t i = t.n; i < width; i++)
        yg_buf_char(out, ' ');
    yg_buf_char(out, ' ');
    yg_buf_fini(&tmp);
}
