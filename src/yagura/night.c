/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/night.h"

#include "yagura/door.h"

#include <time.h>

#define HOUR 2

void yg_night_wait(const struct yg_app *a, const sigset_t *stop)
{
    const struct timespec minute = { .tv_sec = 60 };
    int64_t done = INT64_MIN; /* the day on which it was done last */

    while (sigtimedwait(stop, NULL, &minute) <= 0) {
        int64_t now = yg_clock_now(&a->clock) / YG_NS_PER_S, day = now / 86400;
        if (now % 86400 / 3600 != HOUR || day == done)
            continue;
        done = day;
        yg_door_spawn(a, (const char *[]){ "retention", "--quiet", NULL });
    }
}
