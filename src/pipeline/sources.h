/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources - every source of a running server: what was counted, and is it well?
 *
 * Gathered from the journal's page of counters and the habits in the store, by whoever
 * asks (the web process, `yagura sources`), while intake and core go on.
 */
#ifndef YG_PIPELINE_SOURCES_H
#define YG_PIPELINE_SOURCES_H

#include "conf/inputs.h"
#include "intake/journal.h"
#include "pipeline/habit.h"
#include "store/store.h"

struct yg_source_now {
    struct yg_str tenant, name; /* live with the arena */
    uint64_t v[YG_IN_COUNT];    /* by enum yg_intake_counter */
    uint64_t in_flight;         /* received, and not yet in the store */
    int64_t lag_ns;             /* what the store is behind: 0 with nothing in flight */
    double rate;                /* records a second in this hour */
    bool configured;            /* false: of earlier configurations */
    /* Health. */
    struct yg_habit_silence silence;
    struct yg_habit_unread unread;
    enum yg_habit_clock clock; /* of CLOCK_SKEW */
};

struct yg_sources {
    struct yg_source_now *source; /* as they were first seen */
    size_t count;
};

struct yg_sources_ask {
    const char *dir; /* the journal's; one that is not there has no sources */
    struct yg_store *store;
    const struct yg_inputs *inputs; /* NULL: not known, all count as configured */
    int64_t now_ns;
};
enum yg_status yg_sources_read(const struct yg_sources_ask *ask, struct yg_arena *arena,
                               struct yg_sources *out, struct yg_err *err) YG_MUST_USE;

/* Is anything wrong with it? */
static inline bool yg_source_is_well(const struct yg_source_now *s)
{
    return !s->silence.silent && !s->unread.alarm && s->clock == YG_CLOCK_GOOD;
}
/* What is wrong, in words with the numbers; nothing if it is well. */
void yg_source_problems(const struct yg_source_now *s, struct yg_buf *out);

#endif
