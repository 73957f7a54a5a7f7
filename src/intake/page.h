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

/* Wait until durable is set the next time after `seen` (of yg_page_waits) or until
 * `timeout_ns` have passed. */
uint32_t yg_page_waits(const struct yg_intake_state *s);
void yg_page_wait(struct yg_intake_state *s, uint32_t seen, int64_t timeout_ns);

static inline bool yg_place_before(struct yg_journal_place a, struct yg_journal_place b)
{
    return a.segment < b.segment || (a.segment == b.segment && a.offset < b.offset);
}

#endif
