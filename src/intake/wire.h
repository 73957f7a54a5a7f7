/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire - the fields of a protobuf message, one after the other.
 *
 *      struct yg_wire w = yg_wire_of(bytes);
 *      while (yg_wire_next(&w))
 *          if (w.field == 2 && w.type == YG_WIRE_BYTES) ... w.bytes is a part, read alike
 *      if (!yg_wire_ok(&w)) ... the bytes are not protobuf
 *
 * Two small schemas are read (Loki's push, OTLP's logs). A library builds a tree of
 * objects of the whole message first, so that two bytes of a sender cost a hundred of
 * ours; here nothing is allocated, a part is a view into the bytes, and a reader knows
 * its own depth. Unknown fields are passed over, groups are refused. Pure.
 *
 * Source: Protocol Buffers, "Encoding".
 */
#ifndef YG_INTAKE_WIRE_H
#define YG_INTAKE_WIRE_H

#include "base/cursor.h"

enum yg_wire_type {
    YG_WIRE_VARINT = 0,
    YG_WIRE_FIXED64 = 1,
    YG_WIRE_BYTES = 2,
    YG_WIRE_FIXED32 = 5,
};

struct yg_wire {
    struct yg_cursor c; /* private */
    bool bad;           /* private */
    uint32_t field;
    enum yg_wire_type type;
    uint64_t number;     /* of VARINT and FIXED* */
    struct yg_str bytes; /* of BYTES */
};

struct yg_wire yg_wire_of(struct yg_str message);
/* The next field; false at the end and from the first malformed one on. */
bool yg_wire_next(struct yg_wire *w);
bool yg_wire_ok(const struct yg_wire *w);
/* The last bytes field `field`, empty if there is none. */
struct yg_str yg_wire_find(struct yg_str message, uint32_t field);

#endif
