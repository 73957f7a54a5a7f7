/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/der.h"

static size_t length_of(struct yg_cursor *c)
{
    uint8_t first = yg_cursor_u8(c);
    size_t n = 0;

    if (first < 0x80)
        return first;
    if (first == 0x80 || first > 0x84) {
        c->failed = true;
        return 0;
    }
    for (unsigned i = first & 0x7fU; i > 0; i--)
        n = n << 8 | yg_cursor_u8(c);
    return n;
}

bool yg_der_next(struct yg_cursor *c, struct yg_der *out)
{
    if (yg_cursor_left(c) == 0)
        return false;
    uint8_t tag = yg_cursor_u8(c);
    if ((tag & 0x1f) == 0x1f)
        c->failed = true;
    size_t n = length_of(c), left = yg_cursor_left(c);
    if (!yg_cursor_ok(c))
        return false;
    out->tag = tag;
    out->cut = n > left;
    out->body = yg_cursor_take(c, out->cut ? left : n);
    return true;
}

struct yg_str yg_der_find(struct yg_str in, uint8_t tag)
{
    struct yg_cursor c = yg_cursor_of(in.p, in.n);
    struct yg_der e;

    while (yg_der_next(&c, &e))
        if (e.tag == tag)
            return e.body;
    return YG_STR_NONE;
}

struct yg_str yg_der_path(struct yg_str in, const uint8_t *tags)
{
    for (; *tags && in.p; tags++)
        in = yg_der_find(in, *tags);
    return in;
}

int64_t yg_der_int(struct yg_str body)
{
    uint64_t v = body.n > 0 && (body.p[0] & 0x80) ? UINT64_MAX : 0;

    for (size_t i = 0; i < body.n; i++)
        v = v << 8 | (unsigned char)body.p[i];
    return (int64_t)v;
}
