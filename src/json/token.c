/* SPDX-License-Identifier: Apache-2.0 */
#include "json/token.h"

static const char *digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* RFC 8259, section 6. */
static bool number_ok(const char *p, const char *end)
{
    if (p < end && *p == '-')
        p++;
    const char *from = p;
    p = digits(p, end);
    if (p == from || (*from == '0' && p - from > 1))
        return false;
    if (p < end && *p == '.') {
        from = ++p;
        if ((p = digits(p, end)) == from)
            return false;
    }
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        from = p;
        if ((p = digits(p, end)) == from)
            return false;
    }
    return p == end;
}

bool yg_json_literal(struct yg_str s, enum yg_json_type *type)
{
    bool number = number_ok(s.p, s.p + s.n);

    *type = number ? YG_JSON_NUMBER : YG_JSON_BOOL;
    return number || yg_str_eq(s, YG_STR("true")) || yg_str_eq(s, YG_STR("false"));
}
