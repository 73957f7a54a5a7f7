/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle - how long somebody has to wait after failures, in three counts.
 *
 *   a name from an address   from the 5th failure on 1 s, 2 s, 4 s ... 15 min
 *   a name from anywhere     from the 100th on each further address waits first: 30 s to
 *                            5 min. That slows many addresses down that try one name
 *   an address, any name     from the 30th on 1 s ... 30 s. That slows one address down
 *                            that tries many names
 *
 * An address is its /24 or /64. A wait is by address and has an end whatever others do:
 * nobody can lock another out for good. Where somebody has been let in before ("known")
 * only the first count holds, and nothing is added to the last. Counts are halved a day.
 * Pure arithmetic; the rows are people_throttle.c's.
 */
#ifndef YG_PEOPLE_THROTTLE_H
#define YG_PEOPLE_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#define YG_THROTTLE_PAIR    5
#define YG_THROTTLE_NAME    100
#define YG_THROTTLE_ADDRESS 30
#define YG_THROTTLE_MAX_S   900

struct yg_failures {
    bool there;
    int64_t count;
    int64_t last_ns, until_ns; /* of the last one; no attempt before */
};

/* What is left of it now: values that cannot be are none. */
struct yg_failures yg_failures_now(const struct yg_failures *f, int64_t now_ns);

/* One attempt for a name from an address; all three as of now. Returns the nanoseconds to
 * wait, and then what of `pair` is to be kept; 0: the attempt may be made, and is counted
 * as a failure in all three. */
int64_t yg_throttle(struct yg_failures *pair, struct yg_failures *name,
                    struct yg_failures *address, bool known, int64_t now_ns);

#endif
