/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/burst.h"

#include "context/assoc.h"

#include <math.h>
#include <stdlib.h>

#define HOUR_NS INT64_C(3600000000000)
#define HOURS   24
#define LEARN   (1.0F / HOURS) /* a level that stands for a day is the new habit */
#define LEARN_H (1.0F / 7)     /* the habit of an hour of the day: a week */
#define DAYS    3
#define SIGMAS  6.0
#define IDLE    (14 * HOURS) /* empty hours after which nothing of a habit is left */

/* One signature. Counts are of the alerts that asked, held ones included: what people see
 * growing becomes the habit too. */
struct entry {
    uint64_t key;
    int64_t hour; /* that `count` is of */
    uint32_t count;
    uint32_t seen; /* hours learned from */
    bool held;
    float mean;
    float var;            /* of counts about their forecast */
    float by_hour[HOURS]; /* mean of each hour of the day (UTC) */
};
union place {
    struct entry e;
    unsigned char bytes[192]; /* a multiple of 64, as the table wants it */
};
_Static_assert(sizeof(union place) == 192, "an entry of the table");

struct yg_bursts {
    struct yg_assoc table;
    uint32_t seq;
    uint64_t tripped;
};

struct yg_bursts *yg_bursts_new(size_t cap)
{
    struct yg_bursts *b = calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    if (yg_assoc_init(&b->table, sizeof(union place), cap * sizeof(union place)) !=
        YG_OK) {
        free(b);
        return NULL;
    }
    return b;
}

void yg_bursts_free(struct yg_bursts *b)
{
    if (!b)
        return;
    yg_assoc_fini(&b->table);
    free(b);
}

static int64_t hour_of(int64_t ns)
{
    return ns / HOUR_NS - (ns % HOUR_NS < 0);
}

static unsigned hour_of_day(int64_t hour)
{
    int64_t h = hour % HOURS;

    return (unsigned)(h < 0 ? h + HOURS : h);
}

/* The habit of the hour of the day, once there are a few days of it. */
static float forecast(const struct entry *e, int64_t hour)
{
    return e->seen >= DAYS * HOURS ? e->by_hour[hour_of_day(hour)] : e->mean;
}

static void learn_one(struct entry *e, int64_t hour, float count)
{
    float off = count - forecast(e, hour);
    float *habit = &e->by_hour[hour_of_day(hour)];

    e->var = (1.0F - LEARN) * (e->var + LEARN * off * off);
    e->mean += LEARN * (count - e->mean);
    *habit += (e->seen < HOURS ? 1.0F : LEARN_H) * (count - *habit);
    if (e->seen < UINT32_MAX)
        e->seen++;
}

/* The hour is over: learn from it and from the empty ones up to `hour`. */
static void roll(struct entry *e, int64_t hour)
{
    learn_one(e, e->hour, (float)e->count);
    /* A clock may jump by centuries; past two weeks of nothing all is forgotten. */
    uint64_t empty = (uint64_t)hour - (uint64_t)e->hour - 1;
    for (int64_t h = hour - (int64_t)(empty < IDLE ? empty : IDLE); h < hour; h++)
        learn_one(e, h, 0.0F);
    e->hour = hour;
    e->count = 0;
    e->held = false;
}

static double limit(const struct entry *e)
{
    double m = (double)forecast(e, e->hour);
    double most = m + SIGMAS * sqrt(m + (double)e->var);

    return most > YG_BURST_FLOOR ? most : YG_BURST_FLOOR;
}

bool yg_bursts_hold(struct yg_bursts *b, uint64_t signature, int64_t time_ns)
{
    bool fresh;
    int64_t hour = hour_of(time_ns);

    yg_assoc_settle(&b->table);
    struct entry *e =
        yg_assoc_touch(&b->table, signature ? signature : 1, ++b->seq, &fresh);
    if (fresh)
        e->hour = hour;
    else if (hour > e->hour)
        roll(e, hour);
    /* An alert of an hour that is over counts to this one: times that jump back and forth
     * must not start a new count. */
    if (e->count < UINT32_MAX)
        e->count++;
    if ((double)e->count <= limit(e))
        return false;
    b->tripped += !e->held;
    e->held = true;
    return true;
}

double yg_bursts_forecast(const struct yg_bursts *b, uint64_t signature)
{
    const struct entry *e = yg_assoc_peek(&b->table, signature ? signature : 1);

    return e ? limit(e) : YG_BURST_FLOOR;
}

uint64_t yg_bursts_tripped(const struct yg_bursts *b)
{
    return b->tripped;
}
