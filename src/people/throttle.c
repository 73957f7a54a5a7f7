/* SPDX-License-Identifier: Apache-2.0 */
#include "people/throttle.h"

#include "base/clock.h"

#define DAY_NS    (INT64_C(86400) * YG_NS_PER_S)
#define COUNT_MAX 4096 /* forgotten after 12 days at most */

struct yg_failures yg_failures_now(const struct yg_failures *f, int64_t now_ns)
{
    struct yg_failures r = *f;

    /* of a clock that was set back since, or of nobody's making */
    if (r.until_ns > now_ns && r.until_ns - now_ns > YG_THROTTLE_MAX_S * YG_NS_PER_S)
        r.until_ns = 0;
    if (r.count < 0 || r.count > COUNT_MAX)
        r.count = COUNT_MAX;
    if (!r.there || r.last_ns < 0 || r.last_ns > now_ns)
        return r;
    int64_t days = (now_ns - r.last_ns) / DAY_NS;
    r.count = days > 30 ? 0 : r.count >> days;
    if (days > 0)
        r.there = false;
    return r;
}

/* first, twice as much, ... at most `most` seconds, from the `from`th on. */
static int64_t doubling(int64_t count, int64_t from, int64_t first, int64_t most)
{
    if (count < from)
        return 0;
    int64_t steps = count - from;
    int64_t s = steps > 20 ? most : first << steps;
    return (s > most ? most : s) * YG_NS_PER_S;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void count(struct yg_failures *f, int64_t now_ns, int64_t wait_ns)
{
    f->there = true;
    f->count += f->count < COUNT_MAX;
    f->last_ns = now_ns;
    f->until_ns = now_ns + wait_ns;
}

int64_t yg_throttle(struct yg_failures *pair, struct yg_failures *name,
                    struct yg_failures *address, bool known, int64_t now_ns)
{
    /* a step of the name's every hundred */
    int64_t heat =
        known ? 0
              : doubling(name->count / YG_THROTTLE_NAME, 1, 30, YG_THROTTLE_MAX_S / 3);
    int64_t until = pair->until_ns;

    if (!known)
        until = larger(until, address->until_ns);
    if (heat > 0 && !pair->there) {
        pair->there = true;
        pair->last_ns = now_ns;
        pair->until_ns = now_ns + heat;
        until = larger(until, pair->until_ns);
    }
    if (until > now_ns)
        return until - now_ns;
    count(
        pair, now_ns,
        larger(heat, doubling(pair->count + 1, YG_THROTTLE_PAIR, 1, YG_THROTTLE_MAX_S)));
    count(name, now_ns, 0);
    if (!known)
        count(address, now_ns, doubling(address->count + 1, YG_THROTTLE_ADDRESS, 1, 30));
    return 0;
}
