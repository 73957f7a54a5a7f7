/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_count - the place in the journal and what was counted, as one blob of the store.
 *
 * Sources are told apart by (tenant, name): one whose format was changed goes on with its
 * numbers. Also those that are configured no more are kept. What each source usually does
 * (pipeline/habit.h) is a blob beside, written once a minute. One thread.
 */
#ifndef YG_PIPELINE_LIVE_COUNT_H
#define YG_PIPELINE_LIVE_COUNT_H

#include "intake/journal.h"
#include "pipeline/habit.h"
#include "store/store.h"

#define YG_LIVE_ROWS 4096

/* In the order of the blob. */
enum yg_live_counter {
    YG_LIVE_STORED,
    YG_LIVE_FILTERED,
    YG_LIVE_DUPLICATE,
    YG_LIVE_UNREAD,
    YG_LIVE_COUNTERS
};

#define YG_LIVE_DELAYS 64 /* of the newest records: receipt minus event time */

struct yg_live_row {
    struct yg_str tenant, name; /* live with `arena` */
    uint64_t v[YG_LIVE_COUNTERS];
    int64_t received_ns; /* of the newest consumed */
    struct yg_habit habit;
    uint64_t habit_of; /* records that the habit was put with */
    int64_t delay_ns[YG_LIVE_DELAYS];
    uint32_t delays; /* so far; the ring holds the newest */
    int page;        /* its row of the page, -1: no room */
    bool changed;    /* since it was shown */
};

struct yg_live_count {
    struct yg_journal_place place; /* consumed up to here ... */
    uint32_t given;                /* ... and so many records of the unit that follows */
    struct yg_live_row *row;
    uint32_t rows;
    struct yg_arena arena;
    int64_t habits_ns; /* when they were put */
};

void yg_live_count_init(struct yg_live_count *c);
void yg_live_count_fini(struct yg_live_count *c);

/* What the store holds; nothing if it was never live. */
enum yg_status yg_live_count_read(struct yg_live_count *c, struct yg_store *st,
                                  struct yg_err *err) YG_MUST_USE;
/* Part of the store's next commit; habits only once a minute. */
enum yg_status yg_live_count_put(struct yg_live_count *c, struct yg_store *st,
                                 int64_t now_ns, struct yg_err *err) YG_MUST_USE;

/* The row of a source, made if new. UINT32_MAX: no memory, or too many. */
uint32_t yg_live_count_row(struct yg_live_count *c, struct yg_str tenant,
                           struct yg_str name);
void yg_live_count_delay(struct yg_live_row *r, int64_t delay_ns);

/* Say on the page what is committed; `all`: also of rows that did not change. */
void yg_live_count_show(struct yg_live_count *c, struct yg_intake_state *page, bool all);

#endif
