/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/text.h"

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
