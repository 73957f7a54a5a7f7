/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/wire.h"

struct yg_wire yg_wire_of(struct yg_str message)
{
    return (struct yg_wire){ .c = yg_cursor_of(message.p, message.n) };
}

static uint64_t varint(struct yg_wire *w)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = yg_cursor_u8(&w->c);
        if (shift == 63 && b > 1)
            break;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80)
            return v;
    }
    w->bad = true;
    return 0;
}

bool yg_wire_next(struct yg_wire *w)
{
    if (w->bad || !yg_cursor_ok(&w->c) || yg_cursor_left(&w->c) == 0)
        return false;
    uint64_t tag = varint(w);
    w->field = (uint32_t)(tag >> 3);
    w->type = (enum yg_wire_type)(tag & 7);
    w->number = 0;
    w->bytes = YG_STR_NONE;
    if (tag >> 32 || w->field == 0)
        w->bad = true;
    switch (w->type) {
    case YG_WIRE_VARINT:
        w->number = varint(w);
        break;
    case YG_WIRE_FIXED64:
        w->number = yg_cursor_le64(&w->c);
        break;
    case YG_WIRE_FIXED32:
        w->number = yg_cursor_le32(&w->c);
        break;
    case YG_WIRE_BYTES:
        w->number = varint(w);
        w->bytes = w->bad ? YG_STR_NONE : yg_cursor_take(&w->c, w->number);
        break;
    default:
        w->bad = true;
    }
    return yg_wire_ok(w);
}

bool yg_wire_ok(const struct yg_wire *w)
{
    return !w->bad && yg_cursor_ok(&w->c);
}

struct yg_str yg_wire_find(struct yg_str message, uint32_t field)
{
    struct yg_wire w = yg_wire_of(message);
    struct yg_str found = YG_STR("");

    while (yg_wire_next(&w))
        if (w.field == field && w.type == YG_WIRE_BYTES)
            found = w.bytes;
    return found;
}
