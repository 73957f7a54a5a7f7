/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace - so many at once, and from then on one every so often: a leaky bucket in one
 * number.
 *
 * The number is when the bucket will be empty; 0 at first. A clock that is set back makes
 * it empty. Pure.
 */
#ifndef YG_BASE_PACE_H
#define YG_BASE_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Is the bucket full, which holds `most` and loses one every `each_ns`? Else one goes in.
 */
static inline bool yg_pace_over(int64_t *empty_ns, int64_t now_ns, int64_t each_ns,
                                unsigned most)
{
    const int64_t room = most * each_ns;

    if (*empty_ns < now_ns || *empty_ns > now_ns + 2 * room)
        *empty_ns = now_ns;
    if (*empty_ns - now_ns >= room)
        return true;
    *empty_ns += each_ns;
    return false;
}

#endif
