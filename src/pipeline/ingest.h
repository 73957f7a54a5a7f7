/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ingest - the life of an alert, from bytes to commit. Reads like the picture:
 *
 *      frame ─ decode ─ packets ─ identity ─ context ─ features ─ score ─ decide ─ commit
 *      (workers)     (found: core, (core: one defined order)   (workers) (core)    ─ tell
 *                  looked at: worker)
 *
 * Without a judge it imports: records are stored undecided. With one it triages. With a
 * store, what was stored before is recognised (duplicate) and neither stored, counted
 * as context nor judged again. Committed every few seconds' worth of records and at the
 * end: a crash loses what was not committed, and reading the input again completes it.
 */
#ifndef YG_PIPELINE_INGEST_H
#define YG_PIPELINE_INGEST_H

#include "base/clock.h"
#include "base/counters.h"
#include "pipeline/flow.h"
#include "pipeline/judge.h"
#include "spool/spool.h"
#include "store/store.h"

/* A verdict for the record at (source, line), given beside the input. */
struct yg_ingest_verdict {
    enum yg_level level;
    struct yg_str reason, incident, who; /* borrowed until the ingest ends */
};

struct yg_ingest {
    struct yg_flow_input *input;
    uint32_t count;
    uint32_t workers;
    const struct yg_watchlist *watch; /* lists that hold alerts open; NULL: none */
    struct yg_store *store;           /* NULL: nothing is kept */
    struct yg_judge *judge;           /* NULL: import */
    const struct yg_clock *clock;
    struct yg_spool *spool;   /* where packets of alerts are found; NULL: nowhere */
    int64_t packets_after_ns; /* how long after an alert they count; 0: 60 s */
    void *arg;                /* of the callbacks; each callback may be NULL */
    bool (*verdict_of)(void *arg, uint32_t source, uint64_t line,
                       struct yg_ingest_verdict *out);
    /* Called for every judged alert in order, once its decision stands. */
    enum yg_status (*tell)(void *arg, const struct yg_batch *b, uint32_t i,
                           const struct yg_judgement *j, struct yg_err *err);
    /* The alert told as number `n` (from 0) was closed and is opened again: a graver one
     * came (policy/companion.h). Not called for alerts of earlier runs of the program. */
    void (*reopened)(void *arg, uint64_t n);
    void (*problem)(void *arg, uint32_t source, const struct yg_err *err);
    void (*progress)(void *arg, const struct yg_counters *sum);
};

/* Run to the end of all inputs. `sum` counts every record; `reason` (YG_REASON_COUNT
 * numbers, may be NULL) counts undecodable and unread records by reason. */
enum yg_status yg_ingest_run(const struct yg_ingest *in, struct yg_counters *sum,
                             uint64_t *reason, struct yg_err *err) YG_MUST_USE;

#endif
