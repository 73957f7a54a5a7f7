/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf messages for tests, field by field.
 */
#ifndef YG_TESTS_WIRE_UTIL_H
#define YG_TESTS_WIRE_UTIL_H

#include "base/buf.h"

static inline void wire_init(struct yg_buf *b)
{
    yg_buf_init(b, (size_t)8 << 20);
}

static inline void wire_varint(struct yg_buf *b, uint64_t v)
{
    for (; v > 127; v >>= 7)
        yg_buf_u8(b, (uint8_t)(v | 0x80));
    yg_buf_u8(b, (uint8_t)v);
}

static inline void wire_number(struct yg_buf *b, unsigned field, uint64_t v)
{
    wire_varint(b, field << 3);
    wire_varint(b, v);
}

static inline void wire_fixed64(struct yg_buf *b, unsigned field, uint64_t v)
{
    wire_varint(b, field << 3 | 1);
    yg_buf_u64(b, v);
}

static inline void wire_bytes(struct yg_buf *b, unsigned field, struct yg_str s)
{
    wire_varint(b, field << 3 | 2);
    wire_varint(b, s.n);
    yg_buf_str_add(b, s);
}

#endif
