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
 *
 * A context record that a rule leaves out (pipeline/thinning.h) is as if it had not come:
 * neither stored nor seen as context, so that what is learned from history is the same.
 *
 * Live, each record has its id and its time of receipt when it comes; a commit follows
 * YG_INGEST_COMMIT_NS after the first record at the latest, with the place up to which
 * the records were consumed, so that a crash neither loses nor doubles one.
 *
 * People may write rows (verdicts, orders) to the store at any time: a transaction begins
 * with looking whether they did, and what was read before is then read again.
 */
#ifndef YG_PIPELINE_INGEST_H
#define YG_PIPELINE_INGEST_H

#include "base/clock.h"
#include "base/counters.h"
#include "pipeline/flow.h"
#include "pipeline/judge.h"
#include "pipeline/thinning.h"
#include "spool/spool.h"
#include "store/store.h"

/* What becomes of a record that was consumed. */
enum yg_ingest_fate { YG_FATE_STORED, YG_FATE_FILTERED, YG_FATE_DUPLICATE };

/* Where the records of a live ingest come from and who is told of them. */
struct yg_ingest_live {
    void *arg;
    /* As yg_flow_live.feed, with slot->id set. */
    enum yg_status (*feed)(void *arg, struct yg_slot *slot, struct yg_err *err);
    /* Wait for more. YG_EEND: nothing came within `timeout_ns`. */
    enum yg_status (*wait)(void *arg, int64_t timeout_ns, struct yg_err *err);
    /* Called for every record of a batch in order; `unread`: kept, not understood. */
    void (*fate)(void *arg, const struct yg_slot *slot, uint32_t i,
                 enum yg_ingest_fate fate, bool unread);
    /* The batch was consumed; batches come in the order of feeding. */
    void (*consumed)(void *arg, const struct yg_slot *slot);
    /* Put what belongs to the records consumed so far: part of their transaction. */
    enum yg_status (*put)(void *arg, struct yg_err *err);
    /* That transaction is on disk. */
    void (*committed)(void *arg);
    /* It cannot begin: the store has been another process's for seconds. Waited for. */
    void (*busy)(void *arg, const struct yg_err *err);
};

/* A verdict for the record at (source, line), given beside the input. */
struct yg_ingest_verdict {
    enum yg_level level;
    struct yg_str reason, incident, who; /* borrowed until the ingest ends */
};

#define YG_INGEST_COMMIT_NS INT64_C(50000000)

struct yg_ingest {
    struct yg_flow_input *input;
    uint32_t count;
    uint32_t workers;
    const struct yg_watchlist *watch;  /* lists that hold alerts open; NULL: none */
    const struct yg_thin_rules *close; /* that ask to close alerts; NULL: none */
    struct yg_store *store;            /* NULL: nothing is kept */
    struct yg_judge *judge;            /* NULL: import */
    const struct yg_clock *clock;
    struct yg_thinning *thin; /* rules that leave out context records; NULL: none */
    struct yg_spool *spool;   /* where packets of alerts are found; NULL: nowhere */
    int64_t packets_after_ns; /* how long after an alert they count; 0: 60 s */
    const struct yg_ingest_live *live; /* instead of reading the inputs; NULL: files */
    void *arg;                         /* of the callbacks; each callback may be NULL */
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

/* Run to the end of all inputs. A store that another process keeps busy is waited for;
 * any other failure to commit ends the run: nothing after the last commit is stored, and
 * a live ingest is to be begun anew from there (with a judge made anew, too). `sum`
 * counts every record; `reason` (YG_REASON_COUNT numbers, may be NULL) counts undecodable
 * and unread records by reason. */
enum yg_status yg_ingest_run(const struct yg_ingest *in, struct yg_counters *sum,
                             uint64_t *reason, struct yg_err *err) YG_MUST_USE;

#endif
