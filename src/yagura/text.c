/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/text.h"

/* U+200B-200F, U+2028-202E, U+2060-206F, U+FEFF: E2 80 8B-8F, E2 80 A8-AE, E2 81 A0-AF,
 * EF BB BF. They are invisible or turn the line around. */
static bool is_trick(const unsigned char *p, size_t n)
{
    if (n < 3)
        return false;
    if (p[0] == 0xe2 && p[1] == 0x80)
        return (p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xa8 && p[2] <= 0xae);
    if (p[0] == 0xe2 && p[1] == 0x81)
        return p[2] >= 0xa0 && p[2] <= 0xaf;
    return p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf;
}

/* Bytes of the character at `p` that may be shown as they are; 0: none. */
static size_t plain(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80)
        return p[0] >= 0x20 && p[0] != 0x7f;
    size_t len = p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                 : p[0] >= 0xe0              ? 3
                 : p[0] >= 0xc2              ? 2
                                             : 0;
    if (len == 0 || len > n || p[0] >= 0xf5 || is_trick(p, n) ||
        (p[0] == 0xc2 && p[1] < 0xa0))
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
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
