/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csvw.h"

/* After blanks, too: some spreadsheets pass over them. */
static bool is_formula(struct yg_str s)
{
    struct yg_str rest = s;

    while (rest.n > 0 && rest.p[0] == ' ')
        rest = (struct yg_str){ rest.p + 1, rest.n - 1 };
    if (rest.n == 0)
        return false;
    return strchr("=+-@|%", rest.p[0]) || (unsigned char)rest.p[0] < ' ' ||
           yg_str_starts(rest, YG_STR("\xef\xbc\x9d")) || /* their wide forms */
           yg_str_starts(rest, YG_STR("\xef\xbc\x8b")) ||
           yg_str_starts(rest, YG_STR("\xef\xbc\x8d")) ||
           yg_str_starts(rest, YG_STR("\xef\xbc\xa0"));
}

void yg_csvw_cell(struct yg_buf *out, bool first, struct yg_str s)
{
    const bool formula = is_formula(s);
    bool quoted = formula;

    for (size_t i = 0; i < s.n && !quoted; i++)
        quoted = (unsigned char)s.p[i] < ' ' || strchr("\",;'", s.p[i]) != NULL;
    if (!first)
        yg_buf_char(out, ',');
    if (quoted)
        yg_buf_char(out, '"');
    if (formula)
        yg_buf_char(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            yg_buf_char(out, '"');
        if (s.p[i] != '\0')
            yg_buf_char(out, s.p[i]);
    }
    if (quoted)
        yg_buf_char(out, '"');
}

void yg_csvw_end(struct yg_buf *out)
{
    yg_buf_add(out, "\r\n", 2);
}
