/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice - a part of a string, cut to what there is.
 *
 * For decoders that follow offsets out of hostile bytes: any offset and length may be
 * asked for, and what lies outside is simply not there. Pure.
 */
#ifndef YG_PACKET_SLICE_H
#define YG_PACKET_SLICE_H

#include "base/str.h"

/* At most the `n` bytes at `at`; fewer, or none, where `s` ends. */
static inline struct yg_str yg_slice(struct yg_str s, size_t at, size_t n)
{
    if (at >= s.n)
        return YG_STR_NONE;
    return (struct yg_str){ s.p + at, n < s.n - at ? n : s.n - at };
}

static inline struct yg_str yg_slice_from(struct yg_str s, size_t at)
{
    return yg_slice(s, at, SIZE_MAX);
}

#endif
