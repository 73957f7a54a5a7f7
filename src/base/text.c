/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "base/utf8.h"

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
    if (p[0] == 0xc2 && n > 1 && p[1] < 0xa0) /* U+0080-009F: controls, too */
        return 0;
    size_t len = yg_utf8_len(p, n);
    return len > 0 && is_trick(p, len) ? 0 : len;
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
