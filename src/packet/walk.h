/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk - go through one direction by the lengths that its protocol states, past bytes
 * that the capture cut off.
 *
 * Sensors keep the first bytes of each packet; a stream put together from these has holes
 * at the ends of segments. Their sizes are known (yg_segment.wire), so a record's end can
 * be found all the same, and when a header itself is lost the next segment that begins
 * with one is looked for. Packets that are missing altogether leave no trace here.
 *
 *     segment 1        hole   segment 2
 *     |head|body......|xxxxxx|......|head|
 */
#ifndef YG_PACKET_WALK_H
#define YG_PACKET_WALK_H

#include "packet/talk.h"

struct yg_walk {
    /* private */
    const struct yg_side *side;
    size_t at;    /* next byte kept */
    uint32_t seg; /* the first segment that ends at or behind it */
};

struct yg_walk yg_walk_from(const struct yg_side *side, size_t at);

/* What is kept of some bytes of the stream. */
struct yg_walk_part {
    struct yg_str bytes;
    size_t sound; /* of them before the first hole */
    bool hole;    /* some were cut off */
    bool landed;  /* it ends where a kept byte follows, or where the stream ends */
};

/* The next `wire` bytes of the stream. */
struct yg_walk_part yg_walk_take(struct yg_walk *w, size_t wire);

/* After a hole: on to where the next segment begins. False: there is none. */
bool yg_walk_segment(struct yg_walk *w);

#endif
