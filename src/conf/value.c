/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/value.h"

#include <stdio.h>

const struct yg_unit yg_span_unit[] = {
    { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 }, { NULL, 0 }
};
const struct yg_unit yg_size_unit[] = { { "GiB", UINT64_C(1) << 30 },
                                        { "MiB", UINT64_C(1) << 20 },
                                        { "KiB", 1024 },
                                        { "", 1 },
                                        { NULL, 0 } };

bool yg_value_unit(struct yg_str s, const struct yg_unit *unit, uint64_t *out)
{
    size_t n = 0;
    uint64_t v;

    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    if (!yg_str_u64((struct yg_str){ s.p, n }, &v))
        return false;
    struct yg_str name = yg_str_trim((struct yg_str){ s.p + n, s.n - n });
    for (; unit->name; unit++) {
        if (yg_str_eq(name, yg_str_of(unit->name))) {
            *out = v * unit->factor;
            return v <= UINT64_MAX / unit->factor;
        }
    }
    return false;
}

void yg_value_print_unit(uint64_t u, const struct yg_unit *unit, char *out, size_t size)
{
    while (unit[1].name && (u == 0 || u % unit->factor != 0))
        unit++;
    snprintf(out, size, "%llu%s%s", (unsigned long long)(u / unit->factor),
             unit->name[0] ? " " : "", unit->name);
}

bool yg_value_printable(struct yg_str s)
{
    static const char *const bad[] = { "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf",
                                       "\xef\xbf\xbe", "\xef\xbf\xbf" };

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool c1 = c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0;
        if (c < 0x20 || c == 0x7f || c1)
            return false;
        for (size_t j = 0; j < YG_ARRAY_LEN(bad); j++)
            if (yg_str_starts((struct yg_str){ s.p + i, s.n - i }, yg_str_of(bad[j])))
                return false;
    }
    return true;
}

void yg_value_quote(struct yg_buf *out, struct yg_str s)
{
    yg_buf_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            yg_buf_char(out, '\\');
        yg_buf_char(out, s.p[i]);
    }
    yg_buf_char(out, '"');
}
