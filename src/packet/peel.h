/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peel - take encodings off before looking: URL, HTML entities, \u and \x escapes,
 * base64, hex, UTF-16, gzip and zlib; one under the other, up to YG_PEEL_DEPTH.
 *
 * Attackers wrap; servers unwrap. Output is capped at YG_PEEL_MAX bytes in all. About 2
 * ns a byte when there is nothing to peel. Pure but for the arena.
 */
#ifndef YG_PACKET_PEEL_H
#define YG_PACKET_PEEL_H

#include "base/arena.h"
#include "base/str.h"

#define YG_PEEL_DEPTH 4
#define YG_PEEL_MAX   (256U * 1024U)

enum yg_peel {
    YG_PEEL_URL = 1,
    YG_PEEL_HTML = 2,
    YG_PEEL_ESCAPE = 4,
    YG_PEEL_BASE64 = 8,
    YG_PEEL_HEX = 16,
    YG_PEEL_UTF16 = 32,
    YG_PEEL_GZIP = 64,
    YG_PEEL_PLUS = 128, /* + for a space, with URL */
};

struct yg_peeled {
    struct yg_str text; /* the input itself when nothing was peeled */
    uint32_t what;      /* bits of enum yg_peel that were taken off */
    uint32_t layers;    /* how many, one under the other */
};

/* Whole-string encodings (UTF-16, gzip) and runs inside (URL, base64 of 16 or more bytes
 * that decode to text) are both taken off; the rest stays as it is. */
struct yg_peeled yg_peel(struct yg_str s, struct yg_arena *arena);

/* Inflate gzip, zlib or raw deflate into the arena, at most `max` bytes. False: broken
 * (what came before is kept) or over the cap (*over). */
bool yg_inflate(struct yg_str s, size_t max, struct yg_arena *arena, struct yg_str *out,
                bool *over);

#endif
