/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

static uint64_t read_le(struct yg_cursor *c, size_t bytes)
{
    struct yg_str s = yg_cursor_take(c, bytes);
    uint64_t v = 0;

    for (size_t i = s.n; i > 0; i--)
        v = v << 8 | (unsigned char)s.p[i - 1];
    return v;
}

static uint64_t read_be(struct yg_cursor *c, size_t bytes)
{
    struct yg_str s = yg_cursor_take(c, bytes);
    uint64_t v = 0;

    for (size_t i = 0; i < s.n; i++)
        v = v << 8 | (unsigned char)s.p[i];
    return v;
}

uint8_t yg_cursor_u8(struct yg_cursor *c)
{
    return (uint8_t)read_le(c, 1);
}

uint16_t yg_cursor_le16(struct yg_cursor *c)
{
    return (uint16_t)read_le(c, 2);
}

uint32_t yg_cursor_le32(struct yg_cursor *c)
{
    return (uint32_t)read_le(c, 4);
}

uint64_t yg_cursor_le64(struct yg_cursor *c)
{
    return read_le(c, 8);
}

uint16_t yg_cursor_be16(struct yg_cursor *c)
{
    return (uint16_t)read_be(c, 2);
}

uint32_t yg_cursor_be32(struct yg_cursor *c)
{
    return (uint32_t)read_be(c, 4);
}

float yg_cursor_f32(struct yg_cursor *c)
{
    uint32_t u = yg_cursor_le32(c);
    float v;

    memcpy(&v, &u, sizeof(v));
    return v;
}

double yg_cursor_f64(struct yg_cursor *c)
{
    uint64_t u = read_le(c, 8);
    double v;

    memcpy(&v, &u, sizeof(v));
    return v;
}

struct yg_str yg_cursor_lstr(struct yg_cursor *c, size_t max)
{
    uint32_t n = yg_cursor_le32(c);

    if (n > max)
        c->failed = true;
    return yg_cursor_take(c, n);
}
