/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/sources.h"

#include "pipeline/live_count.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define HOUR_NS (3600 * YG_NS_PER_S)

/* What is subtracted is read first: it can only grow later, so nothing is in flight that
 * was not received. */
static void read_counters(const struct yg_intake_state *page, uint32_t row,
                          struct yg_source_now *s)
{
    static const enum yg_intake_counter out[] = { YG_IN_STORED, YG_IN_FILTERED,
                                                  YG_IN_DUPLICATE, YG_IN_REFUSED };
    uint64_t done = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(out); i++) {
        s->v[out[i]] = yg_intake_state_get(page, row, out[i]);
        done += s->v[out[i]];
    }
    for (int c = 0; c < YG_IN_COUNT; c++) {
        bool have = false;
        for (size_t i = 0; i < YG_ARRAY_LEN(out); i++)
            have |= (int)out[i] == c;
        if (!have)
            s->v[c] = yg_intake_state_get(page, row, (enum yg_intake_counter)c);
    }
    s->in_flight = s->v[YG_IN_RECEIVED] > done ? s->v[YG_IN_RECEIVED] - done : 0;
}

static const struct yg_input_conf *find_input(const struct yg_inputs *in,
                                              const struct yg_source_now *s)
{
    for (uint32_t i = 0; in && i < in->count; i++)
        if (yg_str_eq(in->input[i].tenant, s->tenant) &&
            yg_str_eq(in->input[i].source, s->name))
            return &in->input[i];
    return NULL;
}

/* Since the hour began, or since the first came. Habits are up to a minute old: `more`
 * came since. */
static double rate_of(const struct yg_habit *h, uint64_t more, int64_t now_ns)
{
    int64_t from = now_ns / HOUR_NS * HOUR_NS;
    double n = (double)more;

    if (h->last_ns == 0)
        return 0;
    if (h->last == now_ns / HOUR_NS)
        n += h->hour[h->last % YG_HABIT_HOURS].count;
    if (from < h->began_ns)
        from = h->began_ns;
    return n / ((double)(now_ns - from) / (double)YG_NS_PER_S + 1);
}

static void look(struct yg_source_now *s, const struct yg_live_row *known,
                 const struct yg_input_conf *c, int64_t now_ns)
{
    struct yg_habit h = known ? known->habit : (struct yg_habit){ 0 };
    uint64_t done = s->v[YG_IN_STORED] + s->v[YG_IN_FILTERED] + s->v[YG_IN_DUPLICATE];
    uint64_t then = known ? known->habit_of : 0;
    int64_t last = (int64_t)s->v[YG_IN_LAST_SEEN];
    int64_t after = c ? (int64_t)c->silent_after * YG_NS_PER_S : 0;

    /* The page is newer than the habits. */
    if (last > h.last_ns)
        yg_habit_see(&h, last, 0, 0);
    yg_habit_silence(&h, now_ns, after, &s->silence);
    yg_habit_unread(&h, now_ns, &s->unread);
    s->clock = yg_habit_clock((int64_t)s->v[YG_IN_CLOCK_SKEW]);
    s->rate = rate_of(&h, done > then ? done - then : 0, now_ns);
    if (s->in_flight > 0 && s->v[YG_IN_COMMITTED] > 0)
        s->lag_ns = now_ns - (int64_t)s->v[YG_IN_COMMITTED];
    if (s->lag_ns < 0)
        s->lag_ns = 0;
    if (!s->configured) /* nothing is expected of it */
        s->silence.silent = false;
}

static enum yg_status read_page(const struct yg_intake_state *page,
                                const struct yg_inputs *inputs, struct yg_arena *arena,
                                struct yg_sources *out, struct yg_err *err)
{
    uint32_t rows = yg_intake_state_rows(page);
    struct yg_str tenant, name;

    out->source = yg_arena_alloc(arena, (rows + 1) * sizeof(*out->source));
    if (!out->source)
        return yg_err_set(err, YG_ENOMEM, "no memory for the sources");
    for (uint32_t i = 0; i < rows && yg_intake_state_name(page, i, &tenant, &name); i++) {
        struct yg_source_now *s = &out->source[out->count++];
        *s = (struct yg_source_now){ .tenant = yg_arena_str(arena, tenant),
                                     .name = yg_arena_str(arena, name) };
        if (!s->tenant.p || !s->name.p)
            return yg_err_set(err, YG_ENOMEM, "no memory for the sources");
        s->configured = !inputs || find_input(inputs, s);
        read_counters(page, i, s);
    }
    return YG_OK;
}

enum yg_status yg_sources_read(const struct yg_sources_ask *ask, struct yg_arena *arena,
                               struct yg_sources *out, struct yg_err *err)
{
    struct yg_intake_state *page = NULL;
    struct yg_live_count known;
    char path[4096];
    struct stat sb;

    *out = (struct yg_sources){ 0 };
    snprintf(path, sizeof(path), "%s/state", ask->dir);
    if (stat(path, &sb) != 0 && errno == ENOENT)
        return YG_OK;
    enum yg_status st = yg_intake_state_open(ask->dir, false, &page, err);
    if (st != YG_OK)
        return st;
    yg_live_count_init(&known);
    st = yg_live_count_read(&known, ask->store, err);
    if (st == YG_OK)
        st = read_page(page, ask->inputs, arena, out, err);
    for (size_t i = 0; st == YG_OK && i < out->count; i++) {
        struct yg_source_now *s = &out->source[i];
        uint32_t at = yg_live_count_row(&known, s->tenant, s->name);
        look(s, at < known.rows ? &known.row[at] : NULL, find_input(ask->inputs, s),
             ask->now_ns);
    }
    yg_live_count_fini(&known);
    yg_intake_state_close(page);
    return st;
}

static void span(int64_t ns, struct yg_buf *out)
{
    int64_t s = ns / YG_NS_PER_S;

    if (s < 120)
        yg_buf_printf(out, "%lld s", (long long)s);
    else if (s < 7200)
        yg_buf_printf(out, "%lld min", (long long)(s / 60));
    else
        yg_buf_printf(out, "%lld h", (long long)(s / 3600));
}

void yg_source_problems(const struct yg_source_now *s, struct yg_buf *out)
{
    const char *then = "";

    if (s->silence.silent) {
        yg_buf_printf(out, "silent for ");
        span(s->silence.running_ns, out);
        if (s->silence.expected_ns > 0) {
            yg_buf_printf(out, ", at this hour at most ");
            span(s->silence.expected_ns, out);
            yg_buf_printf(out, " otherwise");
        }
        then = "; ";
    }
    if (s->unread.alarm) {
        yg_buf_printf(out, "%s%.1f %% not understood, usually %.1f %%", then,
                      100 * s->unread.share, 100 * s->unread.usual);
        then = "; ";
    }
    int64_t skew = (int64_t)s->v[YG_IN_CLOCK_SKEW];
    if (s->clock != YG_CLOCK_GOOD) {
        yg_buf_printf(out, "%sits times are ", then);
        span(skew < 0 ? -skew : skew, out);
        yg_buf_printf(out, s->clock == YG_CLOCK_AHEAD
                               ? " ahead: clock or zone is wrong"
                               : " behind: late, or clock or zone is wrong");
    }
}
