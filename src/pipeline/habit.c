/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/habit.h"

#include <math.h>
#include <string.h>

#define HOUR_NS      (3600 * YG_NS_PER_S)
#define DAYS         8
#define KNOWN_HOURS  25 /* of habit, before silence is judged */
#define TIMES        3  /* as long as ever around this hour */
#define LEAST_NS     (60 * YG_NS_PER_S)
#define RECENT_LEAST 50 /* records, before their readability is judged */
#define PAST_LEAST   200

static int64_t hour_of(int64_t ns)
{
    return ns / HOUR_NS;
}

static struct yg_habit_hour *slot(struct yg_habit *h, int64_t hour)
{
    return &h->hour[hour % YG_HABIT_HOURS];
}

static bool is_known(const struct yg_habit *h, int64_t hour)
{
    return hour >= h->first && hour <= h->last && h->last - hour < YG_HABIT_HOURS;
}

static void reach(struct yg_habit_hour *x, int64_t silence_ns)
{
    int64_t s = silence_ns / YG_NS_PER_S;

    if (s > x->silence_s)
        x->silence_s = s < UINT32_MAX ? (uint32_t)s : UINT32_MAX;
}

/* Hours that ended since: in each, silence grew to its end. */
static void go_to(struct yg_habit *h, int64_t hour)
{
    if (hour - h->last > YG_HABIT_HOURS) { /* longer than anything that is kept */
        for (int64_t i = hour - YG_HABIT_HOURS; i < hour; i++) {
            *slot(h, i) = (struct yg_habit_hour){ 0 };
            reach(slot(h, i), (i + 1) * HOUR_NS - h->last_ns);
        }
        h->last = hour - 1;
    }
    for (; h->last < hour; h->last++) {
        reach(slot(h, h->last), (h->last + 1) * HOUR_NS - h->last_ns);
        *slot(h, h->last + 1) = (struct yg_habit_hour){ 0 };
    }
    if (h->last - h->first >= YG_HABIT_HOURS)
        h->first = h->last - YG_HABIT_HOURS + 1;
}

void yg_habit_see(struct yg_habit *h, int64_t received_ns, uint32_t count,
                  uint32_t unread)
{
    if (received_ns < 0)
        return;
    if (h->last_ns == 0) {
        *h = (struct yg_habit){ .first = hour_of(received_ns),
                                .last = hour_of(received_ns),
                                .began_ns = received_ns,
                                .last_ns = received_ns };
    }
    if (received_ns < h->last_ns)
        received_ns = h->last_ns;
    go_to(h, hour_of(received_ns));
    struct yg_habit_hour *x = slot(h, h->last);
    reach(x, received_ns - h->last_ns);
    x->count += count;
    x->unread += unread;
    h->last_ns = received_ns;
}

void yg_habit_silence(const struct yg_habit *h, int64_t now_ns, int64_t after_ns,
                      struct yg_habit_silence *out)
{
    int64_t now = hour_of(now_ns), most = 0;
    int hours = 0;

    *out = (struct yg_habit_silence){ 0 };
    if (h->last_ns == 0)
        return;
    out->running_ns = now_ns > h->last_ns ? now_ns - h->last_ns : 0;
    for (int day = 1; day <= DAYS; day++)
        for (int64_t i = now - day * 24 - 1; i <= now - day * 24 + 1; i++)
            if (is_known(h, i) && i < h->last) {
                int64_t s = h->hour[i % YG_HABIT_HOURS].silence_s;
                most = s > most ? s : most;
                hours++;
            }
    if (hours > 0 && h->last - h->first >= KNOWN_HOURS)
        out->expected_ns = (most + 1) * YG_NS_PER_S;
    if (after_ns > 0) {
        out->silent = out->running_ns > after_ns;
    } else if (out->expected_ns > 0) {
        int64_t limit = out->expected_ns * TIMES;
        out->silent = out->running_ns > (limit > LEAST_NS ? limit : LEAST_NS);
    }
}

void yg_habit_unread(const struct yg_habit *h, int64_t now_ns,
                     struct yg_habit_unread *out)
{
    double n = 0, u = 0, past = 0, past_u = 0;
    int64_t now = hour_of(now_ns);

    *out = (struct yg_habit_unread){ 0 };
    for (int64_t i = h->last - YG_HABIT_HOURS + 1; i <= h->last; i++) {
        if (h->last_ns == 0 || i < 0 || !is_known(h, i))
            continue;
        const struct yg_habit_hour *x = &h->hour[i % YG_HABIT_HOURS];
        *(i >= now - 1 ? &n : &past) += x->count;
        *(i >= now - 1 ? &u : &past_u) += x->unread;
    }
    out->share = n > 0 ? u / n : 0;
    out->usual = past > 0 ? past_u / past : 0;
    if (n < RECENT_LEAST)
        return;
    if (past < PAST_LEAST) { /* new: it should be read, most of it */
        out->alarm = u > n / 2;
        return;
    }
    double p = (past_u + 1) / (past + 2); /* never 0 */
    out->alarm = u > n * p + 5 * sqrt(n * p * (1 - p)) + 1 && out->share > 2 * p;
}

enum yg_habit_clock yg_habit_clock(int64_t median_ns)
{
    return median_ns < -YG_CLOCK_AHEAD_NS   ? YG_CLOCK_AHEAD
           : median_ns > YG_CLOCK_BEHIND_NS ? YG_CLOCK_BEHIND
                                            : YG_CLOCK_GOOD;
}

void yg_habit_write(const struct yg_habit *h, struct yg_buf *out)
{
    yg_buf_u64(out, (uint64_t)h->first);
    yg_buf_u64(out, (uint64_t)h->last);
    yg_buf_u64(out, (uint64_t)h->began_ns);
    yg_buf_u64(out, (uint64_t)h->last_ns);
    for (int i = 0; i < YG_HABIT_HOURS; i++) {
        yg_buf_u32(out, h->hour[i].count);
        yg_buf_u32(out, h->hour[i].unread);
        yg_buf_u32(out, h->hour[i].silence_s);
    }
}

bool yg_habit_read(struct yg_cursor *in, struct yg_habit *h)
{
    struct yg_habit x = { 0 };

    x.first = (int64_t)yg_cursor_le64(in);
    x.last = (int64_t)yg_cursor_le64(in);
    x.began_ns = (int64_t)yg_cursor_le64(in);
    x.last_ns = (int64_t)yg_cursor_le64(in);
    for (int i = 0; i < YG_HABIT_HOURS; i++) {
        x.hour[i].count = yg_cursor_le32(in);
        x.hour[i].unread = yg_cursor_le32(in);
        x.hour[i].silence_s = yg_cursor_le32(in);
    }
    /* What follows from times is believed only if these can be. */
    if (!yg_cursor_ok(in) || x.last_ns < 0 || x.last != hour_of(x.last_ns) ||
        x.first < 0 || x.first > x.last)
        return false;
    *h = x;
    return true;
}
