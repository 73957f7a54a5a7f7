/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live - from the journal to the store, without an end.
 *
 *      journal ── feed ──► ingest (decode, judge, store) ── commit: records, the place in
 *         ▲                                                 the journal, what was counted
 *         └──────────── consumed: segments are deleted ◄────┘
 *
 * The place up to which records are consumed is committed with them, so each reaches
 * history once, whatever dies when. What was counted by source is committed there too;
 * the page of counters that everybody looks at (intake/journal.h) is made from it at the
 * start and after each commit.
 *
 * Threads: the core's own one. Memory: what an ingest takes, and 200 bytes a source.
 */
#ifndef YG_PIPELINE_LIVE_H
#define YG_PIPELINE_LIVE_H

#include "intake/journal.h"
#include "pipeline/ingest.h"

/* What to do next, asked between batches. */
enum yg_live_order {
    YG_LIVE_ON,
    YG_LIVE_DRAIN, /* nothing more is received: read to the end, then return */
    YG_LIVE_LEAVE  /* return after the next commit; what is left is read the next time */
};

struct yg_live {
    const char *dir; /* the journal's; made by its writer */
    struct yg_store *store;
    struct yg_judge *judge; /* NULL: records are stored undecided */
    const struct yg_clock *clock;
    uint32_t workers;
    const struct yg_watchlist *watch; /* may be NULL, and so may all below */
    const struct yg_thin_rules *thin; /* what leaves out context records, closes alerts */
    struct yg_spool *spool;
    int64_t packets_after_ns;
    void *arg;
    enum yg_live_order (*order)(void *arg);
    /* Something is wrong and waited for (`err`), or not any more (NULL). */
    void (*trouble)(void *arg, const struct yg_err *err);
};

/* Run until told otherwise. A failure to commit is returned: everything since the last
 * commit is to be read again, with a judge made anew. */
enum yg_status yg_live_run(const struct yg_live *live, struct yg_err *err) YG_MUST_USE;

/* Where the store says that the journal was consumed; {0, 0}: it never was. */
enum yg_status yg_live_place(struct yg_store *store, struct yg_journal_place *out,
                             struct yg_err *err) YG_MUST_USE;

#endif
