/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page - what writer and reader of a journal tell each other. Private to intake.
 *
 * The part of dir/state that is about places, beside the counters (intake/journal.h).
 * Shared memory: a place is one atomic number, stored (release) after what it promises
 * is true and loaded (acquire) before that is used. Any process, any thread.
 */
#ifndef YG_INTAKE_PAGE_H
#define YG_INTAKE_PAGE_H

#include "intake/journal.h"

/* Largest that fit the one number a place is kept as. */
#define YG_PAGE_SEGMENT_MAX UINT32_MAX
#define YG_PAGE_OFFSET_MAX  UINT32_MAX

struct yg_journal_place yg_page_durable(const struct yg_intake_state *s);
/* Says so and wakes who waits. */
void yg_page_set_durable(struct yg_intake_state *s, struct yg_journal_place p);
struct yg_journal_place yg_page_consumed(const struct yg_intake_state *s);
void yg_page_set_consumed(struct yg_intake_state *s, struct yg_journal_place p);

/* Count records of a source that are on the disk before `upto`; then set durable to it. A
 * writer that was killed in between has told of none of them: its successor finds and
 * counts them itself, after it has undone what was counted ahead of durable. */
void yg_page_count(struct yg_intake_state *s, uint32_t row, struct yg_journal_place upto,
                   uint64_t records, uint64_t bytes);
void yg_page_undo(struct yg_intake_state *s);

/* Wait until durable is set the next time after `seen` (of yg_page_waits) or until
 * `timeout_ns` have passed. */
uint32_t yg_page_waits(const struct yg_intake_state *s);
void yg_page_wait(struct yg_intake_state *s, uint32_t seen, int64_t timeout_ns);

static inline bool yg_place_before(struct yg_journal_place a, struct yg_journal_place b)
{
    return a.segment < b.segment || (a.segment == b.segment && a.offset < b.offset);
}

#endif
